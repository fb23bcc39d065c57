// The type `list`: slots and methods.
import StillObmalloc
import StillPlatform
import Synchronization
import StillThreadRegistry

enum ListType {
    static func define() {
        StaticTypes.define(
            .list, "list", basicSize: 40,
            flags: TypeFlags.baseType | TypeFlags.collectable | TypeFlags.listSubclass | TypeFlags.patternSequence
        ) { b in
            let r = b.record
            r.pointee.memory.bufferOffset = 24
            r.pointee.memory.bufferLines = 2
            r.pointee.memory.gather = { object, edges in
                let list = ListRef(raw: object)
                guard let buffer = list.buffer else { return edges }
                let count = min(list.count, ListRef.capacity(buffer))
                if _slowPath(count > TypeMemorySlots.gatheredAtMost) { return nil }
                return Gathering.words(UnsafeMutableRawPointer(buffer + 1), count, step: 8, to: edges)
            }
            r.pointee.memory.traverse = { object, visitor in
                let list = ListRef(raw: object)
                if let buffer = list.buffer {
                    let count = min(list.count, ListRef.capacity(buffer))
                    let first = visitor.trace.pointee.firstItem
                    let end = min(count, first &+ min(visitor.trace.pointee.itemLimit, count))
                    var index = first
                    while index < end {
                        let value = Value(bits: buffer[index + 1].load(ordering: .relaxed))
                        if value.isObject { visitor.report(value.object.raw, true) }
                        index += 1
                    }
                    visitor.trace.pointee.nextItem = end < count ? end : 0
                } else {
                    visitor.trace.pointee.nextItem = 0
                }
                if visitor.trace.pointee.firstItem == 0 && TypeRef(ObjectRef(object).typeRaw).has(TypeFlags.heapType) {
                    InstanceLayout.traverseExtra(object, visitor)
                }
            }
            r.pointee.memory.clear = { raw, object in
                ListRef(raw: object).clear(Thread(raw))
                if TypeRef(ObjectRef(object).typeRaw).has(TypeFlags.heapType) {
                    InstanceLayout.clearExtra(Thread(raw), ObjectRef(object))
                }
            }
            r.pointee.memory.drop = { raw, object in
                let list = ListRef(raw: object)
                guard let buffer = list.buffer else { return }
                let count = list.count
                list.bufferWord.pointee.store(0, ordering: .relaxed)
                list.setCount(0)
                let t = Thread(raw)
                for index in 0..<count { t.release(Value(bits: buffer[index + 1].load(ordering: .relaxed))) }
                Allocation.freeBuffer(t, UnsafeMutableRawPointer(buffer), bytes: ListRef.bytes(ListRef.capacity(buffer)))
            }
            r.pointee.memory.deallocate = { raw, object in
                let t = Thread(raw)
                let list = ListRef(raw: object)
                if TypeRef(list.object.typeRaw).has(TypeFlags.heapType) && InstanceLayout.staysAlive(t, list.object) { return }
                if let buffer = list.buffer {
                    let count = list.count
                    for index in 0..<count { t.release(Value(bits: buffer[index + 1].load(ordering: .relaxed))) }
                    // Whoever reads the list holds a reference to it: nobody does.
                    Allocation.freeBuffer(t, UnsafeMutableRawPointer(buffer), bytes: ListRef.bytes(ListRef.capacity(buffer)))
                }
                Allocation.free(list.object, t)
            }
            r.pointee.new = { raw, type, _, _, _ in
                returning(raw) { (t) throws(PythonError) -> Value in Value(try t.allocateInstance(of: TypeRef(Value(bits: type)))) }
            }
            r.pointee.initialize = { raw, s, a, n, k in
                storing(raw) { (t) throws(PythonError) -> Int in
                    try Arguments.noKeywords(t, "list", k, t.typeOf(Value(bits: s)), .list)
                    try Arguments.count(t, "list", n, 0, 1)
                    ListRef(Value(bits: s)).clear(t)
                    if n == 1 { try ListRef(Value(bits: s)).extend(t, Value(bits: a[0])) }
                    return 0
                }
            }
            r.pointee.repr = { raw, v in
                returning(raw) { (t) throws(PythonError) -> Value in
                    let list = ListRef(Value(bits: v))
                    if list.count == 0 { return try t.makeString("[]") }
                    if try !t.reprEnter(list.object) { return try t.makeString("[...]") }
                    defer { t.reprLeave(list.object) }
                    var text = "["
                    var index = 0
                    while index < list.count {
                        let item = list.item(t, index)
                        if item.isNull { break }
                        defer { t.release(item) }
                        if index > 0 { text += ", " }
                        let part = try t.repr(item)
                        text += StrRef(part).string
                        t.release(part)
                        index += 1
                    }
                    return try t.makeString(text + "]")
                }
            }
            r.pointee.compare = { raw, op, a, b in
                returning(raw) { (t) throws(PythonError) -> Value in
                    guard t.isList(Value(bits: a)), t.isList(Value(bits: b)) else { return .notImplemented }
                    let x = ListRef(Value(bits: a))
                    let y = ListRef(Value(bits: b))
                    return try SequenceCompare.compare(
                        t, CompareOperator(rawValue: op)!, x.count, y.count, { x.item(t, $0) }, { y.item(t, $0) })
                }
            }
            r.pointee.length = { _, v in ListRef(Value(bits: v)).count }
            r.pointee.getItem = { raw, v, key in
                returning(raw) { (t) throws(PythonError) -> Value in
                    let list = ListRef(Value(bits: v))
                    let key = Value(bits: key)
                    if t.typeOf(key) == t.type(.slice) {
                        let range = try SliceIndices.compute(t, key, list.count)
                        return try list.copy(t, range.start, range.step, range.count)
                    }
                    let index = try SliceIndices.index(t, key, list.count, "list")
                    let item = list.item(t, index)
                    if item.isNull { throw t.raise(.indexError, "list index out of range") }
                    return item
                }
            }
            r.pointee.setItem = { raw, v, key, value in
                storing(raw) { (t) throws(PythonError) -> Int in
                    try ListType.setItem(t, ListRef(Value(bits: v)), Value(bits: key), Value(bits: value))
                    return 0
                }
            }
            r.pointee.contains = { raw, v, item in
                storing(raw) { (t) throws(PythonError) -> Int in
                    let list = ListRef(Value(bits: v))
                    var index = 0
                    while index < list.count {
                        let candidate = list.item(t, index)
                        if candidate.isNull { break }
                        defer { t.release(candidate) }
                        if try t.equal(candidate, Value(bits: item)) { return 1 }
                        index += 1
                    }
                    return 0
                }
            }
            r.pointee.iterate = { raw, v in
                returning(raw) { (t) throws(PythonError) -> Value in try t.makeIterator(.listIterator, over: Value(bits: v)) }
            }
            r.pointee.binary = { raw, op, a, b in
                returning(raw) { (t) throws(PythonError) -> Value in
                    let x = Value(bits: a)
                    let y = Value(bits: b)
                    switch BinaryOperator(rawValue: op)! {
                    case .add:
                        guard t.isList(x) else { return .notImplemented }
                        guard t.isList(y) else {
                            throw t.raise(.typeError, "can only concatenate list (not \"\(t.typeName(y))\") to list")
                        }
                        let result = try t.makeList(capacity: ListRef(x).count + ListRef(y).count)
                        do throws(PythonError) {
                            try ListRef(result).extend(t, list: ListRef(x))
                            try ListRef(result).extend(t, list: ListRef(y))
                        } catch {
                            t.release(result)
                            throw error
                        }
                        return result
                    case .multiply:
                        let (sequence, factor) = t.isList(x) ? (x, y) : (y, x)
                        guard t.isList(sequence) else { return .notImplemented }
                        guard let times = try SequenceRepeat.factor(t, factor) else { return .notImplemented }
                        if ListRef(sequence).count == 1 {
                            // Most often one item.
                            let item = ListRef(sequence).item(t, 0)
                            defer { t.release(item) }
                            if !item.isNull && times < 1 << 40 { return try t.makeList(of: item, times) }
                        }
                        let items = ListRef(sequence).snapshot(t)
                        defer { for item in items { t.release(item) } }
                        let (total, overflow) = items.count.multipliedReportingOverflow(by: times)
                        if overflow || total > 1 << 40 { throw t.noMemory() }
                        let result = try t.makeList(capacity: total)
                        for _ in 0..<(items.isEmpty ? 0 : times) { for item in items { ListRef(result).fill(t.retain(item)) } }
                        return result
                    default: return .notImplemented
                    }
                }
            }
            r.pointee.inPlace = { raw, op, a, b in
                returning(raw) { (t) throws(PythonError) -> Value in
                    let list = Value(bits: a)
                    guard t.isList(list) else { return .notImplemented }
                    switch BinaryOperator(rawValue: op)! {
                    case .add:
                        try ListRef(list).extend(t, Value(bits: b))
                        return t.retain(list)
                    case .multiply:
                        guard let times = try SequenceRepeat.factor(t, Value(bits: b)) else { return .notImplemented }
                        if times == 0 { ListRef(list).clear(t) }
                        if times < 2 { return t.retain(list) }
                        let items = ListRef(list).snapshot(t)
                        defer { for item in items { t.release(item) } }
                        let (total, overflow) = items.count.multipliedReportingOverflow(by: times)
                        if overflow || total > 1 << 40 { throw t.noMemory() }
                        // What comes behind, in one step.
                        let more = try t.makeList(capacity: total - items.count)
                        defer { t.release(more) }
                        if !items.isEmpty { for _ in 1..<times { for item in items { ListRef(more).fill(t.retain(item)) } } }
                        try ListRef(list).extend(t, list: ListRef(more))
                        return t.retain(list)
                    default: return .notImplemented
                    }
                }
            }
            b.constant("__hash__", .none)
            r.pointee.hash = nil
            b.classMethod("__class_getitem__", 1, 1) { raw, s, a, _, _ in
                returning(raw) { (t) throws(PythonError) -> Value in try t.makeGenericAlias(Value(bits: s), Value(bits: a[0])) }
            }
            methods(b)
        }
    }

