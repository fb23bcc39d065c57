// Runs one scenario: threads, time, seeds, watchdog and the verdict belong to the harness; a scenario is a claim and a step.
//
// A run fails when a step reports a failure, when making the scenario throws, when fewer claim checks or entries into the race window were
// counted than the scenario states, or when a thread hangs: then the states of all threads are printed.
// Watchdog  The calling thread; it runs none of the scenario's code. No phase (making, a step, leaving, the last look) may take longer than
//           `patience`, so a run ends after three times its seconds and three times the patience, whatever hangs.
// Death     by a signal: the line that reproduces it is written by the handler (CrashLine).
// The seed fixes every thread's choices (each has its own stream), not the schedule.
public import StillPlatform
import StillThreadRegistry
import Synchronization

public struct StressRun: Sendable {
    public var seed: UInt64
    public var threads: Int
    public var seconds: Double
    /// Called about four times a second with the seconds passed.
    public var progress: (@Sendable (Double, StressCounters) -> Void)?
    /// How long a phase may take before it counts as hanging.
    public var patienceSeconds: Double

    public init(seed: UInt64, threads: Int, seconds: Double, progress: (@Sendable (Double, StressCounters) -> Void)? = nil) {
        self.seed = seed
        self.threads = threads
        self.seconds = seconds
        self.progress = progress
        patienceSeconds = StressRun.patience(threads)
    }

    /// Sanitizers slow everything down, and of many threads on few processors each has its turn late.
    private static func patience(_ threads: Int) -> Double {
        let base = Sanitizer.isThreadSanitizer || Sanitizer.isAddressSanitizer ? 120.0 : 30
        return base * max(1, Double(threads) / Double(8 * OSThread.processorCount))
    }

    private enum Phase {
        static var entering: UInt32 { 0 }
        static var stepping: UInt32 { 1 }
        static var leaving: UInt32 { 2 }
        static var done: UInt32 { 3 }
    }
    private final class Worker: @unchecked Sendable {
        let steps = Atomic<UInt64>(0)
        let checks = Atomic<UInt64>(0)
        let windows = Atomic<UInt64>(0)
        let phase = Atomic<UInt32>(Phase.entering)

        var isDone: Bool { phase.load(ordering: .acquiring) == Phase.done }
    }
    private final class Shared: @unchecked Sendable {
        let stop = Atomic<Bool>(false)
        let failure = Guarded<String?>(nil)
        let workers: [Worker]
        init(_ count: Int) { workers = (0..<count).map { _ in Worker() } }

        var total: StressCounters {
            var sum = StressCounters()
            for worker in workers {
                sum.claimChecks += worker.checks.load(ordering: .relaxed)
                sum.raceWindows += worker.windows.load(ordering: .relaxed)
            }
            return sum
        }
        /// Where the workers are that have not ended.
        var whereabouts: String {
            workers.enumerated().filter { !$0.element.isDone }.map { number, worker in
                let phase = ["entering", "stepping", "leaving", "done"][Int(worker.phase.load(ordering: .relaxed))]
                return "worker \(number): \(phase), \(worker.steps.load(ordering: .relaxed)) steps\n"
            }.joined()
        }
    }

    /// The command that repeats a run.
    public func reproduceLine(_ description: ScenarioDescription, fault: InjectedFault = .none) -> String {
        "still stress \(description.name) --seed 0x\(String(seed, radix: 16)) --threads \(threads) --seconds \(seconds)"
            + (fault == .none ? "" : " --fault \(fault)")
    }

