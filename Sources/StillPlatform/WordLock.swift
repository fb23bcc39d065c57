// A lock on one 32-bit word, for short sections: 0 free, 1 held, 2 held and somebody may sleep.
//
// ThreadSanitizer sees its atomics, which it does not for the standard library's Mutex on Linux.
// Ordering  taking acquires, giving back releases.
public import Synchronization

public enum WordLock {
    /// - Parameter rank: its place in the order of locks.
    public static func lock(_ word: UnsafeMutablePointer<Atomic<UInt32>>, _ rank: LockRank = .leaf) {
        LockCheck.willTake(rank, word)
        lockUnranked(word)
        LockCheck.took(rank, word)
    }
    public static func tryLock(_ word: UnsafeMutablePointer<Atomic<UInt32>>, _ rank: LockRank = .leaf) -> Bool {
        guard tryTake(word) else { return false }
        LockCheck.took(rank, word)
        return true
    }
    public static func unlock(_ word: UnsafeMutablePointer<Atomic<UInt32>>, _ rank: LockRank = .leaf) {
        LockCheck.gaveBack(rank, word)
        unlockUnranked(word)
    }

    /// Outside the order of locks, for the locks of lock queues.
    public static func unlockUnranked(_ word: UnsafeMutablePointer<Atomic<UInt32>>) {
        if word.pointee.exchange(0, ordering: .releasing) == 2 { Parker.wake(word, 1) }
    }
    /// Outside the order of locks, for the locks of lock queues.
    public static func lockUnranked(_ word: UnsafeMutablePointer<Atomic<UInt32>>) {
        for _ in 0..<40 {
            if tryTake(word) { return }
            cpuRelax()
        }
        while word.pointee.exchange(2, ordering: .acquiring) != 0 { Parker.wait(on: word, while: 2) }
    }
    private static func tryTake(_ word: UnsafeMutablePointer<Atomic<UInt32>>) -> Bool {
        word.pointee.compareExchange(expected: 0, desired: 1, ordering: .acquiring).exchanged
    }
}

/// A value behind a WordLock. Lives as long as the process or its owner; for cold paths.
public final class Guarded<State>: @unchecked Sendable {
    private let word: UnsafeMutablePointer<Atomic<UInt32>>
    private let isOwner: Bool
    private let rank: LockRank
    private var state: State

    /// - Parameter rank: its place in the order of locks.
    public init(_ state: State, rank: LockRank = .table) {
        self.rank = rank
        word = .allocate(capacity: 1)
        word.initialize(to: Atomic(0))
        isOwner = true
        self.state = state
    }
    /// For static data: whole in a forked child (ForkLocks.swift).
    public init(heldOverFork state: State) {
        rank = .table
        word = ForkLocks.make()
        isOwner = false
        self.state = state
    }
    deinit { if isOwner { word.deallocate() } }

    public func withLock<R>(_ body: (inout State) throws -> R) rethrows -> R {
        WordLock.lock(word, rank)
        defer { WordLock.unlock(word, rank) }
        return try body(&state)
    }
}
