// One thread's view of the heap: the pools it allocates from. Lies in the thread record's private area.
//
// Plain memory: only the thread touches it, or the thread that holds its owner slot's lock while the slot is vacant
// (OwnerSlots.swift moves it there when a thread dies, and from there to the next thread of the slot).
//
// Allocation and local free take no atomic operation: pop or push on the current pool's list.
public import StillPlatform
public import StillThreadRegistry
public import Synchronization

@frozen public struct ThreadHeap: @unchecked Sendable {
    public let raw: UnsafeMutableRawPointer

    @inlinable @inline(__always) public init(_ thread: ThreadState) {
        raw = thread.raw + ThreadState.privateOffset
    }
    @usableFromInline init(area: UnsafeMutableRawPointer) { raw = area }

    @inlinable public static var lists: Int { PoolKind.count &* SizeClass.count }
    @inlinable public static var listBytes: Int { lists &* 8 }
    static let outgoingOffset = 192
    /// Bytes of the area that moves between a slot and its thread.
    @inlinable public static var areaBytes: Int { 3 &* listBytes }
    @inlinable public static var totalBytes: Int { areaBytes &+ 256 }

    @inlinable @inline(__always) static func list(kind: Int, classIndex: Int) -> Int {
        kind &* SizeClass.count &+ classIndex
    }

    /// The pool that allocations of this class and kind come from; the shared empty pool at first.
    @inlinable @inline(__always) func current(_ list: Int) -> UnsafeMutablePointer<UnsafeMutableRawPointer> {
        (raw + list &* 8).assumingMemoryBound(to: UnsafeMutableRawPointer.self)
    }
    /// Other pools with room.
    func available(_ list: Int) -> UnsafeMutablePointer<UnsafeMutableRawPointer?> {
        (raw + ThreadHeap.listBytes + list * 8).assumingMemoryBound(to: UnsafeMutableRawPointer?.self)
    }
    /// All pools of the class and kind.
    func owned(_ list: Int) -> UnsafeMutablePointer<UnsafeMutableRawPointer?> {
        (raw + 2 * ThreadHeap.listBytes + list * 8).assumingMemoryBound(to: UnsafeMutableRawPointer?.self)
    }

    /// What does not move with the slot.
    @frozen public struct Fields {
        public var heap: UnsafeMutableRawPointer?
        public var slot: UnsafeMutableRawPointer?
        /// Where the next collectable object is noted, and where births, deaths and bytes are reported (HeapCounts.swift), in the log (BirthLog.swift).
        public var birthNext: UnsafeMutablePointer<UnsafeMutableRawPointer>?
        public var birthLimit: UnsafeMutablePointer<UnsafeMutableRawPointer>?
        public var birthLog: UnsafeMutableRawPointer?
        /// Collectable objects freed since the last report.
        public var deaths: Int = 0
        /// Bytes of buffers beyond the small pools, allocated less freed, since the last report.
        public var bufferBytes: Int = 0
        /// Bytes of such buffers that the thread has ever freed.
        public var bufferBytesFreed: Int = 0
        /// Colour of new objects, and of those the current collection has not reached.
        public var birthColour: UInt8 = 0
        public var whiteColour: UInt8 = 0
        public var deallocationDepth: Int32 = 0
        /// 1: empty pools are to be given back at the next safepoint; 2: only those that rest are to be looked after (Trimming.swift).
        public var trimWanted: UInt8 = 0
        /// The walk has passed an empty pool of its list, which stays.
        var trimSpare: Bool = false
        /// The log of births has been full.
        public var birthsAreMany: Bool = false
        public var pending: UnsafeMutablePointer<UnsafeMutableRawPointer>?
        public var pendingCount: Int = 0
        public var pendingCapacity: Int = 0
        /// Empty batches (RemoteBatch.swift).
        public var spareBatches: UnsafeMutableRawPointer?
        public var spareBatchCount: Int = 0
        /// The batch in hand: its target slot, 0 for none, its next entry and its end.
        public var outTarget: UInt32 = 0
        public var outCursor: UnsafeMutablePointer<UInt>?
        public var outLimit: UnsafeMutablePointer<UInt>?
        /// Pools that became empty since the last trimming, each counted once.
        public var emptied: Int = 0
        /// How often resting pools are looked after before the next trimming.
        public var trimRounds: Int = 0
        /// Where the walk of a trimming goes on: its list, and the last pool that it has looked at there; nil: none of that list.
        var trimList: Int = 0
        var trimAfter: UnsafeMutableRawPointer?
        /// Memory for the slot's `savedArea`.
        var keep: UnsafeMutableRawPointer?
        /// The thread, for requests to itself.
        public var thread: UnsafeMutableRawPointer?
    
