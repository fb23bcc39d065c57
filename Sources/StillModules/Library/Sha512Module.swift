// The module `_sha512`: SHA-512 and SHA-384 (FIPS 180-4). The digest is native, the objects that collect data are Python.
import StillObjects
import StillObmalloc
import StillPlatform
public import StillThreadRegistry
public import StillVM

public enum Sha512Module {
    public static let definition = ModuleDefinition(name: "_sha512") { m in
        m.function("_digest", 2, 2) { raw, _, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                guard let bytes = t.bytesLike(Value(bits: a[0])) else { throw t.raise(.typeError, "object supporting the buffer API required") }
                return try t.makeBytes(Sha512.digest(bytes, short: try t.isTrue(Value(bits: a[1]))))
            }
        }
        do throws(PythonError) {
            let t = m.thread
            let code = try VMHooks.compile(t, Array(source.utf8), "<_sha512>", .module)
            defer { t.release(code) }
            t.release(try Imports.run(t, code, globals: ModuleRef(m.module).dict))
        } catch { return }
    }

    /// One `update` is one operation on a bytearray, so threads may share an object.
    private static let source = """
        class _Hash:
            block_size = 128

            def __init__(self, name, size, data):
                self.name = name
                self.digest_size = size
                self._data = bytearray(data)

            def update(self, data, /):
                if isinstance(data, str):
                    raise TypeError('Strings must be encoded before hashing')
                self._data.extend(memoryview(data))

            def digest(self):
                return _digest(self._data, self.digest_size == 48)

            def hexdigest(self):
                return self.digest().hex()

            def copy(self):
                return _Hash(self.name, self.digest_size, self._data)

        def _checked(data):
            if isinstance(data, str):
                raise TypeError('Strings must be encoded before hashing')
            return data

        def sha512(string=b'', *, usedforsecurity=True):
            return _Hash('sha512', 64, _checked(string))

        def sha384(string=b'', *, usedforsecurity=True):
            return _Hash('sha384', 48, _checked(string))
        """
}

enum Sha512 {
    private static let primes: [UInt64] = {
        var found: [UInt64] = []
        var candidate: UInt64 = 2
        while found.count < 80 {
            if !found.contains(where: { candidate % $0 == 0 }) { found.append(candidate) }
            candidate += 1
        }
        return found
    }()

    /// The first 64 bits of the fractional part of a root, found by bisection on whole numbers: the largest x with x^degree <= prime * 2^(64 * degree).
    private static func fraction(_ prime: UInt64, degree: Int) -> UInt64 {
        // x has the root's whole part above 64 fractional bits: less than 2^72. Products are compared limb by limb.
        func product(_ a: [UInt64], _ b: [UInt64]) -> [UInt64] {
            var result = [UInt64](repeating: 0, count: a.count + b.count)
            for (i, x) in a.enumerated() {
                var carry: UInt64 = 0
                for (j, y) in b.enumerated() {
                    let (high, low) = x.multipliedFullWidth(by: y)
                    let (s1, o1) = low.addingReportingOverflow(result[i + j])
                    let (s2, o2) = s1.addingReportingOverflow(carry)
                    result[i + j] = s2
                    carry = high &+ (o1 ? 1 : 0) &+ (o2 ? 1 : 0)
                }
                result[i + b.count] = carry
            }
            return result
        }
        func isAtMost(_ a: [UInt64], _ b: [UInt64]) -> Bool {
            for index in stride(from: max(a.count, b.count) - 1, through: 0, by: -1) {
                let (x, y) = (index < a.count ? a[index] : 0, index < b.count ? b[index] : 0)
                if x != y { return x < y }
            }
            return true
        }
        let target = [UInt64](repeating: 0, count: degree) + [prime]
        var root: [UInt64] = [0, 0]
        for bit in stride(from: 71, through: 0, by: -1) {
            root[bit / 64] |= 1 << UInt64(bit % 64)
            var power = root
            for _ in 1..<degree { power = product(power, root) }
            if !isAtMost(power, target) { root[bit / 64] &= ~(1 << UInt64(bit % 64)) }
        }
        return root[0]
    }
    static let constants = primes.map { fraction($0, degree: 3) }
    static let start512 = primes[..<8].map { fraction($0, degree: 2) }
    static let start384 = primes[8..<16].map { fraction($0, degree: 2) }

    static func digest(_ data: [UInt8], short: Bool) -> [UInt8] {
        var padded = data
        padded.append(0x80)
        while padded.count % 128 != 112 { padded.append(0) }
        padded += [UInt8](repeating: 0, count: 8)
        let bits = UInt64(data.count) << 3
        for part in 0..<8 { padded.append(UInt8(truncatingIfNeeded: bits >> UInt64(56 - part * 8))) }
        var state = short ? start384 : start512
        for block in stride(from: 0, to: padded.count, by: 128) { mix(&state, padded[block..<(block + 128)]) }
        return Array(state.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - $0 * 8)) } }[..<(short ? 48 : 64)])
    }

    private static func rotate(_ x: UInt64, _ by: UInt64) -> UInt64 { x >> by | x << (64 - by) }

    private static func mix(_ state: inout [UInt64], _ block: ArraySlice<UInt8>) {
        var w = [UInt64](repeating: 0, count: 80)
        for index in 0..<16 {
            for part in 0..<8 { w[index] = w[index] << 8 | UInt64(block[block.startIndex + index * 8 + part]) }
        }
        for index in 16..<80 {
            let (a, b) = (w[index - 15], w[index - 2])
            let s0 = rotate(a, 1) ^ rotate(a, 8) ^ a >> 7
            let s1 = rotate(b, 19) ^ rotate(b, 61) ^ b >> 6
            w[index] = w[index - 16] &+ s0 &+ w[index - 7] &+ s1
        }
        var v = state
        for index in 0..<80 {
            let s1 = rotate(v[4], 14) ^ rotate(v[4], 18) ^ rotate(v[4], 41)
            let choice = (v[4] & v[5]) ^ (~v[4] & v[6])
            let t1 = v[7] &+ s1 &+ choice &+ constants[index] &+ w[index]
            let s0 = rotate(v[0], 28) ^ rotate(v[0], 34) ^ rotate(v[0], 39)
            let majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2])
            v = [t1 &+ s0 &+ majority, v[0], v[1], v[2], v[3] &+ t1, v[4], v[5], v[6]]
        }
        for index in 0..<8 { state[index] = state[index] &+ v[index] }
    }
}
