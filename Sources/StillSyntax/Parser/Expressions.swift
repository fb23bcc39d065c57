// Expressions from `star_expressions` down to unary operators.

extension Parser {
    /// Whether the current token can begin an expression.
    var startsExpression: Bool {
        switch kind {
        case .name, .number, .string, .fstringStart, .leftParen, .leftBracket, .leftBrace,
            .ellipsis, .minus, .plus, .tilde, .kwNot, .kwLambda, .kwAwait, .kwTrue, .kwFalse,
            .kwNone:
            return true
        default: return false
        }
    }

    // MARK: Lists without brackets

    /// `a, *b, c`: a tuple when there is a comma. `yield` is not accepted.
    func starExpressions() throws(Mismatch) -> Expr {
        let start = here
        let first = try starExpression()
        guard kind == .comma else { return first }
        var elements = [first]
        while accept(.comma) {
            guard startsExpression || kind == .star else { break }
            elements.append(try starExpression())
        }
        return make(.tuple(elements: elements, context: .load), span(from: start))
    }

    func starExpression() throws(Mismatch) -> Expr {
        guard kind == .star else { return try expression() }
        let start = here
        advance()
        let value = try binary(.bitOr)
        return make(.starred(value: value, context: .load), span(from: start))
    }

    /// `a, b`: no stars.
    func expressions() throws(Mismatch) -> Expr {
        let start = here
        let first = try expression()
        guard kind == .comma else { return first }
        var elements = [first]
        while accept(.comma) {
            guard startsExpression else { break }
            elements.append(try expression())
        }
        return make(.tuple(elements: elements, context: .load), span(from: start))
    }

    func yieldOrStarExpressions() throws(Mismatch) -> Expr {
        kind == .kwYield ? try yieldExpression() : try starExpressions()
    }

    func yieldExpression() throws(Mismatch) -> Expr {
        let start = here
        try expect(.kwYield)
        if accept(.kwFrom) {
            let value = try expression()
            return make(.yieldFrom(value: value), span(from: start))
        }
        guard startsExpression || kind == .star else {
            return make(.yield(value: nil), span(from: start))
        }
        let value = try starExpressions()
        return make(.yield(value: value), span(from: start))
    }

    /// An element of a list, tuple or set display: `*x`, `x := 1` or an expression.
    func starNamedExpression() throws(Mismatch) -> Expr {
        guard kind == .star else { return try namedExpression() }
        let start = here
        advance()
        let value = try binary(.bitOr)
        return make(.starred(value: value, context: .load), span(from: start))
    }

    func namedExpression() throws(Mismatch) -> Expr {
        if kind == .name, peek(1) == .colonEqual { return try assignmentExpression() }
        let start = position
        let value = try expression()
        if mayReport { try reportNamedExpression(value, start) }
        if kind == .colonEqual { throw mismatch() }
        return value
    }

    func assignmentExpression() throws(Mismatch) -> Expr {
        let start = here
        let target = make(.name(id: try identifier(), context: .store), start)
        try expect(.colonEqual)
        let value = try expression()
        return make(.namedExpr(target: target, value: value), span(from: start))
    }

    // MARK: Conditional expressions and lambda

    func expression() throws(Mismatch) -> Expr {
        depth += 1
        defer { depth -= 1 }
        if depth > Self.maxDepth {
            throw raise("too many nested expressions or statements", at: here)
        }
        if kind == .kwLambda { return try lambda() }
        let start = position
        let first: Expr
        if reporting, position == quietOperand {
            let mark = furthest
            reporting = false
            defer {
                reporting = true
                furthest = mark
            }
            first = try disjunction()
        } else {
            first = try disjunction()
        }
        if reporting, fuel > 0 { try reportExpression(first, start) }
        guard kind == .kwIf else { return first }
        // `a if p else b if q else c` nests to the right; collect, then fold from the end.
        var parts: [(body: Expr, test: Expr, start: SourceSpan)] = []
        var last = first
        var from = start
        while kind == .kwIf {
            advance()
            let mark = position - 1
            let test = try disjunction()
            if dropsOperators, kind != .kwElse {
                rewind(mark)
                break
            }
            try expect(.kwElse)
            parts.append((last, test, tokens[from].span))
            if kind == .kwLambda {
                last = try lambda()
                break
            }
            from = position
            last = try disjunction()
            if reporting, fuel > 0 { try reportExpression(last, from) }
        }
        for part in parts.reversed() {
            last = make(
                .ifExp(test: part.test, body: part.body, orElse: last), span(from: part.start))
        }
        return last
    }

