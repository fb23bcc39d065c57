// The format mini-language: [[fill]align][sign][z][#][0][width][grouping][.precision][type].
import StillObmalloc
import StillPlatform
public import StillThreadRegistry

public struct FormatSpec: Sendable {
    public var fill: UInt32 = 32
    /// "<", ">", "=", "^"; nil: the type's default.
    public var align: Character?
    /// "+", "-", " "
    public var sign: Character = "-"
    public var alternate = false
    public var zeroPad = false
    public var width = -1
    /// "," or "_"
    public var grouping: Character?
    public var precision = -1
    public var type: Character?

    public init() {}

    /// - Throws: ValueError in CPython's words.
    public static func parse(_ t: Thread, _ spec: StrRef, typeName: String) throws(PythonError) -> FormatSpec {
        var result = FormatSpec()
        let points = spec.codePoints
        var at = 0
        func isAlign(_ point: UInt32) -> Bool { point == 60 || point == 61 || point == 62 || point == 94 }
        if points.count > 1 && isAlign(points[1]) {
            result.fill = points[0]
            result.align = Character(Unicode.Scalar(points[1])!)
            at = 2
        } else if let first = points.first, isAlign(first) {
            result.align = Character(Unicode.Scalar(first)!)
            at = 1
        }
        func peek(_ character: Character) -> Bool { at < points.count && points[at] == character.unicodeScalars.first!.value }
        for sign in ["+", "-", " "] as [Character] where peek(sign) {
            result.sign = sign
            at += 1
            break
        }
        if peek("z") { at += 1 }
        if peek("#") {
            result.alternate = true
            at += 1
        }
        if peek("0") {
            if result.align == nil {
                result.zeroPad = true
                result.fill = 48
                result.align = "="
            }
            at += 1
        }
        func number() throws(PythonError) -> Int {
            var value = -1
            while at < points.count, points[at] >= 48, points[at] <= 57 {
                let (scaled, o1) = max(value, 0).multipliedReportingOverflow(by: 10)
                let (sum, o2) = scaled.addingReportingOverflow(Int(points[at]) - 48)
                if o1 || o2 { throw t.raise(.valueError, "Too many decimal digits in format string") }
                value = sum
                at += 1
            }
            return value
        }
        result.width = try number()
        for grouping in [",", "_"] as [Character] where peek(grouping) {
            result.grouping = grouping
            at += 1
        }
        if peek(".") {
            at += 1
            result.precision = try number()
            if result.precision < 0 { throw t.raise(.valueError, "Format specifier missing precision") }
        }
        if points.count - at > 1 {
            throw t.raise(.valueError, "Invalid format specifier '\(spec.string)' for object of type '\(typeName)'")
        }
        if at < points.count { result.type = Unicode.Scalar(points[at]).map(Character.init) }
        return result
    }

    /// Pads a finished text; `prefix` code points (sign, 0x) stay left of the fill when aligned with "=".
    public func pad(_ text: [UInt32], prefix: Int = 0, defaultAlign: Character) -> [UInt32] {
        let missing = width - text.count
        if missing <= 0 { return text }
        let padding = [UInt32](repeating: fill, count: missing)
        switch align ?? defaultAlign {
        case "<": return text + padding
        case "^":
            let left = missing / 2
            return padding[0..<left] + text + padding[left...]
        case "=": return text[0..<prefix] + padding + text[prefix...]
        default: return padding + text
        }
    }
}

extension ThreadState {
    /// `format(str, spec)`. Owned.
    public func formatString(_ value: Value, _ spec: Value) throws(PythonError) -> Value {
        guard isStr(spec) else {
            throw raise(.typeError, "__format__() argument must be str, not \(typeName(spec))")
        }
        if StrRef(spec).count == 0 { return try str(value) }
        let parsed = try FormatSpec.parse(self, StrRef(spec), typeName: typeName(value))
        if let type = parsed.type, type != "s" {
            throw raise(.valueError, "Unknown format code '\(type)' for object of type 'str'")
        }
        if parsed.align == "=" && !parsed.zeroPad {
            throw raise(.valueError, "'=' alignment not allowed in string format specifier")
        }
        if parsed.sign != "-" { throw raise(.valueError, "Sign not allowed in string format specifier") }
        if parsed.alternate { throw raise(.valueError, "Alternate form (#) not allowed in string format specifier") }
        if let grouping = parsed.grouping { throw raise(.valueError, "Cannot specify '\(grouping)' with 's'.") }
        var points = StrRef(value).codePoints
        if parsed.precision >= 0 { points = Array(points.prefix(parsed.precision)) }
        var spec = parsed
        if spec.align == "=" { spec.align = "<" }
        return try makeString(codePoints: spec.pad(points, defaultAlign: "<"))
    }
}
