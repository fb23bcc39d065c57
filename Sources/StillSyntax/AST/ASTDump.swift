// Trees as text, in the format of Python's `ast.dump`.
//
// Iterative: a tree may be as deep as its source is long. Work is a stack of pieces still to print.

/// Which Python's `ast.dump` to match.
public enum DumpStyle: Sendable {
    /// All fields; no type parameters (3.11 has none).
    case python311
    /// Empty lists and absent optional fields are left out (3.13).
    case python313
}

/// The tree as `ast.dump(tree)` prints it, on one line.
///
/// - Parameter includeAttributes: whether to print the positions of nodes.
public func dump(
    _ module: Module, style: DumpStyle = .python313, includeAttributes: Bool = false
) -> String {
    var dumper = Dumper(style, includeAttributes)
    return dumper.run([.text("Module"), .open, .body("body", module.body), .ignores, .close])
}

/// The tree as `ast.dump(tree)` prints it, on one line.
///
/// - Parameter includeAttributes: whether to print the positions of nodes.
public func dump(
    _ tree: ExpressionTree, style: DumpStyle = .python313, includeAttributes: Bool = false
) -> String {
    var dumper = Dumper(style, includeAttributes)
    return dumper.run([.text("Expression"), .open, .expr("body", tree.body), .close])
}

private struct Dumper {
    indirect enum Piece {
        case text(String)
        case open
        case close
        case listClose
        /// `type_ignores`, which is always empty.
        case ignores
        case raw(String, String)
        case expr(String, Expr?)
        case exprs(String, [Expr?])
        case body(String, [Stmt])
        case node(Expr?)
        case statement(Stmt)
        case pattern(Pattern)
        case patterns(String, [Pattern])
        case optionalPattern(String, Pattern?)
        case group(String, [[Piece]])
        case sub(String, [Piece])
    }

    let style: DumpStyle
    let includeAttributes: Bool
    var output: [UInt8] = []
    var stack: [Piece] = []
    /// Per open bracket: whether something was printed in it.
    var started: [Bool] = []

    init(_ style: DumpStyle, _ includeAttributes: Bool) {
        self.style = style
        self.includeAttributes = includeAttributes
    }

    mutating func run(_ pieces: [Piece]) -> String {
        push(pieces)
        while let piece = stack.popLast() { print(piece) }
        return String(decoding: output, as: UTF8.self)
    }

    private mutating func push(_ pieces: [Piece]) { stack.append(contentsOf: pieces.reversed()) }

    private mutating func write(_ text: String) { output.append(contentsOf: text.utf8) }

    private mutating func separate() {
        if let last = started.last {
            if last { write(", ") }
            started[started.count - 1] = true
        }
    }

    private mutating func field(_ name: String) {
        separate()
        write(name)
        write("=")
    }

    private mutating func list(_ name: String, _ isEmpty: Bool, _ items: [Piece]) {
        if isEmpty, style == .python313 { return }
        field(name)
        write("[")
        started.append(false)
        stack.append(.listClose)
        push(items)
    }

    private mutating func print(_ piece: Piece) {
        switch piece {
        case .text(let text): write(text)
        case .open:
            write("(")
            started.append(false)
        case .close:
            write(")")
            started.removeLast()
        case .listClose:
            write("]")
            started.removeLast()
        case .ignores: if style == .python311 { field("type_ignores"); write("[]") }
        case .raw(let name, let text):
            field(name)
            write(text)
        case .expr(let name, let node):
            guard let node else { return }
            field(name)
            push(pieces(node))
        case .exprs(let name, let nodes):
            list(name, nodes.isEmpty, nodes.map { .node($0) })
        case .body(let name, let nodes):
            list(name, nodes.isEmpty, nodes.map { .statement($0) })
        case .node(let node):
            separate()
            guard let node else {
                write("None")
                return
            }
            push(pieces(node))
        case .statement(let node):
            separate()
            push(pieces(node))
        case .pattern(let node):
            separate()
            push(pieces(node))
        case .patterns(let name, let nodes):
            list(name, nodes.isEmpty, nodes.map { .pattern($0) })
        case .optionalPattern(let name, let node):
            guard let node else { return }
            field(name)
            push(pieces(node))
        case .group(let name, let groups):
            list(name, groups.isEmpty, groups.map { .sub("", $0) })
        case .sub(let name, let inner):
            if name.isEmpty { separate() } else { field(name) }
            push(inner)
        }
    }

