// Tuples with named items, such as sys.version_info and the result of time.localtime: a subclass of tuple, made as a class statement would
// once for each kind and interpreter.
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry

enum NamedRecord {
    /// `__repr__`: title(name=value, …).
    private static let shown: NativeFunction = { raw, s, _, _, _ in
        returning(raw) { (t) throws(PythonError) -> Value in
            let record = TupleRef(Value(bits: s))
            let title = try t.getAttribute(record.value, Interning.intern("_title"))
            defer { t.release(title) }
            let names = try t.getAttribute(record.value, Interning.intern("_names"))
            defer { t.release(names) }
            guard t.isStr(title), t.isTuple(names) else { throw t.raise(.typeError, "_title and _names of a record must be str and tuple") }
            var text = StrBuilder()
            text.append(StrRef(title))
            text.append("(")
            for index in 0..<min(record.count, TupleRef(names).count) {
                if index > 0 { text.append(", ") }
                let name = try t.str(TupleRef(names).item(index))
                text.append(StrRef(name))
                t.release(name)
                text.append("=")
                let value = try t.repr(record.item(index))
                text.append(StrRef(value))
                t.release(value)
            }
            text.append(")")
            return try text.finish(t)
        }
    }

    /// Calls `type(name, (tuple,), {...})` with getters for the fields. Owned.
    static func makeType(_ t: Thread, _ name: String, _ fields: [String]) throws(PythonError) -> Value {
        let short = name.split(separator: ".").last.map(String.init) ?? name
        let module = name.split(separator: ".").first.map(String.init) ?? "builtins"
        let space = try t.makeDict()
        defer { t.release(space) }
        func add(_ key: String, _ value: Value) throws(PythonError) {
            defer { t.release(value) }
            try DictRef(space).set(t, Interning.intern(key), value)
        }
        try add("__repr__", try t.makeMethod("__repr__", of: .tuple, shown))
        try add("__slots__", t.emptyTuple)
        try add("__module__", Interning.intern(module))
        try add("_title", Interning.intern(name))
        try add("_names", try t.makeTuple(fields.map { Interning.intern($0) }))
        for (index, field) in fields.enumerated() {
            try add(field, try t.call(t.type(.tupleGetter).value, Value(smallInt: index), .none))
        }
        for count in ["n_fields", "n_sequence_fields"] { try add(count, Value(smallInt: fields.count)) }
        let bases = try t.makeTuple([t.retain(t.type(.tuple).value)])
        defer { t.release(bases) }
        return try t.call(t.type(.type).value, Interning.intern(short), bases, space)
    }

    /// An instance of a new type. The values' references are given up.
    static func make(_ t: Thread, type name: String, _ fields: [(String, Value)]) throws(PythonError) -> Value {
        let type = try makeType(t, name, fields.map(\.0))
        defer { t.release(type) }
        return try make(t, type, fields.map(\.1))
    }

    static func make(_ t: Thread, _ type: Value, _ values: [Value]) throws(PythonError) -> Value {
        let items = try t.makeTuple(values)
        defer { t.release(items) }
        return try t.call(type, items)
    }
}
