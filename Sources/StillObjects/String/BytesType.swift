// The type bytes: its slots, and what its constructor and bytearray's share.
import StillObmalloc
import StillPlatform
import StillThreadRegistry

enum BytesType {
    static func define() {
        StaticTypes.define(
            .bytes, "bytes", basicSize: UInt32(BytesRef.bufferedBytes), flags: TypeFlags.baseType | TypeFlags.bytesSubclass
        ) { b in
            memory(b.record)
            slots(b.record)
            operators(b.record)
            BytesMethods.add(to: b)
            b.method("__bytes__", 0, 0) { raw, s, _, _, _ in
                returning(raw) { (t) throws(PythonError) -> Value in
                    if t.typeOf(Value(bits: s)) == t.type(.bytes) { return t.retain(Value(bits: s)) }
                    return try t.makeBytes(BytesRef(Value(bits: s)).data, BytesRef(Value(bits: s)).count)
                }
            }
        }
        StaticTypes.define(.bytesIterator, "bytes_iterator", basicSize: IteratorRef.bytes, flags: TypeFlags.collectable) { b in
            IteratorTypes.memory(b.record)
            IteratorReduction.add(b)
            b.method("__length_hint__", 0, 0) { raw, s, _, _, _ in
                returning(raw) { (t) throws(PythonError) -> Value in
                    Value(smallInt: max(0, try t.length(IteratorRef(s).source) - IteratorRef(s).index))
                }
            }
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

    private static func memory(_ r: UnsafeMutablePointer<TypeRecord>) {
        r.pointee.memory.traverse = { object, visitor in InstanceLayout.traverseExtra(object, visitor) }
        r.pointee.memory.clear = { raw, object in InstanceLayout.clearExtra(Thread(raw), ObjectRef(object)) }
        r.pointee.memory.deallocate = { raw, object in
            if TypeRef(ObjectRef(object).typeRaw).has(TypeFlags.heapType) && InstanceLayout.staysAlive(Thread(raw), ObjectRef(object)) { return }
            BytesRef(Value(ObjectRef(object))).free(Thread(raw))
            Allocation.free(ObjectRef(object), Thread(raw))
        }
    }

    private static func slots(_ r: UnsafeMutablePointer<TypeRecord>) {
        r.pointee.new = { raw, type, a, n, k in
            returning(raw) { (t) throws(PythonError) -> Value in
                let type = TypeRef(Value(bits: type))
                if type == t.type(.bytes) && n == 1 && k == 0 && t.typeOf(Value(bits: a[0])) == type { return t.retain(Value(bits: a[0])) }
                let content = try BytesType.content(t, a, n, k, "bytes")
                defer { content.end() }
                if type == t.type(.bytes) { return try t.makeBytes(content.base, content.count) }
                let object = try t.allocateInstance(of: type)
                guard let buffer = Allocation.buffer(t, bytes: max(1, content.count)) else {
                    t.release(object)
                    throw t.noMemory()
                }
                copyBytes(buffer, content.base, content.count)
                BytesRef(Value(object)).setBuffer(buffer, content.count)
                return Value(object)
            }
        }
        r.pointee.repr = { raw, v in
            returning(raw) { (t) throws(PythonError) -> Value in try BytesType.literal(t, BytesRef(Value(bits: v)).view) }
        }
        r.pointee.hash = { _, v in BytesRef(Value(bits: v)).hash }
        r.pointee.compare = { raw, op, a, b in
            returning(raw) { (t) throws(PythonError) -> Value in try BytesType.compare(t, CompareOperator(rawValue: op)!, Value(bits: a), Value(bits: b)) }
        }
        r.pointee.length = { _, v in BytesRef(Value(bits: v)).count }
        r.pointee.getItem = { raw, v, key in
            returning(raw) { (t) throws(PythonError) -> Value in
                let bytes = BytesRef(Value(bits: v))
                let key = Value(bits: key)
                if t.typeOf(key) != t.type(.slice) {
                    return Value(smallInt: Int(bytes[try SliceIndices.index(t, key, bytes.count, "byte", outOfRange: "index out of range")]))
                }
                let range = try SliceIndices.compute(t, key, bytes.count)
                if range.count == bytes.count && range.step == 1 && t.typeOf(Value(bits: v)) == t.type(.bytes) { return t.retain(Value(bits: v)) }
                if range.step == 1 || range.count < 2 { return try t.makeBytes(bytes.data + (range.count == 0 ? 0 : range.start), range.count) }
                let made = try t.newBytes(range.count)
                for index in 0..<range.count { made.data.storeBytes(of: bytes[range.start + index * range.step], toByteOffset: index, as: UInt8.self) }
                return Value(ObjectRef(made.raw))
            }
        }
        r.pointee.contains = { raw, v, item in
            storing(raw) { (t) throws(PythonError) -> Int in
                let bytes = BytesRef(Value(bits: v)).view
                let needle = try BytesType.needle(t, item, "a bytes-like object is required, not '%'")
                defer { needle.end() }
                return ByteSearch.first(bytes.base, needle.base, needle.count, 0, bytes.count) >= 0 ? 1 : 0
            }
        }
        r.pointee.iterate = { raw, v in
            returning(raw) { (t) throws(PythonError) -> Value in try t.makeIterator(.bytesIterator, over: Value(bits: v)) }
        }
    }

    private static func operators(_ r: UnsafeMutablePointer<TypeRecord>) {
        r.pointee.binary = { raw, op, a, b in
            returning(raw) { (t) throws(PythonError) -> Value in
                let x = Value(bits: a)
                let y = Value(bits: b)
                switch BinaryOperator(rawValue: op)! {
                case .add:
                    guard let left = try t.byteView(x) else { return .notImplemented }
                    defer { left.end() }
                    guard let right = try t.byteView(y) else { throw t.raise(.typeError, "can't concat \(t.typeName(y)) to bytes") }
                    defer { right.end() }
                    return try BytesType.joined(t, x, left, right)
                case .multiply:
                    let (bytes, factor) = t.isBytes(x) ? (x, y) : (y, x)
                    guard t.isBytes(bytes), let times = try SequenceRepeat.factor(t, factor) else { return .notImplemented }
                    if times == 1 && t.typeOf(bytes) == t.type(.bytes) { return t.retain(bytes) }
                    let content = BytesRef(bytes)
                    let total = try BytesType.repeated(t, content.count, times)
                    if total < 2 { return try t.makeBytes(content.data, total) }
                    let made = try t.newBytes(total)
                    copyBytes(made.data, content.data, content.count)
                    repeatBytes(made.data, unit: content.count, total: total)
                    return Value(ObjectRef(made.raw))
                case .modulo:
                    guard t.isBytes(x) else { return .notImplemented }
                    return try t.makeBytes(PercentFormat.format(t, bytes: BytesRef(x).array, y))
                default: return .notImplemented
                }
            }
        }
    }

    private static func joined(_ t: Thread, _ x: Value, _ left: ByteView, _ right: ByteView) throws(PythonError) -> Value {
        if right.count == 0 && t.typeOf(x) == t.type(.bytes) { return t.retain(x) }
        let total = left.count + right.count
        if total < 2 { return try t.makeBytes(left.count == 1 ? left.base : right.base, total) }
        let made = try t.newBytes(total)
        copyBytes(made.data, left.base, left.count)
        copyBytes(made.data + left.count, right.base, right.count)
        return Value(ObjectRef(made.raw))
    }

    // MARK: What bytes and bytearray share

    /// How long so many times so many bytes are.
    static func repeated(_ t: Thread, _ count: Int, _ times: Int) throws(PythonError) -> Int {
        let (total, overflow) = count.multipliedReportingOverflow(by: times)
        if overflow || total > 1 << 40 { throw t.noMemory() }
        return total
    }

    /// By their contents; NotImplemented where one is not bytes-like.
    static func compare(_ t: Thread, _ op: CompareOperator, _ a: Value, _ b: Value) throws(PythonError) -> Value {
        guard let x = try t.byteView(a) else { return .notImplemented }
        defer { x.end() }
        guard let y = try t.byteView(b) else { return .notImplemented }
        defer { y.end() }
        switch op {
        case .equal: return Value(x.count == y.count && compareBytes(x.base, y.base, x.count) == 0)
        case .notEqual: return Value(x.count != y.count || compareBytes(x.base, y.base, x.count) != 0)
        case .less: return Value(ByteView.compare(x, y) < 0)
        case .lessEqual: return Value(ByteView.compare(x, y) <= 0)
        case .greater: return Value(ByteView.compare(x, y) > 0)
        case .greaterEqual: return Value(ByteView.compare(x, y) >= 0)
        }
    }

    /// What is searched: bytes, or one byte as an int.
    ///
    /// - Parameter message: of the TypeError, with a % for the name of the type.
    static func needle(_ t: Thread, _ bits: UInt64, _ message: StaticString) throws(PythonError) -> ByteView {
        let value = Value(bits: bits)
        if let view = try t.byteView(value) { return view }
        guard value.isBool || t.typeOf(value).record.pointee.index != nil else {
            throw t.raise(.typeError, "\(message)".split(separator: "%", omittingEmptySubsequences: false).joined(separator: t.typeName(value)))
        }
        return BytesRef(BytesRef.single(try byte(t, value, "byte"))).view
    }

    /// What the constructors of bytes and bytearray make of their arguments. The caller ends it.
    static func content(
        _ t: Thread, _ a: UnsafeMutablePointer<UInt64>, _ n: Int, _ k: UInt64, _ name: String
    ) throws(PythonError) -> ByteView {
        if n == 0 && k == 0 { return .empty }
        var (source, encoding, errors) = (Value(bits: n > 0 ? a[0] : 0), Value.null, Value.null)
        if n != 1 || k != 0 {
            let arguments = try Arguments.parse(t, function: name, a, n, k, names: ["source", "encoding", "errors"], required: 0)
            (source, encoding, errors) = (arguments[0], arguments[1], arguments[2])
        }
        if source.isNull || !t.isStr(source) {
            if !encoding.isNull || !errors.isNull {
                throw t.raise(.typeError, "\(encoding.isNull ? "errors" : "encoding") without a string argument")
            }
            if source.isNull { return .empty }
        } else {
            if encoding.isNull { throw t.raise(.typeError, "string argument without an encoding") }
            return try copied(t, owned: try BytesCodec.encode(t, StrRef(source), encoding, errors))
        }
        if source.isObject {
            let method = try t.lookupSpecial(source, StaticStrings.intern("__bytes__"))
            if !method.isNull && name == "bytes" && t.typeOf(source) != t.type(.bytes) {
                defer { t.release(method) }
                let made = try t.call(method)
                guard t.isBytes(made) else {
                    defer { t.release(made) }
                    throw t.raise(.typeError, "__bytes__ returned non-bytes (type \(t.typeName(made)))")
                }
                return try copied(t, owned: made)
            }
            t.release(method)
        }
        if let view = try t.byteView(source) { return view }
        if t.typeOf(source).record.pointee.index != nil {
            let count = try t.indexInt(source)
            if count < 0 { throw t.raise(.valueError, "negative count") }
            if count == 0 { return .empty }
            guard count <= 1 << 40, let memory = rawAllocate(count) else { throw t.noMemory() }
            clearBytes(memory, count)
            return ByteView(copy: memory, count: count)
        }
        if t.typeOf(source).record.pointee.iterate == nil && t.typeOf(source).record.pointee.getItem == nil {
            throw t.raise(.typeError, "cannot convert '\(t.typeName(source))' object to \(name)")
        }
        return try numbers(t, source, name)
    }
    private static func copied(_ t: Thread, owned bytes: Value) throws(PythonError) -> ByteView {
        defer { t.release(bytes) }
        let view = BytesRef(bytes).view
        if view.count == 0 { return .empty }
        guard let memory = rawAllocate(view.count) else { throw t.noMemory() }
        copyBytes(memory, view.base, view.count)
        return ByteView(copy: memory, count: view.count)
    }

    /// The bytes of an iterable of ints. The caller ends it.
    static func numbers(_ t: Thread, _ source: Value, _ name: String) throws(PythonError) -> ByteView {
        try t.withItems(of: source) { (items: UnsafeBufferPointer<Value>) throws(PythonError) -> ByteView in
            if items.isEmpty { return .empty }
            guard let memory = rawAllocate(items.count) else { throw t.noMemory() }
            let view = ByteView(copy: memory, count: items.count)
            do throws(PythonError) {
                for (index, item) in items.enumerated() {
                    memory.storeBytes(of: try byte(t, item, name == "bytes" ? "bytes" : "byte"), toByteOffset: index, as: UInt8.self)
                }
            } catch {
                view.end()
                throw error
            }
            return view
        }
    }
    static func byte(_ t: Thread, _ item: Value, _ word: String) throws(PythonError) -> UInt8 {
        let number = item.isSmallInt ? item.smallInt : try t.indexInt(item, overflow: nil)
        guard number >= 0, number < 256 else { throw t.raise(.valueError, "\(word) must be in range(0, 256)") }
        return UInt8(number)
    }

    /// The text `b'…'`, owned.
    ///
    /// - Parameter before: what stands before it; an apostrophe is always escaped then, as bytearray does.
    static func literal(_ t: Thread, _ bytes: ByteView, before: String = "", after: String = "") throws(PythonError) -> Value {
        let quote: UInt8 = findByte(bytes.base, 39, bytes.count) != nil && findByte(bytes.base, 34, bytes.count) == nil ? 34 : 39
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count + before.utf8.count + after.utf8.count + 3)
        text += before.utf8
        text += [98, quote]
        for index in 0..<bytes.count {
            let byte = bytes[index]
            switch byte {
            case 9: text += [92, 116]
            case 10: text += [92, 110]
            case 13: text += [92, 114]
            case 92, quote: text += [92, byte]
            case 39 where !before.isEmpty: text += [92, byte]
            case 32...126: text.append(byte)
            default: text += [92, 120, hexDigit(byte >> 4), hexDigit(byte & 15)]
            }
        }
        text.append(quote)
        text += after.utf8
        return try ascii(t, text)
    }
    static func ascii(_ t: Thread, _ text: [UInt8]) throws(PythonError) -> Value {
        try text.withUnsafeBufferPointer { (buffer) throws(PythonError) -> Value in try t.makeString(latin1: buffer, 0) }
    }
    static func hexDigit(_ number: UInt8) -> UInt8 { number < 10 ? 48 + number : 87 + number }
}
