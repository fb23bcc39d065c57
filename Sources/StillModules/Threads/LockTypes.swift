// `_thread.lock` and `_thread.RLock`. Layout: 24 the BlockingLock (owned), 32 owner thread (atomic), 40 depth.
//
// The owner word and the depth are written by the holder only; others read the owner to compare it with themselves.
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import Synchronization

enum LockTypes {
    static func make(_ t: Thread, _ type: TypeID) throws(PythonError) -> Value {
        guard let object = Allocation.object(t, type: t.type(type).raw, bytes: 48, collectable: false) else {
            throw t.noMemory()
        }
        object.setField(24, Unmanaged.passRetained(BlockingLock()).toOpaque())
        return Value(object)
    }
    static func lock(_ v: Value) -> BlockingLock {
        Unmanaged<BlockingLock>.fromOpaque(v.object.field(24, as: UnsafeMutableRawPointer.self)).takeUnretainedValue()
    }

    /// Nanoseconds to wait: nil for ever, 0 not at all.
    static func timeout(_ t: Thread, _ blocking: Value, _ timeout: Value) throws(PythonError) -> UInt64? {
        var blocks = true
        if !blocking.isNull { blocks = try t.isTrue(blocking) }
        var seconds = -1.0
        if !timeout.isNull {
            seconds = t.typeOf(timeout) == t.type(.float) ? try t.floatValue(timeout) : Double(try t.indexInt(timeout))
        }
        if !blocks {
            if seconds != -1 { throw t.raise(.valueError, "can't specify a timeout for a non-blocking call") }
            return 0
        }
        if seconds == -1 { return nil }
        if seconds < 0 || seconds.isNaN { throw t.raise(.valueError, "timeout value must be a non-negative number") }
        if seconds > 9_223_372_036 { throw t.raise(.overflowError, "timeout value is too large") }
        return UInt64(seconds * 1e9)
    }

    static func wait(_ t: Thread, _ lock: BlockingLock, _ nanoseconds: UInt64?) throws(PythonError) -> Bool {
        if lock.tryAcquire() { return true }
        if nanoseconds == 0 { return false }
        if nanoseconds == nil { try checkEndlessWait(t) }
        let start = Clock.monotonicNanoseconds()
        while true {
            // After a handler that has returned it goes on for the rest of the time.
            let rest = nanoseconds.map { limit in limit - min(limit, Clock.monotonicNanoseconds() - start) }
            if lock.acquire(t, timeoutNanoseconds: rest, interrupted: { PythonThreads.isInterrupted(t) }) { return true }
            if !PythonThreads.isInterrupted(t) { return false }
            try PythonThreads.checkInterrupt(t)
        }
    }

    /// At the end of an interpreter the threads that could give a lock back are stopped for ever.
    static func checkEndlessWait(_ t: Thread) throws(PythonError) {
        if t.interpreter.isFinalising {
            throw t.raise(.pythonFinalizationError, "can't wait at interpreter shutdown: the other threads have been stopped")
        }
    }

    /// In a forked child, for the module threading: free, whoever held it.
    static func reinitialize(_ s: UInt64) -> Value {
        lock(Value(bits: s)).reset()
        return .none
    }

    static func acquire(
        _ t: Thread, _ s: UInt64, _ a: UnsafeMutablePointer<UInt64>, _ n: Int, _ k: UInt64
    ) throws(PythonError) -> Bool {
        let v = try Arguments.parse(t, function: "acquire", a, n, k, names: ["blocking", "timeout"], required: 0)
        return try wait(t, lock(Value(bits: s)), timeout(t, v[0], v[1]))
    }
    static func release(_ t: Thread, _ s: UInt64) throws(PythonError) {
        let lock = lock(Value(bits: s))
        if !lock.isLocked { throw t.raise(.runtimeError, "release unlocked lock") }
        lock.release()
    }

    private static func owner(_ v: UInt64) -> UnsafeMutablePointer<Atomic<UInt64>> { Value(bits: v).object.atomicWord(32) }
    private static func depth(_ v: UInt64) -> UnsafeMutablePointer<Int> {
        (Value(bits: v).object.raw + 40).assumingMemoryBound(to: Int.self)
    }
    static func acquireRecursively(
        _ t: Thread, _ s: UInt64, _ a: UnsafeMutablePointer<UInt64>, _ n: Int, _ k: UInt64
    ) throws(PythonError) -> Bool {
        let v = try Arguments.parse(t, function: "acquire", a, n, k, names: ["blocking", "timeout"], required: 0)
        let limit = try timeout(t, v[0], v[1])
        if owner(s).pointee.load(ordering: .relaxed) == t.id {
            depth(s).pointee += 1
            return true
        }
        guard try wait(t, lock(Value(bits: s)), limit) else { return false }
        owner(s).pointee.store(t.id, ordering: .relaxed)
        depth(s).pointee = 1
        return true
    }
    static func releaseRecursively(_ t: Thread, _ s: UInt64) throws(PythonError) {
        guard owner(s).pointee.load(ordering: .relaxed) == t.id else {
            throw t.raise(.runtimeError, "cannot release un-acquired lock")
        }
        depth(s).pointee -= 1
        if depth(s).pointee == 0 {
            owner(s).pointee.store(0, ordering: .relaxed)
            lock(Value(bits: s)).release()
        }
    }

