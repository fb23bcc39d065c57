// Slices: marking, the walks over suspects, and the verdict, each within a time budget and with the world stopped.
//
// Grey      A grey object is a grey byte, and an address on the mark stack or its pool on the heap's grey list; it may die while it waits there
//           (MarkLoop.swift). Only the few containers that are scanned in chunks are counted, like by any native code.
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
            fields.pointee.bufferBytesFreed.store(0, ordering: .relaxed)
            fields.pointee.spentNanoseconds.store(0, ordering: .relaxed)
            fields.pointee.white = heap.fields.pointee.birthColour
            fields.pointee.black = Colour.other(heap.fields.pointee.birthColour)
            heap.fields.pointee.birthColour = fields.pointee.black
            heap.fields.pointee.whiteColour = fields.pointee.white
            setBarrier(world, BarrierMode.marking)
            fields.pointee.secondPass = false
            fields.pointee.condemned = 0
            fields.pointee.condemnedShown.store(0, ordering: .relaxed)
            fields.pointee.collectedBefore = fields.pointee.statistics.collected
            enter(.marking)
            var visitor = TraceVisitor(visit: Marker.visit, context: marker(0).raw)
            CollectorRoots.visitInterpreter?(world.interpreter.raw, &visitor)
            world.forEachThread { other in
                _ = scanFrames(of: other, &visitor, CollectorRoots.scanStart)
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
        if phase == .marking { thread.expectHelp(Marker.helpers) }
        thread.withStoppedWorld(reason) { (world: borrowing StoppedWorld) in
            world.setDetail(UInt32(phase.rawValue))
            let began = Clock.monotonicNanoseconds()
            let deadline = began + fields.pointee.budgetNanoseconds.load(ordering: .relaxed)
            defer { noteLoss(world, since: began) }
            fields.pointee.statistics.slices += 1
            let framesDone = scanFrames(world)
            var working = true
            while working && Clock.monotonicNanoseconds() < deadline {
                let before = phase
                defer {
                    // In checking builds each phase has slices of its own: what threads do between them must not matter.
                    if BuildOptions.checksInvariants && phase != before { working = false }
                }
                switch before {
                case .marking:
                    if !drain(deadline, world) || !framesDone { working = false; break }
                    fields.pointee.reached = fields.pointee.statistics.marked - fields.pointee.markedBefore
                    beginFlagging(world)
                case .flagging:
                    if flagSuspects(deadline) { enter(.comparing) }
                case .comparing:
                    if walkSuspects(deadline, compare) { enter(.verdict) }
                case .verdict:
                    if !drain(deadline, world) || !framesDone || !findWhite(deadline) { working = false; break }
                    condemn(world)
                    working = false
                default:
                    working = false
                }
            }
        }
        thread.expectHelp(0)
        // Counts of containers that were scanned in chunks; giving one up may run a destructor.
        while fields.pointee.finishedCount > 0 {
            fields.pointee.finishedCount -= 1
            ReferenceCount.release(ObjectRef(fields.pointee.finished[fields.pointee.finishedCount]), thread)
        }
    }

    /// Frames that ran since the last slice, and some more of the old ones. True: none is left unscanned.
    private func scanFrames(_ world: borrowing StoppedWorld) -> Bool {
        var visitor = TraceVisitor(visit: Marker.visit, context: marker(0).raw)
        var all = true
        world.forEachThread { other in
            _ = scanFrames(of: other, &visitor, CollectorRoots.scanSince)
            if !scanFrames(of: other, &visitor, CollectorRoots.scanDeeper) { all = false }
        }
        return all
    }

    private func scanFrames(of thread: ThreadState, _ visitor: UnsafeMutableRawPointer, _ part: Int) -> Bool {
        if FaultInjection.isActive(.skipFrames) { return true }
        return CollectorRoots.scanFrames?(thread.raw, visitor, part) ?? true
    }

    // MARK: Marking

    /// White becomes grey, and waits. The busy thread, in a pause.
    func makeGrey(_ object: ObjectRef) { marker(0).makeGrey(object) }

    func unflag(_ object: ObjectRef) {
        object.sharedWord.pointee.bitwiseAnd(~SharedFlags.suspect, ordering: .relaxed)
        object.local.pointee = 0
    }
}
