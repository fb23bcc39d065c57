// The type complex. Layout: 24 real part, 32 imaginary part.
import StillObmalloc
import StillPlatform
import StillThreadRegistry

enum ComplexType {
    private static func own(_ bits: UInt64) -> ComplexOps.Pair {
        let object = Value(bits: bits).object
        return (object.field(24), object.field(32))
    }

    static func define() {
        StaticTypes.define(.complex, "complex", basicSize: 40, flags: TypeFlags.baseType) { (b: TypeBuilder) in
            let r = b.record
            NumberMemory.fill(r)
            r.pointee.new = { t, type, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    let v = try Arguments.parse(t, function: "complex", a, n, k, names: ["real", "imag"], required: 0)
                    let pair = try ComplexType.convert(t, v[0], v[1])
                    return try t.makeComplex(pair.0, pair.1, TypeRef(Value(bits: type)))
                }
            }
            r.pointee.repr = { t, v in
                returning(t) { (t) throws(PythonError) -> Value in try t.makeString(ComplexOps.repr(ComplexType.own(v))) }
            }
            r.pointee.hash = { _, v in ComplexOps.hash(ComplexType.own(v), Value(bits: v)) }
            r.pointee.truth = { _, v in ComplexType.own(v) != (0, 0) ? 1 : 0 }
            r.pointee.binary = NumberTypes.binary
            r.pointee.unary = NumberTypes.unary
            r.pointee.compare = NumberTypes.compare
            b.getter("real") { t, s in
                returning(t) { (t) throws(PythonError) -> Value in try t.makeFloat(ComplexType.own(s).0) }
            }
            b.getter("imag") { t, s in
                returning(t) { (t) throws(PythonError) -> Value in try t.makeFloat(ComplexType.own(s).1) }
            }
            b.method("conjugate", 0, 0) { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    let pair = ComplexType.own(s)
                    return try t.makeComplex(pair.0, -pair.1)
                }
            }
            b.method("__complex__", 0, 0) { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    let pair = ComplexType.own(s)
                    return try t.makeComplex(pair.0, pair.1)
                }
            }
            b.method("__format__", 1, 1) { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    try NumberFormat.format(t, complex: ComplexType.own(s), Value(bits: s), specification: Value(bits: a[0]))
                }
            }
            b.method("__getnewargs__", 0, 0) { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    let pair = ComplexType.own(s)
                    return try t.makeTuple([t.makeFloat(pair.0), t.makeFloat(pair.1)])
                }
            }
            b.doc("Create a complex number from a string or numbers.")
        }
    }

    private static func convert(_ t: Thread, _ real: Value, _ imaginary: Value) throws(PythonError) -> ComplexOps.Pair {
        if !real.isNull && t.isStr(real) {
            if !imaginary.isNull { throw t.raise(.typeError, "complex() can't take second arg if first is a string") }
            guard let pair = ComplexOps.parse(try NumberTypes.text(t, real)!) else {
                throw t.raise(.valueError, "complex() arg is a malformed string")
            }
            return pair
        }
        if !imaginary.isNull && t.isStr(imaginary) {
            throw t.raise(.typeError, "complex() second arg can't be a string")
        }
        let x = real.isNull ? (0, 0) : try part(t, real, "complex() first argument must be a string or a number")
        if imaginary.isNull { return x }
        let y = try part(t, imaginary, "complex() second argument must be a number")
        // A zero of the other part may have a sign: what is not complex adds nothing.
        let isReal = real.isNull || NumberOps.kind(t, real) != .complex
        let isPlain = NumberOps.kind(t, imaginary) != .complex
        return (isPlain ? x.0 : x.0 - y.1, isReal ? y.0 : x.1 + y.0)
    }
    private static func part(_ t: Thread, _ v: Value, _ message: String) throws(PythonError) -> ComplexOps.Pair {
        if NumberOps.kind(t, v) == .complex { return try ComplexOps.value(t, v) }
        let method = try t.lookupSpecial(v, StaticStrings.intern("__complex__"))
        if !method.isNull {
            defer { t.release(method) }
            let result = try t.call(method)
            defer { t.release(result) }
            if NumberOps.kind(t, result) == .complex { return try ComplexOps.value(t, result) }
            throw t.raise(.typeError, "\(t.typeName(v)).__complex__() must return a complex, not \(t.typeName(result))")
        }
        let record = t.typeOf(v).record
        if record.pointee.float == nil && record.pointee.index == nil {
            throw t.raise(.typeError, "\(message), not '\(t.typeName(v))'")
        }
        return (try t.floatValue(v), 0)
    }
}
