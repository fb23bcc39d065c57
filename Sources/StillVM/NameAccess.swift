// Globals, names of module and class bodies, and the errors for names that are not there.
//
// Cache of loadGlobal, two words, each valid on its own, so that threads may write them without order:
//   word 0  the name; or the keysVersion (and the top bit) of the globals in which it was *not* found (for builtins)
//   word 1  where the entry lies in a table of one size, with the top bit set when that is the builtins' (GlobalPlace)
// An entry is used only if its key is still the name (identity). If word 0 is of the other kind than word 1, it is not.
import StillBytecode
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import Synchronization

/// An entry's distance from the start of its table, u32, and the size of the table's index, u31 << 32: tables with the same have room for the
/// same number of entries, in the same places.
struct GlobalPlace {
    let word: UInt64
    @inline(__always) init(_ word: UInt64) { self.word = word }
    /// Nil for a table that is too large.
    init?(_ table: HashTable, _ number: Int, inBuiltins: Bool) {
        let offset = table.entry(number) - table.raw
        guard offset < 1 << 32, table.indexSize < 1 << 31 else { return nil }
        word = UInt64(offset) | UInt64(table.indexSize) << 32 | (inBuiltins ? 1 << 63 : 0)
    }
    @inline(__always) var isEmpty: Bool { word == 0 }
    /// Word 0 for a name that a dict with these keys does not have: the version of keys and the top bit, which no name's address has.
    @inline(__always) static func absence(_ dict: DictRef) -> UInt64 { dict.keysVersion | unknown }
    /// The same while a key is added: says nothing.
    static var unknown: UInt64 { 1 << 63 }
    @inline(__always) var isInBuiltins: Bool { Int64(bitPattern: word) < 0 }
    @inline(__always) var offset: Int { Int(UInt32(truncatingIfNeeded: word)) }
    @inline(__always) func suits(_ table: HashTable) -> Bool {
        table.indexSize == Int(truncatingIfNeeded: (word &>> 32) & 0x7FFF_FFFF)
    }
    /// The entry's number in a table that it suits.
    func number(_ table: HashTable) -> Int { (offset &- (table.entry(0) - table.raw)) / HashTable.entryBytes }
}

enum NameAccess {
    /// The value for a register: uncounted when deferred or immortal. 0 with NameError set.
    @inline(never)
    static func loadGlobal(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer) -> UInt64 {
        let function = regs.function
        let name = Value(bits: regs.code.pointee.names[pc.b])
        let place = GlobalPlace(pc.cache(1).pointee.load(ordering: .relaxed))
        if _fastPath(!place.isEmpty) {
            let dict = DictRef(place.isInBuiltins ? function.builtins : function.globals)
            if !place.isInBuiltins || GlobalPlace.absence(DictRef(function.globals)) == pc.cache(0).pointee.load(ordering: .relaxed),
                let table = dict.table, place.suits(table)
            {
                let value = dict.valueForRegister(t, place.number(table), key: name)
                if _fastPath(!value.isNull) { return value.bits }
            }
        }
        return loadGlobalSlowly(t, function, name, pc)
    }

    @inline(never)
    static func loadGlobalSlowly(
        _ t: Thread, _ function: FunctionRef, _ name: Value, _ pc: UnsafeMutableRawPointer
    ) -> UInt64 {
        do throws(PythonError) {
            let globals = DictRef(function.globals)
            let index = globals.entryIndex(t, name)
            if index >= 0 {
                if let table = globals.table, index < table.used, let place = GlobalPlace(table, index, inBuiltins: false) {
                    pc.cache(0).pointee.store(name.bits & ~7, ordering: .relaxed)
                    pc.cache(1).pointee.store(place.word, ordering: .relaxed)
                }
                let value = globals.getName(t, name)
                if !value.isNull { return value.bits }
            }
            let absence = GlobalPlace.absence(globals)
            let value = globals.getName(t, name)
            if !value.isNull { return value.bits }
            let builtins = DictRef(function.builtins)
            let place = builtins.entryIndex(t, name)
            let builtin = builtins.getName(t, name)
            if builtin.isNull { throw t.nameError(name) }
            if place >= 0, absence != GlobalPlace.unknown, let table = builtins.table, place < table.used, let found = GlobalPlace(table, place, inBuiltins: true) {
                pc.cache(0).pointee.store(absence, ordering: .relaxed)
                pc.cache(1).pointee.store(found.word, ordering: .relaxed)
            }
            return builtin.bits
        } catch { return 0 }
    }

