// Arithmetic of ints of any size. Operands are ints, bools or instances of subclasses; results are of exact type int.
import StillObmalloc
import CGMP
import StillPlatform
public import StillThreadRegistry

public enum IntOps {
    public static func isNegative(_ v: Value) -> Bool { Limbs.read(v) { $0.negative } }
    public static func isZero(_ v: Value) -> Bool { Limbs.read(v) { $0.isZero } }
    public static func bitLength(_ v: Value) -> Int { Limbs.read(v) { $0.bitLength } }

    /// The number of an immediate (int or bool).
    @inline(__always) private static func small(_ v: Value) -> Int { v.isSmallInt ? v.smallInt : v.isTrue ? 1 : 0 }

    // MARK: Addition

    public static func add(_ t: Thread, _ a: Value, _ b: Value) throws(PythonError) -> Value {
        if !a.isObject && !b.isObject { return try t.makeInt(small(a) + small(b)) }
        return try Limbs.with(a, b) { (x, y) throws(PythonError) -> Value in try sum(t, x, y, y.negative) }
    }
    public static func subtract(_ t: Thread, _ a: Value, _ b: Value) throws(PythonError) -> Value {
        if !a.isObject && !b.isObject { return try t.makeInt(small(a) - small(b)) }
        return try Limbs.with(a, b) { (x, y) throws(PythonError) -> Value in try sum(t, x, y, !y.negative) }
    }
    private static func sum(_ t: Thread, _ x: Limbs, _ y: Limbs, _ yNegative: Bool) throws(PythonError) -> Value {
        let made = try IntRef.make(t, capacity: max(x.count, y.count) + 1)
        let out = made.limbs
        let order = x.count >= y.count
        let (high, low) = order ? (x, y) : (y, x)
        if x.negative == yNegative {
            if low.count == 0 {
                for index in 0..<high.count { out[index] = high.limbs[index] }
                out[high.count] = 0
            } else {
                out[high.count] = __gmpn_add(out, high.limbs, high.count, low.limbs, low.count)
            }
            return made.finish(t, count: high.count + 1, negative: yNegative)
        }
        let sign = magnitudeOrder(x, y)
        if sign == 0 { return made.finish(t, count: 0, negative: false) }
        let (more, less) = sign > 0 ? (x, y) : (y, x)
        if less.count == 0 {
            for index in 0..<more.count { out[index] = more.limbs[index] }
        } else {
            _ = __gmpn_sub(out, more.limbs, more.count, less.limbs, less.count)
        }
        return made.finish(t, count: more.count, negative: sign > 0 ? x.negative : yNegative)
    }

    private static func magnitudeOrder(_ x: Limbs, _ y: Limbs) -> Int {
        if x.count != y.count { return x.count < y.count ? -1 : 1 }
        return x.count == 0 ? 0 : Int(__gmpn_cmp(x.limbs, y.limbs, x.count))
    }
    /// Negative, 0 or positive.
    public static func order(_ a: Value, _ b: Value) -> Int {
        if !a.isObject && !b.isObject {
            let (x, y) = (small(a), small(b))
            return x < y ? -1 : x == y ? 0 : 1
        }
        return Limbs.read(a) { x in
            Limbs.read(b) { y in
                if x.negative != y.negative { return x.negative ? -1 : 1 }
                let order = magnitudeOrder(x, y)
                return x.negative ? -order : order
            }
        }
    }

