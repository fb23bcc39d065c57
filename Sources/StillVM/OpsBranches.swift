// Handlers: comparisons and jumps.
import StillBytecode
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry

@inline(never)
private func compareOther(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table, _ operation: Int) -> UInt64 {
    after(Arithmetic.compare(t, regs, pc, operation), t, regs, pc, table)
}

/// Whether two exact strings are equal: without a call of the general way.
@inline(never)
private func branchEqual(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table, _ operation: Int) -> UInt64 {
    let x = regs.value(pc.b)
    let y = regs.value(pc.c)
    if _fastPath(x.isObject && y.isObject && pc.flags & (InstructionFlags.consumeB | InstructionFlags.consumeC) == 0) {
        let str = t.type(.str).raw
        if _fastPath(x.object.typeRaw == str && y.object.typeRaw == str) {
            return branch(t, regs, pc, table, StrRef.equal(StrRef(x), StrRef(y)) == (operation == 2))
        }
    }
    return branchOther(t, regs, pc, table, operation, small: false)
}

@inline(never)
private func branchOther(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table, _ operation: Int, small: Bool) -> UInt64 {
    let truth =
        small ? Arithmetic.compareSmallTruth(t, regs, pc, operation) : Arithmetic.compareTruth(t, regs, pc, operation)
    if _slowPath(truth < 0) { return fail(t, regs, pc, table) }
    return branch(t, regs, pc, table, truth == 1)
}

/// Goes on where a fused comparison leads. Two ways of dispatch: each learns its own next instruction.
@inline(__always)
private func branch(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table, _ truth: Bool) -> UInt64 {
    if truth == (pc.flags & InstructionFlags.jumpIfFalse == 0) { return go(t, regs, pc + (8 &+ pc.signedA &* 8), table) }
    return go(t, regs, pc + 8, table)
}

@inline(__always)
func opLess(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    let x = regs[pc.b]
    let y = regs[pc.c]
    if _fastPath(x & y & 1 != 0) {
        return write(t, regs, pc.a, Value(Int64(bitPattern: x) < Int64(bitPattern: y)).bits, pc + 8, table)
    }
    return compareOther(t, regs, pc, table, 0)
}

@inline(__always)
func opLessEqual(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    let x = regs[pc.b]
    let y = regs[pc.c]
    if _fastPath(x & y & 1 != 0) {
        return write(t, regs, pc.a, Value(Int64(bitPattern: x) <= Int64(bitPattern: y)).bits, pc + 8, table)
    }
    return compareOther(t, regs, pc, table, 1)
}

@inline(__always)
func opEqual(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    let x = regs[pc.b]
    let y = regs[pc.c]
    if _fastPath(x & y & 1 != 0) {
        return write(t, regs, pc.a, Value(Int64(bitPattern: x) == Int64(bitPattern: y)).bits, pc + 8, table)
    }
    return compareOther(t, regs, pc, table, 2)
}

@inline(__always)
func opNotEqual(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    let x = regs[pc.b]
    let y = regs[pc.c]
    if _fastPath(x & y & 1 != 0) {
        return write(t, regs, pc.a, Value(Int64(bitPattern: x) != Int64(bitPattern: y)).bits, pc + 8, table)
    }
    return compareOther(t, regs, pc, table, 3)
}

@inline(__always)
func opGreater(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    let x = regs[pc.b]
    let y = regs[pc.c]
    if _fastPath(x & y & 1 != 0) {
        return write(t, regs, pc.a, Value(Int64(bitPattern: x) > Int64(bitPattern: y)).bits, pc + 8, table)
    }
    return compareOther(t, regs, pc, table, 4)
}

@inline(__always)
func opGreaterEqual(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    let x = regs[pc.b]
    let y = regs[pc.c]
    if _fastPath(x & y & 1 != 0) {
        return write(t, regs, pc.a, Value(Int64(bitPattern: x) >= Int64(bitPattern: y)).bits, pc + 8, table)
    }
    return compareOther(t, regs, pc, table, 5)
}

