// Weak references: the table from objects to their references, reading one, and clearing all of an object.
//
//   weakref   24 referent address (atomic, 0: cleared)   32 callback   40 hash (0: unknown)   48 next, 56 previous in the bucket's
//             list (raw)   64 bucket number + 1 (0: not linked)
//
// Table     A fixed number of buckets for the process, each a lock byte and a list of reference objects, by the referent's address. The links count
//           nothing: a reference unlinks itself when it dies.
// Reading   load the address, take a count on the object, load again: the word is cleared before the object's memory is freed, so if it
//           still holds the address the count was taken on the right object. The referent got the shared flag when its
//           first reference was made. An owner whose own count is zero is about to free the object: it reads as dead.
// Clearing  under the bucket's lock; callbacks run after it is free.
// Ordering  (K1) clearing stores release, readers acquire.
public import StillObmalloc
import StillPlatform
public import StillThreadRegistry
import Synchronization

public enum WeakReferences {
    static let referent = 24, callback = 32, hash = 40, next = 48, previous = 56, bucket = 64, bytes = 72
    private static let bucketCount = 16_384

    private struct Bucket {
        var head: UnsafeMutableRawPointer?
        var lock: UInt64
    }
    nonisolated(unsafe) private static let buckets: UnsafeMutablePointer<Bucket> = {
        guard let raw = rawAllocateZeroed(bucketCount * MemoryLayout<Bucket>.stride) else {
            stillBug("no memory for the table of weak references")
        }
        return raw.assumingMemoryBound(to: Bucket.self)
    }()
    private static func number(_ object: ObjectRef) -> Int {
        let word = UInt(object.address) >> 4
        return Int((word ^ (word >> 14)) & UInt(bucketCount - 1))
    }
    private static func lockByte(_ number: Int) -> UnsafeMutablePointer<Atomic<UInt8>> {
        (UnsafeMutableRawPointer(buckets + number) + 8).assumingMemoryBound(to: Atomic<UInt8>.self)
    }

    // MARK: Making

    /// A reference to an object; without callback an existing plain one is used again.
    public static func make(
        _ t: Thread, _ type: TypeRef, _ target: Value, callback: Value
    ) throws(PythonError) -> Value {
        guard target.isObject, t.typeOf(target).has(TypeFlags.weaklyReferencable) else {
            throw t.raise(.typeError, "cannot create weak reference to '\(t.typeName(target))' object")
        }
        let object = target.object
        ReferenceCount.share(object)
        object.setFlag(ObjectFlags.weaklyReferenced)
        let number = number(object)
        let isPlain = callback.isNull
            && (type == t.type(.weakReference) || type == t.type(.weakProxy) || type == t.type(.weakCallableProxy))
        if isPlain {
            ObjectLock.lock(lockByte(number), .weakReferences)
            let existing = findPlain(t, object, number, type)
            ObjectLock.unlock(lockByte(number), .weakReferences)
            if let existing { return existing }
        }
        let made = try t.allocateInstance(of: type)
        ReferenceCount.share(made)
        made.setField(self.callback, t.retain(callback))
        made.atomicWord(referent).pointee.store(object.address, ordering: .relaxed)
        ObjectLock.lock(lockByte(number), .weakReferences)
        // Another thread may have made one meanwhile.
        if isPlain, let existing = findPlain(t, object, number, type) {
            ObjectLock.unlock(lockByte(number), .weakReferences)
            t.release(made)
            return existing
        }
        let head = buckets[number].head
        made.setField(next, head)
        made.setField(previous, UnsafeMutableRawPointer?.none)
        if let head { ObjectRef(head).setField(previous, made.raw) }
        buckets[number].head = made.raw
        made.setField(bucket, number + 1)
        ObjectLock.unlock(lockByte(number), .weakReferences)
        return Value(made)
    }

    /// Under the bucket's lock.
    private static func findPlain(_ t: Thread, _ object: ObjectRef, _ number: Int, _ type: TypeRef) -> Value? {
        var at = buckets[number].head
        while let raw = at {
            let candidate = ObjectRef(raw)
            if candidate.atomicWord(referent).pointee.load(ordering: .relaxed) == object.address
                && candidate.typeRaw == type.raw && candidate.field(callback, as: UInt64.self) == 0
                && take(t, candidate)
            {
                return Value(candidate)
            }
            at = candidate.field(next)
        }
        return nil
    }

    /// Takes a count on an object that may be dying.
    private static func take(_ t: Thread, _ object: ObjectRef) -> Bool {
        if object.owner == t.ownerSlot && object.local.pointee == 0 { return false }
        return ReferenceCount.tryRetain(object, t)
    }

    // MARK: Reading

