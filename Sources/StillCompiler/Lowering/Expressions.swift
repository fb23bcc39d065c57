// Expressions.

import StillBytecode
import StillSyntax

extension CodeGenerator {
    // MARK: Operands

    /// Evaluates `expression` to where an instruction can read it.
    ///
    /// - Parameters:
    ///   - later: what is evaluated before the instruction runs.
    ///   - scratch: a temporary to use instead of a new one.
    func operand(
        _ expression: Expr, before later: [Expr] = [], scratch: Int? = nil
    ) throws(SyntaxError) -> Operand {
        if let register = localRegister(of: expression),
            !mayRebind(expression, in: later)
        {
            return Operand(register: register, isTemporary: false)
        }
        let register: Int
        if let scratch, isTemporary(scratch) { register = scratch } else { register = allocate() }
        try evaluate(expression, into: register)
        return temporary(register)
    }

    /// Whether evaluating `later` could rebind the variable `name`.
    private func mayRebind(_ name: Expr, in later: [Expr]) -> Bool {
        if later.isEmpty { return false }
        guard case .name(let id, _) = name.kind, host.walrusTargets.contains(mangled(id)) else {
            return false
        }
        return later.contains { containsNamedExpression($0, 0) }
    }

    /// Conservative: anything that is not obviously free of `:=` counts as containing one.
    private func containsNamedExpression(_ expression: Expr, _ depth: Int) -> Bool {
        if depth > 20 { return true }
        switch expression.kind {
        case .constant, .name, .lambda: return false
        case .attribute(let value, _, _), .unaryOp(_, let value), .starred(let value, _):
            return containsNamedExpression(value, depth + 1)
        case .binOp(let left, _, let right):
            return containsNamedExpression(left, depth + 1)
                || containsNamedExpression(right, depth + 1)
        case .subscript(let value, let index, _):
            return containsNamedExpression(value, depth + 1)
                || containsNamedExpression(index, depth + 1)
        case .call(let function, let arguments, let keywords):
            return containsNamedExpression(function, depth + 1)
                || arguments.contains { containsNamedExpression($0, depth + 1) }
                || keywords.contains { containsNamedExpression($0.value, depth + 1) }
        case .compare(let left, _, let comparators):
            return containsNamedExpression(left, depth + 1)
                || comparators.contains { containsNamedExpression($0, depth + 1) }
        case .boolOp(_, let values), .tuple(let values, _), .list(let values, _):
            return values.contains { containsNamedExpression($0, depth + 1) }
        default: return true
        }
    }

    /// A right operand that fits an instruction's 16-bit field.
    func smallInteger(_ expression: Expr) -> Int? {
        guard case .int(let value)? = ConstantFolder.value(of: expression) else { return nil }
        return Int16(exactly: value).map(Int.init)
    }

    // MARK: Evaluation

    /// Evaluates `expression` into `destination`; a variable is written last.
    func evaluate(_ expression: Expr, into destination: Int) throws(SyntaxError) {
        try enter(expression.span)
        let mark = top
        let savedSpan = code.span
        code.span = expression.span
        try lower(expression, into: destination)
        code.span = savedSpan
        top = mark
        depth -= 1
    }

    private func lower(_ expression: Expr, into destination: Int) throws(SyntaxError) {
        switch expression.kind {
        case .constant(let constant): load(CodeConstant(constant), into: destination)
        case .name(let id, _):
            if id == "__debug__" {
                load(.true, into: destination)
            } else {
                try loadName(id, into: destination)
            }
        case .binOp: try lowerBinary(expression, into: destination)
        case .unaryOp(let op, let value): try lowerUnary(expression, op, value, destination)
        case .attribute(let value, let attribute, _):
            let object = try operand(value, scratch: destination)
            emit(.loadAttribute, destination, object, c: try nameIndex(mangled(attribute)))
        case .subscript(let value, let index, _):
            let object = try operand(value, before: [index], scratch: destination)
            let key = try operand(index)
            emit(.loadSubscript, destination, object, key)
        case .call(let function, let arguments, let keywords):
            try lowerCall(expression, function, arguments, keywords, destination)
        case .compare(let left, let ops, let comparators):
            try lowerCompare(left, ops, comparators, destination)
        default: try lowerOther(expression, into: destination)
        }
    }

