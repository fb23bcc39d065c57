// Making a class: `type.__new__`.
//
// Steps: bases and metaclass, layout, namespace, record, slots, then the hooks that run Python code (`__set_name__`, `__init_subclass__`), when
// the class is complete.
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import Synchronization

enum ClassCreation {
    /// `type.__new__(meta, name, bases, namespace, **keywords)`
    static let new: NativeFunction = { t, s, a, n, k in
        returning(t) { (t) throws(PythonError) -> Value in
            guard n == 3 else {
                throw t.raise(.typeError, "type.__new__() takes exactly 3 arguments (\(n) given)")
            }
            let name = Value(bits: a[0])
            let bases = Value(bits: a[1])
            let namespace = Value(bits: a[2])
            guard t.isStr(name) else {
                throw t.raise(.typeError, "type.__new__() argument 1 must be str, not \(t.typeName(name))")
            }
            guard t.typeOf(bases).has(TypeFlags.tupleSubclass) else {
                throw t.raise(.typeError, "type.__new__() argument 2 must be tuple, not \(t.typeName(bases))")
            }
            guard t.typeOf(namespace).has(TypeFlags.dictSubclass) else {
                throw t.raise(.typeError, "type.__new__() argument 3 must be dict, not \(t.typeName(namespace))")
            }
            return try make(t, TypeRef(Value(bits: s)), name, bases, namespace, a, k)
        }
    }

    private static func make(
        _ t: Thread, _ meta: TypeRef, _ name: Value, _ baseTuple: Value, _ namespace: Value,
        _ args: UnsafeMutablePointer<UInt64>, _ keywords: UInt64
    ) throws(PythonError) -> Value {
        var bases: [TypeRef] = []
        for item in TypeRef.tupleItems(baseTuple) {
            guard t.isType(item) else {
                if try t.hasAttribute(item, Names.__mro_entries__) {
                    throw t.raise(.typeError, "type() doesn't support MRO entry resolution; use types.new_class()")
                }
                throw t.raise(.typeError, "bases must be types")
            }
            bases.append(TypeRef(item))
        }
        let winner = try metaclass(meta, bases, t)
        if winner != meta, let other = winner.record.pointee.new, !ObjectType.same(other, new) {
            return try t.checked(other(t.raw, winner.object.address, args, 3, keywords))
        }
        if bases.isEmpty { bases = [t.type(.object)] }
        let base = try ClassLayout.bestBase(bases, t)

        let dict = try DictRef(namespace).copy(t)
        let type: TypeRef
        do throws(PythonError) {
            type = try build(t, winner, name, bases, base, DictRef(dict))
        } catch {
            t.release(dict)
            throw error
        }
        do throws(PythonError) {
            try setNames(t, type)
            try initSubclass(t, type, args, keywords)
        } catch {
            t.release(type.object)
            throw error
        }
        return type.value
    }

    /// The most derived metaclass.
    static func metaclass(_ meta: TypeRef, _ bases: [TypeRef], _ t: Thread) throws(PythonError) -> TypeRef {
        var winner = meta
        for base in bases {
            let other = t.typeOf(base.value)
            if t.isSubtype(winner, other) { continue }
            if t.isSubtype(other, winner) {
                winner = other
                continue
            }
            throw t.raise(.typeError,
                "metaclass conflict: the metaclass of a derived class must be a (non-strict) subclass of the metaclasses of all its bases")
        }
        return winner
    }

