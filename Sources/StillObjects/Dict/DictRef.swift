// dict: lookups without a lock, changes under the object's one-byte lock. Layout: 24 table (atomic, 0: none), 32 count (atomic).
//
// Looking up a key may run Python code (`__eq__`), which must not happen under the lock. So a change first finds the entry
// without it, then takes the lock and checks that no key has come or gone since (the version, D3). If one has, it looks again
// under the lock, comparing what needs no Python code (addresses, strings, small ints); if that does not decide it starts again.
// Under the lock there are only loads, stores, counting up and the barrier; what a change displaces is released after it.
//
// The orderings D1 to D3 are explained in HashTable.swift.
public import StillObmalloc
public import StillPlatform
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
    /// The table is still this object's.
    @inlinable @inline(__always) func has(_ table: HashTable) -> Bool {
        tableWord.pointee.load(ordering: .acquiring) == UInt64(UInt(bitPattern: table.raw))  // D2
    }
    @inlinable var countWord: UnsafeMutablePointer<Atomic<UInt64>> { object.atomicWord(32) }
    /// Number of keys.
    @inlinable public var count: Int { Int(countWord.pointee.load(ordering: .relaxed)) }
    /// The number of this set of keys (D3); 0: there is no table, and so no key.
    @inlinable @inline(__always) public var keysVersion: UInt64 {
        table.map { $0.version.pointee.load(ordering: .acquiring) } ?? 0  // D3
    }

    // MARK: Finding

    enum Found {
        case entry(HashTable, Int)
        case absent
        /// Only Python code can tell whether a key with this hash is the one.
        case undecided
    }

    /// The word that an entry holds for an identical key.
    @inlinable @inline(__always) static func slotBits(_ key: Value) -> UInt64 { key.isObject ? key.bits & ~7 : key.bits }

    /// Two keys with equal hashes, not identical: equal or not, nil when only Python code can tell.
    @inline(__always)
    static func compareSimply(_ t: Thread, _ a: Value, _ b: Value) -> Bool? {
        if a.isObject && b.isObject {
            let str = t.type(.str).raw
            if a.object.typeRaw == str && b.object.typeRaw == str { return StrRef.equal(StrRef(a), StrRef(b)) }
            return nil
        }
        if a.isSmallInt && b.isSmallInt { return false }
        if a.isConstant && b.isConstant && !(a.isBool || b.isBool) { return t.typeOf(a) == t.type(.float) && t.typeOf(b) == t.type(.float) }
        return nil
    }

    /// Finds a key. Without the lock the answer is a hint unless nothing changes; Python code may run.
    func find(_ t: Thread, _ key: Value, _ hash: Int) throws(PythonError) -> Found {
        let wanted = DictRef.slotBits(key)
        restart: while true {
            guard let table else { return .absent }
            let mask = table.mask
            var perturb = UInt(bitPattern: hash)
            var index = hash & mask
            while true {
                let number = table.place(index)
                if number == -1 { return .absent }
                if number >= 0 {
                    let bits = table.key(number).pointee.load(ordering: .acquiring)  // D1
                    if bits == wanted { return .entry(table, number) }
                    if bits != 0 && table.hash(number).pointee.load(ordering: .relaxed) == hash {
                        let other = Value(bits: bits)
                        guard retainKey(t, table, number, other) else { continue restart }
                        defer { t.release(other) }
                        if let equal = DictRef.compareSimply(t, other, key) {
                            if equal { return .entry(table, number) }
                        } else {
                            let equal = try t.equal(other, key)
                            // Python code has run: the dict may have changed.
                            if !has(table) || table.key(number).pointee.load(ordering: .acquiring) != bits { continue restart }
                            if equal { return .entry(table, number) }
                        }
                    }
                }
                index = HashTable.next(index, &perturb, mask)
            }
        }
    }

    /// The same under the lock, which keeps keys alive; no Python code.
    private func findLocked(_ t: Thread, _ key: Value, _ hash: Int) -> Found {
        guard let table else { return .absent }
        let wanted = DictRef.slotBits(key)
        let mask = table.mask
        var perturb = UInt(bitPattern: hash)
        var index = hash & mask
        while true {
            let number = table.place(index)
            if number == -1 { return .absent }
            if number >= 0 {
                let bits = table.key(number).pointee.load(ordering: .relaxed)
                if bits == wanted { return .entry(table, number) }
                if bits != 0 && table.hash(number).pointee.load(ordering: .relaxed) == hash {
                    guard let equal = DictRef.compareSimply(t, Value(bits: bits), key) else { return .undecided }
                    if equal { return .entry(table, number) }
                }
            }
            index = HashTable.next(index, &perturb, mask)
        }
    }

    /// Finds the entry to change and returns with the lock held.
    @inline(__always)
    private func findAndLock(_ t: Thread, _ key: Value, _ hash: Int) throws(PythonError) -> Found {
        while true {
            let version = keysVersion
            let found = try find(t, key, hash)
            ObjectLock.lock(object.lockByte)
            if _fastPath(keysVersion == version) { return found }  // D3: the same keys all the time
            let again = findLocked(t, key, hash)
            if case .undecided = again {} else { return again }
            ObjectLock.unlock(object.lockByte)
        }
    }

    /// Takes a count on an entry's key; false when the entry or the table has changed.
    private func retainKey(_ t: Thread, _ table: HashTable, _ number: Int, _ key: Value) -> Bool {
        if !key.isCounted { return true }
        let word = table.key(number)
        if ReferenceCount.tryRetain(key.object, t) {
            if word.pointee.load(ordering: .acquiring) == key.bits && has(table) { return true }  // D2
            t.release(key)
            return false
        }
        ObjectLock.lock(object.lockByte)
        let same = has(table) && word.pointee.load(ordering: .relaxed) == key.bits
        if same { ReferenceCount.retainAndShare(key.object, t) }
        ObjectLock.unlock(object.lockByte)
        return same
    }

    /// Owned value of an entry; null when the key has been deleted or the table replaced.
    @inlinable @inline(__always)
    func load(_ t: Thread, _ table: HashTable, _ number: Int) -> Value {
        let word = table.value(number)
        let value = Value(bits: word.pointee.load(ordering: .acquiring))  // D1
        if !value.isCounted { return value }
        if _fastPath(ReferenceCount.tryRetain(value.object, t)) {
            if _fastPath(word.pointee.load(ordering: .acquiring) == value.bits && has(table)) { return value }  // D2
            t.release(value)
        }
        return loadLocked(t, table, number)
    }

    @usableFromInline @inline(never)
    func loadLocked(_ t: Thread, _ table: HashTable, _ number: Int) -> Value {
        ObjectLock.lock(object.lockByte)
        defer { ObjectLock.unlock(object.lockByte) }
        guard has(table) else { return .null }
        let value = Value(bits: table.value(number).pointee.load(ordering: .relaxed))
        if value.isCounted { ReferenceCount.retainAndShare(value.object, t) }
        return value
    }

    /// One more reference to what a slot holds. Under the lock.
    @inline(__always)
    static func take(_ t: Thread, _ bits: UInt64) -> Value {
        let value = Value(bits: bits)
        if value.isCounted {
            if value.object.owner == t.ownerSlot {
                ReferenceCount.retain(value.object, t)
            } else {
                ReferenceCount.retainAndShare(value.object, t)
            }
        }
        return value
    }

    /// The hash of a key; strings without a call.
    @inlinable @inline(__always)
    static func hash(_ t: Thread, _ key: Value) throws(PythonError) -> Int {
        if key.isObject && key.object.typeRaw == t.type(.str).raw { return StrRef(key).hash }
        return try t.hash(key)
    }

    /// Owned value, or null.
    public func get(_ t: Thread, _ key: Value) throws(PythonError) -> Value {
        if key.isObject && key.object.typeRaw == t.type(.str).raw { return try getName(t, key) }
        return try get(t, key, hash: t.hash(key))
    }

    public func get(_ t: Thread, _ key: Value, hash: Int) throws(PythonError) -> Value {
        while true {
            guard case .entry(let table, let number) = try find(t, key, hash) else { return .null }
            let value = load(t, table, number)
            if !value.isNull || has(table) { return value }
        }
    }

    /// The key is there; its value is not looked at.
    public func contains(_ t: Thread, _ key: Value, hash: Int) throws(PythonError) -> Bool {
        if case .entry = try find(t, key, hash) { return true }
        return false
    }

    /// The same as `get` for an exact str, best an interned one: the first probe usually hits by address.
    @inlinable
    public func getName(_ t: Thread, _ name: Value) throws(PythonError) -> Value {
        guard let table else { return .null }
        let wanted = name.bits & ~7
        let hash = StrRef(name).hash
        let mask = table.mask
        var perturb = UInt(bitPattern: hash)
        var index = hash & mask
        while true {
            let number = table.place(index)
            if number == -1 { return .null }
            if number >= 0 {
                let bits = table.key(number).pointee.load(ordering: .acquiring)  // D1
                if _fastPath(bits == wanted) {
                    let value = load(t, table, number)
                    if _fastPath(!value.isNull) { return value }
                    return try get(t, name, hash: hash)
                }
                if bits != 0 && table.hash(number).pointee.load(ordering: .relaxed) == hash {
                    return try get(t, name, hash: hash)
                }
            }
            index = HashTable.next(index, &perturb, mask)
        }
    }

    /// Number of the entry whose key is this very name, -1 for none. A hint for `valueForRegister`.
    public func entryIndex(_ t: Thread, _ name: Value) -> Int {
        guard let table else { return -1 }
        let wanted = name.bits & ~7
        let hash = StrRef(name).hash
        let mask = table.mask
        var perturb = UInt(bitPattern: hash)
        var index = hash & mask
        while true {
            let number = table.place(index)
            if number == -1 { return -1 }
            if number >= 0 && table.key(number).pointee.load(ordering: .acquiring) == wanted { return number }
            index = HashTable.next(index, &perturb, mask)
        }
    }

    /// Owned value of entry `number` if its key is `key`, else null.
    @inlinable @inline(__always)
    public func valueAt(_ t: Thread, _ number: Int, key: Value) -> Value {
        guard let table, number < table.capacity else { return .null }
        if table.key(number).pointee.load(ordering: .acquiring) != key.bits & ~7 { return .null }
        return load(t, table, number)
    }

    /// The same as a register holds it: uncounted when it is never freed by count.
    @inlinable @inline(__always)
    public func valueForRegister(_ t: Thread, _ number: Int, key: Value) -> Value {
        guard let table, number < table.capacity else { return .null }
        if table.key(number).pointee.load(ordering: .acquiring) != key.bits & ~7 { return .null }
        let word = table.value(number)
        let value = Value(bits: word.pointee.load(ordering: .acquiring))  // D1
        if !value.isCounted { return value }
        // D2: acquiring, for the block may be another object by now, one that is deferred: slot and table tell.
        let shared = value.object.sharedWord.pointee.load(ordering: .acquiring)
        if shared & (SharedFlags.deferred | SharedFlags.immortal) != 0 {
            if _fastPath(word.pointee.load(ordering: .acquiring) == value.bits && has(table)) { return value.borrowedForm }
            return .null
        }
        return load(t, table, number)
    }

    // MARK: Changing

    /// Sets `key` to `value`; both are retained.
    public func set(_ t: Thread, _ key: Value, _ value: Value) throws(PythonError) {
        _ = try store(t, key, hash: DictRef.hash(t, key), value, onlyIfAbsent: false)
    }

    /// - Returns: for `onlyIfAbsent`, the owned value that was there; else null.
    @discardableResult
    public func store(
        _ t: Thread, _ key: Value, hash: Int, _ value: Value, onlyIfAbsent: Bool
    ) throws(PythonError) -> Value {
        if case .entry(let table, let number) = try findAndLock(t, key, hash) {
            let word = table.value(number)
            let bits = word.pointee.load(ordering: .relaxed)
            if onlyIfAbsent {
                let present = DictRef.take(t, bits)
                ObjectLock.unlock(object.lockByte)
                return present
            }
            let old = Value(bits: bits)
            if old.isCounted { WriteBarrier.willOverwrite(object, old: old.object, t) } else { WriteBarrier.willStore(object, t) }
            word.pointee.store(t.retain(value).bits, ordering: .releasing)  // D1
            ObjectLock.unlock(object.lockByte)
            t.release(old)
            return .null
        }
        let inserted = insertLocked(t, key, hash, value)
        ObjectLock.unlock(object.lockByte)
        if !inserted { throw t.noMemory() }
        return .null
    }

    private func insertLocked(_ t: Thread, _ key: Value, _ hash: Int, _ value: Value) -> Bool {
        let count = self.count
        var current = table
        if current == nil || current!.isFull {
            guard let grown = rebuild(t, entries: max(5, count * 2)) else { return false }
            current = grown
        }
        let table = current!
        WriteBarrier.willStore(object, t)
        // A subclass's key may be a register-only form: stored words are owning ones.
        table.version.pointee.store(t.nextKeysVersion(), ordering: .releasing)  // D3
        table.append(hash, t.retain(key), t.retain(value))
        table.version.pointee.store(t.nextKeysVersion(), ordering: .releasing)  // D3
        countWord.pointee.store(UInt64(count + 1), ordering: .relaxed)
        return true
    }

    /// Moves the entries to a new table without the deleted ones. Under the lock.
    private func rebuild(_ t: Thread, entries: Int) -> HashTable? {
        guard let fresh = HashTable.make(t, entries: entries) else { return nil }
        let old = table
        if let old {
            WriteBarrier.willShiftItems(object, t)
            for number in 0..<old.entryCount.pointee.load(ordering: .relaxed) {
                let key = Value(bits: old.key(number).pointee.load(ordering: .relaxed))
                if key.isNull { continue }
                fresh.append(
                    old.hash(number).pointee.load(ordering: .relaxed), key,
                    Value(bits: old.value(number).pointee.load(ordering: .relaxed)))
            }
            old.version.pointee.store(t.nextKeysVersion(), ordering: .releasing)  // D3
        }
        tableWord.pointee.store(UInt64(UInt(bitPattern: fresh.raw)), ordering: .releasing)  // D1
        if let old { Allocation.retireBuffer(t, old.raw, bytes: old.bytes) }
        return fresh
    }

    /// Removes a key. False when it is not there.
    public func delete(_ t: Thread, _ key: Value) throws(PythonError) -> Bool {
        try delete(t, key, hash: DictRef.hash(t, key))
    }
    public func delete(_ t: Thread, _ key: Value, hash: Int) throws(PythonError) -> Bool {
        let value = try pop(t, key, hash: hash)
        if value.isNull { return false }
        t.release(value)
        return true
    }

    /// Removes a key; its owned value, or null.
    public func pop(_ t: Thread, _ key: Value, hash: Int) throws(PythonError) -> Value {
        guard case .entry(let table, let number) = try findAndLock(t, key, hash) else {
            ObjectLock.unlock(object.lockByte)
            return .null
        }
        let old = removeLocked(t, table, number)
        ObjectLock.unlock(object.lockByte)
        t.release(old.key)
        return old.value
    }

    private func removeLocked(_ t: Thread, _ table: HashTable, _ number: Int) -> (key: Value, value: Value) {
        WriteBarrier.willStore(object, t)
        let key = Value(bits: table.key(number).pointee.load(ordering: .relaxed))
        if key.isCounted { WriteBarrier.willOverwrite(object, old: key.object, t) }
        let value = Value(bits: table.value(number).pointee.load(ordering: .relaxed))
        if value.isCounted { WriteBarrier.willOverwrite(object, old: value.object, t) }
        table.version.pointee.store(t.nextKeysVersion(), ordering: .releasing)  // D3
        _ = table.remove(number)
        table.version.pointee.store(t.nextKeysVersion(), ordering: .releasing)  // D3
        countWord.pointee.store(UInt64(count - 1), ordering: .relaxed)
        return (key, value)
    }

    /// Removes and returns the newest entry, both owned; nil when empty.
    public func popLast(_ t: Thread) -> (key: Value, value: Value)? {
        ObjectLock.lock(object.lockByte)
        defer { ObjectLock.unlock(object.lockByte) }
        guard let table else { return nil }
        var number = table.liveEnd - 1
        while number >= 0 {
            if table.key(number).pointee.load(ordering: .relaxed) != 0 { return removeLocked(t, table, number) }
            number -= 1
        }
        table.liveEnd = 0
        return nil
    }

    public func clear(_ t: Thread) { replaceTable(t, nil, count: 0) }

    /// Puts the contents of a dict or set that nobody else knows in the place of this one's, at one moment; `source` becomes empty.
    func replaceContents(_ t: Thread, with source: DictRef) {
        let fresh = source.table
        let count = source.count
        source.tableWord.pointee.store(0, ordering: .relaxed)
        source.countWord.pointee.store(0, ordering: .relaxed)
        replaceTable(t, fresh, count: count)
    }

    private func replaceTable(_ t: Thread, _ fresh: HashTable?, count: Int) {
        ObjectLock.lock(object.lockByte)
        let old = table
        if let old {
            WriteBarrier.willShiftItems(object, t)
            old.version.pointee.store(t.nextKeysVersion(), ordering: .releasing)  // D3
        } else {
            WriteBarrier.willStore(object, t)
        }
        tableWord.pointee.store(fresh.map { UInt64(UInt(bitPattern: $0.raw)) } ?? 0, ordering: .releasing)  // D1
        countWord.pointee.store(UInt64(count), ordering: .relaxed)
        ObjectLock.unlock(object.lockByte)
        guard let old else { return }
        // Ours now: readers that still hold the table see that it is not the object's any more (D2).
        for number in 0..<old.entryCount.pointee.load(ordering: .relaxed) {
            t.release(Value(bits: old.key(number).pointee.exchange(0, ordering: .acquiringAndReleasing)))
            t.release(Value(bits: old.value(number).pointee.exchange(0, ordering: .acquiringAndReleasing)))
        }
        Allocation.retireBuffer(t, old.raw, bytes: old.bytes)
    }
}

extension ThreadState {
    public func makeDict() throws(PythonError) -> Value {
        guard let object = Allocation.object(self, type: type(.dict).raw, bytes: 40, collectable: true) else { throw noMemory() }
        return Value(object)
    }

    @inlinable public func isDict(_ value: Value) -> Bool { value.isObject && typeOf(value).has(TypeFlags.dictSubclass) }
}
