// format() of numbers: [[fill]align][sign][z][#][0][width][grouping][.precision][type].
import StillObmalloc
import StillPlatform
public import StillThreadRegistry

/// A format specification for a number, read from its text.
struct NumberSpec {
    var fill: UInt32 = 0x20
    var align: Character?
    var sign: Character?
    var noNegativeZero = false
    var alternate = false
    var width = 0
    var grouping: Character?
    var precision: Int?
    var type: Character?

    init(_ t: Thread, _ text: [UInt32], typeName: String) throws(PythonError) {
        var at = 0
        func character(_ index: Int) -> Character? {
            index < text.count ? Unicode.Scalar(text[index]).map { Character($0) } : nil
        }
        func isAlign(_ c: Character?) -> Bool { c == "<" || c == ">" || c == "=" || c == "^" }
        var fillGiven = false
        if isAlign(character(1)) {
            fill = text[0]
            align = character(1)
            fillGiven = true
            at = 2
        } else if isAlign(character(0)) {
            align = character(0)
            at = 1
        }
        if let c = character(at), c == "+" || c == "-" || c == " " {
            sign = c
            at += 1
        }
        if character(at) == "z" {
            noNegativeZero = true
            at += 1
        }
        if character(at) == "#" {
            alternate = true
            at += 1
        }
        if !fillGiven && character(at) == "0" {
            fill = 0x30
            if align == nil { align = "=" }
            at += 1
        }
        func number() throws(PythonError) -> Int? {
            var value: Int?
            while at < text.count, text[at] >= 0x30 && text[at] <= 0x39 {
                let digit = Int(text[at]) - 0x30
                value = (value ?? 0) * 10 + digit
                if value! > Int(Int32.max) * 1024 { throw t.raise(.valueError, "Too many decimal digits in format string") }
                at += 1
            }
            return value
        }
        width = try number() ?? 0
        if character(at) == "," {
            grouping = ","
            at += 1
        }
        if character(at) == "_" {
            if grouping != nil { throw t.raise(.valueError, "Cannot specify both ',' and '_'.") }
            grouping = "_"
            at += 1
        }
        if character(at) == "," {
            if grouping == "_" { throw t.raise(.valueError, "Cannot specify both ',' and '_'.") }
            throw t.raise(.valueError, "Cannot specify ',' with ','.")
        }
        if character(at) == "." {
            at += 1
            precision = try number()
            if precision == nil { throw t.raise(.valueError, "Format specifier missing precision") }
        }
        if text.count - at > 1 {
            let whole = String(String.UnicodeScalarView(text.compactMap { Unicode.Scalar($0) }))
            throw t.raise(.valueError, "Invalid format specifier '\(whole)' for object of type '\(typeName)'")
        }
        if at < text.count { type = character(at) ?? "\u{FFFD}" }
        if let grouping, let type {
            let allowed = "deEfFgG%".contains(type) || (grouping == "_" && "boxX".contains(type))
            if !allowed { throw t.raise(.valueError, "Cannot specify '\(grouping)' with '\(type)'.") }
        }
    }
}

public enum NumberFormat {
    /// `value.__format__(specification)`; an int, float, bool or an instance of a subclass.
    public static func format(_ t: Thread, _ v: Value, specification: Value) throws(PythonError) -> Value {
        guard t.isStr(specification) else {
            throw t.raise(.typeError, "__format__() argument must be str, not \(t.typeName(specification))")
        }
        if StrRef(specification).count == 0 { return try t.str(v) }
        let typeName = t.typeName(v)
        let text = StrRef(specification)
        let spec = try NumberSpec(t, (0..<text.count).map { UInt32(text.codePoint($0)) }, typeName: typeName)
        return try t.isInt(v) ? formatInt(t, v, spec) : formatFloat(t, t.double(of: v), spec, typeName)
    }

    private static func unknown(_ t: Thread, _ type: Character, _ typeName: String) -> PythonError {
        t.raise(.valueError, "Unknown format code '\(type)' for object of type '\(typeName)'")
    }

    // MARK: Ints

    private static func formatInt(_ t: Thread, _ v: Value, _ spec: NumberSpec) throws(PythonError) -> Value {
        let type = spec.type ?? "d"
        switch type {
        case "e", "E", "f", "F", "g", "G", "%": return try formatFloat(t, IntOps.toDouble(t, v), spec, "int")
        case "b", "c", "d", "o", "x", "X", "n": break
        default: throw unknown(t, type, t.typeName(v))
        }
        if spec.precision != nil { throw t.raise(.valueError, "Precision not allowed in integer format specifier") }
        if spec.noNegativeZero {
            throw t.raise(.valueError, "Negative zero coercion (z) not allowed in integer format specifier")
        }
        if type == "c" {
            if spec.sign != nil { throw t.raise(.valueError, "Sign not allowed with integer format specifier 'c'") }
            if spec.alternate {
                throw t.raise(.valueError, "Alternate form (#) not allowed with integer format specifier 'c'")
            }
            guard let code = t.intValue(v) else {
                throw t.raise(.overflowError, "Python int too large to convert to C long")
            }
            if code < 0 || code > 0x10FFFF { throw t.raise(.overflowError, "%c arg not in range(0x110000)") }
            return try place(t, sign: [], prefix: [], digits: [UInt32(code)], rest: [], group: 0, spec, defaultAlign: "<")
        }
        let radix = type == "b" ? 2 : type == "o" ? 8 : type == "x" || type == "X" ? 16 : 10
        var digits = try IntOps.magnitudeDigits(t, v, radix)
        if type == "X" {
            for index in digits.indices where digits[index] >= 0x61 { digits[index] -= 0x20 }
        }
        let prefix: [UInt32] = spec.alternate && radix != 10 ? [0x30, UInt32(type.asciiValue!)] : []
        return try place(
            t, sign: sign(spec, negative: IntOps.isNegative(v)), prefix: prefix, digits: digits.map { UInt32($0) }, rest: [],
            group: radix == 10 ? 3 : 4, spec, defaultAlign: ">")
    }

