// math: gcd, lcm, isqrt, factorial, comb, perm.
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import StillVM

enum MathIntegers {
    static func define(_ m: ModuleBuilder) {
        m.function("gcd", 0, -1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                try MathIntegers.fold(t, a, n, 0) { (t, x, y) throws(PythonError) -> Value in try IntOps.gcd(t, x, y) }
            }
        }
        m.function("lcm", 0, -1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                try MathIntegers.fold(t, a, n, 1) { (t, x, y) throws(PythonError) -> Value in
                    if IntOps.isZero(x) || IntOps.isZero(y) { return Value(smallInt: 0) }
                    let common = try IntOps.gcd(t, x, y)
                    defer { t.release(common) }
                    let part = try IntOps.floorDivide(t, x, common)
                    defer { t.release(part) }
                    let product = try IntOps.multiply(t, part, y)
                    defer { t.release(product) }
                    return try IntOps.absolute(t, product)
                }
            }
        }
        m.function("isqrt", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let number = try t.index(Value(bits: a[0]))
                defer { t.release(number) }
                if IntOps.isNegative(number) { throw t.raise(.valueError, "isqrt() argument must be nonnegative") }
                return try IntOps.squareRoot(t, number)
            }
        }
        m.function("factorial", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let number = try t.index(Value(bits: a[0]))
                defer { t.release(number) }
                if IntOps.isNegative(number) {
                    throw t.raise(.valueError, "factorial() not defined for negative values")
                }
                guard let count = t.intValue(number) else {
                    throw t.raise(.overflowError, "factorial() argument should not exceed \(Int.max)")
                }
                return count < 2 ? Value(smallInt: 1) : try MathIntegers.product(t, 1, count)
            }
        }
        m.function("perm", 1, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let (total, taken) = try MathIntegers.pair(t, a, n)
                defer { t.release(total); t.release(taken) }
                if IntOps.order(taken, total) > 0 { return Value(smallInt: 0) }
                guard let count = t.intValue(taken) else {
                    throw t.raise(.overflowError, "k must not exceed \(Int.max)")
                }
                return try MathIntegers.falling(t, total, count, divided: false)
            }
        }
        m.function("comb", 2, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let (total, taken) = try MathIntegers.pair(t, a, n)
                defer { t.release(total); t.release(taken) }
                if IntOps.order(taken, total) > 0 { return Value(smallInt: 0) }
                let others = try IntOps.subtract(t, total, taken)
                defer { t.release(others) }
                let fewer = IntOps.order(others, taken) < 0 ? others : taken
                guard let count = t.intValue(fewer) else {
                    throw t.raise(.overflowError, "min(n - k, k) must not exceed \(Int.max)")
                }
                return try MathIntegers.falling(t, total, count, divided: true)
            }
        }
    }

    private static func fold(
        _ t: Thread, _ a: UnsafeMutablePointer<UInt64>, _ n: Int, _ start: Int,
        _ step: (Thread, Value, Value) throws(PythonError) -> Value
    ) throws(PythonError) -> Value {
        var result = Value(smallInt: start)
        do throws(PythonError) {
            for index in 0..<n {
                let number = try t.index(Value(bits: a[index]))
                defer { t.release(number) }
                let next = try step(t, result, number)
                t.release(result)
                result = next
            }
        } catch {
            t.release(result)
            throw error
        }
        return result
    }

    /// first * … * last, halves first so that the factors have similar sizes.
    private static func product(_ t: Thread, _ first: Int, _ last: Int) throws(PythonError) -> Value {
        if last - first < 8 {
            var result = try t.makeInt(first)
            var factor = first + 1
            while factor <= last {
                let next = try IntOps.multiply(t, result, Value(smallInt: factor))
                t.release(result)
                result = next
                factor += 1
            }
            return result
        }
        if t.hasRequest { t.safepoint() }
        let middle = first + (last - first) / 2
        let low = try product(t, first, middle)
        defer { t.release(low) }
        let high = try product(t, middle + 1, last)
        defer { t.release(high) }
        return try IntOps.multiply(t, low, high)
    }

    private static func pair(_ t: Thread, _ a: UnsafeMutablePointer<UInt64>, _ n: Int) throws(PythonError) -> (Value, Value) {
        let total = try t.index(Value(bits: a[0]))
        let taken: Value
        do throws(PythonError) {
            taken = n < 2 || Value(bits: a[1]).isNone ? t.retain(total) : try t.index(Value(bits: a[1]))
        } catch {
            t.release(total)
            throw error
        }
        let negative = IntOps.isNegative(total) ? "n" : IntOps.isNegative(taken) ? "k" : nil
        if let negative {
            t.release(total)
            t.release(taken)
            throw t.raise(.valueError, "\(negative) must be a non-negative integer")
        }
        return (total, taken)
    }

    /// total * (total-1) * … with `count` factors, divided by count! on the way if asked (every step is exact).
    private static func falling(_ t: Thread, _ total: Value, _ count: Int, divided: Bool) throws(PythonError) -> Value {
        var result = Value(smallInt: 1)
        do throws(PythonError) {
            var index = 0
            while index < count {
                let factor = try IntOps.subtract(t, total, Value(smallInt: index))
                defer { t.release(factor) }
                var next = try IntOps.multiply(t, result, factor)
                index += 1
                if divided {
                    let product = next
                    defer { t.release(product) }
                    next = try IntOps.floorDivide(t, product, Value(smallInt: index))
                }
                t.release(result)
                result = next
                if t.hasRequest { t.safepoint() }
            }
        } catch {
            t.release(result)
            throw error
        }
        return result
    }
}
