// Slots of classes: each looks its special method up and calls it.
import StillObmalloc
import StillPlatform
import StillThreadRegistry

enum GenericSlots {
    static let repr: Slot.Unary = { t, v in
        returning(t) { (t) throws(PythonError) -> Value in
            let value = Value(bits: v)
            let result = try t.callSpecial(value, Names.__repr__)
            return result.isNull ? try t.makeString(t.defaultRepr(value)) : result
        }
    }
    static let str: Slot.Unary = { t, v in
        returning(t) { (t) throws(PythonError) -> Value in
            let value = Value(bits: v)
            let result = try t.callSpecial(value, Names.__str__)
            return result.isNull ? try t.repr(value) : result
        }
    }
    static let hash: Slot.Predicate = { t, v in
        storing(t) { (t) throws(PythonError) -> Int in
            let value = Value(bits: v)
            let found = t.typeLookup(t.typeOf(value), Names.__hash__)
            if found.isNull || found.isNone { throw t.unhashable(value) }
            let result = try t.callSpecial(value, Names.__hash__)
            defer { t.release(result) }
            guard t.typeOf(result).has(TypeFlags.intSubclass) else {
                throw t.raise(.typeError, "__hash__ method should return an integer")
            }
            if let number = t.intValue(result) { return number == -1 ? -2 : number }
            return try t.hash(result)
        }
    }
    static let compare: Slot.Operator = { t, op, a, b in
        returning(t) { (t) throws(PythonError) -> Value in
            let left = Value(bits: a)
            let result = try t.callSpecial(left, SpecialMethod.compareNames[op], Value(bits: b))
            if !result.isNull { return result }
            if op == CompareOperator.notEqual.rawValue { return try ObjectType.notEqual(t, left, Value(bits: b)) }
            return .notImplemented
        }
    }

    // MARK: Attributes

    static let getAttribute: Slot.Binary = { t, v, name in
        returning(t) { (t) throws(PythonError) -> Value in
            try t.callSpecial(Value(bits: v), Names.__getattribute__, Value(bits: name))
        }
    }
    static let getAttributeWithFallback: Slot.Binary = { t, v, name in
        returning(t) { (t) throws(PythonError) -> Value in
            let value = Value(bits: v)
            let name = Value(bits: name)
            let own = t.typeLookup(t.typeOf(value), Names.__getattribute__)
            do throws(PythonError) {
                if !own.isNull && own.isSame(ObjectType.getAttributeWrapper) {
                    let found = try t.genericGet(value, name)
                    if !found.isNull { return found }
                } else {
                    return try t.callSpecial(value, Names.__getattribute__, name)
                }
            } catch {
                if !t.raisedMatches(.attributeError) { throw error }
                t.clearRaised()
            }
            let result = try t.callSpecial(value, Names.__getattr__, name)
            if result.isNull { throw t.noAttribute(value, name) }
            return result
        }
    }
    static let setAttribute: Slot.Store = { t, v, name, value in
        storing(t) { (t) throws(PythonError) -> Int in
            let result =
                value == 0
                ? try t.callSpecial(Value(bits: v), Names.__delattr__, Value(bits: name))
                : try t.callSpecial(Value(bits: v), Names.__setattr__, Value(bits: name), Value(bits: value))
            if result.isNull { throw t.noAttribute(Value(bits: v), Value(bits: name)) }
            t.release(result)
            return 0
        }
    }
    static let descriptorGet: Slot.DescriptorGet = { t, d, object, type in
        returning(t) { (t) throws(PythonError) -> Value in
            let descriptor = Value(bits: d)
            let result = try t.callSpecial(
                descriptor, Names.__get__, object == 0 ? .none : Value(bits: object), type == 0 ? .none : Value(bits: type))
            return result.isNull ? t.retain(descriptor) : result
        }
    }
    static let descriptorSet: Slot.Store = { t, d, object, value in
        storing(t) { (t) throws(PythonError) -> Int in
            let descriptor = Value(bits: d)
            let result =
                value == 0
                ? try t.callSpecial(descriptor, Names.__delete__, Value(bits: object))
                : try t.callSpecial(descriptor, Names.__set__, Value(bits: object), Value(bits: value))
            if result.isNull {
                throw t.raise(.attributeError, value == 0 ? "__delete__" : "__set__")
            }
            t.release(result)
            return 0
        }
    }

