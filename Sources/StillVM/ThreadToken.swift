// An object of the program that dies with the thread: a word of the thread's own, owned; null until something is kept for it.
public import StillObjects
public import StillThreadRegistry

public enum ThreadToken {
    /// Borrowed: nobody but the thread itself lets go of it.
    public static func get(_ t: ThreadState) -> Value { t.vm.pointee.token }
    /// Takes the reference over and hands the old one out.
    public static func exchange(_ t: ThreadState, owned token: Value) -> Value {
        defer { t.vm.pointee.token = token }
        return t.vm.pointee.token
    }
}
