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
                dropObjects(t, regs, from: Int(entry.firstReleased), Int(code.pointee.registerCount))
                regs.put(t, Int(entry.exceptionRegister), t.takeRaised().bits)
                return .handler(
                    regs, UnsafeMutableRawPointer(code.pointee.instructions + Int(entry.handler)))
            }
            let flags = regs.frameFlags
            dropObjects(t, regs, from: 0, Int(code.pointee.registerCount))
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

    /// Registers that are not live may keep immediates.
    @inline(__always)
    private static func dropObjects(_ t: Thread, _ regs: Registers, from first: Int, _ end: Int) {
        var register = first
        while register < end {
            let old = regs[register]
            if old & 3 == 0 && old != 0 {
                regs[register] = 0
                if old & 7 == 0 { Registers.give(t, old) }
            }
            register &+= 1
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
