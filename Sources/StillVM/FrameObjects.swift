// Frame objects as tracebacks and `sys._getframe()` show them: what a frame was at one moment.
//
//   24 code   32 globals   40 line   48 the caller's frame object or null   56 variables (dict) or null   64 instruction word index
//   72 address of the registers, 0 in a traceback
//
// They hold no registers: the fields are written before the object is published and do not follow the running frame. The variables of an outer
// frame are looked up when asked for, if a frame of that code still runs there; otherwise the frame is like one that has been cleared.
import StillBytecode
public import StillObjects
import StillObmalloc
import StillPlatform
public import StillThreadRegistry

public enum FrameObjects {
    private static let bytes = 80

    /// Retains what it is given.
    static func make(
        _ t: Thread, code: Value, globals: Value, line: Int, instruction: Int, caller: Value = .null, locals: Value = .null,
        registers: Registers? = nil
    ) throws(PythonError) -> Value {
        guard let object = Allocation.object(t, type: t.type(.frame).raw, bytes: bytes, collectable: true) else {
            throw t.noMemory()
        }
        object.setField(24, t.retain(code))
        object.setField(32, t.retain(globals))
        object.setField(40, line)
        object.setField(48, t.retain(caller))
        object.setField(56, t.retain(locals))
        object.setField(64, instruction)
        object.setField(72, UInt(bitPattern: registers))
        return Value(object)
    }

    /// The frame `depth` calls above the running one, with its callers. Only it has variables to show. Owned.
    public static func running(_ t: Thread, depth: Int) throws(PythonError) -> Value {
        var frame = t.currentFrame
        for _ in 0..<max(0, depth) { frame = frame?.callerFrame }
        var frames: [Registers] = []
        while let one = frame {
            if one.functionRaw != nil { frames.append(one) }
            frame = one.callerFrame
        }
        guard let innermost = frames.first else { throw t.raise(.valueError, "call stack is not deep enough") }
        let locals = try RunningFrame.locals(t, of: innermost)
        defer { t.release(locals) }
        var made = Value.null
        for one in frames.reversed() {
            let caller = made
            defer { t.release(caller) }
            let index = max(0, one.wordIndex(before: one.savedPC))
            made = try make(
                t, code: Value(ObjectRef(one.code.pointee.object)), globals: one.function.globals,
                line: Int(one.code.pointee.position(at: index).line), instruction: index, caller: caller,
                locals: one == innermost ? locals : .null, registers: one)
        }
        return made
    }

    /// Of a frame that has none of its own. Owned.
    private static func variables(_ t: Thread, _ object: ObjectRef) throws(PythonError) -> Value {
        let code = object.field(24, as: Value.self)
        let address: UInt = object.field(72)
        var frame = t.currentFrame
        while let one = frame {
            if UInt(bitPattern: one) == address, one.functionRaw != nil, one.code.pointee.object == code.object.raw {
                return try RunningFrame.locals(t, of: one)
            }
            frame = one.callerFrame
        }
        let record = CodeRef(code.object.raw).record
        if StrRef(record.pointee.name).string == "<module>" { return t.retain(object.field(32, as: Value.self)) }
        return try t.makeDict()
    }

    static func define() {
        StaticTypes.define(.frame, "frame", basicSize: bytes, flags: TypeFlags.collectable) { b in
            b.record.pointee.memory.traverse = { object, visitor in
                for offset in [24, 32, 48, 56] {
                    let value = ObjectRef(object).field(offset, as: Value.self)
                    if value.isObject { visitor.report(value.object.raw, true) }
                }
            }
            b.record.pointee.memory.clear = { raw, object in
                Thread(raw).release(SharedSlot.exchange(Thread(raw), ObjectRef(object), 56, owned: .null))
            }
            b.record.pointee.memory.deallocate = { raw, object in
                let t = Thread(raw)
                for offset in [24, 32, 48, 56] { t.release(ObjectRef(object).field(offset, as: Value.self)) }
                Allocation.free(ObjectRef(object), t)
            }
            b.getter("f_code") { raw, s in Thread(raw).retain(Value(bits: s).object.field(24, as: Value.self)).bits }
            b.getter("f_globals") { raw, s in Thread(raw).retain(Value(bits: s).object.field(32, as: Value.self)).bits }
            b.getter("f_builtins") { raw, _ in Thread(raw).retain(Thread(raw).interpreterState.pointee.builtins).bits }
            b.getter("f_lineno") { _, s in Value(smallInt: Value(bits: s).object.field(40, as: Int.self)).bits }
            b.getter("f_lasti") { _, s in Value(smallInt: Value(bits: s).object.field(64, as: Int.self) * 2).bits }
            b.getter("f_back") { raw, s in
                let caller = Value(bits: s).object.field(48, as: Value.self)
                return caller.isNull ? Value.none.bits : Thread(raw).retain(caller).bits
            }
            b.getter("f_locals") { raw, s in
                returning(raw) { (t) throws(PythonError) -> Value in
                    let locals = SharedSlot.load(t, Value(bits: s).object, 56)
                    return locals.isNull ? try FrameObjects.variables(t, Value(bits: s).object) : locals
                }
            }
            // The running frame keeps its variables: what goes is this object's copy.
            b.method("clear", 0, 0) { raw, s, _, _, _ in
                Thread(raw).release(SharedSlot.exchange(Thread(raw), Value(bits: s).object, 56, owned: .null))
                return Value.none.bits
            }
            b.constant("f_trace", .none)
        }
    }
}
