// mappingproxy: a read-only view of a mapping. 24 mapping.
import StillObmalloc
import StillPlatform
public import StillThreadRegistry

enum MappingProxyType {
    private static func target(_ bits: UInt64) -> Value { Value(bits: bits).object.field(24) }

    static func define() {
        StaticTypes.define(
            .mappingProxy, "mappingproxy", basicSize: 32, flags: TypeFlags.collectable | TypeFlags.patternMapping
        ) { (b: TypeBuilder) in
            let r = b.record
            r.pointee.memory.traverse = { object, visitor in FixedFields.traverse(object, visitor, 24, 32) }
            r.pointee.memory.clear = { _, _ in }
            r.pointee.memory.deallocate = { t, object in FixedFields.deallocate(Thread(t), object, 24, 32) }
            r.pointee.new = { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    let given = try Arguments.parse(t, function: "mappingproxy", a, n, k, names: ["mapping"], required: 1)
                    let type = t.typeOf(given[0])
                    if type.record.pointee.getItem == nil || type.has(TypeFlags.listSubclass | TypeFlags.tupleSubclass) {
                        throw t.raise(.typeError, "mappingproxy() argument must be a mapping, not \(t.typeName(given[0]))")
                    }
                    return try t.makeMappingProxy(given[0])
                }
            }
            r.pointee.length = { t, s in
                storing(t) { (t) throws(PythonError) -> Int in try t.length(MappingProxyType.target(s)) }
            }
            r.pointee.getItem = { t, s, key in
                returning(t) { (t) throws(PythonError) -> Value in try t.getItem(MappingProxyType.target(s), Value(bits: key)) }
            }
            r.pointee.contains = { t, s, key in
                storing(t) { (t) throws(PythonError) -> Int in try t.contains(MappingProxyType.target(s), Value(bits: key)) ? 1 : 0 }
            }
            r.pointee.iterate = { t, s in
                returning(t) { (t) throws(PythonError) -> Value in try t.iterate(MappingProxyType.target(s)) }
            }
            r.pointee.str = { t, s in returning(t) { (t) throws(PythonError) -> Value in try t.str(MappingProxyType.target(s)) } }
            r.pointee.repr = { t, s in
                returning(t) { (t) throws(PythonError) -> Value in
                    let text = try t.repr(MappingProxyType.target(s))
                    defer { t.release(text) }
                    return try t.makeString("mappingproxy(\(StrRef(text).string))")
                }
            }
            r.pointee.compare = { t, op, a, b in
                returning(t) { (t) throws(PythonError) -> Value in
                    let other = Value(bits: b)
                    let unwrapped = t.typeOf(other) == t.type(.mappingProxy) ? MappingProxyType.target(b) : other
                    return try t.compare(CompareOperator(rawValue: op)!, MappingProxyType.target(a), unwrapped)
                }
            }
            r.pointee.hash = { t, s in storing(t) { (t) throws(PythonError) -> Int in try t.hash(MappingProxyType.target(s)) } }
            r.pointee.binary = { t, op, a, b in
                returning(t) { (t) throws(PythonError) -> Value in
                    if op != BinaryOperator.or.rawValue { return .notImplemented }
                    let proxy = t.type(.mappingProxy)
                    let left = t.typeOf(Value(bits: a)) == proxy ? MappingProxyType.target(a) : Value(bits: a)
                    let right = t.typeOf(Value(bits: b)) == proxy ? MappingProxyType.target(b) : Value(bits: b)
                    return try t.binary(.or, left, right)
                }
            }
            for (name, _) in [("keys", 0), ("values", 0), ("items", 0), ("copy", 0), ("get", 1)] { forward(b, name) }
            b.method("__reversed__", 0, 0) { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in try t.callMethod(MappingProxyType.target(s), Names.__reversed__) }
            }
        }
    }

    private static func forward(_ b: TypeBuilder, _ name: String) {
        switch name {
        case "keys": b.method(name, 0, 0) { t, s, a, n, k in MappingProxyType.call(t, s, "keys", a, n) }
        case "values": b.method(name, 0, 0) { t, s, a, n, k in MappingProxyType.call(t, s, "values", a, n) }
        case "items": b.method(name, 0, 0) { t, s, a, n, k in MappingProxyType.call(t, s, "items", a, n) }
        case "copy": b.method(name, 0, 0) { t, s, a, n, k in MappingProxyType.call(t, s, "copy", a, n) }
        default: b.method(name, 1, 2) { t, s, a, n, k in MappingProxyType.call(t, s, "get", a, n) }
        }
    }
    private static func call(
        _ t: UnsafeMutableRawPointer, _ s: UInt64, _ name: String, _ a: UnsafeMutablePointer<UInt64>, _ n: Int
    ) -> UInt64 {
        returning(t) { (t) throws(PythonError) -> Value in
            let method = try t.getAttribute(MappingProxyType.target(s), Interning.intern(name))
            defer { t.release(method) }
            return try t.call(method, args: a, count: n)
        }
    }
}

extension ThreadState {
    /// A read-only view of a mapping (borrowed).
    public func makeMappingProxy(_ mapping: Value) throws(PythonError) -> Value {
        let object = try makeObject(.mappingProxy, bytes: 32)
        object.setField(24, retain(mapping))
        return Value(object)
    }
}
