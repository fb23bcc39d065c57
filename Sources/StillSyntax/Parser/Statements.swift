// Statements.

extension Parser {
    func statement(into body: inout [Stmt]) throws(Mismatch) {
        switch kind {
        case .kwIf: body.append(try ifStatement())
        case .kwWhile: body.append(try whileStatement())
        case .kwFor: body.append(try forStatement(start: here, isAsync: false))
        case .kwTry: body.append(try tryStatement())
        case .kwWith: body.append(try withStatement(start: here, isAsync: false))
        case .kwDef: body.append(try functionDef(start: here, isAsync: false, decorators: []))
        case .kwClass: body.append(try classDef(decorators: []))
        case .at: body.append(try decorated())
        case .kwAsync: body.append(try asyncStatement())
        case .name where isWord(position, "match"):
            if let statement = try matchStatement() {
                body.append(statement)
            } else {
                try simpleStatements(into: &body)
            }
        default: try simpleStatements(into: &body)
        }
    }

    func simpleStatements(into body: inout [Stmt]) throws(Mismatch) {
        while true {
            body.append(try simpleStatement())
            if kind == .newline {
                advance()
                return
            }
            try expect(.semicolon)
            if kind == .newline {
                advance()
                return
            }
        }
    }

    /// The indented statements after a colon, or simple statements on the same line.
    ///
    /// - Parameter owner: what the block belongs to, for the error when it is missing.
    func block(_ owner: @autoclosure () -> String, line: Int32) throws(Mismatch) -> [Stmt] {
        var body: [Stmt] = []
        guard kind == .newline else {
            try simpleStatements(into: &body)
            return body
        }
        touch(1)
        advance()
        guard kind == .indent else {
            if reporting {
                throw raiseAtFurthest(
                    "expected an indented block after \(owner()) on line \(line)",
                    kind: .indentationError)
            }
            throw mismatch()
        }
        advance()
        depth += 1
        defer { depth -= 1 }
        if depth > Self.maxDepth {
            throw raise("too many nested expressions or statements", at: here)
        }
        while kind != .dedent {
            if kind == .endMarker || kind == .failure { throw mismatch() }
            try statement(into: &body)
        }
        advance()
        return body
    }

    /// A colon that is reported only when the line ends instead.
    func colon() throws(Mismatch) {
        if kind == .newline, reporting { throw raiseAtFurthest("expected ':'") }
        try expect(.colon)
    }

    // MARK: if, while, for

    private func ifStatement() throws(Mismatch) -> Stmt {
        struct Branch {
            var test: Expr
            var body: [Stmt]
            var start: SourceSpan
        }
        var branches: [Branch] = []
        var orElse: [Stmt] = []
        var keyword = "if"
        repeat {
            let start = here
            advance()
            let test = try namedExpression()
            try colon()
            let body = try block("'\(keyword)' statement", line: start.line)
            branches.append(Branch(test: test, body: body, start: start))
            keyword = "elif"
        } while kind == .kwElif
        orElse = try elseBlock()
        var result: Stmt?
        for branch in branches.reversed() {
            if let result { orElse = [result] }
            result = make(
                .if(test: branch.test, body: branch.body, orElse: orElse), span(from: branch.start))
        }
        return result!
    }

    private func elseBlock() throws(Mismatch) -> [Stmt] {
        guard kind == .kwElse else { return [] }
        let line = here.line
        advance()
        try force(.colon, "':'")
        return try block("'else' statement", line: line)
    }

    private func whileStatement() throws(Mismatch) -> Stmt {
        let start = here
        advance()
        let test = try namedExpression()
        try colon()
        let body = try block("'while' statement", line: start.line)
        let orElse = try elseBlock()
        return make(.while(test: test, body: body, orElse: orElse), span(from: start))
    }

    private func forStatement(start: SourceSpan, isAsync: Bool) throws(Mismatch) -> Stmt {
        let line = here.line
        advance()
        let from = position
        let target: Expr
        do throws(Mismatch) {
            target = try loopTargets()
            if kind != .kwIn { throw mismatch() }
        } catch {
            if failure == nil, mayReport { try reportLoopTarget(from, inComprehension: false) }
            throw error
        }
        advance()
        let iterable = try starExpressions()
        try colon()
        let body = try block("'for' statement", line: line)
        let orElse = try elseBlock()
        let whole = span(from: start)
        return make(
            isAsync
                ? .asyncFor(target: target, iterable: iterable, body: body, orElse: orElse)
                : .for(target: target, iterable: iterable, body: body, orElse: orElse), whole)
    }

    private func asyncStatement() throws(Mismatch) -> Stmt {
        let start = here
        advance()
        switch kind {
        case .kwDef: return try functionDef(start: start, isAsync: true, decorators: [])
        case .kwFor: return try forStatement(start: start, isAsync: true)
        case .kwWith: return try withStatement(start: start, isAsync: true)
        default: throw mismatch()
        }
    }

    // MARK: with

    private func withStatement(start: SourceSpan, isAsync: Bool) throws(Mismatch) -> Stmt {
        let line = here.line
        advance()
        var items: [WithItem] = []
        // The bracketed form is tried first; `with (a, b) as c:` is not one of it.
        if kind == .leftParen {
            let bracketed = try attemptQuietly { () throws(Mismatch) -> [WithItem] in
                self.advance()
                var items: [WithItem] = []
                repeat {
                    if self.kind == .rightParen, !items.isEmpty { break }
                    items.append(try self.withItem(endings: [.comma, .rightParen]))
                } while self.accept(.comma)
                try self.expect(.rightParen)
                if self.kind != .colon { throw self.mismatch() }
                return items
            }
            if let bracketed { items = bracketed } else if reporting {
                try reportBracketedWith(line)
            }
        }
        if items.isEmpty {
            repeat {
                if kind == .colon, !items.isEmpty, reporting {
                    throw raise(
                        "the last 'with' item has a trailing comma", at: tokens[position - 1].span)
                }
                items.append(try withItem(endings: [.comma, .colon]))
            } while accept(.comma)
        }
        try colon()
        let body = try block("'with' statement", line: line)
        let whole = span(from: start)
        return make(
            isAsync ? .asyncWith(items: items, body: body) : .with(items: items, body: body), whole)
    }

