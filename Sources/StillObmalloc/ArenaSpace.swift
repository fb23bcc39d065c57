// The interpreter's arenas: where pools and runs come from and go to, and when the system gets memory back.
//
// Resting   Pools of objects that were emptied wait, oldest first, until their QSBR goal is reached and they are on no grey list: readers without a
//           lock may look at their headers until then. Buffers have no such readers when they are freed: their units are free at once.
// Return    When more than `idleLimit` units with committed pages are free for `holdNanoseconds`, as many as were free all that time are given
//           back; all of them when more than `idleMaximum` are. An arena that is wholly free is unmapped, but for one, the pages of the others are
//           dropped. Looked at when units are freed and when a thread trims. The limits grow with what is in use, so that a heap that breathes
//           by what the collector lets it grow makes no system calls: a page that is given back and taken again is cleared by the system,
//           and a huge one takes long enough to be noticed as a pause.
// Searching `hints[n]` is the first arena that may have n free units in a row: it sinks when units are freed and rises when a search passes.
// Locks     Everything here runs under the heap lock, the system calls too: they are seldom.
import StillPlatform
import StillQSBR
import StillThreadRegistry
import Synchronization

/// Part of the heap's record.
struct ArenaSpace {
    /// Arenas; the address of the heap's empty pool marks a place without one.
    var arenas: UnsafeMutablePointer<UnsafeMutableRawPointer>?
    var count = 0
    var capacity = 0
    var holes = 0
    /// For 1 ... 32 units, and at 0 for medium pools.
    var hints: UnsafeMutablePointer<UInt32>
    var firstResting: UnsafeMutableRawPointer?
    var lastResting: UnsafeMutableRawPointer?
    var restingPools = 0
    /// Free units whose pages may be committed.
    var idleUnits = 0
    /// Since when there are more idle units than the limit; 0: there are not.
    var overLimitSince: UInt64 = 0
    /// Fewest idle units since then.
    var leastIdle = 0
    var unitsInUse = 0
    var peakArenas = 0

    static let hintBytes = (ArenaSpace.largestRun + 1) * 4
    /// Units of the largest run; larger buffers have mappings of their own.
    static let largestRun = 32
    static let holdNanoseconds: UInt64 = BuildOptions.checksInvariants ? 20_000_000 : 1_000_000_000

    /// Most units whose pages are given back at a time: the thread that does it waits for the system.
    static let returnedAtOnce = BuildOptions.checksInvariants ? Int.max : 512

    /// Units that may stay idle for good, and for a moment.
    var idleLimit: Int { max(BuildOptions.checksInvariants ? 16 : 128, unitsInUse / 8) }
    var idleMaximum: Int { max(BuildOptions.checksInvariants ? 48 : 384, BuildOptions.checksInvariants ? unitsInUse / 4 : unitsInUse * 3 / 4) }

    init(hints: UnsafeMutablePointer<UInt32>) { self.hints = hints }
}

extension InterpreterHeap {
    /// Units in a row, in use from now on. nil: no memory.
    func takeUnits(_ count: Int, aligned: Bool = false) -> (arena: UnsafeMutableRawPointer, unit: Int)? {
        let hint = space.pointee.hints + (aligned ? 0 : count)
        var retried = false
        while true {
            var index = Int(hint.pointee)
            while index < space.pointee.count {
                let raw = space.pointee.arenas![index]
                if raw != fields.pointee.emptyPool {
                    let arena = ArenaHeader(raw)
                    let idle = arena.idle.count
                    if let unit = arena.take(count, aligned: aligned) {
                        hint.pointee = UInt32(index)
                        space.pointee.idleUnits -= idle - arena.idle.count
                        space.pointee.unitsInUse += count
                        if space.pointee.idleUnits <= space.pointee.idleLimit { space.pointee.overLimitSince = 0 }
                        space.pointee.leastIdle = min(space.pointee.leastIdle, space.pointee.idleUnits)
                        Poison.unitsTaken(raw, unit, count)
                        return (raw, unit)
                    }
                }
                index += 1
            }
            hint.pointee = UInt32(index)
            if !retried && takeRested() {
                retried = true
            } else if !mapArena() {
                return nil
            }
        }
    }

