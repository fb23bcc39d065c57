// One run of gc_pauses.py, or of its likes in Java and Go, in a process of its own: what it printed, reduced to the time in which it measured.
import Foundation
import StillPlatform

/// Lines that the program prints.
private struct PhaseLine: Codable {
    var phase: String
    var nanoseconds: UInt64
}
private struct MutatorLine: Codable {
    struct Mutator: Codable {
        var began, ended: UInt64
        var steps: Int
        var binNanoseconds: UInt64
        var bins: [Int]
        var gapAt, gapLength, lookAt: [UInt64]
        var lookAlive: [Int]
        var watched, garbage: Int
    }
    var mutator: Mutator
}
private struct CallbackLine: Codable {
    struct Spans: Codable {
        var at, wall, cpu: [UInt64]
        var generation: [Int]
    }
    var pauses: Spans
}
private struct ResultLine: Codable {
    var began, ended: UInt64
    var operations, completed, full, collected, watched, reclaimed, table, live, kept: Int
}

/// Figures of one run.
public struct RunFigures: Codable, Sendable {
    /// The process did not do its work.
    public var failure: String?
    /// It did, but says nothing about collecting: fewer than ten collections were completed, or nothing was reclaimed.
    public var invalid: String?
    public var seconds = 0.0
    public var operations = 0
    /// Completed while measuring (the program's header says what counts), and of these the ones of the whole heap; -1: the runtime does not
    /// count them.
    public var completedCollections = 0
    public var fullCollections = 0
    /// Objects that the runtime says it has freed; 0 where it does not say.
    public var collectedObjects = 0
    /// Dead cycles that were watched, and those that were reclaimed before the end.
    public var watched = 0
    public var reclaimed = 0
    /// Dead containers not yet reclaimed: the most, and the median of all looks.
    public var mostOutstanding = 0
    public var medianOutstanding = 0
    /// Containers in the table; tracked objects beyond those at the start, when measuring ended and after a last gc.collect(). -1: not known.
    public var tableContainers = 0
    public var liveAtEnd = 0
    public var liveAfterCollect = 0
    /// Memory in use when the heap was aged, when measuring ended, and the most until then.
    public var agedBytes: Int?
    public var measuredBytes: Int?
    public var peakBytes: Int?
    /// Pauses that the log had lost before they were copied.
    public var lostPauses = 0
    public var buildSeconds = 0.0
    public var ageSeconds = 0.0

    static let neededCollections = 10

    mutating func judge() {
        if completedCollections < Self.neededCollections {
            invalid = "completed \(completedCollections) collections in \(String(format: "%.1f", seconds)) s, not \(Self.neededCollections)"
        } else if reclaimed == 0 {
            invalid = "reclaimed nothing of what it had dropped"
        }
    }
}

struct ProgramRun {
    /// What the program notes with its moment; shorter gaps are in bins.
    static let longGap: UInt64 = 102_400

    var figures = RunFigures()
    var pauses: [PauseSeries] = []
    /// Between two readings of a mutator's clock.
    var gaps = PauseHistogram()
    /// One for each mutator.
    var utilisations: [Utilisation] = []
    /// Seconds since the start of measuring, containers.
    var outstanding: [(at: Double, objects: Int)] = []
    /// The collector's log, of Stillpoint only.
    var log: GCLogFile?

    static func measure(_ child: ChildProcess, log path: String?) throws -> ProgramRun {
        var run = ProgramRun()
        var result: ResultLine?
        var spans: CallbackLine.Spans?
        var mutators: [MutatorLine.Mutator] = []
        let decoder = JSONDecoder()
        let outcome = try child.run { line, id in
            guard line.hasPrefix("{") else { return }
            let data = Data(line.utf8)
            if let phase = try? decoder.decode(PhaseLine.self, from: data) {
                run.note(phase.phase, Double(phase.nanoseconds) / 1e9, id)
            } else if let line = try? decoder.decode(MutatorLine.self, from: data) {
                mutators.append(line.mutator)
            } else if let line = try? decoder.decode(CallbackLine.self, from: data) {
                spans = line.pauses
            } else if let line = try? decoder.decode(ResultLine.self, from: data) {
                result = line
            }
        }
        run.figures.failure = outcome.failure
        // The process may be gone before its last line is looked at.
        run.figures.peakBytes = run.figures.peakBytes ?? outcome.peakBytes
        if outcome.failure != nil { return run }
        guard let result, !mutators.isEmpty else {
            run.figures.failure = "ended without its result"
            return run
        }
        run.take(result)
        run.take(mutators)
        if let path {
            do { run.take(try GCLogFile.read(path), result) } catch { run.figures.failure = "its log: \(error)" }
        } else if let spans {
            run.pauses = series(spans).map { $0.within(result.began, result.ended) }.filter { !$0.at.isEmpty }
        }
        run.figures.judge()
        return run
    }

