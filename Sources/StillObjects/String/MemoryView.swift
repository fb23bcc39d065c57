// memoryview of bytes and bytearray: a window on their bytes. Several dimensions: MemoryViewShape.swift.
//
//   24 the bytes or bytearray (shared slot; null after release)   32 first index   40 items   48 bytes from item to item
//   56 format (ASCII code)   64 shape and 72 strides (tuples; null in one dimension)
//
// Sharing   Start, length and step are written before the view is published. The bytes are read and changed by the bytearray's own rules; a view
//           does not fix its size: bytes that are gone by then raise IndexError, or are missing from a copy.
import StillObmalloc
import StillPlatform
import StillThreadRegistry

struct MemoryViewRef {
    let object: ObjectRef
    init(_ bits: UInt64) { object = Value(bits: bits).object }
    var start: Int { object.field(32) }
    var count: Int { object.field(40) }
    var step: Int { object.field(48) }
    var format: Int { object.field(56) }
    var itemSize: Int { MemoryViewRef.size(format) ?? 1 }

    /// Bytes of an item, nil for a format that is not known.
    static func size(_ format: Int) -> Int? {
        switch Unicode.Scalar(UInt8(truncatingIfNeeded: format)) {
        case "B", "b", "c", "?": 1
        case "H", "h": 2
        case "I", "i", "f": 4
        case "L", "l", "Q", "q", "N", "n", "d": 8
        default: nil
        }
    }
    /// An item of native byte order as a Python value.
    func value(_ t: Thread, _ bytes: ArraySlice<UInt8>) throws(PythonError) -> Value {
        let bits = bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        switch Unicode.Scalar(UInt8(truncatingIfNeeded: format)) {
        case "c": return try t.makeBytes(Array(bytes))
        case "?": return Value(bits != 0)
        case "b": return Value(smallInt: Int(Int8(truncatingIfNeeded: bits)))
        case "h": return Value(smallInt: Int(Int16(truncatingIfNeeded: bits)))
        case "i": return Value(smallInt: Int(Int32(truncatingIfNeeded: bits)))
        case "l", "q", "n": return try t.makeInt(Int(Int64(bitPattern: bits)))
        case "L", "Q", "N": return try t.makeInt(bits)
        case "f": return try t.makeFloat(Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits))))
        case "d": return try t.makeFloat(Double(bitPattern: bits))
        default: return Value(smallInt: Int(bits))
        }
    }

    /// What the view looks at. Owned.
    func source(_ t: Thread) throws(PythonError) -> Value {
        let source = SharedSlot.load(t, object, 24)
        if source.isNull { throw t.raise(.valueError, "operation forbidden on released memoryview object") }
        return source
    }
    func contents(_ t: Thread) -> [UInt8]? {
        let source = SharedSlot.load(t, object, 24)
        if source.isNull { return nil }
        defer { t.release(source) }
        let size = itemSize
        if dimensions == 1 && step == size { return MemoryViewRef.part(t, source, start, count * size) }
        guard let all = t.bytesLike(source) else { return nil }
        if dimensions != 1 {
            var bytes: [UInt8] = []
            for at in places() where at >= 0 && at + size <= all.count { bytes += all[at..<(at + size)] }
            return bytes
        }
        var bytes: [UInt8] = []
        for index in 0..<count {
            let at = start + index * step
            if at >= 0 && at + size <= all.count { bytes += all[at..<(at + size)] }
        }
        return bytes
    }

    /// Bytes of a bytes object or bytearray, those that are there.
    static func part(_ t: Thread, _ source: Value, _ start: Int, _ count: Int) -> [UInt8] {
        BytesMethods.looking(t, source.bits) { base, length in
            let first = max(0, min(start, length))
            return Array(UnsafeRawBufferPointer(start: base + first, count: max(0, min(start + count, length) - first)))
        }
    }

    /// A view of a bytes-like object, or of a part of another view.
    static func make(_ t: Thread, _ source: Value, _ start: Int, _ count: Int, _ step: Int, format: Int = 66) throws(PythonError) -> Value {
        let made = try t.allocateInstance(of: t.type(.memoryview))
        made.setField(24, t.retain(source))
        if t.isByteArray(source) { ByteArrayRef(source).changeExports(1) }
        made.setField(32, start)
        made.setField(40, count)
        made.setField(48, step)
        made.setField(56, format)
        return Value(made)
    }
    /// Once for each view: whoever takes the source out of its field.
    static func releaseSource(_ t: Thread, _ object: ObjectRef) {
        let source = SharedSlot.exchange(t, object, 24, owned: .null)
        if source.isNull { return }
        if t.isByteArray(source) { ByteArrayRef(source).changeExports(-1) }
        t.release(source)
    }

    /// What the class's `__buffer__` returns, a memoryview. Owned, null without that method.
    static func exported(_ t: Thread, _ v: Value) throws(PythonError) -> Value {
        guard v.isObject, t.typeOf(v).has(TypeFlags.heapType) else { return .null }
        let method = try t.lookupSpecial(v, StaticStrings.intern("__buffer__"))
        if method.isNull { return .null }
        defer { t.release(method) }
        let view = try t.call(method, Value(smallInt: 0))
        if t.typeOf(view) == t.type(.memoryview) { return view }
        t.release(view)
        throw t.raise(.typeError, "__buffer__ returned non-memoryview object")
    }

    /// Assigns a slice of items that are not single bytes.
    func copy(_ t: Thread, _ target: ByteArrayRef, _ range: SliceIndices, _ value: Value) throws(PythonError) {
        let other = try MemoryViewRef.over(t, value)
        defer { t.release(other) }
        let source = MemoryViewRef(other.bits)
        guard source.format == format, source.count == range.count, let bytes = source.contents(t) else {
            throw t.raise(.valueError, "memoryview assignment: lvalue and rvalue have different structures")
        }
        let size = itemSize
        for number in 0..<range.count {
            for part in 0..<size where number * size + part < bytes.count {
                _ = target.setByte(start + (range.start + number * range.step) * step + part, bytes[number * size + part])
            }
        }
    }

    /// The bytes of an item in native byte order.
    func encoded(_ t: Thread, _ value: Value) throws(PythonError) -> [UInt8] {
        let code = Unicode.Scalar(UInt8(truncatingIfNeeded: format))
        func invalidType() -> PythonError { t.raise(.typeError, "memoryview: invalid type for format '\(code)'") }
        func invalidValue() -> PythonError { t.raise(.valueError, "memoryview: invalid value for format '\(code)'") }
        func words(_ bits: UInt64, _ size: Int) -> [UInt8] { (0..<size).map { UInt8(truncatingIfNeeded: bits >> UInt64($0 * 8)) } }
        switch code {
        case "c":
            guard t.isBytes(value) else { throw invalidType() }
            guard BytesRef(value).count == 1 else { throw invalidValue() }
            return BytesRef(value).array
        case "?": return [try t.isTrue(value) ? 1 : 0]
        case "f", "d":
            let kind = t.typeOf(value)
            guard kind.has(TypeFlags.floatSubclass) || kind.record.pointee.index != nil else { throw invalidType() }
            let number = kind.has(TypeFlags.floatSubclass) ? try t.floatValue(value) : Double(try t.indexInt(value))
            return code == "d" ? words(number.bitPattern, 8) : words(UInt64(Float(number).bitPattern), 4)
        default:
            guard t.typeOf(value).record.pointee.index != nil else { throw invalidType() }
            let size = itemSize
            let signed = "bhilqn".unicodeScalars.contains(code)
            if !signed && size == 8 {
                // Beyond what fits a signed word.
                let index = try t.callMethod(value, StaticStrings.intern("__index__"))
                defer { t.release(index) }
                let bytes: Value
                do throws(PythonError) {
                    bytes = try t.callMethod(index, StaticStrings.intern("to_bytes"), Value(smallInt: 8), StaticStrings.intern("little"))
                } catch {
                    guard t.matchesRaised(.overflowError) else { throw error }
                    t.clearRaised()
                    throw invalidValue()
                }
                defer { t.release(bytes) }
                return BytesRef(bytes).array
            }
            let number: Int
            do throws(PythonError) { number = try t.indexInt(value) } catch {
                guard t.matchesRaised(.overflowError) else { throw error }
                t.clearRaised()
                throw invalidValue()
            }
            if size < 8 {
                let low = signed ? -(1 << (size * 8 - 1)) : 0
                let high = signed ? (1 << (size * 8 - 1)) - 1 : (1 << (size * 8)) - 1
                guard number >= low && number <= high else { throw invalidValue() }
            }
            return words(UInt64(bitPattern: Int64(number)), size)
        }
    }

    static func over(_ t: Thread, _ v: Value) throws(PythonError) -> Value {
        if v.isObject && t.typeOf(v) == t.type(.memoryview) {
            let other = MemoryViewRef(v.bits)
            let source = try other.source(t)
            defer { t.release(source) }
            return try make(t, source, other.start, shape: other.shape, strides: other.strides, format: other.format)
        }
        guard t.isBytes(v) || t.isByteArray(v) else {
            let view = try exported(t, v)
            if !view.isNull { return view }
            throw t.raise(.typeError, "memoryview: a bytes-like object is required, not '\(t.typeName(v))'")
        }
        return try make(t, v, 0, t.isBytes(v) ? BytesRef(v).count : ByteArrayRef(v).count, 1)
    }
}

