// Handlers: arithmetic. Two small ints or two common floats; everything else in `binaryOther` and its like.
import StillBytecode
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry

@inline(never)
private func binaryOther(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table, _ op: BinaryOperator) -> UInt64 {
    let mixed = Arithmetic.mixed(regs.value(pc.b), regs.value(pc.c), op)
    if !mixed.isNull { return write(t, regs, pc.a, mixed.bits, pc + 8, table) }
    return after(Arithmetic.binary(t, regs, pc, op), t, regs, pc, table)
}

@inline(never)
private func smallOther(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table, _ op: BinaryOperator) -> UInt64 {
    let mixed = Arithmetic.mixed(regs.value(pc.b), Value(smallInt: pc.signedC), op)
    if !mixed.isNull { return write(t, regs, pc.a, mixed.bits, pc + 8, table) }
    return after(Arithmetic.binarySmall(t, regs, pc, op), t, regs, pc, table)
}

@inline(__always)
func opAdd(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    let x = regs[pc.b]
    let y = regs[pc.c]
    if _fastPath(x & y & 1 != 0) {
        let (result, overflow) = Int64(bitPattern: x).addingReportingOverflow(Int64(bitPattern: y &- 1))
        if _fastPath(!overflow) { return write(t, regs, pc.a, UInt64(bitPattern: result), pc + 8, table) }
    } else if x & 3 == 2 && y & 3 == 2 {
        let result = Value.immediate(Value(bits: x).immediateFloat + Value(bits: y).immediateFloat)
        if _fastPath(!result.isNull) { return write(t, regs, pc.a, result.bits, pc + 8, table) }
    }
    return addOther(t, regs, pc, table)
}

@inline(never)
private func addOther(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let x = regs.value(pc.b)
    let y = regs.value(pc.c)
    if _fastPath(x.isObject && y.isObject) {
        let str = t.type(.str).raw
        if x.object.typeRaw == str && y.object.typeRaw == str { return addStrings(t, regs, pc, table) }
    }
    return binaryOther(t, regs, pc, table, .add)
}

/// Of two exact strings.
@inline(never)
private func addStrings(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let x = regs.value(pc.b)
    let y = regs.value(pc.c)
    // Only this register refers to the left operand, and it is about to be overwritten: a string can grow.
    if pc.a == pc.b && StrOps.appendInPlace(t, x, y) {
        regs.consume(t, pc)
        return go(t, regs, pc + 8, table)
    }
    let text: Value
    do throws(PythonError) { text = try StrOps.concatenate(t, x, y) } catch { return fail(t, regs, pc, table) }
    regs.consume(t, pc)
    return write(t, regs, pc.a, text.bits, pc + 8, table)
}

@inline(__always)
func opSubtract(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    let x = regs[pc.b]
    let y = regs[pc.c]
    if _fastPath(x & y & 1 != 0) {
        let (result, overflow) = Int64(bitPattern: x).subtractingReportingOverflow(Int64(bitPattern: y &- 1))
        if _fastPath(!overflow) { return write(t, regs, pc.a, UInt64(bitPattern: result), pc + 8, table) }
    } else if x & 3 == 2 && y & 3 == 2 {
        let result = Value.immediate(Value(bits: x).immediateFloat - Value(bits: y).immediateFloat)
        if _fastPath(!result.isNull) { return write(t, regs, pc.a, result.bits, pc + 8, table) }
    }
    return binaryOther(t, regs, pc, table, .subtract)
}

@inline(__always)
func opMultiply(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    let x = regs[pc.b]
    let y = regs[pc.c]
    if _fastPath(x & y & 1 != 0) {
        // (x - 1) is twice the number, (y >> 1) the number: the product is twice the result.
        let (result, overflow) = Int64(bitPattern: x &- 1).multipliedReportingOverflow(by: Int64(bitPattern: y) &>> 1)
        if _fastPath(!overflow) { return write(t, regs, pc.a, UInt64(bitPattern: result) | 1, pc + 8, table) }
    } else if x & 3 == 2 && y & 3 == 2 {
        let result = Value.immediate(Value(bits: x).immediateFloat * Value(bits: y).immediateFloat)
        if _fastPath(!result.isNull) { return write(t, regs, pc.a, result.bits, pc + 8, table) }
    }
    return binaryOther(t, regs, pc, table, .multiply)
}

