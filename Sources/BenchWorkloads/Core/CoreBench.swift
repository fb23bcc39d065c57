// `still bench core`: what the concurrency core costs, beside liburcu, other allocators and plain C doing the same work.
//
// Every measurement is a process of its own, so that memory figures are its own, and the contestants take turns: each round begins with
// another one. A figure is the median over the rounds of what the processes printed.
import Foundation
import StillPlatform

public struct CoreBench {
    public struct Options: Sendable {
        /// The command `still`.
        public var still = ""
        /// The folder tools/peers.
        public var peerSources = ""
        /// Where compiled peers are kept.
        public var peerCache = ""
        /// The CPython to compare with.
        public var python = ""
        public var rounds = 15
        public var quick = false
        /// Only contests whose title contains one of these; all when empty.
        public var only: [String] = []
        public init() {}
    }

    private let options: Options
    private let progress: (String) -> Void
    private(set) var failures: [String] = []

    public init(_ options: Options, progress: @escaping (String) -> Void) {
        self.options = options
        self.progress = progress
    }

    /// - Throws: `BenchError` when nothing could be measured at all. A child that fails is reported, and the others go on.
    public mutating func run() throws -> CoreReport {
        ChildProcess.endWithUs()
        let machine = Machine.current()
        var peers = PeerPrograms(sources: options.peerSources, cache: options.peerCache)
        var contests = CoreCatalog.contests(options, &peers)
        if !options.only.isEmpty {
            contests = contests.filter { contest in options.only.contains { contest.title.localizedCaseInsensitiveContains($0) } }
            guard !contests.isEmpty else { throw BenchError("no contest's title contains \(options.only.joined(separator: " or "))") }
        }
        let sections = measureAll(contests)
        return CoreReport(
            machine: machine,
            stillpoint: BuildReport(
                path: options.still, optimized: !_isDebugAssertConfiguration(), checks: BuildOptions.checksInvariants),
            toolchain: Self.toolchain, rounds: options.rounds, quick: options.quick, peers: peers.peers, sections: sections,
            summaries: CoreCatalog.summaries(sections), failures: failures, loadAverageAtEnd: Machine.loadNow())
    }

    mutating func measureAll(_ contests: [CoreContest]) -> [CoreSection] {
        var sections: [CoreSection] = []
        for contest in contests { sections.append(measure(contest)) }
        return sections
    }

    /// The compiler that built this command.
    private static var toolchain: String {
        #if compiler(>=6.4)
            "Swift 6.4 or later"
        #elseif compiler(>=6.3)
            "Swift 6.3"
        #else
            "Swift before 6.3"
        #endif
    }

    private mutating func measure(_ contest: CoreContest) -> CoreSection {
        let rounds = min(options.rounds, contest.roundLimit)
        let present = contest.contestants.indices.filter { contest.contestants[$0].missing == nil }
        var samples = [[String: [Double]]](repeating: [:], count: contest.contestants.count)
        progress(contest.title)
        for round in 0..<rounds {
            for turn in present.indices {
                let index = present[(turn + round) % present.count]
                guard let values = child(contest.contestants[index], contest, round) else { continue }
                for (key, value) in values { samples[index][key, default: []].append(value) }
            }
        }
        for key in contest.equalKeys {
            let values = Set(samples.flatMap { $0[key] ?? [] })
            if values.count > 1 { failures.append("\(contest.title): the contestants did not do the same work (\(key): \(values.sorted()))") }
        }
        var rows: [CoreRow] = []
        for (index, contestant) in contest.contestants.enumerated() {
            var figures: [CoreFigure] = []
            for metric in contest.metrics {
                guard let values = samples[index][metric.key], !values.isEmpty else { continue }
                let spread = CoreSpread(values.map { $0 / metric.scale })
                let target = contestant.role == .stillpoint ? metric.target : nil
                figures.append(
                    CoreFigure(
                        metric: metric.label, spread: spread, target: target, met: target.map { $0.isMet(by: spread.median) },
                        ratio: nil))
            }
            rows.append(
                CoreRow(name: contestant.name, role: contestant.role.rawValue, figures: figures, notCompared: contestant.missing))
        }
        addRatios(&rows, contest)
        return CoreSection(title: contest.title, rounds: rounds, rows: rows, note: contest.note, loadAverage: Machine.loadNow())
    }

    /// How much better the judged row is than each other one, by the metric that compares.
    private func addRatios(_ rows: inout [CoreRow], _ contest: CoreContest) {
        guard let metric = contest.metrics.first(where: \.isCompared),
            let judged = contest.contestants.firstIndex(where: { $0.role == .stillpoint }),
            let own = rows[judged].figures.first(where: { $0.metric == metric.label })?.spread.median, own > 0
        else { return }
        for index in rows.indices where index != judged {
            for place in rows[index].figures.indices where rows[index].figures[place].metric == metric.label {
                let other = rows[index].figures[place].spread.median
                if other > 0 { rows[index].figures[place].ratio = metric.higherIsBetter ? own / other : other / own }
            }
        }
    }

    private mutating func child(_ contestant: CoreContestant, _ contest: CoreContest, _ round: Int) -> [String: Double]? {
        let child = ChildProcess(
            executable: contestant.executable, arguments: contestant.arguments, limitSeconds: contest.limitSeconds,
            environment: contestant.environment, sampleSeconds: 0.01)
        let name = "\(contest.title), \(contestant.name), round \(round + 1)"
        do {
            let outcome = try child.run()
            if let failure = outcome.failure {
                failures.append("\(name): \(failure)")
                return nil
            }
            guard let line = outcome.lines.last(where: { $0.hasPrefix("{") }),
                let values = try? JSONDecoder().decode([String: Double].self, from: Data(line.utf8))
            else {
                failures.append("\(name): ended without its result")
                return nil
            }
            return values
        } catch {
            failures.append("\(name): \(error)")
            return nil
        }
    }
}
