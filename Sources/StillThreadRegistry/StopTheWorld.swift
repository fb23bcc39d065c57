// Stopping all threads of one interpreter.
//
// Protocol  1. The requester takes the pause lock (PauseLock.swift: first come, first served); a thread waits for it detached, so that it can itself
//              be stopped. Then it lets the threads attach that the last pause owes that (Fairness.swift).
//           2. Under one hold of the lock of the list of threads: `requested` is set, so that threads born from now on start suspended, and each
//              thread is moved on by a compare-and-swap: detached -> suspended, attached -> stopping, held -> heldStopping. The latter two
//              count as pending, and the thread gets the stop request that makes it look.
//           3. A stopping thread becomes suspended at its next safepoint, or when it detaches; a heldStopping one when its holder lets go; or it ends.
//              Each counts down once (PendingStops.swift). The requester spins a little, then sleeps until none is pending.
//           4. The body runs, with the proof that the world is stopped.
//           5. Under one hold of the list's lock: `requested` is cleared, stop requests taken back, suspended -> detached. Then sleepers are woken
//              (Resumption.swift).
// Together  with a pause of all interpreters (GlobalPause.swift): `globalStop` and `requested` are set and looked at under the list's lock, and
//           never hold at the same time from the moment threads are asked. Who finds `globalStop` set waits, detached, keeping the pause lock.
// Nesting   A request by who has stopped this interpreter's world, or all, already just runs. Who has stopped one interpreter may stop no other,
//           nor all: two that did so crosswise would wait for ever. That traps.
// Strangers A requester attached to another interpreter is detached from that one for the whole pause; otherwise it would stand in the way of
//           a pause there, whose requester may stand in the way here.
// Order     global pause lock > pause lock > list of interpreters > list of threads. Nobody waits for a thread while holding a list's lock.
// Ordering  A1 (Attachment.swift): what the stopped threads did happens before the body; the body before what they do next.
import StillPlatform
import Synchronization

/// Proof that every other thread of one interpreter is suspended. Only the registry makes one, and only lends it.
public struct StoppedWorld: ~Copyable {
    public let interpreter: Interpreter
    public let requester: ThreadState?
    let detailWord: UnsafeMutablePointer<UInt32>

    init(_ interpreter: Interpreter, _ requester: ThreadState?, _ detail: UnsafeMutablePointer<UInt32>) {
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
        invariant(ThreadState.current == self, "thread \(id) stops the world, but the OS thread is not attached to it")
        return try interpreter.stopWorld(reason, self, asker: self, body)
    }
}

extension Interpreter {
    /// The same for any OS thread: attached to this interpreter, to another one, or to nothing.
    ///
    /// Who is attached to another interpreter is detached from it until the pause is over; the body must touch objects of this one only.
    public func withStoppedWorld<R, E: Error>(
        _ reason: PauseReason, _ body: (borrowing StoppedWorld) throws(E) -> R
    ) throws(E) -> R {
        let current = ThreadState.current
        guard let current, current.interpreter != self, PauseScope.current == 0 else {
            let own = current?.interpreter == self ? current : nil
            return try stopWorld(reason, own, asker: own, body)
        }
        current.detach()
        defer { current.attach() }
        return try stopWorld(reason, nil, asker: current, body)
    }

    /// Whether the thread has stopped this interpreter's world.
    func isStopped(by thread: ThreadState) -> Bool {
        record.pointee.requester.load(ordering: .relaxed) == UInt(bitPattern: thread.raw)
            && record.pointee.stopped.load(ordering: .relaxed) != 0
    }

    fileprivate func stopWorld<R, E: Error>(
        _ reason: PauseReason, _ thread: ThreadState?, asker: ThreadState?, _ body: (borrowing StoppedWorld) throws(E) -> R
    ) throws(E) -> R {
        var detail: UInt32 = 0
        let scope = PauseScope.current
        if scope != 0 {
            precondition(
                scope == UInt(bitPattern: raw) || scope == PauseScope.everything,
                "Interpreter \(id) is to be stopped by a thread that has stopped another one. Stop all: Runtime.withStoppedWorlds.")
            return try body(StoppedWorld(self, thread, &detail))
        }
        let section = thread?.setSectionAside()
        defer { thread?.putSectionBack(section ?? nil) }
        let lock = pauseLock
        var pause = PauseInProgress(scope: id, reason: reason, asker: asker)
        if !lock.tryLock() {
            pause.beginQueueing()
            thread?.detach()  // so that the present pauser need not wait for us
            lock.lock()
            // Trapped by the pause that has ended: the lock must not stay with a thread that never comes back.
            if let thread, thread.isTrapped { lock.unlock() }
            thread?.attach()
        }
        let asked = request(thread, &pause)
        if asked > 0 {
            Runtime.expectSleepers(asked)
            waitForStops(pending, asked, &pause, self)
        }
        record.pointee.requester.store(UInt(bitPattern: thread?.raw), ordering: .relaxed)
        record.pointee.stopped.store(1, ordering: .relaxed)
        pause.stopped(asked: asked, last: pending.last)
        PauseScope.current = UInt(bitPattern: raw)
        LockCheck.beginPause()
        defer {
            LockCheck.endPause()
            PauseScope.current = 0
            record.pointee.stopped.store(0, ordering: .relaxed)
            record.pointee.requester.store(0, ordering: .relaxed)
            resume(thread, &pause)
            lock.unlock()
            pause.close(detail)
        }
        return try body(StoppedWorld(self, thread, &detail))
    }

