// libm and the formatting of doubles.
internal import CStillShims
#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

public enum FloatText {
    /// C's %e, %f or %g with a precision. `kind` is one of those letters.
    public static func format(_ value: Double, precision: Int, kind: Character) -> String {
        let letter = CChar(kind.asciiValue!)
        var capacity = 64
        while true {
            let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: capacity)
            defer { buffer.deallocate() }
            let needed = Int(still_format_double(buffer, Int32(capacity), letter, Int32(precision), value))
            if needed < capacity { return String(cString: buffer) }
            capacity = needed + 1
        }
    }
    /// Correctly rounded; nil unless the whole text is a number.
    public static func parse(_ text: String) -> Double? {
        text.withCString { start in
            var end: UnsafeMutablePointer<CChar>?
            let value = strtod(start, &end)
            guard let end, end != UnsafeMutablePointer(mutating: start), end.pointee == 0 else { return nil }
            return value
        }
    }
}

/// The C library's mathematics.
public enum LibM {
    public static func acos(_ x: Double) -> Double { Glibc.acos(x) }
    public static func acosh(_ x: Double) -> Double { Glibc.acosh(x) }
    public static func asin(_ x: Double) -> Double { Glibc.asin(x) }
    public static func asinh(_ x: Double) -> Double { Glibc.asinh(x) }
    public static func atan(_ x: Double) -> Double { Glibc.atan(x) }
    public static func atan2(_ y: Double, _ x: Double) -> Double { Glibc.atan2(y, x) }
    public static func atanh(_ x: Double) -> Double { Glibc.atanh(x) }
    public static func cbrt(_ x: Double) -> Double { Glibc.cbrt(x) }
    public static func cos(_ x: Double) -> Double { Glibc.cos(x) }
    public static func cosh(_ x: Double) -> Double { Glibc.cosh(x) }
    public static func erf(_ x: Double) -> Double { Glibc.erf(x) }
    public static func erfc(_ x: Double) -> Double { Glibc.erfc(x) }
    public static func exp(_ x: Double) -> Double { Glibc.exp(x) }
    public static func exp2(_ x: Double) -> Double { Glibc.exp2(x) }
    public static func expm1(_ x: Double) -> Double { Glibc.expm1(x) }
    public static func fmod(_ x: Double, _ y: Double) -> Double { Glibc.fmod(x, y) }
    public static func frexp(_ x: Double) -> (Double, Int) {
        var exponent: Int32 = 0
        let mantissa = Glibc.frexp(x, &exponent)
        return (mantissa, Int(exponent))
    }
    public static func hypot(_ x: Double, _ y: Double) -> Double { Glibc.hypot(x, y) }
    public static func ldexp(_ x: Double, _ exponent: Int) -> Double {
        Glibc.ldexp(x, Int32(clamping: exponent))
    }
    public static func lgamma(_ x: Double) -> Double { Glibc.lgamma(x) }
    public static func tgamma(_ x: Double) -> Double { Glibc.tgamma(x) }
    public static func log(_ x: Double) -> Double { Glibc.log(x) }
    public static func log10(_ x: Double) -> Double { Glibc.log10(x) }
    public static func log1p(_ x: Double) -> Double { Glibc.log1p(x) }
    public static func log2(_ x: Double) -> Double { Glibc.log2(x) }
    public static func nextafter(_ x: Double, _ y: Double) -> Double { Glibc.nextafter(x, y) }
    public static func pow(_ x: Double, _ y: Double) -> Double { Glibc.pow(x, y) }
    public static func remainder(_ x: Double, _ y: Double) -> Double { Glibc.remainder(x, y) }
    public static func sin(_ x: Double) -> Double { Glibc.sin(x) }
    public static func sinh(_ x: Double) -> Double { Glibc.sinh(x) }
    public static func tan(_ x: Double) -> Double { Glibc.tan(x) }
    public static func tanh(_ x: Double) -> Double { Glibc.tanh(x) }
}
