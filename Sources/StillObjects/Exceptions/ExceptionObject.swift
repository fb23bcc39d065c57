// Exception objects.
//
//   24 dict   32 args (tuple)   40 traceback   48 cause   56 context   64 value (StopIteration, SystemExit)   72 flags: bit 0 suppress context
//   80…       the type's own values (ExceptionID.fields), null or owned
//
// An exception may be seen by several threads. Words are replaced under the object's lock and read through `tryRetain`, like any slot that lock-free
// readers use; the flags word is a relaxed atomic.
public import StillObmalloc
import StillPlatform
public import StillThreadRegistry
import Synchronization

public enum ExceptionLayout {
    public static let dict = 24, args = 32, traceback = 40, cause = 48, context = 56, value = 64, flags = 72, fields = 80
    public static let attributeName = 80, attributeObject = 88
    public static let nameErrorName = 80
    public static let importMessage = 80, importName = 88, importPath = 96
    public static let errno = 80, strerror = 88, filename = 96, filename2 = 104, charactersWritten = 112
    public static let groupMessage = 80, groupExceptions = 88
    public static let encoding = 80, object = 88, start = 96, end = 104, reason = 112
    public static let suppressContext: UInt64 = 1
    /// The flags word holds no reference.
    public static func isReference(_ offset: Int) -> Bool { offset != flags }
}

public struct ExceptionRef {
    public let object: ObjectRef
    public init(_ value: Value) { object = value.object }
    public var value: Value { Value(object) }

    /// Owned, null when absent.
    public func field(_ t: Thread, _ offset: Int) -> Value { SharedSlot.load(t, object, offset) }
    /// Retains the value; null clears.
    public func setField(_ t: Thread, _ offset: Int, _ value: Value) { SharedSlot.store(t, object, offset, value) }

    public func args(_ t: Thread) -> Value { field(t, ExceptionLayout.args) }
    public func traceback(_ t: Thread) -> Value { field(t, ExceptionLayout.traceback) }
    /// Puts a new traceback entry, owned, before those that are there, which become its field `link`. Other threads may raise the same exception.
    public func pushTraceback(_ t: Thread, _ entry: ObjectRef, link: Int) {
        if FaultInjection.isActive(.loseTraceback) {
            entry.setField(link, SharedSlot.exchange(t, object, ExceptionLayout.traceback, owned: .null))
            return setTraceback(t, Value(entry))
        }
        SharedSlot.push(t, object, ExceptionLayout.traceback, entry, link: link)
    }
    /// Consumes the reference; none clears.
    public func setTraceback(_ t: Thread, _ traceback: Value) { replace(t, ExceptionLayout.traceback, traceback) }
    public func cause(_ t: Thread) -> Value { field(t, ExceptionLayout.cause) }
    /// Sets `__cause__` and `__suppress_context__`. Consumes the reference; none or null: no cause.
    public func setCause(_ t: Thread, _ cause: Value) {
        replace(t, ExceptionLayout.cause, cause)
        suppressContext = true
    }
    public func context(_ t: Thread) -> Value { field(t, ExceptionLayout.context) }
    /// Consumes the reference.
    public func setContext(_ t: Thread, _ context: Value) { replace(t, ExceptionLayout.context, context) }

    private func replace(_ t: Thread, _ offset: Int, _ owned: Value) {
        t.release(SharedSlot.exchange(t, object, offset, owned: owned.isNone ? .null : owned))
    }

    public var suppressContext: Bool {
        get { object.atomicWord(ExceptionLayout.flags).pointee.load(ordering: .relaxed) & ExceptionLayout.suppressContext != 0 }
        nonmutating set {
            if newValue {
                object.atomicWord(ExceptionLayout.flags).pointee.bitwiseOr(ExceptionLayout.suppressContext, ordering: .relaxed)
            } else {
                object.atomicWord(ExceptionLayout.flags).pointee.bitwiseAnd(~ExceptionLayout.suppressContext, ordering: .relaxed)
            }
        }
    }
    /// Value of StopIteration, code of SystemExit: owned, none when absent.
    public func stopValue(_ t: Thread) -> Value {
        let value = field(t, ExceptionLayout.value)
        return value.isNull ? .none : value
    }
}
