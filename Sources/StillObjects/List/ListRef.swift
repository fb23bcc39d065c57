// list: reads without a lock, changes under the object's one-byte lock. Layout: 24 items (atomic, 0: none), 32 count (atomic).
//
// Buffer    word 0 its capacity, items from word 1; replaced when it is full, the old one retired. So a reader that loads the buffer knows
//           how far it may read, whatever the count says. Removed items leave null.
// Reading   buffer (acquire), index within count and capacity, slot (acquire), count on the object, slot and buffer
//           again; when that fails, under the lock.
// Ordering  (L1) stores of slots, count and buffer release, loads acquire.
// Released  is what a change displaces after the lock is free: releasing may run Python code.
public import StillObmalloc
import StillPlatform
public import StillThreadRegistry
public import Synchronization

@frozen public struct ListRef {
    public let raw: UnsafeMutableRawPointer
    @inlinable @inline(__always) public init(_ value: Value) { raw = value.object.raw }
    @inlinable @inline(__always) public init(raw: UnsafeMutableRawPointer) { self.raw = raw }

    @inlinable @inline(__always) public var object: ObjectRef { ObjectRef(raw) }
    @inlinable public var value: Value { Value(object) }
    @inlinable @inline(__always) var bufferWord: UnsafeMutablePointer<Atomic<UInt64>> { object.atomicWord(24) }
    @inlinable @inline(__always) var countWord: UnsafeMutablePointer<Atomic<UInt64>> { object.atomicWord(32) }
    @inlinable @inline(__always) public var count: Int { Int(truncatingIfNeeded: countWord.pointee.load(ordering: .acquiring)) }
    @inlinable @inline(__always) var buffer: UnsafeMutablePointer<Atomic<UInt64>>? {
        UnsafeMutablePointer<Atomic<UInt64>>(bitPattern: UInt(bufferWord.pointee.load(ordering: .acquiring)))  // L1
    }
    @inlinable @inline(__always) static func capacity(_ buffer: UnsafeMutablePointer<Atomic<UInt64>>) -> Int {
        UnsafeMutableRawPointer(buffer).load(as: Int.self)
    }
    @inlinable static func bytes(_ capacity: Int) -> Int { (capacity + 1) * 8 }

    static func makeBuffer(_ t: Thread, _ capacity: Int) -> UnsafeMutablePointer<Atomic<UInt64>>? {
        guard capacity < 1 << 40, let raw = Allocation.buffer(t, bytes: bytes(capacity)) else { return nil }
        let words = raw.assumingMemoryBound(to: Atomic<UInt64>.self)
        if capacity <= 12 {
            // Few words: no call.
            var index = 1
            while index <= capacity {
                words[index].store(0, ordering: .relaxed)
                index &+= 1
            }
        } else {
            raw.initializeMemory(as: UInt8.self, repeating: 0, count: bytes(capacity))
        }
        raw.storeBytes(of: capacity, as: Int.self)
        return words
    }

    // MARK: Reading

    /// Owned item, or null when the index (not negative) is out of range or the list is changing under it.
    @inlinable @inline(__always)
    public func tryLoad(_ t: Thread, _ index: Int) -> Value {
        guard index >= 0, index < count, let buffer, index < ListRef.capacity(buffer) else { return .null }
        let word = buffer + (index &+ 1)
        let value = Value(bits: word.pointee.load(ordering: .acquiring))
        if !value.isCounted { return value }
        if _fastPath(ReferenceCount.tryRetain(value.object, t)) {
            if _fastPath(
                ReferenceCount.isStill(value.bits, in: word)
                    && bufferWord.pointee.load(ordering: .acquiring) == UInt64(UInt(bitPattern: buffer)))
            {
                return value
            }
            t.release(value)
        }
        return loadLocked(t, index)
    }

    /// The item as it is, without a count: good for what needs none. Null when the index is out of range.
    @inlinable @inline(__always)
    public func peek(_ index: Int) -> Value {
        guard index >= 0, index < count, let buffer, index < ListRef.capacity(buffer) else { return .null }
        return Value(bits: buffer[index &+ 1].load(ordering: .acquiring))
    }

    /// The slot of an item, nil when the index is out of range.
    @inlinable @inline(__always)
    public func slot(_ index: Int) -> UnsafeMutablePointer<Atomic<UInt64>>? {
        guard index >= 0, index < count, let buffer, index < ListRef.capacity(buffer) else { return nil }
        return buffer + (index &+ 1)
    }

