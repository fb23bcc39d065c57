// The codecs between str and bytes that need no Python code: UTF-8, ASCII, Latin-1. Here with errors and their handlers; what has none is done by
// CodecKernels.swift.
import StillObmalloc
import StillPlatform
import StillThreadRegistry

enum BytesCodec {
    static func name(_ t: Thread, _ value: Value, _ none: String, _ function: String) throws(PythonError) -> String {
        if value.isNull || value.isNone { return none }
        guard t.isStr(value) else {
            throw t.raise(.typeError, "\(function)() argument '\(none == "strict" ? "errors" : "encoding")' must be str, not \(t.typeName(value))")
        }
        return StrRef(value).string
    }
    static func normal(_ name: String) -> String { String(name.lowercased().map { $0 == "_" || $0 == " " ? "-" : $0 }) }

    /// A str of code points below 256 as bytes.
    static func latin1(_ t: Thread, _ string: StrRef) throws(PythonError) -> Value {
        try t.makeBytes(copying: UnsafeRawBufferPointer(start: string.data, count: string.count))
    }

    /// What the handler of errors called `name` makes of an error: a replacement and where to go on, which is not before the beginning. Owned.
    private static func handled(
        _ t: Thread, _ name: String, _ id: ExceptionID, _ parts: [Value], length: Int
    ) throws(PythonError) -> (replacement: Value, next: Int) {
        defer { for part in parts { t.release(part) } }
        let exception = try t.makeUnicodeError(id, parts)
        guard name != "strict", let hook = ObjectHooks.codec else { throw t.raiseObject(exception) }
        defer { t.release(exception) }
        let handler = try t.makeString(name)
        defer { t.release(handler) }
        let answer = try t.checked(hook(t.raw, 2, exception.bits, Value.null.bits, handler.bits))
        defer { t.release(answer) }
        let isEncoding = id == .unicodeEncodeError
        let wanted = "\(isEncoding ? "encoding" : "decoding") error handler must return \(isEncoding ? "(str/bytes, int)" : "(str, int)") tuple"
        guard t.isTuple(answer), TupleRef(answer).count == 2 else { throw t.raise(.typeError, wanted) }
        let replacement = TupleRef(answer).item(0)
        guard t.isStr(replacement) || (isEncoding && t.isBytes(replacement)) else { throw t.raise(.typeError, wanted) }
        var next = try t.indexInt(TupleRef(answer).item(1))
        if next < 0 { next += length }
        if next < 0 || next > length { throw t.raise(.indexError, "position \(next) from error handler out of bounds") }
        return (t.retain(replacement), next)
    }

    private static func append(_ point: UInt32, latin1: Bool, to result: inout [UInt8]) {
        if point < 0x80 || latin1 {
            result.append(UInt8(point))
        } else if point < 0x800 {
            result += [UInt8(0xC0 | point >> 6), UInt8(0x80 | point & 63)]
        } else if point < 0x10000 {
            result += [UInt8(0xE0 | point >> 12), UInt8(0x80 | point >> 6 & 63), UInt8(0x80 | point & 63)]
        } else {
            result += [UInt8(0xF0 | point >> 18), UInt8(0x80 | point >> 12 & 63), UInt8(0x80 | point >> 6 & 63), UInt8(0x80 | point & 63)]
        }
    }

    static func encode(_ t: Thread, _ string: StrRef, _ encoding: Value, _ errors: Value) throws(PythonError) -> Value {
        if errors.isNull || t.isStr(errors), let known = CodecKernels.known(t, encoding) {
            let made = try CodecKernels.encode(t, string, known)
            if !made.isNull { return made }
        }
        let given = try name(t, encoding, "utf-8", "encode")
        let handler = try name(t, errors, "strict", "encode")
        var result: [UInt8] = []
        let limit: UInt32
        switch normal(given) {
        case "utf-8", "utf8": limit = 0x110000
        case "ascii", "us-ascii": limit = 0x80
        case "latin-1", "latin1", "iso-8859-1": limit = 0x100
        default:
            guard let hook = ObjectHooks.codec else { throw t.raise(.lookupError, "unknown encoding: \(given)") }
            return try t.checked(hook(t.raw, 0, string.value.bits, encoding.bits, errors.bits))
        }
        func isSurrogate(_ point: UInt32) -> Bool { limit == 0x110000 && point >= 0xD800 && point < 0xE000 }
        var index = 0
        while index < string.count {
            let point = string.codePoint(index)
            index += 1
            if point < limit && !isSurrogate(point) {
                append(point, latin1: limit == 0x100, to: &result)
                continue
            }
            switch handler {
            case "ignore": break
            case "replace": result.append(63)
            case "surrogateescape" where point >= 0xDC80 && point <= 0xDCFF: result.append(UInt8(point - 0xDC00))
            case "surrogatepass" where isSurrogate(point):
                result += [UInt8(0xE0 | point >> 12), UInt8(0x80 | point >> 6 & 63), UInt8(0x80 | point & 63)]
            case "backslashreplace":
                let digits = point < 0x100 ? 2 : point < 0x10000 ? 4 : 8
                result += Array("\\\(digits == 2 ? "x" : digits == 4 ? "u" : "U")\(StrOps.hex(point, digits))".utf8)
            case "xmlcharrefreplace": result += Array("&#\(point);".utf8)
            default:
                let codec = limit == 0x110000 ? "utf-8" : limit == 0x80 ? "ascii" : "latin-1"
                let reason = limit == 0x110000 ? "surrogates not allowed" : "ordinal not in range(\(limit))"
                // All of them that stand side by side are one error.
                var end = index
                while end < string.count, string.codePoint(end) >= limit || isSurrogate(string.codePoint(end)) { end += 1 }
                let (replacement, next) = try handled(
                    t, handler, .unicodeEncodeError,
                    [try t.makeString(codec), t.retain(string.value), Value(smallInt: index - 1), Value(smallInt: end), try t.makeString(reason)],
                    length: string.count)
                defer { t.release(replacement) }
                if t.isBytes(replacement) {
                    result += BytesRef(replacement).array
                } else {
                    for place in 0..<StrRef(replacement).count {
                        let point = StrRef(replacement).codePoint(place)
                        guard point < limit && !isSurrogate(point) else {
                            throw t.raiseUnicode(
                                .unicodeEncodeError,
                                [try t.makeString(codec), t.retain(string.value), Value(smallInt: index - 1), Value(smallInt: end), try t.makeString(reason)])
                        }
                        append(point, latin1: limit == 0x100, to: &result)
                    }
                }
                index = next
            }
        }
        return try t.makeBytes(result)
    }

