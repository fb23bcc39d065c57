// The dispatch loop, as tail calls: each opcode has a handler, a C function that ends by jumping to the next instruction's handler.
//
// State     thread, registers, pc and the table of handlers are the four arguments; they stay in machine registers from one instruction to
//           the next. What a handler returns is the result of the whole run.
// Handlers  are global functions: a C function pointer can be made of those without a second function in between. `op…` are the fast
//           paths, which should need no stack frame; so whatever may call something and then go on is a function of its own, which
//           is jumped to, gets the same arguments, and goes on by itself. One that fails sets the exception and jumps to `fail`.
// Frames    The running frame is in `t.currentFrame` whenever other code can look; its pc is saved where it calls out.
// Checked   Debug builds and builds with checks make no tail calls (nor could they under ThreadSanitizer): there a handler returns to
//           `VM.run`, which calls the next.
import StillBytecode
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import Synchronization

typealias Raw = UnsafeMutableRawPointer
typealias PC = UnsafeMutableRawPointer
typealias Handler = @convention(c) (Raw, Registers, PC, UnsafeMutableRawPointer) -> UInt64
/// One handler for each value of the opcode byte.
typealias Table = UnsafeMutableRawPointer

/// Runs the instruction at `pc`, and what follows.
@inline(__always)
func go(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    if BuildOptions.returnsToLoop {
        t.vm.pointee.nextRegisters = regs
        t.vm.pointee.nextPC = pc
        return VM.goesOn
    }
    return handler(pc, table)(t.raw, regs, pc, table)
}

@inline(__always)
func handler(_ pc: PC, _ table: Table) -> Handler {
    table.load(fromByteOffset: Int(pc.load(as: UInt8.self)) &* 8, as: Handler.self)
}

/// Writes a register, releases what it held, and goes on at `pc`.
@inline(__always)
func write(_ t: Thread, _ regs: Registers, _ index: Int, _ bits: UInt64, _ pc: PC, _ table: Table) -> UInt64 {
    let old = regs[index]
    regs[index] = bits
    if _slowPath(old & 7 == 0 && old != 0) { return releaseThenGo(t, regs, pc, table, old) }
    return go(t, regs, pc, table)
}

@inline(never)
func releaseThenGo(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table, _ counted: UInt64) -> UInt64 {
    if _fastPath(lowerOwn(Value(bits: counted).object, t)) { return go(t, regs, pc, table) }
    return releaseLastThenGo(t, regs, pc, table, counted)
}

@inline(never)
private func releaseLastThenGo(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table, _ counted: UInt64) -> UInt64 {
    ReferenceCount.release(Value(bits: counted).object, t)
    return go(t, regs, pc, table)
}

/// Two references that a store has displaced or used up, null or immediate ones too; then goes on at `pc`.
@inline(never)
func releaseBothThenGo(
    _ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table, _ first: UInt64, _ second: UInt64
) -> UInt64 {
    t.release(Value(bits: first))
    t.release(Value(bits: second))
    return go(t, regs, pc, table)
}

/// Lowers the count of an object that belongs to this thread, unless it is the last count.
@inline(__always)
func lowerOwn(_ object: ObjectRef, _ t: Thread) -> Bool {
    if _slowPath(object.owner != t.ownerSlot) { return false }
    let left = object.local.pointee &- 1
    if _slowPath(left == 0) { return false }
    object.local.pointee = left
    return true
}

/// Raises the count of an object that belongs to this thread.
@inline(__always)
func raiseOwn(_ object: ObjectRef, _ t: Thread) -> Bool {
    if _slowPath(object.owner != t.ownerSlot) { return false }
    let raised = object.local.pointee &+ 1
    if _slowPath(raised == 0) { return false }
    object.local.pointee = raised
    return true
}

/// Goes on after a function of another file has done the work of an instruction, or has failed.
@inline(__always)
func after(_ done: Bool, _ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table, words: Int = 1) -> UInt64 {
    done ? go(t, regs, pc + words &* 8, table) : fail(t, regs, pc, table)
}

/// The instruction at `pc` has raised.
@inline(never)
func fail(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    switch Unwind.unwind(t, regs, pc) {
    case .handler(let newRegs, let newPC): return go(t, newRegs, newPC, table)
    case .exit: return 0
    }
}

@inline(never)
func failUnbound(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table, _ index: Int) -> UInt64 {
    NameAccess.raiseUnbound(t, regs, index)
    return fail(t, regs, pc, table)
}

/// Serves what is asked of the thread, then goes on at `pc`.
@inline(never)
func serveThenGo(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    after(Safepoints.serve(t), t, regs, pc, table, words: 0)
}

public enum VM {
    /// In builds without tail calls: there is a next instruction. No value's bits.
    static var goesOn: UInt64 { 0xFFC }

    /// Runs from `pc` in the frame `entry` (already linked and current).
    ///
    /// - Parameter raising: begin by unwinding with the exception that is set.
    /// - Returns: the owned result of the entry frame, 0 with an exception set.
    @inline(never)
    static func run(
        _ t: Thread, _ entry: Registers, _ start: UnsafeMutableRawPointer, raising: Bool = false
    ) -> UInt64 {
        let table = t.vm.pointee.handlers
        var result = raising ? fail(t, entry, start, table) : go(t, entry, start, table)
        if BuildOptions.returnsToLoop {
            while result == goesOn {
                let pc = t.vm.pointee.nextPC.unsafelyUnwrapped
                result = handler(pc, table)(t.raw, t.vm.pointee.nextRegisters.unsafelyUnwrapped, pc, table)
            }
        }
        return result
    }
}
