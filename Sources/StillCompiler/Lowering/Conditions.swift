// Comparisons, and expressions in places where only their truth matters.

import StillBytecode
import StillSyntax

extension CodeGenerator {
    private func opcode(_ op: ComparisonOperator) -> Opcode {
        switch op {
        case .eq: .equal
        case .notEq: .notEqual
        case .lt: .less
        case .ltE: .lessEqual
        case .gt: .greater
        case .gtE: .greaterEqual
        case .is: .isSame
        case .isNot: .isNotSame
        case .in: .contains
        case .notIn: .notContains
        }
    }

    private func fused(_ op: ComparisonOperator) -> (wide: Opcode, small: Opcode)? {
        switch op {
        case .eq: (.jumpEqual, .jumpEqualSmall)
        case .notEq: (.jumpNotEqual, .jumpNotEqualSmall)
        case .lt: (.jumpLess, .jumpLessSmall)
        case .ltE: (.jumpLessEqual, .jumpLessEqualSmall)
        case .gt: (.jumpGreater, .jumpGreaterSmall)
        case .gtE: (.jumpGreaterEqual, .jumpGreaterEqualSmall)
        default: nil
        }
    }

    /// The right operand of a comparison. A constant list or set after `in` becomes a constant.
    private func comparand(
        _ op: ComparisonOperator, _ expression: Expr, before later: [Expr]
    ) throws(SyntaxError) -> Operand {
        if op == .in || op == .notIn {
            var constant: CodeConstant?
            switch expression.kind {
            case .list(let elements, _):
                constant = ConstantFolder.tuple(elements).map(CodeConstant.tuple)
            case .set(let elements):
                constant = ConstantFolder.tuple(elements).map { .frozenSet(unique($0)) }
            default: break
            }
            if let constant {
                let register = allocate()
                load(constant, into: register)
                return temporary(register)
            }
        }
        return try operand(expression, before: later)
    }

    // MARK: As a value

    func lowerCompare(
        _ left: Expr, _ ops: [ComparisonOperator], _ comparators: [Expr], _ destination: Int
    ) throws(SyntaxError) {
        if ops.count == 1 {
            let first = try operand(left, before: comparators, scratch: destination)
            let second = try comparand(ops[0], comparators[0], before: [])
            emit(opcode(ops[0]), destination, first, second)
            return
        }
        let result = topmost(destination)
        let end = code.makeLabel()
        try lowerChain(left, ops, comparators) { op, first, second, isLast, keepsSecond in
            let kept = Operand(
                register: second.register, isTemporary: second.isTemporary && !keepsSecond)
            self.emit(self.opcode(op), result, first, kept)
            if isLast { return nil }
            let fail = self.code.makeLabel()
            self.code.jump(.jumpIfFalseOrPop, to: fail, a: result)
            return fail
        } onFailure: {
            self.code.jump(.jump, to: end)
        }
        code.place(end)
        move(to: destination, from: temporary(result))
    }

    /// The comparisons of a chain: `compare` emits one and returns the label it jumps to when it fails;
    /// there, after the middle operand was given up, `onFailure` continues.
    private func lowerChain(
        _ left: Expr, _ ops: [ComparisonOperator], _ comparators: [Expr],
        compare: (ComparisonOperator, Operand, Operand, Bool, Bool) -> Label?,
        onFailure: () -> Void
    ) throws(SyntaxError) {
        let mark = top
        var failures: [(label: Label, middle: Operand)] = []
        var first = try operand(left, before: comparators)
        for index in ops.indices {
            let isLast = index == ops.count - 1
            let later =
                host.walrusTargets.isEmpty ? [] : Array(comparators[(index + 1)...])
            let second = try comparand(ops[index], comparators[index], before: later)
            if let label = compare(ops[index], first, second, isLast, !isLast) {
                failures.append((label, second))
            }
            first = second
        }
        top = mark
        let end = code.makeLabel()
        code.jump(.jump, to: end)
        for failure in failures {
            code.place(failure.label)
            if failure.middle.isTemporary { clear(failure.middle.register) }
            onFailure()
        }
        code.place(end)
    }

    // MARK: As a jump

    /// Jumps to `label` when the truth of `expression` is `wanted`, otherwise continues.
    func jump(
        if expression: Expr, is wanted: Bool, to label: Label
    ) throws(SyntaxError) {
        try enter(expression.span)
        let mark = top
        let saved = code.span
        code.span = expression.span
        try lowerJump(expression, wanted, label)
        code.span = saved
        top = mark
        depth -= 1
    }

