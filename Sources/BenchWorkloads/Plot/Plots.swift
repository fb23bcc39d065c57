// Plots that several reports draw.

enum Plots {
    /// (name, lengths, colour; nil for context)
    static func percentiles(_ title: String, _ caption: String, _ entries: [(String, LengthFigures, Int?)]) -> Chart {
        var series: [Series] = []
        for (name, lengths, colour) in entries where lengths.count > 0 {
            series.append(Series(name: name, colour: colour, points: lengths.percentileCurve.map { ($0.percent, Double($0.nanoseconds) / 1e6) }))
        }
        let values = series.flatMap { $0.points.map(\.y) }
        let highest = series.flatMap { $0.points.map(\.x) }.max() ?? 99.9
        return Chart(
            title: title, caption: caption, x: Axis(label: "percentile", scale: .nines, low: 0, high: max(highest, 99)),
            y: .logarithmic("milliseconds", values, floor: 0.0005), series: series)
    }

    static func utilisation(_ title: String, _ caption: String, _ entries: [(String, Utilisation, Int?)]) -> Chart {
        let series = entries.map { name, utilisation, colour in
            Series(name: name, colour: colour, points: utilisation.curve.map { (Double($0.window) / 1e6, max(0, $0.share) * 100) })
        }
        let windows = series.flatMap { $0.points.map(\.x) }
        return Chart(
            title: title, caption: caption, x: .logarithmic("window, milliseconds", windows, floor: 0.1),
            y: Axis(label: "% of the window", low: 0, high: 100), series: series)
    }
}

extension LengthFigures {
    /// From the buckets: the share of lengths up to each bucket's end, with the longest at its own place.
    var percentileCurve: [(percent: Double, nanoseconds: UInt64)] {
        guard count > 0 else { return [] }
        let total = Double(buckets.reduce(0) { $0 + $1[1] })
        var seen: UInt64 = 0
        var points: [(Double, UInt64)] = []
        for bucket in buckets {
            // Where the bucket begins: so many are shorter.
            points.append((Double(seen) / total * 100, min(bucket[0], max)))
            seen += bucket[1]
        }
        points.append((Swift.min(100 * (1 - 0.5 / total), 99.9999), max))
        return points
    }
}
