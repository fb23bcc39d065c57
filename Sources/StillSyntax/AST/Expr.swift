// Expression nodes, named after the classes of Python's `ast` module.
//
// Nodes are immutable and may be shared between threads. A left-associative chain such as
// `1+1+1+...` is as deep as it is long: code that walks a tree recursively must bound its depth.
// Keep the `Module` alive while using its nodes: it releases them from the root down, one at a time,
// where dropping the last reference to a deep node would recurse.

/// An expression.
public final class Expr: Sendable {
    public let kind: ExprKind
    public let span: SourceSpan

    public init(_ kind: ExprKind, _ span: SourceSpan) {
        self.kind = kind
        self.span = span
    }
}

/// How a name, attribute, subscript, starred expression, list or tuple is used.
public enum ExprContext: Sendable { case load, store, del }

public enum BoolOperator: Sendable { case and, or }

public enum BinaryOperator: Sendable {
    case add, sub, mult, matMult, div, mod, pow, lShift, rShift, bitOr, bitXor, bitAnd, floorDiv
}

public enum UnaryOperator: Sendable { case invert, not, uAdd, uSub }

public enum ComparisonOperator: Sendable {
    case eq, notEq, lt, ltE, gt, gtE, `is`, isNot, `in`, notIn
}

/// The `!s`, `!r` or `!a` of a replacement field.
public enum FormatConversion: Sendable { case none, str, repr, ascii }

public enum ExprKind: Sendable {
    case boolOp(op: BoolOperator, values: [Expr])
    /// `target` is always a name in store context.
    case namedExpr(target: Expr, value: Expr)
    case binOp(left: Expr, op: BinaryOperator, right: Expr)
    case unaryOp(op: UnaryOperator, operand: Expr)
    case lambda(arguments: Arguments, body: Expr)
    case ifExp(test: Expr, body: Expr, orElse: Expr)
    /// A nil key is a `**mapping` entry.
    case dict(keys: [Expr?], values: [Expr])
    case set(elements: [Expr])
    case listComp(element: Expr, generators: [Comprehension])
    case setComp(element: Expr, generators: [Comprehension])
    case dictComp(key: Expr, value: Expr, generators: [Comprehension])
    case generatorExp(element: Expr, generators: [Comprehension])
    case await(value: Expr)
    case yield(value: Expr?)
    case yieldFrom(value: Expr)
    /// `a < b <= c`: `ops` and `comparators` have equal, non-zero counts.
    case compare(left: Expr, ops: [ComparisonOperator], comparators: [Expr])
    /// Positional arguments may be `starred`; a keyword without a name is `**mapping`.
    case call(function: Expr, arguments: [Expr], keywords: [Keyword])
    /// One replacement field of an f-string. `formatSpec` is always a `joinedStr`.
    case formattedValue(value: Expr, conversion: FormatConversion, formatSpec: Expr?)
    /// An f-string: string constants and formatted values in order.
    case joinedStr(values: [Expr])
    case constant(Constant)
    case attribute(value: Expr, attribute: String, context: ExprContext)
    case `subscript`(value: Expr, index: Expr, context: ExprContext)
    case starred(value: Expr, context: ExprContext)
    case name(id: String, context: ExprContext)
    case list(elements: [Expr], context: ExprContext)
    case tuple(elements: [Expr], context: ExprContext)
    /// Only inside a subscript's index, alone or as an element of its tuple.
    case slice(lower: Expr?, upper: Expr?, step: Expr?)
}

/// One `for ... in ... if ...` clause of a comprehension.
public final class Comprehension: Sendable {
    public let target: Expr
    public let iterable: Expr
    public let conditions: [Expr]
    public let isAsync: Bool

    public init(target: Expr, iterable: Expr, conditions: [Expr], isAsync: Bool) {
        self.target = target
        self.iterable = iterable
        self.conditions = conditions
        self.isAsync = isAsync
    }
}

/// A `name=value` or `**value` argument.
public struct Keyword: Sendable {
    public let name: String?
    public let value: Expr
    public let span: SourceSpan

    public init(name: String?, value: Expr, span: SourceSpan) {
        self.name = name
        self.value = value
        self.span = span
    }
}

/// One parameter.
public struct Argument: Sendable {
    public let name: String
    public let annotation: Expr?
    public let span: SourceSpan

    public init(name: String, annotation: Expr?, span: SourceSpan) {
        self.name = name
        self.annotation = annotation
        self.span = span
    }
}

/// The parameters of a function or lambda.
public final class Arguments: Sendable {
    public let positionalOnly: [Argument]
    public let positional: [Argument]
    public let varArgs: Argument?
    public let keywordOnly: [Argument]
    /// One entry per `keywordOnly`; nil is "no default".
    public let keywordDefaults: [Expr?]
    public let keywordArgs: Argument?
    /// Defaults of the last parameters of `positionalOnly + positional`.
    public let defaults: [Expr]

    public init(
        positionalOnly: [Argument] = [], positional: [Argument] = [], varArgs: Argument? = nil,
        keywordOnly: [Argument] = [], keywordDefaults: [Expr?] = [], keywordArgs: Argument? = nil,
        defaults: [Expr] = []
    ) {
        self.positionalOnly = positionalOnly
        self.positional = positional
        self.varArgs = varArgs
        self.keywordOnly = keywordOnly
        self.keywordDefaults = keywordDefaults
        self.keywordArgs = keywordArgs
        self.defaults = defaults
    }
}
