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
        try bytes.withUnsafeBufferPointer { (buffer) throws(PythonError) -> Value in try makeBytes(copying: UnsafeRawBufferPointer(buffer)) }
    }

    public func makeBytes(copying bytes: UnsafeRawBufferPointer) throws(PythonError) -> Value {
        guard let object = Allocation.object(self, type: type(.bytes).raw, bytes: 48, collectable: false) else { throw noMemory() }
        guard let buffer = Allocation.buffer(self, bytes: max(1, bytes.count)) else {
            release(object)
            throw noMemory()
        }
        if let base = bytes.baseAddress { copyBytes(buffer, base, bytes.count) }
        object.setField(40, buffer)
        object.setField(24, bytes.count)
        return Value(object)
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

enum BytesCodec {
    static func name(_ t: Thread, _ value: Value, _ none: String, _ function: String) throws(PythonError) -> String {
        if value.isNull || value.isNone { return none }
        guard t.isStr(value) else {
            throw t.raise(.typeError, "\(function)() argument '\(none == "strict" ? "errors" : "encoding")' must be str, not \(t.typeName(value))")
        }
        return StrRef(value).string
    }
    static func normal(_ name: String) -> String { String(name.lowercased().map { $0 == "_" || $0 == " " ? "-" : $0 }) }

    /// A str of code points below 256 as bytes.
    static func latin1(_ t: Thread, _ string: StrRef) throws(PythonError) -> Value {
        try t.makeBytes(copying: UnsafeRawBufferPointer(start: string.data, count: string.count))
    }

    /// What the handler of errors called `name` makes of an error: a replacement and where to go on, which is not before the beginning. Owned.
    private static func handled(
        _ t: Thread, _ name: String, _ id: ExceptionID, _ parts: [Value], length: Int
    ) throws(PythonError) -> (replacement: Value, next: Int) {
        defer { for part in parts { t.release(part) } }
        let exception = try t.makeUnicodeError(id, parts)
        guard name != "strict", let hook = ObjectHooks.codec else { throw t.raiseObject(exception) }
        defer { t.release(exception) }
        let handler = try t.makeString(name)
        defer { t.release(handler) }
        let answer = try t.checked(hook(t.raw, 2, exception.bits, Value.null.bits, handler.bits))
        defer { t.release(answer) }
        let isEncoding = id == .unicodeEncodeError
        let wanted = "\(isEncoding ? "encoding" : "decoding") error handler must return \(isEncoding ? "(str/bytes, int)" : "(str, int)") tuple"
        guard t.isTuple(answer), TupleRef(answer).count == 2 else { throw t.raise(.typeError, wanted) }
        let replacement = TupleRef(answer).item(0)
        guard t.isStr(replacement) || (isEncoding && t.isBytes(replacement)) else { throw t.raise(.typeError, wanted) }
        var next = try t.indexInt(TupleRef(answer).item(1))
        if next < 0 { next += length }
        if next < 0 || next > length { throw t.raise(.indexError, "position \(next) from error handler out of bounds") }
        return (t.retain(replacement), next)
    }

    private static func append(_ point: UInt32, latin1: Bool, to result: inout [UInt8]) {
        if point < 0x80 || latin1 {
            result.append(UInt8(point))
        } else if point < 0x800 {
            result += [UInt8(0xC0 | point >> 6), UInt8(0x80 | point & 63)]
        } else if point < 0x10000 {
            result += [UInt8(0xE0 | point >> 12), UInt8(0x80 | point >> 6 & 63), UInt8(0x80 | point & 63)]
        } else {
            result += [UInt8(0xF0 | point >> 18), UInt8(0x80 | point >> 12 & 63), UInt8(0x80 | point >> 6 & 63), UInt8(0x80 | point & 63)]
        }
    }

    static func encode(_ t: Thread, _ string: StrRef, _ encoding: Value, _ errors: Value) throws(PythonError) -> Value {
        if string.kind == 0 && encoding.isNull { return try t.makeBytes(copying: UnsafeRawBufferPointer(start: string.data, count: string.count)) }
        let given = try name(t, encoding, "utf-8", "encode")
        let handler = try name(t, errors, "strict", "encode")
        var result: [UInt8] = []
        let limit: UInt32
        switch normal(given) {
        case "utf-8", "utf8": limit = 0x110000
        case "ascii", "us-ascii": limit = 0x80
        case "latin-1", "latin1", "iso-8859-1": limit = 0x100
        default:
            guard let hook = ObjectHooks.codec else { throw t.raise(.lookupError, "unknown encoding: \(given)") }
            return try t.checked(hook(t.raw, 0, string.value.bits, encoding.bits, errors.bits))
        }
        if string.kind == 0 { return try t.makeBytes(copying: UnsafeRawBufferPointer(start: string.data, count: string.count)) }
        func isSurrogate(_ point: UInt32) -> Bool { limit == 0x110000 && point >= 0xD800 && point < 0xE000 }
        var index = 0
        while index < string.count {
            let point = string.codePoint(index)
            index += 1
            if point < limit && !isSurrogate(point) {
                append(point, latin1: limit == 0x100, to: &result)
                continue
            }
            switch handler {
            case "ignore": break
            case "replace": result.append(63)
            case "surrogateescape" where point >= 0xDC80 && point <= 0xDCFF: result.append(UInt8(point - 0xDC00))
            case "surrogatepass" where isSurrogate(point):
                result += [UInt8(0xE0 | point >> 12), UInt8(0x80 | point >> 6 & 63), UInt8(0x80 | point & 63)]
            case "backslashreplace":
                let digits = point < 0x100 ? 2 : point < 0x10000 ? 4 : 8
                result += Array("\\\(digits == 2 ? "x" : digits == 4 ? "u" : "U")\(StrOps.hex(point, digits))".utf8)
            case "xmlcharrefreplace": result += Array("&#\(point);".utf8)
            default:
                let codec = limit == 0x110000 ? "utf-8" : limit == 0x80 ? "ascii" : "latin-1"
                let reason = limit == 0x110000 ? "surrogates not allowed" : "ordinal not in range(\(limit))"
                // All of them that stand side by side are one error.
                var end = index
                while end < string.count, string.codePoint(end) >= limit || isSurrogate(string.codePoint(end)) { end += 1 }
                let (replacement, next) = try handled(
                    t, handler, .unicodeEncodeError,
                    [try t.makeString(codec), t.retain(string.value), Value(smallInt: index - 1), Value(smallInt: end), try t.makeString(reason)],
                    length: string.count)
                defer { t.release(replacement) }
                if t.isBytes(replacement) {
                    result += BytesRef(replacement).array
                } else {
                    for place in 0..<StrRef(replacement).count {
                        let point = StrRef(replacement).codePoint(place)
                        guard point < limit && !isSurrogate(point) else {
                            throw t.raiseUnicode(
                                .unicodeEncodeError,
                                [try t.makeString(codec), t.retain(string.value), Value(smallInt: index - 1), Value(smallInt: end), try t.makeString(reason)])
                        }
                        append(point, latin1: limit == 0x100, to: &result)
                    }
                }
                index = next
            }
        }
        return try t.makeBytes(result)
    }

    static func decode(_ t: Thread, _ source: Value, _ encoding: Value, _ errors: Value) throws(PythonError) -> Value {
        if encoding.isNull && t.isBytes(source) {
            let bytes = UnsafeRawBufferPointer(start: BytesRef(source).data, count: BytesRef(source).count)
            var all: UInt8 = 0
            for byte in bytes { all |= byte }
            if all < 0x80 && bytes.count > 1 {
                let result = try t.newString(count: bytes.count, kind: 0)
                copyBytes(result.data, bytes.baseAddress.unsafelyUnwrapped, bytes.count)
                return result.value
            }
        }
        guard let bytes = t.bytesLike(source) else {
            if t.isStr(source) { throw t.raise(.typeError, "decoding str is not supported") }
            throw t.raise(.typeError, "decoding to str: need a bytes-like object, \(t.typeName(source)) found")
        }
        let given = try name(t, encoding, "utf-8", "decode")
        let handler = try name(t, errors, "strict", "decode")
        var points: [UInt32] = []
        points.reserveCapacity(bytes.count)
        // Where to go on.
        func bad(_ index: Int, _ count: Int, _ codec: String, _ reason: String) throws(PythonError) -> Int {
            switch handler {
            case "ignore": break
            case "surrogatepass"
            where codec == "utf-8" && index + 3 <= bytes.count && bytes[index] == 0xED && bytes[index + 1] >= 0xA0 && bytes[index + 1] < 0xC0
                && bytes[index + 2] >= 0x80 && bytes[index + 2] < 0xC0:
                points.append(0xD000 | UInt32(bytes[index + 1] & 63) << 6 | UInt32(bytes[index + 2] & 63))
                return index + 3
            case "replace": points.append(0xFFFD)
            case "surrogateescape": for offset in 0..<count { points.append(0xDC00 + UInt32(bytes[index + offset])) }
            case "backslashreplace":
                for offset in 0..<count { points += "\\x\(StrOps.hex(UInt32(bytes[index + offset]), 2))".unicodeScalars.map(\.value) }
            default:
                let (replacement, next) = try handled(
                    t, handler, .unicodeDecodeError,
                    [
                        try t.makeString(codec), try t.makeBytes(bytes), Value(smallInt: index), Value(smallInt: index + count),
                        try t.makeString(reason),
                    ], length: bytes.count)
                for place in 0..<StrRef(replacement).count { points.append(StrRef(replacement).codePoint(place)) }
                t.release(replacement)
                return next
            }
            return index + count
        }
        switch normal(given) {
        case "ascii", "us-ascii":
            var index = 0
            while index < bytes.count {
                let byte = bytes[index]
                if byte < 128 {
                    points.append(UInt32(byte))
                    index += 1
                } else {
                    index = try bad(index, 1, "ascii", "ordinal not in range(128)")
                }
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
                    index = try bad(index, 1, "utf-8", "invalid start byte")
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
                    index += used
                } else {
                    index = try bad(index, used, "utf-8", index + used >= bytes.count ? "unexpected end of data" : "invalid continuation byte")
                }
            }
        default:
            guard let hook = ObjectHooks.codec else { throw t.raise(.lookupError, "unknown encoding: \(given)") }
            return try t.checked(hook(t.raw, 1, source.bits, encoding.bits, errors.bits))
        }
        return try t.makeString(codePoints: points)
    }
}

