// Quiescent-state-based reclamation (QSBR): when may retired memory be freed?
//
// Problem   One thread replaces a list's item array while another still reads the old one.
// Protocol  The writer unlinks the array, then calls advance() and keeps the goal it returns. Each thread reports points where
//           it holds no unprotected pointer. When every online slot has reported a sequence >= goal, nobody can
//           reach the array.
//
//           slot.sequence   0 = offline, odd = last seen     written by its own thread
//           writeSequence   odd, +2 for each goal            written by any thread
//           readSequence    a lower bound of all online slots, kept to avoid scans
//
// Ordering  (Q1) advance() releases, goOnline()/quiescent() acquire writeSequence: a slot at >= goal has seen the unlink.
//           (Q2) every store to a slot releases, isReached() acquires it: reads made before the report happen before the free.
//           (Q3) goOnline() stores the slot, fence, reads pointers; isReached() runs after the unlink, fence, loads the
//                slots. One fence is first: the scan sees the slot online, or the reader sees the unlink.
//           ThreadSanitizer does not model fences: no happens-before edge rests on Q3.
// Slots     Chunks of 64 that are only ever added, found through a table that is never moved; a freed slot is reused. So a slot's
//           address is good for ever, and growing stops nobody.
//
// Elsewhere What is freed: DelayedFree.swift. Who pauses threads: StillThreadRegistry.
// Source    CPython 3.13 Python/qsbr.c; FreeBSD sys/kern/subr_smr.c (GUS).
public import StillPlatform
public import Synchronization

/// A point in the write sequence that readers must have passed.
@frozen public struct QSBRGoal: Equatable, Sendable {
    public let sequence: UInt64
    @inlinable public init(_ sequence: UInt64) { self.sequence = sequence }
}

/// One thread's report, alone on its cache line.
@frozen public struct QSBRSlot: Equatable, @unchecked Sendable {
    public let raw: UnsafeMutableRawPointer
    @inlinable public init(_ raw: UnsafeMutableRawPointer) { self.raw = raw }
    @inlinable @inline(__always) public var sequence: UnsafeMutablePointer<Atomic<UInt64>> {
        raw.assumingMemoryBound(to: Atomic<UInt64>.self)
    }
    /// Index + 1 of the next free slot while this one is free.
    var nextFree: UnsafeMutablePointer<UInt64> { (raw + 8).assumingMemoryBound(to: UInt64.self) }
    var index: UnsafeMutablePointer<UInt64> { (raw + 16).assumingMemoryBound(to: UInt64.self) }
}

/// One interpreter's domain.
@frozen public struct QSBRDomain: Equatable, @unchecked Sendable {
    public let raw: UnsafeMutableRawPointer
    @inlinable public init(_ raw: UnsafeMutableRawPointer) { self.raw = raw }

    static let slotBytes = 64
    static let slotsPerChunk = 64
    static let chunkLimit = 1024

