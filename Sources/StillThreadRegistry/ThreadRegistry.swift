// All thread states of an interpreter, and all interpreters of the process.
//
// Lock      Each interpreter's `lock` guards its list of threads; the runtime's lock guards the list of interpreters, and is taken
//           first. Held for a few instructions or one walk. Never allocate, run a hook or stop while holding one.
// Birth     The record is made first and linked under the lock; if a pause is on, it starts suspended.
// Death     by the own thread, attached: hooks, retired memory handed over, QSBR slot back, unlinked. A pauser that waits
//           for it looks at the list again.
import StillPlatform
public import StillQSBR
public import Synchronization

public enum RegistryError: Error, Equatable, CustomStringConvertible {
    case outOfMemory(what: String)
    /// The interpreter has been shut down, or is being shut down.
    case interpreterEnded(id: Int64)

    public var description: String {
        switch self {
        case .outOfMemory(let what): "No memory for \(what). Free memory, end threads or raise the process limit."
        case .interpreterEnded(let id): "Interpreter \(id) has been shut down. Make a new one."
        }
    }
}

/// What the layers above do at certain points. Set once, before a second thread exists. The first argument of all is the thread's record.
@frozen public struct InterpreterHooks: Sendable {
    public typealias ThreadHook = @convention(c) @Sendable (UnsafeMutableRawPointer) -> Void
    /// Gives a thread state that a host's thread has just attached all it needs to run code. False: no memory; the state is then ended.
    public var threadBorn: (@convention(c) @Sendable (UnsafeMutableRawPointer) -> Bool)?
    /// Last chance of a dying thread, attached.
    public var threadDying: ThreadHook?
    /// The thread will never run again: trapped, or not there in a forked child. Called by another one for it; what it shares with others is
    /// given up. Second argument: the record of the calling thread if that is attached to the same interpreter.
    public var threadVanished: (@convention(c) @Sendable (UnsafeMutableRawPointer, UnsafeMutableRawPointer?) -> Void)?
    /// Frees what a trapped thread kept for itself, at the end of the interpreter.
    public var threadForgotten: ThreadHook?
    /// In a forked child, when the registry is whole again: the interpreter's record, and the surviving thread if it is attached to it.
    public var forkedChild: (@convention(c) @Sendable (UnsafeMutableRawPointer, UnsafeMutableRawPointer?) -> Void)?
    /// Serves request bits other than stop, at a safepoint with the world running.
    public var service: (@convention(c) @Sendable (UnsafeMutableRawPointer, UInt32) -> Void)?
    /// Frees a retired block.
    public var freeBlock: DelayedFreeQueue.Free?

    public init() {}
}

@frozen public struct InterpreterRecord: ~Copyable {
    /// Never accessed. ThreadSanitizer takes every write of a field through `pointee` for a write of the record's first byte,
    /// so no atomic may lie there.
    let base: UInt64
    // The words down to `pauseWords` are also taken by their offsets (`checkLayout`).
    let lock: Atomic<UInt32>
    /// 1 from the request of a pause of this interpreter to its end. Under `lock`.
    let requested: Atomic<UInt32>
    let pendingStops: Atomic<UInt64>
    /// 1 while every thread but the requester is stopped.
    let stopped: Atomic<UInt32>
    public let barrierActive: Atomic<UInt8>
    /// GlobalStop: a pause of all interpreters. Under `lock`.
    let globalStop: Atomic<UInt32>
    /// Threads that must be attached once before the next pause (Fairness.swift).
    let owedThreads: Atomic<UInt32>
    /// Held by the thread that stops the world (PauseLock.swift), and its sleepers.
    let pauseNumbers: Atomic<UInt64>
    let pauseWords: (UInt64, UInt64, UInt64, UInt64)
    /// Record of the thread that stops the world, nil for none or one without thread state. Written by it alone.
    let requester: Atomic<UInt>
    /// 1: the thread state behind this record is in use (StaticRecords.swift).
    let firstStateIsTaken: Atomic<UInt32>
    /// PauseDeadline: nanoseconds, 0 for the process's; and what to do then.
    let deadline: Atomic<UInt64>
    let deadlineAction: Atomic<UInt32>
    /// 1: threads had not stopped when the requester of the last pause stopped spinning. A hint.
    let spunInVain: Atomic<UInt32>
    public var id: Int64
    public var hooks: InterpreterHooks
    var qsbrRaw: UnsafeMutableRawPointer
    var firstThread: UnsafeMutableRawPointer?
    var threadCount: Int
    let lastPauseEnd: Atomic<UInt64>
    /// InterpreterLife. Changed under `lock`.
    let life: Atomic<UInt32>
    /// Those who look at the record without a thread state in it; it is freed when there are none. Changed under the runtime's lock.
    let pins: Atomic<Int32>
    /// Written before the first thread exists.
    var configuration: InterpreterConfiguration
    var nextInterpreter: UnsafeMutableRawPointer?
    // Help.swift: seats that are left, offers that are not done with; the pauser's.
    let helpSeats: Atomic<Int32>
    let helpOffers: Atomic<Int32>
    var helpWork: HelpWork?
    var helpContext: UnsafeMutableRawPointer?
}