    /// The referent, owned, or null when it is gone.
    public static func load(_ t: Thread, _ reference: ObjectRef) -> Value {
        let word = reference.atomicWord(referent)
        let address = word.pointee.load(ordering: .acquiring)  // K1
        if address == 0 { return .null }
        let object = Value(bits: address).object
        if CollectorHooks.isDoomed?(object.raw) ?? false, !FaultInjection.isActive(.reviveDoomed) { return .null }
        if !take(t, object) { return .null }
        if word.pointee.load(ordering: .acquiring) != address {  // K1
            t.release(object)
            return .null
        }
        if t.barrierActive != 0 { WriteBarrier.shade(object, t) }
        return Value(object)
    }

    // MARK: Clearing

    /// Clears all references to an object that dies, then runs their callbacks.
    ///
    /// - Parameter runCallbacks: the collector passes false for references that are garbage themselves.
    public static func clear(_ t: Thread, _ object: ObjectRef, runCallbacks: Bool = true) {
        let number = number(object)
        var waiting: [(reference: ObjectRef, callback: Value)] = []
        ObjectLock.lock(lockByte(number), .weakReferences)
        var at = buckets[number].head
        while let raw = at {
            let reference = ObjectRef(raw)
            at = reference.field(next)
            if reference.atomicWord(referent).pointee.load(ordering: .relaxed) != object.address { continue }
            unlink(reference, number)
            let function: Value = reference.field(callback)
            if runCallbacks && !function.isNull && !(CollectorHooks.isDoomed?(raw) ?? false) && take(t, reference) {
                waiting.append((reference, function))
            }
            // Last: a reference that dies meanwhile waits for the lock as long as its word is set.
            reference.atomicWord(referent).pointee.store(0, ordering: .releasing)  // K1
        }
        ObjectLock.unlock(lockByte(number), .weakReferences)
        object.clearFlag(ObjectFlags.weaklyReferenced)
        if waiting.isEmpty { return }
        let raised = t.takeRaised()
        for (reference, function) in waiting {
            do {
                let result = try t.call(function, Value(reference))
                t.release(result)
            } catch { t.writeUnraisable(function) }
            t.release(SharedSlot.exchange(t, reference, callback, owned: .null))
            t.release(reference)
        }
        t.setRaised(raised)
    }

    /// Under the bucket's lock.
    private static func unlink(_ reference: ObjectRef, _ number: Int) {
        let following: UnsafeMutableRawPointer? = reference.field(next)
        let preceding: UnsafeMutableRawPointer? = reference.field(previous)
        if let following { ObjectRef(following).setField(previous, preceding) }
        if let preceding { ObjectRef(preceding).setField(next, following) } else { buckets[number].head = following }
        reference.setField(bucket, 0)
    }

    /// A reference dies.
    static func unlink(_ reference: ObjectRef) {
        // The number is written once, before the reference is published, and zeroed under the lock.
        let address = reference.atomicWord(referent).pointee.load(ordering: .acquiring)  // K1
        if address == 0 { return }
        let number = number(Value(bits: address).object)
        ObjectLock.lock(lockByte(number), .weakReferences)
        if reference.field(bucket, as: Int.self) != 0 { unlink(reference, number) }
        ObjectLock.unlock(lockByte(number), .weakReferences)
    }

    /// References to an object, each with a new count.
    public static func all(_ t: Thread, to object: ObjectRef) -> [Value] {
        if object.flags & ObjectFlags.weaklyReferenced == 0 { return [] }
        let number = number(object)
        var found: [Value] = []
        ObjectLock.lock(lockByte(number), .weakReferences)
        var at = buckets[number].head
        while let raw = at {
            let reference = ObjectRef(raw)
            if reference.atomicWord(referent).pointee.load(ordering: .relaxed) == object.address && take(t, reference) {
                found.append(Value(reference))
            }
            at = reference.field(next)
        }
        ObjectLock.unlock(lockByte(number), .weakReferences)
        return found
    }

    /// `__weakref__` of an instance.
    static let firstSlot: Slot.Unary = { t, s in
        returning(t) { (t) throws(PythonError) -> Value in
            let found = all(t, to: Value(bits: s).object)
            if found.isEmpty { return .none }
            for other in found.dropFirst() { t.release(other) }
            return found[0]
        }
    }

    /// An interpreter ends and unmaps its arenas: its references leave the table.
    ///
    /// - Parameter belongs: whether an object lies in the interpreter's memory.
    public static func purge(_ belongs: (UnsafeMutableRawPointer) -> Bool) {
        for number in 0..<bucketCount where buckets[number].head != nil {
            ObjectLock.lock(lockByte(number), .weakReferences)
            var at = buckets[number].head
            while let raw = at {
                at = ObjectRef(raw).field(next)
                if belongs(raw) { unlink(ObjectRef(raw), number) }
            }
            ObjectLock.unlock(lockByte(number), .weakReferences)
        }
    }
}