    /// The slot of an item to be read, nil when the index is far out of range; behind the last item slots are null.
    @inlinable @inline(__always)
    public func slotToRead(_ index: Int) -> UnsafeMutablePointer<Atomic<UInt64>>? {
        guard let buffer, UInt(bitPattern: index) < UInt(bitPattern: ListRef.capacity(buffer)) else { return nil }
        return buffer + (index &+ 1)
    }

    /// All items, for a thread that is alone and runs nothing else meanwhile.
    @inlinable @inline(__always)
    public var itemsAlone: UnsafeMutablePointer<UInt64>? {
        buffer.map { UnsafeMutableRawPointer($0 + 1).assumingMemoryBound(to: UInt64.self) }
    }

    /// The first free slot if there is room: for a thread that needs no locks.
    @inlinable @inline(__always)
    public func free(_ count: Int) -> UnsafeMutablePointer<Atomic<UInt64>>? {
        guard let buffer, count < ListRef.capacity(buffer) else { return nil }
        return buffer + (count &+ 1)
    }
    @inlinable @inline(__always)
    public func setCount(_ count: Int) { countWord.pointee.store(UInt64(count), ordering: .releasing) }  // L1

    /// Whether the list still uses the buffer that a slot lies in.
    @inlinable @inline(__always)
    public func isCurrent(_ slot: UnsafeMutablePointer<Atomic<UInt64>>, _ index: Int) -> Bool {
        bufferWord.pointee.load(ordering: .acquiring) == UInt64(UInt(bitPattern: slot - (index &+ 1)))
    }

    @usableFromInline @inline(never)
    func loadLocked(_ t: Thread, _ index: Int) -> Value {
        ObjectLock.lock(object.lockByte, for: t)
        defer { ObjectLock.unlock(object.lockByte, for: t) }
        guard index >= 0, index < count, let buffer else { return .null }
        let value = Value(bits: buffer[index + 1].load(ordering: .relaxed))
        return t.retainHeld(value)
    }

    /// Owned item; null when the index is out of range.
    public func item(_ t: Thread, _ index: Int) -> Value {
        let value = tryLoad(t, index)
        return value.isNull ? loadLocked(t, index) : value
    }

    /// All items at one moment, owned.
    public func snapshot(_ t: Thread) -> [Value] {
        ObjectLock.lock(object.lockByte, for: t)
        defer { ObjectLock.unlock(object.lockByte, for: t) }
        guard let buffer else { return [] }
        let count = self.count
        return [Value](unsafeUninitializedCapacity: count) { items, filled in
            var index = 0
            while index < count {
                items[index] = t.retainHeld(Value(bits: buffer[index &+ 1].load(ordering: .relaxed)))
                index &+= 1
            }
            filled = count
        }
    }

    /// A new list of `wanted` items from `start` on, `step` apart; as many of them as there are at that moment.
    func copy(_ t: Thread, _ start: Int, _ step: Int, _ wanted: Int) throws(PythonError) -> Value {
        let result = try t.makeList(capacity: wanted)
        let target = ListRef(result)
        ObjectLock.lock(object.lockByte, for: t)
        if let buffer {
            let count = self.count
            var index = start
            var number = 0
            while number < wanted {
                if index >= 0 && index < count { target.fill(t.retainHeld(Value(bits: buffer[index &+ 1].load(ordering: .relaxed)))) }
                index &+= step
                number &+= 1
            }
        }
        ObjectLock.unlock(object.lockByte, for: t)
        return result
    }

    // MARK: Changing

    /// Replaces an item (retained). False when the index (not negative) is out of range.
    @inlinable @inline(__always)
    public func tryStore(_ t: Thread, _ index: Int, _ value: Value) -> Bool {
        ObjectLock.lock(object.lockByte, for: t)
        guard index >= 0, index < count, let buffer else {
            ObjectLock.unlock(object.lockByte, for: t)
            return false
        }
        let old = Value(bits: buffer[index &+ 1].load(ordering: .relaxed))
        if _slowPath(t.barrierActive != 0) {
            if old.isCounted { WriteBarrier.willOverwrite(object, old: old.object, t) } else { WriteBarrier.willStore(object, t) }
        }
        buffer[index &+ 1].store(t.retain(value).bits, ordering: .releasing)  // L1
        ObjectLock.unlock(object.lockByte, for: t)
        t.release(old)
        return true
    }

    @inlinable @inline(__always)
    public func append(_ t: Thread, _ value: Value) throws(PythonError) { try appendOwned(t, t.retain(value)) }

