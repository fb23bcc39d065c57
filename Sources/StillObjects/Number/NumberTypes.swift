// The types int and bool.
import StillObmalloc
import StillPlatform
import StillThreadRegistry

public enum NumberTypes {
    public static func define() {
        defineInt()
        defineBool()
        FloatType.define()
        ComplexType.define()
    }

    // MARK: Shared slots

    static let binary: Slot.Operator = { t, op, a, b in
        returning(t) { (t) throws(PythonError) -> Value in
            try NumberOps.binary(t, BinaryOperator(rawValue: op)!, Value(bits: a), Value(bits: b))
        }
    }
    static let unary: Slot.Operator = { t, op, v, _ in
        returning(t) { (t) throws(PythonError) -> Value in
            try NumberOps.unary(t, UnaryOperator(rawValue: op)!, Value(bits: v))
        }
    }
    static let compare: Slot.Operator = { t, op, a, b in
        returning(t) { (t) throws(PythonError) -> Value in
            try NumberOps.compare(t, CompareOperator(rawValue: op)!, Value(bits: a), Value(bits: b))
        }
    }
    static let exact: Slot.Unary = { t, v in
        returning(t) { (t) throws(PythonError) -> Value in try IntOps.exact(t, Value(bits: v)) }
    }
    static let exactMethod: NativeFunction = { t, s, a, n, k in
        returning(t) { (t) throws(PythonError) -> Value in try IntOps.exact(t, Value(bits: s)) }
    }

    // MARK: int

