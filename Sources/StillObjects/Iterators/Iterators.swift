// Iterators over sequences and ranges. Layout of all: 24 source (Value, atomic), 32 index (atomic), 40 and 48 more words.
//
// An iterator may be shared by threads: its index is atomic (relaxed), items come through the container's own lock-free read. Two threads that
// race on one iterator may see an item twice, never memory that is not theirs.
public import StillObmalloc
import StillPlatform
public import StillThreadRegistry
public import Synchronization

@frozen public struct IteratorRef {
    public let raw: UnsafeMutableRawPointer
    @inlinable @inline(__always) public init(_ bits: UInt64) { raw = Value(bits: bits).object.raw }
    @inlinable public init(raw: UnsafeMutableRawPointer) { self.raw = raw }
    @inlinable public var object: ObjectRef { ObjectRef(raw) }
    @inlinable @inline(__always) public func word(_ offset: Int) -> UnsafeMutablePointer<Atomic<UInt64>> { object.atomicWord(offset) }
    @inlinable public var source: Value { Value(bits: word(24).pointee.load(ordering: .acquiring)) }
    @inlinable public var index: Int { Int(bitPattern: UInt(word(32).pointee.load(ordering: .relaxed))) }
    @inlinable public func setIndex(_ index: Int) { word(32).pointee.store(UInt64(UInt(bitPattern: index)), ordering: .relaxed) }

    static let bytes = 56
    /// The iterator is exhausted: the index goes out of reach. The source stays until the iterator dies, so that other threads may still
    /// be using it.
    func exhaust() { setIndex(Int.max >> 1) }
}

/// The iterator of a str.
public enum StrIteration {
    /// The next character as a register holds it, uncounted. Null: there is none, or the characters are not of one byte.
    public static func nextSingle(_ iterator: IteratorRef) -> Value {
        let index = iterator.index
        let next = StrRef(iterator.source).singleForRegister(at: index)
        if !next.isNull { iterator.setIndex(index &+ 1) }
        return next
    }
}

/// The iterator of a range of small ints. Layout: 32 next, 40 step, 48 remaining.
@frozen public struct RangeIteratorRef {
    public let raw: UnsafeMutableRawPointer
    @inlinable @inline(__always) public init(_ raw: UnsafeMutableRawPointer) { self.raw = raw }
    /// The next number, or null when there is none.
    @inlinable @inline(__always) public func nextSmall() -> Value {
        let object = ObjectRef(raw)
        let remaining = object.atomicWord(48).pointee.load(ordering: .relaxed)
        if _slowPath(remaining == 0) { return .null }
        let next = object.atomicWord(32).pointee.load(ordering: .relaxed)
        let step = object.atomicWord(40).pointee.load(ordering: .relaxed)
        object.atomicWord(48).pointee.store(remaining &- 1, ordering: .relaxed)
        object.atomicWord(32).pointee.store(next &+ step, ordering: .relaxed)
        return Value(smallInt: Int(bitPattern: UInt(next)))
    }
}

extension ThreadState {
    /// - Parameter exact: the type, or a class below it.
    func makeIterator(_ id: TypeID, over source: Value, type exact: TypeRef) throws(PythonError) -> Value {
        if exact == type(id) { return try makeIterator(id, over: source) }
        let object = try allocateInstance(of: exact)
        object.atomicWord(24).pointee.store(retain(source).bits, ordering: .relaxed)
        return Value(object)
    }
    func makeIterator(_ id: TypeID, over source: Value) throws(PythonError) -> Value {
        guard let object = Allocation.object(self, type: type(id).raw, bytes: IteratorRef.bytes, collectable: true) else {
            throw noMemory()
        }
        object.atomicWord(24).pointee.store(retain(source).bits, ordering: .relaxed)
        if id == .listReverseIterator { IteratorRef(raw: object.raw).setIndex(ListRef(source).count - 1) }
        return Value(object)
    }
    public func makeListIterator(_ list: Value) throws(PythonError) -> Value { try makeIterator(.listIterator, over: list) }
    public func makeSequenceIterator(_ source: Value) throws(PythonError) -> Value {
        try makeIterator(.sequenceIterator, over: source)
    }
    /// `iter(callable, sentinel)`
    public func makeCallableIterator(_ callable: Value, _ sentinel: Value) throws(PythonError) -> Value {
        let iterator = try makeIterator(.callableIterator, over: callable)
        iterator.object.atomicWord(40).pointee.store(retain(sentinel).bits, ordering: .relaxed)
        return iterator
    }
}

