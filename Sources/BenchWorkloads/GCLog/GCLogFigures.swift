// What a log says in figures, as a table for a terminal, and two logs beside each other.
import Foundation

public struct GCLogFigures {
    let log: GCLogFile
    let all: KindReport
    let kinds: [KindReport]
    let utilisation: Utilisation
    static let windows: [(name: String, nanoseconds: UInt64)] = [("1 ms", 1_000_000), ("10 ms", 10_000_000), ("100 ms", 100_000_000)]

    public init(_ log: GCLogFile) {
        self.log = log
        all = Self.report("all pauses", log.pauses)
        let names = Set(log.pauses.map(\.name)).sorted()
        kinds = names.map { name in Self.report(name, log.pauses.filter { $0.name == name }) }
        utilisation = Utilisation(gaps: log.pauses.map { ($0.at, $0.wall) }, from: 0, to: log.duration)
    }

    private static func report(_ name: String, _ pauses: [GCLogFile.Pause]) -> KindReport {
        var (wall, cpu, stop) = (PauseHistogram(), PauseHistogram(), PauseHistogram())
        for pause in pauses {
            wall.record(pause.wall)
            if pause.cpu > 0 { cpu.record(pause.cpu) }
            stop.record(pause.timeToStop)
        }
        return KindReport(kind: name, wall: wall.figures, cpu: cpu.count == 0 ? nil : cpu.figures, timeToStop: stop.figures)
    }

    var seconds: Double { Double(log.duration) / 1e9 }
    var pausedShare: Double { log.duration == 0 ? 0 : Double(all.wall.total) / Double(log.duration) }
    var freed: Int { log.cycles.reduce(0) { $0 + $1.freed } }
    var bytesFreed: Int { log.cycles.reduce(0) { $0 + $1.bytesFreed } }
    var peakResident: Int { log.samples.map(\.resident).max() ?? 0 }
    var peakObjects: Int { (log.samples.compactMap(\.objects) + log.cycles.map(\.objectsBefore)).max() ?? 0 }

    /// What makes the figures say less than they seem to.
    var remarks: [String] {
        var remarks: [String] = []
        if log.exitCode == nil {
            remarks.append("The log has no end: the program was killed, or ended in a way that does not close it. It is read up to its last whole line.")
        }
        if log.isCut { remarks.append("The last line is cut off and left out.") }
        if log.lostPauses > 0 { remarks.append("\(log.lostPauses) pauses were overwritten before they were copied: percentiles miss them.") }
        if log.lostCycles > 0 { remarks.append("\(log.lostCycles) collections were overwritten before they were copied.") }
        if log.header.checks == true { remarks.append("Written by a checking build: its times say nothing about a release.") }
        if log.header.optimized == false { remarks.append("Written by a build that is not optimized.") }
        return remarks
    }

    var facts: [(name: String, text: String)] {
        var facts = [("log", log.path), ("program", (log.header.command ?? []).joined(separator: " "))]
        if let started = log.header.started {
            facts.append(("started", ISO8601DateFormatter().string(from: Date(timeIntervalSince1970: Double(started) / 1e9))))
        }
        facts.append(("still", "\(log.header.still), Python \(log.header.python ?? "?")"))
        facts.append(("machine", "\(log.header.machine ?? "?"), \(log.header.processors.map(String.init) ?? "?") processors, kernel \(log.header.kernel ?? "?")"))
        facts.append(("ran", String(format: "%.2f s", seconds) + (log.exitCode.map { ", exit code \($0)" } ?? ", no end in the log")))
        return facts
    }

    // MARK: Text

    public var table: String {
        var text = ""
        for fact in facts { text += fact.name.padding(toLength: 12, withPad: " ", startingAt: 0) + fact.text + "\n" }
        text += "\n" + Self.row("pauses, ms", ["count", "p50", "p99", "p99.9", "max", "max CPU", "max to stop"])
        for kind in [all] + kinds { text += Self.row(kind.kind, Self.cells(kind)) }
        text += "\n" + Self.row("", ["1 ms", "10 ms", "100 ms", "whole run"])
        text += Self.row("left to the program, least", shares)
        let mebibyte = 1024.0 * 1024
        text += "\n\(log.cycles.count) collections freed \(freed) objects and \(String(format: "%.1f", Double(bytesFreed) / mebibyte)) MiB of buffers"
        text += "; at most \(peakObjects) objects and \(String(format: "%.1f", Double(peakResident) / mebibyte)) MiB resident\n"
        if let last = log.cycles.last { text += "last collection: \(last.live) alive, \(last.freed) freed, \(ms(last.end - last.at)) ms, of these \(ms(last.paused)) ms in \(last.pauses) pauses\n" }
        for remark in remarks { text += "NOTE: \(remark)\n" }
        return text
    }

