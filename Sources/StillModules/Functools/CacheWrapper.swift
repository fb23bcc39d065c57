// What `functools.lru_cache` returns.
//
//   24 function   32 dict of results, oldest use first   40 class of cache_info()   48 attributes (dict or null)
//   56 most results (-1: any number)   64 whether types count   72 hits (atomic)   80 misses (atomic)   88 OldestEntry
//
// Sharing   Fields up to 64 are written before the object is published. A hit moves its key to the end of the dict in one step under the
//           dict's lock; a result is added, and the oldest dropped, in one step too (DictOrder.swift). The function runs without any lock:
//           threads that miss the same key at the same time all call it, and the first result stays.
// Counts    (C1) each call adds one to exactly one of the two words, atomically: relaxed, nothing else is ordered by them.
import StillObjects
import StillObmalloc
import StillPlatform
public import StillThreadRegistry
public import StillVM
import Synchronization

enum CacheWrapper {
    private static let function = 24, results = 32, info = 40, dict = 48, limit = 56, typed = 64, hits = 72, misses = 80, oldest = 88
    private static let bytes = 104

    private static func count(_ object: ObjectRef, _ offset: Int) -> UnsafeMutablePointer<Atomic<Int>> {
        (object.raw + offset).assumingMemoryBound(to: Atomic<Int>.self)
    }
    private static func oldestEntry(_ object: ObjectRef) -> UnsafeMutablePointer<OldestEntry> {
        (object.raw + oldest).assumingMemoryBound(to: OldestEntry.self)
    }
    private static func table(_ object: ObjectRef) -> DictRef { DictRef(object.field(results, as: Value.self)) }

