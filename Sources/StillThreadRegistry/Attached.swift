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
        self.thread = thread
        thread.attach()
    }

    /// The right that the calling OS thread has already, for a scope.
    init(already thread: ThreadState) { self.thread = thread }
    /// The scope ends; the thread stays attached.
    consuming func leave() { discard self }

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
