// After the verdict, with the world running and in the thread that collects: weak references, finalizers, and the end of the
// condemned objects. Nobody else can reach them, so their pools can be read without a pause; they are pinned.
//
// Order     1. flags are taken off
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

@usableFromInline enum FinalizingPart: Sendable { case unflagging, weakReferences, finalizers }

extension Collector {
    /// In the verdict's pause.
    func beginFinalizing() {
        fields.pointee.weaklyReferencedFound = false
        fields.pointee.finalizersFound = false
        fields.pointee.finalizingPart = .unflagging
        enter(.finalizing)
    }

    private var deadline: UInt64 {
        Clock.monotonicNanoseconds() + fields.pointee.budgetNanoseconds.load(ordering: .relaxed)
    }

    /// One step of the finalizing phase.
    func finalize(_ thread: ThreadState) {
        switch fields.pointee.finalizingPart {
        case .unflagging:
            guard walkSuspects(deadline, unflagAndLook) else { return }
            begin(.weakReferences)
        case .weakReferences:
            if fields.pointee.weaklyReferencedFound {
                let done = forEachCondemned(thread, where: { $0.flags & ObjectFlags.weaklyReferenced != 0 }) { object in
                    CollectorRoots.clearWeakReferences?(thread.raw, object.raw, true)
                }
                guard done else { return }
            }
            fields.pointee.doomed.store(0, ordering: .releasing)
            guard fields.pointee.finalizersFound else { return enter(.breaking) }
            // Finalizers may store references without counting them: from here on these are told.
            thread.withStoppedWorld(.collectSlice) { (world: borrowing StoppedWorld) in setBarrier(world, BarrierMode.suspects) }
            begin(.finalizers)
        case .finalizers:
            let done = forEachCondemned(thread, where: Collector.wantsFinalizer) { object in
                CollectorRoots.finalize?(thread.raw, object.raw)
                fields.pointee.statistics.finalized += 1
            }
            guard done else { return }
            // Finalizers may have stored references anywhere: examine the suspects once more.
            fields.pointee.secondPass = true
            thread.withStoppedWorld(.collectSlice) { (world: borrowing StoppedWorld) in beginFlagging(world) }
        }
    }

    private func begin(_ part: FinalizingPart) {
        fields.pointee.finalizingPart = part
        enter(.finalizing)
    }

    private static func wantsFinalizer(_ object: ObjectRef) -> Bool {
        object.flags & ObjectFlags.finalized == 0 && TypeMemorySlots.of(object).pointee.finalize != nil
    }

    private func unflagAndLook(_ object: ObjectRef, _ item: Int) -> Int {
        unflag(object)
        fields.pointee.condemned += 1
        if object.flags & ObjectFlags.weaklyReferenced != 0 { fields.pointee.weaklyReferencedFound = true }
        if Collector.wantsFinalizer(object) { fields.pointee.finalizersFound = true }
        return 0
    }

    /// Calls `body` for white objects of the remembered pools from the cursors on, with a count taken around the call. True: for all.
    private func forEachCondemned(
        _ thread: ThreadState, where wanted: (ObjectRef) -> Bool, _ body: (ObjectRef) -> Void
    ) -> Bool {
        walkSuspects(deadline) { object, _ in
            if wanted(object) {
                object.sharedWord.pointee.wrappingAdd(SharedFlags.one, ordering: .relaxed)
                body(object)
                ReferenceCount.release(object, thread)
            }
            return 0
        }
    }

    /// Breaks some condemned objects.
    func breakCycles(_ thread: ThreadState) {
        if CollectorDebug.isWanted(self) { return reportCondemned(thread) }
        let own = ThreadHeap(thread).fields
        let freedBefore = own.pointee.bufferBytesFreed
        defer { fields.pointee.bufferBytesFreed += own.pointee.bufferBytesFreed - freedBefore }
        let done = walkSuspects(deadline, fetching: .referents) { object, _ in
            let word = object.sharedWord.pointee.load(ordering: .relaxed)
            unflag(object)
            object.sharedWord.pointee.wrappingAdd(SharedFlags.one, ordering: .relaxed)
            if fields.pointee.secondPass && object.flags & ObjectFlags.weaklyReferenced != 0 {
                CollectorRoots.clearWeakReferences?(thread.raw, object.raw, false)
            }
            TypeMemorySlots.of(object).pointee.clear?(thread.raw, object.raw)
            if word & SharedFlags.deferred != 0 {
                // Never freed by count: it ends here if the clearing left it without references.
                object.sharedWord.pointee.bitwiseAnd(~SharedFlags.deferred, ordering: .relaxed)
            }
            ReferenceCount.release(object, thread)
            return 0
        }
        if done { enter(.settling) }
    }

    /// Lets some pools go; ends the collection when none is left.
    func settle(_ thread: ThreadState) {
        let deadline = self.deadline
        while fields.pointee.cursor < fields.pointee.suspectPoolCount {
            if Clock.monotonicNanoseconds() >= deadline { return }
            let pool = Pool(fields.pointee.suspectPools![fields.pointee.cursor])
            for block in 0..<Int(pool.fields.pointee.capacity)
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
                reached: fields.pointee.reached + fields.pointee.frozen, collected: collected, freed: fields.pointee.bufferBytesFreed, bytes: heap.existingBufferBytes)
            fields.pointee.statistics.live = heap.existingObjects
            fields.pointee.statistics.collections += 1
            world.forEachThread { other in
                ThreadHeap(other).fields.pointee.trimWanted = 1
                other.request(RequestBits.collect)
            }
            enter(.idle)
        }
        if fields.pointee.bucketPeak > Collector.bucketsKept {
            VirtualMemory.decommit(UnsafeMutableRawPointer(fields.pointee.buckets.places), bytes: MarkBuckets.bytes)
        }
        fields.pointee.bucketPeak = 0
        // `step` tells who wants to know.
    }

    /// Whether a verdict has condemned the object: weak references to it answer None.
    public static func isDoomed(_ object: ObjectRef, _ heapRaw: UnsafeMutableRawPointer) -> Bool {
        guard object.isCollectable, let raw = InterpreterHeap(heapRaw).fields.pointee.collector else { return false }
        let fields = Collector(raw).fields
        guard fields.pointee.doomed.load(ordering: .acquiring) != 0 else { return false }
        return Arena.colour(of: object.raw).pointee.load(ordering: .relaxed) == fields.pointee.white
    }
}
