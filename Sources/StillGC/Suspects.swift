// Suspects: what marking left white, until it is rescued or condemned. All of this runs with the world stopped, but for
// `walkSuspects` in the phases after the verdict.
//
// A suspect has no owner and its count is merged, so `local` is free: it counts the references from other suspects.
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import Synchronization

extension Collector {
    func beginFlagging(_ world: borrowing StoppedWorld) {
        setBarrier(world, BarrierMode.suspects)
        fields.pointee.suspectPoolCount = 0
        enter(.flagging)
    }

    /// All pools that exist, from the cursor on. True: the walk is complete.
    func walk(_ deadline: UInt64, _ body: (Pool) -> Void) -> Bool {
        while fields.pointee.cursor < heap.poolCount {
            if fields.pointee.cursor & 15 == 15 && Clock.monotonicNanoseconds() >= deadline { return false }
            let pool = heap.pool(at: fields.pointee.cursor)
            fields.pointee.cursor += 1
            if pool.fields.pointee.kind.load(ordering: .relaxed) == UInt8(PoolKind.collectable) { body(pool) }
        }
        return true
    }

    /// Flags every white object of a pool.
    func flag(_ pool: Pool) {
        var any = false
        let white = fields.pointee.white
        for index in 0..<Int(pool.fields.pointee.capacity)
        where pool.colour(at: index).pointee.load(ordering: .relaxed) == white {
            let object = ObjectRef(pool.block(at: index))
            _ = ReferenceCount.merge(object, setting: SharedFlags.suspect)
            if SharedFlags.count(object.sharedWord.pointee.load(ordering: .relaxed)) <= 0 {
                // Already dying, on some thread or its list: what it refers to is given up there, but its type and what it holds uncounted
                // are still needed.
                let uncounted = object.sharedWord.pointee.load(ordering: .relaxed) & SharedFlags.deferred != 0
                if !uncounted {
                    unflag(object)
                    pool.colour(at: index).pointee.store(fields.pointee.black, ordering: .relaxed)
                    makeGrey(ObjectRef(object.typeRaw))
                    var visitor = TraceVisitor(
                        visit: { visitor, referent, counted in
                            if !counted { Collector(visitor.trace.pointee.context).makeGrey(ObjectRef(referent)) }
                        }, context: raw)
                    visitor.itemLimit = Int.max
                    TypeMemorySlots.of(object).pointee.traverse?(object.raw, &visitor)
                    continue
                }
            }
            fields.pointee.statistics.examined += 1
            any = true
        }
        if any {
            remember(pool)
        } else if fields.pointee.secondPass {
            pool.fields.pointee.pinned.store(0, ordering: .releasing)
        }
    }

    private func remember(_ pool: Pool) {
        pool.fields.pointee.pinned.store(1, ordering: .relaxed)
        if fields.pointee.suspectPoolCount == fields.pointee.suspectPoolCapacity {
            let capacity = max(256, fields.pointee.suspectPoolCapacity * 2)
            let grown = RawReserve.grow(
                fields.pointee.suspectPools.map(UnsafeMutableRawPointer.init), from: fields.pointee.suspectPoolCount * 8, to: capacity * 8)
            fields.pointee.suspectPools = grown.assumingMemoryBound(to: UnsafeMutableRawPointer.self)
            fields.pointee.suspectPoolCapacity = capacity
        }
        fields.pointee.suspectPools![fields.pointee.suspectPoolCount] = pool.raw
        fields.pointee.suspectPoolCount += 1
    }

