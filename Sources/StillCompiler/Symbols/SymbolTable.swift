// First pass: which names each scope mentions, and how.
//
// The tree is walked once in evaluation order. Scopes are found again by the identity of the node
// that opens them. Mistakes that are visible without the surroundings are reported here; those that
// need the enclosing scopes are reported by the analysis (SymbolAnalysis.swift).

import StillSyntax

/// All scopes of one compilation.
struct SymbolTable {
    let root: Scope
    let scopes: [ObjectIdentifier: Scope]
    /// By the identity of the definition with type parameters.
    let wrappers: [ObjectIdentifier: GenericWrapper]
}

final class SymbolTableBuilder {
    let reporter: ErrorReporter
    private(set) var scopes: [ObjectIdentifier: Scope] = [:]
    private(set) var wrappers: [ObjectIdentifier: GenericWrapper] = [:]
    /// Functions made for type parameters, by the identity of their nodes, with what they are called in messages.
    private var typeContexts: [ObjectIdentifier: String] = [:]
    private(set) var scope: Scope
    let root: Scope
    private var depth = 0

    init(reporter: ErrorReporter) {
        self.reporter = reporter
        let span = SourceSpan(line: 1, column: 0, endLine: 1, endColumn: 0)
        root = Scope(kind: .module, name: "<module>", parent: nil, span: span, privateClass: nil)
        scope = root
    }

    /// The tree of `eval`.
    func visitRoot(_ expression: Expr) throws(SyntaxError) { try visit(expression) }

    // MARK: Scopes

    private func inScope(
        _ kind: Scope.Kind, _ name: String, for node: AnyObject, _ span: SourceSpan,
        privateClass: String?, _ body: () throws(SyntaxError) -> Void
    ) throws(SyntaxError) {
        let outer = scope
        scope = Scope(
            kind: kind, name: name, parent: outer, span: span, privateClass: privateClass)
        scopes[ObjectIdentifier(node)] = scope
        scope.typeContext = typeContexts[ObjectIdentifier(node)]
        try body()
        scope = outer
    }

    private func mangled(_ name: String) -> String { mangle(name, in: scope.privateClass) }

    private func use(_ name: String, _ span: SourceSpan) {
        scope.add(mangled(name), .used, span)
        // A call of `super` needs the class the function was defined in.
        if name == "super", scope.isFunctionLike { scope.add("__class__", .used, span) }
    }

    private func bind(
        _ name: String, _ span: SourceSpan, _ flags: SymbolFlags = .assigned
    ) throws(SyntaxError) {
        if name == "__debug__" { throw reporter.error("cannot assign to __debug__", span) }
        let name = mangled(name)
        if scope.kind == .comprehension || scope.comprehension != nil, scope.isInTarget {
            if let symbol = scope.symbols[name],
                symbol.flags.contains(.global) || symbol.flags.contains(.nonlocal)
            {
                throw reporter.error(
                    "comprehension inner loop cannot rebind assignment expression target '\(name)'",
                    span)
            }
            scope.add(name, [.assigned, .iterationVariable], span)
            return
        }
        scope.add(name, flags, span)
    }

    // MARK: Statements

    func visit(_ statements: [Stmt]) throws(SyntaxError) {
        for statement in statements { try visit(statement) }
    }

