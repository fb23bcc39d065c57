// Attributes of instances: inline values named by the class, or a dict made on demand.
//
// Names     A class keeps an append-only list of attribute names (SharedKeys); value number i of an instance lies at
//           inlineOffset + 8 * i, null when absent. The dict word is null until somebody asks for `__dict__`, or the values
//           cannot be kept inline in the order they were set; then all values move to the dict, for good.
// Changing  Under the object's lock; only a present inline value that is not counted (a number, None) is overwritten without it, by
//           compare-and-swap. A counted one must not vanish while a reader holds the lock to take a count on it.
//           Whoever holds the lock exchanges such a word, as it may change under it; a
//           null or counted one may be stored to. A reader that finds null where the class has the name looks again under the lock, because the values may
//           be on their way to the dict.
// Ordering  (I1) stores release, loads acquire, as in SharedSlot.
public import StillObmalloc
import StillPlatform
public import StillThreadRegistry
public import Synchronization

/// Layout: 0 count (atomic), 8 capacity, 16 names (atomic words).
@frozen public struct SharedKeys {
    public let raw: UnsafeMutableRawPointer
    @inlinable @inline(__always) public init(_ raw: UnsafeMutableRawPointer) { self.raw = raw }
    @inlinable @inline(__always) var countWord: UnsafeMutablePointer<Atomic<Int>> { raw.assumingMemoryBound(to: Atomic<Int>.self) }
    @inlinable @inline(__always) public var count: Int { countWord.pointee.load(ordering: .acquiring) }
    @inlinable var capacity: Int { raw.load(fromByteOffset: 8, as: Int.self) }
    @inlinable func name(_ index: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
        (raw + 16 + index &* 8).assumingMemoryBound(to: Atomic<UInt64>.self)
    }

    /// - Parameter name: interned.
    func index(of name: Value) -> Int {
        for index in 0..<count where (self.name(index).pointee.load(ordering: .relaxed) ^ name.bits) & ~4 == 0 { return index }
        return -1
    }
}

public enum InstanceAttributes {
    @inlinable public static func keyCount(_ type: TypeRef) -> Int {
        type.record.pointee.sharedKeys.map { SharedKeys($0).count } ?? 0
    }

    /// Number of the inline value with that name, -1 for none.
    public static func inlineIndex(_ type: TypeRef, _ name: Value) -> Int {
        guard let keys = type.record.pointee.sharedKeys else { return -1 }
        return SharedKeys(keys).index(of: name)
    }

    private static func addKey(_ type: TypeRef, _ name: Value) -> Int {
        guard let raw = type.record.pointee.sharedKeys, StrRef(name).isInterned else { return -1 }
        let keys = SharedKeys(raw)
        ObjectLock.lock(type.object.lockByte)
        defer { ObjectLock.unlock(type.object.lockByte) }
        let known = keys.index(of: name)
        if known >= 0 { return known }
        let count = keys.count
        if count == keys.capacity { return -1 }
        keys.name(count).pointee.store(name.bits & ~7, ordering: .releasing)  // interned: immortal
        keys.countWord.pointee.store(count + 1, ordering: .releasing)
        return count
    }

    // MARK: Fast paths for inline caches

    /// Owned inline value at an offset, or null.
    @inlinable @inline(__always)
    public static func loadInline(_ t: Thread, _ object: ObjectRef, _ offset: Int) -> Value {
        let word = object.atomicWord(offset)
        let value = Value(bits: word.pointee.load(ordering: .acquiring))  // I1
        if !value.isCounted { return value }
        if _fastPath(ReferenceCount.tryRetain(value.object, t)) {
            if _fastPath(ReferenceCount.isStill(value.bits, in: word)) { return value }
            t.release(value)
        }
        return SharedSlot.loadLocked(t, object, offset)
    }

    /// Overwrites a present inline value. False: it is absent or was changed meanwhile; nothing has happened.
    @inlinable @inline(__always)
    public static func storeInline(_ t: Thread, _ object: ObjectRef, _ offset: Int, _ value: Value) -> Bool {
        let word = object.atomicWord(offset)
        let old = Value(bits: word.pointee.load(ordering: .relaxed))
        if old.isNull { return false }
        if old.isCounted { return storeInlineLocked(t, object, word, value) }
        let fresh = t.retain(value)
        if _fastPath(t.isAlone) {
            word.pointee.store(fresh.bits, ordering: .releasing)  // I1
            if _slowPath(t.barrierActive != 0) { WriteBarrier.willStore(object, t) }
            return true
        }
        guard
            word.pointee.compareExchange(
                expected: old.bits, desired: fresh.bits, successOrdering: .acquiringAndReleasing,
                failureOrdering: .relaxed
            ).exchanged  // I1
        else {
            t.release(fresh)
            return false
        }
        if _slowPath(t.barrierActive != 0) { WriteBarrier.willStore(object, t) }
        return true
    }

