// The module `_operator`: the operators as functions.
import StillObjects
import StillObmalloc
import StillPlatform
public import StillThreadRegistry
public import StillVM

public enum OperatorModule {
    static func defineTypes() { GetterTypes.define() }

    public static let definition = ModuleDefinition(name: "_operator") { m in
        OperatorModule.arithmetic(m)
        OperatorModule.inPlace(m)
        OperatorModule.comparisons(m)
        OperatorModule.containers(m)
        m.set("itemgetter", m.thread.type(.itemGetter).value)
        m.set("attrgetter", m.thread.type(.attributeGetter).value)
        m.set("methodcaller", m.thread.type(.methodCaller).value)
    }

    private static func binary(_ t: UnsafeMutableRawPointer, _ op: BinaryOperator, _ a: ArgumentWords) -> UInt64 {
        returning(t) { (t) throws(PythonError) -> Value in try t.binary(op, Value(bits: a[0]), Value(bits: a[1])) }
    }
    private static func inPlace(_ t: UnsafeMutableRawPointer, _ op: BinaryOperator, _ a: ArgumentWords) -> UInt64 {
        returning(t) { (t) throws(PythonError) -> Value in try t.inPlace(op, Value(bits: a[0]), Value(bits: a[1])) }
    }
    private static func unary(_ t: UnsafeMutableRawPointer, _ op: UnaryOperator, _ a: ArgumentWords) -> UInt64 {
        returning(t) { (t) throws(PythonError) -> Value in try t.unary(op, Value(bits: a[0])) }
    }
    private static func compare(_ t: UnsafeMutableRawPointer, _ op: CompareOperator, _ a: ArgumentWords) -> UInt64 {
        returning(t) { (t) throws(PythonError) -> Value in try t.compare(op, Value(bits: a[0]), Value(bits: a[1])) }
    }

