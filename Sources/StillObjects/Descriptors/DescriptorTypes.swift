// Descriptors made by the runtime (getset, member) and the ones programs use (property, classmethod, staticmethod).
//
//   getSetDescriptor   24 get   32 set   40 owner type (uncounted)   48 name
//   memberDescriptor   24 offset   32 flags   40 owner type (uncounted)   48 name
//   classmethod, staticmethod   24 function   32 dict
//   property           24 get   32 set   40 delete   48 doc   56 name   64 flags
import StillObmalloc
import StillPlatform
public import StillThreadRegistry

struct GetSetRef {
    let object: ObjectRef
    init(_ object: ObjectRef) { self.object = object }
    init(_ value: Value) { object = value.object }
    static let bytes = 56

    var get: Slot.Unary { object.field(24) }
    var set: PropertySetter? { object.field(32) }
    var owner: TypeRef { TypeRef(object.field(40, as: UnsafeMutableRawPointer.self)) }
    var name: Value { object.field(48) }

    func fill(_ name: Value, owner: UnsafeMutableRawPointer, get: @escaping Slot.Unary, set: PropertySetter?) {
        object.setField(24, get)
        object.setField(32, set)
        object.setField(40, owner)
        object.setField(48, name)
    }
}

enum MemberFlags {
    static let readOnly: Int = 1
    /// An empty word is an AttributeError (`__slots__`), otherwise None.
    static let slot: Int = 2
}

enum DescriptorTypes {
    static func define() {
        getSet()
        member()
        MethodDecorators.define()
        PropertyType.define()
        SuperObject.define()
        MappingProxyType.define()
    }

    private static func memory(_ r: UnsafeMutablePointer<TypeRecord>) {
        r.pointee.memory.traverse = { object, visitor in
            FixedFields.traverse(object, visitor, 48, 56)
            visitor.report(ObjectRef(object).field(40), false)
        }
        r.pointee.memory.clear = { _, _ in }
        r.pointee.memory.deallocate = { t, object in FixedFields.deallocate(Thread(t), object, 48, 56) }
    }
    private static func check(_ t: Thread, _ descriptor: ObjectRef, _ receiver: Value) throws(PythonError) {
        let owner = TypeRef(descriptor.field(40, as: UnsafeMutableRawPointer.self))
        if !t.isSubtype(t.typeOf(receiver), owner) {
            throw CallableTypes.mismatch(t, descriptor.field(48), owner, receiver)
        }
    }
    private static func describe(_ t: Thread, _ v: Value, _ kind: String) throws(PythonError) -> Value {
        let owner = TypeRef(v.object.field(40, as: UnsafeMutableRawPointer.self))
        return try t.makeString(
            "<\(kind) '\(StrRef(v.object.field(48, as: Value.self)).string)' of '\(StrRef(owner.record.pointee.name).string)' objects>")
    }
    private static func names(_ b: TypeBuilder) {
        b.getter("__name__") { t, s in Thread(t).retain(Value(bits: s).object.field(48, as: Value.self)).bits }
        b.getter("__objclass__") { t, s in
            Thread(t).retain(TypeRef(Value(bits: s).object.field(40, as: UnsafeMutableRawPointer.self)).value).bits
        }
        b.getter("__doc__") { _, _ in Value.none.bits }
        b.getter("__qualname__") { t, s in
            returning(t) { (t) throws(PythonError) -> Value in
                let object = Value(bits: s).object
                let owner = TypeRef(object.field(40, as: UnsafeMutableRawPointer.self))
                return try t.makeString(
                    StrRef(owner.record.pointee.qualifiedName).string + "." + StrRef(object.field(48, as: Value.self)).string)
            }
        }
    }

    private static func getSet() {
        StaticTypes.define(
            .getSetDescriptor, "getset_descriptor", basicSize: GetSetRef.bytes,
            flags: TypeFlags.collectable | TypeFlags.notInstantiable
        ) { (b: TypeBuilder) in
            memory(b.record)
            b.record.pointee.descriptorGet = { t, d, object, _ in
                returning(t) { (t) throws(PythonError) -> Value in
                    let descriptor = Value(bits: d)
                    if object == 0 { return t.retain(descriptor) }
                    try DescriptorTypes.check(t, descriptor.object, Value(bits: object))
                    return try t.checked(GetSetRef(descriptor).get(t.raw, object))
                }
            }
            b.record.pointee.descriptorSet = { t, d, object, value in
                storing(t) { (t) throws(PythonError) -> Int in
                    let descriptor = Value(bits: d)
                    try DescriptorTypes.check(t, descriptor.object, Value(bits: object))
                    let ref = GetSetRef(descriptor)
                    guard let set = ref.set else {
                        throw t.raise(.attributeError,
                            "attribute '\(StrRef(ref.name).string)' of '\(StrRef(ref.owner.record.pointee.name).string)' objects is not writable")
                    }
                    return try t.checked(set(t.raw, object, value))
                }
            }
            b.record.pointee.repr = { t, v in
                returning(t) { (t) throws(PythonError) -> Value in try DescriptorTypes.describe(t, Value(bits: v), "attribute") }
            }
            names(b)
        }
    }

