// What `still run` does, however its command line was read.
//
// A command line without options of ours is read here: the argument parser takes longer than an interpreter to start.
import StillPlatform
import Stillpoint

struct ProgramRun {
    var gcSummary = false
    var gcLog: String?
    var stdlib: String?
    var refuse: Int?
    var settings = RunSettings()
    var code: String?
    var module: String?
    var program: [String] = []

    /// `still run FILE …`, `-c CODE …` and `-m MODULE …`; nil for everything else.
    init?(plain words: [String]) {
        guard words.count >= 3, words[1] == "run" else { return nil }
        switch words[2] {
        case "-c", "-m":
            guard words.count >= 4, words[3] != "--help", words[3] != "-h" else { return nil }
            if words[2] == "-c" { code = words[3] } else { module = words[3] }
            program = Array(words[4...])
        case let file where !file.hasPrefix("-") && !file.isEmpty: program = Array(words[2...])
        default: return nil
        }
    }

    /// The command line of a Python, with which programs start `sys.executable`: `-c CODE …`, `-m MODULE …` or `FILE …` behind options that say what
    /// is so here anyway, or what concerns a Python's own environment. Nil for everything else.
    init?(python words: [String]) {
        var at = 1
        while at < words.count, words[at].count > 1, words[at].hasPrefix("-"), !words[at].hasPrefix("--") {
            var letters = words[at].dropFirst()
            at += 1
            while let letter = letters.popFirst() {
                switch letter {
                case "B", "E", "I", "P", "R", "S", "b", "d", "s": continue
                case "X", "c", "m":
                    // The rest of the word, or the next one.
                    guard !letters.isEmpty || at < words.count else { return nil }
                    let value = letters.isEmpty ? words[at] : String(letters)
                    if letters.isEmpty { at += 1 }
                    letters = ""
                    if letter == "X" { continue }
                    if letter == "c" { code = value } else { module = value }
                    program = Array(words[at...])
                    return
                default: return nil
                }
            }
        }
        guard at < words.count else { return nil }
        // A word of ours is no file, unless it is written as one.
        if at == 1 && !(words[1].contains("/") || words[1].hasSuffix(".py")) { return nil }
        if words[at].hasPrefix("-") && words[at] != "-" { return nil }
        program = Array(words[at...])
    }

    init(code: String?, module: String?, program: [String]) {
        (self.code, self.module, self.program) = (code, module, program)
    }

    func run() -> Never {
        let start = PauseSummary.now
        var log: GCLog?
        if let gcLog {
            do throws(FileError) { log = try GCLog(path: gcLog, command: commandLine) } catch {
                Process.exitNow(fail("still: can't write the gc log '\(gcLog)': [Errno \(error.code)] \(error.reason)", 2))
            }
        }
        let result = execute()
        if let failure = log?.finish(exitCode: result) {
            _ = fail("still: the gc log '\(failure.path)' is not complete: [Errno \(failure.code)] \(failure.reason)", 1)
        }
        if gcSummary { printSummary(start) }
        // Daemon threads may still run: no exit handlers.
        Process.exitNow(result)
    }

    /// For the log's header.
    private var commandLine: [String] { (code.map { ["-c", $0] } ?? module.map { ["-m", $0] } ?? []) + program }

    private func fail(_ text: String, _ code: Int32) -> Int32 {
        StandardError.write(Array((text + "\n").utf8))
        return code
    }

