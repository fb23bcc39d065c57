// Death of an object, without recursion: a chain of ten million objects is freed in constant stack.
//
// Each thread counts how deep it is in nested deallocations; beyond a limit, dead objects wait on a list of the thread, which
// the outermost deallocation serves. A waiting object has count zero, so nobody finds it.
//
// Barrier  A container that dies before the collector has scanned it is scanned here (shading what it refers to): its
//          referents may live on in places that were scanned already.
public import StillPlatform
public import StillThreadRegistry
import Synchronization

@frozen public enum Deallocation {
    @inlinable public static var depthLimit: Int32 { 24 }

    @inlinable @inline(__always)
    public static func deallocate(_ object: ObjectRef, _ thread: ThreadState) {
        // Nothing that it refers to could die in turn, and the barrier has no use for it.
        if object.flags & ObjectFlags.bare != 0 { return Allocation.freeBare(object, thread) }
        let heap = ThreadHeap(thread).fields
        if _slowPath(heap.pointee.deallocationDepth >= depthLimit) {
            postpone(object, thread)
            return
        }
        heap.pointee.deallocationDepth &+= 1
        if _slowPath(thread.barrierActive != 0) { WriteBarrier.willDie(object, thread) }
        TypeMemorySlots.of(object).pointee.deallocate.unsafelyUnwrapped(thread.raw, object.raw)
        heap.pointee.deallocationDepth &-= 1
        if _slowPath(heap.pointee.pendingCount != 0) && heap.pointee.deallocationDepth == 0 && !FaultInjection.isActive(.leaveWaiting) {
            drain(thread)
        }
    }

    @usableFromInline @inline(never)
    static func postpone(_ object: ObjectRef, _ thread: ThreadState) {
        let heap = ThreadHeap(thread).fields
        if heap.pointee.pendingCount == heap.pointee.pendingCapacity {
            let capacity = max(256, heap.pointee.pendingCapacity * 2)
            guard let grown = rawReallocate(heap.pointee.pending.map(UnsafeMutableRawPointer.init), capacity * 8)
            else { return deallocateNow(object, thread) }  // no memory to wait in: deeper on the stack, then
            heap.pointee.pending = grown.assumingMemoryBound(to: UnsafeMutableRawPointer.self)
            heap.pointee.pendingCapacity = capacity
        }
        heap.pointee.pending![heap.pointee.pendingCount] = object.raw
        heap.pointee.pendingCount += 1
    }

    /// Frees what waits. Own thread.
    @usableFromInline @inline(never)
    static func drain(_ thread: ThreadState) {
        let heap = ThreadHeap(thread).fields
        while heap.pointee.pendingCount > 0 {
            heap.pointee.pendingCount -= 1
            deallocateNow(ObjectRef(heap.pointee.pending![heap.pointee.pendingCount]), thread)
        }
    }

    private static func deallocateNow(_ object: ObjectRef, _ thread: ThreadState) {
        let heap = ThreadHeap(thread).fields
        heap.pointee.deallocationDepth += 1
        if thread.barrierActive != 0 { WriteBarrier.willDie(object, thread) }
        TypeMemorySlots.of(object).pointee.deallocate.unsafelyUnwrapped(thread.raw, object.raw)
        heap.pointee.deallocationDepth -= 1
    }
}
