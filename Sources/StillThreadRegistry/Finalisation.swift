// The end of an interpreter while threads of it are left.
//
// Problem   Daemon threads and hosts' threads may run, wait or compute when an interpreter is shut down. They cannot be unwound: native frames
//           lie on their stacks. And they must not touch objects while, or after, these are taken apart.
// Protocol  1. The finalising thread stops the world; `life` becomes finalising: no thread state is made any more.
//           2. In the pause every other thread goes from suspended to trapped. It is never resumed.
//           3. A trapped thread that tries to attach, or that waits at a safepoint for the end of the pause, answers with parked, its last
//              access to its record, and sleeps on a word of the process until that ends.
//           4. The layers above give up for each what it shared with others (`threadVanished`).
//           5. When all are parked, their records and all memory of the interpreter can be freed. A thread that was detached in native code
//              may come by late, or never: then the records and the memory stay until the process ends.
// Bounds    Step 1 takes as long as a pause: to each thread's next safepoint. Nothing waits for a detached thread.
// Ordering  (F1) parked is a release store, acquired by who frees the record.
import StillPlatform
import StillQSBR
import Synchronization

@frozen public enum InterpreterLife {
    public static var alive: UInt32 { 0 }
    public static var finalising: UInt32 { 1 }
    public static var ended: UInt32 { 2 }
}

extension Interpreter {
    /// The shutdown has begun: other threads are trapped.
    public var isFinalising: Bool { record.pointee.life.load(ordering: .relaxed) != InterpreterLife.alive }

    /// Threads stopped for ever, and how many of these have not come by yet.
    public var trappedThreads: (all: Int, late: Int) {
        var all = 0
        var late = 0
        forEachThread { thread in
            guard thread.isTrapped else { return }
            all += 1
            if thread.record.pointee.attachment.load(ordering: .acquiring) != Attachment.parked { late += 1 }  // F1
        }
        return (all, late)
    }
}

extension ThreadState {
    /// Stopped for ever by the end of its interpreter.
    public var isTrapped: Bool {
        let state = record.pointee.attachment.load(ordering: .relaxed)
        return state == Attachment.trapped || state == Attachment.parked
    }

    /// Stops every other thread of the interpreter for ever. Again is no error.
    ///
    /// - Threads: attached; from now on it is the only one of the interpreter.
    public func trapOthers() {
        let interpreter = self.interpreter
        withStoppedWorld(.finalization) { (world: borrowing StoppedWorld) in
            interpreter.withLock { interpreter.record.pointee.life.store(InterpreterLife.finalising, ordering: .relaxed) }
            if FaultInjection.isActive(.forgetToTrap) { return }
            world.forEachThread { other in
                if other == self || other.isTrapped { return }
                // It will never take the attachment that it may be owed.
                other.forgive()
                other.record.pointee.attachment.store(Attachment.trapped, ordering: .releasing)  // A1
            }
            Runtime.wakeResumed()
        }
        var trapped: [ThreadState] = []
        interpreter.forEachThread { if $0 != self && $0.isTrapped { trapped.append($0) } }
        if let vanished = interpreter.hooks.threadVanished { for thread in trapped { vanished(thread.raw, raw) } }
    }

    /// Frees the states of trapped threads if all of them are parked.
    ///
    /// - Parameter patienceNanoseconds: how long to wait for those that are on their way.
    /// - Returns: false when one is detached in native code and may still use what it knows of.
    public func forgetTrapped(patienceNanoseconds: UInt64 = 20_000_000) -> Bool {
        let interpreter = self.interpreter
        let limit = Clock.monotonicNanoseconds() + patienceNanoseconds
        while interpreter.trappedThreads.late > 0 {
            if Clock.monotonicNanoseconds() > limit { return false }
            OSThread.sleep(nanoseconds: 50_000)
        }
        var trapped: [ThreadState] = []
        interpreter.forEachThread { if $0.isTrapped { trapped.append($0) } }
        for thread in trapped {
            interpreter.hooks.threadForgotten?(thread.raw)
            thread.giveUp()
            interpreter.free(thread)
        }
        return true
    }

    /// Takes the state of a thread that never runs again out of the registry: its retired memory, its QSBR slot, its place in the list.
    /// It still counts as a thread of the interpreter.
    func giveUp() {
        let interpreter = self.interpreter
        let domain = interpreter.qsbr
        _ = record.pointee.delayedFree.abandon(to: domain)
        domain.goOffline(qsbr)
        domain.releaseSlot(qsbr)
        interpreter.unlink(self)
    }

    /// The thread cannot attach: it is trapped, or somebody has made a mistake.
    @inline(never) func cannotAttach(_ state: UInt32) {
        switch state {
        case Attachment.trapped:
            // Last access to the record. What the OS thread holds it keeps until the process ends.
            record.pointee.attachment.store(Attachment.parked, ordering: .releasing)  // F1
            CurrentThread.set(nil)
            while true { Parker.wait(on: ForeverWord.word, while: 0) }
        case Attachment.attached, Attachment.stopping:
            // Moved on meanwhile: the caller looks again.
            if !isAttached { return }
            let osThread = record.pointee.osThreadID.load(ordering: .relaxed)
            preconditionFailure(
                "Thread state \(id) is attached to OS thread \(osThread) and cannot be attached to \(OSThread.currentID). One at a time.")
        case Attachment.detached, Attachment.suspended, Attachment.sleeping, Attachment.held, Attachment.heldStopping: return
        default:
            preconditionFailure("Thread state \(id) cannot be attached: it is \(Attachment.name(state)).")
        }
    }
}

private enum ForeverWord {
    /// Never changes.
    nonisolated(unsafe) static let word: UnsafeMutablePointer<Atomic<UInt32>> = {
        guard let memory = rawAllocateZeroed(64, alignment: 64) else { stillBug("no memory for a word") }
        return memory.assumingMemoryBound(to: Atomic<UInt32>.self)
    }()
}
