// The module `_contextvars`: Context, ContextVar, Token, copy_context.
//
//   Context    24 dict: variable to value   32 entered (atomic, 0 or 1)
//   ContextVar 24 name   32 default (null: none)
//   Token      24 context   32 variable   40 value before (null: none)   48 used (atomic, 0 or 1)
//
// Sharing   The references are written before an object is published and change no more. Which context is current is a word of the thread,
//           which it alone reads and writes, so a variable's value is found without a lock. A context may be read by all threads, as its dict
//           may; one thread at most is in it.
// Ordering  (V1) entering a context acquires, leaving it releases: who enters sees what the last one did in it.
import StillObjects
import StillObmalloc
import StillPlatform
public import StillThreadRegistry
public import StillVM
import Synchronization

public enum ContextModule {
    static let bytes = 56

    public static let definition = ModuleDefinition(name: "_contextvars") { m in
        m.set("Context", m.thread.type(.context).value)
        m.set("ContextVar", m.thread.type(.contextVariable).value)
        m.set("Token", m.thread.type(.contextToken).value)
        m.function("copy_context", 0, 0) { t, _, _, _, _ in
            returning(t) { (t) throws(PythonError) -> Value in try ContextModule.copy(t, ContextModule.current(t)) }
        }
    }

    static func defineTypes() {
        ContextType.define()
        ContextVariableType.define()
        ContextTokenType.define()
    }

    static func memory(_ b: TypeBuilder, _ end: Int) {
        // Three kinds of objects with one to three references; words that a kind does not use are null.
        switch end {
        case 32:
            b.record.pointee.memory.traverse = { object, visitor in FixedFields.traverse(object, visitor, 24, 32) }
            b.record.pointee.memory.deallocate = { t, object in FixedFields.deallocate(Thread(t), object, 24, 32) }
        case 40:
            b.record.pointee.memory.traverse = { object, visitor in FixedFields.traverse(object, visitor, 24, 40) }
            b.record.pointee.memory.deallocate = { t, object in FixedFields.deallocate(Thread(t), object, 24, 40) }
        default:
            b.record.pointee.memory.traverse = { object, visitor in FixedFields.traverse(object, visitor, 24, 48) }
            b.record.pointee.memory.deallocate = { t, object in FixedFields.deallocate(Thread(t), object, 24, 48) }
        }
    }

    static func field(_ v: Value, _ offset: Int) -> Value { v.object.field(offset) }
    static func flag(_ v: Value, _ offset: Int) -> UnsafeMutablePointer<Atomic<UInt64>> { v.object.atomicWord(offset) }
    static func table(_ context: Value) -> DictRef { DictRef(field(context, 24)) }
    static func text(_ t: Thread, _ v: Value) throws(PythonError) -> String {
        let text = try t.repr(v)
        defer { t.release(text) }
        return StrRef(text).string
    }

    /// A context with these values; the dict is taken over, also when it fails.
    static func make(_ t: Thread, owned table: Value) throws(PythonError) -> Value {
        let object: ObjectRef
        do throws(PythonError) { object = try t.allocateInstance(of: t.type(.context)) } catch {
            t.release(table)
            throw error
        }
        object.setField(24, table)
        return Value(object)
    }

    static func copy(_ t: Thread, _ context: Value) throws(PythonError) -> Value { try make(t, owned: table(context).copy(t)) }

    /// The thread's context, borrowed: made at the first use.
    static func current(_ t: Thread) throws(PythonError) -> Value {
        let known = ThreadContext.get(t)
        if !known.isNull { return known }
        let context = try make(t, owned: t.makeDict())
        t.release(ThreadContext.exchange(t, owned: context))
        return context
    }
}

private enum ContextType {
    private static let entered = 32

