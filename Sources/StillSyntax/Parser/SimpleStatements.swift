// Statements on one line.

extension Parser {
    func simpleStatement() throws(Mismatch) -> Stmt {
        let start = here
        switch kind {
        case .kwPass:
            advance()
            return make(.pass, start)
        case .kwBreak:
            advance()
            return make(.break, start)
        case .kwContinue:
            advance()
            return make(.continue, start)
        case .kwReturn:
            advance()
            var value: Expr?
            if startsExpression || kind == .star { value = try starExpressions() }
            return make(.return(value: value), span(from: start))
        case .kwRaise: return try raiseStatement(start)
        case .kwGlobal:
            let names = try nameList()
            return make(.global(names: names), span(from: start))
        case .kwNonlocal:
            let names = try nameList()
            return make(.nonlocal(names: names), span(from: start))
        case .kwDel: return try deleteStatement(start)
        case .kwAssert:
            advance()
            let test = try expression()
            var message: Expr?
            if accept(.comma) { message = try expression() }
            return make(.assert(test: test, message: message), span(from: start))
        case .kwImport: return try importStatement(start)
        case .kwFrom: return try importFrom(start)
        case .kwYield:
            return try assignmentOrExpression(start)
        case .name where peek(1) == .name && isWord(position, "type"):
            if let alias = try attempt({ () throws(Mismatch) in try self.typeAlias(start) }) {
                return alias
            }
            return try assignmentOrExpression(start)
        default: return try assignmentOrExpression(start)
        }
    }

    private func raiseStatement(_ start: SourceSpan) throws(Mismatch) -> Stmt {
        advance()
        guard startsExpression else {
            return make(.raise(exception: nil, cause: nil), span(from: start))
        }
        let exception = try expression()
        var cause: Expr?
        if accept(.kwFrom) { cause = try expression() }
        return make(.raise(exception: exception, cause: cause), span(from: start))
    }

    private func nameList() throws(Mismatch) -> [String] {
        advance()
        var names = [try identifier()]
        while accept(.comma) { names.append(try identifier()) }
        return names
    }

    private func deleteStatement(_ start: SourceSpan) throws(Mismatch) -> Stmt {
        advance()
        let from = position
        do throws(Mismatch) {
            var targets: [Expr] = []
            repeat {
                if kind == .semicolon || kind == .newline, !targets.isEmpty { break }
                let value = try primary()
                guard let converted = target(value, .del) else { throw mismatch() }
                targets.append(converted)
            } while accept(.comma)
            if kind != .semicolon, kind != .newline { throw mismatch() }
            return make(.delete(targets: targets), span(from: start))
        } catch {
            if failure == nil, reporting {
                rewind(from)
                if let all = try attempt({ () throws(Mismatch) in try self.starExpressions() }) {
                    try checkTarget(all, .delete)
                }
            }
            throw error
        }
    }

    private func typeAlias(_ start: SourceSpan) throws(Mismatch) -> Stmt {
        advance()
        let span = here
        let name = make(.name(id: try identifier(), context: .store), span)
        let typeParams = try typeParameters()
        try expect(.equal)
        let value = try expression()
        return make(
            .typeAlias(name: name, typeParams: typeParams, value: value), self.span(from: start))
    }

    // MARK: Imports

    private func dottedName() throws(Mismatch) -> String {
        var name = try identifier()
        while accept(.dot) { name += "." + (try identifier()) }
        return name
    }

    private func importStatement(_ start: SourceSpan) throws(Mismatch) -> Stmt {
        advance()
        if kind == .newline, reporting {
            throw raise("Expected one or more names after 'import'", startingFrom: here)
        }
        var names: [Alias] = []
        repeat {
            let from = here
            let name = try dottedName()
            let asName: String? = accept(.kwAs) ? try identifier() : nil
            names.append(Alias(name: name, asName: asName, span: span(from: from)))
        } while accept(.comma)
        if kind == .kwFrom, reporting, names.allSatisfy({ $0.asName == nil }) {
            advance()
            if try attempt({ () throws(Mismatch) in try self.dottedName() }) != nil {
                throw raise(
                    "Did you mean to use 'from ... import ...' instead?", startingFrom: start)
            }
        }
        return make(.import(names: names), span(from: start))
    }

