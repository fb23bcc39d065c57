// Frozen objects: alive by decree, and free of cost for the collector.
//
// State     A frozen object has a colour of its own, `Colour.frozen`: neither white nor grey, so it is never marked, never scanned, never a suspect,
//           in no collection. It is freed like any other when its count falls to zero.
// Roots     What only a frozen object refers to is not marked by that. It becomes a suspect, and is rescued: the frozen object's
//           reference is one from outside the suspects (Suspects.swift). The reference to its type is not counted; an object that changes
//           its class is thawed (`WriteBarrier.willChangeClass`), so that a frozen object's type is frozen too.
// Walk      Colours are changed in short pauses while no collection is in progress (`busy` is held, the phase is idle): then every object that is not
//           frozen has the birth colour. Births change colour first: what is born meanwhile stays an ordinary object, and what it refers to may be frozen.
// Pacing    Frozen objects count as alive.
public import StillObmalloc
import StillPlatform
public import StillThreadRegistry
import Synchronization

extension Collector {
    /// Freezes every collectable object that exists, after completing the collection in progress.
    ///
    /// - Returns: false when this thread is in the middle of a collection itself: in a finalizer, or a weak reference's callback.
    @discardableResult public func freeze(_ thread: ThreadState) -> Bool {
        whileIdle(thread) {
            let old = heap.fields.pointee.birthColour
            thread.withStoppedWorld(.introspection) { (world: borrowing StoppedWorld) in
                heap.fields.pointee.birthColour = Colour.other(old)
                setBarrier(world, BarrierMode.off)
            }
            fields.pointee.frozen += recolour(thread, from: old, to: Colour.frozen)
            HeapCounts.report(thread)
            fields.pointee.pacing.aliveObjects = max(fields.pointee.pacing.aliveObjects, heap.existingObjects)
        }
    }

    /// Makes all frozen objects ordinary again.
    @discardableResult public func unfreeze(_ thread: ThreadState) -> Bool {
        whileIdle(thread) {
            _ = recolour(thread, from: Colour.frozen, to: heap.fields.pointee.birthColour)
            fields.pointee.frozen = 0
        }
    }

    /// Whether any may be frozen.
    public var hasFrozen: Bool { fields.pointee.frozen != 0 }

    /// How many objects are frozen now.
    public func frozenCount(_ thread: ThreadState) -> Int {
        var count = 0
        if fields.pointee.frozen == 0 { return 0 }
        forEachPool(thread) { pool in
            for block in 0..<Int(pool.fields.pointee.capacity)
            where pool.colour(at: block).pointee.load(ordering: .relaxed) == Colour.frozen { count += 1 }
        }
        return count
    }

    /// Completes the collection in progress and runs `body` before the next can begin. A thread that is told of a collection's start or end
    /// (`CollectorRoots.notify`) is between two of them.
    private func whileIdle(_ thread: ThreadState, _ body: () -> Void) -> Bool {
        if isInside(thread) { return false }
        if fields.pointee.busyThread.load(ordering: .relaxed) == UInt(bitPattern: thread.raw) {
            if phase != .idle { return false }
            body()
            return true
        }
        while !take(thread) {
            thread.safepoint()
            OSThread.yield()
        }
        defer { give() }
        while phase != .idle {
            step(thread)
            thread.safepoint()
        }
        body()
        return true
    }

    /// - Returns: how many were changed.
    private func recolour(_ thread: ThreadState, from old: UInt8, to new: UInt8) -> Int {
        var count = 0
        forEachPool(thread) { pool in
            for block in 0..<Int(pool.fields.pointee.capacity)
            where pool.colour(at: block).pointee.load(ordering: .relaxed) == old {
                pool.colour(at: block).pointee.store(new, ordering: .relaxed)
                count += 1
            }
        }
        return count
    }

    /// All pools of collectable objects, some in each pause.
    private func forEachPool(_ thread: ThreadState, _ body: (Pool) -> Void) {
        var index = 0
        var more = true
        while more {
            thread.withStoppedWorld(.introspection) { (_: borrowing StoppedWorld) in
                let end = min(index + Collector.poolsPerPause, heap.poolCount)
                while index < end {
                    let pool = heap.pool(at: index)
                    if pool.fields.pointee.kind.load(ordering: .relaxed) == UInt8(PoolKind.collectable) { body(pool) }
                    index += 1
                }
                more = index < heap.poolCount
            }
            thread.safepoint()
        }
    }
    /// About 100,000 colours.
    private static let poolsPerPause = 256
}