    static func setItem(_ t: Thread, _ list: ListRef, _ key: Value, _ value: Value) throws(PythonError) {
        if t.typeOf(key) == t.type(.slice) {
            let range = try SliceIndices.compute(t, key, list.count)
            var items: [Value] = []
            if !value.isNull {
                let copy = try t.makeList(capacity: 0)
                defer { t.release(copy) }
                do throws(PythonError) { try ListRef(copy).extend(t, value) } catch {
                    guard t.raisedMatches(.typeError) else { throw error }
                    t.clearRaised()
                    throw t.raise(.typeError, "must assign iterable to extended slice")
                }
                items = ListRef(copy).snapshot(t)
            }
            if range.step == 1 {
                for old in try list.splice(t, range.start, max(range.start, range.stop), items) { t.release(old) }
                return
            }
            if value.isNull {
                var indices = (0..<range.count).map { range.start + $0 * range.step }
                indices.sort(by: >)
                for index in indices { t.release(list.pop(t, index)) }
                return
            }
            defer { for item in items { t.release(item) } }
            if items.count != range.count {
                throw t.raise(
                    .valueError, "attempt to assign sequence of size \(items.count) to extended slice of size \(range.count)")
            }
            for (number, item) in items.enumerated() { _ = list.tryStore(t, range.start + number * range.step, item) }
            return
        }
        let index = try SliceIndices.index(t, key, list.count, "list", "assignment index")
        if value.isNull {
            let old = list.pop(t, index)
            if old.isNull { throw t.raise(.indexError, "list assignment index out of range") }
            t.release(old)
        } else if !list.tryStore(t, index, value) {
            throw t.raise(.indexError, "list assignment index out of range")
        }
    }

