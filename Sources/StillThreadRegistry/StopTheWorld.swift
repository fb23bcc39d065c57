// Stopping all threads of one interpreter.
//
// Protocol  1. The requester takes the pause lock; a thread waits for it detached, so that it can itself be stopped.
//           2. `requested` is set: threads born from now on start suspended.
//           3. The requester walks the list: detached -> suspended by itself; attached threads get the stop request and
//              suspend themselves at their next safepoint, or when they detach. It walks again, spinning for a while and then
//              sleeping on `stopSequence` (1 ms at most), until one walk finds every other thread suspended. A held thread
//              counts as not stopped: its holder is attached and will let go before it stops.
//           4. The body runs, with the proof that the world is stopped.
//           5. `requested` is cleared, stop requests taken back, suspended -> detached, sleepers woken.
// Fairness  Threads that waited to attach when a pause ended are owed one attachment; the next outermost pause waits
//           until they have had it, or 10 ms.
// Nesting   A request by the thread that has stopped the world already just runs.
// Ordering  A1 (Attachment.swift): what the stopped threads did happens before the body; the body before what they do next.
import StillPlatform
import Synchronization

/// Why the world was stopped.
public enum PauseReason: UInt32, CaseIterable, Sendable {
    case collectSlice, collectVerdict, collectStart, versionInvalidation, introspection, test, fork, finalization

    public var name: String {
        ["collect slice", "collect verdict", "collect start", "version invalidation", "introspection", "test", "fork", "finalization"][Int(rawValue)]
    }
}

extension PauseReason {
    /// The thread's processor clock costs a system call, more than a short pause itself: read for pauses with real work only. In a forked
    /// child it begins anew.
    var measuresCPU: Bool { self != .versionInvalidation && self != .test && self != .fork }
}

/// Proof that every other thread of one interpreter is suspended. Only `withStoppedWorld` makes one, and only lends it.
public struct StoppedWorld: ~Copyable {
    public let interpreter: Interpreter
    public let requester: ThreadState?
    let detailWord: UnsafeMutablePointer<UInt32>

    fileprivate init(_ interpreter: Interpreter, _ requester: ThreadState?, _ detail: UnsafeMutablePointer<UInt32>) {
        self.interpreter = interpreter
        self.requester = requester
        detailWord = detail
    }

    /// All thread states, the requester's included. The body must not block or allocate.
    public func forEachThread(_ body: (ThreadState) -> Void) { interpreter.forEachThread(body) }
    /// A number for the pause log.
    public func setDetail(_ detail: UInt32) { detailWord.pointee = detail }
}

@available(*, unavailable) extension StoppedWorld: Sendable {}

extension ThreadState {
    /// Runs `body` with all other threads of the interpreter suspended.
    ///
    /// - Threads: attached. May itself be suspended before the body runs.
    public func withStoppedWorld<R, E: Error>(
        _ reason: PauseReason, _ body: (borrowing StoppedWorld) throws(E) -> R
    ) throws(E) -> R {
        try interpreter.stopWorld(reason, self, body)
    }
}

extension Interpreter {
    /// The same for a requester without thread state.
    public func withStoppedWorld<R, E: Error>(
        _ reason: PauseReason, _ body: (borrowing StoppedWorld) throws(E) -> R
    ) throws(E) -> R {
        try stopWorld(reason, nil, body)
    }

    /// Whether the thread has stopped this interpreter's world.
    func isStopped(by thread: ThreadState) -> Bool {
        record.pointee.requester.load(ordering: .relaxed) == UInt(bitPattern: thread.raw)
            && record.pointee.stopped.load(ordering: .relaxed) != 0
    }

    fileprivate func stopWorld<R, E: Error>(
        _ reason: PauseReason, _ thread: ThreadState?, _ body: (borrowing StoppedWorld) throws(E) -> R
    ) throws(E) -> R {
        var detail: UInt32 = 0
        if let thread, isStopped(by: thread) { return try body(StoppedWorld(self, thread, &detail)) }
        if !WordLock.tryLock(pauseLockWord) {
            if let thread {
                // Detached, so that the present pauser need not wait for us.
                thread.detach()
                WordLock.lock(pauseLockWord)
                // Trapped by the pause that has ended: the lock must not stay with a thread that never comes back.
                if thread.isTrapped { WordLock.unlock(pauseLockWord) }
                thread.attach()  // nobody stops the world now but us
            } else {
                WordLock.lock(pauseLockWord)
            }
        }
        waitForOwedThreads()
        let requestedAt = Clock.monotonicNanoseconds()
        record.pointee.requester.store(UInt(bitPattern: thread?.raw), ordering: .relaxed)
        suspendOthers(thread)
        record.pointee.stopped.store(1, ordering: .relaxed)
        let stoppedAt = Clock.monotonicNanoseconds()
        let cpuBefore = reason.measuresCPU ? Clock.threadCPUNanoseconds() : 0
        let last = record.pointee.lastStopped.load(ordering: .relaxed)
        defer {
            record.pointee.stopped.store(0, ordering: .relaxed)
            record.pointee.requester.store(0, ordering: .relaxed)
            resumeOthers(thread)
            let cpu = reason.measuresCPU ? Clock.threadCPUNanoseconds() - cpuBefore : 0
            let end = Clock.monotonicNanoseconds()
            record.pointee.lastPauseEnd.store(end, ordering: .relaxed)
            PauseLog.append(
                PauseRecord(
                    sequence: 0, interpreter: id, reason: reason, detail: detail, requester: thread?.id ?? 0,
                    requestedAt: requestedAt, timeToStopNanoseconds: stoppedAt - requestedAt,
                    wallNanoseconds: end - requestedAt, cpuNanoseconds: cpu, lastToStop: last))
            WordLock.unlock(pauseLockWord)
        }
        return try body(StoppedWorld(self, thread, &detail))
    }

