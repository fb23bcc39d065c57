// Deferred frees: one thread reads through a shared pointer and reports a quiescent state every 1,000 reads; one thread replaces the
// block behind it and retires the old one. The peers' side of the same work is tools/peers/qsbr.c.
//
// Blocks are 32 bytes: of malloc, as the peers' are, or of the thread's own heap, as the runtime's are. Everything else is the runtime's
// way: retire, poll safepoints, free what is due there.
// The claim that a block is not freed under the reader is checked elsewhere (read-during-retire); here the reader only has to meet values
// that were published.
import StillObmalloc
import StillPlatform
import StillQSBR
import StillThreadRegistry
import Synchronization

enum ReclamationProbe {
    private static let blockBytes = 32
    private static let readsBetweenReports = 1000

    private final class Shared: Sendable {
        /// The block of the moment. Released by the updater, acquired by the reader: its value is seen.
        let block = Atomic<UInt>(0)
        // Relaxed: they ask and count; joining the reader orders the rest.
        let ready = Atomic<Int>(0)
        let stop = Atomic<Int>(0)
        let reads = Atomic<Int>(0)
        let total = Atomic<UInt64>(0)
        let readerCPU = Atomic<UInt64>(0)
    }

    static func run(updates: Int, ownBlocks: Bool) throws -> CoreProbe.Values {
        let interpreter = try StillThreadRegistry.Runtime.makeInterpreter()
        let heap = try InterpreterHeap.make(for: interpreter)
        interpreter.hooks = hooks(ownBlocks)
        let updater = try interpreter.makeThread()
        let reader = try interpreter.makeThread()
        updater.attach()
        try heap.takeSlot(for: updater)
        let shared = Shared()
        shared.block.store(UInt(bitPattern: try block(updater, 0, ownBlocks)), ordering: .releasing)
        let started = try OSThread.start(name: "reader", stackBytes: 1 << 20) {
            reader.attach()
            shared.ready.store(1, ordering: .relaxed)
            read(reader, shared)
            reader.destroy()
        }
        while shared.ready.load(ordering: .relaxed) == 0 { OSThread.yield() }
        let cpu = Clock.processCPUNanoseconds()
        let start = Clock.monotonicNanoseconds()
        var held = 0
        let done = ownBlocks ? update(updater, shared, updates, true, &held) : update(updater, shared, updates, false, &held)
        guard done else { throw BenchError("no memory for a block") }
        // What is still waiting counts too, the unfinished batch included.
        updater.record.pointee.delayedFree.closeBatch(domain: interpreter.qsbr)
        while updater.retiredBlocks > 0 {
            updater.request(RequestBits.delayedFrees)
            updater.safepoint()
            if updater.retiredBlocks > 0 { OSThread.yield() }
        }
        let wall = Clock.monotonicNanoseconds() - start
        let allCPU = Clock.processCPUNanoseconds() - cpu
        shared.stop.store(1, ordering: .relaxed)
        updater.detached { started.join() }
        let readerCPU = shared.readerCPU.load(ordering: .relaxed)
        let last = UnsafeMutableRawPointer(bitPattern: shared.block.load(ordering: .relaxed))!
        guard last.load(as: UInt64.self) == UInt64(updates) else { throw BenchError("the last block is not the last that was published") }
        if ownBlocks { Allocation.freeBuffer(updater, last, bytes: blockBytes) } else { rawFree(last) }
        heap.leaveSlot(of: updater)
        updater.destroy()
        heap.destroy()
        interpreter.destroy()
        return [
            "millionPerSecond": Double(updates) * 1e3 / Double(wall), "heldBlocks": Double(held),
            "heldKiB": Double(held * blockBytes) / 1024,
            "nanosecondsCPU": allCPU > readerCPU ? Double(allCPU - readerCPU) / Double(updates) : 0,
            "nanosecondsRead": Double(readerCPU) / Double(shared.reads.load(ordering: .relaxed)),
        ]
    }

    private static func hooks(_ ownBlocks: Bool) -> InterpreterHooks {
        if ownBlocks { return InterpreterHeap.standaloneHooks }
        var hooks = InterpreterHooks()
        hooks.freeBlock = { _, block, _ in rawFree(block) }
        return hooks
    }

    private static func block(_ thread: ThreadState, _ value: UInt64, _ own: Bool) throws -> UnsafeMutableRawPointer {
        guard let block = own ? Allocation.buffer(thread, bytes: blockBytes) : rawAllocate(blockBytes)
        else { throw BenchError("no memory for a block") }
        block.storeBytes(of: value, as: UInt64.self)
        return block
    }

    /// - Returns: false when there was no memory.
    @inline(__always)
    private static func update(_ thread: ThreadState, _ shared: Shared, _ updates: Int, _ own: Bool, _ held: inout Int) -> Bool {
        var current = UnsafeMutableRawPointer(bitPattern: shared.block.load(ordering: .relaxed)).unsafelyUnwrapped
        for update in 1...updates {
            guard let block = own ? Allocation.buffer(thread, bytes: blockBytes) : rawAllocate(blockBytes) else { return false }
            block.storeBytes(of: UInt64(update), as: UInt64.self)
            shared.block.store(UInt(bitPattern: block), ordering: .releasing)
            thread.retire(current, bytes: blockBytes)
            current = block
            if update & 15 == 0 { held = max(held, thread.retiredBlocks) }
            thread.safepoint()
        }
        return true
    }

    @inline(never) private static func read(_ thread: ThreadState, _ shared: Shared) {
        var total: UInt64 = 0
        var reads = 0
        let domain = thread.interpreter.qsbr
        let slot = thread.qsbr
        let before = Clock.threadCPUNanoseconds()
        while shared.stop.load(ordering: .relaxed) == 0 {
            for _ in 0..<readsBetweenReports {
                let block = UnsafeRawPointer(bitPattern: shared.block.load(ordering: .acquiring)).unsafelyUnwrapped
                total &+= block.load(as: UInt64.self)
            }
            reads += readsBetweenReports
            domain.quiescent(slot)
            thread.safepoint()
        }
        shared.readerCPU.store(Clock.threadCPUNanoseconds() - before, ordering: .relaxed)
        shared.reads.store(reads, ordering: .relaxed)
        shared.total.store(total, ordering: .relaxed)
    }
}
