// Memory of classes and code objects that the collector has freed.
//
// Instances refer to their class uncounted, functions and generators to their code. They may die later in the same collection, and then still look
// at sizes, memory functions and versions. So the memory is kept until the collection ends, when nothing condemned is left.
public import StillObmalloc
import StillPlatform
import StillVersions
public import StillThreadRegistry

public enum DeadBlocks {
    /// Frees what the object has outside the heap.
    public typealias FreeParts = @convention(c) (_ object: UnsafeMutableRawPointer) -> Void

    private struct Entry {
        let object: ObjectRef
        let interpreter: UnsafeMutableRawPointer
        let freeParts: FreeParts?
    }
    /// Under the type lock.
    nonisolated(unsafe) private static var entries: [Entry] = []

    /// Instead of freeing the object's block.
    public static func add(_ object: ObjectRef, _ t: Thread, freeParts: FreeParts? = nil) {
        TypeLock.with { entries.append(Entry(object: object, interpreter: t.interpreter.raw, freeParts: freeParts)) }
    }

    /// Gives the blocks of the thread's interpreter back. The collector's last step.
    public static func free(_ t: Thread) {
        for entry in take(t.interpreter.raw) {
            entry.freeParts?(entry.object.raw)
            Allocation.free(entry.object, t)
        }
    }

    /// An interpreter ends: its arenas are unmapped.
    static func forget(_ interpreter: UnsafeMutableRawPointer) {
        for entry in take(interpreter) { entry.freeParts?(entry.object.raw) }
    }

    private static func take(_ interpreter: UnsafeMutableRawPointer) -> [Entry] {
        TypeLock.with {
            let mine = entries.filter { $0.interpreter == interpreter }
            if !mine.isEmpty { entries.removeAll { $0.interpreter == interpreter } }
            return mine
        }
    }
}
