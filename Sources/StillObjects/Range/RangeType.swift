// range. Layout: 24 start, 32 stop, 40 step, 48 length, all ints as Values.
import StillObmalloc
import StillPlatform
import Synchronization
import StillThreadRegistry

enum RangeType {
    static func part(_ v: UInt64, _ offset: Int) -> Value { Value(bits: v).object.field(offset, as: Value.self) }

    static func make(_ t: Thread, _ start: Value, _ stop: Value, _ step: Value) throws(PythonError) -> Value {
        guard let object = Allocation.object(t, type: t.type(.range).raw, bytes: 56, collectable: false) else { throw t.noMemory() }
        object.setField(24, t.retain(start))
        object.setField(32, t.retain(stop))
        object.setField(40, t.retain(step))
        object.setField(48, try length(t, start, stop, step))
        return Value(object)
    }

    static func length(_ t: Thread, _ start: Value, _ stop: Value, _ step: Value) throws(PythonError) -> Value {
        if start.isSmallInt && stop.isSmallInt && step.isSmallInt {
            let s = step.smallInt
            if s > 0 { return start.smallInt < stop.smallInt ? Value(smallInt: (stop.smallInt - start.smallInt - 1) / s + 1) : Value(smallInt: 0) }
            return stop.smallInt < start.smallInt ? Value(smallInt: (start.smallInt - stop.smallInt - 1) / -s + 1) : Value(smallInt: 0)
        }
        let zero = Value(smallInt: 0)
        let up = try t.compareBool(.greater, step, zero)
        if try up ? t.compareBool(.greaterEqual, start, stop) : t.compareBool(.lessEqual, start, stop) { return zero }
        let distance = try up ? t.binary(.subtract, stop, start) : t.binary(.subtract, start, stop)
        defer { t.release(distance) }
        let width = try up ? t.retain(step) : t.unary(.negate, step)
        defer { t.release(width) }
        let one = try t.binary(.subtract, distance, Value(smallInt: 1))
        defer { t.release(one) }
        let quotient = try t.binary(.floorDivide, one, width)
        defer { t.release(quotient) }
        return try t.binary(.add, quotient, Value(smallInt: 1))
    }

    /// start + index * step
    static func item(_ t: Thread, _ v: UInt64, _ index: Value) throws(PythonError) -> Value {
        let offset = try t.binary(.multiply, index, part(v, 40))
        defer { t.release(offset) }
        return try t.binary(.add, part(v, 24), offset)
    }

    static func iterator(_ t: Thread, _ start: Value, _ step: Value, _ count: Value) throws(PythonError) -> Value {
        if start.isSmallInt && step.isSmallInt && count.isSmallInt {
            let (distance, o1) = step.smallInt.multipliedReportingOverflow(by: count.smallInt)
            let (last, o2) = start.smallInt.addingReportingOverflow(distance)
            if !o1 && !o2 && Value.fitsSmallInt(last) {
                guard let object = Allocation.object(t, type: t.type(.rangeIterator).raw, bytes: 56, collectable: false) else {
                    throw t.noMemory()
                }
                object.atomicWord(32).pointee.store(UInt64(UInt(bitPattern: start.smallInt)), ordering: .relaxed)
                object.atomicWord(40).pointee.store(UInt64(UInt(bitPattern: step.smallInt)), ordering: .relaxed)
                object.atomicWord(48).pointee.store(UInt64(count.smallInt), ordering: .relaxed)
                return Value(object)
            }
        }
        // Big ints: the general iterator over indices.
        let distance = try t.binary(.multiply, step, count)
        defer { t.release(distance) }
        let stop = try t.binary(.add, start, distance)
        defer { t.release(stop) }
        let range = try make(t, start, stop, step)
        defer { t.release(range) }
        return try t.makeSequenceIterator(range)
    }

