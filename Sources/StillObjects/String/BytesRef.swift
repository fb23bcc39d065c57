// bytes: immutable. Layout: 24 length, 32 hash (atomic, 0: not computed), 40 data; with the length's top bit set 40 is the address of a buffer with
// the data (many bytes, and instances of subclasses). One byte, or none, of the class bytes itself: immortal objects.
import StillObmalloc
import StillPlatform
public import StillThreadRegistry
import Synchronization

public struct BytesRef {
    public let raw: UnsafeMutableRawPointer
    public init(_ value: Value) { raw = value.object.raw }

    static let headerBytes = 40
    /// Of an object with a buffer.
    static let bufferedBytes = 48
    /// Most bytes that lie in the object.
    static let inlineRoom = 512 - headerBytes

    private var length: Int { raw.load(fromByteOffset: 24, as: Int.self) }
    public var count: Int { length & Int.max }
    public var data: UnsafeMutableRawPointer {
        length >= 0 ? raw + BytesRef.headerBytes : raw.load(fromByteOffset: BytesRef.headerBytes, as: UnsafeMutableRawPointer.self)
    }
    public subscript(_ index: Int) -> UInt8 { data.load(fromByteOffset: index, as: UInt8.self) }
    public var array: [UInt8] { Array(UnsafeRawBufferPointer(start: data, count: count)) }
    var view: ByteView { ByteView(base: data, count: count) }

    /// Of a new object.
    fileprivate func setInline(_ count: Int) { ObjectRef(raw).setField(24, count) }
    /// Of a new object, whose buffer has at least one byte.
    func setBuffer(_ buffer: UnsafeMutableRawPointer, _ count: Int) {
        ObjectRef(raw).setField(BytesRef.headerBytes, buffer)
        ObjectRef(raw).setField(24, count | Int.min)
    }
    func free(_ t: Thread) {
        if length < 0 { Allocation.freeBuffer(t, data, bytes: max(1, count)) }
    }

    private var hashWord: UnsafeMutablePointer<Atomic<Int>> { (raw + 32).assumingMemoryBound(to: Atomic<Int>.self) }
    /// Whoever computes it stores the same: relaxed.
    var hash: Int {
        let known = hashWord.pointee.load(ordering: .relaxed)
        if known != 0 { return known }
        let value = StringHash.hash(UnsafeRawPointer(data), count)
        hashWord.pointee.store(value, ordering: .relaxed)
        return value
    }

    private nonisolated(unsafe) static let few: UnsafeMutablePointer<UInt64> = {
        let table = UnsafeMutablePointer<UInt64>.allocate(capacity: 257)
        for number in 0...256 {
            let object = StaticTypes.immortalObject(.bytes, bytes: bufferedBytes)
            object.setField(24, number < 256 ? 1 : 0)
            if number < 256 { object.setField(headerBytes, UInt8(number)) }
            table[number] = Value(object).bits
        }
        return table
    }()
    /// The bytes object of one byte.
    static func single(_ byte: UInt8) -> Value { Value(bits: few[Int(byte)]) }
    static var empty: Value { Value(bits: few[256]) }
}

extension ThreadState {
    public func isBytes(_ value: Value) -> Bool { value.isObject && typeOf(value).has(TypeFlags.bytesSubclass) }

    /// A bytes object to be filled at once by the caller, who alone knows it.
    ///
    /// - Parameter count: 2 or more.
    func newBytes(_ count: Int) throws(PythonError) -> BytesRef {
        let isInline = count <= BytesRef.inlineRoom
        let size = isInline ? BytesRef.headerBytes + count : BytesRef.bufferedBytes
        guard let object = Allocation.object(self, type: type(.bytes).raw, bytes: size, collectable: false, zeroed: false) else { throw noMemory() }
        let bytes = BytesRef(Value(object))
        object.setField(32, 0)
        bytes.setInline(isInline ? count : 0)
        if isInline { return bytes }
        guard count <= 1 << 40, let buffer = Allocation.buffer(self, bytes: count) else {
            release(object)
            throw noMemory()
        }
        bytes.setBuffer(buffer, count)
        return bytes
    }

    public func makeBytes(_ bytes: [UInt8]) throws(PythonError) -> Value {
        try bytes.withUnsafeBufferPointer { (buffer) throws(PythonError) -> Value in try makeBytes(copying: UnsafeRawBufferPointer(buffer)) }
    }
    public func makeBytes(copying bytes: UnsafeRawBufferPointer) throws(PythonError) -> Value {
        guard let base = bytes.baseAddress else { return BytesRef.empty }
        return try makeBytes(base, bytes.count)
    }
    func makeBytes(_ base: UnsafeRawPointer, _ count: Int) throws(PythonError) -> Value {
        if count == 0 { return BytesRef.empty }
        if count == 1 { return BytesRef.single(base.load(as: UInt8.self)) }
        let made = try newBytes(count)
        copyBytes(made.data, base, count)
        return Value(ObjectRef(made.raw))
    }
}
