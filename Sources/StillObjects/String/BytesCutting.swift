// The methods of bytes and bytearray that give parts of the receiver.
import StillObmalloc
import StillPlatform
import StillThreadRegistry

extension BytesMethods {
    /// Places in the contents: low ..< high.
    private typealias Part = (low: Int, high: Int)

    static func cutting(_ b: TypeBuilder) {
        b.method("split", 0, 2, keywords: true) { raw, s, a, n, k in BytesMethods.split(raw, s, a, n, k, "split", fromEnd: false) }
        b.method("rsplit", 0, 2, keywords: true) { raw, s, a, n, k in BytesMethods.split(raw, s, a, n, k, "rsplit", fromEnd: true) }
        b.method("splitlines", 0, 1, keywords: true) { raw, s, a, n, k in
            returning(raw) { (t) throws(PythonError) -> Value in
                let v = try Arguments.parse(t, function: "splitlines", a, n, k, names: ["keepends"], required: 0)
                let keep = v[0].isNull ? false : try t.isTrue(v[0])
                let bytes = try BytesMethods.content(t, s)
                defer { bytes.end() }
                var parts: [Part] = []
                var (start, at) = (0, 0)
                while at < bytes.count {
                    let byte = bytes[at]
                    if byte != 10 && byte != 13 {
                        at += 1
                        continue
                    }
                    let next = byte == 13 && at + 1 < bytes.count && bytes[at + 1] == 10 ? at + 2 : at + 1
                    parts.append((start, keep ? next : at))
                    (start, at) = (next, next)
                }
                if start < bytes.count { parts.append((start, bytes.count)) }
                return try BytesMethods.list(t, s, bytes, parts)
            }
        }
        b.method("strip", 0, 1) { raw, s, a, n, _ in BytesMethods.strip(raw, s, a, n, left: true, right: true) }
        b.method("lstrip", 0, 1) { raw, s, a, n, _ in BytesMethods.strip(raw, s, a, n, left: true, right: false) }
        b.method("rstrip", 0, 1) { raw, s, a, n, _ in BytesMethods.strip(raw, s, a, n, left: false, right: true) }
        b.method("partition", 1, 1) { raw, s, a, _, _ in BytesMethods.partition(raw, s, a, last: false) }
        b.method("rpartition", 1, 1) { raw, s, a, _, _ in BytesMethods.partition(raw, s, a, last: true) }
        b.method("removeprefix", 1, 1) { raw, s, a, _, _ in BytesMethods.remove(raw, s, a, atEnd: false) }
        b.method("removesuffix", 1, 1) { raw, s, a, _, _ in BytesMethods.remove(raw, s, a, atEnd: true) }
    }

    private static func list(_ t: Thread, _ s: UInt64, _ bytes: ByteView, _ parts: [Part]) throws(PythonError) -> Value {
        let list = try t.makeList(capacity: parts.count)
        do throws(PythonError) {
            for part in parts { try ListRef(list).appendOwned(t, make(t, s, bytes.base + part.low, part.high - part.low)) }
        } catch {
            t.release(list)
            throw error
        }
        return list
    }

    private static func split(
        _ raw: UnsafeMutableRawPointer, _ s: UInt64, _ a: Words, _ n: Int, _ k: UInt64, _ name: String, fromEnd: Bool
    ) -> UInt64 {
        returning(raw) { (t) throws(PythonError) -> Value in
            var (by, limit) = (Value(bits: n > 0 ? a[0] : 0), Value.null)
            if n > 1 || k != 0 {
                let v = try Arguments.parse(t, function: name, a, n, k, names: ["sep", "maxsplit"], required: 0)
                (by, limit) = (v[0], v[1])
            }
            var left = limit.isNull ? Int.max : try t.indexInt(limit, overflow: nil)
            if left < 0 { left = Int.max }
            let separator = by.isNull || by.isNone ? nil : try t.byteView(ofArgument: by.bits)
            defer { separator?.end() }
            if separator?.count == 0 { throw t.raise(.valueError, "empty separator") }
            let bytes = try content(t, s)
            defer { bytes.end() }
            let parts = separator.map { fields(bytes, $0, left, fromEnd: fromEnd) } ?? words(bytes, left, fromEnd: fromEnd)
            return try list(t, s, bytes, fromEnd ? parts.reversed() : parts)
        }
    }

