// Filling the slots of a type from its bases and its special methods.
//
// A static type inherits from its base the slots it left out. A class's slot is the generic one (GenericSlots.swift) when any of the
// slot's special methods is defined by a class in the MRO, else that of the first static type which defines one, else empty.
import StillObmalloc
import StillPlatform
import StillThreadRegistry

enum SlotInheritance {
    // MARK: Static types

    static func inherit(_ type: TypeRef, from base: TypeRef) {
        let own = type.record
        let from = base.record
        own.pointee.flags |= from.pointee.flags & TypeFlags.subclassMask
        if own.pointee.hash == nil && own.pointee.compare == nil {
            own.pointee.hash = from.pointee.hash
        }
        if own.pointee.compare == nil { own.pointee.compare = from.pointee.compare }
        if own.pointee.getAttribute != nil { own.pointee.flags |= TypeFlags.customGetAttribute }
        if own.pointee.setAttribute != nil { own.pointee.flags |= TypeFlags.customSetAttribute }
        let inheritedFlags = TypeFlags.customGetAttribute | TypeFlags.customSetAttribute | TypeFlags.patternSequence
            | TypeFlags.patternMapping
        if own.pointee.getAttribute == nil || own.pointee.setAttribute == nil {
            var flags = from.pointee.flags & inheritedFlags
            if own.pointee.getAttribute != nil { flags &= ~TypeFlags.customGetAttribute }
            if own.pointee.setAttribute != nil { flags &= ~TypeFlags.customSetAttribute }
            own.pointee.flags |= flags
        }
        if own.pointee.memory.traverse == nil { own.pointee.memory.traverse = from.pointee.memory.traverse }
        if own.pointee.memory.clear == nil { own.pointee.memory.clear = from.pointee.memory.clear }
        if own.pointee.memory.deallocate == nil { own.pointee.memory.deallocate = from.pointee.memory.deallocate }
        if own.pointee.dictOffset == 0 && base != StaticTypes.record(.object) { own.pointee.dictOffset = from.pointee.dictOffset }
        if own.pointee.basicSize == 0 { own.pointee.basicSize = from.pointee.basicSize }
        if own.pointee.new == nil && own.pointee.flags & TypeFlags.notInstantiable == 0 && base != StaticTypes.record(.object) {
            own.pointee.new = from.pointee.new
        }
        if own.pointee.initialize == nil { own.pointee.initialize = from.pointee.initialize }
        if own.pointee.repr == nil { own.pointee.repr = from.pointee.repr }
        if own.pointee.str == nil { own.pointee.str = from.pointee.str }
        if own.pointee.call == nil { own.pointee.call = from.pointee.call }
        if own.pointee.getAttribute == nil { own.pointee.getAttribute = from.pointee.getAttribute }
        if own.pointee.setAttribute == nil { own.pointee.setAttribute = from.pointee.setAttribute }
        if own.pointee.descriptorGet == nil { own.pointee.descriptorGet = from.pointee.descriptorGet }
        if own.pointee.descriptorSet == nil { own.pointee.descriptorSet = from.pointee.descriptorSet }
        if own.pointee.iterate == nil { own.pointee.iterate = from.pointee.iterate }
        if own.pointee.next == nil { own.pointee.next = from.pointee.next }
        if own.pointee.binary == nil { own.pointee.binary = from.pointee.binary }
        if own.pointee.inPlace == nil { own.pointee.inPlace = from.pointee.inPlace }
        if own.pointee.unary == nil { own.pointee.unary = from.pointee.unary }
        if own.pointee.truth == nil { own.pointee.truth = from.pointee.truth }
        if own.pointee.length == nil { own.pointee.length = from.pointee.length }
        if own.pointee.getItem == nil { own.pointee.getItem = from.pointee.getItem }
        if own.pointee.setItem == nil { own.pointee.setItem = from.pointee.setItem }
        if own.pointee.contains == nil { own.pointee.contains = from.pointee.contains }
        if own.pointee.index == nil { own.pointee.index = from.pointee.index }
        if own.pointee.int == nil { own.pointee.int = from.pointee.int }
        if own.pointee.float == nil { own.pointee.float = from.pointee.float }
    }

    // MARK: Classes

    /// Fills all slots of a new class, or of one whose bases changed. In a pause, or before others know the class.
    static func fill(_ type: TypeRef, _ t: Thread) {
        for group in SlotGroup.allCases { fill(type, group, t) }
    }

    /// Refreshes the slots that `name` belongs to, in the class and all below.
    static func update(_ type: TypeRef, _ name: Value, _ t: Thread) {
        guard let group = SpecialMethod.group(of: name) else { return }
        update(type, group, t)
    }
    private static func update(_ type: TypeRef, _ group: SlotGroup, _ t: Thread) {
        fill(type, group, t)
        SubclassList.forEach(type) { update($0, group, t) }
    }

    private static func definer(_ type: TypeRef, _ name: Value, _ t: Thread) -> TypeRef? {
        let mro = type.record.pointee.mro
        for index in 0..<TypeRef.tupleCount(mro) {
            let base = TypeRef(TypeRef.tupleItem(mro, index))
            if !t.ownAttribute(base, name).isNull { return base }
        }
        return nil
    }

