// The command `still`.
import ArgumentParser
import Stillpoint

@main
struct Still: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "still", abstract: "Stillpoint, a free-threaded Python runtime.", version: "still \(Version.still) (Python \(Version.python))",
        // Subcommands, one file each.
        subcommands: [
            RunCommand.self, PromptCommand.self, StressCommand.self, BenchCommand.self, GCReportCommand.self, BenchCoreProbeCommand.self,
        ],
        defaultSubcommand: PromptCommand.self)
}
