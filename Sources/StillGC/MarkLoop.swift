// The marking loop: how grey objects become black ones at the speed of memory, not of its latency.
//
// Queue     Grey objects wait in queues (Marker.swift), as plain addresses. What is not white when a reference to it is found is never pushed.
// Order     They are scanned in the order in which they were found: what one container refers to was often made in one go, and lies together. Too wide a
//           front would not fit into the queue, so from `inOrder` on those are next that were found last.
// Batches   A few objects are taken from a queue at a time. In turn their colours and headers, their buffers, and the colours of all they refer to
//           are fetched for the whole batch before the first of it is looked at, so that the processor waits once, not for each.
// Branches  Whether a reference leads to a white object is decided like a coin toss; so nothing branches on it: everything is written to the
//           place of the next, which moves on or stays.
// Types     are noted when an object is scanned, but for the few that were noted just before.
// Between slices  What is left in a queue when the time is over stays there. Until the next slice such an object may die, and its block, its pool, its
//           arena may become something else. But births are black, free blocks have colour free, and an arena that is gone is in the set no
//           longer: an address whose colour is grey is that of the object that was noted.
// Overflow  What finds no room is painted grey all the same, and its pool put on the list of grey pools, like what mutators shade. When its queue is
//           empty, the busy thread pushes the grey objects of such a pool: those that were in a queue before are taken twice, and found black.
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import Synchronization

extension Collector {
    func marker(_ number: Int) -> Marker { Marker.number(number, in: fields.pointee.markers) }

    /// Marks through everything grey, with whatever help there is. False: the time is over.
    func drain(_ deadline: UInt64, _ world: borrowing StoppedWorld) -> Bool {
        let own = marker(0)
        fields.pointee.sliceDeadline = deadline
        fields.pointee.calledOff.store(0, ordering: .relaxed)
        if phase == .marking && Marker.helpers > 0 && world.offerHelp(Marker.help, raw) {
            markTogether(own, deadline)
            fields.pointee.calledOff.store(1, ordering: .relaxed)
            world.endHelp()
        }
        var done = false
        repeat {
            done = own.mark(deadline, shares: false)
        } while done && (own.takeHandoff() || adopt(own))
        var marked = 0
        for number in 0..<Marker.most {
            let other = marker(number).fields
            marked += other.pointee.marked
            other.pointee.marked = 0
            other.pointee.peak = max(other.pointee.peak, other.pointee.queue.count)
        }
        fields.pointee.statistics.marked += marked
        if fields.pointee.secondPass { fields.pointee.condemned -= marked }
        return done
    }

    /// As long as there is time, and work for anybody.
    private func markTogether(_ own: Marker, _ deadline: UInt64) {
        while own.mark(deadline, shares: true) {
            if own.takeHandoff() || adopt(own) { continue }
            fields.pointee.hungry.wrappingAdd(1, ordering: .relaxed)
            var (isFed, spins) = (false, 0)
            repeat {
                isFed = own.takeHandoff()
                let working = fields.pointee.helpers.load(ordering: .relaxed) - fields.pointee.hungry.load(ordering: .relaxed) + 1
                if isFed || working <= 0 && fields.pointee.handoffCount.load(ordering: .relaxed) == 0 { break }
                spins += 1
                cpuRelax()
            } while spins & 15 != 0 || Clock.monotonicNanoseconds() < deadline
            fields.pointee.hungry.wrappingSubtract(1, ordering: .relaxed)
            if !isFed { return }
        }
    }

    /// Takes over the queue that a helper has left behind; the own one is empty. False: all are empty.
    private func adopt(_ own: Marker) -> Bool {
        for number in 1..<max(Marker.most, 2) where number < Marker.most {
            let other = marker(number).fields
            if other.pointee.taken.exchange(1, ordering: .acquiring) != 0 { continue }
            defer { other.pointee.taken.store(0, ordering: .releasing) }
            if other.pointee.queue.count == 0 { continue }
            let left = other.pointee.queue
            other.pointee.queue = own.fields.pointee.queue
            own.fields.pointee.queue = left
            return true
        }
        return false
    }

    /// 1 if the colours are the same, else 0, without a branch.
    @inline(__always) static func one(_ a: UInt8, _ b: UInt8) -> Int { Int(truncatingIfNeeded: (UInt32(a ^ b) &- 1) &>> 31) }

