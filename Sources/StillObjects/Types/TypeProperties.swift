// Properties and methods of types: `__name__`, `__bases__`, `__mro__`, `__subclasses__()`, …
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import StillVersions

enum TypeProperties {
    static func add(to b: TypeBuilder) {
        b.property("__name__", get: { t, s in Thread(t).retain(TypeRef(Value(bits: s)).record.pointee.name).bits }, set: setName)
        b.property(
            "__qualname__", get: { t, s in Thread(t).retain(TypeRef(Value(bits: s)).record.pointee.qualifiedName).bits },
            set: setQualifiedName)
        b.property("__module__", get: module, set: { t, s, v in
            storing(t) { (t) throws(PythonError) -> Int in
                try TypeProperties.storeInDict(t, TypeRef(Value(bits: s)), Names.__module__, Value(bits: v))
            }
        })
        b.property("__doc__", get: doc, set: { t, s, v in
            storing(t) { (t) throws(PythonError) -> Int in
                try TypeProperties.storeInDict(t, TypeRef(Value(bits: s)), Names.__doc__, Value(bits: v))
            }
        })
        b.property("__bases__", get: { t, s in Thread(t).retain(TypeRef(Value(bits: s)).record.pointee.bases).bits }, set: setBases)
        b.getter("__mro__") { t, s in Thread(t).retain(TypeRef(Value(bits: s)).record.pointee.mro).bits }
        b.getter("__base__") { t, s in
            guard let base = TypeRef(Value(bits: s)).record.pointee.base else { return Value.none.bits }
            return Thread(t).retain(TypeRef(base).value).bits
        }
        b.getter("__dict__") { t, s in
            returning(t) { (t) throws(PythonError) -> Value in try TypeProperties.namespace(t, TypeRef(Value(bits: s))) }
        }
        b.getter("__basicsize__") { _, s in Value(smallInt: Int(TypeRef(Value(bits: s)).record.pointee.basicSize)).bits }
        b.getter("__dictoffset__") { _, s in Value(smallInt: Int(TypeRef(Value(bits: s)).record.pointee.dictOffset)).bits }
        b.getter("__itemsize__") { _, s in
            let type = TypeRef(Value(bits: s))
            return Value(smallInt: type.has(TypeFlags.intSubclass | TypeFlags.tupleSubclass) ? 8 : type.has(TypeFlags.bytesSubclass) ? 1 : 0).bits
        }
        b.getter("__flags__") { _, s in Value(smallInt: TypeProperties.publicFlags(TypeRef(Value(bits: s)))).bits }
        b.property("__abstractmethods__", get: { t, s in
            returning(t) { (t) throws(PythonError) -> Value in
                let type = TypeRef(Value(bits: s))
                let found = type == t.type(.type) ? Value.null : t.ownAttribute(type, Names.__abstractmethods__)
                if found.isNull { throw t.noAttribute(type.value, Names.__abstractmethods__) }
                return t.retain(found)
            }
        }, set: { t, s, v in
            storing(t) { (t) throws(PythonError) -> Int in
                try TypeProperties.storeInDict(t, TypeRef(Value(bits: s)), Names.__abstractmethods__, Value(bits: v))
            }
        })
        b.property("__annotations__", get: { t, s in
            returning(t) { (t) throws(PythonError) -> Value in
                let type = TypeRef(Value(bits: s))
                guard type.has(TypeFlags.heapType) else { throw t.noAttribute(type.value, Names.__annotations__) }
                let found = t.ownAttribute(type, Names.__annotations__)
                if !found.isNull { return t.retain(found) }
                let made = try t.makeDict()
                try t.typeStore(type, Names.__annotations__, made)
                return made
            }
        }, set: { t, s, v in
            storing(t) { (t) throws(PythonError) -> Int in
                try TypeProperties.storeInDict(t, TypeRef(Value(bits: s)), Names.__annotations__, Value(bits: v))
            }
        })
        b.property("__type_params__", get: { t, s in
            returning(t) { (t) throws(PythonError) -> Value in
                // What `type` itself has under this name is the property.
                let type = TypeRef(Value(bits: s))
                let found = type == t.type(.type) ? Value.null : t.ownAttribute(type, Names.__type_params__)
                return found.isNull ? try t.makeTuple([]) : t.retain(found)
            }
        }, set: { t, s, v in
            storing(t) { (t) throws(PythonError) -> Int in
                try TypeProperties.storeInDict(t, TypeRef(Value(bits: s)), Names.__type_params__, Value(bits: v))
            }
        })
        b.property("__static_attributes__", get: { t, s in
            returning(t) { (t) throws(PythonError) -> Value in
                let type = TypeRef(Value(bits: s))
                // A program may have set others.
                let given = type.has(TypeFlags.heapType) ? t.ownAttribute(type, Names.__static_attributes__) : .null
                if !given.isNull { return t.retain(given) }
                let announced = type.record.pointee.announced
                if announced.isNull { throw t.noAttribute(type.value, Names.__static_attributes__) }
                return t.retain(announced)
            }
        }, set: { t, s, v in
            storing(t) { (t) throws(PythonError) -> Int in
                try TypeProperties.storeInDict(t, TypeRef(Value(bits: s)), Names.__static_attributes__, Value(bits: v))
            }
        })
        methods(b)
    }

