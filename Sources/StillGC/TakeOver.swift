// A collection whose thread will never go on: it is not there in a forked child, or trapped at the end of the interpreter.
//
// The thread was stopped between two steps, or in Python code that a step called: a finalizer, a callback, a destructor. Everything else of a
// collection lies in the record, and each step begins where the cursors point. So the next thread that takes `busy` just goes on, and:
//   weak references   the object in whose callback the thread stopped is visited again, which changes nothing more. The count that was taken around the
//                call is never given back: the object is cleared, and its memory is leaked.
//   breaking     the rest of the thread's batch keeps the counts that were taken: it is never broken up. The rest of its pool is left to the
//                next collection.
//   finalizers   the object is flagged as finalized before its finalizer runs, so that does not run again. What it did is not known to be
//                harmless: the suspects are examined once more, and the object, counted from outside, is rescued with all it reaches.
import StillObmalloc
import StillPlatform
public import StillThreadRegistry
import Synchronization

extension Collector {
    /// Lets another thread go on with what `thread` was collecting; nothing when it was not.
    ///
    /// - Precondition: the thread never runs again, and the caller is attached or alone in the process.
    public func takeOver(from thread: ThreadState) {
        let share = self.share(of: thread)
        // What it had condemned of its log keeps the counts that were taken.
        share.pointee.insideYoung = 0
        if share.pointee.inside != 0 && !FaultInjection.isActive(.keepCollectorBusy) {
            share.pointee.inside = 0
            fields.pointee.breakers.wrappingSubtract(1, ordering: .releasing)  // K2
        }
        guard fields.pointee.busy.load(ordering: .acquiring) != 0, fields.pointee.busyThread.load(ordering: .relaxed) == UInt(bitPattern: thread.raw) else { return }
        if FaultInjection.isActive(.keepCollectorBusy) { return }
        give()
    }
}
