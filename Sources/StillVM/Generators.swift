// Generators (and coroutines as far as they share the mechanism).
//
// A generator keeps its registers in a buffer of its own while it is suspended; resuming moves them to the data stack, yielding moves
// them back. So frames that run are always on a stack, and a suspended generator is an ordinary container to the collector.
//
// Layout    24 registers (buffer or nil), 32 state (atomic), 40 function (Value), 48 register count, 56 pc,
//           64 name, 72 qualified name, 80 handled exception while suspended, 88 resume register,
//           96 code (Value): a generator keeps its own when its function gets another,
//           104 asynchronous generators: the hook to call instead of finalizing; coroutines: where they were made (Values, may be null),
//           112 asynchronous generators: bits of AsyncState (atomic), 120 what the resuming frame was handling (ResumedHere.swift),
//           128 how many registers may hold something: those behind are null in the buffer, and no more than immediates in the frame
// State     created, suspended -> running by compare-and-swap: two threads that resume one generator cannot both succeed;
//           the loser gets ValueError "generator already executing".
// Barrier   Resuming moves references out of the container: while the collector marks it is scanned first.
import StillBytecode
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import Synchronization

struct GeneratorRef {
    let raw: UnsafeMutableRawPointer
    init(_ value: Value) { raw = value.object.raw }
    init(raw: UnsafeMutableRawPointer) { self.raw = raw }

    static let bytes = 136
    /// Registers lie behind the object's words if they are so few; else in a buffer.
    static let mostInline = (ObjectLayout.largestObjectBytes - bytes) / 8
    static let callersHandled = 120
    static let liveCount = 128
    static let values = [40, 64, 72, 96, 104]
    static let created: UInt64 = 0
    static let suspended: UInt64 = 1
    static let running: UInt64 = 2
    static let finished: UInt64 = 3

    var object: ObjectRef { ObjectRef(raw) }
    var state: UnsafeMutablePointer<Atomic<UInt64>> { object.atomicWord(32) }
    func word(_ offset: Int) -> UnsafeMutablePointer<UInt64> { (raw + offset).assumingMemoryBound(to: UInt64.self) }
    var registers: Registers? {
        get { Registers(bitPattern: UInt(word(24).pointee)) }
        nonmutating set { word(24).pointee = UInt64(UInt(bitPattern: newValue)) }
    }
    /// Where to go on, in a generator whose registers are saved and that handles no exception.
    @inline(__always)
    func setSuspended(at pc: UnsafeMutableRawPointer, resumeRegister: Int) {
        word(56).pointee = UInt64(UInt(bitPattern: pc))
        word(80).pointee = 0
        word(88).pointee = UInt64(resumeRegister)
    }
    /// running, if the state is still the one that was seen.
    @inline(__always)
    func begin(_ t: Thread, from seen: UInt64) -> Bool {
        if _fastPath(t.isAlone) {
            state.pointee.store(GeneratorRef.running, ordering: .relaxed)
            return true
        }
        if FaultInjection.isActive(.resumeTwice) {
            state.pointee.store(GeneratorRef.running, ordering: .relaxed)
            return true
        }
        return state.pointee.compareExchange(
            expected: seen, desired: GeneratorRef.running, successOrdering: .acquiringAndReleasing, failureOrdering: .relaxed
        ).exchanged
    }
    var function: FunctionRef { FunctionRef(Value(bits: word(40).pointee)) }
    /// Gives up what is saved; the registers behind `liveCount` are null.
    func dropRegisters(_ t: Thread) {
        guard let registers else { return }
        let count = Int(word(GeneratorRef.liveCount).pointee)
        var index = 0
        while index < count {
            registers.drop(t, index)
            index &+= 1
        }
    }
    var code: UnsafeMutablePointer<CodeRecord> { CodeRef(Value(bits: word(96).pointee).object.raw).record }
    var registerCount: Int { Int(word(48).pointee) }
    var pc: UnsafeMutableRawPointer? { UnsafeMutableRawPointer(bitPattern: UInt(word(56).pointee)) }
}

