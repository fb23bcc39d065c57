// Requesters of single interpreters and of all of them at the same time.
//
// Two interpreters. Workers are attached to one of them by turns and stop: the interpreter they are attached to, the other one, or all. The body of a pause
// of interpreter i writes the plain number i; that of a pause of all writes both. Attached workers write a number of their own.
// Claims    Bodies of pauses that have an interpreter in common never overlap; no thread of a stopped interpreter moves; a nested request just runs; threads
//           of an interpreter that is not stopped do move. The plain numbers make ThreadSanitizer check that the pauses order the accesses.
// Race window: a pause of all that had to wait for a pause of one interpreter or for another one, or the reverse: told by the pause log's time in the queue.
import StillPlatform
import StillThreadRegistry
import Synchronization

final class TwoPausers: StressScenario, @unchecked Sendable {
    static let description = ScenarioDescription(
        name: "two-pausers", claim: "bodies of pauses of the same interpreter exclude each other, those of all interpreters included",
        faults: [.overlookGlobalPause], minimumClaimChecks: 2_000, minimumRaceWindows: 100,
        make: { threads, _ in try TwoPausers(threads) })

    private let interpreters: [Interpreter]
    private let count: Int
    /// For each interpreter, 64 bytes apart: a plain number that bodies write, the owner of a body that is on, and how many.
    private let plain: UnsafeMutablePointer<UInt64>
    private let owner: UnsafeMutablePointer<Atomic<UInt64>>
    /// What attached workers count, by interpreter and worker.
    private let moved: UnsafeMutablePointer<UInt64>

    init(_ threads: Int) throws {
        interpreters = [try Runtime.makeInterpreter(), try Runtime.makeInterpreter()]
        count = threads
        plain = .allocate(capacity: 16)
        plain.initialize(repeating: 0, count: 16)
        owner = .allocate(capacity: 16)
        for index in 0..<16 { (owner + index).initialize(to: Atomic(0)) }
        moved = .allocate(capacity: 2 * threads * 8)
        moved.initialize(repeating: 0, count: 2 * threads * 8)
    }

    func step(worker: Int, random: inout SplitMix64, counters: inout StressCounters) -> String? {
        let home = Int(random.next() % 2)
        guard let thread = try? interpreters[home].makeThread() else { return "no memory for a thread state" }
        thread.attach()
        var problem: String?
        for _ in 0..<Int(random.next() % 20 + 1) {
            moved[(home * count + worker) * 8] &+= 1
            switch random.next() % 16 {
            case 0: problem = stopOne(home, worker, thread, &random, &counters)
            case 1: problem = stopOne(1 - home, worker, nil, &random, &counters)
            case 2: problem = stopAll(worker, thread, &random, &counters)
            case 3:
                thread.detached {
                    problem =
                        random.next() % 2 == 0 ? stopAll(worker, nil, &random, &counters) : stopOne(home, worker, nil, &random, &counters)
                }
            case 4: thread.detached { OSThread.yield() }
            default: for _ in 0..<Int(random.next() % 40) { cpuRelax() }
            }
            thread.safepoint()
            if problem != nil { break }
        }
        thread.destroy()
        return problem
    }

    /// The body of a pause: nobody else is in one of the same interpreters, and nothing moves there.
    private func body(_ stopped: [Int], _ worker: Int, _ random: inout SplitMix64, _ counters: inout StressCounters) -> String? {
        var problem: String?
        let me = UInt64(worker + 1)
        for index in stopped {
            counters.claimChecks += 1
            let other = owner[index * 8].exchange(me, ordering: .relaxed)
            if other != 0 { problem = "workers \(other - 1) and \(worker) are both in a pause of interpreter \(index)" }
            plain[index * 8] &+= 1
        }
        let numbers = stopped.map { index in (0..<count).map { moved[(index * count + $0) * 8] } }
        for _ in 0..<Int(random.next() % 200) { cpuRelax() }
        if random.next() % 4 == 0 { OSThread.yield() }
        SchedulingNoise.point()
        for (index, before) in zip(stopped, numbers) {
            for other in 0..<count where moved[(index * count + other) * 8] != before[other] {
                problem = "worker \(other) moved in interpreter \(index), which worker \(worker) has stopped"
            }
            let now = owner[index * 8].exchange(0, ordering: .relaxed)
            if now != me && problem == nil { problem = "worker \(now) came into the pause of worker \(worker) in interpreter \(index)" }
        }
        return problem
    }

    private func stopOne(
        _ index: Int, _ worker: Int, _ thread: ThreadState?, _ random: inout SplitMix64, _ counters: inout StressCounters
    ) -> String? {
        let before = PauseLog.nextSequence
        let problem = interpreters[index].withStoppedWorld(.test) { (world: borrowing StoppedWorld) -> String? in
            if world.requester != thread { return "the requester is another one" }
            let nested = random.next() % 8 == 0
            if nested { interpreters[index].withStoppedWorld(.test) { (_: borrowing StoppedWorld) in plain[index * 8] &+= 1 } }
            return body([index], worker, &random, &counters)
        }
        countQueued(since: before, &counters)
        return problem
    }

    private func stopAll(_ worker: Int, _ thread: ThreadState?, _ random: inout SplitMix64, _ counters: inout StressCounters) -> String? {
        let before = PauseLog.nextSequence
        let problem = Runtime.withStoppedWorlds(.test) { (world: borrowing StoppedRuntime) -> String? in
            if world.requester != thread { return "the requester is another one" }
            switch random.next() % 8 {
            case 0: Runtime.withStoppedWorlds(.test) { (_: borrowing StoppedRuntime) in plain[0] &+= 1 }
            case 1: interpreters[1].withStoppedWorld(.test) { (_: borrowing StoppedWorld) in plain[8] &+= 1 }
            default: break
            }
            return body([0, 1], worker, &random, &counters)
        }
        countQueued(since: before, &counters)
        return problem
    }

    /// The last pauses of the log are looked at: one of them is likely to be this one.
    private func countQueued(since sequence: UInt64, _ counters: inout StressCounters) {
        for record in PauseLog.read(from: sequence) where record.queuedNanoseconds > 0 {
            counters.raceWindows += 1
            return
        }
    }

    func finish() -> String? {
        for interpreter in interpreters {
            if interpreter.threadCount != 0 { return "\(interpreter.threadCount) thread states are left" }
            interpreter.destroy()
        }
        plain.deallocate()
        owner.deallocate()
        moved.deallocate()
        return nil
    }
}
