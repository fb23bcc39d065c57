// Whose is this address? One map for the process: two levels over 47 bits of address, in steps of an arena (2 MiB).
//
// Writers   An interpreter's heap, under its lock, for mappings it has just made or is about to unmap: no two write the same entry at a time.
// Readers   take no lock. Nodes are only ever added and never freed, so a reader can never step on unmapped memory of the map. The answer
//           holds as long as something keeps the address's memory mapped; for other addresses it may be a moment old.
// Entries   `owner` 0: nobody's. Else the interpreter's id + 1, what lies there, and for the later parts of a large buffer how many entries
//           back its first is. `detail` the heap's address for an arena, the bytes asked for of a large buffer's first entry.
// Ordering  (A1) a node is published with release and found with acquire. (A2) `owner` is stored with release after `detail` and loaded with
//           acquire before it.
import StillPlatform
import Synchronization

enum AddressMap {
    static let leafBits = 13
    static let rootBits = 47 - 21 - leafBits
    static let entryBytes = 16

    enum What {
        static let arena: UInt64 = 1
        static let large: UInt64 = 2
        static let largePart: UInt64 = 3
    }

    /// What the map knows of an address without looking at the memory there.
    struct Entry {
        let owner: UInt64
        let detail: UInt64
        var what: UInt64 { owner & 3 }
        var interpreterID: Int64 { Int64(owner >> 2 & 0xFFFF_FFFF) - 1 }
        /// For a later part of a large buffer.
        var stepsBack: Int { Int(owner >> 34) }
    }

    private static let rootWord = Atomic<UInt>(0)

    /// A node in its place, mapped at the first use and never unmapped; its pages are committed when touched. A1
    private static func node(_ place: borrowing Atomic<UInt>, bytes: Int, making: Bool) -> UnsafeMutableRawPointer? {
        if let node = UnsafeMutableRawPointer(bitPattern: place.load(ordering: .acquiring)) { return node }
        guard making, let fresh = try? VirtualMemory.map(bytes: bytes, alignment: 4096) else { return nil }
        let (done, seen) = place.compareExchange(expected: 0, desired: UInt(bitPattern: fresh), ordering: .acquiringAndReleasing)
        if done { return fresh }
        VirtualMemory.unmap(fresh, bytes: bytes)
        return UnsafeMutableRawPointer(bitPattern: seen)
    }

    private static func entry(_ number: UInt, making: Bool) -> UnsafeMutableRawPointer? {
        guard number >> UInt(leafBits + rootBits) == 0, let root = node(rootWord, bytes: 8 << rootBits, making: making) else { return nil }
        let place = root.assumingMemoryBound(to: Atomic<UInt>.self) + Int(number >> UInt(leafBits))
        guard let leaf = node(place.pointee, bytes: entryBytes << leafBits, making: making) else { return nil }
        return leaf + Int(number & (1 << UInt(leafBits) - 1)) * entryBytes
    }

    private static func number(_ address: UnsafeRawPointer) -> UInt { UInt(bitPattern: address) >> 21 }

    private static func ownerWord(_ entry: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Atomic<UInt64>> {
        entry.assumingMemoryBound(to: Atomic<UInt64>.self)
    }
    private static func detailWord(_ entry: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Atomic<UInt64>> {
        (entry + 8).assumingMemoryBound(to: Atomic<UInt64>.self)
    }

    /// Enters a mapping of `steps` arenas' size. False: no memory for a node; nothing has been entered.
    static func enter(_ base: UnsafeMutableRawPointer, steps: Int, what: UInt64, interpreterID: Int64, detail: UInt64) -> Bool {
        for step in 0..<steps where entry(number(base) + UInt(step), making: true) == nil { return false }
        for step in (0..<steps).reversed() {
            let entry = entry(number(base) + UInt(step), making: false)!
            detailWord(entry).pointee.store(step == 0 ? detail : 0, ordering: .relaxed)
            let kind = step == 0 ? what : What.largePart
            ownerWord(entry).pointee.store(
                kind | UInt64(interpreterID + 1) << 2 | UInt64(step) << 34, ordering: .releasing)  // A2
        }
        return true
    }

    /// Before the mapping goes away.
    static func remove(_ base: UnsafeMutableRawPointer, steps: Int) {
        for step in 0..<steps {
            guard let entry = entry(number(base) + UInt(step), making: false) else { continue }
            ownerWord(entry).pointee.store(0, ordering: .releasing)  // A2
        }
    }

    static func find(_ address: UnsafeRawPointer) -> Entry? {
        guard let entry = entry(number(address), making: false) else { return nil }
        let owner = ownerWord(entry).pointee.load(ordering: .acquiring)  // A2
        if owner == 0 { return nil }
        return Entry(owner: owner, detail: detailWord(entry).pointee.load(ordering: .relaxed))
    }
}
