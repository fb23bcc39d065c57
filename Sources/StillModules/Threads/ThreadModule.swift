// The module `_thread`.
import StillObjects
import StillObmalloc
import StillPlatform
public import StillThreadRegistry
public import StillVM
import Synchronization

public enum ThreadModule {
    public static let definition = ModuleDefinition(name: "_thread") { m in
        let t = m.thread
        m.set("error", StaticTypes.record(ExceptionID.runtimeError).value)
        m.set("LockType", StaticTypes.record(TypeID.lock).value)
        m.set("lock", StaticTypes.record(TypeID.lock).value)
        m.set("RLock", StaticTypes.record(TypeID.rlock).value)
        if let limit = try? t.makeFloat(9_223_372_036) { m.constant("TIMEOUT_MAX", limit) }
        m.function("allocate_lock", 0, 0) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in try LockTypes.make(t, .lock) }
        }
        m.function("get_ident", 0, 0) { t, s, a, n, k in Value(smallInt: Int(Thread(t).id)).bits }
        m.function("get_native_id", 0, 0) { t, s, a, n, k in Value(smallInt: Int(OSThread.currentID)).bits }
        m.function("_get_main_thread_ident", 0, 0) { t, s, a, n, k in
            Value(smallInt: Int(Thread(t).interpreterState.pointee.mainThreadID)).bits
        }
        m.function("_count", 0, 0) { t, s, a, n, k in Value(smallInt: PythonThreads.count).bits }
        m.function("daemon_threads_allowed", 0, 0) { t, s, a, n, k in Value.true.bits }
        m.function("exit", 0, 0) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in throw t.raise(.systemExit) }
        }
        m.function("interrupt_main", 0, 1) { t, s, a, n, k in
            Interrupts.interrupt(Thread(t).interpreter)
            return Value.none.bits
        }
        m.function("stack_size", 0, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let old = PythonThreads.stackBytes.load(ordering: .relaxed)
                if n > 0 {
                    let size = try t.indexInt(Value(bits: a[0]))
                    if size < 0 { throw t.raise(.valueError, "size must be 0 or a positive value") }
                    if size != 0 && size < 1 << 20 { throw t.raise(.valueError, "size not valid: \(size) bytes") }
                    PythonThreads.stackBytes.store(size == 0 ? 16 << 20 : size, ordering: .relaxed)
                }
                return Value(smallInt: old)
            }
        }
        for name in ["start_new_thread", "start_new"] {
            m.function(name, 2, 3) { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    let function = Value(bits: a[0])
                    if t.typeOf(function).record.pointee.call == nil {
                        throw t.raise(.typeError, "first arg must be callable")
                    }
                    guard t.typeOf(Value(bits: a[1])).has(TypeFlags.tupleSubclass) else {
                        throw t.raise(.typeError, "2nd arg must be a tuple")
                    }
                    if n > 2 && !t.typeOf(Value(bits: a[2])).has(TypeFlags.dictSubclass) {
                        throw t.raise(.typeError, "optional 3rd arg must be a dictionary")
                    }
                    let number = try PythonThreads.start(t, function, Value(bits: a[1]), n > 2 ? Value(bits: a[2]) : .null)
                    return Value(smallInt: Int(number))
                }
            }
        }
        // (function): starts it and gives a number for _join.
        m.function("_start_joinable", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let handle = ThreadHandle()
                let none = try t.makeTuple([])
                defer { t.release(none) }
                _ = try PythonThreads.start(t, Value(bits: a[0]), none, .null, ended: handle)
                return try t.makeTuple([
                    Value(smallInt: Int(handle.identifier.load(ordering: .acquiring))), Value(smallInt: JoinTable.add(handle)),
                ])
            }
        }
        // (number, timeout or None): True when the thread has ended.
        m.function("_join", 2, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                guard let handle = JoinTable.find(try t.indexInt(Value(bits: a[0]))) else { return .true }
                let limit = Value(bits: a[1]).isNone ? nil : UInt64(max(0, try TimeModule.nanoseconds(t, Value(bits: a[1]))))
                let done = handle.wait(t, timeoutNanoseconds: limit)
                if !done { try PythonThreads.checkInterrupt(t) }
                return Value(done)
            }
        }
        m.function("_forget", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                JoinTable.remove(try t.indexInt(Value(bits: a[0])))
                return .none
            }
        }
    }
}

/// Handles of joinable threads by number.
enum JoinTable {
    private static let table = Guarded<(next: Int, handles: [Int: ThreadHandle])>((1, [:]))

    static func add(_ handle: ThreadHandle) -> Int {
        table.withLock { (table: inout (next: Int, handles: [Int: ThreadHandle])) in
            let number = table.next
            table.next += 1
            table.handles[number] = handle
            return number
        }
    }
    static func find(_ number: Int) -> ThreadHandle? {
        table.withLock { (table: inout (next: Int, handles: [Int: ThreadHandle])) in table.handles[number] }
    }
    static func remove(_ number: Int) {
        table.withLock { (table: inout (next: Int, handles: [Int: ThreadHandle])) in _ = table.handles.removeValue(forKey: number) }
    }
}

/// Keyboard interrupts, from the terminal or by interrupt_main.
public enum Interrupts {
    nonisolated(unsafe) private static var target: UnsafeMutableRawPointer?

    /// The main thread of the interpreter raises KeyboardInterrupt at its next safepoint.
    static func interrupt(_ interpreter: Interpreter) {
        interpreter.state.pointee.interrupted.store(1, ordering: .relaxed)
        let main = interpreter.state.pointee.mainThreadID
        interpreter.forEachThread { if $0.id == main { $0.request(RequestBits.signals) } }
    }

    /// SIGINT interrupts this thread. Once, by the main thread; it lives as long as the process.
    public static func install(_ main: ThreadState) {
        target = main.raw
        Process.onInterrupt { _ in
            guard let raw = Interrupts.target else { return }
            let main = ThreadState(raw)
            main.interpreter.state.pointee.interrupted.store(1, ordering: .relaxed)
            main.request(RequestBits.signals)
        }
    }
    /// SIGINT is ignored from now on: the thread is about to end.
    public static func uninstall() { target = nil }
}
