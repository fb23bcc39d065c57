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

    /// An empty table with room for `entries`, and as many more as its index has places for. nil: no memory.
    ///
    /// - Parameter capacity: at least `entries`; nil: the usual one.
    static func make(_ t: Thread, entries: Int, capacity: Int? = nil) -> HashTable? {
        var size = 4
        while usualCapacity(size) < entries { size *= 2 }
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
        (raw + headerBytes + size * 4).initializeMemory(as: UInt8.self, repeating: 0, count: capacity * entryBytes)
        return table
    }

    /// First place to probe, and the next ones: linear congruence that visits all, mixed with the hash's high bits.
    @inlinable @inline(__always) static func next(_ index: Int, _ perturb: inout UInt, _ mask: Int) -> Int {
        perturb &>>= 5
        return (index &* 5 &+ Int(bitPattern: perturb) &+ 1) & mask
    }

    /// Adds an entry known to be absent. The caller holds the lock, or the table is its own; there is room.
    func append(_ hash: Int, _ key: Value, _ value: Value) {
        let number = usedLocked
        self.hash(number).pointee.store(hash, ordering: .relaxed)
        self.value(number).pointee.store(value.bits, ordering: .releasing)
        self.key(number).pointee.store(key.bits, ordering: .releasing)  // D1
        usedWord.pointee.store(UInt32(truncatingIfNeeded: number &+ 1), ordering: .releasing)
        let mask = indexSize - 1
        var perturb = UInt(bitPattern: hash)
        var index = hash & mask
        while place(index).pointee.load(ordering: .relaxed) >= 0 { index = HashTable.next(index, &perturb, mask) }
        place(index).pointee.store(Int32(number), ordering: .releasing)  // D1
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
