// The table of a dict or set: insertion-ordered entries and an index into them, in one raw buffer.
//
//    0 keysVersion (atomic)   8 mask: places - 1   16 width of a place: 0, 1, 2 for 1, 2, 4 bytes
//   24 entries used (atomic)  32 offset of the entries   40 entry capacity   48 end of the live entries (under the lock)
//   56 places: -1 never used, -2 deleted, else entry number (atomic)           then entries {hash, key, value} of 24 bytes (atomic)
//
// Writers   hold the object's lock. An entry is written first (hash, value, key), then its place. A deleted entry keeps its hash, key
//           and value become null for good: entries are never used twice in one table, so a number that a reader holds means one
//           key or none. A full table is replaced by a new one, and the old one retired (QSBR); the old one keeps its contents.
// Readers   hold no lock: load the table, probe, compare the key's address, then hashes, and only if those are equal look
//           at the other key, with a count taken on it. Places -2 may be reused for another key; probing goes on at -2 and at any other
//           key alike, so a reader under way loses nothing.
// Counts    taken on a key or value found in a table are valid only if afterwards the slot still holds the word *and the table is
//           still the object's*: a replaced table no longer owns what its slots say, and the block may be another object by then.
//           (D2) tryRetain acquires; if the block was reused, the count word it read was written after the old reference had been
//           given up, that is after the table was replaced: the load of the table that follows must see it.
// Version   (D3) names the set of keys. Every insertion and removal stores a number never used before ahead of its
//           first store and another one behind its last (release). A reader loads the version (acquire), then misses a key, and
//           may take the key for missing as long as it loads that version: had the key been inserted since, and had the reader
//           seen any trace of it, it would see the first of the two numbers; a number read in the middle of a change is gone when
//           the change is complete. A new table has a number of its own, and the old one's is changed before it is replaced.
// Ordering  (D1) stores of keys, values, places and the table pointer release, loads acquire. The header's plain fields are written
//           before the table is published.
public import StillObmalloc
public import StillPlatform
public import StillThreadRegistry
public import Synchronization

@frozen public struct HashTable {
    public let raw: UnsafeMutableRawPointer
    @inlinable @inline(__always) public init(_ raw: UnsafeMutableRawPointer) { self.raw = raw }

    @inlinable public static var headerBytes: Int { 56 }
    @inlinable public static var entryBytes: Int { 24 }
    /// Most entries: their numbers are Int32.
    static var largestCapacity: Int { 1 << 30 }

    @inlinable @inline(__always) public var version: UnsafeMutablePointer<Atomic<UInt64>> {
        raw.assumingMemoryBound(to: Atomic<UInt64>.self)
    }
    @inlinable @inline(__always) public var mask: Int { raw.load(fromByteOffset: 8, as: Int.self) }
    @inlinable @inline(__always) var width: Int { raw.load(fromByteOffset: 16, as: Int.self) }
    @inlinable @inline(__always) public var entryCount: UnsafeMutablePointer<Atomic<Int>> {
        (raw + 24).assumingMemoryBound(to: Atomic<Int>.self)
    }
    @inlinable @inline(__always) var entriesOffset: Int { raw.load(fromByteOffset: 32, as: Int.self) }
    @inlinable @inline(__always) public var capacity: Int { raw.load(fromByteOffset: 40, as: Int.self) }
    /// No entry from here on is live. Under the lock.
    var liveEnd: Int {
        get { raw.load(fromByteOffset: 48, as: Int.self) }
        nonmutating set { raw.storeBytes(of: newValue, toByteOffset: 48, as: Int.self) }
    }
    public var bytes: Int { entriesOffset + capacity * HashTable.entryBytes }

    @inlinable @inline(__always) public func place(_ index: Int) -> Int {
        let places = raw + HashTable.headerBytes
        let width = self.width
        if _fastPath(width == 0) {
            return Int((places + index).assumingMemoryBound(to: Atomic<Int8>.self).pointee.load(ordering: .acquiring))  // D1
        }
        if width == 1 {
            return Int((places + index &* 2).assumingMemoryBound(to: Atomic<Int16>.self).pointee.load(ordering: .acquiring))
        }
        return Int((places + index &* 4).assumingMemoryBound(to: Atomic<Int32>.self).pointee.load(ordering: .acquiring))
    }
    func setPlace(_ index: Int, _ number: Int) {
        let places = raw + HashTable.headerBytes
        switch width {
        case 0: (places + index).assumingMemoryBound(to: Atomic<Int8>.self).pointee.store(Int8(number), ordering: .releasing)  // D1
        case 1: (places + index * 2).assumingMemoryBound(to: Atomic<Int16>.self).pointee.store(Int16(number), ordering: .releasing)
        default: (places + index * 4).assumingMemoryBound(to: Atomic<Int32>.self).pointee.store(Int32(number), ordering: .releasing)
        }
    }