    /// At 1, 10 and 100 ms, and over the whole time.
    var shares: [String] {
        Self.windows.map { window in utilisation.minimum(window: window.nanoseconds).map(Self.percent) ?? "-" } + [Self.percent(utilisation.share)]
    }
    static func percent(_ share: Double) -> String { String(format: "%.1f%%", share * 100) }
    static func cells(_ kind: KindReport) -> [String] {
        let wall = kind.wall
        return [
            "\(wall.count)", ms(wall.p50), ms(wall.p99), ms(wall.p999), ms(wall.max), kind.cpu.map { ms($0.max) } ?? "", kind.timeToStop.map { ms($0.max) } ?? "",
        ]
    }
    static func row(_ name: String, _ cells: [String]) -> String {
        var text = name + String(repeating: " ", count: max(1, 30 - name.count))
        for cell in cells { text += String(repeating: " ", count: max(1, 12 - cell.count)) + cell }
        while text.last == " " { text.removeLast() }
        return text + "\n"
    }

    // MARK: Two logs

    /// Rows of (name, first, second, second to first).
    public static func comparison(_ a: GCLogFigures, _ b: GCLogFigures) -> [[String]] {
        var rows: [[String]] = []
        func add(_ name: String, _ first: Double?, _ second: Double?, _ format: String) {
            let ratio = first.flatMap { first in second.flatMap { first > 0 ? String(format: "%.2f", $0 / first) : nil } } ?? ""
            rows.append([name, first.map { String(format: format, $0) } ?? "-", second.map { String(format: format, $0) } ?? "-", ratio])
        }
        func million(_ value: UInt64?) -> Double? { value.map { Double($0) / 1e6 } }
        add("ran, s", a.seconds, b.seconds, "%.2f")
        add("pauses", Double(a.all.wall.count), Double(b.all.wall.count), "%.0f")
        add("pause p50, ms", million(a.all.wall.p50), million(b.all.wall.p50), "%.3f")
        add("pause p99, ms", million(a.all.wall.p99), million(b.all.wall.p99), "%.3f")
        add("pause p99.9, ms", million(a.all.wall.p999), million(b.all.wall.p999), "%.3f")
        add("longest pause, ms", million(a.all.wall.max), million(b.all.wall.max), "%.3f")
        add("longest pause, CPU ms", million(a.all.cpu?.max), million(b.all.cpu?.max), "%.3f")
        add("longest time to stop, ms", million(a.all.timeToStop?.max), million(b.all.timeToStop?.max), "%.3f")
        add("time in pauses, %", a.pausedShare * 100, b.pausedShare * 100, "%.2f")
        for window in windows {
            let name = "least share of \(window.name), %"
            add(name, a.utilisation.minimum(window: window.nanoseconds).map { $0 * 100 }, b.utilisation.minimum(window: window.nanoseconds).map { $0 * 100 }, "%.1f")
        }
        add("collections", Double(a.log.cycles.count), Double(b.log.cycles.count), "%.0f")
        add("objects freed", Double(a.freed), Double(b.freed), "%.0f")
        add("most objects", Double(a.peakObjects), Double(b.peakObjects), "%.0f")
        add("most resident, MiB", Double(a.peakResident) / 1048576, Double(b.peakResident) / 1048576, "%.1f")
        return rows
    }

    public static func comparisonTable(_ a: GCLogFigures, _ b: GCLogFigures) -> String {
        var text = ""
        for (name, figures) in [("A", a), ("B", b)] {
            text += "\(name)  \(figures.log.path): \((figures.log.header.command ?? []).joined(separator: " "))"
            text += ", still \(figures.log.header.still), \(figures.log.header.machine ?? "?")\n"
            for remark in figures.remarks { text += "   NOTE: \(remark)\n" }
        }
        text += "\n" + row("", ["A", "B", "B to A"])
        for cells in comparison(a, b) { text += row(cells[0], Array(cells.dropFirst())) }
        if a.log.header.machine != b.log.header.machine { text += "NOTE: the logs are of different machines.\n" }
        return text
    }
}

func ms(_ nanoseconds: UInt64?) -> String {
    guard let nanoseconds else { return "?" }
    return String(format: "%.3f", Double(nanoseconds) / 1e6)
}
