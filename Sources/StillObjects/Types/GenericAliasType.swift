// list[int]: a class with type arguments. 24 GenericAliasType.origin, 32 GenericAliasType.args (tuple).
import StillObmalloc
import StillPlatform
public import StillThreadRegistry

enum GenericAliasType {
    private static func origin(_ bits: UInt64) -> Value { Value(bits: bits).object.field(24) }
    private static func args(_ bits: UInt64) -> Value { Value(bits: bits).object.field(32) }

    static func define() {
        StaticTypes.define(
            .genericAlias, "GenericAlias", module: "types", basicSize: 40,
            flags: TypeFlags.baseType | TypeFlags.collectable
        ) { (b: TypeBuilder) in
            let r = b.record
            r.pointee.memory.traverse = { object, visitor in FixedFields.traverse(object, visitor, 24, 40) }
            r.pointee.memory.clear = { _, _ in }
            r.pointee.memory.deallocate = { t, object in FixedFields.deallocate(Thread(t), object, 24, 40) }
            r.pointee.new = { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    try Arguments.noKeywords(t, "GenericAlias", k)
                    try Arguments.count(t, "GenericAlias", n, 2, 2)
                    return try t.makeGenericAlias(Value(bits: a[0]), Value(bits: a[1]))
                }
            }
            r.pointee.call = { t, f, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    let made = try t.call(GenericAliasType.origin(f), args: a, count: n, keywords: Value(bits: k))
                    do throws(PythonError) { try t.setAttribute(made, Names.__orig_class__, Value(bits: f)) } catch {
                        if !t.raisedMatches(.attributeError) && !t.raisedMatches(.typeError) {
                            t.release(made)
                            throw error
                        }
                        t.clearRaised()
                    }
                    return made
                }
            }
            r.pointee.getAttribute = { t, s, name in
                returning(t) { (t) throws(PythonError) -> Value in
                    let value = Value(bits: s)
                    let name = Value(bits: name)
                    let text = StrRef(name).string
                    let forwards = !text.hasPrefix("__") || !text.hasSuffix("__") || text == "__name__" || text == "__qualname__"
                        || text == "__module__" || text == "__doc__"
                    if !forwards || text == "__origin__" {
                        let own = try t.genericGet(value, name)
                        if !own.isNull { return own }
                    }
                    return try t.getAttribute(GenericAliasType.origin(s), name)
                }
            }
            r.pointee.getItem = { t, s, key in
                returning(t) { (t) throws(PythonError) -> Value in
                    throw t.raise(.typeError, "\(try GenericAliasType.text(t, s)) is not a generic class")
                }
            }
            r.pointee.repr = { t, s in returning(t) { (t) throws(PythonError) -> Value in try t.makeString(try GenericAliasType.text(t, s)) } }
            r.pointee.compare = { t, op, a, b in
                returning(t) { (t) throws(PythonError) -> Value in
                    guard t.typeOf(Value(bits: b)) == t.type(.genericAlias), op == CompareOperator.equal.rawValue || op == CompareOperator.notEqual.rawValue
                    else { return .notImplemented }
                    var same = try t.equal(GenericAliasType.origin(a), GenericAliasType.origin(b))
                    if same { same = try t.equal(GenericAliasType.args(a), GenericAliasType.args(b)) }
                    return Value(same == (op == CompareOperator.equal.rawValue))
                }
            }
            r.pointee.hash = { t, s in
                storing(t) { (t) throws(PythonError) -> Int in
                    let hash = try t.hash(GenericAliasType.origin(s)) ^ (try t.hash(GenericAliasType.args(s)))
                    return hash == -1 ? -2 : hash
                }
            }
            r.pointee.binary = { t, op, a, b in
                returning(t) { (t) throws(PythonError) -> Value in
                    op == BinaryOperator.or.rawValue ? try UnionType.make(t, Value(bits: a), Value(bits: b)) : .notImplemented
                }
            }
            b.member("__origin__", offset: 24, readOnly: true)
            b.member("__args__", offset: 32, readOnly: true)
            b.getter("__parameters__") { t, _ in returning(t) { (t) throws(PythonError) -> Value in try t.makeTuple([]) } }
            b.method("__mro_entries__", 1, 1) { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in try t.makeTuple([t.retain(GenericAliasType.origin(s))]) }
            }
            b.method("__instancecheck__", 1, 1) { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    throw t.raise(.typeError, "isinstance() argument 2 cannot be a parameterized generic")
                }
            }
            b.method("__subclasscheck__", 1, 1) { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    throw t.raise(.typeError, "issubclass() argument 2 cannot be a parameterized generic")
                }
            }
        }
    }

    private static func text(_ t: Thread, _ bits: UInt64) throws(PythonError) -> String {
        var parts: [String] = []
        for item in TypeRef.tupleItems(GenericAliasType.args(bits)) { parts.append(try itemText(t, item)) }
        return "\(try itemText(t, GenericAliasType.origin(bits)))[\(parts.isEmpty ? "()" : parts.joined(separator: ", "))]"
    }
    /// How a type shows in an alias or union.
    static func itemText(_ t: Thread, _ v: Value) throws(PythonError) -> String {
        if v.bits == Value.ellipsis.bits { return "..." }
        if v.isNone || (v.isObject && v.object == t.type(.noneType).object) { return "None" }
        if t.isType(v) { return t.qualifiedTypeName(TypeRef(v)) }
        let text = try t.repr(v)
        defer { t.release(text) }
        return StrRef(text).string
    }
}

extension ThreadState {
    /// `origin[item]`; a tuple item is several arguments. Arguments are borrowed.
    public func makeGenericAlias(_ origin: Value, _ item: Value) throws(PythonError) -> Value {
        let args = typeOf(item) == type(.tuple) ? retain(item) : try makeTuple([retain(item)])
        let object: ObjectRef
        do throws(PythonError) { object = try allocateInstance(of: type(.genericAlias)) } catch {
            release(args)
            throw error
        }
        object.setField(24, retain(origin))
        object.setField(32, args)
        return Value(object)
    }
}
