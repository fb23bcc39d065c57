// Allocator mixes on a thread's own heap. The peers' side of the same work, on malloc, is tools/peers/mix.c.
//
// Each thread runs its tape. Blocks that a thread leaves to the other one travel through a ring; there they are freed by a thread that does
// not own their pool. Every block is written when allocated and read when freed: the sum of what was read tells that no two blocks overlapped.
// Processor time of the threads is measured, and the clock on the wall beside it. The first and the last pass are not timed: there memory is looked
// at when a thread has most blocks.
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import Synchronization

/// How a mix allocates.
private protocol MixAllocator {
    static func allocate(_ thread: ThreadState, _ bytes: Int) -> UnsafeMutableRawPointer?
    static func free(_ thread: ThreadState, _ block: UnsafeMutableRawPointer, _ bytes: Int)
}

/// As the runtime's own code does.
private enum InlinedAllocator: MixAllocator {
    @inline(__always) static func allocate(_ thread: ThreadState, _ bytes: Int) -> UnsafeMutableRawPointer? {
        Allocation.buffer(thread, bytes: bytes)
    }
    @inline(__always) static func free(_ thread: ThreadState, _ block: UnsafeMutableRawPointer, _ bytes: Int) {
        Allocation.freeBuffer(thread, block, bytes: bytes)
    }
}

/// As a C program would: a call, the thread looked up, the size not told.
private enum CalledAllocator: MixAllocator {
    @inline(__always) static func allocate(_ thread: ThreadState, _ bytes: Int) -> UnsafeMutableRawPointer? { shapedAllocate(bytes) }
    @inline(__always) static func free(_ thread: ThreadState, _ block: UnsafeMutableRawPointer, _ bytes: Int) { shapedFree(block) }

    @inline(never) private static func shapedAllocate(_ bytes: Int) -> UnsafeMutableRawPointer? {
        Allocation.buffer(ThreadState(CurrentThread.get().unsafelyUnwrapped), bytes: bytes)
    }
    /// Blocks of at most 512 bytes only: larger ones are malloc's.
    @inline(never) private static func shapedFree(_ block: UnsafeMutableRawPointer) {
        let thread = ThreadState(CurrentThread.get().unsafelyUnwrapped)
        ThreadHeap(thread).freeBlock(block, owner: thread.ownerSlot)
    }
}

/// One thread writes, one reads. The count of written entries is released by the writer and acquired by the reader: it sees the entries
/// and what the writer did to the blocks; the count of taken entries the other way round.
private struct PointerRing: @unchecked Sendable {
    static let capacity = 16384
    let raw: UnsafeMutableRawPointer

    init?() {
        guard let raw = rawAllocateZeroed(128 + PointerRing.capacity * 8, alignment: 64) else { return nil }
        self.raw = raw
    }
    @inline(__always) var written: UnsafeMutablePointer<Atomic<Int>> { raw.assumingMemoryBound(to: Atomic<Int>.self) }
    @inline(__always) var taken: UnsafeMutablePointer<Atomic<Int>> { (raw + 64).assumingMemoryBound(to: Atomic<Int>.self) }
    @inline(__always) var entries: UnsafeMutablePointer<UnsafeMutableRawPointer> {
        (raw + 128).assumingMemoryBound(to: UnsafeMutableRawPointer.self)
    }
}

private final class MixWorker: @unchecked Sendable {
    // Set before the thread starts; the results are read after it has been joined.
    var tape: [UInt32] = []
    /// Operations up to the moment of most blocks.
    var deepest = 0
    var memory = 0
    var slots: UnsafeMutablePointer<UnsafeMutableRawPointer>
    var inbox, outbox: PointerRing?
    var sum: UInt64 = 0
    var cpu: [UInt64] = []
    var wall: [UInt64] = []
    var failed = false

    init() { slots = .allocate(capacity: OperationTape.slots) }
}

enum AllocatorProbe {
    private static let drainEvery = 64

    static func run(threads: Int, remote: Int, operations: Int, passes: Int, seed: Int, inlined: Bool) throws -> CoreProbe.Values {
        guard (1...2).contains(threads), passes > 0, threads == 2 || remote == 0 else { throw BenchError("threads 1 or 2, passes from 1") }
        let interpreter = try StillThreadRegistry.Runtime.makeInterpreter()
        let heap = try InterpreterHeap.make(for: interpreter)
        guard let first = PointerRing(), let second = PointerRing() else { throw BenchError("no memory for the rings") }
        var workers: [MixWorker] = []
        var tapes: UInt64 = 0
        for index in 0..<threads {
            let worker = MixWorker()
            (worker.tape, worker.deepest) = OperationTape.make(operations: operations, remote: remote, seed: UInt64(seed + index))
            if threads == 2 { (worker.inbox, worker.outbox) = index == 0 ? (first, second) : (second, first) }
            for operation in worker.tape { tapes = (tapes ^ UInt64(operation)) &* 0x100_0000_01B3 }
            workers.append(worker)
        }
        let before = ResidentMemory.anonymousBytes()
        let meeting = Meeting(threads)
        let started = ProbeThreads()
        for worker in workers {
            let thread = try interpreter.makeThread()
            try started.start("mix") {
                thread.attach()
                do { try heap.takeSlot(for: thread) } catch { worker.failed = true }
                if inlined {
                    work(thread, worker, meeting, passes, InlinedAllocator.self)
                } else {
                    work(thread, worker, meeting, passes, CalledAllocator.self)
                }
                heap.leaveSlot(of: thread)
                thread.destroy()
            }
        }
        started.join()
        let peak = workers.map(\.memory).max()! - before
        heap.destroy()
        interpreter.destroy()
        guard !workers.contains(where: \.failed) else { throw BenchError("no memory for a block") }
        let total = Double(workers.reduce(0) { $0 + $1.tape.count })
        var cpu: [Double] = []
        var wall: [Double] = []
        for pass in 1...passes {
            cpu.append(Double(workers.reduce(0) { $0 + $1.cpu[pass] }) * 2 / total)
            wall.append(Double(workers.map { $0.wall[pass] }.max()!) * 2 * Double(threads) / total)
        }
        let sum = workers.reduce(0) { $0 &+ $1.sum }
        return [
            "nanosecondsCPU": cpu.sorted()[passes / 2], "nanosecondsWall": wall.sorted()[passes / 2], "peakKiB": Double(peak) / 1024,
            "tape": Double(tapes & 0xFFFF_FFFF_FFFF), "sum": Double(sum & 0xFFFF_FFFF_FFFF),
        ]
    }

