// Handlers: moves, names and cells.
import StillBytecode
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import Synchronization

// MARK: Moves

@inline(__always)
func opNop(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 { go(Thread(raw), regs, pc + 8, table) }

@inline(__always)
func opMove(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    let value = regs[pc.b]
    if _slowPath(value == 0) { return failUnbound(t, regs, pc, table, pc.b) }
    if pc.flags & InstructionFlags.consumeB != 0 {
        regs[pc.b] = 0
    } else if value & 7 == 0, _slowPath(!raiseOwn(Value(bits: value).object, t)) {
        return moveShared(t, regs, pc, table)
    }
    return write(t, regs, pc.a, value, pc + 8, table)
}

@inline(never)
private func moveShared(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let value = regs[pc.b]
    ReferenceCount.retain(Value(bits: value).object, t)
    return write(t, regs, pc.a, value, pc + 8, table)
}

/// A dead temporary holds nothing that would have to be released.
@inline(__always)
func opBorrow(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    let value = regs[pc.b]
    if _slowPath(value == 0) { return failUnbound(t, regs, pc, table, pc.b) }
    if BuildOptions.checksInvariants { invariant(regs[pc.a] & 7 != 0 || regs[pc.a] == 0, "register \(pc.a) is lent something while it owns") }
    regs[pc.a] = value & 7 == 0 ? value | 4 : value
    return go(t, regs, pc + 8, table)
}

@inline(__always)
func opLoadConstant(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    // Constants are immortal, code is deferred: uncounted either way.
    write(Thread(raw), regs, pc.a, regs.code.pointee.constants[pc.wide], pc + 8, table)
}

/// A number that the next instruction takes an item by: both in one step.
@inline(__always)
func opLoadSmallInt(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let next = pc + 8
    if next.load(as: UInt8.self) == Opcode.loadSubscript.rawValue && next.c == pc.a {
        let old = regs[pc.a]
        if _fastPath(old & 7 != 0 || old == 0) {
            let key = Value(smallInt: pc.wide)
            regs[pc.a] = key.bits
            return loadSubscript(Thread(raw), regs, next, table, key)
        }
    }
    return write(Thread(raw), regs, pc.a, Value(smallInt: pc.wide).bits, pc + 8, table)
}

@inline(__always)
func opDeleteLocal(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    if _slowPath(regs[pc.a] == 0) { return failUnbound(t, regs, pc, table, pc.a) }
    return write(t, regs, pc.a, 0, pc + 8, table)
}

@inline(__always)
func opClear(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    write(Thread(raw), regs, pc.a, 0, pc + 8, table)
}

// MARK: Names

/// Only names found in the globals or builtins before, with values that registers hold uncounted.
@inline(__always)
func opLoadGlobal(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    let place = GlobalPlace(pc.cache(1).pointee.load(ordering: .relaxed))
    let known = pc.cache(0).pointee.load(ordering: .relaxed)
    let function = regs.function
    if _fastPath(!place.isInBuiltins) {
        if _fastPath(!place.isEmpty), let entries = DictRef(function.globals).table, _fastPath(place.suits(entries)) {
            return loadEntry(t, regs, pc, table, entries.raw + place.offset, name: known)
        }
    } else if _fastPath(GlobalPlace.absence(DictRef(function.globals)) == known), let entries = DictRef(function.builtins).table,
        _fastPath(place.suits(entries))
    {
        return loadEntry(t, regs, pc, table, entries.raw + place.offset, name: regs.code.pointee.names[pc.b])
    }
    return loadGlobalOther(t, regs, pc, table)
}

/// The value of a dict's entry, if that has the name as its key.
@inline(__always)
private func loadEntry(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table, _ entry: Raw, name: UInt64) -> UInt64 {
    let words = entry.assumingMemoryBound(to: Atomic<UInt64>.self)
    if _fastPath((words[1].load(ordering: .acquiring) ^ name) & ~4 == 0) {  // D1
        let bits = words[2].load(ordering: .acquiring)
        if bits & 7 != 0 { return write(t, regs, pc.a, bits, pc + 24, table) }
        // The block may have become another object between the two loads: only if the slot still says so.
        if _fastPath(
            bits != 0
                && Value(bits: bits).object.sharedWord.pointee.load(ordering: .relaxed)
                    & (SharedFlags.deferred | SharedFlags.immortal) != 0
                && words[2].load(ordering: .acquiring) == bits)
        {
            return write(t, regs, pc.a, bits | 4, pc + 24, table)
        }
    }
    return loadGlobalOther(t, regs, pc, table)
}

@inline(never)
private func loadGlobalOther(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let value = NameAccess.loadGlobal(t, regs, pc)
    if _slowPath(value == 0) { return fail(t, regs, pc, table) }
    return write(t, regs, pc.a, value, pc + 24, table)
}

@inline(__always)
func opStoreGlobal(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    return after(NameAccess.storeGlobal(t, regs, pc), t, regs, pc, table)
}

@inline(__always)
func opDeleteGlobal(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    return after(NameAccess.deleteGlobal(t, regs, pc), t, regs, pc, table)
}

@inline(__always)
func opLoadName(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    return after(NameAccess.loadName(t, regs, pc), t, regs, pc, table)
}

@inline(__always)
func opStoreName(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    return after(NameAccess.storeName(t, regs, pc), t, regs, pc, table)
}

@inline(__always)
func opDeleteName(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    return after(NameAccess.deleteName(t, regs, pc), t, regs, pc, table)
}

// MARK: Cells

@inline(__always)
func opMakeCell(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    return after(Cells.make(t, regs, pc.a), t, regs, pc, table)
}

@inline(__always)
func opLoadCell(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    loadFromCell(Thread(raw), regs, pc, table, regs.value(pc.b).object)
}

/// What a cell contains. The thread's own objects and what needs no count: here; `Cells.load` does the rest.
@inline(__always)
private func loadFromCell(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table, _ cell: ObjectRef) -> UInt64 {
    let word = cell.atomicWord(24)
    let bits = word.pointee.load(ordering: .acquiring)
    if bits & 7 != 0 { return write(t, regs, pc.a, bits, pc + 8, table) }
    if _fastPath(bits != 0), _fastPath(raiseOwn(Value(bits: bits).object, t)) {
        if _fastPath(ReferenceCount.isStill(bits, in: word)) { return write(t, regs, pc.a, bits, pc + 8, table) }
        return loadFromCellAgain(t, regs, pc, table, bits)
    }
    return loadFromCellSlowly(t, regs, pc, table)
}

/// The cell has changed between the two looks at it.
@inline(never)
private func loadFromCellAgain(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table, _ wrong: UInt64) -> UInt64 {
    t.release(Value(bits: wrong))
    return loadFromCellSlowly(t, regs, pc, table)
}

@inline(never)
private func loadFromCellSlowly(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let isFree = pc.load(as: UInt8.self) == Opcode.loadFree.rawValue
    let value = Cells.load(t, isFree ? TupleRef(regs.function.closure).item(pc.b).object : regs.value(pc.b).object)
    if _slowPath(value == 0) {
        return isFree ? failUnboundFree(t, regs, pc, table) : failUnbound(t, regs, pc, table, pc.b)
    }
    return write(t, regs, pc.a, value, pc + 8, table)
}

@inline(__always)
func opStoreCell(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    return storeInCell(t, regs, pc, table, regs.value(pc.b).object)
}

/// Replaces what a cell contains: without lock and barrier where nothing needs them.
@inline(__always)
private func storeInCell(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table, _ cell: ObjectRef) -> UInt64 {
    if _fastPath(t.storesPlainly) {
        let bits = ownedOperand(t, regs, pc.a, consumed: pc.flags & InstructionFlags.consumeA != 0)
        if _fastPath(bits != 0) {
            let word = cell.atomicWord(24)
            let old = word.pointee.load(ordering: .relaxed)
            word.pointee.store(bits, ordering: .releasing)
            if old & 7 == 0 && old != 0 { return releaseThenGo(t, regs, pc + 8, table, old) }
            return go(t, regs, pc + 8, table)
        }
    }
    return storeInCellSlowly(t, regs, pc, table, cell)
}

@inline(never)
private func storeInCellSlowly(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table, _ cell: ObjectRef) -> UInt64 {
    if _slowPath(regs[pc.a] == 0) { return failUnbound(t, regs, pc, table, pc.a) }
    Cells.store(t, cell, taken(t, regs, pc))
    return go(t, regs, pc + 8, table)
}

/// The value that a store finds in register a, owned.
@inline(__always)
private func taken(_ t: Thread, _ regs: Registers, _ pc: PC) -> Value {
    let value = Value(bits: regs[pc.a])
    if pc.flags & InstructionFlags.consumeA == 0 { return t.retain(value) }
    regs[pc.a] = 0
    return Value(bits: t.ownedForm(value.bits))
}

@inline(__always)
func opDeleteCell(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    if Cells.delete(t, regs.value(pc.b).object) { return go(t, regs, pc + 8, table) }
    return failUnbound(t, regs, pc, table, pc.b)
}

@inline(__always)
func opLoadFree(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    loadFromCell(Thread(raw), regs, pc, table, TupleRef(regs.function.closure).item(pc.b).object)
}

@inline(never)
private func failUnboundFree(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    NameAccess.raiseUnboundFree(t, regs, pc.b)
    return fail(t, regs, pc, table)
}

@inline(__always)
func opStoreFree(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    return storeInCell(t, regs, pc, table, TupleRef(regs.function.closure).item(pc.b).object)
}

@inline(__always)
func opDeleteFree(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    if Cells.delete(t, TupleRef(regs.function.closure).item(pc.b).object) { return go(t, regs, pc + 8, table) }
    return failUnboundFree(t, regs, pc, table)
}

@inline(__always)
func opLoadFreeCell(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    return write(t, regs, pc.a, t.retain(TupleRef(regs.function.closure).item(pc.b)).bits, pc + 8, table)
}
