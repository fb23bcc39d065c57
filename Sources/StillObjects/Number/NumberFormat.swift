// format() of numbers: [[fill]align][sign][z][#][0][width][grouping][.precision][type].
import StillObmalloc
import StillPlatform
public import StillThreadRegistry

/// A format specification for a number, read from its text. Characters are ASCII codes, 0 where there is none.
struct NumberSpec {
    var fill: UInt32 = 0x20
    /// `<` `>` `=` `^`
    var align: UInt8 = 0
    /// `+` `-` space
    var sign: UInt8 = 0
    var noNegativeZero = false
    var alternate = false
    var width = 0
    /// `,` `_`
    var grouping: UInt8 = 0
    var precision: Int?
    /// A code point: whatever stands there is named when it is refused.
    var type: UInt32 = 0

    init() {}

    init(_ t: Thread, _ text: StrRef, of value: Value) throws(PythonError) {
        var at = 0
        let length = text.count
        func code(_ index: Int) -> UInt32 { index < length ? text.codePoint(index) : 0 }
        func isAlign(_ c: UInt32) -> Bool { c == 0x3C || c == 0x3E || c == 0x3D || c == 0x5E }
        var fillGiven = false
        if isAlign(code(1)) {
            fill = code(0)
            align = UInt8(code(1))
            fillGiven = true
            at = 2
        } else if isAlign(code(0)) {
            align = UInt8(code(0))
            at = 1
        }
        if code(at) == 0x2B || code(at) == 0x2D || code(at) == 0x20 {
            sign = UInt8(code(at))
            at += 1
        }
        if code(at) == 0x7A {
            noNegativeZero = true
            at += 1
        }
        if code(at) == 0x23 {
            alternate = true
            at += 1
        }
        if !fillGiven && code(at) == 0x30 {
            fill = 0x30
            if align == 0 { align = 0x3D }
            at += 1
        }
        func number() throws(PythonError) -> Int? {
            var value: Int?
            while code(at) >= 0x30 && code(at) <= 0x39 {
                let sum = (value ?? 0) * 10 + Int(code(at)) - 0x30
                value = sum
                if sum > Int(Int32.max) * 1024 { throw t.raise(.valueError, "Too many decimal digits in format string") }
                at += 1
            }
            return value
        }
        width = try number() ?? 0
        if code(at) == 0x2C {
            grouping = 0x2C
            at += 1
        }
        if code(at) == 0x5F {
            if grouping != 0 { throw t.raise(.valueError, "Cannot specify both ',' and '_'.") }
            grouping = 0x5F
            at += 1
        }
        if code(at) == 0x2C {
            if grouping == 0x5F { throw t.raise(.valueError, "Cannot specify both ',' and '_'.") }
            throw t.raise(.valueError, "Cannot specify ',' with ','.")
        }
        if code(at) == 0x2E {
            at += 1
            precision = try number()
            if precision == nil { throw t.raise(.valueError, "Format specifier missing precision") }
        }
        if length - at > 1 {
            throw t.raise(.valueError, "Invalid format specifier '\(text.string)' for object of type '\(t.typeName(value))'")
        }
        if at < length { type = code(at) }
        if grouping != 0 && type != 0 {
            switch type {
            case 0x64, 0x65, 0x45, 0x66, 0x46, 0x67, 0x47, 0x25: break
            case 0x62 where grouping == 0x5F, 0x6F where grouping == 0x5F, 0x78 where grouping == 0x5F, 0x58 where grouping == 0x5F: break
            default:
                throw t.raise(.valueError, "Cannot specify '\(Unicode.Scalar(grouping))' with '\(NumberFormat.character(type))'.")
            }
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
        if v.isSmallInt && StrRef(specification).count == 1 {
            let text = plain(t, v.smallInt, StrRef(specification).codePoint(0))
            if text != 0 { return Value(bits: text) }
            if t.hasRaised { throw PythonError() }
        }
        let spec = try NumberSpec(t, StrRef(specification), of: v)
        var out = StrBuilder(t, capacity: 64)
        try write(t, v, spec, to: &out)
        return try out.finish(t)
    }

    /// `complex.__format__`: both parts by the specification, the whole aligned.
    static func format(
        _ t: Thread, complex pair: ComplexOps.Pair, _ v: Value, specification: Value
    ) throws(PythonError) -> Value {
        guard t.isStr(specification) else {
            throw t.raise(.typeError, "__format__() argument must be str, not \(t.typeName(specification))")
        }
        if StrRef(specification).count == 0 { return try t.str(v) }
        var spec = try NumberSpec(t, StrRef(specification), of: v)
        if spec.fill == 0x30 { throw t.raise(.valueError, "Zero padding is not allowed in complex format specifier") }
        if spec.align == 0x3D { throw t.raise(.valueError, "'=' alignment flag is not allowed in complex format specifier") }
        let (width, align) = (spec.width, spec.align)
        spec.width = 0
        var body = StrBuilder()
        let isBare = spec.type == 0
        if isBare && spec.precision == nil {
            // The digits of repr.
            spec.type = 0
        } else if isBare {
            spec.type = 0x67
        }
        let skipsReal = isBare && pair.0 == 0 && pair.0.sign == .plus
        if isBare && !skipsReal { body.append(0x28) }
        if !skipsReal { try writeFloat(t, pair.0, spec, of: v, shortens: isBare, &body) }
        var second = spec
        if !skipsReal { second.sign = 0x2B }
        try writeFloat(t, pair.1, second, of: v, shortens: isBare, &body)
        body.append(0x6A)
        if isBare && !skipsReal { body.append(0x29) }
        let text = try body.finish(t)
        defer { t.release(text) }
        let missing = max(0, width - StrRef(text).count)
        let before = align == 0x3C ? 0 : align == 0x5E ? missing / 2 : missing
        var out = StrBuilder()
        out.append(spec.fill, count: before)
        out.append(StrRef(text))
        out.append(spec.fill, count: missing - before)
        return try out.finish(t)
    }

    /// The digits of an int for a specification that is one letter. 0: an exception, or it is none of these letters.
    private static func plain(_ t: Thread, _ number: Int, _ letter: UInt32) -> UInt64 {
        let shift: Int
        switch letter {
        case 0x64:
            do throws(PythonError) { return try t.makeDecimal(number).bits } catch { return 0 }
        case 0x78 where number >= 10:
            let count = Digits.hexCount(number.magnitude)
            if count > 1, let text = t.newShortString(count: count) {
                Digits.writeHex(number.magnitude, before: text.raw + StrRef.headerBytes + count)
                return text.value.bits
            }
            shift = 4
        case 0x62: shift = 1
        case 0x6F: shift = 3
        case 0x78, 0x58: shift = 4
        default: return 0
        }
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 65) { buffer in
            let base = buffer.baseAddress.unsafelyUnwrapped
            var at = digits(number.magnitude, shift: shift, upper: letter == 0x58, base, 65)
            if number < 0 {
                at -= 1
                base[at] = 0x2D
            }
            do throws(PythonError) {
                return try t.makeString(latin1: UnsafeBufferPointer(start: base + at, count: 65 - at), 0).bits
            } catch { return 0 }
        }
    }