    private func lowerJump(
        _ expression: Expr, _ wanted: Bool, _ label: Label
    ) throws(SyntaxError) {
        if let constant = ConstantFolder.value(of: expression),
            let truth = ConstantFolder.truth(constant)
        {
            if truth == wanted { code.jump(.jump, to: label) }
            return
        }
        switch expression.kind {
        case .unaryOp(.not, let value): try jump(if: value, is: !wanted, to: label)
        case .boolOp(let op, let values):
            // `and` is false as soon as one is, `or` true as soon as one is.
            let deciding = op == .or
            if wanted == deciding {
                for value in values { try jump(if: value, is: wanted, to: label) }
            } else {
                let end = code.makeLabel()
                for value in values.dropLast() { try jump(if: value, is: deciding, to: end) }
                if let last = values.last { try jump(if: last, is: wanted, to: label) }
                code.place(end)
            }
        case .ifExp(let test, let body, let orElse):
            let otherwise = code.makeLabel()
            let end = code.makeLabel()
            try jump(if: test, is: false, to: otherwise)
            try jump(if: body, is: wanted, to: label)
            code.jump(.jump, to: end)
            code.place(otherwise)
            try jump(if: orElse, is: wanted, to: label)
            code.place(end)
        case .compare(let left, let ops, let comparators):
            if ops.count == 1 {
                try jumpCompare(ops[0], left, comparators[0], wanted, label)
            } else {
                try jumpChain(left, ops, comparators, wanted, label)
            }
        default:
            jump(wanted ? .jumpIfTrue : .jumpIfFalse, try operand(expression), to: label)
        }
    }

    private func jumpCompare(
        _ op: ComparisonOperator, _ left: Expr, _ right: Expr, _ wanted: Bool, _ label: Label
    ) throws(SyntaxError) {
        if op == .is || op == .isNot, case .constant(.none) = right.kind {
            let object = try operand(left)
            jump((op == .is) == wanted ? .jumpIfNone : .jumpIfNotNone, object, to: label)
            return
        }
        let first = try operand(left, before: [right])
        if let fused = fused(op), let small = smallInteger(right) {
            code.jump(
                fused.small, to: label,
                flags: flag(first, InstructionFlags.consumeB)
                    | (wanted ? 0 : InstructionFlags.jumpIfFalse),
                b: first.register, c: small)
            return
        }
        let second = try comparand(op, right, before: [])
        emitJump(op, first, second, wanted, label)
    }

    private func emitJump(
        _ op: ComparisonOperator, _ first: Operand, _ second: Operand, _ wanted: Bool,
        _ label: Label
    ) {
        let flags =
            flag(first, InstructionFlags.consumeB) | flag(second, InstructionFlags.consumeC)
        switch op {
        case .is, .isNot:
            code.jump(
                .jumpIsSame, to: label,
                flags: flags | ((op == .is) == wanted ? 0 : InstructionFlags.jumpIfFalse),
                b: first.register, c: second.register)
        case .in, .notIn:
            let result = temporary(first.isTemporary ? first.register : allocate())
            emit(.contains, result.register, first, second)
            jump((op == .in) == wanted ? .jumpIfTrue : .jumpIfFalse, result, to: label)
        default:
            code.jump(
                fused(op)!.wide, to: label,
                flags: flags | (wanted ? 0 : InstructionFlags.jumpIfFalse),
                b: first.register, c: second.register)
        }
    }

    private func jumpChain(
        _ left: Expr, _ ops: [ComparisonOperator], _ comparators: [Expr], _ wanted: Bool,
        _ label: Label
    ) throws(SyntaxError) {
        let end = code.makeLabel()
        try lowerChain(left, ops, comparators) { op, first, second, isLast, keepsSecond in
            if isLast {
                self.emitJump(op, first, second, wanted, label)
                return nil
            }
            let fail = self.code.makeLabel()
            let kept = Operand(
                register: second.register, isTemporary: second.isTemporary && !keepsSecond)
            self.emitJump(op, first, kept, false, fail)
            return fail
        } onFailure: {
            self.code.jump(.jump, to: wanted ? end : label)
        }
        code.place(end)
    }
}
