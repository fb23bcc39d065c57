// A plot as inline SVG: two axes, some series, a legend. No scripts, no fonts or files from elsewhere.
import Foundation

struct Axis {
    enum Scale { case linear, log, nines }
    var label: String
    var scale: Scale = .linear
    var low: Double
    var high: Double

    /// 0 to 1.
    func position(_ value: Double) -> Double {
        let (a, b, v) = (transformed(low), transformed(high), transformed(min(max(value, low), high)))
        return b > a ? (v - a) / (b - a) : 0
    }
    private func transformed(_ value: Double) -> Double {
        switch scale {
        case .linear: value
        case .log: log10(max(value, 1e-12))
        // Percentiles: 90, 99, 99.9 stand at equal distances.
        case .nines: -log10(max(1 - value / 100, 1e-7))
        }
    }

    var ticks: [(value: Double, label: String)] {
        switch scale {
        case .nines:
            return [0, 50, 90, 99, 99.9, 99.99, 99.999].filter { $0 >= low && $0 <= high }.map { ($0, Self.short($0)) }
        case .log:
            var ticks: [(Double, String)] = []
            var decade = pow(10, floor(log10(low)))
            while decade <= high * 1.001 {
                if decade >= low * 0.999 { ticks.append((decade, Self.short(decade))) }
                decade *= 10
            }
            return ticks
        case .linear:
            let span = high - low
            guard span > 0 else { return [(low, Self.short(low))] }
            let rough = span / 5
            let magnitude = pow(10, floor(log10(rough)))
            let step = [1, 2, 5, 10].map { $0 * magnitude }.first { $0 >= rough } ?? rough
            var ticks: [(Double, String)] = []
            var value = (low / step).rounded(.up) * step
            while value <= high + step / 1000 {
                ticks.append((value, Self.short(value)))
                value += step
            }
            return ticks
        }
    }

    static func short(_ value: Double) -> String {
        if value == 0 { return "0" }
        let size = abs(value)
        if size >= 1e9 { return "\(trimmed(value / 1e9))G" }
        if size >= 1e6 { return "\(trimmed(value / 1e6))M" }
        if size >= 1e4 { return "\(trimmed(value / 1e3))k" }
        return trimmed(value)
    }
    private static func trimmed(_ value: Double) -> String {
        var text = String(format: "%.6f", value)
        while text.contains(".") && (text.hasSuffix("0") || text.hasSuffix(".")) { text.removeLast() }
        return text
    }

    /// A logarithmic axis of whole decades around positive values.
    static func logarithmic(_ label: String, _ values: [Double], floor least: Double) -> Axis {
        let positive = values.filter { $0 > 0 }
        let low = max(least, positive.min() ?? least)
        let high = max(positive.max() ?? low * 10, low * 10)
        return Axis(
            label: label, scale: .log, low: pow(10, Foundation.floor(log10(low) + 1e-9)), high: pow(10, ceil(log10(high) - 1e-9)))
    }
}

struct Series {
    enum Shape { case line, steps, sticks }
    var name: String
    var shape = Shape.line
    /// In `Chart.colours`; nil: a muted line, for what is only context.
    var colour: Int?
    var points: [(x: Double, y: Double)]
}

struct Chart {
    var title: String
    var caption = ""
    var x: Axis
    var y: Axis
    var series: [Series]
    var height = 300.0

    /// Told apart by people who see fewer colours too (Okabe and Ito 2008).
    static let colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8f6b00", "#56b4e9", "#7a3f9d", "#4d4d4d"]
    private static let width = 920.0
    private static let left = 64.0
    private static let right = 18.0
    private static let bottom = 44.0

    /// A figure of a page.
    var html: String {
        let legend = legendRows
        let top = 12 + 20 * Double(legend.count)
        let total = top + height + Self.bottom
        var svg = "<svg viewBox=\"0 0 \(Int(Self.width)) \(number(total))\" role=\"img\" aria-label=\"\(escaped(title))\" xmlns=\"http://www.w3.org/2000/svg\">"
        svg += drawLegend(legend)
        svg += drawAxes(top)
        for entry in series { svg += draw(entry, top) }
        svg += "</svg>"
        let text = caption.isEmpty ? "" : "<p>\(escaped(caption))</p>"
        return "<figure><figcaption><h3>\(escaped(title))</h3>\(text)</figcaption>\(svg)</figure>\n"
    }

    // MARK: Parts

    private var plotWidth: Double { Self.width - Self.left - Self.right }
    private func across(_ value: Double) -> Double { Self.left + x.position(value) * plotWidth }
    private func down(_ value: Double, _ top: Double) -> Double { top + (1 - y.position(value)) * height }

    private static func colour(_ entry: Series) -> String { entry.colour.map { colours[$0 % colours.count] } ?? "#9a9a9a" }

