// all(…), any(…) and sum(…) of a generator: the call resumes it in its own run, item by item, as a `for` loop would.
//
// Taking    As long as an item is just taken, the generator is not even suspended (`takes`), nor are those that delegate to it (`above`).
// Frames    The generator's frame is pushed by the call instruction (ResumedHere.swift). What it yields comes back to `value`, its end to `end`.
// State     The call's registers: the function, which says what is done, and the generator. A sum, as long as it is a small int, lies behind the
//           function, in a place of the header that a callee of Python code would have.
// Rest      What needs more (a sum that is no small int, a collection that marks) is left to the native function, for the items that are left.
import StillBytecode
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry

enum GeneratorFolds {
    @inline(__always) private static func kind(_ callee: Value) -> UInt32 { NativeRef(callee).flags & NativeFlags.intrinsics }

    /// A call of one of the functions with one argument. Nil: not with a generator that can be resumed here; nothing has happened.
    @inline(__always)
    static func begin(_ t: Thread, _ regs: Registers, _ pc: PC, _ arguments: Registers) -> Registers? {
        let argument = arguments.value(0)
        guard argument.isObject, argument.object.typeRaw == t.type(.generator).raw, pc.load(as: UInt8.self) == Opcode.call.rawValue
        else { return nil }
        regs[pc.a &+ 1] = Value(smallInt: 0).bits
        return ResumedHere.enter(t, regs, pc, GeneratorRef(argument), sent: .none)
    }

    /// What the generator is about to yield to the call at `pc` needs no Python code and decides nothing: taken, so the generator goes on at once,
    /// without being suspended. False: nothing has happened.
    @inline(__always)
    static func takes(_ regs: Registers, _ pc: PC, _ bits: UInt64) -> Bool {
        let kind = kind(regs.value(pc.a))
        if kind == NativeFlags.all { return bits == Value.true.bits }
        if kind == NativeFlags.any { return bits == Value.false.bits }
        // Tagged words: the tag of one is taken off.
        let (sum, overflow) = Int64(bitPattern: regs[pc.a &+ 1]).addingReportingOverflow(Int64(bitPattern: bits &- 1))
        if bits & 1 == 0 || overflow { return false }
        regs[pc.a &+ 1] = UInt64(bitPattern: sum)
        return true
    }

    /// The frame whose call takes what the frame `regs` yields through any number of generators that delegate; nil if no call does.
    @inline(__always)
    static func above(_ regs: Registers) -> Registers? {
        var frame = regs
        while frame.frameFlags & FrameFlags.resumedHere != 0 {
            frame = frame.callerFrame.unsafelyUnwrapped
            let opcode = (frame.savedPC - 8).load(as: UInt8.self)
            if opcode != Opcode.delegate.rawValue { return opcode == Opcode.call.rawValue ? frame : nil }
        }
        return nil
    }

    /// The generator has yielded to a call in the frame `regs`, which is current. `value` is owned.
    @inline(never)
    static func value(_ t: Thread, _ regs: Registers, _ table: Table, _ value: UInt64) -> UInt64 {
        let pc = regs.savedPC - 8
        let item = Value(bits: value)
        let kind = kind(regs.value(pc.a))
        if kind == NativeFlags.sum {
            guard _fastPath(item.isSmallInt) else { return sumRest(t, regs, pc, table, pending: item) }
            let (sum, overflow) = regs.value(pc.a &+ 1).smallInt.addingReportingOverflow(item.smallInt)
            guard _fastPath(!overflow && Value.fitsSmallInt(sum)) else { return sumRest(t, regs, pc, table, pending: item) }
            regs[pc.a &+ 1] = Value(smallInt: sum).bits
        } else {
            let isWanted: Bool
            if _fastPath(item.isBool) {
                isWanted = item.isTrue == (kind == NativeFlags.any)
            } else {
                regs.savePC(pc + 24)
                var truth = false
                do throws(PythonError) { truth = try t.isTrue(item) } catch {
                    t.release(item)
                    return fail(t, regs, pc, table)
                }
                t.release(item)
                isWanted = truth == (kind == NativeFlags.any)
            }
            if isWanted { return finish(t, regs, pc, table, Value(kind == NativeFlags.any).bits) }
        }
        let generator = GeneratorRef(regs.value(pc.a + FrameLayout.argumentOffset))
        if let frame = ResumedHere.enter(t, regs, pc, generator, sent: .none) { return go(t, frame, frame.savedPC, table) }
        return kind == NativeFlags.sum ? sumRest(t, regs, pc, table, pending: .null) : rest(t, regs, pc, table)
    }

    /// The generator has returned to the call.
    @inline(never)
    static func end(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
        let kind = kind(regs.value(pc.a))
        return finish(t, regs, pc, table, kind == NativeFlags.sum ? regs[pc.a &+ 1] : Value(kind == NativeFlags.all).bits)
    }

    private static func finish(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table, _ result: UInt64) -> UInt64 {
        regs.savePC(pc + 24)
        regs.drop(t, pc.a + FrameLayout.argumentOffset)
        regs.put(t, pc.a, result)
        if _slowPath(t.hasRequest) { return serveThenGo(t, regs, pc + 24, table) }
        return go(t, regs, pc + 24, table)
    }

    /// The native function looks at the items that are left.
    private static func rest(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
        regs.savePC(pc + 24)
        let native = NativeRef(regs.value(pc.a))
        let result = native.invoke(
            t, self: native.boundSelf.bits, args: regs + pc.a + FrameLayout.argumentOffset, count: 1, keywords: 0)
        if result == 0 { return fail(t, regs, pc, table) }
        return finish(t, regs, pc, table, result)
    }

    /// - Parameter pending: an item that is not in the sum yet, owned, or null.
    private static func sumRest(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table, pending: Value) -> UInt64 {
        regs.savePC(pc + 24)
        let result = nativeSum(t, regs, pc, pending)
        if result == 0 { return fail(t, regs, pc, table) }
        return finish(t, regs, pc, table, result)
    }

    @inline(never)
    private static func nativeSum(_ t: Thread, _ regs: Registers, _ pc: PC, _ pending: Value) -> UInt64 {
        let native = NativeRef(regs.value(pc.a))
        let generator = regs.value(pc.a + FrameLayout.argumentOffset)
        var start = regs.value(pc.a &+ 1)
        if !pending.isNull {
            defer { t.release(pending) }
            do throws(PythonError) { start = try t.binary(.add, start, pending) } catch { return 0 }
        }
        defer { t.release(start) }
        var arguments = (generator.bits, start.bits)
        return withUnsafeMutableBytes(of: &arguments) { bytes in
            native.invoke(
                t, self: native.boundSelf.bits, args: bytes.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: UInt64.self),
                count: 2, keywords: 0)
        }
    }
}
