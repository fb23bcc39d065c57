// Owner slots: small numbers that own objects and pools.
//
// Problem   An object's header has 16 bits for its owner, and threads come and go.
// Protocol  A live thread holds one slot. Objects and pools belong to the *slot*. When the thread dies the slot becomes vacant
//           with its pools, its merge queue and every object it owns; the next thread that takes it owns all of that.
//           While a slot is vacant, whoever holds its lock may do what the owner could.
// Merge queue  Objects whose shared count a stranger could not lower (ReferenceCount.swift). The owner
//           serves the queue at a safepoint; for a vacant slot, or an owner that is detached (it is held suspended
//           meanwhile), the stranger does it at once.
// Ordering  (O1) the slot's lock: everything the dead thread did to its objects happens before the next owner's or
//           a merging stranger's accesses.
// Locks     The heap lock may be taken under a slot's lock (trimming a vacant slot), never the other way round. No Python code, no
//           deallocation and no safepoint under a slot's lock.
import StillPlatform
public import StillThreadRegistry
public import Synchronization

@frozen public struct OwnerSlot: Equatable, @unchecked Sendable {
    public let raw: UnsafeMutableRawPointer
    @inlinable public init(_ raw: UnsafeMutableRawPointer) { self.raw = raw }

    @frozen public struct Fields: ~Copyable {
        /// Never accessed. ThreadSanitizer takes every write of a field through `pointee` for a write of the record's first byte,
        /// so no atomic may lie there.
        let base: UInt64
        /// Blocks that strangers freed (RemoteBatch.swift).
        let inbox: Atomic<UInt>
        public let lock: Atomic<UInt8>
        public var index: UInt16
        /// The thread that holds the slot. Under the lock.
        public var thread: UnsafeMutableRawPointer?
        public var queue: UnsafeMutablePointer<UnsafeMutableRawPointer>?
        public var queueCount: Int
        public var queueCapacity: Int
        /// The pools of a vacant slot.
        public var savedArea: UnsafeMutableRawPointer?
        public var nextVacant: UInt16
    }
    static let bytes = 128

    @inlinable public var fields: UnsafeMutablePointer<Fields> { raw.assumingMemoryBound(to: Fields.self) }

    var lockByte: UnsafeMutablePointer<Atomic<UInt8>> {
        (raw + 16).assumingMemoryBound(to: Atomic<UInt8>.self)
    }

    func withLock<R>(_ body: () -> R) -> R {
        ObjectLock.lock(lockByte, .ownerSlot)
        defer { ObjectLock.unlock(lockByte, .ownerSlot) }
        return body()
    }

    var inboxWord: UnsafeMutablePointer<Atomic<UInt>> { (raw + 8).assumingMemoryBound(to: Atomic<UInt>.self) }

    /// Under the lock.
    ///
    /// - Returns: false when there was no memory for the entry.
    func enqueue(_ object: UnsafeMutableRawPointer) -> Bool {
        if fields.pointee.queueCount == fields.pointee.queueCapacity {
            let capacity = max(64, fields.pointee.queueCapacity * 2)
            // From the reserve if need be: what is not told to its owner lives on.
            guard let grown = RawReserve.allocateIfPossible(capacity * 8) else { return false }
            if let queue = fields.pointee.queue {
                copyBytes(grown, queue, fields.pointee.queueCount * 8)
                rawFree(queue)
            }
            fields.pointee.queue = grown.assumingMemoryBound(to: UnsafeMutableRawPointer.self)
            fields.pointee.queueCapacity = capacity
        }
        fields.pointee.queue![fields.pointee.queueCount] = object
        fields.pointee.queueCount += 1
        return true
    }
}

extension InterpreterHeap {
    /// Gives the thread a slot with all that belongs to it. Called at the thread's birth.
    public func takeSlot(for thread: ThreadState) throws(HeapError) {
        let slot = try withLock { () throws(HeapError) -> OwnerSlot in
            let vacant = fields.pointee.firstVacantSlot
            if vacant != 0 {
                let slot = self.slot(vacant)
                fields.pointee.firstVacantSlot = slot.fields.pointee.nextVacant
                return slot
            }
            let index = fields.pointee.slotCount + 1
            guard index < 65_536 else { throw .tooManyThreads(limit: 65_535) }
            let chunk = index / InterpreterHeap.slotsPerChunk
            if fields.pointee.slotChunks[chunk] == nil {
                // Mapped, so that only the slots in use take pages.
                guard let memory = try? VirtualMemory.map(bytes: InterpreterHeap.slotChunkBytes, alignment: 4096)
                else { throw .outOfMemory(bytes: InterpreterHeap.slotChunkBytes) }
                fields.pointee.slotChunks[chunk] = memory
            }
            fields.pointee.slotCount = index
            let slot = self.slot(UInt16(index))
            slot.fields.pointee.index = UInt16(index)
            return slot
        }
        let heap = ThreadHeap(thread)
        SchedulingNoise.point()
        // Where its pool lists are kept when it dies: there must be memory then. No thread holds the slot, and it is on no list.
        let saved = slot.withLock {  // O1
            let saved = slot.fields.pointee.savedArea
            slot.fields.pointee.savedArea = nil
            return saved
        }
        guard let keep = saved ?? rawAllocateZeroed(ThreadHeap.totalBytes, alignment: 16) else {
            withLock {
                slot.fields.pointee.nextVacant = fields.pointee.firstVacantSlot
                fields.pointee.firstVacantSlot = slot.fields.pointee.index
            }
            throw .outOfMemory(bytes: ThreadHeap.totalBytes)
        }
        guard BirthLog.give(heap.fields) else {
            slot.withLock { slot.fields.pointee.savedArea = saved }
            if saved == nil { rawFree(keep) }
            withLock {
                slot.fields.pointee.nextVacant = fields.pointee.firstVacantSlot
                fields.pointee.firstVacantSlot = slot.fields.pointee.index
            }
            throw .outOfMemory(bytes: BirthLog.bytes)
        }
        heap.fields.pointee.keep = keep
        heap.fields.pointee.heap = raw
        heap.fields.pointee.slot = slot.raw
        heap.fields.pointee.thread = thread.raw
        heap.fields.pointee.birthColour = fields.pointee.birthColour
        heap.fields.pointee.whiteColour = fields.pointee.whiteColour
        thread.ownerSlot = slot.fields.pointee.index
        SchedulingNoise.point()
        slot.withLock {  // O1
            if let saved, !FaultInjection.isActive(.forgetVacantPools) {
                heap.raw.copyMemory(from: saved, byteCount: ThreadHeap.areaBytes)
            } else {
                for list in 0..<ThreadHeap.lists { heap.current(list).pointee = fields.pointee.emptyPool }
            }
            slot.fields.pointee.thread = thread.raw
            // Only after a fork: what strangers had queued for a thread that is not there.
            if slot.fields.pointee.queueCount > 0 { thread.request(RequestBits.mergeCounts) }
        }
    }

