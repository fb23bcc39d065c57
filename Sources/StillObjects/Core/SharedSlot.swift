// A word of an object that holds an owned value and may be replaced while other threads read it.
//
// Load      acquire the word, take a count, check the word again; when that fails, under the object's lock.
// Store     under the object's lock, release; the old value is given up after the lock is free.
// Ordering  (S1) the store releases what the value refers to, the load acquires it.
public import StillObmalloc
import StillPlatform
public import StillThreadRegistry
public import Synchronization

@frozen public enum SharedSlot {
    /// Owned value, or null.
    @inlinable @inline(__always)
    public static func load(_ t: Thread, _ object: ObjectRef, _ offset: Int) -> Value {
        let word = object.atomicWord(offset)
        let value = Value(bits: word.pointee.load(ordering: .acquiring))  // S1
        if !value.isCounted { return value }
        if _fastPath(ReferenceCount.tryRetain(value.object, t)) {
            if _fastPath(ReferenceCount.isStill(value.bits, in: word)) { return value }
            t.release(value)
        }
        return loadLocked(t, object, offset)
    }

    @inlinable @inline(never)
    public static func loadLocked(_ t: Thread, _ object: ObjectRef, _ offset: Int) -> Value {
        ObjectLock.lock(object.lockByte, for: t)
        let value = Value(bits: object.atomicWord(offset).pointee.load(ordering: .relaxed))
        if value.isCounted { ReferenceCount.retainAndShare(value.object, t) }
        ObjectLock.unlock(object.lockByte, for: t)
        return value
    }

    /// Replaces the value by `value`, retained; null empties the slot.
    @inlinable public static func store(_ t: Thread, _ object: ObjectRef, _ offset: Int, _ value: Value) {
        t.release(exchange(t, object, offset, owned: t.retain(value)))
    }

    /// Stores a value, owned, unless there is one by now. - Returns: the slot's value, owned.
    public static func loadOrStore(_ t: Thread, _ object: ObjectRef, _ offset: Int, _ value: Value) -> Value {
        let word = object.atomicWord(offset)
        ObjectLock.lock(object.lockByte, for: t)
        var present = Value(bits: word.pointee.load(ordering: .relaxed))
        let isNew = present.isNull
        if isNew {
            WriteBarrier.willStore(object, t)
            present = value
            word.pointee.store(value.bits, ordering: .releasing)  // S1
        }
        if present.isCounted { ReferenceCount.retainAndShare(present.object, t) }
        ObjectLock.unlock(object.lockByte, for: t)
        if !isNew { t.release(value) }
        return present
    }

    /// Stores an owned object that nobody else knows; the old value moves to its word at `link`.
    public static func push(_ t: Thread, _ object: ObjectRef, _ offset: Int, _ fresh: ObjectRef, link: Int) {
        let word = object.atomicWord(offset)
        ObjectLock.lock(object.lockByte, for: t)
        let old = Value(bits: word.pointee.load(ordering: .relaxed))
        if old.isCounted { WriteBarrier.willOverwrite(object, old: old.object, t) } else { WriteBarrier.willStore(object, t) }
        fresh.setField(link, old)
        word.pointee.store(Value(fresh).bits, ordering: .releasing)  // S1
        ObjectLock.unlock(object.lockByte, for: t)
    }

    /// Replaces the value by an owned one and returns the old one, owned by the caller.
    @inlinable public static func exchange(_ t: Thread, _ object: ObjectRef, _ offset: Int, owned value: Value) -> Value {
        let word = object.atomicWord(offset)
        ObjectLock.lock(object.lockByte, for: t)
        let old = Value(bits: word.pointee.load(ordering: .relaxed))
        if old.isCounted {
            WriteBarrier.willOverwrite(object, old: old.object, t)
        } else {
            WriteBarrier.willStore(object, t)
        }
        word.pointee.store(value.bits, ordering: .releasing)  // S1
        ObjectLock.unlock(object.lockByte, for: t)
        return old
    }
}
