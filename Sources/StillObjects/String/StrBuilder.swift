// Collects the text of a new string: bytes as long as all code points fit one, then words of four bytes. `finish` makes the narrowest string.
import StillObmalloc
import StillPlatform
public import StillThreadRegistry

public struct StrBuilder {
    private var narrow: [UInt8] = []
    private var wide: [UInt32] = []
    private var isWide = false
    /// All code points, or-ed: says how wide the string must be.
    private var all: UInt32 = 0

    public init() {}
    /// Room for `capacity` code points below 256 before anything is moved.
    public init(capacity: Int) { narrow.reserveCapacity(capacity) }

    public var count: Int { isWide ? wide.count : narrow.count }

    public mutating func append(_ point: UInt32) {
        all |= point
        if _slowPath(isWide || point > 0xFF) {
            widen()
            wide.append(point)
        } else {
            narrow.append(UInt8(truncatingIfNeeded: point))
        }
    }

    public mutating func append(_ text: String) {
        for scalar in text.unicodeScalars { append(scalar.value) }
    }

    public mutating func append(_ string: StrRef) { append(string, 0, string.count) }

    /// `count` code points of a string from `start` on.
    public mutating func append(_ string: StrRef, _ start: Int, _ count: Int) {
        if count <= 0 { return }
        if isWide || string.width > 1 {
            for index in start..<(start + count) { append(string.codePoint(index)) }
            return
        }
        let bytes = UnsafeRawBufferPointer(start: string.data + start, count: count)
        if string.kind == 1 { for byte in bytes { all |= UInt32(byte) } }
        narrow.append(contentsOf: bytes)
    }

    /// ASCII bytes.
    mutating func append(ascii bytes: UnsafeBufferPointer<UInt8>) {
        if isWide {
            for byte in bytes { wide.append(UInt32(byte)) }
        } else {
            narrow.append(contentsOf: bytes)
        }
    }

    /// The same code point `count` times.
    public mutating func append(_ point: UInt32, count: Int) {
        if count <= 0 { return }
        all |= point
        if _slowPath(isWide || point > 0xFF) {
            widen()
            wide.append(contentsOf: repeatElement(point, count: count))
        } else {
            narrow.append(contentsOf: repeatElement(UInt8(truncatingIfNeeded: point), count: count))
        }
    }

    private mutating func widen() {
        if isWide { return }
        isWide = true
        wide.reserveCapacity(narrow.count * 2 + 8)
        for byte in narrow { wide.append(UInt32(byte)) }
        narrow = []
    }

    public func finish(_ t: Thread) throws(PythonError) -> Value {
        if isWide { return try t.makeString(codePoints: wide) }
        return try t.makeString(latin1: narrow, all)
    }
}

extension ThreadState {
    /// - Parameter all: the bytes or-ed, or anything that is above 127 exactly if one of them is.
    func makeString(latin1 bytes: [UInt8], _ all: UInt32) throws(PythonError) -> Value {
        if bytes.isEmpty { return emptyString }
        if bytes.count == 1 { return StaticStrings.single(UInt32(bytes[0])) }
        let result = try newString(count: bytes.count, kind: all < 0x80 ? 0 : 1)
        bytes.withUnsafeBytes { copyBytes(result.data, $0.baseAddress.unsafelyUnwrapped, bytes.count) }
        return result.value
    }
}
