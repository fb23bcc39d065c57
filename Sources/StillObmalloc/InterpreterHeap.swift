// One interpreter's memory: arenas cut into pools and runs (ArenaSpace.swift), big buffers (BigBuffers.swift), owner slots.
//
// Locks     The heap lock guards arenas, big buffers and vacant slots. It is a leaf: nothing else is taken under it.
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
    static let slotChunkBytes = slotsPerChunk * OwnerSlot.bytes

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
        public var slotChunks: UnsafeMutablePointer<UnsafeMutableRawPointer?>
        public var arenaSet: ArenaSet
        // See HeapCounts.swift.
        let born: Atomic<Int>
        let died: Atomic<Int>
        let bufferBytes: Atomic<Int>
        /// References that a full merge queue without memory has kept for good.
        let lostReferences: Atomic<Int>
        /// A retained `HeapHooks` when a domain is hooked.
        var hooks: UnsafeMutableRawPointer?
        /// Address of the collector's record.
        public var collector: UnsafeMutableRawPointer?
    }

    @inlinable @inline(__always) public var fields: UnsafeMutablePointer<Fields> {
        raw.assumingMemoryBound(to: Fields.self)
    }
    @inlinable public var greyPools: UnsafeMutablePointer<Atomic<UInt>> {
        (raw + 8).assumingMemoryBound(to: Atomic<UInt>.self)
    }
    /// Under the lock, or in a pause.
    var space: UnsafeMutablePointer<ArenaSpace> { (raw + 256).assumingMemoryBound(to: ArenaSpace.self) }
    /// Under the lock.
    var big: UnsafeMutablePointer<BigBuffers> { (raw + 512).assumingMemoryBound(to: BigBuffers.self) }
    public var interpreter: Interpreter { Interpreter(fields.pointee.interpreter) }

    func withLock<R, E: Error>(_ body: () throws(E) -> R) throws(E) -> R {
        let byte = (raw + 16).assumingMemoryBound(to: Atomic<UInt8>.self)
        ObjectLock.lock(byte, .heap)
        defer { ObjectLock.unlock(byte, .heap) }
        return try body()
    }

    /// - Throws: `.outOfMemory`.
    public static func make(
        for interpreter: Interpreter, allocators: AllocatorConfiguration = .processDefault
    ) throws(HeapError) -> InterpreterHeap {
        guard let raw = rawAllocateZeroed(1024, alignment: 64) else { throw .outOfMemory(bytes: 1024) }
        guard let chunks = rawAllocateZeroed(257 * 8, alignment: 64) else {
            rawFree(raw)
            throw .outOfMemory(bytes: 257 * 8)
        }
        guard let empty = rawAllocateZeroed(Arena.recordBytes + ArenaSpace.hintBytes, alignment: 64) else {
            rawFree(chunks)
            rawFree(raw)
            throw .outOfMemory(bytes: Arena.recordBytes)
        }
        guard let arenas = ArenaSet.make() else {
            rawFree(empty)
            rawFree(chunks)
            rawFree(raw)
            throw .outOfMemory(bytes: ArenaSet.bytes)
        }
        let heap = InterpreterHeap(raw)
        heap.fields.pointee.arenaSet = arenas
        invariant(
            MemoryLayout<ThreadHeap.Fields>.size <= ThreadHeap.outgoingOffset
                && ThreadHeap.outgoingOffset + RemoteBatch.targets * 8 <= ThreadHeap.totalBytes - ThreadHeap.areaBytes,
            "a thread's heap does not fit into its area")
        invariant(
            MemoryLayout<Fields>.size <= 256 && MemoryLayout<ArenaSpace>.size <= 256 && MemoryLayout<BigBuffers>.size <= 512,
            "the parts of a heap's record overlap")
        heap.fields.pointee.interpreter = interpreter.raw
        heap.fields.pointee.hooks = HeapHooks(allocators).map { Unmanaged.passRetained($0).toOpaque() }
        heap.fields.pointee.slotChunks = chunks.assumingMemoryBound(to: UnsafeMutableRawPointer?.self)
        heap.fields.pointee.emptyPool = empty
        Pool(empty).fields.pointee.kind.store(UInt8(PoolKind.none), ordering: .relaxed)
        Pool(empty).fields.pointee.start = empty
        Pool(empty).fields.pointee.untouched = empty
        Pool(empty).fields.pointee.limit = empty
        heap.space.initialize(to: ArenaSpace(hints: (empty + Arena.recordBytes).assumingMemoryBound(to: UInt32.self)))
        heap.big.initialize(to: BigBuffers())
        heap.fields.pointee.birthColour = Colour.first
        heap.fields.pointee.whiteColour = Colour.second
        return heap
    }

    public func slot(_ index: UInt16) -> OwnerSlot {
        let chunk = fields.pointee.slotChunks[Int(index) / InterpreterHeap.slotsPerChunk]!
        return OwnerSlot(chunk + Int(index) % InterpreterHeap.slotsPerChunk * OwnerSlot.bytes)
    }

    // MARK: Pools

    func takePool(classIndex: Int, kind: Int, owner: UInt16) -> Pool? {
        let medium = kind == PoolKind.medium
        let pool: Pool? = withLock {
            guard let (arena, unit) = takeUnits(medium ? Pool.mediumUnits : 1, aligned: medium) else { return nil }
            if medium {
                for part in unit + 1..<unit + Pool.mediumUnits {
                    Pool(arena: arena, unit: part).fields.pointee.kind.store(UInt8(PoolKind.part), ordering: .relaxed)
                }
            }
            return Pool(arena: arena, unit: unit)
        }
        let hooks = hooks?.hooks(kind: kind)
        pool?.format(classIndex: classIndex, kind: kind, owner: owner, heap: raw, hooks: hooks?.isHooked == true ? hooks : nil)
        return pool
    }

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
    /// - Returns: objects that were still alive, immortal ones apart; see `survivors` for their types.
    @discardableResult public func destroy() -> Int {
        var survivors = 0
        forEachLiveObject { _, _ in survivors += 1 }
        for chunk in 0..<257 {
            guard let memory = fields.pointee.slotChunks[chunk] else { continue }
            let used = fields.pointee.slotCount + 1 - chunk * InterpreterHeap.slotsPerChunk
            for index in 0..<min(used, InterpreterHeap.slotsPerChunk) {
                let slot = OwnerSlot(memory + index * OwnerSlot.bytes)
                if let saved = slot.fields.pointee.savedArea { rawFree(saved) }
                if let queue = slot.fields.pointee.queue { rawFree(queue) }
                slot.dropInbox()
            }
            VirtualMemory.unmap(memory, bytes: InterpreterHeap.slotChunkBytes)
        }
        unmapLarge()
        unmapArenas()
        fields.pointee.arenaSet.destroy()
        if let hooks = fields.pointee.hooks { Unmanaged<HeapHooks>.fromOpaque(hooks).release() }
        rawFree(fields.pointee.slotChunks)
        rawFree(fields.pointee.emptyPool)
        rawFree(raw)
        return survivors
    }
}
