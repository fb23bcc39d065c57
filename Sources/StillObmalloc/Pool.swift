// A pool: 16 KiB, aligned to 16 KiB, cut into blocks of one class and kind.
//
// Accounting  used + (blocks on freeLocal) + (blocks on freeRemote) + (blocks never handed out) == capacity,
//             where `used` counts remote-freed blocks as used until the owner takes them back.
// Owner       An owner slot (OwnerSlots.swift), not a thread: only the thread that holds the slot touches the plain fields, or
//             whoever holds the slot's lock while no thread has it. Everyone else frees through `freeRemote`.
// Remote free (P1) A stranger pushes the block with a releasing compare-and-swap; the owner takes the whole list with an
//             acquiring exchange: what the stranger did to the block happens before its reuse.
//             (P2) The first push after the owner's last look also pushes the pool onto the slot's list of pools with
//             remote frees: `notified` is exchanged to 1 by the pusher and to 0 by the owner, once it has unlinked the pool
//             from that list and *before* it takes the blocks. So a pool is linked at most once, and while it is, or is
//             about to be, `notified` is 1.
// Resting     An empty pool goes back to the heap and rests until every thread has passed a quiescent state. A stranger
//             whose block the owner has already taken may link the pool only then: it stays out of use while `notified` is 1
//             (after the grace period nobody can be between the push and the exchange), and the owner that unlinks it
//             leaves it where it is.
// Colours     One byte per block (WriteBarrier.swift), in collectable pools only, from offset 128.
import StillPlatform
public import Synchronization

@frozen public struct Pool: Equatable, @unchecked Sendable {
    public let raw: UnsafeMutableRawPointer

    @inlinable @inline(__always) public init(_ raw: UnsafeMutableRawPointer) { self.raw = raw }

    @inlinable public static var bytes: Int { 16384 }
    @inlinable public static var mask: UInt { 16383 }
    @inlinable public static var headerBytes: Int { 128 }

    @inlinable @inline(__always) public static func containing(_ block: UnsafeMutableRawPointer) -> Pool {
        Pool(UnsafeMutableRawPointer(bitPattern: UInt(bitPattern: block) & ~mask).unsafelyUnwrapped)
    }

    @frozen public struct Fields: ~Copyable {
        // Owner's.
        public var freeLocal: UnsafeMutableRawPointer?
        public var untouched: UnsafeMutableRawPointer  // first block never handed out
        public var limit: UnsafeMutableRawPointer  // end of the last block
        public var blockBytes: UInt32
        public var used: UInt32
        public var capacity: UInt32
        /// 2^32 / blockBytes rounded up: offset * reciprocal >> 32 is the block's index.
        public var reciprocal: UInt32
        /// Next pool of the owner that has room (or the arena's free list).
        public var next: UnsafeMutableRawPointer?
        public var firstBlock: UInt16
        public var classIndex: UInt8
        /// 1 while on the owner's list of pools with room (or its current pool).
        public var available: UInt8
        /// 1 from the return to the heap to the next owner.
        public var resting: UInt8
        // Everybody's.
        public let kind: Atomic<UInt8>
        public let greyListed: Atomic<UInt8>
        public let notified: Atomic<UInt8>
        /// 1 while the pool holds suspects of a collection: it is not given back.
        public let pinned: Atomic<UInt8>
        public let ownerSlot: Atomic<UInt16>
        public let freeRemote: Atomic<UInt>
        public let nextNotified: Atomic<UInt>
        public let nextGrey: Atomic<UInt>
        /// QSBR goal after which the pool may change its class.
        public var restGoal: UInt64
        public var interpreterHeap: UnsafeMutableRawPointer?
        /// Owner's list of all its pools of a class and kind.
        public var nextOwned: UnsafeMutableRawPointer?
    }

    @inlinable @inline(__always) public var fields: UnsafeMutablePointer<Fields> {
        raw.assumingMemoryBound(to: Fields.self)
    }

    @inlinable @inline(__always) public var colours: UnsafeMutablePointer<Atomic<UInt8>> {
        (raw + Pool.headerBytes).assumingMemoryBound(to: Atomic<UInt8>.self)
    }

