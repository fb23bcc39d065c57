// Raising builtin exceptions from Swift, and asking about the raised one.
import StillObmalloc
import StillPlatform
public import StillThreadRegistry

extension ThreadState {
    /// Raises a builtin exception with a message. Use as `throw t.raise(.typeError, "…")`.
    @inline(never)
    public func raise(_ id: ExceptionID, _ message: String) -> PythonError {
        guard let text = try? makeString(message) else { return PythonError() }
        defer { release(text) }
        return raise(id, argument: text)
    }

    /// Raises a builtin exception with one argument, borrowed.
    @inline(never)
    public func raise(_ id: ExceptionID, argument: Value) -> PythonError {
        guard let exception = try? makeException(id, argument) else { return PythonError() }
        return raiseObject(exception)
    }

    /// Raises a builtin exception with the given arguments, borrowed.
    @inline(never)
    public func raise(_ id: ExceptionID, args: Value...) -> PythonError {
        guard let exception = try? makeException(id, args) else { return PythonError() }
        return raiseObject(exception)
    }

    /// Raises an exception object, whose context becomes the exception being handled. Consumes the reference.
    public func raiseObject(_ exception: Value) -> PythonError {
        chainContext(exception)
        setRaised(exception)
        return PythonError()
    }

    /// Sets `__context__` to the exception being handled, avoiding cycles.
    public func chainContext(_ exception: Value) {
        let handled = objects.pointee.handled
        if handled.isNull || !handled.isObject || handled.object == exception.object { return }
        // Cut a chain that leads from the handled exception back to this one.
        var at = retain(handled)
        var steps = 0
        while steps < 10_000 {
            let next = ExceptionRef(at).context(self)
            if next.isNull { break }
            if next.object == exception.object {
                ExceptionRef(at).setContext(self, .null)
                release(next)
                break
            }
            release(at)
            at = next
            steps += 1
        }
        release(at)
        ExceptionRef(exception).setContext(self, retain(handled))
    }

    /// Builds an exception without running Python code. `args` borrowed.
    public func makeException(_ id: ExceptionID, _ args: [Value]) throws(PythonError) -> Value {
        try makeException(id, first: args.first ?? .null, try makeTuple(args.map { retain($0) }))
    }
    /// The same with one argument, borrowed.
    func makeException(_ id: ExceptionID, _ argument: Value) throws(PythonError) -> Value {
        let tuple = try makeTuple(1)
        tuple.initialize(0, retain(argument))
        return try makeException(id, first: argument, tuple.value)
    }
    /// - Parameters:
    ///   - first: the first argument, borrowed; null when there is none.
    ///   - tuple: all of them. Consumes the reference.
    private func makeException(_ id: ExceptionID, first: Value, _ tuple: Value) throws(PythonError) -> Value {
        let type = exceptionType(id)
        guard
            let object = Allocation.object(
                self, type: type.raw, bytes: Int(type.record.pointee.instanceSize), collectable: true)
        else {
            release(tuple)
            throw noMemory()
        }
        object.setField(ExceptionLayout.args, tuple)
        if first.isNull { return Value(object) }
        if id == .stopIteration || id == .systemExit {
            let only = id == .stopIteration || TypeRef.tupleCount(tuple) == 1
            object.setField(ExceptionLayout.value, retain(only ? first : tuple))
        } else if id == .importError || id == .moduleNotFoundError || id == .syntaxError || id == .indentationError || id == .tabError {
            object.setField(ExceptionLayout.fields, retain(first))
        }
        return Value(object)
    }

    /// Raises MemoryError. Works without memory: then an immortal one.
    public func noMemory() -> PythonError {
        let type = exceptionType(.memoryError)
        if let object = Allocation.object(
            self, type: type.raw, bytes: Int(type.record.pointee.instanceSize), collectable: true)
        {
            object.setField(ExceptionLayout.args, ExceptionTypes.emptyArguments)
            return raiseObject(Value(object))
        }
        setRaised(ExceptionTypes.lastMemoryError)
        return PythonError()
    }

