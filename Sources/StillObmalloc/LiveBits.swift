// Which blocks of an arena are handed out: one bit for every 16 bytes, that of a block's first bytes. Checking builds only.
//
// Kept apart from the pools' own lists, so that the two can be compared (HeapCheck.swift) and a block that is freed twice, or was never
// handed out, is noticed at once. The bits lie in a unit of the arena of their own.
// Ordering  relaxed: a bit says nothing of the block's content. Bytes are shared by neighbours, hence read-modify-writes.
import StillPlatform
import Synchronization

enum LiveBits {
    /// Behind the colour bytes; one unit.
    static var offset: UInt { 5 * UInt(Pool.bytes) }

    private static func place(_ block: UnsafeRawPointer) -> (UnsafeMutablePointer<Atomic<UInt8>>, UInt8) {
        let address = UInt(bitPattern: block)
        let granule = (address & Arena.mask) >> 4
        let byte = (address & ~Arena.mask) + offset + granule >> 3
        return (UnsafeMutablePointer(bitPattern: byte)!, UInt8(1) << UInt8(granule & 7))
    }

    /// - Returns: whether it was set before.
    static func set(_ block: UnsafeRawPointer) -> Bool {
        let (byte, bit) = place(block)
        return byte.pointee.bitwiseOr(bit, ordering: .relaxed).oldValue & bit != 0
    }
    /// - Returns: whether it was set before.
    static func clear(_ block: UnsafeRawPointer) -> Bool {
        let (byte, bit) = place(block)
        return byte.pointee.bitwiseAnd(~bit, ordering: .relaxed).oldValue & bit != 0
    }
    static func isSet(_ block: UnsafeRawPointer) -> Bool {
        let (byte, bit) = place(block)
        return byte.pointee.load(ordering: .relaxed) & bit != 0
    }
}
