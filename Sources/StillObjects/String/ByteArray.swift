// bytearray: bytes that change. Layout: 24 length (atomic), 32 data, 40 capacity, 48 exports.
//
// Sharing   Data, capacity, length and exports are read and changed under the object's lock; readers copy what they need. Nobody keeps the
//           data's address, so a replaced buffer is freed at once.
// Exports   Memoryviews that have not been released. While there is one, the length does not change.
// Ordering  (B1) `len()` loads the length without the lock: a number at some moment, which guards no memory.
import StillObmalloc
import StillPlatform
public import StillThreadRegistry
import Synchronization

public struct ByteArrayRef {
    let object: ObjectRef
    public init(_ value: Value) { object = value.object }

    public var count: Int { Int(object.atomicWord(24).pointee.load(ordering: .relaxed)) }  // B1
    private func setCount(_ count: Int) { object.atomicWord(24).pointee.store(UInt64(count), ordering: .relaxed) }  // B1
    private var data: UnsafeMutablePointer<UInt8>? { object.field(32) }
    private var capacity: Int { object.field(40) }

    private func locked<R>(_ body: () -> R) -> R {
        ObjectLock.lock(object.lockByte)
        defer { ObjectLock.unlock(object.lockByte) }
        return body()
    }

    /// The contents at one moment.
    public func snapshot() -> [UInt8] { locked { Array(UnsafeBufferPointer(start: data, count: count)) } }

    /// The byte there, nil when the index (not negative) is out of range.
    public func byte(_ index: Int) -> UInt8? { locked { index < count ? data![index] : nil } }
    /// False when the index (not negative) is out of range.
    func setByte(_ index: Int, _ byte: UInt8) -> Bool {
        locked {
            if index >= count { return false }
            data![index] = byte
            return true
        }
    }

    /// A memoryview is made over the bytes, or released.
    func changeExports(_ difference: Int) { locked { object.setField(48, (object.field(48) as Int) + difference) } }
    private var isExported: Bool { (object.field(48) as Int) != 0 }
    private static func exported(_ t: Thread) -> PythonError {
        t.raise(.bufferError, "Existing exports of data: object cannot be re-sized")
    }

    /// Replaces start ..< end, clamped, by `bytes`.
    ///
    /// - Throws: MemoryError, and BufferError when the length would change under a memoryview.
    func splice(_ t: Thread, _ start: Int, _ end: Int, _ bytes: [UInt8]) throws(PythonError) {
        switch splice(start, end, bytes, t) {
        case .done: return
        case .noMemory: throw t.noMemory()
        case .exported: throw ByteArrayRef.exported(t)
        }
    }
    private enum Splice { case done, noMemory, exported }
    private func splice(_ start: Int, _ end: Int, _ bytes: [UInt8], _ t: Thread) -> Splice {
        locked {
            let count = self.count
            let first = min(max(start, 0), count)
            let last = min(max(end, first), count)
            let total = count - (last - first) + bytes.count
            if total != count && isExported { return .exported }
            if total > capacity {
                let wanted = total + total >> 3 + 8
                guard let fresh = Allocation.buffer(t, bytes: wanted) else { return .noMemory }
                if let old = data {
                    copyBytes(fresh, UnsafeRawPointer(old), count)
                    Allocation.freeBuffer(t, UnsafeMutableRawPointer(old), bytes: capacity)
                }
                object.setField(32, fresh)
                object.setField(40, wanted)
            }
            guard let data else { return .done }
            let shift = bytes.count - (last - first)
            if shift > 0 {
                var index = count - 1
                while index >= last {
                    data[index + shift] = data[index]
                    index -= 1
                }
            } else if shift < 0 {
                for index in last..<count { data[index + shift] = data[index] }
            }
            for (index, byte) in bytes.enumerated() { data[first + index] = byte }
            setCount(total)
            return .done
        }
    }
    func append(_ t: Thread, _ bytes: [UInt8]) throws(PythonError) { try splice(t, Int.max, Int.max, bytes) }
    /// Replaces the contents.
    func replace(_ t: Thread, _ bytes: [UInt8]) throws(PythonError) { try splice(t, 0, Int.max, bytes) }
    /// Removes one byte, nil when there is none. A negative index counts from the end.
    ///
    /// - Throws: BufferError.
    func pop(_ t: Thread, _ index: Int) throws(PythonError) -> UInt8? {
        var isRefused = false
        let byte: UInt8? = locked {
            let count = self.count
            let index = index < 0 ? index + count : index
            guard index >= 0, index < count, let data else { return nil }
            isRefused = isExported
            if isRefused { return nil }
            let byte = data[index]
            for at in index..<(count - 1) { data[at] = data[at + 1] }
            setCount(count - 1)
            return byte
        }
        if isRefused { throw ByteArrayRef.exported(t) }
        return byte
    }
    func reverse() {
        locked {
            guard let data, count > 1 else { return }
            for low in 0..<(count / 2) {
                (data[low], data[count - 1 - low]) = (data[count - 1 - low], data[low])
            }
        }
    }
    func free(_ t: Thread) {
        if let data { Allocation.freeBuffer(t, UnsafeMutableRawPointer(data), bytes: capacity) }
    }
}

