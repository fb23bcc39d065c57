// The type `object`: what every object can do.
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import StillVersions

enum ObjectType {
    /// `object.__getattribute__`, to see whether a class overrides it.
    nonisolated(unsafe) private(set) static var getAttributeWrapper = Value.null

    /// `object.__class__`, likewise.
    nonisolated(unsafe) private(set) static var classDescriptor = Value.null

    static func define() {
        StaticTypes.define(
            .object, "object", base: nil, basicSize: ObjectLayout.headerBytes,
            flags: TypeFlags.baseType | TypeFlags.collectable
        ) { (b: TypeBuilder) in
            let r = b.record
            b.doc("The base class of the class hierarchy.\n\nWhen called, it accepts no arguments and returns a new featureless\ninstance that has no instance attributes and cannot be given any.\n")
            r.pointee.memory.traverse = { object, visitor in InstanceLayout.traverseExtra(object, visitor) }
            r.pointee.memory.clear = { t, object in InstanceLayout.clearExtra(Thread(t), ObjectRef(object)) }
            r.pointee.memory.deallocate = { t, object in
                let thread = Thread(t)
                let ref = ObjectRef(object)
                if TypeRef(ref.typeRaw).has(TypeFlags.heapType) { InstanceLayout.releaseExtra(thread, ref) }
                Allocation.free(ref, thread)
            }
            r.pointee.new = new
            r.pointee.initialize = initialize
            r.pointee.repr = { t, v in
                returning(t) { (t) throws(PythonError) -> Value in try t.makeString(t.defaultRepr(Value(bits: v))) }
            }
            r.pointee.str = { t, v in returning(t) { (t) throws(PythonError) -> Value in try t.repr(Value(bits: v)) } }
            r.pointee.hash = { _, v in ThreadState.identityHash(Value(bits: v)) }
            r.pointee.compare = { t, op, a, b in
                returning(t) { (t) throws(PythonError) -> Value in
                    if op == CompareOperator.equal.rawValue {
                        return Value(bits: a).isSame(Value(bits: b)) ? .true : .notImplemented
                    }
                    if op == CompareOperator.notEqual.rawValue { return try ObjectType.notEqual(t, Value(bits: a), Value(bits: b)) }
                    return .notImplemented
                }
            }
            r.pointee.getAttribute = GenericAttributes.get
            r.pointee.setAttribute = GenericAttributes.set
            methods(b)
        }
        // Slots given here are the plain ones.
        let record = StaticTypes.record(.object).record
        record.pointee.flags &= ~(TypeFlags.customGetAttribute | TypeFlags.customSetAttribute)
        getAttributeWrapper = StaticAttributes(record.pointee.staticAttributes!).find(Names.__getattribute__)
        classDescriptor = StaticAttributes(record.pointee.staticAttributes!).find(Names.__class__)
    }

    /// `object.__ne__`: the opposite of `==`.
    static func notEqual(_ t: Thread, _ a: Value, _ b: Value) throws(PythonError) -> Value {
        guard let slot = t.typeOf(a).record.pointee.compare else { return .notImplemented }
        let result = try t.checked(slot(t.raw, CompareOperator.equal.rawValue, a.bits, b.bits))
        if result.isNotImplemented { return result }
        defer { t.release(result) }
        return Value(!(try t.isTrue(result)))
    }

