// Stopping all threads of all interpreters.
//
//              1. wanted under all lists' locks      2. when no interpreter's pause is on     3. at the end
//   globalStop   none ----------------------> wanted ----------------------------> claimed ------------> none
//
// Protocol  1. The requester takes the global pause lock and announces itself to every interpreter: `globalStop` becomes wanted. From then on no pause
//              of a single interpreter begins. Those that are on end; the threads they owe an attachment get it (Fairness.swift). Meanwhile
//              the requester's own thread is detached, so that a pause of its interpreter does not wait for it.
//           2. In one walk over all interpreters: claimed, and their threads are asked, as for one interpreter (StopTheWorld.swift), all counted in one
//              word. It takes no interpreter's pause lock: `globalStop` shuts out the holders of those.
//           3. After the body: none, all threads resumed, requesters of single interpreters woken.
// Births    An interpreter that is made meanwhile starts with the phase of the runtime, under the lock of the list of interpreters; so its threads
//           start suspended when it is claimed. An interpreter that is to be freed while claimed waits, its OS thread detached.
// Nesting   A request inside a pause of all by the same OS thread just runs. Inside a pause of a single interpreter it traps (StopTheWorld.swift).
// Order     global pause lock > list of interpreters > list of threads.
// Ordering  `globalStop` is written under the lists' locks and relaxed: who acts on it holds the lock, or has been asked by a compare-and-swap that
//           followed it (A1), or sleeps and looks again. The signal word is read before a look and changed after what it looks for.
import StillPlatform
import Synchronization

enum GlobalStop {
    static var none: UInt32 { 0 }
    static var wanted: UInt32 { 1 }
    static var claimed: UInt32 { 2 }
}

/// Proof that every other thread of every interpreter is suspended. Only the registry makes one, and only lends it.
public struct StoppedRuntime: ~Copyable {
    public let requester: ThreadState?
    let detailWord: UnsafeMutablePointer<UInt32>

    init(_ requester: ThreadState?, _ detail: UnsafeMutablePointer<UInt32>) {
        self.requester = requester
        detailWord = detail
    }

    /// Under the lock of the list of interpreters: the body must not block or allocate.
    public func forEachInterpreter(_ body: (Interpreter) -> Void) { Runtime.forEachInterpreter(body) }
    /// The proof for one of the interpreters.
    public func withWorld<R, E: Error>(of interpreter: Interpreter, _ body: (borrowing StoppedWorld) throws(E) -> R) throws(E) -> R {
        try body(StoppedWorld(interpreter, requester?.interpreter == interpreter ? requester : nil, detailWord))
    }
    /// A number for the pause log.
    public func setDetail(_ detail: UInt32) { detailWord.pointee = detail }
}

@available(*, unavailable) extension StoppedRuntime: Sendable {}

/// The words of the process, each in a cache line of its own.
enum GlobalWords {
    nonisolated(unsafe) fileprivate static let base = StaticMemory.base + StaticRecords.globalPauseOffset
    fileprivate static let lock = PauseLockPlace(base)
    static func word(_ offset: Int) -> UnsafeMutablePointer<Atomic<UInt32>> { (base + offset).assumingMemoryBound(to: Atomic<UInt32>.self) }
}
private struct PauseLockPlace: @unchecked Sendable {
    let raw: UnsafeMutableRawPointer
    init(_ raw: UnsafeMutableRawPointer) { self.raw = raw }
}

extension Runtime {
    private static var globalPauseLock: PauseLock { PauseLock(GlobalWords.lock.raw, .globalPause) }
    static var globalPending: PendingStops { PendingStops(GlobalWords.base + 64) }
    private static var signal: UnsafeMutablePointer<Atomic<UInt32>> { GlobalWords.word(128) }
    /// What a new interpreter starts with. Written under the list's lock.
    static var globalPhase: UnsafeMutablePointer<Atomic<UInt32>> { GlobalWords.word(132) }

    /// In a forked child, in the pause: who waited for the same right is gone.
    static func forgetOtherRequesters() { globalPauseLock.forgetOthers() }

    /// Something has happened that the requester of a pause of all interpreters may wait for.
    static func signalGlobalRequester() {
        signal.pointee.wrappingAdd(1, ordering: .releasing)
        Parker.wake(signal)
    }