    // MARK: Expressions

    private func call(_ name: String, _ fields: [Piece]) -> [Piece] {
        [.text(name), .open] + fields + [.close]
    }

    private func context(_ context: ExprContext) -> Piece {
        switch context {
        case .load: .raw("ctx", "Load()")
        case .store: .raw("ctx", "Store()")
        case .del: .raw("ctx", "Del()")
        }
    }

    /// A node's pieces with its position before the closing bracket.
    private func placed(_ pieces: [Piece], _ span: SourceSpan) -> [Piece] {
        guard includeAttributes else { return pieces }
        return pieces.dropLast() + [
            .raw("lineno", "\(span.line)"), .raw("col_offset", "\(span.column)"),
            .raw("end_lineno", "\(span.endLine)"), .raw("end_col_offset", "\(span.endColumn)"),
            .close,
        ]
    }

    private func string(_ name: String, _ value: String?) -> Piece {
        guard let value else { return .text("") }
        return .raw(name, Representation.string(StringValue(value)))
    }

    private func pieces(_ node: Expr) -> [Piece] { placed(fields(node), node.span) }

    private func fields(_ node: Expr) -> [Piece] {
        switch node.kind {
        case .boolOp(let op, let values):
            return call(
                "BoolOp", [.raw("op", op == .and ? "And()" : "Or()"), .exprs("values", values)])
        case .namedExpr(let target, let value):
            return call("NamedExpr", [.expr("target", target), .expr("value", value)])
        case .binOp(let left, let op, let right):
            return call(
                "BinOp", [.expr("left", left), .raw("op", Self.name(op)), .expr("right", right)])
        case .unaryOp(let op, let operand):
            let name =
                switch op {
                case .invert: "Invert()"
                case .not: "Not()"
                case .uAdd: "UAdd()"
                case .uSub: "USub()"
                }
            return call("UnaryOp", [.raw("op", name), .expr("operand", operand)])
        case .lambda(let arguments, let body):
            return call("Lambda", [.sub("args", pieces(arguments)), .expr("body", body)])
        case .ifExp(let test, let body, let orElse):
            return call(
                "IfExp", [.expr("test", test), .expr("body", body), .expr("orelse", orElse)])
        case .dict(let keys, let values):
            return call("Dict", [.exprs("keys", keys), .exprs("values", values)])
        case .set(let elements): return call("Set", [.exprs("elts", elements)])
        case .listComp(let element, let generators):
            return comprehension("ListComp", [.expr("elt", element)], generators)
        case .setComp(let element, let generators):
            return comprehension("SetComp", [.expr("elt", element)], generators)
        case .generatorExp(let element, let generators):
            return comprehension("GeneratorExp", [.expr("elt", element)], generators)
        case .dictComp(let key, let value, let generators):
            return comprehension(
                "DictComp", [.expr("key", key), .expr("value", value)], generators)
        case .await(let value): return call("Await", [.expr("value", value)])
        case .yield(let value): return call("Yield", [.expr("value", value)])
        case .yieldFrom(let value): return call("YieldFrom", [.expr("value", value)])
        case .compare(let left, let ops, let comparators):
            return call(
                "Compare",
                [
                    .expr("left", left),
                    .raw("ops", "[" + ops.map(Self.name).joined(separator: ", ") + "]"),
                    .exprs("comparators", comparators),
                ])
        case .call(let function, let arguments, let keywords):
            return call(
                "Call",
                [
                    .expr("func", function), .exprs("args", arguments),
                    .group("keywords", keywords.map(pieces)),
                ])
        case .formattedValue(let value, let conversion, let spec):
            let code =
                switch conversion {
                case .none: "-1"
                case .str: "115"
                case .repr: "114"
                case .ascii: "97"
                }
            return call(
                "FormattedValue",
                [.expr("value", value), .raw("conversion", code), .expr("format_spec", spec)])
        case .joinedStr(let values): return call("JoinedStr", [.exprs("values", values)])
        case .constant(let value):
            var fields: [Piece] = [.raw("value", Representation.constant(value))]
            if case .string(let text) = value, text.hasUPrefix { fields.append(.raw("kind", "'u'")) }
            return call("Constant", fields)
        case .attribute(let value, let attribute, let use):
            return call(
                "Attribute", [.expr("value", value), string("attr", attribute), context(use)])
        case .subscript(let value, let index, let use):
            return call(
                "Subscript", [.expr("value", value), .expr("slice", index), context(use)])
        case .starred(let value, let use):
            return call("Starred", [.expr("value", value), context(use)])
        case .name(let id, let use): return call("Name", [string("id", id), context(use)])
        case .list(let elements, let use):
            return call("List", [.exprs("elts", elements), context(use)])
        case .tuple(let elements, let use):
            return call("Tuple", [.exprs("elts", elements), context(use)])
        case .slice(let lower, let upper, let step):
            return call(
                "Slice", [.expr("lower", lower), .expr("upper", upper), .expr("step", step)])
        }
    }

