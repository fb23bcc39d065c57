// What native code may ask about the Python frame that called it: globals(), locals(), super() and __module__ of new types.
import StillBytecode
public import StillObjects
import StillObmalloc
import StillPlatform
public import StillThreadRegistry

public enum RunningFrame {
    /// The globals of the running frame. Owned.
    public static func globals(_ t: Thread) throws(PythonError) -> Value {
        guard let frame = t.currentFrame, frame.functionRaw != nil else {
            throw t.raise(.systemError, "globals do not exist")
        }
        return t.retain(frame.function.globals)
    }

    /// Module and class bodies: their mapping. Functions: a new dict with the variables that have values. Owned.
    public static func locals(_ t: Thread) throws(PythonError) -> Value {
        guard let frame = t.currentFrame, frame.functionRaw != nil else {
            throw t.raise(.systemError, "frame does not exist")
        }
        return try locals(t, of: frame)
    }
    static func locals(_ t: Thread, of frame: Registers) throws(PythonError) -> Value {
        // In a generator's frame that word is the generator, in that of a fold a number.
        if frame.frameFlags & (FrameFlags.generator | FrameFlags.folding) == 0, !frame.localsMapping.isNull { return t.retain(frame.localsMapping) }
        let code = frame.code
        if !code.pointee.has(.optimized) { return t.retain(frame.function.globals) }
        let dict = try t.makeDict()
        do throws(PythonError) {
            for index in 0..<Int(code.pointee.localCount) {
                let name = Value(bits: code.pointee.localNames[index])
                // Made by the compiler, but for the iterator of a generator expression.
                if index >= code.pointee.argumentCount, StrRef(name).string.hasPrefix(".") { continue }
                let value = current(t, Value(bits: frame[index]))
                if value.isNull { continue }
                defer { t.release(value) }
                try DictRef(dict).set(t, name, value)
            }
            for index in 0..<Int(code.pointee.freeCount) {
                let free = freeVariable(frame, index)
                let value = isValue(code, index) ? t.retain(free) : current(t, free)
                if value.isNull { continue }
                defer { t.release(value) }
                try DictRef(dict).set(t, Value(bits: code.pointee.freeNames[index]), value)
            }
        } catch {
            t.release(dict)
            throw error
        }
        return dict
    }

    /// The cell of a free variable, or its value (`isValue`). Borrowed.
    private static func freeVariable(_ frame: Registers, _ index: Int) -> Value {
        frame.code.pointee.has(.freeInRegisters) ? frame.value(1 + index) : TupleRef(frame.function.closure).item(index)
    }

    /// Whether a generator expression has got the value of its free variable `index` instead of a cell.
    static func isValue(_ code: UnsafeMutablePointer<CodeRecord>, _ index: Int) -> Bool {
        code.pointee.has(.freeInRegisters)
            && StrRef(Value(bits: code.pointee.localNames[1 + index])).string.hasPrefix(CodeUnit.valuePrefix)
    }

    /// A variable's value, out of its cell. Owned, null when it has none.
    static func current(_ t: Thread, _ value: Value) -> Value {
        if value.isObject && t.typeOf(value) == t.type(.cell) { return t.retain(Value(bits: Cells.load(t, value.object))) }
        return t.retain(value)
    }

    /// Class and first argument of the running method, for `super()` without arguments. Borrowed.
    static func superArguments(
        _ t: Thread, _ type: UnsafeMutablePointer<UInt64>, _ receiver: UnsafeMutablePointer<UInt64>
    ) -> Bool {
        guard let frame = t.currentFrame, frame.functionRaw != nil else {
            _ = t.raise(.runtimeError, "super(): no current frame")
            return false
        }
        let code = frame.code
        if code.pointee.argumentCount == 0 {
            _ = t.raise(.runtimeError, "super(): no arguments")
            return false
        }
        var first = Value(bits: frame[0])
        if first.isObject && t.typeOf(first) == t.type(.cell) {
            first = Value(bits: Cells.load(t, first.object))
            t.release(first)  // the cell keeps it alive
        }
        if first.isNull {
            _ = t.raise(.runtimeError, "super(): arg[0] deleted")
            return false
        }
        for index in 0..<Int(code.pointee.freeCount)
        where Value(bits: code.pointee.freeNames[index]).isSame(Names.__class__) {
            let found = Value(bits: Cells.load(t, freeVariable(frame, index).object))
            if found.isNull {
                _ = t.raise(.runtimeError, "super(): empty __class__ cell")
                return false
            }
            // The cell keeps the class alive.
            t.release(found)
            type.pointee = found.bits
            receiver.pointee = first.bits
            return true
        }
        _ = t.raise(.runtimeError, "super(): __class__ cell not found")
        return false
    }

    static func installHooks() {
        ObjectHooks.superArguments = { raw, type, receiver in RunningFrame.superArguments(Thread(raw), type, receiver) }
        ObjectHooks.currentModule = { raw in
            let t = Thread(raw)
            guard let frame = t.currentFrame, frame.functionRaw != nil else { return 0 }
            return DictRef(frame.function.globals).getName(t, Interning.intern("__name__")).bits
        }
    }
}
