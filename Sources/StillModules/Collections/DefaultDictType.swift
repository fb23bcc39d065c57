// The type `collections.defaultdict`: a dict (24 table, 32 count) with a factory at 40 (shared slot, null for None).
//
// Sharing   Of threads that miss the same key at once each calls the factory; all get the value that was stored first.
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import StillVM

enum DefaultDictType {
    private static let factory = 40

    static func define() {
        StaticTypes.define(
            .defaultDict, "defaultdict", module: "collections", base: .dict, basicSize: 48,
            flags: TypeFlags.baseType | TypeFlags.collectable | TypeFlags.dictSubclass | TypeFlags.patternMapping
                | TypeFlags.weaklyReferencable
        ) { b in
            b.operators([.or], reflected: [.or], inPlace: [.or])
            memory(b.record)
            slots(b.record)
            methods(b)
        }
    }

    private static func memory(_ r: UnsafeMutablePointer<TypeRecord>) {
        r.pointee.memory.traverse = { object, visitor in
            if visitor.trace.pointee.firstItem == 0 { FixedFields.traverse(object, visitor, DefaultDictType.factory, 48) }
            StaticTypes.record(.dict).record.pointee.memory.traverse!(object, visitor)
        }
        r.pointee.memory.clear = { raw, object in
            FixedFields.clear(Thread(raw), object, DefaultDictType.factory, 48)
            StaticTypes.record(.dict).record.pointee.memory.clear!(raw, object)
        }
        r.pointee.memory.deallocate = { raw, object in
            let ref = ObjectRef(object)
            if TypeRef(ref.typeRaw).has(TypeFlags.heapType) && Finalizer.run(Thread(raw), ref) { return }
            Thread(raw).release(SharedSlot.exchange(Thread(raw), ref, DefaultDictType.factory, owned: .null))
            StaticTypes.record(.dict).record.pointee.memory.deallocate!(raw, object)
        }
    }

    private static func slots(_ r: UnsafeMutablePointer<TypeRecord>) {
        r.pointee.initialize = { raw, s, a, n, k in
            storing(raw) { (t) throws(PythonError) -> Int in
                let own = Value(bits: s)
                let factory = n > 0 && !Value(bits: a[0]).isNone ? Value(bits: a[0]) : .null
                if !factory.isNull && t.typeOf(factory).record.pointee.call == nil {
                    throw t.raise(.typeError, "first argument must be callable or None")
                }
                SharedSlot.store(t, own.object, DefaultDictType.factory, factory)
                return try t.checked(
                    StaticTypes.record(.dict).record.pointee.initialize!(raw, s, n > 0 ? a + 1 : a, max(0, n - 1), k))
            }
        }
        r.pointee.repr = { raw, v in
            returning(raw) { (t) throws(PythonError) -> Value in
                let own = Value(bits: v)
                let dict = try t.checked(StaticTypes.record(.dict).record.pointee.repr!(raw, v))
                defer { t.release(dict) }
                let factory = SharedSlot.load(t, own.object, DefaultDictType.factory)
                defer { t.release(factory) }
                var shown = "None"
                if !factory.isNull {
                    if try !t.reprEnter(own.object) { shown = "..." } else {
                        defer { t.reprLeave(own.object) }
                        let text = try t.repr(factory)
                        defer { t.release(text) }
                        shown = StrRef(text).string
                    }
                }
                return try t.makeString("\(t.typeName(own))(\(shown), \(StrRef(dict).string))")
            }
        }
        r.pointee.binary = { raw, op, a, b in
            returning(raw) { (t) throws(PythonError) -> Value in
                guard BinaryOperator(rawValue: op)! == .or, t.isDict(Value(bits: a)), t.isDict(Value(bits: b)) else {
                    return .notImplemented
                }
                let own = t.isSubtype(t.typeOf(Value(bits: a)), t.type(.defaultDict)) ? Value(bits: a) : Value(bits: b)
                let made = try DefaultDictType.like(t, own)
                do throws(PythonError) {
                    try DictRef(made).update(t, Value(bits: a))
                    try DictRef(made).update(t, Value(bits: b))
                } catch {
                    t.release(made)
                    throw error
                }
                return made
            }
        }
    }

    /// An empty one with the same type and factory. Owned.
    private static func like(_ t: Thread, _ own: Value) throws(PythonError) -> Value {
        let factory = SharedSlot.load(t, own.object, DefaultDictType.factory)
        defer { t.release(factory) }
        return try t.call(t.typeOf(own).value, factory.isNull ? .none : factory)
    }

    private static func methods(_ b: TypeBuilder) {
        b.method("__missing__", 1, 1) { raw, s, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let (own, key) = (Value(bits: s), Value(bits: a[0]))
                let factory = SharedSlot.load(t, own.object, DefaultDictType.factory)
                if factory.isNull { throw t.keyError(key) }
                defer { t.release(factory) }
                let value = try t.call(factory)
                if t.typeOf(own) != t.type(.defaultDict) {
                    // A subclass may store in its own way.
                    do throws(PythonError) { try t.setItem(own, key, value) } catch {
                        t.release(value)
                        throw error
                    }
                    return value
                }
                do throws(PythonError) {
                    let present = try DictRef(own).store(t, key, hash: t.hash(key), value, onlyIfAbsent: true)
                    if present.isNull { return value }
                    t.release(value)
                    return present
                } catch {
                    t.release(value)
                    throw error
                }
            }
        }
        for name in ["copy", "__copy__"] {
            b.method(name, 0, 0) { raw, s, _, _, _ in
                returning(raw) { (t) throws(PythonError) -> Value in
                    let own = Value(bits: s)
                    let factory = SharedSlot.load(t, own.object, DefaultDictType.factory)
                    defer { t.release(factory) }
                    return try t.call(t.typeOf(own).value, factory.isNull ? .none : factory, own)
                }
            }
        }
        b.method("__reduce__", 0, 0) { raw, s, _, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let own = Value(bits: s)
                let factory = SharedSlot.load(t, own.object, DefaultDictType.factory)
                let arguments = factory.isNull ? try t.makeTuple([]) : try t.makeTuple([factory])
                let items = try t.callMethod(own, Interning.intern("items"))
                defer { t.release(items) }
                return try t.makeTuple([t.retain(t.typeOf(own).value), arguments, .none, .none, t.iterate(items)])
            }
        }
        b.property(
            "default_factory",
            get: { raw, s in
                let factory = SharedSlot.load(Thread(raw), Value(bits: s).object, DefaultDictType.factory)
                return factory.isNull ? Value.none.bits : factory.bits
            },
            set: { raw, s, value in
                let new = Value(bits: value)
                SharedSlot.store(Thread(raw), Value(bits: s).object, DefaultDictType.factory, new.isNone ? .null : new)
                return 0
            })
    }
}
