// What the machine does to as many threads as the program has, when they only compute: no program on it can promise more.
//
// Gaps      Each thread reads the clock again and again. Between two readings lie some 30 ns; what is longer than `noted` was taken from it.
// Pieces    500 us of such work, as long as a slice of the collector: how much longer than that it took. A pause is compared with
//           the pieces, a mutator with the gaps.
import Foundation
import StillPlatform

/// What `threads` threads lost.
struct Floor: Sendable {
    /// Longer than `FloorMeter.noted`.
    var gaps = PauseHistogram()
    var pieces = PauseHistogram()
    /// One for each thread and measurement.
    var utilisations: [Utilisation] = []

    mutating func merge(_ other: Floor) {
        gaps.merge(other.gaps)
        pieces.merge(other.pieces)
        utilisations += other.utilisations
    }
}

enum FloorMeter {
    static let noted: UInt64 = 20_000
    private static let piece: UInt64 = 500_000

    private final class Results: Sendable {
        let floor = Guarded(Floor())
    }

    static func measure(threads: Int, seconds: Double) throws -> Floor {
        let results = Results()
        let crew = try (0..<threads).map { _ in
            try OSThread.start(name: "floor", stackBytes: 1 << 20) {
                let own = run(seconds)
                results.floor.withLock { (floor: inout Floor) in floor.merge(own) }
            }
        }
        for thread in crew { thread.join() }
        return results.floor.withLock { (floor: inout Floor) in floor }
    }

    private static func run(_ seconds: Double) -> Floor {
        var floor = Floor()
        var long: [(at: UInt64, length: UInt64)] = []
        let began = Clock.monotonicNanoseconds()
        let end = began + UInt64(seconds * 1e9)
        var now = began
        var pieceBegan = began
        var lost: UInt64 = 0
        while now < end {
            let before = now
            now = Clock.monotonicNanoseconds()
            let gap = now - before
            if gap > noted {
                floor.gaps.record(gap)
                if gap >= ProgramRun.longGap { long.append((before, gap)) }
                lost += gap
            }
            if now - pieceBegan >= piece + lost {
                floor.pieces.record(lost)
                pieceBegan = now
                lost = 0
            }
        }
        floor.utilisations = [Utilisation(gaps: long, from: began, to: now)]
        return floor
    }
}