extension ThreadState {
    public func isByteArray(_ value: Value) -> Bool { value.isObject && isSubtype(typeOf(value), type(.bytearray)) }

    public func makeByteArray(_ bytes: [UInt8]) throws(PythonError) -> Value {
        let made = Value(try allocateInstance(of: type(.bytearray)))
        do throws(PythonError) { try ByteArrayRef(made).append(self, bytes) } catch {
            release(made)
            throw error
        }
        return made
    }
}

enum ByteArrayType {
    static func define() {
        StaticTypes.define(
            .bytearray, "bytearray", basicSize: 56,
            flags: TypeFlags.baseType | TypeFlags.collectable | TypeFlags.weaklyReferencable
        ) { b in
            ByteArrayType.memory(b.record)
            ByteArrayType.slots(b.record)
            ByteArrayType.items(b.record)
            b.constant("__hash__", .none)
            b.record.pointee.hash = nil
            BytesMethods.add(to: b)
            ByteArrayType.mutators(b)
        }
        StaticTypes.define(.bytearrayIterator, "bytearray_iterator", basicSize: IteratorRef.bytes, flags: TypeFlags.collectable) { b in
            IteratorTypes.memory(b.record)
            b.record.pointee.next = { _, v in
                let iterator = IteratorRef(v)
                let index = iterator.index
                guard index < Int.max >> 1, let byte = ByteArrayRef(iterator.source).byte(index) else {
                    iterator.exhaust()
                    return 0
                }
                iterator.setIndex(index + 1)
                return Value(smallInt: Int(byte)).bits
            }
        }
    }

    private static func memory(_ r: UnsafeMutablePointer<TypeRecord>) {
        r.pointee.memory.traverse = { object, visitor in
            if TypeRef(ObjectRef(object).typeRaw).has(TypeFlags.heapType) { InstanceLayout.traverseExtra(object, visitor) }
        }
        r.pointee.memory.clear = { raw, object in
            if TypeRef(ObjectRef(object).typeRaw).has(TypeFlags.heapType) {
                InstanceLayout.clearExtra(Thread(raw), ObjectRef(object))
            }
        }
        r.pointee.memory.deallocate = { raw, object in
            let t = Thread(raw)
            let ref = ObjectRef(object)
            if TypeRef(ref.typeRaw).has(TypeFlags.heapType) && InstanceLayout.staysAlive(t, ref) { return }
            if ref.flags & ObjectFlags.weaklyReferenced != 0 { WeakReferences.clear(t, ref) }
            ByteArrayRef(Value(ref)).free(t)
            Allocation.free(ref, t)
        }
    }

