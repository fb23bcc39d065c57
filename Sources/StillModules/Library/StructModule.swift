// The module `_struct`: values packed into bytes and back.
//
//   Struct   24 format (str)     the format is read again for each call: formats are short, and a program has few of them in hot places
import StillObjects
import StillObmalloc
import StillPlatform
public import StillThreadRegistry
public import StillVM

/// A format read into its fields.
struct StructFormat {
    enum Kind { case pad, character, signed, unsigned, flag, half, single, double, text, pascal }
    struct Field {
        var kind: Kind
        var code: Character
        var size: Int
        var offset: Int
    }
    var fields: [Field] = []
    var size = 0
    var isLittle = true
    private var isNative = true

    init(_ t: Thread, _ text: String) throws(PythonError) {
        var characters = Array(text.unicodeScalars)
        if let first = characters.first, "@=<>!".unicodeScalars.contains(first) {
            isNative = first == "@"
            isLittle = first != ">" && first != "!"
            characters.removeFirst()
        }
        var at = 0
        while at < characters.count {
            if characters[at].properties.isWhitespace {
                at += 1
                continue
            }
            var (count, isCounted) = (1, false)
            if characters[at].value &- 48 < 10 {
                (count, isCounted) = (0, true)
                while at < characters.count, characters[at].value &- 48 < 10 {
                    count = count * 10 + Int(characters[at].value - 48)
                    if count > 1 << 40 { throw StructModule.error(t, "total struct size too long") }
                    at += 1
                }
                if at == characters.count { throw StructModule.error(t, "repeat count given without format specifier") }
            }
            guard let (kind, width) = StructFormat.kind(characters[at], isNative) else { throw StructModule.error(t, "bad char in struct format") }
            let code = Character(characters[at])
            at += 1
            if isNative && width > 1 && kind != .text && kind != .pascal { size = (size + width - 1) / width * width }
            if kind == .text || kind == .pascal {
                fields.append(Field(kind: kind, code: code, size: isCounted ? count : 1, offset: size))
                size += count
            } else if kind == .pad {
                size += count
            } else {
                for _ in 0..<count {
                    fields.append(Field(kind: kind, code: code, size: width, offset: size))
                    size += width
                }
            }
        }
    }

    private static func kind(_ c: Unicode.Scalar, _ isNative: Bool) -> (Kind, Int)? {
        switch c {
        case "x": (.pad, 1)
        case "c": (.character, 1)
        case "b": (.signed, 1)
        case "B": (.unsigned, 1)
        case "?": (.flag, 1)
        case "h": (.signed, 2)
        case "H": (.unsigned, 2)
        case "i": (.signed, 4)
        case "I": (.unsigned, 4)
        case "l": (.signed, isNative ? 8 : 4)
        case "L": (.unsigned, isNative ? 8 : 4)
        case "q": (.signed, 8)
        case "Q": (.unsigned, 8)
        case "n": isNative ? (.signed, 8) : nil
        case "N", "P": isNative ? (.unsigned, 8) : nil
        case "e": (.half, 2)
        case "f": (.single, 4)
        case "d": (.double, 8)
        case "s": (.text, 1)
        case "p": (.pascal, 1)
        default: nil
        }
    }

    // MARK: Packing

    func pack(_ t: Thread, _ a: ArgumentWords, _ n: Int, _ name: String) throws(PythonError) -> [UInt8] {
        if n != fields.count { throw StructModule.error(t, "\(name) expected \(fields.count) items for packing (got \(n))") }
        var bytes = [UInt8](repeating: 0, count: size)
        for (index, field) in fields.enumerated() { try put(t, field, Value(bits: a[index]), &bytes) }
        return bytes
    }

    private func write(_ bits: UInt64, _ field: Field, _ bytes: inout [UInt8]) {
        for part in 0..<field.size {
            bytes[field.offset + (isLittle ? part : field.size - 1 - part)] = UInt8(truncatingIfNeeded: bits >> UInt64(part * 8))
        }
    }