    /// What stands between blanks, at most `limit` parts and the rest.
    private static func words(_ bytes: ByteView, _ limit: Int, fromEnd: Bool) -> [Part] {
        var parts: [Part] = []
        var (low, high, left) = (0, bytes.count, limit)
        while true {
            while low < high, isSpace(bytes[fromEnd ? high - 1 : low]) { if fromEnd { high -= 1 } else { low += 1 } }
            if low == high { return parts }
            if left == 0 {
                // The rest, with the blanks at its far end.
                parts.append((low, high))
                return parts
            }
            left -= 1
            let (first, last) = (low, high)
            while low < high, !isSpace(bytes[fromEnd ? high - 1 : low]) { if fromEnd { high -= 1 } else { low += 1 } }
            parts.append(fromEnd ? (high, last) : (first, low))
        }
    }

    /// What stands between separators.
    private static func fields(_ bytes: ByteView, _ separator: ByteView, _ limit: Int, fromEnd: Bool) -> [Part] {
        var parts: [Part] = []
        var (low, high, left) = (0, bytes.count, limit)
        while left > 0 {
            let place =
                fromEnd
                ? ByteSearch.last(bytes.base, separator.base, separator.count, low, high)
                : ByteSearch.first(bytes.base, separator.base, separator.count, low, high)
            if place < 0 { break }
            left -= 1
            if fromEnd {
                parts.append((place + separator.count, high))
                high = place
            } else {
                parts.append((low, place))
                low = place + separator.count
            }
        }
        parts.append((low, high))
        return parts
    }

    private static func strip(_ raw: UnsafeMutableRawPointer, _ s: UInt64, _ a: Words, _ n: Int, left: Bool, right: Bool) -> UInt64 {
        returning(raw) { (t) throws(PythonError) -> Value in
            let set = n == 0 || Value(bits: a[0]).isNone ? nil : try t.byteView(ofArgument: a[0])
            defer { set?.end() }
            func goes(_ byte: UInt8) -> Bool {
                guard let set else { return isSpace(byte) }
                return findByte(set.base, byte, set.count) != nil
            }
            let bytes = try content(t, s)
            defer { bytes.end() }
            var (low, high) = (0, bytes.count)
            if left { while low < high, goes(bytes[low]) { low += 1 } }
            if right { while low < high, goes(bytes[high - 1]) { high -= 1 } }
            if high - low == bytes.count { return try unchanged(t, s, bytes) }
            return try make(t, s, bytes.base + low, high - low)
        }
    }

    private static func partition(_ raw: UnsafeMutableRawPointer, _ s: UInt64, _ a: Words, last: Bool) -> UInt64 {
        returning(raw) { (t) throws(PythonError) -> Value in
            let separator = try t.byteView(ofArgument: a[0])
            defer { separator.end() }
            if separator.count == 0 { throw t.raise(.valueError, "empty separator") }
            let bytes = try content(t, s)
            defer { bytes.end() }
            let place =
                last
                ? ByteSearch.last(bytes.base, separator.base, separator.count, 0, bytes.count)
                : ByteSearch.first(bytes.base, separator.base, separator.count, 0, bytes.count)
            if place < 0 {
                let whole = try unchanged(t, s, bytes)
                return try t.makeTuple(
                    last
                        ? [make(t, s, bytes.base, 0), make(t, s, bytes.base, 0), whole]
                        : [whole, make(t, s, bytes.base, 0), make(t, s, bytes.base, 0)])
            }
            let end = place + separator.count
            return try t.makeTuple([
                make(t, s, bytes.base, place), make(t, s, separator.base, separator.count), make(t, s, bytes.base + end, bytes.count - end),
            ])
        }
    }

    private static func remove(_ raw: UnsafeMutableRawPointer, _ s: UInt64, _ a: Words, atEnd: Bool) -> UInt64 {
        returning(raw) { (t) throws(PythonError) -> Value in
            let part = try t.byteView(ofArgument: a[0])
            defer { part.end() }
            let bytes = try content(t, s)
            defer { bytes.end() }
            let rest = bytes.count - part.count
            if part.count == 0 || rest < 0 || compareBytes(bytes.base + (atEnd ? rest : 0), part.base, part.count) != 0 {
                return try unchanged(t, s, bytes)
            }
            return try make(t, s, bytes.base + (atEnd ? 0 : part.count), rest)
        }
    }
}