    static func define() {
        StaticTypes.define(
            .context, "Context", module: "_contextvars", basicSize: ContextModule.bytes,
            flags: TypeFlags.collectable | TypeFlags.weaklyReferencable | TypeFlags.patternMapping
        ) { b in
            let r = b.record
            ContextModule.memory(b, 32)
            r.pointee.memory.clear = { t, object in
                // The dict stays, so that whoever is in the context has one.
                let table: Value = ObjectRef(object).field(24)
                if !table.isNull { DictRef(table).clear(Thread(t)) }
            }
            r.pointee.new = { t, _, _, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    if n != 0 || k != 0 { throw t.raise(.typeError, "Context() does not accept any arguments") }
                    return try ContextModule.make(t, owned: t.makeDict())
                }
            }
            b.constant("__hash__", .none)
            r.pointee.compare = { t, op, a, b in
                returning(t) { (t) throws(PythonError) -> Value in
                    guard t.typeOf(Value(bits: b)) == t.type(.context) else { return .notImplemented }
                    return try t.compare(
                        CompareOperator(rawValue: op)!, ContextModule.field(Value(bits: a), 24), ContextModule.field(Value(bits: b), 24))
                }
            }
            r.pointee.length = { _, v in ContextModule.table(Value(bits: v)).count }
            r.pointee.getItem = { t, v, key in
                returning(t) { (t) throws(PythonError) -> Value in
                    let value = try ContextType.find(t, v, Value(bits: key))
                    if value.isNull { throw t.keyError(Value(bits: key)) }
                    return value
                }
            }
            r.pointee.contains = { t, v, key in
                storing(t) { (t) throws(PythonError) -> Int in
                    let value = try ContextType.find(t, v, Value(bits: key))
                    t.release(value)
                    return value.isNull ? 0 : 1
                }
            }
            r.pointee.iterate = { t, v in
                returning(t) { (t) throws(PythonError) -> Value in
                    let copy = try ContextModule.table(Value(bits: v)).copy(t)
                    defer { t.release(copy) }
                    return try t.iterate(copy)
                }
            }
            b.method("get", 1, 2) { t, s, a, n, _ in
                returning(t) { (t) throws(PythonError) -> Value in
                    let value = try ContextType.find(t, s, Value(bits: a[0]))
                    return !value.isNull ? value : n == 2 ? t.retain(Value(bits: a[1])) : .none
                }
            }
            b.method("copy", 0, 0) { t, s, _, _, _ in
                returning(t) { (t) throws(PythonError) -> Value in try ContextModule.copy(t, Value(bits: s)) }
            }
            b.method("keys", 0, 0) { t, s, _, _, _ in ContextType.view(t, s, "keys") }
            b.method("values", 0, 0) { t, s, _, _, _ in ContextType.view(t, s, "values") }
            b.method("items", 0, 0) { t, s, _, _, _ in ContextType.view(t, s, "items") }
            b.method("run", 0, -1, keywords: true) { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in try ContextType.run(t, Value(bits: s), a, n, k) }
            }
        }
    }

    /// Owned, or null.
    private static func find(_ t: Thread, _ context: UInt64, _ key: Value) throws(PythonError) -> Value {
        guard t.typeOf(key) == t.type(.contextVariable) else {
            throw t.raise(.typeError, "a ContextVar key was expected, got \(try ContextModule.text(t, key))")
        }
        return try ContextModule.table(Value(bits: context)).get(t, key)
    }

    /// An iterator over what is in the context now.
    private static func view(_ t: UnsafeMutableRawPointer, _ s: UInt64, _ name: String) -> UInt64 {
        returning(t) { (t) throws(PythonError) -> Value in
            let copy = try ContextModule.table(Value(bits: s)).copy(t)
            defer { t.release(copy) }
            let view = try t.callMethod(copy, Interning.intern(name))
            defer { t.release(view) }
            return try t.iterate(view)
        }
    }

    private static func run(
        _ t: Thread, _ context: Value, _ a: ArgumentWords, _ n: Int, _ k: UInt64
    ) throws(PythonError) -> Value {
        if n == 0 { throw t.raise(.typeError, "run() missing 1 required positional argument") }
        let word = ContextModule.flag(context, entered)
        let isFree = word.pointee.compareExchange(expected: 0, desired: 1, successOrdering: .acquiring, failureOrdering: .relaxed).exchanged  // V1
        if !isFree && !FaultInjection.isActive(.enterContextTwice) {
            throw t.raise(.runtimeError, "cannot enter context: \(try ContextModule.text(t, context)) is already entered")
        }
        let outer = ThreadContext.exchange(t, owned: t.retain(context))
        defer {
            t.release(ThreadContext.exchange(t, owned: outer))
            word.pointee.store(0, ordering: .releasing)  // V1
        }
        return try t.call(Value(bits: a[0]), args: a + 1, count: n - 1, keywords: Value(bits: k))
    }
}

