// What can go wrong for a host that runs Python code.

public import StillThreadRegistry

public enum RunError: Error, Sendable, CustomStringConvertible {
    /// The process has no memory or threads left for what was asked.
    case outOfResources(what: String)
    /// The interpreter has been shut down, or cannot be used in this process.
    case interpreterEnded(why: String)
    /// The settings contradict each other.
    case badConfiguration(InterpreterConfigurationError)
    case forkFailed(ForkError)
    /// The program raised an exception. `text` is the traceback as Python prints it.
    case exception(type: String, text: String)
    /// The program called sys.exit or raised SystemExit.
    case exit(code: Int32)

    public var description: String {
        switch self {
        case .outOfResources(let what): "No resources for \(what). Free memory or end threads."
        case .interpreterEnded(let why): why
        case .badConfiguration(let error): "\(error)"
        case .forkFailed(let error): "\(error)"
        case .exception(_, let text): text
        case .exit(let code): "The program exited with code \(code)."
        }
    }
}