@inline(__always)
func opJumpLess(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    let x = regs[pc.b]
    let y = regs[pc.c]
    if _fastPath(x & y & 1 != 0) { return branch(t, regs, pc, table, Int64(bitPattern: x) < Int64(bitPattern: y)) }
    if x & 3 == 2 && y & 3 == 2 {
        return branch(t, regs, pc, table, Value(bits: x).immediateFloat < Value(bits: y).immediateFloat)
    }
    return branchOther(t, regs, pc, table, 0, small: false)
}

@inline(__always)
func opJumpLessEqual(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    let x = regs[pc.b]
    let y = regs[pc.c]
    if _fastPath(x & y & 1 != 0) { return branch(t, regs, pc, table, Int64(bitPattern: x) <= Int64(bitPattern: y)) }
    if x & 3 == 2 && y & 3 == 2 {
        return branch(t, regs, pc, table, Value(bits: x).immediateFloat <= Value(bits: y).immediateFloat)
    }
    return branchOther(t, regs, pc, table, 1, small: false)
}

@inline(__always)
func opJumpEqual(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    let x = regs[pc.b]
    let y = regs[pc.c]
    if _fastPath(x & y & 1 != 0) { return branch(t, regs, pc, table, Int64(bitPattern: x) == Int64(bitPattern: y)) }
    if x & 3 == 2 && y & 3 == 2 {
        return branch(t, regs, pc, table, Value(bits: x).immediateFloat == Value(bits: y).immediateFloat)
    }
    return branchEqual(t, regs, pc, table, 2)
}

@inline(__always)
func opJumpNotEqual(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    let x = regs[pc.b]
    let y = regs[pc.c]
    if _fastPath(x & y & 1 != 0) { return branch(t, regs, pc, table, Int64(bitPattern: x) != Int64(bitPattern: y)) }
    if x & 3 == 2 && y & 3 == 2 {
        return branch(t, regs, pc, table, Value(bits: x).immediateFloat != Value(bits: y).immediateFloat)
    }
    return branchEqual(t, regs, pc, table, 3)
}

@inline(__always)
func opJumpGreater(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    let x = regs[pc.b]
    let y = regs[pc.c]
    if _fastPath(x & y & 1 != 0) { return branch(t, regs, pc, table, Int64(bitPattern: x) > Int64(bitPattern: y)) }
    if x & 3 == 2 && y & 3 == 2 {
        return branch(t, regs, pc, table, Value(bits: x).immediateFloat > Value(bits: y).immediateFloat)
    }
    return branchOther(t, regs, pc, table, 4, small: false)
}

@inline(__always)
func opJumpGreaterEqual(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    let x = regs[pc.b]
    let y = regs[pc.c]
    if _fastPath(x & y & 1 != 0) { return branch(t, regs, pc, table, Int64(bitPattern: x) >= Int64(bitPattern: y)) }
    if x & 3 == 2 && y & 3 == 2 {
        return branch(t, regs, pc, table, Value(bits: x).immediateFloat >= Value(bits: y).immediateFloat)
    }
    return branchOther(t, regs, pc, table, 5, small: false)
}

@inline(__always)
func opJumpLessSmall(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    let x = regs[pc.b]
    if _fastPath(x & 1 != 0) { return branch(t, regs, pc, table, Int64(bitPattern: x) &>> 1 < Int64(pc.signedC)) }
    return branchOther(t, regs, pc, table, 0, small: true)
}

@inline(__always)
func opJumpLessEqualSmall(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    let x = regs[pc.b]
    if _fastPath(x & 1 != 0) { return branch(t, regs, pc, table, Int64(bitPattern: x) &>> 1 <= Int64(pc.signedC)) }
    return branchOther(t, regs, pc, table, 1, small: true)
}

