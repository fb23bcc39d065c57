// The report as text for a terminal.
import Foundation

extension CoreReport {
    /// One section for each contest: medians with half the distance between the quartiles, ratios, targets. What failed stands at the end.
    public var table: String {
        var text = header
        for section in sections { text += "\n" + section.table }
        if !summaries.isEmpty { text += "\n" }
        for summary in summaries {
            text += summary.line
        }
        for peer in missingPeers { text += "NOT COMPARED with \(peer.name): \(peer.missing!)\n" }
        for failure in failures { text += "FAILED \(failure)\n" }
        return text
    }

    private var header: String {
        var text = "machine     \(machine.processor), \(machine.cores) cores, kernel \(machine.kernel)"
        if let load = machine.loadAverage { text += ", load \(load) at the start" }
        if let load = loadAverageAtEnd { text += ", \(load) at the end" }
        text += "\nstillpoint  \(stillpoint.path), \(stillpoint.optimized ? "optimized" : "NOT OPTIMIZED"), \(toolchain)"
        text += stillpoint.checks ? ", WITH CHECKS: no figures for comparison\n" : "\n"
        for peer in peers where peer.missing == nil {
            text += "peer        \(peer.name)\(peer.version.map { " " + $0 } ?? "")\(peer.path.map { ": " + $0 } ?? "")\n"
            if let build = peer.build { text += "            \(build)\n" }
        }
        text += "each        a process of its own, in turn, \(rounds) \(rounds == 1 ? "round" : "rounds"): median ± half the distance between the quartiles\n"
        text += "ratio       above 1: stillpoint is better by that factor\n"
        return text
    }
}

private func verdict(_ met: Bool) -> String { met ? "met" : "NOT MET" }

extension CoreSummary {
    var line: String { "\(label): \(number(value)) (target \(target.statement)): \(verdict(met))\n" }
}

extension CoreSection {
    var table: String {
        var columns: [String] = []
        for row in rows where row.figures.count > columns.count { columns = row.figures.map(\.metric) }
        let hasRatio = rows.contains { $0.figures.contains { $0.ratio != nil } }
        var lines = [[title] + columns + (hasRatio ? ["ratio"] : [])]
        for row in rows {
            if row.figures.isEmpty {
                lines.append(["  " + row.name, row.notCompared.map { "NOT COMPARED: \($0)" } ?? "failed"])
                continue
            }
            var cells = ["  " + row.name]
            for column in columns {
                guard let figure = row.figures.first(where: { $0.metric == column }) else {
                    cells.append("")
                    continue
                }
                cells.append("\(number(figure.spread.median)) ±\(number(figure.spread.halfRange))")
            }
            if hasRatio { cells.append(row.figures.compactMap(\.ratio).first.map { String(format: "%.2f", $0) } ?? "") }
            lines.append(cells)
        }
        var text = ""
        for line in lines {
            var formatted = line[0] + String(repeating: " ", count: max(1, 34 - line[0].count))
            for cell in line.dropFirst() { formatted += String(repeating: " ", count: max(1, 17 - cell.count)) + cell }
            while formatted.last == " " { formatted.removeLast() }
            text += formatted + "\n"
        }
        for row in rows {
            for figure in row.figures {
                guard let target = figure.target, let met = figure.met else { continue }
                text += "  target \(figure.metric) \(target.statement): \(verdict(met)) (\(number(figure.spread.median)))\n"
            }
        }
        if let note { text += "  \(note)\n" }
        return text
    }
}
