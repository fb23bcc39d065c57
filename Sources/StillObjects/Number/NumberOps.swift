// Operators and comparisons between the numeric types. Mixed operands are widened: bool and int to float to complex.
import StillObmalloc
import StillPlatform
public import StillThreadRegistry

public enum NumberOps {
    enum Kind: Int { case other, int, float, complex }

    @inline(__always) static func kind(_ t: Thread, _ v: Value) -> Kind {
        if v.isSmallInt { return .int }
        if v.isImmediateFloat { return .float }
        if v.isObject {
            let type = TypeRef(v.object.typeRaw)
            if type.has(TypeFlags.intSubclass) { return .int }
            if type.has(TypeFlags.floatSubclass) { return .float }
            return type == t.type(.complex) || (type.has(TypeFlags.heapType) && t.isSubtype(type, t.type(.complex)))
                ? .complex : .other
        }
        if v.isBool { return .int }
        return v.bits == Value.floatZero.bits || v.bits == Value.floatNegativeZero.bits ? .float : .other
    }

    /// The result, or notImplemented when an operand is no number or the operator is not for these numbers.
    public static func binary(_ t: Thread, _ op: BinaryOperator, _ a: Value, _ b: Value) throws(PythonError) -> Value {
        let left = kind(t, a)
        let right = kind(t, b)
        if left == .other || right == .other { return .notImplemented }
        switch max(left.rawValue, right.rawValue) {
        case Kind.int.rawValue: return try ints(t, op, a, b)
        case Kind.float.rawValue:
            switch op {
            case .leftShift, .rightShift, .and, .or, .xor, .matrixMultiply: return .notImplemented
            default: return try floats(t, op, double(t, left, a), double(t, right, b))
            }
        default: return try ComplexOps.binary(t, op, ComplexOps.value(t, a), ComplexOps.value(t, b))
        }
    }
    private static func double(_ t: Thread, _ kind: Kind, _ v: Value) throws(PythonError) -> Double {
        kind == .float ? t.double(of: v) : try IntOps.toDouble(t, v)
    }

    /// Both ints (or bools, or of subclasses).
    public static func ints(_ t: Thread, _ op: BinaryOperator, _ a: Value, _ b: Value) throws(PythonError) -> Value {
        switch op {
        case .add: return try IntOps.add(t, a, b)
        case .subtract: return try IntOps.subtract(t, a, b)
        case .multiply: return try IntOps.multiply(t, a, b)
        case .trueDivide: return try IntOps.trueDivide(t, a, b)
        case .floorDivide: return try IntOps.floorDivide(t, a, b)
        case .modulo: return try IntOps.modulo(t, a, b)
        case .power: return try IntOps.power(t, a, b)
        case .leftShift: return try IntOps.leftShift(t, a, b)
        case .rightShift: return try IntOps.rightShift(t, a, b)
        case .and: return a.isBool && b.isBool ? Value(a.isTrue && b.isTrue) : try IntOps.and(t, a, b)
        case .or: return a.isBool && b.isBool ? Value(a.isTrue || b.isTrue) : try IntOps.or(t, a, b)
        case .xor: return a.isBool && b.isBool ? Value(a.isTrue != b.isTrue) : try IntOps.xor(t, a, b)
        case .matrixMultiply: return .notImplemented
        case .divmod: return try IntOps.divmod(t, a, b)
        }
    }

    public static func floats(_ t: Thread, _ op: BinaryOperator, _ x: Double, _ y: Double) throws(PythonError) -> Value {
        switch op {
        case .add: return try t.makeFloat(x + y)
        case .subtract: return try t.makeFloat(x - y)
        case .multiply: return try t.makeFloat(x * y)
        case .trueDivide:
            if y == 0 { throw t.raise(.zeroDivisionError, "float division by zero") }
            return try t.makeFloat(x / y)
        case .floorDivide: return try t.makeFloat(FloatOps.floorDivide(t, x, y))
        case .modulo: return try t.makeFloat(FloatOps.modulo(t, x, y))
        case .power:
            if FloatOps.isComplexPower(x, y) { return try ComplexOps.binary(t, .power, (x, 0), (y, 0)) }
            return try t.makeFloat(FloatOps.power(t, x, y))
        case .divmod:
            if y == 0 { throw t.raise(.zeroDivisionError, "float divmod()") }
            let (quotient, rest) = FloatOps.divmod(x, y)
            return try t.makeTuple([t.makeFloat(quotient), t.makeFloat(rest)])
        default: return .notImplemented
        }
    }