    private func comprehension(
        _ name: String, _ elements: [Piece], _ generators: [Comprehension]
    ) -> [Piece] {
        call(name, elements + [.group("generators", generators.map { clause in
            call(
                "comprehension",
                [
                    .expr("target", clause.target), .expr("iter", clause.iterable),
                    .exprs("ifs", clause.conditions), .raw("is_async", clause.isAsync ? "1" : "0"),
                ])
        })])
    }

    private func pieces(_ keyword: Keyword) -> [Piece] {
        placed(
            call("keyword", [string("arg", keyword.name), .expr("value", keyword.value)]),
            keyword.span)
    }

    private func pieces(_ argument: Argument) -> [Piece] {
        placed(
            call("arg", [string("arg", argument.name), .expr("annotation", argument.annotation)]),
            argument.span)
    }

    private func pieces(_ arguments: Arguments) -> [Piece] {
        call(
            "arguments",
            [
                .group("posonlyargs", arguments.positionalOnly.map(pieces)),
                .group("args", arguments.positional.map(pieces)),
                arguments.varArgs.map { .sub("vararg", pieces($0)) } ?? .text(""),
                .group("kwonlyargs", arguments.keywordOnly.map(pieces)),
                .exprs("kw_defaults", arguments.keywordDefaults),
                arguments.keywordArgs.map { .sub("kwarg", pieces($0)) } ?? .text(""),
                .exprs("defaults", arguments.defaults),
            ])
    }

    private static func name(_ op: BinaryOperator) -> String {
        switch op {
        case .add: "Add()"
        case .sub: "Sub()"
        case .mult: "Mult()"
        case .matMult: "MatMult()"
        case .div: "Div()"
        case .mod: "Mod()"
        case .pow: "Pow()"
        case .lShift: "LShift()"
        case .rShift: "RShift()"
        case .bitOr: "BitOr()"
        case .bitXor: "BitXor()"
        case .bitAnd: "BitAnd()"
        case .floorDiv: "FloorDiv()"
        }
    }

    private static func name(_ op: ComparisonOperator) -> String {
        switch op {
        case .eq: "Eq()"
        case .notEq: "NotEq()"
        case .lt: "Lt()"
        case .ltE: "LtE()"
        case .gt: "Gt()"
        case .gtE: "GtE()"
        case .is: "Is()"
        case .isNot: "IsNot()"
        case .in: "In()"
        case .notIn: "NotIn()"
        }
    }

