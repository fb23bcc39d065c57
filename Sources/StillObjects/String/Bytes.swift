// bytes: immutable. Layout: 24 length, 32 hash (atomic), 40 data (buffer). And the codecs between str and bytes.
import StillObmalloc
import StillPlatform
public import StillThreadRegistry
import Synchronization

public struct BytesRef {
    public let raw: UnsafeMutableRawPointer
    public init(_ value: Value) { raw = value.object.raw }
    public var count: Int { raw.load(fromByteOffset: 24, as: Int.self) }
    public var data: UnsafeMutableRawPointer { raw.load(fromByteOffset: 40, as: UnsafeMutableRawPointer.self) }
    public subscript(_ index: Int) -> UInt8 { data.load(fromByteOffset: index, as: UInt8.self) }
    public var array: [UInt8] { Array(UnsafeRawBufferPointer(start: data, count: count)) }
}

extension ThreadState {
    public func isBytes(_ value: Value) -> Bool { value.isObject && typeOf(value).has(TypeFlags.bytesSubclass) }

    public func makeBytes(_ bytes: [UInt8]) throws(PythonError) -> Value {
        guard let object = Allocation.object(self, type: type(.bytes).raw, bytes: 48, collectable: false) else { throw noMemory() }
        guard let buffer = Allocation.buffer(self, bytes: max(1, bytes.count)) else {
            release(object)
            throw noMemory()
        }
        bytes.withUnsafeBytes { if let base = $0.baseAddress { copyBytes(buffer, base, bytes.count) } }
        object.setField(40, buffer)
        object.setField(24, bytes.count)
        return Value(object)
    }

    /// The contents of a bytes-like object, nil for others.
    public func bytesLike(_ value: Value) -> [UInt8]? { isBytes(value) ? BytesRef(value).array : nil }
}

enum BytesCodec {
    static func name(_ t: Thread, _ value: Value, _ none: String) throws(PythonError) -> String {
        if value.isNull || value.isNone { return none }
        guard t.isStr(value) else { throw t.raise(.typeError, "encoding and errors must be str") }
        return StrRef(value).string
    }
    static func normal(_ name: String) -> String { String(name.lowercased().map { $0 == "_" || $0 == " " ? "-" : $0 }) }

    static func encode(_ t: Thread, _ string: StrRef, _ encoding: Value, _ errors: Value) throws(PythonError) -> Value {
        let given = try name(t, encoding, "utf-8")
        let handler = try name(t, errors, "strict")
        var result: [UInt8] = []
        let limit: UInt32
        switch normal(given) {
        case "utf-8", "utf8": limit = 0x110000
        case "ascii", "us-ascii": limit = 0x80
        case "latin-1", "latin1", "iso-8859-1": limit = 0x100
        default: throw t.raise(.lookupError, "unknown encoding: \(given)")
        }
        for index in 0..<string.count {
            let point = string.codePoint(index)
            let surrogate = limit == 0x110000 && point >= 0xD800 && point < 0xE000
            if point < limit && !surrogate {
                if point < 0x80 || limit == 0x100 {
                    result.append(UInt8(point))
                } else if point < 0x800 {
                    result += [UInt8(0xC0 | point >> 6), UInt8(0x80 | point & 63)]
                } else if point < 0x10000 {
                    result += [UInt8(0xE0 | point >> 12), UInt8(0x80 | point >> 6 & 63), UInt8(0x80 | point & 63)]
                } else {
                    result += [
                        UInt8(0xF0 | point >> 18), UInt8(0x80 | point >> 12 & 63), UInt8(0x80 | point >> 6 & 63),
                        UInt8(0x80 | point & 63),
                    ]
                }
                continue
            }
            switch handler {
            case "ignore": break
            case "replace": result.append(63)
            case "surrogateescape" where point >= 0xDC80 && point <= 0xDCFF: result.append(UInt8(point - 0xDC00))
            case "backslashreplace":
                let digits = point < 0x100 ? 2 : point < 0x10000 ? 4 : 8
                result += Array("\\\(digits == 2 ? "x" : digits == 4 ? "u" : "U")\(StrOps.hex(point, digits))".utf8)
            case "xmlcharrefreplace": result += Array("&#\(point);".utf8)
            default:
                let codec = limit == 0x110000 ? "utf-8" : limit == 0x80 ? "ascii" : "latin-1"
                let reason = surrogate ? "surrogates not allowed" : "ordinal not in range(\(limit))"
                throw t.raise(
                    .unicodeEncodeError, args: try t.makeString(codec), t.retain(string.value), Value(smallInt: index),
                    Value(smallInt: index + 1), try t.makeString(reason))
            }
        }
        return try t.makeBytes(result)
    }

