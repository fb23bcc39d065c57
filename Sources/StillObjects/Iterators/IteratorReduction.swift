// What pickle and copy ask iterators for: how to make one again that goes on at the same place.
import StillObmalloc
import StillPlatform
import Synchronization
import StillThreadRegistry

enum IteratorReduction {
    static func add(_ b: TypeBuilder, state: Bool = true) {
        b.method("__reduce__", 0, 0) { raw, s, _, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in try IteratorReduction.reduce(t, Value(bits: s)) }
        }
        if !state { return }
        b.method("__setstate__", 1, 1) { raw, s, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                try IteratorReduction.setState(t, Value(bits: s), Value(bits: a[0]))
                return .none
            }
        }
    }

    private static func iterator(_ t: Thread, over source: Value, state: Value = .null) throws(PythonError) -> Value {
        try call(t, t.makeTuple([t.retain(source)]), state)
    }
    /// `(iter, args)` or `(iter, args, state)`; takes the arguments over.
    private static func call(_ t: Thread, _ args: Value, _ state: Value = .null) throws(PythonError) -> Value {
        defer { t.release(args) }
        guard let hook = ObjectHooks.reduction else { throw t.raise(.typeError, "cannot pickle iterators") }
        let made = Value(bits: hook(t.raw, ReductionKind.iterator.rawValue, args.bits, state.bits))
        if made.isNull { throw PythonError() }
        return made
    }
    /// `(type(v), args)`, with a state when there is one; takes the arguments over.
    private static func made(_ t: Thread, _ v: Value, _ args: Value, _ state: Value = .null) throws(PythonError) -> Value {
        let type = t.retain(t.typeOf(v).value)
        return try t.makeTuple(state.isNull ? [type, args] : [type, args, state])
    }

    private static func reduce(_ t: Thread, _ v: Value) throws(PythonError) -> Value {
        let type = t.typeOf(v)
        func is_(_ id: TypeID) -> Bool { type == t.type(id) }
        if is_(.rangeIterator) { return try range(t, v) }
        let iterator = IteratorRef(v.bits)
        let (source, index) = (iterator.source, iterator.index)
        let isExhausted = index >= Int.max >> 1
        if is_(.dictKeyIterator) || is_(.dictValueIterator) || is_(.dictItemIterator) || is_(.setIterator) {
            return try remaining(t, v)
        }
        if is_(.callableIterator) {
            if index != 0 { return try Self.iterator(t, over: t.emptyTuple) }
            return try call(t, t.makeTuple([t.retain(source), t.retain(Value(bits: iterator.word(40).pointee.load(ordering: .relaxed)))]))
        }
        if is_(.listIterator) || is_(.listReverseIterator) {
            if isExhausted || index < 0 {
                let empty = try t.makeList(capacity: 0)
                defer { t.release(empty) }
                return try Self.iterator(t, over: empty)
            }
            if is_(.listIterator) { return try Self.iterator(t, over: source, state: t.makeInt(index)) }
            return try t.makeTuple([t.retain(t.type(.reversed).value), t.makeTuple([t.retain(source)]), t.makeInt(index)])
        }
        if t.isSubtype(type, t.type(.enumerate)) {
            let offset: Value = v.object.field(40)
            let number = try t.makeInt(index)
            defer { t.release(number) }
            return try made(t, v, t.makeTuple([t.retain(source), offset.isNull ? t.retain(number) : t.binary(.add, offset, number)]))
        }
        if t.isSubtype(type, t.type(.zip)) { return try made(t, v, t.retain(source), index == 1 ? .true : .null) }
        if t.isSubtype(type, t.type(.map)) || t.isSubtype(type, t.type(.filter)) {
            var parts = [t.retain(Value(bits: iterator.word(40).pointee.load(ordering: .relaxed)))]
            if t.isSubtype(type, t.type(.filter)) {
                parts.append(t.retain(source))
            } else {
                for place in 0..<TupleRef(source).count { parts.append(t.retain(TupleRef(source).item(place))) }
            }
            return try made(t, v, t.makeTuple(parts))
        }
        if t.isSubtype(type, t.type(.reversed)) {
            if index < 0 { return try made(t, v, t.makeTuple([t.emptyTuple])) }
            return try made(t, v, t.makeTuple([t.retain(source)]), t.makeInt(index))
        }
        // Over a tuple, a string, bytes or another sequence.
        let length = isExhausted ? 0 : is_(.sequenceIterator) ? Int.max : try t.length(source)
        if index >= length {
            return try Self.iterator(t, over: is_(.strIterator) ? StaticStrings.empty : t.emptyTuple)
        }
        return try Self.iterator(t, over: source, state: t.makeInt(index))
    }

    private static func range(_ t: Thread, _ v: Value) throws(PythonError) -> Value {
        func word(_ offset: Int) -> Int { Int(bitPattern: UInt(v.object.atomicWord(offset).pointee.load(ordering: .relaxed))) }
        let (next, step, count) = (word(32), word(40), word(48))
        var numbers: [Value] = []
        defer { for number in numbers { t.release(number) } }
        // The number behind the last one may not fit in a word.
        let (length, tooLong) = step.multipliedReportingOverflow(by: count)
        let (end, tooFar) = next.addingReportingOverflow(length)
        if tooLong || tooFar { throw t.raise(.overflowError, "range too large to be pickled") }
        for number in [next, end, step] { numbers.append(try t.makeInt(number)) }
        let range = try t.call(t.type(.range).value, numbers[0], numbers[1], numbers[2])
        defer { t.release(range) }
        return try iterator(t, over: range, state: .none)
    }

    /// What a copy of the iterator gives, which may raise: it goes on as before.
    private static func remaining(_ t: Thread, _ v: Value) throws(PythonError) -> Value {
        let copy = try t.allocateInstance(of: t.typeOf(v))
        defer { t.release(Value(copy)) }
        for offset in [24, 40, 48] {
            copy.setField(offset, t.retain(Value(bits: v.object.atomicWord(offset).pointee.load(ordering: .acquiring))))
        }
        IteratorRef(raw: copy.raw).setIndex(IteratorRef(v.bits).index)
        let list = try t.call(t.type(.list).value, Value(copy))
        defer { t.release(list) }
        return try iterator(t, over: list)
    }

    private static func setState(_ t: Thread, _ v: Value, _ state: Value) throws(PythonError) {
        let type = t.typeOf(v)
        if t.isSubtype(type, t.type(.zip)) {
            IteratorRef(v.bits).setIndex(try t.isTrue(state) ? 1 : 0)
            return
        }
        let index = try t.indexInt(state)
        if type == t.type(.rangeIterator) {
            let words = [32, 40, 48].map { v.object.atomicWord($0) }
            let count = Int(words[2].pointee.load(ordering: .relaxed))
            let skipped = min(max(0, index), count)
            let next = words[0].pointee.load(ordering: .relaxed) &+ words[1].pointee.load(ordering: .relaxed) &* UInt64(skipped)
            words[2].pointee.store(UInt64(count - skipped), ordering: .relaxed)
            words[0].pointee.store(next, ordering: .relaxed)
            return
        }
        let iterator = IteratorRef(v.bits)
        if type == t.type(.sequenceIterator) {
            if iterator.index < Int.max >> 1 { iterator.setIndex(min(max(0, index), Int.max >> 1)) }
            return
        }
        if type == t.type(.listIterator), iterator.index >= Int.max >> 1 { return }
        let length = try t.length(iterator.source)
        if type == t.type(.listReverseIterator) || t.isSubtype(type, t.type(.reversed)) {
            if iterator.index >= 0 { iterator.setIndex(min(max(-1, index), length - 1)) }
        } else {
            iterator.setIndex(min(max(0, index), length))
        }
    }
}
