// Warnings about literals that are compared by identity, called or indexed in ways that can't be meant. In the walk that makes the symbol
// table, which passes each expression once.

import StillBytecode
import StillSyntax

struct LiteralChecks {
    let reporter: ErrorReporter

    func check(_ expression: Expr) {
        if reporter.warnings == nil { return }
        switch expression.kind {
        case .compare(let left, let ops, let comparators): checkIdentity(expression, left, ops, comparators)
        case .call(let function, _, _):
            if case .lambda = function.kind { return }
            guard let name = typeName(function) else { return }
            reporter.warn("'\(name)' object is not callable; perhaps you missed a comma?", function.span)
        case .subscript(let value, let index, .load): checkSubscript(value, index)
        default: return
        }
    }

    func checkAssertion(_ test: Expr, _ span: SourceSpan) {
        if case .tuple(let elements, _) = test.kind, !elements.isEmpty {
            reporter.warn("assertion is always true, perhaps remove parentheses?", span)
        }
    }

    private func checkIdentity(_ expression: Expr, _ left: Expr, _ ops: [ComparisonOperator], _ comparators: [Expr]) {
        var left = left
        for (op, right) in zip(ops, comparators) {
            if op == .is || op == .isNot, let name = identityless(left) ?? identityless(right) {
                let (written, meant) = op == .is ? ("is", "==") : ("is not", "!=")
                reporter.warn("\"\(written)\" with '\(name)' literal. Did you mean \"\(meant)\"?", expression.span)
                return
            }
            left = right
        }
    }

    /// The type of a constant that need not be the same object twice.
    private func identityless(_ expression: Expr) -> String? {
        switch constant(expression) {
        case nil, .none?, .true?, .false?, .ellipsis?: nil
        case let value?: typeName(value)
        }
    }

    private func checkSubscript(_ value: Expr, _ index: Expr) {
        guard let name = typeName(value) else { return }
        switch name {
        case "str", "bytes", "tuple", "list":
            guard let wrong = typeName(index), wrong != "int", wrong != "bool" else { return }
            reporter.warn("\(name) indices must be integers or slices, not \(wrong); perhaps you missed a comma?", value.span)
        case "dict": return
        default: reporter.warn("'\(name)' object is not subscriptable; perhaps you missed a comma?", value.span)
        }
    }

    private func constant(_ expression: Expr) -> CodeConstant? {
        if case .name = expression.kind { return nil }
        return ConstantFolder.value(of: expression)
    }

    /// The type that the expression surely has.
    private func typeName(_ expression: Expr) -> String? {
        switch expression.kind {
        case .tuple: "tuple"
        case .list, .listComp: "list"
        case .dict, .dictComp: "dict"
        case .set, .setComp: "set"
        case .generatorExp: "generator"
        case .lambda: "function"
        case .joinedStr, .formattedValue: "str"
        default: constant(expression).map(typeName)
        }
    }

    private func typeName(_ constant: CodeConstant) -> String {
        switch constant {
        case .none: "NoneType"
        case .true, .false: "bool"
        case .ellipsis: "ellipsis"
        case .int, .bigInt: "int"
        case .float: "float"
        case .complex: "complex"
        case .string: "str"
        case .bytes: "bytes"
        case .tuple: "tuple"
        case .frozenSet: "frozenset"
        case .code: "code"
        }
    }
}
