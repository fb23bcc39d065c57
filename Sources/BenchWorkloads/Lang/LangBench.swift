// `still bench lang`: the ten kernels of tools/bench/kernels.py on Stillpoint and on other Pythons, interleaved, and the contests of LangCatalog.
//
// A round runs every kernel on every runtime, each in a process of its own, in turn; the order of the runtimes changes with the round. A process's
// figure is its best run. Median and quartiles are over the rounds. All runtimes must agree on a kernel's check.
import Foundation
import StillPlatform

public struct LangPeer: Codable, Sendable {
    public var name: String
    public var path: String
    public var version: String?
    public var build: String?
    /// Why it is not compared.
    public var missing: String?
}

public struct LangFigure: Codable, Sendable {
    public var runtime: String
    /// Seconds of the best run of a process, over the rounds.
    public var seconds: CoreSpread
    /// How many times as fast Stillpoint is, by the medians. Peers only.
    public var ratio: Double?
}

public struct LangKernel: Codable, Sendable {
    public var name: String
    public var check: String
    public var figures: [LangFigure]
}

public struct LangReport: Codable, Sendable {
    public var machine: Machine
    public var loadAverageAtEnd: Double?
    public var rounds: Int
    public var peers: [LangPeer]
    public var kernels: [LangKernel] = []
    public var sections: [CoreSection] = []
    /// Figures over several rows.
    public var summaries: [CoreSummary] = []
    /// Geometric mean of the ratios, by peer.
    public var means: [String: Double] = [:]
    public var failures: [String] = []

    public static let target = 2.0
    public static let floor = 1.2
}

public struct LangBench {
    public struct Options: Sendable {
        public var still = ""
        public var program = ""
        public var rounds = 5
        public var seconds = 1.0
        public var quick = false
        public var only: [String] = []
        /// (name, command or path); looked for in PATH unless absolute.
        public var peers: [(String, String)] = []
        public init() {}
    }

    public static let kernels = ["fib", "nbody", "richards", "deltablue", "dicts", "strings", "lists", "trees", "generators", "exceptions"]
    /// What the ratios that count are taken to.
    public static let reference = "python3.11"

    private let options: Options
    private let note: (String) -> Void

    public init(_ options: Options, note: @escaping (String) -> Void) {
        self.options = options
        self.note = note
    }

    private func peer(_ name: String, _ command: String) -> LangPeer {
        var missing = "not found"
        for path in PeerInterpreter.candidates(command) {
            guard let answer = try? PeerInterpreter.ask(path), answer.found else {
                missing = "does not answer like Python"
                continue
            }
            if name.hasSuffix("t") && answer.gilDisabled != true || !answer.isBuilt(as: command) {
                missing = "is \(answer.gilDisabled == true ? "a" : "no") free-threaded build"
                continue
            }
            return LangPeer(name: name, path: path, version: answer.version, build: answer.buildFlags)
        }
        return LangPeer(name: name, path: command, missing: missing)
    }

