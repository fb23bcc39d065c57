// Generators resumed by an instruction (`forIterate`, `delegate`) rather than by native code: their frame is pushed on the resuming frame's,
// like a call's, and the same run goes on in it.
//
// Frame     flags generator and resumedHere; the caller's saved pc is one word behind the instruction that resumed.
// Leaving   by yield (`Generators.suspend`), by return and by an exception (`leave`). Each puts the exception back that the caller was
//           handling; while the generator runs, its word `callersHandled` has it (borrowed: a register of the caller owns it).
// Who       resumes while the collector marks takes the general way (`Generators.resume`), which knows the barrier.
import StillBytecode
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import Synchronization

enum ResumedHere {
    /// Where the frame goes: behind the registers of the one that resumes.
    @inline(__always)
    static func place(_ regs: Registers) -> Registers { regs + Int(regs.code.pointee.registerCount) + FrameLayout.headerWords }

    /// As `Calls.hasRoom`; the generator has the number of registers at hand.
    @inline(__always)
    static func hasRoom(_ t: Thread, _ frame: Registers, _ generator: GeneratorRef) -> Bool {
        let end = UnsafeMutableRawPointer(frame) + Int(truncatingIfNeeded: generator.word(48).pointee) &* 8
        return t.objects.pointee.recursionDepth < t.objects.pointee.recursionLimit && end < t.objects.pointee.stackLimit.unsafelyUnwrapped
    }

    /// Moves the registers of a generator that this thread has begun to its frame, which becomes current.
    @inline(__always)
    static func push(_ t: Thread, _ regs: Registers, _ pc: PC, _ generator: GeneratorRef, _ frame: Registers) {
        regs.savePC(pc + 8)
        let saved = generator.registers.unsafelyUnwrapped
        let count = Int(truncatingIfNeeded: generator.word(GeneratorRef.liveCount).pointee)
        generator.word(GeneratorRef.liveCount).pointee = 0
        var index = 0
        while index < count {
            frame.setPlainly(index, saved[index])
            index &+= 1
        }
        frame.writeHeader(
            caller: regs, code: generator.code, next: generator.pc.unsafelyUnwrapped, function: generator.function.raw,
            locals: generator.object.address, flags: FrameFlags.generator | FrameFlags.resumedHere)
        t.currentFrame = frame
        t.objects.pointee.recursionDepth &+= 1
        generator.word(GeneratorRef.callersHandled).pointee = t.objects.pointee.handled.bits
    }

    /// The frame of a created or suspended generator, current; its `savedPC` is where it begins. Nil, and nothing has happened: only the
    /// general way knows what to do.
    ///
    /// - Parameter sent: given up, if there is a frame.
    @inline(__always)
    static func enter(_ t: Thread, _ regs: Registers, _ pc: PC, _ generator: GeneratorRef, sent: Value) -> Registers? {
        let seen = generator.state.pointee.load(ordering: .acquiring)
        guard _fastPath(seen <= GeneratorRef.suspended), seen == GeneratorRef.suspended || sent.isNone,
            _fastPath(t.barrierActive == 0)
        else { return nil }
        let frame = place(regs)
        guard _fastPath(hasRoom(t, frame, generator)), _fastPath(generator.begin(t, from: seen)) else { return nil }
        push(t, regs, pc, generator, frame)
        if seen == GeneratorRef.suspended {
            let own = Value(bits: generator.word(80).pointee)
            if _slowPath(!own.isNull) {
                t.objects.pointee.handled = own
                generator.word(80).pointee = 0
            }
            frame.put(t, Int(generator.word(88).pointee), sent.bits)
        }
        return frame
    }

    /// The generator has returned or raised, its registers are empty.
    ///
    /// - Returns: the frame that has resumed it, current.
    static func leave(_ t: Thread, _ regs: Registers) -> Registers {
        let generator = GeneratorRef(raw: regs.localsMapping.object.raw)
        let caller = regs.callerFrame.unsafelyUnwrapped
        t.currentFrame = caller
        Calls.noteReturn(t, caller)
        t.objects.pointee.recursionDepth &-= 1
        t.objects.pointee.handled = Value(bits: generator.word(GeneratorRef.callersHandled).pointee)
        Generators.finish(t, generator)
        return caller
    }
}
