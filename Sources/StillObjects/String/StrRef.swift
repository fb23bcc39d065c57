// str: immutable code points of one, two or four bytes each, always the narrowest. Not collectable.
//
// Layout    24 hash (atomic, 0: not computed), 32 length (u32), 36 data. With the length's top bit set the data lies in a buffer: then 40 is its
//           address, 48 its size in bytes (0 in instances of subclasses, where it is as long as the text), 56 the length.
//           Flag bits of the header: kind (0 ASCII, 1 Latin-1, 2 two bytes, 3 four bytes), interned.
// Growing   A string to which one register of its owner refers, and which nobody else has ever seen, may be appended to in place.
// Interned  strings are immortal and equal ones are the same object: names compare by address.
public import StillObmalloc
public import StillPlatform
public import StillThreadRegistry
public import Synchronization

@frozen public struct StrRef {
    public let raw: UnsafeMutableRawPointer
    @inlinable @inline(__always) public init(_ value: Value) { raw = value.object.raw }

    /// Before inline data.
    @inlinable public static var headerBytes: Int { 36 }
    /// Of a string with a buffer.
    @inlinable public static var bufferedBytes: Int { 64 }
    @inlinable public static var kindShift: UInt8 { 4 }
    @inlinable public static var internedFlag: UInt8 { 64 }

    @inlinable @inline(__always) public var object: ObjectRef { ObjectRef(raw) }
    @inlinable public var value: Value { Value(object) }
    /// Code points.
    @inlinable @inline(__always) public var count: Int {
        let length = raw.load(fromByteOffset: 32, as: Int32.self)
        return _fastPath(length >= 0) ? Int(length) : raw.load(fromByteOffset: 56, as: Int.self)
    }
    @inlinable @inline(__always) public var isInline: Bool { raw.load(fromByteOffset: 32, as: Int32.self) >= 0 }
    @inlinable @inline(__always) public var data: UnsafeMutableRawPointer {
        if _fastPath(isInline) { return raw + StrRef.headerBytes }
        return raw.load(fromByteOffset: 40, as: UnsafeMutableRawPointer.self)
    }
    /// Of a new string.
    func setInlineCount(_ count: Int) { object.setField(32, Int32(count)) }
    /// Of a new string, or one that nobody else has seen.
    func setBuffer(_ buffer: UnsafeMutableRawPointer, size: Int, count: Int) {
        object.setField(40, buffer)
        object.setField(48, size)
        object.setField(56, count)
        object.setField(32, Int32.min)
    }
    @inlinable @inline(__always) public var kind: Int { Int((object.flags &>> StrRef.kindShift) & 3) }
    @inlinable @inline(__always) public var isASCII: Bool { kind == 0 }
    @inlinable @inline(__always) public var isInterned: Bool { object.flags & StrRef.internedFlag != 0 }
    /// Bytes of a code point.
    @inlinable @inline(__always) public var width: Int { StrRef.width(kind) }
    @inlinable @inline(__always) public static func width(_ kind: Int) -> Int { kind < 2 ? 1 : kind == 2 ? 2 : 4 }

    @inlinable @inline(__always) public func codePoint(_ index: Int) -> UInt32 {
        switch kind {
        case 0, 1: UInt32(data.load(fromByteOffset: index, as: UInt8.self))
        case 2: UInt32(data.load(fromByteOffset: index &* 2, as: UInt16.self))
        default: data.load(fromByteOffset: index &* 4, as: UInt32.self)
        }
    }
    public var codePoints: [UInt32] {
        let length = count
        return [UInt32](unsafeUninitializedCapacity: length) { buffer, filled in
            for index in 0..<length { buffer.baseAddress.unsafelyUnwrapped[index] = codePoint(index) }
            filled = length
        }
    }

    /// The string of one code point, as `self[index]` gives it; null when the index is out of range or the string is not of one byte each.
    public func single(at index: Int) -> Value {
        let place = index < 0 ? index &+ count : index
        if width != 1 || place < 0 || place >= count { return .null }
        return StaticStrings.single(UInt32(data.load(fromByteOffset: place, as: UInt8.self)))
    }