enum BytesType {
    static func define() {
        StaticTypes.define(.bytes, "bytes", basicSize: 48, flags: TypeFlags.baseType | TypeFlags.bytesSubclass) { b in
            let r = b.record
            r.pointee.memory.traverse = { object, visitor in InstanceLayout.traverseExtra(object, visitor) }
            r.pointee.memory.clear = { raw, object in InstanceLayout.clearExtra(Thread(raw), ObjectRef(object)) }
            r.pointee.memory.deallocate = { raw, object in
                if TypeRef(ObjectRef(object).typeRaw).has(TypeFlags.heapType) && InstanceLayout.staysAlive(Thread(raw), ObjectRef(object)) { return }
                let data = BytesRef(Value(ObjectRef(object)))
                if UInt(bitPattern: data.data) != 0 {
                    Allocation.freeBuffer(Thread(raw), data.data, bytes: max(1, data.count))
                }
                Allocation.free(ObjectRef(object), Thread(raw))
            }
            r.pointee.new = { raw, type, a, n, k in
                returning(raw) { (t) throws(PythonError) -> Value in
                    let type = TypeRef(Value(bits: type))
                    let content = try BytesType.content(t, a, n, k, "bytes")
                    if type == t.type(.bytes) { return try t.makeBytes(content) }
                    let object = try t.allocateInstance(of: type)
                    guard let buffer = Allocation.buffer(t, bytes: max(1, content.count)) else {
                        t.release(object)
                        throw t.noMemory()
                    }
                    content.withUnsafeBytes { if let base = $0.baseAddress { copyBytes(buffer, base, content.count) } }
                    object.setField(40, buffer)
                    object.setField(24, content.count)
                    return Value(object)
                }
            }
            r.pointee.repr = { raw, v in
                returning(raw) { (t) throws(PythonError) -> Value in
                    try t.makeString(BytesType.literal(BytesRef(Value(bits: v)).array))
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
                    return Value(smallInt: Int(bytes[try SliceIndices.index(t, key, bytes.count, "byte", outOfRange: "index out of range")]))
                }
            }
            r.pointee.contains = { raw, v, item in
                storing(raw) { (t) throws(PythonError) -> Int in
                    let bytes = BytesRef(Value(bits: v)).array
                    if let needle = t.bytesLike(Value(bits: item)) { return BytesType.find(bytes, needle, 0, bytes.count) >= 0 ? 1 : 0 }
                    if t.typeOf(Value(bits: item)).record.pointee.index == nil && !Value(bits: item).isBool {
                        throw t.raise(.typeError, "a bytes-like object is required, not '\(t.typeName(Value(bits: item)))'")
                    }
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
                        let (total, overflow) = content.count.multipliedReportingOverflow(by: times)
                        if overflow || total > 1 << 40 { throw t.noMemory() }
                        try t.requireRoom(total)
                        return try t.makeBytes(SequenceRepeat.bytes(content, times))
                    case .modulo:
                        guard t.isBytes(x) else { return .notImplemented }
                        return try t.makeBytes(PercentFormat.format(t, bytes: BytesRef(x).array, y))
                    default: return .notImplemented
                    }
                }
            }
            BytesMethods.add(to: b)
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
    }

