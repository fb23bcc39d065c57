// dict: lookups without a lock, changes under the object's one-byte lock. Layout: 24 table (atomic, 0: none), 32 count (u32,
// atomic), 36 the table's capacity (u32, under the lock).
//
// Looking up a key may run Python code (`__eq__`), which must not happen under the lock. So a change first finds the entry
// without it, then takes the lock and checks that no key has come or gone since (the version); if one has, it starts again.
// What a change displaces is released after the lock is free.
public import StillObmalloc
import StillPlatform
public import StillThreadRegistry
public import Synchronization

@frozen public struct DictRef {
    public let raw: UnsafeMutableRawPointer
    @inlinable @inline(__always) public init(_ value: Value) { raw = value.object.raw }
    @inlinable @inline(__always) public init(raw: UnsafeMutableRawPointer) { self.raw = raw }

    @inlinable @inline(__always) public var object: ObjectRef { ObjectRef(raw) }
    @inlinable public var value: Value { Value(object) }
    @inlinable @inline(__always) var tableWord: UnsafeMutablePointer<Atomic<UInt64>> { object.atomicWord(24) }
    @inlinable @inline(__always) public var table: HashTable? {
        let bits = tableWord.pointee.load(ordering: .acquiring)  // D1
        return UnsafeMutableRawPointer(bitPattern: UInt(bits)).map { HashTable($0) }
    }
    @inlinable var countWord: UnsafeMutablePointer<Atomic<UInt32>> { (raw + 32).assumingMemoryBound(to: Atomic<UInt32>.self) }
    /// Number of keys.
    @inlinable public var count: Int { Int(countWord.pointee.load(ordering: .relaxed)) }
    /// Under the lock.
    func setCount(_ count: Int) { countWord.pointee.store(UInt32(count), ordering: .relaxed) }
    /// Entries that the table has room for. Under the lock.
    var capacity: Int { Int(object.field(36, as: UInt32.self)) }
    /// Under the lock, or nobody reads or changes the dict any more.
    func bytes(of table: HashTable) -> Int { HashTable.bytes(table.indexSize, capacity: capacity) }
    /// Under the lock.
    func setTable(_ table: HashTable, capacity: Int) {
        object.setField(36, UInt32(capacity))
        tableWord.pointee.store(UInt64(UInt(bitPattern: table.raw)), ordering: .releasing)  // D1
    }
    /// See HashTable.swift; 0 while a key is being added or removed.
    @inlinable @inline(__always) public var keysVersion: UInt64 {
        table.map { $0.version.pointee.load(ordering: .acquiring) } ?? 0
    }

    // MARK: Finding

    enum Found {
        case entry(HashTable, Int)
        case absent
        /// Another key with the same hash must be compared by Python code.
        case undecided
    }

    /// Finds a key; no Python code runs if `pure`. The result is a hint unless the lock is held or nothing changes.
    ///
    /// - Parameter locked: the caller holds the lock, so the dict's own references keep the keys alive. Implies `pure`.
    func find(_ t: Thread, _ key: Value, _ hash: Int, pure: Bool, locked: Bool = false) throws(PythonError) -> Found {
        restart: while true {
            guard let table else { return .absent }
            let mask = table.indexSize - 1
            var perturb = UInt(bitPattern: hash)
            var index = hash & mask
            while true {
                let number = Int(table.place(index).pointee.load(ordering: .acquiring))  // D1
                if number == -1 { return .absent }
                if number >= 0 {
                    let bits = table.key(number).pointee.load(ordering: .acquiring)
                    if Value(bits: bits).isSame(key) { return .entry(table, number) }
                    if bits != 0 && table.hash(number).pointee.load(ordering: .relaxed) == hash && bits & key.bits & 1 == 0 {
                        let other = Value(bits: bits)
                        if !locked && !retainKey(t, table, number, other) { continue restart }
                        defer { if !locked { t.release(other) } }
                        if t.typeOf(key) == t.type(.str) && t.typeOf(other) == t.type(.str) {
                            if StrRef.equal(StrRef(key), StrRef(other)) { return .entry(table, number) }
                        } else if pure {
                            return .undecided
                        } else {
                            let equal = try t.equal(other, key)
                            // The comparison may have changed the dict. Another table may lie where this one was.
                            if self.table?.raw != table.raw || number >= table.used
                                || table.key(number).pointee.load(ordering: .acquiring) != bits {
                                continue restart
                            }
                            if equal { return .entry(table, number) }
                        }
                    }
                }
                index = HashTable.next(index, &perturb, mask)
            }
        }
    }