    /// - Throws: `BenchError` when nothing can be measured.
    public func run() throws -> LangReport {
        ChildProcess.endWithUs()
        let names = LangBench.kernels.filter { kernel in options.only.isEmpty || options.only.contains { kernel.contains($0) } }
        let peers = options.peers.map { peer($0.0, $0.1) }
        for peer in peers { if let missing = peer.missing { note("NOT COMPARED \(peer.name): \(peer.path) \(missing)") } }
        var contests = LangCatalog.contests(options, peers)
        if !options.only.isEmpty {
            contests = contests.filter { contest in options.only.contains { contest.title.localizedCaseInsensitiveContains($0) } }
        }
        if names.isEmpty && contests.isEmpty {
            let known = LangBench.kernels + LangCatalog.contests(options, peers).map(\.title)
            throw BenchError("nothing is called so; there are: \(known.joined(separator: ", "))")
        }
        var report = LangReport(machine: Machine.current(), rounds: options.rounds, peers: peers)
        var runtimes = [("stillpoint", options.still, ["run", options.program])]
        for peer in peers where peer.missing == nil { runtimes.append((peer.name, peer.path, [options.program])) }
        var seconds: [String: [String: [Double]]] = [:]
        var checks: [String: String] = [:]
        for round in 0..<(names.isEmpty ? 0 : options.rounds) {
            note("round \(round + 1) of \(options.rounds)")
            for kernel in names {
                for turn in 0..<runtimes.count {
                    let (name, path, arguments) = runtimes[(turn + round) % runtimes.count]
                    let child = ChildProcess(
                        executable: path, arguments: arguments + [kernel, "\(options.seconds)"],
                        limitSeconds: 120 + options.seconds * 20,
                        // The free-threaded build turns its lock off by itself; an extension could turn it on.
                        environment: name.hasSuffix("t") ? ["PYTHON_GIL": "0"] : [:])
                    let outcome = try child.run()
                    let words = outcome.lines.last?.split(separator: " ").map(String.init) ?? []
                    guard outcome.failure == nil, words.count == 4, words[0] == kernel, let figure = Double(words[1]) else {
                        report.failures.append("\(kernel) on \(name): \(outcome.failure ?? "printed \(outcome.lines.suffix(1).joined())")")
                        continue
                    }
                    if let known = checks[kernel], known != words[3] {
                        report.failures.append("\(kernel) on \(name): the check is \(words[3]), elsewhere \(known)")
                        continue
                    }
                    checks[kernel] = words[3]
                    seconds[kernel, default: [:]][name, default: []].append(figure)
                }
            }
        }
        for kernel in names {
            let own = (seconds[kernel]?["stillpoint"]).map { CoreSpread($0) }
            var figures: [LangFigure] = []
            for (name, _, _) in runtimes {
                guard let samples = seconds[kernel]?[name] else { continue }
                let spread = CoreSpread(samples)
                figures.append(
                    LangFigure(runtime: name, seconds: spread, ratio: name == "stillpoint" ? nil : own.map { spread.median / $0.median }))
            }
            report.kernels.append(LangKernel(name: kernel, check: checks[kernel] ?? "", figures: figures))
        }
        for (name, _, _) in runtimes where name != "stillpoint" {
            let ratios = report.kernels.compactMap { kernel in kernel.figures.first { $0.runtime == name }?.ratio }
            // A mean over some of the kernels would be another figure.
            if ratios.count == names.count { report.means[name] = exp(ratios.map { log($0) }.reduce(0, +) / Double(ratios.count)) }
        }
        var settings = CoreBench.Options()
        settings.rounds = options.rounds
        var others = CoreBench(settings, progress: note)
        report.sections = others.measureAll(contests)
        report.summaries = LangCatalog.summaries(report.sections)
        report.failures += others.failures
        report.loadAverageAtEnd = Machine.loadNow()
        return report
    }
}

extension LangReport {
    public var table: String {
        func number(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }
        var text = "\(machine.processor), \(machine.cores) cores, \(rounds) rounds, "
        text += "load \(machine.loadAverage.map { number($0, 2) } ?? "?") to \(loadAverageAtEnd.map { number($0, 2) } ?? "?")\n"
        for peer in peers {
            text += peer.missing.map { "NOT COMPARED \(peer.name): \(peer.path) \($0)\n" } ?? "\(peer.name): \(peer.version ?? "?")\n"
        }
        if !kernels.isEmpty { text += kernelTable }
        for section in sections { text += "\n" + section.table }
        if !summaries.isEmpty { text += "\n" }
        for summary in summaries { text += summary.line }
        for failure in failures { text += "FAILED \(failure)\n" }
        return text
    }

    private var kernelTable: String {
        func column(_ text: String, _ width: Int) -> String { String(repeating: " ", count: max(1, width - text.count)) + text }
        func number(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }
        let compared = peers.filter { $0.missing == nil }
        var text = "kernel      " + column("Stillpoint ms", 22)
        for peer in compared { text += column(peer.name + " ms", 22) + column("times", 8) }
        text += "\n"
        for kernel in kernels {
            text += kernel.name + String(repeating: " ", count: max(1, 12 - kernel.name.count))
            for runtime in ["stillpoint"] + compared.map(\.name) {
                guard let figure = kernel.figures.first(where: { $0.runtime == runtime }) else {
                    text += column("failed", runtime == "stillpoint" ? 22 : 30)
                    continue
                }
                text += column("\(number(figure.seconds.median * 1000, 2)) ± \(number(figure.seconds.halfRange * 1000, 2))", 22)
                if runtime != "stillpoint" { text += column(figure.ratio.map { number($0, 2) } ?? "-", 8) }
            }
            text += "\n"
        }
        for peer in compared { if let mean = means[peer.name] { text += "geometric mean against \(peer.name): \(number(mean, 2))\n" } }
        return text + verdict
    }

    /// The targets, which are to the reference.
    private var verdict: String {
        guard let mean = means[LangBench.reference] else {
            return "targets: not met, there is no complete comparison with \(LangBench.reference)\n"
        }
        let slow = kernels.filter { kernel in
            kernel.figures.contains { $0.runtime == LangBench.reference && ($0.ratio ?? 0) < LangReport.floor }
        }
        var text = "target mean >= \(LangReport.target): \(mean >= LangReport.target ? "met" : "NOT MET")\n"
        text += "target every kernel >= \(LangReport.floor): "
        text += slow.isEmpty ? "met\n" : "NOT MET by \(slow.map(\.name).joined(separator: ", "))\n"
        return text
    }
}
