// How long a requester waits for threads to stop before it says so.
//
// Cost      None: the time is looked at only when the requester has to sleep, and the sleep is limited by it.
// Then      a report (StopReport.swift) goes to the handler, on the requester's thread, and the requester waits on, for the same time again and
//           so forth; or the process traps, as configured.
// The process's settings are atomics on their own; nothing is published with them.
public import StillPlatform
import Synchronization

public struct PauseDeadline: Equatable, Sendable {
    public enum Action: UInt32, Sendable {
        /// Report and wait on.
        case report
        /// Report and end the process.
        case trap
    }
    /// nil: no limit.
    public var nanoseconds: UInt64?
    public var action: Action

    public init(nanoseconds: UInt64?, action: Action = .report) {
        self.nanoseconds = nanoseconds
        self.action = action
    }

    /// 10 s in checking builds, otherwise 60 s.
    public static var standard: PauseDeadline {
        PauseDeadline(nanoseconds: BuildOptions.checksInvariants ? 10_000_000_000 : 60_000_000_000)
    }

    /// For pauses of all interpreters, and for interpreters without a deadline of their own.
    public static var process: PauseDeadline {
        get { decode(processTime.load(ordering: .relaxed), processAction.load(ordering: .relaxed)) ?? standard }
        set {
            processAction.store(newValue.action.rawValue, ordering: .relaxed)
            processTime.store(encode(newValue), ordering: .relaxed)
        }
    }
    private static let processTime = Atomic<UInt64>(0)
    private static let processAction = Atomic<UInt32>(0)

    /// 0: not set.
    fileprivate static func encode(_ deadline: PauseDeadline?) -> UInt64 {
        guard let deadline else { return 0 }
        return deadline.nanoseconds.map { max(1, min($0, UInt64(Int64.max))) } ?? .max
    }
    fileprivate static func decode(_ time: UInt64, _ action: UInt32) -> PauseDeadline? {
        time == 0 ? nil : PauseDeadline(nanoseconds: time == .max ? nil : time, action: Action(rawValue: action) ?? .report)
    }

    /// Receives reports instead of standard error; nil: standard error again.
    ///
    /// The handler runs on the requester's thread, while it holds the right to stop and some threads stand: it must not run code of the
    /// interpreter, attach or detach.
    public static func setHandler(_ new: (@Sendable (StopReport) -> Void)?) { handler.withLock { $0 = new } }
    private static let handler = Guarded<(@Sendable (StopReport) -> Void)?>(nil, rank: .leaf)
    static func deliver(_ report: StopReport) {
        let current = handler.withLock { $0 }
        if let current { current(report) } else { StandardError.write(Array(report.description.utf8)) }
    }
}

extension Interpreter {
    /// nil: the process's.
    public var pauseDeadline: PauseDeadline? {
        get { PauseDeadline.decode(record.pointee.deadline.load(ordering: .relaxed), record.pointee.deadlineAction.load(ordering: .relaxed)) }
        nonmutating set {
            record.pointee.deadlineAction.store((newValue?.action ?? .report).rawValue, ordering: .relaxed)
            record.pointee.deadline.store(PauseDeadline.encode(newValue), ordering: .relaxed)
        }
    }
}

/// Step 3 of a pause: until all that were asked have stopped.
///
/// - Parameter interpreter: whose deadline counts; nil: the process's.
func waitForStops(_ pending: PendingStops, _ asked: Int, _ pause: inout PauseInProgress, _ interpreter: Interpreter?) {
    // Spinning pays when the threads run on other processors. If it did not the last time, they hardly do now.
    let inVain = interpreter?.record.pointee.spunInVain.load(ordering: .relaxed) == 1
    let isDone = pending.wait(spins: min(Spinning.forStops(asked), inVain ? 40 : .max), timeoutNanoseconds: 0)
    interpreter?.record.pointee.spunInVain.store(isDone ? 0 : 1, ordering: .relaxed)
    if isDone { return }
    pause.hurry()
    if FaultInjection.isAnyActive {
        // Counts may be wrong then; the scenario is to see what follows, not to hang.
        _ = pending.wait(spins: 0, timeoutNanoseconds: 100_000_000)
        return
    }
    while true {
        let deadline = interpreter?.pauseDeadline ?? PauseDeadline.process
        if pending.wait(spins: 0, timeoutNanoseconds: deadline.nanoseconds) { return }
        let report = StopReport(pause, pending.remaining)
        // They have stopped while the report was made.
        if report.threads.isEmpty && pending.remaining == 0 { return }
        PauseDeadline.deliver(report)
        if deadline.action == .trap { stillBug("a pause was not reached within \((deadline.nanoseconds ?? 0) / 1_000_000) ms") }
    }
}
