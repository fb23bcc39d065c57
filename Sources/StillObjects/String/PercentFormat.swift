// The % operator of str.
import StillObmalloc
import StillPlatform
import StillThreadRegistry

enum PercentFormat {
    static func format(_ t: Thread, _ template: StrRef, _ arguments: Value) throws(PythonError) -> Value {
        let text = template.codePoints
        var result = StrBuilder()
        let isTuple = t.isTuple(arguments)
        var next = 0
        var usedMapping = false
        func take() throws(PythonError) -> Value {
            if isTuple {
                guard next < TupleRef(arguments).count else { throw t.raise(.typeError, "not enough arguments for format string") }
                next += 1
                return t.retain(TupleRef(arguments).item(next - 1))
            }
            if next > 0 { throw t.raise(.typeError, "not enough arguments for format string") }
            next = 1
            return t.retain(arguments)
        }
        var at = 0
        while at < text.count {
            let point = text[at]
            at += 1
            if point != 37 {
                result.append(point)
                continue
            }
            var spec = FormatSpec()
            spec.align = ">"
            var mapped = Value.null
            defer { t.release(mapped) }
            if at < text.count && text[at] == 40 {
                guard let close = text[at...].firstIndex(of: 41) else { throw t.raise(.typeError, "incomplete format key") }
                let key = try t.makeString(codePoints: Array(text[(at + 1)..<close]))
                defer { t.release(key) }
                if isTuple || t.isStr(arguments) { throw t.raise(.typeError, "format requires a mapping") }
                mapped = try t.getItem(arguments, key)
                usedMapping = true
                at = close + 1
            }
            flags: while at < text.count {
                switch text[at] {
                case 45: spec.align = "<"
                case 43: spec.sign = "+"
                case 32: if spec.sign != "+" { spec.sign = " " }
                case 35: spec.alternate = true
                case 48: spec.zeroPad = true
                default: break flags
                }
                at += 1
            }
            func number() throws(PythonError) -> Int {
                if at < text.count && text[at] == 42 {
                    at += 1
                    let value = try take()
                    defer { t.release(value) }
                    guard value.isSmallInt else { throw t.raise(.typeError, "* wants int") }
                    return value.smallInt
                }
                var value = -1
                while at < text.count, text[at] >= 48, text[at] <= 57 {
                    value = min(max(value, 0) * 10 + Int(text[at]) - 48, 1 << 40)
                    at += 1
                }
                return value
            }
            spec.width = try number()
            if spec.width < -1 {
                spec.align = "<"
                spec.width = -spec.width
            }
            if at < text.count && text[at] == 46 {
                at += 1
                spec.precision = max(0, try number())
            }
            while at < text.count && (text[at] == 104 || text[at] == 108 || text[at] == 76) { at += 1 }
            guard at < text.count else { throw t.raise(.valueError, "incomplete format") }
            let code = text[at]
            at += 1
            if code == 37 {
                result.append(37)
                continue
            }
            let value = mapped.isNull ? try take() : t.retain(mapped)
            defer { t.release(value) }
            try one(t, value, spec, code, at - 1, &result)
        }
        if isTuple && next < TupleRef(arguments).count && !usedMapping {
            throw t.raise(.typeError, "not all arguments converted during string formatting")
        }
        if !isTuple && next == 0 && !usedMapping && !t.isDict(arguments)
            && (t.typeOf(arguments).record.pointee.getItem == nil || t.isStr(arguments))
        {
            throw t.raise(.typeError, "not all arguments converted during string formatting")
        }
        return try result.finish(t)
    }

