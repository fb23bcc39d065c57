// Inline caches of two words that belong together: loadMethod and the instantiation by call and callMethod.
//
// Word 0    version u32 | kind u8 << 32 | turn u8 << 40 | detail u16 << 48. Version 0: nothing cached.
// Writing   A writer takes word 0 by compare-and-swap (version 0, kind busy), writes word 1, then word 0 with the next turn. Who finds it
//           taken does without. After 255 turns nothing is written any more: a word 0 never comes back, and a place
//           that sees many classes stops writing to memory that all threads read.
// Reading   word 0 (acquire), word 1 (acquire), word 0 again: the same, so word 1 belongs to it.
import StillBytecode
import StillPlatform
import Synchronization

enum InlineCache {
    private static let busy: UInt64 = 0xFF << 32

    /// - Parameter key: word 0 without its turn; its version is not 0.
    @inline(never)
    static func fill(_ pc: UnsafeMutableRawPointer, _ key: UInt64, _ detail: UInt64) {
        let old = pc.cache(0).pointee.load(ordering: .relaxed)
        let turn = (old &>> 40) & 0xFF
        if turn == 0xFF || (UInt32(truncatingIfNeeded: old) == 0 && old & busy == busy) { return }
        let taken = busy | turn &<< 40
        guard
            pc.cache(0).pointee.compareExchange(
                expected: old, desired: taken, successOrdering: .acquiring, failureOrdering: .relaxed
            ).exchanged
        else { return }
        pc.cache(1).pointee.store(detail, ordering: .releasing)
        pc.cache(0).pointee.store(key | (turn + 1) &<< 40, ordering: .releasing)
    }

    /// Word 1, or nil when word 0 has changed.
    @inline(__always)
    static func detail(_ pc: UnsafeMutableRawPointer, for key: UInt64) -> UInt64? {
        let detail = pc.cache(1).pointee.load(ordering: .acquiring)
        return _fastPath(pc.cache(0).pointee.load(ordering: .relaxed) == key) ? detail : nil
    }
}
