// The import statement and the import of native and source modules.
//
// Threads   A module's body runs once; others that import it meanwhile wait for it, and circular imports find it partly filled: ImportLocks.swift.
// Search    native modules first, then `name.py` and `name/__init__.py` in each entry of sys.path (or of the package's `__path__`), but for
//           the standard library's folder, then source of our own, then the standard library. Stand-ins come last of all.
import StillBytecode
public import StillObjects
import StillObmalloc
import StillPlatform
public import StillThreadRegistry
import Synchronization

public enum Imports {
    /// Makes a native module importable, in all interpreters. Any thread.
    ///
    /// - Returns: false when there is a module of that name already.
    @discardableResult
    public static func register(_ definition: ModuleDefinition) -> Bool { ModuleTable.add(definition.name, .native(definition)) }
    /// Makes a module with built-in Python source importable; a file of that name on the path comes first.
    ///
    /// - Parameter isStandIn: the module of an installed standard library comes first, too.
    @discardableResult
    public static func registerSource(_ name: String, _ source: String, isStandIn: Bool = false) -> Bool {
        ModuleTable.add(name, .source(source, isStandIn: isStandIn))
    }
    public static var nativeNames: [String] { ModuleTable.nativeNames }

    // MARK: Instructions

    @inline(never)
    static func execute(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer) -> Bool {
        NameAccess.attempt(t) { () throws(PythonError) in
            switch unsafeBitCast(pc.load(as: UInt8.self), to: Opcode.self) {
            case .importName:
                let name = Value(bits: regs.code.pointee.names[pc.b])
                let level = regs.value(pc.a)
                let module = try importModule(
                    t, StrRef(name).string, globals: regs.function.globals, fromList: regs.value(pc.a + 1),
                    level: level.isSmallInt ? level.smallInt : 0)
                regs.drop(t, pc.a + 1)
                regs.put(t, pc.a, module.bits)
            case .importFrom:
                let name = Value(bits: regs.code.pointee.names[pc.c])
                let value = try importFrom(t, NameAccess.bound(t, regs, pc.b), name)
                if pc.flags & InstructionFlags.consumeB != 0 { regs.drop(t, pc.b) }
                regs.put(t, pc.a, value.bits)
            default:
                let locals = regs.localsMapping.isNull ? regs.function.globals : regs.localsMapping
                try importStar(t, NameAccess.bound(t, regs, pc.a), into: locals)
                if pc.flags & InstructionFlags.consumeA != 0 { regs.drop(t, pc.a) }
            }
        }
    }

    static func importFrom(_ t: Thread, _ module: Value, _ name: Value) throws(PythonError) -> Value {
        let value = try t.getAttributeOrNull(module, name)
        if !value.isNull { return value }
        let package = try t.getAttributeOrNull(module, Interning.intern("__name__"))
        defer { t.release(package) }
        let text = package.isNull || !t.isStr(package) ? "<unknown module name>" : StrRef(package).string
        let full = Interning.intern("\(text).\(StrRef(name).string)")
        let submodule = try DictRef(t.interpreterState.pointee.modules).get(t, full)
        if !submodule.isNull { return submodule }
        let file = try t.getAttributeOrNull(module, Interning.intern("__file__"))
        defer { t.release(file) }
        if file.isNull || !t.isStr(file) {
            throw t.importError("cannot import name '\(StrRef(name).string)' from '\(text)' (unknown location)", name: text)
        }
        let kind = ModuleRef.isPartial(t, module) ? "partially initialized module '\(text)' (most likely due to a circular import)" : "'\(text)'"
        throw t.importError("cannot import name '\(StrRef(name).string)' from \(kind) (\(StrRef(file).string))", name: text)
    }

    static func importStar(_ t: Thread, _ module: Value, into locals: Value) throws(PythonError) {
        let all = try t.getAttributeOrNull(module, Interning.intern("__all__"))
        defer { t.release(all) }
        let dict = try t.getAttribute(module, Interning.intern("__dict__"))
        defer { t.release(dict) }
        let names = all.isNull ? try t.callMethod(dict, Interning.intern("keys")) : t.retain(all)
        defer { t.release(names) }
        let list = try t.makeList(capacity: 0)
        defer { t.release(list) }
        try ListRef(list).extend(t, names)
        for index in 0..<ListRef(list).count {
            let name = ListRef(list).item(t, index)
            defer { t.release(name) }
            guard t.isStr(name) else { continue }
            if all.isNull && StrRef(name).string.hasPrefix("_") { continue }
            let value = try t.getAttribute(module, name)
            defer { t.release(value) }
            try t.setItem(locals, name, value)
        }
    }

