// Version tags of types: given out, and cleared when a type changes.
//
// Tags      Static types have tags below 65,536, given when they are defined. Classes get theirs at their first lookup, from a counter above. A tag
//           is never given twice; when they run out, new ones are 0 and nothing is cached.
// Invariant A type with a tag has only bases with tags, so a change finds all it must clear below itself.
// Change    `modify` runs the change with the world stopped when the tag is in use: no other thread is between a check of the tag and the
//           use of what it found. An unused tag needs only the type lock: a reader would have to take that first, to get one.
// Lock      The type lock is a leaf but for the lock of a class's dict. Never held at a safepoint.
import StillObmalloc
import StillPlatform
public import StillThreadRegistry
import Synchronization

public enum TypeVersions {
    private static let counter = Atomic<UInt32>(65_536)

    /// The type's tag, assigned now if it had none; 0 when tags have run out.
    public static func assign(_ type: TypeRef, _ t: Thread) -> UInt32 {
        let now = type.versionTag
        if now != 0 { return now }
        return TypeLock.with { assignLocked(type) }
    }

    private static func assignLocked(_ type: TypeRef) -> UInt32 {
        let now = type.versionTag
        if now != 0 { return now }
        let mro = type.record.pointee.mro
        if mro.isNull { return 0 }
        for index in 1..<max(1, TypeRef.tupleCount(mro)) {
            if assignLocked(TypeRef(TypeRef.tupleItem(mro, index))) == 0 { return 0 }
        }
        var tag = counter.load(ordering: .relaxed)
        while true {
            if tag == .max { return 0 }
            let (done, seen) = counter.compareExchange(expected: tag, desired: tag + 1, ordering: .relaxed)
            if done { break }
            tag = seen
        }
        type.setVersionTag(tag)
        return tag
    }

    /// Runs a change of the type's attributes or bases; afterwards the tags of the type and its subclasses are cleared.
    ///
    /// - Parameter change: must not run Python code nor give up references that may die.
    /// - Threads: attached, at a point where the thread may be stopped.
    public static func modify(
        _ type: TypeRef, _ t: Thread, _ change: () throws(PythonError) -> Void
    ) throws(PythonError) {
        if type.versionTag == 0 && counter.load(ordering: .relaxed) != .max {
            TypeLock.lock()
            if type.versionTag == 0 {
                defer { TypeLock.unlock() }
                try change()
                return
            }
            TypeLock.unlock()
        }
        var failure: PythonError?
        t.withStoppedWorld(.versionInvalidation) { (world: borrowing StoppedWorld) in
            do throws(PythonError) { try change() } catch { failure = error }
            invalidate(type)
        }
        if let failure { throw failure }
    }

    /// Clears the tags of a type and all below. In a pause, or before others know the type.
    static func invalidate(_ type: TypeRef) {
        if type.versionTag == 0 { return }  // then none below has one
        type.setVersionTag(0)
        SubclassList.forEach(type) { invalidate($0) }
    }
}

extension TypeRef {
    func setVersionTag(_ tag: UInt32) {
        (raw + ObjectLayout.headerBytes + MemoryLayout<TypeMemorySlots>.stride).assumingMemoryBound(to: Atomic<UInt32>.self).pointee
            .store(tag, ordering: .relaxed)
    }
}

/// One lock for what all types share: subclass lists and the giving of tags.
enum TypeLock {
    nonisolated(unsafe) private static let byte: UnsafeMutablePointer<Atomic<UInt8>> = {
        guard let raw = rawAllocateZeroed(64) else { stillBug("no memory for the type lock") }
        return raw.assumingMemoryBound(to: Atomic<UInt8>.self)
    }()
    static func lock() { ObjectLock.lock(byte) }
    static func unlock() { ObjectLock.unlock(byte) }
    static func with<R>(_ body: () -> R) -> R {
        lock()
        defer { unlock() }
        return body()
    }
}