    private mutating func note(_ phase: String, _ seconds: Double, _ id: Int32) {
        switch phase {
        case "built": figures.buildSeconds = seconds
        case "aged":
            figures.ageSeconds = seconds
            figures.agedBytes = ChildProcess.memory(of: id, "VmRSS")
        default:
            figures.measuredBytes = ChildProcess.memory(of: id, "VmRSS")
            figures.peakBytes = ChildProcess.memory(of: id, "VmHWM")
        }
    }

    private mutating func take(_ result: ResultLine) {
        figures.seconds = Double(result.ended - result.began) / 1e9
        figures.operations = result.operations
        figures.completedCollections = result.completed
        figures.fullCollections = result.full
        figures.collectedObjects = result.collected
        figures.watched = result.watched
        figures.reclaimed = result.reclaimed
        figures.tableContainers = result.table
        figures.liveAtEnd = result.live
        figures.liveAfterCollect = result.kept
    }

    private mutating func take(_ mutators: [MutatorLine.Mutator]) {
        var looks: [(at: UInt64, mutator: Int, objects: Double)] = []
        for (index, mutator) in mutators.enumerated() {
            for (bin, count) in mutator.bins.enumerated() where count > 0 {
                gaps.record(UInt64(bin) * mutator.binNanoseconds + mutator.binNanoseconds / 2, count: count)
            }
            for length in mutator.gapLength { gaps.record(length) }
            utilisations.append(
                Utilisation(gaps: zip(mutator.gapAt, mutator.gapLength).map { ($0, $1) }, from: mutator.began, to: mutator.ended))
            let each = mutator.watched == 0 ? 0 : Double(mutator.garbage) / Double(mutator.watched)
            for (at, alive) in zip(mutator.lookAt, mutator.lookAlive) { looks.append((at, index, Double(alive) * each)) }
        }
        let began = mutators.map(\.began).min() ?? 0
        var latest = [Double](repeating: 0, count: mutators.count)
        for look in looks.sorted(by: { $0.at < $1.at }) {
            latest[look.mutator] = look.objects
            outstanding.append((Double(look.at - began) / 1e9, Int(latest.reduce(0, +))))
        }
        let sorted = outstanding.map(\.objects).sorted()
        figures.mostOutstanding = sorted.last ?? 0
        figures.medianOutstanding = sorted.isEmpty ? 0 : sorted[sorted.count / 2]
    }

    /// Only the collector's own pauses: what the program itself asks for, such as gc.get_objects(), is not what is measured.
    private mutating func take(_ log: GCLogFile, _ result: ResultLine) {
        guard let origin = log.header.monotonic else { return }
        self.log = log
        figures.lostPauses = log.lostPauses
        var series: [String: PauseSeries] = [:]
        for pause in log.pauses where pause.kind.hasPrefix("collect") {
            let at = origin + pause.at
            guard at >= result.began && at < result.ended else { continue }
            series[pause.name, default: PauseSeries(kind: pause.name)].add(at, pause)
        }
        pauses = series.values.sorted { $0.kind < $1.kind }
    }

    private static func series(_ spans: CallbackLine.Spans) -> [PauseSeries] {
        var all: [PauseSeries] = []
        for generation in Set(spans.generation).sorted() {
            var series = PauseSeries(kind: "generation \(generation)")
            for index in spans.at.indices where spans.generation[index] == generation {
                series.at.append(spans.at[index])
                series.wall.append(spans.wall[index])
                series.cpu.append(spans.cpu[index])
            }
            all.append(series)
        }
        return all
    }
}

/// Pauses of one kind, or spans of one generation, in nanoseconds.
struct PauseSeries: Sendable {
    var kind: String
    /// When it was asked for, on the monotonic clock.
    var at: [UInt64] = []
    /// Until the world ran again.
    var wall: [UInt64] = []
    /// Processor time of who stopped the world; 0: not measured.
    var cpu: [UInt64] = []
    /// Until the last thread had stopped; part of `wall`.
    var timeToStop: [UInt64] = []

    init(kind: String) { self.kind = kind }

    mutating func add(_ at: UInt64, _ pause: GCLogFile.Pause) {
        self.at.append(at)
        wall.append(pause.wall)
        cpu.append(pause.cpu)
        timeToStop.append(pause.timeToStop)
    }

    /// Only the pauses that were asked for between two moments.
    func within(_ began: UInt64, _ ended: UInt64) -> PauseSeries {
        var kept = PauseSeries(kind: kind)
        for index in at.indices where at[index] >= began && at[index] < ended {
            kept.at.append(at[index])
            kept.wall.append(wall[index])
            kept.cpu.append(cpu[index])
            if index < timeToStop.count { kept.timeToStop.append(timeToStop[index]) }
        }
        return kept
    }
}
