// Raising, handling and matching exceptions in Python code.
//
// Handled  `objects.handled` is the exception whose handler is running; the handler's registers own it: [a] the exception,
//          [a+1] the one handled before: nothing in a generator when that is its resumer's. The thread only borrows.
import StillBytecode
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry

enum Exceptions {
    /// Sets `value` (instance or class) as the raised exception. `cause` null: none given. Always throws.
    static func set(_ t: Thread, _ value: Value, _ cause: Value) throws(PythonError) {
        var exception: Value
        if isExceptionClass(t, value) {
            exception = try t.call(value)
            if !isException(t, exception) {
                t.release(exception)
                throw t.raise(
                    .typeError,
                    "calling \(StrRef(TypeRef(value).record.pointee.name).string) should have returned an instance of BaseException, not \(t.typeName(exception))")
            }
        } else if isException(t, value) {
            exception = t.retain(value)
        } else {
            throw t.raise(.typeError, "exceptions must derive from BaseException")
        }
        if !cause.isNull {
            var reason = Value.none
            if isExceptionClass(t, cause) {
                reason = try t.call(cause)
            } else if isException(t, cause) {
                reason = t.retain(cause)
            } else if !cause.isNone {
                t.release(exception)
                throw t.raise(.typeError, "exception causes must derive from BaseException")
            }
            ExceptionRef(exception).setCause(t, reason)
        }
        t.chainContext(exception)
        t.setRaised(exception)
        throw PythonError()
    }

    static func isException(_ t: Thread, _ value: Value) -> Bool {
        value.isObject && t.typeOf(value).has(TypeFlags.exceptionSubclass)
    }
    static func isExceptionClass(_ t: Thread, _ value: Value) -> Bool {
        t.isType(value) && TypeRef(value).has(TypeFlags.exceptionSubclass)
    }

    @inline(never)
    static func raise(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer) {
        if pc.c == 0 {
            let current = t.objects.pointee.handled
            if current.isNull {
                _ = t.raise(.runtimeError, "No active exception to reraise")
            } else {
                // Its traceback has this frame's entry, or is that of the frame that raised it.
                t.vm.pointee.reraising = true
                t.setRaised(t.retain(current))
            }
            return
        }
        _ = NameAccess.attempt(t) { () throws(PythonError) in
            let value = try NameAccess.bound(t, regs, pc.a)
            let cause = pc.c == 2 ? try NameAccess.bound(t, regs, pc.b) : .null
            try set(t, value, cause)
        }
    }

    /// What the resumer of a running generator handles. Borrowed.
    private static func resumersHandled(_ regs: Registers) -> Value {
        Value(bits: GeneratorRef(raw: regs.localsMapping.object.raw).word(GeneratorRef.callersHandled).pointee)
    }

    @inline(never)
    static func push(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer) {
        let before = t.objects.pointee.handled
        if _slowPath(regs.frameFlags & FrameFlags.generator != 0), before.isNull || before.isSame(resumersHandled(regs)) {
            // Not the generator's own: whoever resumes it next handles another one, or none.
            regs.drop(t, pc.a + 1)
        } else {
            regs.put(t, pc.a + 1, t.retain(before).bits)
        }
        t.objects.pointee.handled = regs.value(pc.a)
    }

    @inline(never)
    static func pop(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer) {
        var before = regs.value(pc.a + 1)
        if _slowPath(regs.frameFlags & FrameFlags.generator != 0), before.isNull { before = resumersHandled(regs) }
        t.objects.pointee.handled = before
        regs.drop(t, pc.a)
        // The outer handler's own registers keep what was handled before.
        regs.drop(t, pc.a + 1)
    }

    @inline(never)
    static func match(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer) -> Bool {
        NameAccess.attempt(t) { () throws(PythonError) in
            switch unsafeBitCast(pc.load(as: UInt8.self), to: Opcode.self) {
            case .matchException:
                let exception = regs.value(pc.b)
                let types = try NameAccess.bound(t, regs, pc.c)
                var found = t.typeOf(exception).value.isSame(types)
                if !found { found = try matches(t, exception, types) }
                regs.consume(t, pc)
                regs.put(t, pc.a, Value(found).bits)
            case .loadAssertionError:
                regs.put(t, pc.a, Value(bits: t.exceptionType(.assertionError).value.bits | 4).bits)
            default:
                try matchGroup(t, regs, pc)
            }
        }
    }

    static func matches(_ t: Thread, _ exception: Value, _ types: Value) throws(PythonError) -> Bool {
        if t.typeOf(types).has(TypeFlags.tupleSubclass) {
            let tuple = TupleRef(types)
            for index in 0..<tuple.count where !isExceptionClass(t, tuple.item(index)) {
                throw t.raise(
                    .typeError, "catching classes that do not inherit from BaseException is not allowed")
            }
            for index in 0..<tuple.count where t.isSubtype(t.typeOf(exception), TypeRef(tuple.item(index))) { return true }
            return false
        }
        guard isExceptionClass(t, types) else {
            throw t.raise(.typeError, "catching classes that do not inherit from BaseException is not allowed")
        }
        return t.isSubtype(t.typeOf(exception), TypeRef(types))
    }

