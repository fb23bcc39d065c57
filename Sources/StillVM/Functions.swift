// Making functions and classes, and rare instructions.
import StillBytecode
public import StillObjects
import StillObmalloc
import StillPlatform
public import StillThreadRegistry

public enum Functions {
    @inline(never)
    static func make(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer) -> Bool {
        NameAccess.attempt(t) { () throws(PythonError) in
            let parts = UInt16(pc.c)
            var at = pc.a
            func part(_ bit: UInt16) -> Value {
                if parts & bit == 0 { return .null }
                at += 1
                return regs.value(at - 1)
            }
            let defaults = part(FunctionParts.defaults)
            let keywordDefaults = part(FunctionParts.keywordDefaults)
            let annotations = part(FunctionParts.annotations)
            let closure = part(FunctionParts.closure)
            _ = part(FunctionParts.typeParameters)
            let own = regs.function
            let function = try FunctionRef.make(
                t, code: Value(bits: regs.code.pointee.constants[pc.b]), globals: own.globals, builtins: own.builtins,
                defaults: defaults, keywordDefaults: keywordDefaults, closure: closure, annotations: annotations)
            while at > pc.a {
                at -= 1
                regs.drop(t, at)
            }
            regs.put(t, pc.a, function.bits)
        }
    }

    @inline(never)
    static func classOperation(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer) -> Bool {
        NameAccess.attempt(t) { () throws(PythonError) in
            switch unsafeBitCast(pc.load(as: UInt8.self), to: Opcode.self) {
            case .loadBuildClass:
                let function = DictRef(regs.function.builtins).getName(t, Interning.intern("__build_class__"))
                if function.isNull { throw t.raise(.nameError, "__build_class__ not found") }
                regs.put(t, pc.a, function.bits)
            case .loadLocals:
                let locals = regs.localsMapping
                regs.put(t, pc.a, t.retain(locals.isNull ? regs.function.globals : locals).bits)
            default:
                let name = Interning.intern("__annotations__")
                let locals = regs.localsMapping.isNull ? regs.function.globals : regs.localsMapping
                if try !t.contains(locals, name) {
                    let dict = try t.makeDict()
                    defer { t.release(dict) }
                    try t.setItem(locals, name, dict)
                }
            }
        }
    }

