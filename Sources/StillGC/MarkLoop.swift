// The marking loop: how references become black objects at the speed of memory, not of its latency.
//
// Colour first  A reference leads to an object that is black already two times of three. So the colour, a byte for 32, is looked at before the
//           object: of a million objects all colours lie in the caches. What lies in no arena (static types, interned names) is left out by
//           `ArenaSet`.
// Queues    Between leaving the stack and being looked at, a reference passes a queue of `windowSize` others, while the processor fetches
//           its colour; between becoming black and being scanned, an object passes two more, while its header, then its buffer is fetched
//           (after Cher, Hosking, Vitek: Software prefetching for mark-sweep garbage collection, 2004).
// Stack     What is left on the mark stack when the time is over stays there, as plain addresses. Until the next slice such an object may die, and
//           its block, its pool, its arena may become something else. But births are black, free blocks have colour free, and an arena that
//           is gone is in the set no longer: an address whose colour is white or grey is that of the object that was noted.
//           An object that has become black and is not scanned when the time is over goes back grey.
// Overflow  What finds no room on the stack is painted grey, and its pool is put on the list of grey pools.
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import Synchronization

extension Collector {
    /// Marks through everything grey. False: the time is over.
    func drain(_ deadline: UInt64) -> Bool {
        let stack = fields.pointee.markStack
        var visitor = TraceVisitor(visit: Collector.paintVisit, context: raw)
        visitor.edge = stack + fields.pointee.markCount
        visitor.edgeLimit = stack + Collector.markCapacity
        let before = fields.pointee.statistics.marked
        let done = withUnsafeMutablePointer(to: &visitor) { mark($0, deadline) }
        fields.pointee.markCount = visitor.edge! - stack
        if fields.pointee.secondPass { fields.pointee.condemned -= fields.pointee.statistics.marked - before }
        return done
    }

    /// The loop. The mark stack ends at the visitor's next edge.
    private func mark(_ visitor: UnsafeMutablePointer<TraceVisitor>, _ deadline: UInt64) -> Bool {
        let stack = fields.pointee.markStack
        let arenas = heap.fields.pointee.arenaSet
        let (white, black) = (fields.pointee.white, fields.pointee.black)
        let size = Collector.windowSize
        var references = Window(fields.pointee.window, size)
        var blackened = Window(fields.pointee.window + size, size)
        var filled = Window(fields.pointee.window + 2 * size, size)
        var lastType: UnsafeMutableRawPointer?
        var marked = 0
        var work = 0
        defer { fields.pointee.statistics.marked += marked }
        while true {
            work &+= 1
            if _slowPath(work >= 100) {
                work = 0
                if Clock.monotonicNanoseconds() >= deadline {
                    while let object = filled.take() { putBack(object, visitor, &marked) }
                    while let object = blackened.take() { putBack(object, visitor, &marked) }
                    while let object = references.take() { push(object, visitor) }
                    return false
                }
            }
            let found: UnsafeMutableRawPointer
            let top = visitor.pointee.edge.unsafelyUnwrapped
            if _fastPath(top != stack) {
                let noted = (top - 1).pointee
                visitor.pointee.edge = top - 1
                guard arenas.contains(noted) else { continue }
                prefetch(Arena.colour(of: noted))
                guard let oldest = references.put(noted) else { continue }
                found = oldest
            } else if let oldest = references.take() {
                found = oldest
            } else if let object = blackened.take() {
                Collector.fetchBuffer(ObjectRef(object))
                if let next = filled.put(object) { work &+= scan(ObjectRef(next), visitor, &lastType) }
                continue
            } else if let object = filled.take() {
                work &+= scan(ObjectRef(object), visitor, &lastType)
                continue
            } else if fields.pointee.partialCount > 0 {
                let slot = fields.pointee.partialCount - 1
                scanOn(slot, visitor)
                work &+= 100
                continue
            } else if let pool = takeGreyPool() {
                pushGrey(pool, visitor)
                continue
            } else {
                return true
            }
            let colour = Arena.colour(of: found)
            let old = colour.pointee.load(ordering: .relaxed)
            guard old == white || old == Colour.grey else { continue }
            colour.pointee.store(black, ordering: .relaxed)
            marked &+= 1
            prefetch(found)
            prefetch(found + 40)
            guard let due = blackened.put(found) else { continue }
            Collector.fetchBuffer(ObjectRef(due))
            if let next = filled.put(due) { work &+= scan(ObjectRef(next), visitor, &lastType) }
        }
    }

    @inline(__always) private func push(_ raw: UnsafeMutableRawPointer, _ visitor: UnsafeMutablePointer<TraceVisitor>) {
        let top = visitor.pointee.edge.unsafelyUnwrapped
        guard top != visitor.pointee.edgeLimit else { return paintGrey(ObjectRef(raw)) }
        top.pointee = raw
        visitor.pointee.edge = top + 1
    }

