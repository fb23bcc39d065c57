// The module `_random`: the generator MT19937 of Matsumoto and Nishimura, seeded and read as CPython does, so that sequences agree.
//
//   24 state (raw: 624 words of 32 bits and the place of the next one)
//
// Sharing   State is read and changed under the object's lock: each call gets numbers of its own.
import StillObjects
import StillObmalloc
import StillPlatform
public import StillThreadRegistry
public import StillVM

struct MersenneTwister {
    static let words = 624, stateOffset = 24, bytes = 32
    let object: ObjectRef
    init(_ bits: UInt64) { object = Value(bits: bits).object }

    var state: UnsafeMutablePointer<UInt32> { object.field(MersenneTwister.stateOffset) }
    func locked<R>(_ body: () -> R) -> R {
        ObjectLock.lock(object.lockByte)
        defer { ObjectLock.unlock(object.lockByte) }
        return body()
    }

    /// The next 32 bits. Under the lock.
    func next() -> UInt32 {
        let s = state
        let (n, m) = (MersenneTwister.words, 397)
        if s[n] >= UInt32(n) {
            for k in 0..<n {
                let y = (s[k] & 0x8000_0000) | (s[(k + 1) % n] & 0x7FFF_FFFF)
                s[k] = s[(k + m) % n] ^ (y >> 1) ^ (y & 1 == 0 ? 0 : 0x9908_B0DF)
            }
            s[n] = 0
        }
        var y = s[Int(s[n])]
        s[n] += 1
        y ^= y >> 11
        y ^= (y << 7) & 0x9D2C_5680
        y ^= (y << 15) & 0xEFC6_0000
        return y ^ (y >> 18)
    }
    /// 53 random bits as a number below one. Under the lock.
    func nextDouble() -> Double {
        let (a, b) = (next() >> 5, next() >> 6)
        return (Double(a) * 67_108_864 + Double(b)) / 9_007_199_254_740_992
    }

    private func fill(_ seed: UInt32) {
        state[0] = seed
        for index in 1..<MersenneTwister.words {
            state[index] = 1_812_433_253 &* (state[index - 1] ^ (state[index - 1] >> 30)) &+ UInt32(index)
        }
        state[MersenneTwister.words] = UInt32(MersenneTwister.words)
    }
    /// The reference initialization by an array of words. Under the lock.
    func seed(_ key: [UInt32]) {
        fill(19_650_218)
        let n = MersenneTwister.words
        var (i, j) = (1, 0)
        for _ in 0..<max(n, key.count) {
            state[i] = (state[i] ^ ((state[i - 1] ^ (state[i - 1] >> 30)) &* 1_664_525)) &+ key[j] &+ UInt32(j)
            i += 1
            j += 1
            if i >= n {
                state[0] = state[n - 1]
                i = 1
            }
            if j >= key.count { j = 0 }
        }
        for _ in 0..<(n - 1) {
            state[i] = (state[i] ^ ((state[i - 1] ^ (state[i - 1] >> 30)) &* 1_566_083_941)) &- UInt32(i)
            i += 1
            if i >= n {
                state[0] = state[n - 1]
                i = 1
            }
        }
        state[0] = 0x8000_0000
    }
}

public enum RandomModule {
    public static let definition = ModuleDefinition(name: "_random") { m in m.set("Random", m.thread.type(.mersenneTwister).value) }

    static func defineTypes() {
        StaticTypes.define(
            .mersenneTwister, "Random", module: "_random", basicSize: MersenneTwister.bytes,
            flags: TypeFlags.baseType | TypeFlags.collectable | TypeFlags.weaklyReferencable
        ) { b in
            memory(b.record)
            b.record.pointee.new = { raw, type, a, n, k in
                returning(raw) { (t) throws(PythonError) -> Value in
                    let object = try t.allocateInstance(of: TypeRef(Value(bits: type)))
                    guard let state = rawAllocateZeroed((MersenneTwister.words + 1) * 4) else {
                        t.release(object)
                        throw t.noMemory()
                    }
                    object.setField(MersenneTwister.stateOffset, state)
                    do throws(PythonError) { try RandomModule.seed(t, object.address, n > 0 ? Value(bits: a[0]) : .null) } catch {
                        t.release(object)
                        throw error
                    }
                    return Value(object)
                }
            }
            b.record.pointee.initialize = { _, _, _, _, _ in 0 }
            methods(b)
        }
    }

