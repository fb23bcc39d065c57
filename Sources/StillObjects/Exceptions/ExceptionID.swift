// The builtin exception types and their places in the hierarchy.
import StillObmalloc
import StillPlatform
import StillThreadRegistry

public enum ExceptionID: UInt32, CaseIterable, Sendable {
    case baseException, exception
    case baseExceptionGroup, exceptionGroup, systemExit, keyboardInterrupt, generatorExit
    case stopIteration, stopAsyncIteration
    case arithmeticError, floatingPointError, overflowError, zeroDivisionError
    case assertionError, attributeError, bufferError, eofError
    case importError, moduleNotFoundError
    case lookupError, indexError, keyError
    case memoryError, nameError, unboundLocalError
    case osError, blockingIOError, childProcessError, connectionError, brokenPipeError, connectionAbortedError
    case connectionRefusedError, connectionResetError, fileExistsError, fileNotFoundError, interruptedError
    case isADirectoryError, notADirectoryError, permissionError, processLookupError, timeoutError
    case referenceError
    case runtimeError, notImplementedError, recursionError, pythonFinalizationError
    case syntaxError, indentationError, tabError
    case systemError, typeError
    case valueError, unicodeError, unicodeDecodeError, unicodeEncodeError, unicodeTranslateError
    case warning, bytesWarning, deprecationWarning, encodingWarning, futureWarning, importWarning
    case pendingDeprecationWarning, resourceWarning, runtimeWarning, syntaxWarning, unicodeWarning, userWarning

    public var base: ExceptionID? {
        switch self {
        case .baseException: nil
        case .exception, .baseExceptionGroup, .systemExit, .keyboardInterrupt, .generatorExit: .baseException
        case .exceptionGroup: .baseExceptionGroup
        case .floatingPointError, .overflowError, .zeroDivisionError: .arithmeticError
        case .moduleNotFoundError: .importError
        case .indexError, .keyError: .lookupError
        case .unboundLocalError: .nameError
        case .blockingIOError, .childProcessError, .connectionError, .fileExistsError, .fileNotFoundError,
            .interruptedError, .isADirectoryError, .notADirectoryError, .permissionError, .processLookupError, .timeoutError:
            .osError
        case .brokenPipeError, .connectionAbortedError, .connectionRefusedError, .connectionResetError: .connectionError
        case .notImplementedError, .recursionError, .pythonFinalizationError: .runtimeError
        case .indentationError: .syntaxError
        case .tabError: .indentationError
        case .unicodeError: .valueError
        case .unicodeDecodeError, .unicodeEncodeError, .unicodeTranslateError: .unicodeError
        case .bytesWarning, .deprecationWarning, .encodingWarning, .futureWarning, .importWarning,
            .pendingDeprecationWarning, .resourceWarning, .runtimeWarning, .syntaxWarning, .unicodeWarning, .userWarning:
            .warning
        default: .exception
        }
    }

    public var name: String {
        switch self {
        case .eofError: "EOFError"
        case .osError: "OSError"
        case .blockingIOError: "BlockingIOError"
        case .isADirectoryError: "IsADirectoryError"
        case .notADirectoryError: "NotADirectoryError"
        default:
            {
                let text = "\(self)"
                return text.prefix(1).uppercased() + text.dropFirst()
            }()
        }
    }

    /// Names of the values stored behind the common part, in order.
    var fields: [String] {
        switch self {
        case .osError: ["errno", "strerror", "filename", "filename2", "characters_written"]
        case .syntaxError:
            ["msg", "filename", "lineno", "offset", "text", "end_lineno", "end_offset", "print_file_and_line"]
        case .unicodeDecodeError, .unicodeEncodeError, .unicodeTranslateError: ["encoding", "object", "start", "end", "reason"]
        case .importError: ["msg", "name", "path", "name_from"]
        case .nameError: ["name"]
        case .attributeError: ["name", "obj"]
        case .baseExceptionGroup: ["message", "exceptions"]
        default: []
        }
    }
    /// Where the fields of this type or the base that has some begin.
    var fieldCount: Int {
        var at: ExceptionID? = self
        while let id = at {
            if !id.fields.isEmpty { return id.fields.count }
            at = id.base
        }
        return 0
    }
}