    func lambda() throws(Mismatch) -> Expr {
        depth += 1
        defer { depth -= 1 }
        if depth > Self.maxDepth {
            throw raise("too many nested expressions or statements", at: here)
        }
        let start = here
        try expect(.kwLambda)
        let arguments = try parameters(isLambda: true, end: .colon)
        if kind == .colon, peek(1) == .fstringMiddle, reporting {
            throw raise(
                "f-string: lambda expressions are not allowed without parentheses", from: start,
                to: here)
        }
        try force(.colon, "':'")
        let body = try expression()
        return make(.lambda(arguments: arguments, body: body), span(from: start))
    }

    /// A token whose absence is always reported.
    func force(_ expected: TokenKind, _ spelling: String) throws(Mismatch) {
        if kind == expected {
            advance()
            return
        }
        if kind == .failure { throw mismatch() }
        _ = mismatch()
        throw raise("expected \(spelling)", at: here)
    }

    // MARK: Boolean operators

    func disjunction() throws(Mismatch) -> Expr {
        let start = here
        let first = try conjunction()
        guard kind == .kwOr else { return first }
        var values = [first]
        while accept(.kwOr) {
            guard let value = try operand({ () throws(Mismatch) in try self.conjunction() }) else { break }
            values.append(value)
        }
        if values.count == 1 { return first }
        return make(.boolOp(op: .or, values: values), span(from: start))
    }

    private func conjunction() throws(Mismatch) -> Expr {
        let start = here
        let first = try inversion()
        guard kind == .kwAnd else { return first }
        var values = [first]
        while accept(.kwAnd) {
            guard let value = try operand({ () throws(Mismatch) in try self.inversion() }) else { break }
            values.append(value)
        }
        if values.count == 1 { return first }
        return make(.boolOp(op: .and, values: values), span(from: start))
    }

    private func inversion() throws(Mismatch) -> Expr {
        guard kind == .kwNot else { return try comparison() }
        var starts: [SourceSpan] = []
        while kind == .kwNot {
            starts.append(here)
            advance()
        }
        var value = try comparison()
        for start in starts.reversed() {
            value = make(.unaryOp(op: .not, operand: value), span(from: start))
        }
        return value
    }

    /// The operand after an operator; nil, back at the operator, when there is none and the
    /// expression may end before it.
    private func operand(
        after mark: Int? = nil, _ rule: () throws(Mismatch) -> Expr
    ) throws(Mismatch) -> Expr? {
        guard dropsOperators else { return try rule() }
        let mark = mark ?? position - 1
        if let value = try attempt(rule) { return value }
        rewind(mark)
        return nil
    }

    private func comparison() throws(Mismatch) -> Expr {
        let start = here
        let left = try binary(.bitOr)
        guard comparisonOperator != nil else { return left }
        var ops: [ComparisonOperator] = []
        var comparators: [Expr] = []
        while let op = comparisonOperator {
            let mark = position
            advance()
            if op == .notIn || op == .isNot { advance() }
            guard
                let value = try operand(
                    after: mark, { () throws(Mismatch) in try self.binary(.bitOr) })
            else { break }
            ops.append(op)
            comparators.append(value)
        }
        if ops.isEmpty { return left }
        return make(
            .compare(left: left, ops: ops, comparators: comparators), span(from: start))
    }

