// Methods of compiled patterns.
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import StillVM

enum PatternMethods {
    static func add(to b: TypeBuilder) {
        b.method("match", 0, 3, keywords: true) { raw, s, a, n, k in PatternMethods.one(raw, s, a, n, k, "match") }
        b.method("fullmatch", 0, 3, keywords: true) { raw, s, a, n, k in PatternMethods.one(raw, s, a, n, k, "fullmatch") }
        b.method("search", 0, 3, keywords: true) { raw, s, a, n, k in PatternMethods.one(raw, s, a, n, k, "search") }
        b.method("scanner", 0, 3, keywords: true) { raw, s, a, n, k in
            returning(raw) { (t) throws(PythonError) -> Value in
                let (string, pos, endpos) = try PatternMethods.range(t, PatternRef(s), a, n, k, "scanner")
                return try RegexTypes.makeScanner(t, PatternRef(s), string, pos, endpos)
            }
        }
        b.method("finditer", 0, 3, keywords: true) { raw, s, a, n, k in
            returning(raw) { (t) throws(PythonError) -> Value in
                let (string, pos, endpos) = try PatternMethods.range(t, PatternRef(s), a, n, k, "finditer")
                let scanner = try RegexTypes.makeScanner(t, PatternRef(s), string, pos, endpos)
                defer { t.release(scanner) }
                let search = try t.getAttribute(scanner, Interning.intern("search"))
                defer { t.release(search) }
                return try t.makeCallableIterator(search, .none)
            }
        }
        b.method("findall", 0, 3, keywords: true) { raw, s, a, n, k in
            returning(raw) { (t) throws(PythonError) -> Value in
                let own = PatternRef(s)
                let (string, pos, endpos) = try PatternMethods.range(t, own, a, n, k, "findall")
                let list = try t.makeList(capacity: 0)
                do throws(PythonError) {
                    _ = try PatternMethods.forEach(t, own, string, pos, endpos, limit: 0) { (m, start, end) throws(PythonError) in
                        let item: Value
                        if own.groups == 0 {
                            item = try PatternRef.slice(t, string, start, end)
                        } else if own.groups == 1 {
                            item = try PatternMethods.group(t, string, m, 1)
                        } else {
                            var parts: [Value] = []
                            for index in 1...own.groups { parts.append(try PatternMethods.group(t, string, m, index)) }
                            item = try t.makeTuple(parts)
                        }
                        try ListRef(list).appendOwned(t, item)
                    }
                } catch {
                    t.release(list)
                    throw error
                }
                return list
            }
        }
        b.method("split", 0, 2, keywords: true) { raw, s, a, n, k in
            returning(raw) { (t) throws(PythonError) -> Value in
                let v = try Arguments.parse(t, function: "split", a, n, k, names: ["string", "maxsplit"], required: 1)
                return try PatternMethods.split(t, PatternRef(s), v[0], v[1].isNull ? 0 : t.indexInt(v[1]))
            }
        }
        b.method("sub", 0, 3, keywords: true) { raw, s, a, n, k in
            returning(raw) { (t) throws(PythonError) -> Value in
                let v = try Arguments.parse(t, function: "sub", a, n, k, names: ["repl", "string", "count"], required: 2)
                return try PatternMethods.substitute(t, PatternRef(s), v[0], v[1], v[2].isNull ? 0 : t.indexInt(v[2])).text
            }
        }
        b.method("subn", 0, 3, keywords: true) { raw, s, a, n, k in
            returning(raw) { (t) throws(PythonError) -> Value in
                let v = try Arguments.parse(t, function: "subn", a, n, k, names: ["repl", "string", "count"], required: 2)
                let result = try PatternMethods.substitute(t, PatternRef(s), v[0], v[1], v[2].isNull ? 0 : t.indexInt(v[2]))
                return try t.makeTuple([result.text, Value(smallInt: result.count)])
            }
        }
    }

    /// String, pos and endpos of a call, clamped.
    private static func range(
        _ t: Thread, _ own: PatternRef, _ a: ArgumentWords, _ n: Int, _ k: UInt64, _ name: String
    ) throws(PythonError) -> (Value, Int, Int) {
        let v = try Arguments.parse(t, function: name, a, n, k, names: ["string", "pos", "endpos"], required: 1)
        let length = try own.withSubject(t, v[0]) { (subject) throws(PythonError) -> Int in subject.count }
        let pos = v[1].isNull ? 0 : try t.indexInt(v[1], overflow: nil)
        let endpos = v[2].isNull ? length : try t.indexInt(v[2], overflow: nil)
        return (v[0], min(max(pos, 0), length), min(max(endpos, 0), length))
    }

