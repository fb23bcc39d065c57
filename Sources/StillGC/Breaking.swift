// The end of the condemned objects: each gives up its references, and dies by its count. All threads that allocate take part, with the world running.
//
// Shares    A thread that comes to a safepoint with a collect request claims pools of suspects, one after the other, and breaks up what is condemned in
//           them, until its step's time is over. Pools of its own come first: what it frees there needs no message to another owner.
// Claim     `Pool.pinned` changes to `claimed` by a compare-and-swap; nobody unpins pools before the phase is over.
// Batches   Each object of a batch is counted while the batch gives up its references: none of them dies meanwhile. Another thread may free a
//           condemned object at any moment, when it breaks up the last that referred to it, and its block may be used again. So an object
//           is counted by a compare-and-swap that refuses what is dead, not merged, or has no reference, and its colour is looked at
//           again: births are black. A refused object is dead or dying.
// End       Who finds all pools claimed, and nobody breaking any more, ends the phase; it holds `busy`. A thread that enters later finds nothing to claim.
// Locks     None: nobody else comes by a condemned object (`TypeMemorySlots.drop`). Who looks at all objects leaves them out: they are doomed until the
//           pools are unpinned.
// Inside    `breakers` counts the threads inside a step; a destructor that a step runs may come to a safepoint, but takes no other step.
//           A thread inside that will never run again is taken off (TakeOver.swift); what it had claimed is left to the next collection.
// Ordering  (K1) claims acquire and release nothing: condemned objects were published by the pause of the verdict, and blocks hand themselves over by
//           their count words (R2, R4 in ReferenceCount.swift). (K2) `breakers` is lowered with release and read with acquire by who ends
//           the phase: all that was done to the pools happens before they are unpinned.
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import Synchronization

/// What the collector knows of the thread that has an owner slot. That thread's only, but for `takeOver`.
@usableFromInline struct ThreadShare {
    /// Never accessed: see `CollectorFields`.
    var base: UInt64
    /// When the thread has lost time to the collector last, and how much, with what was not made up for by then (Pacing.swift).
    var ended: UInt64
    var took: UInt64
    /// Which collection's pools the walk below goes over, which part of it (0: pools of its own, 1: all, 2: done), and the next pool.
    var round: Int
    var part: Int
    var cursor: Int
    /// 1: in a step of breaking.
    var inside: Int
    /// Young.swift: 1 in a young collection; full logs that are still to be passed over, and how many were last time.
    var insideYoung: UInt16
    var pass: UInt16
    var passed: UInt16
    var reserved: UInt16

    static let slots = 1 << 16
    static let bytes = slots * MemoryLayout<ThreadShare>.stride
}

extension Collector {
    func share(of thread: ThreadState) -> UnsafeMutablePointer<ThreadShare> { fields.pointee.shares + Int(thread.ownerSlot) }

    /// Whether the thread is in a destructor that a step of breaking runs.
    func isInside(_ thread: ThreadState) -> Bool { share(of: thread).pointee.inside != 0 }

    /// A step of breaking. True: nothing is left to claim, and nobody else is breaking.
    func breakSome(_ thread: ThreadState) -> Bool {
        let share = self.share(of: thread)
        let own = ThreadHeap(thread).fields
        let freedBefore = own.pointee.bufferBytesFreed
        fields.pointee.breakers.wrappingAdd(1, ordering: .relaxed)
        share.pointee.inside = 1
        let deadline = self.deadline
        var isDone = false
        repeat {
            guard let pool = claim(share, thread) else {
                isDone = share.pointee.part == 2
                break
            }
            breakPool(pool, thread)
        } while Clock.monotonicNanoseconds() < deadline
        fields.pointee.bufferBytesFreed.wrappingAdd(own.pointee.bufferBytesFreed - freedBefore, ordering: .relaxed)
        share.pointee.inside = 0
        let left = fields.pointee.breakers.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue  // K2
        return isDone && left == 0
    }

    /// A pool that nobody has broken up yet. nil: there is none, or `part` says that the search has only come so far.
    private func claim(_ share: UnsafeMutablePointer<ThreadShare>, _ thread: ThreadState) -> Pool? {
        let count = fields.pointee.suspectPoolCount
        let pools = fields.pointee.suspectPools.unsafelyUnwrapped
        let round = fields.pointee.statistics.collections
        if share.pointee.round != round {
            share.pointee.round = round
            share.pointee.part = 0
            share.pointee.cursor = 0
        }
        var looked = 0
        while share.pointee.part < 2 {
            while share.pointee.cursor < count {
                looked += 1
                if looked > 1000 { return nil }
                let pool = Pool(pools[share.pointee.cursor])
                share.pointee.cursor += 1
                if share.pointee.cursor + 8 < count { prefetch(Pool(pools[share.pointee.cursor + 8]).raw + 64) }
                let pinned = pool.fields.pointee.pinned.load(ordering: .relaxed)
                if pinned == Pinned.no || pinned == Pinned.claimed { continue }
                if share.pointee.part == 0 && pool.ownerSlot != thread.ownerSlot { continue }
                if pool.fields.pointee.pinned.compareExchange(expected: pinned, desired: Pinned.claimed, ordering: .relaxed).exchanged { return pool }  // K1
            }
            share.pointee.part += 1
            share.pointee.cursor = 0
        }
        return nil
    }

