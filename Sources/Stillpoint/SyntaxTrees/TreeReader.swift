// From objects of the classes of `_ast`, which a program may have made or changed, to the compiler's nodes. What a field holds is checked;
// what only the compiler can know, it checks itself.
import StillObjects
import StillPlatform
import StillSyntax
import StillThreadRegistry
import StillVM

struct TreeReader {
    let t: ThreadState
    let builder = TreeBuilder()
    /// The namespace of `_ast`. Owned.
    let classes: Value

    init(_ t: ThreadState) throws(PythonError) {
        self.t = t
        let module = try Imports.load(t, "_ast")
        defer { t.release(module) }
        classes = try t.getAttribute(module, Interning.intern("__dict__"))
    }
    func end() { t.release(classes) }

    // MARK: Objects

    /// The name of the class of `_ast` that the object is an instance of, "" for other objects.
    func kind(_ v: Value) -> String {
        let order = TupleRef(t.typeOf(v).record.pointee.mro)
        for index in 0..<order.count {
            let type = order.item(index)
            let name = TypeRef(type).record.pointee.name
            let known = DictRef(classes).getName(t, Interning.intern(name))
            defer { t.release(known) }
            if known.isSame(type) { return StrRef(name).string }
        }
        return ""
    }

    /// The field's value, owned; None when it is missing.
    func optionalField(_ node: Value, _ name: String) throws(PythonError) -> Value {
        let value = try t.getAttributeOrNull(node, Interning.intern(name))
        return value.isNull ? .none : value
    }
    func field(_ node: Value, _ name: String) throws(PythonError) -> Value {
        let value = try t.getAttributeOrNull(node, Interning.intern(name))
        if value.isNull { throw t.raise(.typeError, "required field \"\(name)\" missing from \(kind(node))") }
        return value
    }

    func span(_ node: Value) throws(PythonError) -> SourceSpan {
        func number(_ name: String, _ missing: Int32?) throws(PythonError) -> Int32 {
            let value = try t.getAttributeOrNull(node, Interning.intern(name))
            defer { t.release(value) }
            if value.isNull || value.isNone {
                guard let missing else { throw t.raise(.typeError, "required field \"\(name)\" missing from \(base(node))") }
                return missing
            }
            return Int32(clamping: try t.indexInt(value))
        }
        let line = try number("lineno", nil)
        let column = try number("col_offset", nil)
        return SourceSpan(
            line: line, column: column, endLine: try number("end_lineno", line), endColumn: try number("end_col_offset", column))
    }
    private func base(_ node: Value) -> String {
        for (name, family) in [("expr", "expr"), ("stmt", "stmt"), ("pattern", "pattern"), ("excepthandler", "excepthandler")] {
            let type = DictRef(classes).getName(t, Interning.intern(name))
            defer { t.release(type) }
            if let found = try? t.isInstance(node, type), found { return family }
        }
        t.clearRaised()
        return kind(node)
    }

    func list<Item>(_ node: Value, _ name: String, _ one: (Value) throws(PythonError) -> Item) throws(PythonError) -> [Item] {
        let value = try field(node, name)
        defer { t.release(value) }
        guard t.isList(value) else {
            throw t.raise(.typeError, "\(kind(node)) field \"\(name)\" must be a list, not a \(t.typeName(value))")
        }
        let items = ListRef(value).snapshot(t)
        defer { for item in items { t.release(item) } }
        var result: [Item] = []
        for item in items { result.append(try one(item)) }
        return result
    }