@inline(__always)
func opTrueDivide(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    let x = regs[pc.b]
    let y = regs[pc.c]
    if x & 3 == 2 && y & 3 == 2 {
        let result = Value.immediate(Value(bits: x).immediateFloat / Value(bits: y).immediateFloat)
        if _fastPath(!result.isNull) { return write(t, regs, pc.a, result.bits, pc + 8, table) }
    }
    return binaryOther(t, regs, pc, table, .trueDivide)
}

@inline(__always)
func opFloorDivide(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    let x = regs[pc.b]
    let y = regs[pc.c]
    if _fastPath(x & y & 1 != 0 && Int64(bitPattern: y) > 1) {
        return write(t, regs, pc.a, Arithmetic.floorDivide(Value(bits: x).smallInt, Value(bits: y).smallInt), pc + 8, table)
    }
    return binaryOther(t, regs, pc, table, .floorDivide)
}

@inline(__always)
func opModulo(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    let x = regs[pc.b]
    let y = regs[pc.c]
    if _fastPath(x & y & 1 != 0 && Int64(bitPattern: y) > 1) {
        return write(t, regs, pc.a, Arithmetic.modulo(Value(bits: x).smallInt, Value(bits: y).smallInt), pc + 8, table)
    }
    return moduloOther(t, regs, pc, table)
}

@inline(never)
private func moduloOther(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let x = regs.value(pc.b)
    let y = regs.value(pc.c)
    if _fastPath(x.isObject), _fastPath(x.object.typeRaw == t.type(.str).raw),
        y.isSmallInt || (y.isObject && y.object.typeRaw == t.type(.tuple).raw)
    {
        return formatText(t, regs, pc, table)
    }
    return binaryOther(t, regs, pc, table, .modulo)
}

/// A string's `%`, with operands whose class does not come first.
@inline(never)
private func formatText(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    regs.savePC(pc + 8)
    let text: Value
    do throws(PythonError) { text = try StrOps.modulo(t, regs.value(pc.b), regs.value(pc.c)) } catch { return fail(t, regs, pc, table) }
    regs.consume(t, pc)
    return write(t, regs, pc.a, text.bits, pc + 8, table)
}

@inline(__always)
func opPower(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    return binaryOther(t, regs, pc, table, .power)
}

@inline(__always)
func opLeftShift(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    let x = regs[pc.b]
    let y = regs[pc.c]
    if _fastPath(x & y & 1 != 0 && y < 64) {
        // Shifting back gives the number again, so no bit is lost.
        let shift = Int64(Value(bits: y).smallInt)
        let result = Int64(bitPattern: x &- 1) &<< shift
        if _fastPath(result &>> shift == Int64(bitPattern: x &- 1)) {
            return write(t, regs, pc.a, UInt64(bitPattern: result) | 1, pc + 8, table)
        }
    }
    return binaryOther(t, regs, pc, table, .leftShift)
}

@inline(__always)
func opRightShift(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    let x = regs[pc.b]
    let y = regs[pc.c]
    if _fastPath(x & y & 1 != 0 && y < 128) {
        let shift = min(Value(bits: y).smallInt, 63)
        return write(t, regs, pc.a, Value(smallInt: Value(bits: x).smallInt &>> shift).bits, pc + 8, table)
    }
    return binaryOther(t, regs, pc, table, .rightShift)
}

@inline(__always)
func opBitAnd(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    let x = regs[pc.b]
    let y = regs[pc.c]
    if _fastPath(x & y & 1 != 0) { return write(t, regs, pc.a, x & y, pc + 8, table) }
    return binaryOther(t, regs, pc, table, .and)
}

@inline(__always)
func opBitOr(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    let x = regs[pc.b]
    let y = regs[pc.c]
    if _fastPath(x & y & 1 != 0) { return write(t, regs, pc.a, x | y, pc + 8, table) }
    return binaryOther(t, regs, pc, table, .or)
}

