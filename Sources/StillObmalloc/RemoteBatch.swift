// Blocks on their way back to the slot that owns them.
//
// Problem   A free of another slot's block costs a read-modify-write on a line that two processors fight over.
// Protocol  A thread collects such blocks in batches, one for each of a few target slots, and pushes a full batch onto the target's
//           inbox with one compare-and-swap. The owner takes the whole inbox with one exchange, whenever a pool of its is full.
//           The batch in hand, of the last target, is filled by the inlined part of a free.
//           A batch is an array, not a chain through the blocks: the owner need not wait for one cache miss after the other.
// Entries   of an inbox: the address of a batch, or of a single block with `single` set (its first word is the link), for which there
//           was no memory, or whose thread has left its slot already. Blocks in a batch carry `medium` if their pool is a medium one.
// Bounds    A thread holds back at most `targets * capacity` blocks; trimming and leaving the slot send them off.
// Ordering  (P1) a push releases, the exchange acquires: what the stranger did to a block happens before its reuse.
// Memory    Batches come from the raw allocator and stay with the owner who emptied them, up to `spareLimit`.
import StillPlatform
import Synchronization

struct RemoteBatch {
    let raw: UnsafeMutableRawPointer

    static let bytes = 512
    static let capacity = (bytes - 16) / 8
    /// Target slots that a thread collects for at a time.
    static let targets = 8
    static let spareLimit = 16

    static let single: UInt = 1
    static let medium: UInt = 2
    static let tags: UInt = 7

    var next: UInt {
        get { raw.load(as: UInt.self) }
        nonmutating set { raw.storeBytes(of: newValue, as: UInt.self) }
    }
    var slot: UInt16 {
        get { raw.load(fromByteOffset: 8, as: UInt16.self) }
        nonmutating set { raw.storeBytes(of: newValue, toByteOffset: 8, as: UInt16.self) }
    }
    var count: Int {
        get { Int(raw.load(fromByteOffset: 12, as: UInt32.self)) }
        nonmutating set { raw.storeBytes(of: UInt32(truncatingIfNeeded: newValue), toByteOffset: 12, as: UInt32.self) }
    }
    var items: UnsafeMutablePointer<UInt> { (raw + 16).assumingMemoryBound(to: UInt.self) }
}

extension OwnerSlot {
    /// Pushes a batch or, tagged, a block. Any thread. Ordering: P1.
    func push(_ entry: UInt) {
        let link = UnsafeMutableRawPointer(bitPattern: entry & ~RemoteBatch.tags).unsafelyUnwrapped
        var head = fields.pointee.inbox.load(ordering: .relaxed)
        while true {
            link.storeBytes(of: head, as: UInt.self)
            let (done, seen) = fields.pointee.inbox.compareExchange(
                expected: head, desired: entry, successOrdering: .releasing, failureOrdering: .relaxed)  // P1
            if done { return }
            head = seen
        }
    }
}

extension OwnerSlot {
    /// Frees the batches that nobody will take any more: the interpreter's end.
    func dropInbox() {
        var entry = inboxWord.pointee.exchange(0, ordering: .acquiring)
        while entry != 0 {
            let link = UnsafeMutableRawPointer(bitPattern: entry & ~RemoteBatch.tags).unsafelyUnwrapped
            if entry & RemoteBatch.single != 0 {
                // Lies in an arena that may be unmapped already; so this runs first.
                entry = link.load(as: UInt.self)
            } else {
                entry = link.load(as: UInt.self)
                rawFree(link)
            }
        }
    }
}

extension ThreadHeap {
    /// A block of another slot's pool, tagged if that is a medium one. Attached.
    func freeRemote(_ block: UInt, slot target: UInt16) {
        guard UInt32(target) == fields.pointee.outTarget || takeInHand(target) else {
            return InterpreterHeap(fields.pointee.heap!).slot(target).push(block | RemoteBatch.single)
        }
        let cursor = fields.pointee.outCursor!
        cursor.pointee = block
        fields.pointee.outCursor = cursor + 1
        if cursor + 1 == fields.pointee.outLimit! { sendBatchInHand() }
    }

    /// Makes the target's batch the one in hand. False: there is none, and no memory for one.
    private func takeInHand(_ target: UInt16) -> Bool {
        putAside()
        let place = outgoing(target)
        if let raw = place.pointee, RemoteBatch(raw: raw).slot != target { send(place) }
        if place.pointee == nil {
            guard fields.pointee.slot != nil, let raw = takeBatch() else { return false }
            RemoteBatch(raw: raw).slot = target
            RemoteBatch(raw: raw).count = 0
            place.pointee = raw
        }
        let batch = RemoteBatch(raw: place.pointee!)
        fields.pointee.outTarget = UInt32(target)
        fields.pointee.outCursor = batch.items + batch.count
        fields.pointee.outLimit = batch.items + RemoteBatch.capacity
        return true
    }

