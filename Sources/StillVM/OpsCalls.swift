// Handlers: calls and returns.
import StillBytecode
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import Synchronization

// MARK: Calls

@inline(__always)
func opCall(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    let base = pc.a
    let callee = Value(bits: regs[base])
    let frame = regs + base + FrameLayout.argumentOffset
    if _fastPath(callee.isObject && callee.object.typeRaw == t.type(.function).raw && pc.c == 0xFFFF) {
        let function = FunctionRef(callee.object.raw)
        let code = function.guarded
        if _fastPath(Int(code.pointee.simpleArgumentCount) == pc.b && Calls.hasRoom(t, frame, code)) {
            return enterFrame(t, regs, pc, frame, code, function.raw, pc.b, table)
        }
    }
    return callOther(t, regs, pc, table, frame, pc.b)
}

@inline(__always)
func opCallMethod(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    let base = pc.a
    let callee = Value(bits: regs[base])
    let withReceiver = regs[base + FrameLayout.argumentOffset] != 0 ? 1 : 0
    let frame = regs + (base + FrameLayout.argumentOffset + 1 - withReceiver)
    let count = pc.b + withReceiver
    if _fastPath(callee.isObject && callee.object.typeRaw == t.type(.function).raw) {
        let function = FunctionRef(callee.object.raw)
        let code = function.guarded
        if _fastPath(Int(code.pointee.simpleArgumentCount) == count && Calls.hasRoom(t, frame, code)) {
            return enterFrame(t, regs, pc, frame, code, function.raw, count, table)
        }
    }
    return callOther(t, regs, pc, table, frame, count)
}

/// Pushes the callee's frame, whose `count` arguments are in place, and begins there.
@inline(__always)
func enterFrame(
    _ t: Thread, _ regs: Registers, _ pc: PC, _ frame: Registers, _ code: UnsafeMutablePointer<CodeRecord>, _ function: Raw,
    _ count: Int, _ table: Table
) -> UInt64 {
    regs.savePC(pc + 24)
    Calls.push(t, frame, caller: regs, code: code, function: function, bound: count)
    let start = UnsafeMutableRawPointer(code.pointee.instructions)
    if _slowPath(t.hasRequest) { return serveThenGo(t, frame, start, table) }
    return go(t, frame, start, table)
}

@inline(never)
private func callOther(
    _ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table, _ arguments: Registers, _ count: Int
) -> UInt64 {
    let callee = Value(bits: regs[pc.a])
    if _fastPath(callee.isObject && (pc.load(as: UInt8.self) != Opcode.call.rawValue || pc.c == 0xFFFF)) {
        let type = callee.object.typeRaw
        if type == t.type(.methodDescriptor).raw && count > 0 {
            let receiver = Value(bits: arguments[0])
            if _fastPath(receiver.isObject && receiver.object.typeRaw == NativeRef(callee).owner) {
                let intrinsic = NativeRef(callee).flags & NativeFlags.intrinsics
                if intrinsic == NativeFlags.listAppend && count == 2 && arguments[1] != 0 {
                    return appendToList(t, regs, pc, table, arguments)
                }
                if intrinsic == NativeFlags.listPop && count == 1 && t.storesPlainly {
                    return popFromList(t, regs, pc, table, arguments)
                }
                if intrinsic == NativeFlags.dictGet && count == 3 { return getFromDict(t, regs, pc, table, arguments) }
                return callNative(t, regs, pc, table, arguments, count)
            }
        } else if type == t.type(.builtinFunction).raw {
            let intrinsic = NativeRef(callee).flags & NativeFlags.intrinsics
            if intrinsic == NativeFlags.length && count == 1 { return callLength(t, regs, pc, table, arguments) }
            if intrinsic >= NativeFlags.all && count == 1 { return callFold(t, regs, pc, table, arguments) }
            return callNative(t, regs, pc, table, arguments, count)
        } else if type == t.type(.type).raw {
            if TypeRef(callee).has(TypeFlags.heapType) { return instantiate(t, regs, pc, table, arguments, count) }
            return callStaticType(t, regs, pc, table, arguments, count)
        } else if type == t.type(.function).raw {
            return callWithDefaults(t, regs, pc, table, arguments, count)
        } else if type == t.type(.slotWrapper).raw {
            return callSlotWrapper(t, regs, pc, table, arguments, count)
        }
    }
    return callGenerally(t, regs, pc, table, arguments, count)
}

