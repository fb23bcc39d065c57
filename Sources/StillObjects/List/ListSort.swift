// list.sort: a stable merge sort of runs on the items taken out of the list. Meanwhile the list is empty; if a comparison puts
// something into it, ValueError is raised and the sorted items win.
import StillObmalloc
import StillPlatform
import StillThreadRegistry

enum ListSort {
    private struct Entry: BitwiseCopyable {
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
        associatedtype Element: BitwiseCopyable
        /// 1: less, 0: not, -1: an exception. A number and no throw, so that what cannot fail is compiled without a thought of it.
        static func less(_ t: Thread, _ x: Element, _ y: Element) -> Int
    }
    private enum SmallInts: Order {
        @inline(__always) static func less(_ t: Thread, _ x: Entry, _ y: Entry) -> Int {
            Int64(bitPattern: x.key.bits) < Int64(bitPattern: y.key.bits) ? 1 : 0
        }
    }
    private enum Floats: Order {
        @inline(__always) static func less(_ t: Thread, _ x: Entry, _ y: Entry) -> Int { x.key.immediateFloat < y.key.immediateFloat ? 1 : 0 }
    }
    private enum Strings: Order {
        @inline(__always) static func less(_ t: Thread, _ x: Entry, _ y: Entry) -> Int { StrRef.compare(StrRef(x.key), StrRef(y.key)) < 0 ? 1 : 0 }
    }
    /// Strings of one byte for each code point: most differ within eight of them.
    private enum NarrowStrings: Order {
        @inline(__always) static func less(_ t: Thread, _ x: Prefixed, _ y: Prefixed) -> Int {
            if x.prefix != y.prefix { return x.prefix < y.prefix ? 1 : 0 }
            return StrRef.compare(StrRef(x.entry.key), StrRef(y.entry.key)) < 0 ? 1 : 0
        }
    }
    private enum AnyKeys: Order {
        @inline(__always) static func less(_ t: Thread, _ x: Entry, _ y: Entry) -> Int {
            if x.key.isSmallInt && y.key.isSmallInt { return x.key.smallInt < y.key.smallInt ? 1 : 0 }
            do throws(PythonError) { return try t.compareBool(.less, x.key, y.key) ? 1 : 0 } catch { return -1 }
        }
    }

    private struct Prefixed: BitwiseCopyable {
        /// The first eight code points, the first one highest; zeros where there are fewer, so that equal ones still have to be compared.
        let prefix: UInt64
        let entry: Entry

        init(_ entry: Entry) {
            self.entry = entry
            let string = StrRef(entry.key)
            let count = string.count
            let data = UnsafeRawPointer(string.data)
            if count >= 8 {
                prefix = UInt64(bigEndian: data.loadUnaligned(as: UInt64.self))
            } else {
                var word: UInt64 = 0
                for index in 0..<count { word |= UInt64(data.load(fromByteOffset: index, as: UInt8.self)) &<< UInt64(56 &- index &* 8) }
                prefix = word
            }
        }
    }

    private static func mergeSort(_ t: Thread, _ entries: inout [Entry]) throws(PythonError) {
        let count = entries.count
        if count < 2 { return }
        var ints = true
        var floats = true
        var strings = true
        var narrow = true
        for entry in entries {
            ints = ints && entry.key.isSmallInt
            floats = floats && entry.key.isImmediateFloat
            strings = strings && entry.key.isObject && entry.key.object.typeRaw == t.type(.str).raw
            narrow = narrow && strings && StrRef(entry.key).width == 1
        }
        if narrow { return try sortNarrow(t, &entries) }
        guard let room = rawAllocate(count * MemoryLayout<Entry>.stride) else { throw t.noMemory() }
        defer { rawFree(room) }
        let other = room.bindMemory(to: Entry.self, capacity: count)
        let done = entries.withUnsafeMutableBufferPointer { buffer -> Bool in
            let base = buffer.baseAddress.unsafelyUnwrapped
            if ints { return sort(t, base, other, count, SmallInts.self) }
            if floats { return sort(t, base, other, count, Floats.self) }
            if strings { return sort(t, base, other, count, Strings.self) }
            return sort(t, base, other, count, AnyKeys.self)
        }
        if !done { throw PythonError() }
    }

    private static func sortNarrow(_ t: Thread, _ entries: inout [Entry]) throws(PythonError) {
        let count = entries.count
        guard let room = rawAllocate(2 * count * MemoryLayout<Prefixed>.stride) else { throw t.noMemory() }
        defer { rawFree(room) }
        let prefixed = room.bindMemory(to: Prefixed.self, capacity: 2 * count)
        for index in 0..<count { prefixed[index] = Prefixed(entries[index]) }
        _ = sort(t, prefixed, prefixed + count, count, NarrowStrings.self)
        for index in 0..<count { entries[index] = prefixed[index].entry }
    }

    // MARK: Merging

    /// Runs of 16 by binary insertion, then merged pairwise, to and fro between the two arrays. When a comparison fails, `entries` holds all of
    /// them in some order.
    @inline(__always)
    private static func sort<O: Order>(
        _ t: Thread, _ entries: UnsafeMutablePointer<O.Element>, _ room: UnsafeMutablePointer<O.Element>, _ count: Int, _ order: O.Type
    ) -> Bool {
        let width = 16
        var start = 0
        while start < count {
            let end = min(start &+ width, count)
            var index = start &+ 1
            while index < end {
                let entry = entries[index]
                let first = O.less(t, entry, entries[index &- 1])
                if _slowPath(first < 0) { return false }
                if first > 0 {
                    var low = start
                    var high = index &- 1
                    while low < high {
                        let middle = (low &+ high) >> 1
                        let order = O.less(t, entry, entries[middle])
                        if _slowPath(order < 0) { return false }
                        if order > 0 { high = middle } else { low = middle &+ 1 }
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
                if _slowPath(!merge(t, from, to, first, middle, end, order)) {
                    // What was merged in this round is incomplete: the source still has all.
                    if from != entries { entries.update(from: from, count: count) }
                    return false
                }
                first = end
            }
            swap(&from, &to)
            run &*= 2
        }
        if from != entries { entries.update(from: from, count: count) }
        return true
    }

    @inline(__always)
    private static func merge<O: Order>(
        _ t: Thread, _ from: UnsafeMutablePointer<O.Element>, _ to: UnsafeMutablePointer<O.Element>, _ first: Int, _ middle: Int, _ end: Int,
        _ order: O.Type
    ) -> Bool {
        if middle == end {
            (to + first).update(from: from + first, count: end &- first)
            return true
        }
        let mixed = O.less(t, from[middle], from[middle &- 1])
        if _slowPath(mixed < 0) { return false }
        if mixed == 0 {
            (to + first).update(from: from + first, count: end &- first)
            return true
        }
        var left = first
        var right = middle
        var at = first
        while left < middle && right < end {
            let smaller = O.less(t, from[right], from[left])
            if _slowPath(smaller < 0) { return false }
            if smaller > 0 {
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
        return true
    }
}
