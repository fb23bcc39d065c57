// Expressions that are assigned to. Targets are parsed as expressions, then converted.

extension Parser {
    /// The same expression in store or delete context; nil when it cannot be a target.
    ///
    /// - Parameter allowStar: whether `*x` may stand here (inside a list or tuple).
    func target(
        _ node: Expr, _ context: ExprContext, allowStar: Bool = false, depth: Int = 0
    ) -> Expr? {
        switch node.kind {
        case .name(let id, _): return make(.name(id: id, context: context), node.span)
        case .attribute(let value, let attribute, _):
            return make(
                .attribute(value: value, attribute: attribute, context: context), node.span)
        case .subscript(let value, let index, _):
            return make(.subscript(value: value, index: index, context: context), node.span)
        case .starred(let value, _):
            guard allowStar, context == .store, !isStarred(value),
                let inner = target(value, context)
            else { return nil }
            return make(.starred(value: inner, context: context), node.span)
        case .list(let elements, _):
            guard let inner = targets(elements, context) else { return nil }
            return make(.list(elements: inner, context: context), node.span)
        case .tuple(let elements, _):
            guard let inner = targets(elements, context) else { return nil }
            return make(.tuple(elements: inner, context: context), node.span)
        default: return nil
        }
    }

    private func targets(_ elements: [Expr], _ context: ExprContext) -> [Expr]? {
        var result: [Expr] = []
        result.reserveCapacity(elements.count)
        for element in elements {
            guard let converted = target(element, context, allowStar: true) else { return nil }
            result.append(converted)
        }
        return result
    }

    func isStarred(_ node: Expr) -> Bool {
        if case .starred = node.kind { return true }
        return false
    }

    /// A name, attribute or subscript: what `+=` and annotations accept.
    func isSingleTarget(_ node: Expr) -> Bool {
        switch node.kind {
        case .name, .attribute, .subscript: return true
        default: return false
        }
    }

    /// `for` and comprehension targets: like `starTargets`, where `in` ends the list.
    func loopTargets() throws(Mismatch) -> Expr {
        let start = here
        let first = try loopTarget()
        // A lone starred target is accepted here and refused by the compiler.
        if kind != .comma { return first }
        var elements = [first]
        while accept(.comma) {
            if kind == .kwIn || kind == .equal { break }
            if !startsExpression, kind != .star { break }
            elements.append(try loopTarget())
        }
        return make(.tuple(elements: elements, context: .store), span(from: start))
    }

    /// One target, as after `as` in `with` or in a `for` list.
    func loopTarget() throws(Mismatch) -> Expr {
        let start = here
        if accept(.star) {
            if kind == .star { throw mismatch() }
            let value = try primary()
            guard let converted = target(value, .store) else { throw mismatch() }
            return make(.starred(value: converted, context: .store), span(from: start))
        }
        let value = try primary()
        guard let converted = target(value, .store) else { throw mismatch() }
        return converted
    }

}
