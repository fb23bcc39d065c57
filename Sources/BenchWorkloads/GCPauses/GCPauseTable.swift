// The report as text for a terminal.
import Foundation

extension GCPauseReport {
    /// Milliseconds, counts and shares; what failed stands at the end.
    public var table: String {
        var text = header
        for configuration in configurations { text += "\n" + configuration.table }
        if !payload.isEmpty { text += "\n" + payloadTable }
        text += "\ntargets of Stillpoint\n"
        for target in targets {
            let verdict = target.met.map { $0 ? "met     " : "NOT MET " } ?? "UNKNOWN "
            text += "  \(verdict) \(target.statement): \(target.measured)\n"
        }
        for line in skipped { text += "NOT MEASURED \(line)\n" }
        for failure in failures { text += "FAILED \(failure)\n" }
        return text
    }

    private var header: String {
        var text = "machine      \(machine.processor), \(machine.cores) cores, kernel \(machine.kernel)"
        if let load = machine.loadAverage { text += ", load \(load) at the start" }
        text += "\nstillpoint   \(stillpoint.path), \(stillpoint.version), \(stillpoint.optimized ? "optimized" : "NOT OPTIMIZED")"
        text += stillpoint.checks ? ", WITH CHECKS: no figures for comparison\n" : "\n"
        for peer in peers {
            text += peer.name + String(repeating: " ", count: max(1, 13 - peer.name.count)) + "\(peer.path), \(peer.version)\n"
            text += "             built with \(peer.buildFlags)\n"
        }
        for line in notCompared { text += "NOT COMPARED \(line)\n" }
        text += "each         a process for each measurement, \(rounds) \(rounds == 1 ? "round" : "rounds"), runtimes in turn\n"
        return text
    }

    private var payloadTable: String {
        var text = pauseRow("10 kB payloads on cycles", ["live MiB", "peak MiB", "peak/live", "made/s"])
        for report in payload {
            if let failure = report.failure {
                text += pauseRow("  " + report.name, ["FAILED: \(failure)"])
            } else {
                text += pauseRow(
                    "  " + report.name,
                    [
                        mebibytes(report.liveBytes), mebibytes(report.peakBytes), report.ratio.map { String(format: "%.2f", $0) } ?? "?",
                        report.seconds > 0 ? String(format: "%.0f", Double(report.made) / report.seconds) : "?",
                    ])
            }
        }
        return text
    }
}

extension ConfigurationReport {
    fileprivate var table: String {
        var text = "\(liveContainers) live containers, \(mutators) \(mutators == 1 ? "mutator" : "mutators")"
        if let before = loadAverageBefore, let after = loadAverageAfter { text += "   (load \(before) to \(after))" }
        text += "\n" + pauseRow("  mutator gaps, ms", ["p50", "p99", "p99.9", "max", "of 1 ms", "of 10 ms", "of 100 ms", "kops/s"])
        text += pauseRow("    the machine's floor", ["", "", "", ms(floor.gaps.max)] + shares(floor.shares) + [""])
        for runtime in runtimes where !runtime.complete.isEmpty {
            let gaps = runtime.gaps
            text += pauseRow(
                "    " + runtime.name,
                [ms(gaps.p50), ms(gaps.p99), ms(gaps.p999), ms(gaps.max)] + shares(runtime.shares)
                    + [String(format: "%.0f", runtime.operationsPerSecond / 1000)])
        }
        text += pauseRow("  collector's pauses, ms", ["count", "p50", "p99", "p99.9", "max", "CPU p99.9", "CPU max", "to stop"])
        text += pauseRow(
            "    floor: 500 us of work",
            ["\(floor.pieces.count)", ms(floor.pieces.p50), ms(floor.pieces.p99), ms(floor.pieces.p999), ms(floor.pieces.max)])
        for runtime in runtimes {
            guard let pauses = runtime.pauses else { continue }
            text += pauseRow(
                "    " + runtime.name,
                [
                    "\(pauses.wall.count)", ms(pauses.wall.p50), ms(pauses.wall.p99), ms(pauses.wall.p999), ms(pauses.wall.max),
                    pauses.cpu.map { ms($0.p999) } ?? "", pauses.cpu.map { ms($0.max) } ?? "", pauses.timeToStop.map { ms($0.max) } ?? "",
                ])
        }
        text += pauseRow("  collections, garbage", ["completed", "full", "reclaimed", "most out", "median out", "kept", "aged MiB", "peak MiB", "seconds"])
        for runtime in runtimes { text += work(runtime) }
        return text
    }

    private func shares(_ report: ShareReport) -> [String] {
        [report.of1ms, report.of10ms, report.of100ms].map { share in share.map { String(format: "%.1f%%", $0 * 100) } ?? "-" }
    }

    /// Sums over the rounds, or the worst of them.
    private func work(_ runtime: RuntimeReport) -> String {
        let runs = runtime.complete
        guard !runs.isEmpty else { return pauseRow("    " + runtime.name, [runtime.runs.isEmpty ? "not measured" : "no run was completed"]) }
        let watched = runs.reduce(0) { $0 + $1.watched }
        let reclaimed = runs.reduce(0) { $0 + $1.reclaimed }
        let full = runs.contains { $0.fullCollections < 0 } ? -1 : runs.reduce(0) { $0 + $1.fullCollections }
        let kept = runs.map(\.liveAfterCollect).max() ?? -1
        var text = pauseRow(
            "    " + runtime.name,
            [
                "\(runs.reduce(0) { $0 + $1.completedCollections })", full < 0 ? "?" : "\(full)",
                watched == 0 ? "?" : String(format: "%.0f%%", Double(reclaimed) / Double(watched) * 100),
                "\(runs.map(\.mostOutstanding).max() ?? 0)", "\(runs.map(\.medianOutstanding).max() ?? 0)", kept < 0 ? "?" : "\(kept)",
                mebibytes(runs.compactMap(\.agedBytes).max()), mebibytes(runs.compactMap(\.peakBytes).max()),
                String(format: "%.1f", runs.reduce(0) { $0 + $1.seconds }),
            ])
        for why in runtime.invalid { text += "      INVALID: a run of \(runtime.name) \(why)\n" }
        if runs.contains(where: { $0.fullCollections == 0 && $0.invalid == nil }) {
            text += "      NOTE: \(runtime.name) completed no collection of the whole heap: its longest gaps are not among these\n"
        }
        let lost = runs.reduce(0) { $0 + $1.lostPauses }
        if lost > 0 { text += "      \(lost) pauses of \(runtime.name) had left the log before they were copied\n" }
        return text
    }
}

private func mebibytes(_ bytes: Int?) -> String { bytes.map { "\($0 >> 20)" } ?? "?" }

private func pauseRow(_ name: String, _ cells: [String]) -> String {
    var text = name + String(repeating: " ", count: max(1, 27 - name.count))
    for cell in cells { text += String(repeating: " ", count: max(1, 11 - cell.count)) + cell }
    while text.last == " " { text.removeLast() }
    return text + "\n"
}
