// What every pause cost and why: a ring in memory that any thread reads and writes without a lock.
//
//   entry   word 0: 0 never used, 2n record n is complete, 2n + 1 record n is being written; then the words of the record
//
// Writing   A writer takes the next number n and claims the entry: word 0 goes from a complete older record (or 0) to 2n + 1 by a compare-and-swap. It writes
//           the words and sets 2n. If another writer is in the entry, a whole lap behind or ahead, the record is dropped: so no two write at once.
// Reading   A reader loads word 0, the words, and word 0 again. Unless both are 2n, the copy is not used. A number that is higher, or that a writer of a
//           later lap has claimed, means that record n is overwritten: it is counted as lost. A lower one means that n is not there yet; readers
//           stop there, so that reading on later misses nothing. One that stays behind (dropped) is given up when 1,024 newer ones follow.
// Ordering  (L1) claiming is followed by release stores of the words: a reader that sees a word of record n also sees the claim when it looks
//                again, because its loads of the words acquire.
//           (L2) completing releases: a reader that sees 2n sees all words.
import StillPlatform
import Synchronization

/// One pause.
public struct PauseRecord: Sendable, Equatable {
    /// The interpreter number of a pause of all interpreters.
    public static var allInterpreters: Int64 { -1 }

    public var sequence: UInt64
    public var interpreter: Int64
    public var reason: PauseReason
    public var detail: UInt32
    /// Thread state that asked, 0 for none.
    public var requester: UInt64
    public var requesterOSThread: UInt64
    /// Monotonic clock: when the threads were asked.
    public var requestedAt: UInt64
    /// How long the requester had waited before: for other pauses, and for threads that were owed an attachment.
    public var queuedNanoseconds: UInt64
    /// From the request until the last thread had stopped. 0: nobody was running.
    public var timeToStopNanoseconds: UInt64
    /// From the request until the last thread had been released.
    public var wallNanoseconds: UInt64
    /// Processor time of the requester while the world was stopped. 0 for version invalidations and tests, where it is not measured.
    public var cpuNanoseconds: UInt64
    /// The thread that the requester waited for longest, 0 when none was running.
    public var lastToStop: UInt64

    public init(
        sequence: UInt64, interpreter: Int64, reason: PauseReason, detail: UInt32, requester: UInt64, requesterOSThread: UInt64,
        requestedAt: UInt64, queuedNanoseconds: UInt64, timeToStopNanoseconds: UInt64, wallNanoseconds: UInt64, cpuNanoseconds: UInt64,
        lastToStop: UInt64
    ) {
        self.sequence = sequence
        self.interpreter = interpreter
        self.reason = reason
        self.detail = detail
        self.requester = requester
        self.requesterOSThread = requesterOSThread
        self.requestedAt = requestedAt
        self.queuedNanoseconds = queuedNanoseconds
        self.timeToStopNanoseconds = timeToStopNanoseconds
        self.wallNanoseconds = wallNanoseconds
        self.cpuNanoseconds = cpuNanoseconds
        self.lastToStop = lastToStop
    }

    public var isGlobal: Bool { interpreter == PauseRecord.allInterpreters }
    /// The time in which all stood.
    public var stoppedNanoseconds: UInt64 { wallNanoseconds - timeToStopNanoseconds }
}

public enum PauseLog {
    public static let capacity = 65_536
    private static let ring = PauseRing(capacity: capacity)

    static func append(_ record: PauseRecord) { ring.append(record) }

    /// The number that the next pause gets.
    public static var nextSequence: UInt64 { ring.nextSequence }

    /// Pauses from `sequence` on, oldest first, as far as the ring still has them and they are complete.
    public static func read(from sequence: UInt64 = 1) -> [PauseRecord] { ring.read(from: sequence).records }

    /// The same, with the number of those that are lost, and where to read on.
    public static func readOn(from sequence: UInt64) -> (records: [PauseRecord], lost: Int, next: UInt64) { ring.read(from: sequence) }
}

