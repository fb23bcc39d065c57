// Attribute access with inline caches.
//
// Cache word 0  type version u32 | kind u8 << 32 | detail u16 << 48. 0: empty. One word, so threads never see half of it.
//       word 1  the same for another class; loadAttribute: kind 1 only. (Behind kind 2 it is an index, which has no kind.)
//   kind 1      an inline value of the instance, `detail` its offset
//   kind 2      a module's attribute: word 1 is the entry index in its dict (checked by the key)
//   kind 5      (storeAttribute) a `__slots__` word of the instance, `detail` its offset; loading one is kind 1
//   kind 3      (loadMethod) a method found in the type, word 1 the function; instances have no attributes of their own
//   kind 4      the same, for instances without dict whose class shares `detail` inline names, none of them this one
// Behind it is the thread's own cache for places that see several classes (SecondCache.swift).
// Word 1 of kinds 3 and 4 belongs to word 0: InlineCache.swift. Words 2 and 3 are another such pair, for another class.
import StillBytecode
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import Synchronization

enum Attributes {
    static let inline: UInt64 = 1
    static let module: UInt64 = 2
    static let plainMethod: UInt64 = 3
    static let method: UInt64 = 4
    static let slot: UInt64 = 5

    @inline(__always) static func pack(_ version: UInt32, _ kind: UInt64, _ detail: Int) -> UInt64 {
        UInt64(version) | kind << 32 | UInt64(UInt16(detail)) << 48
    }

    /// Owned value of the attribute, 0 with an exception. Does not consume the operand.
    @inline(__always)
    static func load(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer) -> UInt64 {
        let target = regs.value(pc.b)
        if _fastPath(target.isObject) {
            let object = target.object
            let cache = pc.cache(0).pointee.load(ordering: .relaxed)
            if UInt32(truncatingIfNeeded: cache) == TypeRef(object.typeRaw).versionTag && cache != 0 {
                if _fastPath((cache &>> 32) & 0xFF == inline) {
                    let value = InstanceAttributes.loadInline(t, object, Int(cache &>> 48))
                    if _fastPath(!value.isNull) { return value.bits }
                } else {
                    let name = Value(bits: regs.code.pointee.names[pc.c])
                    let dict = Value(bits: object.field(24, as: UInt64.self))
                    let value = DictRef(dict).valueForRegister(
                        t, Int(pc.cache(1).pointee.load(ordering: .relaxed)), key: name)
                    if !value.isNull { return value.bits }
                }
            } else if let entry = SecondCache.find(
                t, TypeRef(object.typeRaw).versionTag, regs.code.pointee.names[pc.c], .load)
            {
                // Another place has met the class: this one may be new.
                remember(t, pc, cache, entry.pointee.word)
                let value = InstanceAttributes.loadInline(t, object, Int(entry.pointee.word &>> 48))
                if !value.isNull { return value.bits }
            }
        }
        return loadSlowly(t, regs, pc)
    }

    /// Puts what is known of a class into one of the two words of a `loadAttribute`.
    @inline(__always)
    private static func remember(_ t: Thread, _ pc: UnsafeMutableRawPointer, _ first: UInt64, _ word: UInt64) {
        if first == 0 { return pc.cache(0).pointee.store(word, ordering: .relaxed) }
        let canHaveTwo = (first &>> 32) & 0xFF == inline
        if canHaveTwo && pc.cache(1).pointee.load(ordering: .relaxed) == 0 { return pc.cache(1).pointee.store(word, ordering: .relaxed) }
        if SecondCache.shouldMove(t, empty: false) {
            pc.cache(canHaveTwo && t.vm.pointee.misses & 64 != 0 ? 1 : 0).pointee.store(word, ordering: .relaxed)
        }
    }

    /// The same for a `storeAttribute`.
    private static func rememberStore(_ t: Thread, _ pc: UnsafeMutableRawPointer, _ first: UInt64, _ word: UInt64) {
        let second = pc.cache(1).pointee.load(ordering: .relaxed)
        if second == word { return }
        let place = first == 0 ? 0 : second == 0 ? 1 : t.vm.pointee.misses & 64 != 0 ? 1 : 0
        if SecondCache.shouldMove(t, empty: first == 0 || second == 0) { pc.cache(place).pointee.store(word, ordering: .relaxed) }
    }

    @inline(never)
    static func loadSlowly(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer) -> UInt64 {
        do throws(PythonError) {
            let target = try NameAccess.bound(t, regs, pc.b)
            let name = Value(bits: regs.code.pointee.names[pc.c])
            regs.savePC(pc + 24)
            if target.isObject { fill(t, target.object, name, pc, store: false) }
            ClassAttributes.learn(t, target, name)
            return try t.getAttribute(target, name).bits
        } catch { return 0 }
    }

