// Copying dicts and sets whole: the table is cloned under the source's lock with the hashes it stores, so that no key is hashed or
// compared again. The clone owns a count on each key and value and belongs to one thread until a dict takes it over.
import StillObmalloc
import StillPlatform
public import StillThreadRegistry
import Synchronization

extension DictRef {
    /// The entries of this moment in a table of their own, counted. nil: there are none.
    func cloneTable(_ t: Thread) throws(PythonError) -> HashTable? {
        ObjectLock.lock(object.lockByte, for: t)
        let number = count
        guard let table, number > 0 else {
            ObjectLock.unlock(object.lockByte, for: t)
            return nil
        }
        let used = table.usedLocked
        let dense = used == number
        guard let clone = HashTable.make(t, entries: dense ? capacity : number) else {
            ObjectLock.unlock(object.lockByte, for: t)
            throw t.noMemory()
        }
        if dense && clone.indexSize == table.indexSize {
            // Without deleted entries the places are the same, too. Only holders of the lock write them.
            copyBytes(clone.raw + HashTable.headerBytes, table.raw + HashTable.headerBytes, table.indexSize &* 4)
            var entry = table.entry(0)
            var copy = clone.entry(0)
            for _ in 0..<used {
                let words = entry.assumingMemoryBound(to: Atomic<UInt64>.self)
                let key = Value(bits: words[1].load(ordering: .relaxed))
                let value = Value(bits: words[2].load(ordering: .relaxed))
                t.retainHeld(key)
                t.retainHeld(value)
                let copied = copy.assumingMemoryBound(to: Atomic<UInt64>.self)
                copied[0].store(words[0].load(ordering: .relaxed), ordering: .relaxed)
                copied[1].store(key.bits, ordering: .relaxed)
                copied[2].store(value.bits, ordering: .relaxed)
                entry += HashTable.entryBytes
                copy += HashTable.entryBytes
            }
            clone.usedWord.pointee.store(UInt32(used), ordering: .relaxed)
        } else {
            for index in 0..<used {
                let key = Value(bits: table.key(index).pointee.load(ordering: .relaxed))
                if key.isNull { continue }
                let value = Value(bits: table.value(index).pointee.load(ordering: .relaxed))
                t.retainHeld(key)
                t.retainHeld(value)
                clone.append(table.hash(index).pointee.load(ordering: .relaxed), key, value)
            }
        }
        ObjectLock.unlock(object.lockByte, for: t)
        return clone
    }

    /// Gives a clone's counts and memory back.
    static func discard(_ t: Thread, _ clone: HashTable) {
        for index in 0..<clone.usedLocked {
            t.release(Value(bits: clone.key(index).pointee.load(ordering: .relaxed)))
            t.release(Value(bits: clone.value(index).pointee.load(ordering: .relaxed)))
        }
        Allocation.freeBuffer(
            t, clone.raw, bytes: HashTable.bytes(clone.indexSize, capacity: HashTable.usualCapacity(clone.indexSize)))
    }

    /// Takes a clone over if there are no keys yet. False: it is still the caller's.
    func adopt(_ t: Thread, _ clone: HashTable) -> Bool {
        ObjectLock.lock(object.lockByte, for: t)
        if count != 0 {
            ObjectLock.unlock(object.lockByte, for: t)
            return false
        }
        let old = table
        var bytes = 0
        if let old {
            bytes = self.bytes(of: old)
            WriteBarrier.willShiftItems(object, t)
            old.version.pointee.store(0, ordering: .releasing)
        }
        WriteBarrier.willStore(object, t)
        setTable(clone, capacity: HashTable.usualCapacity(clone.indexSize))
        setCount(clone.usedLocked)
        ObjectLock.unlock(object.lockByte, for: t)
        if let old { Allocation.giveUpBuffer(t, old.raw, bytes: bytes) }
        return true
    }

    /// Adds all entries of another dict, newer values winning; for sets the items.
    func merge(_ t: Thread, _ source: DictRef) throws(PythonError) {
        if source.raw == raw { return }
        if t.isAlone && count != 0 { return try mergeAlone(t, source) }
        guard let clone = try source.cloneTable(t) else { return }
        if adopt(t, clone) { return }
        defer { DictRef.discard(t, clone) }
        try reserve(t, clone.usedLocked)
        for index in 0..<clone.usedLocked {
            try store(
                t, Value(bits: clone.key(index).pointee.load(ordering: .relaxed)),
                hash: clone.hash(index).pointee.load(ordering: .relaxed),
                Value(bits: clone.value(index).pointee.load(ordering: .relaxed)), onlyIfAbsent: false)
        }
    }

    /// Entry by entry, for a thread that is alone. Comparing keys and releasing values may change the source: its table is looked at again each time.
    private func mergeAlone(_ t: Thread, _ source: DictRef) throws(PythonError) {
        if let table = source.table { try reserve(t, table.usedLocked) }
        var index = 0
        while let table = source.table, index < table.usedLocked {
            let key = Value(bits: table.key(index).pointee.load(ordering: .relaxed))
            if !key.isNull {
                t.retain(key)
                let value = t.retain(Value(bits: table.value(index).pointee.load(ordering: .relaxed)))
                defer {
                    t.release(key)
                    t.release(value)
                }
                try store(t, key, hash: table.hash(index).pointee.load(ordering: .relaxed), value, onlyIfAbsent: false)
            }
            index &+= 1
        }
    }

    public func copy(_ t: Thread) throws(PythonError) -> Value {
        let copy = try t.makeDict()
        do throws(PythonError) { try DictRef(copy).merge(t, self) } catch {
            t.release(copy)
            throw error
        }
        return copy
    }

    /// The keys of this moment with their hashes; the keys are owned.
    func hashedKeys(_ t: Thread) -> [(hash: Int, key: Value)] {
        ObjectLock.lock(object.lockByte, for: t)
        defer { ObjectLock.unlock(object.lockByte, for: t) }
        var list: [(hash: Int, key: Value)] = []
        guard let table else { return list }
        list.reserveCapacity(count)
        for index in 0..<table.usedLocked {
            let key = Value(bits: table.key(index).pointee.load(ordering: .relaxed))
            if key.isNull { continue }
            list.append((table.hash(index).pointee.load(ordering: .relaxed), t.retainHeld(key)))
        }
        return list
    }
}