    private func importFrom(_ start: SourceSpan) throws(Mismatch) -> Stmt {
        advance()
        var level = 0
        while kind == .dot || kind == .ellipsis {
            level += kind == .dot ? 1 : 3
            advance()
        }
        let module: String? = kind == .name || level == 0 ? try dottedName() : nil
        try expect(.kwImport)
        let names = try importedNames()
        return make(
            .importFrom(module: module, names: names, level: level), span(from: start))
    }

    private func importedNames() throws(Mismatch) -> [Alias] {
        if kind == .star {
            let span = here
            advance()
            return [Alias(name: "*", asName: nil, span: span)]
        }
        if kind == .newline, reporting {
            throw raise("Expected one or more names after 'import'", startingFrom: here)
        }
        let isBracketed = accept(.leftParen)
        var names: [Alias] = []
        repeat {
            if isBracketed, kind == .rightParen, !names.isEmpty { break }
            if !isBracketed, kind == .newline, !names.isEmpty {
                if reporting {
                    throw raiseAtFurthest(
                        "trailing comma not allowed without surrounding parentheses")
                }
                throw mismatch()
            }
            let from = here
            let name = try identifier()
            let asName: String? = accept(.kwAs) ? try identifier() : nil
            names.append(Alias(name: name, asName: asName, span: span(from: from)))
        } while accept(.comma)
        if isBracketed { try expect(.rightParen) }
        return names
    }

    // MARK: Assignments and expressions

    private var augmentedOperator: BinaryOperator? {
        switch kind {
        case .plusEqual: .add
        case .minusEqual: .sub
        case .starEqual: .mult
        case .slashEqual: .div
        case .doubleSlashEqual: .floorDiv
        case .percentEqual: .mod
        case .atEqual: .matMult
        case .ampersandEqual: .bitAnd
        case .barEqual: .bitOr
        case .caretEqual: .bitXor
        case .leftShiftEqual: .lShift
        case .rightShiftEqual: .rShift
        case .doubleStarEqual: .pow
        default: nil
        }
    }

    private func assignmentOrExpression(_ start: SourceSpan) throws(Mismatch) -> Stmt {
        if mayReport { try reportAssignment() }
        let opening = kind
        let first = try yieldOrStarExpressions()
        switch kind {
        case .equal: return try assignment(first, start)
        case .colon:
            // A list or tuple, or a starred expression, cannot be annotated.
            guard isSingleTarget(first), let target = target(first, .store) else {
                throw mismatch()
            }
            advance()
            let annotation = try expression()
            var value: Expr?
            if accept(.equal) { value = try yieldOrStarExpressions() }
            var isSimple = false
            if case .name = first.kind { isSimple = opening != .leftParen }
            return make(
                .annAssign(
                    target: target, annotation: annotation, value: value, isSimple: isSimple),
                span(from: start))
        default: break
        }
        if let op = augmentedOperator {
            guard isSingleTarget(first), let target = target(first, .store) else {
                throw mismatch()
            }
            advance()
            let value = try yieldOrStarExpressions()
            return make(.augAssign(target: target, op: op, value: value), span(from: start))
        }
        return make(.expr(value: first), span(from: start))
    }

    private func assignment(_ first: Expr, _ start: SourceSpan) throws(Mismatch) -> Stmt {
        var targets: [Expr] = []
        var value = first
        while kind == .equal {
            guard let converted = target(value, .store, allowStar: true) else { throw mismatch() }
            targets.append(converted)
            advance()
            value = try yieldOrStarExpressions()
        }
        return make(.assign(targets: targets, value: value), span(from: start))
    }
}
