// `still bench gc-pauses --soak MINUTES`: memory stays flat, however long a program runs.
//
// Programs  Those of gc_memory.py that made other incremental collectors grow (each new chain linked to an old one; request-response
//           churn), payloads, and the work of gc_pauses.py with two threads. Each gets an equal part of the time, in a process of its own.
// Flat      The first fifth is for warming up. Of the rest, the median of the last quarter's memory may exceed that of the first quarter by a
//           twentieth or 16 MiB, whichever is more: a leak of what a program makes in a second is more than that within a minute.
import Foundation
import StillPlatform

public struct SoakReport: Codable, Sendable {
    public struct Program: Codable, Sendable {
        public var name: String
        public var failure: String?
        public var seconds: Double
        /// Medians over the first and the last quarter after warming up.
        public var earlyBytes: Int?
        public var lateBytes: Int?
        public var peakBytes: Int?
        public var made: Int
        /// nil: it failed, or there are too few looks at its memory.
        public var flat: Bool?
        /// (seconds, MiB)
        public var memory: [[Double]]
    }
    public var benchmark = "gc-pauses soak"
    public var machine: Machine
    public var still: String
    public var programs: [Program]
    public var passed: Bool { programs.allSatisfy { $0.flat == true } }

    public var table: String {
        func mebibytes(_ bytes: Int?) -> String { bytes.map { String(format: "%.1f", Double($0) / 1048576) } ?? "?" }
        func row(_ cells: [String]) -> String {
            var text = cells[0] + String(repeating: " ", count: max(1, 24 - cells[0].count))
            for cell in cells.dropFirst() { text += String(repeating: " ", count: max(1, 12 - cell.count)) + cell }
            return text + "\n"
        }
        var text = "machine     \(machine.processor), \(machine.cores) cores, kernel \(machine.kernel)\nstillpoint  \(still)\n\n"
        text += row(["program, MiB in use", "seconds", "early", "late", "peak", "verdict"])
        for program in programs {
            let verdict = program.flat.map { $0 ? "flat" : "GROWS" } ?? "FAILED"
            text += row([
                program.name, String(format: "%.0f", program.seconds), mebibytes(program.earlyBytes), mebibytes(program.lateBytes),
                mebibytes(program.peakBytes), verdict,
            ])
            if let failure = program.failure { text += "  FAILED: \(failure)\n" }
        }
        return text + (passed ? "memory is flat\n" : "MEMORY IS NOT FLAT, or a program failed\n")
    }

    public var page: String {
        var page = Page("Memory over time")
        page.lead("Programs that made other incremental collectors grow, each for minutes: memory that is flat after warming up leaks nothing.")
        page.list([(name: "machine", text: "\(machine.processor), \(machine.cores) cores"), (name: "stillpoint", text: still)])
        for program in programs {
            let points = program.memory.map { (x: $0[0], y: $0[1]) }
            page.add(
                Chart(
                    title: program.name, caption: program.flat.map { $0 ? "Flat." : "It grows." } ?? "It failed.",
                    x: Axis(label: "seconds", low: 0, high: max(program.seconds, 0.1)),
                    y: Axis(label: "MiB in use", low: 0, high: max(points.map(\.y).max() ?? 1, 1) * 1.05),
                    series: [Series(name: "resident", colour: 0, points: points)], height: 200))
        }
        return page.html
    }
}

public struct SoakBench {
    private let still: String
    private let programs: String
    private let minutes: Double
    private let progress: (String) -> Void

    /// - Parameter programs: folder of gc_memory.py and gc_pauses.py.
    public init(still: String, programs: String, minutes: Double, progress: @escaping (String) -> Void) {
        self.still = still
        self.programs = programs
        self.minutes = minutes
        self.progress = progress
    }

    public func run() throws -> SoakReport {
        ChildProcess.endWithUs()
        let runner = Contestant(name: "stillpoint", kind: .stillpoint, path: still, version: "", buildFlags: "")
        var report = SoakReport(machine: Machine.current(), still: still, programs: [])
        let memory = programs + "/gc_memory.py"
        let each = minutes * 60 / 4
        let work: [(String, [String])] = [
            ("chains", [memory, "chains", "5000", "\(each)"]), ("requests", [memory, "requests", "1000", "\(each)"]),
            ("payload", [memory, "payload", "5000", "\(each)"]), ("pauses, 2 threads", [programs + "/gc_pauses.py", "100000", "2", "\(each)"]),
        ]
        for (name, arguments) in work {
            progress("\(name): \(Int(each)) s")
            report.programs.append(Self.judge(name, try MemoryRun.measure(runner, arguments: arguments, seconds: each)))
        }
        return report
    }

    static func judge(_ name: String, _ run: MemoryRun) -> SoakReport.Program {
        var program = SoakReport.Program(
            name: name, failure: run.failure, seconds: run.seconds, peakBytes: run.peakBytes, made: run.made,
            memory: run.memory.map { [$0.at, Double($0.bytes) / 1048576] })
        let warm = run.memory.filter { $0.at >= run.seconds / 5 }
        guard run.failure == nil, warm.count >= 8 else {
            if run.failure == nil { program.failure = "was too short to look at its memory eight times" }
            return program
        }
        func median(_ part: ArraySlice<(at: Double, bytes: Int)>) -> Int { part.map(\.bytes).sorted()[part.count / 2] }
        let quarter = warm.count / 4
        let (early, late) = (median(warm.prefix(quarter)), median(warm.suffix(quarter)))
        program.earlyBytes = early
        program.lateBytes = late
        program.flat = late - early <= max(early / 20, 16 << 20)
        return program
    }
}
