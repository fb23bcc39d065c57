// Scenarios whose step is a function `step(worker, seed)` of a Python program. Now and then a worker lets another thread run between two steps.
import StillObjects
import StillPlatform
import StillThreadRegistry

protocol PythonScenario: StressScenario {
    var python: PythonWorkers { get }
}

extension PythonScenario {
    func enter(worker: Int) { python.enter(worker: worker) }
    func leave(worker: Int) { python.leave(worker: worker) }

    func step(worker: Int, random: inout SplitMix64, counters: inout StressCounters) -> String? {
        guard let t = python.thread(of: worker) else { return "no memory for a thread" }
        let problem = python.call(t, "step", [Value(smallInt: worker), Value(smallInt: Int(random.next() >> 34))], &counters)
        if random.next() % 32 == 0 { t.detached { OSThread.yield() } }
        t.safepoint()
        return problem
    }

    func finish() -> String? { python.finish() }
}
