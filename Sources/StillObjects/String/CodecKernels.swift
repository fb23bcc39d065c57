// Encoding and decoding without errors: two passes over raw memory, the first of which finds out how long and how wide the result is.
import StillObmalloc
import StillPlatform
import StillThreadRegistry

enum CodecKernels {
    enum Known { case utf8, ascii, latin1 }

    /// A codec by its usual names; nil for others.
    static func known(_ t: Thread, _ encoding: Value) -> Known? {
        if encoding.isNull { return .utf8 }
        guard t.isStr(encoding), StrRef(encoding).isASCII else { return nil }
        let name = StrRef(encoding)
        func isCalled(_ text: StaticString) -> Bool {
            name.count == text.utf8CodeUnitCount && compareBytes(name.data, text.utf8Start, name.count) == 0
        }
        if isCalled("utf-8") || isCalled("utf8") || isCalled("UTF-8") { return .utf8 }
        if isCalled("ascii") { return .ascii }
        if isCalled("latin-1") || isCalled("latin1") { return .latin1 }
        return nil
    }

    static func isASCII(_ base: UnsafeRawPointer, _ count: Int) -> Bool {
        var (all, index) = (UInt64(0), 0)
        while index &+ 8 <= count {
            all |= base.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            index &+= 8
        }
        while index < count {
            all |= UInt64(base.load(fromByteOffset: index, as: UInt8.self))
            index &+= 1
        }
        return all & 0x8080_8080_8080_8080 == 0
    }

    // MARK: Encoding

    /// Owned; null when there is an error.
    static func encode(_ t: Thread, _ string: StrRef, _ codec: Known) throws(PythonError) -> Value {
        if string.kind == 0 || (string.kind == 1 && codec == .latin1) { return try t.makeBytes(string.data, string.count) }
        if codec != .utf8 { return .null }
        var size = 0
        for index in 0..<string.count {
            let point = string.codePoint(index)
            if point >= 0xD800 && point < 0xE000 { return .null }
            size &+= point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4
        }
        let made = try t.newBytes(size)
        var to = made.data
        func put(_ byte: UInt32) {
            to.storeBytes(of: UInt8(truncatingIfNeeded: byte), as: UInt8.self)
            to += 1
        }
        for index in 0..<string.count {
            let point = string.codePoint(index)
            if point < 0x80 {
                put(point)
                continue
            }
            if point < 0x800 {
                put(0xC0 | point >> 6)
            } else {
                if point < 0x10000 {
                    put(0xE0 | point >> 12)
                } else {
                    put(0xF0 | point >> 18)
                    put(0x80 | point >> 12 & 63)
                }
                put(0x80 | point >> 6 & 63)
            }
            put(0x80 | point & 63)
        }
        return Value(ObjectRef(made.raw))
    }

    // MARK: Decoding

    /// Owned; null when there is an error.
    static func decode(_ t: Thread, _ bytes: ByteView, _ codec: Known) throws(PythonError) -> Value {
        if bytes.count == 0 { return t.emptyString }
        if bytes.count == 1 && bytes[0] < 0x80 { return StaticStrings.single(UInt32(bytes[0])) }
        if isASCII(bytes.base, bytes.count) {
            let made = try t.newString(count: bytes.count, kind: 0)
            copyBytes(made.data, bytes.base, bytes.count)
            return made.value
        }
        switch codec {
        case .ascii: return .null
        case .latin1:
            if bytes.count == 1 { return StaticStrings.single(UInt32(bytes[0])) }
            let made = try t.newString(count: bytes.count, kind: 1)
            copyBytes(made.data, bytes.base, bytes.count)
            return made.value
        case .utf8: return try decodeUTF8(t, bytes)
        }
    }

    private static func decodeUTF8(_ t: Thread, _ bytes: ByteView) throws(PythonError) -> Value {
        var (count, all, index) = (0, UInt32(0), 0)
        while index < bytes.count {
            guard let (point, next) = character(bytes, index) else { return .null }
            all = max(all, point)
            count &+= 1
            index = next
        }
        if count == 1 && all < 0x100 { return StaticStrings.single(all) }
        let kind = all < 0x100 ? 1 : all < 0x10000 ? 2 : 3
        let made = try t.newString(count: count, kind: kind)
        var at = 0
        for number in 0..<count {
            let (point, next) = character(bytes, at).unsafelyUnwrapped
            switch kind {
            case 1: made.data.storeBytes(of: UInt8(truncatingIfNeeded: point), toByteOffset: number, as: UInt8.self)
            case 2: made.data.storeBytes(of: UInt16(truncatingIfNeeded: point), toByteOffset: number &* 2, as: UInt16.self)
            default: made.data.storeBytes(of: point, toByteOffset: number &* 4, as: UInt32.self)
            }
            at = next
        }
        return made.value
    }

    /// The character at a place and where the next one is; nil when it is none.
    @inline(__always)
    private static func character(_ bytes: ByteView, _ index: Int) -> (point: UInt32, next: Int)? {
        let lead = UInt32(bytes[index])
        if lead < 0x80 { return (lead, index &+ 1) }
        @inline(__always) func tail(_ offset: Int) -> UInt32? {
            let place = index &+ offset
            guard place < bytes.count, bytes[place] & 0xC0 == 0x80 else { return nil }
            return UInt32(bytes[place] & 63)
        }
        guard lead >= 0xC2, lead < 0xF5, let first = tail(1) else { return nil }
        if lead < 0xE0 { return ((lead & 31) << 6 | first, index &+ 2) }
        guard let second = tail(2) else { return nil }
        if lead < 0xF0 {
            let point = (lead & 15) << 12 | first << 6 | second
            return point < 0x800 || (point >= 0xD800 && point < 0xE000) ? nil : (point, index &+ 3)
        }
        guard let third = tail(3) else { return nil }
        let point = (lead & 7) << 18 | first << 12 | second << 6 | third
        return point < 0x10000 || point > 0x10FFFF ? nil : (point, index &+ 4)
    }
}
