// Everything that the benchmark found out, as it stands in the JSON file.

public struct KindReport: Codable, Sendable {
    public var kind: String
    public var wall: LengthFigures
    /// Processor time of the thread that made the pause; absent where it is not measured.
    public var cpu: LengthFigures?
    public var timeToStop: LengthFigures?
}

public struct RuntimeReport: Codable, Sendable {
    public var name: String
    public var isPeer: Bool
    public var runs: [RunFigures]
    /// All pauses of all runs, then by kind.
    public var pauses: KindReport
    public var kinds: [KindReport]
    /// Hiccups of a sleeping thread of another process while this runtime measured.
    public var hiccups: LengthFigures
    /// Wall time in pauses, of the wall time measured.
    public var pauseShare: Double
    public var operationsPerSecond: Double

    /// Runs that were completed.
    var complete: [RunFigures] { runs.filter { $0.failure == nil } }
}

public struct ConfigurationReport: Codable, Sendable {
    public var liveContainers: Int
    public var mutators: Int
    public var loadAverageBefore: Double?
    public var loadAverageAfter: Double?
    /// Hiccups while nothing of the benchmark ran.
    public var idleHiccups: LengthFigures
    public var runtimes: [RuntimeReport]
    /// Operations per second of Stillpoint over those of the peer.
    public var throughputRatio: Double?
}

/// The promise: no pause above 5 ms of processor time with a million live containers.
public struct TargetReport: Codable, Sendable {
    public static let limitNanoseconds: UInt64 = 5_000_000
    public static let containers = 1_000_000
    public var statement = "no pause above 5 ms CPU time at 1M live"
    /// Nil: no run of that size was completed.
    public var met: Bool?
    public var longestPauseCPUNanoseconds: UInt64?
    /// Beside the pauses: the longest step of a mutator, its own work and its share of the collection included.
    public var longestStepCPUNanoseconds: UInt64?
}

public struct BuildReport: Codable, Sendable {
    public var path: String
    public var optimized: Bool
    /// Invariants and fault injection compiled in: its figures say nothing about a release.
    public var checks: Bool
}

public struct GCPauseReport: Codable, Sendable {
    public var benchmark = "gc-pauses"
    public var machine: Machine
    public var peer: PeerInterpreter
    public var stillpoint: BuildReport
    public var seconds: Double
    public var rounds: Int
    public var configurations: [ConfigurationReport]
    public var target: TargetReport
    /// One line for every child that failed.
    public var failures: [String]
}
