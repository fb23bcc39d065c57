// Block sizes: 16-byte steps up to 512 bytes, 32 classes. Class i has blocks of (i + 1) * 16 bytes.

@frozen public enum SizeClass {
    @inlinable public static var count: Int { 32 }
    @inlinable public static var largestBytes: Int { 512 }

    /// - Precondition: 1 ... 512 bytes.
    @inlinable @inline(__always) public static func index(bytes: Int) -> Int { (bytes &- 1) &>> 4 }
    @inlinable @inline(__always) public static func bytes(index: Int) -> Int { (index &+ 1) &<< 4 }
}

/// What a pool's blocks hold. Blocks of different kinds never share a pool.
@frozen public enum PoolKind {
    /// Raw memory that belongs to objects; retired, not freed, where lock-free readers may hold it.
    @inlinable public static var buffer: Int { 0 }
    /// Objects that cannot be part of a cycle.
    @inlinable public static var plain: Int { 1 }
    /// Objects the collector traces; the pool has a colour byte for each block.
    @inlinable public static var collectable: Int { 2 }
    @inlinable public static var count: Int { 3 }
    /// A pool without blocks, in an arena's free list.
    @inlinable public static var none: Int { 3 }
}