    private func put(_ t: Thread, _ field: Field, _ v: Value, _ bytes: inout [UInt8]) throws(PythonError) {
        switch field.kind {
        case .pad: break
        case .character:
            guard let given = t.isBytes(v) || t.isByteArray(v) ? t.bytesLike(v) : nil, given.count == 1 else {
                throw StructModule.error(t, "char format requires a bytes object of length 1")
            }
            bytes[field.offset] = given[0]
        case .text, .pascal:
            guard let given = t.isBytes(v) || t.isByteArray(v) ? t.bytesLike(v) : nil else {
                throw StructModule.error(t, "argument for '\(field.code)' must be a bytes object")
            }
            let start = field.kind == .pascal ? 1 : 0
            let room = Swift.max(0, field.size - start)
            let used = Swift.min(given.count, room)
            if field.kind == .pascal && field.size > 0 { bytes[field.offset] = UInt8(Swift.min(used, 255)) }
            for part in 0..<used { bytes[field.offset + start + part] = given[part] }
        case .flag: bytes[field.offset] = try t.isTrue(v) ? 1 : 0
        case .signed, .unsigned: write(try integer(t, field, v), field, &bytes)
        case .half, .single, .double:
            guard t.isInt(v) || t.typeOf(v).record.pointee.float != nil || t.typeOf(v).record.pointee.index != nil else {
                throw StructModule.error(t, "required argument is not a float")
            }
            let number = try t.floatValue(v)
            if field.kind == .double {
                write(number.bitPattern, field, &bytes)
            } else if field.kind == .single {
                if !isNative && number.isFinite && !Float(number).isFinite { throw t.raise(.overflowError, "float too large to pack with f format") }
                write(UInt64(Float(number).bitPattern), field, &bytes)
            } else {
                guard let half = StructFormat.half(number) else { throw t.raise(.overflowError, "float too large to pack with e format") }
                write(UInt64(half), field, &bytes)
            }
        }
    }

    private func integer(_ t: Thread, _ field: Field, _ v: Value) throws(PythonError) -> UInt64 {
        guard t.isInt(v) || t.typeOf(v).record.pointee.index != nil else { throw StructModule.error(t, "required argument is not an integer") }
        let number = try t.index(v)
        defer { t.release(number) }
        let bits = field.size * 8
        if field.kind == .signed {
            let (low, high) = (Int.min >> (64 - bits), Int.max >> (64 - bits))
            if let small = t.intValue(number), small >= low, small <= high { return UInt64(bitPattern: Int64(small)) }
            if field.size == 8 { throw StructModule.error(t, "int too large to convert") }
            throw StructModule.error(t, field.size == 1 ? "byte format requires -128 <= number <= 127" : "'\(field.code)' format requires \(low) <= number <= \(high)")
        }
        let high = UInt64.max >> UInt64(64 - bits)
        if let small = t.unsignedValue(number), small <= high { return small }
        if field.size == 8 { throw StructModule.error(t, "int too large to convert") }
        throw StructModule.error(t, field.size == 1 ? "ubyte format requires 0 <= number <= 255" : "'\(field.code)' format requires 0 <= number <= \(high)")
    }

