// property. Layout in DescriptorTypes.swift.
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import Synchronization

enum PropertyType {
    private static let getOffset = 24, setOffset = 32, deleteOffset = 40, docOffset = 48, nameOffset = 56

    static func define() {
        StaticTypes.define(
            .property, "property", basicSize: 64, flags: TypeFlags.baseType | TypeFlags.collectable
        ) { (b: TypeBuilder) in
            let r = b.record
            r.pointee.memory.traverse = { object, visitor in
                FixedFields.traverse(object, visitor, 24, 64)
                if TypeRef(ObjectRef(object).typeRaw).has(TypeFlags.heapType) { InstanceLayout.traverseExtra(object, visitor) }
            }
            r.pointee.memory.clear = { t, object in
                FixedFields.clear(Thread(t), object, 24, 64)
                if TypeRef(ObjectRef(object).typeRaw).has(TypeFlags.heapType) {
                    InstanceLayout.clearExtra(Thread(t), ObjectRef(object))
                }
            }
            r.pointee.memory.deallocate = { t, object in FixedFields.deallocate(Thread(t), object, 24, 64) }
            r.pointee.new = { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    Value(try t.allocateInstance(of: TypeRef(Value(bits: s))))
                }
            }
            r.pointee.initialize = initialize
            r.pointee.descriptorGet = get
            r.pointee.descriptorSet = set
            b.member("fget", offset: PropertyType.getOffset, readOnly: true)
            b.member("fset", offset: PropertyType.setOffset, readOnly: true)
            b.member("fdel", offset: PropertyType.deleteOffset, readOnly: true)
            b.member("__doc__", offset: PropertyType.docOffset)
            b.property("__name__", get: { t, s in
                returning(t) { (t) throws(PythonError) -> Value in
                    let receiver = Value(bits: s)
                    let name = try PropertyType.propertyName(t, receiver.object)
                    if name.isNull { throw t.noAttribute(receiver, Names.__name__) }
                    return name
                }
            }, set: { t, s, v in
                SharedSlot.store(Thread(t), Value(bits: s).object, PropertyType.nameOffset, Value(bits: v))
                return 0
            })
            b.method("getter", 1, 1) { t, s, a, n, k in PropertyType.copy(t, s, PropertyType.getOffset, a[0]) }
            b.method("setter", 1, 1) { t, s, a, n, k in PropertyType.copy(t, s, PropertyType.setOffset, a[0]) }
            b.method("deleter", 1, 1) { t, s, a, n, k in PropertyType.copy(t, s, PropertyType.deleteOffset, a[0]) }
            b.method("__set_name__", 2, 2) { t, s, a, n, k in
                SharedSlot.store(Thread(t), Value(bits: s).object, PropertyType.nameOffset, Value(bits: a[1]))
                return Value.none.bits
            }
            b.getter("__isabstractmethod__") { t, s in
                returning(t) { (t) throws(PythonError) -> Value in
                    for offset in [PropertyType.getOffset, PropertyType.setOffset, PropertyType.deleteOffset] {
                        let function = SharedSlot.load(t, Value(bits: s).object, offset)
                        defer { t.release(function) }
                        if try MethodDecorators.isAbstract(t, function) { return .true }
                    }
                    return .false
                }
            }
        }
    }

    private static let initialize: Slot.Initialize = { t, s, a, n, k in
        storing(t) { (t) throws(PythonError) -> Int in
            let object = Value(bits: s).object
            let given = try Arguments.parse(t, function: "property", a, n, k, names: ["fget", "fset", "fdel", "doc"], required: 0)
            for (index, offset) in [PropertyType.getOffset, PropertyType.setOffset, PropertyType.deleteOffset, PropertyType.docOffset].enumerated() {
                SharedSlot.store(t, object, offset, given[index].isNone ? .null : given[index])
            }
            if (given[3].isNull || given[3].isNone) && !given[0].isNull && !given[0].isNone {
                let doc = try t.getAttributeOrNull(given[0], Names.__doc__)
                defer { t.release(doc) }
                if !doc.isNull && !doc.isNone { SharedSlot.store(t, object, PropertyType.docOffset, doc) }
            }
            return 0
        }
    }

    /// The property's name: set by `__set_name__`, else its getter's. Owned or null.
    private static func propertyName(_ t: Thread, _ object: ObjectRef) throws(PythonError) -> Value {
        let name = SharedSlot.load(t, object, PropertyType.nameOffset)
        if !name.isNull { return name }
        let getter = SharedSlot.load(t, object, PropertyType.getOffset)
        if getter.isNull { return .null }
        defer { t.release(getter) }
        return try t.getAttributeOrNull(getter, Names.__name__)
    }

    private static func missing(_ t: Thread, _ object: ObjectRef, _ receiver: Value, _ what: String) throws(PythonError) -> PythonError {
        let name = try PropertyType.propertyName(t, object)
        defer { t.release(name) }
        let owner = StrRef(t.typeOf(receiver).record.pointee.qualifiedName).string
        if name.isNull || !t.isStr(name) { return t.raise(.attributeError, "property of '\(owner)' object has no \(what)") }
        let text = try t.repr(name)
        defer { t.release(text) }
        return t.raise(.attributeError, "property \(StrRef(text).string) of '\(owner)' object has no \(what)")
    }

    private static let get: Slot.DescriptorGet = { t, d, object, _ in
        returning(t) { (t) throws(PythonError) -> Value in
            let descriptor = Value(bits: d)
            if object == 0 { return t.retain(descriptor) }
            let getter = SharedSlot.load(t, descriptor.object, PropertyType.getOffset)
            if getter.isNull { throw try missing(t, descriptor.object, Value(bits: object), "getter") }
            defer { t.release(getter) }
            return try t.call(getter, Value(bits: object))
        }
    }
    private static let set: Slot.Store = { t, d, object, value in
        storing(t) { (t) throws(PythonError) -> Int in
            let descriptor = Value(bits: d)
            let receiver = Value(bits: object)
            let function = SharedSlot.load(t, descriptor.object, value == 0 ? PropertyType.deleteOffset : PropertyType.setOffset)
            if function.isNull {
                throw try missing(t, descriptor.object, receiver, value == 0 ? "deleter" : "setter")
            }
            defer { t.release(function) }
            let result =
                value == 0 ? try t.call(function, receiver) : try t.call(function, receiver, Value(bits: value))
            t.release(result)
            return 0
        }
    }

    /// A copy of the property with one function replaced.
    private static func copy(_ t: UnsafeMutableRawPointer, _ s: UInt64, _ changed: Int, _ function: UInt64) -> UInt64 {
        returning(t) { (t) throws(PythonError) -> Value in
            let receiver = Value(bits: s)
            var parts: [Value] = []
            defer { for part in parts { t.release(part) } }
            for offset in [PropertyType.getOffset, PropertyType.setOffset, PropertyType.deleteOffset, PropertyType.docOffset] {
                let value = offset == changed ? t.retain(Value(bits: function)) : SharedSlot.load(t, receiver.object, offset)
                parts.append(value.isNull ? .none : value)
            }
            let made = try t.call(t.typeOf(receiver).value, list: parts)
            let name = SharedSlot.load(t, receiver.object, PropertyType.nameOffset)
            defer { t.release(name) }
            if !name.isNull && t.isSubtype(t.typeOf(made), t.type(.property)) {
                SharedSlot.store(t, made.object, PropertyType.nameOffset, name)
            }
            return made
        }
    }
}
