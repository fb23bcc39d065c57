// An interpreter's memory in numbers: everything that its heap has from the system, and what of it is in use.
import StillPlatform
public import StillThreadRegistry
import Synchronization

public struct HeapStatistics: Equatable, Sendable {
    public var arenas = 0
    /// Units of 16 KiB that pools and runs take up, resting pools included.
    public var unitsInUse = 0
    /// Free units whose pages may still be committed.
    public var idleUnits = 0
    /// Empty pools of objects that wait for readers.
    public var restingPools = 0
    /// Buffers of 8 KiB to 512 KiB, and bytes asked for.
    public var runs = 0
    public var runBytes = 0
    /// Larger buffers.
    public var largeBuffers = 0
    public var largeBytes = 0
    /// Freed large buffers' mappings, kept for the next.
    public var spareBytes = 0
    /// Address space of arenas and large buffers, spare ones too.
    public var mappedBytes = 0
    /// References kept for good because there was no memory to hand them to their owner.
    public var lostReferences = 0

    /// At most this much may be resident: pools and runs in use, idle units, large and spare buffers, the arenas' tables.
    public var committedLimit: Int {
        (unitsInUse + idleUnits) * Pool.bytes + arenas * Arena.firstPool * Pool.bytes + spareBytes + largeBytes
            + largeBuffers * 4096
    }
}

extension InterpreterHeap {
    /// Any thread.
    public func statistics() -> HeapStatistics {
        withLock {
            var figures = HeapStatistics()
            figures.arenas = space.pointee.count - space.pointee.holes
            figures.unitsInUse = space.pointee.unitsInUse
            figures.idleUnits = space.pointee.idleUnits
            figures.restingPools = space.pointee.restingPools
            figures.runs = big.pointee.runs
            figures.runBytes = big.pointee.runBytes
            figures.largeBuffers = big.pointee.largeCount
            figures.largeBytes = big.pointee.largeBytes
            figures.spareBytes = big.pointee.spare.bytes
            figures.mappedBytes = figures.arenas * Arena.bytes + figures.spareBytes
            for number in 0..<big.pointee.largeCount { figures.mappedBytes += big.pointee.large![number].mapped }
            figures.lostReferences = fields.pointee.lostReferences.load(ordering: .relaxed)
            return figures
        }
    }

    /// Objects and buffers that are handed out; blocks that another thread than their owner has freed count until the owner takes them back.
    public func allocatedBlocks(_ world: borrowing StoppedWorld) -> Int {
        var blocks = 0
        for index in 0..<poolCount {
            let pool = self.pool(at: index)
            switch pool.kind {
            case PoolKind.medium, PoolKind.buffer, PoolKind.plain, PoolKind.collectable: blocks += Int(pool.fields.pointee.used)
            default: break
            }
        }
        let figures = statistics()
        return blocks + figures.runs + figures.largeBuffers
    }
}
