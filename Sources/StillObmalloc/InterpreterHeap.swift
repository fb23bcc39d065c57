// One interpreter's memory: arenas of 2 MiB cut into pools, owner slots, and what collections need to walk them.
//
// Pools     A pool is with an owner slot, or free. A free pool that has been used rests until a QSBR goal is
//           reached (lock-free readers may still look at its blocks' headers) and it is on no grey list; only then may it change
//           class or kind.
// Locks     The heap lock guards arenas, free pools and vacant slots. It is a leaf: nothing else is taken under it.
// Walking   In a pause nothing changes; elsewhere only the heap lock's holder walks.
import StillPlatform
import StillQSBR
public import StillThreadRegistry
public import Synchronization

public enum HeapError: Error, Equatable, CustomStringConvertible {
    case outOfMemory(bytes: Int)
    case tooManyThreads(limit: Int)

    public var description: String {
        switch self {
        case .outOfMemory(let bytes): "The system refused \(bytes) bytes. Free memory or raise the process limit."
        case .tooManyThreads(let limit):
            "More than \(limit) threads in one interpreter. End some, or spread them over interpreters."
        }
    }
}

@frozen public struct InterpreterHeap: Equatable, @unchecked Sendable {
    public let raw: UnsafeMutableRawPointer
    @inlinable @inline(__always) public init(_ raw: UnsafeMutableRawPointer) { self.raw = raw }
    @inlinable public init(of thread: ThreadState) {
        raw = ThreadHeap(thread).fields.pointee.heap.unsafelyUnwrapped
    }

    static let slotsPerChunk = 256

    @frozen public struct Fields: ~Copyable {
        /// Never accessed. ThreadSanitizer takes every write of a field through `pointee` for a write of the record's first byte,
        /// so no atomic may lie there.
        let base: UInt64
        public let greyPools: Atomic<UInt>
        public let lock: Atomic<UInt8>
        public var birthColour: UInt8
        public var whiteColour: UInt8
        public var firstVacantSlot: UInt16
        public var slotCount: Int
        public var interpreter: UnsafeMutableRawPointer
        public var emptyPool: UnsafeMutableRawPointer
        public var arenas: UnsafeMutablePointer<UnsafeMutableRawPointer>?
        public var arenaCount: Int
        public var arenaCapacity: Int
        /// Pools ready for use.
        public var freshPools: UnsafeMutableRawPointer?
        /// Pools that wait for their goal, oldest first.
        public var firstResting: UnsafeMutableRawPointer?
        public var lastResting: UnsafeMutableRawPointer?
        public var slotChunks: UnsafeMutablePointer<UnsafeMutableRawPointer?>
        /// Collectable allocations between two requests of a thread for a slice.
        public var collectInterval: Int
        /// See `ThreadHeap.Fields.freeCredit`. Changed in pauses.
        public var freeCredit: Int
        /// Collectable objects allocated so far, less those that died by count while no collection ran; in steps of
        /// `collectInterval` a thread.
        public let collectablesAllocated: Atomic<Int>
        /// Bytes in buffers outside the pools.
        public let bufferBytes: Atomic<Int>
        /// Address of the collector's record.
        public var collector: UnsafeMutableRawPointer?
    }

    @inlinable @inline(__always) public var fields: UnsafeMutablePointer<Fields> {
        raw.assumingMemoryBound(to: Fields.self)
    }
    @inlinable public var greyPools: UnsafeMutablePointer<Atomic<UInt>> {
        (raw + 8).assumingMemoryBound(to: Atomic<UInt>.self)
    }
    public var interpreter: Interpreter { Interpreter(fields.pointee.interpreter) }

    func withLock<R, E: Error>(_ body: () throws(E) -> R) throws(E) -> R {
        let byte = (raw + 16).assumingMemoryBound(to: Atomic<UInt8>.self)
        ObjectLock.lock(byte)
        defer { ObjectLock.unlock(byte) }
        return try body()
    }

