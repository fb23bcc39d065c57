// An interpreter for a host: create it, run code, shut it down.
import StillGC
import StillModules
import StillObjects
public import StillObmalloc
import StillPlatform
public import StillThreadRegistry
import StillVM
import Synchronization

/// A Python interpreter with its own modules, objects and collector.
///
/// The thread that creates it is its main thread: it runs the code given to `run`, and is the only one to call the methods but `enter`,
/// until the host lets another OS thread do so in its place, one at a time. Python code may start further threads; they run at the same
/// time, and so may those of the host, by `enter`.
public final class Interpreter {
    package let registry: StillThreadRegistry.Interpreter
    /// Never used again, in this process or a child.
    public let id: Int64
    private let thread: ThreadState
    private var isOpen = true
    /// After `close`: objects that were still alive when the interpreter's memory was freed, by type.
    public private(set) var survivors: [Survivor] = []

    /// - Parameter path: folders where modules are searched.
    /// - Parameter arguments: `sys.argv`.
    /// - Parameter stdlib: folder of the Python part of a standard library, searched last; nil for none.
    ///   `locateStandardLibrary` finds one.
    /// - Parameter configuration: what programs may do.
    /// - Parameter allocators: guards and observers around the interpreter's memory.
    /// - Throws: `RunError.outOfResources`, `.badConfiguration`, or what the start of the modules raised.
    public init(
        path: [String] = [], arguments: [String] = [""], stdlib: String? = nil, configuration: InterpreterConfiguration = .main,
        allocators: AllocatorConfiguration = .processDefault
    ) throws(RunError) {
        do throws(InterpreterConfigurationError) { try configuration.validate() } catch { throw .badConfiguration(error) }
        ProcessStart.ensure()
        (registry, thread) = try Interpreter.make(configuration, allocators)
        id = registry.id
        do throws(PythonError) { try start(path, arguments, stdlib) } catch {
            let failure = failure(thread)
            isOpen = false
            destroy()
            throw failure
        }
        thread.detach()
    }

    /// The folder of the Python part of a standard library: the one given, else that of the environment variable STILLPOINT_STDLIB, else
    /// that of an installed CPython. An empty name means none.
    public static func locateStandardLibrary(given: String? = nil) -> String? { StandardLibrary.locate(given: given) }
    /// Whether the folder holds a standard library.
    public static func isStandardLibrary(_ folder: String) -> Bool { StandardLibrary.isLibrary(folder) }

    /// An interpreter and its main thread, attached. What was made is freed when the rest cannot be.
    private static func make(
        _ configuration: InterpreterConfiguration, _ allocators: AllocatorConfiguration
    ) throws(RunError) -> (StillThreadRegistry.Interpreter, ThreadState) {
        let lack = RunError.outOfResources(what: "an interpreter")
        let registry: StillThreadRegistry.Interpreter
        do { registry = try StillThreadRegistry.Runtime.makeInterpreter() } catch { throw lack }
        registry.hooks = ProcessStart.hooks()
        do throws(InterpreterConfigurationError) { try registry.configure(configuration) } catch {
            registry.destroy()
            throw .badConfiguration(error)
        }
        let heap: InterpreterHeap
        do { heap = try InterpreterHeap.make(for: registry, allocators: allocators) } catch {
            registry.destroy()
            throw lack
        }
        registry.state.pointee.heap = heap.raw
        do { try Collector.make(for: heap) } catch {
            heap.destroy()
            registry.destroy()
            throw lack
        }
        VirtualMachine.prepare(registry)
        if let thread = try? registry.makeThread() {
            registry.state.pointee.mainThreadID = thread.id
            if (try? PythonThreads.enter(thread)) != nil { return (registry, thread) }
        }
        VirtualMachine.forget(registry)
        Collector(heap.fields.pointee.collector!).destroy()
        heap.destroy()
        registry.destroy()
        throw lack
    }

    private func start(_ path: [String], _ arguments: [String], _ stdlib: String?) throws(PythonError) {
        let t = thread
        let state = registry.state
        state.pointee.modules = try t.makeDict()
        state.pointee.path = try strings(path + (stdlib.map { [$0] } ?? []))
        if let stdlib { state.pointee.stdlib = Interning.intern(stdlib) }
        state.pointee.argv = try strings(arguments)
        // Until builtins is complete, names are looked up in an empty dict.
        state.pointee.builtins = try t.makeDict()
        let builtins = try Imports.load(t, "builtins")
        t.release(state.pointee.builtins)
        state.pointee.builtins = t.retain(ModuleRef(builtins).dict)
        t.release(builtins)
        let sys = try Imports.load(t, "sys")
        state.pointee.sysDict = t.retain(ModuleRef(sys).dict)
        t.release(sys)
        try StandardStreams.applyEnvironment(t)
    }