    @inlinable @inline(__always) public func entry(_ number: Int) -> UnsafeMutableRawPointer {
        raw + (entriesOffset &+ number &* HashTable.entryBytes)
    }
    @inlinable @inline(__always) public func hash(_ number: Int) -> UnsafeMutablePointer<Atomic<Int>> {
        entry(number).assumingMemoryBound(to: Atomic<Int>.self)
    }
    @inlinable @inline(__always) public func key(_ number: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
        (entry(number) + 8).assumingMemoryBound(to: Atomic<UInt64>.self)
    }
    @inlinable @inline(__always) public func value(_ number: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
        (entry(number) + 16).assumingMemoryBound(to: Atomic<UInt64>.self)
    }

    /// An empty table with room for `entries`. nil: no memory.
    static func make(_ t: Thread, entries: Int) -> HashTable? {
        if entries > largestCapacity { return nil }
        var size = 8
        while size * 2 / 3 < entries { size *= 2 }
        let capacity = size * 2 / 3
        let width = size <= 128 ? 0 : size <= 32768 ? 1 : 2
        let entriesOffset = headerBytes + (size << width)
        guard let raw = Allocation.buffer(t, bytes: entriesOffset + capacity * entryBytes) else { return nil }
        let table = HashTable(raw)
        // Plain stores: a block is handed out again only after a grace period, so nobody still reads it.
        (raw + 8).storeBytes(of: size - 1, as: Int.self)
        (raw + 16).storeBytes(of: width, as: Int.self)
        (raw + 32).storeBytes(of: entriesOffset, as: Int.self)
        (raw + 40).storeBytes(of: capacity, as: Int.self)
        table.liveEnd = 0
        table.version.initialize(to: Atomic(t.nextKeysVersion()))
        table.entryCount.initialize(to: Atomic(0))
        (raw + headerBytes).initializeMemory(as: UInt8.self, repeating: 0xFF, count: size << width)
        (raw + entriesOffset).initializeMemory(as: UInt8.self, repeating: 0, count: capacity * entryBytes)
        return table
    }

    /// The next place to probe: all places are visited, in an order that depends on all bits of the hash.
    @inlinable @inline(__always) static func next(_ index: Int, _ perturb: inout UInt, _ mask: Int) -> Int {
        perturb &>>= 5
        return (index &* 5 &+ Int(bitPattern: perturb) &+ 1) & mask
    }

    @inline(__always) var isFull: Bool { entryCount.pointee.load(ordering: .relaxed) == capacity }

    /// Adds an entry known to be absent, with owned key and value. Under the lock, or the table is the caller's own; not full.
    func append(_ hash: Int, _ key: Value, _ value: Value) {
        let number = entryCount.pointee.load(ordering: .relaxed)
        self.hash(number).pointee.store(hash, ordering: .relaxed)
        self.value(number).pointee.store(value.bits, ordering: .releasing)
        self.key(number).pointee.store(key.bits, ordering: .releasing)  // D1
        entryCount.pointee.store(number &+ 1, ordering: .releasing)
        liveEnd = number &+ 1
        let mask = self.mask
        var perturb = UInt(bitPattern: hash)
        var index = hash & mask
        while place(index) >= 0 { index = HashTable.next(index, &perturb, mask) }
        setPlace(index, number)  // D1
    }

    /// Takes an entry out; its key and value are the caller's now. Under the lock.
    func remove(_ number: Int) -> (key: Value, value: Value) {
        let mask = self.mask
        let hash = self.hash(number).pointee.load(ordering: .relaxed)
        var perturb = UInt(bitPattern: hash)
        var index = hash & mask
        while place(index) != number { index = HashTable.next(index, &perturb, mask) }
        let key = Value(bits: self.key(number).pointee.load(ordering: .relaxed))
        let value = Value(bits: self.value(number).pointee.load(ordering: .relaxed))
        setPlace(index, -2)
        self.value(number).pointee.store(0, ordering: .releasing)
        self.key(number).pointee.store(0, ordering: .releasing)
        if liveEnd == number &+ 1 { liveEnd = number }
        return (key, value)
    }
}

extension ThreadState {
    /// A number that no table of the process has had as its version: the thread's id above a counter of the thread.
    @inlinable @inline(__always) public func nextKeysVersion() -> UInt64 {
        objects.pointee.keysVersions &+= 1
        return id &<< 40 | objects.pointee.keysVersions & 0xFF_FFFF_FFFF
    }
}
