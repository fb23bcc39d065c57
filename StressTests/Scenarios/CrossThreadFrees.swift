// Blocks that one thread allocates and another frees, while pools change their size class, and readers that come late.
//
// Claims    What is written into a block stays until it is freed, whoever frees it. The heap's books are right whenever the world is stopped.
//           A reader without a lock that holds the address of an object finds an object's header there until its next safepoint, alive or
//           dead, whatever became of the object and its pool.
// Race window: a free of a block that another worker allocated; a look at an object that was replaced meanwhile.
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import Synchronization

final class CrossThreadFrees: StressScenario, @unchecked Sendable {
    static let description = ScenarioDescription(
        name: "cross-thread-frees", claim: "blocks stay whole until they are freed, by whomever, and the heap's books are right",
        faults: [.skipReturnCount, .dropBatch, .skipPoolRest], minimumClaimChecks: 10_000, minimumRaceWindows: 2_000,
        make: { _, _ in try CrossThreadFrees() })

    private static let places = 512
    private static let objectPlaces = 16
    private static let checkInterval = 64

    private let workers: HeapWorkers
    private let places: UnsafeMutablePointer<Atomic<UInt>>
    private let objects: UnsafeMutablePointer<Atomic<UInt>>
    private let steps = Atomic<Int>(0)

    init() throws {
        workers = try HeapWorkers()
        places = .allocate(capacity: Self.places)
        objects = .allocate(capacity: Self.objectPlaces)
        for place in 0..<Self.places { (places + place).initialize(to: Atomic(0)) }
        for place in 0..<Self.objectPlaces { (objects + place).initialize(to: Atomic(0)) }
    }

    func enter(worker: Int) { _ = workers.enter() }

    func leave(worker: Int) {
        guard let thread = ThreadState.current else { return }
        if worker == 0 { drop(thread) }
        thread.destroy()
    }

    func step(worker: Int, random: inout SplitMix64, counters: inout StressCounters) -> String? {
        guard let thread = ThreadState.current else { return "no memory for a thread" }
        defer { thread.safepoint() }
        switch random.next() % 8 {
        case 0: return burst(thread, &random, &counters)
        case 1: return objectBurst(thread, &random, &counters)
        case 2, 3: return look(thread, &random, &counters)
        default: break
        }
        for _ in 0..<32 {
            if let problem = exchange(thread, worker, StampedBlock.bytes(&random), &random, &counters) { return problem }
        }
        if worker == 0 && steps.wrappingAdd(1, ordering: .relaxed).newValue % Self.checkInterval == 0 {
            counters.claimChecks += 1
            return workers.check(thread)
        }
        return nil
    }

    /// Puts a new block into a place and frees what was there.
    private func exchange(
        _ thread: ThreadState, _ worker: Int, _ bytes: Int, _ random: inout SplitMix64, _ counters: inout StressCounters
    ) -> String? {
        let seed = random.next() << 8 | UInt64(worker & 255)
        guard let block = StampedBlock.make(thread, bytes: bytes, seed: seed) else { return "no memory for \(bytes) bytes" }
        let place = Int(random.next() % UInt64(Self.places))
        let old = places[place].exchange(UInt(bitPattern: block.raw), ordering: .acquiringAndReleasing)
        return release(thread, old, worker, &counters)
    }

    private func release(_ thread: ThreadState, _ address: UInt, _ worker: Int, _ counters: inout StressCounters) -> String? {
        guard let raw = UnsafeMutableRawPointer(bitPattern: address) else { return nil }
        let block = StampedBlock(raw: raw)
        counters.claimChecks += 1
        if let problem = block.check() { return problem }
        if raw.load(as: UInt64.self) & 255 != UInt64(worker & 255) { counters.raceWindows += 1 }
        let bytes = block.bytes
        Allocation.freeBuffer(thread, raw, bytes: bytes)
        if FaultInjection.isActive(.readFreedBlock) && bytes >= 16 && raw.load(fromByteOffset: 8, as: UInt64.self) == 1 {
            return "a freed block was read"
        }
        return nil
    }