    /// The same as a register holds it, uncounted.
    @inline(__always) public func singleForRegister(at index: Int) -> Value {
        let place = index < 0 ? index &+ count : index
        if width != 1 || place < 0 || place >= count { return .null }
        return Value(bits: StaticStrings.single(UInt32(data.load(fromByteOffset: place, as: UInt8.self))).bits | 4)
    }

    /// As a Swift string; lone surrogates become U+FFFD.
    public var string: String {
        if kind == 0 {
            return String(decoding: UnsafeRawBufferPointer(start: data, count: count), as: UTF8.self)
        }
        var text = String.UnicodeScalarView()
        for index in 0..<count { text.append(Unicode.Scalar(codePoint(index)) ?? "\u{FFFD}") }
        return String(text)
    }

    // MARK: Hash and equality

    @inlinable @inline(__always) var hashWord: UnsafeMutablePointer<Atomic<Int>> {
        (raw + 24).assumingMemoryBound(to: Atomic<Int>.self)
    }
    @inlinable @inline(__always) public var hash: Int {
        let known = hashWord.pointee.load(ordering: .relaxed)
        return _fastPath(known != 0) ? known : computeHash()
    }
    @usableFromInline @inline(never) func computeHash() -> Int {
        let value = StringHash.hash(UnsafeRawPointer(data), count * width)
        hashWord.pointee.store(value, ordering: .relaxed)
        return value
    }

    /// No exceptions, no Python code.
    @inlinable public static func equal(_ a: StrRef, _ b: StrRef) -> Bool {
        if a.raw == b.raw { return true }
        let count = a.count
        if count != b.count { return false }
        let (flags, others) = (a.object.flags, b.object.flags)
        // Two interned strings would be the same object.
        if (flags ^ others) & (3 &<< kindShift) != 0 || flags & others & internedFlag != 0 { return false }
        return sameBytes(a.data, b.data, count &* a.width)
    }

    @inlinable public static func equal(_ a: Value, _ b: Value) -> Bool { equal(StrRef(a), StrRef(b)) }

    public static func compare(_ a: StrRef, _ b: StrRef) -> Int {
        let count = min(a.count, b.count)
        if a.kind < 2 && b.kind < 2 {
            let order = compareBytes(a.data, b.data, count)
            if order != 0 { return order }
        } else {
            for index in 0..<count {
                let x = a.codePoint(index)
                let y = b.codePoint(index)
                if x != y { return x < y ? -1 : 1 }
            }
        }
        return a.count - b.count
    }
}

/// The hash of strings and bytes: 64 bits, seeded for each process.
public enum StringHash {
    /// From `PYTHONHASHSEED`, or chance.
    static let seed: UInt64 = {
        guard let text = Environment.get("PYTHONHASHSEED"), let number = UInt32(text) else { return Process.randomWord() }
        return UInt64(number) &* 0x9E37_79B9_7F4A_7C15
    }()
    /// sys.flags.hash_randomization: everything but `PYTHONHASHSEED=0`.
    public static let isRandomized = Environment.get("PYTHONHASHSEED").flatMap { UInt32($0) } != 0
    /// What `PYTHONHASHSEED` may be.
    public static func isSeed(_ text: String) -> Bool { text.isEmpty || text == "random" || UInt32(text) != nil }

    /// Never 0.
    public static func hash(_ bytes: UnsafeRawPointer, _ count: Int) -> Int {
        var state = seed ^ UInt64(count) &* 0x9E37_79B9_7F4A_7C15
        var offset = 0
        func mix(_ word: UInt64) {
            let product = (state ^ word).multipliedFullWidth(by: 0xA076_1D64_78BD_642F)
            state = product.high ^ product.low ^ word &<< 1
        }
        while offset &+ 8 <= count {
            mix(bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            offset &+= 8
        }
        mix(tail(bytes, offset, count))
        mix(0xE703_7ED1_A0B4_28DB)
        let value = Int(bitPattern: UInt(state))
        return value == 0 || value == -1 ? 0x5EED : value
    }

    /// The last bytes, up to seven: two words that overlap, or the first, the middle and the last of up to three.
    @inline(__always)
    private static func tail(_ bytes: UnsafeRawPointer, _ offset: Int, _ count: Int) -> UInt64 {
        let left = count &- offset
        if left >= 4 {
            return UInt64(bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
                | UInt64(bytes.loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self)) &<< 32
        }
        if left == 0 { return 0 }
        return UInt64(bytes.load(fromByteOffset: offset, as: UInt8.self))
            | UInt64(bytes.load(fromByteOffset: offset &+ left &>> 1, as: UInt8.self)) &<< 8
            | UInt64(bytes.load(fromByteOffset: count &- 1, as: UInt8.self)) &<< 16
    }
}

extension ThreadState {
    @inlinable @inline(__always) public func isStr(_ value: Value) -> Bool {
        value.isObject && typeOf(value).has(TypeFlags.strSubclass)
    }