    /// The batch in hand is one of several again: its count is right.
    private func putAside() {
        if fields.pointee.outTarget == 0 { return }
        let batch = RemoteBatch(raw: outgoing(UInt16(fields.pointee.outTarget)).pointee!)
        batch.count = fields.pointee.outCursor! - batch.items
        fields.pointee.outTarget = 0
    }

    @usableFromInline @inline(never) func sendBatchInHand() {
        let place = outgoing(UInt16(fields.pointee.outTarget))
        putAside()
        send(place)
    }

    private func send(_ place: UnsafeMutablePointer<UnsafeMutableRawPointer?>) {
        let raw = place.pointee!
        place.pointee = nil
        if FaultInjection.isActive(.dropBatch) { return }
        InterpreterHeap(fields.pointee.heap!).slot(RemoteBatch(raw: raw).slot).push(UInt(bitPattern: raw))
    }

    /// Blocks that wait to be sent. World stopped.
    var blocksWaiting: Int {
        putAside()
        var count = 0
        for target in 0..<RemoteBatch.targets {
            if let raw = outgoing(UInt16(target)).pointee { count += RemoteBatch(raw: raw).count }
        }
        return count
    }

    /// Sends off what waits. Attached.
    func sendOutgoing() {
        putAside()
        for target in 0..<RemoteBatch.targets {
            let place = outgoing(UInt16(target))
            if place.pointee != nil { send(place) }
        }
    }

    private func takeBatch() -> UnsafeMutableRawPointer? {
        guard let spare = fields.pointee.spareBatches else { return rawAllocate(RemoteBatch.bytes) }
        fields.pointee.spareBatches = UnsafeMutableRawPointer(bitPattern: RemoteBatch(raw: spare).next)
        fields.pointee.spareBatchCount -= 1
        return spare
    }

    private func giveBatch(_ batch: RemoteBatch) {
        if fields.pointee.spareBatchCount >= RemoteBatch.spareLimit { return rawFree(batch.raw) }
        batch.next = UInt(bitPattern: fields.pointee.spareBatches)
        fields.pointee.spareBatches = batch.raw
        fields.pointee.spareBatchCount += 1
    }

    func freeSpareBatches() {
        while let spare = fields.pointee.spareBatches {
            fields.pointee.spareBatches = UnsafeMutableRawPointer(bitPattern: RemoteBatch(raw: spare).next)
            rawFree(spare)
        }
        fields.pointee.spareBatchCount = 0
    }

    /// Takes back what strangers freed in this slot's pools. Owner. Ordering: P1.
    func takeInbox() {
        guard let raw = fields.pointee.slot else { return }
        let inbox = OwnerSlot(raw).inboxWord
        if inbox.pointee.load(ordering: .relaxed) == 0 { return }
        var entry = inbox.pointee.exchange(0, ordering: .acquiring)  // P1
        while entry != 0 {
            let link = UnsafeMutableRawPointer(bitPattern: entry & ~RemoteBatch.tags).unsafelyUnwrapped
            let next = link.load(as: UInt.self)
            if entry & RemoteBatch.single != 0 {
                takeBack(entry & ~RemoteBatch.single)
            } else {
                let batch = RemoteBatch(raw: link)
                for index in 0..<batch.count { takeBack(batch.items[index]) }
                giveBatch(batch)
            }
            entry = next
        }
    }

    @inline(__always) private func takeBack(_ tagged: UInt) {
        let block = UnsafeMutableRawPointer(bitPattern: tagged & ~RemoteBatch.tags).unsafelyUnwrapped
        let pool = tagged & RemoteBatch.medium == 0 ? Pool.containing(block) : Pool.containingMedium(block)
        block.storeBytes(of: pool.fields.pointee.freeLocal, as: UnsafeMutableRawPointer?.self)
        pool.fields.pointee.freeLocal = block
        if !FaultInjection.isActive(.skipReturnCount) { pool.fields.pointee.used &-= 1 }
        if _slowPath(!pool.isAvailable) { makeAvailable(pool) }
        if _slowPath(pool.fields.pointee.used == 0) { poolEmptied(pool) }
    }
}
