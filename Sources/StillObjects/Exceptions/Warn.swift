// Warnings from the object layer, shown by the library's module `warnings`.
public import StillThreadRegistry

extension ThreadState {
    /// Warns at the line that runs. Without a library nobody is told.
    ///
    /// - Throws: the warning, where the program's filters make an error of it.
    public func warn(_ category: ExceptionID, _ message: String) throws(PythonError) {
        guard let hook = ObjectHooks.warn else { return }
        let text = try makeString(message)
        defer { release(text) }
        if hook(raw, exceptionType(category).value.bits, text.bits) < 0 { throw PythonError() }
    }
}
