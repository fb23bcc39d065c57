// Builtin callables: functions written in Swift, their descriptors, bound methods.
import StillObmalloc
import StillPlatform
public import StillThreadRegistry

enum CallableTypes {
    static func define() {
        builtinFunction()
        methodDescriptor()
        classMethodDescriptor()
        slotWrapper()
        boundMethod()
    }

    // MARK: Natives

    private static func nativeMemory(_ r: UnsafeMutablePointer<TypeRecord>) {
        // Words 48 name, 64 self, 72 module, 80 doc; 56 is the owner, uncounted.
        r.pointee.memory.traverse = { object, visitor in
            FixedFields.traverse(object, visitor, 48, 56)
            FixedFields.traverse(object, visitor, 64, 88)
            if let owner = NativeRef(ObjectRef(object)).owner { visitor.report(owner, false) }
        }
        r.pointee.memory.clear = { t, object in FixedFields.clear(Thread(t), object, 64, 72) }
        r.pointee.memory.deallocate = { t, object in
            Thread(t).releaseField(ObjectRef(object), 48)
            FixedFields.deallocate(Thread(t), object, 64, 88)
        }
    }
    private static let callNative: NativeFunction = { t, f, args, n, k in
        let ref = NativeRef(Value(bits: f))
        let thread = Thread(t)
        return ref.invoke(thread, self: ref.boundSelf.bits, args: args, count: n, keywords: k)
    }

    private static func common(_ b: TypeBuilder) {
        b.getter("__name__") { t, s in Thread(t).retain(NativeRef(Value(bits: s)).name).bits }
        b.getter("__qualname__") { t, s in
            returning(t) { (t) throws(PythonError) -> Value in
                try t.makeString(NativeRef(Value(bits: s)).displayName)
            }
        }
        b.getter("__doc__") { t, s in
            let doc = NativeRef(Value(bits: s)).doc
            return doc.isNull ? Value.none.bits : Thread(t).retain(doc).bits
        }
        b.getter("__text_signature__") { _, _ in Value.none.bits }
    }

    private static func builtinFunction() {
        StaticTypes.define(
            .builtinFunction, "builtin_function_or_method", basicSize: NativeRef.bytes,
            flags: TypeFlags.collectable | TypeFlags.notInstantiable | TypeFlags.weaklyReferencable
        ) { (b: TypeBuilder) in
            nativeMemory(b.record)
            b.record.pointee.call = callNative
            b.record.pointee.repr = { t, v in
                returning(t) { (t) throws(PythonError) -> Value in
                    let ref = NativeRef(Value(bits: v))
                    let name = StrRef(ref.name).string
                    let receiver = ref.boundSelf
                    if receiver.isNull || (ref.owner == nil && !ref.module.isNull) {
                        return try t.makeString("<built-in function \(name)>")
                    }
                    let address = receiver.isObject ? receiver.object.address : receiver.bits
                    return try t.makeString(
                        "<built-in method \(name) of \(t.typeName(receiver)) object at 0x\(String(address, radix: 16))>")
                }
            }
            b.record.pointee.compare = { t, op, a, b in
                returning(t) { (t) throws(PythonError) -> Value in
                    guard op == CompareOperator.equal.rawValue || op == CompareOperator.notEqual.rawValue,
                        t.typeOf(Value(bits: b)) == t.type(.builtinFunction)
                    else { return .notImplemented }
                    let x = NativeRef(Value(bits: a))
                    let y = NativeRef(Value(bits: b))
                    let same =
                        x.boundSelf.isSame(y.boundSelf)
                        && unsafeBitCast(x.function, to: UInt.self) == unsafeBitCast(y.function, to: UInt.self)
                        && x.name.isSame(y.name)
                    return Value(same == (op == CompareOperator.equal.rawValue))
                }
            }
            b.record.pointee.hash = { t, v in
                let ref = NativeRef(Value(bits: v))
                let own = Int(bitPattern: unsafeBitCast(ref.function, to: UInt.self))
                let hash = own ^ ThreadState.identityHash(ref.boundSelf.isNull ? ref.name : ref.boundSelf)
                return hash == -1 ? -2 : hash
            }
            common(b)
            b.getter("__self__") { t, s in
                let receiver = NativeRef(Value(bits: s)).boundSelf
                return receiver.isNull ? Value.none.bits : Thread(t).retain(receiver).bits
            }
            b.getter("__module__") { t, s in
                let module = NativeRef(Value(bits: s)).module
                return module.isNull ? Value.none.bits : Thread(t).retain(module).bits
            }
        }
    }

