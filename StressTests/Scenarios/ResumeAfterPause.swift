// A pause that is over is over for everybody.
//
// Worker 0 stops the world now and then, so long that the others sleep; afterwards it waits, without another pause, for those who had been waiting.
// The others attach, come to safepoints, and detach.
// Claim     Who waited for the end of a pause is attached again without any further pause.
// Race window: a pause for whose end at least two threads waited.
import StillPlatform
import StillThreadRegistry
import Synchronization

final class ResumeAfterPause: StressScenario, @unchecked Sendable {
    static let description = ScenarioDescription(
        name: "resume-after-pause", claim: "every thread that a pause stopped runs again when it is over",
        faults: [.breakWakeChain, .napAlone], minimumClaimChecks: 40, minimumRaceWindows: 20,
        make: { threads, _ in try ResumeAfterPause(threads) })

    /// Far longer than a thread may have to wait for a processor.
    private var patienceNanoseconds: UInt64 { (2_000_000_000 + UInt64(states.count) * 100_000_000) * (Sanitizer.isThreadSanitizer ? 5 : 1) }

    private let interpreter: Interpreter
    private let states: [ThreadState]
    /// How often each worker was attached. Relaxed: counts that somebody waits for, with nothing behind them.
    private let numbers: [Word]

    final class Word: Sendable {
        let value = Atomic<UInt64>(0)
        private let line = InlineArray<8, UInt64>(repeating: 0)  // of its own
    }

    init(_ threads: Int) throws {
        let interpreter = try Runtime.makeInterpreter()
        self.interpreter = interpreter
        states = try (0..<threads).map { _ in try interpreter.makeThread() }
        numbers = (0..<threads).map { _ in Word() }
    }

    private func count(_ worker: Int) { numbers[worker].value.wrappingAdd(1, ordering: .relaxed) }

    func step(worker: Int, random: inout SplitMix64, counters: inout StressCounters) -> String? {
        let thread = states[worker]
        thread.attach()
        count(worker)
        defer { thread.detach() }
        if worker == 0 { return pause(thread, &random, &counters) }
        for _ in 0..<Int(random.next() % 64 + 1) {
            thread.safepoint()
            count(worker)
        }
        // Leaves the processors to those who have waited.
        thread.detached { OSThread.sleep(nanoseconds: 50_000) }
        count(worker)
        return nil
    }

    private func pause(_ thread: ThreadState, _ random: inout SplitMix64, _ counters: inout StressCounters) -> String? {
        let nanoseconds = 300_000 + random.next() % 700_000
        var waiting: [(worker: Int, number: UInt64)] = []
        waiting.reserveCapacity(states.count)
        thread.withStoppedWorld(.test) { (_: borrowing StoppedWorld) in
            // Leaves both time and a processor to the others, so that they are asleep.
            OSThread.sleep(nanoseconds: nanoseconds)
            for worker in 1..<max(1, states.count) where states[worker].isWaitingToAttach {
                waiting.append((worker, numbers[worker].value.load(ordering: .relaxed)))
            }
        }
        counters.claimChecks += 1
        if waiting.count > 1 || states.count < 3 { counters.raceWindows += 1 }
        let problem: String? = thread.detached {
            let limit = Clock.monotonicNanoseconds() + patienceNanoseconds
            for (worker, number) in waiting {
                while numbers[worker].value.load(ordering: .relaxed) == number {
                    if Clock.monotonicNanoseconds() > limit {
                        return "worker \(worker) still sleeps \(patienceNanoseconds / 1_000_000_000) s after the pause that stopped it"
                    }
                    OSThread.sleep(nanoseconds: 20_000)
                }
            }
            return nil
        }
        if problem != nil { wakeAll(thread) }
        return problem
    }

    /// So that a run whose claim is broken can end: without the fault, whoever is woken after a pause wakes all. Other workers may have ended already.
    private func wakeAll(_ thread: ThreadState) {
        FaultInjection.deactivate()
        guard let other = try? interpreter.makeThread() else { return }
        let isOver = Word()
        let visitor = try? OSThread.start(name: "visitor") {
            while isOver.value.load(ordering: .relaxed) == 0 {
                other.attach()
                other.detach()
            }
            other.attach()
            other.destroy()
        }
        let limit = Clock.monotonicNanoseconds() + 20_000_000_000
        repeat {
            thread.withStoppedWorld(.test) { (_: borrowing StoppedWorld) in OSThread.sleep(nanoseconds: 2_000_000) }
            thread.detached { OSThread.sleep(nanoseconds: 20_000_000) }
        } while Clock.monotonicNanoseconds() < limit && states.contains(where: \.isWaitingToAttach)
        isOver.value.store(1, ordering: .relaxed)
        thread.detached { visitor?.join() }
    }

    func finish() -> String? {
        for thread in states {
            thread.attach()
            thread.destroy()
        }
        let left = interpreter.threadCount
        interpreter.destroy()
        return left == 0 ? nil : "\(left) thread states are left"
    }
}
