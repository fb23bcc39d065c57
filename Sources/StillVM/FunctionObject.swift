// Functions made by `def` and `lambda`.
//
// Holding   code, globals and builtins are held as registers hold values: uncounted when deferred.
// Counting  Functions of modules and classes are deferred: registers hold them uncounted. Functions made inside
//           functions are counted like anything else, so that closures die promptly.
// Changing  code, defaults, keyword defaults and closure are critical: who calls the function reads them through `CallTarget`
//           (StillVersions/FunctionVersionInvalidation.swift). The rest are shared slots like any object's.
// Version   is that of the record `guarded` refers to: the code's own record while the version is valid, else one that no call takes the fast
//           way with. So fast calls check the version by what they read anyway.
import StillBytecode
public import StillObjects
public import StillObmalloc
import StillPlatform
public import StillThreadRegistry
public import StillVersions
public import Synchronization

/// Where a function's words are.
enum FunctionLayout {
    static let code = 24
    /// Address of a CodeRecord: the code's while the version is valid, else `CodeRecord.cleared` or `.unversioned`. Atomic.
    static let guarded = 32
    static let globals = 40
    static let builtins = 48
    /// tuple or null
    static let defaults = 56
    /// dict or null
    static let keywordDefaults = 64
    /// tuple of cells or null
    static let closure = 72
    static let name = 80
    static let qualifiedName = 88
    static let dict = 96
    /// dict or null
    static let annotations = 104
    static let doc = 112
    static let module = 120
    static let bytes = 128

    @inline(__always)
    static func forEachValue(_ body: (Int) -> Void) {
        body(code)
        for offset in stride(from: globals, to: bytes, by: 8) { body(offset) }
    }
}

@frozen public struct FunctionRef {
    public let raw: UnsafeMutableRawPointer
    @inlinable @inline(__always) public init(_ raw: UnsafeMutableRawPointer) { self.raw = raw }
    @inlinable public init(_ value: Value) { raw = value.object.raw }

    @inlinable @inline(__always) public func slot(_ offset: Int) -> UnsafeMutablePointer<Value> {
        (raw + offset).assumingMemoryBound(to: Value.self)
    }
    /// The code while the version is valid, else a record with simpleArgumentCount -1: then see `CallTarget`. F1
    @inline(__always) var guarded: UnsafeMutablePointer<CodeRecord> {
        UnsafeMutablePointer(bitPattern: guardedWord.pointee.load(ordering: .relaxed)).unsafelyUnwrapped
    }
    @inline(__always) private var guardedWord: UnsafeMutablePointer<Atomic<UInt>> {
        (raw + FunctionLayout.guarded).assumingMemoryBound(to: Atomic<UInt>.self)
    }
    @inline(__always) private func setGuarded(_ record: UnsafeMutablePointer<CodeRecord>) {
        guardedWord.pointee.store(UInt(bitPattern: record), ordering: .relaxed)
    }
    @inlinable @inline(__always) public var globals: Value { slot(40).pointee }
    @inlinable @inline(__always) public var builtins: Value { slot(48).pointee }
    /// Cells of a function that runs: nobody changes them.
    @inlinable @inline(__always) public var closure: Value { slot(72).pointee }

    /// For messages.
    func qualifiedName(_ t: Thread) -> String {
        let name = SharedSlot.load(t, ObjectRef(raw), FunctionLayout.qualifiedName)
        defer { t.release(name) }
        return StrRef(name).string
    }

    /// `__name__` of the globals, or None, to be held. The entry is a hint: whether its key is the name is looked at.
    @inline(__always)
    private static func moduleName(_ t: Thread, _ globals: DictRef) -> Value {
        let hinted = globals.valueForRegister(t, t.vm.pointee.moduleNameEntry, key: Names.__name__)
        if _fastPath(!hinted.isNull) { return hinted }
        let entry = globals.entryIndex(t, Names.__name__)
        if entry >= 0 { t.vm.pointee.moduleNameEntry = entry }
        let name = globals.getName(t, Names.__name__)
        return name.isNull ? .none : name
    }