    func identifier(_ node: Value, _ name: String) throws(PythonError) -> String {
        guard let text = try optionalIdentifier(node, name) else {
            throw t.raise(.valueError, "field '\(name)' is required for \(kind(node))")
        }
        return text
    }
    func optionalIdentifier(_ node: Value, _ name: String) throws(PythonError) -> String? {
        let value = try optionalField(node, name)
        defer { t.release(value) }
        if value.isNone { return nil }
        return try string(value)
    }
    func string(_ value: Value) throws(PythonError) -> String {
        guard t.isStr(value) else { throw t.raise(.typeError, "AST identifier must be of type str") }
        return StrRef(value).string
    }
    func number(_ node: Value, _ name: String, _ missing: Int) throws(PythonError) -> Int {
        let value = try optionalField(node, name)
        defer { t.release(value) }
        if value.isNone { return missing }
        guard t.isInt(value) else {
            let text = try t.repr(value)
            defer { t.release(text) }
            throw t.raise(.valueError, "invalid integer value: \(StrRef(text).string)")
        }
        return try t.indexInt(value)
    }
    func named<Item>(_ node: Value, _ field: String, _ table: [(Item, String)], _ what: String) throws(PythonError) -> Item {
        let value = try self.field(node, field)
        defer { t.release(value) }
        return try named(value, table, what)
    }
    func named<Item>(_ value: Value, _ table: [(Item, String)], _ what: String) throws(PythonError) -> Item {
        let name = kind(value)
        if let found = table.first(where: { $0.1 == name }) { return found.0 }
        throw unexpected(value, what)
    }
    func unexpected(_ value: Value, _ what: String) -> PythonError {
        do throws(PythonError) {
            let text = try t.repr(value)
            defer { t.release(text) }
            return t.raise(.typeError, "expected some sort of \(what), but got \(StrRef(text).string)")
        } catch { return error }
    }

    // MARK: Roots

    func module(_ node: Value) throws(PythonError) -> Module { builder.module(try body(node, "body")) }
    func expression(_ node: Value) throws(PythonError) -> ExpressionTree { builder.tree(try expr(node, "body")) }

    // MARK: Expressions

    func expr(_ node: Value, _ name: String) throws(PythonError) -> Expr {
        guard let found = try optional(node, name) else {
            throw t.raise(.valueError, "field '\(name)' is required for \(kind(node))")
        }
        return found
    }
    func optional(_ node: Value, _ name: String) throws(PythonError) -> Expr? {
        let value = try optionalField(node, name)
        defer { t.release(value) }
        return value.isNone ? nil : try expr(value)
    }
    func exprs(_ node: Value, _ name: String) throws(PythonError) -> [Expr] {
        try list(node, name) { (item) throws(PythonError) -> Expr in try expr(item) }
    }
    func optionals(_ node: Value, _ name: String) throws(PythonError) -> [Expr?] {
        try list(node, name) { (item) throws(PythonError) -> Expr? in item.isNone ? nil : try expr(item) }
    }
    func context(_ node: Value) throws(PythonError) -> ExprContext {
        try named(node, "ctx", [(.load, "Load"), (.store, "Store"), (.del, "Del")], "expr_context")
    }
    func generators(_ node: Value) throws(PythonError) -> [Comprehension] {
        try list(node, "generators") { (item) throws(PythonError) -> Comprehension in
            Comprehension(
                target: try expr(item, "target"), iterable: try expr(item, "iter"), conditions: try exprs(item, "ifs"),
                isAsync: try number(item, "is_async", 0) != 0)
        }
    }

    func expr(_ node: Value) throws(PythonError) -> Expr {
        try t.enterNative(" during compilation")
        defer { t.leaveNative() }
        return builder.expression(try exprKind(node), try span(node))
    }