@frozen public struct Interpreter: Equatable, @unchecked Sendable {
    public let raw: UnsafeMutableRawPointer
    @inlinable @inline(__always) public init(_ raw: UnsafeMutableRawPointer) { self.raw = raw }

    @inlinable public static var recordBytes: Int { 8192 }
    @inlinable public static var privateOffset: Int { 1024 }

    @inlinable @inline(__always) public var record: UnsafeMutablePointer<InterpreterRecord> {
        raw.assumingMemoryBound(to: InterpreterRecord.self)
    }
    public var id: Int64 { record.pointee.id }
    @inlinable public var hooks: InterpreterHooks {
        get { record.pointee.hooks }
        nonmutating set { record.pointee.hooks = newValue }
    }
    public var qsbr: QSBRDomain { QSBRDomain(record.pointee.qsbrRaw) }
    /// Threads that exist, attached or not.
    public var threadCount: Int { withLock { record.pointee.threadCount } }

    func withLock<R>(_ body: () -> R) -> R {
        WordLock.lock(lockWord, .threadList)
        defer { WordLock.unlock(lockWord, .threadList) }
        return body()
    }
    var lockWord: UnsafeMutablePointer<Atomic<UInt32>> { (raw + 8).assumingMemoryBound(to: Atomic<UInt32>.self) }
    var pending: PendingStops { PendingStops(raw + 16) }
    var pauseLock: PauseLock { PauseLock(raw + 40, .pause) }

    /// The offsets above, in Fairness.swift and in GlobalPause.swift are those of the fields.
    func checkLayout() {
        guard BuildOptions.checksInvariants else { return }
        record.pointee.lock.store(1, ordering: .relaxed)
        record.pointee.pendingStops.store(2 << 44, ordering: .relaxed)
        record.pointee.globalStop.store(3, ordering: .relaxed)
        record.pointee.owedThreads.store(4, ordering: .relaxed)
        record.pointee.pauseNumbers.store(5, ordering: .relaxed)
        let isRight =
            lockWord.pointee.load(ordering: .relaxed) == 1 && pending.remaining == 2 && globalStopWord.pointee.load(ordering: .relaxed) == 3
            && owedWord.pointee.load(ordering: .relaxed) == 4 && pauseLock.numbers.pointee.load(ordering: .relaxed) == 5
        if !isRight { stillBug("the words of an interpreter's record lie elsewhere") }
        record.pointee.lock.store(0, ordering: .relaxed)
        record.pointee.pendingStops.store(0, ordering: .relaxed)
        record.pointee.globalStop.store(0, ordering: .relaxed)
        record.pointee.owedThreads.store(0, ordering: .relaxed)
        record.pointee.pauseNumbers.store(0, ordering: .relaxed)
    }

    // MARK: Threads

