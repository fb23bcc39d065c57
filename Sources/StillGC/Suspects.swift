// Suspects: what marking left white, until it is rescued or condemned. All of this runs with the world stopped, but for
// `walkSuspects` in the phases after the verdict.
//
// Flags     A suspect has no owner and its count is merged, so `local` is free: it counts the references from other suspects.
// One walk  flags and counts: an object is flagged when the walk comes to it, or before, when a reference to it is counted. From the start of the walk
//           a store into a white object, or a move out of one, touches it, flagged or not; so what a suspect refers to when its references are
//           counted stays as it is until the verdict, or the suspect is rescued. Counts are compared when all are flagged.
// Slices    No reference that was noted outlives its slice: the referent may die as soon as the world runs.
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import Synchronization

/// `Pool.pinned`.
enum Pinned {
    static let no: UInt8 = 0
    static let yes: UInt8 = 1
    /// A suspect in it is weakly referenced.
    static let weaklyReferenced: UInt8 = 2
    /// Its condemned objects have been broken up, or are.
    static let claimed: UInt8 = 3
}

extension Collector {
    func beginFlagging(_ world: borrowing StoppedWorld) {
        setBarrier(world, BarrierMode.suspects)
        fields.pointee.suspectPoolCount = 0
        fields.pointee.weaklyReferencedFound = false
        fields.pointee.finalizersFound = false
        enter(.flagging)
    }

    /// Whether a pool holds a white object.
    func hasWhite(_ pool: Pool) -> Bool {
        let white = UInt64(fields.pointee.white) &* 0x0101_0101_0101_0101
        let colours = Collector.colours(of: pool)
        for first in stride(from: 0, to: Pool.bytes / Arena.colourGranule, by: 64) {
            var others: UInt64 = 0x8080_8080_8080_8080
            for offset in stride(from: first, to: first &+ 64, by: 8) { others &= Collector.different(colours, offset, white) }
            if others != 0x8080_8080_8080_8080 { return true }
        }
        return false
    }

    func countWhite(_ pool: Pool) -> Int {
        let white = UInt64(fields.pointee.white) &* 0x0101_0101_0101_0101
        let colours = Collector.colours(of: pool)
        var others = 0
        for offset in stride(from: 0, to: Pool.bytes / Arena.colourGranule, by: 8) {
            others &+= Collector.different(colours, offset, white).nonzeroBitCount
        }
        return Pool.bytes / Arena.colourGranule - others
    }

    /// The high bit of each of eight colours that is not white; colours are small numbers. Relaxed: mutators may change colours meanwhile, of their own
    /// births and of what dies.
    @inline(__always) private static func different(_ colours: UnsafeRawPointer, _ offset: Int, _ white: UInt64) -> UInt64 {
        let eight = UnsafeMutableRawPointer(mutating: colours + offset).assumingMemoryBound(to: Atomic<UInt64>.self).pointee.load(ordering: .relaxed)
        return ((eight ^ white) &+ 0x7F7F_7F7F_7F7F_7F7F) & 0x8080_8080_8080_8080
    }

    /// Those of all places where a block may begin.
    private static func colours(of pool: Pool) -> UnsafeRawPointer {
        let first = UnsafeRawPointer(bitPattern: UInt(bitPattern: pool.fields.pointee.start) & ~UInt(Pool.bytes - 1)).unsafelyUnwrapped
        return UnsafeRawPointer(Arena.colour(of: UnsafeMutableRawPointer(mutating: first)))
    }

    // MARK: Flagging and counting

    /// Flags every white object and counts the references that it holds. All pools that exist, from the cursor on. True: the walk is complete.
    func flagSuspects(_ deadline: UInt64) -> Bool {
        defer { countNoted() }
        var work = 0
        while fields.pointee.cursor < heap.poolCount {
            let pool = heap.pool(at: fields.pointee.cursor)
            if !isRemembered(pool) {
                work += 1
                if work >= 24 {
                    work = 0
                    if Clock.monotonicNanoseconds() >= deadline { return false }
                }
                let isCollectable = pool.fields.pointee.kind.load(ordering: .relaxed) == UInt8(PoolKind.collectable)
                guard isCollectable && hasWhite(pool) else {
                    if isCollectable && fields.pointee.secondPass { pool.fields.pointee.pinned.store(Pinned.no, ordering: .releasing) }
                    fields.pointee.cursor += 1
                    continue
                }
                remember(pool)
            }
            guard walk(pool, deadline, &work, fetching: .buffers, flagAndCount) else { return false }
            fields.pointee.cursor += 1
        }
        return true
    }