/// A Python function that the arguments do not suit as they are; those that lack have defaults, as the call's cache knows.
@inline(never)
private func callWithDefaults(
    _ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table, _ arguments: Registers, _ count: Int
) -> UInt64 {
    let function = FunctionRef(Value(bits: regs[pc.a]))
    if let code = CallCache.bind(t, function, pc, arguments, count) {
        return enterFrame(t, regs, pc, arguments, code, function.raw, Int(code.pointee.argumentCount), table)
    }
    return callGenerally(t, regs, pc, table, arguments, count)
}

@inline(never)
private func callGenerally(
    _ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table, _ arguments: Registers, _ count: Int
) -> UInt64 {
    let names = pc.load(as: UInt8.self) == Opcode.call.rawValue ? pc.c : 0xFFFF
    regs.savePC(pc + 24)
    let next = Calls.call(t, regs, pc, base: pc.a, arguments: arguments, count: count, names: names)
    return called(t, regs, pc, table, next)
}

/// `list.append(item)`, with both in place.
@inline(never)
private func appendToList(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table, _ arguments: Registers) -> UInt64 {
    let receiver = Value(bits: arguments[0])
    if _fastPath(t.storesPlainly) {
        let list = ListRef(receiver)
        let count = list.count
        if _fastPath(regs[pc.a] & 7 != 0), let slot = list.free(count) {
            let bits = ownedOperand(t, arguments, 1, consumed: true)
            if _slowPath(bits == 0) { return appendSlowly(t, regs, pc, table, arguments) }
            slot.pointee.store(bits, ordering: .releasing)  // L1
            list.setCount(count &+ 1)
            arguments[0] = 0
            regs[pc.a] = Value.none.bits
            if receiver.isCounted, _slowPath(!lowerOwn(receiver.object, t)) {
                return releaseThenGo(t, regs, pc + 24, table, receiver.bits)
            }
            if _slowPath(t.hasRequest) { return serveThenGo(t, regs, pc + 24, table) }
            return go(t, regs, pc + 24, table)
        }
    }
    return appendSlowly(t, regs, pc, table, arguments)
}

@inline(never)
private func appendSlowly(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table, _ arguments: Registers) -> UInt64 {
    let receiver = Value(bits: arguments[0])
    let item = Value(bits: t.ownedForm(arguments[1]))
    arguments[1] = 0
    do throws(PythonError) { try ListRef(receiver).appendOwned(t, item) } catch {
        arguments.drop(t, 0)
        regs.savePC(pc + 24)
        return fail(t, regs, pc, table)
    }
    arguments[0] = 0
    if receiver.isCounted, _slowPath(!lowerOwn(receiver.object, t)) { ReferenceCount.release(receiver.object, t) }
    if _slowPath(t.hasRequest) {
        regs.put(t, pc.a, Value.none.bits)
        return serveThenGo(t, regs, pc + 24, table)
    }
    return write(t, regs, pc.a, Value.none.bits, pc + 24, table)
}

/// `list.pop()` by a thread that needs neither lock nor barrier.
@inline(never)
private func popFromList(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table, _ arguments: Registers) -> UInt64 {
    let receiver = Value(bits: arguments[0])
    let last = ListRef(receiver).count &- 1
    if _fastPath(last >= 0 && regs[pc.a] & 7 != 0), let slot = ListRef(receiver).slot(last) {
        let bits = slot.pointee.load(ordering: .relaxed)
        slot.pointee.store(0, ordering: .releasing)
        ListRef(receiver).setCount(last)
        arguments[0] = 0
        regs[pc.a] = bits
        if receiver.isCounted, _slowPath(!lowerOwn(receiver.object, t)) {
            return releaseThenGo(t, regs, pc + 24, table, receiver.bits)
        }
        if _slowPath(t.hasRequest) { return serveThenGo(t, regs, pc + 24, table) }
        return go(t, regs, pc + 24, table)
    }
    return callNative(t, regs, pc, table, arguments, 1)
}

