// Operators: dispatch over the two operands' slots, with reflected methods and priority for subclasses.
//
// A type's `binary` slot is asked with the operands in source order, whether it belongs to the left or the right one; it answers
// NotImplemented for operands it does not know. When the right operand's type is a subclass of the left one's, it is asked first.
import StillObmalloc
import StillPlatform
public import StillThreadRegistry

extension ThreadState {
    public func binary(_ op: BinaryOperator, _ a: Value, _ b: Value) throws(PythonError) -> Value {
        if op == .add && a.isSmallInt && b.isSmallInt {
            let sum = a.smallInt &+ b.smallInt
            if Value.fitsSmallInt(sum) { return Value(smallInt: sum) }
        }
        if a.isObject && a.object.typeRaw == type(.str).raw {
            // No class that could come first is involved.
            if op == .add && b.isObject && b.object.typeRaw == a.object.typeRaw { return try StrOps.concatenate(self, a, b) }
            if op == .modulo && (b.isSmallInt || (b.isObject && b.object.typeRaw == type(.tuple).raw)) {
                return try PercentFormat.format(self, StrRef(a), b)
            }
        }
        let result = try binaryOrNotImplemented(op, a, b)
        if result.isNotImplemented { throw unsupportedOperand(op, a, b) }
        return result
    }

    func binaryOrNotImplemented(_ op: BinaryOperator, _ a: Value, _ b: Value) throws(PythonError) -> Value {
        let left = typeOf(a)
        let right = typeOf(b)
        let first = left.record.pointee.binary
        var second = left == right ? nil : right.record.pointee.binary
        if let one = first, let two = second, unsafeBitCast(one, to: UInt.self) == unsafeBitCast(two, to: UInt.self) {
            second = nil
        }
        if let one = first {
            if let two = second, isSubtype(right, left) {
                let result = try checked(two(raw, op.rawValue, a.bits, b.bits))
                if !result.isNotImplemented { return result }
                second = nil
            }
            let result = try checked(one(raw, op.rawValue, a.bits, b.bits))
            if !result.isNotImplemented { return result }
        }
        if let two = second {
            return try checked(two(raw, op.rawValue, a.bits, b.bits))
        }
        return .notImplemented
    }

    public func inPlace(_ op: BinaryOperator, _ a: Value, _ b: Value) throws(PythonError) -> Value {
        if let slot = typeOf(a).record.pointee.inPlace {
            let result = try checked(slot(raw, op.rawValue, a.bits, b.bits))
            if !result.isNotImplemented { return result }
        }
        let result = try binaryOrNotImplemented(op, a, b)
        if result.isNotImplemented { throw unsupportedOperand(op, a, b, op == .power ? "** or pow()" : op.symbol + "=") }
        return result
    }

    /// - Parameter symbol: of the operation, if it is not the operator's own.
    public func unsupportedOperand(_ op: BinaryOperator, _ a: Value, _ b: Value, _ symbol: String? = nil) -> PythonError {
        let left = typeOf(a)
        let right = typeOf(b)
        if op == .add && left.has(TypeFlags.strSubclass | 0) {
            return raise(.typeError, "can only concatenate str (not \"\(typeName(b))\") to str")
        }
        if op == .add && left.has(TypeFlags.listSubclass) {
            return raise(.typeError, "can only concatenate list (not \"\(typeName(b))\") to list")
        }
        if op == .add && left.has(TypeFlags.tupleSubclass) {
            return raise(.typeError, "can only concatenate tuple (not \"\(typeName(b))\") to tuple")
        }
        if op == .add && left.has(TypeFlags.bytesSubclass) {
            return raise(.typeError, "can't concat \(typeName(b)) to bytes")
        }
        let sequences = TypeFlags.strSubclass | TypeFlags.listSubclass | TypeFlags.tupleSubclass | TypeFlags.bytesSubclass
        if op == .multiply && left.has(sequences) {
            return raise(.typeError, "can't multiply sequence by non-int of type '\(typeName(b))'")
        }
        if op == .multiply && right.has(sequences) {
            return raise(.typeError, "can't multiply sequence by non-int of type '\(typeName(a))'")
        }
        return raise(.typeError, "unsupported operand type(s) for \(symbol ?? op.symbol): '\(typeName(a))' and '\(typeName(b))'")
    }

