// `still bench`: benchmarks, each a subcommand.
import ArgumentParser
import BenchWorkloads
import Foundation
import StillPlatform

struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Measure, beside a peer and in the same run.",
        discussion: "still bench --list tells what each benchmark is about.",
        subcommands: [GCPausesCommand.self, CoreBenchCommand.self, BenchListCommand.self], defaultSubcommand: BenchListCommand.self)
}

/// `still bench` without a benchmark that exists.
struct BenchListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "names", abstract: "List the benchmarks.", shouldDisplay: false)

    @Flag(help: "List the benchmarks.") var list = false
    @Argument(help: "A benchmark.") var names: [String] = []

    func validate() throws {
        let known = BenchCatalog.all.map(\.name).joined(separator: ", ")
        if let name = names.first { throw ValidationError("There is no benchmark '\(name)'. There are: \(known).") }
        if !list { throw ValidationError("Which benchmark? There are: \(known).") }
    }

    func run() throws {
        for benchmark in BenchCatalog.all { print("\(benchmark.name)\n  \(benchmark.summary)") }
    }
}

struct GCPausesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gc-pauses", abstract: "Pauses of the garbage collector over an aged heap.",
        discussion: """
            Runs tools/bench/gc_pauses.py in processes of Stillpoint and of CPython in turn, for every number of live containers and of \
            mutators, and measures the machine's own hiccups beside them. Ends with 1 when a process fails.
            """)

    @Option(parsing: .upToNextOption, help: "Live containers (default: 100000 1000000).") var live: [Int] = []
    @Option(parsing: .upToNextOption, help: "Threads that work on them (default: 1 2).") var mutators: [Int] = []
    @Option(parsing: .unconditional, help: "Seconds of measuring in each process (default: 5).") var seconds: Double?
    @Option(parsing: .unconditional, help: "Processes of each runtime for each configuration (default: 2).") var rounds: Int?
    @Option(help: "The CPython to compare with.") var peer = "/usr/bin/python3.11"
    @Option(help: "The program; otherwise tools/bench/gc_pauses.py is searched upwards from here and from the command.")
    var program: String?
    @Option(help: "Also write all figures to this file.") var json: String?
    @Flag(help: "A smoke test of a few seconds: 20000 containers, half a second, one round.") var quick = false

    func validate() throws {
        guard live.allSatisfy({ (10_000...100_000_000).contains($0) }) else {
            throw ValidationError("--live is 10000 to 100000000.")
        }
        guard mutators.allSatisfy({ (1...64).contains($0) }) else { throw ValidationError("--mutators is 1 to 64.") }
        if let smallest = chosenLive.min(), let most = chosenMutators.max(), smallest < most * 1250 {
            throw ValidationError("\(most) mutators need \(most * 1250) live containers.")
        }
        if let seconds, !(seconds >= 0.1 && seconds <= 3600) { throw ValidationError("--seconds is 0.1 to 3600.") }
        if let rounds, !(1...100).contains(rounds) { throw ValidationError("--rounds is 1 to 100.") }
        if let program, !FileManager.default.isReadableFile(atPath: program) {
            throw ValidationError("There is no program '\(program)'.")
        }
    }

    private var chosenLive: [Int] { live.isEmpty ? (quick ? [20_000] : [100_000, 1_000_000]) : live }
    private var chosenMutators: [Int] { mutators.isEmpty ? [1, 2] : mutators }

    func run() throws {
        guard let still = Bundle.main.executablePath else { throw Self.failure("the path of this command is not known") }
        guard let program = program ?? SourceTree.find("tools/bench/gc_pauses.py", besides: still) else {
            throw Self.failure("tools/bench/gc_pauses.py is neither above this folder nor above the command; name it with --program")
        }
        var options = GCPauseBench.Options()
        options.peer = peer
        options.program = program
        options.still = still
        options.liveContainers = chosenLive
        options.mutators = chosenMutators
        options.seconds = seconds ?? (quick ? 0.5 : 5)
        options.rounds = rounds ?? (quick ? 1 : 2)
        // A file that can't be written is found out before the minutes of measuring.
        if let json, !FileManager.default.createFile(atPath: json, contents: nil) {
            throw Self.failure("the file \(json) can't be written")
        }
        var bench = GCPauseBench(options) { StandardError.write(Array("\($0)\n".utf8)) }
        let report: GCPauseReport
        do { report = try bench.run() } catch let error as BenchError { throw Self.failure(error.description) }
        print(report.table, terminator: "")
        if let json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            try encoder.encode(report).write(to: URL(fileURLWithPath: json))
        }
        if !report.failures.isEmpty { throw ExitCode(1) }
    }

    private static func failure(_ text: String) -> ExitCode {
        StandardError.write(Array("still: bench gc-pauses: \(text)\n".utf8))
        return ExitCode(1)
    }
}

/// The child of a benchmark: a program, and its pauses as JSON behind its output.
struct BenchProgramCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: GCPauseBench.runnerCommand, abstract: "Run a program and print its pauses.", shouldDisplay: false)

    @Argument(help: "The program.") var file: String
    @Argument(parsing: .captureForPassthrough, help: "Its arguments.") var arguments: [String] = []

    func run() throws {
        let code = MeasuredProgram.run(file: file, arguments: arguments)
        // Threads of the program may still run: no exit handlers.
        StillPlatform.Process.exitNow(code)
    }
}

/// Files of the source tree that benchmarks need.
enum SourceTree {
    /// Searches a file in this folder and the command's, and in all folders above.
    static func find(_ file: String, besides command: String) -> String? {
        let starts = [
            FileManager.default.currentDirectoryPath,
            URL(fileURLWithPath: command).resolvingSymlinksInPath().deletingLastPathComponent().path,
        ]
        for start in starts {
            var folder = start
            while true {
                let candidate = (folder == "/" ? "" : folder) + "/" + file
                if FileManager.default.isReadableFile(atPath: candidate) { return candidate }
                if folder == "/" || folder.isEmpty { break }
                folder = URL(fileURLWithPath: folder).deletingLastPathComponent().path
            }
        }
        return nil
    }
}
