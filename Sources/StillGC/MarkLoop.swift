// The marking loop: how references become black objects at the speed of memory, not of its latency.
//
// Colour first  A reference leads to an object that is black already two times of three. So the colour, a byte for 32, is looked at before the
//           object. What lies in no arena (static types, interned names) is left out by `ArenaSet`.
// Buckets   References found wait in buckets, one for the arenas with the same low bits of their number: what is looked at together then lies in
//           one arena, whose colours the caches hold, and whose addresses the processor has translated.
// Queues    Between leaving its bucket and being looked at, a reference passes a queue of `windowSize` others, while the processor fetches
//           its colour; between becoming black and being scanned, an object passes two more, while its header, then its buffer is fetched
//           (after Cher, Hosking, Vitek: Software prefetching for mark-sweep garbage collection, 2004).
// Between slices  What is left in the buckets when the time is over stays there, as plain addresses. Until the next slice such an object may die, and
//           its block, its pool, its arena may become something else. But births are black, free blocks have colour free, and an arena that
//           is gone is in the set no longer: an address whose colour is white or grey is that of the object that was noted.
//           An object that has become black and is not scanned when the time is over goes back grey.
// Overflow  What finds no room in its bucket is painted grey, its pool is put on the list of grey pools, and the bucket is the next to be emptied.
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import Synchronization

/// References that wait to be marked, by arena.
@usableFromInline struct MarkBuckets {
    /// Powers of two.
    static let count = 256
    /// In checking builds they overflow early.
    static let capacity = BuildOptions.checksInvariants ? 16 : 8192
    /// Some more: the ends of all buckets shall not meet in the same places of the caches.
    static let stride = capacity + 40
    static let bytes = count * stride * 8

    let places: UnsafeMutablePointer<UnsafeMutableRawPointer>
    /// How many are in each, then a bit for each that is not empty.
    let counts: UnsafeMutablePointer<Int>
    static let countBytes = (count + count / 64) * 8
    private var filled: UnsafeMutableRawPointer { UnsafeMutableRawPointer(counts + MarkBuckets.count) }

    @inline(__always) static func number(_ address: UnsafeMutableRawPointer) -> Int { Int(bitPattern: UInt(bitPattern: address) &>> 21) & (count &- 1) }

    /// False: there is no room.
    @inline(__always) func push(_ address: UnsafeMutableRawPointer) -> Bool {
        let bucket = MarkBuckets.number(address)
        let old = counts[bucket]
        if _slowPath(old == MarkBuckets.capacity) { return false }
        places[bucket &* MarkBuckets.stride &+ old] = address
        counts[bucket] = old &+ 1
        if old == 0 {
            let word = filled.assumingMemoryBound(to: UInt64.self) + bucket &>> 6
            word.pointee |= 1 &<< UInt64(truncatingIfNeeded: bucket & 63)
        }
        return true
    }

    /// The last one noted in a bucket. nil: it is empty.
    @inline(__always) func pop(_ bucket: Int) -> UnsafeMutableRawPointer? {
        let left = counts[bucket] &- 1
        if left < 0 { return nil }
        counts[bucket] = left
        if left == 0 {
            let word = filled.assumingMemoryBound(to: UInt64.self) + bucket &>> 6
            word.pointee &= ~(1 &<< UInt64(truncatingIfNeeded: bucket & 63))
        }
        return places[bucket &* MarkBuckets.stride &+ left]
    }

    /// The next bucket that is not empty after this one, in a circle. nil: all are.
    func next(after bucket: Int) -> Int? {
        let words = filled.assumingMemoryBound(to: UInt64.self)
        let (word, bit) = (bucket >> 6, UInt64(bucket & 63))
        let later = words[word] & ~(UInt64.max >> (63 - bit))
        if later != 0 { return word << 6 + later.trailingZeroBitCount }
        for step in 1...MarkBuckets.count / 64 {
            let other = (word + step) & (MarkBuckets.count / 64 - 1)
            if words[other] != 0 { return other << 6 + words[other].trailingZeroBitCount }
        }
        return nil
    }

    /// How many wait.
    var total: Int {
        var total = 0
        for bucket in 0..<MarkBuckets.count { total += counts[bucket] }
        return total
    }
}

extension Collector {
    /// Marks through everything grey. False: the time is over.
    func drain(_ deadline: UInt64) -> Bool {
        let before = fields.pointee.statistics.marked
        var visitor = TraceVisitor(visit: Collector.markVisit, context: raw)
        let done = withUnsafeMutablePointer(to: &visitor) { mark($0, deadline) }
        if fields.pointee.secondPass { fields.pointee.condemned -= fields.pointee.statistics.marked - before }
        return done
    }

