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
        m.set("_ThreadHandle", StaticTypes.record(TypeID.threadHandle).value)
        if let limit = try? t.makeFloat(9_223_372_036) { m.constant("TIMEOUT_MAX", limit) }
        m.function("allocate_lock", 0, 0) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in try LockTypes.make(t, .lock) }
        }
        m.function("get_ident", 0, 0) { t, s, a, n, k in Value(smallInt: Int(Thread(t).id)).bits }
        m.function("get_native_id", 0, 0) { t, s, a, n, k in Value(smallInt: Int(OSThread.currentID)).bits }
        // What threading.local knows the thread by.
        m.function("_token", 0, 0) { t, s, a, n, k in
            let token = ThreadToken.get(Thread(t))
            return token.isNull ? Value.none.bits : Thread(t).retain(token).bits
        }
        m.function("_set_token", 1, 1) { t, s, a, n, k in
            Thread(t).release(ThreadToken.exchange(Thread(t), owned: Thread(t).retain(Value(bits: a[0]))))
            return Value.none.bits
        }
        m.function("_get_main_thread_ident", 0, 0) { t, s, a, n, k in
            Value(smallInt: Int(Thread(t).interpreterState.pointee.mainThreadID)).bits
        }
        m.function("_count", 0, 0) { t, s, a, n, k in
            Value(smallInt: Thread(t).interpreterState.pointee.runningThreads.load(ordering: .relaxed)).bits
        }
        m.function("daemon_threads_allowed", 0, 0) { t, s, a, n, k in
            Value(Thread(t).interpreter.configuration.allowsDaemonThreads).bits
        }
        m.function("exit", 0, 0) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in throw t.raise(.systemExit) }
        }
        m.function("interrupt_main", 0, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let number = n == 0 ? Interrupts.keyboard : Int32(truncatingIfNeeded: try t.indexInt(Value(bits: a[0])))
                guard number > 0, number < Signals.limit else { throw t.raise(.valueError, "signal number out of range") }
                Interrupts.simulate(t.interpreter, number)
                return .none
            }
        }
        m.function("stack_size", 0, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let old = t.interpreterState.pointee.threadStackBytes.load(ordering: .relaxed)
                if n > 0 {
                    let size = try t.indexInt(Value(bits: a[0]))
                    if size < 0 { throw t.raise(.valueError, "size must be 0 or a positive value") }
                    // What CPython takes; a thread of ours gets at least `PythonThreads.leastStackBytes`.
                    if size != 0 && size < 32 << 10 { throw t.raise(.valueError, "size not valid: \(size) bytes") }
                    t.interpreterState.pointee.threadStackBytes.store(size, ordering: .relaxed)
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
        m.function("start_joinable_thread", 0, 3, keywords: true) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in try ThreadModule.startJoinable(t, a, n, k) }
        }
        m.function("_make_thread_handle", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                try HandleType.make(t, ThreadHandle(running: UInt64(bitPattern: Int64(try t.indexInt(Value(bits: a[0]))))))
            }
        }
        m.function("_shutdown", 0, 0) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                try NonDaemonThreads.joinAll(t)
                return .none
            }
        }
    }

    private static func startJoinable(
        _ t: Thread, _ a: UnsafeMutablePointer<UInt64>, _ n: Int, _ k: UInt64
    ) throws(PythonError) -> Value {
        let v = try Arguments.parse(
            t, function: "start_joinable_thread", a, n, k, names: ["function", "handle", "daemon"], required: 1, keywordOnly: 2)
        if t.typeOf(v[0]).record.pointee.call == nil { throw t.raise(.typeError, "thread function must be callable") }
        var handle = v[1]
        if handle.isNull || handle.isNone {
            handle = try HandleType.make(t)
        } else if HandleType.isHandle(t, handle) {
            handle = t.retain(handle)
        } else {
            throw t.raise(.typeError, "'handle' must be a _ThreadHandle")
        }
        do throws(PythonError) {
            let daemon = v[2].isNull ? true : try t.isTrue(v[2])
            let none = try t.makeTuple([])
            defer { t.release(none) }
            _ = try PythonThreads.start(t, v[0], none, .null, handle: HandleType.handle(handle), daemon: daemon)
        } catch {
            t.release(handle)
            throw error
        }
        return handle
    }
}
