// The whole heap compared with itself, under a stopped world.
//
// Equations   for each pool           used + free + untouched == capacity, and handed out (live bits) <= used
//             for each interpreter    sum of (used - handed out) == blocks in inboxes and outgoing batches
//             for each arena          every unit is free, a pool, part of a medium pool or of a run, and never two of them
//             for the heap            idle, used and resting units, runs and large buffers are as many as the counters say
//             for each owner          the pools on its lists are those with its tag, and those with room are listed once
// Objects     a block that is not handed out has a dead header and a free colour; one that is has an owner that exists or a merged count.
// Live bits   exist in checking builds only; without them the equations that need them are left out.
import StillPlatform
public import StillThreadRegistry
import Synchronization

/// Findings of a check of one interpreter's heap.
public struct HeapCheck {
    /// What does not fit, in words and numbers; the first twenty.
    public private(set) var problems: [String] = []
    public private(set) var pools = 0
    public private(set) var blocksInUse = 0
    public private(set) var blocksInTransit = 0

    private var poolsOfSlot: [UInt16: Int] = [:]
    private var idleUnits = 0
    private var unitsInUse = 0
    private var runs = 0
    private var runBytes = 0
    private var resting: Set<UInt> = []

    /// - Threads: any; the world of this heap's interpreter is stopped.
    public static func run(_ heap: InterpreterHeap, _ world: borrowing StoppedWorld) -> HeapCheck {
        precondition(world.interpreter == heap.interpreter, "Another interpreter's world is stopped.")
        var check = HeapCheck()
        check.noteResting(heap)
        for index in 0..<heap.space.pointee.count {
            let raw = heap.space.pointee.arenas![index]
            if raw != heap.fields.pointee.emptyPool { check.look(at: ArenaHeader(raw), index, heap) }
        }
        // Areas of live threads, then those kept for vacant slots.
        let areas = heap.areas()
        for area in areas { check.look(at: area, heap) }
        for (slot, count) in check.poolsOfSlot where count != 0 { check.report("slot \(slot) has \(count) pools that are on none of its lists") }
        let transit = heap.blocksInTransit(areas)
        if BuildOptions.checksInvariants && transit != check.blocksInTransit {
            check.report("\(check.blocksInTransit) blocks are on their way to their owners, but \(transit) are in batches and inboxes")
        }
        check.compareCounters(heap)
        return check
    }

    private mutating func report(_ problem: String) {
        if problems.count < 20 { problems.append(problem) }
    }

    private mutating func noteResting(_ heap: InterpreterHeap) {
        var next = heap.space.pointee.firstResting
        while let raw = next {
            if !resting.insert(UInt(bitPattern: raw)).inserted { return report("the list of resting pools is a circle at \(raw)") }
            next = Pool(raw).fields.pointee.next
        }
        if resting.count != heap.space.pointee.restingPools {
            report("\(resting.count) pools rest, \(heap.space.pointee.restingPools) are counted")
        }
    }

    // MARK: Arenas

    private mutating func look(at arena: ArenaHeader, _ index: Int, _ heap: InterpreterHeap) {
        let fields = arena.fields.pointee
        if fields.index != index || fields.heap != heap.raw { report("arena \(index) at \(arena.raw) says it is \(fields.index) of \(fields.heap)") }
        if InterpreterHeap.interpreterID(of: arena.raw) != heap.interpreter.id { report("the address map does not know arena \(index)") }
        idleUnits += arena.idle.count
        unitsInUse += Arena.poolCount - fields.free.count
        if !fields.dirty.subtracting(fields.free).isNone { report("arena \(index) counts used units as idle") }
        var unit = Arena.firstPool
        while unit < Arena.firstPool + Arena.poolCount {
            let pool = Pool(arena: arena.raw, unit: unit)
            var units = 1
            switch pool.kind {
            case PoolKind.none:
                break
            case PoolKind.run:
                units = BigBuffers.units(Int(pool.fields.pointee.blockBytes))
                runs += 1
                runBytes += Int(pool.fields.pointee.blockBytes)
            case PoolKind.medium:
                units = Pool.mediumUnits
                look(at: pool, heap)
            case PoolKind.buffer, PoolKind.plain, PoolKind.collectable:
                look(at: pool, heap)
            default:
                report("unit \(unit) of arena \(index) is part of nothing")
            }
            let mask = UnitMask(first: unit, count: units)
            if pool.kind == PoolKind.none ? !fields.free.intersects(mask) : fields.free.intersects(mask) {
                report("unit \(unit) of arena \(index), kind \(pool.kind), is free in one table and not in the other")
            }
            for part in unit + 1..<unit + max(units, 1) where Pool(arena: arena.raw, unit: part).kind != PoolKind.part {
                report("unit \(part) of arena \(index) belongs to \(unit) and says kind \(Pool(arena: arena.raw, unit: part).kind)")
            }
            unit += max(units, 1)
        }
    }

