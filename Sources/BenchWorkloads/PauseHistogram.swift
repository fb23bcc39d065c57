// Lengths in nanoseconds as an HDR histogram of three significant digits, with what a histogram rounds kept exactly.
import Histogram

/// Lengths of one kind of pause, on one clock.
struct PauseHistogram: Sendable {
    private var histogram: Histogram<UInt64>
    private(set) var maximum: UInt64 = 0
    private(set) var total: UInt64 = 0
    private(set) var count = 0

    init() {
        histogram = Histogram(highestTrackableValue: 60_000_000_000, numberOfSignificantValueDigits: .three)
        histogram.autoResize = true
    }

    mutating func record(_ nanoseconds: UInt64) {
        histogram.record(nanoseconds)
        note(nanoseconds)
    }

    mutating func record(_ nanoseconds: UInt64, count times: Int) {
        histogram.record(nanoseconds, count: UInt64(times))
        maximum = max(maximum, nanoseconds)
        total += nanoseconds * UInt64(times)
        count += times
    }

    private mutating func note(_ nanoseconds: UInt64) {
        maximum = max(maximum, nanoseconds)
        total += nanoseconds
        count += 1
    }

    mutating func merge(_ other: PauseHistogram) {
        for bucket in other.histogram.recordedValues() { histogram.record(bucket.value, count: bucket.count) }
        maximum = max(maximum, other.maximum)
        total += other.total
        count += other.count
    }

    /// `percent` of the lengths are not above the answer; never above the longest.
    func percentile(_ percent: Double) -> UInt64 {
        count == 0 ? 0 : min(maximum, histogram.valueAtPercentile(percent))
    }

    var figures: LengthFigures {
        LengthFigures(
            count: count, p50: percentile(50), p99: percentile(99), p999: percentile(99.9), max: maximum, total: total,
            buckets: histogram.recordedValues().map { [$0.value, $0.count] })
    }
}

/// What is reported of a histogram: nanoseconds.
public struct LengthFigures: Codable, Sendable {
    public var count: Int
    public var p50, p99, p999, max, total: UInt64
    /// Pairs: upper end of a bucket, lengths in it.
    public var buckets: [[UInt64]]
}
