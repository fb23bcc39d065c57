// The % operator of str and of bytes. The template of bytes is read as Latin-1, so that both go through the same code.
import StillObmalloc
import StillPlatform
import StillThreadRegistry

enum PercentFormat {
    /// One conversion: %[flags][width][.precision]code. Absent numbers are -1.
    private struct Conversion {
        var left = false
        var plus = false
        var space = false
        var alternate = false
        var zero = false
        var width = -1
        var precision = -1
    }

    /// The operands, taken one after the other.
    private struct Operands {
        let all: Value
        let isTuple: Bool
        var next = 0

        /// Borrowed: the operands outlive the formatting.
        mutating func take(_ t: Thread) throws(PythonError) -> Value {
            let number = next
            next += 1
            if isTuple {
                if number < TupleRef(all).count { return TupleRef(all).item(number) }
            } else if number == 0 {
                return all
            }
            throw t.raise(.typeError, "not enough arguments for format string")
        }
    }

    static func format(_ t: Thread, _ template: StrRef, _ arguments: Value) throws(PythonError) -> Value {
        let plain = formatPlainly(t, template, arguments)
        if !plain.isNull { return plain }
        var result = StrBuilder(t, capacity: template.count &+ 24)
        try write(t, template, arguments, bytes: false, &result)
        return try result.finish(t)
    }

    /// `template % arguments` for bytes and bytearray.
    static func format(_ t: Thread, bytes template: [UInt8], _ arguments: Value) throws(PythonError) -> [UInt8] {
        var all: UInt8 = 0
        for byte in template { all |= byte }
        let text = try template.withUnsafeBufferPointer { (buffer) throws(PythonError) -> Value in
            try t.makeString(latin1: buffer, UInt32(all))
        }
        defer { t.release(text) }
        var result = StrBuilder(capacity: template.count + 24)
        try write(t, StrRef(text), arguments, bytes: true, &result)
        return try result.latin1(t)
    }

    private static func write(
        _ t: Thread, _ template: StrRef, _ arguments: Value, bytes: Bool, _ result: inout StrBuilder
    ) throws(PythonError) {
        let length = template.count
        var operands = Operands(all: arguments, isTuple: t.isTuple(arguments))
        var usedMapping = false
        var at = 0
        let data = template.data
        let narrow = template.width == 1
        func code(_ index: Int) -> UInt32 {
            narrow ? UInt32(data.load(fromByteOffset: index, as: UInt8.self)) : template.codePoint(index)
        }
        while at < length {
            let start = at
            while at < length && code(at) != 37 { at &+= 1 }
            result.append(template, start, at - start)
            if at == length { break }
            at += 1
            if at < length && !bytes && (code(at) == 100 || code(at) == 115) {
                // Alone, and for what is written as it is.
                let value = try operands.take(t)
                let isNumber = value.isSmallInt
                if isNumber || (code(at) == 115 && value.isObject && value.object.typeRaw == t.type(.str).raw) {
                    if isNumber { NumberFormat.write(value.smallInt, to: &result) } else { result.append(StrRef(value)) }
                    at += 1
                    continue
                }
                operands.next -= 1
            }
            if at < length && !bytes && code(at) >= 49 && code(at) <= 57 {
                // A width alone, for an int.
                var width = 0
                var end = at
                while end < length && width < 1000 && code(end) >= 48 && code(end) <= 57 {
                    width = width &* 10 &+ Int(code(end)) &- 48
                    end &+= 1
                }
                if end < length && code(end) == 100 {
                    let value = try operands.take(t)
                    if value.isSmallInt {
                        NumberFormat.write(value.smallInt, width: width, to: &result)
                        at = end + 1
                        continue
                    }
                    operands.next -= 1
                }
            }
            var spec = Conversion()
            var mapped = Value.null
            defer { t.release(mapped) }
            if at < length && code(at) == 40 {
                var close = at + 1
                var depth = 1
                while close < length {
                    if code(close) == 40 { depth += 1 } else if code(close) == 41 { depth -= 1 }
                    if depth == 0 { break }
                    close += 1
                }
                if close == length { throw t.raise(.valueError, "incomplete format key") }
                if operands.isTuple || isText(t, arguments, bytes) || t.typeOf(arguments).record.pointee.getItem == nil {
                    throw t.raise(.typeError, "format requires a mapping")
                }
                let name = try StrOps.slice(t, template, at + 1, close)
                let key = bytes ? try BytesCodec.latin1(t, StrRef(name)) : name
                if bytes { t.release(name) }
                defer { t.release(key) }
                mapped = try t.getItem(arguments, key)
                usedMapping = true
                at = close + 1
            }
            flags: while at < length {
                switch code(at) {
                case 45: spec.left = true
                case 43: spec.plus = true
                case 32: spec.space = true
                case 35: spec.alternate = true
                case 48: spec.zero = true
                default: break flags
                }
                at += 1
            }
            spec.width = try number(t, template, &at, &operands)
            if spec.width < -1 {
                spec.left = true
                spec.width = spec.width == Int.min ? Int.max : -spec.width
            }
            if at < length && code(at) == 46 {
                at += 1
                spec.precision = max(0, try number(t, template, &at, &operands))
            }
            while at < length && (code(at) == 104 || code(at) == 108 || code(at) == 76) { at += 1 }
            if at == length { throw t.raise(.valueError, "incomplete format") }
            if max(spec.width, spec.precision) > 1 << 40 { throw t.noMemory() }
            try t.requireRoom(max(spec.width, spec.precision) * 4)
            let kind = code(at)
            at += 1
            if kind == 37 {
                result.append(37)
                continue
            }
            let value = mapped.isNull ? try operands.take(t) : mapped
            if bytes {
                let done = try oneOfBytes(t, value, spec, kind, &result)
                if done { continue }
            }
            try one(t, value, spec, kind, at - 1, &result)
        }
        let left = operands.isTuple ? operands.next < TupleRef(arguments).count : operands.next == 0
        if left && !usedMapping {
            let mayStay = !operands.isTuple && !isText(t, arguments, bytes)
                && (t.isDict(arguments) || t.typeOf(arguments).record.pointee.getItem != nil)
            if !mayStay { throw t.raise(.typeError, "not all arguments converted during \(bytes ? "bytes" : "string") formatting") }
        }
    }

