// The module `_queue`: SimpleQueue, an unbounded queue whose readers wait, and Empty.
//
//   24 deque of the items   32 puts so far, as a 32-bit signal (atomic)   40 readers that wait or are about to (atomic)
//
// Sharing   The deque's own lock makes each item go to exactly one reader, in the order of the puts. The deque is set before the object is
//           published and never replaced.
// Waiting   A reader notes the signal, finds the deque empty, counts itself as waiting and sleeps while the signal is what it was. A writer
//           adds the item, raises the signal and looks whether anybody waits. The reader is detached while it sleeps.
// Ordering  (W1) the writer's raise of the signal and the reader's raise of the count are sequentially consistent, like the writer's look at
//           the count: either the writer sees the reader, or the reader, whose sleep compares the signal after its raise, sees the put.
import StillObjects
import StillObmalloc
import StillPlatform
public import StillThreadRegistry
public import StillVM
import Synchronization

public enum QueueModule {
    private static let items = 24, signalOffset = 32, waitingOffset = 40, bytes = 48

    private static func signal(_ object: ObjectRef) -> UnsafeMutablePointer<Atomic<UInt32>> {
        (object.raw + signalOffset).assumingMemoryBound(to: Atomic<UInt32>.self)
    }
    private static func waiting(_ object: ObjectRef) -> UnsafeMutablePointer<Atomic<Int>> {
        (object.raw + waitingOffset).assumingMemoryBound(to: Atomic<Int>.self)
    }
    private static func deque(_ object: ObjectRef) -> DequeRef { DequeRef(object.field(items, as: Value.self)) }

    public static let definition = ModuleDefinition(name: "_queue") { m in
        let t = m.thread
        m.set("SimpleQueue", t.type(.simpleQueue).value)
        do throws(PythonError) {
            let space = try t.makeDict()
            defer { t.release(space) }
            try DictRef(space).set(t, Interning.intern("__module__"), Interning.intern("_queue"))
            let bases = try t.makeTuple([t.retain(t.exceptionType(.exception).value)])
            defer { t.release(bases) }
            m.constant("Empty", try t.call(t.type(.type).value, Interning.intern("Empty"), bases, space))
        } catch { m.fail() }
    }

