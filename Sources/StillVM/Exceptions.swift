// Raising, handling and matching exceptions in Python code.
//
// Handled  `objects.handled` is the exception whose handler is running; the handler's registers own it: [a] the exception,
//          [a+1] the one handled before. The thread only borrows.
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

    @inline(never)
    static func push(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer) {
        let before = t.objects.pointee.handled
        regs.put(t, pc.a + 1, t.retain(before).bits)
        t.objects.pointee.handled = regs.value(pc.a)
    }

    @inline(never)
    static func pop(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer) {
        t.objects.pointee.handled = regs.value(pc.a + 1)
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
                let found = try matches(t, exception, types)
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

    /// [a] = rest, [a+1] = match, from splitting [b] by [c].
    static func matchGroup(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer) throws(PythonError) {
        let exception = regs.value(pc.b)
        let types = try NameAccess.bound(t, regs, pc.c)
        var match = Value.none
        var rest = Value.none
        if exception.isNone {
        } else if t.isSubtype(t.typeOf(exception), t.exceptionType(.baseExceptionGroup)) {
            let parts = try t.callMethod(exception, Interning.intern("split"), types)
            defer { t.release(parts) }
            match = t.retain(TupleRef(parts).item(0))
            rest = t.retain(TupleRef(parts).item(1))
        } else if try matches(t, exception, types) {
            let inner = try t.makeTuple([t.retain(exception)])
            defer { t.release(inner) }
            let empty = t.emptyString
            match = try t.call(t.exceptionType(.exceptionGroup).value, empty, inner)
        } else {
            rest = t.retain(exception)
        }
        regs.consume(t, pc)
        regs.put(t, pc.a, rest.bits)
        regs.put(t, pc.a + 1, match.bits)
    }

    @inline(never)
    static func raiseGroup(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer) -> Bool {
        NameAccess.attempt(t) { () throws(PythonError) in
            let raised = ListRef(regs.value(pc.a))
            let list = try t.makeList(capacity: 0)
            defer { t.release(list) }
            for index in 0..<raised.count {
                let item = raised.item(t, index)
                if item.isNone { t.release(item) } else { try ListRef(list).appendOwned(t, item) }
            }
            if pc.flags & InstructionFlags.consumeA != 0 { regs.drop(t, pc.a) }
            if pc.flags & InstructionFlags.consumeB != 0 { regs.drop(t, pc.b) }
            if ListRef(list).count == 0 { return }
            if ListRef(list).count == 1 {
                t.setRaised(ListRef(list).item(t, 0))
                throw PythonError()
            }
            let group = try t.call(t.exceptionType(.exceptionGroup).value, t.emptyString, list)
            t.setRaised(group)
            throw PythonError()
        }
    }

    @inline(never)
    static func reraise(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer) {
        let exception = regs.value(pc.a)
        regs[pc.a] = 0
        t.vm.pointee.reraising = true
        t.setRaised(Value(bits: t.ownedForm(exception.bits)))
    }
}
