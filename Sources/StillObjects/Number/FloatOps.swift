// float: boxed form (24: the double), conversion to doubles, and the arithmetic that differs from the hardware's.
public import StillObmalloc
import StillPlatform
public import StillThreadRegistry

extension ThreadState {
    /// Errors: MemoryError, for numbers that need a box.
    @inlinable @inline(__always) public func makeFloat(_ number: Double) throws(PythonError) -> Value {
        let word = Value.immediate(number)
        if _fastPath(!word.isNull) { return word }
        return try makeBoxedFloat(number)
    }
    @usableFromInline func makeBoxedFloat(_ number: Double) throws(PythonError) -> Value {
        guard let object = Allocation.object(self, type: type(.float).raw, bytes: 32, collectable: false, zeroed: false, bare: true) else {
            throw noMemory()
        }
        object.setField(24, number)
        return Value(object)
    }

    @inlinable @inline(__always) public func isFloat(_ v: Value) -> Bool {
        v.isImmediateFloat || v.bits == Value.floatZero.bits || v.bits == Value.floatNegativeZero.bits
            || (v.isObject && TypeRef(v.object.typeRaw).has(TypeFlags.floatSubclass))
    }
    /// The number of a float or an instance of a subclass. - Precondition: isFloat.
    @inlinable @inline(__always) public func double(of v: Value) -> Double {
        if v.isImmediateFloat { return v.immediateFloat }
        if v.isObject { return v.object.field(24) }
        return v.bits == Value.floatZero.bits ? 0.0 : -0.0
    }

    /// The value as a double: floats, ints, and what has `__float__` or `__index__`.
    ///
    /// Errors: TypeError; OverflowError for ints beyond the range.
    public func floatValue(_ v: Value) throws(PythonError) -> Double {
        if v.isImmediateFloat { return v.immediateFloat }
        if v.isSmallInt { return Double(v.smallInt) }
        if isFloat(v) { return double(of: v) }
        if isInt(v) && (v.isBool || typeOf(v).record.pointee.float == nil || !typeOf(v).has(TypeFlags.heapType)) {
            return try IntOps.toDouble(self, v)
        }
        let record = typeOf(v).record
        if let slot = record.pointee.float {
            let result = try checked(slot(raw, v.bits))
            defer { release(result) }
            if isFloat(result) {
                if typeOf(result) != type(.float) {
                    try warn(
                        .deprecationWarning,
                        "\(typeName(v)).__float__ returned non-float (type \(typeName(result))).  The ability to return an instance of a strict "
                            + "subclass of float is deprecated, and may not be supported in a future version of Python.")
                }
                return double(of: result)
            }
            throw raise(.typeError, "\(typeName(v)).__float__ returned non-float (type \(typeName(result)))")
        }
        if record.pointee.index != nil {
            let number = try index(v)
            defer { release(number) }
            return try IntOps.toDouble(self, number)
        }
        throw raise(.typeError, "must be real number, not \(typeName(v))")
    }
}

public enum FloatOps {
    /// CPython's float hash: equal to the int's for integral numbers.
    static func hash(_ d: Double, _ v: Value) -> Int {
        if !d.isFinite {
            if d.isNaN { return ThreadState.identityHash(v) }
            return d > 0 ? 314159 : -314159
        }
        var (m, e) = LibM.frexp(d.magnitude)
        var x: UInt64 = 0
        let modulus: UInt64 = (1 << 61) - 1
        while m != 0 {
            x = ((x << 28) & modulus) | x >> (61 - 28)
            m *= 268435456.0
            e -= 28
            let y = UInt64(m)
            m -= Double(y)
            x += y
            if x >= modulus { x -= modulus }
        }
        let turn = UInt64(e >= 0 ? e % 61 : 60 - (-1 - e) % 61)
        x = ((x << turn) & modulus) | x >> (61 - turn)
        let hash = d < 0 ? -Int(x) : Int(x)
        return hash == -1 ? -2 : hash
    }

    /// Floored quotient and remainder. - Precondition: b is not 0.
    static func divmod(_ a: Double, _ b: Double) -> (Double, Double) {
        var mod = LibM.fmod(a, b)
        var div = (a - mod) / b
        if mod != 0 {
            if (b < 0) != (mod < 0) {
                mod += b
                div -= 1
            }
        } else {
            mod = Double(signOf: b, magnitudeOf: 0)
        }
        if div == 0 { return (Double(signOf: a / b, magnitudeOf: 0), mod) }
        var floor = div.rounded(.down)
        if div - floor > 0.5 { floor += 1 }
        return (floor, mod)
    }
    static func floorDivide(_ t: Thread, _ a: Double, _ b: Double) throws(PythonError) -> Double {
        if b == 0 { throw t.raise(.zeroDivisionError, "float floor division by zero") }
        return divmod(a, b).0
    }
    static func modulo(_ t: Thread, _ a: Double, _ b: Double) throws(PythonError) -> Double {
        if b == 0 { throw t.raise(.zeroDivisionError, "float modulo") }
        var mod = LibM.fmod(a, b)
        if mod != 0 {
            if (b < 0) != (mod < 0) { mod += b }
        } else {
            mod = Double(signOf: b, magnitudeOf: 0)
        }
        return mod
    }
    /// a ** b, except for negative a with a fractional b, which is complex (NumberOps).
    static func power(_ t: Thread, _ a: Double, _ b: Double) throws(PythonError) -> Double {
        if a == 0 && b < 0 && b.isFinite { throw t.raise(.zeroDivisionError, "0.0 cannot be raised to a negative power") }
        let result = LibM.pow(a, b)
        if result.isInfinite && a.isFinite && b.isFinite { throw outOfRange(t) }
        return result
    }
    static func outOfRange(_ t: Thread) -> PythonError {
        do throws(PythonError) {
            let text = try t.makeString("Numerical result out of range")
            defer { t.release(text) }
            return t.raise(.overflowError, args: Value(smallInt: 34), text)
        } catch { return error }
    }

