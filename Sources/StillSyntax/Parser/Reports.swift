// What the second pass recognizes. Every rule here either throws a definite error or returns,
// leaving the position where it was, so that the ordinary rule goes on and fails.

extension Parser {
    /// After an operand of `expression`: a forgotten comma, an old print statement, a missing else.
    func reportExpression(_ value: Expr, _ start: Int) throws(Mismatch) {
        let mark = position
        if startsExpression {
            fuel -= 50
            let isSoft = tokens[start].kind == .name
                && (isWord(start, "match") || isWord(start, "case") || isWord(start, "type")
                    || isWord(start, "_"))
            let isPrefix = tokens[start].kind == .name
                && tokens[min(start + 1, tokenCount - 1)].kind == .string
            if !isSoft, !isPrefix, !isLegacy(value) {
                let next = try attemptQuietly { () throws(Mismatch) in try self.expression() }
                if let next {
                    let inBrackets = tokens[position - 1].level > 0
                    rewind(mark)
                    if inBrackets {
                        throw raise(
                            "invalid syntax. Perhaps you forgot a comma?", from: value.span,
                            to: next.span)
                    }
                }
            }
            if start == mark - 1, tokens[start].kind == .name, kind != .leftParen {
                quietOperand = mark
                let arguments = try attempt { () throws(Mismatch) in try self.starExpressions() }
                quietOperand = -1
                rewind(mark)
                if let arguments, isLegacy(value) {
                    let name = spell(start)
                    throw raise(
                        "Missing parentheses in call to '\(name)'. Did you mean \(name)(...)?",
                        from: value.span, to: arguments.span)
                }
            }
        }
        if kind == .kwIf {
            advance()
            let test = try attempt { () throws(Mismatch) in try self.disjunction() }
            if let test, kind != .kwElse, kind != .colon {
                throw raise(
                    "expected 'else' after 'if' expression", from: value.span, to: test.span)
            }
            rewind(mark)
        }
    }

    private func isLegacy(_ value: Expr) -> Bool {
        if case .name(let id, _) = value.kind { return id == "print" || id == "exec" }
        return false
    }

    /// After an expression where `:=` could stand but `=` or a bad `:=` does.
    func reportNamedExpression(_ value: Expr, _ start: Int) throws(Mismatch) {
        if kind == .colonEqual {
            let mark = position
            advance()
            if try attempt({ () throws(Mismatch) in try self.expression() }) != nil {
                throw raise(
                    "cannot use assignment expressions with \(describe(value))", at: value.span)
            }
            rewind(mark)
            return
        }
        guard kind == .equal else { return }
        let mark = position
        defer { rewind(mark) }
        advance()
        let operand = try attempt { () throws(Mismatch) in try self.binary(.bitOr) }
        guard let right = operand, kind != .equal, kind != .colonEqual
        else { return }
        if tokens[start].kind == .name, start + 1 == mark {
            throw raise(
                "invalid syntax. Maybe you meant '==' or ':=' instead of '='?", from: value.span,
                to: right.span)
        }
        rewind(start)
        let left = try attemptQuietly { () throws(Mismatch) in try self.binary(.bitOr) }
        guard let left, position == mark else { return }
        switch left.kind {
        case .constant(.true), .constant(.false), .constant(.none), .list, .tuple, .generatorExp:
            // Only unbracketed forms are left out.
            if tokens[start].kind != .leftParen { return }
            if case .tuple = left.kind { return }
            if case .generatorExp = left.kind { return }
        default: break
        }
        throw raise(
            "cannot assign to \(describe(left)) here. Maybe you meant '==' instead of '='?",
            at: left.span)
    }

    // MARK: Statements

    /// At the start of a statement that is not introduced by a keyword.
    func reportAssignment() throws(Mismatch) {
        let start = position
        defer { rewind(start) }
        // A well-formed target means that the mistake is elsewhere.
        let isAssignment = try attemptQuietly { () throws(Mismatch) -> Bool in
            var first = try self.yieldOrStarExpressions()
            var isChain = false
            while self.kind == .equal {
                guard self.target(first, .store, allowStar: true) != nil else { return false }
                isChain = true
                self.advance()
                // A right side that cannot be read has hooks of its own.
                guard
                    let next = try self.attempt({ () throws(Mismatch) in
                        try self.yieldOrStarExpressions()
                    })
                else { return true }
                first = next
            }
            if isChain { return true }
            switch self.kind {
            case .colon, .plusEqual, .minusEqual, .starEqual, .slashEqual, .doubleSlashEqual,
                .percentEqual, .atEqual, .ampersandEqual, .barEqual, .caretEqual, .leftShiftEqual,
                .rightShiftEqual, .doubleStarEqual:
                return self.isSingleTarget(first)
            default: return false
            }
        }
        rewind(start)
        if isAssignment == true {
            try reportChain()
            return
        }
        if kind != .kwYield {
            // `a, b: int`, and the hooks of named expressions.
            let first = try attempt { () throws(Mismatch) in try self.starNamedExpression() }
            if let first {
                if kind == .comma {
                    advance()
                    while startsExpression || kind == .star {
                        guard
                            try attempt({ () throws(Mismatch) in try self.starNamedExpression() })
                                != nil
                        else { break }
                        // Without a comma the next element is looked at all the same.
                        _ = accept(.comma)
                    }
                    if try annotationFollows() {
                        throw raise(
                            "only single target (not tuple) can be annotated", at: first.span)
                    }
                } else if try annotationFollows() {
                    switch first.kind {
                    case .list, .tuple:
                        throw raise(
                            "only single target (not \(describe(first))) can be annotated",
                            at: first.span)
                    case .name, .attribute, .subscript, .starred: break
                    default: throw raise("illegal target for annotation", at: first.span)
                    }
                }
            }
            rewind(start)
        }
        try reportChain()
    }

