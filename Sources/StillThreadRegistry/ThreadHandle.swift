// What others hold of an OS thread that runs Python code: whether it has started, whether it has ended, and the right to join it.
//
//   notStarted --beginStart--> starting --started--> running --join, setDone, fork--> done
//                                  +------startFailed------------------------------------^
//
// Started     The starting thread calls beginStart() and started() or startFailed(); the new thread calls exiting() as the last thing it does
//             with the handle, after its thread state has ended.
//             What the new thread does before its program runs may fail: begun() tells the starting thread, and so does the end.
// Joining     A joiner waits for exiting(), detached. The first to see it takes the claim, joins the OS thread and moves the handle to done;
//             the others wait for that. So an OS thread is joined or detached exactly once, and joining twice is no error.
// Fork        Every handle that exists is in a list. In a forked child the handles of threads that are not there become done, and their OS threads
//             are neither joined nor detached. Handles not started, and the surviving threads', stay as they are.
// Ordering    (H1) exiting() and done release, joiners acquire: what the thread did is seen by who joined it.
// Lock        The list's lock is a leaf, held over a fork (ForkLocks).
public import StillPlatform
import Synchronization

public enum ThreadHandleError: Error, Equatable, CustomStringConvertible {
    case alreadyStarted
    case notStarted
    case joinsItself

    public var description: String {
        switch self {
        case .alreadyStarted: "thread already started"
        case .notStarted: "thread not started"
        case .joinsItself: "Cannot join current thread"
        }
    }
}

public final class ThreadHandle: @unchecked Sendable {
    public enum State: UInt32, Sendable { case notStarted = 1, starting, running, done }
    public enum JoinResult: Sendable { case joined, timedOut, interrupted }

    private let word = Atomic<UInt32>(State.notStarted.rawValue)
    /// Id of the thread state, 0 before it has one.
    private let identifierWord = Atomic<UInt64>(0)
    /// 1 once somebody joins or detaches the OS thread, or nobody ever may.
    private let claimed = Atomic<UInt32>(0)
    private let hasBegun = OneTimeEvent()
    private let gone = OneTimeEvent()
    private let ended = OneTimeEvent()
    /// Written by the starting thread before `running`, read by who has the claim.
    private var osThread: OSThread?

    public init() { HandleList.add(self) }

    /// The handle of a thread that was not started here, like a process's first one: running until setDone().
    public convenience init(running identifier: UInt64) {
        self.init()
        identifierWord.store(identifier, ordering: .relaxed)
        word.store(State.running.rawValue, ordering: .releasing)
    }

    deinit {
        HandleList.remove(self)
        // Running, or ended and never joined: the system may take its thread back by itself.
        if claim() { osThread?.detach() }
    }

    public var state: State { State(rawValue: word.load(ordering: .acquiring))! }  // H1
    public var identifier: UInt64 { identifierWord.load(ordering: .acquiring) }
    public var isDone: Bool { state == .done || gone.hasHappened }

    private func claim() -> Bool { claimed.exchange(1, ordering: .acquiringAndReleasing) == 0 }
    private func finish() {
        word.store(State.done.rawValue, ordering: .releasing)  // H1
        hasBegun.set()
        gone.set()
        ended.set()
    }

    // MARK: Start

    /// Only one caller ever gets to start the thread.
    public func beginStart() throws(ThreadHandleError) {
        let (exchanged, _) = word.compareExchange(
            expected: State.notStarted.rawValue, desired: State.starting.rawValue, ordering: .acquiringAndReleasing)
        if !exchanged { throw .alreadyStarted }
    }
    /// Before the OS thread exists, so that it finds its own number.
    public func willRun(as identifier: UInt64) { identifierWord.store(identifier, ordering: .releasing) }
    public func started(_ osThread: OSThread) {
        self.osThread = osThread
        word.store(State.running.rawValue, ordering: .releasing)  // H1
    }
    /// The OS thread could not be made: the handle is done.
    public func startFailed() { if claim() { finish() } }

