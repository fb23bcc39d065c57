// The type `dict`: slots and methods.
import StillObmalloc
import StillPlatform
import Synchronization
import StillThreadRegistry

enum DictType {
    /// Memory slots shared with set and frozenset, which use the same table.
    static func memory(_ r: UnsafeMutablePointer<TypeRecord>) {
        r.pointee.memory.bufferOffset = 24
        r.pointee.memory.bufferLines = 3
        r.pointee.memory.gather = { object, edges in
            guard let table = DictRef(raw: object).table else { return edges }
            let count = table.usedLocked
            if _slowPath(count &* 2 > TypeMemorySlots.gatheredAtMost) { return nil }
            let end = Gathering.words(UnsafeMutableRawPointer(table.key(0)), count, step: HashTable.entryBytes, to: edges)
            return Gathering.words(UnsafeMutableRawPointer(table.value(0)), count, step: HashTable.entryBytes, to: end)
        }
        r.pointee.memory.traverse = { object, visitor in
            let dict = DictRef(raw: object)
            let first = visitor.trace.pointee.firstItem
            visitor.trace.pointee.nextItem = 0
            if let table = dict.table {
                let count = table.usedLocked
                let end = min(count, first &+ min(visitor.trace.pointee.itemLimit, count))
                var number = first
                while number < end {
                    let key = Value(bits: table.key(number).pointee.load(ordering: .relaxed))
                    if key.isObject { visitor.report(key.object.raw, true) }
                    let value = Value(bits: table.value(number).pointee.load(ordering: .relaxed))
                    if value.isObject { visitor.report(value.object.raw, true) }
                    number += 1
                }
                if end < count { visitor.trace.pointee.nextItem = end }
            }
            if first == 0 && TypeRef(ObjectRef(object).typeRaw).has(TypeFlags.heapType) {
                InstanceLayout.traverseExtra(object, visitor)
            }
        }
        r.pointee.memory.clear = { raw, object in
            DictRef(raw: object).clear(Thread(raw))
            if TypeRef(ObjectRef(object).typeRaw).has(TypeFlags.heapType) {
                InstanceLayout.clearExtra(Thread(raw), ObjectRef(object))
            }
        }
        r.pointee.memory.drop = { raw, object in
            let dict = DictRef(raw: object)
            guard let table = dict.table else { return }
            let bytes = dict.bytes(of: table)
            dict.tableWord.pointee.store(0, ordering: .relaxed)
            dict.setCount(0)
            let t = Thread(raw)
            for number in 0..<table.usedLocked {
                t.release(Value(bits: table.key(number).pointee.load(ordering: .relaxed)))
                t.release(Value(bits: table.value(number).pointee.load(ordering: .relaxed)))
            }
            Allocation.freeBuffer(t, table.raw, bytes: bytes)
        }
        r.pointee.memory.deallocate = { raw, object in
            let t = Thread(raw)
            let dict = DictRef(raw: object)
            if TypeRef(dict.object.typeRaw).has(TypeFlags.heapType) && InstanceLayout.staysAlive(t, dict.object) { return }
            if dict.object.flags & ObjectFlags.weaklyReferenced != 0 { WeakReferences.clear(t, dict.object) }
            if let table = dict.table {
                for number in 0..<table.usedLocked {
                    t.release(Value(bits: table.key(number).pointee.load(ordering: .relaxed)))
                    t.release(Value(bits: table.value(number).pointee.load(ordering: .relaxed)))
                }
                // Whoever reads the dict holds a reference to it: nobody does.
                Allocation.freeBuffer(t, table.raw, bytes: dict.bytes(of: table))
            }
            Allocation.free(dict.object, t)
        }
    }

