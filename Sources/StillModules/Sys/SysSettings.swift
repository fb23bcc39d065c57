// The part of `sys` that the Python side of a standard library asks for: settings with fixed values, hooks that nobody is called by.
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import StillVM

enum SysSettings {
    static func fill(_ m: ModuleBuilder) {
        do throws(PythonError) { try values(m, m.thread) } catch { return }
        functions(m)
    }

    private static func values(_ m: ModuleBuilder, _ t: Thread) throws(PythonError) {
        for name in ["warnoptions", "meta_path", "path_hooks"] { m.constant(name, try t.makeList(capacity: 0)) }
        for name in ["path_importer_cache", "_xoptions"] { m.constant(name, try t.makeDict()) }
        for name in ["base_prefix", "exec_prefix", "base_exec_prefix"] { m.constant(name, try t.makeString("")) }
        m.constant("platlibdir", try t.makeString("lib"))
        m.constant("float_repr_style", try t.makeString("short"))
        m.set("pycache_prefix", .none)
        m.set("orig_argv", t.interpreterState.pointee.argv)
        let stdlib = t.interpreterState.pointee.stdlib
        m.set("_stdlib_dir", stdlib.isNull ? .none : stdlib)
        let names = try t.makeFrozenSet()
        for name in LibraryNames.all { try SetRef(names).add(t, Interning.intern(name)) }
        m.constant("stdlib_module_names", names)
        let sysDict = DictRef(ModuleRef(m.module).dict)
        for name in ["excepthook", "displayhook", "unraisablehook"] {
            m.constant("__\(name)__", sysDict.getName(t, Interning.intern(name)))
        }
        let thread = try NamedRecord.make(
            t, type: "sys.thread_info",
            [("name", try t.makeString("pthread")), ("lock", try t.makeString("semaphore")), ("version", .none)])
        m.constant("thread_info", thread)
        m.constant("_asyncgen_hooks", try NamedRecord.makeType(t, "sys.asyncgen_hooks", ["firstiter", "finalizer"]))
    }

    private static func functions(_ m: ModuleBuilder) {
        asyncHooks(m)
        m.function("getfilesystemencodeerrors", 0, 0) { t, s, a, n, k in Interning.intern("surrogateescape").bits }
        m.function("audit", 1, -1) { t, s, a, n, k in Value.none.bits }
        // No number of processors is set from outside.
        m.function("_get_cpu_count_config", 0, 0) { t, s, a, n, k in Value(smallInt: -1).bits }
        m.function("_clear_type_cache", 0, 0) { t, s, a, n, k in Value.none.bits }
        m.function("get_int_max_str_digits", 0, 0) { t, s, a, n, k in Value(smallInt: IntOps.maxTextDigits).bits }
        m.function("set_int_max_str_digits", 1, 1, keywords: true) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let given = try Arguments.parse(t, function: "set_int_max_str_digits", a, n, k, names: ["maxdigits"], required: 1)
                let digits = try t.indexInt(given[0])
                if digits != 0 && digits < 640 { throw t.raise(.valueError, "maxdigits must be 0 or larger than 640") }
                IntOps.setMaxTextDigits(digits)
                return .none
            }
        }
        m.function("gettrace", 0, 0) { t, s, a, n, k in Value.none.bits }
        m.function("getprofile", 0, 0) { t, s, a, n, k in Value.none.bits }
        m.function("settrace", 1, 1) { t, s, a, n, k in SysSettings.noHook(t, "settrace", a) }
        m.function("setprofile", 1, 1) { t, s, a, n, k in SysSettings.noHook(t, "setprofile", a) }
        m.function("_getframemodulename", 0, 1, keywords: true) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let v = try Arguments.parse(t, function: "_getframemodulename", a, n, k, names: ["depth"], required: 0)
                let frame: Value
                do throws(PythonError) { frame = try FrameObjects.running(t, depth: v[0].isNull ? 0 : t.indexInt(v[0])) } catch {
                    guard t.matchesRaised(.valueError) else { throw error }
                    t.clearRaised()
                    return .none
                }
                defer { t.release(frame) }
                let globals = try t.getAttribute(frame, Interning.intern("f_globals"))
                defer { t.release(globals) }
                let name = DictRef(globals).getName(t, Interning.intern("__name__"))
                return name.isNull ? .none : name
            }
        }
    }

    /// Of the calling thread.
    private static func asyncHooks(_ m: ModuleBuilder) {
        m.function("set_asyncgen_hooks", 0, 2, keywords: true) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let v = try Arguments.parse(t, function: "set_asyncgen_hooks", a, n, k, names: ["firstiter", "finalizer"], required: 0)
                for (name, hook) in [("firstiter", v[0]), ("finalizer", v[1])]
                where !hook.isNull && !hook.isNone && t.typeOf(hook).record.pointee.call == nil {
                    throw t.raise(.typeError, "callable \(name) expected, got \(t.typeName(hook))")
                }
                let vm = t.vm
                AsyncHooks.set(
                    t, first: v[0].isNull ? vm.pointee.firstAsyncIteration : v[0].isNone ? .null : v[0],
                    finalizer: v[1].isNull ? vm.pointee.asyncFinalizer : v[1].isNone ? .null : v[1])
                return .none
            }
        }
        m.function("get_asyncgen_hooks", 0, 0) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let type = DictRef(t.interpreterState.pointee.sysDict).getName(t, Interning.intern("_asyncgen_hooks"))
                defer { t.release(type) }
                let vm = t.vm
                return try NamedRecord.make(
                    t, type,
                    [vm.pointee.firstAsyncIteration, vm.pointee.asyncFinalizer].map { $0.isNull ? .none : t.retain($0) })
            }
        }
        m.function("set_coroutine_origin_tracking_depth", 1, 1, keywords: true) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let v = try Arguments.parse(t, function: "set_coroutine_origin_tracking_depth", a, n, k, names: ["depth"], required: 1)
                let depth = try t.indexInt(v[0])
                if depth < 0 { throw t.raise(.valueError, "depth must be >= 0") }
                t.vm.pointee.originDepth = depth
                return .none
            }
        }
        m.function("get_coroutine_origin_tracking_depth", 0, 0) { t, s, a, n, k in
            Value(smallInt: Thread(t).vm.pointee.originDepth).bits
        }
    }

    private static func noHook(_ raw: UnsafeMutableRawPointer, _ name: String, _ a: ArgumentWords) -> UInt64 {
        if Value(bits: a[0]).isNone { return Value.none.bits }
        _ = Thread(raw).raise(.notImplementedError, "sys.\(name)() is not supported: there are no trace hooks")
        return 0
    }
}
