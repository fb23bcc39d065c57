// `operator.itemgetter`, `attrgetter`, `methodcaller`.
//
//   24 itemgetter: tuple of keys; attrgetter: tuple with a tuple of names for each attribute; methodcaller: the name
//   32 attrgetter: the names as given; methodcaller: tuple of the arguments, then of the keyword arguments' values
//   40 methodcaller: tuple of the keywords, or null
//
// The fields are written before the object is published and change only when the collector clears garbage, so a call, whose caller
// holds the object, reads them plainly.
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import StillVM

enum GetterTypes {
    static let first = 24, second = 32, third = 40, bytes = 48

    private static func define(_ id: TypeID, _ name: String, _ body: (TypeBuilder) -> Void) {
        StaticTypes.define(
            id, name, module: "operator", basicSize: bytes, flags: TypeFlags.collectable | TypeFlags.weaklyReferencable
        ) { b in
            let r = b.record
            r.pointee.memory.traverse = { object, visitor in FixedFields.traverse(object, visitor, 24, 48) }
            r.pointee.memory.clear = { t, object in FixedFields.clear(Thread(t), object, 24, 48) }
            r.pointee.memory.deallocate = { t, object in FixedFields.deallocate(Thread(t), object, 24, 48) }
            body(b)
        }
    }
    /// Takes the references over.
    private static func make(_ t: Thread, _ id: TypeID, _ values: [Value]) throws(PythonError) -> Value {
        let object: ObjectRef
        do throws(PythonError) { object = try t.allocateInstance(of: t.type(id)) } catch {
            for value in values { t.release(value) }
            throw error
        }
        for (index, value) in values.enumerated() { object.setField(24 + index * 8, value) }
        return Value(object)
    }
    private static func field(_ v: UInt64, _ offset: Int) -> Value { Value(bits: v).object.field(offset) }

    /// One result for each item of a tuple: itself when there is one item, else a tuple.
    private static func gather(
        _ t: Thread, _ items: Value, _ body: (Value) throws(PythonError) -> Value
    ) throws(PythonError) -> Value {
        let items = TupleRef(items)
        if items.count == 1 { return try body(items.item(0)) }
        var results: [Value] = []
        results.reserveCapacity(items.count)
        for index in 0..<items.count {
            do throws(PythonError) { results.append(try body(items.item(index))) } catch {
                for result in results { t.release(result) }
                throw error
            }
        }
        return try t.makeTuple(results)
    }

    private static func one(_ t: Thread, _ name: String, _ n: Int, _ k: UInt64) throws(PythonError) {
        try Arguments.noKeywords(t, name, k)
        if n != 1 { throw t.raise(.typeError, "\(name) expected 1 argument, got \(n)") }
    }
    private static func text(_ t: Thread, _ v: Value) throws(PythonError) -> String {
        let text = try t.repr(v)
        defer { t.release(text) }
        return StrRef(text).string
    }
    private static func list(_ t: Thread, _ tuple: Value) throws(PythonError) -> [String] {
        var parts: [String] = []
        for index in 0..<TupleRef(tuple).count { parts.append(try text(t, TupleRef(tuple).item(index))) }
        return parts
    }

