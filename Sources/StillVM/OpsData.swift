// Handlers: attributes, subscripts, unpacking.
import StillBytecode
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import Synchronization

// MARK: Attributes

@inline(__always)
func opLoadAttribute(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    let target = regs.value(pc.b)
    if _fastPath(target.isObject) {
        let object = target.object
        let cache = pc.cache(0).pointee.load(ordering: .relaxed)
        if _fastPath(
            cache & 0xFF_FFFF_FFFF == UInt64(TypeRef(object.typeRaw).versionTag) | Attributes.inline << 32
                && pc.flags & InstructionFlags.consumeB == 0)
        {
            let word = object.atomicWord(Int(cache &>> 48))
            let bits = word.pointee.load(ordering: .acquiring)
            if bits & 7 != 0 { return write(t, regs, pc.a, bits, pc + 24, table) }
            if _fastPath(bits != 0), _fastPath(raiseOwn(Value(bits: bits).object, t)) {
                if _fastPath(ReferenceCount.isStill(bits, in: word)) { return write(t, regs, pc.a, bits, pc + 24, table) }
                return loadAttributeAgain(t, regs, pc, table, bits)
            }
        }
    }
    return loadAttributeOther(t, regs, pc, table)
}

/// The slot has changed between the two looks at it: the count was perhaps taken on another object.
@inline(never)
private func loadAttributeAgain(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table, _ wrong: UInt64) -> UInt64 {
    t.release(Value(bits: wrong))
    return loadAttributeOther(t, regs, pc, table)
}

@inline(never)
private func loadAttributeOther(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let value = Attributes.load(t, regs, pc)
    if _slowPath(value == 0) { return fail(t, regs, pc, table) }
    if pc.flags & InstructionFlags.consumeB != 0 { regs.drop(t, pc.b) }
    return write(t, regs, pc.a, value, pc + 24, table)
}

@inline(__always)
func opStoreAttribute(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    return after(Attributes.store(t, regs, pc), t, regs, pc, table, words: 3)
}

@inline(__always)
func opDeleteAttribute(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    return after(Attributes.delete(t, regs, pc), t, regs, pc, table)
}

@inline(__always)
func opLoadMethod(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    let target = regs.value(pc.b)
    if _fastPath(target.isObject) {
        let object = target.object
        let type = TypeRef(object.typeRaw)
        let cache = pc.cache(0).pointee.load(ordering: .acquiring)
        let version = UInt32(truncatingIfNeeded: cache)
        if _fastPath(version == type.versionTag && version != 0), let function = InlineCache.detail(pc, for: cache) {
            if _fastPath(
                (cache &>> 32) & 0xFF == Attributes.plainMethod
                    || (InstanceLayout.hasNoDict(object, type)
                        && InstanceAttributes.keyCount(type) == Int(cache &>> 48))),
                _fastPath(function & 7 != 0)
            {
                let base = pc.a
                let source = pc.b
                if pc.flags & InstructionFlags.consumeB != 0 || source == base {
                    regs[source] = 0
                } else if target.isCounted, _slowPath(!raiseOwn(object, t)) {
                    return loadMethodOther(t, regs, pc, table)
                }
                regs[base + FrameLayout.argumentOffset] = target.bits
                return write(t, regs, base, function, pc + 32, table)
            }
        }
    }
    return loadMethodOther(t, regs, pc, table)
}

@inline(never)
private func loadMethodOther(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    after(Attributes.loadMethod(t, regs, pc), t, regs, pc, table, words: 4)
}

@inline(__always)
func opLoadSuperAttribute(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    return after(Attributes.loadSuper(t, regs, pc), t, regs, pc, table)
}

@inline(__always)
func opLoadSpecial(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    return after(Attributes.loadSpecial(t, regs, pc), t, regs, pc, table)
}

// MARK: Subscripts