enum MemoryViewType {
    static func define() {
        StaticTypes.define(
            .memoryview, "memoryview", basicSize: MemoryViewRef.bytes,
            flags: TypeFlags.collectable | TypeFlags.weaklyReferencable | TypeFlags.patternSequence
        ) { b in
            let r = b.record
            r.pointee.memory.traverse = { object, visitor in
                FixedFields.traverse(object, visitor, 24, 32)
                FixedFields.traverse(object, visitor, MemoryViewRef.shapeOffset, MemoryViewRef.bytes)
            }
            r.pointee.memory.clear = { t, object in MemoryViewRef.releaseSource(Thread(t), ObjectRef(object)) }
            r.pointee.memory.deallocate = { t, object in
                let source: Value = ObjectRef(object).field(24)
                if Thread(t).isByteArray(source) { ByteArrayRef(source).changeExports(-1) }
                for offset in [MemoryViewRef.shapeOffset, MemoryViewRef.stridesOffset] { Thread(t).releaseField(ObjectRef(object), offset) }
                FixedFields.deallocate(Thread(t), object, 24, 32)
            }
            r.pointee.new = { raw, _, a, n, k in
                returning(raw) { (t) throws(PythonError) -> Value in
                    let v = try Arguments.parse(t, function: "memoryview", a, n, k, names: ["object"], required: 1)
                    return try MemoryViewRef.over(t, v[0])
                }
            }
            r.pointee.repr = { raw, v in
                returning(raw) { (t) throws(PythonError) -> Value in
                    let source = SharedSlot.load(t, Value(bits: v).object, 24)
                    defer { t.release(source) }
                    return try t.makeString("<\(source.isNull ? "released memory" : "memory") at 0x\(String(v & ~7, radix: 16))>")
                }
            }
            items(r)
            comparison(r)
            properties(b)
            methods(b)
        }
    }

