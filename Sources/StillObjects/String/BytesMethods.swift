// The methods that bytes and bytearray share.
//
// Each works on the receiver's contents at one moment, and gives back what the receiver is: bytes or bytearray.
import StillObmalloc
import StillPlatform
import StillThreadRegistry

enum BytesMethods {
    typealias Words = UnsafeMutablePointer<UInt64>

    static func add(to b: TypeBuilder) {
        searching(b)
        cutting(b)
        changing(b)
        asking(b)
        b.method("decode", 0, 2, keywords: true) { raw, s, a, n, k in
            returning(raw) { (t) throws(PythonError) -> Value in
                let arguments = try Arguments.parse(t, function: "decode", a, n, k, names: ["encoding", "errors"], required: 0)
                return try BytesCodec.decode(t, Value(bits: s), arguments[0], arguments[1])
            }
        }
        b.method("hex", 0, 2, keywords: true) { raw, s, a, n, k in
            returning(raw) { (t) throws(PythonError) -> Value in
                let given = try Arguments.parse(t, function: "hex", a, n, k, names: ["sep", "bytes_per_sep"], required: 0)
                let digits = try BytesMethods.content(t, s).map { StrOps.hex(UInt32($0), 2) }
                if given[0].isNull { return try t.makeString(digits.joined()) }
                if try t.length(given[0]) != 1 { throw t.raise(.valueError, "sep must be length 1.") }
                let separator: String
                if t.isStr(given[0]) {
                    if !StrRef(given[0]).isASCII { throw t.raise(.valueError, "sep must be ASCII.") }
                    separator = StrRef(given[0]).string
                } else if let bytes = t.bytesLike(given[0]) {
                    if bytes[0] >= 128 { throw t.raise(.valueError, "sep must be ASCII.") }
                    separator = String(Unicode.Scalar(bytes[0]))
                } else {
                    throw t.raise(.typeError, "sep must be str or bytes.")
                }
                let group = given[1].isNull ? 1 : try t.indexInt(given[1])
                if group == 0 { return try t.makeString(digits.joined()) }
                var text = ""
                for (index, digit) in digits.enumerated() {
                    let place = group > 0 ? digits.count - index : index
                    if index > 0 && place % abs(group) == 0 { text += separator }
                    text += digit
                }
                return try t.makeString(text)
            }
        }
        b.classMethod("fromhex", 1, 1) { raw, s, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                guard t.isStr(Value(bits: a[0])) else {
                    throw t.raise(.typeError, "fromhex() argument must be str, not \(t.typeName(Value(bits: a[0])))")
                }
                let text = Array(StrRef(Value(bits: a[0])).string.unicodeScalars)
                var bytes: [UInt8] = []
                var at = 0
                func digit(_ index: Int) throws(PythonError) -> UInt8 {
                    guard index < text.count, text[index].isASCII, let value = UInt8(String(text[index]), radix: 16) else {
                        throw t.raise(.valueError, "non-hexadecimal number found in fromhex() arg at position \(index)")
                    }
                    return value
                }
                while at < text.count {
                    if text[at].value == 32 || (9...13).contains(text[at].value) {
                        at += 1
                        continue
                    }
                    bytes.append(try digit(at) << 4 | digit(at + 1))
                    at += 2
                }
                return TypeRef(Value(bits: s)) == t.type(.bytes) ? try t.makeBytes(bytes) : try t.makeByteArray(bytes)
            }
        }
        b.staticMethod("maketrans", 2, 2) { raw, _, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let from = try BytesType.argument(t, a[0])
                let to = try BytesType.argument(t, a[1])
                if from.count != to.count { throw t.raise(.valueError, "maketrans arguments must have same length") }
                var table = (0...255).map { UInt8($0) }
                for (index, byte) in from.enumerated() { table[Int(byte)] = to[index] }
                return try t.makeBytes(table)
            }
        }
    }

    static func content(_ t: Thread, _ s: UInt64) throws(PythonError) -> [UInt8] {
        guard let bytes = t.bytesLike(Value(bits: s)) else { throw t.raise(.typeError, "a bytes-like object is required") }
        return bytes
    }
    /// A new object of the receiver's kind.
    static func make(_ t: Thread, _ s: UInt64, _ bytes: some Sequence<UInt8>) throws(PythonError) -> Value {
        t.isBytes(Value(bits: s)) ? try t.makeBytes(Array(bytes)) : try t.makeByteArray(Array(bytes))
    }
    static func list(_ t: Thread, _ s: UInt64, _ parts: [ArraySlice<UInt8>]) throws(PythonError) -> Value {
        let list = try t.makeList(capacity: parts.count)
        do throws(PythonError) { for part in parts { try ListRef(list).appendOwned(t, make(t, s, part)) } } catch {
            t.release(list)
            throw error
        }
        return list
    }
    static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (byte >= 9 && byte <= 13) }
    static func isLower(_ byte: UInt8) -> Bool { byte >= 97 && byte <= 122 }
    static func isUpper(_ byte: UInt8) -> Bool { byte >= 65 && byte <= 90 }
    static func isDigit(_ byte: UInt8) -> Bool { byte >= 48 && byte <= 57 }
    static func lower(_ byte: UInt8) -> UInt8 { isUpper(byte) ? byte + 32 : byte }
    static func upper(_ byte: UInt8) -> UInt8 { isLower(byte) ? byte - 32 : byte }

    // MARK: Searching

    private static func searching(_ b: TypeBuilder) {
        b.method("find", 1, 3) { raw, s, a, n, _ in BytesMethods.locate(raw, s, a, n, last: false, raises: false) }
        b.method("rfind", 1, 3) { raw, s, a, n, _ in BytesMethods.locate(raw, s, a, n, last: true, raises: false) }
        b.method("index", 1, 3) { raw, s, a, n, _ in BytesMethods.locate(raw, s, a, n, last: false, raises: true) }
        b.method("rindex", 1, 3) { raw, s, a, n, _ in BytesMethods.locate(raw, s, a, n, last: true, raises: true) }
        b.method("count", 1, 3) { raw, s, a, n, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let bytes = try BytesMethods.content(t, s)
                let part = try BytesMethods.needle(t, a[0])
                let (start, end) = try StrMethods.range(t, a, n, 1, bytes.count)
                return Value(smallInt: StrMethods.occurrences(part.count, start, end) { BytesType.find(bytes, part, $0, end) })
            }
        }
        b.method("startswith", 1, 3) { raw, s, a, n, _ in BytesMethods.affix(raw, s, a, n, "startswith", atEnd: false) }
        b.method("endswith", 1, 3) { raw, s, a, n, _ in BytesMethods.affix(raw, s, a, n, "endswith", atEnd: true) }
    }

    /// What is searched: bytes, or one byte as an int.
    private static func needle(_ t: Thread, _ bits: UInt64) throws(PythonError) -> [UInt8] {
        if let bytes = t.bytesLike(Value(bits: bits)) { return bytes }
        guard t.typeOf(Value(bits: bits)).record.pointee.index != nil else {
            throw t.raise(
                .typeError, "argument should be integer or bytes-like object, not '\(t.typeName(Value(bits: bits)))'")
        }
        return [try BytesType.byte(t, Value(bits: bits), "byte")]
    }

    private static func locate(
        _ raw: UnsafeMutableRawPointer, _ s: UInt64, _ a: Words, _ n: Int, last: Bool, raises: Bool
    ) -> UInt64 {
        returning(raw) { (t) throws(PythonError) -> Value in
            let bytes = try content(t, s)
            let part = try needle(t, a[0])
            let (start, end) = try StrMethods.range(t, a, n, 1, bytes.count)
            let place = last ? findLast(bytes, part, start, end) : BytesType.find(bytes, part, start, end)
            if place < 0 && raises { throw t.raise(.valueError, "subsection not found") }
            return Value(smallInt: place)
        }
    }
    private static func findLast(_ bytes: [UInt8], _ needle: [UInt8], _ start: Int, _ end: Int) -> Int {
        var at = end - needle.count
        while at >= start {
            if bytes[at..<(at + needle.count)].elementsEqual(needle) { return at }
            at -= 1
        }
        return -1
    }

    private static func affix(
        _ raw: UnsafeMutableRawPointer, _ s: UInt64, _ a: Words, _ n: Int, _ name: String, atEnd: Bool
    ) -> UInt64 {
        returning(raw) { (t) throws(PythonError) -> Value in
            let bytes = try content(t, s)
            let (start, end) = try StrMethods.range(t, a, n, 1, bytes.count)
            func matches(_ part: [UInt8]) -> Bool {
                if start > end || end - start < part.count { return false }
                let at = atEnd ? end - part.count : start
                return bytes[at..<(at + part.count)].elementsEqual(part)
            }
            let what = Value(bits: a[0])
            if t.isTuple(what) {
                for index in 0..<TupleRef(what).count {
                    if matches(try BytesType.argument(t, TupleRef(what).item(index).bits)) { return .true }
                }
                return .false
            }
            guard let part = t.bytesLike(what) else {
                throw t.raise(.typeError, "\(name) first arg must be bytes or a tuple of bytes, not \(t.typeName(what))")
            }
            return Value(matches(part))
        }
    }

    // MARK: Cutting

    private static func cutting(_ b: TypeBuilder) {
        b.method("split", 0, 2, keywords: true) { raw, s, a, n, k in BytesMethods.split(raw, s, a, n, k, "split", fromEnd: false) }
        b.method("rsplit", 0, 2, keywords: true) { raw, s, a, n, k in BytesMethods.split(raw, s, a, n, k, "rsplit", fromEnd: true) }
        b.method("splitlines", 0, 1, keywords: true) { raw, s, a, n, k in
            returning(raw) { (t) throws(PythonError) -> Value in
                let v = try Arguments.parse(t, function: "splitlines", a, n, k, names: ["keepends"], required: 0)
                let keep = v[0].isNull ? false : try t.isTrue(v[0])
                let bytes = try BytesMethods.content(t, s)
                var parts: [ArraySlice<UInt8>] = []
                var start = 0
                var at = 0
                while at < bytes.count {
                    if bytes[at] != 10 && bytes[at] != 13 {
                        at += 1
                        continue
                    }
                    let next = bytes[at] == 13 && at + 1 < bytes.count && bytes[at + 1] == 10 ? at + 2 : at + 1
                    parts.append(bytes[start..<(keep ? next : at)])
                    (start, at) = (next, next)
                }
                if start < bytes.count { parts.append(bytes[start...]) }
                return try BytesMethods.list(t, s, parts)
            }
        }
        b.method("strip", 0, 1) { raw, s, a, n, _ in BytesMethods.strip(raw, s, a, n, left: true, right: true) }
        b.method("lstrip", 0, 1) { raw, s, a, n, _ in BytesMethods.strip(raw, s, a, n, left: true, right: false) }
        b.method("rstrip", 0, 1) { raw, s, a, n, _ in BytesMethods.strip(raw, s, a, n, left: false, right: true) }
        b.method("partition", 1, 1) { raw, s, a, _, _ in BytesMethods.partition(raw, s, a, last: false) }
        b.method("rpartition", 1, 1) { raw, s, a, _, _ in BytesMethods.partition(raw, s, a, last: true) }
        b.method("removeprefix", 1, 1) { raw, s, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let bytes = try BytesMethods.content(t, s)
                let part = try BytesType.argument(t, a[0])
                return try BytesMethods.make(t, s, bytes.starts(with: part) ? bytes[part.count...] : bytes[...])
            }
        }
        b.method("removesuffix", 1, 1) { raw, s, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let bytes = try BytesMethods.content(t, s)
                let part = try BytesType.argument(t, a[0])
                let has = bytes.count >= part.count && bytes.suffix(part.count).elementsEqual(part)
                return try BytesMethods.make(t, s, has ? bytes[..<(bytes.count - part.count)] : bytes[...])
            }
        }
    }

    private static func split(
        _ raw: UnsafeMutableRawPointer, _ s: UInt64, _ a: Words, _ n: Int, _ k: UInt64, _ name: String, fromEnd: Bool
    ) -> UInt64 {
        returning(raw) { (t) throws(PythonError) -> Value in
            let v = try Arguments.parse(t, function: name, a, n, k, names: ["sep", "maxsplit"], required: 0)
            var left = v[1].isNull ? Int.max : try t.indexInt(v[1], overflow: nil)
            if left < 0 { left = Int.max }
            let bytes = try content(t, s)
            var parts: [ArraySlice<UInt8>] = []
            if v[0].isNull || v[0].isNone {
                var (low, high) = (0, bytes.count)
                while true {
                    while low < high, isSpace(bytes[fromEnd ? high - 1 : low]) { if fromEnd { high -= 1 } else { low += 1 } }
                    if low == high { break }
                    if left == 0 {
                        // The rest, without the blanks at its far end.
                        while isSpace(bytes[fromEnd ? low : high - 1]) { if fromEnd { low += 1 } else { high -= 1 } }
                        parts.append(bytes[low..<high])
                        break
                    }
                    left -= 1
                    let (first, last) = (low, high)
                    while low < high, !isSpace(bytes[fromEnd ? high - 1 : low]) { if fromEnd { high -= 1 } else { low += 1 } }
                    parts.append(fromEnd ? bytes[high..<last] : bytes[first..<low])
                }
            } else {
                let separator = try BytesType.argument(t, v[0].bits)
                if separator.isEmpty { throw t.raise(.valueError, "empty separator") }
                var (low, high) = (0, bytes.count)
                while left > 0 {
                    let place = fromEnd ? findLast(bytes, separator, low, high) : BytesType.find(bytes, separator, low, high)
                    if place < 0 { break }
                    left -= 1
                    if fromEnd {
                        parts.append(bytes[(place + separator.count)..<high])
                        high = place
                    } else {
                        parts.append(bytes[low..<place])
                        low = place + separator.count
                    }
                }
                parts.append(bytes[low..<high])
            }
            return try list(t, s, fromEnd ? parts.reversed() : parts)
        }
    }

    private static func strip(
        _ raw: UnsafeMutableRawPointer, _ s: UInt64, _ a: Words, _ n: Int, left: Bool, right: Bool
    ) -> UInt64 {
        returning(raw) { (t) throws(PythonError) -> Value in
            let set: [UInt8] = n == 0 || Value(bits: a[0]).isNone ? [32, 9, 10, 11, 12, 13] : try BytesType.argument(t, a[0])
            var part = try content(t, s)[...]
            if left { part = part.drop { set.contains($0) } }
            if right { while let last = part.last, set.contains(last) { part.removeLast() } }
            return try make(t, s, part)
        }
    }

    private static func partition(_ raw: UnsafeMutableRawPointer, _ s: UInt64, _ a: Words, last: Bool) -> UInt64 {
        returning(raw) { (t) throws(PythonError) -> Value in
            let bytes = try content(t, s)
            let separator = try BytesType.argument(t, a[0])
            if separator.isEmpty { throw t.raise(.valueError, "empty separator") }
            let place = last ? findLast(bytes, separator, 0, bytes.count) : BytesType.find(bytes, separator, 0, bytes.count)
            if place < 0 {
                let whole = try make(t, s, bytes)
                return try t.makeTuple(last ? [make(t, s, []), make(t, s, []), whole] : [whole, make(t, s, []), make(t, s, [])])
            }
            return try t.makeTuple([
                make(t, s, bytes[..<place]), make(t, s, separator), make(t, s, bytes[(place + separator.count)...]),
            ])
        }
    }

    // MARK: Changing

    private static func changing(_ b: TypeBuilder) {
        b.method("join", 1, 1) { raw, s, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let separator = try BytesMethods.content(t, s)
                let list = try t.makeList(capacity: 0)
                defer { t.release(list) }
                let record = t.typeOf(Value(bits: a[0])).record
                if record.pointee.iterate == nil && record.pointee.getItem == nil { throw t.raise(.typeError, "can only join an iterable") }
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
                return try BytesMethods.make(t, s, result)
            }
        }
        b.method("replace", 2, 3) { raw, s, a, n, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let bytes = try BytesMethods.content(t, s)
                let old = try BytesType.argument(t, a[0])
                let new = try BytesType.argument(t, a[1])
                var left = n == 3 ? try t.indexInt(Value(bits: a[2]), overflow: nil) : -1
                if left < 0 { left = Int.max }
                var result: [UInt8] = []
                var at = 0
                while left > 0 {
                    let place = BytesType.find(bytes, old, at, bytes.count)
                    if place < 0 { break }
                    left -= 1
                    result += bytes[at..<place]
                    result += new
                    at = place + old.count
                    if old.isEmpty {
                        if at == bytes.count { break }
                        result.append(bytes[at])
                        at += 1
                    }
                }
                return try BytesMethods.make(t, s, result + bytes[at...])
            }
        }
        b.method("translate", 1, 2, keywords: true) { raw, s, a, n, k in
            returning(raw) { (t) throws(PythonError) -> Value in
                let v = try Arguments.parse(
                    t, function: "translate", a, n, k, names: ["table", "delete"], required: 1, positionalOnly: 1)
                let drop = v[1].isNull ? [] : try BytesType.argument(t, v[1].bits)
                let table = v[0].isNone ? nil : try BytesType.argument(t, v[0].bits)
                if let table, table.count != 256 { throw t.raise(.valueError, "translation table must be 256 characters long") }
                let kept = try BytesMethods.content(t, s).filter { !drop.contains($0) }
                return try BytesMethods.make(t, s, kept.map { table?[Int($0)] ?? $0 })
            }
        }
        b.method("ljust", 1, 2) { raw, s, a, n, _ in BytesMethods.pad(raw, s, a, n, left: 0) }
        b.method("rjust", 1, 2) { raw, s, a, n, _ in BytesMethods.pad(raw, s, a, n, left: 2) }
        b.method("center", 1, 2) { raw, s, a, n, _ in BytesMethods.pad(raw, s, a, n, left: 1) }
        b.method("zfill", 1, 1) { raw, s, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let bytes = try BytesMethods.content(t, s)
                let missing = try t.indexInt(Value(bits: a[0])) - bytes.count
                if missing <= 0 { return try BytesMethods.make(t, s, bytes) }
                let sign = bytes.first == 43 || bytes.first == 45 ? 1 : 0
                return try BytesMethods.make(
                    t, s, bytes[..<sign] + [UInt8](repeating: 48, count: missing) + bytes[sign...])
            }
        }
        b.method("lower", 0, 0) { raw, s, _, _, _ in BytesMethods.map(raw, s) { $0.map { BytesMethods.lower($0) } } }
        b.method("upper", 0, 0) { raw, s, _, _, _ in BytesMethods.map(raw, s) { $0.map { BytesMethods.upper($0) } } }
        b.method("swapcase", 0, 0) { raw, s, _, _, _ in
            BytesMethods.map(raw, s) { $0.map { BytesMethods.isUpper($0) ? BytesMethods.lower($0) : BytesMethods.upper($0) } }
        }
        b.method("capitalize", 0, 0) { raw, s, _, _, _ in
            BytesMethods.map(raw, s) { bytes in
                bytes.enumerated().map { $0.offset == 0 ? BytesMethods.upper($0.element) : BytesMethods.lower($0.element) }
            }
        }
        b.method("title", 0, 0) { raw, s, _, _, _ in
            BytesMethods.map(raw, s) { bytes in
                var inWord = false
                return bytes.map { byte in
                    let shown = inWord ? BytesMethods.lower(byte) : BytesMethods.upper(byte)
                    inWord = BytesMethods.isLower(byte) || BytesMethods.isUpper(byte)
                    return shown
                }
            }
        }
        b.method("expandtabs", 0, 1, keywords: true) { raw, s, a, n, k in
            returning(raw) { (t) throws(PythonError) -> Value in
                let v = try Arguments.parse(t, function: "expandtabs", a, n, k, names: ["tabsize"], required: 0)
                let size = v[0].isNull ? 8 : try t.indexInt(v[0])
                var (result, column) = ([UInt8](), 0)
                for byte in try BytesMethods.content(t, s) {
                    if byte == 9 {
                        let blanks = size > 0 ? size - column % size : 0
                        if blanks > 1 << 40 { throw t.noMemory() }
                        try t.requireRoom(result.count + blanks)
                        result += [UInt8](repeating: 32, count: blanks)
                        column += blanks
                    } else {
                        result.append(byte)
                        column = byte == 10 || byte == 13 ? 0 : column + 1
                    }
                }
                return try BytesMethods.make(t, s, result)
            }
        }
    }

    private static func map(_ raw: UnsafeMutableRawPointer, _ s: UInt64, _ change: ([UInt8]) -> [UInt8]) -> UInt64 {
        returning(raw) { (t) throws(PythonError) -> Value in try make(t, s, change(content(t, s))) }
    }

    /// - Parameter left: how many halves of the padding stand before the contents.
    private static func pad(_ raw: UnsafeMutableRawPointer, _ s: UInt64, _ a: Words, _ n: Int, left: Int) -> UInt64 {
        returning(raw) { (t) throws(PythonError) -> Value in
            let bytes = try content(t, s)
            let width = try t.indexInt(Value(bits: a[0]))
            let fill: [UInt8] = n == 2 ? t.bytesLike(Value(bits: a[1])) ?? [] : [32]
            if fill.count != 1 {
                let method = left == 0 ? "ljust" : left == 2 ? "rjust" : "center"
                throw t.raise(
                    .typeError, "\(method)() argument 2 must be a byte string of length 1, not \(t.typeName(Value(bits: a[1])))")
            }
            let missing = max(0, width - bytes.count)
            if missing > 1 << 40 { throw t.noMemory() }
            try t.requireRoom(missing * 2)
            // An odd byte goes to the left when the width is odd.
            let before = left == 0 ? 0 : left == 2 ? missing : missing / 2 + (missing & width & 1)
            return try make(
                t, s, [UInt8](repeating: fill[0], count: before) + bytes + [UInt8](repeating: fill[0], count: missing - before))
        }
    }

    // MARK: Asking

    private static func asking(_ b: TypeBuilder) {
        b.method("isalpha", 0, 0) { raw, s, _, _, _ in
            BytesMethods.all(raw, s) { BytesMethods.isLower($0) || BytesMethods.isUpper($0) }
        }
        b.method("isdigit", 0, 0) { raw, s, _, _, _ in BytesMethods.all(raw, s) { BytesMethods.isDigit($0) } }
        b.method("isalnum", 0, 0) { raw, s, _, _, _ in
            BytesMethods.all(raw, s) { BytesMethods.isLower($0) || BytesMethods.isUpper($0) || BytesMethods.isDigit($0) }
        }
        b.method("isspace", 0, 0) { raw, s, _, _, _ in BytesMethods.all(raw, s) { BytesMethods.isSpace($0) } }
        b.method("isascii", 0, 0) { raw, s, _, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in Value(try BytesMethods.content(t, s).allSatisfy { $0 < 128 }) }
        }
        b.method("islower", 0, 0) { raw, s, _, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let bytes = try BytesMethods.content(t, s)
                return Value(bytes.contains { BytesMethods.isLower($0) } && !bytes.contains { BytesMethods.isUpper($0) })
            }
        }
        b.method("isupper", 0, 0) { raw, s, _, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let bytes = try BytesMethods.content(t, s)
                return Value(bytes.contains { BytesMethods.isUpper($0) } && !bytes.contains { BytesMethods.isLower($0) })
            }
        }
        b.method("istitle", 0, 0) { raw, s, _, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                var (inWord, found) = (false, false)
                for byte in try BytesMethods.content(t, s) {
                    if BytesMethods.isUpper(byte) {
                        if inWord { return .false }
                        (inWord, found) = (true, true)
                    } else if BytesMethods.isLower(byte) {
                        if !inWord { return .false }
                    } else {
                        inWord = false
                    }
                }
                return Value(found)
            }
        }
    }

    private static func all(_ raw: UnsafeMutableRawPointer, _ s: UInt64, _ test: (UInt8) -> Bool) -> UInt64 {
        returning(raw) { (t) throws(PythonError) -> Value in
            let bytes = try content(t, s)
            return Value(!bytes.isEmpty && bytes.allSatisfy(test))
        }
    }
}
