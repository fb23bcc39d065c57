// The type `collections.deque` and its iterators.
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import StillVM

enum DequeType {
    static func define() {
        StaticTypes.define(
            .deque, "deque", module: "collections", basicSize: DequeRef.bytes,
            flags: TypeFlags.baseType | TypeFlags.collectable | TypeFlags.weaklyReferencable | TypeFlags.patternSequence
        ) { b in
            b.operators([.add, .multiply], reflected: [.multiply], inPlace: [.add, .multiply])
            memory(b.record)
            creation(b.record)
            items(b.record)
            operators(b.record)
            b.constant("__hash__", .none)
            b.record.pointee.hash = nil
            ends(b)
            DequeMethods.add(to: b)
        }
        DequeIterators.define()
    }

    private static func memory(_ r: UnsafeMutablePointer<TypeRecord>) {
        r.pointee.memory.traverse = { object, visitor in
            DequeRef(ObjectRef(object)).traverse(visitor)
            if visitor.trace.pointee.firstItem == 0 && TypeRef(ObjectRef(object).typeRaw).has(TypeFlags.heapType) {
                InstanceLayout.traverseExtra(object, visitor)
            }
        }
        r.pointee.memory.clear = { raw, object in
            DequeRef(ObjectRef(object)).clear(Thread(raw))
            if TypeRef(ObjectRef(object).typeRaw).has(TypeFlags.heapType) {
                InstanceLayout.clearExtra(Thread(raw), ObjectRef(object))
            }
        }
        r.pointee.memory.deallocate = { raw, object in
            let t = Thread(raw)
            let ref = ObjectRef(object)
            if TypeRef(ref.typeRaw).has(TypeFlags.heapType) && InstanceLayout.staysAlive(t, ref) { return }
            if ref.flags & ObjectFlags.weaklyReferenced != 0 { WeakReferences.clear(t, ref) }
            DequeRef(ref).free(t)
            Allocation.free(ref, t)
        }
    }

