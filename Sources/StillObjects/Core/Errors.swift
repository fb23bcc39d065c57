// Raising Python exceptions from Swift.
//
// The exception lies in the thread (`objects.raised`); the Swift error carries nothing. Internal functions are
// `throws(PythonError)`; C-convention slots return 0 or -1 instead: `returning` and `storing` convert.
import StillObmalloc
import StillPlatform
public import StillThreadRegistry

/// A Python exception is set in the thread.
@frozen public struct PythonError: Error {
    @inlinable public init() {}
}

/// Runs the body of a slot or native function: an owned result, or 0 with the exception set.
@inlinable @inline(__always)
public func returning(
    _ raw: UnsafeMutableRawPointer, _ body: (Thread) throws(PythonError) -> Value
) -> UInt64 {
    do { return try body(Thread(raw)).bits } catch { return 0 }
}

/// The same for slots with an Int result: -1 with the exception set.
@inlinable @inline(__always)
public func storing(
    _ raw: UnsafeMutableRawPointer, _ body: (Thread) throws(PythonError) -> Int
) -> Int {
    do { return try body(Thread(raw)) } catch { return -1 }
}

extension ThreadState {
    @inlinable public var hasRaised: Bool { !objects.pointee.raised.isNull }

    /// Wraps the result of a C-convention slot.
    @inlinable @inline(__always) public func checked(_ bits: UInt64) throws(PythonError) -> Value {
        if _slowPath(bits == 0) { throw PythonError() }
        return Value(bits: bits)
    }
    @inlinable @inline(__always) public func checked(_ result: Int) throws(PythonError) -> Int {
        if _slowPath(result == -1) && hasRaised { throw PythonError() }
        return result
    }

    /// Takes the raised exception out of the thread. Owned by the caller.
    public func takeRaised() -> Value {
        let exception = objects.pointee.raised
        objects.pointee.raised = .null
        return exception
    }
    /// Raises an exception object. Consumes the reference.
    public func setRaised(_ exception: Value) {
        let old = objects.pointee.raised
        objects.pointee.raised = exception
        release(old)
    }
}
