// Functions made by `def` and `lambda`.
//
// Layout    24 code, 32 globals, 40 builtins, 48 defaults (tuple or null), 56 keyword defaults (dict or null), 64 closure
//           (tuple of cells or null), 72 name, 80 qualified name, 88 dict, 96 annotations (dict or null), 104 doc, 112 module.
// Holding   code, globals and builtins are held as registers hold values: uncounted when deferred.
// Counting  Functions of modules and classes are deferred: registers hold them uncounted. Functions made inside
//           functions are counted like anything else, so that closures die promptly.
// Changing  code, defaults, keyword defaults and closure are replaced with the world stopped: a call in progress elsewhere
//           has bound its arguments or has not begun.
import StillBytecode
public import StillObjects
public import StillObmalloc
import StillPlatform
public import StillThreadRegistry

@frozen public struct FunctionRef {
    public let raw: UnsafeMutableRawPointer
    @inlinable @inline(__always) public init(_ raw: UnsafeMutableRawPointer) { self.raw = raw }
    @inlinable public init(_ value: Value) { raw = value.object.raw }

    @inlinable @inline(__always) public func slot(_ offset: Int) -> UnsafeMutablePointer<Value> {
        (raw + offset).assumingMemoryBound(to: Value.self)
    }
    @inlinable @inline(__always) public var code: UnsafeMutablePointer<CodeRecord> {
        CodeRef(slot(24).pointee.object.raw).record
    }
    @inlinable @inline(__always) public var globals: Value { slot(32).pointee }
    @inlinable @inline(__always) public var builtins: Value { slot(40).pointee }
    @inlinable @inline(__always) public var defaults: Value { slot(48).pointee }
    @inlinable @inline(__always) public var keywordDefaults: Value { slot(56).pointee }
    @inlinable @inline(__always) public var closure: Value { slot(64).pointee }
    public var qualifiedName: Value { slot(80).pointee }

    static let bytes = 120
    static let valueOffsets = [24, 32, 40, 48, 56, 64, 72, 80, 88, 96, 104, 112]

    /// - Parameters: borrowed; null where absent.
    public static func make(
        _ t: Thread, code: Value, globals: Value, builtins: Value, defaults: Value = .null,
        keywordDefaults: Value = .null, closure: Value = .null, annotations: Value = .null
    ) throws(PythonError) -> Value {
        guard
            let object = Allocation.object(
                t, type: t.type(.function).raw, bytes: bytes, collectable: true)
        else { throw t.noMemory() }
        let function = FunctionRef(object.raw)
        let record = CodeRef(code.object.raw).record
        // Most often deferred, so that threads that make closures do not meet at their counts.
        function.slot(24).pointee = Attributes.holding(t, code)
        function.slot(32).pointee = Attributes.holding(t, globals)
        function.slot(40).pointee = Attributes.holding(t, builtins)
        function.slot(48).pointee = t.retain(defaults)
        function.slot(56).pointee = t.retain(keywordDefaults)
        function.slot(64).pointee = t.retain(closure)
        function.slot(72).pointee = t.retain(record.pointee.name)
        function.slot(80).pointee = t.retain(record.pointee.qualifiedName)
        function.slot(96).pointee = t.retain(annotations)
        function.slot(104).pointee = t.retain(record.pointee.docstring)
        let module = DictRef(globals).getName(t, Names.__name__)
        function.slot(112).pointee = module.isNull ? .none : module
        if !record.pointee.has(.nested) { ReferenceCount.makeDeferred(object) }
        return Value(object)
    }
}