    public static func negate(_ t: Thread, _ a: Value) throws(PythonError) -> Value {
        if !a.isObject { return try t.makeInt(-small(a)) }
        return try Limbs.with(a) { (x) throws(PythonError) -> Value in try copy(t, x, negative: !x.negative) }
    }
    public static func absolute(_ t: Thread, _ a: Value) throws(PythonError) -> Value {
        if !a.isObject { return try t.makeInt(abs(small(a))) }
        return try Limbs.with(a) { (x) throws(PythonError) -> Value in try copy(t, x, negative: false) }
    }
    /// ~a
    public static func invert(_ t: Thread, _ a: Value) throws(PythonError) -> Value {
        if !a.isObject { return Value(smallInt: ~small(a)) }
        let negated = try negate(t, a)
        defer { t.release(negated) }
        return try subtract(t, negated, Value(smallInt: 1))
    }
    /// The same number as an exact int. Owned.
    public static func exact(_ t: Thread, _ a: Value) throws(PythonError) -> Value {
        if !a.isObject { return Value(smallInt: small(a)) }
        if t.typeOf(a) == t.type(.int) { return t.retain(a) }
        return try Limbs.with(a) { (x) throws(PythonError) -> Value in try copy(t, x, negative: x.negative) }
    }
    private static func copy(_ t: Thread, _ x: Limbs, negative: Bool) throws(PythonError) -> Value {
        let made = try IntRef.make(t, capacity: x.count)
        for index in 0..<x.count { made.limbs[index] = x.limbs[index] }
        return made.finish(t, count: x.count, negative: negative)
    }

    // MARK: Multiplication and division

    public static func multiply(_ t: Thread, _ a: Value, _ b: Value) throws(PythonError) -> Value {
        if !a.isObject && !b.isObject {
            let (product, overflow) = small(a).multipliedReportingOverflow(by: small(b))
            if !overflow { return try t.makeInt(product) }
        }
        return try Limbs.with(a, b) { (x, y) throws(PythonError) -> Value in
            if x.isZero || y.isZero { return Value(smallInt: 0) }
            let count = x.count + y.count
            let made = try IntRef.make(t, capacity: count)
            t.withNativeRegion("a product of big ints") {
                if x.limbs == y.limbs && x.count == y.count {
                    __gmpn_sqr(made.limbs, x.limbs, x.count)
                } else if x.count >= y.count {
                    _ = __gmpn_mul(made.limbs, x.limbs, x.count, y.limbs, y.count)
                } else {
                    _ = __gmpn_mul(made.limbs, y.limbs, y.count, x.limbs, x.count)
                }
            }
            return made.finish(t, count: count, negative: x.negative != y.negative)
        }
    }

    public static func floorDivide(_ t: Thread, _ a: Value, _ b: Value) throws(PythonError) -> Value {
        let (quotient, remainder) = try divide(t, a, b, "integer division or modulo by zero")
        t.release(remainder)
        return quotient
    }
    public static func modulo(_ t: Thread, _ a: Value, _ b: Value) throws(PythonError) -> Value {
        let (quotient, remainder) = try divide(t, a, b, "integer modulo by zero")
        t.release(quotient)
        return remainder
    }
    public static func divmod(_ t: Thread, _ a: Value, _ b: Value) throws(PythonError) -> Value {
        let (quotient, remainder) = try divide(t, a, b, "integer division or modulo by zero")
        return try t.makeTuple([quotient, remainder])
    }

    /// Floored quotient and remainder with the divisor's sign.
    static func divide(
        _ t: Thread, _ a: Value, _ b: Value, _ message: String
    ) throws(PythonError) -> (Value, Value) {
        if !a.isObject && !b.isObject {
            let (x, y) = (small(a), small(b))
            if y == 0 { throw t.raise(.zeroDivisionError, message) }
            var (quotient, remainder) = x.quotientAndRemainder(dividingBy: y)
            if remainder != 0 && (remainder < 0) != (y < 0) {
                quotient -= 1
                remainder += y
            }
            return (try t.makeInt(quotient), Value(smallInt: remainder))
        }
        return try Limbs.with(a, b) { (x, y) throws(PythonError) -> (Value, Value) in
            if y.isZero { throw t.raise(.zeroDivisionError, message) }
            let differ = x.negative != y.negative
            if magnitudeOrder(x, y) < 0 {
                if x.isZero { return (Value(smallInt: 0), Value(smallInt: 0)) }
                if !differ { return (Value(smallInt: 0), try copy(t, x, negative: x.negative)) }
                return (Value(smallInt: -1), try sum(t, x, y, y.negative))
            }
            let count = x.count - y.count + 1
            let quotient = try IntRef.make(t, capacity: count + 1)
            let remainder: IntRef
            do throws(PythonError) { remainder = try IntRef.make(t, capacity: y.count) } catch {
                quotient.free(t)
                throw error
            }
            t.withNativeRegion("a division of big ints") {
                __gmpn_tdiv_qr(quotient.limbs, remainder.limbs, 0, x.limbs, x.count, y.limbs, y.count)
            }
            quotient.limbs[count] = 0
            if differ && (0..<y.count).contains(where: { remainder.limbs[$0] != 0 }) {
                _ = __gmpn_add_1(quotient.limbs, quotient.limbs, count + 1, 1)
                _ = __gmpn_sub_n(remainder.limbs, y.limbs, remainder.limbs, y.count)
            }
            return (
                quotient.finish(t, count: count + 1, negative: differ),
                remainder.finish(t, count: y.count, negative: y.negative)
            )
        }
    }

