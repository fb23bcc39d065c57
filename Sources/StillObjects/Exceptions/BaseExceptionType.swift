// BaseException: construction, text, and the attributes all exceptions have.
import StillObmalloc
import StillPlatform
import StillThreadRegistry

enum BaseExceptionType {
    static func fill(_ b: TypeBuilder) {
        let r = b.record
        r.pointee.memory.traverse = ExceptionTypes.traverse
        r.pointee.memory.clear = ExceptionTypes.clear
        r.pointee.memory.deallocate = ExceptionTypes.deallocate
        r.pointee.new = new
        r.pointee.initialize = initialize
        r.pointee.repr = repr
        r.pointee.str = str
        b.property("args", get: { t, s in
            let args = ExceptionRef(Value(bits: s)).args(Thread(t))
            return args.isNull ? ExceptionTypes.emptyArguments.bits : args.bits
        }, set: { t, s, v in
            storing(t) { (t) throws(PythonError) -> Int in
                if v == 0 { throw t.raise(.typeError, "args may not be deleted") }
                let value = Value(bits: v)
                if t.typeOf(value) == t.type(.tuple) {
                    ExceptionRef(Value(bits: s)).setField(t, ExceptionLayout.args, value)
                } else {
                    let tuple = try t.withItems(of: value) { (items: UnsafeBufferPointer<Value>) throws(PythonError) -> Value in
                        try t.makeTuple(items.map { t.retain($0) })
                    }
                    ExceptionRef(Value(bits: s)).setField(t, ExceptionLayout.args, tuple)
                    t.release(tuple)
                }
                return 0
            }
        })
        b.property("__traceback__", get: { t, s in BaseExceptionType.orNone(ExceptionRef(Value(bits: s)).traceback(Thread(t))) }, set: { t, s, v in
            storing(t) { (t) throws(PythonError) -> Int in
                if v == 0 { throw t.raise(.typeError, "__traceback__ may not be deleted") }
                try BaseExceptionType.setTraceback(t, Value(bits: s), Value(bits: v))
                return 0
            }
        })
        b.property("__cause__", get: { t, s in BaseExceptionType.orNone(ExceptionRef(Value(bits: s)).cause(Thread(t))) }, set: { t, s, v in
            storing(t) { (t) throws(PythonError) -> Int in
                if v == 0 { throw t.raise(.typeError, "__cause__ may not be deleted") }
                let value = Value(bits: v)
                if !value.isNone && !t.matches(value, .baseException) {
                    throw t.raise(.typeError, "exception cause must be None or derive from BaseException")
                }
                ExceptionRef(Value(bits: s)).setCause(t, t.retain(value))
                return 0
            }
        })
        b.property("__context__", get: { t, s in BaseExceptionType.orNone(ExceptionRef(Value(bits: s)).context(Thread(t))) }, set: { t, s, v in
            storing(t) { (t) throws(PythonError) -> Int in
                if v == 0 { throw t.raise(.typeError, "__context__ may not be deleted") }
                let value = Value(bits: v)
                if !value.isNone && !t.matches(value, .baseException) {
                    throw t.raise(.typeError, "exception context must be None or derive from BaseException")
                }
                ExceptionRef(Value(bits: s)).setContext(t, t.retain(value))
                return 0
            }
        })
        b.property("__suppress_context__", get: { _, s in Value(ExceptionRef(Value(bits: s)).suppressContext).bits }, set: { t, s, v in
            storing(t) { (t) throws(PythonError) -> Int in
                guard Value(bits: v).isBool else { throw t.raise(.typeError, "attribute value type must be bool") }
                ExceptionRef(Value(bits: s)).suppressContext = Value(bits: v).isTrue
                return 0
            }
        })
        b.property("__dict__", get: DictDescriptor.get, set: DictDescriptor.set)
        b.method("with_traceback", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                try BaseExceptionType.setTraceback(t, Value(bits: s), Value(bits: a[0]))
                return t.retain(Value(bits: s))
            }
        }
        b.method("add_note", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                guard t.isStr(Value(bits: a[0])) else {
                    throw t.raise(.typeError, "note must be a str, not '\(t.typeName(Value(bits: a[0])))'")
                }
                try ExceptionTypes.addNote(t, Value(bits: s), Value(bits: a[0]))
                return .none
            }
        }
        b.method("__reduce__", 0, 0) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let receiver = Value(bits: s)
                let args = ExceptionRef(receiver).args(t)
                let attributes = try t.getAttributeOrNull(receiver, StaticStrings.intern("__dict__"))
                if !attributes.isNull && t.typeOf(attributes).has(TypeFlags.dictSubclass) && DictRef(attributes).count > 0 {
                    return try t.makeTuple([t.retain(t.typeOf(receiver).value), args, attributes])
                }
                t.release(attributes)
                return try t.makeTuple([t.retain(t.typeOf(receiver).value), args])
            }
        }
        b.method("__setstate__", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let state = Value(bits: a[0])
                if state.isNone { return .none }
                guard t.typeOf(state).has(TypeFlags.dictSubclass) else { throw t.raise(.typeError, "state is not a dictionary") }
                let items = try DictRef(state).items(t)
                defer { for item in items { t.release(item.key); t.release(item.value) } }
                for item in items { try t.setAttribute(Value(bits: s), item.key, item.value) }
                return .none
            }
        }
    }

    static func orNone(_ v: Value) -> UInt64 { v.isNull ? Value.none.bits : v.bits }

    private static func setTraceback(_ t: Thread, _ exception: Value, _ traceback: Value) throws(PythonError) {
        if !traceback.isNone && t.typeOf(traceback) != t.type(.traceback) {
            throw t.raise(.typeError, "__traceback__ must be a traceback or None")
        }
        ExceptionRef(exception).setTraceback(t, t.retain(traceback))
    }

    static let new: NativeFunction = { t, s, a, n, k in
        returning(t) { (t) throws(PythonError) -> Value in
            let object = try t.allocateInstance(of: TypeRef(Value(bits: s)))
            do throws(PythonError) {
                object.setField(ExceptionLayout.args, try argumentTuple(t, a, n))
            } catch {
                t.release(object)
                throw error
            }
            return Value(object)
        }
    }
    /// What `new` and `initialize` do together, without keywords, for a class for which they suffice. Owned, 0 with an exception.
    static func make(_ t: Thread, _ type: TypeRef, _ a: UnsafeMutablePointer<UInt64>, _ n: Int) -> UInt64 {
        do throws(PythonError) {
            let arguments = try argumentTuple(t, a, n)
            guard
                let object = Allocation.object(
                    t, type: type.raw, bytes: Int(type.record.pointee.instanceSize), collectable: true)
            else {
                t.release(arguments)
                throw t.noMemory()
            }
            object.setField(ExceptionLayout.args, arguments)
            return Value(object).bits
        } catch { return 0 }
    }
    /// Whether a builtin class has inherited both.
    static func suffices(for type: TypeRef) -> Bool {
        guard let new = type.record.pointee.new, let initialize = type.record.pointee.initialize else { return false }
        return unsafeBitCast(new, to: UInt.self) == unsafeBitCast(BaseExceptionType.new, to: UInt.self)
            && unsafeBitCast(initialize, to: UInt.self) == unsafeBitCast(BaseExceptionType.initialize, to: UInt.self)
    }
    static func argumentTuple(_ t: Thread, _ a: UnsafeMutablePointer<UInt64>, _ n: Int) throws(PythonError) -> Value {
        if n == 0 { return ExceptionTypes.emptyArguments }
        let tuple = try t.makeTuple(n)
        var index = 0
        while index < n {
            tuple.initialize(index, t.retain(Value(bits: a[index])))
            index &+= 1
        }
        return tuple.value
    }
    /// `__new__` has set the same arguments, most often.
    private static func hasArguments(_ t: Thread, _ exception: ExceptionRef, _ a: UnsafeMutablePointer<UInt64>, _ n: Int) -> Bool {
        let present = exception.args(t)
        if present.isNull { return false }
        defer { t.release(present) }
        guard TypeRef.tupleCount(present) == n else { return false }
        for index in 0..<n where !TypeRef.tupleItem(present, index).isSame(Value(bits: a[index])) { return false }
        return true
    }
    /// `BaseException.__init__`
    static func setArguments(_ t: Thread, _ s: UInt64, _ a: UnsafeMutablePointer<UInt64>, _ n: Int) throws(PythonError) {
        let exception = ExceptionRef(Value(bits: s))
        if hasArguments(t, exception, a, n) { return }
        let tuple = try argumentTuple(t, a, n)
        exception.setField(t, ExceptionLayout.args, tuple)
        t.release(tuple)
    }
    static let initialize: Slot.Initialize = { t, s, a, n, k in
        storing(t) { (t) throws(PythonError) -> Int in
            if k != 0 && TypeRef.tupleCount(Value(bits: k)) > 0 {
                throw t.raise(.typeError, "\(t.typeName(Value(bits: s)))() takes no keyword arguments")
            }
            try setArguments(t, s, a, n)
            return 0
        }
    }

    static let repr: Slot.Unary = { t, s in
        returning(t) { (t) throws(PythonError) -> Value in
            let receiver = Value(bits: s)
            let name = t.typeName(receiver)
            guard try t.reprEnter(receiver.object) else { return try t.makeString("\(name)(...)") }
            defer { t.reprLeave(receiver.object) }
            let args = ExceptionRef(receiver).args(t)
            defer { t.release(args) }
            if args.isNull { return try t.makeString(name + "()") }
            let single = TypeRef.tupleCount(args) == 1
            let text = try t.repr(single ? TypeRef.tupleItem(args, 0) : args)
            defer { t.release(text) }
            return try t.makeString(single ? "\(name)(\(StrRef(text).string))" : name + StrRef(text).string)
        }
    }
    static let str: Slot.Unary = { t, s in
        returning(t) { (t) throws(PythonError) -> Value in try text(t, Value(bits: s)) }
    }
    static func text(_ t: Thread, _ exception: Value) throws(PythonError) -> Value {
        let args = ExceptionRef(exception).args(t)
        defer { t.release(args) }
        let count = args.isNull ? 0 : TypeRef.tupleCount(args)
        if count == 0 { return Names.empty }
        if count == 1 { return try t.str(TypeRef.tupleItem(args, 0)) }
        return try t.str(args)
    }
}