    private func annotationFollows() throws(Mismatch) -> Bool {
        guard kind == .colon else { return false }
        let mark = position
        advance()
        let found = try attempt({ () throws(Mismatch) in try self.expression() }) != nil
        rewind(mark)
        return found
    }

    /// `a = f() = 1`, `f() += 1`.
    private func reportChain() throws(Mismatch) {
        while true {
            let isYield = kind == .kwYield
            guard
                let value = try attempt({ () throws(Mismatch) in try self.yieldOrStarExpressions() })
            else { return }
            if kind == .equal {
                if isYield {
                    throw raise("assignment to yield expression not possible", at: value.span)
                }
                try checkTarget(value, .assign)
                if target(value, .store, allowStar: true) == nil { return }
                advance()
                continue
            }
            switch kind {
            case .plusEqual, .minusEqual, .starEqual, .slashEqual, .doubleSlashEqual,
                .percentEqual, .atEqual, .ampersandEqual, .barEqual, .caretEqual, .leftShiftEqual,
                .rightShiftEqual, .doubleStarEqual:
                if isSingleTarget(value) || isYield { return }
                advance()
                guard
                    try attempt({ () throws(Mismatch) in try self.yieldOrStarExpressions() }) != nil
                else { return }
                throw raise(
                    "'\(describe(value))' is an illegal expression for augmented assignment",
                    at: value.span)
            default: return
            }
        }
    }

    /// After `for`: something that is not a target.
    func reportLoopTarget(_ start: Int, inComprehension: Bool) throws(Mismatch) {
        let mark = position
        rewind(start)
        defer { rewind(mark) }
        if inComprehension {
            let list = try attempt { () throws(Mismatch) -> Bool in
                _ = try self.binary(.bitOr)
                while self.accept(.comma) {
                    guard self.startsExpression else { break }
                    _ = try self.binary(.bitOr)
                }
                return self.kind != .kwIn
            }
            if list == true { throw raiseAtFurthest("'in' expected after for-loop variables") }
            rewind(start)
        }
        if let value = try attempt({ () throws(Mismatch) in try self.starExpressions() }) {
            try checkTarget(value, .loop)
        }
    }

    /// `with (a, b) NEWLINE`.
    func reportBracketedWith(_ line: Int32) throws(Mismatch) {
        let mark = position
        defer { rewind(mark) }
        let ended = try attemptQuietly { () throws(Mismatch) -> Bool in
            self.advance()
            repeat {
                if self.kind == .rightParen { break }
                _ = try self.expression()
                if self.accept(.kwAs) { _ = try self.loopTarget() }
            } while self.accept(.comma)
            try self.expect(.rightParen)
            return self.kind == .newline
        }
        if ended == true { throw raiseAtFurthest("expected ':'") }
    }

    /// `except A, B as c:` and `except A, B:`.
    func reportBareHandlerTypes(_ first: Expr) throws(Mismatch) {
        let mark = position
        defer { rewind(mark) }
        advance()
        guard try attempt({ () throws(Mismatch) in try self.expressions() }) != nil else { return }
        if accept(.kwAs) {
            guard kind == .name else { return }
            advance()
        }
        if kind == .colon {
            throw raise(
                "multiple exception types must be parenthesized", startingFrom: first.span)
        }
    }

    /// `except` after `except*`, or the other way around.
    func reportMixedHandlers(starred: Bool) throws(Mismatch) {
        let start = here
        let mark = position
        defer { rewind(mark) }
        advance()
        let star = here
        if starred { advance() }
        if kind != .colon {
            guard try attempt({ () throws(Mismatch) in try self.expression() }) != nil else {
                return
            }
            if accept(.kwAs) { _ = accept(.name) }
        }
        if kind == .colon {
            let message = "cannot have both 'except' and 'except*' on the same 'try'"
            throw starred ? raise(message, from: start, to: star) : raise(message, at: start)
        }
    }

