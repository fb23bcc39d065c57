// The type float.
import StillObmalloc
import StillPlatform
import StillThreadRegistry

enum FloatType {
    private static func own(_ t: Thread, _ bits: UInt64) -> Double { t.double(of: Value(bits: bits)) }

    static func define() {
        StaticTypes.define(.float, "float", basicSize: 32, flags: TypeFlags.baseType | TypeFlags.floatSubclass) { (b: TypeBuilder) in
            let r = b.record
            NumberMemory.fill(r)
            r.pointee.new = { t, type, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    let type = TypeRef(Value(bits: type))
                    try Arguments.noKeywords(t, "float", k, type, .float)
                    try Arguments.count(t, "float", n, 0, 1)
                    let number = n == 0 ? 0 : try FloatType.convert(t, Value(bits: a[0]))
                    if type == t.type(.float) { return try t.makeFloat(number) }
                    let object = try t.allocateInstance(of: type)
                    object.setField(24, number)
                    return Value(object)
                }
            }
            r.pointee.repr = { t, v in
                returning(t) { (t) throws(PythonError) -> Value in try t.makeString(FloatString.repr(FloatType.own(t, v))) }
            }
            r.pointee.hash = { t, v in FloatOps.hash(FloatType.own(Thread(t), v), Value(bits: v)) }
            r.pointee.truth = { t, v in FloatType.own(Thread(t), v) != 0 ? 1 : 0 }
            r.pointee.binary = NumberTypes.binary
            r.pointee.unary = NumberTypes.unary
            r.pointee.compare = NumberTypes.compare
            r.pointee.int = { t, v in
                returning(t) { (t) throws(PythonError) -> Value in try FloatOps.integer(t, FloatType.own(t, v), .towardZero) }
            }
            let exact: Slot.Unary = { t, v in
                returning(t) { (t) throws(PythonError) -> Value in try t.makeFloat(FloatType.own(t, v)) }
            }
            r.pointee.float = exact
            b.getter("real", exact)
            b.getter("imag") { _, _ in Value.floatZero.bits }
            b.method("conjugate", 0, 0) { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in try t.makeFloat(FloatType.own(t, s)) }
            }
            b.method("__trunc__", 0, 0) { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in try FloatOps.integer(t, FloatType.own(t, s), .towardZero) }
            }
            b.method("__floor__", 0, 0) { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in try FloatOps.integer(t, FloatType.own(t, s), .down) }
            }
            b.method("__ceil__", 0, 0) { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in try FloatOps.integer(t, FloatType.own(t, s), .up) }
            }
            b.method("__round__", 0, 1) { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    let number = FloatType.own(t, s)
                    if n == 0 || Value(bits: a[0]).isNone { return try FloatOps.integer(t, number, .toNearestOrEven) }
                    return try t.makeFloat(FloatOps.round(t, number, t.indexInt(Value(bits: a[0]), overflow: nil)))
                }
            }
            b.method("is_integer", 0, 0) { t, s, a, n, k in
                let number = FloatType.own(Thread(t), s)
                return Value(number.isFinite && number == number.rounded(.down)).bits
            }
            b.method("as_integer_ratio", 0, 0) { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in try FloatOps.ratio(t, FloatType.own(t, s)) }
            }
            b.method("hex", 0, 0) { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in try t.makeString(FloatString.hex(FloatType.own(t, s))) }
            }
            b.classMethod("__getformat__", 1, 1) { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    guard t.isStr(Value(bits: a[0])) else {
                        throw t.raise(.typeError, "__getformat__() argument must be str, not \(t.typeName(Value(bits: a[0])))")
                    }
                    guard ["double", "float"].contains(StrRef(Value(bits: a[0])).string) else {
                        throw t.raise(.valueError, "__getformat__() argument 1 must be 'double' or 'float'")
                    }
                    return try t.makeString("IEEE, little-endian")
                }
            }
            b.classMethod("fromhex", 1, 1) { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    guard t.isStr(Value(bits: a[0])) else { throw t.raise(.typeError, "bad argument type for built-in operation") }
                    guard let number = FloatString.parseHex(StrRef(Value(bits: a[0])).string) else {
                        throw t.raise(.valueError, "invalid hexadecimal floating-point string")
                    }
                    if number.isInfinite && !StrRef(Value(bits: a[0])).string.lowercased().contains("inf") {
                        throw t.raise(.overflowError, "hexadecimal value too large to represent as a float")
                    }
                    let made = try t.makeFloat(number)
                    if TypeRef(Value(bits: s)) == t.type(.float) { return made }
                    defer { t.release(made) }
                    return try t.call(Value(bits: s), made)
                }
            }
            b.method("__format__", 1, 1) { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    try NumberFormat.format(t, Value(bits: s), specification: Value(bits: a[0]))
                }
            }
            b.method("__getnewargs__", 0, 0) { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in try t.makeTuple([t.makeFloat(FloatType.own(t, s))]) }
            }
            b.doc("Convert a string or number to a floating-point number, if possible.")
        }
    }

    /// `float(v)`
    static func convert(_ t: Thread, _ v: Value) throws(PythonError) -> Double {
        if t.typeOf(v) == t.type(.float) { return t.double(of: v) }
        if let text = try NumberTypes.text(t, v) {
            if let number = FloatString.parse(text) { return number }
            let repr = try t.repr(v)
            defer { t.release(repr) }
            throw t.raise(.valueError, "could not convert string to float: \(StrRef(repr).string)")
        }
        let record = t.typeOf(v).record
        if record.pointee.float == nil && record.pointee.index == nil {
            throw t.raise(.typeError, "float() argument must be a string or a real number, not '\(t.typeName(v))'")
        }
        // A subclass may convert itself in a way of its own, which ordinary reading passes over.
        if t.typeOf(v).has(TypeFlags.floatSubclass), let slot = record.pointee.float {
            let result = try t.checked(slot(t.raw, v.bits))
            defer { t.release(result) }
            guard t.isFloat(result) else {
                throw t.raise(.typeError, "\(t.typeName(v)).__float__ returned non-float (type \(t.typeName(result)))")
            }
            return t.double(of: result)
        }
        return try t.floatValue(v)
    }
}

/// Memory slots of numbers without references of their own.
enum NumberMemory {
    static func fill(_ r: UnsafeMutablePointer<TypeRecord>) {
        r.pointee.memory.traverse = { object, visitor in
            if TypeRef(ObjectRef(object).typeRaw).has(TypeFlags.heapType) { InstanceLayout.traverseExtra(object, visitor) }
        }
        r.pointee.memory.clear = { t, object in
            if TypeRef(ObjectRef(object).typeRaw).has(TypeFlags.heapType) {
                InstanceLayout.clearExtra(Thread(t), ObjectRef(object))
            }
        }
        r.pointee.memory.deallocate = { t, object in
            let ref = ObjectRef(object)
            if TypeRef(ref.typeRaw).has(TypeFlags.heapType) { InstanceLayout.releaseExtra(Thread(t), ref) }
            Allocation.free(ref, Thread(t))
        }
    }
}