    /// Names with their places, in as many rows as they need.
    private var legendRows: [[(Series, Double)]] {
        guard series.count > 1 else { return [] }
        var rows: [[(Series, Double)]] = [[]]
        var at = Self.left
        for entry in series {
            let width = 34 + 7.4 * Double(entry.name.count)
            if at + width > Self.width - Self.right && !rows[rows.count - 1].isEmpty {
                rows.append([])
                at = Self.left
            }
            rows[rows.count - 1].append((entry, at))
            at += width
        }
        return rows
    }

    private func drawLegend(_ rows: [[(Series, Double)]]) -> String {
        var svg = ""
        for (row, entries) in rows.enumerated() {
            let y = 12 + 20 * Double(row)
            for (entry, at) in entries {
                svg += "<line x1=\"\(number(at))\" x2=\"\(number(at + 16))\" y1=\"\(number(y))\" y2=\"\(number(y))\" stroke=\"\(Self.colour(entry))\" stroke-width=\"3\""
                svg += entry.colour == nil ? " stroke-dasharray=\"5 3\"/>" : "/>"
                svg += "<text x=\"\(number(at + 21))\" y=\"\(number(y + 4))\" class=\"name\">\(escaped(entry.name))</text>"
            }
        }
        return svg
    }

    private func drawAxes(_ top: Double) -> String {
        var svg = ""
        let end = top + height
        for tick in y.ticks {
            let at = number(down(tick.value, top))
            svg += "<line x1=\"\(number(Self.left))\" x2=\"\(number(Self.width - Self.right))\" y1=\"\(at)\" y2=\"\(at)\" class=\"grid\"/>"
            svg += "<text x=\"\(number(Self.left - 8))\" y=\"\(number(down(tick.value, top) + 4))\" class=\"tick\" text-anchor=\"end\">\(tick.label)</text>"
        }
        for tick in x.ticks {
            let at = number(across(tick.value))
            svg += "<line x1=\"\(at)\" x2=\"\(at)\" y1=\"\(number(end))\" y2=\"\(number(end + 5))\" class=\"axis\"/>"
            svg += "<text x=\"\(at)\" y=\"\(number(end + 19))\" class=\"tick\" text-anchor=\"middle\">\(tick.label)</text>"
        }
        svg += "<line x1=\"\(number(Self.left))\" x2=\"\(number(Self.width - Self.right))\" y1=\"\(number(end))\" y2=\"\(number(end))\" class=\"axis\"/>"
        svg += "<text x=\"\(number(Self.left + plotWidth / 2))\" y=\"\(number(end + 38))\" class=\"label\" text-anchor=\"middle\">\(escaped(x.label))</text>"
        let middle = number(top + height / 2)
        svg += "<text x=\"14\" y=\"\(middle)\" class=\"label\" text-anchor=\"middle\" transform=\"rotate(-90 14 \(middle))\">\(escaped(y.label))</text>"
        return svg
    }

    private func draw(_ entry: Series, _ top: Double) -> String {
        let colour = Self.colour(entry)
        switch entry.shape {
        case .sticks:
            // One for each third of a pixel: the longest there.
            var longest: [Int: Double] = [:]
            for point in entry.points where point.x >= x.low && point.x <= x.high {
                longest[Int(across(point.x) * 3), default: 0] = max(longest[Int(across(point.x) * 3)] ?? 0, point.y)
            }
            var path = ""
            for (column, value) in longest.sorted(by: { $0.key < $1.key }) {
                path += "M\(number(Double(column) / 3)) \(number(top + height))V\(number(down(value, top)))"
            }
            return "<path d=\"\(path)\" stroke=\"\(colour)\" stroke-width=\"1\" stroke-opacity=\"0.75\" fill=\"none\"/>"
        case .line, .steps:
            var path = ""
            var last = (x: -1.0, y: -1.0)
            for point in entry.points {
                let (px, py) = (across(point.x), down(point.y, top))
                if path.isEmpty {
                    path = "M\(number(px)) \(number(py))"
                } else {
                    if abs(px - last.x) < 0.3 && abs(py - last.y) < 0.3 { continue }
                    path += entry.shape == .steps ? "H\(number(px))V\(number(py))" : "L\(number(px)) \(number(py))"
                }
                last = (px, py)
            }
            let dash = entry.colour == nil ? " stroke-dasharray=\"5 3\"" : ""
            return "<path d=\"\(path)\" stroke=\"\(colour)\" stroke-width=\"2\" stroke-linejoin=\"round\" fill=\"none\"\(dash)/>"
        }
    }

    private func number(_ value: Double) -> String {
        let text = String(format: "%.1f", value)
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}

func escaped(_ text: String) -> String {
    var result = ""
    for character in text {
        switch character {
        case "&": result += "&amp;"
        case "<": result += "&lt;"
        case ">": result += "&gt;"
        case "\"": result += "&quot;"
        default: result.append(character)
        }
    }
    return result
}