    /// Adds an item to a list that nobody else has seen and that has room. Steals the reference.
    @inlinable @inline(__always)
    public func fill(_ value: Value) {
        let count = countWord.pointee.load(ordering: .relaxed)
        buffer.unsafelyUnwrapped[Int(count) &+ 1].store(value.bits, ordering: .releasing)
        countWord.pointee.store(count &+ 1, ordering: .releasing)  // L1
    }

    /// Steals the reference.
    @inlinable @inline(__always)
    public func appendOwned(_ t: Thread, _ value: Value) throws(PythonError) {
        ObjectLock.lock(object.lockByte, for: t)
        let count = Int(countWord.pointee.load(ordering: .relaxed))
        if let buffer, count < ListRef.capacity(buffer) {
            if _slowPath(t.barrierActive != 0) { WriteBarrier.willStore(object, t) }
            buffer[count &+ 1].store(value.bits, ordering: .releasing)
            countWord.pointee.store(UInt64(count &+ 1), ordering: .releasing)  // L1
            ObjectLock.unlock(object.lockByte, for: t)
            return
        }
        try appendGrowing(t, value)
    }

    @usableFromInline @inline(never)
    func appendGrowing(_ t: Thread, _ value: Value) throws(PythonError) {
        let count = Int(countWord.pointee.load(ordering: .relaxed))
        guard let buffer = reserve(t, count + 1) else {
            ObjectLock.unlock(object.lockByte, for: t)
            t.release(value)
            throw t.noMemory()
        }
        WriteBarrier.willStore(object, t)
        buffer[count + 1].store(value.bits, ordering: .releasing)
        countWord.pointee.store(UInt64(count + 1), ordering: .releasing)
        ObjectLock.unlock(object.lockByte, for: t)
    }

    /// A buffer with room for `wanted` items, holding the present ones. Under the lock. nil: no memory.
    func reserve(_ t: Thread, _ wanted: Int) -> UnsafeMutablePointer<Atomic<UInt64>>? {
        let old = buffer
        if let old, wanted <= ListRef.capacity(old) { return old }
        // Growing in large steps: what is replaced waits for a grace period.
        let capacity = wanted <= 4 ? 4 : old == nil ? wanted : (wanted + wanted >> (wanted < 4096 ? 1 : 2) + 3) | 1
        guard let fresh = ListRef.makeBuffer(t, capacity) else { return nil }
        if let old {
            for index in 0..<count { fresh[index + 1].store(old[index + 1].load(ordering: .relaxed), ordering: .relaxed) }
        }
        bufferWord.pointee.store(UInt64(UInt(bitPattern: fresh)), ordering: .releasing)  // L1
        if let old { Allocation.giveUpBuffer(t, UnsafeMutableRawPointer(old), bytes: ListRef.bytes(ListRef.capacity(old))) }
        return fresh
    }

    /// Replaces items start ..< end by `items` (owned, stolen). Returns what was there, owned.
    func splice(_ t: Thread, _ start: Int, _ end: Int, _ items: [Value]) throws(PythonError) -> [Value] {
        ObjectLock.lock(object.lockByte, for: t)
        let count = self.count
        let first = min(max(start, 0), count)
        let last = min(max(end, first), count)
        let total = count - (last - first) + items.count
        WriteBarrier.willShiftItems(object, t)
        guard let buffer = reserve(t, max(total, 1)) else {
            ObjectLock.unlock(object.lockByte, for: t)
            for item in items { t.release(item) }
            throw t.noMemory()
        }
        var removed: [Value] = []
        removed.reserveCapacity(last - first)
        for index in first..<last {
            let value = Value(bits: buffer[index + 1].load(ordering: .relaxed))
            if value.isCounted { WriteBarrier.willOverwrite(object, old: value.object, t) }
            removed.append(value)
        }
        WriteBarrier.willStore(object, t)
        let shift = items.count - (last - first)
        if shift > 0 {
            var index = count - 1
            while index >= last {
                buffer[index + shift + 1].store(buffer[index + 1].load(ordering: .relaxed), ordering: .releasing)
                index -= 1
            }
        } else if shift < 0 {
            var index = last
            while index < count {
                buffer[index + shift + 1].store(buffer[index + 1].load(ordering: .relaxed), ordering: .releasing)
                index += 1
            }
            for index in total..<count { buffer[index + 1].store(0, ordering: .releasing) }
        }
        for (index, item) in items.enumerated() { buffer[first + index + 1].store(item.bits, ordering: .releasing) }
        countWord.pointee.store(UInt64(total), ordering: .releasing)
        ObjectLock.unlock(object.lockByte, for: t)
        return removed
    }

