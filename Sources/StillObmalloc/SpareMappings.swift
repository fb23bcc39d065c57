// Mappings of large buffers that were freed a moment ago, for the next large buffer of about that size.
//
// Bound     eight mappings, `byteLimit` bytes together, each for `ArenaSpace.holdNanoseconds`: checked when a large buffer is freed and when a
//           thread trims. A program that makes and drops a table in a loop keeps its pages; one that shrinks gives them back.
// Locks     The heap lock.
import StillPlatform

/// Part of the heap's record.
struct SpareMappings {
    struct Spare {
        var base: UnsafeMutableRawPointer
        var bytes: Int
        var since: UInt64
    }
    static let byteLimit = 4 << 20

    private var spares: InlineArray<8, Spare?> = .init(repeating: nil)
    private(set) var bytes = 0

    /// A mapping of at least so many bytes and not much more.
    mutating func take(_ wanted: Int) -> (base: UnsafeMutableRawPointer, bytes: Int)? {
        var best: Int?
        for index in spares.indices {
            guard let spare = spares[index], spare.bytes >= wanted, spare.bytes - wanted <= wanted / 4 else { continue }
            if best == nil || spare.bytes < spares[best!]!.bytes { best = index }
        }
        guard let best, let spare = spares[best] else { return nil }
        spares[best] = nil
        bytes -= spare.bytes
        return (spare.base, spare.bytes)
    }

    /// Unmaps what was kept long enough, or everything.
    mutating func release(_ now: UInt64, all: Bool = false) {
        for index in spares.indices {
            guard let spare = spares[index], all || now &- spare.since >= ArenaSpace.holdNanoseconds else { continue }
            VirtualMemory.unmap(spare.base, bytes: spare.bytes)
            bytes -= spare.bytes
            spares[index] = nil
        }
    }

    /// False: there is no room for it.
    mutating func keep(_ base: UnsafeMutableRawPointer, bytes kept: Int, _ now: UInt64) -> Bool {
        // What is free reads as an error there; a spare would not.
        if Poison.isOn || bytes + kept > SpareMappings.byteLimit { return false }
        for index in spares.indices where spares[index] == nil {
            spares[index] = Spare(base: base, bytes: kept, since: now)
            bytes += kept
            return true
        }
        return false
    }
}