@inline(__always)
func opJumpEqualSmall(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    let x = regs[pc.b]
    if _fastPath(x & 1 != 0) { return branch(t, regs, pc, table, Int64(bitPattern: x) &>> 1 == Int64(pc.signedC)) }
    return branchOther(t, regs, pc, table, 2, small: true)
}

@inline(__always)
func opJumpNotEqualSmall(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    let x = regs[pc.b]
    if _fastPath(x & 1 != 0) { return branch(t, regs, pc, table, Int64(bitPattern: x) &>> 1 != Int64(pc.signedC)) }
    return branchOther(t, regs, pc, table, 3, small: true)
}

@inline(__always)
func opJumpGreaterSmall(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    let x = regs[pc.b]
    if _fastPath(x & 1 != 0) { return branch(t, regs, pc, table, Int64(bitPattern: x) &>> 1 > Int64(pc.signedC)) }
    return branchOther(t, regs, pc, table, 4, small: true)
}

@inline(__always)
func opJumpGreaterEqualSmall(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    let x = regs[pc.b]
    if _fastPath(x & 1 != 0) { return branch(t, regs, pc, table, Int64(bitPattern: x) &>> 1 >= Int64(pc.signedC)) }
    return branchOther(t, regs, pc, table, 5, small: true)
}

@inline(__always)
private func identity(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table, _ wanted: Bool) -> UInt64 {
    let x = regs.value(pc.b)
    let y = regs.value(pc.c)
    if _slowPath(x.isNull || y.isNull) { return failUnbound(t, regs, pc, table, x.isNull ? pc.b : pc.c) }
    let same = x.isSame(y)
    if pc.flags & (InstructionFlags.consumeB | InstructionFlags.consumeC) == 0 {
        return write(t, regs, pc.a, Value(same == wanted).bits, pc + 8, table)
    }
    // Most often a temporary beside None, which may stay where it is.
    if pc.flags & InstructionFlags.consumeB == 0 || pc.flags & InstructionFlags.consumeC != 0 && !y.isConstant {
        return consumeThenWrite(t, regs, pc, table, Value(same == wanted).bits)
    }
    if x.bits & 7 != 0 || lowerOwn(x.object, t) {
        regs[pc.b] = 0
        return write(t, regs, pc.a, Value(same == wanted).bits, pc + 8, table)
    }
    return consumeThenWrite(t, regs, pc, table, Value(same == wanted).bits)
}

@inline(never)
private func consumeThenWrite(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table, _ bits: UInt64) -> UInt64 {
    regs.consume(t, pc)
    return write(t, regs, pc.a, bits, pc + 8, table)
}

@inline(__always)
func opIsSame(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    return identity(t, regs, pc, table, true)
}

@inline(__always)
func opIsNotSame(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    return identity(t, regs, pc, table, false)
}

@inline(__always)
func opContains(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    return after(Arithmetic.contains(t, regs, pc), t, regs, pc, table)
}

@inline(__always)
func opJumpIsSame(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    let x = regs.value(pc.b)
    let y = regs.value(pc.c)
    if _slowPath(x.isNull || y.isNull) { return failUnbound(t, regs, pc, table, x.isNull ? pc.b : pc.c) }
    if pc.flags & (InstructionFlags.consumeB | InstructionFlags.consumeC) == 0 {
        return branch(t, regs, pc, table, x.isSame(y))
    }
    return consumeThenBranch(t, regs, pc, table, x.isSame(y))
}

@inline(never)
private func consumeThenBranch(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table, _ truth: Bool) -> UInt64 {
    regs.consume(t, pc)
    return branch(t, regs, pc, table, truth)
}

// MARK: Jumps

@inline(__always)
func opJump(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    go(Thread(raw), regs, pc + (8 &+ pc.wide &* 8), table)
}

@inline(__always)
func opJumpBack(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    let target = pc + (8 &+ pc.wide &* 8)
    if _slowPath(t.hasRequest) { return saveThenServe(t, regs, target, table) }
    return go(t, regs, target, table)
}

