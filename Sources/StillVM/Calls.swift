// Calls: pushing frames, binding arguments, and calls between native code and Python.
//
// A Python function called from Python gets its frame where its arguments already lie; nothing recurses natively. Everything
// else goes through the type's `call` slot. Argument binding works in place: afterwards the frame's registers hold
// the parameters in register order.
import StillBytecode
public import StillObjects
import StillObmalloc
import StillPlatform
public import StillThreadRegistry

enum Calls {
    @inline(__always)
    static func hasRoom(_ t: Thread, _ frame: Registers, _ code: UnsafeMutablePointer<CodeRecord>) -> Bool {
        let objects = t.objects
        return objects.pointee.recursionDepth < objects.pointee.recursionLimit
            && UnsafeMutableRawPointer(frame + Int(code.pointee.registerCount))
                < objects.pointee.stackLimit.unsafelyUnwrapped
    }

    /// The same before the callee is read.
    static func hasRoom(_ t: Thread, _ arguments: Registers) -> Bool {
        t.objects.pointee.recursionDepth < t.objects.pointee.recursionLimit
            && UnsafeMutableRawPointer(arguments) < t.objects.pointee.stackLimit.unsafelyUnwrapped
    }

    /// Links a frame whose first `bound` registers are filled, and makes it current.
    @inline(__always)
    static func push(
        _ t: Thread, _ frame: Registers, caller: Registers?, code: UnsafeMutablePointer<CodeRecord>,
        function: UnsafeMutableRawPointer?, bound: Int, locals: UInt64 = 0, flags: UInt64 = 0
    ) {
        frame.writeHeader(caller: caller, code: code, function: function, locals: locals, flags: flags)
        var index = bound
        let count = Int(code.pointee.localCount)
        while index < count {
            // Left-over immediates would look like bound variables.
            frame.setPlainly(index, 0)
            index &+= 1
        }
        t.currentFrame = frame
        t.objects.pointee.recursionDepth &+= 1
    }

    @inline(__always)
    static func releaseLocals(_ t: Thread, _ regs: Registers) {
        var index = 0
        let count = Int(regs.code.pointee.localCount)
        while index < count {
            let value = regs[index]
            regs[index] = 0
            if _slowPath(value & 7 == 0 && value != 0) { ReferenceCount.release(Value(bits: value).object, t) }
            index &+= 1
        }
    }

    /// The collector scans frames that ran since its last look: remember how far down that was.
    @inline(__always)
    static func noteReturn(_ t: Thread, _ regs: Registers) {
        if _slowPath(regs < t.lowWater) { t.lowWater = regs }
    }

    /// The same when native code takes over from a frame that has ended.
    static func noteNativeReturn(_ t: Thread) {
        if let frame = t.currentFrame { noteReturn(t, frame) }
    }

    static func raiseTooDeep(_ t: Thread) {
        _ = t.raise(.recursionError, "maximum recursion depth exceeded")
    }