    private func lowerOther(_ expression: Expr, into destination: Int) throws(SyntaxError) {
        switch expression.kind {
        case .boolOp(let op, let values): try lowerBool(op, values, destination)
        case .namedExpr(let target, let value):
            let register = topmost(destination)
            try evaluate(value, into: register)
            if case .name(let id, _) = target.kind {
                try storeName(id, from: Operand(register: register, isTemporary: false))
            }
            move(to: destination, from: temporary(register))
        case .lambda(let arguments, let body):
            try lowerLambda(expression, arguments, body, destination)
        case .ifExp(let test, let body, let orElse):
            let otherwise = code.makeLabel()
            let end = code.makeLabel()
            try jump(if: test, is: false, to: otherwise)
            try evaluate(body, into: destination)
            code.jump(.jump, to: end)
            code.place(otherwise)
            try evaluate(orElse, into: destination)
            code.place(end)
        case .dict(let keys, let values): try lowerDict(keys, values, destination)
        case .set(let elements): try lowerSequence(elements, .buildSet, destination)
        case .list(let elements, _): try lowerSequence(elements, .buildList, destination)
        case .tuple(let elements, _):
            if let values = ConstantFolder.tuple(elements) {
                load(.tuple(values), into: destination)
            } else {
                try lowerSequence(elements, .buildTuple, destination)
            }
        case .listComp, .setComp, .dictComp, .generatorExp:
            try lowerComprehension(expression, destination)
        case .await(let value):
            try checkAwait(expression.span)
            try lowerAwait(destination) { (register) throws(SyntaxError) in
                try self.evaluate(value, into: register)
            }
        case .yield(let value): try lowerYield(value, expression.span, destination)
        case .yieldFrom(let value): try lowerYieldFrom(value, expression.span, destination)
        case .joinedStr(let values): try lowerJoined(values, destination)
        case .formattedValue(let value, let conversion, let spec):
            try lowerFormatted(value, conversion, spec, destination)
        case .slice(let lower, let upper, let step):
            try lowerSlice(lower, upper, step, destination)
        case .starred: throw error("can't use starred expression here", expression.span)
        default: preconditionFailure("still bug: an expression was not lowered")
        }
    }

    /// Evaluates for side effects only.
    func discard(_ expression: Expr) throws(SyntaxError) {
        let mark = top
        let register = allocate()
        try evaluate(expression, into: register)
        try at(expression.span) { () throws(SyntaxError) in clear(register) }
        top = mark
    }

    // MARK: Operators

    private func opcode(_ op: BinaryOperator) -> Opcode {
        switch op {
        case .add: .add
        case .sub: .subtract
        case .mult: .multiply
        case .matMult: .matrixMultiply
        case .div: .trueDivide
        case .mod: .modulo
        case .pow: .power
        case .lShift: .leftShift
        case .rShift: .rightShift
        case .bitOr: .bitOr
        case .bitXor: .bitXor
        case .bitAnd: .bitAnd
        case .floorDiv: .floorDivide
        }
    }

    private func smallOpcode(_ op: BinaryOperator) -> Opcode? {
        switch op {
        case .add: .addSmall
        case .sub: .subtractSmall
        case .mult: .multiplySmall
        case .floorDiv: .floorDivideSmall
        case .mod: .moduloSmall
        case .bitAnd: .bitAndSmall
        default: nil
        }
    }

