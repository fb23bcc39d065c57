// Functions written in Swift as Python objects: `builtinFunction` (len, [].append) and `methodDescriptor` (list.append).
//
//   24 function    32 min Int32   36 max Int32 (-1: any)   40 flags   48 name   56 owner type (uncounted, 0: none)
//   64 self        72 module      80 doc
//
// Both kinds share the layout, so that binding copies fields and a call needs no further indirection. All fields are written before the
// object is published and never change, so they are read plainly.
public import StillObmalloc
import StillPlatform
public import StillThreadRegistry

@frozen public enum NativeFlags {
    @inlinable public static var keywords: UInt32 { 1 }
    @inlinable public static var staticMethod: UInt32 { 2 }
    @inlinable public static var classMethod: UInt32 { 4 }
    /// `__new__`: the first argument is the class and goes to the function as self.
    @inlinable public static var new: UInt32 { 8 }
    /// Functions that the VM knows: it does their work itself where nothing speaks against it. Above the other flags.
    @inlinable public static var intrinsics: UInt32 { 0xFF00 }
    @inlinable public static var listAppend: UInt32 { 0x100 }
    @inlinable public static var listPop: UInt32 { 0x200 }
    @inlinable public static var length: UInt32 { 0x300 }
    // From here on those that may resume a generator.
    @inlinable public static var all: UInt32 { 0x400 }
    @inlinable public static var any: UInt32 { 0x500 }
    @inlinable public static var sum: UInt32 { 0x600 }
    // Of methods again.
    @inlinable public static var dictGet: UInt32 { 0x700 }
}

@frozen public struct NativeRef: @unchecked Sendable {
    public let object: ObjectRef
    @inlinable @inline(__always) public init(_ object: ObjectRef) { self.object = object }
    @inlinable @inline(__always) public init(_ value: Value) { object = value.object }
    @inlinable public static var bytes: Int { 88 }

    @inlinable public var function: NativeFunction { object.field(24) }
    @inlinable public var min: Int { Int(object.field(32, as: Int32.self)) }
    @inlinable public var max: Int { Int(object.field(36, as: Int32.self)) }
    @inlinable public var flags: UInt32 { object.field(40) }
    @inlinable public var name: Value { object.field(48) }
    @inlinable public var owner: UnsafeMutableRawPointer? { object.field(56) }
    @inlinable public var boundSelf: Value { object.field(64) }
    @inlinable public var module: Value { object.field(72) }
    @inlinable public var doc: Value { object.field(80) }

    func fill(
        _ name: Value, min: Int, max: Int, flags: UInt32, owner: UnsafeMutableRawPointer?,
        _ function: @escaping NativeFunction
    ) {
        object.setField(24, function)
        object.setField(32, Int32(min))
        object.setField(36, Int32(max))
        object.setField(40, flags)
        object.setField(48, name)
        object.setField(56, owner)
    }

    /// Checks the number of arguments and calls the function. `count` and `args` are without self.
    @inlinable @inline(__always)
    public func invoke(
        _ t: ThreadState, self receiver: UInt64, args: UnsafeMutablePointer<UInt64>, count: Int, keywords: UInt64
    ) -> UInt64 {
        let limit = max
        if _slowPath(count < min || (limit >= 0 && count > limit) || keywords != 0) {
            if !accepts(t, count, keywords) { return 0 }
        }
        return function(t.raw, receiver, args, count, keywords)
    }

    /// Raises CPython's error for a wrong number of arguments.
    @usableFromInline @inline(never)
    func accepts(_ t: ThreadState, _ count: Int, _ keywords: UInt64) -> Bool {
        do {
            if keywords != 0 {
                if flags & NativeFlags.keywords == 0 && TypeRef.tupleCount(Value(bits: keywords)) != 0 {
                    throw t.raise(.typeError, "\(displayName)() takes no keyword arguments")
                }
                if flags & NativeFlags.keywords != 0 { return true }  // the function parses by itself
            }
            if flags & NativeFlags.keywords != 0 && (max < 0 || count <= max) && count < min {
                return true  // Arguments.parse words it
            }
            if count >= min && (max < 0 || count <= max) { return true }
            if max == 0 {
                throw t.raise(.typeError, "\(displayName)() takes no arguments (\(count) given)")
            }
            if min == 1 && max == 1 {
                throw t.raise(.typeError, "\(displayName)() takes exactly one argument (\(count) given)")
            }
            let short = StrRef(name).string
            let bound = count < min ? min : max
            let word = min == max ? "" : count < min ? "at least " : "at most "
            throw t.raise(.typeError, "\(short) expected \(word)\(bound) argument\(bound == 1 ? "" : "s"), got \(count)")
        } catch { return false }
    }

    /// "list.append", or "len" for a function of a module.
    var displayName: String {
        let short = StrRef(name).string
        guard let owner else { return short }
        var shown = TypeRef(owner)
        if flags & NativeFlags.classMethod != 0 && boundSelf.isObject { shown = TypeRef(boundSelf) }
        return StrRef(shown.record.pointee.qualifiedName).string + "." + short
    }
}

extension ThreadState {
    /// A function object for a native module.
    ///
    /// - Parameter module: the module's name (str) or null.
    /// - Parameter max: -1 for any number.
    public func makeBuiltinFunction(
        _ name: String, module: Value, min: Int, max: Int, keywords: Bool = false, self receiver: Value = .null,
        _ function: @escaping NativeFunction
    ) throws(PythonError) -> Value {
        let object = try makeObject(.builtinFunction, bytes: NativeRef.bytes)
        let ref = NativeRef(object)
        ref.fill(StaticStrings.intern(name), min: min, max: max, flags: keywords ? NativeFlags.keywords : 0, owner: nil, function)
        object.setField(64, retain(receiver))
        object.setField(72, retain(module))
        return Value(object)
    }

    /// The same for a module object, which is the function's self.
    public func makeBuiltinFunction(
        name: String, module: Value, min: Int, max: Int, keywords: Bool = false, intrinsic: UInt32 = 0,
        _ function: @escaping NativeFunction
    ) throws(PythonError) -> Value {
        let own = try getAttributeOrNull(module, Names.__name__)
        defer { release(own) }
        let result = try makeBuiltinFunction(
            name, module: own, min: min, max: max, keywords: keywords, self: module, function)
        result.object.setField(40, NativeRef(result).flags | intrinsic)
        return result
    }

    /// A method without arguments for classes made at run time: it binds to instances of a builtin type.
    public func makeMethod(_ name: String, of owner: TypeID, _ function: @escaping NativeFunction) throws(PythonError) -> Value {
        let object = try makeObject(.methodDescriptor, bytes: NativeRef.bytes)
        NativeRef(object).fill(StaticStrings.intern(name), min: 0, max: 0, flags: 0, owner: type(owner).raw, function)
        return Value(object)
    }

    /// `[].append`: a method descriptor's function bound to an object.
    func bindNative(_ descriptor: NativeRef, to receiver: Value) throws(PythonError) -> Value {
        let object = try makeObject(.builtinFunction, bytes: NativeRef.bytes)
        NativeRef(object).fill(
            descriptor.name, min: descriptor.min, max: descriptor.max, flags: descriptor.flags, owner: descriptor.owner,
            descriptor.function)
        object.setField(64, retain(receiver))
        return Value(object)
    }

    /// A collectable object of a builtin type that is not a base of classes.
    func makeObject(_ id: TypeID, bytes: Int) throws(PythonError) -> ObjectRef {
        guard let object = Allocation.object(self, type: type(id).raw, bytes: bytes, collectable: true) else {
            throw noMemory()
        }
        return object
    }
}
