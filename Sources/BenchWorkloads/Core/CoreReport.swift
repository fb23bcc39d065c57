// Everything that `still bench core` found out, as it stands in the JSON file.
import Foundation

/// A figure over the rounds.
public struct CoreSpread: Codable, Sendable {
    public var median, lowerQuartile, upperQuartile: Double
    public var samples: [Double]

    init(_ samples: [Double]) {
        self.samples = samples
        let sorted = samples.sorted()
        func at(_ part: Double) -> Double {
            guard sorted.count > 1 else { return sorted.first ?? .nan }
            let place = part * Double(sorted.count - 1)
            let low = Int(place)
            let high = min(low + 1, sorted.count - 1)
            return sorted[low] + (sorted[high] - sorted[low]) * (place - Double(low))
        }
        (median, lowerQuartile, upperQuartile) = (at(0.5), at(0.25), at(0.75))
    }
    /// Half the distance between the quartiles.
    var halfRange: Double { (upperQuartile - lowerQuartile) / 2 }
}

public struct CoreFigure: Codable, Sendable {
    public var metric: String
    public var spread: CoreSpread
    public var target: CoreTarget?
    public var met: Bool?
    /// Above 1: Stillpoint is better by that factor. Peers and variants only.
    public var ratio: Double?
}

public struct CoreRow: Codable, Sendable {
    public var name: String
    public var role: String
    public var figures: [CoreFigure]
    public var notCompared: String?
}

public struct CoreSection: Codable, Sendable {
    public var title: String
    public var rounds: Int
    public var rows: [CoreRow]
    public var note: String?
    public var loadAverage: Double?
}

/// A figure over several contests.
public struct CoreSummary: Codable, Sendable {
    public var label: String
    public var value: Double
    public var target: CoreTarget
    public var met: Bool
}

/// A program or library of others.
public struct CorePeer: Codable, Sendable {
    public var name: String
    public var path: String?
    public var version: String?
    public var build: String?
    public var missing: String?
}

public struct CoreReport: Codable, Sendable {
    public var machine: Machine
    public var stillpoint: BuildReport
    public var toolchain: String
    public var rounds: Int
    public var quick: Bool
    public var peers: [CorePeer]
    public var sections: [CoreSection]
    public var summaries: [CoreSummary]
    public var failures: [String]
    public var loadAverageAtEnd: Double?

    public var missingPeers: [CorePeer] { peers.filter { $0.missing != nil } }
}