    /// Error when a descriptor of one type is applied to an object of another.
    static func mismatch(_ t: Thread, _ name: Value, _ owner: TypeRef, _ receiver: Value) -> PythonError {
        t.raise(.typeError,
            "descriptor '\(StrRef(name).string)' for '\(StrRef(owner.record.pointee.name).string)' objects doesn't apply to a '\(t.typeName(receiver))' object")
    }

    private static func methodDescriptor() {
        StaticTypes.define(
            .methodDescriptor, "method_descriptor", basicSize: NativeRef.bytes,
            flags: TypeFlags.collectable | TypeFlags.notInstantiable | TypeFlags.methodDescriptor
        ) { (b: TypeBuilder) in
            nativeMemory(b.record)
            b.record.pointee.call = { t, f, args, n, k in
                let ref = NativeRef(Value(bits: f))
                let thread = Thread(t)
                if _slowPath(n < 1) {
                    let owner = StrRef(TypeRef(ref.owner!).record.pointee.name).string
                    _ = thread.raise(.typeError, "unbound method \(owner).\(StrRef(ref.name).string)() needs an argument")
                    return 0
                }
                let receiver = Value(bits: args[0])
                if _slowPath(!thread.isSubtype(thread.typeOf(receiver), TypeRef(ref.owner!))) {
                    let owner = StrRef(TypeRef(ref.owner!).record.pointee.name).string
                    _ = thread.raise(.typeError,
                        "descriptor '\(StrRef(ref.name).string)' for '\(owner)' objects doesn't apply to a '\(thread.typeName(receiver))' object")
                    return 0
                }
                return ref.invoke(thread, self: receiver.bits, args: args + 1, count: n - 1, keywords: k)
            }
            b.record.pointee.descriptorGet = { t, d, object, _ in
                returning(t) { (t) throws(PythonError) -> Value in
                    let descriptor = Value(bits: d)
                    if object == 0 { return t.retain(descriptor) }
                    let ref = NativeRef(descriptor)
                    let receiver = Value(bits: object)
                    guard t.isInstance(receiver, of: TypeRef(ref.owner!)) else {
                        throw CallableTypes.mismatch(t, ref.name, TypeRef(ref.owner!), receiver)
                    }
                    return try t.bindNative(ref, to: receiver)
                }
            }
            b.record.pointee.repr = descriptorRepr
            common(b)
            b.getter("__objclass__") { t, s in NativeRef(Value(bits: s)).owner.map { TypeRef($0).value.bits } ?? Value.none.bits }
        }
    }
    private static let descriptorRepr: Slot.Unary = { t, v in
        returning(t) { (t) throws(PythonError) -> Value in
            let ref = NativeRef(Value(bits: v))
            let owner = StrRef(TypeRef(ref.owner!).record.pointee.name).string
            return try t.makeString("<method '\(StrRef(ref.name).string)' of '\(owner)' objects>")
        }
    }

