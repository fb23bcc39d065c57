// Statements and patterns of trees that come as objects.
import StillObjects
import StillPlatform
import StillSyntax
import StillThreadRegistry

extension TreeReader {
    /// Statements; an empty list where the grammar has none is refused.
    func body(_ node: Value, _ name: String, mayBeEmpty: Bool = true) throws(PythonError) -> [Stmt] {
        let found = try list(node, name) { (item) throws(PythonError) -> Stmt in try statement(item) }
        if found.isEmpty && !mayBeEmpty { throw t.raise(.valueError, "empty \(name) on \(kind(node))") }
        return found
    }
    private func block(_ node: Value) throws(PythonError) -> [Stmt] { try body(node, "body", mayBeEmpty: false) }

    private func statement(_ node: Value) throws(PythonError) -> Stmt {
        try t.enterNative(" during compilation")
        defer { t.leaveNative() }
        return builder.statement(try statementKind(node), try span(node))
    }

    private func nonEmpty(_ node: Value, _ name: String) throws(PythonError) -> [Expr] {
        let found = try exprs(node, name)
        if found.isEmpty { throw t.raise(.valueError, "empty \(name) on \(kind(node))") }
        return found
    }

    private func function(_ node: Value) throws(PythonError) -> FunctionDef {
        FunctionDef(
            name: try identifier(node, "name"), arguments: try arguments(node), body: try block(node),
            decorators: try exprs(node, "decorator_list"), returns: try optional(node, "returns"), typeParams: try typeParameters(node))
    }

    /// None where the node has no such field.
    private func typeParameters(_ node: Value) throws(PythonError) -> [TypeParam] {
        let found = try t.getAttributeOrNull(node, Interning.intern("type_params"))
        defer { t.release(found) }
        if found.isNull || found.isNone { return [] }
        return try list(node, "type_params") { (item) throws(PythonError) -> TypeParam in
            let parameter: TypeParam.Kind
            switch kind(item) {
            case "TypeVar": parameter = .typeVar(bound: try optional(item, "bound"))
            case "ParamSpec": parameter = .paramSpec
            case "TypeVarTuple": parameter = .typeVarTuple
            default: throw unexpected(item, "type_param")
            }
            return TypeParam(
                kind: parameter, name: try identifier(item, "name"), defaultValue: try optional(item, "default_value"), span: try span(item))
        }
    }

    private func names(_ node: Value) throws(PythonError) -> [String] {
        try list(node, "names") { (item) throws(PythonError) -> String in try string(item) }
    }
    private func aliases(_ node: Value) throws(PythonError) -> [Alias] {
        try list(node, "names") { (item) throws(PythonError) -> Alias in
            Alias(name: try identifier(item, "name"), asName: try optionalIdentifier(item, "asname"), span: try span(item))
        }
    }
    private func items(_ node: Value) throws(PythonError) -> [WithItem] {
        try list(node, "items") { (item) throws(PythonError) -> WithItem in
            WithItem(contextExpr: try expr(item, "context_expr"), optionalVars: try optional(item, "optional_vars"))
        }
    }
    private func handlers(_ node: Value) throws(PythonError) -> [ExceptHandler] {
        try list(node, "handlers") { (item) throws(PythonError) -> ExceptHandler in
            guard kind(item) == "ExceptHandler" else { throw unexpected(item, "excepthandler") }
            return ExceptHandler(
                type: try optional(item, "type"), name: try optionalIdentifier(item, "name"), body: try block(item), span: try span(item))
        }
    }

