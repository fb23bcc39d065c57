// Version tags of types: given at the first lookup, cleared when a type changes.
//
// Tags      Static types have one from the static range, given when they are defined. Classes get theirs at their first lookup, from their
//           interpreter's range; a class that has used up its 1,000, or finds the range empty, goes without from then on.
// Invariant A type with a tag has only bases with tags, so a change finds all it must clear below itself.
// In use    A type is in use when it has a tag, or when somebody has looked something up in it, or in a type below it, although it could get
//           none (`untagged`).
// Change    `modify` runs the change with the world stopped when the type is in use: no other thread is between a check of the tag and the
//           use of what it found, since neither crosses a safepoint. An unused type needs only the type lock: a reader would have to take that
//           first, to get a tag.
// Lock      The type lock is a leaf but for the lock of a class's dict. Never held at a safepoint.
// Ordering  (V1) tags are relaxed. A tag is set under the type lock after all it covers; it is cleared in a pause, whose transitions order it
//           before anything another thread does next. A reader that misses a new tag only takes the slow way.
import StillPlatform
public import StillThreadRegistry
public import Synchronization

/// What a type keeps for its versions besides the tag. Under the type lock.
@frozen public struct TypeVersionBook: BitwiseCopyable {
    /// Tags it has had.
    public var given: UInt16 = 0
    /// 1: somebody looked something up in it when it could get no tag.
    public var untagged: UInt16 = 0
    public init() {}
}

/// A type, as far as versions are concerned.
public protocol VersionedType {
    var versionWord: UnsafeMutablePointer<Atomic<UInt32>> { get }
    var versionBook: UnsafeMutablePointer<TypeVersionBook> { get }
    /// Shared by all interpreters: its tag is given when it is defined.
    var isStaticType: Bool { get }
    /// Whether it has its order of bases yet.
    var hasOrder: Bool { get }
    /// All types it inherits from, while `body` says so.
    func forEachInOrder(_ body: (Self) -> Bool)
    /// Direct subclasses. In a pause, or under the type lock.
    func forEachSubclass(_ body: (Self) -> Void)
}

@frozen public enum TypeVersion {
    /// After so many changes a class is not worth caching any more.
    public static var mostTagsOfAClass: UInt16 { 1000 }

    /// The type's tag, given now if it had none; 0 when it cannot get one.
    ///
    /// - Threads: attached. What is then read of the type stays true until this thread's next safepoint, with or without a tag.
    public static func assign<T: VersionedType>(_ type: T, _ t: ThreadState) -> UInt32 {
        let now = type.versionWord.pointee.load(ordering: .relaxed)  // V1
        if now != VersionRange.none { return now }
        return TypeLock.with { assignLocked(type, InterpreterVersions(t.interpreter)) }
    }

    private static func assignLocked<T: VersionedType>(_ type: T, _ versions: InterpreterVersions) -> UInt32 {
        let now = type.versionWord.pointee.load(ordering: .relaxed)
        if now != VersionRange.none { return now }
        if !type.hasOrder { return VersionRange.none }  // nobody else knows it yet
        var tag = VersionRange.none
        if !type.isStaticType {
            // All of them, whatever becomes of this one: from now on they are in use, too.
            var basesHave = true
            type.forEachInOrder {
                if assignLocked($0, versions) == VersionRange.none { basesHave = false }
                return true
            }
            if basesHave && type.versionBook.pointee.given < mostTagsOfAClass && type.versionBook.pointee.untagged == 0 {
                tag = versions.nextType()
            }
        }
        if tag == VersionRange.none {
            type.versionBook.pointee.untagged = 1
        } else {
            type.versionBook.pointee.given += 1
            type.versionWord.pointee.store(tag, ordering: .relaxed)  // V1
        }
        return tag
    }

    /// Whether a change must stop the world. Under the type lock.
    private static func isInUse<T: VersionedType>(_ type: T) -> Bool {
        type.versionWord.pointee.load(ordering: .relaxed) != VersionRange.none || type.versionBook.pointee.untagged != 0
    }

    /// Runs a change of the type's attributes or bases; afterwards the tags of the type and its subclasses are cleared.
    ///
    /// - Parameters:
    ///   - unguarded: the change concerns what is read without looking at a tag, and is made in a pause in any case.
    ///   - change: must not run Python code nor give up references that may die.
    /// - Threads: attached, at a point where the thread may be stopped.
    public static func modify<T: VersionedType, E: Error>(
        _ type: T, _ t: ThreadState, unguarded: Bool = false, _ change: () throws(E) -> Void
    ) throws(E) {
        if !unguarded {
            TypeLock.lock()
            if !isInUse(type) {
                defer { TypeLock.unlock() }
                try change()
                return
            }
            TypeLock.unlock()
        }
        var failure: E?
        t.withStoppedWorld(.versionInvalidation) { (world: borrowing StoppedWorld) in
            do throws(E) { try change() } catch { failure = error }
            invalidate(type, world)
        }
        if let failure { throw failure }
    }

    /// Clears the tags of a type and all below.
    public static func invalidate<T: VersionedType>(_ type: T, _ world: borrowing StoppedWorld) { invalidateAll(type) }

    private static func invalidateAll<T: VersionedType>(_ type: T) {
        if type.versionWord.pointee.load(ordering: .relaxed) == VersionRange.none { return }  // then none below has one
        if !FaultInjection.isActive(.keepTypeVersion) { type.versionWord.pointee.store(VersionRange.none, ordering: .relaxed) }  // V1
        type.forEachSubclass { invalidateAll($0) }
    }
}

/// One lock for what all types of the process share: subclass lists and the giving of tags.
public enum TypeLock {
    nonisolated(unsafe) private static let byte: UnsafeMutablePointer<Atomic<UInt8>> = {
        guard let raw = rawAllocateZeroed(64) else { stillBug("no memory for the type lock") }
        return raw.assumingMemoryBound(to: Atomic<UInt8>.self)
    }()
    public static func lock() { ObjectLock.lock(byte, .type) }
    public static func unlock() { ObjectLock.unlock(byte, .type) }
    public static func with<R>(_ body: () -> R) -> R {
        lock()
        defer { unlock() }
        return body()
    }
}