    static func define() {
        StaticTypes.define(.range, "range", basicSize: 56, flags: TypeFlags.patternSequence) { b in
            let r = b.record
            r.pointee.memory.deallocate = { raw, object in
                let t = Thread(raw)
                for offset in [24, 32, 40, 48] { t.release(ObjectRef(object).field(offset, as: Value.self)) }
                Allocation.free(ObjectRef(object), t)
            }
            r.pointee.new = { raw, _, a, n, k in
                returning(raw) { (t) throws(PythonError) -> Value in
                    try Arguments.noKeywords(t, "range", k)
                    if n == 0 { throw t.raise(.typeError, "range expected at least 1 argument, got 0") }
                    if n > 3 { throw t.raise(.typeError, "range expected at most 3 arguments, got \(n)") }
                    let first = try t.index(Value(bits: a[0]))
                    defer { t.release(first) }
                    if n == 1 { return try RangeType.make(t, Value(smallInt: 0), first, Value(smallInt: 1)) }
                    let stop = try t.index(Value(bits: a[1]))
                    defer { t.release(stop) }
                    let step = n > 2 ? try t.index(Value(bits: a[2])) : Value(smallInt: 1)
                    defer { t.release(step) }
                    if step.isSmallInt && step.smallInt == 0 { throw t.raise(.valueError, "range() arg 3 must not be zero") }
                    return try RangeType.make(t, first, stop, step)
                }
            }
            r.pointee.repr = { raw, v in
                returning(raw) { (t) throws(PythonError) -> Value in
                    var parts: [String] = []
                    for offset in [24, 32, 40] {
                        let text = try t.repr(RangeType.part(v, offset))
                        parts.append(StrRef(text).string)
                        t.release(text)
                    }
                    if parts[2] == "1" { parts.removeLast() }
                    return try t.makeString("range(\(parts.joined(separator: ", ")))")
                }
            }
            r.pointee.length = { raw, v in
                storing(raw) { (t) throws(PythonError) -> Int in
                    guard let length = t.intValue(RangeType.part(v, 48)) else {
                        throw t.raise(.overflowError, "Python int too large to convert to C ssize_t")
                    }
                    return length
                }
            }
            r.pointee.truth = { raw, v in
                let length = RangeType.part(v, 48)
                return length.isSmallInt && length.smallInt == 0 ? 0 : 1
            }
            r.pointee.iterate = { raw, v in
                returning(raw) { (t) throws(PythonError) -> Value in
                    try RangeType.iterator(t, RangeType.part(v, 24), RangeType.part(v, 40), RangeType.part(v, 48))
                }
            }
            r.pointee.hash = { raw, v in
                storing(raw) { (t) throws(PythonError) -> Int in
                    let length = RangeType.part(v, 48)
                    let empty = length.isSmallInt && length.smallInt == 0
                    let single = length.isSmallInt && length.smallInt == 1
                    let tuple = try t.makeTuple([
                        t.retain(length), empty ? .none : t.retain(RangeType.part(v, 24)),
                        empty || single ? .none : t.retain(RangeType.part(v, 40)),
                    ])
                    defer { t.release(tuple) }
                    return try t.hash(tuple)
                }
            }
            r.pointee.compare = { raw, op, a, b in
                returning(raw) { (t) throws(PythonError) -> Value in
                    let op = CompareOperator(rawValue: op)!
                    guard op == .equal || op == .notEqual, t.typeOf(Value(bits: b)) == t.type(.range) else { return .notImplemented }
                    var same = try t.equal(RangeType.part(a, 48), RangeType.part(b, 48))
                    let length = RangeType.part(a, 48)
                    if same && !(length.isSmallInt && length.smallInt == 0) {
                        same = try t.equal(RangeType.part(a, 24), RangeType.part(b, 24))
                        if same && !(length.isSmallInt && length.smallInt == 1) {
                            same = try t.equal(RangeType.part(a, 40), RangeType.part(b, 40))
                        }
                    }
                    return Value(same == (op == .equal))
                }
            }
            r.pointee.getItem = { raw, v, key in
                returning(raw) { (t) throws(PythonError) -> Value in
                    let key = Value(bits: key)
                    if t.typeOf(key) == t.type(.slice) {
                        let length = try t.indexInt(RangeType.part(v, 48))
                        let slice = try SliceIndices.compute(t, key, length)
                        let start = try RangeType.item(t, v, Value(smallInt: slice.start))
                        defer { t.release(start) }
                        let stop = try RangeType.item(t, v, Value(smallInt: slice.stop))
                        defer { t.release(stop) }
                        let step = try t.binary(.multiply, RangeType.part(v, 40), Value(smallInt: slice.step))
                        defer { t.release(step) }
                        return try RangeType.make(t, start, stop, step)
                    }
                    guard key.isSmallInt || key.isBool || t.typeOf(key).record.pointee.index != nil else {
                        throw t.raise(.typeError, "range indices must be integers or slices, not \(t.typeName(key))")
                    }
                    var index = try t.index(key)
                    defer { t.release(index) }
                    let length = RangeType.part(v, 48)
                    if try t.compareBool(.less, index, Value(smallInt: 0)) {
                        let moved = try t.binary(.add, index, length)
                        t.release(index)
                        index = moved
                    }
                    let below = try t.compareBool(.less, index, Value(smallInt: 0))
                    let above = try t.compareBool(.greaterEqual, index, length)
                    if below || above {
                        throw t.raise(.indexError, "range object index out of range")
                    }
                    return try RangeType.item(t, v, index)
                }
            }
            r.pointee.contains = { raw, v, item in
                storing(raw) { (t) throws(PythonError) -> Int in
                    let item = Value(bits: item)
                    guard item.isSmallInt || item.isBool || (item.isObject && t.typeOf(item).has(TypeFlags.intSubclass)) else {
                        return try t.containsByIteration(Value(bits: v), item) ? 1 : 0
                    }
                    let step = RangeType.part(v, 40)
                    let up = try t.compareBool(.greater, step, Value(smallInt: 0))
                    let start = RangeType.part(v, 24)
                    let stop = RangeType.part(v, 32)
                    let low = try up ? t.compareBool(.lessEqual, start, item) : t.compareBool(.less, stop, item)
                    let high = try up ? t.compareBool(.less, item, stop) : t.compareBool(.lessEqual, item, start)
                    if !low || !high { return 0 }
                    let distance = try t.binary(.subtract, item, start)
                    defer { t.release(distance) }
                    let rest = try t.binary(.modulo, distance, step)
                    defer { t.release(rest) }
                    return try t.isTrue(rest) ? 0 : 1
                }
            }
            b.getter("start") { raw, s in Thread(raw).retain(RangeType.part(s, 24)).bits }
            b.getter("stop") { raw, s in Thread(raw).retain(RangeType.part(s, 32)).bits }
            b.getter("step") { raw, s in Thread(raw).retain(RangeType.part(s, 40)).bits }
            b.method("__reduce__", 0, 0) { raw, s, _, _, _ in
                returning(raw) { (t) throws(PythonError) -> Value in
                    let parts = [24, 32, 40].map { t.retain(RangeType.part(s, $0)) }
                    return try t.makeTuple([t.retain(t.type(.range).value), t.makeTuple(parts)])
                }
            }
            b.method("__reversed__", 0, 0) { raw, s, _, _, _ in
                returning(raw) { (t) throws(PythonError) -> Value in
                    let last = try t.binary(.subtract, RangeType.part(s, 48), Value(smallInt: 1))
                    defer { t.release(last) }
                    let start = try RangeType.item(t, s, last)
                    defer { t.release(start) }
                    let step = try t.unary(.negate, RangeType.part(s, 40))
                    defer { t.release(step) }
                    return try RangeType.iterator(t, start, step, RangeType.part(s, 48))
                }
            }
            b.method("count", 1, 1) { raw, s, a, _, _ in
                returning(raw) { (t) throws(PythonError) -> Value in
                    Value(smallInt: try t.contains(Value(bits: s), Value(bits: a[0])) ? 1 : 0)
                }
            }
            b.method("index", 1, 1) { raw, s, a, _, _ in
                returning(raw) { (t) throws(PythonError) -> Value in
                    guard try t.contains(Value(bits: s), Value(bits: a[0])) else {
                        if !t.isInt(Value(bits: a[0])) { throw t.raise(.valueError, "sequence.index(x): x not in sequence") }
                        let text = try t.repr(Value(bits: a[0]))
                        defer { t.release(text) }
                        throw t.raise(.valueError, "\(StrRef(text).string) is not in range")
                    }
                    let distance = try t.binary(.subtract, Value(bits: a[0]), RangeType.part(s, 24))
                    defer { t.release(distance) }
                    return try t.binary(.floorDivide, distance, RangeType.part(s, 40))
                }
            }
        }
        StaticTypes.define(.rangeIterator, "range_iterator", basicSize: 56, flags: 0) { b in
            b.record.pointee.memory.deallocate = { raw, object in Allocation.free(ObjectRef(object), Thread(raw)) }
            b.record.pointee.iterate = { raw, v in Thread(raw).retain(Value(bits: v)).bits }
            b.record.pointee.next = { _, v in RangeIteratorRef(Value(bits: v).object.raw).nextSmall().bits }
            IteratorReduction.add(b)
            b.method("__length_hint__", 0, 0) { _, s, _, _, _ in
                Value(smallInt: Int(Value(bits: s).object.atomicWord(48).pointee.load(ordering: .relaxed))).bits
            }
        }
    }
}

enum SequenceTypes {
    static func define() {
        TupleType.define()
        ListType.define()
        SliceType.define()
        RangeType.define()
        IteratorTypes.define()
    }
}
