// Runs one program to its end: its lines, the memory it had in use, and a limit to its time.
import Foundation
import StillPlatform
import Synchronization

/// The child that runs now; 0: none. Relaxed: one word, nothing else is read through it.
private let runningChild = Atomic<Int32>(0)

struct ChildProcess {
    /// A benchmark that is interrupted or terminated takes its child with it. Only calls that a signal handler may make.
    static func endWithUs() {
        for number in [SIGINT, SIGTERM, SIGHUP] {
            signal(number) { number in
                let child = runningChild.load(ordering: .relaxed)
                if child > 0 { kill(child, SIGKILL) }
                _exit(128 + number)
            }
        }
    }

    var executable: String
    var arguments: [String]
    /// Killed after this time.
    var limitSeconds: Double
    /// Added to this process's own.
    var environment: [String: String] = [:]
    /// Between two looks at its memory; its end is noticed as late as that.
    var sampleSeconds = 0.05
    /// Whether each look is kept in `memory`.
    var keepsMemory = false

    struct Outcome: Sendable {
        /// Standard output and standard error, in the order in which they arrived.
        var lines: [String] = []
        var exitCode: Int32 = 0
        var signalled = false
        var timedOut = false
        /// The most memory that was seen in use, in bytes; nil where the system does not tell.
        var peakBytes: Int?
        /// Memory in use at each look: seconds since the start, bytes.
        var memory: [(at: Double, bytes: Int)] = []

        /// Why the program counts as failed, with what it said.
        var failure: String? {
            let text = lines.filter { !$0.hasPrefix("{") }
            let said = text.suffix(5).joined(separator: " / ")
            let reason: String
            if timedOut {
                reason = "did not end in time and was killed"
            } else if signalled {
                reason = "died of signal \(exitCode)"
            } else if exitCode != 0 {
                reason = "ended with exit code \(exitCode)"
            } else {
                return nil
            }
            if signalled, let crash = text.firstIndex(where: { $0.hasPrefix("*** ") }) {
                // The line before says what the program was told, those behind where it was: as they stand.
                let shown = text[max(0, crash - 1)...].prefix(Self.crashLines + 1)
                return ([reason + ":"] + shown.map { "    " + $0 }).joined(separator: "\n")
            }
            return said.isEmpty ? reason : "\(reason): \(said)"
        }
        /// So much of a backtrace holds the frames that matter.
        private static let crashLines = 40
    }

    /// What the sampler shares with the reader.
    private final class Watch: Sendable {
        let ended = Atomic<Bool>(false)  // relaxed: only asks the sampler to end
        let timedOut = Atomic<Bool>(false)  // relaxed: read after the join
        let peak = Guarded<Int?>(nil)
        let memory = Guarded<[(at: Double, bytes: Int)]>([])
        let began = Clock.monotonicNanoseconds()

        func note(_ process: Int32) {
            guard let bytes = ChildProcess.memory(of: process, "VmRSS") else { return }
            memory.withLock { $0.append((Double(Clock.monotonicNanoseconds() - began) / 1e9, bytes)) }
        }
        func sample(_ process: Int32) {
            guard let bytes = ChildProcess.memory(of: process, "VmHWM") else { return }
            peak.withLock { $0 = max($0 ?? 0, bytes) }
        }
    }

    /// - Parameter onLine: called with every line at once, and with the process's id.
    func run(onLine: (String, Int32) -> Void = { _, _ in }) throws -> Outcome {
        let process = Foundation.Process()
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = arguments
        if !environment.isEmpty { process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 } }
        let pipe = Pipe()
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let id = process.processIdentifier
        runningChild.store(id, ordering: .relaxed)
        defer { runningChild.store(0, ordering: .relaxed) }
        let watch = Watch()
        let limit = Clock.monotonicNanoseconds() + UInt64(limitSeconds * 1e9)
        let (sampleSeconds, keepsMemory) = (sampleSeconds, keepsMemory)
        let sampler = try OSThread.start(name: "sampler", stackBytes: 1 << 20) {
            while !watch.ended.load(ordering: .relaxed) {
                watch.sample(id)
                if keepsMemory { watch.note(id) }
                if Clock.monotonicNanoseconds() > limit {
                    watch.timedOut.store(true, ordering: .relaxed)
                    kill(id, SIGKILL)
                    return
                }
                Thread.sleep(forTimeInterval: sampleSeconds)
            }
        }
        var outcome = Outcome()
        var rest = Data()
        while true {
            let data = pipe.fileHandleForReading.availableData
            if data.isEmpty { break }
            rest.append(data)
            while let end = rest.firstIndex(of: 10) {
                let line = String(decoding: rest[rest.startIndex..<end], as: UTF8.self)
                rest = Data(rest[rest.index(after: end)...])
                watch.sample(id)
                outcome.lines.append(line)
                onLine(line, id)
            }
        }
        if !rest.isEmpty { outcome.lines.append(String(decoding: rest, as: UTF8.self)) }
        // Ended first: the process's number may belong to another one afterwards.
        watch.ended.store(true, ordering: .relaxed)
        let waited = waitWithLimit(process, until: limit)
        sampler.join()
        outcome.timedOut = watch.timedOut.load(ordering: .relaxed) || !waited
        outcome.exitCode = process.terminationStatus
        outcome.signalled = process.terminationReason == .uncaughtSignal
        outcome.peakBytes = watch.peak.withLock { $0 }
        outcome.memory = watch.memory.withLock { $0 }
        return outcome
    }

    /// A program may close its output and go on: the limit holds for it too.
    private func waitWithLimit(_ process: Foundation.Process, until limit: UInt64) -> Bool {
        while process.isRunning {
            if Clock.monotonicNanoseconds() > limit {
                kill(process.processIdentifier, SIGKILL)
                process.waitUntilExit()
                return false
            }
            Thread.sleep(forTimeInterval: 0.005)
        }
        process.waitUntilExit()
        return true
    }

    /// A figure in bytes from /proc/PID/status: VmRSS, or VmHWM, which the system itself keeps as the maximum.
    static func memory(of process: Int32, _ name: String) -> Int? {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8) else { return nil }
        for line in text.split(separator: "\n") where line.hasPrefix(name + ":") {
            let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
            if words.count >= 2, let kibibytes = Int(words[1]) { return kibibytes * 1024 }
        }
        return nil
    }
}