    /// - Parameters: borrowed; null where absent.
    public static func make(
        _ t: Thread, code: Value, globals: Value, builtins: Value, defaults: Value = .null,
        keywordDefaults: Value = .null, closure: Value = .null, annotations: Value = .null
    ) throws(PythonError) -> Value {
        guard
            let object = Allocation.object(
                t, type: t.type(.function).raw, bytes: FunctionLayout.bytes, collectable: true)
        else { throw t.noMemory() }
        let function = FunctionRef(object.raw)
        let record = CodeRef(code.object.raw).record
        // Most often deferred, so that threads that make closures do not meet at their counts.
        function.slot(FunctionLayout.code).pointee = Attributes.holding(t, code)
        function.setGuarded(_fastPath(record.pointee.version != VersionRange.none) ? record : CodeRecord.unversioned)
        function.slot(FunctionLayout.globals).pointee = Attributes.holding(t, globals)
        function.slot(FunctionLayout.builtins).pointee = Attributes.holding(t, builtins)
        function.slot(FunctionLayout.defaults).pointee = t.retain(defaults)
        function.slot(FunctionLayout.keywordDefaults).pointee = t.retain(keywordDefaults)
        function.slot(FunctionLayout.closure).pointee = t.retain(closure)
        // Interned, so immortal: no count to raise.
        function.slot(FunctionLayout.name).pointee = Value(record.pointee.name.object)
        function.slot(FunctionLayout.qualifiedName).pointee = Value(record.pointee.qualifiedName.object)
        function.slot(FunctionLayout.annotations).pointee = t.retain(annotations)
        function.slot(FunctionLayout.doc).pointee = t.retain(record.pointee.docstring)
        function.slot(FunctionLayout.module).pointee = moduleName(t, DictRef(globals))
        if !record.pointee.has(.nested) { ReferenceCount.makeDeferred(object) }
        return Value(object)
    }
}

extension FunctionRef: VersionedFunction {
    @inline(__always) public var version: UInt32 { guarded.pointee.version }
    public func clearVersion() { setGuarded(CodeRecord.cleared) }
    @inline(__always) public var isRegistered: Bool {
        get { ObjectRef(raw).flags & ObjectFlags.firstTypeBit != 0 }
        nonmutating set {
            if newValue { ObjectRef(raw).setFlag(ObjectFlags.firstTypeBit) } else { ObjectRef(raw).clearFlag(ObjectFlags.firstTypeBit) }
        }
    }
    public var functionLock: UnsafeMutablePointer<Atomic<UInt8>> { ObjectRef(raw).lockByte }
    public func tryHold(_ t: ThreadState) -> Bool { ReferenceCount.tryRetain(ObjectRef(raw), t) }
    public func giveUp(_ t: ThreadState) { ReferenceCount.release(ObjectRef(raw), t) }
}

