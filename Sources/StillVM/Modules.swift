// Module objects and native module definitions. Layout: 24 dict (Value), 32 number of its making (ImportLocks.swift).
public import StillObjects
import StillObmalloc
import StillPlatform
public import StillThreadRegistry
import Synchronization

public struct ModuleRef {
    public let raw: UnsafeMutableRawPointer
    public init(_ value: Value) { raw = value.object.raw }
    public var dict: Value { ObjectRef(raw).field(24, as: Value.self) }
    static let bytes = 40
    /// 0: finished.
    var making: UnsafeMutablePointer<Atomic<UInt64>> { ObjectRef(raw).atomicWord(32) }
    static let failed = UInt64.max
    /// Whether an import has not finished it.
    static func isPartial(_ t: Thread, _ value: Value) -> Bool {
        guard value.isObject, t.typeOf(value) == t.type(.module) else { return false }
        return ModuleRef(value).making.pointee.load(ordering: .relaxed) != 0
    }

    /// A new module with `__name__`, `__doc__`, `__loader__`, `__spec__` and `__package__`. Owned.
    public static func make(_ t: Thread, name: String) throws(PythonError) -> Value {
        let module = try makeEmpty(t, t.type(.module))
        do throws(PythonError) { try ModuleRef(module).fill(t, Interning.intern(name), .none) } catch {
            t.release(module)
            throw error
        }
        return module
    }

    /// Of `module` or a class below it, without any attribute. Owned.
    static func makeEmpty(_ t: Thread, _ type: TypeRef) throws(PythonError) -> Value {
        let dict = try t.makeDict()
        let object: ObjectRef
        do throws(PythonError) { object = try t.allocateInstance(of: type) } catch {
            t.release(dict)
            throw error
        }
        object.setField(24, dict)
        object.setField(32, UInt64(0))
        ReferenceCount.makeDeferred(object)
        // Functions and tracebacks of all threads refer to it: nobody counts.
        ReferenceCount.makeDeferred(dict.object)
        return Value(object)
    }

    /// The attributes that every module begins with.
    func fill(_ t: Thread, _ name: Value, _ doc: Value) throws(PythonError) {
        for (key, value) in [("__name__", name), ("__doc__", doc), ("__package__", Value.none), ("__loader__", .none), ("__spec__", .none)] {
            try DictRef(dict).set(t, Interning.intern(key), value)
        }
    }
}

