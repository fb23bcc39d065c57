// `match` statements. `match`, `case`, `type` and `_` are ordinary names everywhere else.

extension Parser {
    /// A match statement, or nil when `match` is only a name here.
    func matchStatement() throws(Mismatch) -> Stmt? {
        // What follows a name in an expression rules most lines out at once.
        switch peek(1) {
        case .equal, .dot, .newline, .comma, .rightParen, .colon, .semicolon, .colonEqual: return nil
        default: break
        }
        let start = here
        let mark = position
        let subject = try attemptQuietly { () throws(Mismatch) -> Expr in
            self.advance()
            let subject = try self.subject()
            guard self.kind == .colon, self.peek(1) == .newline, self.peek(2) == .indent,
                self.isWord(self.position + 3, "case")
            else {
                // Keep looking as far as the rule would, so that errors are placed there.
                if self.kind == .colon {
                    self.touch(
                        self.peek(1) != .newline ? 1 : self.peek(2) == .indent ? 3 : 2)
                }
                throw self.mismatch()
            }
            return subject
        }
        guard let subject else {
            if reporting { try reportMatch(mark) }
            return nil
        }
        if reporting {
            rewind(mark + 1)
            _ = try self.subject()
        }
        advance()
        advance()
        advance()
        var cases: [MatchCase] = []
        while isWord(position, "case") { cases.append(try caseBlock()) }
        try expect(.dedent)
        return make(.match(subject: subject, cases: cases), span(from: start))
    }

    func subject() throws(Mismatch) -> Expr {
        let start = here
        let first = try starNamedExpression()
        guard kind == .comma else {
            if isStarred(first) { throw mismatch() }
            return first
        }
        var elements = [first]
        while accept(.comma) {
            guard startsExpression || kind == .star else { break }
            elements.append(try starNamedExpression())
        }
        return make(.tuple(elements: elements, context: .load), span(from: start))
    }

    private func caseBlock() throws(Mismatch) -> MatchCase {
        let line = here.line
        advance()
        let pattern = try openPatterns()
        let guardExpr: Expr? = accept(.kwIf) ? try namedExpression() : nil
        try colon()
        let body = try block("'case' statement", line: line)
        return MatchCase(pattern: pattern, guardExpr: guardExpr, body: body)
    }

    /// A pattern, or a sequence without brackets.
    func openPatterns() throws(Mismatch) -> Pattern {
        let start = here
        let first = try maybeStarPattern()
        guard kind == .comma else {
            if case .star = first.kind { throw mismatch() }
            return first
        }
        var patterns = [first]
        while accept(.comma) {
            if kind == .colon || kind == .kwIf { break }
            patterns.append(try maybeStarPattern())
        }
        return Pattern(.sequence(patterns), span(from: start))
    }

    private func maybeStarPattern() throws(Mismatch) -> Pattern {
        guard kind == .star else { return try asPattern() }
        let start = here
        advance()
        let isWildcard = isWord(position, "_")
        let name = try identifier()
        return Pattern(.star(name: isWildcard ? nil : name), span(from: start))
    }

    private func asPattern() throws(Mismatch) -> Pattern {
        depth += 1
        defer { depth -= 1 }
        if depth > Self.maxDepth {
            throw raise("too many nested expressions or statements", at: here)
        }
        let start = here
        let pattern = try orPattern()
        guard kind == .kwAs else { return pattern }
        advance()
        if isWord(position, "_"), reporting {
            throw raise("cannot use '_' as a target", at: here)
        }
        if kind == .name, !isWord(position, "_"), peek(1) != .dot, peek(1) != .leftParen,
            peek(1) != .equal, peek(1) != .leftBracket
        {
            let name = try identifier()
            return Pattern(.as(pattern: pattern, name: name), span(from: start))
        }
        if reporting,
            let other = try attempt({ () throws(Mismatch) in try self.expression() })
        {
            throw raise("invalid pattern target", at: other.span)
        }
        throw mismatch()
    }

    private func orPattern() throws(Mismatch) -> Pattern {
        let start = here
        let first = try closedPattern()
        guard kind == .bar else { return first }
        var patterns = [first]
        while accept(.bar) { patterns.append(try closedPattern()) }
        return Pattern(.or(patterns), span(from: start))
    }

    private func closedPattern() throws(Mismatch) -> Pattern {
        let start = here
        switch kind {
        case .kwNone: return singleton(.none)
        case .kwTrue: return singleton(.true)
        case .kwFalse: return singleton(.false)
        case .number, .minus:
            let value = try patternNumber()
            return Pattern(.value(value), span(from: start))
        case .string, .fstringStart:
            let value = try strings()
            if case .joinedStr = value.kind {
                throw raise("patterns may only match literals and attribute lookups", at: value.span)
            }
            return Pattern(.value(value), span(from: start))
        case .name: return try namePattern()
        case .leftParen:
            advance()
            return try bracketed(.rightParen, start)
        case .leftBracket:
            advance()
            return try bracketed(.rightBracket, start)
        case .leftBrace: return try mappingPattern()
        default: throw mismatch()
        }
    }

    private func singleton(_ value: SingletonPattern) -> Pattern {
        let span = here
        advance()
        return Pattern(.singleton(value), span)
    }