    // MARK: Statements

    private func pieces(_ node: Stmt) -> [Piece] { placed(fields(node), node.span) }

    private func fields(_ node: Stmt) -> [Piece] {
        switch node.kind {
        case .functionDef(let definition): return function("FunctionDef", definition)
        case .asyncFunctionDef(let definition): return function("AsyncFunctionDef", definition)
        case .classDef(let definition):
            return call(
                "ClassDef",
                [
                    string("name", definition.name), .exprs("bases", definition.bases),
                    .group("keywords", definition.keywords.map(pieces)),
                    .body("body", definition.body),
                    .exprs("decorator_list", definition.decorators),
                    typeParams(definition.typeParams),
                ])
        case .return(let value): return call("Return", [.expr("value", value)])
        case .delete(let targets): return call("Delete", [.exprs("targets", targets)])
        case .assign(let targets, let value):
            return call("Assign", [.exprs("targets", targets), .expr("value", value)])
        case .typeAlias(let name, let parameters, let value):
            return call(
                "TypeAlias", [.expr("name", name), typeParams(parameters), .expr("value", value)])
        case .augAssign(let target, let op, let value):
            return call(
                "AugAssign",
                [.expr("target", target), .raw("op", Self.name(op)), .expr("value", value)])
        case .annAssign(let target, let annotation, let value, let isSimple):
            return call(
                "AnnAssign",
                [
                    .expr("target", target), .expr("annotation", annotation),
                    .expr("value", value), .raw("simple", isSimple ? "1" : "0"),
                ])
        case .for(let target, let iterable, let body, let orElse):
            return loop("For", target, iterable, body, orElse)
        case .asyncFor(let target, let iterable, let body, let orElse):
            return loop("AsyncFor", target, iterable, body, orElse)
        case .while(let test, let body, let orElse):
            return call(
                "While", [.expr("test", test), .body("body", body), .body("orelse", orElse)])
        case .if(let test, let body, let orElse):
            return call("If", [.expr("test", test), .body("body", body), .body("orelse", orElse)])
        case .with(let items, let body): return with("With", items, body)
        case .asyncWith(let items, let body): return with("AsyncWith", items, body)
        case .match(let subject, let cases):
            return call(
                "Match",
                [
                    .expr("subject", subject),
                    .group(
                        "cases",
                        cases.map {
                            call(
                                "match_case",
                                [
                                    .optionalPattern("pattern", $0.pattern),
                                    .expr("guard", $0.guardExpr), .body("body", $0.body),
                                ])
                        }),
                ])
        case .raise(let exception, let cause):
            return call("Raise", [.expr("exc", exception), .expr("cause", cause)])
        case .try(let body, let handlers, let orElse, let finalBody):
            return tries("Try", body, handlers, orElse, finalBody)
        case .tryStar(let body, let handlers, let orElse, let finalBody):
            return tries("TryStar", body, handlers, orElse, finalBody)
        case .assert(let test, let message):
            return call("Assert", [.expr("test", test), .expr("msg", message)])
        case .import(let names):
            return call("Import", [.group("names", names.map(pieces))])
        case .importFrom(let module, let names, let level):
            return call(
                "ImportFrom",
                [
                    string("module", module), .group("names", names.map(pieces)),
                    .raw("level", "\(level)"),
                ])
        case .global(let names): return call("Global", [strings("names", names)])
        case .nonlocal(let names): return call("Nonlocal", [strings("names", names)])
        case .expr(let value): return call("Expr", [.expr("value", value)])
        case .pass: return call("Pass", [])
        case .break: return call("Break", [])
        case .continue: return call("Continue", [])
        }
    }

    private func strings(_ name: String, _ values: [String]) -> Piece {
        let items = values.map { Representation.string(StringValue($0)) }
        return .raw(name, "[" + items.joined(separator: ", ") + "]")
    }

