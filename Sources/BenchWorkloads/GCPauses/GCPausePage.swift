// The report as a page with plots.
import Foundation

extension GCPauseReport {
    /// One file that needs nothing else.
    public var page: String {
        var page = Page("Garbage collection pauses")
        page.lead(
            "The same program on every runtime: threads that allocate, link, drop cycles and replace parts of a big, aged heap. A gap is the time between two readings of a thread's own clock, a few microseconds of work apart; whatever makes it longer, the thread has stood still.")
        var facts = [("machine", "\(machine.processor), \(machine.cores) cores, kernel \(machine.kernel)")]
        facts.append(
            (
                "stillpoint",
                "\(stillpoint.version), \(stillpoint.optimized ? "optimized" : "NOT OPTIMIZED")\(stillpoint.checks ? ", with checks: no figures for comparison" : "")"
            ))
        for peer in peers { facts.append((peer.name, "\(peer.version); built with \(peer.buildFlags)")) }
        for line in notCompared { facts.append(("not compared", line)) }
        page.list(facts.map { (name: $0.0, text: $0.1) })
        for configuration in configurations { draw(configuration, on: &page) }
        drawPayload(on: &page)
        page.heading("Targets of Stillpoint")
        page.table(["", "", "measured"], targets.map { [$0.statement, $0.met.map { $0 ? "met" : "not met" } ?? "unknown", $0.measured] })
        for failure in failures { page.paragraph("Failed: \(failure)") }
        return page.html
    }

    /// The same runtime has the same colour in every plot.
    private func colour(_ runtime: RuntimeReport) -> Int {
        runtime.isStillpoint ? 0 : 1 + (peers.firstIndex { $0.name == runtime.name } ?? 0)
    }

    private func draw(_ configuration: ConfigurationReport, on page: inout Page) {
        let runtimes = configuration.runtimes.filter { !$0.complete.isEmpty }
        page.heading("\(configuration.liveContainers) live containers, \(configuration.mutators) \(configuration.mutators == 1 ? "thread" : "threads")")
        page.add(
            Plots.percentiles(
                "Gaps that the threads see", "Percentiles of all gaps; each step of work is one.", runtimes.map { ($0.name, $0.gaps, colour($0)) }))
        page.add(shares(configuration, runtimes))
        page.add(
            Plots.percentiles(
                "The collector's own pauses",
                "As the runtime itself reports them. Floor: how much longer than 500 µs as many threads took that only computed for 500 µs.",
                runtimes.compactMap { runtime in runtime.pauses.map { (runtime.name, $0.wall, colour(runtime)) } }
                    + [("machine's floor", configuration.floor.pieces, nil)]))
        page.add(timeline(runtimes))
        page.add(garbage(configuration, runtimes))
        page.table(
            ["", "longest gap, ms", "p99.9, ms", "share of 10 ms", "share of 100 ms", "thousand operations/s", "collections", "most garbage", "peak MiB"],
            runtimes.map { runtime in
                [
                    runtime.name + (runtime.invalid.isEmpty ? "" : " (invalid: \(runtime.invalid[0]))"), ms(runtime.gaps.max), ms(runtime.gaps.p999),
                    percent(runtime.shares.of10ms), percent(runtime.shares.of100ms), String(format: "%.0f", runtime.operationsPerSecond / 1000),
                    "\(runtime.complete.reduce(0) { $0 + $1.completedCollections })", "\(runtime.complete.map(\.mostOutstanding).max() ?? 0)",
                    runtime.complete.compactMap(\.peakBytes).max().map { "\($0 >> 20)" } ?? "?",
                ]
            })
    }

    private func percent(_ share: Double?) -> String { share.map { String(format: "%.0f %%", $0 * 100) } ?? "-" }

    private func shares(_ configuration: ConfigurationReport, _ runtimes: [RuntimeReport]) -> Chart {
        var series = runtimes.map { Series(name: $0.name, colour: colour($0), points: points($0.shares)) }
        series.append(Series(name: "machine's floor", colour: nil, points: points(configuration.floor.shares)))
        return Chart(
            title: "Left to the threads", caption: "The least share of any window of that length, of the worst thread: higher is better.",
            x: .logarithmic("window, milliseconds", series.flatMap { $0.points.map(\.x) }, floor: 0.1),
            y: Axis(label: "% of the window", low: 0, high: 100), series: series)
    }
    private func points(_ shares: ShareReport) -> [(x: Double, y: Double)] { shares.curve.map { ($0[0], max(0, $0[1]) * 100) } }

    private func timeline(_ runtimes: [RuntimeReport]) -> Chart {
        // The longest strokes first, so that none hides another.
        let told = runtimes.filter { !$0.timeline.isEmpty }.sorted { ($0.pauses?.wall.p99 ?? 0) > ($1.pauses?.wall.p99 ?? 0) }
        let all = told.flatMap(\.timeline)
        return Chart(
            title: "Pauses over time", caption: "Each stroke is a pause that the runtime reports, from the last run.",
            x: Axis(label: "seconds", low: 0, high: max(all.map { $0[0] }.max() ?? 1, 0.1)),
            y: .logarithmic("milliseconds", all.map { $0[1] }, floor: 0.001),
            series: told.map { Series(name: $0.name, shape: .sticks, colour: colour($0), points: $0.timeline.map { ($0[0], $0[1]) }) }, height: 240)
    }

    private func garbage(_ configuration: ConfigurationReport, _ runtimes: [RuntimeReport]) -> Chart {
        let series = runtimes.map { Series(name: $0.name, colour: colour($0), points: $0.outstanding.map { ($0[0], $0[1]) }) }
        let all = series.flatMap(\.points)
        let limit = Double(configuration.liveContainers / 2 + 20_000)
        let end = max(all.map(\.x).max() ?? 1, 0.1)
        return Chart(
            title: "Garbage outstanding", caption: "Dead containers that were not reclaimed yet. Stillpoint's limit: half the live set and 20000.",
            x: Axis(label: "seconds", low: 0, high: end),
            y: Axis(label: "containers", low: 0, high: max(all.map(\.y).max() ?? 1, limit) * 1.05),
            series: series + [Series(name: "Stillpoint's limit", colour: nil, points: [(0, limit), (end, limit)])], height: 240)
    }

    private func drawPayload(on page: inout Page) {
        if payload.isEmpty { return }
        page.heading("Cycles that hold 10 kB each")
        page.paragraph("Memory in use at the most, to what the live instances alone need.")
        page.table(
            ["", "live MiB", "peak MiB", "peak to live"],
            payload.map { [$0.name, mib($0.liveBytes), mib($0.peakBytes), $0.ratio.map { String(format: "%.2f", $0) } ?? "?"] })
    }
    private func mib(_ bytes: Int?) -> String { bytes.map { "\($0 >> 20)" } ?? "?" }
}