enum FunctionType {
    /// `types.FunctionType(code, globals, name=None, argdefs=None, closure=None, kwdefaults=None)`. Owned.
    private static func construct(
        _ t: Thread, _ a: UnsafeMutablePointer<UInt64>, _ n: Int, _ k: UInt64
    ) throws(PythonError) -> Value {
        let given = try Arguments.parse(
            t, function: "function", a, n, k, names: ["code", "globals", "name", "argdefs", "closure", "kwdefaults"], required: 2)
        func part(_ index: Int) -> Value { given[index].isNull || given[index].isNone ? .null : given[index] }
        guard t.typeOf(given[0]) == t.type(.code) else {
            throw t.raise(.typeError, "function() argument 'code' must be code, not \(t.typeName(given[0]))")
        }
        guard t.typeOf(given[1]) == t.type(.dict) else {
            throw t.raise(.typeError, "function() argument 'globals' must be dict, not \(t.typeName(given[1]))")
        }
        if !part(2).isNull && !t.isStr(part(2)) { throw t.raise(.typeError, "arg 3 (name) must be None or string") }
        if !part(3).isNull && !t.isTuple(part(3)) { throw t.raise(.typeError, "arg 4 (defaults) must be None or tuple") }
        if !part(5).isNull && t.typeOf(part(5)) != t.type(.dict) { throw t.raise(.typeError, "arg 6 (kwdefaults) must be None or dict") }
        let record = CodeRef(given[0].object.raw).record
        let wanted = Int(record.pointee.freeCount)
        if !part(4).isNull && !t.isTuple(part(4)) || part(4).isNull && wanted > 0 {
            throw t.raise(.typeError, wanted > 0 ? "arg 5 (closure) must be tuple" : "arg 5 (closure) must be None or tuple")
        }
        let count = part(4).isNull ? 0 : TupleRef(part(4)).count
        if count != wanted {
            throw t.raise(.valueError, "\(StrRef(record.pointee.name).string) requires closure of length \(wanted), not \(count)")
        }
        for index in 0..<count where t.typeOf(TupleRef(part(4)).item(index)) != t.type(.cell) {
            throw t.raise(.typeError, "arg 5 (closure) expected cell, found \(t.typeName(TupleRef(part(4)).item(index)))")
        }
        try DictRef(given[1]).useUsualTable(t)
        let function = try FunctionRef.make(
            t, code: given[0], globals: given[1], builtins: t.interpreterState.pointee.builtins, defaults: part(3), keywordDefaults: part(5),
            closure: count == 0 ? .null : part(4))
        if !part(2).isNull {
            do throws(PythonError) { try t.setAttribute(function, Interning.intern("__name__"), part(2)) } catch {
                t.release(function)
                throw error
            }
        }
        return function
    }

