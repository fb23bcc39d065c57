// After the verdict, with the world running and in the thread that collects: weak references, finalizers, and the end of the
// condemned objects. Nobody else can reach them, so their pools can be read without a pause; they are pinned.
//
// Order     1. weak references to all condemned objects are cleared, callbacks of weak references that live are run
//           2. flags are taken off, every finalizer runs once; then the suspects are examined again (resurrection)
//           3. what is condemned for good: new weak references cleared without callbacks, references given up, in chunks
public import StillObmalloc
import StillPlatform
import StillThreadRegistry
import Synchronization

extension Collector {
    /// Calls `body` for every white object of the remembered pools, with a count taken around the call.
    private func forEachCondemned(_ thread: ThreadState, where wanted: (ObjectRef) -> Bool, _ body: (ObjectRef) -> Void) {
        for index in 0..<fields.pointee.suspectPoolCount {
            let pool = Pool(fields.pointee.suspectPools![index])
            for block in 0..<Int(pool.fields.pointee.capacity)
            where pool.colours[block].load(ordering: .relaxed) == fields.pointee.white {
                let object = ObjectRef(pool.block(at: block))
                guard wanted(object) else { continue }
                object.sharedWord.pointee.wrappingAdd(SharedFlags.one, ordering: .relaxed)
                body(object)
                ReferenceCount.release(object, thread)
            }
        }
    }

    func finalize(_ thread: ThreadState) {
        var work = false
        for index in 0..<fields.pointee.suspectPoolCount {
            let pool = Pool(fields.pointee.suspectPools![index])
            for block in 0..<Int(pool.fields.pointee.capacity)
            where pool.colours[block].load(ordering: .relaxed) == fields.pointee.white {
                let object = ObjectRef(pool.block(at: block))
                unflag(object)
                let flags = object.flags
                if flags & ObjectFlags.weaklyReferenced != 0
                    || (flags & ObjectFlags.finalized == 0 && TypeMemorySlots.of(object).pointee.finalize != nil)
                {
                    work = true
                }
            }
        }
        if !work {
            enter(.breaking)
            return
        }
        forEachCondemned(thread, where: { $0.flags & ObjectFlags.weaklyReferenced != 0 }) { object in
            CollectorRoots.clearWeakReferences?(thread.raw, object.raw, true)
        }
        fields.pointee.doomed.store(0, ordering: .releasing)
        var ran = 0
        forEachCondemned(
            thread,
            where: { $0.flags & ObjectFlags.finalized == 0 && TypeMemorySlots.of($0).pointee.finalize != nil }
        ) { object in
            CollectorRoots.finalize?(thread.raw, object.raw)
            ran += 1
        }
        fields.pointee.statistics.finalized += ran
        if ran == 0 {
            enter(.breaking)
            return
        }
        // Finalizers may have stored references anywhere: examine the suspects once more.
        fields.pointee.secondPass = true
        thread.withStoppedWorld(.collectSlice) { (world: borrowing StoppedWorld) in beginFlagging(world) }
    }

    /// Breaks some condemned objects; ends the collection when none is left.
    func breakCycles(_ thread: ThreadState) {
        let deadline = Clock.monotonicNanoseconds() + fields.pointee.budgetNanoseconds.load(ordering: .relaxed)
        var work = 0
        while fields.pointee.cursor < fields.pointee.suspectPoolCount {
            let pool = Pool(fields.pointee.suspectPools![fields.pointee.cursor])
            while fields.pointee.blockCursor < Int(pool.fields.pointee.capacity) {
                work += 1
                if work & 31 == 0 && Clock.monotonicNanoseconds() >= deadline { return }
                let index = fields.pointee.blockCursor
                fields.pointee.blockCursor += 1
                guard pool.colours[index].load(ordering: .relaxed) == fields.pointee.white else { continue }
                let object = ObjectRef(pool.block(at: index))
                let word = object.sharedWord.pointee.load(ordering: .relaxed)
                unflag(object)
                object.sharedWord.pointee.wrappingAdd(SharedFlags.one, ordering: .relaxed)
                if fields.pointee.secondPass && object.flags & ObjectFlags.weaklyReferenced != 0 {
                    CollectorRoots.clearWeakReferences?(thread.raw, object.raw, false)
                }
                TypeMemorySlots.of(object).pointee.clear?(thread.raw, object.raw)
                fields.pointee.statistics.collected += 1
                if word & SharedFlags.deferred != 0 {
                    // Never freed by count: it ends here if the clearing left it without references.
                    object.sharedWord.pointee.bitwiseAnd(~SharedFlags.deferred, ordering: .relaxed)
                }
                ReferenceCount.release(object, thread)
            }
            fields.pointee.blockCursor = 0
            fields.pointee.cursor += 1
        }
        let collected = fields.pointee.statistics.collected - fields.pointee.collectedNow
        thread.withStoppedWorld(.collectVerdict) { (world: borrowing StoppedWorld) in
            // What could not be broken is alive as far as the next collection is concerned.
            for index in 0..<fields.pointee.suspectPoolCount {
                let pool = Pool(fields.pointee.suspectPools![index])
                for block in 0..<Int(pool.fields.pointee.capacity)
                where pool.colours[block].load(ordering: .relaxed) == fields.pointee.white {
                    pool.colours[block].store(fields.pointee.black, ordering: .relaxed)
                }
            }
            endCycle(world)
        }
        CollectorRoots.notify?(thread.raw, false, collected, 0)
    }

    /// Whether a verdict has condemned the object: weak references to it answer None.
    public static func isDoomed(_ object: ObjectRef, _ heapRaw: UnsafeMutableRawPointer) -> Bool {
        guard object.isCollectable, let raw = InterpreterHeap(heapRaw).fields.pointee.collector else { return false }
        let fields = Collector(raw).fields
        guard fields.pointee.doomed.load(ordering: .acquiring) != 0 else { return false }
        return Pool.containing(object.raw).colour(of: object.raw).pointee.load(ordering: .relaxed) == fields.pointee.white
    }
}