    private static func items(_ r: UnsafeMutablePointer<TypeRecord>) {
        r.pointee.length = { raw, v in
            storing(raw) { (t) throws(PythonError) -> Int in
                t.release(try MemoryViewRef(v).source(t))
                return MemoryViewRef(v).count
            }
        }
        r.pointee.getItem = { raw, v, key in
            returning(raw) { (t) throws(PythonError) -> Value in
                let view = MemoryViewRef(v)
                let source = try view.source(t)
                defer { t.release(source) }
                let at: Int
                if t.isTuple(Value(bits: key)) {
                    at = try view.place(t, Value(bits: key))
                } else if view.dimensions == 0 {
                    if Value(bits: key).bits == Value.ellipsis.bits { return t.retain(Value(bits: v)) }
                    throw t.raise(.typeError, "invalid indexing of 0-dim memory")
                } else if t.typeOf(Value(bits: key)) == t.type(.slice) {
                    let range = try SliceIndices.compute(t, Value(bits: key), view.count)
                    if view.dimensions == 1 {
                        return try MemoryViewRef.make(
                            t, source, view.start + range.start * view.step, range.count, view.step * range.step, format: view.format)
                    }
                    return try MemoryViewRef.make(
                        t, source, view.start + range.start * view.step, shape: [range.count] + view.shape.dropFirst(),
                        strides: [view.step * range.step] + view.strides.dropFirst(), format: view.format)
                } else {
                    if view.dimensions > 1 {
                        guard t.typeOf(Value(bits: key)).record.pointee.index != nil else {
                            throw t.raise(.typeError, "memoryview: invalid slice key")
                        }
                        throw t.raise(.notImplementedError, "multi-dimensional sub-views are not implemented")
                    }
                    let index = try MemoryViewType.index(t, view, Value(bits: key))
                    at = view.start + index * view.step
                }
                if view.itemSize == 1 && view.format == 66 {
                    guard let byte = t.isBytes(source) ? BytesRef(source)[at] : ByteArrayRef(source).byte(at) else {
                        throw t.raise(.indexError, "index out of bounds on dimension 1")
                    }
                    return Value(smallInt: Int(byte))
                }
                let item = MemoryViewRef.part(t, source, at, view.itemSize)
                guard at >= 0, item.count == view.itemSize else { throw t.raise(.indexError, "index out of bounds on dimension 1") }
                return try view.value(t, item[...])
            }
        }
        r.pointee.setItem = { raw, v, key, value in
            storing(raw) { (t) throws(PythonError) -> Int in
                let view = MemoryViewRef(v)
                let source = try view.source(t)
                defer { t.release(source) }
                guard t.isByteArray(source) else { throw t.raise(.typeError, "cannot modify read-only memory") }
                if value == 0 { throw t.raise(.typeError, "cannot delete memory") }
                let own = ByteArrayRef(source)
                if t.isTuple(Value(bits: key)) {
                    let place = try view.place(t, Value(bits: key))
                    for (number, byte) in try view.encoded(t, Value(bits: value)).enumerated() {
                        if !own.setByte(place + number, byte) { throw t.raise(.indexError, "index out of bounds on dimension 1") }
                    }
                    return 0
                }
                if view.dimensions != 1 {
                    if view.dimensions == 0 { throw t.raise(.typeError, "invalid indexing of 0-dim memory") }
                    let isSlice = t.typeOf(Value(bits: key)) == t.type(.slice)
                    if !isSlice && t.typeOf(Value(bits: key)).record.pointee.index == nil {
                        throw t.raise(.typeError, "memoryview: invalid slice key")
                    }
                    throw t.raise(
                        .notImplementedError,
                        isSlice ? "memoryview slice assignments are currently restricted to ndim = 1" : "sub-views are not implemented")
                }
                if t.typeOf(Value(bits: key)) == t.type(.slice) {
                    let range = try SliceIndices.compute(t, Value(bits: key), view.count)
                    if view.format != 66 {
                        try view.copy(t, own, range, Value(bits: value))
                        return 0
                    }
                    let bytes = try t.byteView(ofArgument: value)
                    defer { bytes.end() }
                    if bytes.count != range.count {
                        throw t.raise(.valueError, "memoryview assignment: lvalue and rvalue have different structures")
                    }
                    own.set(bytes, from: view.start + range.start * view.step, step: range.step * view.step)
                    return 0
                }
                let index = try MemoryViewType.index(t, view, Value(bits: key))
                if view.format != 66 {
                    for (number, byte) in try view.encoded(t, Value(bits: value)).enumerated() {
                        if !own.setByte(view.start + index * view.step + number, byte) {
                            throw t.raise(.indexError, "index out of bounds on dimension 1")
                        }
                    }
                    return 0
                }
                if !own.setByte(view.start + index * view.step, try MemoryViewType.value(t, Value(bits: value))) {
                    throw t.raise(.indexError, "index out of bounds on dimension 1")
                }
                return 0
            }
        }
        r.pointee.iterate = { raw, v in
            returning(raw) { (t) throws(PythonError) -> Value in
                if MemoryViewRef(v).dimensions == 0 { throw t.raise(.typeError, "invalid indexing of 0-dim memory") }
                if MemoryViewRef(v).dimensions > 1 {
                    throw t.raise(.notImplementedError, "multi-dimensional sub-views are not implemented")
                }
                return try t.makeSequenceIterator(Value(bits: v))
            }
        }
    }
    private static func index(_ t: Thread, _ view: MemoryViewRef, _ key: Value) throws(PythonError) -> Int {
        guard t.typeOf(key).record.pointee.index != nil else { throw t.raise(.typeError, "memoryview: invalid slice key") }
        var index = try t.indexInt(key, overflow: .indexError)
        if index < 0 { index += view.count }
        if index < 0 || index >= view.count { throw t.raise(.indexError, "index out of bounds on dimension 1") }
        return index
    }
    private static func value(_ t: Thread, _ v: Value) throws(PythonError) -> UInt8 {
        guard t.typeOf(v).record.pointee.index != nil else { throw t.raise(.typeError, "memoryview: invalid type for format 'B'") }
        let number = try t.indexInt(v, overflow: nil)
        guard number >= 0, number < 256 else { throw t.raise(.valueError, "memoryview: invalid value for format 'B'") }
        return UInt8(number)
    }

