// tuple: immutable, so reads are plain. Layout: 24 count, 32 items; with the count's top bit set 32 is the address of a buffer with the items
// (many items, and instances of subclasses).
public import StillObmalloc
import StillPlatform
public import StillThreadRegistry

@frozen public struct TupleRef {
    public let raw: UnsafeMutableRawPointer
    @inlinable @inline(__always) public init(_ value: Value) { raw = value.object.raw }
    @inlinable @inline(__always) public init(raw: UnsafeMutableRawPointer) { self.raw = raw }

    @inlinable @inline(__always) public var object: ObjectRef { ObjectRef(raw) }
    @inlinable @inline(__always) public var value: Value { Value(object) }
    @inlinable @inline(__always) var countWord: Int { raw.load(fromByteOffset: 24, as: Int.self) }
    @inlinable @inline(__always) public var count: Int { countWord & Int.max }
    @inlinable @inline(__always) public var isInline: Bool { countWord >= 0 }
    @inlinable @inline(__always) public var items: UnsafeMutablePointer<UInt64> {
        let place = raw + TupleRef.headerBytes
        if _fastPath(isInline) { return place.assumingMemoryBound(to: UInt64.self) }
        return place.load(as: UnsafeMutablePointer<UInt64>.self)
    }
    /// Borrowed.
    @inlinable @inline(__always) public func item(_ index: Int) -> Value { Value(bits: items[index]) }
    /// Fills an item of a new tuple. Steals the reference.
    @inlinable @inline(__always) public func initialize(_ index: Int, _ value: Value) {
        items[index] = value.isObject ? value.bits & ~7 : value.bits
    }

    @inlinable static var headerBytes: Int { 32 }

    /// What a slice says. Owned.
    func take(_ t: ThreadState, _ range: SliceIndices) throws(PythonError) -> Value {
        if range.count == count && range.step == 1 && object.typeRaw == t.type(.tuple).raw { return t.retain(value) }
        if range.count == 0 { return t.emptyTuple }
        let result = try t.makeTuple(range.count)
        var at = range.start
        for index in 0..<range.count {
            result.initialize(index, t.retain(item(at)))
            at &+= range.step
        }
        return result.value
    }
}

extension ThreadState {
    /// A tuple of nulls, to be initialised before anyone else sees it.
    public func makeTuple(_ count: Int) throws(PythonError) -> TupleRef { try makeTuple(count, type: type(.tuple)) }

    func makeTuple(_ count: Int, type: TypeRef) throws(PythonError) -> TupleRef {
        let exact = type == self.type(.tuple)
        let inline = exact && TupleRef.headerBytes + count * 8 <= ObjectLayout.largestObjectBytes
        let bytes = inline ? TupleRef.headerBytes + count * 8 : Int(exact ? 40 : type.record.pointee.instanceSize)
        guard let object = Allocation.object(self, type: type.raw, bytes: bytes, collectable: true) else { throw noMemory() }
        if inline {
            object.setField(24, count)
        } else {
            guard let buffer = Allocation.buffer(self, bytes: max(8, count * 8)) else {
                release(object)
                throw noMemory()
            }
            buffer.initializeMemory(as: UInt8.self, repeating: 0, count: max(8, count * 8))
            object.setField(32, buffer)
            object.setField(24, count | Int.min)
        }
        return TupleRef(raw: object.raw)
    }

    /// Steals the references.
    public func makeTuple(_ values: [Value]) throws(PythonError) -> Value {
        if values.isEmpty { return emptyTuple }
        let tuple: TupleRef
        do throws(PythonError) { tuple = try makeTuple(values.count) } catch {
            for value in values { release(value) }
            throw error
        }
        for (index, value) in values.enumerated() { tuple.initialize(index, value) }
        return tuple.value
    }

    /// A tuple of two. Steals the references, also when it fails.
    public func makePair(_ first: Value, _ second: Value) throws(PythonError) -> Value {
        let tuple: TupleRef
        do throws(PythonError) { tuple = try makeTuple(2) } catch {
            release(first)
            release(second)
            throw error
        }
        tuple.initialize(0, first)
        tuple.initialize(1, second)
        return tuple.value
    }