    /// The units hold nothing any more and nobody looks at them.
    func giveUnits(_ raw: UnsafeMutableRawPointer, _ unit: Int, _ count: Int) {
        for part in unit..<unit + count { Pool(arena: raw, unit: part).fields.pointee.kind.store(UInt8(PoolKind.none), ordering: .relaxed) }
        let arena = ArenaHeader(raw)
        arena.give(unit, count)
        Poison.unitsGiven(raw, unit, count)
        space.pointee.idleUnits += count
        space.pointee.unitsInUse -= count
        let index = UInt32(arena.fields.pointee.index)
        for run in 0...ArenaSpace.largestRun where space.pointee.hints[run] > index { space.pointee.hints[run] = index }
        considerReturn()
    }

    /// See Return.
    private func considerReturn() {
        let idle = space.pointee.idleUnits
        guard idle > space.pointee.idleLimit else { return }
        var wanted = idle
        if idle <= space.pointee.idleMaximum {
            let now = Clock.monotonicNanoseconds()
            if space.pointee.overLimitSince == 0 {
                space.pointee.overLimitSince = now
                space.pointee.leastIdle = idle
            }
            if now - space.pointee.overLimitSince < ArenaSpace.holdNanoseconds { return }
            wanted = space.pointee.leastIdle
        }
        returnIdleUnits(min(wanted, ArenaSpace.returnedAtOnce))
        if wanted <= ArenaSpace.returnedAtOnce { space.pointee.overLimitSince = 0 } else { space.pointee.leastIdle = wanted - ArenaSpace.returnedAtOnce }
    }

    /// Resting pools whose grace period is over become free units. True: there were some.
    @discardableResult func takeRested() -> Bool {
        let domain = interpreter.qsbr
        var any = false
        while let first = space.pointee.firstResting {
            let pool = Pool(first)
            guard pool.fields.pointee.greyListed.load(ordering: .acquiring) == 0,  // W2
                domain.isReached(QSBRGoal(pool.fields.pointee.restGoal)) || FaultInjection.isActive(.skipPoolRest)
            else { break }
            space.pointee.firstResting = pool.fields.pointee.next
            if space.pointee.firstResting == nil { space.pointee.lastResting = nil }
            space.pointee.restingPools -= 1
            giveUnits(pool.arena, pool.unit, pool.units)
            any = true
        }
        return any
    }

    /// An empty pool that no list of an owner holds. Its headers are all dead and its colour bytes free: walks may still look at it.
    func returnPool(_ pool: Pool) {
        if pool.kind == PoolKind.buffer || pool.kind == PoolKind.medium {
            return withLock { giveUnits(pool.arena, pool.unit, pool.units) }
        }
        pool.fields.pointee.restGoal = interpreter.qsbr.advance().sequence
        withLock {
            pool.fields.pointee.next = nil
            if let last = space.pointee.lastResting {
                Pool(last).fields.pointee.next = pool.raw
            } else {
                space.pointee.firstResting = pool.raw
            }
            space.pointee.lastResting = pool.raw
            space.pointee.restingPools += 1
            takeRested()
        }
    }

    /// Gives back what has become free, and to the system what was free long enough.
    ///
    /// - Returns: pools that still wait for readers.
    func settle() -> Int {
        withLock {
            takeRested()
            considerReturn()
            big.pointee.spare.release(Clock.monotonicNanoseconds())
            return space.pointee.restingPools
        }
    }

    /// Gives the pages of free units back to the system: of all, or of those in the last arenas until `wanted` have gone.
    func returnIdleUnits(_ wanted: Int = Int.max) {
        var keptEmpty = false
        let enough = wanted == Int.max ? 0 : max(0, space.pointee.idleUnits - wanted)
        for index in (0..<space.pointee.count).reversed() where space.pointee.idleUnits > enough {
            let raw = space.pointee.arenas![index]
            if raw == fields.pointee.emptyPool { continue }
            let arena = ArenaHeader(raw)
            if arena.isEmpty && keptEmpty {
                unmapArena(arena)
                continue
            }
            if arena.isEmpty { keptEmpty = true }
            let idle = arena.idle
            if idle.isNone { continue }
            idle.forEachStretch { first, count in VirtualMemory.decommit(arena.memory(of: first), bytes: count * Pool.bytes) }
            space.pointee.idleUnits -= idle.count
            arena.fields.pointee.dirty = arena.fields.pointee.dirty.subtracting(idle)
        }
    }

