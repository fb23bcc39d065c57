// Where a node stands in its source.

/// A region of the source text, as Python's `ast` attributes describe it.
///
/// Lines count from 1. Columns count UTF-8 bytes from 0; the end column is exclusive.
@frozen public struct SourceSpan: Sendable, Hashable {
    public var line: Int32
    public var column: Int32
    public var endLine: Int32
    public var endColumn: Int32

    @inlinable public init(line: Int32, column: Int32, endLine: Int32, endColumn: Int32) {
        self.line = line
        self.column = column
        self.endLine = endLine
        self.endColumn = endColumn
    }

    /// From the start of `self` to the end of `last`.
    @inlinable public func through(_ last: SourceSpan) -> SourceSpan {
        SourceSpan(line: line, column: column, endLine: last.endLine, endColumn: last.endColumn)
    }
}
