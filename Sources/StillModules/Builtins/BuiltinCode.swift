// compile, eval, exec, import, classes, namespaces.
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import StillVM

enum BuiltinCode {
    static func define(_ m: ModuleBuilder) {
        m.function("globals", 0, 0) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in try RunningFrame.globals(t) }
        }
        m.function("locals", 0, 0) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in try RunningFrame.locals(t) }
        }
        m.function("__build_class__", 0, -1, keywords: true) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in try Functions.buildClass(t, a, n, Value(bits: k)) }
        }
        m.function("__import__", 1, 5, keywords: true) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let v = try Arguments.parse(
                    t, function: "__import__", a, n, k, names: ["name", "globals", "locals", "fromlist", "level"], required: 1)
                guard t.isStr(v[0]) else {
                    throw t.raise(.typeError, "__import__() argument 1 must be str, not \(t.typeName(v[0]))")
                }
                let level = v[4].isNull ? 0 : try t.indexInt(v[4])
                if level < 0 { throw t.raise(.valueError, "level must be >= 0") }
                let globals: Value
                if v[1].isNull || v[1].isNone {
                    globals = try t.makeDict()
                } else if t.typeOf(v[1]).has(TypeFlags.dictSubclass) {
                    globals = t.retain(v[1])
                } else {
                    throw t.raise(.typeError, "globals must be a dict")
                }
                defer { t.release(globals) }
                var names = Value.null
                if !v[3].isNull && !v[3].isNone {
                    let list = try t.makeList(capacity: 0)
                    defer { t.release(list) }
                    try ListRef(list).extend(t, v[3])
                    names = try t.tupleFromList(list)
                }
                defer { t.release(names) }
                return try Imports.importModule(t, StrRef(v[0]).string, globals: globals, fromList: names, level: level)
            }
        }
        m.function("compile", 3, 6, keywords: true) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let v = try Arguments.parse(
                    t, function: "compile", a, n, k,
                    names: ["source", "filename", "mode", "flags", "dont_inherit", "optimize", "_feature_version"],
                    required: 3, keywordOnly: 1)
                guard t.isStr(v[1]) else {
                    throw t.raise(.typeError, "expected str, bytes or os.PathLike object, not \(t.typeName(v[1]))")
                }
                guard t.isStr(v[2]) else {
                    throw t.raise(.typeError, "compile() argument 'mode' must be str, not \(t.typeName(v[2]))")
                }
                let mode: VMHooks.CompileMode
                switch StrRef(v[2]).string {
                case "exec": mode = .module
                case "eval": mode = .expression
                case "single": mode = .interactive
                default: throw t.raise(.valueError, "compile() mode must be 'exec', 'eval' or 'single'")
                }
                let flags = v[3].isNull ? 0 : try t.indexInt(v[3])
                if flags & ~BuiltinCode.knownFlags != 0 { throw t.raise(.valueError, "compile(): unrecognised flags") }
                let onlyTree = flags & BuiltinCode.onlyTree != 0
                if try BuiltinCode.isTree(t, v[0]) {
                    return onlyTree ? t.retain(v[0]) : try VMHooks.compileTree(t, v[0], StrRef(v[1]).string, mode)
                }
                let source = try BuiltinCode.source(t, v[0], "compile", "string, bytes or AST")
                if onlyTree { return try VMHooks.parseTree(t, source, StrRef(v[1]).string, mode) }
                return try VMHooks.compile(t, source, StrRef(v[1]).string, mode)
            }
        }
        m.function("eval", 1, 3, keywords: true) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let v = try Arguments.parse(
                    t, function: "eval", a, n, k, names: ["source", "globals", "locals"], required: 1, positionalOnly: 1)
                return try BuiltinCode.run(t, "eval", v, .expression)
            }
        }
        m.function("exec", 1, 4, keywords: true) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                let v = try Arguments.parse(
                    t, function: "exec", a, n, k, names: ["source", "globals", "locals", "closure"], required: 1,
                    positionalOnly: 1, keywordOnly: 1)
                t.release(try BuiltinCode.run(t, "exec", v, .module, closure: v[3].isNone ? .null : v[3]))
                return .none
            }
        }
        m.function("open", 1, 8, keywords: true) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                try LibraryHooks.open(t, a, n, k)
            }
        }
        m.function("breakpoint", 0, -1, keywords: true) { t, s, a, n, k in
            returning(t) { (t) throws(PythonError) -> Value in
                throw t.raise(.notImplementedError, "breakpoint() is not supported yet: there is no debugger")
            }
        }
    }

    /// `ast.PyCF_ONLY_AST`
    private static let onlyTree = 0x400
    /// That one, what `__future__` names, type comments and top-level await.
    private static let knownFlags = 0x1FF_0000 | 0x10 | 0x200 | 0x400 | 0x1000 | 0x2000 | 0x4000 | 0x8000

    /// Whether an object is an instance of `ast.AST`. Without the module there is none.
    private static func isTree(_ t: Thread, _ v: Value) throws(PythonError) -> Bool {
        guard v.isObject, t.typeOf(v).has(TypeFlags.heapType) else { return false }
        let module = DictRef(t.interpreterState.pointee.modules).getName(t, Interning.intern("_ast"))
        defer { t.release(module) }
        if module.isNull || module.isNone { return false }
        let root = try t.getAttribute(module, Interning.intern("AST"))
        defer { t.release(root) }
        return try t.isInstance(v, root)
    }

    private static func source(
        _ t: Thread, _ v: Value, _ function: String, _ wanted: String
    ) throws(PythonError) -> [UInt8] {
        var bytes: [UInt8]
        if t.isStr(v) {
            // Lone surrogates are an error of the encoding.
            let encoded = try t.callMethod(v, Interning.intern("encode"))
            defer { t.release(encoded) }
            bytes = t.bytesLike(encoded) ?? []
        } else if t.typeOf(v).has(TypeFlags.bytesSubclass) {
            bytes = []
            let count = try t.length(v)
            bytes.reserveCapacity(count)
            for index in 0..<count {
                let item = try t.getItem(v, Value(smallInt: index))
                bytes.append(UInt8(truncatingIfNeeded: item.smallInt))
            }
        } else {
            throw t.raise(.typeError, "\(function)() arg 1 must be a \(wanted) object")
        }
        if bytes.contains(0) { throw t.raise(.syntaxError, "source code string cannot contain null bytes") }
        return bytes
    }

    private static func run(
        _ t: Thread, _ function: String, _ v: [Value], _ mode: VMHooks.CompileMode, closure: Value = .null
    ) throws(PythonError) -> Value {
        var globals = v[1].isNull || v[1].isNone ? Value.null : v[1]
        var locals = v[2].isNull || v[2].isNone ? Value.null : v[2]
        var ownedGlobals = Value.null
        var ownedLocals = Value.null
        defer {
            t.release(ownedGlobals)
            t.release(ownedLocals)
        }
        if globals.isNull {
            ownedGlobals = try RunningFrame.globals(t)
            globals = ownedGlobals
            if locals.isNull {
                ownedLocals = try RunningFrame.locals(t)
                locals = ownedLocals
            }
        } else if !t.typeOf(globals).has(TypeFlags.dictSubclass) {
            throw t.raise(
                .typeError,
                function == "eval"
                    ? "globals must be a dict" : "exec() globals must be a dict, not \(t.typeName(globals))")
        }
        if locals.isNull { locals = globals }
        if !t.typeOf(locals).has(TypeFlags.dictSubclass) && t.typeOf(locals).record.pointee.getItem == nil {
            throw t.raise(
                .typeError,
                function == "eval"
                    ? "locals must be a mapping" : "locals must be a mapping or None, not \(t.typeName(locals))")
        }
        let key = Interning.intern("__builtins__")
        let present = DictRef(globals).getName(t, key)
        if present.isNull {
            try DictRef(globals).set(t, key, t.interpreterState.pointee.builtins)
        }
        t.release(present)
        let code: Value
        if t.typeOf(v[0]) == t.type(.code) {
            try checkClosure(t, function, v[0], closure)
            code = t.retain(v[0])
        } else {
            if !closure.isNull { throw t.raise(.typeError, "closure can only be used when source is a code object") }
            var text = try source(t, v[0], function, "string, bytes or code")
            if mode == .expression {
                while let first = text.first, first == 32 || first == 9 { text.removeFirst() }
            }
            code = try VMHooks.compile(t, text, "<string>", mode)
        }
        defer { t.release(code) }
        return try Imports.run(t, code, globals: globals, locals: locals.isSame(globals) ? .null : locals, closure: closure)
    }

    /// A code object's free variables need one cell each.
    private static func checkClosure(_ t: Thread, _ function: String, _ code: Value, _ closure: Value) throws(PythonError) {
        let count = CodeRef(code.object.raw).freeVariableCount
        if count == 0 {
            if !closure.isNull { throw t.raise(.typeError, "cannot use a closure with this code object") }
            return
        }
        if function == "eval" { throw t.raise(.typeError, "code object passed to eval() may not contain free variables") }
        let isTuple = !closure.isNull && t.typeOf(closure) == t.type(.tuple) && TupleRef(closure).count == count
        guard isTuple, (0..<count).allSatisfy({ t.typeOf(TupleRef(closure).item($0)) == t.type(.cell) }) else {
            throw t.raise(.typeError, "code object requires a closure of exactly length \(count)")
        }
    }
}
