// What a mutator must do for the collector, and the colours it does it with.
//
// Colours   One byte per block: free, white, grey, black (Pool.swift). Births are black. A byte, written whole: a
//           shade by a stranger is never lost in somebody's read-modify-write.
// Grey      A grey object is a grey byte in a pool that is on the interpreter's list of grey pools (flag greyListed). No object
//           pointer is kept anywhere between slices.
// Barrier   While `thread.barrierActive` is set (it changes only in pauses):
//           - before a slot's old value is overwritten or moved out, the old value is shaded, while still held;
//           - an unscanned container that dies is scanned first, its class too;
//           - a deferred object that is stored uncounted is shaded, whoever holds it;
//           - in the suspect phases the container is shaded too, and so is a suspect whose count rises.
//           White objects that are shaded become grey; others are left alone.
// Ordering  (W1) colour bytes are relaxed: they are read by the collector in pauses, which order them. (W2) a pool is
//           pushed on the grey list with release and taken with acquire.
import StillPlatform
public import StillThreadRegistry
public import Synchronization

/// Values of `ThreadState.barrierActive`.
@frozen public enum BarrierMode {
    @inlinable public static var off: UInt8 { 0 }
    @inlinable public static var marking: UInt8 { 1 }
    @inlinable public static var suspects: UInt8 { 2 }
}

@frozen public enum WriteBarrier {
    /// Before a slot of `container` that holds `old` is overwritten, or its reference moved out.
    @inlinable @inline(__always)
    public static func willOverwrite(_ container: ObjectRef, old: ObjectRef, _ thread: ThreadState) {
        if _slowPath(thread.barrierActive != 0) { shadeForStore(container, old, thread) }
    }

    /// Before a reference is stored into a slot of `container` that held none.
    @inlinable @inline(__always)
    public static func willStore(_ container: ObjectRef, _ thread: ThreadState) {
        if _slowPath(thread.barrierActive == BarrierMode.suspects) { shade(container, thread) }
    }

    @usableFromInline @inline(never)
    static func shadeForStore(_ container: ObjectRef, _ old: ObjectRef, _ thread: ThreadState) {
        if FaultInjection.isActive(.dropDeletionBarrier) { return }
        shade(old, thread)
        if thread.barrierActive == BarrierMode.suspects { shade(container, thread) }
    }

    /// White becomes grey. W1
    @inlinable @inline(never)
    public static func shade(_ object: ObjectRef, _ thread: ThreadState) {
        guard object.isCollectable else { return }
        let pool = Pool.containing(object.raw)
        let colour = Arena.colour(of: object.raw)
        if colour.pointee.load(ordering: .relaxed) == ThreadHeap(thread).fields.pointee.whiteColour {
            colour.pointee.store(Colour.grey, ordering: .relaxed)
            listGrey(pool)
        }
    }

    /// Puts the pool on its interpreter's grey list. W2
    @inlinable public static func listGrey(_ pool: Pool) {
        guard pool.fields.pointee.greyListed.exchange(1, ordering: .acquiringAndReleasing) == 0 else { return }
        let heap = InterpreterHeap(pool.fields.pointee.interpreterHeap.unsafelyUnwrapped)
        var head = heap.greyPools.pointee.load(ordering: .relaxed)
        while true {
            pool.fields.pointee.nextGrey.store(head, ordering: .relaxed)
            let (done, seen) = heap.greyPools.pointee.compareExchange(
                expected: head, desired: UInt(bitPattern: pool.raw),
                successOrdering: .releasing, failureOrdering: .relaxed)
            if done { return }
            head = seen
        }
    }

    /// A container dies while the barrier is on: unless it was scanned, what it refers to is shaded.
    @usableFromInline @inline(never)
    static func willDie(_ object: ObjectRef, _ thread: ThreadState) {
        guard object.isCollectable else { return }
        let colour = Arena.colour(of: object.raw).pointee.load(ordering: .relaxed)
        let scanned = colour != ThreadHeap(thread).fields.pointee.whiteColour && colour != Colour.grey
        if scanned && object.flags & ObjectFlags.partlyScanned == 0 { return }
        shadeReferents(object, thread)
    }

    /// Before the collector makes an object that nothing refers to give up its references, while a collection of the whole heap is in progress: to that
    /// one it is as if the program had done it.
    @inlinable @inline(__always)
    public static func willBreak(_ object: ObjectRef, _ thread: ThreadState) {
        if _slowPath(thread.barrierActive != 0) { shadeBroken(object, thread) }
    }

    @usableFromInline @inline(never)
    static func shadeBroken(_ object: ObjectRef, _ thread: ThreadState) {
        if thread.barrierActive == BarrierMode.marking { return willDie(object, thread) }
        shade(object, thread)
        shadeReferents(object, thread)
    }

    /// Shades all that the object refers to: for containers about to move their items.
    public static func shadeReferents(_ object: ObjectRef, _ thread: ThreadState) {
        if FaultInjection.isActive(.dropDeletionBarrier) { return }
        shade(ObjectRef(object.typeRaw), thread)
        guard let traverse = TypeMemorySlots.of(object).pointee.traverse else { return }
        var visitor = TraceVisitor(
            visit: { visitor, referent, _ in
                WriteBarrier.shade(ObjectRef(referent), ThreadState(visitor.trace.pointee.context))
            }, context: thread.raw)
        traverse(object.raw, &visitor)
    }

    /// In a pause, before the object's class changes: references to classes are not counted. A frozen object's class must be frozen, so an object
    /// whose class changes is frozen no longer, as if it was born now. Nor will it be, if a walk that freezes has not come to it yet: what such a walk
    /// still has before it has the other colour, which outside of collections nothing else has.
    public static func willChangeClass(_ object: ObjectRef, to newType: ObjectRef, _ thread: ThreadState) {
        if thread.barrierActive != 0 {
            shade(ObjectRef(object.typeRaw), thread)
            shade(newType, thread)
        }
        guard object.isCollectable, !FaultInjection.isActive(.keepFrozen) else { return }
        let colour = Arena.colour(of: object.raw)
        let (old, birth) = (colour.pointee.load(ordering: .relaxed), ThreadHeap(thread).fields.pointee.birthColour)
        let willFreeze = thread.barrierActive == 0 && old == Colour.other(birth)
        guard old == Colour.frozen || willFreeze else { return }
        colour.pointee.store(birth, ordering: .relaxed)
    }

    /// Before a container shifts its items to other indices. O(items) while marking if it is not scanned yet.
    @inlinable @inline(__always)
    public static func willShiftItems(_ container: ObjectRef, _ thread: ThreadState) {
        if _slowPath(thread.barrierActive != 0) { shift(container, thread) }
    }

    @usableFromInline @inline(never)
    static func shift(_ container: ObjectRef, _ thread: ThreadState) {
        willDie(container, thread)  // the same: what an unscanned container refers to is shaded
        if thread.barrierActive == BarrierMode.suspects { shade(container, thread) }
    }
}
