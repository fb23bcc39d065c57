// Displays, comprehensions' updates, unpacking, subscripts and iteration.
import StillBytecode
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry

enum Containers {
    /// Moves a temporary out of its register, in owning form.
    @inline(__always)
    static func take(_ t: Thread, _ regs: Registers, _ index: Int) -> Value {
        let bits = regs[index]
        regs[index] = 0
        return Value(bits: t.ownedForm(bits))
    }

    @inline(never)
    static func build(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer) -> Bool {
        NameAccess.attempt(t) { () throws(PythonError) in
            let first = pc.b
            let count = pc.c
            switch unsafeBitCast(pc.load(as: UInt8.self), to: Opcode.self) {
            case .buildSet:
                let set = try t.makeSet()
                for index in 0..<count {
                    do throws(PythonError) { try SetRef(set).add(t, regs.value(first + index)) } catch {
                        t.release(set)
                        throw error
                    }
                    regs.drop(t, first + index)
                }
                regs.put(t, pc.a, set.bits)
            case .buildDict:
                let dict = try t.makeDict()
                if count > 0 {
                    do throws(PythonError) { try DictRef(dict).prepare(t, entries: count) } catch {
                        t.release(dict)
                        throw error
                    }
                }
                for index in 0..<count {
                    let key = first + 2 * index
                    do throws(PythonError) { try DictRef(dict).set(t, regs.value(key), regs.value(key + 1)) } catch {
                        t.release(dict)
                        throw error
                    }
                    regs.drop(t, key)
                    regs.drop(t, key + 1)
                }
                regs.put(t, pc.a, dict.bits)
            default: stillBug("an instruction that builds something else")
            }
        }
    }

    /// `[a].append(b)`; b has a value.
    @inline(never)
    static func append(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer) -> Bool {
        do throws(PythonError) {
            let item = pc.flags & InstructionFlags.consumeB != 0 ? take(t, regs, pc.b) : t.retain(regs.value(pc.b))
            try ListRef(regs.value(pc.a)).appendOwned(t, item)
            return true
        } catch { return false }
    }

    @inline(never)
    static func update(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer) -> Bool {
        NameAccess.attempt(t) { () throws(PythonError) in
            switch unsafeBitCast(pc.load(as: UInt8.self), to: Opcode.self) {
            case .setAdd:
                try SetRef(regs.value(pc.a)).add(t, NameAccess.bound(t, regs, pc.b))
                regs.consume(t, pc)
            case .listExtend:
                let source = try NameAccess.bound(t, regs, pc.b)
                try checkSpread(t, source)
                try ListRef(regs.value(pc.a)).extend(t, source)
                regs.consume(t, pc)
            case .setUpdate:
                try SetRef(regs.value(pc.a)).update(t, NameAccess.bound(t, regs, pc.b))
                regs.consume(t, pc)
            case .dictUpdate:
                let source = try NameAccess.bound(t, regs, pc.b)
                if !t.typeOf(source).has(TypeFlags.dictSubclass) {
                    let keys = try t.getAttributeOrNull(source, Interning.intern("keys"))
                    if keys.isNull { throw t.raise(.typeError, "'\(t.typeName(source))' object is not a mapping") }
                    t.release(keys)
                }
                try DictRef(regs.value(pc.a)).update(t, source)
                regs.consume(t, pc)
            case .dictMerge:
                try merge(t, regs, pc)
                regs.consume(t, pc)
            case .listToTuple:
                let tuple = try t.tupleFromList(regs.value(pc.b))
                regs.consume(t, pc)
                regs.put(t, pc.a, tuple.bits)
            default: stillBug("an instruction that updates something else")
            }
        }
    }

    private static func checkSpread(_ t: Thread, _ source: Value) throws(PythonError) {
        let record = t.typeOf(source).record
        if record.pointee.iterate == nil && record.pointee.getItem == nil {
            throw t.raise(.typeError, "Value after * must be an iterable, not \(t.typeName(source))")
        }
    }

    /// [a] = [b] as the positional arguments of a call: a tuple stays what it is.
    static func spreadTuple(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer) throws(PythonError) {
        let source = try NameAccess.bound(t, regs, pc.b)
        if t.typeOf(source) == t.type(.tuple) {
            if pc.a != pc.b {
                regs.put(t, pc.a, t.retain(source).bits)
                regs.consume(t, pc)
            }
            return
        }
        try checkSpread(t, source)
        let list = try t.makeList(capacity: 0)
        defer { t.release(list) }
        try ListRef(list).extend(t, source)
        let tuple = try t.tupleFromList(list)
        regs.consume(t, pc)
        regs.put(t, pc.a, tuple.bits)
    }