    static func decode(_ t: Thread, _ source: Value, _ encoding: Value, _ errors: Value) throws(PythonError) -> Value {
        guard let bytes = t.bytesLike(source) else {
            if t.isStr(source) { throw t.raise(.typeError, "decoding str is not supported") }
            throw t.raise(.typeError, "decoding to str: need a bytes-like object, \(t.typeName(source)) found")
        }
        let given = try name(t, encoding, "utf-8")
        let handler = try name(t, errors, "strict")
        var points: [UInt32] = []
        points.reserveCapacity(bytes.count)
        func bad(_ index: Int, _ count: Int, _ codec: String, _ reason: String) throws(PythonError) {
            switch handler {
            case "ignore": break
            case "replace": points.append(0xFFFD)
            case "surrogateescape": for offset in 0..<count { points.append(0xDC00 + UInt32(bytes[index + offset])) }
            case "backslashreplace":
                for offset in 0..<count { points += "\\x\(StrOps.hex(UInt32(bytes[index + offset]), 2))".unicodeScalars.map(\.value) }
            default:
                throw t.raise(
                    .unicodeDecodeError, args: try t.makeString(codec), t.retain(source), Value(smallInt: index),
                    Value(smallInt: index + count), try t.makeString(reason))
            }
        }
        switch normal(given) {
        case "ascii", "us-ascii":
            for (index, byte) in bytes.enumerated() {
                if byte < 128 { points.append(UInt32(byte)) } else { try bad(index, 1, "ascii", "ordinal not in range(128)") }
            }
        case "latin-1", "latin1", "iso-8859-1": points = bytes.map { UInt32($0) }
        case "utf-8", "utf8":
            var index = 0
            while index < bytes.count {
                let lead = bytes[index]
                if lead < 0x80 {
                    points.append(UInt32(lead))
                    index += 1
                    continue
                }
                let length = lead >= 0xC2 && lead < 0xE0 ? 2 : lead >= 0xE0 && lead < 0xF0 ? 3 : lead >= 0xF0 && lead < 0xF5 ? 4 : 0
                if length == 0 {
                    try bad(index, 1, "utf-8", "invalid start byte")
                    index += 1
                    continue
                }
                var point = UInt32(lead) & (length == 2 ? 0x1F : length == 3 ? 0x0F : 0x07)
                var used = 1
                while used < length, index + used < bytes.count {
                    let next = bytes[index + used]
                    var low: UInt8 = 0x80
                    var high: UInt8 = 0xBF
                    if used == 1 {
                        if lead == 0xE0 { low = 0xA0 }
                        if lead == 0xED { high = 0x9F }
                        if lead == 0xF0 { low = 0x90 }
                        if lead == 0xF4 { high = 0x8F }
                    }
                    if next < low || next > high { break }
                    point = point << 6 | UInt32(next & 63)
                    used += 1
                }
                if used == length {
                    points.append(point)
                } else {
                    try bad(index, used, "utf-8", index + used >= bytes.count ? "unexpected end of data" : "invalid continuation byte")
                }
                index += used
            }
        default: throw t.raise(.lookupError, "unknown encoding: \(given)")
        }
        return try t.makeString(codePoints: points)
    }
}