    /// A call that is not the simple case.
    /// - Returns: nil with an exception; `regs` when the result is in place; else the new frame.
    @inline(never)
    static func call(
        _ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer, base: Int, arguments first: Registers, count: Int,
        names: Int
    ) -> Registers? {
        var arguments = first
        let callee = Value(bits: regs[base])
        if _slowPath(callee.isNull) {
            NameAccess.raiseUnbound(t, regs, base)
            return nil
        }
        if callee.isObject && names == 0xFFFF {
            let type = callee.object.typeRaw
            if type == t.type(.function).raw {
                let function = FunctionRef(callee.object.raw)
                if let code = CallCache.bind(t, function, pc, arguments, count) {
                    push(
                        t, arguments, caller: regs, code: code, function: function.raw,
                        bound: Int(code.pointee.argumentCount))
                    return arguments
                }
            } else if type == t.type(.builtinFunction).raw {
                let native = NativeRef(callee)
                let result = native.invoke(
                    t, self: native.boundSelf.bits, args: arguments, count: count, keywords: 0)
                return finish(t, regs, base, arguments, count, result)
            }
            if type == t.type(.methodDescriptor).raw && count > 0 {
                let native = NativeRef(callee)
                let receiver = Value(bits: arguments[0])
                if _fastPath(receiver.isObject && receiver.object.typeRaw == native.owner) {
                    let result = native.invoke(
                        t, self: receiver.bits, args: arguments + 1, count: count - 1, keywords: 0)
                    return finish(t, regs, base, arguments, count, result)
                }
            }
            if type == t.type(.type).raw,
                let frame = Instantiation.begin(t, regs, pc, base: base, arguments: arguments, count: count)
            {
                return frame == regs ? nil : frame
            }
        }
        let nameTuple = names == 0xFFFF ? Value.null : Value(bits: regs.code.pointee.constants[names])
        let keywordCount = nameTuple.isNull ? 0 : TupleRef(nameTuple).count
        let positional = count - keywordCount
        for index in 0..<count where arguments[index] == 0 {
            NameAccess.raiseUnbound(t, regs, (arguments - regs) + index)
            return nil
        }
        var function = callee
        var bound = positional
        if callee.isObject && callee.object.typeRaw == t.type(.boundMethod).raw {
            // Unwrap a bound method: the receiver becomes the first argument.
            let target = Value(bits: callee.object.field(24, as: UInt64.self))
            if target.isObject && target.object.typeRaw == t.type(.function).raw && hasRoom(t, arguments + count + 2) {
                let receiver = t.retain(Value(bits: callee.object.field(32, as: UInt64.self)))
                arguments = makeRoom(regs, base, arguments, count)
                arguments[0] = receiver.bits
                function = target
                bound += 1
            }
        }
        if function.isObject && function.object.typeRaw == t.type(.function).raw {
            let ref = FunctionRef(function.object.raw)
            let guarded = ref.guarded
            if _fastPath(
                Int(guarded.pointee.simpleArgumentCount) == bound && names == 0xFFFF && hasRoom(t, arguments, guarded))
            {
                push(t, arguments, caller: regs, code: guarded, function: ref.raw, bound: bound)
                return arguments
            }
            let target = CallTarget(ref, t)
            guard hasRoom(t, arguments + count + 1, target.code) else {
                dropArguments(t, arguments, bound + keywordCount)
                target.letGo(t)
                raiseTooDeep(t)
                return nil
            }
            if names == 0xFFFF && bound == count { CallCache.learn(t, target, pc, bound) }
            guard let filled = bind(t, target, arguments, bound, nameTuple) else {
                target.letGo(t)
                return nil
            }
            push(t, arguments, caller: regs, code: target.code, function: target.function.raw, bound: filled)
            target.letGo(t)
            return arguments
        }
        let slot = t.typeOf(callee).record.pointee.call
        let result: UInt64
        if let slot {
            result = slot(t.raw, callee.bits, arguments, positional, nameTuple.bits)
        } else {
            _ = t.raise(.typeError, "'\(t.typeName(callee))' object is not callable")
            result = 0
        }
        return finish(t, regs, base, arguments, count, result)
    }

    /// After a native call: gives the arguments up and places the result.
    @inline(__always)
    private static func finish(
        _ t: Thread, _ regs: Registers, _ base: Int, _ arguments: Registers, _ count: Int, _ result: UInt64
    ) -> Registers? {
        var index = 0
        while index < count {
            arguments.drop(t, index)
            index &+= 1
        }
        if _slowPath(result == 0) { return nil }
        regs.put(t, base, result)
        return regs
    }

    /// Where the arguments lie when one is put before them; register 0 of that place is free.
    @inline(__always)
    static func makeRoom(_ regs: Registers, _ base: Int, _ arguments: Registers, _ count: Int) -> Registers {
        // After loadMethod without a receiver its place is empty.
        if arguments != regs + base + FrameLayout.argumentOffset { return arguments - 1 }
        var index = count
        while index > 0 {
            arguments[index] = arguments[index &- 1]
            index &-= 1
        }
        return arguments
    }

