// What a scenario is: a claim, a step that tries to break it, minima of what a run must have tried, and faults that it must notice.
public import StillPlatform

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
    /// After all workers have left, on the thread that made the scenario: the last look.
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

    public init(
        name: String, claim: String, faults: [InjectedFault], minimumClaimChecks: UInt64, minimumRaceWindows: UInt64,
        make: @escaping @Sendable (_ threads: Int, _ seed: UInt64) throws -> any StressScenario
    ) {
        self.name = name
        self.claim = claim
        self.faults = faults
        self.minimumClaimChecks = minimumClaimChecks
        self.minimumRaceWindows = minimumRaceWindows
        self.make = make
    }
}

public struct StressFailure: Error, CustomStringConvertible, Sendable {
    public let scenario: String
    public let claim: String
    public let detail: String
    /// The claim was seen not to hold; false when the run failed otherwise (too little happened, a thread hangs).
    public let claimBroken: Bool
    public let reproduce: String
    /// Until then.
    public let counters: StressCounters
    public var description: String {
        "FAILED \(scenario): \(claim)\n  \(detail)\n  reproduce: \(reproduce)"
    }
}
