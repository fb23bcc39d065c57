// The contests of `still bench core`, with their targets.
import StillPlatform

enum CoreCatalog {
    static func contests(_ options: CoreBench.Options, _ peers: inout PeerPrograms) -> [CoreContest] {
        pauses(options) + threadCosts(options, &peers) + reclamation(options, &peers)
            + AllocatorContests.all(options, &peers) + turnover(options, &peers) + largeBlocks(options)
    }

    /// Figures over several contests.
    static func summaries(_ sections: [CoreSection]) -> [CoreSummary] { AllocatorContests.summaries(sections) }

    static func ours(
        _ options: CoreBench.Options, _ probe: String, _ numbers: [Int], name: String = "stillpoint",
        role: CoreContestant.Role = .stillpoint
    ) -> CoreContestant {
        CoreContestant(
            name: name, role: role, executable: options.still, arguments: [CoreProbe.command, probe] + numbers.map(String.init))
    }

    // MARK: Pauses

    private static func pauses(_ options: CoreBench.Options) -> [CoreContest] {
        let quick = options.quick
        // interpreters: nil for pauses of one.
        func contest(
            _ busy: Int, _ pauses: Int, gap: Int, median: Double?, p99: Double?, inMilliseconds: Bool = false, interpreters: Int? = nil
        ) -> CoreContest {
            let scale = inMilliseconds ? 1e6 : 1e3
            let unit = inMilliseconds ? "ms" : "us"
            let metrics = [
                CoreMetric(key: "p50", label: "p50 \(unit)", scale: scale, target: median.map { .atMost($0) }),
                CoreMetric(key: "p99", label: "p99 \(unit)", scale: scale, target: p99.map { .atMost($0) }),
                CoreMetric(key: "max", label: "max \(unit)", scale: scale),
                CoreMetric(key: "stop50", label: "to stop p50", scale: scale),
                CoreMetric(key: "stop99", label: "to stop p99", scale: scale),
            ]
            let threads = busy == 0 ? "the requester alone" : busy == 1 ? "one busy thread" : "\(busy) busy threads"
            let scope = interpreters.map { "pause of all \($0) interpreters" } ?? "pause of an interpreter"
            let contestant =
                interpreters.map { ours(options, "pause-of-all", [busy, pauses, gap, $0]) } ?? ours(options, "pause", [busy, pauses, gap])
            return CoreContest(title: "\(scope), \(threads)", metrics: metrics, contestants: [contestant])
        }
        return [
            contest(0, quick ? 20_000 : 200_000, gap: 0, median: 0.5, p99: nil),
            contest(1, quick ? 1000 : 10_000, gap: 20_000, median: 5, p99: 40),
            contest(2, quick ? 300 : 3000, gap: 20_000, median: nil, p99: nil),
            contest(16, quick ? 20 : 300, gap: 2_000_000, median: nil, p99: 20, inMilliseconds: true),
            contest(0, quick ? 20_000 : 200_000, gap: 0, median: nil, p99: nil, interpreters: 4),
            contest(1, quick ? 1000 : 10_000, gap: 20_000, median: nil, p99: nil, interpreters: 4),
            contest(2, quick ? 300 : 3000, gap: 20_000, median: nil, p99: nil, interpreters: 4),
            contest(16, quick ? 20 : 300, gap: 2_000_000, median: nil, p99: nil, inMilliseconds: true, interpreters: 4),
        ]
    }

    // MARK: What threads pay

    private static func threadCosts(_ options: CoreBench.Options, _ peers: inout PeerPrograms) -> [CoreContest] {
        let times = options.quick ? 2_000_000 : 20_000_000
        let program = peers.compile("qsbr", package: ("liburcu-qsbr", "liburcu-dev"))
        peers.noteUserspaceRCU(program)
        func contest(
            _ title: String, _ probe: String, times: Int, target: Double?, peerWork: String? = nil, peerNames: (String, String) = ("", "")
        ) -> CoreContest {
            var contestants = [ours(options, probe, [times])]
            if let peerWork {
                for (kind, name) in [("liburcu", peerNames.0), ("polled", peerNames.1)] {
                    contestants.append(
                        CoreContestant(
                            name: name, role: .peer, executable: program.path, arguments: [peerWork, kind, "\(times)"],
                            missing: program.missing))
                }
            }
            return CoreContest(
                title: title,
                metrics: [CoreMetric(key: "nanoseconds", label: "ns CPU", isCompared: true, target: target.map { .atMost($0) })],
                contestants: contestants)
        }
        return [
            contest("safepoint poll, nothing asked", "safepoint", times: times, target: nil),
            contest("detach and attach", "attach", times: times / 10, target: 40),
            contest(
                "quiescent report", "quiescent", times: times, target: 1, peerWork: "quiescent",
                peerNames: ("urcu_qsbr_quiescent_state", "plain C")),
            contest(
                "offline and online again", "online", times: times / 10, target: nil, peerWork: "online",
                peerNames: ("urcu_qsbr_thread_offline, _online", "plain C")),
        ]
    }

