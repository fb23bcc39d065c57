// The module `_bisect`: searching and inserting in sorted sequences.
import StillObjects
import StillObmalloc
import StillPlatform
public import StillThreadRegistry
public import StillVM

public enum BisectModule {
    public static let definition = ModuleDefinition(name: "_bisect") { m in
        for name in ["bisect_right", "bisect"] {
            m.function(name, 0, -1, keywords: true) { t, s, a, n, k in BisectModule.run(t, "bisect_right", a, n, k, right: true, inserts: false) }
        }
        m.function("bisect_left", 0, -1, keywords: true) { t, s, a, n, k in
            BisectModule.run(t, "bisect_left", a, n, k, right: false, inserts: false)
        }
        for name in ["insort_right", "insort"] {
            m.function(name, 0, -1, keywords: true) { t, s, a, n, k in BisectModule.run(t, "insort_right", a, n, k, right: true, inserts: true) }
        }
        m.function("insort_left", 0, -1, keywords: true) { t, s, a, n, k in
            BisectModule.run(t, "insort_left", a, n, k, right: false, inserts: true)
        }
    }

    private static func run(
        _ raw: UnsafeMutableRawPointer, _ name: String, _ a: ArgumentWords, _ n: Int, _ k: UInt64, right: Bool, inserts: Bool
    ) -> UInt64 {
        returning(raw) { (t) throws(PythonError) -> Value in
            let v = try Arguments.parse(
                t, function: name, a, n, k, names: ["a", "x", "lo", "hi", "key"], required: 2, keywordOnly: 1)
            let key = v[4].isNull || v[4].isNone ? Value.null : v[4]
            let low = v[2].isNull ? 0 : try t.indexInt(v[2])
            if low < 0 { throw t.raise(.valueError, "lo must be non-negative") }
            let high = v[3].isNull || v[3].isNone ? try t.length(v[0]) : try t.indexInt(v[3])
            if !inserts { return try t.makeInt(try find(t, v[0], v[1], low, high, key, right)) }
            // What is compared is the new item's key.
            let needle = key.isNull ? t.retain(v[1]) : try t.call(key, v[1])
            defer { t.release(needle) }
            let place = try find(t, v[0], needle, low, high, key, right)
            t.release(try t.callMethod(v[0], Interning.intern("insert"), try t.makeInt(place), v[1]))
            return .none
        }
    }

    private static func find(
        _ t: Thread, _ list: Value, _ x: Value, _ low: Int, _ high: Int, _ key: Value, _ right: Bool
    ) throws(PythonError) -> Int {
        var (low, high) = (low, high)
        while low < high {
            let middle = low + (high - low) / 2
            // A range may be longer than small ints reach.
            let place = try t.makeInt(middle)
            defer { t.release(place) }
            var item = try t.getItem(list, place)
            if !key.isNull {
                let plain = item
                defer { t.release(plain) }
                item = try t.call(key, plain)
            }
            defer { t.release(item) }
            if right {
                if try t.compareBool(.less, x, item) { high = middle } else { low = middle + 1 }
            } else {
                if try t.compareBool(.less, item, x) { low = middle + 1 } else { high = middle }
            }
        }
        return low
    }
}
