// Answers to what traceback printing asks about source text.
import StillModules
import StillSyntax

enum SourceQuestions {
    static func install() {
        SourceAnalysis.anchors = { anchors($0) }
        SourceAnalysis.isCoveredByCall = { isCoveredByCall($0, $1, $2) }
    }

    /// The expression is parsed in parentheses on lines of their own, so its lines count from 2.
    static func anchors(_ segment: String) -> CaretAnchors? {
        guard let tree = try? parseModule(Array("(\n\(segment)\n)\n".utf8), filename: "<segment>"), tree.body.count == 1,
            case .expr(let expression) = tree.body[0].kind
        else { return nil }
        let lines = segment.split(separator: "\n", omittingEmptySubsequences: false).map { Array($0.utf8) }
        func from(_ node: Expr) -> (Int, Int) { (Int(node.span.endLine) - 2, Int(node.span.endColumn)) }
        func find(_ start: (Int, Int), _ wanted: (UInt8) -> Bool) -> (Int, Int)? {
            var (line, column) = start
            while line < lines.count {
                while column < lines[line].count {
                    let byte = lines[line][column]
                    if byte == 35 || byte == 92 { break }
                    if wanted(byte) { return (line, column) }
                    column += 1
                }
                line += 1
                column = 0
            }
            return nil
        }
        func anchor(_ left: (Int, Int), _ right: (Int, Int)) -> CaretAnchors? {
            guard left.0 >= 0, right.0 >= 0, left.0 < lines.count, right.0 < lines.count else { return nil }
            func characters(_ place: (Int, Int)) -> Int {
                String(decoding: lines[place.0].prefix(place.1), as: UTF8.self).unicodeScalars.count
            }
            return CaretAnchors(
                leftLine: left.0, leftColumn: characters(left), rightLine: right.0, rightColumn: characters(right))
        }
        switch expression.kind {
        case .binOp(let left, _, let right):
            guard let start = find(from(left), { $0 != 32 && $0 != 9 && $0 != 41 && $0 != 12 }) else { return nil }
            var end = start.1 + 1
            let rightLine = Int(right.span.line) - 2
            if end < lines[start.0].count, rightLine > start.0 || end < Int(right.span.column) {
                let next = lines[start.0][end]
                if next != 32 && next != 9 && next != 92 && next != 35 { end += 1 }
            }
            return anchor(start, (start.0, end))
        case .subscript(let value, _, _):
            guard let start = find(from(value), { $0 == 91 }) else { return nil }
            return anchor(start, from(expression))
        case .call(let function, _, _):
            guard let start = find(from(function), { $0 == 40 }) else { return nil }
            return anchor(start, from(expression))
        default: return nil
        }
    }

    static func isCoveredByCall(_ lines: [String], _ start: Int, _ end: Int) -> Bool {
        guard let tree = try? parseModule(Array((lines.joined(separator: "\n") + "\n").utf8), filename: "<lines>") else {
            return false
        }
        guard let statement = tree.body.first else { return true }
        let call: Expr
        switch statement.kind {
        case .return(let value?):
            guard case .call(let function, _, _) = value.kind, case .name = function.kind else { return false }
            call = value
        case .assign(_, let value):
            guard case .call = value.kind else { return false }
            call = value
        default: return false
        }
        return call.span.line == 1 && Int(call.span.endLine) == lines.count && Int(call.span.column) == start
            && Int(call.span.endColumn) == end
    }
}
