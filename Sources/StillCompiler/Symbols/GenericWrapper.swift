// Type parameters: the function that stands around a generic definition.
//
// `def f[T](a: T = x): …` is compiled like
//
//     def <generic parameters of f>(default):
//         T = (type variable "T")
//         def f(a: T = default): …
//         f.__type_params__ = (T,)
//         return f
//
// and called at once; classes get the base Generic[T], aliases a function for their value. Bounds and defaults are functions too: they are evaluated when
// somebody asks. Names with a space can't clash with those of programs. Calls of names that begin with a dot are instructions (Lowering/TypeParameters.swift).
//
// In a class body the names of the class are visible to all of this: its mapping is handed on as the parameter `classMapping`.
import StillSyntax

struct GenericWrapper {
    static let classMapping = "class mapping"
    static let parameters = "type parameters"
    static let inner = "inner definition"
    static let base = "generic base"

    /// The function around; nil for an alias without parameters.
    let function: FunctionDef?
    /// What its parameters get, in order; the mapping of the class is added by the lowering.
    let arguments: [Expr]
    /// An alias without parameters.
    let value: Expr?
    /// Lambdas whose bodies may not wait or bind, with what they are called in messages.
    let lazy: [(Expr, String)]
    let isInClass: Bool
}

/// Builds a wrapper's tree.
struct GenericWrapperBuilder {
    let reporter: ErrorReporter
    let isInClass: Bool
    let span: SourceSpan
    private var lazy: [(Expr, String)] = []
    private var body: [Stmt] = []

    init(reporter: ErrorReporter, isInClass: Bool, span: SourceSpan) {
        self.reporter = reporter
        self.isInClass = isInClass
        self.span = span
    }

    private func name(_ id: String, _ context: ExprContext = .load) -> Expr { Expr(.name(id: id, context: context), span) }
    private func text(_ text: String) -> Expr { Expr(.constant(.string(StringValue(text))), span) }
    private func call(_ id: String, _ arguments: [Expr]) -> Expr {
        Expr(.call(function: name(id), arguments: arguments, keywords: []), span)
    }
    private func tuple(_ elements: [Expr]) -> Expr { Expr(.tuple(elements: elements, context: .load), span) }
    private func assign(_ id: String, _ value: Expr) -> Stmt { Stmt(.assign(targets: [name(id, .store)], value: value), span) }

    /// A lambda; the mapping of the class is its default argument.
    private mutating func later(_ value: Expr, _ context: String, mapping: Expr?) -> Expr {
        var arguments = Arguments()
        if let mapping {
            arguments = Arguments(
                positional: [Argument(name: GenericWrapper.classMapping, annotation: nil, span: span)], defaults: [mapping])
        }
        var value = value
        if case .starred = value.kind {
            value = Expr(
                .subscript(value: tuple([value]), index: Expr(.constant(.int(0)), span), context: .load), value.span)
        }
        let made = Expr(.lambda(arguments: arguments, body: value), value.span)
        lazy.append((made, context))
        return made
    }

    private mutating func declare(_ parameters: [TypeParam]) throws(SyntaxError) {
        var seen: Set<String> = []
        var hasDefault = false
        let mapping = isInClass ? name(GenericWrapper.classMapping) : nil
        let none = Expr(.constant(.none), span)
        for parameter in parameters {
            if !seen.insert(parameter.name).inserted {
                throw reporter.error("duplicate type parameter '\(parameter.name)'", parameter.span)
            }
            if parameter.defaultValue != nil {
                hasDefault = true
            } else if hasDefault {
                throw reporter.error(
                    "non-default type parameter '\(parameter.name)' follows default type parameter", parameter.span)
            }
            let made: Expr
            switch parameter.kind {
            case .typeVar(let bound):
                var isConstrained = false
                if let bound, case .tuple = bound.kind { isConstrained = true }
                let limit = bound.map { later($0, isConstrained ? "a TypeVar constraint" : "a TypeVar bound", mapping: mapping) }
                let other = parameter.defaultValue.map { later($0, "a TypeVar default", mapping: mapping) }
                made = call(
                    ".typevar",
                    [text(parameter.name), limit ?? none, Expr(.constant(isConstrained ? .true : .false), span), other ?? none])
            case .paramSpec:
                let other = parameter.defaultValue.map { later($0, "a ParamSpec default", mapping: mapping) }
                made = call(".paramspec", [text(parameter.name), other ?? none])
            case .typeVarTuple:
                let other = parameter.defaultValue.map { later($0, "a TypeVarTuple default", mapping: mapping) }
                made = call(".typevartuple", [text(parameter.name), other ?? none])
            }
            body.append(assign(parameter.name, made))
        }
        body.append(assign(GenericWrapper.parameters, tuple(parameters.map { name($0.name) })))
    }

