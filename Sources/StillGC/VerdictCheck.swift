// In checking builds each verdict is compared with the whole heap: no object that stays, and no frame, may refer to a condemned one.
//
// Why        Most references are counted, and a suspect with a count from outside is rescued. Registers, functions and generators refer uncounted to
//            deferred objects, so that for these only marking and the barrier stand between a reference and freed memory.
// Exempt     objects that are dying (no count left, not deferred): they give their references up.
// Cost       a pause as long as the heap is large.
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import Synchronization

extension Collector {
    /// In the verdict's pause, before anything is condemned.
    func checkVerdict(_ world: borrowing StoppedWorld, condemned: UInt8) {
        guard BuildOptions.checksInvariants, !FaultInjection.isAnyActive else { return }
        fields.pointee.checkedColour = condemned
        for index in 0..<heap.poolCount {
            let pool = heap.pool(at: index)
            guard pool.fields.pointee.kind.load(ordering: .relaxed) == UInt8(PoolKind.collectable) else { continue }
            for block in 0..<Int(pool.fields.pointee.capacity) {
                let colour = pool.colour(at: block).pointee.load(ordering: .relaxed)
                if colour != Colour.free && colour != condemned { checkReferents(ObjectRef(pool.block(at: block))) }
            }
        }
        var visitor = TraceVisitor(visit: Collector.condemnedVisit, context: raw)
        world.forEachThread { other in _ = CollectorRoots.scanFrames?(other.raw, &visitor, CollectorRoots.scanAll) }
    }

    private func checkReferents(_ object: ObjectRef) {
        let word = object.sharedWord.pointee.load(ordering: .relaxed)
        if word & SharedFlags.dead != 0 || (word & (SharedFlags.deferred | SharedFlags.immortal) == 0 && ReferenceCount.count(object) <= 0) { return }
        fields.pointee.checked = object.raw
        fields.pointee.checkedCount = 0
        fields.pointee.checkedSum = 0
        var visitor = TraceVisitor(visit: Collector.condemnedVisit, context: raw)
        visitor.firstItem = 0
        visitor.itemLimit = Int.max
        withUnsafeMutablePointer(to: &visitor) {
            UnsafeMutableRawPointer($0).report(object.typeRaw, false)
            TypeMemorySlots.of(object).pointee.traverse?(object.raw, $0)
        }
        fields.pointee.checked = nil
        checkGathering(object)
    }

    /// What `gather` tells is what `traverse` has just told.
    private func checkGathering(_ object: ObjectRef) {
        let edges = marker(0).fields.pointee.edges
        guard let end = Collector.gather(object, edges) else { return }
        var sum: UInt = 0
        for index in 0..<(end - edges) { sum &+= UInt(bitPattern: edges[index]) }
        if end - edges == fields.pointee.checkedCount && sum == fields.pointee.checkedSum { return }
        stillBug(
            "\(CollectorRoots.describe?(object.raw) ?? "\(object.raw)") gathers \(end - edges) references, but traverses \(fields.pointee.checkedCount), or others")
    }

    private static let condemnedVisit: TraceVisitor.Visit = { visitor, referent, counted in
        let collector = Collector(visitor.trace.pointee.context)
        let object = ObjectRef(referent)
        if counted {
            collector.fields.pointee.checkedCount += 1
            collector.fields.pointee.checkedSum &+= UInt(bitPattern: referent)
        }
        guard object.isCollectable,
            Arena.colour(of: referent).pointee.load(ordering: .relaxed) == collector.fields.pointee.checkedColour
        else { return }
        func name(_ raw: UnsafeMutableRawPointer) -> String { CollectorRoots.describe?(raw) ?? "\(raw)" }
        let holder = collector.fields.pointee.checked
        stillBug(
            "\(name(referent)) is condemned, but \(holder.map(name) ?? "a frame") refers to it, \(counted ? "counted" : "uncounted"); "
                + "its count is \(SharedFlags.count(object.sharedWord.pointee.load(ordering: .relaxed))), \(object.local.pointee) of that from suspects")
    }
}
