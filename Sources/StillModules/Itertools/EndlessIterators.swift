// `itertools.count`, `cycle`, `repeat`.
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import Synchronization

enum EndlessIterators {
    typealias P = IteratorParts

    static func define() {
        count()
        cycle()
        repeated()
    }

    /// first: the next number, second: the step.
    private static func count() {
        P.define(.itertoolsCount, "count") { b in
            b.record.pointee.new = { t, _, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    let v = try Arguments.parse(t, function: "count", a, n, k, names: ["start", "step"], required: 0)
                    for value in v where !value.isNull {
                        let type = t.typeOf(value).record
                        if type.pointee.index == nil && type.pointee.float == nil && type.pointee.int == nil
                            && !t.isInstance(value, of: t.type(.complex))
                        {
                            throw t.raise(.typeError, "a number is required")
                        }
                    }
                    return try P.make(
                        t, .itertoolsCount, v[0].isNull ? Value(smallInt: 0) : v[0], v[1].isNull ? Value(smallInt: 1) : v[1])
                }
            }
            b.record.pointee.next = { raw, v in
                P.next(raw, v) { (t, p) throws(PythonError) -> Value in
                    let step = p.load(P.second)
                    if step.isNull { return .null }
                    defer { t.release(step) }
                    while true {
                        let number = p.load(P.first)
                        if number.isNull { return .null }
                        let following: Value
                        do throws(PythonError) { following = try t.binary(.add, number, step) } catch {
                            t.release(number)
                            throw error
                        }
                        if p.replace(P.first, number, owned: following) { return number }
                        t.release(following)
                        t.release(number)
                    }
                }
            }
            b.record.pointee.repr = { raw, v in
                returning(raw) { (t) throws(PythonError) -> Value in
                    let p = P(t, v)
                    let (number, step) = (p.load(P.first), p.load(P.second))
                    defer { t.release(number) }
                    defer { t.release(step) }
                    let text = try EndlessIterators.text(t, number)
                    if t.isInt(step) && t.intValue(step) == 1 { return try t.makeString("count(\(text))") }
                    return try t.makeString("count(\(text), \(EndlessIterators.text(t, step)))")
                }
            }
        }
    }

    static func text(_ t: Thread, _ v: Value) throws(PythonError) -> String {
        let text = try t.repr(v)
        defer { t.release(text) }
        return StrRef(text).string
    }

    /// first: the iterator until it is exhausted, second: list of what it gave; number: how many were given again.
    private static func cycle() {
        P.define(.itertoolsCycle, "cycle") { b in
            b.record.pointee.new = { t, _, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    try Arguments.noKeywords(t, "cycle", k)
                    try Arguments.count(t, "cycle", n, 1, 1)
                    let source = try t.iterate(Value(bits: a[0]))
                    defer { t.release(source) }
                    let saved = try t.makeList(capacity: 0)
                    defer { t.release(saved) }
                    return try P.make(t, .itertoolsCycle, source, saved)
                }
            }
            b.record.pointee.next = { raw, v in
                P.next(raw, v) { (t, p) throws(PythonError) -> Value in
                    let saved = p.load(P.second)
                    if saved.isNull { return .null }
                    defer { t.release(saved) }
                    let item = try p.nextItem(P.first)
                    if !item.isNull {
                        do throws(PythonError) { try ListRef(saved).append(t, item) } catch {
                            t.release(item)
                            throw error
                        }
                        return item
                    }
                    t.release(p.take(P.first))
                    let count = ListRef(saved).count
                    if count == 0 { return .null }
                    let at = UInt(bitPattern: p.advance(P.number, by: 1)) % UInt(count)
                    return ListRef(saved).item(t, Int(at))
                }
            }
        }
    }

    /// first: the object; number: how often it is still given, -1 for ever.
    private static func repeated() {
        P.define(.itertoolsRepeat, "repeat") { b in
            b.record.pointee.new = { t, _, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    let v = try Arguments.parse(t, function: "repeat", a, n, k, names: ["object", "times"], required: 1)
                    let times = v[1].isNull ? -1 : max(0, try t.indexInt(v[1]))
                    let made = try P.make(t, .itertoolsRepeat, v[0])
                    P(t, made.bits).set(P.number, times)
                    return made
                }
            }
            b.record.pointee.next = { raw, v in
                P.next(raw, v) { (t, p) throws(PythonError) -> Value in
                    var left = p.get(P.number)
                    while left != -1 {
                        if left == 0 { return .null }
                        let (done, seen) = p.word(P.number).pointee.weakCompareExchange(
                            expected: UInt64(UInt(bitPattern: left)), desired: UInt64(UInt(bitPattern: left - 1)), ordering: .relaxed)  // I1
                        if done { break }
                        left = Int(bitPattern: UInt(seen))
                    }
                    return p.load(P.first)
                }
            }
            b.method("__length_hint__", 0, 0) { raw, s, a, n, k in
                returning(raw) { (t) throws(PythonError) -> Value in
                    let left = P(t, s).get(P.number)
                    if left == -1 { throw t.raise(.typeError, "len() of unsized object") }
                    return try t.makeInt(left)
                }
            }
            b.record.pointee.repr = { raw, v in
                returning(raw) { (t) throws(PythonError) -> Value in
                    let p = P(t, v)
                    let object = p.load(P.first)
                    defer { t.release(object) }
                    let text = try EndlessIterators.text(t, object)
                    let left = p.get(P.number)
                    return try t.makeString(left == -1 ? "repeat(\(text))" : "repeat(\(text), \(left))")
                }
            }
        }
    }
}
