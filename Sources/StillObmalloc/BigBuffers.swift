// Buffers of more than 8 KiB: runs of an arena's units up to 512 KiB, mappings of their own beyond.
//
// Owner     The interpreter, not a slot: any of its threads takes and gives them under the heap lock, which costs little beside touching 8 KiB.
// Return    A run's units are free at once (whoever frees a buffer says that nobody reads it) and their pages go back as ArenaSpace.swift
//           says. A mapping of its own is unmapped, or kept for a moment (SpareMappings.swift).
// Table     of large buffers: for the interpreter's end and for counting. An entry's number is kept in the address map, so that a free need not
//           search.
import StillPlatform
import StillThreadRegistry
import Synchronization

/// Part of the heap's record. Under the heap lock.
struct BigBuffers {
    struct Large {
        var base: UnsafeMutableRawPointer
        /// As asked for, and of the mapping.
        var bytes: Int
        var mapped: Int
    }
    var spare = SpareMappings()
    var large: UnsafeMutablePointer<Large>?
    var largeCount = 0
    var largeCapacity = 0
    /// As asked for.
    var largeBytes = 0
    var runBytes = 0
    var runs = 0

    static var largestRunBytes: Int { ArenaSpace.largestRun * Pool.bytes }
    static func units(_ bytes: Int) -> Int { (bytes + Pool.bytes - 1) / Pool.bytes }
    /// Entries of the address map that a large buffer takes.
    static func steps(_ bytes: Int) -> Int { (bytes + Arena.bytes - 1) / Arena.bytes }
    static func mappedBytes(_ bytes: Int) -> Int { (bytes + 4095) & ~4095 }
    static let numberBits: UInt64 = 24
}

extension InterpreterHeap {
    /// - Parameter bytes: more than `MediumClass.largestBytes`.
    func allocateBig(_ bytes: Int) -> UnsafeMutableRawPointer? {
        if bytes > BigBuffers.largestRunBytes { return bytes < 1 << 40 ? allocateLarge(bytes) : nil }
        return withLock {
            guard let (arena, unit) = takeUnits(BigBuffers.units(bytes)) else { return nil }
            for part in unit + 1..<unit + BigBuffers.units(bytes) {
                Pool(arena: arena, unit: part).fields.pointee.kind.store(UInt8(PoolKind.part), ordering: .relaxed)
            }
            let run = Pool(arena: arena, unit: unit)
            run.fields.pointee.start = run.memory
            run.fields.pointee.blockBytes = UInt32(bytes)
            run.fields.pointee.kind.store(UInt8(PoolKind.run), ordering: .releasing)
            big.pointee.runs += 1
            big.pointee.runBytes += bytes
            return run.memory
        }
    }

    func freeBig(_ buffer: UnsafeMutableRawPointer, bytes: Int) {
        if bytes > BigBuffers.largestRunBytes { return freeLarge(buffer, bytes: bytes) }
        if BuildOptions.checksInvariants { checkRun(buffer, bytes: bytes) }
        withLock {
            big.pointee.runs -= 1
            big.pointee.runBytes -= bytes
            let run = Pool.containing(buffer)
            giveUnits(run.arena, run.unit, BigBuffers.units(bytes))
        }
    }

    private func allocateLarge(_ bytes: Int) -> UnsafeMutableRawPointer? {
        var mapped = BigBuffers.mappedBytes(bytes)
        let base: UnsafeMutableRawPointer
        if let spare = withLock({ big.pointee.spare.take(mapped) }) {
            (base, mapped) = spare
        } else {
            guard let fresh = try? VirtualMemory.map(bytes: mapped, alignment: Arena.bytes) else { return nil }
            base = fresh
        }
        let kept = withLock {
            guard growLargeTable(),
                AddressMap.enter(
                    base, steps: BigBuffers.steps(bytes), what: AddressMap.What.large, interpreterID: interpreter.id,
                    detail: UInt64(bytes) << BigBuffers.numberBits | UInt64(big.pointee.largeCount))
            else { return false }
            big.pointee.large![big.pointee.largeCount] = BigBuffers.Large(base: base, bytes: bytes, mapped: mapped)
            big.pointee.largeCount += 1
            big.pointee.largeBytes += bytes
            return true
        }
        if kept { return base }
        VirtualMemory.unmap(base, bytes: mapped)
        return nil
    }

    /// Under the lock.
    private func growLargeTable() -> Bool {
        if big.pointee.largeCount < big.pointee.largeCapacity { return true }
        let capacity = max(16, big.pointee.largeCapacity * 2)
        guard capacity < 1 << BigBuffers.numberBits,
            let grown = rawReallocate(
                big.pointee.large.map(UnsafeMutableRawPointer.init), capacity * MemoryLayout<BigBuffers.Large>.stride)
        else { return false }
        big.pointee.large = grown.assumingMemoryBound(to: BigBuffers.Large.self)
        big.pointee.largeCapacity = capacity
        return true
    }

    private func freeLarge(_ buffer: UnsafeMutableRawPointer, bytes: Int) {
        let now = Clock.monotonicNanoseconds()
        let unwanted: Int? = withLock {
            guard let entry = AddressMap.find(buffer), entry.what == AddressMap.What.large else {
                stillBug("a large buffer at \(buffer), \(bytes) bytes, is freed that does not exist (any more)")
            }
            let number = Int(entry.detail & (1 << BigBuffers.numberBits - 1))
            let known = big.pointee.large![number]
            guard entry.interpreterID == interpreter.id, known.base == buffer, known.bytes == bytes else {
                stillBug(
                    "a buffer of \(bytes) bytes at \(buffer) is freed in interpreter \(interpreter.id); there is one of "
                        + "\(entry.detail >> BigBuffers.numberBits) bytes of interpreter \(entry.interpreterID)")
            }
            AddressMap.remove(buffer, steps: BigBuffers.steps(bytes))
            big.pointee.largeBytes -= bytes
            big.pointee.largeCount -= 1
            let last = big.pointee.large![big.pointee.largeCount]
            if number != big.pointee.largeCount {
                big.pointee.large![number] = last
                let entered = AddressMap.enter(
                    last.base, steps: BigBuffers.steps(last.bytes), what: AddressMap.What.large, interpreterID: interpreter.id,
                    detail: UInt64(last.bytes) << BigBuffers.numberBits | UInt64(number))
                invariant(entered, "the address map has lost a node")
            }
            big.pointee.spare.release(now)
            return big.pointee.spare.keep(buffer, bytes: known.mapped, now) ? nil : known.mapped
        }
        if let unwanted { VirtualMemory.unmap(buffer, bytes: unwanted) }
    }

    /// The interpreter's end.
    func unmapLarge() {
        for number in 0..<big.pointee.largeCount {
            let large = big.pointee.large![number]
            AddressMap.remove(large.base, steps: BigBuffers.steps(large.bytes))
            VirtualMemory.unmap(large.base, bytes: large.mapped)
        }
        big.pointee.spare.release(0, all: true)
        if let table = big.pointee.large { rawFree(table) }
    }
}
