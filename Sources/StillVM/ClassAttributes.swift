// Attributes of classes by the thread's own cache: `Class.name` and `Class.method(...)`.
//
// Which     classes of the metaclass `type`, whose own descriptors have no say for the name; values that come out of a class as they are:
//           functions, and objects of types without `__get__`.
// Guard     the class's own version tag covers what is found through its MRO (SecondCache.swift).
import StillBytecode
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry

enum ClassAttributes {
    /// The value, borrowed until the next safepoint; null: not known.
    ///
    /// - Parameter name: a string of the code's names.
    @inline(__always)
    static func known(_ t: Thread, _ target: Value, _ name: UInt64) -> Value {
        guard target.isObject, target.object.typeRaw == t.type(.type).raw,
            let entry = SecondCache.find(t, TypeRef(target).versionTag, name, .classValue)
        else { return .null }
        return Value(bits: entry.pointee.detail)
    }

    static func learn(_ t: Thread, _ target: Value, _ name: Value) {
        guard target.isObject, target.object.typeRaw == t.type(.type).raw else { return }
        let own = t.typeLookup(t.type(.type), name)
        if !own.isNull && t.typeOf(own).record.pointee.descriptorSet != nil { return }
        let found = t.typeLookup(TypeRef(target), name)
        guard !found.isNull, t.typeOf(found) == t.type(.function) || t.typeOf(found).record.pointee.descriptorGet == nil else { return }
        let version = TypeRef(target).versionTag
        if version != 0 { SecondCache.fill(t, UInt64(version), name.bits, .classValue, detail: Attributes.registerForm(found).bits) }
    }
}
