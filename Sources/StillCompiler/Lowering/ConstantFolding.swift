// Values that are known while compiling.
//
// Folding never changes what a program does: an operation that would raise, or whose result is large,
// is left to run time.

import StillBytecode
import StillSyntax

enum ConstantFolder {
    /// The value of `expression` when it is constant, or nil.
    static func value(of expression: Expr, depth: Int = 0) -> CodeConstant? {
        if depth > 64 { return nil }
        switch expression.kind {
        case .constant(let constant): return CodeConstant(constant)
        case .name(let id, .load): return id == "__debug__" ? .true : nil
        case .unaryOp(let op, let operand):
            guard let operand = value(of: operand, depth: depth + 1) else { return nil }
            return unary(op, operand)
        case .binOp(let left, let op, let right):
            guard let right = value(of: right, depth: depth + 1),
                let left = value(of: left, depth: depth + 1)
            else { return nil }
            return binary(op, left, right)
        case .tuple(let elements, .load): return tuple(elements, depth: depth).map(CodeConstant.tuple)
        default: return nil
        }
    }

    static func tuple(_ elements: [Expr], depth: Int = 0) -> [CodeConstant]? {
        var values: [CodeConstant] = []
        for element in elements {
            guard let value = value(of: element, depth: depth + 1) else { return nil }
            values.append(value)
        }
        return values
    }

    static func truth(_ constant: CodeConstant) -> Bool? {
        switch constant {
        case .none, .false: false
        case .true, .ellipsis, .bigInt, .code: true
        case .int(let value): value != 0
        case .float(let bits): Double(bitPattern: bits) != 0
        case .complex(let real, let imaginary):
            Double(bitPattern: real) != 0 || Double(bitPattern: imaginary) != 0
        case .string(let points): !points.isEmpty
        case .bytes(let bytes): !bytes.isEmpty
        case .tuple(let items), .frozenSet(let items): !items.isEmpty
        }
    }

    // MARK: Operators

    static func unary(_ op: UnaryOperator, _ operand: CodeConstant) -> CodeConstant? {
        switch (op, operand) {
        case (.not, _): return truth(operand).map { $0 ? .false : .true }
        case (.uSub, .int(let value)):
            return value == .min ? nil : .int(-value)
        case (.uSub, .bigInt(hex: "8000000000000000")): return .int(.min)
        case (.uSub, .float(let bits)): return .float(bits: bits ^ (1 << 63))
        case (.uSub, .complex(let real, let imaginary)):
            return .complex(realBits: real ^ (1 << 63), imaginaryBits: imaginary ^ (1 << 63))
        case (.uAdd, .int), (.uAdd, .float), (.uAdd, .bigInt), (.uAdd, .complex): return operand
        case (.invert, .int(let value)): return .int(~value)
        default: return nil
        }
    }

    static func binary(
        _ op: BinaryOperator, _ left: CodeConstant, _ right: CodeConstant
    ) -> CodeConstant? {
        switch (left, right) {
        case (.int(let left), .int(let right)): return integers(op, left, right)
        case (.string(let left), .string(let right)):
            guard op == .add, left.count + right.count <= Limits.foldedLength else { return nil }
            return .string(left + right)
        case (.bytes(let left), .bytes(let right)):
            guard op == .add, left.count + right.count <= Limits.foldedLength else { return nil }
            return .bytes(left + right)
        case (.tuple(let left), .tuple(let right)):
            guard op == .add, left.count + right.count <= Limits.foldedTupleLength else {
                return nil
            }
            return .tuple(left + right)
        case (.string(let text), .int(let count)), (.int(let count), .string(let text)):
            return repeated(op, text, count, Limits.foldedLength).map(CodeConstant.string)
        case (.bytes(let text), .int(let count)), (.int(let count), .bytes(let text)):
            return repeated(op, text, count, Limits.foldedLength).map(CodeConstant.bytes)
        case (.tuple(let items), .int(let count)), (.int(let count), .tuple(let items)):
            return repeated(op, items, count, Limits.foldedTupleLength).map(CodeConstant.tuple)
        default: break
        }
        if let left = double(left), let right = double(right) { return doubles(op, left, right) }
        return complexes(op, left, right)
    }