    /// A thread state, detached, to be attached by the OS thread that will use it.
    ///
    /// - Throws: also when the interpreter is being shut down.
    public func makeThread() throws(RegistryError) -> ThreadState {
        guard let raw = makeThreadRecord() else {
            throw .outOfMemory(what: "a thread state")
        }
        guard let slot = qsbr.makeSlot() else {
            freeThreadRecord(raw)
            throw .outOfMemory(what: "a QSBR slot")
        }
        let thread = ThreadState(raw)
        thread.record.initialize(
            to: ThreadRecord(
                base: 0, evalBreaker: Atomic(0), attachment: Atomic(Attachment.detached), ownerSlot: 0, barrierActive: 0,
                ownsOSThread: 0, isAlone: 0, pad: (0, 0, 0), interpreter: self.raw, id: Runtime.nextThreadID(), qsbrDomain: qsbr.raw,
                qsbrSlot: slot.raw, delayedFree: DelayedFreeQueue(), waiting: Atomic(0), owed: Atomic(0),
                osThreadID: Atomic(OSThread.currentID), nativeRegion: Atomic(0), next: Atomic(0), previous: Atomic(0),
                criticalSection: nil, help: Atomic(0)))
        thread.checkLayout()
        SchedulingNoise.point()
        let isAlive = withLock {
            SchedulingNoise.point()
            if record.pointee.life.load(ordering: .relaxed) != InterpreterLife.alive { return false }
            let isPaused =
                record.pointee.requested.load(ordering: .relaxed) != 0
                || record.pointee.globalStop.load(ordering: .relaxed) == GlobalStop.claimed
            if isPaused && !FaultInjection.isActive(.bornRunning) {
                thread.record.pointee.attachment.store(Attachment.suspended, ordering: .relaxed)
            }
            thread.record.pointee.barrierActive = record.pointee.barrierActive.load(ordering: .relaxed)
            thread.record.pointee.next.store(UInt(bitPattern: record.pointee.firstThread), ordering: .relaxed)
            if let first = record.pointee.firstThread {
                ThreadState(first).record.pointee.previous.store(UInt(bitPattern: raw), ordering: .relaxed)
            }
            record.pointee.firstThread = raw
            record.pointee.threadCount += 1
            SchedulingNoise.point()
            return true
        }
        guard isAlive else {
            qsbr.releaseSlot(slot)
            thread.record.deinitialize(count: 1)
            freeThreadRecord(raw)
            throw .interpreterEnded(id: id)
        }
        endAloneness()
        return thread
    }

    /// Calls `body` for every thread state, under the registry lock: it must not block, allocate or stop.
    public func forEachThread(_ body: (ThreadState) -> Void) { withLock { forEachLocked(body) } }

    /// Under the lock.
    func forEachLocked(_ body: (ThreadState) -> Void) {
        var next = record.pointee.firstThread
        while let raw = next {
            next = UnsafeMutableRawPointer(bitPattern: ThreadState(raw).record.pointee.next.load(ordering: .relaxed))
            body(ThreadState(raw))
        }
    }

    func unlink(_ thread: ThreadState) {
        withLock {
            let own = thread.record
            let next = own.pointee.next.load(ordering: .relaxed)
            let previous = own.pointee.previous.load(ordering: .relaxed)
            if let before = UnsafeMutableRawPointer(bitPattern: previous) {
                ThreadState(before).record.pointee.next.store(next, ordering: .relaxed)
            } else {
                record.pointee.firstThread = UnsafeMutableRawPointer(bitPattern: next)
            }
            if let after = UnsafeMutableRawPointer(bitPattern: next) {
                ThreadState(after).record.pointee.previous.store(previous, ordering: .relaxed)
            }
            thread.forgive()
            SchedulingNoise.point()
            if own.pointee.attachment.load(ordering: .relaxed) == Attachment.stopping { noteStopped(thread.id) }
        }
    }

    /// The end of a thread state that has been unlinked. When the lock is free and the count is zero, the interpreter may be destroyed,
    /// and the first thread state's memory with it.
    func free(_ thread: ThreadState) {
        thread.record.deinitialize(count: 1)
        freeThreadRecord(thread.raw)
        withLock { record.pointee.threadCount -= 1 }
    }

    /// Asks one thread other than `thread` to serve what ended threads have left.
    func passOnRetired(from thread: ThreadState) {
        withLock {
            var next = record.pointee.firstThread
            while let raw = next {
                if raw != thread.raw {
                    ThreadState(raw).request(RequestBits.delayedFrees)
                    return
                }
                next = UnsafeMutableRawPointer(bitPattern: ThreadState(raw).record.pointee.next.load(ordering: .relaxed))
            }
        }
    }