    private static func defineInt() {
        StaticTypes.define(.int, "int", basicSize: 40, flags: TypeFlags.baseType | TypeFlags.intSubclass) { (b: TypeBuilder) in
            let r = b.record
            r.pointee.memory.traverse = { object, visitor in
                if TypeRef(ObjectRef(object).typeRaw).has(TypeFlags.heapType) { InstanceLayout.traverseExtra(object, visitor) }
            }
            r.pointee.memory.clear = { t, object in
                if TypeRef(ObjectRef(object).typeRaw).has(TypeFlags.heapType) {
                    InstanceLayout.clearExtra(Thread(t), ObjectRef(object))
                }
            }
            r.pointee.memory.deallocate = IntRef.deallocate
            r.pointee.new = { t, type, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in try NumberTypes.newInt(t, TypeRef(Value(bits: type)), a, n, k) }
            }
            r.pointee.repr = { t, v in
                returning(t) { (t) throws(PythonError) -> Value in try t.makeString(IntOps.digits(t, Value(bits: v))) }
            }
            r.pointee.hash = { _, v in IntOps.hash(Value(bits: v)) }
            r.pointee.truth = { _, v in IntOps.isZero(Value(bits: v)) ? 0 : 1 }
            r.pointee.binary = NumberTypes.binary
            r.pointee.unary = NumberTypes.unary
            r.pointee.compare = NumberTypes.compare
            r.pointee.index = NumberTypes.exact
            r.pointee.int = NumberTypes.exact
            r.pointee.float = { t, v in
                returning(t) { (t) throws(PythonError) -> Value in try t.makeFloat(IntOps.toDouble(t, Value(bits: v))) }
            }
            b.getter("real", NumberTypes.exact)
            b.getter("numerator", NumberTypes.exact)
            b.getter("imag") { _, _ in Value(smallInt: 0).bits }
            b.getter("denominator") { _, _ in Value(smallInt: 1).bits }
            for name in ["conjugate", "__trunc__", "__floor__", "__ceil__"] { b.method(name, 0, 0, NumberTypes.exactMethod) }
            b.method("__getnewargs__", 0, 0) { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in try t.makeTuple([IntOps.exact(t, Value(bits: s))]) }
            }
            b.method("bit_length", 0, 0) { _, s, a, n, k in Value(smallInt: IntOps.bitLength(Value(bits: s))).bits }
            b.method("bit_count", 0, 0) { _, s, a, n, k in
                let count = Limbs.read(Value(bits: s)) { x in (0..<x.count).reduce(0) { $0 + x.limbs[$1].nonzeroBitCount } }
                return Value(smallInt: count).bits
            }
            b.method("is_integer", 0, 0) { _, s, a, n, k in Value.true.bits }
            b.method("as_integer_ratio", 0, 0) { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    try t.makeTuple([IntOps.exact(t, Value(bits: s)), Value(smallInt: 1)])
                }
            }
            b.method("__round__", 0, 1) { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    try n == 0 ? IntOps.exact(t, Value(bits: s)) : NumberTypes.roundInt(t, Value(bits: s), Value(bits: a[0]))
                }
            }
            b.method("__format__", 1, 1) { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    try NumberFormat.format(t, Value(bits: s), specification: Value(bits: a[0]))
                }
            }
            b.method("to_bytes", 0, 2, keywords: true) { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    let v = try Arguments.parse(
                        t, function: "to_bytes", a, n, k, names: ["length", "byteorder", "signed"], required: 0, keywordOnly: 1)
                    return try IntBytes.toBytes(t, Value(bits: s), v[0], v[1], v[2])
                }
            }
            b.classMethod("from_bytes", 0, 2, keywords: true) { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    let v = try Arguments.parse(
                        t, function: "from_bytes", a, n, k, names: ["bytes", "byteorder", "signed"], required: 1, keywordOnly: 1)
                    let number = try IntBytes.fromBytes(t, v[0], v[1], v[2])
                    let type = Value(bits: s)
                    if TypeRef(type) == t.type(.int) { return number }
                    defer { t.release(number) }
                    return try t.call(type, number)
                }
            }
            b.doc("int([x]) -> integer\nint(x, base=10) -> integer")
        }
    }

    static func newInt(
        _ t: Thread, _ type: TypeRef, _ a: UnsafeMutablePointer<UInt64>, _ n: Int, _ k: UInt64
    ) throws(PythonError) -> Value {
        let number: Value
        if k == 0 && n == 1 {
            number = try toInt(t, Value(bits: a[0]))
        } else {
            let v = try Arguments.parse(t, function: "int", a, n, k, names: ["x", "base"], required: 0, positionalOnly: 1)
            if v[0].isNull {
                if !v[1].isNull { throw t.raise(.typeError, "int() missing string argument") }
                number = Value(smallInt: 0)
            } else if v[1].isNull {
                number = try toInt(t, v[0])
            } else {
                let base = try t.indexInt(v[1], overflow: nil)
                if base != 0 && (base < 2 || base > 36) {
                    throw t.raise(.valueError, "int() base must be >= 2 and <= 36, or 0")
                }
                guard let text = try text(t, v[0]) else {
                    throw t.raise(.typeError, "int() can't convert non-string with explicit base")
                }
                number = try parse(t, v[0], text, base)
            }
        }
        if type == t.type(.int) { return number }
        defer { t.release(number) }
        return try IntRef.makeSubclass(t, type, number)
    }

    /// Code points of a str, bytes or bytearray; nil for others.
    static func text(_ t: Thread, _ v: Value) throws(PythonError) -> [UInt32]? {
        if t.isStr(v) {
            let text = StrRef(v)
            var codes: [UInt32] = []
            codes.reserveCapacity(text.count)
            for index in 0..<text.count { codes.append(UInt32(text.codePoint(index))) }
            return codes
        }
        guard v.isObject else { return nil }
        if t.typeOf(v).has(TypeFlags.bytesSubclass) || t.isSubtype(t.typeOf(v), t.type(.bytearray)) {
            return try IntBytes.bytes(t, v).map(asciiPoint)
        }
        let record = t.typeOf(v).record
        // A buffer that is no number.
        if record.pointee.int == nil && record.pointee.index == nil && record.pointee.float == nil, let bytes = t.bytesLike(v) {
            return bytes.map(asciiPoint)
        }
        return nil
    }
    /// A byte beyond ASCII is no space and no digit, whatever a character of its number is.
    private static func asciiPoint(_ byte: UInt8) -> UInt32 { byte < 128 ? UInt32(byte) : 0xFFFF }
    private static func parse(_ t: Thread, _ v: Value, _ text: [UInt32], _ base: Int) throws(PythonError) -> Value {
        if let number = try IntOps.parse(t, text: text, base: base) { return number }
        let repr = try t.repr(v)
        defer { t.release(repr) }
        throw t.raise(.valueError, "invalid literal for int() with base \(base): \(String(StrRef(repr).string.prefix(200)))")
    }

    /// A few ASCII digits and nothing else; null for any other text.
    private static func plainDigits(_ text: StrRef) -> Value {
        guard text.kind == 0, text.count > 0, text.count <= 18 else { return .null }
        var number = 0
        for byte in UnsafeRawBufferPointer(start: text.data, count: text.count) {
            let digit = byte &- 48
            if digit > 9 { return .null }
            number = number &* 10 &+ Int(digit)
        }
        return Value(smallInt: number)
    }

    /// `int(v)`
    static func toInt(_ t: Thread, _ v: Value) throws(PythonError) -> Value {
        if v.isSmallInt { return v }
        if t.typeOf(v) == t.type(.int) { return t.retain(v) }
        if t.typeOf(v) == t.type(.str) {
            let number = plainDigits(StrRef(v))
            if !number.isNull { return number }
        }
        if v.isBool { return Value(smallInt: v.isTrue ? 1 : 0) }
        if t.typeOf(v) == t.type(.float) { return try FloatOps.integer(t, t.double(of: v), .towardZero) }
        let record = t.typeOf(v).record
        if let slot = record.pointee.int {
            let result = try t.checked(slot(t.raw, v.bits))
            defer { t.release(result) }
            if t.isInt(result) {
                if t.typeOf(result) != t.type(.int) { try subclassReturned(t, "__int__", result) }
                return try IntOps.exact(t, result)
            }
            throw t.raise(.typeError, "__int__ returned non-int (type \(t.typeName(result)))")
        }
        if record.pointee.index != nil {
            let number = try t.index(v)
            defer { t.release(number) }
            return try IntOps.exact(t, number)
        }
        let method = try t.lookupSpecial(v, StaticStrings.intern("__trunc__"))
        if !method.isNull {
            defer { t.release(method) }
            try t.warn(.deprecationWarning, "The delegation of int() to __trunc__ is deprecated.")
            let result = try t.call(method)
            defer { t.release(result) }
            if t.isInt(result) { return try IntOps.exact(t, result) }
            if t.typeOf(result).record.pointee.index != nil {
                let number = try t.index(result)
                defer { t.release(number) }
                return try IntOps.exact(t, number)
            }
            throw t.raise(.typeError, "__trunc__ returned non-Integral (type \(t.typeName(result)))")
        }
        if let text = try text(t, v) { return try parse(t, v, text, 10) }
        throw t.raise(.typeError,
            "int() argument must be a string, a bytes-like object or a real number, not '\(t.typeName(v))'")
    }

    private static func subclassReturned(_ t: Thread, _ method: String, _ result: Value) throws(PythonError) {
        try t.warn(
            .deprecationWarning,
            "\(method) returned non-int (type \(t.typeName(result))).  The ability to return an instance of a strict subclass of int "
                + "is deprecated, and may not be supported in a future version of Python.")
    }

    /// `round(v, digits)`: to a power of ten, ties to even.
    private static func roundInt(_ t: Thread, _ v: Value, _ digits: Value) throws(PythonError) -> Value {
        let places = try t.indexInt(digits, overflow: nil)
        if places >= 0 { return try IntOps.exact(t, v) }
        if places < -1_000_000_000 || -places > IntOps.bitLength(v) { return Value(smallInt: 0) }
        let unit = try IntOps.power(t, Value(smallInt: 10), Value(smallInt: -places))
        defer { t.release(unit) }
        let (quotient, rest) = try IntOps.divide(t, v, unit, "")
        defer { t.release(quotient); t.release(rest) }
        let twice = try IntOps.add(t, rest, rest)
        defer { t.release(twice) }
        let order = IntOps.order(twice, unit)
        let up = order > 0 || (order == 0 && IntOps.isOdd(quotient))
        let rounded = up ? try IntOps.add(t, quotient, Value(smallInt: 1)) : t.retain(quotient)
        defer { t.release(rounded) }
        return try IntOps.multiply(t, rounded, unit)
    }

    // MARK: bool

    private static func defineBool() {
        StaticTypes.define(.bool, "bool", base: .int, basicSize: 40, flags: 0) { (b: TypeBuilder) in
            b.record.pointee.new = { t, type, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    try Arguments.noKeywords(t, "bool", k)
                    try Arguments.count(t, "bool", n, 0, 1)
                    return n == 0 ? .false : Value(try t.isTrue(Value(bits: a[0])))
                }
            }
            b.record.pointee.repr = { _, v in StaticStrings.intern(Value(bits: v).isTrue ? "True" : "False").bits }
            b.record.pointee.truth = { _, v in Value(bits: v).isTrue ? 1 : 0 }
            b.record.pointee.binary = NumberTypes.binary
            b.record.pointee.unary = NumberTypes.unary
            b.doc("Returns True when the argument is true, False otherwise.")
        }
    }
}
