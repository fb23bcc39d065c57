// What is left of interpreters that were closed and of threads that ended: growth of the process for each, after a warm-up.
// tools/peers/turnover.py does the same work with CPython.
import StillPlatform
import StillThreadRegistry
import Stillpoint

enum TurnoverProbe {
    /// - Parameter objects: made by a program in each interpreter before it is closed; 0 runs none.
    static func interpreters(count: Int, objects: Int) throws -> CoreProbe.Values {
        let program = Array("kept = [[n] for n in range(\(objects))]\n".utf8)
        return try turnOver(count) {
            let interpreter = try Stillpoint.Interpreter()
            if objects > 0 { try interpreter.run(source: program) }
            interpreter.close()
        }
    }

    /// The same with a library module in each.
    static func interpretersWithThreading(count: Int, objects: Int) throws -> CoreProbe.Values {
        guard let stdlib = Stillpoint.Interpreter.locateStandardLibrary() else { throw BenchError("there is no standard library") }
        let program = Array("import threading\nkept = [[n] for n in range(\(objects))]\n".utf8)
        return try turnOver(count) {
            let interpreter = try Stillpoint.Interpreter(stdlib: stdlib)
            try interpreter.run(source: program)
            interpreter.close()
        }
    }

    private static func turnOver(_ count: Int, _ one: () throws -> Void) throws -> CoreProbe.Values {
        fillPauseLog()
        for _ in 0..<max(20, count / 10) { try one() }
        var times: [UInt64] = []
        var growth = Growth()
        for number in 0..<count {
            if number % max(1, count / 64) == 0 { growth.add(number) }
            let start = Clock.monotonicNanoseconds()
            try one()
            times.append(Clock.monotonicNanoseconds() - start)
        }
        growth.add(count)
        return ["microseconds": CoreProbe.percentile(times.sorted(), 50) / 1000, "bytesEach": growth.slope]
    }

    /// Threads of a Python program, one after the other.
    static func threads(count: Int) throws -> CoreProbe.Values {
        func program(_ count: Int) -> [UInt8] {
            Array(
                """
                import threading
                def nothing():
                    pass
                for n in range(\(count)):
                    thread = threading.Thread(target=nothing)
                    thread.start()
                    thread.join()
                """.utf8)
        }
        let interpreter = try Stillpoint.Interpreter()
        try interpreter.run(source: program(max(200, count / 10)))
        let before = ResidentMemory.anonymousBytes()
        let start = Clock.monotonicNanoseconds()
        try interpreter.run(source: program(count))
        let passed = Clock.monotonicNanoseconds() - start
        let after = ResidentMemory.anonymousBytes()
        interpreter.close()
        return [
            "microseconds": Double(passed) / 1000 / Double(count),
            // What the program itself left behind is part of it: a few kilobytes.
            "bytesEach": Double(after - before) / Double(count),
        ]
    }

    /// The log is a ring of the process whose pages become resident the first time round: nothing that an interpreter leaves behind.
    private static func fillPauseLog() {
        for _ in 0..<PauseLog.capacity { Runtime.withStoppedWorlds(.test) { (_: borrowing StoppedRuntime) in } }
    }

    /// Resident memory, files' pages apart, over a count, as a line of least squares.
    private struct Growth {
        private var points: [(Double, Double)] = []
        mutating func add(_ number: Int) { points.append((Double(number), Double(ResidentMemory.anonymousBytes()))) }
        var slope: Double {
            let count = Double(points.count)
            let meanX = points.reduce(0) { $0 + $1.0 } / count
            let meanY = points.reduce(0) { $0 + $1.1 } / count
            let above = points.reduce(0) { $0 + ($1.0 - meanX) * ($1.1 - meanY) }
            let below = points.reduce(0) { $0 + ($1.0 - meanX) * ($1.0 - meanX) }
            return below > 0 ? above / below : 0
        }
    }
}
