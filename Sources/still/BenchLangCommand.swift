// `still bench lang`.
import ArgumentParser
import BenchWorkloads
import Foundation
import StillPlatform

struct LangBenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lang", abstract: "Ten kernels beside other Pythons; threads, memory, pauses, start-up.",
        discussion: """
            Runs the kernels of tools/bench/kernels.py in processes of Stillpoint and of the peers in turn; then what two threads and two \
            interpreters do beside two processes, what is left of interpreters and threads that end, pauses while bytecode runs, bytes for \
            each object, and the time to a program's first line. A peer that is not there is named as NOT \
            COMPARED. Ends with 1 when a process fails; a target that is not met is no failure.
            """)

    @Option(parsing: .unconditional, help: "Processes of each runtime for each kernel (default: 5).") var rounds: Int?
    @Option(parsing: .unconditional, help: "Seconds of measuring in each process (default: 1).") var seconds: Double?
    @Option(parsing: .upToNextOption, help: "Only kernels and figures whose name contains one of these.") var only: [String] = []
    @Option(help: "CPython 3.13 without its lock.") var python313t = "python3.13t"
    @Option(help: "CPython 3.13.") var python313 = "python3.13"
    @Option(help: "The CPython that the targets are about.") var python311 = "/usr/bin/python3.11"
    @Option(help: "PyPy.") var pypy = "pypy3"
    @Option(help: "The program; otherwise tools/bench/kernels.py is searched upwards from here and from the command.") var program: String?
    @Option(help: "Also write all figures to this file.") var json: String?
    @Flag(help: "A missing peer is an error.") var requirePeers = false
    @Flag(help: "A smoke test of a minute: one round, short runs.") var quick = false

    func validate() throws {
        if let rounds, !(1...1000).contains(rounds) { throw ValidationError("--rounds is 1 to 1000.") }
        if let seconds, !(seconds > 0 && seconds <= 600) { throw ValidationError("--seconds is above 0, to 600.") }
    }

    func run() throws {
        guard let still = Bundle.main.executablePath else { throw Self.failure("the path of this command is not known") }
        guard let program = program ?? SourceTree.find("tools/bench/kernels.py", besides: still) else {
            throw Self.failure("tools/bench/kernels.py is neither above this folder nor above the command; name it with --program")
        }
        var options = LangBench.Options()
        options.still = still
        options.program = program
        options.rounds = rounds ?? (quick ? 1 : 5)
        options.quick = quick
        options.seconds = seconds ?? (quick ? 0.1 : 1)
        options.only = only
        options.peers = [("python3.13t", python313t), ("python3.13", python313), (LangBench.reference, python311), ("pypy3", pypy)]
        if let json, !FileManager.default.createFile(atPath: json, contents: nil) {
            throw Self.failure("the file \(json) can't be written")
        }
        let report: LangReport
        do {
            report = try LangBench(options) { StandardError.write(Array("\($0)\n".utf8)) }.run()
        } catch let error as BenchError { throw Self.failure(error.description) }
        print(report.table, terminator: "")
        if let json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            encoder.nonConformingFloatEncodingStrategy = .convertToString(positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
            try encoder.encode(report).write(to: URL(fileURLWithPath: json))
        }
        if !report.failures.isEmpty { throw ExitCode(1) }
        if requirePeers && report.peers.contains(where: { $0.missing != nil }) { throw Self.failure("a peer is missing") }
    }

    private static func failure(_ text: String) -> ExitCode {
        StandardError.write(Array("still: bench lang: \(text)\n".utf8))
        return ExitCode(1)
    }
}

/// The child of `bench lang`: one measurement, its figures as a line of JSON.
struct BenchLangProbeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: LangProbe.command, abstract: "Run one measurement and print its figures.", shouldDisplay: false)

    @Argument(help: "The measurement.") var name: String
    @Argument(parsing: .captureForPassthrough, help: "What it needs.") var words: [String] = []

    func run() throws {
        let code = LangProbe.run(name: name, words: words)
        if code != 0 { throw ExitCode(code) }
    }
}
