// Threads that the runtime did not start enter interpreters, nested in each other, while interpreters end and worlds are stopped.
//
// Workers enter interpreters by handle, three levels deep, the same one or another at each level; now and then the innermost is one that runs Python.
// The last worker ends interpreters that nobody is in and makes new ones, so that handles name interpreters that are gone. There are no allocator
// hooks in this runtime, through which an allocation could enter it: an entry in an entry is what takes their place.
// Race window: an entry into another interpreter from inside one, or an entry that came after its interpreter had ended.
import StillPlatform
import StillThreadRegistry
import Stillpoint
import Synchronization

final class ForeignEntryStorm: StressScenario, @unchecked Sendable {
    static let description = ScenarioDescription(
        name: "foreign-entry", claim: "a scope is in the interpreter it named, leaving it restores the one before, and an ended interpreter is an error",
        faults: [.forgetOuterThread], minimumClaimChecks: 2_000, minimumRaceWindows: 200,
        make: { threads, _ in try ForeignEntryStorm(threads) })

    private let count: Int
    private static let places = 6
    private let handles: Guarded<[InterpreterHandle]>
    private let live: Guarded<[StillThreadRegistry.Interpreter]>
    private let python: Stillpoint.Interpreter

    init(_ threads: Int) throws {
        count = threads
        let made = try (0..<Self.places).map { _ in try Runtime.makeInterpreter() }
        live = Guarded(made)
        handles = Guarded(made.map(\.handle))
        python = try Stillpoint.Interpreter()
    }

    func step(worker: Int, random: inout SplitMix64, counters: inout StressCounters) -> String? {
        if worker == count - 1 && random.next() % 4 == 0 {
            if let problem = replace(&random) { return problem }
        }
        return enter(depth: 0, &random, &counters)
    }

    /// Ends an interpreter if nobody is in it, and puts a new one in its place. The old handle is used on for a while.
    private func replace(_ random: inout SplitMix64) -> String? {
        let place = Int(random.next() % UInt64(Self.places))
        let old = live.withLock { $0[place] }
        let handle = old.handle
        guard old.destroyIfUnused() else { return nil }
        if handle.isAlive { return "interpreter \(handle.id) has ended and is alive" }
        guard let new = try? Runtime.makeInterpreter() else { return "no memory for an interpreter" }
        live.withLock { $0[place] = new }
        for _ in 0..<Int(random.next() % 8) { OSThread.yield() }
        handles.withLock { $0[place] = new.handle }
        return nil
    }

    private func enter(depth: Int, _ random: inout SplitMix64, _ counters: inout StressCounters) -> String? {
        let outer = ThreadState.current
        let problem = depth == 2 && random.next() % 16 == 0
            ? enterPython(&counters) : enterRegistry(depth, &random, &counters)
        counters.claimChecks += 1
        let now = ThreadState.current
        if now == outer { return problem }
        // So that the outer scope can be left.
        if now == nil { outer?.attach() }
        return problem ?? "a scope was left to \(name(now)) instead of \(name(outer))"
    }

    private func name(_ thread: ThreadState?) -> String { thread.map { "thread state \($0.id)" } ?? "nothing" }

    private func enterRegistry(_ depth: Int, _ random: inout SplitMix64, _ counters: inout StressCounters) -> String? {
        let place = Int(random.next() % UInt64(Self.places))
        let handle = handles.withLock { $0[place] }
        let outer = ThreadState.current
        let result: Result<String?, Never>
        do throws(RegistryError) {
            result = try handle.withAttachedThread { (attached: borrowing Attached) -> String? in
                let thread = attached.thread
                counters.claimChecks += 1
                if thread.interpreter.id != handle.id { return "entered interpreter \(thread.interpreter.id) instead of \(handle.id)" }
                if ThreadState.current != thread || !thread.isAttached { return "the scope's thread state \(thread.id) is not attached" }
                if let outer {
                    let isSame = outer.interpreter.id == handle.id
                    if isSame != (outer == thread) { return "interpreter \(handle.id) entered with the wrong thread state \(thread.id)" }
                    if !isSame {
                        counters.raceWindows += 1
                        if outer.isAttached { return "the outer thread state \(outer.id) is attached inside another scope" }
                    }
                }
                if random.next() % 16 == 0 {
                    thread.withStoppedWorld(.test) { (_: borrowing StoppedWorld) in SchedulingNoise.point() }
                }
                thread.safepoint()
                return depth < 2 ? enter(depth: depth + 1, &random, &counters) : nil
            }
        } catch {
            counters.claimChecks += 1
            counters.raceWindows += 1
            return error == .interpreterEnded(id: handle.id) ? nil : "\(error)"
        }
        switch result { case .success(let problem): return problem }
    }

    private func enterPython(_ counters: inout StressCounters) -> String? {
        do throws(RunError) {
            try python.enter { (scope: borrowing InterpreterScope) throws(RunError) in
                try scope.run(source: Array("a = [i for i in range(9)]\nassert sum(a) == 36".utf8), filename: "<entry>")
            }
        } catch { return "Python in an inner scope: \(error)" }
        counters.claimChecks += 1
        return nil
    }

    func finish() -> String? {
        for interpreter in live.withLock({ $0 }) {
            if interpreter.threadCount != 0 { return "interpreter \(interpreter.id) has \(interpreter.threadCount) thread states left" }
            interpreter.destroy()
        }
        python.close()
        return nil
    }
}
