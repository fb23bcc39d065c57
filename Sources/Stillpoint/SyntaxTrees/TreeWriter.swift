// From the parser's nodes to objects of the classes of the module `_ast`.
//
// Nodes are made one by one from the leaves up. The writer owns all that it makes until the end, so that nothing is lost when it fails
// half way: the functions here hand out borrowed values.
import StillObjects
import StillPlatform
import StillSyntax
import StillThreadRegistry
import StillVM

final class TreeWriter {
    typealias Fields = [(String, Value)]

    let t: ThreadState
    /// The namespace of `_ast`. Owned.
    private let classes: Value
    private var made: [Value] = []

    init(_ t: ThreadState) throws(PythonError) {
        self.t = t
        let module = try Imports.load(t, "_ast")
        defer { t.release(module) }
        classes = try t.getAttribute(module, Interning.intern("__dict__"))
    }
    /// Gives everything up that was made, but for what the caller has retained.
    func end() {
        for value in made { t.release(value) }
        made = []
        t.release(classes)
    }

    // MARK: Making nodes

    private func keep(_ value: Value) -> Value {
        made.append(value)
        return value
    }

    private func make(_ name: String, _ fields: Fields, _ span: SourceSpan? = nil) throws(PythonError) -> Value {
        var fields = fields
        if let span {
            fields += [
                ("lineno", Value(smallInt: Int(span.line))), ("col_offset", Value(smallInt: Int(span.column))),
                ("end_lineno", Value(smallInt: Int(span.endLine))), ("end_col_offset", Value(smallInt: Int(span.endColumn))),
            ]
        }
        let type = DictRef(classes).getName(t, Interning.intern(name))
        defer { t.release(type) }
        let node = keep(try t.call(type))
        for (name, value) in fields { try t.setAttribute(node, Interning.intern(name), value) }
        return node
    }

    private func list<Item>(_ items: [Item], _ one: (Item) throws(PythonError) -> Value) throws(PythonError) -> Value {
        let list = keep(try t.makeList(capacity: items.count))
        for item in items { try ListRef(list).append(t, one(item)) }
        return list
    }

    private func name(_ text: String?) throws(PythonError) -> Value { text.map { Interning.intern($0) } ?? .none }
    private func names(_ all: [String]) throws(PythonError) -> Value {
        try list(all) { (text) throws(PythonError) -> Value in Interning.intern(text) }
    }

    // MARK: Roots

    /// Owned by the caller.
    func module(_ tree: Module, interactive: Bool) throws(PythonError) -> Value {
        if interactive { return t.retain(try make("Interactive", [("body", try body(tree.body))])) }
        return t.retain(try make("Module", [("body", try body(tree.body)), ("type_ignores", keep(try t.makeList(capacity: 0)))]))
    }
    /// Owned by the caller.
    func expression(_ tree: ExpressionTree) throws(PythonError) -> Value {
        t.retain(try make("Expression", [("body", try expr(tree.body))]))
    }

    // MARK: Expressions

    private func exprs(_ nodes: [Expr]) throws(PythonError) -> Value {
        try list(nodes) { (node) throws(PythonError) -> Value in try expr(node) }
    }
    private func optionals(_ nodes: [Expr?]) throws(PythonError) -> Value {
        try list(nodes) { (node) throws(PythonError) -> Value in try optional(node) }
    }
    private func optional(_ node: Expr?) throws(PythonError) -> Value {
        guard let node else { return .none }
        return try expr(node)
    }
    private func context(_ context: ExprContext) throws(PythonError) -> Value {
        try make(context == .load ? "Load" : context == .store ? "Store" : "Del", [])
    }
    private func generators(_ clauses: [Comprehension]) throws(PythonError) -> Value {
        try list(clauses) { (clause) throws(PythonError) -> Value in
            try make(
                "comprehension",
                [
                    ("target", try expr(clause.target)), ("iter", try expr(clause.iterable)), ("ifs", try exprs(clause.conditions)),
                    ("is_async", Value(smallInt: clause.isAsync ? 1 : 0)),
                ])
        }
    }