    @inlinable @inline(never)
    static func storeInlineLocked(
        _ t: Thread, _ object: ObjectRef, _ word: UnsafeMutablePointer<Atomic<UInt64>>, _ value: Value
    ) -> Bool {
        let fresh = t.retain(value)
        ObjectLock.lock(object.lockByte, for: t)
        var old = Value(bits: word.pointee.load(ordering: .relaxed))
        if old.isNull {
            ObjectLock.unlock(object.lockByte, for: t)
            t.release(fresh)
            return false
        }
        if _fastPath(old.isCounted || t.isAlone) {
            // Changed by nobody without the lock.
            word.pointee.store(fresh.bits, ordering: .releasing)  // I1
        } else {
            old = Value(bits: word.pointee.exchange(fresh.bits, ordering: .acquiringAndReleasing))  // I1
        }
        if _slowPath(t.barrierActive != 0) {
            if old.isCounted { WriteBarrier.willOverwrite(object, old: old.object, t) } else { WriteBarrier.willStore(object, t) }
        }
        ObjectLock.unlock(object.lockByte, for: t)
        t.release(old)
        return true
    }

    /// Sets an inline value, absent or not, at an offset that belongs to the object's class. False: it cannot be kept inline; nothing has
    /// happened.
    public static func addInline(_ t: Thread, _ object: ObjectRef, _ offset: Int, _ value: Value) -> Bool {
        let record = TypeRef(object.typeRaw).record
        return storeLocked(t, object, record, (offset - Int(record.pointee.inlineOffset)) / 8, value)
    }

    // MARK: General

    /// Owned value, or null.
    public static func get(_ t: Thread, _ object: ObjectRef, _ type: TypeRef, _ name: Value) throws(PythonError) -> Value {
        let record = type.record
        // With a dict, the block may end before the inline values of its class: see `TypeFlags.shortInstances`.
        if record.pointee.sharedKeys != nil && object.atomicWord(Int(record.pointee.dictOffset)).pointee.load(ordering: .acquiring) == 0 {
            let index = inlineIndex(type, name)
            if index >= 0 {
                let offset = Int(record.pointee.inlineOffset) + index * 8
                let value = loadInline(t, object, offset)
                if !value.isNull { return value }
                if !FaultInjection.isActive(.missMovingValue) {
                    // Perhaps on its way to the dict.
                    let again = SharedSlot.loadLocked(t, object, offset)
                    if !again.isNull { return again }
                }
            }
        }
        let dict = SharedSlot.load(t, object, Int(record.pointee.dictOffset))
        if dict.isNull { return .null }
        defer { t.release(dict) }
        return try StrRef(name).isInterned ? DictRef(dict).getName(t, name) : DictRef(dict).get(t, name)
    }

    /// Sets an attribute (retained), or deletes it when `value` is null.
    public static func set(
        _ t: Thread, _ object: ObjectRef, _ type: TypeRef, _ name: Value, _ value: Value
    ) throws(PythonError) {
        let record = type.record
        let dictOffset = Int(record.pointee.dictOffset)
        let key = StrRef(name).isInterned ? name : Interning.intern(name)
        if record.pointee.sharedKeys != nil && object.atomicWord(dictOffset).pointee.load(ordering: .acquiring) == 0 {
            var index = inlineIndex(type, key)
            if index < 0 && !value.isNull { index = addKey(type, key) }
            if index >= 0 && storeLocked(t, object, record, index, value) { return }
            if index < 0 && value.isNull { return }
        }
        let dict = try materialize(t, object)
        defer { t.release(dict) }
        if value.isNull { _ = try DictRef(dict).delete(t, key) } else { try DictRef(dict).set(t, key, value) }
    }

