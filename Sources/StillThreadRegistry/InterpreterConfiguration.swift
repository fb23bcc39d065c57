// What an interpreter is allowed to do.
//
// Written before the interpreter's first thread exists, read by anybody. What each setting stops:
//   allowsFork, allowsExec            Runtime.fork and the process functions of the layers above
//   allowsThreads, allowsDaemonThreads   starting Python threads
//   usesMainAllocator, lock           nothing here: every interpreter has arenas of its own and there is no global lock. They are kept because
//                                     programs ask for them, and because they decide with the extension check what is a legal combination.
// Source    CPython Python/pylifecycle.c, init_interp_settings().

public enum InterpreterConfigurationError: Error, Equatable, CustomStringConvertible {
    case ownAllocatorNeedsExtensionCheck
    case ownLockNeedsOwnAllocator

    public var description: String {
        switch self {
        case .ownAllocatorNeedsExtensionCheck:
            "per-interpreter obmalloc does not support single-phase init extension modules: "
                + "set checksMultiInterpreterExtensions, or usesMainAllocator"
        case .ownLockNeedsOwnAllocator:
            "an interpreter with its own GIL cannot use the main interpreter's obmalloc: clear usesMainAllocator, or share the lock"
        }
    }
}

@frozen public struct InterpreterConfiguration: Equatable, Sendable {
    @frozen public enum Lock: String, CaseIterable, Sendable { case `default`, shared, own }

    public var usesMainAllocator: Bool
    public var allowsFork: Bool
    public var allowsExec: Bool
    public var allowsThreads: Bool
    public var allowsDaemonThreads: Bool
    public var checksMultiInterpreterExtensions: Bool
    public var lock: Lock

    public init(
        usesMainAllocator: Bool = false, allowsFork: Bool = false, allowsExec: Bool = false, allowsThreads: Bool = false,
        allowsDaemonThreads: Bool = false, checksMultiInterpreterExtensions: Bool = false, lock: Lock = .default
    ) {
        self.usesMainAllocator = usesMainAllocator
        self.allowsFork = allowsFork
        self.allowsExec = allowsExec
        self.allowsThreads = allowsThreads
        self.allowsDaemonThreads = allowsDaemonThreads
        self.checksMultiInterpreterExtensions = checksMultiInterpreterExtensions
        self.lock = lock
    }

    /// Everything is allowed, with memory of its own: what a process's first interpreter has.
    public static let main = InterpreterConfiguration(
        allowsFork: true, allowsExec: true, allowsThreads: true, allowsDaemonThreads: true, checksMultiInterpreterExtensions: true,
        lock: .own)
    /// Cannot change the process or leave threads behind.
    public static let isolated = InterpreterConfiguration(
        allowsThreads: true, checksMultiInterpreterExtensions: true, lock: .own)
    /// Has the main interpreter's rights and settings.
    public static let legacy = InterpreterConfiguration(
        usesMainAllocator: true, allowsFork: true, allowsExec: true, allowsThreads: true, allowsDaemonThreads: true,
        checksMultiInterpreterExtensions: true, lock: .shared)
    /// Nothing is set. Not legal as it is: a place to start from.
    public static let empty = InterpreterConfiguration()

    /// - Throws: when the settings contradict each other.
    public func validate() throws(InterpreterConfigurationError) {
        if !usesMainAllocator && !checksMultiInterpreterExtensions { throw .ownAllocatorNeedsExtensionCheck }
        if lock == .own && usesMainAllocator { throw .ownLockNeedsOwnAllocator }
    }
}

extension Interpreter {
    public var configuration: InterpreterConfiguration { record.pointee.configuration }

    /// Before the first thread exists.
    public func configure(_ configuration: InterpreterConfiguration) throws(InterpreterConfigurationError) {
        try configuration.validate()
        record.pointee.configuration = configuration
    }
}
