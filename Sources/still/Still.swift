// The command `still`.
import ArgumentParser

@main
struct Still: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "still", abstract: "Stillpoint, a free-threaded Python runtime.", version: "still 0.1 (Python 3.13)",
        // Subcommands, one file each.
        subcommands: [RunCommand.self, StressCommand.self, BenchCommand.self, BenchProgramCommand.self, BenchCoreProbeCommand.self])
}
