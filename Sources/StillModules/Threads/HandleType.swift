// `_thread._ThreadHandle`. Layout: 24 the registry's ThreadHandle (owned).
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry

enum HandleType {
    static func make(_ t: Thread, _ handle: ThreadHandle = ThreadHandle()) throws(PythonError) -> Value {
        guard let object = Allocation.object(t, type: t.type(.threadHandle).raw, bytes: 32, collectable: false) else {
            throw t.noMemory()
        }
        object.setField(24, Unmanaged.passRetained(handle).toOpaque())
        return Value(object)
    }
    static func handle(_ v: Value) -> ThreadHandle {
        Unmanaged<ThreadHandle>.fromOpaque(v.object.field(24, as: UnsafeMutableRawPointer.self)).takeUnretainedValue()
    }
    static func isHandle(_ t: Thread, _ v: Value) -> Bool { t.typeOf(v) == t.type(.threadHandle) }

    static func raise(_ t: Thread, _ error: ThreadHandleError) -> PythonError { t.raise(.runtimeError, "\(error)") }

    private static func join(
        _ t: Thread, _ s: UInt64, _ a: UnsafeMutablePointer<UInt64>, _ n: Int, _ k: UInt64
    ) throws(PythonError) {
        let timeout = try Arguments.parse(t, function: "join", a, n, k, names: ["timeout"], required: 0)[0]
        var limit: UInt64?
        if !timeout.isNull && !timeout.isNone {
            let nanoseconds = try TimeModule.nanoseconds(t, timeout)
            if nanoseconds >= 0 { limit = UInt64(nanoseconds) }
        }
        let handle = handle(Value(bits: s))
        if limit == nil && !handle.isDone { try LockTypes.checkEndlessWait(t) }
        while true {
            let result: ThreadHandle.JoinResult
            do throws(ThreadHandleError) {
                result = try handle.join(t, timeoutNanoseconds: limit, interrupted: { PythonThreads.isInterrupted(t) })
            } catch { throw raise(t, error) }
            if result != .interrupted { return }
            try PythonThreads.checkInterrupt(t)
        }
    }

    static func define() {
        StaticTypes.define(
            .threadHandle, "_ThreadHandle", module: "_thread", basicSize: 32, flags: TypeFlags.weaklyReferencable
        ) { b in
            b.record.pointee.memory.deallocate = { raw, object in
                let t = Thread(raw)
                WeakReferences.clear(t, ObjectRef(object))
                if let handle = ObjectRef(object).field(24, as: UnsafeMutableRawPointer?.self) {
                    Unmanaged<ThreadHandle>.fromOpaque(handle).release()
                }
                Allocation.free(ObjectRef(object), t)
            }
            b.record.pointee.new = { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in try HandleType.make(t) }
            }
            b.getter("ident") { t, s in Value(smallInt: Int(HandleType.handle(Value(bits: s)).identifier)).bits }
            b.method("is_done", 0, 0) { t, s, a, n, k in Value(HandleType.handle(Value(bits: s)).isDone).bits }
            b.method("join", 0, 1, keywords: true) { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    try HandleType.join(t, s, a, n, k)
                    return .none
                }
            }
            b.method("_begun", 0, 0) { t, s, a, n, k in
                HandleType.handle(Value(bits: s)).begun()
                return Value.none.bits
            }
            b.method("_wait_for_begin", 0, 0) { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    while !HandleType.handle(Value(bits: s)).waitForBegin(t) { try PythonThreads.checkInterrupt(t) }
                    return .none
                }
            }
            b.method("_set_done", 0, 0) { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    do throws(ThreadHandleError) { try HandleType.handle(Value(bits: s)).setDone() } catch {
                        throw HandleType.raise(t, error)
                    }
                    return .none
                }
            }
            b.record.pointee.repr = { t, v in
                returning(t) { (t) throws(PythonError) -> Value in
                    try t.makeString("<_ThreadHandle object: ident=\(HandleType.handle(Value(bits: v)).identifier)>")
                }
            }
        }
    }
}

/// Handles of the threads that an interpreter's end waits for. Who adds or removes one has a reference of its own: a handle never ends under
/// the lock.
enum NonDaemonThreads {
    private static let handles = Guarded<[Int64: [ThreadHandle]]>(heldOverFork: [:])

    static func add(_ handle: ThreadHandle, _ interpreter: Interpreter) {
        handles.withLock { (all: inout [Int64: [ThreadHandle]]) in all[interpreter.id, default: []].append(handle) }
    }
    static func remove(_ handle: ThreadHandle, _ interpreter: Int64) {
        handles.withLock { (all: inout [Int64: [ThreadHandle]]) in
            all[interpreter]?.removeAll { $0 === handle }
            if all[interpreter]?.isEmpty == true { all[interpreter] = nil }
        }
    }
    private static func some(_ t: Thread) -> ThreadHandle? {
        handles.withLock { (all: inout [Int64: [ThreadHandle]]) in
            all[t.interpreter.id]?.first { $0.identifier != t.id }
        }
    }

    /// Waits until all of them have ended, also those that they start meanwhile.
    static func joinAll(_ t: Thread) throws(PythonError) {
        let interpreter = t.interpreter.id
        while let handle = some(t) {
            // One that is only starting has no number to wait for yet.
            if handle.state == .starting {
                t.detached { OSThread.sleep(nanoseconds: 100_000) }
                continue
            }
            let result: ThreadHandle.JoinResult
            do throws(ThreadHandleError) {
                result = try handle.join(t, interrupted: { PythonThreads.isInterrupted(t) })
            } catch { throw HandleType.raise(t, error) }
            if result == .interrupted {
                try PythonThreads.checkInterrupt(t)
            } else {
                remove(handle, interpreter)
            }
        }
    }
}
