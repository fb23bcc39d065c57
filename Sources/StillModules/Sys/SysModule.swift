// The module `sys`.
import StillGC
public import StillObjects
import StillObmalloc
import StillPlatform
public import StillThreadRegistry
public import StillVM

public enum SysModule {
    public static let versionText = "3.13.0 (Stillpoint, free threaded) [Swift]"

    public static let definition = ModuleDefinition(name: "sys") { m in
        do throws(PythonError) { try fill(m, m.thread) } catch {}
        functions(m)
        SysSettings.fill(m)
    }

    private static func fill(_ m: ModuleBuilder, _ t: Thread) throws(PythonError) {
        let state = t.interpreterState
        m.set("modules", state.pointee.modules)
        m.set("path", state.pointee.path)
        m.set("argv", state.pointee.argv)
        m.constant("version", try t.makeString(versionText))
        m.constant("platform", try t.makeString(platform))
        m.constant("byteorder", try t.makeString("little"))
        m.constant("executable", try t.makeString(File.realPath("/proc/self/exe") ?? CommandLine.arguments.first ?? ""))
        m.constant("prefix", try t.makeString(""))
        m.constant("maxsize", try t.makeInt(Int.max))
        m.set("maxunicode", Value(smallInt: 0x10FFFF))
        m.set("hexversion", Value(smallInt: 0x030D_00F0))
        m.set("api_version", Value(smallInt: 1013))
        m.set("dont_write_bytecode", .true)
        m.constant("copyright", try t.makeString("Copyright the Stillpoint authors."))
        m.constant("abiflags", try t.makeString("t"))
        let final = try t.makeString("final")
        let version = try namespace(
            t, [("major", Value(smallInt: 3)), ("minor", Value(smallInt: 13)), ("micro", Value(smallInt: 0)),
                ("releaselevel", final), ("serial", Value(smallInt: 0))], "version_info")
        m.set("version_info", version)
        let implementation = try t.makeInstanceNamespace([
            ("name", try t.makeString("stillpoint")), ("version", t.retain(version)),
            ("cache_tag", try t.makeString("stillpoint-313")), ("hexversion", Value(smallInt: 0x030D_00F0)),
        ])
        t.release(version)
        m.constant("implementation", implementation)
        m.constant(
            "hash_info",
            try namespace(
                t, [("width", Value(smallInt: 64)), ("modulus", try t.makeInt((1 << 61) - 1)), ("inf", Value(smallInt: 314159)),
                    ("nan", Value(smallInt: 0)), ("imag", Value(smallInt: 1_000_003))], "hash_info"))
        m.constant(
            "float_info",
            try namespace(
                t, [("max", try t.makeFloat(Double.greatestFiniteMagnitude)), ("max_exp", Value(smallInt: 1024)),
                    ("max_10_exp", Value(smallInt: 308)), ("min", try t.makeFloat(Double.leastNormalMagnitude)),
                    ("min_exp", Value(smallInt: -1021)), ("min_10_exp", Value(smallInt: -307)),
                    ("dig", Value(smallInt: 15)), ("mant_dig", Value(smallInt: 53)),
                    ("epsilon", try t.makeFloat(Double.ulpOfOne)), ("radix", Value(smallInt: 2)),
                    ("rounds", Value(smallInt: 1))], "float_info"))
        m.constant(
            "int_info",
            try namespace(
                t, [("bits_per_digit", Value(smallInt: 64)), ("sizeof_digit", Value(smallInt: 8)),
                    ("default_max_str_digits", Value(smallInt: 4300)), ("str_digits_check_threshold", Value(smallInt: 640))],
                "int_info"))
        let set = ["utf8_mode": 1, "int_max_str_digits": 4300, "hash_randomization": StringHash.isRandomized ? 1 : 0]
        m.constant(
            "flags",
            try namespace(
                t, ["debug", "inspect", "interactive", "optimize", "dont_write_bytecode", "no_user_site", "no_site",
                    "ignore_environment", "verbose", "bytes_warning", "quiet", "hash_randomization", "isolated", "dev_mode",
                    "utf8_mode", "warn_default_encoding", "safe_path", "int_max_str_digits", "gil"
                ].map { ($0, Value(smallInt: set[$0] ?? 0)) }, "flags"))
        for (name, number) in [("stdin", 0), ("stdout", 1), ("stderr", 2)] {
            let stream = try TextStream.make(t, descriptor: number)
            m.set(name, stream)
            m.constant("__\(name)__", stream)
        }
        let names = try t.makeList(capacity: 0)
        for name in Imports.nativeNames { try ListRef(names).append(t, Interning.intern(name)) }
        m.constant("builtin_module_names", try t.tupleFromList(names))
        t.release(names)
    }

    static var platform: String {
        #if os(macOS)
            "darwin"
        #else
            "linux"
        #endif
    }

    /// An object with attributes, for the small records of sys.
    private static func namespace(_ t: Thread, _ fields: [(String, Value)], _ name: String) throws(PythonError) -> Value {
        try NamedRecord.make(t, type: "sys.\(name)", fields)
    }

