// Our own bugs: reported with the numbers, then a trap.
#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Checked in checking builds only.
@inlinable @inline(__always)
public func invariant(
    _ condition: @autoclosure () -> Bool, _ message: @autoclosure () -> String,
    file: StaticString = #fileID, line: UInt = #line
) {
    if BuildOptions.checksInvariants {
        if !condition() { stillBug(message(), file: file, line: line) }
    }
}

/// Prints the message to standard error and traps.
public func stillBug(_ message: String, file: StaticString = #fileID, line: UInt = #line) -> Never {
    StandardError.write(Array("still bug: \(message) (\(file):\(line))\n".utf8))
    abort()
}