    /// builtins.__build_class__(function, name, *bases, metaclass=…, **keywords)
    public static func buildClass(
        _ t: Thread, _ arguments: UnsafeMutablePointer<UInt64>, _ count: Int, _ names: Value
    ) throws(PythonError) -> Value {
        guard count >= 2 else { throw t.raise(.typeError, "__build_class__: not enough arguments") }
        let body = Value(bits: arguments[0])
        let name = Value(bits: arguments[1])
        guard t.typeOf(body) == t.type(.function) else {
            throw t.raise(.typeError, "__build_class__: func must be a function")
        }
        guard t.isStr(name) else { throw t.raise(.typeError, "__build_class__: name is not a string") }
        let original = try t.makeTuple(count - 2)
        for index in 2..<max(2, count) { original.initialize(index - 2, t.retain(Value(bits: arguments[index]))) }
        defer { t.release(original.value) }
        let bases = try resolveBases(t, original)
        defer { t.release(bases) }
        // Keywords but for metaclass go to the metaclass.
        var metaclass = Value.null
        var keywordNames: [Value] = []
        var keywordValues: [Value] = []
        if !names.isNull {
            for index in 0..<TupleRef(names).count {
                let keyword = TupleRef(names).item(index)
                if StrRef(keyword).string == "metaclass" {
                    metaclass = Value(bits: arguments[count + index])
                } else {
                    keywordNames.append(keyword)
                    keywordValues.append(Value(bits: arguments[count + index]))
                }
            }
        }
        if metaclass.isNull {
            metaclass = TupleRef(bases).count == 0 ? t.type(.type).value : t.typeOf(TupleRef(bases).item(0)).value
        }
        if t.isType(metaclass) {
            var winner = TypeRef(metaclass)
            for index in 0..<TupleRef(bases).count {
                let other = t.typeOf(TupleRef(bases).item(index))
                if t.isSubtype(winner, other) { continue }
                guard t.isSubtype(other, winner) else {
                    throw t.raise(
                        .typeError,
                        "metaclass conflict: the metaclass of a derived class must be a (non-strict) subclass of the metaclasses of all its bases")
                }
                winner = other
            }
            metaclass = winner.value
        }
        let keywordTuple = try t.makeTuple(keywordNames.map { t.retain($0) })
        defer { t.release(keywordTuple) }
        func callWithKeywords(_ callee: Value, _ positional: [Value]) throws(PythonError) -> Value {
            let all = positional + keywordValues
            var words = all.map(\.bits)
            return try words.withUnsafeMutableBufferPointer { (buffer) throws(PythonError) -> Value in
                try t.call(
                    callee, args: buffer.baseAddress!, count: positional.count,
                    keywords: keywordNames.isEmpty ? .null : keywordTuple)
            }
        }
        let prepare = try t.getAttributeOrNull(metaclass, Interning.intern("__prepare__"))
        let namespace: Value
        if prepare.isNull {
            namespace = try t.makeDict()
        } else {
            defer { t.release(prepare) }
            namespace = try callWithKeywords(prepare, [name, bases])
        }
        defer { t.release(namespace) }
        if !bases.isSame(original.value) {
            try t.setItem(namespace, Interning.intern("__orig_bases__"), original.value)
        }
        let cell = try VM.runBody(t, body, locals: namespace)
        defer { t.release(cell) }
        let result = try callWithKeywords(metaclass, [name, bases, namespace])
        if cell.isObject && t.typeOf(cell) == t.type(.cell) {
            // type.__new__ has filled it; a metaclass that did not call it is reported as CPython does.
            let inside = Value(bits: Cells.load(t, cell.object))
            defer { t.release(inside) }
            if inside.isNull {
                t.release(result)
                throw t.raise(
                    .runtimeError,
                    "__class__ not set defining '\(StrRef(name).string)' as \(t.typeName(metaclass)). Was __classcell__ propagated to type.__new__?")
            }
        }
        return result
    }

    static func resolveBases(_ t: Thread, _ bases: TupleRef) throws(PythonError) -> Value {
        var changed = false
        let list = try t.makeList(capacity: bases.count)
        defer { t.release(list) }
        for index in 0..<bases.count {
            let base = bases.item(index)
            if !t.isType(base) {
                let entries = try t.getAttributeOrNull(base, Interning.intern("__mro_entries__"))
                if !entries.isNull {
                    defer { t.release(entries) }
                    let replaced = try t.call(entries, bases.value)
                    defer { t.release(replaced) }
                    guard t.typeOf(replaced).has(TypeFlags.tupleSubclass) else {
                        throw t.raise(.typeError, "__mro_entries__ must return a tuple")
                    }
                    changed = true
                    for inner in 0..<TupleRef(replaced).count { try ListRef(list).append(t, TupleRef(replaced).item(inner)) }
                    continue
                }
            }
            try ListRef(list).append(t, base)
        }
        return changed ? try t.tupleFromList(list) : t.retain(bases.value)
    }