    private static func one(
        _ raw: UnsafeMutableRawPointer, _ s: UInt64, _ a: ArgumentWords, _ n: Int, _ k: UInt64, _ name: String
    ) -> UInt64 {
        returning(raw) { (t) throws(PythonError) -> Value in
            let own = PatternRef(s)
            let (string, pos, endpos) = try range(t, own, a, n, k, name)
            if pos > endpos { return .none }
            return try own.withSubject(t, string) { (subject) throws(PythonError) -> Value in
                var matcher = own.matcher(t, subject, min(endpos, subject.count))
                matcher.isFull = name == "fullmatch"
                var found: (start: Int, end: Int)?
                if name == "search" { found = matcher.search(from: pos) } else if let stop = matcher.match(at: pos) { found = (pos, stop) }
                guard let found else { return .none }
                return try MatchRef.make(t, own, string, matcher, found.start, found.end, pos: pos, endpos: endpos)
            }
        }
    }

    /// Calls `body` for each match, at most `limit` (0: all). The number of matches.
    private static func forEach(
        _ t: Thread, _ own: PatternRef, _ string: Value, _ pos: Int, _ endpos: Int, limit: Int,
        _ body: (borrowing RegexMatcher, Int, Int) throws(PythonError) -> Void
    ) throws(PythonError) -> Int {
        try own.withSubject(t, string) { (subject) throws(PythonError) -> Int in
            var matcher = own.matcher(t, subject, min(endpos, subject.count))
            var (at, count) = (pos, 0)
            while (limit <= 0 || count < limit) && at <= matcher.end {
                guard let found = matcher.search(from: at) else { break }
                count += 1
                try body(matcher, found.start, found.end)
                at = found.end
                matcher.notEmptyAt = found.start == found.end ? found.end : -1
                if t.hasRequest { t.safepoint() }
            }
            return count
        }
    }

    /// The text of a group, the empty one when it took no part. Owned.
    private static func group(_ t: Thread, _ string: Value, _ m: borrowing RegexMatcher, _ index: Int, none: Bool = false) throws(PythonError) -> Value {
        let (first, last) = (m.marks[index * 2 - 2], m.marks[index * 2 - 1])
        if first < 0 || last < first { return none ? .none : try PatternRef.slice(t, string, 0, 0) }
        return try PatternRef.slice(t, string, first, last)
    }

    private static func split(_ t: Thread, _ own: PatternRef, _ string: Value, _ limit: Int) throws(PythonError) -> Value {
        let list = try t.makeList(capacity: 0)
        var last = 0
        do throws(PythonError) {
            if limit >= 0 {
                _ = try forEach(t, own, string, 0, Int.max, limit: limit) { (m, start, end) throws(PythonError) in
                    try ListRef(list).appendOwned(t, PatternRef.slice(t, string, last, start))
                    for index in 0..<own.groups { try ListRef(list).appendOwned(t, group(t, string, m, index + 1, none: true)) }
                    last = end
                }
            }
            try ListRef(list).appendOwned(t, PatternRef.slice(t, string, last, t.length(string)))
        } catch {
            t.release(list)
            throw error
        }
        return list
    }

    // MARK: Substitution

    private static func substitute(
        _ t: Thread, _ own: PatternRef, _ replacement: Value, _ string: Value, _ limit: Int
    ) throws(PythonError) -> (text: Value, count: Int) {
        // Text without backslashes stands for itself; other text is read by the library, which makes text, a template or a function of it.
        var filter = t.retain(replacement)
        defer { t.release(filter) }
        var isCall = t.typeOf(replacement).record.pointee.call != nil
        if !isCall {
            let literal = t.isStr(replacement)
                ? !StrRef(replacement).codePoints.contains(92) : !(t.bytesLike(replacement)?.contains(92) ?? true)
            if !literal {
                let module = try Imports.load(t, "re")
                defer { t.release(module) }
                let made = try RegexTemplate.read(t, module, own, replacement, older: "_subx")
                t.release(filter)
                filter = made
                isCall = t.typeOf(filter).record.pointee.call != nil
            }
        }
        let parts = try t.makeList(capacity: 0)
        defer { t.release(parts) }
        var last = 0
        let count = try forEach(t, own, string, 0, Int.max, limit: limit) { (m, start, end) throws(PythonError) in
            if last < start { try ListRef(parts).appendOwned(t, PatternRef.slice(t, string, last, start)) }
            last = end
            if !isCall {
                guard t.isTuple(filter) else { return try ListRef(parts).append(t, filter) }
                return try RegexTemplate.expand(t, TupleRef(filter), groups: own.groups, into: ListRef(parts)) { (index) throws(PythonError) in
                    index == 0 ? try PatternRef.slice(t, string, start, end) : try group(t, string, m, index)
                }
            }
            let match = try MatchRef.make(t, own, string, copy m, start, end, pos: 0, endpos: t.length(string))
            defer { t.release(match) }
            let text = try t.call(filter, match)
            if text.isNone { return }
            try ListRef(parts).appendOwned(t, text)
        }
        let rest = try PatternRef.slice(t, string, last, t.length(string))
        try ListRef(parts).appendOwned(t, rest)
        let empty = try PatternRef.slice(t, string, 0, 0)
        defer { t.release(empty) }
        return (try t.callMethod(empty, Interning.intern("join"), parts), count)
    }
}
