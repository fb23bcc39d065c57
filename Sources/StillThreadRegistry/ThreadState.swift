// One thread in one interpreter: a record of raw memory, the registry's part first, private areas of the upper layers behind it.
import StillPlatform
public import StillQSBR
public import Synchronization

/// The registry's part of a thread's record.
@frozen public struct ThreadRecord: ~Copyable {
    /// Never accessed. ThreadSanitizer takes every write of a field through `pointee` for a write of the record's first byte,
    /// so no atomic may lie there.
    let base: UInt64
    /// Requests, RequestBits: set by anybody, served by the thread at safepoints.
    public let evalBreaker: Atomic<UInt32>
    public let attachment: Atomic<UInt32>
    /// The reference-count owner slot (upper layer). Own thread.
    public var ownerSlot: UInt16
    /// Mode of the write barrier. Written in pauses and at birth, read by the own thread.
    public var barrierActive: UInt8
    /// 1: the OS thread was started for this state. Written before it starts.
    public var ownsOSThread: UInt8
    /// 1: the interpreter has no other thread state (AloneThread.swift).
    public var isAlone: UInt8
    let pad: (UInt8, UInt8, UInt8)
    public var interpreter: UnsafeMutableRawPointer
    public var id: UInt64
    public var qsbrDomain: UnsafeMutableRawPointer
    public var qsbrSlot: UnsafeMutableRawPointer
    public var delayedFree: DelayedFreeQueue
    /// 1 while the thread waits to attach.
    let waiting: Atomic<UInt32>
    /// 1 from the end of a pause in which the thread waited until it is attached (fairness).
    let owed: Atomic<UInt32>
    /// The OS thread that attached last; before the first time the one that made the state, or 0.
    public let osThreadID: Atomic<UInt64>
    /// Address of a text: the long native operation that the thread is in, for reports. 0: none.
    public let nativeRegion: Atomic<UInt>
    // Links of the interpreter's list, under its lock: written by other threads, so atomic.
    let next: Atomic<UInt>
    let previous: Atomic<UInt>
    /// The innermost critical section, a record on the thread's stack. Own thread.
    var criticalSection: UnsafeMutableRawPointer?
    /// Help.swift.
    let help: Atomic<UInt32>
}

@frozen public struct ThreadState: Equatable, @unchecked Sendable {
    public let raw: UnsafeMutableRawPointer
    @inlinable @inline(__always) public init(_ raw: UnsafeMutableRawPointer) { self.raw = raw }

    @inlinable public static var recordBytes: Int { 16384 }
    /// Where the private areas of upper layers begin.
    @inlinable public static var privateOffset: Int { 512 }

    @inlinable @inline(__always) public var record: UnsafeMutablePointer<ThreadRecord> {
        raw.assumingMemoryBound(to: ThreadRecord.self)
    }
    @inlinable public var interpreter: Interpreter { Interpreter(record.pointee.interpreter) }
    /// Unique in the process, from 1.
    @inlinable public var id: UInt64 { record.pointee.id }
    @inlinable @inline(__always) public var ownerSlot: UInt16 {
        get { record.pointee.ownerSlot }
        nonmutating set { record.pointee.ownerSlot = newValue }
    }
    @inlinable @inline(__always) public var barrierActive: UInt8 {
        get { record.pointee.barrierActive }
        nonmutating set { record.pointee.barrierActive = newValue }
    }
    /// No other thread can touch the interpreter's objects before this one's next safepoint (AloneThread.swift).
    @inlinable @inline(__always) public var isAlone: Bool { record.pointee.isAlone != 0 }
    /// Alone, and no collection marks: stores need neither lock nor barrier. One look at both bytes.
    @inlinable @inline(__always) public var storesPlainly: Bool {
        raw.loadUnaligned(fromByteOffset: 18, as: UInt32.self) & 0xFF_00FF == 0x1_0000
    }
    @inlinable public var qsbr: QSBRSlot { QSBRSlot(record.pointee.qsbrSlot) }
    public var isAttached: Bool { Attachment.isAttached(record.pointee.attachment.load(ordering: .relaxed)) }

