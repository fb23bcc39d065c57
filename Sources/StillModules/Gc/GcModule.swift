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
    private static let debug = Atomic<Int>(0)

    public static let definition = ModuleDefinition(name: "gc") { m in
        let t = m.thread
        if let list = try? t.makeList(capacity: 0) { m.constant("garbage", list) }
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
                // One generation does all the work; the others never collect.
                let figures = Collector(of: t).statistics(t)
                let list = try t.makeList(capacity: 3)
                for generation in 0..<3 {
                    let dict = try t.makeDict()
                    for (key, number) in [
                        ("collections", figures.collections), ("collected", figures.collected),
                        ("uncollectable", figures.uncollectable),
                    ] {
                        try DictRef(dict).set(t, Interning.intern(key), Value(smallInt: generation == 2 ? number : 0))
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
        m.function("get_debug", 0, 0) { t, _, _, _, _ in Value(smallInt: GcModule.debug.load(ordering: .relaxed)).bits }
        m.function("set_debug", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let flags = try t.indexInt(Value(bits: a[0]))
                if flags != 0 { throw t.raise(.notImplementedError, "gc.set_debug() flags are not supported yet") }
                GcModule.debug.store(flags, ordering: .relaxed)
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
            returning(t) { (t) throws(PythonError) -> Value in try HeapWalk.objects(t) { _ in true } }
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
        for name in ["freeze", "unfreeze"] {
            // Nothing is copied on write after a fork here: freezing has no effect.
            m.function(name, 0, 0) { _, _, _, _, _ in Value.none.bits }
        }
        m.function("get_freeze_count", 0, 0) { _, _, _, _, _ in Value(smallInt: 0).bits }
    }

    /// The collections of the shutdown call nobody: what callbacks use may be gone.
    public static func forgetCallbacks(_ t: ThreadState) {
        t.release(Value(bits: t.interpreterState.pointee.collectorCallbacks.exchange(0, ordering: .acquiringAndReleasing)))
    }

    /// Calls gc.callbacks. For `CollectorRoots.notify`.
    public static func notify(_ t: ThreadState, start: Bool, collected: Int, uncollectable: Int) {
        let callbacks = Value(bits: t.interpreterState.pointee.collectorCallbacks.load(ordering: .acquiring))
        if callbacks.isNull || ListRef(callbacks).count == 0 { return }
        let raised = t.takeRaised()
        defer { if !raised.isNull { t.setRaised(raised) } }
        do throws(PythonError) {
            let info = try t.makeDict()
            defer { t.release(info) }
            for (key, number) in [("generation", 2), ("collected", collected), ("uncollectable", uncollectable)] {
                try DictRef(info).set(t, Interning.intern(key), Value(smallInt: number))
            }
            let copy = try t.makeList(capacity: 0)
            defer { t.release(copy) }
            try ListRef(copy).extend(t, callbacks)
            for index in 0..<ListRef(copy).count {
                let function = ListRef(copy).item(t, index)
                defer { t.release(function) }
                do throws(PythonError) {
                    t.release(try t.call(function, Interning.intern(start ? "start" : "stop"), info))
                } catch { t.writeUnraisable(function) }
            }
        } catch { t.writeUnraisable(.null) }
    }
}
