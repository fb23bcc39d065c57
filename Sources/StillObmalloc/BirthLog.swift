// The collectable objects that a thread has made lately, for young collections (StillGC, Young.swift).
//
// Log       Each birth writes its block's address, in the order of births: that is also how births are counted (HeapCounts.swift). A log that is full
//           begins anew, and remembers how much of it is valid.
// Stale     A noted object may have died, its block may hold another one, its pool may have become something else, its arena may be gone. Whoever
//           reads the log asks the set of arenas, the colour, and whether a block begins there.
// Room      Reports come up to `interval` births after the last, so a log has room for that many beyond the mark where it counts as full. The second
//           half is for the collector: what it has condemned of the log.
// Owner     the thread; in a pause whoever made it, for its own log.
import StillPlatform
public import StillThreadRegistry

public struct BirthLog {
    public let raw: UnsafeMutableRawPointer

    /// Births after which a log is full. A young collection is to find most of what it looks at in the processor's caches.
    public static var full: Int { BuildOptions.checksInvariants ? 250 : 2000 }
    /// Most births that a log holds.
    public static var room: Int { full + HeapCounts.interval }
    private static let headBytes = 64
    static var bytes: Int { headBytes + 2 * room * 8 }

    public var births: UnsafeMutablePointer<UnsafeMutableRawPointer> {
        (raw + BirthLog.headBytes).assumingMemoryBound(to: UnsafeMutableRawPointer.self)
    }
    /// Room for what a young collection has condemned.
    public var condemned: UnsafeMutablePointer<UnsafeMutableRawPointer> { births + BirthLog.room }
    /// How many were noted when the log was last full.
    private var noted: UnsafeMutablePointer<Int> { raw.assumingMemoryBound(to: Int.self) }

    /// False: there is no memory.
    static func give(_ own: UnsafeMutablePointer<ThreadHeap.Fields>) -> Bool {
        guard let raw = rawAllocate(bytes) else { return false }
        let log = BirthLog(raw: raw)
        own.pointee.birthLog = raw
        log.begin(own)
        return true
    }
    static func takeBack(_ own: UnsafeMutablePointer<ThreadHeap.Fields>) {
        rawFree(own.pointee.birthLog)
        own.pointee.birthLog = nil
        own.pointee.birthNext = nil
        own.pointee.birthLimit = nil
    }

    private func begin(_ own: UnsafeMutablePointer<ThreadHeap.Fields>) {
        own.pointee.birthNext = births
        own.pointee.birthLimit = births + HeapCounts.interval
    }

    /// Births since the last report.
    static func report(_ own: UnsafeMutablePointer<ThreadHeap.Fields>) -> Int {
        guard let raw = own.pointee.birthLog, let next = own.pointee.birthNext, let limit = own.pointee.birthLimit else { return 0 }
        let log = BirthLog(raw: raw)
        let born = HeapCounts.interval - (limit - next)
        own.pointee.birthLimit = next + HeapCounts.interval
        if next - log.births >= full {
            log.noted.pointee = next - log.births
            own.pointee.birthsAreMany = true
            log.begin(own)
        }
        return born
    }

    /// The thread's log begins anew; what it has noted stays where it is until the next births. nil: it has none.
    public static func take(_ thread: ThreadState) -> (log: BirthLog, count: Int)? {
        HeapCounts.report(thread)
        let own = ThreadHeap(thread).fields
        guard let raw = own.pointee.birthLog, let next = own.pointee.birthNext else { return nil }
        let log = BirthLog(raw: raw)
        let count = own.pointee.birthsAreMany ? log.noted.pointee : next - log.births
        own.pointee.birthsAreMany = false
        log.begin(own)
        return (log, count)
    }
}
