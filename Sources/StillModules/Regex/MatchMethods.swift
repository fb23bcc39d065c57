// Methods of matches.
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import StillVM

enum MatchMethods {
    private static func number(_ t: Thread, _ s: UInt64, _ key: Value) throws(PythonError) -> Int {
        let group = try MatchRef(s).pattern.group(t, key)
        if group < 0 { throw t.raise(.indexError, "no such group") }
        return group
    }
    private static func number(_ t: Thread, _ s: UInt64, _ a: ArgumentWords, _ n: Int) throws(PythonError) -> Int {
        n == 0 ? 0 : try number(t, s, Value(bits: a[0]))
    }

    private static func expand(_ t: Thread, _ module: Value, _ match: MatchRef, _ text: Value) throws(PythonError) -> Value {
        let pattern = match.pattern
        // Of a library before 3.12.
        let older = DictRef(ModuleRef(module).dict).getName(t, Interning.intern("_expand"))
        if !older.isNull {
            defer { t.release(older) }
            return try t.call(older, pattern.value, Value(match.object), text)
        }
        let made = try RegexTemplate.read(t, module, pattern, text, older: "_subx")
        guard t.isTuple(made) else { return made }
        defer { t.release(made) }
        let parts = try t.makeList(capacity: 0)
        defer { t.release(parts) }
        let empty = try PatternRef.slice(t, match.string, 0, 0)
        defer { t.release(empty) }
        try RegexTemplate.expand(t, TupleRef(made), groups: pattern.groups, into: ListRef(parts)) { (index) throws(PythonError) in
            try match.text(t, index, absent: empty)
        }
        return try t.callMethod(empty, Interning.intern("join"), parts)
    }

    static func add(to b: TypeBuilder) {
        b.record.pointee.repr = { raw, v in
            returning(raw) { (t) throws(PythonError) -> Value in
                let text = try MatchRef(v).text(t, 0)
                defer { t.release(text) }
                let shown = try t.repr(text)
                defer { t.release(shown) }
                return try t.makeString(
                    "<re.Match object; span=(\(MatchRef(v).start(0)), \(MatchRef(v).end(0))), match=\(String(StrRef(shown).string.prefix(50)))>")
            }
        }
        b.record.pointee.getItem = { raw, v, key in
            returning(raw) { (t) throws(PythonError) -> Value in
                try MatchRef(v).text(t, MatchMethods.number(t, v, Value(bits: key)))
            }
        }
        b.method("group", 0, -1) { raw, s, a, n, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                if n < 2 { return try MatchRef(s).text(t, MatchMethods.number(t, s, a, n)) }
                var parts: [Value] = []
                for index in 0..<n {
                    do throws(PythonError) { parts.append(try MatchRef(s).text(t, MatchMethods.number(t, s, Value(bits: a[index])))) } catch {
                        for part in parts { t.release(part) }
                        throw error
                    }
                }
                return try t.makeTuple(parts)
            }
        }
        b.method("groups", 0, 1, keywords: true) { raw, s, a, n, k in
            returning(raw) { (t) throws(PythonError) -> Value in
                let v = try Arguments.parse(t, function: "groups", a, n, k, names: ["default"], required: 0)
                var parts: [Value] = []
                for index in 0..<MatchRef(s).pattern.groups {
                    parts.append(try MatchRef(s).text(t, index + 1, absent: v[0].isNull ? .none : v[0]))
                }
                return try t.makeTuple(parts)
            }
        }
        b.method("groupdict", 0, 1, keywords: true) { raw, s, a, n, k in
            returning(raw) { (t) throws(PythonError) -> Value in
                let v = try Arguments.parse(t, function: "groupdict", a, n, k, names: ["default"], required: 0)
                let made = try t.makeDict()
                let names = try DictRef(MatchRef(s).pattern.groupIndex).items(t)
                defer {
                    for item in names {
                        t.release(item.key)
                        t.release(item.value)
                    }
                }
                for item in names {
                    let text = try MatchRef(s).text(t, t.indexInt(item.value), absent: v[0].isNull ? .none : v[0])
                    defer { t.release(text) }
                    try DictRef(made).set(t, item.key, text)
                }
                return made
            }
        }
        b.method("start", 0, 1) { raw, s, a, n, _ in
            returning(raw) { (t) throws(PythonError) -> Value in Value(smallInt: MatchRef(s).start(try MatchMethods.number(t, s, a, n))) }
        }
        b.method("end", 0, 1) { raw, s, a, n, _ in
            returning(raw) { (t) throws(PythonError) -> Value in Value(smallInt: MatchRef(s).end(try MatchMethods.number(t, s, a, n))) }
        }
        b.method("span", 0, 1) { raw, s, a, n, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                try MatchMethods.span(t, MatchRef(s), MatchMethods.number(t, s, a, n))
            }
        }
        b.method("expand", 1, 1) { raw, s, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let module = try Imports.load(t, "re")
                defer { t.release(module) }
                return try MatchMethods.expand(t, module, MatchRef(s), Value(bits: a[0]))
            }
        }
        b.getter("string") { t, s in Thread(t).retain(MatchRef(s).string).bits }
        b.getter("re") { t, s in Thread(t).retain(MatchRef(s).pattern.value).bits }
        b.getter("pos") { _, s in Value(smallInt: MatchRef(s).pos).bits }
        b.getter("endpos") { _, s in Value(smallInt: MatchRef(s).endpos).bits }
        b.getter("lastindex") { _, s in
            let last = MatchRef(s).lastGroup
            return last == 0 ? Value.none.bits : Value(smallInt: last).bits
        }
        b.getter("lastgroup") { raw, s in
            let (last, names) = (MatchRef(s).lastGroup, MatchRef(s).pattern.indexGroup)
            if last == 0 || last >= TupleRef(names).count { return Value.none.bits }
            return Thread(raw).retain(TupleRef(names).item(last)).bits
        }
        b.getter("regs") { raw, s in
            returning(raw) { (t) throws(PythonError) -> Value in
                var spans: [Value] = []
                for index in 0...MatchRef(s).pattern.groups { spans.append(try MatchMethods.span(t, MatchRef(s), index)) }
                return try t.makeTuple(spans)
            }
        }
    }

    private static func span(_ t: Thread, _ match: MatchRef, _ group: Int) throws(PythonError) -> Value {
        try t.makeTuple([Value(smallInt: match.start(group)), Value(smallInt: match.end(group))])
    }
}