    /// IEEE half precision, rounded to even; nil when it is too large.
    static func half(_ number: Double) -> UInt16? {
        let sign: UInt16 = number.sign == .minus ? 0x8000 : 0
        if number.isNaN { return sign | 0x7E00 }
        if number.isInfinite { return sign | 0x7C00 }
        let magnitude = number.magnitude
        if magnitude == 0 { return sign }
        var exponent = Swift.max(Int(magnitude.exponent), -14)
        // In units of the last place.
        var mantissa = (magnitude * Double(sign: .plus, exponent: 10 - exponent, significand: 1)).rounded(.toNearestOrEven)
        if mantissa >= 2048 {
            mantissa /= 2
            exponent += 1
        }
        if exponent > 15 { return nil }
        let units = UInt16(mantissa)
        if units < 1024 { return sign | units }
        return sign | UInt16(exponent + 15) << 10 | (units - 1024)
    }
    static func double(half bits: UInt16) -> Double {
        let sign: Double = bits & 0x8000 != 0 ? -1 : 1
        let (exponent, mantissa) = (Int(bits >> 10 & 31), Double(bits & 1023))
        if exponent == 31 { return mantissa == 0 ? sign * .infinity : .nan }
        if exponent == 0 { return sign * mantissa * Double(sign: .plus, exponent: -24, significand: 1) }
        return sign * (1024 + mantissa) * Double(sign: .plus, exponent: exponent - 25, significand: 1)
    }

    // MARK: Unpacking

    /// The values in `bytes` from `start` on, which are enough. Owned tuple.
    func unpack(_ t: Thread, _ bytes: [UInt8], _ start: Int) throws(PythonError) -> Value {
        var values: [Value] = []
        values.reserveCapacity(fields.count)
        for field in fields {
            do throws(PythonError) { values.append(try get(t, field, bytes, start + field.offset)) } catch {
                for value in values { t.release(value) }
                throw error
            }
        }
        return try t.makeTuple(values)
    }

    private func get(_ t: Thread, _ field: Field, _ bytes: [UInt8], _ at: Int) throws(PythonError) -> Value {
        var bits: UInt64 = 0
        if field.kind != .text && field.kind != .pascal {
            for part in 0..<field.size { bits = bits << 8 | UInt64(bytes[at + (isLittle ? field.size - 1 - part : part)]) }
        }
        switch field.kind {
        case .pad: return .none
        case .character: return try t.makeBytes([bytes[at]])
        case .flag: return Value(bits != 0)
        case .text: return try t.makeBytes(Array(bytes[at..<(at + field.size)]))
        case .pascal:
            if field.size == 0 { return try t.makeBytes([]) }
            let count = Swift.min(Int(bytes[at]), field.size - 1)
            return try t.makeBytes(Array(bytes[(at + 1)..<(at + 1 + count)]))
        case .signed:
            let shift = UInt64(64 - field.size * 8)
            return try t.makeInt(Int(Int64(bitPattern: bits << shift) >> Int64(shift)))
        case .unsigned: return try t.makeInt(bits)
        case .half: return try t.makeFloat(StructFormat.double(half: UInt16(bits)))
        case .single: return try t.makeFloat(Double(Float(bitPattern: UInt32(bits))))
        case .double: return try t.makeFloat(Double(bitPattern: bits))
        }
    }
}

