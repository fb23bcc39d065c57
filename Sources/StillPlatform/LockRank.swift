// The order of all locks of the core, and a record of what each thread holds. Checking builds only; nothing is left of it in others.
//
// Order     A thread takes locks with rising ranks. Two object locks, or two leaves, are taken in the order of their addresses. A `try` waits for
//           nobody and is free of the order, but is recorded.
// Pauses    Locks below `pause` are never held where a thread can stop, attach or detach. So no stopped thread holds one, and who has stopped the
//           world may take them: a detached thread may hold a leaf, but is not stopped while it does and gives it back.
// Registry  While a list of interpreters or threads is locked, nothing is allocated and no hook called: an allocator's hook may itself enter
//           an interpreter and need the list.
// The record is a block of thread-local memory (CStillShims); no lock is needed to keep it.
internal import CStillShims

/// Outermost first.
@frozen public enum LockRank: UInt8, CaseIterable, Sendable, CustomStringConvertible {
    /// Held over a whole fork.
    case fork
    /// The right to stop every interpreter.
    case globalPause
    /// The right to stop one interpreter.
    case pause
    /// Program output on its way to the system, by a detached thread.
    case output
    /// Tables of a process or a module that are guarded as a whole.
    case table
    case ownerSlot
    case type
    case object
    case weakReferences
    case internedStrings
    case heap
    /// The list of interpreters.
    case runtimeList
    /// An interpreter's list of threads.
    case threadList
    /// QSBR slots and blocks that ended threads have left.
    case qsbr
    /// Held for a few instructions, with nothing inside.
    case leaf

    public var description: String {
        switch self {
        case .fork: "fork lock"
        case .globalPause: "global pause lock"
        case .pause: "pause lock"
        case .output: "output lock"
        case .table: "table lock"
        case .ownerSlot: "owner slot lock"
        case .type: "type lock"
        case .object: "object lock"
        case .weakReferences: "weak reference lock"
        case .internedStrings: "lock of the interned strings"
        case .heap: "heap lock"
        case .runtimeList: "list of interpreters"
        case .threadList: "list of threads"
        case .qsbr: "QSBR slot lock"
        case .leaf: "leaf lock"
        }
    }
    /// May be held where a thread stops.
    var staysAtSafepoints: Bool { rawValue <= LockRank.pause.rawValue }
    /// Nothing is allocated and no hook called under it.
    var isOfRegistry: Bool { self == .runtimeList || self == .threadList }
}

public enum LockCheck {
    /// Before waiting for a lock.
    @inlinable @inline(__always)
    public static func willTake(_ rank: LockRank, _ address: UnsafeRawPointer) {
        if BuildOptions.checksInvariants { checkOrder(rank, address) }
    }
    /// The lock is held now.
    @inlinable @inline(__always)
    public static func took(_ rank: LockRank, _ address: UnsafeRawPointer) {
        if BuildOptions.checksInvariants { record(rank, address) }
    }
    @inlinable @inline(__always)
    public static func gaveBack(_ rank: LockRank, _ address: UnsafeRawPointer) {
        if BuildOptions.checksInvariants { remove(rank, address) }
    }
    /// The thread is about to stop, attach, detach or wait.
    @inlinable @inline(__always)
    public static func mayStop(_ what: @autoclosure () -> StaticString) {
        if BuildOptions.checksInvariants { checkStop(what()) }
    }
    @inlinable @inline(__always)
    public static func mayAllocate() {
        if BuildOptions.checksInvariants { checkRegistry("allocates") }
    }
    @inlinable @inline(__always)
    public static func mayCallHook() {
        if BuildOptions.checksInvariants { checkRegistry("calls a hook") }
    }
    /// The body of a pause begins: until `endPause` the thread must not wait for another one.
    @inlinable @inline(__always)
    public static func beginPause() {
        if BuildOptions.checksInvariants { changePauses(1) }
    }
    @inlinable @inline(__always)
    public static func endPause() {
        if BuildOptions.checksInvariants { changePauses(-1) }
    }
    /// While `body` runs, a lock that nobody else can know of, because its object has just been made, is free of the order.
    @inlinable @inline(__always)
    public static func withFresh<R, E: Error>(_ address: UnsafeRawPointer, _ body: () throws(E) -> R) throws(E) -> R {
        if BuildOptions.checksInvariants { setFresh(UInt(bitPattern: address)) }
        defer { if BuildOptions.checksInvariants { setFresh(0) } }
        return try body()
    }
    @usableFromInline @inline(never) static func setFresh(_ address: UInt) { still_held_locks().pointee.fresh = address }

