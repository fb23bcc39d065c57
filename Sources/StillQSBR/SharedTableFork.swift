// liburcu over a fork.
//
// Order     pauseReclaimers, all worlds stopped, lock; fork; unlockInParent or repairInChild, worlds resumed, resumeReclaimers.
//           The reclaiming threads of `call_rcu` and of the tables are paused first, outside the pause: that takes milliseconds. The grace-period
//           lock and the list of reader threads are taken last, when no reader that the runtime knows is in a read section.
// Child     Dead threads' readers are pruned, the reclaiming threads are made anew and take over what the old ones had not done.
// Deadlock  While the reclaimers are paused the making of a table, and `waitForReaders`, wait. So both are called detached, or before there
//           are other threads; `call_rcu` itself never waits, because its default thread exists from the first fork on.
import CUserspaceRCU
import StillPlatform

extension SharedTable {
    /// Detached.
    public static func pauseReclaimers() {
        _ = urcu_bp_get_default_call_rcu_data()
        urcu_bp_call_rcu_before_fork()
    }
    /// Signals are blocked until the lock is given back.
    public static func lockForFork() { urcu_bp_before_fork() }
    public static func unlockInParent() { urcu_bp_after_fork_parent() }
    public static func repairInChild() { urcu_bp_after_fork_child() }
    /// Detached.
    public static func resumeReclaimers(inChild: Bool) {
        if !inChild { return urcu_bp_call_rcu_after_fork_parent() }
        if FaultInjection.isActive(.forgetReclaimer) { return }
        urcu_bp_call_rcu_after_fork_child()
    }
}