    /// `destination = left op right`
    func emitBinary(
        _ op: BinaryOperator, _ left: Operand, _ right: Expr, _ destination: Int,
        flags: UInt8 = 0
    ) throws(SyntaxError) {
        if let opcode = smallOpcode(op), let small = smallInteger(right) {
            emit(opcode, destination, left, c: small, flags: flags)
            return
        }
        let mark = top
        let right = try operand(right)
        emit(opcode(op), destination, left, right, flags: flags)
        top = mark
    }

    /// Left-associative chains can be very long, so they are walked in a loop.
    private func lowerBinary(_ expression: Expr, into destination: Int) throws(SyntaxError) {
        var chain: [Expr] = []
        var current = expression
        while case .binOp(let left, _, _) = current.kind {
            chain.append(current)
            current = left
        }
        // Fold from the left as far as possible.
        var constant = ConstantFolder.value(of: current)
        while let value = constant, let node = chain.last,
            case .binOp(_, let op, let right) = node.kind,
            let rightValue = ConstantFolder.value(of: right),
            let folded = ConstantFolder.binary(op, value, rightValue)
        {
            constant = folded
            chain.removeLast()
            current = node
        }
        if chain.isEmpty, let constant {
            load(constant, into: destination)
            return
        }
        let accumulator = isTemporary(destination) ? destination : nil
        var left: Operand
        if let constant {
            let register = accumulator ?? allocate()
            load(constant, into: register)
            left = temporary(register)
        } else {
            var later: [Expr] = []
            if let node = chain.last, case .binOp(_, _, let right) = node.kind { later = [right] }
            left = try operand(current, before: later, scratch: accumulator)
        }
        while let node = chain.popLast() {
            guard case .binOp(_, let op, let right) = node.kind else { break }
            let saved = code.span
            code.span = node.span
            let result: Int
            if chain.isEmpty {
                result = destination
            } else if left.isTemporary {
                result = left.register
            } else {
                result = accumulator ?? allocate()
            }
            try emitBinary(op, left, right, result)
            left = Operand(register: result, isTemporary: isTemporary(result))
            code.span = saved
        }
    }

    private func lowerUnary(
        _ expression: Expr, _ op: UnaryOperator, _ value: Expr, _ destination: Int
    ) throws(SyntaxError) {
        if let constant = ConstantFolder.value(of: expression) {
            load(constant, into: destination)
            return
        }
        if op == .not, case .compare(let left, let ops, let comparators) = value.kind,
            ops.count == 1, let inverse = inverse(ops[0])
        {
            try lowerCompare(left, [inverse], comparators, destination)
            return
        }
        let opcode: Opcode =
            switch op {
            case .invert: .invert
            case .not: .not
            case .uAdd: .positive
            case .uSub: .negate
            }
        emit(opcode, destination, try operand(value, scratch: destination))
    }

    private func inverse(_ op: ComparisonOperator) -> ComparisonOperator? {
        switch op {
        case .is: .isNot
        case .isNot: .is
        case .in: .notIn
        case .notIn: .in
        default: nil
        }
    }

    private func lowerBool(
        _ op: BoolOperator, _ values: [Expr], _ destination: Int
    ) throws(SyntaxError) {
        let register = topmost(destination)
        let end = code.makeLabel()
        for (index, value) in values.enumerated() {
            if index == values.count - 1 {
                try evaluate(value, into: register)
            } else if let constant = ConstantFolder.value(of: value),
                let truth = ConstantFolder.truth(constant)
            {
                // Either it decides, or it is skipped.
                if truth == (op == .or) {
                    load(constant, into: register)
                    code.jump(.jump, to: end)
                }
            } else {
                try evaluate(value, into: register)
                code.jump(
                    op == .or ? .jumpIfTrueOrPop : .jumpIfFalseOrPop, to: end, a: register)
            }
        }
        code.place(end)
        move(to: destination, from: temporary(register))
    }

    // MARK: Displays