    private func strings(_ list: [String]) throws(PythonError) -> Value {
        let result = try thread.makeList(capacity: list.count)
        for text in list { try ListRef(result).appendOwned(thread, try thread.makeString(text)) }
        return result
    }

    /// The calling OS thread may be another than the last time: its stack has other bounds.
    private func attach() {
        let before = thread.record.pointee.osThreadID.load(ordering: .relaxed)
        thread.attach()
        if before != OSThread.currentID { thread.updateStackLimit() }
    }

    // MARK: Running

    /// Runs source text as the module `__main__`, in the calling thread.
    ///
    /// - Throws: `.exception` with the traceback, `.exit` for SystemExit, `.interpreterEnded`.
    public func run(source: [UInt8], filename: String = "<string>") throws(RunError) {
        try checkUsable()
        attach()
        defer { thread.detach() }
        try run(source, filename, thread)
    }

    /// How deep calls of Python functions, and of native ones, may nest: sys.setrecursionlimit. At least 1.
    ///
    /// - Throws: `.interpreterEnded`.
    public func setRecursionLimit(_ limit: Int) throws(RunError) {
        precondition(limit >= 1, "the recursion limit must be at least 1, not \(limit)")
        try checkUsable()
        attach()
        defer { thread.detach() }
        PythonThreads.setRecursionLimit(thread, limit)
    }

    /// Whether `PYTHONHASHSEED`, which seeds the hashes of strings for the whole process, may be this text.
    public static func isHashSeed(_ text: String) -> Bool { StringHash.isSeed(text) }

    /// Names this interpreter in errors and for `InterpreterHandle`.
    public var handle: InterpreterHandle { InterpreterHandle(id: id) }

    /// Copies the process, with the calling thread alone in the child; the callbacks that the program has registered run on both sides.
    ///
    /// In the child this interpreter can be used and closed like before; others that have no thread there cannot.
    /// - Throws: `.forkFailed`, `.interpreterEnded`.
    public func fork() throws(RunError) -> ForkOutcome {
        try checkUsable()
        attach()
        defer { thread.detach() }
        do throws(ForkError) { return try ForkCallbacks.fork(thread) } catch { throw .forkFailed(error) }
    }

    /// Runs `body` in this interpreter on the calling thread, which may be any: one of the host's, or a Swift Task's. ForeignEntry.swift has the
    /// rule for entries inside others.
    ///
    /// If the interpreter is closed meanwhile the calling thread stops for ever: leave before.
    /// - Throws: what the body throws; `.interpreterEnded`, `.outOfResources`.
    public func enter<R>(_ body: (borrowing InterpreterScope) throws(RunError) -> R) throws(RunError) -> R {
        let result: Result<R, RunError>
        do throws(RegistryError) {
            result = try handle.withAttachedThread { (attached: borrowing Attached) throws(RunError) -> R in
                let scope = InterpreterScope(self, attached.thread)
                return try body(scope)
            }
        } catch {
            switch error {
            case .interpreterEnded: throw .interpreterEnded(why: "\(error)")
            case .outOfMemory(let what): throw .outOfResources(what: what)
            }
        }
        return try result.get()
    }

    fileprivate func run(_ source: [UInt8], _ filename: String, _ t: ThreadState) throws(RunError) {
        if filename.hasPrefix("<") { SourceCache.register(filename, source) }
        do throws(PythonError) { try execute(source, filename, t) } catch { throw failure(t) }
    }

    /// Runs a program like the command `still run`: output and tracebacks go to the process's streams, and the interpreter is shut down.
    ///
    /// - Returns: the exit code: 0, 1 after an exception, the code of SystemExit, 130 after an interrupt.
    public func runProgram(source: [UInt8], filename: String) -> Int32 { runProgram(source: source, filename: filename, module: nil) }

    private func runProgram(source: [UInt8], filename: String, module: String?) -> Int32 {
        requireOpen()
        attach()
        Interrupts.install(thread)
        if filename.hasPrefix("<") { SourceCache.register(filename, source) }
        var code: Int32 = 0
        do throws(PythonError) { try execute(source, filename, thread, module: module) } catch { code = report() }
        code = finish(code)
        Interrupts.uninstall()
        thread.detach()
        return code
    }

