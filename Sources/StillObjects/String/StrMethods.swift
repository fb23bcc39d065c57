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
                    if t.isInt(value) {
                        guard let point = t.intValue(value), point >= 0, point < 0x110000 else {
                            throw t.raise(.valueError, "character mapping must be in range(0x110000)")
                        }
                        result.append(UInt32(point))
                    } else if t.isStr(value) { result.append(StrRef(value)) } else {
                        throw t.raise(.typeError, "character mapping must return integer, None or str")
                    }
                }
                return try result.finish(t)
            }
        }
        b.staticMethod("maketrans", 1, 3) { raw, _, a, n, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                if n == 1 && t.typeOf(Value(bits: a[0])) != t.type(.dict) {
                    throw t.raise(.typeError, "if you give only one argument to maketrans it must be a dict")
                }
                if n > 1 && !t.isStr(Value(bits: a[0])) {
                    throw t.raise(.typeError, "first maketrans argument must be a string if there is a second argument")
                }
                for index in 1..<max(1, n) where !t.isStr(Value(bits: a[index])) {
                    throw t.raise(
                        .typeError, "maketrans() argument \(index + 1) must be str, not \(t.typeName(Value(bits: a[index])))")
                }
                let table = try t.makeDict()
                if n == 1 {
                    let items = try DictRef(Value(bits: a[0])).items(t)
                    defer { for item in items { t.release(item.key); t.release(item.value) } }
                    for item in items {
                        if t.isStr(item.key), StrRef(item.key).count != 1 {
                            throw t.raise(.valueError, "string keys in translate table must be of length 1")
                        }
                        if !t.isStr(item.key) && !t.isInt(item.key) {
                            throw t.raise(.typeError, "keys in translate table must be strings or integers")
                        }
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
        if t.isAlone && t.typeOf(iterable) == t.type(.list) {
            // Nobody changes the list meanwhile: joining runs no Python code.
            let list = ListRef(iterable)
            let first = list.buffer.map { UnsafeRawPointer($0 + 1).assumingMemoryBound(to: Value.self) }
            return try join(t, separator, UnsafeBufferPointer(start: first, count: first == nil ? 0 : list.count))
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
        if kind < 2 {
            joinBytes(items, UnsafeRawPointer(separator.data), separator.count, to: result.data)
            return result.value
        }
        let between = separator.count
        var at = 0
        index = 0
        while index < items.count {
            let item = StrRef(items[index])
            if index > 0 && between > 0 {
                StrOps.copy(separator, 0, between, to: result, at: at)
                at &+= between
            }
            StrOps.copy(item, 0, item.count, to: result, at: at)
            at &+= item.count
            index &+= 1
        }
        return result.value
    }

    /// All of one byte for each code point.
    private static func joinBytes(
        _ items: UnsafeBufferPointer<Value>, _ separator: UnsafeRawPointer, _ between: Int, to data: UnsafeMutableRawPointer
    ) {
        var to = data
        var index = 0
        while index < items.count {
            if index > 0 {
                StrOps.copyFew(to, separator, between)
                to += between
            }
            let item = StrRef(items[index])
            let count = item.count
            StrOps.copyFew(to, item.data, count)
            to += count
            index &+= 1
        }
    }

    static func text(_ t: Thread, _ bits: UInt64, _ method: StaticString, _ number: Int = 1) throws(PythonError) -> StrRef {
        guard t.isStr(Value(bits: bits)) else {
            let found = t.typeName(Value(bits: bits))
            // CPython's own wording, method by method.
            switch "\(method)" {
            case "split", "rsplit": throw t.raise(.typeError, "must be str or None, not \(found)")
            case "partition", "rpartition": throw t.raise(.typeError, "must be str, not \(found)")
            case "removeprefix", "removesuffix": throw t.raise(.typeError, "\(method)() argument must be str, not \(found)")
            default: throw t.raise(.typeError, "\(method)() argument \(number) must be str, not \(found)")
            }
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
                    if n < 2 && k == 0 { throw t.raise(.typeError, "replace() takes at least 2 positional arguments (\(n) given)") }
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
        if old.count == 1 && old.kind == 0 && limit == Int.max && string.count < 64 && new.count < 8 {
            let replaced = replaceByte(t, string, old.data.load(as: UInt8.self), new)
            if !replaced.isNull { return replaced }
        }
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

    /// One character everywhere in a short text. Null: it is not there, or there is no memory.
    private static func replaceByte(_ t: Thread, _ string: StrRef, _ old: UInt8, _ new: StrRef) -> Value {
        let length = string.count
        let data = UnsafeRawPointer(string.data)
        var count = 0
        for index in 0..<length where data.load(fromByteOffset: index, as: UInt8.self) == old { count &+= 1 }
        let size = new.count
        let total = length &+ count &* (size &- 1)
        if count == 0 || total < 2 { return .null }
        guard let result = t.newShortString(count: total) else { return .null }
        var to = result.raw + StrRef.headerBytes
        let text = UnsafeRawPointer(new.data)
        for index in 0..<length {
            let byte = data.load(fromByteOffset: index, as: UInt8.self)
            if byte == old {
                StrOps.copyFew(to, text, size)
                to += size
            } else {
                to.storeBytes(of: byte, as: UInt8.self)
                to += 1
            }
        }
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
}