    static func define() {
        StaticTypes.define(
            .function, "function", basicSize: UInt32(FunctionLayout.bytes),
            flags: TypeFlags.collectable | TypeFlags.methodDescriptor | TypeFlags.weaklyReferencable
        ) { b in
            b.record.pointee.new = { raw, _, a, n, k in
                returning(raw) { (t) throws(PythonError) -> Value in try FunctionType.construct(t, a, n, k) }
            }
            b.record.pointee.dictOffset = UInt32(FunctionLayout.dict)
            b.record.pointee.memory.traverse = { object, visitor in
                let function = FunctionRef(object)
                FunctionLayout.forEachValue { offset in
                    let value = function.slot(offset).pointee
                    if value.isObject { visitor.report(value.object.raw, value.isCounted) }
                }
            }
            b.record.pointee.memory.clear = { raw, object in
                // The name, code and globals stay: a finalizer may still call the function.
                let t = Thread(raw)
                for offset in [FunctionLayout.defaults, FunctionLayout.keywordDefaults, FunctionLayout.closure] {
                    FunctionType.replace(t, FunctionRef(object), offset, .null)
                }
                for offset in [FunctionLayout.dict, FunctionLayout.annotations] {
                    SharedSlot.store(t, ObjectRef(object), offset, .null)
                }
            }
            b.record.pointee.memory.deallocate = { raw, object in
                let t = Thread(raw)
                let function = FunctionRef(object)
                if ObjectRef(object).flags & ObjectFlags.weaklyReferenced != 0 { WeakReferences.clear(t, ObjectRef(object)) }
                if _slowPath(function.isRegistered) {
                    FunctionVersion.forget(function, t.interpreter)
                }
                FunctionType.releaseValue(t, function, FunctionLayout.code)
                var offset = FunctionLayout.globals
                while offset < FunctionLayout.bytes {
                    FunctionType.releaseValue(t, function, offset)
                    offset &+= 8
                }
                Allocation.free(ObjectRef(object), t)
            }
            b.record.pointee.call = { t, f, a, n, k in VM.callFunction(Thread(t), Value(bits: f), a, n, k) }
            b.record.pointee.descriptorGet = { t, f, object, type in
                returning(t) { (t) throws(PythonError) -> Value in
                    if object == 0 { return t.retain(Value(bits: f)) }
                    return try t.makeBoundMethod(function: Value(bits: f), receiver: Value(bits: object))
                }
            }
            b.record.pointee.repr = { t, v in
                returning(t) { (t) throws(PythonError) -> Value in
                    let name = FunctionRef(Value(bits: v)).qualifiedName(t)
                    return try t.makeString("<function \(name) at 0x\(String(v & ~7, radix: 16))>")
                }
            }
            b.property("__dict__", get: DictDescriptor.get, set: DictDescriptor.set)
            b.property(
                "__code__", get: { t, s in FunctionType.part(t, s, FunctionLayout.code) },
                set: { t, s, v in FunctionType.setCode(t, s, v) })
            b.property(
                "__defaults__", get: { t, s in FunctionType.part(t, s, FunctionLayout.defaults) },
                set: { t, s, v in
                    FunctionType.setDefaults(t, s, FunctionLayout.defaults, v, .tuple, "__defaults__ must be set to a tuple object")
                })
            b.property(
                "__kwdefaults__", get: { t, s in FunctionType.part(t, s, FunctionLayout.keywordDefaults) },
                set: { t, s, v in
                    FunctionType.setDefaults(t, s, FunctionLayout.keywordDefaults, v, .dict, "__kwdefaults__ must be set to a dict object")
                })
            b.property(
                "__name__", get: { t, s in FunctionType.part(t, s, FunctionLayout.name) },
                set: { t, s, v in FunctionType.setName(t, s, FunctionLayout.name, v, "__name__ must be set to a string object") })
            b.property(
                "__qualname__", get: { t, s in FunctionType.part(t, s, FunctionLayout.qualifiedName) },
                set: { t, s, v in
                    FunctionType.setName(t, s, FunctionLayout.qualifiedName, v, "__qualname__ must be set to a string object")
                })
            b.property("__globals__", get: { t, s in FunctionType.part(t, s, FunctionLayout.globals) }, set: FunctionType.refuse)
            b.property("__builtins__", get: { t, s in FunctionType.part(t, s, FunctionLayout.builtins) }, set: FunctionType.refuse)
            b.property("__closure__", get: { t, s in FunctionType.part(t, s, FunctionLayout.closure) }, set: FunctionType.refuse)
            b.property(
                "__annotations__",
                get: { t, s in
                    returning(t) { (t) throws(PythonError) -> Value in
                        let function = ObjectRef(FunctionRef(Value(bits: s)).raw)
                        let known = SharedSlot.load(t, function, FunctionLayout.annotations)
                        return known.isNull ? SharedSlot.loadOrStore(t, function, FunctionLayout.annotations, try t.makeDict()) : known
                    }
                },
                set: { t, s, v in
                    storing(t) { (t) throws(PythonError) -> Int in
                        let value = Value(bits: v)
                        if !value.isNull && !value.isNone && !t.typeOf(value).has(TypeFlags.dictSubclass) {
                            throw t.raise(.typeError, "__annotations__ must be set to a dict object")
                        }
                        SharedSlot.store(t, Value(bits: s).object, FunctionLayout.annotations, value.isNone ? .null : value)
                        return 0
                    }
                })
            // Kept among the function's other attributes: few functions have any.
            b.property(
                "__type_params__",
                get: { t, s in
                    returning(t) { (t) throws(PythonError) -> Value in
                        let dict = try t.getAttribute(Value(bits: s), Names.__dict__)
                        defer { t.release(dict) }
                        let found = DictRef(dict).getName(t, Names.__type_params__)
                        return found.isNull ? try t.makeTuple([]) : found
                    }
                },
                set: { t, s, v in
                    storing(t) { (t) throws(PythonError) -> Int in
                        let value = Value(bits: v)
                        if value.isNull || !t.typeOf(value).has(TypeFlags.tupleSubclass) {
                            throw t.raise(.typeError, "__type_params__ must be set to a tuple")
                        }
                        let dict = try t.getAttribute(Value(bits: s), Names.__dict__)
                        defer { t.release(dict) }
                        try DictRef(dict).set(t, Names.__type_params__, value)
                        return 0
                    }
                })
            b.property(
                "__doc__", get: { t, s in FunctionType.part(t, s, FunctionLayout.doc) },
                set: { t, s, v in
                    SharedSlot.store(Thread(t), Value(bits: s).object, FunctionLayout.doc, Value(bits: v))
                    return 0
                })
            b.property(
                "__module__", get: { t, s in FunctionType.part(t, s, FunctionLayout.module) },
                set: { t, s, v in
                    SharedSlot.store(Thread(t), Value(bits: s).object, FunctionLayout.module, Value(bits: v))
                    return 0
                })
        }
    }

