// The module math.
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
public import StillVM

public enum MathModule {
    public static func define(_ m: ModuleBuilder) {
        do throws(PythonError) { try constants(m) } catch {}
        defineSimple(m)
        defineLogarithms(m)
        defineParts(m)
        MathIntegers.define(m)
        MathSequences.define(m)
    }

    private static func constants(_ m: ModuleBuilder) throws(PythonError) {
        let table: [(String, Double)] = [
            ("pi", 0x1.921fb54442d18p+1), ("e", 0x1.5bf0a8b145769p+1),
            ("tau", 0x1.921fb54442d18p+2), ("inf", .infinity), ("nan", .nan),
        ]
        for (name, value) in table { m.constant(name, try m.thread.makeFloat(value)) }
    }

    /// f(x) with CPython's rules: a NaN from a number is a domain error; an infinity from a finite number a range or domain error.
    static func one(
        _ t: UnsafeMutableRawPointer, _ a: UnsafeMutablePointer<UInt64>, overflows: Bool = false, _ function: (Double) -> Double
    ) -> UInt64 {
        returning(t) { (t) throws(PythonError) -> Value in
            let x = try t.floatValue(Value(bits: a[0]))
            return try t.makeFloat(MathModule.check(t, function(x), x, overflows: overflows))
        }
    }
    static func check(_ t: Thread, _ result: Double, _ x: Double, overflows: Bool) throws(PythonError) -> Double {
        if result.isNaN && !x.isNaN { throw domainError(t) }
        if result.isInfinite && x.isFinite {
            throw overflows ? rangeError(t) : domainError(t)
        }
        return result
    }
    static func domainError(_ t: Thread) -> PythonError { t.raise(.valueError, "math domain error") }
    static func rangeError(_ t: Thread) -> PythonError { t.raise(.overflowError, "math range error") }