    // MARK: Powers

    /// a ** b; a float when b is negative.
    public static func power(_ t: Thread, _ a: Value, _ b: Value) throws(PythonError) -> Value {
        if isNegative(b) {
            let base = try toDouble(t, a)
            let exponent = try toDouble(t, b)
            if base == 0 { throw t.raise(.zeroDivisionError, "0.0 cannot be raised to a negative power") }
            return try t.makeFloat(FloatOps.power(t, base, exponent))
        }
        guard let exponent = t.intValue(b) else {
            if !a.isObject {
                switch small(a) {
                case 0, 1: return Value(smallInt: small(a))
                case -1: return Value(smallInt: isOdd(b) ? -1 : 1)
                default: break
                }
            }
            throw t.noMemory()
        }
        if exponent == 0 { return Value(smallInt: 1) }
        if !a.isObject && small(a) == 2 { return try leftShift(t, Value(smallInt: 1), Value(smallInt: exponent)) }
        var result = try exact(t, a)
        var bit = 62 - exponent.leadingZeroBitCount
        do throws(PythonError) {
            while bit >= 0 {
                let squared = try multiply(t, result, result)
                t.release(result)
                result = squared
                if exponent >> bit & 1 != 0 {
                    let next = try multiply(t, result, a)
                    t.release(result)
                    result = next
                }
                bit -= 1
                if t.hasRequest { t.safepoint() }
            }
        } catch {
            t.release(result)
            throw error
        }
        return result
    }
    static func isOdd(_ v: Value) -> Bool { Limbs.read(v) { $0.count > 0 && $0.limbs[0] & 1 != 0 } }

    /// pow(a, b, m): the inverse of a for negative b.
    public static func power(_ t: Thread, _ a: Value, _ b: Value, _ m: Value) throws(PythonError) -> Value {
        if isZero(m) { throw t.raise(.valueError, "pow() 3rd argument cannot be 0") }
        var base = try modulo(t, a, m)
        defer { t.release(base) }
        var exponent = try exact(t, b)
        defer { t.release(exponent) }
        if isNegative(exponent) {
            let positive = try negate(t, exponent)
            t.release(exponent)
            exponent = positive
            let inverted = try inverse(t, base, m)
            t.release(base)
            base = inverted
        }
        if !m.isObject && !exponent.isObject && small(m) > 0 {
            let modulus = UInt(small(m))
            var result = 1 % modulus
            var square = UInt(small(base))
            var rest = UInt(small(exponent))
            while rest != 0 {
                if rest & 1 != 0 { result = mulmod(result, square, modulus) }
                square = mulmod(square, square, modulus)
                rest >>= 1
            }
            return try t.makeInt(Int(result))
        }
        var result = try modulo(t, Value(smallInt: 1), m)
        do throws(PythonError) {
            var bit = bitLength(exponent) - 1
            while bit >= 0 {
                try step(t, &result, result, m)
                if Limbs.read(exponent, { $0.limbs[bit / 64] >> UInt(bit % 64) & 1 != 0 }) { try step(t, &result, base, m) }
                bit -= 1
                if t.hasRequest { t.safepoint() }
            }
        } catch {
            t.release(result)
            throw error
        }
        return result
    }
    private static func mulmod(_ x: UInt, _ y: UInt, _ m: UInt) -> UInt {
        m.dividingFullWidth(x.multipliedFullWidth(by: y)).remainder
    }
    private static func step(_ t: Thread, _ result: inout Value, _ factor: Value, _ m: Value) throws(PythonError) {
        let product = try multiply(t, result, factor)
        defer { t.release(product) }
        let reduced = try modulo(t, product, m)
        t.release(result)
        result = reduced
    }
    /// The inverse of a modulo m, by the extended Euclidean algorithm.
    private static func inverse(_ t: Thread, _ a: Value, _ m: Value) throws(PythonError) -> Value {
        var (r0, r1) = (try absolute(t, m), Value.null)
        var (s0, s1) = (Value(smallInt: 0), Value(smallInt: 1))
        defer { for v in [r0, r1, s0, s1] { t.release(v) } }
        r1 = try modulo(t, a, r0)
        while !isZero(r1) {
            let (quotient, rest) = try divide(t, r0, r1, "")
            t.release(r0)
            r0 = r1
            r1 = rest
            defer { t.release(quotient) }
            let product = try multiply(t, quotient, s1)
            defer { t.release(product) }
            let next = try subtract(t, s0, product)
            t.release(s0)
            s0 = s1
            s1 = next
        }
        if r0.isSmallInt && r0.smallInt == 1 { return try modulo(t, s0, m) }
        throw t.raise(.valueError, "base is not invertible for the given modulus")
    }

