// How many threads a requester still waits for, and which of them stopped last: one word, so that the two belong together.
//
//   bit 63      the requester sleeps
//   bits 44-62  threads that have still to stop
//   bits 0-43   the thread that counted down last
//
// Protocol  The requester begins with a bias that no number of threads reaches, asks the threads, and takes off what it did not ask.
//           Each thread that was asked counts down once, when it is suspended or gone. Who brings the count to zero is the last thread to stop:
//           the requester cannot go on before. If the requester sleeps, the same step tells, and that thread wakes it.
// Ordering  (S1) counting down acquires and releases, so the requester, which acquires the zero, sees all that the threads did before.
//           ThreadSanitizer: an atomic word alone, no fence.
import StillPlatform
import Synchronization

struct PendingStops {
    private let word: UnsafeMutablePointer<Atomic<UInt64>>
    private static let sleeps: UInt64 = 1 << 63
    private static let one: UInt64 = 1 << 44
    private static let bias: UInt64 = 1 << 18
    private static let threadMask = one - 1

    init(_ raw: UnsafeMutableRawPointer) { word = raw.assumingMemoryBound(to: Atomic<UInt64>.self) }

    /// The half that sleepers wait on: it changes with the count.
    private var upperHalf: UnsafeMutablePointer<Atomic<UInt32>> {
        #if _endian(little)
            (UnsafeMutableRawPointer(word) + 4).assumingMemoryBound(to: Atomic<UInt32>.self)
        #else
            UnsafeMutableRawPointer(word).assumingMemoryBound(to: Atomic<UInt32>.self)
        #endif
    }
    private static func count(_ bits: UInt64) -> Int { Int((bits & ~sleeps) >> 44) }

    func begin() { word.pointee.store(PendingStops.bias * PendingStops.one, ordering: .relaxed) }

    /// All threads have been looked at; `asked` of them will count down, or have already.
    func expect(_ asked: Int) {
        word.pointee.wrappingSubtract((PendingStops.bias - UInt64(asked)) * PendingStops.one, ordering: .acquiringAndReleasing)  // S1
    }

    func countDown(_ thread: UInt64) {
        var seen = word.pointee.load(ordering: .relaxed)
        while true {
            SchedulingNoise.point()
            let left = PendingStops.count(seen) - 1
            if BuildOptions.checksInvariants && left < 0 {
                if FaultInjection.isAnyActive { return }
                stillBug("thread \(thread) stops although nobody waits for it")
            }
            let new = seen & PendingStops.sleeps | UInt64(left) << 44 | thread & PendingStops.threadMask
            let (exchanged, original) = word.pointee.compareExchange(
                expected: seen, desired: left == 0 ? new & ~PendingStops.sleeps : new, ordering: .acquiringAndReleasing)  // S1
            if exchanged {
                if left == 0 && seen & PendingStops.sleeps != 0 {
                    SchedulingNoise.point()
                    Parker.wake(upperHalf)
                }
                return
            }
            seen = original
        }
    }

    var remaining: Int { PendingStops.count(word.pointee.load(ordering: .acquiring)) }  // S1
    /// When none remains: the thread that the requester waited for longest. 0: none was asked.
    var last: UInt64 { word.pointee.load(ordering: .acquiring) & PendingStops.threadMask }

    /// Waits until none remains.
    ///
    /// - Returns: false when the time is over.
    func wait(spins: Int, timeoutNanoseconds: UInt64?) -> Bool {
        for _ in 0..<spins {
            if remaining == 0 { return true }
            cpuRelax()
        }
        if remaining == 0 { return true }
        let limit = timeoutNanoseconds.map { Clock.monotonicNanoseconds() &+ $0 }
        while true {
            let seen = word.pointee.load(ordering: .acquiring)  // S1
            if PendingStops.count(seen) == 0 { return true }
            var slice: UInt64?
            if let limit {
                let now = Clock.monotonicNanoseconds()
                if now >= limit { return false }
                slice = limit - now
            }
            let asleep = seen | PendingStops.sleeps
            if seen != asleep && !word.pointee.compareExchange(expected: seen, desired: asleep, ordering: .relaxed).exchanged { continue }
            SchedulingNoise.point()
            Parker.wait(on: upperHalf, while: UInt32(asleep >> 32), timeoutNanoseconds: slice)
        }
    }
}