    // MARK: Importing

    /// What `import a.b` or `from a.b import c` evaluates to. Owned.
    public static func importModule(
        _ t: Thread, _ name: String, globals: Value, fromList: Value, level: Int
    ) throws(PythonError) -> Value {
        var absolute = name
        if level > 0 { absolute = try resolve(t, name, globals, level) }
        if absolute.isEmpty { throw t.raise(.valueError, "Empty module name") }
        let module = try load(t, absolute)
        let wantsNames = !fromList.isNull && !fromList.isNone && TupleRef(fromList).count > 0
        if wantsNames {
            // Names that are submodules are imported now.
            let path = try t.getAttributeOrNull(module, Interning.intern("__path__"))
            defer { t.release(path) }
            if !path.isNull {
                for index in 0..<TupleRef(fromList).count {
                    let item = TupleRef(fromList).item(index)
                    guard t.isStr(item), StrRef(item).string != "*" else { continue }
                    let has = try t.getAttributeOrNull(module, item)
                    if !has.isNull {
                        t.release(has)
                        continue
                    }
                    let full = "\(absolute).\(StrRef(item).string)"
                    do throws(PythonError) { t.release(try load(t, full)) } catch {
                        // The submodule itself, not one that it imports.
                        guard t.matchesRaised(.moduleNotFoundError) else { throw error }
                        let raised = t.takeRaised()
                        let missing = try t.getAttribute(raised, Interning.intern("name"))
                        defer { t.release(missing) }
                        guard t.isStr(missing), StrRef(missing).string == full else {
                            t.setRaised(raised)
                            throw error
                        }
                        t.release(raised)
                    }
                }
            }
            return module
        }
        guard let dot = name.firstIndex(of: "."), level == 0 else { return module }
        t.release(module)
        return try load(t, String(name[..<dot]))
    }

    static func resolve(_ t: Thread, _ name: String, _ globals: Value, _ level: Int) throws(PythonError) -> String {
        var package = DictRef(globals).getName(t, Interning.intern("__package__"))
        if package.isNull || package.isNone {
            package = DictRef(globals).getName(t, Interning.intern("__name__"))
            let path = DictRef(globals).getName(t, Interning.intern("__path__"))
            defer { t.release(path) }
            if !package.isNull, path.isNull, t.isStr(package) {
                let text = StrRef(package).string
                t.release(package)
                package = try t.makeString(text.lastIndex(of: ".").map { String(text[..<$0]) } ?? "")
            }
        }
        defer { t.release(package) }
        guard !package.isNull, t.isStr(package), !StrRef(package).string.isEmpty else {
            throw t.importError("attempted relative import with no known parent package", name: name)
        }
        var parts = StrRef(package).string.split(separator: ".").map(String.init)
        if level - 1 >= parts.count { throw t.importError("attempted relative import beyond top-level package", name: name) }
        parts.removeLast(level - 1)
        return (parts + (name.isEmpty ? [] : [name])).joined(separator: ".")
    }

    /// The module with that absolute name, importing it and its parents if needed. Owned.
    public static func load(_ t: Thread, _ name: String) throws(PythonError) -> Value {
        let key = Interning.intern(name)
        let found = try finished(t, key, name)
        if _fastPath(!found.isNull) { return found }
        var parent = Value.null
        defer { t.release(parent) }
        if let dot = name.lastIndex(of: ".") { parent = try load(t, String(name[..<dot])) }
        let locks = ImportLocks.of(t)
        var wasCircular = false
        while true {
            let found = try finished(t, key, name)
            if !found.isNull { return found }
            switch locks.claim(t, name) {
            case .begun(let making):
                defer { locks.end(making) }
                // Somebody may have finished it since it was missed.
                if try isThere(t, key) { continue }
                return try make(t, name, key, parent, making.number)
            case .nested(let making): return try make(t, name, key, parent, making.number)
            case .taken(let making): try locks.wait(t, making)
            case .circular:
                // Its maker may have put it into sys.modules, and begun to wait for this thread, since it was missed.
                if wasCircular { throw t.raise(.runtimeError, "deadlock detected by the import of '\(name)'") }
                wasCircular = true
            }
        }
    }

