// What the parser throws.

/// A syntax error with the wording and position CPython gives it.
public struct SyntaxError: Error, Sendable, Equatable {
    public enum Kind: Sendable { case syntaxError, indentationError, tabError }

    public var kind: Kind
    public var message: String
    public var filename: String
    /// 1-based.
    public var line: Int
    /// 1-based, in characters: CPython's `offset`.
    public var column: Int
    public var endLine: Int
    /// 1-based, in characters: CPython's `end_offset`. 0 or -1 when unknown, as there.
    public var endColumn: Int
    /// The source line the error is on, or nil when it cannot be shown.
    public var text: String?

    public init(
        kind: Kind, message: String, filename: String, line: Int, column: Int, endLine: Int,
        endColumn: Int, text: String?
    ) {
        self.kind = kind
        self.message = message
        self.filename = filename
        self.line = line
        self.column = column
        self.endLine = endLine
        self.endColumn = endColumn
        self.text = text
    }
}
