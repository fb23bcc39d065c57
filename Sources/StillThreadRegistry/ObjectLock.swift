// A lock of one byte, for every object.
//
//   bit 0  held
//   bit 1  threads are parked: in the queue of a bucket that locks share by address
//
// Held only over short native sections: never across a safepoint, a call into Python code, or a release that may run a destructor. So
// the holder is attached and running, a waiter need not detach, and a pause waits for both at most as long as the section. Who must hold an
// object longer uses a critical section (CriticalSection.swift), which gives the lock up at safepoints.
//
// Waiting   A thread spins, gives its own critical section up (it must not hold one while it blocks), queues a node on its stack and
//           sleeps on the node's word. Bit 1 changes only under the bucket's lock while somebody is queued, and the queue is first in, first out for
//           each byte; so no wake-up is lost, and a wake-up reaches exactly the thread it is for.
// Fairness  Whoever comes first takes a free lock, but a thread that has waited a millisecond is handed the lock by the holder: the byte
//           stays held. The new holder is attached, like every waiter, so a pause body never meets a lock that belongs to a stopped thread.
// Stalls    A thread that has waited a millisecond asks all threads of its interpreter to give their critical sections up.
// Ordering  (L1) taking acquires, giving back releases. (L2) a hand-over releases the node's word, the waiter acquires it.
//           Under the bucket's lock everything else is relaxed.
// Source    WebKit's WTF::ParkingLot (Pizlo, 2016) for queues beside byte-sized locks; CPython 3.13 Python/lock.c for the hand-over after a
//           millisecond.
public import StillPlatform
public import Synchronization

@frozen public enum ObjectLock {
    @usableFromInline static var held: UInt8 { 1 }
    static var parked: UInt8 { 2 }

    /// - Parameter rank: its place in the order of locks, for bytes that are not objects'.
    @inlinable @inline(__always)
    public static func lock(_ byte: UnsafeMutablePointer<Atomic<UInt8>>, _ rank: LockRank = .object) {
        LockCheck.willTake(rank, byte)
        lockUnranked(byte)
        LockCheck.took(rank, byte)
    }
    @inlinable @inline(__always)
    public static func tryLock(_ byte: UnsafeMutablePointer<Atomic<UInt8>>, _ rank: LockRank = .object) -> Bool {
        if !take(byte) { return false }
        LockCheck.took(rank, byte)
        return true
    }
    @inlinable @inline(__always)
    public static func unlock(_ byte: UnsafeMutablePointer<Atomic<UInt8>>, _ rank: LockRank = .object) {
        LockCheck.gaveBack(rank, byte)
        unlockUnranked(byte)
    }

    /// The same for an object of the thread's interpreter: nothing to do for a thread that is alone there (AloneThread.swift).
    @inlinable @inline(__always)
    public static func lock(_ byte: UnsafeMutablePointer<Atomic<UInt8>>, for thread: ThreadState) {
        LockCheck.willTake(.object, byte)
        if _slowPath(!thread.isAlone) { lockUnranked(byte) }
        LockCheck.took(.object, byte)
    }
    /// After `lock(_:for:)`.
    @inlinable @inline(__always)
    public static func unlock(_ byte: UnsafeMutablePointer<Atomic<UInt8>>, for thread: ThreadState) {
        LockCheck.gaveBack(.object, byte)
        if _slowPath(!thread.isAlone) { unlockUnranked(byte) }
    }

    // For critical sections, which follow rules of their own.
    @inlinable @inline(__always)
    static func lockUnranked(_ byte: UnsafeMutablePointer<Atomic<UInt8>>) {
        if _slowPath(!take(byte)) { lockSlowly(byte) }
    }
    @inlinable @inline(__always)
    static func take(_ byte: UnsafeMutablePointer<Atomic<UInt8>>) -> Bool {
        byte.pointee.compareExchange(expected: 0, desired: 1, ordering: .acquiring).exchanged  // L1
    }
    @inlinable @inline(__always)
    static func unlockUnranked(_ byte: UnsafeMutablePointer<Atomic<UInt8>>) {
        SchedulingNoise.point()
        if _slowPath(!byte.pointee.compareExchange(expected: 1, desired: 0, ordering: .releasing).exchanged) {  // L1
            unlockSlowly(byte)
        }
    }
    /// Whether some thread holds it now.
    public static func isHeld(_ byte: UnsafeMutablePointer<Atomic<UInt8>>) -> Bool {
        byte.pointee.load(ordering: .relaxed) & held != 0
    }

    /// Whether threads are parked for it. A moment's state.
    public static func hasWaiters(_ byte: UnsafeMutablePointer<Atomic<UInt8>>) -> Bool {
        byte.pointee.load(ordering: .relaxed) & parked != 0
    }

    // MARK: Waiting

    static var patienceNanoseconds: UInt64 { 1_000_000 }

    /// A waiting thread, on its stack. Its word: 0 waits, 1 woken, 2 handed the lock.
    private struct Waiter: ~Copyable {
        let base: UInt64 = 0
        let word = Atomic<UInt32>(0)
        var next: UnsafeMutablePointer<Waiter>?
        let byte: UnsafeMutablePointer<Atomic<UInt8>>
        let since: UInt64
    }