    /// Makes the type object. Owns `dict` on success.
    private static func build(
        _ t: Thread, _ meta: TypeRef, _ name: Value, _ bases: [TypeRef], _ base: TypeRef, _ dict: DictRef
    ) throws(PythonError) -> TypeRef {
        // What the namespace says about the layout, before anything is allocated.
        let slotsValue = try dict.get(t, Names.__slots__)
        defer { t.release(slotsValue) }
        let anyDict = bases.contains { $0.record.pointee.dictOffset != 0 }
        let plan = try SlotPlan(t, slotsValue, name, base, dict, anyBaseHasDict: anyDict)
        defer { plan.release(t) }
        // Their instances are of many sizes in CPython, so that programs know of no slots behind them.
        let native = TypeRef(base.record.pointee.nativeBase ?? base.raw)
        if !plan.names.isEmpty && (native == t.type(.int) || native == t.type(.tuple) || native == t.type(.bytes)) {
            throw t.raise(
                .typeError, "nonempty __slots__ not supported for subtype of '\(StrRef(base.record.pointee.name).string)'")
        }
        if (0..<StrRef(name).count).contains(where: { StrRef(name).codePoint($0) == 0 }) {
            throw t.raise(.valueError, "type name must not contain null characters")
        }
        let announced = try dict.get(t, Names.__static_attributes__)
        let areAnnounced = !announced.isNull && t.typeOf(announced) == t.type(.tuple)
        defer { t.release(announced) }
        if areAnnounced { _ = try dict.delete(t, Names.__static_attributes__) }

        let qualifiedName: Value
        let given = try dict.get(t, Names.__qualname__)
        if given.isNull {
            qualifiedName = t.retain(name)
        } else {
            guard t.isStr(given) else {
                defer { t.release(given) }
                throw t.raise(.typeError, "type __qualname__ must be a str, not \(t.typeName(given))")
            }
            qualifiedName = given
            _ = try dict.delete(t, Names.__qualname__)
        }

        guard
            let object = Allocation.object(
                t, type: meta.raw, bytes: Int(meta.record.pointee.instanceSize), collectable: true)
        else {
            t.release(qualifiedName)
            throw t.noMemory()
        }
        let type = TypeRef(object.raw)
        let record = type.record
        record.pointee.staticID = .max
        record.pointee.interpreter = t.interpreter.raw
        record.pointee.flags = TypeFlags.heapType | TypeFlags.baseType | TypeFlags.collectable
        record.pointee.memory.traverse = HeapInstance.traverse
        record.pointee.memory.clear = HeapInstance.clear
        record.pointee.memory.deallocate = HeapInstance.deallocate
        record.pointee.name = t.retain(name)
        record.pointee.qualifiedName = qualifiedName
        record.pointee.base = base.raw
        record.pointee.nativeBase = base.record.pointee.nativeBase
        if areAnnounced { record.pointee.announced = t.retain(announced) }
        do throws(PythonError) {
            try ClassLayout.compute(
                type, slots: plan.names.count, wantsDict: plan.wantsDict, announced: areAnnounced ? TypeRef.tupleCount(announced) : 0,
                anyBaseHasDict: anyDict, t)
            if record.pointee.nativeBase == StaticTypes.record(.object).raw {
                record.pointee.memory.gather = HeapInstance.gather
                record.pointee.memory.drop = HeapInstance.drop
                record.pointee.memory.bufferLines = record.pointee.instanceSize - 8
            }
            if record.pointee.inlineCount > 0 { try InstanceLayout.prepare(t, type) }
            if plan.wantsWeakReferences || bases.contains(where: { $0.has(TypeFlags.weaklyReferencable) }) {
                record.pointee.flags |= TypeFlags.weaklyReferencable
            }
            record.pointee.bases = try t.makeTuple(bases.map { t.retain($0.value) })
            try setOrder(t, type, bases)
            try fillNamespace(t, type, dict, plan, hadDict: anyDict)
        } catch {
            // Half made: only this thread knows it. Its dict stays the caller's.
            record.pointee.dict = .null
            t.release(object)
            throw error
        }
        record.pointee.dict = dict.value
        inheritFlags(type, bases)
        SlotInheritance.fill(type, t)
        for one in bases { SubclassList.add(type, to: one) }
        ReferenceCount.makeDeferred(object)
        try setClassCells(t, type, dict)
        return type
    }

    /// Computes the MRO, through the metaclass's `mro` method when that is overridden.
    static func setOrder(_ t: Thread, _ type: TypeRef, _ bases: [TypeRef]) throws(PythonError) {
        let order = try MethodResolution.compute(type, bases, t)
        // A type's own entry in its MRO is counted like the others: the collector breaks the cycle.
        type.record.pointee.mro = try t.makeTuple(order.map { t.retain($0.value) })
    }

