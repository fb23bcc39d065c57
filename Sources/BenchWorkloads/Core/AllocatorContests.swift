// Allocator mixes: our heap against malloc of the C library, mimalloc, jemalloc and tcmalloc.
import Foundation

enum AllocatorContests {
    private static let metric = "ns CPU a pair"
    private static let peak = "peak KiB"
    private static let prefix = "allocator mix"
    private static let mimalloc = "mimalloc"

    private static let libraries = [
        (mimalloc, "libmimalloc.so.2", "libmimalloc2.0"), ("jemalloc", "libjemalloc.so.2", "libjemalloc2"),
        ("tcmalloc", "libtcmalloc_minimal.so.4", "libtcmalloc-minimal4"),
    ]

    static func all(_ options: CoreBench.Options, _ peers: inout PeerPrograms) -> [CoreContest] {
        let program = peers.compile("mix")
        let libc = PeerPrograms.answer("/usr/bin/env", ["ldd", "--version"])?.first
        peers.note(
            CorePeer(name: "malloc of the C library", path: program.path, version: libc, build: program.build, missing: program.missing))
        var rows = [("malloc of the C library", String?.none, program.missing)]
        for (name, file, package) in libraries {
            let path = peers.library(name, file, package: package)
            rows.append((name, path, path == nil ? "install \(package)" : program.missing))
        }
        let operations = options.quick ? 100_000 : 1_000_000
        let passes = options.quick ? 3 : 5
        func mix(_ threads: Int, _ remote: Int) -> CoreContest {
            let numbers = [threads, remote, operations, passes, 1]
            let contestants =
                [
                    CoreCatalog.ours(options, "mix", numbers),
                    CoreCatalog.ours(options, "mix-called", numbers, name: "stillpoint, malloc-shaped", role: .variant),
                ]
                + rows.map { name, path, missing in
                    CoreContestant(
                        name: name, role: .peer, executable: program.path, arguments: numbers.map(String.init),
                        environment: path.map { ["LD_PRELOAD": $0] } ?? [:], missing: missing)
                }
            let who = threads == 1 ? "1 thread" : "2 threads, \(remote) % remote frees"
            return CoreContest(
                title: "\(prefix), \(who)",
                metrics: [
                    CoreMetric(key: "nanosecondsCPU", label: metric, isCompared: true),
                    CoreMetric(key: "nanosecondsWall", label: "ns wall"), CoreMetric(key: "peakKiB", label: peak),
                ],
                contestants: contestants,
                note: "16 to 512 bytes; a pair: one allocation and its free; wall: of one thread; peak: at the moment of most blocks, beyond what was resident before; no pages of files",
                equalKeys: ["tape", "sum"])
        }
        return [mix(1, 0), mix(2, 0), mix(2, 10), mix(2, 50)]
    }

    /// Ratios to the best peer of each mix, and memory beside mimalloc's.
    static func summaries(_ sections: [CoreSection]) -> [CoreSummary] {
        var ratios: [Double] = []
        var peaks: [Double] = []
        for section in sections where section.title.hasPrefix(prefix) {
            let compared = section.rows.filter { $0.role == CoreContestant.Role.peer.rawValue }
            // The best of those that are there: with one missing the comparison says less, and the table says which.
            if let best = compared.compactMap({ $0.figures.compactMap(\.ratio).first }).min() { ratios.append(best) }
            func peakOf(_ row: CoreRow?) -> Double? { row?.figures.first { $0.metric == peak }?.spread.median }
            if let own = peakOf(section.rows.first), let theirs = peakOf(compared.first(where: { $0.name == mimalloc })), theirs > 0 {
                peaks.append(own / theirs)
            }
        }
        var summaries: [CoreSummary] = []
        func add(_ label: String, _ value: Double, _ target: CoreTarget) {
            summaries.append(CoreSummary(label: label, value: value, target: target, met: target.isMet(by: value)))
        }
        if let least = ratios.min() {
            let mean = exp(ratios.map { log($0) }.reduce(0, +) / Double(ratios.count))
            add("allocator mixes, geometric mean of the ratios to the best peer", mean, .atLeast(1.1))
            add("allocator mixes, least ratio to the best peer", least, .atLeast(0.9))
        }
        if let most = peaks.max() { add("allocator mixes, peak memory against mimalloc's, at the most", most, .atMost(1)) }
        return summaries
    }
}
