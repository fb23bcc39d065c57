// Giving empty pools back: what lets the memory of a heap that shrinks fall.
//
// When      A thread trims at a safepoint: after a collection, and when `emptyPoolsKept` of its pools have become empty since the last time
//           (each counted once, so that a pool that goes to and fro does not count).
// What      All empty pools but the one it allocates from and one spare for each class; medium pools have no spare. What strangers freed is
//           taken back first, blocks of others are sent home.
// Afterwards  pools of objects rest (ArenaSpace.swift); the thread looks after them at a few more safepoints, so that they do not have to wait
//           for the next allocation.
// Vacant slots  are trimmed by any thread that trims for itself, under the slot's lock.
import StillPlatform
import StillThreadRegistry
import Synchronization

extension ThreadHeap {
    static var emptyPoolsKept: Int { BuildOptions.checksInvariants ? 4 : 64 }
    static var roundsAfterTrim: Int { 4 }

    /// The owner has seen the pool empty.
    @usableFromInline @inline(never) func poolEmptied(_ pool: Pool) {
        guard pool.fields.pointee.countedEmpty == 0 else { return }
        pool.fields.pointee.countedEmpty = 1
        fields.pointee.emptied += 1
        if fields.pointee.emptied == ThreadHeap.emptyPoolsKept, let thread = fields.pointee.thread {
            fields.pointee.trimWanted = 1
            ThreadState(thread).request(RequestBits.collect)
        }
    }

    /// Gives empty pools back to the interpreter. Own thread, at a safepoint.
    public func trim() {
        let heap = InterpreterHeap(fields.pointee.heap!)
        sendOutgoing()
        let returned = trimOwn()
        heap.trimVacantSlots()
        if returned > 0 { fields.pointee.trimRounds = ThreadHeap.roundsAfterTrim }
        let resting = heap.settle()
        guard let thread = fields.pointee.thread, fields.pointee.slot != nil else { return }
        if fields.pointee.trimRounds > 0 && resting > 0 {
            fields.pointee.trimRounds -= 1
            fields.pointee.trimWanted = 1
            ThreadState(thread).request(RequestBits.collect)
        }
    }

    /// By who may act as the slot's owner.
    ///
    /// - Returns: pools given back.
    @discardableResult func trimOwn() -> Int {
        takeInbox()
        fields.pointee.emptied = 0
        let heap = InterpreterHeap(fields.pointee.heap!)
        var returned = 0
        for list in 0..<ThreadHeap.lists {
            var kept: UnsafeMutableRawPointer?
            var room: UnsafeMutableRawPointer?
            var spare = list / SizeClass.count == PoolKind.medium
            var next = owned(list).pointee
            while let raw = next {
                let pool = Pool(raw)
                next = pool.fields.pointee.nextOwned
                let isCurrent = raw == current(list).pointee
                pool.fields.pointee.countedEmpty = 0
                if pool.fields.pointee.used == 0 && !isCurrent && pool.fields.pointee.pinned.load(ordering: .acquiring) == 0 {
                    if spare {
                        heap.returnPool(pool)
                        returned += 1
                        continue
                    }
                    spare = true
                }
                pool.fields.pointee.nextOwned = kept
                kept = raw
                if !isCurrent && pool.isListed {
                    pool.fields.pointee.next = room
                    room = raw
                }
            }
            owned(list).pointee = kept
            available(list).pointee = room
        }
        return returned
    }
}