enum DelegateOutcome { case finished, yielded, failed }

enum Generators {
    /// A generator for code, its registers null. nil with an exception.
    @inline(__always)
    private static func allocate(_ t: Thread, _ code: UnsafeMutablePointer<CodeRecord>) -> GeneratorRef? {
        let kind: TypeID =
            code.pointee.has(.coroutine) ? .coroutine : code.pointee.has(.asyncGenerator) ? .asyncGenerator : .generator
        let count = Int(code.pointee.registerCount)
        let inline = count <= GeneratorRef.mostInline
        let bytes = inline ? GeneratorRef.bytes &+ count &* 8 : GeneratorRef.bytes
        guard let object = Allocation.object(t, type: t.type(kind).raw, bytes: bytes, collectable: true) else {
            _ = t.noMemory()
            return nil
        }
        let generator = GeneratorRef(raw: object.raw)
        let saved: Registers
        if inline {
            saved = generator.word(GeneratorRef.bytes)  // null already
        } else {
            guard let buffer = Allocation.buffer(t, bytes: count * 8) else {
                Allocation.free(object, t)
                _ = t.noMemory()
                return nil
            }
            saved = buffer.bindMemory(to: UInt64.self, capacity: count)
            for index in 0..<count { saved[index] = 0 }
        }
        generator.word(48).pointee = UInt64(count)
        generator.word(96).pointee = Attributes.holding(t, Value(ObjectRef(code.pointee.object))).bits
        generator.word(104).pointee = kind == .coroutine && t.vm.pointee.originDepth > 0 ? Awaitables.origin(t).bits : 0
        generator.word(GeneratorRef.liveCount).pointee = UInt64(code.pointee.localCount)
        generator.registers = saved
        return generator
    }

    /// Makes the generator that takes the current frame. Owned, 0 with an exception.
    @inline(never)
    static func make(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer) -> UInt64 {
        let code = regs.code
        guard let generator = allocate(t, code) else { return 0 }
        let saved = generator.registers.unsafelyUnwrapped
        let locals = Int(code.pointee.localCount)
        var index = 0
        while index < locals {
            saved.setPlainly(index, t.ownedForm(regs[index]))
            regs.setPlainly(index, 0)
            index &+= 1
        }
        let function = regs.function
        if _slowPath(code.pointee.has(.freeInRegisters)) {
            // A function that a program has made of a generator expression's code.
            for index in 0..<Int(code.pointee.freeCount) { saved[1 + index] = t.retain(TupleRef(function.closure).item(index)).bits }
        }
        generator.word(40).pointee = Attributes.holding(t, Value(ObjectRef(function.raw))).bits
        generator.word(56).pointee = UInt64(UInt(bitPattern: pc))
        generator.word(64).pointee = name(t, ObjectRef(function.raw), FunctionLayout.name).bits
        generator.word(72).pointee = name(t, ObjectRef(function.raw), FunctionLayout.qualifiedName).bits
        return generator.object.address
    }

    /// Makes the generator of a generator expression. Its function is that of the frame, for globals and builtins. Owned, 0 with an exception.
    @inline(never)
    static func makeExpression(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer) -> UInt64 {
        let code = CodeRef(Value(bits: regs.code.pointee.constants[pc.b]).object.raw).record
        guard let generator = allocate(t, code) else { return 0 }
        let saved = generator.registers.unsafelyUnwrapped
        let first = regs + pc.a
        let count = pc.c
        var index = 0
        while index <= count {
            saved.setPlainly(index, t.ownedForm(first[index]))
            first.setPlainly(index, 0)
            index &+= 1
        }
        generator.word(40).pointee = Attributes.holding(t, Value(ObjectRef(regs.function.raw))).bits
        // Behind the marker.
        generator.word(56).pointee = UInt64(UInt(bitPattern: code.pointee.instructions + 1))
        // Interned: nothing to count.
        generator.word(64).pointee = code.pointee.name.borrowedForm.bits
        generator.word(72).pointee = code.pointee.qualifiedName.borrowedForm.bits
        return generator.object.address
    }

