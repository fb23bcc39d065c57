// Memory without a language on top: what tests, stress scenarios and benchmarks of the heap install.
public import StillThreadRegistry
import Synchronization

extension InterpreterHeap {
    /// Hooks of an interpreter whose objects have no references and no code: counts are merged and pools trimmed at safepoints, a dying thread
    /// leaves its slot, retired buffers go back to the heap, or with it.
    public static var standaloneHooks: InterpreterHooks {
        var hooks = InterpreterHooks()
        hooks.service = { raw, bits in
            let thread = ThreadState(raw)
            if bits & RequestBits.mergeCounts != 0 { ReferenceCount.mergeQueued(thread) }
            let own = ThreadHeap(thread)
            if bits & RequestBits.collect != 0 && own.fields.pointee.trimWanted != 0 {
                own.fields.pointee.trimWanted = 0
                own.trim()
            }
        }
        hooks.threadDying = { raw in
            let thread = ThreadState(raw)
            if thread.ownerSlot != 0 { InterpreterHeap(of: thread).leaveSlot(of: thread) }
        }
        hooks.freeBlock = { thread, block, bytes in
            if let thread { Allocation.freeBuffer(ThreadState(thread), block, bytes: Int(bytes)) }
        }
        return hooks
    }
}