    /// One of two addresses, the first for 1, without a branch.
    @inline(__always) static func choose(_ which: Int, _ first: UnsafeMutableRawPointer, _ second: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
        let (a, b) = (UInt(bitPattern: first), UInt(bitPattern: second))
        return UnsafeMutableRawPointer(bitPattern: b ^ ((a ^ b) & UInt(bitPattern: 0 &- which))).unsafelyUnwrapped
    }

    /// Leaves out of `found` edges those that lead to no arena; notes where the colours of the others lie, and fetches them. Returns how many these are.
    @inline(__always)
    static func fetchColours(
        _ found: Int, _ edges: UnsafeMutablePointer<UnsafeMutableRawPointer>, _ colours: UnsafeMutablePointer<UnsafeMutableRawPointer>, _ arenas: ArenaSet
    ) -> Int {
        let other = UnsafeMutableRawPointer(edges)
        var (index, count) = (0, 0)
        while index < found {
            let address = edges[index]
            let inArena = arenas.one(address)
            let colour = choose(inArena, UnsafeMutableRawPointer(Arena.colour(of: address)), other)
            prefetch(colour)
            edges[count] = address
            colours[count] = colour
            count &+= inArena
            index &+= 1
        }
        return count
    }

    /// The buffer of an object whose header has come, or its last words.
    @inline(__always) static func fetchBuffer(_ object: ObjectRef) {
        let slots = TypeMemorySlots.of(object)
        let offset = Int(slots.pointee.bufferOffset)
        let lines = Int(slots.pointee.bufferLines)
        if offset == 0 { return prefetch(object.raw + lines) }
        guard let buffer = UnsafeRawPointer(bitPattern: object.raw.load(fromByteOffset: offset, as: UInt.self)) else { return }
        prefetch(buffer)
        prefetch(buffer + 32)
        if lines > 2 {
            prefetch(buffer + 64)
            prefetch(buffer + 136)
        }
    }

    /// What an object refers to without its type, if it has a short way to tell: written behind `edges`, there is room for `gatheredAtMost` and one
    /// more. nil: `traverse` tells.
    @inline(__always)
    static func gather(_ object: ObjectRef, _ edges: UnsafeMutablePointer<UnsafeMutableRawPointer>) -> UnsafeMutablePointer<UnsafeMutableRawPointer>? {
        guard let gather = TypeMemorySlots.of(object).pointee.gather, let end = gather(object.raw, UnsafeMutableRawPointer(edges)) else { return nil }
        return end.assumingMemoryBound(to: UnsafeMutableRawPointer.self)
    }

    /// Ordering: W2.
    func takeGreyPool() -> Pool? {
        // Only the busy thread takes pools; in a pause only helpers add any, whose queues are full.
        var head = heap.greyPools.pointee.load(ordering: .acquiring)
        while let raw = UnsafeMutableRawPointer(bitPattern: head) {
            let pool = Pool(raw)
            let (done, seen) = heap.greyPools.pointee.compareExchange(
                expected: head, desired: pool.fields.pointee.nextGrey.load(ordering: .relaxed), successOrdering: .acquiring,
                failureOrdering: .acquiring)
            if done {
                pool.fields.pointee.greyListed.store(0, ordering: .releasing)
                return pool
            }
            head = seen
        }
        return nil
    }
}

extension Marker {
    /// References that a batch may have found before they are looked at.
    static let edgesAtOnce = 256