    private func waitForOwedThreads() {
        guard record.pointee.owedThreads.load(ordering: .relaxed) > 0 else { return }
        let limit = record.pointee.lastPauseEnd.load(ordering: .relaxed) + 10_000_000
        var spins = 0
        while record.pointee.owedThreads.load(ordering: .relaxed) > 0 {
            spins += 1
            if spins < 100 { cpuRelax() } else { OSThread.yield() }
            if spins % 16 == 0 && Clock.monotonicNanoseconds() > limit {
                // One by one: a thread that attaches meanwhile takes its own mark back.
                forEachThread {
                    if $0.record.pointee.owed.exchange(0, ordering: .relaxed) != 0 {
                        record.pointee.owedThreads.wrappingSubtract(1, ordering: .relaxed)
                    }
                }
                return
            }
        }
    }

    private func suspendOthers(_ requester: ThreadState?) {
        withLock { record.pointee.requested.store(1, ordering: .relaxed) }
        var rounds = 0
        while true {
            let sequence = record.pointee.stopSequence.load(ordering: .acquiring)
            if walk(requester) { return }
            rounds += 1
            if rounds < 200 {
                for _ in 0..<10 { cpuRelax() }
            } else {
                record.pointee.pauserSleeps.store(1, ordering: .sequentiallyConsistent)
                if record.pointee.stopSequence.load(ordering: .sequentiallyConsistent) == sequence {
                    Parker.wait(on: stopSequenceWord, while: sequence, timeoutNanoseconds: 1_000_000)
                }
                record.pointee.pauserSleeps.store(0, ordering: .relaxed)
            }
        }
    }

    /// One walk over the list; true when every other thread was found suspended.
    private func walk(_ requester: ThreadState?) -> Bool {
        var all = true
        forEachThread { thread in
            if thread == requester { return }
            let own = thread.record
            while true {
                SchedulingNoise.point()
                switch own.pointee.attachment.load(ordering: .acquiring) {
                case Attachment.suspended, Attachment.trapped, Attachment.parked: return
                case Attachment.detached:
                    if own.pointee.attachment.compareExchange(
                        expected: Attachment.detached, desired: Attachment.suspended, ordering: .acquiringAndReleasing
                    ).exchanged { return }  // A1
                case Attachment.attached:
                    if own.pointee.evalBreaker.load(ordering: .relaxed) & RequestBits.stop == 0 {
                        thread.request(RequestBits.stop)
                    }
                    all = false
                    return
                default:
                    all = false
                    return
                }
            }
        }
        return all
    }

    private func resumeOthers(_ requester: ThreadState?) {
        // Under one hold of the lock: a thread born before it ends starts suspended and is resumed here, one born after it is free.
        forEachThread(first: { record.pointee.requested.store(0, ordering: .relaxed) }) { thread in
            if thread == requester || thread.isTrapped { return }
            let own = thread.record
            thread.clearRequest(RequestBits.stop)
            if own.pointee.waiting.load(ordering: .relaxed) != 0 && own.pointee.owed.exchange(1, ordering: .relaxed) == 0 {
                record.pointee.owedThreads.wrappingAdd(1, ordering: .relaxed)
            }
            invariant(
                own.pointee.attachment.load(ordering: .relaxed) == Attachment.suspended || FaultInjection.isActive(.ignoreSuspension),
                "thread \(thread.id) was \(Attachment.name(own.pointee.attachment.load(ordering: .relaxed))) in a stopped world")
            if own.pointee.attachment.compareExchange(
                expected: Attachment.suspended, desired: Attachment.detached, ordering: .acquiringAndReleasing
            ).exchanged {  // A1
                thread.withAttachmentWord { Parker.wake($0) }
            }
        }
    }

    /// A thread has become suspended.
    func noteStopped(_ thread: ThreadState) {
        record.pointee.lastStopped.store(thread.id, ordering: .relaxed)
        wakePauser()
    }

    func wakePauser() {
        record.pointee.stopSequence.wrappingAdd(1, ordering: .sequentiallyConsistent)
        if record.pointee.pauserSleeps.load(ordering: .sequentiallyConsistent) != 0 { Parker.wake(stopSequenceWord) }
    }
}
