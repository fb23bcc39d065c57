// What bytes-like objects hold, for those who read it.
//
// A view is a bytes object's own memory, which never changes, or a copy of what other threads may change: a bytearray's contents at one moment.
// Who has made one holds the object as long as the view, and ends it.
import StillObmalloc
import StillPlatform
public import StillThreadRegistry

struct ByteView {
    let base: UnsafeRawPointer
    let count: Int
    private var copy: UnsafeMutableRawPointer?

    init(base: UnsafeRawPointer, count: Int) {
        self.base = base
        self.count = count
    }
    /// Takes memory from `rawAllocate` over.
    init(copy: UnsafeMutableRawPointer, count: Int) {
        base = UnsafeRawPointer(copy)
        self.count = count
        self.copy = copy
    }
    static var empty: ByteView { ByteView(base: UnsafeRawPointer(bitPattern: 8)!, count: 0) }

    func end() { if let copy { rawFree(copy) } }

    subscript(_ index: Int) -> UInt8 {
        @inline(__always) get { base.load(fromByteOffset: index, as: UInt8.self) }
    }
    var buffer: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    /// Less than 0, 0, or more.
    static func compare(_ a: ByteView, _ b: ByteView) -> Int {
        let order = compareBytes(a.base, b.base, min(a.count, b.count))
        return order != 0 ? order : a.count - b.count
    }
}

extension ThreadState {
    /// nil for what is not bytes-like.
    ///
    /// - Throws: MemoryError.
    func byteView(_ value: Value) throws(PythonError) -> ByteView? {
        guard value.isObject else { return nil }
        let type = typeOf(value)
        if type.has(TypeFlags.bytesSubclass) { return BytesRef(value).view }
        if isByteArray(value) { return try ByteArrayRef(value).view(self) }
        if type == self.type(.memoryview) {
            guard let bytes = MemoryViewRef(value.bits).contents(self) else { return nil }
            return try byteView(copying: bytes)
        }
        guard let bytes = exportedBytes(value) else { return nil }
        return try byteView(copying: bytes)
    }
    /// - Throws: TypeError for what is not bytes-like.
    func byteView(ofArgument bits: UInt64) throws(PythonError) -> ByteView {
        guard let view = try byteView(Value(bits: bits)) else {
            throw raise(.typeError, "a bytes-like object is required, not '\(typeName(Value(bits: bits)))'")
        }
        return view
    }
    private func byteView(copying bytes: [UInt8]) throws(PythonError) -> ByteView {
        if bytes.isEmpty { return .empty }
        guard let memory = rawAllocate(bytes.count) else { throw noMemory() }
        bytes.withUnsafeBytes { copyBytes(memory, $0.baseAddress.unsafelyUnwrapped, bytes.count) }
        return ByteView(copy: memory, count: bytes.count)
    }

    /// The contents of a bytes-like object at one moment, nil for others.
    public func bytesLike(_ value: Value) -> [UInt8]? {
        if isBytes(value) { return BytesRef(value).array }
        if isByteArray(value) { return ByteArrayRef(value).snapshot() }
        if value.isObject && typeOf(value) == type(.memoryview) { return MemoryViewRef(value.bits).contents(self) }
        return exportedBytes(value)
    }

    /// Of an object whose class has `__buffer__`; nil without one, or when it fails.
    private func exportedBytes(_ value: Value) -> [UInt8]? {
        guard value.isObject, typeOf(value).has(TypeFlags.heapType) else { return nil }
        do throws(PythonError) {
            let view = try MemoryViewRef.exported(self, value)
            if view.isNull { return nil }
            defer { release(view) }
            return MemoryViewRef(view.bits).contents(self)
        } catch {
            clearRaised()
            return nil
        }
    }
}