    private static func creation(_ r: UnsafeMutablePointer<TypeRecord>) {
        r.pointee.new = { raw, type, _, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let object = try t.allocateInstance(of: TypeRef(Value(bits: type)))
                DequeRef(object).setLimit(-1)
                return Value(object)
            }
        }
        r.pointee.initialize = { raw, s, a, n, k in
            storing(raw) { (t) throws(PythonError) -> Int in
                let v = try Arguments.parse(t, function: "deque", a, n, k, names: ["iterable", "maxlen"], required: 0)
                var limit = -1
                if !v[1].isNull && !v[1].isNone {
                    guard t.isInt(v[1]) else { throw t.raise(.typeError, "an integer is required") }
                    limit = try t.indexInt(v[1])
                    if limit < 0 { throw t.raise(.valueError, "maxlen must be non-negative") }
                }
                let deque = DequeRef(s)
                deque.setLimit(limit)
                deque.clear(t)
                if !v[0].isNull { try DequeType.extend(t, deque, v[0], left: false) }
                return 0
            }
        }
        r.pointee.repr = { raw, v in
            returning(raw) { (t) throws(PythonError) -> Value in
                let deque = DequeRef(v)
                if try !t.reprEnter(deque.object) { return try t.makeString("[...]") }
                defer { t.reprLeave(deque.object) }
                let items = deque.snapshot(t)
                defer { for item in items { t.release(item) } }
                var parts: [String] = []
                for item in items {
                    let part = try t.repr(item)
                    parts.append(StrRef(part).string)
                    t.release(part)
                }
                let limit = deque.limit < 0 ? "" : ", maxlen=\(deque.limit)"
                return try t.makeString("\(t.typeName(Value(bits: v)))([\(parts.joined(separator: ", "))]\(limit))")
            }
        }
    }

    private static func items(_ r: UnsafeMutablePointer<TypeRecord>) {
        r.pointee.length = { _, v in DequeRef(v).count }
        r.pointee.iterate = { raw, v in
            returning(raw) { (t) throws(PythonError) -> Value in try DequeIterators.make(t, .dequeIterator, Value(bits: v)) }
        }
        r.pointee.getItem = { raw, v, key in
            returning(raw) { (t) throws(PythonError) -> Value in
                let item = DequeRef(v).item(t, try DequeType.index(t, v, Value(bits: key)))
                if item.isNull { throw t.raise(.indexError, "deque index out of range") }
                return item
            }
        }
        r.pointee.setItem = { raw, v, key, value in
            storing(raw) { (t) throws(PythonError) -> Int in
                let index = try DequeType.index(t, v, Value(bits: key))
                let old: Value
                if value == 0 {
                    old = DequeRef(v).remove(t, index)
                } else {
                    let new = t.retain(Value(bits: value))
                    old = DequeRef(v).replace(t, index, owned: new)
                    if old.isNull { t.release(new) }
                }
                if old.isNull { throw t.raise(.indexError, "deque index out of range") }
                t.release(old)
                return 0
            }
        }
        r.pointee.contains = { raw, v, item in
            storing(raw) { (t) throws(PythonError) -> Int in
                try DequeType.position(t, DequeRef(v), Value(bits: item), 0, Int.max) == nil ? 0 : 1
            }
        }
    }

    private static func index(_ t: Thread, _ v: UInt64, _ key: Value) throws(PythonError) -> Int {
        guard t.isInt(key) || t.typeOf(key).record.pointee.index != nil else {
            throw t.raise(.typeError, "sequence index must be integer, not '\(t.typeName(key))'")
        }
        return try SliceIndices.index(t, key, DequeRef(v).count, "deque")
    }

    /// Where an equal item is, from `start` to before `end`. RuntimeError when the deque changes meanwhile.
    static func position(_ t: Thread, _ deque: DequeRef, _ item: Value, _ start: Int, _ end: Int) throws(PythonError) -> Int? {
        let changes = deque.changes
        var index = start
        while index < end {
            let candidate = deque.item(t, index)
            if candidate.isNull { return nil }
            defer { t.release(candidate) }
            if try t.equal(candidate, item) { return index }
            if deque.changes != changes { throw t.raise(.runtimeError, "deque mutated during iteration") }
            index += 1
        }
        return nil
    }

    private static func operators(_ r: UnsafeMutablePointer<TypeRecord>) {
        r.pointee.compare = { raw, op, a, b in
            returning(raw) { (t) throws(PythonError) -> Value in
                guard DequeType.isDeque(t, Value(bits: a)), DequeType.isDeque(t, Value(bits: b)) else { return .notImplemented }
                let x = try t.makeList(DequeRef(a).snapshot(t))
                defer { t.release(x) }
                let y = try t.makeList(DequeRef(b).snapshot(t))
                defer { t.release(y) }
                return try t.compare(CompareOperator(rawValue: op)!, x, y)
            }
        }
        r.pointee.binary = { raw, op, a, b in
            returning(raw) { (t) throws(PythonError) -> Value in
                let (x, y) = (Value(bits: a), Value(bits: b))
                switch BinaryOperator(rawValue: op)! {
                case .add:
                    guard DequeType.isDeque(t, x) else { return .notImplemented }
                    guard DequeType.isDeque(t, y) else {
                        throw t.raise(.typeError, "can only concatenate deque (not \"\(t.typeName(y))\") to deque")
                    }
                    let made = try DequeMethods.copy(t, x)
                    return try DequeType.releasing(t, made) { () throws(PythonError) in
                        try DequeType.extend(t, DequeRef(made), y, left: false)
                    }
                case .multiply:
                    let (deque, factor) = DequeType.isDeque(t, x) ? (x, y) : (y, x)
                    guard DequeType.isDeque(t, deque), t.typeOf(factor).record.pointee.index != nil else { return .notImplemented }
                    let made = try DequeMethods.copy(t, deque)
                    return try DequeType.releasing(t, made) { () throws(PythonError) in
                        try DequeType.multiply(t, DequeRef(made), factor)
                    }
                default: return .notImplemented
                }
            }
        }
        r.pointee.inPlace = { raw, op, a, b in
            returning(raw) { (t) throws(PythonError) -> Value in
                guard DequeType.isDeque(t, Value(bits: a)) else { return .notImplemented }
                switch BinaryOperator(rawValue: op)! {
                case .add: try DequeType.extend(t, DequeRef(a), Value(bits: b), left: false)
                case .multiply:
                    guard t.typeOf(Value(bits: b)).record.pointee.index != nil else { return .notImplemented }
                    try DequeType.multiply(t, DequeRef(a), Value(bits: b))
                default: return .notImplemented
                }
                return t.retain(Value(bits: a))
            }
        }
    }

    static func isDeque(_ t: Thread, _ v: Value) -> Bool { v.isObject && t.isSubtype(t.typeOf(v), t.type(.deque)) }

    /// `made` after the body, or released when that fails.
    static func releasing(_ t: Thread, _ made: Value, _ body: () throws(PythonError) -> Void) throws(PythonError) -> Value {
        do throws(PythonError) { try body() } catch {
            t.release(made)
            throw error
        }
        return made
    }

    private static func multiply(_ t: Thread, _ deque: DequeRef, _ factor: Value) throws(PythonError) {
        let times = try t.indexInt(factor)
        if times <= 0 {
            deque.clear(t)
            return
        }
        let items = deque.snapshot(t)
        defer { for item in items { t.release(item) } }
        let (total, overflow) = items.count.multipliedReportingOverflow(by: times)
        if deque.limit < 0 && (overflow || total > 1 << 40) { throw t.noMemory() }
        if items.isEmpty { return }
        // A bounded deque keeps the last ones: those of more rounds than it has room for would be lost again.
        let rounds = deque.limit < 0 ? times : min(times, deque.limit / items.count + 2)
        for _ in 1..<max(1, rounds) { for item in items { try deque.push(t, owned: t.retain(item), left: false) } }
    }

    static func extend(_ t: Thread, _ deque: DequeRef, _ source: Value, left: Bool) throws(PythonError) {
        if isDeque(t, source) || t.typeOf(source) == t.type(.list) {
            // At one moment, so that a deque may be extended by itself.
            let items = isDeque(t, source) ? DequeRef(source).snapshot(t) : ListRef(source).snapshot(t)
            var failed = false
            for item in items {
                if failed { t.release(item) } else {
                    do throws(PythonError) { try deque.push(t, owned: item, left: left) } catch { failed = true }
                }
            }
            if failed { throw PythonError() }
            return
        }
        let iterator = try t.iterate(source)
        defer { t.release(iterator) }
        while true {
            let item = try t.next(iterator)
            if item.isNull { return }
            try deque.push(t, owned: item, left: left)
            if t.hasRequest { t.safepoint() }
        }
    }

    private static func ends(_ b: TypeBuilder) {
        b.method("append", 1, 1) { raw, s, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                try DequeRef(s).push(t, owned: t.retain(Value(bits: a[0])), left: false)
                return .none
            }
        }
        b.method("appendleft", 1, 1) { raw, s, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                try DequeRef(s).push(t, owned: t.retain(Value(bits: a[0])), left: true)
                return .none
            }
        }
        b.method("pop", 0, 0) { raw, s, _, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let item = DequeRef(s).pop(t, left: false)
                if item.isNull { throw t.raise(.indexError, "pop from an empty deque") }
                return item
            }
        }
        b.method("popleft", 0, 0) { raw, s, _, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let item = DequeRef(s).pop(t, left: true)
                if item.isNull { throw t.raise(.indexError, "pop from an empty deque") }
                return item
            }
        }
        b.method("extend", 1, 1) { raw, s, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                try DequeType.extend(t, DequeRef(s), Value(bits: a[0]), left: false)
                return .none
            }
        }
        b.method("extendleft", 1, 1) { raw, s, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                try DequeType.extend(t, DequeRef(s), Value(bits: a[0]), left: true)
                return .none
            }
        }
        b.method("clear", 0, 0) { raw, s, _, _, _ in
            DequeRef(s).clear(Thread(raw))
            return Value.none.bits
        }
    }
}