    static func inheritFlags(_ type: TypeRef, _ bases: [TypeRef]) {
        for base in bases {
            type.record.pointee.flags |= base.flags & (TypeFlags.patternSequence | TypeFlags.patternMapping)
        }
    }

    private static func fillNamespace(
        _ t: Thread, _ type: TypeRef, _ dict: DictRef, _ plan: SlotPlan, hadDict: Bool
    ) throws(PythonError) {
        if try !has(t, dict, Names.__module__) {
            if let hook = ObjectHooks.currentModule {
                let module = Value(bits: hook(t.raw))
                if !module.isNull {
                    defer { t.release(module) }
                    try dict.set(t, Names.__module__, module)
                }
            }
        }
        if try !has(t, dict, Names.__doc__) { try dict.set(t, Names.__doc__, .none) }
        // Functions that are static or class methods by their name.
        for (name, id) in [(Names.__new__, TypeID.staticMethod), (Names.__init_subclass__, .classMethod), (Names.__class_getitem__, .classMethod)] {
            let value = try dict.get(t, name)
            if value.isNull { continue }
            defer { t.release(value) }
            if t.typeOf(value) == t.type(.function) {
                let wrapped = try t.makeMethodWrapper(id, value)
                defer { t.release(wrapped) }
                try dict.set(t, name, wrapped)
            }
        }
        if try has(t, dict, Names.__eq__), try !has(t, dict, Names.__hash__) { try dict.set(t, Names.__hash__, .none) }
        var offset = Int(type.record.pointee.basicSize) - plan.names.count * 8
        for slot in plan.names {
            let member = try t.makeMember(slot, type, offset: offset, flags: MemberFlags.slot)
            defer { t.release(member) }
            try dict.set(t, slot, member)
            offset += 8
        }
        if plan.wantsDict && !hadDict && type.record.pointee.dictOffset != 0 {
            let descriptor = try t.makeGetSet(Names.__dict__, type, get: DictDescriptor.get, set: DictDescriptor.set)
            defer { t.release(descriptor) }
            if try !has(t, dict, Names.__dict__) { try dict.set(t, Names.__dict__, descriptor) }
        }
        if plan.wantsWeakReferences && !TypeRef(type.record.pointee.base!).has(TypeFlags.weaklyReferencable) {
            let descriptor = try t.makeGetSet(Names.__weakref__, type, get: WeakReferences.firstSlot, set: nil)
            defer { t.release(descriptor) }
            if try !has(t, dict, Names.__weakref__) { try dict.set(t, Names.__weakref__, descriptor) }
        }
    }
    private static func has(_ t: Thread, _ dict: DictRef, _ name: Value) throws(PythonError) -> Bool {
        let value = try dict.get(t, name)
        t.release(value)
        return !value.isNull
    }

    /// Hands the class to `__class__` cells of its methods.
    private static func setClassCells(_ t: Thread, _ type: TypeRef, _ dict: DictRef) throws(PythonError) {
        for name in [Names.__classcell__, Names.__classdictcell__] {
            let cell = try dict.get(t, name)
            if cell.isNull { continue }
            defer { t.release(cell) }
            guard t.typeOf(cell) == t.type(.cell) else {
                throw t.raise(.typeError,
                    "type.__new__ expected \(StrRef(name).string) to be a cell, got <class '\(t.qualifiedTypeName(t.typeOf(cell)))'>")
            }
            SharedSlot.store(t, cell.object, 24, name.isSame(Names.__classcell__) ? type.value : dict.value)
            _ = try dict.delete(t, name)
        }
    }