    static func dropArguments(_ t: Thread, _ arguments: Registers, _ count: Int) {
        for index in 0..<count { arguments.drop(t, index) }
    }

    /// - Returns: as `call`.
    @inline(never)
    static func spread(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer) -> Registers? {
        let base = pc.a
        let first = base + FrameLayout.argumentOffset
        let callee = regs.value(base)
        if _slowPath(callee.isNull) {
            NameAccess.raiseUnbound(t, regs, base)
            return nil
        }
        let positional = Value(bits: t.ownedForm(regs[first]))
        let keywords = Value(bits: t.ownedForm(regs[first + 1]))
        regs[first] = 0
        regs[first + 1] = 0
        defer {
            t.release(positional)
            t.release(keywords)
        }
        var function = callee
        var receiver = Value.null
        if callee.isObject && callee.object.typeRaw == t.type(.boundMethod).raw {
            function = Value(bits: callee.object.field(24, as: UInt64.self))
            receiver = Value(bits: callee.object.field(32, as: UInt64.self))
        }
        let named = keywords.isNull ? 0 : DictRef(keywords).count
        let bound = TupleRef(positional).count + (receiver.isNull ? 0 : 1)
        do throws(PythonError) {
            let names = named == 0 ? Value.null : try t.makeTuple(named).value
            defer { t.release(names) }
            if function.isObject && function.object.typeRaw == t.type(.function).raw {
                // The arguments go where the callee's frame will be; the callee is kept alive by the register that names it.
                let target = CallTarget(FunctionRef(function.object.raw), t)
                defer { target.letGo(t) }
                let frame = regs + first
                guard hasRoom(t, frame + bound + named, target.code) else {
                    raiseTooDeep(t)
                    return nil
                }
                var at = 0
                if !receiver.isNull {
                    frame[0] = t.retain(receiver).bits
                    at = 1
                }
                for index in 0..<TupleRef(positional).count {
                    frame[at] = t.retain(TupleRef(positional).item(index)).bits
                    at += 1
                }
                takeKeywords(t, keywords, names, frame + at, named)
                guard let filled = bind(t, target, frame, bound, names) else { return nil }
                push(t, frame, caller: regs, code: target.code, function: target.function.raw, bound: filled)
                return frame
            }
            let count = TupleRef(positional).count
            guard let memory = rawAllocate(max(1, count + named) * 8) else { throw t.noMemory() }
            let values = memory.bindMemory(to: UInt64.self, capacity: count + named)
            for index in 0..<count { values[index] = TupleRef(positional).item(index).bits }
            takeKeywords(t, keywords, names, values + count, named)
            defer {
                for index in count..<(count + named) { t.release(Value(bits: values[index])) }
                rawFree(memory)
            }
            let result = try t.call(callee, args: values, count: count, keywords: names)
            regs.put(t, base, result.bits)
            return regs
        } catch { return nil }
    }

    /// Names and values of a call's keyword dict, which nobody else changes. Owned.
    private static func takeKeywords(_ t: Thread, _ keywords: Value, _ names: Value, _ values: Registers, _ count: Int) {
        var position = 0
        var key = Value.null
        var value = Value.null
        var at = 0
        while at < count, DictRef(keywords).next(t, &position, &key, &value) {
            TupleRef(names).initialize(at, key)
            values[at] = value.bits
            at += 1
        }
    }

    // MARK: Binding

