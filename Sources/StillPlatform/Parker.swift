// Blocking on a 32-bit word until it changes.
internal import CStillShims
public import Synchronization

public enum Parker {
    /// Sleeps while the word is `value`, until woken or until the time is over.
    ///
    /// - Parameter timeoutNanoseconds: nil for ever.
    /// - Returns: false on time-out. True may be spurious: check the condition again.
    @discardableResult
    public static func wait(
        on word: UnsafeMutablePointer<Atomic<UInt32>>, while value: UInt32, timeoutNanoseconds: UInt64? = nil
    ) -> Bool {
        let raw = UnsafeMutableRawPointer(word).assumingMemoryBound(to: UInt32.self)
        let limit = timeoutNanoseconds.map { Int64(min($0, UInt64(Int64.max))) } ?? -1
        return still_futex_wait(raw, value, limit) == 0
    }

    /// Wakes up to `count` threads that wait on the word.
    public static func wake(_ word: UnsafeMutablePointer<Atomic<UInt32>>, _ count: Int32 = .max) {
        still_futex_wake(UnsafeMutableRawPointer(word).assumingMemoryBound(to: UInt32.self), count)
    }

    /// Wakes one thread that waits on the word; the others wait on `other` from now on, as if they had begun there. Where the system cannot do that,
    /// all are woken.
    public static func wakeOne(
        _ word: UnsafeMutablePointer<Atomic<UInt32>>, movingOthersTo other: UnsafeMutablePointer<Atomic<UInt32>>
    ) {
        still_futex_wake_one(
            UnsafeMutableRawPointer(word).assumingMemoryBound(to: UInt32.self), UnsafeMutableRawPointer(other).assumingMemoryBound(to: UInt32.self))
    }
}

/// Tells the processor that this is a spin loop.
public func cpuRelax() { still_cpu_pause() }

/// One word per OS thread: what it has stopped. 0 nothing, 1 every interpreter, otherwise the address of an interpreter's record.
public enum PauseScope {
    @inlinable public static var everything: UInt { 1 }
    public static var current: UInt {
        get { UInt(still_pause_scope_get()) }
        set { still_pause_scope_set(newValue) }
    }
}

/// One word per OS thread: the record of the thread state that is attached to it.
public enum CurrentThread {
    public static func get() -> UnsafeMutableRawPointer? { still_thread_local_get() }
    public static func set(_ value: UnsafeMutableRawPointer?) { still_thread_local_set(value) }
}