    /// A function's name, to be held: uncounted if it is immortal, as names in source code are.
    @inline(__always)
    private static func name(_ t: Thread, _ function: ObjectRef, _ offset: Int) -> Value {
        let word = function.atomicWord(offset)
        let value = Value(bits: word.pointee.load(ordering: .acquiring))  // S1
        if _fastPath(value.isObject && value.object.sharedWord.pointee.load(ordering: .relaxed) & SharedFlags.immortal != 0),
            // The block was perhaps another object by then.
            _fastPath(word.pointee.load(ordering: .acquiring) == value.bits)
        {
            return value.borrowedForm
        }
        return SharedSlot.load(t, function, offset)
    }

    static func kindName(_ t: Thread, _ generator: GeneratorRef) -> String {
        let type = TypeRef(generator.object.typeRaw)
        return type == t.type(.coroutine) ? "coroutine" : type == t.type(.asyncGenerator) ? "async generator" : "generator"
    }

    /// Resumes with a value, or with the exception that is set.
    ///
    /// - Parameter value: owned; given up.
    /// - Returns: owned yielded value; 0 with an exception, or 0 without one when it has returned: then `result` is its value.
    static func resume(_ t: Thread, _ generator: GeneratorRef, _ value: Value, throwing: Bool, result: inout Value) -> UInt64 {
        var seen = generator.state.pointee.load(ordering: .acquiring)
        while true {
            if seen == GeneratorRef.running {
                t.release(value)
                if throwing { t.clearRaised() }
                _ = t.raise(.valueError, "\(kindName(t, generator)) already executing")
                return 0
            }
            if seen == GeneratorRef.finished {
                t.release(value)
                if throwing { return 0 }
                if kindName(t, generator) == "coroutine" {
                    _ = t.raise(.runtimeError, "cannot reuse already awaited coroutine")
                }
                return 0
            }
            if seen == GeneratorRef.created && !throwing && !value.isNone {
                let kind = kindName(t, generator)
                t.release(value)
                _ = t.raise(.typeError, "can't send non-None value to a just-started \(kind)")
                return 0
            }
            if generator.begin(t, from: seen) { break }
            seen = generator.state.pointee.load(ordering: .acquiring)
        }
        let function = generator.function
        let code = generator.code
        let frame = t.freshFrameBase()
        if seen == GeneratorRef.created && throwing {
            finish(t, generator)
            return 0
        }
        guard Calls.hasRoom(t, frame, code) else {
            generator.state.pointee.store(seen, ordering: .releasing)
            t.release(value)
            Calls.raiseTooDeep(t)
            return 0
        }
        do throws(PythonError) { try t.enterNative("") } catch {
            generator.state.pointee.store(seen, ordering: .releasing)
            t.release(value)
            return 0
        }
        defer { t.leaveNative() }
        if t.barrierActive != 0 { WriteBarrier.willShiftItems(generator.object, t) }
        let saved = generator.registers.unsafelyUnwrapped
        let count = Int(generator.word(GeneratorRef.liveCount).pointee)
        var index = 0
        while index < count {
            frame.setPlainly(index, saved[index])
            saved.setPlainly(index, 0)
            index &+= 1
        }
        frame.writeHeader(
            caller: t.currentFrame, code: code, function: function.raw, locals: generator.object.address,
            flags: FrameFlags.generator)
        t.currentFrame = frame
        t.objects.pointee.recursionDepth += 1
        let callersHandled = t.objects.pointee.handled
        if seen == GeneratorRef.suspended {
            let own = Value(bits: generator.word(80).pointee)
            if !own.isNull { t.objects.pointee.handled = own }
            generator.word(80).pointee = 0
        }
        let pc = generator.pc.unsafelyUnwrapped
        if seen == GeneratorRef.suspended && !throwing {
            frame.put(t, Int(generator.word(88).pointee), value.bits)
        } else {
            t.release(value)
        }
        var start = pc
        var raising = throwing
        if throwing && seen == GeneratorRef.suspended {
            // Raised at the yield. A delegation hands the exception to its sub-iterator first.
            if pc.load(as: UInt8.self) == Opcode.delegate.rawValue {
                switch throwIntoDelegate(t, frame, pc) {
                case .yielded(let bits):
                    t.objects.pointee.handled = callersHandled
                    defer { t.vm.pointee.hasYielded = false }
                    return suspend(t, generator, frame, pc, resumeRegister: pc.a, live: pc.c, bits)
                case .returned(let bits):
                    frame.drop(t, pc.b)
                    frame.put(t, pc.a, bits)
                    start = pc + 8
                    raising = false
                case .raised: break
                }
            } else {
                start = pc - 8
            }
        }
        let bits = VM.run(t, frame, start, raising: raising)
        Calls.noteNativeReturn(t)
        t.objects.pointee.handled = callersHandled
        if t.vm.pointee.hasYielded {
            t.vm.pointee.hasYielded = false
            return bits
        }
        finish(t, generator)
        if bits != 0 { result = Value(bits: bits) }
        return 0
    }