    private func execute() -> Int32 {
        let limit: Int?
        do throws(RunSettings.Invalid) { limit = try settings.apply() } catch { return fail("still: \(error.text)", 2) }
        let source: [UInt8]
        let filename: String
        var folder = ""
        var arguments = program
        if let code {
            source = Array(code.utf8)
            filename = "<string>"
            arguments.insert("-c", at: 0)
        } else if module != nil {
            source = []
            filename = ""
            folder = File.realPath(".") ?? ""
            arguments.insert("-m", at: 0)
        } else {
            guard let file = program.first else { return fail("still: run needs a FILE, -c CODE or -m MODULE", 2) }
            if file.hasPrefix("-") && file != "-" {
                return fail("still: unknown option \(file)\nTry 'still run --help' for more information.", 2)
            }
            do {
                if file == "-" {
                    source = try File.read(descriptor: 0, path: "<stdin>")
                    filename = "<stdin>"
                } else {
                    if File.isDirectory(file) {
                        return fail("still: can't find '__main__' module in '\(absolute(file))'", 1)
                    }
                    source = try File.read(file)
                    filename = absolute(file)
                    let real = File.realPath(file) ?? file
                    folder = real.lastIndex(of: "/").map { String(real[..<$0]) } ?? "/"
                }
            } catch {
                return fail("still: can't open file '\(absolute(file))': [Errno \(error.code)] \(error.reason)", 2)
            }
        }
        do {
            if let stdlib, !stdlib.isEmpty, !Interpreter.isStandardLibrary(stdlib) {
                return fail("still: there is no standard library in \(stdlib)", 2)
            }
            if let refuse {
                if !BuildOptions.checksInvariants || refuse < 1 || module != nil {
                    return fail("still: --refuse wants a checking build (STILL_CHECKS=1), a number from 1, and a FILE or CODE", 2)
                }
                // What the process keeps for good is made by the first run.
                func once() throws -> Int32 {
                    let interpreter = try makeInterpreter(folder, arguments, limit)
                    defer { interpreter.close() }
                    do { try interpreter.run(source: source, filename: filename) } catch {
                        return fail("still: \(error)", 1)
                    }
                    return 0
                }
                _ = try once()
                _ = try once()
                let blocks = RawGuards.liveBlocks
                AllocationFailure.arm(nth: refuse)
                defer {
                    let wasRefused = AllocationFailure.disarm() > 0
                    let text = wasRefused ? "refused request \(refuse)" : "there were fewer requests"
                    _ = fail("still: \(text); \(RawGuards.liveBlocks - blocks) raw blocks more than before", 0)
                }
                return try once()
            }
            let interpreter = try makeInterpreter(folder, arguments, limit)
            if let module { return interpreter.runModule(module) }
            return interpreter.runProgram(source: source, filename: filename)
        } catch { return fail("still: \(error)", 1) }
    }

    private func makeInterpreter(_ folder: String, _ arguments: [String], _ recursionLimit: Int?) throws -> Interpreter {
        let interpreter = try Interpreter(path: [folder], arguments: arguments, stdlib: Interpreter.locateStandardLibrary(given: stdlib))
        if let recursionLimit { try interpreter.setRecursionLimit(recursionLimit) }
        return interpreter
    }

    private func absolute(_ path: String) -> String {
        if path.hasPrefix("/") { return path }
        return (File.realPath(".") ?? "") + "/" + (path.hasPrefix("./") ? String(path.dropFirst(2)) : path)
    }

    private func printSummary(_ start: UInt64) {
        let summary = PauseSummary(since: start)
        func column(_ text: String, _ width: Int) -> String {
            String(repeating: " ", count: max(0, width - text.count)) + text
        }
        func time(_ nanoseconds: UInt64) -> String { column("\(Double(nanoseconds / 100) / 10) us", 14) }
        var text = "pauses" + column("count", 34) + column("p50", 14) + column("p99", 14) + column("p99.9", 14) + column("max", 14) + "\n"
        for row in summary.rows {
            text += row.name + column("\(row.count)", max(1, 40 - row.name.count))
            text += time(row.p50) + time(row.p99) + time(row.p999) + time(row.max) + "\n"
        }
        if summary.rows.isEmpty { text += "none\n" }
        if summary.lost > 0 { text += "\(summary.lost) older pauses are not in the log any more\n" }
        StandardError.write(Array(text.utf8))
    }
}
