// The module `_functools`: `partial`, `cmp_to_key`, `reduce`, and `_lru_cache_wrapper` (CacheWrapper.swift).
//
//   partial      24 function   32 tuple of arguments   40 dict of keyword arguments   48 attributes (dict or null)
//   key wrapper  24 comparison function   32 object (null in the factory that cmp_to_key returns)
//
// The fields are written before the object is published and change only when the collector clears garbage, so a call, whose caller
// holds the object, reads them plainly. The word of the attributes belongs to the generic attribute code.
import StillObjects
import StillObmalloc
import StillPlatform
public import StillThreadRegistry
public import StillVM

public enum FunctoolsModule {
    private static let first = 24, second = 32, third = 40, dict = 48, bytes = 56

    public static let definition = ModuleDefinition(name: "_functools") { m in
        m.set("partial", m.thread.type(.partial).value)
        m.set("_lru_cache_wrapper", m.thread.type(.cacheWrapper).value)
        m.function("cmp_to_key", 1, 1, keywords: true) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let v = try Arguments.parse(t, function: "cmp_to_key", a, n, k, names: ["mycmp"], required: 1)
                return try FunctoolsModule.make(t, .keyWrapper, [t.retain(v[0])])
            }
        }
        // The attributes of an object as a dict, None when it keeps none: also of types that do not show their `__dict__`.
        m.function("_attributes", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let v = Value(bits: a[0])
                let shown = try t.getAttributeOrNull(v, Interning.intern("__dict__"))
                if !shown.isNull { return shown }
                let offset = Int(t.typeOf(v).record.pointee.dictOffset)
                if offset == 0 || !v.isObject { return .none }
                let hidden = SharedSlot.load(t, v.object, offset)
                return hidden.isNull ? .none : hidden
            }
        }
        m.function("reduce", 2, 3) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                guard t.typeOf(Value(bits: a[1])).record.pointee.iterate != nil
                    || t.typeOf(Value(bits: a[1])).record.pointee.getItem != nil
                else { throw t.raise(.typeError, "reduce() arg 2 must support iteration") }
                let iterator = try t.iterate(Value(bits: a[1]))
                defer { t.release(iterator) }
                var total = n == 3 ? t.retain(Value(bits: a[2])) : try t.next(iterator)
                if total.isNull { throw t.raise(.typeError, "reduce() of empty iterable with no initial value") }
                while true {
                    let before = total
                    do throws(PythonError) {
                        let item = try t.next(iterator)
                        if item.isNull { return before }
                        defer { t.release(item) }
                        total = try t.call(Value(bits: a[0]), before, item)
                    } catch {
                        t.release(before)
                        throw error
                    }
                    t.release(before)
                    if t.hasRequest { t.safepoint() }
                }
            }
        }
    }

    /// Takes the references over.
    private static func make(_ t: Thread, _ id: TypeID, _ values: [Value]) throws(PythonError) -> Value {
        try make(t, t.type(id), values)
    }
    private static func make(_ t: Thread, _ type: TypeRef, _ values: [Value]) throws(PythonError) -> Value {
        let object: ObjectRef
        do throws(PythonError) { object = try t.allocateInstance(of: type) } catch {
            for value in values { t.release(value) }
            throw error
        }
        for (index, value) in values.enumerated() { object.setField(24 + index * 8, value) }
        return Value(object)
    }
    private static func field(_ v: UInt64, _ offset: Int) -> Value { Value(bits: v).object.field(offset) }
    private static func memory(_ b: TypeBuilder) {
        let r = b.record
        r.pointee.memory.traverse = { object, visitor in FixedFields.traverseInstance(object, visitor, 24, 56) }
        r.pointee.memory.clear = { t, object in FixedFields.clearInstance(Thread(t), object, 24, 56) }
        r.pointee.memory.deallocate = { t, object in FixedFields.deallocate(Thread(t), object, 24, 56) }
    }

    static func defineTypes() {
        CacheWrapper.define()
        let flags = TypeFlags.collectable | TypeFlags.weaklyReferencable
        StaticTypes.define(.partial, "partial", module: "functools", basicSize: bytes, flags: flags | TypeFlags.baseType) { b in
            FunctoolsModule.memory(b)
            b.record.pointee.dictOffset = UInt32(FunctoolsModule.dict)
            b.record.pointee.new = { t, type, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    try FunctoolsModule.makePartial(t, TypeRef(Value(bits: type)), a, n, k)
                }
            }
            b.record.pointee.call = { t, f, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in try FunctoolsModule.callPartial(t, f, a, n, k) }
            }
            b.record.pointee.repr = { t, v in
                returning(t) { (t) throws(PythonError) -> Value in
                    var parts = [try FunctoolsModule.text(t, FunctoolsModule.field(v, FunctoolsModule.first))]
                    let arguments = TupleRef(FunctoolsModule.field(v, FunctoolsModule.second))
                    for index in 0..<arguments.count { parts.append(try FunctoolsModule.text(t, arguments.item(index))) }
                    let pairs = try DictRef(FunctoolsModule.field(v, FunctoolsModule.third)).items(t)
                    defer {
                        for (key, value) in pairs {
                            t.release(key)
                            t.release(value)
                        }
                    }
                    for (key, value) in pairs {
                        // The dict is the program's, who may have put anything into it.
                        let name = t.isStr(key) ? StrRef(key).string : try FunctoolsModule.text(t, key)
                        parts.append("\(name)=\(try FunctoolsModule.text(t, value))")
                    }
                    return try t.makeString("functools.partial(\(parts.joined(separator: ", ")))")
                }
            }
            b.property("__dict__", get: DictDescriptor.get, set: DictDescriptor.set)
            b.method("__reduce__", 0, 0) { t, v, _, _, _ in
                returning(t) { (t) throws(PythonError) -> Value in try FunctoolsModule.reducePartial(t, Value(bits: v)) }
            }
            b.classMethod("__class_getitem__", 1, 1) { t, s, a, _, _ in
                returning(t) { (t) throws(PythonError) -> Value in try t.makeGenericAlias(Value(bits: s), Value(bits: a[0])) }
            }
            b.getter("func") { t, v in Thread(t).retain(FunctoolsModule.field(v, FunctoolsModule.first)).bits }
            b.getter("args") { t, v in Thread(t).retain(FunctoolsModule.field(v, FunctoolsModule.second)).bits }
            b.getter("keywords") { t, v in Thread(t).retain(FunctoolsModule.field(v, FunctoolsModule.third)).bits }
        }
        StaticTypes.define(
            .keyWrapper, "KeyWrapper", module: "functools", basicSize: bytes, flags: flags | TypeFlags.notInstantiable
        ) { b in
            FunctoolsModule.memory(b)
            b.record.pointee.call = { t, f, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    let v = try Arguments.parse(t, function: "K", a, n, k, names: ["obj"], required: 1)
                    return try FunctoolsModule.make(
                        t, .keyWrapper, [t.retain(FunctoolsModule.field(f, FunctoolsModule.first)), t.retain(v[0])])
                }
            }
            b.record.pointee.compare = { t, op, a, b in
                returning(t) { (t) throws(PythonError) -> Value in
                    guard t.typeOf(Value(bits: b)) == t.type(.keyWrapper) else {
                        throw t.raise(.typeError, "other argument must be K instance")
                    }
                    let (left, right) = (FunctoolsModule.field(a, FunctoolsModule.second), FunctoolsModule.field(b, FunctoolsModule.second))
                    if left.isNull || right.isNull { throw t.raise(.attributeError, "object") }
                    let order = try t.call(FunctoolsModule.field(a, FunctoolsModule.first), left, right)
                    defer { t.release(order) }
                    return try t.compare(CompareOperator(rawValue: op)!, order, Value(smallInt: 0))
                }
            }
            b.record.pointee.hash = { t, v in
                storing(t) { (t) throws(PythonError) -> Int in throw t.raise(.typeError, "unhashable type: 'functools.KeyWrapper'") }
            }
            b.getter("obj") { t, v in
                returning(t) { (t) throws(PythonError) -> Value in
                    let object = FunctoolsModule.field(v, FunctoolsModule.second)
                    if object.isNull { throw t.raise(.attributeError, "obj") }
                    return t.retain(object)
                }
            }
        }
    }

    private static func text(_ t: Thread, _ v: Value) throws(PythonError) -> String {
        let text = try t.repr(v)
        defer { t.release(text) }
        return StrRef(text).string
    }

    private static func makePartial(
        _ t: Thread, _ type: TypeRef, _ a: ArgumentWords, _ n: Int, _ k: UInt64
    ) throws(PythonError) -> Value {
        if n < 1 { throw t.raise(.typeError, "type 'partial' takes at least one argument") }
        var function = Value(bits: a[0])
        if t.typeOf(function).record.pointee.call == nil { throw t.raise(.typeError, "the first argument must be callable") }
        var arguments: [Value] = []
        let keywords = try t.makeDict()
        // A partial of a partial calls the inner function, unless it has attributes of its own.
        if type == t.type(.partial) && t.typeOf(function) == type && hasNoAttributes(t, function.object) {
            let inner = TupleRef(field(function.bits, FunctoolsModule.second))
            for index in 0..<inner.count { arguments.append(t.retain(inner.item(index))) }
            do throws(PythonError) { try DictRef(keywords).update(t, field(function.bits, FunctoolsModule.third)) } catch {
                for value in arguments { t.release(value) }
                t.release(keywords)
                throw error
            }
            function = field(function.bits, FunctoolsModule.first)
        }
        for index in 1..<max(1, n) { arguments.append(t.retain(Value(bits: a[index]))) }
        let names = k == 0 ? 0 : TupleRef(Value(bits: k)).count
        for index in 0..<names {
            try DictRef(keywords).set(t, TupleRef(Value(bits: k)).item(index), Value(bits: a[n + index]))
        }
        let list = try t.makeTuple(arguments)
        return try make(t, type, [t.retain(function), list, keywords])
    }
    /// Made again by a call with the same arguments: nothing of it changes later, so that calls need not count what they read.
    private static func reducePartial(_ t: Thread, _ v: Value) throws(PythonError) -> Value {
        let module = try Imports.load(t, "copyreg")
        defer { t.release(module) }
        var arguments = [t.retain(field(v.bits, first))]
        let given = TupleRef(field(v.bits, second))
        for index in 0..<given.count { arguments.append(t.retain(given.item(index))) }
        let call = try t.makeTuple([
            t.retain(t.typeOf(v).value), t.makeTuple(arguments), DictRef(field(v.bits, third)).copy(t),
        ])
        // A class below may keep them where instances do.
        let attributes = try t.getAttribute(v, Interning.intern("__dict__"))
        defer { t.release(attributes) }
        let isEmpty = !t.isDict(attributes) || DictRef(attributes).count == 0
        return try t.makeTuple([
            t.getAttribute(module, Interning.intern("__newobj_ex__")), call, isEmpty ? .none : t.retain(attributes),
        ])
    }
    private static func hasNoAttributes(_ t: Thread, _ object: ObjectRef) -> Bool {
        let attributes = SharedSlot.load(t, object, dict)
        defer { t.release(attributes) }
        return attributes.isNull || DictRef(attributes).count == 0
    }

    private static func callPartial(
        _ t: Thread, _ f: UInt64, _ a: ArgumentWords, _ n: Int, _ k: UInt64
    ) throws(PythonError) -> Value {
        let function = field(f, FunctoolsModule.first)
        let stored = TupleRef(field(f, FunctoolsModule.second))
        let keywords = DictRef(field(f, FunctoolsModule.third))
        let given = k == 0 ? 0 : TupleRef(Value(bits: k)).count
        var names = Value(bits: k)
        var kept: [(key: Value, value: Value)] = []
        var merged = Value.null
        defer {
            t.release(merged)
            for (key, value) in kept {
                t.release(key)
                t.release(value)
            }
        }
        var values: [UInt64] = []
        if keywords.count > 0 {
            // The dict is the program's to change: a copy, in which the call's own keywords take precedence.
            let copy = try keywords.copy(t)
            defer { t.release(copy) }
            for index in 0..<given { try DictRef(copy).set(t, TupleRef(names).item(index), Value(bits: a[n + index])) }
            kept = try DictRef(copy).items(t)
            for (key, _) in kept where !t.isStr(key) { throw t.raise(.typeError, "keywords must be strings") }
            merged = try t.makeTuple(kept.map { t.retain($0.key) })
            names = merged
            values = kept.map(\.value.bits)
        } else {
            for index in 0..<given { values.append(a[n + index]) }
        }
        let positional = stored.count + n
        let bits = withUnsafeTemporaryAllocation(of: UInt64.self, capacity: positional + values.count + 1) { space -> UInt64 in
            for index in 0..<stored.count { space[index] = stored.item(index).bits }
            for index in 0..<n { space[stored.count + index] = a[index] }
            for index in 0..<values.count { space[positional + index] = values[index] }
            do throws(PythonError) {
                return try t.call(function, args: space.baseAddress!, count: positional, keywords: names).bits
            } catch { return 0 }
        }
        return try t.checked(bits)
    }
}