    /// At `match` where no match statement was recognized.
    func reportMatch(_ start: Int) throws(Mismatch) {
        defer { rewind(start) }
        let line = tokens[start].line
        advance()
        guard try attemptQuietly({ () throws(Mismatch) in try self.subject() }) != nil else {
            return
        }
        if kind == .newline {
            // `match (x)` is also a call, which is no error.
            rewind(start)
            let isExpression = try attemptQuietly { () throws(Mismatch) -> Bool in
                _ = try self.starExpressions()
                return self.kind == .newline
            }
            if isExpression != true { throw raiseAtFurthest("expected ':'") }
        } else if kind == .colon, peek(1) == .newline, peek(2) != .indent {
            throw raiseAtFurthest(
                "expected an indented block after 'match' statement on line \(line)",
                kind: .indentationError)
        }
    }

    // MARK: Displays and calls

    /// `(*a)` and `(**a)`.
    func reportGroup(_ open: Int) throws(Mismatch) {
        let mark = position
        defer { rewind(mark) }
        rewind(open + 1)
        let start = here
        if accept(.star) {
            try starOperand()
            guard kind == .rightParen else { return }
            throw raise("cannot use starred expression here", at: span(from: start))
        }
        if accept(.doubleStar) {
            guard try attempt({ () throws(Mismatch) in try self.expression() }) != nil,
                kind == .rightParen
            else { return }
            throw raise("cannot use double starred expression here", at: start)
        }
    }

    /// `[a, b for ...]`.
    func reportComprehensionTarget(_ open: Int) throws(Mismatch) {
        let mark = position
        defer { rewind(mark) }
        rewind(open + 1)
        guard let first = try attempt({ () throws(Mismatch) in try self.starNamedExpression() })
        else { return }
        guard kind == .comma else { return }
        var last = here
        while accept(.comma) {
            guard startsExpression || kind == .star else { break }
            guard let next = try attempt({ () throws(Mismatch) in try self.starNamedExpression() })
            else { return }
            last = next.span
        }
        if kind == .kwFor || kind == .kwAsync {
            guard try attempt({ () throws(Mismatch) in try self.comprehensions() }) != nil else {
                return
            }
            throw raise(
                "did you forget parentheses around the comprehension target?", from: first.span,
                to: last)
        }
    }

    /// Mistakes in dict and set displays.
    func reportBraces(_ open: Int) throws(Mismatch) {
        try reportComprehensionTarget(open)
        let mark = position
        defer { rewind(mark) }
        rewind(open + 1)
        var isFirst = true
        while kind != .rightBrace {
            if accept(.doubleStar) {
                guard try attempt({ () throws(Mismatch) in try self.binary(.bitOr) }) != nil else {
                    return
                }
            } else {
                guard let key = try attempt({ () throws(Mismatch) in try self.expression() }) else {
                    return
                }
                guard kind == .colon else {
                    // After a pair, a key alone is a mistake; at first it would be a set.
                    if !isFirst {
                        let end = SourceSpan(
                            line: key.span.line, column: key.span.endColumn - 1,
                            endLine: key.span.endLine, endColumn: key.span.endColumn)
                        throw raiseWithoutEnd("':' expected after dictionary key", at: end)
                    }
                    return
                }
                let colon = here
                advance()
                if kind == .star {
                    let star = here
                    advance()
                    guard try attempt({ () throws(Mismatch) in try self.binary(.bitOr) }) != nil
                    else { return }
                    throw raise(
                        "cannot use a starred expression in a dictionary value", at: span(from: star))
                }
                if kind == .rightBrace || kind == .comma {
                    throw raise("expression expected after dictionary key and ':'", at: colon)
                }
                guard try attempt({ () throws(Mismatch) in try self.expression() }) != nil else {
                    return
                }
            }
            isFirst = false
            guard accept(.comma) else { return }
        }
    }

    private func raiseWithoutEnd(_ message: String, at span: SourceSpan) -> Mismatch {
        let result = raise(message, at: span)
        failure?.endColumn = 0
        return result
    }

    /// Mistakes in call arguments that the ordinary rule does not report on the way.
    func reportCall(_ open: Int) throws(Mismatch) {
        let mark = position
        defer { rewind(mark) }
        rewind(open + 1)
        var sawMapping = false
        while kind != .rightParen {
            if kind == .star {
                if sawMapping {
                    let comma = tokens[position - 1].span
                    advance()
                    try starOperand()
                    throw raise(
                        "iterable argument unpacking follows keyword argument unpacking",
                        startingFrom: comma)
                }
                advance()
                try starOperand()
                guard accept(.comma) else { return }
                continue
            } else if kind == .doubleStar {
                sawMapping = true
                advance()
            } else if kind == .name, peek(1) == .equal {
                advance()
                advance()
            }
            guard try attempt({ () throws(Mismatch) in try self.callValue() }) != nil else { return }
            guard accept(.comma) else { return }
        }
    }

    /// What follows a star in a call, a subscript or a group.
    func starOperand() throws(Mismatch) {
        if try attempt({ () throws(Mismatch) in try self.expression() }) == nil {
            throw raiseAtFurthest("Invalid star expression")
        }
    }

    private func callValue() throws(Mismatch) {
        if kind == .name, peek(1) == .colonEqual {
            _ = try assignmentExpression()
        } else {
            _ = try expression()
        }
    }
}
