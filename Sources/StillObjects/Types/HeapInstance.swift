// Instances of classes: layout, tracing, death.
//
// Layout    [native base][slots of __slots__, all classes][dict word][inline values]. The native base's functions handle
//           its part (and, for its own subclasses, dictionary and inline values); those here handle the slots.
// Death     finalizer (may resurrect), weak references, slots, then the native base's part.
public import StillObmalloc
import StillPlatform
public import StillThreadRegistry
import Synchronization

extension ThreadState {
    /// A new instance of a class or builtin type, all fields zero.
    @inlinable @inline(__always)
    public func allocateInstance(of type: TypeRef) throws(PythonError) -> ObjectRef {
        let record = type.record
        guard
            let object = Allocation.object(
                self, type: type.raw, bytes: Int(record.pointee.instanceSize),
                collectable: record.pointee.flags & TypeFlags.collectable != 0)
        else { throw noMemory() }
        return object
    }
}

enum HeapInstance {
    /// Offsets of the `__slots__` words of an instance.
    private static func slots(_ type: TypeRef) -> StrideTo<Int> {
        let native = TypeRef(type.record.pointee.nativeBase!)
        return stride(from: Int(native.record.pointee.basicSize), to: Int(type.record.pointee.basicSize), by: 8)
    }

    static let traverse: TypeMemorySlots.Traverse = { object, visitor in
        let type = TypeRef(ObjectRef(object).typeRaw)
        let native = TypeRef(type.record.pointee.nativeBase!)
        if visitor.trace.pointee.firstItem == 0 {
            for offset in slots(type) {
                let value: Value = ObjectRef(object).field(offset)
                if value.isCounted { visitor.report(value.object.raw, true) }
            }
            visitor.report(type.raw, false)
        }
        native.record.pointee.memory.traverse?(object, visitor)
    }

    /// For classes whose native base is `object`.
    static let gather: TypeMemorySlots.Gather = { object, edges in
        let type = TypeRef(ObjectRef(object).typeRaw).record
        let first = Int(TypeRef(type.pointee.nativeBase.unsafelyUnwrapped).record.pointee.basicSize)
        let slots = (Int(type.pointee.basicSize) &- first) / 8
        if _slowPath(slots &+ Int(type.pointee.inlineCount) >= TypeMemorySlots.gatheredAtMost) { return nil }
        var end = edges
        if _slowPath(slots > 0) { end = Gathering.words(object + first, slots, step: 8, to: end) }
        let dictOffset = Int(type.pointee.dictOffset)
        if dictOffset != 0 {
            let dict = Value(bits: ObjectRef(object).atomicWord(dictOffset).pointee.load(ordering: .relaxed))
            // As for `InstanceLayout.traverseExtra`.
            if _slowPath(!dict.isNull) { return Gathering.words(object + dictOffset, 1, step: 8, to: end) }
        }
        return Gathering.words(object + Int(type.pointee.inlineOffset), Int(type.pointee.inlineCount), step: 8, to: end)
    }

    static let clear: TypeMemorySlots.Clear = { t, object in
        let type = TypeRef(ObjectRef(object).typeRaw)
        for offset in slots(type) {
            Thread(t).release(SharedSlot.exchange(Thread(t), ObjectRef(object), offset, owned: .null))
        }
        TypeRef(type.record.pointee.nativeBase!).record.pointee.memory.clear?(t, object)
    }

    /// For classes whose native base is `object`.
    static let drop: TypeMemorySlots.Clear = { t, object in
        let ref = ObjectRef(object)
        for offset in slots(TypeRef(ref.typeRaw)) { Thread(t).releaseField(ref, offset) }
        InstanceLayout.releaseExtra(Thread(t), ref)
    }

    static let deallocate: TypeMemorySlots.Deallocate = { t, object in
        let thread = Thread(t)
        let ref = ObjectRef(object)
        let type = TypeRef(ref.typeRaw)
        if type.record.pointee.memory.finalize != nil && Finalizer.run(thread, ref) { return }
        if ref.flags & ObjectFlags.weaklyReferenced != 0 { WeakReferences.clear(thread, ref) }
        for offset in slots(type) { thread.releaseField(ref, offset) }
        TypeRef(type.record.pointee.nativeBase!).record.pointee.memory.deallocate!(t, object)
    }
}

extension ThreadState {
    /// Empties a slot of a dying object and gives its reference up.
    @inlinable @inline(__always) func releaseField(_ object: ObjectRef, _ offset: Int) {
        let value: Value = object.field(offset)
        if value.isCounted {
            object.setField(offset, Value.null)
            release(value)
        }
    }
}