    private static func slots(_ r: UnsafeMutablePointer<TypeRecord>) {
        r.pointee.new = { raw, type, _, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in Value(try t.allocateInstance(of: TypeRef(Value(bits: type)))) }
        }
        r.pointee.initialize = { raw, s, a, n, k in
            storing(raw) { (t) throws(PythonError) -> Int in
                try ByteArrayRef(Value(bits: s)).replace(t, BytesType.content(t, a, n, k, "bytearray"))
                return 0
            }
        }
        r.pointee.repr = { raw, v in
            returning(raw) { (t) throws(PythonError) -> Value in
                let name = StrRef(t.typeOf(Value(bits: v)).record.pointee.name).string
                return try t.makeString("\(name)(\(BytesType.literal(ByteArrayRef(Value(bits: v)).snapshot())))")
            }
        }
        r.pointee.compare = StaticTypes.record(.bytes).record.pointee.compare
        r.pointee.length = { _, v in ByteArrayRef(Value(bits: v)).count }
        r.pointee.contains = { raw, v, item in
            storing(raw) { (t) throws(PythonError) -> Int in
                let bytes = ByteArrayRef(Value(bits: v)).snapshot()
                if let needle = t.bytesLike(Value(bits: item)) { return BytesType.find(bytes, needle, 0, bytes.count) >= 0 ? 1 : 0 }
                return bytes.contains(try BytesType.byte(t, Value(bits: item), "byte")) ? 1 : 0
            }
        }
        r.pointee.iterate = { raw, v in
            returning(raw) { (t) throws(PythonError) -> Value in try t.makeIterator(.bytearrayIterator, over: Value(bits: v)) }
        }
        r.pointee.binary = { raw, op, a, b in
            returning(raw) { (t) throws(PythonError) -> Value in
                let (x, y) = (Value(bits: a), Value(bits: b))
                switch BinaryOperator(rawValue: op)! {
                case .add:
                    guard let left = t.bytesLike(x) else { return .notImplemented }
                    guard let right = t.bytesLike(y) else { throw t.raise(.typeError, "can't concat \(t.typeName(y)) to \(t.typeName(x))") }
                    return try t.makeByteArray(left + right)
                case .multiply:
                    let (own, factor) = t.isByteArray(x) ? (x, y) : (y, x)
                    guard t.isByteArray(own), let times = try SequenceRepeat.factor(t, factor) else { return .notImplemented }
                    return try t.makeByteArray(ByteArrayType.repeated(t, ByteArrayRef(own).snapshot(), times))
                case .modulo:
                    guard t.isByteArray(x) else { return .notImplemented }
                    return try t.makeByteArray(PercentFormat.format(t, bytes: ByteArrayRef(x).snapshot(), y))
                default: return .notImplemented
                }
            }
        }
        r.pointee.inPlace = { raw, op, a, b in
            returning(raw) { (t) throws(PythonError) -> Value in
                let (x, y) = (Value(bits: a), Value(bits: b))
                guard t.isByteArray(x) else { return .notImplemented }
                switch BinaryOperator(rawValue: op)! {
                case .add:
                    guard let right = t.bytesLike(y) else { throw t.raise(.typeError, "can't concat \(t.typeName(y)) to \(t.typeName(x))") }
                    try ByteArrayRef(x).append(t, right)
                    return t.retain(x)
                case .multiply:
                    guard let times = try SequenceRepeat.factor(t, y) else { return .notImplemented }
                    try ByteArrayRef(x).replace(t, ByteArrayType.repeated(t, ByteArrayRef(x).snapshot(), times))
                    return t.retain(x)
                default: return .notImplemented
                }
            }
        }
    }

    static func repeated(_ t: Thread, _ bytes: [UInt8], _ times: Int) throws(PythonError) -> [UInt8] {
        let (total, overflow) = bytes.count.multipliedReportingOverflow(by: times)
        if overflow || total > 1 << 40 { throw t.noMemory() }
        try t.requireRoom(total)
        return SequenceRepeat.bytes(bytes, times)
    }

    private static func items(_ r: UnsafeMutablePointer<TypeRecord>) {
        r.pointee.getItem = { raw, v, key in
            returning(raw) { (t) throws(PythonError) -> Value in
                let own = ByteArrayRef(Value(bits: v))
                if t.typeOf(Value(bits: key)) == t.type(.slice) {
                    let bytes = own.snapshot()
                    let range = try SliceIndices.compute(t, Value(bits: key), bytes.count)
                    return try t.makeByteArray((0..<range.count).map { bytes[range.start + $0 * range.step] })
                }
                let index = try SliceIndices.index(t, Value(bits: key), own.count, "bytearray")
                guard let byte = own.byte(index) else { throw t.raise(.indexError, "bytearray index out of range") }
                return Value(smallInt: Int(byte))
            }
        }
        r.pointee.setItem = { raw, v, key, value in
            storing(raw) { (t) throws(PythonError) -> Int in
                try ByteArrayType.setItem(t, ByteArrayRef(Value(bits: v)), Value(bits: key), Value(bits: value))
                return 0
            }
        }
    }

    static func setItem(_ t: Thread, _ own: ByteArrayRef, _ key: Value, _ value: Value) throws(PythonError) {
        if t.typeOf(key) == t.type(.slice) {
            var bytes: [UInt8] = []
            if !value.isNull {
                if let given = t.bytesLike(value) {
                    bytes = given
                } else {
                    if t.isInt(value) || t.isStr(value) {
                        throw t.raise(.typeError, "can assign only bytes, buffers, or iterables of ints in range(0, 256)")
                    }
                    bytes = try BytesType.numbers(t, value, "bytearray")
                }
            }
            let range = try SliceIndices.compute(t, key, own.count)
            if range.step == 1 {
                try own.splice(t, range.start, max(range.start, range.stop), bytes)
                return
            }
            if value.isNull {
                for index in (0..<range.count).map({ range.start + $0 * range.step }).sorted(by: >) { _ = try own.pop(t, index) }
                return
            }
            if bytes.count != range.count {
                throw t.raise(
                    .valueError, "attempt to assign bytes of size \(bytes.count) to extended slice of size \(range.count)")
            }
            for (number, byte) in bytes.enumerated() { _ = own.setByte(range.start + number * range.step, byte) }
            return
        }
        let index = try SliceIndices.index(t, key, own.count, "bytearray")
        let done = value.isNull ? try own.pop(t, index) != nil : own.setByte(index, try BytesType.byte(t, value, "byte"))
        if !done { throw t.raise(.indexError, "bytearray index out of range") }
    }

    private static func mutators(_ b: TypeBuilder) {
        b.method("append", 1, 1) { raw, s, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                try ByteArrayRef(Value(bits: s)).append(t, [BytesType.byte(t, Value(bits: a[0]), "byte")])
                return .none
            }
        }
        b.method("extend", 1, 1) { raw, s, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let source = Value(bits: a[0])
                var bytes = t.bytesLike(source)
                if bytes == nil && t.isStr(source) { throw t.raise(.typeError, "expected iterable of integers; got: 'str'") }
                let record = t.typeOf(source).record
                if bytes == nil && record.pointee.iterate == nil && record.pointee.getItem == nil {
                    throw t.raise(.typeError, "can't extend bytearray with \(t.typeName(source))")
                }
                if bytes == nil { bytes = try BytesType.numbers(t, source, "bytearray") }
                try ByteArrayRef(Value(bits: s)).append(t, bytes!)
                return .none
            }
        }
        b.method("insert", 2, 2) { raw, s, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let own = ByteArrayRef(Value(bits: s))
                var index = try t.indexInt(Value(bits: a[0]), overflow: nil)
                if index < 0 { index = max(0, index + own.count) }
                try own.splice(t, index, index, [try BytesType.byte(t, Value(bits: a[1]), "byte")])
                return .none
            }
        }
        b.method("pop", 0, 1) { raw, s, a, n, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let own = ByteArrayRef(Value(bits: s))
                let index = n == 1 ? try t.indexInt(Value(bits: a[0])) : -1
                guard let byte = try own.pop(t, index) else {
                    throw t.raise(.indexError, own.count == 0 ? "pop from empty bytearray" : "pop index out of range")
                }
                return Value(smallInt: Int(byte))
            }
        }
        b.method("remove", 1, 1) { raw, s, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let own = ByteArrayRef(Value(bits: s))
                let byte = try BytesType.byte(t, Value(bits: a[0]), "byte")
                guard let index = own.snapshot().firstIndex(of: byte), try own.pop(t, index) != nil else {
                    throw t.raise(.valueError, "value not found in bytearray")
                }
                return .none
            }
        }
        b.method("clear", 0, 0) { raw, s, _, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                try ByteArrayRef(Value(bits: s)).replace(t, [])
                return .none
            }
        }
        b.method("copy", 0, 0) { raw, s, _, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in try t.makeByteArray(ByteArrayRef(Value(bits: s)).snapshot()) }
        }
        b.method("reverse", 0, 0) { _, s, _, _, _ in
            ByteArrayRef(Value(bits: s)).reverse()
            return Value.none.bits
        }
    }
}