    /// From the dispatch loop: saves the frame and leaves it with the yielded value.
    @inline(never)
    static func yield(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer) -> UInt64 {
        let value = t.ownedForm(regs[pc.b])
        if pc.flags & InstructionFlags.consumeB != 0 || pc.a == pc.b {
            regs[pc.b] = 0
        } else {
            t.retain(Value(bits: value))
        }
        let generator = GeneratorRef(raw: regs.localsMapping.object.raw)
        return suspend(t, generator, regs, pc + 8, resumeRegister: pc.a, live: pc.c, value)
    }

    /// Moves the frame's first `count` registers into the generator.
    @inline(__always)
    static func saveRegisters(_ t: Thread, _ generator: GeneratorRef, _ regs: Registers, live count: Int) {
        if BuildOptions.checksInvariants {
            for index in count..<generator.registerCount {
                invariant(regs[index] & 7 != 0 || regs[index] == 0, "register \(index) outlives a yield unseen")
            }
        }
        let saved = generator.registers.unsafelyUnwrapped
        generator.word(GeneratorRef.liveCount).pointee = UInt64(count)
        var index = 0
        while index < count {
            saved.setPlainly(index, t.ownedForm(regs[index]))
            regs.setPlainly(index, 0)
            index &+= 1
        }
    }

    static func suspend(
        _ t: Thread, _ generator: GeneratorRef, _ regs: Registers, _ pc: UnsafeMutableRawPointer,
        resumeRegister: Int, live count: Int, _ value: UInt64
    ) -> UInt64 {
        // Only an exception that this frame handles belongs to the generator; another is the caller's.
        let handled = t.objects.pointee.handled
        var ownHandled: UInt64 = 0
        if _slowPath(!handled.isNull) {
            for index in 0..<count where regs[index] != 0 && handled.isSame(Value(bits: regs[index])) { ownHandled = handled.bits }
        }
        saveRegisters(t, generator, regs, live: count)
        if t.barrierActive != 0 { WriteBarrier.shade(generator.object, t) }
        generator.word(56).pointee = UInt64(UInt(bitPattern: pc))
        generator.word(80).pointee = ownHandled
        generator.word(88).pointee = UInt64(resumeRegister)
        if regs.frameFlags & FrameFlags.resumedHere != 0 {
            t.objects.pointee.handled = Value(bits: generator.word(GeneratorRef.callersHandled).pointee)
        }
        t.currentFrame = regs.callerFrame
        t.objects.pointee.recursionDepth -= 1
        t.vm.pointee.hasYielded = true
        generator.state.pointee.store(GeneratorRef.suspended, ordering: .releasing)
        return value
    }

    /// The frame is gone: the generator never runs again.
    static func finish(_ t: Thread, _ generator: GeneratorRef) {
        if t.barrierActive != 0 { WriteBarrier.willShiftItems(generator.object, t) }
        generator.dropRegisters(t)
        generator.state.pointee.store(GeneratorRef.finished, ordering: .releasing)
    }

    // MARK: Delegation

