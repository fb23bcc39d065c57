// Operand fields of an instruction word, and registers: what every opcode's code reads and writes with.
//
// A register owns what it holds when the low three bits are 000; …100 is the same object uncounted: deferred, immortal, or lent by the caller's
// variable (Opcode.swift, Borrowing).
import StillBytecode
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import Synchronization

extension UnsafeMutableRawPointer {
    @inline(__always) var flags: UInt8 { (self + 1).assumingMemoryBound(to: UInt8.self).pointee }
    @inline(__always) var a: Int { Int(load(fromByteOffset: 2, as: UInt16.self)) }
    @inline(__always) var b: Int { Int(load(fromByteOffset: 4, as: UInt16.self)) }
    @inline(__always) var c: Int { Int(load(fromByteOffset: 6, as: UInt16.self)) }
    @inline(__always) var signedA: Int { Int(load(fromByteOffset: 2, as: Int16.self)) }
    @inline(__always) var signedC: Int { Int(load(fromByteOffset: 6, as: Int16.self)) }
    @inline(__always) var wide: Int { Int(load(fromByteOffset: 4, as: Int32.self)) }
    /// Cache word `index` after the instruction.
    @inline(__always) func cache(_ index: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
        (self + (8 &+ index &* 8)).assumingMemoryBound(to: Atomic<UInt64>.self)
    }
}

extension UnsafeMutablePointer where Pointee == UInt64 {
    @inline(__always) func value(_ index: Int) -> Value { Value(bits: self[index]) }

    /// A store that the compiler does not merge with others into a call or vectorise: these loops are short.
    @inline(__always) func setPlainly(_ index: Int, _ bits: UInt64) {
        UnsafeMutableRawPointer(self + index).assumingMemoryBound(to: Atomic<UInt64>.self).pointee.store(bits, ordering: .relaxed)
    }

    /// Writes a register and releases what it held.
    @inline(__always) func put(_ t: Thread, _ index: Int, _ bits: UInt64) {
        let old = self[index]
        self[index] = bits
        if _slowPath(old & 7 == 0 && old != 0) { Registers.give(t, old) }
    }
    /// Out of line: the dispatch loop has a hundred places that overwrite a register, and the compiler stops inlining what matters in
    /// a function that grows too large.
    @inline(never) static func give(_ t: Thread, _ counted: UInt64) {
        ReferenceCount.release(Value(bits: counted).object, t)
    }
    /// Nulls a temporary and releases what it held.
    @inline(__always) func drop(_ t: Thread, _ index: Int) { put(t, index, 0) }

    @inline(__always) func consume(_ t: Thread, _ pc: UnsafeMutableRawPointer) {
        let flags = pc.flags
        if flags & InstructionFlags.consumeB != 0 { drop(t, pc.b) }
        if flags & InstructionFlags.consumeC != 0 { drop(t, pc.c) }
    }
}

/// An operand in the form that objects hold, out of its register if it is `consumed`. 0, and nothing has happened, when that takes more than
/// a few instructions.
@inline(__always)
func ownedOperand(_ t: Thread, _ regs: Registers, _ index: Int, consumed: Bool) -> UInt64 {
    let bits = regs[index]
    if bits & 7 == 4 && bits >= 4096 {
        if _slowPath(!raiseOwn(Value(bits: bits).object, t)) { return 0 }
        if consumed { regs[index] = 0 }
        return bits & ~4
    }
    if consumed {
        regs[index] = 0
    } else if bits & 7 == 0 {
        if _slowPath(bits == 0 || !raiseOwn(Value(bits: bits).object, t)) { return 0 }
    }
    return bits
}

extension ThreadState {
    /// The hash of a key: small ints, which are their own but for -1, without a call.
    @inline(__always) func quickHash(_ key: Value) throws(PythonError) -> Int {
        if _fastPath(key.isSmallInt && key.smallInt.magnitude < 1 << 61 - 1) { return key.smallInt == -1 ? -2 : key.smallInt }
        return try hash(key)
    }

    /// A register's value in the form that native code owns.
    @inline(__always) func ownedForm(_ bits: UInt64) -> UInt64 {
        bits & 7 == 4 && bits >= 4096 ? retain(Value(bits: bits)).bits : bits
    }
}