@inline(__always)
func opBitXor(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    let x = regs[pc.b]
    let y = regs[pc.c]
    if _fastPath(x & y & 1 != 0) { return write(t, regs, pc.a, (x ^ y) | 1, pc + 8, table) }
    return binaryOther(t, regs, pc, table, .xor)
}

@inline(__always)
func opMatrixMultiply(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    return binaryOther(t, regs, pc, table, .matrixMultiply)
}

@inline(__always)
func opAddSmall(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    let x = regs[pc.b]
    if _fastPath(x & 1 != 0) {
        let (result, overflow) = Int64(bitPattern: x).addingReportingOverflow(Int64(pc.signedC) &* 2)
        if _fastPath(!overflow) { return write(t, regs, pc.a, UInt64(bitPattern: result), pc + 8, table) }
    }
    return smallOther(t, regs, pc, table, .add)
}

@inline(__always)
func opSubtractSmall(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    let x = regs[pc.b]
    if _fastPath(x & 1 != 0) {
        let (result, overflow) = Int64(bitPattern: x).subtractingReportingOverflow(Int64(pc.signedC) &* 2)
        if _fastPath(!overflow) { return write(t, regs, pc.a, UInt64(bitPattern: result), pc + 8, table) }
    }
    return smallOther(t, regs, pc, table, .subtract)
}

@inline(__always)
func opMultiplySmall(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    let x = regs[pc.b]
    if _fastPath(x & 1 != 0) {
        let (result, overflow) = Int64(bitPattern: x &- 1).multipliedReportingOverflow(by: Int64(pc.signedC))
        if _fastPath(!overflow) { return write(t, regs, pc.a, UInt64(bitPattern: result) | 1, pc + 8, table) }
    }
    return smallOther(t, regs, pc, table, .multiply)
}

@inline(__always)
func opFloorDivideSmall(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    let x = regs[pc.b]
    if _fastPath(x & 1 != 0 && pc.signedC > 0) {
        return write(t, regs, pc.a, Arithmetic.floorDivide(Value(bits: x).smallInt, pc.signedC), pc + 8, table)
    }
    return smallOther(t, regs, pc, table, .floorDivide)
}

@inline(__always)
func opModuloSmall(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    let x = regs[pc.b]
    if _fastPath(x & 1 != 0 && pc.signedC > 0) {
        return write(t, regs, pc.a, Arithmetic.modulo(Value(bits: x).smallInt, pc.signedC), pc + 8, table)
    }
    return smallOther(t, regs, pc, table, .modulo)
}

@inline(__always)
func opBitAndSmall(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    let x = regs[pc.b]
    if _fastPath(x & 1 != 0) { return write(t, regs, pc.a, x & Value(smallInt: pc.signedC).bits, pc + 8, table) }
    return smallOther(t, regs, pc, table, .and)
}

@inline(never)
private func unaryOther(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table, _ op: UnaryOperator) -> UInt64 {
    after(Arithmetic.unary(t, regs, pc, op), t, regs, pc, table)
}

@inline(__always)
func opNegate(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    let x = regs.value(pc.b)
    if x.isSmallInt && x.smallInt != Value.smallIntMin {
        return write(t, regs, pc.a, Value(smallInt: -x.smallInt).bits, pc + 8, table)
    }
    return unaryOther(t, regs, pc, table, .negate)
}

@inline(__always)
func opPositive(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    return unaryOther(t, regs, pc, table, .positive)
}

@inline(__always)
func opInvert(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    return unaryOther(t, regs, pc, table, .invert)
}

@inline(__always)
func opNot(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    let x = regs[pc.b]
    if _fastPath(x == Value.true.bits || x == Value.false.bits) {
        // The two differ in one bit.
        return write(t, regs, pc.a, x ^ (Value.true.bits ^ Value.false.bits), pc + 8, table)
    }
    return notOther(t, regs, pc, table)
}

@inline(never)
private func notOther(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let truth = Arithmetic.truth(t, regs, pc.b)
    if truth < 0 { return fail(t, regs, pc, table) }
    if pc.flags & InstructionFlags.consumeB != 0 { regs.drop(t, pc.b) }
    return write(t, regs, pc.a, Value(truth == 0).bits, pc + 8, table)
}
