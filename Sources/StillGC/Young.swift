// Young collections: cyclic garbage among what a thread has made lately, found without a look at the rest of the heap.
//
// Candidates  What the thread's log of births (BirthLog.swift) still finds alive, owned by the thread, counted by nobody else, and of an ordinary
//             kind: not deferred, immortal, merged, suspect or frozen. So all references that matter are counted, in the owner's half of the count.
// Proof       In one pause each candidate's references to candidates are counted. Who has more references than that is referred to from elsewhere
//             (an older object, a register, native code) and lives, with all that it reaches among the candidates. The others are referred to by
//             each other only. No marking is needed, and no barrier: the pause sees all at once.
// Left out    Objects with finalizers, and those with very many references, count as referred to from elsewhere: the collections of the whole heap
//             look after them, as they do after all that survives here.
// Flag        `condemned` says from the pause until an object's end that weak references to it answer None, and that who looks at all objects leaves it out.
// Weak references  to the condemned, if any, are cleared with the world running, all before the first object is broken up.
// Breaking    The thread counts what it has condemned, so that it stays; makes it give up its references, without locks, since the flag keeps those off that
//             look at all objects; and gives the counts up. To a collection of the whole heap in progress that is the program's doing: the barrier is
//             served, and what it has condemned itself is merged, so no candidate.
// When        the log is full. Where that frees too little for its time, logs are passed over: one, then two, four, at most `mostPassed`.
// Table       one for the collector, used in the pause. A candidate's number lies in its `local` meanwhile; its colour says that it is one.
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import Synchronization

/// Candidates by number, in memory that is there once.
struct YoungTable {
    let raw: UnsafeMutableRawPointer

    static let capacity = BirthLog.room
    static let edgeCapacity = 16 * capacity
    static let bytes = capacity * (8 + 4 * 4 + 2) + 8 + edgeCapacity * 4

    @inline(__always) var objects: UnsafeMutablePointer<UnsafeMutableRawPointer> { raw.assumingMemoryBound(to: UnsafeMutableRawPointer.self) }
    /// References counted to each; those that lead from candidates; where its own begin in `edges`; who waits for being followed.
    @inline(__always) var counts: UnsafeMutablePointer<UInt32> { numbers(0) }
    @inline(__always) var inner: UnsafeMutablePointer<UInt32> { numbers(1) }
    @inline(__always) var waiting: UnsafeMutablePointer<UInt32> { numbers(2) }
    @inline(__always) var firstEdge: UnsafeMutablePointer<UInt32> { numbers(3) }
    /// Candidates that candidates refer to.
    @inline(__always) var edges: UnsafeMutablePointer<UInt32> { numbers(4) + 1 }
    private var bytePart: UnsafeMutablePointer<UInt8> { UnsafeMutableRawPointer(edges + YoungTable.edgeCapacity).assumingMemoryBound(to: UInt8.self) }
    @inline(__always) var colours: UnsafeMutablePointer<UInt8> { bytePart }
    /// 1: lives.
    @inline(__always) var lives: UnsafeMutablePointer<UInt8> { bytePart + YoungTable.capacity }

    @inline(__always) private func numbers(_ which: Int) -> UnsafeMutablePointer<UInt32> {
        (raw + YoungTable.capacity * (8 + 4 * which)).assumingMemoryBound(to: UInt32.self)
    }
}

extension Collector {
    /// Most full logs that are passed over.
    private static let mostPassed: UInt16 = 64
    /// What finding a condemned object may take, in nanoseconds: a collection of the whole heap takes that long for one.
    private static let worth: UInt64 = 400
    /// Containers with more items count as referred to from elsewhere.
    private static let youngItems = 64

    /// The thread's log of births is full. At a safepoint.
    func serveYoung(_ thread: ThreadState) {
        let share = self.share(of: thread)
        if share.pointee.insideYoung != 0 { return }
        if share.pointee.pass > 0 || fields.pointee.enabled.load(ordering: .relaxed) == 0 || CollectorDebug.isOn(self) {
            if share.pointee.pass > 0 { share.pointee.pass -= 1 }
            _ = BirthLog.take(thread)
            return
        }
        share.pointee.insideYoung = 1
        let (found, took) = collectYoung(thread)
        share.pointee.insideYoung = 0
        share.pointee.passed = took <= UInt64(found) * Collector.worth ? 0 : min(max(1, share.pointee.passed * 2), Collector.mostPassed)
        share.pointee.pass = BuildOptions.checksInvariants ? share.pointee.passed / 8 : share.pointee.passed
    }

