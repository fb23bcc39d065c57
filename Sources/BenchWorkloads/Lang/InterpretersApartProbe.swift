// How much more two interpreters do on two threads than one does on one, beside two processes to one.
//
// The four runs of a round follow each other at once, each of some tenths of a second, and a round's ratio of the two gains is its figure: what the
// machine had to give in that second is taken out. Making interpreters, importing and a run to warm up come before the clock starts.
import Foundation
import StillPlatform
import StillThreadRegistry
import Stillpoint
import Synchronization

enum InterpretersApartProbe {
    /// - Parameter program: a module of kernels, functions without parameters.
    static func run(program: String, kernel: String, rounds: Int) throws -> CoreProbe.Values {
        let url = URL(fileURLWithPath: program)
        let work = Work(folder: url.deletingLastPathComponent().path, module: url.deletingPathExtension().lastPathComponent, kernel: kernel)
        let base = try work.interpreter()
        var repeats = 1
        while true {
            let start = Clock.monotonicNanoseconds()
            try base.run(source: work.text(repeats))
            let passed = Clock.monotonicNanoseconds() - start
            if passed > 100_000_000 {
                repeats = max(1, Int(Double(repeats) * 2.5e8 / Double(passed)))
                break
            }
            repeats *= 4
        }
        var gains: (threads: [Double], processes: [Double], part: [Double]) = ([], [], [])
        for _ in 0..<max(1, rounds) {
            let threads = 2 * (try onThreads(1, work, repeats)) / (try onThreads(2, work, repeats))
            let processes = 2 * (try inProcesses(1, base, work, repeats)) / (try inProcesses(2, base, work, repeats))
            gains.threads.append(threads)
            gains.processes.append(processes)
            gains.part.append(threads / processes)
        }
        base.close()
        return [
            "gain": CoreSpread(gains.threads).median, "processes": CoreSpread(gains.processes).median,
            "ofControl": CoreSpread(gains.part).median,
        ]
    }

    private struct Work: Sendable {
        var folder, module, kernel: String
        func text(_ repeats: Int) -> [UInt8] {
            Array("import \(module)\nfor _ in range(\(repeats)): \(module).\(kernel)()\n".utf8)
        }
        /// Imported and warm.
        func interpreter() throws -> Stillpoint.Interpreter {
            let made = try Stillpoint.Interpreter(path: [folder], stdlib: Stillpoint.Interpreter.locateStandardLibrary())
            try made.run(source: text(1))
            return made
        }
    }

    private final class Line: Sendable {
        let ready = Atomic<Int>(0)  // relaxed: counts; joining orders the rest
        let go = Atomic<Bool>(false)  // relaxed: only awaited
        let last = Guarded<UInt64>(0)
        let failure = Guarded<String?>(nil)
    }

    /// Seconds from the start of all to the end of the last.
    private static func onThreads(_ count: Int, _ work: Work, _ repeats: Int) throws -> Double {
        let line = Line()
        let threads = ProbeThreads()
        for _ in 0..<count {
            try threads.start("apart", stackBytes: 8 << 20) {
                do {
                    let interpreter = try work.interpreter()
                    line.ready.wrappingAdd(1, ordering: .relaxed)
                    while !line.go.load(ordering: .relaxed) { OSThread.yield() }
                    try interpreter.run(source: work.text(repeats))
                    let end = Clock.monotonicNanoseconds()
                    line.last.withLock { $0 = max($0, end) }
                    interpreter.close()
                } catch {
                    line.failure.withLock { $0 = "\(error)" }
                    line.ready.wrappingAdd(1, ordering: .relaxed)
                }
            }
        }
        while line.ready.load(ordering: .relaxed) < count { OSThread.sleep(nanoseconds: 200_000) }
        let start = Clock.monotonicNanoseconds()
        line.go.store(true, ordering: .relaxed)
        threads.join()
        if let failure = line.failure.withLock({ $0 }) { throw BenchError("an interpreter failed: \(failure)") }
        return Double(line.last.withLock { $0 } - start) / 1e9
    }

    /// The same in processes forked from this one.
    private static func inProcesses(_ count: Int, _ base: Stillpoint.Interpreter, _ work: Work, _ repeats: Int) throws -> Double {
        var gate: [Int32] = [0, 0]
        var answers: [Int32] = [0, 0]
        guard pipe(&gate) == 0, pipe(&answers) == 0 else { throw BenchError("no pipe: error \(errno)") }
        defer { for end in [gate[0], answers[0], answers[1]] { close(end) } }
        var children: [Int32] = []
        for _ in 0..<count {
            switch try base.fork() {
            case .parent(let child): children.append(child)
            case .child:
                close(gate[1])
                var byte: UInt8 = 0
                var code: Int32 = 0
                _ = read(gate[0], &byte, 1)
                do { try base.run(source: work.text(repeats)) } catch { code = 1 }
                var end = Clock.monotonicNanoseconds()
                _ = write(answers[1], &end, 8)
                _exit(code)
            }
        }
        let start = Clock.monotonicNanoseconds()
        close(gate[1])
        var failed = false
        for child in children {
            var status: Int32 = 0
            while waitpid(child, &status, 0) < 0 && errno == EINTR {}
            if status != 0 { failed = true }
        }
        if failed { throw BenchError("a forked process failed") }
        var last: UInt64 = 0
        for _ in children {
            var end: UInt64 = 0
            guard read(answers[0], &end, 8) == 8 else { throw BenchError("a forked process has not answered") }
            last = max(last, end)
        }
        return Double(last - start) / 1e9
    }
}