    private var comparisonOperator: ComparisonOperator? {
        switch kind {
        case .equalEqual: return .eq
        case .notEqual:
            // `<>` is one token; only `!=` is an operator.
            return source.base[Int(tokens[position].start)] == 33 ? .notEq : nil
        case .less: return .lt
        case .lessEqual: return .ltE
        case .greater: return .gt
        case .greaterEqual: return .gtE
        case .kwIn: return .in
        case .kwIs: return peek(1) == .kwNot ? .isNot : .is
        case .kwNot:
            touch(1)
            return peek(1) == .kwIn ? .notIn : nil
        default: return nil
        }
    }

    // MARK: Binary operators

    /// Binding strength of the weakest binary operator: what a whole operand is parsed with.
    enum Strength: Int { case bitOr = 1 }

    @inline(__always)
    private var binaryOperator: (op: BinaryOperator, strength: Int)? {
        switch kind {
        case .bar: return (.bitOr, 1)
        case .caret: return (.bitXor, 2)
        case .ampersand: return (.bitAnd, 3)
        case .leftShift: return (.lShift, 4)
        case .rightShift: return (.rShift, 4)
        case .plus: return (.add, 5)
        case .minus: return (.sub, 5)
        case .star: return (.mult, 6)
        case .slash: return (.div, 6)
        case .doubleSlash: return (.floorDiv, 6)
        case .percent: return (.mod, 6)
        case .at: return (.matMult, 6)
        default: return nil
        }
    }

    func binary(_ strength: Strength) throws(Mismatch) -> Expr {
        try binary(atLeast: strength.rawValue)
    }

    private func binary(atLeast minimum: Int) throws(Mismatch) -> Expr {
        let start = here
        var left = try factor()
        while let (op, strength) = binaryOperator, strength >= minimum {
            advance()
            if strength >= 5, kind == .kwNot, mayReport { try reportNot() }
            let right: Expr
            if dropsOperators {
                guard
                    let value = try operand({ () throws(Mismatch) in
                        try self.binary(atLeast: strength + 1)
                    })
                else { return left }
                right = value
            } else {
                right = try binary(atLeast: strength + 1)
            }
            left = make(.binOp(left: left, op: op, right: right), span(from: start))
        }
        return left
    }

    /// At a `not` that follows an operator.
    private func reportNot() throws(Mismatch) {
        let start = here
        let mark = position
        if let operand = try attempt({ () throws(Mismatch) in try self.inversion() }) {
            throw raise(
                "'not' after an operator must be parenthesized", from: start, to: operand.span)
        }
        rewind(mark)
    }

    private var unaryOperator: UnaryOperator? {
        switch kind {
        case .minus: .uSub
        case .plus: .uAdd
        case .tilde: .invert
        default: nil
        }
    }

    /// `-x`, `x ** -y`. A minus binds looser than the power to its right.
    private func factor() throws(Mismatch) -> Expr {
        guard unaryOperator != nil else { return try power() }
        var ops: [(op: UnaryOperator, start: SourceSpan)] = []
        while let op = unaryOperator {
            ops.append((op, here))
            advance()
        }
        if kind == .kwNot, mayReport { try reportNot() }
        var value = try power()
        for (op, start) in ops.reversed() {
            value = make(.unaryOp(op: op, operand: value), span(from: start))
        }
        return value
    }

    private func power() throws(Mismatch) -> Expr {
        let start = here
        let base = try awaitPrimary()
        guard kind == .doubleStar else { return base }
        advance()
        depth += 1
        defer { depth -= 1 }
        if depth > Self.maxDepth {
            throw raise("too many nested expressions or statements", at: here)
        }
        let exponent = try factor()
        return make(.binOp(left: base, op: .pow, right: exponent), span(from: start))
    }

    private func awaitPrimary() throws(Mismatch) -> Expr {
        guard kind == .kwAwait else { return try primary() }
        let start = here
        advance()
        let value = try primary()
        return make(.await(value: value), span(from: start))
    }
}