    static func define() {
        StaticTypes.define(
            .dict, "dict", basicSize: 40,
            flags: TypeFlags.baseType | TypeFlags.collectable | TypeFlags.dictSubclass | TypeFlags.patternMapping
        ) { b in
            let r = b.record
            DictType.memory(r)
            r.pointee.new = { raw, type, _, _, _ in
                returning(raw) { (t) throws(PythonError) -> Value in Value(try t.allocateInstance(of: TypeRef(Value(bits: type)))) }
            }
            r.pointee.initialize = { raw, s, a, n, k in
                storing(raw) { (t) throws(PythonError) -> Int in
                    try Arguments.count(t, "dict", n, 0, 1)
                    try DictType.update(t, DictRef(Value(bits: s)), a, n, k)
                    return 0
                }
            }
            r.pointee.repr = { raw, v in
                returning(raw) { (t) throws(PythonError) -> Value in
                    let dict = DictRef(Value(bits: v))
                    if dict.count == 0 { return try t.makeString("{}") }
                    if try !t.reprEnter(dict.object) { return try t.makeString("{...}") }
                    defer { t.reprLeave(dict.object) }
                    let items = try dict.items(t)
                    defer { for item in items { t.release(item.key); t.release(item.value) } }
                    var text = "{"
                    for (index, item) in items.enumerated() {
                        if index > 0 { text += ", " }
                        let key = try t.repr(item.key)
                        text += StrRef(key).string + ": "
                        t.release(key)
                        let value = try t.repr(item.value)
                        text += StrRef(value).string
                        t.release(value)
                    }
                    return try t.makeString(text + "}")
                }
            }
            r.pointee.compare = { raw, op, a, b in
                returning(raw) { (t) throws(PythonError) -> Value in
                    let op = CompareOperator(rawValue: op)!
                    guard op == .equal || op == .notEqual, t.isDict(Value(bits: a)), t.isDict(Value(bits: b)) else {
                        return .notImplemented
                    }
                    return Value(try DictType.equal(t, DictRef(Value(bits: a)), DictRef(Value(bits: b))) == (op == .equal))
                }
            }
            r.pointee.length = { _, v in DictRef(Value(bits: v)).count }
            r.pointee.getItem = { raw, v, key in
                returning(raw) { (t) throws(PythonError) -> Value in
                    let value = try DictRef(Value(bits: v)).get(t, Value(bits: key))
                    if !value.isNull { return value }
                    if t.typeOf(Value(bits: v)) != t.type(.dict) {
                        let missing = try t.lookupSpecial(Value(bits: v), Names.__missing__)
                        if !missing.isNull {
                            defer { t.release(missing) }
                            return try t.call(missing, Value(bits: key))
                        }
                    }
                    throw t.keyError(Value(bits: key))
                }
            }
            r.pointee.setItem = { raw, v, key, value in
                storing(raw) { (t) throws(PythonError) -> Int in
                    if value == 0 {
                        if try !DictRef(Value(bits: v)).delete(t, Value(bits: key)) { throw t.keyError(Value(bits: key)) }
                    } else {
                        try DictRef(Value(bits: v)).set(t, Value(bits: key), Value(bits: value))
                    }
                    return 0
                }
            }
            r.pointee.contains = { raw, v, key in
                storing(raw) { (t) throws(PythonError) -> Int in
                    try DictRef(Value(bits: v)).has(t, Value(bits: key), hash: t.hash(Value(bits: key))) ? 1 : 0
                }
            }
            r.pointee.iterate = { raw, v in
                returning(raw) { (t) throws(PythonError) -> Value in try DictViews.iterator(t, .dictKeyIterator, Value(bits: v)) }
            }
            r.pointee.binary = { raw, op, a, b in
                returning(raw) { (t) throws(PythonError) -> Value in
                    guard BinaryOperator(rawValue: op)! == .or, t.isDict(Value(bits: a)), t.isDict(Value(bits: b)) else {
                        return .notImplemented
                    }
                    let copy = try DictRef(Value(bits: a)).copy(t)
                    try DictRef(copy).update(t, Value(bits: b))
                    return copy
                }
            }
            r.pointee.inPlace = { raw, op, a, b in
                returning(raw) { (t) throws(PythonError) -> Value in
                    guard BinaryOperator(rawValue: op)! == .or, t.isDict(Value(bits: a)) else { return .notImplemented }
                    try DictRef(Value(bits: a)).update(t, Value(bits: b))
                    return t.retain(Value(bits: a))
                }
            }
            b.constant("__hash__", .none)
            b.classMethod("__class_getitem__", 1, 1) { raw, s, a, _, _ in
                returning(raw) { (t) throws(PythonError) -> Value in try t.makeGenericAlias(Value(bits: s), Value(bits: a[0])) }
            }
            DictType.methods(b)
        }
        DictViews.define()
    }

    static func update(
        _ t: Thread, _ dict: DictRef, _ a: UnsafeMutablePointer<UInt64>, _ n: Int, _ k: UInt64
    ) throws(PythonError) {
        if n == 1 {
            let source = Value(bits: a[0])
            try dict.update(t, source)
        }
        if k != 0 {
            let names = TupleRef(Value(bits: k))
            for index in 0..<names.count { try dict.set(t, names.item(index), Value(bits: a[n + index])) }
        }
    }

