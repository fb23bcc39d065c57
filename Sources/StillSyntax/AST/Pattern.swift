// Patterns of `match` statements, named after the classes of Python's `ast` module.

/// A pattern.
public final class Pattern: Sendable {
    public let kind: PatternKind
    public let span: SourceSpan

    public init(_ kind: PatternKind, _ span: SourceSpan) {
        self.kind = kind
        self.span = span
    }
}

/// A `MatchSingleton`: compared with `is`.
public enum SingletonPattern: Sendable { case none, `true`, `false` }

public enum PatternKind: Sendable {
    /// A constant, a signed number, a complex literal (`binOp`) or a dotted name.
    case value(Expr)
    case singleton(SingletonPattern)
    case sequence([Pattern])
    /// `keys` and `patterns` have equal counts; `rest` is the name after `**`.
    case mapping(keys: [Expr], patterns: [Pattern], rest: String?)
    case `class`(
        cls: Expr, patterns: [Pattern], keywordNames: [String], keywordPatterns: [Pattern])
    /// Only inside a sequence; nil is `*_`.
    case star(name: String?)
    /// A capture (nil pattern), a wildcard (both nil) or `pattern as name`.
    case `as`(pattern: Pattern?, name: String?)
    case or([Pattern])
}

public final class MatchCase: Sendable {
    public let pattern: Pattern
    public let guardExpr: Expr?
    public let body: [Stmt]

    public init(pattern: Pattern, guardExpr: Expr?, body: [Stmt]) {
        self.pattern = pattern
        self.guardExpr = guardExpr
        self.body = body
    }
}
