// Functions that upper layers supply. Set once, before a second thread exists, and read plainly afterwards.
import StillObmalloc
import StillPlatform
import StillThreadRegistry

/// Supplied by the collector.
public enum CollectorHooks {
    /// The collector has condemned the object: nobody may get a new reference to it.
    nonisolated(unsafe) public static var isDoomed: (@convention(c) (UnsafeMutableRawPointer) -> Bool)?
}

/// Supplied by the VM.
public enum ObjectHooks {
    /// (thread, exception, source or 0): reports an exception nobody can catch. The exception is borrowed.
    nonisolated(unsafe) public static var unraisable: (@convention(c) (UnsafeMutableRawPointer, UInt64, UInt64) -> Void)?
    /// For `super()` without arguments: stores the class and self of the calling frame, both borrowed; false: raised.
    nonisolated(unsafe) public static var superArguments:
        (@convention(c) (UnsafeMutableRawPointer, UnsafeMutablePointer<UInt64>, UnsafeMutablePointer<UInt64>) -> Bool)?
    /// Name of the module that is running (owned str) or 0: `__module__` of a class made by calling `type`.
    nonisolated(unsafe) public static var currentModule: (@convention(c) (UnsafeMutableRawPointer) -> UInt64)?
    /// (thread, 0 to encode or 1 to decode, text or bytes, encoding, errors or 0): a codec that is not built in. 0: raised.
    nonisolated(unsafe) public static var codec: (@convention(c) (UnsafeMutableRawPointer, Int, UInt64, UInt64, UInt64) -> UInt64)?
    /// Shows a warning as the program's filters want it: thread, type of the warning (Value), text (str). -1: an exception is raised.
    nonisolated(unsafe) public static var warn: (@convention(c) (UnsafeMutableRawPointer, UInt64, UInt64) -> Int)?
    /// (thread, function, object, protocol or 0): what `copy` and `pickle` ask an object for. 0: raised.
    nonisolated(unsafe) public static var reduction: (@convention(c) (UnsafeMutableRawPointer, Int, UInt64, UInt64) -> UInt64)?
}

/// Methods of `object` for `copy` and `pickle`.
@frozen public enum ReductionKind: Int { case reduceEx, reduce, state, iterator }
