// error: cannot be captured by an escaping closure
// The proof of a pause is sent to another thread.
import StillThreadRegistry

func send(_ thread: ThreadState) {
    thread.withStoppedWorld(.test) { (world: borrowing StoppedWorld) in
        _ = Task { world.setDetail(1) }
    }
}
