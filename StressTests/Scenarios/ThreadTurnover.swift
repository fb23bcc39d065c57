// Threads that are born, allocate, free what others left, retire, and die with all kinds of business unfinished.
//
// Claims    What a thread leaves behind (blocks others still use, blocks it has freed for others, retired buffers, objects that it owns) stays whole,
//           and its pools pass to the next thread of its slot or back to the heap: memory is bounded whatever the number of threads
//           that have lived.
// Race window: a thread that dies while another frees blocks of its pools, or takes its slot.
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import Synchronization

final class ThreadTurnover: StressScenario, @unchecked Sendable {
    static let description = ScenarioDescription(
        name: "thread-turnover", claim: "what a dead thread leaves stays whole, and its memory finds an owner",
        faults: [.forgetVacantPools, .dropBatch], minimumClaimChecks: 10_000, minimumRaceWindows: 300,
        make: { threads, _ in try ThreadTurnover(threads) })

    private static let places = 1024

    private let workers: HeapWorkers
    private let threads: Int
    private let places: UnsafeMutablePointer<Atomic<UInt>>
    private let objects: UnsafeMutablePointer<Atomic<UInt>>
    private let alive = Atomic<Int>(0)
    private let lived = Atomic<Int>(0)

    init(_ threads: Int) throws {
        self.threads = threads
        workers = try HeapWorkers()
        places = .allocate(capacity: Self.places)
        objects = .allocate(capacity: Self.places)
        for place in 0..<Self.places {
            (places + place).initialize(to: Atomic(0))
            (objects + place).initialize(to: Atomic(0))
        }
    }

    /// One life.
    func step(worker: Int, random: inout SplitMix64, counters: inout StressCounters) -> String? {
        guard let thread = workers.enter() else { return "no memory for a thread" }
        alive.wrappingAdd(1, ordering: .relaxed)
        var problem = live(thread, &random, &counters)
        if problem == nil && lived.wrappingAdd(1, ordering: .relaxed).newValue % 64 == 0 {
            counters.claimChecks += 1
            problem = workers.check(thread) ?? checkBound()
        }
        if alive.wrappingSubtract(1, ordering: .relaxed).newValue > 0 { counters.raceWindows += 1 }
        thread.destroy()
        return problem
    }

    private func live(_ thread: ThreadState, _ random: inout SplitMix64, _ counters: inout StressCounters) -> String? {
        for round in 0..<Int(random.next() % 200) + 20 {
            let bits = random.next()
            let place = Int(bits >> 32) % Self.places
            switch bits % 4 {
            case 0:
                guard let object = Allocation.object(thread, type: workers.type, bytes: 32 + Int(bits >> 8 % 10) * 16, collectable: bits & 16 == 0)
                else { return "no memory for an object" }
                object.setField(24, UInt64(object.address) ^ 0x11FE)
                // Shown to strangers: the owner may be dead when the place's reference is dropped.
                ReferenceCount.share(object)
                let old = objects[place].exchange(UInt(bitPattern: object.raw), ordering: .acquiringAndReleasing)
                if let raw = UnsafeMutableRawPointer(bitPattern: old) {
                    counters.claimChecks += 1
                    if ObjectRef(raw).field(24, as: UInt64.self) != UInt64(old) ^ 0x11FE { return "the object at \(raw) was overwritten" }
                    ReferenceCount.release(ObjectRef(raw), thread)
                }
            default:
                guard let block = StampedBlock.make(thread, bytes: StampedBlock.bytes(&random), seed: bits) else { return "no memory" }
                let old = places[place].exchange(UInt(bitPattern: block.raw), ordering: .acquiringAndReleasing)
                guard let raw = UnsafeMutableRawPointer(bitPattern: old) else { break }
                counters.claimChecks += 1
                if let problem = StampedBlock(raw: raw).check() { return problem }
                let bytes = StampedBlock(raw: raw).bytes
                if bits & 64 == 0 { thread.retire(raw, bytes: bytes) } else { Allocation.freeBuffer(thread, raw, bytes: bytes) }
            }
            if round & 15 == 0 { thread.safepoint() }
        }
        return nil
    }

    /// At most: what the places hold, and for each living thread a few pools of every class it uses and what it holds back.
    private func checkBound() -> String? {
        let figures = workers.heap.statistics()
        let bound = Self.places * 80_000 + (threads + 2) * (16 << 20)
        if figures.mappedBytes > bound {
            return "after \(lived.load(ordering: .relaxed)) threads \(figures.mappedBytes >> 20) MiB are mapped, more than \(bound >> 20): \(figures)"
        }
        return nil
    }

    func finish() -> String? {
        guard let thread = workers.enter() else { return "no memory for a thread" }
        for place in 0..<Self.places {
            if let raw = UnsafeMutableRawPointer(bitPattern: places[place].load(ordering: .acquiring)) {
                if let problem = StampedBlock(raw: raw).check() { return problem }
                Allocation.freeBuffer(thread, raw, bytes: StampedBlock(raw: raw).bytes)
            }
            if let raw = UnsafeMutableRawPointer(bitPattern: objects[place].load(ordering: .acquiring)) {
                ReferenceCount.release(ObjectRef(raw), thread)
            }
        }
        // Retired buffers of dead threads are freed by those who are left.
        let problem = workers.drain(thread)
        let figures = workers.heap.statistics()
        thread.destroy()
        places.deallocate()
        objects.deallocate()
        if let problem { return problem }
        // One or two empty pools of a class may stay with each of the slots that were in use at the same time.
        let bound = (threads + 2) * 200
        if figures.unitsInUse > bound || figures.runs != 0 {
            return "everything is freed, but \(figures.unitsInUse) units are in use, more than \(bound), and \(figures.runs) runs"
        }
        return workers.finish()
    }
}
