import BenchWorkloads
import Foundation
import StillPlatform
import Stillpoint
import Testing

struct GCLogTests {
    private static let header = """
        {"record":"header","format":"stillpoint-gc-log","version":1,"still":"0.1","command":["a.py"],"started":1,"monotonic":5}

        """
    private static let pause = """
        {"record":"pause","kind":"collect slice","phase":"marking","interpreter":0,"at":1000000,"wall":500000,"cpu":400000,"timeToStop":10,"queued":0}

        """

    private func file(_ text: String) throws -> String {
        let path = NSTemporaryDirectory() + "/still-log-\(StillPlatform.Process.id)-\(UInt64.random(in: 0...UInt64.max)).log"
        try File.write(Array(text.utf8), to: path)
        return path
    }
    private func refusal(_ text: String) throws -> String {
        let path = try file(text)
        defer { try? FileManager.default.removeItem(atPath: path) }
        do {
            _ = try GCLogFile.read(path)
            return ""
        } catch { return error.description }
    }

    @Test func whatIsNoLogIsRefusedWithAdvice() throws {
        #expect(try refusal("").contains("is empty"))
        #expect(try refusal("hello\n").contains("is not a gc log"))
        #expect(try refusal("hello\n").contains("still run --gc-log"))
        #expect(try refusal(Self.header.replacingOccurrences(of: "\"version\":1", with: "\"version\":2")).contains("version 2"))
        #expect(try refusal(Self.header + Self.pause + "{\"record\":\"pause\"}\n" + Self.pause).contains("line 3"))
        do {
            _ = try GCLogFile.read("/nonexistent/log")
            Issue.record("a file that is not there was read")
        } catch { #expect(error.description.contains("there is no file")) }
    }

    @Test func aKilledProcessLeavesAReadableLog() throws {
        let path = try file(Self.header + Self.pause + Self.pause.dropLast(20))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let table = GCLogFigures(try GCLogFile.read(path)).table
        #expect(table.contains("The last line is cut off"))
        #expect(table.contains("The log has no end"))
        #expect(table.contains("collect slice: marking"))
    }

    @Test func unknownRecordsAreSkipped() throws {
        let path = try file(Self.header + "{\"record\":\"weather\",\"sun\":true}\n" + Self.pause + "{\"record\":\"end\",\"at\":2000000,\"exit\":0}\n")
        defer { try? FileManager.default.removeItem(atPath: path) }
        let figures = GCLogFigures(try GCLogFile.read(path))
        #expect(!figures.table.contains("NOTE"))
        // Half a millisecond of the two that it ran.
        #expect(figures.table.contains("75.0%"))
    }

    /// What a program's run writes is what the reader understands.
    @Test func writerAndReaderAgree() throws {
        let path = try file("")
        defer { try? FileManager.default.removeItem(atPath: path) }
        let log = try GCLog(path: path, command: ["a \"quoted\"\n\u{1}name.py"])
        let interpreter = try Interpreter()
        try interpreter.run(source: Array("import gc\nfor _ in range(3):\n    x = []\n    x.append(x)\n    del x\n    gc.collect()\n".utf8))
        interpreter.close()
        #expect(log.finish(exitCode: 0) == nil)
        let table = GCLogFigures(try GCLogFile.read(path)).table
        #expect(table.contains("a \"quoted\"\n\u{1}name.py"))
        #expect(table.contains("collect start"))
        #expect(table.contains("exit code 0"))
        #expect(!table.contains("\n0 collections"))
        #expect(!table.contains("NOTE: The log has no end"))
        let page = GCLogPage.html([GCLogFigures(try GCLogFile.read(path))])
        #expect(page.contains("<svg") && page.hasSuffix("</html>\n"))
        #expect(!page.contains("<script") && !page.contains("src="))
    }
}