    private func mark(_ visitor: UnsafeMutablePointer<TraceVisitor>, _ deadline: UInt64) -> Bool {
        let buckets = fields.pointee.buckets
        let (white, black) = (fields.pointee.white, fields.pointee.black)
        let size = Collector.windowSize
        var references = Window(fields.pointee.window, size)
        var blackened = Window(fields.pointee.window + size, size)
        var filled = Window(fields.pointee.window + 2 * size, size)
        let types = fields.pointee.window + 3 * size
        for index in 0..<Collector.typesRemembered { types[index] = raw }
        visitor.pointee.edgeLimit = fields.pointee.edges + Collector.edgeCapacity
        var bucket = fields.pointee.bucket
        var marked = 0
        var work = 0
        defer {
            fields.pointee.statistics.marked += marked
            fields.pointee.bucket = bucket
        }
        while true {
            work &+= 1
            if _slowPath(work >= 100) {
                work = 0
                if Clock.monotonicNanoseconds() >= deadline {
                    while let object = filled.take() { putBack(object, &marked) }
                    while let object = blackened.take() { putBack(object, &marked) }
                    while let object = references.take() { makeGrey(ObjectRef(object)) }
                    return false
                }
            }
            let found: UnsafeMutableRawPointer
            if let noted = buckets.pop(bucket) {
                prefetch(Arena.colour(of: noted))
                guard let oldest = references.put(noted) else { continue }
                found = oldest
            } else if let next = buckets.next(after: bucket) {
                bucket = next
                continue
            } else if let oldest = references.take() {
                found = oldest
            } else if let object = blackened.take() {
                Collector.fetchBuffer(ObjectRef(object))
                if let next = filled.put(object) { work &+= scan(ObjectRef(next), visitor, types, &bucket) }
                continue
            } else if let object = filled.take() {
                work &+= scan(ObjectRef(object), visitor, types, &bucket)
                continue
            } else if fields.pointee.partialCount > 0 {
                scanOn(fields.pointee.partialCount - 1, visitor, &bucket)
                work &+= 100
                continue
            } else if let pool = takeGreyPool() {
                noteGrey(pool)
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
            if let next = filled.put(due) { work &+= scan(ObjectRef(next), visitor, types, &bucket) }
        }
    }

    /// Puts the references that a scan has found into their buckets. A full one comes next.
    @inline(__always) private func distribute(_ visitor: UnsafeMutablePointer<TraceVisitor>, _ bucket: inout Int) -> Int {
        let buckets = fields.pointee.buckets
        let arenas = heap.fields.pointee.arenaSet
        let first = fields.pointee.edges
        let end = visitor.pointee.edge.unsafelyUnwrapped
        var edge = first
        while edge != end {
            let address = edge.pointee
            if arenas.contains(address) && _slowPath(!buckets.push(address)) {
                paintGrey(ObjectRef(address))
                bucket = MarkBuckets.number(address)
            }
            edge += 1
        }
        return end - first
    }

    /// Black, but not scanned: grey again.
    private func putBack(_ raw: UnsafeMutableRawPointer, _ marked: inout Int) {
        Arena.colour(of: raw).pointee.store(Colour.grey, ordering: .relaxed)
        marked &-= 1
        makeGrey(ObjectRef(raw))
    }

    /// The buffer of an object whose header has come.
    @inline(__always) static func fetchBuffer(_ object: ObjectRef) {
        let slots = TypeMemorySlots.of(object)
        let offset = Int(slots.pointee.bufferOffset)
        if offset == 0 { return }
        guard let buffer = UnsafeRawPointer(bitPattern: object.raw.load(fromByteOffset: offset, as: UInt.self)) else { return }
        prefetch(buffer)
        prefetch(buffer + 40)
        if slots.pointee.bufferLines > 2 {
            prefetch(buffer + 64)
            prefetch(buffer + 128)
            prefetch(buffer + 192)
        }
    }

    private func noteGrey(_ pool: Pool) {
        for index in 0..<Int(pool.fields.pointee.capacity)
        where pool.colour(at: index).pointee.load(ordering: .relaxed) == Colour.grey {
            guard fields.pointee.buckets.push(pool.block(at: index)) else { return WriteBarrier.listGrey(pool) }
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
        _ object: ObjectRef, _ visitor: UnsafeMutablePointer<TraceVisitor>, _ types: UnsafeMutablePointer<UnsafeMutableRawPointer>,
        _ bucket: inout Int
    ) -> Int {
        if object.sharedWord.pointee.load(ordering: .relaxed) & SharedFlags.suspect != 0 { unflag(object) }
        let type = object.typeRaw
        let place = Int(bitPattern: UInt(bitPattern: type) &>> 6) & (Collector.typesRemembered &- 1)
        if types[place] != type {
            types[place] = type
            makeGrey(ObjectRef(type))
        }
        traverse(object, from: 0, Collector.chunkItems, visitor)
        if _slowPath(visitor.pointee.nextItem != 0) { keepPartial(object, visitor, &bucket) }
        return distribute(visitor, &bucket) &>> 3
    }

    @inline(__always)
    private func traverse(_ object: ObjectRef, from item: Int, _ limit: Int, _ visitor: UnsafeMutablePointer<TraceVisitor>) {
        visitor.pointee.edge = fields.pointee.edges
        visitor.pointee.firstItem = item
        visitor.pointee.itemLimit = limit
        visitor.pointee.nextItem = 0
        TypeMemorySlots.of(object).pointee.traverse?(object.raw, UnsafeMutableRawPointer(visitor))
    }

    /// There is more to scan: the container is counted, and scanned on later; at once, if there are too many such.
    private func keepPartial(_ object: ObjectRef, _ visitor: UnsafeMutablePointer<TraceVisitor>, _ bucket: inout Int) {
        if fields.pointee.partialCount + fields.pointee.finishedCount >= Collector.partialCapacity {
            _ = distribute(visitor, &bucket)
            return traverse(object, from: visitor.pointee.nextItem, Int.max, visitor)
        }
        ReferenceCount.retain(object, ThreadState(fields.pointee.threadRaw))
        object.setFlag(ObjectFlags.partlyScanned)
        fields.pointee.partial[fields.pointee.partialCount] = object.raw
        fields.pointee.partialItem[fields.pointee.partialCount] = visitor.pointee.nextItem
        fields.pointee.partialCount += 1
    }

    /// The next chunk of a large container.
    private func scanOn(_ slot: Int, _ visitor: UnsafeMutablePointer<TraceVisitor>, _ bucket: inout Int) {
        let object = ObjectRef(fields.pointee.partial[slot])
        traverse(object, from: fields.pointee.partialItem[slot], Collector.chunkItems, visitor)
        _ = distribute(visitor, &bucket)
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
