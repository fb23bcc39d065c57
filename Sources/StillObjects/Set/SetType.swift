// set and frozenset, on the table of dict with None as values. Layout: 24 table, 32 count; a frozenset also 40 hash, 0: not computed.
//
// Ordering  The hash is relaxed: it says all by itself, and whoever computes it finds the same.
import StillObmalloc
import StillPlatform
import Synchronization
public import StillThreadRegistry

public struct SetRef {
    let dict: DictRef
    public init(_ value: Value) { dict = DictRef(value) }
    public var count: Int { dict.count }
    /// Of a frozenset.
    fileprivate var hashWord: UnsafeMutablePointer<Atomic<Int>> { (dict.raw + 40).assumingMemoryBound(to: Atomic<Int>.self) }

    public func add(_ t: Thread, _ item: Value) throws(PythonError) {
        _ = try dict.store(t, item, hash: t.hash(item), .none, onlyIfAbsent: true)
    }
    public func contains(_ t: Thread, _ item: Value) throws(PythonError) -> Bool {
        try dict.has(t, item, hash: t.hash(item))
    }
    /// False when it was not there.
    public func discard(_ t: Thread, _ item: Value) throws(PythonError) -> Bool { try dict.delete(t, item) }
    /// All items at one moment, owned.
    public func items(_ t: Thread) throws(PythonError) -> [Value] { dict.hashedKeys(t).map(\.key) }
    public func update(_ t: Thread, _ source: Value) throws(PythonError) {
        let type = t.typeOf(source)
        if type == t.type(.set) || type == t.type(.frozenset) { return try dict.merge(t, SetRef(source).dict) }
        if type == t.type(.dict) {
            // The keys' hashes are known.
            let keys = DictRef(source).hashedKeys(t)
            defer { for key in keys { t.release(key.key) } }
            for key in keys { t.release(try dict.store(t, key.key, hash: key.hash, .none, onlyIfAbsent: true)) }
            return
        }
        if let items = try t.snapshotItems(source) {
            defer { for item in items { t.release(item) } }
            for item in items { try add(t, item) }
            return
        }
        let iterator = try t.iterate(source)
        defer { t.release(iterator) }
        while true {
            let item = try t.next(iterator)
            if item.isNull { return }
            defer { t.release(item) }
            try add(t, item)
        }
    }
}

extension ThreadState {
    public func makeSet() throws(PythonError) -> Value {
        guard let object = Allocation.object(self, type: type(.set).raw, bytes: 40, collectable: true) else { throw noMemory() }
        return Value(object)
    }
    public func makeFrozenSet() throws(PythonError) -> Value {
        guard let object = Allocation.object(self, type: type(.frozenset).raw, bytes: 48, collectable: true) else { throw noMemory() }
        return Value(object)
    }
    public func isSet(_ value: Value) -> Bool { value.isObject && typeOf(value).has(TypeFlags.setSubclass) }
}

/// Looks something up; a set is looked for as the frozenset that is equal to it.
private func withKey(_ t: Thread, _ key: Value, _ body: (Value) throws(PythonError) -> Bool) throws(PythonError) -> Bool {
    guard key.isObject, t.typeOf(key).has(TypeFlags.setSubclass), t.typeOf(key).record.pointee.hash == nil else { return try body(key) }
    let frozen = try t.call(t.type(.frozenset).value, key)
    defer { t.release(frozen) }
    return try body(frozen)
}

