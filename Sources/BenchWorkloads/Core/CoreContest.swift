// What `still bench core` measures: a contest is one piece of work, done by Stillpoint and by peers in turn.
import Foundation

/// Whether lower or higher figures are better, and what the figure should reach.
public struct CoreTarget: Codable, Sendable {
    public var limit: Double
    public var isMaximum: Bool

    static func atMost(_ limit: Double) -> CoreTarget { CoreTarget(limit: limit, isMaximum: true) }
    static func atLeast(_ limit: Double) -> CoreTarget { CoreTarget(limit: limit, isMaximum: false) }

    func isMet(by value: Double) -> Bool { isMaximum ? value <= limit : value >= limit }
    var statement: String { (isMaximum ? "<= " : ">= ") + number(limit) }
}

/// One column: a value that every child of the contest prints under `key`.
struct CoreMetric {
    var key: String
    var label: String
    /// What the child prints is divided by it.
    var scale = 1.0
    var higherIsBetter = false
    /// Peers are compared by it.
    var isCompared = false
    /// What `targetOf` has to reach.
    var target: CoreTarget?
}

/// One row.
struct CoreContestant {
    enum Role: String, Codable, Sendable {
        /// The row that is judged.
        case stillpoint
        /// The same through another door, for information.
        case variant
        case peer
    }
    var name: String
    var role: Role
    var executable: String
    var arguments: [String]
    var environment: [String: String] = [:]
    /// What to install, when it is not there.
    var missing: String?
}

struct CoreContest {
    var title: String
    var metrics: [CoreMetric]
    var contestants: [CoreContestant]
    /// A child that takes longer has failed.
    var limitSeconds = 60.0
    /// Fewer than the benchmark's; for long ones.
    var roundLimit = Int.max
    var note: String?
    /// What every child must print alike: that they did the same work.
    var equalKeys: [String] = []
}

/// Four significant digits, without an exponent.
func number(_ value: Double) -> String {
    guard value.isFinite else { return "?" }
    let magnitude = abs(value)
    if magnitude >= 1000 || value == value.rounded() { return String(format: "%.0f", value) }
    let digits = magnitude >= 100 ? 1 : magnitude >= 10 ? 2 : 3
    return String(format: "%.\(digits)f", value)
}
