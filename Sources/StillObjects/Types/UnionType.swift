// int | str. 24 members (tuple, flat, without duplicates; None stands for NoneType).
import StillObmalloc
import StillPlatform
import StillThreadRegistry

enum UnionType {
    static func define() {
        StaticTypes.define(
            .unionType, "UnionType", module: "types", basicSize: 32, flags: TypeFlags.collectable | TypeFlags.notInstantiable
        ) { (b: TypeBuilder) in
            let r = b.record
            r.pointee.memory.traverse = { object, visitor in FixedFields.traverse(object, visitor, 24, 32) }
            r.pointee.memory.clear = { _, _ in }
            r.pointee.memory.deallocate = { t, object in FixedFields.deallocate(Thread(t), object, 24, 32) }
            r.pointee.repr = { t, s in
                returning(t) { (t) throws(PythonError) -> Value in
                    var parts: [String] = []
                    for item in UnionType.members(Value(bits: s)) { parts.append(try GenericAliasType.itemText(t, item)) }
                    return try t.makeString(parts.joined(separator: " | "))
                }
            }
            r.pointee.compare = { t, op, a, b in
                returning(t) { (t) throws(PythonError) -> Value in
                    guard t.typeOf(Value(bits: b)) == t.type(.unionType),
                        op == CompareOperator.equal.rawValue || op == CompareOperator.notEqual.rawValue
                    else { return .notImplemented }
                    let left = UnionType.members(Value(bits: a))
                    let right = UnionType.members(Value(bits: b))
                    var same = left.count == right.count
                    for item in left where same { same = try UnionType.contains(t, right, item) }
                    return Value(same == (op == CompareOperator.equal.rawValue))
                }
            }
            r.pointee.hash = { t, s in
                storing(t) { (t) throws(PythonError) -> Int in
                    var hash = 0
                    for item in UnionType.members(Value(bits: s)) { hash ^= try t.hash(item) }
                    return hash == -1 ? -2 : hash
                }
            }
            r.pointee.binary = { t, op, a, b in
                returning(t) { (t) throws(PythonError) -> Value in
                    op == BinaryOperator.or.rawValue ? try UnionType.make(t, Value(bits: a), Value(bits: b)) : .notImplemented
                }
            }
            b.member("__args__", offset: 24, readOnly: true)
            b.getter("__parameters__") { t, _ in returning(t) { (t) throws(PythonError) -> Value in try t.makeTuple([]) } }
        }
    }

    /// Members of a union object, borrowed.
    static func members(_ union: Value) -> [Value] { TypeRef.tupleItems(union.object.field(24)) }

    private static func contains(_ t: Thread, _ list: [Value], _ item: Value) throws(PythonError) -> Bool {
        for other in list where try t.equal(other, item) { return true }
        return false
    }

    /// `a | b`, or notImplemented for operands that are not types.
    static func make(_ t: Thread, _ a: Value, _ b: Value) throws(PythonError) -> Value {
        var items: [Value] = []
        for operand in [a, b] {
            let kind = t.typeOf(operand)
            if kind == t.type(.unionType) {
                for item in UnionType.members(operand) where try !UnionType.contains(t, items, item) { items.append(item) }
            } else if operand.isNone || t.isType(operand) || kind == t.type(.genericAlias) {
                let item = operand.isNone ? t.type(.noneType).value : operand
                if try !UnionType.contains(t, items, item) { items.append(item) }
            } else {
                return .notImplemented
            }
        }
        if items.count == 1 { return t.retain(items[0]) }
        let tuple = try t.makeTuple(items.map { t.retain($0) })
        let object: ObjectRef
        do throws(PythonError) { object = try t.makeObject(.unionType, bytes: 32) } catch {
            t.release(tuple)
            throw error
        }
        object.setField(24, tuple)
        return Value(object)
    }
}
