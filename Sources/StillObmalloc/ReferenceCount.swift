// Biased reference counts: who may change which half of the count, and when an object dies.
//
// Halves    `local` is changed by the owner with plain arithmetic; `shared` by everybody else, atomically. The number of
//           references is their sum. A stranger that would lower an unmerged count of zero
//           gives its reference to the owner's merge queue instead (flag queued), and later strangers go below
//           zero, covered by the queue's reference, which the sum still counts.
// Merging   (by the owner at a safepoint, by a stranger while the owner is held suspended or its slot is vacant, or by the
//           collector in a pause): owner = 0, local moves into shared, flag merged. From then on shared is all.
// Overflow  When `local` wraps, half of it moves into `shared`. When `shared` saturates the object becomes immortal; it has room beyond for
//           every thread to raise it once more.
// Death     owner lowers local to 0 and shared == 0: nobody else ever saw the object, it dies without an atomic
//           read-modify-write. Otherwise the owner merges. Merged and zero: whoever lowered it to zero frees it.
//           Deferred and immortal objects never die by count.
// Readers   `tryRetain` on a pointer just loaded from a shared slot: a compare-and-swap that refuses dead words, merged
//           zeros, and objects without the shared flag (their owner may free them without looking). The caller then takes
//           the container's lock, where the container's own reference keeps the object alive, and `retainAndShare`.
//           After success the caller checks that the slot still holds the pointer; if not, it gives the count back.
// Ordering  (R1) `owner` is compared with the reader's own slot only: a thread's own writes are in order, any other value
//           leads to the atomic path, whatever it is.
//           (R2) lowering a count releases, the death that follows acquires: all uses happen before the free.
//           (R3) raising a count is relaxed: the raiser already has a reference or re-checks its source.
//           The owner word is cleared before merged is set, and a stranger reads it before it sets queued (releasing): what it read was the
//           owner when it gave its reference to the queue.
//           (R4) tryRetain acquires: what it then reads of the object was written before the count it found.
// Source    Biased reference counting, Choi, Shull and Torrellas, PACT 2018; CPython 3.13 Include/object.h for the
//           observable timing.
public import StillPlatform
public import StillThreadRegistry
public import Synchronization

@frozen public enum ReferenceCount {
    // MARK: Raising

    @inlinable @inline(__always)
    public static func retain(_ object: ObjectRef, _ thread: ThreadState) {
        if _fastPath(object.owner == thread.ownerSlot) {  // R1
            let raised = object.local.pointee &+ 1
            object.local.pointee = raised
            if _slowPath(raised == 0) { localOverflow(object) }
        } else {
            retainShared(object, thread)
        }
    }

    @inlinable @inline(never)
    public static func retainShared(_ object: ObjectRef, _ thread: ThreadState) {
        let word = object.sharedWord.pointee.load(ordering: .relaxed)
        if word & SharedFlags.immortal != 0 { return }
        let old = object.sharedWord.pointee.wrappingAdd(SharedFlags.one, ordering: .relaxed).oldValue  // R3
        if _slowPath(old & SharedFlags.suspect != 0) { WriteBarrier.shade(object, thread) }
        if _slowPath(SharedFlags.count(old) >= saturation) { saturate(object) }
    }

    /// The shared half is full from here on: the object is immortal. Far above any number of references, and far enough below what the word
    /// can hold for every thread that there can be to pass it before the flag is seen.
    @inlinable public static var saturation: Int { 1 << 54 }

    @usableFromInline @inline(never) static func saturate(_ object: ObjectRef) {
        if FaultInjection.isActive(.skipSaturation) { return }
        object.sharedWord.pointee.bitwiseOr(SharedFlags.immortal | SharedFlags.shared, ordering: .relaxed)
    }

    /// The owner's half has just wrapped to 0: one half of its references moves into the shared half. Owner.
    @usableFromInline @inline(never) static func localOverflow(_ object: ObjectRef) {
        object.local.pointee = 1 << 31
        let old = object.sharedWord.pointee.wrappingAdd(SharedFlags.one << 31, ordering: .relaxed).oldValue  // R3
        if SharedFlags.count(old) >= saturation { saturate(object) }
    }

