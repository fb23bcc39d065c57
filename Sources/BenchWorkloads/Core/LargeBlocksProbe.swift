// Large blocks whose frees are deferred by one thread while another one runs: how much piles up?
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import Stillpoint
import Synchronization

enum LargeBlocksProbe {
    private static let blockBytes = 24_000_000

    /// A thread makes, writes and retires one block after the other; the other only polls safepoints.
    static func buffers(count: Int) throws -> CoreProbe.Values {
        let interpreter = try StillThreadRegistry.Runtime.makeInterpreter()
        let heap = try InterpreterHeap.make(for: interpreter)
        interpreter.hooks = InterpreterHeap.standaloneHooks
        let busy = try interpreter.makeThread()
        let other = try interpreter.makeThread()
        busy.attach()
        try heap.takeSlot(for: busy)
        ResidentMemory.forgetPeak()
        let before = ResidentMemory.status("VmRSS")
        let done = Done()
        let start = Clock.monotonicNanoseconds()
        let started = try OSThread.start(name: "retires", stackBytes: 1 << 20) {
            other.attach()
            if (try? heap.takeSlot(for: other)) != nil {
                for _ in 0..<count {
                    guard let block = Allocation.buffer(other, bytes: blockBytes) else { break }
                    for page in stride(from: 0, to: blockBytes, by: 4096) { block.storeBytes(of: 1, toByteOffset: page, as: UInt8.self) }
                    Allocation.retireBuffer(other, block, bytes: blockBytes)
                    other.safepoint()
                    done.blocks.wrappingAdd(1, ordering: .relaxed)
                }
                heap.leaveSlot(of: other)
            }
            other.destroy()
            done.ended.store(1, ordering: .relaxed)
        }
        while done.ended.load(ordering: .relaxed) == 0 { busy.safepoint() }
        let passed = Clock.monotonicNanoseconds() - start
        busy.detached { started.join() }
        let peak = ResidentMemory.status("VmHWM") - before
        guard done.blocks.load(ordering: .relaxed) == count else { throw BenchError("no memory for a block") }
        heap.leaveSlot(of: busy)
        busy.destroy()
        heap.destroy()
        interpreter.destroy()
        return ["peakMiB": Double(peak) / 1_048_576, "milliseconds": Double(passed) / 1e6]
    }

    private final class Done: Sendable {
        // Relaxed: they count and tell; joining the thread orders the rest.
        let ended = Atomic<Int>(0)
        let blocks = Atomic<Int>(0)
    }

    /// The same as a Python program: lists of one thread that another one resizes.
    static func lists(count: Int) throws -> CoreProbe.Values {
        let program = """
            import threading
            made = threading.Semaphore(0)
            resized = threading.Semaphore(0)
            box = []
            def resize():
                for n in range(\(count)):
                    made.acquire()
                    box[0].append(n)
                    resized.release()
            thread = threading.Thread(target=resize)
            thread.start()
            for n in range(\(count)):
                box.append([n] * 3_000_000)
                made.release()
                resized.acquire()
                assert len(box.pop()) == 3_000_001
            thread.join()
            """
        let interpreter = try Stillpoint.Interpreter()
        ResidentMemory.forgetPeak()
        let before = ResidentMemory.status("VmRSS")
        let start = Clock.monotonicNanoseconds()
        try interpreter.run(source: Array(program.utf8))
        let passed = Clock.monotonicNanoseconds() - start
        let peak = ResidentMemory.status("VmHWM") - before
        interpreter.close()
        return ["peakMiB": Double(peak) / 1_048_576, "milliseconds": Double(passed) / 1e6]
    }
}
