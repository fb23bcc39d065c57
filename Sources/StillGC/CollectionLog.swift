// What each collection did, and the newest look at the heap, for whoever writes it down.
//
// The pause log (StillThreadRegistry) says what stood still; this says what came of it. A collection ends a few times a second at most, so a lock
// and a ring are enough; a look at the heap is taken whenever a thread asks for a slice, so that is a handful of words.
//
// Ordering  Look: relaxed. Its words may come from two looks: an estimate, and nothing is published by them.
import StillPlatform
import Synchronization

/// One collection, from the pause that starts it to the one that ends it. Times on the monotonic clock, in nanoseconds.
public struct CollectionRecord: Sendable, Equatable {
    public var sequence: UInt64 = 0
    public var interpreter: Int64 = 0
    public var startedAt: UInt64 = 0
    public var endedAt: UInt64 = 0
    /// Collectable objects, and bytes in big buffers, that existed when it started and when it ended; garbage included.
    public var objectsBefore = 0
    public var objectsAfter = 0
    public var bytesBefore = 0
    public var bytesAfter = 0
    /// Found alive by marking.
    public var live = 0
    /// Suspects that were looked at.
    public var examined = 0
    /// Unreachable objects that were broken up, and the bytes in big buffers that went with them.
    public var freed = 0
    public var bytesFreed = 0
    public var finalized = 0
    public var uncollectable = 0
    /// Steps made with the world stopped, and their times.
    public var pauses = 0
    public var pausedNanoseconds: UInt64 = 0
    public var longestPauseNanoseconds: UInt64 = 0
    /// Time of all steps.
    public var workedNanoseconds: UInt64 = 0
    public init() {}
}

public enum CollectionLog {
    private static let capacity = 4096
    private struct Ring {
        var records: [CollectionRecord] = []
        var next: UInt64 = 1
    }
    private static let ring = Guarded<Ring>(heldOverFork: Ring())

    /// The number that the next collection gets.
    public static var nextSequence: UInt64 { ring.withLock { (ring: inout Ring) in ring.next } }

    static func append(_ record: CollectionRecord) {
        ring.withLock { (ring: inout Ring) in
            var record = record
            record.sequence = ring.next
            if ring.records.count < capacity {
                ring.records.append(record)
            } else {
                ring.records[Int((ring.next - 1) % UInt64(capacity))] = record
            }
            ring.next += 1
        }
    }

    /// Collections from `sequence` on as far as the ring has them, oldest first, the number of those it has lost, and where to read on.
    public static func readOn(from sequence: UInt64) -> (records: [CollectionRecord], lost: Int, next: UInt64) {
        ring.withLock { (ring: inout Ring) in
            let oldest = ring.next - UInt64(ring.records.count)
            let from = max(sequence, oldest)
            guard from < ring.next else { return ([], 0, ring.next) }
            let records = (from..<ring.next).map { ring.records[Int(($0 - 1) % UInt64(capacity))] }
            return (records, Int(from - max(1, min(sequence, from))), ring.next)
        }
    }
}

/// What existed when a thread last asked for a slice, or a step ended.
public struct HeapLook: Sendable, Equatable {
    public var at: UInt64
    public var interpreter: Int64
    public var objects: Int
    public var bufferBytes: Int

    private static let lastAt = Atomic<UInt64>(0)
    private static let lastInterpreter = Atomic<Int64>(0)
    private static let lastObjects = Atomic<Int>(0)
    private static let lastBytes = Atomic<Int>(0)

    static func note(at: UInt64, interpreter: Int64, objects: Int, bufferBytes: Int) {
        lastAt.store(at, ordering: .relaxed)
        lastInterpreter.store(interpreter, ordering: .relaxed)
        lastObjects.store(objects, ordering: .relaxed)
        lastBytes.store(bufferBytes, ordering: .relaxed)
    }

    /// nil: there was none.
    public static var newest: HeapLook? {
        let at = lastAt.load(ordering: .relaxed)
        if at == 0 { return nil }
        return HeapLook(
            at: at, interpreter: lastInterpreter.load(ordering: .relaxed), objects: lastObjects.load(ordering: .relaxed),
            bufferBytes: lastBytes.load(ordering: .relaxed))
    }
}