    /// What sys.modules has, when it is finished or when waiting for it would be for ever. Owned; null when there is nothing.
    private static func finished(_ t: Thread, _ key: Value, _ name: String) throws(PythonError) -> Value {
        let modules = DictRef(t.interpreterState.pointee.modules)
        while true {
            let found = try modules.get(t, key)
            if found.isNull { return found }
            if found.isNone { throw t.moduleNotFound("import of \(name) halted; None in sys.modules", name: name) }
            guard found.isObject, t.typeOf(found) == t.type(.module) else { return found }
            let number = ModuleRef(found).making.pointee.load(ordering: .acquiring)  // I1
            if _fastPath(number == 0) || FaultInjection.isActive(.seeHalfModules) { return found }
            if number == ModuleRef.failed {
                // It is not there any more, unless the program has put it back.
                let again = try modules.get(t, key)
                defer { t.release(again) }
                if again.isSame(found) { return found }
            } else {
                let locks = ImportLocks.of(t)
                switch locks.progress(t, number) {
                case .ours: return found
                case .running(let making):
                    t.release(found)
                    try locks.wait(t, making)
                    continue
                case .over:
                    if ModuleRef(found).making.pointee.load(ordering: .acquiring) == number {
                        // Its maker has vanished.
                        t.release(found)
                        return .null
                    }
                }
            }
            t.release(found)
        }
    }

    /// Whether sys.modules has it, for who has claimed it. What a vanished thread has left half done is taken out.
    private static func isThere(_ t: Thread, _ key: Value) throws(PythonError) -> Bool {
        let modules = DictRef(t.interpreterState.pointee.modules)
        let found = try modules.get(t, key)
        if found.isNull { return false }
        defer { t.release(found) }
        guard found.isObject, t.typeOf(found) == t.type(.module) else { return true }
        let number = ModuleRef(found).making.pointee.load(ordering: .acquiring)  // I1
        if number == 0 || number == ModuleRef.failed { return true }
        guard case .over = ImportLocks.of(t).progress(t, number),
            ModuleRef(found).making.pointee.load(ordering: .acquiring) == number
        else { return true }
        _ = try modules.delete(t, key)
        return false
    }

    /// Finds a module and runs it, for who has claimed it. Owned.
    private static func make(
        _ t: Thread, _ name: String, _ key: Value, _ parent: Value, _ number: UInt64
    ) throws(PythonError) -> Value {
        var search = t.interpreterState.pointee.path
        var ownedSearch = Value.null
        defer { t.release(ownedSearch) }
        let dot = name.lastIndex(of: ".")
        let leaf = dot.map { String(name[name.index(after: $0)...]) } ?? name
        if let dot {
            ownedSearch = try t.getAttributeOrNull(parent, Interning.intern("__path__"))
            if ownedSearch.isNull {
                throw t.moduleNotFound("No module named '\(name)'; '\(name[..<dot])' is not a package", name: name)
            }
            search = ownedSearch
        }
        switch ModuleTable.find(name) {
        case .native(let definition):
            let module = try definition.make(t)
            return try complete(t, module, key, leaf, parent, number) { () throws(PythonError) in }
        case .source(let source, let isStandIn):
            if let place = try find(t, leaf, search, withLibrary: isStandIn), !place.file.isEmpty { return try run(t, name, key, place, nil, leaf, parent, number) }
            return try run(t, name, key, Place(file: "<frozen \(name)>", folders: nil), Array(source.utf8), leaf, parent, number)
        case nil:
            let found = try ImportFinders.load(t, name, key, path: parent.isNull ? .none : search)
            if !found.isNull {
                if !parent.isNull { try t.setAttribute(parent, Interning.intern(leaf), found) }
                return found
            }
            if let place = try find(t, leaf, search) {
                return try run(t, name, key, place, place.file.isEmpty ? [] : nil, leaf, parent, number)
            }
            let advice = t.interpreterState.pointee.stdlib.isNull ? StandardLibrary.advice(name) : ""
            throw t.moduleNotFound("No module named '\(name)'\(advice)", name: name)
        }
    }