@inline(never)
private func saveThenServe(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    regs.savePC(pc)
    return serveThenGo(t, regs, pc, table)
}

@inline(__always)
private func jump(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table, _ jumps: Bool) -> UInt64 {
    if jumps { return go(t, regs, pc + (8 &+ pc.wide &* 8), table) }
    return go(t, regs, pc + 8, table)
}

@inline(never)
private func truthOther(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table, _ wanted: Bool) -> UInt64 {
    let result = Arithmetic.truth(t, regs, pc.a)
    if _slowPath(result < 0) { return fail(t, regs, pc, table) }
    if pc.flags & InstructionFlags.consumeA != 0 { regs.drop(t, pc.a) }
    return jump(t, regs, pc, table, (result == 1) == wanted)
}

@inline(__always)
func opJumpIfTrue(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    let x = regs[pc.a]
    if x == Value.true.bits { return jump(t, regs, pc, table, true) }
    if _fastPath(x == Value.false.bits) { return jump(t, regs, pc, table, false) }
    if x & 1 != 0 { return jump(t, regs, pc, table, x != 1) }
    if x == Value.none.bits { return jump(t, regs, pc, table, false) }
    return truthOther(t, regs, pc, table, true)
}

@inline(__always)
func opJumpIfFalse(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    let x = regs[pc.a]
    if x == Value.false.bits { return jump(t, regs, pc, table, true) }
    if _fastPath(x == Value.true.bits) { return jump(t, regs, pc, table, false) }
    if x & 1 != 0 { return jump(t, regs, pc, table, x == 1) }
    if x == Value.none.bits { return jump(t, regs, pc, table, true) }
    return truthOther(t, regs, pc, table, false)
}

@inline(__always)
func opJumpIfNone(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    let x = regs[pc.a]
    if _slowPath(x == 0) { return failUnbound(t, regs, pc, table, pc.a) }
    if pc.flags & InstructionFlags.consumeA != 0 {
        regs[pc.a] = 0
        if x & 7 == 0 {
            // Something, so not None.
            return releaseThenGo(t, regs, pc + (8 &+ 0), table, x)
        }
    }
    return jump(t, regs, pc, table, x == Value.none.bits)
}

@inline(__always)
func opJumpIfNotNone(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    let x = regs[pc.a]
    if _slowPath(x == 0) { return failUnbound(t, regs, pc, table, pc.a) }
    if pc.flags & InstructionFlags.consumeA != 0 {
        regs[pc.a] = 0
        if x & 7 == 0 {
            // Something, so not None.
            return releaseThenGo(t, regs, pc + (8 &+ pc.wide &* 8), table, x)
        }
    }
    return jump(t, regs, pc, table, x != Value.none.bits)
}

@inline(__always)
func opJumpIfTrueOrPop(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    let x = regs[pc.a]
    if x == Value.true.bits { return go(t, regs, pc + (8 &+ pc.wide &* 8), table) }
    if x == Value.false.bits {
        regs[pc.a] = 0
        return go(t, regs, pc + 8, table)
    }
    return shortCircuit(t, regs, pc, table, true)
}

@inline(__always)
func opJumpIfFalseOrPop(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    let x = regs[pc.a]
    if x == Value.false.bits { return go(t, regs, pc + (8 &+ pc.wide &* 8), table) }
    if x == Value.true.bits {
        regs[pc.a] = 0
        return go(t, regs, pc + 8, table)
    }
    return shortCircuit(t, regs, pc, table, false)
}

@inline(never)
private func shortCircuit(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table, _ wanted: Bool) -> UInt64 {
    let result = Arithmetic.truth(t, regs, pc.a)
    if _slowPath(result < 0) { return fail(t, regs, pc, table) }
    if (result == 1) == wanted { return go(t, regs, pc + (8 &+ pc.wide &* 8), table) }
    return write(t, regs, pc.a, 0, pc + 8, table)
}
