// Memory is refused once, at one place after the other, from the making of an interpreter over the start of its threads to its end: every place. Checking builds.
// `still run --refuse N FILE` does the same for one place.
//
// Each run ends with a typed error, a MemoryError in the program, or as if nothing had happened; nothing stays mapped or allocated; and the next
// interpreter works. In a process of its own: refusals hit whoever asks.
import StillPlatform
import Stillpoint
import Testing

@Suite(.serialized) struct AllocationFailureTests {
    static let program = Array(
        """
        import threading
        class Node:
            def __init__(self, n):
                self.n = n
                self.me = self
        def work():
            for i in range(60):
                found.append(Node(i))
        found = []
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        text = {str(i): [i] * 3 for i in range(200)}
        big = ["x" * 20000 for i in range(10)] + [list(range(5000))]
        try:
            {}["missing"]
        except KeyError as error:
            kept = error
        found.clear()
        """.utf8)

    enum Outcome: Equatable { case well, refused, raised(String), other(String) }

    static func run() -> Outcome {
        do throws(RunError) {
            let interpreter = try Interpreter()
            defer { interpreter.close() }
            try interpreter.run(source: program, filename: "<refusals>")
            return .well
        } catch {
            switch error {
            case .outOfResources: return .refused
            case .exception(let type, _): return .raised(type)
            default: return .other("\(error)")
            }
        }
    }

    static func sweep() {
        for _ in 0..<3 { precondition(run() == .well) }
        let mapped = VirtualMemory.mappedBytes
        let blocks = RawGuards.liveBlocks
        var nth = 1
        var runs = 0
        var outcomes: [String: Int] = [:]
        while true {
            AllocationFailure.arm(nth: nth)
            let outcome = run()
            if AllocationFailure.disarm() == 0 { break }
            outcomes["\(outcome)", default: 0] += 1
            switch outcome {
            case .well, .refused, .raised("MemoryError"), .raised("RuntimeError"): break  // RuntimeError: can't start new thread
            default: stillBug("request \(nth) was refused, and the run ended with \(outcome)")
            }
            // Nodes of the address map and tables of the process may have been added.
            let left = VirtualMemory.mappedBytes - mapped
            if left > 1 << 20 { stillBug("request \(nth) was refused (\(outcome)), and \(left) bytes stay mapped") }
            if runs % 16 == 0 && run() != .well { stillBug("after request \(nth) was refused the next run fails") }
            runs += 1
            nth += 1
        }
        if runs < 1000 { stillBug("only \(runs) runs") }
        if run() != .well { stillBug("after the sweep a run fails") }
        let more = RawGuards.liveBlocks - blocks
        // Names that only an error's text needs are interned, once.
        if more > 50 { stillBug("\(more) raw blocks more than before, after \(runs) refusals: \(outcomes)") }
        StandardError.write(Array("\(runs) refusals: \(outcomes), \(more) raw blocks more\n".utf8))
    }

    @Test(.enabled(if: BuildOptions.checksInvariants)) func everyRequestIsRefusedOnce() async {
        let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) { AllocationFailureTests.sweep() }
        if let result { print(String(decoding: result.standardErrorContent, as: UTF8.self)) }
    }
}
