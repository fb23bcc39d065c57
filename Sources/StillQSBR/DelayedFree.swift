// One thread's retired memory, waiting for its goals, oldest first.
//
// Batches   A batch is a chunk of `BuildOptions.retireBatchCount` entries. It is closed when it is full or holds `retireBatchBytes`
//           bytes: then one goal is asked for, for all its blocks, which were unlinked before (Q1). So retiring takes no atomic
//           operation, and looking after the queue takes one look at the domain for each batch. A thread holds back the batch it
//           fills, plus what slow readers keep from being freed.
// Owner     Plain memory: only its thread touches the queue, or who holds the domain's lock, for the abandoned batches.
// Thread exit  frees what it can, then hands the rest to the domain's abandoned batches, which any thread serves. That takes no memory.
// Slow readers  keep batches back. Then the owner is told to look again: at each safepoint for much memory, at every 16th block for little.
public import StillPlatform
import Synchronization

@frozen public struct DelayedFreeQueue {
    /// Frees one block; `context` is what `process` was given.
    public typealias Free = @convention(c) (
        _ context: UnsafeMutableRawPointer?, _ block: UnsafeMutableRawPointer, _ bytes: UInt
    ) -> Void

    /// Blocks that share a goal.
    @usableFromInline
    @frozen struct Batch {
        @frozen @usableFromInline struct Entry {
            @usableFromInline var block: UnsafeMutableRawPointer
            @usableFromInline var bytes: UInt
            @inlinable init(block: UnsafeMutableRawPointer, bytes: UInt) {
                self.block = block
                self.bytes = bytes
            }
        }
        static let headerBytes = 32
        static var bytes: Int { headerBytes + BuildOptions.retireBatchCount * MemoryLayout<Entry>.stride }

        @usableFromInline let raw: UnsafeMutableRawPointer
        @inlinable init(_ raw: UnsafeMutableRawPointer) { self.raw = raw }

        /// The next younger one.
        var next: UnsafeMutablePointer<UnsafeMutableRawPointer?> { raw.assumingMemoryBound(to: UnsafeMutableRawPointer?.self) }
        var goal: UnsafeMutablePointer<UInt64> { (raw + 8).assumingMemoryBound(to: UInt64.self) }
        var count: UnsafeMutablePointer<Int> { (raw + 16).assumingMemoryBound(to: Int.self) }
        var blockBytes: UnsafeMutablePointer<Int> { (raw + 24).assumingMemoryBound(to: Int.self) }
        @inlinable var entries: UnsafeMutablePointer<Entry> { (raw + 32).assumingMemoryBound(to: Entry.self) }
    }

    /// The batch that is being filled; its header is written when it is closed.
    @usableFromInline var open: UnsafeMutableRawPointer?
    @usableFromInline var openCount = 0
    @usableFromInline var openBytes = 0
    var oldest: UnsafeMutableRawPointer?
    var newest: UnsafeMutableRawPointer?
    /// An empty batch, for the next need.
    var spare: UnsafeMutableRawPointer?
    @usableFromInline var closedBlocks = 0
    @usableFromInline var closedBytes = 0

    @inlinable public var heldBlocks: Int { closedBlocks &+ openCount }
    @inlinable public var heldBytes: Int { closedBytes &+ openBytes }

    public init() {}

    /// Keeps a block, unlinked before the call, until all readers have passed.
    ///
    /// - Returns: true when the owner should process the queue at its next safepoint. nil: no memory for the entry;
    ///   the block was not kept.
    /// - Threads: the queue's owner.
    @inlinable
    public mutating func retire(_ block: UnsafeMutableRawPointer, bytes: Int, domain: QSBRDomain) -> Bool? {
        guard let batch = open ?? openBatch() else { return nil }
        (Batch(batch).entries + openCount).initialize(to: Batch.Entry(block: block, bytes: UInt(bitPattern: bytes)))
        openCount &+= 1
        openBytes &+= bytes
        let manyBytes = openBytes >= BuildOptions.retireBatchBytes && !FaultInjection.isActive(.ignoreRetiredBytes)
        if _slowPath(openCount == BuildOptions.retireBatchCount || manyBytes) {
            closeBatch(domain: domain)
            return true
        }
        return openCount & 15 == 0 && isBehind
    }

    @usableFromInline @inline(never) mutating func openBatch() -> UnsafeMutableRawPointer? {
        open = spare ?? rawAllocate(Batch.bytes)
        spare = nil
        return open
    }

    /// Asks for a goal for what was retired so far.
    @inline(never) public mutating func closeBatch(domain: QSBRDomain) {
        guard openCount > 0, let raw = open else { return }
        let batch = Batch(raw)
        batch.next.initialize(to: nil)
        SchedulingNoise.point()
        batch.goal.initialize(to: domain.advance().sequence)
        batch.count.initialize(to: openCount)
        batch.blockBytes.initialize(to: openBytes)
        if let newest { Batch(newest).next.pointee = raw } else { oldest = raw }
        newest = raw
        closedBlocks += openCount
        closedBytes += openBytes
        open = nil
        openCount = 0
        openBytes = 0
    }