    private static func comparison(_ r: UnsafeMutablePointer<TypeRecord>) {
        r.pointee.compare = { raw, op, a, b in
            let t = Thread(raw)
            let op = CompareOperator(rawValue: op)!
            guard op == .equal || op == .notEqual else { return Value.notImplemented.bits }
            guard let x = t.bytesLike(Value(bits: a)), let y = t.bytesLike(Value(bits: b)) else { return Value.notImplemented.bits }
            let other = Value(bits: b).isObject && t.typeOf(Value(bits: b)) == t.type(.memoryview) ? MemoryViewRef(b) : nil
            if MemoryViewRef(a).dimensions != 1 || (other.map { $0.dimensions != 1 } ?? false) {
                guard let other, MemoryViewRef(a).shape == other.shape else { return Value(op == .notEqual).bits }
            }
            return Value((x == y) == (op == .equal)).bits
        }
        r.pointee.hash = { raw, v in
            storing(raw) { (t) throws(PythonError) -> Int in
                let source = try MemoryViewRef(v).source(t)
                defer { t.release(source) }
                guard t.isBytes(source) else { throw t.raise(.valueError, "cannot hash writable memoryview object") }
                guard MemoryViewRef(v).itemSize == 1 && MemoryViewRef(v).format != 63 else {
                    throw t.raise(.valueError, "memoryview: hashing is restricted to formats 'B', 'b' or 'c'")
                }
                return (MemoryViewRef(v).contents(t) ?? []).withUnsafeBytes { bytes in
                    guard let base = bytes.baseAddress else { return StringHash.hash(UnsafeRawPointer(bitPattern: 8)!, 0) }
                    return StringHash.hash(base, bytes.count)
                }
            }
        }
    }

