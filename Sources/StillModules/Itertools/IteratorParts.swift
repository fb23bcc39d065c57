// What the iterators of `itertools` have in common.
//
//   24, 32, 40, 48, 56  values (shared slots; traced, cleared and released)
//   64, 72, 80          numbers (atomic)
//   88                  buffer of numbers (raw memory or 0), owned; touched under the object's lock
//
// Sharing   Threads may share an iterator: each gets items in some order. Values are read and replaced as shared slots; a step that
//           depends on the old value replaces it only if it is still there. No Python code runs under a lock.
// Clearing  The collector empties the values of garbage; an iterator without its source is exhausted.
// Ordering  (I1) numbers are relaxed: they guard no memory. A value is published by its slot, the buffer by the object's lock.
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import Synchronization

/// The arguments of a native function.
typealias ArgumentWords = UnsafeMutablePointer<UInt64>

struct IteratorParts {
    static let first = 24, second = 32, third = 40, fourth = 48, fifth = 56
    static let number = 64, otherNumber = 72, lastNumber = 80, buffer = 88, bytes = 96

    let t: Thread
    let object: ObjectRef

    init(_ t: Thread, _ v: UInt64) {
        self.t = t
        object = Value(bits: v).object
    }

    /// A new iterator with the given values, which it retains.
    static func make(_ t: Thread, _ id: TypeID, _ values: Value...) throws(PythonError) -> Value {
        let object = try t.allocateInstance(of: t.type(id))
        for (index, value) in values.enumerated() {
            // Nobody else sees the object yet.
            object.atomicWord(24 + index * 8).pointee.store(t.retain(value).bits, ordering: .relaxed)
        }
        return Value(object)
    }

    /// Owned, or null.
    @inline(__always) func load(_ offset: Int) -> Value { SharedSlot.load(t, object, offset) }
    /// Replaces a value by an owned one; the old one is released.
    @inline(__always) func store(_ offset: Int, owned value: Value) {
        t.release(SharedSlot.exchange(t, object, offset, owned: value))
    }
    @inline(__always) func take(_ offset: Int) -> Value { SharedSlot.exchange(t, object, offset, owned: .null) }

    /// Replaces `expected` by an owned value: false, and the value stays the caller's, when the slot holds another one.
    ///
    /// The caller has a count on `expected`, so that no other object can have its address.
    func replace(_ offset: Int, _ expected: Value, owned value: Value) -> Bool {
        let word = object.atomicWord(offset)
        ObjectLock.lock(object.lockByte)
        let old = Value(bits: word.pointee.load(ordering: .relaxed))
        guard old.isSame(expected) else {
            ObjectLock.unlock(object.lockByte)
            return false
        }
        if old.isCounted {
            WriteBarrier.willOverwrite(object, old: old.object, t)
        } else {
            WriteBarrier.willStore(object, t)
        }
        word.pointee.store(value.bits, ordering: .releasing)  // the slot's S1
        ObjectLock.unlock(object.lockByte)
        t.release(old)
        return true
    }

    // MARK: Numbers

    @inline(__always) func word(_ offset: Int) -> UnsafeMutablePointer<Atomic<UInt64>> { object.atomicWord(offset) }
    @inline(__always) func get(_ offset: Int) -> Int { Int(bitPattern: UInt(word(offset).pointee.load(ordering: .relaxed))) }  // I1
    @inline(__always) func set(_ offset: Int, _ number: Int) {
        word(offset).pointee.store(UInt64(UInt(bitPattern: number)), ordering: .relaxed)  // I1
    }
    /// Adds to a number; the value before.
    @inline(__always) func advance(_ offset: Int, by step: Int) -> Int {
        Int(bitPattern: UInt(word(offset).pointee.wrappingAdd(UInt64(UInt(bitPattern: step)), ordering: .relaxed).oldValue))  // I1
    }
    @inline(__always) func locked<R>(_ body: () -> R) -> R {
        ObjectLock.lock(object.lockByte)
        defer { ObjectLock.unlock(object.lockByte) }
        return body()
    }

    // MARK: Buffer

    var numbers: UnsafeMutablePointer<Int> { object.field(IteratorParts.buffer) }
    /// Before the object is published.
    func makeNumbers(_ count: Int) throws(PythonError) {
        guard let memory = rawAllocateZeroed(max(1, count) * 8) else { throw t.noMemory() }
        object.setField(IteratorParts.buffer, memory)
    }

    // MARK: Types

    /// Slots that all types share.
    static func common(_ b: TypeBuilder) {
        let r = b.record
        r.pointee.memory.traverse = { object, visitor in FixedFields.traverse(object, visitor, 24, 64) }
        r.pointee.memory.clear = { t, object in FixedFields.clear(Thread(t), object, 24, 64) }
        r.pointee.memory.deallocate = { t, object in
            let memory: UnsafeMutableRawPointer? = ObjectRef(object).field(IteratorParts.buffer)
            rawFree(memory)
            FixedFields.deallocate(Thread(t), object, 24, 64)
        }
        r.pointee.iterate = { raw, v in Thread(raw).retain(Value(bits: v)).bits }
    }
    static func define(_ id: TypeID, _ name: String, _ body: (TypeBuilder) -> Void) {
        StaticTypes.define(
            id, name, module: "itertools", basicSize: bytes, flags: TypeFlags.collectable | TypeFlags.weaklyReferencable
        ) { b in
            common(b)
            body(b)
        }
    }

    /// Body of a `next` slot: null without exception means exhausted.
    @inline(__always)
    static func next(_ raw: UnsafeMutableRawPointer, _ v: UInt64, _ body: (Thread, IteratorParts) throws(PythonError) -> Value) -> UInt64 {
        do { return try body(Thread(raw), IteratorParts(Thread(raw), v)).bits } catch { return 0 }
    }

    /// The next item of the iterator in a slot; null when it or the slot has none. Owned.
    @inline(__always) func nextItem(_ offset: Int) throws(PythonError) -> Value {
        let source = load(offset)
        if source.isNull { return .null }
        defer { t.release(source) }
        return try t.next(source)
    }

    /// f(item) as a condition; a null or None function means the item itself.
    func holds(_ function: Value, _ item: Value) throws(PythonError) -> Bool {
        if function.isNull || function.isNone { return try t.isTrue(item) }
        let verdict = try t.call(function, item)
        defer { t.release(verdict) }
        return try t.isTrue(verdict)
    }

    /// A tuple of the iterators of arguments. Owned.
    static func iterators(_ t: Thread, _ a: ArgumentWords, _ n: Int) throws(PythonError) -> Value {
        var list: [Value] = []
        for index in 0..<n {
            do throws(PythonError) { list.append(try t.iterate(Value(bits: a[index]))) } catch {
                for iterator in list { t.release(iterator) }
                throw error
            }
        }
        return try t.makeTuple(list)
    }
    /// The one keyword argument a function takes, or null.
    static func keyword(
        _ t: Thread, _ function: String, _ name: String, _ a: ArgumentWords, _ n: Int, _ k: UInt64
    ) throws(PythonError) -> Value {
        if k == 0 { return .null }
        let names = TupleRef(Value(bits: k))
        var found = Value.null
        for index in 0..<names.count {
            let text = StrRef(names.item(index)).string
            if text != name {
                // zip_longest does not say which.
                let which = function == "product" ? " '\(text)'" : ""
                throw t.raise(.typeError, "\(function)() got an unexpected keyword argument\(which)")
            }
            found = Value(bits: a[n + index])
        }
        return found
    }
}