    static func defineTypes() {
        StaticTypes.define(
            .simpleQueue, "SimpleQueue", module: "_queue", basicSize: bytes,
            flags: TypeFlags.baseType | TypeFlags.collectable | TypeFlags.weaklyReferencable
        ) { b in
            let r = b.record
            r.pointee.memory.traverse = { object, visitor in FixedFields.traverse(object, visitor, 24, 32) }
            r.pointee.memory.clear = { t, object in
                // The deque stays, so that a call that is going on has one.
                let deque: Value = ObjectRef(object).field(24)
                if !deque.isNull { DequeRef(deque).clear(Thread(t)) }
            }
            r.pointee.memory.deallocate = { t, object in FixedFields.deallocate(Thread(t), object, 24, 32) }
            r.pointee.new = { t, type, _, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    if TypeRef(Value(bits: type)) == t.type(.simpleQueue) {
                        try Arguments.noKeywords(t, "SimpleQueue", k)
                        try Arguments.count(t, "SimpleQueue", n, 0, 0)
                    }
                    let deque = try t.call(t.type(.deque).value)
                    let object: ObjectRef
                    do throws(PythonError) { object = try t.allocateInstance(of: TypeRef(Value(bits: type))) } catch {
                        t.release(deque)
                        throw error
                    }
                    object.setField(24, deque)
                    return Value(object)
                }
            }
            b.method("put", 1, 3, keywords: true) { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    if n == 1 && k == 0 { return try QueueModule.put(t, s, Value(bits: a[0])) }
                    let v = try Arguments.parse(t, function: "put", a, n, k, names: ["item", "block", "timeout"], required: 1)
                    return try QueueModule.put(t, s, v[0])
                }
            }
            b.method("put_nowait", 1, 1, keywords: true) { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    let v = try Arguments.parse(t, function: "put_nowait", a, n, k, names: ["item"], required: 1)
                    return try QueueModule.put(t, s, v[0])
                }
            }
            b.method("get", 0, 2, keywords: true) { t, s, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    let v = try Arguments.parse(t, function: "get", a, n, k, names: ["block", "timeout"], required: 0)
                    return try QueueModule.get(t, s, QueueModule.timeout(t, v[0], v[1]))
                }
            }
            b.method("get_nowait", 0, 0) { t, s, _, _, _ in
                returning(t) { (t) throws(PythonError) -> Value in try QueueModule.get(t, s, 0) }
            }
            b.method("qsize", 0, 0) { _, s, _, _, _ in Value(smallInt: QueueModule.deque(Value(bits: s).object).count).bits }
            b.method("empty", 0, 0) { _, s, _, _, _ in Value(QueueModule.deque(Value(bits: s).object).count == 0).bits }
            b.classMethod("__class_getitem__", 1, 1) { t, s, a, _, _ in
                returning(t) { (t) throws(PythonError) -> Value in try t.makeGenericAlias(Value(bits: s), Value(bits: a[0])) }
            }
        }
    }

    private static func put(_ t: Thread, _ s: UInt64, _ item: Value) throws(PythonError) -> Value {
        let object = Value(bits: s).object
        try deque(object).push(t, owned: t.retain(item), left: false)
        signal(object).pointee.wrappingAdd(1, ordering: .sequentiallyConsistent)  // W1
        SchedulingNoise.point()
        if waiting(object).pointee.load(ordering: .sequentiallyConsistent) > 0 { Parker.wake(signal(object), 1) }  // W1
        return .none
    }

    /// Nanoseconds to wait: nil for ever, 0 not at all.
    private static func timeout(_ t: Thread, _ block: Value, _ timeout: Value) throws(PythonError) -> UInt64? {
        let blocks = block.isNull ? true : try t.isTrue(block)
        if !blocks { return 0 }
        if timeout.isNull || timeout.isNone { return nil }
        let seconds = t.typeOf(timeout) == t.type(.float) ? try t.floatValue(timeout) : Double(try t.indexInt(timeout))
        if seconds < 0 || seconds.isNaN { throw t.raise(.valueError, "'timeout' must be a non-negative number") }
        if seconds > 9_223_372_036 { throw t.raise(.overflowError, "timeout value is too large") }
        return UInt64(seconds * 1e9)
    }

    private static func get(_ t: Thread, _ s: UInt64, _ limit: UInt64?) throws(PythonError) -> Value {
        let object = Value(bits: s).object
        let start = Clock.monotonicNanoseconds()
        while true {
            let seen = signal(object).pointee.load(ordering: .acquiring)
            let item = deque(object).pop(t, left: true)
            if !item.isNull { return item }
            if limit == nil { try LockTypes.checkEndlessWait(t) }
            // Not longer than 50 ms at once, to notice signals.
            var slice: UInt64 = 50_000_000
            if let limit {
                let gone = Clock.monotonicNanoseconds() - start
                if gone >= limit { throw try empty(t) }
                slice = min(slice, limit - gone)
            }
            waiting(object).pointee.wrappingAdd(1, ordering: .sequentiallyConsistent)  // W1
            t.detached {
                SchedulingNoise.point()
                Parker.wait(on: signal(object), while: seen, timeoutNanoseconds: slice)
            }
            waiting(object).pointee.wrappingSubtract(1, ordering: .relaxed)
            if PythonThreads.isInterrupted(t) {
                // The wake-up may have been meant for anybody.
                if deque(object).count > 0 { Parker.wake(signal(object), 1) }
                try PythonThreads.checkInterrupt(t)
            }
        }
    }

    /// The class is the interpreter's own: it is found through the module.
    private static func empty(_ t: Thread) throws(PythonError) -> PythonError {
        let module = try Imports.load(t, "_queue")
        defer { t.release(module) }
        return t.raiseObject(try t.callMethod(module, Interning.intern("Empty")))
    }
}
