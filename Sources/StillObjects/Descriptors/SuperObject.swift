// super.
//
//   24 class   32 object (null when unbound)   40 the object's type
import StillObmalloc
import StillPlatform
public import StillThreadRegistry
import StillVersions
import Synchronization

public enum SuperObject {
    static func define() {
        StaticTypes.define(
            .superObject, "super", basicSize: 48, flags: TypeFlags.baseType | TypeFlags.collectable
        ) { (b: TypeBuilder) in
            let r = b.record
            r.pointee.memory.traverse = { object, visitor in
                FixedFields.traverse(object, visitor, 24, 48)
                if TypeRef(ObjectRef(object).typeRaw).has(TypeFlags.heapType) { InstanceLayout.traverseExtra(object, visitor) }
            }
            r.pointee.memory.clear = { t, object in FixedFields.clear(Thread(t), object, 24, 48) }
            r.pointee.memory.deallocate = { t, object in FixedFields.deallocate(Thread(t), object, 24, 48) }
            r.pointee.new = { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    Value(try t.allocateInstance(of: TypeRef(Value(bits: s))))
                }
            }
            r.pointee.initialize = { t, s, a, n, k in
                storing(t) { (t) throws(PythonError) -> Int in
                    try Arguments.noKeywords(t, "super", k)
                    try Arguments.count(t, "super", n, 0, 2)
                    var cls: UInt64 = n > 0 ? a[0] : 0
                    var receiver: UInt64 = n > 1 ? a[1] : 0
                    if n == 0 {
                        guard let hook = ObjectHooks.superArguments else {
                            throw t.raise(.runtimeError, "super(): no current frame")
                        }
                        if !hook(t.raw, &cls, &receiver) { throw PythonError() }
                    }
                    try SuperObject.fill(t, Value(bits: s).object, Value(bits: cls), Value(bits: receiver))
                    return 0
                }
            }
            r.pointee.getAttribute = { t, v, name in
                returning(t) { (t) throws(PythonError) -> Value in try SuperObject.attribute(t, Value(bits: v), Value(bits: name)) }
            }
            r.pointee.descriptorGet = { t, d, object, _ in
                returning(t) { (t) throws(PythonError) -> Value in
                    let descriptor = Value(bits: d)
                    if object == 0 || !descriptor.object.field(32, as: Value.self).isNull { return t.retain(descriptor) }
                    return try SuperObject.make(t, descriptor.object.field(24), Value(bits: object))
                }
            }
            r.pointee.repr = { t, v in
                returning(t) { (t) throws(PythonError) -> Value in
                    let object = Value(bits: v).object
                    let cls: Value = object.field(24)
                    let kind: Value = object.field(40)
                    let name = cls.isNull ? "NULL" : StrRef(TypeRef(cls).record.pointee.name).string
                    if kind.isNull { return try t.makeString("<super: <class '\(name)'>, NULL>") }
                    return try t.makeString(
                        "<super: <class '\(name)'>, <\(StrRef(TypeRef(kind).record.pointee.name).string) object>>")
                }
            }
            b.member("__thisclass__", offset: 24, readOnly: true)
            b.member("__self__", offset: 32, readOnly: true)
            b.member("__self_class__", offset: 40, readOnly: true)
        }
    }

    /// `super(cls, receiver)`; receiver null: unbound.
    public static func make(_ t: Thread, _ cls: Value, _ receiver: Value) throws(PythonError) -> Value {
        let object = try t.allocateInstance(of: t.type(.superObject))
        do throws(PythonError) { try SuperObject.fill(t, object, cls, receiver) } catch {
            t.release(object)
            throw error
        }
        return Value(object)
    }

    private static func fill(_ t: Thread, _ object: ObjectRef, _ cls: Value, _ receiver: Value) throws(PythonError) {
        guard t.isType(cls) else {
            throw t.raise(.typeError, "super() argument 1 must be a type, not \(t.typeName(cls))")
        }
        var kind = Value.null
        if !receiver.isNull && !receiver.isNone { kind = try receiverType(t, TypeRef(cls), receiver).value }
        if object.field(24, as: Value.self).isNull && object.owner == t.ownerSlot && object.local.pointee == 1
            && object.sharedWord.pointee.load(ordering: .relaxed) == 0
        {
            // New: nobody else has seen it.
            WriteBarrier.willStore(object, t)
            object.setField(24, t.retain(cls))
            object.setField(32, receiver.isNone ? Value.null : t.retain(receiver))
            object.setField(40, t.retain(kind))
            return
        }
        SharedSlot.store(t, object, 24, cls)
        SharedSlot.store(t, object, 32, receiver.isNone ? .null : receiver)
        SharedSlot.store(t, object, 40, kind)
    }

    /// The type whose MRO is searched: the receiver itself when it is a subclass, else its type.
    static func receiverType(_ t: Thread, _ cls: TypeRef, _ receiver: Value) throws(PythonError) -> TypeRef {
        if t.isType(receiver) && t.isSubtype(TypeRef(receiver), cls) { return TypeRef(receiver) }
        let type = t.typeOf(receiver)
        if t.isSubtype(type, cls) { return type }
        let given = t.isType(receiver) ? "type \(StrRef(TypeRef(receiver).record.pointee.name).string)" : "instance of \(t.typeName(receiver))"
        throw t.raise(
            .typeError,
            "super(type, obj): obj (\(given)) is not an instance or subtype of type (\(StrRef(cls.record.pointee.name).string)).")
    }

    private static func attribute(_ t: Thread, _ v: Value, _ name: Value) throws(PythonError) -> Value {
        let object = v.object
        let cls: Value = object.field(24)
        let receiver: Value = object.field(32)
        let kind: Value = object.field(40)
        if !kind.isNull && !(t.isStr(name) && StrRef.equal(name, Names.__class__)) {
            let found = try lookup(
                t, after: TypeRef(cls), in: TypeRef(kind), receiver: receiver,
                receiverIsType: receiver.isObject && receiver.object == kind.object, name)
            if !found.isNull { return found }
        }
        let own = try t.genericGet(v, name)
        if own.isNull { throw t.noAttribute(v, name) }
        return own
    }

    /// An attribute found behind `cls` in the MRO of `type`, bound to the receiver: owned, null when absent.
    ///
    /// - Parameter receiverIsType: `super(C, C)`: descriptors are bound to the class, not to an instance.
    public static func lookup(
        _ t: Thread, after cls: TypeRef, in type: TypeRef, receiver: Value, receiverIsType: Bool, _ name: Value
    ) throws(PythonError) -> Value {
        let found = find(t, after: cls, in: type, name)
        if found.isNull { return .null }
        t.retain(found)
        guard let get = t.typeOf(found).record.pointee.descriptorGet else { return found }
        defer { t.release(found) }
        return try t.checked(get(t.raw, found.bits, receiverIsType ? 0 : receiver.bits, type.object.address))
    }

    /// The attribute itself, borrowed until the next safepoint; null when absent.
    public static func find(_ t: Thread, after cls: TypeRef, in type: TypeRef, _ name: Value) -> Value {
        _ = TypeVersion.assign(type, t)
        let mro = type.record.pointee.mro
        let count = TypeRef.tupleCount(mro)
        var index = 0
        while index < count && TypeRef(TypeRef.tupleItem(mro, index)) != cls { index += 1 }
        index += 1
        while index < count {
            let found = t.ownAttribute(TypeRef(TypeRef.tupleItem(mro, index)), name)
            if !found.isNull { return found }
            index += 1
        }
        return .null
    }
}
