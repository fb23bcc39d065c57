// The right to touch Python objects, as a value: for hosts that want the compiler to watch over it.
//
// The value is tied to the OS thread that made it: it cannot be copied, sent or dropped, only given back.
import StillPlatform

/// The calling thread is attached to an interpreter.
public struct Attached: ~Copyable {
    public let thread: ThreadState

    /// Attaches the calling OS thread; waits while the interpreter's world is stopped.
    ///
    /// - Precondition: no other OS thread uses this thread state, and the caller is attached to nothing.
    public init(_ thread: ThreadState) {
        precondition(
            ThreadState.current == nil,
            "This OS thread is attached already. Detach it first, or use the thread state that it has.")
        self.thread = thread
        thread.attach()
    }

    /// Gives the right back, before a call that may block.
    public consuming func detach() -> ThreadState {
        let thread = self.thread
        discard self
        thread.detach()
        return thread
    }

    /// Ends the thread state.
    public consuming func end() {
        let thread = self.thread
        discard self
        thread.destroy()
    }

    deinit { preconditionFailure("Attached was dropped. Call detach() or end().") }
}

@available(*, unavailable) extension Attached: Sendable {}

extension Interpreter {
    /// Runs `body` with a thread state of its own for the calling OS thread, from any thread that is attached to nothing.
    ///
    /// - Throws: `RegistryError` when there is no memory for a thread state. What the body throws comes back as the result's failure.
    public func withAttachedThread<R, E: Error>(
        _ body: (borrowing Attached) throws(E) -> R
    ) throws(RegistryError) -> Result<R, E> {
        let attached = Attached(try makeThread())
        let result: Result<R, E>
        do throws(E) { result = .success(try body(attached)) } catch { result = .failure(error) }
        attached.end()
        return result
    }
}
