// Types as the version machinery sees them (StillVersions/TypeVersion.swift).
public import StillObmalloc
import StillPlatform
public import StillVersions
public import Synchronization

extension TypeRef: VersionedType {
    /// The record's `versionTag`, behind the slots of the memory layer.
    @inlinable @inline(__always) public var versionWord: UnsafeMutablePointer<Atomic<UInt32>> {
        (raw + ObjectLayout.headerBytes + MemoryLayout<TypeMemorySlots>.stride).assumingMemoryBound(to: Atomic<UInt32>.self)
    }
    public var versionBook: UnsafeMutablePointer<TypeVersionBook> {
        (raw + ObjectLayout.headerBytes + MemoryLayout<TypeRecord>.offset(of: \.versionBook)!)
            .assumingMemoryBound(to: TypeVersionBook.self)
    }
    public var isStaticType: Bool { record.pointee.interpreter == nil }
    public var hasOrder: Bool { !record.pointee.mro.isNull }
    public func forEachInOrder(_ body: (TypeRef) -> Bool) {
        let mro = record.pointee.mro
        for index in 1..<max(1, TypeRef.tupleCount(mro)) where !body(TypeRef(TypeRef.tupleItem(mro, index))) { return }
    }
    public func forEachSubclass(_ body: (TypeRef) -> Void) { SubclassList.forEach(self, body) }
}
