// A pool: 16 KiB, aligned to 16 KiB, cut into blocks of one class and kind.
//
// Place       Its record and its blocks' colour bytes lie in tables at the start of the arena (Arena below), not in the pool: records
//             16 KiB apart would all fall into the same few sets of the processor's caches.
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
// Colours     One byte for 32 bytes of the arena (WriteBarrier.swift): a block's is that of its first byte. Collectable blocks have at
//             least 32 bytes; what is not collectable, or not an object, has colour free.
import StillPlatform
public import Synchronization

/// A mapping of 2 MiB, aligned to its size, so that it can be one huge page: pool records, colour bytes, pools.
///
/// The first 16 KiB hold 128 pool records of 128 bytes, the next 64 KiB a colour byte for every 32 bytes of the arena; pools 0 to 4 are
/// taken up by these tables.
@frozen public enum Arena {
    @inlinable public static var bytes: Int { 1 << 21 }
    @inlinable public static var mask: UInt { (1 << 21) - 1 }
    @inlinable public static var recordBytes: Int { 128 }
    @inlinable public static var colourOffset: Int { 16384 }
    @inlinable public static var colourGranule: Int { 32 }
    @inlinable public static var firstPool: Int { 5 }
    /// An interpreter's arenas from this one on are advised to be huge pages: collections over a big heap wait for address translation more than
    /// for anything else. The first are not, so that a small interpreter stays small.
    static var firstHuge: Int { 8 }
    @inlinable public static var poolCount: Int { bytes / Pool.bytes - firstPool }

    /// Where the colour of the block at an address in an arena lies.
    @inlinable @inline(__always)
    public static func colour(of block: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Atomic<UInt8>> {
        let address = UInt(bitPattern: block)
        let place = (address & ~mask) &+ UInt(colourOffset) &+ ((address & mask) &>> 5)
        return UnsafeMutablePointer(bitPattern: place).unsafelyUnwrapped
    }
}

@frozen public struct Pool: Equatable, @unchecked Sendable {
    /// The pool's record.
    public let raw: UnsafeMutableRawPointer

    @inlinable @inline(__always) public init(_ raw: UnsafeMutableRawPointer) { self.raw = raw }

    @inlinable public static var bytes: Int { 16384 }

    @inlinable @inline(__always) public static func containing(_ block: UnsafeMutableRawPointer) -> Pool {
        let address = UInt(bitPattern: block)
        let place = (address & ~Arena.mask) &+ ((address &>> 7) & 0x3F80)
        return Pool(UnsafeMutableRawPointer(bitPattern: place).unsafelyUnwrapped)
    }
    /// The pool of this number, `Arena.firstPool` being the first, in an arena.
    init(arena: UnsafeMutableRawPointer, number: Int) { raw = arena + number * Arena.recordBytes }

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
        /// The first block.
        public var start: UnsafeMutableRawPointer
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

    @inlinable @inline(__always) public func index(of block: UnsafeMutableRawPointer) -> Int {
        let offset = UInt(bitPattern: block) &- UInt(bitPattern: fields.pointee.start)
        return Int(bitPattern: (offset &* UInt(fields.pointee.reciprocal)) &>> 32)
    }

    @inlinable @inline(__always) public func block(at index: Int) -> UnsafeMutableRawPointer {
        fields.pointee.start + index &* Int(fields.pointee.blockBytes)
    }

    /// Of the block with this index.
    @inlinable @inline(__always) public func colour(at index: Int) -> UnsafeMutablePointer<Atomic<UInt8>> {
        Arena.colour(of: block(at: index))
    }

    /// Its memory.
    private var start: UnsafeMutableRawPointer {
        let address = UInt(bitPattern: raw)
        let number = (address & Arena.mask) / UInt(Arena.recordBytes)
        return UnsafeMutableRawPointer(bitPattern: address & ~Arena.mask | number * UInt(Pool.bytes))!
    }

    /// Cuts the pool into blocks. The caller holds the pool alone; colour bytes of blocks that are not in use are free already.
    func format(classIndex: Int, kind: Int, owner: UInt16) {
        let blockBytes = SizeClass.bytes(index: classIndex)
        invariant(kind != PoolKind.collectable || blockBytes >= Arena.colourGranule, "\(blockBytes) bytes share a colour byte")
        let capacity = Pool.bytes / blockBytes
        let start = start
        fields.pointee.freeLocal = nil
        fields.pointee.start = start
        fields.pointee.untouched = start
        fields.pointee.limit = start + capacity * blockBytes
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
            var block = start
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
