// The storage of a deque: a ring of words.
//
//   24 ring (raw: word 0 its capacity, a power of two, then the items; 0: none)   32 place of the first item   40 count (atomic)
//   48 longest length, -1 for none   56 changes (atomic): one more for each change of the length or the order
//
// Sharing   Ring, place and count are read and changed under the object's lock, and no Python code runs under it. Items leave it with a count
//           of their own; what a change displaces is released after the lock is free. Nobody keeps the ring's address.
// Tracing   Words outside the items are null, so the collector looks at all words of the ring, in any order.
// Ordering  (Q1) count and changes are loaded without the lock as numbers at some moment; they guard no memory.
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import Synchronization

struct DequeRef {
    static let ring = 24, place = 32, countOffset = 40, limitOffset = 48, changesOffset = 56, bytes = 64

    let object: ObjectRef
    init(_ value: Value) { object = value.object }
    init(_ bits: UInt64) { object = Value(bits: bits).object }
    init(_ object: ObjectRef) { self.object = object }

    var count: Int { Int(object.atomicWord(DequeRef.countOffset).pointee.load(ordering: .relaxed)) }  // Q1
    var changes: UInt64 { object.atomicWord(DequeRef.changesOffset).pointee.load(ordering: .relaxed) }  // Q1
    /// -1: none. Changes only in `__init__`.
    var limit: Int { Int(truncatingIfNeeded: Int64(bitPattern: object.atomicWord(DequeRef.limitOffset).pointee.load(ordering: .relaxed))) }
    func setLimit(_ limit: Int) {
        object.atomicWord(DequeRef.limitOffset).pointee.store(UInt64(bitPattern: Int64(limit)), ordering: .relaxed)
    }

    // MARK: Under the lock

    private func locked<R>(_ body: () -> R) -> R {
        if FaultInjection.isActive(.takeWithoutLock) { return body() }
        ObjectLock.lock(object.lockByte)
        defer { ObjectLock.unlock(object.lockByte) }
        return body()
    }
    private typealias Words = UnsafeMutablePointer<UInt64>
    private var words: Words? { object.field(DequeRef.ring) }
    private var first: Int { object.field(DequeRef.place) }
    private func setFirst(_ place: Int) { object.setField(DequeRef.place, place) }
    private func setCount(_ count: Int) { object.atomicWord(DequeRef.countOffset).pointee.store(UInt64(count), ordering: .relaxed) }
    private func changed() {
        object.atomicWord(DequeRef.changesOffset).pointee.store(changes &+ 1, ordering: .relaxed)
    }
    private static func capacity(_ words: Words) -> Int { Int(words[0]) }
    private func word(_ words: Words, _ index: Int) -> Words {
        words + 1 + ((first &+ index) & (DequeRef.capacity(words) - 1))
    }

    /// Room for one more item. nil: no memory.
    private func reserve(_ t: Thread) -> Words? {
        let old = words
        let count = self.count
        if let old, count < DequeRef.capacity(old) { return old }
        let capacity = max(8, count * 2)
        let size = (capacity + 1) * 8
        guard capacity < 1 << 40, let raw = Allocation.buffer(t, bytes: size) else { return nil }
        raw.initializeMemory(as: UInt8.self, repeating: 0, count: size)
        let fresh = raw.assumingMemoryBound(to: UInt64.self)
        fresh[0] = UInt64(capacity)
        if let old {
            WriteBarrier.willShiftItems(object, t)
            for index in 0..<count { fresh[1 + index] = word(old, index).pointee }
            Allocation.freeBuffer(t, UnsafeMutableRawPointer(old), bytes: (DequeRef.capacity(old) + 1) * 8)
        }
        object.setField(DequeRef.ring, fresh)
        setFirst(0)
        return fresh
    }
    /// Takes the item out of its word.
    private func take(_ t: Thread, _ place: Words) -> Value {
        let value = Value(bits: place.pointee)
        if value.isCounted { WriteBarrier.willOverwrite(object, old: value.object, t) } else { WriteBarrier.willStore(object, t) }
        place.pointee = 0
        return value
    }
    private func takeEnd(_ t: Thread, left: Bool) -> Value {
        let count = self.count
        guard count > 0, let words else { return .null }
        let value = take(t, word(words, left ? 0 : count - 1))
        SchedulingNoise.point()
        if left { setFirst((first + 1) & (DequeRef.capacity(words) - 1)) }
        setCount(count - 1)
        changed()
        return value
    }
    private func retained(_ t: Thread, _ bits: UInt64) -> Value {
        let value = Value(bits: bits)
        if value.isCounted { ReferenceCount.retainAndShare(value.object, t) }
        return value
    }

    // MARK: Operations

    /// Adds an owned item at an end; what a bounded deque loses for it is released.
    func push(_ t: Thread, owned value: Value, left: Bool) throws(PythonError) {
        let limit = self.limit
        if limit == 0 {
            t.release(value)
            return
        }
        var lost = Value.null
        let done = locked { () -> Bool in
            if limit > 0 && count >= limit { lost = takeEnd(t, left: !left) }
            guard let words = reserve(t) else { return false }
            WriteBarrier.willStore(object, t)
            let count = self.count
            if left {
                setFirst((first - 1) & (DequeRef.capacity(words) - 1))
                word(words, 0).pointee = value.bits
            } else {
                word(words, count).pointee = value.bits
            }
            setCount(count + 1)
            changed()
            return true
        }
        t.release(lost)
        if !done {
            t.release(value)
            throw t.noMemory()
        }
    }
    /// Owned, or null when the deque is empty.
    func pop(_ t: Thread, left: Bool) -> Value { locked { takeEnd(t, left: left) } }