    /// What counts as one operand although it can be indexed.
    private static func isText(_ t: Thread, _ v: Value, _ bytes: Bool) -> Bool { bytes ? t.isBytes(v) || t.isByteArray(v) : t.isStr(v) }

    /// The conversions that differ for bytes. False: this one does not.
    private static func oneOfBytes(
        _ t: Thread, _ value: Value, _ spec: Conversion, _ code: UInt32, _ result: inout StrBuilder
    ) throws(PythonError) -> Bool {
        var content: [UInt8]
        switch code {
        case 115, 98:  // s b
            content = try operand(t, value)
            if spec.precision >= 0 && spec.precision < content.count { content.removeLast(content.count - spec.precision) }
        case 114, 97:  // r a
            let text = try t.ascii(value)
            defer { t.release(text) }
            pad(StrRef(text), spec.precision >= 0 ? min(StrRef(text).count, spec.precision) : StrRef(text).count, spec, &result)
            return true
        case 99:  // c
            if t.isBytes(value) || t.isByteArray(value) {
                content = t.bytesLike(value) ?? []
                guard content.count == 1 else { throw t.raise(.typeError, "%c requires an integer in range(256) or a single byte") }
            } else {
                guard t.typeOf(value).has(TypeFlags.intSubclass) || t.typeOf(value).record.pointee.index != nil else {
                    throw t.raise(.typeError, "%c requires an integer in range(256) or a single byte")
                }
                let number = try t.indexInt(value, overflow: nil)
                guard number >= 0, number < 256 else { throw t.raise(.overflowError, "%c arg not in range(256)") }
                content = [UInt8(number)]
            }
        case 101, 69, 102, 70, 103, 71:  // e E f F g G
            let type = t.typeOf(value)
            if type.has(TypeFlags.floatSubclass) || type.has(TypeFlags.intSubclass) || type.record.pointee.index != nil { return false }
            if !t.typeLookup(type, StaticStrings.intern("__float__")).isNull { return false }
            throw t.raise(.typeError, "float argument required, not \(t.typeName(value))")
        default: return false
        }
        let missing = max(0, spec.width - content.count)
        if !spec.left { result.append(32, count: missing) }
        for byte in content { result.append(UInt32(byte)) }
        if spec.left { result.append(32, count: missing) }
        return true
    }

    private static func operand(_ t: Thread, _ value: Value) throws(PythonError) -> [UInt8] {
        if t.isBytes(value) || t.isByteArray(value) { return t.bytesLike(value) ?? [] }
        let method = try t.lookupSpecial(value, StaticStrings.intern("__bytes__"))
        if !method.isNull {
            defer { t.release(method) }
            let result = try t.call(method)
            defer { t.release(result) }
            guard t.isBytes(result) else { throw t.raise(.typeError, "__bytes__ returned non-bytes (type \(t.typeName(result)))") }
            return BytesRef(result).array
        }
        guard let content = t.bytesLike(value) else {
            throw t.raise(
                .typeError, "%b requires a bytes-like object, or an object that implements __bytes__, not '\(t.typeName(value))'")
        }
        return content
    }

    /// Digits or `*`; -1: none.
    private static func number(
        _ t: Thread, _ template: StrRef, _ at: inout Int, _ operands: inout Operands
    ) throws(PythonError) -> Int {
        if at < template.count && template.codePoint(at) == 42 {
            at += 1
            let value = try operands.take(t)
            guard value.isSmallInt else { throw t.raise(.typeError, "* wants int") }
            return value.smallInt == -1 ? -2 : value.smallInt
        }
        var value = -1
        while at < template.count {
            let point = template.codePoint(at)
            if point < 48 || point > 57 { break }
            value = min(max(value, 0) * 10 + Int(point) - 48, 1 << 50)
            at += 1
        }
        return value
    }

