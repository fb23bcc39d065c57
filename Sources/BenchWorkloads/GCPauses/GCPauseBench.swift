// `still bench gc-pauses`: what the threads of a program see of the collector, with many live containers: ours, other Pythons', Java's and
// Go's, on the same work in the same run.
//
// Every measurement is a process of its own: a heap is aged by one runtime only, and memory figures are that runtime's. The runtimes
// take turns, each round another one first, so that a change of the machine's mood meets all. Without a number of seconds the whole run
// keeps to `limitSeconds`: what building and ageing have left is shared out among the runs that are left.
import Foundation
import StillPlatform
import Stillpoint

public struct GCPauseBench {
    public struct Options: Sendable {
        /// Names for `ContestantSearch`.
        public var peers = Contestant.known
        /// gc_pauses.py and gc_memory.py; GCPauses.java and gc_pauses.go.
        public var programs = ""
        public var peerSources = ""
        public var peerCache = ""
        /// The command `still`.
        public var still = ""
        public var liveContainers = [100_000, 1_000_000]
        public var mutators = [1, 2]
        /// Of measuring in each process; nil: as long as the limit allows.
        public var seconds: Double?
        public var limitSeconds = 165.0
        /// A run that has not completed ten collections goes on for so many times its seconds.
        public var patience = 4.0
        public var rounds = 1
        public var payloadLive = 5000
        public init() {}
    }

    private let options: Options
    private let progress: (String) -> Void
    private var failures: [String] = []
    private var skipped: [String] = []
    private let began = Clock.monotonicNanoseconds()
    /// In shares of the time: Stillpoint has three, so that it completes its collections in time.
    private var sharesLeft = 0.0
    private var overheadLeft = 0.0

    /// - Parameter progress: called with what is going to be measured.
    public init(_ options: Options, progress: @escaping (String) -> Void) {
        self.options = options
        self.progress = progress
    }

    /// - Throws: `BenchError` when nothing could be measured at all. A child that fails is reported, and the others go on.
    public mutating func run() throws -> GCPauseReport {
        ChildProcess.endWithUs()
        let machine = Machine.current()
        var contestants = [
            Contestant(
                name: "stillpoint", kind: .stillpoint, path: options.still, version: Version.still,
                buildFlags: _isDebugAssertConfiguration() ? "not optimized" : "release")
        ]
        var missing: [String] = []
        for name in options.peers {
            switch ContestantSearch(sources: options.peerSources, cache: options.peerCache).find(name) {
            case .found(let contestant): contestants.append(contestant)
            case .missing(let name, let why): missing.append("\(name): \(why)")
            }
        }
        plan(contestants)
        var configurations: [ConfigurationReport] = []
        for live in options.liveContainers {
            for mutators in options.mutators { configurations.append(try measure(live, mutators, contestants)) }
        }
        let payload = try measurePayload(contestants)
        return GCPauseReport(
            machine: machine,
            stillpoint: BuildReport(
                path: options.still, optimized: !_isDebugAssertConfiguration(), checks: BuildOptions.checksInvariants),
            peers: Array(contestants.dropFirst()), notCompared: missing, skipped: skipped, rounds: options.rounds, configurations: configurations, payload: payload,
            targets: GCPauseTargets.judge(configurations, payload), failures: failures)
    }

    // MARK: Time

    /// Building, ageing and the end of a process, about.
    private static func overhead(_ live: Int) -> Double { 0.4 + Double(live) * 5e-6 }
    private static let floorSeconds = 0.5
    private static let payloadSeconds = 2.0

    private static func shares(_ contestant: Contestant) -> Double { contestant.kind == .stillpoint ? 3 : 1 }