@inline(__always)
func opLoadSubscript(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    let container = regs.value(pc.b)
    let key = regs.value(pc.c)
    if _fastPath(container.isObject && key.isSmallInt && pc.flags & InstructionFlags.consumeB == 0) {
        let type = container.object.typeRaw
        if _fastPath(type == t.type(.list).raw) {
            let value = ListRef(container).peek(key.smallInt)
            // Items that need counts: in a function with room for it.
            if _fastPath(value.bits & 7 != 0) { return write(t, regs, pc.a, value.bits, pc + 16, table) }
        }
    }
    return loadSubscriptOther(t, regs, pc, table)
}

@inline(never)
private func loadSubscriptOther(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let container = regs.value(pc.b)
    let key = regs.value(pc.c)
    if container.isObject && key.isSmallInt {
        let type = container.object.typeRaw
        var value = Value.null
        if type == t.type(.list).raw {
            value = ListRef(container).tryLoad(t, key.smallInt)
        } else if type == t.type(.tuple).raw {
            let index = key.smallInt
            if index >= 0 && index < TupleRef(container).count { value = t.retain(TupleRef(container).item(index)) }
        }
        if _fastPath(!value.isNull) {
            if pc.flags & InstructionFlags.consumeB != 0 { regs.drop(t, pc.b) }
            return write(t, regs, pc.a, value.bits, pc + 16, table)
        }
    }
    return after(Subscripts.loadSlowly(t, regs, pc), t, regs, pc, table, words: 2)
}

@inline(__always)
func opStoreSubscript(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    return after(Subscripts.store(t, regs, pc), t, regs, pc, table)
}

@inline(__always)
func opDeleteSubscript(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    return after(Subscripts.delete(t, regs, pc), t, regs, pc, table)
}

// MARK: Unpacking

@inline(__always)
func opUnpackSequence(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    let source = regs.value(pc.b)
    if _fastPath(source.isObject) {
        let type = source.object.typeRaw
        let isList = type == t.type(.list).raw
        if isList ? ListRef(source).count == pc.c : type == t.type(.tuple).raw && TupleRef(source).count == pc.c {
            return unpackExactly(t, regs, pc, table, isList)
        }
    }
    return unpackOther(t, regs, pc, table)
}

@inline(never)
private func unpackOther(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    after(Containers.unpack(t, regs, pc), t, regs, pc, table)
}

/// A tuple with as many items as are asked for, or a list that had as many.
@inline(never)
private func unpackExactly(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table, _ isList: Bool) -> UInt64 {
    let (first, at, count) = (pc.a, pc.b, pc.c)
    let source = regs.value(at)
    // Kept alive by its register, unless that is given up or may be overwritten.
    var owned = Value.null
    if pc.flags & InstructionFlags.consumeB != 0 {
        regs[at] = 0
        owned = source
    } else if at >= first && at < first + count {
        owned = t.retain(source)
    }
    var index = 0
    while index < count {
        var item = isList ? ListRef(source).tryLoad(t, index) : t.retain(TupleRef(source).item(index))
        if _slowPath(item.isNull) {
            if isList { item = ListRef(source).item(t, index) }
            if item.isNull { break }
        }
        regs.put(t, first + index, item.bits)
        index &+= 1
    }
    t.release(owned)
    if _fastPath(index == count) { return go(t, regs, pc + 8, table) }
    return failShortened(t, regs, pc, table, index)
}

/// Another thread has shortened the list.
@inline(never)
private func failShortened(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table, _ got: Int) -> UInt64 {
    Containers.raiseShortened(t, expected: pc.c, got)
    return fail(t, regs, pc, table)
}

// MARK: Building

/// Comprehensions: the list is in a register of the frame alone, mostly.
@inline(__always)
func opListAppend(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    if _slowPath(regs[pc.b] == 0) { return failUnbound(t, regs, pc, table, pc.b) }
    return after(Containers.append(t, regs, pc), t, regs, pc, table)
}