    func lowerSequence(
        _ elements: [Expr], _ build: Opcode, _ destination: Int
    ) throws(SyntaxError) {
        let hasStar = elements.contains { if case .starred = $0.kind { true } else { false } }
        if !hasStar, elements.count <= Limits.stackedElements {
            if build != .buildTuple, elements.count >= 3,
                let values = ConstantFolder.tuple(elements)
            {
                try lowerConstantSequence(values, build, destination)
                return
            }
            // The first element may go where the result goes.
            let base = topmost(destination)
            for (index, element) in elements.enumerated() {
                top = base + index + 1
                try evaluate(element, into: base + index)
            }
            code.emit(build, a: destination, b: base, c: elements.count)
            return
        }
        let register = topmost(destination)
        try buildGrowing(elements, build == .buildSet ? .buildSet : .buildList, register)
        if build == .buildTuple {
            emit(.listToTuple, destination, temporary(register))
        } else {
            move(to: destination, from: temporary(register))
        }
    }

    private func lowerConstantSequence(
        _ values: [CodeConstant], _ build: Opcode, _ destination: Int
    ) throws(SyntaxError) {
        let register = topmost(destination)
        code.emit(build, a: register, b: register, c: 0)
        let source = allocate()
        if build == .buildSet {
            load(.frozenSet(unique(values)), into: source)
            code.emit(.setUpdate, flags: InstructionFlags.consumeB, a: register, b: source)
        } else {
            load(.tuple(values), into: source)
            code.emit(.listExtend, flags: InstructionFlags.consumeB, a: register, b: source)
        }
        move(to: destination, from: temporary(register))
    }

    func unique(_ values: [CodeConstant]) -> [CodeConstant] {
        var seen: Set<CodeConstant> = []
        return values.filter { seen.insert($0).inserted }
    }

    /// A list or set in `register`, filled element by element.
    func buildGrowing(
        _ elements: [Expr], _ build: Opcode, _ register: Int, isCall: Bool = false
    ) throws(SyntaxError) {
        // What comes before the first star is built at once.
        var start = 0
        top = register + 1
        while start < elements.count, start < Limits.stackedElements {
            if case .starred = elements[start].kind { break }
            top = register + start + 1
            try evaluate(elements[start], into: register + start)
            start += 1
        }
        code.emit(build, a: register, b: register, c: start)
        top = register + 1
        let append: Opcode = build == .buildSet ? .setAdd : .listAppend
        let extend: Opcode = build == .buildSet ? .setUpdate : .listExtend
        for element in elements[start...] {
            let mark = top
            if case .starred(let value, _) = element.kind {
                let source = try operand(value)
                emit(
                    extend, register, source,
                    flags: isCall ? InstructionFlags.inPlace : 0)
            } else {
                emit(append, register, try operand(element))
            }
            top = mark
        }
    }

    private func lowerDict(
        _ keys: [Expr?], _ values: [Expr], _ destination: Int
    ) throws(SyntaxError) {
        let register = topmost(destination)
        var start = 0
        while start < keys.count, start < Limits.stackedElements / 2, let key = keys[start] {
            let pair = register + 2 * start
            top = pair + 1
            try evaluate(key, into: pair)
            top = pair + 2
            try evaluate(values[start], into: pair + 1)
            start += 1
        }
        code.emit(.buildDict, a: register, b: register, c: start)
        top = register + 1
        for index in start..<max(start, keys.count) {
            let mark = top
            if let key = keys[index] {
                let key = try operand(key, before: [values[index]])
                let value = try operand(values[index])
                emit(.dictAdd, register, key, value)
            } else {
                emit(.dictUpdate, register, try operand(values[index]))
            }
            top = mark
        }
        move(to: destination, from: temporary(register))
    }

    private func lowerSlice(
        _ lower: Expr?, _ upper: Expr?, _ step: Expr?, _ destination: Int
    ) throws(SyntaxError) {
        let base = topmost(destination)
        let parts = step == nil ? [lower, upper] : [lower, upper, step]
        for (index, part) in parts.enumerated() {
            top = base + index + 1
            if let part {
                try evaluate(part, into: base + index)
            } else {
                load(.none, into: base + index)
            }
        }
        code.emit(.buildSlice, a: destination, b: base, c: parts.count)
    }