    /// - Parameter fault: a line of production code to disable (checking builds).
    /// - Returns: what was counted.
    /// - Throws: `StressFailure`, or what making the scenario throws.
    @discardableResult
    public func run(_ description: ScenarioDescription, fault: InjectedFault = .none) throws -> StressCounters {
        precondition(threads > 0 && seconds > 0, "A stress run needs at least one thread and more than no time.")
        let shared = Shared(threads)
        // ThreadSanitizer slows everything down.
        let divisor: UInt64 = Sanitizer.isThreadSanitizer ? 20 : 1
        let minimumChecks = description.minimumClaimChecks / divisor
        let minimumWindows = description.minimumRaceWindows / divisor
        let reproduce = reproduceLine(description, fault: fault)
        func failure(_ detail: String, claimBroken: Bool = false) -> StressFailure {
            StressFailure(
                scenario: description.name, claim: description.claim, detail: detail, claimBroken: claimBroken, reproduce: reproduce,
                counters: shared.total)
        }
        /// The hanging threads cannot be joined; the run is lost, its state is not.
        func hang(_ detail: String, _ handles: [OSThread]) -> StressFailure {
            shared.stop.store(true, ordering: .relaxed)
            StandardError.write(Array("\n\(detail)\n\(shared.whereabouts)\(Runtime.dumpThreadStates())".utf8))
            for handle in handles { handle.detach() }
            // What broke the claim may well be what hangs now.
            if let problem = shared.failure.withLock({ $0 }) { return failure("\(problem); then \(detail)", claimBroken: true) }
            return failure(detail)
        }
        if fault != .none && !BuildOptions.checksInvariants {
            throw failure("faults exist in checking builds only: build with STILL_CHECKS=1")
        }
        CrashLine.set(reproduce)
        SchedulingNoise.enable(seed: seed)
        defer {
            FaultInjection.deactivate()
            SchedulingNoise.disable()
            CrashLine.set(nil)
        }

        let host = StressHost()
        let hostHandle = try host.start { [threads, seed] in try description.make(threads, seed) }
        guard waitFor({ host.hasMade.load(ordering: .acquiring) }) else {
            throw hang("making the scenario takes longer than \(patienceSeconds) seconds", [hostHandle])
        }
        let scenario: any StressScenario
        do { scenario = try host.made() } catch {
            host.end(looking: false)
            hostHandle.join()
            throw error
        }
        FaultInjection.activate(fault)
        var handles: [OSThread] = []
        var startError: (any Error)?
        do {
            for number in 0..<threads { handles.append(try start(number, scenario, shared)) }
        } catch {
            startError = error
            shared.stop.store(true, ordering: .relaxed)
        }
        if startError == nil, let hung = watch(shared, minimumChecks, minimumWindows) { throw hang(hung, handles + [hostHandle]) }
        shared.stop.store(true, ordering: .relaxed)
        let started = handles.count
        guard waitFor({ shared.workers[..<started].allSatisfy(\.isDone) }) else {
            throw hang("workers did not end within \(patienceSeconds) seconds", handles + [hostHandle])
        }
        for handle in handles { handle.join() }
        let problem = shared.failure.withLock { $0 }
        // A scenario whose claim is broken may not bear a last look.
        host.end(looking: problem == nil && startError == nil)
        guard waitFor({ host.hasEnded.load(ordering: .acquiring) }) else {
            throw hang("the last look takes longer than \(patienceSeconds) seconds", [hostHandle])
        }
        hostHandle.join()
        if let startError { throw failure("only \(started) of \(threads) workers could be started: \(startError)") }
        if let problem = problem ?? host.found() { throw failure(problem, claimBroken: true) }
        let sum = shared.total
        if sum.claimChecks < minimumChecks {
            throw failure("only \(sum.claimChecks) claim checks, \(minimumChecks) are the minimum")
        }
        if sum.raceWindows < minimumWindows {
            throw failure("only \(sum.raceWindows) entries into the race window, \(minimumWindows) are the minimum")
        }
        return sum
    }

    private func start(_ number: Int, _ scenario: any StressScenario, _ shared: Shared) throws -> OSThread {
        let worker = shared.workers[number]
        let streamSeed = seed &+ UInt64(number) &* 0xD1B5_4A32_D192_ED03
        return try OSThread.start(name: "stress-\(number)") {
            SchedulingNoise.useStream(number)
            var random = SplitMix64(seed: streamSeed)
            var counters = StressCounters()
            scenario.enter(worker: number)
            worker.phase.store(Phase.stepping, ordering: .relaxed)
            while !shared.stop.load(ordering: .relaxed) {
                if let problem = scenario.step(worker: number, random: &random, counters: &counters) {
                    shared.failure.withLock { if $0 == nil { $0 = "thread \(number): \(problem)" } }
                    shared.stop.store(true, ordering: .relaxed)
                }
                worker.steps.wrappingAdd(1, ordering: .relaxed)
                worker.checks.store(counters.claimChecks, ordering: .relaxed)
                worker.windows.store(counters.raceWindows, ordering: .relaxed)
            }
            worker.phase.store(Phase.leaving, ordering: .relaxed)
            scenario.leave(worker: number)
            worker.phase.store(Phase.done, ordering: .releasing)
        }
    }

    /// Until the time is over or a worker reports a failure. - Returns: which worker hangs.
    private func watch(_ shared: Shared, _ minimumChecks: UInt64, _ minimumWindows: UInt64) -> String? {
        let began = Clock.monotonicNanoseconds()
        let end = began + UInt64(seconds * 1e9)
        // A loaded machine gets three times as long to reach the minimum.
        let last = began + UInt64(seconds * 3e9)
        var nextProgress = began
        var seen = [UInt64](repeating: 0, count: threads)
        var moved = [UInt64](repeating: began, count: threads)
        while true {
            OSThread.sleep(nanoseconds: 20_000_000)
            let now = Clock.monotonicNanoseconds()
            if now >= nextProgress {
                progress?(Double(now - began) / 1e9, shared.total)
                nextProgress = now + 250_000_000
            }
            if shared.stop.load(ordering: .relaxed) { return nil }
            let sum = shared.total
            let reached = sum.claimChecks >= minimumChecks && sum.raceWindows >= minimumWindows
            if now >= end && (reached || now >= last) { return nil }
            for number in 0..<threads {
                let steps = shared.workers[number].steps.load(ordering: .relaxed)
                if steps != seen[number] {
                    seen[number] = steps
                    moved[number] = now
                } else if now - moved[number] > UInt64(patienceSeconds * 1e9) {
                    return "thread \(number) has made no step for \(patienceSeconds) seconds"
                }
            }
        }
    }

    private func waitFor(_ condition: () -> Bool) -> Bool {
        let limit = Clock.monotonicNanoseconds() + UInt64(patienceSeconds * 1e9)
        while !condition() {
            if Clock.monotonicNanoseconds() > limit { return false }
            OSThread.sleep(nanoseconds: 2_000_000)
        }
        return true
    }
}