    private static func properties(_ b: TypeBuilder) {
        b.getter("obj") { raw, s in returning(raw) { (t) throws(PythonError) -> Value in try MemoryViewRef(s).source(t) } }
        b.getter("readonly") { raw, s in
            returning(raw) { (t) throws(PythonError) -> Value in
                let source = try MemoryViewRef(s).source(t)
                defer { t.release(source) }
                return Value(t.isBytes(source))
            }
        }
        b.getter("nbytes") { _, s in Value(smallInt: MemoryViewRef(s).byteCount).bits }
        b.getter("itemsize") { _, s in Value(smallInt: MemoryViewRef(s).itemSize).bits }
        b.getter("ndim") { _, s in Value(smallInt: MemoryViewRef(s).dimensions).bits }
        b.getter("format") { _, s in StaticStrings.single(UInt32(MemoryViewRef(s).format)).bits }
        b.getter("shape") { raw, s in
            returning(raw) { (t) throws(PythonError) -> Value in try t.makeTuple(MemoryViewRef(s).shape.map { Value(smallInt: $0) }) }
        }
        b.getter("strides") { raw, s in
            returning(raw) { (t) throws(PythonError) -> Value in try t.makeTuple(MemoryViewRef(s).strides.map { Value(smallInt: $0) }) }
        }
        b.getter("suboffsets") { raw, _ in Thread(raw).emptyTuple.bits }
        b.getter("c_contiguous") { _, s in Value(MemoryViewRef(s).isRowMajor).bits }
        b.getter("f_contiguous") { _, s in Value(MemoryViewRef(s).isColumnMajor).bits }
        b.getter("contiguous") { _, s in Value(MemoryViewRef(s).isRowMajor || MemoryViewRef(s).isColumnMajor).bits }
    }

