// Being let run soon after a sleep, for a thread that many wait for.
//
// Why       With more runnable threads than processors, one that wakes up waits behind others' whole time slices: 4 ms each on common settings. A
//           stopped world waits with it. Linux (6.12 and later) lets a thread ask for shorter slices: it is chosen earlier, and before the
//           running thread's slice is over. No right is needed, and no time is gained that others would have had.
// Cost      Two system calls to shorten, two to restore: for a thread that is going to sleep anyway.
internal import CStillShims

public struct ShortSlice {
    /// The shortest that the system grants.
    private static let nanoseconds: UInt64 = 100_000
    private var before: UInt64 = 0

    public init() {}

    /// The calling thread's slices are short from here to `restore`. Again is no error.
    public mutating func begin() {
        if before == 0 { before = still_thread_slice(ShortSlice.nanoseconds) }
    }

    /// - Threads: the one that began.
    public mutating func restore() {
        if before == 0 { return }
        _ = still_thread_slice(before)
        before = 0
    }
}
