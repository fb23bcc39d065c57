// Handlers: generators, and loops, which resume generators in the same run.
import StillBytecode
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import Synchronization

// MARK: Generators

/// The generator takes the frame; the call's result is the generator.
@inline(__always)
func opMakeGenerator(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    let generator = Generators.make(t, regs, pc + 8)
    if _slowPath(generator == 0) { return fail(t, regs, pc, table) }
    t.objects.pointee.recursionDepth &-= 1
    t.currentFrame = regs.callerFrame
    if regs.frameFlags & FrameFlags.entry != 0 { return generator }
    let caller = regs.callerFrame.unsafelyUnwrapped
    Calls.noteReturn(t, caller)
    let next = caller.savedPC
    return write(t, caller, (next - 24).a, generator, next, table)
}

/// A generator expression's generator, made without a function; or, if the next instruction calls a fold with it, not even made.
@inline(__always)
func opMakeGeneratorExpression(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    if let fold = ExpressionFolds.fold(t, regs, pc) { return ExpressionFolds.begin(t, regs, pc, table, fold) }
    return makeGeneratorExpression(t, regs, pc, table)
}

@inline(never)
func makeGeneratorExpression(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let generator = Generators.makeExpression(t, regs, pc)
    if _slowPath(generator == 0) { return fail(t, regs, pc, table) }
    return write(t, regs, pc.a, generator, pc + 8, table)
}

@inline(__always)
func opYieldValue(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    if _slowPath(regs[pc.b] == 0) { return failUnbound(t, regs, pc, table, pc.b) }
    if _fastPath(regs.frameFlags & FrameFlags.resumedHere != 0 && t.barrierActive == 0 && t.objects.pointee.handled.isNull),
        _fastPath((regs.callerFrame.unsafelyUnwrapped.savedPC - 8).load(as: UInt8.self) == Opcode.forIterate.rawValue)
    {
        return yieldToLoop(t, regs, pc, table)
    }
    if regs.frameFlags & FrameFlags.folding != 0 { return ExpressionFolds.item(t, regs, pc, table) }
    return yieldElsewhere(t, regs, pc, table)
}

@inline(never)
private func yieldElsewhere(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    if let call = GeneratorFolds.above(regs), GeneratorFolds.takes(call, call.savedPC - 8, regs[pc.b]) {
        // An immediate: nothing is given up.
        return write(t, regs, pc.a, Value.none.bits, pc + 8, table)
    }
    return yieldOther(t, regs, pc, table)
}

@inline(never)
private func yieldOther(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let isResumedHere = regs.frameFlags & FrameFlags.resumedHere != 0
    let caller = regs.callerFrame
    let value = Generators.yield(t, regs, pc)
    if !isResumedHere { return value }
    return deliver(t, caller.unsafelyUnwrapped, table, value)
}

/// The usual yield: to a `for` loop that has resumed the generator, while no exception is handled. As `Generators.yield` and `deliver`, without
/// a call as long as registers can be moved as they are.
@inline(never)
private func yieldToLoop(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let value = regs[pc.b]
    if _slowPath(value & 7 == 4 && value >= 4096) { return yieldOther(t, regs, pc, table) }
    if pc.flags & InstructionFlags.consumeB != 0 || pc.a == pc.b {
        regs[pc.b] = 0
    } else if value & 7 == 0, _slowPath(!raiseOwn(Value(bits: value).object, t)) {
        return yieldOther(t, regs, pc, table)
    }
    let saved = GeneratorRef(raw: regs.localsMapping.object.raw).registers.unsafelyUnwrapped
    var index = 0
    let count = pc.c
    while index < count {
        let bits = regs[index]
        if _slowPath(bits & 7 == 4 && bits >= 4096) { return yieldRestToLoop(t, regs, pc, table, value, from: index) }
        saved.setPlainly(index, bits)
        regs.setPlainly(index, 0)
        index &+= 1
    }
    return passToLoop(t, regs, pc, table, value)
}

/// The registers from `start` on, of which one is held uncounted.
@inline(never)
private func yieldRestToLoop(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table, _ value: UInt64, from start: Int) -> UInt64 {
    let saved = GeneratorRef(raw: regs.localsMapping.object.raw).registers.unsafelyUnwrapped
    var index = start
    while index < pc.c {
        saved.setPlainly(index, t.ownedForm(regs[index]))
        regs.setPlainly(index, 0)
        index &+= 1
    }
    return passToLoop(t, regs, pc, table, value)
}

