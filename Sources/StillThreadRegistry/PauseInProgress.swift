// What the requester notes down about its pause, for the log.
//
// A pause that finds nobody running reads the clock twice and calls the system not at all.
import StillPlatform
import Synchronization

struct PauseInProgress {
    let scope: Int64
    let reason: PauseReason
    /// 0: a thread without thread state.
    let asker: UInt64
    let askerOSThread: UInt64
    private var queuedAt: UInt64 = 0
    private(set) var requestedAt: UInt64 = 0
    private(set) var stoppedAt: UInt64 = 0
    private(set) var endedAt: UInt64 = 0
    private var lastToStop: UInt64 = 0
    private var cpuBefore: UInt64 = 0
    private var cpu: UInt64 = 0
    private var slice = ShortSlice()

    init(scope: Int64, reason: PauseReason, asker: ThreadState?) {
        self.scope = scope
        self.reason = reason
        self.asker = asker?.id ?? 0
        askerOSThread = asker?.record.pointee.osThreadID.load(ordering: .relaxed) ?? OSThread.currentID
    }

    /// The requester has to wait for other pauses, or for owed threads, before it may ask. Again is no error.
    mutating func beginQueueing() {
        if queuedAt == 0 { queuedAt = Clock.monotonicNanoseconds() }
        hurry()
    }
    /// The requester is going to sleep: from here to the end of the pause it is let run soon when it wakes up.
    mutating func hurry() { slice.begin() }
    /// The threads are about to be asked.
    mutating func begin() { requestedAt = Clock.monotonicNanoseconds() }

    mutating func stopped(asked: Int, last: UInt64) {
        stoppedAt = asked > 0 ? Clock.monotonicNanoseconds() : requestedAt
        lastToStop = asked > 0 ? last : 0
        if reason.measuresCPU { cpuBefore = Clock.threadCPUNanoseconds() }
    }
    /// The threads have been released.
    mutating func ended() {
        if reason.measuresCPU { cpu = Clock.threadCPUNanoseconds() - cpuBefore }
        endedAt = Clock.monotonicNanoseconds()
    }

    /// The last step.
    mutating func close(_ detail: UInt32) {
        slice.restore()
        PauseLog.append(
            PauseRecord(
                sequence: 0, interpreter: scope, reason: reason, detail: detail, requester: asker, requesterOSThread: askerOSThread,
                requestedAt: requestedAt, queuedNanoseconds: queuedAt == 0 ? 0 : requestedAt - queuedAt,
                timeToStopNanoseconds: stoppedAt - requestedAt, wallNanoseconds: endedAt - requestedAt, cpuNanoseconds: cpu,
                lastToStop: lastToStop))
    }
}