    /// - Throws: `.outOfMemory`.
    public static func make(for interpreter: Interpreter) throws(HeapError) -> InterpreterHeap {
        guard let raw = rawAllocateZeroed(1024, alignment: 64),
            let chunks = rawAllocateZeroed(257 * 8, alignment: 64),
            let empty = rawAllocateZeroed(Arena.recordBytes, alignment: 64)
        else { throw .outOfMemory(bytes: 1024) }
        let heap = InterpreterHeap(raw)
        heap.fields.pointee.interpreter = interpreter.raw
        heap.fields.pointee.slotChunks = chunks.assumingMemoryBound(to: UnsafeMutableRawPointer?.self)
        heap.fields.pointee.emptyPool = empty
        Pool(empty).fields.pointee.kind.store(UInt8(PoolKind.none), ordering: .relaxed)
        Pool(empty).fields.pointee.untouched = empty
        Pool(empty).fields.pointee.limit = empty
        heap.fields.pointee.birthColour = Colour.first
        heap.fields.pointee.whiteColour = Colour.second
        heap.fields.pointee.collectInterval = 1000
        heap.fields.pointee.freeCredit = 1
        return heap
    }

    public func slot(_ index: UInt16) -> OwnerSlot {
        let chunk = fields.pointee.slotChunks[Int(index) / InterpreterHeap.slotsPerChunk]!
        return OwnerSlot(chunk + Int(index) % InterpreterHeap.slotsPerChunk * OwnerSlot.bytes)
    }

    // MARK: Pools

    func takePool(classIndex: Int, kind: Int, owner: UInt16) -> Pool? {
        let pool: Pool? = withLock {
            if fields.pointee.freshPools == nil { takeRested() }
            if fields.pointee.freshPools == nil && !mapArena() { return nil }
            let pool = Pool(fields.pointee.freshPools!)
            fields.pointee.freshPools = pool.fields.pointee.next
            return pool
        }
        guard let pool else { return nil }
        pool.fields.pointee.interpreterHeap = raw
        pool.format(classIndex: classIndex, kind: kind, owner: owner)
        return pool
    }

    /// Under the lock: resting pools whose grace period is over become fresh.
    private func takeRested() {
        let domain = interpreter.qsbr
        var firstLinked: UnsafeMutableRawPointer?  // went to the end of the list in this call: one round is enough
        while let first = fields.pointee.firstResting {
            let pool = Pool(first)
            guard pool.fields.pointee.greyListed.load(ordering: .acquiring) == 0,  // W2
                domain.isReached(QSBRGoal(pool.fields.pointee.restGoal))
            else { return }
            fields.pointee.firstResting = pool.fields.pointee.next
            if fields.pointee.firstResting == nil { fields.pointee.lastResting = nil }
            if pool.fields.pointee.notified.load(ordering: .acquiring) == 0 {  // P2: linked nowhere, and nobody will
                pool.fields.pointee.next = fields.pointee.freshPools
                fields.pointee.freshPools = pool.raw
            } else {
                if pool.raw == firstLinked { return appendResting(pool) }
                if firstLinked == nil { firstLinked = pool.raw }
                appendResting(pool)
            }
        }
    }

    /// Under the lock.
    private func appendResting(_ pool: Pool) {
        pool.fields.pointee.next = nil
        if let last = fields.pointee.lastResting {
            Pool(last).fields.pointee.next = pool.raw
        } else {
            fields.pointee.firstResting = pool.raw
        }
        fields.pointee.lastResting = pool.raw
    }

    /// The pool is empty and on none of its owner's lists.
    func returnPool(_ pool: Pool) {
        pool.fields.pointee.resting = 1
        pool.fields.pointee.restGoal = interpreter.qsbr.advance().sequence
        // Its colour bytes are all free and its headers all dead: walks may still look at it.
        withLock { appendResting(pool) }
    }