    private struct Bucket: ~Copyable {
        let base: UInt64 = 0
        let lock = Atomic<UInt32>(0)
        var first: UnsafeMutablePointer<Waiter>?
        var last: UnsafeMutablePointer<Waiter>?
    }

    nonisolated(unsafe) private static let buckets: UnsafeMutablePointer<Bucket> = {
        // 257: a prime, so that no regular distance between objects puts them all into few buckets.
        let buckets = UnsafeMutablePointer<Bucket>.allocate(capacity: 257)
        for index in 0..<257 { (buckets + index).initialize(to: Bucket()) }
        return buckets
    }()

    private static func withBucket<R>(
        _ byte: UnsafeMutablePointer<Atomic<UInt8>>, _ body: (UnsafeMutablePointer<Bucket>) -> R
    ) -> R {
        let bucket = buckets + Int((UInt(bitPattern: byte) >> 4) % 257)
        let word = UnsafeMutableRawPointer(bucket).advanced(by: 8).assumingMemoryBound(to: Atomic<UInt32>.self)
        WordLock.lockUnranked(word)  // inside any lock
        defer { WordLock.unlockUnranked(word) }
        return body(bucket)
    }

    @usableFromInline @inline(never)
    static func lockSlowly(_ byte: UnsafeMutablePointer<Atomic<UInt8>>) {
        // Perhaps it is our own section that holds it.
        let thread = ThreadState.current
        if let thread, thread.record.pointee.criticalSection != nil { thread.giveUpSection() }
        for _ in 0..<40 {
            if byte.pointee.load(ordering: .relaxed) == 0 && take(byte) { return }
            cpuRelax()
        }
        let since = Clock.monotonicNanoseconds()
        while true {
            let seen = byte.pointee.load(ordering: .relaxed)
            SchedulingNoise.point()
            if seen & held == 0 {
                if byte.pointee.compareExchange(expected: seen, desired: seen | held, ordering: .acquiring).exchanged { return }  // L1
                continue
            }
            if seen & parked == 0,
                !byte.pointee.compareExchange(expected: seen, desired: seen | parked, ordering: .relaxed).exchanged
            {
                continue
            }
            SchedulingNoise.point()
            if park(byte, since, thread) { return }
        }
    }

    /// - Returns: the lock was handed over.
    private static func park(_ byte: UnsafeMutablePointer<Atomic<UInt8>>, _ since: UInt64, _ thread: ThreadState?) -> Bool {
        withUnsafeTemporaryAllocation(of: Waiter.self, capacity: 1) { memory in
            let waiter = memory.baseAddress.unsafelyUnwrapped
            waiter.initialize(to: Waiter(next: nil, byte: byte, since: since))
            let word = UnsafeMutableRawPointer(waiter).advanced(by: 8).assumingMemoryBound(to: Atomic<UInt32>.self)
            let queued = withBucket(byte) { bucket -> Bool in
                // Not given back meanwhile: who gives a lock with bit 1 back needs the bucket.
                guard byte.pointee.load(ordering: .relaxed) == held | parked else { return false }
                if let last = bucket.pointee.last { last.pointee.next = waiter } else { bucket.pointee.first = waiter }
                bucket.pointee.last = waiter
                return true
            }
            if !queued { return false }
            SchedulingNoise.point()
            var patience = patienceNanoseconds
            while word.pointee.load(ordering: .acquiring) == 0 {  // L2
                if Parker.wait(on: word, while: 0, timeoutNanoseconds: patience) { continue }
                thread?.askForSections()
                patience = min(patience * 2, 16_000_000)
            }
            return word.pointee.load(ordering: .acquiring) == 2  // L2
        }
    }

    @usableFromInline @inline(never)
    static func unlockSlowly(_ byte: UnsafeMutablePointer<Atomic<UInt8>>) {
        let woken = withBucket(byte) { bucket -> UnsafeMutablePointer<Atomic<UInt32>>? in
            var before: UnsafeMutablePointer<Waiter>?
            var at = bucket.pointee.first
            while let waiter = at, waiter.pointee.byte != byte {
                before = waiter
                at = waiter.pointee.next
            }
            guard let waiter = at else {
                // It set bit 1 and has not queued yet: it will look at the byte again.
                byte.pointee.store(0, ordering: .releasing)  // L1
                return nil
            }
            let next = waiter.pointee.next
            if let before { before.pointee.next = next } else { bucket.pointee.first = next }
            if bucket.pointee.last == waiter { bucket.pointee.last = before }
            var more = next
            while let other = more, other.pointee.byte != byte { more = other.pointee.next }
            let rest = more == nil ? 0 : parked
            let hands = Clock.monotonicNanoseconds() &- waiter.pointee.since > patienceNanoseconds
            byte.pointee.store(hands ? held | rest : rest, ordering: .releasing)  // L1
            let word = UnsafeMutableRawPointer(waiter).advanced(by: 8).assumingMemoryBound(to: Atomic<UInt32>.self)
            word.pointee.store(hands ? 2 : 1, ordering: .releasing)  // L2; its stack may be gone from here on
            return word
        }
        // Waking a word that is something else by now wakes nobody who would mind.
        SchedulingNoise.point()
        if let woken { Parker.wake(woken, 1) }
    }
}
