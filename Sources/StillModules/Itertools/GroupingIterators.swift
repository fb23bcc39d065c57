// `itertools.groupby` and its groups, `itertools.tee`.
//
// Ordering  (G1) a count of zero is acquired: what others did with a link before they gave their counts back is done.
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import StillVM
import Synchronization

enum GroupingIterators {
    typealias P = IteratorParts

    static func define() {
        groups()
        tees()
    }

    // MARK: groupby

    /// groupby: first the iterator, second the key function, third the current key, fourth the current item until it is given, fifth the key
    /// of the group in use; number: which group is in use. Group: first its groupby, second its key; number: which one it is.
    private static func groups() {
        P.define(.itertoolsGroupBy, "groupby") { b in
            b.record.pointee.new = { t, _, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    let v = try Arguments.parse(t, function: "groupby", a, n, k, names: ["iterable", "key"], required: 1)
                    let source = try t.iterate(v[0])
                    defer { t.release(source) }
                    return try P.make(t, .itertoolsGroupBy, source, v[1].isNone ? .null : v[1])
                }
            }
            b.record.pointee.next = { raw, v in
                P.next(raw, v) { (t, p) throws(PythonError) -> Value in
                    // Groups made before give nothing from here on.
                    let number = p.advance(P.number, by: 1) + 1
                    let used = p.load(P.fifth)
                    defer { t.release(used) }
                    while true {
                        let key = p.load(P.third)
                        if !key.isNull {
                            var isNew = used.isNull
                            if !isNew {
                                do throws(PythonError) { isNew = try !t.equal(used, key) } catch {
                                    t.release(key)
                                    throw error
                                }
                            }
                            if isNew {
                                p.store(P.fifth, owned: t.retain(key))
                                let group: Value
                                do throws(PythonError) { group = try P.make(t, .itertoolsGrouper, Value(p.object), key) } catch {
                                    t.release(key)
                                    throw error
                                }
                                P(t, group.bits).set(P.number, number)
                                return try t.makeTuple([key, group])
                            }
                            t.release(key)
                        }
                        if try !GroupingIterators.step(t, p) { return .null }
                        if t.hasRequest { t.safepoint() }
                    }
                }
            }
        }
        P.define(.itertoolsGrouper, "_grouper") { b in
            b.record.pointee.flags |= TypeFlags.notInstantiable
            b.record.pointee.next = { raw, v in
                P.next(raw, v) { (t, p) throws(PythonError) -> Value in
                    let parent = p.load(P.first)
                    if parent.isNull { return .null }
                    defer { t.release(parent) }
                    let own = p.load(P.second)
                    defer { t.release(own) }
                    let q = P(t, parent.bits)
                    while true {
                        if q.get(P.number) != p.get(P.number) { return .null }
                        let waiting = q.load(P.fourth)
                        if waiting.isNull {
                            if try !GroupingIterators.step(t, q) { return .null }
                        }
                        t.release(waiting)
                        let key = q.load(P.third)
                        if key.isNull { return .null }
                        defer { t.release(key) }
                        if try !t.equal(own, key) { return .null }
                        let item = q.take(P.fourth)
                        // Null: another thread took it.
                        if !item.isNull { return item }
                    }
                }
            }
        }
    }

    /// Fetches the next item and its key: false when there is none.
    private static func step(_ t: Thread, _ p: IteratorParts) throws(PythonError) -> Bool {
        let item = try p.nextItem(P.first)
        if item.isNull { return false }
        let function = p.load(P.second)
        defer { t.release(function) }
        let key: Value
        do throws(PythonError) { key = function.isNull ? t.retain(item) : try t.call(function, item) } catch {
            t.release(item)
            throw error
        }
        p.store(P.third, owned: key)
        p.store(P.fourth, owned: item)
        return true
    }

    // MARK: tee

    /// What the iterators of one tee share is a chain of links, one for each item: first the source, second the item, third the next
    /// link. A link's item never changes; the next link is added once. Each iterator holds (first) the link of the last item it gave.
    private static func tees() {
        P.define(.itertoolsTeeLink, "_tee_dataobject") { b in
            b.record.pointee.flags |= TypeFlags.notInstantiable
            b.record.pointee.memory.deallocate = { raw, object in
                let t = Thread(raw)
                // A long chain that nobody else holds is freed link by link, not by recursion.
                var next = P(t, ObjectRef(object).address).take(P.third)
                GroupingIterators.freeLink(t, object)
                while !next.isNull {
                    let link = P(t, next.bits)
                    guard GroupingIterators.isOnlyReference(t, link.object) else {
                        t.release(next)
                        return
                    }
                    let after = link.take(P.third)
                    t.release(next)
                    next = after
                }
            }
        }
        P.define(.itertoolsTee, "_tee") { b in
            b.record.pointee.new = { t, _, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    try Arguments.noKeywords(t, "_tee", k)
                    try Arguments.count(t, "_tee", n, 1, 1)
                    return try GroupingIterators.makeTee(t, Value(bits: a[0]))
                }
            }
            b.method("__copy__", 0, 0) { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    let link = P(t, s).load(P.first)
                    defer { t.release(link) }
                    return try P.make(t, .itertoolsTee, link)
                }
            }
            b.record.pointee.next = { raw, v in
                P.next(raw, v) { (t, p) throws(PythonError) -> Value in
                    while true {
                        let link = p.load(P.first)
                        if link.isNull { return .null }
                        defer { t.release(link) }
                        var next = P(t, link.bits).load(P.third)
                        if next.isNull {
                            if try !GroupingIterators.fetch(t, link) { return .null }
                            next = P(t, link.bits).load(P.third)
                            if next.isNull { return .null }
                        }
                        let item = P(t, next.bits).load(P.second)
                        if p.replace(P.first, link, owned: next) { return item }
                        // Another thread took this item.
                        t.release(next)
                        t.release(item)
                    }
                }
            }
        }
    }

    /// The only count on a link is the caller's.
    private static func isOnlyReference(_ t: Thread, _ object: ObjectRef) -> Bool {
        object.owner == t.ownerSlot && object.local.pointee == 1
            && object.sharedWord.pointee.load(ordering: .acquiring) & ~SharedFlags.all == 0  // G1
    }
    private static func freeLink(_ t: Thread, _ object: UnsafeMutableRawPointer) {
        rawFree(ObjectRef(object).field(P.buffer, as: UnsafeMutableRawPointer?.self))
        FixedFields.deallocate(t, object, 24, 64)
    }

    /// Fetches an item and adds a link for it at the end of the chain: false when there is none.
    private static func fetch(_ t: Thread, _ link: Value) throws(PythonError) -> Bool {
        let item = try P(t, link.bits).nextItem(P.first)
        if item.isNull { return false }
        defer { t.release(item) }
        let source = P(t, link.bits).load(P.first)
        defer { t.release(source) }
        let made = try P.make(t, .itertoolsTeeLink, source, item)
        // Another thread may have fetched too: its item comes first.
        var last = t.retain(link)
        while !P(t, last.bits).replace(P.third, .null, owned: made) {
            let next = P(t, last.bits).load(P.third)
            t.release(last)
            if next.isNull {
                t.release(made)
                return false
            }
            last = next
        }
        t.release(last)
        return true
    }

    static func makeTee(_ t: Thread, _ iterable: Value) throws(PythonError) -> Value {
        let source = try t.iterate(iterable)
        defer { t.release(source) }
        let link = try P.make(t, .itertoolsTeeLink, source)
        defer { t.release(link) }
        return try P.make(t, .itertoolsTee, link)
    }

    /// The function `tee`.
    static func tee(_ t: Thread, _ iterable: Value, _ count: Int) throws(PythonError) -> Value {
        if count < 0 { throw t.raise(.valueError, "n must be >= 0") }
        if count == 0 { return t.emptyTuple }
        let source = try t.iterate(iterable)
        defer { t.release(source) }
        let name = Interning.intern("__copy__")
        var copier = try t.getAttributeOrNull(source, name)
        var list: [Value] = []
        do throws(PythonError) {
            if copier.isNull {
                list.append(try makeTee(t, source))
                copier = try t.getAttribute(list[0], name)
            } else {
                list.append(t.retain(source))
            }
            while list.count < count { list.append(try t.call(copier)) }
        } catch {
            t.release(copier)
            for item in list { t.release(item) }
            throw error
        }
        t.release(copier)
        return try t.makeTuple(list)
    }
}
