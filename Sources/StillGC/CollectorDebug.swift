// What `gc.set_debug` switches on: condemned objects are shown, or kept, before they are broken up.
//
// Kept      Nothing is broken then: the objects count as collected, and stay alive by the references that the hook takes. So they must be ordinary
//           objects before the hook runs: all are unflagged, and a count is taken on each, in one pause, as long as that may be.
// Shown     The objects are broken up afterwards, by the same steps as always: the hook runs before the first of them, and only reads.
import StillObmalloc
import StillPlatform
public import StillThreadRegistry
import Synchronization

public enum CollectorDebug {
    /// Values of `CollectorFields.debug`, as gc.set_debug has them.
    public static let stats: UInt32 = 1
    public static let collectable: UInt32 = 2
    public static let uncollectable: UInt32 = 4
    public static let saveAll: UInt32 = 32

    /// Whether condemned objects are to be shown.
    static func isOn(_ collector: Collector) -> Bool {
        collector.fields.pointee.debug.load(ordering: .relaxed) & (collectable | saveAll) != 0
    }
    /// Whether the present collection has still to show its own.
    static func isWanted(_ collector: Collector) -> Bool {
        isOn(collector) && collector.fields.pointee.condemnedShown.load(ordering: .relaxed) == 0
    }
}

extension Collector {
    /// Instead of the first step of breaking.
    func reportCondemned(_ thread: ThreadState) {
        fields.pointee.condemnedShown.store(1, ordering: .relaxed)
        let keeps = fields.pointee.debug.load(ordering: .relaxed) & CollectorDebug.saveAll != 0
        var found: [ObjectRef] = []
        thread.withStoppedWorld(.introspection) { (_: borrowing StoppedWorld) in
            _ = walkSuspects(UInt64.max) { object, _ in
                if keeps { unflag(object) }
                object.sharedWord.pointee.wrappingAdd(SharedFlags.one, ordering: .relaxed)
                found.append(object)
                return 0
            }
        }
        for object in found {
            CollectorRoots.reportCondemned?(thread.raw, object.raw)
            ReferenceCount.release(object, thread)
        }
        if keeps { enter(.settling) } else { beginBreaking() }
    }
}