    private static func sign(_ spec: NumberSpec, negative: Bool) -> [UInt32] {
        if negative { return [0x2D] }
        return spec.sign == "+" ? [0x2B] : spec.sign == " " ? [0x20] : []
    }

    // MARK: Floats

    private static func formatFloat(
        _ t: Thread, _ number: Double, _ spec: NumberSpec, _ typeName: String
    ) throws(PythonError) -> Value {
        let type = spec.type
        switch type {
        case nil, "e", "E", "f", "F", "g", "G", "n", "%": break
        default: throw unknown(t, type!, typeName)
        }
        if let precision = spec.precision, precision > Int(Int32.max) { throw t.raise(.valueError, "precision too big") }
        var text = magnitude(type == "%" ? number * 100 : number, type, spec.precision, spec.alternate)
        if type == "E" || type == "F" || type == "G" { text = text.uppercased() }
        var negative = number.sign == .minus && !number.isNaN
        if negative && spec.noNegativeZero && !text.utf8.prefix(while: { $0 | 0x20 != 0x65 }).contains(where: { $0 >= 0x31 && $0 <= 0x39 })
            && number.isFinite
        {
            negative = false
        }
        if type == "%" { text += "%" }
        let codes = text.unicodeScalars.map(\.value)
        let whole = number.isFinite ? codes.prefix { $0 >= 0x30 && $0 <= 0x39 }.count : codes.count
        return try place(
            t, sign: sign(spec, negative: negative), prefix: [], digits: Array(codes[..<whole]), rest: Array(codes[whole...]),
            group: number.isFinite ? 3 : 0, spec, defaultAlign: ">")
    }

    /// Text of |number| in lower case.
    static func magnitude(_ number: Double, _ type: Character?, _ givenPrecision: Int?, _ alternate: Bool) -> String {
        let number = number.magnitude
        if number.isNaN { return "nan" }
        if number.isInfinite { return "inf" }
        if type == nil && givenPrecision == nil { return FloatString.repr(number) }
        var precision = givenPrecision ?? 6
        switch type {
        case "f", "F", "%":
            return FloatText.format(number, precision: precision, kind: "f") + (alternate && precision == 0 ? "." : "")
        case "e", "E":
            var text = FloatText.format(number, precision: precision, kind: "e")
            if alternate && precision == 0, let e = text.firstIndex(of: "e") { text.insert(".", at: e) }
            return text
        default:
            if precision == 0 { precision = 1 }
            let parts = FloatText.format(number, precision: precision - 1, kind: "e").split(separator: "e")
            let exponent = Int(parts[1])!
            var digits = Array(parts[0].utf8.filter { $0 != 0x2E })
            if !alternate { while digits.count > 1 && digits.last == 0x30 { digits.removeLast() } }
            var text = FloatString.place(digits, exponent, point: type == nil, limit: type == nil ? precision - 1 : precision)
            if alternate && !text.contains(".") {
                text.insert(".", at: text.firstIndex(of: "e") ?? text.endIndex)
            }
            return text
        }
    }

    // MARK: Layout

    private static func place(
        _ t: Thread, sign: [UInt32], prefix: [UInt32], digits: [UInt32], rest: [UInt32], group: Int, _ spec: NumberSpec,
        defaultAlign: Character
    ) throws(PythonError) -> Value {
        if spec.width > 1 << 32 { throw t.noMemory() }
        let align = spec.align ?? defaultAlign
        var body = digits
        let around = sign.count + prefix.count + rest.count
        if let separator = spec.grouping, group > 0 {
            let least = spec.fill == 0x30 && align == "=" ? spec.width - around : 0
            var reversed: [UInt32] = []
            var count = 0
            var index = digits.count - 1
            while index >= 0 || reversed.count < least {
                if count == group {
                    reversed.append(UInt32(separator.asciiValue!))
                    count = 0
                }
                reversed.append(index >= 0 ? digits[index] : 0x30)
                count += 1
                index -= 1
            }
            body = reversed.reversed()
        }
        let padding = [UInt32](repeating: spec.fill, count: max(0, spec.width - around - body.count))
        let text: [UInt32]
        switch align {
        case "<": text = sign + prefix + body + rest + padding
        case "=": text = sign + prefix + padding + body + rest
        case "^":
            let left = padding.count / 2
            text = padding[..<left] + sign + prefix + body + rest + padding[left...]
        default: text = padding + sign + prefix + body + rest
        }
        return try t.makeString(codePoints: text)
    }
}
