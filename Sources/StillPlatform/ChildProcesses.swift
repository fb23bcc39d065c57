// Processes: waiting for them, signals, replacing the program, pipes. Results are those of the system calls; errors carry its number.
#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

public struct ProcessError: Error, CustomStringConvertible {
    public let code: Int32
    public var description: String { SystemError.text(code) }
}

public enum ChildProcess {
    public static let noHang = WNOHANG
    public static let untraced = WUNTRACED
    public static let continued = Int32(WCONTINUED)

    private static func check(_ result: Int32) throws(ProcessError) -> Int32 {
        if result < 0 { throw ProcessError(code: errno) }
        return result
    }

    /// May block. Does not go on by itself after a signal: the caller looks for interrupts and asks again (EINTR).
    public static func wait(_ id: Int32, options: Int32) throws(ProcessError) -> (id: Int32, status: Int32) {
        var status: Int32 = 0
        let found = try check(waitpid(id, &status, options))
        return (found, status)
    }
    public static func send(signal: Int32, to id: Int32) throws(ProcessError) { _ = try check(kill(id, signal)) }
    public static func send(signal: Int32, toGroup id: Int32) throws(ProcessError) { _ = try check(killpg(id, signal)) }

    /// Returns only with an error.
    public static func replaceProgram(_ path: String, _ arguments: [String], environment: [String]?) -> ProcessError {
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
        words.append(nil)
        defer { for word in words { free(word) } }
        guard let environment else {
            execv(path, words)
            return ProcessError(code: errno)
        }
        var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) }
        variables.append(nil)
        defer { for word in variables { free(word) } }
        execve(path, words, variables)
        return ProcessError(code: errno)
    }

    // MARK: Status words

    public static func hasExited(_ status: Int32) -> Bool { status & 0x7F == 0 }
    public static func exitCode(_ status: Int32) -> Int32 { status >> 8 & 0xFF }
    public static func wasSignalled(_ status: Int32) -> Bool { status & 0x7F != 0 && status & 0x7F != 0x7F }
    public static func terminationSignal(_ status: Int32) -> Int32 { status & 0x7F }
    public static func hasDumpedCore(_ status: Int32) -> Bool { status & 0x80 != 0 }
    public static func isStopped(_ status: Int32) -> Bool { status & 0xFF == 0x7F }
    public static func stopSignal(_ status: Int32) -> Int32 { status >> 8 & 0xFF }
    public static func isContinued(_ status: Int32) -> Bool { status == 0xFFFF }
}

extension Process {
    public static var parentID: Int32 { getppid() }
    public static var groupID: Int32 { getpgrp() }
    public static func groupID(of id: Int32) throws(ProcessError) -> Int32 {
        let group = getpgid(id)
        if group < 0 { throw ProcessError(code: errno) }
        return group
    }
    public static func startSession() throws(ProcessError) { if setsid() < 0 { throw ProcessError(code: errno) } }
    public static var userIDs: (real: UInt32, effective: UInt32) { (getuid(), geteuid()) }
    public static var groupIDs: (real: UInt32, effective: UInt32) { (getgid(), getegid()) }
    public static func crash() -> Never { abort() }

    public static var workingFolder: String? {
        guard let path = getcwd(nil, 0) else { return nil }
        defer { free(path) }
        return String(cString: path)
    }
    /// Names and values, as bytes.
    public static var environment: [(name: [UInt8], value: [UInt8])] {
        var result: [(name: [UInt8], value: [UInt8])] = []
        var at = environ
        while let entry = at.pointee {
            let bytes = Array(UnsafeRawBufferPointer(start: entry, count: strlen(entry)))
            if let equals = bytes.firstIndex(of: 61) { result.append((Array(bytes[..<equals]), Array(bytes[(equals + 1)...]))) }
            at += 1
        }
        return result
    }
    public static func setEnvironment(_ name: String, _ value: String?) throws(ProcessError) {
        let result = value.map { setenv(name, $0, 1) } ?? unsetenv(name)
        if result < 0 { throw ProcessError(code: errno) }
    }
}

/// File descriptors, closed in programs that replace this one.
public enum Descriptor {
    private static func check(_ result: Int) throws(ProcessError) -> Int {
        if result < 0 { throw ProcessError(code: errno) }
        return result
    }
    public static func pipe() throws(ProcessError) -> (read: Int32, write: Int32) {
        var ends: [Int32] = [0, 0]
        #if canImport(Glibc)
            _ = try check(Int(Glibc.pipe(&ends)))
        #else
            _ = try check(Int(Darwin.pipe(&ends)))
        #endif
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }
    /// May block.
    public static func read(_ descriptor: Int32, count: Int) throws(ProcessError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let got = bytes.withUnsafeMutableBytes { (buffer: UnsafeMutableRawBufferPointer) -> Int in
            #if canImport(Glibc)
                Glibc.read(descriptor, buffer.baseAddress, count)
            #else
                Darwin.read(descriptor, buffer.baseAddress, count)
            #endif
        }
        bytes.removeLast(count - (try check(got)))
        return bytes
    }
    /// May block.
    public static func write(_ descriptor: Int32, _ bytes: [UInt8]) throws(ProcessError) -> Int {
        let wrote = bytes.withUnsafeBytes { (buffer: UnsafeRawBufferPointer) -> Int in
            #if canImport(Glibc)
                Glibc.write(descriptor, buffer.baseAddress, bytes.count)
            #else
                Darwin.write(descriptor, buffer.baseAddress, bytes.count)
            #endif
        }
        return try check(wrote)
    }
    public static func close(_ descriptor: Int32) throws(ProcessError) {
        #if canImport(Glibc)
            _ = try check(Int(Glibc.close(descriptor)))
        #else
            _ = try check(Int(Darwin.close(descriptor)))
        #endif
    }
    public static func duplicate(_ descriptor: Int32) throws(ProcessError) -> Int32 {
        Int32(try check(Int(fcntl(descriptor, F_DUPFD_CLOEXEC, 0))))
    }
    public static func duplicate(_ descriptor: Int32, as other: Int32) throws(ProcessError) -> Int32 {
        Int32(try check(Int(dup2(descriptor, other))))
    }
}
