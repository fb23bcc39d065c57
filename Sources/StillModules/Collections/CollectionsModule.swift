// The module `_collections`: deque, defaultdict, the fields of named tuples, and counting.
//
//   _tuplegetter   24 index (int)   32 docstring     written before the object is published, and by `__doc__` assignment
import StillObjects
import StillObmalloc
import StillPlatform
public import StillThreadRegistry
public import StillVM

public enum CollectionsModule {
    public static let definition = ModuleDefinition(name: "_collections") { m in
        for (name, id) in [
            ("deque", TypeID.deque), ("defaultdict", .defaultDict), ("_tuplegetter", .tupleGetter),
            ("_deque_iterator", .dequeIterator), ("_deque_reverse_iterator", .dequeReverseIterator),
        ] {
            m.set(name, m.thread.type(id).value)
        }
        PythonPart.run(m, OrderedDictSource.text)
        m.function("_count_elements", 2, 2) { raw, s, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                try CollectionsModule.count(t, Value(bits: a[0]), Value(bits: a[1]))
                return .none
            }
        }
    }

    static func defineTypes() {
        DequeType.define()
        DefaultDictType.define()
        defineGetter()
    }

    /// Adds one to a mapping's value for each item.
    private static func count(_ t: Thread, _ mapping: Value, _ items: Value) throws(PythonError) {
        let iterator = try t.iterate(items)
        defer { t.release(iterator) }
        // Subclasses of dict that store or look up in their own way are asked.
        let name = Interning.intern("get")
        let get = try t.getAttribute(mapping, name)
        defer { t.release(get) }
        while true {
            let item = try t.next(iterator)
            if item.isNull { return }
            defer { t.release(item) }
            let old = try t.call(get, item, Value(smallInt: 0))
            defer { t.release(old) }
            let new = try t.binary(.add, old, Value(smallInt: 1))
            defer { t.release(new) }
            try t.setItem(mapping, item, new)
            if t.hasRequest { t.safepoint() }
        }
    }

    private static func defineGetter() {
        StaticTypes.define(
            .tupleGetter, "_tuplegetter", module: "collections", basicSize: 40, flags: TypeFlags.collectable
        ) { b in
            b.record.pointee.memory.traverse = { object, visitor in FixedFields.traverse(object, visitor, 24, 40) }
            b.record.pointee.memory.clear = { t, object in FixedFields.clear(Thread(t), object, 24, 40) }
            b.record.pointee.memory.deallocate = { t, object in FixedFields.deallocate(Thread(t), object, 24, 40) }
            b.record.pointee.new = { raw, _, a, n, k in
                returning(raw) { (t) throws(PythonError) -> Value in
                    try Arguments.noKeywords(t, "_tuplegetter", k)
                    try Arguments.count(t, "_tuplegetter", n, 2, 2)
                    let index = try t.indexInt(Value(bits: a[0]))
                    let object = try t.allocateInstance(of: t.type(.tupleGetter))
                    object.setField(24, Value(smallInt: index))
                    object.setField(32, t.retain(Value(bits: a[1])))
                    return Value(object)
                }
            }
            b.record.pointee.descriptorGet = { raw, f, receiver, _ in
                returning(raw) { (t) throws(PythonError) -> Value in
                    let object = Value(bits: receiver)
                    if object.isNull || object.isNone { return t.retain(Value(bits: f)) }
                    let index: Value = Value(bits: f).object.field(24)
                    guard t.isTuple(object) else {
                        throw t.raise(
                            .typeError,
                            "descriptor for index '\(index.smallInt)' for tuple subclasses doesn't apply to '\(t.typeName(object))' object")
                    }
                    guard index.smallInt >= 0, index.smallInt < TupleRef(object).count else {
                        throw t.raise(.indexError, "tuple index out of range")
                    }
                    return t.retain(TupleRef(object).item(index.smallInt))
                }
            }
            b.record.pointee.descriptorSet = { raw, f, object, value in
                storing(raw) { (t) throws(PythonError) -> Int in
                    throw t.raise(.attributeError, value == 0 ? "can't delete attribute" : "can't set attribute")
                }
            }
            b.property(
                "__doc__", get: { raw, s in SharedSlot.load(Thread(raw), Value(bits: s).object, 32).bits },
                set: { raw, s, value in
                    SharedSlot.store(Thread(raw), Value(bits: s).object, 32, value == 0 ? .none : Value(bits: value))
                    return 0
                })
            b.method("__reduce__", 0, 0) { raw, s, _, _, _ in
                returning(raw) { (t) throws(PythonError) -> Value in
                    let object = Value(bits: s).object
                    let arguments = try t.makeTuple([object.field(24, as: Value.self), SharedSlot.load(t, object, 32)])
                    return try t.makeTuple([t.retain(t.type(.tupleGetter).value), arguments])
                }
            }
        }
    }
}
