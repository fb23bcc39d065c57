// Memory that must not be refused: small amounts, at places where nobody could be told.
//
// Blocks of a few sizes are kept aside. When the system refuses a request, one of them is handed out; the next request that succeeds fills the
// gap. They are ordinary raw blocks: whoever gets one frees it with `rawFree`. When the reserve is used up the process traps.
// No lock (callers hold leaf locks, and threads that vanish in a fork would keep it): a block is taken out of its word with an exchange and put into
// an empty one with a compare-and-swap. Ordering: both acquire and release, the block goes from hand to hand.
import Synchronization

public enum RawReserve {
    /// Sizes that are kept, and how many of each.
    private static let sizes: [(bytes: Int, count: Int)] = [(256, 64), (4096, 16), (65_536, 4), (1 << 20, 1)]
    private static let wordCount = sizes.reduce(0) { $0 + $1.count }
    nonisolated(unsafe) private static let words: UnsafeMutablePointer<Atomic<UInt>> = {
        let words = UnsafeMutablePointer<Atomic<UInt>>.allocate(capacity: wordCount)
        for word in 0..<wordCount { (words + word).initialize(to: Atomic(0)) }
        return words
    }()
    /// A word may be empty.
    private static let hasGaps = Atomic<Bool>(true)

    /// Zeroed memory, whatever the system says.
    ///
    /// - Parameter bytes: at most 1 MiB can be had from the reserve.
    public static func allocate(_ bytes: Int) -> UnsafeMutableRawPointer {
        if let memory = allocateIfPossible(bytes) { return memory }
        stillBug("no memory for \(bytes) bytes, and the reserve is used up")
    }

    /// The same for a caller that can do without. nil: the reserve is used up, too.
    public static func allocateIfPossible(_ bytes: Int) -> UnsafeMutableRawPointer? {
        if let memory = rawAllocateZeroed(bytes) {
            if hasGaps.load(ordering: .relaxed) { fill() }
            return memory
        }
        var word = 0
        for (size, count) in sizes {
            for index in word..<word + count where size >= bytes {
                if let block = UnsafeMutableRawPointer(bitPattern: words[index].exchange(0, ordering: .acquiringAndReleasing)) {
                    hasGaps.store(true, ordering: .relaxed)
                    fillBytes(block, 0, bytes)
                    return block
                }
            }
            word += count
        }
        return nil
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

    /// Keeps what is missing. A refusal does not matter.
    private static func fill() {
        hasGaps.store(false, ordering: .relaxed)
        var word = 0
        for (size, count) in sizes {
            for index in word..<word + count where words[index].load(ordering: .relaxed) == 0 {
                guard let block = rawAllocate(size) else { return hasGaps.store(true, ordering: .relaxed) }
                let (done, _) = words[index].compareExchange(
                    expected: 0, desired: UInt(bitPattern: block), ordering: .acquiringAndReleasing)
                if !done { rawFree(block) }
            }
            word += count
        }
    }
}