    /// Takes a count on a pointer just loaded from a slot that others may change; see *Readers* above.
    @inlinable @inline(__always)
    public static func tryRetain(_ object: ObjectRef, _ thread: ThreadState) -> Bool {
        if _fastPath(object.owner == thread.ownerSlot) {
            let raised = object.local.pointee &+ 1
            object.local.pointee = raised
            if _slowPath(raised == 0) { localOverflow(object) }
            return true
        }
        return tryRetainShared(object, thread)
    }

    /// Whether a slot still holds what was loaded from it, asked after `tryRetain`: only then was the count taken on the right object.
    @inlinable @inline(__always)
    public static func isStill(_ bits: UInt64, in slot: UnsafeMutablePointer<Atomic<UInt64>>) -> Bool {
        SchedulingNoise.point()
        if FaultInjection.isActive(.skipSlotRecheck) { return true }
        return slot.pointee.load(ordering: .acquiring) == bits
    }

    @inlinable @inline(never)
    public static func tryRetainShared(_ object: ObjectRef, _ thread: ThreadState) -> Bool {
        SchedulingNoise.point()
        var word = object.sharedWord.pointee.load(ordering: .relaxed)
        while true {
            if word & SharedFlags.immortal != 0 { return true }
            if word & SharedFlags.dead != 0 { return false }
            if word & (SharedFlags.shared | SharedFlags.merged) == 0 { return false }
            if word & SharedFlags.merged != 0 && SharedFlags.count(word) == 0
                && word & SharedFlags.deferred == 0
            {
                return false
            }
            let (done, seen) = object.sharedWord.pointee.compareExchange(
                expected: word, desired: word &+ SharedFlags.one,
                successOrdering: .acquiring, failureOrdering: .relaxed)  // R4
            if done {
                if _slowPath(word & SharedFlags.suspect != 0) { WriteBarrier.shade(object, thread) }
                if _slowPath(SharedFlags.count(word) >= saturation) { saturate(object) }
                return true
            }
            word = seen
        }
    }

    /// Raises the count of an object that the held lock of its container keeps alive, and lets strangers use `tryRetain`.
    @inlinable public static func retainAndShare(_ object: ObjectRef, _ thread: ThreadState) {
        share(object)
        retain(object, thread)
    }

    /// Lets strangers use `tryRetain`. The caller owns a reference or holds the container's lock.
    @inlinable public static func share(_ object: ObjectRef) {
        let word = object.sharedWord.pointee.load(ordering: .relaxed)
        if word & (SharedFlags.shared | SharedFlags.merged | SharedFlags.immortal) == 0 {
            object.sharedWord.pointee.bitwiseOr(SharedFlags.shared, ordering: .relaxed)
        }
    }

    // MARK: Lowering

    @inlinable @inline(__always)
    public static func release(_ object: ObjectRef, _ thread: ThreadState) {
        if _fastPath(object.owner == thread.ownerSlot) {  // R1
            let left = object.local.pointee &- 1
            object.local.pointee = left
            if left == 0 { localCountIsZero(object, thread) }
        } else {
            releaseShared(object, thread)
        }
    }

    @inlinable @inline(never)
    public static func localCountIsZero(_ object: ObjectRef, _ thread: ThreadState) {
        var word = object.sharedWord.pointee.load(ordering: .acquiring)  // R2
        if _fastPath(word == 0) {
            Deallocation.deallocate(object, thread)
            return
        }
        SchedulingNoise.point()
        object.ownerWord.pointee.store(0, ordering: .relaxed)
        SchedulingNoise.point()
        while true {
            let merged = word | SharedFlags.merged
            let (done, seen) = object.sharedWord.pointee.compareExchange(
                expected: word, desired: merged,
                successOrdering: .acquiringAndReleasing, failureOrdering: .relaxed)  // R2
            if done {
                if SharedFlags.count(merged) == 0 && merged & SharedFlags.deferred == 0 {
                    Deallocation.deallocate(object, thread)
                }
                return
            }
            word = seen
        }
    }