    /// [a] = rest, [a+1] = match, from splitting [b] by [c]. A match becomes the exception being handled.
    static func matchGroup(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer) throws(PythonError) {
        let exception = regs.value(pc.b)
        let types = try NameAccess.bound(t, regs, pc.c)
        try checkGroupTypes(t, types)
        var match = Value.none
        var rest = Value.none
        if exception.isNone {
        } else if t.isSubtype(t.typeOf(exception), t.exceptionType(.baseExceptionGroup)) {
            let parts = try t.callMethod(exception, Interning.intern("split"), types)
            defer { t.release(parts) }
            guard t.typeOf(parts).has(TypeFlags.tupleSubclass), TupleRef(parts).count >= 2 else {
                throw t.raise(
                    .typeError, "\(t.typeName(exception)).split must return a tuple, not \(t.typeName(parts))")
            }
            match = t.retain(TupleRef(parts).item(0))
            rest = t.retain(TupleRef(parts).item(1))
        } else if try matches(t, exception, types) {
            let inner = try t.makeTuple([t.retain(exception)])
            defer { t.release(inner) }
            match = try t.call(t.exceptionType(.baseExceptionGroup).value, t.emptyString, inner)
            let traceback = ExceptionRef(exception).traceback(t)
            if !traceback.isNull { ExceptionRef(match).setTraceback(t, traceback) }
        } else {
            rest = t.retain(exception)
        }
        regs.consume(t, pc)
        regs.put(t, pc.a, rest.bits)
        regs.put(t, pc.a + 1, match.bits)
        if !match.isNone { t.objects.pointee.handled = match }
    }

    private static func checkGroupTypes(_ t: Thread, _ types: Value) throws(PythonError) {
        var all = [types]
        if t.typeOf(types).has(TypeFlags.tupleSubclass) { all = (0..<TupleRef(types).count).map { TupleRef(types).item($0) } }
        for type in all where !isExceptionClass(t, type) {
            throw t.raise(.typeError, "catching classes that do not inherit from BaseException is not allowed")
        }
        for type in all where t.isSubtype(TypeRef(type), t.exceptionType(.baseExceptionGroup)) {
            throw t.raise(.typeError, "catching ExceptionGroup with except* is not allowed. Use except instead.")
        }
    }

    /// The end of except*: [a] is the list of what the clauses have raised and of what none has caught, [b] the original.
    ///
    /// Parts of the original, raised again or never caught, become one group of its shape; new exceptions are grouped with it.
    @inline(never)
    static func raiseGroup(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer) -> Bool {
        NameAccess.attempt(t) { () throws(PythonError) in
            let list = ListRef(regs.value(pc.a))
            let original = regs.value(pc.b)
            var raised: [Value] = []
            var parts: [Value] = []
            defer { for value in raised + parts { t.release(value) } }
            let isGroup = t.isSubtype(t.typeOf(original), t.exceptionType(.baseExceptionGroup))
            for index in 0..<list.count {
                let item = list.item(t, index)
                if item.isNone {
                    t.release(item)
                } else if isGroup && isPart(t, item, of: original) {
                    parts.append(item)
                } else {
                    raised.append(item)
                }
            }
            if pc.flags & InstructionFlags.consumeA != 0 { regs.drop(t, pc.a) }
            if raised.isEmpty && parts.isEmpty { return }
            if !isGroup {
                // Only one clause can have run, and what it has raised was not part of a group.
                t.setRaised(t.retain(raised[0]))
                throw PythonError()
            }
            let kept = parts.isEmpty ? Value.null : try t.groupOf(original, leavesOf: parts)
            if raised.isEmpty {
                t.setRaised(kept)
                throw PythonError()
            }
            if !kept.isNull { raised.append(kept) }
            let members = try t.makeList(capacity: raised.count)
            defer { t.release(members) }
            for value in raised { try ListRef(members).append(t, value) }
            t.setRaised(try t.call(t.exceptionType(.baseExceptionGroup).value, t.emptyString, members))
            throw PythonError()
        }
    }

    /// Split off from it: notes, traceback, cause and context are the same objects.
    private static func isPart(_ t: Thread, _ exception: Value, of original: Value) -> Bool {
        let (a, b) = (ExceptionRef(exception), ExceptionRef(original))
        func same(_ x: Value, _ y: Value) -> Bool {
            defer {
                t.release(x)
                t.release(y)
            }
            return x.bits == y.bits
        }
        guard same(a.traceback(t), b.traceback(t)), same(a.cause(t), b.cause(t)), same(a.context(t), b.context(t)) else { return false }
        func notes(_ value: Value) -> Value {
            do throws(PythonError) { return try t.getAttributeOrNull(value, Interning.intern("__notes__")) } catch {
                t.clearRaised()
                return .null
            }
        }
        return same(notes(exception), notes(original))
    }

    @inline(never)
    static func reraise(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer) {
        let exception = regs.value(pc.a)
        regs[pc.a] = 0
        t.vm.pointee.reraising = true
        t.setRaised(Value(bits: t.ownedForm(exception.bits)))
    }
}