    /// The empty tuple, immortal.
    public var emptyTuple: Value { TupleType.empty }

    @inlinable public func isTuple(_ value: Value) -> Bool { value.isObject && typeOf(value).has(TypeFlags.tupleSubclass) }

    public func tupleFromList(_ list: Value) throws(PythonError) -> Value {
        let items = ListRef(list).snapshot(self)
        return try makeTuple(items)
    }

    /// The items of an iterable as a tuple. Owned.
    public func tupleFrom(_ iterable: Value) throws(PythonError) -> Value {
        if typeOf(iterable) == type(.tuple) { return retain(iterable) }
        if let items = try snapshotItems(iterable) { return try makeTuple(items) }
        let list = try makeList(capacity: 0)
        defer { release(list) }
        try ListRef(list).extend(self, iterable)
        return try tupleFromList(list)
    }
}

enum TupleType {
    static let empty: Value = StaticTypes.immortalTuple([])

    static func define() {
        StaticTypes.define(
            .tuple, "tuple", basicSize: 40,
            flags: TypeFlags.baseType | TypeFlags.collectable | TypeFlags.tupleSubclass | TypeFlags.patternSequence
        ) { b in
            let r = b.record
            r.pointee.memory.gather = { object, edges in
                let tuple = TupleRef(raw: object)
                let count = tuple.count
                if _slowPath(count > TypeMemorySlots.gatheredAtMost) { return nil }
                return Gathering.words(UnsafeMutableRawPointer(tuple.items), count, step: 8, to: edges)
            }
            r.pointee.memory.traverse = { object, visitor in
                let tuple = TupleRef(raw: object)
                let first = visitor.trace.pointee.firstItem
                let end = min(tuple.count, first &+ min(visitor.trace.pointee.itemLimit, tuple.count))
                var index = first
                while index < end {
                    let value = tuple.item(index)
                    if value.isObject { visitor.report(value.object.raw, true) }
                    index += 1
                }
                visitor.trace.pointee.nextItem = end < tuple.count ? end : 0
                if first == 0 && TypeRef(ObjectRef(object).typeRaw).has(TypeFlags.heapType) {
                    InstanceLayout.traverseExtra(object, visitor)
                }
            }
            r.pointee.memory.clear = { raw, object in
                // The items stay: a tuple is immutable. Its cycle is broken elsewhere, or the items go when it dies.
                if TypeRef(ObjectRef(object).typeRaw).has(TypeFlags.heapType) {
                    InstanceLayout.clearExtra(Thread(raw), ObjectRef(object))
                }
            }
            r.pointee.memory.deallocate = { raw, object in
                let t = Thread(raw)
                let tuple = TupleRef(raw: object)
                if TypeRef(tuple.object.typeRaw).has(TypeFlags.heapType) && InstanceLayout.staysAlive(t, tuple.object) { return }
                for index in 0..<tuple.count { t.release(tuple.item(index)) }
                if !tuple.isInline {
                    Allocation.freeBuffer(t, UnsafeMutableRawPointer(tuple.items), bytes: max(8, tuple.count * 8))
                }
                Allocation.free(tuple.object, t)
            }
            r.pointee.new = { raw, type, a, n, k in
                returning(raw) { (t) throws(PythonError) -> Value in
                    let type = TypeRef(Value(bits: type))
                    try Arguments.noKeywords(t, "tuple", k, type, .tuple)
                    try Arguments.count(t, "tuple", n, 0, 1)
                    let items = n == 0 ? t.emptyTuple : try t.tupleFrom(Value(bits: a[0]))
                    if type == t.type(.tuple) { return items }
                    defer { t.release(items) }
                    let tuple = try t.makeTuple(TupleRef(items).count, type: type)
                    for index in 0..<tuple.count { tuple.initialize(index, t.retain(TupleRef(items).item(index))) }
                    return tuple.value
                }
            }
            r.pointee.repr = { raw, v in
                returning(raw) { (t) throws(PythonError) -> Value in
                    let tuple = TupleRef(Value(bits: v))
                    if tuple.count == 0 { return try t.makeString("()") }
                    if try !t.reprEnter(tuple.object) { return try t.makeString("(...)") }
                    defer { t.reprLeave(tuple.object) }
                    var text = "("
                    for index in 0..<tuple.count {
                        if index > 0 { text += ", " }
                        let item = try t.repr(tuple.item(index))
                        text += StrRef(item).string
                        t.release(item)
                    }
                    return try t.makeString(text + (tuple.count == 1 ? ",)" : ")"))
                }
            }
            r.pointee.hash = { raw, v in
                storing(raw) { (t) throws(PythonError) -> Int in
                    // xxHash-like mixing, as CPython mixes item hashes.
                    let tuple = TupleRef(Value(bits: v))
                    var mix: UInt = 2_870_177_450_012_600_261
                    for index in 0..<tuple.count {
                        let lane = UInt(bitPattern: try t.hash(tuple.item(index)))
                        mix = mix &+ lane &* 14_029_467_366_897_019_727
                        mix = mix &<< 31 | mix &>> 33
                        mix = mix &* 11_400_714_785_074_694_791
                    }
                    mix = mix &+ (UInt(tuple.count) ^ (2_870_177_450_012_600_261 ^ 3_527_539))
                    return mix == UInt.max ? 1_546_275_796 : Int(bitPattern: mix)
                }
            }
            r.pointee.compare = { raw, op, a, b in
                returning(raw) { (t) throws(PythonError) -> Value in
                    guard t.isTuple(Value(bits: a)), t.isTuple(Value(bits: b)) else { return .notImplemented }
                    let x = TupleRef(Value(bits: a))
                    let y = TupleRef(Value(bits: b))
                    return try SequenceCompare.compare(
                        t, CompareOperator(rawValue: op)!, x.count, y.count, { t.retain(x.item($0)) }, { t.retain(y.item($0)) })
                }
            }
            r.pointee.length = { _, v in TupleRef(Value(bits: v)).count }
            r.pointee.getItem = { raw, v, key in
                returning(raw) { (t) throws(PythonError) -> Value in
                    let tuple = TupleRef(Value(bits: v))
                    let key = Value(bits: key)
                    if t.typeOf(key) == t.type(.slice) {
                        return try tuple.take(t, SliceIndices.compute(t, key, tuple.count))
                    }
                    let index = try SliceIndices.index(t, key, tuple.count, "tuple")
                    return t.retain(tuple.item(index))
                }
            }
            r.pointee.contains = { raw, v, item in
                storing(raw) { (t) throws(PythonError) -> Int in
                    let tuple = TupleRef(Value(bits: v))
                    for index in 0..<tuple.count where try t.equal(tuple.item(index), Value(bits: item)) { return 1 }
                    return 0
                }
            }
            r.pointee.iterate = { raw, v in
                returning(raw) { (t) throws(PythonError) -> Value in try t.makeIterator(.tupleIterator, over: Value(bits: v)) }
            }
            r.pointee.binary = { raw, op, a, b in
                returning(raw) { (t) throws(PythonError) -> Value in
                    let x = Value(bits: a)
                    let y = Value(bits: b)
                    switch BinaryOperator(rawValue: op)! {
                    case .add:
                        guard t.isTuple(x) else { return .notImplemented }
                        guard t.isTuple(y) else {
                            throw t.raise(.typeError, "can only concatenate tuple (not \"\(t.typeName(y))\") to tuple")
                        }
                        let left = TupleRef(x)
                        let right = TupleRef(y)
                        if left.count + right.count == 0 { return t.emptyTuple }
                        let result = try t.makeTuple(left.count + right.count)
                        for index in 0..<left.count { result.initialize(index, t.retain(left.item(index))) }
                        for index in 0..<right.count { result.initialize(left.count + index, t.retain(right.item(index))) }
                        return result.value
                    case .multiply:
                        let (sequence, factor) = t.isTuple(x) ? (x, y) : (y, x)
                        guard t.isTuple(sequence) else { return .notImplemented }
                        guard let times = try SequenceRepeat.factor(t, factor) else { return .notImplemented }
                        let tuple = TupleRef(sequence)
                        let (total, overflow) = tuple.count.multipliedReportingOverflow(by: times)
                        if overflow || total > 1 << 40 { throw t.noMemory() }
                        if total == 0 { return t.emptyTuple }
                        if times == 1 && t.typeOf(sequence) == t.type(.tuple) { return t.retain(sequence) }
                        let result = try t.makeTuple(total)
                        for index in 0..<total { result.initialize(index, t.retain(tuple.item(index % tuple.count))) }
                        return result.value
                    default: return .notImplemented
                    }
                }
            }
            b.method("count", 1, 1) { raw, s, a, _, _ in
                returning(raw) { (t) throws(PythonError) -> Value in
                    let tuple = TupleRef(Value(bits: s))
                    var count = 0
                    for index in 0..<tuple.count where try t.equal(tuple.item(index), Value(bits: a[0])) { count += 1 }
                    return Value(smallInt: count)
                }
            }
            b.method("index", 1, 3) { raw, s, a, n, _ in
                returning(raw) { (t) throws(PythonError) -> Value in
                    let tuple = TupleRef(Value(bits: s))
                    let (start, end) = try SliceIndices.bounds(t, a, n, tuple.count)
                    var index = start
                    while index < min(end, tuple.count) {
                        if try t.equal(tuple.item(index), Value(bits: a[0])) { return Value(smallInt: index) }
                        index += 1
                    }
                    throw t.raise(.valueError, "tuple.index(x): x not in tuple")
                }
            }
            b.classMethod("__class_getitem__", 1, 1) { raw, s, a, _, _ in
                returning(raw) { (t) throws(PythonError) -> Value in
                    try t.makeGenericAlias(Value(bits: s), Value(bits: a[0]))
                }
            }
        }
    }
}