    private static func repeated<Element>(
        _ op: BinaryOperator, _ items: [Element], _ count: Int64, _ limit: Int
    ) -> [Element]? {
        guard op == .mult, count >= 0 else { return op == .mult ? [] : nil }
        if items.isEmpty { return [] }
        guard count <= Int64(limit / items.count) else { return nil }
        return Array(repeatElement(items, count: Int(count)).joined())
    }

    /// Floats, and integers that a float represents exactly.
    private static func double(_ constant: CodeConstant) -> Double? {
        switch constant {
        case .float(let bits): Double(bitPattern: bits)
        case .int(let value): Double(exactly: value)
        default: nil
        }
    }

    private static func doubles(
        _ op: BinaryOperator, _ left: Double, _ right: Double
    ) -> CodeConstant? {
        let result: Double
        switch op {
        case .add: result = left + right
        case .sub: result = left - right
        case .mult: result = left * right
        case .div where right != 0: result = left / right
        default: return nil
        }
        return .float(bits: result.bitPattern)
    }

    private static func complexes(
        _ op: BinaryOperator, _ left: CodeConstant, _ right: CodeConstant
    ) -> CodeConstant? {
        // A real operand takes part without an imaginary one, so signed zeros stay right.
        guard op == .add || op == .sub, let real = double(left),
            case .complex(let rightReal, let rightImaginary) = right
        else { return nil }
        let otherReal = Double(bitPattern: rightReal)
        let otherImaginary = Double(bitPattern: rightImaginary)
        let sum = op == .add ? real + otherReal : real - otherReal
        let imaginary = op == .add ? 0 + otherImaginary : 0 - otherImaginary
        return .complex(realBits: sum.bitPattern, imaginaryBits: imaginary.bitPattern)
    }

    private static func integers(_ op: BinaryOperator, _ left: Int64, _ right: Int64)
        -> CodeConstant?
    {
        func checked(_ result: (partialValue: Int64, overflow: Bool)) -> CodeConstant? {
            result.overflow ? nil : .int(result.partialValue)
        }
        switch op {
        case .add: return checked(left.addingReportingOverflow(right))
        case .sub: return checked(left.subtractingReportingOverflow(right))
        case .mult: return checked(left.multipliedReportingOverflow(by: right))
        case .bitAnd: return .int(left & right)
        case .bitOr: return .int(left | right)
        case .bitXor: return .int(left ^ right)
        case .floorDiv, .mod:
            guard right != 0, !(left == .min && right == -1) else { return nil }
            let (quotient, remainder) = left.quotientAndRemainder(dividingBy: right)
            let adjust = remainder != 0 && (remainder < 0) != (right < 0)
            if op == .floorDiv { return .int(adjust ? quotient - 1 : quotient) }
            return .int(adjust ? remainder + right : remainder)
        case .lShift:
            guard right >= 0, right < 63 else { return left == 0 && right >= 0 ? .int(0) : nil }
            let shifted = left << right
            return shifted >> right == left ? .int(shifted) : nil
        case .rShift: return right < 0 ? nil : .int(left >> min(right, 63))
        case .pow:
            guard right >= 0, right < 64 || left == 0 || left == 1 else { return nil }
            return power(left, right)
        case .div:
            guard right != 0, let left = Double(exactly: left), let right = Double(exactly: right)
            else { return nil }
            return .float(bits: (left / right).bitPattern)
        case .matMult: return nil
        }
    }

    private static func power(_ base: Int64, _ exponent: Int64) -> CodeConstant? {
        var result: Int64 = 1
        if exponent == 0 || base == 1 { return .int(1) }
        if base == 0 { return .int(0) }
        for _ in 0..<exponent {
            let (value, overflow) = result.multipliedReportingOverflow(by: base)
            if overflow { return nil }
            result = value
        }
        return .int(result)
    }
}