    static func equal(_ t: Thread, _ x: DictRef, _ y: DictRef) throws(PythonError) -> Bool {
        if x.count != y.count { return false }
        try t.enterNative(" in comparison")
        defer { t.leaveNative() }
        let items = try x.items(t)
        defer { for item in items { t.release(item.key); t.release(item.value) } }
        for item in items {
            let other = try y.get(t, item.key)
            if other.isNull { return false }
            defer { t.release(other) }
            if try !t.equal(item.value, other) { return false }
        }
        return true
    }

    private static func methods(_ b: TypeBuilder) {
        b.method("get", 1, 2, intrinsic: NativeFlags.dictGet) { raw, s, a, n, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let value = try DictRef(Value(bits: s)).get(t, Value(bits: a[0]))
                if !value.isNull { return value }
                return n == 2 ? t.retain(Value(bits: a[1])) : .none
            }
        }
        b.method("setdefault", 1, 2) { raw, s, a, n, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let value = n == 2 ? Value(bits: a[1]) : Value.none
                let key = Value(bits: a[0])
                let old = try DictRef(Value(bits: s)).store(t, key, hash: t.hash(key), value, onlyIfAbsent: true)
                return old.isNull ? t.retain(value) : old
            }
        }
        b.method("pop", 1, 2) { raw, s, a, n, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let key = Value(bits: a[0])
                if DictRef(Value(bits: s)).count > 0 {
                    let value = try DictRef(Value(bits: s)).pop(t, key, hash: t.hash(key))
                    if !value.isNull { return value }
                }
                if n == 2 { return t.retain(Value(bits: a[1])) }
                throw t.keyError(key)
            }
        }
        b.method("popitem", 0, 0) { raw, s, _, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                guard let entry = DictRef(Value(bits: s)).popLast(t) else {
                    throw t.raise(.keyError, "popitem(): dictionary is empty")
                }
                return try t.makeTuple([entry.key, entry.value])
            }
        }
        b.method("clear", 0, 0) { raw, s, _, _, _ in
            DictRef(Value(bits: s)).clear(Thread(raw))
            return Value.none.bits
        }
        b.method("copy", 0, 0) { raw, s, _, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in try DictRef(Value(bits: s)).copy(t) }
        }
        b.method("update", 0, 1, keywords: true) { raw, s, a, n, k in
            returning(raw) { (t) throws(PythonError) -> Value in
                try DictType.update(t, DictRef(Value(bits: s)), a, n, k)
                return .none
            }
        }
        b.method("keys", 0, 0) { raw, s, _, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in try t.makeIterator(.dictKeys, over: Value(bits: s)) }
        }
        b.method("values", 0, 0) { raw, s, _, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in try t.makeIterator(.dictValues, over: Value(bits: s)) }
        }
        b.method("items", 0, 0) { raw, s, _, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in try t.makeIterator(.dictItems, over: Value(bits: s)) }
        }
        b.method("__reversed__", 0, 0) { raw, s, _, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let keys = try DictRef(Value(bits: s)).items(t)
                let list = try t.makeList(capacity: keys.count)
                for item in keys.reversed() {
                    try ListRef(list).appendOwned(t, item.key)
                    t.release(item.value)
                }
                defer { t.release(list) }
                return try t.iterate(list)
            }
        }
        b.classMethod("fromkeys", 1, 2) { raw, s, a, n, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let dict = try t.call(Value(bits: s))
                if let keys = try t.snapshotItems(Value(bits: a[0])) {
                    defer { for key in keys { t.release(key) } }
                    for key in keys { try t.setItem(dict, key, n == 2 ? Value(bits: a[1]) : .none) }
                    return dict
                }
                let iterator = try t.iterate(Value(bits: a[0]))
                defer { t.release(iterator) }
                while true {
                    let key = try t.next(iterator)
                    if key.isNull { return dict }
                    defer { t.release(key) }
                    try t.setItem(dict, key, n == 2 ? Value(bits: a[1]) : .none)
                }
            }
        }
    }
}

/// keys(), values(), items() and their iterators. Word 24 the dict; iterators: 32 position, 40 count at the start (as an int Value).
enum DictViews {
    static func iterator(_ t: Thread, _ id: TypeID, _ dict: Value) throws(PythonError) -> Value {
        let iterator = try t.makeIterator(id, over: dict)
        iterator.object.atomicWord(40).pointee.store(Value(smallInt: DictRef(dict).count).bits, ordering: .relaxed)
        return iterator
    }

    @inline(__always)
    static func next(_ raw: UnsafeMutableRawPointer, _ v: UInt64, _ kind: TypeID) -> UInt64 {
        returningOptional(raw) { (t) throws(PythonError) -> Value in
            var key = Value.null
            var value = Value.null
            let part: DictRef.Part = kind == .dictItemIterator ? .both : kind == .dictValueIterator ? .value : .key
            guard try step(t, IteratorRef(v), part, isSet: kind == .setIterator, &key, &value) else { return .null }
            switch part {
            case .key: return key
            case .value: return value
            case .both: return try t.makePair(key, value)
            }
        }
    }

