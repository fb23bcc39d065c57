// Memory that must not be refused: small amounts, at places where nobody could be told.
//
// Blocks of a few sizes are kept aside. When the system refuses a request, one of them is handed out; the next request that succeeds fills the
// gap. They are ordinary raw blocks: whoever gets one frees it with `rawFree`. When the reserve is used up the process traps.
import Synchronization

public enum RawReserve {
    /// Sizes that are kept, and how many of each.
    private static let sizes: [(bytes: Int, count: Int)] = [(256, 64), (4096, 16), (65_536, 4), (1 << 20, 1)]
    private struct Kept {
        var blocks: [[UnsafeMutableRawPointer]] = RawReserve.sizes.map { _ in [] }
        var isFull = false
    }
    private static let kept = Guarded(Kept())

    /// Zeroed memory, whatever the system says.
    ///
    /// - Parameter bytes: at most 1 MiB can be had from the reserve.
    public static func allocate(_ bytes: Int) -> UnsafeMutableRawPointer {
        if let memory = rawAllocateZeroed(bytes) {
            fill()
            return memory
        }
        let spare = kept.withLock { kept -> UnsafeMutableRawPointer? in
            for index in sizes.indices where sizes[index].bytes >= bytes {
                if let block = kept.blocks[index].popLast() {
                    kept.isFull = false
                    return block
                }
            }
            return nil
        }
        guard let spare else { stillBug("no memory for \(bytes) bytes, and the reserve is used up") }
        fillBytes(spare, 0, bytes)
        return spare
    }

    /// A larger block with the old one's content, which is freed.
    public static func grow(_ old: UnsafeMutableRawPointer?, from oldBytes: Int, to bytes: Int) -> UnsafeMutableRawPointer {
        let memory = allocate(bytes)
        if let old {
            copyBytes(memory, old, oldBytes)
            rawFree(old)
        }
        return memory
    }

    /// Keeps what is missing. Called before memory may become scarce; a refusal does not matter.
    public static func fill() {
        kept.withLock { kept in
            if kept.isFull { return }
            for index in sizes.indices {
                while kept.blocks[index].count < sizes[index].count {
                    guard let block = rawAllocate(sizes[index].bytes) else { return }
                    kept.blocks[index].append(block)
                }
            }
            kept.isFull = true
        }
    }
}
