// Makes the syntax errors the compiler finds.

import StillSyntax

/// Sizes beyond which a program is refused instead of exhausting the native stack or an operand field.
enum Limits {
    /// Nested expressions and statements.
    static let nesting = 400
    /// Registers of one frame.
    static let registers = 60_000
    /// Names and operand constants of one block.
    static let operandIndex = 0xFFFE
    /// Elements that displays and calls hold in registers at once.
    static let stackedElements = 48
    /// Elements or characters of a folded constant.
    static let foldedLength = 4096
    static let foldedTupleLength = 256
}

struct ErrorReporter {
    let filename: String
    /// The text that was parsed, when known: it gives columns in characters and the line to show.
    let source: [UInt8]?
    let warnings: SyntaxWarnings?

    func error(_ message: String, _ span: SourceSpan) -> SyntaxError {
        let first = line(span.line)
        let last = span.endLine == span.line ? first : line(span.endLine)
        return SyntaxError(
            kind: .syntaxError, message: message, filename: filename, line: Int(span.line),
            column: character(Int(span.column), in: first),
            endLine: Int(span.endLine), endColumn: character(Int(span.endColumn), in: last),
            text: first.map { String(decoding: $0, as: UTF8.self) })
    }

    func warn(_ message: String, _ span: SourceSpan) { warnings?.add(error(message, span)) }

    func tooDeep(_ span: SourceSpan) -> SyntaxError {
        error("too many levels of nesting in this program", span)
    }

    private func character(_ column: Int, in line: ArraySlice<UInt8>?) -> Int {
        guard let line else { return column + 1 }
        return line.prefix(column).reduce(1) { $1 & 0xC0 == 0x80 ? $0 : $0 + 1 }
    }

    private func line(_ number: Int32) -> ArraySlice<UInt8>? {
        guard let source, number > 0 else { return nil }
        var start = 0
        var current: Int32 = 1
        while current < number {
            guard let end = source[start...].firstIndex(of: 10) else { return nil }
            start = end + 1
            current += 1
        }
        let end = source[start...].firstIndex(of: 10).map { $0 + 1 } ?? source.count
        return source[start..<end]
    }
}
