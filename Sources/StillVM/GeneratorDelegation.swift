// `yield from` and `await`: what a generator hands on to another one, or to any iterator.
import StillBytecode
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import Synchronization

extension Generators {
    @inline(never)
    static func delegate(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer) -> DelegateOutcome {
        let iterator = regs.value(pc.b)
        let sent = regs.value(pc.a)
        regs.savePC(pc + 8)
        var result = Value.null
        var bits: UInt64 = 0
        let type = t.typeOf(iterator)
        if type == t.type(.generator) || type == t.type(.coroutine) {
            regs[pc.a] = 0
            bits = resume(t, GeneratorRef(iterator), Value(bits: t.ownedForm(sent.bits)), throwing: false, result: &result)
            if bits == 0 && !t.hasRaised && result.isNull { result = .none }
        } else if sent.isNone, let next = type.record.pointee.next {
            bits = next(t.raw, iterator.bits)
            if bits == 0 && !t.hasRaised { result = .none }
        } else {
            do throws(PythonError) {
                bits = try t.callMethod(iterator, Interning.intern("send"), sent).bits
            } catch { bits = 0 }
        }
        if bits != 0 {
            let generator = GeneratorRef(raw: regs.localsMapping.object.raw)
            t.vm.pointee.yielded = suspend(t, generator, regs, pc, resumeRegister: pc.a, live: pc.c, bits)
            return .yielded
        }
        if t.hasRaised {
            guard t.matchesRaised(.stopIteration) else { return .failed }
            result = t.takeStopIterationValue()
        }
        regs.drop(t, pc.b)
        regs.put(t, pc.a, result.bits)
        return .finished
    }

    @inline(never)
    static func takeYielded(_ t: Thread) -> UInt64 {
        let bits = t.vm.pointee.yielded
        t.vm.pointee.yielded = 0
        return bits
    }

    enum Thrown {
        case yielded(UInt64), returned(UInt64), raised
    }

    /// The exception that is set goes into the delegate.
    static func throwIntoDelegate(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer) -> Thrown {
        let iterator = t.retain(regs.value(pc.b))
        defer { t.release(iterator) }
        let exception = t.takeRaised()
        if t.matches(exception: exception, .generatorExit) {
            if let close = try? t.getAttributeOrNull(iterator, Interning.intern("close")), !close.isNull {
                defer { t.release(close) }
                guard let closed = try? t.call(close) else {
                    t.release(exception)
                    return .raised
                }
                t.release(closed)
            }
            t.setRaised(exception)
            return .raised
        }
        guard let method = try? t.getAttributeOrNull(iterator, Interning.intern("throw")) else {
            t.release(exception)
            return .raised
        }
        if method.isNull {
            t.setRaised(exception)
            return .raised
        }
        defer { t.release(method) }
        defer { t.release(exception) }
        do throws(PythonError) { return .yielded(try t.call(method, exception).bits) } catch {
            if t.matchesRaised(.stopIteration) { return .returned(t.takeStopIterationValue().bits) }
            return .raised
        }
    }

    @inline(never)
    static func iterator(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer) -> Bool {
        NameAccess.attempt(t) { () throws(PythonError) in
            let source = try NameAccess.bound(t, regs, pc.b)
            let type = t.typeOf(source)
            let result: Value
            switch unsafeBitCast(pc.load(as: UInt8.self), to: Opcode.self) {
            case .getYieldFromIterator:
                if type == t.type(.coroutine) {
                    guard regs.code.pointee.has(.iterableCoroutine) else {
                        throw t.raise(.typeError, "cannot 'yield from' a coroutine object in a non-coroutine generator")
                    }
                    result = t.retain(source)
                } else {
                    result = type == t.type(.generator) ? t.retain(source) : try t.iterate(source)
                }
            case .getAwaitable: result = try Awaitables.iterator(t, source, use: pc.c)
            case .getAsyncIterator: result = try AsyncGenerators.iterator(t, source)
            case .getAsyncNext: result = try AsyncGenerators.next(t, source)
            default: throw t.raise(.systemError, "not an instruction about iterators")
            }
            if pc.flags & InstructionFlags.consumeB != 0 { regs.drop(t, pc.b) }
            regs.put(t, pc.a, result.bits)
        }
    }
}
