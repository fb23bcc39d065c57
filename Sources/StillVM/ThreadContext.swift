// The context of `contextvars` that a thread is in: a word of its own, owned; null until it has one.
public import StillObjects
public import StillThreadRegistry

public enum ThreadContext {
    /// Borrowed: nobody but the thread itself lets go of it.
    @inline(__always) public static func get(_ t: ThreadState) -> Value { t.vm.pointee.context }
    /// Takes the reference over and hands the old one out.
    public static func exchange(_ t: ThreadState, owned context: Value) -> Value {
        defer { t.vm.pointee.context = context }
        return t.vm.pointee.context
    }
}
