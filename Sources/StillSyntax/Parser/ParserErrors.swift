// Making SyntaxErrors: positions, precedence, names of expressions.

extension Parser {
    /// A definite error over a span.
    func raise(
        _ message: String, at span: SourceSpan, kind: SyntaxError.Kind = .syntaxError
    ) -> Mismatch {
        if position > fetched { fetched = position }
        if failure == nil { failure = error(message, span, kind) }
        return Mismatch()
    }

    /// Something to say about a span that is accepted.
    func warn(_ message: String, at span: SourceSpan) { warnings.add(error(message, span, .syntaxError)) }

    private func error(_ message: String, _ span: SourceSpan, _ kind: SyntaxError.Kind) -> SyntaxError {
        let column = characterColumn(line: Int(span.line), Int(span.column)) + 1
        // The end is counted on the first line, as CPython does.
        var endColumn = Int(span.endColumn)
        if span.endLine != span.line {
            endColumn = min(endColumn, lineLength(Int(span.line)))
        }
        endColumn = characterColumn(line: Int(span.line), endColumn) + 1
        return SyntaxError(
            kind: kind, message: message, filename: filename, line: Int(span.line),
            column: column, endLine: Int(span.endLine), endColumn: endColumn,
            text: lineText(Int(span.line)))
    }

    /// A definite error from the start of one span to the end of another.
    func raise(_ message: String, from: SourceSpan, to: SourceSpan) -> Mismatch {
        raise(message, at: from.through(to))
    }

    /// A definite error at the furthest token.
    func raiseAtFurthest(
        _ message: String, kind: SyntaxError.Kind = .syntaxError
    ) -> Mismatch {
        let token = tokens[max(position, furthest, fetched)]
        let result = raise(message, at: token.span, kind: kind)
        placeAtLayout(token)
        return result
    }

    /// A definite error from a span to the end of the furthest token.
    func raise(_ message: String, startingFrom span: SourceSpan) -> Mismatch {
        let last = tokens[max(position, furthest, fetched)]
        let result = raise(message, at: span)
        failure?.endLine = Int(last.endLine)
        failure?.endColumn = Int(last.endColumn)
        return result
    }

    /// Tokens that stand for no text have no column; CPython shows where its reader stood.
    private func placeAtLayout(_ token: Token) {
        guard var error = failure else { return }
        var line = Int(token.line)
        var column = Int(token.column)
        switch token.kind {
        case .indent: column = Int(token.endColumn)
        case .dedent, .endMarker: break
        default: return
        }
        if Int(token.start) >= source.count, line > 1 {
            line -= 1
            column = source.count - lineStart(line)
        }
        error.line = line
        error.endLine = line
        error.column = characterColumn(line: line, column)
        error.endColumn = -1
        error.text = lineText(line)
        failure = error
    }

    /// The error of the whole parse, after both passes.
    func finalError() -> SyntaxError {
        if let error = lexicalError {
            let last = tokens[furthest].kind
            let unread = last != .failure
            if error.isUnclosedBracket {
                if !unread || Int(tokens[max(fetched, furthest)].line) > error.line {
                    return make(error)
                }
            } else if !unread
                || (error.overridesParser
                    && (failure != nil || (last != .indent && last != .dedent)))
            {
                return make(error)
            }
        }
        if let failure { return failure }
        let last = tokens[furthest]
        switch last.kind {
        case .indent: _ = raiseAtFurthest("unexpected indent", kind: .indentationError)
        case .dedent: _ = raiseAtFurthest("unexpected unindent", kind: .indentationError)
        case .endMarker:
            _ = raiseAtFurthest("invalid syntax")
            failure?.column = 0
            failure?.endColumn = 0
        default: _ = raise("invalid syntax", at: last.span)
        }
        return failure!
    }

    /// The lexer's error, for a rule that ran into it.
    func lexicalFailure() -> SyntaxError? {
        guard let lexicalError else { return nil }
        return make(lexicalError)
    }

    func make(_ error: LexicalError) -> SyntaxError {
        SyntaxError(
            kind: error.kind, message: error.message, filename: filename, line: error.line,
            column: error.column, endLine: error.endLine, endColumn: error.endColumn,
            text: source.line(at: error.lineStart))
    }

    // MARK: Positions

    private func lineStart(_ line: Int) -> Int {
        if lineStarts.isEmpty {
            lineStarts = [0]
            var index = 0
            while index < source.count {
                if source.base[index] == 10 { lineStarts.append(index + 1) }
                index += 1
            }
        }
        return lineStarts[min(max(line, 1), lineStarts.count) - 1]
    }

    private func characterColumn(line: Int, _ column: Int) -> Int {
        let start = lineStart(line)
        let end = min(start + column, source.count)
        return source.characters(start, max(start, end)) + max(0, start + column - source.count)
    }

    private func lineLength(_ line: Int) -> Int {
        let start = lineStart(line)
        var end = start
        while end < source.count, source.base[end] != 10 { end += 1 }
        return end - start
    }

    private func lineText(_ line: Int) -> String { source.line(at: lineStart(line)) }

    // MARK: Names of expressions

    /// What an expression is called in an error message.
    func describe(_ node: Expr) -> String {
        switch node.kind {
        case .attribute: "attribute"
        case .subscript: "subscript"
        case .starred: "starred"
        case .name: "name"
        case .list: "list"
        case .tuple: "tuple"
        case .lambda: "lambda"
        case .call: "function call"
        case .boolOp, .binOp, .unaryOp: "expression"
        case .generatorExp: "generator expression"
        case .yield, .yieldFrom: "yield expression"
        case .await: "await expression"
        case .listComp: "list comprehension"
        case .setComp: "set comprehension"
        case .dictComp: "dict comprehension"
        case .dict: "dict literal"
        case .set: "set display"
        case .joinedStr, .formattedValue: "f-string expression"
        case .constant(.none): "None"
        case .constant(.true): "True"
        case .constant(.false): "False"
        case .constant(.ellipsis): "ellipsis"
        case .constant: "literal"
        case .compare: "comparison"
        case .ifExp: "conditional expression"
        case .namedExpr: "named expression"
        case .slice: "slice"
        }
    }

    enum TargetUse { case assign, delete, loop }

    /// The part of an expression that cannot be a target, if any.
    func invalidTarget(_ node: Expr, _ use: TargetUse) -> Expr? {
        switch node.kind {
        case .list(let elements, _), .tuple(let elements, _):
            for element in elements {
                if let bad = invalidTarget(element, use) { return bad }
            }
            return nil
        case .starred(let value, _):
            return use == .delete ? node : invalidTarget(value, use)
        case .compare(let left, let ops, _):
            if use == .loop {
                return ops.first == .in ? invalidTarget(left, use) : nil
            }
            return node
        case .name, .subscript, .attribute: return nil
        default: return node
        }
    }

    /// Throws when part of the expression cannot be a target.
    func checkTarget(_ node: Expr, _ use: TargetUse) throws(Mismatch) {
        guard let bad = invalidTarget(node, use) else { return }
        let verb = use == .delete ? "delete" : "assign to"
        throw raise("cannot \(verb) \(describe(bad))", at: bad.span)
    }
}