    /// Trims slots that no thread holds: their pools may have been emptied by strangers. Any thread of the interpreter, attached.
    func trimVacantSlots() {
        let count = withLock { fields.pointee.slotCount }
        for index in 0..<count {
            let slot = self.slot(UInt16(index + 1))
            // A hint: what is pushed later is left to the next trimming.
            if slot.inboxWord.pointee.load(ordering: .relaxed) == 0 { continue }
            slot.withLock {  // O1
                guard let saved = slot.fields.pointee.savedArea else { return }
                let area = ThreadHeap(area: saved)
                area.fields.initialize(to: ThreadHeap.Fields(heap: raw, slot: slot.raw))
                area.trimOwn()
                area.freeSpareBatches()
            }
        }
    }

    /// Vacates the slot of a thread that never runs again. Its pools and objects stay with the slot; objects that waited on the thread to be
    /// deallocated are leaked.
    ///
    /// - Parameter survivor: the calling thread, attached to the same interpreter: serves the merge queue. nil: the slot's next thread does.
    public func abandonSlot(of thread: ThreadState, by survivor: ThreadState?) {
        guard thread.ownerSlot != 0 else { return }
        let heap = ThreadHeap(thread)
        let slot = OwnerSlot(heap.fields.pointee.slot!)
        // Kept since its birth, unless it was about to leave the slot itself.
        guard let saved = heap.fields.pointee.keep ?? rawAllocateZeroed(ThreadHeap.totalBytes, alignment: 16) else {
            stillBug("no memory for \(ThreadHeap.totalBytes) bytes of a vanished thread's pool lists")
        }
        heap.fields.pointee.keep = nil
        slot.withLock {  // O1
            saved.copyMemory(from: heap.raw, byteCount: ThreadHeap.areaBytes)
            slot.fields.pointee.savedArea = saved
            slot.fields.pointee.thread = nil
        }
        heap.sendOutgoing()
        HeapCounts.report(thread)
        BirthLog.takeBack(heap.fields)
        heap.freeSpareBatches()
        heap.fields.pointee.slot = nil
        if let pending = heap.fields.pointee.pending { rawFree(pending) }
        heap.fields.pointee.pending = nil
        heap.fields.pointee.pendingCount = 0
        heap.fields.pointee.pendingCapacity = 0
        withLock {
            slot.fields.pointee.nextVacant = fields.pointee.firstVacantSlot
            fields.pointee.firstVacantSlot = slot.fields.pointee.index
        }
        thread.ownerSlot = 0
        if let survivor { ReferenceCount.mergeQueued(of: slot, survivor) }
    }

    /// Leaves the thread's objects and pools to its slot. Attached, last act of the thread on the heap. What dies by it is
    /// deallocated here, which may run finalizers.
    public func leaveSlot(of thread: ThreadState) {
        let heap = ThreadHeap(thread)
        let slot = OwnerSlot(heap.fields.pointee.slot!)
        let saved = heap.fields.pointee.keep!
        heap.fields.pointee.keep = nil
        var left = false
        while !left {
            ReferenceCount.mergeQueued(thread)
            Deallocation.drain(thread)
            heap.trim()
            SchedulingNoise.point()
            slot.withLock {  // O1
                // What strangers queued meanwhile is still this thread's to merge; from here on it is theirs.
                if slot.fields.pointee.queueCount > 0 { return }
                saved.copyMemory(from: heap.raw, byteCount: ThreadHeap.areaBytes)
                slot.fields.pointee.savedArea = saved
                slot.fields.pointee.thread = nil
                left = true
            }
        }
        SchedulingNoise.point()
        HeapCounts.report(thread)
        BirthLog.takeBack(heap.fields)
        heap.freeSpareBatches()
        heap.fields.pointee.slot = nil  // what the thread frees from now on goes to inboxes at once
        if let pending = heap.fields.pointee.pending { rawFree(pending) }
        heap.fields.pointee.pending = nil
        heap.fields.pointee.pendingCapacity = 0
        withLock {
            slot.fields.pointee.nextVacant = fields.pointee.firstVacantSlot
            fields.pointee.firstVacantSlot = slot.fields.pointee.index
        }
        thread.ownerSlot = 0
    }
}