    private static func pad(_ text: StrRef, _ count: Int, _ spec: Conversion, _ result: inout StrBuilder) {
        let missing = max(0, spec.width - count)
        if !spec.left { result.append(32, count: missing) }
        result.append(text, 0, count)
        if spec.left { result.append(32, count: missing) }
    }

    private static func one(
        _ t: Thread, _ value: Value, _ spec: Conversion, _ code: UInt32, _ place: Int, _ result: inout StrBuilder
    ) throws(PythonError) {
        switch code {
        case 115, 114, 97:  // s r a
            if code == 115 && value.isSmallInt && spec.width < 0 && spec.precision < 0 {
                return NumberFormat.write(value.smallInt, to: &result)
            }
            let text = code == 115 ? try t.str(value) : code == 114 ? try t.repr(value) : try t.ascii(value)
            defer { t.release(text) }
            let count = StrRef(text).count
            pad(StrRef(text), spec.precision >= 0 ? min(count, spec.precision) : count, spec, &result)
        case 99:  // c
            if t.isStr(value) {
                guard StrRef(value).count == 1 else { throw t.raise(.typeError, "%c requires int or char") }
                pad(StrRef(value), 1, spec, &result)
                return
            }
            guard value.isSmallInt || value.isBool || (value.isObject && t.typeOf(value).record.pointee.index != nil) else {
                throw t.raise(.typeError, "%c requires int or char")
            }
            let point = try t.indexInt(value)
            guard point >= 0, point < 0x110000 else { throw t.raise(.overflowError, "%c arg not in range(0x110000)") }
            let missing = max(0, spec.width - 1)
            if !spec.left { result.append(32, count: missing) }
            result.append(UInt32(point))
            if spec.left { result.append(32, count: missing) }
        case 100, 105, 117: try integer(t, value, spec, 100, &result)  // d i u
        case 120, 88, 111: try integer(t, value, spec, code, &result)  // x X o
        case 101, 69, 102, 70, 103, 71:  // e E f F g G
            let number = try t.makeFloat(t.floatValue(value))
            defer { t.release(number) }
            var wanted = numberSpec(spec)
            wanted.type = code
            wanted.precision = spec.precision < 0 ? 6 : spec.precision
            try NumberFormat.write(t, number, wanted, to: &result)
        default:
            let character = Unicode.Scalar(code).map { String($0) } ?? "?"
            throw t.raise(
                .valueError, "unsupported format character '\(character)' (0x\(String(code, radix: 16))) at index \(place)")
        }
    }

    private static func numberSpec(_ spec: Conversion) -> NumberSpec {
        var wanted = NumberSpec()
        wanted.align = spec.left ? 0x3C : spec.zero ? 0x3D : 0x3E
        if spec.zero && !spec.left { wanted.fill = 0x30 }
        wanted.sign = spec.plus ? 0x2B : spec.space ? 0x20 : 0
        wanted.alternate = spec.alternate
        wanted.width = max(0, spec.width)
        return wanted
    }

    private static func integer(
        _ t: Thread, _ value: Value, _ spec: Conversion, _ code: UInt32, _ result: inout StrBuilder
    ) throws(PythonError) {
        var number = value
        var owned = Value.null
        defer { t.release(owned) }
        if !value.isSmallInt {
            let decimal = code == 100
            let type = t.typeOf(value)
            if decimal && !value.isBool && !type.has(TypeFlags.intSubclass)
                && (type.has(TypeFlags.floatSubclass) || type == t.type(.float))
            {
                owned = try t.call(t.type(.int).value, value)
            } else if decimal && !type.has(TypeFlags.intSubclass) && type.record.pointee.index == nil && t.definesInt(value) {
                owned = try t.call(t.type(.int).value, value)
            } else {
                guard type.has(TypeFlags.intSubclass) || type.record.pointee.index != nil else {
                    let what = decimal ? "a real number" : "an integer"
                    throw t.raise(.typeError, "%\(NumberFormat.character(code)) format: \(what) is required, not \(t.typeName(value))")
                }
                owned = try t.index(value)
            }
            number = owned
        }
        var wanted = numberSpec(spec)
        wanted.type = code
        if spec.precision < 0 { return try NumberFormat.write(t, number, wanted, to: &result) }
        // At least so many digits, then the width in spaces, or in zeros behind the sign.
        let sized = try NumberFormat.digitCount(t, number, code)
        var inner = wanted
        inner.align = 0x3D
        inner.fill = 0x30
        let prefix = spec.alternate && code != 100 ? 2 : 0
        let sign = IntOps.isNegative(number) || wanted.sign != 0 ? 1 : 0
        inner.width = max(sized, spec.precision) + prefix + sign
        let missing = max(0, spec.width - inner.width)
        if spec.zero && !spec.left {
            inner.width += missing
            return try NumberFormat.write(t, number, inner, to: &result)
        }
        if !spec.left { result.append(32, count: missing) }
        try NumberFormat.write(t, number, inner, to: &result)
        if spec.left { result.append(32, count: missing) }
    }
}

extension ThreadState {
    /// Whether the value's class has `__int__`.
    func definesInt(_ value: Value) -> Bool { !typeLookup(typeOf(value), StaticStrings.intern("__int__")).isNull }
}
