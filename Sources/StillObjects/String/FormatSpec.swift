// The format mini-language: [[fill]align][sign][z][#][0][width][grouping][.precision][type].
import StillObmalloc
import StillPlatform
public import StillThreadRegistry

/// The specification for a str. Characters are ASCII codes, 0 where there is none.
struct FormatSpec {
    var fill: UInt32 = 32
    /// `<` `>` `=` `^`; 0: the type's default.
    var align: UInt8 = 0
    /// `+` `-` space
    var sign: UInt8 = 45
    var alternate = false
    var zeroPad = false
    var width = -1
    /// `,` or `_`
    var grouping: UInt8 = 0
    var precision = -1
    var type: UInt32 = 0

    init() {}

    /// - Throws: ValueError in CPython's words.
    static func parse(_ t: Thread, _ spec: StrRef, of value: Value) throws(PythonError) -> FormatSpec {
        var result = FormatSpec()
        var at = 0
        let length = spec.count
        func code(_ index: Int) -> UInt32 { index < length ? spec.codePoint(index) : 0 }
        func isAlign(_ point: UInt32) -> Bool { point == 60 || point == 61 || point == 62 || point == 94 }
        if isAlign(code(1)) {
            result.fill = code(0)
            result.align = UInt8(code(1))
            at = 2
        } else if isAlign(code(0)) {
            result.align = UInt8(code(0))
            at = 1
        }
        if code(at) == 43 || code(at) == 45 || code(at) == 32 {
            result.sign = UInt8(code(at))
            at += 1
        }
        if code(at) == 122 { at += 1 }
        if code(at) == 35 {
            result.alternate = true
            at += 1
        }
        if code(at) == 48 {
            if result.align == 0 {
                result.zeroPad = true
                result.fill = 48
                result.align = 61
            }
            at += 1
        }
        func number() throws(PythonError) -> Int {
            var value = -1
            while code(at) >= 48, code(at) <= 57 {
                let (scaled, o1) = max(value, 0).multipliedReportingOverflow(by: 10)
                let (sum, o2) = scaled.addingReportingOverflow(Int(code(at)) - 48)
                if o1 || o2 { throw t.raise(.valueError, "Too many decimal digits in format string") }
                value = sum
                at += 1
            }
            return value
        }
        result.width = try number()
        while code(at) == 44 || code(at) == 95 {
            result.grouping = UInt8(code(at))
            at += 1
        }
        if code(at) == 46 {
            at += 1
            result.precision = try number()
            if result.precision < 0 { throw t.raise(.valueError, "Format specifier missing precision") }
        }
        if length - at > 1 {
            throw t.raise(.valueError, "Invalid format specifier '\(spec.string)' for object of type '\(t.typeName(value))'")
        }
        if at < length { result.type = code(at) }
        return result
    }
}

extension ThreadState {
    /// `format(str, spec)`. Owned.
    public func formatString(_ value: Value, _ spec: Value) throws(PythonError) -> Value {
        guard isStr(spec) else {
            throw raise(.typeError, "__format__() argument must be str, not \(typeName(spec))")
        }
        if StrRef(spec).count == 0 { return try str(value) }
        let spec = try FormatSpec.parse(self, StrRef(spec), of: value)
        if spec.type != 0 && spec.type != 115 {
            throw raise(.valueError, "Unknown format code '\(NumberFormat.character(spec.type))' for object of type 'str'")
        }
        if spec.align == 61 && !spec.zeroPad {
            throw raise(.valueError, "'=' alignment not allowed in string format specifier")
        }
        if spec.sign != 45 { throw raise(.valueError, "Sign not allowed in string format specifier") }
        if spec.alternate { throw raise(.valueError, "Alternate form (#) not allowed in string format specifier") }
        if spec.grouping != 0 { throw raise(.valueError, "Cannot specify '\(Unicode.Scalar(spec.grouping))' with 's'.") }
        let text = StrRef(value)
        let count = spec.precision >= 0 ? min(spec.precision, text.count) : text.count
        if spec.width > 1 << 40 { throw noMemory() }
        try requireRoom(max(0, spec.width) * 4)
        let missing = max(0, spec.width - count)
        let before = spec.align == 62 ? missing : spec.align == 94 ? missing / 2 : 0
        var out = StrBuilder(self, capacity: count + missing)
        out.append(spec.fill, count: before)
        out.append(text, 0, count)
        out.append(spec.fill, count: missing - before)
        return try out.finish(self)
    }
}
