// Methods of str that cut: split, strip, partition and their relatives.
import StillObmalloc
import StillPlatform
import StillThreadRegistry

extension StrMethods {
    static func cutting(_ b: TypeBuilder) {
        b.method("split", 0, 2, keywords: true) { raw, s, a, n, k in StrMethods.split(raw, s, a, n, k, "split", fromEnd: false) }
        b.method("rsplit", 0, 2, keywords: true) { raw, s, a, n, k in StrMethods.split(raw, s, a, n, k, "rsplit", fromEnd: true) }
        b.method("splitlines", 0, 1, keywords: true) { raw, s, a, n, k in
            returning(raw) { (t) throws(PythonError) -> Value in
                let arguments = try Arguments.parse(t, function: "splitlines", a, n, k, names: ["keepends"], required: 0)
                let keep = arguments[0].isNull ? false : try t.isTrue(arguments[0])
                let string = StrRef(Value(bits: s))
                let list = try t.makeList(capacity: 0)
                var start = 0
                var index = 0
                while index < string.count {
                    let point = string.codePoint(index)
                    var next = index + 1
                    switch point {
                    case 10...13, 28...30, 0x85, 0x2028, 0x2029:
                        if point == 13 && next < string.count && string.codePoint(next) == 10 { next += 1 }
                        try ListRef(list).appendOwned(t, StrOps.slice(t, string, start, keep ? next : index))
                        start = next
                    default: break
                    }
                    index = next
                }
                if start < string.count { try ListRef(list).appendOwned(t, StrOps.slice(t, string, start, string.count)) }
                return list
            }
        }
        b.method("strip", 0, 1) { raw, s, a, n, _ in StrMethods.strip(raw, s, a, n, "strip", left: true, right: true) }
        b.method("lstrip", 0, 1) { raw, s, a, n, _ in StrMethods.strip(raw, s, a, n, "lstrip", left: true, right: false) }
        b.method("rstrip", 0, 1) { raw, s, a, n, _ in StrMethods.strip(raw, s, a, n, "rstrip", left: false, right: true) }
        b.method("partition", 1, 1) { raw, s, a, _, _ in StrMethods.partition(raw, s, a, last: false) }
        b.method("rpartition", 1, 1) { raw, s, a, _, _ in StrMethods.partition(raw, s, a, last: true) }
        b.method("removeprefix", 1, 1) { raw, s, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let string = StrRef(Value(bits: s))
                let part = try StrMethods.text(t, a[0], "removeprefix")
                let has = part.count <= string.count && StrOps.matches(string, 0, part)
                return try StrOps.slice(t, string, has ? part.count : 0, string.count)
            }
        }
        b.method("removesuffix", 1, 1) { raw, s, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let string = StrRef(Value(bits: s))
                let part = try StrMethods.text(t, a[0], "removesuffix")
                let at = string.count - part.count
                let has = at >= 0 && StrOps.matches(string, at, part)
                return try StrOps.slice(t, string, 0, has ? at : string.count)
            }
        }
    }

    static func split(
        _ raw: UnsafeMutableRawPointer, _ s: UInt64, _ a: Arguments_, _ n: Int, _ k: UInt64, _ name: StaticString, fromEnd: Bool
    ) -> UInt64 {
        returning(raw) { (t) throws(PythonError) -> Value in
            var given = (n > 0 ? Value(bits: a[0]) : Value.null, n > 1 ? Value(bits: a[1]) : Value.null)
            if k != 0 {
                let arguments = try Arguments.parse(t, function: "\(name)", a, n, k, names: ["sep", "maxsplit"], required: 0)
                given = (arguments[0], arguments[1])
            }
            let string = StrRef(Value(bits: s))
            var left = given.1.isNull ? -1 : try t.indexInt(given.1, overflow: nil)
            if left < 0 { left = Int.max }
            if !fromEnd && left == Int.max && t.isStr(given.0) && string.width == 1 {
                let separator = StrRef(given.0)
                if separator.count == 1 && separator.width == 1 {
                    return try splitBytes(t, string, separator.data.load(as: UInt8.self))
                }
            }
            var parts: [(Int, Int)] = []
            if given.0.isNull || given.0.isNone {
                if fromEnd {
                    var end = string.count
                    while true {
                        while end > 0 && StrOps.isSpace(string.codePoint(end - 1)) { end -= 1 }
                        if end == 0 { break }
                        if left == 0 {
                            parts.append((0, end))
                            break
                        }
                        var start = end
                        while start > 0 && !StrOps.isSpace(string.codePoint(start - 1)) { start -= 1 }
                        parts.append((start, end))
                        end = start
                        left -= 1
                    }
                    parts.reverse()
                    if let first = parts.first, left == 0 {
                        var start = first.0
                        while start < first.1 && StrOps.isSpace(string.codePoint(start)) { start += 1 }
                        if start != first.0 && first.0 == 0 && parts.count > 1 { parts[0] = (0, first.1) }
                    }
                } else {
                    var start = 0
                    while true {
                        while start < string.count && StrOps.isSpace(string.codePoint(start)) { start += 1 }
                        if start == string.count { break }
                        if left == 0 {
                            parts.append((start, string.count))
                            break
                        }
                        var end = start
                        while end < string.count && !StrOps.isSpace(string.codePoint(end)) { end += 1 }
                        parts.append((start, end))
                        start = end
                        left -= 1
                    }
                }
            } else {
                let separator = try text(t, given.0.bits, "split")
                if separator.count == 0 { throw t.raise(.valueError, "empty separator") }
                if fromEnd {
                    var end = string.count
                    while left > 0 {
                        let place = StrOps.findLast(string, separator, 0, end)
                        if place < 0 { break }
                        parts.append((place + separator.count, end))
                        end = place
                        left -= 1
                    }
                    parts.append((0, end))
                    parts.reverse()
                } else {
                    var start = 0
                    while left > 0 {
                        let place = StrOps.find(string, separator, start, string.count)
                        if place < 0 { break }
                        parts.append((start, place))
                        start = place + separator.count
                        left -= 1
                    }
                    parts.append((start, string.count))
                }
            }
            let list = try t.makeList(capacity: parts.count)
            do throws(PythonError) {
                for part in parts { ListRef(list).fill(try StrOps.slice(t, string, part.0, part.1)) }
            } catch {
                t.release(list)
                throw error
            }
            return list
        }
    }

    /// At one byte, wherever it is.
    private static func splitBytes(_ t: Thread, _ string: StrRef, _ separator: UInt8) throws(PythonError) -> Value {
        let data = string.data
        let end = string.count
        var parts = 1
        for byte in UnsafeRawBufferPointer(start: data, count: end) where byte == separator { parts &+= 1 }
        let list = try t.makeList(capacity: parts)
        var start = 0
        while parts > 0 {
            var place = start
            while place < end && data.load(fromByteOffset: place, as: UInt8.self) != separator { place &+= 1 }
            do throws(PythonError) { ListRef(list).fill(try StrOps.slice(t, string, start, place)) } catch {
                t.release(list)
                throw error
            }
            start = place &+ 1
            parts &-= 1
        }
        return list
    }

    static func strip(
        _ raw: UnsafeMutableRawPointer, _ s: UInt64, _ a: Arguments_, _ n: Int, _ name: StaticString, left: Bool, right: Bool
    ) -> UInt64 {
        returning(raw) { (t) throws(PythonError) -> Value in
            let string = StrRef(Value(bits: s))
            var set: StrRef?
            if n == 1 && !Value(bits: a[0]).isNone {
                guard t.isStr(Value(bits: a[0])) else { throw t.raise(.typeError, "\(name) arg must be None or str") }
                set = StrRef(Value(bits: a[0]))
            }
            func goes(_ point: UInt32) -> Bool {
                guard let set else { return StrOps.isSpace(point) }
                return (0..<set.count).contains { set.codePoint($0) == point }
            }
            var start = 0
            var end = string.count
            if left { while start < end && goes(string.codePoint(start)) { start += 1 } }
            if right { while end > start && goes(string.codePoint(end - 1)) { end -= 1 } }
            return try StrOps.slice(t, string, start, end)
        }
    }

    static func partition(_ raw: UnsafeMutableRawPointer, _ s: UInt64, _ a: Arguments_, last: Bool) -> UInt64 {
        returning(raw) { (t) throws(PythonError) -> Value in
            let string = StrRef(Value(bits: s))
            let separator = try text(t, a[0], "partition")
            if separator.count == 0 { throw t.raise(.valueError, "empty separator") }
            let place =
                last ? StrOps.findLast(string, separator, 0, string.count) : StrOps.find(string, separator, 0, string.count)
            if place < 0 {
                let whole = t.retain(Value(bits: s))
                return try t.makeTuple(last ? [t.emptyString, t.emptyString, whole] : [whole, t.emptyString, t.emptyString])
            }
            return try t.makeTuple([
                StrOps.slice(t, string, 0, place), t.retain(Value(bits: a[0])),
                StrOps.slice(t, string, place + separator.count, string.count),
            ])
        }
    }
}