    @inlinable @inline(never)
    public static func releaseShared(_ object: ObjectRef, _ thread: ThreadState) {
        var word = object.sharedWord.pointee.load(ordering: .relaxed)
        if word & SharedFlags.immortal != 0 { return }
        while true {
            let queues =
                SharedFlags.count(word) == 0 && word & (SharedFlags.merged | SharedFlags.queued) == 0
            // Whose queue: asked before the word changes. Afterwards the owner may merge, and nobody could say.
            let owner = queues ? object.owner : 0
            if _slowPath(queues && owner == 0) {
                word = wordOnceMerged(object)
                if word & SharedFlags.immortal != 0 { return }
                continue
            }
            SchedulingNoise.point()
            let lowered = queues ? word | SharedFlags.queued : word &- SharedFlags.one
            let (done, seen) = object.sharedWord.pointee.compareExchange(
                expected: word, desired: lowered,
                successOrdering: .acquiringAndReleasing, failureOrdering: .relaxed)  // R2
            if done {
                if queues {
                    giveToOwner(object, owner, thread)
                } else if lowered & SharedFlags.merged != 0 && SharedFlags.count(lowered) <= 0
                    && lowered & SharedFlags.deferred == 0
                {
                    invariant(SharedFlags.count(lowered) == 0, "count of \(object.raw) fell to \(SharedFlags.count(lowered))")
                    Deallocation.deallocate(object, thread)
                }
                return
            }
            word = seen
        }
    }

    // MARK: Merging

    /// The owner's half has become zero and the owner, who has no safepoint in between, is about to say that it is merged.
    @usableFromInline @inline(never) static func wordOnceMerged(_ object: ObjectRef) -> UInt64 {
        var spins = 0
        while true {
            let word = object.sharedWord.pointee.load(ordering: .relaxed)
            // The caller has a reference: nobody else frees it.
            if word & SharedFlags.dead != 0 { stillBug("a reference to \(object.raw) is released, which has been freed") }
            if word & (SharedFlags.merged | SharedFlags.immortal) != 0 { return word }
            spins += 1
            if spins < 40 { cpuRelax() } else { OSThread.yield() }
        }
    }

    /// The object has been flagged queued by this thread; its owner (or we, for it) lowers the count.
    @usableFromInline static func giveToOwner(_ object: ObjectRef, _ owner: UInt16, _ thread: ThreadState) {
        invariant(owner != 0, "an unmerged object without owner was queued")
        let heap = InterpreterHeap(ThreadHeap(thread).fields.pointee.heap!)
        let slot = heap.slot(owner)
        var taken: (UnsafeMutablePointer<UnsafeMutableRawPointer>, Int)?
        SchedulingNoise.point()
        ObjectLock.lock(slot.lockByte, .ownerSlot)
        guard slot.enqueue(object.raw) else {
            // Nobody could be told, and callers hold locks for which others wait, so the owner cannot be stopped. The reference, which the
            // flag says is the queue's, stays: the object lives until its interpreter ends or a collection finds it.
            heap.fields.pointee.lostReferences.wrappingAdd(1, ordering: .relaxed)
            ObjectLock.unlock(slot.lockByte, .ownerSlot)
            return
        }
        if let raw = slot.fields.pointee.thread {
            let ownerThread = ThreadState(raw)
            ownerThread.request(RequestBits.mergeCounts)
            SchedulingNoise.point()
            // An owner that is detached may stay so for long: hold it and merge for it. It cannot die: it needs the slot's lock.
            _ = thread.interpreter.withHeldDetached(ownerThread) { taken = takeMerged(slot) }
        } else {
            taken = takeMerged(slot)
        }
        ObjectLock.unlock(slot.lockByte, .ownerSlot)
        if let taken { finish(taken, thread) }
    }