    /// Whether a value behind number `index` is present. Under the object's lock, or by who alone knows the object: whoever stored such a
    /// value had its name added before.
    @inlinable @inline(__always)
    static func hasLater(_ object: ObjectRef, _ record: UnsafeMutablePointer<TypeRecord>, _ index: Int) -> Bool {
        guard let keys = record.pointee.sharedKeys else { return false }
        let end = SharedKeys(keys).count
        var later = index &+ 1
        while later < end {
            if object.atomicWord(Int(record.pointee.inlineOffset) &+ later &* 8).pointee.load(ordering: .relaxed) != 0 { return true }
            later &+= 1
        }
        return false
    }

    /// Whether a value may be added at an offset of an object of which nobody else knows, keeping the order in which values were set.
    @inlinable @inline(__always)
    public static func mayAppend(_ object: ObjectRef, _ offset: Int) -> Bool {
        let record = TypeRef(object.typeRaw).record
        return object.atomicWord(Int(record.pointee.dictOffset)).pointee.load(ordering: .relaxed) == 0
            && !hasLater(object, record, (offset &- Int(record.pointee.inlineOffset)) &>> 3)
    }

    /// False: the values are in a dict, or must move there to keep their order.
    private static func storeLocked(
        _ t: Thread, _ object: ObjectRef, _ record: UnsafeMutablePointer<TypeRecord>, _ index: Int, _ value: Value
    ) -> Bool {
        let first = Int(record.pointee.inlineOffset)
        let word = object.atomicWord(first + index * 8)
        ObjectLock.lock(object.lockByte, for: t)
        if object.atomicWord(Int(record.pointee.dictOffset)).pointee.load(ordering: .relaxed) != 0 {
            ObjectLock.unlock(object.lockByte, for: t)
            return false
        }
        if !value.isNull && word.pointee.load(ordering: .relaxed) == 0 {
            if hasLater(object, record, index) {
                ObjectLock.unlock(object.lockByte, for: t)
                return false
            }
        }
        let fresh = t.retain(value)
        var old = Value(bits: word.pointee.load(ordering: .relaxed))
        if old.isNull || old.isCounted || t.isAlone {
            word.pointee.store(fresh.bits, ordering: .releasing)  // I1
        } else {
            // Compare-and-swaps of what is not counted do not take the lock.
            old = Value(bits: word.pointee.exchange(fresh.bits, ordering: .acquiringAndReleasing))  // I1
        }
        if old.isCounted { WriteBarrier.willOverwrite(object, old: old.object, t) } else { WriteBarrier.willStore(object, t) }
        ObjectLock.unlock(object.lockByte, for: t)
        t.release(old)
        return true
    }

    /// The instance's dict, made of its inline values if there is none yet. Owned.
    public static func materialize(_ t: Thread, _ object: ObjectRef) throws(PythonError) -> Value {
        let record = TypeRef(object.typeRaw).record
        let dictOffset = Int(record.pointee.dictOffset)
        let present = SharedSlot.load(t, object, dictOffset)
        if !present.isNull { return present }
        let dict = try t.makeDict()
        ReferenceCount.share(dict.object)
        ObjectLock.lock(object.lockByte, for: t)
        let word = object.atomicWord(dictOffset)
        let other = Value(bits: word.pointee.load(ordering: .relaxed))
        if !other.isNull {
            ReferenceCount.retainAndShare(other.object, t)
            ObjectLock.unlock(object.lockByte, for: t)
            t.release(dict)
            return other
        }
        var failed = false
        if let raw = record.pointee.sharedKeys {
            WriteBarrier.willShiftItems(object, t)
            let keys = SharedKeys(raw)
            for index in 0..<keys.count {
                let slot = object.atomicWord(Int(record.pointee.inlineOffset) + index * 8)
                let value = Value(bits: slot.pointee.exchange(0, ordering: .acquiringAndReleasing))  // I1
                if value.isNull { continue }
                let name = Value(bits: keys.name(index).pointee.load(ordering: .relaxed))
                // The new dict is ours alone and its keys are interned: no Python code runs.
                do throws(PythonError) {
                    try LockCheck.withFresh(dict.object.lockByte) { () throws(PythonError) in try DictRef(dict).set(t, name, value) }
                } catch { failed = true }
                t.release(value)
                SchedulingNoise.point()
            }
        }
        WriteBarrier.willStore(object, t)
        word.pointee.store(t.retain(dict).bits, ordering: .releasing)  // I1
        ObjectLock.unlock(object.lockByte, for: t)
        if failed {
            t.release(dict)
            throw PythonError()
        }
        return dict
    }