    /// `__set_name__` of all values in the namespace that have one.
    private static func setNames(_ t: Thread, _ type: TypeRef) throws(PythonError) {
        let items = try DictRef(type.record.pointee.dict).items(t)
        defer { for item in items { t.release(item.key); t.release(item.value) } }
        for item in items {
            let found = t.typeLookup(t.typeOf(item.value), Names.__set_name__)
            if found.isNull { continue }
            let method = try t.lookupSpecial(item.value, Names.__set_name__)
            defer { t.release(method) }
            do {
                let result = try t.call(method, type.value, item.key)
                t.release(result)
            } catch {
                let raised = t.takeRaised()
                let key = try t.repr(item.key)
                defer { t.release(key) }
                let note = try t.makeString(
                    "Error calling __set_name__ on '\(t.typeName(item.value))' instance \(StrRef(key).string) in '\(StrRef(type.record.pointee.name).string)'")
                defer { t.release(note) }
                try ExceptionTypes.addNote(t, raised, note)
                t.setRaised(raised)
                throw error
            }
        }
    }

    /// `super(cls, cls).__init_subclass__(**keywords)`
    private static func initSubclass(
        _ t: Thread, _ type: TypeRef, _ args: UnsafeMutablePointer<UInt64>, _ keywords: UInt64
    ) throws(PythonError) {
        let method = try SuperObject.lookup(t, after: type, in: type, receiver: type.value, receiverIsType: true, Names.__init_subclass__)
        if method.isNull { return }
        defer { t.release(method) }
        t.release(try t.call(method, args: args + 3, count: 0, keywords: Value(bits: keywords)))
    }
}

/// What `__slots__` asks for.
struct SlotPlan {
    /// Mangled names, sorted, owned.
    var names: [Value] = []
    var wantsDict: Bool
    var wantsWeakReferences: Bool

    init(
        _ t: Thread, _ slots: Value, _ className: Value, _ base: TypeRef, _ dict: DictRef, anyBaseHasDict: Bool
    ) throws(PythonError) {
        let isMeta = base.has(TypeFlags.typeSubclass)
        wantsDict = slots.isNull && !isMeta
        wantsWeakReferences = slots.isNull
        if slots.isNull { return }
        var given: [Value] = []
        if t.isStr(slots) {
            given = [t.retain(slots)]
        } else {
            try t.withItems(of: slots) { (items: UnsafeBufferPointer<Value>) throws(PythonError) in
                given = items.map { t.retain($0) }
            }
        }
        defer { for name in given { t.release(name) } }
        var collected: [(String, Value)] = []
        do throws(PythonError) {
            for name in given {
                guard t.isStr(name) else {
                    throw t.raise(.typeError, "__slots__ items must be strings, not '\(t.typeName(name))'")
                }
                let text = StrRef(name).string
                guard SlotPlan.isIdentifier(text) else { throw t.raise(.typeError, "__slots__ must be identifiers") }
                if text == "__dict__" {
                    if anyBaseHasDict || wantsDict {
                        throw t.raise(.typeError, "__dict__ slot disallowed: we already got one")
                    }
                    wantsDict = true
                    continue
                }
                if text == "__weakref__" {
                    if wantsWeakReferences || base.has(TypeFlags.weaklyReferencable) {
                        throw t.raise(.typeError, "__weakref__ slot disallowed: we already got one")
                    }
                    wantsWeakReferences = true
                    continue
                }
                let mangled = SlotPlan.mangle(StrRef(className).string, text)
                let interned = try t.internedString(mangled)
                let existing = try dict.get(t, interned)
                t.release(existing)
                if !existing.isNull && text != "__qualname__" && text != "__classcell__" {
                    t.release(interned)
                    throw t.raise(.valueError, "'\(text)' in __slots__ conflicts with class variable")
                }
                collected.append((mangled, interned))
            }
        } catch {
            for entry in collected { t.release(entry.1) }
            throw error
        }
        collected.sort { $0.0 < $1.0 }
        names = collected.map(\.1)
    }

    func release(_ t: Thread) { for name in names { t.release(name) } }

    static func mangle(_ className: String, _ name: String) -> String {
        if !name.hasPrefix("__") || name.hasSuffix("__") || name.contains(".") { return name }
        let stripped = className.drop { $0 == "_" }
        return stripped.isEmpty ? name : "_\(stripped)\(name)"
    }
    static func isIdentifier(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first else { return false }
        if !(first == "_" || first.properties.isXIDStart) { return false }
        return text.unicodeScalars.allSatisfy { $0 == "_" || $0.properties.isXIDContinue }
    }
}
