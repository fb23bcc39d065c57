// `still bench core`, and its children.
import ArgumentParser
import BenchWorkloads
import Foundation
import StillPlatform

struct CoreBenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "core", abstract: "What the concurrency core costs, beside peers.",
        discussion: """
            Runs each piece of work in processes of Stillpoint and of the peers in turn. Peers are small C programs of tools/peers, compiled \
            when they are needed, and what tools/peers/install brings. A peer that is not there is named as NOT COMPARED. Ends with 1 when \
            a process fails; a target that is not met is no failure.
            """)

    @Option(parsing: .unconditional, help: "Processes of each contestant (default: 15).") var rounds: Int?
    @Option(parsing: .upToNextOption, help: "Only contests whose title contains one of these.") var only: [String] = []
    @Option(help: "The peers' sources; otherwise tools/peers is searched upwards from here and from the command.") var peerSources: String?
    @Option(help: "Where compiled peers are kept (default: stillpoint/peers in the user's cache folder).") var peerCache: String?
    @Option(help: "The CPython to compare with.") var python = "/usr/bin/python3.11"
    @Option(help: "Also write all figures to this file.") var json: String?
    @Flag(help: "A missing peer is an error.") var requirePeers = false
    @Flag(help: "A smoke test of some seconds: little work, two rounds.") var quick = false

    func validate() throws {
        if let rounds, !(1...1000).contains(rounds) { throw ValidationError("--rounds is 1 to 1000.") }
    }

    func run() throws {
        guard let still = Bundle.main.executablePath else { throw Self.failure("the path of this command is not known") }
        let sources: String
        if let peerSources {
            sources = peerSources
        } else if let header = SourceTree.find("tools/peers/peer.h", besides: still) {
            sources = URL(fileURLWithPath: header).deletingLastPathComponent().path
        } else {
            throw Self.failure("tools/peers is neither above this folder nor above the command; name it with --peer-sources")
        }
        var options = CoreBench.Options()
        options.still = still
        options.peerSources = sources
        options.peerCache = peerCache ?? Self.cacheFolder
        options.python = python
        options.rounds = rounds ?? (quick ? 2 : 15)
        options.quick = quick
        options.only = only
        if let json, !FileManager.default.createFile(atPath: json, contents: nil) {
            throw Self.failure("the file \(json) can't be written")
        }
        var bench = CoreBench(options) { StandardError.write(Array("\($0)\n".utf8)) }
        let report: CoreReport
        do { report = try bench.run() } catch let error as BenchError { throw Self.failure(error.description) }
        print(report.table, terminator: "")
        if let json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            encoder.nonConformingFloatEncodingStrategy = .convertToString(
                positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
            try encoder.encode(report).write(to: URL(fileURLWithPath: json))
        }
        if !report.failures.isEmpty { throw ExitCode(1) }
        if requirePeers && !report.missingPeers.isEmpty { throw Self.failure("a peer is missing") }
    }

    static var cacheFolder: String {
        let base = Environment.get("XDG_CACHE_HOME") ?? FileManager.default.homeDirectoryForCurrentUser.path + "/.cache"
        return base + "/stillpoint/peers"
    }

    private static func failure(_ text: String) -> ExitCode {
        StandardError.write(Array("still: bench core: \(text)\n".utf8))
        return ExitCode(1)
    }
}

/// The child of `bench core`: one measurement, its figures as a line of JSON.
struct BenchCoreProbeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: CoreProbe.command, abstract: "Run one measurement and print its figures.", shouldDisplay: false)

    @Argument(help: "The measurement.") var name: String
    @Argument(parsing: .captureForPassthrough, help: "Its numbers.") var numbers: [Int] = []

    func run() throws {
        let code = CoreProbe.run(name: name, numbers: numbers)
        if code != 0 { throw ExitCode(code) }
    }
}