    private static func defineSimple(_ m: ModuleBuilder) {
        m.function("sqrt", 1, 1) { t, s, a, n, k in MathModule.one(t, a) { $0.squareRoot() } }
        m.function("cbrt", 1, 1) { t, s, a, n, k in MathModule.one(t, a) { LibM.cbrt($0) } }
        m.function("sin", 1, 1) { t, s, a, n, k in MathModule.one(t, a) { LibM.sin($0) } }
        m.function("cos", 1, 1) { t, s, a, n, k in MathModule.one(t, a) { LibM.cos($0) } }
        m.function("tan", 1, 1) { t, s, a, n, k in MathModule.one(t, a) { LibM.tan($0) } }
        m.function("asin", 1, 1) { t, s, a, n, k in MathModule.one(t, a) { LibM.asin($0) } }
        m.function("acos", 1, 1) { t, s, a, n, k in MathModule.one(t, a) { LibM.acos($0) } }
        m.function("atan", 1, 1) { t, s, a, n, k in MathModule.one(t, a) { LibM.atan($0) } }
        m.function("sinh", 1, 1) { t, s, a, n, k in MathModule.one(t, a, overflows: true) { LibM.sinh($0) } }
        m.function("cosh", 1, 1) { t, s, a, n, k in MathModule.one(t, a, overflows: true) { LibM.cosh($0) } }
        m.function("tanh", 1, 1) { t, s, a, n, k in MathModule.one(t, a) { LibM.tanh($0) } }
        m.function("asinh", 1, 1) { t, s, a, n, k in MathModule.one(t, a) { LibM.asinh($0) } }
        m.function("acosh", 1, 1) { t, s, a, n, k in MathModule.one(t, a) { LibM.acosh($0) } }
        m.function("atanh", 1, 1) { t, s, a, n, k in MathModule.one(t, a) { LibM.atanh($0) } }
        m.function("exp", 1, 1) { t, s, a, n, k in MathModule.one(t, a, overflows: true) { LibM.exp($0) } }
        m.function("exp2", 1, 1) { t, s, a, n, k in MathModule.one(t, a, overflows: true) { LibM.exp2($0) } }
        m.function("expm1", 1, 1) { t, s, a, n, k in MathModule.one(t, a, overflows: true) { LibM.expm1($0) } }
        m.function("fabs", 1, 1) { t, s, a, n, k in MathModule.one(t, a) { $0.magnitude } }
        m.function("erf", 1, 1) { t, s, a, n, k in MathModule.one(t, a) { LibM.erf($0) } }
        m.function("erfc", 1, 1) { t, s, a, n, k in MathModule.one(t, a) { LibM.erfc($0) } }
        m.function("degrees", 1, 1) { t, s, a, n, k in MathModule.one(t, a) { $0 * (180 / 0x1.921fb54442d18p+1) } }
        m.function("radians", 1, 1) { t, s, a, n, k in MathModule.one(t, a) { $0 * (0x1.921fb54442d18p+1 / 180) } }
        m.function("gamma", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let x = try t.floatValue(Value(bits: a[0]))
                if x == -Double.infinity || (x.isFinite && x <= 0 && x == x.rounded(.down)) { throw MathModule.domainError(t) }
                return try t.makeFloat(MathModule.check(t, LibM.tgamma(x), x, overflows: true))
            }
        }
        m.function("lgamma", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let x = try t.floatValue(Value(bits: a[0]))
                if x.isFinite && x <= 0 && x == x.rounded(.down) { throw MathModule.domainError(t) }
                return try t.makeFloat(MathModule.check(t, LibM.lgamma(x), x, overflows: true))
            }
        }
        m.function("isnan", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in Value(try t.floatValue(Value(bits: a[0])).isNaN) }
        }
        m.function("isinf", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in Value(try t.floatValue(Value(bits: a[0])).isInfinite) }
        }
        m.function("isfinite", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in Value(try t.floatValue(Value(bits: a[0])).isFinite) }
        }
        m.function("atan2", 2, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                try t.makeFloat(LibM.atan2(t.floatValue(Value(bits: a[0])), t.floatValue(Value(bits: a[1]))))
            }
        }
        m.function("copysign", 2, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let (x, y) = (try t.floatValue(Value(bits: a[0])), try t.floatValue(Value(bits: a[1])))
                return try t.makeFloat(y.sign == .minus ? -x.magnitude : x.magnitude)
            }
        }
        m.function("fmod", 2, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let (x, y) = (try t.floatValue(Value(bits: a[0])), try t.floatValue(Value(bits: a[1])))
                let result = y.isInfinite && x.isFinite ? x : LibM.fmod(x, y)
                if result.isNaN && !x.isNaN && !y.isNaN { throw MathModule.domainError(t) }
                return try t.makeFloat(result)
            }
        }
        m.function("remainder", 2, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let (x, y) = (try t.floatValue(Value(bits: a[0])), try t.floatValue(Value(bits: a[1])))
                let result = LibM.remainder(x, y)
                if result.isNaN && !x.isNaN && !y.isNaN { throw MathModule.domainError(t) }
                return try t.makeFloat(result)
            }
        }
        m.function("pow", 2, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let (x, y) = (try t.floatValue(Value(bits: a[0])), try t.floatValue(Value(bits: a[1])))
                let result = LibM.pow(x, y)
                if x.isFinite && y.isFinite {
                    if result.isNaN || (x == 0 && y < 0) { throw MathModule.domainError(t) }
                    if result.isInfinite { throw MathModule.rangeError(t) }
                }
                return try t.makeFloat(result)
            }
        }
        m.function("fma", 3, 3) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let (x, y) = (try t.floatValue(Value(bits: a[0])), try t.floatValue(Value(bits: a[1])))
                let z = try t.floatValue(Value(bits: a[2]))
                let result = z.addingProduct(x, y)
                if result.isNaN && !x.isNaN && !y.isNaN && !z.isNaN {
                    throw t.raise(.valueError, "invalid operation in fma")
                }
                if result.isInfinite && x.isFinite && y.isFinite && z.isFinite {
                    throw t.raise(.overflowError, "overflow in fma")
                }
                return try t.makeFloat(result)
            }
        }
    }

    // MARK: Logarithms

    private static func defineLogarithms(_ m: ModuleBuilder) {
        m.function("log", 1, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let x = try MathModule.logarithm(t, Value(bits: a[0])) { LibM.log($0) }
                if n == 1 { return try t.makeFloat(x) }
                let base = try MathModule.logarithm(t, Value(bits: a[1])) { LibM.log($0) }
                if base == 0 { throw t.raise(.zeroDivisionError, "division by zero") }
                return try t.makeFloat(x / base)
            }
        }
        m.function("log2", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                try t.makeFloat(MathModule.logarithm(t, Value(bits: a[0])) { LibM.log2($0) })
            }
        }
        m.function("log10", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                try t.makeFloat(MathModule.logarithm(t, Value(bits: a[0])) { LibM.log10($0) })
            }
        }
        m.function("log1p", 1, 1) { t, s, a, n, k in MathModule.one(t, a) { LibM.log1p($0) } }
    }
    /// Of a number; ints may be larger than any double.
    private static func logarithm(_ t: Thread, _ v: Value, _ function: (Double) -> Double) throws(PythonError) -> Double {
        if t.isInt(v) {
            if IntOps.isNegative(v) || IntOps.isZero(v) { throw domainError(t) }
            let bits = IntOps.bitLength(v)
            if bits <= 1023 { return function(try IntOps.toDouble(t, v)) }
            let high = try IntOps.rightShift(t, v, Value(smallInt: bits - 64))
            defer { t.release(high) }
            return function(try IntOps.toDouble(t, high)) + Double(bits - 64) * function(2)
        }
        let x = try t.floatValue(v)
        if x <= 0 { throw domainError(t) }
        return function(x)
    }

    // MARK: Parts of floats

    private static func defineParts(_ m: ModuleBuilder) {
        m.function("floor", 1, 1) { t, s, a, n, k in MathModule.whole(t, Value(bits: a[0]), "__floor__", .down) }
        m.function("ceil", 1, 1) { t, s, a, n, k in MathModule.whole(t, Value(bits: a[0]), "__ceil__", .up) }
        m.function("trunc", 1, 1) { t, s, a, n, k in MathModule.whole(t, Value(bits: a[0]), "__trunc__", .towardZero) }
        m.function("frexp", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let x = try t.floatValue(Value(bits: a[0]))
                let (mantissa, exponent) = x.isFinite ? LibM.frexp(x) : (x, 0)
                return try t.makeTuple([t.makeFloat(mantissa), Value(smallInt: exponent)])
            }
        }
        m.function("ldexp", 2, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let x = try t.floatValue(Value(bits: a[0]))
                guard t.isInt(Value(bits: a[1])) else {
                    throw t.raise(.typeError, "Expected an int as second argument to ldexp.")
                }
                let exponent = try t.indexInt(Value(bits: a[1]), overflow: nil)
                let result = LibM.ldexp(x, exponent)
                if result.isInfinite && x.isFinite { throw MathModule.rangeError(t) }
                return try t.makeFloat(result)
            }
        }
        m.function("modf", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let x = try t.floatValue(Value(bits: a[0]))
                let whole = x.rounded(.towardZero)
                var rest = x.isInfinite ? 0 : x - whole
                if rest == 0 { rest = x.sign == .minus ? -0.0 : 0.0 }
                return try t.makeTuple([t.makeFloat(rest), t.makeFloat(whole)])
            }
        }
        m.function("ulp", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let x = try t.floatValue(Value(bits: a[0])).magnitude
                return try t.makeFloat(x.isFinite ? x.ulp : x)
            }
        }
        m.function("nextafter", 2, 2, keywords: true) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let v = try Arguments.parse(
                    t, function: "nextafter", a, n, k, names: ["x", "y", "steps"], required: 2, positionalOnly: 2, keywordOnly: 1)
                var x = try t.floatValue(v[0])
                let y = try t.floatValue(v[1])
                var steps = v[2].isNull || v[2].isNone ? 1 : try t.indexInt(v[2], overflow: nil)
                if steps < 0 { throw t.raise(.valueError, "steps must be a non-negative integer") }
                while steps > 0 && x != y && !x.isNaN {
                    x = LibM.nextafter(x, y)
                    steps -= 1
                    if steps & 0xFFFF == 0 && t.hasRequest { t.safepoint() }
                }
                return try t.makeFloat(y.isNaN ? y : x)
            }
        }
        m.function("isclose", 2, 2, keywords: true) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let v = try Arguments.parse(
                    t, function: "isclose", a, n, k, names: ["a", "b", "rel_tol", "abs_tol"], required: 2, keywordOnly: 2)
                let (x, y) = (try t.floatValue(v[0]), try t.floatValue(v[1]))
                let relative = v[2].isNull ? 1e-9 : try t.floatValue(v[2])
                let absolute = v[3].isNull ? 0 : try t.floatValue(v[3])
                if relative < 0 || absolute < 0 { throw t.raise(.valueError, "tolerances must be non-negative") }
                if x == y { return .true }
                if x.isInfinite || y.isInfinite { return .false }
                let difference = (y - x).magnitude
                return Value(
                    difference <= (relative * y).magnitude || difference <= (relative * x).magnitude || difference <= absolute)
            }
        }
    }
    private static func whole(
        _ t: UnsafeMutableRawPointer, _ v: Value, _ name: String, _ rule: FloatingPointRoundingRule
    ) -> UInt64 {
        returning(t) { (t) throws(PythonError) -> Value in
            if t.typeOf(v) == t.type(.float) { return try FloatOps.integer(t, t.floatValue(v), rule) }
            if v.isSmallInt { return v }
            let method = try t.lookupSpecial(v, Interning.intern(name))
            if !method.isNull {
                defer { t.release(method) }
                return try t.call(method)
            }
            if rule == .towardZero { throw t.raise(.typeError, "type \(t.typeName(v)) doesn't define __trunc__ method") }
            return try FloatOps.integer(t, t.floatValue(v), rule)
        }
    }
}
