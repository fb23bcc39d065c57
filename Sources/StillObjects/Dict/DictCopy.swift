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
        let isSame = dense && HashTable.indexSize(for: capacity) == table.indexSize
        guard let clone = HashTable.make(t, entries: dense ? capacity : number, filling: isSame ? used : 0) else {
            ObjectLock.unlock(object.lockByte, for: t)
            throw t.noMemory()
        }
        if isSame {
            // Without deleted entries the places are the same, too. Only holders of the lock write them.
            copyBytes(clone.raw + HashTable.headerBytes, table.raw + HashTable.headerBytes, table.indexSize &* 4)
            copyBytes(clone.entry(0), table.entry(0), used &* HashTable.entryBytes)
            var entry = clone.entry(0)
            for _ in 0..<used {
                t.retainHeld(entry.load(fromByteOffset: 8, as: Value.self))
                t.retainHeld(entry.load(fromByteOffset: 16, as: Value.self))
                entry += HashTable.entryBytes
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
            index = mergeQuickly(t, table, from: index)
            if index == table.usedLocked { return }
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

    /// Entries as long as no Python code runs, so that both tables stay: there is room, keys can be told apart and nothing dies.
    ///
    /// - Returns: the number of the first entry that takes more.
    private func mergeQuickly(_ t: Thread, _ source: HashTable, from start: Int) -> Int {
        guard let table else { return start }
        let used = source.usedLocked
        let room = capacity &- table.usedLocked
        var added = 0
        var index = start
        var entry = source.entry(start)
        while index < used {
            let words = entry.assumingMemoryBound(to: Atomic<UInt64>.self)
            let key = Value(bits: words[1].load(ordering: .relaxed))
            if !key.isNull {
                let hash = Int(bitPattern: UInt(words[0].load(ordering: .relaxed)))
                let value = Value(bits: words[2].load(ordering: .relaxed))
                var place = -1
                let number = findLocked(t, table, key, hash, &place)
                if number >= 0 {
                    let word = table.value(number)
                    let old = Value(bits: word.pointee.load(ordering: .relaxed))
                    if old.isCounted { if !loses(t, old.object) { break } } else { WriteBarrier.willStore(object, t) }
                    word.pointee.store(t.retain(value).bits, ordering: .releasing)  // D1
                } else {
                    if number != -1 || added == room { break }
                    WriteBarrier.willStore(object, t)
                    if added == 0 { table.version.pointee.store(0, ordering: .releasing) }
                    table.append(hash, t.retain(key), t.retain(value), at: place)
                    added &+= 1
                }
            }
            index &+= 1
            entry += HashTable.entryBytes
        }
        if added > 0 {
            table.version.pointee.store(t.nextKeysVersion(), ordering: .releasing)
            setCount(count &+ added)
        }
        return index
    }

    /// Gives up the dict's reference to an old value, unless it is the last one or a stranger's.
    @inline(__always)
    private func loses(_ t: Thread, _ old: ObjectRef) -> Bool {
        guard old.owner == t.ownerSlot, old.local.pointee > 1 else { return false }
        WriteBarrier.willOverwrite(object, old: old, t)
        old.local.pointee &-= 1
        return true
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