    /// Owned item, null when the index (not negative) is out of range.
    func item(_ t: Thread, _ index: Int) -> Value {
        locked {
            guard index < count, let words else { return .null }
            return retained(t, word(words, index).pointee)
        }
    }
    /// Owned item and the number of changes before it.
    func item(_ t: Thread, _ index: Int, ifChanges changes: UInt64) -> Value {
        locked {
            guard self.changes == changes, index >= 0, index < count, let words else { return .null }
            return retained(t, word(words, index).pointee)
        }
    }
    /// Replaces an item by an owned one: the old one, owned; null, and the value stays the caller's, when the index is out of range.
    func replace(_ t: Thread, _ index: Int, owned value: Value) -> Value {
        locked {
            guard index < count, let words else { return .null }
            let place = word(words, index)
            let old = take(t, place)
            place.pointee = value.bits
            return old
        }
    }
    /// All items at one moment, owned.
    func snapshot(_ t: Thread) -> [Value] {
        locked {
            guard let words else { return [] }
            return (0..<count).map { retained(t, word(words, $0).pointee) }
        }
    }
    /// Takes all items out, owned.
    func takeAll(_ t: Thread) -> [Value] {
        locked {
            guard let words else { return [] }
            let items = (0..<count).map { take(t, word(words, $0)) }
            setCount(0)
            setFirst(0)
            changed()
            return items
        }
    }
    func clear(_ t: Thread) { for item in takeAll(t) { t.release(item) } }

    /// Removes the item there: owned, null when there is none, or when `expected` is given and another item lies there by now.
    func remove(_ t: Thread, _ index: Int, expected: Value = .null) -> Value {
        locked {
            let count = self.count
            guard index >= 0, index < count, let words else { return .null }
            if !expected.isNull && !Value(bits: word(words, index).pointee).isSame(expected) { return .null }
            WriteBarrier.willShiftItems(object, t)
            let value = take(t, word(words, index))
            if index < count / 2 {
                for at in stride(from: index, to: 0, by: -1) { word(words, at).pointee = word(words, at - 1).pointee }
                word(words, 0).pointee = 0
                setFirst((first + 1) & (DequeRef.capacity(words) - 1))
            } else {
                for at in index..<(count - 1) { word(words, at).pointee = word(words, at + 1).pointee }
                word(words, count - 1).pointee = 0
            }
            setCount(count - 1)
            changed()
            return value
        }
    }

    enum Insertion { case done, full, noMemory }
    /// Inserts an owned item before `index`, which may be negative or out of range.
    func insert(_ t: Thread, _ index: Int, owned value: Value) -> Insertion {
        locked {
            let limit = self.limit
            if limit >= 0 && count >= limit { return .full }
            guard let words = reserve(t) else { return .noMemory }
            let count = self.count
            let at = index < 0 ? max(0, index + count) : min(index, count)
            WriteBarrier.willShiftItems(object, t)
            WriteBarrier.willStore(object, t)
            for from in stride(from: count, to: at, by: -1) { word(words, from).pointee = word(words, from - 1).pointee }
            word(words, at).pointee = value.bits
            setCount(count + 1)
            changed()
            return .done
        }
    }

    func reverse(_ t: Thread) {
        locked {
            guard let words else { return }
            WriteBarrier.willShiftItems(object, t)
            let count = self.count
            for low in 0..<(count / 2) {
                let (a, b) = (word(words, low), word(words, count - 1 - low))
                (a.pointee, b.pointee) = (b.pointee, a.pointee)
            }
            changed()
        }
    }

    /// To the right by `steps`, to the left by negative ones. O(the shorter way).
    func rotate(_ t: Thread, _ steps: Int) {
        locked {
            let count = self.count
            guard count > 1, let words else { return }
            var way = steps % count
            if way < 0 { way += count }
            if way == 0 { return }
            WriteBarrier.willShiftItems(object, t)
            let mask = DequeRef.capacity(words) - 1
            if way <= count / 2 {
                for _ in 0..<way {
                    let last = word(words, count - 1)
                    let bits = last.pointee
                    last.pointee = 0
                    setFirst((first - 1) & mask)
                    word(words, 0).pointee = bits
                }
            } else {
                for _ in 0..<(count - way) {
                    let head = word(words, 0)
                    let bits = head.pointee
                    head.pointee = 0
                    setFirst((first + 1) & mask)
                    word(words, count - 1).pointee = bits
                }
            }
            changed()
        }
    }

    // MARK: Memory

    /// In a pause.
    func traverse(_ visitor: UnsafeMutableRawPointer) {
        visitor.trace.pointee.nextItem = 0
        guard let words else { return }
        let capacity = DequeRef.capacity(words)
        let first = visitor.trace.pointee.firstItem
        let end = min(capacity, first &+ min(visitor.trace.pointee.itemLimit, capacity))
        var index = first
        while index < end {
            let value = Value(bits: words[1 + index])
            if value.isObject { visitor.report(value.object.raw, true) }
            index += 1
        }
        if end < capacity { visitor.trace.pointee.nextItem = end }
    }
    /// The deque dies: nobody else sees it.
    func free(_ t: Thread) {
        guard let words else { return }
        let capacity = DequeRef.capacity(words)
        for index in 0..<capacity { t.release(Value(bits: words[1 + index])) }
        Allocation.freeBuffer(t, UnsafeMutableRawPointer(words), bytes: (capacity + 1) * 8)
    }
}
