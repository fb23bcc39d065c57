// The only thread of an interpreter need not lock its objects.
//
// Who       A thread whose `isAlone` is 1: its interpreter has no other thread state, so until its next safepoint nobody else can touch
//           an object. It may leave out object locks (`ObjectLock.lock(_:for:)`) and use plain loads and stores where others would
//           need a compare-and-swap. What it stores is still stored with release, for those who come later.
// Set       by the thread itself while it attaches, when it finds itself alone in the list of threads, under the list's lock.
// Cleared   by who makes a second thread state, once that is in the list and before anybody can attach it: for its own thread at
//           once, for another one in a pause. So it changes only where the thread holds no object's lock: what began without the
//           lock also ends without it.
// Ordering  The word is written under the list's lock, and for another thread only while that one stands (A1). What the thread did
//           alone happens before its word is cleared, and that before the new thread attaches. What an ended thread did happens
//           before it leaves the list.
import StillPlatform
import Synchronization

extension ThreadState {
    /// `storesPlainly` takes two bytes by their offsets.
    func checkLayout() {
        guard BuildOptions.checksInvariants else { return }
        record.pointee.isAlone = 1
        if !storesPlainly { stillBug("the words of a thread's record lie elsewhere") }
        record.pointee.barrierActive = 1
        if storesPlainly { stillBug("the words of a thread's record lie elsewhere") }
        record.pointee.isAlone = 0
        record.pointee.barrierActive = 0
    }

    /// Own thread, attached.
    func lookWhetherAlone() {
        let own = record
        // Only where Python runs: there a thread that waits is detached, so that a newborn need not wait for it.
        guard interpreter.record.pointee.hooks.threadBorn != nil else { return }
        // A hint: most threads of many see at once that they are not alone.
        if own.pointee.next.load(ordering: .relaxed) != 0 || own.pointee.previous.load(ordering: .relaxed) != 0 { return }
        interpreter.withLock {
            if own.pointee.next.load(ordering: .relaxed) == 0 && own.pointee.previous.load(ordering: .relaxed) == 0 {
                own.pointee.isAlone = 1
            }
        }
    }
}

extension Interpreter {
    /// A thread state has been put into the list, which nobody can attach yet.
    func endAloneness() {
        if FaultInjection.isActive(.stayAlone) { return }
        let current = ThreadState.current
        var isAnotherAlone = false
        withLock {
            forEachLocked { thread in
                if thread.record.pointee.isAlone == 0 { return }
                if thread == current { thread.record.pointee.isAlone = 0 } else { isAnotherAlone = true }
            }
        }
        if !isAnotherAlone { return }
        // It cannot become alone again: the newborn is in the list.
        withStoppedWorld(.threadBirth) { (world: borrowing StoppedWorld) in
            world.forEachThread { $0.record.pointee.isAlone = 0 }
        }
    }
}