    /// Runs `body` while a detached thread is kept from attaching, so that the caller may act for it.
    ///
    /// - Returns: false when the thread was not detached; the body has not run.
    /// - Precondition: the thread's record cannot go away meanwhile.
    public func withHeldDetached(_ thread: ThreadState, _ body: () -> Void) -> Bool {
        guard
            thread.record.pointee.attachment.compareExchange(
                expected: Attachment.detached, desired: Attachment.held, ordering: .acquiringAndReleasing
            ).exchanged  // A1
        else { return false }
        body()
        SchedulingNoise.point()
        if !thread.record.pointee.attachment.compareExchange(
            expected: Attachment.held, desired: Attachment.detached, ordering: .acquiringAndReleasing
        ).exchanged {  // A1
            thread.record.pointee.attachment.store(Attachment.suspended, ordering: .releasing)  // A1
            noteStopped(thread.id)
        }
        return true
    }
}

extension ThreadState {
    /// Ends the thread state. Called by its own thread, attached; afterwards the OS thread is attached to nothing.
    public func destroy() {
        let interpreter = self.interpreter
        let domain = interpreter.qsbr
        // First what can be freed now, while the upper layers' areas are alive: this thread holds no unprotected pointer.
        record.pointee.delayedFree.closeBatch(domain: domain)
        domain.quiescent(qsbr)
        if record.pointee.delayedFree.heldBlocks > 0 { processRetired(mayWait: false) }
        LockCheck.mayCallHook()
        interpreter.record.pointee.hooks.threadDying?(raw)
        domain.goOffline(qsbr)
        SchedulingNoise.point()
        domain.releaseSlot(qsbr)
        if record.pointee.delayedFree.abandon(to: domain) { interpreter.passOnRetired(from: self) }
        CurrentThread.set(nil)
        SchedulingNoise.point()
        interpreter.unlink(self)
        SchedulingNoise.point()
        interpreter.free(self)
    }
}

/// The process: the list of its interpreters, and numbers that are unique in it.
public enum Runtime {
    private static let threadIDs = Atomic<UInt64>(0)
    private static let interpreterIDs = Atomic<Int64>(0)
    nonisolated(unsafe) private static let lock = ForkLocks.make()
    nonisolated(unsafe) private static var first: UnsafeMutableRawPointer?

    static func nextThreadID() -> UInt64 { threadIDs.wrappingAdd(1, ordering: .relaxed).newValue }

    static func withListLock<R>(_ body: () -> R) -> R {
        WordLock.lock(lock, .runtimeList)
        defer { WordLock.unlock(lock, .runtimeList) }
        return body()
    }

    public static func makeInterpreter() throws(RegistryError) -> Interpreter {
        guard let (raw, domain) = StaticRecords.makeInterpreter() else { throw .outOfMemory(what: "an interpreter") }
        let interpreter = Interpreter(raw)
        interpreter.record.initialize(
            to: InterpreterRecord(
                base: 0, lock: Atomic(0), requested: Atomic(0), pendingStops: Atomic(0), stopped: Atomic(0), barrierActive: Atomic(0),
                globalStop: Atomic(0), owedThreads: Atomic(0), pauseNumbers: Atomic(0), pauseWords: (0, 0, 0, 0), requester: Atomic(0),
                firstStateIsTaken: Atomic(0), deadline: Atomic(0), deadlineAction: Atomic(0), spunInVain: Atomic(0),
                id: interpreterIDs.wrappingAdd(1, ordering: .relaxed).oldValue,
                hooks: InterpreterHooks(), qsbrRaw: domain.raw, firstThread: nil, threadCount: 0, lastPauseEnd: Atomic(0),
                life: Atomic(InterpreterLife.alive), pins: Atomic(0), configuration: .main, nextInterpreter: nil, helpSeats: Atomic(0),
                helpOffers: Atomic(0), helpWork: nil, helpContext: nil))
        interpreter.checkLayout()
        withListLock {
            interpreter.record.pointee.globalStop.store(globalPhase.pointee.load(ordering: .relaxed), ordering: .relaxed)
            interpreter.record.pointee.nextInterpreter = first
            first = raw
        }
        return interpreter
    }

    /// Under the lock of the list: the body must not block or allocate.
    public static func forEachInterpreter(_ body: (Interpreter) -> Void) { withListLock { forEachLocked(body) } }

    /// Under the lock, which a fork holds.
    static func forEachLocked(_ body: (Interpreter) -> Void) {
        var next = first
        while let raw = next {
            next = Interpreter(raw).record.pointee.nextInterpreter
            body(Interpreter(raw))
        }
    }

