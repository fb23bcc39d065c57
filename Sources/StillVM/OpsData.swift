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
        // A temporary that is given up is overwritten by what is loaded from it, most often.
        if _fastPath(
            cache & 0xFF_FFFF_FFFF == UInt64(TypeRef(object.typeRaw).versionTag) | Attributes.inline << 32
                && (pc.flags & InstructionFlags.consumeB == 0 || pc.a == pc.b))
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
    return loadAttributeSecond(t, regs, pc, table)
}

/// The same by word 1, which knows another class. (In another order, so that the compiler does not merge the two and call what it has merged.)
@inline(never)
private func loadAttributeSecond(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let cache = pc.cache(1).pointee.load(ordering: .relaxed)
    let target = regs.value(pc.b)
    if _fastPath((cache &>> 32) & 0xFF == Attributes.inline && (pc.flags & InstructionFlags.consumeB == 0 || pc.a == pc.b)),
        _fastPath(target.isObject), _fastPath(UInt32(truncatingIfNeeded: cache) == TypeRef(target.object.typeRaw).versionTag)
    {
        let word = target.object.atomicWord(Int(cache &>> 48))
        let bits = word.pointee.load(ordering: .acquiring)
        if bits & 7 != 0 { return write(t, regs, pc.a, bits, pc + 24, table) }
        if _fastPath(bits != 0), _fastPath(raiseOwn(Value(bits: bits).object, t)) {
            if _fastPath(ReferenceCount.isStill(bits, in: word)) { return write(t, regs, pc.a, bits, pc + 24, table) }
            return loadAttributeAgain(t, regs, pc, table, bits)
        }
    }
    return loadAttributeThird(t, regs, pc, table)
}

