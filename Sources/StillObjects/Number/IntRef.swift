// int: the heap form of numbers beyond 63 bits and of all instances of subclasses. Layout:
//
//   24 signed limb count (negative: a negative number)   32 limbs, least significant first: inline at 40 or behind a word in a
//   buffer that holds the buffer's size
//
// Results of exact type int that fit 63 bits are always immediates, so equal ints of exact type have one form. Immutable after
// creation: plain reads.
public import StillObmalloc
import StillPlatform
public import StillThreadRegistry

/// The magnitude and sign of an int, borrowed: valid while the Value it was taken from is.
struct Limbs {
    let limbs: UnsafePointer<UInt>
    let count: Int
    let negative: Bool

    var isZero: Bool { count == 0 }
    var bitLength: Int {
        count == 0 ? 0 : count * 64 - limbs[count - 1].leadingZeroBitCount
    }

    /// - Parameter scratch: keeps the limb of an immediate.
    @inline(__always) init(_ v: Value, _ scratch: UnsafeMutablePointer<UInt>) {
        if v.isObject {
            let size: Int = v.object.field(24)
            limbs = v.object.field(32)
            count = size.magnitude == 0 ? 0 : Int(size.magnitude)
            negative = size < 0
        } else {
            let number = v.isSmallInt ? v.smallInt : v.isTrue ? 1 : 0
            scratch.pointee = number.magnitude
            limbs = UnsafePointer(scratch)
            count = number == 0 ? 0 : 1
            negative = number < 0
        }
    }

    /// Views of one or two ints.
    @inline(__always) static func with<R>(
        _ a: Value, _ body: (Limbs) throws(PythonError) -> R
    ) throws(PythonError) -> R {
        var scratch: UInt = 0
        return try withUnsafeMutablePointer(to: &scratch) { (p) throws(PythonError) -> R in try body(Limbs(a, p)) }
    }
    @inline(__always) static func with<R>(
        _ a: Value, _ b: Value, _ body: (Limbs, Limbs) throws(PythonError) -> R
    ) throws(PythonError) -> R {
        try with(a) { (x) throws(PythonError) -> R in
            try with(b) { (y) throws(PythonError) -> R in try body(x, y) }
        }
    }
    /// Without errors.
    @inline(__always) static func read<R>(_ a: Value, _ body: (Limbs) -> R) -> R {
        var scratch: UInt = 0
        return withUnsafeMutablePointer(to: &scratch) { body(Limbs(a, $0)) }
    }
}

/// A heap int that is being made.
public struct IntRef {
    public let object: ObjectRef
    init(_ object: ObjectRef) { self.object = object }
    public init(_ value: Value) { object = value.object }

    var limbs: UnsafeMutablePointer<UInt> { object.field(32) }
    static var headerBytes: Int { 40 }
    var isInline: Bool { UnsafeMutableRawPointer(limbs) == object.raw + IntRef.headerBytes }

    /// Largest number of limbs; beyond it MemoryError.
    static var maxLimbs: Int { 1 << 32 }

    /// An int object with room for `capacity` limbs, not initialised; `finish` makes it a value.
    static func make(_ t: Thread, capacity: Int) throws(PythonError) -> IntRef {
        try make(t, type: t.type(.int), capacity: capacity)
    }
    static func make(_ t: Thread, type: TypeRef, capacity: Int) throws(PythonError) -> IntRef {
        if capacity > maxLimbs { throw t.noMemory() }
        let exact = type == t.type(.int)
        let inline = exact && headerBytes + capacity * 8 <= ObjectLayout.largestObjectBytes
        let bytes = inline ? headerBytes + max(1, capacity) * 8 : exact ? headerBytes : Int(type.record.pointee.instanceSize)
        guard
            let object = Allocation.object(
                t, type: type.raw, bytes: bytes, collectable: type.has(TypeFlags.collectable))
        else { throw t.noMemory() }
        if inline {
            object.setField(32, object.raw + headerBytes)
        } else {
            let size = 8 + max(1, capacity) * 8
            guard let buffer = Allocation.buffer(t, bytes: size) else {
                Allocation.free(object, t)
                throw t.noMemory()
            }
            buffer.storeBytes(of: size, as: Int.self)
            object.setField(32, buffer + 8)
        }
        return IntRef(object)
    }

