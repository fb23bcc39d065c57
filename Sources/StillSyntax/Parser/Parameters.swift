// Parameters of functions and lambdas, and type parameters.

extension Parser {
    /// Reads up to, and not including, `end`: `)` for a function, `:` for a lambda.
    func parameters(isLambda: Bool, end: TokenKind) throws(Mismatch) -> Arguments {
        if kind == end { return Self.noArguments }
        var positionalOnly: [Argument] = []
        var positional: [Argument] = []
        var varArgs: Argument?
        var keywordOnly: [Argument] = []
        var keywordDefaults: [Expr?] = []
        var keywordArgs: Argument?
        var defaults: [Expr] = []
        var sawSlash = false
        var sawStar = false
        var isFirst = true

        while kind != end {
            let start = here
            switch kind {
            case .slash:
                if isFirst {
                    guard peek(1) == .comma else { throw mismatch() }
                    throw report("at least one argument must precede /", start)
                }
                if sawSlash { throw report("/ may appear only once", start) }
                if sawStar { throw report("/ must be ahead of *", start) }
                advance()
                sawSlash = true
                positionalOnly = positional
                positional = []
                if kind == .star { throw report("expected comma between / and *", here) }
            case .star:
                if sawStar {
                    if peek(1) != .comma, peek(1) != .name { throw mismatch() }
                    throw report("* argument may appear only once", start)
                }
                sawStar = true
                advance()
                if kind == .comma {
                    touch(1)
                    if peek(1) == end || peek(1) == .doubleStar {
                        advance()
                        throw isLambda
                            ? reportFurthest("named arguments must follow bare *")
                            : report("named arguments must follow bare *", start)
                    }
                } else if kind == end {
                    throw isLambda
                        ? reportFurthest("named arguments must follow bare *")
                        : report("named arguments must follow bare *", start)
                } else {
                    varArgs = try parameter(isLambda: isLambda, allowStar: true)
                    if kind == .equal {
                        throw report("var-positional argument cannot have default value", here)
                    }
                }
            case .doubleStar:
                advance()
                keywordArgs = try parameter(isLambda: isLambda, allowStar: false)
                if kind == .equal {
                    throw report("var-keyword argument cannot have default value", here)
                }
                if accept(.comma), kind != end {
                    if kind == .name || kind == .star || kind == .doubleStar || kind == .slash {
                        throw report("arguments cannot follow var-keyword argument", here)
                    }
                    throw mismatch()
                }
                if kind != end { throw mismatch() }
                continue
            case .leftParen:
                if !defaults.isEmpty || sawStar || sawSlash { throw mismatch() }
                throw parenthesizedParameter(isLambda: isLambda)
            default:
                let argument = try parameter(isLambda: isLambda, allowStar: false)
                var value: Expr?
                if kind == .equal {
                    let equal = here
                    advance()
                    if kind == end || kind == .comma {
                        throw report("expected default value expression", equal)
                    }
                    value = try expression()
                }
                if sawStar {
                    keywordOnly.append(argument)
                    keywordDefaults.append(value)
                } else {
                    if let value {
                        defaults.append(value)
                    } else if !defaults.isEmpty {
                        if kind != .comma, kind != end { throw mismatch() }
                        throw report(
                            "parameter without a default follows parameter with a default",
                            argument.span)
                    }
                    positional.append(argument)
                }
            }
            isFirst = false
            if kind != end { try expect(.comma) }
        }
        return Arguments(
            positionalOnly: positionalOnly, positional: positional, varArgs: varArgs,
            keywordOnly: keywordOnly, keywordDefaults: keywordDefaults, keywordArgs: keywordArgs,
            defaults: defaults)
    }

    static let noArguments = Arguments()

    private func parameter(isLambda: Bool, allowStar: Bool) throws(Mismatch) -> Argument {
        let start = here
        let name = try identifier()
        var annotation: Expr?
        if !isLambda, accept(.colon) {
            if allowStar, kind == .star {
                annotation = try starExpression()
            } else {
                annotation = try expression()
            }
        }
        return Argument(name: name, annotation: annotation, span: span(from: start))
    }

    /// `def f((a, b)):`.
    private func parenthesizedParameter(isLambda: Bool) -> Mismatch {
        let start = here
        _ = mismatch()
        guard reporting else { return Mismatch() }
        advance()
        let from = position
        while kind == .name, peek(1) == .comma || peek(1) == .rightParen {
            advance()
            if kind == .comma { advance() }
        }
        guard kind == .rightParen, position > from else { return mismatch() }
        return raise(
            isLambda
                ? "Lambda expression parameters cannot be parenthesized"
                : "Function parameters cannot be parenthesized", from: start, to: here)
    }

    /// An error of the second pass; in the first only a mismatch.
    func report(_ message: String, _ span: SourceSpan) -> Mismatch {
        reporting ? raise(message, at: span) : mismatch()
    }

    func reportFurthest(_ message: String) -> Mismatch {
        reporting ? raiseAtFurthest(message) : mismatch()
    }

    // MARK: Type parameters

    /// `[T, *Ts, **P]`, or nothing.
    func typeParameters() throws(Mismatch) -> [TypeParam] {
        guard kind == .leftBracket else { return [] }
        advance()
        if kind == .rightBracket {
            if reporting { throw raise("Type parameter list cannot be empty", startingFrom: here) }
            throw mismatch()
        }
        var parameters: [TypeParam] = []
        while kind != .rightBracket {
            parameters.append(try typeParameter())
            if kind != .rightBracket { try expect(.comma) }
        }
        advance()
        return parameters
    }

    private func typeParameter() throws(Mismatch) -> TypeParam {
        let start = here
        var parameterKind = TypeParam.Kind.typeVar(bound: nil)
        var isVariadic = false
        if accept(.star) {
            parameterKind = .typeVarTuple
            isVariadic = true
        } else if accept(.doubleStar) {
            parameterKind = .paramSpec
        }
        let name = try identifier()
        if kind == .colon {
            let colon = here
            advance()
            let bound = try expression()
            guard case .typeVar = parameterKind else {
                var isTuple = false
                if case .tuple = bound.kind { isTuple = true }
                throw report(
                    "cannot use \(isTuple ? "constraints" : "bound") with "
                        + (isVariadic ? "TypeVarTuple" : "ParamSpec"), colon.through(bound.span))
            }
            parameterKind = .typeVar(bound: bound)
        }
        var value: Expr?
        if accept(.equal) {
            value = isVariadic && kind == .star ? try starExpression() : try expression()
        }
        return TypeParam(
            kind: parameterKind, name: name, defaultValue: value, span: span(from: start))
    }
}