enum IteratorTypes {
    /// Offsets of the Values in an iterator of each type: the source, and for some more.
    static func memory(_ r: UnsafeMutablePointer<TypeRecord>) {
        r.pointee.memory.traverse = { object, visitor in
            for offset in [24, 40, 48] {
                let value = Value(bits: ObjectRef(object).atomicWord(offset).pointee.load(ordering: .relaxed))
                if value.isObject { visitor.report(value.object.raw, true) }
            }
            if TypeRef(ObjectRef(object).typeRaw).has(TypeFlags.heapType) { InstanceLayout.traverseExtra(object, visitor) }
        }
        r.pointee.memory.clear = { raw, object in
            if TypeRef(ObjectRef(object).typeRaw).has(TypeFlags.heapType) { InstanceLayout.clearExtra(Thread(raw), ObjectRef(object)) }
        }
        r.pointee.memory.deallocate = { raw, object in
            let t = Thread(raw)
            if TypeRef(ObjectRef(object).typeRaw).has(TypeFlags.heapType) && InstanceLayout.staysAlive(t, ObjectRef(object)) { return }
            for offset in [24, 40, 48] {
                t.release(Value(bits: ObjectRef(object).atomicWord(offset).pointee.load(ordering: .relaxed)))
            }
            Allocation.free(ObjectRef(object), t)
        }
        r.pointee.iterate = { raw, v in Thread(raw).retain(Value(bits: v)).bits }
    }

    static func define() {
        StaticTypes.define(.listIterator, "list_iterator", basicSize: IteratorRef.bytes, flags: TypeFlags.collectable) { b in
            IteratorTypes.memory(b.record)
            IteratorReduction.add(b)
            b.record.pointee.next = { raw, v in
                let iterator = IteratorRef(v)
                let index = iterator.index
                let item = ListRef(iterator.source).item(Thread(raw), index)
                if item.isNull { iterator.exhaust() } else { iterator.setIndex(index + 1) }
                return item.bits
            }
            b.method("__length_hint__", 0, 0) { _, s, _, _, _ in
                Value(smallInt: max(0, ListRef(IteratorRef(s).source).count - IteratorRef(s).index)).bits
            }
        }
        StaticTypes.define(.listReverseIterator, "list_reverseiterator", basicSize: IteratorRef.bytes, flags: TypeFlags.collectable) { b in
            IteratorTypes.memory(b.record)
            IteratorReduction.add(b)
            b.record.pointee.next = { raw, v in
                let iterator = IteratorRef(v)
                let index = iterator.index
                if index < 0 { return 0 }
                let item = ListRef(iterator.source).item(Thread(raw), index)
                iterator.setIndex(item.isNull ? -1 : index - 1)
                return item.bits
            }
            b.method("__length_hint__", 0, 0) { _, s, _, _, _ in
                let left = IteratorRef(s).index + 1
                return Value(smallInt: left > ListRef(IteratorRef(s).source).count ? 0 : max(0, left)).bits
            }
        }
        StaticTypes.define(.tupleIterator, "tuple_iterator", basicSize: IteratorRef.bytes, flags: TypeFlags.collectable) { b in
            IteratorTypes.memory(b.record)
            IteratorReduction.add(b)
            b.record.pointee.next = { raw, v in
                let iterator = IteratorRef(v)
                let tuple = TupleRef(iterator.source)
                let index = iterator.index
                if index >= tuple.count { return 0 }
                iterator.setIndex(index + 1)
                return Thread(raw).retain(tuple.item(index)).bits
            }
            b.method("__length_hint__", 0, 0) { _, s, _, _, _ in
                Value(smallInt: max(0, TupleRef(IteratorRef(s).source).count - IteratorRef(s).index)).bits
            }
        }
        StaticTypes.define(.sequenceIterator, "iterator", basicSize: IteratorRef.bytes, flags: TypeFlags.collectable) { b in
            IteratorTypes.memory(b.record)
            IteratorReduction.add(b)
            b.record.pointee.next = { raw, v in
                let t = Thread(raw)
                let iterator = IteratorRef(v)
                let index = iterator.index
                if index >= Int.max >> 1 { return 0 }
                do throws(PythonError) {
                    let item = try t.getItem(iterator.source, Value(smallInt: index))
                    iterator.setIndex(index + 1)
                    return item.bits
                } catch {
                    if t.raisedMatches(.indexError) || t.raisedMatches(.stopIteration) {
                        t.clearRaised()
                        iterator.exhaust()
                    }
                    return 0
                }
            }
        }
        StaticTypes.define(.callableIterator, "callable_iterator", basicSize: IteratorRef.bytes, flags: TypeFlags.collectable) { b in
            IteratorTypes.memory(b.record)
            IteratorReduction.add(b, state: false)
            b.record.pointee.next = { raw, v in
                let t = Thread(raw)
                let iterator = IteratorRef(v)
                if iterator.index != 0 { return 0 }
                do throws(PythonError) {
                    let item = try t.call(iterator.source)
                    if try t.equal(item, Value(bits: iterator.word(40).pointee.load(ordering: .relaxed))) {
                        t.release(item)
                        iterator.exhaust()
                        return 0
                    }
                    return item.bits
                } catch {
                    if t.raisedMatches(.stopIteration) {
                        t.clearRaised()
                        iterator.exhaust()
                    }
                    return 0
                }
            }
        }
        adapters()
    }

