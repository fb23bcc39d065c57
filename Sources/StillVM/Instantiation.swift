// Calling a class whose instances `object.__new__` or `BaseException.__new__` makes and whose `__init__` is a Python function: the frame of `__init__` is pushed like
// any other, nothing recurses natively.
//
// Protocol  The new instance replaces the class in the call's base register and becomes the first argument. The frame carries the flag
//           initializer: its return leaves the base register as it is, and raises TypeError for any value but None.
// Cache     of the call instruction: word 0 the class's version tag and the kind, word 1 the function (InlineCache.swift). The tag covers `__new__` and `__init__`; a class that is abstract is asked each time.
import StillBytecode
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import Synchronization

enum Instantiation {
    /// - Returns: the frame of `__init__`; `regs` itself with an exception; nil when the class needs the general way (nothing
    ///   has happened then).
    static func begin(
        _ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer, base: Int, arguments: Registers, count: Int
    ) -> Registers? {
        let type = TypeRef(regs.value(base))
        let initializer = function(t, type, pc)
        if initializer.isNull || type.has(TypeFlags.abstract) { return nil }
        let target = CallTarget(FunctionRef(initializer.object.raw), t)
        let code = target.code
        if !Calls.hasRoom(t, arguments + count + 1, code) || code.pointee.isGeneratorLike {
            target.letGo(t)
            return nil
        }
        let instance: ObjectRef
        if type.has(TypeFlags.exceptionSubclass), let new = type.record.pointee.new {
            let made = new(t.raw, type.object.address, arguments, count, 0)
            if made == 0 {
                target.letGo(t)
                return regs
            }
            instance = Value(bits: made).object
        } else {
            guard let made = try? t.allocateInstance(of: type) else {
                target.letGo(t)
                return regs
            }
            instance = made
        }
        let frame = Calls.makeRoom(regs, base, arguments, count)
        // The class of a live instance is alive: the register gives its reference up.
        ReferenceCount.retain(instance, t)
        frame[0] = Value(instance).bits
        regs.put(t, base, Value(instance).bits)
        var filled: Int? = count + 1
        if Int(code.pointee.simpleArgumentCount) != count + 1 {
            filled = Calls.bind(t, target, frame, count + 1, .null)
        }
        guard let filled else {
            target.letGo(t)
            return regs
        }
        Calls.push(
            t, frame, caller: regs, code: code, function: target.function.raw, bound: filled, flags: FrameFlags.initializer)
        target.letGo(t)
        return frame
    }

    /// The class's `__init__`, borrowed, if it is a Python function and `__new__` is object's; else null.
    @inline(__always)
    private static func function(_ t: Thread, _ type: TypeRef, _ pc: UnsafeMutableRawPointer) -> Value {
        let known = known(type, pc)
        return known.isNull ? find(t, type, pc) : known
    }

    /// The same if the call's cache knows it, else null.
    @inline(__always)
    static func known(_ type: TypeRef, _ pc: UnsafeMutableRawPointer) -> Value {
        let tag = pc.cache(0).pointee.load(ordering: .acquiring)
        let version = UInt32(truncatingIfNeeded: tag)
        if _fastPath(version != 0 && version == type.versionTag && (tag &>> 32) & 0xFF == CallCache.initializer), let found = InlineCache.detail(pc, for: tag) {
            return Value(bits: found)
        }
        return .null
    }

    @inline(never)
    private static func find(_ t: Thread, _ type: TypeRef, _ pc: UnsafeMutableRawPointer) -> Value {
        guard type.isMadeByObject || type.isMadeByBaseException else { return .null }
        let found = t.typeLookup(type, Names.__init__)
        guard found.isObject, t.typeOf(found) == t.type(.function) else { return .null }
        let version = type.versionTag
        if version != 0 { InlineCache.fill(pc, UInt64(version) | CallCache.initializer << 32, found.bits) }
        return found
    }

    /// - Parameter result: given up.
    @inline(never)
    static func raiseWrongResult(_ t: Thread, _ result: UInt64) {
        let value = Value(bits: result)
        _ = t.raise(.typeError, "__init__() should return None, not '\(t.typeName(value))'")
        t.release(value)
    }
}