    @inline(never)
    static func delegate(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer) -> DelegateOutcome {
        let iterator = regs.value(pc.b)
        let sent = regs.value(pc.a)
        regs.savePC(pc + 8)
        var result = Value.null
        var bits: UInt64 = 0
        let type = t.typeOf(iterator)
        if type == t.type(.generator) || type == t.type(.coroutine) {
            regs[pc.a] = 0
            bits = resume(t, GeneratorRef(iterator), Value(bits: t.ownedForm(sent.bits)), throwing: false, result: &result)
            if bits == 0 && !t.hasRaised && result.isNull { result = .none }
        } else if sent.isNone, let next = type.record.pointee.next {
            bits = next(t.raw, iterator.bits)
            if bits == 0 && !t.hasRaised { result = .none }
        } else {
            do throws(PythonError) {
                bits = try t.callMethod(iterator, Interning.intern("send"), sent).bits
            } catch { bits = 0 }
        }
        if bits != 0 {
            let generator = GeneratorRef(raw: regs.localsMapping.object.raw)
            t.vm.pointee.yielded = suspend(t, generator, regs, pc, resumeRegister: pc.a, live: pc.c, bits)
            return .yielded
        }
        if t.hasRaised {
            guard t.matchesRaised(.stopIteration) else { return .failed }
            result = t.takeStopIterationValue()
        }
        regs.drop(t, pc.b)
        regs.put(t, pc.a, result.bits)
        return .finished
    }

    @inline(never)
    static func takeYielded(_ t: Thread) -> UInt64 {
        let bits = t.vm.pointee.yielded
        t.vm.pointee.yielded = 0
        return bits
    }

    enum Thrown {
        case yielded(UInt64), returned(UInt64), raised
    }

    /// The exception that is set goes into the delegate.
    static func throwIntoDelegate(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer) -> Thrown {
        let iterator = t.retain(regs.value(pc.b))
        defer { t.release(iterator) }
        let exception = t.takeRaised()
        if t.matches(exception: exception, .generatorExit) {
            if let close = try? t.getAttributeOrNull(iterator, Interning.intern("close")), !close.isNull {
                defer { t.release(close) }
                guard let closed = try? t.call(close) else {
                    t.release(exception)
                    return .raised
                }
                t.release(closed)
            }
            t.setRaised(exception)
            return .raised
        }
        guard let method = try? t.getAttributeOrNull(iterator, Interning.intern("throw")) else {
            t.release(exception)
            return .raised
        }
        if method.isNull {
            t.setRaised(exception)
            return .raised
        }
        defer { t.release(method) }
        defer { t.release(exception) }
        do throws(PythonError) { return .yielded(try t.call(method, exception).bits) } catch {
            if t.matchesRaised(.stopIteration) { return .returned(t.takeStopIterationValue().bits) }
            return .raised
        }
    }

    @inline(never)
    static func iterator(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer) -> Bool {
        NameAccess.attempt(t) { () throws(PythonError) in
            let source = try NameAccess.bound(t, regs, pc.b)
            let type = t.typeOf(source)
            let result: Value
            switch unsafeBitCast(pc.load(as: UInt8.self), to: Opcode.self) {
            case .getYieldFromIterator:
                if type == t.type(.coroutine) {
                    guard regs.code.pointee.has(.iterableCoroutine) else {
                        throw t.raise(.typeError, "cannot 'yield from' a coroutine object in a non-coroutine generator")
                    }
                    result = t.retain(source)
                } else {
                    result = type == t.type(.generator) ? t.retain(source) : try t.iterate(source)
                }
            case .getAwaitable: result = try Awaitables.iterator(t, source, use: pc.c)
            case .getAsyncIterator: result = try AsyncGenerators.iterator(t, source)
            case .getAsyncNext: result = try AsyncGenerators.next(t, source)
            default: throw t.raise(.systemError, "not an instruction about iterators")
            }
            if pc.flags & InstructionFlags.consumeB != 0 { regs.drop(t, pc.b) }
            regs.put(t, pc.a, result.bits)
        }
    }

    // MARK: Type

