// The table of a dict or set: insertion-ordered entries and an index into them, in one raw buffer.
//
//    0 keysVersion (atomic)   8 index size, a power of two, u32   12 entries used, u32 (atomic)
//   16 index: Int32 for each place: -1 empty, -2 deleted, else entry number    then entries {hash, key, value} of 24 bytes
//
// Capacity  How many entries there is room for is noted in the dict, under its lock: readers go by the entries used.
// Writers   hold the object's lock. An entry is written hash first, then value, key (release), index place (release). A deleted entry
//           keeps its hash; key and value become null. Entries are never reused in one table: a full table is
//           replaced by a new one, and the old one retired.
// Readers   hold no lock: load the table (acquire), probe (acquire), compare the key's address, and only if hashes are equal look at
//           another key, with a count taken on it. A table they hold stays as it is but for deletions and overwritten values.
// Version   changes with every key added or removed: 0 while that is going on, then a number no table ever had. Who reads a
//           version other than 0 and then misses a name knows: as long as the version is that one, the name is missing.
//           (An insertion stores 0 before, and the new number after the index place.)
// Ordering  (D1) stores of keys, values, places and the table pointer release, loads acquire.
import StillObmalloc
import StillPlatform
public import StillThreadRegistry
public import Synchronization

@frozen public struct HashTable {
    public let raw: UnsafeMutableRawPointer
    @inlinable @inline(__always) public init(_ raw: UnsafeMutableRawPointer) { self.raw = raw }

    @inlinable public static var headerBytes: Int { 16 }
    @inlinable public static var entryBytes: Int { 24 }

    @inlinable @inline(__always) public var version: UnsafeMutablePointer<Atomic<UInt64>> {
        raw.assumingMemoryBound(to: Atomic<UInt64>.self)
    }
    @inlinable @inline(__always) public var indexSize: Int { Int(raw.load(fromByteOffset: 8, as: UInt32.self)) }
    @inlinable @inline(__always) var usedWord: UnsafeMutablePointer<Atomic<UInt32>> {
        (raw + 12).assumingMemoryBound(to: Atomic<UInt32>.self)
    }
    /// Entries used, deleted ones too: for readers without the lock.
    @inlinable @inline(__always) public var used: Int { Int(usedWord.pointee.load(ordering: .acquiring)) }
    /// The same for whoever holds the lock.
    @inlinable @inline(__always) var usedLocked: Int { Int(usedWord.pointee.load(ordering: .relaxed)) }
    /// Room in a table with this index, unless it was made for exactly fewer.
    @inlinable static func usualCapacity(_ indexSize: Int) -> Int { indexSize &* 2 / 3 }
    @inlinable static func bytes(_ indexSize: Int, capacity: Int) -> Int {
        headerBytes &+ indexSize &* 4 &+ capacity &* entryBytes
    }

