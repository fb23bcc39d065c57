// Process-wide leaf locks that a fork takes, so that what they guard is whole in the child.
//
// Problem   The child has the forking thread only. A lock that another thread held stays locked there, and what it guards is half changed.
// Protocol  The words that `make` gives are taken before the fork, in the order in which they were made, and given back on both sides. They are leaves: who
//           holds one takes no other and does not wait, so taking all of them ends soon and cannot deadlock.
// Locks that are held while a thread waits (for input, for Python code) are not of this kind: their owners make them free in the child.
public import Synchronization

public enum ForkLocks {
    private static let capacity = 64
    /// The first word guards the list itself; the locks follow.
    nonisolated(unsafe) private static let words: UnsafeMutablePointer<Atomic<UInt32>> = {
        guard let memory = rawAllocateZeroed((capacity + 1) * 4, alignment: 64) else { stillBug("no memory for \(capacity) locks") }
        return memory.assumingMemoryBound(to: Atomic<UInt32>.self)
    }()
    private static let count = Atomic<Int>(0)

    /// A lock word for a `WordLock`, as long as the process. For static data.
    public static func make() -> UnsafeMutablePointer<Atomic<UInt32>> {
        WordLock.lock(words)
        defer { WordLock.unlock(words) }
        let index = count.load(ordering: .relaxed) + 1
        if index > capacity { stillBug("more than \(capacity) locks are held over a fork") }
        count.store(index, ordering: .relaxed)
        return words + index
    }

    /// Before the fork.
    public static func lockAll() {
        // The list's own lock first: from then on no lock is added.
        WordLock.lock(words)
        for index in 0..<count.load(ordering: .relaxed) { WordLock.lock(words + index + 1) }
    }
    /// After it, in both processes.
    public static func unlockAll() {
        for index in (0...count.load(ordering: .relaxed)).reversed() { WordLock.unlock(words + index) }
    }
}