enum FunctionType {
    static func define() {
        StaticTypes.define(
            .function, "function", basicSize: UInt32(FunctionRef.bytes),
            flags: TypeFlags.collectable | TypeFlags.methodDescriptor
        ) { b in
            b.record.pointee.dictOffset = 88
            b.record.pointee.memory.traverse = { object, visitor in
                let function = FunctionRef(object)
                for offset in stride(from: 24, to: FunctionRef.bytes, by: 8) {
                    let value = function.slot(offset).pointee
                    if value.isObject { visitor.report(value.object.raw, value.isCounted) }
                }
            }
            b.record.pointee.memory.clear = { raw, object in
                // The name, code and globals stay: a finalizer may still call the function.
                let t = Thread(raw)
                for offset in [48, 56, 64, 88, 96] { FunctionType.replace(t, FunctionRef(object), offset, .null) }
            }
            b.record.pointee.memory.deallocate = { raw, object in
                let t = Thread(raw)
                let function = FunctionRef(object)
                WeakReferences.clear(t, ObjectRef(object))
                for offset in stride(from: 24, to: FunctionRef.bytes, by: 8) {
                    let value = function.slot(offset).pointee
                    function.slot(offset).pointee = .null
                    t.release(value)
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
                    let name = StrRef(FunctionRef(Value(bits: v)).qualifiedName).string
                    return try t.makeString("<function \(name) at 0x\(String(v & ~7, radix: 16))>")
                }
            }
            b.property(
                "__code__", get: { t, s in FunctionType.part(t, s, 24) },
                set: { t, s, v in FunctionType.setPart(t, s, 24, v, .code, "__code__ must be set to a code object", required: true) })
            b.property(
                "__defaults__", get: { t, s in FunctionType.part(t, s, 48) },
                set: { t, s, v in FunctionType.setPart(t, s, 48, v, .tuple, "__defaults__ must be set to a tuple object", required: false) })
            b.property(
                "__kwdefaults__", get: { t, s in FunctionType.part(t, s, 56) },
                set: { t, s, v in FunctionType.setPart(t, s, 56, v, .dict, "__kwdefaults__ must be set to a dict object", required: false) })
            b.property(
                "__name__", get: { t, s in FunctionType.part(t, s, 72) },
                set: { t, s, v in FunctionType.setPart(t, s, 72, v, .str, "__name__ must be set to a string object", required: true) })
            b.property(
                "__qualname__", get: { t, s in FunctionType.part(t, s, 80) },
                set: { t, s, v in FunctionType.setPart(t, s, 80, v, .str, "__qualname__ must be set to a string object", required: true) })
            b.getter("__globals__") { t, s in Thread(t).retain(FunctionRef(Value(bits: s)).globals).bits }
            b.getter("__builtins__") { t, s in Thread(t).retain(FunctionRef(Value(bits: s)).builtins).bits }
            b.getter("__closure__") { t, s in
                let closure = FunctionRef(Value(bits: s)).closure
                return closure.isNull ? Value.none.bits : Thread(t).retain(closure).bits
            }
            b.property(
                "__annotations__",
                get: { t, s in
                    returning(t) { (t) throws(PythonError) -> Value in
                        let function = FunctionRef(Value(bits: s))
                        if function.slot(96).pointee.isNull {
                            FunctionType.replace(t, function, 96, try t.makeDict())
                        }
                        return t.retain(function.slot(96).pointee)
                    }
                },
                set: { t, s, v in FunctionType.replace(Thread(t), FunctionRef(Value(bits: s)), 96, Thread(t).retain(Value(bits: v))); return 0 })
            b.property(
                "__doc__",
                get: { t, s in
                    let doc = FunctionRef(Value(bits: s)).slot(104).pointee
                    return doc.isNull ? Value.none.bits : Thread(t).retain(doc).bits
                },
                set: { t, s, v in FunctionType.replace(Thread(t), FunctionRef(Value(bits: s)), 104, Thread(t).retain(Value(bits: v))); return 0 })
            b.property(
                "__module__",
                get: { t, s in
                    let module = FunctionRef(Value(bits: s)).slot(112).pointee
                    return module.isNull ? Value.none.bits : Thread(t).retain(module).bits
                },
                set: { t, s, v in FunctionType.replace(Thread(t), FunctionRef(Value(bits: s)), 112, Thread(t).retain(Value(bits: v))); return 0 })
        }
    }

    /// Replaces a value of the function with the world stopped. Consumes `value`.
    static func replace(_ t: Thread, _ function: FunctionRef, _ offset: Int, _ value: Value) {
        var old = Value.null
        t.withStoppedWorld(.versionInvalidation) { (_: borrowing StoppedWorld) in
            old = function.slot(offset).pointee
            if old.isObject { WriteBarrier.willOverwrite(ObjectRef(function.raw), old: old.object, t) }
            else { WriteBarrier.willStore(ObjectRef(function.raw), t) }
            function.slot(offset).pointee = value
        }
        t.release(old)
    }

    /// A part of the function, None when absent.
    static func part(_ raw: UnsafeMutableRawPointer, _ function: UInt64, _ offset: Int) -> UInt64 {
        let value = FunctionRef(Value(bits: function)).slot(offset).pointee
        return value.isNull ? Value.none.bits : Thread(raw).retain(value).bits
    }

    static func setPart(
        _ raw: UnsafeMutableRawPointer, _ function: UInt64, _ offset: Int, _ value: UInt64, _ type: TypeID,
        _ message: String, required: Bool
    ) -> Int {
        storing(raw) { (t) throws(PythonError) -> Int in
            let value = Value(bits: value)
            if (value.isNull || value.isNone) && !required {
                replace(t, FunctionRef(Value(bits: function)), offset, .null)
                return 0
            }
            guard !value.isNull, t.typeOf(value) == t.type(type) else { throw t.raise(.typeError, message) }
            if offset == 24 {
                let free = Int(CodeRef(value.object.raw).record.pointee.freeCount)
                let closure = FunctionRef(Value(bits: function)).closure
                let has = closure.isNull ? 0 : TupleRef(closure).count
                if has != free {
                    let name = StrRef(FunctionRef(Value(bits: function)).slot(72).pointee).string
                    throw t.raise(.valueError, "\(name)() requires a code object with \(has) free vars, not \(free)")
                }
            }
            replace(t, FunctionRef(Value(bits: function)), offset, t.retain(value))
            return 0
        }
    }
}
