// One thread's part in marking: a queue of grey objects, and the memory that its batches need.
//
// Who       Marker 0 is the busy thread's. The others belong to threads that the pause has stopped and that spin for its end: they have nothing better
//           to do (`StoppedWorld.offerHelp`). Nobody waits for one that sleeps or is detached.
// Work      Each marks from its own queue. Who has run out says that it is `hungry`; who sees that, and has enough, puts a part of its queue into
//           the handoff. When the busy thread has run out, and so has everybody else, or when the time is over, it calls the helpers off and waits
//           for them: a batch each. What is left on their queues stays there until it takes them over (`adopt`).
// Shared    Colours. Several markers may find the same white object at once: both make it grey, both push it. Which of them scans it is decided by a
//           compare-and-swap from grey to black when it leaves a queue. Only what is white is written: a colour that somebody else has just
//           changed is never written back.
// Ordering  (M1) the offer releases to the helper all that the stopped threads and the busy thread have written; the end of the help releases to the
//           busy thread all that the helper has written. Colours are relaxed. (M2) `handoffLock` guards the handoff, `partialLock` the table of
//           large containers; the counts are hints outside of them. `taken` is exchanged with acquire and given back with release.
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import Synchronization

/// Grey objects that wait to be scanned, in a ring.
struct MarkQueue {
    let places: UnsafeMutablePointer<UnsafeMutableRawPointer>
    /// One less than its capacity, a power of two.
    let mask: Int
    /// Where the oldest one is and the next one goes, without the mask.
    var first = 0
    var end = 0
    @inline(__always) var count: Int { end &- first }

    init(_ raw: UnsafeMutableRawPointer, capacity: Int) {
        places = raw.assumingMemoryBound(to: UnsafeMutableRawPointer.self)
        mask = capacity - 1
    }

    /// False: there is no room.
    @inline(__always) mutating func push(_ address: UnsafeMutableRawPointer) -> Bool {
        if _slowPath(count > mask) { return false }
        places[end & mask] = address
        end &+= 1
        return true
    }
}

struct Marker {
    let raw: UnsafeMutableRawPointer

    struct Fields: ~Copyable {
        /// Never accessed: see `CollectorFields`.
        let base: UInt64
        /// 1: a helper has it, or the busy thread looks at its queue.
        let taken: Atomic<UInt32>
        let collector: UnsafeMutableRawPointer
        var queue: MarkQueue
        var marked: Int
        /// Most that waited at the end of a slice of the present collection.
        var peak: Int
        let batch: UnsafeMutablePointer<UnsafeMutableRawPointer>
        /// Types that it has noted.
        let types: UnsafeMutablePointer<UnsafeMutableRawPointer>
        let edges: UnsafeMutablePointer<UnsafeMutableRawPointer>
        /// Where the colours of these lie.
        let colours: UnsafeMutablePointer<UnsafeMutableRawPointer>
    }
    @inline(__always) var fields: UnsafeMutablePointer<Fields> { raw.assumingMemoryBound(to: Fields.self) }
    @inline(__always) var collector: Collector { Collector(fields.pointee.collector) }

    /// Where a colour is written to that is not to be changed.
    @inline(__always) var unusedColour: UnsafeMutableRawPointer { raw + 128 }
    @inline(__always) var visitor: UnsafeMutablePointer<TraceVisitor> { (raw + 160).assumingMemoryBound(to: TraceVisitor.self) }

    // MARK: Memory

    /// Stopped threads that may mark along. One processor is left to the rest of the system: a helper that loses its own holds up the pause. Checking
    /// builds have helpers on two processors, too.
    static let helpers = max(0, min(OSThread.processorCount - (BuildOptions.checksInvariants ? 1 : 2), 7))
    /// The busy thread's and its helpers'.
    static let most = 1 + helpers
    /// Places of a queue, a power of two. In checking builds it overflows early.
    static let capacity = BuildOptions.checksInvariants ? 64 : 1 << 21
    /// Objects are scanned in the order in which they were found as long as no more than these wait: see MarkLoop.swift.
    static let inOrder = capacity / 4 * 3
    static let handoffCapacity = 512
    static let batchSize = 32
    static let edgeCapacity = 2048
    /// A power of two.
    static let typesRemembered = 8

    private static let fieldBytes = 256
    private static let queueBytes = max(4096, capacity * 8)
    private static let recordBytes = (fieldBytes + (batchSize + typesRemembered + 2 * edgeCapacity) * 8 + 4095) / 4096 * 4096
    /// All markers with their queues, then the handoff.
    static let totalBytes = most * (recordBytes + queueBytes) + handoffCapacity * 8
    static let handoffOffset = totalBytes - handoffCapacity * 8

