// error: cannot pass function of type
// A scope waits for something: afterwards it could run on another thread.
import StillThreadRegistry

func hold(_ interpreter: Interpreter) async throws {
    _ = try interpreter.withAttachedThread { (attached: borrowing Attached) in
        await Task.yield()
        attached.thread.safepoint()
    }
}
