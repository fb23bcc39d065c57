// A pool: 16 KiB (a medium one 64 KiB), aligned to its size, cut into blocks of one class and kind.
//
// Place       Its record lies in a table at the start of the arena (Arena.swift), not in the pool: records 16 KiB apart would all fall into
//             the same few sets of the processor's caches.
// Record      Two cache lines. The owner writes the first all the time; what strangers read when they free a block lies in the second, which
//             seldom changes, so that they do not take the first away from the owner.
// Growth      `untouched` moves over the blocks that were never handed out, up to `limit`, which is moved on by a page at a time.
// Accounting  used + (blocks on freeLocal) + (blocks never handed out) == capacity, where `used` counts remote-freed blocks as used
//             until the owner takes them back.
// Owner       An owner slot (OwnerSlots.swift), not a thread: only the thread that holds the slot touches the plain fields, or
//             whoever holds the slot's lock while no thread has it. Everyone else sends blocks to the slot (RemoteBatch.swift): a pool with
//             a block on its way is not empty.
// Owner tag   The owner's slot, whether the pool is on a list of pools with room, and whether it is hooked, in one word, so that a free makes one
//             comparison. Only the owner changes it, strangers read the slot: relaxed.
// Resting     An empty pool of objects goes back to the heap and rests until every thread has passed a quiescent state.
// Colours     One byte for 32 bytes of the arena (WriteBarrier.swift): a block's is that of its first byte. Collectable blocks have at
//             least 32 bytes; what is not collectable, or not an object, has colour free.
import StillPlatform
public import Synchronization

@frozen public struct Pool: Equatable, @unchecked Sendable {
    /// The pool's record.
    public let raw: UnsafeMutableRawPointer

    @inlinable @inline(__always) public init(_ raw: UnsafeMutableRawPointer) { self.raw = raw }

    /// A unit of an arena.
    @inlinable public static var bytes: Int { 16384 }
    /// Units of a medium pool.
    @inlinable public static var mediumUnits: Int { 4 }

    /// The pool of a small block.
    @inlinable @inline(__always) public static func containing(_ block: UnsafeMutableRawPointer) -> Pool {
        let address = UInt(bitPattern: block)
        let place = (address & ~Arena.mask) &+ ((address &>> 7) & 0x3F80)
        return Pool(UnsafeMutableRawPointer(bitPattern: place).unsafelyUnwrapped)
    }
    /// The pool of a medium block.
    @inlinable @inline(__always) public static func containingMedium(_ block: UnsafeMutableRawPointer) -> Pool {
        let address = UInt(bitPattern: block)
        let place = (address & ~Arena.mask) &+ ((address &>> 7) & 0x3E00)
        return Pool(UnsafeMutableRawPointer(bitPattern: place).unsafelyUnwrapped)
    }
    /// The pool, or other thing, at this unit of an arena; `Arena.firstPool` is the first.
    @inlinable init(arena: UnsafeMutableRawPointer, unit: Int) { raw = arena + unit &* Arena.recordBytes }

    @frozen public struct Fields: ~Copyable {
        // First line: the owner's.
        public var freeLocal: UnsafeMutableRawPointer?
        public var untouched: UnsafeMutableRawPointer  // first block never handed out
        public var limit: UnsafeMutableRawPointer  // so far `untouched` may go for now
        public var blockBytes: UInt32
        public var used: UInt32
        public var capacity: UInt32
        /// 2^32 / blockBytes rounded up: offset * reciprocal >> 32 is the block's index.
        public var reciprocal: UInt32
        /// The first block.
        public var start: UnsafeMutableRawPointer
        /// Next pool of the owner that has room, or next resting pool.
        public var next: UnsafeMutableRawPointer?
        /// Owner's list of all its pools of a class and kind.
        public var nextOwned: UnsafeMutableRawPointer?
        // Second line: everybody's.
        public let ownerTag: Atomic<UInt32>
        public let kind: Atomic<UInt8>
        public let greyListed: Atomic<UInt8>
        /// 1 while the pool holds suspects of a collection: it is not given back.
        public let pinned: Atomic<UInt8>
        /// 1 from the first time that the owner sees the pool empty to the next trimming.
        public var countedEmpty: UInt8
        public var classIndex: UInt8
        /// Bytes of guard before each block; 0 for none (GuardedBlocks.swift).
        var guardBytes: UInt8
        /// 1 in a pool of a hooked domain, whose blocks are announced.
        var isHooked: UInt8
        /// 1 while a hooked pool is on its owner's list of pools with room.
        var hookListed: UInt8
        public let nextGrey: Atomic<UInt>
        /// QSBR goal after which the pool may change its class.
        public var restGoal: UInt64
        public var interpreterHeap: UnsafeMutableRawPointer?
        /// The pool before this one on the owner's list of all, nil for the first. Owner.
        var previousOwned: UnsafeMutableRawPointer?
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

    var kind: Int { Int(fields.pointee.kind.load(ordering: .relaxed)) }
    var arena: UnsafeMutableRawPointer { UnsafeMutableRawPointer(bitPattern: UInt(bitPattern: raw) & ~Arena.mask)! }
    var unit: Int { Int((UInt(bitPattern: raw) & Arena.mask) / UInt(Arena.recordBytes)) }
    /// The unit's memory.
    var memory: UnsafeMutableRawPointer { arena + unit * Pool.bytes }
    var units: Int { kind == PoolKind.medium ? Pool.mediumUnits : 1 }

