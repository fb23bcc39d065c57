// Direct subclasses of a type: raw pointers, uncounted, under the type lock.
//
// Buffer: count, capacity, pointers. A class leaves its bases' lists when it is freed; all classes of an interpreter leave the lists
// of static types when the interpreter ends (`purge`).
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import StillVersions

public enum SubclassList {
    static func add(_ type: TypeRef, to base: TypeRef) {
        TypeLock.with {
            let record = base.record
            var count = 0
            var capacity = 0
            if let list = record.pointee.subclasses {
                count = list.load(as: Int.self)
                capacity = list.load(fromByteOffset: 8, as: Int.self)
            }
            if count == capacity {
                capacity = max(4, capacity * 2)
                // The class exists already, and the type lock is held: nobody could be told.
                let grown = RawReserve.grow(record.pointee.subclasses, from: count == 0 ? 0 : 16 + count * 8, to: 16 + capacity * 8)
                grown.storeBytes(of: capacity, toByteOffset: 8, as: Int.self)
                record.pointee.subclasses = grown
            }
            let list = record.pointee.subclasses!
            list.storeBytes(of: type.raw, toByteOffset: 16 + count * 8, as: UnsafeMutableRawPointer.self)
            list.storeBytes(of: count + 1, as: Int.self)
        }
    }

    static func remove(_ type: TypeRef, from base: TypeRef) {
        TypeLock.with { filter(base) { $0 != type } }
    }

    private static func filter(_ base: TypeRef, _ keep: (TypeRef) -> Bool) {
        guard let list = base.record.pointee.subclasses else { return }
        let count = list.load(as: Int.self)
        var kept = 0
        for index in 0..<count {
            let raw = list.load(fromByteOffset: 16 + index * 8, as: UnsafeMutableRawPointer.self)
            if keep(TypeRef(raw)) {
                list.storeBytes(of: raw, toByteOffset: 16 + kept * 8, as: UnsafeMutableRawPointer.self)
                kept += 1
            }
        }
        list.storeBytes(of: kept, as: Int.self)
    }

    /// Gives the list's memory back, of a class that is freed.
    static func free(_ type: TypeRef) {
        if let list = type.record.pointee.subclasses { rawFree(list) }
        type.record.pointee.subclasses = nil
    }

    /// Without the lock: in a pause of the class's interpreter, for classes (all their subclasses are in it too).
    static func forEach(_ type: TypeRef, _ body: (TypeRef) -> Void) {
        guard let list = type.record.pointee.subclasses else { return }
        for index in 0..<list.load(as: Int.self) {
            body(TypeRef(list.load(fromByteOffset: 16 + index * 8, as: UnsafeMutableRawPointer.self)))
        }
    }

    /// Subclasses that belong to the thread's interpreter or are static, each with a new reference.
    static func snapshot(_ type: TypeRef, _ t: Thread) -> [Value] {
        let own = t.interpreter.raw
        return TypeLock.with {
            var found: [Value] = []
            forEach(type) { sub in
                guard sub.record.pointee.interpreter == nil || sub.record.pointee.interpreter == own else { return }
                if CollectorHooks.isDoomed?(sub.raw) ?? false { return }
                if ReferenceCount.tryRetain(sub.object, t) { found.append(sub.value) }
            }
            return found
        }
    }

    /// An interpreter ends: its classes leave the lists of the static types.
    public static func purge(interpreter: UnsafeMutableRawPointer) {
        DeadBlocks.forget(interpreter)
        TypeLock.with {
            for number in 0..<(StaticTypes.typeCount + ExceptionID.allCases.count) {
                filter(TypeRef(StaticTypes.table[number])) { $0.record.pointee.interpreter != interpreter }
            }
        }
    }
}
