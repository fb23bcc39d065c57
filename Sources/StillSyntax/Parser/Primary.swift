// Atoms, trailers (`.name`, `[index]`, `(arguments)`), displays and comprehensions.

extension Parser {
    func primary() throws(Mismatch) -> Expr {
        let start = here
        var value = try atom()
        while true {
            if dropsOperators, kind == .dot || kind == .leftParen || kind == .leftBracket {
                let base = value
                guard
                    let longer = try attempt({ () throws(Mismatch) in
                        try self.trailer(base, start)
                    })
                else { return value }
                value = longer
                continue
            }
            switch kind {
            case .dot, .leftParen, .leftBracket: value = try trailer(value, start)
            default: return value
            }
        }
    }

    /// One trailer after `value`.
    @inline(__always)
    private func trailer(_ value: Expr, _ start: SourceSpan) throws(Mismatch) -> Expr {
        switch kind {
        case .dot:
            advance()
            let name = try identifier()
            return make(
                .attribute(value: value, attribute: name, context: .load), span(from: start))
        case .leftParen:
            let (arguments, keywords) = try callArguments()
            return make(
                .call(function: value, arguments: arguments, keywords: keywords), span(from: start))
        default:
            advance()
            let index = try slices()
            try expect(.rightBracket)
            return make(
                .subscript(value: value, index: index, context: .load), span(from: start))
        }
    }

    private func atom() throws(Mismatch) -> Expr {
        let start = here
        switch kind {
        case .name:
            let name = identifier(at: position)
            advance()
            return make(.name(id: name, context: .load), start)
        case .number:
            let value = try numberConstant()
            advance()
            return make(.constant(value), start)
        case .string, .fstringStart: return try strings()
        case .leftParen: return try parenthesized()
        case .leftBracket: return try listDisplay()
        case .leftBrace: return try braceDisplay()
        case .kwTrue: return constant(.true)
        case .kwFalse: return constant(.false)
        case .kwNone: return constant(.none)
        case .ellipsis: return constant(.ellipsis)
        default: throw mismatch()
        }
    }

    private func constant(_ value: Constant) -> Expr {
        let span = here
        advance()
        return make(.constant(value), span)
    }

    // MARK: Subscripts

    private func slices() throws(Mismatch) -> Expr {
        let start = here
        let first = try slice()
        if kind != .comma {
            guard isStarred(first) else { return first }
            return make(.tuple(elements: [first], context: .load), span(from: start))
        }
        var elements = [first]
        while accept(.comma) {
            if kind == .rightBracket { break }
            elements.append(try slice())
        }
        return make(.tuple(elements: elements, context: .load), span(from: start))
    }

    private func slice() throws(Mismatch) -> Expr {
        let start = here
        if kind == .star {
            advance()
            if mayReport {
                let mark = position
                try starOperand()
                rewind(mark)
            }
            let value = try expression()
            return make(.starred(value: value, context: .load), span(from: start))
        }
        var lower: Expr?
        if kind != .colon {
            if kind == .name, peek(1) == .colonEqual { return try assignmentExpression() }
            let from = position
            let value = try expression()
            if kind != .colon {
                if mayReport { try reportNamedExpression(value, from) }
                return value
            }
            lower = value
        }
        try expect(.colon)
        var upper: Expr?
        var step: Expr?
        if kind != .colon, kind != .comma, kind != .rightBracket { upper = try expression() }
        if accept(.colon), kind != .comma, kind != .rightBracket { step = try expression() }
        return make(.slice(lower: lower, upper: upper, step: step), span(from: start))
    }

    // MARK: Brackets

    /// A group, a tuple or a generator expression.
    private func parenthesized() throws(Mismatch) -> Expr {
        let start = here
        let from = position
        try expect(.leftParen)
        if accept(.rightParen) {
            return make(.tuple(elements: [], context: .load), span(from: start))
        }
        if kind == .kwYield {
            let value = try yieldExpression()
            try expect(.rightParen)
            return value
        }
        do throws(Mismatch) {
            let first = try starNamedExpression()
            switch kind {
            case .rightParen where !isStarred(first):
                advance()
                return first
            case .kwFor, .kwAsync:
                if isStarred(first) {
                    if reporting {
                        throw raise(
                            "iterable unpacking cannot be used in comprehension", at: first.span)
                    }
                    throw mismatch()
                }
                let generators = try comprehensions()
                try expect(.rightParen)
                return make(
                    .generatorExp(element: first, generators: generators), span(from: start))
            case .comma:
                var elements = [first]
                while accept(.comma) {
                    if kind == .rightParen { break }
                    elements.append(try starNamedExpression())
                }
                try expect(.rightParen)
                return make(.tuple(elements: elements, context: .load), span(from: start))
            default: throw mismatch()
            }
        } catch {
            if failure == nil, mayReport { try reportGroup(from) }
            throw error
        }
    }

