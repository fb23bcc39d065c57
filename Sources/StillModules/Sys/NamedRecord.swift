// Tuples with named items, such as sys.version_info and the result of time.localtime: a subclass of tuple made by Python code
// once for each kind and interpreter.
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import StillVM

enum NamedRecord {
    /// Calls `type(name, (tuple,), {...})` with properties for the fields. Owned.
    static func makeType(_ t: Thread, _ name: String, _ fields: [String]) throws(PythonError) -> Value {
        let short = name.split(separator: ".").last.map(String.init) ?? name
        let module = name.split(separator: ".").first.map(String.init) ?? "builtins"
        var source = "class \(short)(tuple):\n    __slots__ = ()\n    __module__ = '\(module)'\n"
        for (index, field) in fields.enumerated() {
            source += "    @property\n    def \(field)(self): return self[\(index)]\n"
        }
        source += "    def __repr__(self):\n        return '\(name)(' + ', '.join("
        source += "[n + '=' + repr(v) for n, v in zip((\(fields.map { "'\($0)'" }.joined(separator: ", ")),), self)]) + ')'\n"
        source += "    n_fields = n_sequence_fields = \(fields.count)\n"
        let globals = try t.makeDict()
        defer { t.release(globals) }
        try DictRef(globals).set(t, Interning.intern("__name__"), Interning.intern(module))
        let code = try VMHooks.compile(t, Array(source.utf8), "<\(name)>", .module)
        defer { t.release(code) }
        t.release(try Imports.run(t, code, globals: globals))
        return try t.getItem(globals, Interning.intern(short))
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