    /// A new exact str with undefined contents, to be filled before anyone else sees it.
    ///
    /// - Parameter kind: 0 ASCII … 3; the caller guarantees it is the narrowest.
    public func newString(count: Int, kind: Int) throws(PythonError) -> StrRef {
        if kind == 0, let short = newShortString(count: count) { return short }
        let bytes = count * StrRef.width(kind)
        let inline = StrRef.headerBytes + bytes <= ObjectLayout.largestObjectBytes
        guard
            let object = Allocation.object(
                self, type: type(.str).raw, bytes: inline ? StrRef.headerBytes + bytes : StrRef.bufferedBytes,
                collectable: false, zeroed: false, bare: inline)
        else { throw noMemory() }
        let string = StrRef(Value(object))
        object.setField(24, 0)
        if inline {
            string.setInlineCount(count)
        } else {
            guard let buffer = Allocation.buffer(self, bytes: bytes) else {
                string.setInlineCount(0)
                release(object)
                throw noMemory()
            }
            string.setBuffer(buffer, size: bytes, count: count)
        }
        if kind != 0 { object.setFlag(UInt8(kind) << StrRef.kindShift) }
        return string
    }

    /// The same in ASCII without a call; nil when that is too long for the object itself, or there is no memory.
    @inline(__always) func newShortString(count: Int) -> StrRef? {
        guard _fastPath(count <= ObjectLayout.largestObjectBytes &- StrRef.headerBytes),
            let object = Allocation.object(
                self, type: type(.str).raw, bytes: StrRef.headerBytes &+ count, collectable: false, zeroed: false, bare: true)
        else { return nil }
        object.setField(24, 0)
        object.setField(32, Int32(truncatingIfNeeded: count))
        return StrRef(Value(object))
    }

    public func makeString(_ text: String) throws(PythonError) -> Value {
        var text = text
        return try makeString(utf8: &text)
    }

    private func makeString(utf8 text: inout String) throws(PythonError) -> Value {
        if text.isEmpty { return emptyString }
        if text.utf8.allSatisfy({ $0 < 128 }) {
            let count = text.utf8.count
            let result = try newString(count: count, kind: 0)
            text.withUTF8 { copyBytes(result.data, $0.baseAddress!, count) }
            return result.value
        }
        return try makeString(codePoints: text.unicodeScalars.map(\.value))
    }

    public func makeString(codePoints points: [UInt32]) throws(PythonError) -> Value {
        try points.withUnsafeBufferPointer { (buffer) throws(PythonError) -> Value in
            try makeString(codePoints: buffer)
        }
    }

    public func makeString(codePoints points: UnsafeBufferPointer<UInt32>) throws(PythonError) -> Value {
        var all: UInt32 = 0
        for point in points { all |= point }
        if points.count == 0 { return emptyString }
        let kind = all < 0x80 ? 0 : all < 0x100 ? 1 : all < 0x10000 ? 2 : 3
        if points.count == 1 && kind < 2 { return StaticStrings.single(points[0]) }
        let result = try newString(count: points.count, kind: kind)
        let data = result.data
        switch StrRef.width(kind) {
        case 1: for (index, point) in points.enumerated() { data.storeBytes(of: UInt8(point), toByteOffset: index, as: UInt8.self) }
        case 2: for (index, point) in points.enumerated() { data.storeBytes(of: UInt16(point), toByteOffset: index * 2, as: UInt16.self) }
        default: for (index, point) in points.enumerated() { data.storeBytes(of: point, toByteOffset: index * 4, as: UInt32.self) }
        }
        return result.value
    }

    public var emptyString: Value { StaticStrings.empty }
    public func internedString(_ text: String) throws(PythonError) -> Value { Interning.intern(text) }
}
