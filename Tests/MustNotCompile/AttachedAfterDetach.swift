// error: used after consume
// Objects are touched after the right has been given back.
import StillThreadRegistry

func touch(_ thread: ThreadState) {
    let attached = Attached(thread)
    _ = attached.detach()
    attached.thread.safepoint()
    attached.end()
}