    private static func one(
        _ t: Thread, _ value: Value, _ given: FormatSpec, _ code: UInt32, _ place: Int, _ result: inout StrBuilder
    ) throws(PythonError) {
        var spec = given
        let character = Unicode.Scalar(code).map(Character.init) ?? "?"
        switch character {
        case "s", "r", "a":
            let text = try character == "s" ? t.str(value) : character == "r" ? t.repr(value) : t.ascii(value)
            defer { t.release(text) }
            var points = StrRef(text).codePoints
            if spec.precision >= 0 { points = Array(points.prefix(spec.precision)) }
            for point in spec.pad(points, defaultAlign: ">") { result.append(point) }
        case "c":
            var points: [UInt32]
            if t.isStr(value) {
                guard StrRef(value).count == 1 else { throw t.raise(.typeError, "%c requires int or char") }
                points = StrRef(value).codePoints
            } else {
                guard value.isSmallInt else { throw t.raise(.typeError, "%c requires int or char") }
                guard value.smallInt >= 0, value.smallInt < 0x110000 else {
                    throw t.raise(.overflowError, "%c arg not in range(0x110000)")
                }
                points = [UInt32(value.smallInt)]
            }
            for point in spec.pad(points, defaultAlign: ">") { result.append(point) }
        case "d", "i", "u", "x", "X", "o":
            let isNumber = value.isSmallInt || value.isBool || value.isImmediateFloat
                || (value.isObject && t.typeOf(value).flags & (TypeFlags.intSubclass | TypeFlags.floatSubclass) != 0)
                || value.isConstant && t.typeOf(value) == t.type(.float)
            let decimal = character == "d" || character == "i" || character == "u"
            let number: Value
            if decimal && isNumber {
                number = try t.call(t.type(.int).value, value)
            } else {
                guard value.isSmallInt || value.isBool || (value.isObject && t.typeOf(value).record.pointee.index != nil) else {
                    throw t.raise(
                        .typeError,
                        "%\(character) format: \(decimal ? "a real number" : "an integer") is required, not \(t.typeName(value))")
                }
                number = try t.index(value)
            }
            defer { t.release(number) }
            spec.type = decimal ? "d" : character
            let precision = spec.precision
            spec.precision = -1
            if spec.zeroPad && spec.align != "<" && precision < 0 {
                spec.fill = 48
                spec.align = "="
            }
            if precision >= 0 {
                // At least so many digits.
                var plain = spec
                plain.width = -1
                plain.align = nil
                let text = try formatNumber(t, number, plain)
                defer { t.release(text) }
                var points = StrRef(text).codePoints
                var sign = 0
                if let first = points.first, first == 45 || first == 43 || first == 32 { sign = 1 }
                if spec.alternate && !decimal { sign += 2 }
                let zeros = precision - (points.count - sign)
                if zeros > 0 { points.insert(contentsOf: [UInt32](repeating: 48, count: zeros), at: sign) }
                for point in spec.pad(points, defaultAlign: ">") { result.append(point) }
                return
            }
            let text = try formatNumber(t, number, spec)
            defer { t.release(text) }
            result.append(StrRef(text))
        case "e", "E", "f", "F", "g", "G":
            let number = try t.makeFloat(t.floatValue(value))
            defer { t.release(number) }
            spec.type = character
            if spec.precision < 0 { spec.precision = 6 }
            if spec.zeroPad && spec.align != "<" {
                spec.fill = 48
                spec.align = "="
            }
            let text = try formatNumber(t, number, spec)
            defer { t.release(text) }
            result.append(StrRef(text))
        default:
            throw t.raise(
                .valueError,
                "unsupported format character '\(character)' (0x\(String(code, radix: 16))) at index \(place)")
        }
    }

    private static func formatNumber(_ t: Thread, _ number: Value, _ spec: FormatSpec) throws(PythonError) -> Value {
        var text = ""
        if let align = spec.align {
            text.unicodeScalars.append(Unicode.Scalar(spec.fill) ?? " ")
            text.append(align)
        }
        if spec.sign != "-" { text.append(spec.sign) }
        if spec.alternate { text += "#" }
        if spec.width >= 0 { text += "\(spec.width)" }
        if spec.precision >= 0 { text += ".\(spec.precision)" }
        if let type = spec.type { text.append(type) }
        let value = try t.makeString(text)
        defer { t.release(value) }
        return try NumberFormat.format(t, number, specification: value)
    }
}
