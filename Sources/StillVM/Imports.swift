// The import statement and the import of native and source modules.
//
// Locks     One recursive import lock per interpreter: a module body runs once, other threads wait for it (detached). A module that is
//           being imported by the same thread is found, partly filled, in sys.modules, so circular imports proceed.
// Search    native modules first, then `name.py` and `name/__init__.py` in each entry of sys.path (or of the package's `__path__`), but for
//           the standard library's folder, then source of our own, then the standard library. Stand-ins come last of all.
import StillBytecode
public import StillObjects
import StillObmalloc
import StillPlatform
public import StillThreadRegistry

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
        let place = file.isNull || !t.isStr(file) ? "unknown location" : StrRef(file).string
        throw t.importError("cannot import name '\(StrRef(name).string)' from '\(text)' (\(place))", name: text)
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
        let modules = DictRef(t.interpreterState.pointee.modules)
        let lock = ImportLock.of(t)
        // Found and finished: no lock. A module in the making belongs to the lock's holder.
        if !lock.isHeld {
            let found = try modules.get(t, Interning.intern(name))
            if found.isNone {
                throw t.moduleNotFound("import of \(name) halted; None in sys.modules", name: name)
            }
            if !found.isNull { return found }
        }
        lock.acquire(t)
        defer { lock.release(t) }
        return try loadLocked(t, name)
    }

    static func loadLocked(_ t: Thread, _ name: String) throws(PythonError) -> Value {
        let modules = DictRef(t.interpreterState.pointee.modules)
        let key = Interning.intern(name)
        let found = try modules.get(t, key)
        if found.isNone { throw t.moduleNotFound("import of \(name) halted; None in sys.modules", name: name) }
        if !found.isNull { return found }
        var parent = Value.null
        var search = t.interpreterState.pointee.path
        var ownedSearch = Value.null
        defer { t.release(parent) }
        defer { t.release(ownedSearch) }
        var leaf = name
        if let dot = name.lastIndex(of: ".") {
            let parentName = String(name[..<dot])
            leaf = String(name[name.index(after: dot)...])
            parent = try loadLocked(t, parentName)
            let again = try modules.get(t, key)
            if !again.isNull { return again }
            ownedSearch = try t.getAttributeOrNull(parent, Interning.intern("__path__"))
            if ownedSearch.isNull {
                throw t.moduleNotFound("No module named '\(name)'; '\(parentName)' is not a package", name: name)
            }
            search = ownedSearch
        }
        let module: Value
        let included = ModuleTable.find(name)
        if case .native(let definition) = included {
            module = try definition.make(t)
            try modules.set(t, key, module)
        } else if case .source(let source, let isStandIn) = included {
            if let place = try find(t, leaf, search, withLibrary: isStandIn) {
                module = try execute(t, name, place)
            } else {
                module = try execute(t, name, Place(file: "<frozen \(name)>", package: nil), source: Array(source.utf8))
            }
        } else if let place = try find(t, leaf, search) {
            module = try execute(t, name, place)
        } else {
            let advice = t.interpreterState.pointee.stdlib.isNull ? StandardLibrary.advice(name) : ""
            throw t.moduleNotFound("No module named '\(name)'\(advice)", name: name)
        }
        if !parent.isNull {
            do throws(PythonError) { try t.setAttribute(parent, Interning.intern(leaf), module) } catch {
                t.release(module)
                throw error
            }
        }
        return module
    }

    struct Place {
        var file: String
        var package: String?
    }

    static func find(_ t: Thread, _ leaf: String, _ search: Value, withLibrary: Bool = true) throws(PythonError) -> Place? {
        let library = t.interpreterState.pointee.stdlib
        let list = try t.makeList(capacity: 0)
        defer { t.release(list) }
        try ListRef(list).extend(t, search)
        for index in 0..<ListRef(list).count {
            let item = ListRef(list).item(t, index)
            defer { t.release(item) }
            guard t.isStr(item) else { continue }
            let folder = StrRef(item).string
            if !withLibrary && !library.isNull && (StrRef.equal(item, library) || folder.hasPrefix(StrRef(library).string + "/")) { continue }
            let base = folder.isEmpty ? leaf : "\(folder)/\(leaf)"
            if File.exists("\(base)/__init__.py") { return Place(file: "\(base)/__init__.py", package: base) }
            if File.exists("\(base).py") { return Place(file: "\(base).py", package: nil) }
        }
        return nil
    }

    static func execute(
        _ t: Thread, _ name: String, _ place: Place, source given: [UInt8]? = nil
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
        let modules = DictRef(t.interpreterState.pointee.modules)
        let key = Interning.intern(name)
        do throws(PythonError) {
            if given == nil {
                let file = try t.makeString(place.file)
                defer { t.release(file) }
                try dict.set(t, Interning.intern("__file__"), file)
            }
            try dict.set(t, Interning.intern("__builtins__"), t.interpreterState.pointee.builtins)
            if let package = place.package {
                let folder = try t.makeString(package)
                let path = try t.makeList(capacity: 1)
                try ListRef(path).appendOwned(t, folder)
                try dict.set(t, Interning.intern("__path__"), path)
                t.release(path)
                try dict.set(t, Interning.intern("__package__"), key)
            } else {
                let parent = name.lastIndex(of: ".").map { String(name[..<$0]) } ?? ""
                try dict.set(t, Interning.intern("__package__"), Interning.intern(parent))
            }
            try modules.set(t, key, module)
            do throws(PythonError) { t.release(try run(t, code, globals: ModuleRef(module).dict)) } catch {
                let raised = t.takeRaised()
                _ = try? modules.delete(t, key)
                t.setRaised(raised)
                throw error
            }
        } catch {
            t.release(module)
            throw error
        }
        // The body may have put something else in its place.
        let final = try modules.get(t, key)
        if final.isNull { return module }
        t.release(module)
        return final
    }

    /// Runs a module's code. Owned result.
    public static func run(_ t: Thread, _ code: Value, globals: Value, locals: Value = .null) throws(PythonError) -> Value {
        let function = try FunctionRef.make(t, code: code, globals: globals, builtins: t.interpreterState.pointee.builtins)
        defer { t.release(function) }
        return try VM.runBody(t, function, locals: locals)
    }
}

extension ThreadState {
    func moduleNotFound(_ message: String, name: String) -> PythonError {
        importError(message, name: name, .moduleNotFoundError)
    }
}

/// The interpreter's import lock: recursive, waits detached.
final class ImportLock {
    private let lock = BlockingLock()
    nonisolated(unsafe) private var owner: UInt64 = 0
    nonisolated(unsafe) private var depth = 0

    static func of(_ t: Thread) -> ImportLock {
        Unmanaged<ImportLock>.fromOpaque(t.interpreterState.pointee.importLock!).takeUnretainedValue()
    }
    /// Held by any thread: a hint, except to the holder.
    var isHeld: Bool { lock.isLocked }

    func acquire(_ t: Thread) {
        if lock.isLocked && owner == t.id {
            depth += 1
            return
        }
        _ = lock.acquire(t, timeoutNanoseconds: nil)
        owner = t.id
        depth = 1
    }
    func release(_ t: Thread) {
        depth -= 1
        if depth == 0 {
            owner = 0
            lock.release()
        }
    }
    /// Free from now on, unless the calling thread holds it. The others never run again; modules that they were importing stay half done.
    func reset(_ t: Thread?) {
        if let t, lock.isLocked, owner == t.id { return }
        owner = 0
        depth = 0
        lock.reset()
    }
}
