// list.sort: a stable merge sort of runs on the items taken out of the list. Meanwhile the list is empty; if a comparison puts
// something into it, ValueError is raised and the sorted items win.
import StillObmalloc
import StillPlatform
import StillThreadRegistry

enum ListSort {
    private struct Entry {
        var key: Value
        var item: Value
    }

    static func sort(_ t: Thread, _ list: ListRef, key: Value, reverse: Bool) throws(PythonError) {
        var items = list.takeAll(t)
        var entries: [Entry] = []
        entries.reserveCapacity(items.count)
        var failure = false
        for (index, item) in items.enumerated() {
            if key.isNull {
                entries.append(Entry(key: item, item: item))
            } else {
                do throws(PythonError) { entries.append(Entry(key: try t.call(key, item), item: item)) } catch {
                    for entry in entries { t.release(entry.key) }
                    restore(t, list, items)
                    _ = index
                    throw error
                }
            }
        }
        // Reversed before and after: equal items keep their order.
        if reverse { entries.reverse() }
        do throws(PythonError) { try mergeSort(t, &entries) } catch { failure = true }
        if reverse { entries.reverse() }
        let raised = failure ? t.takeRaised() : .null
        items = entries.map(\.item)
        if !key.isNull { for entry in entries { t.release(entry.key) } }
        let modified = restore(t, list, items)
        if failure {
            t.setRaised(raised)
            throw PythonError()
        }
        if modified { throw t.raise(.valueError, "list modified during sort") }
    }

    /// Puts the items back; true when the list was not empty any more.
    @discardableResult
    private static func restore(_ t: Thread, _ list: ListRef, _ items: [Value]) -> Bool {
        let intruders = (try? list.splice(t, 0, Int.max, items)) ?? []
        for value in intruders { t.release(value) }
        return !intruders.isEmpty
    }

    private static func mergeSort(_ t: Thread, _ entries: inout [Entry]) throws(PythonError) {
        let count = entries.count
        if count < 2 { return }
        // All small ints, or all immediate floats: no Python code runs.
        if entries.allSatisfy({ $0.key.isSmallInt }) {
            entries = entries.enumerated().sorted {
                $0.element.key.smallInt != $1.element.key.smallInt
                    ? $0.element.key.smallInt < $1.element.key.smallInt : $0.offset < $1.offset
            }.map(\.element)
            return
        }
        let width = 16
        var start = 0
        while start < count {
            // Binary insertion for short runs.
            let end = min(start + width, count)
            var index = start + 1
            while index < end {
                let entry = entries[index]
                var low = start
                var high = index
                while low < high {
                    let middle = (low + high) / 2
                    if try less(t, entry, entries[middle]) { high = middle } else { low = middle + 1 }
                }
                var at = index
                while at > low {
                    entries[at] = entries[at - 1]
                    at -= 1
                }
                entries[low] = entry
                index += 1
            }
            start = end
        }
        var run = width
        var other = entries
        while run < count {
            var first = 0
            while first < count {
                let middle = min(first + run, count)
                let end = min(first + 2 * run, count)
                do throws(PythonError) { try merge(t, entries, &other, first, middle, end) } catch {
                    // What was merged so far may lack items: `entries` still has them all.
                    throw error
                }
                first = end
            }
            swap(&entries, &other)
            run *= 2
        }
    }

    private static func merge(
        _ t: Thread, _ from: [Entry], _ to: inout [Entry], _ first: Int, _ middle: Int, _ end: Int
    ) throws(PythonError) {
        var left = first
        var right = middle
        var at = first
        if middle < end, try !less(t, from[middle], from[middle - 1]) {
            while at < end {
                to[at] = from[at]
                at += 1
            }
            return
        }
        while left < middle && right < end {
            if try less(t, from[right], from[left]) {
                to[at] = from[right]
                right += 1
            } else {
                to[at] = from[left]
                left += 1
            }
            at += 1
        }
        while left < middle {
            to[at] = from[left]
            left += 1
            at += 1
        }
        while right < end {
            to[at] = from[right]
            right += 1
            at += 1
        }
    }

    @inline(__always)
    private static func less(_ t: Thread, _ x: Entry, _ y: Entry) throws(PythonError) -> Bool {
        if x.key.isSmallInt && y.key.isSmallInt { return x.key.smallInt < y.key.smallInt }
        if x.key.isImmediateFloat && y.key.isImmediateFloat { return x.key.immediateFloat < y.key.immediateFloat }
        return try t.compareBool(.less, x.key, y.key)
    }
}