/// `dict.get(key, default)`.
@inline(never)
private func getFromDict(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table, _ arguments: Registers) -> UInt64 {
    regs.savePC(pc + 24)
    let key = Value(bits: arguments[1])
    var result = Value.null
    do throws(PythonError) { result = try DictRef(Value(bits: arguments[0])).get(t, key, hash: t.quickHash(key)) } catch {
        return nativeDone(t, regs, pc, table, arguments, 3, 0)
    }
    if result.isNull { result = t.retain(Value(bits: arguments[2])) }
    return nativeDone(t, regs, pc, table, arguments, 3, result.bits)
}

/// `len` of the commonest containers.
@inline(never)
private func callLength(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table, _ arguments: Registers) -> UInt64 {
    let container = Value(bits: arguments[0])
    if _fastPath(container.isObject && regs[pc.a] & 7 != 0) {
        let type = container.object.typeRaw
        var count = -1
        if type == t.type(.list).raw {
            count = ListRef(container).count
        } else if type == t.type(.str).raw {
            count = StrRef(container).count
        } else if type == t.type(.tuple).raw {
            count = TupleRef(container).count
        } else if type == t.type(.dict).raw {
            count = DictRef(container).count
        }
        if _fastPath(count >= 0) {
            arguments[0] = 0
            regs[pc.a] = Value(smallInt: count).bits
            if container.isCounted, _slowPath(!lowerOwn(container.object, t)) {
                return releaseThenGo(t, regs, pc + 24, table, container.bits)
            }
            return go(t, regs, pc + 24, table)
        }
    }
    return callNative(t, regs, pc, table, arguments, 1)
}

@inline(never)
private func callFold(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table, _ arguments: Registers) -> UInt64 {
    if let frame = GeneratorFolds.begin(t, regs, pc, arguments) { return go(t, frame, frame.savedPC, table) }
    return callNative(t, regs, pc, table, arguments, 1)
}

/// A class whose `__init__` is a Python function for just these arguments, as the call's cache knows: what `Instantiation.begin` does then.
@inline(never)
private func instantiate(
    _ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table, _ arguments: Registers, _ count: Int
) -> UInt64 {
    let type = TypeRef(Value(bits: regs[pc.a]))
    let initializer = Instantiation.known(type, pc)
    if _fastPath(!initializer.isNull && !type.has(TypeFlags.abstract)) {
        let function = FunctionRef(initializer.object.raw)
        let code = function.guarded
        if _fastPath(
            Int(code.pointee.simpleArgumentCount) == count &+ 1 && !code.pointee.isGeneratorLike
                && Calls.hasRoom(t, arguments + (count &+ 1), code)),
            let instance = type.has(TypeFlags.exceptionSubclass)
                ? ExceptionTypes.makeInstance(t, type, arguments, count)
                : Allocation.object(
                    t, type: type.raw, bytes: Int(type.record.pointee.instanceSize), collectable: type.has(TypeFlags.collectable))
        {
            let frame = Calls.makeRoom(regs, pc.a, arguments, count)
            // Two references: the register that had the class, and the first argument. Nobody else knows the instance.
            instance.local.pointee &+= 1
            frame[0] = Value(instance).bits
            let held = regs[pc.a]
            regs[pc.a] = Value(instance).bits
            regs.savePC(pc + 24)
            Calls.push(
                t, frame, caller: regs, code: code, function: function.raw, bound: count &+ 1, flags: FrameFlags.initializer)
            let start = UnsafeMutableRawPointer(code.pointee.instructions)
            // The class of a live instance is alive.
            if _slowPath(held & 7 == 0) { return releaseThenGo(t, frame, start, table, held) }
            if _slowPath(t.hasRequest) { return serveThenGo(t, frame, start, table) }
            return go(t, frame, start, table)
        }
    }
    return callGenerally(t, regs, pc, table, arguments, count)
}

