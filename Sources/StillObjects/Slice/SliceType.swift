// slice objects and the arithmetic of indices. Layout: 24 start, 32 stop, 40 step.
import StillObmalloc
import StillPlatform
public import StillThreadRegistry

public struct SliceIndices {
    public var start: Int
    public var stop: Int
    public var step: Int
    public var count: Int

    /// What a slice means for a sequence of `length` items.
    public static func compute(_ t: Thread, _ slice: Value, _ length: Int) throws(PythonError) -> SliceIndices {
        let object = slice.object
        return try compute(
            t, object.field(24, as: Value.self), object.field(32, as: Value.self), object.field(40, as: Value.self), length)
    }

    static func compute(
        _ t: Thread, _ startValue: Value, _ stopValue: Value, _ stepValue: Value, _ length: Int
    ) throws(PythonError) -> SliceIndices {
        var step = 1
        if !stepValue.isNone {
            step = try number(t, stepValue)
            if step == 0 { throw t.raise(.valueError, "slice step cannot be zero") }
            step = max(step, -Int.max)
        }
        func clamp(_ value: Value, _ none: Int) throws(PythonError) -> Int {
            if value.isNone { return none }
            var index = try number(t, value)
            if index < 0 {
                index = index &+ length
                if index < 0 { index = step < 0 ? -1 : 0 }
            } else if index >= length {
                index = step < 0 ? length - 1 : length
            }
            return index
        }
        let start = try clamp(startValue, step < 0 ? length - 1 : 0)
        let stop = try clamp(stopValue, step < 0 ? -1 : length)
        var count = 0
        if step < 0 {
            if stop < start { count = (start - stop - 1) / -step + 1 }
        } else if start < stop {
            count = (stop - start - 1) / step + 1
        }
        return SliceIndices(start: start, stop: stop, step: step, count: count)
    }

    /// What a slice of these parts, ints or None, takes out of a str, tuple or list: no slice is made. Owned; null: the container is something else.
    public static func take(
        _ t: Thread, from container: Value, _ start: Value, _ stop: Value, _ step: Value
    ) throws(PythonError) -> Value {
        guard container.isObject, plain(start), plain(stop), plain(step) else { return .null }
        let type = container.object.typeRaw
        if type == t.type(.str).raw {
            let string = StrRef(container)
            return try StrOps.take(t, string, compute(t, start, stop, step, string.count))
        }
        if type == t.type(.list).raw {
            let list = ListRef(container)
            let range = try compute(t, start, stop, step, list.count)
            return try list.copy(t, range.start, range.step, range.count)
        }
        if type == t.type(.tuple).raw {
            let tuple = TupleRef(container)
            return try tuple.take(t, compute(t, start, stop, step, tuple.count))
        }
        return .null
    }
    @inline(__always) private static func plain(_ part: Value) -> Bool { part.isSmallInt || part.isNone }

    private static func number(_ t: Thread, _ value: Value) throws(PythonError) -> Int {
        if value.isSmallInt { return value.smallInt }
        guard value.isBool || (value.isObject && t.typeOf(value).record.pointee.index != nil) else {
            throw t.raise(.typeError, "slice indices must be integers or None or have an __index__ method")
        }
        return try t.indexInt(value, overflow: nil)
    }

    /// An index into a sequence, checked and made non-negative.
    public static func index(
        _ t: Thread, _ key: Value, _ length: Int, _ kind: StaticString, _ verb: StaticString = "index", outOfRange: StaticString? = nil
    ) throws(PythonError) -> Int {
        var index: Int
        if key.isSmallInt {
            index = key.smallInt
        } else {
            guard key.isBool || (key.isObject && t.typeOf(key).record.pointee.index != nil) else {
                if "\(kind)" == "string" { throw t.raise(.typeError, "string indices must be integers, not '\(t.typeName(key))'") }
                throw t.raise(.typeError, "\(kind) indices must be integers or slices, not \(t.typeName(key))")
            }
            index = try t.indexInt(key, overflow: .indexError)
        }
        if index < 0 { index += length }
        if index < 0 || index >= length { throw t.raise(.indexError, outOfRange.map { "\($0)" } ?? "\(kind) \(verb) out of range") }
        return index
    }

    /// Start and end of `index(x, start, end)`.
    static func bounds(_ t: Thread, _ a: UnsafeMutablePointer<UInt64>, _ n: Int, _ length: Int) throws(PythonError) -> (Int, Int) {
        func bound(_ value: Value) throws(PythonError) -> Int {
            guard value.isSmallInt || value.isBool || t.typeOf(value).record.pointee.index != nil else {
                throw t.raise(.typeError, "slice indices must be integers or have an __index__ method")
            }
            return try t.indexInt(value, overflow: nil)
        }
        var start = n > 1 ? try bound(Value(bits: a[1])) : 0
        var end = n > 2 ? try bound(Value(bits: a[2])) : Int.max
        if start < 0 { start = max(0, start + length) }
        if end < 0 { end = max(0, end + length) }
        return (start, end)
    }
}

