// A thread that is alone in its interpreter appends to a list, without the list's lock; others are born there meanwhile and append to the same list.
//
// Claim     Nothing that was appended is lost: from the birth of a second thread state on, the first thread takes the lock too.
// How       Workers work in pairs, each with an interpreter: one runs its first thread, which has to become alone again and again; the other is born into
//           it, appends, and dies. Now and then, with the other kept out, the first compares the list's length with what both have appended. The
//           list has room for all, so that a lost step does nothing worse than lose an item.
// Race window: a birth during which the first thread was appending, before and after.
import StillPlatform
import StillThreadRegistry
import Stillpoint
import Synchronization

final class BirthBesideStores: StressScenario, @unchecked Sendable {
    static let description = ScenarioDescription(
        name: "birth-beside-stores", claim: "what a thread appends is not lost when a second thread is born beside it",
        faults: [.stayAlone], minimumClaimChecks: 8, minimumRaceWindows: 20,
        make: { threads, _ in try BirthBesideStores(threads) })

    private static let program = """
        import sys
        # Later runs have a __main__ of their own.
        sys.birth = sys.modules["__main__"]
        rows = [0] * 32000
        while rows:
            rows.pop()

        def work():
            for n in range(4000):
                rows.append(1)

        def add():
            for n in range(50):
                rows.append(2)

        def check(expected):
            found = len(rows)
            while rows:
                rows.pop()
            assert found == expected, (found, expected)
        """

    /// An interpreter and what has been appended there since the last check.
    private final class Pair: @unchecked Sendable {
        /// Made and closed by the worker that runs its first thread: that thread's stack has the limits of one OS thread. Under the gate.
        var interpreter: Stillpoint.Interpreter?
        /// Held by the stranger as long as it is there, and for a check. No rank: its holder attaches.
        let gate = Atomic<UInt32>(0)
        let working = Atomic<UInt32>(0)
        var births = 0
        /// Between two checks: strangers take the gate more often than the first thread.
        static let mostBirths = 40

        func withGate<R>(_ body: () -> R) -> R {
            while !gate.compareExchange(expected: 0, desired: 1, ordering: .acquiring).exchanged { OSThread.yield() }
            defer { gate.store(0, ordering: .releasing) }
            return body()
        }
    }

    private let pairs: [Pair]

    init(_ threads: Int) throws { pairs = (0..<(threads + 1) / 2).map { _ in Pair() } }

    func enter(worker: Int) {
        if worker % 2 != 0 { return }
        let pair = pairs[worker / 2]
        guard let made = try? Stillpoint.Interpreter() else { return }
        do throws(RunError) { try made.run(source: Array(Self.program.utf8), filename: "<birth>") } catch { return made.close() }
        pair.withGate { pair.interpreter = made }
    }

    func leave(worker: Int) {
        if worker % 2 != 0 { return }
        let pair = pairs[worker / 2]
        pair.withGate {
            pair.interpreter?.close()
            pair.interpreter = nil
        }
    }

    func step(worker: Int, random: inout SplitMix64, counters: inout StressCounters) -> String? {
        let pair = pairs[worker / 2]
        return worker % 2 == 0 ? work(pair, &counters) : beBorn(pair, &counters)
    }

    private func work(_ pair: Pair, _ counters: inout StressCounters) -> String? {
        guard pair.interpreter != nil else { return "no interpreter could be made" }
        pair.working.store(1, ordering: .relaxed)
        var problem = run(pair, "import sys; sys.birth.work()")
        pair.working.store(0, ordering: .relaxed)
        if problem != nil { return problem }
        pair.withGate {
            problem = run(pair, "import sys; sys.birth.check(\(4000 + pair.births * 50))")
            pair.births = 0
        }
        counters.claimChecks += 1
        return problem
    }

    private func run(_ pair: Pair, _ source: String) -> String? {
        do throws(RunError) { try pair.interpreter?.run(source: Array(source.utf8), filename: "<birth>") } catch { return "\(error)" }
        return nil
    }

    private func beBorn(_ pair: Pair, _ counters: inout StressCounters) -> String? {
        var problem: String?
        var met = false
        pair.withGate {
            guard let interpreter = pair.interpreter, pair.births < Pair.mostBirths else { return }
            let before = pair.working.load(ordering: .relaxed)
            do throws(RunError) {
                try interpreter.enter { (scope: borrowing InterpreterScope) throws(RunError) in
                    try scope.run(source: Array("import sys; sys.birth.add()".utf8), filename: "<birth>")
                }
            } catch { problem = "\(error)" }
            pair.births += 1
            met = before != 0 && pair.working.load(ordering: .relaxed) != 0
        }
        if met { counters.raceWindows += 1 }
        return problem
    }
}
