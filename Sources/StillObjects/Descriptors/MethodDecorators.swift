// classmethod and staticmethod.
import StillObmalloc
import StillPlatform
import StillThreadRegistry

enum MethodDecorators {
    static func define() {
        define(.classMethod, "classmethod") { t, d, object, type in
            returning(t) { (t) throws(PythonError) -> Value in
                let cls = type == 0 ? t.typeOf(Value(bits: object)).value : Value(bits: type)
                let function = SharedSlot.load(t, Value(bits: d).object, 24)
                if function.isNull { throw t.raise(.runtimeError, "uninitialized classmethod object") }
                defer { t.release(function) }
                return try t.makeBoundMethod(function, cls)
            }
        }
        define(.staticMethod, "staticmethod") { t, d, _, _ in
            returning(t) { (t) throws(PythonError) -> Value in
                let function = SharedSlot.load(t, Value(bits: d).object, 24)
                if function.isNull { throw t.raise(.runtimeError, "uninitialized staticmethod object") }
                return function
            }
        }
    }

    private static func define(_ id: TypeID, _ name: String, _ get: @escaping Slot.DescriptorGet) {
        StaticTypes.define(
            id, name, basicSize: 40, flags: TypeFlags.baseType | TypeFlags.collectable
        ) { (b: TypeBuilder) in
            let r = b.record
            r.pointee.dictOffset = 32
            r.pointee.memory.traverse = { object, visitor in
                FixedFields.traverse(object, visitor, 24, 32)
                InstanceLayout.traverseExtra(object, visitor)
            }
            r.pointee.memory.clear = { t, object in
                FixedFields.clear(Thread(t), object, 24, 32)
                InstanceLayout.clearExtra(Thread(t), ObjectRef(object))
            }
            r.pointee.memory.deallocate = { t, object in
                let thread = Thread(t)
                thread.releaseField(ObjectRef(object), 24)
                InstanceLayout.releaseExtra(thread, ObjectRef(object))
                Allocation.free(ObjectRef(object), thread)
            }
            r.pointee.new = { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    Value(try t.allocateInstance(of: TypeRef(Value(bits: s))))
                }
            }
            r.pointee.initialize = { t, s, a, n, k in
                storing(t) { (t) throws(PythonError) -> Int in
                    let receiver = Value(bits: s)
                    let name = t.isSubtype(t.typeOf(receiver), t.type(.classMethod)) ? "classmethod" : "staticmethod"
                    try Arguments.noKeywords(t, name, k)
                    try Arguments.count(t, name, n, 1, 1)
                    SharedSlot.store(t, receiver.object, 24, Value(bits: a[0]))
                    return 0
                }
            }
            r.pointee.descriptorGet = get
            if id == .staticMethod {
                r.pointee.call = { t, f, args, n, k in
                    returning(t) { (t) throws(PythonError) -> Value in
                        let function = SharedSlot.load(t, Value(bits: f).object, 24)
                        defer { t.release(function) }
                        return try t.call(function, args: args, count: n, keywords: Value(bits: k))
                    }
                }
            }
            r.pointee.repr = { t, v in
                returning(t) { (t) throws(PythonError) -> Value in
                    let function = SharedSlot.load(t, Value(bits: v).object, 24)
                    defer { t.release(function) }
                    let text = try t.repr(function.isNull ? .none : function)
                    defer { t.release(text) }
                    return try t.makeString("<\(t.typeName(Value(bits: v)))(\(StrRef(text).string))>")
                }
            }
            b.member("__func__", offset: 24, readOnly: true)
            b.member("__wrapped__", offset: 24, readOnly: true)
            b.property("__dict__", get: DictDescriptor.get, set: DictDescriptor.set)
            b.getter("__isabstractmethod__") { t, s in
                returning(t) { (t) throws(PythonError) -> Value in
                    let function = SharedSlot.load(t, Value(bits: s).object, 24)
                    defer { t.release(function) }
                    return Value(try MethodDecorators.isAbstract(t, function))
                }
            }
            for name in ["__name__", "__qualname__", "__doc__", "__module__"] { forward(b, name) }
        }
    }
    /// Attributes of the wrapped function.
    private static func forward(_ b: TypeBuilder, _ name: String) {
        switch name {
        case "__name__": b.getter(name) { t, s in MethodDecorators.forwarded(t, s, Names.__name__) }
        case "__qualname__": b.getter(name) { t, s in MethodDecorators.forwarded(t, s, Names.__qualname__) }
        case "__doc__": b.getter(name) { t, s in MethodDecorators.forwarded(t, s, Names.__doc__) }
        default: b.getter(name) { t, s in MethodDecorators.forwarded(t, s, Names.__module__) }
        }
    }
    private static func forwarded(_ t: UnsafeMutableRawPointer, _ s: UInt64, _ name: Value) -> UInt64 {
        returning(t) { (t) throws(PythonError) -> Value in
            let function = SharedSlot.load(t, Value(bits: s).object, 24)
            defer { t.release(function) }
            return try t.getAttribute(function.isNull ? .none : function, name)
        }
    }
    static func isAbstract(_ t: Thread, _ v: Value) throws(PythonError) -> Bool {
        if v.isNull { return false }
        let flag = try t.getAttributeOrNull(v, Names.__isabstractmethod__)
        defer { t.release(flag) }
        return flag.isNull ? false : try t.isTrue(flag)
    }
}

extension ThreadState {
    /// A classmethod or staticmethod object around a function.
    func makeMethodWrapper(_ id: TypeID, _ function: Value) throws(PythonError) -> Value {
        let object = try allocateInstance(of: type(id))
        object.setField(24, retain(function))
        return Value(object)
    }
}
