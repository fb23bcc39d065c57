// Threads of the operating system.
internal import CStillShims
#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

public struct OSThreadError: Error, CustomStringConvertible {
    public let code: Int32
    public var description: String { "can't start new thread: \(String(cString: strerror(code)))" }
}

/// A started thread. Join or detach it exactly once.
public struct OSThread: @unchecked Sendable {
    private let handle: pthread_t

    private final class Start {
        let body: @Sendable () -> Void
        let name: String
        init(_ name: String, _ body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }

    /// - Parameter stackBytes: size of the native stack.
    /// - Throws: `OSThreadError` with the system's error number.
    public static func start(
        name: String, stackBytes: Int = 16 << 20, body: @escaping @Sendable () -> Void
    ) throws(OSThreadError) -> OSThread {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstacksize(&attributes, stackBytes)
        let start = Unmanaged.passRetained(Start(name, body))
        #if canImport(Glibc)
            var handle = pthread_t()
            let code = pthread_create(&handle, &attributes, { argument in
                let start = Unmanaged<Start>.fromOpaque(argument!).takeRetainedValue()
                still_thread_set_name(start.name)
                start.body()
                return nil
            }, start.toOpaque())
        #else
            var optional: pthread_t?
            let code = pthread_create(&optional, &attributes, { argument in
                let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
                still_thread_set_name(start.name)
                start.body()
                return nil
            }, start.toOpaque())
            guard let handle = optional else {
                start.release()
                throw OSThreadError(code: code)
            }
        #endif
        if code != 0 {
            start.release()
            throw OSThreadError(code: code)
        }
        return OSThread(handle: handle)
    }

    public func join() { pthread_join(handle, nil) }
    public func detach() { pthread_detach(handle) }

    public static func yield() { sched_yield() }
    public static func sleep(nanoseconds: UInt64) {
        var time = timespec(tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
        var left = timespec()
        while nanosleep(&time, &left) == -1 && errno == EINTR { time = left }
    }

    /// A number that identifies the running thread to the system.
    public static var currentID: UInt64 {
        still_thread_id()
    }

    /// Copies the process. The child has the calling thread only.
    ///
    /// - Returns: as the system call, and its error number.
    public static func forkProcess() -> (result: Int32, code: Int32) {
        let result = still_fork()
        return (result, result < 0 ? errno : 0)
    }

    /// Processors that the process may use. Spinning for another thread is pointless on one.
    public static let processorCount = Int(still_processor_count())

    /// What the system says about a thread of this process, for reports: its state and where it waits in the kernel. nil: nothing.
    public static func describe(_ id: UInt64) -> String? {
        #if canImport(Glibc)
            guard let stat = try? File.read("/proc/self/task/\(id)/stat"), let end = stat.lastIndex(of: UInt8(ascii: ")")) else { return nil }
            let fields = String(decoding: stat[(end + 1)...], as: UTF8.self).split(separator: " ")
            guard fields.count > 12 else { return nil }
            let names = ["R": "running or ready", "S": "sleeping", "D": "in a system call that cannot be interrupted", "T": "stopped by a signal", "t": "stopped by a debugger"]
            var text = names[String(fields[0])] ?? "state \(fields[0])"
            if fields[0] != "R", let place = try? File.read("/proc/self/task/\(id)/wchan"), !place.isEmpty, place != [48] {
                text += " in " + String(decoding: place, as: UTF8.self)
            }
            if let user = Int(fields[11]), let system = Int(fields[12]) { text += ", \((user + system) * 10) ms of processor time" }
            return text
        #else
            return nil
        #endif
    }

    /// Lowest and highest address of the running thread's stack.
    public static var stackBounds: (low: UInt, high: UInt) {
        var low: UInt = 0
        var high: UInt = 0
        return still_thread_stack(&low, &high) == 1 ? (low, high) : (0, UInt.max)
    }
}
