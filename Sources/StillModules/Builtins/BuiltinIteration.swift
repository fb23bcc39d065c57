// Functions about iteration.
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import StillVM

enum BuiltinIteration {
    static func define(_ m: ModuleBuilder) {
        m.function("all", 1, 1, intrinsic: NativeFlags.all) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                Value(try !BuiltinIteration.exists(t, Value(bits: a[0]), false))
            }
        }
        m.function("any", 1, 1, intrinsic: NativeFlags.any) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                Value(try BuiltinIteration.exists(t, Value(bits: a[0]), true))
            }
        }
        m.function("iter", 1, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                if n == 1 { return try t.iterate(Value(bits: a[0])) }
                if t.typeOf(Value(bits: a[0])).record.pointee.call == nil {
                    throw t.raise(.typeError, "iter(v, w): v must be callable")
                }
                return try t.makeCallableIterator(Value(bits: a[0]), Value(bits: a[1]))
            }
        }
        m.function("aiter", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in try AsyncBuiltins.iterate(t, Value(bits: a[0])) }
        }
        m.function("anext", 1, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                try AsyncBuiltins.next(t, Value(bits: a[0]), default: n > 1 ? Value(bits: a[1]) : .null)
            }
        }
        m.function("next", 1, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let iterator = Value(bits: a[0])
                guard let next = t.typeOf(iterator).record.pointee.next else {
                    throw t.raise(.typeError, "'\(t.typeName(iterator))' object is not an iterator")
                }
                // Not through `t.next`, so that a StopIteration keeps its value.
                let item = Value(bits: next(t.raw, iterator.bits))
                if !item.isNull { return item }
                if n == 1 {
                    if t.hasRaised { throw PythonError() }
                    throw t.stopIteration(.none)
                }
                if t.hasRaised {
                    if !t.matchesRaised(.stopIteration) { throw PythonError() }
                    t.clearRaised()
                }
                return t.retain(Value(bits: a[1]))
            }
        }
        m.function("sorted", 1, 1, keywords: true) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                if n != 1 { throw t.raise(.typeError, "sorted expected 1 argument, got \(n)") }
                let list = try t.makeList(capacity: 0)
                do throws(PythonError) {
                    try ListRef(list).extend(t, Value(bits: a[0]))
                    let method = try t.getAttribute(list, Interning.intern("sort"))
                    defer { t.release(method) }
                    t.release(try t.call(method, args: a + 1, count: 0, keywords: Value(bits: k)))
                } catch {
                    t.release(list)
                    throw error
                }
                return list
            }
        }
    }

    /// Whether some item's truth is `wanted`.
    private static func exists(_ t: Thread, _ iterable: Value, _ wanted: Bool) throws(PythonError) -> Bool {
        let iterator = try t.iterate(iterable)
        defer { t.release(iterator) }
        var polls = 0
        while true {
            polls += 1
            if polls & 1023 == 0 && t.hasRequest { t.safepoint() }
            let item = try t.next(iterator)
            if item.isNull { return false }
            defer { t.release(item) }
            if try t.isTrue(item) == wanted { return true }
        }
    }

    /// A sorted list of the items. Owned.
    static func sorted(_ t: Thread, _ iterable: Value) throws(PythonError) -> Value {
        let list = try t.makeList(capacity: 0)
        do throws(PythonError) {
            try ListRef(list).extend(t, iterable)
            t.release(try t.callMethod(list, Interning.intern("sort")))
        } catch {
            t.release(list)
            throw error
        }
        return list
    }
}
