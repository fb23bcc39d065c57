// Runs one scenario: threads, time, seeds, watchdog and the verdict belong to the harness; a scenario is a claim and a step.
//
// A run fails when a step reports a failure, when a worker throws, when fewer claim checks or entries into the race window were
// counted than the scenario states, or when a worker makes no progress: then the states of all threads are printed.
// The seed fixes every thread's choices (each has its own stream), not the schedule.
public import StillPlatform
import StillThreadRegistry
import Synchronization

/// A generator with 64 bits of state, one for each thread.
public struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64
    public init(seed: UInt64) { state = seed }
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return bits ^ (bits >> 31)
    }
}

public struct StressFailure: Error, CustomStringConvertible, Sendable {
    public let scenario: String
    public let claim: String
    public let detail: String
    /// The claim was seen not to hold; false when the run failed otherwise (too little happened, a thread hangs).
    public let claimBroken: Bool
    public let reproduce: String
    public var description: String {
        "FAILED \(scenario): \(claim)\n  \(detail)\n  reproduce: \(reproduce)"
    }
}

/// What a scenario counts while it runs.
public struct StressCounters: Sendable {
    public var claimChecks: UInt64 = 0
    public var raceWindows: UInt64 = 0
    public init() {}
}

/// A claim that must hold however threads interleave.
public protocol StressScenario: AnyObject, Sendable {
    /// One unit of work of a worker; returns a description when the claim does not hold.
    func step(worker: Int, random: inout SplitMix64, counters: inout StressCounters) -> String?
    /// Called once by each worker's thread, before and after its steps.
    func enter(worker: Int)
    func leave(worker: Int)
    /// After all workers have left: the last look.
    func finish() -> String?
}

extension StressScenario {
    public func enter(worker: Int) {}
    public func leave(worker: Int) {}
    public func finish() -> String? { nil }
}

/// A scenario as the catalog lists it.
public struct ScenarioDescription: Sendable {
    public let name: String
    public let claim: String
    /// Each disables one line of production code; the scenario must fail with it.
    public let faults: [InjectedFault]
    public let minimumClaimChecks: UInt64
    public let minimumRaceWindows: UInt64
    let make: @Sendable (_ threads: Int, _ seed: UInt64) throws -> any StressScenario
}

public struct StressRun: Sendable {
    public var seed: UInt64
    public var threads: Int
    public var seconds: Double
    /// Called about four times a second with the seconds passed.
    public var progress: (@Sendable (Double, StressCounters) -> Void)?

    public init(seed: UInt64, threads: Int, seconds: Double, progress: (@Sendable (Double, StressCounters) -> Void)? = nil) {
        self.seed = seed
        self.threads = threads
        self.seconds = seconds
        self.progress = progress
    }

    private final class Worker: @unchecked Sendable {
        let steps = Atomic<UInt64>(0)
        let checks = Atomic<UInt64>(0)
        let windows = Atomic<UInt64>(0)
        let done = Atomic<Bool>(false)
    }
    private final class Shared: @unchecked Sendable {
        let stop = Atomic<Bool>(false)
        let failure = Guarded<String?>(nil)
    }

