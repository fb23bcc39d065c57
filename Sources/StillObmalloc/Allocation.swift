// Allocating and freeing objects and buffers.
public import StillPlatform
public import StillThreadRegistry
public import Synchronization

@frozen public enum Allocation {
    /// A new object of `type` with one reference, owned by the thread; everything behind the header is zero.
    ///
    /// - Parameters:
    ///   - bytes: header included, at most 512.
    ///   - zeroed: false for what is not collectable, and is filled at once.
    ///   - bare: it is not collectable and its type's `deallocate` would do nothing but free it.
    /// - Returns: nil when the system has no more memory.
    /// - Threads: attached. Never a safepoint; may set the collect request.
    @inlinable @inline(__always)
    public static func object(
        _ thread: ThreadState, type: UnsafeMutableRawPointer, bytes: Int, collectable: Bool, zeroed: Bool = true, bare: Bool = false
    ) -> ObjectRef? {
        let heap = ThreadHeap(thread)
        guard
            let block = heap.allocateBlock(
                // No two objects share a colour byte.
                bytes: collectable ? max(bytes, Arena.colourGranule) : bytes, kind: collectable ? PoolKind.collectable : PoolKind.plain,
                owner: thread.ownerSlot)
        else { return nil }
        let object = ObjectRef(block)
        object.typeRaw = type
        // local = 1, owner, lock = 0, flags: one store; strangers with a stale address read the owner.
        let word =
            UInt64(1) | UInt64(thread.ownerSlot) << 32
            | (collectable ? UInt64(ObjectFlags.collectable) << 56 : 0) | (bare ? UInt64(ObjectFlags.bare) << 56 : 0)
        object.atomicWord(ObjectLayout.localOffset).pointee.store(word, ordering: .relaxed)
        if zeroed {
            var offset = ObjectLayout.headerBytes
            while offset < bytes {
                (block + offset).storeBytes(of: 0, as: UInt64.self)
                offset &+= 8
            }
        }
        object.sharedWord.pointee.store(0, ordering: .releasing)  // no longer dead
        if collectable {
            Arena.colour(of: block).pointee.store(
                heap.fields.pointee.birthColour, ordering: .relaxed)
            let place = heap.fields.pointee.birthNext.unsafelyUnwrapped
            place.pointee = block
            heap.fields.pointee.birthNext = place + 1
            if _slowPath(place + 1 == heap.fields.pointee.birthLimit.unsafelyUnwrapped) { HeapCounts.reportAndAsk(thread) }
        }
        return object
    }

    /// Gives an object's block back. Its references are gone, nobody refers to it.
    @inlinable @inline(__always)
    public static func free(_ object: ObjectRef, _ thread: ThreadState) {
        if BuildOptions.checksInvariants { BlockChecks.comesBack(object.raw, bytes: nil, thread) }
        if object.isCollectable {
            Arena.colour(of: object.raw).pointee.store(Colour.free, ordering: .relaxed)
            let heap = ThreadHeap(thread).fields
            heap.pointee.deaths &+= 1
            if _slowPath(heap.pointee.deaths >= HeapCounts.deathsLimit) { HeapCounts.report(thread) }
        }
        object.ownerWord.pointee.store(0, ordering: .relaxed)
        object.sharedWord.pointee.store(SharedFlags.dead, ordering: .releasing)
        ThreadHeap(thread).freeBlock(object.raw, owner: thread.ownerSlot)
    }

    /// The same for a bare object.
    @inlinable @inline(__always)
    static func freeBare(_ object: ObjectRef, _ thread: ThreadState) {
        if BuildOptions.checksInvariants { BlockChecks.comesBack(object.raw, bytes: nil, thread) }
        object.ownerWord.pointee.store(0, ordering: .relaxed)
        object.sharedWord.pointee.store(SharedFlags.dead, ordering: .releasing)
        ThreadHeap(thread).freeBlock(object.raw, owner: thread.ownerSlot)
    }

    // MARK: Buffers

    /// Raw memory for an object's items. Not initialised. nil: no memory.
    @inlinable @inline(__always) public static func buffer(_ thread: ThreadState, bytes: Int) -> UnsafeMutableRawPointer? {
        if bytes <= SizeClass.largestBytes {
            return ThreadHeap(thread).allocateBlock(
                bytes: max(bytes, 1), kind: PoolKind.buffer, owner: thread.ownerSlot)
        }
        return largerBuffer(thread, bytes)
    }

    @usableFromInline static func largerBuffer(_ thread: ThreadState, _ bytes: Int) -> UnsafeMutableRawPointer? {
        let own = ThreadHeap(thread).fields
        own.pointee.bufferBytes &+= bytes
        if own.pointee.bufferBytes >= HeapCounts.byteLimit { HeapCounts.reportAndAsk(thread) }
        if bytes > MediumClass.largestBytes {
            let heap = InterpreterHeap(of: thread)
            if let hooks = heap.hooks, hooks.mem.isHooked { return ThreadHeap(thread).allocateBigHooked(bytes, hooks) }
            return heap.allocateBig(bytes)
        }
        let list = ThreadHeap.list(kind: PoolKind.medium, classIndex: MediumClass.index(bytes: bytes))
        return ThreadHeap(thread).allocateBlock(list: list, owner: thread.ownerSlot, bytes: bytes)
    }

    /// Frees a buffer that no other thread can be reading. `bytes` as allocated.
    @inlinable @inline(__always)
    public static func freeBuffer(_ thread: ThreadState, _ buffer: UnsafeMutableRawPointer, bytes: Int) {
        if bytes <= SizeClass.largestBytes {
            if BuildOptions.checksInvariants { BlockChecks.comesBack(buffer, bytes: bytes, thread) }
            ThreadHeap(thread).freeBlock(buffer, owner: thread.ownerSlot)
        } else {
            freeLargerBuffer(thread, buffer, bytes)
        }
    }

    @usableFromInline static func freeLargerBuffer(_ thread: ThreadState, _ buffer: UnsafeMutableRawPointer, _ bytes: Int) {
        let own = ThreadHeap(thread).fields
        own.pointee.bufferBytes &-= bytes
        own.pointee.bufferBytesFreed &+= bytes
        if own.pointee.bufferBytes <= -HeapCounts.byteLimit { HeapCounts.report(thread) }
        if bytes > MediumClass.largestBytes {
            let heap = InterpreterHeap(of: thread)
            if let hooks = heap.hooks, hooks.mem.isHooked { return ThreadHeap(thread).freeBigHooked(buffer, bytes, hooks) }
            return heap.freeBig(buffer, bytes: bytes)
        }
        if BuildOptions.checksInvariants { BlockChecks.comesBack(buffer, bytes: bytes, thread) }
        ThreadHeap(thread).freeSlowly(buffer, Pool.containingMedium(buffer), owner: thread.ownerSlot)
    }

    /// Frees a buffer that lock-free readers may still hold: after a grace period.
    @inlinable public static func retireBuffer(_ thread: ThreadState, _ buffer: UnsafeMutableRawPointer, bytes: Int) {
        thread.retire(buffer, bytes: bytes)
    }

    /// The same, or at once if the thread is alone. For buffers that the thread itself does not read on after it has run Python code.
    @inlinable public static func giveUpBuffer(_ thread: ThreadState, _ buffer: UnsafeMutableRawPointer, bytes: Int) {
        if thread.isAlone { freeBuffer(thread, buffer, bytes: bytes) } else { thread.retire(buffer, bytes: bytes) }
    }
}