    /// Runs what is typed, a statement at a time, in `__main__`; the end is like `runProgram`'s.
    public func runPrompt() -> Int32 {
        requireOpen()
        attach()
        Interrupts.install(thread)
        var code: Int32 = 0
        do throws(PythonError) { try prompt(thread) } catch { code = report() }
        code = finish(code)
        Interrupts.uninstall()
        thread.detach()
        return code
    }

    private func prompt(_ t: ThreadState) throws(PythonError) {
        let main = try makeMain(t, nil)
        defer { t.release(main) }
        let module = try Imports.load(t, "_prompt")
        defer { t.release(module) }
        // Source lines for tracebacks.
        let remember = try t.makeBuiltinFunction("remember", module: .null, min: 2, max: 2) { t, _, a, _, _ in
            returning(t) { (t) throws(PythonError) -> Value in
                SourceCache.register(StrRef(Value(bits: a[0])).string, Array(StrRef(Value(bits: a[1])).string.utf8))
                return .none
            }
        }
        defer { t.release(remember) }
        t.release(try t.callMethod(module, Interning.intern("run"), main, remember))
    }

    /// A new module `__main__`. Owned.
    private func makeMain(_ t: ThreadState, _ filename: String?) throws(PythonError) -> Value {
        let module = try ModuleRef.make(t, name: "__main__")
        let dict = DictRef(ModuleRef(module).dict)
        try dict.set(t, Interning.intern("__builtins__"), registry.state.pointee.builtins)
        if let filename {
            let file = try t.makeString(filename)
            defer { t.release(file) }
            try dict.set(t, Interning.intern("__file__"), file)
        }
        try DictRef(registry.state.pointee.modules).set(t, Interning.intern("__main__"), module)
        return module
    }

    /// Runs a module found on the path as `__main__`; the same otherwise.
    public func runModule(_ name: String) -> Int32 {
        requireOpen()
        for folder in searchPath() {
            let base = "\(folder.isEmpty ? "" : folder + "/")\(name.split(separator: ".").joined(separator: "/"))"
            for (file, inside) in [("\(base)/__main__.py", ".__main__"), ("\(base).py", "")] where File.exists(file) {
                guard let source = try? File.read(file) else { continue }
                return runProgram(source: source, filename: file, module: name + inside)
            }
        }
        StandardError.write(Array("still: No module named \(name)\n".utf8))
        return 1
    }

    /// What a module that runs as `__main__` knows of its place: the package for its relative imports, which is imported before, and `__spec__`.
    private func describe(_ t: ThreadState, _ main: ModuleRef, _ name: String, _ filename: String) throws(PythonError) {
        let file = try t.makeString(filename)
        defer { t.release(file) }
        let argv = registry.state.pointee.argv
        if ListRef(argv).count > 0 { try t.setItem(argv, Value(smallInt: 0), file) }
        let package = name.split(separator: ".").dropLast().joined(separator: ".")
        if !package.isEmpty { t.release(try Imports.load(t, package)) }
        let dict = DictRef(main.dict)
        let text = try t.makeString(package)
        defer { t.release(text) }
        try dict.set(t, Interning.intern("__package__"), text)
        let machinery = try Imports.load(t, "importlib.machinery")
        defer { t.release(machinery) }
        let full = try t.makeString(name)
        defer { t.release(full) }
        let spec = try t.callMethod(machinery, Interning.intern("ModuleSpec"), full, .none)
        defer { t.release(spec) }
        try t.setAttribute(spec, Interning.intern("origin"), file)
        try t.setAttribute(spec, Interning.intern("has_location"), .true)
        try dict.set(t, Interning.intern("__spec__"), spec)
    }

    private func searchPath() -> [String] {
        attach()
        defer { thread.detach() }
        let list = ListRef(registry.state.pointee.path)
        var folders: [String] = []
        for index in 0..<list.count {
            let item = list.item(thread, index)
            if thread.isStr(item) { folders.append(StrRef(item).string) }
            thread.release(item)
        }
        return folders
    }

    /// How long a pause of this interpreter may be waited for before it is reported. nil: as for the process.
    public var pauseDeadline: PauseDeadline? {
        get {
            requireOpen()
            return registry.pauseDeadline
        }
        set {
            requireOpen()
            registry.pauseDeadline = newValue
        }
    }

    private func checkUsable() throws(RunError) {
        if !isOpen { throw .interpreterEnded(why: "\(RegistryError.interpreterEnded(id: id))") }
        if thread.hasVanished {
            throw .interpreterEnded(
                why: "The main thread of interpreter \(id) is not in this process, which another thread has forked. Use enter().")
        }
    }
    private func requireOpen() {
        do throws(RunError) { try checkUsable() } catch { preconditionFailure("\(error)") }
    }