    static func define() {
        StaticTypes.define(
            .cacheWrapper, "_lru_cache_wrapper", module: "functools", basicSize: bytes,
            flags: TypeFlags.collectable | TypeFlags.weaklyReferencable | TypeFlags.methodDescriptor
        ) { b in
            let r = b.record
            r.pointee.memory.traverse = { object, visitor in FixedFields.traverse(object, visitor, 24, 56) }
            r.pointee.memory.clear = { t, object in
                // The dict stays, so that a call that is going on has one: it is emptied.
                let t = Thread(t)
                if !ObjectRef(object).field(CacheWrapper.results, as: Value.self).isNull { CacheWrapper.table(ObjectRef(object)).clear(t) }
                t.release(SharedSlot.exchange(t, ObjectRef(object), CacheWrapper.dict, owned: .null))
            }
            r.pointee.memory.deallocate = { t, object in FixedFields.deallocate(Thread(t), object, 24, 56) }
            r.pointee.dictOffset = UInt32(CacheWrapper.dict)
            b.property("__dict__", get: DictDescriptor.get, set: DictDescriptor.set)
            r.pointee.new = { t, _, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in try CacheWrapper.make(t, a, n, k) }
            }
            r.pointee.call = { t, f, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in try CacheWrapper.call(t, Value(bits: f).object, a, n, k) }
            }
            r.pointee.descriptorGet = { t, d, object, _ in
                returning(t) { (t) throws(PythonError) -> Value in
                    object == 0 || Value(bits: object).isNone
                        ? t.retain(Value(bits: d)) : try t.makeBoundMethod(function: Value(bits: d), receiver: Value(bits: object))
                }
            }
            b.method("cache_info", 0, 0) { t, s, _, _, _ in
                returning(t) { (t) throws(PythonError) -> Value in
                    let object = Value(bits: s).object
                    let most = object.field(CacheWrapper.limit, as: Int.self)
                    return try t.call(
                        object.field(CacheWrapper.info, as: Value.self), Value(smallInt: CacheWrapper.count(object, CacheWrapper.hits).pointee.load(ordering: .relaxed)),
                        Value(smallInt: CacheWrapper.count(object, CacheWrapper.misses).pointee.load(ordering: .relaxed)),
                        most < 0 ? .none : Value(smallInt: most), Value(smallInt: CacheWrapper.table(object).count))
                }
            }
            b.method("cache_clear", 0, 0) { t, s, _, _, _ in
                let object = Value(bits: s).object
                CacheWrapper.table(object).clear(Thread(t))
                CacheWrapper.oldestEntry(object).pointee.forget()
                CacheWrapper.count(object, CacheWrapper.hits).pointee.store(0, ordering: .relaxed)
                CacheWrapper.count(object, CacheWrapper.misses).pointee.store(0, ordering: .relaxed)
                return Value.none.bits
            }
            b.method("__copy__", 0, 0) { t, s, _, _, _ in Thread(t).retain(Value(bits: s)).bits }
            b.method("__deepcopy__", 1, 1) { t, s, _, _, _ in Thread(t).retain(Value(bits: s)).bits }
            b.method("__reduce__", 0, 0) { t, s, _, _, _ in
                returning(t) { (t) throws(PythonError) -> Value in try t.getAttribute(Value(bits: s), Interning.intern("__qualname__")) }
            }
        }
    }

    private static func make(_ t: Thread, _ a: ArgumentWords, _ n: Int, _ k: UInt64) throws(PythonError) -> Value {
        let v = try Arguments.parse(
            t, function: "lru_cache", a, n, k, names: ["user_function", "maxsize", "typed", "cache_info_type"], required: 4)
        guard t.typeOf(v[0]).record.pointee.call != nil else { throw t.raise(.typeError, "the first argument must be callable") }
        var most = -1
        if !v[1].isNone {
            guard t.typeOf(v[1]).record.pointee.index != nil else { throw t.raise(.typeError, "maxsize should be integer or None") }
            most = max(0, try t.indexInt(v[1]))
        }
        let types = try t.isTrue(v[2])
        let table = try t.makeDict()
        let object: ObjectRef
        do throws(PythonError) { object = try t.allocateInstance(of: t.type(.cacheWrapper)) } catch {
            t.release(table)
            throw error
        }
        object.setField(function, t.retain(v[0]))
        object.setField(results, table)
        object.setField(info, t.retain(v[3]))
        object.setField(limit, most)
        object.setField(typed, types ? 1 : 0)
        return Value(object)
    }

    private static func call(
        _ t: Thread, _ object: ObjectRef, _ a: ArgumentWords, _ n: Int, _ k: UInt64
    ) throws(PythonError) -> Value {
        let wrapped = object.field(function, as: Value.self)
        let most = object.field(limit, as: Int.self)
        if most == 0 {
            tally(object, misses)
            return try t.call(wrapped, args: a, count: n, keywords: Value(bits: k))
        }
        let key = try makeKey(t, a, n, Value(bits: k), typed: object.field(typed, as: Int.self) != 0)
        defer { t.release(key) }
        let hash = try t.hash(key)
        let known =
            most < 0
            ? try table(object).get(t, key, hash: hash)
            : try table(object).getMovingToEnd(t, key, hash: hash, oldest: oldestEntry(object))
        if !known.isNull {
            tally(object, hits)
            return known
        }
        tally(object, misses)
        let result = try t.call(wrapped, args: a, count: n, keywords: Value(bits: k))
        do throws(PythonError) {
            if most < 0 {
                t.release(try table(object).store(t, key, hash: hash, result, onlyIfAbsent: true))
            } else {
                try table(object).add(t, key, hash: hash, result, most: most, oldest: oldestEntry(object))
            }
        } catch {
            t.release(result)
            throw error
        }
        return result
    }

    private static func tally(_ object: ObjectRef, _ offset: Int) {
        let word = count(object, offset)
        if FaultInjection.isActive(.tearCacheCounts) {
            let seen = word.pointee.load(ordering: .relaxed)
            SchedulingNoise.point()
            word.pointee.store(seen + 1, ordering: .relaxed)
            return
        }
        word.pointee.wrappingAdd(1, ordering: .relaxed)  // C1
    }

    /// The arguments as one hashable value: a single int or str is its own key. Owned.
    private static func makeKey(
        _ t: Thread, _ a: ArgumentWords, _ n: Int, _ names: Value, typed: Bool
    ) throws(PythonError) -> Value {
        let given = names.isNull ? 0 : TupleRef(names).count
        if given == 0 && !typed && n == 1 {
            let only = Value(bits: a[0])
            if t.typeOf(only) == t.type(.int) || t.typeOf(only) == t.type(.str) { return t.retain(only) }
        }
        let count = n + (given > 0 ? 1 + 2 * given : 0) + (typed ? n + given : 0)
        let key = try t.makeTuple(count)
        for index in 0..<n { key.initialize(index, t.retain(Value(bits: a[index]))) }
        var at = n
        if given > 0 {
            // No argument is this type itself by accident: it separates the two kinds.
            key.initialize(at, t.retain(t.type(.cacheWrapper).value))
            at += 1
            for index in 0..<given {
                key.initialize(at, t.retain(TupleRef(names).item(index)))
                key.initialize(at + 1, t.retain(Value(bits: a[n + index])))
                at += 2
            }
        }
        if typed {
            for index in 0..<(n + given) { key.initialize(at + index, t.retain(t.typeOf(Value(bits: a[index])).value)) }
        }
        return key.value
    }
}