/// The same by the thread's own cache, if both words are taken.
@inline(never)
private func loadAttributeThird(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let target = regs.value(pc.b)
    if _fastPath(target.isObject && (pc.flags & InstructionFlags.consumeB == 0 || pc.a == pc.b)),
        _fastPath(pc.cache(1).pointee.load(ordering: .relaxed) != 0),
        let entry = SecondCache.find(t, TypeRef(target.object.typeRaw).versionTag, regs.code.pointee.names[pc.c], .load),
        _fastPath(!SecondCache.isMoveDue(t))
    {
        let word = target.object.atomicWord(Int(entry.pointee.word &>> 48))
        let bits = word.pointee.load(ordering: .acquiring)
        if bits & 7 != 0 { return write(t, regs, pc.a, bits, pc + 24, table) }
        if _fastPath(bits != 0), _fastPath(raiseOwn(Value(bits: bits).object, t)) {
            if _fastPath(ReferenceCount.isStill(bits, in: word)) { return write(t, regs, pc.a, bits, pc + 24, table) }
            return loadAttributeAgain(t, regs, pc, table, bits)
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
    let known = ClassAttributes.known(t, regs.value(pc.b), regs.code.pointee.names[pc.c])
    let value = known.isNull ? Attributes.load(t, regs, pc) : known.isCounted ? t.retain(known).bits : known.bits
    if _slowPath(value == 0) { return fail(t, regs, pc, table) }
    if pc.flags & InstructionFlags.consumeB != 0 { regs.drop(t, pc.b) }
    return write(t, regs, pc.a, value, pc + 24, table)
}

/// Here only by a thread that is alone: another value for an attribute that has one, the first of a slot, or of an instance whose values stay in order.
@inline(__always)
func opStoreAttribute(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    let target = regs.value(pc.a)
    if _fastPath(target.isObject && t.storesPlainly) {
        let object = target.object
        let cache = pc.cache(0).pointee.load(ordering: .relaxed)
        if _fastPath(cache != 0 && UInt32(truncatingIfNeeded: cache) == TypeRef(object.typeRaw).versionTag) {
            let offset = Int(cache &>> 48)
            let word = object.atomicWord(offset)
            let old = word.pointee.load(ordering: .relaxed)
            if _fastPath(
                old != 0 || (cache &>> 32) & 0xFF == Attributes.slot || InstanceAttributes.mayAppend(object, offset))
            {
                let bits = ownedOperand(t, regs, pc.b, consumed: pc.flags & InstructionFlags.consumeB != 0)
                if _fastPath(bits != 0) {
                    word.pointee.store(bits, ordering: .releasing)  // I1
                    return stored(t, regs, pc, table, old, words: 3)
                }
            }
        }
    }
    return storeAttributeSecond(t, regs, pc, table)
}

/// The same by word 1, which knows another class, or by the thread's own cache.
@inline(never)
private func storeAttributeSecond(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    var cache = pc.cache(1).pointee.load(ordering: .relaxed)
    let target = regs.value(pc.a)
    if _fastPath(cache != 0 && t.storesPlainly), _fastPath(target.isObject) {
        let object = target.object
        let version = TypeRef(object.typeRaw).versionTag
        if UInt32(truncatingIfNeeded: cache) != version {
            guard let entry = SecondCache.find(t, version, regs.code.pointee.names[pc.c], .store), _fastPath(!SecondCache.isMoveDue(t))
            else { return storeAttributeOther(t, regs, pc, table) }
            cache = entry.pointee.word
        }
        let offset = Int(cache &>> 48)
        let word = object.atomicWord(offset)
        let old = word.pointee.load(ordering: .relaxed)
        if _fastPath(old != 0 || (cache &>> 32) & 0xFF == Attributes.slot || InstanceAttributes.mayAppend(object, offset)) {
            let bits = ownedOperand(t, regs, pc.b, consumed: pc.flags & InstructionFlags.consumeB != 0)
            if _fastPath(bits != 0) {
                word.pointee.store(bits, ordering: .releasing)  // I1
                return stored(t, regs, pc, table, old, words: 3)
            }
        }
    }
    return storeAttributeOther(t, regs, pc, table)
}

/// After a store: gives up the value that it has displaced, and the container if it was a temporary.
@inline(__always)
private func stored(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table, _ old: UInt64, words: Int) -> UInt64 {
    let next = pc + words &* 8
    if pc.flags & InstructionFlags.consumeA != 0 {
        let container = regs[pc.a]
        regs[pc.a] = 0
        if _slowPath(container & 7 == 0) {
            if old & 7 == 0 { return releaseBothThenGo(t, regs, next, table, old, container) }
            return releaseThenGo(t, regs, next, table, container)
        }
    }
    if old & 7 == 0 && old != 0 { return releaseThenGo(t, regs, next, table, old) }
    return go(t, regs, next, table)
}

@inline(never)
private func storeAttributeOther(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    regs.savePC(pc + 24)
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
                var receiver = target.bits
                if pc.flags & InstructionFlags.borrowB != 0 {
                    receiver |= 4
                } else if pc.flags & InstructionFlags.consumeB != 0 || source == base {
                    regs[source] = 0
                } else if target.isCounted, _slowPath(!raiseOwn(object, t)) {
                    return loadMethodSecond(t, regs, pc, table)
                }
                regs[base + FrameLayout.argumentOffset] = receiver
                return write(t, regs, base, function, pc + 40, table)
            }
        }
    }
    return loadMethodSecond(t, regs, pc, table)
}

/// The same by the second pair of cache words, which knows another class.
@inline(never)
private func loadMethodSecond(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let pair = pc + Attributes.secondPair
    let cache = pair.cache(0).pointee.load(ordering: .acquiring)
    let version = UInt32(truncatingIfNeeded: cache)
    let target = regs.value(pc.b)
    if _fastPath(version != 0 && target.isObject), _fastPath(version == TypeRef(target.object.typeRaw).versionTag),
        let function = InlineCache.detail(pair, for: cache), _fastPath(function & 7 != 0)
    {
        let object = target.object
        if _fastPath(
            (cache &>> 32) & 0xFF == Attributes.plainMethod
                || (InstanceLayout.hasNoDict(object, TypeRef(object.typeRaw))
                    && InstanceAttributes.keyCount(TypeRef(object.typeRaw)) == Int(cache &>> 48)))
        {
            let source = pc.b
            var receiver = target.bits
            if pc.flags & InstructionFlags.borrowB != 0 {
                receiver |= 4
            } else if pc.flags & InstructionFlags.consumeB != 0 || source == pc.a {
                regs[source] = 0
            } else if target.isCounted, _slowPath(!raiseOwn(object, t)) {
                return loadMethodOther(t, regs, pc, table)
            }
            regs[pc.a + FrameLayout.argumentOffset] = receiver
            return write(t, regs, pc.a, function, pc + 40, table)
        }
    }
    return loadMethodThird(t, regs, pc, table)
}