/// `weakref.ref`.
enum WeakReferenceType {
    static func define() {
        StaticTypes.define(
            .weakReference, "ReferenceType", module: "weakref", basicSize: WeakReferences.bytes,
            flags: TypeFlags.baseType | TypeFlags.collectable | TypeFlags.weaklyReferencable
        ) { (b: TypeBuilder) in
            let r = b.record
            r.pointee.memory.traverse = { object, visitor in
                FixedFields.traverse(object, visitor, WeakReferences.callback, WeakReferences.callback + 8)
                if TypeRef(ObjectRef(object).typeRaw).has(TypeFlags.heapType) { InstanceLayout.traverseExtra(object, visitor) }
            }
            r.pointee.memory.clear = { t, object in
                FixedFields.clear(Thread(t), object, WeakReferences.callback, WeakReferences.callback + 8)
                if TypeRef(ObjectRef(object).typeRaw).has(TypeFlags.heapType) {
                    InstanceLayout.clearExtra(Thread(t), ObjectRef(object))
                }
            }
            r.pointee.memory.deallocate = { t, object in
                WeakReferences.unlink(ObjectRef(object))
                FixedFields.deallocate(Thread(t), object, WeakReferences.callback, WeakReferences.callback + 8)
            }
            r.pointee.new = { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    try Arguments.count(t, "__new__", n, 1, 2)
                    let callback = n == 2 && !Value(bits: a[1]).isNone ? Value(bits: a[1]) : .null
                    return try WeakReferences.make(t, TypeRef(Value(bits: s)), Value(bits: a[0]), callback: callback)
                }
            }
            r.pointee.initialize = { t, s, a, n, k in
                storing(t) { (t) throws(PythonError) -> Int in
                    try Arguments.noKeywords(t, "ref", k)
                    try Arguments.count(t, "__init__", n, 1, 2)
                    return 0
                }
            }
            r.pointee.call = { t, f, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    try Arguments.count(t, "__call__", n, 0, 0)
                    let found = WeakReferences.load(t, Value(bits: f).object)
                    return found.isNull ? .none : found
                }
            }
            r.pointee.hash = { t, s in
                storing(t) { (t) throws(PythonError) -> Int in
                    let word = Value(bits: s).object.atomicWord(WeakReferences.hash)
                    let known = word.pointee.load(ordering: .relaxed)
                    if known != 0 { return Int(bitPattern: UInt(known ^ 1 << 63)) }
                    let found = WeakReferences.load(t, Value(bits: s).object)
                    if found.isNull { throw t.raise(.typeError, "weak object has gone away") }
                    defer { t.release(found) }
                    let hash = try t.hash(found)
                    word.pointee.store(UInt64(UInt(bitPattern: hash)) ^ 1 << 63, ordering: .relaxed)
                    return hash
                }
            }
            r.pointee.compare = { t, op, a, b in
                returning(t) { (t) throws(PythonError) -> Value in
                    guard op == CompareOperator.equal.rawValue || op == CompareOperator.notEqual.rawValue,
                        t.isInstance(Value(bits: b), of: t.type(.weakReference))
                    else { return .notImplemented }
                    let left = WeakReferences.load(t, Value(bits: a).object)
                    defer { t.release(left) }
                    let right = WeakReferences.load(t, Value(bits: b).object)
                    defer { t.release(right) }
                    if left.isNull || right.isNull {
                        return Value(Value(bits: a).isSame(Value(bits: b)) == (op == CompareOperator.equal.rawValue))
                    }
                    return try t.compare(CompareOperator(rawValue: op)!, left, right)
                }
            }
            r.pointee.repr = { t, s in
                returning(t) { (t) throws(PythonError) -> Value in
                    let address = String(Value(bits: s).object.address, radix: 16)
                    let found = WeakReferences.load(t, Value(bits: s).object)
                    if found.isNull { return try t.makeString("<weakref at 0x\(address); dead>") }
                    defer { t.release(found) }
                    let name = try t.getAttributeOrNull(found, Names.__name__)
                    defer { t.release(name) }
                    let suffix = t.isStr(name) ? " (\(StrRef(name).string))" : ""
                    return try t.makeString(
                        "<weakref at 0x\(address); to '\(t.qualifiedTypeName(t.typeOf(found)))' at 0x\(String(found.object.address, radix: 16))\(suffix)>")
                }
            }
            b.member("__callback__", offset: WeakReferences.callback, readOnly: true)
        }
    }
}