    /// The first interpreter that `wanted` accepts, which is not freed before `unpin`.
    static func pin(_ wanted: (Interpreter) -> Bool) -> Interpreter? {
        withListLock {
            var found: Interpreter?
            forEachLocked { if found == nil && wanted($0) { found = $0 } }
            found?.record.pointee.pins.wrappingAdd(1, ordering: .relaxed)
            return found
        }
    }
    static func unpin(_ interpreter: Interpreter) {
        withListLock { _ = interpreter.record.pointee.pins.wrappingSubtract(1, ordering: .relaxed) }
    }

    /// False: somebody looks at the record, or all interpreters are stopped.
    static func unlink(_ interpreter: Interpreter) -> Bool {
        withListLock {
            if interpreter.record.pointee.pins.load(ordering: .relaxed) != 0 { return false }
            if globalPhase.pointee.load(ordering: .relaxed) == GlobalStop.claimed && PauseScope.current != PauseScope.everything { return false }
            if first == interpreter.raw {
                first = interpreter.record.pointee.nextInterpreter
                return true
            }
            var next = first
            while let raw = next {
                let record = Interpreter(raw).record
                if record.pointee.nextInterpreter == interpreter.raw {
                    record.pointee.nextInterpreter = interpreter.record.pointee.nextInterpreter
                    return true
                }
                next = record.pointee.nextInterpreter
            }
            stillBug("interpreter \(interpreter.id) is not in the list")
        }
    }

    /// Every thread of every interpreter and its state, for watchdogs. Best effort: what another thread keeps locked for more than
    /// 100 ms is named and left out.
    public static func dumpThreadStates() -> String {
        var text = ""
        func waitFor(_ tryLock: () -> Bool) -> Bool {
            for _ in 0..<100 {
                if tryLock() { return true }
                OSThread.sleep(nanoseconds: 1_000_000)
            }
            return false
        }
        guard waitFor({ WordLock.tryLock(lock, .runtimeList) }) else { return "the list of interpreters is locked\n" }
        defer { WordLock.unlock(lock, .runtimeList) }
        var next = first
        while let raw = next {
            let interpreter = Interpreter(raw)
            let record = interpreter.record
            next = record.pointee.nextInterpreter
            text += "interpreter \(interpreter.id): pause requested \(record.pointee.requested.load(ordering: .relaxed)), "
            text += "stopped \(record.pointee.stopped.load(ordering: .relaxed)), owed \(interpreter.owedThreads), "
            text += "pending \(interpreter.pending.remaining), pause of all \(record.pointee.globalStop.load(ordering: .relaxed))\n"
            guard waitFor({ WordLock.tryLock(interpreter.lockWord, .threadList) }) else {
                text += "  its list of threads is locked\n"
                continue
            }
            defer { WordLock.unlock(interpreter.lockWord, .threadList) }
            var at = record.pointee.firstThread
            while let raw = at {
                let thread = ThreadState(raw)
                let own = thread.record
                text += "  thread \(thread.id) (os \(own.pointee.osThreadID.load(ordering: .relaxed))): "
                text += "\(Attachment.name(own.pointee.attachment.load(ordering: .relaxed))), requests "
                text += "\(String(own.pointee.evalBreaker.load(ordering: .relaxed), radix: 2)), qsbr "
                text += "\(thread.qsbr.sequence.pointee.load(ordering: .relaxed))\n"
                at = UnsafeMutableRawPointer(bitPattern: own.pointee.next.load(ordering: .relaxed))
            }
        }
        return text
    }
}

extension Interpreter {
    /// Frees the interpreter's record. All its threads have been destroyed.
    public func destroy() {
        let left = threadCount
        precondition(left == 0, "Interpreter \(id) still has \(left) threads. Destroy them first.")
        withLock { record.pointee.life.store(InterpreterLife.ended, ordering: .relaxed) }
        if let free = record.pointee.hooks.freeBlock { qsbr.freeAbandoned(context: nil, free: free) }
        if !Runtime.unlink(self) {
            // Who looks at it may be waiting for this OS thread to stop.
            let outer = ThreadState.current
            outer?.detach()
            while !Runtime.unlink(self) { OSThread.yield() }
            outer?.attach()
        }
        qsbr.destroy()
        record.deinitialize(count: 1)
        StaticRecords.free(self)
    }
}
