// Methods of deques other than those that add and take items at the ends.
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import StillVM

enum DequeMethods {
    /// A deque of the same type, items and limit. Owned.
    static func copy(_ t: Thread, _ v: Value) throws(PythonError) -> Value {
        let limit = DequeRef(v).limit
        if t.typeOf(v) == t.type(.deque) {
            let object = try t.allocateInstance(of: t.type(.deque))
            DequeRef(object).setLimit(limit)
            return try DequeType.releasing(t, Value(object)) { () throws(PythonError) in
                try DequeType.extend(t, DequeRef(object), v, left: false)
            }
        }
        return limit < 0 ? try t.call(t.typeOf(v).value, v) : try t.call(t.typeOf(v).value, v, t.makeInt(limit))
    }

    static func add(to b: TypeBuilder) {
        b.method("copy", 0, 0) { raw, s, _, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in try DequeMethods.copy(t, Value(bits: s)) }
        }
        b.method("__copy__", 0, 0) { raw, s, _, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in try DequeMethods.copy(t, Value(bits: s)) }
        }
        b.method("count", 1, 1) { raw, s, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let deque = DequeRef(s)
                let changes = deque.changes
                let items = deque.snapshot(t)
                defer { for item in items { t.release(item) } }
                var count = 0
                for item in items {
                    if try t.equal(item, Value(bits: a[0])) { count += 1 }
                    if deque.changes != changes { throw t.raise(.runtimeError, "deque mutated during iteration") }
                }
                return Value(smallInt: count)
            }
        }
        b.method("index", 1, 3) { raw, s, a, n, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let deque = DequeRef(s)
                var start = n > 1 ? try t.indexInt(Value(bits: a[1]), overflow: nil) : 0
                var end = n > 2 ? try t.indexInt(Value(bits: a[2]), overflow: nil) : Int.max
                if start < 0 { start = max(0, start + deque.count) }
                if end < 0 { end = max(0, end + deque.count) }
                if let found = try DequeType.position(t, deque, Value(bits: a[0]), start, end) { return Value(smallInt: found) }
                let text = try t.repr(Value(bits: a[0]))
                defer { t.release(text) }
                throw t.raise(.valueError, "\(StrRef(text).string) is not in deque")
            }
        }
        b.method("insert", 2, 2) { raw, s, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let index = try t.indexInt(Value(bits: a[0]), overflow: nil)
                let item = t.retain(Value(bits: a[1]))
                switch DequeRef(s).insert(t, index, owned: item) {
                case .done: return .none
                case .full:
                    t.release(item)
                    throw t.raise(.indexError, "deque already at its maximum size")
                case .noMemory:
                    t.release(item)
                    throw t.noMemory()
                }
            }
        }
        b.method("remove", 1, 1) { raw, s, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let deque = DequeRef(s)
                let changes = deque.changes
                var index = 0
                while true {
                    let item = deque.item(t, index)
                    if item.isNull { break }
                    defer { t.release(item) }
                    let matches = try t.equal(item, Value(bits: a[0]))
                    if deque.changes != changes { throw t.raise(.indexError, "deque mutated during remove().") }
                    if matches {
                        let removed = deque.remove(t, index, expected: item)
                        if removed.isNull { throw t.raise(.indexError, "deque mutated during remove().") }
                        t.release(removed)
                        return .none
                    }
                    index += 1
                }
                let text = try t.repr(Value(bits: a[0]))
                defer { t.release(text) }
                throw t.raise(.valueError, "\(StrRef(text).string) is not in deque")
            }
        }
        b.method("reverse", 0, 0) { raw, s, _, _, _ in
            DequeRef(s).reverse(Thread(raw))
            return Value.none.bits
        }
        b.method("rotate", 0, 1) { raw, s, a, n, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                DequeRef(s).rotate(t, n == 0 ? 1 : try t.indexInt(Value(bits: a[0])))
                return .none
            }
        }
        b.method("__reversed__", 0, 0) { raw, s, _, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in try DequeIterators.make(t, .dequeReverseIterator, Value(bits: s)) }
        }
        b.method("__reduce__", 0, 0) { raw, s, _, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let own = Value(bits: s)
                let limit = DequeRef(own).limit
                let state = try t.callMethod(own, Interning.intern("__getstate__"))
                let arguments = limit < 0 ? try t.makeTuple([]) : try t.makeTuple([try t.makeTuple([]), try t.makeInt(limit)])
                return try t.makeTuple([t.retain(t.typeOf(own).value), arguments, state, t.iterate(own)])
            }
        }
        b.getter("maxlen") { raw, s in
            let limit = DequeRef(s).limit
            return limit < 0 ? Value.none.bits : Value(smallInt: limit).bits
        }
        b.classMethod("__class_getitem__", 1, 1) { raw, s, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in try t.makeGenericAlias(Value(bits: s), Value(bits: a[0])) }
        }
    }
}

/// Iterators: first the deque; number: items given; other number: changes at the start; last number: length at the start.
enum DequeIterators {
    typealias P = IteratorParts

    static func make(_ t: Thread, _ id: TypeID, _ deque: Value) throws(PythonError) -> Value {
        let made = try P.make(t, id, deque)
        P(t, made.bits).set(P.otherNumber, Int(truncatingIfNeeded: DequeRef(deque).changes))
        P(t, made.bits).set(P.lastNumber, DequeRef(deque).count)
        return made
    }

    static func define() {
        define(.dequeIterator, "_deque_iterator") { raw, v in DequeIterators.next(raw, v, backwards: false) }
        define(.dequeReverseIterator, "_deque_reverse_iterator") { raw, v in DequeIterators.next(raw, v, backwards: true) }
    }
    private static func define(_ id: TypeID, _ name: String, _ next: @escaping Slot.Unary) {
        StaticTypes.define(
            id, name, module: "collections", basicSize: P.bytes, flags: TypeFlags.collectable
        ) { b in
            P.common(b)
            b.record.pointee.next = next
            b.method("__length_hint__", 0, 0) { raw, s, _, _, _ in
                let p = P(Thread(raw), s)
                return Value(smallInt: max(0, p.get(P.lastNumber) - p.get(P.number))).bits
            }
        }
    }

    private static func next(_ raw: UnsafeMutableRawPointer, _ v: UInt64, backwards: Bool) -> UInt64 {
        P.next(raw, v) { (t, p) throws(PythonError) -> Value in
            let source = p.load(P.first)
            if source.isNull { return .null }
            defer { t.release(source) }
            let deque = DequeRef(source)
            let changes = UInt64(truncatingIfNeeded: p.get(P.otherNumber))
            let length = p.get(P.lastNumber)
            if deque.changes != changes {
                p.set(P.lastNumber, 0)
                throw t.raise(.runtimeError, "deque mutated during iteration")
            }
            if p.get(P.number) >= length { return .null }
            let index = p.advance(P.number, by: 1)
            if index >= length { return .null }
            let item = deque.item(t, backwards ? length - 1 - index : index, ifChanges: changes)
            if item.isNull {
                p.set(P.lastNumber, 0)
                throw t.raise(.runtimeError, "deque mutated during iteration")
            }
            return item
        }
    }
}