    private func breakPool(_ pool: Pool, _ thread: ThreadState) {
        guard hasWhite(pool) else { return }
        let capacity = Int(pool.fields.pointee.capacity)
        withUnsafeTemporaryAllocation(of: UnsafeMutableRawPointer.self, capacity: Marker.batchSize + Collector.fetchedReferents) { memory in
            let batch = memory.baseAddress.unsafelyUnwrapped
            var block = 0
            while block < capacity {
                var count = 0
                block = gather(pool, from: block, batch, &count)
                if count > 0 { breakBatch(batch, take(batch, count, thread), thread) }
            }
        }
    }
    /// Of a batch; the headers of the others come when they are needed.
    private static let fetchedReferents = 4 * TypeMemorySlots.gatheredAtMost

    /// Counts the condemned ones of a batch. Returns how many they are.
    private func take(_ batch: UnsafeMutablePointer<UnsafeMutableRawPointer>, _ count: Int, _ thread: ThreadState) -> Int {
        var taken = 0
        for index in 0..<count where take(ObjectRef(batch[index]), thread) {
            batch[taken] = batch[index]
            Collector.fetchBuffer(ObjectRef(batch[index]))
            taken += 1
        }
        return taken
    }

    /// Counts an object and takes its flag off, unless it is dead or another one by now.
    @inline(__always) private func take(_ object: ObjectRef, _ thread: ThreadState) -> Bool {
        var word = object.sharedWord.pointee.load(ordering: .relaxed)
        while true {
            if word & (SharedFlags.dead | SharedFlags.immortal) != 0 || word & SharedFlags.merged == 0 { return false }
            if SharedFlags.count(word) <= 0 && word & SharedFlags.deferred == 0 { return false }
            let (done, seen) = object.sharedWord.pointee.compareExchange(
                expected: word, desired: (word &+ SharedFlags.one) & ~SharedFlags.suspect,
                successOrdering: .acquiring, failureOrdering: .relaxed)  // R4
            if done { break }
            word = seen
        }
        guard Arena.colour(of: object.raw).pointee.load(ordering: .relaxed) == fields.pointee.white else {
            ReferenceCount.release(object, thread)
            return false
        }
        if word & SharedFlags.suspect != 0 { object.local.pointee = 0 }
        return true
    }

    private func breakBatch(_ batch: UnsafeMutablePointer<UnsafeMutableRawPointer>, _ count: Int, _ thread: ThreadState) {
        fetchReferents(batch, count)
        for index in 0..<count {
            let object = ObjectRef(batch[index])
            if _slowPath(fields.pointee.secondPass && object.flags & ObjectFlags.weaklyReferenced != 0) {
                CollectorRoots.clearWeakReferences?(thread.raw, object.raw, false)
            }
            Collector.drop(object, thread)
            if _slowPath(object.sharedWord.pointee.load(ordering: .relaxed) & SharedFlags.deferred != 0) {
                // Never freed by count: it ends here if the clearing left it without references.
                object.sharedWord.pointee.bitwiseAnd(~SharedFlags.deferred, ordering: .relaxed)
            }
        }
        for index in 0..<count { ReferenceCount.release(ObjectRef(batch[index]), thread) }
    }

    /// A condemned object gives up its references.
    @inline(__always) static func drop(_ object: ObjectRef, _ thread: ThreadState) {
        let slots = TypeMemorySlots.of(object)
        (slots.pointee.drop ?? slots.pointee.clear)?(thread.raw, object.raw)
    }

    /// The headers of what some condemned objects refer to: their counts are about to be lowered.
    private func fetchReferents(_ batch: UnsafeMutablePointer<UnsafeMutableRawPointer>, _ count: Int) {
        let edges = batch + Marker.batchSize
        let last = edges + (Collector.fetchedReferents - TypeMemorySlots.gatheredAtMost - 1)
        var end = edges
        for index in 0..<count {
            if let next = Collector.gather(ObjectRef(batch[index]), end) { end = next }
            if end > last { break }
        }
        var edge = edges
        while edge != end {
            prefetch(edge.pointee)
            edge += 1
        }
    }
}
