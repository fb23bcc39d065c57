// Threads that a pause has stopped do a part of its work, and none of them still does when the world runs again.
//
// Each worker stops the world now and then and offers work: a helper writes a plain number, which the pauser reads when it has ended the help. The
// numbers are plain on purpose: the offer and its end must order the accesses, which ThreadSanitizer checks.
// Race window: a pause in which somebody has helped; on one processor, where nobody helps, any pause.
import StillPlatform
import StillThreadRegistry
import Synchronization

final class HelpInPause: StressScenario, @unchecked Sendable {
    static let description = ScenarioDescription(
        name: "help-in-pause", claim: "who helps in a pause has done when the pauser has ended the help",
        faults: [.leaveHelpers], minimumClaimChecks: 2_000, minimumRaceWindows: 50,
        make: { threads, _ in try HelpInPause(threads) })

    /// What helpers work on.
    private struct Work: ~Copyable {
        /// Never accessed: ThreadSanitizer takes every write of a field for one of the first byte.
        let base: UInt64
        let inside: Atomic<Int>
        /// Of this pause so far. Who stays seated from the last pause comes on top of those that are asked for.
        let helpers: Atomic<Int>
        let numbers: UnsafeMutablePointer<UInt64>
        var length: Int
    }

    /// Far more than can be seated at once.
    private static let mostHelpers = 64

    private let interpreter: Interpreter
    private let count: Int
    private let work: UnsafeMutablePointer<Work>

    init(_ threads: Int) throws {
        interpreter = try Runtime.makeInterpreter()
        count = threads
        work = .allocate(capacity: 1)
        work.initialize(to: Work(base: 0, inside: Atomic(0), helpers: Atomic(0), numbers: .allocate(capacity: Self.mostHelpers), length: 0))
        work.pointee.numbers.initialize(repeating: 0, count: Self.mostHelpers)
    }

    private static let help: HelpWork = { raw in
        let work = raw.assumingMemoryBound(to: Work.self)
        work.pointee.inside.wrappingAdd(1, ordering: .relaxed)
        // Plain memory, a word for each helper of the pause.
        let own = work.pointee.numbers + work.pointee.helpers.wrappingAdd(1, ordering: .relaxed).oldValue % HelpInPause.mostHelpers
        own.pointee &+= 1
        for _ in 0..<work.pointee.length { cpuRelax() }
        SchedulingNoise.point()
        own.pointee &+= 1
        work.pointee.inside.wrappingSubtract(1, ordering: .relaxed)
    }

    func step(worker: Int, random: inout SplitMix64, counters: inout StressCounters) -> String? {
        guard let thread = try? interpreter.makeThread() else { return "no memory for a thread state" }
        thread.attach()
        var problem: String?
        for _ in 0..<Int(random.next() % 40 + 1) where problem == nil {
            switch random.next() % 8 {
            case 0: thread.detached { if random.next() % 4 == 0 { OSThread.yield() } }
            case 1 where worker % 2 == 0: problem = pause(thread, &random, &counters)
            default:
                for _ in 0..<Int(random.next() % 30) { cpuRelax() }
            }
            thread.safepoint()
        }
        thread.destroy()
        return problem
    }

    private func pause(_ thread: ThreadState, _ random: inout SplitMix64, _ counters: inout StressCounters) -> String? {
        var problem: String?
        let (length, wait, yields) = (Int(random.next() % 400), Int(random.next() % 200), Int(random.next() % 3))
        thread.expectHelp(1)
        thread.withStoppedWorld(.test) { (world: borrowing StoppedWorld) in
            work.pointee.helpers.store(0, ordering: .relaxed)
            work.pointee.length = length
            let isOffered = world.offerHelp(HelpInPause.help, work)
            for _ in 0..<wait { cpuRelax() }
            // Lets the helper onto this processor, most often for less than its work takes.
            for _ in 0..<yields { OSThread.yield() }
            if yields == 2 {
                for _ in 0..<20 where work.pointee.helpers.load(ordering: .relaxed) == 0 { OSThread.sleep(nanoseconds: 50_000) }
            }
            if isOffered { world.endHelp() }
            counters.claimChecks += 1
            if work.pointee.inside.load(ordering: .relaxed) != 0 {
                problem = "a thread still helps"
            } else if (0..<Self.mostHelpers).contains(where: { work.pointee.numbers[$0] & 1 != 0 }) {
                problem = "half of the help was done"
            }
            if work.pointee.helpers.load(ordering: .relaxed) != 0 || count == 1 || OSThread.processorCount == 1 { counters.raceWindows += 1 }
        }
        thread.expectHelp(0)
        return problem
    }

    func finish() -> String? {
        if interpreter.threadCount != 0 { return "\(interpreter.threadCount) thread states are left" }
        interpreter.destroy()
        work.pointee.numbers.deallocate()
        work.deallocate()
        return nil
    }
}
