// Something that happens once; threads wait for it.
//
//   0 not yet, 1 not yet and somebody may sleep, 2 happened
//
// Ordering  happening releases, seeing it acquires: what was done before set() is seen after wait().
import StillPlatform
import Synchronization

public final class OneTimeEvent: @unchecked Sendable {
    private let word: UnsafeMutablePointer<Atomic<UInt32>>

    public init() {
        word = .allocate(capacity: 1)
        word.initialize(to: Atomic(0))
    }
    deinit { word.deallocate() }

    public var hasHappened: Bool { word.pointee.load(ordering: .acquiring) == 2 }

    /// Any thread; again is no error.
    public func set() {
        if word.pointee.exchange(2, ordering: .acquiringAndReleasing) == 1 { Parker.wake(word) }
    }

    /// - Parameters:
    ///   - thread: the caller's thread state, attached: detached while it waits. nil for a thread without one.
    ///   - timeoutNanoseconds: nil waits for ever.
    /// - Returns: false when the time is over.
    public func wait(_ thread: ThreadState?, timeoutNanoseconds: UInt64? = nil) -> Bool {
        if hasHappened { return true }
        return if let thread { thread.detached { sleep(timeoutNanoseconds) } } else { sleep(timeoutNanoseconds) }
    }

    private func sleep(_ timeoutNanoseconds: UInt64?) -> Bool {
        let limit = timeoutNanoseconds.map { Clock.monotonicNanoseconds().addingReportingOverflow($0) }
        while true {
            if word.pointee.compareExchange(expected: 0, desired: 1, ordering: .acquiringAndReleasing).original == 2 { return true }
            var left: UInt64?
            if let limit, !limit.overflow {
                let now = Clock.monotonicNanoseconds()
                if now >= limit.partialValue { return hasHappened }
                left = limit.partialValue - now
            }
            Parker.wait(on: word, while: 1, timeoutNanoseconds: left)
        }
    }
}
