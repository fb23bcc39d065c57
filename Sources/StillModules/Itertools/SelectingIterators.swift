// Iterators that pass on some items of another: `compress`, `dropwhile`, `takewhile`, `filterfalse`, `islice`.
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry

enum SelectingIterators {
    typealias P = IteratorParts

    static func define() {
        P.define(.itertoolsCompress, "compress") { b in
            b.record.pointee.new = { t, _, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    let v = try Arguments.parse(t, function: "compress", a, n, k, names: ["data", "selectors"], required: 2)
                    let data = try t.iterate(v[0])
                    defer { t.release(data) }
                    let selectors = try t.iterate(v[1])
                    defer { t.release(selectors) }
                    return try P.make(t, .itertoolsCompress, data, selectors)
                }
            }
            b.record.pointee.next = { raw, v in
                P.next(raw, v) { (t, p) throws(PythonError) -> Value in
                    while true {
                        let item = try p.nextItem(P.first)
                        if item.isNull { return .null }
                        var keep = false
                        do throws(PythonError) {
                            let selector = try p.nextItem(P.second)
                            if selector.isNull {
                                t.release(item)
                                return .null
                            }
                            defer { t.release(selector) }
                            keep = try t.isTrue(selector)
                        } catch {
                            t.release(item)
                            throw error
                        }
                        if keep { return item }
                        t.release(item)
                        if t.hasRequest { t.safepoint() }
                    }
                }
            }
        }
        P.define(.itertoolsFilterFalse, "filterfalse") { b in
            b.record.pointee.new = { t, _, a, n, k in SelectingIterators.new(t, .itertoolsFilterFalse, "filterfalse", a, n, k) }
            b.record.pointee.next = { raw, v in
                SelectingIterators.skipping(raw, v) { (p, function, item) throws(PythonError) -> Bool in
                    try !p.holds(function, item)
                }
            }
        }
        // number: 1 when an item was passed on.
        P.define(.itertoolsDropWhile, "dropwhile") { b in
            b.record.pointee.new = { t, _, a, n, k in SelectingIterators.new(t, .itertoolsDropWhile, "dropwhile", a, n, k) }
            b.record.pointee.next = { raw, v in
                SelectingIterators.skipping(raw, v) { (p, function, item) throws(PythonError) -> Bool in
                    if p.get(P.number) != 0 { return true }
                    let verdict = try p.t.call(function, item)
                    defer { p.t.release(verdict) }
                    if try p.t.isTrue(verdict) { return false }
                    p.set(P.number, 1)
                    return true
                }
            }
        }
        // number: 1 when the condition failed.
        P.define(.itertoolsTakeWhile, "takewhile") { b in
            b.record.pointee.new = { t, _, a, n, k in SelectingIterators.new(t, .itertoolsTakeWhile, "takewhile", a, n, k) }
            b.record.pointee.next = { raw, v in
                P.next(raw, v) { (t, p) throws(PythonError) -> Value in
                    if p.get(P.number) != 0 { return .null }
                    let function = p.load(P.second)
                    defer { t.release(function) }
                    let item = try p.nextItem(P.first)
                    if item.isNull || function.isNull { return item }
                    do throws(PythonError) {
                        let verdict = try t.call(function, item)
                        defer { t.release(verdict) }
                        if try t.isTrue(verdict) { return item }
                    } catch {
                        t.release(item)
                        throw error
                    }
                    p.set(P.number, 1)
                    t.release(item)
                    return .null
                }
            }
        }
        slice()
    }

    /// f(function, iterable). first: the iterator, second: the function.
    static func new(
        _ raw: UnsafeMutableRawPointer, _ id: TypeID, _ name: String, _ a: ArgumentWords, _ n: Int, _ k: UInt64
    ) -> UInt64 {
        returning(raw) { (t) throws(PythonError) -> Value in
            try Arguments.noKeywords(t, name, k)
            try Arguments.count(t, name, n, 2, 2)
            let source = try t.iterate(Value(bits: a[1]))
            defer { t.release(source) }
            return try P.make(t, id, source, Value(bits: a[0]))
        }
    }

    /// The next item for which `keep` is true.
    @inline(__always) static func skipping(
        _ raw: UnsafeMutableRawPointer, _ v: UInt64, _ keep: (IteratorParts, Value, Value) throws(PythonError) -> Bool
    ) -> UInt64 {
        P.next(raw, v) { (t, p) throws(PythonError) -> Value in
            let function = p.load(P.second)
            if function.isNull { return .null }
            defer { t.release(function) }
            while true {
                let item = try p.nextItem(P.first)
                if item.isNull { return .null }
                let wanted: Bool
                do throws(PythonError) { wanted = try keep(p, function, item) } catch {
                    t.release(item)
                    throw error
                }
                if wanted { return item }
                t.release(item)
                if t.hasRequest { t.safepoint() }
            }
        }
    }

    // MARK: islice

    /// first: the iterator. Numbers: index of the next item to give, end (-1: none), items taken; buffer[0]: the step.
    private static func slice() {
        P.define(.itertoolsSlice, "islice") { b in
            b.record.pointee.new = { t, _, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    try Arguments.noKeywords(t, "islice", k)
                    try Arguments.count(t, "islice", n, 2, 4)
                    var (start, stop, step) = (0, -1, 1)
                    if n == 2 {
                        stop = try SelectingIterators.bound(
                            t, a[1], -1, "Stop argument for islice() must be None or an integer: 0 <= x <= sys.maxsize.")
                    } else {
                        start = try SelectingIterators.bound(
                            t, a[1], 0, "Indices for islice() must be None or an integer: 0 <= x <= sys.maxsize.")
                        stop = try SelectingIterators.bound(
                            t, a[2], -1, "Stop argument for islice() must be None or an integer: 0 <= x <= sys.maxsize.")
                    }
                    if n == 4 {
                        let message = "Step for islice() must be a positive integer or None."
                        step = try SelectingIterators.bound(t, a[3], 1, message)
                        if step < 1 { throw t.raise(.valueError, message) }
                    }
                    let source = try t.iterate(Value(bits: a[0]))
                    defer { t.release(source) }
                    let made = try P.make(t, .itertoolsSlice, source)
                    let p = P(t, made.bits)
                    p.set(P.number, start)
                    p.set(P.otherNumber, stop)
                    do throws(PythonError) { try p.makeNumbers(1) } catch {
                        t.release(made)
                        throw error
                    }
                    p.numbers[0] = step
                    return made
                }
            }
            b.record.pointee.next = { raw, v in
                P.next(raw, v) { (t, p) throws(PythonError) -> Value in
                    let source = p.load(P.first)
                    if source.isNull { return .null }
                    defer { t.release(source) }
                    // This thread's share of the items, taken in one step: `skip` to drop and perhaps one to give.
                    let (skip, gives) = p.locked { () -> (Int, Bool) in
                        let (next, stop, taken) = (p.get(P.number), p.get(P.otherNumber), p.get(P.lastNumber))
                        let gives = stop == -1 || next < stop
                        p.set(P.lastNumber, max(taken, gives ? next + 1 : next))
                        if gives {
                            let (following, overflow) = next.addingReportingOverflow(p.numbers[0])
                            p.set(P.number, overflow || (stop != -1 && following > stop) ? (stop == -1 ? Int.max - 1 : stop) : following)
                        }
                        return (next - taken, gives)
                    }
                    do throws(PythonError) {
                        var left = skip
                        while left > 0 {
                            let item = try t.next(source)
                            if item.isNull { break }
                            t.release(item)
                            left -= 1
                            if t.hasRequest { t.safepoint() }
                        }
                        if left <= 0 && gives {
                            let item = try t.next(source)
                            if !item.isNull { return item }
                        }
                    } catch {
                        t.release(p.take(P.first))
                        throw error
                    }
                    t.release(p.take(P.first))
                    return .null
                }
            }
        }
    }

    private static func bound(_ t: Thread, _ bits: UInt64, _ missing: Int, _ message: String) throws(PythonError) -> Int {
        let v = Value(bits: bits)
        if v.isNone { return missing }
        do throws(PythonError) {
            let number = try t.indexInt(v)
            if number >= 0 { return number }
            if number < -1 && missing < 1 {
                _ = t.raise(.valueError, "Indices for islice() must be None or an integer: 0 <= x <= sys.maxsize.")
                throw PythonError()
            }
        } catch {
            if t.raisedMatches(.valueError) { throw error }
            t.clearRaised()
        }
        throw t.raise(.valueError, message)
    }
}