private enum ContextVariableType {
    static func define() {
        StaticTypes.define(
            .contextVariable, "ContextVar", module: "_contextvars", basicSize: ContextModule.bytes,
            flags: TypeFlags.collectable | TypeFlags.weaklyReferencable
        ) { b in
            let r = b.record
            ContextModule.memory(b, 40)
            r.pointee.memory.clear = { _, _ in }
            r.pointee.new = { t, _, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    let v = try Arguments.parse(
                        t, function: "ContextVar", a, n, k, names: ["", "default"], required: 1, positionalOnly: 1, keywordOnly: 1)
                    guard t.isStr(v[0]) else { throw t.raise(.typeError, "context variable name must be a str") }
                    let object = try t.allocateInstance(of: t.type(.contextVariable))
                    object.setField(24, t.retain(v[0]))
                    object.setField(32, t.retain(v[1]))
                    return Value(object)
                }
            }
            r.pointee.repr = { t, v in
                returning(t) { (t) throws(PythonError) -> Value in
                    let name = try ContextModule.text(t, ContextModule.field(Value(bits: v), 24))
                    let standard = ContextModule.field(Value(bits: v), 32)
                    let shown = standard.isNull ? "" : " default=\(try ContextModule.text(t, standard))"
                    return try t.makeString("<ContextVar name=\(name)\(shown) at 0x\(String(v & ~7, radix: 16))>")
                }
            }
            b.getter("name") { t, s in Thread(t).retain(ContextModule.field(Value(bits: s), 24)).bits }
            b.method("get", 0, 1) { t, s, a, n, _ in
                returning(t) { (t) throws(PythonError) -> Value in
                    let context = ThreadContext.get(t)
                    if !context.isNull {
                        let value = try ContextModule.table(context).get(t, Value(bits: s))
                        if !value.isNull { return value }
                    }
                    if n == 1 { return t.retain(Value(bits: a[0])) }
                    let standard = ContextModule.field(Value(bits: s), 32)
                    if !standard.isNull { return t.retain(standard) }
                    throw t.raise(.lookupError, args: t.retain(Value(bits: s)))
                }
            }
            b.method("set", 1, 1) { t, s, a, _, _ in
                returning(t) { (t) throws(PythonError) -> Value in
                    let (variable, context) = (Value(bits: s), try ContextModule.current(t))
                    let before = try ContextModule.table(context).get(t, variable)
                    let token = try ContextTokenType.make(t, context, variable, owned: before)
                    do throws(PythonError) { try ContextModule.table(context).set(t, variable, Value(bits: a[0])) } catch {
                        t.release(token)
                        throw error
                    }
                    return token
                }
            }
            b.method("reset", 1, 1) { t, s, a, _, _ in
                returning(t) { (t) throws(PythonError) -> Value in
                    try ContextTokenType.reset(t, Value(bits: s), Value(bits: a[0]))
                    return .none
                }
            }
            b.classMethod("__class_getitem__", 1, 1) { t, s, a, _, _ in
                returning(t) { (t) throws(PythonError) -> Value in try t.makeGenericAlias(Value(bits: s), Value(bits: a[0])) }
            }
        }
    }
}

private enum ContextTokenType {
    private static let used = 48

    /// Takes the value over, also when it fails.
    static func make(_ t: Thread, _ context: Value, _ variable: Value, owned before: Value) throws(PythonError) -> Value {
        let object: ObjectRef
        do throws(PythonError) { object = try t.allocateInstance(of: t.type(.contextToken)) } catch {
            t.release(before)
            throw error
        }
        object.setField(24, t.retain(context))
        object.setField(32, t.retain(variable))
        object.setField(40, before)
        return Value(object)
    }

