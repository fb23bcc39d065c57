// Many readers or one writer, first come, first served.
//
// Queue     Threads that cannot have the lock at once queue, in order: a reader joins the readers inside only if nobody waits. Who gives the lock
//           back hands it to the first in the queue, a writer alone or all readers up to the next writer. So neither kind starves, and
//           nobody waits for more than the threads that came before.
// Waiting   Threads with a thread state wait detached. The lock may be handed to a thread while it is suspended: a pause's body must not take it.
// Ordering  (W1) the word lock around the state orders everything; (W2) a hand-over releases the waiter's word, the waiter acquires it.
import StillPlatform
import Synchronization

public final class RWLock: @unchecked Sendable {
    /// A waiting thread, on its stack. Its word: 0 waits, 1 has the lock.
    private struct Waiter: ~Copyable {
        let base: UInt64 = 0
        let word = Atomic<UInt32>(0)
        var next: UnsafeMutablePointer<Waiter>?
        let writes: Bool
    }

    private struct State {
        /// Readers inside; -1: a writer.
        var inside = 0
        var first: UnsafeMutablePointer<Waiter>?
        var last: UnsafeMutablePointer<Waiter>?
    }
    private let state = Guarded(State(), rank: .leaf)

    public init() {}

    /// Readers inside, -1 for a writer. A moment's state.
    public var inside: Int { state.withLock { $0.inside } }

    public func tryRead() -> Bool {
        state.withLock {
            guard $0.inside >= 0 && $0.first == nil else { return false }
            $0.inside += 1
            return true
        }
    }
    public func tryWrite() -> Bool {
        state.withLock {
            guard $0.inside == 0 && $0.first == nil else { return false }
            $0.inside = -1
            return true
        }
    }

    /// - Parameter thread: the caller's thread state, attached: detached while it waits. nil for a thread without one.
    public func lockRead(_ thread: ThreadState?) { wait(thread, writes: false) }
    /// - Parameter thread: as for `lockRead`.
    public func lockWrite(_ thread: ThreadState?) { wait(thread, writes: true) }

    public func unlockRead() {
        state.withLock {
            precondition($0.inside > 0, "unlockRead: no reader holds this lock.")
            $0.inside -= 1
            if $0.inside == 0 { Self.handOver(&$0) }
        }
    }
    public func unlockWrite() {
        state.withLock {
            precondition($0.inside == -1, "unlockWrite: no writer holds this lock.")
            $0.inside = 0
            Self.handOver(&$0)
        }
    }

    public func reading<R, E: Error>(_ thread: ThreadState?, _ body: () throws(E) -> R) throws(E) -> R {
        lockRead(thread)
        defer { unlockRead() }
        return try body()
    }
    public func writing<R, E: Error>(_ thread: ThreadState?, _ body: () throws(E) -> R) throws(E) -> R {
        lockWrite(thread)
        defer { unlockWrite() }
        return try body()
    }

    private func wait(_ thread: ThreadState?, writes: Bool) {
        withUnsafeTemporaryAllocation(of: Waiter.self, capacity: 1) { memory in
            let waiter = memory.baseAddress.unsafelyUnwrapped
            waiter.initialize(to: Waiter(next: nil, writes: writes))
            let queued = state.withLock { state -> Bool in
                if state.first == nil && (writes ? state.inside == 0 : state.inside >= 0) {
                    state.inside = writes ? -1 : state.inside + 1
                    return false
                }
                if let last = state.last { last.pointee.next = waiter } else { state.first = waiter }
                state.last = waiter
                return true
            }
            if !queued { return }
            let word = Self.word(waiter)
            func sleep() { while word.pointee.load(ordering: .acquiring) == 0 { Parker.wait(on: word, while: 0) } }  // W2
            if let thread { thread.detached { sleep() } } else { sleep() }
        }
    }

    private static func word(_ waiter: UnsafeMutablePointer<Waiter>) -> UnsafeMutablePointer<Atomic<UInt32>> {
        UnsafeMutableRawPointer(waiter).advanced(by: 8).assumingMemoryBound(to: Atomic<UInt32>.self)
    }

    /// The lock is free: the first in the queue get it.
    private static func handOver(_ state: inout State) {
        while let waiter = state.first {
            let writes = waiter.pointee.writes
            if writes && state.inside != 0 { return }
            state.first = waiter.pointee.next
            if state.first == nil { state.last = nil }
            state.inside = writes ? -1 : state.inside + 1
            let word = Self.word(waiter)
            word.pointee.store(1, ordering: .releasing)  // W2; its stack may be gone from here on
            Parker.wake(word, 1)
            if writes { return }
        }
    }
}
