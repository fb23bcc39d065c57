// `still run`: runs a program file, code from the command line, a module, or standard input.
import ArgumentParser
import StillPlatform
import Stillpoint

struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run a Python program.",
        discussion: "FILE is a path, or - for standard input. Everything behind it goes to the program as sys.argv.")

    @Flag(name: .customLong("gc-summary"), help: "Print the lengths of all pauses to standard error at the end.")
    var gcSummary = false

    @Option(name: .customLong("gc-log"), help: "Write every pause, every collection and the heap's size to this file, for 'still gc-report'.")
    var gcLog: String?

    @Option(help: "Folder of the Python part of a standard library (default: $STILLPOINT_STDLIB, else that of an installed CPython).")
    var stdlib: String?

    @OptionGroup var options: RunOptions

    @Option(help: "Checking builds: run the FILE three times; the last time its interpreter's N-th request for memory is refused.")
    var refuse: Int?

    @Option(name: .customShort("c"), parsing: .unconditional, help: "Run this code.")
    var code: String?

    @Option(name: .customShort("m"), parsing: .unconditional, help: "Run this module.")
    var module: String?

    @Argument(parsing: .captureForPassthrough, help: "The program and its arguments.")
    var program: [String] = []

    func run() throws {
        // A program takes whatever follows, so that the parser has left this to us.
        if code == nil, module == nil, let word = program.first, word == "--help" || word == "-h" { throw CleanExit.helpRequest(self) }
        var run = ProgramRun(code: code, module: module, program: program)
        (run.gcSummary, run.gcLog, run.stdlib, run.refuse) = (gcSummary, gcLog, stdlib, refuse)
        run.settings = options.settings
        run.run()
    }
}
