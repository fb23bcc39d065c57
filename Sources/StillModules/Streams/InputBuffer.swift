// What comes from standard input.
import StillObjects
import StillPlatform
import StillThreadRegistry
import StillVM

/// Standard input, read in lines. One reader at a time; waits detached.
///
/// Lock  held over the system call, so that lines stay whole; given back before handlers of signals run.
enum InputBuffer {
    private static let lock = BlockingLock()
    nonisolated(unsafe) private static var pending: [UInt8] = []

    private enum Step { case line([UInt8]), more, interrupted }

    /// The next line with its end, empty at the end of the input.
    static func lineBytes(_ t: Thread) throws(PythonError) -> [UInt8] {
        while true {
            switch step(t) {
            case .line(let bytes): return bytes
            case .more: continue
            case .interrupted: try PythonThreads.checkInterrupt(t)
            }
        }
    }

    /// What was read too much, to be read again.
    static func putBack(_ t: Thread, _ bytes: [UInt8]) {
        _ = lock.acquire(t, timeoutNanoseconds: nil)
        defer { lock.release() }
        pending = bytes + pending
    }

    private static func step(_ t: Thread) -> Step {
        _ = lock.acquire(t, timeoutNanoseconds: nil)
        defer { lock.release() }
        if let end = pending.firstIndex(of: 10) {
            let line = Array(pending[...end])
            pending.removeFirst(line.count)
            return .line(line)
        }
        let read: Result<[UInt8], ProcessError> = t.detached {
            do throws(ProcessError) { return .success(try Descriptor.read(0, count: 8192)) } catch { return .failure(error) }
        }
        switch read {
        case .success(let bytes) where !bytes.isEmpty:
            pending += bytes
            return .more
        case .failure(let error) where error.code == 4: return .interrupted
        case .success, .failure:
            // The end, or a descriptor that can't be read.
            let line = pending
            pending = []
            return .line(line)
        }
    }
}
