// Functions about numbers and characters.
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import StillVM

enum BuiltinNumbers {
    static func define(_ m: ModuleBuilder) {
        m.function("abs", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in try t.unary(.absolute, Value(bits: a[0])) }
        }
        m.function("bin", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in try BuiltinNumbers.digits(t, Value(bits: a[0]), "#b") }
        }
        m.function("oct", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in try BuiltinNumbers.digits(t, Value(bits: a[0]), "#o") }
        }
        m.function("hex", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in try BuiltinNumbers.digits(t, Value(bits: a[0]), "#x") }
        }
        m.function("chr", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let code = try t.indexInt(Value(bits: a[0]), overflow: .overflowError)
                guard code >= 0 && code <= 0x10FFFF else {
                    throw t.raise(.valueError, "chr() arg not in range(0x110000)")
                }
                return try t.makeString(codePoints: [UInt32(code)])
            }
        }
        m.function("ord", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let v = Value(bits: a[0])
                if t.isStr(v) {
                    let text = StrRef(v)
                    if text.count == 1 { return Value(smallInt: Int(text.codePoint(0))) }
                    throw t.raise(.typeError, "ord() expected a character, but string of length \(text.count) found")
                }
                if t.typeOf(v).has(TypeFlags.bytesSubclass) {
                    let count = try t.length(v)
                    if count == 1 { return try t.getItem(v, Value(smallInt: 0)) }
                    throw t.raise(.typeError, "ord() expected a character, but string of length \(count) found")
                }
                throw t.raise(.typeError, "ord() expected string of length 1, but \(t.typeName(v)) found")
            }
        }
        m.function("divmod", 2, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                try t.binary(.divmod, Value(bits: a[0]), Value(bits: a[1]))
            }
        }
        m.function("pow", 2, 3, keywords: true) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let v = try Arguments.parse(t, function: "pow", a, n, k, names: ["base", "exp", "mod"], required: 2)
                return try t.power(v[0], v[1], v[2].isNull ? .none : v[2])
            }
        }
        m.function("round", 1, 2, keywords: true) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let v = try Arguments.parse(t, function: "round", a, n, k, names: ["number", "ndigits"], required: 1)
                let method = try t.lookupSpecial(v[0], Interning.intern("__round__"))
                if method.isNull {
                    throw t.raise(.typeError, "type \(t.typeName(v[0])) doesn't define __round__ method")
                }
                defer { t.release(method) }
                return v[1].isNull || v[1].isNone ? try t.call(method) : try t.call(method, v[1])
            }
        }
        m.function("sum", 1, 2, keywords: true, intrinsic: NativeFlags.sum) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let v = try Arguments.parse(
                    t, function: "sum", a, n, k, names: ["iterable", "start"], required: 1, positionalOnly: 1)
                return try BuiltinNumbers.sum(t, v[0], v[1].isNull ? Value(smallInt: 0) : v[1])
            }
        }
        m.function("max", 0, -1, keywords: true) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in try BuiltinNumbers.best(t, "max", .greater, a, n, k) }
        }
        m.function("min", 0, -1, keywords: true) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in try BuiltinNumbers.best(t, "min", .less, a, n, k) }
        }
    }

    private static func digits(_ t: Thread, _ v: Value, _ spec: String) throws(PythonError) -> Value {
        let number = try t.index(v)
        defer { t.release(number) }
        return try t.format(number, Interning.intern(spec))
    }

    private static func sum(_ t: Thread, _ iterable: Value, _ start: Value) throws(PythonError) -> Value {
        if t.isStr(start) { throw t.raise(.typeError, "sum() can't sum strings [use ''.join(seq) instead]") }
        if t.typeOf(start) == t.type(.bytes) { throw t.raise(.typeError, "sum() can't sum bytes [use b''.join(seq) instead]") }
        if t.typeOf(start) == t.type(.bytearray) {
            throw t.raise(.typeError, "sum() can't sum bytearray [use b''.join(seq) instead]")
        }
        let iterator = try t.iterate(iterable)
        defer { t.release(iterator) }
        var total = t.retain(start)
        var polls = 0
        // Floats are added with the error carried along, as long as only floats and small ints come.
        var high = 0.0
        var error = 0.0
        var inFloat = false
        do throws(PythonError) {
            while true {
                polls += 1
                if polls & 1023 == 0 && t.hasRequest { t.safepoint() }
                let item = try t.next(iterator)
                if item.isNull { break }
                if item.isSmallInt && total.isSmallInt {
                    let (sum, overflow) = total.smallInt.addingReportingOverflow(item.smallInt)
                    if _fastPath(!overflow && Value.fitsSmallInt(sum)) {
                        total = Value(smallInt: sum)
                        continue
                    }
                }
                defer { t.release(item) }
                if !inFloat && t.typeOf(total) == t.type(.float) {
                    inFloat = true
                    high = try t.floatValue(total)
                    error = 0
                }
                if inFloat {
                    if t.typeOf(item) == t.type(.float) {
                        let x = try t.floatValue(item)
                        let next = high + x
                        if high.magnitude >= x.magnitude { error += (high - next) + x } else { error += (x - next) + high }
                        high = next
                        continue
                    }
                    if item.isSmallInt {
                        high += Double(item.smallInt)
                        continue
                    }
                    inFloat = false
                    t.release(total)
                    total = .null
                    total = try t.makeFloat(BuiltinNumbers.finish(high, error))
                }
                let next = try t.binary(.add, total, item)
                t.release(total)
                total = next
            }
        } catch {
            t.release(total)
            throw error
        }
        if inFloat {
            t.release(total)
            return try t.makeFloat(finish(high, error))
        }
        return total
    }
    private static func finish(_ high: Double, _ error: Double) -> Double {
        error != 0 && error.isFinite ? high + error : high
    }

    /// max and min.
    private static func best(
        _ t: Thread, _ function: String, _ op: CompareOperator, _ a: UnsafeMutablePointer<UInt64>, _ n: Int, _ k: UInt64
    ) throws(PythonError) -> Value {
        if n == 0 { throw t.raise(.typeError, "\(function) expected at least 1 argument, got 0") }
        var key = Value.null
        var fallback = Value.null
        if k != 0 {
            let names = TupleRef(Value(bits: k))
            for index in 0..<names.count {
                switch StrRef(names.item(index)).string {
                case "key": key = Value(bits: a[n + index])
                case "default": fallback = Value(bits: a[n + index])
                case let other: throw t.raise(.typeError, "\(function)() got an unexpected keyword argument '\(other)'")
                }
            }
        }
        if key.isNone { key = .null }
        if n > 1 && !fallback.isNull {
            throw t.raise(.typeError, "Cannot specify a default for \(function)() with multiple positional arguments")
        }
        let iterator = n == 1 ? try t.iterate(Value(bits: a[0])) : .null
        defer { t.release(iterator) }
        var best = Value.null
        var bestKey = Value.null
        var index = 0
        do throws(PythonError) {
            while true {
                let item: Value
                if n == 1 {
                    item = try t.next(iterator)
                    if item.isNull { break }
                } else {
                    if index == n { break }
                    item = t.retain(Value(bits: a[index]))
                }
                index += 1
                if index & 1023 == 0 && t.hasRequest { t.safepoint() }
                var itemKey = Value.null
                do throws(PythonError) {
                    itemKey = key.isNull ? t.retain(item) : try t.call(key, item)
                    var wins = best.isNull
                    if !wins { wins = try t.compareBool(op, itemKey, bestKey) }
                    if wins {
                        t.release(best)
                        t.release(bestKey)
                        best = item
                        bestKey = itemKey
                        continue
                    }
                } catch {
                    t.release(item)
                    t.release(itemKey)
                    throw error
                }
                t.release(item)
                t.release(itemKey)
            }
        } catch {
            t.release(best)
            t.release(bestKey)
            throw error
        }
        t.release(bestKey)
        if !best.isNull { return best }
        if !fallback.isNull { return t.retain(fallback) }
        throw t.raise(.valueError, "\(function)() iterable argument is empty")
    }
}
