// `itertools.product`, `permutations`, `combinations`, `combinations_with_replacement`.
//
// first: the pool (a tuple; product: a tuple of tuples), immutable. The buffer holds the indices of the next result; it is read and
// advanced in one step under the object's lock, so that threads that share an iterator get each result once.
//
//   number: length of a result    otherNumber: 1 when there are no more results
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry

enum CombinatoricIterators {
    typealias P = IteratorParts
    /// Moves the indices to the next result: false when there is none. (indices, length, pool)
    typealias Advance = (UnsafeMutablePointer<Int>, Int, TupleRef) -> Bool

    static func define() {
        combinations()
        permutations()
        product()
    }

    /// The tuple of the pool's items at the indices, and the step to the next one.
    @inline(__always)
    static func next(
        _ raw: UnsafeMutableRawPointer, _ v: UInt64, item: (TupleRef, Int, Int) -> Value, advance: Advance
    ) -> UInt64 {
        P.next(raw, v) { (t, p) throws(PythonError) -> Value in
            let pool = p.load(P.first)
            if pool.isNull { return .null }
            defer { t.release(pool) }
            let length = p.get(P.number)
            if p.get(P.otherNumber) != 0 { return .null }
            // Made first: nothing is allocated under the lock.
            let result = try t.makeTuple(length)
            let source = TupleRef(pool)
            let found = p.locked { () -> Bool in
                if p.get(P.otherNumber) != 0 { return false }
                let indices = p.numbers
                for index in 0..<length { result.initialize(index, t.retain(item(source, index, indices[index]))) }
                if !advance(indices, length, source) { p.set(P.otherNumber, 1) }
                return true
            }
            if found { return result.value }
            t.release(result.value)
            return .null
        }
    }

    /// A new iterator; `fill` writes the first indices.
    static func make(
        _ t: Thread, _ id: TypeID, pool: Value, length: Int, numbers: Int, done: Bool, _ fill: (UnsafeMutablePointer<Int>) -> Void
    ) throws(PythonError) -> Value {
        let made = try P.make(t, id, pool)
        let p = P(t, made.bits)
        p.set(P.number, length)
        p.set(P.otherNumber, done ? 1 : 0)
        if done { return made }
        do throws(PythonError) { try p.makeNumbers(numbers) } catch {
            t.release(made)
            throw error
        }
        fill(p.numbers)
        return made
    }

    // MARK: Combinations

    private static func arguments(
        _ t: Thread, _ name: String, _ a: ArgumentWords, _ n: Int, _ k: UInt64
    ) throws(PythonError) -> (pool: Value, length: Int) {
        let v = try Arguments.parse(t, function: name, a, n, k, names: ["iterable", "r"], required: 2)
        let pool = try t.tupleFrom(v[0])
        do throws(PythonError) {
            let length = try t.indexInt(v[1])
            if length < 0 { throw t.raise(.valueError, "r must be non-negative") }
            return (pool, length)
        } catch {
            t.release(pool)
            throw error
        }
    }