enum BytesType {
    static func define() {
        StaticTypes.define(.bytes, "bytes", basicSize: 48, flags: TypeFlags.bytesSubclass) { b in
            let r = b.record
            r.pointee.memory.deallocate = { raw, object in
                let data = BytesRef(Value(ObjectRef(object)))
                if UInt(bitPattern: data.data) != 0 {
                    Allocation.freeBuffer(Thread(raw), data.data, bytes: max(1, data.count))
                }
                Allocation.free(ObjectRef(object), Thread(raw))
            }
            r.pointee.new = { raw, _, a, n, k in
                returning(raw) { (t) throws(PythonError) -> Value in
                    let arguments = try Arguments.parse(t, function: "bytes", a, n, k, names: ["source", "encoding", "errors"], required: 0)
                    let source = arguments[0]
                    if source.isNull { return try t.makeBytes([]) }
                    if t.isStr(source) {
                        if arguments[1].isNull { throw t.raise(.typeError, "string argument without an encoding") }
                        return try BytesCodec.encode(t, StrRef(source), arguments[1], arguments[2])
                    }
                    if let bytes = t.bytesLike(source) { return try t.makeBytes(bytes) }
                    if source.isSmallInt || source.isBool {
                        let count = try t.indexInt(source)
                        if count < 0 { throw t.raise(.valueError, "negative count") }
                        return try t.makeBytes([UInt8](repeating: 0, count: count))
                    }
                    let list = try t.makeList(capacity: 0)
                    defer { t.release(list) }
                    try ListRef(list).extend(t, source)
                    let items = ListRef(list).snapshot(t)
                    defer { for item in items { t.release(item) } }
                    var bytes: [UInt8] = []
                    for item in items {
                        let number = try t.indexInt(item)
                        guard number >= 0, number < 256 else { throw t.raise(.valueError, "bytes must be in range(0, 256)") }
                        bytes.append(UInt8(number))
                    }
                    return try t.makeBytes(bytes)
                }
            }
            r.pointee.repr = { raw, v in
                returning(raw) { (t) throws(PythonError) -> Value in
                    let bytes = BytesRef(Value(bits: v)).array
                    let quote: UInt8 = bytes.contains(39) && !bytes.contains(34) ? 34 : 39
                    var text = "b" + String(Unicode.Scalar(quote))
                    for byte in bytes {
                        switch byte {
                        case 9: text += "\\t"
                        case 10: text += "\\n"
                        case 13: text += "\\r"
                        case 92: text += "\\\\"
                        case quote: text += "\\" + String(Unicode.Scalar(quote))
                        case 32...126: text.unicodeScalars.append(Unicode.Scalar(byte))
                        default: text += "\\x" + StrOps.hex(UInt32(byte), 2)
                        }
                    }
                    return try t.makeString(text + String(Unicode.Scalar(quote)))
                }
            }
            r.pointee.hash = { _, v in
                let bytes = BytesRef(Value(bits: v))
                return StringHash.hash(UnsafeRawPointer(bytes.data), bytes.count)
            }
            r.pointee.compare = { raw, op, a, b in
                let t = Thread(raw)
                guard let x = t.bytesLike(Value(bits: a)), let y = t.bytesLike(Value(bits: b)) else { return Value.notImplemented.bits }
                switch CompareOperator(rawValue: op)! {
                case .equal: return Value(x == y).bits
                case .notEqual: return Value(x != y).bits
                case .less: return Value(x.lexicographicallyPrecedes(y)).bits
                case .lessEqual: return Value(!y.lexicographicallyPrecedes(x)).bits
                case .greater: return Value(y.lexicographicallyPrecedes(x)).bits
                case .greaterEqual: return Value(!x.lexicographicallyPrecedes(y)).bits
                }
            }
            r.pointee.length = { _, v in BytesRef(Value(bits: v)).count }
            r.pointee.getItem = { raw, v, key in
                returning(raw) { (t) throws(PythonError) -> Value in
                    let bytes = BytesRef(Value(bits: v))
                    let key = Value(bits: key)
                    if t.typeOf(key) == t.type(.slice) {
                        let range = try SliceIndices.compute(t, key, bytes.count)
                        return try t.makeBytes((0..<range.count).map { bytes[range.start + $0 * range.step] })
                    }
                    return Value(smallInt: Int(bytes[try SliceIndices.index(t, key, bytes.count, "index", "index")]))
                }
            }
            r.pointee.contains = { raw, v, item in
                storing(raw) { (t) throws(PythonError) -> Int in
                    let bytes = BytesRef(Value(bits: v)).array
                    if let needle = t.bytesLike(Value(bits: item)) { return BytesType.find(bytes, needle, 0, bytes.count) >= 0 ? 1 : 0 }
                    let number = try t.indexInt(Value(bits: item))
                    guard number >= 0, number < 256 else { throw t.raise(.valueError, "byte must be in range(0, 256)") }
                    return bytes.contains(UInt8(number)) ? 1 : 0
                }
            }
            r.pointee.iterate = { raw, v in
                returning(raw) { (t) throws(PythonError) -> Value in try t.makeIterator(.bytesIterator, over: Value(bits: v)) }
            }
            r.pointee.binary = { raw, op, a, b in
                returning(raw) { (t) throws(PythonError) -> Value in
                    let x = Value(bits: a)
                    let y = Value(bits: b)
                    switch BinaryOperator(rawValue: op)! {
                    case .add:
                        guard let left = t.bytesLike(x) else { return .notImplemented }
                        guard let right = t.bytesLike(y) else {
                            throw t.raise(.typeError, "can't concat \(t.typeName(y)) to bytes")
                        }
                        return try t.makeBytes(left + right)
                    case .multiply:
                        let (bytes, factor) = t.isBytes(x) ? (x, y) : (y, x)
                        guard let content = t.bytesLike(bytes), let times = try SequenceRepeat.factor(t, factor) else { return .notImplemented }
                        if content.count * times > 1 << 40 { throw t.noMemory() }
                        return try t.makeBytes([[UInt8]](repeating: content, count: times).flatMap { $0 })
                    default: return .notImplemented
                    }
                }
            }
            BytesType.methods(b)
        }
        StaticTypes.define(.bytesIterator, "bytes_iterator", basicSize: IteratorRef.bytes, flags: TypeFlags.collectable) { b in
            IteratorTypes.memory(b.record)
            b.record.pointee.next = { _, v in
                let iterator = IteratorRef(v)
                let bytes = BytesRef(iterator.source)
                let index = iterator.index
                if index >= bytes.count { return 0 }
                iterator.setIndex(index + 1)
                return Value(smallInt: Int(bytes[index])).bits
            }
        }
        StaticTypes.define(.bytearray, "bytearray", basicSize: 48, flags: 0) { b in
            b.record.pointee.new = { raw, _, _, _, _ in
                _ = Thread(raw).raise(.notImplementedError, "bytearray is not supported yet")
                return 0
            }
        }
    }

