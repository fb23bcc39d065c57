// The types generator and coroutine: methods and attributes.
import StillBytecode
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import Synchronization

extension Generators {
    /// `next`, `send` and `throw` for Python: StopIteration carries the result.
    static func finishCall(_ t: Thread, _ bits: UInt64, _ result: Value) -> UInt64 {
        if bits != 0 || t.hasRaised { return bits }
        _ = t.stopIteration(result.isNull ? .none : result)
        t.release(result)
        return 0
    }

    /// A coroutine that has ended.
    static func isUsedUp(_ t: Thread, _ generator: GeneratorRef) -> Bool {
        generator.state.pointee.load(ordering: .acquiring) == GeneratorRef.finished && kindName(t, generator) == "coroutine"
    }

    static func close(_ t: Thread, _ generator: GeneratorRef) -> UInt64 {
        let state = generator.state.pointee.load(ordering: .acquiring)
        if state == GeneratorRef.finished { return Value.none.bits }
        if state == GeneratorRef.created {
            var expected = Value.null
            _ = t.raise(.generatorExit, "")
            _ = resume(t, generator, .none, throwing: true, result: &expected)
            if t.matchesRaised(.generatorExit) { t.clearRaised() }
            return t.hasRaised ? 0 : Value.none.bits
        }
        _ = t.raise(.generatorExit, "")
        var result = Value.null
        let bits = resume(t, generator, .none, throwing: true, result: &result)
        if bits != 0 {
            t.release(Value(bits: bits))
            _ = t.raise(.runtimeError, "\(kindName(t, generator)) ignored GeneratorExit")
            return 0
        }
        if t.hasRaised {
            if t.matchesRaised(.generatorExit) || t.matchesRaised(.stopIteration) {
                t.clearRaised()
                return Value.none.bits
            }
            return 0
        }
        return result.isNull ? Value.none.bits : result.bits
    }