    // MARK: Pools

    private mutating func look(at pool: Pool, _ heap: InterpreterHeap) {
        pools += 1
        let fields = pool.fields
        let name = "pool \(pool.unit) at \(pool.arena), kind \(pool.kind), \(fields.pointee.blockBytes) bytes,"
        let capacity = Int(fields.pointee.capacity)
        let stride = Int(fields.pointee.blockBytes)
        let start = fields.pointee.start
        let untouched = fields.pointee.untouched
        if fields.pointee.interpreterHeap != heap.raw { report("\(name) is another heap's") }
        if untouched < start || untouched > fields.pointee.limit || (untouched - start) % stride != 0 {
            return report("\(name) has its first untouched block at \(untouched), between \(start) and \(fields.pointee.limit)")
        }
        let handed = (untouched - start) / stride
        var isFree = [Bool](repeating: false, count: capacity)
        var free = 0
        var next = fields.pointee.freeLocal
        while let block = next {
            let offset = block - start
            guard offset >= 0, block < untouched, offset % stride == 0 else { return report("\(name) lists \(block) as free, where no block is") }
            if isFree[offset / stride] { return report("\(name) lists block \(offset / stride) as free twice") }
            isFree[offset / stride] = true
            free += 1
            next = block.load(as: UnsafeMutableRawPointer?.self)
        }
        let used = Int(fields.pointee.used)
        if used + free + capacity - handed != capacity {
            report("\(name) has \(used) used + \(free) free + \(capacity - handed) untouched blocks, of \(capacity)")
        }
        if resting.contains(UInt(bitPattern: pool.raw)) {
            if used != 0 { report("\(name) rests with \(used) blocks in use") }
        } else {
            poolsOfSlot[pool.ownerSlot, default: 0] += 1
            if pool.ownerSlot == 0 || Int(pool.ownerSlot) > heap.fields.pointee.slotCount { report("\(name) is owned by slot \(pool.ownerSlot)") }
        }
        var live = 0
        for index in 0..<capacity {
            let block = pool.block(at: index)
            let isLive = BuildOptions.checksInvariants ? LiveBits.isSet(block) : index < handed && !isFree[index]
            if isLive {
                live += 1
                if index >= handed || isFree[index] { report("\(name) block \(index) is handed out and free") }
            }
            if pool.kind == PoolKind.plain || pool.kind == PoolKind.collectable { look(at: ObjectRef(block), isLive, pool, heap) }
        }
        blocksInUse += live
        blocksInTransit += used - live
        if live > used { report("\(name) has handed \(live) blocks out and counts \(used)") }
    }

    private mutating func look(at object: ObjectRef, _ isLive: Bool, _ pool: Pool, _ heap: InterpreterHeap) {
        let word = object.sharedWord.pointee.load(ordering: .relaxed)
        guard isLive else {
            if BuildOptions.checksInvariants && word & SharedFlags.dead == 0 {
                report("the free block at \(object.raw) has a header that is alive: \(String(word, radix: 16))")
            }
            if pool.kind == PoolKind.collectable && Arena.colour(of: object.raw).pointee.load(ordering: .relaxed) != Colour.free
                && word & SharedFlags.dead != 0
            {
                report("the free block at \(object.raw) has a colour")
            }
            return
        }
        if word & (SharedFlags.dead | SharedFlags.immortal) != 0 { return }
        if Int(object.owner) > heap.fields.pointee.slotCount { report("the object at \(object.raw) is owned by slot \(object.owner)") }
        let merged = word & SharedFlags.merged != 0
        if merged && word & (SharedFlags.deferred | SharedFlags.suspect) == 0 && SharedFlags.count(word) < 0 {
            report("the object at \(object.raw) has \(SharedFlags.count(word)) references")
        }
        if merged && object.owner != 0 { report("the object at \(object.raw) is merged, yet owned by slot \(object.owner)") }
    }

