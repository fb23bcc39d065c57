// The report as text for a terminal.
import Foundation

extension GCPauseReport {
    /// Milliseconds, counts and shares; what failed stands at the end.
    public var table: String {
        var text = header
        for configuration in configurations { text += "\n" + configuration.table }
        text += "\n" + verdict
        for failure in failures { text += "FAILED \(failure)\n" }
        return text
    }

    private var header: String {
        var text = "machine     \(machine.processor), \(machine.cores) cores, kernel \(machine.kernel)"
        if let load = machine.loadAverage { text += ", load \(load) at the start" }
        text += "\nstillpoint  \(stillpoint.path), \(stillpoint.optimized ? "optimized" : "NOT OPTIMIZED")"
        text += stillpoint.checks ? ", WITH CHECKS: no figures for comparison\n" : "\n"
        if peer.found {
            text += "peer        \(peer.path), \(peer.version ?? "?"), \(peer.gilDisabled == true ? "free-threaded" : "with GIL")\n"
            text += "            built with \(peer.buildFlags ?? "?")\n"
        } else {
            text += "peer        NOT FOUND: \(peer.path) is not there; nothing is compared\n"
        }
        text += "each        \(seconds) s of measuring, \(rounds) \(rounds == 1 ? "round" : "rounds"), a process for each, runtimes in turn\n"
        return text
    }

    private var verdict: String {
        let name = "target: \(target.statement): "
        guard let met = target.met else { return name + "NOT MEASURED (no completed run of that size)\n" }
        return name + (met ? "met" : "NOT MET")
            + " (longest pause \(ms(target.longestPauseCPUNanoseconds)) ms CPU; longest step of a mutator \(ms(target.longestStepCPUNanoseconds)) ms CPU)\n"
    }
}

extension ConfigurationReport {
    private var measured: [RuntimeReport] { runtimes.filter { !$0.complete.isEmpty } }

    fileprivate var table: String {
        var text = "\(liveContainers) live containers, \(mutators) \(mutators == 1 ? "mutator" : "mutators")"
        if let before = loadAverageBefore, let after = loadAverageAfter { text += "   (load \(before) to \(after))" }
        text += "\n" + row("pauses, ms", ["count", "p50", "p99", "p99.9", "max", "max CPU", "share"])
        for runtime in measured {
            text += lengths(runtime.name, runtime.pauses, share: runtime.pauseShare)
            for kind in runtime.kinds { text += lengths("  " + kind.kind, kind, share: nil) }
        }
        text += row("hiccups, ms", ["count", "p50", "p99", "p99.9", "max", "", ""])
        text += lengths("idle machine", KindReport(kind: "", wall: idleHiccups), share: nil)
        for runtime in measured {
            text += lengths("beside " + runtime.name, KindReport(kind: "", wall: runtime.hiccups), share: nil)
        }
        text += row("", ["full gcs", "young", "collected", "live", "kept", "peak MiB", "growth", "step CPU", "kops/s", "ratio"])
        for runtime in runtimes { text += work(runtime) }
        return text
    }

    private func lengths(_ name: String, _ kind: KindReport, share: Double?) -> String {
        let wall = kind.wall
        return row(
            name,
            [
                "\(wall.count)", ms(wall.p50), ms(wall.p99), ms(wall.p999), ms(wall.max), kind.cpu.map { ms($0.max) } ?? "",
                share.map { String(format: "%.1f%%", $0 * 100) } ?? "",
            ])
    }

    /// Sums over the rounds, or the worst of them.
    private func work(_ runtime: RuntimeReport) -> String {
        let runs = runtime.complete
        guard !runs.isEmpty else { return row(runtime.name, ["no run was completed"]) }
        func mebibytes(_ bytes: Int?) -> String { bytes.map { "\($0 >> 20)" } ?? "?" }
        let growth = runs.compactMap { run in run.measuredBytes.flatMap { end in run.agedBytes.map { end - $0 } } }.max()
        var text = row(
            runtime.name,
            [
                "\(runs.reduce(0) { $0 + $1.fullCollections })", "\(runs.reduce(0) { $0 + $1.youngCollections })",
                "\(runs.reduce(0) { $0 + $1.collectedObjects })", "\(runs.map(\.liveAtEnd).max() ?? 0)",
                "\(runs.map(\.liveAfterCollect).max() ?? 0)", mebibytes(runs.compactMap(\.peakBytes).max()), mebibytes(growth),
                ms(runs.map(\.longestStepCPUNanoseconds).max()), String(format: "%.0f", runtime.operationsPerSecond / 1000),
                runtime.isPeer ? "" : throughputRatio.map { String(format: "%.2f", $0) } ?? "",
            ])
        let lost = runs.reduce(0) { $0 + $1.lostPauses }
        for run in runs where run.fullCollections == 0 {
            text += "  \(runtime.name) completed no full collection in \(String(format: "%.1f", run.seconds)) s\n"
        }
        if lost > 0 { text += "  \(lost) pauses of \(runtime.name) had left the log before they were copied\n" }
        return text
    }
}


private func row(_ name: String, _ cells: [String]) -> String {
    var text = name + String(repeating: " ", count: max(1, 27 - name.count))
    for cell in cells { text += String(repeating: " ", count: max(1, 10 - cell.count)) + cell }
    while text.last == " " { text.removeLast() }
    return text + "\n"
}
