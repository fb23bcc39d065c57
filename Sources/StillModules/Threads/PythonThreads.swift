// Starting threads that run Python code, and what ends them.
//
// Birth     The starting thread makes the thread state and hands it function and arguments (counts included); the new OS thread attaches,
//           takes its heap slot and its parts of the object layer and the VM.
// Death     Its own thread, attached: everything it holds is released, then the state is destroyed.
// Exit      At the end of an interpreter its non-daemon threads are joined (NonDaemonThreads), then the others are trapped.
// Fork      A thread of this kind that forks is the child's main thread: when its function returns the child ends.
public import StillObjects
import StillObmalloc
import StillPlatform
public import StillThreadRegistry
import StillVM
import Synchronization

public enum PythonThreads {
    /// In a child forked by a thread that was started here: the number of its thread state.
    private static let childMain = Atomic<UInt64>(0)

    private static let leastStackBytes = 1 << 20

    public static func isFinalizing(_ interpreter: Interpreter) -> Bool {
        interpreter.state.pointee.finalizing.load(ordering: .relaxed) != 0
    }
    /// From now on the interpreter starts no threads.
    public static func beginFinalization(_ interpreter: Interpreter) {
        interpreter.state.pointee.finalizing.store(1, ordering: .relaxed)
    }
    /// Prepares the calling OS thread's new state. Afterwards it is attached and can run Python code.
    ///
    /// - Throws: when there is no memory for its stack or no owner slot; the state has been ended then.
    public static func enter(_ t: ThreadState) throws(PythonError) {
        t.attach()
        do throws(PythonError) { try prepare(t) } catch {
            t.destroy()
            throw error
        }
        noteStack(t)
    }

    /// The same for a state that is attached already.
    ///
    /// - Returns: false when something is missing; the state must be ended.
    public static func equip(_ t: ThreadState) -> Bool {
        do throws(PythonError) { try prepare(t) } catch { return false }
        noteStack(t)
        return true
    }

    /// Gives a new state all that it needs to run Python code, so that nothing is missing once its OS thread has started.
    ///
    /// - Throws: then the state must be ended.
    /// - Threads: the state itself or the thread that made it is attached, so that no pause sees it half made.
    private static func prepare(_ t: ThreadState) throws(PythonError) {
        do { try InterpreterHeap(t.interpreterState.pointee.heap!).takeSlot(for: t) } catch { throw PythonError() }
        guard StaticTypes.attach(t) else { throw PythonError() }
        t.objects.pointee.recursionLimit = t.interpreterState.pointee.recursionLimit.load(ordering: .relaxed)
        try VirtualMachine.attach(t)
    }

    /// Own OS thread.
    private static func noteStack(_ t: ThreadState) {
        t.objects.pointee.nativeStackLimit = OSThread.stackBounds.low + (256 << 10)
    }

    /// For all threads of the interpreter. Attached.
    public static func setRecursionLimit(_ t: ThreadState, _ limit: Int) {
        t.interpreterState.pointee.recursionLimit.store(limit, ordering: .relaxed)
        t.withStoppedWorld(.introspection) { (world: borrowing StoppedWorld) in
            world.forEachThread { $0.objects.pointee.recursionLimit = limit }
        }
    }

    /// Runs the handlers of signals that have come, in the main thread. Throws what they raise: KeyboardInterrupt when nothing else was asked for.
    static func checkInterrupt(_ t: ThreadState) throws(PythonError) { try Interrupts.deliver(t) }
    static func isInterrupted(_ t: ThreadState) -> Bool { t.isMainThread && t.interpreterState.pointee.interrupted.load(ordering: .relaxed) != 0 }

    private final class Start: @unchecked Sendable {
        let thread: ThreadState
        let function, arguments, keywords: Value
        let handle: ThreadHandle
        init(_ thread: ThreadState, _ function: Value, _ arguments: Value, _ keywords: Value, _ handle: ThreadHandle) {
            self.thread = thread
            self.function = function
            self.arguments = arguments
            self.keywords = keywords
            self.handle = handle
        }
    }

