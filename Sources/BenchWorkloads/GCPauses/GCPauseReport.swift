// Everything that the benchmark found out, as it stands in the JSON file.

import Stillpoint

public struct KindReport: Codable, Sendable {
    public var kind: String
    public var wall: LengthFigures
    /// Processor time of the thread that made the pause; absent where it is not measured.
    public var cpu: LengthFigures?
    public var timeToStop: LengthFigures?
}

/// The least share of any window that the mutators had, or the machine's threads: the worst of them and of the runs. nil: no run is so long.
public struct ShareReport: Codable, Sendable {
    public var of1ms: Double?
    public var of10ms: Double?
    public var of100ms: Double?
    /// (window in milliseconds, share)
    public var curve: [[Double]]

    init(_ all: [Utilisation]) {
        func least(_ window: UInt64) -> Double? {
            let shares = all.compactMap { $0.minimum(window: window) }
            return shares.count == all.count ? shares.min() : nil
        }
        of1ms = least(1_000_000)
        of10ms = least(10_000_000)
        of100ms = least(100_000_000)
        var points: [UInt64: (share: Double, count: Int)] = [:]
        for one in all {
            for point in one.curve {
                let known = points[point.window] ?? (1, 0)
                points[point.window] = (min(known.share, point.share), known.count + 1)
            }
        }
        curve = points.filter { $0.value.count == all.count }.sorted { $0.key < $1.key }.map { [Double($0.key) / 1e6, $0.value.share] }
    }
}

public struct RuntimeReport: Codable, Sendable {
    public var name: String
    public var isStillpoint: Bool
    public var runs: [RunFigures]
    /// Gaps between two readings of the mutators' own clocks, all runs.
    public var gaps: LengthFigures
    public var shares: ShareReport
    /// The collector's own pauses, all of them, then by kind; absent where the runtime does not tell.
    public var pauses: KindReport?
    public var kinds: [KindReport]
    public var operationsPerSecond: Double
    /// Of the last run: (seconds, containers).
    public var outstanding: [[Double]]
    /// Of the last run: (seconds, milliseconds).
    public var timeline: [[Double]]

    /// Runs that were completed.
    var complete: [RunFigures] { runs.filter { $0.failure == nil } }
    var invalid: [String] { runs.compactMap(\.invalid) }
}

/// What the machine did to as many threads that only computed, before and after the runtimes' runs.
public struct FloorReport: Codable, Sendable {
    public var threads: Int
    /// Longer than 20 us.
    public var gaps: LengthFigures
    /// How much longer than 500 us it took to compute for 500 us.
    public var pieces: LengthFigures
    public var shares: ShareReport
}

public struct ConfigurationReport: Codable, Sendable {
    public var liveContainers: Int
    public var mutators: Int
    public var loadAverageBefore: Double?
    public var loadAverageAfter: Double?
    public var floor: FloorReport
    public var runtimes: [RuntimeReport]

    var stillpoint: RuntimeReport? { runtimes.first { $0.isStillpoint } }
}

/// Cycles with 10 kB payloads.
public struct PayloadReport: Codable, Sendable {
    public var name: String
    public var isStillpoint: Bool
    public var failure: String?
    public var liveBytes: Int?
    public var peakBytes: Int?
    public var made = 0
    public var seconds = 0.0
    public var ratio: Double? { liveBytes.flatMap { live in peakBytes.map { Double($0) / Double(live) } } }
}

/// One promise, and what was measured.
public struct TargetReport: Codable, Sendable {
    public var statement: String
    /// nil: there was nothing to measure it by.
    public var met: Bool?
    public var measured: String
}

public struct BuildReport: Codable, Sendable {
    public var path: String
    public var version = Version.still
    public var optimized: Bool
    /// Invariants and fault injection compiled in: its figures say nothing about a release.
    public var checks: Bool
}

public struct GCPauseReport: Codable, Sendable {
    public var benchmark = "gc-pauses"
    public var machine: Machine
    public var stillpoint: BuildReport
    public var peers: [Contestant]
    /// Peers that are not there, with what to do about it.
    public var notCompared: [String]
    /// Runs that were left out because the time was up.
    public var skipped: [String]
    public var rounds: Int
    public var configurations: [ConfigurationReport]
    public var payload: [PayloadReport]
    public var targets: [TargetReport]
    /// One line for every child that failed.
    public var failures: [String]
    /// Whether a run of Stillpoint's says nothing about collecting.
    public var hasInvalid: Bool { configurations.contains { !($0.stillpoint?.invalid.isEmpty ?? true) } }
}