enum SetType {
    static func define() {
        StaticTypes.define(
            .set, "set", basicSize: 40, flags: TypeFlags.baseType | TypeFlags.collectable | TypeFlags.setSubclass | TypeFlags.weaklyReferencable
        ) { b in
            common(b)
            b.record.pointee.new = { raw, type, _, _, _ in
                returning(raw) { (t) throws(PythonError) -> Value in Value(try t.allocateInstance(of: TypeRef(Value(bits: type)))) }
            }
            b.record.pointee.initialize = { raw, s, a, n, k in
                storing(raw) { (t) throws(PythonError) -> Int in
                    try Arguments.noKeywords(t, "set", k)
                    try Arguments.count(t, "set", n, 0, 1)
                    SetRef(Value(bits: s)).dict.clear(t)
                    if n == 1 { try SetRef(Value(bits: s)).update(t, Value(bits: a[0])) }
                    return 0
                }
            }
            b.constant("__hash__", .none)
            b.record.pointee.inPlace = { raw, op, a, b in
                returning(raw) { (t) throws(PythonError) -> Value in
                    guard t.isSet(Value(bits: b)) else { return .notImplemented }
                    let result = try SetType.combine(t, BinaryOperator(rawValue: op)!, Value(bits: a), Value(bits: b))
                    if result.isNotImplemented { return result }
                    defer { t.release(result) }
                    let items = try SetRef(result).items(t)
                    defer { for item in items { t.release(item) } }
                    SetRef(Value(bits: a)).dict.clear(t)
                    for item in items { try SetRef(Value(bits: a)).add(t, item) }
                    return t.retain(Value(bits: a))
                }
            }
            mutators(b)
        }
        StaticTypes.define(
            .frozenset, "frozenset", basicSize: 48, flags: TypeFlags.baseType | TypeFlags.collectable | TypeFlags.setSubclass | TypeFlags.weaklyReferencable
        ) { b in
            common(b)
            b.record.pointee.new = { raw, type, a, n, k in
                returning(raw) { (t) throws(PythonError) -> Value in
                    let type = TypeRef(Value(bits: type))
                    try Arguments.noKeywords(t, "frozenset", k, type, .frozenset)
                    try Arguments.count(t, "frozenset", n, 0, 1)
                    if n == 1 && type == t.type(.frozenset) && t.typeOf(Value(bits: a[0])) == type { return t.retain(Value(bits: a[0])) }
                    let set = Value(try t.allocateInstance(of: type))
                    if n == 1 { try SetRef(set).update(t, Value(bits: a[0])) }
                    return set
                }
            }
            b.record.pointee.hash = { raw, v in
                storing(raw) { (t) throws(PythonError) -> Int in
                    let word = SetRef(Value(bits: v)).hashWord
                    let known = word.pointee.load(ordering: .relaxed)
                    if known != 0 { return known }
                    // Independent of the order of the items.
                    var mix: UInt = 0
                    let items = try SetRef(Value(bits: v)).items(t)
                    defer { for item in items { t.release(item) } }
                    for item in items {
                        let hash = UInt(bitPattern: try t.hash(item))
                        mix ^= (hash ^ 89_869_747 ^ hash &<< 16) &* 3_644_798_167
                    }
                    mix ^= (UInt(items.count) &+ 1) &* 1_927_868_237
                    mix ^= mix >> 11 ^ mix >> 25
                    mix = mix &* 69069 &+ 907_133_923
                    if mix == UInt.max || mix == 0 { mix = 590_923_713 }
                    word.pointee.store(Int(bitPattern: mix), ordering: .relaxed)
                    return Int(bitPattern: mix)
                }
            }
        }
    }

    /// A set operator's result: a new set of the left operand's kind. Owned.
    static func combine(_ t: Thread, _ op: BinaryOperator, _ x: Value, _ y: Value) throws(PythonError) -> Value {
        switch op {
        case .or, .and, .subtract, .xor: break
        default: return .notImplemented
        }
        let result = t.isSubtype(t.typeOf(x), t.type(.frozenset)) ? try t.makeFrozenSet() : try t.makeSet()
        do throws(PythonError) {
            let target = SetRef(result).dict
            switch op {
            case .or:
                try target.merge(t, SetRef(x).dict)
                try target.merge(t, SetRef(y).dict)
            case .and:
                try select(t, x, y, present: true, into: target)
            case .subtract: try select(t, x, y, present: false, into: target)
            default:
                try select(t, x, y, present: false, into: target)
                try select(t, y, x, present: false, into: target)
            }
        } catch {
            t.release(result)
            throw error
        }
        return result
    }

    /// Adds those items of `x` that are, or are not, in `y`.
    private static func select(_ t: Thread, _ x: Value, _ y: Value, present: Bool, into target: DictRef) throws(PythonError) {
        let items = SetRef(x).dict.hashedKeys(t)
        defer { for item in items { t.release(item.key) } }
        let other = SetRef(y).dict
        for item in items {
            let found = try other.has(t, item.key, hash: item.hash)
            if found == present { _ = try target.store(t, item.key, hash: item.hash, .none, onlyIfAbsent: true) }
        }
    }