    /// Takes a count on an entry's key; false when the entry has changed.
    private func retainKey(_ t: Thread, _ table: HashTable, _ number: Int, _ key: Value) -> Bool {
        if !key.isCounted { return true }
        let word = table.key(number)
        if ReferenceCount.tryRetain(key.object, t) {
            if word.pointee.load(ordering: .acquiring) == key.bits && isCurrent(table) { return true }
            t.release(key)
            return false
        }
        ObjectLock.lock(object.lockByte, for: t)
        let same = word.pointee.load(ordering: .relaxed) == key.bits && isCurrent(table)
        if same { t.retainHeld(key) }
        ObjectLock.unlock(object.lockByte, for: t)
        return same
    }

    /// Owned value of an entry, null when it has been deleted.
    @inlinable @inline(__always)
    func load(_ t: Thread, _ table: HashTable, _ number: Int) -> Value {
        let word = table.value(number)
        let value = Value(bits: word.pointee.load(ordering: .acquiring))
        if !value.isCounted { return value }
        if _fastPath(ReferenceCount.tryRetain(value.object, t)) {
            if _fastPath(ReferenceCount.isStill(value.bits, in: word) && isCurrent(table)) { return value }
            t.release(value)
        }
        return loadLocked(t, table, number)
    }

    /// Whether the dict still uses the table. Asked after a look at one of its entries: a replaced table keeps what its entries
    /// said, but no longer holds the counts, so the block may be another object by now.
    @inlinable @inline(__always)
    func isCurrent(_ table: HashTable) -> Bool {
        tableWord.pointee.load(ordering: .relaxed) == UInt64(UInt(bitPattern: table.raw))
    }

    @usableFromInline @inline(never)
    func loadLocked(_ t: Thread, _ table: HashTable, _ number: Int) -> Value {
        ObjectLock.lock(object.lockByte, for: t)
        defer { ObjectLock.unlock(object.lockByte, for: t) }
        // A table that has been replaced no longer owns what its entries say.
        guard self.table?.raw == table.raw else { return .null }
        let value = Value(bits: table.value(number).pointee.load(ordering: .relaxed))
        return t.retainHeld(value)
    }

    /// Owned value, or null.
    public func get(_ t: Thread, _ key: Value) throws(PythonError) -> Value {
        try get(t, key, hash: t.hash(key))
    }

    public func get(_ t: Thread, _ key: Value, hash: Int) throws(PythonError) -> Value {
        guard let table else { return .null }
        // The usual case: the first entry with the hash has the key itself, or the same text.
        let mask = table.indexSize &- 1
        var perturb = UInt(bitPattern: hash)
        var index = hash & mask
        while true {
            let number = Int(table.place(index).pointee.load(ordering: .acquiring))  // D1
            if number == -1 { return .null }
            if number >= 0 && table.hash(number).pointee.load(ordering: .relaxed) == hash {
                let bits = table.key(number).pointee.load(ordering: .acquiring)
                if bits == 0 || !(Value(bits: bits).isSame(key) || isSameText(t, bits, key)) { break }
                let value = load(t, table, number)
                if value.isNull { break }
                return value
            }
            index = HashTable.next(index, &perturb, mask)
        }
        return try getSlowly(t, key, hash)
    }

    /// An entry's key that nobody can take away meanwhile, of the same text: both exactly str.
    @inline(__always)
    private func isSameText(_ t: Thread, _ bits: UInt64, _ key: Value) -> Bool {
        guard t.isAlone, key.isObject, Value(bits: bits).isObject else { return false }
        let str = t.type(.str).raw
        return key.object.typeRaw == str && Value(bits: bits).object.typeRaw == str && StrRef.equal(StrRef(key), StrRef(Value(bits: bits)))
    }

