// One thread's retired memory, waiting for its goals, oldest first.
//
// Limits    A new goal is asked for after `BuildOptions.retireBatchCount` blocks or `retireBatchBytes` bytes, or for a block that is
//           larger than that alone; blocks in between share the next goal. So a thread holds back a batch, plus what slow readers
//           keep from being freed.
// Owner     Plain memory: only its thread touches the queue, or who holds the domain's lock, for the abandoned queue.
// Thread exit  frees what it can, then hands the rest to the domain's abandoned queue, which any thread serves.
// Slow readers  keep blocks back beyond a batch. Then the owner is told to look again: at each safepoint for much memory, at every 16th
//           block for little.
import StillPlatform
import Synchronization

@frozen public struct DelayedFreeQueue {
    @frozen public struct Entry {
        public var block: UnsafeMutableRawPointer
        public var bytes: UInt
        public var goal: UInt64
    }
    /// Frees one block; `context` is what `process` was given.
    public typealias Free = @convention(c) (
        _ context: UnsafeMutableRawPointer?, _ block: UnsafeMutableRawPointer, _ bytes: UInt
    ) -> Void

    var entries: UnsafeMutablePointer<Entry>?
    var first = 0
    var count = 0
    var capacity = 0
    /// Retired since the last goal.
    var batchCount = 0
    var batchBytes = 0
    public private(set) var heldBytes = 0
    public var heldBlocks: Int { count }

    public init() {}

    /// Keeps a block, unlinked before the call, until all readers have passed.
    ///
    /// - Returns: true when the owner should process the queue at its next safepoint. nil: no memory for the entry;
    ///   the block was not kept.
    /// - Threads: the queue's owner.
    public mutating func retire(_ block: UnsafeMutableRawPointer, bytes: Int, domain: QSBRDomain) -> Bool? {
        batchCount += 1
        batchBytes += bytes
        let full = batchCount >= BuildOptions.retireBatchCount || batchBytes >= BuildOptions.retireBatchBytes
        let goal = full ? domain.advance() : domain.nextGoal()
        if full {
            batchCount = 0
            batchBytes = 0
        }
        guard append(Entry(block: block, bytes: UInt(bytes), goal: goal.sequence)) else { return nil }
        return full || (isBehind && batchCount & 15 == 0)
    }

    /// More than a batch waits: readers are slow.
    var isBehind: Bool { count > 2 * BuildOptions.retireBatchCount || heldBytes > 2 * BuildOptions.retireBatchBytes }
    /// So much waits that the owner should look at every safepoint.
    public var isFarBehind: Bool { count > 8 * BuildOptions.retireBatchCount || heldBytes > 8 * BuildOptions.retireBatchBytes }

    mutating func append(_ entry: Entry) -> Bool {
        if first + count == capacity {
            if first > capacity / 2 {
                for index in 0..<count { entries![index] = entries![first + index] }
            } else {
                let larger = max(128, capacity * 2)
                guard let memory = rawAllocate(larger * MemoryLayout<Entry>.stride) else { return false }
                let grown = memory.bindMemory(to: Entry.self, capacity: larger)
                for index in 0..<count { grown[index] = entries![first + index] }
                rawFree(entries)
                entries = grown
                capacity = larger
            }
            first = 0
        }
        entries![first + count] = entry
        count += 1
        heldBytes += Int(entry.bytes)
        return true
    }

    /// Frees every block whose goal is reached, oldest first.
    ///
    /// - Returns: blocks freed.
    /// - Complexity: O(freed + threads). Never blocks, never runs Python code.
    /// - Threads: the queue's owner. Ordering: Q2.
    @discardableResult
    public mutating func process(domain: QSBRDomain, context: UnsafeMutableRawPointer?, free: Free) -> Int {
        var freed = 0
        while count > 0 {
            let entry = entries![first]
            guard domain.isReached(QSBRGoal(entry.goal)) else {
                // Its goal may only be reached if somebody advances to it.
                if Int64(bitPattern: domain.fields.pointee.writeSequence.load(ordering: .relaxed) &- entry.goal) < 0,
                    batchCount == 0 || count > BuildOptions.retireBatchCount
                {
                    _ = domain.advance()
                    batchCount = 0
                    batchBytes = 0
                }
                break
            }
            remove()
            free(context, entry.block, entry.bytes)
            freed += 1
        }
        return freed
    }

    /// Frees everything: no reader exists (world stopped, or the interpreter has ended).
    public mutating func freeAll(context: UnsafeMutableRawPointer?, free: Free) {
        while count > 0 {
            let entry = entries![first]
            remove()
            free(context, entry.block, entry.bytes)
        }
        rawFree(entries)
        self = DelayedFreeQueue()
    }

    mutating func remove() {
        heldBytes -= Int(entries![first].bytes)
        first += 1
        count -= 1
        if count == 0 { first = 0 }
    }

    /// Thread exit: the blocks wait in the domain until some thread calls `processAbandoned`.
    ///
    /// - Returns: true when blocks wait there, this queue's or others'.
    public mutating func abandon(to domain: QSBRDomain) -> Bool {
        if count > 0 { _ = domain.advance() }
        while count > 0 {
            let entry = entries![first]
            let kept = domain.withLock { domain.fields.pointee.abandoned.append(entry) }
            if !kept { break }  // no memory: the block is leaked rather than freed early
            remove()
        }
        rawFree(entries)
        self = DelayedFreeQueue()
        return domain.abandonedBlocks > 0
    }

    /// Thread exit, first step: asks for a goal, so that what no other thread holds back can be freed.
    public mutating func closeBatch(domain: QSBRDomain) {
        guard count > 0 else { return }
        _ = domain.advance()
        batchCount = 0
        batchBytes = 0
    }
}

extension QSBRDomain {
    /// Frees what ended threads left behind, as far as goals are reached. Any thread.
    public func processAbandoned(context: UnsafeMutableRawPointer?, free: DelayedFreeQueue.Free) {
        var ready = DelayedFreeQueue()
        withLock {
            while fields.pointee.abandoned.count > 0 {
                let entry = fields.pointee.abandoned.entries![fields.pointee.abandoned.first]
                guard isReached(QSBRGoal(entry.goal)), ready.append(entry) else { break }
                fields.pointee.abandoned.remove()
            }
        }
        ready.freeAll(context: context, free: free)
    }

    /// The interpreter has ended: frees all that is left.
    public func freeAbandoned(context: UnsafeMutableRawPointer?, free: DelayedFreeQueue.Free) {
        fields.pointee.abandoned.freeAll(context: context, free: free)
    }

    public var abandonedBlocks: Int { withLock { fields.pointee.abandoned.count } }
}
