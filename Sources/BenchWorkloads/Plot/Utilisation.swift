// Minimum mutator utilisation (MMU): the least share of any window of a given length that was left to the program.
//
// A window with the least share begins where a gap begins, or ends where one ends (Cheng and Blelloch 2001): only those are looked at.

public struct Utilisation: Sendable {
    public let from: UInt64
    public let to: UInt64
    /// Gaps in order, apart from each other, and the time in gaps before each.
    private var starts: [UInt64] = []
    private var ends: [UInt64] = []
    private var before: [UInt64] = [0]

    /// - Parameter gaps: starts and lengths in any order; they may overlap, and reach out of the time from `from` to `to`.
    public init(gaps: [(at: UInt64, length: UInt64)], from: UInt64, to: UInt64) {
        self.from = from
        self.to = max(from, to)
        for gap in gaps.sorted(by: { $0.at < $1.at }) {
            let start = max(gap.at, from)
            let end = min(gap.at + gap.length, self.to)
            if end <= start { continue }
            if let last = ends.last, start <= last {
                ends[ends.count - 1] = max(last, end)
            } else {
                starts.append(start)
                ends.append(end)
            }
        }
        for index in starts.indices { before.append(before[index] + ends[index] - starts[index]) }
    }

    public var seconds: Double { Double(to - from) / 1e9 }
    /// Of the whole time.
    public var share: Double { to == from ? 1 : 1 - Double(before.last!) / Double(to - from) }

    /// Time in gaps before a moment.
    private func lost(before moment: UInt64) -> UInt64 {
        var low = 0
        var high = starts.count
        while low < high {
            let middle = (low + high) / 2
            if starts[middle] < moment { low = middle + 1 } else { high = middle }
        }
        if low == 0 { return 0 }
        return before[low - 1] + min(ends[low - 1], moment) - starts[low - 1]
    }

    /// nil: the time is shorter than a window.
    public func minimum(window: UInt64) -> Double? {
        guard window > 0, to - from >= window else { return nil }
        var most: UInt64 = 0
        func look(_ start: UInt64) {
            let start = min(max(start, from), to - window)
            most = max(most, lost(before: start + window) - lost(before: start))
        }
        for index in starts.indices {
            look(starts[index])
            look(ends[index] > window ? ends[index] - window : 0)
        }
        return 1 - Double(most) / Double(window)
    }

    /// Windows from 0.1 ms to 10 s, as far as the time is long enough: (window in nanoseconds, share).
    public var curve: [(window: UInt64, share: Double)] {
        var points: [(UInt64, Double)] = []
        var window = 100_000.0
        while window <= 10e9 {
            if let share = minimum(window: UInt64(window)) { points.append((UInt64(window), share)) }
            window *= 1.2589254117941673  // ten to a decade
        }
        return points
    }
}