    static let new: NativeFunction = { t, s, args, n, k in
        returning(t) { (t) throws(PythonError) -> Value in
            let type = TypeRef(Value(bits: s))
            let record = type.record
            if n > 0 || (k != 0 && TypeRef.tupleCount(Value(bits: k)) > 0) {
                if !same(record.pointee.new, new) {
                    throw t.raise(.typeError, "object.__new__() takes exactly one argument (the type to instantiate)")
                }
                if same(record.pointee.initialize, initialize) {
                    throw t.raise(.typeError, "\(StrRef(record.pointee.name).string)() takes no arguments")
                }
            }
            if record.pointee.flags & TypeFlags.abstract != 0 { throw try abstractError(t, type) }
            return Value(try t.allocateInstance(of: type))
        }
    }
    static let initialize: Slot.Initialize = { t, s, args, n, k in
        storing(t) { (t) throws(PythonError) -> Int in
            if n == 0 && (k == 0 || TypeRef.tupleCount(Value(bits: k)) == 0) { return 0 }
            let type = t.typeOf(Value(bits: s))
            if !same(type.record.pointee.initialize, initialize) {
                throw t.raise(.typeError, "object.__init__() takes exactly one argument (the instance to initialize)")
            }
            if same(type.record.pointee.new, new) {
                let name = StrRef(type.record.pointee.name).string
                throw t.raise(.typeError, "\(name).__init__() takes exactly one argument (the instance to initialize)")
            }
            return 0
        }
    }
    static func same(_ a: NativeFunction?, _ b: @escaping NativeFunction) -> Bool {
        guard let a else { return false }
        return unsafeBitCast(a, to: UInt.self) == unsafeBitCast(b, to: UInt.self)
    }
    static func same(_ a: Slot.Initialize?, _ b: @escaping Slot.Initialize) -> Bool {
        guard let a else { return false }
        return unsafeBitCast(a, to: UInt.self) == unsafeBitCast(b, to: UInt.self)
    }

    private static func abstractError(_ t: Thread, _ type: TypeRef) throws(PythonError) -> PythonError {
        let names = t.typeLookup(type, Names.__abstractmethods__)
        var list: [String] = []
        if !names.isNull {
            try t.withItems(of: names) { (items: UnsafeBufferPointer<Value>) throws(PythonError) in
                for item in items where t.isStr(item) { list.append(StrRef(item).string) }
            }
        }
        list.sort()
        let quoted = list.map { "'\($0)'" }.joined(separator: ", ")
        let name = StrRef(type.record.pointee.name).string
        return t.raise(.typeError,
            "Can't instantiate abstract class \(name) without an implementation for abstract method\(list.count == 1 ? "" : "s") \(quoted)")
    }

    private static func reduce(_ raw: UnsafeMutableRawPointer, _ kind: ReductionKind, _ s: UInt64, _ protocol: UInt64) -> UInt64 {
        if let hook = ObjectHooks.reduction { return hook(raw, kind.rawValue, s, `protocol`) }
        _ = Thread(raw).raise(.typeError, "cannot pickle '\(Thread(raw).typeName(Value(bits: s)))' object")
        return 0
    }

    // MARK: Methods

