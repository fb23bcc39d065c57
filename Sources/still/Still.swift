// The command `still`.
import ArgumentParser
import Stillpoint

@main
enum EntryPoint {
    static func main() {
        if let run = ProgramRun(plain: CommandLine.arguments) { run.run() }
        if let run = ProgramRun(python: CommandLine.arguments) { run.run() }
        Still.main()
    }
}

struct Still: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "still", abstract: "Stillpoint, a free-threaded Python runtime.", version: "still \(Version.still) (Python \(Version.python))",
        // Subcommands, one file each.
        subcommands: [
            RunCommand.self, PromptCommand.self, StressCommand.self, BenchCommand.self, GCReportCommand.self, BenchCoreProbeCommand.self,
            BenchLangProbeCommand.self,
        ],
        defaultSubcommand: PromptCommand.self)
}
