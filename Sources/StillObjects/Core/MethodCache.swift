// Lookup of a name in a type and its bases, with a cache per thread.
//
// Key        (version tag, address of an interned name). A version tag is never used twice in an interpreter, and interned strings live as long as the
//            process or interpreter, so an entry is never wrong, only stale and unreachable. Absence is cached too (value null).
// Lifetime   A cached value is borrowed from a class's dict. A class whose version is in use changes only with the world stopped, so
//            a value found stays valid until this thread's next safepoint: retain it before anything that may reach one.
// Versions   A type without version gets one at its first lookup, after all its bases have theirs, under the type lock;
//            see StillVersions/TypeVersion.swift.
public import StillObmalloc
import StillPlatform
public import StillThreadRegistry
import StillVersions
import Synchronization

@frozen public struct MethodCacheEntry: BitwiseCopyable {
    public var version: UInt64
    public var name: UInt64
    public var value: UInt64
}

@frozen public enum MethodCache {
    @inlinable public static var entryCount: Int { 1024 }

    /// nil: no memory.
    static func make() -> UnsafeMutablePointer<MethodCacheEntry>? {
        rawAllocateZeroed(entryCount * MemoryLayout<MethodCacheEntry>.stride)?.assumingMemoryBound(to: MethodCacheEntry.self)
    }
    static func free(_ entries: UnsafeMutablePointer<MethodCacheEntry>) { rawFree(UnsafeMutableRawPointer(entries)) }

    @inlinable @inline(__always) static func slot(_ version: UInt32, _ name: UInt64) -> Int {
        Int(truncatingIfNeeded: (UInt64(version) &* 0x9E37 ^ name &>> 4 ^ name &>> 14) & UInt64(entryCount - 1))
    }
}

extension ThreadState {
    /// The attribute in the type or its bases, without binding: borrowed, null when absent. Never raises.
    ///
    /// - Parameter name: a str; interned names are cached.
    /// - Threads: attached. Retain the result before anything that may reach a safepoint.
    @inlinable @inline(__always)
    public func typeLookup(_ type: TypeRef, _ name: Value) -> Value {
        let version = type.versionTag
        let key = name.bits & ~7
        let entry = objects.pointee.methodCache + MethodCache.slot(version, key)
        if _fastPath(entry.pointee.version == UInt64(version) && entry.pointee.name == key && version != 0) {
            return Value(bits: entry.pointee.value)
        }
        return typeLookupSlow(type, name)
    }

    @usableFromInline @inline(never)
    func typeLookupSlow(_ type: TypeRef, _ name: Value) -> Value {
        let version = TypeVersion.assign(type, self)
        let found = typeLookupUncached(type, name)
        if version != 0 && StrRef(name).isInterned {
            let key = name.bits & ~7
            objects.pointee.methodCache[MethodCache.slot(version, key)] =
                MethodCacheEntry(version: UInt64(version), name: key, value: found.bits)
        }
        return found
    }

    /// Through the MRO.
    func typeLookupUncached(_ type: TypeRef, _ name: Value) -> Value {
        let mro = type.record.pointee.mro
        if mro.isNull { return .null }
        let count = TypeRef.tupleCount(mro)
        for index in 0..<count {
            let found = ownAttribute(TypeRef(TypeRef.tupleItem(mro, index)), name)
            if !found.isNull { return found }
        }
        return .null
    }

    /// In the type's own dict only. Borrowed.
    func ownAttribute(_ type: TypeRef, _ name: Value) -> Value {
        if let table = type.record.pointee.staticAttributes { return StaticAttributes(table).find(equal: name) }
        let dict = type.record.pointee.dict
        if dict.isNull { return .null }
        let value = DictRef(dict).getName(self, name)
        release(value)  // the dict keeps it: types change only where this thread is stopped
        return value
    }

    /// `issubclass` for real types, without hooks.
    @inlinable @inline(__always)
    public func isSubtype(_ type: TypeRef, _ base: TypeRef) -> Bool {
        if type == base { return true }
        return TypeRef.mroContains(type, base)
    }
    /// Exact instance or instance of a subclass, without hooks.
    @inlinable @inline(__always)
    public func isInstance(_ value: Value, of base: TypeRef) -> Bool { isSubtype(typeOf(value), base) }
}

extension TypeRef {
    @inlinable @inline(never)
    static func mroContains(_ type: TypeRef, _ base: TypeRef) -> Bool {
        let mro = type.record.pointee.mro
        if mro.isNull { return false }
        let items = TupleRef(mro)
        for index in 0..<items.count where items.item(index).object == base.object { return true }
        return false
    }
}