    /// A signed number, or a complex literal such as `-1+2j`.
    private func patternNumber() throws(Mismatch) -> Expr {
        let start = here
        let left = try signedNumber()
        guard kind == .plus || kind == .minus else { return left }
        let op: BinaryOperator = kind == .plus ? .add : .sub
        if isImaginary(left) {
            throw raise("real number required in complex literal", at: left.span)
        }
        advance()
        guard kind == .number else { throw mismatch() }
        let right = try unsignedNumber()
        if !isImaginary(right) {
            throw raise("imaginary number required in complex literal", at: right.span)
        }
        return make(.binOp(left: left, op: op, right: right), span(from: start))
    }

    private func isImaginary(_ node: Expr) -> Bool {
        switch node.kind {
        case .constant(.imaginary): return true
        case .unaryOp(_, let operand): return isImaginary(operand)
        default: return false
        }
    }

    private func signedNumber() throws(Mismatch) -> Expr {
        let start = here
        guard accept(.minus) else { return try unsignedNumber() }
        let operand = try unsignedNumber()
        return make(.unaryOp(op: .uSub, operand: operand), span(from: start))
    }

    private func unsignedNumber() throws(Mismatch) -> Expr {
        let span = here
        guard kind == .number else { throw mismatch() }
        let value = try numberConstant()
        advance()
        return make(.constant(value), span)
    }

    /// A capture, a wildcard, a dotted value or a class pattern.
    private func namePattern() throws(Mismatch) -> Pattern {
        let start = here
        let isWildcard = isWord(position, "_")
        let name = try identifier()
        if kind != .dot, kind != .leftParen {
            if kind == .equal { throw mismatch() }
            return Pattern(.as(pattern: nil, name: isWildcard ? nil : name), start)
        }
        var value = make(.name(id: name, context: .load), start)
        while accept(.dot) {
            let attribute = try identifier()
            value = make(
                .attribute(value: value, attribute: attribute, context: .load), span(from: start))
        }
        guard kind == .leftParen else { return Pattern(.value(value), span(from: start)) }
        return try classPattern(value, start)
    }

    private func classPattern(_ cls: Expr, _ start: SourceSpan) throws(Mismatch) -> Pattern {
        advance()
        var patterns: [Pattern] = []
        var names: [String] = []
        var keywordPatterns: [Pattern] = []
        while kind != .rightParen {
            if kind == .name, peek(1) == .equal {
                names.append(try identifier())
                advance()
                keywordPatterns.append(try asPattern())
            } else {
                if !names.isEmpty {
                    if reporting { try reportLatePositional() }
                    throw mismatch()
                }
                patterns.append(try asPattern())
            }
            if kind != .rightParen { try expect(.comma) }
        }
        advance()
        return Pattern(
            .class(
                cls: cls, patterns: patterns, keywordNames: names, keywordPatterns: keywordPatterns),
            span(from: start))
    }

    private func reportLatePositional() throws(Mismatch) {
        let from = here
        while kind != .rightParen {
            if kind == .name, peek(1) == .equal { break }
            _ = try asPattern()
            guard kind == .comma else { break }
            if peek(1) == .rightParen || (peek(1) == .name && peek(2) == .equal) { break }
            advance()
        }
        throw raise("positional patterns follow keyword patterns", at: span(from: from))
    }

    /// After an opening bracket: a group or a sequence.
    private func bracketed(
        _ closing: TokenKind, _ start: SourceSpan
    ) throws(Mismatch) -> Pattern {
        if accept(closing) { return Pattern(.sequence([]), span(from: start)) }
        let first = try maybeStarPattern()
        if kind == closing, closing == .rightParen {
            guard case .star = first.kind else {
                advance()
                return first
            }
            throw mismatch()
        }
        var patterns = [first]
        while accept(.comma) {
            if kind == closing { break }
            patterns.append(try maybeStarPattern())
        }
        try expect(closing)
        return Pattern(.sequence(patterns), span(from: start))
    }

    private func mappingPattern() throws(Mismatch) -> Pattern {
        let start = here
        advance()
        var keys: [Expr] = []
        var patterns: [Pattern] = []
        var rest: String?
        while kind != .rightBrace {
            if kind == .doubleStar {
                advance()
                if isWord(position, "_") { throw mismatch() }
                rest = try identifier()
                if kind == .comma, peek(1) != .rightBrace {
                    advance()
                    throw mismatch()
                }
                _ = accept(.comma)
                if kind != .rightBrace { throw mismatch() }
                break
            }
            keys.append(try mappingKey())
            try expect(.colon)
            patterns.append(try asPattern())
            if kind != .rightBrace { try expect(.comma) }
        }
        try expect(.rightBrace)
        return Pattern(
            .mapping(keys: keys, patterns: patterns, rest: rest), span(from: start))
    }

    private func mappingKey() throws(Mismatch) -> Expr {
        let start = here
        func constant(_ value: Constant) -> Expr {
            advance()
            return make(.constant(value), start)
        }
        switch kind {
        case .kwNone: return constant(.none)
        case .kwTrue: return constant(.true)
        case .kwFalse: return constant(.false)
        case .number, .minus: return try patternNumber()
        case .string, .fstringStart:
            let value = try strings()
            if case .joinedStr = value.kind {
                throw raise("patterns may only match literals and attribute lookups", at: value.span)
            }
            return value
        default:
            var value = make(.name(id: try identifier(), context: .load), start)
            if kind != .dot { throw mismatch() }
            while accept(.dot) {
                let attribute = try identifier()
                value = make(
                    .attribute(value: value, attribute: attribute, context: .load),
                    span(from: start))
            }
            return value
        }
    }
}
