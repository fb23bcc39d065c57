// One frame of a traceback: its place, its source lines, and marks under the part that failed.
import StillPlatform

/// The part of a failing expression that is marked with ^ where the rest gets ~. Lines from 0 in the segment; columns in characters.
public struct CaretAnchors: Sendable {
    public var leftLine, leftColumn, rightLine, rightColumn: Int
    public init(leftLine: Int, leftColumn: Int, rightLine: Int, rightColumn: Int) {
        self.leftLine = leftLine
        self.leftColumn = leftColumn
        self.rightLine = rightLine
        self.rightColumn = rightColumn
    }
}

/// Questions about source text that need a parser. Set once, by the layer that has one.
public enum SourceAnalysis {
    /// Where the operator, the brackets of a subscript or the parentheses of a call are in an expression.
    nonisolated(unsafe) public static var anchors: @Sendable (_ expression: String) -> CaretAnchors? = { _ in nil }
    /// The lines are `return name(…)` or `… = call(…)` and the call covers exactly the columns (UTF-8 bytes).
    nonisolated(unsafe) public static var isCoveredByCall:
        @Sendable (_ lines: [String], _ start: Int, _ end: Int) -> Bool = { _, _, _ in false }
}

struct FrameText {
    var line: Int
    var column: Int
    var endLine: Int
    var endColumn: Int

    /// The source part, every line indented by four, or "" when the source is not known.
    func render(_ source: [String]) -> String {
        guard line >= 1 && line <= source.count else { return "" }
        let last = max(line, min(endLine < line ? line : endLine, source.count))
        let original = Array(source[(line - 1)..<last])
        let indent = original.filter { !$0.allSatisfy(\.isWhitespace) }.map { $0.prefix { $0 == " " || $0 == "\t" }.count }.min() ?? 0
        let lines = original.map { text in
            var text = Substring(text).dropFirst(indent)
            while let end = text.last, end.isWhitespace { text = text.dropLast() }
            return String(text)
        }
        if lines[0].isEmpty && lines.count == 1 { return "" }
        if column < 0 || endColumn < 0 || endLine < line { return "    \(lines[0])\n" }
        let characters = lines.map { Array($0.unicodeScalars) }
        let start = max(0, FrameText.characters(original[0], bytes: column) - indent)
        let end = min(characters[characters.count - 1].count, max(0, FrameText.characters(original[original.count - 1], bytes: endColumn) - indent))
        var segmentLines = lines
        segmentLines[segmentLines.count - 1] = FrameText.text(characters[characters.count - 1].prefix(end))
        segmentLines[0] = FrameText.text(Array(segmentLines[0].unicodeScalars).dropFirst(start))
        var anchors = SourceAnalysis.anchors(segmentLines.joined(separator: "\n"))
        if anchors != nil {
            if anchors!.leftLine == 0 { anchors!.leftColumn += start }
            if anchors!.rightLine == 0 { anchors!.rightColumn += start }
        }
        let shows = showsCarets(lines, characters, start, end, anchors != nil)
        var significant: Set<Int> = [0, lines.count - 1]
        if let anchors {
            for near in -1...1 {
                significant.insert(anchors.leftLine + near)
                significant.insert(anchors.rightLine + near)
            }
        }
        let shown = significant.filter { $0 >= 0 && $0 < lines.count }.sorted()
        var out = ""
        func add(_ number: Int) {
            out += "    " + lines[number] + "\n"
            if !shows { return }
            let own = characters[number]
            let blanks = own.prefix { $0 == " " || $0 == "\t" }.count
            var marks = "    "
            for position in 0..<(number == lines.count - 1 ? end : own.count) {
                if position < blanks || (number == 0 && position < start) {
                    marks += " "
                } else if let anchors {
                    let behind = number > anchors.leftLine || (number == anchors.leftLine && position >= anchors.leftColumn)
                    let before = number < anchors.rightLine || (number == anchors.rightLine && position < anchors.rightColumn)
                    marks += behind && before ? "^" : "~"
                } else {
                    marks += "^"
                }
            }
            out += marks + "\n"
        }
        for (index, number) in shown.enumerated() {
            if index > 0 {
                let gap = number - shown[index - 1]
                if gap == 2 { add(number - 1) } else if gap > 2 { out += "    ...<\(gap - 1) lines>...\n" }
            }
            add(number)
        }
        return out
    }

    private func showsCarets(
        _ lines: [String], _ characters: [[Unicode.Scalar]], _ start: Int, _ end: Int, _ hasAnchors: Bool
    ) -> Bool {
        let startBytes = FrameText.text(characters[0].prefix(start)).utf8.count
        let endBytes = FrameText.text(characters[characters.count - 1].prefix(end)).utf8.count
        if SourceAnalysis.isCoveredByCall(lines, startBytes, endBytes) { return false }
        if hasAnchors { return true }
        let isBlank = { (text: ArraySlice<Unicode.Scalar>) in text.allSatisfy { $0.properties.isWhitespace } }
        return !isBlank(characters[0].prefix(start)) || !isBlank(characters[characters.count - 1].dropFirst(end))
    }

    static func text(_ scalars: some Sequence<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }
    /// How many characters the first `bytes` bytes of the line are.
    static func characters(_ line: String, bytes: Int) -> Int {
        var left = bytes
        var count = 0
        for scalar in line.unicodeScalars {
            if left <= 0 { break }
            left -= String(scalar).utf8.count
            count += 1
        }
        return count
    }
}