    private func expr(_ node: Expr) throws(PythonError) -> Value {
        try t.enterNative(" during ast construction")
        defer { t.leaveNative() }
        let (name, fields) = try parts(node)
        return try make(name, fields, node.span)
    }

    private func parts(_ node: Expr) throws(PythonError) -> (String, Fields) {
        switch node.kind {
        case .boolOp(let op, let values):
            return ("BoolOp", [("op", try make(op == .and ? "And" : "Or", [])), ("values", try exprs(values))])
        case .namedExpr(let target, let value): return ("NamedExpr", [("target", try expr(target)), ("value", try expr(value))])
        case .binOp(let left, let op, let right):
            return ("BinOp", [("left", try expr(left)), ("op", try make(TreeNames.name(op), [])), ("right", try expr(right))])
        case .unaryOp(let op, let operand):
            return ("UnaryOp", [("op", try make(TreeNames.name(op), [])), ("operand", try expr(operand))])
        case .lambda(let arguments, let body): return ("Lambda", [("args", try self.arguments(arguments)), ("body", try expr(body))])
        case .ifExp(let test, let body, let orElse):
            return ("IfExp", [("test", try expr(test)), ("body", try expr(body)), ("orelse", try expr(orElse))])
        case .dict(let keys, let values): return ("Dict", [("keys", try optionals(keys)), ("values", try exprs(values))])
        case .set(let elements): return ("Set", [("elts", try exprs(elements))])
        case .listComp(let element, let clauses): return ("ListComp", [("elt", try expr(element)), ("generators", try generators(clauses))])
        case .setComp(let element, let clauses): return ("SetComp", [("elt", try expr(element)), ("generators", try generators(clauses))])
        case .generatorExp(let element, let clauses):
            return ("GeneratorExp", [("elt", try expr(element)), ("generators", try generators(clauses))])
        case .dictComp(let key, let value, let clauses):
            return ("DictComp", [("key", try expr(key)), ("value", try expr(value)), ("generators", try generators(clauses))])
        case .await(let value): return ("Await", [("value", try expr(value))])
        case .yield(let value): return ("Yield", [("value", try optional(value))])
        case .yieldFrom(let value): return ("YieldFrom", [("value", try expr(value))])
        case .compare(let left, let ops, let comparators):
            return (
                "Compare",
                [
                    ("left", try expr(left)),
                    ("ops", try list(ops) { (op) throws(PythonError) -> Value in try make(TreeNames.name(op), []) }),
                    ("comparators", try exprs(comparators)),
                ]
            )
        case .call(let function, let arguments, let keywords):
            return ("Call", [("func", try expr(function)), ("args", try exprs(arguments)), ("keywords", try self.keywords(keywords))])
        case .formattedValue(let value, let conversion, let spec):
            let code = conversion == .str ? 115 : conversion == .repr ? 114 : conversion == .ascii ? 97 : -1
            return (
                "FormattedValue",
                [("value", try expr(value)), ("conversion", Value(smallInt: code)), ("format_spec", try optional(spec))]
            )
        case .joinedStr(let values): return ("JoinedStr", [("values", try exprs(values))])
        case .constant(let value):
            var kind = Value.none
            if case .string(let text) = value, text.hasUPrefix { kind = Interning.intern("u") }
            return ("Constant", [("value", try constant(value)), ("kind", kind)])
        case .attribute(let value, let attribute, let use):
            return ("Attribute", [("value", try expr(value)), ("attr", try name(attribute)), ("ctx", try context(use))])
        case .subscript(let value, let index, let use):
            return ("Subscript", [("value", try expr(value)), ("slice", try expr(index)), ("ctx", try context(use))])
        case .starred(let value, let use): return ("Starred", [("value", try expr(value)), ("ctx", try context(use))])
        case .name(let id, let use): return ("Name", [("id", try name(id)), ("ctx", try context(use))])
        case .list(let elements, let use): return ("List", [("elts", try exprs(elements)), ("ctx", try context(use))])
        case .tuple(let elements, let use): return ("Tuple", [("elts", try exprs(elements)), ("ctx", try context(use))])
        case .slice(let lower, let upper, let step):
            return ("Slice", [("lower", try optional(lower)), ("upper", try optional(upper)), ("step", try optional(step))])
        }
    }

