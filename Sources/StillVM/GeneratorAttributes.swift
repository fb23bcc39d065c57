// What generators, coroutines and asynchronous generators show of themselves: gi_frame, cr_await, ag_running and so on.
//
// The registers of a suspended generator may be read by the thread that has claimed it only, like a resumption: created or suspended to
// running by compare-and-swap, and back (Generators.swift, State). A thread that resumes it meanwhile gets "already executing", as it
// would beside any other resumption.
import StillBytecode
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import Synchronization

enum GeneratorAttributes {
    /// Runs `body` on a suspended generator that nobody can resume meanwhile. nil: it is running or has ended.
    private static func claimed<R>(_ generator: GeneratorRef, _ body: (_ started: Bool) -> R) -> R? {
        var seen = generator.state.pointee.load(ordering: .acquiring)
        while seen == GeneratorRef.created || seen == GeneratorRef.suspended {
            let (done, now) = generator.state.pointee.compareExchange(
                expected: seen, desired: GeneratorRef.running, successOrdering: .acquiringAndReleasing, failureOrdering: .acquiring)
            if done {
                defer { generator.state.pointee.store(seen, ordering: .releasing) }
                return body(seen == GeneratorRef.suspended)
            }
            seen = now
        }
        return nil
    }

    /// What a suspended generator delegates to. Owned, null for nothing.
    static func delegate(_ t: Thread, _ generator: GeneratorRef) -> Value {
        claimed(generator) { started in
            guard started, let pc = generator.pc, pc.load(as: UInt8.self) == Opcode.delegate.rawValue, let saved = generator.registers
            else { return .null }
            return t.retain(Value(bits: saved[pc.b]))
        } ?? .null
    }

    /// The frame of a generator that has not ended. Owned, None otherwise.
    private static func frame(_ t: Thread, _ generator: GeneratorRef) throws(PythonError) -> Value {
        if generator.state.pointee.load(ordering: .acquiring) == GeneratorRef.finished { return .none }
        let code = generator.code
        var values: [(Value, Value)] = []
        var index = 0
        _ = claimed(generator) { started in
            guard let saved = generator.registers, let pc = generator.pc else { return }
            if started { index = max(0, (pc - UnsafeMutableRawPointer(code.pointee.instructions)) / 8 - 1) }
            for number in 0..<Int(code.pointee.localCount) {
                let value = RunningFrame.current(t, Value(bits: saved[number]))
                if !value.isNull { values.append((Value(bits: code.pointee.localNames[number]), value)) }
            }
        }
        defer { for (_, value) in values { t.release(value) } }
        let locals = try t.makeDict()
        defer { t.release(locals) }
        for (name, value) in values where !StrRef(name).string.hasPrefix(".") { try DictRef(locals).set(t, name, value) }
        let line = index == 0 ? Int(code.pointee.firstLine) : Int(code.pointee.position(at: index).line)
        return try FrameObjects.make(
            t, code: Value(ObjectRef(code.pointee.object)), globals: generator.function.globals, line: line, instruction: index,
            locals: locals)
    }

    private static func generator(_ bits: UInt64) -> GeneratorRef { GeneratorRef(Value(bits: bits)) }
    private static func stateOf(_ bits: UInt64) -> UInt64 { generator(bits).state.pointee.load(ordering: .acquiring) }

    private static func setName(_ raw: UnsafeMutableRawPointer, _ s: UInt64, _ v: UInt64, _ offset: Int, _ name: String) -> Int {
        let t = Thread(raw)
        guard v != 0, t.isStr(Value(bits: v)) else {
            _ = t.raise(.typeError, "\(name) must be set to a string object")
            return -1
        }
        SharedSlot.store(t, Value(bits: s).object, offset, Value(bits: v))
        return 0
    }

    static func define(_ b: TypeBuilder, _ id: TypeID) {
        b.property(
            "__name__", get: { raw, s in Thread(raw).ownedForm(SharedSlot.load(Thread(raw), Value(bits: s).object, 64).bits) },
            set: { raw, s, v in GeneratorAttributes.setName(raw, s, v, 64, "__name__") })
        b.property(
            "__qualname__", get: { raw, s in Thread(raw).ownedForm(SharedSlot.load(Thread(raw), Value(bits: s).object, 72).bits) },
            set: { raw, s, v in GeneratorAttributes.setName(raw, s, v, 72, "__qualname__") })
        let prefix = id == .coroutine ? "cr" : id == .asyncGenerator ? "ag" : "gi"
        b.getter("\(prefix)_code") { raw, s in
            Thread(raw).retain(Value(bits: GeneratorAttributes.generator(s).word(96).pointee)).bits
        }
        b.getter("\(prefix)_frame") { raw, s in
            returning(raw) { (t) throws(PythonError) -> Value in try GeneratorAttributes.frame(t, GeneratorAttributes.generator(s)) }
        }
        b.getter("\(prefix)_suspended") { _, s in Value(GeneratorAttributes.stateOf(s) == GeneratorRef.suspended).bits }
        b.getter(id == .generator ? "gi_yieldfrom" : "\(prefix)_await") { raw, s in
            let found = GeneratorAttributes.delegate(Thread(raw), GeneratorAttributes.generator(s))
            return found.isNull ? Value.none.bits : found.bits
        }
        if id == .asyncGenerator {
            b.getter("ag_running") { _, s in Value(AsyncState.has(GeneratorAttributes.generator(s), AsyncState.running)).bits }
        } else {
            b.getter("\(prefix)_running") { _, s in Value(GeneratorAttributes.stateOf(s) == GeneratorRef.running).bits }
        }
        if id == .coroutine {
            b.getter("cr_origin") { raw, s in
                let origin = SharedSlot.load(Thread(raw), Value(bits: s).object, 104)
                return origin.isNull ? Value.none.bits : origin.bits
            }
        }
    }
}
