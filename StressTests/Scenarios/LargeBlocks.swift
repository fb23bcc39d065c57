// Buffers of 24 MB and of medium size that are replaced while others read them.
//
// Claims    A reader finds the buffer that it took from a place whole until its next safepoint. What is held back for readers is bounded: a thread that
//           has retired several large buffers gets rid of them within two seconds, as every other passes safepoints all the time.
//           One worker only reads: it has nothing of its own to report for, and reports because it is asked.
//           The heap counts every buffer, and in the end there is none.
// Race window: a buffer that was retired by another worker while it was being read.
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import Synchronization

final class LargeBlocks: StressScenario, @unchecked Sendable {
    static let description = ScenarioDescription(
        name: "large-blocks", claim: "large buffers stay whole while they are read, and are freed soon afterwards",
        faults: [.ignoreRetiredBytes, .leaveReadersAlone], minimumClaimChecks: 2_000, minimumRaceWindows: 50,
        make: { threads, _ in try LargeBlocks(threads) })

    private static let largePlaces = 4
    private static let places = 36
    private static let largeBytes = 24 << 20
    /// Retired bytes with which a thread stops replacing, and waits for them to go.
    private static let heldLimit = 4 * largeBytes

    private let workers: HeapWorkers
    private let threads: Int
    private let places: UnsafeMutablePointer<Atomic<UInt>>
    private let waitingSince: UnsafeMutablePointer<UInt64>

    init(_ threads: Int) throws {
        self.threads = threads
        workers = try HeapWorkers()
        places = .allocate(capacity: Self.places)
        for place in 0..<Self.places { (places + place).initialize(to: Atomic(0)) }
        waitingSince = .allocate(capacity: threads)
        waitingSince.initialize(repeating: 0, count: threads)
    }

    func enter(worker: Int) { _ = workers.enter() }
    func leave(worker: Int) { ThreadState.current?.destroy() }

    private static func bytes(_ place: Int, _ random: inout SplitMix64) -> Int {
        place < largePlaces ? largeBytes : 513 + Int(random.next() % 300_000)
    }

    /// First and last words tell the size; the pages between are never touched.
    private static func stamp(_ raw: UnsafeMutableRawPointer, _ bytes: Int) {
        let word = UInt64(bytes) &* 0x9E37_79B9_7F4A_7C15
        raw.storeBytes(of: UInt64(bytes), as: UInt64.self)
        raw.storeBytes(of: word, toByteOffset: 8, as: UInt64.self)
        raw.storeBytes(of: word, toByteOffset: (bytes - 8) & ~7, as: UInt64.self)
    }
    private static func check(_ raw: UnsafeMutableRawPointer) -> String? {
        let bytes = Int(raw.load(as: UInt64.self))
        let word = UInt64(bytes) &* 0x9E37_79B9_7F4A_7C15
        if bytes < 513 || bytes > largeBytes || raw.load(fromByteOffset: 8, as: UInt64.self) != word
            || raw.load(fromByteOffset: (bytes - 8) & ~7, as: UInt64.self) != word
        {
            return "the buffer of \(bytes) bytes at \(raw) was overwritten while it was read"
        }
        return nil
    }

    func step(worker: Int, random: inout SplitMix64, counters: inout StressCounters) -> String? {
        guard let thread = ThreadState.current else { return "no memory for a thread" }
        defer { thread.safepoint() }
        let place = Int(random.next() % UInt64(Self.places))
        if worker == threads - 1 || random.next() % 4 != 0 {
            let address = places[place].load(ordering: .acquiring)
            guard let raw = UnsafeMutableRawPointer(bitPattern: address) else { return nil }
            for round in 0..<6 {
                if round == 3 { OSThread.yield() }
                SchedulingNoise.point()
                counters.claimChecks += 1
                if let problem = Self.check(raw) { return problem }
            }
            if places[place].load(ordering: .relaxed) != address { counters.raceWindows += 1 }
            return nil
        }
        if thread.retiredBytes >= Self.heldLimit { return wait(thread, worker) }
        waitingSince[worker] = 0
        let bytes = Self.bytes(place, &random)
        guard let fresh = Allocation.buffer(thread, bytes: bytes) else { return "no memory for \(bytes) bytes" }
        Self.stamp(fresh, bytes)
        let old = places[place].exchange(UInt(bitPattern: fresh), ordering: .acquiringAndReleasing)
        if let raw = UnsafeMutableRawPointer(bitPattern: old) {
            Allocation.retireBuffer(thread, raw, bytes: Int(raw.load(as: UInt64.self)))
        }
        counters.claimChecks += 1
        return checkBound()
    }

    /// The thread holds much back: it must become less.
    private func wait(_ thread: ThreadState, _ worker: Int) -> String? {
        let now = Clock.monotonicNanoseconds()
        if waitingSince[worker] == 0 { waitingSince[worker] = now }
        let slow: UInt64 = Sanitizer.isThreadSanitizer || threads > 16 ? 10 : 1
        if now - waitingSince[worker] > 2_000_000_000 * slow {
            return "\(thread.retiredBytes >> 20) MiB that were retired \((now - waitingSince[worker]) / 1_000_000) ms ago are not freed"
        }
        thread.detached { OSThread.yield() }
        return nil
    }

    private func checkBound() -> String? {
        let figures = workers.heap.statistics()
        // In the places, and of each thread: what it has retired up to the limit and a buffer beyond.
        let bound = Self.largePlaces * Self.largeBytes + threads * (Self.heldLimit + Self.largeBytes)
        if figures.largeBytes > bound { return "\(figures.largeBytes >> 20) MiB in large buffers, more than \(bound >> 20): \(figures)" }
        return nil
    }

    func finish() -> String? {
        guard let thread = workers.enter() else { return "no memory for a thread" }
        for place in 0..<Self.places {
            guard let raw = UnsafeMutableRawPointer(bitPattern: places[place].load(ordering: .acquiring)) else { continue }
            if let problem = Self.check(raw) { return problem }
            Allocation.freeBuffer(thread, raw, bytes: Int(raw.load(as: UInt64.self)))
        }
        let problem = workers.drain(thread)
        let figures = workers.heap.statistics()
        thread.destroy()
        places.deallocate()
        waitingSince.deallocate()
        if let problem { return problem }
        if figures.runs != 0 || figures.largeBuffers != 0 { return "all buffers are freed, but the heap counts \(figures)" }
        return workers.finish()
    }
}
