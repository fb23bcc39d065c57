// `still gc-report`: draws a log that `still run --gc-log` has written, or compares two.
import ArgumentParser
import BenchWorkloads
import StillPlatform

struct GCReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gc-report", abstract: "Draw a log of the collector, or compare two.",
        discussion: "still run --gc-log LOG PROGRAM writes one.")

    @Argument(help: "A log, or two to compare.") var logs: [String]
    @Option(help: "Also write a page with plots to this file; it needs nothing else.") var html: String?

    func validate() throws {
        if logs.count > 2 { throw ValidationError("gc-report takes one log, or two to compare.") }
    }

    func run() throws {
        do {
            let figures = try logs.map { GCLogFigures(try GCLogFile.read($0)) }
            if figures.count == 1 {
                print(figures[0].table, terminator: "")
            } else {
                print(GCLogFigures.comparisonTable(figures[0], figures[1]), terminator: "")
            }
            if let html {
                do throws(FileError) { try File.write(Array(GCLogPage.html(figures).utf8), to: html) } catch {
                    throw Self.failure("can't write \(html): [Errno \(error.code)] \(error.reason)")
                }
            }
        } catch let error as GCLogError { throw Self.failure(error.description) }
    }

    private static func failure(_ text: String) -> ExitCode {
        StandardError.write(Array("still: gc-report: \(text)\n".utf8))
        return ExitCode(1)
    }
}