    static func define() {
        for (id, name) in [(TypeID.generator, "generator"), (.coroutine, "coroutine"), (.asyncGenerator, "async_generator")] {
            StaticTypes.define(id, name, basicSize: UInt32(GeneratorRef.bytes), flags: TypeFlags.collectable | TypeFlags.weaklyReferencable) { b in
                b.record.pointee.memory.traverse = { object, visitor in
                    let generator = GeneratorRef(raw: object)
                    for offset in GeneratorRef.values {
                        let value = Value(bits: generator.word(offset).pointee)
                        if value.isObject { visitor.report(value.object.raw, value.isCounted) }
                    }
                    guard let saved = generator.registers else { return }
                    for index in 0..<Int(generator.word(GeneratorRef.liveCount).pointee) {
                        let value = Value(bits: saved[index])
                        if value.isObject { visitor.report(value.object.raw, true) }
                    }
                }
                b.record.pointee.memory.clear = { raw, object in
                    let generator = GeneratorRef(raw: object)
                    if generator.state.pointee.load(ordering: .relaxed) != GeneratorRef.running {
                        Generators.finish(Thread(raw), generator)
                    }
                }
                b.record.pointee.memory.finalize = { raw, object in
                    let t = Thread(raw)
                    let generator = GeneratorRef(raw: object)
                    let state = generator.state.pointee.load(ordering: .relaxed)
                    if state == GeneratorRef.finished || state == GeneratorRef.running { return }
                    let outer = t.takeRaised()
                    let type = TypeRef(generator.object.typeRaw)
                    if type == t.type(.asyncGenerator) && AsyncGenerators.handOver(t, generator) {
                        if !outer.isNull { t.setRaised(outer) }
                        return
                    }
                    if state == GeneratorRef.created {
                        if type == t.type(.coroutine) { Awaitables.warnNeverAwaited(t, generator) }
                    } else {
                        let bits = Generators.close(t, generator)
                        t.vm.pointee.yieldedItem = false
                        if bits == 0 { t.writeUnraisable(context: Value(ObjectRef(object))) } else { t.release(Value(bits: bits)) }
                    }
                    if !outer.isNull { t.setRaised(outer) }
                }
                b.record.pointee.memory.deallocate = { raw, object in
                    let t = Thread(raw)
                    // One that has finished has nothing to finalize.
                    if GeneratorRef(raw: object).state.pointee.load(ordering: .relaxed) != GeneratorRef.finished,
                        Finalizer.run(t, ObjectRef(object))
                    {
                        return
                    }
                    if ObjectRef(object).flags & ObjectFlags.weaklyReferenced != 0 { WeakReferences.clear(t, ObjectRef(object)) }
                    let generator = GeneratorRef(raw: object)
                    if let saved = generator.registers {
                        // Those of a finished one are null.
                        if generator.state.pointee.load(ordering: .relaxed) != GeneratorRef.finished { generator.dropRegisters(t) }
                        if saved != generator.word(GeneratorRef.bytes) {
                            Allocation.freeBuffer(t, UnsafeMutableRawPointer(saved), bytes: generator.registerCount * 8)
                        }
                    }
                    for offset in GeneratorRef.values { t.release(Value(bits: generator.word(offset).pointee)) }
                    Allocation.free(ObjectRef(object), t)
                }
                b.record.pointee.repr = { raw, v in
                    returning(raw) { (t) throws(PythonError) -> Value in
                        let generator = GeneratorRef(Value(bits: v))
                        // Another thread may be giving it another name.
                        let name = SharedSlot.load(t, generator.object, 72)
                        defer { t.release(name) }
                        return try t.makeString(
                            "<\(Generators.kindName(t, generator)) object \(StrRef(name).string) at 0x\(String(v & ~7, radix: 16))>")
                    }
                }
                if id == .generator {
                    b.record.pointee.iterate = { raw, v in Thread(raw).retain(Value(bits: v)).bits }
                    b.record.pointee.next = { raw, v in
                        let t = Thread(raw)
                        var result = Value.null
                        let bits = Generators.resume(t, GeneratorRef(Value(bits: v)), .none, throwing: false, result: &result)
                        if bits == 0 && !t.hasRaised && !result.isNull && !result.isNone {
                            _ = t.stopIteration(result)
                            t.release(result)
                        }
                        return bits
                    }
                }
                GeneratorAttributes.define(b, id)
                AsyncGenerators.addMethods(b, id)
                if id == .asyncGenerator { return }
                b.method("send", 1, 1) { raw, s, a, _, _ in
                    let t = Thread(raw)
                    var result = Value.null
                    let bits = Generators.resume(
                        t, GeneratorRef(Value(bits: s)), t.retain(Value(bits: a[0])), throwing: false, result: &result)
                    return Generators.finishCall(t, bits, result)
                }
                b.method("throw", 1, 3) { raw, s, a, n, _ in
                    let t = Thread(raw)
                    do throws(PythonError) {
                        let exception = try Generators.exception(t, a, n)
                        defer { t.release(exception) }
                        try Exceptions.set(t, exception, .null)
                    } catch {
                        if !t.hasRaised { return 0 }
                    }
                    if Generators.isUsedUp(t, GeneratorRef(Value(bits: s))) {
                        t.clearRaised()
                        _ = t.raise(.runtimeError, "cannot reuse already awaited coroutine")
                        return 0
                    }
                    var result = Value.null
                    let bits = Generators.resume(t, GeneratorRef(Value(bits: s)), .none, throwing: true, result: &result)
                    return Generators.finishCall(t, bits, result)
                }
                b.method("close", 0, 0) { raw, s, _, _, _ in Generators.close(Thread(raw), GeneratorRef(Value(bits: s))) }
            }
        }
    }

    /// What `throw(exception)` or the older `throw(type, value, traceback)` throws. Owned.
    static func exception(_ t: Thread, _ a: UnsafeMutablePointer<UInt64>, _ n: Int) throws(PythonError) -> Value {
        let (kind, value) = (Value(bits: a[0]), n > 1 ? Value(bits: a[1]) : .none)
        if n == 1 { return t.retain(kind) }
        var made: Value
        if !t.isType(kind) {
            if !value.isNone { throw t.raise(.typeError, "instance exception may not have a separate value") }
            made = t.retain(kind)
        } else if value.isNone ? false : try t.isInstance(value, kind) {
            made = t.retain(value)
        } else if value.isNone {
            made = try t.call(kind)
        } else if t.isTuple(value) {
            made = try t.call(kind, list: (0..<TupleRef(value).count).map { TupleRef(value).item($0) })
        } else {
            made = try t.call(kind, value)
        }
        if n == 3, !Value(bits: a[2]).isNone {
            let plain = made
            defer { t.release(plain) }
            made = try t.callMethod(plain, Interning.intern("with_traceback"), Value(bits: a[2]))
        }
        return made
    }
}