    /// `next`, `send` and `throw` for Python: StopIteration carries the result.
    static func finishCall(_ t: Thread, _ bits: UInt64, _ result: Value) -> UInt64 {
        if bits != 0 || t.hasRaised { return bits }
        _ = t.stopIteration(result.isNull ? .none : result)
        t.release(result)
        return 0
    }

    static func close(_ t: Thread, _ generator: GeneratorRef) -> UInt64 {
        let state = generator.state.pointee.load(ordering: .acquiring)
        if state == GeneratorRef.finished { return Value.none.bits }
        if state == GeneratorRef.created {
            var expected = Value.null
            _ = t.raise(.generatorExit, "")
            _ = resume(t, generator, .none, throwing: true, result: &expected)
            if t.matchesRaised(.generatorExit) { t.clearRaised() }
            return t.hasRaised ? 0 : Value.none.bits
        }
        _ = t.raise(.generatorExit, "")
        var result = Value.null
        let bits = resume(t, generator, .none, throwing: true, result: &result)
        if bits != 0 {
            t.release(Value(bits: bits))
            _ = t.raise(.runtimeError, "\(kindName(t, generator)) ignored GeneratorExit")
            return 0
        }
        if t.hasRaised {
            if t.matchesRaised(.generatorExit) || t.matchesRaised(.stopIteration) {
                t.clearRaised()
                return Value.none.bits
            }
            return 0
        }
        return result.isNull ? Value.none.bits : result.bits
    }

