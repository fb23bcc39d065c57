// Type objects: one record of function slots and data for each Python type.
//
// Static types are immortal, made once in the process and shared by all interpreters; they never change.
// Classes made by programs are deferred objects: registers and instances refer to them uncounted, the collector frees them.
//
// Slots     C-convention functions on raw words, so that a slot is one pointer and a call has no context. Values are passed
//           borrowed; a Value returned is owned by the caller; 0 means that the thread's `raised` exception is set
//           (`next`: or that the iterator is exhausted, when it is not). Int results: -1 with an exception, else as stated.
// Version   `versionTag` changes whenever the type's attributes may have; inline caches compare it. 0: no valid version.
// Concurrency  Slots and data of a class are changed only with the world stopped when its version is in use
//           (`TypeRef.modify`), and read plainly elsewhere.
public import StillObmalloc
import StillPlatform
import StillThreadRegistry
public import StillVersions
public import Synchronization

/// Function of a slot or a native method: (thread, callee or self, arguments, count, keyword-name tuple or 0).
public typealias NativeFunction = @convention(c) (
    UnsafeMutableRawPointer, UInt64, UnsafeMutablePointer<UInt64>, Int, UInt64
) -> UInt64

public enum Slot {
    public typealias Unary = @convention(c) (UnsafeMutableRawPointer, UInt64) -> UInt64
    public typealias Binary = @convention(c) (UnsafeMutableRawPointer, UInt64, UInt64) -> UInt64
    /// (thread, operator raw value, left, right): result or notImplemented
    public typealias Operator = @convention(c) (UnsafeMutableRawPointer, Int, UInt64, UInt64) -> UInt64
    /// (thread, self): 0 or 1
    public typealias Predicate = @convention(c) (UnsafeMutableRawPointer, UInt64) -> Int
    /// (thread, container, item): 0 or 1
    public typealias Contains = @convention(c) (UnsafeMutableRawPointer, UInt64, UInt64) -> Int
    /// (thread, object, key, value or 0 to delete): 0
    public typealias Store = @convention(c) (UnsafeMutableRawPointer, UInt64, UInt64, UInt64) -> Int
    /// (thread, descriptor, object or 0, type)
    public typealias DescriptorGet = @convention(c) (UnsafeMutableRawPointer, UInt64, UInt64, UInt64) -> UInt64
    /// (thread, self, arguments, count, keyword names): 0
    public typealias Initialize = @convention(c) (
        UnsafeMutableRawPointer, UInt64, UnsafeMutablePointer<UInt64>, Int, UInt64
    ) -> Int
}

public enum BinaryOperator: Int, CaseIterable, Sendable {
    case add, subtract, multiply, trueDivide, floorDivide, modulo, power
    case leftShift, rightShift, and, or, xor, matrixMultiply, divmod

    public var symbol: String {
        ["+", "-", "*", "/", "//", "%", "** or pow()", "<<", ">>", "&", "|", "^", "@", "divmod()"][rawValue]
    }
    public var method: String {
        ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "lshift", "rshift", "and", "or", "xor", "matmul", "divmod"][rawValue]
    }
}

public enum CompareOperator: Int, CaseIterable, Sendable {
    case less, lessEqual, equal, notEqual, greater, greaterEqual
    public var symbol: String { ["<", "<=", "==", "!=", ">", ">="][rawValue] }
    public var method: String { ["__lt__", "__le__", "__eq__", "__ne__", "__gt__", "__ge__"][rawValue] }
    public var reflected: CompareOperator { [.greater, .greaterEqual, .equal, .notEqual, .less, .lessEqual][rawValue] }
}

public enum UnaryOperator: Int, CaseIterable, Sendable {
    case negate, positive, invert, absolute
    public var method: String { ["__neg__", "__pos__", "__invert__", "__abs__"][rawValue] }
}