    /// Locks that the calling thread holds, for tests and reports. Empty where checks are not compiled in.
    public static var held: [LockRank] {
        let locks = still_held_locks()!
        return (0..<Int(locks.pointee.count)).map { rank(locks, $0) }
    }

    private static func rank(_ locks: UnsafeMutablePointer<still_held_locks>, _ index: Int) -> LockRank {
        withUnsafeBytes(of: &locks.pointee.rank) { LockRank(rawValue: $0[index])! }
    }
    private static func address(_ locks: UnsafeMutablePointer<still_held_locks>, _ index: Int) -> UInt {
        withUnsafeBytes(of: &locks.pointee.address) { $0.load(fromByteOffset: index * 8, as: UInt.self) }
    }

    /// A fork takes every lock there is, with all threads stopped: neither checked nor recorded.
    private static func isForking(_ locks: UnsafeMutablePointer<still_held_locks>) -> Bool {
        locks.pointee.pauses != 0 && locks.pointee.count > 0 && rank(locks, 0) == .fork
    }

    @usableFromInline @inline(never) static func checkOrder(_ new: LockRank, _ newAddress: UnsafeRawPointer) {
        let locks = still_held_locks()!
        if isForking(locks) || locks.pointee.fresh == UInt(bitPattern: newAddress) { return }
        for index in 0..<Int(locks.pointee.count) {
            let old = rank(locks, index)
            if old.rawValue < new.rawValue { continue }
            if old == new && (new == .object || new == .leaf) && address(locks, index) < UInt(bitPattern: newAddress) { continue }
            stillBug("lock order: \(new) \(newAddress) is taken inside \(old) 0x\(String(address(locks, index), radix: 16))")
        }
        // The requester holds the pause locks itself; others in the queue wait for threads, which stand.
        if locks.pointee.pauses != 0 && new.staysAtSafepoints { stillBug("\(new) \(newAddress) is taken in the body of a pause") }
    }

    @usableFromInline @inline(never) static func record(_ new: LockRank, _ newAddress: UnsafeRawPointer) {
        let locks = still_held_locks()!
        if isForking(locks) { return }
        let index = Int(locks.pointee.count)
        if index == STILL_HELD_LOCKS { stillBug("a thread holds more than \(index) locks: \(held)") }
        withUnsafeMutableBytes(of: &locks.pointee.rank) { $0[index] = new.rawValue }
        withUnsafeMutableBytes(of: &locks.pointee.address) {
            $0.storeBytes(of: UInt(bitPattern: newAddress), toByteOffset: index * 8, as: UInt.self)
        }
        locks.pointee.count += 1
    }

    @usableFromInline @inline(never) static func remove(_ old: LockRank, _ oldAddress: UnsafeRawPointer) {
        let locks = still_held_locks()!
        if isForking(locks) { return }
        let count = Int(locks.pointee.count)
        for index in (0..<count).reversed() where address(locks, index) == UInt(bitPattern: oldAddress) && rank(locks, index) == old {
            withUnsafeMutableBytes(of: &locks.pointee.rank) { bytes in
                for at in index..<(count - 1) { bytes[at] = bytes[at + 1] }
            }
            withUnsafeMutableBytes(of: &locks.pointee.address) { bytes in
                for at in index..<(count - 1) {
                    bytes.storeBytes(of: bytes.load(fromByteOffset: (at + 1) * 8, as: UInt.self), toByteOffset: at * 8, as: UInt.self)
                }
            }
            locks.pointee.count -= 1
            return
        }
        stillBug("\(old) \(oldAddress) is given back by a thread that does not hold it")
    }

    @usableFromInline @inline(never) static func checkStop(_ what: StaticString) {
        let locks = still_held_locks()!
        for index in 0..<Int(locks.pointee.count) where !rank(locks, index).staysAtSafepoints {
            stillBug("\(what) while holding \(rank(locks, index)) 0x\(String(address(locks, index), radix: 16))")
        }
        if locks.pointee.pauses != 0 { stillBug("\(what) in the body of a pause") }
    }

    @usableFromInline @inline(never) static func checkRegistry(_ what: StaticString) {
        let locks = still_held_locks()!
        for index in 0..<Int(locks.pointee.count) where rank(locks, index).isOfRegistry {
            stillBug("a thread \(what) while it holds the \(rank(locks, index))")
        }
    }

    @usableFromInline @inline(never) static func changePauses(_ by: Int32) {
        let locks = still_held_locks()!
        locks.pointee.pauses = UInt32(bitPattern: Int32(bitPattern: locks.pointee.pauses) + by)
    }
}