    private func visit(_ statement: Stmt) throws(SyntaxError) {
        try enter(statement.span)
        defer { depth -= 1 }
        switch statement.kind {
        case .functionDef(let def): try visitFunction(def, statement.span, isAsync: false)
        case .asyncFunctionDef(let def): try visitFunction(def, statement.span, isAsync: true)
        case .classDef(let def): try visitClass(def, statement.span)
        case .return(let value):
            if let value {
                if scope.returnValueSpan == nil { scope.returnValueSpan = statement.span }
                try visit(value)
            }
        case .delete(let targets): try visit(targets)
        case .assign(let targets, let value):
            try visit(value)
            try visit(targets)
        case .typeAlias(let name, let parameters, let value):
            try visit(name)
            if case .name(let id, _) = name.kind {
                var builder = wrapperBuilder(statement.span)
                try visitWrapper(try builder.wrap(alias: id, parameters, value), for: statement, statement.span)
            }
        case .augAssign(let target, _, let value):
            try visit(target)
            if case .name(let id, _) = target.kind { use(id, target.span) }
            try visit(value)
        case .annAssign(let target, let annotation, let value, let isSimple):
            try visitAnnotatedAssignment(target, annotation, value, isSimple, statement.span)
        case .for(let target, let iterable, let body, let orElse),
            .asyncFor(let target, let iterable, let body, let orElse):
            if case .asyncFor = statement.kind { scope.hasAwait = true }
            try visit(target)
            try visit(iterable)
            try visit(body)
            try visit(orElse)
        case .while(let test, let body, let orElse):
            try visit(test)
            try visit(body)
            try visit(orElse)
        case .if: try visitIf(statement)
        case .with(let items, let body), .asyncWith(let items, let body):
            if case .asyncWith = statement.kind { scope.hasAwait = true }
            for item in items {
                try visit(item.contextExpr)
                if let target = item.optionalVars { try visit(target) }
            }
            try visit(body)
        case .match(let subject, let cases):
            try visit(subject)
            for matchCase in cases {
                try visit(matchCase.pattern)
                if let test = matchCase.guardExpr { try visit(test) }
                try visit(matchCase.body)
            }
        case .raise(let exception, let cause):
            if let exception { try visit(exception) }
            if let cause { try visit(cause) }
        case .try(let body, let handlers, let orElse, let finalBody),
            .tryStar(let body, let handlers, let orElse, let finalBody):
            try visit(body)
            for handler in handlers {
                if let type = handler.type { try visit(type) }
                if let name = handler.name { try bind(name, handler.span) }
                try visit(handler.body)
            }
            try visit(orElse)
            try visit(finalBody)
        case .assert(let test, let message):
            LiteralChecks(reporter: reporter).checkAssertion(test, statement.span)
            try visit(test)
            if let message { try visit(message) }
        case .import(let names): try visitImports(names, statement.span)
        case .importFrom(_, let names, _): try visitImports(names, statement.span)
        case .global(let names): try declare(names, .global, "global", statement.span)
        case .nonlocal(let names):
            if scope.kind == .module {
                throw reporter.error(
                    "nonlocal declaration not allowed at module level", statement.span)
            }
            try declare(names, .nonlocal, "nonlocal", statement.span)
        case .expr(let value): try visit(value)
        case .pass, .break, .continue: break
        }
    }

    /// `elif` chains can be thousands long, hence the loop.
    private func visitIf(_ statement: Stmt) throws(SyntaxError) {
        var current = statement
        while case .if(let test, let body, let orElse) = current.kind {
            try visit(test)
            try visit(body)
            if orElse.count == 1, case .if = orElse[0].kind {
                current = orElse[0]
            } else {
                try visit(orElse)
                return
            }
        }
    }

    private func visitImports(_ names: [Alias], _ span: SourceSpan) throws(SyntaxError) {
        for alias in names {
            if alias.name == "*" {
                if scope.kind != .module {
                    throw reporter.error("import * only allowed at module level", alias.span)
                }
                continue
            }
            let name =
                alias.asName ?? String(alias.name.prefix(while: { $0 != "." }))
            try bind(name, span, [.assigned, .imported])
        }
    }

    private func declare(
        _ names: [String], _ flag: SymbolFlags, _ word: String, _ span: SourceSpan
    ) throws(SyntaxError) {
        for original in names {
            let name = mangled(original)
            if let symbol = scope.symbols[name] {
                let flags = symbol.flags
                let problem: String? =
                    if flags.contains(.parameter) {
                        "name '\(name)' is parameter and \(word)"
                    } else if flags.contains(.annotated) {
                        "annotated name '\(name)' can't be \(word)"
                    } else if !flags.isDisjoint(with: .bound) {
                        "name '\(name)' is assigned to before \(word) declaration"
                    } else if flags.contains(.used) {
                        "name '\(name)' is used prior to \(word) declaration"
                    } else {
                        nil
                    }
                if let problem { throw reporter.error(problem, span) }
            }
            let isFirst =
                scope.symbols[name]?.flags.isDisjoint(with: [.global, .nonlocal]) ?? true
            scope.add(name, flag, span)
            if isFirst { scope.symbols[name]!.span = span }
        }
    }