    /// Serves the thread's own queue. Attached, at a safepoint.
    public static func mergeQueued(_ thread: ThreadState) {
        mergeQueued(of: OwnerSlot(ThreadHeap(thread).fields.pointee.slot!), thread)
    }
    /// The same for the thread's own slot or a vacant one.
    static func mergeQueued(of slot: OwnerSlot, _ thread: ThreadState) {
        var taken: (UnsafeMutablePointer<UnsafeMutableRawPointer>, Int)?
        slot.withLock { taken = takeMerged(slot) }
        if let taken { finish(taken, thread) }
    }

    /// Merges all queued objects; returns those whose count became zero. Under the slot's lock, by who may act as the owner.
    static func takeMerged(_ slot: OwnerSlot) -> (UnsafeMutablePointer<UnsafeMutableRawPointer>, Int)? {
        guard let queue = slot.fields.pointee.queue, slot.fields.pointee.queueCount > 0 else { return nil }
        var dead = 0
        for index in 0..<slot.fields.pointee.queueCount {
            let object = ObjectRef(queue[index])
            SchedulingNoise.point()
            if merge(object, lowering: 1, clearing: SharedFlags.queued) {
                queue[dead] = object.raw
                dead += 1
            }
        }
        slot.fields.pointee.queueCount = 0
        if dead == 0 { return nil }
        slot.fields.pointee.queue = nil
        slot.fields.pointee.queueCapacity = 0
        return (queue, dead)
    }

    private static func finish(
        _ taken: (UnsafeMutablePointer<UnsafeMutableRawPointer>, Int), _ thread: ThreadState
    ) {
        for index in 0..<taken.1 { Deallocation.deallocate(ObjectRef(taken.0[index]), thread) }
        rawFree(taken.0)
    }

    /// Moves the local count into the shared word, if it is not there yet. The caller acts as the owner.
    /// - Returns: the object has no references left; the caller must deallocate it.
    @discardableResult
    public static func merge(
        _ object: ObjectRef, lowering: Int = 0, clearing: UInt64 = 0, setting: UInt64 = 0
    ) -> Bool {
        // Merged before: then `local` is the collector's, if anyone's.
        var local: UInt32 = 0
        if object.sharedWord.pointee.load(ordering: .relaxed) & SharedFlags.merged == 0 {
            local = object.local.pointee
            object.ownerWord.pointee.store(0, ordering: .relaxed)
            object.local.pointee = 0
        }
        SchedulingNoise.point()
        let delta = UInt64(bitPattern: Int64((Int(local) - lowering) << 8))
        var word = object.sharedWord.pointee.load(ordering: .relaxed)
        while true {
            let merged = ((word &+ delta) & ~clearing) | SharedFlags.merged | setting
            let (done, seen) = object.sharedWord.pointee.compareExchange(
                expected: word, desired: merged,
                successOrdering: .acquiringAndReleasing, failureOrdering: .relaxed)  // R2
            if done {
                return SharedFlags.count(merged) == 0 && merged & SharedFlags.deferred == 0
                    && merged & SharedFlags.queued == 0
            }
            word = seen
        }
    }

    /// References counted at this moment; exact only while the caller stops the others.
    @inlinable public static func count(_ object: ObjectRef) -> Int {
        let word = object.sharedWord.pointee.load(ordering: .relaxed)
        let local = object.owner == 0 ? 0 : Int(object.local.pointee)
        return local + SharedFlags.count(word)
    }

    /// Makes a new object immortal: it is never counted again. Before anyone else sees it.
    @inlinable public static func makeImmortal(_ object: ObjectRef) {
        object.ownerWord.pointee.store(0, ordering: .relaxed)
        object.sharedWord.pointee.store(SharedFlags.immortal | SharedFlags.shared, ordering: .releasing)
    }

    /// Lets registers hold the object uncounted; from now on only the collector frees it. Before anyone else sees it.
    @inlinable public static func makeDeferred(_ object: ObjectRef) {
        object.sharedWord.pointee.bitwiseOr(SharedFlags.deferred | SharedFlags.shared, ordering: .releasing)
    }
}