    private func withItem(endings: [TokenKind]) throws(Mismatch) -> WithItem {
        let value = try expression()
        guard kind == .kwAs else { return WithItem(contextExpr: value, optionalVars: nil) }
        let mark = position
        advance()
        let from = position
        let target = try attempt { () throws(Mismatch) -> Expr in
            let target = try self.loopTarget()
            if !endings.contains(self.kind), self.kind != .rightParen,
                !(self.reporting && self.kind == .newline)
            {
                throw self.mismatch()
            }
            return target
        }
        if let target { return WithItem(contextExpr: value, optionalVars: target) }
        if reporting {
            rewind(from)
            if let other = try attemptQuietly({ () throws(Mismatch) in try self.expression() }),
                kind == .comma || kind == .rightParen || kind == .colon
            {
                try checkTarget(other, .assign)
            }
        }
        rewind(mark)
        return WithItem(contextExpr: value, optionalVars: nil)
    }

    // MARK: try

    private func tryStatement() throws(Mismatch) -> Stmt {
        let start = here
        advance()
        try force(.colon, "':'")
        let body = try block("'try' statement", line: start.line)
        var handlers: [ExceptHandler] = []
        var isStar: Bool?
        while kind == .kwExcept {
            let starred = peek(1) == .star
            if let isStar, isStar != starred {
                if reporting {
                    try reportMixedHandlers(starred: starred)
                }
                throw mismatch()
            }
            isStar = starred
            handlers.append(try exceptHandler(isStar: starred))
        }
        let orElse = handlers.isEmpty ? [] : try elseBlock()
        var finalBody: [Stmt] = []
        if kind == .kwFinally {
            let line = here.line
            advance()
            try force(.colon, "':'")
            finalBody = try block("'finally' statement", line: line)
        } else if handlers.isEmpty {
            if reporting { throw raiseAtFurthest("expected 'except' or 'finally' block") }
            throw mismatch()
        }
        let whole = span(from: start)
        return make(
            isStar == true
                ? .tryStar(body: body, handlers: handlers, orElse: orElse, finalBody: finalBody)
                : .try(body: body, handlers: handlers, orElse: orElse, finalBody: finalBody), whole)
    }

    private func exceptHandler(isStar: Bool) throws(Mismatch) -> ExceptHandler {
        let start = here
        advance()
        if isStar { advance() }
        var type: Expr?
        var name: String?
        if kind != .colon || isStar {
            if kind == .newline, reporting {
                throw raiseAtFurthest(
                    isStar ? "expected one or more exception types" : "expected ':'")
            }
            if isStar, kind == .colon, reporting {
                throw raiseAtFurthest("expected one or more exception types")
            }
            let value = try expression()
            type = value
            if kind == .comma, reporting { try reportBareHandlerTypes(value) }
            if accept(.kwAs) {
                name = try identifier()
            }
        }
        try colon()
        let body = try block("'except\(isStar ? "*" : "")' statement", line: start.line)
        return ExceptHandler(type: type, name: name, body: body, span: span(from: start))
    }

    // MARK: Definitions

    private func decorated() throws(Mismatch) -> Stmt {
        var decorators: [Expr] = []
        while accept(.at) {
            decorators.append(try namedExpression())
            try expect(.newline)
        }
        switch kind {
        case .kwDef: return try functionDef(start: here, isAsync: false, decorators: decorators)
        case .kwClass: return try classDef(decorators: decorators)
        case .kwAsync:
            let start = here
            advance()
            if kind == .kwDef {
                return try functionDef(start: start, isAsync: true, decorators: decorators)
            }
            throw mismatch()
        default: throw mismatch()
        }
    }

    private func functionDef(
        start: SourceSpan, isAsync: Bool, decorators: [Expr]
    ) throws(Mismatch) -> Stmt {
        let line = here.line
        advance()
        let name = try identifier()
        let typeParams = try typeParameters()
        try force(.leftParen, "'('")
        let arguments = try parameters(isLambda: false, end: .rightParen)
        try expect(.rightParen)
        var returns: Expr?
        if kind == .arrow {
            returns = try attempt { () throws(Mismatch) -> Expr in
                self.advance()
                return try self.expression()
            }
        }
        try force(.colon, "':'")
        let body = try block("function definition", line: line)
        let definition = FunctionDef(
            name: name, arguments: arguments, body: body, decorators: decorators, returns: returns,
            typeParams: typeParams)
        let whole = span(from: start)
        return make(isAsync ? .asyncFunctionDef(definition) : .functionDef(definition), whole)
    }

    private func classDef(decorators: [Expr]) throws(Mismatch) -> Stmt {
        let start = here
        advance()
        let name = try identifier()
        let typeParams = try typeParameters()
        var bases: [Expr] = []
        var keywords: [Keyword] = []
        if kind == .leftParen {
            (bases, keywords) = try callArguments(allowGenerator: false)
        }
        try colon()
        let body = try block("class definition", line: start.line)
        return make(
            .classDef(
                ClassDef(
                    name: name, bases: bases, keywords: keywords, body: body,
                    decorators: decorators, typeParams: typeParams)), span(from: start))
    }
}
