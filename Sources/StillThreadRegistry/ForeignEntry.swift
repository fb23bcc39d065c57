// Threads that the runtime did not start: scoped entry into an interpreter that is named.
//
// Rule        An OS thread is attached to one thread state at most. Entering
//               the interpreter it is attached to         uses that thread state again
//               another one, or one further out           makes a fresh thread state and detaches the outer one for the time of the scope
//             and leaving restores what was before. So each scope sees the interpreter it named, and exceptions, recursion depth and frames of
//             one scope are never seen by another.
// Synchronous The body is a synchronous closure and the right to touch objects, `Attached`, can be neither copied nor sent nor kept: it cannot
//             be held over an `await`, after which a Swift Task may be on another thread (Tests/MustNotCompile).
// Shutdown    An entry counts like a daemon thread: if the interpreter is shut down meanwhile, the OS thread stops for ever at its next
//             safepoint. Hosts leave before they shut an interpreter down.
// Handles     `Interpreter` is an address, good while the interpreter exists. An `InterpreterHandle` is a number that is never used again:
//             entering an interpreter that is gone is an error. Looking it up pins the record until the thread state is made.
// Allocation  happens before the registry's locks are taken (an allocator's hook may itself enter an interpreter).
import StillPlatform
import Synchronization

/// Names an interpreter, also when it is gone.
public struct InterpreterHandle: Hashable, Sendable {
    public let id: Int64
    public init(id: Int64) { self.id = id }

    public var isAlive: Bool {
        var alive = false
        Runtime.forEachInterpreter { if $0.id == id && !$0.isFinalising { alive = true } }
        return alive
    }

    /// Like the interpreter's `withAttachedThread`.
    ///
    /// - Throws: also `.interpreterEnded`.
    public func withAttachedThread<R, E: Error>(
        _ body: (borrowing Attached) throws(E) -> R
    ) throws(RegistryError) -> Result<R, E> {
        guard let interpreter = Runtime.pin({ $0.id == id }) else { throw .interpreterEnded(id: id) }
        let outer = ThreadState.current
        if let outer, outer.interpreter == interpreter {
            Runtime.unpin(interpreter)
            return inner(outer, body)
        }
        let thread: ThreadState
        do { thread = try interpreter.makeThread() } catch {
            Runtime.unpin(interpreter)
            throw error
        }
        // The interpreter stays while it has a thread state.
        Runtime.unpin(interpreter)
        return try enter(thread, from: outer, body)
    }
}

extension Interpreter {
    /// Ends the interpreter unless somebody has a thread state in it; from then on its handle is an error.
    ///
    /// - Returns: false when there is one; nothing has changed.
    public func destroyIfUnused() -> Bool {
        let isUnused = withLock {
            if record.pointee.threadCount > 0 { return false }
            record.pointee.life.store(InterpreterLife.ended, ordering: .relaxed)
            return true
        }
        if isUnused { destroy() }
        return isUnused
    }

    public var handle: InterpreterHandle { InterpreterHandle(id: id) }

    /// Runs `body` with the calling OS thread attached to this interpreter.
    ///
    /// - Throws: `RegistryError` when there is no memory for a thread state or the interpreter is being shut down. What the body throws comes
    ///   back as the result's failure.
    /// - Precondition: the interpreter exists until the scope is left.
    public func withAttachedThread<R, E: Error>(
        _ body: (borrowing Attached) throws(E) -> R
    ) throws(RegistryError) -> Result<R, E> {
        let outer = ThreadState.current
        if let outer, outer.interpreter == self { return inner(outer, body) }
        return try enter(try makeThread(), from: outer, body)
    }
}

/// A scope in the interpreter that the thread is attached to already.
private func inner<R, E: Error>(_ thread: ThreadState, _ body: (borrowing Attached) throws(E) -> R) -> Result<R, E> {
    let attached = Attached(already: thread)
    let result: Result<R, E>
    do throws(E) { result = .success(try body(attached)) } catch { result = .failure(error) }
    checkLeaving(thread)
    attached.leave()
    return result
}

private func enter<R, E: Error>(
    _ thread: ThreadState, from outer: ThreadState?, _ body: (borrowing Attached) throws(E) -> R
) throws(RegistryError) -> Result<R, E> {
    outer?.detach()
    thread.attach()
    if let born = thread.interpreter.hooks.threadBorn, !born(thread.raw) {
        let id = thread.interpreter.id
        thread.destroy()
        outer?.attach()
        throw .outOfMemory(what: "a thread of interpreter \(id)")
    }
    let attached = Attached(already: thread)
    let result: Result<R, E>
    do throws(E) { result = .success(try body(attached)) } catch { result = .failure(error) }
    checkLeaving(thread)
    attached.leave()
    thread.destroy()
    if !FaultInjection.isActive(.forgetOuterThread) { outer?.attach() }
    return result
}

private func checkLeaving(_ thread: ThreadState) {
    if ThreadState.current == thread { return }
    let current = ThreadState.current.map { "thread state \($0.id) of interpreter \($0.interpreter.id)" } ?? "nothing"
    preconditionFailure(
        "A scope of thread state \(thread.id) in interpreter \(thread.interpreter.id) is left by an OS thread that is attached to \(current).")
}
