// The process-wide part: types, native modules and the hooks between the layers, set up once before the first interpreter.
import StillGC
import StillModules
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import StillVM
import Synchronization

enum ProcessStart {
    private static let once: Void = run()

    /// Any thread; the first call does the work.
    static func ensure() { once }

    private static func run() {
        StaticTypes.start()
        VirtualMachine.start()
        NativeModules.start()
        CompileHook.install()
        SourceQuestions.install()
        Unraisable.installHook()
        VMHooks.displayHook = { (t, value) throws(PythonError) in try SysModule.display(t, value) }
        CollectorRoots.scanFrames = FrameScanner.scan
        CollectorRoots.finalize = { thread, object in Finalizer.runAlive(Thread(thread), ObjectRef(object)) }
        CollectorRoots.clearWeakReferences = { thread, object, runs in
            WeakReferences.clear(Thread(thread), ObjectRef(object), runCallbacks: runs)
        }
        CollectorRoots.visitInterpreter = { interpreter, visitor in
            let interpreter = StillThreadRegistry.Interpreter(interpreter)
            let state = interpreter.state
            let callbacks = Value(bits: state.pointee.collectorCallbacks.load(ordering: .acquiring))
            let garbage = Value(bits: state.pointee.collectorGarbage.load(ordering: .acquiring))
            let forkCallbacks = Value(bits: state.pointee.forkCallbacks.load(ordering: .acquiring))
            for value in [
                state.pointee.builtins, state.pointee.modules, state.pointee.sysDict, state.pointee.path, state.pointee.argv, callbacks,
                garbage, forkCallbacks,
            ] where value.isObject {
                visitor.report(value.object.raw, true)
            }
        }
        CollectorRoots.describe = { raw in
            let type = TypeRef(ObjectRef(raw).typeRaw)
            return "\(StrRef(type.record.pointee.name).string) object at \(raw)"
        }
        CollectorRoots.notify = { thread, start, collected, uncollectable in
            if !start { DeadBlocks.free(Thread(thread)) }
            GcModule.notify(Thread(thread), start: start, collected: collected, uncollectable: uncollectable)
        }
        CollectorRoots.notifyYoung = { thread, start, collected, paused in
            GcModule.notifyYoung(Thread(thread), start: start, collected: collected, paused: paused)
        }
        CollectorRoots.reportCondemned = { thread, object in GcModule.reportCondemned(Thread(thread), ObjectRef(object)) }
        CollectorHooks.isDoomed = { object in
            guard let thread = ThreadState.current else { return false }
            return Collector.isDoomed(ObjectRef(object), InterpreterHeap(of: thread).raw)
        }
    }

    /// What an interpreter's registry calls in the layers above it.
    static func hooks() -> InterpreterHooks {
        var hooks = InterpreterHooks()
        hooks.service = { raw, bits in
            let t = ThreadState(raw)
            if bits & RequestBits.mergeCounts != 0 { ReferenceCount.mergeQueued(t) }
            if bits & RequestBits.collect != 0 { Collector(of: t).serve(t) }
        }
        hooks.threadBorn = { raw in PythonThreads.equip(ThreadState(raw)) }
        hooks.threadVanished = { raw, survivor in
            let t = ThreadState(raw)
            guard t.ownerSlot != 0, let heap = t.interpreterState.pointee.heap else { return }
            if let collector = InterpreterHeap(heap).fields.pointee.collector { Collector(collector).takeOver(from: t) }
            InterpreterHeap(heap).abandonSlot(of: t, by: survivor.map { ThreadState($0) })
        }
        hooks.threadForgotten = { raw in
            VirtualMachine.forget(thread: ThreadState(raw))
            StaticTypes.forget(thread: ThreadState(raw))
        }
        hooks.forkedChild = { raw, survivor in
            PythonThreads.repairInChild(StillThreadRegistry.Interpreter(raw), survivor.map { ThreadState($0) })
        }
        hooks.threadDying = { raw in
            let t = ThreadState(raw)
            guard t.ownerSlot != 0 else { return }
            t.release(t.takeRaised())
            VirtualMachine.giveUpReferences(t)
            // Runs the finalizers of what still dies: the VM's part of the thread goes last.
            InterpreterHeap(of: t).leaveSlot(of: t)
            VirtualMachine.detach(t)
            StaticTypes.detach(t)
        }
        hooks.freeBlock = { thread, block, bytes in
            // Without a thread the interpreter has ended, and its heap has freed every buffer.
            if let thread { Allocation.freeBuffer(Thread(thread), block, bytes: Int(bytes)) }
        }
        return hooks
    }
}
