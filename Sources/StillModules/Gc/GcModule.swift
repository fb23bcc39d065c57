// The module `gc`.
import StillGC
import StillObjects
import StillObmalloc
import StillPlatform
public import StillThreadRegistry
public import StillVM
import Synchronization

public enum GcModule {
    private static let thresholds = Guarded<[Int]>(heldOverFork: [2000, 10, 0])

    public static let definition = ModuleDefinition(name: "gc") { m in
        let t = m.thread
        if let list = try? t.makeList(capacity: 0) {
            m.set("garbage", list)
            t.interpreterState.pointee.collectorGarbage.store(list.bits, ordering: .releasing)
        }
        if let list = try? t.makeList(capacity: 0) {
            m.set("callbacks", list)
            // The interpreter keeps the list; the program may replace the attribute.
            t.interpreterState.pointee.collectorCallbacks.store(list.bits, ordering: .releasing)
        }
        for (name, number) in [("DEBUG_STATS", 1), ("DEBUG_COLLECTABLE", 2), ("DEBUG_UNCOLLECTABLE", 4), ("DEBUG_SAVEALL", 32), ("DEBUG_LEAK", 38)] {
            m.set(name, Value(smallInt: number))
        }
        m.function("enable", 0, 0) { t, _, _, _, _ in
            Collector(of: Thread(t)).fields.pointee.enabled.store(1, ordering: .relaxed)
            return Value.none.bits
        }
        m.function("disable", 0, 0) { t, _, _, _, _ in
            Collector(of: Thread(t)).fields.pointee.enabled.store(0, ordering: .relaxed)
            return Value.none.bits
        }
        m.function("isenabled", 0, 0) { t, _, _, _, _ in
            Value(Collector(of: Thread(t)).fields.pointee.enabled.load(ordering: .relaxed) != 0).bits
        }
        m.function("collect", 0, 1, keywords: true) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let v = try Arguments.parse(t, function: "collect", a, n, k, names: ["generation"], required: 0)
                if !v[0].isNull {
                    let generation = try t.indexInt(v[0])
                    if generation < 0 || generation > 2 { throw t.raise(.valueError, "invalid generation") }
                }
                return try t.makeInt(Collector(of: t).collect(t))
            }
        }
        m.function("get_stats", 0, 0) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                // Young collections are the youngest generation's; the one in the middle never collects.
                let figures = Collector(of: t).statistics(t)
                let list = try t.makeList(capacity: 3)
                for generation in 0..<3 {
                    let dict = try t.makeDict()
                    for (key, young, old) in [
                        ("collections", figures.youngCollections, figures.collections), ("collected", figures.youngCollected, figures.collected),
                        ("uncollectable", 0, figures.uncollectable),
                    ] {
                        try DictRef(dict).set(t, Interning.intern(key), Value(smallInt: [young, 0, old][generation]))
                    }
                    try ListRef(list).appendOwned(t, dict)
                }
                return list
            }
        }
        m.function("get_count", 0, 0) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                return try t.makeTuple([Value(smallInt: Collector(of: t).grownSinceCollection(t)), Value(smallInt: 0), Value(smallInt: 0)])
            }
        }
        m.function("get_threshold", 0, 0) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                try t.makeTuple(GcModule.thresholds.withLock { (list: inout [Int]) in list }.map { Value(smallInt: $0) })
            }
        }
        m.function("set_threshold", 1, 3) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                var numbers: [Int] = []
                for index in 0..<n { numbers.append(try t.indexInt(Value(bits: a[index]))) }
                GcModule.thresholds.withLock { (list: inout [Int]) in
                    for index in 0..<numbers.count { list[index] = numbers[index] }
                }
                // 0 switches automatic collection off, as documented.
                if numbers[0] == 0 { Collector(of: t).fields.pointee.enabled.store(0, ordering: .relaxed) }
                return .none
            }
        }
        m.function("set_slice_budget", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let budget = try t.indexInt(Value(bits: a[0]))
                if budget < 1000 { throw t.raise(.valueError, "the slice budget is at least 1000 ns") }
                Collector(of: t).fields.pointee.budgetNanoseconds.store(UInt64(budget), ordering: .relaxed)
                return .none
            }
        }
        m.function("get_slice_budget", 0, 0) { t, _, _, _, _ in
            Value(smallInt: Int(Collector(of: Thread(t)).fields.pointee.budgetNanoseconds.load(ordering: .relaxed))).bits
        }
        m.function("get_debug", 0, 0) { t, _, _, _, _ in
            Value(smallInt: Int(Collector(of: Thread(t)).fields.pointee.debug.load(ordering: .relaxed))).bits
        }
        m.function("set_debug", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let flags = try t.indexInt(Value(bits: a[0]))
                Collector(of: t).fields.pointee.debug.store(UInt32(truncatingIfNeeded: flags), ordering: .relaxed)
                return .none
            }
        }
        m.function("is_tracked", 1, 1) { t, s, a, n, k in
            let v = Value(bits: a[0])
            return Value(v.isObject && v.object.isCollectable).bits
        }
        m.function("is_finalized", 1, 1) { t, s, a, n, k in
            let v = Value(bits: a[0])
            return Value(v.isObject && v.object.flags & ObjectFlags.finalized != 0).bits
        }
        m.function("get_objects", 0, 1, keywords: true) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let v = try Arguments.parse(t, function: "get_objects", a, n, k, names: ["generation"], required: 0)
                if !v[0].isNull && v[0].bits != Value.none.bits {
                    let generation = try t.indexInt(v[0])
                    if generation < -1 { throw t.raise(.valueError, "generation parameter cannot be negative") }
                    if generation > 2 {
                        throw t.raise(.valueError, "generation parameter must be less than the number of available generations (3)")
                    }
                    // All objects are of the oldest generation.
                    if generation == 0 || generation == 1 { return try t.makeList(capacity: 0) }
                }
                return try HeapWalk.objects(t) { _ in true }
            }
        }
        m.function("get_referents", 0, -1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                try HeapWalk.referents(t, (0..<n).map { Value(bits: a[$0]) })
            }
        }
        m.function("get_referrers", 0, -1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let wanted = Set((0..<n).map { a[$0] & ~7 })
                return try HeapWalk.objects(t) { HeapWalk.refers($0, to: wanted) }
            }
        }
        m.function("freeze", 0, 0) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                if !Collector(of: t).freeze(t) { throw t.raise(.runtimeError, "gc.freeze() inside a collection: a finalizer or callback calls it") }
                return .none
            }
        }
        m.function("unfreeze", 0, 0) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                if !Collector(of: t).unfreeze(t) { throw t.raise(.runtimeError, "gc.unfreeze() inside a collection: a finalizer or callback calls it") }
                return .none
            }
        }
        m.function("get_freeze_count", 0, 0) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in try t.makeInt(Collector(of: t).frozenCount(t)) }
        }
        m.function("get_collector_stats", 0, 0) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in try collectorStatistics(t) }
        }
    }
}