    public static func gcd(_ t: Thread, _ a: Value, _ b: Value) throws(PythonError) -> Value {
        var (x, y) = (try absolute(t, a), Value.null)
        defer { t.release(x); t.release(y) }
        y = try absolute(t, b)
        while y.isObject || small(y) != 0 {
            if !x.isObject && !y.isObject {
                var (p, q) = (small(x), small(y))
                while q != 0 { (p, q) = (q, p % q) }
                return try t.makeInt(p)
            }
            let rest = try modulo(t, x, y)
            t.release(x)
            x = y
            y = rest
        }
        return t.retain(x)
    }
    /// Integer square root. - Precondition: not negative.
    public static func squareRoot(_ t: Thread, _ a: Value) throws(PythonError) -> Value {
        try Limbs.with(a) { (x) throws(PythonError) -> Value in
            if x.isZero { return Value(smallInt: 0) }
            let made = try IntRef.make(t, capacity: (x.count + 1) / 2)
            let rest: IntRef
            do throws(PythonError) { rest = try IntRef.make(t, capacity: x.count) } catch {
                made.free(t)
                throw error
            }
            defer { rest.free(t) }
            _ = __gmpn_sqrtrem(made.limbs, rest.limbs, x.limbs, x.count)
            return made.finish(t, count: (x.count + 1) / 2, negative: false)
        }
    }

    // MARK: Bits

    public static func leftShift(_ t: Thread, _ a: Value, _ b: Value) throws(PythonError) -> Value {
        if isNegative(b) { throw t.raise(.valueError, "negative shift count") }
        if isZero(a) { return Value(smallInt: 0) }
        guard let shift = t.intValue(b) else { throw t.raise(.overflowError, "too many digits in integer") }
        if !a.isObject && shift < 62 {
            let number = small(a)
            let shifted = number << shift
            if shifted >> shift == number { return try t.makeInt(shifted) }
        }
        return try Limbs.with(a) { (x) throws(PythonError) -> Value in
            let (words, bits) = (shift / 64, shift % 64)
            let made = try IntRef.make(t, capacity: x.count + words + 1)
            let out = made.limbs
            for index in 0..<words { out[index] = 0 }
            if bits == 0 {
                for index in 0..<x.count { out[words + index] = x.limbs[index] }
                out[words + x.count] = 0
            } else {
                out[words + x.count] = __gmpn_lshift(out + words, x.limbs, x.count, UInt32(bits))
            }
            return made.finish(t, count: x.count + words + 1, negative: x.negative)
        }
    }
    public static func rightShift(_ t: Thread, _ a: Value, _ b: Value) throws(PythonError) -> Value {
        if isNegative(b) { throw t.raise(.valueError, "negative shift count") }
        guard let shift = t.intValue(b) else { return Value(smallInt: isNegative(a) ? -1 : 0) }
        if !a.isObject { return Value(smallInt: small(a) >> min(shift, 63)) }
        return try Limbs.with(a) { (x) throws(PythonError) -> Value in
            let (words, bits) = (shift / 64, shift % 64)
            if words >= x.count { return Value(smallInt: x.negative ? -1 : 0) }
            let count = x.count - words
            let made = try IntRef.make(t, capacity: count + 1)
            let out = made.limbs
            var lost = (0..<words).contains { x.limbs[$0] != 0 }
            if bits == 0 {
                for index in 0..<count { out[index] = x.limbs[words + index] }
            } else {
                lost = __gmpn_rshift(out, x.limbs + words, count, UInt32(bits)) != 0 || lost
            }
            out[count] = 0
            if x.negative && lost { _ = __gmpn_add_1(out, out, count + 1, 1) }
            return made.finish(t, count: count + 1, negative: x.negative)
        }
    }