    private func unmapArena(_ arena: ArenaHeader) {
        space.pointee.idleUnits -= arena.idle.count
        space.pointee.arenas![arena.fields.pointee.index] = fields.pointee.emptyPool
        space.pointee.holes += 1
        AddressMap.remove(arena.raw, steps: 1)
        fields.pointee.arenaSet.remove(arena.raw)
        Poison.arenaGoes(arena.raw)
        VirtualMemory.unmap(arena.raw, bytes: Arena.bytes)
    }

    private func mapArena() -> Bool {
        guard let index = placeForArena() else { return false }
        guard let raw = try? VirtualMemory.map(bytes: Arena.bytes, alignment: Arena.bytes) else { return false }
        guard
            AddressMap.enter(
                raw, steps: 1, what: AddressMap.What.arena, interpreterID: interpreter.id, detail: UInt64(UInt(bitPattern: self.raw)))
        else {
            VirtualMemory.unmap(raw, bytes: Arena.bytes)
            return false
        }
        fields.pointee.arenaSet.insert(raw)
        ArenaHeader(raw).fields.initialize(
            to: ArenaHeader.Fields(heap: self.raw, index: index, free: ArenaHeader.usable, dirty: .none))
        for unit in Arena.firstPool..<Arena.firstPool + Arena.poolCount {
            Pool(arena: raw, unit: unit).fields.pointee.kind.store(UInt8(PoolKind.none), ordering: .relaxed)
        }
        if index == space.pointee.count { space.pointee.count += 1 } else { space.pointee.holes -= 1 }
        space.pointee.arenas![index] = raw
        space.pointee.peakArenas = max(space.pointee.peakArenas, space.pointee.count - space.pointee.holes)
        for run in 0...ArenaSpace.largestRun where space.pointee.hints[run] > UInt32(index) { space.pointee.hints[run] = UInt32(index) }
        return true
    }

    /// An unused place in the table of arenas.
    private func placeForArena() -> Int? {
        if space.pointee.holes > 0 {
            for index in 0..<space.pointee.count where space.pointee.arenas![index] == fields.pointee.emptyPool { return index }
        }
        if space.pointee.count == space.pointee.capacity {
            let capacity = max(64, space.pointee.capacity * 2)
            guard let grown = rawReallocate(space.pointee.arenas.map(UnsafeMutableRawPointer.init), capacity * 8) else { return nil }
            space.pointee.arenas = grown.assumingMemoryBound(to: UnsafeMutableRawPointer.self)
            space.pointee.capacity = capacity
        }
        return space.pointee.count
    }

    /// Unmaps all arenas. The interpreter's end.
    func unmapArenas() {
        for index in 0..<space.pointee.count where !FaultInjection.isActive(.keepArenas) {
            let raw = space.pointee.arenas![index]
            if raw == fields.pointee.emptyPool { continue }
            AddressMap.remove(raw, steps: 1)
            Poison.arenaGoes(raw)
            VirtualMemory.unmap(raw, bytes: Arena.bytes)
        }
        if let arenas = space.pointee.arenas { rawFree(arenas) }
    }

    // MARK: Walking

    /// Units that exist, in a fixed order: `pool(at:)` for 0 ..< poolCount. In a pause, or for a snapshot that may be stale.
    public var poolCount: Int { space.pointee.count * Arena.poolCount }
    public func pool(at index: Int) -> Pool {
        let arena = space.pointee.arenas![index / Arena.poolCount]
        if arena == fields.pointee.emptyPool { return Pool(arena) }
        return Pool(arena: arena, unit: Arena.firstPool + index % Arena.poolCount)
    }
    public var arenaBytesMapped: Int { (space.pointee.count - space.pointee.holes) * Arena.bytes }
}