    /// Whether there is such a key.
    public func has(_ t: Thread, _ key: Value, hash: Int) throws(PythonError) -> Bool {
        guard let table else { return false }
        let mask = table.indexSize &- 1
        var perturb = UInt(bitPattern: hash)
        var index = hash & mask
        while true {
            let number = Int(table.place(index).pointee.load(ordering: .acquiring))  // D1
            if number == -1 { return false }
            if number >= 0 && table.hash(number).pointee.load(ordering: .relaxed) == hash {
                let bits = table.key(number).pointee.load(ordering: .acquiring)
                if bits == 0 || !(Value(bits: bits).isSame(key) || isSameText(t, bits, key)) { break }
                return true
            }
            index = HashTable.next(index, &perturb, mask)
        }
        if case .absent = try find(t, key, hash, pure: false) { return false }
        return true
    }

    @inline(never)
    private func getSlowly(_ t: Thread, _ key: Value, _ hash: Int) throws(PythonError) -> Value {
        while true {
            guard case .entry(let table, let number) = try find(t, key, hash, pure: false) else { return .null }
            let value = load(t, table, number)
            if !value.isNull || self.table?.raw == table.raw { return value }
        }
    }

    /// The same for an interned name: the first probe usually hits by address.
    @inlinable
    public func getName(_ t: Thread, _ name: Value) -> Value {
        guard let table else { return .null }
        let hash = StrRef(name).hash
        let mask = table.indexSize &- 1
        var perturb = UInt(bitPattern: hash)
        var index = hash & mask
        while true {
            let number = Int(table.place(index).pointee.load(ordering: .acquiring))  // D1
            if number == -1 { return .null }
            if number >= 0 {
                let bits = table.key(number).pointee.load(ordering: .acquiring)
                if (bits ^ name.bits) & ~4 == 0 {
                    let value = load(t, table, number)
                    if _fastPath(!value.isNull) { return value }
                    return getUndecided(t, name, hash)
                }
                if bits != 0 && table.hash(number).pointee.load(ordering: .relaxed) == hash {
                    return getUndecided(t, name, hash)
                }
            }
            index = HashTable.next(index, &perturb, mask)
        }
    }

    /// A key that is not the name itself has its hash: compare. An exception of a key's `__eq__` counts as a miss.
    @usableFromInline @inline(never)
    func getUndecided(_ t: Thread, _ name: Value, _ hash: Int) -> Value {
        do throws(PythonError) { return try get(t, name, hash: hash) } catch {
            t.clearRaised()
            return .null
        }
    }

    /// Number of the entry with exactly this interned name as key, -1 for none. A hint for `valueForRegister`.
    public func entryIndex(_ t: Thread, _ name: Value) -> Int {
        if let found = try? find(t, name, StrRef(name).hash, pure: true), case .entry(let table, let number) = found,
            (table.key(number).pointee.load(ordering: .acquiring) ^ name.bits) & ~4 == 0
        {
            return number
        }
        return -1
    }

    /// The value of entry `number` if its key is `key`, as a register holds it: uncounted when it is never freed by count. Else null.
    @inlinable @inline(__always)
    public func valueForRegister(_ t: Thread, _ number: Int, key: Value) -> Value {
        guard let table, number < table.used else { return .null }
        if (table.key(number).pointee.load(ordering: .acquiring) ^ key.bits) & ~4 != 0 { return .null }
        let word = table.value(number)
        let value = Value(bits: word.pointee.load(ordering: .acquiring))
        if !value.isCounted { return value }
        let shared = value.object.sharedWord.pointee.load(ordering: .relaxed)
        if shared & (SharedFlags.deferred | SharedFlags.immortal) != 0 {
            // The block may have become another object between the two loads: only if the slot still says so is it ours.
            if _fastPath(word.pointee.load(ordering: .acquiring) == value.bits && isCurrent(table)) {
                return value.borrowedForm
            }
            return .null
        }
        return load(t, table, number)
    }

