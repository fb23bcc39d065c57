// Attach, detach, birth and death against threads that stop the world.
//
// Each worker counts up a plain number while it is attached, and a pauser looks whether any number moves while it holds the stopped world. The
// numbers are plain on purpose: the pause must order the accesses, which ThreadSanitizer checks.
// Race window: a pause during which some thread waited to attach or was attached when it was asked to stop.
import StillPlatform
import StillQSBR
import StillThreadRegistry
import Synchronization

final class AttachDetachStop: StressScenario, @unchecked Sendable {
    static let description = ScenarioDescription(
        name: "attach-detach-stop", claim: "while the world is stopped no other thread of the interpreter is attached",
        faults: [.ignoreSuspension], minimumClaimChecks: 2_000, minimumRaceWindows: 200,
        make: { threads, _ in try AttachDetachStop(threads) })

    private let interpreter: Interpreter
    private let count: Int
    /// One number for each worker, 64 bytes apart. Written attached, read in pauses.
    private let numbers: UnsafeMutablePointer<UInt64>
    private let ticks: UnsafeMutablePointer<Atomic<UInt64>>

    init(_ threads: Int) throws {
        interpreter = try Runtime.makeInterpreter()
        count = threads
        numbers = .allocate(capacity: threads * 8)
        numbers.initialize(repeating: 0, count: threads * 8)
        ticks = .allocate(capacity: threads * 8)
        for index in 0..<(threads * 8) { (ticks + index).initialize(to: Atomic(0)) }
    }

    func step(worker: Int, random: inout SplitMix64, counters: inout StressCounters) -> String? {
        guard let thread = try? interpreter.makeThread() else { return "no memory for a thread state" }
        thread.attach()
        var problem: String?
        // A short life: some work, some detaching, some pauses, then death. Births and deaths hit pauses all the time.
        for _ in 0..<Int(random.next() % 40 + 1) {
            numbers[worker * 8] &+= 1
            ticks[worker * 8].wrappingAdd(1, ordering: .relaxed)
            switch random.next() % 8 {
            case 0: thread.detached { if random.next() % 4 == 0 { OSThread.yield() } }
            case 1 where worker % 2 == 0 || count == 1:
                problem = pause(thread, worker, &random, &counters)
            default:
                for _ in 0..<Int(random.next() % 30) { cpuRelax() }
            }
            thread.safepoint()
            if problem != nil { break }
        }
        thread.destroy()
        return problem
    }

    private func pause(
        _ thread: ThreadState, _ worker: Int, _ random: inout SplitMix64, _ counters: inout StressCounters
    ) -> String? {
        var problem: String?
        let before = (0..<count).map { ticks[$0 * 8].load(ordering: .relaxed) }
        let spins = Int(random.next() % 200)
        let nested = random.next() % 8 == 0
        let yields = random.next() % 8 == 0 ? Int(random.next() % 4) : 0
        // Sometimes not before another thread has moved: with more threads than processors the others mostly stand.
        if random.next() % 4 == 0 {
            for _ in 0..<50 {
                if (0..<count).contains(where: { $0 != worker && ticks[$0 * 8].load(ordering: .relaxed) != before[$0] }) { break }
                thread.safepoint()
                OSThread.yield()
            }
        }
        thread.withStoppedWorld(.test) { (world: borrowing StoppedWorld) in
            let first = (0..<count).map { numbers[$0 * 8] }
            let moving = (0..<count).filter { $0 != worker && ticks[$0 * 8].load(ordering: .relaxed) != before[$0] }
            if !moving.isEmpty { counters.raceWindows += 1 }
            if nested { thread.withStoppedWorld(.test) { (_: borrowing StoppedWorld) in } }
            for _ in 0..<spins { cpuRelax() }
            // Lets a thread that should stand, and does not, come onto this processor.
            for _ in 0..<yields { OSThread.yield() }
            SchedulingNoise.point()
            for other in 0..<count where other != worker {
                counters.claimChecks += 1
                if numbers[other * 8] != first[other] {
                    problem = "thread of worker \(other) ran in a stopped world (\(first[other]) became \(numbers[other * 8]))"
                }
            }
            if count == 1 { counters.claimChecks += 1; counters.raceWindows += 1 }
        }
        return problem
    }

    func finish() -> String? {
        if interpreter.threadCount != 0 { return "\(interpreter.threadCount) thread states are left" }
        interpreter.destroy()
        numbers.deallocate()
        ticks.deallocate()
        return nil
    }
}
