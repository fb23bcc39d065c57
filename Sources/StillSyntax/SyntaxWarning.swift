// What the parser and the compiler accept, but not without a word: Python's SyntaxWarning.

public struct SyntaxWarning: Sendable, Equatable {
    /// What it becomes where warnings are errors.
    public let asError: SyntaxError

    public var message: String { asError.message }
    /// 1-based.
    public var line: Int { asError.line }
}

/// Warnings in the order they were found, each once: rules and blocks may be gone through more than once.
///
/// - Threads: belongs to one parse or compilation.
public final class SyntaxWarnings {
    public private(set) var all: [SyntaxWarning] = []
    public init() {}

    public func add(_ error: SyntaxError) {
        let warning = SyntaxWarning(asError: error)
        if !all.contains(warning) { all.append(warning) }
    }
}