    private func constant(_ value: Constant) throws(PythonError) -> Value {
        switch value {
        case .none: return .none
        case .true: return .true
        case .false: return .false
        case .ellipsis: return .ellipsis
        case .int(let number): return keep(try t.makeInt(Int(number)))
        case .bigInt(let digits):
            let text = try t.makeString(digits)
            defer { t.release(text) }
            return keep(try t.call(t.type(.int).value, text, Value(smallInt: 0)))
        case .float(let number): return keep(try t.makeFloat(number))
        case .imaginary(let number): return keep(try t.makeComplex(0, number))
        case .string(let text): return keep(try t.makeString(codePoints: text.codePoints))
        case .bytes(let bytes): return keep(try t.makeBytes(bytes))
        }
    }

    private func keywords(_ all: [Keyword]) throws(PythonError) -> Value {
        try list(all) { (keyword) throws(PythonError) -> Value in
            try make("keyword", [("arg", try name(keyword.name)), ("value", try expr(keyword.value))], keyword.span)
        }
    }

    private func argument(_ one: Argument) throws(PythonError) -> Value {
        try make(
            "arg", [("arg", try name(one.name)), ("annotation", try optional(one.annotation)), ("type_comment", .none)], one.span)
    }
    private func argument(optional one: Argument?) throws(PythonError) -> Value {
        guard let one else { return .none }
        return try argument(one)
    }
    private func arguments(_ all: StillSyntax.Arguments) throws(PythonError) -> Value {
        func several(_ some: [Argument]) throws(PythonError) -> Value {
            try list(some) { (one) throws(PythonError) -> Value in try argument(one) }
        }
        return try make(
            "arguments",
            [
                ("posonlyargs", try several(all.positionalOnly)), ("args", try several(all.positional)),
                ("vararg", try argument(optional: all.varArgs)), ("kwonlyargs", try several(all.keywordOnly)),
                ("kw_defaults", try optionals(all.keywordDefaults)), ("kwarg", try argument(optional: all.keywordArgs)),
                ("defaults", try exprs(all.defaults)),
            ])
    }

    // MARK: Statements

    private func body(_ nodes: [Stmt]) throws(PythonError) -> Value {
        try list(nodes) { (node) throws(PythonError) -> Value in
            try t.enterNative(" during ast construction")
            defer { t.leaveNative() }
            let (name, fields) = try parts(node)
            return try make(name, fields, node.span)
        }
    }

    private func function(_ name: String, _ definition: FunctionDef) throws(PythonError) -> (String, Fields) {
        (
            name,
            [
                ("name", try self.name(definition.name)), ("args", try arguments(definition.arguments)),
                ("body", try body(definition.body)), ("decorator_list", try exprs(definition.decorators)),
                ("returns", try optional(definition.returns)), ("type_comment", .none),
            ] + (try typeParameters(definition.typeParams, of: name))
        )
    }
    private func typeParameters(_ parameters: [TypeParam]) throws(PythonError) -> Value {
        try list(parameters) { (one) throws(PythonError) -> Value in
            var fields: Fields = [("name", try name(one.name)), ("default_value", try optional(one.defaultValue))]
            switch one.kind {
            case .typeVar(let bound):
                fields.append(("bound", try optional(bound)))
                return try make("TypeVar", fields, one.span)
            case .paramSpec: return try make("ParamSpec", fields, one.span)
            case .typeVarTuple: return try make("TypeVarTuple", fields, one.span)
            }
        }
    }
    /// The library's visitors are those of 3.11: a definition shows the field when there is something in it.
    private func typeParameters(_ parameters: [TypeParam], of kind: String) throws(PythonError) -> Fields {
        let field = ("type_params", try typeParameters(parameters))
        if parameters.isEmpty { return [field] }
        let type = DictRef(classes).getName(t, Interning.intern(kind))
        defer { t.release(type) }
        let known = try t.getAttribute(type, Interning.intern("_fields"))
        defer { t.release(known) }
        var names = (0..<TupleRef(known).count).map { t.retain(TupleRef(known).item($0)) }
        names.append(Interning.intern("type_params"))
        return [field, ("_fields", keep(try t.makeTuple(names)))]
    }

