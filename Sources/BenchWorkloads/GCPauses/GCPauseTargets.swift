// The promises, judged by what was measured. A promise that is not kept is no failure of the benchmark.
import Foundation

enum GCPauseTargets {
    private static func milliseconds(_ nanoseconds: UInt64) -> Double { Double(nanoseconds) / 1e6 }
    private static func text(_ value: Double) -> String { String(format: "%.2f", value) }

    static func judge(_ configurations: [ConfigurationReport], _ payload: [PayloadReport]) -> [TargetReport] {
        var targets: [TargetReport] = []
        for configuration in configurations { targets += judge(configuration) }
        targets += growth(configurations)
        if let ours = payload.first(where: { $0.isStillpoint }) {
            targets.append(
                TargetReport(
                    statement: "10 kB payloads on cycles: peak memory at most 1.5 times live memory", met: ours.ratio.map { $0 <= 1.5 },
                    measured: ours.ratio.map(text) ?? "?"))
        }
        return targets
    }

    private static func judge(_ configuration: ConfigurationReport) -> [TargetReport] {
        guard let ours = configuration.stillpoint, !ours.complete.isEmpty else { return [] }
        let floor = configuration.floor
        let place = "\(configuration.liveContainers) live, \(configuration.mutators) \(configuration.mutators == 1 ? "mutator" : "mutators"): "
        // An invalid run keeps no promise, but it can break one.
        let valid = ours.invalid.isEmpty
        var targets: [TargetReport] = []
        func add(_ statement: String, _ met: Bool?, _ measured: String) {
            targets.append(TargetReport(statement: place + statement, met: valid || met == false ? met : nil, measured: valid ? measured : measured + ", in an invalid run"))
        }
        if let pauses = ours.pauses {
            if let cpu = pauses.cpu {
                let (often, most) = (milliseconds(cpu.p999), milliseconds(cpu.max))
                add("pauses, CPU time: p99.9 at most 1 ms, longest 2 ms", often <= 1 && most <= 2, "\(text(often)), \(text(most)) ms")
            }
            let (often, most) = (milliseconds(pauses.wall.p999), milliseconds(pauses.wall.max))
            let (oftenLimit, mostLimit) = (max(1, milliseconds(floor.pieces.p999) + 0.5), milliseconds(floor.pieces.max) + 2)
            add(
                "pauses, wall time: p99.9 at most 1 ms or the floor's + 0.5 ms, longest the floor's + 2 ms", often <= oftenLimit && most <= mostLimit,
                "\(text(often)), \(text(most)) ms; limits \(text(oftenLimit)), \(text(mostLimit))")
        }
        let gap = milliseconds(ours.gaps.max)
        let limit = milliseconds(floor.gaps.max) + 5
        add("longest mutator gap at most the floor's + 5 ms", gap <= limit, "\(text(gap)) ms; limit \(text(limit))")
        for (name, own, machine, least) in [
            ("10 ms", ours.shares.of10ms, floor.shares.of10ms, 0.5), ("100 ms", ours.shares.of100ms, floor.shares.of100ms, 0.75),
        ] {
            guard let own, let machine else { continue }
            let share = own + (1 - machine)
            add(
                "mutators get at least \(Int(least * 100)) % of any \(name), what the machine takes not counted", share >= least,
                String(format: "%.0f %% (%.0f %% with it)", min(share, 1) * 100, own * 100))
        }
        let outstanding = ours.complete.map(\.mostOutstanding).max() ?? 0
        let allowed = configuration.liveContainers / 2 + 20_000
        add("garbage outstanding at most half the live set + 20000", outstanding <= allowed, "\(outstanding); limit \(allowed)")
        if configuration.liveContainers == 1_000_000 {
            for (name, factor) in [("python3.13t", 3.5), ("pypy3", 1.0)] {
                let peer = configuration.runtimes.first { $0.name == name && $0.operationsPerSecond > 0 }
                let ratio = peer.map { ours.operationsPerSecond / $0.operationsPerSecond }
                add("work done: at least \(text(factor)) times \(name)'s", ratio.map { $0 >= factor }, ratio.map(text) ?? "\(name) was not compared")
            }
        }
        return targets
    }

    /// Pauses do not grow with the heap.
    private static func growth(_ configurations: [ConfigurationReport]) -> [TargetReport] {
        var targets: [TargetReport] = []
        for mutators in Set(configurations.map(\.mutators)).sorted() {
            func longest(_ live: Int) -> UInt64? {
                configurations.first { $0.liveContainers == live && $0.mutators == mutators }?.stillpoint?.pauses?.cpu?.p999
            }
            guard let small = longest(100_000), let big = longest(10_000_000), small > 0 else { continue }
            let ratio = Double(big) / Double(small)
            targets.append(
                TargetReport(
                    statement: "\(mutators) mutators: pauses at 10 million at most 1.5 times those at 100000 (CPU, p99.9)", met: ratio <= 1.5, measured: text(ratio)))
        }
        return targets
    }
}