    private func finish(_ of: String, _ parameters: [Argument], _ arguments: [Expr]) -> GenericWrapper {
        let mapping = isInClass ? [Argument(name: GenericWrapper.classMapping, annotation: nil, span: span)] : []
        let function = FunctionDef(
            name: "<generic parameters of \(of)>", arguments: Arguments(positional: mapping + parameters), body: body, decorators: [],
            returns: nil, typeParams: [])
        return GenericWrapper(function: function, arguments: arguments, value: nil, lazy: lazy, isInClass: isInClass)
    }

    mutating func wrap(_ def: FunctionDef, isAsync: Bool) throws(SyntaxError) -> GenericWrapper {
        try declare(def.typeParams)
        var parameters: [Argument] = []
        var values: [Expr] = []
        func placeholder(_ value: Expr) -> Expr {
            let id = "default \(values.count)"
            parameters.append(Argument(name: id, annotation: nil, span: value.span))
            values.append(value)
            return Expr(.name(id: id, context: .load), value.span)
        }
        let own = def.arguments
        let defaults = own.defaults.map(placeholder)
        let keywordDefaults = own.keywordDefaults.map { $0.map(placeholder) }
        let inner = FunctionDef(
            name: def.name,
            arguments: Arguments(
                positionalOnly: own.positionalOnly, positional: own.positional, varArgs: own.varArgs, keywordOnly: own.keywordOnly,
                keywordDefaults: keywordDefaults, keywordArgs: own.keywordArgs, defaults: defaults),
            body: def.body, decorators: [], returns: def.returns, typeParams: [])
        body.append(Stmt(isAsync ? .asyncFunctionDef(inner) : .functionDef(inner), span))
        let made = name(GenericWrapper.inner)
        body.append(
            Stmt(
                .assign(
                    targets: [Expr(.attribute(value: made, attribute: "__type_params__", context: .store), span)],
                    value: name(GenericWrapper.parameters)), span))
        body.append(Stmt(.return(value: made), span))
        return finish(def.name, parameters, values)
    }

    mutating func wrap(_ def: ClassDef) throws(SyntaxError) -> GenericWrapper {
        try declare(def.typeParams)
        body.append(assign(GenericWrapper.base, call(".generic", [name(GenericWrapper.parameters)])))
        var statements = def.body
        var at = 0
        if let first = statements.first, case .expr(let value) = first.kind, case .constant(.string) = value.kind { at = 1 }
        statements.insert(assign("__type_params__", name(GenericWrapper.parameters)), at: at)
        let inner = ClassDef(
            name: def.name, bases: def.bases + [name(GenericWrapper.base)], keywords: def.keywords, body: statements, decorators: [],
            typeParams: [])
        body.append(Stmt(.classDef(inner), span))
        body.append(Stmt(.return(value: name(GenericWrapper.inner)), span))
        return finish(def.name, [], [])
    }

    mutating func wrap(alias: String, _ parameters: [TypeParam], _ value: Expr) throws(SyntaxError) -> GenericWrapper {
        if parameters.isEmpty {
            let made = later(value, "a type alias", mapping: isInClass ? call(".locals", []) : nil)
            return GenericWrapper(
                function: nil, arguments: [], value: call(".alias", [text(alias), made, tuple([])]), lazy: lazy, isInClass: isInClass)
        }
        try declare(parameters)
        let made = later(value, "a type alias", mapping: isInClass ? name(GenericWrapper.classMapping) : nil)
        body.append(Stmt(.return(value: call(".alias", [text(alias), made, name(GenericWrapper.parameters)])), span))
        return finish(alias, [], [])
    }
}
