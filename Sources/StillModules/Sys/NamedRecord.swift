// Tuples with named items, such as sys.version_info and the result of time.localtime: a subclass of tuple made by Python code
// once for each kind and interpreter.
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import StillVM

enum NamedRecord {
    /// What all have besides their fields, which are native getters: compiled once for an interpreter.
    static let methods = """
        def shown(self):
            return self._title + '(' + ', '.join([n + '=' + repr(v) for n, v in zip(self._names, self)]) + ')'
        """

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
        let shared = try Imports.load(t, "_records")
        defer { t.release(shared) }
        try add("__repr__", try t.getAttribute(shared, Interning.intern("shown")))
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