    /// Puts a new module (given up) into sys.modules, runs its body and makes it an attribute of its parent. Owned: what sys.modules has then.
    private static func complete(
        _ t: Thread, _ module: Value, _ key: Value, _ leaf: String, _ parent: Value, _ number: UInt64,
        body: () throws(PythonError) -> Void
    ) throws(PythonError) -> Value {
        let modules = DictRef(t.interpreterState.pointee.modules)
        let making = ModuleRef(module).making
        defer { t.release(module) }
        making.pointee.store(number, ordering: .relaxed)
        do throws(PythonError) {
            try modules.set(t, key, module)
            try body()
        } catch {
            let raised = t.takeRaised()
            _ = try? modules.delete(t, key)
            t.setRaised(raised)
            making.pointee.store(ModuleRef.failed, ordering: .releasing)  // I1
            throw error
        }
        defer { making.pointee.store(0, ordering: .releasing) }  // I1
        // The body may have put something else in its place.
        let there = try modules.get(t, key)
        let final = there.isNull ? t.retain(module) : there
        if parent.isNull { return final }
        do throws(PythonError) { try t.setAttribute(parent, Interning.intern(leaf), final) } catch {
            t.release(final)
            throw error
        }
        return final
    }

    struct Place {
        /// Empty: a package of folders without a file.
        var file: String
        /// A package's `__path__`.
        var folders: [String]?
    }

    static func find(_ t: Thread, _ leaf: String, _ search: Value, withLibrary: Bool = true) throws(PythonError) -> Place? {
        let library = t.interpreterState.pointee.stdlib
        let list = try t.makeList(capacity: 0)
        defer { t.release(list) }
        try ListRef(list).extend(t, search)
        var bare: [String] = []
        for index in 0..<ListRef(list).count {
            let item = ListRef(list).item(t, index)
            defer { t.release(item) }
            guard t.isStr(item) else { continue }
            let folder = StrRef(item).string
            if !withLibrary && !library.isNull && (StrRef.equal(item, library) || folder.hasPrefix(StrRef(library).string + "/")) { continue }
            let base = "\(folder.isEmpty ? File.realPath(".") ?? "." : folder)/\(leaf)"
            if File.exists("\(base)/__init__.py") { return Place(file: "\(base)/__init__.py", folders: [base]) }
            if File.exists("\(base).py") { return Place(file: "\(base).py", folders: nil) }
            if File.isDirectory(base) { bare.append(base) }
        }
        return bare.isEmpty ? nil : Place(file: "", folders: bare)
    }

    /// Makes a module from source: the file's, or what is given. Owned.
    private static func run(
        _ t: Thread, _ name: String, _ key: Value, _ place: Place, _ given: [UInt8]?, _ leaf: String, _ parent: Value, _ number: UInt64
    ) throws(PythonError) -> Value {
        let source: [UInt8]
        if let given {
            source = given
        } else {
            do { source = try File.read(place.file) } catch { throw t.importError("\(error)", name: name) }
        }
        let code = try VMHooks.compile(t, source, place.file, .module)
        defer { t.release(code) }
        let module = try ModuleRef.make(t, name: name)
        let dict = DictRef(ModuleRef(module).dict)
        do throws(PythonError) {
            if given == nil {
                let file = try t.makeString(place.file)
                defer { t.release(file) }
                try dict.set(t, Interning.intern("__file__"), file)
            }
            try dict.set(t, Interning.intern("__builtins__"), t.interpreterState.pointee.builtins)
            if let folders = place.folders {
                let path = try t.makeList(capacity: folders.count)
                defer { t.release(path) }
                for folder in folders { try ListRef(path).appendOwned(t, try t.makeString(folder)) }
                try dict.set(t, Interning.intern("__path__"), path)
                try dict.set(t, Interning.intern("__package__"), key)
            } else {
                let package = name.lastIndex(of: ".").map { String(name[..<$0]) } ?? ""
                try dict.set(t, Interning.intern("__package__"), Interning.intern(package))
            }
        } catch {
            t.release(module)
            throw error
        }
        return try complete(t, module, key, leaf, parent, number) { () throws(PythonError) in
            t.release(try run(t, code, globals: dict.value))
        }
    }

    /// Runs a module's code. Owned result.
    ///
    /// - Parameter closure: a tuple of as many cells as the code has free variables; null for none.
    public static func run(
        _ t: Thread, _ code: Value, globals: Value, locals: Value = .null, closure: Value = .null
    ) throws(PythonError) -> Value {
        try DictRef(globals).useUsualTable(t)
        let function = try FunctionRef.make(
            t, code: code, globals: globals, builtins: t.interpreterState.pointee.builtins, closure: closure)
        defer { t.release(function) }
        return try VM.runBody(t, function, locals: locals)
    }
}

extension ThreadState {
    func moduleNotFound(_ message: String, name: String) -> PythonError {
        importError(message, name: name, .moduleNotFoundError)
    }
}