    /// Until the queue is empty and, for the busy thread, nothing else is grey. False: the time is over; a helper also stops when it is called off.
    ///
    /// - Parameter shares: others may mark at the same time.
    @discardableResult func mark(_ deadline: UInt64, shares: Bool, isHelper: Bool = false) -> Bool {
        let shared = collector.fields
        let black = shared.pointee.black
        let arenas = collector.heap.fields.pointee.arenaSet
        let batch = fields.pointee.batch
        let edges = fields.pointee.edges
        let unflags = collector.phase != .marking
        for index in 0..<Marker.typesRemembered { fields.pointee.types[index] = raw }
        let visitor = self.visitor
        visitor.initialize(to: TraceVisitor(visit: Marker.visit, context: raw))
        visitor.pointee.edge = edges
        visitor.pointee.edgeLimit = edges + Marker.edgeCapacity
        var work = 0
        while true {
            if _slowPath(work >= 128) {
                work = 0
                if Clock.monotonicNanoseconds() >= deadline { return false }
            }
            if isHelper && shared.pointee.calledOff.load(ordering: .relaxed) != 0 { return false }
            if _slowPath(fields.pointee.queue.count == 0) {
                if isHelper { return true }
                if shared.pointee.partialCount.load(ordering: .relaxed) > 0 {
                    scanOn(visitor)
                    look(visitor)
                    work += 128
                } else if let pool = collector.takeGreyPool() {
                    noteGrey(pool)
                    work += 8
                } else {
                    return true
                }
                continue
            }
            if _slowPath(shared.pointee.hungry.load(ordering: .relaxed) > 0) { feed() }
            let queue = fields.pointee.queue
            let taken = min(queue.count, Marker.batchSize)
            var place = queue.first
            if _fastPath(queue.count <= Marker.inOrder) {
                fields.pointee.queue.first = place &+ taken
            } else {
                place = queue.end &- taken
                fields.pointee.queue.end = place
            }
            var count = 0
            for _ in 0..<taken {
                let object = queue.places[place & queue.mask]
                place &+= 1
                batch[count] = object
                prefetch(Arena.colour(of: object))
                prefetch(object)
                prefetch(object + 32)
                count &+= arenas.one(object)
            }
            var grey = 0
            for index in 0..<count {
                let object = batch[index]
                if _fastPath(claim(object, black, shares)) {
                    batch[grey] = object
                    grey &+= 1
                }
            }
            for index in 0..<grey { Collector.fetchBuffer(ObjectRef(batch[index])) }
            for index in 0..<grey {
                if FaultInjection.isActive(.loseMarks) && UInt(bitPattern: batch[index]) & 0x30 == 0x10 { continue }
                scan(ObjectRef(batch[index]), visitor, unflags)
                let found = visitor.pointee.edge.unsafelyUnwrapped - edges
                if _slowPath(found >= Marker.edgesAtOnce) {
                    work &+= found / 8
                    look(visitor)
                }
            }
            work &+= grey &+ 1 &+ (visitor.pointee.edge.unsafelyUnwrapped - edges) / 8
            look(visitor)
            fields.pointee.marked &+= grey
        }
    }

    /// Grey becomes black, once.
    @inline(__always) private func claim(_ object: UnsafeMutableRawPointer, _ black: UInt8, _ shares: Bool) -> Bool {
        let colour = Arena.colour(of: object)
        guard _fastPath(colour.pointee.load(ordering: .relaxed) == Colour.grey) else { return false }
        if shares { return colour.pointee.compareExchange(expected: Colour.grey, desired: black, ordering: .relaxed).exchanged }
        colour.pointee.store(black, ordering: .relaxed)
        return true
    }

    /// Of the references that scans have noted, those that lead to white objects: these become grey and wait.
    @inline(__always) private func look(_ visitor: UnsafeMutablePointer<TraceVisitor>) {
        let edges = fields.pointee.edges
        let colours = fields.pointee.colours
        let arenas = collector.heap.fields.pointee.arenaSet
        let white = collector.fields.pointee.white
        let unused = unusedColour
        let found = visitor.pointee.edge.unsafelyUnwrapped - edges
        visitor.pointee.edge = edges
        let count = Collector.fetchColours(found, edges, colours, arenas)
        let queue = fields.pointee.queue
        if _slowPath(queue.count &+ count > Marker.capacity) { return lookWithoutRoom(count) }
        var end = queue.end
        var index = 0
        while index < count {
            let colour = colours[index]
            let isWhite = Collector.one(colour.assumingMemoryBound(to: Atomic<UInt8>.self).pointee.load(ordering: .relaxed), white)
            Collector.choose(isWhite, colour, unused).assumingMemoryBound(to: Atomic<UInt8>.self).pointee.store(Colour.grey, ordering: .relaxed)
            queue.places[end & queue.mask] = edges[index]
            end &+= isWhite
            index &+= 1
        }
        fields.pointee.queue.end = end
    }

    @inline(never) private func lookWithoutRoom(_ count: Int) {
        for index in 0..<count { makeGrey(ObjectRef(fields.pointee.edges[index])) }
    }