    private static func fill(_ type: TypeRef, _ group: SlotGroup, _ t: Thread) {
        var isGeneric = false
        var native: TypeRef?
        var fallback = false
        for method in SpecialMethod.byGroup[group.rawValue] {
            guard let found = definer(type, method.name, t) else { continue }
            if found.has(TypeFlags.heapType) {
                isGeneric = true
                if method.kind == .getAttr { fallback = true }
            } else if native == nil || t.isSubtype(found, native!) {
                native = found
            }
        }
        if native == nil && !isGeneric {
            // Slots of static types that show no method (`__new__` of object is one for all).
            let mro = type.record.pointee.mro
            for index in 1..<max(1, TypeRef.tupleCount(mro)) {
                let base = TypeRef(TypeRef.tupleItem(mro, index))
                if !base.has(TypeFlags.heapType) && base.record.pointee.isSet(group) {
                    native = base
                    break
                }
            }
        }
        let none = StaticTypes.record(.object).record
        let record = type.record
        let from = (native?.record) ?? (isGeneric ? none : emptyRecord)
        switch group {
        case .repr: record.pointee.repr = isGeneric ? GenericSlots.repr : from.pointee.repr
        case .str: record.pointee.str = isGeneric ? GenericSlots.str : from.pointee.str
        case .hash: record.pointee.hash = isGeneric ? GenericSlots.hash : from.pointee.hash
        case .compare: record.pointee.compare = isGeneric ? GenericSlots.compare : from.pointee.compare
        case .getAttribute:
            record.pointee.getAttribute =
                isGeneric ? (fallback ? GenericSlots.getAttributeWithFallback : GenericSlots.getAttribute) : from.pointee.getAttribute
            setFlag(type, TypeFlags.customGetAttribute, isGeneric || from.pointee.flags & TypeFlags.customGetAttribute != 0)
        case .setAttribute:
            record.pointee.setAttribute = isGeneric ? GenericSlots.setAttribute : from.pointee.setAttribute
            setFlag(type, TypeFlags.customSetAttribute, isGeneric || from.pointee.flags & TypeFlags.customSetAttribute != 0)
        case .descriptorGet: record.pointee.descriptorGet = isGeneric ? GenericSlots.descriptorGet : from.pointee.descriptorGet
        case .descriptorSet: record.pointee.descriptorSet = isGeneric ? GenericSlots.descriptorSet : from.pointee.descriptorSet
        case .iterate: record.pointee.iterate = isGeneric ? GenericSlots.iterate : from.pointee.iterate
        case .next: record.pointee.next = isGeneric ? GenericSlots.next : from.pointee.next
        case .binary: record.pointee.binary = isGeneric ? GenericSlots.binary : from.pointee.binary
        case .inPlace: record.pointee.inPlace = isGeneric ? GenericSlots.inPlace : from.pointee.inPlace
        case .unary: record.pointee.unary = isGeneric ? GenericSlots.unary : from.pointee.unary
        case .truth: record.pointee.truth = isGeneric ? GenericSlots.truth : from.pointee.truth
        case .length: record.pointee.length = isGeneric ? GenericSlots.length : from.pointee.length
        case .getItem: record.pointee.getItem = isGeneric ? GenericSlots.getItem : from.pointee.getItem
        case .setItem: record.pointee.setItem = isGeneric ? GenericSlots.setItem : from.pointee.setItem
        case .contains: record.pointee.contains = isGeneric ? GenericSlots.contains : from.pointee.contains
        case .index: record.pointee.index = isGeneric ? GenericSlots.index : from.pointee.index
        case .int: record.pointee.int = isGeneric ? GenericSlots.int : from.pointee.int
        case .float: record.pointee.float = isGeneric ? GenericSlots.float : from.pointee.float
        case .call: record.pointee.call = isGeneric ? GenericSlots.call : from.pointee.call
        case .initialize: record.pointee.initialize = isGeneric ? GenericSlots.initialize : from.pointee.initialize
        case .new: record.pointee.new = isGeneric ? GenericSlots.new : from.pointee.new
        case .finalize: record.pointee.memory.finalize = isGeneric ? GenericSlots.finalize : from.pointee.memory.finalize
        }
    }

    private static func setFlag(_ type: TypeRef, _ flag: UInt32, _ on: Bool) {
        if on { type.record.pointee.flags |= flag } else { type.record.pointee.flags &= ~flag }
    }

    nonisolated(unsafe) private static let emptyRecord: UnsafeMutablePointer<TypeRecord> = {
        guard let raw = rawAllocateZeroed(StaticTypes.recordBytes) else { stillBug("no memory for an empty type record") }
        return raw.assumingMemoryBound(to: TypeRecord.self)
    }()
}

extension TypeRecord {
    func isSet(_ group: SlotGroup) -> Bool {
        switch group {
        case .repr: repr != nil
        case .str: str != nil
        case .hash: hash != nil
        case .compare: compare != nil
        case .getAttribute: getAttribute != nil
        case .setAttribute: setAttribute != nil
        case .descriptorGet: descriptorGet != nil
        case .descriptorSet: descriptorSet != nil
        case .iterate: iterate != nil
        case .next: next != nil
        case .binary: binary != nil
        case .inPlace: inPlace != nil
        case .unary: unary != nil
        case .truth: truth != nil
        case .length: length != nil
        case .getItem: getItem != nil
        case .setItem: setItem != nil
        case .contains: contains != nil
        case .index: index != nil
        case .int: int != nil
        case .float: float != nil
        case .call: call != nil
        case .initialize: initialize != nil
        case .new: new != nil
        case .finalize: memory.finalize != nil
        }
    }
}
