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

    /// Mapped at the first use, for ever; pages are committed when touched.
    nonisolated(unsafe) private static let root: UnsafeMutablePointer<Atomic<UInt>>? =
        (try? VirtualMemory.map(bytes: 8 << rootBits, alignment: 4096))?.assumingMemoryBound(to: Atomic<UInt>.self)

    private static func entry(_ number: UInt, making: Bool) -> UnsafeMutableRawPointer? {
        guard let root, number >> UInt(leafBits + rootBits) == 0 else { return nil }
        let place = root + Int(number >> UInt(leafBits))
        var leaf = place.pointee.load(ordering: .acquiring)  // A1
        if leaf == 0 {
            guard making, let fresh = try? VirtualMemory.map(bytes: entryBytes << leafBits, alignment: 4096) else { return nil }
            let (done, seen) = place.pointee.compareExchange(
                expected: 0, desired: UInt(bitPattern: fresh), ordering: .acquiringAndReleasing)  // A1
            if !done { VirtualMemory.unmap(fresh, bytes: entryBytes << leafBits) }
            leaf = done ? UInt(bitPattern: fresh) : seen
        }
        return UnsafeMutableRawPointer(bitPattern: leaf)! + Int(number & (1 << UInt(leafBits) - 1)) * entryBytes
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