/// Comparison of two sequences item by item.
enum SequenceCompare {
    /// - Parameters x, y: owned items.
    static func compare(
        _ t: Thread, _ op: CompareOperator, _ xCount: Int, _ yCount: Int, _ x: (Int) -> Value, _ y: (Int) -> Value
    ) throws(PythonError) -> Value {
        if xCount != yCount && (op == .equal || op == .notEqual) { return Value(op == .notEqual) }
        try t.enterNative(" in comparison")
        defer { t.leaveNative() }
        for index in 0..<min(xCount, yCount) {
            let left = x(index)
            let right = y(index)
            defer { t.release(left) }
            defer { t.release(right) }
            if left.isNull || right.isNull { break }
            if try t.equal(left, right) { continue }
            if op == .equal { return .false }
            if op == .notEqual { return .true }
            return try t.compare(op, left, right)
        }
        switch op {
        case .less: return Value(xCount < yCount)
        case .lessEqual: return Value(xCount <= yCount)
        case .equal: return Value(xCount == yCount)
        case .notEqual: return Value(xCount != yCount)
        case .greater: return Value(xCount > yCount)
        case .greaterEqual: return Value(xCount >= yCount)
        }
    }
}

extension ThreadState {
    /// MemoryError where the system would not give so much: before a Swift array is filled, which cannot fail.
    func requireRoom(_ bytes: Int) throws(PythonError) {
        if bytes < 1 << 24 { return }
        guard let memory = rawAllocate(bytes) else { throw noMemory() }
        rawFree(memory)
    }
}

enum SequenceRepeat {
    /// The factor of `sequence * n`, not negative; nil when it is no integer.
    static func factor(_ t: Thread, _ value: Value) throws(PythonError) -> Int? {
        if value.isSmallInt { return max(0, value.smallInt) }
        if value.isBool { return value.isTrue ? 1 : 0 }
        guard value.isObject, t.typeOf(value).record.pointee.index != nil else { return nil }
        return max(0, try t.indexInt(value))
    }

    /// The bytes one after the other, in blocks that double: a pass over the result, not one step for each byte.
    static func bytes(_ content: [UInt8], _ times: Int) -> [UInt8] {
        if content.count == 1 { return [UInt8](repeating: content[0], count: times) }
        let total = content.count * times
        return [UInt8](unsafeUninitializedCapacity: total) { memory, count in
            count = total
            guard total > 0, let base = memory.baseAddress else { return }
            content.withUnsafeBufferPointer { copyBytes(base, $0.baseAddress!, content.count) }
            var done = content.count
            while done < total {
                let next = min(done, total - done)
                copyBytes(base + done, base, next)
                done += next
            }
        }
    }
}