    private func listDisplay() throws(Mismatch) -> Expr {
        let start = here
        let from = position
        try expect(.leftBracket)
        if accept(.rightBracket) {
            return make(.list(elements: [], context: .load), span(from: start))
        }
        do throws(Mismatch) {
            let first = try starNamedExpression()
            if kind == .kwFor || kind == .kwAsync {
                if isStarred(first) {
                    if reporting {
                        throw raise(
                            "iterable unpacking cannot be used in comprehension", at: first.span)
                    }
                    throw mismatch()
                }
                let generators = try comprehensions()
                try expect(.rightBracket)
                return make(.listComp(element: first, generators: generators), span(from: start))
            }
            var elements = [first]
            while accept(.comma) {
                if kind == .rightBracket { break }
                elements.append(try starNamedExpression())
            }
            try expect(.rightBracket)
            return make(.list(elements: elements, context: .load), span(from: start))
        } catch {
            if failure == nil, mayReport { try reportComprehensionTarget(from) }
            throw error
        }
    }

    /// A dict or set, or a comprehension of either.
    private func braceDisplay() throws(Mismatch) -> Expr {
        let start = here
        let from = position
        try expect(.leftBrace)
        if accept(.rightBrace) {
            return make(.dict(keys: [], values: []), span(from: start))
        }
        do throws(Mismatch) {
            if kind == .doubleStar { return try dictDisplay(start, first: nil) }
            let first = try starNamedExpression()
            if kind == .colon, !isStarred(first), !isNamed(first) {
                return try dictDisplay(start, first: first)
            }
            if kind == .kwFor || kind == .kwAsync {
                if isStarred(first) {
                    if reporting {
                        throw raise(
                            "iterable unpacking cannot be used in comprehension", at: first.span)
                    }
                    throw mismatch()
                }
                let generators = try comprehensions()
                try expect(.rightBrace)
                return make(.setComp(element: first, generators: generators), span(from: start))
            }
            var elements = [first]
            while accept(.comma) {
                if kind == .rightBrace { break }
                elements.append(try starNamedExpression())
            }
            try expect(.rightBrace)
            return make(.set(elements: elements), span(from: start))
        } catch {
            if failure == nil, mayReport { try reportBraces(from) }
            throw error
        }
    }

    private func isNamed(_ node: Expr) -> Bool {
        // Parentheses leave no node: `(x := 1)` begins after its bracket.
        if case .namedExpr = node.kind {
            return tokens[position - 1].kind != .rightParen
        }
        return false
    }

    private func dictDisplay(_ start: SourceSpan, first: Expr?) throws(Mismatch) -> Expr {
        var keys: [Expr?] = []
        var values: [Expr] = []
        if let first {
            try expect(.colon)
            let value = try expression()
            if kind == .kwFor || kind == .kwAsync {
                let generators = try comprehensions()
                try expect(.rightBrace)
                return make(
                    .dictComp(key: first, value: value, generators: generators), span(from: start))
            }
            keys.append(first)
            values.append(value)
        } else {
            let mark = here
            try expect(.doubleStar)
            values.append(try binary(.bitOr))
            keys.append(nil)
            if kind == .kwFor || kind == .kwAsync, reporting {
                throw raise("dict unpacking cannot be used in dict comprehension", at: mark)
            }
        }
        while accept(.comma) {
            if kind == .rightBrace { break }
            if accept(.doubleStar) {
                values.append(try binary(.bitOr))
                keys.append(nil)
            } else {
                let key = try expression()
                try expect(.colon)
                values.append(try expression())
                keys.append(key)
            }
        }
        try expect(.rightBrace)
        return make(.dict(keys: keys, values: values), span(from: start))
    }

    // MARK: Comprehensions

    func comprehensions() throws(Mismatch) -> [Comprehension] {
        var clauses: [Comprehension] = []
        if kind == .kwAsync { touch(1) }
        while kind == .kwFor || (kind == .kwAsync && peek(1) == .kwFor) {
            let isAsync = accept(.kwAsync)
            advance()
            let from = position
            let target: Expr
            do throws(Mismatch) {
                target = try loopTargets()
                if kind != .kwIn { throw mismatch() }
            } catch {
                if failure == nil, mayReport { try reportLoopTarget(from, inComprehension: true) }
                throw error
            }
            advance()
            let iterable = try disjunction()
            var conditions: [Expr] = []
            while accept(.kwIf) { conditions.append(try disjunction()) }
            clauses.append(
                Comprehension(
                    target: target, iterable: iterable, conditions: conditions, isAsync: isAsync))
        }
        if clauses.isEmpty { throw mismatch() }
        return clauses
    }

    // MARK: Calls

