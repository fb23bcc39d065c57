// The 24 bytes at the start of every object.
//
//   0  type      pointer to the type object; in a free block the link of the free list
//   8  local     UInt32, references counted by the owner, plain: only the owner touches it
//  12  owner     UInt16, owner slot (0: none), atomic: strangers compare it
//  14  lock      UInt8, the object's one-byte lock
//  15  flags     UInt8, ObjectFlags; changed atomically after birth
//  16  shared    UInt64, atomic: flags in the low byte (SharedFlags), signed count above it
//
// Stale readers   A lock-free reader may look at `owner` and `shared` of a block that has been freed, or that
//                 now holds another object. Both stay words of an object header for as long as a reader may hold the address:
//                 object blocks never share pools with buffers, a pool changes its class only after a grace
//                 period, `shared` says dead while the block is free, and the free list's link lies over `type`,
//                 which nobody reads before a count has been taken.
// Elsewhere       Who may change the counts: ReferenceCount.swift. What `flags` mean to the collector: WriteBarrier.swift.
import StillPlatform
public import Synchronization

@frozen public enum ObjectLayout {
    @inlinable public static var headerBytes: Int { 24 }
    @inlinable public static var localOffset: Int { 8 }
    @inlinable public static var ownerOffset: Int { 12 }
    @inlinable public static var lockOffset: Int { 14 }
    @inlinable public static var flagsOffset: Int { 15 }
    @inlinable public static var sharedOffset: Int { 16 }
    /// Objects are never larger; what varies without bound lies in a buffer.
    @inlinable public static var largestObjectBytes: Int { 512 }
}

/// Bits of the header's flag byte.
@frozen public enum ObjectFlags {
    /// The object lies in a pool with colour bytes and is traced.
    @inlinable public static var collectable: UInt8 { 1 }
    /// Its finalizer has run.
    @inlinable public static var finalized: UInt8 { 2 }
    /// Weak references to it exist or existed.
    @inlinable public static var weaklyReferenced: UInt8 { 4 }
    /// The collector is in the middle of its items (see `StillGC`).
    @inlinable public static var partlyScanned: UInt8 { 8 }
    /// First of the three bits that the object's type uses as it likes.
    @inlinable public static var firstTypeBit: UInt8 { 16 }
    /// Never collectable, and there is nothing to do when it dies but to give its block back. From birth.
    @inlinable public static var bare: UInt8 { 128 }
}

/// Low byte of the shared count word.
@frozen public enum SharedFlags {
    /// Strangers may take counts through `tryRetain`: freeing needs the atomic path.
    @inlinable public static var shared: UInt64 { 1 }
    /// The owner's count has been moved here; there is no owner.
    @inlinable public static var merged: UInt64 { 2 }
    /// One reference belongs to the owner slot's merge queue.
    @inlinable public static var queued: UInt64 { 4 }
    /// The collector watches: a new reference rescues the object.
    @inlinable public static var suspect: UInt64 { 8 }
    /// The block is free or being freed.
    @inlinable public static var dead: UInt64 { 16 }
    /// Never counted, never freed.
    @inlinable public static var immortal: UInt64 { 32 }
    /// Registers hold it uncounted; only the collector frees it.
    @inlinable public static var deferred: UInt64 { 64 }
    /// A young collection has condemned it: weak references to it answer None.
    @inlinable public static var condemned: UInt64 { 128 }
    @inlinable public static var all: UInt64 { 0xFF }
    @inlinable public static var one: UInt64 { 0x100 }

    @inlinable @inline(__always) public static func count(_ word: UInt64) -> Int {
        Int(bitPattern: UInt(word)) >> 8
    }
}

/// A borrowed object. Owns nothing: the caller keeps it alive.
@frozen public struct ObjectRef: Equatable, @unchecked Sendable {
    public let raw: UnsafeMutableRawPointer

    /// - Precondition: `raw` came from an allocation of an object and is not freed.
    @inlinable @inline(__always) public init(_ raw: UnsafeMutableRawPointer) { self.raw = raw }