    /// - Returns: how many objects were condemned, and what their finding took.
    private func collectYoung(_ thread: ThreadState) -> (found: Int, nanoseconds: UInt64) {
        CollectorRoots.notifyYoung?(thread.raw, true, 0, 0)
        // The callbacks have made objects, too.
        guard let (log, births) = BirthLog.take(thread) else {
            CollectorRoots.notifyYoung?(thread.raw, false, 0, 0)
            return (0, 0)
        }
        let began = Clock.monotonicNanoseconds()
        // What the pause looks at first comes while the others still run.
        for index in 0..<births { prefetch(log.births[index]) }
        let condemned = log.condemned
        var (count, hasWeak) = (0, false)
        thread.withStoppedWorld(.collectYoung) { (world: borrowing StoppedWorld) in
            let began = Clock.monotonicNanoseconds()
            (count, hasWeak) = condemnYoung(log, births, thread, world)
            noteLoss(world, since: began)
            fields.pointee.statistics.youngCollections += 1
            fields.pointee.statistics.youngCollected += count
        }
        let took = Clock.monotonicNanoseconds() - began
        if count > 0 {
            if hasWeak { clearWeakReferences(condemned, count, thread) }
            let began = Clock.monotonicNanoseconds()
            breakYoung(condemned, count, thread)
            let ended = Clock.monotonicNanoseconds()
            noteLoss(thread, ended, min(ended - began, fields.pointee.budgetNanoseconds.load(ordering: .relaxed)))
        }
        CollectorRoots.notifyYoung?(thread.raw, false, count, took)
        return (count, took)
    }

    private func clearWeakReferences(_ condemned: UnsafeMutablePointer<UnsafeMutableRawPointer>, _ count: Int, _ thread: ThreadState) {
        for index in 0..<count where ObjectRef(condemned[index]).flags & ObjectFlags.weaklyReferenced != 0 {
            CollectorRoots.clearWeakReferences?(thread.raw, condemned[index], true)
        }
    }

    private func breakYoung(_ condemned: UnsafeMutablePointer<UnsafeMutableRawPointer>, _ count: Int, _ thread: ThreadState) {
        for index in 0..<count {
            let object = ObjectRef(condemned[index])
            WriteBarrier.willBreak(object, thread)
            Collector.drop(object, thread)
        }
        for index in 0..<count {
            let object = ObjectRef(condemned[index])
            // No other thread has got at it, thanks to the flag: nobody else stores here.
            let word = object.sharedWord
            word.pointee.store(word.pointee.load(ordering: .relaxed) & ~SharedFlags.condemned, ordering: .relaxed)
            ReferenceCount.release(object, thread)
        }
    }

    // MARK: In the pause

    /// What is condemned is counted, flagged, and listed in the log.
    private func condemnYoung(
        _ log: BirthLog, _ births: Int, _ thread: ThreadState, _ world: borrowing StoppedWorld
    ) -> (count: Int, hasWeak: Bool) {
        let table = YoungTable(raw: fields.pointee.markers + Collector.youngOffset)
        let candidates = noteCandidates(log, births, thread, table)
        countReferences(table, candidates)
        spreadLife(table, candidates)
        var (count, hasWeak) = (0, false)
        for number in 0..<candidates {
            let object = ObjectRef(table.objects[number])
            let dies = table.lives[number] == 0
            object.local.pointee = table.counts[number] &+ (dies ? 1 : 0)
            if dies {
                log.condemned[count] = object.raw
                count += 1
                if object.flags & ObjectFlags.weaklyReferenced != 0 { hasWeak = true }
                let word = object.sharedWord
                word.pointee.store(word.pointee.load(ordering: .relaxed) | SharedFlags.condemned, ordering: .relaxed)
                if BuildOptions.checksInvariants { continue }
            }
            Arena.colour(of: object.raw).pointee.store(table.colours[number], ordering: .relaxed)
        }
        if BuildOptions.checksInvariants {
            // Every so often: it looks at all objects.
            if count > 0 && fields.pointee.statistics.youngCollections & 7 == 0 { checkVerdict(world, condemned: Colour.young) }
            for number in 0..<candidates where table.lives[number] == 0 {
                Arena.colour(of: table.objects[number]).pointee.store(table.colours[number], ordering: .relaxed)
            }
        }
        return (count, hasWeak)
    }