    // MARK: Changing

    /// Sets `key` to `value`; both are retained.
    public func set(_ t: Thread, _ key: Value, _ value: Value) throws(PythonError) {
        _ = try store(t, key, hash: t.hash(key), value, onlyIfAbsent: false)
    }

    /// - Returns: for `onlyIfAbsent`, the owned value that was there; else null.
    @discardableResult
    public func store(
        _ t: Thread, _ key: Value, hash: Int, _ value: Value, onlyIfAbsent: Bool
    ) throws(PythonError) -> Value {
        // Most keys are told apart without Python code: under the lock at once.
        ObjectLock.lock(object.lockByte, for: t)
        var place = -1
        var number = -1
        if let table { number = findLocked(t, table, key, hash, &place) }
        if number == -1 {
            let inserted = insertLocked(t, key, hash, value, at: place)
            ObjectLock.unlock(object.lockByte, for: t)
            if !inserted { throw t.noMemory() }
            return .null
        }
        if number >= 0 { return replaceLocked(t, table.unsafelyUnwrapped, number, value, onlyIfAbsent) }
        ObjectLock.unlock(object.lockByte, for: t)
        return try storeSlowly(t, key, hash, value, onlyIfAbsent)
    }

    /// Under the lock, which it gives up: another value for an entry. Returns as `store` does.
    @inline(__always)
    private func replaceLocked(
        _ t: Thread, _ table: HashTable, _ number: Int, _ value: Value, _ onlyIfAbsent: Bool
    ) -> Value {
        let word = table.value(number)
        let old = Value(bits: word.pointee.load(ordering: .relaxed))
        if onlyIfAbsent {
            t.retainHeld(old)
            ObjectLock.unlock(object.lockByte, for: t)
            return old
        }
        if old.isCounted { WriteBarrier.willOverwrite(object, old: old.object, t) } else { WriteBarrier.willStore(object, t) }
        word.pointee.store(t.retain(value).bits, ordering: .releasing)  // D1
        ObjectLock.unlock(object.lockByte, for: t)
        t.release(old)
        return .null
    }

    /// The entry of a key under the lock. -1: there is none; -2: only Python code can tell.
    @inline(__always)
    func findLocked(_ t: Thread, _ table: HashTable, _ key: Value, _ hash: Int) -> Int {
        var place = -1
        return findLocked(t, table, key, hash, &place)
    }

    /// - Parameter place: where there is no such key, the empty place of the index that says so.
    @inline(__always)
    func findLocked(_ t: Thread, _ table: HashTable, _ key: Value, _ hash: Int, _ place: inout Int) -> Int {
        let mask = table.indexSize &- 1
        let entries = table.entry(0)
        let str = t.type(.str).raw
        let isStr = key.isObject && key.object.typeRaw == str
        var perturb = UInt(bitPattern: hash)
        var index = hash & mask
        while true {
            let number = Int(table.place(index).pointee.load(ordering: .relaxed))
            if number == -1 {
                place = index
                return -1
            }
            if number >= 0 {
                let words = (entries + number &* HashTable.entryBytes).assumingMemoryBound(to: Atomic<UInt64>.self)
                let bits = words[1].load(ordering: .relaxed)
                if words[0].load(ordering: .relaxed) == UInt64(UInt(bitPattern: hash)) && bits != 0 {
                    let other = Value(bits: bits)
                    if other.isSame(key) { return number }
                    if isStr && other.isObject && other.object.typeRaw == str {
                        if StrRef.equal(StrRef(key), StrRef(other)) { return number }
                    } else if bits & key.bits & 1 == 0 {
                        return -2
                    }
                }
            }
            index = HashTable.next(index, &perturb, mask)
        }
    }