    /// Cuts the pool into blocks. The caller holds the pool alone; colour bytes of blocks that are not in use are free already.
    func format(classIndex: Int, kind: Int, owner: UInt16, heap: UnsafeMutableRawPointer, hooks: HeapHooks.DomainHooks?) {
        let medium = kind == PoolKind.medium
        let guarded = hooks?.isGuarded ?? false
        let classBytes = medium ? MediumClass.bytes(index: classIndex) : SizeClass.bytes(index: classIndex)
        let blockBytes = classBytes + (guarded ? GuardedBlock.overhead : 0)
        invariant(kind != PoolKind.collectable || blockBytes >= Arena.colourGranule, "\(blockBytes) bytes share a colour byte")
        let capacity = Pool.bytes * (medium ? Pool.mediumUnits : 1) / blockBytes
        let start = memory + (guarded ? GuardedBlock.front : 0)
        fields.pointee.guardBytes = guarded ? UInt8(GuardedBlock.front) : 0
        fields.pointee.isHooked = hooks != nil ? 1 : 0
        fields.pointee.hookListed = 0
        fields.pointee.freeLocal = nil
        fields.pointee.start = start
        fields.pointee.untouched = start
        fields.pointee.blockBytes = UInt32(blockBytes)
        fields.pointee.used = 0
        fields.pointee.capacity = UInt32(capacity)
        fields.pointee.limit = end
        fields.pointee.reciprocal = UInt32((UInt64(1) << 32 + UInt64(blockBytes) - 1) / UInt64(blockBytes))
        fields.pointee.next = nil
        fields.pointee.nextOwned = nil
        fields.pointee.previousOwned = nil
        fields.pointee.classIndex = UInt8(classIndex)
        fields.pointee.countedEmpty = 0
        fields.pointee.greyListed.store(0, ordering: .relaxed)
        fields.pointee.pinned.store(0, ordering: .relaxed)
        fields.pointee.ownerTag.store(UInt32(owner) | (hooks == nil ? 0 : Pool.hookedTag), ordering: .relaxed)
        fields.pointee.interpreterHeap = heap
        if kind == PoolKind.plain || kind == PoolKind.collectable {
            // A reader with a stale address must find a dead header in blocks that were never handed out.
            var block = start
            while block < end {
                let object = ObjectRef(block)
                object.ownerWord.pointee.store(0, ordering: .relaxed)
                object.sharedWord.pointee.store(SharedFlags.dead, ordering: .relaxed)
                block += blockBytes
            }
        }
        // A hooked pool is not looked through by `refill`. Objects' pools have just been touched as a whole.
        if hooks == nil && (kind == PoolKind.buffer || medium) {
            fields.pointee.limit = start
            extend()
        }
        fields.pointee.kind.store(UInt8(kind), ordering: .releasing)  // heap walks skip the pool before this
    }

    // MARK: Growth

    /// Behind the last block.
    var end: UnsafeMutableRawPointer { fields.pointee.start + Int(fields.pointee.capacity) * Int(fields.pointee.blockBytes) }

    /// All blocks up to the limit have been handed out once, and there are more.
    var canExtend: Bool { fields.pointee.limit < end }

    /// Lets `untouched` go on to the end of the next page. Pages come one by one, so that blocks of other pools that have been freed meanwhile are used
    /// before a new page is.
    func extend() {
        let blockBytes = Int(fields.pointee.blockBytes)
        let page = (UInt(bitPattern: fields.pointee.limit + blockBytes) + Pool.growthBytes - 1) & ~(Pool.growthBytes - 1)
        let blocks = Int(page - UInt(bitPattern: fields.pointee.start)) / blockBytes
        fields.pointee.limit = min(end, fields.pointee.start + blocks * blockBytes)
    }
    private static var growthBytes: UInt { 4096 }

    // MARK: Owner tag

    @inlinable public static var availableTag: UInt32 { 1 << 16 }
    /// Blocks are announced when they are freed: no short way.
    static var hookedTag: UInt32 { 1 << 17 }

    @inlinable @inline(__always) public var ownerTag: UInt32 { fields.pointee.ownerTag.load(ordering: .relaxed) }
    @inlinable @inline(__always) public var ownerSlot: UInt16 { UInt16(truncatingIfNeeded: ownerTag) }
    /// On the owner's list of pools with room, or its current pool. Owner.
    var isAvailable: Bool {
        get { ownerTag & Pool.availableTag != 0 }
        nonmutating set {
            fields.pointee.ownerTag.store(ownerTag & ~Pool.availableTag | (newValue ? Pool.availableTag : 0), ordering: .relaxed)
        }
    }
    /// The same for pools that may be hooked, whose tag never says so.
    var isListed: Bool { isAvailable || fields.pointee.hookListed != 0 }
}

/// Colour byte of a block. White and black change places with every collection, so that nothing has to be
/// repainted: `white` is what black was before.
@frozen public enum Colour {
    @inlinable public static var free: UInt8 { 0 }
    @inlinable public static var first: UInt8 { 1 }
    @inlinable public static var second: UInt8 { 2 }
    @inlinable public static var grey: UInt8 { 3 }
    /// Alive, whatever refers to it: no collection looks at it (StillGC, Freezing.swift).
    @inlinable public static var frozen: UInt8 { 4 }
    /// A candidate of a young collection, during its pause (StillGC, Young.swift).
    @inlinable public static var young: UInt8 { 5 }
    @inlinable public static func other(_ colour: UInt8) -> UInt8 { 3 &- colour }
}