    public func unary(_ op: UnaryOperator, _ v: Value) throws(PythonError) -> Value {
        if let slot = typeOf(v).record.pointee.unary {
            let result = try checked(slot(raw, op.rawValue, v.bits, 0))
            if !result.isNotImplemented { return result }
        }
        switch op {
        case .negate: throw raise(.typeError, "bad operand type for unary -: '\(typeName(v))'")
        case .positive: throw raise(.typeError, "bad operand type for unary +: '\(typeName(v))'")
        case .invert: throw raise(.typeError, "bad operand type for unary ~: '\(typeName(v))'")
        case .absolute: throw raise(.typeError, "bad operand type for abs(): '\(typeName(v))'")
        }
    }

    /// `pow(a, b, mod)`; mod may be none.
    public func power(_ a: Value, _ b: Value, _ mod: Value) throws(PythonError) -> Value {
        if mod.isNone || mod.isNull { return try binary(.power, a, b) }
        if typeOf(a).has(TypeFlags.intSubclass) && typeOf(b).has(TypeFlags.intSubclass)
            && typeOf(mod).has(TypeFlags.intSubclass)
        {
            return try IntOps.power(self, a, b, mod)
        }
        let method = try lookupSpecial(a, Names.__pow__)
        if !method.isNull && typeOf(a).has(TypeFlags.heapType) {
            defer { release(method) }
            let result = try call(method, b, mod)
            if !result.isNotImplemented { return result }
        } else {
            release(method)
        }
        let numbers = TypeFlags.intSubclass
        func isFloat(_ v: Value) -> Bool { isSubtype(typeOf(v), type(.float)) }
        func isNumber(_ v: Value) -> Bool { typeOf(v).has(numbers) || isFloat(v) }
        if isNumber(a) && isNumber(b) && (isFloat(a) || isFloat(b)) {
            throw raise(.typeError, "pow() 3rd argument not allowed unless all arguments are integers")
        }
        throw raise(.typeError,
            "unsupported operand type(s) for ** or pow(): '\(typeName(a))', '\(typeName(b))', '\(typeName(mod))'")
    }

    // MARK: Index

    /// The value as an int object, through `__index__`.
    public func index(_ v: Value) throws(PythonError) -> Value {
        if v.isSmallInt { return v }
        let type = typeOf(v)
        if type.has(TypeFlags.intSubclass) {
            if v.isBool { return Value(smallInt: v.isTrue ? 1 : 0) }
            return retain(v)
        }
        guard let slot = type.record.pointee.index else {
            throw raise(.typeError, "'\(typeName(v))' object cannot be interpreted as an integer")
        }
        let result = try checked(slot(raw, v.bits))
        if typeOf(result) == self.type(.int) { return result }
        if typeOf(result).has(TypeFlags.intSubclass) {
            do throws(PythonError) {
                try warn(
                    .deprecationWarning,
                    "__index__ returned non-int (type \(typeName(result))).  The ability to return an instance of a strict subclass of int "
                        + "is deprecated, and may not be supported in a future version of Python.")
            } catch {
                release(result)
                throw error
            }
            return result
        }
        defer { release(result) }
        throw raise(.typeError, "__index__ returned non-int (type \(typeName(result)))")
    }

    /// The value as a native integer.
    ///
    /// - Parameter overflow: exception for numbers beyond 64 bits; nil: the nearest Int instead.
    public func indexInt(_ v: Value, overflow: ExceptionID? = .overflowError) throws(PythonError) -> Int {
        if v.isSmallInt { return v.smallInt }
        let number = try index(v)
        defer { release(number) }
        if let small = intValue(number) { return small }
        if let overflow {
            throw raise(overflow, "cannot fit '\(typeName(v))' into an index-sized integer")
        }
        return try compareBool(.less, number, Value(smallInt: 0)) ? Int.min : Int.max
    }
}
