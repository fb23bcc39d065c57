// UnicodeDecodeError, UnicodeEncodeError, UnicodeTranslateError: construction and texts.
import StillObmalloc
import StillPlatform
import StillThreadRegistry

enum UnicodeErrors {
    static let initializeDecode: Slot.Initialize = { t, s, a, n, k in
        storing(t) { (t) throws(PythonError) -> Int in try fill(t, s, a, n, k, "UnicodeDecodeError", bytes: true) }
    }
    static let initializeEncode: Slot.Initialize = { t, s, a, n, k in
        storing(t) { (t) throws(PythonError) -> Int in try fill(t, s, a, n, k, "UnicodeEncodeError", bytes: false) }
    }
    static let initializeTranslate: Slot.Initialize = { t, s, a, n, k in
        storing(t) { (t) throws(PythonError) -> Int in
            try Arguments.noKeywords(t, "UnicodeTranslateError", k)
            guard n == 4 else { throw t.raise(.typeError, "function takes exactly 4 arguments (\(n) given)") }
            try BaseExceptionType.setArguments(t, s, a, n)
            let exception = ExceptionRef(Value(bits: s))
            for index in 0..<4 { exception.setField(t, ExceptionLayout.object + 8 * index, Value(bits: a[index])) }
            return 0
        }
    }
    private static func fill(
        _ t: Thread, _ s: UInt64, _ a: UnsafeMutablePointer<UInt64>, _ n: Int, _ k: UInt64, _ name: String, bytes: Bool
    ) throws(PythonError) -> Int {
        try Arguments.noKeywords(t, name, k)
        guard n == 5 else { throw t.raise(.typeError, "function takes exactly 5 arguments (\(n) given)") }
        let wanted: [(Int, String, Bool)] = [
            (0, "str", t.isStr(Value(bits: a[0]))),
            (1, "str", bytes ? true : t.isStr(Value(bits: a[1]))),
            (4, "str", t.isStr(Value(bits: a[4]))),
        ]
        for (index, kind, fits) in wanted where !fits {
            throw t.raise(.typeError, "argument \(index + 1) must be \(kind), not \(t.typeName(Value(bits: a[index])))")
        }
        if bytes && t.bytesLike(Value(bits: a[1])) == nil {
            throw t.raise(.typeError, "a bytes-like object is required, not '\(t.typeName(Value(bits: a[1])))'")
        }
        _ = try t.indexInt(Value(bits: a[2]))
        _ = try t.indexInt(Value(bits: a[3]))
        try BaseExceptionType.setArguments(t, s, a, n)
        let exception = ExceptionRef(Value(bits: s))
        for index in 0..<5 { exception.setField(t, ExceptionLayout.fields + 8 * index, Value(bits: a[index])) }
        return 0
    }

    private struct Parts {
        var encoding = ""
        var reason = ""
        var start = 0
        var end = 0
        var isFilled = false
    }
    private static func parts(_ t: Thread, _ s: UInt64) throws(PythonError) -> Parts {
        let exception = ExceptionRef(Value(bits: s))
        var parts = Parts()
        let object = exception.field(t, ExceptionLayout.object)
        defer { t.release(object) }
        if object.isNull { return parts }
        parts.isFilled = true
        parts.encoding = try string(t, exception, ExceptionLayout.encoding)
        parts.reason = try string(t, exception, ExceptionLayout.reason)
        parts.start = try number(t, exception, ExceptionLayout.start)
        parts.end = try number(t, exception, ExceptionLayout.end)
        return parts
    }
    private static func string(_ t: Thread, _ exception: ExceptionRef, _ offset: Int) throws(PythonError) -> String {
        let value = exception.field(t, offset)
        defer { t.release(value) }
        if value.isNull { return "" }
        let text = try t.str(value)
        defer { t.release(text) }
        return StrRef(text).string
    }
    private static func number(_ t: Thread, _ exception: ExceptionRef, _ offset: Int) throws(PythonError) -> Int {
        let value = exception.field(t, offset)
        defer { t.release(value) }
        return value.isNull ? 0 : try t.indexInt(value)
    }

    static let decodeText: Slot.Unary = { t, s in
        returning(t) { (t) throws(PythonError) -> Value in
            let p = try parts(t, s)
            if !p.isFilled { return Names.empty }
            let object = ExceptionRef(Value(bits: s)).field(t, ExceptionLayout.object)
            defer { t.release(object) }
            if p.end == p.start + 1, p.start >= 0, p.start < (try t.length(object)) {
                let byte = try t.getItem(object, Value(smallInt: p.start))
                defer { t.release(byte) }
                let code = try t.indexInt(byte)
                let hex = String(code, radix: 16)
                return try t.makeString(
                    "'\(p.encoding)' codec can't decode byte 0x\(hex.count == 1 ? "0" : "")\(hex) in position \(p.start): \(p.reason)")
            }
            return try t.makeString(
                "'\(p.encoding)' codec can't decode bytes in position \(p.start)-\(p.end - 1): \(p.reason)")
        }
    }
    static let encodeText: Slot.Unary = { t, s in
        returning(t) { (t) throws(PythonError) -> Value in
            let p = try parts(t, s)
            if !p.isFilled { return Names.empty }
            if let character = try character(t, s, p) {
                return try t.makeString(
                    "'\(p.encoding)' codec can't encode character '\(character)' in position \(p.start): \(p.reason)")
            }
            return try t.makeString(
                "'\(p.encoding)' codec can't encode characters in position \(p.start)-\(p.end - 1): \(p.reason)")
        }
    }
    static let translateText: Slot.Unary = { t, s in
        returning(t) { (t) throws(PythonError) -> Value in
            let p = try parts(t, s)
            if !p.isFilled { return Names.empty }
            if let character = try character(t, s, p) {
                return try t.makeString("can't translate character '\(character)' in position \(p.start): \(p.reason)")
            }
            return try t.makeString("can't translate characters in position \(p.start)-\(p.end - 1): \(p.reason)")
        }
    }
    /// The one character that cannot be encoded, as an escape; nil when there are more.
    private static func character(_ t: Thread, _ s: UInt64, _ p: Parts) throws(PythonError) -> String? {
        let object = ExceptionRef(Value(bits: s)).field(t, ExceptionLayout.object)
        defer { t.release(object) }
        guard t.isStr(object), p.end == p.start + 1, p.start >= 0, p.start < StrRef(object).count else { return nil }
        let code = StrRef(object).codePoint(p.start)
        let hex = String(code, radix: 16)
        let width = code < 0x100 ? 2 : code < 0x10000 ? 4 : 8
        let letter = width == 2 ? "x" : width == 4 ? "u" : "U"
        return "\\" + letter + String(repeating: "0", count: max(0, width - hex.count)) + hex
    }
}
