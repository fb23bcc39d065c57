// OSError: arguments, the subclass that fits the error number, and the text.
import StillObmalloc
import StillPlatform
public import StillThreadRegistry

enum OSErrorType {
    /// The subclass for an error number.
    static func subclass(_ errno: Int) -> ExceptionID? {
        switch errno {
        case 11, 114, 115: .blockingIOError  // EAGAIN, EALREADY, EINPROGRESS
        case 10: .childProcessError
        case 32, 108: .brokenPipeError
        case 103: .connectionAbortedError
        case 111: .connectionRefusedError
        case 104: .connectionResetError
        case 17: .fileExistsError
        case 2: .fileNotFoundError
        case 4: .interruptedError
        case 21: .isADirectoryError
        case 20: .notADirectoryError
        case 1, 13: .permissionError
        case 3: .processLookupError
        case 110: .timeoutError
        default: nil
        }
    }

    static let new: NativeFunction = { t, s, a, n, k in
        returning(t) { (t) throws(PythonError) -> Value in
            var type = TypeRef(Value(bits: s))
            if type == t.exceptionType(.osError) && n >= 2 && n <= 5, Value(bits: a[0]).isSmallInt,
                let id = subclass(Value(bits: a[0]).smallInt)
            {
                type = t.exceptionType(id)
            }
            if k != 0 && TypeRef.tupleCount(Value(bits: k)) > 0 && type.record.pointee.initialize != nil
                && !type.has(TypeFlags.heapType)
            {
                throw t.raise(.typeError, "\(StrRef(type.record.pointee.name).string)() takes no keyword arguments")
            }
            let object = try t.allocateInstance(of: type)
            do throws(PythonError) { try fill(t, Value(object), a, n) } catch {
                t.release(object)
                throw error
            }
            return Value(object)
        }
    }
    /// Everything happens in `new`; an instance made by a subclass's own `__new__` without arguments is filled here.
    static let initialize: Slot.Initialize = { t, s, a, n, k in
        storing(t) { (t) throws(PythonError) -> Int in
            let exception = ExceptionRef(Value(bits: s))
            let args = exception.args(t)
            defer { t.release(args) }
            if n > 0 && (args.isNull || TypeRef.tupleCount(args) == 0) { try fill(t, Value(bits: s), a, n) }
            return 0
        }
    }

    private static func fill(_ t: Thread, _ v: Value, _ a: UnsafeMutablePointer<UInt64>, _ n: Int) throws(PythonError) {
        let exception = ExceptionRef(v)
        var shown = n
        if n >= 2 && n <= 5 {
            exception.setField(t, ExceptionLayout.errno, Value(bits: a[0]))
            exception.setField(t, ExceptionLayout.strerror, Value(bits: a[1]))
            if n >= 3 && !Value(bits: a[2]).isNone {
                exception.setField(t, ExceptionLayout.filename, Value(bits: a[2]))
                shown = 2
            }
            if n == 5 && !Value(bits: a[4]).isNone {
                exception.setField(t, ExceptionLayout.filename2, Value(bits: a[4]))
            }
        }
        try BaseExceptionType.setArguments(t, v.bits, a, shown)
    }

    static let str: Slot.Unary = { t, s in
        returning(t) { (t) throws(PythonError) -> Value in
            let exception = ExceptionRef(Value(bits: s))
            let errno = exception.field(t, ExceptionLayout.errno)
            defer { t.release(errno) }
            let message = exception.field(t, ExceptionLayout.strerror)
            defer { t.release(message) }
            if errno.isNull || message.isNull { return try BaseExceptionType.text(t, Value(bits: s)) }
            let number = try text(t, errno, quoted: false)
            var result = "[Errno \(number)] \(try text(t, message, quoted: false))"
            let file = exception.field(t, ExceptionLayout.filename)
            defer { t.release(file) }
            let second = exception.field(t, ExceptionLayout.filename2)
            defer { t.release(second) }
            if !file.isNull {
                result += ": " + (try text(t, file, quoted: true))
                if !second.isNull { result += " -> " + (try text(t, second, quoted: true)) }
            }
            return try t.makeString(result)
        }
    }
    private static func text(_ t: Thread, _ v: Value, quoted: Bool) throws(PythonError) -> String {
        let text = quoted ? try t.repr(v) : try t.str(v)
        defer { t.release(text) }
        return StrRef(text).string
    }
}

extension ThreadState {
    /// Raises the OSError subclass for an error number.
    ///
    /// - Parameter path: shown in the message when given.
    public func raiseOSError(_ errno: Int, _ message: String, path: String? = nil) -> PythonError {
        do {
            let text = try makeString(message)
            defer { release(text) }
            let file = try path.map { (path: String) throws(PythonError) -> Value in try makeString(path) } ?? .null
            defer { release(file) }
            var args = [Value(smallInt: errno), text]
            if !file.isNull { args.append(file) }
            return raiseObject(try call(exceptionType(.osError).value, list: args))
        } catch { return error }
    }
}
