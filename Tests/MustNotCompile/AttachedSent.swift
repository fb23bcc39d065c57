// error: conformance of 'Attached' to 'Sendable' is unavailable
// An attached thread is given away to another one.
import StillThreadRegistry

func give<T: Sendable & ~Copyable>(_ value: consuming T) {}

func send(_ thread: ThreadState) {
    give(Attached(thread))
}
