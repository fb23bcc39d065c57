// Guards around raw allocations, in checking builds, once installed; and how many raw blocks are alive.
//
//   -32  start of the malloc'd place     -24  bytes asked for     -16  serial number     -8  eight guard bytes
//     0  the block, then sixteen guard bytes
//
// Installed before the first raw block that will be freed, for good: a block without guards that is freed later traps.
#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif
public import Synchronization

public enum RawGuards {
    @usableFromInline static let installed = Atomic<Bool>(false)
    private static let serial = Atomic<UInt64>(0)
    static let live = Atomic<Int>(0)

    private static let front = 32
    private static let back = 16
    private static let guardByte: UInt8 = 0xFD
    private static let guardWord: UInt64 = 0xFDFD_FDFD_FDFD_FDFD

    /// Guards from now on. No raw block that is alive may be freed afterwards: call it before the first interpreter is made.
    public static func install() {
        precondition(BuildOptions.checksInvariants, "Raw allocations have guards in checking builds only: build with STILL_CHECKS=1.")
        installed.store(true, ordering: .sequentiallyConsistent)
    }

    /// Raw blocks that are alive. Checking builds; elsewhere 0.
    public static var liveBlocks: Int { live.load(ordering: .relaxed) }

    @usableFromInline static func allocate(_ bytes: Int, alignment: Int) -> UnsafeMutableRawPointer? {
        LockCheck.mayAllocate()
        if AllocationFailure.strikes() { return nil }
        let guarded = installed.load(ordering: .relaxed)
        let lead = guarded ? max(front, alignment) : 0
        var place: UnsafeMutableRawPointer?
        if alignment <= 16 {
            place = malloc(bytes + (guarded ? lead + back : 0))
        } else if posix_memalign(&place, alignment, bytes + (guarded ? lead + back : 0)) != 0 {
            place = nil
        }
        guard let place else { return nil }
        live.wrappingAdd(1, ordering: .relaxed)
        guard guarded else { return place }
        let block = place + lead
        (block - 32).storeBytes(of: place, as: UnsafeMutableRawPointer.self)
        (block - 24).storeBytes(of: bytes, as: Int.self)
        (block - 16).storeBytes(of: serial.wrappingAdd(1, ordering: .relaxed).newValue, as: UInt64.self)
        (block - 8).storeBytes(of: guardWord, as: UInt64.self)
        memset(block, 0xCD, bytes)
        memset(block + bytes, Int32(guardByte), back)
        return block
    }

    /// The malloc'd place of a block whose guards are whole.
    private static func checked(_ block: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
        let bytes = (block - 24).load(as: Int.self)
        let number = (block - 16).load(as: UInt64.self)
        let word = (block - 8).load(as: UInt64.self)
        if word != guardWord { stillBug("the guard before the raw block at \(block) holds \(String(word, radix: 16)); it is freed") }
        for offset in 0..<back {
            let byte = block.load(fromByteOffset: bytes + offset, as: UInt8.self)
            if byte != guardByte {
                stillBug("the byte \(offset) behind the raw block at \(block) holds \(String(byte, radix: 16)); \(bytes) bytes, allocation \(number)")
            }
        }
        return (block - 32).load(as: UnsafeMutableRawPointer.self)
    }

    @usableFromInline static func release(_ block: UnsafeMutableRawPointer?) {
        guard let block else { return }
        live.wrappingSubtract(1, ordering: .relaxed)
        guard installed.load(ordering: .relaxed) else { return free(block) }
        let place = checked(block)
        let bytes = (block - 24).load(as: Int.self)
        memset(block, 0xDD, bytes)
        (block - 8).storeBytes(of: 0, as: UInt64.self)  // a second free is noticed
        free(place)
    }

    @usableFromInline static func resize(_ block: UnsafeMutableRawPointer?, _ bytes: Int) -> UnsafeMutableRawPointer? {
        guard let block else { return allocate(bytes, alignment: 16) }
        if installed.load(ordering: .relaxed) {
            guard let grown = allocate(bytes, alignment: 16) else { return nil }
            memcpy(grown, block, min(bytes, (block - 24).load(as: Int.self)))
            release(block)
            return grown
        }
        return AllocationFailure.strikes() ? nil : realloc(block, bytes)
    }
}