    private static func combinations() {
        P.define(.itertoolsCombinations, "combinations") { b in
            b.record.pointee.new = { t, _, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    let (pool, length) = try CombinatoricIterators.arguments(t, "combinations", a, n, k)
                    defer { t.release(pool) }
                    return try CombinatoricIterators.make(
                        t, .itertoolsCombinations, pool: pool, length: length, numbers: length,
                        done: length > TupleRef(pool).count
                    ) { for index in 0..<length { $0[index] = index } }
                }
            }
            b.record.pointee.next = { raw, v in
                CombinatoricIterators.next(raw, v, item: { pool, _, at in pool.item(at) }) { indices, length, pool in
                    let count = pool.count
                    var at = length - 1
                    while at >= 0 && indices[at] == at + count - length { at -= 1 }
                    if at < 0 { return false }
                    indices[at] += 1
                    for later in (at + 1)..<max(at + 1, length) { indices[later] = indices[later - 1] + 1 }
                    return true
                }
            }
        }
        P.define(.itertoolsCombinationsWithReplacement, "combinations_with_replacement") { b in
            b.record.pointee.new = { t, _, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    let (pool, length) = try CombinatoricIterators.arguments(t, "combinations_with_replacement", a, n, k)
                    defer { t.release(pool) }
                    return try CombinatoricIterators.make(
                        t, .itertoolsCombinationsWithReplacement, pool: pool, length: length, numbers: length,
                        done: length > 0 && TupleRef(pool).count == 0
                    ) { _ in }
                }
            }
            b.record.pointee.next = { raw, v in
                CombinatoricIterators.next(raw, v, item: { pool, _, at in pool.item(at) }) { indices, length, pool in
                    let last = pool.count - 1
                    var at = length - 1
                    while at >= 0 && indices[at] == last { at -= 1 }
                    if at < 0 { return false }
                    let following = indices[at] + 1
                    for later in at..<length { indices[later] = following }
                    return true
                }
            }
        }
    }

    // MARK: Permutations

    /// The buffer holds a permutation of all indices, then for each place of the result how many swaps are left there.
    private static func permutations() {
        P.define(.itertoolsPermutations, "permutations") { b in
            b.record.pointee.new = { t, _, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    let v = try Arguments.parse(t, function: "permutations", a, n, k, names: ["iterable", "r"], required: 1)
                    let pool = try t.tupleFrom(v[0])
                    defer { t.release(pool) }
                    let count = TupleRef(pool).count
                    var length = count
                    if !v[1].isNull && !v[1].isNone {
                        if !t.isInt(v[1]) { throw t.raise(.typeError, "Expected int as r") }
                        length = try t.indexInt(v[1])
                        if length < 0 { throw t.raise(.valueError, "r must be non-negative") }
                    }
                    return try CombinatoricIterators.make(
                        t, .itertoolsPermutations, pool: pool, length: length, numbers: count + length, done: length > count
                    ) {
                        for index in 0..<count { $0[index] = index }
                        for index in 0..<length { $0[count + index] = count - index }
                    }
                }
            }
            b.record.pointee.next = { raw, v in
                CombinatoricIterators.next(raw, v, item: { pool, _, at in pool.item(at) }) { indices, length, pool in
                    let count = pool.count
                    let swaps = indices + count
                    var at = length - 1
                    while at >= 0 {
                        swaps[at] -= 1
                        if swaps[at] > 0 {
                            let other = count - swaps[at]
                            (indices[at], indices[other]) = (indices[other], indices[at])
                            return true
                        }
                        // This place has seen all: the rest of the row turns back to its order.
                        let first = indices[at]
                        for index in at..<(count - 1) { indices[index] = indices[index + 1] }
                        indices[count - 1] = first
                        swaps[at] = count - at
                        at -= 1
                    }
                    return false
                }
            }
        }
    }

    // MARK: Product

    private static func product() {
        P.define(.itertoolsProduct, "product") { b in
            b.record.pointee.new = { t, _, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    let times = try P.keyword(t, "product", "repeat", a, n, k)
                    let count = times.isNull ? 1 : try t.indexInt(times)
                    if count < 0 { throw t.raise(.valueError, "repeat argument cannot be negative") }
                    let (length, overflow) = n.multipliedReportingOverflow(by: count)
                    if overflow || length > Int.max >> 8 { throw t.raise(.overflowError, "repeat argument too large") }
                    var pools: [Value] = []
                    defer { for pool in pools { t.release(pool) } }
                    if count > 0 { for index in 0..<n { pools.append(try t.tupleFrom(Value(bits: a[index]))) } }
                    var all: [Value] = []
                    for _ in 0..<(n == 0 ? 0 : count) { for pool in pools { all.append(t.retain(pool)) } }
                    let pool = try t.makeTuple(all)
                    defer { t.release(pool) }
                    return try CombinatoricIterators.make(
                        t, .itertoolsProduct, pool: pool, length: length, numbers: length,
                        done: pools.contains { TupleRef($0).count == 0 }
                    ) { _ in }
                }
            }
            b.record.pointee.next = { raw, v in
                CombinatoricIterators.next(raw, v, item: { pools, index, at in TupleRef(pools.item(index)).item(at) }) {
                    indices, length, pools in
                    var at = length - 1
                    while at >= 0 {
                        indices[at] += 1
                        if indices[at] < TupleRef(pools.item(at)).count { return true }
                        indices[at] = 0
                        at -= 1
                    }
                    return false
                }
            }
        }
    }
}
