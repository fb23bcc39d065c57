// The methods that bytes and bytearray share: searching, changing, asking. Cutting: BytesCutting.swift.
//
// Each works on the receiver's contents at one moment, and gives back what the receiver is: bytes or bytearray. A bytearray is searched where it
// is, under its lock; whatever makes new objects works on a copy of it.
import StillObmalloc
import StillPlatform
import StillThreadRegistry

enum BytesMethods {
    typealias Words = UnsafeMutablePointer<UInt64>

    static func add(to b: TypeBuilder) {
        searching(b)
        cutting(b)
        changing(b)
        cases(b)
        asking(b)
        text(b)
    }

    /// The receiver's contents. The caller ends the view.
    static func content(_ t: Thread, _ s: UInt64) throws(PythonError) -> ByteView {
        guard let view = try t.byteView(Value(bits: s)) else { throw t.raise(.typeError, "a bytes-like object is required") }
        return view
    }
    /// Looks at the receiver's contents without copying them: `body` allocates nothing and runs no Python code.
    static func looking<R>(_ t: Thread, _ s: UInt64, _ body: (UnsafeRawPointer, Int) -> R) -> R {
        if t.isBytes(Value(bits: s)) { return body(BytesRef(Value(bits: s)).data, BytesRef(Value(bits: s)).count) }
        return ByteArrayRef(Value(bits: s)).looking(body)
    }
    static func length(_ t: Thread, _ s: UInt64) -> Int {
        t.isBytes(Value(bits: s)) ? BytesRef(Value(bits: s)).count : ByteArrayRef(Value(bits: s)).count
    }

    /// A new object of the receiver's kind, which the caller fills at once.
    static func fresh(_ t: Thread, _ s: UInt64, _ count: Int) throws(PythonError) -> (value: Value, data: UnsafeMutableRawPointer) {
        if t.isBytes(Value(bits: s)) {
            let made = try t.newBytes(count)
            return (Value(ObjectRef(made.raw)), made.data)
        }
        return try t.newByteArray(count)
    }
    static func make(_ t: Thread, _ s: UInt64, _ base: UnsafeRawPointer, _ count: Int) throws(PythonError) -> Value {
        if t.isBytes(Value(bits: s)) { return try t.makeBytes(base, count) }
        let (value, data) = try t.newByteArray(count)
        copyBytes(data, base, count)
        return value
    }
    /// What stays as it is: the same bytes object, or a copy.
    static func unchanged(_ t: Thread, _ s: UInt64, _ view: ByteView) throws(PythonError) -> Value {
        if t.typeOf(Value(bits: s)) == t.type(.bytes) { return t.retain(Value(bits: s)) }
        return try make(t, s, view.base, view.count)
    }