    static func decode(_ t: Thread, _ source: Value, _ encoding: Value, _ errors: Value) throws(PythonError) -> Value {
        if errors.isNull || t.isStr(errors), let known = CodecKernels.known(t, encoding), let view = try t.byteView(source) {
            defer { view.end() }
            let made = try CodecKernels.decode(t, view, known)
            if !made.isNull { return made }
        }
        guard let bytes = t.bytesLike(source) else {
            if t.isStr(source) { throw t.raise(.typeError, "decoding str is not supported") }
            throw t.raise(.typeError, "decoding to str: need a bytes-like object, \(t.typeName(source)) found")
        }
        let given = try name(t, encoding, "utf-8", "decode")
        let handler = try name(t, errors, "strict", "decode")
        var points: [UInt32] = []
        points.reserveCapacity(bytes.count)
        // Where to go on.
        func bad(_ index: Int, _ count: Int, _ codec: String, _ reason: String) throws(PythonError) -> Int {
            switch handler {
            case "ignore": break
            case "surrogatepass"
            where codec == "utf-8" && index + 3 <= bytes.count && bytes[index] == 0xED && bytes[index + 1] >= 0xA0 && bytes[index + 1] < 0xC0
                && bytes[index + 2] >= 0x80 && bytes[index + 2] < 0xC0:
                points.append(0xD000 | UInt32(bytes[index + 1] & 63) << 6 | UInt32(bytes[index + 2] & 63))
                return index + 3
            case "replace": points.append(0xFFFD)
            case "surrogateescape": for offset in 0..<count { points.append(0xDC00 + UInt32(bytes[index + offset])) }
            case "backslashreplace":
                for offset in 0..<count { points += "\\x\(StrOps.hex(UInt32(bytes[index + offset]), 2))".unicodeScalars.map(\.value) }
            default:
                let (replacement, next) = try handled(
                    t, handler, .unicodeDecodeError,
                    [
                        try t.makeString(codec), try t.makeBytes(bytes), Value(smallInt: index), Value(smallInt: index + count),
                        try t.makeString(reason),
                    ], length: bytes.count)
                for place in 0..<StrRef(replacement).count { points.append(StrRef(replacement).codePoint(place)) }
                t.release(replacement)
                return next
            }
            return index + count
        }
        switch normal(given) {
        case "ascii", "us-ascii":
            var index = 0
            while index < bytes.count {
                let byte = bytes[index]
                if byte < 128 {
                    points.append(UInt32(byte))
                    index += 1
                } else {
                    index = try bad(index, 1, "ascii", "ordinal not in range(128)")
                }
            }
        case "latin-1", "latin1", "iso-8859-1": points = bytes.map { UInt32($0) }
        case "utf-8", "utf8":
            var index = 0
            while index < bytes.count {
                let lead = bytes[index]
                if lead < 0x80 {
                    points.append(UInt32(lead))
                    index += 1
                    continue
                }
                let length = lead >= 0xC2 && lead < 0xE0 ? 2 : lead >= 0xE0 && lead < 0xF0 ? 3 : lead >= 0xF0 && lead < 0xF5 ? 4 : 0
                if length == 0 {
                    index = try bad(index, 1, "utf-8", "invalid start byte")
                    continue
                }
                var point = UInt32(lead) & (length == 2 ? 0x1F : length == 3 ? 0x0F : 0x07)
                var used = 1
                while used < length, index + used < bytes.count {
                    let next = bytes[index + used]
                    var low: UInt8 = 0x80
                    var high: UInt8 = 0xBF
                    if used == 1 {
                        if lead == 0xE0 { low = 0xA0 }
                        if lead == 0xED { high = 0x9F }
                        if lead == 0xF0 { low = 0x90 }
                        if lead == 0xF4 { high = 0x8F }
                    }
                    if next < low || next > high { break }
                    point = point << 6 | UInt32(next & 63)
                    used += 1
                }
                if used == length {
                    points.append(point)
                    index += used
                } else {
                    index = try bad(index, used, "utf-8", index + used >= bytes.count ? "unexpected end of data" : "invalid continuation byte")
                }
            }
        default:
            guard let hook = ObjectHooks.codec else { throw t.raise(.lookupError, "unknown encoding: \(given)") }
            return try t.checked(hook(t.raw, 1, source.bits, encoding.bits, errors.bits))
        }
        return try t.makeString(codePoints: points)
    }
}