    /// Puts an item before the one at `index`, or at the end. Steals the reference.
    func insert(_ t: Thread, _ index: Int, _ value: Value) throws(PythonError) {
        ObjectLock.lock(object.lockByte, for: t)
        let count = self.count
        WriteBarrier.willShiftItems(object, t)
        guard let buffer = reserve(t, count + 1) else {
            ObjectLock.unlock(object.lockByte, for: t)
            t.release(value)
            throw t.noMemory()
        }
        WriteBarrier.willStore(object, t)
        let place = index < 0 ? max(0, index + count) : min(index, count)
        var at = count
        while at > place {
            buffer[at &+ 1].store(buffer[at].load(ordering: .relaxed), ordering: .releasing)
            at &-= 1
        }
        buffer[place &+ 1].store(value.bits, ordering: .releasing)
        countWord.pointee.store(UInt64(count &+ 1), ordering: .releasing)
        ObjectLock.unlock(object.lockByte, for: t)
    }

    /// Removes one item; owned, null when there is none. A negative index counts from the end.
    public func pop(_ t: Thread, _ index: Int) -> Value {
        ObjectLock.lock(object.lockByte, for: t)
        let count = self.count
        let index = index < 0 ? index + count : index
        guard index >= 0, index < count, let buffer else {
            ObjectLock.unlock(object.lockByte, for: t)
            return .null
        }
        let value = Value(bits: buffer[index + 1].load(ordering: .relaxed))
        if value.isCounted { WriteBarrier.willOverwrite(object, old: value.object, t) } else { WriteBarrier.willStore(object, t) }
        if index != count - 1 {
            WriteBarrier.willShiftItems(object, t)
            for at in index..<(count - 1) { buffer[at + 1].store(buffer[at + 2].load(ordering: .relaxed), ordering: .releasing) }
        }
        buffer[count].store(0, ordering: .releasing)
        countWord.pointee.store(UInt64(count - 1), ordering: .releasing)
        ObjectLock.unlock(object.lockByte, for: t)
        return value
    }

    public func extend(_ t: Thread, _ source: Value) throws(PythonError) {
        if source.isObject {
            let type = source.object.typeRaw
            if t.isAlone && type == t.type(.list).raw { return try extendAlone(t, ListRef(source)) }
            if type == t.type(.tuple).raw { return try extend(t, tuple: TupleRef(source)) }
        }
        if let items = try t.snapshotItems(source) { return try appendAll(t, items) }
        prepare(t, for: source)
        let iterator = try t.iterate(source)
        defer { t.release(iterator) }
        while true {
            let item = try t.next(iterator)
            if item.isNull { return }
            try appendOwned(t, item)
            if t.hasRequest { t.safepoint() }
        }
    }

    /// Makes room for what a builtin container holds now: it may be more in the end, or less.
    private func prepare(_ t: Thread, for source: Value) {
        let type = t.typeOf(source)
        guard !type.has(TypeFlags.heapType), let length = type.record.pointee.length else { return }
        let expected = length(t.raw, source.bits)
        if expected < 0 { t.clearRaised() }
        if expected < 16 { return }
        ObjectLock.lock(object.lockByte, for: t)
        // Without the memory it fails when there really is so much.
        _ = reserve(t, count + expected)
        ObjectLock.unlock(object.lockByte, for: t)
    }

    /// The items of a list or an instance of a subclass, whatever its iterator does.
    func extend(_ t: Thread, list: ListRef) throws(PythonError) {
        if t.isAlone { try extendAlone(t, list) } else { try appendAll(t, list.snapshot(t)) }
    }

    /// The items of a list, which may be this one, for a thread that needs no locks.
    private func extendAlone(_ t: Thread, _ source: ListRef) throws(PythonError) {
        let added = source.count
        if added == 0 { return }
        let count = self.count
        guard let buffer = reserve(t, count + added), let items = source.buffer else { throw t.noMemory() }
        WriteBarrier.willStore(object, t)
        var index = 1
        while index <= added {
            buffer[count &+ index].store(t.retain(Value(bits: items[index].load(ordering: .relaxed))).bits, ordering: .releasing)
            index &+= 1
        }
        countWord.pointee.store(UInt64(count &+ added), ordering: .releasing)  // L1
    }