    /// Where the threads wait for each other. Orders nothing: the rings do.
    private final class Meeting: Sendable {
        let threads: Int
        let arrived = Atomic<Int>(0)
        let finished = Atomic<Int>(0)
        init(_ threads: Int) { self.threads = threads }
    }

    private static func work<A: MixAllocator>(
        _ thread: ThreadState, _ worker: MixWorker, _ meeting: Meeting, _ passes: Int, _: A.Type
    ) {
        for pass in 0...passes + 1 {
            let isTimed = pass > 0 && pass <= passes
            meeting.arrived.wrappingAdd(1, ordering: .relaxed)
            while meeting.arrived.load(ordering: .relaxed) < meeting.threads * (pass + 1) { OSThread.yield() }
            let cpu = Clock.threadCPUNanoseconds()
            let wall = Clock.monotonicNanoseconds()
            worker.sum &+= worker.tape.withUnsafeBufferPointer { tape in
                func run(_ range: Range<Int>) -> UInt64 {
                    runTape(thread, tape.baseAddress!, range, worker.slots, worker.inbox, worker.outbox, &worker.failed, A.self)
                }
                if isTimed { return run(0..<tape.count) }
                let sum = run(0..<worker.deepest)
                worker.memory = max(worker.memory, ResidentMemory.anonymousBytes())
                return sum &+ run(worker.deepest..<tape.count)
            }
            worker.cpu.append(Clock.threadCPUNanoseconds() - cpu)
            worker.wall.append(Clock.monotonicNanoseconds() - wall)
            meeting.finished.wrappingAdd(1, ordering: .releasing)
            while meeting.finished.load(ordering: .acquiring) < meeting.threads * (pass + 1) {
                if let inbox = worker.inbox { worker.sum &+= drain(thread, inbox, A.self) }
                OSThread.yield()
            }
            if let inbox = worker.inbox { worker.sum &+= drain(thread, inbox, A.self) }
        }
    }

    @inline(__always)
    private static func drain<A: MixAllocator>(_ thread: ThreadState, _ ring: PointerRing, _: A.Type) -> UInt64 {
        var taken = ring.taken.pointee.load(ordering: .relaxed)
        let written = ring.written.pointee.load(ordering: .acquiring)
        if taken == written { return 0 }
        var sum: UInt64 = 0
        while taken != written {
            let block = ring.entries[taken & (PointerRing.capacity &- 1)]
            let word = block.load(as: UInt64.self)
            sum &+= word
            A.free(thread, block, Int(word >> 16 & 0x3FFF))
            taken &+= 1
        }
        ring.taken.pointee.store(taken, ordering: .releasing)
        return sum
    }

    @inline(never)
    private static func runTape<A: MixAllocator>(
        _ thread: ThreadState, _ tape: UnsafePointer<UInt32>, _ range: Range<Int>, _ slots: UnsafeMutablePointer<UnsafeMutableRawPointer>,
        _ inbox: PointerRing?, _ outbox: PointerRing?, _ failed: inout Bool, _: A.Type
    ) -> UInt64 {
        var sum: UInt64 = 0
        var at = range.lowerBound
        while at < range.upperBound {
            let operation = tape[at]
            let slot = Int(operation & 0xFFFF)
            let bytes = Int(operation >> 16 & 0x3FFF)
            if operation & OperationTape.freeBit == 0 {
                guard let block = A.allocate(thread, bytes) else {
                    failed = true
                    return 0
                }
                block.storeBytes(of: UInt64(operation), as: UInt64.self)
                slots[slot] = block
            } else if operation & OperationTape.remoteBit == 0 {
                let block = slots[slot]
                sum &+= block.load(as: UInt64.self)
                A.free(thread, block, bytes)
            } else if let ring = outbox {
                let written = ring.written.pointee.load(ordering: .relaxed)
                while written &- ring.taken.pointee.load(ordering: .acquiring) == PointerRing.capacity {
                    if let inbox { sum &+= drain(thread, inbox, A.self) }
                    OSThread.yield()
                }
                ring.entries[written & (PointerRing.capacity &- 1)] = slots[slot]
                ring.written.pointee.store(written &+ 1, ordering: .releasing)
            }
            if at & (drainEvery &- 1) == 0, let inbox { sum &+= drain(thread, inbox, A.self) }
            at &+= 1
        }
        return sum
    }
}
