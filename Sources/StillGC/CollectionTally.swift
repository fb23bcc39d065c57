// What the present collection has done so far, for its record. Part of `CollectorFields`; written by the busy thread.
import StillPlatform
import StillThreadRegistry

@usableFromInline struct CollectionTally {
    private var record = CollectionRecord()
    private var before = CollectorStatistics()
    /// Of the last collection that has ended.
    private(set) var last = CollectionRecord()

    @usableFromInline init() {}

    mutating func begin(_ statistics: CollectorStatistics, interpreter: Int64, objects: Int, bytes: Int, at: UInt64) {
        before = statistics
        record = CollectionRecord()
        record.interpreter = interpreter
        record.startedAt = at
        record.objectsBefore = objects
        record.bytesBefore = bytes
    }

    /// A step that began in `phase`.
    mutating func add(_ phase: CollectionPhase, nanoseconds: UInt64) {
        switch phase {
        case .idle, .marking, .flagging, .comparing, .verdict:
            record.pauses += 1
            record.pausedNanoseconds += nanoseconds
            record.longestPauseNanoseconds = max(record.longestPauseNanoseconds, nanoseconds)
        case .finalizing, .breaking, .settling: break
        }
    }

    mutating func end(_ statistics: CollectorStatistics, reached: Int, worked: UInt64, bytesFreed: Int, objects: Int, bytes: Int, at: UInt64) {
        record.endedAt = at
        record.workedNanoseconds = worked
        record.live = reached
        record.objectsAfter = objects
        record.bytesAfter = bytes
        record.bytesFreed = bytesFreed
        record.freed = statistics.collected - before.collected
        record.examined = statistics.examined - before.examined
        record.finalized = statistics.finalized - before.finalized
        record.uncollectable = statistics.uncollectable - before.uncollectable
        last = record
        CollectionLog.append(record)
    }
}
