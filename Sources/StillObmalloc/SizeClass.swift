// Block sizes. Small: 8-byte steps from 16 to 128 bytes, where most objects are, then 16-byte steps up to 512 bytes. Medium, for buffers only:
// four steps for each doubling up to 8 KiB, 16 classes.

@frozen public enum SizeClass {
    @inlinable public static var count: Int { 39 }
    @inlinable public static var largestBytes: Int { 512 }
    /// Classes of 8-byte steps.
    @inlinable static var fine: Int { 15 }
    @inlinable static var fineBytes: Int { 128 }

    /// - Precondition: 1 ... 512 bytes.
    @inlinable @inline(__always) public static func index(bytes: Int) -> Int {
        if bytes <= fineBytes { return (max(bytes, 9) &- 1) &>> 3 &- 1 }
        return (bytes &- 1) &>> 4 &+ 7
    }
    @inlinable @inline(__always) public static func bytes(index: Int) -> Int {
        index < fine ? (index &+ 2) &<< 3 : (index &- 6) &<< 4
    }
}

@frozen public enum MediumClass {
    @inlinable public static var count: Int { 16 }
    @inlinable public static var largestBytes: Int { 8192 }

    /// - Precondition: 513 ... 8192 bytes.
    @inlinable @inline(__always) public static func index(bytes: Int) -> Int {
        let last = bytes &- 1
        let doubling = 63 &- last.leadingZeroBitCount
        return (doubling &- 9) &<< 2 &+ (last &>> (doubling &- 2)) & 3
    }
    @inlinable public static func bytes(index: Int) -> Int {
        let base = 512 << (index >> 2)
        return base + (index & 3 + 1) * (base >> 2)
    }
}

/// What a pool's blocks hold, or what else lies in a unit of an arena. Blocks of different kinds never share a pool.
@frozen public enum PoolKind {
    /// Raw memory that belongs to objects; retired, not freed, where lock-free readers may hold it.
    @inlinable public static var buffer: Int { 0 }
    /// Objects that cannot be part of a cycle.
    @inlinable public static var plain: Int { 1 }
    /// Objects the collector traces; each block has a colour byte.
    @inlinable public static var collectable: Int { 2 }
    /// Buffers of 513 to 8192 bytes, in a pool of four units.
    @inlinable public static var medium: Int { 3 }
    /// Kinds of pools.
    @inlinable public static var count: Int { 4 }
    /// Nothing: a free unit.
    @inlinable public static var none: Int { 4 }
    /// The first unit of a run that holds one buffer.
    @inlinable public static var run: Int { 5 }
    /// A later unit of a run or a medium pool.
    @inlinable public static var part: Int { 6 }
}