    /// One of a function that dies: names and texts are immortal most often.
    @inline(__always)
    private static func releaseValue(_ t: Thread, _ function: FunctionRef, _ offset: Int) {
        let value = function.slot(offset).pointee
        if !value.isCounted { return }
        function.slot(offset).pointee = .null
        if value.object.sharedWord.pointee.load(ordering: .relaxed) & SharedFlags.immortal == 0 { t.release(value) }
    }

    /// Replaces a critical attribute. Consumes `value`.
    static func replace(_ t: Thread, _ function: FunctionRef, _ offset: Int, _ value: Value) {
        let object = ObjectRef(function.raw)
        let old = FunctionVersionInvalidation.change(function, t) { () -> Value in
            let old = function.slot(offset).pointee
            if old.isObject { WriteBarrier.willOverwrite(object, old: old.object, t) } else { WriteBarrier.willStore(object, t) }
            object.atomicWord(offset).pointee.store(value.bits, ordering: .releasing)  // S1: getters take no lock
            return old
        }
        t.release(old)
    }

    /// A part of the function, None when absent.
    static func part(_ raw: UnsafeMutableRawPointer, _ function: UInt64, _ offset: Int) -> UInt64 {
        let value = SharedSlot.load(Thread(raw), Value(bits: function).object, offset)
        return value.isNull ? Value.none.bits : Thread(raw).ownedForm(value.bits)
    }

    /// A tuple or dict of defaults; None and deletion empty the slot.
    static func setDefaults(
        _ raw: UnsafeMutableRawPointer, _ function: UInt64, _ offset: Int, _ value: UInt64, _ type: TypeID, _ message: String
    ) -> Int {
        storing(raw) { (t) throws(PythonError) -> Int in
            let value = Value(bits: value)
            let absent = value.isNull || value.isNone
            let flag = type == .tuple ? TypeFlags.tupleSubclass : TypeFlags.dictSubclass
            if !absent && !t.typeOf(value).has(flag) { throw t.raise(.typeError, message) }
            replace(t, FunctionRef(Value(bits: function)), offset, absent ? .null : t.retain(value))
            return 0
        }
    }

    static let refuse: PropertySetter = { t, _, _ in
        storing(t) { (t) throws(PythonError) -> Int in throw t.raise(.attributeError, "readonly attribute") }
    }

    static func setName(
        _ raw: UnsafeMutableRawPointer, _ function: UInt64, _ offset: Int, _ value: UInt64, _ message: String
    ) -> Int {
        storing(raw) { (t) throws(PythonError) -> Int in
            let value = Value(bits: value)
            guard !value.isNull, t.isStr(value) else { throw t.raise(.typeError, message) }
            SharedSlot.store(t, Value(bits: function).object, offset, value)
            return 0
        }
    }

    static func setCode(_ raw: UnsafeMutableRawPointer, _ function: UInt64, _ value: UInt64) -> Int {
        storing(raw) { (t) throws(PythonError) -> Int in
            let value = Value(bits: value)
            let function = FunctionRef(Value(bits: function))
            guard !value.isNull, t.typeOf(value) == t.type(.code) else {
                throw t.raise(.typeError, "__code__ must be set to a code object")
            }
            let free = Int(CodeRef(value.object.raw).record.pointee.freeCount)
            let has = function.closure.isNull ? 0 : TupleRef(function.closure).count
            if has != free {
                let name = SharedSlot.load(t, ObjectRef(function.raw), FunctionLayout.name)
                defer { t.release(name) }
                throw t.raise(
                    .valueError, "\(StrRef(name).string)() requires a code object with \(has) free vars, not \(free)")
            }
            // Counted: a frozen function is not scanned.
            replace(t, function, FunctionLayout.code, t.retain(value))
            return 0
        }
    }
}