    /// More than a batch waits: readers are slow.
    @inlinable var isBehind: Bool {
        closedBlocks > BuildOptions.retireBatchCount || closedBytes > 2 * BuildOptions.retireBatchBytes
    }
    /// Readers have had the time of another batch to pass, and have not.
    public var waitsForReaders: Bool { oldest != newest || closedBytes > 2 * BuildOptions.retireBatchBytes }
    /// So much waits that the owner should look at every safepoint, and wait there.
    public var isFarBehind: Bool {
        closedBlocks > 8 * BuildOptions.retireBatchCount || closedBytes > 8 * BuildOptions.retireBatchBytes
    }
    /// Of the batch that is freed next; nil when none waits.
    public var oldestGoal: QSBRGoal? { oldest.map { QSBRGoal(Batch($0).goal.pointee) } }
    /// Of the batch that was closed last; nil when none waits.
    public var newestGoal: QSBRGoal? { newest.map { QSBRGoal(Batch($0).goal.pointee) } }

    /// Frees every block whose goal is reached, oldest first.
    ///
    /// - Returns: blocks freed.
    /// - Complexity: O(freed + threads). Never blocks, never runs Python code.
    /// - Threads: the queue's owner. Ordering: Q2.
    @discardableResult
    public mutating func process(domain: QSBRDomain, context: UnsafeMutableRawPointer?, free: Free) -> Int {
        var freed = 0
        while let raw = oldest, domain.isReached(QSBRGoal(Batch(raw).goal.pointee)) {
            SchedulingNoise.point()
            freed += Batch(raw).count.pointee
            freeOldest(context, free)
        }
        return freed
    }

    /// There is one. The queue has forgotten the blocks before the first of them is freed.
    private mutating func freeOldest(_ context: UnsafeMutableRawPointer?, _ free: Free) {
        let batch = Batch(oldest.unsafelyUnwrapped)
        let count = batch.count.pointee
        oldest = batch.next.pointee
        if oldest == nil { newest = nil }
        closedBlocks -= count
        closedBytes -= batch.blockBytes.pointee
        SchedulingNoise.point()
        for index in 0..<count {
            let entry = batch.entries[index]
            free(context, entry.block, entry.bytes)
        }
        if spare == nil { spare = batch.raw } else { rawFree(batch.raw) }
    }

    /// Frees everything: no reader exists (world stopped, or the interpreter has ended).
    public mutating func freeAll(context: UnsafeMutableRawPointer?, free: Free) {
        while oldest != nil { freeOldest(context, free) }
        if let open {
            for index in 0..<openCount {
                let entry = Batch(open).entries[index]
                free(context, entry.block, entry.bytes)
            }
        }
        giveUp()
    }

    /// Nothing waits any more.
    private mutating func giveUp() {
        rawFree(open)
        rawFree(spare)
        self = DelayedFreeQueue()
    }

    /// Thread exit: the blocks wait in the domain until some thread calls `processAbandoned`.
    ///
    /// - Returns: true when blocks wait there, this queue's or others'.
    public mutating func abandon(to domain: QSBRDomain) -> Bool {
        closeBatch(domain: domain)
        if oldest != nil {
            domain.withLock {
                domain.fields.pointee.abandoned.take(&self)
                domain.fields.pointee.hasAbandoned.store(1, ordering: .relaxed)
            }
        }
        giveUp()
        return domain.abandonedBlocks > 0
    }

    /// All closed batches of another queue.
    private mutating func take(_ other: inout DelayedFreeQueue) {
        if let newest { Batch(newest).next.pointee = other.oldest } else { oldest = other.oldest }
        newest = other.newest
        closedBlocks += other.closedBlocks
        closedBytes += other.closedBytes
        (other.oldest, other.newest, other.closedBlocks, other.closedBytes) = (nil, nil, 0, 0)
    }

    /// Batches at the head whose goals are reached, as a queue of their own.
    fileprivate mutating func takeReached(_ domain: QSBRDomain) -> DelayedFreeQueue {
        var reached = DelayedFreeQueue()
        while let raw = oldest, domain.isReached(QSBRGoal(Batch(raw).goal.pointee)) {
            let batch = Batch(raw)
            oldest = batch.next.pointee
            if oldest == nil { newest = nil }
            batch.next.pointee = nil
            if let last = reached.newest { Batch(last).next.pointee = raw } else { reached.oldest = raw }
            reached.newest = raw
            reached.closedBlocks += batch.count.pointee
            reached.closedBytes += batch.blockBytes.pointee
        }
        closedBlocks -= reached.closedBlocks
        closedBytes -= reached.closedBytes
        return reached
    }
}

extension QSBRDomain {
    /// Frees what ended threads left behind, as far as goals are reached. Any thread.
    public func processAbandoned(context: UnsafeMutableRawPointer?, free: DelayedFreeQueue.Free) {
        var ready = withLock {
            let ready = fields.pointee.abandoned.takeReached(self)
            if fields.pointee.abandoned.oldest == nil { fields.pointee.hasAbandoned.store(0, ordering: .relaxed) }
            return ready
        }
        ready.freeAll(context: context, free: free)
    }

    /// The interpreter has ended: frees all that is left.
    public func freeAbandoned(context: UnsafeMutableRawPointer?, free: DelayedFreeQueue.Free) {
        fields.pointee.abandoned.freeAll(context: context, free: free)
    }

    /// Whether ended threads have left blocks behind. Relaxed: whoever is told to look is told after they were left.
    public var hasAbandoned: Bool { fields.pointee.hasAbandoned.load(ordering: .relaxed) != 0 }
    public var abandonedBlocks: Int { withLock { fields.pointee.abandoned.heldBlocks } }
}