    private static func arithmetic(_ m: ModuleBuilder) {
        m.function("add", 2, 2) { t, s, a, n, k in OperatorModule.binary(t, .add, a) }
        m.function("sub", 2, 2) { t, s, a, n, k in OperatorModule.binary(t, .subtract, a) }
        m.function("mul", 2, 2) { t, s, a, n, k in OperatorModule.binary(t, .multiply, a) }
        m.function("truediv", 2, 2) { t, s, a, n, k in OperatorModule.binary(t, .trueDivide, a) }
        m.function("floordiv", 2, 2) { t, s, a, n, k in OperatorModule.binary(t, .floorDivide, a) }
        m.function("mod", 2, 2) { t, s, a, n, k in OperatorModule.binary(t, .modulo, a) }
        m.function("pow", 2, 2) { t, s, a, n, k in OperatorModule.binary(t, .power, a) }
        m.function("matmul", 2, 2) { t, s, a, n, k in OperatorModule.binary(t, .matrixMultiply, a) }
        m.function("lshift", 2, 2) { t, s, a, n, k in OperatorModule.binary(t, .leftShift, a) }
        m.function("rshift", 2, 2) { t, s, a, n, k in OperatorModule.binary(t, .rightShift, a) }
        m.function("and_", 2, 2) { t, s, a, n, k in OperatorModule.binary(t, .and, a) }
        m.function("or_", 2, 2) { t, s, a, n, k in OperatorModule.binary(t, .or, a) }
        m.function("xor", 2, 2) { t, s, a, n, k in OperatorModule.binary(t, .xor, a) }
        m.function("neg", 1, 1) { t, s, a, n, k in OperatorModule.unary(t, .negate, a) }
        m.function("pos", 1, 1) { t, s, a, n, k in OperatorModule.unary(t, .positive, a) }
        m.function("inv", 1, 1) { t, s, a, n, k in OperatorModule.unary(t, .invert, a) }
        m.function("invert", 1, 1) { t, s, a, n, k in OperatorModule.unary(t, .invert, a) }
        m.function("abs", 1, 1) { t, s, a, n, k in OperatorModule.unary(t, .absolute, a) }
        m.function("index", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in try t.index(Value(bits: a[0])) }
        }
    }

    private static func inPlace(_ m: ModuleBuilder) {
        m.function("iadd", 2, 2) { t, s, a, n, k in OperatorModule.inPlace(t, .add, a) }
        m.function("isub", 2, 2) { t, s, a, n, k in OperatorModule.inPlace(t, .subtract, a) }
        m.function("imul", 2, 2) { t, s, a, n, k in OperatorModule.inPlace(t, .multiply, a) }
        m.function("itruediv", 2, 2) { t, s, a, n, k in OperatorModule.inPlace(t, .trueDivide, a) }
        m.function("ifloordiv", 2, 2) { t, s, a, n, k in OperatorModule.inPlace(t, .floorDivide, a) }
        m.function("imod", 2, 2) { t, s, a, n, k in OperatorModule.inPlace(t, .modulo, a) }
        m.function("ipow", 2, 2) { t, s, a, n, k in OperatorModule.inPlace(t, .power, a) }
        m.function("imatmul", 2, 2) { t, s, a, n, k in OperatorModule.inPlace(t, .matrixMultiply, a) }
        m.function("ilshift", 2, 2) { t, s, a, n, k in OperatorModule.inPlace(t, .leftShift, a) }
        m.function("irshift", 2, 2) { t, s, a, n, k in OperatorModule.inPlace(t, .rightShift, a) }
        m.function("iand", 2, 2) { t, s, a, n, k in OperatorModule.inPlace(t, .and, a) }
        m.function("ior", 2, 2) { t, s, a, n, k in OperatorModule.inPlace(t, .or, a) }
        m.function("ixor", 2, 2) { t, s, a, n, k in OperatorModule.inPlace(t, .xor, a) }
    }

    private static func comparisons(_ m: ModuleBuilder) {
        m.function("lt", 2, 2) { t, s, a, n, k in OperatorModule.compare(t, .less, a) }
        m.function("le", 2, 2) { t, s, a, n, k in OperatorModule.compare(t, .lessEqual, a) }
        m.function("eq", 2, 2) { t, s, a, n, k in OperatorModule.compare(t, .equal, a) }
        m.function("ne", 2, 2) { t, s, a, n, k in OperatorModule.compare(t, .notEqual, a) }
        m.function("gt", 2, 2) { t, s, a, n, k in OperatorModule.compare(t, .greater, a) }
        m.function("ge", 2, 2) { t, s, a, n, k in OperatorModule.compare(t, .greaterEqual, a) }
        m.function("is_", 2, 2) { t, s, a, n, k in Value(Value(bits: a[0]).isSame(Value(bits: a[1]))).bits }
        m.function("is_not", 2, 2) { t, s, a, n, k in Value(!Value(bits: a[0]).isSame(Value(bits: a[1]))).bits }
        m.function("truth", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in Value(try t.isTrue(Value(bits: a[0]))) }
        }
        m.function("not_", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in Value(try !t.isTrue(Value(bits: a[0]))) }
        }
    }

    /// `+` of sequences only.
    private static func concatenate(_ t: UnsafeMutableRawPointer, _ a: ArgumentWords, inPlace: Bool) -> UInt64 {
        returning(t) { (t) throws(PythonError) -> Value in
            let (left, right) = (Value(bits: a[0]), Value(bits: a[1]))
            for value in [left, right] where t.typeOf(value).record.pointee.getItem == nil || t.isDict(value) {
                throw t.raise(.typeError, "'\(t.typeName(value))' object can't be concatenated")
            }
            return inPlace ? try t.inPlace(.add, left, right) : try t.binary(.add, left, right)
        }
    }

    private static func containers(_ m: ModuleBuilder) {
        m.function("concat", 2, 2) { t, s, a, n, k in OperatorModule.concatenate(t, a, inPlace: false) }
        m.function("iconcat", 2, 2) { t, s, a, n, k in OperatorModule.concatenate(t, a, inPlace: true) }
        m.function("contains", 2, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in Value(try t.contains(Value(bits: a[0]), Value(bits: a[1]))) }
        }
        m.function("countOf", 2, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                var count = 0
                try OperatorModule.forEach(t, Value(bits: a[0])) { (item) throws(PythonError) -> Bool in
                    if try OperatorModule.matches(t, item, Value(bits: a[1])) { count += 1 }
                    return true
                }
                return try t.makeInt(count)
            }
        }
        m.function("indexOf", 2, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                var (index, found) = (0, false)
                try OperatorModule.forEach(t, Value(bits: a[0])) { (item) throws(PythonError) -> Bool in
                    found = try OperatorModule.matches(t, item, Value(bits: a[1]))
                    if !found { index += 1 }
                    return !found
                }
                if !found { throw t.raise(.valueError, "sequence.index(x): x not in sequence") }
                return try t.makeInt(index)
            }
        }
        m.function("getitem", 2, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in try t.getItem(Value(bits: a[0]), Value(bits: a[1])) }
        }
        m.function("setitem", 3, 3) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                try t.setItem(Value(bits: a[0]), Value(bits: a[1]), Value(bits: a[2]))
                return .none
            }
        }
        m.function("delitem", 2, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                try t.deleteItem(Value(bits: a[0]), Value(bits: a[1]))
                return .none
            }
        }
        m.function("length_hint", 1, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                if n == 2 && !t.isInt(Value(bits: a[1])) {
                    throw t.raise(
                        .typeError, "'\(t.typeName(Value(bits: a[1])))' object cannot be interpreted as an integer")
                }
                let usual = n == 2 ? try t.indexInt(Value(bits: a[1])) : 0
                let v = Value(bits: a[0])
                let method = try t.lookupSpecial(v, Interning.intern("__length_hint__"))
                if t.typeOf(v).record.pointee.length == nil && method.isNull { return try t.makeInt(usual) }
                t.release(method)
                return try t.makeInt(try t.lengthHint(v))
            }
        }
        // Takes as long whatever the contents are.
        m.function("_compare_digest", 2, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                func bytes(_ v: Value) throws(PythonError) -> [UInt8] {
                    if t.isStr(v) {
                        guard StrRef(v).isASCII else {
                            throw t.raise(.typeError, "comparing strings with non-ASCII characters is not supported")
                        }
                        return Array(StrRef(v).string.utf8)
                    }
                    guard let bytes = t.bytesLike(v) else {
                        throw t.raise(.typeError, "a bytes-like object is required, not '\(t.typeName(v))'")
                    }
                    return bytes
                }
                let (x, y) = (Value(bits: a[0]), Value(bits: a[1]))
                if t.isStr(x) != t.isStr(y) {
                    throw t.raise(
                        .typeError, "unsupported operand types(s) or combination of types: '\(t.typeName(x))' and '\(t.typeName(y))'")
                }
                let (left, right) = (try bytes(x), try bytes(y))
                var difference: UInt8 = left.count == right.count ? 0 : 1
                for index in 0..<right.count { difference |= right[index] ^ (index < left.count ? left[index] : 0) }
                return Value(difference == 0)
            }
        }
        m.function("call", 1, -1, keywords: true) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                try t.call(Value(bits: a[0]), args: a + 1, count: n - 1, keywords: Value(bits: k))
            }
        }
    }

    /// Identical or equal.
    private static func matches(_ t: Thread, _ a: Value, _ b: Value) throws(PythonError) -> Bool {
        if a.isSame(b) { return true }
        return try t.equal(a, b)
    }

    /// Calls `body` with each item until it answers false.
    private static func forEach(_ t: Thread, _ v: Value, _ body: (Value) throws(PythonError) -> Bool) throws(PythonError) {
        let iterator = try t.iterate(v)
        defer { t.release(iterator) }
        while true {
            let item = try t.next(iterator)
            if item.isNull { return }
            defer { t.release(item) }
            if try !body(item) { return }
            if t.hasRequest { t.safepoint() }
        }
    }
}
