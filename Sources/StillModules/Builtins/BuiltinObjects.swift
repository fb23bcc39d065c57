// Functions about any object: repr, hash, attributes, types.
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import StillVM

enum BuiltinObjects {
    static func define(_ m: ModuleBuilder) {
        m.function("len", 1, 1, intrinsic: NativeFlags.length) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in try t.makeInt(t.length(Value(bits: a[0]))) }
        }
        m.function("repr", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in try t.repr(Value(bits: a[0])) }
        }
        m.function("ascii", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in try t.ascii(Value(bits: a[0])) }
        }
        m.function("hash", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in try t.makeInt(t.hash(Value(bits: a[0]))) }
        }
        m.function("id", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let v = Value(bits: a[0])
                return v.isObject ? try t.makeInt(Int(v.object.address)) : try t.makeInt(v.bits)
            }
        }
        m.function("callable", 1, 1) { t, s, a, n, k in
            Value(Thread(t).typeOf(Value(bits: a[0])).record.pointee.call != nil).bits
        }
        m.function("isinstance", 2, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                Value(try t.isInstance(Value(bits: a[0]), Value(bits: a[1])))
            }
        }
        m.function("issubclass", 2, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                Value(try t.isSubclass(Value(bits: a[0]), Value(bits: a[1])))
            }
        }
        m.function("getattr", 2, 3) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let name = try BuiltinObjects.name(t, "attribute name must be string", Value(bits: a[1]))
                defer { t.release(name) }
                if n == 2 { return try t.getAttribute(Value(bits: a[0]), name) }
                let found = try t.getAttributeOrNull(Value(bits: a[0]), name)
                return found.isNull ? t.retain(Value(bits: a[2])) : found
            }
        }
        m.function("hasattr", 2, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let name = try BuiltinObjects.name(t, "attribute name must be string", Value(bits: a[1]))
                defer { t.release(name) }
                let found = try t.getAttributeOrNull(Value(bits: a[0]), name)
                t.release(found)
                return Value(!found.isNull)
            }
        }
        m.function("setattr", 3, 3) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let name = try BuiltinObjects.name(t, "attribute name must be string", Value(bits: a[1]))
                defer { t.release(name) }
                try t.setAttribute(Value(bits: a[0]), name, Value(bits: a[2]))
                return .none
            }
        }
        m.function("delattr", 2, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let name = try BuiltinObjects.name(t, "attribute name must be string", Value(bits: a[1]))
                defer { t.release(name) }
                try t.deleteAttribute(Value(bits: a[0]), name)
                return .none
            }
        }
        m.function("format", 1, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                if n == 2 && !t.isStr(Value(bits: a[1])) {
                    throw t.raise(.typeError, "format() argument 2 must be str, not \(t.typeName(Value(bits: a[1])))")
                }
                return try t.format(Value(bits: a[0]), n == 2 ? Value(bits: a[1]) : Interning.intern(""))
            }
        }
        m.function("vars", 0, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                if n == 0 { return try RunningFrame.locals(t) }
                let dict = try t.getAttributeOrNull(Value(bits: a[0]), Interning.intern("__dict__"))
                if dict.isNull { throw t.raise(.typeError, "vars() argument must have __dict__ attribute") }
                return dict
            }
        }
        m.function("dir", 0, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                if n == 0 {
                    let locals = try RunningFrame.locals(t)
                    defer { t.release(locals) }
                    let keys = try t.callMethod(locals, Interning.intern("keys"))
                    defer { t.release(keys) }
                    return try BuiltinIteration.sorted(t, keys)
                }
                let method = try t.lookupSpecial(Value(bits: a[0]), Interning.intern("__dir__"))
                if method.isNull { throw t.raise(.typeError, "object does not provide __dir__") }
                defer { t.release(method) }
                let names = try t.call(method)
                defer { t.release(names) }
                return try BuiltinIteration.sorted(t, names)
            }
        }
    }

    static func name(_ t: Thread, _ message: String, _ v: Value) throws(PythonError) -> Value {
        guard t.isStr(v) else { throw t.raise(.typeError, "\(message), not '\(t.typeName(v))'") }
        return Interning.intern(StrRef(v).string)
    }
}