    static func isSubset(_ t: Thread, _ x: Value, _ y: Value) throws(PythonError) -> Bool {
        if SetRef(x).count > SetRef(y).count { return false }
        let items = SetRef(x).dict.hashedKeys(t)
        defer { for item in items { t.release(item.key) } }
        for item in items {
            if try !SetRef(y).dict.has(t, item.key, hash: item.hash) { return false }
        }
        return true
    }

    /// The argument of a method as a set. Owned.
    static func setFrom(_ t: Thread, _ value: Value) throws(PythonError) -> Value {
        if t.isSet(value) { return t.retain(value) }
        let set = try t.makeSet()
        do throws(PythonError) { try SetRef(set).update(t, value) } catch {
            t.release(set)
            throw error
        }
        return set
    }

    private static func common(_ b: TypeBuilder) {
        let r = b.record
        DictType.memory(r)
        r.pointee.repr = { raw, v in
            returning(raw) { (t) throws(PythonError) -> Value in
                let set = SetRef(Value(bits: v))
                let name = t.typeName(Value(bits: v))
                if set.count == 0 { return try t.makeString("\(name)()") }
                if try !t.reprEnter(set.dict.object) { return try t.makeString("\(name)(...)") }
                defer { t.reprLeave(set.dict.object) }
                var parts: [String] = []
                let items = try set.items(t)
                defer { for item in items { t.release(item) } }
                for item in items {
                    let text = try t.repr(item)
                    parts.append(StrRef(text).string)
                    t.release(text)
                }
                let body = "{\(parts.joined(separator: ", "))}"
                return try t.makeString(t.typeOf(Value(bits: v)) == t.type(.set) ? body : "\(name)(\(body))")
            }
        }
        r.pointee.length = { _, v in SetRef(Value(bits: v)).count }
        r.pointee.contains = { raw, v, item in
            storing(raw) { (t) throws(PythonError) -> Int in
                try withKey(t, Value(bits: item)) { (key) throws(PythonError) in try SetRef(Value(bits: v)).contains(t, key) } ? 1 : 0
            }
        }
        r.pointee.iterate = { raw, v in
            returning(raw) { (t) throws(PythonError) -> Value in try DictViews.iterator(t, .setIterator, Value(bits: v)) }
        }
        r.pointee.compare = { raw, op, a, b in
            returning(raw) { (t) throws(PythonError) -> Value in
                let x = Value(bits: a)
                let y = Value(bits: b)
                guard t.isSet(x), t.isSet(y) else { return .notImplemented }
                let below = try SetType.isSubset(t, x, y)
                let above = try SetType.isSubset(t, y, x)
                switch CompareOperator(rawValue: op)! {
                case .equal: return Value(below && above)
                case .notEqual: return Value(!below || !above)
                case .lessEqual: return Value(below)
                case .less: return Value(below && !above)
                case .greaterEqual: return Value(above)
                case .greater: return Value(above && !below)
                }
            }
        }
        r.pointee.binary = { raw, op, a, b in
            returning(raw) { (t) throws(PythonError) -> Value in
                guard t.isSet(Value(bits: a)), t.isSet(Value(bits: b)) else { return .notImplemented }
                return try SetType.combine(t, BinaryOperator(rawValue: op)!, Value(bits: a), Value(bits: b))
            }
        }
        b.method("copy", 0, 0) { raw, s, _, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                if t.typeOf(Value(bits: s)) == t.type(.frozenset) { return t.retain(Value(bits: s)) }
                let empty = try t.makeSet()
                defer { t.release(empty) }
                return try SetType.combine(t, .or, Value(bits: s), empty)
            }
        }
        b.method("union", 0, -1) { raw, s, a, n, _ in SetType.fold(raw, s, a, n, .or) }
        b.method("intersection", 0, -1) { raw, s, a, n, _ in SetType.fold(raw, s, a, n, .and) }
        b.method("difference", 0, -1) { raw, s, a, n, _ in SetType.fold(raw, s, a, n, .subtract) }
        b.method("symmetric_difference", 1, 1) { raw, s, a, n, _ in SetType.fold(raw, s, a, n, .xor) }
        b.method("issubset", 1, 1) { raw, s, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let other = try SetType.setFrom(t, Value(bits: a[0]))
                defer { t.release(other) }
                return Value(try SetType.isSubset(t, Value(bits: s), other))
            }
        }
        b.method("issuperset", 1, 1) { raw, s, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let other = try SetType.setFrom(t, Value(bits: a[0]))
                defer { t.release(other) }
                return Value(try SetType.isSubset(t, other, Value(bits: s)))
            }
        }
        b.method("isdisjoint", 1, 1) { raw, s, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let other = try SetType.setFrom(t, Value(bits: a[0]))
                defer { t.release(other) }
                let common = try SetType.combine(t, .and, Value(bits: s), other)
                defer { t.release(common) }
                return Value(SetRef(common).count == 0)
            }
        }
        b.classMethod("__class_getitem__", 1, 1) { raw, s, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in try t.makeGenericAlias(Value(bits: s), Value(bits: a[0])) }
        }
    }

    static func fold(
        _ raw: UnsafeMutableRawPointer, _ s: UInt64, _ a: UnsafeMutablePointer<UInt64>, _ n: Int, _ op: BinaryOperator
    ) -> UInt64 {
        returning(raw) { (t) throws(PythonError) -> Value in
            let empty = try t.makeSet()
            defer { t.release(empty) }
            var result = try combine(t, .or, Value(bits: s), empty)
            for index in 0..<n {
                do throws(PythonError) {
                    let other = try setFrom(t, Value(bits: a[index]))
                    defer { t.release(other) }
                    let next = try combine(t, op, result, other)
                    t.release(result)
                    result = next
                } catch {
                    t.release(result)
                    throw error
                }
            }
            return result
        }
    }

    private static func mutators(_ b: TypeBuilder) {
        b.method("add", 1, 1) { raw, s, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                try SetRef(Value(bits: s)).add(t, Value(bits: a[0]))
                return .none
            }
        }
        b.method("discard", 1, 1) { raw, s, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                _ = try withKey(t, Value(bits: a[0])) { (key) throws(PythonError) in try SetRef(Value(bits: s)).discard(t, key) }
                return .none
            }
        }
        b.method("remove", 1, 1) { raw, s, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let found = try withKey(t, Value(bits: a[0])) { (key) throws(PythonError) in try SetRef(Value(bits: s)).discard(t, key) }
                if !found { throw t.keyError(Value(bits: a[0])) }
                return .none
            }
        }
        b.method("pop", 0, 0) { raw, s, _, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                guard let entry = SetRef(Value(bits: s)).dict.popLast(t) else {
                    throw t.raise(.keyError, "pop from an empty set")
                }
                return entry.key
            }
        }
        b.method("clear", 0, 0) { raw, s, _, _, _ in
            SetRef(Value(bits: s)).dict.clear(Thread(raw))
            return Value.none.bits
        }
        b.method("update", 0, -1) { raw, s, a, n, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                for index in 0..<n { try SetRef(Value(bits: s)).update(t, Value(bits: a[index])) }
                return .none
            }
        }
        b.method("difference_update", 0, -1) { raw, s, a, n, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                for index in 0..<n {
                    let other = try SetType.setFrom(t, Value(bits: a[index]))
                    defer { t.release(other) }
                    let items = try SetRef(other).items(t)
                    defer { for item in items { t.release(item) } }
                    for item in items { _ = try SetRef(Value(bits: s)).discard(t, item) }
                }
                return .none
            }
        }
        b.method("intersection_update", 0, -1) { raw, s, a, n, _ in SetType.replace(raw, s, SetType.fold(raw, s, a, n, .and)) }
        b.method("symmetric_difference_update", 1, 1) { raw, s, a, n, _ in
            SetType.replace(raw, s, SetType.fold(raw, s, a, n, .xor))
        }
    }

    static func replace(_ raw: UnsafeMutableRawPointer, _ s: UInt64, _ result: UInt64) -> UInt64 {
        returning(raw) { (t) throws(PythonError) -> Value in
            let result = try t.checked(result)
            defer { t.release(result) }
            let items = try SetRef(result).items(t)
            defer { for item in items { t.release(item) } }
            SetRef(Value(bits: s)).dict.clear(t)
            for item in items { try SetRef(Value(bits: s)).add(t, item) }
            return .none
        }
    }
}
