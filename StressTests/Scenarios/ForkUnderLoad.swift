// Forks while other threads allocate, retire, pause and collect.
//
// Worker 0 forks. The child runs Python: it starts threads, joins the vanished ones' handles, collects a cycle whose finalizer must run, reads what
// the others were changing, and ends with a code. The other workers build and drop cycles with slow finalizers, so that a collection is nearly
// always in the hands of a thread that is not in the child; retire the buffers of shared lists; and stop the world.
// Under ThreadSanitizer the child does all this but start threads: the sanitizer takes the locks of its lists over a fork, but not those of the slots
// that running threads hold one of. A thread that starts in the child looks for a slot, and now and then waits for ever for one that a vanished thread
// was using. Nothing is lost: it ignores all accesses in the child of a process with several threads. The parent's side is checked.
// Race window: a fork while another thread was inside gc.collect().
import StillModules
import StillObjects
import StillPlatform
import StillThreadRegistry
import Synchronization

final class ForkUnderLoad: StressScenario, @unchecked Sendable {
    static let description = ScenarioDescription(
        name: "fork-under-load", claim: "a forked child runs Python, starts threads and collects, whatever others did at the fork",
        faults: [.keepCollectorBusy], minimumClaimChecks: 6, minimumRaceWindows: 2,
        make: { threads, _ in try ForkUnderLoad(threads) })

    private static let program = """
        import gc, threading
        shared = []
        table = {}
        class Slow:
            def __init__(self):
                self.me = self
            def __del__(self):
                n = 0
                for i in range(300): n += i
        def churn(worker):
            for i in range(60):
                Slow()
                shared.append([worker, i])
                table[worker, i % 10] = [i]
            if len(shared) > 500: del shared[:400]
            return 0, 0
        def collect():
            Slow()
            gc.collect()
            return 0, 0
        class Ends:
            def __init__(self):
                self.me = self
            def __del__(self):
                ended.append(1)
        ended = []
        sleeper = threading.Thread(target=threading.Event().wait, daemon=True)
        sleeper.start()
        def child(helpers):
            if threading.active_count() != 1: return 2, 0
            if sleeper.is_alive(): return 3, 0
            sleeper.join()
            done = []
            def work(n):
                done.append([Ends() is None, n])
                done.append(n)
            threads = [threading.Thread(target=work, args=(n,)) for n in range(helpers)]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
            if len(done) != 2 * helpers: return 4, 0
            Ends()
            for tries in range(3): gc.collect()
            if len(ended) != helpers + 1: return 5, 0
            for pair in shared:
                if len(pair) != 2: return 6, 0
            for key, value in list(table.items()):
                if len(key) != 2 or len(value) != 1: return 7, 0
            return 42, 0
        """

    private let workers: PythonWorkers
    private let collecting = Atomic<Int>(0)
    private let threads: Int

    init(_ threads: Int) throws {
        self.threads = threads
        try ForkedChild.checkSanitizer()
        workers = try PythonWorkers(program: Self.program, name: "fork", functions: ["churn", "collect", "child"])
    }

    func enter(worker: Int) { workers.enter(worker: worker) }
    func leave(worker: Int) { workers.leave(worker: worker) }

    func step(worker: Int, random: inout SplitMix64, counters: inout StressCounters) -> String? {
        guard let t = workers.thread(of: worker) else { return "no memory for a thread" }
        if worker == 0 { return fork(t, &random, &counters) }
        switch random.next() % 8 {
        case 0...4:
            return workers.call(t, "churn", [Value(smallInt: worker)], &counters)
        case 5, 6:
            collecting.wrappingAdd(1, ordering: .relaxed)
            let problem = workers.call(t, "collect", [], &counters)
            collecting.wrappingSubtract(1, ordering: .relaxed)
            return problem
        default:
            for _ in 0..<20 { t.withStoppedWorld(.test) { (_: borrowing StoppedWorld) in cpuRelax() } }
            t.safepoint()
            return nil
        }
    }

    private func fork(_ t: ThreadState, _ random: inout SplitMix64, _ counters: inout StressCounters) -> String? {
        t.detached { OSThread.sleep(nanoseconds: random.next() % 3_000_000) }
        let inWindow = collecting.load(ordering: .relaxed) > 0
        let outcome: ForkOutcome
        do throws(ForkError) { outcome = try ForkCallbacks.fork(t) } catch { return "\(error)" }
        switch outcome {
        case .child:
            var codes = StressCounters()
            let problem = workers.call(t, "child", [Value(smallInt: Sanitizer.isThreadSanitizer ? 0 : 3)], &codes)
            if let problem { StandardError.write(Array("child: \(problem)\n".utf8)) }
            Process.exitNow(problem == nil ? Int32(truncatingIfNeeded: codes.claimChecks) : 1)
        case .parent(let child):
            let problem = t.detached { ForkedChild.wait(for: child, beside: threads) }
            counters.claimChecks += 1
            if inWindow || collecting.load(ordering: .relaxed) > 0 { counters.raceWindows += 1 }
            return problem
        }
    }

    func finish() -> String? { workers.finish() }
}
