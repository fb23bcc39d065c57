// `still bench`: benchmarks, each a subcommand.
import ArgumentParser
import BenchWorkloads
import Foundation
import StillPlatform

struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Measure, beside a peer and in the same run.",
        discussion: "still bench --list tells what each benchmark is about.",
        subcommands: [GCPausesCommand.self, CoreBenchCommand.self, LangBenchCommand.self, BenchListCommand.self], defaultSubcommand: BenchListCommand.self)
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
        commandName: "gc-pauses", abstract: "What threads see of the garbage collector over an aged heap.",
        discussion: """
            Runs tools/bench/gc_pauses.py in processes of Stillpoint and of the peers in turn, for every number of live containers and of \
            mutators, and measures what the machine does to as many threads that only compute. Peers: CPython, PyPy, and the same work in Java \
            and Go (tools/peers); one that is not there is named as NOT COMPARED. Without --full, --seconds and the like the whole run takes \
            at most three minutes. Ends with 1 when a process fails or a run of Stillpoint's is invalid; a target that is not met is no failure.

            --soak runs programs that made other collectors grow instead, and ends with 1 when memory is not flat.
            """)

    @Option(parsing: .upToNextOption, help: "Live containers (default: 100000 1000000).") var live: [Int] = []
    @Option(parsing: .upToNextOption, help: "Threads that work on them (default: 1 2).") var mutators: [Int] = []
    @Option(parsing: .unconditional, help: "Seconds of measuring in each process (default: what three minutes leave; with --full 10).") var seconds: Double?
    @Option(parsing: .unconditional, help: "Processes of each runtime for each configuration (default: 1).") var rounds: Int?
    @Option(
        parsing: .upToNextOption,
        help: "Peers: paths or names of Pythons, java-zgc, java-g1, go, or none (default: python3.13t python3.13 /usr/bin/python3.11 pypy3 java-zgc java-g1 go).")
    var peers: [String] = []
    @Option(help: "Folder of gc_pauses.py; otherwise tools/bench is searched upwards from here and from the command.") var programs: String?
    @Option(help: "Folder of the peers' sources; otherwise tools/peers is searched likewise.") var peerSources: String?
    @Option(help: "Where compiled peers are kept (default: stillpoint/peers in the user's cache folder).") var peerCache: String?
    @Option(help: "Also write all figures to this file.") var json: String?
    @Option(help: "Also write a page with plots to this file; it needs nothing else.") var report: String?
    @Option(parsing: .unconditional, help: "Run for so many minutes, and tell whether memory stays flat.") var soak: Double?
    @Flag(help: "The whole matrix: 100000, 1, 5 and 10 million live containers; up to an hour.") var full = false
    @Flag(help: "A missing peer is an error.") var requirePeers = false
    @Flag(help: "A smoke test of a few seconds: 20000 containers, half a second, one round.") var quick = false

    func validate() throws {
        guard live.allSatisfy({ (10_000...100_000_000).contains($0) }) else {
            throw ValidationError("--live is 10000 to 100000000.")
        }
        guard mutators.allSatisfy({ (1...64).contains($0) }) else { throw ValidationError("--mutators is 1 to 64.") }
        if let smallest = chosenLive.min(), let most = chosenMutators.max(), smallest < most * 2251 {
            throw ValidationError("\(most) mutators need \(most * 2251) live containers.")
        }
        if let seconds, !(seconds >= 0.1 && seconds <= 3600) { throw ValidationError("--seconds is 0.1 to 3600.") }
        if let rounds, !(1...100).contains(rounds) { throw ValidationError("--rounds is 1 to 100.") }
        if let soak, !(soak >= 0.1 && soak <= 1440) { throw ValidationError("--soak is 0.1 to 1440 minutes.") }
        if full && quick { throw ValidationError("--full and --quick exclude each other.") }
        for folder in [programs, peerSources].compactMap({ $0 }) where !File.isDirectory(folder) {
            throw ValidationError("There is no folder '\(folder)'.")
        }
    }

    private var chosenLive: [Int] {
        if !live.isEmpty { return live }
        return quick ? [20_000] : full ? [100_000, 1_000_000, 5_000_000, 10_000_000] : [100_000, 1_000_000]
    }
    private var chosenMutators: [Int] { mutators.isEmpty ? [1, 2] : mutators }

    func run() throws {
        guard let still = Bundle.main.executablePath else { throw Self.failure("the path of this command is not known") }
        let programs = try programs ?? Self.folder("tools/bench/gc_pauses.py", still, "--programs")
        // A file that can't be written is found out before the minutes of measuring.
        for path in [json, report].compactMap({ $0 }) where !FileManager.default.createFile(atPath: path, contents: nil) {
            throw Self.failure("the file \(path) can't be written")
        }
        if let soak {
            let result: SoakReport
            do { result = try SoakBench(still: still, programs: programs, minutes: soak, progress: Self.progress).run() } catch let error as BenchError {
                throw Self.failure(error.description)
            }
            print(result.table, terminator: "")
            try write(result, page: result.page)
            if !result.passed { throw ExitCode(1) }
            return
        }
        var bench = GCPauseBench(try options(still, programs), progress: Self.progress)
        let result: GCPauseReport
        do { result = try bench.run() } catch let error as BenchError { throw Self.failure(error.description) }
        print(result.table, terminator: "")
        try write(result, page: result.page)
        // A smoke test is about the machinery: half a second proves nothing about collecting.
        if !result.failures.isEmpty || (result.hasInvalid && !quick) { throw ExitCode(1) }
        if requirePeers && !result.notCompared.isEmpty { throw Self.failure("a peer is missing") }
    }

    private func options(_ still: String, _ programs: String) throws -> GCPauseBench.Options {
        var options = GCPauseBench.Options()
        options.still = still
        options.programs = programs
        options.peerSources = try peerSources ?? Self.folder("tools/peers/GCPauses.java", still, "--peer-sources")
        options.peerCache = peerCache ?? CoreBenchCommand.cacheFolder
        if !peers.isEmpty { options.peers = peers == ["none"] ? [] : peers }
        options.liveContainers = chosenLive
        options.mutators = chosenMutators
        options.rounds = rounds ?? 1
        options.seconds = seconds ?? (quick ? 0.5 : full ? 10 : nil)
        if full { options.patience = 6 }
        if quick { options.patience = 10 }
        // With sizes of one's own the three minutes are no promise.
        if options.seconds == nil && (!live.isEmpty || !mutators.isEmpty || rounds != nil) { options.seconds = 5 }
        if quick { options.payloadLive = 1000 }
        return options
    }

    private func write(_ result: some Encodable, page: String) throws {
        if let json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            try encoder.encode(result).write(to: URL(fileURLWithPath: json))
        }
        if let report { try Data(page.utf8).write(to: URL(fileURLWithPath: report)) }
    }

    private static func progress(_ text: String) { StandardError.write(Array("\(text)\n".utf8)) }

    private static func folder(_ file: String, _ still: String, _ option: String) throws -> String {
        guard let found = SourceTree.find(file, besides: still) else {
            throw failure("\(file) is neither above this folder nor above the command; name its folder with \(option)")
        }
        return URL(fileURLWithPath: found).deletingLastPathComponent().path
    }

    private static func failure(_ text: String) -> ExitCode {
        StandardError.write(Array("still: bench gc-pauses: \(text)\n".utf8))
        return ExitCode(1)
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
