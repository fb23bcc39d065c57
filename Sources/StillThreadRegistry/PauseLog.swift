// What every pause cost and why: a ring in memory that any thread reads without a lock.
//
// Protocol  A writer takes the next sequence number, marks the entry as being written (0), writes the words, and publishes the number with
//           release. A reader takes an entry's number with acquire, copies, and takes the number again after an acquire fence: if
//           it changed, the entry was overwritten and is skipped. All words are atomic.
import StillPlatform
import Synchronization

/// One pause.
public struct PauseRecord: Sendable {
    public var sequence: UInt64
    public var interpreter: Int64
    public var reason: PauseReason
    public var detail: UInt32
    /// Thread state that asked, 0 for none.
    public var requester: UInt64
    /// Monotonic clock.
    public var requestedAt: UInt64
    /// From the request until the last thread had stopped.
    public var timeToStopNanoseconds: UInt64
    /// From the request until the last thread had been released.
    public var wallNanoseconds: UInt64
    /// Processor time of the requester while the world was stopped. 0 for version invalidations and tests, where it is not measured.
    public var cpuNanoseconds: UInt64
    public var lastToStop: UInt64
}

public enum PauseLog {
    public static let capacity = 65_536
    private static let words = 10
    private static let next = Atomic<UInt64>(1)
    nonisolated(unsafe) private static let ring: UnsafeMutablePointer<Atomic<UInt64>> = {
        guard let memory = try? VirtualMemory.map(bytes: capacity * words * 8, alignment: 4096) else {
            stillBug("no address space for the pause log")
        }
        return memory.assumingMemoryBound(to: Atomic<UInt64>.self)
    }()

    static func append(_ record: PauseRecord) {
        let sequence = next.wrappingAdd(1, ordering: .relaxed).oldValue
        let entry = ring + Int(sequence % UInt64(capacity)) * words
        entry[0].store(0, ordering: .releasing)
        entry[1].store(UInt64(bitPattern: record.interpreter), ordering: .releasing)
        entry[2].store(UInt64(record.reason.rawValue) | UInt64(record.detail) << 32, ordering: .releasing)
        entry[3].store(record.requester, ordering: .releasing)
        entry[4].store(record.requestedAt, ordering: .releasing)
        entry[5].store(record.timeToStopNanoseconds, ordering: .releasing)
        entry[6].store(record.wallNanoseconds, ordering: .releasing)
        entry[7].store(record.cpuNanoseconds, ordering: .releasing)
        entry[8].store(record.lastToStop, ordering: .releasing)
        entry[0].store(sequence, ordering: .releasing)
    }

    /// The number that the next pause gets.
    public static var nextSequence: UInt64 { next.load(ordering: .acquiring) }

    /// Pauses from `sequence` on, oldest first, as far as the ring still has them.
    public static func read(from sequence: UInt64 = 1) -> [PauseRecord] {
        let end = nextSequence
        var records: [PauseRecord] = []
        var at = max(sequence, end > UInt64(capacity) ? end - UInt64(capacity) : 1)
        while at < end {
            let entry = ring + Int(at % UInt64(capacity)) * words
            if entry[0].load(ordering: .acquiring) == at {
                let copy = (1...8).map { entry[$0].load(ordering: .acquiring) }
                if entry[0].load(ordering: .relaxed) == at, let reason = PauseReason(rawValue: UInt32(truncatingIfNeeded: copy[1])) {
                    records.append(
                        PauseRecord(
                            sequence: at, interpreter: Int64(bitPattern: copy[0]), reason: reason,
                            detail: UInt32(copy[1] >> 32), requester: copy[2], requestedAt: copy[3],
                            timeToStopNanoseconds: copy[4], wallNanoseconds: copy[5], cpuNanoseconds: copy[6],
                            lastToStop: copy[7]))
                }
            }
            at += 1
        }
        return records
    }
}