    static func define() {
        StaticTypes.define(.lock, "lock", module: "_thread", basicSize: 48, flags: TypeFlags.weaklyReferencable) { b in
            common(b)
            b.record.pointee.new = { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in try LockTypes.make(t, .lock) }
            }
            b.method("acquire", 0, 2, keywords: true) { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in Value(try LockTypes.acquire(t, s, a, n, k)) }
            }
            b.method("__enter__", 0, 0) { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in Value(try LockTypes.acquire(t, s, a, 0, 0)) }
            }
            b.method("release", 0, 0) { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    try LockTypes.release(t, s)
                    return .none
                }
            }
            b.method("__exit__", 0, 3) { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    try LockTypes.release(t, s)
                    return .none
                }
            }
            b.method("_at_fork_reinit", 0, 0) { _, s, _, _, _ in LockTypes.reinitialize(s).bits }
            b.method("locked", 0, 0) { _, s, _, _, _ in Value(LockTypes.lock(Value(bits: s)).isLocked).bits }
            b.record.pointee.repr = { t, v in
                returning(t) { (t) throws(PythonError) -> Value in
                    let state = LockTypes.lock(Value(bits: v)).isLocked ? "locked" : "unlocked"
                    return try t.makeString("<\(state) _thread.lock object at 0x\(String(v & ~7, radix: 16))>")
                }
            }
        }
        StaticTypes.define(
            .rlock, "RLock", module: "_thread", basicSize: 48, flags: TypeFlags.weaklyReferencable
        ) { b in
            common(b)
            b.record.pointee.new = { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in try LockTypes.make(t, .rlock) }
            }
            b.method("acquire", 0, 2, keywords: true) { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in Value(try LockTypes.acquireRecursively(t, s, a, n, k)) }
            }
            b.method("__enter__", 0, 0) { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in Value(try LockTypes.acquireRecursively(t, s, a, 0, 0)) }
            }
            b.method("release", 0, 0) { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    try LockTypes.releaseRecursively(t, s)
                    return .none
                }
            }
            b.method("__exit__", 0, 3) { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    try LockTypes.releaseRecursively(t, s)
                    return .none
                }
            }
            b.method("_at_fork_reinit", 0, 0) { _, s, _, _, _ in
                LockTypes.owner(s).pointee.store(0, ordering: .relaxed)
                LockTypes.depth(s).pointee = 0
                return LockTypes.reinitialize(s).bits
            }
            b.method("_is_owned", 0, 0) { t, s, a, n, k in
                Value(LockTypes.owner(s).pointee.load(ordering: .relaxed) == Thread(t).id).bits
            }
            b.method("_release_save", 0, 0) { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    guard LockTypes.owner(s).pointee.load(ordering: .relaxed) == t.id else {
                        throw t.raise(.runtimeError, "cannot release un-acquired lock")
                    }
                    let depth = LockTypes.depth(s).pointee
                    LockTypes.depth(s).pointee = 1
                    try LockTypes.releaseRecursively(t, s)
                    return Value(smallInt: depth)
                }
            }
            b.method("_acquire_restore", 1, 1) { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    let depth = try t.indexInt(Value(bits: a[0]))
                    // Not interruptible: the caller counts on holding the lock.
                    if LockTypes.lock(Value(bits: s)).isLocked { try LockTypes.checkEndlessWait(t) }
                    _ = LockTypes.lock(Value(bits: s)).acquire(t, timeoutNanoseconds: nil)
                    LockTypes.owner(s).pointee.store(t.id, ordering: .relaxed)
                    LockTypes.depth(s).pointee = depth
                    return .none
                }
            }
            b.record.pointee.repr = { t, v in
                returning(t) { (t) throws(PythonError) -> Value in
                    let state = LockTypes.lock(Value(bits: v)).isLocked ? "locked" : "unlocked"
                    let owner = LockTypes.owner(v).pointee.load(ordering: .relaxed)
                    return try t.makeString(
                        "<\(state) _thread.RLock object owner=\(owner) count=\(owner == 0 ? 0 : LockTypes.depth(v).pointee) at 0x\(String(v & ~7, radix: 16))>")
                }
            }
        }
    }

    private static func common(_ b: TypeBuilder) {
        b.record.pointee.memory.deallocate = { raw, object in
            let t = Thread(raw)
            WeakReferences.clear(t, ObjectRef(object))
            let lock = ObjectRef(object).field(24, as: UnsafeMutableRawPointer?.self)
            if let lock { Unmanaged<BlockingLock>.fromOpaque(lock).release() }
            Allocation.free(ObjectRef(object), t)
        }
    }
}
