// The roots of a parse, and who keeps the nodes.

/// A parsed file, or one interactive statement list. Owns its nodes: see `Expr`.
public final class Module: Sendable {
    public let body: [Stmt]
    let pool: NodePool

    init(body: [Stmt], pool: NodePool) {
        self.body = body
        self.pool = pool
    }
}

/// A parsed expression (`eval` mode). Owns its nodes: see `Expr`.
public final class ExpressionTree: Sendable {
    public let body: Expr
    let pool: NodePool

    init(body: Expr, pool: NodePool) {
        self.body = body
        self.pool = pool
    }
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