    private func exprKind(_ node: Value) throws(PythonError) -> ExprKind {
        switch kind(node) {
        case "BoolOp":
            return .boolOp(op: try named(node, "op", [(.and, "And"), (.or, "Or")], "boolop"), values: try exprs(node, "values"))
        case "NamedExpr": return .namedExpr(target: try expr(node, "target"), value: try expr(node, "value"))
        case "BinOp":
            return .binOp(
                left: try expr(node, "left"), op: try named(node, "op", TreeNames.binary, "operator"), right: try expr(node, "right"))
        case "UnaryOp": return .unaryOp(op: try named(node, "op", TreeNames.unary, "unaryop"), operand: try expr(node, "operand"))
        case "Lambda": return .lambda(arguments: try arguments(node), body: try expr(node, "body"))
        case "IfExp": return .ifExp(test: try expr(node, "test"), body: try expr(node, "body"), orElse: try expr(node, "orelse"))
        case "Dict":
            let (keys, values) = (try optionals(node, "keys"), try exprs(node, "values"))
            if keys.count != values.count { throw t.raise(.valueError, "Dict doesn't have the same number of keys as values") }
            return .dict(keys: keys, values: values)
        case "Set": return .set(elements: try exprs(node, "elts"))
        case "ListComp": return .listComp(element: try expr(node, "elt"), generators: try generators(node))
        case "SetComp": return .setComp(element: try expr(node, "elt"), generators: try generators(node))
        case "DictComp":
            return .dictComp(key: try expr(node, "key"), value: try expr(node, "value"), generators: try generators(node))
        case "GeneratorExp": return .generatorExp(element: try expr(node, "elt"), generators: try generators(node))
        case "Await": return .await(value: try expr(node, "value"))
        case "Yield": return .yield(value: try optional(node, "value"))
        case "YieldFrom": return .yieldFrom(value: try expr(node, "value"))
        case "Compare":
            let ops = try list(node, "ops") { (item) throws(PythonError) -> ComparisonOperator in
                try named(item, TreeNames.comparison, "cmpop")
            }
            let comparators = try exprs(node, "comparators")
            if comparators.isEmpty { throw t.raise(.valueError, "Compare has no comparators") }
            if comparators.count != ops.count {
                throw t.raise(.valueError, "Compare has a different number of comparators and operands")
            }
            return .compare(left: try expr(node, "left"), ops: ops, comparators: comparators)
        case "Call":
            return .call(function: try expr(node, "func"), arguments: try exprs(node, "args"), keywords: try keywords(node))
        case "FormattedValue":
            let code = try number(node, "conversion", -1)
            return .formattedValue(
                value: try expr(node, "value"), conversion: code == 115 ? .str : code == 114 ? .repr : code == 97 ? .ascii : .none,
                formatSpec: try optional(node, "format_spec"))
        case "JoinedStr": return .joinedStr(values: try exprs(node, "values"))
        case "Constant": return try constant(node)
        case "Attribute":
            return .attribute(value: try expr(node, "value"), attribute: try identifier(node, "attr"), context: try context(node))
        case "Subscript": return .subscript(value: try expr(node, "value"), index: try expr(node, "slice"), context: try context(node))
        case "Starred": return .starred(value: try expr(node, "value"), context: try context(node))
        case "Name": return .name(id: try identifier(node, "id"), context: try context(node))
        case "List": return .list(elements: try exprs(node, "elts"), context: try context(node))
        case "Tuple": return .tuple(elements: try exprs(node, "elts"), context: try context(node))
        case "Slice":
            return .slice(lower: try optional(node, "lower"), upper: try optional(node, "upper"), step: try optional(node, "step"))
        default: throw unexpected(node, "expr")
        }
    }