    static func write(_ t: Thread, _ v: Value, _ spec: NumberSpec, to out: inout StrBuilder) throws(PythonError) {
        if t.isInt(v) { try writeInt(t, v, spec, &out) } else { try writeFloat(t, t.double(of: v), spec, of: v, &out) }
    }

    /// Decimal digits, with a minus if it is negative.
    static func write(_ number: Int, to out: inout StrBuilder) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 24) { buffer in
            let base = buffer.baseAddress.unsafelyUnwrapped
            var at = digits(number.magnitude, shift: 0, upper: false, base, 24)
            if number < 0 {
                at -= 1
                base[at] = 0x2D
            }
            out.append(ascii: UnsafeBufferPointer(start: base + at, count: 24 - at))
        }
    }

    /// The same, with spaces before it up to a width.
    static func write(_ number: Int, width: Int, to out: inout StrBuilder) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 24) { buffer in
            let base = buffer.baseAddress.unsafelyUnwrapped
            var at = digits(number.magnitude, shift: 0, upper: false, base, 24)
            if number < 0 {
                at -= 1
                base[at] = 0x2D
            }
            while at > 0 && 24 - at < width {
                at -= 1
                base[at] = 0x20
            }
            out.append(32, count: width - 24)
            out.append(ascii: UnsafeBufferPointer(start: base + at, count: 24 - at))
        }
    }

    static func character(_ code: UInt32) -> String { String(Unicode.Scalar(code) ?? "\u{FFFD}") }

    private static func unknown(_ t: Thread, _ type: UInt32, _ value: Value) -> PythonError {
        t.raise(.valueError, "Unknown format code '\(character(type))' for object of type '\(t.typeName(value))'")
    }

    // MARK: Ints

    private static func writeInt(_ t: Thread, _ v: Value, _ spec: NumberSpec, _ out: inout StrBuilder) throws(PythonError) {
        let type = spec.type == 0 ? 0x64 : spec.type
        var shift = 0
        switch type {
        case 0x65, 0x45, 0x66, 0x46, 0x67, 0x47, 0x25: return try writeFloat(t, IntOps.toDouble(t, v), spec, of: v, &out)
        case 0x62: shift = 1
        case 0x6F: shift = 3
        case 0x78, 0x58: shift = 4
        case 0x63, 0x64, 0x6E: break
        default: throw unknown(t, type, v)
        }
        if spec.precision != nil { throw t.raise(.valueError, "Precision not allowed in integer format specifier") }
        if spec.noNegativeZero {
            throw t.raise(.valueError, "Negative zero coercion (z) not allowed in integer format specifier")
        }
        try checkWidth(t, spec)
        if type == 0x63 { return try writeCharacter(t, v, spec, &out) }
        let prefix: UInt32 = spec.alternate && shift != 0 ? type : 0
        if v.isSmallInt {
            let number = v.smallInt
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 64) { buffer in
                let base = buffer.baseAddress.unsafelyUnwrapped
                let at = digits(number.magnitude, shift: shift, upper: type == 0x58, base, 64)
                place(
                    &out, sign: sign(spec, negative: number < 0), prefix: prefix, UnsafeBufferPointer(start: base + at, count: 64 - at),
                    rest: UnsafeBufferPointer(start: nil, count: 0), group: shift == 0 ? 3 : 4, spec)
            }
            return
        }
        var text = try IntOps.magnitudeDigits(t, v, shift == 0 ? 10 : 1 << shift)
        if type == 0x58 {
            for index in text.indices where text[index] >= 0x61 { text[index] -= 0x20 }
        }
        let negative = IntOps.isNegative(v)
        text.withUnsafeBufferPointer {
            place(
                &out, sign: sign(spec, negative: negative), prefix: prefix, $0, rest: UnsafeBufferPointer(start: nil, count: 0),
                group: shift == 0 ? 3 : 4, spec)
        }
    }

    /// Digits at the end of a buffer; where they begin. - Parameter shift: bits of a digit, 0: decimal.
    static func digits(_ number: UInt, shift: Int, upper: Bool, _ buffer: UnsafeMutablePointer<UInt8>, _ end: Int) -> Int {
        var at = end
        var left = number
        if shift == 0 {
            repeat {
                let (quotient, digit) = left.quotientAndRemainder(dividingBy: 10)
                at &-= 1
                buffer[at] = UInt8(truncatingIfNeeded: 0x30 &+ digit)
                left = quotient
            } while left != 0
        } else {
            let mask = UInt(1) << UInt(shift) &- 1
            let letters: UInt = upper ? 0x37 : 0x57
            repeat {
                let digit = left & mask
                at &-= 1
                buffer[at] = UInt8(truncatingIfNeeded: digit &+ (digit < 10 ? 0x30 : letters))
                left &>>= UInt(shift)
            } while left != 0
        }
        return at
    }

    /// How many digits an int has in the base of a format code.
    static func digitCount(_ t: Thread, _ v: Value, _ code: UInt32) throws(PythonError) -> Int {
        try IntOps.magnitudeDigits(t, v, code == 100 ? 10 : code == 111 ? 8 : 16).count
    }

    private static func writeCharacter(_ t: Thread, _ v: Value, _ spec: NumberSpec, _ out: inout StrBuilder) throws(PythonError) {
        if spec.sign != 0 { throw t.raise(.valueError, "Sign not allowed with integer format specifier 'c'") }
        if spec.alternate { throw t.raise(.valueError, "Alternate form (#) not allowed with integer format specifier 'c'") }
        guard let code = t.intValue(v) else { throw t.raise(.overflowError, "Python int too large to convert to C long") }
        if code < 0 || code > 0x10FFFF { throw t.raise(.overflowError, "%c arg not in range(0x110000)") }
        let missing = max(0, spec.width - 1)
        let before = spec.align == 0x3E || spec.align == 0x3D ? missing : spec.align == 0x5E ? missing / 2 : 0
        out.append(spec.fill, count: before)
        out.append(UInt32(code))
        out.append(spec.fill, count: missing - before)
    }

    private static func sign(_ spec: NumberSpec, negative: Bool) -> UInt32 {
        negative ? 0x2D : spec.sign == 0x2B ? 0x2B : spec.sign == 0x20 ? 0x20 : 0
    }

    private static func checkWidth(_ t: Thread, _ spec: NumberSpec) throws(PythonError) {
        if spec.width > 1 << 32 { throw t.noMemory() }
    }

    // MARK: Floats

    private static func writeFloat(
        _ t: Thread, _ number: Double, _ spec: NumberSpec, of value: Value, shortens: Bool = false, _ out: inout StrBuilder
    ) throws(PythonError) {
        let type = spec.type
        switch type {
        case 0, 0x65, 0x45, 0x66, 0x46, 0x67, 0x47, 0x6E, 0x25: break
        default: throw unknown(t, type, value)
        }
        if let precision = spec.precision, precision > Int(Int32.max) { throw t.raise(.valueError, "precision too big") }
        try checkWidth(t, spec)
        let kind = type == 0 ? nil : Character(Unicode.Scalar(UInt8(type)))
        var text = magnitude(type == 0x25 ? number * 100 : number, kind, spec.precision, spec.alternate)
        if shortens && text.hasSuffix(".0") { text.removeLast(2) }
        if type == 0x45 || type == 0x46 || type == 0x47 { text = text.uppercased() }
        var negative = number.sign == .minus && !number.isNaN
        if negative && spec.noNegativeZero && !text.utf8.prefix(while: { $0 | 0x20 != 0x65 }).contains(where: { $0 >= 0x31 && $0 <= 0x39 })
            && number.isFinite
        {
            negative = false
        }
        if type == 0x25 { text += "%" }
        text.withUTF8 { bytes in
            var whole = bytes.count
            if number.isFinite {
                whole = 0
                while whole < bytes.count && bytes[whole] >= 0x30 && bytes[whole] <= 0x39 { whole += 1 }
            }
            place(
                &out, sign: sign(spec, negative: negative), prefix: 0, UnsafeBufferPointer(rebasing: bytes[..<whole]),
                rest: UnsafeBufferPointer(rebasing: bytes[whole...]), group: number.isFinite ? 3 : 0, spec)
        }
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

    /// - Parameters: `sign` and `prefix` (the x of 0x) may be 0: none; `group` digits stand between separators, 0: never any.
    private static func place(
        _ out: inout StrBuilder, sign: UInt32, prefix: UInt32, _ digits: UnsafeBufferPointer<UInt8>, rest: UnsafeBufferPointer<UInt8>,
        group: Int, _ spec: NumberSpec
    ) {
        let around = (sign != 0 ? 1 : 0) + (prefix != 0 ? 2 : 0) + rest.count
        var body: [UInt8] = []
        let grouped = spec.grouping != 0 && group > 0
        if grouped {
            let least = spec.fill == 0x30 && spec.align == 0x3D ? spec.width - around : 0
            var count = 0
            var index = digits.count - 1
            while index >= 0 || body.count < least {
                if count == group {
                    body.append(spec.grouping)
                    count = 0
                }
                body.append(index >= 0 ? digits[index] : 0x30)
                count += 1
                index -= 1
            }
            body.reverse()
        }
        let missing = max(0, spec.width - around - (grouped ? body.count : digits.count))
        let before = spec.align == 0x3C || spec.align == 0x3D ? 0 : spec.align == 0x5E ? missing / 2 : missing
        out.append(spec.fill, count: before)
        if sign != 0 { out.append(sign) }
        if prefix != 0 {
            out.append(0x30)
            out.append(prefix)
        }
        if spec.align == 0x3D { out.append(spec.fill, count: missing) }
        if grouped { body.withUnsafeBufferPointer { out.append(ascii: $0) } } else { out.append(ascii: digits) }
        out.append(ascii: rest)
        if spec.align != 0x3D { out.append(spec.fill, count: missing - before) }
    }
}