    static func merge(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer) throws(PythonError) {
        let target = DictRef(regs.value(pc.a))
        let source = try NameAccess.bound(t, regs, pc.b)
        let callee = calleeName(t, regs.value(pc.c))
        let keys = try t.getAttributeOrNull(source, Interning.intern("keys"))
        if keys.isNull {
            throw t.raise(
                .typeError, "\(callee) argument after ** must be a mapping, not \(t.typeName(source))")
        }
        defer { t.release(keys) }
        let names = try t.call(keys)
        defer { t.release(names) }
        let iterator = try t.iterate(names)
        defer { t.release(iterator) }
        while true {
            let name = try t.next(iterator)
            if name.isNull { break }
            defer { t.release(name) }
            guard t.isStr(name) else { throw t.raise(.typeError, "keywords must be strings") }
            let known = try target.get(t, name)
            if !known.isNull {
                t.release(known)
                throw t.raise(
                    .typeError, "\(callee) got multiple values for keyword argument '\(StrRef(name).string)'")
            }
            let value = try t.getItem(source, name)
            defer { t.release(value) }
            try target.set(t, name, value)
        }
    }

    static func calleeName(_ t: Thread, _ callee: Value) -> String {
        if let name = try? t.getAttributeOrNull(callee, Interning.intern("__qualname__")), !name.isNull, t.isStr(name) {
            defer { t.release(name) }
            let module = (try? t.getAttributeOrNull(callee, Interning.intern("__module__"))) ?? .null
            defer { t.release(module) }
            if !module.isNull, t.isStr(module), StrRef(module).string != "builtins" {
                return "\(StrRef(module).string).\(StrRef(name).string)()"
            }
            return "\(StrRef(name).string)()"
        }
        t.clearRaised()
        return "function"
    }

    /// [a] = format([b], [c]), with a conversion perhaps.
    @inline(never)
    static func format(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer) -> Bool {
        do throws(PythonError) {
            try formatted(t, regs, pc)
            return true
        } catch { return false }
    }

    private static func formatted(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer) throws(PythonError) {
        let value = try NameAccess.bound(t, regs, pc.b)
        var converted = value
        var owned = Value.null
        switch (pc.flags >> 5) & 3 {
        case 1: owned = try t.str(value)
        case 2: owned = try t.repr(value)
        case 3: owned = try t.ascii(value)
        default: break
        }
        if !owned.isNull { converted = owned }
        defer { t.release(owned) }
        let result: Value
        if pc.c == 0xFFFF {
            // What these two do with an empty format is what `str` does.
            result =
                converted.isSmallInt || t.typeOf(converted) == t.type(.str)
                ? try t.str(converted) : try t.format(converted, t.emptyString)
        } else {
            result = try t.format(converted, NameAccess.bound(t, regs, pc.c))
        }
        if pc.flags & InstructionFlags.consumeB != 0 { regs.drop(t, pc.b) }
        if pc.c != 0xFFFF && pc.flags & InstructionFlags.consumeC != 0 { regs.drop(t, pc.c) }
        regs.put(t, pc.a, result.bits)
    }

    // MARK: Unpacking

    @inline(never)
    static func raiseShortened(_ t: Thread, expected: Int, _ got: Int) {
        _ = t.raise(.valueError, "not enough values to unpack (expected \(expected), got \(got))")
    }

    @inline(never)
    static func unpack(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer) -> Bool {
        NameAccess.attempt(t) { () throws(PythonError) in
            let source = try NameAccess.bound(t, regs, pc.b)
            let starred = pc.load(as: UInt8.self) == Opcode.unpackStarred.rawValue
            let first = pc.a
            if !starred && t.typeOf(source) == t.type(.tuple) && TupleRef(source).count == pc.c {
                let tuple = TupleRef(source)
                let owned = t.retain(source)  // [a] may be [b]
                if pc.flags & InstructionFlags.consumeB != 0 { regs.drop(t, pc.b) }
                for index in 0..<pc.c { regs.put(t, first + index, t.retain(tuple.item(index)).bits) }
                t.release(owned)
                return
            }
            if t.typeOf(source).record.pointee.iterate == nil && t.typeOf(source).record.pointee.getItem == nil {
                throw t.raise(.typeError, "cannot unpack non-iterable \(t.typeName(source)) object")
            }
            let items = try t.makeList(capacity: 0)
            defer { t.release(items) }
            let iterator = try t.iterate(source)
            defer { t.release(iterator) }
            let before = starred ? pc.c & 0xFF : pc.c
            let after = starred ? pc.c >> 8 : 0
            let list = ListRef(items)
            while starred || list.count <= before {
                let item = try t.next(iterator)
                if item.isNull { break }
                try list.appendOwned(t, item)
            }
            let count = list.count
            if count < before + after {
                throw t.raise(
                    .valueError,
                    "not enough values to unpack (expected \(starred ? "at least " : "")\(before + after), got \(count))")
            }
            if !starred && count > before {
                throw t.raise(.valueError, "too many values to unpack (expected \(before))")
            }
            if pc.flags & InstructionFlags.consumeB != 0 { regs.drop(t, pc.b) }
            for index in 0..<before { regs.put(t, first + index, list.item(t, index).bits) }
            if starred {
                let rest = try t.makeList(capacity: count - before - after)
                for index in before..<(count - after) { try ListRef(rest).appendOwned(t, list.item(t, index)) }
                regs.put(t, first + before, rest.bits)
                for index in 0..<after {
                    regs.put(t, first + before + 1 + index, list.item(t, count - after + index).bits)
                }
            }
        }
    }
}