    @frozen public struct Fields: ~Copyable {
        /// Never accessed. ThreadSanitizer takes every write of a field through `pointee` for a write of the record's first byte,
        /// so no atomic may lie there.
        let base: UInt64
        public let writeSequence: Atomic<UInt64>
        let pad: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64)
        let readSequence: Atomic<UInt64>
        let slotCount: Atomic<Int>
        let lock: Atomic<UInt32>
        /// Changes when a thread has made a report that was asked for; writers sleep on it.
        let reports: Atomic<UInt32>
        /// Writers that sleep on it, or are about to.
        let waiting: Atomic<UInt32>
        var firstFree: UInt64
        let chunks: UnsafeMutablePointer<Atomic<UInt>>
        /// 1 while there are abandoned blocks: a hint, changed under the lock.
        let hasAbandoned: Atomic<UInt32>
        /// Retired blocks of threads that ended (DelayedFree.swift). Under the lock.
        var abandoned: DelayedFreeQueue
    }
    @inlinable @inline(__always) public var fields: UnsafeMutablePointer<Fields> { raw.assumingMemoryBound(to: Fields.self) }

    /// - Returns: nil when there is no memory.
    public static func make() -> QSBRDomain? {
        guard let raw = rawAllocateZeroed(512, alignment: 64) else { return nil }
        guard let chunks = rawAllocateZeroed(chunkLimit * 8, alignment: 64) else {
            rawFree(raw)
            return nil
        }
        return QSBRDomain(raw, chunks: chunks)
    }

    /// Bytes for a domain with room for its first 64 slots.
    public static var staticBytes: Int { 512 + chunkLimit * 8 + slotsPerChunk * slotBytes }

    /// A domain in static memory: `staticBytes` zeroed bytes, aligned to 64. They stay the caller's after `destroy`.
    public static func make(in raw: UnsafeMutableRawPointer) -> QSBRDomain {
        let domain = QSBRDomain(raw, chunks: raw + 512)
        domain.fields.pointee.chunks[0].store(UInt(bitPattern: raw + 512 + chunkLimit * 8), ordering: .releasing)
        return domain
    }

    private init(_ raw: UnsafeMutableRawPointer, chunks: UnsafeMutableRawPointer) {
        self.raw = raw
        fields.initialize(
            to: Fields(
                base: 0, writeSequence: Atomic(1), pad: (0, 0, 0, 0, 0, 0, 0), readSequence: Atomic(1), slotCount: Atomic(0),
                lock: Atomic(0), reports: Atomic(0), waiting: Atomic(0), firstFree: 0, chunks: chunks.assumingMemoryBound(to: Atomic<UInt>.self),
                hasAbandoned: Atomic(0), abandoned: DelayedFreeQueue()))
    }
    private var isStatic: Bool { raw >= StaticMemory.base && raw < StaticMemory.base + StaticMemory.bytes }

    /// No thread uses the domain any more; retired blocks have been freed.
    public func destroy() {
        let isStatic = self.isStatic
        for index in (isStatic ? 1 : 0)..<QSBRDomain.chunkLimit {
            let chunk = fields.pointee.chunks[index].load(ordering: .relaxed)
            if chunk == 0 { break }
            rawFree(UnsafeMutableRawPointer(bitPattern: chunk))
        }
        if isStatic { return }
        rawFree(fields.pointee.chunks)
        rawFree(raw)
    }

    func withLock<R>(_ body: () -> R) -> R {
        // Slots are made and freed rarely, at thread birth and death: spin, then yield.
        var spins = 0
        LockCheck.willTake(.qsbr, raw)
        while !fields.pointee.lock.compareExchange(expected: 0, desired: 1, ordering: .acquiring).exchanged {
            spins += 1
            if spins < 40 { cpuRelax() } else { OSThread.yield() }
        }
        LockCheck.took(.qsbr, raw)
        defer {
            LockCheck.gaveBack(.qsbr, raw)
            fields.pointee.lock.store(0, ordering: .releasing)
        }
        return body()
    }

    /// For the process that forks, while no thread is attached: the slots and the abandoned queue are whole in the child.
    public func lockForFork() {
        while !fields.pointee.lock.compareExchange(expected: 0, desired: 1, ordering: .acquiring).exchanged { OSThread.yield() }
    }
    public func unlockAfterFork() { fields.pointee.lock.store(0, ordering: .releasing) }

    private func slot(_ index: Int) -> QSBRSlot {
        let chunk = fields.pointee.chunks[index / QSBRDomain.slotsPerChunk].load(ordering: .acquiring)
        return QSBRSlot(
            UnsafeMutableRawPointer(bitPattern: chunk)! + index % QSBRDomain.slotsPerChunk * QSBRDomain.slotBytes)
    }

    /// A slot, offline. nil: no memory, or more than 65,536 threads.
    public func makeSlot() -> QSBRSlot? {
        withLock {
            if fields.pointee.firstFree != 0 {
                let slot = slot(Int(fields.pointee.firstFree) - 1)
                fields.pointee.firstFree = slot.nextFree.pointee
                return slot
            }
            let index = fields.pointee.slotCount.load(ordering: .relaxed)
            let chunk = index / QSBRDomain.slotsPerChunk
            guard chunk < QSBRDomain.chunkLimit else { return nil }
            if index % QSBRDomain.slotsPerChunk == 0 && fields.pointee.chunks[chunk].load(ordering: .relaxed) == 0 {
                guard let memory = rawAllocateZeroed(QSBRDomain.slotsPerChunk * QSBRDomain.slotBytes, alignment: 64)
                else { return nil }
                fields.pointee.chunks[chunk].store(UInt(bitPattern: memory), ordering: .releasing)
            }
            let slot = slot(index)
            slot.index.pointee = UInt64(index)
            // Scans see the slot (offline) from now on.
            fields.pointee.slotCount.store(index + 1, ordering: .releasing)
            return slot
        }
    }

    /// Gives an offline slot back.
    public func releaseSlot(_ slot: QSBRSlot) {
        invariant(slot.sequence.pointee.load(ordering: .relaxed) == 0, "an online QSBR slot is released")
        withLock {
            slot.nextFree.pointee = fields.pointee.firstFree
            fields.pointee.firstFree = slot.index.pointee + 1
        }
    }

    // MARK: Reader

    /// From now on the thread may hold unprotected pointers.
    @inlinable @inline(__always) public func goOnline(_ slot: QSBRSlot) {
        let seen = fields.pointee.writeSequence.load(ordering: .acquiring)  // Q1
        SchedulingNoise.point()
        slot.sequence.pointee.store(seen, ordering: .releasing)  // Q2
        atomicMemoryFence(ordering: .sequentiallyConsistent)  // Q3
    }

    /// The thread holds no unprotected pointer until it goes online again.
    @inlinable @inline(__always) public func goOffline(_ slot: QSBRSlot) {
        slot.sequence.pointee.store(0, ordering: .releasing)  // Q2
    }

    /// The thread holds no unprotected pointer at this moment.
    @inlinable @inline(__always) public func quiescent(_ slot: QSBRSlot) {
        let seen = fields.pointee.writeSequence.load(ordering: .acquiring)  // Q1
        SchedulingNoise.point()
        slot.sequence.pointee.store(seen, ordering: .releasing)  // Q2
    }

    // MARK: Writer

    /// A goal for memory that was unlinked before the call.
    public func advance() -> QSBRGoal {
        QSBRGoal(fields.pointee.writeSequence.wrappingAdd(2, ordering: .acquiringAndReleasing).newValue)  // Q1
    }

    /// Whether every reader that might hold memory retired under the goal has passed.
    /// - Complexity: O(threads) unless known from an earlier scan. Never blocks.
    public func isReached(_ goal: QSBRGoal) -> Bool {
        if Int64(bitPattern: fields.pointee.readSequence.load(ordering: .acquiring) &- goal.sequence) >= 0 { return true }
        return Int64(bitPattern: scan() &- goal.sequence) >= 0
    }

    /// Sleeps until a reader announces a report, unless the goal is reached or the time is over.
    ///
    /// - Threads: offline, or others would wait for this one.
    public func waitForReport(_ goal: QSBRGoal, timeoutNanoseconds: UInt64) {
        let word = reportsWord
        fields.pointee.waiting.wrappingAdd(1, ordering: .sequentiallyConsistent)
        let seen = fields.pointee.reports.load(ordering: .acquiring)
        SchedulingNoise.point()
        if !isReached(goal) { Parker.wait(on: word, while: seen, timeoutNanoseconds: timeoutNanoseconds) }
        fields.pointee.waiting.wrappingSubtract(1, ordering: .relaxed)
    }

    /// After a report that somebody has asked for: wakes those who sleep for it. A waiter that is not seen here has not looked at the slots
    /// yet, and finds the report.
    public func announceReport() {
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        if fields.pointee.waiting.load(ordering: .relaxed) == 0 { return }
        fields.pointee.reports.wrappingAdd(1, ordering: .releasing)
        SchedulingNoise.point()
        Parker.wake(reportsWord)
    }

    private var reportsWord: UnsafeMutablePointer<Atomic<UInt32>> {
        (raw + 92).assumingMemoryBound(to: Atomic<UInt32>.self)
    }

    /// The least sequence of all online slots.
    private func scan() -> UInt64 {
        // Before the fence: the goals that this scan may declare reached are those whose unlinking the fence covers.
        var least = fields.pointee.writeSequence.load(ordering: .acquiring)
        SchedulingNoise.point()
        atomicMemoryFence(ordering: .sequentiallyConsistent)  // Q3
        if FaultInjection.isActive(.skipQuiescentScan) { return least }
        let count = fields.pointee.slotCount.load(ordering: .acquiring)
        for index in 0..<count {
            SchedulingNoise.point()
            let seen = slot(index).sequence.pointee.load(ordering: .acquiring)  // Q2
            if seen != 0 && Int64(bitPattern: seen &- least) < 0 { least = seen }
        }
        var known = fields.pointee.readSequence.load(ordering: .relaxed)
        while Int64(bitPattern: least &- known) > 0 {
            let (done, now) = fields.pointee.readSequence.compareExchange(
                expected: known, desired: least, successOrdering: .acquiringAndReleasing, failureOrdering: .relaxed)
            if done { break }
            known = now
        }
        return least
    }
}