/// A builtin class: what its `__new__` and `__init__` slots do.
@inline(never)
private func callStaticType(
    _ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table, _ arguments: Registers, _ count: Int
) -> UInt64 {
    regs.savePC(pc + 24)
    let type = regs.value(pc.a)
    var result: UInt64 = 0
    if count == 1 && TypeRef(type) == t.type(.str) {
        // The commonest of all such calls.
        do throws(PythonError) { result = try t.str(Value(bits: arguments[0])).bits } catch {}
    } else {
        result = TypeRef.callType(t, type, arguments, count)
    }
    return nativeDone(t, regs, pc, table, arguments, count, result)
}

/// A special method of a builtin class as its subclasses call it: `Exception.__init__(self, …)`.
@inline(never)
private func callSlotWrapper(
    _ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table, _ arguments: Registers, _ count: Int
) -> UInt64 {
    regs.savePC(pc + 24)
    let callee = regs.value(pc.a)
    var index = 0
    while index < count {
        if _slowPath(arguments[index] == 0) { return callGenerally(t, regs, pc, table, arguments, count) }
        index &+= 1
    }
    let result = TypeRef(callee.object.typeRaw).record.pointee.call.unsafelyUnwrapped(t.raw, callee.bits, arguments, count, 0)
    return nativeDone(t, regs, pc, table, arguments, count, result)
}

/// A function written in Swift, or a method whose receiver fits.
@inline(never)
private func callNative(
    _ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table, _ arguments: Registers, _ count: Int
) -> UInt64 {
    regs.savePC(pc + 24)
    let native = NativeRef(Value(bits: regs[pc.a]))
    let isMethod = native.object.typeRaw == t.type(.methodDescriptor).raw ? 1 : 0
    let result = native.invoke(
        t, self: isMethod != 0 ? arguments[0] : native.boundSelf.bits, args: arguments + isMethod, count: count &- isMethod, keywords: 0)
    return nativeDone(t, regs, pc, table, arguments, count, result)
}

/// Gives the arguments up and places the result; 0: an exception.
@inline(__always)
private func nativeDone(
    _ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table, _ arguments: Registers, _ count: Int, _ result: UInt64
) -> UInt64 {
    var index = 0
    while index < count {
        let bits = arguments[index]
        arguments[index] = 0
        if bits & 7 == 0 && bits != 0, _slowPath(!lowerOwn(Value(bits: bits).object, t)) { Registers.give(t, bits) }
        index &+= 1
    }
    if _slowPath(result == 0) { return fail(t, regs, pc, table) }
    regs.put(t, pc.a, result)
    if _slowPath(t.hasRequest) { return serveThenGo(t, regs, pc + 24, table) }
    return go(t, regs, pc + 24, table)
}

@inline(__always)
func opCallSpread(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    regs.savePC(pc + 24)
    return called(t, regs, pc, table, Calls.spread(t, regs, pc))
}

/// - Parameter next: nil, the caller's frame with the result in place, or the callee's new frame.
@inline(__always)
private func called(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table, _ next: Registers?) -> UInt64 {
    guard let next else { return fail(t, regs, pc, table) }
    let start = next == regs ? pc + 24 : UnsafeMutableRawPointer(next.code.pointee.instructions)
    if _slowPath(t.hasRequest) { return serveThenGo(t, next, start, table) }
    return go(t, next, start, table)
}

// MARK: Returns

@inline(__always)
func opReturnValue(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    let t = Thread(raw)
    let result = regs[pc.a]
    if _slowPath(result == 0) { return failUnbound(t, regs, pc, table, pc.a) }
    if _slowPath(result & 7 == 4 && result >= 4096) { return returnUncounted(t, regs, pc, table) }
    regs[pc.a] = 0  // the frame ends: a local's reference moves too
    return leave(t, regs, table, result)
}