public enum StructModule {
    public static let definition = ModuleDefinition(name: "_struct") { m in
        do throws(PythonError) {
            let t = m.thread
            let names = try t.makeDict()
            defer { t.release(names) }
            try DictRef(names).set(t, Interning.intern("__module__"), Interning.intern("struct"))
            let bases = try t.makeTuple([t.retain(StaticTypes.record(ExceptionID.exception).value)])
            defer { t.release(bases) }
            m.constant("error", try t.call(t.type(.type).value, Interning.intern("error"), bases, names))
        } catch { return }
        m.set("Struct", m.thread.type(.structFormat).value)
        m.function("calcsize", 1, 1) { raw, _, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in try t.makeInt(StructModule.format(t, Value(bits: a[0])).size) }
        }
        m.function("_clearcache", 0, 0) { _, _, _, _, _ in Value.none.bits }
        m.function("pack", 1, -1) { raw, _, a, n, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                try t.makeBytes(StructModule.format(t, Value(bits: a[0])).pack(t, a + 1, n - 1, "pack"))
            }
        }
        m.function("pack_into", 3, -1) { raw, _, a, n, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                try StructModule.packInto(t, StructModule.format(t, Value(bits: a[0])), a + 1, n - 1)
            }
        }
        m.function("unpack", 2, 2) { raw, _, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                try StructModule.unpack(t, StructModule.format(t, Value(bits: a[0])), Value(bits: a[1]))
            }
        }
        m.function("unpack_from", 1, -1, keywords: true) { raw, _, a, n, k in
            returning(raw) { (t) throws(PythonError) -> Value in
                let v = try Arguments.parse(
                    t, function: "unpack_from", a, n, k, names: ["format", "buffer", "offset"], required: 2, positionalOnly: 1)
                return try StructModule.unpackFrom(t, StructModule.format(t, v[0]), v[1], v[2])
            }
        }
        m.function("iter_unpack", 2, 2) { raw, _, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                try StructModule.iterate(t, StructModule.format(t, Value(bits: a[0])), Value(bits: a[1]))
            }
        }
    }

    static func error(_ t: Thread, _ message: String) -> PythonError {
        do throws(PythonError) {
            let module = try Imports.load(t, "_struct")
            defer { t.release(module) }
            let text = try t.makeString(message)
            defer { t.release(text) }
            return t.raiseObject(try t.callMethod(module, Interning.intern("error"), text))
        } catch { return error }
    }

    private static func format(_ t: Thread, _ v: Value) throws(PythonError) -> StructFormat {
        if t.isStr(v) { return try StructFormat(t, StrRef(v).string) }
        if t.isBytes(v) { return try StructFormat(t, String(decoding: BytesRef(v).array, as: UTF8.self)) }
        throw t.raise(.typeError, "Struct() argument 1 must be a str or bytes object, not \(t.typeName(v))")
    }
    private static func buffer(_ t: Thread, _ v: Value) throws(PythonError) -> [UInt8] {
        guard let bytes = t.bytesLike(v) else { throw t.raise(.typeError, "a bytes-like object is required, not '\(t.typeName(v))'") }
        return bytes
    }
    private static func unpack(_ t: Thread, _ format: StructFormat, _ v: Value) throws(PythonError) -> Value {
        let bytes = try buffer(t, v)
        if bytes.count != format.size { throw error(t, "unpack requires a buffer of \(format.size) bytes") }
        return try format.unpack(t, bytes, 0)
    }
    private static func unpackFrom(_ t: Thread, _ format: StructFormat, _ v: Value, _ place: Value) throws(PythonError) -> Value {
        let bytes = try buffer(t, v)
        var offset = place.isNull ? 0 : try t.indexInt(place)
        if offset < 0 {
            if offset + format.size > 0 { throw error(t, "not enough data to unpack \(format.size) bytes") }
            if offset + bytes.count < 0 { throw error(t, "offset \(offset) out of range for \(bytes.count)-byte buffer") }
            offset += bytes.count
        }
        if bytes.count - offset < format.size {
            throw error(
                t,
                "unpack_from requires a buffer of at least \(UInt(format.size) + UInt(offset)) bytes for unpacking \(format.size) bytes at offset \(offset) (actual buffer size is \(bytes.count))")
        }
        return try format.unpack(t, bytes, offset)
    }
    private static func packInto(_ t: Thread, _ format: StructFormat, _ a: ArgumentWords, _ n: Int) throws(PythonError) -> Value {
        let target = Value(bits: a[0])
        guard t.isByteArray(target) || (target.isObject && t.typeOf(target) == t.type(.memoryview)) else {
            throw t.raise(.typeError, "pack_into() argument 2 must be read-write bytes-like object, not \(t.typeName(target))")
        }
        var offset = try t.indexInt(Value(bits: a[1]))
        let length = try t.length(target)
        if offset < 0 {
            if offset + format.size > 0 { throw error(t, "no space to pack \(format.size) bytes at offset \(offset)") }
            if offset + length < 0 { throw error(t, "offset \(offset) out of range for \(length)-byte buffer") }
            offset += length
        }
        if length - offset < format.size {
            throw error(
                t,
                "pack_into requires a buffer of at least \(UInt(format.size) + UInt(offset)) bytes for packing \(format.size) bytes at offset \(offset) (actual buffer size is \(length))")
        }
        let bytes = try t.makeBytes(format.pack(t, a + 2, n - 2, "pack_into"))
        defer { t.release(bytes) }
        let slice = try t.makeSlice(t.makeInt(offset), t.makeInt(offset + format.size), .none)
        defer { t.release(slice) }
        try t.setItem(target, slice, bytes)
        return .none
    }
    private static func iterate(_ t: Thread, _ format: StructFormat, _ v: Value) throws(PythonError) -> Value {
        let bytes = try buffer(t, v)
        if format.size == 0 { throw error(t, "cannot iteratively unpack with a struct of length 0") }
        if bytes.count % format.size != 0 { throw error(t, "iterative unpacking requires a buffer of a multiple of \(format.size) bytes") }
        let list = try t.makeList(capacity: bytes.count / format.size)
        defer { t.release(list) }
        for at in stride(from: 0, to: bytes.count, by: format.size) { try ListRef(list).appendOwned(t, format.unpack(t, bytes, at)) }
        return try t.iterate(list)
    }

    private static func own(_ t: Thread, _ s: UInt64) throws(PythonError) -> StructFormat {
        try format(t, Value(bits: s).object.field(24))
    }

    static func defineTypes() {
        StaticTypes.define(
            .structFormat, "Struct", module: "_struct", basicSize: 32, flags: TypeFlags.collectable | TypeFlags.weaklyReferencable
        ) { b in
            b.record.pointee.memory.traverse = { object, visitor in FixedFields.traverse(object, visitor, 24, 32) }
            b.record.pointee.memory.clear = { _, _ in }
            b.record.pointee.memory.deallocate = { t, object in FixedFields.deallocate(Thread(t), object, 24, 32) }
            b.record.pointee.new = { raw, _, a, n, k in
                returning(raw) { (t) throws(PythonError) -> Value in
                    let v = try Arguments.parse(t, function: "Struct", a, n, k, names: ["format"], required: 1)
                    _ = try StructModule.format(t, v[0])
                    let object = try t.allocateInstance(of: t.type(.structFormat))
                    object.setField(24, t.retain(v[0]))
                    return Value(object)
                }
            }
            b.getter("format") { t, s in Thread(t).retain(Value(bits: s).object.field(24, as: Value.self)).bits }
            b.getter("size") { raw, s in
                returning(raw) { (t) throws(PythonError) -> Value in try t.makeInt(StructModule.own(t, s).size) }
            }
            b.method("pack", 0, -1) { raw, s, a, n, _ in
                returning(raw) { (t) throws(PythonError) -> Value in try t.makeBytes(StructModule.own(t, s).pack(t, a, n, "pack")) }
            }
            b.method("pack_into", 2, -1) { raw, s, a, n, _ in
                returning(raw) { (t) throws(PythonError) -> Value in try StructModule.packInto(t, StructModule.own(t, s), a, n) }
            }
            b.method("unpack", 1, 1) { raw, s, a, _, _ in
                returning(raw) { (t) throws(PythonError) -> Value in try StructModule.unpack(t, StructModule.own(t, s), Value(bits: a[0])) }
            }
            b.method("unpack_from", 0, 2, keywords: true) { raw, s, a, n, k in
                returning(raw) { (t) throws(PythonError) -> Value in
                    let v = try Arguments.parse(t, function: "unpack_from", a, n, k, names: ["buffer", "offset"], required: 1)
                    return try StructModule.unpackFrom(t, StructModule.own(t, s), v[0], v[1])
                }
            }
            b.method("iter_unpack", 1, 1) { raw, s, a, _, _ in
                returning(raw) { (t) throws(PythonError) -> Value in try StructModule.iterate(t, StructModule.own(t, s), Value(bits: a[0])) }
            }
        }
    }
}