    @inline(never)
    static func intrinsic(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer) -> Bool {
        NameAccess.attempt(t) { () throws(PythonError) in
            switch Intrinsic(rawValue: UInt16(pc.c)) {
            case .printExpression:
                let value = try NameAccess.bound(t, regs, pc.b)
                try VMHooks.displayHook(t, value)
                regs.consume(t, pc)
                regs.put(t, pc.a, Value.none.bits)
            case .stopIterationError:
                // [b] is the exception that leaves a generator.
                let exception = regs.value(pc.b)
                var result = t.retain(exception)
                let isAsync = regs.code.pointee.has(.asyncGenerator) && t.matches(exception: exception, .stopAsyncIteration)
                if isAsync || t.matches(exception: exception, .stopIteration) {
                    let code = regs.code
                    let kind =
                        code.pointee.has(.coroutine) ? "coroutine" : code.pointee.has(.asyncGenerator) ? "async generator" : "generator"
                    _ = t.raise(.runtimeError, "\(kind) raised \(isAsync ? "StopAsyncIteration" : "StopIteration")")
                    let error = t.takeRaised()
                    ExceptionRef(error).setCause(t, t.retain(exception))
                    ExceptionRef(error).setContext(t, result)
                    result = error
                }
                regs.consume(t, pc)
                regs.put(t, pc.a, result.bits)
            case .asyncGeneratorWrap:
                let value = try NameAccess.bound(t, regs, pc.b)
                if pc.a != pc.b {
                    regs.put(t, pc.a, t.retain(value).bits)
                    regs.consume(t, pc)
                }
                // The next instruction yields.
                t.vm.pointee.yieldedItem = true
            case .handle:
                t.objects.pointee.handled = regs.value(pc.b)
                regs.put(t, pc.a, Value.none.bits)
            case .exceptionType:
                regs.put(t, pc.a, t.retain(t.typeOf(regs.value(pc.b)).value).bits)
            case .exceptionTraceback:
                let traceback = ExceptionRef(regs.value(pc.b)).traceback(t)
                regs.put(t, pc.a, traceback.isNull ? Value.none.bits : traceback.bits)
            case .spreadTuple: try Containers.spreadTuple(t, regs, pc)
            case .unaryPlus:
                let result = try t.unary(.positive, NameAccess.bound(t, regs, pc.b))
                regs.consume(t, pc)
                regs.put(t, pc.a, result.bits)
            case .makeTypeVariable: try typing(t, regs, pc, "_make_type_variable")
            case .makeParamSpec: try typing(t, regs, pc, "_make_param_spec")
            case .makeTypeVariableTuple: try typing(t, regs, pc, "_make_type_variable_tuple")
            case .makeTypeAlias: try typing(t, regs, pc, "_make_type_alias")
            case .makeGenericBase: try typing(t, regs, pc, "_make_generic_base")
            case nil:
                throw t.raise(.systemError, "unknown intrinsic \(pc.c)")
            }
        }
    }

    /// [a] = a function of `_typing` called with the tuple in [b].
    private static func typing(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer, _ name: String) throws(PythonError) {
        let arguments = TupleRef(regs.value(pc.b))
        let module = try Imports.load(t, "_typing")
        defer { t.release(module) }
        let function = try t.getAttribute(module, Interning.intern(name))
        defer { t.release(function) }
        let result = try t.call(function, list: (0..<arguments.count).map { arguments.item($0) })
        regs.consume(t, pc)
        regs.put(t, pc.a, result.bits)
    }

    @inline(never)
    static func raiseUnsupported(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer) {
        let name = Value(bits: regs.code.pointee.constants[pc.wide])
        _ = t.raise(.notImplementedError, "\(StrRef(name).string) is not supported yet")
    }
}

/// match statement
enum Matching {
    @inline(never)
    static func execute(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer) -> Bool {
        NameAccess.attempt(t) { () throws(PythonError) in
            let subject = try NameAccess.bound(t, regs, pc.b)
            let type = t.typeOf(subject)
            let result: Value
            switch unsafeBitCast(pc.load(as: UInt8.self), to: Opcode.self) {
            case .matchMapping:
                result = Value(type.has(TypeFlags.dictSubclass) || type.has(TypeFlags.patternMapping))
            case .matchSequence:
                result = Value(
                    type.has(TypeFlags.listSubclass) || type.has(TypeFlags.tupleSubclass)
                        || type.has(TypeFlags.patternSequence) || type == t.type(.range))
            case .getLength:
                result = Value(smallInt: try t.length(subject))
            case .matchKeys:
                result = try keys(t, subject, TupleRef(regs.value(pc.c)))
            case .mappingRest:
                let copy = try t.makeDict()
                try DictRef(copy).update(t, subject)
                let taken = TupleRef(regs.value(pc.c))
                for index in 0..<taken.count { _ = try DictRef(copy).delete(t, taken.item(index)) }
                result = copy
            default:
                result = try classAttributes(t, subject, regs.value(pc.b + 1), TupleRef(regs.value(pc.b + 2)), pc.c)
                regs.put(t, pc.a, result.bits)
                return
            }
            regs.consume(t, pc)
            regs.put(t, pc.a, result.bits)
        }
    }

