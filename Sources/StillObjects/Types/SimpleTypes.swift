// NoneType, ellipsis, NotImplementedType and SimpleNamespace.
import StillObmalloc
import StillPlatform
import StillThreadRegistry

enum SimpleTypes {
    static func define() {
        constants()
        namespace()
        GenericAliasType.define()
        UnionType.define()
    }

    private static func constants() {
        StaticTypes.define(.noneType, "NoneType", basicSize: 24, flags: 0) { (b: TypeBuilder) in
            b.record.pointee.repr = { t, _ in returning(t) { (t) throws(PythonError) -> Value in try t.makeString("None") } }
            b.record.pointee.truth = { _, _ in 0 }
            b.record.pointee.hash = { _, _ in 0xFCA8_6420 }
            b.record.pointee.new = { t, s, a, n, k in SimpleTypes.constant(t, "NoneType", .none, n, k) }
            b.doc("The type of the None singleton.")
        }
        StaticTypes.define(.ellipsisType, "ellipsis", basicSize: 24, flags: 0) { (b: TypeBuilder) in
            b.record.pointee.repr = { t, _ in returning(t) { (t) throws(PythonError) -> Value in try t.makeString("Ellipsis") } }
            b.record.pointee.new = { t, s, a, n, k in SimpleTypes.constant(t, "EllipsisType", .ellipsis, n, k) }
            b.method("__reduce__", 0, 0) { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in try t.makeString("Ellipsis") }
            }
        }
        StaticTypes.define(.notImplementedType, "NotImplementedType", basicSize: 24, flags: 0) { (b: TypeBuilder) in
            b.record.pointee.repr = { t, _ in
                returning(t) { (t) throws(PythonError) -> Value in try t.makeString("NotImplemented") }
            }
            b.record.pointee.new = { t, s, a, n, k in SimpleTypes.constant(t, "NotImplementedType", .notImplemented, n, k) }
            b.record.pointee.truth = { _, _ in 1 }
        }
    }
    private static func constant(_ t: UnsafeMutableRawPointer, _ name: String, _ value: Value, _ n: Int, _ k: UInt64) -> UInt64 {
        returning(t) { (t) throws(PythonError) -> Value in
            if n > 0 || (k != 0 && TypeRef.tupleCount(Value(bits: k)) > 0) {
                throw t.raise(.typeError, "\(name) takes no arguments")
            }
            return value
        }
    }

    // MARK: SimpleNamespace

    private static func namespace() {
        StaticTypes.define(
            .simpleNamespace, "SimpleNamespace", module: "types", basicSize: 32,
            flags: TypeFlags.baseType | TypeFlags.collectable
        ) { (b: TypeBuilder) in
            let r = b.record
            r.pointee.dictOffset = 24
            r.pointee.memory.traverse = { object, visitor in InstanceLayout.traverseExtra(object, visitor) }
            r.pointee.memory.clear = { t, object in InstanceLayout.clearExtra(Thread(t), ObjectRef(object)) }
            r.pointee.memory.deallocate = { t, object in
                InstanceLayout.releaseExtra(Thread(t), ObjectRef(object))
                Allocation.free(ObjectRef(object), Thread(t))
            }
            r.pointee.new = { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    Value(try t.allocateInstance(of: TypeRef(Value(bits: s))))
                }
            }
            r.pointee.initialize = { t, s, a, n, k in
                storing(t) { (t) throws(PythonError) -> Int in
                    let receiver = Value(bits: s)
                    try Arguments.count(t, t.typeName(receiver), n, 0, 1)
                    if n == 1 {
                        let items = try t.call(t.type(.dict).value, Value(bits: a[0]))
                        defer { t.release(items) }
                        try t.withItems(of: items) { (keys: UnsafeBufferPointer<Value>) throws(PythonError) in
                            for key in keys {
                                let value = try t.getItem(items, key)
                                defer { t.release(value) }
                                try t.genericSet(receiver, key, value)
                            }
                        }
                    }
                    if k != 0 {
                        let names = Value(bits: k)
                        for index in 0..<TypeRef.tupleCount(names) {
                            try t.genericSet(receiver, TypeRef.tupleItem(names, index), Value(bits: a[n + index]))
                        }
                    }
                    return 0
                }
            }
            r.pointee.repr = { t, s in
                returning(t) { (t) throws(PythonError) -> Value in
                    let receiver = Value(bits: s)
                    let isExact = t.typeOf(receiver) == t.type(.simpleNamespace)
                    let name = isExact ? "namespace" : t.typeName(receiver)
                    guard try t.reprEnter(receiver.object) else { return try t.makeString("\(name)(...)") }
                    defer { t.reprLeave(receiver.object) }
                    let dict = try InstanceAttributes.materialize(t, receiver.object)
                    defer { t.release(dict) }
                    var parts: [String] = []
                    let items = try DictRef(dict).items(t)
                    defer { for item in items { t.release(item.key); t.release(item.value) } }
                    for item in items where t.isStr(item.key) {
                        let text = try t.repr(item.value)
                        parts.append(StrRef(item.key).string + "=" + StrRef(text).string)
                        t.release(text)
                    }
                    return try t.makeString("\(name)(\(parts.joined(separator: ", ")))")
                }
            }
            r.pointee.compare = { t, op, a, b in
                returning(t) { (t) throws(PythonError) -> Value in
                    let space = t.type(.simpleNamespace)
                    guard t.isInstance(Value(bits: a), of: space), t.isInstance(Value(bits: b), of: space) else {
                        return .notImplemented
                    }
                    let left = try InstanceAttributes.materialize(t, Value(bits: a).object)
                    defer { t.release(left) }
                    let right = try InstanceAttributes.materialize(t, Value(bits: b).object)
                    defer { t.release(right) }
                    return try t.compare(CompareOperator(rawValue: op)!, left, right)
                }
            }
            b.property("__dict__", get: DictDescriptor.get, set: nil)
        }
    }
}