    private static func classMethodDescriptor() {
        StaticTypes.define(
            .classMethodDescriptor, "classmethod_descriptor", basicSize: NativeRef.bytes,
            flags: TypeFlags.collectable | TypeFlags.notInstantiable
        ) { (b: TypeBuilder) in
            nativeMemory(b.record)
            b.record.pointee.call = { t, f, args, n, k in
                let ref = NativeRef(Value(bits: f))
                let thread = Thread(t)
                if n < 1 {
                    _ = thread.raise(.typeError, "descriptor '\(StrRef(ref.name).string)' needs a type as its first argument")
                    return 0
                }
                return ref.invoke(thread, self: args[0], args: args + 1, count: n - 1, keywords: k)
            }
            b.record.pointee.descriptorGet = { t, d, object, type in
                returning(t) { (t) throws(PythonError) -> Value in
                    let ref = NativeRef(Value(bits: d))
                    let cls = type == 0 ? t.typeOf(Value(bits: object)).value : Value(bits: type)
                    guard t.isType(cls), t.isSubtype(TypeRef(cls), TypeRef(ref.owner!)) else {
                        throw t.raise(.typeError,
                            "descriptor '\(StrRef(ref.name).string)' requires a subtype of '\(StrRef(TypeRef(ref.owner!).record.pointee.name).string)'")
                    }
                    return try t.bindNative(ref, to: cls)
                }
            }
            b.record.pointee.repr = descriptorRepr
            common(b)
        }
    }

    // MARK: Slot wrappers

    private static func slotWrapper() {
        StaticTypes.define(
            .slotWrapper, "wrapper_descriptor", basicSize: SlotWrapper.bytes,
            flags: TypeFlags.notInstantiable | TypeFlags.methodDescriptor
        ) { (b: TypeBuilder) in
            b.record.pointee.call = SlotWrapper.callSlot
            b.record.pointee.descriptorGet = SlotWrapper.getSlot
            b.record.pointee.repr = { t, v in
                returning(t) { (t) throws(PythonError) -> Value in
                    let wrapper = SlotWrapper(Value(bits: v))
                    return try t.makeString(
                        "<slot wrapper '\(StrRef(wrapper.name).string)' of '\(StrRef(wrapper.owner.record.pointee.name).string)' objects>")
                }
            }
            b.getter("__name__") { t, s in Thread(t).retain(SlotWrapper(Value(bits: s)).name).bits }
            b.getter("__qualname__") { t, s in
                returning(t) { (t) throws(PythonError) -> Value in
                    let wrapper = SlotWrapper(Value(bits: s))
                    return try t.makeString(
                        StrRef(wrapper.owner.record.pointee.name).string + "." + StrRef(wrapper.name).string)
                }
            }
            b.getter("__objclass__") { _, s in SlotWrapper(Value(bits: s)).owner.value.bits }
            b.getter("__doc__") { _, _ in Value.none.bits }
        }
        StaticTypes.define(
            .methodWrapper, "method-wrapper", basicSize: 40, flags: TypeFlags.collectable | TypeFlags.notInstantiable
        ) { (b: TypeBuilder) in
            b.record.pointee.memory.traverse = { object, visitor in FixedFields.traverse(object, visitor, 24, 40) }
            b.record.pointee.memory.clear = { _, _ in }
            b.record.pointee.memory.deallocate = { t, object in FixedFields.deallocate(Thread(t), object, 24, 40) }
            b.record.pointee.call = SlotWrapper.callBound
            b.record.pointee.repr = { t, v in
                returning(t) { (t) throws(PythonError) -> Value in
                    let object = Value(bits: v).object
                    let receiver: Value = object.field(32)
                    let name = StrRef(SlotWrapper(object.field(24, as: Value.self)).name).string
                    let address = receiver.isObject ? receiver.object.address : receiver.bits
                    return try t.makeString(
                        "<method-wrapper '\(name)' of \(t.typeName(receiver)) object at 0x\(String(address, radix: 16))>")
                }
            }
            b.getter("__self__") { t, s in Thread(t).retain(Value(bits: s).object.field(32, as: Value.self)).bits }
            b.getter("__name__") { t, s in
                Thread(t).retain(SlotWrapper(Value(bits: s).object.field(24, as: Value.self)).name).bits
            }
        }
    }

    // MARK: Bound methods

