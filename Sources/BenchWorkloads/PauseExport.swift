// The child's side: runs a program in this process and prints every pause of its interpreter as a line of JSON.
//
// The log is a ring, so a thread copies it out while the program runs, seldom enough not to be seen in the figures.
import Foundation
import StillGC
import StillPlatform
import StillThreadRegistry
import Stillpoint
import Synchronization

/// Pauses of one reason, or spans of one generation, in nanoseconds.
struct PauseSeries: Codable, Sendable {
    var kind: String
    /// When it was asked for, on the monotonic clock.
    var at: [UInt64] = []
    /// Until the world ran again.
    var wall: [UInt64] = []
    /// Processor time of who stopped the world; 0: not measured.
    var cpu: [UInt64] = []
    /// Until the last thread had stopped; part of `wall`.
    var timeToStop: [UInt64] = []
}

struct PauseExport: Codable, Sendable {
    var stillpointPauses: [PauseSeries]
    /// Pauses that had left the log before they were copied.
    var lost: Int
}

public enum MeasuredProgram {
    /// A slice is named after the phase in which it began; it may have gone on into the next.
    private static func kind(of record: PauseRecord) -> String {
        guard record.reason == .collectSlice, let raw = UInt8(exactly: record.detail), let phase = CollectionPhase(rawValue: raw)
        else { return record.reason.name }
        return "collect slice: \(phase)"
    }

    /// Runs the program like `still run` and prints its pauses after its own output.
    ///
    /// - Returns: the exit code.
    public static func run(file: String, arguments: [String]) -> Int32 {
        let first = PauseLog.nextSequence
        let records = Guarded<[PauseRecord]>([])
        let copyNew: @Sendable () -> Void = {
            records.withLock { known in
                let next = known.last.map { $0.sequence + 1 } ?? first
                known.append(contentsOf: PauseLog.read(from: next))
            }
        }
        // Ends with the process.
        let copier = try? OSThread.start(name: "pause copier", stackBytes: 1 << 20) {
            while true {
                Thread.sleep(forTimeInterval: 2)
                copyNew()
            }
        }
        copier?.detach()
        let code: Int32
        do {
            let source = try File.read(file)
            let interpreter = try Interpreter(path: [URL(fileURLWithPath: file).deletingLastPathComponent().path], arguments: [file] + arguments)
            code = interpreter.runProgram(source: source, filename: file)
        } catch {
            StandardError.write(Array("still: \(file): \(error)\n".utf8))
            return 2
        }
        copyNew()
        let all = records.withLock { $0 }
        var export = PauseExport(stillpointPauses: [], lost: Int(PauseLog.nextSequence - first) - all.count)
        var known: [String: Int] = [:]
        for record in all {
            let kind = kind(of: record)
            if known[kind] == nil {
                known[kind] = export.stillpointPauses.count
                export.stillpointPauses.append(PauseSeries(kind: kind))
            }
            let index = known[kind]!
            export.stillpointPauses[index].at.append(record.requestedAt)
            export.stillpointPauses[index].wall.append(record.wallNanoseconds)
            export.stillpointPauses[index].cpu.append(record.cpuNanoseconds)
            export.stillpointPauses[index].timeToStop.append(record.timeToStopNanoseconds)
        }
        export.stillpointPauses.sort { $0.kind < $1.kind }
        guard var line = try? JSONEncoder().encode(export) else {
            StandardError.write(Array("still: the pauses are no JSON\n".utf8))
            return 1
        }
        line.append(10)
        FileHandle.standardOutput.write(line)
        return code
    }
}