    /// Black, but not scanned: grey again.
    private func putBack(_ raw: UnsafeMutableRawPointer, _ visitor: UnsafeMutablePointer<TraceVisitor>, _ marked: inout Int) {
        Arena.colour(of: raw).pointee.store(Colour.grey, ordering: .relaxed)
        marked &-= 1
        push(raw, visitor)
    }

    /// The buffer of an object whose header has come.
    @inline(__always) static func fetchBuffer(_ object: ObjectRef) {
        let slots = TypeMemorySlots.of(object)
        let offset = Int(slots.pointee.bufferOffset)
        if offset == 0 { return }
        guard let buffer = UnsafeRawPointer(bitPattern: object.raw.load(fromByteOffset: offset, as: UInt.self)) else { return }
        prefetch(buffer)
        if slots.pointee.bufferLines > 2 {
            prefetch(buffer + 64)
            prefetch(buffer + 128)
            prefetch(buffer + 192)
        }
    }

    private func pushGrey(_ pool: Pool, _ visitor: UnsafeMutablePointer<TraceVisitor>) {
        for index in 0..<Int(pool.fields.pointee.capacity)
        where pool.colour(at: index).pointee.load(ordering: .relaxed) == Colour.grey {
            guard visitor.pointee.edge != visitor.pointee.edgeLimit else { return WriteBarrier.listGrey(pool) }
            push(pool.block(at: index), visitor)
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

    // MARK: Scanning

    /// Visits a black object's references; the first chunk of a large container. A former suspect is counted like any object again.
    ///
    /// - Returns: work beyond the ordinary.
    @inline(__always)
    private func scan(
        _ object: ObjectRef, _ visitor: UnsafeMutablePointer<TraceVisitor>, _ lastType: inout UnsafeMutableRawPointer?
    ) -> Int {
        let top = visitor.pointee.edge.unsafelyUnwrapped
        if object.sharedWord.pointee.load(ordering: .relaxed) & SharedFlags.suspect != 0 { unflag(object) }
        let type = object.typeRaw
        if type != lastType {
            lastType = type
            push(type, visitor)
        }
        visitor.pointee.firstItem = 0
        visitor.pointee.itemLimit = Collector.chunkItems
        visitor.pointee.nextItem = 0
        TypeMemorySlots.of(object).pointee.traverse?(object.raw, UnsafeMutableRawPointer(visitor))
        if _slowPath(visitor.pointee.nextItem != 0) { keepPartial(object, visitor) }
        return (visitor.pointee.edge.unsafelyUnwrapped - top) &>> 3
    }

    /// There is more to scan: the container is counted, and scanned on later; at once, if there are too many such.
    private func keepPartial(_ object: ObjectRef, _ visitor: UnsafeMutablePointer<TraceVisitor>) {
        if fields.pointee.partialCount + fields.pointee.finishedCount >= Collector.partialCapacity {
            visitor.pointee.firstItem = visitor.pointee.nextItem
            visitor.pointee.itemLimit = Int.max
            visitor.pointee.nextItem = 0
            TypeMemorySlots.of(object).pointee.traverse?(object.raw, UnsafeMutableRawPointer(visitor))
            return
        }
        ReferenceCount.retain(object, ThreadState(fields.pointee.threadRaw))
        object.setFlag(ObjectFlags.partlyScanned)
        fields.pointee.partial[fields.pointee.partialCount] = object.raw
        fields.pointee.partialItem[fields.pointee.partialCount] = visitor.pointee.nextItem
        fields.pointee.partialCount += 1
    }

    /// The next chunk of a large container.
    private func scanOn(_ slot: Int, _ visitor: UnsafeMutablePointer<TraceVisitor>) {
        let object = ObjectRef(fields.pointee.partial[slot])
        visitor.pointee.firstItem = fields.pointee.partialItem[slot]
        visitor.pointee.itemLimit = Collector.chunkItems
        visitor.pointee.nextItem = 0
        TypeMemorySlots.of(object).pointee.traverse?(object.raw, UnsafeMutableRawPointer(visitor))
        if visitor.pointee.nextItem != 0 {
            fields.pointee.partialItem[slot] = visitor.pointee.nextItem
            return
        }
        object.clearFlag(ObjectFlags.partlyScanned)
        fields.pointee.partialCount -= 1
        let last = fields.pointee.partialCount
        fields.pointee.partial[slot] = fields.pointee.partial[last]
        fields.pointee.partialItem[slot] = fields.pointee.partialItem[last]
        fields.pointee.finished[fields.pointee.finishedCount] = object.raw
        fields.pointee.finishedCount += 1
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