    /// Steps 1 (without the pause lock) and 2.
    ///
    /// - Returns: how many threads are pending.
    private func request(_ thread: ThreadState?, _ pause: inout PauseInProgress) -> Int {
        while true {
            if owedThreads != 0 {
                pause.beginQueueing()
                waitForOwedThreads(thread)
            }
            pause.begin()
            var globalStop: UInt32 = 0
            let asked: Int? = withLock {
                globalStop = record.pointee.globalStop.load(ordering: .relaxed)
                if globalStop != GlobalStop.none && !FaultInjection.isActive(.overlookGlobalPause) { return nil }
                if !isNobodyOwed(at: pause.requestedAt) { return nil }
                forgiveAll()
                record.pointee.requested.store(1, ordering: .relaxed)
                pending.begin()
                SchedulingNoise.point()
                let asked = askThreads(except: thread)
                pending.expect(asked)
                return asked
            }
            if let asked { return asked }
            pause.beginQueueing()
            if globalStop != GlobalStop.none { waitForGlobalPause(thread) }
        }
    }

    /// Under the list's lock: asks all threads but one to stop. Returns how many will count down.
    func askThreads(except requester: ThreadState?) -> Int {
        var asked = 0
        forEachLocked { thread in
            if thread == requester { return }
            let own = thread.record
            while true {
                SchedulingNoise.point()
                let state = own.pointee.attachment.load(ordering: .relaxed)
                let next: UInt32
                switch state {
                case Attachment.detached: next = Attachment.suspended
                case Attachment.attached: next = Attachment.stopping
                case Attachment.held: next = Attachment.heldStopping
                default: return  // stands already, for ever
                }
                guard
                    own.pointee.attachment.compareExchange(
                        expected: state, desired: next, ordering: .acquiringAndReleasing
                    ).exchanged  // A1
                else { continue }
                if state != Attachment.detached { asked += 1 }
                if state == Attachment.attached { thread.request(RequestBits.stop) }
                return
            }
        }
        return asked
    }

    private func resume(_ requester: ThreadState?, _ pause: inout PauseInProgress) {
        // Under one hold of the lock: a thread born before it ends starts suspended and is resumed here, one born after it is free.
        var anySleeps = false
        let globalStop = withLock {
            record.pointee.requested.store(0, ordering: .relaxed)
            anySleeps = resumeThreads(except: requester)
            pause.ended()
            record.pointee.lastPauseEnd.store(pause.endedAt, ordering: .relaxed)
            return record.pointee.globalStop.load(ordering: .relaxed)
        }
        SchedulingNoise.point()
        if anySleeps { Runtime.wakeResumed() }
        if globalStop != GlobalStop.none { Runtime.signalGlobalRequester() }
    }

    /// Under the list's lock. True: threads among them sleep and are to be woken when the lock is free.
    func resumeThreads(except requester: ThreadState?) -> Bool {
        var anySleeps = false
        forEachLocked { thread in
            if thread == requester || thread.isTrapped { return }
            let own = thread.record
            if own.pointee.evalBreaker.load(ordering: .relaxed) & RequestBits.stop != 0 { thread.clearRequest(RequestBits.stop) }
            mark(thread)
            SchedulingNoise.point()
            while true {
                let state = own.pointee.attachment.load(ordering: .relaxed)
                guard state == Attachment.suspended || state == Attachment.sleeping else {
                    invariant(
                        !Attachment.isAttached(state) || FaultInjection.isAnyActive,
                        "thread \(thread.id) was \(Attachment.name(state)) in a stopped world")
                    return
                }
                if own.pointee.attachment.compareExchange(
                    expected: state, desired: Attachment.detached, ordering: .acquiringAndReleasing
                ).exchanged {  // A1
                    if state == Attachment.sleeping { anySleeps = true }
                    return
                }
            }
        }
        return anySleeps
    }

    /// A thread that was asked to stop is suspended, or gone.
    func noteStopped(_ thread: UInt64) {
        // Who asked has set this under the list's lock before it asked.
        let isGlobal = record.pointee.globalStop.load(ordering: .relaxed) == GlobalStop.claimed
        (isGlobal ? Runtime.globalPending : pending).countDown(thread)
    }
}
