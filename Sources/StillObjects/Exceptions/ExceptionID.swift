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

    /// Written out: to ask the compiler for the name of a case takes longer than all the rest of making the type.
    public var name: String {
        switch self {
        case .baseException: "BaseException"
        case .exception: "Exception"
        case .baseExceptionGroup: "BaseExceptionGroup"
        case .exceptionGroup: "ExceptionGroup"
        case .systemExit: "SystemExit"
        case .keyboardInterrupt: "KeyboardInterrupt"
        case .generatorExit: "GeneratorExit"
        case .stopIteration: "StopIteration"
        case .stopAsyncIteration: "StopAsyncIteration"
        case .arithmeticError: "ArithmeticError"
        case .floatingPointError: "FloatingPointError"
        case .overflowError: "OverflowError"
        case .zeroDivisionError: "ZeroDivisionError"
        case .assertionError: "AssertionError"
        case .attributeError: "AttributeError"
        case .bufferError: "BufferError"
        case .eofError: "EOFError"
        case .importError: "ImportError"
        case .moduleNotFoundError: "ModuleNotFoundError"
        case .lookupError: "LookupError"
        case .indexError: "IndexError"
        case .keyError: "KeyError"
        case .memoryError: "MemoryError"
        case .nameError: "NameError"
        case .unboundLocalError: "UnboundLocalError"
        case .osError: "OSError"
        case .blockingIOError: "BlockingIOError"
        case .childProcessError: "ChildProcessError"
        case .connectionError: "ConnectionError"
        case .brokenPipeError: "BrokenPipeError"
        case .connectionAbortedError: "ConnectionAbortedError"
        case .connectionRefusedError: "ConnectionRefusedError"
        case .connectionResetError: "ConnectionResetError"
        case .fileExistsError: "FileExistsError"
        case .fileNotFoundError: "FileNotFoundError"
        case .interruptedError: "InterruptedError"
        case .isADirectoryError: "IsADirectoryError"
        case .notADirectoryError: "NotADirectoryError"
        case .permissionError: "PermissionError"
        case .processLookupError: "ProcessLookupError"
        case .timeoutError: "TimeoutError"
        case .referenceError: "ReferenceError"
        case .runtimeError: "RuntimeError"
        case .notImplementedError: "NotImplementedError"
        case .recursionError: "RecursionError"
        case .pythonFinalizationError: "PythonFinalizationError"
        case .syntaxError: "SyntaxError"
        case .indentationError: "IndentationError"
        case .tabError: "TabError"
        case .systemError: "SystemError"
        case .typeError: "TypeError"
        case .valueError: "ValueError"
        case .unicodeError: "UnicodeError"
        case .unicodeDecodeError: "UnicodeDecodeError"
        case .unicodeEncodeError: "UnicodeEncodeError"
        case .unicodeTranslateError: "UnicodeTranslateError"
        case .warning: "Warning"
        case .bytesWarning: "BytesWarning"
        case .deprecationWarning: "DeprecationWarning"
        case .encodingWarning: "EncodingWarning"
        case .futureWarning: "FutureWarning"
        case .importWarning: "ImportWarning"
        case .pendingDeprecationWarning: "PendingDeprecationWarning"
        case .resourceWarning: "ResourceWarning"
        case .runtimeWarning: "RuntimeWarning"
        case .syntaxWarning: "SyntaxWarning"
        case .unicodeWarning: "UnicodeWarning"
        case .userWarning: "UserWarning"
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
