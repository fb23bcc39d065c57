// What programs add to the import system, and what they ask modules about it.
//
// Finders   Objects in sys.meta_path are asked before the folders of the path; the runtime's own search is not in that list. What one finds, its loader
//           makes (`importlib._bootstrap._load`), in the importing thread, which has claimed the name (ImportLocks.swift).
// Specs     A module that the runtime has imported gets `__spec__` and `__loader__` when somebody asks for them: most programs never do. Two threads
//           that ask at once may make one each; the last one stays.
import StillObjects
import StillThreadRegistry

enum ImportFinders {
    /// The module that an object of sys.meta_path knows, owned and in sys.modules; null when none does.
    static func load(_ t: Thread, _ name: String, _ key: Value, path: Value) throws(PythonError) -> Value {
        let finders = DictRef(t.interpreterState.pointee.sysDict).getName(t, Interning.intern("meta_path"))
        defer { t.release(finders) }
        guard !finders.isNull, t.isList(finders), ListRef(finders).count > 0 else { return .null }
        var index = 0
        while index < ListRef(finders).count {
            let finder = ListRef(finders).item(t, index)
            defer { t.release(finder) }
            index += 1
            let method = try t.getAttributeOrNull(finder, Interning.intern("find_spec"))
            if method.isNull { continue }
            defer { t.release(method) }
            let spec = try t.call(method, key, path, .none)
            defer { t.release(spec) }
            if spec.isNone { continue }
            let bootstrap = try Imports.load(t, "importlib._bootstrap")
            defer { t.release(bootstrap) }
            return try t.callMethod(bootstrap, Interning.intern("_load"), spec)
        }
        return .null
    }

    /// `__spec__` or `__loader__` of a module that has none yet. Owned; None for modules that were not imported.
    static func describe(_ t: Thread, _ module: Value, _ wanted: Value) throws(PythonError) -> Value {
        let dict = DictRef(ModuleRef(module).dict)
        let name = dict.getName(t, Interning.intern("__name__"))
        defer { t.release(name) }
        guard !name.isNull, t.isStr(name), StrRef(name).string != "__main__", !ModuleRef.isPartial(t, module) else { return .none }
        let known = try DictRef(t.interpreterState.pointee.modules).get(t, name)
        defer { t.release(known) }
        guard known.isSame(module) else { return .none }
        let library = try Imports.load(t, "importlib.util")
        defer { t.release(library) }
        // While that one is being imported it can't be asked.
        if ModuleRef.isPartial(t, library) { return .none }
        let spec = try t.callMethod(library, Interning.intern("_spec_of"), module, name)
        defer { t.release(spec) }
        let loader = try t.getAttribute(spec, Interning.intern("loader"))
        defer { t.release(loader) }
        try dict.set(t, Interning.intern("__spec__"), spec)
        try dict.set(t, Interning.intern("__loader__"), loader)
        return dict.getName(t, wanted)
    }
}