    // MARK: Deferred frees

    private static func reclamation(_ options: CoreBench.Options, _ peers: inout PeerPrograms) -> [CoreContest] {
        let updates = options.quick ? 200_000 : 4_000_000
        let program = peers.compile("qsbr", package: ("liburcu-qsbr", "liburcu-dev"))
        let work = [
            ("call_rcu", "liburcu call_rcu"), ("call_rcu_bounded", "liburcu call_rcu, held"), ("defer_rcu", "liburcu defer_rcu"),
            ("polled", "polled QSBR in C"),
        ]
        return [
            CoreContest(
                title: "deferred frees, a reader, an updater",
                metrics: [
                    CoreMetric(
                        key: "millionPerSecond", label: "M frees/s", higherIsBetter: true, isCompared: true, target: .atLeast(15)),
                    CoreMetric(key: "nanosecondsCPU", label: "ns CPU each"),
                    CoreMetric(key: "heldBlocks", label: "held blocks", target: .atMost(4096)),
                    CoreMetric(key: "heldKiB", label: "held KiB"),
                    CoreMetric(key: "nanosecondsRead", label: "ns CPU a read"),
                ],
                contestants: [
                    ours(options, "frees-own-blocks", [updates]),
                    ours(options, "frees", [updates], name: "stillpoint, malloc's blocks", role: .variant),
                ]
                    + work.map { kind, name in
                        CoreContestant(
                            name: name, role: .peer, executable: program.path, arguments: ["frees", kind, "\(updates)"],
                            missing: program.missing)
                    },
                note: "32-byte blocks: of its own heap for stillpoint, as in the runtime, of malloc for the others; "
                    + "held: blocks that wait to be freed, at the most; call_rcu, held: the updater waits at 4096")
        ]
    }

    // MARK: What is left behind

    private static func turnover(_ options: CoreBench.Options, _ peers: inout PeerPrograms) -> [CoreContest] {
        let python = peers.python(options.python, options.peerSources + "/turnover.py")
        func contest(_ title: String, _ probe: String, _ numbers: [Int], peers peerNumbers: [Int], target: Double?) -> CoreContest {
            CoreContest(
                title: title,
                metrics: [
                    CoreMetric(key: "microseconds", label: "us each", isCompared: true),
                    // Over so few as in a quick run the figure says what a process allocates once.
                    CoreMetric(key: "bytesEach", label: "bytes left each", target: options.quick ? nil : target.map { .atMost($0) }),
                ],
                contestants: [
                    ours(options, probe, numbers),
                    CoreContestant(
                        name: python.name, role: .peer, executable: options.python,
                        arguments: [python.program, probe] + peerNumbers.map(String.init), missing: python.missing),
                ],
                limitSeconds: 600, roundLimit: 3,
                note: "after a warm-up; \(numbers[0]) of them in each process, \(peerNumbers[0]) in the peer's")
        }
        let quick = options.quick
        return [
            contest(
                "interpreters made and closed", "interpreters", [quick ? 100 : 10_000, 0], peers: [quick ? 3 : 100, 0], target: 256),
            contest(
                "interpreters with 20000 lists", "interpreters", [quick ? 20 : 500, 20_000], peers: [quick ? 3 : 100, 20_000],
                target: nil),
            contest("short threads", "threads", [quick ? 500 : 10_000], peers: [quick ? 500 : 10_000], target: 16),
        ]
    }

    // MARK: Large blocks

    private static func largeBlocks(_ options: CoreBench.Options) -> [CoreContest] {
        let count = options.quick ? 30 : 250
        return [("large-buffers", "blocks that a second thread retires"), ("large-lists", "lists that a second thread resizes")].map {
            probe, title in
            CoreContest(
                title: "24 MB " + title,
                metrics: [
                    CoreMetric(key: "peakMiB", label: "peak MiB", target: .atMost(150)), CoreMetric(key: "milliseconds", label: "ms"),
                ],
                contestants: [ours(options, probe, [count])], limitSeconds: 300, roundLimit: 5,
                note: "\(count) of them; peak: beyond what was resident before")
        }
    }
}
