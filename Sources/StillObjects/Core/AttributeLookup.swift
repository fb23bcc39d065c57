// Attribute access: the generic rules for instances.
//
// Order: data descriptor of the type, instance attribute (inline or dict), other descriptor or plain attribute of the type, then
// `__getattr__` (GenericSlots.swift). Types have their own rules (TypeAttributes.swift). A descriptor found in the type is borrowed from the type
// and therefore retained before any Python code may run.
import StillObmalloc
import StillPlatform
public import StillThreadRegistry
import Synchronization

extension ThreadState {
    @inlinable public func getAttribute(_ v: Value, _ name: Value) throws(PythonError) -> Value {
        try checked(typeOf(v).record.pointee.getAttribute.unsafelyUnwrapped(raw, v.bits, name.bits))
    }

    /// Null instead of AttributeError.
    public func getAttributeOrNull(_ v: Value, _ name: Value) throws(PythonError) -> Value {
        let type = typeOf(v)
        if !type.has(TypeFlags.customGetAttribute) {
            // A getter may raise AttributeError itself.
            do throws(PythonError) { return try genericGet(v, name) } catch {
                if !raisedMatches(.attributeError) { throw error }
                clearRaised()
                return .null
            }
        }
        if type.has(TypeFlags.typeSubclass), let slot = type.record.pointee.getAttribute,
            unsafeBitCast(slot, to: UInt.self) == TypeType.getAttributeAddress
        {
            // A property of the metaclass may raise AttributeError itself.
            do throws(PythonError) { return try typeGet(TypeRef(v), name) } catch {
                if !raisedMatches(.attributeError) { throw error }
                clearRaised()
                return .null
            }
        }
        do { return try getAttribute(v, name) } catch {
            if !raisedMatches(.attributeError) { throw error }
            clearRaised()
            return .null
        }
    }
    public func setAttribute(_ v: Value, _ name: Value, _ value: Value) throws(PythonError) {
        _ = try checked(typeOf(v).record.pointee.setAttribute.unsafelyUnwrapped(raw, v.bits, name.bits, value.bits))
    }
    public func deleteAttribute(_ v: Value, _ name: Value) throws(PythonError) {
        _ = try checked(typeOf(v).record.pointee.setAttribute.unsafelyUnwrapped(raw, v.bits, name.bits, 0))
    }
    public func hasAttribute(_ v: Value, _ name: Value) throws(PythonError) -> Bool {
        let found = try getAttributeOrNull(v, name)
        release(found)
        return !found.isNull
    }

    // MARK: Generic rules

    /// `object.__getattribute__`.
    public func genericGetAttribute(_ v: Value, _ name: Value) throws(PythonError) -> Value {
        let found = try genericGet(v, name)
        if found.isNull { throw noAttribute(v, name) }
        return found
    }

    /// `object.__getattribute__` without the error: null when absent.
    public func genericGet(_ v: Value, _ name: Value) throws(PythonError) -> Value {
        let type = typeOf(v)
        let found = typeLookup(type, name)
        var get: Slot.DescriptorGet? = nil
        if !found.isNull {
            let kind = typeOf(found).record
            get = kind.pointee.descriptorGet
            retain(found)
            if let get, kind.pointee.descriptorSet != nil {
                defer { release(found) }
                return try checked(get(raw, found.bits, v.bits, type.value.bits))
            }
        }
        if v.isObject && type.record.pointee.dictOffset != 0 {
            let own: Value
            do throws(PythonError) { own = try InstanceAttributes.get(self, v.object, type, name) } catch {
                release(found)
                throw error
            }
            if !own.isNull {
                release(found)
                return own
            }
        }
        if found.isNull { return .null }
        guard let get else { return found }
        defer { release(found) }
        return try checked(get(raw, found.bits, v.bits, type.value.bits))
    }

    /// `object.__setattr__`; value null: `object.__delattr__`.
    public func genericSet(_ v: Value, _ name: Value, _ value: Value) throws(PythonError) {
        let type = typeOf(v)
        guard isStr(name) else {
            throw raise(.typeError, "attribute name must be string, not '\(typeName(name))'")
        }
        let found = typeLookup(type, name)
        if !found.isNull, let set = typeOf(found).record.pointee.descriptorSet {
            retain(found)
            defer { release(found) }
            _ = try checked(set(raw, found.bits, v.bits, value.bits))
            return
        }
        if v.isObject && type.record.pointee.dictOffset != 0 {
            if !value.isNull {
                try InstanceAttributes.set(self, v.object, type, name, value)
                return
            }
            // Deleting tells whether there was one.
            let old = try InstanceAttributes.get(self, v.object, type, name)
            if old.isNull { throw noAttribute(v, name) }
            defer { release(old) }
            try InstanceAttributes.set(self, v.object, type, name, .null)
            return
        }
        let text = StrRef(name).string
        let owner = StrRef(type.record.pointee.name).string
        if !found.isNull {
            throw attributeError("'\(owner)' object attribute '\(text)' is read-only", v, name)
        }
        if value.isNull { throw noAttribute(v, name) }
        throw attributeError(
            "'\(owner)' object has no attribute '\(text)' and no __dict__ for setting new attributes", v, name)
    }

    /// AttributeError with the usual text, and `name` and `obj` set.
    public func noAttribute(_ v: Value, _ name: Value) -> PythonError {
        guard isStr(name) else {
            return raise(.typeError, "attribute name must be string, not '\(typeName(name))'")
        }
        if isType(v) {
            return attributeError(
                "type object '\(StrRef(TypeRef(v).record.pointee.name).string)' has no attribute '\(StrRef(name).string)'", v, name)
        }
        return attributeError("'\(typeName(v))' object has no attribute '\(StrRef(name).string)'", v, name)
    }
    public func attributeError(_ message: String, name: Value, object: Value) -> PythonError {
        attributeError(message, object, name)
    }
    public func attributeError(_ message: String, _ v: Value, _ name: Value) -> PythonError {
        let error = raise(.attributeError, message)
        let raised = objects.pointee.raised
        if raisedMatches(.attributeError) {
            let exception = ExceptionRef(raised)
            exception.setField(self, ExceptionLayout.attributeName, name)
            exception.setField(self, ExceptionLayout.attributeObject, v)
        }
        return error
    }
}

/// C-convention forms for the slots of `object`.
enum GenericAttributes {
    static let get: Slot.Binary = { t, v, name in
        returning(t) { (t) throws(PythonError) -> Value in
            let value = Value(bits: v)
            let name = Value(bits: name)
            guard t.isStr(name) else {
                throw t.raise(.typeError, "attribute name must be string, not '\(t.typeName(name))'")
            }
            let found = try t.genericGet(value, name)
            if found.isNull { throw t.noAttribute(value, name) }
            return found
        }
    }
    static let set: Slot.Store = { t, v, name, value in
        storing(t) { (t) throws(PythonError) -> Int in
            try t.genericSet(Value(bits: v), Value(bits: name), Value(bits: value))
            return 0
        }
    }
}
