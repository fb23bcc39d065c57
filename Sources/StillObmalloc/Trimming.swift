// Giving empty pools back: what lets the memory of a heap that shrinks fall.
//
// When      A thread trims at a safepoint: after a collection, and when `emptyPoolsKept` of its pools have become empty since the last time
//           (each counted once, so that a pool that goes to and fro does not count; and not those that a collection has pinned).
// What      All empty pools but the one it allocates from and one spare for each class; medium pools have no spare. What strangers freed is
//           taken back first, blocks of others are sent home.
// Steps     Only pools with room are looked at, `poolsAtOnce` at a safepoint: a heap of a million objects has thousands. Between two steps the owner may
//           take the pool where the walk stopped, as its current one, with all before it; the walk begins that list anew then.
// Afterwards  pools of objects rest (ArenaSpace.swift); the thread looks after them at a few more safepoints, so that they do not have to wait
//           for the next allocation.
// Vacant slots  are trimmed by any thread that trims for itself, under the slot's lock.
import StillPlatform
import StillThreadRegistry
import Synchronization

extension ThreadHeap {
    static var emptyPoolsKept: Int { BuildOptions.checksInvariants ? 4 : 64 }
    static var roundsAfterTrim: Int { 4 }
    static var poolsAtOnce: Int { BuildOptions.checksInvariants ? 3 : 256 }

    /// The owner has seen the pool empty.
    @usableFromInline @inline(never) func poolEmptied(_ pool: Pool) {
        guard pool.fields.pointee.countedEmpty == 0, pool.fields.pointee.pinned.load(ordering: .relaxed) == 0 else { return }
        pool.fields.pointee.countedEmpty = 1
        fields.pointee.emptied += 1
        if fields.pointee.emptied == ThreadHeap.emptyPoolsKept { wantTrim() }
    }

    private func want(_ what: UInt8) {
        guard let thread = fields.pointee.thread else { return }
        fields.pointee.trimWanted = what
        ThreadState(thread).request(RequestBits.collect)
    }
    private func wantTrim() { want(1) }

    /// Gives empty pools back to the interpreter, all of them. Own thread, at a safepoint.
    public func trim() {
        // In one step: one that ends at the current pool has no place to go on from.
        while !trimSome(atOnce: Int.max) {}
    }

    /// Does what `trimWanted` says, or a part of it, and asks for the rest. Own thread, at a safepoint.
    public func serveTrim() {
        let wanted = fields.pointee.trimWanted
        fields.pointee.trimWanted = 0
        if wanted == 1 {
            if !trimSome() { wantTrim() }
        } else {
            lookAfterResting()
        }
    }

    /// One step of a trimming. True: it was the last.
    private func trimSome(atOnce: Int = ThreadHeap.poolsAtOnce) -> Bool {
        let heap = InterpreterHeap(fields.pointee.heap!)
        sendOutgoing()
        let (returned, done) = trimOwn(atOnce: atOnce)
        if returned > 0 { fields.pointee.trimRounds = ThreadHeap.roundsAfterTrim }
        guard done else { return false }
        heap.trimVacantSlots()
        lookAfterResting()
        return true
    }

    private func lookAfterResting() {
        let resting = InterpreterHeap(fields.pointee.heap!).settle()
        guard fields.pointee.slot != nil, fields.pointee.trimRounds > 0 else { return }
        fields.pointee.trimRounds = resting > 0 ? fields.pointee.trimRounds - 1 : 0
        if resting > 0 && fields.pointee.trimWanted == 0 { want(2) }
    }

    /// By who may act as the slot's owner.
    ///
    /// - Parameter atOnce: how many pools are looked at at most; the next call goes on.
    /// - Returns: pools given back, and whether the walk is complete.
    @discardableResult func trimOwn(atOnce: Int = Int.max) -> (returned: Int, done: Bool) {
        if fields.pointee.trimList == 0 {
            takeInbox()
            fields.pointee.emptied = 0
            fields.pointee.trimAfter = nil
        }
        let heap = InterpreterHeap(fields.pointee.heap!)
        var (returned, looked) = (0, 0)
        while fields.pointee.trimList < ThreadHeap.lists {
            let list = fields.pointee.trimList
            var previous = resumed(list)
            if previous == nil { fields.pointee.trimSpare = list / SizeClass.count == PoolKind.medium }
            var next = previous.map { Pool($0).fields.pointee.next } ?? available(list).pointee
            while let raw = next {
                if looked == atOnce {
                    fields.pointee.trimAfter = previous
                    return (returned, false)
                }
                looked += 1
                let pool = Pool(raw)
                next = pool.fields.pointee.next
                pool.fields.pointee.countedEmpty = 0
                if pool.fields.pointee.used == 0 && pool.fields.pointee.pinned.load(ordering: .acquiring) == 0 {
                    if fields.pointee.trimSpare {
                        if let previous { Pool(previous).fields.pointee.next = next } else { available(list).pointee = next }
                        unlink(pool, list)
                        heap.returnPool(pool)
                        returned += 1
                        continue
                    }
                    fields.pointee.trimSpare = true
                }
                previous = raw
            }
            fields.pointee.trimAfter = nil
            fields.pointee.trimList += 1
        }
        fields.pointee.trimList = 0
        return (returned, true)
    }

    /// The pool after which the walk goes on, if it is still on the list of those with room.
    private func resumed(_ list: Int) -> UnsafeMutableRawPointer? {
        guard let raw = fields.pointee.trimAfter else { return nil }
        return raw != current(list).pointee && Pool(raw).isListed ? raw : nil
    }
}