    /// How many entries are to come, as far as one can say: none after a change of the size.
    static func left(_ iterator: IteratorRef) -> Int {
        let count = DictRef(iterator.source).count
        if iterator.index >= Int.max >> 1 || Value(smallInt: count).bits != iterator.word(40).pointee.load(ordering: .relaxed) { return 0 }
        return max(0, count - iterator.index)
    }

    /// The iterator's next entry, owned; false when there is none.
    @inline(__always)
    static func step(
        _ t: Thread, _ iterator: IteratorRef, _ part: DictRef.Part, isSet: Bool, _ key: inout Value, _ value: inout Value
    ) throws(PythonError) -> Bool {
        let dict = DictRef(iterator.source)
        var position = iterator.index
        if position >= Int.max >> 1 { return false }
        if Value(smallInt: dict.count).bits != iterator.word(40).pointee.load(ordering: .relaxed) {
            iterator.exhaust()
            throw t.raise(.runtimeError, isSet ? "Set changed size during iteration" : "dictionary changed size during iteration")
        }
        guard dict.next(t, &position, &key, &value, part) else {
            iterator.exhaust()
            return false
        }
        iterator.setIndex(position)
        return true
    }

    static func define() {
        StaticTypes.define(.dictKeyIterator, "dict_keyiterator", basicSize: IteratorRef.bytes, flags: TypeFlags.collectable) { b in
            IteratorTypes.memory(b.record)
            b.record.pointee.next = { raw, v in DictViews.next(raw, v, .dictKeyIterator) }
            IteratorReduction.add(b, state: false)
            b.method("__length_hint__", 0, 0) { _, s, _, _, _ in Value(smallInt: DictViews.left(IteratorRef(s))).bits }
        }
        StaticTypes.define(.dictValueIterator, "dict_valueiterator", basicSize: IteratorRef.bytes, flags: TypeFlags.collectable) { b in
            IteratorTypes.memory(b.record)
            b.record.pointee.next = { raw, v in DictViews.next(raw, v, .dictValueIterator) }
            IteratorReduction.add(b, state: false)
            b.method("__length_hint__", 0, 0) { _, s, _, _, _ in Value(smallInt: DictViews.left(IteratorRef(s))).bits }
        }
        StaticTypes.define(.dictItemIterator, "dict_itemiterator", basicSize: IteratorRef.bytes, flags: TypeFlags.collectable) { b in
            IteratorTypes.memory(b.record)
            b.record.pointee.next = { raw, v in DictViews.next(raw, v, .dictItemIterator) }
            IteratorReduction.add(b, state: false)
            b.method("__length_hint__", 0, 0) { _, s, _, _, _ in Value(smallInt: DictViews.left(IteratorRef(s))).bits }
        }
        StaticTypes.define(.setIterator, "set_iterator", basicSize: IteratorRef.bytes, flags: TypeFlags.collectable) { b in
            IteratorTypes.memory(b.record)
            b.record.pointee.next = { raw, v in DictViews.next(raw, v, .setIterator) }
            IteratorReduction.add(b, state: false)
            b.method("__length_hint__", 0, 0) { _, s, _, _, _ in Value(smallInt: DictViews.left(IteratorRef(s))).bits }
        }
        StaticTypes.define(.dictKeys, "dict_keys", basicSize: IteratorRef.bytes, flags: TypeFlags.collectable) { b in
            view(b, .dictKeyIterator, "dict_keys")
            b.record.pointee.iterate = { raw, v in
                returning(raw) { (t) throws(PythonError) -> Value in
                    try DictViews.iterator(t, .dictKeyIterator, IteratorRef(v).source)
                }
            }
            b.record.pointee.contains = { raw, v, key in
                storing(raw) { (t) throws(PythonError) -> Int in try t.contains(IteratorRef(v).source, Value(bits: key)) ? 1 : 0 }
            }
            setOperations(b)
        }
        StaticTypes.define(.dictValues, "dict_values", basicSize: IteratorRef.bytes, flags: TypeFlags.collectable) { b in
            view(b, .dictValueIterator, "dict_values")
            b.record.pointee.iterate = { raw, v in
                returning(raw) { (t) throws(PythonError) -> Value in
                    try DictViews.iterator(t, .dictValueIterator, IteratorRef(v).source)
                }
            }
        }
        StaticTypes.define(.dictItems, "dict_items", basicSize: IteratorRef.bytes, flags: TypeFlags.collectable) { b in
            view(b, .dictItemIterator, "dict_items")
            b.record.pointee.iterate = { raw, v in
                returning(raw) { (t) throws(PythonError) -> Value in
                    try DictViews.iterator(t, .dictItemIterator, IteratorRef(v).source)
                }
            }
            b.record.pointee.contains = { raw, v, pair in
                storing(raw) { (t) throws(PythonError) -> Int in
                    guard t.isTuple(Value(bits: pair)), TupleRef(Value(bits: pair)).count == 2 else { return 0 }
                    let found = try DictRef(IteratorRef(v).source).get(t, TupleRef(Value(bits: pair)).item(0))
                    if found.isNull { return 0 }
                    defer { t.release(found) }
                    return try t.equal(found, TupleRef(Value(bits: pair)).item(1)) ? 1 : 0
                }
            }
            setOperations(b)
        }
    }