    private mutating func plan(_ contestants: [Contestant]) {
        let each = Double(options.mutators.count * options.rounds)
        let configurations = Double(options.liveContainers.count * options.mutators.count)
        sharesLeft = Double(options.liveContainers.count) * each * contestants.reduce(0) { $0 + Self.shares($1) }
        overheadLeft = options.liveContainers.reduce(0) { $0 + Self.overhead($1) } * each * Double(contestants.count)
        overheadLeft += Double(contestants.count) * (Self.payloadSeconds + 1) + configurations * Self.floorSeconds * 2
    }

    /// Seconds of measuring for the next run, and how long it may go on for ten collections.
    private mutating func nextRun(_ contestant: Contestant, _ live: Int) -> (seconds: Double, atMost: Double) {
        let shares = Self.shares(contestant)
        defer {
            sharesLeft -= shares
            overheadLeft -= Self.overhead(live)
        }
        if let seconds = options.seconds { return (seconds, seconds * options.patience) }
        let passed = Double(Clock.monotonicNanoseconds() - began) / 1e9
        let share = (options.limitSeconds - passed - overheadLeft) / max(sharesLeft, 1)
        // Most runs need no patience: some of the time goes to those that do.
        let seconds = min(5, max(1, share * 0.7 * min(shares, 2)))
        return (seconds, max(seconds, share * shares * 1.4))
    }

    /// On a slow or busy machine the last peers are left out rather than the limit broken.
    private func isLate(_ live: Int) -> Bool {
        guard options.seconds == nil else { return false }
        let passed = Double(Clock.monotonicNanoseconds() - began) / 1e9
        return passed + Self.overhead(live) + 1 + overheadLeft > options.limitSeconds
    }

    // MARK: Runs

    private mutating func measure(_ live: Int, _ mutators: Int, _ contestants: [Contestant]) throws -> ConfigurationReport {
        let before = Machine.loadNow()
        progress("\(live) live, \(mutators) mutators: the machine's floor")
        var floor = try FloorMeter.measure(threads: mutators, seconds: Self.floorSeconds)
        var runs = [[ProgramRun]](repeating: [], count: contestants.count)
        for round in 0..<options.rounds {
            for turn in contestants.indices {
                let index = (turn + round) % contestants.count
                let contestant = contestants[index]
                let time = nextRun(contestant, live)
                if contestant.kind != .stillpoint && isLate(live) {
                    skipped.append("\(contestant.name), \(live) live, \(mutators) mutators: no time was left; name --seconds to measure all")
                    continue
                }
                progress("\(live) live, \(mutators) mutators, round \(round + 1): \(contestant.name), \(String(format: "%.1f", time.seconds)) s")
                let log = contestant.kind == .stillpoint ? NSTemporaryDirectory() + "/still-gc-\(StillPlatform.Process.id).log" : nil
                defer { if let log { try? FileManager.default.removeItem(atPath: log) } }
                let run = try ProgramRun.measure(child(contestant, live, mutators, time, log), log: log)
                if let failure = run.figures.failure {
                    failures.append("\(contestant.name), \(live) live, \(mutators) mutators, round \(round + 1): \(failure)")
                }
                runs[index].append(run)
            }
        }
        floor.merge(try FloorMeter.measure(threads: mutators, seconds: Self.floorSeconds))
        return ConfigurationReport(
            liveContainers: live, mutators: mutators, loadAverageBefore: before, loadAverageAfter: Machine.loadNow(),
            floor: FloorReport(threads: mutators, gaps: floor.gaps.figures, pieces: floor.pieces.figures, shares: ShareReport(floor.utilisations)),
            runtimes: zip(contestants, runs).map { Self.summary($0, $1) })
    }

