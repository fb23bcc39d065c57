// Asynchronous generators: `async for`, and the awaitables that __anext__, asend, athrow and aclose return.
//
// The frame is a generator's. It yields for two reasons: an item for whoever iterates, or what an awaitable inside has
// yielded, which goes on to the event loop. An item sets `yieldedItem` of the thread, which the step that resumed the generator takes back at
// once; a step ends with StopIteration that carries the item, and hands anything else on.
//
//   asyncSend    24 generator   32 value to send        40 step state (atomic)
//   asyncThrow   24 generator   32 tuple of arguments of throw, null for aclose   40 step state (atomic)
//
// Step      fresh, then stepping (its first send has been made), then over; busy while a thread is in one of its methods: another thread that has the
//           same step gets ValueError, as if it had resumed the generator.
// AsyncState  word 112 of the generator: `running` from the first send of a step to its end: one step at a time. It is taken by an atomic or, so of
//           two threads that begin a step one gets RuntimeError. `hooked` is taken the same way: one thread calls the hook.
// Ordering  (G1) who begins a step acquires what the one that ended the last step released. Registers go by the generator's own state.
import StillBytecode
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import Synchronization

enum AsyncState {
    static let running: UInt64 = 1
    static let closed: UInt64 = 2
    static let hooked: UInt64 = 4

    static func word(_ generator: GeneratorRef) -> UnsafeMutablePointer<Atomic<UInt64>> { generator.object.atomicWord(112) }
    static func has(_ generator: GeneratorRef, _ bit: UInt64) -> Bool { word(generator).pointee.load(ordering: .acquiring) & bit != 0 }
    /// False when the bit was set already.
    static func take(_ generator: GeneratorRef, _ bit: UInt64) -> Bool {
        word(generator).pointee.bitwiseOr(bit, ordering: .acquiringAndReleasing).oldValue & bit == 0  // G1
    }
    static func drop(_ generator: GeneratorRef, _ bit: UInt64) {
        word(generator).pointee.bitwiseAnd(~bit, ordering: .releasing)  // G1
    }
}

enum AsyncGenerators {
    private static let fresh: UInt64 = 0
    private static let stepping: UInt64 = 1
    private static let over: UInt64 = 2
    private static let busy: UInt64 = 3

    // MARK: async for

    /// Owned.
    static func iterator(_ t: Thread, _ source: Value) throws(PythonError) -> Value {
        try iterator(
            t, source, noIterable: { "'async for' requires an object with __aiter__ method, got \($0)" },
            noIterator: { "'async for' received an object from __aiter__ that does not implement __anext__: \($0)" })
    }

    /// What `__aiter__` returns, which must have `__anext__`. Owned.
    ///
    /// - Parameters: the messages of the TypeErrors, from the name of the type at fault.
    static func iterator(
        _ t: Thread, _ source: Value, noIterable: (String) -> String, noIterator: (String) -> String
    ) throws(PythonError) -> Value {
        let method = try t.lookupSpecial(source, Interning.intern("__aiter__"))
        if method.isNull { throw t.raise(.typeError, noIterable(t.typeName(source))) }
        defer { t.release(method) }
        let made = try t.call(method)
        let next = try t.lookupSpecial(made, Interning.intern("__anext__"))
        if next.isNull {
            let name = t.typeName(made)
            t.release(made)
            throw t.raise(.typeError, noIterator(name))
        }
        t.release(next)
        return made
    }

    /// What to await for the next item. Owned.
    static func next(_ t: Thread, _ iterator: Value) throws(PythonError) -> Value {
        if t.typeOf(iterator) == t.type(.asyncGenerator) { return try step(t, GeneratorRef(iterator), .asyncSend, .none) }
        let method = try t.lookupSpecial(iterator, Interning.intern("__anext__"))
        if method.isNull {
            throw t.raise(.typeError, "'async for' requires an iterator with __anext__ method, got \(t.typeName(iterator))")
        }
        defer { t.release(method) }
        let awaitable = try t.call(method)
        defer { t.release(awaitable) }
        do throws(PythonError) { return try Awaitables.iterator(t, awaitable) } catch {
            let cause = t.takeRaised()
            _ = t.raise(.typeError, "'async for' received an invalid object from __anext__: \(t.typeName(awaitable))")
            let raised = t.takeRaised()
            ExceptionRef(raised).setCause(t, t.retain(cause))
            ExceptionRef(raised).setContext(t, cause)
            t.setRaised(raised)
            throw PythonError()
        }
    }

    /// StopAsyncIteration in [a] ends the loop. Otherwise it is raised again.
    static func endsLoop(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer) -> Bool {
        if t.matches(exception: regs.value(pc.a), .stopAsyncIteration) {
            regs.drop(t, pc.a)
            return true
        }
        Exceptions.reraise(t, regs, pc)
        return false
    }

    // MARK: Steps

