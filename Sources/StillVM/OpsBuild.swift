// Handlers: tuples and lists of values in consecutive registers, which are given up; what dict comprehensions add.
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
