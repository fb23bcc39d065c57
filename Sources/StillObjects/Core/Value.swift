// A Python value in one 64-bit word.
//
//   …xxx1   int, 63 bits
//   …xx10   float whose exponent is common: rotl(bits + 2^60, 3); the others are boxed, zeros are constants
//   …x000   an object; the slot that holds the word owns a count on it (0: null, no value)
//   …x100   an object the slot does *not* own, only in registers (deferred and immortal objects), or, below 4096, a constant
//
// Objects stored anywhere but in registers are always of the owning form. Compare identity with `isSame`, which ignores the
// ownership bit.
public import StillObmalloc
import StillPlatform
public import StillThreadRegistry

@frozen public struct Value: BitwiseCopyable, @unchecked Sendable {
    public let bits: UInt64

    @inlinable @inline(__always) public init(bits: UInt64) { self.bits = bits }
    @inlinable @inline(__always) public init(_ object: ObjectRef) { bits = object.address }

    // MARK: Constants

    @inlinable public static var null: Value { Value(bits: 0) }
    @inlinable public static var none: Value { Value(bits: 0x0C) }
    @inlinable public static var `false`: Value { Value(bits: 0x14) }
    @inlinable public static var `true`: Value { Value(bits: 0x1C) }
    @inlinable public static var ellipsis: Value { Value(bits: 0x24) }
    @inlinable public static var notImplemented: Value { Value(bits: 0x2C) }
    @inlinable public static var floatZero: Value { Value(bits: 0x34) }
    @inlinable public static var floatNegativeZero: Value { Value(bits: 0x3C) }
    @inlinable @inline(__always) public init(_ flag: Bool) { bits = flag ? 0x1C : 0x14 }

    // MARK: Tests

    @inlinable @inline(__always) public var isNull: Bool { bits == 0 }
    @inlinable @inline(__always) public var isSmallInt: Bool { bits & 1 != 0 }
    @inlinable @inline(__always) public var isImmediateFloat: Bool { bits & 3 == 2 }
    /// Some object, owned by its slot or not.
    @inlinable @inline(__always) public var isObject: Bool { bits & 3 == 0 && bits >= 4096 }
    /// The slot owns a count.
    @inlinable @inline(__always) public var isCounted: Bool { bits & 7 == 0 && bits != 0 }
    @inlinable @inline(__always) public var isConstant: Bool { bits & 7 == 4 && bits < 4096 }
    @inlinable @inline(__always) public var isNone: Bool { bits == 0x0C }
    @inlinable @inline(__always) public var isBool: Bool { bits == 0x1C || bits == 0x14 }
    @inlinable @inline(__always) public var isTrue: Bool { bits == 0x1C }
    @inlinable @inline(__always) public var isNotImplemented: Bool { bits == 0x2C }

    /// Identity, Python's `is`.
    @inlinable @inline(__always) public func isSame(_ other: Value) -> Bool {
        (bits ^ other.bits) & ~4 == 0 && (bits == other.bits || (isObject && other.isObject))
    }

    // MARK: Ints

    @inlinable public static var smallIntMax: Int { (1 << 62) - 1 }
    @inlinable public static var smallIntMin: Int { -(1 << 62) }
    @inlinable @inline(__always) public var smallInt: Int { Int(Int64(bitPattern: bits) &>> 1) }
    @inlinable @inline(__always) public static func fitsSmallInt(_ number: Int) -> Bool {
        (number &+ (1 << 62)) >= 0
    }
    /// - Precondition: fits 63 bits.
    @inlinable @inline(__always) public init(smallInt number: Int) {
        bits = UInt64(bitPattern: Int64(number)) &<< 1 | 1
    }

    // MARK: Floats

    @inlinable @inline(__always) public var immediateFloat: Double {
        Double(bitPattern: (bits &>> 3 | bits &<< 61) &- (1 << 60))
    }
    /// The word for the number, or null when it must be boxed.
    @inlinable @inline(__always) public static func immediate(_ number: Double) -> Value {
        let shifted = number.bitPattern &+ (1 << 60)
        let rotated = shifted &<< 3 | shifted &>> 61
        if _fastPath(rotated & 3 == 2) { return Value(bits: rotated) }
        if number == 0 { return number.sign == .minus ? floatNegativeZero : floatZero }
        return null
    }

    // MARK: Objects

    /// - Precondition: isObject.
    @inlinable @inline(__always) public var object: ObjectRef {
        ObjectRef(UnsafeMutableRawPointer(bitPattern: UInt(bits & ~7)).unsafelyUnwrapped)
    }
    /// The same object, not owned: for registers.
    @inlinable @inline(__always) public var borrowedForm: Value { Value(bits: isObject ? bits | 4 : bits) }
}

/// The attached thread that every operation receives. Short name, because it is everywhere.
public typealias Thread = ThreadState

extension ThreadState {
    /// One more owned reference: the result may be stored anywhere. Accepts any value, null included.
    @inlinable @inline(__always) @discardableResult
    public func retain(_ value: Value) -> Value {
        if value.isCounted {
            ReferenceCount.retain(value.object, self)
            return value
        }
        if value.bits & 7 == 4 && value.bits >= 4096 { return retainBorrowed(value) }
        return value
    }
    @usableFromInline @inline(never) func retainBorrowed(_ value: Value) -> Value {
        ReferenceCount.retain(value.object, self)
        return Value(value.object)
    }

    /// One more reference to what a slot refers to, for a caller who holds the lock of the slot's container. Accepts any value, null included.
    ///
    /// The own objects stay unshared: only strangers need the flag, for their reads without the lock.
    @inlinable @inline(__always) @discardableResult
    public func retainHeld(_ value: Value) -> Value {
        if value.isCounted {
            if value.object.owner != ownerSlot { ReferenceCount.share(value.object) }
            ReferenceCount.retain(value.object, self)
        }
        return value
    }

    /// Gives an owned reference up. Null, immediates and register-only forms are ignored.
    @inlinable @inline(__always) public func release(_ value: Value) {
        if value.isCounted { ReferenceCount.release(value.object, self) }
    }
    @inlinable @inline(__always) public func release(_ object: ObjectRef) {
        ReferenceCount.release(object, self)
    }
}
