// One thread's view of the heap: the pools it allocates from. Lies in the thread record's private area.
//
// Plain memory: only the thread touches it, or the thread that holds its owner slot's lock while the slot is vacant
// (OwnerSlots.swift moves it there when a thread dies, and from there to the next thread of the slot).
//
// Allocation and local free take no atomic operation: pop or push on the current pool's list.
import StillPlatform
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
        /// Collectable objects that may still be allocated before the collector is asked for a slice.
        public var collectCountdown: Int
        /// What a collectable object that dies gives back to the countdown: 1, or 0 while a collection runs, which must go on.
        public var freeCredit: Int
        /// Bytes of buffers beyond the pools, net, not yet added to the interpreter's total.
        public var bufferBytes: Int
        /// Colour of new objects, and of those the current collection has not reached.
        public var birthColour: UInt8
        public var whiteColour: UInt8
        public var deallocationDepth: Int32
        /// A collection has ended: empty pools are to be given back.
        public var trimWanted: UInt8
        public var pending: UnsafeMutablePointer<UnsafeMutableRawPointer>?
        public var pendingCount: Int
        public var pendingCapacity: Int
    }
    @inlinable @inline(__always) public var fields: UnsafeMutablePointer<Fields> {
        (raw + ThreadHeap.areaBytes).assumingMemoryBound(to: Fields.self)
    }

    // MARK: Allocation

    /// A block of `kind`, not initialised beyond what the pool left in it. nil: out of memory.
    @inlinable @inline(__always)
    public func allocateBlock(bytes: Int, kind: Int, owner: UInt16) -> UnsafeMutableRawPointer? {
        let list = ThreadHeap.list(kind: kind, classIndex: SizeClass.index(bytes: bytes))
        let pool = Pool(current(list).pointee).fields
        if let block = pool.pointee.freeLocal {
            pool.pointee.freeLocal = block.load(as: UnsafeMutableRawPointer?.self)
            pool.pointee.used &+= 1
            return block
        }
        let block = pool.pointee.untouched
        if _fastPath(block < pool.pointee.limit) {
            pool.pointee.untouched = block + Int(pool.pointee.blockBytes)
            pool.pointee.used &+= 1
            return block
        }
        return refill(list: list, owner: owner)
    }

    /// The current pool is full: takes remote frees, another pool with room, or a new one.
    @usableFromInline @inline(never)
    func refill(list: Int, owner: UInt16) -> UnsafeMutableRawPointer? {
        let full = Pool(current(list).pointee)
        takeNotifiedPools()
        if full.fields.pointee.kind.load(ordering: .relaxed) != UInt8(PoolKind.none) {
            if full.fields.pointee.freeLocal == nil { full.takeRemote() }
            if full.fields.pointee.freeLocal == nil { full.fields.pointee.available = 0 }
        }
        if full.fields.pointee.freeLocal == nil {
            if let next = available(list).pointee {
                available(list).pointee = Pool(next).fields.pointee.next
                Pool(next).fields.pointee.next = nil
                current(list).pointee = next
            } else {
                let heap = InterpreterHeap(fields.pointee.heap!)
                let kind = list / SizeClass.count
                guard
                    let pool = heap.takePool(
                        classIndex: list % SizeClass.count, kind: kind, owner: owner)
                else { return nil }
                pool.fields.pointee.nextOwned = owned(list).pointee
                owned(list).pointee = pool.raw
                pool.fields.pointee.available = 1
                current(list).pointee = pool.raw
            }
        }
        let pool = Pool(current(list).pointee).fields
        if let block = pool.pointee.freeLocal {
            pool.pointee.freeLocal = block.load(as: UnsafeMutableRawPointer?.self)
            pool.pointee.used += 1
            return block
        }
        let block = pool.pointee.untouched
        invariant(block < pool.pointee.limit, "a pool on the list of pools with room has none")
        pool.pointee.untouched = block + Int(pool.pointee.blockBytes)
        pool.pointee.used += 1
        return block
    }

    /// Takes back what strangers freed in this slot's pools. Ordering: P1, P2.
    func takeNotifiedPools() {
        guard let slot = fields.pointee.slot else { return }
        var next = UnsafeMutableRawPointer(
            bitPattern: OwnerSlot(slot).fields.pointee.notifiedPools.exchange(0, ordering: .acquiring))
        while let raw = next {
            let pool = Pool(raw)
            next = UnsafeMutableRawPointer(
                bitPattern: pool.fields.pointee.nextNotified.load(ordering: .relaxed))
            pool.fields.pointee.notified.store(0, ordering: .sequentiallyConsistent)  // P2: unlinked; before the blocks
            if pool.fields.pointee.resting == 1 { continue }
            pool.takeRemote()
            makeAvailable(pool)
        }
    }

    func makeAvailable(_ pool: Pool) {
        if pool.fields.pointee.available == 0 && pool.fields.pointee.freeLocal != nil {
            let list = ThreadHeap.list(
                kind: Int(pool.fields.pointee.kind.load(ordering: .relaxed)),
                classIndex: Int(pool.fields.pointee.classIndex))
            pool.fields.pointee.available = 1
            pool.fields.pointee.next = available(list).pointee
            available(list).pointee = pool.raw
        }
    }

    // MARK: Free

    /// Gives a block back to its pool.
    @inlinable @inline(__always)
    public func freeBlock(_ block: UnsafeMutableRawPointer, owner: UInt16) {
        let pool = Pool.containing(block)
        if _fastPath(pool.fields.pointee.ownerSlot.load(ordering: .relaxed) == owner) {
            block.storeBytes(of: pool.fields.pointee.freeLocal, as: UnsafeMutableRawPointer?.self)
            pool.fields.pointee.freeLocal = block
            pool.fields.pointee.used &-= 1
            if _slowPath(pool.fields.pointee.available == 0) { poolHasRoom(pool) }
        } else {
            ThreadHeap.freeRemote(block, pool)
        }
    }

    @usableFromInline @inline(never) func poolHasRoom(_ pool: Pool) { makeAvailable(pool) }

    /// Ordering: P1, P2.
    @usableFromInline @inline(never)
    static func freeRemote(_ block: UnsafeMutableRawPointer, _ pool: Pool) {
        let fields = pool.fields
        var head = fields.pointee.freeRemote.load(ordering: .relaxed)
        while true {
            block.storeBytes(of: head, as: UInt.self)
            let (done, seen) = fields.pointee.freeRemote.compareExchange(
                expected: head, desired: UInt(bitPattern: block),
                successOrdering: .sequentiallyConsistent, failureOrdering: .relaxed)  // P1; before the look at `notified`
            if done { break }
            head = seen
        }
        if fields.pointee.notified.exchange(1, ordering: .sequentiallyConsistent) == 0 {  // P2
            let heap = InterpreterHeap(fields.pointee.interpreterHeap!)
            let slot = heap.slot(fields.pointee.ownerSlot.load(ordering: .relaxed))
            slot.pushNotified(pool)
        }
    }

    // MARK: Trimming

    /// Gives empty pools back to the interpreter, all but one of a class. Own thread, at a safepoint.
    public func trim() {
        takeNotifiedPools()
        let heap = InterpreterHeap(fields.pointee.heap!)
        for list in 0..<ThreadHeap.lists {
            var kept: UnsafeMutableRawPointer?
            var room: UnsafeMutableRawPointer?
            var spare = false
            var next = owned(list).pointee
            while let raw = next {
                let pool = Pool(raw)
                next = pool.fields.pointee.nextOwned
                let isCurrent = raw == current(list).pointee
                if pool.fields.pointee.used == 0 && !isCurrent && pool.fields.pointee.pinned.load(ordering: .acquiring) == 0 {
                    if spare {
                        heap.returnPool(pool)
                        continue
                    }
                    spare = true
                }
                pool.fields.pointee.nextOwned = kept
                kept = raw
                if !isCurrent && pool.fields.pointee.available == 1 {
                    pool.fields.pointee.next = room
                    room = raw
                }
            }
            owned(list).pointee = kept
            available(list).pointee = room
        }
    }
}