    private static func methods(_ b: TypeBuilder) {
        b.method("tobytes", 0, 1, keywords: true) { raw, s, a, n, k in
            returning(raw) { (t) throws(PythonError) -> Value in
                let v = try Arguments.parse(t, function: "tobytes", a, n, k, names: ["order"], required: 0)
                let view = MemoryViewRef(s)
                let source = try view.source(t)
                defer { t.release(source) }
                var columns = false
                if !v[0].isNull && !v[0].isNone {
                    let order = t.isStr(v[0]) ? StrRef(v[0]).string : ""
                    guard order == "C" || order == "F" || order == "A" else { throw t.raise(.valueError, "order must be 'C', 'F' or 'A'") }
                    columns = order == "F" || (order == "A" && !view.isRowMajor && view.isColumnMajor)
                }
                if columns && view.dimensions > 1 {
                    let all = t.bytesLike(source) ?? []
                    var bytes: [UInt8] = []
                    for at in view.places(columnMajor: true) where at >= 0 && at + view.itemSize <= all.count {
                        bytes += all[at..<(at + view.itemSize)]
                    }
                    return try t.makeBytes(bytes)
                }
                return try t.makeBytes(view.contents(t) ?? [])
            }
        }
        b.method("tolist", 0, 0) { raw, s, _, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                t.release(try MemoryViewRef(s).source(t))
                let view = MemoryViewRef(s)
                if view.dimensions != 1 {
                    let source = try view.source(t)
                    defer { t.release(source) }
                    return try view.nested(t, t.bytesLike(source) ?? [], view.start, 0)
                }
                let bytes = view.contents(t) ?? []
                let list = try t.makeList(capacity: view.count)
                do throws(PythonError) {
                    for at in stride(from: 0, to: bytes.count, by: view.itemSize) {
                        try ListRef(list).appendOwned(t, view.value(t, bytes[at..<(at + view.itemSize)]))
                    }
                } catch {
                    t.release(list)
                    throw error
                }
                return list
            }
        }
        b.method("hex", 0, 0) { raw, s, _, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                try t.makeString((MemoryViewRef(s).contents(t) ?? []).map { StrOps.hex(UInt32($0), 2) }.joined())
            }
        }
        b.method("toreadonly", 0, 0) { raw, s, _, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let source = try MemoryViewRef(s).source(t)
                defer { t.release(source) }
                if t.isBytes(source) { return try MemoryViewRef.over(t, Value(bits: s)) }
                throw t.raise(.notImplementedError, "read-only views of bytearray are not supported yet")
            }
        }
        b.method("cast", 1, 2, keywords: true) { raw, s, a, n, k in
            returning(raw) { (t) throws(PythonError) -> Value in
                let v = try Arguments.parse(t, function: "cast", a, n, k, names: ["format", "shape"], required: 1)
                let view = MemoryViewRef(s)
                let source = try view.source(t)
                defer { t.release(source) }
                guard t.isStr(v[0]), let last = StrRef(v[0]).string.utf8.last, let size = MemoryViewRef.size(Int(last)),
                    StrRef(v[0]).string.drop(while: { $0 == "@" }).count == 1
                else {
                    throw t.raise(
                        .valueError,
                        "memoryview: destination format must be a native single character format prefixed with an optional '@'")
                }
                return try view.cast(t, source, format: Int(last), size: size, shape: v[1])
            }
        }
        b.method("release", 0, 0) { raw, s, _, _, _ in
            MemoryViewRef.releaseSource(Thread(raw), Value(bits: s).object)
            return Value.none.bits
        }
        b.method("__enter__", 0, 0) { raw, s, _, _, _ in Thread(raw).retain(Value(bits: s)).bits }
        b.method("__exit__", 0, -1) { raw, s, _, _, _ in
            MemoryViewRef.releaseSource(Thread(raw), Value(bits: s).object)
            return Value.none.bits
        }
    }
}
