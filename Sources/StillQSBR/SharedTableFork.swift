// liburcu over a fork.
//
// Order     pauseReclaimers, all worlds stopped, lock; fork; unlockInParent or repairInChild, worlds resumed, resumeReclaimers.
//           The reclaiming thread of `call_rcu` is paused first, outside the pause: that takes milliseconds. The grace-period
//           lock and the list of reader threads are taken last, when no reader that the runtime knows is in a read section.
// Gate      A thread that vanishes in the middle of adding or removing leaves liburcu's queue of callbacks with a missing link, for which the
//           child's reclaimer waits for ever, and the count of entries wrong. So adders and removers are counted, and the fork, when the worlds
//           stand, keeps new ones out and waits for those inside, which are detached and never wait there. Readers change nothing and are
//           pruned.
// Child     Dead threads' readers are pruned, the reclaiming thread is made anew and takes over what the old one had not done.
// Deadlock  While the reclaimer is paused `waitForReaders` waits. So it is called detached, or before there are other threads; `call_rcu` itself
//           never waits, because its default thread exists from the first fork on. The gate is closed only while no thread is attached, so
//           nobody waits for it attached.
// Ordering  (S3) who enters counts itself and then looks at the gate; who closes it stores and then looks at the count; all four sequentially
//           consistent, so one of them sees the other. leave() releases to the closer's look.
import CUserspaceRCU
import StillPlatform
import Synchronization

/// Keeps changes of process-wide tables and a fork apart.
enum ForkGate {
    // Constants from the start, not made on first use: a child must not wait for a vanished thread that was making them.
    private static let closed = Atomic<UInt32>(0)
    private static let inside = Atomic<UInt32>(0)

    static func enter() {
        while true {
            inside.wrappingAdd(1, ordering: .sequentiallyConsistent)  // S3
            if closed.load(ordering: .sequentiallyConsistent) == 0 { return }  // S3
            leave()
            while closed.load(ordering: .acquiring) != 0 { OSThread.sleep(nanoseconds: 100_000) }
        }
    }
    static func leave() { inside.wrappingSubtract(1, ordering: .releasing) }

    /// Returns when nobody is inside.
    static func close() {
        closed.store(1, ordering: .sequentiallyConsistent)  // S3
        while inside.load(ordering: .sequentiallyConsistent) != 0 { OSThread.yield() }  // S3
    }
    static func open() { closed.store(0, ordering: .releasing) }
    /// In the child nobody else is there.
    static func reset() {
        inside.store(0, ordering: .relaxed)
        closed.store(0, ordering: .releasing)
    }
}

extension SharedTable {
    /// Detached.
    public static func pauseReclaimers() {
        _ = urcu_bp_get_default_call_rcu_data()
        urcu_bp_call_rcu_before_fork()
    }
    /// Signals are blocked until the lock is given back.
    public static func lockForFork() {
        ForkGate.close()
        urcu_bp_before_fork()
    }
    public static func unlockInParent() {
        urcu_bp_after_fork_parent()
        ForkGate.open()
    }
    public static func repairInChild() {
        urcu_bp_after_fork_child()
        ForkGate.reset()
    }
    /// Detached.
    public static func resumeReclaimers(inChild: Bool) {
        if !inChild { return urcu_bp_call_rcu_after_fork_parent() }
        if FaultInjection.isActive(.forgetReclaimer) { return }
        urcu_bp_call_rcu_after_fork_child()
    }
}
