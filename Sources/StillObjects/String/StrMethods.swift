// Methods of str.
import StillObmalloc
import StillPlatform
import StillThreadRegistry

enum StrMethods {
    typealias Arguments_ = UnsafeMutablePointer<UInt64>

    static func define(_ b: TypeBuilder) {
        search(b)
        cutting(b)
        padding(b)
        cases(b)
        tests(b)
        b.method("join", 1, 1) { raw, s, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in try StrMethods.join(t, StrRef(Value(bits: s)), Value(bits: a[0])) }
        }
        b.method("encode", 0, 2, keywords: true) { raw, s, a, n, k in
            returning(raw) { (t) throws(PythonError) -> Value in
                if n == 0 && k == 0 { return try BytesCodec.encode(t, StrRef(Value(bits: s)), .null, .null) }
                let arguments = try Arguments.parse(t, function: "encode", a, n, k, names: ["encoding", "errors"], required: 0)
                return try BytesCodec.encode(t, StrRef(Value(bits: s)), arguments[0], arguments[1])
            }
        }
        b.method("format", 0, -1, keywords: true) { raw, s, a, n, k in
            returning(raw) { (t) throws(PythonError) -> Value in
                try StrFormat.format(t, StrRef(Value(bits: s)), a, n, Value(bits: k), mapping: .null)
            }
        }
        b.method("format_map", 1, 1) { raw, s, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                try StrFormat.format(t, StrRef(Value(bits: s)), a, 0, .null, mapping: Value(bits: a[0]))
            }
        }
        b.method("__format__", 1, 1) { raw, s, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in try t.formatString(Value(bits: s), Value(bits: a[0])) }
        }
        b.method("translate", 1, 1) { raw, s, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let string = StrRef(Value(bits: s))
                var result = StrBuilder()
                for index in 0..<string.count {
                    let point = string.codePoint(index)
                    let value: Value
                    do throws(PythonError) { value = try t.getItem(Value(bits: a[0]), Value(smallInt: Int(point))) } catch {
                        guard t.raisedMatches(.lookupError) else { throw error }
                        t.clearRaised()
                        result.append(point)
                        continue
                    }
                    defer { t.release(value) }
                    if value.isNone { continue }
                    if value.isSmallInt { result.append(UInt32(value.smallInt)) } else if t.isStr(value) { result.append(StrRef(value)) } else {
                        throw t.raise(.typeError, "character mapping must return integer, None or str")
                    }
                }
                return try result.finish(t)
            }
        }
        b.staticMethod("maketrans", 1, 3) { raw, _, a, n, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let table = try t.makeDict()
                if n == 1 {
                    let items = try DictRef(Value(bits: a[0])).items(t)
                    defer { for item in items { t.release(item.key); t.release(item.value) } }
                    for item in items {
                        let key = t.isStr(item.key) ? Value(smallInt: Int(StrRef(item.key).codePoint(0))) : item.key
                        try DictRef(table).set(t, key, item.value)
                    }
                    return table
                }
                let from = StrRef(Value(bits: a[0]))
                let to = StrRef(Value(bits: a[1]))
                guard from.count == to.count else {
                    throw t.raise(.valueError, "the first two maketrans arguments must have equal length")
                }
                for index in 0..<from.count {
                    try DictRef(table).set(t, Value(smallInt: Int(from.codePoint(index))), Value(smallInt: Int(to.codePoint(index))))
                }
                if n == 3 {
                    let gone = StrRef(Value(bits: a[2]))
                    for index in 0..<gone.count { try DictRef(table).set(t, Value(smallInt: Int(gone.codePoint(index))), .none) }
                }
                return table
            }
        }
    }

    static func join(_ t: Thread, _ separator: StrRef, _ iterable: Value) throws(PythonError) -> Value {
        if t.typeOf(iterable) == t.type(.tuple) {
            let tuple = TupleRef(iterable)
            let items = UnsafeRawPointer(tuple.items).assumingMemoryBound(to: Value.self)
            return try join(t, separator, UnsafeBufferPointer(start: items, count: tuple.count))
        }
        var items: [Value]
        if let taken = try t.snapshotItems(iterable) {
            items = taken
        } else {
            let list = try t.makeList(capacity: 0)
            defer { t.release(list) }
            do throws(PythonError) { try ListRef(list).extend(t, iterable) } catch {
                if t.raisedMatches(.typeError), t.typeOf(iterable).record.pointee.iterate == nil {
                    t.clearRaised()
                    throw t.raise(.typeError, "can only join an iterable")
                }
                throw error
            }
            items = ListRef(list).takeAll(t)
        }
        defer { for item in items { t.release(item) } }
        return try items.withUnsafeBufferPointer { (buffer) throws(PythonError) -> Value in try join(t, separator, buffer) }
    }

    /// - Parameter items: kept alive by the caller.
    private static func join(_ t: Thread, _ separator: StrRef, _ items: UnsafeBufferPointer<Value>) throws(PythonError) -> Value {
        var total = 0
        var kind = items.count > 1 ? separator.kind : 0
        var index = 0
        while index < items.count {
            guard t.isStr(items[index]) else {
                throw t.raise(.typeError, "sequence item \(index): expected str instance, \(t.typeName(items[index])) found")
            }
            let item = StrRef(items[index])
            total &+= item.count
            kind = max(kind, item.kind)
            index &+= 1
        }
        if items.count == 1 && t.typeOf(items[0]) == t.type(.str) { return t.retain(items[0]) }
        if items.count > 1 { total += separator.count * (items.count - 1) }
        if total == 0 { return t.emptyString }
        let result = try t.newString(count: total, kind: kind)
        let between = separator.count
        var at = 0
        index = 0
        while index < items.count {
            if index > 0 && between > 0 {
                StrOps.copy(separator, 0, between, to: result, at: at)
                at &+= between
            }
            let item = StrRef(items[index])
            StrOps.copy(item, 0, item.count, to: result, at: at)
            at &+= item.count
            index &+= 1
        }
        return result.value
    }

    static func text(_ t: Thread, _ bits: UInt64, _ method: StaticString, _ number: Int = 1) throws(PythonError) -> StrRef {
        guard t.isStr(Value(bits: bits)) else {
            throw t.raise(.typeError, "\(method)() argument \(number) must be str, not \(t.typeName(Value(bits: bits)))")
        }
        return StrRef(Value(bits: bits))
    }

    /// How often something of `length` occurs without overlapping; `find` gives its next place from one on, or a negative number.
    static func occurrences(_ length: Int, _ start: Int, _ end: Int, _ find: (Int) -> Int) -> Int {
        if length == 0 { return max(0, end - start + 1) }
        var count = 0
        var at = find(start)
        while at >= 0 {
            count += 1
            at = find(at + length)
        }
        return count
    }

    /// Start and end arguments from `first` on, clamped as slices are.
    static func range(_ t: Thread, _ a: Arguments_, _ n: Int, _ first: Int, _ count: Int) throws(PythonError) -> (Int, Int) {
        func number(_ index: Int, _ none: Int) throws(PythonError) -> Int {
            if n <= index || Value(bits: a[index]).isNone { return none }
            var value = try t.indexInt(Value(bits: a[index]), overflow: nil)
            if value < 0 { value = max(0, value + count) }
            return value
        }
        return (try number(first, 0), min(try number(first + 1, count), count))
    }

    // MARK: Searching

    private static func search(_ b: TypeBuilder) {
        b.method("find", 1, 3) { raw, s, a, n, _ in StrMethods.locate(raw, s, a, n, "find", last: false, raises: false) }
        b.method("rfind", 1, 3) { raw, s, a, n, _ in StrMethods.locate(raw, s, a, n, "rfind", last: true, raises: false) }
        b.method("index", 1, 3) { raw, s, a, n, _ in StrMethods.locate(raw, s, a, n, "index", last: false, raises: true) }
        b.method("rindex", 1, 3) { raw, s, a, n, _ in StrMethods.locate(raw, s, a, n, "rindex", last: true, raises: true) }
        b.method("count", 1, 3) { raw, s, a, n, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let string = StrRef(Value(bits: s))
                let needle = try StrMethods.text(t, a[0], "count")
                let (start, end) = try StrMethods.range(t, a, n, 1, string.count)
                if start > end { return Value(smallInt: 0) }
                if needle.count == 0 { return Value(smallInt: end - start + 1) }
                return Value(smallInt: StrOps.count(string, needle, start, end))
            }
        }
        b.method("startswith", 1, 3) { raw, s, a, n, _ in StrMethods.affix(raw, s, a, n, "startswith", atEnd: false) }
        b.method("endswith", 1, 3) { raw, s, a, n, _ in StrMethods.affix(raw, s, a, n, "endswith", atEnd: true) }
        b.method("replace", 2, 3, keywords: true) { raw, s, a, n, k in
            returning(raw) { (t) throws(PythonError) -> Value in
                var given = (Value.null, Value.null, Value.null)
                if k == 0 && n >= 2 {
                    given = (Value(bits: a[0]), Value(bits: a[1]), n > 2 ? Value(bits: a[2]) : .null)
                } else {
                    let arguments = try Arguments.parse(t, function: "replace", a, n, k, names: ["old", "new", "count"], required: 2)
                    given = (arguments[0], arguments[1], arguments[2])
                }
                let string = StrRef(Value(bits: s))
                let old = try StrMethods.text(t, given.0.bits, "replace", 1)
                let new = try StrMethods.text(t, given.1.bits, "replace", 2)
                var left = given.2.isNull ? Int.max : try t.indexInt(given.2, overflow: nil)
                if left < 0 { left = Int.max }
                if string.kind == 0 && new.kind == 0 && old.count > 0 {
                    return try StrMethods.replaceASCII(t, string, old, new, left)
                }
                var result = StrBuilder()
                var at = 0
                var found = false
                while left > 0 {
                    let place = StrOps.find(string, old, at, string.count)
                    if place < 0 { break }
                    found = true
                    left -= 1
                    result.append(string, at, place - at)
                    result.append(new)
                    at = place + old.count
                    if old.count == 0 {
                        if at >= string.count {
                            at = string.count
                            left = 0
                            break
                        }
                        result.append(string.codePoint(at))
                        at += 1
                    }
                }
                if !found && t.typeOf(Value(bits: s)) == t.type(.str) { return t.retain(Value(bits: s)) }
                result.append(string, at, string.count - at)
                return try result.finish(t)
            }
        }
    }

    /// All of ASCII, `old` not empty: counted first, so that the result has its size at once.
    private static func replaceASCII(
        _ t: Thread, _ string: StrRef, _ old: StrRef, _ new: StrRef, _ limit: Int
    ) throws(PythonError) -> Value {
        let count = old.kind == 0 && limit > 0 ? min(limit, StrOps.count(string, old, 0, string.count)) : 0
        if count == 0 {
            return t.typeOf(string.value) == t.type(.str) ? t.retain(string.value) : try StrOps.stride(t, string, 0, 1, string.count)
        }
        let (grown, overflow) = count.multipliedReportingOverflow(by: new.count - old.count)
        if overflow || grown > 1 << 40 { throw t.noMemory() }
        let total = string.count + grown
        if total == 0 { return t.emptyString }
        let result = try t.newString(count: total, kind: 0)
        var from = 0
        var to = 0
        for _ in 0..<count {
            let place = StrOps.find(string, old, from, string.count)
            copyBytes(result.data + to, string.data + from, place - from)
            to += place - from
            copyBytes(result.data + to, new.data, new.count)
            to += new.count
            from = place + old.count
        }
        copyBytes(result.data + to, string.data + from, string.count - from)
        return result.value
    }

    static func locate(
        _ raw: UnsafeMutableRawPointer, _ s: UInt64, _ a: Arguments_, _ n: Int, _ name: StaticString, last: Bool, raises: Bool
    ) -> UInt64 {
        returning(raw) { (t) throws(PythonError) -> Value in
            let string = StrRef(Value(bits: s))
            let needle = try text(t, a[0], name)
            let (start, end) = try range(t, a, n, 1, string.count)
            let place = start > end ? -1 : last ? StrOps.findLast(string, needle, start, end) : StrOps.find(string, needle, start, end)
            if place < 0 && raises { throw t.raise(.valueError, "substring not found") }
            return Value(smallInt: place)
        }
    }

    static func affix(
        _ raw: UnsafeMutableRawPointer, _ s: UInt64, _ a: Arguments_, _ n: Int, _ name: StaticString, atEnd: Bool
    ) -> UInt64 {
        returning(raw) { (t) throws(PythonError) -> Value in
            let string = StrRef(Value(bits: s))
            let (start, end) = n == 1 ? (0, string.count) : try range(t, a, n, 1, string.count)
            func matches(_ part: StrRef) -> Bool {
                if start > end || end - start < part.count { return false }
                let at = atEnd ? end - part.count : start
                return StrOps.matches(string, at, part)
            }
            let what = Value(bits: a[0])
            if t.isTuple(what) {
                for index in 0..<TupleRef(what).count {
                    let part = TupleRef(what).item(index)
                    guard t.isStr(part) else {
                        throw t.raise(.typeError, "tuple for \(name) must only contain str, not \(t.typeName(part))")
                    }
                    if matches(StrRef(part)) { return .true }
                }
                return .false
            }
            guard t.isStr(what) else {
                throw t.raise(.typeError, "\(name) first arg must be str or a tuple of str, not \(t.typeName(what))")
            }
            return Value(matches(StrRef(what)))
        }
    }

    // MARK: Cutting

    private static func cutting(_ b: TypeBuilder) {
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

    // MARK: Padding

    private static func padding(_ b: TypeBuilder) {
        b.method("ljust", 1, 2) { raw, s, a, n, _ in StrMethods.pad(raw, s, a, n, 0) }
        b.method("rjust", 1, 2) { raw, s, a, n, _ in StrMethods.pad(raw, s, a, n, 1) }
        b.method("center", 1, 2) { raw, s, a, n, _ in StrMethods.pad(raw, s, a, n, 2) }
        b.method("zfill", 1, 1) { raw, s, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let string = StrRef(Value(bits: s))
                let width = try t.indexInt(Value(bits: a[0]))
                let fill = max(0, width - string.count)
                var result = StrBuilder(capacity: string.count + fill)
                let signed = string.count > 0 && (string.codePoint(0) == 43 || string.codePoint(0) == 45)
                if signed { result.append(string.codePoint(0)) }
                result.append(48, count: fill)
                result.append(string, signed ? 1 : 0, string.count - (signed ? 1 : 0))
                return try result.finish(t)
            }
        }
        b.method("expandtabs", 0, 1, keywords: true) { raw, s, a, n, k in
            returning(raw) { (t) throws(PythonError) -> Value in
                let arguments = try Arguments.parse(t, function: "expandtabs", a, n, k, names: ["tabsize"], required: 0)
                let size = arguments[0].isNull ? 8 : try t.indexInt(arguments[0])
                let string = StrRef(Value(bits: s))
                var result = StrBuilder()
                var column = 0
                for index in 0..<string.count {
                    let point = string.codePoint(index)
                    if point == 9 {
                        let spaces = size > 0 ? size - column % size : 0
                        for _ in 0..<spaces { result.append(32) }
                        column += spaces
                    } else {
                        result.append(point)
                        column = point == 10 || point == 13 ? 0 : column + 1
                    }
                }
                return try result.finish(t)
            }
        }
    }

    /// - Parameter kind: 0 ljust, 1 rjust, 2 center.
    static func pad(_ raw: UnsafeMutableRawPointer, _ s: UInt64, _ a: Arguments_, _ n: Int, _ kind: Int) -> UInt64 {
        returning(raw) { (t) throws(PythonError) -> Value in
            let string = StrRef(Value(bits: s))
            let width = try t.indexInt(Value(bits: a[0]))
            var fill: UInt32 = 32
            if n == 2 {
                guard t.isStr(Value(bits: a[1])), StrRef(Value(bits: a[1])).count == 1 else {
                    throw t.raise(.typeError, "The fill character must be exactly one character long")
                }
                fill = StrRef(Value(bits: a[1])).codePoint(0)
            }
            let total = max(0, width - string.count)
            if total == 0 { return try StrOps.slice(t, string, 0, string.count) }
            if total > 1 << 40 { throw t.noMemory() }
            let left = kind == 0 ? 0 : kind == 1 ? total : total / 2 + (total & width & 1)
            var result = StrBuilder(capacity: string.count + total)
            result.append(fill, count: left)
            result.append(string)
            result.append(fill, count: total - left)
            return try result.finish(t)
        }
    }

    // MARK: Case

    private static func cases(_ b: TypeBuilder) {
        b.method("upper", 0, 0) { raw, s, _, _, _ in
            StrMethods.map(raw, s, .upper) { scalar, _ in scalar.properties.uppercaseMapping }
        }
        b.method("lower", 0, 0) { raw, s, _, _, _ in
            StrMethods.map(raw, s, .lower) { scalar, _ in scalar.properties.lowercaseMapping }
        }
        b.method("casefold", 0, 0) { raw, s, _, _, _ in
            StrMethods.map(raw, s, .lower) { scalar, _ in scalar.value == 0xDF ? "ss" : scalar.properties.lowercaseMapping }
        }
        b.method("swapcase", 0, 0) { raw, s, _, _, _ in
            StrMethods.map(raw, s, .swapped) { scalar, _ in
                scalar.properties.isUppercase ? scalar.properties.lowercaseMapping : scalar.properties.uppercaseMapping
            }
        }
        b.method("capitalize", 0, 0) { raw, s, _, _, _ in
            StrMethods.map(raw, s, .capital) { scalar, previous in
                previous == nil ? scalar.properties.titlecaseMapping : scalar.properties.lowercaseMapping
            }
        }
        b.method("title", 0, 0) { raw, s, _, _, _ in
            StrMethods.map(raw, s, .title) { scalar, previous in
                previous.map { $0.properties.isCased } ?? false
                    ? scalar.properties.lowercaseMapping : scalar.properties.titlecaseMapping
            }
        }
    }

    /// What a mapping of case does to ASCII.
    enum ASCIICase { case upper, lower, swapped, capital, title }

    @inline(__always) static func isUpper(_ byte: UInt8) -> Bool { byte &- 65 < 26 }
    @inline(__always) static func isLower(_ byte: UInt8) -> Bool { byte &- 97 < 26 }

    private static func mapASCII(_ t: Thread, _ string: StrRef, _ mapping: ASCIICase) throws(PythonError) -> Value {
        let count = string.count
        if count == 0 { return t.emptyString }
        let result = try t.newString(count: count, kind: 0)
        let from = UnsafeRawPointer(string.data).assumingMemoryBound(to: UInt8.self)
        let to = result.data.assumingMemoryBound(to: UInt8.self)
        switch mapping {
        case .upper: for index in 0..<count { to[index] = from[index] ^ (isLower(from[index]) ? 32 : 0) }
        case .lower: for index in 0..<count { to[index] = from[index] ^ (isUpper(from[index]) ? 32 : 0) }
        case .swapped: for index in 0..<count { to[index] = from[index] ^ (isLower(from[index] | 32) ? 32 : 0) }
        case .capital:
            for index in 0..<count { to[index] = from[index] ^ (isUpper(from[index]) ? 32 : 0) }
            if isLower(to[0]) { to[0] ^= 32 }
        case .title:
            var inWord = false
            for index in 0..<count {
                let byte = from[index]
                to[index] = byte ^ ((inWord ? isUpper(byte) : isLower(byte)) ? 32 : 0)
                inWord = isLower(byte | 32)
            }
        }
        return result.value
    }

    static func map(
        _ raw: UnsafeMutableRawPointer, _ s: UInt64, _ ascii: ASCIICase, _ body: (Unicode.Scalar, Unicode.Scalar?) -> String
    ) -> UInt64 {
        returning(raw) { (t) throws(PythonError) -> Value in
            let string = StrRef(Value(bits: s))
            if string.kind == 0 { return try mapASCII(t, string, ascii) }
            var result = StrBuilder()
            var previous: Unicode.Scalar?
            for index in 0..<string.count {
                guard let scalar = Unicode.Scalar(string.codePoint(index)) else {
                    result.append(string.codePoint(index))
                    continue
                }
                result.append(body(scalar, previous))
                previous = scalar
            }
            return try result.finish(t)
        }
    }

    // MARK: Tests

    private static func tests(_ b: TypeBuilder) {
        b.method("isalpha", 0, 0) { raw, s, _, _, _ in
            StrMethods.all(s, { StrMethods.isLower($0 | 32) }) { StrMethods.isAlpha($0) }
        }
        b.method("isdigit", 0, 0) { raw, s, _, _, _ in
            StrMethods.all(s, { $0 &- 48 < 10 }) { $0.properties.numericType == .decimal || $0.properties.numericType == .digit }
        }
        b.method("isdecimal", 0, 0) { raw, s, _, _, _ in
            StrMethods.all(s, { $0 &- 48 < 10 }) { $0.properties.numericType == .decimal }
        }
        b.method("isnumeric", 0, 0) { raw, s, _, _, _ in
            StrMethods.all(s, { $0 &- 48 < 10 }) { $0.properties.numericType != nil }
        }
        b.method("isalnum", 0, 0) { raw, s, _, _, _ in
            StrMethods.all(s, { StrMethods.isLower($0 | 32) || $0 &- 48 < 10 }) {
                StrMethods.isAlpha($0) || $0.properties.numericType != nil
            }
        }
        b.method("isspace", 0, 0) { raw, s, _, _, _ in
            StrMethods.all(s, { StrOps.isSpace(UInt32($0)) }) { StrOps.isSpace($0.value) }
        }
        b.method("isascii", 0, 0) { _, s, _, _, _ in Value(StrRef(Value(bits: s)).isASCII).bits }
        b.method("isprintable", 0, 0) { _, s, _, _, _ in
            let string = StrRef(Value(bits: s))
            return Value((0..<string.count).allSatisfy { Unicode.Scalar(string.codePoint($0)).map(StrOps.isPrintable) ?? false }).bits
        }
        b.method("isupper", 0, 0) { _, s, _, _, _ in StrMethods.cased(s, upper: true) }
        b.method("islower", 0, 0) { _, s, _, _, _ in StrMethods.cased(s, upper: false) }
        b.method("istitle", 0, 0) { _, s, _, _, _ in
            let string = StrRef(Value(bits: s))
            var any = false
            var previousCased = false
            for index in 0..<string.count {
                guard let scalar = Unicode.Scalar(string.codePoint(index)) else { continue }
                if scalar.properties.isUppercase {
                    if previousCased { return Value.false.bits }
                    previousCased = true
                    any = true
                } else if scalar.properties.isLowercase {
                    if !previousCased { return Value.false.bits }
                    any = true
                } else {
                    previousCased = false
                }
            }
            return Value(any).bits
        }
        b.method("isidentifier", 0, 0) { _, s, _, _, _ in
            let string = StrRef(Value(bits: s))
            if string.count == 0 { return Value.false.bits }
            for index in 0..<string.count {
                guard let scalar = Unicode.Scalar(string.codePoint(index)) else { return Value.false.bits }
                let good = scalar == "_" || (index == 0 ? scalar.properties.isXIDStart : scalar.properties.isXIDContinue)
                if !good { return Value.false.bits }
            }
            return Value.true.bits
        }
    }

    static func isAlpha(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
        default: false
        }
    }

    @inline(__always)
    static func all(_ s: UInt64, _ ascii: (UInt8) -> Bool, _ test: (Unicode.Scalar) -> Bool) -> UInt64 {
        let string = StrRef(Value(bits: s))
        if string.count == 0 { return Value.false.bits }
        if string.kind == 0 {
            for byte in UnsafeRawBufferPointer(start: string.data, count: string.count) where !ascii(byte) { return Value.false.bits }
            return Value.true.bits
        }
        for index in 0..<string.count {
            guard let scalar = Unicode.Scalar(string.codePoint(index)), test(scalar) else { return Value.false.bits }
        }
        return Value.true.bits
    }

    static func cased(_ s: UInt64, upper: Bool) -> UInt64 {
        let string = StrRef(Value(bits: s))
        var any = false
        if string.kind == 0 {
            for byte in UnsafeRawBufferPointer(start: string.data, count: string.count) where isLower(byte | 32) {
                if isLower(byte) == upper { return Value.false.bits }
                any = true
            }
            return Value(any).bits
        }
        for index in 0..<string.count {
            guard let scalar = Unicode.Scalar(string.codePoint(index)) else { continue }
            if upper ? scalar.properties.isLowercase : scalar.properties.isUppercase { return Value.false.bits }
            if scalar.properties.isCased { any = true }
        }
        return Value(any).bits
    }
}