    private static func view(_ b: TypeBuilder, _ iterator: TypeID, _ name: String) {
        IteratorTypes.memory(b.record)
        // What the view shows at this moment, last first.
        b.method("__reversed__", 0, 0) { raw, s, _, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let list = try t.makeList(capacity: 0)
                defer { t.release(list) }
                try ListRef(list).extend(t, Value(bits: s))
                t.release(try t.callMethod(list, StaticStrings.intern("reverse")))
                return try t.iterate(list)
            }
        }
        b.getter("mapping") { raw, s in
            returning(raw) { (t) throws(PythonError) -> Value in try t.makeMappingProxy(IteratorRef(s).source) }
        }
        b.record.pointee.length = { _, v in DictRef(IteratorRef(v).source).count }
        b.record.pointee.repr = { raw, v in
            returning(raw) { (t) throws(PythonError) -> Value in
                let list = try t.makeList(capacity: 0)
                defer { t.release(list) }
                try ListRef(list).extend(t, Value(bits: v))
                let text = try t.repr(list)
                defer { t.release(text) }
                return try t.makeString("\(t.typeName(Value(bits: v)))(\(StrRef(text).string))")
            }
        }
    }

    private static func setOperations(_ b: TypeBuilder) {
        b.method("isdisjoint", 1, 1) { raw, s, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let iterator = try t.iterate(Value(bits: a[0]))
                defer { t.release(iterator) }
                while true {
                    let item = try t.next(iterator)
                    if item.isNull { return .true }
                    defer { t.release(item) }
                    if try t.contains(Value(bits: s), item) { return .false }
                }
            }
        }
        b.record.pointee.binary = { raw, op, a, b in
            returning(raw) { (t) throws(PythonError) -> Value in
                let left = try t.makeSet()
                defer { t.release(left) }
                try SetRef(left).update(t, Value(bits: a))
                let right = try t.makeSet()
                defer { t.release(right) }
                try SetRef(right).update(t, Value(bits: b))
                return try SetType.combine(t, BinaryOperator(rawValue: op)!, left, right)
            }
        }
        b.record.pointee.compare = { raw, op, a, b in
            returning(raw) { (t) throws(PythonError) -> Value in
                let (left, right) = (Value(bits: a), Value(bits: b))
                let other = t.typeOf(right)
                guard other.has(TypeFlags.setSubclass) || other == t.type(.dictKeys) || other == t.type(.dictItems) else {
                    return .notImplemented
                }
                let (count, otherCount) = (try t.length(left), try t.length(right))
                let op = CompareOperator(rawValue: op)!
                let fits: Bool
                switch op {
                case .equal, .notEqual: fits = count == otherCount
                case .less: fits = count < otherCount
                case .lessEqual: fits = count <= otherCount
                case .greater: fits = count > otherCount
                case .greaterEqual: fits = count >= otherCount
                }
                if !fits { return Value(op == .notEqual) }
                let isTurned = op == .greater || op == .greaterEqual
                let all = try DictViews.allIn(t, isTurned ? right : left, isTurned ? left : right)
                return Value(all != (op == .notEqual))
            }
        }
    }

    /// Whether each item of the first is in the second, in their own sense of being in.
    private static func allIn(_ t: Thread, _ items: Value, _ all: Value) throws(PythonError) -> Bool {
        let iterator = try t.iterate(items)
        defer { t.release(iterator) }
        while true {
            let item = try t.next(iterator)
            if item.isNull { return true }
            defer { t.release(item) }
            if try !t.contains(all, item) { return false }
        }
    }
}

enum DictTypes {
    static func define() {
        DictType.define()
        SetType.define()
    }
}
