// Globals, names of module and class bodies, and the errors for names that are not there.
//
// Cache of loadGlobal, two words, each valid on its own, so that threads may write them without order:
//   word 0  keysVersion of the globals in which the name was *not* found (for builtins)
//   word 1  entry index + 1, with the top bit set when the entry is in the builtins
// An entry is used only if its key is still the name (identity).
import StillBytecode
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import Synchronization

enum NameAccess {
    static let inBuiltins: UInt64 = 1 << 63

    /// The value for a register: uncounted when deferred or immortal. 0 with NameError set.
    @inline(never)
    static func loadGlobal(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer) -> UInt64 {
        let function = regs.function
        let name = Value(bits: regs.code.pointee.names[pc.b])
        let place = pc.cache(1).pointee.load(ordering: .relaxed)
        if _fastPath(place != 0) {
            if place & inBuiltins == 0 {
                let value = DictRef(function.globals).valueForRegister(t, Int(place &- 1), key: name)
                if _fastPath(!value.isNull) { return value.bits }
            } else if DictRef(function.globals).keysVersion == pc.cache(0).pointee.load(ordering: .relaxed) {
                let value = DictRef(function.builtins).valueForRegister(
                    t, Int((place & ~inBuiltins) &- 1), key: name)
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
                pc.cache(1).pointee.store(UInt64(index + 1), ordering: .relaxed)
                let value = globals.getName(t, name)
                if !value.isNull { return value.bits }
            }
            let version = globals.keysVersion
            let value = globals.getName(t, name)
            if !value.isNull { return value.bits }
            let builtins = DictRef(function.builtins)
            let place = builtins.entryIndex(t, name)
            let builtin = builtins.getName(t, name)
            if builtin.isNull { throw t.nameError(name) }
            if place >= 0 {
                pc.cache(0).pointee.store(version, ordering: .relaxed)
                pc.cache(1).pointee.store(UInt64(place + 1) | inBuiltins, ordering: .relaxed)
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
        ObjectLock.lock(cell.lockByte)
        let value = Value(bits: cell.atomicWord(24).pointee.load(ordering: .relaxed))
        if value.isObject { ReferenceCount.retainAndShare(value.object, t) }
        ObjectLock.unlock(cell.lockByte)
        return value.bits
    }

    /// Replaces the contents. Consumes `value`.
    @inline(never)
    static func store(_ t: Thread, _ cell: ObjectRef, _ value: Value) {
        ObjectLock.lock(cell.lockByte)
        let old = Value(bits: cell.atomicWord(24).pointee.load(ordering: .relaxed))
        if old.isObject { WriteBarrier.willOverwrite(cell, old: old.object, t) } else { WriteBarrier.willStore(cell, t) }
        cell.atomicWord(24).pointee.store(value.bits, ordering: .releasing)
        ObjectLock.unlock(cell.lockByte)
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
            b.getter("cell_contents") { raw, s in
                let bits = Cells.load(Thread(raw), Value(bits: s).object)
                if bits == 0 { _ = Thread(raw).raise(.valueError, "Cell is empty") }
                return bits
            }
        }
    }
}