    // MARK: f-strings

    private func lowerJoined(_ values: [Expr], _ destination: Int) throws(SyntaxError) {
        if values.isEmpty {
            load(.string([]), into: destination)
            return
        }
        let base = topmost(destination)
        for (index, value) in values.enumerated() {
            top = base + index + 1
            if top > Limits.registers { throw error("f-string has too many parts", code.span) }
            try evaluate(value, into: base + index)
        }
        if values.count == 1 {
            move(to: destination, from: temporary(base))
        } else {
            code.emit(.buildString, a: destination, b: base, c: values.count)
        }
    }

    private func lowerFormatted(
        _ value: Expr, _ conversion: FormatConversion, _ spec: Expr?, _ destination: Int
    ) throws(SyntaxError) {
        let bits: UInt8 =
            switch conversion {
            case .none: 0
            case .str: 1
            case .repr: 2
            case .ascii: 3
            }
        let object = try operand(
            value, before: spec.map { [$0] } ?? [], scratch: destination)
        if let spec {
            emit(.formatValue, destination, object, try operand(spec), flags: bits << 5)
        } else {
            emit(.formatValue, destination, object, c: 0xFFFF, flags: bits << 5)
        }
    }

    // MARK: Generators and coroutines

    func checkAwait(_ span: SourceSpan) throws(SyntaxError) {
        guard host.kind == .function else { throw error("'await' outside function", span) }
        if !host.isAsyncFunction, host.comprehension != .generator {
            throw error("'await' outside async function", span)
        }
    }

    /// Awaits what `value` puts into the register it is given; the result goes to `destination`.
    func lowerAwait(
        _ destination: Int, kind: Int = 0, _ value: (Int) throws(SyntaxError) -> Void
    ) throws(SyntaxError) {
        let result = topmost(destination)
        let iterator = allocate()
        try value(iterator)
        code.emit(.getAwaitable, a: iterator, b: iterator, c: kind)
        load(.none, into: result)
        code.emit(.delegate, a: result, b: iterator, c: top)
        top = result + 1
        move(to: destination, from: temporary(result))
    }

    private func lowerYield(
        _ value: Expr?, _ span: SourceSpan, _ destination: Int
    ) throws(SyntaxError) {
        guard host.kind == .function else { throw error("'yield' outside function", span) }
        var object: Operand
        if let value {
            object = try operand(value, scratch: destination)
        } else {
            object = temporary(topmost(destination))
            load(.none, into: object.register)
        }
        object = wrapForAsyncGenerator(object)
        emit(.yieldValue, destination, object, c: max(top, destination + 1, object.register + 1))
    }

    func wrapForAsyncGenerator(_ object: Operand) -> Operand {
        guard isAsyncBlock else { return object }
        let wrapped = object.isTemporary ? object.register : allocate()
        emit(.intrinsic, wrapped, object, c: Int(Intrinsic.asyncGeneratorWrap.rawValue))
        return temporary(wrapped)
    }

    private func lowerYieldFrom(
        _ value: Expr, _ span: SourceSpan, _ destination: Int
    ) throws(SyntaxError) {
        guard host.kind == .function else { throw error("'yield' outside function", span) }
        if host.isAsyncFunction { throw error("'yield from' inside async function", span) }
        let result = topmost(destination)
        let iterator = allocate()
        emit(.getYieldFromIterator, iterator, try operand(value, scratch: iterator))
        load(.none, into: result)
        code.emit(.delegate, a: result, b: iterator, c: top)
        move(to: destination, from: temporary(result))
    }

    /// The block is an async function or an asynchronous generator expression.
    var isAsyncBlock: Bool {
        host.isAsyncFunction || (host.comprehension == .generator && host.hasAwait)
    }
}
