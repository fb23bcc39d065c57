// `still` without a subcommand: a prompt on a terminal, otherwise the program on standard input.
import ArgumentParser
import StillPlatform
import Stillpoint

struct PromptCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prompt", abstract: "Run what is typed, a statement at a time. Without a terminal: run the program on standard input.")

    @Option(help: "Folder of the Python part of a standard library (default: $STILLPOINT_STDLIB, else that of an installed CPython).")
    var stdlib: String?
    @OptionGroup var options: RunOptions
    @Flag(name: .customShort("i"), help: "Prompt even when standard input is no terminal.") var interactive = false
    @Flag(name: .customShort("q"), help: "Do not print the version.") var quiet = false

    func run() throws {
        // Daemon threads may still run: no exit handlers.
        Process.exitNow(execute())
    }

    private func fail(_ text: String, _ code: Int32) -> Int32 {
        StandardError.write(Array((text + "\n").utf8))
        return code
    }

    private func execute() -> Int32 {
        if let stdlib, !stdlib.isEmpty, !Interpreter.isStandardLibrary(stdlib) {
            return fail("still: there is no standard library in \(stdlib)", 2)
        }
        do {
            let limit = try options.settings.apply()
            let interpreter = try Interpreter(path: [""], arguments: [""], stdlib: Interpreter.locateStandardLibrary(given: stdlib))
            if let limit { try interpreter.setRecursionLimit(limit) }
            if interactive || File.isTerminal(0) {
                if !quiet { StandardError.write(Array("\(Still.configuration.version)\n".utf8)) }
                return interpreter.runPrompt()
            }
            return interpreter.runProgram(source: try File.read(descriptor: 0, path: "<stdin>"), filename: "<stdin>")
        } catch let error as RunSettings.Invalid { return fail("still: \(error.text)", 2) } catch { return fail("still: \(error)", 1) }
    }
}