    /// Many blocks of one class at once: pools are taken, emptied and given to another class.
    private func burst(_ thread: ThreadState, _ random: inout SplitMix64, _ counters: inout StressCounters) -> String? {
        let bytes = 32 + Int(random.next() % 31) * 16
        var blocks: [StampedBlock] = []
        for _ in 0..<64 * 1024 / bytes {
            guard let block = StampedBlock.make(thread, bytes: bytes, seed: random.next()) else { return "no memory for \(bytes) bytes" }
            blocks.append(block)
        }
        for block in blocks {
            counters.claimChecks += 1
            if let problem = block.check() { return problem }
            Allocation.freeBuffer(thread, block.raw, bytes: bytes)
        }
        return nil
    }

    /// The same with objects; some are shown to the others, and given up while these may be looking.
    private func objectBurst(_ thread: ThreadState, _ random: inout SplitMix64, _ counters: inout StressCounters) -> String? {
        let bytes = 32 + Int(random.next() % 30) * 16
        var made: [ObjectRef] = []
        for _ in 0..<100 * 1024 / bytes {
            guard let object = Allocation.object(thread, type: workers.type, bytes: bytes, collectable: random.next() & 1 == 0) else {
                return "no memory for an object"
            }
            made.append(object)
        }
        let place = Int(random.next() % UInt64(Self.objectPlaces))
        for object in made.prefix(8) {
            ReferenceCount.retainAndShare(object, thread)  // the place's reference
            let old = objects[place].exchange(UInt(bitPattern: object.raw), ordering: .acquiringAndReleasing)
            if let raw = UnsafeMutableRawPointer(bitPattern: old) { ReferenceCount.release(ObjectRef(raw), thread) }
        }
        for object in made { ReferenceCount.release(object, thread) }
        return nil
    }

    /// Holds an object's address for a while, without a reference.
    private func look(_ thread: ThreadState, _ random: inout SplitMix64, _ counters: inout StressCounters) -> String? {
        let place = Int(random.next() % UInt64(Self.objectPlaces))
        let address = objects[place].load(ordering: .acquiring)
        guard let raw = UnsafeMutableRawPointer(bitPattern: address) else { return nil }
        let object = ObjectRef(raw)
        for round in 0..<24 {
            if round & 3 == 3 { OSThread.yield() }
            SchedulingNoise.point()
            let word = object.sharedWord.pointee.load(ordering: .relaxed)
            counters.claimChecks += 1
            // An object's count is never negative by so much: bit 63 is set in every word of a stamped block.
            if word >> 63 != 0 && SharedFlags.count(word) < -1_000_000 {
                return "where an object was until the last safepoint, at \(raw), lies something else: \(String(word, radix: 16))"
            }
        }
        if objects[place].load(ordering: .relaxed) != address { counters.raceWindows += 1 }
        return nil
    }

    private func drop(_ thread: ThreadState) {
        for place in 0..<Self.places {
            if let raw = UnsafeMutableRawPointer(bitPattern: places[place].exchange(0, ordering: .acquiringAndReleasing)) {
                Allocation.freeBuffer(thread, raw, bytes: StampedBlock(raw: raw).bytes)
            }
        }
        for place in 0..<Self.objectPlaces {
            if let raw = UnsafeMutableRawPointer(bitPattern: objects[place].exchange(0, ordering: .acquiringAndReleasing)) {
                ReferenceCount.release(ObjectRef(raw), thread)
            }
        }
    }

    func finish() -> String? {
        // Workers left in any order: what they put down after the first had left is still there.
        guard let thread = workers.enter() else { return "no memory for a thread" }
        drop(thread)
        workers.settle(thread)
        var problem = workers.check(thread)
        let figures = workers.heap.statistics()
        if figures.runs != 0 || figures.largeBuffers != 0 { problem = problem ?? "big buffers are left: \(figures)" }
        thread.destroy()
        places.deallocate()
        objects.deallocate()
        return problem ?? workers.finish()
    }
}