    private func flagAndCount(_ object: ObjectRef, _ item: Int) -> Int {
        if item == 0 && !flag(object) { return 0 }
        return countReferences(object, item)
    }

    /// False: it is dying, or immortal.
    @inline(__always) private func flag(_ object: ObjectRef) -> Bool {
        let word = object.sharedWord.pointee.load(ordering: .relaxed)
        return _fastPath(word & SharedFlags.suspect != 0) || flagNow(object, word)
    }

    /// Merges the count by plain stores: the world is stopped.
    private func flagNow(_ object: ObjectRef, _ old: UInt64) -> Bool {
        var word = old
        if _slowPath(word & SharedFlags.immortal != 0) {
            // It never dies, nor does what it refers to.
            makeGrey(object)
            return false
        }
        if word & SharedFlags.merged == 0 {
            word &+= UInt64(object.local.pointee) &* SharedFlags.one
            word |= SharedFlags.merged
        }
        if _slowPath(SharedFlags.count(word) <= 0 && word & SharedFlags.deferred == 0) {
            leaveDying(object)
            return false
        }
        if old & SharedFlags.merged == 0 {
            object.ownerWord.pointee.store(0, ordering: .relaxed)
            object.local.pointee = 0
        }
        object.sharedWord.pointee.store(word | SharedFlags.suspect, ordering: .relaxed)
        fields.pointee.statistics.examined += 1
        return true
    }

    /// Already dying, on some thread or its list: what it refers to is given up there, but its type and what it holds uncounted are still needed.
    @inline(never) private func leaveDying(_ object: ObjectRef) {
        Arena.colour(of: object.raw).pointee.store(fields.pointee.black, ordering: .relaxed)
        makeGrey(ObjectRef(object.typeRaw))
        var visitor = TraceVisitor(
            visit: { visitor, referent, counted in
                if !counted { Collector(visitor.trace.pointee.context).makeGrey(ObjectRef(referent)) }
            }, context: raw)
        visitor.itemLimit = Int.max
        TypeMemorySlots.of(object).pointee.traverse?(object.raw, &visitor)
    }

    /// Whether the walk was interrupted in this pool.
    private func isRemembered(_ pool: Pool) -> Bool {
        let count = fields.pointee.suspectPoolCount
        return count > 0 && fields.pointee.suspectPools![count - 1] == pool.raw
    }