    /// Fills the cache if the attribute is one that word 0 can describe.
    static func fill(_ t: Thread, _ object: ObjectRef, _ name: Value, _ pc: UnsafeMutableRawPointer, store: Bool) {
        let type = TypeRef(object.typeRaw)
        if type == t.type(.module) && !store {
            let dict = Value(bits: object.field(24, as: UInt64.self))
            _ = t.typeLookup(type, name)
            let version = type.versionTag
            if version == 0 || dict.isNull { return }
            let index = DictRef(dict).entryIndex(t, name)
            if index < 0 { return }
            pc.cache(1).pointee.store(UInt64(index), ordering: .relaxed)
            pc.cache(0).pointee.store(pack(version, module, 0), ordering: .releasing)
            return
        }
        guard !type.has(store ? TypeFlags.customSetAttribute : TypeFlags.customGetAttribute) else { return }
        let found = t.typeLookup(type, name)
        let version = type.versionTag
        if version == 0 { return }
        var word: UInt64
        if !found.isNull && t.typeOf(found).record.pointee.descriptorSet != nil {
            // A data descriptor in the type wins over the instance.
            guard let offset = SlotDescriptor.offset(t, found, in: type) else { return }
            word = pack(version, store ? slot : inline, offset)
        } else {
            guard type.record.pointee.inlineCount != 0, !type.has(TypeFlags.shortInstances) else { return }
            let index = InstanceAttributes.inlineIndex(type, name)
            if index < 0 { return }
            word = pack(version, inline, Int(type.record.pointee.inlineOffset) + index * 8)
        }
        SecondCache.fill(t, word, name.bits, store ? .store : .load)
        // Only when it changes: all threads read this memory.
        if pc.cache(0).pointee.load(ordering: .relaxed) != word {
            let first = pc.cache(0).pointee.load(ordering: .relaxed)
            if store { rememberStore(t, pc, first, word) } else { remember(t, pc, first, word) }
        }
    }

    @inline(never)
    static func store(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer) -> Bool {
        let target = regs.value(pc.a)
        let value = regs.value(pc.b)
        if _fastPath(target.isObject && !value.isNull) {
            let object = target.object
            let version = TypeRef(object.typeRaw).versionTag
            var cache = pc.cache(0).pointee.load(ordering: .relaxed)
            if _slowPath(UInt32(truncatingIfNeeded: cache) != version || version == 0) {
                let first = cache
                cache = SecondCache.find(t, version, regs.code.pointee.names[pc.c], .store)?.pointee.word ?? 0
                if cache != 0 { rememberStore(t, pc, first, cache) }
            }
            if _fastPath(cache != 0) {
                let offset = Int(cache &>> 48)
                let isSlot = (cache &>> 32) & 0xFF == slot
                var done = true
                if object.atomicWord(offset).pointee.load(ordering: .relaxed) == 0 && isNew(t, regs, pc, object)
                    && (isSlot || InstanceAttributes.mayAppend(object, offset))
                {
                    WriteBarrier.willStore(object, t)
                    object.atomicWord(offset).pointee.store(t.retain(value).bits, ordering: .releasing)
                } else if isSlot {
                    SharedSlot.store(t, object, offset, value)
                } else {
                    done =
                        InstanceAttributes.storeInline(t, object, offset, value)
                        || InstanceAttributes.addInline(t, object, offset, value)
                }
                if _fastPath(done) {
                    consumeStore(t, regs, pc)
                    return true
                }
            }
        }
        return storeSlowly(t, regs, pc)
    }

    /// The instance whose `__init__` runs in this frame, of which nobody else knows: its references are the two that the call has made, in
    /// registers of this thread.
    @inline(__always)
    private static func isNew(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer, _ object: ObjectRef) -> Bool {
        guard regs.frameFlags & FrameFlags.initializer != 0, pc.a == 0, object.owner == t.ownerSlot, object.local.pointee == 2,
            object.sharedWord.pointee.load(ordering: .relaxed) == 0, object.flags & ObjectFlags.weaklyReferenced == 0
        else { return false }
        let caller = regs.callerFrame.unsafelyUnwrapped
        return caller[(caller.savedPC - 24).a] == object.address
    }

    @inline(__always)
    static func consumeStore(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer) {
        if pc.flags & InstructionFlags.consumeA != 0 { regs.drop(t, pc.a) }
        if pc.flags & InstructionFlags.consumeB != 0 { regs.drop(t, pc.b) }
    }

