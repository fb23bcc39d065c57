// Thread states and interpreters that come and go while the world is being stopped.
//
// Every eighth worker stops the interpreter, or all, again and again; the others are born, attach, detach, and die. Some are made by a
// thread that is attached to nothing, so that they are born while the world stands. Now and then a whole interpreter is made, used and
// destroyed meanwhile.
// Claims    While the world is stopped, the number of attached threads (counted by themselves, plainly and atomically) stands still,
//           births included; afterwards every thread has run as often as it wanted, and none is left.
// Race window: a pause during which a thread state was made, or ended, or an interpreter came or went.
import StillPlatform
import StillThreadRegistry
import Synchronization

final class BirthDeathDuringPause: StressScenario, @unchecked Sendable {
    static let description = ScenarioDescription(
        name: "birth-death-during-pause", claim: "threads born while the world is stopped wait, and dying ones hold up nobody",
        faults: [.bornRunning], minimumClaimChecks: 500, minimumRaceWindows: 50,
        make: { threads, _ in try BirthDeathDuringPause(threads) })

    private let interpreter: Interpreter
    private let count: Int
    /// Written attached, read in pauses. The second half is of threads of other interpreters.
    private let numbers: UnsafeMutablePointer<UInt64>
    private let births = Atomic<UInt64>(0)
    /// 1 while a pause's body runs: workers then hurry to be born.
    private let isPaused = Atomic<UInt32>(0)

    init(_ threads: Int) throws {
        interpreter = try Runtime.makeInterpreter()
        count = threads
        numbers = .allocate(capacity: threads * 16)
        numbers.initialize(repeating: 0, count: threads * 16)
    }

    func step(worker: Int, random: inout SplitMix64, counters: inout StressCounters) -> String? {
        if worker % 8 == 0 { return pause(&random, &counters) }
        if count > 2 && worker == 1 && random.next() % 2 == 0 { return otherInterpreter(worker, &random) }
        // Half of the births wait for a pause, the others come at any time.
        if random.next() % 2 == 0 {
            for _ in 0..<20 where isPaused.load(ordering: .relaxed) == 0 { OSThread.yield() }
        }
        guard let thread = try? interpreter.makeThread() else { return "no memory for a thread state" }
        births.wrappingAdd(1, ordering: .relaxed)
        thread.attach()
        numbers[worker * 8] &+= 1
        for _ in 0..<Int(random.next() % 4) {
            numbers[worker * 8] &+= 1
            if random.next() % 4 == 0 { thread.detached {} } else { thread.safepoint() }
        }
        thread.destroy()
        births.wrappingAdd(1, ordering: .relaxed)
        return nil
    }

    private func otherInterpreter(_ worker: Int, _ random: inout SplitMix64) -> String? {
        guard let other = try? Runtime.makeInterpreter(), let thread = try? other.makeThread() else { return "no memory for an interpreter" }
        births.wrappingAdd(1, ordering: .relaxed)
        thread.attach()
        numbers[(count + worker) * 8] &+= 1
        thread.safepoint()
        if random.next() % 4 == 0 {
            // Freed while this OS thread is attached to another one.
            thread.destroy()
            guard let home = try? interpreter.makeThread() else { return "no memory for a thread state" }
            home.attach()
            other.destroy()
            numbers[worker * 8] &+= 1
            home.destroy()
        } else {
            thread.destroy()
            other.destroy()
        }
        births.wrappingAdd(1, ordering: .relaxed)
        return nil
    }

    private func pause(_ random: inout SplitMix64, _ counters: inout StressCounters) -> String? {
        var problem: String?
        let isGlobal = random.next() % 3 == 0
        let spins = Int(random.next() % 400)
        let yields = Int(random.next() % 3)
        func body() {
            let before = births.load(ordering: .relaxed)
            isPaused.store(1, ordering: .relaxed)
            let first = (0..<(isGlobal ? 2 * count : count)).map { numbers[$0 * 8] }
            for _ in 0..<spins { cpuRelax() }
            for _ in 0..<yields { OSThread.yield() }
            // Sometimes until somebody is born: on one processor, or with many threads, that takes a while.
            if spins % 4 == 0 { for _ in 0..<20 where births.load(ordering: .relaxed) == before { OSThread.sleep(nanoseconds: 20_000) } }
            for index in 0..<first.count {
                counters.claimChecks += 1
                if numbers[index * 8] != first[index] {
                    problem = "worker \(index % count) ran in a stopped world (\(first[index]) became \(numbers[index * 8]))"
                }
            }
            isPaused.store(0, ordering: .relaxed)
            if births.load(ordering: .relaxed) != before || count == 1 { counters.raceWindows += 1 }
        }
        if isGlobal {
            Runtime.withStoppedWorlds(.test) { (_: borrowing StoppedRuntime) in body() }
        } else if random.next() % 2 == 0 {
            interpreter.withStoppedWorld(.test) { (_: borrowing StoppedWorld) in body() }
        } else {
            guard let thread = try? interpreter.makeThread() else { return "no memory for a thread state" }
            thread.attach()
            thread.withStoppedWorld(.test) { (_: borrowing StoppedWorld) in body() }
            thread.destroy()
        }
        return problem
    }

    func finish() -> String? {
        if interpreter.threadCount != 0 { return "\(interpreter.threadCount) thread states are left" }
        interpreter.destroy()
        numbers.deallocate()
        return nil
    }
}
