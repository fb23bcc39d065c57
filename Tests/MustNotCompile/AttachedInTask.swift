// error: cannot be captured by an escaping closure
// The right to touch objects is sent to another thread.
import StillThreadRegistry

func send(_ interpreter: Interpreter) throws {
    _ = try interpreter.withAttachedThread { (attached: borrowing Attached) in
        Task { attached.thread.safepoint() }
    }
}