    /// A constant. Negative numbers and tuples, which only programs put there, become expressions of constants.
    private func constant(_ node: Value) throws(PythonError) -> ExprKind {
        let value = try field(node, "value")
        defer { t.release(value) }
        return try constant(value, try span(node))
    }
    private func constant(_ value: Value, _ place: SourceSpan) throws(PythonError) -> ExprKind {
        let type = t.typeOf(value)
        if value.isNone { return .constant(.none) }
        if value.isBool { return .constant(value.isTrue ? .true : .false) }
        if type == t.type(.ellipsisType) { return .constant(.ellipsis) }
        if type == t.type(.str) {
            return .constant(.string(StringValue(codePoints: StrRef(value).codePoints)))
        }
        if type == t.type(.bytes) { return .constant(.bytes(BytesRef(value).array)) }
        if type == t.type(.int) {
            let negative = try t.compareBool(.less, value, Value(smallInt: 0))
            let size = negative ? try t.unary(.negate, value) : t.retain(value)
            defer { t.release(size) }
            let digits: Constant
            if let small = t.intValue(size) {
                digits = .int(Int64(small))
            } else {
                let hex = try t.format(size, Interning.intern("#x"))
                defer { t.release(hex) }
                digits = .bigInt(StrRef(hex).string)
            }
            return signed(.constant(digits), negative, place)
        }
        if type == t.type(.float) {
            let number = try t.floatValue(value)
            return signed(.constant(.float(number.magnitude)), number.sign == .minus, place)
        }
        if type == t.type(.complex) {
            let (real, imaginary) = (try part(value, "real"), try part(value, "imag"))
            let second = builder.expression(signed(.constant(.imaginary(imaginary.magnitude)), imaginary.sign == .minus, place), place)
            if real == 0 && real.sign == .plus && imaginary.sign == .plus { return .constant(.imaginary(imaginary)) }
            let first = builder.expression(signed(.constant(.float(real.magnitude)), real.sign == .minus, place), place)
            return .binOp(left: first, op: .add, right: second)
        }
        if type == t.type(.tuple) {
            var elements: [Expr] = []
            for index in 0..<TupleRef(value).count {
                elements.append(builder.expression(try constant(TupleRef(value).item(index), place), place))
            }
            return .tuple(elements: elements, context: .load)
        }
        throw t.raise(.typeError, "got an invalid type in Constant: \(t.typeName(value))")
    }
    private func signed(_ kind: ExprKind, _ negative: Bool, _ place: SourceSpan) -> ExprKind {
        negative ? .unaryOp(op: .uSub, operand: builder.expression(kind, place)) : kind
    }
    private func part(_ value: Value, _ name: String) throws(PythonError) -> Double {
        let part = try t.getAttribute(value, Interning.intern(name))
        defer { t.release(part) }
        return try t.floatValue(part)
    }

    func keywords(_ node: Value) throws(PythonError) -> [Keyword] {
        try list(node, "keywords") { (item) throws(PythonError) -> Keyword in
            Keyword(name: try optionalIdentifier(item, "arg"), value: try expr(item, "value"), span: try span(item))
        }
    }

    func arguments(_ node: Value) throws(PythonError) -> StillSyntax.Arguments {
        let all = try field(node, "args")
        defer { t.release(all) }
        func one(_ item: Value) throws(PythonError) -> Argument {
            Argument(name: try identifier(item, "arg"), annotation: try optional(item, "annotation"), span: try span(item))
        }
        func single(_ name: String) throws(PythonError) -> Argument? {
            let value = try optionalField(all, name)
            defer { t.release(value) }
            return value.isNone ? nil : try one(value)
        }
        let result = StillSyntax.Arguments(
            positionalOnly: try list(all, "posonlyargs") { (item) throws(PythonError) -> Argument in try one(item) },
            positional: try list(all, "args") { (item) throws(PythonError) -> Argument in try one(item) }, varArgs: try single("vararg"),
            keywordOnly: try list(all, "kwonlyargs") { (item) throws(PythonError) -> Argument in try one(item) },
            keywordDefaults: try optionals(all, "kw_defaults"), keywordArgs: try single("kwarg"), defaults: try exprs(all, "defaults"))
        if result.defaults.count > result.positionalOnly.count + result.positional.count {
            throw t.raise(.valueError, "more positional defaults than args on arguments")
        }
        if result.keywordDefaults.count != result.keywordOnly.count {
            throw t.raise(.valueError, "length of kwonlyargs is not the same as kw_defaults on arguments")
        }
        return result
    }
}