    private func noteGrey(_ pool: Pool) {
        for index in 0..<Int(pool.fields.pointee.capacity)
        where pool.colour(at: index).pointee.load(ordering: .relaxed) == Colour.grey {
            guard fields.pointee.queue.push(pool.block(at: index)) else { return WriteBarrier.listGrey(pool) }
        }
    }

    // MARK: Scanning

    /// Notes a black object's references; the first chunk of a large container. A former suspect is counted like any object again.
    @inline(__always)
    private func scan(_ object: ObjectRef, _ visitor: UnsafeMutablePointer<TraceVisitor>, _ unflags: Bool) {
        if unflags && object.sharedWord.pointee.load(ordering: .relaxed) & SharedFlags.suspect != 0 { collector.unflag(object) }
        let type = object.typeRaw
        let place = fields.pointee.types + (Int(bitPattern: UInt(bitPattern: type) &>> 6) & (Marker.typesRemembered &- 1))
        if _slowPath(place.pointee != type) {
            place.pointee = type
            makeGrey(ObjectRef(type))
        }
        if let end = Collector.gather(object, visitor.pointee.edge.unsafelyUnwrapped) {
            visitor.pointee.edge = end
            return
        }
        traverse(object, from: 0, Collector.chunkItems, visitor)
        if _slowPath(visitor.pointee.nextItem != 0) { keepPartial(object, visitor) }
    }

    @inline(__always)
    private func traverse(_ object: ObjectRef, from item: Int, _ limit: Int, _ visitor: UnsafeMutablePointer<TraceVisitor>) {
        visitor.pointee.firstItem = item
        visitor.pointee.itemLimit = limit
        visitor.pointee.nextItem = 0
        TypeMemorySlots.of(object).pointee.traverse?(object.raw, UnsafeMutableRawPointer(visitor))
    }

    /// There is more to scan: the container is counted, and scanned on later; at once, if there are too many such.
    @inline(never) private func keepPartial(_ object: ObjectRef, _ visitor: UnsafeMutablePointer<TraceVisitor>) {
        let shared = collector.fields
        lockPartial()
        let count = shared.pointee.partialCount.load(ordering: .relaxed)
        if count + shared.pointee.finishedCount >= Collector.partialCapacity {
            unlockPartial()
            return traverse(object, from: visitor.pointee.nextItem, Int.max, visitor)
        }
        ReferenceCount.retain(object, ThreadState(shared.pointee.threadRaw))
        object.setFlag(ObjectFlags.partlyScanned)
        shared.pointee.partial[count] = object.raw
        shared.pointee.partialItem[count] = visitor.pointee.nextItem
        shared.pointee.partialCount.store(count + 1, ordering: .relaxed)
        unlockPartial()
    }

    /// The next chunk of a large container. The busy thread.
    private func scanOn(_ visitor: UnsafeMutablePointer<TraceVisitor>) {
        let shared = collector.fields
        lockPartial()
        let slot = shared.pointee.partialCount.load(ordering: .relaxed) - 1
        let object = ObjectRef(shared.pointee.partial[slot])
        let item = shared.pointee.partialItem[slot]
        unlockPartial()
        traverse(object, from: item, Collector.chunkItems, visitor)
        lockPartial()
        if visitor.pointee.nextItem != 0 {
            shared.pointee.partialItem[slot] = visitor.pointee.nextItem
        } else {
            object.clearFlag(ObjectFlags.partlyScanned)
            let last = shared.pointee.partialCount.load(ordering: .relaxed) - 1
            shared.pointee.partial[slot] = shared.pointee.partial[last]
            shared.pointee.partialItem[slot] = shared.pointee.partialItem[last]
            shared.pointee.partialCount.store(last, ordering: .relaxed)
            shared.pointee.finished[shared.pointee.finishedCount] = object.raw
            shared.pointee.finishedCount += 1
        }
        unlockPartial()
    }

    // M2
    private func lockPartial() {
        while !collector.fields.pointee.partialLock.compareExchange(expected: 0, desired: 1, ordering: .acquiring).exchanged { cpuRelax() }
    }
    private func unlockPartial() { collector.fields.pointee.partialLock.store(0, ordering: .releasing) }
}