@frozen public enum TypeFlags {
    /// Made by a program: collectable, deferred, mutable.
    @inlinable public static var heapType: UInt32 { 1 }
    /// May be a base class.
    @inlinable public static var baseType: UInt32 { 2 }
    /// Instances have colour bytes and are traced.
    @inlinable public static var collectable: UInt32 { 4 }
    /// Non-data or data descriptor that binds like a function: loadMethod may skip making the bound method.
    @inlinable public static var methodDescriptor: UInt32 { 8 }
    /// Fast subclass tests.
    @inlinable public static var intSubclass: UInt32 { 1 << 8 }
    @inlinable public static var strSubclass: UInt32 { 1 << 9 }
    @inlinable public static var listSubclass: UInt32 { 1 << 10 }
    @inlinable public static var tupleSubclass: UInt32 { 1 << 11 }
    @inlinable public static var dictSubclass: UInt32 { 1 << 12 }
    @inlinable public static var typeSubclass: UInt32 { 1 << 13 }
    @inlinable public static var exceptionSubclass: UInt32 { 1 << 14 }
    @inlinable public static var bytesSubclass: UInt32 { 1 << 15 }
    @inlinable public static var floatSubclass: UInt32 { 1 << 16 }
    @inlinable public static var setSubclass: UInt32 { 1 << 17 }  // set and frozenset
    @inlinable public static var subclassMask: UInt32 { 0x3FF00 }
    /// The metaclass or an attribute hook makes inline caching of attributes impossible.
    @inlinable public static var customGetAttribute: UInt32 { 1 << 20 }
    @inlinable public static var customSetAttribute: UInt32 { 1 << 21 }
    @inlinable public static var abstract: UInt32 { 1 << 22 }
    @inlinable public static var patternSequence: UInt32 { 1 << 23 }
    @inlinable public static var patternMapping: UInt32 { 1 << 24 }
    /// Weak references to instances are allowed.
    @inlinable public static var weaklyReferencable: UInt32 { 1 << 25 }
    /// Instances are made by the runtime only.
    @inlinable public static var notInstantiable: UInt32 { 1 << 26 }
    /// Some instances came from classes with fewer inline values, and their blocks end before this class's. All their attributes are in their dicts,
    /// but nobody may look at an inline value before the dict: no caching.
    @inlinable public static var shortInstances: UInt32 { 1 << 27 }
    /// A builtin exception that is made and initialised as BaseException is.
    @inlinable public static var plainException: UInt32 { 1 << 28 }
}

@frozen public struct TypeRecord {
    // Behind the object header.
    public var memory: TypeMemorySlots
    public var versionTag: UInt32
    public var flags: UInt32
    /// Bytes of an instance without dictionary and inline attributes; where a subclass continues.
    public var basicSize: UInt32
    /// Bytes to allocate for an instance.
    public var instanceSize: UInt32
    /// Offset of the instance's dictionary word (a dict Value or null); 0: instances have none.
    public var dictOffset: UInt32
    /// Inline attribute values: `inlineCount` words from `inlineOffset`.
    public var inlineOffset: UInt16
    public var inlineCount: UInt16
    /// Static type number (TypeID), or 0xFFFF_FFFF.
    public var staticID: UInt32
    /// Slots made by `__slots__` in this class (not counting bases).
    public var slotCount: UInt32
    public var name: Value  // str
    public var qualifiedName: Value  // str
    public var bases: Value  // tuple
    public var mro: Value  // tuple of types
    public var dict: Value  // dict
    public var base: UnsafeMutableRawPointer?
    /// Direct subclasses: raw pointers, uncounted, under the runtime's type lock. Buffer {count, capacity, pointers…}.
    public var subclasses: UnsafeMutableRawPointer?
    /// Attribute names that instances keep inline, append-only (SharedKeys.swift).
    public var sharedKeys: UnsafeMutableRawPointer?

    public var new: NativeFunction?
    public var initialize: Slot.Initialize?
    public var call: NativeFunction?
    public var repr: Slot.Unary?
    public var str: Slot.Unary?
    /// (thread, self): hash; -1 with an exception
    public var hash: Slot.Predicate?
    public var compare: Slot.Operator?
    public var getAttribute: Slot.Binary?
    public var setAttribute: Slot.Store?
    public var descriptorGet: Slot.DescriptorGet?
    public var descriptorSet: Slot.Store?
    public var iterate: Slot.Unary?
    public var next: Slot.Unary?
    public var binary: Slot.Operator?
    public var inPlace: Slot.Operator?
    public var unary: Slot.Operator?  // (thread, UnaryOperator, value, 0)
    public var truth: Slot.Predicate?
    public var length: Slot.Predicate?
    public var getItem: Slot.Binary?
    public var setItem: Slot.Store?
    public var contains: Slot.Contains?
    /// `__index__`, `__int__`, `__float__`
    public var index: Slot.Unary?
    public var int: Slot.Unary?
    public var float: Slot.Unary?