    /// Waits for the end of a pause. A hint, except in a pause that this thread waits for.
    public var isWaitingToAttach: Bool { record.pointee.waiting.load(ordering: .relaxed) != 0 }

    /// The thread state attached to the running OS thread.
    public static var current: ThreadState? { CurrentThread.get().map(ThreadState.init) }

    // MARK: Requests

    /// Asks the thread to do something at its next safepoint. Any thread.
    @inlinable public func request(_ bits: UInt32) {
        record.pointee.evalBreaker.bitwiseOr(bits, ordering: .releasing)
    }
    @inlinable public func clearRequest(_ bits: UInt32) {
        record.pointee.evalBreaker.bitwiseAnd(~bits, ordering: .acquiringAndReleasing)
    }
    @inlinable @inline(__always) public var hasRequest: Bool {
        record.pointee.evalBreaker.load(ordering: .relaxed) != 0
    }

    /// A point where the thread may be paused: it holds no unprotected pointer. One relaxed load when nothing is asked.
    @inlinable @inline(__always) public func safepoint() {
        if _slowPath(hasRequest) { serveRequests() }
    }

    // MARK: Attaching

    /// Becomes able to touch objects; waits while the world is stopped. A1
    public func attach() {
        if let other = CurrentThread.get() { misuseOfAttach(other) }
        LockCheck.mayStop("a thread attaches")
        takeAttachment()
        let osThread = OSThread.currentID
        if record.pointee.osThreadID.load(ordering: .relaxed) != osThread {
            record.pointee.osThreadID.store(osThread, ordering: .relaxed)
        }
        CurrentThread.set(raw)
        if record.pointee.isAlone == 0 { lookWhetherAlone() }
        if record.pointee.criticalSection != nil { retakeSection() }
    }

    @inline(never) private func misuseOfAttach(_ other: UnsafeMutableRawPointer) {
        let held = ThreadState(other)
        preconditionFailure(
            held == self
                ? "Thread state \(id) attaches twice. Attach and detach come in pairs."
                : "Thread state \(id) attaches on an OS thread that is attached to thread state \(held.id). Detach that one first.")
    }
    @inline(never) private func misuseOfDetach() {
        let current = ThreadState.current.map { "thread state \($0.id)" } ?? "nothing"
        preconditionFailure("Thread state \(id) is detached by an OS thread that is attached to \(current).")
    }

    /// The state waits for an OS thread that will be started for it: in a child forked before that has attached, it is gone.
    public func handOver() {
        record.pointee.osThreadID.store(0, ordering: .relaxed)
        record.pointee.ownsOSThread = 1
    }
    /// The thread exists in the process that was forked, not in this one.
    public var hasVanished: Bool { record.pointee.attachment.load(ordering: .relaxed) == Attachment.vanished }

    private func takeAttachment() {
        var spins = 0
        while true {
            SchedulingNoise.point()
            if record.pointee.attachment.compareExchange(
                expected: Attachment.detached, desired: Attachment.attached, ordering: .acquiringAndReleasing
            ).exchanged { break }  // A1
            if FaultInjection.isActive(.ignoreSuspension) {
                record.pointee.attachment.store(Attachment.attached, ordering: .releasing)
                break
            }
            waitToAttach(record.pointee.attachment.load(ordering: .relaxed), &spins)
        }
        record.pointee.waiting.store(0, ordering: .relaxed)
        // An offer that is made only now is taken back.
        if spins > 0 && record.pointee.help.load(ordering: .relaxed) == Help.seated { _ = giveUpSeat() }
        forgive()
        QSBRDomain(record.pointee.qsbrDomain).goOnline(qsbr)
    }

