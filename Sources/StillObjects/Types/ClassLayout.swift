// Layout of a new class: which base decides it, and where slots, dictionary and inline values lie.
//
// The solid base of a type is the nearest type in its chain of bases that added something to the native layout: a static type with a larger
// instance, or a class with `__slots__`. The solid bases of all bases of a class must lie on one chain.
// Inline values: a class that keeps attributes of its instances inline has room for the names that `__static_attributes__` of it and its
// bases announce, and some more; where none are announced (methods may be generated) for eight. What does not fit moves the object's
// attributes to a dict.
import StillObmalloc
import StillPlatform
import StillThreadRegistry

enum ClassLayout {
    static let mostInline = 30
    static let usualInline = 8

    static func solidBase(_ type: TypeRef) -> TypeRef {
        var at = type
        while let raw = at.record.pointee.base {
            let base = TypeRef(raw)
            if at.record.pointee.basicSize != base.record.pointee.basicSize { return at }
            if !at.has(TypeFlags.heapType) && at.record.pointee.basicSize != base.record.pointee.basicSize { return at }
            at = base
        }
        return at
    }

    /// The base whose layout the class continues.
    static func bestBase(_ bases: [TypeRef], _ t: Thread) throws(PythonError) -> TypeRef {
        var winner: (base: TypeRef, solid: TypeRef)?
        for base in bases {
            guard base.has(TypeFlags.baseType) else {
                throw t.raise(.typeError, "type '\(t.qualifiedTypeName(base))' is not an acceptable base type")
            }
            let candidate = solidBase(base)
            guard let now = winner else {
                winner = (base, candidate)
                continue
            }
            if t.isSubtype(now.solid, candidate) { continue }
            if t.isSubtype(candidate, now.solid) {
                winner = (base, candidate)
            } else {
                throw t.raise(.typeError, "multiple bases have instance lay-out conflict")
            }
        }
        return winner!.base
    }

    /// Where a module's dict is. Not in the record of `module`, whose attributes are found in a way of their own.
    private static let moduleDict: UInt32 = 24

    /// Sets sizes and offsets of a class whose `base` is set.
    ///
    /// - Parameter slots: number of words for its `__slots__`.
    /// - Parameter wantsDict: the class adds a dictionary unless a base has one.
    static func compute(
        _ type: TypeRef, slots: Int, wantsDict: Bool, announced: Int, anyBaseHasDict: Bool, _ t: Thread
    ) throws(PythonError) {
        let record = type.record
        let base = TypeRef(record.pointee.base!).record
        let nativeBase = TypeRef(base.pointee.nativeBase!)
        let native = nativeBase.record
        var size = Int(base.pointee.basicSize) + slots * 8
        record.pointee.basicSize = UInt32(size)
        record.pointee.slotCount = UInt32(slots)
        record.pointee.nativeBase = native.pointee.staticID == .max ? base.pointee.nativeBase : base.pointee.nativeBase
        record.pointee.dictOffset = 0
        record.pointee.inlineOffset = 0
        record.pointee.inlineCount = 0
        let hasDict = wantsDict || anyBaseHasDict
        if hasDict && !base.pointee.flags.isTypeSubclass {
            let isModule = nativeBase == StaticTypes.record(.module)
            if isModule {
                record.pointee.dictOffset = moduleDict
            } else if native.pointee.dictOffset != 0 {
                record.pointee.dictOffset = native.pointee.dictOffset
            } else {
                record.pointee.dictOffset = UInt32(size)
                size += 8
            }
            let room = (ObjectLayout.largestObjectBytes - size) / 8
            var wanted = announced + Int(base.pointee.inlineCount)
            if wanted == 0 { wanted = usualInline } else if announced > 0 { wanted += 2 }
            // The rest of the block.
            wanted += (size + wanted * 8) % 16 / 8
            // A module always has its dict, and may change its class for one below `module`: no room is needed for values.
            let count = isModule ? 0 : max(0, min(wanted, mostInline, room))
            record.pointee.inlineOffset = UInt16(size)
            record.pointee.inlineCount = UInt16(count)
            size += count * 8
        }
        if size > ObjectLayout.largestObjectBytes {
            throw t.raise(.typeError,
                "class '\(StrRef(record.pointee.name).string)' has too many __slots__: instances of more than \(ObjectLayout.largestObjectBytes) bytes are not supported")
        }
        record.pointee.instanceSize = UInt32(size)
        record.pointee.flags |= base.pointee.flags & (TypeFlags.subclassMask | TypeFlags.weaklyReferencable)
    }

    /// Whether the slots of two classes with equal sizes have the same names in the same places.
    static func sameSlots(_ a: TypeRef, _ b: TypeRef) -> Bool {
        if a.record.pointee.slotCount == 0 && b.record.pointee.slotCount == 0 { return solidBase(a) == solidBase(b) }
        return false
    }
}

extension UInt32 {
    var isTypeSubclass: Bool { self & TypeFlags.typeSubclass != 0 }
}
