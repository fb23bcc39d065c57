// One run of gc_pauses.py in a process of its own: what it printed, reduced to the time in which it measured.
import Foundation
import StillPlatform

/// Lines that the program prints.
private struct PhaseLine: Codable {
    var phase: String
    var nanoseconds: UInt64
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
    var operations: Int
    var longestStep, longestStepCPU: UInt64
    var longSteps: Int
    var collections: [Int]
    var collected, table, live, kept: Int
}

/// Figures of one run.
public struct RunFigures: Codable, Sendable {
    public var failure: String?
    public var seconds = 0.0
    public var operations = 0
    /// The longest of the mutators' steps (64 operations), by the clock on the wall and by their own processor time: what collecting
    /// costs a mutator beside pauses shows here. And the steps above 5 ms of processor time.
    public var longestStepNanoseconds: UInt64 = 0
    public var longestStepCPUNanoseconds: UInt64 = 0
    public var longSteps = 0
    /// Completed while measuring: full collections, and those of younger generations.
    public var fullCollections = 0
    public var youngCollections = 0
    public var collectedObjects = 0
    /// Containers in the table; tracked objects beyond those at the start, when measuring ended and after a last gc.collect().
    public var tableContainers = 0
    public var liveAtEnd = 0
    public var liveAfterCollect = 0
    /// Memory in use when the heap was aged, when measuring ended, and the most over the whole run.
    public var agedBytes: Int?
    public var measuredBytes: Int?
    public var peakBytes: Int?
    /// Pauses that the log had lost before they were copied.
    public var lostPauses = 0
    public var buildSeconds = 0.0
    public var ageSeconds = 0.0
}

struct ProgramRun {
    var figures = RunFigures()
    var pauses: [PauseSeries] = []
    var hiccups = PauseHistogram()

    /// - Parameter isPeer: the collector's pauses are the spans of gc.callbacks; otherwise they come from the runtime's pause log.
    static func measure(_ child: ChildProcess, isPeer: Bool) throws -> ProgramRun {
        var run = ProgramRun()
        var result: ResultLine?
        var spans: CallbackLine.Spans?
        var export: PauseExport?
        let decoder = JSONDecoder()
        var meter: HiccupMeter?
        let outcome = try child.run { line, id in
            guard line.hasPrefix("{") else { return }
            let data = Data(line.utf8)
            if let phase = try? decoder.decode(PhaseLine.self, from: data) {
                let seconds = Double(phase.nanoseconds) / 1e9
                switch phase.phase {
                case "built": run.figures.buildSeconds = seconds
                case "aged":
                    run.figures.ageSeconds = seconds
                    run.figures.agedBytes = ChildProcess.memory(of: id, "VmRSS")
                    let started = HiccupMeter()
                    if (try? started.start()) != nil { meter = started }
                default:
                    run.figures.measuredBytes = ChildProcess.memory(of: id, "VmRSS")
                    if let meter { run.hiccups = meter.stop() }
                    meter = nil
                }
            } else if let line = try? decoder.decode(CallbackLine.self, from: data) {
                spans = line.pauses
            } else if let line = try? decoder.decode(ResultLine.self, from: data) {
                result = line
            } else if let line = try? decoder.decode(PauseExport.self, from: data) {
                export = line
            }
        }
        _ = meter?.stop()
        run.figures.peakBytes = outcome.peakBytes
        run.figures.failure = outcome.failure
        if outcome.failure != nil { return run }
        guard let result, let spans, isPeer || export != nil else {
            run.figures.failure = "ended without its result"
            return run
        }
        run.take(result)
        let all = isPeer ? series(spans) : export!.stillpointPauses
        run.figures.lostPauses = export?.lost ?? 0
        run.pauses = all.map { $0.within(result.began, result.ended) }.filter { !$0.at.isEmpty }
        return run
    }

    private mutating func take(_ result: ResultLine) {
        figures.seconds = Double(result.ended - result.began) / 1e9
        figures.operations = result.operations
        figures.longestStepNanoseconds = result.longestStep
        figures.longestStepCPUNanoseconds = result.longestStepCPU
        figures.longSteps = result.longSteps
        figures.fullCollections = result.collections.last ?? 0
        figures.youngCollections = result.collections.dropLast().reduce(0, +)
        figures.collectedObjects = result.collected
        figures.tableContainers = result.table
        figures.liveAtEnd = result.live
        figures.liveAfterCollect = result.kept
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

extension PauseSeries {
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