    private func visitAnnotatedAssignment(
        _ target: Expr, _ annotation: Expr, _ value: Expr?, _ isSimple: Bool, _ span: SourceSpan
    ) throws(SyntaxError) {
        if case .name(let id, _) = target.kind {
            let name = mangled(id)
            let flags = scope.symbols[name]?.flags ?? []
            if isSimple, scope.kind != .module,
                flags.contains(.global) || flags.contains(.nonlocal)
            {
                let word = flags.contains(.global) ? "global" : "nonlocal"
                throw reporter.error("annotated name '\(name)' can't be \(word)", span)
            }
            if isSimple {
                try bind(id, target.span, [.assigned, .annotated])
            } else if value != nil {
                try bind(id, target.span)
            }
        } else {
            try visit(target)
        }
        scope.hasAnnotations = true
        // Annotations inside functions are never evaluated for simple names, but their names count as
        // mentioned.
        try visit(annotation)
        if let value { try visit(value) }
    }

    // MARK: Definitions

    private func visitFunction(
        _ def: FunctionDef, _ span: SourceSpan, isAsync: Bool
    ) throws(SyntaxError) {
        try visit(def.decorators)
        try bind(scope.isGenericWrapper ? GenericWrapper.inner : def.name, span)
        if !def.typeParams.isEmpty {
            var builder = wrapperBuilder(span)
            return try visitWrapper(try builder.wrap(def, isAsync: isAsync), for: def, span)
        }
        try visitDefaults(def.arguments)
        let arguments = def.arguments
        for parameter in arguments.all {
            if let annotation = parameter.annotation { try visit(annotation) }
        }
        if let returns = def.returns { try visit(returns) }
        try inScope(.function, def.name, for: def, span, privateClass: scope.privateClass) {
            () throws(SyntaxError) in
            scope.isAsyncFunction = isAsync
            try visitParameters(arguments)
            try visit(def.body)
        }
    }

    private func wrapperBuilder(_ span: SourceSpan) -> GenericWrapperBuilder {
        GenericWrapperBuilder(reporter: reporter, isInClass: scope.kind == .classBody, span: span)
    }

    private func visitWrapper(_ wrapper: GenericWrapper, for node: AnyObject, _ span: SourceSpan) throws(SyntaxError) {
        wrappers[ObjectIdentifier(node)] = wrapper
        for (lambda, context) in wrapper.lazy { typeContexts[ObjectIdentifier(lambda)] = context }
        if let value = wrapper.value { try visit(value) }
        guard let function = wrapper.function else { return }
        try visit(wrapper.arguments)
        typeContexts[ObjectIdentifier(function)] = "the definition of a generic"
        try inScope(.function, function.name, for: function, span, privateClass: scope.privateClass) { () throws(SyntaxError) in
            scope.isGenericWrapper = true
            try visitParameters(function.arguments)
            try visit(function.body)
        }
    }

    /// What type parameters are made of may not wait, yield or bind.
    private func checkContext(_ what: String, _ span: SourceSpan) throws(SyntaxError) {
        if let context = scope.typeContext { throw reporter.error("\(what) cannot be used within \(context)", span) }
    }

    private func visitDefaults(_ arguments: Arguments) throws(SyntaxError) {
        try visit(arguments.defaults)
        for value in arguments.keywordDefaults { if let value { try visit(value) } }
    }

    private func visitParameters(_ arguments: Arguments) throws(SyntaxError) {
        for parameter in arguments.inRegisterOrder {
            let name = mangled(parameter.name)
            if scope.symbols[name] != nil {
                throw reporter.error(
                    "duplicate argument '\(parameter.name)' in function definition", parameter.span)
            }
            try bind(parameter.name, parameter.span, .parameter)
            scope.parameters.append(name)
        }
    }

    private func visitClass(_ def: ClassDef, _ span: SourceSpan) throws(SyntaxError) {
        try visit(def.decorators)
        try bind(scope.isGenericWrapper ? GenericWrapper.inner : def.name, span)
        if !def.typeParams.isEmpty {
            var builder = wrapperBuilder(span)
            return try visitWrapper(try builder.wrap(def), for: def, span)
        }
        try visit(def.bases)
        for keyword in def.keywords { try visit(keyword.value) }
        try inScope(.classBody, def.name, for: def, span, privateClass: def.name) {
            () throws(SyntaxError) in
            scope.add("__module__", .assigned, span)
            scope.add("__qualname__", .assigned, span)
            try visit(def.body)
        }
    }

    // MARK: Expressions

