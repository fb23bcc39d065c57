// Slices: marking, the walks over suspects, and the verdict, each within a time budget and with the world stopped.
//
// Grey      A grey object is a grey byte and its pool on the heap's grey list. Inside a slice, objects made grey wait on the mark
//           stack; what is left there when the time is over goes back to the list by pool, so that no object pointer
//           survives the slice. The exceptions are the few containers that are scanned in chunks: the collector
//           counts them like any native code.
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import Synchronization

extension Collector {
    /// The pause that begins a collection: white and black change places, the barrier goes on, roots are scanned.
    func start(_ thread: ThreadState) {
        thread.withStoppedWorld(.collectStart) { (world: borrowing StoppedWorld) in
            let heap = self.heap
            fields.pointee.threadRaw = thread.raw
            fields.pointee.allocatedAtStart = allocated
            fields.pointee.white = heap.fields.pointee.birthColour
            fields.pointee.black = Colour.other(heap.fields.pointee.birthColour)
            heap.fields.pointee.birthColour = fields.pointee.black
            heap.fields.pointee.whiteColour = fields.pointee.white
            setFreeCredit(world, 0)
            setBarrier(world, BarrierMode.marking)
            fields.pointee.secondPass = false
            fields.pointee.collectedBefore = fields.pointee.statistics.collected
            enter(.marking)
            var visitor = TraceVisitor(visit: Collector.markVisit, context: raw)
            CollectorRoots.visitInterpreter?(world.interpreter.raw, &visitor)
            world.forEachThread { other in
                _ = CollectorRoots.scanFrames?(other.raw, &visitor, CollectorRoots.scanStart)
            }
            flushMarkStack()
        }
    }

    /// In a pause: whether what dies makes up for what is allocated.
    func setFreeCredit(_ world: borrowing StoppedWorld, _ credit: Int) {
        heap.fields.pointee.freeCredit = credit
        world.forEachThread { ThreadHeap($0).fields.pointee.freeCredit = credit }
    }

    /// In a pause: every thread's barrier and colours.
    func setBarrier(_ world: borrowing StoppedWorld, _ mode: UInt8) {
        let heap = self.heap
        world.interpreter.record.pointee.barrierActive.store(mode, ordering: .relaxed)
        world.forEachThread { other in
            other.barrierActive = mode
            let own = ThreadHeap(other).fields
            own.pointee.birthColour = heap.fields.pointee.birthColour
            own.pointee.whiteColour = heap.fields.pointee.whiteColour
        }
    }

    func slice(_ thread: ThreadState) {
        fields.pointee.threadRaw = thread.raw
        let reason: PauseReason = phase == .verdict ? .collectVerdict : .collectSlice
        thread.withStoppedWorld(reason) { (world: borrowing StoppedWorld) in
            world.setDetail(UInt32(phase.rawValue))
            let deadline = Clock.monotonicNanoseconds() + fields.pointee.budgetNanoseconds.load(ordering: .relaxed)
            fields.pointee.statistics.slices += 1
            let framesDone = scanFrames(world)
            var working = true
            while working && Clock.monotonicNanoseconds() < deadline {
                switch phase {
                case .marking:
                    if !drain(deadline) || !framesDone { working = false; break }
                    beginFlagging(world)
                case .flagging:
                    if walk(deadline, flag) { enter(.counting) }
                case .counting:
                    if walkSuspects(deadline, countReferences) { enter(.comparing) }
                case .comparing:
                    if walkSuspects(deadline, compare) { enter(.verdict) }
                case .verdict:
                    if !drain(deadline) || !framesDone || !findWhite(deadline) { working = false; break }
                    condemn(world)
                    working = false
                default:
                    working = false
                }
            }
            flushMarkStack()
        }
        // Counts of containers that were scanned in chunks; giving one up may run a destructor.
        while fields.pointee.finishedCount > 0 {
            fields.pointee.finishedCount -= 1
            ReferenceCount.release(ObjectRef(fields.pointee.finished[fields.pointee.finishedCount]), thread)
        }
    }

    /// Frames that ran since the last slice, and some more of the old ones. True: none is left unscanned.
    private func scanFrames(_ world: borrowing StoppedWorld) -> Bool {
        var visitor = TraceVisitor(visit: Collector.markVisit, context: raw)
        var all = true
        world.forEachThread { other in
            _ = CollectorRoots.scanFrames?(other.raw, &visitor, CollectorRoots.scanSince)
            if let scan = CollectorRoots.scanFrames, !scan(other.raw, &visitor, CollectorRoots.scanDeeper) { all = false }
        }
        return all
    }

    // MARK: Marking

    static let markVisit: TraceVisitor.Visit = { visitor, referent, _ in
        Collector(visitor.trace.pointee.context).makeGrey(ObjectRef(referent))
    }

