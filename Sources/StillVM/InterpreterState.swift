// What the VM keeps per interpreter, and the life of an interpreter and its threads.
//
// Lies in the interpreter record's private area from `offset`. Written while the interpreter starts; afterwards the dicts in it are shared
// objects like any other.
public import StillObjects
public import StillObmalloc
public import StillPlatform
public import StillThreadRegistry

@frozen public struct InterpreterState {
    public var builtins: Value  // dict
    public var modules: Value  // dict, sys.modules
    public var sysDict: Value
    public var path: Value  // list
    public var argv: Value
    public var mainThreadID: UInt64
    public var interrupted: UInt32
    public var importDepth: UInt32
    public var importLock: UnsafeMutableRawPointer?
    public var threadHandles: UnsafeMutableRawPointer?
    /// Anything the native modules keep, by slot.
    public var moduleState: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64)

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
        Tracebacks.define()
        ModuleType.define()
        RunningFrame.installHooks()
    }

    /// Gives a new interpreter its part of the VM. Before its first thread attaches.
    public static func prepare(_ interpreter: Interpreter) {
        interpreter.state.pointee.importLock = Unmanaged.passRetained(ImportLock()).toOpaque()
    }

    /// Gives a new, attached thread its part of the VM.
    public static func attach(_ t: Thread) throws(PythonError) {
        try ThreadVM.make(t)
    }
    /// Own thread, last use of objects.
    public static func detach(_ t: Thread) { ThreadVM.destroy(t) }
}