    private func statementKind(_ node: Value) throws(PythonError) -> StmtKind {
        switch kind(node) {
        case "FunctionDef": return .functionDef(try function(node))
        case "AsyncFunctionDef": return .asyncFunctionDef(try function(node))
        case "ClassDef":
            return .classDef(
                ClassDef(
                    name: try identifier(node, "name"), bases: try exprs(node, "bases"), keywords: try keywords(node),
                    body: try block(node), decorators: try exprs(node, "decorator_list"), typeParams: try typeParameters(node)))
        case "TypeAlias":
            return .typeAlias(name: try expr(node, "name"), typeParams: try typeParameters(node), value: try expr(node, "value"))
        case "Return": return .return(value: try optional(node, "value"))
        case "Delete": return .delete(targets: try nonEmpty(node, "targets"))
        case "Assign": return .assign(targets: try nonEmpty(node, "targets"), value: try expr(node, "value"))
        case "AugAssign":
            return .augAssign(
                target: try expr(node, "target"), op: try named(node, "op", TreeNames.binary, "operator"), value: try expr(node, "value"))
        case "AnnAssign":
            return .annAssign(
                target: try expr(node, "target"), annotation: try expr(node, "annotation"), value: try optional(node, "value"),
                isSimple: try number(node, "simple", 0) != 0)
        case "For":
            return .for(
                target: try expr(node, "target"), iterable: try expr(node, "iter"), body: try block(node), orElse: try body(node, "orelse"))
        case "AsyncFor":
            return .asyncFor(
                target: try expr(node, "target"), iterable: try expr(node, "iter"), body: try block(node), orElse: try body(node, "orelse"))
        case "While": return .while(test: try expr(node, "test"), body: try block(node), orElse: try body(node, "orelse"))
        case "If": return .if(test: try expr(node, "test"), body: try block(node), orElse: try body(node, "orelse"))
        case "With": return .with(items: try items(node), body: try block(node))
        case "AsyncWith": return .asyncWith(items: try items(node), body: try block(node))
        case "Match":
            return .match(
                subject: try expr(node, "subject"),
                cases: try list(node, "cases") { (item) throws(PythonError) -> MatchCase in
                    MatchCase(pattern: try pattern(item, "pattern"), guardExpr: try optional(item, "guard"), body: try block(item))
                })
        case "Raise": return .raise(exception: try optional(node, "exc"), cause: try optional(node, "cause"))
        case "Try":
            return .try(
                body: try block(node), handlers: try handlers(node), orElse: try body(node, "orelse"), finalBody: try body(node, "finalbody"))
        case "TryStar":
            return .tryStar(
                body: try block(node), handlers: try handlers(node), orElse: try body(node, "orelse"), finalBody: try body(node, "finalbody"))
        case "Assert": return .assert(test: try expr(node, "test"), message: try optional(node, "msg"))
        case "Import": return .import(names: try aliases(node))
        case "ImportFrom":
            return .importFrom(
                module: try optionalIdentifier(node, "module"), names: try aliases(node), level: try number(node, "level", 0))
        case "Global": return .global(names: try names(node))
        case "Nonlocal": return .nonlocal(names: try names(node))
        case "Expr": return .expr(value: try expr(node, "value"))
        case "Pass": return .pass
        case "Break": return .break
        case "Continue": return .continue
        default: throw unexpected(node, "stmt")
        }
    }

    // MARK: Patterns

    private func pattern(_ node: Value, _ name: String) throws(PythonError) -> Pattern {
        let value = try field(node, name)
        defer { t.release(value) }
        return try pattern(value)
    }
    private func patterns(_ node: Value, _ name: String) throws(PythonError) -> [Pattern] {
        try list(node, name) { (item) throws(PythonError) -> Pattern in try pattern(item) }
    }

    private func pattern(_ node: Value) throws(PythonError) -> Pattern {
        try t.enterNative(" during compilation")
        defer { t.leaveNative() }
        return Pattern(try patternKind(node), try span(node))
    }

    private func patternKind(_ node: Value) throws(PythonError) -> PatternKind {
        switch kind(node) {
        case "MatchValue": return .value(try expr(node, "value"))
        case "MatchSingleton":
            let value = try optionalField(node, "value")
            defer { t.release(value) }
            guard value.isNone || value.isBool else {
                throw t.raise(.valueError, "MatchSingleton can only contain True, False and None")
            }
            return .singleton(value.isNone ? .none : value.isTrue ? .true : .false)
        case "MatchSequence": return .sequence(try patterns(node, "patterns"))
        case "MatchMapping":
            let (keys, values) = (try exprs(node, "keys"), try patterns(node, "patterns"))
            if keys.count != values.count {
                throw t.raise(.valueError, "MatchMapping doesn't have the same number of keys as patterns")
            }
            return .mapping(keys: keys, patterns: values, rest: try optionalIdentifier(node, "rest"))
        case "MatchClass":
            let words = try list(node, "kwd_attrs") { (item) throws(PythonError) -> String in try string(item) }
            let wordItems = try patterns(node, "kwd_patterns")
            if words.count != wordItems.count {
                throw t.raise(.valueError, "MatchClass doesn't have the same number of keyword attributes as patterns")
            }
            return .class(
                cls: try expr(node, "cls"), patterns: try patterns(node, "patterns"), keywordNames: words, keywordPatterns: wordItems)
        case "MatchStar": return .star(name: try optionalIdentifier(node, "name"))
        case "MatchAs":
            let inner = try optionalField(node, "pattern")
            defer { t.release(inner) }
            return .as(pattern: inner.isNone ? nil : try pattern(inner), name: try optionalIdentifier(node, "name"))
        case "MatchOr":
            let items = try patterns(node, "patterns")
            if items.count < 2 { throw t.raise(.valueError, "MatchOr requires at least 2 patterns") }
            return .or(items)
        default: throw unexpected(node, "pattern")
        }
    }
}