    @inline(__always)
    func makeGrey(_ object: ObjectRef) {
        guard object.isCollectable else { return }
        let pool = Pool.containing(object.raw)
        let colour = pool.colour(of: object.raw)
        guard colour.pointee.load(ordering: .relaxed) == fields.pointee.white else { return }
        colour.pointee.store(Colour.grey, ordering: .relaxed)
        if fields.pointee.markCount < Collector.markCapacity {
            fields.pointee.markStack[fields.pointee.markCount] = object.raw
            fields.pointee.markCount += 1
        } else {
            WriteBarrier.listGrey(pool)
        }
    }

    func flushMarkStack() {
        for index in 0..<fields.pointee.markCount {
            WriteBarrier.listGrey(Pool.containing(fields.pointee.markStack[index]))
        }
        fields.pointee.markCount = 0
    }

    /// Marks through everything grey. False: the time is over.
    func drain(_ deadline: UInt64) -> Bool {
        var work = 0
        while true {
            work += 1
            if work & 31 == 0 && Clock.monotonicNanoseconds() >= deadline { return false }
            if fields.pointee.markCount > 0 {
                fields.pointee.markCount -= 1
                let object = ObjectRef(fields.pointee.markStack[fields.pointee.markCount])
                let colour = Pool.containing(object.raw).colour(of: object.raw)
                guard colour.pointee.load(ordering: .relaxed) == Colour.grey else { continue }
                colour.pointee.store(fields.pointee.black, ordering: .relaxed)
                rescue(object)
                fields.pointee.statistics.marked += 1
                scan(object, from: 0, slot: -1)
            } else if fields.pointee.partialCount > 0 {
                let slot = fields.pointee.partialCount - 1
                work += 30
                scan(ObjectRef(fields.pointee.partial[slot]), from: fields.pointee.partialItem[slot], slot: slot)
            } else if let pool = takeGreyPool() {
                let capacity = Int(pool.fields.pointee.capacity)
                for index in 0..<capacity where pool.colours[index].load(ordering: .relaxed) == Colour.grey {
                    guard fields.pointee.markCount < Collector.markCapacity else {
                        WriteBarrier.listGrey(pool)
                        break
                    }
                    fields.pointee.markStack[fields.pointee.markCount] = pool.block(at: index)
                    fields.pointee.markCount += 1
                }
            } else {
                return true
            }
        }
    }

    /// Ordering: W2.
    private func takeGreyPool() -> Pool? {
        // Only the collector takes pools, and in a pause nobody adds any.
        let head = heap.greyPools.pointee.load(ordering: .acquiring)
        guard let raw = UnsafeMutableRawPointer(bitPattern: head) else { return nil }
        let pool = Pool(raw)
        heap.greyPools.pointee.store(pool.fields.pointee.nextGrey.load(ordering: .relaxed), ordering: .relaxed)
        pool.fields.pointee.greyListed.store(0, ordering: .releasing)
        return pool
    }

    /// A former suspect is counted like any object again.
    @inline(__always)
    private func rescue(_ object: ObjectRef) {
        if object.sharedWord.pointee.load(ordering: .relaxed) & SharedFlags.suspect != 0 { unflag(object) }
    }
    func unflag(_ object: ObjectRef) {
        object.sharedWord.pointee.bitwiseAnd(~SharedFlags.suspect, ordering: .relaxed)
        object.local.pointee = 0
    }

    /// Visits an object's references; large containers in chunks.
    private func scan(_ object: ObjectRef, from first: Int, slot: Int) {
        var visitor = TraceVisitor(visit: Collector.markVisit, context: raw)
        visitor.firstItem = first
        visitor.itemLimit = Collector.chunkItems
        if slot < 0 && fields.pointee.partialCount + fields.pointee.finishedCount >= Collector.partialCapacity {
            visitor.itemLimit = Int.max
        }
        if slot < 0 { makeGrey(ObjectRef(object.typeRaw)) }
        TypeMemorySlots.of(object).pointee.traverse?(object.raw, &visitor)
        if visitor.nextItem != 0 {
            if slot >= 0 {
                fields.pointee.partialItem[slot] = visitor.nextItem
            } else {
                ReferenceCount.retain(object, ThreadState(fields.pointee.threadRaw))
                object.setFlag(ObjectFlags.partlyScanned)
                fields.pointee.partial[fields.pointee.partialCount] = object.raw
                fields.pointee.partialItem[fields.pointee.partialCount] = visitor.nextItem
                fields.pointee.partialCount += 1
            }
        } else if slot >= 0 {
            object.clearFlag(ObjectFlags.partlyScanned)
            fields.pointee.partialCount -= 1
            let last = fields.pointee.partialCount
            fields.pointee.partial[slot] = fields.pointee.partial[last]
            fields.pointee.partialItem[slot] = fields.pointee.partialItem[last]
            fields.pointee.finished[fields.pointee.finishedCount] = object.raw
            fields.pointee.finishedCount += 1
        }
    }
}