/// The ring, of any size: tests use a small one.
public struct PauseRing: @unchecked Sendable {
    private static let words = 12
    /// A record that is not complete when so many newer ones have been begun will never be.
    private static let patience: UInt64 = 1024
    private let capacity: UInt64
    /// The next number, in a cache line of its own; then the entries.
    private let base: UnsafeMutablePointer<Atomic<UInt64>>

    public init(capacity: Int) {
        self.capacity = UInt64(capacity)
        guard let memory = try? VirtualMemory.map(bytes: 4096 + capacity * PauseRing.words * 8, alignment: 4096) else {
            stillBug("no address space for the pause log")
        }
        base = memory.assumingMemoryBound(to: Atomic<UInt64>.self)
        base.pointee.store(1, ordering: .relaxed)
    }
    public func unmap() { VirtualMemory.unmap(base, bytes: 4096 + Int(capacity) * PauseRing.words * 8) }

    private func entry(_ number: UInt64) -> UnsafeMutablePointer<Atomic<UInt64>> {
        base + 512 + Int(number % capacity) * PauseRing.words
    }
    public var nextSequence: UInt64 { base.pointee.load(ordering: .acquiring) }

    public func append(_ record: PauseRecord) {
        let number = base.pointee.wrappingAdd(1, ordering: .relaxed).oldValue
        let entry = entry(number)
        let seen = entry[0].load(ordering: .relaxed)
        guard seen & 1 == 0, seen < number << 1,
            entry[0].compareExchange(expected: seen, desired: number << 1 | 1, ordering: .relaxed).exchanged
        else { return }
        SchedulingNoise.point()
        entry[1].store(UInt64(bitPattern: record.interpreter), ordering: .releasing)  // L1
        entry[2].store(UInt64(record.reason.rawValue) | UInt64(record.detail) << 32, ordering: .releasing)
        entry[3].store(record.requester, ordering: .releasing)
        entry[4].store(record.requesterOSThread, ordering: .releasing)
        entry[5].store(record.requestedAt, ordering: .releasing)
        entry[6].store(record.queuedNanoseconds, ordering: .releasing)
        entry[7].store(record.timeToStopNanoseconds, ordering: .releasing)
        SchedulingNoise.point()
        entry[8].store(record.wallNanoseconds, ordering: .releasing)
        entry[9].store(record.cpuNanoseconds, ordering: .releasing)
        entry[10].store(record.lastToStop, ordering: .releasing)
        entry[0].store(number << 1, ordering: .releasing)  // L2
    }

    public func read(from sequence: UInt64) -> (records: [PauseRecord], lost: Int, next: UInt64) {
        let end = nextSequence
        let from = max(sequence, 1)
        var at = max(from, end > capacity ? end - capacity : 1)
        var lost = Int(min(at, end) - min(from, end))
        var records: [PauseRecord] = []
        while at < end {
            let entry = entry(at)
            let before = entry[0].load(ordering: .acquiring)  // L2
            if before < at << 1 || before == at << 1 | 1 {
                // Not there yet.
                if nextSequence - at <= PauseRing.patience { break }
                lost += 1
            } else if before == at << 1, let record = copy(entry, at) {
                records.append(record)
            } else {
                lost += 1
            }
            at += 1
        }
        return (records, lost, at)
    }

    /// nil: overwritten meanwhile.
    private func copy(_ entry: UnsafeMutablePointer<Atomic<UInt64>>, _ number: UInt64) -> PauseRecord? {
        func word(_ index: Int) -> UInt64 { entry[index].load(ordering: .acquiring) }  // L1
        guard let reason = PauseReason(rawValue: UInt32(truncatingIfNeeded: word(2))) else { return nil }
        let record = PauseRecord(
            sequence: number, interpreter: Int64(bitPattern: word(1)), reason: reason, detail: UInt32(word(2) >> 32), requester: word(3),
            requesterOSThread: word(4), requestedAt: word(5), queuedNanoseconds: word(6), timeToStopNanoseconds: word(7),
            wallNanoseconds: word(8), cpuNanoseconds: word(9), lastToStop: word(10))
        return entry[0].load(ordering: .relaxed) == number << 1 ? record : nil
    }
}
