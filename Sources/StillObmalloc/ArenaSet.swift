// Which addresses lie in arenas of an interpreter: a byte, 0 or 1, for each 2 MiB of 47 bits of address.
//
// Why       The collector decides by an object's colour whether to look at the object at all, and only what lies in an arena has a colour: static types
//           and interned names do not. The bytes of a heap's arenas share a few cache lines; all others are never committed.
// Writers   map and unmap arenas, under the heap lock.
// Readers   the collector, in pauses.
// Ordering  relaxed: pauses order readers and writers.
import StillPlatform
public import Synchronization

@frozen public struct ArenaSet: @unchecked Sendable {
    @usableFromInline let marks: UnsafeMutablePointer<Atomic<UInt8>>

    static let addressBits = 47
    static let bytes = 1 << (addressBits - 21)

    /// nil: no address space.
    static func make() -> ArenaSet? {
        guard let raw = try? VirtualMemory.map(bytes: bytes, alignment: 4096) else { return nil }
        return ArenaSet(marks: raw.assumingMemoryBound(to: Atomic<UInt8>.self))
    }
    private init(marks: UnsafeMutablePointer<Atomic<UInt8>>) { self.marks = marks }
    func destroy() { VirtualMemory.unmap(UnsafeMutableRawPointer(marks), bytes: ArenaSet.bytes) }

    /// 1: it does, 0: it does not.
    ///
    /// - Precondition: an address below 2^47.
    @inlinable @inline(__always) public func one(_ address: UnsafeMutableRawPointer) -> Int {
        Int((marks + Int(bitPattern: UInt(bitPattern: address) &>> 21)).pointee.load(ordering: .relaxed))
    }
    /// - Precondition: an address below 2^47.
    @inlinable @inline(__always) public func contains(_ address: UnsafeMutableRawPointer) -> Bool { one(address) != 0 }

    func insert(_ arena: UnsafeMutableRawPointer) { mark(arena, 1) }
    func remove(_ arena: UnsafeMutableRawPointer) { mark(arena, 0) }
    private func mark(_ arena: UnsafeMutableRawPointer, _ value: UInt8) {
        (marks + Int(bitPattern: UInt(bitPattern: arena) >> 21)).pointee.store(value, ordering: .relaxed)
    }
}