        init(heap: UnsafeMutableRawPointer, slot: UnsafeMutableRawPointer) {
            self.heap = heap
            self.slot = slot
        }
    }
    @inlinable @inline(__always) public var fields: UnsafeMutablePointer<Fields> {
        (raw + ThreadHeap.areaBytes).assumingMemoryBound(to: Fields.self)
    }

    /// The batch for a target slot.
    func outgoing(_ target: UInt16) -> UnsafeMutablePointer<UnsafeMutableRawPointer?> {
        (raw + ThreadHeap.areaBytes + ThreadHeap.outgoingOffset + Int(target) % RemoteBatch.targets * 8)
            .assumingMemoryBound(to: UnsafeMutableRawPointer?.self)
    }

    // MARK: Allocation

    /// A block of `kind`, not initialised beyond what the pool left in it. nil: out of memory.
    @inlinable @inline(__always)
    public func allocateBlock(bytes: Int, kind: Int, owner: UInt16) -> UnsafeMutableRawPointer? {
        allocateBlock(list: ThreadHeap.list(kind: kind, classIndex: SizeClass.index(bytes: bytes)), owner: owner, bytes: bytes)
    }

    @inlinable @inline(__always)
    func allocateBlock(list: Int, owner: UInt16, bytes: Int) -> UnsafeMutableRawPointer? {
        let pool = Pool(current(list).pointee).fields
        if let block = pool.pointee.freeLocal {
            pool.pointee.freeLocal = block.load(as: UnsafeMutableRawPointer?.self)
            pool.pointee.used &+= 1
            if BuildOptions.checksInvariants { BlockChecks.handedOut(block) }
            return block
        }
        let block = pool.pointee.untouched
        if _fastPath(block < pool.pointee.limit) {
            pool.pointee.untouched = block + Int(pool.pointee.blockBytes)
            pool.pointee.used &+= 1
            if BuildOptions.checksInvariants { BlockChecks.handedOut(block) }
            return block
        }
        return refill(list: list, owner: owner, bytes: bytes)
    }

    /// The current pool is full up to its limit: takes remote frees, another pool with room, more of this one, or a new one.
    @usableFromInline @inline(never)
    func refill(list: Int, owner: UInt16, bytes: Int) -> UnsafeMutableRawPointer? {
        if let hooks = InterpreterHeap(fields.pointee.heap!).hooks, hooks.hooks(kind: list / SizeClass.count).isHooked {
            let block = allocateHooked(list: list, owner: owner, bytes: bytes, hooks)
            if BuildOptions.checksInvariants, let block { BlockChecks.handedOut(block) }
            return block
        }
        let block = refillPlain(list: list, owner: owner)
        if BuildOptions.checksInvariants, let block { BlockChecks.handedOut(block) }
        return block
    }

    private func refillPlain(list: Int, owner: UInt16) -> UnsafeMutableRawPointer? {
        let full = Pool(current(list).pointee)
        takeInbox()
        if full.fields.pointee.freeLocal == nil {
            if full.canExtend {
                if let other = takeAvailable(list, freedOnly: true) {
                    full.fields.pointee.next = available(list).pointee
                    available(list).pointee = full.raw
                    current(list).pointee = other.raw
                }
            } else {
                if full.isAvailable { full.isAvailable = false }  // the shared empty pool never is, and is never written
                if let other = takeAvailable(list, freedOnly: false) {
                    current(list).pointee = other.raw
                } else {
                    let heap = InterpreterHeap(fields.pointee.heap!)
                    guard
                        let pool = heap.takePool(
                            classIndex: list % SizeClass.count, kind: list / SizeClass.count, owner: owner)
                    else { return nil }
                    link(pool, list)
                    pool.isAvailable = true
                    current(list).pointee = pool.raw
                }
            }
        }
        let pool = Pool(current(list).pointee).fields
        if let block = pool.pointee.freeLocal {
            pool.pointee.freeLocal = block.load(as: UnsafeMutableRawPointer?.self)
            pool.pointee.used += 1
            return block
        }
        let block = pool.pointee.untouched
        if block == pool.pointee.limit { Pool(current(list).pointee).extend() }
        invariant(block < pool.pointee.limit, "a pool on the list of pools with room has none")
        pool.pointee.untouched = block + Int(pool.pointee.blockBytes)
        pool.pointee.used += 1
        return block
    }