    private static let fetchedAhead = 16

    /// - Returns: how many there are.
    private func noteCandidates(_ log: BirthLog, _ births: Int, _ thread: ThreadState, _ table: YoungTable) -> Int {
        let arenas = heap.fields.pointee.arenaSet
        let slot = thread.ownerSlot
        var number = 0
        for index in 0..<births {
            let address = log.births[index]
            guard arenas.contains(address) else { continue }
            let colour = Arena.colour(of: address)
            let old = colour.pointee.load(ordering: .relaxed)
            if old == Colour.free || old == Colour.young || old == Colour.frozen { continue }
            // The block that was noted may have become a part of another.
            let pool = Pool.containing(address)
            guard pool.fields.pointee.kind.load(ordering: .relaxed) == UInt8(PoolKind.collectable), pool.block(at: pool.index(of: address)) == address
            else { continue }
            let object = ObjectRef(address)
            let count = object.local.pointee
            guard object.owner == slot, object.sharedWord.pointee.load(ordering: .relaxed) & ~SharedFlags.shared == 0,
                count != 0, count <= UInt32(Int32.max)
            else { continue }
            colour.pointee.store(Colour.young, ordering: .relaxed)
            object.local.pointee = UInt32(number)
            table.objects[number] = address
            table.colours[number] = old
            table.counts[number] = count
            table.inner[number] = 0
            number += 1
        }
        return number
    }

    private func countReferences(_ table: YoungTable, _ candidates: Int) {
        let arenas = heap.fields.pointee.arenaSet
        let buffer = marker(0).fields.pointee.edges
        var visitor = TraceVisitor(visit: { _, _, _ in }, context: raw)
        visitor.countedOnly = true
        visitor.itemLimit = Collector.youngItems
        visitor.edgeLimit = buffer + Marker.edgeCapacity
        var edges = 0
        withUnsafeMutablePointer(to: &visitor) { visitor in
            for number in 0..<candidates {
                let object = ObjectRef(table.objects[number])
                table.firstEdge[number] = UInt32(edges)
                table.lives[number] = 1
                if number &+ Collector.fetchedAhead < candidates { Collector.fetchBuffer(ObjectRef(table.objects[number &+ Collector.fetchedAhead])) }
                if Collector.wantsFinalizer(object) { continue }
                var end = buffer
                if let gathered = Collector.gather(object, buffer) {
                    end = gathered
                } else {
                    visitor.pointee.edge = buffer
                    visitor.pointee.nextItem = 0
                    TypeMemorySlots.of(object).pointee.traverse?(object.raw, UnsafeMutableRawPointer(visitor))
                    end = visitor.pointee.edge.unsafelyUnwrapped
                    if visitor.pointee.nextItem != 0 || end == visitor.pointee.edgeLimit { continue }
                }
                if edges + (end - buffer) > YoungTable.edgeCapacity { continue }
                table.lives[number] = 0
                var edge = buffer
                while edge != end {
                    let address = edge.pointee
                    edge += 1
                    guard arenas.contains(address), Arena.colour(of: address).pointee.load(ordering: .relaxed) == Colour.young else { continue }
                    let referent = ObjectRef(address).local.pointee
                    table.inner[Int(referent)] &+= 1
                    table.edges[edges] = referent
                    edges += 1
                }
            }
        }
        table.firstEdge[candidates] = UInt32(edges)
    }

    /// Who is referred to from elsewhere lives, and all that it refers to.
    private func spreadLife(_ table: YoungTable, _ candidates: Int) {
        var depth = 0
        for number in 0..<candidates {
            if table.lives[number] != 0 || table.counts[number] > table.inner[number] && !FaultInjection.isActive(.ignoreYoungCounts) {
                table.lives[number] = 1
                table.waiting[depth] = UInt32(number)
                depth += 1
            }
        }
        while depth > 0 {
            depth -= 1
            let number = Int(table.waiting[depth])
            for edge in Int(table.firstEdge[number])..<Int(table.firstEdge[number + 1]) {
                let referent = Int(table.edges[edge])
                if table.lives[referent] != 0 { continue }
                table.lives[referent] = 1
                table.waiting[depth] = UInt32(referent)
                depth += 1
            }
        }
    }
}
