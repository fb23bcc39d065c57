// A dict as a queue of its keys, oldest first: what a bounded cache needs. Each operation is one step under the dict's lock; Python code
// that keys need to be compared runs before, and the step starts again when the keys have changed since.
import StillObmalloc
import StillPlatform
public import StillThreadRegistry
public import Synchronization

/// Where a dict's oldest entry may be: before it there are only removed ones. Kept by the owner of the dict, changed under the dict's lock.
public struct OldestEntry: ~Copyable {
    let table = Atomic<UInt>(0)
    let number = Atomic<Int>(0)
    public init() {}
    public static var bytes: Int { 16 }

    /// The number of the first entry of a table that has entries. Under the lock.
    fileprivate func find(_ t: HashTable) -> Int {
        let used = t.usedLocked
        var first = number.load(ordering: .relaxed)
        if table.load(ordering: .relaxed) != UInt(bitPattern: t.raw) || first >= used {
            table.store(UInt(bitPattern: t.raw), ordering: .relaxed)
            first = 0
        }
        while first < used && t.key(first).pointee.load(ordering: .relaxed) == 0 { first += 1 }
        number.store(first, ordering: .relaxed)
        return first < used ? first : -1
    }
    /// The entries have got other numbers.
    public func forget() { table.store(0, ordering: .relaxed) }
}

extension DictRef {
    /// The value of a key, owned, which becomes the newest; null when there is no such key.
    public func getMovingToEnd(
        _ t: Thread, _ key: Value, hash: Int, oldest: UnsafeMutablePointer<OldestEntry>
    ) throws(PythonError) -> Value {
        while true {
            ObjectLock.lock(object.lockByte, for: t)
            var number = table.map { findLocked(t, $0, key, hash) } ?? -1
            if number == -2 {
                ObjectLock.unlock(object.lockByte, for: t)
                guard case .entry(let seen, let entry) = try find(t, key, hash, pure: false) else { return .null }
                ObjectLock.lock(object.lockByte, for: t)
                // Entries are never reused: in the same table the number still means this key, or nothing.
                guard table?.raw == seen.raw, seen.key(entry).pointee.load(ordering: .relaxed) != 0 else {
                    ObjectLock.unlock(object.lockByte, for: t)
                    continue
                }
                number = entry
            }
            if number == -1 {
                ObjectLock.unlock(object.lockByte, for: t)
                return .null
            }
            let value = t.retainHeld(Value(bits: table.unsafelyUnwrapped.value(number).pointee.load(ordering: .relaxed)))
            let before = table.unsafelyUnwrapped.raw
            let moved = moveToEndLocked(t, number)
            if table?.raw != before { oldest.pointee.forget() }
            ObjectLock.unlock(object.lockByte, for: t)
            if !moved {
                t.release(value)
                throw t.noMemory()
            }
            return value
        }
    }

    /// False: no memory; the entry stays where it was.
    private func moveToEndLocked(_ t: Thread, _ number: Int) -> Bool {
        var table = self.table.unsafelyUnwrapped
        var number = number
        let used = table.usedLocked
        if number == used - 1 { return true }
        if used == capacity {
            // The new table holds the same entries without the gaps before this one.
            var gaps = 0
            for index in 0..<number where table.key(index).pointee.load(ordering: .relaxed) == 0 { gaps += 1 }
            guard let grown = rebuild(t, entries: count * 2 + 1) else { return false }
            table = grown
            number -= gaps
        }
        let hash = table.hash(number).pointee.load(ordering: .relaxed)
        let (key, value) = removeLocked(t, table, number)
        table.version.pointee.store(0, ordering: .releasing)
        table.append(hash, key, value)
        table.version.pointee.store(t.nextKeysVersion(), ordering: .releasing)
        setCount(count + 1)
        return true
    }

    /// Adds a key as the newest unless it is there; of those that were there, the oldest go until there is room for it among `most`, which is
    /// at least 1.
    ///
    public func add(
        _ t: Thread, _ key: Value, hash: Int, _ value: Value, most: Int, oldest: UnsafeMutablePointer<OldestEntry>
    ) throws(PythonError) {
        while true {
            let version = keysVersion
            ObjectLock.lock(object.lockByte, for: t)
            var number = table.map { findLocked(t, $0, key, hash) } ?? -1
            if number == -2 {
                ObjectLock.unlock(object.lockByte, for: t)
                if case .entry = try find(t, key, hash, pure: false) { return }
                ObjectLock.lock(object.lockByte, for: t)
                if keysVersion != version || version == 0 {
                    ObjectLock.unlock(object.lockByte, for: t)
                    continue
                }
                number = -1
            }
            if number >= 0 {
                ObjectLock.unlock(object.lockByte, for: t)
                return
            }
            // First the oldest go: whoever asks for the number of keys never sees more than `most`.
            var dropped: [Value] = []
            while count >= most, let table = self.table {
                let first = oldest.pointee.find(table)
                if first < 0 {
                    oldest.pointee.forget()
                    continue
                }
                let (key, value) = removeLocked(t, table, first)
                dropped.append(key)
                dropped.append(value)
            }
            let before = table?.raw
            let inserted = insertLocked(t, key, hash, value)
            if table?.raw != before { oldest.pointee.forget() }
            ObjectLock.unlock(object.lockByte, for: t)
            for value in dropped { t.release(value) }
            if !inserted { throw t.noMemory() }
            return
        }
    }
}