    /// Takes a pool from the list of pools with room: one with freed blocks among the first few, else, unless only such a one will do, the first.
    private func takeAvailable(_ list: Int, freedOnly: Bool) -> Pool? {
        var previous: Pool?
        var next = available(list).pointee
        for _ in 0..<4 {
            guard let raw = next else { break }
            let pool = Pool(raw)
            if pool.fields.pointee.freeLocal != nil {
                if let previous { previous.fields.pointee.next = pool.fields.pointee.next } else { available(list).pointee = pool.fields.pointee.next }
                pool.fields.pointee.next = nil
                return pool
            }
            previous = pool
            next = pool.fields.pointee.next
        }
        guard !freedOnly, let first = available(list).pointee else { return nil }
        available(list).pointee = Pool(first).fields.pointee.next
        Pool(first).fields.pointee.next = nil
        return Pool(first)
    }

    /// Puts a new pool on the list of all pools of its class and kind.
    func link(_ pool: Pool, _ list: Int) {
        let first = owned(list).pointee
        pool.fields.pointee.nextOwned = first
        pool.fields.pointee.previousOwned = nil
        if let first { Pool(first).fields.pointee.previousOwned = pool.raw }
        owned(list).pointee = pool.raw
    }
    func unlink(_ pool: Pool, _ list: Int) {
        let (previous, next) = (pool.fields.pointee.previousOwned, pool.fields.pointee.nextOwned)
        if let previous { Pool(previous).fields.pointee.nextOwned = next } else { owned(list).pointee = next }
        if let next { Pool(next).fields.pointee.previousOwned = previous }
    }

    func makeAvailable(_ pool: Pool) {
        if !pool.isListed && pool.fields.pointee.freeLocal != nil {
            let list = ThreadHeap.list(
                kind: Int(pool.fields.pointee.kind.load(ordering: .relaxed)),
                classIndex: Int(pool.fields.pointee.classIndex))
            if pool.fields.pointee.isHooked != 0 { pool.fields.pointee.hookListed = 1 } else { pool.isAvailable = true }
            pool.fields.pointee.next = available(list).pointee
            available(list).pointee = pool.raw
        }
    }

    // MARK: Free

    /// Gives a block of a small pool back.
    @inlinable @inline(__always)
    public func freeBlock(_ block: UnsafeMutableRawPointer, owner: UInt16) {
        let pool = Pool.containing(block)
        if _fastPath(pool.ownerTag == UInt32(owner) | Pool.availableTag) {
            block.storeBytes(of: pool.fields.pointee.freeLocal, as: UnsafeMutableRawPointer?.self)
            pool.fields.pointee.freeLocal = block
            pool.fields.pointee.used &-= 1
            if _slowPath(pool.fields.pointee.used == 0) && pool.fields.pointee.countedEmpty == 0 { poolEmptied(pool) }
        } else if pool.ownerTag & ~Pool.availableTag == fields.pointee.outTarget {
            // One more for the slot that the thread is collecting for (RemoteBatch.swift).
            let cursor = fields.pointee.outCursor.unsafelyUnwrapped
            cursor.pointee = UInt(bitPattern: block)
            fields.pointee.outCursor = cursor + 1
            if _slowPath(cursor + 1 == fields.pointee.outLimit.unsafelyUnwrapped) { sendBatchInHand() }
        } else {
            freeSlowly(block, pool, owner: owner)
        }
    }

    /// The pool is another slot's, or had no room so far, or is a medium one.
    @usableFromInline @inline(never) func freeSlowly(_ block: UnsafeMutableRawPointer, _ pool: Pool, owner: UInt16) {
        let slot = pool.ownerSlot
        if pool.fields.pointee.isHooked != 0 { farewell(block, pool) }
        guard slot == owner else {
            let tag = pool.fields.pointee.kind.load(ordering: .relaxed) == UInt8(PoolKind.medium) ? RemoteBatch.medium : 0
            return freeRemote(UInt(bitPattern: block) | tag, slot: slot)
        }
        block.storeBytes(of: pool.fields.pointee.freeLocal, as: UnsafeMutableRawPointer?.self)
        pool.fields.pointee.freeLocal = block
        pool.fields.pointee.used &-= 1
        makeAvailable(pool)
        if pool.fields.pointee.used == 0 { poolEmptied(pool) }
    }
}
