// Functions for tools/check-assembly, which disassembles them: the runtime's shortest paths, each alone, not inlined into anything.
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import Synchronization

enum AssemblyProbes {
    /// One load when nothing is asked.
    @inline(never) static func assemblyProbeSafepoint(_ thread: ThreadState) { thread.safepoint() }

    /// No locked instruction when the thread's pool has room and the block is its own.
    @inline(never) static func assemblyProbeBuffer(_ thread: ThreadState) -> UnsafeMutableRawPointer? {
        Allocation.buffer(thread, bytes: 64)
    }
    @inline(never) static func assemblyProbeFreeBuffer(_ thread: ThreadState, _ block: UnsafeMutableRawPointer) {
        Allocation.freeBuffer(thread, block, bytes: 64)
    }
    @inline(never) static func assemblyProbeObject(_ thread: ThreadState, _ type: UnsafeMutableRawPointer) -> ObjectRef? {
        Allocation.object(thread, type: type, bytes: 48, collectable: true)
    }
    @inline(never) static func assemblyProbeFreeObject(_ thread: ThreadState, _ object: ObjectRef) { Allocation.free(object, thread) }

    /// A locked instruction: what the check has to find.
    @inline(never) static func assemblyProbeLocked(_ word: UnsafeMutablePointer<Atomic<UInt32>>) -> UInt32 {
        word.pointee.wrappingAdd(1, ordering: .relaxed).newValue
    }

    /// Calls all of them, so that none is removed.
    static func run() throws -> CoreProbe.Values {
        let interpreter = try StillThreadRegistry.Runtime.makeInterpreter()
        let heap = try InterpreterHeap.make(for: interpreter)
        let thread = try interpreter.makeThread()
        thread.attach()
        try heap.takeSlot(for: thread)
        guard let block = assemblyProbeBuffer(thread), let type = rawAllocateZeroed(64), let object = assemblyProbeObject(thread, type)
        else { throw BenchError("no memory for a block") }
        assemblyProbeSafepoint(thread)
        assemblyProbeFreeBuffer(thread, block)
        assemblyProbeFreeObject(thread, object)
        let word = UnsafeMutablePointer<Atomic<UInt32>>.allocate(capacity: 1)
        word.initialize(to: Atomic(0))
        let count = assemblyProbeLocked(word)
        word.deallocate()
        rawFree(type)
        heap.leaveSlot(of: thread)
        thread.destroy()
        heap.destroy()
        interpreter.destroy()
        return ["count": Double(count)]
    }
}