enum ModuleType {
    static func define() {
        StaticTypes.define(.module, "module", basicSize: UInt32(ModuleRef.bytes), flags: TypeFlags.baseType | TypeFlags.collectable | TypeFlags.weaklyReferencable) { b in
            b.record.pointee.memory.traverse = { object, visitor in
                let dict = ObjectRef(object).field(24, as: Value.self)
                if dict.isObject { visitor.report(dict.object.raw, true) }
            }
            // No clear: functions may outlive the module and need the dict, which is condemned by itself when nobody does.
            b.record.pointee.memory.deallocate = { raw, object in
                let t = Thread(raw)
                if ObjectRef(object).flags & ObjectFlags.weaklyReferenced != 0 { WeakReferences.clear(t, ObjectRef(object)) }
                t.release(ObjectRef(object).field(24, as: Value.self))
                Allocation.free(ObjectRef(object), t)
            }
            b.record.pointee.new = { raw, type, _, _, _ in
                returning(raw) { (t) throws(PythonError) -> Value in try ModuleRef.makeEmpty(t, TypeRef(Value(bits: type))) }
            }
            b.record.pointee.initialize = { raw, v, a, n, k in
                storing(raw) { (t) throws(PythonError) -> Int in
                    let given = try Arguments.parse(t, function: "module", a, n, k, names: ["name", "doc"], required: 1)
                    guard t.isStr(given[0]) else {
                        throw t.raise(.typeError, "module() argument 'name' must be str, not \(t.typeName(given[0]))")
                    }
                    try ModuleRef(Value(bits: v)).fill(t, given[0], given[1].isNull ? .none : given[1])
                    return 0
                }
            }
            b.record.pointee.repr = { raw, v in
                returning(raw) { (t) throws(PythonError) -> Value in
                    let dict = DictRef(ModuleRef(Value(bits: v)).dict)
                    let name = dict.getName(t, Interning.intern("__name__"))
                    let file = dict.getName(t, Interning.intern("__file__"))
                    defer { t.release(name) }
                    defer { t.release(file) }
                    let text = name.isNull || !t.isStr(name) ? "?" : StrRef(name).string
                    if file.isNull || !t.isStr(file) {
                        let path = dict.getName(t, Interning.intern("__path__"))
                        defer { t.release(path) }
                        return try t.makeString("<module '\(text)' (\(path.isNull ? "built-in" : "namespace"))>")
                    }
                    return try t.makeString("<module '\(text)' from '\(StrRef(file).string)'>")
                }
            }
            b.record.pointee.getAttribute = { raw, v, name in
                returning(raw) { (t) throws(PythonError) -> Value in
                    let dict = DictRef(ModuleRef(Value(bits: v)).dict)
                    // A class below may have properties, which come first.
                    let isExact = t.typeOf(Value(bits: v)) == t.type(.module)
                    let found = isExact ? dict.getName(t, Value(bits: name)) : .null
                    if found.isNone {
                        let asked = Value(bits: name)
                        if asked.isSame(Interning.intern("__spec__")) || asked.isSame(Interning.intern("__loader__")) {
                            return try ImportFinders.describe(t, Value(bits: v), asked)
                        }
                    }
                    if !found.isNull { return found }
                    do throws(PythonError) { return try t.genericGetAttribute(Value(bits: v), Value(bits: name)) } catch {
                        guard t.matchesRaised(.attributeError) else { throw error }
                    }
                    t.clearRaised()
                    let hook = dict.getName(t, Interning.intern("__getattr__"))
                    if !hook.isNull {
                        defer { t.release(hook) }
                        return try t.call(hook, Value(bits: name))
                    }
                    let own = dict.getName(t, Interning.intern("__name__"))
                    defer { t.release(own) }
                    let text = own.isNull || !t.isStr(own) ? "?" : StrRef(own).string
                    throw t.attributeError(
                        "module '\(text)' has no attribute '\(StrRef(Value(bits: name)).string)'", name: Value(bits: name),
                        object: Value(bits: v))
                }
            }
            b.record.pointee.setAttribute = { raw, v, name, value in
                storing(raw) { (t) throws(PythonError) -> Int in
                    if t.typeOf(Value(bits: v)) != t.type(.module) || Value(bits: name).isSame(Names.__class__) {
                        try t.genericSet(Value(bits: v), Value(bits: name), Value(bits: value))
                        return 0
                    }
                    let dict = DictRef(ModuleRef(Value(bits: v)).dict)
                    if value == 0 {
                        if try !dict.delete(t, Value(bits: name)) {
                            throw t.attributeError(
                                StrRef(Value(bits: name)).string, name: Value(bits: name), object: Value(bits: v))
                        }
                    } else {
                        try dict.set(t, Value(bits: name), Value(bits: value))
                    }
                    return 0
                }
            }
            b.getter("__dict__") { raw, s in Thread(raw).retain(ModuleRef(Value(bits: s)).dict).bits }
        }
    }
}

/// Fills a native module while it is imported.
public final class ModuleBuilder {
    public let thread: Thread
    public let module: Value
    let name: String
    var failed = false

    init(_ thread: Thread, _ module: Value, _ name: String) {
        self.thread = thread
        self.module = module
        self.name = name
    }

    public func set(_ key: String, _ value: Value) {
        do throws(PythonError) {
            try DictRef(ModuleRef(module).dict).set(thread, Interning.intern(key), value)
        } catch { failed = true }
    }
    /// Sets an attribute and gives the reference up.
    public func constant(_ key: String, _ value: Value) {
        set(key, value)
        thread.release(value)
    }
    /// Its making has failed: the import raises the exception that is set.
    public func fail() { failed = true }
    /// A function with `min` to `max` (-1: any number) positional arguments; `self` of the function is the module.
    public func function(
        _ key: String, _ min: Int, _ max: Int, keywords: Bool = false, intrinsic: UInt32 = 0, _ body: @escaping NativeFunction
    ) {
        do throws(PythonError) {
            let function = try thread.makeBuiltinFunction(
                name: key, module: module, min: min, max: max, keywords: keywords, intrinsic: intrinsic, body)
            // Threads call it all the time: registers hold it uncounted.
            ReferenceCount.makeDeferred(function.object)
            set(key, function)
            thread.release(function)
        } catch { failed = true }
    }
}

/// A native module: made on first import, once for each interpreter.
public struct ModuleDefinition: Sendable {
    public let name: String
    let fill: @Sendable (ModuleBuilder) -> Void

    public init(name: String, _ fill: @escaping @Sendable (ModuleBuilder) -> Void) {
        self.name = name
        self.fill = fill
    }

    func make(_ t: Thread) throws(PythonError) -> Value {
        let module = try ModuleRef.make(t, name: name)
        let builder = ModuleBuilder(t, module, name)
        fill(builder)
        if builder.failed { throw t.hasRaised ? PythonError() : t.noMemory() }
        return module
    }
}