enum Subscripts {
    @inline(never)
    static func loadSlowly(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer) -> Bool {
        NameAccess.attempt(t) { () throws(PythonError) in
            regs.savePC(pc + 16)
            let value = try t.getItem(NameAccess.bound(t, regs, pc.b), NameAccess.bound(t, regs, pc.c))
            regs.consume(t, pc)
            regs.put(t, pc.a, value.bits)
        }
    }

    @inline(never)
    static func store(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer) -> Bool {
        let container = regs.value(pc.a)
        let key = regs.value(pc.b)
        let value = regs.value(pc.c)
        if container.isObject && key.isSmallInt && !value.isNull && container.object.typeRaw == t.type(.list).raw
            && ListRef(container).tryStore(t, key.smallInt, value)
        {
            if pc.flags & InstructionFlags.consumeA != 0 { regs.drop(t, pc.a) }
            regs.consume(t, pc)
            return true
        }
        return NameAccess.attempt(t) { () throws(PythonError) in
            regs.savePC(pc + 8)
            if container.isObject && container.object.typeRaw == t.type(.dict).raw && !key.isNull && !value.isNull {
                try DictRef(container).set(t, key, value)
                if pc.flags & InstructionFlags.consumeA != 0 { regs.drop(t, pc.a) }
                regs.consume(t, pc)
                return
            }
            try t.setItem(
                NameAccess.bound(t, regs, pc.a), NameAccess.bound(t, regs, pc.b), NameAccess.bound(t, regs, pc.c))
            if pc.flags & InstructionFlags.consumeA != 0 { regs.drop(t, pc.a) }
            regs.consume(t, pc)
        }
    }

    @inline(never)
    static func delete(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer) -> Bool {
        NameAccess.attempt(t) { () throws(PythonError) in
            try t.deleteItem(NameAccess.bound(t, regs, pc.a), NameAccess.bound(t, regs, pc.b))
            if pc.flags & InstructionFlags.consumeA != 0 { regs.drop(t, pc.a) }
            if pc.flags & InstructionFlags.consumeB != 0 { regs.drop(t, pc.b) }
        }
    }
}

enum Iteration {
    /// What a loop has in place of an iterator becomes one.
    ///
    /// - Parameter index: of the next item, as a register holds it.
    static func makeIterator(_ t: Thread, _ regs: Registers, _ register: Int, index: UInt64) -> Bool {
        let source = regs.value(register)
        guard source.isObject, source.object.typeRaw == t.type(.list).raw || source.object.typeRaw == t.type(.tuple).raw else { return true }
        guard let iterator = try? t.iterate(source) else { return false }
        IteratorRef(raw: iterator.object.raw).setIndex(Int(bitPattern: UInt(index)) >> 1)
        regs.put(t, register, iterator.bits)
        return true
    }

    @inline(never)
    static func get(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer) -> Bool {
        NameAccess.attempt(t) { () throws(PythonError) in
            regs.savePC(pc + 8)
            let iterator = try t.iterate(NameAccess.bound(t, regs, pc.b))
            if pc.flags & InstructionFlags.consumeB != 0 { regs.drop(t, pc.b) }
            regs.put(t, pc.a, iterator.bits)
        }
    }

    /// 1: a value is in place (skip a word), 0: exhausted, -1: exception.
    @inline(never)
    static func next(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer) -> Int {
        let iterator = regs.value(pc.b)
        let type = iterator.object.typeRaw
        if _fastPath(type == t.type(.rangeIterator).raw) {
            let value = RangeIteratorRef(iterator.object.raw).nextSmall()
            if _fastPath(!value.isNull) {
                regs.put(t, pc.a, value.bits)
                return 1
            }
        }
        if type == t.type(.list).raw {
            let index = Int(bitPattern: UInt(regs[pc.c])) >> 1
            let item = ListRef(iterator).item(t, index)
            if item.isNull {
                regs.drop(t, pc.b)
                return 0
            }
            regs[pc.c] = Value(smallInt: index + 1).bits
            regs.put(t, pc.a, item.bits)
            return 1
        }
        if type == t.type(.listIterator).raw {
            let own = IteratorRef(raw: iterator.object.raw)
            let index = own.index
            let item = ListRef(own.source).tryLoad(t, index)
            if _fastPath(!item.isNull) {
                own.setIndex(index &+ 1)
                regs.put(t, pc.a, item.bits)
                return 1
            }
        }
        guard let slot = TypeRef(type).record.pointee.next else {
            _ = t.raise(.typeError, "'\(t.typeName(iterator))' object is not an iterator")
            return -1
        }
        regs.savePC(pc + 8)
        let value = slot(t.raw, iterator.bits)
        if _fastPath(value != 0) {
            regs.put(t, pc.a, value)
            return 1
        }
        if t.hasRaised {
            if !t.matchesRaised(.stopIteration) { return -1 }
            t.clearRaised()
        }
        regs.drop(t, pc.b)
        return 0
    }
}
