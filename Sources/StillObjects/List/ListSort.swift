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
        for item in items {
            if key.isNull {
                entries.append(Entry(key: item, item: item))
            } else {
                do throws(PythonError) { entries.append(Entry(key: try t.call(key, item), item: item)) } catch {
                    for entry in entries { t.release(entry.key) }
                    restore(t, list, items)
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

    // MARK: Orders

    /// What is less. One sort is compiled for each of them: keys that are all of one builtin type are compared without asking for it again.
    private protocol Order {
        static func less(_ t: Thread, _ x: Value, _ y: Value) throws(PythonError) -> Bool
    }
    private enum SmallInts: Order {
        @inline(__always) static func less(_ t: Thread, _ x: Value, _ y: Value) -> Bool { Int64(bitPattern: x.bits) < Int64(bitPattern: y.bits) }
    }
    private enum Floats: Order {
        @inline(__always) static func less(_ t: Thread, _ x: Value, _ y: Value) -> Bool { x.immediateFloat < y.immediateFloat }
    }
    private enum Strings: Order {
        @inline(__always) static func less(_ t: Thread, _ x: Value, _ y: Value) -> Bool { StrRef.compare(StrRef(x), StrRef(y)) < 0 }
    }
    private enum AnyKeys: Order {
        @inline(__always) static func less(_ t: Thread, _ x: Value, _ y: Value) throws(PythonError) -> Bool {
            if x.isSmallInt && y.isSmallInt { return x.smallInt < y.smallInt }
            return try t.compareBool(.less, x, y)
        }
    }

    private static func mergeSort(_ t: Thread, _ entries: inout [Entry]) throws(PythonError) {
        let count = entries.count
        if count < 2 { return }
        var ints = true
        var floats = true
        var strings = true
        for entry in entries {
            ints = ints && entry.key.isSmallInt
            floats = floats && entry.key.isImmediateFloat
            strings = strings && entry.key.isObject && entry.key.object.typeRaw == t.type(.str).raw
        }
        guard let room = rawAllocate(count * MemoryLayout<Entry>.stride) else { throw t.noMemory() }
        defer { rawFree(room) }
        let other = room.bindMemory(to: Entry.self, capacity: count)
        try entries.withUnsafeMutableBufferPointer { (buffer) throws(PythonError) -> Void in
            let base = buffer.baseAddress.unsafelyUnwrapped
            if ints {
                try sort(t, base, other, count, SmallInts.self)
            } else if floats {
                try sort(t, base, other, count, Floats.self)
            } else if strings {
                try sort(t, base, other, count, Strings.self)
            } else {
                try sort(t, base, other, count, AnyKeys.self)
            }
        }
    }

    // MARK: Merging

    /// Runs of 16 by binary insertion, then merged pairwise, to and fro between the two arrays. When a comparison fails, `entries` holds all of
    /// them in some order.
    @inline(__always)
    private static func sort<O: Order>(
        _ t: Thread, _ entries: UnsafeMutablePointer<Entry>, _ room: UnsafeMutablePointer<Entry>, _ count: Int, _ order: O.Type
    ) throws(PythonError) {
        let width = 16
        var start = 0
        while start < count {
            let end = min(start &+ width, count)
            var index = start &+ 1
            while index < end {
                let entry = entries[index]
                if try O.less(t, entry.key, entries[index &- 1].key) {
                    var low = start
                    var high = index &- 1
                    while low < high {
                        let middle = (low &+ high) >> 1
                        if try O.less(t, entry.key, entries[middle].key) { high = middle } else { low = middle &+ 1 }
                    }
                    var at = index
                    while at > low {
                        entries[at] = entries[at &- 1]
                        at &-= 1
                    }
                    entries[low] = entry
                }
                index &+= 1
            }
            start = end
        }
        var from = entries
        var to = room
        var run = width
        while run < count {
            var first = 0
            while first < count {
                let middle = min(first &+ run, count)
                let end = min(middle &+ run, count)
                do throws(PythonError) { try merge(t, from, to, first, middle, end, order) } catch {
                    // What was merged in this round is incomplete: the source still has all.
                    if from != entries { entries.update(from: from, count: count) }
                    throw error
                }
                first = end
            }
            swap(&from, &to)
            run &*= 2
        }
        if from != entries { entries.update(from: from, count: count) }
    }

    @inline(__always)
    private static func merge<O: Order>(
        _ t: Thread, _ from: UnsafeMutablePointer<Entry>, _ to: UnsafeMutablePointer<Entry>, _ first: Int, _ middle: Int, _ end: Int,
        _ order: O.Type
    ) throws(PythonError) {
        if middle == end {
            (to + first).update(from: from + first, count: end &- first)
            return
        }
        let inOrder = try !O.less(t, from[middle].key, from[middle &- 1].key)
        if inOrder {
            (to + first).update(from: from + first, count: end &- first)
            return
        }
        var left = first
        var right = middle
        var at = first
        while left < middle && right < end {
            if try O.less(t, from[right].key, from[left].key) {
                to[at] = from[right]
                right &+= 1
            } else {
                to[at] = from[left]
                left &+= 1
            }
            at &+= 1
        }
        (to + at).update(from: from + left, count: middle &- left)
        at &+= middle &- left
        (to + at).update(from: from + right, count: end &- right)
    }
}