    /// Replaces the dict (`x.__dict__ = d`). Retains.
    public static func replaceDict(_ t: Thread, _ object: ObjectRef, _ dict: Value) throws(PythonError) {
        t.release(try materialize(t, object))
        SharedSlot.store(t, object, Int(TypeRef(object.typeRaw).record.pointee.dictOffset), dict)
    }
}

/// The part of an instance that its class added to the native layout: dict word and inline values.
public enum InstanceLayout {
    @inlinable @inline(__always)
    public static func hasNoDict(_ object: ObjectRef, _ type: TypeRef) -> Bool {
        let offset = Int(type.record.pointee.dictOffset)
        return offset == 0 || object.atomicWord(offset).pointee.load(ordering: .acquiring) == 0
    }

    /// Gives a class its list of names.
    static func prepare(_ t: Thread, _ type: TypeRef) throws(PythonError) {
        let capacity = Int(type.record.pointee.inlineCount)
        guard let raw = rawAllocateZeroed(16 + capacity * 8) else { throw t.noMemory() }
        raw.storeBytes(of: capacity, toByteOffset: 8, as: Int.self)
        type.record.pointee.sharedKeys = raw
    }
    static func releaseKeys(_ t: Thread, _ type: TypeRef) {
        if let raw = type.record.pointee.sharedKeys { rawFree(raw) }
        type.record.pointee.sharedKeys = nil
    }

    @inline(__always)
    private static func forEachWord(_ object: ObjectRef, _ body: (Int) -> Void) {
        let record = TypeRef(object.typeRaw).record
        if record.pointee.dictOffset != 0 {
            let dictOffset = Int(record.pointee.dictOffset)
            let hasDict = object.atomicWord(dictOffset).pointee.load(ordering: .relaxed) != 0
            body(dictOffset)
            // The inline words are empty then, and after a change of `__class__` they may not even exist.
            if hasDict { return }
        }
        var offset = Int(record.pointee.inlineOffset)
        for _ in 0..<Int(record.pointee.inlineCount) {
            body(offset)
            offset += 8
        }
    }

    public static func traverseExtra(_ raw: UnsafeMutableRawPointer, _ visitor: UnsafeMutableRawPointer) {
        let object = ObjectRef(raw)
        forEachWord(object) { offset in
            let value = Value(bits: object.atomicWord(offset).pointee.load(ordering: .relaxed))
            if value.isObject { visitor.report(value.object.raw, true) }
        }
    }

    /// Gives up the objects that the words hold; the object lives on.
    public static func clearExtra(_ t: Thread, _ object: ObjectRef) {
        let record = TypeRef(object.typeRaw).record
        let most = 1 + Int(record.pointee.inlineCount)
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: most) { memory in
            let olds = memory.baseAddress.unsafelyUnwrapped
            var count = 0
            ObjectLock.lock(object.lockByte, for: t)
            forEachWord(object) { offset in
                let word = object.atomicWord(offset)
                if !Value(bits: word.pointee.load(ordering: .relaxed)).isCounted { return }
                let old = Value(bits: word.pointee.exchange(0, ordering: .acquiringAndReleasing))
                if !old.isCounted { return }
                WriteBarrier.willOverwrite(object, old: old.object, t)
                olds[count] = old.bits
                count += 1
            }
            ObjectLock.unlock(object.lockByte, for: t)
            for index in 0..<count { t.release(Value(bits: olds[index])) }
        }
    }

    /// The first part of the death of an instance of a subclass of a builtin type: finalizer, weak references, what the subclass adds.
    ///
    /// - Returns: true: its finalizer keeps it alive.
    public static func staysAlive(_ t: Thread, _ object: ObjectRef) -> Bool {
        if Finalizer.run(t, object) { return true }
        if object.flags & ObjectFlags.weaklyReferenced != 0 { WeakReferences.clear(t, object) }
        releaseExtra(t, object)
        return false
    }

    /// The object dies: nobody else sees it.
    public static func releaseExtra(_ t: Thread, _ object: ObjectRef) {
        forEachWord(object) { offset in
            let word = object.atomicWord(offset)
            let old = Value(bits: word.pointee.load(ordering: .relaxed))
            if old.isNull { return }
            word.pointee.store(0, ordering: .relaxed)
            t.release(old)
        }
    }
}
