// A refusal of memory on purpose: the n-th mapping or raw allocation of the process fails. Checking builds only.
//
// Every mapping and raw allocation of the runtime asks `strikes()`; Swift's own allocations and the C library's do not.
public import Synchronization

public enum AllocationFailure {
    @usableFromInline static let countdown = Atomic<Int>(0)
    private static let struck = Atomic<Int>(0)

    /// The `nth` request from now on fails, and the `more` that follow it.
    ///
    /// - Parameter nth: 1 is the next request.
    public static func arm(nth: Int, more: Int = 0) {
        precondition(nth > 0 && more >= 0, "The first request is number 1.")
        struck.store(0, ordering: .relaxed)
        followers.store(more, ordering: .relaxed)
        countdown.store(nth, ordering: .sequentiallyConsistent)
    }
    private static let followers = Atomic<Int>(0)

    /// No request fails any more.
    ///
    /// - Returns: how many have failed since `arm`.
    @discardableResult public static func disarm() -> Int {
        countdown.store(0, ordering: .sequentiallyConsistent)
        return struck.load(ordering: .relaxed)
    }

    /// Whether this request is the one to fail.
    @inlinable @inline(__always) public static func strikes() -> Bool {
        if BuildOptions.checksInvariants { return countdown.load(ordering: .relaxed) != 0 && countDown() }
        return false
    }

    @usableFromInline @inline(never) static func countDown() -> Bool {
        var left = countdown.load(ordering: .relaxed)
        while left != 0 {
            // At 1 it strikes; the next request does too as long as there are followers.
            let last = left == 1
            let again = last && followers.load(ordering: .relaxed) > 0
            let (done, seen) = countdown.compareExchange(
                expected: left, desired: last ? (again ? 1 : 0) : left - 1, ordering: .relaxed)
            if done {
                if again { followers.wrappingSubtract(1, ordering: .relaxed) }
                if last { struck.wrappingAdd(1, ordering: .relaxed) }
                return last
            }
            left = seen
        }
        return false
    }
}