    private func execute(_ source: [UInt8], _ filename: String, _ t: ThreadState, module name: String? = nil) throws(PythonError) {
        let module = try makeMain(t, filename.hasPrefix("<") ? nil : filename)
        defer { t.release(module) }
        if let name { try describe(t, ModuleRef(module), name, filename) }
        let code = try VMHooks.compile(t, source, filename, .module)
        defer { t.release(code) }
        t.release(try Imports.run(t, code, globals: ModuleRef(module).dict))
    }

    // MARK: Ending

    /// Shuts the interpreter down: waits for its non-daemon threads, stops the others for ever, gives its modules up and frees its memory. If
    /// one of those others is in native code that may still use the memory, that stays until the process ends. Again is no error.
    ///
    /// - Threads: the main thread, attached to nothing.
    public func close() {
        guard isOpen else { return }
        if thread.hasVanished {
            isOpen = false
            return
        }
        attach()
        _ = finish(0)
        if thread.forgetTrapped() && registry.threadCount == 1 { destroy() } else { thread.detach() }
    }

    /// Frees everything. Attached, the last thread.
    private func destroy() {
        let t = thread
        let state = registry.state
        for value in [state.pointee.builtins, state.pointee.modules, state.pointee.sysDict, state.pointee.path, state.pointee.argv] {
            t.release(value)
        }
        (state.pointee.builtins, state.pointee.modules, state.pointee.sysDict) = (.null, .null, .null)
        (state.pointee.path, state.pointee.argv) = (.null, .null)
        // Types and code never die by count: each collection frees what the one before has let go of.
        for _ in 0..<16 { if Collector(of: t).collect(t) == 0 { break } }
        let heap = InterpreterHeap(of: t)
        let collector = Collector(of: t)
        // Constants may have buffers outside the arenas. They refer to each other, in no order: each looks immortal to the end.
        heap.forEachImmortal { object in
            TypeMemorySlots.of(object).pointee.deallocate?(t.raw, object.raw)
            ReferenceCount.makeImmortal(object)
        }
        t.destroy()
        // Types that are alive still have their names, unless these have been given up as part of a cycle.
        survivors = heap.survivors { type in
            let name = TypeRef(type).record.pointee.name
            return name.isObject && !heap.isDeadObject(name.object.raw) ? StrRef(name).string : "(type without a name)"
        }
        SubclassList.purge(interpreter: registry.raw)
        VirtualMachine.forget(registry)
        collector.destroy()
        heap.destroy()
        registry.destroy()
    }

    private func finish(_ code: Int32) -> Int32 {
        var code = code
        guard isOpen else { return code }
        isOpen = false
        let t = thread
        do throws(PythonError) {
            let threading = DictRef(registry.state.pointee.modules).getName(t, Interning.intern("threading"))
            defer { t.release(threading) }
            if !threading.isNull { t.release(try t.callMethod(threading, Interning.intern("_shutdown"))) }
        } catch { code = report() }
        do throws(PythonError) { try PythonThreads.joinNonDaemons(t) } catch { code = report() }
        do throws(PythonError) {
            let exits = DictRef(registry.state.pointee.modules).getName(t, Interning.intern("atexit"))
            defer { t.release(exits) }
            if !exits.isNull { t.release(try t.callMethod(exits, Interning.intern("_run_exitfuncs"))) }
        } catch { code = report() }
        PythonThreads.beginFinalization(registry)
        t.trapOthers()
        VirtualMachine.resetImports(registry, t)
        dropModules()
        return reportLostOutput(OutputBuffer.flush(t)) && code == 0 ? 120 : code
    }

    /// Output that the system did not take at the end: there is no program left to tell. The exit code is CPython's.
    private func reportLostOutput(_ error: Int32) -> Bool {
        if error == 0 { return false }
        let t = thread
        _ = t.raiseOSError(Int(error), SystemError.text(error))
        let exception = t.takeRaised()
        defer { t.release(exception) }
        let text = "Exception ignored in: <_io.TextIOWrapper name='<stdout>' mode='w' encoding='utf-8'>\n"
        let kind = exception.isNull ? "OSError" : t.typeName(exception)
        OutputBuffer.writeError(t, Array((text + "\(kind): [Errno \(error)] \(SystemError.text(error))\n").utf8))
        return true
    }

