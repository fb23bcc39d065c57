// `weakref.ProxyType` and `weakref.CallableProxyType`: a weak reference that stands for its referent in operations.
//
// A proxy has the layout of a weak reference and lives in the same table (WeakReferences.swift). Each operation takes a count on the
// referent for its duration, so that the referent cannot die under it; a dead one raises ReferenceError.
import StillObmalloc
import StillPlatform
public import StillThreadRegistry

public enum WeakProxyTypes {
    /// A proxy for an object; without callback an existing one is used again.
    public static func make(_ t: Thread, _ target: Value, callback: Value) throws(PythonError) -> Value {
        let isCallable = t.typeOf(target).record.pointee.call != nil
        return try WeakReferences.make(t, t.type(isCallable ? .weakCallableProxy : .weakProxy), target, callback: callback)
    }

    public static func isProxy(_ t: Thread, _ v: Value) -> Bool {
        v.isObject && (t.typeOf(v) == t.type(.weakProxy) || t.typeOf(v) == t.type(.weakCallableProxy))
    }

    /// The referent of a proxy, or the value itself. Owned.
    static func unwrap(_ t: Thread, _ v: Value) throws(PythonError) -> Value {
        if !isProxy(t, v) { return t.retain(v) }
        let found = WeakReferences.load(t, v.object)
        if found.isNull { throw t.raise(.referenceError, "weakly-referenced object no longer exists") }
        return found
    }

    /// Runs an operation on the referent.
    private static func forward(
        _ raw: UnsafeMutableRawPointer, _ v: UInt64, _ body: (Thread, Value) throws(PythonError) -> Value
    ) -> UInt64 {
        returning(raw) { (t) throws(PythonError) -> Value in
            let target = try unwrap(t, Value(bits: v))
            defer { t.release(target) }
            return try body(t, target)
        }
    }
    private static func forwardInt(
        _ raw: UnsafeMutableRawPointer, _ v: UInt64, _ body: (Thread, Value) throws(PythonError) -> Int
    ) -> Int {
        storing(raw) { (t) throws(PythonError) -> Int in
            let target = try unwrap(t, Value(bits: v))
            defer { t.release(target) }
            return try body(t, target)
        }
    }
    /// Runs an operation on two values of which either may be a proxy.
    private static func forward(
        _ raw: UnsafeMutableRawPointer, _ a: UInt64, _ b: UInt64, _ body: (Thread, Value, Value) throws(PythonError) -> Value
    ) -> UInt64 {
        returning(raw) { (t) throws(PythonError) -> Value in
            let left = try unwrap(t, Value(bits: a))
            defer { t.release(left) }
            let right = try unwrap(t, Value(bits: b))
            defer { t.release(right) }
            return try body(t, left, right)
        }
    }

    public static func define() {
        let flags = TypeFlags.collectable | TypeFlags.customGetAttribute | TypeFlags.customSetAttribute | TypeFlags.notInstantiable
        StaticTypes.define(.weakProxy, "ProxyType", module: "weakref", basicSize: WeakReferences.bytes, flags: flags) { b in common(b) }
        StaticTypes.define(
            .weakCallableProxy, "CallableProxyType", module: "weakref", basicSize: WeakReferences.bytes, flags: flags
        ) { b in
            common(b)
            b.record.pointee.call = { raw, f, a, n, k in
                WeakProxyTypes.forward(raw, f) { (t, target) throws(PythonError) -> Value in
                    try t.call(target, args: a, count: n, keywords: Value(bits: k))
                }
            }
        }
    }

