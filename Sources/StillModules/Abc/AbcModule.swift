// The module `_abc`: registered classes and remembered answers of abstract base classes.
//
//   _abc_data   24 registered classes   32 known subclasses   40 known strangers (sets of weak references, or null; shared slots)
//               48 value of the registration counter that the strangers are true for (atomic)
//
// Sharing   The sets are shared objects like any other. A stranger is added to the set that was current before the question was asked: if a
//           registration came in between, that set has been replaced and the answer is forgotten with it.
// Ordering  (A1) the counter releases a registration, whoever asks acquires it: who sees the new number sees the registered class.
//           (A2) the number of the strangers is stored (release) after the new set; who loads it (acquire) sees that set or a newer one.
import StillObjects
import StillObmalloc
import StillPlatform
public import StillThreadRegistry
public import StillVM
import Synchronization

public enum AbcModule {
    private static let registry = 24, subclasses = 32, strangers = 40, version = 48, bytes = 56
    /// Changes with every registration in the process.
    private static let counter = Atomic<UInt64>(1)

    public static let definition = ModuleDefinition(name: "_abc") { m in
        m.function("get_cache_token", 0, 0) { t, s, a, n, k in
            Value(smallInt: Int(AbcModule.counter.load(ordering: .acquiring))).bits  // A1
        }
        m.function("_abc_init", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                try AbcModule.prepare(t, Value(bits: a[0]))
                return .none
            }
        }
        m.function("_abc_register", 2, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in try AbcModule.register(t, Value(bits: a[0]), Value(bits: a[1])) }
        }
        m.function("_abc_instancecheck", 2, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                Value(try AbcModule.isInstance(t, Value(bits: a[0]), Value(bits: a[1])))
            }
        }
        m.function("_abc_subclasscheck", 2, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                Value(try AbcModule.isSubclass(t, Value(bits: a[0]), Value(bits: a[1])))
            }
        }
        m.function("_get_dump", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let data = try AbcModule.data(t, Value(bits: a[0]))
                defer { t.release(data) }
                var parts: [Value] = []
                for offset in [AbcModule.registry, AbcModule.subclasses, AbcModule.strangers] {
                    let set = SharedSlot.load(t, data.object, offset)
                    parts.append(set.isNull ? try t.makeSet() : set)
                }
                parts.append(try t.makeInt(data.object.atomicWord(AbcModule.version).pointee.load(ordering: .acquiring)))  // A2
                return try t.makeTuple(parts)
            }
        }
        m.function("_reset_registry", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let data = try AbcModule.data(t, Value(bits: a[0]))
                defer { t.release(data) }
                SharedSlot.store(t, data.object, AbcModule.registry, .null)
                return .none
            }
        }
        m.function("_reset_caches", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let data = try AbcModule.data(t, Value(bits: a[0]))
                defer { t.release(data) }
                SharedSlot.store(t, data.object, AbcModule.subclasses, .null)
                SharedSlot.store(t, data.object, AbcModule.strangers, .null)
                return .none
            }
        }
    }

    static func defineTypes() {
        StaticTypes.define(
            .abstractClassData, "_abc_data", module: "_abc", basicSize: bytes,
            flags: TypeFlags.collectable | TypeFlags.notInstantiable
        ) { b in
            b.record.pointee.memory.traverse = { object, visitor in FixedFields.traverse(object, visitor, 24, 48) }
            b.record.pointee.memory.clear = { t, object in FixedFields.clear(Thread(t), object, 24, 48) }
            b.record.pointee.memory.deallocate = { t, object in FixedFields.deallocate(Thread(t), object, 24, 48) }
        }
    }

    // MARK: Making

    private static func prepare(_ t: Thread, _ type: Value) throws(PythonError) {
        let data = try t.allocateInstance(of: t.type(.abstractClassData))
        data.atomicWord(version).pointee.store(counter.load(ordering: .relaxed), ordering: .relaxed)
        defer { t.release(data) }
        try findAbstract(t, type)
        let kind = DictRef(try ownDict(t, type))
        defer { t.release(kind.value) }
        let flags = try kind.get(t, Interning.intern("__abc_tpflags__"))
        defer { t.release(flags) }
        if flags.isSmallInt {
            // CPython's numbers of the flags that pattern matching looks at.
            if flags.smallInt & (1 << 5) != 0 { TypeRef(type).record.pointee.flags |= TypeFlags.patternSequence }
            if flags.smallInt & (1 << 6) != 0 { TypeRef(type).record.pointee.flags |= TypeFlags.patternMapping }
            try t.deleteAttribute(type, Interning.intern("__abc_tpflags__"))
        }
        try t.setAttribute(type, Interning.intern("_abc_impl"), Value(data))
    }

    /// A dict with the class's own attributes. Owned.
    private static func ownDict(_ t: Thread, _ type: Value) throws(PythonError) -> Value {
        let shown = try t.getAttribute(type, Interning.intern("__dict__"))
        defer { t.release(shown) }
        return try t.call(t.type(.dict).value, shown)
    }

    private static func isAbstract(_ t: Thread, _ v: Value) throws(PythonError) -> Bool {
        let mark = try t.getAttributeOrNull(v, Names.__isabstractmethod__)
        if mark.isNull { return false }
        defer { t.release(mark) }
        return try t.isTrue(mark)
    }

    /// Sets `__abstractmethods__`.
    private static func findAbstract(_ t: Thread, _ type: Value) throws(PythonError) {
        let found = try t.makeSet()
        defer { t.release(found) }
        let own = try ownDict(t, type)
        defer { t.release(own) }
        let items = try DictRef(own).items(t)
        defer {
            for item in items {
                t.release(item.key)
                t.release(item.value)
            }
        }
        for item in items where try isAbstract(t, item.value) { try SetRef(found).add(t, item.key) }
        let bases = try t.getAttribute(type, Names.__bases__)
        defer { t.release(bases) }
        for index in 0..<TupleRef(bases).count {
            let inherited = try t.getAttributeOrNull(TupleRef(bases).item(index), Names.__abstractmethods__)
            if inherited.isNull { continue }
            defer { t.release(inherited) }
            let names = try t.makeList(capacity: 0)
            defer { t.release(names) }
            try ListRef(names).extend(t, inherited)
            for place in 0..<ListRef(names).count {
                let name = ListRef(names).item(t, place)
                defer { t.release(name) }
                guard t.isStr(name) else { continue }
                let value = try t.getAttributeOrNull(type, name)
                if value.isNull { continue }
                defer { t.release(value) }
                if try isAbstract(t, value) { try SetRef(found).add(t, name) }
            }
        }
        let frozen = try t.call(t.type(.frozenset).value, found)
        defer { t.release(frozen) }
        try t.setAttribute(type, Names.__abstractmethods__, frozen)
    }

    /// Owned.
    private static func data(_ t: Thread, _ type: Value) throws(PythonError) -> Value {
        let data = try t.getAttribute(type, Interning.intern("_abc_impl"))
        if t.typeOf(data) == t.type(.abstractClassData) { return data }
        t.release(data)
        throw t.raise(.typeError, "_abc_impl is set to a wrong type")
    }

    // MARK: Sets of weak references

    private static func reference(_ t: Thread, _ type: Value) throws(PythonError) -> Value {
        try WeakReferences.make(t, t.type(.weakReference), type, callback: .null)
    }
    private static func contains(_ t: Thread, _ set: Value, _ type: Value) throws(PythonError) -> Bool {
        if set.isNull || SetRef(set).count == 0 { return false }
        let key = try reference(t, type)
        defer { t.release(key) }
        return try SetRef(set).contains(t, key)
    }
    /// Adds a reference that takes itself out of the set when the class dies.
    private static func add(_ t: Thread, _ set: Value, _ type: Value) throws(PythonError) {
        if try contains(t, set, type) { return }
        let home = try WeakReferences.make(t, t.type(.weakReference), set, callback: .null)
        defer { t.release(home) }
        let callback = try t.makeBuiltinFunction("_forget", module: .null, min: 1, max: 1, self: home) { raw, s, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let set = WeakReferences.load(t, Value(bits: s).object)
                if set.isNull { return .none }
                defer { t.release(set) }
                _ = try SetRef(set).discard(t, Value(bits: a[0]))
                return .none
            }
        }
        defer { t.release(callback) }
        let key = try WeakReferences.make(t, t.type(.weakReference), type, callback: callback)
        defer { t.release(key) }
        // Its hash must be known before the class is gone.
        _ = try t.hash(key)
        try SetRef(set).add(t, key)
    }
    /// The set in a slot, made when it is empty. Owned.
    private static func set(_ t: Thread, _ data: Value, _ offset: Int) throws(PythonError) -> Value {
        while true {
            let present = SharedSlot.load(t, data.object, offset)
            if !present.isNull { return present }
            let made = try t.makeSet()
            let parts = IteratorParts(t, data.bits)
            if parts.replace(offset, .null, owned: t.retain(made)) { return made }
            t.release(made)
            t.release(made)
        }
    }
    private static func remember(_ t: Thread, _ data: Value, _ type: Value) throws(PythonError) {
        let known = try set(t, data, subclasses)
        defer { t.release(known) }
        try add(t, known, type)
    }

    // MARK: Questions

    private static func register(_ t: Thread, _ type: Value, _ subclass: Value) throws(PythonError) -> Value {
        if !t.isType(subclass) { throw t.raise(.typeError, "Can only register classes") }
        if try t.isSubclass(subclass, type) { return t.retain(subclass) }
        if try t.isSubclass(type, subclass) { throw t.raise(.runtimeError, "Refusing to create an inheritance cycle") }
        let data = try data(t, type)
        defer { t.release(data) }
        let registered = try set(t, data, registry)
        defer { t.release(registered) }
        try add(t, registered, subclass)
        counter.wrappingAdd(1, ordering: .releasing)  // A1
        let patterns = TypeRef(type).flags & (TypeFlags.patternSequence | TypeFlags.patternMapping)
        if patterns != 0 && TypeRef(subclass).has(TypeFlags.heapType) {
            // Threads read the flags of a type in use plainly. No cache depends on these two.
            t.withStoppedWorld(.versionInvalidation) { (_: borrowing StoppedWorld) in
                TypeRef(subclass).record.pointee.flags |= patterns
            }
        }
        return t.retain(subclass)
    }

    private static func isInstance(_ t: Thread, _ type: Value, _ instance: Value) throws(PythonError) -> Bool {
        let subclass = try t.getAttribute(instance, Names.__class__)
        defer { t.release(subclass) }
        let own = t.typeOf(instance).value
        let data = try data(t, type)
        defer { t.release(data) }
        let known = SharedSlot.load(t, data.object, subclasses)
        defer { t.release(known) }
        if t.isType(subclass), try contains(t, known, subclass) { return true }
        if own.isSame(subclass), data.object.atomicWord(version).pointee.load(ordering: .acquiring)  // A2
            == counter.load(ordering: .acquiring)  // A1
        {
            let others = SharedSlot.load(t, data.object, strangers)
            defer { t.release(others) }
            if try contains(t, others, subclass) { return false }
        }
        let check = Names.__subclasscheck__
        for candidate in own.isSame(subclass) ? [own] : [subclass, own] {
            let answer = try t.callMethod(type, check, candidate)
            defer { t.release(answer) }
            if try t.isTrue(answer) { return true }
        }
        return false
    }

    private static func isSubclass(_ t: Thread, _ type: Value, _ subclass: Value) throws(PythonError) -> Bool {
        if !t.isType(subclass) { throw t.raise(.typeError, "issubclass() arg 1 must be a class") }
        let data = try data(t, type)
        defer { t.release(data) }
        let known = SharedSlot.load(t, data.object, subclasses)
        defer { t.release(known) }
        if try contains(t, known, subclass) { return true }
        let now = counter.load(ordering: .acquiring)  // A1
        let word = data.object.atomicWord(version)
        if word.pointee.load(ordering: .acquiring) < now {  // A2
            SharedSlot.store(t, data.object, strangers, .null)
            word.pointee.store(now, ordering: .releasing)  // A2
        }
        let others = try set(t, data, strangers)
        defer { t.release(others) }
        if try contains(t, others, subclass) { return false }
        if let answer = try decide(t, type, subclass, data) {
            if answer { try remember(t, data, subclass) } else { try add(t, others, subclass) }
            return answer
        }
        try add(t, others, subclass)
        return false
    }

    /// nil: nothing speaks for it.
    private static func decide(_ t: Thread, _ type: Value, _ subclass: Value, _ data: Value) throws(PythonError) -> Bool? {
        let hooked = try t.callMethod(type, Interning.intern("__subclasshook__"), subclass)
        defer { t.release(hooked) }
        if hooked.isBool { return hooked.isTrue }
        if !hooked.isNotImplemented { throw t.raise(.assertionError, "__subclasshook__ must return either False, True, or NotImplemented") }
        if t.isSubtype(TypeRef(subclass), TypeRef(type)) { return true }
        let registered = SharedSlot.load(t, data.object, registry)
        defer { t.release(registered) }
        if !registered.isNull {
            let references = try SetRef(registered).items(t)
            defer { for reference in references { t.release(reference) } }
            for reference in references {
                let candidate = WeakReferences.load(t, reference.object)
                if candidate.isNull { continue }
                defer { t.release(candidate) }
                if try t.isSubclass(subclass, candidate) { return true }
            }
        }
        let children = try t.callMethod(type, Interning.intern("__subclasses__"))
        defer { t.release(children) }
        let items = ListRef(children).snapshot(t)
        defer { for item in items { t.release(item) } }
        for item in items where try t.isSubclass(subclass, item) { return true }
        return nil
    }
}