    public static func unary(_ t: Thread, _ op: UnaryOperator, _ v: Value) throws(PythonError) -> Value {
        switch kind(t, v) {
        case .int:
            switch op {
            case .negate: return try IntOps.negate(t, v)
            case .positive: return try IntOps.exact(t, v)
            case .invert: return try IntOps.invert(t, v)
            case .absolute: return try IntOps.absolute(t, v)
            }
        case .float:
            switch op {
            case .negate: return try t.makeFloat(-t.double(of: v))
            case .positive: return try t.makeFloat(t.double(of: v))
            case .invert: return .notImplemented
            case .absolute: return try t.makeFloat(t.double(of: v).magnitude)
            }
        case .complex:
            let (re, im) = try ComplexOps.value(t, v)
            switch op {
            case .negate: return try t.makeComplex(-re, -im)
            case .positive: return try t.makeComplex(re, im)
            case .invert: return .notImplemented
            case .absolute:
                let size = LibM.hypot(re, im)
                if size.isInfinite && re.isFinite && im.isFinite {
                    throw t.raise(.overflowError, "absolute value too large")
                }
                return try t.makeFloat(size)
            }
        case .other: return .notImplemented
        }
    }

    /// True, false or notImplemented.
    public static func compare(_ t: Thread, _ op: CompareOperator, _ a: Value, _ b: Value) throws(PythonError) -> Value {
        let left = kind(t, a)
        let right = kind(t, b)
        if left == .other || right == .other { return .notImplemented }
        if left == .int && right == .int { return Value(holds(op, IntOps.order(a, b))) }
        if left == .complex || right == .complex {
            guard op == .equal || op == .notEqual else { return .notImplemented }
            let equal: Bool
            if left == .complex && right == .complex {
                equal = try ComplexOps.value(t, a) == ComplexOps.value(t, b)
            } else {
                let (re, im) = try ComplexOps.value(t, left == .complex ? a : b)
                let other = left == .complex ? b : a
                if im != 0 {
                    equal = false
                } else if kind(t, other) == .float {
                    equal = t.double(of: other) == re
                } else {
                    equal = try FloatOps.order(t, re, other) == 0
                }
            }
            return Value(equal == (op == .equal))
        }
        if left == .float && right == .float {
            let (x, y) = (t.double(of: a), t.double(of: b))
            switch op {
            case .less: return Value(x < y)
            case .lessEqual: return Value(x <= y)
            case .equal: return Value(x == y)
            case .notEqual: return Value(x != y)
            case .greater: return Value(x > y)
            case .greaterEqual: return Value(x >= y)
            }
        }
        let order =
            left == .float
            ? try FloatOps.order(t, t.double(of: a), b) : try FloatOps.order(t, t.double(of: b), a).map { -$0 }
        guard let order else { return Value(op == .notEqual) }
        return Value(holds(op, order))
    }
    private static func holds(_ op: CompareOperator, _ order: Int) -> Bool {
        switch op {
        case .less: order < 0
        case .lessEqual: order <= 0
        case .equal: order == 0
        case .notEqual: order != 0
        case .greater: order > 0
        case .greaterEqual: order >= 0
        }
    }
}

// MARK: complex

extension ThreadState {
    public func makeComplex(_ real: Double, _ imaginary: Double) throws(PythonError) -> Value {
        try makeComplex(real, imaginary, type(.complex))
    }
    func makeComplex(_ real: Double, _ imaginary: Double, _ type: TypeRef) throws(PythonError) -> Value {
        let object = try allocateInstance(of: type)
        object.setField(24, real)
        object.setField(32, imaginary)
        return Value(object)
    }
}

/// complex: 24 real part, 32 imaginary part.
public enum ComplexOps {
    typealias Pair = (Double, Double)

    /// A number of any numeric type. - Precondition: it is one.
    static func value(_ t: Thread, _ v: Value) throws(PythonError) -> Pair {
        switch NumberOps.kind(t, v) {
        case .int: return (try IntOps.toDouble(t, v), 0)
        case .float: return (t.double(of: v), 0)
        default: return (v.object.field(24), v.object.field(32))
        }
    }

    static func binary(_ t: Thread, _ op: BinaryOperator, _ x: Pair, _ y: Pair) throws(PythonError) -> Value {
        switch op {
        case .add: return try t.makeComplex(x.0 + y.0, x.1 + y.1)
        case .subtract: return try t.makeComplex(x.0 - y.0, x.1 - y.1)
        case .multiply: return try make(t, multiply(x, y))
        case .trueDivide:
            guard let result = divide(x, y) else { throw t.raise(.zeroDivisionError, "complex division by zero") }
            return try make(t, result)
        case .power: return try make(t, power(t, x, y))
        default: return .notImplemented
        }
    }
    private static func make(_ t: Thread, _ pair: Pair) throws(PythonError) -> Value { try t.makeComplex(pair.0, pair.1) }

