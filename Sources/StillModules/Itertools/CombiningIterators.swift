// `itertools.chain`, `accumulate`, `starmap`, `pairwise`, `batched`, `zip_longest`.
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry

enum CombiningIterators {
    typealias P = IteratorParts

    static func define() {
        chain()
        accumulate()
        starMap()
        pairwise()
        batched()
        zipLongest()
    }

    /// first: iterator over iterables, second: the iterator in use.
    private static func chain() {
        P.define(.itertoolsChain, "chain") { b in
            b.record.pointee.new = { t, _, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    try Arguments.noKeywords(t, "chain", k)
                    let parts = try t.makeTuple((0..<n).map { t.retain(Value(bits: a[$0])) })
                    defer { t.release(parts) }
                    let outer = try t.iterate(parts)
                    defer { t.release(outer) }
                    return try P.make(t, .itertoolsChain, outer)
                }
            }
            b.classMethod("from_iterable", 1, 1) { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    let outer = try t.iterate(Value(bits: a[0]))
                    defer { t.release(outer) }
                    return try P.make(t, .itertoolsChain, outer)
                }
            }
            b.record.pointee.next = { raw, v in
                P.next(raw, v) { (t, p) throws(PythonError) -> Value in
                    while true {
                        let active = p.load(P.second)
                        if !active.isNull {
                            defer { t.release(active) }
                            let item = try t.next(active)
                            if !item.isNull { return item }
                            // Another thread may have gone on already.
                            _ = p.replace(P.second, active, owned: .null)
                        }
                        if t.hasRequest { t.safepoint() }
                        let next: Value
                        do throws(PythonError) {
                            let iterable = try p.nextItem(P.first)
                            if iterable.isNull {
                                t.release(p.take(P.first))
                                let other = p.load(P.second)
                                if other.isNull { return .null }
                                t.release(other)
                                continue
                            }
                            defer { t.release(iterable) }
                            next = try t.iterate(iterable)
                        } catch {
                            t.release(p.take(P.first))
                            throw error
                        }
                        if !p.replace(P.second, .null, owned: next) {
                            // Another thread opened the next part meanwhile: this one's goes in front, nothing is lost.
                            try CombiningIterators.reopen(t, p, next)
                        }
                    }
                }
            }
        }
    }

    /// Two threads opened a part at once: both parts follow one another, as one active iterator.
    private static func reopen(_ t: Thread, _ p: IteratorParts, _ mine: Value) throws(PythonError) {
        let other = p.take(P.second)
        if other.isNull {
            p.store(P.second, owned: mine)
            return
        }
        let both = try t.makeTuple([other, mine])
        defer { t.release(both) }
        let outer = try t.iterate(both)
        defer { t.release(outer) }
        let joined = try P.make(t, .itertoolsChain, outer)
        if !p.replace(P.second, .null, owned: joined) { try reopen(t, p, joined) }
    }

    /// first: the iterator, second: the total, third: the function, fourth: the initial value until it is given.
    private static func accumulate() {
        P.define(.itertoolsAccumulate, "accumulate") { b in
            b.record.pointee.new = { t, _, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    let v = try Arguments.parse(
                        t, function: "accumulate", a, n, k, names: ["iterable", "func", "initial"], required: 1, keywordOnly: 1)
                    let source = try t.iterate(v[0])
                    defer { t.release(source) }
                    return try P.make(
                        t, .itertoolsAccumulate, source, .null, v[1].isNone ? .null : v[1], v[2].isNone ? .null : v[2])
                }
            }
            b.record.pointee.next = { raw, v in
                P.next(raw, v) { (t, p) throws(PythonError) -> Value in
                    let initial = p.take(P.fourth)
                    if !initial.isNull {
                        p.store(P.second, owned: t.retain(initial))
                        return initial
                    }
                    let item = try p.nextItem(P.first)
                    if item.isNull { return .null }
                    let total = p.load(P.second)
                    if total.isNull {
                        p.store(P.second, owned: t.retain(item))
                        return item
                    }
                    defer { t.release(item) }
                    defer { t.release(total) }
                    let function = p.load(P.third)
                    defer { t.release(function) }
                    let result = function.isNull ? try t.binary(.add, total, item) : try t.call(function, total, item)
                    p.store(P.second, owned: t.retain(result))
                    return result
                }
            }
        }
    }

    /// first: the iterator, second: the function.
    private static func starMap() {
        P.define(.itertoolsStarMap, "starmap") { b in
            b.record.pointee.new = { t, _, a, n, k in SelectingIterators.new(t, .itertoolsStarMap, "starmap", a, n, k) }
            b.record.pointee.next = { raw, v in
                P.next(raw, v) { (t, p) throws(PythonError) -> Value in
                    let function = p.load(P.second)
                    if function.isNull { return .null }
                    defer { t.release(function) }
                    let item = try p.nextItem(P.first)
                    if item.isNull { return .null }
                    defer { t.release(item) }
                    let arguments = try t.tupleFrom(item)
                    defer { t.release(arguments) }
                    let tuple = TupleRef(arguments)
                    if tuple.count == 1 { return try t.call(function, tuple.item(0)) }
                    if tuple.count == 2 { return try t.call(function, tuple.item(0), tuple.item(1)) }
                    return try t.call(function, list: (0..<tuple.count).map { tuple.item($0) })
                }
            }
        }
    }

    /// first: the iterator, second: the item before.
    private static func pairwise() {
        P.define(.itertoolsPairwise, "pairwise") { b in
            b.record.pointee.new = { t, _, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    try Arguments.noKeywords(t, "pairwise", k)
                    try Arguments.count(t, "pairwise", n, 1, 1)
                    let source = try t.iterate(Value(bits: a[0]))
                    defer { t.release(source) }
                    return try P.make(t, .itertoolsPairwise, source)
                }
            }
            b.record.pointee.next = { raw, v in
                P.next(raw, v) { (t, p) throws(PythonError) -> Value in
                    var before = p.load(P.second)
                    if before.isNull {
                        before = try p.nextItem(P.first)
                        if before.isNull {
                            t.release(p.take(P.first))
                            return .null
                        }
                        p.store(P.second, owned: t.retain(before))
                    }
                    let item: Value
                    do throws(PythonError) { item = try p.nextItem(P.first) } catch {
                        t.release(before)
                        t.release(p.take(P.first))
                        throw error
                    }
                    if item.isNull {
                        t.release(before)
                        t.release(p.take(P.first))
                        t.release(p.take(P.second))
                        return .null
                    }
                    p.store(P.second, owned: t.retain(item))
                    return try t.makeTuple([before, item])
                }
            }
        }
    }

    /// first: the iterator. number: the size, otherNumber: 1 when short batches are errors.
    private static func batched() {
        P.define(.itertoolsBatched, "batched") { b in
            b.record.pointee.new = { t, _, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    let v = try Arguments.parse(
                        t, function: "batched", a, n, k, names: ["iterable", "n", "strict"], required: 2, keywordOnly: 1)
                    let size = try t.indexInt(v[1])
                    if size < 1 { throw t.raise(.valueError, "n must be at least one") }
                    let isStrict = v[2].isNull ? false : try t.isTrue(v[2])
                    let source = try t.iterate(v[0])
                    defer { t.release(source) }
                    let made = try P.make(t, .itertoolsBatched, source)
                    P(t, made.bits).set(P.number, size)
                    P(t, made.bits).set(P.otherNumber, isStrict ? 1 : 0)
                    return made
                }
            }
            b.record.pointee.next = { raw, v in
                P.next(raw, v) { (t, p) throws(PythonError) -> Value in
                    let size = p.get(P.number)
                    var items: [Value] = []
                    while items.count < size {
                        let item: Value
                        do throws(PythonError) { item = try p.nextItem(P.first) } catch {
                            for item in items { t.release(item) }
                            t.release(p.take(P.first))
                            throw error
                        }
                        if item.isNull { break }
                        items.append(item)
                        if t.hasRequest { t.safepoint() }
                    }
                    if items.count == size { return try t.makeTuple(items) }
                    t.release(p.take(P.first))
                    if items.isEmpty { return .null }
                    if p.get(P.otherNumber) != 0 {
                        for item in items { t.release(item) }
                        throw t.raise(.valueError, "batched(): incomplete batch")
                    }
                    return try t.makeTuple(items)
                }
            }
        }
    }

    /// first: tuple of the iterators, second: the fill value. number: iterators left; the buffer says which are exhausted.
    private static func zipLongest() {
        P.define(.itertoolsZipLongest, "zip_longest") { b in
            b.record.pointee.new = { t, _, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    let fill = try P.keyword(t, "zip_longest", "fillvalue", a, n, k)
                    let sources = try P.iterators(t, a, n)
                    defer { t.release(sources) }
                    let made = try P.make(t, .itertoolsZipLongest, sources, fill.isNull ? .none : fill)
                    let p = P(t, made.bits)
                    p.set(P.number, n)
                    do throws(PythonError) { try p.makeNumbers(n) } catch {
                        t.release(made)
                        throw error
                    }
                    return made
                }
            }
            b.record.pointee.next = { raw, v in
                P.next(raw, v) { (t, p) throws(PythonError) -> Value in
                    let sources = p.load(P.first)
                    if sources.isNull { return .null }
                    defer { t.release(sources) }
                    let fill = p.load(P.second)
                    defer { t.release(fill) }
                    let count = TupleRef(sources).count
                    if count == 0 || p.get(P.number) <= 0 { return .null }
                    var items: [Value] = []
                    items.reserveCapacity(count)
                    for index in 0..<count {
                        var item = Value.null
                        if p.locked({ p.numbers[index] == 0 }) {
                            do throws(PythonError) { item = try t.next(TupleRef(sources).item(index)) } catch {
                                for item in items { t.release(item) }
                                p.set(P.number, 0)
                                throw error
                            }
                            if item.isNull {
                                let left = p.locked { () -> Int in
                                    if p.numbers[index] == 0 {
                                        p.numbers[index] = 1
                                        p.set(P.number, p.get(P.number) - 1)
                                    }
                                    return p.get(P.number)
                                }
                                if left <= 0 {
                                    for item in items { t.release(item) }
                                    return .null
                                }
                            }
                        }
                        items.append(item.isNull ? t.retain(fill) : item)
                    }
                    return try t.makeTuple(items)
                }
            }
        }
    }
}
