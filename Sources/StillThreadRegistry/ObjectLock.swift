// A lock of one byte, for every object.
//
//   0 free, 1 held, 2 held and somebody may sleep
//
// Held only over short native sections: never across a safepoint, a call into Python code, or a release that may run a destructor. So
// the holder is attached and running, a waiter need not detach, and a pause waits for both at most as long as the section.
// Sleepers share 256 words by address; the lock is not handed over, whoever comes first takes it.
// Ordering  taking acquires, giving back releases.
public import StillPlatform
public import Synchronization

@frozen public enum ObjectLock {
    /// - Parameter rank: its place in the order of locks, for bytes that are not objects'.
    @inlinable @inline(__always)
    public static func lock(_ byte: UnsafeMutablePointer<Atomic<UInt8>>, _ rank: LockRank = .object) {
        LockCheck.willTake(rank, byte)
        if _slowPath(!take(byte)) { lockSlowly(byte) }
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
        if _slowPath(byte.pointee.exchange(0, ordering: .releasing) == 2) { wakeSleepers(byte) }
    }

    @inlinable @inline(__always)
    static func take(_ byte: UnsafeMutablePointer<Atomic<UInt8>>) -> Bool {
        byte.pointee.compareExchange(expected: 0, desired: 1, ordering: .acquiring).exchanged
    }

    nonisolated(unsafe) private static let buckets: UnsafeMutablePointer<Atomic<UInt32>> = {
        guard let memory = rawAllocateZeroed(256 * 4, alignment: 64) else { stillBug("no memory for 256 lock words") }
        return memory.assumingMemoryBound(to: Atomic<UInt32>.self)
    }()
    private static func bucket(_ byte: UnsafeMutablePointer<Atomic<UInt8>>) -> UnsafeMutablePointer<Atomic<UInt32>> {
        let address = UInt(bitPattern: byte)
        return buckets + Int((address >> 4 ^ address >> 12) & 255)
    }

    @usableFromInline @inline(never)
    static func lockSlowly(_ byte: UnsafeMutablePointer<Atomic<UInt8>>) {
        for _ in 0..<40 {
            cpuRelax()
            if byte.pointee.load(ordering: .relaxed) == 0 && take(byte) { return }
        }
        let word = bucket(byte)
        while true {
            let seen = word.pointee.load(ordering: .acquiring)
            if byte.pointee.exchange(2, ordering: .acquiring) == 0 { return }
            Parker.wait(on: word, while: seen, timeoutNanoseconds: 10_000_000)
        }
    }

    @usableFromInline @inline(never)
    static func wakeSleepers(_ byte: UnsafeMutablePointer<Atomic<UInt8>>) {
        let word = bucket(byte)
        word.pointee.wrappingAdd(1, ordering: .releasing)
        Parker.wake(word)
    }
}