    /// Starts a thread that calls `function(*arguments, **keywords)`; all borrowed, keywords may be null.
    ///
    /// - Parameter handle: moved on to running, or to done when the start fails.
    /// - Returns: the new thread's number, unique in the process.
    static func start(
        _ t: ThreadState, _ function: Value, _ arguments: Value, _ keywords: Value, handle: ThreadHandle = ThreadHandle(),
        daemon: Bool = true
    ) throws(PythonError) -> UInt64 {
        let configuration = t.interpreter.configuration
        if !configuration.allowsThreads { throw t.raise(.runtimeError, "thread is not supported for isolated subinterpreters") }
        if daemon && !configuration.allowsDaemonThreads {
            throw t.raise(.runtimeError, "daemon threads are disabled in this (sub)interpreter")
        }
        if isFinalizing(t.interpreter) {
            throw t.raise(.pythonFinalizationError, "can't create new thread at interpreter shutdown")
        }
        do throws(ThreadHandleError) { try handle.beginStart() } catch { throw HandleType.raise(t, error) }
        let state: ThreadState
        do { state = try t.interpreter.makeThread() } catch {
            handle.startFailed()
            throw t.raise(.runtimeError, "can't start new thread")
        }
        // No OS thread ever uses the state when something is missing: it is ended from this one, which attaches to it meanwhile.
        func end() {
            t.detached {
                state.attach()
                state.destroy()
            }
            handle.startFailed()
            if !daemon { NonDaemonThreads.remove(handle, t.interpreter.id) }
        }
        do throws(PythonError) { try prepare(state) } catch {
            end()
            throw t.raise(.runtimeError, "can't start new thread")
        }
        state.handOver()
        let start = Start(state, t.retain(function), t.retain(arguments), t.retain(keywords), handle)
        let number = state.id
        handle.willRun(as: number)
        if !daemon { NonDaemonThreads.add(handle, t.interpreter) }
        let own = t.interpreterState
        let wanted = own.pointee.threadStackBytes.load(ordering: .relaxed)
        let stackBytes = wanted == 0 ? InterpreterState.defaultStackBytes : max(wanted, leastStackBytes)
        own.pointee.runningThreads.wrappingAdd(1, ordering: .relaxed)
        do {
            handle.started(
                try OSThread.start(name: "python-\(number)", stackBytes: stackBytes) {
                    PythonThreads.run(start)
                })
        } catch {
            own.pointee.runningThreads.wrappingSubtract(1, ordering: .relaxed)
            end()
            t.release(start.function)
            t.release(start.arguments)
            t.release(start.keywords)
            throw t.raise(.runtimeError, "can't start new thread")
        }
        return number
    }

    /// The end of a process that this thread has been alone in at its beginning.
    private static func endChild(_ t: ThreadState) -> Never {
        do throws(PythonError) { try NonDaemonThreads.joinAll(t) } catch {
            let exception = t.takeRaised()
            Unraisable.report(t, exception, .null, message: "Exception ignored while threads were joined")
            t.release(exception)
        }
        OutputBuffer.flush(t)
        Process.exitNow(0)
    }

    /// Waits for the interpreter's non-daemon threads.
    public static func joinNonDaemons(_ t: ThreadState) throws(PythonError) { try NonDaemonThreads.joinAll(t) }

    /// In a forked child, once for each interpreter: `survivor` is the forking thread if it is attached to this one.
    public static func repairInChild(_ interpreter: Interpreter, _ survivor: ThreadState?) {
        OutputBuffer.repairInChild()
        VirtualMachine.resetImports(interpreter, survivor)
        interpreter.state.pointee.runningThreads.store(0, ordering: .relaxed)
        guard let survivor else { return }
        let isOurs = survivor.record.pointee.ownsOSThread != 0
        interpreter.state.pointee.runningThreads.store(isOurs ? 1 : 0, ordering: .relaxed)
        childMain.store(isOurs ? survivor.id : 0, ordering: .relaxed)
        interpreter.state.pointee.mainThreadID = survivor.id
        interpreter.state.pointee.interrupted.store(0, ordering: .relaxed)
        Interrupts.move(to: survivor)
    }

    private static func run(_ start: Start) {
        let t = start.thread
        t.attach()
        noteStack(t)
        do throws(PythonError) {
            t.release(try t.callSpread(start.function, start.arguments, start.keywords))
        } catch {
            if t.matchesRaised(.systemExit) {
                t.clearRaised()
            } else {
                let exception = t.takeRaised()
                Unraisable.report(t, exception, start.function, message: "Exception ignored in thread started by")
                t.release(exception)
            }
        }
        t.release(start.function)
        t.release(start.arguments)
        t.release(start.keywords)
        if childMain.load(ordering: .relaxed) == t.id { endChild(t) }
        let interpreter = t.interpreter.id
        // Now: who joins the thread may close the interpreter.
        t.interpreterState.pointee.runningThreads.wrappingSubtract(1, ordering: .relaxed)
        t.destroy()
        start.handle.exiting()
        NonDaemonThreads.remove(start.handle, interpreter)
    }
}

extension ThreadState {
    /// `f(*arguments, **keywords)`; arguments a tuple, keywords a dict or null.
    func callSpread(_ f: Value, _ arguments: Value, _ keywords: Value) throws(PythonError) -> Value {
        var words: [UInt64] = []
        for index in 0..<TupleRef(arguments).count { words.append(TupleRef(arguments).item(index).bits) }
        let count = words.count
        var names = Value.null
        let owned = try makeList(capacity: 0)
        defer { release(owned) }
        if !keywords.isNull && !keywords.isNone {
            let keys = try makeList(capacity: 0)
            defer { release(keys) }
            try ListRef(keys).extend(self, keywords)
            for index in 0..<ListRef(keys).count {
                let key = ListRef(keys).item(self, index)
                defer { release(key) }
                guard isStr(key) else { throw raise(.typeError, "keywords must be strings") }
                let value = try getItem(keywords, key)
                words.append(value.bits)
                try ListRef(owned).appendOwned(self, value)
            }
            names = try tupleFromList(keys)
        }
        defer { release(names) }
        words.append(0)
        return try words.withUnsafeMutableBufferPointer { (buffer) throws(PythonError) -> Value in
            try call(f, args: buffer.baseAddress!, count: count, keywords: names)
        }
    }
}
