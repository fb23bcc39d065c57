// What the VM keeps per interpreter, and the life of an interpreter and its threads.
//
// Lies in the interpreter record's private area from `offset`. Written while the interpreter starts; afterwards the dicts in it are shared
// objects like any other.
public import StillObjects
import StillObmalloc
import StillPlatform
public import StillThreadRegistry
import StillVersions
public import Synchronization

@frozen public struct InterpreterState: ~Copyable {
    /// Never accessed. ThreadSanitizer takes every write of a field through `pointee` for a write of the record's first byte,
    /// so nothing that threads share may lie there.
    let base: UInt64
    public var builtins: Value  // dict
    public var modules: Value  // dict, sys.modules
    public var sysDict: Value
    public var path: Value  // list
    /// Folder of the standard library (str), the last entry of `path`, or null.
    public var stdlib: Value
    public var argv: Value
    public var mainThreadID: UInt64
    /// Address of the interpreter's heap. Set before the first thread enters.
    public var heap: UnsafeMutableRawPointer?
    public var importLocks: UnsafeMutableRawPointer?
    /// Not 0: signals wait for the main thread; bit 0 an interrupt of this interpreter, bit 1 notes of the process. Relaxed: the request bit
    /// that goes with it orders.
    public let interrupted: Atomic<UInt32>
    /// 1 from the beginning of the shutdown. Relaxed: a thread that misses it is joined or stopped like the others.
    public let finalizing: Atomic<UInt32>
    /// Bits of the list gc.callbacks, owned; 0 before gc is imported. Released by the importing thread, acquired by whoever collects.
    public let collectorCallbacks: Atomic<UInt64>
    /// Bits of the list gc.garbage, likewise.
    public let collectorGarbage: Atomic<UInt64>
    /// Bits of the tuple of three lists that os.register_at_fork fills, owned; 0 before the first. The same.
    public let forkCallbacks: Atomic<UInt64>
    /// sys.setrecursionlimit: what new threads begin with. Relaxed: written to the threads there are in a pause.
    public let recursionLimit: Atomic<Int>
    /// threading.stack_size: bytes of native stack of new threads, 0 for `InterpreterState.defaultStackBytes`. Relaxed: a number only.
    public let threadStackBytes: Atomic<Int>
    /// Threads that programs have started and that have not ended. Relaxed: a number only.
    public let runningThreads: Atomic<Int>

    public static let defaultStackBytes = 16 << 20
    public static let defaultRecursionLimit = 1000
    public static let offset = 4096
}

extension Interpreter {
    public var state: UnsafeMutablePointer<InterpreterState> {
        (raw + InterpreterState.offset).assumingMemoryBound(to: InterpreterState.self)
    }
}

extension ThreadState {
    public var interpreterState: UnsafeMutablePointer<InterpreterState> { interpreter.state }
    public var isMainThread: Bool { id == interpreterState.pointee.mainThreadID }
}

/// What the VM calls in layers above it. Set once, before the first thread runs.
public enum VMHooks {
    public typealias Compile = @Sendable (_ t: Thread, _ source: [UInt8], _ filename: String, _ mode: CompileMode) throws(PythonError) -> Value
    public enum CompileMode: Sendable { case module, expression, interactive }

    /// Source to code object. Raises SyntaxError.
    nonisolated(unsafe) public static var compile: Compile = { (t, _, _, _) throws(PythonError) in
        throw t.raise(.systemError, "no compiler is installed")
    }
    /// Source to an object of a class of `_ast`. Raises SyntaxError.
    nonisolated(unsafe) public static var parseTree: Compile = { (t, _, _, _) throws(PythonError) in
        throw t.raise(.systemError, "no parser is installed")
    }
    /// An object of a class of `_ast` to a code object.
    nonisolated(unsafe) public static var compileTree:
        @Sendable (_ t: Thread, _ tree: Value, _ filename: String, _ mode: CompileMode) throws(PythonError) -> Value = {
            (t, _, _, _) throws(PythonError) in throw t.raise(.systemError, "no compiler is installed")
        }
    /// Runs the handlers of signals that have come. Main thread. Resets `interrupted`.
    nonisolated(unsafe) public static var serveSignals: @Sendable (Thread) throws(PythonError) -> Void = { (t) throws(PythonError) in
        t.interpreterState.pointee.interrupted.store(0, ordering: .relaxed)
        throw t.raise(.keyboardInterrupt, "")
    }
    /// Shows the value of an interactive expression statement.
    nonisolated(unsafe) public static var displayHook: @Sendable (Thread, Value) throws(PythonError) -> Void = { _, _ in }
}

public enum VirtualMachine {
    nonisolated(unsafe) private static var started = false

    /// Defines the VM's types. Once, before the first interpreter starts.
    public static func start() {
        if started { return }
        started = true
        CodeType.define()
        FunctionType.define()
        Cells.define()
        Generators.define()
        AsyncGenerators.define()
        Awaitables.define()
        Tracebacks.define()
        ModuleType.define()
        RunningFrame.installHooks()
    }

    /// Gives a new interpreter its part of the VM. Before its first thread attaches.
    public static func prepare(_ interpreter: Interpreter) {
        interpreter.state.pointee.importLocks = Unmanaged.passRetained(ImportLocks()).toOpaque()
        interpreter.state.pointee.recursionLimit.store(InterpreterState.defaultRecursionLimit, ordering: .relaxed)
    }

    /// Undoes `prepare`. No thread of the interpreter runs code any more.
    public static func forget(_ interpreter: Interpreter) {
        InterpreterVersions(interpreter).end()
        guard let locks = interpreter.state.pointee.importLocks else { return }
        // In this order: a fork may come between.
        interpreter.state.pointee.importLocks = nil
        Unmanaged<ImportLocks>.fromOpaque(locks).release()
    }

    /// Gives a new, attached thread its part of the VM.
    public static func attach(_ t: Thread) throws(PythonError) {
        try ThreadVM.make(t)
    }
    /// Gives up what the VM's part of the own thread refers to, if it has one. Before the thread leaves its owner slot.
    public static func giveUpReferences(_ t: Thread) {
        if t.objects.pointee.vm == nil { return }
        AsyncHooks.set(t, first: .null, finalizer: .null)
        t.release(ThreadContext.exchange(t, owned: .null))
        // What dies with it may ask for a new one.
        for _ in 0..<8 where !ThreadToken.get(t).isNull { t.release(ThreadToken.exchange(t, owned: .null)) }
    }
    /// Own thread, last use of objects.
    public static func detach(_ t: Thread) { ThreadVM.destroy(t) }
    /// Frees the VM's part of a thread that never runs again. What its frames refer to is not given up.
    public static func forget(thread t: Thread) { ThreadVM.destroy(t) }
    /// Threads other than the survivor never run again; what they were importing is not waited for.
    public static func resetImports(_ interpreter: Interpreter, _ survivor: Thread?) {
        guard let locks = interpreter.state.pointee.importLocks else { return }
        Unmanaged<ImportLocks>.fromOpaque(locks).takeUnretainedValue().reset(survivor)
    }
}