/// The generator's registers are saved, its value is the loop's next item.
@inline(__always)
private func passToLoop(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table, _ value: UInt64) -> UInt64 {
    let generator = GeneratorRef(raw: regs.localsMapping.object.raw)
    Generators.checkMoved(generator, regs, pc.c)
    let caller = regs.callerFrame.unsafelyUnwrapped
    generator.word(GeneratorRef.liveCount).pointee = UInt64(pc.c)
    generator.setSuspended(at: pc + 8, resumeRegister: pc.a)
    t.objects.pointee.handled = Value(bits: generator.word(GeneratorRef.callersHandled).pointee)
    t.currentFrame = caller
    t.objects.pointee.recursionDepth &-= 1
    generator.state.pointee.store(GeneratorRef.suspended, ordering: .releasing)
    Calls.noteReturn(t, caller)
    let loop = caller.savedPC - 8
    return write(t, caller, loop.a, value, loop + 16, table)
}

/// Hands a yielded value to the frame that has resumed the generator; what delegates yields on.
@inline(never)
private func deliver(_ t: Thread, _ first: Registers, _ table: Table, _ value: UInt64) -> UInt64 {
    var regs = first
    while true {
        Calls.noteReturn(t, regs)
        let pc = regs.savedPC - 8
        if pc.load(as: UInt8.self) == Opcode.forIterate.rawValue {
            t.vm.pointee.hasYielded = false
            return write(t, regs, pc.a, value, pc + 16, table)
        }
        if pc.load(as: UInt8.self) == Opcode.call.rawValue {
            t.vm.pointee.hasYielded = false
            return GeneratorFolds.value(t, regs, table, value)
        }
        let isResumedHere = regs.frameFlags & FrameFlags.resumedHere != 0
        let caller = regs.callerFrame
        _ = Generators.suspend(
            t, GeneratorRef(raw: regs.localsMapping.object.raw), regs, pc, resumeRegister: pc.a, live: pc.c, value)
        if !isResumedHere { return value }
        regs = caller.unsafelyUnwrapped
    }
}

@inline(__always)
func opDelegate(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    let iterator = regs.value(pc.b)
    let type = t.typeOf(iterator)
    if type == t.type(.generator) || type == t.type(.coroutine),
        let frame = ResumedHere.enter(t, regs, pc, GeneratorRef(iterator), sent: regs.value(pc.a))
    {
        regs[pc.a] = 0
        return go(t, frame, frame.savedPC, table)
    }
    switch Generators.delegate(t, regs, pc) {
    case .failed: return fail(t, regs, pc, table)
    case .finished: return go(t, regs, pc + 8, table)
    case .yielded: break
    }
    let value = Generators.takeYielded(t)
    // The frame is suspended; what it held of its caller is still there.
    if regs.frameFlags & FrameFlags.resumedHere == 0 { return value }
    return deliver(t, regs.callerFrame.unsafelyUnwrapped, table, value)
}

// MARK: Iteration

@inline(__always)
func opForIterate(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    let iterator = regs.value(pc.b).object
    if _fastPath(iterator.typeRaw == t.type(.rangeIterator).raw) {
        let value = RangeIteratorRef(iterator.raw).nextSmall()
        if _fastPath(!value.isNull) { return write(t, regs, pc.a, value.bits, pc + 16, table) }
    }
    return forIterateList(t, regs, pc, table)
}

/// Items of a list that need no count, or one on an object of this thread.
@inline(never)
private func forIterateList(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let iterator = regs.value(pc.b)
    if _fastPath(iterator.object.typeRaw == t.type(.list).raw) {
        let index = Int(bitPattern: UInt(regs[pc.c])) &>> 1
        let list = ListRef(iterator)
        if let slot = list.slotToRead(index) {
            let bits = slot.pointee.load(ordering: .acquiring)  // L1
            if bits & 7 != 0 {
                regs[pc.c] = Value(smallInt: index &+ 1).bits
                return write(t, regs, pc.a, bits, pc + 16, table)
            }
            if _fastPath(bits != 0), _fastPath(raiseOwn(Value(bits: bits).object, t)) {
                if _fastPath(ReferenceCount.isStill(bits, in: slot) && list.isCurrent(slot, index)) {
                    regs[pc.c] = Value(smallInt: index &+ 1).bits
                    return write(t, regs, pc.a, bits, pc + 16, table)
                }
                return forIterateAgain(t, regs, pc, table, bits)
            }
        }
        return forIterateOther(t, regs, pc, table)
    }
    if iterator.object.typeRaw == t.type(.generator).raw { return resumeForLoop(t, regs, pc, table) }
    return forIterateListIterator(t, regs, pc, table)
}

/// The same with an iterator.
@inline(never)
private func forIterateListIterator(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let iterator = regs.value(pc.b).object
    if _fastPath(iterator.typeRaw == t.type(.listIterator).raw) {
        let own = IteratorRef(raw: iterator.raw)
        let index = own.index
        let list = ListRef(own.source)
        if let slot = list.slotToRead(index) {
            let bits = slot.pointee.load(ordering: .acquiring)  // L1
            if bits & 7 != 0 {
                own.setIndex(index &+ 1)
                return write(t, regs, pc.a, bits, pc + 16, table)
            }
            if _fastPath(bits != 0), _fastPath(raiseOwn(Value(bits: bits).object, t)) {
                if _fastPath(ReferenceCount.isStill(bits, in: slot) && list.isCurrent(slot, index)) {
                    own.setIndex(index &+ 1)
                    return write(t, regs, pc.a, bits, pc + 16, table)
                }
                return forIterateAgain(t, regs, pc, table, bits)
            }
        }
    } else if PairLoops.unpacks(pc) {
        return forIteratePairs(t, regs, pc, table)
    }
    return forIterateOther(t, regs, pc, table)
}