    /// One step of waiting, in a state that is not detached.
    private func waitToAttach(_ state: UInt32, _ spins: inout Int) {
        if spins == 0 { record.pointee.waiting.store(1, ordering: .relaxed) }
        spins += 1
        switch state {
        case Attachment.suspended:
            if spins == 1 { takeSeat() }
            let help = record.pointee.help.load(ordering: .relaxed)
            if help == Help.offered {
                takeOffer()
                spins = 2
                return
            }
            if spins <= (help == Help.seated ? Help.patience : Spinning.whileStopped) {
                cpuRelax()
                return
            }
            if help == Help.seated && !giveUpSeat() { return }
            SchedulingNoise.point()
            // Who resumes a sleeping thread wakes it. Fails when it is resumed just now.
            guard
                record.pointee.attachment.compareExchange(
                    expected: Attachment.suspended, desired: Attachment.sleeping, ordering: .acquiringAndReleasing
                ).exchanged  // A1
            else { return }
        case Attachment.sleeping:
            Runtime.sleepUntilResumed { record.pointee.attachment.load(ordering: .relaxed) == Attachment.sleeping }
        case Attachment.detached: return
        case Attachment.held, Attachment.heldStopping:
            cpuRelax()
            if spins > 1000 { OSThread.yield() }
        default: cannotAttach(state)
        }
    }

    /// Gives the right to touch objects back.
    public func detach() {
        if CurrentThread.get() != raw { misuseOfDetach() }
        if record.pointee.criticalSection != nil && !FaultInjection.isActive(.keepSections) { giveUpSection() }
        LockCheck.mayStop("a thread detaches")
        leaveAttachment()
        CurrentThread.set(nil)
    }

    /// attached -> detached, or stopping -> suspended.
    private func leaveAttachment() {
        QSBRDomain(record.pointee.qsbrDomain).goOffline(qsbr)
        SchedulingNoise.point()
        if !record.pointee.attachment.compareExchange(
            expected: Attachment.attached, desired: Attachment.detached, ordering: .acquiringAndReleasing
        ).exchanged {  // A1
            becomeSuspended()
        }
    }

    /// stopping -> suspended.
    private func becomeSuspended() {
        if BuildOptions.checksInvariants && record.pointee.attachment.load(ordering: .relaxed) != Attachment.stopping {
            return becomeSuspendedUnasked()
        }
        // After the store a pauser may go on, and the record is its own only as long as the interpreter is: so both are read before.
        let interpreter = self.interpreter
        let id = self.id
        record.pointee.attachment.store(Attachment.suspended, ordering: .releasing)  // A1
        SchedulingNoise.point()
        interpreter.noteStopped(id)
    }

    /// Only a fault leads here.
    private func becomeSuspendedUnasked() {
        let state = record.pointee.attachment.load(ordering: .relaxed)
        if !FaultInjection.isAnyActive { stillBug("thread \(id) stops while it is \(Attachment.name(state))") }
        record.pointee.attachment.store(Attachment.suspended, ordering: .releasing)
    }

    @inline(__always)
    func withAttachmentWord<R>(_ body: (UnsafeMutablePointer<Atomic<UInt32>>) -> R) -> R {
        body((raw + 12).assumingMemoryBound(to: Atomic<UInt32>.self))
    }

    /// Runs `body` detached: for anything that may block.
    public func detached<R, E: Error>(_ body: () throws(E) -> R) throws(E) -> R {
        detach()
        defer { attach() }
        return try body()
    }

    // MARK: Safepoint

    @usableFromInline @inline(never) func serveRequests() {
        if record.pointee.criticalSection == nil { return serve() }
        giveUpSection()
        serve()
        retakeSection()
    }

    private func serve() {
        var bits = record.pointee.evalBreaker.load(ordering: .acquiring)
        if bits & RequestBits.stop != 0 {
            stopHere()
            bits = record.pointee.evalBreaker.load(ordering: .acquiring)
        }
        let mine = bits & ~RequestBits.stop
        // Taken back first: who asks for a report after it has advanced, and finds the bit set, gets a report of what it advanced to.
        if mine != 0 {
            clearRequest(mine)
            // With the one in askReaders(): either the asker sees the bit gone, or the report below sees its goal.
            atomicMemoryFence(ordering: .sequentiallyConsistent)
        }
        SchedulingNoise.point()
        let domain = QSBRDomain(record.pointee.qsbrDomain)
        domain.quiescent(qsbr)
        if mine == 0 { return }
        if mine & RequestBits.delayedFrees != 0 {
            domain.announceReport()
            processRetired()
        }
        let rest = mine & ~(RequestBits.delayedFrees | RequestBits.giveUpSections)
        if rest != 0, let service = interpreter.record.pointee.hooks.service {
            LockCheck.mayCallHook()
            service(raw, rest)
        }
    }

