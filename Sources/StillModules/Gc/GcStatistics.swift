// gc.get_collector_stats(): more than CPython's gc.get_stats() has keys for.
import StillGC
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import StillVM

extension GcModule {
    /// Sums over all collections, the last one, and the pauses as far as the log reaches back. Owned.
    static func collectorStatistics(_ t: Thread) throws(PythonError) -> Value {
        HeapCounts.report(t)
        let sums = Collector(of: t).statistics(t)
        let heap = InterpreterHeap(of: t)
        var lengths: [UInt64] = []
        let interpreter = t.interpreter.id
        for record in PauseLog.read() where record.interpreter == interpreter {
            switch record.reason {
            case .collectStart, .collectSlice, .collectVerdict, .collectYoung: lengths.append(record.wallNanoseconds)
            default: break
            }
        }
        lengths.sort()
        let dict = try t.makeDict()
        do throws(PythonError) {
            for (key, number) in [
                ("collections", sums.collections), ("collected", sums.collected), ("uncollectable", sums.uncollectable),
                ("slices", sums.slices), ("marked", sums.marked), ("examined", sums.examined), ("finalized", sums.finalized),
                ("live_objects", sums.live), ("existing_objects", heap.existingObjects), ("buffer_bytes", heap.existingBufferBytes),
                ("frozen", Collector(of: t).frozenCount(t)), ("pauses", lengths.count), ("young_collections", sums.youngCollections),
                ("young_collected", sums.youngCollected),
            ] { try set(t, dict, key, try t.makeInt(number)) }
            for (key, share) in [("pause_p50", 0.5), ("pause_p99", 0.99), ("pause_p999", 0.999), ("pause_max", 1.0)] where !lengths.isEmpty {
                let rank = max(0, Int((Double(lengths.count) * share).rounded(.up)) - 1)
                try set(t, dict, key, try t.makeFloat(Double(lengths[rank]) / 1e9))
            }
            try set(t, dict, "pause_histogram", try histogram(t, lengths))
        } catch {
            t.release(dict)
            throw error
        }
        return dict
    }

    /// Upper ends in microseconds, powers of two, and how many pauses are below; from the shortest to the longest.
    private static func histogram(_ t: Thread, _ sorted: [UInt64]) throws(PythonError) -> Value {
        let dict = try t.makeDict()
        var limit: UInt64 = 1000
        var first = 0
        while first < sorted.count {
            var end = first
            while end < sorted.count && sorted[end] < limit { end += 1 }
            if end > first || first > 0 {
                do throws(PythonError) {
                    try DictRef(dict).set(t, Value(smallInt: Int(limit / 1000)), Value(smallInt: end - first))
                } catch {
                    t.release(dict)
                    throw error
                }
            }
            first = end
            limit *= 2
        }
        return dict
    }

    private static func set(_ t: Thread, _ dict: Value, _ key: String, _ value: Value) throws(PythonError) {
        defer { t.release(value) }
        try DictRef(dict).set(t, Interning.intern(key), value)
    }
}