    private static func member() {
        StaticTypes.define(
            .memberDescriptor, "member_descriptor", basicSize: 56,
            flags: TypeFlags.collectable | TypeFlags.notInstantiable
        ) { (b: TypeBuilder) in
            memory(b.record)
            b.record.pointee.descriptorGet = { t, d, object, _ in
                returning(t) { (t) throws(PythonError) -> Value in
                    let descriptor = Value(bits: d)
                    if object == 0 { return t.retain(descriptor) }
                    let receiver = Value(bits: object)
                    try DescriptorTypes.check(t, descriptor.object, receiver)
                    let found = SharedSlot.load(t, receiver.object, descriptor.object.field(24))
                    if !found.isNull { return found }
                    if descriptor.object.field(32, as: Int.self) & MemberFlags.slot == 0 { return .none }
                    throw t.noAttribute(receiver, descriptor.object.field(48))
                }
            }
            b.record.pointee.descriptorSet = { t, d, object, value in
                storing(t) { (t) throws(PythonError) -> Int in
                    let descriptor = Value(bits: d)
                    let receiver = Value(bits: object)
                    try DescriptorTypes.check(t, descriptor.object, receiver)
                    let flags: Int = descriptor.object.field(32)
                    if flags & MemberFlags.readOnly != 0 { throw t.raise(.attributeError, "readonly attribute") }
                    let old = SharedSlot.exchange(
                        t, receiver.object, descriptor.object.field(24), owned: t.retain(Value(bits: value)))
                    if value == 0 && old.isNull && flags & MemberFlags.slot != 0 {
                        throw t.noAttribute(receiver, descriptor.object.field(48))
                    }
                    t.release(old)
                    return 0
                }
            }
            b.record.pointee.repr = { t, v in
                returning(t) { (t) throws(PythonError) -> Value in try DescriptorTypes.describe(t, Value(bits: v), "member") }
            }
            names(b)
        }
    }
}

public enum SlotDescriptor {
    /// Where an instance of `type` has what the descriptor found in it stands for: a `__slots__` word of the class or of a base. Nil for
    /// anything else.
    public static func offset(_ t: Thread, _ descriptor: Value, in type: TypeRef) -> Int? {
        guard t.typeOf(descriptor) == t.type(.memberDescriptor) else { return nil }
        let object = descriptor.object
        let flags: Int = object.field(32)
        guard flags & MemberFlags.slot != 0, flags & MemberFlags.readOnly == 0,
            t.isSubtype(type, TypeRef(object.field(40, as: UnsafeMutableRawPointer.self)))
        else { return nil }
        return object.field(24)
    }
}

extension TypeBuilder {
    /// A word of the object as an attribute; None when empty.
    func member(_ name: String, offset: Int, readOnly: Bool = false) {
        let object = StaticTypes.immortalObject(.memberDescriptor, bytes: 56)
        object.setField(24, offset)
        object.setField(32, readOnly ? MemberFlags.readOnly : 0)
        object.setField(40, type.raw)
        object.setField(48, StaticStrings.intern(name))
        add(name, Value(object))
    }
}

extension ThreadState {
    func makeMember(_ name: Value, _ owner: TypeRef, offset: Int, flags: Int) throws(PythonError) -> Value {
        let object = try makeObject(.memberDescriptor, bytes: 56)
        object.setField(24, offset)
        object.setField(32, flags)
        object.setField(40, owner.raw)
        object.setField(48, retain(name))
        return Value(object)
    }
    func makeGetSet(
        _ name: Value, _ owner: TypeRef, get: @escaping Slot.Unary, set: PropertySetter?
    ) throws(PythonError) -> Value {
        let object = try makeObject(.getSetDescriptor, bytes: GetSetRef.bytes)
        GetSetRef(object).fill(retain(name), owner: owner.raw, get: get, set: set)
        return Value(object)
    }
}

/// `__dict__` of instances.
public enum DictDescriptor {
    public static let get: Slot.Unary = { t, s in
        returning(t) { (t) throws(PythonError) -> Value in
            if t.typeOf(Value(bits: s)).has(TypeFlags.typeSubclass) { return try TypeProperties.namespace(t, TypeRef(Value(bits: s))) }
            try DictDescriptor.requireDict(t, Value(bits: s))
            return try InstanceAttributes.materialize(t, Value(bits: s).object)
        }
    }
    public static let set: PropertySetter = { t, s, value in
        storing(t) { (t) throws(PythonError) -> Int in
            // A class may derive from `type` and from one with a dict: its instances are classes, which keep theirs.
            if t.typeOf(Value(bits: s)).has(TypeFlags.typeSubclass) {
                throw t.raise(.attributeError, "attribute '__dict__' of 'type' objects is not writable")
            }
            try DictDescriptor.requireDict(t, Value(bits: s))
            let receiver = Value(bits: s).object
            let new = Value(bits: value)
            if new.isNull {
                _ = try storeDict(t, receiver, t.makeDict())
                return 0
            }
            guard t.typeOf(new).has(TypeFlags.dictSubclass) else {
                throw t.raise(.typeError, "__dict__ must be set to a dictionary, not a '\(t.typeName(new))'")
            }
            return try storeDict(t, receiver, t.retain(new))
        }
    }
    private static func requireDict(_ t: Thread, _ v: Value) throws(PythonError) {
        if !v.isObject || t.typeOf(v).record.pointee.dictOffset == 0 { throw t.raise(.attributeError, "This object has no __dict__") }
    }
    private static func storeDict(_ t: Thread, _ receiver: ObjectRef, _ owned: Value) throws(PythonError) -> Int {
        t.release(try InstanceAttributes.materialize(t, receiver))
        let offset = Int(TypeRef(receiver.typeRaw).record.pointee.dictOffset)
        t.release(SharedSlot.exchange(t, receiver, offset, owned: owned))
        return 0
    }
}
