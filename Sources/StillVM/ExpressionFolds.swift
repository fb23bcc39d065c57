// all(…), any(…) and sum(…) of a generator expression written in the call: it runs without a generator.
//
// Who       could see the generator? Only the called function, which is one of ours, and does nothing with it that could be seen.
// Iterator  may still be the list or tuple itself (`getIterator`); a generator gets a real one.
// Frame     `makeGeneratorExpression` pushes it as the call instruction behind it would push a callee's: the iterator and the free variables lie where
//           arguments do. Returns and exceptions leave it as any other. Its flags say which function was called.
// Sum       as long as it is an int of 62 bits, in the header word of the locals mapping: sum << 2 | 3, of which no reader of that word
//           (bit 0 aside) makes an object.
// Rest      What a fold can't do with an item at once makes the generator that the frame would have had, suspended behind its yield; from then on
//           GeneratorFolds.swift goes on with it.
import StillBytecode
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry

enum ExpressionFolds {
    /// Which fold the instruction behind `pc` calls with the generator alone as its argument; nil if it does not.
    @inline(__always)
    static func fold(_ t: Thread, _ regs: Registers, _ pc: PC) -> UInt64? {
        let call = pc + 8
        guard call.load(as: UInt8.self) == Opcode.call.rawValue, call.a &+ FrameLayout.argumentOffset == pc.a, call.b == 1, call.c == 0xFFFF
        else { return nil }
        let callee = regs.value(call.a)
        guard callee.isObject, callee.object.typeRaw == t.type(.builtinFunction).raw else { return nil }
        let kind = NativeRef(callee).flags & NativeFlags.intrinsics
        return kind == NativeFlags.all || kind == NativeFlags.any || kind == NativeFlags.sum ? UInt64(kind) : nil
    }

    @inline(never)
    static func begin(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table, _ fold: UInt64) -> UInt64 {
        let code = CodeRef(Value(bits: regs.code.pointee.constants[pc.b]).object.raw).record
        let frame = regs + pc.a
        guard _fastPath(Calls.hasRoom(t, frame, code)), code.pointee.has(.generator) else {
            return makeGeneratorExpression(t, regs, pc, table)
        }
        regs.savePC(pc + (8 + 24))
        Calls.push(
            t, frame, caller: regs, code: code, function: regs.functionRaw, bound: pc.c &+ 1, locals: 3, flags: FrameFlags.folding | fold)
        // Behind the marker.
        let start = UnsafeMutableRawPointer(code.pointee.instructions + 1)
        if _slowPath(t.hasRequest) { return serveThenGo(t, frame, start, table) }
        return go(t, frame, start, table)
    }

    /// The expression yields its next item.
    @inline(never)
    static func item(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
        let bits = regs[pc.b]
        let fold = UInt32(truncatingIfNeeded: regs.frameFlags) & NativeFlags.intrinsics
        if fold != NativeFlags.sum {
            // Bools, small ints and None.
            if _fastPath(bits & 1 != 0 || bits & ~0x18 == 4) {
                let isTrue = bits == Value.true.bits || (bits & 1 != 0 && bits != 1)
                if isTrue == (fold == NativeFlags.all) { return write(t, regs, pc.a, Value.none.bits, pc + 8, table) }
                return decided(t, regs, pc, table)
            }
        } else if _fastPath(bits & 1 != 0) {
            // The item is number << 1 | 1.
            let (twice, isLarge) = Int64(bitPattern: bits &- 1).addingReportingOverflow(Int64(bitPattern: bits &- 1))
            let (sum, overflow) = Int64(bitPattern: regs[-2]).addingReportingOverflow(twice)
            if _fastPath(!isLarge && !overflow) {
                regs[-2] = UInt64(bitPattern: sum)
                return write(t, regs, pc.a, Value.none.bits, pc + 8, table)
            }
        }
        return makeGenerator(t, regs, pc, table)
    }

    /// The item decides: the rest of the expression is not wanted.
    @inline(never)
    private static func decided(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
        let fold = UInt32(truncatingIfNeeded: regs.frameFlags) & NativeFlags.intrinsics
        var index = 0
        while index < pc.c {
            regs.drop(t, index)
            index &+= 1
        }
        return finish(t, regs, table, Value(fold == NativeFlags.any))
    }

    /// The expression has returned, its registers are empty.
    @inline(never)
    static func end(_ t: Thread, _ regs: Registers, _ table: Table) -> UInt64 {
        let fold = UInt32(truncatingIfNeeded: regs.frameFlags) & NativeFlags.intrinsics
        let result = fold == NativeFlags.sum ? Value(smallInt: Int(bitPattern: UInt(regs[-2])) &>> 2) : Value(fold == NativeFlags.all)
        return finish(t, regs, table, result)
    }

    @inline(__always)
    private static func finish(_ t: Thread, _ regs: Registers, _ table: Table, _ result: Value) -> UInt64 {
        let caller = regs.callerFrame.unsafelyUnwrapped
        t.currentFrame = caller
        Calls.noteReturn(t, caller)
        t.objects.pointee.recursionDepth &-= 1
        let pc = caller.savedPC
        return write(t, caller, (pc - 24).a, result.bits, pc, table)
    }

    /// The generator after all: the call goes on with it.
    @inline(never)
    private static func makeGenerator(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
        if _slowPath(regs[pc.b] == 0) { return failUnbound(t, regs, pc, table, pc.b) }
        let item = regs[pc.b]
        let isGiven = pc.flags & InstructionFlags.consumeB != 0 || pc.a == pc.b
        // Out of the registers, whatever becomes of them.
        let value = isGiven ? t.ownedForm(item) : t.retain(Value(bits: item)).bits
        if isGiven { regs[pc.b] = 0 }
        guard let generator = Generators.makeSuspended(t, regs, pc) else {
            t.release(Value(bits: value))
            return fail(t, regs, pc, table)
        }
        let caller = regs.callerFrame.unsafelyUnwrapped
        let sum = Int(bitPattern: UInt(regs[-2])) &>> 2
        let call = caller.savedPC - 24
        caller[call.a &+ 1] = Value(smallInt: sum).bits
        caller[call.a &+ FrameLayout.argumentOffset] = Value(generator.object).bits
        caller.savePC(call + 8)
        t.currentFrame = caller
        Calls.noteReturn(t, caller)
        t.objects.pointee.recursionDepth &-= 1
        return GeneratorFolds.value(t, caller, table, value)
    }
}
