// The right to stop one interpreter, or all: given in the order of asking.
//
//   word   low half: the number that is being served; high half: the next number to give out
//
// Protocol  Who comes takes a number, and has the lock when it is served. Sleepers wait on one of eight words, chosen by their number, so that giving
//           back wakes the next one and hardly anybody else. The lock is held over a whole pause, so after a short spin one sleeps.
// Fairness  Requesters are served first come, first served; without that one that stops the world in a tight loop would shut others out.
// Ordering  Taking acquires, giving back releases. A sleeper reads its word before it looks at the number served for the last time; who gives back
//           changes the number first and the word afterwards. So either the sleeper sees the number, or its word has changed when it falls asleep.
import StillPlatform
import Synchronization

struct PauseLock: ~Copyable {
    static let sleepingWords = 8

    /// In the record: 8 bytes for the numbers, then the sleepers' words.
    let numbers: UnsafeMutablePointer<Atomic<UInt64>>
    let words: UnsafeMutablePointer<Atomic<UInt32>>
    let rank: LockRank

    static let bytes = 8 + 4 * sleepingWords
    /// - Parameter raw: `bytes` bytes, zero at first, aligned to 8.
    init(_ raw: UnsafeMutableRawPointer, _ rank: LockRank) {
        numbers = raw.assumingMemoryBound(to: Atomic<UInt64>.self)
        words = (raw + 8).assumingMemoryBound(to: Atomic<UInt32>.self)
        self.rank = rank
    }

    func tryLock() -> Bool {
        let seen = numbers.pointee.load(ordering: .relaxed)
        let served = UInt32(truncatingIfNeeded: seen)
        guard UInt32(seen >> 32) == served else { return false }
        SchedulingNoise.point()
        guard
            numbers.pointee.compareExchange(
                expected: seen, desired: UInt64(served &+ 1) << 32 | UInt64(served), ordering: .acquiring
            ).exchanged
        else { return false }
        LockCheck.took(rank, UnsafeRawPointer(numbers))
        return true
    }

    /// Waits. A caller with a thread state is detached.
    func lock() {
        LockCheck.willTake(rank, UnsafeRawPointer(numbers))
        let number = UInt32(numbers.pointee.wrappingAdd(1 << 32, ordering: .relaxed).oldValue >> 32)
        let word = words + Int(number) % PauseLock.sleepingWords
        var spins = 0
        while true {
            let seen = word.pointee.load(ordering: .acquiring)
            SchedulingNoise.point()
            if UInt32(truncatingIfNeeded: numbers.pointee.load(ordering: .acquiring)) == number { break }
            spins += 1
            if spins < Spinning.beforeSleep { cpuRelax() } else { Parker.wait(on: word, while: seen) }
        }
        LockCheck.took(rank, UnsafeRawPointer(numbers))
    }

    /// Free, and nobody waits. In a forked child, where the others are gone.
    func reset() {
        numbers.pointee.store(0, ordering: .relaxed)
        for index in 0..<PauseLock.sleepingWords { words[index].store(0, ordering: .relaxed) }
    }
    /// Held by the caller, and nobody waits.
    func forgetOthers() {
        let served = UInt64(UInt32(truncatingIfNeeded: numbers.pointee.load(ordering: .relaxed)))
        numbers.pointee.store(UInt64(UInt32(truncatingIfNeeded: served) &+ 1) << 32 | served, ordering: .relaxed)
    }

    func unlock() {
        LockCheck.gaveBack(rank, UnsafeRawPointer(numbers))
        var seen = numbers.pointee.load(ordering: .relaxed)
        while true {
            let next = UInt32(truncatingIfNeeded: seen) &+ 1
            let (exchanged, original) = numbers.pointee.compareExchange(
                expected: seen, desired: seen & 0xFFFF_FFFF_0000_0000 | UInt64(next), ordering: .acquiringAndReleasing)
            if exchanged {
                if UInt32(seen >> 32) != next {
                    let word = words + Int(next) % PauseLock.sleepingWords
                    SchedulingNoise.point()
                    word.pointee.wrappingAdd(1, ordering: .releasing)
                    Parker.wake(word)
                }
                return
            }
            seen = original
        }
    }
}

/// How often `cpuRelax` is called before a thread sleeps. Not at all on one processor, where nobody moves meanwhile.
enum Spinning {
    static let beforeSleep = OSThread.processorCount > 1 ? 60 : 0
    /// A stopped thread: most pauses are over within a few microseconds.
    static let whileStopped = OSThread.processorCount > 1 ? 150 : 0
    /// The requester: a thread that runs looks at its requests every microsecond or so. More threads than processors cannot all be running.
    static func forStops(_ threads: Int) -> Int {
        if OSThread.processorCount == 1 { return 0 }
        return threads < OSThread.processorCount ? 200 : 60
    }
}