    private func parts(_ node: Stmt) throws(PythonError) -> (String, Fields) {
        switch node.kind {
        case .functionDef(let definition): return try function("FunctionDef", definition)
        case .asyncFunctionDef(let definition): return try function("AsyncFunctionDef", definition)
        case .classDef(let definition):
            return (
                "ClassDef",
                [
                    ("name", try name(definition.name)), ("bases", try exprs(definition.bases)),
                    ("keywords", try keywords(definition.keywords)), ("body", try body(definition.body)),
                    ("decorator_list", try exprs(definition.decorators)),
                ] + (try typeParameters(definition.typeParams, of: "ClassDef"))
            )
        case .return(let value): return ("Return", [("value", try optional(value))])
        case .delete(let targets): return ("Delete", [("targets", try exprs(targets))])
        case .assign(let targets, let value):
            return ("Assign", [("targets", try exprs(targets)), ("value", try expr(value)), ("type_comment", .none)])
        case .typeAlias(let name, let parameters, let value):
            return ("TypeAlias", [("name", try expr(name)), ("type_params", try typeParameters(parameters)), ("value", try expr(value))])
        case .augAssign(let target, let op, let value):
            return ("AugAssign", [("target", try expr(target)), ("op", try make(TreeNames.name(op), [])), ("value", try expr(value))])
        case .annAssign(let target, let annotation, let value, let isSimple):
            return (
                "AnnAssign",
                [
                    ("target", try expr(target)), ("annotation", try expr(annotation)), ("value", try optional(value)),
                    ("simple", Value(smallInt: isSimple ? 1 : 0)),
                ]
            )
        case .for(let target, let iterable, let body, let orElse): return try loop("For", target, iterable, body, orElse)
        case .asyncFor(let target, let iterable, let body, let orElse): return try loop("AsyncFor", target, iterable, body, orElse)
        case .while(let test, let body, let orElse):
            return ("While", [("test", try expr(test)), ("body", try self.body(body)), ("orelse", try self.body(orElse))])
        case .if(let test, let body, let orElse):
            return ("If", [("test", try expr(test)), ("body", try self.body(body)), ("orelse", try self.body(orElse))])
        case .with(let items, let body): return try with("With", items, body)
        case .asyncWith(let items, let body): return try with("AsyncWith", items, body)
        case .match(let subject, let cases):
            return (
                "Match",
                [
                    ("subject", try expr(subject)),
                    ("cases", try list(cases) { (one) throws(PythonError) -> Value in
                        try make(
                            "match_case",
                            [("pattern", try pattern(one.pattern)), ("guard", try optional(one.guardExpr)), ("body", try body(one.body))])
                    }),
                ]
            )
        case .raise(let exception, let cause): return ("Raise", [("exc", try optional(exception)), ("cause", try optional(cause))])
        case .try(let body, let handlers, let orElse, let final): return try tries("Try", body, handlers, orElse, final)
        case .tryStar(let body, let handlers, let orElse, let final): return try tries("TryStar", body, handlers, orElse, final)
        case .assert(let test, let message): return ("Assert", [("test", try expr(test)), ("msg", try optional(message))])
        case .import(let names): return ("Import", [("names", try aliases(names))])
        case .importFrom(let module, let names, let level):
            return ("ImportFrom", [("module", try name(module)), ("names", try aliases(names)), ("level", Value(smallInt: level))])
        case .global(let names): return ("Global", [("names", try self.names(names))])
        case .nonlocal(let names): return ("Nonlocal", [("names", try self.names(names))])
        case .expr(let value): return ("Expr", [("value", try expr(value))])
        case .pass: return ("Pass", [])
        case .break: return ("Break", [])
        case .continue: return ("Continue", [])
        }
    }