    @inline(never)
    static func storeSlowly(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer) -> Bool {
        NameAccess.attempt(t) { () throws(PythonError) in
            let value = try NameAccess.bound(t, regs, pc.b)
            let target = try NameAccess.bound(t, regs, pc.a)
            let name = Value(bits: regs.code.pointee.names[pc.c])
            regs.savePC(pc + 24)
            try t.setAttribute(target, name, value)
            if regs.value(pc.a).isObject { fill(t, regs.value(pc.a).object, name, pc, store: true) }
            consumeStore(t, regs, pc)
        }
    }

    @inline(never)
    static func delete(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer) -> Bool {
        NameAccess.attempt(t) { () throws(PythonError) in
            try t.deleteAttribute(
                NameAccess.bound(t, regs, pc.a), Value(bits: regs.code.pointee.names[pc.c]))
            if pc.flags & InstructionFlags.consumeA != 0 { regs.drop(t, pc.a) }
        }
    }

    /// Puts callable and receiver (or null) in place. Consumes the operand.
    @inline(__always)
    static func loadMethod(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer) -> Bool {
        let target = regs.value(pc.b)
        if _fastPath(target.isObject) {
            let object = target.object
            let type = TypeRef(object.typeRaw)
            let cache = pc.cache(0).pointee.load(ordering: .acquiring)
            let version = UInt32(truncatingIfNeeded: cache)
            if _fastPath(version == type.versionTag && version != 0), let function = InlineCache.detail(pc, for: cache) {
                let kind = (cache &>> 32) & 0xFF
                if _fastPath(
                    (kind == plainMethod
                            || (InstanceLayout.hasNoDict(object, type)
                                && InstanceAttributes.keyCount(type) == Int(cache &>> 48))))
                {
                    placeMethod(t, regs, pc, Value(bits: function), target)
                    return true
                }
            }
            if let entry = SecondCache.find(t, type.versionTag, regs.code.pointee.names[pc.c], .method) {
                let word = entry.pointee.word
                rememberMethod(t, pc, cache, word, entry.pointee.detail)
                if (word &>> 32) & 0xFF == plainMethod
                    || (InstanceLayout.hasNoDict(object, type) && InstanceAttributes.keyCount(type) == Int(word &>> 48))
                {
                    placeMethod(t, regs, pc, Value(bits: entry.pointee.detail), target)
                    return true
                }
            }
        }
        return loadMethodSlowly(t, regs, pc)
    }

    /// `function` is borrowed, in register form if it is never counted.
    @inline(__always)
    static func placeMethod(
        _ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer, _ function: Value, _ receiver: Value
    ) {
        let base = pc.a
        let source = pc.b
        if pc.flags & InstructionFlags.consumeB != 0 || source == base {
            regs[source] = 0
            regs[base + FrameLayout.argumentOffset] = receiver.bits
        } else {
            if receiver.isCounted { ReferenceCount.retain(receiver.object, t) }
            regs[base + FrameLayout.argumentOffset] = receiver.bits
        }
        if function.isCounted { ReferenceCount.retain(function.object, t) }
        regs.put(t, base, function.bits)
    }

    @inline(never)
    static func loadMethodSlowly(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer) -> Bool {
        NameAccess.attempt(t) { () throws(PythonError) in
            let target = try NameAccess.bound(t, regs, pc.b)
            let name = Value(bits: regs.code.pointee.names[pc.c])
            let type = t.typeOf(target)
            regs.savePC(pc + 40)
            if !type.has(TypeFlags.customGetAttribute) && !type.has(TypeFlags.typeSubclass)
                && type != t.type(.module) && type != t.type(.superObject)
            {
                let found = t.typeLookup(type, name)
                if !found.isNull && t.typeOf(found).has(TypeFlags.methodDescriptor) {
                    let own = try instanceAttribute(t, target, type, name)
                    if own.isNull {
                        let function = registerForm(found)
                        cacheMethod(t, pc, type, name, function, target)
                        placeMethod(t, regs, pc, function, target)
                        return
                    }
                    t.release(own)
                }
            }
            ClassAttributes.learn(t, target, name)
            let value = try t.getAttribute(target, name)
            if pc.flags & InstructionFlags.consumeB != 0 { regs.drop(t, pc.b) }
            regs[pc.a + FrameLayout.argumentOffset] = 0
            regs.put(t, pc.a, value.bits)
        }
    }

    static func instanceAttribute(
        _ t: Thread, _ target: Value, _ type: TypeRef, _ name: Value
    ) throws(PythonError) -> Value {
        if !target.isObject || (type.record.pointee.dictOffset == 0 && type.record.pointee.inlineCount == 0) { return .null }
        return try InstanceAttributes.get(t, target.object, type, name)
    }

    /// The borrowed value as registers hold it: uncounted if it never dies by count, and only then, whatever form it had.
    @inline(__always) static func registerForm(_ value: Value) -> Value {
        guard value.isObject else { return value }
        let word = value.object.sharedWord.pointee.load(ordering: .relaxed)
        return word & (SharedFlags.deferred | SharedFlags.immortal) != 0 ? value.borrowedForm : Value(value.object)
    }