    private func pieces(_ alias: Alias) -> [Piece] {
        placed(
            call("alias", [string("name", alias.name), string("asname", alias.asName)]), alias.span)
    }

    private func function(_ name: String, _ definition: FunctionDef) -> [Piece] {
        call(
            name,
            [
                string("name", definition.name), .sub("args", pieces(definition.arguments)),
                .body("body", definition.body), .exprs("decorator_list", definition.decorators),
                .expr("returns", definition.returns), typeParams(definition.typeParams),
            ])
    }

    private func typeParams(_ parameters: [TypeParam]) -> Piece {
        if parameters.isEmpty { return .text("") }
        return .group(
            "type_params",
            parameters.map { parameter in
                let value = Piece.expr("default_value", parameter.defaultValue)
                let fields: [Piece]
                switch parameter.kind {
                case .typeVar(let bound):
                    fields = call(
                        "TypeVar", [string("name", parameter.name), .expr("bound", bound), value])
                case .paramSpec:
                    fields = call("ParamSpec", [string("name", parameter.name), value])
                case .typeVarTuple:
                    fields = call("TypeVarTuple", [string("name", parameter.name), value])
                }
                return placed(fields, parameter.span)
            })
    }

    private func loop(
        _ name: String, _ target: Expr, _ iterable: Expr, _ body: [Stmt], _ orElse: [Stmt]
    ) -> [Piece] {
        call(
            name,
            [
                .expr("target", target), .expr("iter", iterable), .body("body", body),
                .body("orelse", orElse),
            ])
    }

    private func with(_ name: String, _ items: [WithItem], _ body: [Stmt]) -> [Piece] {
        let groups = items.map {
            call(
                "withitem",
                [.expr("context_expr", $0.contextExpr), .expr("optional_vars", $0.optionalVars)])
        }
        return call(name, [.group("items", groups), .body("body", body)])
    }

    private func tries(
        _ name: String, _ body: [Stmt], _ handlers: [ExceptHandler], _ orElse: [Stmt],
        _ finalBody: [Stmt]
    ) -> [Piece] {
        let groups = handlers.map {
            placed(
                call(
                    "ExceptHandler",
                    [.expr("type", $0.type), string("name", $0.name), .body("body", $0.body)]),
                $0.span)
        }
        return call(
            name,
            [
                .body("body", body), .group("handlers", groups), .body("orelse", orElse),
                .body("finalbody", finalBody),
            ])
    }

    // MARK: Patterns

    private func pieces(_ node: Pattern) -> [Piece] { placed(fields(node), node.span) }

    private func fields(_ node: Pattern) -> [Piece] {
        switch node.kind {
        case .value(let value): return call("MatchValue", [.expr("value", value)])
        case .singleton(let value):
            let text =
                switch value {
                case .none: "None"
                case .true: "True"
                case .false: "False"
                }
            return call("MatchSingleton", [.raw("value", text)])
        case .sequence(let patterns):
            return call("MatchSequence", [.patterns("patterns", patterns)])
        case .mapping(let keys, let patterns, let rest):
            return call(
                "MatchMapping",
                [.exprs("keys", keys), .patterns("patterns", patterns), string("rest", rest)])
        case .class(let cls, let patterns, let names, let keywordPatterns):
            return call(
                "MatchClass",
                [
                    .expr("cls", cls), .patterns("patterns", patterns),
                    names.isEmpty && style == .python313 ? .text("") : strings("kwd_attrs", names),
                    .patterns("kwd_patterns", keywordPatterns),
                ])
        case .star(let name): return call("MatchStar", [string("name", name)])
        case .as(let pattern, let name):
            return call("MatchAs", [.optionalPattern("pattern", pattern), string("name", name)])
        case .or(let patterns): return call("MatchOr", [.patterns("patterns", patterns)])
        }
    }
}