    @inline(never)
    private func storeSlowly(
        _ t: Thread, _ key: Value, _ hash: Int, _ value: Value, _ onlyIfAbsent: Bool
    ) throws(PythonError) -> Value {
        while true {
            let version = keysVersion
            var found = try find(t, key, hash, pure: false)
            ObjectLock.lock(object.lockByte, for: t)
            if case .undecided = found { found = .absent }
            // With the lock held nothing changes; keys that need Python code to compare were compared above.
            if keysVersion != version || (version == 0 && table != nil) {
                let again = (try? find(t, key, hash, pure: true, locked: true)) ?? .undecided
                if case .undecided = again {
                    ObjectLock.unlock(object.lockByte, for: t)
                    continue
                }
                found = again
            }
            if case .entry(let table, let number) = found, self.table?.raw == table.raw,
                table.value(number).pointee.load(ordering: .relaxed) != 0
            {
                return replaceLocked(t, table, number, value, onlyIfAbsent)
            }
            let inserted = insertLocked(t, key, hash, value)
            ObjectLock.unlock(object.lockByte, for: t)
            if !inserted { throw t.noMemory() }
            return .null
        }
    }

    /// - Parameter place: the place that `findLocked` has found empty in the present table; -1: not known.
    func insertLocked(_ t: Thread, _ key: Value, _ hash: Int, _ value: Value, at place: Int = -1) -> Bool {
        var place = place
        var current = table
        if current == nil || current!.usedLocked == capacity {
            guard let grown = rebuild(t, entries: max(5, count * 2 + 1)) else { return false }
            current = grown
            place = -1
        }
        let table = current!
        WriteBarrier.willStore(object, t)
        table.version.pointee.store(0, ordering: .releasing)
        table.append(hash, t.retain(key), t.retain(value), at: place)
        table.version.pointee.store(t.nextKeysVersion(), ordering: .releasing)
        setCount(count &+ 1)
        return true
    }

    /// Room for so many more keys, so that adding them does not rebuild the table several times.
    func reserve(_ t: Thread, _ more: Int) throws(PythonError) {
        ObjectLock.lock(object.lockByte, for: t)
        let free = table.map { capacity - $0.usedLocked } ?? 0
        // Keys that are there already need none: half of them are expected to be new.
        let done = free * 2 >= more || rebuild(t, entries: count + more) != nil
        ObjectLock.unlock(object.lockByte, for: t)
        if !done { throw t.noMemory() }
    }

    /// Moves the entries to a new table without the deleted ones. Under the lock.
    func rebuild(_ t: Thread, entries: Int) -> HashTable? {
        let used = table?.usedLocked ?? 0
        guard let fresh = HashTable.make(t, entries: entries, filling: used == count ? used : 0) else { return nil }
        let capacity = HashTable.usualCapacity(fresh.indexSize)
        if let old = table {
            let oldBytes = bytes(of: old)
            WriteBarrier.willShiftItems(object, t)
            fresh.takeEntries(of: old, live: count)
            old.version.pointee.store(0, ordering: .releasing)
            setTable(fresh, capacity: capacity)
            Allocation.giveUpBuffer(t, old.raw, bytes: oldBytes)
        } else {
            setTable(fresh, capacity: capacity)
        }
        return fresh
    }

    /// Removes a key. False when it is not there.
    public func delete(_ t: Thread, _ key: Value) throws(PythonError) -> Bool {
        let value = try pop(t, key, hash: t.hash(key))
        if value.isNull { return false }
        t.release(value)
        return true
    }

    /// Removes a key; its owned value, or null.
    ///
    /// - Parameter only: an object: the key is removed only if it has this value.
    public func pop(_ t: Thread, _ key: Value, hash: Int, only: Value = .null) throws(PythonError) -> Value {
        ObjectLock.lock(object.lockByte, for: t)
        let number = table.map { findLocked(t, $0, key, hash) } ?? -1
        if number >= 0 {
            if !only.isNull && !has(table.unsafelyUnwrapped, number, only) {
                ObjectLock.unlock(object.lockByte, for: t)
                return .null
            }
            let (old, value) = removeLocked(t, table.unsafelyUnwrapped, number)
            ObjectLock.unlock(object.lockByte, for: t)
            t.release(old)
            return value
        }
        ObjectLock.unlock(object.lockByte, for: t)
        return number == -1 ? .null : try popSlowly(t, key, hash, only)
    }

