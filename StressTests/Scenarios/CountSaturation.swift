// Counts that reach their limit while many threads raise and lower them.
//
// Claim     A thread whose own references take a count over the limit finds the object immortal, and immortal it stays: no thread that lowers the
//           count, in whatever order, makes it mortal again or frees it.
// Set-up    An object begins so close to the limit that one worker's references take it there. After some steps another one takes its place; the
//           old one stays, as immortal objects do, and whoever still has its address may use it.
// Race window: a worker begins to raise the count of a mortal object while others are raising it, if there are any.
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import Synchronization

final class CountSaturation: StressScenario, @unchecked Sendable {
    static let description = ScenarioDescription(
        name: "count-saturation", claim: "an object whose count has reached the limit is immortal and stays so",
        faults: [.skipSaturation], minimumClaimChecks: 10_000, minimumRaceWindows: 20,
        make: { threads, _ in try CountSaturation(threads) })

    /// References that the object seems to lack to the limit at first.
    private static let missing = 32
    /// References that a worker takes, and gives back.
    private static let taken = 64

    private let workers: HeapWorkers
    private let stepsEach: Int
    private let isAlone: Bool
    /// The object of the moment. Who makes it releases, who uses it acquires.
    private let current = Atomic<UInt>(0)
    private let steps = Atomic<Int>(0)

    init(_ threads: Int) throws {
        workers = try HeapWorkers()
        stepsEach = 16 * threads
        isAlone = threads == 1
    }

    func enter(worker: Int) { _ = workers.enter() }
    func leave(worker: Int) { ThreadState.current?.destroy() }

    func step(worker: Int, random: inout SplitMix64, counters: inout StressCounters) -> String? {
        guard let thread = ThreadState.current else { return "no memory for a thread" }
        defer { thread.safepoint() }
        if steps.wrappingAdd(1, ordering: .relaxed).oldValue % stepsEach == 0 {
            guard let object = makeObject(thread, merged: random.next() & 1 == 0) else { return "no memory for an object" }
            retire(current.exchange(UInt(bitPattern: object.raw), ordering: .acquiringAndReleasing), thread)
        }
        guard let raw = UnsafeMutableRawPointer(bitPattern: current.load(ordering: .acquiring)) else { return nil }
        return raise(ObjectRef(raw), thread, &random, &counters)
    }

    private func makeObject(_ thread: ThreadState, merged: Bool) -> ObjectRef? {
        guard let object = Allocation.object(thread, type: workers.type, bytes: 48, collectable: false) else { return nil }
        if merged { ReferenceCount.merge(object) }
        let flags = object.sharedWord.pointee.load(ordering: .relaxed) & SharedFlags.all
        object.sharedWord.pointee.store(
            UInt64(ReferenceCount.saturation - Self.missing) << 8 | flags | SharedFlags.shared, ordering: .relaxed)
        return object
    }

    private func raise(
        _ object: ObjectRef, _ thread: ThreadState, _ random: inout SplitMix64, _ counters: inout StressCounters
    ) -> String? {
        let before = object.sharedWord.pointee.load(ordering: .relaxed)
        let wasImmortal = before & SharedFlags.immortal != 0
        let isShared = isAlone || SharedFlags.count(before) > ReferenceCount.saturation - Self.missing
        if !wasImmortal && isShared { counters.raceWindows += 1 }
        // Its own half is far from its limit.
        let isOwner = object.owner == thread.ownerSlot
        var held = 0
        // Others come while the count is on its way, on one processor, too.
        let pauses = wasImmortal ? Self.taken : Int(random.next() % UInt64(Self.taken))
        for _ in 0..<Self.taken {
            if held == pauses { OSThread.yield() }
            if random.next() & 1 == 0 {
                ReferenceCount.retain(object, thread)
            } else if !ReferenceCount.tryRetain(object, thread) {
                return "an object with \(SharedFlags.count(before)) references refuses another one"
            }
            held += 1
        }
        if wasImmortal || !isOwner {
            counters.claimChecks += 1
            if let problem = mortal(object) { return problem }
        }
        while held > 0 {
            ReferenceCount.release(object, thread)
            held -= 1
        }
        if wasImmortal || !isOwner {
            counters.claimChecks += 1
            return mortal(object)
        }
        return nil
    }

    private func mortal(_ object: ObjectRef) -> String? {
        let word = object.sharedWord.pointee.load(ordering: .relaxed)
        if word & SharedFlags.immortal != 0 && word & SharedFlags.dead == 0 { return nil }
        return "the object at \(object.raw) has passed the limit and is mortal: \(SharedFlags.count(word)) references, "
            + "flags \(String(word & SharedFlags.all, radix: 2))"
    }

    /// An object that is used no more may not have got to the limit, and so many references cannot be given up: it gets the rest here.
    private func retire(_ address: UInt, _ thread: ThreadState) {
        guard let raw = UnsafeMutableRawPointer(bitPattern: address) else { return }
        for _ in 0..<2 * Self.missing { ReferenceCount.retainShared(ObjectRef(raw), thread) }
    }

    func finish() -> String? {
        guard let thread = workers.enter() else { return "no memory for a thread" }
        retire(current.exchange(0, ordering: .acquiringAndReleasing), thread)
        thread.destroy()
        return workers.finish()
    }
}