    private static func functions(_ m: ModuleBuilder) {
        m.function("exit", 0, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                throw n == 0 || Value(bits: a[0]).isNone
                    ? t.raise(.systemExit) : t.raise(.systemExit, args: Value(bits: a[0]))
            }
        }
        m.function("exc_info", 0, 0) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let handled = t.objects.pointee.handled
                if handled.isNull || handled.isNone { return try t.makeTuple([.none, .none, .none]) }
                let traceback = ExceptionRef(handled).traceback(t)
                return try t.makeTuple([
                    t.retain(t.typeOf(handled).value), t.retain(handled), traceback.isNull ? .none : traceback,
                ])
            }
        }
        m.function("exception", 0, 0) { t, s, a, n, k in
            let handled = Thread(t).objects.pointee.handled
            return handled.isNull ? Value.none.bits : Thread(t).retain(handled).bits
        }
        m.function("getrecursionlimit", 0, 0) { t, s, a, n, k in
            Value(smallInt: Thread(t).objects.pointee.recursionLimit).bits
        }
        m.function("setrecursionlimit", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let limit = try t.indexInt(Value(bits: a[0]))
                if limit < 1 { throw t.raise(.valueError, "recursion limit must be greater or equal than 1") }
                if limit <= t.objects.pointee.recursionDepth {
                    throw t.raise(
                        .recursionError,
                        "cannot set the recursion limit to \(limit) at the recursion depth \(t.objects.pointee.recursionDepth): the limit is too low")
                }
                PythonThreads.setRecursionLimit(t, limit)
                return .none
            }
        }
        m.function("getrefcount", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let v = Value(bits: a[0])
                return v.isObject ? try t.makeInt(ReferenceCount.count(v.object)) : try t.makeInt(Int(UInt32.max))
            }
        }
        m.function("getallocatedblocks", 0, 0) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                var blocks = 0
                t.withStoppedWorld(.introspection) { (world: borrowing StoppedWorld) in
                    blocks = InterpreterHeap(of: t).allocatedBlocks(world)
                }
                return try t.makeInt(blocks)
            }
        }
        m.function("getswitchinterval", 0, 0) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in try t.makeFloat(0.005) }
        }
        m.function("setswitchinterval", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                if try t.floatValue(Value(bits: a[0])) <= 0 {
                    throw t.raise(.valueError, "switch interval must be strictly positive")
                }
                return .none
            }
        }
        m.function("intern", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                guard t.typeOf(Value(bits: a[0])) == t.type(.str) else {
                    throw t.raise(.typeError, "intern() argument must be str, not \(t.typeName(Value(bits: a[0])))")
                }
                return Interning.intern(StrRef(Value(bits: a[0])).string)
            }
        }
        m.function("getsizeof", 1, 2) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let v = Value(bits: a[0])
                if !v.isObject { return Value(smallInt: 8) }
                return Value(smallInt: Int(t.typeOf(v).record.pointee.instanceSize))
            }
        }
        m.function("getdefaultencoding", 0, 0) { t, s, a, n, k in Interning.intern("utf-8").bits }
        m.function("getfilesystemencoding", 0, 0) { t, s, a, n, k in Interning.intern("utf-8").bits }
        m.function("is_finalizing", 0, 0) { t, s, a, n, k in Value(PythonThreads.isFinalizing(Thread(t).interpreter)).bits }
        m.function("_is_gil_enabled", 0, 0) { t, s, a, n, k in Value.false.bits }
        m.function("excepthook", 3, 3) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                TextStream.write(t, to: "stderr", TracebackText.render(t, Value(bits: a[1])))
                return .none
            }
        }
        m.function("_format_exception", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                try t.makeString(TracebackText.render(t, Value(bits: a[0])))
            }
        }
        m.function("unraisablehook", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let value = try t.getAttribute(Value(bits: a[0]), Interning.intern("exc_value"))
                defer { t.release(value) }
                let object = try t.getAttributeOrNull(Value(bits: a[0]), Interning.intern("object"))
                defer { t.release(object) }
                Unraisable.report(t, value, object.isNone ? .null : object)
                return .none
            }
        }
        m.function("displayhook", 1, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                try SysModule.display(t, Value(bits: a[0]))
                return .none
            }
        }
        m.function("_getframe", 0, 1) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                try FrameObjects.running(t, depth: n == 0 ? 0 : t.indexInt(Value(bits: a[0])))
            }
        }
    }

    /// Shows the value of an expression statement, like an interactive session.
    public static func display(_ t: Thread, _ value: Value) throws(PythonError) {
        if value.isNone { return }
        let text = try t.repr(value)
        defer { t.release(text) }
        TextStream.write(t, to: "stdout", StrRef(text).string + "\n")
        try DictRef(t.interpreterState.pointee.builtins).set(t, Interning.intern("_"), value)
    }
}

extension ThreadState {
    /// A types.SimpleNamespace with the given attributes, whose references are given up.
    func makeInstanceNamespace(_ fields: [(String, Value)]) throws(PythonError) -> Value {
        let object = try call(type(.simpleNamespace).value)
        for (name, value) in fields {
            try setAttribute(object, Interning.intern(name), value)
            release(value)
        }
        return object
    }
}
