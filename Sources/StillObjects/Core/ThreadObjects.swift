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
    /// Current frame (address of its register 0) and the data stack's end; see StillVM.
    public var frame: UnsafeMutableRawPointer?
    /// The lowest frame that has run since the collector's last scan.
    public var lowWater: UnsafeMutableRawPointer?
    public var stackLimit: UnsafeMutableRawPointer?
    public var asyncException: Value
    /// Counter behind `nextKeysVersion`.
    public var keysVersions: UInt64
    /// Cache of type lookups, this thread's only (MethodCache.swift).
    public var methodCache: UnsafeMutablePointer<MethodCacheEntry>
    /// Memory that a StrBuilder may borrow, nil while one has it or before the first.
    var scratch: UnsafeMutableRawPointer?

    @inlinable public static var offset: Int { 6144 }
    /// Where the thread's record has the addresses of the static types, by `TypeID`: one load away.
    @inlinable public static var typesOffset: Int { 8192 }
}

extension ThreadState {
    @inlinable @inline(__always) public var objects: UnsafeMutablePointer<ThreadObjects> {
        (raw + ThreadObjects.offset).assumingMemoryBound(to: ThreadObjects.self)
    }
    /// A static type. Threads: any.
    @inlinable @inline(__always) public func type(_ id: TypeID) -> TypeRef {
        TypeRef(raw.load(fromByteOffset: ThreadObjects.typesOffset &+ Int(id.rawValue) &* 8, as: UnsafeMutableRawPointer.self))
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