    /// StopIteration with a value, as raised by `return value` in a generator. The value is borrowed.
    public func stopIteration(_ value: Value) -> PythonError {
        value.isNone || value.isNull ? raise(.stopIteration, args: []) : raise(.stopIteration, argument: value)
    }
    func raise(_ id: ExceptionID, args: [Value]) -> PythonError {
        guard let exception = try? makeException(id, args) else { return PythonError() }
        return raiseObject(exception)
    }
    /// UnicodeDecodeError or UnicodeEncodeError. Steals the references: encoding, object, start, end, reason.
    func raiseUnicode(_ id: ExceptionID, _ parts: [Value]) -> PythonError {
        defer { for part in parts { release(part) } }
        guard let exception = try? makeUnicodeError(id, parts) else { return PythonError() }
        return raiseObject(exception)
    }
    /// The same, not raised; the parts are borrowed. Owned.
    func makeUnicodeError(_ id: ExceptionID, _ parts: [Value]) throws(PythonError) -> Value {
        let exception = try makeException(id, parts)
        for (index, part) in parts.enumerated() { ExceptionRef(exception).setField(self, ExceptionLayout.fields + 8 * index, part) }
        return exception
    }
    /// NameError or UnboundLocalError with its `name`.
    public func raiseNameError(_ message: String, name: Value, _ id: ExceptionID = .nameError) -> PythonError {
        let error = raise(id, message)
        if raisedMatches(.nameError) {
            ExceptionRef(objects.pointee.raised).setField(self, ExceptionLayout.nameErrorName, name)
        }
        return error
    }
    /// ImportError or ModuleNotFoundError with `name` and `path`; null where unknown.
    public func raiseImportError(
        _ message: String, name: Value, path: Value = .null, _ id: ExceptionID = .importError
    ) -> PythonError {
        let error = raise(id, message)
        if raisedMatches(.importError) {
            let exception = ExceptionRef(objects.pointee.raised)
            exception.setField(self, ExceptionLayout.importName, name)
            exception.setField(self, ExceptionLayout.importPath, path)
        }
        return error
    }
    public func importError(_ message: String, name: String, _ id: ExceptionID = .importError) -> PythonError {
        guard let text = try? makeString(name) else { return PythonError() }
        defer { release(text) }
        return raiseImportError(message, name: text, id)
    }
    /// SyntaxError, IndentationError or TabError with its place. Lines and offsets count from 1; nil: unknown.
    public func raiseSyntaxError(
        _ message: String, file: String?, line: Int?, offset: Int?, text: String?, endLine: Int? = nil, endOffset: Int? = nil,
        _ id: ExceptionID = .syntaxError
    ) -> PythonError {
        do throws(PythonError) {
            let number = { (n: Int?) -> Value in n.map { Value(smallInt: $0) } ?? .none }
            let details = try makeTuple([
                file == nil ? .none : try makeString(file!), number(line), number(offset),
                text == nil ? .none : try makeString(text!), number(endLine), number(endOffset),
            ])
            defer { release(details) }
            let string = try makeString(message)
            defer { release(string) }
            return raiseObject(try call(exceptionType(id).value, string, details))
        } catch { return error }
    }
    public func keyError(_ key: Value) -> PythonError { raise(.keyError, argument: key) }

    // MARK: Asking

    /// The exception is an instance of the builtin type or of a subclass.
    @inlinable public func matches(_ exception: Value, _ id: ExceptionID) -> Bool {
        exception.isObject && isSubtype(typeOf(exception), exceptionType(id))
    }
    @inlinable public func matches(exception: Value, _ id: ExceptionID) -> Bool { matches(exception, id) }
    /// The same for the raised exception; false when none is.
    @inlinable public func raisedMatches(_ id: ExceptionID) -> Bool { matches(objects.pointee.raised, id) }
    @inlinable public func matchesRaised(_ id: ExceptionID) -> Bool { raisedMatches(id) }
    /// Takes the raised StopIteration away and returns its value, owned.
    public func takeStopIterationValue() -> Value {
        let exception = takeRaised()
        if exception.isNull { return .none }
        defer { release(exception) }
        return ExceptionRef(exception).stopValue(self)
    }
    /// Forgets the raised exception.
    public func clearRaised() { release(takeRaised()) }

    /// The value of `raise x`: an instance made from a class when needed. Owned.
    public func exceptionInstance(_ v: Value) throws(PythonError) -> Value {
        if matches(v, .baseException) { return retain(v) }
        if isType(v) && isSubtype(TypeRef(v), exceptionType(.baseException)) {
            let made = try call(v)
            if matches(made, .baseException) { return made }
            defer { release(made) }
            throw raise(.typeError,
                "calling \(try typeReprText(TypeRef(v))) should have returned an instance of BaseException, not \(try typeReprText(typeOf(made)))")
        }
        throw raise(.typeError, "exceptions must derive from BaseException")
    }
    func typeReprText(_ type: TypeRef) throws(PythonError) -> String {
        let text = try repr(type.value)
        defer { release(text) }
        return StrRef(text).string
    }

    // MARK: Exceptions that nobody can catch

    /// Reports the raised exception on standard error, e.g. of a finalizer, and forgets it.
    ///
    /// - Parameter source: what raised it, null for nothing to name.
    /// - Parameter message: what happened, instead of "Exception ignored in".
    public func writeUnraisable(_ source: Value, message: String? = nil) {
        let exception = takeRaised()
        if exception.isNull { return }
        defer { release(exception) }
        if let hook = ObjectHooks.unraisable {
            hook(raw, exception.bits, source.bits)
            return
        }
        var text = message ?? "Exception ignored in"
        if !source.isNull {
            let name = try? repr(source)
            clearRaised()
            text += ": " + (name.map { StrRef($0).string } ?? "<object repr() failed>")
            if let name { release(name) }
        }
        text += "\n" + exceptionSummary(exception) + "\n"
        StandardError.write(Array(text.utf8))
    }

    public func writeUnraisable(context: Value) { writeUnraisable(context) }

    /// "TypeError: message": the last line of a traceback.
    public func exceptionSummary(_ exception: Value) -> String {
        let type = qualifiedTypeName(typeOf(exception))
        let text = try? str(exception)
        if text == nil { clearRaised() }
        guard let text else { return type + ": <exception str() failed>" }
        defer { release(text) }
        let string = StrRef(text).string
        return string.isEmpty ? type : type + ": " + string
    }
}
