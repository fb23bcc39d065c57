// A folder of its own for a test or a scenario, removed with all that is in it when nobody uses it any more.
#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

public final class TemporaryFolder: Sendable {
    public let path: String

    /// - Parameter name: the beginning of its name, below TMPDIR or /tmp.
    public init(_ name: String) throws(FileError) {
        let parent = Environment.get("TMPDIR") ?? "/tmp"
        let wanted = "\(parent)/\(name)-XXXXXX"
        var bytes = Array(wanted.utf8CString)
        let made = bytes.withUnsafeMutableBufferPointer { mkdtemp($0.baseAddress!).map { String(cString: $0) } }
        guard let made else { throw FileError(path: wanted, code: errno) }
        path = made
    }
    deinit { TemporaryFolder.remove(path) }

    private static func remove(_ path: String) {
        if unlink(path) == 0 { return }
        if let folder = opendir(path) {
            while let entry = readdir(folder) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if name != "." && name != ".." { remove("\(path)/\(name)") }
            }
            closedir(folder)
        }
        rmdir(path)
    }
}