    private static func methods(_ b: TypeBuilder) {
        b.method("mro", 0, 0) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let type = TypeRef(Value(bits: s))
                let bases = TypeRef.tupleItems(type.record.pointee.bases).map { TypeRef($0) }
                let list = try t.makeList(capacity: 0)
                for item in try MethodResolution.compute(type, bases, t) { try ListRef(list).append(t, item.value) }
                return list
            }
        }
        b.method("__subclasses__", 0, 0) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let list = try t.makeList(capacity: 0)
                let found = SubclassList.snapshot(TypeRef(Value(bits: s)), t)
                defer { for item in found { t.release(item) } }
                for item in found { try ListRef(list).append(t, item) }
                return list
            }
        }
        b.method("__instancecheck__", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                Value(t.instanceOfType(Value(bits: a[0]), TypeRef(Value(bits: s))))
            }
        }
        b.method("__subclasscheck__", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let sub = Value(bits: a[0])
                guard t.isType(sub) else { throw t.raise(.typeError, "issubclass() arg 1 must be a class") }
                return Value(t.isSubtype(TypeRef(sub), TypeRef(Value(bits: s))))
            }
        }
        b.classMethod("__prepare__", 0, -1, keywords: true) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in try t.makeDict() }
        }
        b.method("__dir__", 0, 0) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let names = try t.makeDict()
                defer { t.release(names) }
                try ObjectType.addTypeNames(t, TypeRef(Value(bits: s)), to: names)
                return try ObjectType.listOfKeys(t, names)
            }
        }
        b.method("__sizeof__", 0, 0) { t, s, a, n, k in
            Value(smallInt: Int(TypeRef(ObjectRef(Value(bits: s).object.raw).typeRaw).record.pointee.instanceSize)).bits
        }
    }

    // MARK: Values

    private static let module: Slot.Unary = { t, s in
        returning(t) { (t) throws(PythonError) -> Value in
            let found = t.typeModule(TypeRef(Value(bits: s)))
            return found.isNull ? t.retain(Names.builtins) : t.retain(found)
        }
    }
    private static let doc: Slot.Unary = { t, s in
        returning(t) { (t) throws(PythonError) -> Value in
            let type = TypeRef(Value(bits: s))
            if !type.has(TypeFlags.heapType) {
                let text = type.record.pointee.doc
                return text.isNull ? .none : text
            }
            let found = t.ownAttribute(type, Names.__doc__)
            if found.isNull { return .none }
            t.retain(found)
            guard let get = t.typeOf(found).record.pointee.descriptorGet else { return found }
            defer { t.release(found) }
            return try t.checked(get(t.raw, found.bits, 0, type.object.address))
        }
    }

    /// `C.__dict__`: a read-only view; for static types of a copy.
    /// As the bits are numbered in public: what `copyreg`, `inspect` and others test.
    private static func publicFlags(_ type: TypeRef) -> Int {
        // Ready, and not a subclass of anything yet.
        var bits = 1 << 12
        for (flag, bit) in [
            (TypeFlags.patternSequence, 5), (TypeFlags.patternMapping, 6), (TypeFlags.notInstantiable, 7), (TypeFlags.heapType, 9),
            (TypeFlags.baseType, 10), (TypeFlags.collectable, 14), (TypeFlags.methodDescriptor, 17), (TypeFlags.abstract, 20),
            (TypeFlags.intSubclass, 24), (TypeFlags.listSubclass, 25), (TypeFlags.tupleSubclass, 26), (TypeFlags.bytesSubclass, 27),
            (TypeFlags.strSubclass, 28), (TypeFlags.dictSubclass, 29), (TypeFlags.exceptionSubclass, 30), (TypeFlags.typeSubclass, 31),
        ] where type.has(flag) { bits |= 1 << bit }
        // Builtin types cannot be changed.
        if !type.has(TypeFlags.heapType) { bits |= 1 << 8 }
        return bits
    }

    static func namespace(_ t: Thread, _ type: TypeRef) throws(PythonError) -> Value {
        if type.has(TypeFlags.heapType) { return try t.makeMappingProxy(type.record.pointee.dict) }
        let dict = try t.makeDict()
        defer { t.release(dict) }
        let table = StaticAttributes(type.record.pointee.staticAttributes!)
        for index in 0..<table.count { try DictRef(dict).set(t, table.entries[index].name, table.entries[index].value) }
        let doc = type.record.pointee.doc
        try DictRef(dict).set(t, Names.__doc__, doc.isNull ? .none : doc)
        return try t.makeMappingProxy(dict)
    }

    private static func requireMutable(_ t: Thread, _ type: TypeRef, _ name: Value) throws(PythonError) {
        if type.has(TypeFlags.heapType) { return }
        throw t.raise(.typeError,
            "cannot set '\(StrRef(name).string)' attribute of immutable type '\(t.qualifiedTypeName(type))'")
    }
    private static func storeInDict(_ t: Thread, _ type: TypeRef, _ name: Value, _ value: Value) throws(PythonError) -> Int {
        try requireMutable(t, type, name)
        if value.isNull && !name.isSame(Names.__abstractmethods__) && !name.isSame(Names.__annotations__) {
            throw t.raise(.typeError,
                "cannot delete '\(StrRef(name).string)' attribute of type '\(StrRef(type.record.pointee.name).string)'")
        }
        try t.typeStore(type, name, value)
        return 0
    }

    private static let setName: PropertySetter = { t, s, value in
        storing(t) { (t) throws(PythonError) -> Int in
            let type = TypeRef(Value(bits: s))
            try requireMutable(t, type, Names.__name__)
            let own = StrRef(type.record.pointee.name).string
            if value == 0 { throw t.raise(.typeError, "cannot delete '__name__' attribute of type '\(own)'") }
            let name = Value(bits: value)
            guard t.isStr(name) else {
                throw t.raise(.typeError, "can only assign string to \(own).__name__, not '\(t.typeName(name))'")
            }
            if StrRef(name).string.unicodeScalars.contains("\0") {
                throw t.raise(.valueError, "type name must not contain null characters")
            }
            replace(t, type, \.name, t.retain(name))
            return 0
        }
    }
    private static let setQualifiedName: PropertySetter = { t, s, value in
        storing(t) { (t) throws(PythonError) -> Int in
            let type = TypeRef(Value(bits: s))
            try requireMutable(t, type, Names.__qualname__)
            let own = StrRef(type.record.pointee.name).string
            if value == 0 { throw t.raise(.typeError, "cannot delete '__qualname__' attribute of type '\(own)'") }
            let name = Value(bits: value)
            guard t.isStr(name) else {
                throw t.raise(.typeError, "can only assign string to \(own).__qualname__, not '\(t.typeName(name))'")
            }
            replace(t, type, \.qualifiedName, t.retain(name))
            return 0
        }
    }
    /// Replaces a field that other threads read plainly: with them stopped.
    private static func replace(_ t: Thread, _ type: TypeRef, _ field: WritableKeyPath<TypeRecord, Value>, _ new: Value) {
        var old = Value.null
        t.withStoppedWorld(.versionInvalidation) { (world: borrowing StoppedWorld) in
            old = type.record.pointee[keyPath: field]
            if old.isCounted { WriteBarrier.willOverwrite(type.object, old: old.object, t) }
            type.record.pointee[keyPath: field] = new
        }
        t.release(old)
    }

    // MARK: Bases

    private static let setBases: PropertySetter = { t, s, value in
        storing(t) { (t) throws(PythonError) -> Int in
            let type = TypeRef(Value(bits: s))
            try requireMutable(t, type, Names.__bases__)
            let own = StrRef(type.record.pointee.name).string
            if value == 0 { throw t.raise(.typeError, "cannot delete '__bases__' attribute of type '\(own)'") }
            let tuple = Value(bits: value)
            guard t.typeOf(tuple).has(TypeFlags.tupleSubclass) else {
                throw t.raise(.typeError, "can only assign tuple to \(own).__bases__, not \(t.typeName(tuple))")
            }
            let items = TypeRef.tupleItems(tuple)
            if items.isEmpty {
                throw t.raise(.typeError, "can only assign non-empty tuple to \(own).__bases__, not ()")
            }
            var bases: [TypeRef] = []
            for item in items {
                guard t.isType(item) else {
                    throw t.raise(.typeError, "\(own).__bases__ must be tuple of classes, not '\(t.typeName(item))'")
                }
                if t.isSubtype(TypeRef(item), type) {
                    throw t.raise(.typeError, "a __bases__ item causes an inheritance cycle")
                }
                bases.append(TypeRef(item))
            }
            let best = try ClassLayout.bestBase(bases, t)
            let oldBase = TypeRef(type.record.pointee.base!)
            guard ClassLayout.solidBase(best) == ClassLayout.solidBase(oldBase),
                (best.record.pointee.dictOffset != 0) == (oldBase.record.pointee.dictOffset != 0)
                    || type.record.pointee.dictOffset != 0
            else {
                throw t.raise(.typeError,
                    "__bases__ assignment: '\(StrRef(best.record.pointee.name).string)' object layout differs from '\(StrRef(oldBase.record.pointee.name).string)'")
            }
            try changeBases(t, type, bases, best)
            return 0
        }
    }

    private static func changeBases(_ t: Thread, _ type: TypeRef, _ bases: [TypeRef], _ best: TypeRef) throws(PythonError) {
        let newBases = try t.makeTuple(bases.map { t.retain($0.value) })
        var given: [Value] = []  // released after the pause
        defer { for value in given { t.release(value) } }
        let oldBases = TypeRef.tupleItems(type.record.pointee.bases).map { TypeRef($0) }
        var failure: PythonError?
        t.withStoppedWorld(.versionInvalidation) { (world: borrowing StoppedWorld) in
            let record = type.record
            let savedBases = record.pointee.bases
            let savedBase = record.pointee.base
            record.pointee.bases = newBases
            record.pointee.base = best.raw
            var saved: [(TypeRef, Value)] = []
            do throws(PythonError) {
                try reorder(t, type, &saved)
                given.append(savedBases)
                given += saved.map(\.1)
                for base in oldBases { SubclassList.remove(type, from: base) }
                for base in bases { SubclassList.add(type, to: base) }
                for (changed, _) in saved { SlotInheritance.fill(changed, t) }
                TypeVersion.invalidate(type, world)
            } catch {
                for (changed, mro) in saved {
                    given.append(changed.record.pointee.mro)
                    changed.record.pointee.mro = mro
                }
                record.pointee.bases = savedBases
                record.pointee.base = savedBase
                given.append(newBases)
                failure = error
            }
        }
        if let failure { throw failure }
    }
    private static func reorder(_ t: Thread, _ type: TypeRef, _ saved: inout [(TypeRef, Value)]) throws(PythonError) {
        let old = type.record.pointee.mro
        let bases = TypeRef.tupleItems(type.record.pointee.bases).map { TypeRef($0) }
        if old.isCounted { WriteBarrier.willOverwrite(type.object, old: old.object, t) }
        try ClassCreation.setOrder(t, type, bases)
        saved.append((type, old))
        var failure: PythonError?
        SubclassList.forEach(type) { sub in
            if failure != nil { return }
            do throws(PythonError) { try reorder(t, sub, &saved) } catch { failure = error }
        }
        if let failure { throw failure }
    }
}