    /// Runs `body` with all threads of all interpreters suspended but the caller.
    ///
    /// - Threads: any OS thread, attached to one of the interpreters or to nothing. May itself be suspended before the body runs.
    /// - Precondition: the caller has not stopped a single interpreter.
    public static func withStoppedWorlds<R, E: Error>(
        _ reason: PauseReason, _ body: (borrowing StoppedRuntime) throws(E) -> R
    ) throws(E) -> R {
        var detail: UInt32 = 0
        let thread = ThreadState.current
        let scope = PauseScope.current
        if scope != 0 {
            precondition(
                scope == PauseScope.everything,
                "All interpreters are to be stopped by a thread that has stopped one of them. End that pause first.")
            return try body(StoppedRuntime(thread, &detail))
        }
        let section = thread?.setSectionAside()
        defer { thread?.putSectionBack(section ?? nil) }
        let lock = globalPauseLock
        var pause = PauseInProgress(scope: PauseRecord.allInterpreters, reason: reason, asker: thread)
        if !lock.tryLock() {
            pause.beginQueueing()
            thread?.detach()
            lock.lock()
            // As for the pause of one interpreter.
            if let thread, thread.isTrapped { lock.unlock() }
            thread?.attach()
        }
        announce(thread, &pause)
        pause.begin()
        let asked = claim(thread)
        if asked > 0 {
            expectSleepers(asked)
            waitForStops(globalPending, asked, &pause, thread?.interpreter)
        }
        if let record = thread?.interpreter.record {
            record.pointee.requester.store(UInt(bitPattern: thread?.raw), ordering: .relaxed)
            record.pointee.stopped.store(1, ordering: .relaxed)
        }
        pause.stopped(asked: asked, last: globalPending.last)
        PauseScope.current = PauseScope.everything
        LockCheck.beginPause()
        defer {
            LockCheck.endPause()
            PauseScope.current = 0
            if let record = thread?.interpreter.record {
                record.pointee.stopped.store(0, ordering: .relaxed)
                record.pointee.requester.store(0, ordering: .relaxed)
            }
            resumeAll(thread, &pause)
            lock.unlock()
            pause.close(detail)
        }
        return try body(StoppedRuntime(thread, &detail))
    }

    /// Step 1: waits until no interpreter's pause is on and nobody is owed.
    private static func announce(_ thread: ThreadState?, _ pause: inout PauseInProgress) {
        var isDetached = false
        var first = true
        while true {
            let seen = signal.pointee.load(ordering: .acquiring)
            let now = Clock.monotonicNanoseconds()
            var isFree = true
            withListLock {
                if first { globalPhase.pointee.store(GlobalStop.wanted, ordering: .relaxed) }
                forEachLocked { interpreter in
                    interpreter.withLock {
                        if first { interpreter.record.pointee.globalStop.store(GlobalStop.wanted, ordering: .relaxed) }
                        if interpreter.record.pointee.requested.load(ordering: .relaxed) != 0 || !interpreter.isNobodyOwed(at: now) { isFree = false }
                    }
                }
            }
            first = false
            if isFree { break }
            pause.beginQueueing()
            if !isDetached {
                thread?.detach()
                isDetached = true
                continue
            }
            SchedulingNoise.point()
            // The end of a pause is signalled, owed threads that attach are not.
            Parker.wait(on: signal, while: seen, timeoutNanoseconds: 200_000)
        }
        if isDetached, let thread {
            // Its interpreter has been shut down meanwhile: nobody else must wait for a thread that never comes back.
            if thread.isTrapped { withdraw() }
            // Nobody stops this thread now: it was not asked, and no pause of its interpreter can begin.
            thread.attach()
        }
    }

    /// Takes step 1 back.
    private static func withdraw() {
        withListLock {
            globalPhase.pointee.store(GlobalStop.none, ordering: .relaxed)
            forEachLocked { interpreter in
                interpreter.withLock { interpreter.record.pointee.globalStop.store(GlobalStop.none, ordering: .relaxed) }
                Parker.wake(interpreter.globalStopWord)
            }
        }
        globalPauseLock.unlock()
    }

    /// Step 2.
    private static func claim(_ thread: ThreadState?) -> Int {
        globalPending.begin()
        var asked = 0
        withListLock {
            globalPhase.pointee.store(GlobalStop.claimed, ordering: .relaxed)
            forEachLocked { interpreter in
                interpreter.withLock {
                    interpreter.forgiveAll()
                    interpreter.record.pointee.globalStop.store(GlobalStop.claimed, ordering: .relaxed)
                    SchedulingNoise.point()
                    asked += interpreter.askThreads(except: thread)
                }
            }
        }
        globalPending.expect(asked)
        return asked
    }

    /// Step 3.
    private static func resumeAll(_ thread: ThreadState?, _ pause: inout PauseInProgress) {
        var anySleeps = false
        withListLock {
            globalPhase.pointee.store(GlobalStop.none, ordering: .relaxed)
            forEachLocked { interpreter in
                interpreter.withLock {
                    interpreter.record.pointee.globalStop.store(GlobalStop.none, ordering: .relaxed)
                    if interpreter.resumeThreads(except: thread) { anySleeps = true }
                    interpreter.record.pointee.lastPauseEnd.store(Clock.monotonicNanoseconds(), ordering: .relaxed)
                    Parker.wake(interpreter.globalStopWord)
                }
            }
            pause.ended()
        }
        SchedulingNoise.point()
        if anySleeps { wakeResumed() }
        Parker.wake(globalPhase)
    }
}

extension Interpreter {
    var globalStopWord: UnsafeMutablePointer<Atomic<UInt32>> { (raw + 32).assumingMemoryBound(to: Atomic<UInt32>.self) }

    /// Waits until the pause of all interpreters that is asked for, or on, is over.
    func waitForGlobalPause(_ thread: ThreadState?) {
        thread?.detach()
        while true {
            let seen = globalStopWord.pointee.load(ordering: .relaxed)
            if seen == GlobalStop.none { break }
            SchedulingNoise.point()
            Parker.wait(on: globalStopWord, while: seen)
        }
        thread?.attach()
    }
}