    public static func and(_ t: Thread, _ a: Value, _ b: Value) throws(PythonError) -> Value {
        if !a.isObject && !b.isObject { return Value(smallInt: small(a) & small(b)) }
        return try bitwise(t, a, b, &)
    }
    public static func or(_ t: Thread, _ a: Value, _ b: Value) throws(PythonError) -> Value {
        if !a.isObject && !b.isObject { return Value(smallInt: small(a) | small(b)) }
        return try bitwise(t, a, b, |)
    }
    public static func xor(_ t: Thread, _ a: Value, _ b: Value) throws(PythonError) -> Value {
        if !a.isObject && !b.isObject { return Value(smallInt: small(a) ^ small(b)) }
        return try bitwise(t, a, b, ^)
    }
    /// On two's complement, one limb longer than the operands.
    @inline(__always) private static func bitwise(
        _ t: Thread, _ a: Value, _ b: Value, _ op: (UInt, UInt) -> UInt
    ) throws(PythonError) -> Value {
        try Limbs.with(a, b) { (x, y) throws(PythonError) -> Value in
            let count = max(x.count, y.count) + 1
            let made = try IntRef.make(t, capacity: count)
            let out = made.limbs
            var carryX = x.negative
            var carryY = y.negative
            for index in 0..<count {
                out[index] = op(complement(x, index, &carryX), complement(y, index, &carryY))
            }
            let negative = out[count - 1] >> 63 != 0
            if negative {
                var carry = true
                for index in 0..<count {
                    out[index] = ~out[index]
                    if carry {
                        let (sum, overflow) = out[index].addingReportingOverflow(1)
                        out[index] = sum
                        carry = overflow
                    }
                }
            }
            return made.finish(t, count: count, negative: negative)
        }
    }
    @inline(__always) static func complement(_ x: Limbs, _ index: Int, _ carry: inout Bool) -> UInt {
        let limb = index < x.count ? x.limbs[index] : 0
        if !x.negative { return limb }
        if carry {
            let (sum, overflow) = (~limb).addingReportingOverflow(1)
            carry = overflow
            return sum
        }
        return ~limb
    }

    // MARK: Hash

    /// Of a small int: the number modulo 2^61 - 1.
    @inlinable @inline(__always) public static func smallHash(_ number: Int) -> Int {
        let modulus = (1 << 61) - 1
        if _fastPath(number > -modulus && number < modulus) { return number == -1 ? -2 : number }
        let rest = number % modulus
        return rest == -1 ? -2 : rest
    }

    public static func hash(_ v: Value) -> Int {
        if v.isSmallInt { return smallHash(v.smallInt) }
        return Limbs.read(v) { x in
            if x.count == 0 { return 0 }
            let modulus: UInt = (1 << 61) - 1
            let rest = x.count == 1 ? x.limbs[0] % modulus : __gmpn_mod_1(x.limbs, x.count, modulus)
            let hash = x.negative ? -Int(rest) : Int(rest)
            return hash == -1 ? -2 : hash
        }
    }

    // MARK: Floats

