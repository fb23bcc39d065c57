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
//           128 how many registers are in the buffer: 0 while it runs; what lies behind them means nothing, and in the frame is no more than immediates
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
    /// Gives up what is saved.
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
            for index in 0..<Int(code.pointee.freeCount) {
                let cell = TupleRef(function.closure).item(index)
                saved[1 + index] = RunningFrame.isValue(code, index) ? t.ownedForm(Cells.load(t, cell.object)) : t.retain(cell).bits
            }
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
        guard Iteration.makeIterator(t, regs, pc.a, index: 0), let generator = allocate(t, code) else { return 0 }
        let saved = generator.registers.unsafelyUnwrapped
        let first = regs + pc.a
        let count = pc.c
        var index = 0
        while index <= count {
            saved.setPlainly(index, t.ownedForm(first[index]))
            first.setPlainly(index, 0)
            index &+= 1
        }
        // Behind the marker.
        generator.word(56).pointee = UInt64(UInt(bitPattern: code.pointee.instructions + 1))
        describeExpression(t, generator, code, ObjectRef(regs.function.raw))
        return generator.object.address
    }

    /// The generator, suspended behind the yield at `pc`, of an expression that has run without one so far (ExpressionFolds.swift). The frame's
    /// registers are empty then. Owned, nil with an exception.
    static func makeSuspended(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer) -> GeneratorRef? {
        let code = regs.code
        guard Iteration.makeIterator(t, regs, 0, index: regs[1 + Int(code.pointee.freeCount)]), let generator = allocate(t, code)
        else { return nil }
        saveRegisters(t, generator, regs, live: pc.c)
        generator.setSuspended(at: pc + 8, resumeRegister: pc.a)
        describeExpression(t, generator, code, ObjectRef(regs.function.raw))
        generator.state.pointee.store(GeneratorRef.suspended, ordering: .relaxed)  // nobody else knows it
        return generator
    }

    /// Function and names of a generator expression's generator.
    @inline(__always)
    private static func describeExpression(
        _ t: Thread, _ generator: GeneratorRef, _ code: UnsafeMutablePointer<CodeRecord>, _ function: ObjectRef
    ) {
        generator.word(40).pointee = Attributes.holding(t, Value(function)).bits
        // Interned: nothing to count.
        generator.word(64).pointee = code.pointee.name.borrowedForm.bits
        generator.word(72).pointee = code.pointee.qualifiedName.borrowedForm.bits
    }

    /// A function's name, to be held: uncounted if it is immortal, as names in source code are.
    @inline(__always)
    static func name(_ t: Thread, _ function: ObjectRef, _ offset: Int) -> Value {
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
        generator.word(GeneratorRef.liveCount).pointee = 0
        var index = 0
        while index < count {
            frame.setPlainly(index, saved[index])
            index &+= 1
        }
        frame.writeHeader(
            caller: t.currentFrame, code: code, function: function.raw, locals: generator.object.address,
            flags: FrameFlags.generator)
        t.currentFrame = frame
        t.objects.pointee.recursionDepth += 1
        let callersHandled = t.objects.pointee.handled
        generator.word(GeneratorRef.callersHandled).pointee = callersHandled.bits
        if seen == GeneratorRef.suspended {
            let own = Value(bits: generator.word(80).pointee)
            if !own.isNull {
                t.objects.pointee.handled = own
                if throwing { t.chainContext(t.objects.pointee.raised) }
            }
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
        let isGiven = pc.flags & InstructionFlags.consumeB != 0 || pc.a == pc.b
        let value = isGiven ? t.ownedForm(regs[pc.b]) : t.retain(regs.value(pc.b)).bits
        if isGiven { regs[pc.b] = 0 }
        let generator = GeneratorRef(raw: regs.localsMapping.object.raw)
        return suspend(t, generator, regs, pc + 8, resumeRegister: pc.a, live: pc.c, value)
    }

    /// The registers from `count` on hold nothing that would have to be moved.
    @inline(__always)
    static func checkMoved(_ generator: GeneratorRef, _ regs: Registers, _ count: Int) {
        if BuildOptions.checksInvariants {
            for index in count..<generator.registerCount {
                invariant(regs[index] & 7 != 0 || regs[index] == 0, "register \(index) outlives a yield unseen")
            }
        }
    }

    /// Moves the frame's first `count` registers into the generator.
    @inline(__always)
    static func saveRegisters(_ t: Thread, _ generator: GeneratorRef, _ regs: Registers, live count: Int) {
        checkMoved(generator, regs, count)
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
}