/// The same by the thread's own cache, if both pairs are taken.
@inline(never)
private func loadMethodThird(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let target = regs.value(pc.b)
    if _fastPath(target.isObject), _fastPath((pc + Attributes.secondPair).cache(0).pointee.load(ordering: .relaxed) != 0),
        let entry = SecondCache.find(t, TypeRef(target.object.typeRaw).versionTag, regs.code.pointee.names[pc.c], .method),
        _fastPath(entry.pointee.detail & 7 != 0 && !SecondCache.isMoveDue(t))
    {
        let type = TypeRef(target.object.typeRaw)
        let word = entry.pointee.word
        if _fastPath(
            (word &>> 32) & 0xFF == Attributes.plainMethod
                || (InstanceLayout.hasNoDict(target.object, type) && InstanceAttributes.keyCount(type) == Int(word &>> 48)))
        {
            let flags = pc.flags
            if flags & (InstructionFlags.borrowB | InstructionFlags.consumeB) == 0 && pc.b != pc.a {
                if target.isCounted, _slowPath(!raiseOwn(target.object, t)) { return loadMethodOther(t, regs, pc, table) }
            } else if flags & InstructionFlags.borrowB == 0 {
                regs[pc.b] = 0
            }
            regs[pc.a + FrameLayout.argumentOffset] = flags & InstructionFlags.borrowB != 0 ? target.bits | 4 : target.bits
            return write(t, regs, pc.a, entry.pointee.detail, pc + 40, table)
        }
    }
    return loadMethodOther(t, regs, pc, table)
}

@inline(never)
private func loadMethodOther(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let known = ClassAttributes.known(t, regs.value(pc.b), regs.code.pointee.names[pc.c])
    if !known.isNull {
        let value = known.isCounted ? t.retain(known) : known
        if pc.flags & InstructionFlags.consumeB != 0 { regs.drop(t, pc.b) }
        regs[pc.a + FrameLayout.argumentOffset] = 0
        return write(t, regs, pc.a, value.bits, pc + 40, table)
    }
    return after(Attributes.loadMethod(t, regs, pc), t, regs, pc, table, words: 5)
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
    loadSubscript(Thread(raw), regs, pc, table, regs.value(pc.c))
}

/// - Parameter key: what register c holds.
@inline(__always)
func loadSubscript(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table, _ key: Value) -> UInt64 {
    let container = regs.value(pc.b)
    if _fastPath(container.isObject && key.isSmallInt && (pc.flags & InstructionFlags.consumeB == 0 || pc.a == pc.b)) {
        let type = container.object.typeRaw
        if _fastPath(type == t.type(.list).raw) {
            let index = key.smallInt
            if let slot = ListRef(container).slotToRead(index) {
                let bits = slot.pointee.load(ordering: .acquiring)  // L1
                if bits & 7 != 0 { return write(t, regs, pc.a, bits, pc + 16, table) }
                if _fastPath(bits != 0), _fastPath(raiseOwn(Value(bits: bits).object, t)) {
                    if _fastPath(ReferenceCount.isStill(bits, in: slot) && ListRef(container).isCurrent(slot, index)) {
                        return write(t, regs, pc.a, bits, pc + 16, table)
                    }
                    return loadSubscriptAgain(t, regs, pc, table, bits)
                }
            }
        }
    }
    return loadSubscriptOther(t, regs, pc, table)
}

/// The slot has changed between the two looks at it.
@inline(never)
private func loadSubscriptAgain(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table, _ wrong: UInt64) -> UInt64 {
    regs.savePC(pc + 16)
    t.release(Value(bits: wrong))
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
        } else if type == t.type(.str).raw {
            value = StrRef(container).singleForRegister(at: key.smallInt)
        }
        if _fastPath(!value.isNull) {
            if pc.flags & InstructionFlags.consumeB != 0 { regs.drop(t, pc.b) }
            return write(t, regs, pc.a, value.bits, pc + 16, table)
        }
    }
    if container.isObject && !key.isNull && container.object.typeRaw == t.type(.dict).raw { return loadDictItem(t, regs, pc, table) }
    return loadSubscriptSlowly(t, regs, pc, table)
}

@inline(never)
private func loadSubscriptSlowly(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    after(Subscripts.loadSlowly(t, regs, pc), t, regs, pc, table, words: 2)
}

@inline(never)
private func loadDictItem(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    regs.savePC(pc + 16)
    let value: Value
    do throws(PythonError) { value = try DictRef(regs.value(pc.b)).get(t, regs.value(pc.c), hash: t.quickHash(regs.value(pc.c))) } catch { return fail(t, regs, pc, table) }
    if _slowPath(value.isNull) {
        _ = t.keyError(regs.value(pc.c))
        return fail(t, regs, pc, table)
    }
    regs.consume(t, pc)
    return write(t, regs, pc.a, value.bits, pc + 16, table)
}