    /// - Parameter fault: a line of production code to disable (checking builds).
    /// - Returns: what was counted.
    /// - Throws: `StressFailure`, or what making the scenario throws.
    @discardableResult
    public func run(_ description: ScenarioDescription, fault: InjectedFault = .none) throws -> StressCounters {
        let shared = Shared()
        precondition(threads > 0, "A stress run needs at least one thread.")
        // ThreadSanitizer slows everything down.
        let divisor: UInt64 = Sanitizer.isThreadSanitizer ? 20 : 1
        let minimumChecks = description.minimumClaimChecks / divisor
        let minimumWindows = description.minimumRaceWindows / divisor
        let reproduce =
            "still stress \(description.name) --seed 0x\(String(seed, radix: 16)) --threads \(threads) --seconds \(seconds)"
            + (fault == .none ? "" : " --fault \(fault)")
        func failure(_ detail: String, claimBroken: Bool = false) -> StressFailure {
            StressFailure(
                scenario: description.name, claim: description.claim, detail: detail, claimBroken: claimBroken, reproduce: reproduce)
        }
        if fault != .none && !BuildOptions.checksInvariants {
            throw failure("faults exist in checking builds only: build with STILL_CHECKS=1")
        }
        // First, in case the process dies. Who follows the progress has printed it.
        if progress == nil { StandardError.write(Array("\(reproduce)\n".utf8)) }
        SchedulingNoise.enable(seed: seed)
        let scenario = try description.make(threads, seed)
        FaultInjection.activate(fault)
        defer {
            FaultInjection.deactivate()
            SchedulingNoise.disable()
        }
        let workers = (0..<threads).map { _ in Worker() }
        var handles: [OSThread] = []
        for number in 0..<threads {
            let worker = workers[number]
            let streamSeed = seed &+ UInt64(number) &* 0xD1B5_4A32_D192_ED03
            handles.append(
                try OSThread.start(name: "stress-\(number)") {
                    var random = SplitMix64(seed: streamSeed)
                    var counters = StressCounters()
                    scenario.enter(worker: number)
                    while !shared.stop.load(ordering: .relaxed) {
                        if let problem = scenario.step(worker: number, random: &random, counters: &counters) {
                            shared.failure.withLock { if $0 == nil { $0 = "thread \(number): \(problem)" } }
                            shared.stop.store(true, ordering: .relaxed)
                        }
                        worker.steps.wrappingAdd(1, ordering: .relaxed)
                        worker.checks.store(counters.claimChecks, ordering: .relaxed)
                        worker.windows.store(counters.raceWindows, ordering: .relaxed)
                    }
                    scenario.leave(worker: number)
                    worker.done.store(true, ordering: .releasing)
                })
        }
        func total() -> StressCounters {
            var sum = StressCounters()
            for worker in workers {
                sum.claimChecks += worker.checks.load(ordering: .relaxed)
                sum.raceWindows += worker.windows.load(ordering: .relaxed)
            }
            return sum
        }
        // The watchdog: this thread. No worker may go 30 seconds without a step.
        let began = Clock.monotonicNanoseconds()
        let end = began + UInt64(seconds * 1e9)
        // A loaded machine gets three times as long to reach the minimum.
        let last = began + UInt64(seconds * 3e9)
        var seen = workers.map { $0.steps.load(ordering: .relaxed) }
        var moved = [UInt64](repeating: began, count: threads)
        var hung: String?
        watch: while true {
            OSThread.sleep(nanoseconds: 20_000_000)
            let now = Clock.monotonicNanoseconds()
            progress?(Double(now - began) / 1e9, total())
            if shared.stop.load(ordering: .relaxed) { break }
            let sum = total()
            let reached = sum.claimChecks >= minimumChecks && sum.raceWindows >= minimumWindows
            if now >= end && (reached || now >= last) { break }
            for number in 0..<threads {
                let steps = workers[number].steps.load(ordering: .relaxed)
                if steps != seen[number] {
                    seen[number] = steps
                    moved[number] = now
                } else if now - moved[number] > 30_000_000_000 {
                    hung = "thread \(number) has made no step for 30 seconds"
                    break watch
                }
            }
        }
        shared.stop.store(true, ordering: .relaxed)
        let patience = Clock.monotonicNanoseconds() + 30_000_000_000
        while hung == nil && !workers.allSatisfy({ $0.done.load(ordering: .acquiring) }) {
            if Clock.monotonicNanoseconds() > patience { hung = "workers did not end within 30 seconds" }
            OSThread.sleep(nanoseconds: 2_000_000)
        }
        if let hung {
            // The threads cannot be joined; the run is lost, its state is not.
            StandardError.write(Array(Runtime.dumpThreadStates().utf8))
            for handle in handles { handle.detach() }
            throw failure(hung)
        }
        for handle in handles { handle.join() }
        if let problem = shared.failure.withLock({ $0 }) { throw failure(problem, claimBroken: true) }
        if let problem = scenario.finish() { throw failure(problem, claimBroken: true) }
        let sum = total()
        if sum.claimChecks < minimumChecks {
            throw failure("only \(sum.claimChecks) claim checks, \(minimumChecks) are the minimum")
        }
        if sum.raceWindows < minimumWindows {
            throw failure("only \(sum.raceWindows) entries into the race window, \(minimumWindows) are the minimum")
        }
        return sum
    }
}