    /// Nearest double, ties to even; nil: too large.
    static func nearestDouble(_ v: Value) -> Double? {
        if !v.isObject { return Double(small(v)) }
        return Limbs.read(v) { x in
            if x.count == 0 { return 0 }
            let bits = x.bitLength
            if bits > 1024 { return nil }
            var top: UInt = 0
            var exponent = 0
            if x.count == 1 {
                top = x.limbs[0]
            } else {
                // The highest 64 bits; what is below only matters for ties.
                let lead = x.limbs[x.count - 1].leadingZeroBitCount
                top = x.limbs[x.count - 1] << UInt(lead)
                var lost = false
                if lead > 0 {
                    top |= x.limbs[x.count - 2] >> UInt(64 - lead)
                    lost = x.limbs[x.count - 2] << UInt(lead) != 0
                } else {
                    lost = x.limbs[x.count - 2] != 0
                }
                for index in 0..<(x.count - 2) where x.limbs[index] != 0 { lost = true }
                if lost { top |= 1 }
                exponent = bits - 64
            }
            let result = Double(sign: .plus, exponent: exponent, significand: Double(top))
            if !result.isFinite { return nil }
            return x.negative ? -result : result
        }
    }
    public static func toDouble(_ t: Thread, _ v: Value) throws(PythonError) -> Double {
        guard let result = nearestDouble(v) else { throw t.raise(.overflowError, "int too large to convert to float") }
        return result
    }

    /// The integer part of a finite double.
    public static func fromDouble(_ t: Thread, _ d: Double) throws(PythonError) -> Value {
        if d.magnitude < 0x1p62 { return Value(smallInt: Int(d)) }
        let exponent = Int(d.exponent) - 52
        let mantissa = Int(d.significandBitPattern | 1 << 52)
        return try leftShift(t, Value(smallInt: d < 0 ? -mantissa : mantissa), Value(smallInt: exponent))
    }

    /// a / b, correctly rounded.
    public static func trueDivide(_ t: Thread, _ a: Value, _ b: Value) throws(PythonError) -> Value {
        if isZero(b) { throw t.raise(.zeroDivisionError, "division by zero") }
        return try t.makeFloat(ratio(t, a, b))
    }
    static func ratio(_ t: Thread, _ a: Value, _ b: Value) throws(PythonError) -> Double {
        if !a.isObject && !b.isObject && small(a).magnitude <= 1 << 53 && small(b).magnitude <= 1 << 53 {
            return Double(small(a)) / Double(small(b))
        }
        if isZero(a) { return isNegative(b) ? -0.0 : 0.0 }
        let negative = isNegative(a) != isNegative(b)
        let shift = bitLength(b) - bitLength(a) + 61
        // Out of range, whatever the digits.
        if shift < -1024 { throw t.raise(.overflowError, "integer division result too large for a float") }
        if shift > 1140 + 61 { return negative ? -0.0 : 0.0 }
        let top = try absolute(t, a)
        defer { t.release(top) }
        let bottom = try absolute(t, b)
        defer { t.release(bottom) }
        let scaledTop = shift > 0 ? try leftShift(t, top, Value(smallInt: shift)) : t.retain(top)
        defer { t.release(scaledTop) }
        let scaledBottom = shift < 0 ? try leftShift(t, bottom, Value(smallInt: -shift)) : t.retain(bottom)
        defer { t.release(scaledBottom) }
        let (quotient, remainder) = try divide(t, scaledTop, scaledBottom, "")
        defer { t.release(quotient); t.release(remainder) }
        // 61 or 62 bits; the lowest also stands for everything below.
        var bits = UInt64(t.intValue(quotient)!)
        if !isZero(remainder) { bits |= 1 }
        let length = 64 - bits.leadingZeroBitCount
        let result: Double
        if length - shift < -1021 {
            let drop = shift - 1074
            if drop > 63 { return negative ? -0.0 : 0.0 }
            var kept = bits >> UInt64(drop)
            let rest = bits & (1 << UInt64(drop) - 1)
            let half: UInt64 = 1 << UInt64(drop - 1)
            if rest > half || (rest == half && kept & 1 != 0) { kept += 1 }
            result = Double(bitPattern: kept)
        } else {
            result = Double(sign: .plus, exponent: -shift, significand: Double(bits))
            if !result.isFinite { throw t.raise(.overflowError, "integer division result too large for a float") }
        }
        return negative ? -result : result
    }
}