    /// Binds arguments in place. Consumes the arguments, also on failure.
    ///
    /// - Parameters:
    ///   - frame: `positional` values, then one for each name in `names`.
    /// - Returns: how many registers are complete, the others below localCount being undefined; nil with an exception.
    @inline(never)
    static func bind(
        _ t: Thread, _ target: CallTarget, _ frame: Registers, _ positional: Int, _ names: Value
    ) -> Int? {
        let code = target.code
        let argumentCount = Int(code.pointee.argumentCount)
        if names.isNull && code.pointee.simpleArgumentCount >= 0 && positional <= argumentCount {
            // Only defaults are missing.
            let defaults = target.defaults
            let defaultCount = defaults.isNull ? 0 : TupleRef(defaults).count
            if _fastPath(positional >= argumentCount - defaultCount) {
                var index = positional
                while index < argumentCount {
                    frame[index] = defaultArgument(t, TupleRef(defaults).item(index - argumentCount + defaultCount))
                    index &+= 1
                }
                return argumentCount
            }
        }
        if names.isNull && positional >= argumentCount && code.pointee.keywordOnlyCount == 0 && code.pointee.has(.variadicPositional) {
            return bindSurplus(t, code, frame, positional)
        }
        let named = names.isNull ? 0 : TupleRef(names).count
        let extraCount = max(0, positional - argumentCount)
        let bound = withUnsafeTemporaryAllocation(of: UInt64.self, capacity: max(1, named + extraCount)) { aside in
            bind(t, target, frame, positional, names, aside: aside.baseAddress.unsafelyUnwrapped)
        }
        return bound ? Int(code.pointee.localCount) : nil
    }

    /// `*args` takes what the parameters leave; `**names` gets nothing.
    private static func bindSurplus(
        _ t: Thread, _ code: UnsafeMutablePointer<CodeRecord>, _ frame: Registers, _ positional: Int
    ) -> Int? {
        let first = Int(code.pointee.argumentCount)
        do throws(PythonError) {
            let tuple = try t.makeTuple(positional - first)
            var index = first
            while index < positional {
                tuple.initialize(index - first, Value(bits: t.ownedForm(frame[index])))
                frame[index] = 0
                index &+= 1
            }
            frame[first] = tuple.value.bits
            if !code.pointee.has(.variadicKeyword) { return first + 1 }
            frame[first + 1] = 0
            frame[first + 1] = try t.makeDict().bits
            return first + 2
        } catch {
            dropArguments(t, frame, max(positional, first + 1))
            return nil
        }
    }

    /// A default value for a register: uncounted when it is never freed by count, so that threads do not meet at its count.
    @inline(__always)
    static func defaultArgument(_ t: Thread, _ value: Value) -> UInt64 {
        if !value.isCounted { return value.bits }
        let form = Attributes.registerForm(value)
        if form.isCounted { t.retain(form) }
        return form.bits
    }

    /// - Parameter aside: room for the named and the surplus arguments.
    private static func bind(
        _ t: Thread, _ target: CallTarget, _ frame: Registers, _ positional: Int, _ names: Value, aside: Registers
    ) -> Bool {
        let code = target.code
        let argumentCount = Int(code.pointee.argumentCount)
        let keywordOnly = Int(code.pointee.keywordOnlyCount)
        let named = names.isNull ? 0 : TupleRef(names).count
        let localCount = Int(code.pointee.localCount)
        let hasExtra = code.pointee.has(.variadicPositional)
        let hasKeywords = code.pointee.has(.variadicKeyword)
        let parameters = argumentCount + keywordOnly
        // Keyword values move out of the way first; what is above the positional arguments is cleared.
        let extraCount = max(0, positional - argumentCount)
        var index = 0
        while index < named {
            aside[index] = frame[positional + index]
            frame[positional + index] = 0
            index += 1
        }
        index = 0
        while index < extraCount {
            aside[named + index] = frame[argumentCount + index]
            frame[argumentCount + index] = 0
            index += 1
        }
        index = min(positional, argumentCount)
        while index < localCount {
            frame[index] = 0
            index += 1
        }
        defer {
            for index in 0..<(named + extraCount) { t.release(Value(bits: aside[index])) }
        }
        do throws(PythonError) {
            if hasExtra {
                let tuple = try t.makeTuple(extraCount)
                for index in 0..<extraCount {
                    tuple.initialize(index, Value(bits: t.ownedForm(aside[named + index])))
                    aside[named + index] = 0
                }
                frame[parameters] = tuple.value.bits
            }
            if hasKeywords { frame[parameters + (hasExtra ? 1 : 0)] = try t.makeDict().bits }
            if named > 0 {
                try bindNames(t, target, frame, aside, names, min(positional, argumentCount), hasKeywords ? frame.value(parameters + (hasExtra ? 1 : 0)) : .null)
            }
            if extraCount > 0 && !hasExtra { throw tooMany(t, target, frame, positional) }
            try bindDefaults(t, target, frame, min(positional, argumentCount))
            return true
        } catch {
            for index in 0..<localCount { frame.drop(t, index) }
            return false
        }
    }