    // MARK: Owners

    private mutating func look(at area: ThreadHeap, _ heap: InterpreterHeap) {
        let slot = OwnerSlot(area.fields.pointee.slot!).fields.pointee.index
        for list in 0..<ThreadHeap.lists {
            var owned: Set<UInt> = []
            var next = area.owned(list).pointee
            while let raw = next {
                let pool = Pool(raw)
                guard owned.insert(UInt(bitPattern: raw)).inserted else { return report("slot \(slot)'s list \(list) of pools is a circle") }
                if pool.ownerSlot != slot { report("slot \(slot) lists a pool of slot \(pool.ownerSlot)") }
                poolsOfSlot[slot, default: 0] -= 1
                next = pool.fields.pointee.nextOwned
            }
            var room: Set<UInt> = []
            next = area.available(list).pointee
            while let raw = next {
                guard room.insert(UInt(bitPattern: raw)).inserted else { return report("slot \(slot)'s list \(list) of pools with room is a circle") }
                if !owned.contains(UInt(bitPattern: raw)) { report("slot \(slot) has room in a pool that is not its own") }
                next = Pool(raw).fields.pointee.next
            }
            let current = area.current(list).pointee
            if current != heap.fields.pointee.emptyPool && !owned.contains(UInt(bitPattern: current)) {
                report("slot \(slot) allocates from a pool that is not its own")
            }
            for raw in owned {
                let pool = Pool(UnsafeMutableRawPointer(bitPattern: raw)!)
                let listed = room.contains(raw) || pool.raw == current
                if pool.isListed != listed { report("a pool of slot \(slot) says it is \(pool.isListed ? "" : "not ")listed as having room") }
            }
        }
    }

    private mutating func compareCounters(_ heap: InterpreterHeap) {
        let space = heap.space.pointee
        let big = heap.big.pointee
        if idleUnits != space.idleUnits { report("\(idleUnits) idle units, \(space.idleUnits) counted") }
        if unitsInUse != space.unitsInUse { report("\(unitsInUse) units in use, \(space.unitsInUse) counted") }
        if runs != big.runs || runBytes != big.runBytes {
            report("\(runs) runs with \(runBytes) bytes, \(big.runs) with \(big.runBytes) counted")
        }
        var largeBytes = 0
        for number in 0..<big.largeCount {
            let large = big.large![number]
            largeBytes += large.bytes
            let entry = AddressMap.find(large.base)
            if entry?.what != AddressMap.What.large || entry?.detail != UInt64(large.bytes) << BigBuffers.numberBits | UInt64(number) {
                report("the address map does not know the large buffer \(number) at \(large.base)")
            }
        }
        if largeBytes != big.largeBytes { report("\(largeBytes) bytes in large buffers, \(big.largeBytes) counted") }
    }
}

extension InterpreterHeap {
    /// Lists of pools of all slots. World stopped.
    func areas() -> [ThreadHeap] {
        var areas: [ThreadHeap] = []
        for index in 0..<fields.pointee.slotCount {
            let slot = slot(UInt16(index + 1))
            if let thread = slot.fields.pointee.thread {
                areas.append(ThreadHeap(ThreadState(thread)))
            } else if let saved = slot.fields.pointee.savedArea {
                let area = ThreadHeap(area: saved)
                area.fields.pointee.slot = slot.raw
                areas.append(area)
            }
        }
        return areas
    }

    /// Blocks in batches and inboxes. World stopped.
    func blocksInTransit(_ areas: [ThreadHeap]) -> Int {
        var count = 0
        for area in areas {
            // Saved areas have sent everything off.
            if area.fields.pointee.thread != nil { count += area.blocksWaiting }
        }
        for index in 0..<fields.pointee.slotCount {
            var entry = slot(UInt16(index + 1)).inboxWord.pointee.load(ordering: .acquiring)
            while entry != 0 {
                let link = UnsafeMutableRawPointer(bitPattern: entry & ~RemoteBatch.tags)!
                count += entry & RemoteBatch.single != 0 ? 1 : RemoteBatch(raw: link).count
                entry = link.load(as: UInt.self)
            }
        }
        return count
    }
}
