// math: fsum, prod, sumprod, dist, hypot.
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import StillVM

enum MathSequences {
    static func define(_ m: ModuleBuilder) {
        m.function("fsum", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                try t.makeFloat(MathSequences.exactSum(t, MathSequences.doubles(t, Value(bits: a[0]))))
            }
        }
        m.function("hypot", 0, -1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                var numbers: [Double] = []
                for index in 0..<n { numbers.append(try t.floatValue(Value(bits: a[index]))) }
                return try t.makeFloat(MathSequences.norm(numbers))
            }
        }
        m.function("dist", 2, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let p = try MathSequences.doubles(t, Value(bits: a[0]))
                let q = try MathSequences.doubles(t, Value(bits: a[1]))
                if p.count != q.count {
                    throw t.raise(.valueError, "both points must have the same number of dimensions")
                }
                return try t.makeFloat(MathSequences.norm(zip(p, q).map { $0 - $1 }))
            }
        }
        m.function("prod", 1, 1, keywords: true) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let v = try Arguments.parse(
                    t, function: "prod", a, n, k, names: ["iterable", "start"], required: 1, positionalOnly: 1, keywordOnly: 1)
                return try MathSequences.fold(t, v[0], v[1].isNull ? Value(smallInt: 1) : v[1], .multiply)
            }
        }
        m.function("sumprod", 2, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                try MathSequences.sumOfProducts(t, Value(bits: a[0]), Value(bits: a[1]))
            }
        }
    }

    private static func doubles(_ t: Thread, _ iterable: Value) throws(PythonError) -> [Double] {
        let iterator = try t.iterate(iterable)
        defer { t.release(iterator) }
        var result: [Double] = []
        while true {
            let item = try t.next(iterator)
            if item.isNull { return result }
            defer { t.release(item) }
            result.append(try t.floatValue(item))
            if result.count & 1023 == 0 && t.hasRequest { t.safepoint() }
        }
    }

    private static func fold(
        _ t: Thread, _ iterable: Value, _ start: Value, _ op: BinaryOperator
    ) throws(PythonError) -> Value {
        let iterator = try t.iterate(iterable)
        defer { t.release(iterator) }
        var result = t.retain(start)
        do throws(PythonError) {
            while true {
                let item = try t.next(iterator)
                if item.isNull { return result }
                defer { t.release(item) }
                let next = try t.binary(op, result, item)
                t.release(result)
                result = next
                if t.hasRequest { t.safepoint() }
            }
        } catch {
            t.release(result)
            throw error
        }
    }

    private static func sumOfProducts(_ t: Thread, _ p: Value, _ q: Value) throws(PythonError) -> Value {
        let left = try t.iterate(p)
        defer { t.release(left) }
        let right = try t.iterate(q)
        defer { t.release(right) }
        var result = Value(smallInt: 0)
        do throws(PythonError) {
            while true {
                let x = try t.next(left)
                defer { t.release(x) }
                let y = try t.next(right)
                defer { t.release(y) }
                if x.isNull != y.isNull { throw t.raise(.valueError, "Inputs are not the same length") }
                if x.isNull { return result }
                let product = try t.binary(.multiply, x, y)
                defer { t.release(product) }
                let next = try t.binary(.add, result, product)
                t.release(result)
                result = next
                if t.hasRequest { t.safepoint() }
            }
        } catch {
            t.release(result)
            throw error
        }
    }

    /// Length of a vector, scaled by its largest part; the squares are summed with their errors.
    private static func norm(_ numbers: [Double]) -> Double {
        let sizes = numbers.map { $0.magnitude }
        if sizes.contains(where: { $0.isInfinite }) { return .infinity }
        if sizes.contains(where: { $0.isNaN }) { return .nan }
        let largest = sizes.max() ?? 0
        if largest == 0 { return 0 }
        if sizes.count == 1 { return largest }
        if sizes.count == 2 { return LibM.hypot(sizes[0], sizes[1]) }
        // A power of two, so that scaling is exact.
        let exponent = LibM.frexp(largest).1
        var sum = 0.0
        var low = 0.0
        for size in sizes {
            let x = LibM.ldexp(size, -exponent)
            let square = x * x
            low += (-square).addingProduct(x, x)
            let next = sum + square
            low += sum.magnitude >= square ? (sum - next) + square : (square - next) + sum
            sum = next
        }
        return LibM.ldexp((sum + low).squareRoot(), exponent)
    }

    /// Correctly rounded sum: partial sums that do not overlap, then rounding of ties by the next one.
    private static func exactSum(_ t: Thread, _ numbers: [Double]) throws(PythonError) -> Double {
        var partials: [Double] = []
        var special = 0.0
        var infinities = 0.0
        for number in numbers {
            var x = number
            var kept = 0
            for index in partials.indices {
                var y = partials[index]
                if x.magnitude < y.magnitude { swap(&x, &y) }
                let high = x + y
                let low = y - (high - x)
                if low != 0 {
                    partials[kept] = low
                    kept += 1
                }
                x = high
            }
            partials.removeSubrange(kept...)
            if x == 0 { continue }
            if x.isFinite {
                partials.append(x)
            } else {
                if number.isFinite { throw t.raise(.overflowError, "intermediate overflow in fsum") }
                if number.isInfinite { infinities += number }
                special += number
                partials.removeAll(keepingCapacity: true)
            }
        }
        if special != 0 {
            if infinities.isNaN { throw t.raise(.valueError, "-inf + inf in fsum") }
            return special
        }
        guard var high = partials.popLast() else { return 0 }
        var low = 0.0
        while let y = partials.popLast() {
            let x = high
            high = x + y
            low = y - (high - x)
            if low != 0 { break }
        }
        if let next = partials.last, (low < 0 && next < 0) || (low > 0 && next > 0) {
            let twice = low * 2
            let x = high + twice
            if twice == x - high { high = x }
        }
        return high
    }
}