    /// From `(` to `)`.
    func callArguments(
        allowGenerator: Bool = true
    ) throws(Mismatch) -> (arguments: [Expr], keywords: [Keyword]) {
        let open = position
        do throws(Mismatch) {
            return try callArgumentsOrFail(allowGenerator)
        } catch {
            if failure == nil, mayReport { try reportCall(open) }
            throw error
        }
    }

    private func callArgumentsOrFail(_ allowGenerator: Bool) throws(Mismatch) -> (
        arguments: [Expr], keywords: [Keyword]
    ) {
        let open = here
        try expect(.leftParen)
        var arguments: [Expr] = []
        var keywords: [Keyword] = []
        var sawUnpackedMapping = false
        while kind != .rightParen {
            let start = here
            if kind == .star {
                if sawUnpackedMapping { throw mismatch() }
                advance()
                let value = try expression()
                arguments.append(make(.starred(value: value, context: .load), span(from: start)))
                if reporting, kind == .equal {
                    advance()
                    if let other = try attemptQuietly({ () throws(Mismatch) in
                        try self.expression()
                    }) {
                        throw raise(
                            "cannot assign to iterable argument unpacking", from: start,
                            to: other.span)
                    }
                    throw mismatch()
                }
            } else if accept(.doubleStar) {
                let value = try expression()
                sawUnpackedMapping = true
                keywords.append(Keyword(name: nil, value: value, span: span(from: start)))
                if reporting, kind == .equal {
                    advance()
                    if let other = try attemptQuietly({ () throws(Mismatch) in
                        try self.expression()
                    }) {
                        throw raise(
                            "cannot assign to keyword argument unpacking", from: start,
                            to: other.span)
                    }
                    throw mismatch()
                }
            } else if kind == .name, peek(1) == .equal {
                let name = try identifier()
                advance()
                if reporting, kind == .comma || kind == .rightParen {
                    throw raise("expected argument value expression", from: start, to: tokens[position - 1].span)
                }
                let value = try expression()
                keywords.append(Keyword(name: name, value: value, span: span(from: start)))
                if reporting, kind == .kwFor || kind == .kwAsync {
                    throw raise(
                        "invalid syntax. Maybe you meant '==' or ':=' instead of '='?",
                        at: start.through(tokens[indexAfterName(start)].span))
                }
            } else {
                if !keywords.isEmpty, !reporting {
                    if kind == .name { touch(1) }
                    throw mismatch()
                }
                let value = try callArgument()
                if kind == .kwAsync { touch(1) }
                if kind == .kwFor || (kind == .kwAsync && peek(1) == .kwFor) {
                    if !allowGenerator { throw mismatch() }
                    if arguments.isEmpty, keywords.isEmpty {
                        let generators = try comprehensions()
                        if kind == .rightParen {
                            advance()
                            let node = make(
                                .generatorExp(element: value, generators: generators),
                                span(from: open))
                            return ([node], [])
                        }
                        if kind == .comma, reporting {
                            throw raise(
                                "Generator expression must be parenthesized",
                                at: span(from: start))
                        }
                        throw mismatch()
                    }
                    if reporting {
                        let clauses = try attempt({ () throws(Mismatch) in
                            try self.comprehensions()
                        })
                        if clauses != nil {
                            throw raise(
                                "Generator expression must be parenthesized",
                                at: span(from: start))
                        }
                    }
                    throw mismatch()
                }
                if kind == .equal, reporting {
                    switch value.kind {
                    case .constant(.true), .constant(.false), .constant(.none):
                        throw raise("cannot assign to \(describe(value))", from: value.span, to: here)
                    default:
                        throw raise(
                            "expression cannot contain assignment, perhaps you meant \"==\"?",
                            from: value.span, to: here)
                    }
                }
                if !keywords.isEmpty {
                    // The rest is read first: another error in it is more specific.
                    if reporting {
                        let mixed = sawUnpackedMapping
                            ? "positional argument follows keyword argument unpacking"
                            : "positional argument follows keyword argument"
                        while kind == .comma {
                            advance()
                            if kind == .rightParen { break }
                            if kind == .star || kind == .doubleStar { advance() }
                            if kind == .name, peek(1) == .equal {
                                advance()
                                advance()
                            }
                            _ = try expression()
                        }
                        if kind == .rightParen || kind == .comma {
                            throw raise(mixed, at: tokens[position].span)
                        }
                    }
                    throw mismatch()
                }
                arguments.append(value)
            }
            if kind != .rightParen { try expect(.comma) }
        }
        advance()
        return (arguments, keywords)
    }

    private func indexAfterName(_ start: SourceSpan) -> Int {
        var index = position
        while index > 0, tokens[index].span != start { index -= 1 }
        return min(index + 1, tokenCount - 1)
    }

    private func callArgument() throws(Mismatch) -> Expr {
        if kind == .name, peek(1) == .colonEqual { return try assignmentExpression() }
        let value = try expression()
        if kind == .colonEqual { throw mismatch() }
        return value
    }
}
