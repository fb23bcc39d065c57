// What a thread does at a safepoint besides stopping: signals, asynchronous exceptions, and the requests that the registry hands on.
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import Synchronization

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
        let state = t.interpreterState
        if _slowPath(state.pointee.interrupted.load(ordering: .relaxed) != 0) && t.isMainThread {
            do throws(PythonError) { try VMHooks.serveSignals(t) } catch { return false }
        }
        return true
    }
}
