// What programs write to standard output and standard error, on its way to the system.
//
// Standard output is gathered and written when 8 KiB have come together, at the end of a line when it is a terminal, on flush() and at exit.
// Standard error is written at once.
// Locks     `pending` is a leaf, held while bytes are copied. `writing` is held over the system call, so that output keeps its order;
//           threads wait for it, write, and give it back detached: a thread that is trapped when it comes back holds nothing.
// Fork      The child has `pending` as it was: programs flush before they fork, as usual. `writing` is free in the child.
import StillObjects
import StillPlatform
public import StillThreadRegistry
import Synchronization

public enum OutputBuffer {
    private static let limit = 8192
    private static let pending = Guarded<[UInt8]>(heldOverFork: [])
    nonisolated(unsafe) private static let writing: UnsafeMutablePointer<Atomic<UInt32>> = {
        guard let memory = rawAllocateZeroed(64, alignment: 64) else { stillBug("no memory for a word") }
        return memory.assumingMemoryBound(to: Atomic<UInt32>.self)
    }()
    private static let isTerminal = StandardOutput.isTerminal

    /// Appends to standard output. The bytes of one call stay together. Attached thread.
    static func write(_ t: ThreadState, _ bytes: [UInt8]) {
        let count = pending.withLock { (buffer: inout [UInt8]) in
            buffer.append(contentsOf: bytes)
            return buffer.count
        }
        if count >= limit || (isTerminal && bytes.contains(10)) { flush(t) }
    }

    /// Writes to standard error at once, standard output not included. Attached thread.
    public static func writeError(_ t: ThreadState, _ bytes: [UInt8]) {
        t.detached { _ = StandardError.write(bytes) }
    }

    /// Hands everything over to the system. Attached thread.
    public static func flush(_ t: ThreadState) {
        if pending.withLock({ (buffer: inout [UInt8]) in buffer.isEmpty }) { return }
        t.detached {
            WordLock.lock(writing, .output)
            StandardOutput.write(take())
            WordLock.unlock(writing, .output)
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
