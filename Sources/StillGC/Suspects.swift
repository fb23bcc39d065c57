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

    /// All pools that exist, from the cursor on. The body returns how much work it was: 1 for a glance. True: the walk is complete.
    func walk(_ deadline: UInt64, _ body: (Pool) -> Int) -> Bool {
        var work = 0
        while fields.pointee.cursor < heap.poolCount {
            if work >= 16 {
                work = 0
                if Clock.monotonicNanoseconds() >= deadline { return false }
            }
            let pool = heap.pool(at: fields.pointee.cursor)
            fields.pointee.cursor += 1
            work += pool.fields.pointee.kind.load(ordering: .relaxed) == UInt8(PoolKind.collectable) ? body(pool) : 1
        }
        return true
    }

    /// Whether a pool holds a white object: its colours 64 at a time.
    private func hasWhite(_ pool: Pool) -> Bool {
        let white = SIMD64<UInt8>(repeating: fields.pointee.white)
        let first = UnsafeRawPointer(bitPattern: UInt(bitPattern: pool.fields.pointee.start) & ~UInt(Pool.bytes - 1)).unsafelyUnwrapped
        let colours = UnsafeRawPointer(Arena.colour(of: UnsafeMutableRawPointer(mutating: first)))
        for offset in stride(from: 0, to: Pool.bytes / Arena.colourGranule, by: 64)
        where any(colours.load(fromByteOffset: offset, as: SIMD64<UInt8>.self) .== white) { return true }
        return false
    }

    /// Flags every white object of a pool.
    func flag(_ pool: Pool) -> Int {
        guard hasWhite(pool) else {
            if fields.pointee.secondPass { pool.fields.pointee.pinned.store(0, ordering: .releasing) }
            return 1
        }
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
        return 8
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

    /// What is fetched before the body of `walkSuspects` looks at an object.
    enum Fetching { case headers, buffers, referents }

    /// White objects in the remembered pools, from the cursors on. The body returns the item to go on with, 0 when it is
    /// done with the object. True: the walk is complete.
    ///
    /// Objects are gathered in batches, so that what the body reads can be fetched for all of them before it is needed.
    func walkSuspects(_ deadline: UInt64, fetching: Fetching = .headers, _ body: (ObjectRef, Int) -> Int) -> Bool {
        let batch = fields.pointee.window + 3 * Collector.windowSize + Collector.typesRemembered
        let white = fields.pointee.white
        var work = 0
        while fields.pointee.cursor < fields.pointee.suspectPoolCount {
            let pool = Pool(fields.pointee.suspectPools![fields.pointee.cursor])
            let capacity = Int(pool.fields.pointee.capacity)
            let resumed = fields.pointee.itemCursor == 0 ? nil : pool.block(at: fields.pointee.blockCursor)
            while fields.pointee.blockCursor < capacity {
                var (count, end) = (0, fields.pointee.blockCursor)
                while end < capacity && count < Collector.batchSize {
                    if pool.colour(at: end).pointee.load(ordering: .relaxed) == white {
                        batch[count] = pool.block(at: end)
                        prefetch(batch[count])
                        count += 1
                    }
                    end += 1
                }
                if fetching != .headers {
                    for index in 0..<count { Collector.fetchBuffer(ObjectRef(batch[index])) }
                    if fetching == .referents { fetchReferents(batch, count) }
                }
                work += 1
                for index in 0..<count {
                    let object = ObjectRef(batch[index])
                    // The body may have freed it with one before.
                    guard Arena.colour(of: object.raw).pointee.load(ordering: .relaxed) == white else { continue }
                    fields.pointee.blockCursor = pool.index(of: object.raw)
                    var item = object.raw == resumed ? fields.pointee.itemCursor : 0
                    repeat {
                        work += 1
                        if work > 24 {
                            work = 0
                            if Clock.monotonicNanoseconds() >= deadline {
                                fields.pointee.itemCursor = item
                                return false
                            }
                        }
                        item = body(object, item)
                        if item != 0 { work += 20 }
                    } while item != 0
                    fields.pointee.itemCursor = 0
                }
                fields.pointee.itemCursor = 0
                fields.pointee.blockCursor = end
            }
            fields.pointee.blockCursor = 0
            fields.pointee.cursor += 1
            work += 2
        }
        return true
    }

    /// The headers of what some condemned objects refer to: their counts are about to be lowered.
    private func fetchReferents(_ batch: UnsafeMutablePointer<UnsafeMutableRawPointer>, _ count: Int) {
        let edges = fields.pointee.edges
        var visitor = TraceVisitor(visit: { _, _, _ in }, context: raw)
        visitor.itemLimit = 16
        visitor.countedOnly = true
        visitor.edge = edges
        visitor.edgeLimit = edges + Collector.edgeCapacity
        for index in 0..<count {
            visitor.nextItem = 0
            TypeMemorySlots.of(ObjectRef(batch[index])).pointee.traverse?(batch[index], &visitor)
        }
        var edge = edges
        while edge != visitor.edge! {
            prefetch(edge.pointee)
            edge += 1
        }
    }

    /// Counts the counted references from a suspect to other suspects: notes them, and looks at them when there are enough for the processor to
    /// fetch their colours together, and then the headers of those that are suspects.
    func countReferences(_ object: ObjectRef, _ item: Int) -> Int {
        var visitor = TraceVisitor(
            visit: { visitor, referent, counted in
                Collector(visitor.trace.pointee.context).countNow(referent)
            }, context: raw)
        visitor.firstItem = item
        visitor.itemLimit = Collector.chunkItems
        visitor.countedOnly = true
        let edges = fields.pointee.edges
        visitor.edge = edges + fields.pointee.edgeCount
        visitor.edgeLimit = edges + Collector.edgeCapacity
        TypeMemorySlots.of(object).pointee.traverse?(object.raw, &visitor)
        fields.pointee.edgeCount = visitor.edge! - edges
        if fields.pointee.edgeCount >= 128 { countNoted() }
        return visitor.nextItem
    }

    func countNoted() {
        let edges = fields.pointee.edges
        let arenas = heap.fields.pointee.arenaSet
        let white = fields.pointee.white
        var count = 0
        for index in 0..<fields.pointee.edgeCount where arenas.contains(edges[index]) {
            edges[count] = edges[index]
            prefetch(Arena.colour(of: edges[count]))
            count += 1
        }
        var suspects = 0
        for index in 0..<count where Arena.colour(of: edges[index]).pointee.load(ordering: .relaxed) == white {
            edges[suspects] = edges[index]
            prefetch(edges[suspects])
            suspects += 1
        }
        for index in 0..<suspects { ObjectRef(edges[index]).local.pointee &+= 1 }
        fields.pointee.edgeCount = 0
    }

    private func countNow(_ referent: UnsafeMutableRawPointer) {
        guard heap.fields.pointee.arenaSet.contains(referent),
            Arena.colour(of: referent).pointee.load(ordering: .relaxed) == fields.pointee.white
        else { return }
        ObjectRef(referent).local.pointee &+= 1
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
            if hasWhite(pool) { return true }
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