/// For `TypeMemorySlots.gather`.
enum Gathering {
    /// The objects in `count` words, `step` bytes apart. Whether a word holds one decides where the next is written, no branch.
    @inline(__always)
    static func words(_ first: UnsafeMutableRawPointer, _ count: Int, step: Int, to edges: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
        var (word, end) = (first, edges)
        let last = first + count &* step
        while word < last {
            let value = Value(bits: word.assumingMemoryBound(to: Atomic<UInt64>.self).pointee.load(ordering: .relaxed))
            end.storeBytes(of: value.bits & ~7, as: UInt64.self)
            end += value.isObject ? 8 : 0
            word += step
        }
        return end
    }
}

/// Tracing and death of builtin objects whose references are the words `first ..< end`.
public enum FixedFields {
    public static func traverse(_ object: UnsafeMutableRawPointer, _ visitor: UnsafeMutableRawPointer, _ first: Int, _ end: Int) {
        for offset in stride(from: first, to: end, by: 8) {
            let value: Value = ObjectRef(object).field(offset)
            if value.isCounted { visitor.report(value.object.raw, true) }
        }
    }
    public static func clear(_ t: Thread, _ object: UnsafeMutableRawPointer, _ first: Int, _ end: Int) {
        for offset in stride(from: first, to: end, by: 8) {
            t.release(SharedSlot.exchange(t, ObjectRef(object), offset, owned: .null))
        }
    }
    /// The same for a type that classes may derive from: with what they add. A dict word inside the range counts once.
    public static func traverseInstance(_ object: UnsafeMutableRawPointer, _ visitor: UnsafeMutableRawPointer, _ first: Int, _ end: Int) {
        let type = TypeRef(ObjectRef(object).typeRaw)
        guard type.has(TypeFlags.heapType) else { return traverse(object, visitor, first, end) }
        let dict = Int(type.record.pointee.dictOffset)
        if dict >= first && dict < end {
            traverse(object, visitor, first, dict)
            traverse(object, visitor, dict + 8, end)
        } else {
            traverse(object, visitor, first, end)
        }
        InstanceLayout.traverseExtra(object, visitor)
    }
    public static func clearInstance(_ t: Thread, _ object: UnsafeMutableRawPointer, _ first: Int, _ end: Int) {
        clear(t, object, first, end)
        if TypeRef(ObjectRef(object).typeRaw).has(TypeFlags.heapType) { InstanceLayout.clearExtra(t, ObjectRef(object)) }
    }
    public static func deallocate(_ t: Thread, _ object: UnsafeMutableRawPointer, _ first: Int, _ end: Int) {
        let ref = ObjectRef(object)
        if ref.flags & ObjectFlags.weaklyReferenced != 0 { WeakReferences.clear(t, ref) }
        for offset in stride(from: first, to: end, by: 8) { t.releaseField(ref, offset) }
        if TypeRef(ref.typeRaw).has(TypeFlags.heapType) { InstanceLayout.releaseExtra(t, ref) }
        Allocation.free(ref, t)
    }
}

/// Finalizers (`__del__`): each object's runs once; the object may come back to life.
public enum Finalizer {
    /// Runs the finalizer of an object whose count has reached zero, unless it ran before.
    ///
    /// While it runs the object has one merged count, which strangers and the collector treat like any other.
    ///
    /// - Returns: true when somebody now refers to the object; the caller must leave it alone.
    public static func run(_ t: Thread, _ object: ObjectRef) -> Bool {
        guard let finalize = TypeMemorySlots.of(object).pointee.finalize else { return false }
        if !object.testAndSetFlag(ObjectFlags.finalized) && !FaultInjection.isActive(.finalizeTwice) { return false }
        // Nobody else refers to the object: plain reasoning on a merged count of one.
        object.ownerWord.pointee.store(0, ordering: .relaxed)
        object.local.pointee = 0
        let word = object.sharedWord.pointee.load(ordering: .relaxed)
        let flags = word & SharedFlags.all & ~(SharedFlags.queued | SharedFlags.dead)
        object.sharedWord.pointee.store(
            flags | SharedFlags.merged | SharedFlags.shared | SharedFlags.one, ordering: .releasing)
        let raised = t.takeRaised()
        finalize(t.raw, object.raw)
        t.setRaised(raised)
        let old = object.sharedWord.pointee.wrappingSubtract(SharedFlags.one, ordering: .acquiringAndReleasing).oldValue
        return SharedFlags.count(old) != 1
    }

    /// For the collector: runs the finalizer of an object that is alive, unless it ran before.
    public static func runAlive(_ t: Thread, _ object: ObjectRef) {
        guard let finalize = TypeMemorySlots.of(object).pointee.finalize else { return }
        if !object.testAndSetFlag(ObjectFlags.finalized) { return }
        let raised = t.takeRaised()
        finalize(t.raw, object.raw)
        t.setRaised(raised)
    }
}