    /// stopping -> suspended, until resumed.
    private func stopHere() {
        LockCheck.mayStop("a thread stops at a safepoint")
        QSBRDomain(record.pointee.qsbrDomain).goOffline(qsbr)
        SchedulingNoise.point()
        record.pointee.waiting.store(1, ordering: .relaxed)
        becomeSuspended()
        takeAttachment()
    }

    // MARK: Retired memory

    /// Frees the block once no thread can hold a pointer to it from before: it has been unlinked. The free goes through the
    /// interpreter's `freeBlock` hook.
    ///
    /// When there is no memory to note it down the block is leaked: callers hold object locks, for which others wait attached, so
    /// nobody can be stopped here.
    ///
    /// - Threads: attached.
    public func retire(_ block: UnsafeMutableRawPointer, bytes: Int) {
        if _slowPath(interpreter.isStopped(by: self)) {
            interpreter.record.pointee.hooks.freeBlock?(raw, block, UInt(bytes))
            return
        }
        let full = record.pointee.delayedFree.retire(block, bytes: bytes, domain: QSBRDomain(record.pointee.qsbrDomain))
        if full == true { request(RequestBits.delayedFrees) }
    }

    /// Frees what no reader holds back, this thread's and what ended threads left. At a safepoint.
    ///
    /// Threads that run without being asked for anything report no quiescent state; where blocks have waited for a batch's time they are asked.
    /// A thread that is far behind waits for them, a millisecond at most: what it holds back stays bounded, and it can be stopped.
    /// - Parameter mayWait: false for a thread that ends: it must not be trapped while it waits.
    func processRetired(mayWait: Bool = true) {
        guard let free = interpreter.record.pointee.hooks.freeBlock else { return }
        let domain = QSBRDomain(record.pointee.qsbrDomain)
        record.pointee.delayedFree.process(domain: domain, context: raw, free: free)
        if record.pointee.delayedFree.waitsForReaders { askReaders() }
        if mayWait && record.pointee.delayedFree.isFarBehind { waitForReaders(domain, free) }
        if domain.hasAbandoned { domain.processAbandoned(context: raw, free: free) }
        // What slow readers still hold back is looked at again.
        if record.pointee.delayedFree.isFarBehind { request(RequestBits.delayedFrees) }
    }

    /// Asks all threads for a report that have not made theirs since the newest goal.
    private func askReaders() {
        guard let goal = record.pointee.delayedFree.newestGoal else { return }
        // The goal was asked for before; now the bits are looked at. See serve().
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        interpreter.forEachThread { thread in
            let seen = thread.qsbr.sequence.pointee.load(ordering: .relaxed)
            if seen == 0 || Int64(bitPattern: seen &- goal.sequence) >= 0 || thread == self { return }
            if FaultInjection.isActive(.leaveReadersAlone) { return }
            if thread.record.pointee.evalBreaker.load(ordering: .relaxed) & RequestBits.delayedFrees == 0 {
                thread.request(RequestBits.delayedFrees)
            }
        }
    }

    /// Spins for readers that run, then sleeps detached: a pause need not wait for this thread, nor do others that wait as it does.
    private func waitForReaders(_ domain: QSBRDomain, _ free: DelayedFreeQueue.Free) {
        for _ in 0..<64 {
            cpuRelax()
            domain.quiescent(qsbr)
            record.pointee.delayedFree.process(domain: domain, context: raw, free: free)
            if !record.pointee.delayedFree.isFarBehind { return }
            if record.pointee.evalBreaker.load(ordering: .relaxed) & RequestBits.stop != 0 { return }
        }
        let limit = Clock.monotonicNanoseconds() + 1_000_000
        while let goal = record.pointee.delayedFree.oldestGoal {
            askReaders()
            detached { domain.waitForReport(goal, timeoutNanoseconds: 250_000) }
            record.pointee.delayedFree.process(domain: domain, context: raw, free: free)
            if !record.pointee.delayedFree.isFarBehind || Clock.monotonicNanoseconds() > limit { return }
        }
    }

    public var retiredBlocks: Int { record.pointee.delayedFree.heldBlocks }
    public var retiredBytes: Int { record.pointee.delayedFree.heldBytes }
}