    private func child(_ contestant: Contestant, _ live: Int, _ mutators: Int, _ time: (seconds: Double, atMost: Double), _ log: String?) -> ChildProcess {
        let program = options.programs + "/gc_pauses.py"
        let numbers = ["\(live)", "\(mutators)", "\(time.seconds)", "\(RunFigures.neededCollections)", "\(time.atMost)"]
            // Short of time: every unit is replaced once on average, not twice.
            + (options.seconds == nil ? ["1"] : [])
        let arguments: [String]
        switch contestant.kind {
        case .stillpoint: arguments = ["run"] + (log.map { ["--gc-log", $0] } ?? []) + [program] + numbers
        case .python: arguments = [program] + numbers
        case .java: arguments = [contestant.javaHeap(live)] + contestant.arguments + numbers
        case .go: arguments = numbers
        }
        // Building and ageing take time of their own, on a slow machine too.
        return ChildProcess(
            executable: contestant.path, arguments: arguments, limitSeconds: 120 + 4 * time.atMost + Double(live) / 5000)
    }

    private mutating func measurePayload(_ contestants: [Contestant]) throws -> [PayloadReport] {
        var reports: [PayloadReport] = []
        if options.payloadLive == 0 { return reports }
        for contestant in contestants where contestant.kind == .stillpoint || contestant.kind == .python {
            progress("\(options.payloadLive) cycles with 10 kB each: \(contestant.name)")
            let run = try MemoryRun.measure(
                contestant, program: options.programs + "/gc_memory.py", "payload", live: options.payloadLive, seconds: options.seconds ?? Self.payloadSeconds)
            if let failure = run.failure { failures.append("\(contestant.name), payload: \(failure)") }
            reports.append(
                PayloadReport(
                    name: contestant.name, isStillpoint: contestant.kind == .stillpoint, failure: run.failure, liveBytes: run.liveBytes,
                    peakBytes: run.peakBytes, made: run.made, seconds: run.seconds))
        }
        return reports
    }

    // MARK: Sums

    private struct Lengths {
        var wall = PauseHistogram()
        var cpu = PauseHistogram()
        var timeToStop = PauseHistogram()

        mutating func add(_ series: PauseSeries) {
            for value in series.wall { wall.record(value) }
            // 0 is what the log says when it did not measure.
            for value in series.cpu where value > 0 { cpu.record(value) }
            for value in series.timeToStop { timeToStop.record(value) }
        }
        func report(_ kind: String) -> KindReport {
            KindReport(
                kind: kind, wall: wall.figures, cpu: cpu.count == 0 ? nil : cpu.figures,
                timeToStop: timeToStop.count == 0 ? nil : timeToStop.figures)
        }
    }

    private static func summary(_ contestant: Contestant, _ runs: [ProgramRun]) -> RuntimeReport {
        var all = Lengths()
        var kinds: [String: Lengths] = [:]
        var gaps = PauseHistogram()
        let good = runs.filter { $0.figures.failure == nil }
        for run in good {
            for series in run.pauses {
                all.add(series)
                kinds[series.kind, default: Lengths()].add(series)
            }
            gaps.merge(run.gaps)
        }
        let seconds = good.reduce(0) { $0 + $1.figures.seconds }
        let operations = good.reduce(0) { $0 + $1.figures.operations }
        let last = good.last
        let start = last?.utilisations.map(\.from).min() ?? 0
        let outstanding: [[Double]] = (last?.outstanding ?? []).map { [$0.at, Double($0.objects)] }
        var timeline: [[Double]] = []
        for series in last?.pauses ?? [] {
            for (at, wall) in zip(series.at, series.wall) { timeline.append([Double(at > start ? at - start : 0) / 1e9, Double(wall) / 1e6]) }
        }
        timeline.sort { $0[0] < $1[0] }
        return RuntimeReport(
            name: contestant.name, isStillpoint: contestant.kind == .stillpoint, runs: runs.map(\.figures), gaps: gaps.figures,
            shares: ShareReport(good.flatMap(\.utilisations)), pauses: all.wall.count == 0 ? nil : all.report("all"),
            kinds: kinds.sorted { $0.key < $1.key }.map { $0.value.report($0.key) },
            operationsPerSecond: seconds > 0 ? Double(operations) / seconds : 0,
            outstanding: outstanding, timeline: timeline)
    }
}
