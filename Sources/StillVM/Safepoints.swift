// What a thread does at a safepoint besides stopping: signals, asynchronous exceptions, and the requests that the registry hands on.
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry

enum Safepoints {
    /// Serves all requests. Every reference of this thread is in a register or counted.
    /// - Returns: false when an exception is to be raised here.
    @inline(never)
    static func serve(_ t: Thread) -> Bool {
        t.safepoint()
        let exception = t.objects.pointee.asyncException
        if _slowPath(!exception.isNull) {
            t.objects.pointee.asyncException = .null
            t.setRaised(exception)
            return false
        }
        if _slowPath(t.interpreterState.pointee.interrupted != 0) && t.isMainThread {
            t.interpreterState.pointee.interrupted = 0
            _ = t.raise(.keyboardInterrupt, "")
            return false
        }
        return true
    }
}
