// Which addresses lie in arenas of an interpreter: a bit for each 2 MiB of 47 bits of address.
//
// Why       The collector decides by an object's colour whether to look at the object at all, and only what lies in an arena has a colour: static types
//           and interned names do not. The bits of a heap's arenas share a few cache lines; all others are never committed.
// Writers   map and unmap arenas, under the heap lock.
// Readers   the collector, in pauses.
// Ordering  relaxed: pauses order readers and writers.
import StillPlatform
public import Synchronization

@frozen public struct ArenaSet: @unchecked Sendable {
    @usableFromInline let bits: UnsafeMutablePointer<Atomic<UInt8>>

    static let addressBits = 47
    static let bytes = 1 << (addressBits - 21 - 3)

    /// nil: no address space.
    static func make() -> ArenaSet? {
        guard let raw = try? VirtualMemory.map(bytes: bytes, alignment: 4096) else { return nil }
        return ArenaSet(bits: raw.assumingMemoryBound(to: Atomic<UInt8>.self))
    }
    private init(bits: UnsafeMutablePointer<Atomic<UInt8>>) { self.bits = bits }
    func destroy() { VirtualMemory.unmap(UnsafeMutableRawPointer(bits), bytes: ArenaSet.bytes) }

    /// - Precondition: an address below 2^47.
    @inlinable @inline(__always) public func contains(_ address: UnsafeMutableRawPointer) -> Bool {
        let number = UInt(bitPattern: address) &>> 21
        return (bits + Int(bitPattern: number &>> 3)).pointee.load(ordering: .relaxed) & (1 &<< UInt8(truncatingIfNeeded: number & 7)) != 0
    }

    private func bit(_ arena: UnsafeMutableRawPointer) -> (byte: UnsafeMutablePointer<Atomic<UInt8>>, mask: UInt8) {
        let number = UInt(bitPattern: arena) >> 21
        return (bits + Int(number >> 3), 1 << UInt8(number & 7))
    }
    func insert(_ arena: UnsafeMutableRawPointer) {
        let (byte, mask) = bit(arena)
        byte.pointee.bitwiseOr(mask, ordering: .relaxed)
    }
    func remove(_ arena: UnsafeMutableRawPointer) {
        let (byte, mask) = bit(arena)
        byte.pointee.bitwiseAnd(~mask, ordering: .relaxed)
    }
}
