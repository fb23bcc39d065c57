// What the object layer and the VM keep per thread, in the thread record's private area behind the heap's part.
public import StillObmalloc
import StillPlatform
public import StillThreadRegistry

@frozen public struct ThreadObjects {
    /// The exception being raised; null when none. Owned.
    public var raised: Value
    /// The exception being handled (`sys.exception()`), null when none. Owned by the frame register that saved it, borrowed here.
    public var handled: Value
    /// Table of the static types, indexed by `TypeID`.
    public var types: UnsafeMutablePointer<UnsafeMutableRawPointer>
    /// Python-to-Python and native nesting, checked against the limits.
    public var recursionDepth: Int
    public var recursionLimit: Int
    public var nativeDepth: Int
    /// Lowest usable address of the native stack.
    public var nativeStackLimit: UInt
    /// Objects whose `repr` is running (lists in themselves).
    public var reprStack: UnsafeMutablePointer<UnsafeMutableRawPointer>?
    public var reprCount: Int
    public var reprCapacity: Int
    /// The VM's own record.
    public var vm: UnsafeMutableRawPointer?
    /// Current frame (address of its register 0), top of the data stack; see StillVM.
    public var frame: UnsafeMutableRawPointer?
    public var stackTop: UnsafeMutableRawPointer?
    public var stackLimit: UnsafeMutableRawPointer?
    public var asyncException: Value
    /// Counter behind `nextKeysVersion`.
    public var keysVersions: UInt64
    /// Cache of type lookups, this thread's only (MethodCache.swift).
    public var methodCache: UnsafeMutablePointer<MethodCacheEntry>

    @inlinable public static var offset: Int { 6144 }
}

extension ThreadState {
    @inlinable @inline(__always) public var objects: UnsafeMutablePointer<ThreadObjects> {
        (raw + ThreadObjects.offset).assumingMemoryBound(to: ThreadObjects.self)
    }
    /// A static type. Threads: any.
    @inlinable @inline(__always) public func type(_ id: TypeID) -> TypeRef {
        TypeRef(objects.pointee.types[Int(id.rawValue)])
    }
    /// The type of any value but null.
    @inlinable @inline(__always) public func typeOf(_ value: Value) -> TypeRef {
        if value.isObject { return TypeRef(value.object.typeRaw) }
        return immediateType(value)
    }
    @inlinable @inline(__always) public func immediateType(_ value: Value) -> TypeRef {
        if value.isSmallInt { return type(.int) }
        if value.isImmediateFloat { return type(.float) }
        return constantType(value)
    }
    @usableFromInline func constantType(_ value: Value) -> TypeRef {
        switch value.bits {
        case Value.none.bits: type(.noneType)
        case Value.true.bits, Value.false.bits: type(.bool)
        case Value.ellipsis.bits: type(.ellipsisType)
        case Value.notImplemented.bits: type(.notImplementedType)
        case Value.floatZero.bits, Value.floatNegativeZero.bits: type(.float)
        default: stillBug("no type for the value \(String(value.bits, radix: 16))")
        }
    }
}
