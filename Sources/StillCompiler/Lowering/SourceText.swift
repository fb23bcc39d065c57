// Expressions back to source text, in the form Python gives annotations that are kept as strings.

import StillSyntax

/// Binding strength, weakest first.
private enum Precedence: Int {
    case named, tuple, yield, test, or, and, not, comparison, bitOr, bitXor, bitAnd, shift, sum,
        term, factor, power, await, atom

    var next: Precedence { Precedence(rawValue: rawValue + 1) ?? .atom }
}

/// The text of `expression`. Deep trees end in `...`.
func sourceText(of expression: Expr) -> String {
    var writer = SourceWriter()
    writer.write(expression, .test)
    return writer.text
}

private struct SourceWriter {
    var text = ""
    var depth = 0

    mutating func write(_ expression: Expr, _ context: Precedence) {
        depth += 1
        defer { depth -= 1 }
        if depth > 200 {
            text += "..."
            return
        }
        let own = precedence(expression)
        let needsParentheses = own.rawValue < context.rawValue
        if needsParentheses { text += "(" }
        writeBare(expression, own)
        if needsParentheses { text += ")" }
    }

    private func precedence(_ expression: Expr) -> Precedence {
        switch expression.kind {
        case .namedExpr: .named
        case .tuple(let elements, _): elements.isEmpty ? .atom : .tuple
        case .yield, .yieldFrom: .yield
        case .lambda, .ifExp: .test
        case .boolOp(.or, _): .or
        case .boolOp(.and, _): .and
        case .unaryOp(.not, _): .not
        case .compare: .comparison
        case .binOp(_, let op, _): precedence(op)
        case .unaryOp: .factor
        case .await: .await
        default: .atom
        }
    }

    private func precedence(_ op: BinaryOperator) -> Precedence {
        switch op {
        case .bitOr: .bitOr
        case .bitXor: .bitXor
        case .bitAnd: .bitAnd
        case .lShift, .rShift: .shift
        case .add, .sub: .sum
        case .pow: .power
        default: .term
        }
    }

    private func symbol(_ op: BinaryOperator) -> String {
        switch op {
        case .add: "+"
        case .sub: "-"
        case .mult: "*"
        case .matMult: "@"
        case .div: "/"
        case .mod: "%"
        case .pow: "**"
        case .lShift: "<<"
        case .rShift: ">>"
        case .bitOr: "|"
        case .bitXor: "^"
        case .bitAnd: "&"
        case .floorDiv: "//"
        }
    }

    private func symbol(_ op: ComparisonOperator) -> String {
        switch op {
        case .eq: "=="
        case .notEq: "!="
        case .lt: "<"
        case .ltE: "<="
        case .gt: ">"
        case .gtE: ">="
        case .is: "is"
        case .isNot: "is not"
        case .in: "in"
        case .notIn: "not in"
        }
    }

    private mutating func list(_ expressions: [Expr], _ context: Precedence = .test) {
        for (index, expression) in expressions.enumerated() {
            if index > 0 { text += ", " }
            write(expression, context)
        }
    }

    private mutating func writeBare(_ expression: Expr, _ own: Precedence) {
        switch expression.kind {
        case .boolOp(let op, let values):
            for (index, value) in values.enumerated() {
                if index > 0 { text += op == .or ? " or " : " and " }
                write(value, own.next)
            }
        case .namedExpr(let target, let value):
            write(target, .atom)
            text += " := "
            write(value, .test)
        case .binOp(let left, let op, let right):
            write(left, op == .pow ? .await : own)
            text += " " + symbol(op) + " "
            write(right, op == .pow ? .factor : own.next)
        case .unaryOp(let op, let operand):
            switch op {
            case .not: text += "not "
            case .invert: text += "~"
            case .uAdd: text += "+"
            case .uSub: text += "-"
            }
            write(operand, own)
        case .lambda(let arguments, let body):
            text += "lambda"
            if !arguments.all.isEmpty { text += " " }
            parameters(arguments)
            text += ": "
            write(body, .test)
        case .ifExp(let test, let body, let orElse):
            write(body, .or)
            text += " if "
            write(test, .or)
            text += " else "
            write(orElse, .test)
        case .dict(let keys, let values):
            text += "{"
            for (index, pair) in zip(keys, values).enumerated() {
                if index > 0 { text += ", " }
                if let key = pair.0 {
                    write(key, .test)
                    text += ": "
                    write(pair.1, .test)
                } else {
                    text += "**"
                    write(pair.1, .bitOr)
                }
            }
            text += "}"
        case .set(let elements):
            text += "{"
            list(elements)
            text += "}"
        case .list(let elements, _):
            text += "["
            list(elements)
            text += "]"
        case .tuple(let elements, _):
            if elements.isEmpty { text += "()" }
            list(elements)
            if elements.count == 1 { text += "," }
        default: writeOther(expression)
        }
    }