    private func enter(_ span: SourceSpan) throws(SyntaxError) {
        depth += 1
        if depth > Limits.nesting { throw reporter.tooDeep(span) }
    }

    private func visit(_ expressions: [Expr]) throws(SyntaxError) {
        for expression in expressions { try visit(expression) }
    }

    private func visit(_ expression: Expr) throws(SyntaxError) {
        try enter(expression.span)
        defer { depth -= 1 }
        LiteralChecks(reporter: reporter).check(expression)
        switch expression.kind {
        case .boolOp(_, let values): try visit(values)
        case .namedExpr(let target, let value): try visitNamed(target, value, expression.span)
        case .binOp: try visitBinaryChain(expression)
        case .unaryOp(_, let operand): try visit(operand)
        case .lambda(let arguments, let body):
            try visitDefaults(arguments)
            try inScope(
                .function, "<lambda>", for: expression, expression.span,
                privateClass: scope.privateClass
            ) { () throws(SyntaxError) in
                scope.isLambda = true
                try visitParameters(arguments)
                try visit(body)
            }
        case .ifExp(let test, let body, let orElse):
            try visit(test)
            try visit(body)
            try visit(orElse)
        case .dict(let keys, let values):
            for (key, value) in zip(keys, values) {
                if let key { try visit(key) }
                try visit(value)
            }
        case .set(let elements): try visit(elements)
        case .listComp(let element, let generators):
            try visitComprehension(expression, .list, generators, [element])
        case .setComp(let element, let generators):
            try visitComprehension(expression, .set, generators, [element])
        case .dictComp(let key, let value, let generators):
            try visitComprehension(expression, .dict, generators, [key, value])
        case .generatorExp(let element, let generators):
            try visitComprehension(expression, .generator, generators, [element])
        case .await(let value):
            try checkContext("await expression", expression.span)
            scope.hasAwait = true
            try visit(value)
        case .yield(let value):
            try checkYield(expression.span)
            if let value { try visit(value) }
        case .yieldFrom(let value):
            try checkYield(expression.span)
            try visit(value)
        case .compare(let left, _, let comparators):
            try visit(left)
            try visit(comparators)
        case .call(let function, let arguments, let keywords):
            try visit(function)
            try visit(arguments)
            for keyword in keywords { try visit(keyword.value) }
        case .formattedValue(let value, _, let spec):
            try visit(value)
            if let spec { try visit(spec) }
        case .joinedStr(let values): try visit(values)
        case .constant: break
        case .attribute(let value, _, _): try visit(value)
        case .subscript(let value, let index, _):
            try visit(value)
            try visit(index)
        case .starred(let value, _): try visit(value)
        case .name(let id, let context):
            switch context {
            case .load: use(id, expression.span)
            case .store: try bind(id, expression.span)
            case .del: try bindDeleted(id, expression.span)
            }
        case .list(let elements, _), .tuple(let elements, _): try visit(elements)
        case .slice(let lower, let upper, let step):
            if let lower { try visit(lower) }
            if let upper { try visit(upper) }
            if let step { try visit(step) }
        }
    }

    private func bindDeleted(_ id: String, _ span: SourceSpan) throws(SyntaxError) {
        if id == "__debug__" { throw reporter.error("cannot delete __debug__", span) }
        try bind(id, span)
    }

    private func visitBinaryChain(_ expression: Expr) throws(SyntaxError) {
        var rights: [Expr] = []
        var current = expression
        while case .binOp(let left, _, let right) = current.kind {
            rights.append(right)
            current = left
        }
        try visit(current)
        for right in rights.reversed() { try visit(right) }
    }

    private func checkYield(_ span: SourceSpan) throws(SyntaxError) {
        try checkContext("yield expression", span)
        if let kind = scope.comprehension {
            throw reporter.error("'yield' inside \(kind.rawValue)", span)
        }
        scope.isGenerator = true
    }

    private func visitNamed(
        _ target: Expr, _ value: Expr, _ span: SourceSpan
    ) throws(SyntaxError) {
        guard case .name(let id, _) = target.kind else { return }
        try checkContext("named expression", span)
        if scope.iterableDepth > 0 {
            throw reporter.error(
                "assignment expression cannot be used in a comprehension iterable expression", span)
        }
        if scope.comprehension != nil { try extendToHost(id, target.span) }
        try visit(value)
        if scope.comprehension == nil {
            try bind(id, target.span)
            scope.walrusTargets.insert(mangled(id))
        }
    }

