// Slices: marking, the walks over suspects, and the verdict, each within a time budget and with the world stopped.
//
// Grey      A grey object is a grey byte and its pool on the heap's grey list, or an address in the mark buckets, whose object may have died since it was
//           noted there (MarkLoop.swift). Only the few containers that are scanned in chunks are counted, like by any native code.
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
            fields.pointee.pacing.start(objects: heap.existingObjects, bytes: heap.existingBufferBytes, born: heap.bornObjects)
            fields.pointee.markedBefore = fields.pointee.statistics.marked
            fields.pointee.bufferBytesFreed = 0
            fields.pointee.white = heap.fields.pointee.birthColour
            fields.pointee.black = Colour.other(heap.fields.pointee.birthColour)
            heap.fields.pointee.birthColour = fields.pointee.black
            heap.fields.pointee.whiteColour = fields.pointee.white
            setBarrier(world, BarrierMode.marking)
            fields.pointee.secondPass = false
            fields.pointee.condemned = 0
            fields.pointee.condemnedShown = 0
            fields.pointee.collectedBefore = fields.pointee.statistics.collected
            enter(.marking)
            var visitor = TraceVisitor(visit: Collector.markVisit, context: raw)
            CollectorRoots.visitInterpreter?(world.interpreter.raw, &visitor)
            world.forEachThread { other in
                _ = CollectorRoots.scanFrames?(other.raw, &visitor, CollectorRoots.scanStart)
            }
        }
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
                    fields.pointee.reached = fields.pointee.statistics.marked - fields.pointee.markedBefore
                    beginFlagging(world)
                case .flagging:
                    if walk(deadline, flag) { enter(.counting) }
                case .counting:
                    let done = walkSuspects(deadline, fetching: .buffers, countReferences)
                    countNoted()
                    if done { enter(.comparing) }
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
            fields.pointee.bucketPeak = max(fields.pointee.bucketPeak, fields.pointee.buckets.total)
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

    /// Notes the object as reachable.
    static let markVisit: TraceVisitor.Visit = { visitor, referent, _ in
        Collector(visitor.trace.pointee.context).makeGrey(ObjectRef(referent))
    }

    func makeGrey(_ object: ObjectRef) {
        guard heap.fields.pointee.arenaSet.contains(object.raw) else { return }
        if !fields.pointee.buckets.push(object.raw) { paintGrey(object) }
    }

    /// For references that found no room in their buckets; they lie in arenas.
    func paintGrey(_ object: ObjectRef) {
        let colour = Arena.colour(of: object.raw)
        let old = colour.pointee.load(ordering: .relaxed)
        // A grey one may come back from the marking loop: its pool is on no list.
        guard old == fields.pointee.white || old == Colour.grey else { return }
        if old != Colour.grey { colour.pointee.store(Colour.grey, ordering: .relaxed) }
        WriteBarrier.listGrey(Pool.containing(object.raw))
    }

    func unflag(_ object: ObjectRef) {
        object.sharedWord.pointee.bitwiseAnd(~SharedFlags.suspect, ordering: .relaxed)
        object.local.pointee = 0
    }
}
