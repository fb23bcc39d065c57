// Source lines for tracebacks: read from the file, or from text that was registered (code given on the command line).
import StillPlatform
import Synchronization

public enum SourceCache {
    private static let registered = Guarded<[String: [String]]>(heldOverFork: [:])

    /// Makes the lines of code that lies in no file known.
    public static func register(_ filename: String, _ source: [UInt8]) {
        registered.withLock { (table: inout [String: [String]]) in table[filename] = split(source) }
    }

    /// Nil when there is no such source.
    static func lines(_ filename: String) -> [String]? {
        if let known = registered.withLock({ (table: inout [String: [String]]) in table[filename] }) { return known }
        if filename.hasPrefix("<") { return nil }
        return (try? File.read(filename)).map(split)
    }

    static func split(_ source: [UInt8]) -> [String] {
        var bytes = source[...]
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
        return bytes.split(separator: 10, omittingEmptySubsequences: false).map { line in
            String(decoding: line.last == 13 ? line.dropLast() : line, as: UTF8.self)
        }
    }
}