    private static func step(_ t: Thread, _ generator: GeneratorRef, _ kind: TypeID, _ argument: Value) throws(PythonError) -> Value {
        if AsyncState.take(generator, AsyncState.hooked) {
            if !t.vm.pointee.asyncFinalizer.isNull { SharedSlot.store(t, generator.object, 104, t.vm.pointee.asyncFinalizer) }
            let first = t.vm.pointee.firstAsyncIteration
            if !first.isNull {
                let hook = t.retain(first)
                defer { t.release(hook) }
                t.release(try t.call(hook, Value(generator.object)))
            }
        }
        guard let object = Allocation.object(t, type: t.type(kind).raw, bytes: 48, collectable: true) else { throw t.noMemory() }
        object.setField(24, t.retain(Value(generator.object)))
        object.setField(32, t.retain(argument))
        return Value(object)
    }

    private struct Step {
        let t: Thread
        let object: ObjectRef
        init(_ t: Thread, _ bits: UInt64) {
            self.t = t
            object = Value(bits: bits).object
        }
        var generator: GeneratorRef { GeneratorRef(object.field(24, as: Value.self)) }
        var argument: Value { object.field(32) }
        var state: UnsafeMutablePointer<Atomic<UInt64>> { object.atomicWord(40) }
        var isThrow: Bool { TypeRef(object.typeRaw) == t.type(.asyncThrow) }
        var isClose: Bool { isThrow && argument.isNull }

        func end() {
            AsyncState.drop(generator, AsyncState.running)
            state.pointee.store(over, ordering: .relaxed)
        }

        /// Only this thread is in the step until it stores another state. - Returns: the state it was in, nil with an exception.
        func enter() -> UInt64? {
            var seen = state.pointee.load(ordering: .relaxed)
            while seen != over && seen != busy {
                let (done, now) = state.pointee.compareExchange(
                    expected: seen, desired: busy, successOrdering: .acquiring, failureOrdering: .relaxed)  // G1
                if done { return seen }
                seen = now
            }
            if seen == busy {
                _ = t.raise(.valueError, "async generator already executing")
            } else {
                _ = t.raise(.runtimeError, "cannot reuse already awaited \(isThrow ? "aclose()/athrow()" : "__anext__()/asend()")")
            }
            return nil
        }

        /// The first `send` or `throw` of a step. - Returns: false with an exception.
        func begin() -> Bool {
            let word = isClose ? "aclose()" : isThrow ? "athrow()" : "anext()"
            if !AsyncState.take(generator, AsyncState.running) && !FaultInjection.isActive(.stepTwice) {
                state.pointee.store(over, ordering: .relaxed)
                _ = t.raise(.runtimeError, "\(word): asynchronous generator is already running")
                return false
            }
            return true
        }

        /// Resumes the generator with an owned value or the exception that is set. - Returns: what an awaitable has yielded; 0 with an exception,
        /// which is StopIteration at the end of the step.
        func resume(_ value: Value, throwing: Bool) -> UInt64 {
            var result = Value.null
            let bits = Generators.resume(t, generator, value, throwing: throwing, result: &result)
            let isItem = t.vm.pointee.yieldedItem
            t.vm.pointee.yieldedItem = false
            if bits != 0 && !isItem {
                state.pointee.store(stepping, ordering: .releasing)  // G1
                return bits
            }
            if bits != 0 {
                let item = Value(bits: bits)
                defer { t.release(item) }
                end()
                if isClose {
                    _ = t.raise(.runtimeError, "async generator ignored GeneratorExit")
                } else {
                    _ = t.stopIteration(item)
                }
                return 0
            }
            if !t.hasRaised {
                t.release(result)
                _ = t.raise(.stopAsyncIteration)
            }
            if t.matchesRaised(.stopAsyncIteration) || t.matchesRaised(.generatorExit) {
                _ = AsyncState.take(generator, AsyncState.closed)
                if isClose {
                    t.clearRaised()
                    _ = t.stopIteration(.none)
                }
            }
            end()
            return 0
        }

        func send(_ argument: Value) -> UInt64 {
            guard let seen = enter() else { return 0 }
            if isThrow && generator.state.pointee.load(ordering: .acquiring) == GeneratorRef.finished {
                if seen == fresh { state.pointee.store(over, ordering: .relaxed) } else { end() }
                _ = t.stopIteration(.none)
                return 0
            }
            if seen == stepping { return resume(t.retain(argument), throwing: false) }
            if !begin() { return 0 }
            if !isThrow { return resume(t.retain(argument.isNone ? self.argument : argument), throwing: false) }
            if AsyncState.has(generator, AsyncState.closed) {
                end()
                _ = t.raise(.stopAsyncIteration)
                return 0
            }
            if !argument.isNone {
                end()
                _ = t.raise(.runtimeError, "can't send non-None value to a just-started coroutine")
                return 0
            }
            if isClose {
                _ = AsyncState.take(generator, AsyncState.closed)
                _ = t.raise(.generatorExit)
            } else {
                let items = TupleRef(self.argument)
                var words = (0..<items.count).map { items.item($0).bits }
                if !words.withUnsafeMutableBufferPointer({ AsyncGenerators.setThrown(t, $0.baseAddress!, items.count) }) {
                    end()
                    return 0
                }
            }
            return resume(.none, throwing: true)
        }