@inline(__always)
func opStoreSubscript(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    let container = regs.value(pc.a)
    let key = regs.value(pc.b)
    if _fastPath(container.isObject && key.isSmallInt && t.storesPlainly && container.object.typeRaw == t.type(.list).raw),
        let slot = ListRef(container).slot(key.smallInt)
    {
        let bits = ownedOperand(t, regs, pc.c, consumed: pc.flags & InstructionFlags.consumeC != 0)
        if _fastPath(bits != 0) {
            let old = slot.pointee.load(ordering: .relaxed)
            slot.pointee.store(bits, ordering: .releasing)  // L1
            return stored(t, regs, pc, table, old, words: 1)
        }
    }
    return storeSubscriptOther(t, regs, pc, table)
}

@inline(never)
private func storeSubscriptOther(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    // Before anything else, so that this function is not like others: the compiler merges such, and would call the merged one.
    regs.savePC(pc + 8)
    let container = regs.value(pc.a)
    if container.isObject && container.object.typeRaw == t.type(.dict).raw && regs[pc.b] != 0 && regs[pc.c] != 0 {
        return storeDictItem(t, regs, pc, table)
    }
    return after(Subscripts.store(t, regs, pc), t, regs, pc, table)
}

@inline(never)
private func storeDictItem(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let key = regs.value(pc.b)
    do throws(PythonError) {
        try DictRef(regs.value(pc.a)).store(t, key, hash: t.quickHash(key), regs.value(pc.c), onlyIfAbsent: false)
    } catch { return fail(t, regs, pc, table) }
    if pc.flags & InstructionFlags.consumeA != 0 { regs.drop(t, pc.a) }
    regs.consume(t, pc)
    return go(t, regs, pc + 8, table)
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
        if type == t.type(.tuple).raw {
            if _fastPath(TupleRef(source).count == pc.c) {
                return unpackExactly(t, regs, pc, table, TupleRef(source).items)
            }
        } else if type == t.type(.list).raw && ListRef(source).count == pc.c {
            if _fastPath(t.isAlone), let items = ListRef(source).itemsAlone { return unpackExactly(t, regs, pc, table, items) }
            return unpackRest(t, regs, pc, table, from: 0)
        }
    }
    return unpackOther(t, regs, pc, table)
}

@inline(never)
private func unpackOther(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    after(Containers.unpack(t, regs, pc), t, regs, pc, table)
}

/// A tuple with as many items as are asked for, or a list of a thread that is alone. As long as nothing more than counts of own objects has to
/// be changed; then the rest is done by `unpackRest`.
@inline(never)
private func unpackExactly(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table, _ items: Registers) -> UInt64 {
    let (first, at, count) = (pc.a, pc.b, pc.c)
    var index = 0
    // What the register holds is kept alive by it, unless it may be overwritten.
    if _fastPath(at < first || at >= first &+ count) {
        while index < count {
            let bits = items[index]
            let old = regs[first &+ index]
            if old & 7 == 0 && old != 0 {
                if _slowPath(!lowerOwn(Value(bits: old).object, t)) { return unpackRest(t, regs, pc, table, from: index) }
                regs[first &+ index] = 0
            }
            if bits & 7 == 0, _slowPath(bits == 0 || !raiseOwn(Value(bits: bits).object, t)) {
                return unpackRest(t, regs, pc, table, from: index)
            }
            regs[first &+ index] = bits
            index &+= 1
        }
        if pc.flags & InstructionFlags.consumeB == 0 { return go(t, regs, pc + 8, table) }
        return write(t, regs, at, 0, pc + 8, table)
    }
    return unpackRest(t, regs, pc, table, from: 0)
}

/// The items from an index on.
@inline(never)
private func unpackRest(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table, from start: Int) -> UInt64 {
    let (first, at, count) = (pc.a, pc.b, pc.c)
    let source = regs.value(at)
    let isList = source.object.typeRaw == t.type(.list).raw
    // Kept alive by its register, unless that is given up or may be overwritten.
    var owned = Value.null
    if pc.flags & InstructionFlags.consumeB != 0 {
        regs[at] = 0
        owned = source
    } else if at >= first && at < first + count {
        owned = t.retain(source)
    }
    var index = start
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
