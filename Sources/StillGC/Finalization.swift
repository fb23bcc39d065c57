// After the verdict, with the world running: weak references and finalizers, in the thread that collects, and the end of the collection. Nobody else can
// reach the condemned objects, so their pools can be read without a pause; they are pinned. How they are broken up: Breaking.swift.
//
// Order     1. they are counted; flags are taken off if finalizers will look at them
//           2. weak references to all condemned objects are cleared, callbacks of weak references that live are run
//           3. every finalizer runs once; then the suspects are examined again (resurrection)
//           4. what is condemned for good: new weak references cleared without callbacks, references given up
//           5. what could not be broken is coloured alive, and the pools are unpinned
//           Each in steps of the time budget.
// Ordering  (F1) unpinning a pool releases the collector's last look at it to the owner's acquiring look before it gives the pool back.
public import StillObmalloc
import StillPlatform
import StillThreadRegistry
import Synchronization

@usableFromInline enum FinalizingPart: Sendable { case counting, unflagging, weakReferences, finalizers }

extension Collector {
    var deadline: UInt64 {
        Clock.monotonicNanoseconds() + fields.pointee.budgetNanoseconds.load(ordering: .relaxed)
    }

    /// One step of the finalizing phase.
    func finalize(_ thread: ThreadState) {
        switch fields.pointee.finalizingPart {
        case .counting:
            guard countCondemned(deadline) else { return }
            let unflags = fields.pointee.finalizersFound || CollectorDebug.isWanted(self)
            begin(unflags ? .unflagging : .weakReferences)
        case .unflagging:
            let done = walkSuspects(deadline) { object, _ in
                unflag(object)
                return 0
            }
            if done { begin(.weakReferences) }
        case .weakReferences:
            if fields.pointee.weaklyReferencedFound {
                let done = forEachCondemned(
                    thread, least: Pinned.weaklyReferenced, where: { $0.flags & ObjectFlags.weaklyReferenced != 0 }
                ) { object in
                    CollectorRoots.clearWeakReferences?(thread.raw, object.raw, true)
                }
                guard done else { return }
            }
            guard fields.pointee.finalizersFound else { return beginBreaking() }
            fields.pointee.doomed.store(0, ordering: .releasing)
            // Finalizers may store references without counting them: from here on these are told.
            thread.withStoppedWorld(.collectSlice) { (world: borrowing StoppedWorld) in
                heap.fields.pointee.whiteColour = fields.pointee.white
                setBarrier(world, BarrierMode.suspects)
            }
            begin(.finalizers)
        case .finalizers:
            let done = forEachCondemned(thread, least: Pinned.yes, where: Collector.wantsFinalizer) { object in
                CollectorRoots.finalize?(thread.raw, object.raw)
                fields.pointee.statistics.finalized += 1
            }
            guard done else { return }
            // Finalizers may have stored references anywhere: examine the suspects once more.
            fields.pointee.secondPass = true
            thread.withStoppedWorld(.collectSlice) { (world: borrowing StoppedWorld) in beginFlagging(world) }
        }
    }

    /// What is condemned gives up its references without locks: from here on nobody may come by it, but for the hook that it may have to be shown to first.
    /// Who asks for that only now has to wait for the next collection.
    func beginBreaking() {
        if !CollectorDebug.isWanted(self) { fields.pointee.condemnedShown.store(1, ordering: .relaxed) }
        fields.pointee.doomed.store(1, ordering: .releasing)
        enter(.breaking)
    }

    func begin(_ part: FinalizingPart) {
        fields.pointee.finalizingPart = part
        enter(.finalizing)
    }

    /// How many objects the verdict has condemned; nobody can reach them yet.
    private func countCondemned(_ deadline: UInt64) -> Bool {
        while fields.pointee.cursor < fields.pointee.suspectPoolCount {
            if fields.pointee.cursor & 31 == 31 && Clock.monotonicNanoseconds() >= deadline { return false }
            fields.pointee.condemned += countWhite(Pool(fields.pointee.suspectPools![fields.pointee.cursor]))
            fields.pointee.cursor += 1
        }
        return true
    }

    /// Calls `body` for white objects of the remembered pools from the cursors on, with a count taken around the call. True: for all.
    private func forEachCondemned(
        _ thread: ThreadState, least: UInt8, where wanted: (ObjectRef) -> Bool, _ body: (ObjectRef) -> Void
    ) -> Bool {
        walkSuspects(deadline, least: least) { object, _ in
            if wanted(object) {
                object.sharedWord.pointee.wrappingAdd(SharedFlags.one, ordering: .relaxed)
                body(object)
                ReferenceCount.release(object, thread)
            }
            return 0
        }
    }

    /// Lets some pools go; ends the collection when none is left.
    func settle(_ thread: ThreadState) {
        let deadline = self.deadline
        while fields.pointee.cursor < fields.pointee.suspectPoolCount {
            if Clock.monotonicNanoseconds() >= deadline { return }
            let pool = Pool(fields.pointee.suspectPools![fields.pointee.cursor])
            for block in 0..<(hasWhite(pool) ? Int(pool.fields.pointee.capacity) : 0)
            where pool.colour(at: block).pointee.load(ordering: .relaxed) == fields.pointee.white {
                // Alive as far as the next collection is concerned, unless its owner has just freed it.
                _ = pool.colour(at: block).pointee.compareExchange(
                    expected: fields.pointee.white, desired: fields.pointee.black, ordering: .relaxed)
            }
            pool.fields.pointee.pinned.store(0, ordering: .releasing)  // F1
            fields.pointee.cursor += 1
        }
        fields.pointee.statistics.collected += fields.pointee.condemned
        let collected = fields.pointee.statistics.collected - fields.pointee.collectedBefore
        HeapCounts.report(thread)
        thread.withStoppedWorld(.collectVerdict) { (world: borrowing StoppedWorld) in
            fields.pointee.suspectPoolCount = 0
            fields.pointee.doomed.store(0, ordering: .releasing)
            fields.pointee.pacing.end(
                reached: fields.pointee.reached + fields.pointee.frozen, collected: collected, spent: fields.pointee.spentNanoseconds.load(ordering: .relaxed),
                freed: fields.pointee.bufferBytesFreed.load(ordering: .relaxed), objects: heap.existingObjects, bytes: heap.existingBufferBytes,
                at: Clock.monotonicNanoseconds())
            fields.pointee.statistics.live = heap.existingObjects
            fields.pointee.statistics.collections += 1
            world.forEachThread { other in
                ThreadHeap(other).fields.pointee.trimWanted = 1
                other.request(RequestBits.collect)
            }
            enter(.idle)
        }
        for number in 0..<Marker.most { marker(number).trim(reached: fields.pointee.reached) }
        // `step` tells who wants to know.
    }

    /// Whether a verdict has condemned the object: weak references to it answer None.
    public static func isDoomed(_ object: ObjectRef, _ heapRaw: UnsafeMutableRawPointer) -> Bool {
        guard object.isCollectable, let raw = InterpreterHeap(heapRaw).fields.pointee.collector else { return false }
        if object.sharedWord.pointee.load(ordering: .relaxed) & SharedFlags.condemned != 0 { return true }
        let fields = Collector(raw).fields
        guard fields.pointee.doomed.load(ordering: .acquiring) != 0 else { return false }
        return Arena.colour(of: object.raw).pointee.load(ordering: .relaxed) == fields.pointee.white
    }
}
