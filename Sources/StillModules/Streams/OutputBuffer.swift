// What programs write to standard output and standard error, on its way to the system.
//
// Standard output is gathered and written when 8 KiB have come together, at the end of a line when it is a terminal, on flush() and at exit.
// Standard error is written at once. What the system does not take is lost, and the error raised where it is found out: by the write that fills the
// buffer, by flush(), or at the end. A stream that was closed before the program began takes everything.
// Locks     `pending` is a leaf, held while bytes are copied. `writing` is held over the system call, so that output keeps its order;
//           threads wait for it, write, and give it back detached: a thread that is trapped when it comes back holds nothing.
// Fork      The child has `pending` as it was: programs flush before they fork, as usual. `writing` is free in the child.
import StillObjects
import StillPlatform
public import StillThreadRegistry
import Synchronization

public enum OutputBuffer {
    private static let limit = 8192
    /// EBADF.
    private static let closedDescriptor: Int32 = 9
    private static let pending = Guarded<[UInt8]>(heldOverFork: [])
    nonisolated(unsafe) private static let writing: UnsafeMutablePointer<Atomic<UInt32>> = {
        guard let memory = rawAllocateZeroed(64, alignment: 64) else { stillBug("no memory for a word") }
        return memory.assumingMemoryBound(to: Atomic<UInt32>.self)
    }()
    private static let isTerminal = StandardOutput.isTerminal

    /// Appends to standard output. The bytes of one call stay together. Attached thread.
    static func write(_ t: ThreadState, _ bytes: [UInt8]) throws(PythonError) {
        let count = pending.withLock { (buffer: inout [UInt8]) in
            buffer.append(contentsOf: bytes)
            return buffer.count
        }
        if count >= limit || (isTerminal && bytes.contains(10)) { try flushOrRaise(t) }
    }

    /// - Throws: OSError.
    static func flushOrRaise(_ t: ThreadState) throws(PythonError) {
        let code = flush(t)
        if code != 0 { throw t.raiseOSError(Int(code), SystemError.text(code)) }
    }

    /// Writes to standard error at once, standard output not included. Attached thread.
    public static func writeError(_ t: ThreadState, _ bytes: [UInt8]) {
        t.detached { _ = StandardError.write(bytes) }
    }

    /// Hands everything over to the system. Attached thread.
    ///
    /// - Returns: 0, or the number of the error.
    @discardableResult
    public static func flush(_ t: ThreadState) -> Int32 {
        if pending.withLock({ (buffer: inout [UInt8]) in buffer.isEmpty }) { return 0 }
        return t.detached {
            WordLock.lock(writing, .output)
            let code = StandardOutput.writeAll(take())
            WordLock.unlock(writing, .output)
            return code == closedDescriptor ? 0 : code
        }
    }

    /// In a forked child: who was writing is not there.
    static func repairInChild() { writing.pointee.store(0, ordering: .relaxed) }

    /// The same without a thread, when the process ends.
    public static func flushAtExit() {
        StandardOutput.write(take())
    }

    private static func take() -> [UInt8] {
        pending.withLock { (buffer: inout [UInt8]) in
            let bytes = buffer
            buffer = []
            return bytes
        }
    }
}
