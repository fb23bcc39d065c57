// The module `_heapq`: lists kept as binary heaps.
//
// Sharing   The list is read and changed item by item, each under the list's own protocol, and comparisons run Python code in between. Threads
//           that use one heap at once need a lock of their own: without one the order may be wrong, nothing else.
import StillObjects
import StillObmalloc
import StillPlatform
public import StillThreadRegistry
public import StillVM

public enum HeapModule {
    public static let definition = ModuleDefinition(name: "_heapq") { m in
        m.constant("__about__", Interning.intern("Heaps in lists: the item at k is not greater than those at 2*k+1 and 2*k+2."))
        m.function("heappush", 2, 2) { t, s, a, n, k in
            HeapModule.with(t, "heappush", a) { (h) throws(PythonError) -> Value in
                try h.list.append(h.t, Value(bits: a[1]))
                try h.rise(from: h.list.count - 1, floor: 0)
                return .none
            }
        }
        m.function("heappop", 1, 1) { t, s, a, n, k in
            HeapModule.with(t, "heappop", a) { (h) throws(PythonError) -> Value in try h.pop() }
        }
        m.function("heapreplace", 2, 2) { t, s, a, n, k in
            HeapModule.with(t, "heapreplace", a) { (h) throws(PythonError) -> Value in try h.replace(Value(bits: a[1])) }
        }
        m.function("heappushpop", 2, 2) { t, s, a, n, k in
            HeapModule.with(t, "heappushpop", a) { (h) throws(PythonError) -> Value in
                let item = Value(bits: a[1])
                let first = h.list.item(h.t, 0)
                if first.isNull { return h.t.retain(item) }
                defer { h.t.release(first) }
                return try h.before(first, item) ? try h.replace(item) : h.t.retain(item)
            }
        }
        m.function("heapify", 1, 1) { t, s, a, n, k in
            HeapModule.with(t, "heapify", a) { (h) throws(PythonError) -> Value in
                try h.arrange()
                return .none
            }
        }
        m.function("_heappop_max", 1, 1) { t, s, a, n, k in
            HeapModule.with(t, "_heappop_max", a, largest: true) { (h) throws(PythonError) -> Value in try h.pop() }
        }
        m.function("_heapreplace_max", 2, 2) { t, s, a, n, k in
            HeapModule.with(t, "_heapreplace_max", a, largest: true) { (h) throws(PythonError) -> Value in try h.replace(Value(bits: a[1])) }
        }
        m.function("_heapify_max", 1, 1) { t, s, a, n, k in
            HeapModule.with(t, "_heapify_max", a, largest: true) { (h) throws(PythonError) -> Value in
                try h.arrange()
                return .none
            }
        }
    }

    private static func with(
        _ raw: UnsafeMutableRawPointer, _ name: String, _ a: ArgumentWords, largest: Bool = false,
        _ body: (Heap) throws(PythonError) -> Value
    ) -> UInt64 {
        returning(raw) { (t) throws(PythonError) -> Value in
            guard t.isList(Value(bits: a[0])) else {
                throw t.raise(.typeError, "\(name)() argument\(name.hasPrefix("heapify") ? "" : " 1") must be list, not \(t.typeName(Value(bits: a[0])))")
            }
            return try body(Heap(t: t, list: ListRef(Value(bits: a[0])), largest: largest))
        }
    }

    struct Heap {
        let t: Thread
        let list: ListRef
        /// The largest item is first, not the smallest.
        let largest: Bool

        func before(_ a: Value, _ b: Value) throws(PythonError) -> Bool {
            largest ? try t.compareBool(.less, b, a) : try t.compareBool(.less, a, b)
        }
        private func changed() -> PythonError { t.raise(.runtimeError, "list changed size during iteration") }
        /// Owned.
        private func item(_ index: Int) throws(PythonError) -> Value {
            let item = list.item(t, index)
            if item.isNull { throw changed() }
            return item
        }
        private func store(_ index: Int, _ item: Value) throws(PythonError) {
            if !list.tryStore(t, index, item) { throw changed() }
        }

        /// Moves the item at `start` up to where it belongs, not above `floor`.
        func rise(from start: Int, floor: Int) throws(PythonError) {
            let item = try item(start)
            defer { t.release(item) }
            let length = list.count
            var place = start
            while place > floor {
                let parent = (place - 1) / 2
                let above = try self.item(parent)
                defer { t.release(above) }
                let moves = try before(item, above)
                if list.count != length { throw changed() }
                if !moves { break }
                try store(place, above)
                place = parent
                // Both places hold the parent now, so an item is never missing from the list.
                try store(place, item)
            }
        }

        /// Moves the item at `start` down: smaller children rise until it is at a leaf, from where it rises to its place. Most items that come
        /// from the end of the list belong near a leaf: so they are compared less often.
        func sink(_ start: Int, _ end: Int) throws(PythonError) {
            var place = start
            while 2 * place + 1 < end {
                var child = 2 * place + 1
                if child + 1 < end {
                    let left = try item(child)
                    defer { t.release(left) }
                    let right = try item(child + 1)
                    defer { t.release(right) }
                    // Of equal children the right one.
                    if try !before(left, right) { child += 1 }
                    if list.count != end { throw changed() }
                }
                let (own, other) = (try item(place), try item(child))
                defer { t.release(own) }
                defer { t.release(other) }
                try store(place, other)
                try store(child, own)
                place = child
            }
            try rise(from: place, floor: start)
        }

        func arrange() throws(PythonError) {
            let length = list.count
            for index in stride(from: length / 2 - 1, through: 0, by: -1) {
                try sink(index, length)
                if t.hasRequest { t.safepoint() }
            }
        }

        func pop() throws(PythonError) -> Value {
            let last = list.pop(t, list.count - 1)
            if last.isNull { throw t.raise(.indexError, "index out of range") }
            if list.count == 0 { return last }
            defer { t.release(last) }
            let first = try item(0)
            do throws(PythonError) {
                try store(0, last)
                try sink(0, list.count)
            } catch {
                t.release(first)
                throw error
            }
            return first
        }

        func replace(_ item: Value) throws(PythonError) -> Value {
            let first = list.item(t, 0)
            if first.isNull { throw t.raise(.indexError, "index out of range") }
            do throws(PythonError) {
                try store(0, item)
                try sink(0, list.count)
            } catch {
                t.release(first)
                throw error
            }
            return first
        }
    }
}
