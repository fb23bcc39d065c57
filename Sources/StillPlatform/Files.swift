// Files, standard streams, environment.
#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

public struct FileError: Error, CustomStringConvertible {
    public let path: String
    public let code: Int32
    /// The system's text for the error number.
    public var reason: String { String(cString: strerror(code)) }
    public var description: String { "[Errno \(code)] \(reason): '\(path)'" }
}

public enum File {
    public static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }
    public static func read(_ path: String) throws(FileError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0 { throw FileError(path: path, code: errno) }
        defer { close(descriptor) }
        return try read(descriptor: descriptor, path: path)
    }
    /// Reads to the end.
    public static func read(descriptor: Int32, path: String) throws(FileError) -> [UInt8] {
        var contents: [UInt8] = []
        let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 65536, alignment: 16)
        defer { chunk.deallocate() }
        while true {
            #if canImport(Glibc)
                let count = Glibc.read(descriptor, chunk.baseAddress, 65536)
            #else
                let count = Darwin.read(descriptor, chunk.baseAddress, 65536)
            #endif
            if count < 0 {
                if errno == EINTR { continue }
                throw FileError(path: path, code: errno)
            }
            if count == 0 { return contents }
            contents.append(contentsOf: chunk[0..<count])
        }
    }
    public static func write(_ bytes: [UInt8], to path: String) throws(FileError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        if descriptor < 0 { throw FileError(path: path, code: errno) }
        defer { close(descriptor) }
        guard writeAll(descriptor, bytes) else { throw FileError(path: path, code: errno) }
    }
    public static func exists(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && (status.st_mode & S_IFMT) == S_IFREG
    }
    public static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && (status.st_mode & S_IFMT) == S_IFDIR
    }
    /// The path made absolute with links resolved; nil when it does not exist.
    public static func realPath(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }
    static func writeAll(_ descriptor: Int32, _ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { writeAll(descriptor, $0) }
    }
    static func writeAll(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Bool {
        var offset = 0
        while offset < bytes.count {
            #if canImport(Glibc)
                let count = Glibc.write(descriptor, bytes.baseAddress! + offset, bytes.count - offset)
            #else
                let count = Darwin.write(descriptor, bytes.baseAddress! + offset, bytes.count - offset)
            #endif
            if count < 0 {
                if errno == EINTR { continue }
                return false
            }
            offset += count
        }
        return true
    }
}

public enum StandardOutput {
    /// False when the stream is closed or broken.
    @discardableResult public static func write(_ bytes: [UInt8]) -> Bool { File.writeAll(1, bytes) }
    /// 0, or the number of the error.
    public static func writeAll(_ bytes: [UInt8]) -> Int32 { File.writeAll(1, bytes) ? 0 : errno }
    @discardableResult public static func write(_ bytes: UnsafeRawBufferPointer) -> Bool { File.writeAll(1, bytes) }
    public static var isTerminal: Bool { isatty(1) == 1 }
}
public enum StandardError {
    @discardableResult public static func write(_ bytes: [UInt8]) -> Bool { File.writeAll(2, bytes) }
    public static var isTerminal: Bool { isatty(2) == 1 }
}

public enum Terminal {
    public static func isOne(_ descriptor: Int) -> Bool { isatty(Int32(truncatingIfNeeded: descriptor)) == 1 }
}

public enum SystemError {
    public static func text(_ code: Int32) -> String { String(cString: strerror(code)) }
}

public enum Environment {
    public static func get(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
    /// For this process and its children. Before other threads read the environment.
    public static func set(_ name: String, _ value: String) { setenv(name, value, 1) }
}

public enum Locale {
    /// The environment names no language that the system knows: what a program reads and writes may be anything.
    public static let isPlain: Bool = {
        let name = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap(Environment.get).first { !$0.isEmpty } ?? "C"
        if ["C", "POSIX", "C.UTF-8", "C.utf8"].contains(name) { return true }
        guard let found = newlocale(LC_CTYPE_MASK, name, nil) else { return true }
        freelocale(found)
        return false
    }()
}

public enum Process {
    public static var id: Int32 { getpid() }
    public static var processorCount: Int { Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))) }
    /// Ends the process at once, without running exit handlers.
    public static func exitNow(_ code: Int32) -> Never { _exit(code) }
    public static func exit(_ code: Int32) -> Never {
        #if canImport(Glibc)
            Glibc.exit(code)
        #else
            Darwin.exit(code)
        #endif
    }
    /// Random bytes from the system.
    public static func randomWord() -> UInt64 {
        var generator = SystemRandomNumberGenerator()
        return generator.next()
    }
}