    static func attempt(_ t: Thread, _ body: () throws(PythonError) -> Void) -> Bool {
        do {
            try body()
            return true
        } catch { return false }
    }

    @inline(never)
    static func storeGlobal(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer) -> Bool {
        attempt(t) { () throws(PythonError) in
            let value = try bound(t, regs, pc.a)
            try DictRef(regs.function.globals).set(t, Value(bits: regs.code.pointee.names[pc.b]), value)
            if pc.flags & InstructionFlags.consumeA != 0 { regs.drop(t, pc.a) }
        }
    }

    @inline(never)
    static func deleteGlobal(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer) -> Bool {
        attempt(t) { () throws(PythonError) in
            let name = Value(bits: regs.code.pointee.names[pc.b])
            if try !DictRef(regs.function.globals).delete(t, name) { throw t.nameError(name) }
        }
    }

    @inline(never)
    static func loadName(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer) -> Bool {
        attempt(t) { () throws(PythonError) in
            let name = Value(bits: regs.code.pointee.names[pc.b])
            var value = Value.null
            let locals = regs.localsMapping
            if !locals.isNull {
                if t.typeOf(locals) == t.type(.dict) {
                    value = DictRef(locals).getName(t, name)
                } else {
                    do throws(PythonError) { value = try t.getItem(locals, name) } catch {
                        if !t.matchesRaised(.keyError) { throw error }
                        t.clearRaised()
                    }
                }
            }
            if value.isNull && pc.load(as: UInt8.self) == Opcode.loadNameOrFree.rawValue {
                value = Value(bits: Cells.load(t, TupleRef(regs.function.closure).item(pc.c).object))
                if value.isNull { throw t.nameError(name, free: true) }
            }
            if value.isNull { value = DictRef(regs.function.globals).getName(t, name) }
            if value.isNull { value = DictRef(regs.function.builtins).getName(t, name) }
            if value.isNull { throw t.nameError(name) }
            regs.put(t, pc.a, value.bits)
        }
    }

    @inline(never)
    static func storeName(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer) -> Bool {
        attempt(t) { () throws(PythonError) in
            let value = try bound(t, regs, pc.a)
            let name = Value(bits: regs.code.pointee.names[pc.b])
            let locals = regs.localsMapping
            if locals.isNull {
                try DictRef(regs.function.globals).set(t, name, value)
            } else if t.typeOf(locals) == t.type(.dict) {
                try DictRef(locals).set(t, name, value)
            } else {
                try t.setItem(locals, name, value)
            }
            if pc.flags & InstructionFlags.consumeA != 0 { regs.drop(t, pc.a) }
        }
    }

    @inline(never)
    static func deleteName(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer) -> Bool {
        attempt(t) { () throws(PythonError) in
            let name = Value(bits: regs.code.pointee.names[pc.b])
            let locals = regs.localsMapping.isNull ? regs.function.globals : regs.localsMapping
            if t.typeOf(locals) == t.type(.dict) {
                if try !DictRef(locals).delete(t, name) { throw t.nameError(name) }
            } else {
                try t.deleteItem(locals, name)
            }
        }
    }

    /// The register's value, borrowed; raises for an unbound local.
    @inline(__always)
    static func bound(_ t: Thread, _ regs: Registers, _ index: Int) throws(PythonError) -> Value {
        let value = regs.value(index)
        if _slowPath(value.isNull) {
            raiseUnbound(t, regs, index)
            throw PythonError()
        }
        return value
    }

    @inline(never)
    static func raiseUnbound(_ t: Thread, _ regs: Registers, _ index: Int) {
        let code = regs.code
        guard index < code.pointee.localCount else {
            stillBug("register \(index) of \(StrRef(code.pointee.name).string) is read while empty")
        }
        if code.pointee.has(.freeInRegisters) && index >= 1 && index <= code.pointee.freeCount {
            return raiseUnboundFree(t, regs, index - 1)
        }
        let name = StrRef(Value(bits: code.pointee.localNames[index])).string
        _ = t.raise(
            .unboundLocalError, "cannot access local variable '\(name)' where it is not associated with a value")
    }

    @inline(never)
    static func raiseUnboundFree(_ t: Thread, _ regs: Registers, _ index: Int) {
        _ = t.nameError(Value(bits: regs.code.pointee.freeNames[index]), free: true)
    }
}

extension ThreadState {
    func nameError(_ name: Value, free: Bool = false) -> PythonError {
        let text = StrRef(name).string
        return raiseNameError(
            free
                ? "cannot access free variable '\(text)' where it is not associated with a value in enclosing scope"
                : "name '\(text)' is not defined", name: name)
    }
}