    static func bindNames(
        _ t: Thread, _ target: CallTarget, _ frame: Registers, _ aside: Registers, _ names: Value,
        _ positional: Int, _ keywords: Value
    ) throws(PythonError) {
        let code = target.code
        let parameters = Int(code.pointee.argumentCount + code.pointee.keywordOnlyCount)
        let positionalOnly = Int(code.pointee.positionalOnlyCount)
        let list = TupleRef(names)
        next: for index in 0..<list.count {
            let name = list.item(index)
            guard t.isStr(name) else {
                throw t.raise(.typeError, "\(target.function.qualifiedName(t))() keywords must be strings")
            }
            var found = -1
            for parameter in positionalOnly..<max(positionalOnly, parameters) {
                let own = Value(bits: code.pointee.localNames[parameter])
                if own.isSame(name) || (!StrRef(name).isInterned && StrRef.equal(StrRef(own), StrRef(name))) {
                    found = parameter
                    break
                }
            }
            if found < 0 {
                if !keywords.isNull {
                    try DictRef(keywords).set(t, name, Value(bits: aside[index]))
                    continue next
                }
                let text = StrRef(name).string
                for parameter in 0..<positionalOnly
                where StrRef.equal(StrRef(Value(bits: code.pointee.localNames[parameter])), StrRef(name)) {
                    throw t.raise(
                        .typeError,
                        "\(target.function.qualifiedName(t))() got some positional-only arguments passed as keyword arguments: '\(text)'")
                }
                throw t.raise(
                    .typeError,
                    "\(target.function.qualifiedName(t))() got an unexpected keyword argument '\(text)'")
            }
            if frame[found] != 0 {
                throw t.raise(
                    .typeError, "\(target.function.qualifiedName(t))() got multiple values for argument '\(StrRef(name).string)'")
            }
            frame[found] = aside[index]
            aside[index] = 0
        }
    }

    static func bindDefaults(
        _ t: Thread, _ target: CallTarget, _ frame: Registers, _ positional: Int
    ) throws(PythonError) {
        let code = target.code
        let argumentCount = Int(code.pointee.argumentCount)
        let defaults = target.defaults
        let defaultCount = defaults.isNull ? 0 : TupleRef(defaults).count
        let required = argumentCount - defaultCount
        var missing: [String] = []
        if positional < argumentCount {
            for index in positional..<argumentCount where frame[index] == 0 {
                if index >= required {
                    frame[index] = defaultArgument(t, TupleRef(defaults).item(index - required))
                } else {
                    missing.append(StrRef(Value(bits: code.pointee.localNames[index])).string)
                }
            }
        }
        if !missing.isEmpty { throw missingError(t, target, missing, "positional") }
        let keywordOnly = Int(code.pointee.keywordOnlyCount)
        if keywordOnly > 0 {
            let keywordDefaults = target.keywordDefaults
            for index in argumentCount..<(argumentCount + keywordOnly) where frame[index] == 0 {
                let name = Value(bits: code.pointee.localNames[index])
                let value = keywordDefaults.isNull ? Value.null : DictRef(keywordDefaults).getName(t, name)
                if value.isNull { missing.append(StrRef(name).string) } else { frame[index] = value.bits }
            }
            if !missing.isEmpty { throw missingError(t, target, missing, "keyword-only") }
        }
    }