    private func loop(
        _ name: String, _ target: Expr, _ iterable: Expr, _ body: [Stmt], _ orElse: [Stmt]
    ) throws(PythonError) -> (String, Fields) {
        (
            name,
            [
                ("target", try expr(target)), ("iter", try expr(iterable)), ("body", try self.body(body)),
                ("orelse", try self.body(orElse)), ("type_comment", .none),
            ]
        )
    }

    private func with(_ name: String, _ items: [WithItem], _ body: [Stmt]) throws(PythonError) -> (String, Fields) {
        let made = try list(items) { (item) throws(PythonError) -> Value in
            try make("withitem", [("context_expr", try expr(item.contextExpr)), ("optional_vars", try optional(item.optionalVars))])
        }
        return (name, [("items", made), ("body", try self.body(body)), ("type_comment", .none)])
    }

    private func tries(
        _ name: String, _ body: [Stmt], _ handlers: [ExceptHandler], _ orElse: [Stmt], _ final: [Stmt]
    ) throws(PythonError) -> (String, Fields) {
        let made = try list(handlers) { (one) throws(PythonError) -> Value in
            try make(
                "ExceptHandler",
                [("type", try optional(one.type)), ("name", try self.name(one.name)), ("body", try self.body(one.body))], one.span)
        }
        return (
            name,
            [("body", try self.body(body)), ("handlers", made), ("orelse", try self.body(orElse)), ("finalbody", try self.body(final))]
        )
    }

    private func aliases(_ all: [Alias]) throws(PythonError) -> Value {
        try list(all) { (one) throws(PythonError) -> Value in
            try make("alias", [("name", try name(one.name)), ("asname", try name(one.asName))], one.span)
        }
    }

    // MARK: Patterns

    private func patterns(_ nodes: [Pattern]) throws(PythonError) -> Value {
        try list(nodes) { (node) throws(PythonError) -> Value in try pattern(node) }
    }

    private func pattern(_ node: Pattern) throws(PythonError) -> Value {
        try t.enterNative(" during ast construction")
        defer { t.leaveNative() }
        let fields: Fields
        let name: String
        switch node.kind {
        case .value(let value): (name, fields) = ("MatchValue", [("value", try expr(value))])
        case .singleton(let value):
            (name, fields) = ("MatchSingleton", [("value", value == .none ? .none : Value(value == .true))])
        case .sequence(let items): (name, fields) = ("MatchSequence", [("patterns", try patterns(items))])
        case .mapping(let keys, let items, let rest):
            (name, fields) = (
                "MatchMapping", [("keys", try exprs(keys)), ("patterns", try patterns(items)), ("rest", try self.name(rest))]
            )
        case .class(let type, let items, let words, let wordItems):
            (name, fields) = (
                "MatchClass",
                [
                    ("cls", try expr(type)), ("patterns", try patterns(items)), ("kwd_attrs", try names(words)),
                    ("kwd_patterns", try patterns(wordItems)),
                ]
            )
        case .star(let word): (name, fields) = ("MatchStar", [("name", try self.name(word))])
        case .as(let inner, let word):
            (name, fields) = (
                "MatchAs", [("pattern", try inner.map { (node) throws(PythonError) -> Value in try pattern(node) } ?? .none), ("name", try self.name(word))]
            )
        case .or(let items): (name, fields) = ("MatchOr", [("patterns", try patterns(items))])
        }
        return try make(name, fields, node.span)
    }
}
