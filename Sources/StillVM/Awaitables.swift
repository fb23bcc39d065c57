// The awaiting side of coroutines: what `await` iterates over, `coroutine.__await__()`, and the warning about a coroutine that nobody awaited.
//
//   awaitIterator    24 coroutine
//   anextAwaitable   24 iterator of the awaitable   32 default
//
// Both only hand calls on; what they hold does not change.
import StillBytecode
public import StillObjects
import StillObmalloc
import StillPlatform
public import StillThreadRegistry
import Synchronization

enum Awaitables {
    /// The iterator that `await` delegates to. `use`: 0 await, 1 __aenter__, 2 __aexit__ (for the message). Owned.
    static func iterator(_ t: Thread, _ source: Value, use: Int = 0) throws(PythonError) -> Value {
        let type = t.typeOf(source)
        if type == t.type(.coroutine) {
            let inner = GeneratorAttributes.delegate(t, GeneratorRef(source))
            if !inner.isNull {
                t.release(inner)
                throw t.raise(.runtimeError, "coroutine is being awaited already")
            }
            return t.retain(source)
        }
        if type == t.type(.generator) && GeneratorRef(source).code.pointee.has(.iterableCoroutine) { return t.retain(source) }
        let method = try t.lookupSpecial(source, Interning.intern("__await__"))
        if method.isNull {
            if use != 0 {
                throw t.raise(
                    .typeError,
                    "'async with' received an object from \(use == 1 ? "__aenter__" : "__aexit__") that does not implement __await__: \(t.typeName(source))")
            }
            throw t.raise(.typeError, "object \(t.typeName(source)) can't be used in 'await' expression")
        }
        defer { t.release(method) }
        let made = try t.call(method)
        let kind = t.typeOf(made)
        if kind == t.type(.coroutine) || (kind == t.type(.generator) && GeneratorRef(made).code.pointee.has(.iterableCoroutine)) {
            t.release(made)
            throw t.raise(.typeError, "__await__() returned a coroutine")
        }
        if kind.record.pointee.next == nil {
            let name = t.typeName(made)
            t.release(made)
            throw t.raise(.typeError, "__await__() returned non-iterator of type '\(name)'")
        }
        return made
    }

    /// Where a coroutine is being made: (file, line, function) of so many frames, innermost first. Owned, null without memory.
    static func origin(_ t: Thread) -> Value {
        // The frame that becomes the coroutine is current; the call is below it.
        var frame = t.currentFrame?.callerFrame
        var entries: [Value] = []
        var depth = t.vm.pointee.originDepth
        do throws(PythonError) {
            while let one = frame, depth > 0 {
                frame = one.callerFrame
                if one.functionRaw == nil { continue }
                let line = one.code.pointee.position(at: max(0, one.wordIndex(before: one.savedPC))).line
                entries.append(
                    try t.makeTuple([
                        t.retain(one.code.pointee.filename), Value(smallInt: Int(line)), t.retain(one.code.pointee.name),
                    ]))
                depth -= 1
            }
            return try t.makeTuple(entries)
        } catch {
            for entry in entries { t.release(entry) }
            t.clearRaised()
            return .null
        }
    }

    private static func originText(_ t: Thread, _ coroutine: GeneratorRef) -> String {
        let origin = Value(bits: coroutine.word(104).pointee)
        if origin.isNull { return "" }
        var text = "\nCoroutine created at (most recent call last)\n"
        for index in (0..<TupleRef(origin).count).reversed() {
            let entry = TupleRef(TupleRef(origin).item(index))
            text += "  File \"\(StrRef(entry.item(0)).string)\", line \(t.intValue(entry.item(1)) ?? 0), in \(StrRef(entry.item(2)).string)\n"
        }
        return String(text.dropLast())
    }

