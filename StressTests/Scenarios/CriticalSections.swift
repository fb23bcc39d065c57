// Transfers between two objects inside critical sections that stop, detach and nest in the middle.
//
// Claims    A section that holds its objects sees them whole: the two halves of each agree. Amounts are neither made nor lost. While a thread is detached
//           inside a section, others can use its objects. In a stopped world nobody holds an object.
// How       Objects are plain numbers beside a lock byte, so that ThreadSanitizer sees a missing edge. Now and then one thread detaches in the
//           middle of a section and stays away until another one has used its first object.
// Race window: a section that was interrupted.
import StillPlatform
import StillThreadRegistry
import Synchronization

final class CriticalSections: StressScenario, @unchecked Sendable {
    static let description = ScenarioDescription(
        name: "critical-sections",
        claim: "what a critical section holds nobody else changes, and it holds nothing while its thread is stopped or detached",
        faults: [.keepSections, .skipSecondLock], minimumClaimChecks: 20_000, minimumRaceWindows: 200,
        make: { threads, _ in try CriticalSections(threads) })

    private static let accounts = 6
    private static let start = 1_000

    /// 64 bytes for each object: lock, uses, amount and its complement.
    private struct Account: ~Copyable {
        let base: UInt64 = 0
        let lock = Atomic<UInt8>(0)
        /// Sections that have used it.
        let uses = Atomic<UInt64>(0)
        var amount = CriticalSections.start
        var complement = ~CriticalSections.start
    }

    private let interpreter: Interpreter
    private let count: Int
    private let memory: UnsafeMutablePointer<Account>
    private let threads: Guarded<[Int: ThreadState]>
    /// 1 while some thread stays away in the middle of a section.
    private let away = Atomic<Int>(0)
    private let left = Atomic<Int>(0)
    /// Steps of each worker, its own.
    private let worked: UnsafeMutablePointer<Int>

    init(_ threads: Int) throws {
        interpreter = try Runtime.makeInterpreter()
        count = threads
        memory = .allocate(capacity: Self.accounts)
        for index in 0..<Self.accounts { (memory + index).initialize(to: Account()) }
        self.threads = Guarded([:])
        worked = .allocate(capacity: threads)
        worked.initialize(repeating: 0, count: threads)
    }

    private func lock(_ index: Int) -> UnsafeMutablePointer<Atomic<UInt8>> {
        UnsafeMutableRawPointer(memory + index).advanced(by: 8).assumingMemoryBound(to: Atomic<UInt8>.self)
    }

    func enter(worker: Int) {
        guard let thread = try? interpreter.makeThread() else { return }
        thread.attach()
        threads.withLock { $0[worker] = thread }
    }
    func leave(worker: Int) {
        left.wrappingAdd(1, ordering: .relaxed)
        threads.withLock { $0.removeValue(forKey: worker) }?.destroy()
    }

    func step(worker: Int, random: inout SplitMix64, counters: inout StressCounters) -> String? {
        guard let t = threads.withLock({ $0[worker] }) else { return "no memory for a thread state" }
        var problem: String?
        for _ in 0..<20 where problem == nil {
            // Not at first: a thread that stopped with an object would hang the others, and nobody could tell.
            problem = worked[worker] > 50 && random.next() % 64 == 0 ? stopped(t, &counters) : transfer(t, worker, &random, &counters)
            t.safepoint()
        }
        worked[worker] += 1
        return problem
    }

    private func transfer(
        _ t: ThreadState, _ worker: Int, _ random: inout SplitMix64, _ counters: inout StressCounters
    ) -> String? {
        let from = Int(random.next() % UInt64(Self.accounts)), to = Int(random.next() % UInt64(Self.accounts))
        let amount = Int(random.next() % 10), kind = random.next() % 16, third = Int(random.next() % UInt64(Self.accounts))
        var checks: UInt64 = 0, windows: UInt64 = 0
        let problem = t.withCriticalSection(lock(from), lock(to)) { section -> String? in
            if let problem = check(from, to) { return problem }
            checks += 2
            switch kind {
            case 0:
                if let problem = stayAway(t, from, untilUsed: false) { return problem }
                checks += 1
            case 1: t.safepoint()
            case 2: t.withCriticalSection(lock(third)) { _ in }
            case 3:
                ObjectLock.lock(lock(third))
                ObjectLock.unlock(lock(third))
            case 4:
                if let problem = stayAway(t, from, untilUsed: true) { return problem }
                checks += 1
            default: break
            }
            if section.hold() { windows += 1 }
            if let problem = check(from, to) { return problem }
            checks += 2
            memory[from].amount -= amount
            SchedulingNoise.point()
            memory[to].amount += amount
            memory[from].complement = ~memory[from].amount
            memory[to].complement = ~memory[to].amount
            memory[from].uses.wrappingAdd(1, ordering: .relaxed)
            memory[to].uses.wrappingAdd(1, ordering: .relaxed)
            return nil
        }
        counters.claimChecks += checks
        counters.raceWindows += windows
        return problem
    }

    private func check(_ from: Int, _ to: Int) -> String? {
        for index in [from, to] where memory[index].complement != ~memory[index].amount {
            return "object \(index) holds \(memory[index].amount) and the complement of \(~memory[index].complement)"
        }
        return nil
    }

    /// Detached inside a section, until another thread has used the object, or, if that is enough, until it is seen to be free.
    private func stayAway(_ t: ThreadState, _ index: Int, untilUsed: Bool) -> String? {
        if untilUsed && (count == 1 || !away.compareExchange(expected: 0, desired: 1, ordering: .relaxed).exchanged) { return nil }
        defer { if untilUsed { away.store(0, ordering: .relaxed) } }
        return t.detached { () -> String? in
            let before = memory[index].uses.load(ordering: .relaxed)
            let limit = Clock.monotonicNanoseconds() + 3_000_000_000
            while memory[index].uses.load(ordering: .relaxed) == before {
                if !untilUsed && !ObjectLock.isHeld(lock(index)) { return nil }
                // At the end of the run nobody comes any more.
                if left.load(ordering: .relaxed) != 0 { return nil }
                if Clock.monotonicNanoseconds() > limit {
                    // The end of the section lets the others come to theirs.
                    return "for 3 seconds nobody could use an object of a section whose thread is detached"
                }
                OSThread.yield()
            }
            return nil
        }
    }

    private func stopped(_ t: ThreadState, _ counters: inout StressCounters) -> String? {
        var problem: String?
        t.withStoppedWorld(.test) { (_: borrowing StoppedWorld) in
            for index in 0..<Self.accounts where ObjectLock.isHeld(lock(index)) {
                problem = "object \(index) is held in a stopped world"
            }
        }
        counters.claimChecks += UInt64(Self.accounts)
        return problem
    }

    func finish() -> String? {
        var sum = 0
        for index in 0..<Self.accounts { sum += memory[index].amount }
        memory.deallocate()
        worked.deallocate()
        interpreter.destroy()
        return sum == Self.accounts * Self.start ? nil : "the amounts add up to \(sum), not to \(Self.accounts * Self.start)"
    }
}