    /// Under the lock.
    private func has(_ table: HashTable, _ number: Int, _ value: Value) -> Bool {
        Value(bits: table.value(number).pointee.load(ordering: .relaxed)).isSame(value)
    }

    @inline(never)
    private func popSlowly(_ t: Thread, _ key: Value, _ hash: Int, _ only: Value) throws(PythonError) -> Value {
        while true {
            let version = keysVersion
            var found = try find(t, key, hash, pure: false)
            ObjectLock.lock(object.lockByte, for: t)
            if keysVersion != version || (version == 0 && table != nil) {
                let again = (try? find(t, key, hash, pure: true, locked: true)) ?? .undecided
                if case .undecided = again {
                    ObjectLock.unlock(object.lockByte, for: t)
                    continue
                }
                found = again
            }
            guard case .entry(let table, let number) = found, self.table?.raw == table.raw,
                table.value(number).pointee.load(ordering: .relaxed) != 0, only.isNull || has(table, number, only)
            else {
                ObjectLock.unlock(object.lockByte, for: t)
                return .null
            }
            let (old, value) = removeLocked(t, table, number)
            ObjectLock.unlock(object.lockByte, for: t)
            t.release(old)
            return value
        }
    }

    func removeLocked(_ t: Thread, _ table: HashTable, _ number: Int) -> (Value, Value) {
        let key = Value(bits: table.key(number).pointee.load(ordering: .relaxed))
        let value = Value(bits: table.value(number).pointee.load(ordering: .relaxed))
        if key.isCounted { WriteBarrier.willOverwrite(object, old: key.object, t) }
        if value.isCounted { WriteBarrier.willOverwrite(object, old: value.object, t) } else { WriteBarrier.willStore(object, t) }
        table.version.pointee.store(0, ordering: .releasing)
        table.place(table.findPlace(of: number)).pointee.store(-2, ordering: .releasing)
        table.value(number).pointee.store(0, ordering: .releasing)
        table.key(number).pointee.store(0, ordering: .releasing)
        table.version.pointee.store(t.nextKeysVersion(), ordering: .releasing)
        setCount(count &- 1)
        return (key, value)
    }

    /// Removes and returns the newest entry, both owned; nil when empty.
    public func popLast(_ t: Thread) -> (key: Value, value: Value)? {
        ObjectLock.lock(object.lockByte, for: t)
        defer { ObjectLock.unlock(object.lockByte, for: t) }
        guard let table else { return nil }
        var number = table.usedLocked - 1
        while number >= 0 {
            if table.key(number).pointee.load(ordering: .relaxed) != 0 { return removeLocked(t, table, number) }
            number -= 1
        }
        return nil
    }

    public func clear(_ t: Thread) {
        ObjectLock.lock(object.lockByte, for: t)
        let old = table
        var bytes = 0
        if let old {
            bytes = self.bytes(of: old)
            WriteBarrier.willShiftItems(object, t)
            old.version.pointee.store(0, ordering: .releasing)
            tableWord.pointee.store(0, ordering: .releasing)
            setCount(0)
        }
        ObjectLock.unlock(object.lockByte, for: t)
        guard let old else { return }
        // The entries are ours now; readers that still hold the table take counts only after checking the slot again, so the
        // slots are emptied before their references are given up.
        for number in 0..<old.usedLocked {
            let key = Value(bits: old.key(number).pointee.load(ordering: .relaxed))
            let value = Value(bits: old.value(number).pointee.load(ordering: .relaxed))
            old.key(number).pointee.store(0, ordering: .releasing)
            old.value(number).pointee.store(0, ordering: .releasing)
            t.release(key)
            t.release(value)
        }
        Allocation.giveUpBuffer(t, old.raw, bytes: bytes)
    }
}

extension ThreadState {
    public func makeDict() throws(PythonError) -> Value {
        guard let object = Allocation.object(self, type: type(.dict).raw, bytes: 40, collectable: true) else { throw noMemory() }
        return Value(object)
    }

    @inlinable public func isDict(_ value: Value) -> Bool { value.isObject && typeOf(value).has(TypeFlags.dictSubclass) }
}