    /// The object is dying, and its code has never run.
    static func warnNeverAwaited(_ t: Thread, _ coroutine: GeneratorRef) {
        do throws(PythonError) {
            let modules = DictRef(t.interpreterState.pointee.modules)
            var module = modules.getName(t, Interning.intern("warnings"))
            if module.isNull && t.interpreterState.pointee.finalizing.load(ordering: .relaxed) == 0
                && !t.interpreterState.pointee.stdlib.isNull
            {
                module = try Imports.load(t, "warnings")
            }
            defer { t.release(module) }
            if module.isNull { return }
            // Not `_warn_unawaited_coroutine`: what it adds is for a native part of that module.
            let name = StrRef(Value(bits: coroutine.word(72).pointee)).string
            let text = try t.makeString("coroutine '\(name)' was never awaited" + originText(t, coroutine))
            defer { t.release(text) }
            t.release(
                try t.callMethod(module, Interning.intern("warn"), text, t.exceptionType(.runtimeWarning).value, Value(smallInt: 1)))
        } catch { t.writeUnraisable(context: Value(coroutine.object)) }
    }

    // MARK: anext(iterator, default)

    /// Owned.
    static func anext(_ t: Thread, _ iterator: Value, default other: Value) throws(PythonError) -> Value {
        let method = try t.lookupSpecial(iterator, Interning.intern("__anext__"))
        if method.isNull { throw t.raise(.typeError, "'\(t.typeName(iterator))' object is not an async iterator") }
        defer { t.release(method) }
        let awaitable = try t.call(method)
        if other.isNull { return awaitable }
        defer { t.release(awaitable) }
        let inner = try Awaitables.iterator(t, awaitable)
        guard let object = Allocation.object(t, type: t.type(.anextAwaitable).raw, bytes: 40, collectable: true) else {
            t.release(inner)
            throw t.noMemory()
        }
        object.setField(24, inner)
        object.setField(32, t.retain(other))
        return Value(object)
    }

    private static func field(_ s: UInt64, _ offset: Int) -> Value { Value(bits: s).object.field(offset) }

    /// StopAsyncIteration becomes the default.
    private static func finishNext(_ t: Thread, _ s: UInt64, _ bits: UInt64) -> UInt64 {
        if bits == 0 && t.matchesRaised(.stopAsyncIteration) {
            t.clearRaised()
            _ = t.stopIteration(field(s, 32))
        }
        return bits
    }

    /// Calls `send`, `throw` or `close`; iterators without `send` are only asked for the next item.
    static func forward(_ t: Thread, _ inner: Value, _ name: String, _ a: UnsafeMutablePointer<UInt64>, _ n: Int) -> UInt64 {
        do throws(PythonError) {
            if name == "send", Value(bits: a[0]).isNone, let next = t.typeOf(inner).record.pointee.next {
                let bits = next(t.raw, inner.bits)
                if bits == 0 && !t.hasRaised { throw t.stopIteration(.none) }
                return bits
            }
            let method = try t.getAttribute(inner, Interning.intern(name))
            defer { t.release(method) }
            return try t.call(method, args: a, count: n, keywords: .null).bits
        } catch { return 0 }
    }