    // MARK: Containers

    static let iterate: Slot.Unary = { t, v in
        returning(t) { (t) throws(PythonError) -> Value in
            let value = Value(bits: v)
            if t.typeLookup(t.typeOf(value), Names.__iter__).isNone {
                throw t.raise(.typeError, "'\(t.typeName(value))' object is not iterable")
            }
            return try t.callSpecial(value, Names.__iter__)
        }
    }
    static let next: Slot.Unary = { t, v in
        returning(t) { (t) throws(PythonError) -> Value in try t.callSpecial(Value(bits: v), Names.__next__) }
    }
    static let truth: Slot.Predicate = { t, v in
        storing(t) { (t) throws(PythonError) -> Int in
            let value = Value(bits: v)
            let result = try t.callSpecial(value, Names.__bool__)
            if result.isNull { return 1 }
            if result.isBool { return result.isTrue ? 1 : 0 }
            defer { t.release(result) }
            throw t.raise(.typeError, "__bool__ should return bool, returned \(t.typeName(result))")
        }
    }
    static let length: Slot.Predicate = { t, v in
        storing(t) { (t) throws(PythonError) -> Int in
            let value = Value(bits: v)
            let result = try t.callSpecial(value, Names.__len__)
            if result.isNull { throw t.raise(.typeError, "object of type '\(t.typeName(value))' has no len()") }
            defer { t.release(result) }
            let number = try t.index(result)
            defer { t.release(number) }
            let count = try t.indexInt(number)
            if count < 0 { throw t.raise(.valueError, "__len__() should return >= 0") }
            return count
        }
    }
    static let getItem: Slot.Binary = { t, o, key in
        returning(t) { (t) throws(PythonError) -> Value in
            let result = try t.callSpecial(Value(bits: o), Names.__getitem__, Value(bits: key))
            if result.isNull { throw t.raise(.typeError, "'\(t.typeName(Value(bits: o)))' object is not subscriptable") }
            return result
        }
    }
    static let setItem: Slot.Store = { t, o, key, value in
        storing(t) { (t) throws(PythonError) -> Int in
            let object = Value(bits: o)
            let result =
                value == 0
                ? try t.callSpecial(object, Names.__delitem__, Value(bits: key))
                : try t.callSpecial(object, Names.__setitem__, Value(bits: key), Value(bits: value))
            if result.isNull {
                throw t.raise(.typeError,
                    "'\(t.typeName(object))' object \(value == 0 ? "doesn't support item deletion" : "does not support item assignment")")
            }
            t.release(result)
            return 0
        }
    }
    static let contains: Slot.Contains = { t, o, item in
        storing(t) { (t) throws(PythonError) -> Int in
            let object = Value(bits: o)
            let found = t.typeLookup(t.typeOf(object), Names.__contains__)
            if found.isNull { return try t.containsByIteration(object, Value(bits: item)) ? 1 : 0 }
            if found.isNone { throw t.raise(.typeError, "'\(t.typeName(object))' object is not a container") }
            let result = try t.callSpecial(object, Names.__contains__, Value(bits: item))
            defer { t.release(result) }
            return try t.isTrue(result) ? 1 : 0
        }
    }

    // MARK: Numbers

    static let binary: Slot.Operator = { t, op, a, b in
        returning(t) { (t) throws(PythonError) -> Value in
            let left = Value(bits: a)
            let right = Value(bits: b)
            let leftType = t.typeOf(left)
            let rightType = t.typeOf(right)
            var askRight = leftType != rightType && isGeneric(rightType)
            if isGeneric(leftType) {
                if askRight && t.isSubtype(rightType, leftType)
                    && !t.typeLookup(rightType, SpecialMethod.reflectedNames[op]).isSame(
                        t.typeLookup(leftType, SpecialMethod.reflectedNames[op]))
                {
                    let result = try t.callSpecial(right, SpecialMethod.reflectedNames[op], left)
                    if !result.isNull && !result.isNotImplemented { return result }
                    askRight = false
                }
                let result = try t.callSpecial(left, SpecialMethod.binaryNames[op], right)
                if !result.isNull && !result.isNotImplemented { return result }
            }
            if askRight {
                let result = try t.callSpecial(right, SpecialMethod.reflectedNames[op], left)
                if !result.isNull { return result }
            }
            return .notImplemented
        }
    }
    private static func isGeneric(_ type: TypeRef) -> Bool {
        guard let slot = type.record.pointee.binary else { return false }
        return unsafeBitCast(slot, to: UInt.self) == unsafeBitCast(binary, to: UInt.self)
    }
    static let inPlace: Slot.Operator = { t, op, a, b in
        returning(t) { (t) throws(PythonError) -> Value in
            let result = try t.callSpecial(Value(bits: a), SpecialMethod.inPlaceNames[op], Value(bits: b))
            return result.isNull ? .notImplemented : result
        }
    }
    static let unary: Slot.Operator = { t, op, v, _ in
        returning(t) { (t) throws(PythonError) -> Value in
            let result = try t.callSpecial(Value(bits: v), SpecialMethod.unaryNames[op])
            return result.isNull ? .notImplemented : result
        }
    }
    static let index: Slot.Unary = { t, v in
        returning(t) { (t) throws(PythonError) -> Value in try t.callSpecial(Value(bits: v), Names.__index__) }
    }
    static let int: Slot.Unary = { t, v in
        returning(t) { (t) throws(PythonError) -> Value in try t.callSpecial(Value(bits: v), Names.__int__) }
    }
    static let float: Slot.Unary = { t, v in
        returning(t) { (t) throws(PythonError) -> Value in try t.callSpecial(Value(bits: v), Names.__float__) }
    }

    // MARK: Calls and life

    static let call: NativeFunction = { t, f, args, n, k in
        returning(t) { (t) throws(PythonError) -> Value in
            let callee = Value(bits: f)
            let found = t.typeLookup(t.typeOf(callee), Names.__call__)
            if found.isNull { throw t.notCallable(callee) }
            try t.enterNative()
            defer { t.leaveNative() }
            if t.typeOf(found).has(TypeFlags.methodDescriptor) {
                t.retain(found)
                defer { t.release(found) }
                return try t.checked(t.call(found, prepending: f, args, n, k))
            }
            let method = try t.lookupSpecial(callee, Names.__call__)
            defer { t.release(method) }
            return try t.call(method, args: args, count: n, keywords: Value(bits: k))
        }
    }
    static let initialize: Slot.Initialize = { t, v, args, n, k in
        storing(t) { (t) throws(PythonError) -> Int in
            let receiver = Value(bits: v)
            let found = t.typeLookup(t.typeOf(receiver), Names.__init__)
            let result: Value
            if t.typeOf(found).has(TypeFlags.methodDescriptor) {
                t.retain(found)
                defer { t.release(found) }
                result = try t.checked(t.call(found, prepending: v, args, n, k))
            } else {
                let method = try t.lookupSpecial(receiver, Names.__init__)
                defer { t.release(method) }
                result = try t.call(method, args: args, count: n, keywords: Value(bits: k))
            }
            if result.isNone { return 0 }
            defer { t.release(result) }
            throw t.raise(.typeError, "__init__() should return None, not '\(t.typeName(result))'")
        }
    }
    static let new: NativeFunction = { t, type, args, n, k in
        returning(t) { (t) throws(PythonError) -> Value in
            let cls = Value(bits: type)
            let method = try t.getAttribute(cls, Names.__new__)
            defer { t.release(method) }
            return try t.checked(t.call(method, prepending: type, args, n, k))
        }
    }
    static let finalize: TypeMemorySlots.Clear = { t, object in
        let t = Thread(t)
        let receiver = Value(ObjectRef(object))
        let method = t.typeLookup(t.typeOf(receiver), Names.__del__)
        if method.isNull { return }
        t.retain(method)
        defer { t.release(method) }
        do {
            let result = try t.callSpecial(receiver, Names.__del__)
            t.release(result)
        } catch { t.writeUnraisable(method) }
    }
}