    private static func memory(_ r: UnsafeMutablePointer<TypeRecord>) {
        r.pointee.memory.traverse = { object, visitor in
            if TypeRef(ObjectRef(object).typeRaw).has(TypeFlags.heapType) { InstanceLayout.traverseExtra(object, visitor) }
        }
        r.pointee.memory.clear = { raw, object in
            if TypeRef(ObjectRef(object).typeRaw).has(TypeFlags.heapType) { InstanceLayout.clearExtra(Thread(raw), ObjectRef(object)) }
        }
        r.pointee.memory.deallocate = { raw, object in
            let ref = ObjectRef(object)
            let state: UnsafeMutableRawPointer? = ref.field(MersenneTwister.stateOffset)
            if TypeRef(ref.typeRaw).has(TypeFlags.heapType) && Finalizer.run(Thread(raw), ref) { return }
            rawFree(state)
            FixedFields.deallocate(Thread(raw), object, 0, 0)
        }
    }

    private static func seed(_ t: Thread, _ s: UInt64, _ given: Value) throws(PythonError) {
        var key: [UInt32] = []
        if given.isNull || given.isNone {
            for _ in 0..<MersenneTwister.words / 2 {
                let word = Process.randomWord()
                key += [UInt32(truncatingIfNeeded: word), UInt32(truncatingIfNeeded: word >> 32)]
            }
        } else if t.isInt(given) {
            key = try words(t, try t.unary(.absolute, given))
        } else {
            key = try words(t, try t.makeInt(UInt64(bitPattern: Int64(t.hash(given)))))
        }
        let twister = MersenneTwister(s)
        twister.locked { twister.seed(key) }
    }

    /// The 32-bit words of a non-negative int, lowest first, at least one. Consumes the reference.
    private static func words(_ t: Thread, _ number: Value) throws(PythonError) -> [UInt32] {
        defer { t.release(number) }
        if let small = t.unsignedValue(number) {
            return small >> 32 == 0 ? [UInt32(small)] : [UInt32(truncatingIfNeeded: small), UInt32(small >> 32)]
        }
        let bits = try t.callMethod(number, Interning.intern("bit_length"))
        let count = (bits.smallInt + 31) / 32
        let bytes = try t.callMethod(number, Interning.intern("to_bytes"), Value(smallInt: count * 4), Interning.intern("little"))
        defer { t.release(bytes) }
        let data = BytesRef(bytes)
        return (0..<count).map { word in (0..<4).reduce(UInt32(0)) { $0 | UInt32(data[word * 4 + $1]) << UInt32($1 * 8) } }
    }

    private static func methods(_ b: TypeBuilder) {
        b.method("random", 0, 0) { raw, s, _, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let twister = MersenneTwister(s)
                return try t.makeFloat(twister.locked { twister.nextDouble() })
            }
        }
        b.method("seed", 0, 1) { raw, s, a, n, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                try RandomModule.seed(t, s, n == 0 ? .null : Value(bits: a[0]))
                return .none
            }
        }
        b.method("getrandbits", 1, 1) { raw, s, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let count = try t.indexInt(Value(bits: a[0]))
                if count < 0 { throw t.raise(.valueError, "number of bits must be non-negative") }
                if count == 0 { return Value(smallInt: 0) }
                let twister = MersenneTwister(s)
                if count <= 32 { return Value(smallInt: Int(twister.locked { twister.next() } >> UInt32(32 - count))) }
                if count > 1 << 36 { throw t.noMemory() }
                var bytes = [UInt8]()
                bytes.reserveCapacity(count / 8 + 8)
                twister.locked {
                    var left = count
                    while left > 0 {
                        var word = twister.next()
                        if left < 32 { word >>= UInt32(32 - left) }
                        for part in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: word >> UInt32(part * 8))) }
                        left -= 32
                    }
                }
                let data = try t.makeBytes(bytes)
                defer { t.release(data) }
                return try t.callMethod(t.type(.int).value, Interning.intern("from_bytes"), data, Interning.intern("little"))
            }
        }
        b.method("getstate", 0, 0) { raw, s, _, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let twister = MersenneTwister(s)
                let words = twister.locked { (0...MersenneTwister.words).map { Value(smallInt: Int(twister.state[$0])) } }
                return try t.makeTuple(words)
            }
        }
        b.method("setstate", 1, 1) { raw, s, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let given = Value(bits: a[0])
                guard t.isTuple(given) else { throw t.raise(.typeError, "state vector must be a tuple") }
                if TupleRef(given).count != MersenneTwister.words + 1 { throw t.raise(.valueError, "state vector is the wrong size") }
                var words: [UInt32] = []
                for index in 0...MersenneTwister.words {
                    let number = try t.indexInt(TupleRef(given).item(index))
                    guard number >= 0, number >> 32 == 0 else { throw t.raise(.valueError, "invalid state") }
                    words.append(UInt32(number))
                }
                if words[MersenneTwister.words] > UInt32(MersenneTwister.words) { throw t.raise(.valueError, "invalid state") }
                let twister = MersenneTwister(s)
                twister.locked { for (index, word) in words.enumerated() { twister.state[index] = word } }
                return .none
            }
        }
    }
}
