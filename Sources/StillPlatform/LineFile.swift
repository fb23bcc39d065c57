// A file that grows by whole lines: one system call for each batch of lines, so that whoever reads it, or finds it after a crash, has at most the
// last line in part. One thread at a time.
#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

public final class LineFile: @unchecked Sendable {
    public let path: String
    private let descriptor: Int32
    /// The first error; nothing is written after it.
    public private(set) var failure: FileError?

    /// Replaces what the file held.
    public init(replacing path: String) throws(FileError) {
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0o644)
        if descriptor < 0 { throw FileError(path: path, code: errno) }
        self.path = path
    }
    deinit { close(descriptor) }

    public func append(_ lines: [UInt8]) {
        if failure != nil || lines.isEmpty { return }
        if !File.writeAll(descriptor, lines) { failure = FileError(path: path, code: errno) }
    }
}
