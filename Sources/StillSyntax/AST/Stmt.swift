// Statement nodes, named after the classes of Python's `ast` module.

/// A statement.
public final class Stmt: Sendable {
    public let kind: StmtKind
    public let span: SourceSpan

    public init(_ kind: StmtKind, _ span: SourceSpan) {
        self.kind = kind
        self.span = span
    }
}

public enum StmtKind: Sendable {
    case functionDef(FunctionDef)
    case asyncFunctionDef(FunctionDef)
    case classDef(ClassDef)
    case `return`(value: Expr?)
    case delete(targets: [Expr])
    /// `targets[0] = targets[1] = ... = value`.
    case assign(targets: [Expr], value: Expr)
    case typeAlias(name: Expr, typeParams: [TypeParam], value: Expr)
    case augAssign(target: Expr, op: BinaryOperator, value: Expr)
    /// `isSimple` when the target is a name without parentheses.
    case annAssign(target: Expr, annotation: Expr, value: Expr?, isSimple: Bool)
    case `for`(target: Expr, iterable: Expr, body: [Stmt], orElse: [Stmt])
    case asyncFor(target: Expr, iterable: Expr, body: [Stmt], orElse: [Stmt])
    case `while`(test: Expr, body: [Stmt], orElse: [Stmt])
    /// An `elif` is an `if` alone in `orElse`.
    case `if`(test: Expr, body: [Stmt], orElse: [Stmt])
    case with(items: [WithItem], body: [Stmt])
    case asyncWith(items: [WithItem], body: [Stmt])
    case match(subject: Expr, cases: [MatchCase])
    case raise(exception: Expr?, cause: Expr?)
    case `try`(body: [Stmt], handlers: [ExceptHandler], orElse: [Stmt], finalBody: [Stmt])
    case tryStar(body: [Stmt], handlers: [ExceptHandler], orElse: [Stmt], finalBody: [Stmt])
    case assert(test: Expr, message: Expr?)
    case `import`(names: [Alias])
    /// `level` counts the leading dots; `module` is nil for `from . import x`.
    case importFrom(module: String?, names: [Alias], level: Int)
    case global(names: [String])
    case nonlocal(names: [String])
    case expr(value: Expr)
    case pass
    case `break`
    case `continue`
}

/// What `def` and `async def` have in common.
public final class FunctionDef: Sendable {
    public let name: String
    public let arguments: Arguments
    public let body: [Stmt]
    public let decorators: [Expr]
    public let returns: Expr?
    public let typeParams: [TypeParam]

    public init(
        name: String, arguments: Arguments, body: [Stmt], decorators: [Expr], returns: Expr?,
        typeParams: [TypeParam]
    ) {
        self.name = name
        self.arguments = arguments
        self.body = body
        self.decorators = decorators
        self.returns = returns
        self.typeParams = typeParams
    }
}

public final class ClassDef: Sendable {
    public let name: String
    public let bases: [Expr]
    public let keywords: [Keyword]
    public let body: [Stmt]
    public let decorators: [Expr]
    public let typeParams: [TypeParam]

    public init(
        name: String, bases: [Expr], keywords: [Keyword], body: [Stmt], decorators: [Expr],
        typeParams: [TypeParam]
    ) {
        self.name = name
        self.bases = bases
        self.keywords = keywords
        self.body = body
        self.decorators = decorators
        self.typeParams = typeParams
    }
}

/// A type parameter (PEP 695), with its default (PEP 696).
public struct TypeParam: Sendable {
    public enum Kind: Sendable {
        case typeVar(bound: Expr?)
        case paramSpec
        case typeVarTuple
    }
    public let kind: Kind
    public let name: String
    public let defaultValue: Expr?
    public let span: SourceSpan

    public init(kind: Kind, name: String, defaultValue: Expr?, span: SourceSpan) {
        self.kind = kind
        self.name = name
        self.defaultValue = defaultValue
        self.span = span
    }
}

public struct WithItem: Sendable {
    public let contextExpr: Expr
    public let optionalVars: Expr?

    public init(contextExpr: Expr, optionalVars: Expr?) {
        self.contextExpr = contextExpr
        self.optionalVars = optionalVars
    }
}

/// `type` is nil for a bare `except:`.
public final class ExceptHandler: Sendable {
    public let type: Expr?
    public let name: String?
    public let body: [Stmt]
    public let span: SourceSpan

    public init(type: Expr?, name: String?, body: [Stmt], span: SourceSpan) {
        self.type = type
        self.name = name
        self.body = body
        self.span = span
    }
}

/// One imported name. `name` is dotted in `import a.b`, and `*` in `from a import *`.
public struct Alias: Sendable {
    public let name: String
    public let asName: String?
    public let span: SourceSpan

    public init(name: String, asName: String?, span: SourceSpan) {
        self.name = name
        self.asName = asName
        self.span = span
    }
}