    static func reset(_ t: Thread, _ variable: Value, _ token: Value) throws(PythonError) {
        guard t.typeOf(token) == t.type(.contextToken) else {
            throw t.raise(.typeError, "expected an instance of Token, got \(try ContextModule.text(t, token))")
        }
        func refuse(_ id: ExceptionID, _ why: String) throws(PythonError) -> PythonError {
            t.raise(id, "\(try ContextModule.text(t, token)) \(why)")
        }
        if ContextModule.flag(token, used).pointee.load(ordering: .relaxed) != 0 { throw try refuse(.runtimeError, "has already been used once") }
        if !ContextModule.field(token, 32).isSame(variable) { throw try refuse(.valueError, "was created by a different ContextVar") }
        let context = try ContextModule.current(t)
        if !ContextModule.field(token, 24).isSame(context) { throw try refuse(.valueError, "was created in a different Context") }
        if ContextModule.flag(token, used).pointee.exchange(1, ordering: .relaxed) != 0 {
            throw try refuse(.runtimeError, "has already been used once")
        }
        let before = ContextModule.field(token, 40)
        if before.isNull {
            _ = try ContextModule.table(context).delete(t, variable)
        } else {
            try ContextModule.table(context).set(t, variable, before)
        }
    }

    static func define() {
        StaticTypes.define(.contextTokenMissing, "Token.MISSING", module: "_contextvars", basicSize: 32, flags: TypeFlags.notInstantiable) { b in
            b.record.pointee.repr = { t, _ in returning(t) { (t) throws(PythonError) -> Value in try t.makeString("<Token.MISSING>") } }
        }
        guard let raw = rawAllocateZeroed(32) else { stillBug("no memory for Token.MISSING") }
        ObjectRef(raw).typeRaw = StaticTypes.record(TypeID.contextTokenMissing).raw
        ReferenceCount.makeImmortal(ObjectRef(raw))
        let missing = Value(ObjectRef(raw))
        StaticTypes.define(
            .contextToken, "Token", module: "_contextvars", basicSize: ContextModule.bytes, flags: TypeFlags.collectable
        ) { b in
            let r = b.record
            r.pointee.new = { t, _, _, _, _ in
                returning(t) { (t) throws(PythonError) -> Value in
                    throw t.raise(.runtimeError, "Tokens can only be created by ContextVars")
                }
            }
            ContextModule.memory(b, 48)
            r.pointee.memory.clear = { _, _ in }
            r.pointee.hash = { t, _ in
                storing(t) { (t) throws(PythonError) -> Int in throw t.raise(.typeError, "unhashable type: '_contextvars.Token'") }
            }
            b.constant("MISSING", missing)
            r.pointee.repr = { t, v in
                returning(t) { (t) throws(PythonError) -> Value in
                    let isUsed = ContextModule.flag(Value(bits: v), ContextTokenType.used).pointee.load(ordering: .relaxed) != 0
                    let variable = try ContextModule.text(t, ContextModule.field(Value(bits: v), 32))
                    return try t.makeString("<Token\(isUsed ? " used" : "") var=\(variable) at 0x\(String(v & ~7, radix: 16))>")
                }
            }
            b.getter("var") { t, s in Thread(t).retain(ContextModule.field(Value(bits: s), 32)).bits }
            b.getter("old_value") { t, s in
                returning(t) { (t) throws(PythonError) -> Value in
                    let before = ContextModule.field(Value(bits: s), 40)
                    return before.isNull
                        ? try t.getAttribute(t.type(.contextToken).value, Interning.intern("MISSING")) : t.retain(before)
                }
            }
            b.classMethod("__class_getitem__", 1, 1) { t, s, a, _, _ in
                returning(t) { (t) throws(PythonError) -> Value in try t.makeGenericAlias(Value(bits: s), Value(bits: a[0])) }
            }
        }
    }
}