    static func find(_ bytes: [UInt8], _ needle: [UInt8], _ start: Int, _ end: Int) -> Int {
        if needle.isEmpty { return start <= end ? start : -1 }
        var at = start
        while at + needle.count <= end {
            if bytes[at..<(at + needle.count)].elementsEqual(needle) { return at }
            at += 1
        }
        return -1
    }

    static func argument(_ t: Thread, _ bits: UInt64) throws(PythonError) -> [UInt8] {
        guard let bytes = t.bytesLike(Value(bits: bits)) else {
            throw t.raise(.typeError, "a bytes-like object is required, not '\(t.typeName(Value(bits: bits)))'")
        }
        return bytes
    }

    private static func methods(_ b: TypeBuilder) {
        b.method("decode", 0, 2, keywords: true) { raw, s, a, n, k in
            returning(raw) { (t) throws(PythonError) -> Value in
                let arguments = try Arguments.parse(t, function: "decode", a, n, k, names: ["encoding", "errors"], required: 0)
                return try BytesCodec.decode(t, Value(bits: s), arguments[0], arguments[1])
            }
        }
        b.method("hex", 0, 1) { raw, s, _, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                try t.makeString(BytesRef(Value(bits: s)).array.map { StrOps.hex(UInt32($0), 2) }.joined())
            }
        }
        b.method("find", 1, 3) { raw, s, a, n, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let bytes = BytesRef(Value(bits: s)).array
                let (start, end) = try StrMethods.range(t, a, n, 1, bytes.count)
                return Value(smallInt: BytesType.find(bytes, try BytesType.argument(t, a[0]), start, end))
            }
        }
        b.method("startswith", 1, 1) { raw, s, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                Value(BytesRef(Value(bits: s)).array.starts(with: try BytesType.argument(t, a[0])))
            }
        }
        b.method("endswith", 1, 1) { raw, s, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                Value(BytesRef(Value(bits: s)).array.reversed().starts(with: try BytesType.argument(t, a[0]).reversed()))
            }
        }
        b.method("join", 1, 1) { raw, s, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let separator = BytesRef(Value(bits: s)).array
                let list = try t.makeList(capacity: 0)
                defer { t.release(list) }
                try ListRef(list).extend(t, Value(bits: a[0]))
                let items = ListRef(list).snapshot(t)
                defer { for item in items { t.release(item) } }
                var result: [UInt8] = []
                for (index, item) in items.enumerated() {
                    guard let bytes = t.bytesLike(item) else {
                        throw t.raise(.typeError, "sequence item \(index): expected a bytes-like object, \(t.typeName(item)) found")
                    }
                    if index > 0 { result += separator }
                    result += bytes
                }
                return try t.makeBytes(result)
            }
        }
        b.method("split", 0, 1) { raw, s, a, n, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let bytes = BytesRef(Value(bits: s)).array
                var parts: [[UInt8]] = []
                if n == 0 || Value(bits: a[0]).isNone {
                    parts = bytes.split(whereSeparator: { $0 == 32 || ($0 >= 9 && $0 <= 13) }).map(Array.init)
                } else {
                    let separator = try BytesType.argument(t, a[0])
                    if separator.isEmpty { throw t.raise(.valueError, "empty separator") }
                    var start = 0
                    while true {
                        let place = BytesType.find(bytes, separator, start, bytes.count)
                        if place < 0 { break }
                        parts.append(Array(bytes[start..<place]))
                        start = place + separator.count
                    }
                    parts.append(Array(bytes[start...]))
                }
                let list = try t.makeList(capacity: parts.count)
                for part in parts { try ListRef(list).appendOwned(t, t.makeBytes(part)) }
                return list
            }
        }
        b.classMethod("fromhex", 1, 1) { raw, _, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let text = StrRef(Value(bits: a[0])).string.filter { !$0.isWhitespace }
                var bytes: [UInt8] = []
                var at = text.startIndex
                while at < text.endIndex {
                    let end = text.index(at, offsetBy: 2, limitedBy: text.endIndex) ?? text.endIndex
                    guard let byte = UInt8(text[at..<end], radix: 16), text.distance(from: at, to: end) == 2 else {
                        throw t.raise(
                            .valueError,
                            "non-hexadecimal number found in fromhex() arg at position \(text.distance(from: text.startIndex, to: at))")
                    }
                    bytes.append(byte)
                    at = end
                }
                return try t.makeBytes(bytes)
            }
        }
    }
}
