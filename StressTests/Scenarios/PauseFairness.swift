// Pauses back to back: a waiting thread gets its turn.
//
// Workers 0 and 1 (only 0 when there are less than four) stop the world in a tight loop, the second one sometimes that of all interpreters. The others attach,
// count, and detach or come to a safepoint. Each pause notes which threads waited for its end, and what they had counted.
// Claim     Who waited for the end of a pause has been attached before the next one, or 10 ms have gone by. The time is taken inside the bodies, so that it is
//           never too short: within it the registry must have let everybody in.
// Race window: a thread that waited in two pauses, one after the other, and was attached in between.
import StillPlatform
import StillThreadRegistry
import Synchronization

final class PauseFairness: StressScenario, @unchecked Sendable {
    static let description = ScenarioDescription(
        name: "pause-fairness", claim: "no thread waits through two pauses on end",
        faults: [.skipOwedThreads], minimumClaimChecks: 500, minimumRaceWindows: 50,
        make: { threads, _ in try PauseFairness(threads) })

    private struct Waiter {
        var isWaiting = false
        var number: UInt64 = 0
    }
    private let interpreter: Interpreter
    private let count: Int
    private let states: [ThreadState]
    /// How often each worker was attached, 64 bytes apart: written attached, read in pauses.
    private let numbers: UnsafeMutablePointer<UInt64>
    // Only in pauses.
    private let waiters: UnsafeMutablePointer<Waiter>
    private let lastBody: UnsafeMutablePointer<UInt64>

    init(_ threads: Int) throws {
        let interpreter = try Runtime.makeInterpreter()
        self.interpreter = interpreter
        count = threads
        states = try (0..<threads).map { _ in try interpreter.makeThread() }
        numbers = .allocate(capacity: threads * 8)
        numbers.initialize(repeating: 0, count: threads * 8)
        waiters = .allocate(capacity: threads)
        waiters.initialize(repeating: Waiter(), count: threads)
        lastBody = .allocate(capacity: 1)
        lastBody.initialize(to: 0)
    }

    func step(worker: Int, random: inout SplitMix64, counters: inout StressCounters) -> String? {
        let thread = states[worker]
        thread.attach()
        // Directly after each place where it may have waited.
        numbers[worker * 8] &+= 1
        defer { thread.detach() }
        if worker == 0 || worker == 1 && count > 3 {
            for _ in 0..<20 {
                let isGlobal = worker == 1 && random.next() % 8 == 0
                let spins = Int(random.next() % 60)
                let problem =
                    isGlobal
                    ? Runtime.withStoppedWorlds(.test) { (_: borrowing StoppedRuntime) in body(spins, &counters) }
                    : thread.withStoppedWorld(.test) { (_: borrowing StoppedWorld) in body(spins, &counters) }
                if let problem { return problem }
            }
            return nil
        }
        for _ in 0..<Int(random.next() % 8 + 1) {
            thread.safepoint()
            numbers[worker * 8] &+= 1
        }
        // With more threads than processors the others come on in time.
        thread.detached { if count > 4 { OSThread.yield() } }
        numbers[worker * 8] &+= 1
        return nil
    }

    private func body(_ spins: Int, _ counters: inout StressCounters) -> String? {
        var problem: String?
        let now = Clock.monotonicNanoseconds()
        let isInTime = now - lastBody.pointee < 10_000_000
        for _ in 0..<spins { cpuRelax() }
        for worker in 0..<count {
            let isWaiting = states[worker].isWaitingToAttach
            let before = waiters[worker]
            if before.isWaiting && isInTime {
                counters.claimChecks += 1
                if isWaiting { counters.raceWindows += 1 }
                if before.number == numbers[worker * 8] && worker > (count > 3 ? 1 : 0) {
                    problem = "worker \(worker) waited through two pauses, \((now - lastBody.pointee) / 1000) µs apart"
                }
            }
            waiters[worker] = Waiter(isWaiting: isWaiting, number: numbers[worker * 8])
        }
        if count == 1 { counters.claimChecks += 1; counters.raceWindows += 1 }
        lastBody.pointee = Clock.monotonicNanoseconds()
        return problem
    }

    func finish() -> String? {
        // Not before: pauses look at all of them.
        for thread in states {
            thread.attach()
            thread.destroy()
        }
        if interpreter.threadCount != 0 { return "\(interpreter.threadCount) thread states are left" }
        interpreter.destroy()
        numbers.deallocate()
        waiters.deallocate()
        lastBody.deallocate()
        return nil
    }
}
