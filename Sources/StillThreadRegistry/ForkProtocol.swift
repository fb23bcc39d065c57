// Forking a process that has threads.
//
// Problem   The child has the forking thread only, and the memory of all: locks that others held, their thread states, a collection that another
//           thread was running, liburcu's threads.
// Before    1. One fork at a time; the reclaimers of process-wide tables are paused (detached: it takes milliseconds).
//           2. Every interpreter's world is stopped in one pause of all (GlobalPause.swift). So no thread is between two safepoints, and no
//              object, pool, lock byte or table of any interpreter is half changed.
//           3. What detached threads may be using is taken: `ForkLocks`, each interpreter's list of threads, each QSBR domain, liburcu.
// Parent    gives all of it back, in the reverse order.
// Child     4. gives back what it took: everything behind those locks is whole.
//           5. Thread states of other OS threads leave the registry; they are marked vanished and their memory stays, so that a handle used by
//              mistake traps. Their retired blocks go to the domain, their QSBR slots are free again. Thread states that the forking OS thread
//              used last survive: the attached one, those of outer scopes, and a host's.
//           6. Handles of vanished threads become done (ThreadHandle.swift).
//           7. The worlds run; then each interpreter's layers repair themselves (`threadVanished`, `forkedChild`): owner slots, collector, import
//              lock. The pause log needs no repair: a half-written entry reads as none.
// Left over What vanished threads referred to stays alive in the child, and locks of Python programs that they held stay locked, as on other systems.
// Hosts     Detached native code of other threads may hold locks of its own (the C library repairs its own). A child that does more than
//           `exec` wants a process whose other threads wait or run Python code.
import StillPlatform
import StillQSBR
import Synchronization

public enum ForkError: Error, Equatable, CustomStringConvertible {
    case notAllowed(interpreter: Int64)
    case shuttingDown(interpreter: Int64)
    case insidePause
    case system(code: Int32)

    public var description: String {
        switch self {
        case .notAllowed: "fork not supported for isolated subinterpreters"
        case .shuttingDown: "can't fork at interpreter shutdown"
        case .insidePause: "fork inside a pause: end the pause first"
        case .system(let code): "fork: \(SystemError.text(code))"
        }
    }
}

public enum ForkOutcome: Equatable, Sendable {
    case parent(child: Int32)
    case child
}

extension ThreadState {
    /// Copies the process. Returns twice: in the parent, and in the child with this thread alone.
    ///
    /// - Threads: attached; not inside a pause of its own. Callbacks of programs are the caller's affair.
    public func fork() throws(ForkError) -> ForkOutcome {
        precondition(ThreadState.current == self, "Thread state \(id) forks, but the OS thread is not attached to it.")
        if !interpreter.configuration.allowsFork { throw .notAllowed(interpreter: interpreter.id) }
        if interpreter.isFinalising { throw .shuttingDown(interpreter: interpreter.id) }
        if PauseScope.current != 0 { throw .insidePause }
        detached {
            WordLock.lock(Fork.lock, .fork)
            SharedTable.pauseReclaimers()
        }
        var fork = Fork(self)
        Runtime.withStoppedWorlds(.fork) { (world: borrowing StoppedRuntime) in
            while !fork.forkProcess(world) {}
        }
        let inChild = fork.result == 0
        detached { SharedTable.resumeReclaimers(inChild: inChild) }
        if inChild { fork.repairLayers() }
        WordLock.unlock(Fork.lock, .fork)
        if fork.result < 0 { throw .system(code: fork.code) }
        return inChild ? .child : .parent(child: fork.result)
    }
}

extension Runtime {
    /// How many forks lie between the process that started and this one.
    public static var forkGeneration: UInt64 { Fork.generation.load(ordering: .relaxed) }
}

private struct Fork {
    /// One fork at a time. Not a leaf: held over the whole fork, and given back by both processes.
    nonisolated(unsafe) static let lock: UnsafeMutablePointer<Atomic<UInt32>> = {
        guard let memory = rawAllocateZeroed(64, alignment: 64) else { stillBug("no memory for a word") }
        return memory.assumingMemoryBound(to: Atomic<UInt32>.self)
    }()
    static let generation = Atomic<UInt64>(0)

    let thread: ThreadState
    /// Interpreters whose world stands.
    var stopped: [Interpreter] = []
    var vanished: [ThreadState] = []
    var result: Int32 = 0
    var code: Int32 = 0

    init(_ thread: ThreadState) { self.thread = thread }

    /// False: more interpreters have been made meanwhile than there was room for; nothing was done.
    mutating func forkProcess(_ world: borrowing StoppedRuntime) -> Bool {
        var count = 0
        world.forEachInterpreter { _ in count += 1 }
        stopped.removeAll()
        stopped.reserveCapacity(count + 16)
        ForkLocks.lockAll()
        // The locks include that of the list. Nothing is allocated under it.
        var fits = true
        Runtime.forEachLocked { if stopped.count < stopped.capacity { stopped.append($0) } else { fits = false } }
        if !fits {
            ForkLocks.unlockAll()
            return false
        }
        for interpreter in stopped {
            WordLock.lock(interpreter.lockWord, .threadList)
            interpreter.qsbr.lockForFork()
        }
        SharedTable.lockForFork()
        (result, code) = OSThread.forkProcess()
        if result == 0 { SharedTable.repairInChild() } else { SharedTable.unlockInParent() }
        for interpreter in stopped.reversed() {
            interpreter.qsbr.unlockAfterFork()
            WordLock.unlock(interpreter.lockWord, .threadList)
        }
        ForkLocks.unlockAll()
        if result == 0 { repair() }
        return true
    }

    // MARK: Child

    /// The registry, the worlds still stopped and the process alone.
    private mutating func repair() {
        Fork.generation.wrappingAdd(1, ordering: .relaxed)
        let before = thread.record.pointee.osThreadID.load(ordering: .relaxed)
        let now = OSThread.currentID
        var survivors: [UInt64] = []
        for interpreter in stopped {
            var gone: [ThreadState] = []
            interpreter.forEachThread { other in
                if other.record.pointee.osThreadID.load(ordering: .relaxed) == before {
                    other.record.pointee.osThreadID.store(now, ordering: .relaxed)
                    survivors.append(other.id)
                } else {
                    gone.append(other)
                }
            }
            for other in gone {
                other.giveUp()
                interpreter.withLock { interpreter.record.pointee.threadCount -= 1 }
                other.record.pointee.attachment.store(Attachment.vanished, ordering: .relaxed)
            }
            vanished += gone
            // Others' pins are not given back, and who waited for the pause lock, or kept it while it waited for this fork, is gone.
            interpreter.record.pointee.pins.store(0, ordering: .relaxed)
            interpreter.pauseLock.reset()
        }
        Runtime.forgetOtherRequesters()
        Runtime.forgetNapper()
        ThreadHandle.repairInChild { survivors.contains($0) }
    }

    /// The layers above, the worlds running.
    func repairLayers() {
        for other in vanished {
            other.interpreter.hooks.threadVanished?(other.raw, other.interpreter == thread.interpreter ? thread.raw : nil)
        }
        for interpreter in stopped {
            interpreter.hooks.forkedChild?(interpreter.raw, interpreter == thread.interpreter ? thread.raw : nil)
        }
    }
}