    /// In `totalBytes` of zeroed memory.
    static func makeAll(in memory: UnsafeMutableRawPointer, _ collector: UnsafeMutableRawPointer) {
        for number in 0..<most {
            let raw = memory + number * recordBytes
            let own = (raw + fieldBytes).assumingMemoryBound(to: UnsafeMutableRawPointer.self)
            let queue = memory + most * recordBytes + number * queueBytes
            raw.assumingMemoryBound(to: Fields.self).initialize(
                to: Fields(
                    base: 0, taken: Atomic(number == 0 ? 1 : 0), collector: collector, queue: MarkQueue(queue, capacity: capacity),
                    marked: 0, peak: 0, batch: own, types: own + batchSize, edges: own + batchSize + typesRemembered,
                    colours: own + batchSize + typesRemembered + edgeCapacity))
        }
    }
    static func number(_ number: Int, in memory: UnsafeMutableRawPointer) -> Marker { Marker(raw: memory + number * recordBytes) }

    /// At the end of a collection: gives the pages back if far more waited than is usual for so many objects.
    func trim(reached: Int) {
        if fields.pointee.peak > max(1 << 17, reached / 2) {
            VirtualMemory.decommit(UnsafeMutableRawPointer(fields.pointee.queue.places), bytes: Marker.queueBytes)
        }
        fields.pointee.peak = 0
    }

    // MARK: Grey

    /// White becomes grey, and waits.
    @inline(__always) func makeGrey(_ object: ObjectRef) {
        guard collector.heap.fields.pointee.arenaSet.contains(object.raw) else { return }
        let colour = Arena.colour(of: object.raw)
        guard colour.pointee.load(ordering: .relaxed) == collector.fields.pointee.white else { return }
        colour.pointee.store(Colour.grey, ordering: .relaxed)
        if !fields.pointee.queue.push(object.raw) { WriteBarrier.listGrey(Pool.containing(object.raw)) }
    }

    static let visit: TraceVisitor.Visit = { visitor, referent, _ in
        Marker(raw: visitor.trace.pointee.context).makeGrey(ObjectRef(referent))
    }

    // MARK: Sharing

    /// Gives some of the queue to those who have run out. M2
    @inline(never) func feed() {
        let shared = collector.fields
        let waiting = fields.pointee.queue.count
        guard waiting >= 4 * Marker.batchSize, shared.pointee.handoffLock.compareExchange(expected: 0, desired: 1, ordering: .acquiring).exchanged
        else { return }
        if shared.pointee.handoffCount.load(ordering: .relaxed) == 0 {
            let count = min(waiting / 2, Marker.handoffCapacity)
            fields.pointee.queue.end -= count
            let queue = fields.pointee.queue
            for index in 0..<count { shared.pointee.handoff[index] = queue.places[(queue.end &+ index) & queue.mask] }
            shared.pointee.handoffCount.store(count, ordering: .relaxed)
        }
        shared.pointee.handoffLock.store(0, ordering: .releasing)
    }

    /// Takes what is in the handoff; the queue is empty. False: nothing is. M2
    func takeHandoff() -> Bool {
        let shared = collector.fields
        guard shared.pointee.handoffCount.load(ordering: .relaxed) > 0,
            shared.pointee.handoffLock.compareExchange(expected: 0, desired: 1, ordering: .acquiring).exchanged
        else { return false }
        let count = shared.pointee.handoffCount.load(ordering: .relaxed)
        let taken = min(count, Marker.capacity)
        fields.pointee.queue.places.update(from: shared.pointee.handoff + (count - taken), count: taken)
        fields.pointee.queue.first = 0
        fields.pointee.queue.end = taken
        shared.pointee.handoffCount.store(count - taken, ordering: .relaxed)
        shared.pointee.handoffLock.store(0, ordering: .releasing)
        return taken > 0
    }

    /// A helper's part, from the wait for the end of a pause.
    static let help: @convention(c) (UnsafeMutableRawPointer) -> Void = { raw in
        let collector = Collector(raw)
        for number in 1..<max(Marker.most, 2) where number < Marker.most {
            let marker = collector.marker(number)
            if marker.fields.pointee.taken.exchange(1, ordering: .acquiring) != 0 { continue }
            collector.fields.pointee.helpers.wrappingAdd(1, ordering: .relaxed)
            marker.markUntilCalledOff()
            collector.fields.pointee.helpers.wrappingSubtract(1, ordering: .relaxed)
            marker.fields.pointee.taken.store(0, ordering: .releasing)
            return
        }
    }

    private func markUntilCalledOff() {
        let shared = collector.fields
        while true {
            mark(shared.pointee.sliceDeadline, shares: true, isHelper: true)
            if shared.pointee.calledOff.load(ordering: .relaxed) != 0 || fields.pointee.queue.count > 0 { return }
            shared.pointee.hungry.wrappingAdd(1, ordering: .relaxed)
            var isFed = false
            while !isFed && shared.pointee.calledOff.load(ordering: .relaxed) == 0 {
                cpuRelax()
                isFed = takeHandoff()
            }
            shared.pointee.hungry.wrappingSubtract(1, ordering: .relaxed)
            if !isFed { return }
        }
    }
}