    private func remember(_ pool: Pool) {
        pool.fields.pointee.pinned.store(Pinned.yes, ordering: .relaxed)
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

    /// Notes the counted references of a suspect, and looks at them when there are enough for the processor to fetch their colours together, and then
    /// the headers of those that lead to suspects.
    private func countReferences(_ object: ObjectRef, _ item: Int) -> Int {
        let edges = marker(0).fields.pointee.edges
        if item == 0, let end = Collector.gather(object, edges + fields.pointee.edgeCount) {
            fields.pointee.edgeCount = end - edges
            if fields.pointee.edgeCount >= Marker.edgesAtOnce { countNoted() }
            return 0
        }
        var visitor = TraceVisitor(
            visit: { visitor, referent, _ in Collector(visitor.trace.pointee.context).countNow(referent) }, context: raw)
        visitor.firstItem = item
        visitor.itemLimit = Collector.chunkItems
        visitor.countedOnly = true
        visitor.edge = edges + fields.pointee.edgeCount
        visitor.edgeLimit = edges + Marker.edgeCapacity
        TypeMemorySlots.of(object).pointee.traverse?(object.raw, &visitor)
        fields.pointee.edgeCount = visitor.edge! - edges
        if fields.pointee.edgeCount >= Marker.edgesAtOnce { countNoted() }
        return visitor.nextItem
    }

    private func countNoted() {
        let edges = marker(0).fields.pointee.edges
        let colours = marker(0).fields.pointee.colours
        let arenas = heap.fields.pointee.arenaSet
        let white = fields.pointee.white
        let count = Collector.fetchColours(fields.pointee.edgeCount, edges, colours, arenas)
        var suspects = 0
        for index in 0..<count {
            edges[suspects] = edges[index]
            suspects &+= Collector.one(colours[index].assumingMemoryBound(to: Atomic<UInt8>.self).pointee.load(ordering: .relaxed), white)
        }
        for index in 0..<suspects { prefetch(edges[index]) }
        for index in 0..<suspects where flag(ObjectRef(edges[index])) { ObjectRef(edges[index]).local.pointee &+= 1 }
        fields.pointee.edgeCount = 0
    }

    private func countNow(_ referent: UnsafeMutableRawPointer) {
        guard heap.fields.pointee.arenaSet.contains(referent),
            Arena.colour(of: referent).pointee.load(ordering: .relaxed) == fields.pointee.white
        else { return }
        if flag(ObjectRef(referent)) { ObjectRef(referent).local.pointee &+= 1 }
    }

    // MARK: Walks

    /// What is fetched before a walk's body looks at an object.
    enum Fetching { case headers, buffers }

    /// White objects in the remembered pools, from the cursors on. The body returns the item to go on with, 0 when it is
    /// done with the object. True: the walk is complete.
    ///
    /// - Parameter least: only in pools that are pinned so.
    func walkSuspects(_ deadline: UInt64, least: UInt8 = Pinned.yes, _ body: (ObjectRef, Int) -> Int) -> Bool {
        var work = 0
        while fields.pointee.cursor < fields.pointee.suspectPoolCount {
            let pool = Pool(fields.pointee.suspectPools![fields.pointee.cursor])
            work += 1
            if pool.fields.pointee.pinned.load(ordering: .relaxed) >= least {
                guard walk(pool, deadline, &work, fetching: .headers, body) else { return false }
            }
            fields.pointee.cursor += 1
        }
        return true
    }

    /// The next white objects of a pool, `batchSize` at most, from `block` on, into the batch; their headers are fetched. Returns where to go on.
    @inline(__always)
    func gather(_ pool: Pool, from block: Int, _ batch: UnsafeMutablePointer<UnsafeMutableRawPointer>, _ count: inout Int) -> Int {
        let white = fields.pointee.white
        let size = Int(pool.fields.pointee.blockBytes)
        let capacity = Int(pool.fields.pointee.capacity)
        var block = block
        var address = pool.block(at: block)
        count = 0
        while block < capacity && count < Marker.batchSize {
            batch[count] = address
            count &+= Collector.one(Arena.colour(of: address).pointee.load(ordering: .relaxed), white)
            address += size
            block &+= 1
        }
        for index in 0..<count { prefetch(batch[index]) }
        return block
    }

    /// The white objects of one pool, in batches, so that what the body reads can be fetched for all of them before it is needed.
    private func walk(_ pool: Pool, _ deadline: UInt64, _ work: inout Int, fetching: Fetching, _ body: (ObjectRef, Int) -> Int) -> Bool {
        let batch = marker(0).fields.pointee.batch
        let white = fields.pointee.white
        let capacity = Int(pool.fields.pointee.capacity)
        let resumed = fields.pointee.itemCursor == 0 ? nil : pool.block(at: fields.pointee.blockCursor)
        while fields.pointee.blockCursor < capacity {
            var count = 0
            let end = gather(pool, from: fields.pointee.blockCursor, batch, &count)
            if fetching == .buffers {
                for index in 0..<count { Collector.fetchBuffer(ObjectRef(batch[index])) }
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
        return true
    }

    // MARK: Comparing

    /// Rescues a suspect that has references from elsewhere; of the others, what they will need when they are condemned.
    func compare(_ object: ObjectRef, _ item: Int) -> Int {
        if !FaultInjection.isActive(.ignoreOutsideCounts)
            && SharedFlags.count(object.sharedWord.pointee.load(ordering: .relaxed)) > Int(object.local.pointee)
        {
            makeGrey(object)
            return 0
        }
        if _slowPath(object.flags & ObjectFlags.weaklyReferenced != 0) {
            fields.pointee.weaklyReferencedFound = true
            Pool.containing(object.raw).fields.pointee.pinned.store(Pinned.weaklyReferenced, ordering: .relaxed)
        }
        if _slowPath(Collector.wantsFinalizer(object)) { fields.pointee.finalizersFound = true }
        return 0
    }

    static func wantsFinalizer(_ object: ObjectRef) -> Bool {
        object.flags & ObjectFlags.finalized == 0 && TypeMemorySlots.of(object).pointee.finalize != nil
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
        checkVerdict(world, condemned: fields.pointee.white)
        // Flags stay until an object is broken up, or finalizers run; meanwhile a count that rises must not shade.
        heap.fields.pointee.whiteColour = Collector.noColour
        setBarrier(world, BarrierMode.off)
        if fields.pointee.cursor == fields.pointee.suspectPoolCount {
            enter(.settling)
        } else if fields.pointee.secondPass {
            beginBreaking()
        } else {
            fields.pointee.doomed.store(1, ordering: .releasing)
            begin(.counting)
        }
    }
    /// No object has it.
    static let noColour: UInt8 = 255
}