    /// Under the lock.
    private func mapArena() -> Bool {
        if fields.pointee.arenaCount == fields.pointee.arenaCapacity {
            let capacity = max(64, fields.pointee.arenaCapacity * 2)
            guard let grown = rawReallocate(fields.pointee.arenas.map(UnsafeMutableRawPointer.init), capacity * 8)
            else { return false }
            fields.pointee.arenas = grown.assumingMemoryBound(to: UnsafeMutableRawPointer.self)
            fields.pointee.arenaCapacity = capacity
        }
        guard let arena = try? VirtualMemory.map(bytes: Arena.bytes, alignment: Arena.bytes)
        else { return false }
        if fields.pointee.arenaCount >= Arena.firstHuge { VirtualMemory.adviseHugePages(arena, bytes: Arena.bytes) }
        fields.pointee.arenas![fields.pointee.arenaCount] = arena
        fields.pointee.arenaCount += 1
        for number in (Arena.firstPool..<Arena.firstPool + Arena.poolCount).reversed() {
            let pool = Pool(arena: arena, number: number)
            pool.fields.pointee.kind.store(UInt8(PoolKind.none), ordering: .relaxed)
            pool.fields.pointee.interpreterHeap = raw
            pool.fields.pointee.next = fields.pointee.freshPools
            fields.pointee.freshPools = pool.raw
        }
        return true
    }

    // MARK: Walking

    /// Pools that exist, in a fixed order: `pool(at:)` for 0 ..< poolCount. In a pause, or for a snapshot that may be stale.
    public var poolCount: Int { fields.pointee.arenaCount * Arena.poolCount }
    public func pool(at index: Int) -> Pool {
        Pool(arena: fields.pointee.arenas![index / Arena.poolCount], number: Arena.firstPool + index % Arena.poolCount)
    }
    public var arenaBytesMapped: Int { fields.pointee.arenaCount * Arena.bytes }

    /// Calls `body` for every immortal object in the pools: the constants of code. The interpreter's only thread, at its end.
    public func forEachImmortal(_ body: (ObjectRef) -> Void) {
        for index in 0..<poolCount {
            let pool = self.pool(at: index)
            let kind = Int(pool.fields.pointee.kind.load(ordering: .relaxed))
            guard kind == PoolKind.plain || kind == PoolKind.collectable else { continue }
            for block in 0..<Int(pool.fields.pointee.capacity) {
                let object = ObjectRef(pool.block(at: block))
                if object.sharedWord.pointee.load(ordering: .relaxed) & SharedFlags.immortal != 0 { body(object) }
            }
        }
    }

    /// Unmaps all arenas. No thread of the interpreter exists any more.
    /// - Returns: objects that were still alive.
    @discardableResult public func destroy() -> Int {
        var survivors = 0
        for index in 0..<poolCount {
            let pool = self.pool(at: index)
            let kind = Int(pool.fields.pointee.kind.load(ordering: .relaxed))
            if kind == PoolKind.plain || kind == PoolKind.collectable {
                pool.takeRemote()
                survivors += Int(pool.fields.pointee.used)
            }
        }
        for index in 0..<fields.pointee.arenaCount where !FaultInjection.isActive(.keepArenas) {
            VirtualMemory.unmap(fields.pointee.arenas![index], bytes: Arena.bytes)
        }
        for chunk in 0..<257 {
            guard let memory = fields.pointee.slotChunks[chunk] else { continue }
            for index in 0..<InterpreterHeap.slotsPerChunk {
                let slot = OwnerSlot(memory + index * OwnerSlot.bytes)
                if let saved = slot.fields.pointee.savedArea { rawFree(saved) }
                if let queue = slot.fields.pointee.queue { rawFree(queue) }
            }
            rawFree(memory)
        }
        if let arenas = fields.pointee.arenas { rawFree(arenas) }
        rawFree(fields.pointee.slotChunks)
        rawFree(fields.pointee.emptyPool)
        rawFree(raw)
        return survivors
    }
}
