// A lock that Python programs hold for as long as they like: waiting threads are detached.
import StillPlatform
import Synchronization

public final class BlockingLock: @unchecked Sendable {
    /// 0 free, 1 held, 2 held and somebody may sleep.
    private let word: UnsafeMutablePointer<Atomic<UInt32>>

    public init() {
        word = .allocate(capacity: 1)
        word.initialize(to: Atomic(0))
    }
    deinit { word.deallocate() }

    public var isLocked: Bool { word.pointee.load(ordering: .relaxed) != 0 }
    public func tryAcquire() -> Bool {
        word.pointee.compareExchange(expected: 0, desired: 1, ordering: .acquiring).exchanged
    }

    /// - Parameter timeoutNanoseconds: nil waits for ever.
    /// - Returns: false when the time is over, or when `interrupted` says so.
    /// - Threads: attached; detached while it waits.
    public func acquire(
        _ thread: ThreadState, timeoutNanoseconds: UInt64?, interrupted: () -> Bool = { false }
    ) -> Bool {
        if tryAcquire() { return true }
        let limit = timeoutNanoseconds.map { timeout in
            let (end, overflow) = Clock.monotonicNanoseconds().addingReportingOverflow(timeout)
            return overflow ? UInt64.max : end
        }
        while true {
            var got = false
            thread.detached {
                if word.pointee.exchange(2, ordering: .acquiring) == 0 {
                    got = true
                    return
                }
                SchedulingNoise.point()
                // Not longer than 50 ms at once, to notice signals.
                var slice: UInt64 = 50_000_000
                if let limit {
                    let now = Clock.monotonicNanoseconds()
                    slice = now >= limit ? 0 : min(slice, limit - now)
                }
                if slice > 0 { Parker.wait(on: word, while: 2, timeoutNanoseconds: slice) }
            }
            if got { return true }
            if interrupted() {
                // The wake-up that brought us here may have been meant for anybody.
                if word.pointee.load(ordering: .relaxed) == 0 { Parker.wake(word, 1) }
                return false
            }
            if let limit, Clock.monotonicNanoseconds() >= limit { return word.pointee.exchange(2, ordering: .acquiring) == 0 }
        }
    }

    /// Free, whoever held it. When no other thread can use it: in a forked child, or at the end of an interpreter.
    public func reset() { word.pointee.store(0, ordering: .releasing) }

    /// Any thread, attached or not.
    public func release() {
        SchedulingNoise.point()
        if word.pointee.exchange(0, ordering: .releasing) != 2 { return }
        SchedulingNoise.point()
        Parker.wake(word, 1)
    }
}