    @inlinable @inline(__always) public func index(of block: UnsafeMutableRawPointer) -> Int {
        let offset = UInt(bitPattern: block) & Pool.mask &- UInt(fields.pointee.firstBlock)
        return Int(bitPattern: (offset &* UInt(fields.pointee.reciprocal)) &>> 32)
    }

    @inlinable @inline(__always) public func block(at index: Int) -> UnsafeMutableRawPointer {
        raw + (Int(fields.pointee.firstBlock) &+ index &* Int(fields.pointee.blockBytes))
    }

    @inlinable @inline(__always) public func colour(of block: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Atomic<UInt8>> {
        colours + index(of: block)
    }

    /// Cuts the pool into blocks. The caller holds the pool alone.
    func format(classIndex: Int, kind: Int, owner: UInt16) {
        let blockBytes = SizeClass.bytes(index: classIndex)
        var first = Pool.headerBytes
        var capacity = (Pool.bytes - first) / blockBytes
        if kind == PoolKind.collectable {
            capacity = (Pool.bytes - first) / (blockBytes + 1)
            first = (first + capacity + 15) & ~15
            while first + capacity * blockBytes > Pool.bytes { capacity -= 1 }
            for index in 0..<capacity { colours[index].store(Colour.free, ordering: .relaxed) }
        }
        fields.pointee.freeLocal = nil
        fields.pointee.firstBlock = UInt16(first)
        fields.pointee.untouched = raw + first
        fields.pointee.limit = raw + first + capacity * blockBytes
        fields.pointee.blockBytes = UInt32(blockBytes)
        fields.pointee.used = 0
        fields.pointee.capacity = UInt32(capacity)
        fields.pointee.reciprocal = UInt32((UInt64(1) << 32 + UInt64(blockBytes) - 1) / UInt64(blockBytes))
        fields.pointee.next = nil
        fields.pointee.nextOwned = nil
        fields.pointee.classIndex = UInt8(classIndex)
        fields.pointee.available = 0
        fields.pointee.resting = 0
        fields.pointee.greyListed.store(0, ordering: .relaxed)
        fields.pointee.notified.store(0, ordering: .relaxed)
        fields.pointee.pinned.store(0, ordering: .relaxed)
        fields.pointee.ownerSlot.store(owner, ordering: .relaxed)
        fields.pointee.freeRemote.store(0, ordering: .relaxed)
        if kind != PoolKind.buffer {
            // A reader with a stale address must find a dead header in blocks that were never handed out.
            var block = raw + first
            while block < fields.pointee.limit {
                let object = ObjectRef(block)
                object.ownerWord.pointee.store(0, ordering: .relaxed)
                object.sharedWord.pointee.store(SharedFlags.dead, ordering: .relaxed)
                block += blockBytes
            }
        }
        fields.pointee.kind.store(UInt8(kind), ordering: .releasing)  // heap walks skip the pool before this
    }

    /// Takes the blocks that strangers freed. Owner only; `notified` is the business of `takeNotifiedPools`. Ordering: P1.
    func takeRemote() {
        var block = UnsafeMutableRawPointer(
            bitPattern: fields.pointee.freeRemote.exchange(0, ordering: .sequentiallyConsistent))  // P1; after P2's store
        var taken = 0
        while let freed = block {
            block = freed.load(as: UnsafeMutableRawPointer?.self)
            freed.storeBytes(of: fields.pointee.freeLocal, as: UnsafeMutableRawPointer?.self)
            fields.pointee.freeLocal = freed
            taken += 1
        }
        fields.pointee.used -= UInt32(taken)
    }
}

/// Colour byte of a block. White and black change places with every collection, so that nothing has to be
/// repainted: `white` is what black was before.
@frozen public enum Colour {
    @inlinable public static var free: UInt8 { 0 }
    @inlinable public static var first: UInt8 { 1 }
    @inlinable public static var second: UInt8 { 2 }
    @inlinable public static var grey: UInt8 { 3 }
    @inlinable public static func other(_ colour: UInt8) -> UInt8 { 3 &- colour }
}