    /// Nearest static type in the layout: its traverse, clear and deallocate handle the front of an instance.
    public var nativeBase: UnsafeMutableRawPointer?
    /// Static types: frozen attribute table (StaticAttributes.swift). nil for classes, which have `dict`.
    public var staticAttributes: UnsafeMutableRawPointer?
    /// Interpreter of a class; nil for static types.
    public var interpreter: UnsafeMutableRawPointer?
    /// `__module__` of a static type, str.
    public var module: Value
    /// `__doc__` of a static type, str or null.
    public var doc: Value
    /// `__static_attributes__` of a class: a tuple, or null. Not in its dict: programs that list a class's members know of none.
    public var announced: Value
    /// Which operator methods a static type shows (OperatorSet.swift).
    public var operators: UInt64
    /// Under the type lock.
    public var versionBook: TypeVersionBook
}

/// A type object.
@frozen public struct TypeRef: Equatable, @unchecked Sendable {
    public let raw: UnsafeMutableRawPointer
    @inlinable @inline(__always) public init(_ raw: UnsafeMutableRawPointer) { self.raw = raw }
    @inlinable @inline(__always) public init(_ value: Value) { raw = value.object.raw }

    @inlinable @inline(__always) public var record: UnsafeMutablePointer<TypeRecord> {
        (raw + ObjectLayout.headerBytes).assumingMemoryBound(to: TypeRecord.self)
    }
    @inlinable @inline(__always) public var object: ObjectRef { ObjectRef(raw) }
    /// Owning form; retain it before storing it.
    @inlinable @inline(__always) public var value: Value { Value(object) }
    @inlinable @inline(__always) public var flags: UInt32 { record.pointee.flags }
    @inlinable @inline(__always) public func has(_ flag: UInt32) -> Bool { flags & flag != 0 }
    /// Version that inline caches compare. Atomic: a concurrent change of the class clears it.
    @inlinable @inline(__always) public var versionTag: UInt32 { versionWord.pointee.load(ordering: .relaxed) }
}

/// The static types.
public enum TypeID: UInt32, CaseIterable, Sendable {
    case object, type, int, bool, float, complex, str, bytes, bytearray, list, tuple, dict, set, frozenset
    case range, slice, noneType, ellipsisType, notImplementedType
    case function, code, cell, frame, traceback, generator, coroutine, asyncGenerator, module
    case builtinFunction, methodDescriptor, slotWrapper, methodWrapper, getSetDescriptor, memberDescriptor
    case classMethodDescriptor, boundMethod
    case property, classMethod, staticMethod, superObject, mappingProxy, simpleNamespace, genericAlias, unionType
    case listIterator, listReverseIterator, tupleIterator, strIterator, bytesIterator, rangeIterator
    case dictKeyIterator, dictValueIterator, dictItemIterator, dictReverseKeyIterator, setIterator
    case dictKeys, dictValues, dictItems
    case enumerate, zip, map, filter, reversed, sequenceIterator, callableIterator
    case weakReference, lock, rlock, threadHandle, textStream, byteStream, memoryview
    case weakProxy, weakCallableProxy
    case itertoolsCount, itertoolsCycle, itertoolsRepeat, itertoolsAccumulate, itertoolsBatched, itertoolsChain
    case itertoolsCombinations, itertoolsCombinationsWithReplacement, itertoolsCompress, itertoolsDropWhile
    case itertoolsFilterFalse, itertoolsGroupBy, itertoolsGrouper, itertoolsSlice, itertoolsPairwise, itertoolsPermutations
    case itertoolsProduct, itertoolsStarMap, itertoolsTakeWhile, itertoolsTee, itertoolsTeeLink, itertoolsZipLongest
    case itemGetter, attributeGetter, methodCaller, partial, keyWrapper, bytearrayIterator
    case deque, dequeIterator, dequeReverseIterator, defaultDict, tupleGetter, abstractClassData, mersenneTwister
    case cacheWrapper, structFormat, regexPattern, regexMatch, regexScanner, simpleQueue, zlibStream
    case context, contextVariable, contextToken, contextTokenMissing
    case asyncSend, asyncThrow, awaitIterator, anextAwaitable
    case baseException, exception
}