    static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (byte >= 9 && byte <= 13) }
    static func isLower(_ byte: UInt8) -> Bool { byte >= 97 && byte <= 122 }
    static func isUpper(_ byte: UInt8) -> Bool { byte >= 65 && byte <= 90 }
    static func isDigit(_ byte: UInt8) -> Bool { byte >= 48 && byte <= 57 }
    static func lower(_ byte: UInt8) -> UInt8 { isUpper(byte) ? byte | 32 : byte }
    static func upper(_ byte: UInt8) -> UInt8 { isLower(byte) ? byte & ~32 : byte }

    // MARK: Searching

    private static func searching(_ b: TypeBuilder) {
        b.method("find", 1, 3) { raw, s, a, n, _ in BytesMethods.locate(raw, s, a, n, last: false, raises: false) }
        b.method("rfind", 1, 3) { raw, s, a, n, _ in BytesMethods.locate(raw, s, a, n, last: true, raises: false) }
        b.method("index", 1, 3) { raw, s, a, n, _ in BytesMethods.locate(raw, s, a, n, last: false, raises: true) }
        b.method("rindex", 1, 3) { raw, s, a, n, _ in BytesMethods.locate(raw, s, a, n, last: true, raises: true) }
        b.method("count", 1, 3) { raw, s, a, n, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let part = try BytesMethods.sought(t, a[0])
                defer { part.end() }
                let (start, end) = try StrMethods.range(t, a, n, 1, BytesMethods.length(t, s))
                return Value(smallInt: BytesMethods.looking(t, s) { ByteSearch.count($0, part.base, part.count, start, min(end, $1)) })
            }
        }
        b.method("startswith", 1, 3) { raw, s, a, n, _ in BytesMethods.affix(raw, s, a, n, "startswith", atEnd: false) }
        b.method("endswith", 1, 3) { raw, s, a, n, _ in BytesMethods.affix(raw, s, a, n, "endswith", atEnd: true) }
    }

    private static func sought(_ t: Thread, _ bits: UInt64) throws(PythonError) -> ByteView {
        try BytesType.needle(t, bits, "argument should be integer or bytes-like object, not '%'")
    }

    private static func locate(
        _ raw: UnsafeMutableRawPointer, _ s: UInt64, _ a: Words, _ n: Int, last: Bool, raises: Bool
    ) -> UInt64 {
        returning(raw) { (t) throws(PythonError) -> Value in
            let part = try sought(t, a[0])
            defer { part.end() }
            let (start, end) = try StrMethods.range(t, a, n, 1, length(t, s))
            let place = looking(t, s) { base, count in
                last
                    ? ByteSearch.last(base, part.base, part.count, start, min(end, count))
                    : ByteSearch.first(base, part.base, part.count, start, min(end, count))
            }
            if place < 0 && raises { throw t.raise(.valueError, "subsection not found") }
            return Value(smallInt: place)
        }
    }

    private static func affix(
        _ raw: UnsafeMutableRawPointer, _ s: UInt64, _ a: Words, _ n: Int, _ name: String, atEnd: Bool
    ) -> UInt64 {
        returning(raw) { (t) throws(PythonError) -> Value in
            let (start, end) = try StrMethods.range(t, a, n, 1, length(t, s))
            func matches(_ part: ByteView) -> Bool {
                looking(t, s) { base, count in
                    let end = min(end, count)
                    if start > end || end - start < part.count { return false }
                    return compareBytes(base + (atEnd ? end - part.count : start), part.base, part.count) == 0
                }
            }
            let what = Value(bits: a[0])
            if t.isTuple(what) {
                for index in 0..<TupleRef(what).count {
                    let part = try t.byteView(ofArgument: TupleRef(what).item(index).bits)
                    defer { part.end() }
                    if matches(part) { return .true }
                }
                return .false
            }
            guard let part = try t.byteView(what) else {
                throw t.raise(.typeError, "\(name) first arg must be bytes or a tuple of bytes, not \(t.typeName(what))")
            }
            defer { part.end() }
            return Value(matches(part))
        }
    }

    // MARK: Changing

    private static func changing(_ b: TypeBuilder) {
        b.method("join", 1, 1) { raw, s, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let separator = try BytesMethods.content(t, s)
                defer { separator.end() }
                return try t.withItems(of: Value(bits: a[0]), "can only join an iterable") { (items) throws(PythonError) -> Value in
                    try BytesMethods.join(t, s, separator, items)
                }
            }
        }
        b.method("replace", 2, 3) { raw, s, a, n, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let old = try t.byteView(ofArgument: a[0])
                defer { old.end() }
                let new = try t.byteView(ofArgument: a[1])
                defer { new.end() }
                let limit = n == 3 ? try t.indexInt(Value(bits: a[2]), overflow: nil) : -1
                let bytes = try BytesMethods.content(t, s)
                defer { bytes.end() }
                return try BytesMethods.replace(t, s, bytes, old, new, limit < 0 ? Int.max : limit)
            }
        }
        b.method("translate", 1, 2, keywords: true) { raw, s, a, n, k in
            returning(raw) { (t) throws(PythonError) -> Value in
                let v = try Arguments.parse(
                    t, function: "translate", a, n, k, names: ["table", "delete"], required: 1, positionalOnly: 1)
                let drop = v[1].isNull ? ByteView.empty : try t.byteView(ofArgument: v[1].bits)
                defer { drop.end() }
                let table = v[0].isNone ? nil : try t.byteView(ofArgument: v[0].bits)
                defer { table?.end() }
                if let table, table.count != 256 { throw t.raise(.valueError, "translation table must be 256 characters long") }
                let bytes = try BytesMethods.content(t, s)
                defer { bytes.end() }
                // Bit sets of what is dropped.
                var dropped: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
                return try withUnsafeMutableBytes(of: &dropped) { (set) throws(PythonError) -> Value in
                    for index in 0..<drop.count { set[Int(drop[index] >> 3)] |= 1 << (drop[index] & 7) }
                    var count = 0
                    for index in 0..<bytes.count where set[Int(bytes[index] >> 3)] & 1 << (bytes[index] & 7) == 0 { count += 1 }
                    let (value, data) = try BytesMethods.fresh(t, s, count)
                    var at = 0
                    for index in 0..<bytes.count where set[Int(bytes[index] >> 3)] & 1 << (bytes[index] & 7) == 0 {
                        data.storeBytes(of: table.map { $0[Int(bytes[index])] } ?? bytes[index], toByteOffset: at, as: UInt8.self)
                        at += 1
                    }
                    return value
                }
            }
        }
        b.method("ljust", 1, 2) { raw, s, a, n, _ in BytesMethods.pad(raw, s, a, n, left: 0) }
        b.method("rjust", 1, 2) { raw, s, a, n, _ in BytesMethods.pad(raw, s, a, n, left: 2) }
        b.method("center", 1, 2) { raw, s, a, n, _ in BytesMethods.pad(raw, s, a, n, left: 1) }
        b.method("zfill", 1, 1) { raw, s, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let width = try t.indexInt(Value(bits: a[0]))
                let bytes = try BytesMethods.content(t, s)
                defer { bytes.end() }
                if width <= bytes.count { return try BytesMethods.unchanged(t, s, bytes) }
                let sign = bytes.count > 0 && (bytes[0] == 43 || bytes[0] == 45) ? 1 : 0
                let (value, data) = try BytesMethods.fresh(t, s, width)
                copyBytes(data, bytes.base, sign)
                fillBytes(data + sign, 48, width - bytes.count)
                copyBytes(data + (sign + width - bytes.count), bytes.base + sign, bytes.count - sign)
                return value
            }
        }
        b.method("expandtabs", 0, 1, keywords: true) { raw, s, a, n, k in
            returning(raw) { (t) throws(PythonError) -> Value in
                let v = try Arguments.parse(t, function: "expandtabs", a, n, k, names: ["tabsize"], required: 0)
                let size = v[0].isNull ? 8 : try t.indexInt(v[0])
                let bytes = try BytesMethods.content(t, s)
                defer { bytes.end() }
                return try BytesMethods.expandTabs(t, s, bytes, size)
            }
        }
    }

    private static func join(
        _ t: Thread, _ s: UInt64, _ separator: ByteView, _ items: UnsafeBufferPointer<Value>
    ) throws(PythonError) -> Value {
        // What is no bytes object may change or go meanwhile: a view for each of these.
        var views: [(index: Int, view: ByteView)] = []
        defer { for (_, view) in views { view.end() } }
        var total = 0
        for (index, item) in items.enumerated() {
            var count = 0
            if t.isBytes(item) {
                count = BytesRef(item).count
            } else {
                guard let view = try t.byteView(item) else {
                    throw t.raise(.typeError, "sequence item \(index): expected a bytes-like object, \(t.typeName(item)) found")
                }
                views.append((index, view))
                count = view.count
            }
            total += count + (index > 0 ? separator.count : 0)
        }
        if items.count == 1 && t.typeOf(items[0]) == t.type(.bytes) && t.isBytes(Value(bits: s)) { return t.retain(items[0]) }
        let (value, data) = try fresh(t, s, total)
        var (at, next) = (data, 0)
        for (index, item) in items.enumerated() {
            if index > 0 {
                copyBytes(at, separator.base, separator.count)
                at += separator.count
            }
            var view: ByteView
            if next < views.count && views[next].index == index {
                view = views[next].view
                next += 1
            } else {
                view = BytesRef(item).view
            }
            copyBytes(at, view.base, view.count)
            at += view.count
        }
        return value
    }

    private static func replace(
        _ t: Thread, _ s: UInt64, _ bytes: ByteView, _ old: ByteView, _ new: ByteView, _ limit: Int
    ) throws(PythonError) -> Value {
        let times = ByteSearch.count(bytes.base, old.base, old.count, 0, bytes.count, atMost: limit)
        if times == 0 { return try unchanged(t, s, bytes) }
        let (growth, overflow) = (new.count - old.count).multipliedReportingOverflow(by: times)
        if overflow || bytes.count + growth > 1 << 40 { throw t.noMemory() }
        let (value, data) = try fresh(t, s, bytes.count + growth)
        var (from, to) = (0, data)
        func keep(_ count: Int) {
            copyBytes(to, bytes.base + from, count)
            from += count
            to += count
        }
        for number in 0..<times {
            if old.count == 0 {
                // Before each byte and at the end.
                if number > 0 { keep(1) }
            } else {
                keep(ByteSearch.first(bytes.base, old.base, old.count, from, bytes.count) - from)
            }
            copyBytes(to, new.base, new.count)
            to += new.count
            from += old.count
        }
        keep(bytes.count - from)
        return value
    }

    private static func expandTabs(_ t: Thread, _ s: UInt64, _ bytes: ByteView, _ size: Int) throws(PythonError) -> Value {
        /// - Returns: the length; the bytes are stored at `to` if there is one.
        func expand(_ to: UnsafeMutableRawPointer?) -> Int? {
            var (length, column) = (0, 0)
            for index in 0..<bytes.count {
                let byte = bytes[index]
                if byte == 9 {
                    let blanks = size > 0 ? size - column % size : 0
                    if let to { fillBytes(to + length, 32, blanks) }
                    let (sum, overflow) = length.addingReportingOverflow(blanks)
                    if overflow || sum > 1 << 40 { return nil }
                    length = sum
                    column += blanks
                } else {
                    to?.storeBytes(of: byte, toByteOffset: length, as: UInt8.self)
                    length += 1
                    column = byte == 10 || byte == 13 ? 0 : column + 1
                }
            }
            return length
        }
        guard let length = expand(nil) else { throw t.raise(.overflowError, "result too long") }
        let (value, data) = try fresh(t, s, length)
        _ = expand(data)
        return value
    }

    /// - Parameter left: how many halves of the padding stand before the contents.
    private static func pad(_ raw: UnsafeMutableRawPointer, _ s: UInt64, _ a: Words, _ n: Int, left: Int) -> UInt64 {
        returning(raw) { (t) throws(PythonError) -> Value in
            let width = try t.indexInt(Value(bits: a[0]))
            var fill: UInt8 = 32
            if n == 2 {
                let given = t.isBytes(Value(bits: a[1])) || t.isByteArray(Value(bits: a[1])) ? try t.byteView(Value(bits: a[1])) : nil
                defer { given?.end() }
                guard let given, given.count == 1 else {
                    let method = left == 0 ? "ljust" : left == 2 ? "rjust" : "center"
                    throw t.raise(
                        .typeError, "\(method)() argument 2 must be a byte string of length 1, not \(t.typeName(Value(bits: a[1])))")
                }
                fill = given[0]
            }
            let bytes = try content(t, s)
            defer { bytes.end() }
            let missing = width - bytes.count
            if missing <= 0 { return try unchanged(t, s, bytes) }
            // An odd byte goes to the left when the width is odd.
            let before = left == 0 ? 0 : left == 2 ? missing : missing / 2 + (missing & width & 1)
            let (value, data) = try fresh(t, s, width)
            fillBytes(data, fill, before)
            copyBytes(data + before, bytes.base, bytes.count)
            fillBytes(data + (before + bytes.count), fill, missing - before)
            return value
        }
    }

    private static func cases(_ b: TypeBuilder) {
        b.method("lower", 0, 0) { raw, s, _, _, _ in BytesMethods.map(raw, s) { byte, _ in BytesMethods.lower(byte) } }
        b.method("upper", 0, 0) { raw, s, _, _, _ in BytesMethods.map(raw, s) { byte, _ in BytesMethods.upper(byte) } }
        b.method("swapcase", 0, 0) { raw, s, _, _, _ in
            BytesMethods.map(raw, s) { byte, _ in BytesMethods.isUpper(byte) ? BytesMethods.lower(byte) : BytesMethods.upper(byte) }
        }
        b.method("capitalize", 0, 0) { raw, s, _, _, _ in
            BytesMethods.map(raw, s) { byte, before in before == nil ? BytesMethods.upper(byte) : BytesMethods.lower(byte) }
        }
        b.method("title", 0, 0) { raw, s, _, _, _ in
            BytesMethods.map(raw, s) { byte, before in
                let inWord = before.map { BytesMethods.isLower($0) || BytesMethods.isUpper($0) } ?? false
                return inWord ? BytesMethods.lower(byte) : BytesMethods.upper(byte)
            }
        }
    }

    /// Changes each byte, by itself and the one before it.
    @inline(__always)
    private static func map(_ raw: UnsafeMutableRawPointer, _ s: UInt64, _ change: (UInt8, UInt8?) -> UInt8) -> UInt64 {
        returning(raw) { (t) throws(PythonError) -> Value in
            let bytes = try content(t, s)
            defer { bytes.end() }
            let (value, data) = try fresh(t, s, bytes.count)
            var before: UInt8?
            for index in 0..<bytes.count {
                let byte = bytes[index]
                data.storeBytes(of: change(byte, before), toByteOffset: index, as: UInt8.self)
                before = byte
            }
            return value
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
        b.method("isascii", 0, 0) { raw, s, _, _, _ in BytesMethods.ask(raw, s) { bytes in bytes.allSatisfy { $0 < 128 } } }
        b.method("islower", 0, 0) { raw, s, _, _, _ in
            BytesMethods.ask(raw, s) { bytes in
                bytes.contains { BytesMethods.isLower($0) } && !bytes.contains { BytesMethods.isUpper($0) }
            }
        }
        b.method("isupper", 0, 0) { raw, s, _, _, _ in
            BytesMethods.ask(raw, s) { bytes in
                bytes.contains { BytesMethods.isUpper($0) } && !bytes.contains { BytesMethods.isLower($0) }
            }
        }
        b.method("istitle", 0, 0) { raw, s, _, _, _ in
            BytesMethods.ask(raw, s) { bytes in
                var (inWord, found) = (false, false)
                for byte in bytes {
                    if BytesMethods.isUpper(byte) {
                        if inWord { return false }
                        (inWord, found) = (true, true)
                    } else if BytesMethods.isLower(byte) {
                        if !inWord { return false }
                    } else {
                        inWord = false
                    }
                }
                return found
            }
        }
    }

    private static func ask(_ raw: UnsafeMutableRawPointer, _ s: UInt64, _ test: (UnsafeRawBufferPointer) -> Bool) -> UInt64 {
        Value(looking(Thread(raw), s) { test(UnsafeRawBufferPointer(start: $0, count: $1)) }).bits
    }
    private static func all(_ raw: UnsafeMutableRawPointer, _ s: UInt64, _ test: (UInt8) -> Bool) -> UInt64 {
        ask(raw, s) { !$0.isEmpty && $0.allSatisfy(test) }
    }
}
