// One log, or two beside each other, as a page with plots.

public enum GCLogPage {
    public static func html(_ figures: [GCLogFigures]) -> String {
        var page = Page(figures.count == 1 ? "Pauses of a program" : "Pauses of two programs")
        page.lead(
            "How long and how often every thread stood still while the collector worked, what was left to the program in any stretch of time, and what became of the heap.")
        for (index, one) in figures.enumerated() {
            if figures.count > 1 { page.heading(name(figures, index)) }
            page.list(one.facts)
            for remark in one.remarks { page.paragraph("Note: \(remark)") }
        }
        if figures.count == 2 {
            page.heading("Beside each other")
            page.table(["", "A", "B", "B to A"], GCLogFigures.comparison(figures[0], figures[1]))
        }
        page.heading("Pauses")
        page.add(Plots.percentiles("Pause percentiles", "Wall-clock length from the request until the last thread ran again.",
            figures.enumerated().map { (name(figures, $0.offset), $0.element.all.wall, $0.offset) }))
        page.add(Plots.utilisation("Left to the program", "The least share of any window of that length that was not in a pause.",
            figures.enumerated().map { (name(figures, $0.offset), $0.element.utilisation, $0.offset) }))
        for (index, one) in figures.enumerated() {
            page.heading(figures.count == 1 ? "Over time" : "Over time: \(name(figures, index))")
            page.add(pauses(one, index))
            page.add(heap(one, index))
            page.add(resident(one, index))
        }
        for (index, one) in figures.enumerated() {
            page.heading(figures.count == 1 ? "By kind" : "By kind: \(name(figures, index))")
            page.table(
                ["milliseconds", "count", "p50", "p99", "p99.9", "max", "max CPU", "max to stop"],
                ([one.all] + one.kinds).map { [$0.kind] + GCLogFigures.cells($0) })
        }
        return page.html
    }

    private static func name(_ figures: [GCLogFigures], _ index: Int) -> String {
        let command = (figures[index].log.header.command ?? []).first.map { $0.split(separator: "/").last.map(String.init) ?? $0 } ?? "program"
        return figures.count == 1 ? command : "\(index == 0 ? "A" : "B"): \(command)"
    }

    private static func time(_ one: GCLogFigures) -> Axis { Axis(label: "seconds", low: 0, high: max(one.seconds, 0.001)) }

    private static func pauses(_ one: GCLogFigures, _ colour: Int) -> Chart {
        let points = one.log.pauses.map { (x: Double($0.at) / 1e9, y: Double($0.wall) / 1e6) }
        return Chart(
            title: "Every pause", caption: "Each stroke is a pause; where several share a place, the longest.", x: time(one),
            y: .logarithmic("milliseconds", points.map(\.y), floor: 0.0001),
            series: [Series(name: "pause", shape: .sticks, colour: colour, points: points)], height: 220)
    }

    private static func heap(_ one: GCLogFigures, _ colour: Int) -> Chart {
        var points: [(x: Double, y: Double)] = one.log.samples.compactMap { sample in sample.objects.map { (Double(sample.at) / 1e9, Double($0)) } }
        for cycle in one.log.cycles {
            points.append((Double(cycle.at) / 1e9, Double(cycle.objectsBefore)))
            points.append((Double(cycle.end) / 1e9, Double(cycle.objectsAfter)))
        }
        points.sort { $0.x < $1.x }
        let live = one.log.cycles.map { (x: Double($0.end) / 1e9, y: Double($0.live)) }
        return Chart(
            title: "Objects", caption: "Collectable objects that exist, garbage included, and those that each collection found alive.", x: time(one),
            y: Axis(label: "objects", low: 0, high: max(points.map(\.y).max() ?? 1, 1) * 1.05),
            series: [
                Series(name: "exist", colour: colour, points: points), Series(name: "found alive", shape: .steps, colour: nil, points: live),
            ], height: 220)
    }

    private static func resident(_ one: GCLogFigures, _ colour: Int) -> Chart {
        let points = one.log.samples.map { (x: Double($0.at) / 1e9, y: Double($0.resident) / 1048576) }
        return Chart(
            title: "Memory of the process", x: time(one), y: Axis(label: "MiB resident", low: 0, high: max(points.map(\.y).max() ?? 1, 1) * 1.05),
            series: [Series(name: "resident", colour: colour, points: points)], height: 160)
    }
}