    static func missingError(_ t: Thread, _ target: CallTarget, _ names: [String], _ kind: String) -> PythonError {
        let quoted = names.map { "'\($0)'" }
        let list: String
        switch quoted.count {
        case 1: list = quoted[0]
        case 2: list = "\(quoted[0]) and \(quoted[1])"
        default: list = quoted.dropLast().joined(separator: ", ") + ", and " + quoted.last!
        }
        return t.raise(
            .typeError,
            "\(target.function.qualifiedName(t))() missing \(names.count) required \(kind) argument\(names.count == 1 ? "" : "s"): \(list)")
    }

    static func tooMany(_ t: Thread, _ target: CallTarget, _ frame: Registers, _ given: Int) -> PythonError {
        let code = target.code
        let takes = Int(code.pointee.argumentCount)
        let defaultCount = target.defaults.isNull ? 0 : TupleRef(target.defaults).count
        let keywordOnly = (takes..<(takes + Int(code.pointee.keywordOnlyCount))).filter { frame[$0] != 0 }.count
        let plural = takes != 1 || defaultCount > 0
        let range = defaultCount > 0 ? "from \(takes - defaultCount) to \(takes)" : "\(takes)"
        let were =
            keywordOnly > 0
            ? "\(given) positional argument\(given == 1 ? "" : "s") (and \(keywordOnly) keyword-only argument\(keywordOnly == 1 ? "" : "s")) were given"
            : "\(given) \(given == 1 ? "was" : "were") given"
        return t.raise(
            .typeError,
            "\(target.function.qualifiedName(t))() takes \(range) positional argument\(plural ? "s" : "") but \(were)")
    }
}

extension VM {
    /// Calls a Python function from native code. Arguments are borrowed.
    static func callFunction(
        _ t: Thread, _ function: Value, _ arguments: Registers, _ count: Int, _ names: UInt64
    ) -> UInt64 {
        do throws(PythonError) { try t.enterNative("") } catch { return 0 }
        defer { t.leaveNative() }
        let target = CallTarget(FunctionRef(function.object.raw), t)
        let code = target.code
        let frame = t.freshFrameBase()
        let named = names == 0 ? 0 : TupleRef(Value(bits: names)).count
        guard Calls.hasRoom(t, frame + count + named, code) else {
            target.letGo(t)
            Calls.raiseTooDeep(t)
            return 0
        }
        for index in 0..<(count + named) { frame[index] = t.retain(Value(bits: arguments[index])).bits }
        var bound = count
        if named != 0 || Int(code.pointee.simpleArgumentCount) != count {
            guard let filled = Calls.bind(t, target, frame, count, Value(bits: names)) else {
                target.letGo(t)
                return 0
            }
            bound = filled
        }
        Calls.push(
            t, frame, caller: t.currentFrame, code: code, function: target.function.raw, bound: bound,
            flags: FrameFlags.entry)
        target.letGo(t)
        // The caller's reference keeps the function alive: native code holds counted references, registers are scanned.
        let result = run(t, frame, UnsafeMutableRawPointer(code.pointee.instructions))
        Calls.noteNativeReturn(t)
        return result
    }

    /// Runs a function without parameters with a locals mapping: module and class bodies, exec, eval.
    public static func runBody(_ t: Thread, _ function: Value, locals: Value) throws(PythonError) -> Value {
        try t.enterNative("")
        defer { t.leaveNative() }
        let target = CallTarget(FunctionRef(function.object.raw), t)
        let code = target.code
        let frame = t.freshFrameBase()
        guard Calls.hasRoom(t, frame, code) else {
            target.letGo(t)
            Calls.raiseTooDeep(t)
            throw PythonError()
        }
        Calls.push(
            t, frame, caller: t.currentFrame, code: code, function: target.function.raw, bound: 0,
            locals: locals.isNull ? 0 : locals.object.address, flags: FrameFlags.entry)
        target.letGo(t)
        let result = run(t, frame, UnsafeMutableRawPointer(code.pointee.instructions))
        Calls.noteNativeReturn(t)
        return try t.checked(result)
    }
}