    @inlinable @inline(__always) public var address: UInt64 { UInt64(UInt(bitPattern: raw)) }

    /// The type object. Plain: the caller holds a reference, and types change only in a pause.
    @inlinable @inline(__always) public var typeRaw: UnsafeMutableRawPointer {
        get { raw.load(as: UnsafeMutableRawPointer.self) }
        nonmutating set { raw.storeBytes(of: newValue, as: UnsafeMutableRawPointer.self) }
    }

    @inlinable @inline(__always) public var local: UnsafeMutablePointer<UInt32> {
        (raw + ObjectLayout.localOffset).assumingMemoryBound(to: UInt32.self)
    }
    @inlinable @inline(__always) public var ownerWord: UnsafeMutablePointer<Atomic<UInt16>> {
        (raw + ObjectLayout.ownerOffset).assumingMemoryBound(to: Atomic<UInt16>.self)
    }
    @inlinable @inline(__always) public var lockByte: UnsafeMutablePointer<Atomic<UInt8>> {
        (raw + ObjectLayout.lockOffset).assumingMemoryBound(to: Atomic<UInt8>.self)
    }
    @inlinable @inline(__always) public var flagByte: UnsafeMutablePointer<Atomic<UInt8>> {
        (raw + ObjectLayout.flagsOffset).assumingMemoryBound(to: Atomic<UInt8>.self)
    }
    @inlinable @inline(__always) public var sharedWord: UnsafeMutablePointer<Atomic<UInt64>> {
        (raw + ObjectLayout.sharedOffset).assumingMemoryBound(to: Atomic<UInt64>.self)
    }

    /// Owner slot, 0 for none. A hint unless the caller is the owner.
    @inlinable @inline(__always) public var owner: UInt16 {
        ownerWord.pointee.load(ordering: .relaxed)  // R1
    }
    @inlinable @inline(__always) public var flags: UInt8 {
        flagByte.pointee.load(ordering: .relaxed)
    }
    @inlinable public func setFlag(_ flag: UInt8) {
        flagByte.pointee.bitwiseOr(flag, ordering: .relaxed)
    }
    @inlinable public func clearFlag(_ flag: UInt8) {
        flagByte.pointee.bitwiseAnd(~flag, ordering: .relaxed)
    }
    /// Sets the flag; true when it was not set before.
    @inlinable public func testAndSetFlag(_ flag: UInt8) -> Bool {
        flagByte.pointee.bitwiseOr(flag, ordering: .relaxed).oldValue & flag == 0
    }
    @inlinable @inline(__always) public var isCollectable: Bool {
        flags & ObjectFlags.collectable != 0
    }

    @inlinable @inline(__always) public func field<T: BitwiseCopyable>(_ offset: Int, as: T.Type = T.self) -> T {
        raw.load(fromByteOffset: offset, as: T.self)
    }
    @inlinable @inline(__always) public func setField<T: BitwiseCopyable>(_ offset: Int, _ value: T) {
        raw.storeBytes(of: value, toByteOffset: offset, as: T.self)
    }
    /// The word at `offset` as an atomic, for fields that other threads read.
    @inlinable @inline(__always) public func atomicWord(_ offset: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
        (raw + offset).assumingMemoryBound(to: Atomic<UInt64>.self)
    }
}

/// What the memory layers and the collector know of a type object, from offset 24 on (right behind its own header).
@frozen public struct TypeMemorySlots {
    /// Calls the visitor for every reference the object holds. World stopped.
    public typealias Traverse = @convention(c) (
        _ object: UnsafeMutableRawPointer, _ visitor: UnsafeMutableRawPointer
    ) -> Void
    /// Gives up the references that may form cycles. Attached.
    public typealias Clear = @convention(c) (
        _ thread: UnsafeMutableRawPointer, _ object: UnsafeMutableRawPointer
    ) -> Void
    /// The count is zero: finalizes, gives up all references and frees the block. Attached.
    public typealias Deallocate = @convention(c) (
        _ thread: UnsafeMutableRawPointer, _ object: UnsafeMutableRawPointer
    ) -> Void