    static func define() {
        for (id, name) in [(TypeID.generator, "generator"), (.coroutine, "coroutine"), (.asyncGenerator, "async_generator")] {
            StaticTypes.define(id, name, basicSize: UInt32(GeneratorRef.bytes), flags: TypeFlags.collectable | TypeFlags.weaklyReferencable) { b in
                b.record.pointee.memory.traverse = { object, visitor in
                    let generator = GeneratorRef(raw: object)
                    for offset in GeneratorRef.values {
                        let value = Value(bits: generator.word(offset).pointee)
                        if value.isObject { visitor.report(value.object.raw, value.isCounted) }
                    }
                    guard let saved = generator.registers else { return }
                    for index in 0..<generator.registerCount {
                        let value = Value(bits: saved[index])
                        if value.isObject { visitor.report(value.object.raw, true) }
                    }
                }
                b.record.pointee.memory.clear = { raw, object in
                    let generator = GeneratorRef(raw: object)
                    if generator.state.pointee.load(ordering: .relaxed) != GeneratorRef.running {
                        Generators.finish(Thread(raw), generator)
                    }
                }
                b.record.pointee.memory.finalize = { raw, object in
                    let t = Thread(raw)
                    let generator = GeneratorRef(raw: object)
                    let state = generator.state.pointee.load(ordering: .relaxed)
                    if state == GeneratorRef.finished || state == GeneratorRef.running { return }
                    let outer = t.takeRaised()
                    let type = TypeRef(generator.object.typeRaw)
                    if type == t.type(.asyncGenerator) && AsyncGenerators.handOver(t, generator) {
                        if !outer.isNull { t.setRaised(outer) }
                        return
                    }
                    if state == GeneratorRef.created {
                        if type == t.type(.coroutine) { Awaitables.warnNeverAwaited(t, generator) }
                    } else {
                        let bits = Generators.close(t, generator)
                        t.vm.pointee.yieldedItem = false
                        if bits == 0 { t.writeUnraisable(context: Value(ObjectRef(object))) } else { t.release(Value(bits: bits)) }
                    }
                    if !outer.isNull { t.setRaised(outer) }
                }
                b.record.pointee.memory.deallocate = { raw, object in
                    let t = Thread(raw)
                    // One that has finished has nothing to finalize.
                    if GeneratorRef(raw: object).state.pointee.load(ordering: .relaxed) != GeneratorRef.finished,
                        Finalizer.run(t, ObjectRef(object))
                    {
                        return
                    }
                    if ObjectRef(object).flags & ObjectFlags.weaklyReferenced != 0 { WeakReferences.clear(t, ObjectRef(object)) }
                    let generator = GeneratorRef(raw: object)
                    if let saved = generator.registers {
                        // Those of a finished one are null.
                        if generator.state.pointee.load(ordering: .relaxed) != GeneratorRef.finished { generator.dropRegisters(t) }
                        if saved != generator.word(GeneratorRef.bytes) {
                            Allocation.freeBuffer(t, UnsafeMutableRawPointer(saved), bytes: generator.registerCount * 8)
                        }
                    }
                    for offset in GeneratorRef.values { t.release(Value(bits: generator.word(offset).pointee)) }
                    Allocation.free(ObjectRef(object), t)
                }
                b.record.pointee.repr = { raw, v in
                    returning(raw) { (t) throws(PythonError) -> Value in
                        let generator = GeneratorRef(Value(bits: v))
                        // Another thread may be giving it another name.
                        let name = SharedSlot.load(t, generator.object, 72)
                        defer { t.release(name) }
                        return try t.makeString(
                            "<\(Generators.kindName(t, generator)) object \(StrRef(name).string) at 0x\(String(v & ~7, radix: 16))>")
                    }
                }
                if id == .generator {
                    b.record.pointee.iterate = { raw, v in Thread(raw).retain(Value(bits: v)).bits }
                    b.record.pointee.next = { raw, v in
                        let t = Thread(raw)
                        var result = Value.null
                        let bits = Generators.resume(t, GeneratorRef(Value(bits: v)), .none, throwing: false, result: &result)
                        if bits == 0 && !t.hasRaised && !result.isNull && !result.isNone {
                            _ = t.stopIteration(result)
                            t.release(result)
                        }
                        return bits
                    }
                }
                GeneratorAttributes.define(b, id)
                AsyncGenerators.addMethods(b, id)
                if id == .asyncGenerator { return }
                b.method("send", 1, 1) { raw, s, a, _, _ in
                    let t = Thread(raw)
                    var result = Value.null
                    let bits = Generators.resume(
                        t, GeneratorRef(Value(bits: s)), t.retain(Value(bits: a[0])), throwing: false, result: &result)
                    return Generators.finishCall(t, bits, result)
                }
                b.method("throw", 1, 3) { raw, s, a, n, _ in
                    let t = Thread(raw)
                    do throws(PythonError) {
                        let exception = try Generators.exception(t, a, n)
                        defer { t.release(exception) }
                        try Exceptions.set(t, exception, .null)
                    } catch {
                        if !t.hasRaised { return 0 }
                    }
                    var result = Value.null
                    let bits = Generators.resume(t, GeneratorRef(Value(bits: s)), .none, throwing: true, result: &result)
                    return Generators.finishCall(t, bits, result)
                }
                b.method("close", 0, 0) { raw, s, _, _, _ in Generators.close(Thread(raw), GeneratorRef(Value(bits: s))) }
            }
        }
    }

    /// What `throw(exception)` or the older `throw(type, value, traceback)` throws. Owned.
    static func exception(_ t: Thread, _ a: UnsafeMutablePointer<UInt64>, _ n: Int) throws(PythonError) -> Value {
        let (kind, value) = (Value(bits: a[0]), n > 1 ? Value(bits: a[1]) : .none)
        if n == 1 { return t.retain(kind) }
        var made: Value
        if !t.isType(kind) {
            if !value.isNone { throw t.raise(.typeError, "instance exception may not have a separate value") }
            made = t.retain(kind)
        } else if value.isNone ? false : try t.isInstance(value, kind) {
            made = t.retain(value)
        } else if value.isNone {
            made = try t.call(kind)
        } else if t.isTuple(value) {
            made = try t.call(kind, list: (0..<TupleRef(value).count).map { TupleRef(value).item($0) })
        } else {
            made = try t.call(kind, value)
        }
        if n == 3, !Value(bits: a[2]).isNone {
            let plain = made
            defer { t.release(plain) }
            made = try t.callMethod(plain, Interning.intern("with_traceback"), Value(bits: a[2]))
        }
        return made
    }
}