    private static func boundMethod() {
        StaticTypes.define(
            .boundMethod, "method", basicSize: 40, flags: TypeFlags.collectable | TypeFlags.weaklyReferencable
        ) { (b: TypeBuilder) in
            b.record.pointee.memory.traverse = { object, visitor in FixedFields.traverse(object, visitor, 24, 40) }
            b.record.pointee.memory.clear = { _, _ in }
            b.record.pointee.memory.deallocate = { t, object in FixedFields.deallocate(Thread(t), object, 24, 40) }
            b.record.pointee.new = { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    try Arguments.count(t, "method", n, 2, 2)
                    guard t.typeOf(Value(bits: a[0])).record.pointee.call != nil else {
                        throw t.raise(.typeError, "first argument must be callable")
                    }
                    if Value(bits: a[1]).isNone { throw t.raise(.typeError, "instance must not be None") }
                    return try t.makeBoundMethod(Value(bits: a[0]), Value(bits: a[1]))
                }
            }
            b.record.pointee.call = { t, f, args, n, k in
                let object = Value(bits: f).object
                return Thread(t).call(object.field(24), prepending: object.field(32, as: UInt64.self), args, n, k)
            }
            b.record.pointee.descriptorGet = { t, d, _, _ in Thread(t).retain(Value(bits: d)).bits }
            b.record.pointee.getAttribute = { t, v, name in
                returning(t) { (t) throws(PythonError) -> Value in
                    let value = Value(bits: v)
                    let name = Value(bits: name)
                    let found = try t.genericGet(value, name)
                    if !found.isNull { return found }
                    return try t.getAttribute(value.object.field(24), name)
                }
            }
            b.record.pointee.compare = { t, op, a, b in
                returning(t) { (t) throws(PythonError) -> Value in
                    guard op == CompareOperator.equal.rawValue || op == CompareOperator.notEqual.rawValue,
                        t.typeOf(Value(bits: b)) == t.type(.boundMethod)
                    else { return .notImplemented }
                    let x = Value(bits: a).object
                    let y = Value(bits: b).object
                    var same = x.field(32, as: Value.self).isSame(y.field(32, as: Value.self))
                    if same { same = try t.equal(x.field(24), y.field(24)) }
                    return Value(same == (op == CompareOperator.equal.rawValue))
                }
            }
            b.record.pointee.hash = { t, v in
                storing(t) { (t) throws(PythonError) -> Int in
                    let object = Value(bits: v).object
                    let hash = try t.hash(object.field(24)) ^ ThreadState.identityHash(object.field(32))
                    return hash == -1 ? -2 : hash
                }
            }
            b.record.pointee.repr = { t, v in
                returning(t) { (t) throws(PythonError) -> Value in
                    let object = Value(bits: v).object
                    var name = try t.getAttributeOrNull(object.field(24), Names.__qualname__)
                    if name.isNull { name = try t.getAttributeOrNull(object.field(24), Names.__name__) }
                    let text = t.isStr(name) ? StrRef(name).string : "?"
                    t.release(name)
                    let receiver = try t.repr(object.field(32))
                    defer { t.release(receiver) }
                    return try t.makeString("<bound method \(text) of \(StrRef(receiver).string)>")
                }
            }
            b.getter("__func__") { t, s in Thread(t).retain(Value(bits: s).object.field(24, as: Value.self)).bits }
            b.getter("__self__") { t, s in Thread(t).retain(Value(bits: s).object.field(32, as: Value.self)).bits }
        }
    }
}

extension ThreadState {
    public func makeBoundMethod(function: Value, receiver: Value) throws(PythonError) -> Value {
        try makeBoundMethod(function, receiver)
    }
    /// A method bound to an object. Both are borrowed.
    public func makeBoundMethod(_ function: Value, _ receiver: Value) throws(PythonError) -> Value {
        let object = try makeObject(.boundMethod, bytes: 40)
        object.setField(24, retain(function))
        object.setField(32, retain(receiver))
        return Value(object)
    }
}
