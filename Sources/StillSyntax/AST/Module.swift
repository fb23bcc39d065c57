// The roots of a parse, and who keeps the nodes.

/// A parsed file, or one interactive statement list. Owns its nodes: see `Expr`.
public final class Module: Sendable {
    public let body: [Stmt]
    /// Of the parser; the compiler has its own.
    public let warnings: [SyntaxWarning]
    let pool: NodePool

    init(body: [Stmt], pool: NodePool, warnings: [SyntaxWarning] = []) {
        self.body = body
        self.pool = pool
        self.warnings = warnings
    }
}

/// A parsed expression (`eval` mode). Owns its nodes: see `Expr`.
public final class ExpressionTree: Sendable {
    public let body: Expr
    /// Of the parser; the compiler has its own.
    public let warnings: [SyntaxWarning]
    let pool: NodePool

    init(body: Expr, pool: NodePool, warnings: [SyntaxWarning] = []) {
        self.body = body
        self.pool = pool
        self.warnings = warnings
    }
}

/// Makes the nodes of a tree that does not come from the parser: children first, as in `NodePool`.
public final class TreeBuilder {
    private let pool = NodePool()
    public init() {}

    public func expression(_ kind: ExprKind, _ span: SourceSpan) -> Expr {
        let node = Expr(kind, span)
        pool.keep(node)
        return node
    }
    public func statement(_ kind: StmtKind, _ span: SourceSpan) -> Stmt {
        let node = Stmt(kind, span)
        pool.keep(node)
        return node
    }
    public func module(_ body: [Stmt]) -> Module { Module(body: body, pool: pool) }
    public func tree(_ body: Expr) -> ExpressionTree { ExpressionTree(body: body, pool: pool) }
}

/// Holds every expression and pattern that can be deep, in creation order: children first.
///
/// Only the parser appends, and only before it hands the tree out; later the sole access is
/// `deinit`. Hence `@unchecked Sendable`.
final class NodePool: @unchecked Sendable {
    private var expressions: [Expr] = []
    private var statements: [Stmt] = []

    func keep(_ node: Expr) { expressions.append(node) }
    func keep(_ node: Stmt) { statements.append(node) }

    /// Parents go first, so that releasing a node never releases its children recursively.
    deinit {
        while statements.popLast() != nil {}
        while expressions.popLast() != nil {}
    }
}