    /// The items of a tuple, which nobody changes.
    private func extend(_ t: Thread, tuple: TupleRef) throws(PythonError) {
        let added = tuple.count
        if added == 0 { return }
        ObjectLock.lock(object.lockByte, for: t)
        let count = self.count
        guard let buffer = reserve(t, count + added) else {
            ObjectLock.unlock(object.lockByte, for: t)
            throw t.noMemory()
        }
        WriteBarrier.willStore(object, t)
        var index = 0
        while index < added {
            buffer[count &+ index &+ 1].store(t.retain(tuple.item(index)).bits, ordering: .releasing)
            index &+= 1
        }
        countWord.pointee.store(UInt64(count &+ added), ordering: .releasing)  // L1
        ObjectLock.unlock(object.lockByte, for: t)
    }

    /// Steals the references, also when it fails.
    private func appendAll(_ t: Thread, _ items: [Value]) throws(PythonError) {
        if items.isEmpty { return }
        ObjectLock.lock(object.lockByte, for: t)
        let count = Int(countWord.pointee.load(ordering: .relaxed))
        guard let buffer = reserve(t, count + items.count) else {
            ObjectLock.unlock(object.lockByte, for: t)
            for item in items { t.release(item) }
            throw t.noMemory()
        }
        WriteBarrier.willStore(object, t)
        var at = count
        for item in items {
            at &+= 1
            buffer[at].store(item.bits, ordering: .releasing)
        }
        countWord.pointee.store(UInt64(at), ordering: .releasing)  // L1
        ObjectLock.unlock(object.lockByte, for: t)
    }

    /// Takes all items out; owned.
    public func takeAll(_ t: Thread) -> [Value] {
        ObjectLock.lock(object.lockByte, for: t)
        WriteBarrier.willShiftItems(object, t)
        let old = buffer
        let count = self.count
        bufferWord.pointee.store(0, ordering: .releasing)
        countWord.pointee.store(0, ordering: .releasing)
        var items: [Value] = []
        items.reserveCapacity(count)
        if let old {
            for index in 0..<count {
                // Emptied, so that a reader that still holds the buffer does not trust the slot.
                items.append(Value(bits: old[index + 1].load(ordering: .relaxed)))
                old[index + 1].store(0, ordering: .releasing)
            }
            Allocation.giveUpBuffer(t, UnsafeMutableRawPointer(old), bytes: ListRef.bytes(ListRef.capacity(old)))
        }
        ObjectLock.unlock(object.lockByte, for: t)
        return items
    }

    /// Gives all items up. What that runs sees an empty list.
    public func clear(_ t: Thread) {
        if bufferWord.pointee.load(ordering: .acquiring) == 0 { return }
        ObjectLock.lock(object.lockByte, for: t)
        WriteBarrier.willShiftItems(object, t)
        let old = buffer
        let count = self.count
        bufferWord.pointee.store(0, ordering: .releasing)
        countWord.pointee.store(0, ordering: .releasing)
        ObjectLock.unlock(object.lockByte, for: t)
        guard let old else { return }
        for index in 0..<count {
            // Emptied first, so that a reader that still holds the buffer does not trust the slot.
            let item = Value(bits: old[index + 1].load(ordering: .relaxed))
            old[index + 1].store(0, ordering: .releasing)
            t.release(item)
        }
        Allocation.giveUpBuffer(t, UnsafeMutableRawPointer(old), bytes: ListRef.bytes(ListRef.capacity(old)))
    }
}

extension ThreadState {
    public func makeList(capacity: Int) throws(PythonError) -> Value {
        guard let object = Allocation.object(self, type: type(.list).raw, bytes: 40, collectable: true) else { throw noMemory() }
        if capacity > 0 {
            guard let buffer = ListRef.makeBuffer(self, capacity) else {
                release(object)
                throw noMemory()
            }
            object.atomicWord(24).pointee.store(UInt64(UInt(bitPattern: buffer)), ordering: .relaxed)
        }
        return Value(object)
    }

    /// A list of `count` times one item.
    func makeList(of item: Value, _ count: Int) throws(PythonError) -> Value {
        let list = try makeList(capacity: count)
        var number = 0
        while number < count {
            ListRef(list).fill(retain(item))
            number &+= 1
        }
        return list
    }

    /// Steals the references.
    public func makeList(_ values: [Value]) throws(PythonError) -> Value {
        let list = try makeList(capacity: values.count)
        for value in values { ListRef(list).fill(value) }
        return list
    }

    @inlinable public func isList(_ value: Value) -> Bool { value.isObject && typeOf(value).has(TypeFlags.listSubclass) }
}