    /// `:=` inside comprehensions binds in the function or module around all of them.
    private func extendToHost(_ id: String, _ span: SourceSpan) throws(SyntaxError) {
        if id == "__debug__" { throw reporter.error("cannot assign to __debug__", span) }
        let name = mangled(id)
        var chain: [Scope] = []
        var current = scope
        while current.comprehension != nil, let parent = current.parent {
            if let symbol = current.symbols[name], symbol.flags.contains(.iterationVariable) {
                throw reporter.error(
                    "assignment expression cannot rebind comprehension iteration variable '\(name)'",
                    span)
            }
            chain.append(current)
            current.host.walrusTargets.insert(name)
            current = parent
        }
        switch current.kind {
        case .classBody:
            throw reporter.error(
                "assignment expression within a comprehension cannot be used in a class body", span)
        case .module:
            for inner in chain { inner.add(name, .global, span) }
            current.add(name, .assigned, span)
        case .function, .comprehension:
            let isGlobal = current.symbols[name]?.flags.contains(.global) ?? false
            for inner in chain {
                inner.add(name, isGlobal ? .global : [.nonlocal, .implicitNonlocal], span)
            }
            if !isGlobal, !(current.symbols[name]?.flags.contains(.nonlocal) ?? false) {
                current.add(name, .assigned, span)
            }
        }
        current.host.walrusTargets.insert(name)
    }

    private func visitComprehension(
        _ node: Expr, _ kind: Scope.ComprehensionKind, _ generators: [Comprehension],
        _ results: [Expr]
    ) throws(SyntaxError) {
        guard let first = generators.first else { return }
        scope.iterableDepth += 1
        try visit(first.iterable)
        scope.iterableDepth -= 1
        let outer = scope
        let isFunction = kind == .generator
        try inScope(
            isFunction ? .function : .comprehension, isFunction ? "<genexpr>" : kind.rawValue,
            for: node, node.span, privateClass: scope.privateClass
        ) { () throws(SyntaxError) in
            scope.comprehension = kind
            if isFunction {
                scope.isGenerator = true
                scope.add(".0", .parameter, node.span)
                scope.parameters.append(".0")
            }
            for (index, generator) in generators.enumerated() {
                if generator.isAsync { scope.hasAwait = true }
                scope.isInTarget = true
                try visit(generator.target)
                scope.isInTarget = false
                if index > 0 {
                    scope.iterableDepth += 1
                    try visit(generator.iterable)
                    scope.iterableDepth -= 1
                }
                try visit(generator.conditions)
            }
            try visit(results)
        }
        // An awaiting comprehension makes the block around it await.
        let inner = scopes[ObjectIdentifier(node)]!
        if !isFunction, inner.hasAwait {
            outer.hasAwait = true
        }
    }

    // MARK: Patterns

    private func visit(_ pattern: Pattern) throws(SyntaxError) {
        try enter(pattern.span)
        defer { depth -= 1 }
        switch pattern.kind {
        case .value(let value): try visit(value)
        case .singleton: break
        case .sequence(let patterns), .or(let patterns):
            for pattern in patterns { try visit(pattern) }
        case .mapping(let keys, let patterns, let rest):
            try visit(keys)
            for pattern in patterns { try visit(pattern) }
            if let rest { try bind(rest, pattern.span) }
        case .class(let cls, let patterns, _, let keywordPatterns):
            try visit(cls)
            for pattern in patterns { try visit(pattern) }
            for pattern in keywordPatterns { try visit(pattern) }
        case .star(let name): if let name { try bind(name, pattern.span) }
        case .as(let inner, let name):
            if let inner { try visit(inner) }
            if let name { try bind(name, pattern.span) }
        }
    }
}

extension Arguments {
    /// Source order, as annotations are evaluated.
    var all: [Argument] {
        positional + positionalOnly + (varArgs.map { [$0] } ?? []) + keywordOnly
            + (keywordArgs.map { [$0] } ?? [])
    }

    /// The order in which parameters occupy registers.
    var inRegisterOrder: [Argument] {
        positionalOnly + positional + keywordOnly + (varArgs.map { [$0] } ?? [])
            + (keywordArgs.map { [$0] } ?? [])
    }
}