    /// The int nearest in a direction, for `__trunc__`, `__floor__`, `__ceil__`, `__round__`.
    public static func integer(
        _ t: Thread, _ d: Double, _ rule: FloatingPointRoundingRule
    ) throws(PythonError) -> Value {
        if d.isNaN { throw t.raise(.valueError, "cannot convert float NaN to integer") }
        if d.isInfinite { throw t.raise(.overflowError, "cannot convert float infinity to integer") }
        return try IntOps.fromDouble(t, d.rounded(rule))
    }

    /// `round(d, digits)`: correctly rounded decimal, ties to even.
    static func round(_ t: Thread, _ d: Double, _ digits: Int) throws(PythonError) -> Double {
        if !d.isFinite || d == 0 || digits > 323 { return d }
        if digits < -308 { return Double(signOf: d, magnitudeOf: 0) }
        var text: String
        if digits >= 0 {
            text = FloatText.format(d, precision: digits, kind: "f")
        } else {
            let long = FloatText.format(d, precision: 30, kind: "e")
            let exponent = Int(long.split(separator: "e")[1])!
            let kept = exponent + digits
            if kept < -1 { return Double(signOf: d, magnitudeOf: 0) }
            if kept == -1 {
                let half = FloatText.parse("5e\(exponent)")!
                if d.magnitude <= half { return Double(signOf: d, magnitudeOf: 0) }
                text = (d < 0 ? "-" : "") + "1e\(exponent + 1)"
            } else {
                text = FloatText.format(d, precision: kept, kind: "e")
            }
        }
        let result = FloatText.parse(text)!
        if !result.isFinite { throw t.raise(.overflowError, "rounded value too large to represent") }
        return result
    }

    /// How a finite or infinite double compares with an int, exactly: negative, 0, positive. nil for NaN.
    static func order(_ t: Thread, _ d: Double, _ v: Value) throws(PythonError) -> Int? {
        if d.isNaN { return nil }
        if !v.isObject {
            let number = v.isSmallInt ? v.smallInt : v.isTrue ? 1 : 0
            if d >= 0x1p62 { return 1 }
            if d < -0x1p62 { return -1 }
            let whole = Int(d)
            if whole != number { return whole < number ? -1 : 1 }
            let rest = d - Double(whole)
            return rest < 0 ? -1 : rest > 0 ? 1 : 0
        }
        if d.isInfinite { return d < 0 ? -1 : 1 }
        let whole = try IntOps.fromDouble(t, d)
        defer { t.release(whole) }
        let order = IntOps.order(whole, v)
        if order != 0 { return order }
        let rest = d - d.rounded(.towardZero)
        return rest < 0 ? -1 : rest > 0 ? 1 : 0
    }

    /// (numerator, denominator) as a tuple.
    static func ratio(_ t: Thread, _ d: Double) throws(PythonError) -> Value {
        if d.isNaN { throw t.raise(.valueError, "cannot convert NaN to integer ratio") }
        if d.isInfinite { throw t.raise(.overflowError, "cannot convert Infinity to integer ratio") }
        var (m, e) = LibM.frexp(d)
        var steps = 0
        while steps < 300 && m != m.rounded(.down) {
            m *= 2
            e -= 1
            steps += 1
        }
        let mantissa = Value(smallInt: Int(m))
        if e >= 0 {
            let top = try IntOps.leftShift(t, mantissa, Value(smallInt: e))
            return try t.makeTuple([top, Value(smallInt: 1)])
        }
        return try t.makeTuple([mantissa, IntOps.leftShift(t, Value(smallInt: 1), Value(smallInt: -e))])
    }

    /// Whether a ** b leaves the reals.
    static func isComplexPower(_ a: Double, _ b: Double) -> Bool {
        a < 0 && a.isFinite && b.isFinite && b != b.rounded(.down)
    }
}

extension Double {
    fileprivate init(signOf sign: Double, magnitudeOf magnitude: Double) {
        self = sign.sign == .minus ? -magnitude.magnitude : magnitude.magnitude
    }
}