/// What the caller may have lent gets a count; what never dies by one needs none.
@inline(never)
private func returnUncounted(_ t: Thread, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    var result = regs[pc.a]
    if Value(bits: result).object.sharedWord.pointee.load(ordering: .relaxed) & (SharedFlags.deferred | SharedFlags.immortal) == 0 {
        result = t.ownedForm(result)
    }
    regs[pc.a] = 0
    return leave(t, regs, table, result)
}

@inline(__always)
func opReturnConstant(_ raw: Raw, _ regs: Registers, _ pc: PC, _ table: Table) -> UInt64 {
    leave(Thread(raw), regs, table, regs.code.pointee.constants[pc.wide])
}

@inline(__always)
private func leave(_ t: Thread, _ regs: Registers, _ table: Table, _ result: UInt64) -> UInt64 {
    var index = 0
    let count = Int(regs.code.pointee.localCount)
    while index < count {
        let value = regs[index]
        if value & 7 == 0 && value != 0, _slowPath(!lowerOwn(Value(bits: value).object, t)) {
            return releaseLocalsThenLeave(t, regs, table, result)
        }
        regs.setPlainly(index, 0)
        index &+= 1
    }
    return leaveFrame(t, regs, table, result)
}

@inline(never)
private func releaseLocalsThenLeave(_ t: Thread, _ regs: Registers, _ table: Table, _ result: UInt64) -> UInt64 {
    Calls.releaseLocals(t, regs)
    return leaveFrame(t, regs, table, result)
}

/// The locals are released.
@inline(__always)
private func leaveFrame(_ t: Thread, _ regs: Registers, _ table: Table, _ result: UInt64) -> UInt64 {
    if _slowPath(regs.frameFlags & (FrameFlags.entry | FrameFlags.generator | FrameFlags.initializer | FrameFlags.folding) != 0) {
        return leaveSpecially(t, regs, table, result)
    }
    let caller = regs.callerFrame.unsafelyUnwrapped
    t.currentFrame = caller
    Calls.noteReturn(t, caller)
    t.objects.pointee.recursionDepth &-= 1
    let pc = caller.savedPC
    // call, callMethod and callSpread are three words with their caches.
    return write(t, caller, (pc - 24).a, result, pc, table)
}

@inline(never)
private func leaveSpecially(_ t: Thread, _ regs: Registers, _ table: Table, _ result: UInt64) -> UInt64 {
    let flags = regs.frameFlags
    if flags & FrameFlags.initializer != 0 {
        let caller = regs.callerFrame.unsafelyUnwrapped
        t.currentFrame = caller
        Calls.noteReturn(t, caller)
        t.objects.pointee.recursionDepth &-= 1
        let pc = caller.savedPC
        if _fastPath(result == Value.none.bits) { return go(t, caller, pc, table) }
        Instantiation.raiseWrongResult(t, result)
        return fail(t, caller, pc - 24, table)
    }
    if flags & FrameFlags.folding != 0 { return ExpressionFolds.end(t, regs, table) }
    if flags & FrameFlags.resumedHere == 0 {
        t.currentFrame = regs.callerFrame
        t.objects.pointee.recursionDepth &-= 1
        return t.ownedForm(result)
    }
    let caller = ResumedHere.leave(t, regs)
    let pc = caller.savedPC - 8
    if pc.load(as: UInt8.self) == Opcode.forIterate.rawValue {
        // A loop has no use for the generator's result.
        t.release(Value(bits: result))
        return write(t, caller, pc.b, 0, pc + 8, table)
    }
    if pc.load(as: UInt8.self) == Opcode.call.rawValue {
        t.release(Value(bits: result))
        return GeneratorFolds.end(t, caller, pc, table)
    }
    caller.drop(t, pc.b)
    return write(t, caller, pc.a, result, pc + 8, table)
}
