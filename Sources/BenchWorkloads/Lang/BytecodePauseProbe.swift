// What a pause of an interpreter costs when nothing is done in it, while another thread of the interpreter runs a Python loop.
//
// Each pause is timed from the call to its return, like PauseProbe's, whose busy threads only poll.
import Foundation
import StillPlatform
import StillThreadRegistry
import Stillpoint
import Synchronization

enum BytecodePauseProbe {
    private static let start = "import builtins\nbuiltins.going = True\n"
    private static let stop = "import builtins\nbuiltins.going = False\n"
    /// Attribute, list and arithmetic instructions, calls, and garbage.
    private static let loop = """
        class Point:
            def __init__(self, x):
                self.x = x
        def step(point, items, n):
            items[n & 7] = point.x
            return Point(point.x + n)
        def work():
            point = Point(0)
            items = [0] * 8
            while going:
                for n in range(200):
                    point = step(point, items, n)
        work()
        """

    static func run(pauses: Int, gapNanoseconds: UInt64) throws -> CoreProbe.Values {
        let interpreter = try Interpreter()
        try interpreter.run(source: Array(start.utf8))
        let outcome = Outcome()
        // The host's threads may share it by `enter`; the class says so.
        nonisolated(unsafe) let shared = interpreter
        let thread = try OSThread.start(name: "bytecode", stackBytes: 8 << 20) {
            do {
                try shared.enter { (scope: borrowing InterpreterScope) throws(RunError) in
                    outcome.started.store(true, ordering: .relaxed)
                    try scope.run(source: Array(loop.utf8))
                }
            } catch { outcome.failure.withLock { $0 = "\(error)" } }
        }
        while !outcome.started.load(ordering: .relaxed) { OSThread.sleep(nanoseconds: 1_000_000) }
        OSThread.sleep(nanoseconds: 50_000_000)
        var whole: [UInt64] = []
        var toStop: [UInt64] = []
        try interpreter.enter { (scope: borrowing InterpreterScope) throws(RunError) in
            let requester = scope.thread
            for pause in -pauses / 10..<pauses {
                let end = Clock.monotonicNanoseconds() + gapNanoseconds
                while Clock.monotonicNanoseconds() < end { requester.safepoint() }
                var stopped: UInt64 = 0
                let start = Clock.monotonicNanoseconds()
                requester.withStoppedWorld(.test) { (_: borrowing StoppedWorld) in stopped = Clock.monotonicNanoseconds() }
                let passed = Clock.monotonicNanoseconds() - start
                if pause < 0 { continue }
                whole.append(passed)
                toStop.append(stopped - start)
            }
        }
        try interpreter.run(source: Array(stop.utf8))
        thread.join()
        interpreter.close()
        if let failure = outcome.failure.withLock({ $0 }) { throw BenchError("the loop failed: \(failure)") }
        whole.sort()
        toStop.sort()
        return [
            "p50": CoreProbe.percentile(whole, 50), "p99": CoreProbe.percentile(whole, 99), "max": Double(whole.last ?? 0),
            "stop50": CoreProbe.percentile(toStop, 50), "stop99": CoreProbe.percentile(toStop, 99),
        ]
    }

    private final class Outcome: Sendable {
        let started = Atomic<Bool>(false)  // relaxed: only awaited
        let failure = Guarded<String?>(nil)
    }
}