        func raise(_ a: UnsafeMutablePointer<UInt64>, _ n: Int) -> UInt64 {
            guard let seen = enter() else { return 0 }
            if seen == fresh && !begin() { return 0 }
            if !AsyncGenerators.setThrown(t, a, n) {
                end()
                return 0
            }
            return resume(.none, throwing: true)
        }

        func close() -> UInt64 {
            if state.pointee.load(ordering: .relaxed) == over { return Value.none.bits }
            guard let seen = enter() else { return 0 }
            if seen == fresh && !begin() { return 0 }
            _ = t.raise(.generatorExit)
            let bits = resume(.none, throwing: true)
            if bits != 0 {
                t.release(Value(bits: bits))
                _ = t.raise(.runtimeError, "coroutine ignored GeneratorExit")
                return 0
            }
            if t.matchesRaised(.stopIteration) || t.matchesRaised(.stopAsyncIteration) || t.matchesRaised(.generatorExit) {
                t.clearRaised()
                return Value.none.bits
            }
            return 0
        }
    }

    /// Sets the exception that `throw(…)` names. - Returns: false when the arguments name none: then that is set.
    private static func setThrown(_ t: Thread, _ a: UnsafeMutablePointer<UInt64>, _ n: Int) -> Bool {
        do throws(PythonError) {
            let exception = try Generators.exception(t, a, n)
            defer { t.release(exception) }
            let instance = try t.exceptionInstance(exception)
            t.chainContext(instance)
            t.setRaised(instance)
            return true
        } catch { return false }
    }

    /// The generator is about to die: its hook may schedule the rest of its life. - Returns: true when there was one.
    static func handOver(_ t: Thread, _ generator: GeneratorRef) -> Bool {
        if AsyncState.has(generator, AsyncState.closed) { return false }
        let hook = SharedSlot.load(t, generator.object, 104)
        if hook.isNull { return false }
        defer { t.release(hook) }
        do throws(PythonError) { t.release(try t.call(hook, Value(generator.object))) } catch {
            t.writeUnraisable(context: Value(generator.object))
        }
        return true
    }

    // MARK: Types

    /// The methods of asynchronous generators and of coroutines beyond those of generators.
    static func addMethods(_ b: TypeBuilder, _ id: TypeID) {
        if id == .coroutine {
            b.method("__await__", 0, 0) { raw, s, _, _, _ in
                returning(raw) { (t) throws(PythonError) -> Value in try Awaitables.wrapper(t, Value(bits: s)) }
            }
        }
        guard id == .asyncGenerator else { return }
        b.method("__aiter__", 0, 0) { raw, s, _, _, _ in Thread(raw).retain(Value(bits: s)).bits }
        b.method("__anext__", 0, 0) { raw, s, _, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                try AsyncGenerators.step(t, GeneratorRef(Value(bits: s)), .asyncSend, .none)
            }
        }
        b.method("asend", 1, 1) { raw, s, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                try AsyncGenerators.step(t, GeneratorRef(Value(bits: s)), .asyncSend, Value(bits: a[0]))
            }
        }
        b.method("athrow", 1, 3) { raw, s, a, n, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let arguments = try t.makeTuple((0..<n).map { t.retain(Value(bits: a[$0])) })
                defer { t.release(arguments) }
                return try AsyncGenerators.step(t, GeneratorRef(Value(bits: s)), .asyncThrow, arguments)
            }
        }
        b.method("aclose", 0, 0) { raw, s, _, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                try AsyncGenerators.step(t, GeneratorRef(Value(bits: s)), .asyncThrow, .null)
            }
        }
        b.classMethod("__class_getitem__", 1, 1) { raw, s, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in try t.makeGenericAlias(Value(bits: s), Value(bits: a[0])) }
        }
    }

    static func define() {
        for (id, name) in [(TypeID.asyncSend, "async_generator_asend"), (.asyncThrow, "async_generator_athrow")] {
            StaticTypes.define(id, name, basicSize: 48, flags: TypeFlags.collectable) { b in
                b.record.pointee.memory.traverse = { object, visitor in FixedFields.traverse(object, visitor, 24, 40) }
                b.record.pointee.memory.clear = { _, _ in }
                b.record.pointee.memory.deallocate = { raw, object in FixedFields.deallocate(Thread(raw), object, 24, 40) }
                b.record.pointee.iterate = { raw, v in Thread(raw).retain(Value(bits: v)).bits }
                b.record.pointee.next = { raw, v in Step(Thread(raw), v).send(.none) }
                b.method("__await__", 0, 0) { raw, s, _, _, _ in Thread(raw).retain(Value(bits: s)).bits }
                b.method("send", 1, 1) { raw, s, a, _, _ in Step(Thread(raw), s).send(Value(bits: a[0])) }
                b.method("throw", 1, 3) { raw, s, a, n, _ in Step(Thread(raw), s).raise(a, n) }
                b.method("close", 0, 0) { raw, s, _, _, _ in Step(Thread(raw), s).close() }
            }
        }
    }
}