    static func multiply(_ x: Pair, _ y: Pair) -> Pair { (x.0 * y.0 - x.1 * y.1, x.0 * y.1 + x.1 * y.0) }
    /// Smith's method; nil for a zero divisor.
    static func divide(_ x: Pair, _ y: Pair) -> Pair? {
        if y.0.magnitude >= y.1.magnitude {
            if y.0 == 0 { return nil }
            let ratio = y.1 / y.0
            let below = y.0 + y.1 * ratio
            return ((x.0 + x.1 * ratio) / below, (x.1 - x.0 * ratio) / below)
        }
        if y.1.magnitude >= y.0.magnitude {
            let ratio = y.0 / y.1
            let below = y.0 * ratio + y.1
            return ((x.0 * ratio + x.1) / below, (x.1 * ratio - x.0) / below)
        }
        return (.nan, .nan)
    }
    static func power(_ t: Thread, _ x: Pair, _ y: Pair) throws(PythonError) -> Pair {
        if y == (0, 0) { return (1, 0) }
        if x == (0, 0) {
            if y.1 != 0 || y.0 < 0 { throw t.raise(.zeroDivisionError, "0.0 to a negative or complex power") }
            return (0, 0)
        }
        var result: Pair
        if y.1 == 0 && y.0 == y.0.rounded(.down) && y.0.magnitude <= 100 {
            var count = Int(y.0.magnitude)
            var square = x
            result = (1, 0)
            while count > 0 {
                if count & 1 != 0 { result = multiply(result, square) }
                square = multiply(square, square)
                count >>= 1
            }
            if y.0 < 0 { result = divide((1, 0), result) ?? (.nan, .nan) }
        } else {
            let size = LibM.hypot(x.0, x.1)
            let angle = LibM.atan2(x.1, x.0)
            var length = LibM.pow(size, y.0)
            var phase = angle * y.0
            if y.1 != 0 {
                length *= LibM.exp(-angle * y.1)
                phase += y.1 * LibM.log(size)
            }
            result = (length * LibM.cos(phase), length * LibM.sin(phase))
        }
        if result.0.isInfinite || result.1.isInfinite { throw t.raise(.overflowError, "complex exponentiation") }
        return result
    }

    static func repr(_ x: Pair) -> String {
        if x.0 == 0 && x.0.sign == .plus { return FloatString.repr(x.1, point: false) + "j" }
        let imaginary = FloatString.repr(x.1, point: false)
        let sign = imaginary.hasPrefix("-") ? "" : "+"
        return "(\(FloatString.repr(x.0, point: false))\(sign)\(imaginary)j)"
    }
    static func hash(_ x: Pair, _ v: Value) -> Int {
        let hash = FloatOps.hash(x.0, v) &+ 1_000_003 &* FloatOps.hash(x.1, v)
        return hash == -1 ? -2 : hash
    }

    /// What `complex(text)` accepts.
    static func parse(_ text: [UInt32]) -> Pair? {
        var codes = text[...]
        while let first = codes.first, IntOps.isSpace(first) { codes.removeFirst() }
        while let last = codes.last, IntOps.isSpace(last) { codes.removeLast() }
        if codes.first == 0x28 && codes.last == 0x29 && codes.count > 1 { codes = codes.dropFirst().dropLast() }
        while let first = codes.first, IntOps.isSpace(first) { codes.removeFirst() }
        while let last = codes.last, IntOps.isSpace(last) { codes.removeLast() }
        if codes.contains(where: { IntOps.isSpace($0) }) { return nil }
        let word = Array(codes)
        guard let last = word.last else { return nil }
        if last | 0x20 != 0x6A { return FloatString.parse(word).map { ($0, 0) } }
        let body = Array(word.dropLast())
        func imaginary(_ part: [UInt32]) -> Double? {
            if part.isEmpty || part == [0x2B] { return 1 }
            if part == [0x2D] { return -1 }
            return FloatString.parse(part)
        }
        // The sign between the parts: the last one that does not belong to an exponent.
        var at = body.count - 1
        while at > 0 {
            if (body[at] == 0x2B || body[at] == 0x2D) && body[at - 1] | 0x20 != 0x65 { break }
            at -= 1
        }
        if at <= 0 { return imaginary(body).map { (0, $0) } }
        guard let re = FloatString.parse(Array(body[..<at])), let im = imaginary(Array(body[at...])) else { return nil }
        return (re, im)
    }
}