    /// The new thread is ready to run its program. Again is no error.
    public func begun() { hasBegun.set() }

    /// Waits until the new thread has begun, or has ended without.
    ///
    /// - Parameter thread: the caller's thread state, attached: detached while it waits.
    /// - Returns: false about every 50 ms, for signals.
    public func waitForBegin(_ thread: ThreadState) -> Bool { hasBegun.wait(thread, timeoutNanoseconds: 50_000_000) }

    // MARK: End

    /// The thread's own last step.
    public func exiting() {
        hasBegun.set()
        gone.set()
    }

    /// Done from now on without waiting for the thread, which ends by itself.
    public func setDone() throws(ThreadHandleError) {
        guard state.rawValue >= State.running.rawValue else { throw .notStarted }
        if claim() {
            osThread?.detach()
            finish()
        }
    }

    /// Waits until the thread has ended; again is no error.
    ///
    /// - Parameters:
    ///   - thread: the caller's thread state, attached: detached while it waits. nil for a thread without one.
    ///   - timeoutNanoseconds: nil waits for ever.
    ///   - interrupted: asked about every 50 ms.
    public func join(
        _ thread: ThreadState?, timeoutNanoseconds: UInt64? = nil, interrupted: () -> Bool = { false }
    ) throws(ThreadHandleError) -> JoinResult {
        guard state.rawValue >= State.running.rawValue else { throw .notStarted }
        if !gone.hasHappened, let thread, thread.id == identifier { throw .joinsItself }
        let limit: UInt64? = timeoutNanoseconds.map { timeout in
            let (end, overflow) = Clock.monotonicNanoseconds().addingReportingOverflow(timeout)
            return overflow ? UInt64.max : end
        }
        for event in [gone, ended] {
            if event === ended && claim() {
                // The thread is at its very end: this does not take long.
                if let osThread {
                    if let thread { thread.detached { osThread.join() } } else { osThread.join() }
                }
                finish()
                return .joined
            }
            while !event.hasHappened {
                var slice: UInt64 = 50_000_000
                if let limit {
                    let now = Clock.monotonicNanoseconds()
                    slice = now >= limit ? 0 : min(slice, limit - now)
                }
                if event.wait(thread, timeoutNanoseconds: slice) { break }
                if interrupted() { return .interrupted }
                if let limit, Clock.monotonicNanoseconds() >= limit, !event.hasHappened { return .timedOut }
            }
        }
        return .joined
    }

    // MARK: Fork

    /// In a forked child, alone: the thread is not there. Nobody joins it or waits for it.
    fileprivate func vanish() {
        claimed.store(1, ordering: .relaxed)
        osThread = nil
        finish()
    }

    /// In a forked child, before any Python code.
    static func repairInChild(survives: (UInt64) -> Bool) {
        for handle in HandleList.all() where handle.state != .notStarted && handle.state != .done {
            if handle.state == .running && survives(handle.identifier) { continue }
            handle.vanish()
        }
    }
}

/// Every handle that exists, uncounted.
private enum HandleList {
    nonisolated(unsafe) private static let word = ForkLocks.make()
    nonisolated(unsafe) private static var handles: [ObjectIdentifier: Unmanaged<ThreadHandle>] = [:]

    static func add(_ handle: ThreadHandle) {
        WordLock.lock(word)
        handles[ObjectIdentifier(handle)] = Unmanaged.passUnretained(handle)
        WordLock.unlock(word)
    }
    static func remove(_ handle: ThreadHandle) {
        WordLock.lock(word)
        handles[ObjectIdentifier(handle)] = nil
        WordLock.unlock(word)
    }
    /// In a forked child. One whose end had begun in another thread is in it, too, and is left as it is.
    static func all() -> [ThreadHandle] { handles.values.map { $0.takeUnretainedValue() } }
}
