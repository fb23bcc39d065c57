// The methods of bytes and bytearray that have to do with text: decode, hex, fromhex; and maketrans.
import StillObmalloc
import StillPlatform
import StillThreadRegistry

extension BytesMethods {
    static func text(_ b: TypeBuilder) {
        b.method("decode", 0, 2, keywords: true) { raw, s, a, n, k in
            returning(raw) { (t) throws(PythonError) -> Value in
                if n == 0 && k == 0 { return try BytesCodec.decode(t, Value(bits: s), .null, .null) }
                let arguments = try Arguments.parse(t, function: "decode", a, n, k, names: ["encoding", "errors"], required: 0)
                return try BytesCodec.decode(t, Value(bits: s), arguments[0], arguments[1])
            }
        }
        b.method("hex", 0, 2, keywords: true) { raw, s, a, n, k in
            returning(raw) { (t) throws(PythonError) -> Value in
                let given = try Arguments.parse(t, function: "hex", a, n, k, names: ["sep", "bytes_per_sep"], required: 0)
                let separator = given[0].isNull ? nil : try BytesMethods.hexSeparator(t, given[0])
                let group = separator == nil ? 0 : given[1].isNull ? 1 : try t.indexInt(given[1])
                let bytes = try BytesMethods.content(t, s)
                defer { bytes.end() }
                return try BytesMethods.hex(t, bytes, separator ?? 0, group)
            }
        }
        b.classMethod("fromhex", 1, 1) { raw, s, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                guard t.isStr(Value(bits: a[0])) else {
                    throw t.raise(.typeError, "fromhex() argument must be str, not \(t.typeName(Value(bits: a[0])))")
                }
                let bytes = try BytesMethods.fromHex(t, StrRef(Value(bits: a[0])))
                let type = TypeRef(Value(bits: s))
                let isBytes = type == t.type(.bytes) || type.has(TypeFlags.bytesSubclass)
                let made = isBytes ? try t.makeBytes(bytes) : try t.makeByteArray(bytes)
                if type == t.type(.bytes) || type == t.type(.bytearray) { return made }
                defer { t.release(made) }
                return try t.call(type.value, made)
            }
        }
        b.staticMethod("maketrans", 2, 2) { raw, _, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let from = try t.byteView(ofArgument: a[0])
                defer { from.end() }
                let to = try t.byteView(ofArgument: a[1])
                defer { to.end() }
                if from.count != to.count { throw t.raise(.valueError, "maketrans arguments must have same length") }
                let table = try t.newBytes(256)
                for number in 0..<256 { table.data.storeBytes(of: UInt8(number), toByteOffset: number, as: UInt8.self) }
                for index in 0..<from.count { table.data.storeBytes(of: to[index], toByteOffset: Int(from[index]), as: UInt8.self) }
                return Value(ObjectRef(table.raw))
            }
        }
    }

    private static func hexSeparator(_ t: Thread, _ given: Value) throws(PythonError) -> UInt8 {
        if try t.length(given) != 1 { throw t.raise(.valueError, "sep must be length 1.") }
        if t.isStr(given) {
            if !StrRef(given).isASCII { throw t.raise(.valueError, "sep must be ASCII.") }
            return UInt8(StrRef(given).codePoint(0))
        }
        guard t.isBytes(given) else { throw t.raise(.typeError, "sep must be str or bytes.") }
        if BytesRef(given)[0] >= 128 { throw t.raise(.valueError, "sep must be ASCII.") }
        return BytesRef(given)[0]
    }

    /// - Parameter group: bytes between separators, counted from the end, or from the beginning when negative; 0: no separators.
    private static func hex(_ t: Thread, _ bytes: ByteView, _ separator: UInt8, _ group: Int) throws(PythonError) -> Value {
        if bytes.count == 0 { return t.emptyString }
        let size = Int(min(group.magnitude, UInt(Int.max)))
        let separators = size == 0 ? 0 : (bytes.count - 1) / size
        if bytes.count > 1 << 38 { throw t.noMemory() }
        let made = try t.newString(count: bytes.count * 2 + separators, kind: 0)
        var to = made.data
        // Bytes up to the next separator.
        var left = size == 0 ? Int.max : group < 0 ? size : (bytes.count - 1) % size + 1
        for index in 0..<bytes.count {
            if left == 0 {
                to.storeBytes(of: separator, as: UInt8.self)
                to += 1
                left = size
            }
            left -= 1
            to.storeBytes(of: BytesType.hexDigit(bytes[index] >> 4), as: UInt8.self)
            to.storeBytes(of: BytesType.hexDigit(bytes[index] & 15), toByteOffset: 1, as: UInt8.self)
            to += 2
        }
        return made.value
    }

    private static func fromHex(_ t: Thread, _ text: StrRef) throws(PythonError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 2)
        var at = 0
        func digit(_ index: Int) throws(PythonError) -> UInt8 {
            let point = index < text.count ? text.codePoint(index) : 0
            switch point {
            case 48...57: return UInt8(point - 48)
            case 65...70: return UInt8(point - 55)
            case 97...102: return UInt8(point - 87)
            default: throw t.raise(.valueError, "non-hexadecimal number found in fromhex() arg at position \(index)")
            }
        }
        while at < text.count {
            let point = text.codePoint(at)
            if point == 32 || (9...13).contains(point) {
                at += 1
                continue
            }
            bytes.append(try digit(at) << 4 | digit(at + 1))
            at += 2
        }
        return bytes
    }
}