extension ThreadState {
    /// Retains the parts.
    public func makeSlice(_ start: Value, _ stop: Value, _ step: Value) throws(PythonError) -> Value {
        guard let object = Allocation.object(self, type: type(.slice).raw, bytes: 48, collectable: true) else { throw noMemory() }
        object.setField(24, retain(start))
        object.setField(32, retain(stop))
        object.setField(40, retain(step))
        return Value(object)
    }
}

enum SliceType {
    /// Start, stop and step as a tuple. Owned.
    private static func parts(_ t: Thread, _ v: UInt64) throws(PythonError) -> Value {
        try t.makeTuple([24, 32, 40].map { t.retain(Value(bits: v).object.field($0, as: Value.self)) })
    }

    static func define() {
        StaticTypes.define(.slice, "slice", basicSize: 48, flags: TypeFlags.collectable) { b in
            let r = b.record
            r.pointee.memory.traverse = { object, visitor in
                for offset in [24, 32, 40] {
                    let value = ObjectRef(object).field(offset, as: Value.self)
                    if value.isObject { visitor.report(value.object.raw, true) }
                }
            }
            r.pointee.memory.clear = { _, _ in }
            r.pointee.memory.deallocate = { raw, object in
                let t = Thread(raw)
                t.release(ObjectRef(object).field(24, as: Value.self))
                t.release(ObjectRef(object).field(32, as: Value.self))
                t.release(ObjectRef(object).field(40, as: Value.self))
                Allocation.free(ObjectRef(object), t)
            }
            r.pointee.new = { raw, _, a, n, k in
                returning(raw) { (t) throws(PythonError) -> Value in
                    try Arguments.noKeywords(t, "slice", k)
                    try Arguments.count(t, "slice", n, 1, 3)
                    if n == 1 { return try t.makeSlice(.none, Value(bits: a[0]), .none) }
                    return try t.makeSlice(Value(bits: a[0]), Value(bits: a[1]), n > 2 ? Value(bits: a[2]) : .none)
                }
            }
            r.pointee.repr = { raw, v in
                returning(raw) { (t) throws(PythonError) -> Value in
                    var parts: [String] = []
                    for offset in [24, 32, 40] {
                        let text = try t.repr(Value(bits: v).object.field(offset, as: Value.self))
                        parts.append(StrRef(text).string)
                        t.release(text)
                    }
                    return try t.makeString("slice(\(parts.joined(separator: ", ")))")
                }
            }
            r.pointee.compare = { raw, op, a, b in
                returning(raw) { (t) throws(PythonError) -> Value in
                    guard t.typeOf(Value(bits: b)) == t.type(.slice) else { return .notImplemented }
                    let left = try SliceType.parts(t, a)
                    defer { t.release(left) }
                    let right = try SliceType.parts(t, b)
                    defer { t.release(right) }
                    return try t.compare(CompareOperator(rawValue: op)!, left, right)
                }
            }
            r.pointee.hash = { raw, v in
                storing(raw) { (t) throws(PythonError) -> Int in
                    let parts = try SliceType.parts(t, v)
                    defer { t.release(parts) }
                    return try t.hash(parts)
                }
            }
            b.method("__reduce__", 0, 0) { raw, s, _, _, _ in
                returning(raw) { (t) throws(PythonError) -> Value in
                    try t.makeTuple([t.retain(t.type(.slice).value), SliceType.parts(t, s)])
                }
            }
            b.getter("start") { raw, s in Thread(raw).retain(Value(bits: s).object.field(24, as: Value.self)).bits }
            b.getter("stop") { raw, s in Thread(raw).retain(Value(bits: s).object.field(32, as: Value.self)).bits }
            b.getter("step") { raw, s in Thread(raw).retain(Value(bits: s).object.field(40, as: Value.self)).bits }
            b.method("indices", 1, 1) { raw, s, a, _, _ in
                returning(raw) { (t) throws(PythonError) -> Value in
                    let length = try t.indexInt(Value(bits: a[0]))
                    if length < 0 { throw t.raise(.valueError, "length should not be negative") }
                    let range = try SliceIndices.compute(t, Value(bits: s), length)
                    return try t.makeTuple([
                        Value(smallInt: range.start), Value(smallInt: range.stop), Value(smallInt: range.step),
                    ])
                }
            }
        }
    }
}