    private static func common(_ b: TypeBuilder) {
        let r = b.record
        r.pointee.memory.traverse = { object, visitor in
            FixedFields.traverse(object, visitor, WeakReferences.callback, WeakReferences.callback + 8)
        }
        r.pointee.memory.clear = { t, object in
            FixedFields.clear(Thread(t), object, WeakReferences.callback, WeakReferences.callback + 8)
        }
        r.pointee.memory.deallocate = { t, object in
            WeakReferences.unlink(ObjectRef(object))
            FixedFields.deallocate(Thread(t), object, WeakReferences.callback, WeakReferences.callback + 8)
        }
        r.pointee.getAttribute = { raw, v, name in
            WeakProxyTypes.forward(raw, v) { (t, target) throws(PythonError) -> Value in
                try t.getAttribute(target, Value(bits: name))
            }
        }
        r.pointee.setAttribute = { raw, v, name, value in
            WeakProxyTypes.forwardInt(raw, v) { (t, target) throws(PythonError) -> Int in
                if value == 0 {
                    try t.deleteAttribute(target, Value(bits: name))
                } else {
                    try t.setAttribute(target, Value(bits: name), Value(bits: value))
                }
                return 0
            }
        }
        r.pointee.repr = { raw, v in
            returning(raw) { (t) throws(PythonError) -> Value in
                let address = String(Value(bits: v).object.address, radix: 16)
                let found = WeakReferences.load(t, Value(bits: v).object)
                if found.isNull { return try t.makeString("<weakproxy at 0x\(address); dead>") }
                defer { t.release(found) }
                return try t.makeString(
                    "<weakproxy at 0x\(address); to '\(t.qualifiedTypeName(t.typeOf(found)))' at 0x\(String(found.object.address, radix: 16))>")
            }
        }
        r.pointee.str = { raw, v in
            WeakProxyTypes.forward(raw, v) { (t, target) throws(PythonError) -> Value in try t.str(target) }
        }
        r.pointee.hash = { raw, v in
            storing(raw) { (t) throws(PythonError) -> Int in
                throw t.raise(.typeError, "unhashable type: '\(t.qualifiedTypeName(t.typeOf(Value(bits: v))))'")
            }
        }
        r.pointee.compare = { raw, op, a, b in
            WeakProxyTypes.forward(raw, a, b) { (t, left, right) throws(PythonError) -> Value in
                try t.compare(CompareOperator(rawValue: op)!, left, right)
            }
        }
        r.pointee.iterate = { raw, v in
            WeakProxyTypes.forward(raw, v) { (t, target) throws(PythonError) -> Value in try t.iterate(target) }
        }
        r.pointee.next = { raw, v in
            returningOptional(raw) { (t) throws(PythonError) -> Value in
                let target = try WeakProxyTypes.unwrap(t, Value(bits: v))
                defer { t.release(target) }
                if t.typeOf(target).record.pointee.next == nil {
                    throw t.raise(.typeError, "Weakref proxy referenced a non-iterator '\(t.typeName(target))' object")
                }
                return try t.next(target)
            }
        }
        r.pointee.binary = { raw, op, a, b in
            WeakProxyTypes.forward(raw, a, b) { (t, left, right) throws(PythonError) -> Value in
                try t.binary(BinaryOperator(rawValue: op)!, left, right)
            }
        }
        r.pointee.inPlace = { raw, op, a, b in
            WeakProxyTypes.forward(raw, a, b) { (t, left, right) throws(PythonError) -> Value in
                try t.inPlace(BinaryOperator(rawValue: op)!, left, right)
            }
        }
        r.pointee.unary = { raw, op, v, _ in
            WeakProxyTypes.forward(raw, v) { (t, target) throws(PythonError) -> Value in
                try t.unary(UnaryOperator(rawValue: op)!, target)
            }
        }
        r.pointee.truth = { raw, v in
            WeakProxyTypes.forwardInt(raw, v) { (t, target) throws(PythonError) -> Int in try t.isTrue(target) ? 1 : 0 }
        }
        r.pointee.length = { raw, v in
            WeakProxyTypes.forwardInt(raw, v) { (t, target) throws(PythonError) -> Int in try t.length(target) }
        }
        r.pointee.getItem = { raw, v, key in
            WeakProxyTypes.forward(raw, v) { (t, target) throws(PythonError) -> Value in try t.getItem(target, Value(bits: key)) }
        }
        r.pointee.setItem = { raw, v, key, value in
            WeakProxyTypes.forwardInt(raw, v) { (t, target) throws(PythonError) -> Int in
                if value == 0 {
                    try t.deleteItem(target, Value(bits: key))
                } else {
                    try t.setItem(target, Value(bits: key), Value(bits: value))
                }
                return 0
            }
        }
        r.pointee.contains = { raw, v, item in
            WeakProxyTypes.forwardInt(raw, v) { (t, target) throws(PythonError) -> Int in
                try t.contains(target, Value(bits: item)) ? 1 : 0
            }
        }
        r.pointee.index = { raw, v in
            WeakProxyTypes.forward(raw, v) { (t, target) throws(PythonError) -> Value in try t.index(target) }
        }
    }
}
