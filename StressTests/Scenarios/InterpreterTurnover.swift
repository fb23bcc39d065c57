// Interpreters that are made, run a program with threads, cycles and classes, and are closed, many at the same time.
//
// Claims    A program runs alike in every interpreter, whatever others do meanwhile. A closed interpreter has given its memory back: the
//           process grows by no more than a small amount for each.
// Race window: an interpreter that is closed while others exist. Each worker closes one only when its next one has run.
import StillPlatform
import Stillpoint
import Synchronization

final class InterpreterTurnover: StressScenario, @unchecked Sendable {
    static let description = ScenarioDescription(
        name: "interpreter-turnover",
        claim: "a closed interpreter has given its memory back, and others have not noticed",
        faults: [.keepArenas], minimumClaimChecks: 40, minimumRaceWindows: 20,
        make: { threads, _ in InterpreterTurnover(threads) })

    private static let program = Array(
        """
        import _thread, gc, math, threading
        class Node:
            def __init__(self, n):
                self.n = n
                self.me = self
        def work(n):
            for i in range(200):
                found.append(Node(i).n + n)
        found = []
        threads = [threading.Thread(target=work, args=(n,)) for n in range(2)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        long = ["x" * 1000 for i in range(100)]
        text = {str(i): [i] * 3 for i in range(500)}
        try:
            {}["missing"]
        except KeyError as error:
            kept = error
        assert len(found) == 400 and sum(found) == 2 * 19900 + 200, (len(found), sum(found))
        """.utf8)

    private let open = Atomic<Int>(0)
    private let previous: Guarded<[Int: Interpreter]> = Guarded([:])
    private let closed = Atomic<Int>(0)
    private let threads: Int
    /// Resident bytes after each worker's first few interpreters, when pools of the process are filled.
    private let base = Atomic<Int>(0)
    private let closedAtBase = Atomic<Int>(0)

    init(_ threads: Int) { self.threads = threads }

    func enter(worker: Int) {}
    func leave(worker: Int) { previous.withLock { $0.removeValue(forKey: worker) }?.close() }

    func step(worker: Int, random: inout SplitMix64, counters: inout StressCounters) -> String? {
        do throws(RunError) {
            let interpreter = try Interpreter()
            open.wrappingAdd(1, ordering: .relaxed)
            do throws(RunError) { try interpreter.run(source: Self.program, filename: "<turnover>") } catch {
                return "a program failed: \(error)"
            }
            guard let old = previous.withLock({ $0.updateValue(interpreter, forKey: worker) }) else { return nil }
            if open.wrappingSubtract(1, ordering: .relaxed).newValue > 0 { counters.raceWindows += 1 }
            old.close()
        } catch { return "no interpreter: \(error)" }
        counters.claimChecks += 1
        let count = closed.wrappingAdd(1, ordering: .relaxed).newValue
        if count == 8 * threads {
            base.store(ResidentMemory.bytes(), ordering: .relaxed)
            closedAtBase.store(count, ordering: .releasing)
        }
        return nil
    }

    /// Growth that the allocator of the C library and ThreadSanitizer may cause, whatever the number of interpreters; and for each one.
    private static let slackBytes = 24 << 20
    private static let bytesEach = 64 << 10

    func finish() -> String? {
        let first = closedAtBase.load(ordering: .acquiring)
        if first == 0 || Sanitizer.isThreadSanitizer || Sanitizer.isAddressSanitizer { return nil }
        let count = closed.load(ordering: .relaxed) - first
        let growth = ResidentMemory.bytes() - base.load(ordering: .relaxed)
        if growth > Self.slackBytes + count * Self.bytesEach {
            return "\(count) closed interpreters left \(growth / 1024) KiB behind, \(growth / 1024 / max(1, count)) KiB each"
        }
        return nil
    }
}