    /// Gives the modules up, so that finalizers run: `__main__` first, its variables in order when nothing else refers to them.
    private func dropModules() {
        let t = thread
        let modules = DictRef(registry.state.pointee.modules)
        GcModule.forgetCallbacks(t)
        ForkCallbacks.forget(t)
        _ = Collector(of: t).collect(t)
        let main = modules.getName(t, Interning.intern("__main__"))
        modules.clear(t)
        if !main.isNull {
            let dict = DictRef(ModuleRef(main).dict)
            if !isNamespaceOfFunctions(ModuleRef(main).dict) {
                dict.clear(t)
            } else if registry.trappedThreads.all > 0 {
                clearBackwards(dict)
            }
        }
        t.release(main)
        _ = Collector(of: t).collect(t)
    }

    /// Frames of trapped threads keep the variables alive, so no collection would finalize them: the newest go first, so that finalizers find
    /// what was there before, and functions, classes and modules stay.
    private func clearBackwards(_ dict: DictRef) {
        let t = thread
        do throws(PythonError) {
            for (key, value) in try dict.items(t).reversed() {
                defer {
                    t.release(key)
                    t.release(value)
                }
                let stays = t.typeOf(value) == t.type(.function) || t.isType(value) || t.typeOf(value) == t.type(.module)
                if !stays { _ = try dict.delete(t, key) }
            }
        } catch { t.clearRaised() }
    }

    /// Functions and classes refer to their module's variables: finalizers must still find these.
    private func isNamespaceOfFunctions(_ dict: Value) -> Bool {
        let t = thread
        var position = 0
        var key = Value.null
        var item = Value.null
        while DictRef(dict).next(t, &position, &key, &item) {
            defer {
                t.release(key)
                t.release(item)
            }
            if t.typeOf(item) == t.type(.function) || (t.isType(item) && TypeRef(item).has(TypeFlags.heapType)) { return true }
        }
        return false
    }

    /// The raised exception as an error for the host.
    private func failure(_ t: ThreadState) -> RunError {
        let exception = t.takeRaised()
        if exception.isNull { return .outOfResources(what: "an interpreter") }
        defer { t.release(exception) }
        OutputBuffer.flush(t)
        if t.matches(exception, .systemExit) { return .exit(code: exitCode(exception, t)) }
        return .exception(type: t.typeName(exception), text: TracebackText.render(t, exception))
    }

    /// Prints the raised exception through sys.excepthook and gives the exit code.
    private func report() -> Int32 {
        let t = thread
        let exception = t.takeRaised()
        if exception.isNull { return 1 }
        defer { t.release(exception) }
        OutputBuffer.flush(t)
        if t.matches(exception, .systemExit) { return exitCode(exception, t) }
        do throws(PythonError) {
            let hook = DictRef(registry.state.pointee.sysDict).getName(t, Interning.intern("excepthook"))
            if hook.isNull || t.typeOf(hook) == t.type(.builtinFunction) {
                t.release(hook)
                TextStream.write(t, to: "stderr", TracebackText.render(t, exception))
            } else {
                defer { t.release(hook) }
                let traceback = ExceptionRef(exception).traceback(t)
                defer { t.release(traceback) }
                t.release(try t.call(hook, t.typeOf(exception).value, exception, traceback.isNull ? .none : traceback))
            }
        } catch {
            let second = t.takeRaised()
            TextStream.write(
                t, to: "stderr",
                "Error in sys.excepthook:\n" + TracebackText.render(t, second) + "\nOriginal exception was:\n"
                    + TracebackText.render(t, exception))
            t.release(second)
        }
        return t.matches(exception, .keyboardInterrupt) ? 130 : 1
    }

    private func exitCode(_ exception: Value, _ t: ThreadState) -> Int32 {
        let code = ExceptionRef(exception).stopValue(t)
        defer { t.release(code) }
        if code.isNone { return 0 }
        if code.isBool { return code.isTrue ? 1 : 0 }
        if t.typeOf(code).has(TypeFlags.intSubclass) {
            return Int32(truncatingIfNeeded: t.intValue(code) ?? -1) & 0xFF
        }
        if let text = try? t.str(code) {
            TextStream.write(t, to: "stderr", StrRef(text).string + "\n")
            t.release(text)
        }
        t.clearRaised()
        return 1
    }
}

/// The calling thread inside an interpreter, for the time of `Interpreter.enter`. Cannot be copied, sent or kept.
public struct InterpreterScope: ~Copyable {
    private let interpreter: Interpreter
    package let thread: ThreadState

    fileprivate init(_ interpreter: Interpreter, _ thread: ThreadState) {
        self.interpreter = interpreter
        self.thread = thread
    }

    /// Like the interpreter's `run`.
    public borrowing func run(source: [UInt8], filename: String = "<string>") throws(RunError) {
        try interpreter.run(source, filename, thread)
    }
}
@available(*, unavailable) extension InterpreterScope: Sendable {}
