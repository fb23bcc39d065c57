// What AddressSanitizer is told, in checking builds: bytes of free blocks and free units may not be touched.
//
// Left out   the first word of a free block, where free lists are linked, and the header of a free object, at which readers without a lock may
//            look. Blocks of hooked pools are not poisoned: their fill is compared instead (GuardedBlocks.swift).
import StillPlatform
import Synchronization

enum Poison {
    @inline(__always) static var isOn: Bool { BuildOptions.checksInvariants && Sanitizer.isAddressSanitizer }

    /// The pool of a small or medium block.
    private static func pool(_ block: UnsafeMutableRawPointer) -> Pool {
        let pool = Pool.containing(block)
        return pool.kind == PoolKind.part || pool.kind == PoolKind.medium ? Pool.containingMedium(block) : pool
    }

    static func handedOut(_ block: UnsafeMutableRawPointer) {
        if isOn { Sanitizer.unpoison(block, bytes: Int(pool(block).fields.pointee.blockBytes)) }
    }

    static func comesBack(_ block: UnsafeMutableRawPointer) {
        guard isOn else { return }
        let pool = pool(block)
        if pool.fields.pointee.isHooked != 0 { return }
        let kept = pool.kind == PoolKind.plain || pool.kind == PoolKind.collectable ? ObjectLayout.headerBytes : 8
        Sanitizer.poison(block + kept, bytes: Int(pool.fields.pointee.blockBytes) - kept)
    }

    static func unitsTaken(_ arena: UnsafeMutableRawPointer, _ unit: Int, _ count: Int) {
        if isOn { Sanitizer.unpoison(arena + unit * Pool.bytes, bytes: count * Pool.bytes) }
    }
    static func unitsGiven(_ arena: UnsafeMutableRawPointer, _ unit: Int, _ count: Int) {
        if isOn { Sanitizer.poison(arena + unit * Pool.bytes, bytes: count * Pool.bytes) }
    }
    static func arenaGoes(_ arena: UnsafeMutableRawPointer) {
        if isOn { Sanitizer.unpoison(arena, bytes: Arena.bytes) }
    }
}