    private static func methods(_ b: TypeBuilder) {
        b.property("__class__", get: { t, s in Thread(t).retain(Thread(t).typeOf(Value(bits: s)).value).bits }, set: setClass)
        b.method("__format__", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let spec = Value(bits: a[0])
                guard t.isStr(spec) else {
                    throw t.raise(.typeError, "__format__() argument must be str, not \(t.typeName(spec))")
                }
                if StrRef(spec).count > 0 {
                    throw t.raise(.typeError, "unsupported format string passed to \(t.typeName(Value(bits: s))).__format__")
                }
                return try t.str(Value(bits: s))
            }
        }
        b.method("__sizeof__", 0, 0) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                Value(smallInt: Int(t.typeOf(Value(bits: s)).record.pointee.instanceSize))
            }
        }
        b.method("__dir__", 0, 0) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in try ObjectType.directory(t, Value(bits: s)) }
        }
        b.classMethod("__init_subclass__", 0, 0) { _, _, _, _, _ in Value.none.bits }
        b.classMethod("__subclasshook__", 1, 1) { _, _, _, _, _ in Value.notImplemented.bits }
        b.method("__reduce_ex__", 1, 1) { t, s, a, n, k in ObjectType.reduce(t, .reduceEx, s, a[0]) }
        b.method("__reduce__", 0, 0) { t, s, a, n, k in ObjectType.reduce(t, .reduce, s, 0) }
        b.method("__getstate__", 0, 0) { t, s, a, n, k in ObjectType.reduce(t, .state, s, 0) }
    }

    /// Names of an object's attributes: its own, its type's and the bases'.
    private static func directory(_ t: Thread, _ v: Value) throws(PythonError) -> Value {
        let names = try t.makeDict()
        defer { t.release(names) }
        let own = try t.getAttributeOrNull(v, Names.__dict__)
        if !own.isNull {
            defer { t.release(own) }
            try addKeys(t, own, to: names)
        }
        try addTypeNames(t, t.typeOf(v), to: names)
        return try listOfKeys(t, names)
    }
    static func addKeys(_ t: Thread, _ mapping: Value, to names: Value) throws(PythonError) {
        let target = DictRef(names)
        try t.withItems(of: mapping) { (items: UnsafeBufferPointer<Value>) throws(PythonError) in
            for item in items { try target.set(t, item, .none) }
        }
    }
    static func addTypeNames(_ t: Thread, _ type: TypeRef, to names: Value) throws(PythonError) {
        let target = DictRef(names)
        for base in MethodResolution.order(type).reversed() {
            if let table = base.record.pointee.staticAttributes {
                let attributes = StaticAttributes(table)
                for index in 0..<attributes.count { try target.set(t, attributes.entries[index].name, .none) }
            } else {
                try addKeys(t, base.record.pointee.dict, to: names)
            }
        }
    }
    static func listOfKeys(_ t: Thread, _ names: Value) throws(PythonError) -> Value {
        let list = try t.makeList(capacity: 0)
        do throws(PythonError) {
            try t.withItems(of: names) { (items: UnsafeBufferPointer<Value>) throws(PythonError) in
                for item in items { try ListRef(list).append(t, item) }
            }
        } catch {
            t.release(list)
            throw error
        }
        return list
    }

    /// `x.__class__ = C`, between classes of the same layout.
    private static let setClass: PropertySetter = { t, s, value in
        storing(t) { (t) throws(PythonError) -> Int in
            let receiver = Value(bits: s)
            if value == 0 { throw t.raise(.typeError, "can't delete __class__ attribute") }
            let new = Value(bits: value)
            guard t.isType(new) else {
                throw t.raise(.typeError, "__class__ must be set to a class, not '\(t.typeName(new))' object")
            }
            let newType = TypeRef(new)
            let oldType = t.typeOf(receiver)
            if newType == oldType { return 0 }
            let module = StaticTypes.record(.module).raw
            let areModules = newType.record.pointee.nativeBase == module && oldType.record.pointee.nativeBase == module
            guard areModules || (newType.has(TypeFlags.heapType) && oldType.has(TypeFlags.heapType)), !t.isType(receiver) else {
                throw t.raise(.typeError, "__class__ assignment only supported for mutable types or ModuleType subclasses")
            }
            let (a, b) = (newType.record, oldType.record)
            guard a.pointee.nativeBase == b.pointee.nativeBase, a.pointee.basicSize == b.pointee.basicSize,
                areModules || a.pointee.dictOffset == b.pointee.dictOffset, a.pointee.slotCount == b.pointee.slotCount, ClassLayout.sameSlots(newType, oldType)
            else {
                throw t.raise(.typeError,
                    "__class__ assignment: '\(StrRef(a.pointee.name).string)' object layout differs from '\(StrRef(b.pointee.name).string)'")
            }
            // The inline values follow the old class's names: move them to a dict first.
            if b.pointee.dictOffset != 0 {
                t.release(try InstanceAttributes.materialize(t, receiver.object))
            }
            t.withStoppedWorld(.versionInvalidation) { (world: borrowing StoppedWorld) in
                // Another thread may have changed it since.
                let present = TypeRef(receiver.object.typeRaw)
                let isShort = a.pointee.instanceSize > present.record.pointee.instanceSize || present.has(TypeFlags.shortInstances)
                if isShort && !newType.has(TypeFlags.shortInstances) {
                    a.pointee.flags |= TypeFlags.shortInstances
                    TypeVersion.invalidate(newType, world)
                }
                WriteBarrier.willChangeClass(receiver.object, to: ObjectRef(newType.raw), t)
                receiver.object.typeRaw = newType.raw
            }
            return 0
        }
    }
}

extension TypeRef {
    /// Calling the class makes its instance with `object.__new__`. Holds as long as the version tag is the same.
    public var isMadeByObject: Bool { has(TypeFlags.heapType) && ObjectType.same(record.pointee.new, ObjectType.new) }
    /// The same for exceptions, which `BaseException.__new__` makes.
    public var isMadeByBaseException: Bool {
        has(TypeFlags.heapType) && ObjectType.same(record.pointee.new, BaseExceptionType.new)
    }
}
