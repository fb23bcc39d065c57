// Handlers: tuples, lists and slices of values in consecutive registers, which are given up; what dict comprehensions add.
import StillBytecode
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry

@inline(__always)
func opBuildTuple(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    buildTuple(Thread(raw), regs, pc, table)
}

@inline(never)
private func buildTuple(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let count = pc.c
    if _slowPath(count == 0) { return write(t, regs, pc.a, t.emptyTuple.borrowedForm.bits, pc + 8, table) }
    let tuple: TupleRef
    do throws(PythonError) { tuple = try t.makeTuple(count) } catch { return fail(t, regs, pc, table) }
    let first = regs + pc.b
    var index = 0
    while index < count {
        let bits = first[index]
        first.setPlainly(index, 0)
        tuple.initialize(index, Value(bits: t.ownedForm(bits)))
        index &+= 1
    }
    return write(t, regs, pc.a, tuple.value.bits, pc + 8, table)
}

@inline(__always)
func opBuildList(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    buildList(Thread(raw), regs, pc, table)
}

@inline(never)
private func buildList(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let count = pc.c
    let list: Value
    do throws(PythonError) { list = try t.makeList(capacity: count) } catch { return fail(t, regs, pc, table) }
    let first = regs + pc.b
    var index = 0
    while index < count {
        let bits = first[index]
        first.setPlainly(index, 0)
        ListRef(list).fill(Value(bits: t.ownedForm(bits)))
        index &+= 1
    }
    return write(t, regs, pc.a, list.bits, pc + 8, table)
}

@inline(__always)
func opBuildSlice(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    buildSlice(Thread(raw), regs, pc, table)
}

/// If the next instruction takes a part of a builtin sequence by the slice and gives it up, both are done in one step.
@inline(never)
private func buildSlice(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let (first, count, next) = (pc.b, pc.c, pc + 8)
    let (start, stop, step) = (regs.value(first), regs.value(first &+ 1), count == 3 ? regs.value(first &+ 2) : .none)
    if next.load(as: UInt8.self) == Opcode.loadSubscript.rawValue && next.c == pc.a
        && (next.flags & InstructionFlags.consumeC != 0 || next.a == next.c)
    {
        let part: Value
        do throws(PythonError) { part = try SliceIndices.take(t, from: regs.value(next.b), start, stop, step) } catch {
            return fail(t, regs, next, table)
        }
        if _fastPath(!part.isNull) {
            dropParts(t, regs, first, count)
            if pc.a != next.a { regs.drop(t, pc.a) }
            if next.flags & InstructionFlags.consumeB != 0 { regs.drop(t, next.b) }
            return write(t, regs, next.a, part.bits, next + 16, table)
        }
    }
    let slice: Value
    do throws(PythonError) { slice = try t.makeSlice(start, stop, step) } catch { return fail(t, regs, pc, table) }
    dropParts(t, regs, first, count)
    return write(t, regs, pc.a, slice.bits, pc + 8, table)
}

@inline(__always)
private func dropParts(_ t: Thread, _ regs: Registers, _ first: Int, _ count: Int) {
    regs.drop(t, first)
    regs.drop(t, first &+ 1)
    if count == 3 { regs.drop(t, first &+ 2) }
}

@inline(__always)
func opDictAdd(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    if _slowPath(regs[pc.b] == 0) { return failUnbound(t, regs, pc, table, pc.b) }
    if _slowPath(regs[pc.c] == 0) { return failUnbound(t, regs, pc, table, pc.c) }
    return dictAdd(t, regs, pc, table)
}

@inline(never)
private func dictAdd(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    regs.savePC(pc + 8)
    let key = regs.value(pc.b)
    do throws(PythonError) {
        try DictRef(regs.value(pc.a)).store(t, key, hash: t.quickHash(key), regs.value(pc.c), onlyIfAbsent: false)
    } catch { return fail(t, regs, pc, table) }
    regs.consume(t, pc)
    return go(t, regs, pc + 8, table)
}

// MARK: f-strings

@inline(__always)
func opFormatValue(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    formatValue(Thread(raw), regs, pc, table)
}

/// Ints and strings as they are; the rest by the general way.
@inline(never)
private func formatValue(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let value = regs.value(pc.b)
    if _fastPath((pc.flags &>> 5) & 3 == 0 && pc.c == 0xFFFF) {
        if value.isSmallInt {
            let text: Value
            do throws(PythonError) { text = try t.makeDecimal(value.smallInt) } catch { return fail(t, regs, pc, table) }
            return write(t, regs, pc.a, text.bits, pc + 8, table)
        }
        if value.isObject && value.object.typeRaw == t.type(.str).raw {
            if pc.flags & InstructionFlags.consumeB == 0 { return write(t, regs, pc.a, t.retain(value).bits, pc + 8, table) }
            regs[pc.b] = 0
            return write(t, regs, pc.a, value.bits, pc + 8, table)
        }
    }
    return after(Containers.format(t, regs, pc), t, regs, pc, table)
}

@inline(__always)
func opBuildString(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    buildString(Thread(raw), regs, pc, table)
}

@inline(never)
private func buildString(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let (first, count) = (pc.b, pc.c)
    let text: Value
    do throws(PythonError) { text = try StrOps.concatenate(t, regs + first, count) } catch { return fail(t, regs, pc, table) }
    var index = 0
    while index < count {
        regs.drop(t, first &+ index)
        index &+= 1
    }
    return write(t, regs, pc.a, text.bits, pc + 8, table)
}