    static func define() {
        define(.itemGetter, "itemgetter") { b in
            b.record.pointee.new = { t, _, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    try Arguments.noKeywords(t, "itemgetter", k)
                    if n == 0 { throw t.raise(.typeError, "itemgetter expected 1 argument, got 0") }
                    return try GetterTypes.make(t, .itemGetter, [t.makeTuple((0..<n).map { t.retain(Value(bits: a[$0])) })])
                }
            }
            b.record.pointee.call = { t, f, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    try GetterTypes.one(t, "itemgetter", n, k)
                    return try GetterTypes.gather(t, GetterTypes.field(f, GetterTypes.first)) { (key) throws(PythonError) -> Value in
                        try t.getItem(Value(bits: a[0]), key)
                    }
                }
            }
            b.record.pointee.repr = { t, v in
                returning(t) { (t) throws(PythonError) -> Value in
                    let parts = try GetterTypes.list(t, GetterTypes.field(v, GetterTypes.first))
                    return try t.makeString("operator.itemgetter(\(parts.joined(separator: ", ")))")
                }
            }
        }
        define(.attributeGetter, "attrgetter") { b in
            b.record.pointee.new = { t, _, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    try Arguments.noKeywords(t, "attrgetter", k)
                    if n == 0 { throw t.raise(.typeError, "attrgetter expected 1 argument, got 0") }
                    var paths: [Value] = []
                    for index in 0..<n {
                        guard t.isStr(Value(bits: a[index])) else {
                            for path in paths { t.release(path) }
                            throw t.raise(.typeError, "attribute name must be a string")
                        }
                        let names = StrRef(Value(bits: a[index])).string.split(separator: ".", omittingEmptySubsequences: false)
                        paths.append(try t.makeTuple(names.map { t.retain(Interning.intern(String($0))) }))
                    }
                    let given = try t.makeTuple((0..<n).map { t.retain(Value(bits: a[$0])) })
                    return try GetterTypes.make(t, .attributeGetter, [t.makeTuple(paths), given])
                }
            }
            b.record.pointee.call = { t, f, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    try GetterTypes.one(t, "attrgetter", n, k)
                    return try GetterTypes.gather(t, GetterTypes.field(f, GetterTypes.first)) { (path) throws(PythonError) -> Value in
                        var at = t.retain(Value(bits: a[0]))
                        for index in 0..<TupleRef(path).count {
                            let holder = at
                            defer { t.release(holder) }
                            at = try t.getAttribute(holder, TupleRef(path).item(index))
                        }
                        return at
                    }
                }
            }
            b.record.pointee.repr = { t, v in
                returning(t) { (t) throws(PythonError) -> Value in
                    let parts = try GetterTypes.list(t, GetterTypes.field(v, GetterTypes.second))
                    return try t.makeString("operator.attrgetter(\(parts.joined(separator: ", ")))")
                }
            }
        }
        define(.methodCaller, "methodcaller") { b in
            b.record.pointee.new = { t, _, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    if n < 1 { throw t.raise(.typeError, "methodcaller needs at least one argument, the method name") }
                    guard t.isStr(Value(bits: a[0])) else { throw t.raise(.typeError, "method name must be a string") }
                    let keywords = k == 0 ? 0 : TupleRef(Value(bits: k)).count
                    let values = try t.makeTuple((1..<(n + keywords)).map { t.retain(Value(bits: a[$0])) })
                    return try GetterTypes.make(
                        t, .methodCaller,
                        [t.retain(Value(bits: a[0])), values, keywords == 0 ? .null : t.retain(Value(bits: k))])
                }
            }
            b.record.pointee.call = { t, f, a, n, k in
                returning(t) { (t) throws(PythonError) -> Value in
                    try GetterTypes.one(t, "methodcaller", n, k)
                    let method = try t.getAttribute(Value(bits: a[0]), GetterTypes.field(f, GetterTypes.first))
                    defer { t.release(method) }
                    let values = TupleRef(GetterTypes.field(f, GetterTypes.second))
                    let keywords = GetterTypes.field(f, GetterTypes.third)
                    let total = values.count
                    let bits = withUnsafeTemporaryAllocation(of: UInt64.self, capacity: total + 1) { space -> UInt64 in
                        for index in 0..<total { space[index] = values.item(index).bits }
                        let positional = total - (keywords.isNull ? 0 : TupleRef(keywords).count)
                        do throws(PythonError) {
                            return try t.call(method, args: space.baseAddress!, count: positional, keywords: keywords).bits
                        } catch { return 0 }
                    }
                    return try t.checked(bits)
                }
            }
            b.record.pointee.repr = { t, v in
                returning(t) { (t) throws(PythonError) -> Value in
                    var parts = [try GetterTypes.text(t, GetterTypes.field(v, GetterTypes.first))]
                    var values = try GetterTypes.list(t, GetterTypes.field(v, GetterTypes.second))
                    let keywords = GetterTypes.field(v, GetterTypes.third)
                    if !keywords.isNull {
                        let names = TupleRef(keywords)
                        let start = values.count - names.count
                        for index in 0..<names.count {
                            values[start + index] = "\(StrRef(names.item(index)).string)=\(values[start + index])"
                        }
                    }
                    parts += values
                    return try t.makeString("operator.methodcaller(\(parts.joined(separator: ", ")))")
                }
            }
        }
    }
}
