// Which threads do not stop, as far as it can be known from outside.
//
// A running thread's frames cannot be read by another one. What is there: its state, how long it has been asked, the name of the long native
// operation that it has announced (`withNativeRegion`), and what the operating system says: whether it computes or sleeps, and where.
// A thread that sleeps attached has forgotten to detach; one that computes without a native region is missing a safepoint.
import StillPlatform
public import Synchronization

public struct StopReport: Sendable, CustomStringConvertible {
    public struct Thread: Sendable {
        public var id: UInt64
        public var interpreter: Int64
        /// 0: has never been attached.
        public var osThread: UInt64
        public var state: String
        /// The native operation that it has announced.
        public var nativeRegion: String?
        /// What the operating system says about it.
        public var system: String?
    }
    public var reason: PauseReason
    /// nil: all.
    public var interpreter: Int64?
    /// Thread state that asked, 0 for none.
    public var requester: UInt64
    public var requesterOSThread: UInt64
    public var waitedNanoseconds: UInt64
    /// Those that have not stopped.
    public var threads: [Thread]

    public var description: String {
        let scope = interpreter.map { "interpreter \($0)" } ?? "all interpreters"
        var text = "still: \(scope) does not stop for \(reason.name)"
        text += " (asked \(waitedNanoseconds / 1_000_000) ms ago by thread \(requester), os \(requesterOSThread))\n"
        for thread in threads {
            text += "  thread \(thread.id) of interpreter \(thread.interpreter) (os \(thread.osThread)): \(thread.state)"
            if let region = thread.nativeRegion { text += ", in \(region)" }
            if let system = thread.system { text += "; \(system)" }
            text += "\n"
        }
        return text
    }

    /// What is copied under the locks, without allocating.
    private struct Copy {
        var id: UInt64
        var interpreter: Int64
        var osThread: UInt64
        var state: UInt32
        var region: UInt
    }

    init(_ pause: PauseInProgress, _ remaining: Int) {
        reason = pause.reason
        interpreter = pause.scope == PauseRecord.allInterpreters ? nil : pause.scope
        requester = pause.asker
        requesterOSThread = pause.askerOSThread
        waitedNanoseconds = Clock.monotonicNanoseconds() - pause.requestedAt
        // No thread joins those that were asked, so this is enough.
        let copies = UnsafeMutablePointer<Copy>.allocate(capacity: max(1, remaining))
        defer { copies.deallocate() }
        var count = 0
        let scope = interpreter
        Runtime.forEachInterpreter { interpreter in
            if let scope, interpreter.id != scope { return }
            interpreter.forEachThread { thread in
                let state = thread.record.pointee.attachment.load(ordering: .relaxed)
                guard count < remaining && (state == Attachment.stopping || state == Attachment.heldStopping) else { return }
                (copies + count).initialize(
                    to: Copy(
                        id: thread.id, interpreter: interpreter.id, osThread: thread.record.pointee.osThreadID.load(ordering: .relaxed),
                        state: state, region: thread.record.pointee.nativeRegion.load(ordering: .relaxed)))
                count += 1
            }
        }
        threads = (0..<count).map { index in
            let copy = copies[index]
            return Thread(
                id: copy.id, interpreter: copy.interpreter, osThread: copy.osThread, state: Attachment.name(copy.state),
                nativeRegion: UnsafePointer<CChar>(bitPattern: copy.region).map { String(cString: $0) },
                system: copy.osThread == 0 ? nil : OSThread.describe(copy.osThread))
        }
    }
}

extension ThreadState {
    /// Runs a native operation that may take long without a safepoint; reports name it. Two relaxed stores.
    ///
    /// - Parameter name: in ASCII.
    @inlinable @inline(__always)
    public func withNativeRegion<R, E: Error>(_ name: StaticString, _ body: () throws(E) -> R) throws(E) -> R {
        let outer = record.pointee.nativeRegion.load(ordering: .relaxed)
        record.pointee.nativeRegion.store(UInt(bitPattern: name.utf8Start), ordering: .relaxed)
        defer { record.pointee.nativeRegion.store(outer, ordering: .relaxed) }
        return try body()
    }
}