@inline(never)
private func forIteratePairs(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    guard let outcome = PairLoops.next(t, regs, pc, regs.value(pc.b).object.typeRaw) else { return forIterateOther(t, regs, pc, table) }
    if _slowPath(outcome < 0) { return fail(t, regs, pc, table) }
    return go(t, regs, pc + (8 &+ outcome &* 16), table)
}

/// As `ResumedHere.enter`, for a generator that has been suspended, and without a call.
@inline(never)
private func resumeForLoop(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let generator = GeneratorRef(regs.value(pc.b))
    let frame = ResumedHere.place(regs)
    guard _fastPath(generator.state.pointee.load(ordering: .acquiring) == GeneratorRef.suspended && t.barrierActive == 0),
        _fastPath(ResumedHere.hasRoom(t, frame, generator)), _fastPath(generator.begin(t, from: GeneratorRef.suspended))
    else { return resumeOther(t, regs, pc, table) }
    ResumedHere.push(t, regs, pc, generator, frame)
    // For the frame, where None has been sent to it. What clears it again, as an expression that nobody asks for does, is done here.
    var start = generator.pc.unsafelyUnwrapped
    let target = Int(truncatingIfNeeded: generator.word(88).pointee)
    let old = frame[target]
    if start.load(as: UInt8.self) == Opcode.clear.rawValue && start.a == target {
        frame[target] = 0
        start += 8
    } else {
        frame[target] = Value.none.bits
    }
    if _slowPath(generator.word(80).pointee != 0) { return resumeHandling(t, frame, start, table, old) }
    if _slowPath(old & 7 == 0 && old != 0) { return releaseThenGo(t, frame, start, table, old) }
    return go(t, frame, start, table)
}

/// The generator was suspended while it handled an exception.
@inline(never)
private func resumeHandling(_ t: Thread, _ frame: Registers, _ start: PC, _ table: Table, _ old: UInt64) -> UInt64 {
    let generator = GeneratorRef(raw: frame.localsMapping.object.raw)
    t.objects.pointee.handled = Value(bits: generator.word(80).pointee)
    generator.word(80).pointee = 0
    if old & 7 == 0 && old != 0 { return releaseThenGo(t, frame, start, table, old) }
    return go(t, frame, start, table)
}

@inline(never)
private func resumeOther(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    if let frame = ResumedHere.enter(t, regs, pc, GeneratorRef(regs.value(pc.b)), sent: .none) {
        return go(t, frame, frame.savedPC, table)
    }
    return forIterateOther(t, regs, pc, table)
}

/// The slot has changed between the two looks at it.
@inline(never)
private func forIterateAgain(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table, _ wrong: UInt64) -> UInt64 {
    ReferenceCount.release(Value(bits: wrong).object, t)
    regs.savePC(pc + 8)
    let outcome = Iteration.next(t, regs, pc)
    if _slowPath(outcome < 0) { return fail(t, regs, pc, table) }
    return go(t, regs, pc + (8 &+ outcome &* 8), table)
}

@inline(never)
private func forIterateOther(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let iterator = regs.value(pc.b)
    let type = iterator.object.typeRaw
    if type == t.type(.tuple).raw {
        let index = Int(bitPattern: UInt(regs[pc.c])) &>> 1
        if _fastPath(index < TupleRef(iterator).count) {
            regs[pc.c] = Value(smallInt: index &+ 1).bits
            return write(t, regs, pc.a, t.retain(TupleRef(iterator).item(index)).bits, pc + 16, table)
        }
        return write(t, regs, pc.b, 0, pc + 8, table)
    }
    if type == t.type(.tupleIterator).raw {
        let tuple = IteratorRef(raw: iterator.object.raw)
        let index = tuple.index
        let source = TupleRef(tuple.source)
        if _fastPath(index < source.count) {
            tuple.setIndex(index &+ 1)
            return write(t, regs, pc.a, t.retain(source.item(index)).bits, pc + 16, table)
        }
    } else if type == t.type(.strIterator).raw {
        let next = StrIteration.nextSingle(IteratorRef(raw: iterator.object.raw))
        if _fastPath(!next.isNull) { return write(t, regs, pc.a, next.bits, pc + 16, table) }
    }
    let outcome = Iteration.next(t, regs, pc)
    if _slowPath(outcome < 0) { return fail(t, regs, pc, table) }
    return go(t, regs, pc + (8 &+ outcome &* 8), table)
}