    /// Frees an int object that nobody refers to.
    func free(_ t: Thread) {
        if !isInline {
            let buffer = UnsafeMutableRawPointer(limbs) - 8
            Allocation.freeBuffer(t, buffer, bytes: buffer.load(as: Int.self))
        }
        Allocation.free(object, t)
    }

    /// The finished number in its proper form: consumes the object.
    func finish(_ t: Thread, count: Int, negative: Bool) -> Value {
        let limbs = limbs
        var count = count
        while count > 0 && limbs[count - 1] == 0 { count -= 1 }
        if count <= 1 {
            let magnitude = count == 0 ? 0 : limbs[0]
            if magnitude < 1 << 62 || (negative && magnitude == 1 << 62) {
                free(t)
                return Value(smallInt: negative ? 0 &- Int(bitPattern: magnitude) : Int(magnitude))
            }
        }
        object.setField(24, negative ? -count : count)
        return Value(object)
    }

    /// An instance of a subclass with the value of an int.
    static func makeSubclass(_ t: Thread, _ type: TypeRef, _ number: Value) throws(PythonError) -> Value {
        try Limbs.with(number) { (x) throws(PythonError) -> Value in
            let made = try make(t, type: type, capacity: x.count)
            for index in 0..<x.count { made.limbs[index] = x.limbs[index] }
            made.object.setField(24, x.negative ? -x.count : x.count)
            return Value(made.object)
        }
    }

    /// Memory slots of int and its subclasses.
    static let deallocate: TypeMemorySlots.Deallocate = { raw, object in
        let t = Thread(raw)
        let ref = ObjectRef(object)
        if TypeRef(ref.typeRaw).has(TypeFlags.heapType) { InstanceLayout.releaseExtra(t, ref) }
        IntRef(ref).free(t)
    }
}

extension ThreadState {
    /// Errors: MemoryError, for numbers beyond 63 bits.
    @inlinable @inline(__always) public func makeInt(_ number: Int) throws(PythonError) -> Value {
        if _fastPath(Value.fitsSmallInt(number)) { return Value(smallInt: number) }
        return try makeWideInt(number.magnitude, number < 0)
    }
    @inlinable public func makeInt(_ number: UInt64) throws(PythonError) -> Value {
        if number < 1 << 62 { return Value(smallInt: Int(number)) }
        return try makeWideInt(UInt(number), false)
    }
    @inlinable public func makeInt(_ number: UInt) throws(PythonError) -> Value { try makeInt(UInt64(number)) }
    @usableFromInline func makeWideInt(_ magnitude: UInt, _ negative: Bool) throws(PythonError) -> Value {
        let made = try IntRef.make(self, capacity: 1)
        made.limbs[0] = magnitude
        return made.finish(self, count: 1, negative: negative)
    }

    /// An int, or an instance of a subclass (bool too).
    @inlinable @inline(__always) public func isInt(_ v: Value) -> Bool {
        v.isSmallInt || v.isBool || (v.isObject && TypeRef(v.object.typeRaw).has(TypeFlags.intSubclass))
    }

    /// The number when the value is an int (or bool, or of a subclass) that fits 64 bits.
    public func intValue(_ v: Value) -> Int? {
        if v.isSmallInt { return v.smallInt }
        if v.isBool { return v.isTrue ? 1 : 0 }
        guard v.isObject && TypeRef(v.object.typeRaw).has(TypeFlags.intSubclass) else { return nil }
        return Limbs.read(v) { x in
            if x.count == 0 { return 0 }
            if x.count > 1 { return nil }
            if x.negative { return x.limbs[0] <= 1 << 63 ? 0 &- Int(bitPattern: x.limbs[0]) : nil }
            return x.limbs[0] < 1 << 63 ? Int(x.limbs[0]) : nil
        }
    }
    /// The same for the unsigned range.
    public func unsignedValue(_ v: Value) -> UInt64? {
        guard isInt(v) else { return nil }
        return Limbs.read(v) { x in
            if x.count == 0 { return 0 }
            return x.count == 1 && !x.negative ? UInt64(x.limbs[0]) : nil
        }
    }
}