    /// Writes the objects that the object refers to, its type left out, to `edges`, and returns where it ended; what lies behind that is
    /// overwritten, too, by a place. nil, and nothing of it counts: there are more than `gatheredAtMost`, or another reason to ask `traverse`. All
    /// references are counted ones. World stopped, or the object unreachable.
    public typealias Gather = @convention(c) (
        _ object: UnsafeMutableRawPointer, _ edges: UnsafeMutableRawPointer
    ) -> UnsafeMutableRawPointer?
    @inlinable public static var gatheredAtMost: Int { 64 }

    public var traverse: Traverse?
    /// The same as `traverse` for objects with few references, which are most, without a branch for each of them. nil: there is only that.
    public var gather: Gather?
    public var clear: Clear?
    /// Like `clear`, for an object that the collector has condemned: nobody else comes by it, not even who looks at all objects. So without
    /// locks, what marking needs to know is told before, and buffers are freed at once. nil: `clear` does.
    public var drop: Clear?
    public var deallocate: Deallocate?
    /// Runs the finalizer (`__del__`), if any. nil: the type has none.
    public var finalize: Clear?
    /// Where instances have the address of the buffer that `traverse` reads, for fetching it ahead. 0: nowhere.
    public var bufferOffset: UInt32
    /// Cache lines of the buffer that are worth fetching; without a buffer, where the last word of an instance lies.
    public var bufferLines: UInt32

    @inlinable public static var offset: Int { ObjectLayout.headerBytes }

    @inlinable @inline(__always) public static func of(_ object: ObjectRef) -> UnsafeMutablePointer<TypeMemorySlots> {
        (object.typeRaw + offset).assumingMemoryBound(to: TypeMemorySlots.self)
    }
}

/// Receives an object's references, which traverse functions `report`.
///
/// They are noted in a buffer of edges as long as it has room, for the collector's loops: it looks at them later, when the processor
/// has had time to fetch them. `visit` gets the others, and all of them when there is no buffer: the visitor itself, the referent's
/// address and whether the slot counts its reference.
@frozen public struct TraceVisitor {
    public typealias Visit = @convention(c) (
        _ visitor: UnsafeMutableRawPointer, _ referent: UnsafeMutableRawPointer,
        _ counted: Bool
    ) -> Void
    public var visit: Visit
    /// The visitor's own state.
    public var context: UnsafeMutableRawPointer
    /// For containers with many items: first item to visit, and how many at most. A container that has more
    /// sets `nextItem`; 0 means finished.
    public var firstItem: Int
    public var itemLimit: Int
    public var nextItem: Int
    /// Where the next edge is noted, and the end of the buffer.
    public var edge: UnsafeMutablePointer<UnsafeMutableRawPointer>?
    public var edgeLimit: UnsafeMutablePointer<UnsafeMutableRawPointer>?
    /// References that are not counted are left out.
    public var countedOnly: Bool

    @inlinable public init(visit: Visit, context: UnsafeMutableRawPointer) {
        self.visit = visit
        self.context = context
        firstItem = 0
        itemLimit = Int.max
        nextItem = 0
        edge = nil
        edgeLimit = nil
        countedOnly = false
    }
}

extension UnsafeMutableRawPointer {
    /// The visitor that a traverse function receives (C functions take no Swift structs).
    @inlinable @inline(__always) public var trace: UnsafeMutablePointer<TraceVisitor> {
        assumingMemoryBound(to: TraceVisitor.self)
    }

    /// For traverse functions, to the visitor: a reference that the object holds.
    @inlinable @inline(__always) public func report(_ referent: UnsafeMutableRawPointer, _ counted: Bool) {
        if !counted && trace.pointee.countedOnly { return }
        if let edge = trace.pointee.edge, edge != trace.pointee.edgeLimit {
            edge.pointee = referent
            trace.pointee.edge = edge + 1
        } else {
            trace.pointee.visit(self, referent, counted)
        }
    }
}