    static func define() {
        StaticTypes.define(.awaitIterator, "coroutine_wrapper", basicSize: 32, flags: TypeFlags.collectable) { b in
            Awaitables.memory(b, 32)
            b.record.pointee.iterate = { raw, v in Thread(raw).retain(Value(bits: v)).bits }
            b.record.pointee.next = { raw, v in
                let t = Thread(raw)
                var result = Value.null
                let bits = Generators.resume(t, GeneratorRef(Awaitables.field(v, 24)), .none, throwing: false, result: &result)
                return Generators.finishCall(t, bits, result)
            }
            b.method("send", 1, 1) { raw, s, a, n, _ in Awaitables.forward(Thread(raw), Awaitables.field(s, 24), "send", a, n) }
            b.method("throw", 1, 3) { raw, s, a, n, _ in Awaitables.forward(Thread(raw), Awaitables.field(s, 24), "throw", a, n) }
            b.method("close", 0, 0) { raw, s, a, n, _ in Awaitables.forward(Thread(raw), Awaitables.field(s, 24), "close", a, n) }
        }
        StaticTypes.define(.anextAwaitable, "anext_awaitable", basicSize: 40, flags: TypeFlags.collectable) { b in
            Awaitables.memory(b, 40)
            b.record.pointee.iterate = { raw, v in Thread(raw).retain(Value(bits: v)).bits }
            b.record.pointee.next = { raw, v in
                var none = Value.none.bits
                let bits = withUnsafeMutablePointer(to: &none) { Awaitables.forward(Thread(raw), Awaitables.field(v, 24), "send", $0, 1) }
                return Awaitables.finishNext(Thread(raw), v, bits)
            }
            b.method("__await__", 0, 0) { raw, s, _, _, _ in Thread(raw).retain(Value(bits: s)).bits }
            b.method("send", 1, 1) { raw, s, a, n, _ in
                Awaitables.finishNext(Thread(raw), s, Awaitables.forward(Thread(raw), Awaitables.field(s, 24), "send", a, n))
            }
            b.method("throw", 1, 3) { raw, s, a, n, _ in
                Awaitables.finishNext(Thread(raw), s, Awaitables.forward(Thread(raw), Awaitables.field(s, 24), "throw", a, n))
            }
            b.method("close", 0, 0) { raw, s, a, n, _ in
                Awaitables.finishNext(Thread(raw), s, Awaitables.forward(Thread(raw), Awaitables.field(s, 24), "close", a, n))
            }
        }
    }

    private static func memory(_ b: TypeBuilder, _ end: Int) {
        if end == 32 {
            b.record.pointee.memory.traverse = { object, visitor in FixedFields.traverse(object, visitor, 24, 32) }
            b.record.pointee.memory.clear = { _, _ in }
            b.record.pointee.memory.deallocate = { raw, object in FixedFields.deallocate(Thread(raw), object, 24, 32) }
        } else {
            b.record.pointee.memory.traverse = { object, visitor in FixedFields.traverse(object, visitor, 24, 40) }
            b.record.pointee.memory.clear = { _, _ in }
            b.record.pointee.memory.deallocate = { raw, object in FixedFields.deallocate(Thread(raw), object, 24, 40) }
        }
    }

    /// `coroutine.__await__()`. Owned.
    static func wrapper(_ t: Thread, _ coroutine: Value) throws(PythonError) -> Value {
        guard let object = Allocation.object(t, type: t.type(.awaitIterator).raw, bytes: 32, collectable: true) else { throw t.noMemory() }
        object.setField(24, t.retain(coroutine))
        return Value(object)
    }
}

/// The builtin functions of asynchronous iteration, for the module builtins.
public enum AsyncBuiltins {
    public static func iterate(_ t: Thread, _ source: Value) throws(PythonError) -> Value {
        try AsyncGenerators.iterator(
            t, source, noIterable: { "'\($0)' object is not an async iterable" },
            noIterator: { "aiter() returned not an async iterator of type '\($0)'" })
    }
    public static func next(_ t: Thread, _ iterator: Value, default other: Value) throws(PythonError) -> Value {
        try Awaitables.anext(t, iterator, default: other)
    }
}

/// The hooks of `sys.set_asyncgen_hooks`: each thread's own.
public enum AsyncHooks {
    /// Retains what it is given; null for none.
    public static func set(_ t: Thread, first: Value, finalizer: Value) {
        let old = (t.vm.pointee.firstAsyncIteration, t.vm.pointee.asyncFinalizer)
        t.vm.pointee.firstAsyncIteration = t.retain(first)
        t.vm.pointee.asyncFinalizer = t.retain(finalizer)
        t.release(old.0)
        t.release(old.1)
    }
}
