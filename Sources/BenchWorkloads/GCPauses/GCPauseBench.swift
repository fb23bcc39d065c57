// `still bench gc-pauses`: pauses of the collector with many live containers, ours and CPython's, on the same program in the same run.
//
// Every measurement is a process of its own: a heap is aged by one runtime only, and memory figures are that runtime's. The runtimes
// take turns, each round the other first, so that a change of the machine's mood meets both.
import Foundation
import StillPlatform

public struct GCPauseBench {
    public struct Options: Sendable {
        public var peer = "/usr/bin/python3.11"
        /// gc_pauses.py.
        public var program = ""
        /// The command `still`.
        public var still = ""
        public var liveContainers = [100_000, 1_000_000]
        public var mutators = [1, 2]
        public var seconds = 5.0
        public var rounds = 2
        public init() {}
    }

    private let options: Options
    private let progress: (String) -> Void
    private var failures: [String] = []

    /// - Parameter progress: called with what is going to be measured.
    public init(_ options: Options, progress: @escaping (String) -> Void) {
        self.options = options
        self.progress = progress
    }

    public static let runnerCommand = "bench-program"

    /// - Throws: `BenchError` when nothing could be measured at all. A child that fails is reported, and the others go on.
    public mutating func run() throws -> GCPauseReport {
        guard File.exists(options.program) else { throw BenchError("there is no program \(options.program)") }
        ChildProcess.endWithUs()
        let machine = Machine.current()
        let peer = try PeerInterpreter.ask(options.peer)
        var configurations: [ConfigurationReport] = []
        for live in options.liveContainers {
            for mutators in options.mutators {
                configurations.append(try measure(live, mutators, peer))
            }
        }
        return GCPauseReport(
            machine: machine, peer: peer,
            stillpoint: BuildReport(
                path: options.still, optimized: !_isDebugAssertConfiguration(), checks: BuildOptions.checksInvariants),
            seconds: options.seconds, rounds: options.rounds, configurations: configurations,
            target: Self.judge(configurations), failures: failures)
    }

    private mutating func measure(_ live: Int, _ mutators: Int, _ peer: PeerInterpreter) throws -> ConfigurationReport {
        let before = Machine.loadNow()
        progress("\(live) live, \(mutators) mutators: hiccups of the idle machine")
        let idle = try HiccupMeter.idle(seconds: min(options.seconds, 2))
        var ofPeer: [ProgramRun] = []
        var ours: [ProgramRun] = []
        for round in 0..<options.rounds {
            for turn in 0..<2 {
                let isPeer = (turn + round) % 2 == 0
                if isPeer && !peer.found { continue }
                let name = isPeer ? Self.peerName(peer) : "stillpoint"
                progress("\(live) live, \(mutators) mutators, round \(round + 1): \(name)")
                let run = try ProgramRun.measure(child(live, mutators, isPeer: isPeer), isPeer: isPeer)
                if let failure = run.figures.failure {
                    failures.append("\(name), \(live) live, \(mutators) mutators, round \(round + 1): \(failure)")
                }
                if isPeer { ofPeer.append(run) } else { ours.append(run) }
            }
        }
        var runtimes: [RuntimeReport] = []
        if peer.found { runtimes.append(Self.summary(Self.peerName(peer), isPeer: true, ofPeer)) }
        runtimes.append(Self.summary("stillpoint", isPeer: false, ours))
        var ratio: Double?
        if runtimes.count == 2 && runtimes[0].operationsPerSecond > 0 && runtimes[1].operationsPerSecond > 0 {
            ratio = runtimes[1].operationsPerSecond / runtimes[0].operationsPerSecond
        }
        return ConfigurationReport(
            liveContainers: live, mutators: mutators, loadAverageBefore: before, loadAverageAfter: Machine.loadNow(),
            idleHiccups: idle.figures, runtimes: runtimes, throughputRatio: ratio)
    }

    private static func peerName(_ peer: PeerInterpreter) -> String { URL(fileURLWithPath: peer.path).lastPathComponent }

    private func child(_ live: Int, _ mutators: Int, isPeer: Bool) -> ChildProcess {
        let arguments = [options.program, "\(live)", "\(mutators)", "\(options.seconds)"]
        // Building and ageing take time of their own, on a slow machine too.
        let limit = 120 + 4 * options.seconds + Double(live) / 5000
        return isPeer
            ? ChildProcess(executable: options.peer, arguments: arguments, limitSeconds: limit)
            : ChildProcess(executable: options.still, arguments: [Self.runnerCommand] + arguments, limitSeconds: limit)
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

    private static func summary(_ name: String, isPeer: Bool, _ runs: [ProgramRun]) -> RuntimeReport {
        var all = Lengths()
        var kinds: [(String, Lengths)] = []
        var hiccups = PauseHistogram()
        for run in runs where run.figures.failure == nil {
            for series in run.pauses {
                all.add(series)
                if let known = kinds.firstIndex(where: { $0.0 == series.kind }) {
                    kinds[known].1.add(series)
                } else {
                    var lengths = Lengths()
                    lengths.add(series)
                    kinds.append((series.kind, lengths))
                }
            }
            hiccups.merge(run.hiccups)
        }
        let complete = runs.map(\.figures).filter { $0.failure == nil }
        let seconds = complete.reduce(0) { $0 + $1.seconds }
        let operations = complete.reduce(0) { $0 + $1.operations }
        return RuntimeReport(
            name: name, isPeer: isPeer, runs: runs.map(\.figures), pauses: all.report("all"),
            kinds: kinds.map { $0.1.report($0.0) }, hiccups: hiccups.figures,
            pauseShare: seconds > 0 ? Double(all.wall.total) / 1e9 / seconds : 0,
            operationsPerSecond: seconds > 0 ? Double(operations) / seconds : 0)
    }

    static func judge(_ configurations: [ConfigurationReport]) -> TargetReport {
        var target = TargetReport()
        for configuration in configurations where configuration.liveContainers == TargetReport.containers {
            for runtime in configuration.runtimes where !runtime.isPeer && !runtime.complete.isEmpty {
                let longest = max(target.longestPauseCPUNanoseconds ?? 0, runtime.pauses.cpu?.max ?? 0)
                target.longestPauseCPUNanoseconds = longest
                target.met = longest <= TargetReport.limitNanoseconds
                target.longestStepCPUNanoseconds = max(
                    target.longestStepCPUNanoseconds ?? 0, runtime.complete.map(\.longestStepCPUNanoseconds).max() ?? 0)
            }
        }
        return target
    }
}