    @inlinable @inline(__always) public func place(_ index: Int) -> UnsafeMutablePointer<Atomic<Int32>> {
        (raw + HashTable.headerBytes + index &* 4).assumingMemoryBound(to: Atomic<Int32>.self)
    }
    @inlinable @inline(__always) public func entry(_ number: Int) -> UnsafeMutableRawPointer {
        raw + (HashTable.headerBytes &+ indexSize &* 4 &+ number &* HashTable.entryBytes)
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

    /// The smallest index for so many entries.
    static func indexSize(for entries: Int) -> Int {
        var size = 4
        while usualCapacity(size) < entries { size *= 2 }
        return size
    }

    /// An empty table with room for `entries`, and as many more as its index has places for. nil: no memory.
    ///
    /// - Parameter capacity: at least `entries`; nil: the usual one.
    /// - Parameter filling: how many entries the caller writes at once.
    static func make(_ t: Thread, entries: Int, capacity: Int? = nil, filling: Int = 0) -> HashTable? {
        let size = indexSize(for: entries)
        guard size < 1 << 31 else { return nil }
        let capacity = capacity ?? usualCapacity(size)
        let bytes = bytes(size, capacity: capacity)
        guard let raw = Allocation.buffer(t, bytes: bytes) else { return nil }
        let table = HashTable(raw)
        // Stale readers never see this block: buffers are handed out again only after a grace period. Plain stores.
        (raw + 8).storeBytes(of: UInt32(size), as: UInt32.self)
        table.version.initialize(to: Atomic(t.nextKeysVersion()))
        table.usedWord.initialize(to: Atomic(0))
        (raw + headerBytes).initializeMemory(as: UInt8.self, repeating: 0xFF, count: size * 4)
        clearBytes(raw + headerBytes + size * 4 + filling * entryBytes, (capacity - filling) * entryBytes)
        return table
    }

    /// First place to probe, and the next ones: linear congruence that visits all, mixed with the hash's high bits.
    @inlinable @inline(__always) static func next(_ index: Int, _ perturb: inout UInt, _ mask: Int) -> Int {
        perturb &>>= 5
        return (index &* 5 &+ Int(bitPattern: perturb) &+ 1) & mask
    }

    /// Adds an entry known to be absent. The caller holds the lock, or the table is its own; there is room.
    ///
    /// - Parameter place: an empty place on the way of the hash, if one is known.
    @inline(__always)
    func append(_ hash: Int, _ key: Value, _ value: Value, at place: Int = -1) {
        let number = usedLocked
        let words = entry(number).assumingMemoryBound(to: Atomic<UInt64>.self)
        words[0].store(UInt64(UInt(bitPattern: hash)), ordering: .relaxed)
        words[2].store(value.bits, ordering: .releasing)
        words[1].store(key.bits, ordering: .releasing)  // D1
        usedWord.pointee.store(UInt32(truncatingIfNeeded: number &+ 1), ordering: .releasing)
        let free = place >= 0 ? place : freePlace(hash)
        self.place(free).pointee.store(Int32(truncatingIfNeeded: number), ordering: .releasing)  // D1
    }

    @inline(__always)
    private func freePlace(_ hash: Int) -> Int {
        let mask = indexSize &- 1
        var perturb = UInt(bitPattern: hash)
        var index = hash & mask
        while place(index).pointee.load(ordering: .relaxed) >= 0 { index = HashTable.next(index, &perturb, mask) }
        return index
    }

    /// Takes the `live` entries of another table that are not deleted, into a new one that nobody else knows yet. The caller holds the other's lock.
    func takeEntries(of old: HashTable, live: Int) {
        let used = old.usedLocked
        if used != live {
            for number in 0..<used {
                let key = Value(bits: old.key(number).pointee.load(ordering: .relaxed))
                if key.isNull { continue }
                append(
                    old.hash(number).pointee.load(ordering: .relaxed), key,
                    Value(bits: old.value(number).pointee.load(ordering: .relaxed)))
            }
            return
        }
        copyBytes(entry(0), old.entry(0), used &* HashTable.entryBytes)
        var hash = entry(0)
        for number in 0..<used {
            place(freePlace(hash.load(as: Int.self))).pointee.store(Int32(truncatingIfNeeded: number), ordering: .relaxed)
            hash += HashTable.entryBytes
        }
        usedWord.pointee.store(UInt32(truncatingIfNeeded: used), ordering: .relaxed)
    }

    /// The place that holds an entry's number. The caller holds the lock.
    func findPlace(of number: Int) -> Int {
        let mask = indexSize - 1
        let hash = self.hash(number).pointee.load(ordering: .relaxed)
        var perturb = UInt(bitPattern: hash)
        var index = hash & mask
        while place(index).pointee.load(ordering: .relaxed) != Int32(number) { index = HashTable.next(index, &perturb, mask) }
        return index
    }
}

extension ThreadState {
    /// A number that no table of the process has had as its version: the thread's id above a counter of the thread.
    @inlinable @inline(__always) public func nextKeysVersion() -> UInt64 {
        objects.pointee.keysVersions &+= 1
        return id &<< 34 | objects.pointee.keysVersions & 0x3_FFFF_FFFF
    }
}
