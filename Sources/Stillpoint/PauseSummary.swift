// Figures about the pauses of the process.
import StillThreadRegistry

/// Lengths of the pauses since a moment, exact as far as the log reaches back.
public struct PauseSummary: Sendable {
    /// Number of the next pause: where a summary begins.
    public static var now: UInt64 { PauseLog.nextSequence }

    public struct Row: Sendable {
        public var name: String
        public var count: Int
        /// Nanoseconds.
        public var p50, p99, p999, max: UInt64
    }
    public var rows: [Row] = []
    /// Pauses that the log no longer has.
    public var lost: Int

    public init(since sequence: UInt64) {
        let end = PauseLog.nextSequence
        let records = PauseLog.read(from: sequence).filter { $0.sequence < end }
        lost = max(0, Int(clamping: end) - Int(clamping: sequence) - records.count)
        func add(_ name: String, _ records: [PauseRecord]) {
            if records.isEmpty { return }
            for (kind, lengths) in [
                ("wall", records.map(\.wallNanoseconds)), ("cpu", records.map(\.cpuNanoseconds)),
                ("time to stop", records.map(\.timeToStopNanoseconds)),
            ] {
                let sorted = lengths.sorted()
                func rank(_ share: Double) -> UInt64 { sorted[min(sorted.count - 1, Int((Double(sorted.count) * share).rounded(.up)) - 1)] }
                rows.append(
                    Row(
                        name: "\(name), \(kind)", count: sorted.count, p50: rank(0.5), p99: rank(0.99), p999: rank(0.999),
                        max: sorted[sorted.count - 1]))
            }
        }
        add("all", records)
        for reason in PauseReason.allCases { add(reason.name, records.filter { $0.reason == reason }) }
    }
}