    /// enumerate, zip, map, filter, reversed. Word 24: the iterator, or a tuple of iterators; 40: the function.
    static func adapters() {
        StaticTypes.define(.enumerate, "enumerate", basicSize: IteratorRef.bytes, flags: TypeFlags.baseType | TypeFlags.collectable) { b in
            IteratorTypes.memory(b.record)
            IteratorReduction.add(b, state: false)
            b.record.pointee.new = { raw, type, a, n, k in
                returning(raw) { (t) throws(PythonError) -> Value in
                    if n == 0 && k == 0 { throw t.raise(.typeError, "enumerate() missing required argument 'iterable'") }
                    let arguments = try Arguments.parse(t, function: "enumerate", a, n, k, names: ["iterable", "start"], required: 1)
                    // What goes beyond a word is added to each number.
                    var offset = Value.null
                    defer { t.release(offset) }
                    var start = 0
                    if !arguments[1].isNull {
                        let first = try t.index(arguments[1])
                        if let number = t.intValue(first), number < 1 << 62 {
                            start = number
                            t.release(first)
                        } else {
                            offset = first
                        }
                    }
                    let inner = try t.iterate(arguments[0])
                    defer { t.release(inner) }
                    let result = try t.makeIterator(.enumerate, over: inner, type: TypeRef(Value(bits: type)))
                    IteratorRef(raw: result.object.raw).setIndex(start)
                    if !offset.isNull { result.object.setField(40, t.retain(offset)) }
                    return result
                }
            }
            b.record.pointee.next = { raw, v in
                let t = Thread(raw)
                let iterator = IteratorRef(v)
                do throws(PythonError) {
                    let item = try t.next(iterator.source)
                    if item.isNull { return 0 }
                    let index = iterator.index
                    iterator.setIndex(index + 1)
                    let offset: Value = Value(bits: v).object.field(40)
                    if !offset.isNull {
                        let number: Value
                        do throws(PythonError) { number = try t.binary(.add, offset, Value(smallInt: index)) } catch {
                            t.release(item)
                            throw error
                        }
                        return try t.makePair(number, item).bits
                    }
                    return try t.makePair(t.makeInt(index), item).bits
                } catch { return 0 }
            }
        }
        StaticTypes.define(.zip, "zip", basicSize: IteratorRef.bytes, flags: TypeFlags.baseType | TypeFlags.collectable) { b in
            IteratorTypes.memory(b.record)
            IteratorReduction.add(b, state: true)
            b.record.pointee.new = { raw, type, a, n, k in
                returning(raw) { (t) throws(PythonError) -> Value in
                    var strict = false
                    if k != 0 {
                        let names = TupleRef(Value(bits: k))
                        for index in 0..<names.count {
                            guard StrRef(names.item(index)).string == "strict" else {
                                throw t.raise(.typeError, "zip() got an unexpected keyword argument '\(StrRef(names.item(index)).string)'")
                            }
                            strict = try t.isTrue(Value(bits: a[n + index]))
                        }
                    }
                    let inner = try IteratorTypes.iterators(t, a, 0, n)
                    defer { t.release(inner) }
                    let result = try t.makeIterator(.zip, over: inner, type: TypeRef(Value(bits: type)))
                    IteratorRef(raw: result.object.raw).setIndex(strict ? 1 : 0)
                    return result
                }
            }
            b.record.pointee.next = { raw, v in
                returningOptional(raw) { (t) throws(PythonError) -> Value in
                    let iterator = IteratorRef(v)
                    let inner = TupleRef(iterator.source)
                    if inner.count == 0 { return .null }
                    let values = try t.makeTuple(inner.count)
                    for number in 0..<inner.count {
                        let item: Value
                        do throws(PythonError) { item = try t.next(inner.item(number)) } catch {
                            t.release(values.value)
                            throw error
                        }
                        if item.isNull {
                            t.release(values.value)
                            if iterator.index == 1 {
                                if number > 0 {
                                    throw t.raise(
                                        .valueError,
                                        "zip() argument \(number + 1) is shorter than argument\(number == 1 ? " 1" : "s 1-\(number)")")
                                }
                                for later in 1..<max(1, inner.count) {
                                    let extra = try t.next(inner.item(later))
                                    if !extra.isNull {
                                        t.release(extra)
                                        throw t.raise(
                                            .valueError,
                                            "zip() argument \(later + 1) is longer than argument\(later == 1 ? " 1" : "s 1-\(later)")")
                                    }
                                }
                            }
                            return .null
                        }
                        values.initialize(number, item)
                    }
                    return values.value
                }
            }
        }
        StaticTypes.define(.map, "map", basicSize: IteratorRef.bytes, flags: TypeFlags.baseType | TypeFlags.collectable) { b in
            IteratorTypes.memory(b.record)
            IteratorReduction.add(b, state: false)
            b.record.pointee.new = { raw, type, a, n, k in
                returning(raw) { (t) throws(PythonError) -> Value in
                    try Arguments.noKeywords(t, "map", k, TypeRef(Value(bits: type)), .map)
                    if n < 2 { throw t.raise(.typeError, "map() must have at least two arguments.") }
                    let inner = try IteratorTypes.iterators(t, a, 1, n)
                    defer { t.release(inner) }
                    let result = try t.makeIterator(.map, over: inner, type: TypeRef(Value(bits: type)))
                    result.object.atomicWord(40).pointee.store(t.retain(Value(bits: a[0])).bits, ordering: .relaxed)
                    return result
                }
            }
            b.record.pointee.next = { raw, v in
                returningOptional(raw) { (t) throws(PythonError) -> Value in
                    let iterator = IteratorRef(v)
                    let inner = TupleRef(iterator.source)
                    let function = Value(bits: iterator.word(40).pointee.load(ordering: .relaxed))
                    if inner.count == 1 {
                        let item = try t.next(inner.item(0))
                        if item.isNull { return .null }
                        defer { t.release(item) }
                        return try t.call(function, item)
                    }
                    var values: [Value] = []
                    defer { for value in values { t.release(value) } }
                    for number in 0..<inner.count {
                        let item = try t.next(inner.item(number))
                        if item.isNull { return .null }
                        values.append(item)
                    }
                    return try t.call(function, list: values)
                }
            }
        }
        StaticTypes.define(.filter, "filter", basicSize: IteratorRef.bytes, flags: TypeFlags.baseType | TypeFlags.collectable) { b in
            IteratorTypes.memory(b.record)
            IteratorReduction.add(b, state: false)
            b.record.pointee.new = { raw, type, a, n, k in
                returning(raw) { (t) throws(PythonError) -> Value in
                    try Arguments.noKeywords(t, "filter", k, TypeRef(Value(bits: type)), .filter)
                    try Arguments.count(t, "filter", n, 2, 2)
                    let inner = try t.iterate(Value(bits: a[1]))
                    defer { t.release(inner) }
                    let result = try t.makeIterator(.filter, over: inner, type: TypeRef(Value(bits: type)))
                    result.object.atomicWord(40).pointee.store(t.retain(Value(bits: a[0])).bits, ordering: .relaxed)
                    return result
                }
            }
            b.record.pointee.next = { raw, v in
                returningOptional(raw) { (t) throws(PythonError) -> Value in
                    let iterator = IteratorRef(v)
                    let function = Value(bits: iterator.word(40).pointee.load(ordering: .relaxed))
                    while true {
                        let item = try t.next(iterator.source)
                        if item.isNull { return .null }
                        var keep = false
                        do throws(PythonError) {
                            if function.isNone {
                                keep = try t.isTrue(item)
                            } else {
                                let verdict = try t.call(function, item)
                                defer { t.release(verdict) }
                                keep = try t.isTrue(verdict)
                            }
                        } catch {
                            t.release(item)
                            throw error
                        }
                        if keep { return item }
                        t.release(item)
                        if t.hasRequest { t.safepoint() }
                    }
                }
            }
        }
        StaticTypes.define(.reversed, "reversed", basicSize: IteratorRef.bytes, flags: TypeFlags.baseType | TypeFlags.collectable) { b in
            IteratorTypes.memory(b.record)
            IteratorReduction.add(b, state: true)
            b.method("__length_hint__", 0, 0) { _, s, _, _, _ in Value(smallInt: max(0, IteratorRef(s).index + 1)).bits }
            b.record.pointee.new = { raw, type, a, n, k in
                returning(raw) { (t) throws(PythonError) -> Value in
                    try Arguments.noKeywords(t, "reversed", k, TypeRef(Value(bits: type)), .reversed)
                    try Arguments.count(t, "reversed", n, 1, 1)
                    let source = Value(bits: a[0])
                    let method = try t.lookupSpecial(source, StaticStrings.intern("__reversed__"))
                    if !method.isNull {
                        defer { t.release(method) }
                        if method.isNone { throw t.raise(.typeError, "'\(t.typeName(source))' object is not reversible") }
                        return try t.call(method)
                    }
                    guard t.typeOf(source).record.pointee.getItem != nil, !t.isDict(source),
                        t.typeOf(source).record.pointee.length != nil
                    else { throw t.raise(.typeError, "'\(t.typeName(source))' object is not reversible") }
                    let result = try t.makeIterator(.reversed, over: source, type: TypeRef(Value(bits: type)))
                    IteratorRef(raw: result.object.raw).setIndex(try t.length(source) - 1)
                    return result
                }
            }
            b.record.pointee.next = { raw, v in
                returningOptional(raw) { (t) throws(PythonError) -> Value in
                    let iterator = IteratorRef(v)
                    let index = iterator.index
                    if index < 0 { return .null }
                    iterator.setIndex(index - 1)
                    do throws(PythonError) { return try t.getItem(iterator.source, Value(smallInt: index)) } catch {
                        guard t.raisedMatches(.indexError) else { throw error }
                        t.clearRaised()
                        iterator.setIndex(-1)
                        return .null
                    }
                }
            }
        }
    }

    /// A tuple of iterators over arguments first ..< end. Owned.
    static func iterators(_ t: Thread, _ a: UnsafeMutablePointer<UInt64>, _ first: Int, _ end: Int) throws(PythonError) -> Value {
        var list: [Value] = []
        for index in first..<max(first, end) {
            do throws(PythonError) { list.append(try t.iterate(Value(bits: a[index]))) } catch {
                for iterator in list { t.release(iterator) }
                throw error
            }
        }
        return try t.makeTuple(list)
    }
}

/// For `next` slots: null without exception means exhausted.
@inline(__always)
func returningOptional(_ raw: UnsafeMutableRawPointer, _ body: (Thread) throws(PythonError) -> Value) -> UInt64 {
    do { return try body(Thread(raw)).bits } catch { return 0 }
}