    private static func methods(_ b: TypeBuilder) {
        b.method("append", 1, 1, intrinsic: NativeFlags.listAppend) { raw, s, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                try ListRef(Value(bits: s)).append(t, Value(bits: a[0]))
                return .none
            }
        }
        b.method("extend", 1, 1) { raw, s, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                try ListRef(Value(bits: s)).extend(t, Value(bits: a[0]))
                return .none
            }
        }
        b.method("insert", 2, 2) { raw, s, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let list = ListRef(Value(bits: s))
                let index = try t.indexInt(Value(bits: a[0]), overflow: nil)
                try list.insert(t, index, t.retain(Value(bits: a[1])))
                return .none
            }
        }
        b.method("pop", 0, 1, intrinsic: NativeFlags.listPop) { raw, s, a, n, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let list = ListRef(Value(bits: s))
                let index = n == 1 ? try t.indexInt(Value(bits: a[0])) : -1
                let value = list.pop(t, index)
                if value.isNull { throw t.raise(.indexError, list.count == 0 ? "pop from empty list" : "pop index out of range") }
                return value
            }
        }
        b.method("remove", 1, 1) { raw, s, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let list = ListRef(Value(bits: s))
                var index = 0
                while index < list.count {
                    let item = list.item(t, index)
                    if item.isNull { break }
                    defer { t.release(item) }
                    if try t.equal(item, Value(bits: a[0])) {
                        t.release(list.pop(t, index))
                        return .none
                    }
                    index += 1
                }
                throw t.raise(.valueError, "list.remove(x): x not in list")
            }
        }
        b.method("clear", 0, 0) { raw, s, _, _, _ in
            ListRef(Value(bits: s)).clear(Thread(raw))
            return Value.none.bits
        }
        b.method("copy", 0, 0) { raw, s, _, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in try t.makeList(ListRef(Value(bits: s)).snapshot(t)) }
        }
        b.method("index", 1, 3) { raw, s, a, n, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let list = ListRef(Value(bits: s))
                let (start, end) = try SliceIndices.bounds(t, a, n, list.count)
                var index = start
                while index < min(end, list.count) {
                    let item = list.item(t, index)
                    if item.isNull { break }
                    defer { t.release(item) }
                    if try t.equal(item, Value(bits: a[0])) { return Value(smallInt: index) }
                    index += 1
                }
                let text = try t.repr(Value(bits: a[0]))
                defer { t.release(text) }
                throw t.raise(.valueError, "\(StrRef(text).string) is not in list")
            }
        }
        b.method("count", 1, 1) { raw, s, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let items = ListRef(Value(bits: s)).snapshot(t)
                defer { for item in items { t.release(item) } }
                var count = 0
                for item in items where try t.equal(item, Value(bits: a[0])) { count += 1 }
                return Value(smallInt: count)
            }
        }
        b.method("reverse", 0, 0) { raw, s, _, _, _ in
            let t = Thread(raw)
            let list = ListRef(Value(bits: s))
            ObjectLock.lock(list.object.lockByte, for: t)
            WriteBarrier.willShiftItems(list.object, t)
            if let buffer = list.buffer {
                var low = 1
                var high = list.count
                while low < high {
                    let value = buffer[low].load(ordering: .relaxed)
                    buffer[low].store(buffer[high].load(ordering: .relaxed), ordering: .releasing)
                    buffer[high].store(value, ordering: .releasing)
                    low += 1
                    high -= 1
                }
            }
            ObjectLock.unlock(list.object.lockByte, for: t)
            return Value.none.bits
        }
        b.method("sort", 0, 0, keywords: true) { raw, s, a, n, k in
            returning(raw) { (t) throws(PythonError) -> Value in
                let arguments = try Arguments.parse(
                    t, function: "sort", a, n, k, names: ["key", "reverse"], required: 0, keywordOnly: 2)
                let key = arguments[0].isNull || arguments[0].isNone ? Value.null : arguments[0]
                let reverse = arguments[1].isNull ? false : try t.isTrue(arguments[1])
                try ListSort.sort(t, ListRef(Value(bits: s)), key: key, reverse: reverse)
                return .none
            }
        }
        b.method("__reversed__", 0, 0) { raw, s, _, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in try t.makeIterator(.listReverseIterator, over: Value(bits: s)) }
        }
    }
}