    /// A reference for a traced slot that may hold register forms: uncounted if the object never dies by count, else a new count. No count
    /// rises then, and who holds it may be born black, never to be scanned: the collector is told.
    @inline(__always) static func holding(_ t: Thread, _ value: Value) -> Value {
        let form = registerForm(value)
        if form.isCounted { return t.retain(form) }
        if _slowPath(t.barrierActive != 0) && form.isObject { WriteBarrier.shade(form.object, t) }
        return form
    }

    static func cacheMethod(
        _ t: Thread, _ pc: UnsafeMutableRawPointer, _ type: TypeRef, _ name: Value, _ function: Value, _ target: Value
    ) {
        let version = type.versionTag
        guard version != 0, target.isObject else { return }
        let plain = type.record.pointee.dictOffset == 0 && type.record.pointee.inlineCount == 0
        if !plain && !InstanceLayout.hasNoDict(target.object, type) { return }
        let word = plain ? pack(version, plainMethod, 0) : pack(version, method, InstanceAttributes.keyCount(type))
        SecondCache.fill(t, word, name.bits, .method, detail: function.bits)
        rememberMethod(t, pc, pc.cache(0).pointee.load(ordering: .relaxed), word, function.bits)
    }

    /// Puts a method into one of the two pairs of words of a `loadMethod`.
    @inline(__always)
    private static func rememberMethod(
        _ t: Thread, _ pc: UnsafeMutableRawPointer, _ first: UInt64, _ word: UInt64, _ function: UInt64
    ) {
        if first == 0 { return InlineCache.fill(pc, word, function) }
        if (pc + secondPair).cache(0).pointee.load(ordering: .relaxed) == 0 { return InlineCache.fill(pc + secondPair, word, function) }
        if SecondCache.shouldMove(t, empty: false) {
            InlineCache.fill(t.vm.pointee.misses & 64 != 0 ? pc + secondPair : pc, word, function)
        }
    }
    /// Of a `loadMethod`'s cache words, from the instruction on.
    static var secondPair: Int { 16 }

    /// `super().name`, to be called: callable and receiver (or null) in place. What `super` itself would find, without making it.
    @inline(never)
    static func loadSuper(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer) -> Bool {
        NameAccess.attempt(t) { () throws(PythonError) in
            let callee = try NameAccess.bound(t, regs, pc.b)
            let name = Value(bits: regs.code.pointee.names[pc.c])
            regs.savePC(pc + 8)
            if callee.isSame(t.type(.superObject).value) && !name.isSame(Names.__class__) {
                var (cls, receiver): (UInt64, UInt64) = (0, 0)
                if !RunningFrame.superArguments(t, &cls, &receiver) { throw PythonError() }
                let object = Value(bits: receiver)
                if t.isType(Value(bits: cls)), !t.isType(object), t.isSubtype(t.typeOf(object), TypeRef(Value(bits: cls))) {
                    let found = SuperObject.find(t, after: TypeRef(Value(bits: cls)), in: t.typeOf(object), name)
                    if !found.isNull && t.typeOf(found) == t.type(.function) {
                        let function = registerForm(found)
                        if function.isCounted { ReferenceCount.retain(function.object, t) }
                        regs[pc.a + FrameLayout.argumentOffset] = t.retain(object).bits
                        regs.put(t, pc.a, function.bits)
                        return
                    }
                }
            }
            let object = try t.call(callee)
            defer { t.release(object) }
            let value = try t.getAttribute(object, name)
            regs[pc.a + FrameLayout.argumentOffset] = 0
            regs.put(t, pc.a, value.bits)
        }
    }

    @inline(never)
    static func loadSpecial(_ t: Thread, _ regs: Registers, _ pc: UnsafeMutableRawPointer) -> Bool {
        NameAccess.attempt(t) { () throws(PythonError) in
            let names = ["__enter__", "__exit__", "__aenter__", "__aexit__"]
            let manager = try NameAccess.bound(t, regs, pc.b)
            let method = try t.lookupSpecial(manager, Interning.intern(names[pc.c]))
            if method.isNull {
                let what = pc.c < 2 ? "context manager" : "asynchronous context manager"
                let missing = pc.c % 2 == 1 ? " (missed \(names[pc.c]) method)" : ""
                throw t.raise(
                    .typeError, "'\(t.typeName(manager))' object does not support the \(what) protocol\(missing)")
            }
            if pc.flags & InstructionFlags.consumeB != 0 { regs.drop(t, pc.b) }
            regs.put(t, pc.a, method.bits)
        }
    }
}
