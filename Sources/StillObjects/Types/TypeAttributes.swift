// Attributes of types: read through metaclass and bases, changed with versions and slots kept right.
import StillObmalloc
import StillPlatform
public import StillThreadRegistry
import StillVersions

extension ThreadState {
    /// `type.__getattribute__` without the error: null when absent.
    public func typeGet(_ type: TypeRef, _ name: Value) throws(PythonError) -> Value {
        let meta = TypeRef(type.object.typeRaw)
        let metaFound = typeLookup(meta, name)
        var metaGet: Slot.DescriptorGet?
        if !metaFound.isNull {
            let kind = typeOf(metaFound).record
            metaGet = kind.pointee.descriptorGet
            if let metaGet, kind.pointee.descriptorSet != nil {
                retain(metaFound)
                defer { release(metaFound) }
                return try checked(metaGet(raw, metaFound.bits, type.object.address, meta.object.address))
            }
        }
        let found = typeLookup(type, name)
        if !found.isNull {
            guard let get = typeOf(found).record.pointee.descriptorGet else { return retain(found) }
            retain(found)
            defer { release(found) }
            return try checked(get(raw, found.bits, 0, type.object.address))
        }
        if metaFound.isNull { return .null }
        retain(metaFound)
        guard let metaGet else { return metaFound }
        defer { release(metaFound) }
        return try checked(metaGet(raw, metaFound.bits, type.object.address, meta.object.address))
    }

    /// `type.__setattr__`; value null deletes.
    public func typeSet(_ type: TypeRef, _ name: Value, _ value: Value) throws(PythonError) {
        guard isStr(name) else {
            throw raise(.typeError, "attribute name must be string, not '\(typeName(name))'")
        }
        let text = StrRef(name).string
        guard type.has(TypeFlags.heapType) else {
            throw raise(.typeError, "cannot set '\(text)' attribute of immutable type '\(qualifiedTypeName(type))'")
        }
        let meta = TypeRef(type.object.typeRaw)
        let descriptor = typeLookup(meta, name)
        if !descriptor.isNull, let set = typeOf(descriptor).record.pointee.descriptorSet {
            retain(descriptor)
            defer { release(descriptor) }
            _ = try checked(set(raw, descriptor.bits, type.object.address, value.bits))
            return
        }
        try typeStore(type, name, value)
    }

    /// Stores into the class's dict; null deletes.
    func typeStore(_ type: TypeRef, _ name: Value, _ value: Value) throws(PythonError) {
        let key = StrRef(name).isInterned ? retain(name) : try internedString(StrRef(name).string)
        defer { release(key) }
        let dict = DictRef(type.record.pointee.dict)
        // The old value is held over the change: no destructor may run inside.
        let old = dict.getName(self, key)
        defer { release(old) }
        if value.isNull && old.isNull { throw noAttribute(type.value, name) }
        if StrRef(key).string.hasPrefix("__"), key.isSame(Names.__abstractmethods__) {
            let isAbstract = value.isNull ? false : try isTrue(value)
            try TypeVersion.modify(type, self, unguarded: true) { () throws(PythonError) in
                if isAbstract { type.record.pointee.flags |= TypeFlags.abstract } else { type.record.pointee.flags &= ~TypeFlags.abstract }
            }
        }
        // Slots are read without a look at the tag.
        try TypeVersion.modify(type, self, unguarded: SpecialMethod.group(of: key) != nil) { () throws(PythonError) in
            if value.isNull { _ = try dict.delete(self, key) } else { try dict.set(self, key, value) }
            SlotInheritance.update(type, key, self)
        }
    }
}

extension TypeType {
    static let getAttribute: Slot.Binary = { t, v, name in
        returning(t) { (t) throws(PythonError) -> Value in
            let type = TypeRef(Value(bits: v))
            let name = Value(bits: name)
            guard t.isStr(name) else {
                throw t.raise(.typeError, "attribute name must be string, not '\(t.typeName(name))'")
            }
            let found = try t.typeGet(type, name)
            if found.isNull { throw t.noAttribute(type.value, name) }
            return found
        }
    }
    static let setAttribute: Slot.Store = { t, v, name, value in
        storing(t) { (t) throws(PythonError) -> Int in
            try t.typeSet(TypeRef(Value(bits: v)), Value(bits: name), Value(bits: value))
            return 0
        }
    }
    static var getAttributeAddress: UInt { unsafeBitCast(getAttribute, to: UInt.self) }
}