    static func keys(_ t: Thread, _ subject: Value, _ keys: TupleRef) throws(PythonError) -> Value {
        let values = try t.makeList(capacity: keys.count)
        defer { t.release(values) }
        for index in 0..<keys.count {
            for other in 0..<index {
                if try !t.equal(keys.item(other), keys.item(index)) { continue }
                let text = try t.repr(keys.item(index))
                defer { t.release(text) }
                throw t.raise(.valueError, "mapping pattern checks duplicate key (\(StrRef(text).string))")
            }
            let value: Value
            if t.typeOf(subject) == t.type(.dict) {
                value = try DictRef(subject).get(t, keys.item(index))
            } else {
                value = try lookUp(t, subject, keys.item(index))
            }
            if value.isNull { return .none }
            try ListRef(values).appendOwned(t, value)
        }
        return try t.tupleFromList(values)
    }

    /// By the mapping's `get`, so that a missing key makes no item. Owned, null when it is missing.
    private static func lookUp(_ t: Thread, _ subject: Value, _ key: Value) throws(PythonError) -> Value {
        let missing = try t.makeList(capacity: 0)
        defer { t.release(missing) }
        let value = try t.callMethod(subject, Interning.intern("get"), key, missing)
        if !value.isSame(missing) { return value }
        t.release(value)
        return .null
    }

    static func classAttributes(
        _ t: Thread, _ subject: Value, _ pattern: Value, _ names: TupleRef, _ positional: Int
    ) throws(PythonError) -> Value {
        guard t.isType(pattern) else { throw t.raise(.typeError, "called match pattern must be a class") }
        guard try t.isInstance(subject, pattern) else { return .none }
        let values = try t.makeList(capacity: positional + names.count)
        defer { t.release(values) }
        var seen: [String] = []
        func note(_ attribute: Value) throws(PythonError) -> Value {
            let text = StrRef(attribute).string
            if seen.contains(text) {
                let name = StrRef(TypeRef(pattern).record.pointee.name).string
                throw t.raise(.typeError, "\(name)() got multiple sub-patterns for attribute '\(text)'")
            }
            seen.append(text)
            return Interning.intern(text)
        }
        if positional > 0 {
            let arguments = try t.getAttributeOrNull(pattern, Interning.intern("__match_args__"))
            defer { t.release(arguments) }
            if arguments.isNull {
                let selfMatching = TypeFlags.subclassMask & ~TypeFlags.typeSubclass & ~TypeFlags.exceptionSubclass
                guard positional == 1, TypeRef(pattern).flags & selfMatching != 0 else {
                    let name = StrRef(TypeRef(pattern).record.pointee.name).string
                    throw t.raise(.typeError, "\(name)() accepts 0 positional sub-patterns (\(positional) given)")
                }
                try ListRef(values).append(t, subject)
            } else {
                guard t.typeOf(arguments).has(TypeFlags.tupleSubclass) else {
                    let name = StrRef(TypeRef(pattern).record.pointee.name).string
                    throw t.raise(.typeError, "\(name).__match_args__ must be a tuple (got \(t.typeName(arguments)))")
                }
                let allowed = TupleRef(arguments).count
                if positional > allowed {
                    let name = StrRef(TypeRef(pattern).record.pointee.name).string
                    throw t.raise(
                        .typeError,
                        "\(name)() accepts \(allowed) positional sub-pattern\(allowed == 1 ? "" : "s") (\(positional) given)")
                }
                for index in 0..<positional {
                    let attribute = TupleRef(arguments).item(index)
                    guard t.isStr(attribute) else {
                        throw t.raise(.typeError, "__match_args__ elements must be strings (got \(t.typeName(attribute)))")
                    }
                    let value = try t.getAttributeOrNull(subject, note(attribute))
                    if value.isNull { return .none }
                    try ListRef(values).appendOwned(t, value)
                }
            }
        }
        for index in 0..<names.count {
            let value = try t.getAttributeOrNull(subject, note(names.item(index)))
            if value.isNull { return .none }
            try ListRef(values).appendOwned(t, value)
        }
        return try t.tupleFromList(values)
    }
}
