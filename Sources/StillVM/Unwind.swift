// Unwinding: from the instruction that raised to a handler, or out of the entry frame.
//
// Traceback entries are made as frames are passed, outermost last, as CPython does: the exception's traceback always
// starts with the frame that it has reached.
import StillBytecode
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry

enum UnwindOutcome {
    case handler(Registers, UnsafeMutableRawPointer)
    case exit
}

enum Unwind {
    @inline(never)
    static func unwind(_ t: Thread, _ start: Registers, _ startPC: UnsafeMutableRawPointer) -> UnwindOutcome {
        var regs = start
        var pc = startPC
        invariant(t.hasRaised, "unwinding without an exception")
        // The raising code may have left other frames current (a failed push): this loop's frame is the one that unwinds.
        t.currentFrame = regs
        while true {
            let code = regs.code
            let index = (pc - UnsafeMutableRawPointer(code.pointee.instructions)) / 8
            if t.vm.pointee.reraising {
                t.vm.pointee.reraising = false
            } else {
                Tracebacks.add(t, regs, index)
            }
            if let entry = handler(code, index) {
                var register = Int(entry.firstReleased)
                while register < Int(code.pointee.registerCount) {
                    regs.drop(t, register)
                    register += 1
                }
                regs.put(t, Int(entry.exceptionRegister), t.takeRaised().bits)
                return .handler(
                    regs, UnsafeMutableRawPointer(code.pointee.instructions + Int(entry.handler)))
            }
            let flags = regs.frameFlags
            for register in 0..<Int(code.pointee.registerCount) { regs.drop(t, register) }
            if flags & FrameFlags.resumedHere != 0 {
                regs = ResumedHere.leave(t, regs)
                pc = regs.savedPC - 8  // the instruction that has resumed the generator
                continue
            }
            let caller = regs.callerFrame
            t.currentFrame = caller
            t.objects.pointee.recursionDepth -= 1
            if flags & (FrameFlags.entry | FrameFlags.generator) != 0 { return .exit }
            regs = caller.unsafelyUnwrapped
            Calls.noteReturn(t, regs)
            pc = regs.savedPC - 8  // within the call instruction
        }
    }

    static func handler(_ code: UnsafeMutablePointer<CodeRecord>, _ index: Int) -> ExceptionTableEntry? {
        for number in 0..<Int(code.pointee.handlerCount) {
            let entry = code.pointee.handlers[number]
            if Int(entry.start) <= index && index < Int(entry.end) { return entry }
        }
        return nil
    }
}
