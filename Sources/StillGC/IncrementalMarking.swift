// Slices: marking, the walks over suspects, and the verdict, each within a time budget and with the world stopped.
//
// Grey      A grey object is a grey byte and its pool on the heap's grey list. Inside a slice, references found wait on the mark stack,
//           unseen; what is left there when the time is over is painted grey, so that no object pointer survives the slice. The
//           exceptions are the few containers that are scanned in chunks: the collector counts them like any native code.
// Window    Between leaving the stack and being looked at, a reference passes a queue of `windowSize` others, while the processor fetches
//           its header and its colour; between becoming black and being scanned, an object passes another, while its buffer is fetched
//           (after Cher, Hosking, Vitek: Software prefetching for mark-sweep garbage collection, 2004).
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
            flushMarkStack()
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
            if phase != .marking { flushMarkStack() }  // counting uses the stack
            var working = true
            while working && Clock.monotonicNanoseconds() < deadline {
                switch phase {
                case .marking:
                    if !drain(deadline) || !framesDone { working = false; break }
                    fields.pointee.reached = fields.pointee.statistics.marked - fields.pointee.markedBefore
                    beginFlagging(world)
                case .flagging:
                    if walk(deadline, flag) {
                        flushMarkStack()
                        enter(.counting)
                    }
                case .counting:
                    let done = walkSuspects(deadline, countReferences)
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

    /// Notes the object as reachable.
    static let markVisit: TraceVisitor.Visit = { visitor, referent, _ in
        Collector(visitor.trace.pointee.context).makeGrey(ObjectRef(referent))
    }

    /// For references that found no room on the mark stack.
    private static let paintVisit: TraceVisitor.Visit = { visitor, referent, _ in
        Collector(visitor.trace.pointee.context).paintGrey(ObjectRef(referent))
    }

    func makeGrey(_ object: ObjectRef) {
        if fields.pointee.markCount < Collector.markCapacity {
            fields.pointee.markStack[fields.pointee.markCount] = object.raw
            fields.pointee.markCount += 1
        } else {
            paintGrey(object)
        }
    }

    private func paintGrey(_ object: ObjectRef) {
        guard object.isCollectable else { return }
        let colour = Arena.colour(of: object.raw)
        let old = colour.pointee.load(ordering: .relaxed)
        // A grey one may come back from the mark stack: its pool has left the list.
        guard old == fields.pointee.white || old == Colour.grey else { return }
        if old != Colour.grey { colour.pointee.store(Colour.grey, ordering: .relaxed) }
        WriteBarrier.listGrey(Pool.containing(object.raw))
    }

    func flushMarkStack() {
        let stack = fields.pointee.markStack
        let count = fields.pointee.markCount
        for index in 0..<count {
            Collector.fetch(stack[min(index + 8, count - 1)])
            paintGrey(ObjectRef(stack[index]))
        }
        fields.pointee.markCount = 0
    }

    @inline(__always) static func fetch(_ object: UnsafeMutableRawPointer) {
        prefetch(object)
        prefetch(Arena.colour(of: object))
    }

    /// Marks through everything grey. False: the time is over.
    func drain(_ deadline: UInt64) -> Bool {
        var references = Window(fields.pointee.window, Collector.windowSize)
        var unscanned = Window(fields.pointee.window + Collector.windowSize, Collector.windowSize)
        var work = 0
        while true {
            work += 1
            if work & 63 == 0 && Clock.monotonicNanoseconds() >= deadline {
                while let object = unscanned.take() { scan(ObjectRef(object), from: 0, slot: -1) }
                while let object = references.take() { makeGrey(ObjectRef(object)) }
                return false
            }
            var waited: UnsafeMutableRawPointer?
            if fields.pointee.markCount > 0 {
                fields.pointee.markCount -= 1
                let found = fields.pointee.markStack[fields.pointee.markCount]
                Collector.fetch(found)
                waited = references.put(found)
                if waited == nil { continue }
            } else {
                waited = references.take()
            }
            if let object = waited {
                if mark(ObjectRef(object)), let next = unscanned.put(object) { scan(ObjectRef(next), from: 0, slot: -1) }
            } else if let object = unscanned.take() {
                scan(ObjectRef(object), from: 0, slot: -1)
            } else if fields.pointee.partialCount > 0 {
                let slot = fields.pointee.partialCount - 1
                work |= 63
                scan(ObjectRef(fields.pointee.partial[slot]), from: fields.pointee.partialItem[slot], slot: slot)
            } else if let pool = takeGreyPool() {
                for index in 0..<Int(pool.fields.pointee.capacity)
                where pool.colour(at: index).pointee.load(ordering: .relaxed) == Colour.grey {
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

    /// White or grey becomes black. False: it was neither.
    @inline(__always)
    private func mark(_ object: ObjectRef) -> Bool {
        guard object.isCollectable else { return false }
        let colour = Arena.colour(of: object.raw)
        let old = colour.pointee.load(ordering: .relaxed)
        guard old == fields.pointee.white || old == Colour.grey else { return false }
        colour.pointee.store(fields.pointee.black, ordering: .relaxed)
        rescue(object)
        if fields.pointee.secondPass { fields.pointee.condemned -= 1 }
        fields.pointee.statistics.marked += 1
        let offset = TypeMemorySlots.of(object).pointee.bufferOffset
        if offset != 0, let buffer = UnsafeRawPointer(bitPattern: object.raw.load(fromByteOffset: offset, as: UInt.self)) {
            prefetch(buffer)
            prefetch(buffer + 64)
        }
        return true
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
        guard object.sharedWord.pointee.load(ordering: .relaxed) & SharedFlags.suspect != 0 else { return }
        unflag(object)
    }
    func unflag(_ object: ObjectRef) {
        object.sharedWord.pointee.bitwiseAnd(~SharedFlags.suspect, ordering: .relaxed)
        object.local.pointee = 0
    }

    /// Visits an object's references; large containers in chunks.
    private func scan(_ object: ObjectRef, from first: Int, slot: Int) {
        var visitor = TraceVisitor(visit: Collector.paintVisit, context: raw)
        visitor.firstItem = first
        visitor.itemLimit = Collector.chunkItems
        if slot < 0 && fields.pointee.partialCount + fields.pointee.finishedCount >= Collector.partialCapacity {
            visitor.itemLimit = Int.max
        }
        if slot < 0 {
            let type = ObjectRef(object.typeRaw)
            if type.isCollectable && Arena.colour(of: type.raw).pointee.load(ordering: .relaxed) == fields.pointee.white { makeGrey(type) }
        }
        let stack = fields.pointee.markStack
        visitor.edge = stack + fields.pointee.markCount
        visitor.edgeLimit = stack + Collector.markCapacity
        TypeMemorySlots.of(object).pointee.traverse?(object.raw, &visitor)
        fields.pointee.markCount = visitor.edge! - stack
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

/// A queue of a power of two places in the collector's memory.
private struct Window {
    let places: UnsafeMutablePointer<UnsafeMutableRawPointer>
    let mask: Int
    var first = 0
    var count = 0

    @inline(__always) init(_ places: UnsafeMutablePointer<UnsafeMutableRawPointer>, _ size: Int) {
        self.places = places
        mask = size - 1
    }
    /// - Returns: the oldest, if the queue was full.
    @inline(__always) mutating func put(_ item: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
        if count <= mask {
            places[(first &+ count) & mask] = item
            count &+= 1
            return nil
        }
        let oldest = places[first]
        places[first] = item
        first = (first &+ 1) & mask
        return oldest
    }
    @inline(__always) mutating func take() -> UnsafeMutableRawPointer? {
        if count == 0 { return nil }
        let oldest = places[first]
        first = (first &+ 1) & mask
        count &-= 1
        return oldest
    }
}