    /// White objects in the remembered pools, from the cursors on. The body returns the item to go on with, 0 when it is
    /// done with the object. True: the walk is complete.
    func walkSuspects(_ deadline: UInt64, _ body: (ObjectRef, Int) -> Int) -> Bool {
        var work = 0
        while fields.pointee.cursor < fields.pointee.suspectPoolCount {
            let pool = Pool(fields.pointee.suspectPools![fields.pointee.cursor])
            let capacity = Int(pool.fields.pointee.capacity)
            while fields.pointee.blockCursor < capacity {
                work += 1
                if work & 31 == 0 && Clock.monotonicNanoseconds() >= deadline { return false }
                if pool.colour(at: fields.pointee.blockCursor).pointee.load(ordering: .relaxed) == fields.pointee.white {
                    let next = body(
                        ObjectRef(pool.block(at: fields.pointee.blockCursor)), fields.pointee.itemCursor)
                    if next != 0 {
                        fields.pointee.itemCursor = next
                        work += 20
                        continue
                    }
                }
                fields.pointee.itemCursor = 0
                fields.pointee.blockCursor += 1
            }
            fields.pointee.blockCursor = 0
            fields.pointee.itemCursor = 0
            fields.pointee.cursor += 1
        }
        return true
    }

    /// Counts the counted references from a suspect to other suspects: notes them on the mark stack, which is empty meanwhile, and looks
    /// at them when there are enough for the processor to fetch some while others are counted.
    func countReferences(_ object: ObjectRef, _ item: Int) -> Int {
        var visitor = TraceVisitor(
            visit: { visitor, referent, counted in
                Collector(visitor.trace.pointee.context).count(ObjectRef(referent))
            }, context: raw)
        visitor.firstItem = item
        visitor.itemLimit = Collector.chunkItems
        visitor.countedOnly = true
        let stack = fields.pointee.markStack
        visitor.edge = stack + fields.pointee.markCount
        visitor.edgeLimit = stack + Collector.markCapacity
        TypeMemorySlots.of(object).pointee.traverse?(object.raw, &visitor)
        fields.pointee.markCount = visitor.edge! - stack
        if fields.pointee.markCount >= 128 { countNoted() }
        return visitor.nextItem
    }

    func countNoted() {
        let stack = fields.pointee.markStack
        let count = fields.pointee.markCount
        for index in 0..<min(8, count) { Collector.fetch(stack[index]) }
        for index in 0..<count {
            if index + 8 < count { Collector.fetch(stack[index + 8]) }
            self.count(ObjectRef(stack[index]))
        }
        fields.pointee.markCount = 0
    }

    @inline(__always)
    private func count(_ object: ObjectRef) {
        guard object.isCollectable, Arena.colour(of: object.raw).pointee.load(ordering: .relaxed) == fields.pointee.white else { return }
        object.local.pointee &+= 1
    }

    /// Rescues a suspect that has references from elsewhere.
    func compare(_ object: ObjectRef, _ item: Int) -> Int {
        if FaultInjection.isActive(.ignoreOutsideCounts) { return 0 }
        if SharedFlags.count(object.sharedWord.pointee.load(ordering: .relaxed)) > Int(object.local.pointee) {
            makeGrey(object)
        }
        return 0
    }

    /// Moves the cursor to the first pool that still holds a white object, or behind the last. White objects only become fewer, so the
    /// pools that were passed stay without. False: the time is over.
    func findWhite(_ deadline: UInt64) -> Bool {
        while fields.pointee.cursor < fields.pointee.suspectPoolCount {
            if Clock.monotonicNanoseconds() >= deadline { return false }
            let pool = Pool(fields.pointee.suspectPools![fields.pointee.cursor])
            for block in 0..<Int(pool.fields.pointee.capacity)
            where pool.colour(at: block).pointee.load(ordering: .relaxed) == fields.pointee.white { return true }
            fields.pointee.cursor += 1
        }
        return true
    }

    /// Nothing is grey, all frames are scanned: every white object is garbage.
    func condemn(_ world: borrowing StoppedWorld) {
        checkVerdict(world)
        setBarrier(world, BarrierMode.off)
        if fields.pointee.cursor == fields.pointee.suspectPoolCount {
            enter(.settling)
        } else if fields.pointee.secondPass {
            fields.pointee.doomed.store(1, ordering: .releasing)
            enter(.breaking)
        } else {
            fields.pointee.doomed.store(1, ordering: .releasing)
            beginFinalizing()
        }
    }
}
