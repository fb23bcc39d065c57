// One run of gc_memory.py: what memory it took, over time.
import Foundation
import StillPlatform

struct MemoryRun: Sendable {
    var failure: String?
    /// When only the live things existed, and the most until the end.
    var liveBytes: Int?
    var peakBytes: Int?
    var made = 0
    var seconds = 0.0
    /// Seconds since the live things were built, bytes.
    var memory: [(at: Double, bytes: Int)] = []

    private struct PhaseLine: Codable {
        var phase: String
        var nanoseconds: UInt64
    }
    private struct MadeLine: Codable {
        var made: Int
    }

    static func measure(_ contestant: Contestant, program: String, _ name: String, live: Int, seconds: Double) throws -> MemoryRun {
        let numbers = [name, "\(live)", "\(seconds)"]
        return try measure(contestant, arguments: [program] + numbers, seconds: seconds)
    }

    /// - Parameter arguments: program and numbers. The phase before "measured" ends the building.
    static func measure(_ contestant: Contestant, arguments: [String], seconds: Double) throws -> MemoryRun {
        var child = ChildProcess(
            executable: contestant.path, arguments: (contestant.kind == .stillpoint ? ["run"] : []) + arguments, limitSeconds: 120 + 2 * seconds)
        child.keepsMemory = true
        child.sampleSeconds = seconds > 30 ? 0.25 : 0.05
        var run = MemoryRun()
        var builtAt = 0.0
        let began = Clock.monotonicNanoseconds()
        let decoder = JSONDecoder()
        let outcome = try child.run { line, id in
            let data = Data(line.utf8)
            if let phase = try? decoder.decode(PhaseLine.self, from: data) {
                if phase.phase == "measured" {
                    run.seconds = Double(phase.nanoseconds) / 1e9
                    run.peakBytes = ChildProcess.memory(of: id, "VmHWM")
                } else {
                    run.liveBytes = ChildProcess.memory(of: id, "VmRSS")
                    builtAt = Double(Clock.monotonicNanoseconds() - began) / 1e9
                }
            } else if let line = try? decoder.decode(MadeLine.self, from: data) {
                run.made = line.made
            }
        }
        run.failure = outcome.failure
        // The process may be gone before its last line is looked at.
        run.peakBytes = run.peakBytes ?? outcome.peakBytes
        if run.failure == nil && run.seconds == 0 { run.failure = "ended without its result" }
        run.memory = outcome.memory.filter { $0.at >= builtAt && $0.at <= builtAt + run.seconds }.map { ($0.at - builtAt, $0.bytes) }
        return run
    }
}