    private mutating func writeOther(_ expression: Expr) {
        switch expression.kind {
        case .listComp(let element, let generators):
            comprehension("[", [element], generators, "]")
        case .setComp(let element, let generators):
            comprehension("{", [element], generators, "}")
        case .dictComp(let key, let value, let generators):
            comprehension("{", [key, value], generators, "}")
        case .generatorExp(let element, let generators):
            comprehension("(", [element], generators, ")")
        case .await(let value):
            text += "await "
            write(value, .atom)
        case .yield(let value):
            text += "yield"
            if let value {
                text += " "
                write(value, .tuple)
            }
        case .yieldFrom(let value):
            text += "yield from "
            write(value, .test)
        case .compare(let left, let ops, let comparators):
            write(left, .bitOr)
            for (op, right) in zip(ops, comparators) {
                text += " " + symbol(op) + " "
                write(right, .bitOr)
            }
        case .call(let function, let arguments, let keywords): call(function, arguments, keywords)
        case .formattedValue, .joinedStr: formatted(expression)
        case .constant(let value): text += literal(value)
        case .attribute(let value, let attribute, _):
            write(value, .atom)
            if case .constant(.int) = value.kind { text += " " }
            text += "." + attribute
        case .subscript(let value, let index, _):
            write(value, .atom)
            text += "["
            if case .tuple(let elements, _) = index.kind, !elements.isEmpty {
                list(elements)
                if elements.count == 1 { text += "," }
            } else {
                write(index, .tuple)
            }
            text += "]"
        case .starred(let value, _):
            text += "*"
            write(value, .bitOr)
        case .name(let id, _): text += id
        case .slice(let lower, let upper, let step):
            if let lower { write(lower, .test) }
            text += ":"
            if let upper { write(upper, .test) }
            if let step {
                text += ":"
                write(step, .test)
            }
        default: text += "..."
        }
    }

    private mutating func comprehension(
        _ open: String, _ elements: [Expr], _ generators: [Comprehension], _ close: String
    ) {
        text += open
        for (index, element) in elements.enumerated() {
            if index > 0 { text += ": " }
            write(element, .test)
        }
        for generator in generators {
            text += generator.isAsync ? " async for " : " for "
            write(generator.target, .tuple)
            text += " in "
            write(generator.iterable, .or)
            for condition in generator.conditions {
                text += " if "
                write(condition, .or)
            }
        }
        text += close
    }

    private mutating func call(_ function: Expr, _ arguments: [Expr], _ keywords: [Keyword]) {
        write(function, .atom)
        text += "("
        list(arguments)
        for (index, keyword) in keywords.enumerated() {
            if index > 0 || !arguments.isEmpty { text += ", " }
            text += keyword.name.map { $0 + "=" } ?? "**"
            write(keyword.value, .test)
        }
        text += ")"
    }

    private mutating func parameters(_ arguments: Arguments) {
        var parts: [(String, Expr?)] = []
        let positional = arguments.positionalOnly + arguments.positional
        let firstDefault = positional.count - arguments.defaults.count
        for (index, parameter) in positional.enumerated() {
            let value = index >= firstDefault ? arguments.defaults[index - firstDefault] : nil
            parts.append((parameter.name, value))
            if index + 1 == arguments.positionalOnly.count { parts.append(("/", nil)) }
        }
        if let varArgs = arguments.varArgs {
            parts.append(("*" + varArgs.name, nil))
        } else if !arguments.keywordOnly.isEmpty {
            parts.append(("*", nil))
        }
        for (parameter, value) in zip(arguments.keywordOnly, arguments.keywordDefaults) {
            parts.append((parameter.name, value))
        }
        if let keywordArgs = arguments.keywordArgs { parts.append(("**" + keywordArgs.name, nil)) }
        for (index, part) in parts.enumerated() {
            if index > 0 { text += ", " }
            text += part.0
            if let value = part.1 {
                text += "="
                write(value, .test)
            }
        }
    }

    private mutating func formatted(_ expression: Expr) {
        text += "f"
        var inner = SourceWriter()
        inner.depth = depth
        inner.pieces(of: expression)
        text += quoted(inner.text.unicodeScalars.map(\.value), escapesBackslash: true)
    }

    private mutating func pieces(of expression: Expr) {
        switch expression.kind {
        case .joinedStr(let values): for value in values { pieces(of: value) }
        case .constant(.string(let value)):
            for scalar in (value.string ?? "").unicodeScalars {
                text += String(scalar)
                if scalar == "{" || scalar == "}" { text += String(scalar) }
            }
        case .formattedValue(let value, let conversion, let spec):
            text += "{"
            write(value, .test)
            switch conversion {
            case .none: break
            case .str: text += "!s"
            case .repr: text += "!r"
            case .ascii: text += "!a"
            }
            if let spec {
                text += ":"
                pieces(of: spec)
            }
            text += "}"
        default: write(expression, .test)
        }
    }

    private func literal(_ constant: Constant) -> String {
        switch constant {
        case .none: "None"
        case .true: "True"
        case .false: "False"
        case .ellipsis: "..."
        case .int(let value): String(value)
        case .bigInt(let digits): digits
        case .float(let value): float(value)
        case .imaginary(let value): float(value) + "j"
        case .string(let value): quoted(value.codePoints, escapesBackslash: true)
        case .bytes(let bytes): "b" + quoted(bytes.map(UInt32.init), isBytes: true)
        }
    }

    private func float(_ value: Double) -> String {
        if value == .infinity { return "1e309" }
        let text = value.description
        return text
    }

    private func quoted(
        _ points: [UInt32], isBytes: Bool = false, escapesBackslash: Bool = true
    ) -> String {
        let quote: UInt32 = points.contains(39) && !points.contains(34) ? 34 : 39
        var result = String(UnicodeScalar(UInt8(quote)))
        for point in points {
            switch point {
            case quote: result += "\\" + String(UnicodeScalar(UInt8(quote)))
            case 92: result += "\\\\"
            case 10: result += "\\n"
            case 13: result += "\\r"
            case 9: result += "\\t"
            case 0..<32, 127:
                result += "\\x" + (point < 16 ? "0" : "") + String(point, radix: 16)
            default:
                if isBytes, point > 126 {
                    result += "\\x" + String(point, radix: 16)
                } else if let scalar = UnicodeScalar(point) {
                    result += String(scalar)
                } else {
                    result += "\\u" + String(point, radix: 16)
                }
            }
        }
        return result + String(UnicodeScalar(UInt8(quote)))
    }
}
