// What `still bench lang` measures beside the kernels, with the targets: threads and interpreters that share nothing, what is left of both, pauses
// while bytecode runs, bytes for each object, the time to the first line.
import Foundation

enum LangCatalog {
    static let kernelsApart = ["recursion", "instances", "attributes", "containers", "text", "mixed"]
    static let objects = ["instances", "lists", "dicts", "strings", "floats", "tuples"]
    /// What bytes for each object are compared with.
    static let freeThreaded = "python3.13t"

    private static let bytesTitle = "bytes for each of a million "
    private static let plainStart = "start-up, no imports"
    private static let threadingStart = "start-up, import threading"

    static func contests(_ options: LangBench.Options, _ peers: [LangPeer]) -> [CoreContest] {
        let folder = URL(fileURLWithPath: options.program).deletingLastPathComponent().path
        let pythons = peers.filter { $0.name.hasPrefix("python") }
        return apart(options, folder, pythons) + leftovers(options) + [pauses(options)] + bytes(folder, options, pythons)
            + starts(options, folder, pythons)
    }

    private static func ours(_ options: LangBench.Options, _ words: [String], role: CoreContestant.Role = .stillpoint) -> CoreContestant {
        CoreContestant(name: "stillpoint", role: role, executable: options.still, arguments: words)
    }
    private static func peer(_ peer: LangPeer, _ words: [String]) -> CoreContestant {
        CoreContestant(
            name: peer.name, role: .peer, executable: peer.path, arguments: words,
            environment: peer.name == freeThreaded ? ["PYTHON_GIL": "0"] : [:], missing: peer.missing)
    }

    // MARK: Two of them

    private static func apart(_ options: LangBench.Options, _ folder: String, _ pythons: [LangPeer]) -> [CoreContest] {
        let metrics = [
            CoreMetric(key: "ofControl", label: "of the control", higherIsBetter: true, target: .atLeast(0.95)),
            CoreMetric(key: "gain", label: "two to one"), CoreMetric(key: "processes", label: "processes"),
        ]
        let program = folder + "/two_threads.py"
        let note = "control: two processes to one, which share nothing, measured by the same process"
        return kernelsApart.map { kernel in
            CoreContest(
                title: "two threads, \(kernel)", metrics: metrics,
                contestants: [ours(options, ["run", program, "--json", kernel, "1"])]
                    + pythons.map { peer($0, [program, "--json", kernel, "1"]) }, note: note)
        }
            + kernelsApart.map { kernel in
                CoreContest(
                    title: "two interpreters, \(kernel)", metrics: metrics,
                    contestants: [ours(options, [LangProbe.command, "interpreters-apart", program, kernel, "1"])], note: note)
            }
    }

    // MARK: What is left

    private static func leftovers(_ options: LangBench.Options) -> [CoreContest] {
        func contest(_ title: String, _ count: Int, _ words: [String], target: Double) -> CoreContest {
            CoreContest(
                title: title,
                metrics: [
                    CoreMetric(key: "bytesEach", label: "bytes left each", target: .atMost(target)),
                    CoreMetric(key: "microseconds", label: "us each"),
                ],
                contestants: [ours(options, words)], limitSeconds: 600, roundLimit: 1, note: "\(count), after a warm-up; growth of resident memory")
        }
        let interpreters = options.quick ? 40 : 1000
        let threads = options.quick ? 1000 : 10_000
        return [
            contest(
                "interpreters that import threading", interpreters, [LangProbe.command, "interpreters-threading", "\(interpreters)", "20000"],
                target: 4096),
            contest("Python threads that end", threads, [CoreProbe.command, "threads", "\(threads)"], target: 64),
        ]
    }

    // MARK: Pauses

    private static func pauses(_ options: LangBench.Options) -> CoreContest {
        CoreContest(
            title: "pause, the other thread in bytecode",
            metrics: [
                CoreMetric(key: "p50", label: "p50 us", scale: 1e3, target: .atMost(5)),
                CoreMetric(key: "p99", label: "p99 us", scale: 1e3, target: .atMost(40)),
                CoreMetric(key: "max", label: "max us", scale: 1e3), CoreMetric(key: "stop50", label: "to stop p50", scale: 1e3),
                CoreMetric(key: "stop99", label: "to stop p99", scale: 1e3),
            ],
            contestants: [ours(options, [LangProbe.command, "pause-in-bytecode", options.quick ? "1000" : "10000", "20000"])])
    }

    // MARK: Memory

    private static func bytes(_ folder: String, _ options: LangBench.Options, _ pythons: [LangPeer]) -> [CoreContest] {
        let program = folder + "/object_memory.py"
        return objects.map { kind in
            CoreContest(
                title: bytesTitle + kind, metrics: [CoreMetric(key: "bytes", label: "bytes", isCompared: true)],
                contestants: [ours(options, ["run", program, kind])] + pythons.map { peer($0, [program, kind]) }, roundLimit: 1)
        }
    }

    // MARK: The first line

    private static func starts(_ options: LangBench.Options, _ folder: String, _ pythons: [LangPeer]) -> [CoreContest] {
        func contest(_ title: String, _ program: String) -> CoreContest {
            let probe = [LangProbe.command, "start-up", options.quick ? "10" : "20"]
            func launched(_ contestant: CoreContestant) -> CoreContestant {
                var launched = contestant
                launched.arguments = probe + [contestant.executable] + contestant.arguments
                launched.executable = options.still
                return launched
            }
            return CoreContest(
                title: title,
                metrics: [
                    CoreMetric(key: "milliseconds", label: "ms", isCompared: true), CoreMetric(key: "least", label: "least"),
                ],
                contestants: [launched(ours(options, ["run", "\(folder)/\(program)"]))]
                    + pythons.map { launched(peer($0, ["-S", "-I", "\(folder)/\(program)"])) },
                note: "from posix_spawn to the first byte in a pipe; CPython with -S -I")
        }
        return [contest(plainStart, "first_line.py"), contest(threadingStart, "first_line_threading.py")]
    }

    // MARK: Figures that need two rows

    static func summaries(_ sections: [CoreSection]) -> [CoreSummary] {
        func part(_ section: CoreSection, _ metric: String, of name: String) -> Double? {
            func value(_ name: String) -> Double? {
                section.rows.first { $0.name == name }?.figures.first { $0.metric == metric }?.spread.median
            }
            guard let own = value("stillpoint"), let other = value(name), other > 0 else { return nil }
            return own / other
        }
        var summaries: [CoreSummary] = []
        func add(_ label: String, _ value: Double?, _ limit: Double) {
            guard let value else { return }
            let target = CoreTarget.atMost(limit)
            summaries.append(CoreSummary(label: label, value: value, target: target, met: target.isMet(by: value)))
        }
        for section in sections {
            if section.title.hasPrefix(bytesTitle) {
                let kind = section.title.dropFirst(bytesTitle.count)
                add("bytes, \(kind), to those of \(freeThreaded)", part(section, "bytes", of: freeThreaded), 0.7)
            } else if section.title == plainStart {
                add("\(plainStart), to \(LangBench.reference)", part(section, "ms", of: LangBench.reference), 1)
            } else if section.title == threadingStart {
                add("\(threadingStart), to \(LangBench.reference)", part(section, "ms", of: LangBench.reference), 1.5)
            }
        }
        return summaries
    }
}