/// Cells: one value shared by a function and those inside it. Layout: 24 the value, atomic.
enum Cells {
    @inline(never)
    static func make(_ t: Thread, _ regs: Registers, _ index: Int) -> Bool {
        guard let cell = Allocation.object(t, type: t.type(.cell).raw, bytes: 32, collectable: true) else {
            _ = t.noMemory()
            return false
        }
        let initial = regs[index]
        regs[index] = 0
        cell.atomicWord(24).pointee.store(t.ownedForm(initial), ordering: .relaxed)
        regs[index] = Value(cell).bits
        return true
    }

    /// Owned contents, 0 when empty. Lock-free.
    @inline(__always)
    static func load(_ t: Thread, _ cell: ObjectRef) -> UInt64 {
        let bits = cell.atomicWord(24).pointee.load(ordering: .acquiring)
        let value = Value(bits: bits)
        if !value.isCounted { return bits }
        if ReferenceCount.tryRetain(value.object, t) {
            if _fastPath(ReferenceCount.isStill(bits, in: cell.atomicWord(24))) { return bits }
            t.release(value)
        }
        return loadLocked(t, cell)
    }

    @inline(never)
    static func loadLocked(_ t: Thread, _ cell: ObjectRef) -> UInt64 {
        ObjectLock.lock(cell.lockByte, for: t)
        let value = Value(bits: cell.atomicWord(24).pointee.load(ordering: .relaxed))
        if value.isObject { ReferenceCount.retainAndShare(value.object, t) }
        ObjectLock.unlock(cell.lockByte, for: t)
        return value.bits
    }

    /// Replaces the contents. Consumes `value`.
    @inline(never)
    static func store(_ t: Thread, _ cell: ObjectRef, _ value: Value) {
        ObjectLock.lock(cell.lockByte, for: t)
        let old = Value(bits: cell.atomicWord(24).pointee.load(ordering: .relaxed))
        if old.isObject { WriteBarrier.willOverwrite(cell, old: old.object, t) } else { WriteBarrier.willStore(cell, t) }
        cell.atomicWord(24).pointee.store(value.bits, ordering: .releasing)
        ObjectLock.unlock(cell.lockByte, for: t)
        t.release(old)
    }

    @inline(never)
    static func delete(_ t: Thread, _ cell: ObjectRef) -> Bool {
        if cell.atomicWord(24).pointee.load(ordering: .relaxed) == 0 { return false }
        store(t, cell, .null)
        return true
    }

    static func define() {
        StaticTypes.define(.cell, "cell", basicSize: 32, flags: TypeFlags.collectable) { b in
            b.record.pointee.new = { raw, _, a, n, k in
                returning(raw) { (t) throws(PythonError) -> Value in
                    try Arguments.noKeywords(t, "cell", k)
                    try Arguments.count(t, "cell", n, 0, 1)
                    guard let cell = Allocation.object(t, type: t.type(.cell).raw, bytes: 32, collectable: true) else { throw t.noMemory() }
                    // Nobody else knows it yet.
                    if n == 1 { cell.atomicWord(24).pointee.store(t.retain(Value(bits: a[0])).bits, ordering: .relaxed) }
                    return Value(cell)
                }
            }
            b.record.pointee.memory.traverse = { object, visitor in
                let value = Value(bits: ObjectRef(object).atomicWord(24).pointee.load(ordering: .relaxed))
                if value.isObject { visitor.report(value.object.raw, true) }
            }
            b.record.pointee.memory.clear = { raw, object in Cells.store(Thread(raw), ObjectRef(object), .null) }
            b.record.pointee.memory.deallocate = { raw, object in
                let t = Thread(raw)
                let old = Value(bits: ObjectRef(object).atomicWord(24).pointee.load(ordering: .relaxed))
                ObjectRef(object).atomicWord(24).pointee.store(0, ordering: .relaxed)
                t.release(old)
                Allocation.free(ObjectRef(object), t)
            }
            b.property(
                "cell_contents",
                get: { raw, s in
                    let bits = Cells.load(Thread(raw), Value(bits: s).object)
                    if bits == 0 { _ = Thread(raw).raise(.valueError, "Cell is empty") }
                    return bits
                },
                set: { raw, s, v in
                    let cell = Value(bits: s).object
                    if v == 0 {
                        _ = Cells.delete(Thread(raw), cell)
                    } else {
                        Cells.store(Thread(raw), cell, Thread(raw).retain(Value(bits: v)))
                    }
                    return 0
                })
        }
    }
}