    /// What the constructors of bytes and bytearray make of their arguments.
    static func content(
        _ t: Thread, _ a: UnsafeMutablePointer<UInt64>, _ n: Int, _ k: UInt64, _ name: String
    ) throws(PythonError) -> [UInt8] {
        let arguments = try Arguments.parse(t, function: name, a, n, k, names: ["source", "encoding", "errors"], required: 0)
        let source = arguments[0]
        if source.isNull {
            if !arguments[1].isNull || !arguments[2].isNull {
                throw t.raise(.typeError, "\(arguments[1].isNull ? "errors" : "encoding") without a string argument")
            }
            return []
        }
        if t.isStr(source) {
            if arguments[1].isNull { throw t.raise(.typeError, "string argument without an encoding") }
            let encoded = try BytesCodec.encode(t, StrRef(source), arguments[1], arguments[2])
            defer { t.release(encoded) }
            return BytesRef(encoded).array
        }
        if !arguments[1].isNull || !arguments[2].isNull {
            throw t.raise(.typeError, "\(arguments[1].isNull ? "errors" : "encoding") without a string argument")
        }
        if let bytes = t.bytesLike(source) { return bytes }
        if source.isObject {
            let method = try t.lookupSpecial(source, StaticStrings.intern("__bytes__"))
            if !method.isNull {
                defer { t.release(method) }
                let made = try t.call(method)
                defer { t.release(made) }
                guard t.isBytes(made) else { throw t.raise(.typeError, "__bytes__ returned non-bytes (type \(t.typeName(made)))") }
                return BytesRef(made).array
            }
        }
        if t.typeOf(source).record.pointee.index != nil {
            let count = try t.indexInt(source)
            if count < 0 { throw t.raise(.valueError, "negative count") }
            if count > 1 << 40 { throw t.noMemory() }
            try t.requireRoom(count)
            return [UInt8](repeating: 0, count: count)
        }
        if t.typeOf(source).record.pointee.iterate == nil && t.typeOf(source).record.pointee.getItem == nil {
            throw t.raise(.typeError, "cannot convert '\(t.typeName(source))' object to \(name)")
        }
        return try numbers(t, source, name)
    }

    /// The bytes of an iterable of ints.
    static func numbers(_ t: Thread, _ source: Value, _ name: String) throws(PythonError) -> [UInt8] {
        let list = try t.makeList(capacity: 0)
        defer { t.release(list) }
        try ListRef(list).extend(t, source)
        let items = ListRef(list).snapshot(t)
        defer { for item in items { t.release(item) } }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(items.count)
        for item in items { bytes.append(try byte(t, item, name == "bytes" ? "bytes" : "byte")) }
        return bytes
    }
    static func byte(_ t: Thread, _ item: Value, _ word: String) throws(PythonError) -> UInt8 {
        let number = try t.indexInt(item, overflow: nil)
        guard number >= 0, number < 256 else { throw t.raise(.valueError, "\(word) must be in range(0, 256)") }
        return UInt8(number)
    }

    /// The text `b'…'`.
    static func literal(_ bytes: [UInt8]) -> String {
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
        return text + String(Unicode.Scalar(quote))
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
}
