// An arena: 2 MiB, aligned to its size: pool records, colour bytes, pools. No huge pages are asked for: the system clears one at its first touch, and
// that takes as long as a pause must not take.
//
// Layout      The first 16 KiB hold 128 pool records of 128 bytes, the next 64 KiB a colour byte for every 32 bytes of the arena. Pools 0 to
//             4 are taken up by these tables; their records hold the arena's own fields.
// Units       16 KiB each: a pool, a quarter of a medium pool, or part of a run for one big buffer. `free` has a bit for each unit in nobody's use,
//             `dirty` for those of them whose pages may be committed. Free units have nothing that a reader might look at: pools of
//             objects have rested before.
// Access      All fields under the heap lock.
public import StillPlatform
public import Synchronization

@frozen public enum Arena {
    @inlinable public static var bytes: Int { 1 << 21 }
    @inlinable public static var mask: UInt { (1 << 21) - 1 }
    @inlinable public static var recordBytes: Int { 128 }
    @inlinable public static var colourOffset: Int { 16384 }
    @inlinable public static var colourGranule: Int { 32 }
    /// In checking builds another unit holds the live bits (LiveBits.swift).
    @inlinable public static var firstPool: Int { BuildOptions.checksInvariants ? 6 : 5 }
    @inlinable public static var poolCount: Int { bytes / Pool.bytes - firstPool }

    /// Where the colour of the block at an address in an arena lies.
    @inlinable @inline(__always)
    public static func colour(of block: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Atomic<UInt8>> {
        let address = UInt(bitPattern: block)
        let place = (address & ~mask) &+ UInt(colourOffset) &+ ((address & mask) &>> 5)
        return UnsafeMutablePointer(bitPattern: place).unsafelyUnwrapped
    }
}

/// An arena's own fields.
struct ArenaHeader {
    let raw: UnsafeMutableRawPointer
    init(_ raw: UnsafeMutableRawPointer) { self.raw = raw }

    struct Fields {
        var heap: UnsafeMutableRawPointer
        /// Place in the heap's table of arenas.
        var index: Int
        var free: UnitMask
        var dirty: UnitMask
    }
    var fields: UnsafeMutablePointer<Fields> { raw.assumingMemoryBound(to: Fields.self) }

    static let usable = UnitMask(first: Arena.firstPool, count: Arena.poolCount)
    var isEmpty: Bool { fields.pointee.free == ArenaHeader.usable }
    /// Units with committed pages that nobody uses.
    var idle: UnitMask { fields.pointee.free & fields.pointee.dirty }

    func memory(of unit: Int) -> UnsafeMutableRawPointer { raw + unit * Pool.bytes }

    /// Takes `count` units in a row: single ones from the arena's start, others from its end, so that they do not break up each other's room.
    ///
    /// - Parameter aligned: for a medium pool, at a multiple of its size.
    func take(_ count: Int, aligned: Bool) -> Int? {
        guard let first = fields.pointee.free.run(of: count, aligned: aligned) else { return nil }
        let units = UnitMask(first: first, count: count)
        fields.pointee.free = fields.pointee.free.subtracting(units)
        fields.pointee.dirty = fields.pointee.dirty.subtracting(units)
        return first
    }

    func give(_ first: Int, _ count: Int) {
        let units = UnitMask(first: first, count: count)
        invariant(!fields.pointee.free.intersects(units), "units \(first) + \(count) of the arena at \(raw) are free already")
        fields.pointee.free = fields.pointee.free | units
        fields.pointee.dirty = fields.pointee.dirty | units
    }
}

/// A set of units.
struct UnitMask: Equatable {
    var bits: UInt128

    init(bits: UInt128) { self.bits = bits }
    init(first: Int, count: Int) {
        bits = (count >= 128 ? UInt128.max : (UInt128(1) << UInt128(count)) - 1) << UInt128(first)
    }
    static var none: UnitMask { UnitMask(bits: 0) }

    var count: Int { bits.nonzeroBitCount }
    var isNone: Bool { bits == 0 }
    func intersects(_ other: UnitMask) -> Bool { bits & other.bits != 0 }
    func subtracting(_ other: UnitMask) -> UnitMask { UnitMask(bits: bits & ~other.bits) }
    static func & (a: UnitMask, b: UnitMask) -> UnitMask { UnitMask(bits: a.bits & b.bits) }
    static func | (a: UnitMask, b: UnitMask) -> UnitMask { UnitMask(bits: a.bits | b.bits) }

    /// Where medium pools may begin.
    private static var mediumPlaces: UInt128 { UInt128(0x1111_1111_1111_1111) << 64 | 0x1111_1111_1111_1111 }

    /// Where `count` units in a row begin: the first place for one, the last for more.
    ///
    /// - Parameter aligned: for a medium pool.
    func run(of count: Int, aligned: Bool) -> Int? {
        var starts = bits
        var length = 1
        while length < count && starts != 0 {
            let step = min(length, count - length)
            starts &= starts >> UInt128(step)
            length += step
        }
        if aligned { starts &= UnitMask.mediumPlaces }
        if starts == 0 { return nil }
        return count == 1 ? starts.trailingZeroBitCount : 127 - starts.leadingZeroBitCount
    }

    /// Calls `body` with the start and length of each stretch of units in a row.
    func forEachStretch(_ body: (Int, Int) -> Void) {
        var left = bits
        while left != 0 {
            let first = left.trailingZeroBitCount
            let count = (~(left >> UInt128(first))).trailingZeroBitCount
            body(first, min(count, 128 - first))
            left &= ~UnitMask(first: first, count: min(count, 128 - first)).bits
        }
    }
}
