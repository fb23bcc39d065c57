// The child's side of `still bench core`: one measurement in a process of its own, printed as one line of JSON.
import Foundation
import StillPlatform

/// A measurement by name, with numbers as arguments.
public enum CoreProbe {
    public static let command = "bench-core-probe"

    typealias Values = [String: Double]

    /// - Returns: the exit code.
    public static func run(name: String, numbers: [Int]) -> Int32 {
        do {
            let values: Values
            switch (name, numbers.count) {
            case ("pause", 3): values = try PauseProbe.run(busy: numbers[0], pauses: numbers[1], gapNanoseconds: UInt64(numbers[2]))
            case ("pause-of-all", 4):
                values = try PauseProbe.run(
                    busy: numbers[0], pauses: numbers[1], gapNanoseconds: UInt64(numbers[2]), interpreters: numbers[3], all: true)
            case ("safepoint", 1): values = try ThreadProbe.safepoint(times: numbers[0])
            case ("attach", 1): values = try ThreadProbe.attach(times: numbers[0])
            case ("quiescent", 1): values = try ThreadProbe.quiescent(times: numbers[0])
            case ("online", 1): values = try ThreadProbe.online(times: numbers[0])
            case ("frees", 1): values = try ReclamationProbe.run(updates: numbers[0], ownBlocks: false)
            case ("frees-own-blocks", 1): values = try ReclamationProbe.run(updates: numbers[0], ownBlocks: true)
            case ("mix", 5), ("mix-called", 5):
                values = try AllocatorProbe.run(
                    threads: numbers[0], remote: numbers[1], operations: numbers[2], passes: numbers[3], seed: numbers[4],
                    inlined: name == "mix")
            case ("interpreters", 2): values = try TurnoverProbe.interpreters(count: numbers[0], objects: numbers[1])
            case ("threads", 1): values = try TurnoverProbe.threads(count: numbers[0])
            case ("large-buffers", 1): values = try LargeBlocksProbe.buffers(count: numbers[0])
            case ("large-lists", 1): values = try LargeBlocksProbe.lists(count: numbers[0])
            case ("assembly", 0): values = try AssemblyProbes.run()
            default: throw BenchError("there is no measurement '\(name)' with \(numbers.count) numbers")
            }
            print(values)
            return 0
        } catch {
            StandardError.write(Array("still: \(name): \(error)\n".utf8))
            return 1
        }
    }

    /// As a line of JSON.
    static func print(_ values: Values) {
        let fields = values.sorted { $0.key < $1.key }.map { "\"\($0.key)\": \($0.value)" }
        StandardOutput.write(Array("{\(fields.joined(separator: ", "))}\n".utf8))
    }

    /// `percent` of the lengths are not above the answer.
    static func percentile(_ sorted: [UInt64], _ percent: Double) -> Double {
        guard !sorted.isEmpty else { return .nan }
        let place = (Double(sorted.count) * percent / 100).rounded(.up)
        return Double(sorted[min(sorted.count - 1, max(0, Int(place) - 1))])
    }
}

/// Threads that do the same thing until they are told to end.
final class ProbeThreads {
    private var threads: [OSThread] = []

    func start(_ name: String, stackBytes: Int = 1 << 20, _ body: @escaping @Sendable () -> Void) throws {
        threads.append(try OSThread.start(name: name, stackBytes: stackBytes, body: body))
    }
    func join() {
        for thread in threads { thread.join() }
        threads = []
    }
}
