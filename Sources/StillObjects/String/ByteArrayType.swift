// The type bytearray: its slots and the methods that change it. The contents and their lock: ByteArrayRef.swift.
import StillObmalloc
import StillPlatform
import StillThreadRegistry

enum ByteArrayType {
    static func define() {
        StaticTypes.define(
            .bytearray, "bytearray", basicSize: UInt32(ByteArrayRef.bytes),
            flags: TypeFlags.baseType | TypeFlags.collectable | TypeFlags.weaklyReferencable
        ) { b in
            ByteArrayType.memory(b.record)
            ByteArrayType.slots(b.record)
            ByteArrayType.operators(b.record)
            ByteArrayType.items(b.record)
            b.constant("__hash__", .none)
            b.record.pointee.hash = nil
            BytesMethods.add(to: b)
            ByteArrayType.mutators(b)
        }
        StaticTypes.define(.bytearrayIterator, "bytearray_iterator", basicSize: IteratorRef.bytes, flags: TypeFlags.collectable) { b in
            IteratorTypes.memory(b.record)
            IteratorReduction.add(b)
            b.method("__length_hint__", 0, 0) { raw, s, _, _, _ in
                returning(raw) { (t) throws(PythonError) -> Value in
                    Value(smallInt: max(0, try t.length(IteratorRef(s).source) - IteratorRef(s).index))
                }
            }
            b.record.pointee.next = { _, v in
                let iterator = IteratorRef(v)
                let index = iterator.index
                guard index < Int.max >> 1, let byte = ByteArrayRef(iterator.source).byte(index) else {
                    iterator.exhaust()
                    return 0
                }
                iterator.setIndex(index + 1)
                return Value(smallInt: Int(byte)).bits
            }
        }
    }

    private static func memory(_ r: UnsafeMutablePointer<TypeRecord>) {
        r.pointee.memory.traverse = { object, visitor in
            if TypeRef(ObjectRef(object).typeRaw).has(TypeFlags.heapType) { InstanceLayout.traverseExtra(object, visitor) }
        }
        r.pointee.memory.clear = { raw, object in
            if TypeRef(ObjectRef(object).typeRaw).has(TypeFlags.heapType) {
                InstanceLayout.clearExtra(Thread(raw), ObjectRef(object))
            }
        }
        r.pointee.memory.deallocate = { raw, object in
            let t = Thread(raw)
            let ref = ObjectRef(object)
            if TypeRef(ref.typeRaw).has(TypeFlags.heapType) && InstanceLayout.staysAlive(t, ref) { return }
            if ref.flags & ObjectFlags.weaklyReferenced != 0 { WeakReferences.clear(t, ref) }
            ByteArrayRef(Value(ref)).free(t)
            Allocation.free(ref, t)
        }
    }

    private static func slots(_ r: UnsafeMutablePointer<TypeRecord>) {
        r.pointee.new = { raw, type, _, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in Value(try t.allocateInstance(of: TypeRef(Value(bits: type)))) }
        }
        r.pointee.initialize = { raw, s, a, n, k in
            storing(raw) { (t) throws(PythonError) -> Int in
                let content = try BytesType.content(t, a, n, k, "bytearray")
                defer { content.end() }
                try ByteArrayRef(Value(bits: s)).replace(t, content)
                return 0
            }
        }
        r.pointee.repr = { raw, v in
            returning(raw) { (t) throws(PythonError) -> Value in
                let name = StrRef(t.typeOf(Value(bits: v)).record.pointee.name).string
                let bytes = try ByteArrayRef(Value(bits: v)).view(t)
                defer { bytes.end() }
                return try BytesType.literal(t, bytes, before: name + "(", after: ")")
            }
        }
        r.pointee.compare = StaticTypes.record(.bytes).record.pointee.compare
        r.pointee.length = { _, v in ByteArrayRef(Value(bits: v)).count }
        r.pointee.contains = { raw, v, item in
            storing(raw) { (t) throws(PythonError) -> Int in
                let needle = try BytesType.needle(t, item, "a bytes-like object is required, not '%'")
                defer { needle.end() }
                return ByteArrayRef(Value(bits: v)).looking { ByteSearch.first($0, needle.base, needle.count, 0, $1) } >= 0 ? 1 : 0
            }
        }
        r.pointee.iterate = { raw, v in
            returning(raw) { (t) throws(PythonError) -> Value in try t.makeIterator(.bytearrayIterator, over: Value(bits: v)) }
        }
    }

    private static func operators(_ r: UnsafeMutablePointer<TypeRecord>) {
        r.pointee.binary = { raw, op, a, b in
            returning(raw) { (t) throws(PythonError) -> Value in
                let (x, y) = (Value(bits: a), Value(bits: b))
                switch BinaryOperator(rawValue: op)! {
                case .add:
                    guard let left = try t.byteView(x) else { return .notImplemented }
                    defer { left.end() }
                    guard let right = try t.byteView(y) else { throw t.raise(.typeError, "can't concat \(t.typeName(y)) to \(t.typeName(x))") }
                    defer { right.end() }
                    let (made, data) = try t.newByteArray(left.count + right.count)
                    copyBytes(data, left.base, left.count)
                    copyBytes(data + left.count, right.base, right.count)
                    return made
                case .multiply:
                    let (own, factor) = t.isByteArray(x) ? (x, y) : (y, x)
                    guard t.isByteArray(own), let times = try SequenceRepeat.factor(t, factor) else { return .notImplemented }
                    let bytes = try ByteArrayRef(own).view(t)
                    defer { bytes.end() }
                    let total = try BytesType.repeated(t, bytes.count, times)
                    let (made, data) = try t.newByteArray(total)
                    if total > 0 {
                        copyBytes(data, bytes.base, bytes.count)
                        repeatBytes(data, unit: bytes.count, total: total)
                    }
                    return made
                case .modulo:
                    guard t.isByteArray(x) else { return .notImplemented }
                    return try t.makeByteArray(PercentFormat.format(t, bytes: ByteArrayRef(x).snapshot(), y))
                default: return .notImplemented
                }
            }
        }
        r.pointee.inPlace = { raw, op, a, b in
            returning(raw) { (t) throws(PythonError) -> Value in
                let (x, y) = (Value(bits: a), Value(bits: b))
                guard t.isByteArray(x) else { return .notImplemented }
                switch BinaryOperator(rawValue: op)! {
                case .add:
                    guard let right = try t.byteView(y) else { throw t.raise(.typeError, "can't concat \(t.typeName(y)) to \(t.typeName(x))") }
                    defer { right.end() }
                    try ByteArrayRef(x).append(t, right)
                    return t.retain(x)
                case .multiply:
                    guard let times = try SequenceRepeat.factor(t, y) else { return .notImplemented }
                    try ByteArrayRef(x).multiply(t, times)
                    return t.retain(x)
                default: return .notImplemented
                }
            }
        }
    }

    private static func items(_ r: UnsafeMutablePointer<TypeRecord>) {
        r.pointee.getItem = { raw, v, key in
            returning(raw) { (t) throws(PythonError) -> Value in
                let own = ByteArrayRef(Value(bits: v))
                if t.typeOf(Value(bits: key)) == t.type(.slice) {
                    let range = try SliceIndices.compute(t, Value(bits: key), own.count)
                    let (made, data) = try t.newByteArray(range.count)
                    let copied = own.copy(range, to: data)
                    if copied < range.count { try ByteArrayRef(made).splice(t, copied, Int.max, data, 0) }
                    return made
                }
                let index = try SliceIndices.index(t, Value(bits: key), own.count, "bytearray")
                guard let byte = own.byte(index) else { throw t.raise(.indexError, "bytearray index out of range") }
                return Value(smallInt: Int(byte))
            }
        }
        r.pointee.setItem = { raw, v, key, value in
            storing(raw) { (t) throws(PythonError) -> Int in
                let (own, key, value) = (ByteArrayRef(Value(bits: v)), Value(bits: key), Value(bits: value))
                if t.typeOf(key) == t.type(.slice) {
                    try ByteArrayType.setSlice(t, own, key, value)
                    return 0
                }
                let index = try SliceIndices.index(t, key, own.count, "bytearray")
                let done = value.isNull ? try own.pop(t, index) != nil : own.setByte(index, try BytesType.byte(t, value, "byte"))
                if !done { throw t.raise(.indexError, "bytearray index out of range") }
                return 0
            }
        }
    }

    private static func setSlice(_ t: Thread, _ own: ByteArrayRef, _ key: Value, _ value: Value) throws(PythonError) {
        var bytes = ByteView.empty
        if !value.isNull {
            if let given = try t.byteView(value) {
                bytes = given
            } else {
                if t.isInt(value) || t.isStr(value) {
                    throw t.raise(.typeError, "can assign only bytes, buffers, or iterables of ints in range(0, 256)")
                }
                bytes = try BytesType.numbers(t, value, "bytearray")
            }
        }
        defer { bytes.end() }
        let range = try SliceIndices.compute(t, key, own.count)
        if range.step == 1 { return try own.splice(t, range.start, max(range.start, range.stop), bytes.base, bytes.count) }
        if value.isNull || (bytes.count == 0 && range.count > 0) { return try own.remove(t, range) }
        if bytes.count != range.count {
            throw t.raise(.valueError, "attempt to assign bytes of size \(bytes.count) to extended slice of size \(range.count)")
        }
        own.set(bytes, from: range.start, step: range.step)
    }

    private static func mutators(_ b: TypeBuilder) {
        b.method("append", 1, 1) { raw, s, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                try ByteArrayRef(Value(bits: s)).append(t, BytesType.byte(t, Value(bits: a[0]), "byte"))
                return .none
            }
        }
        b.method("extend", 1, 1) { raw, s, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let source = Value(bits: a[0])
                var bytes = try t.byteView(source)
                if bytes == nil {
                    if t.isStr(source) { throw t.raise(.typeError, "expected iterable of integers; got: 'str'") }
                    let record = t.typeOf(source).record
                    if record.pointee.iterate == nil && record.pointee.getItem == nil {
                        throw t.raise(.typeError, "can't extend bytearray with \(t.typeName(source))")
                    }
                    bytes = try BytesType.numbers(t, source, "bytearray")
                }
                defer { bytes?.end() }
                try ByteArrayRef(Value(bits: s)).append(t, bytes!)
                return .none
            }
        }
        b.method("insert", 2, 2) { raw, s, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let own = ByteArrayRef(Value(bits: s))
                var index = try t.indexInt(Value(bits: a[0]), overflow: nil)
                var byte = try BytesType.byte(t, Value(bits: a[1]), "byte")
                if index < 0 { index = max(0, index + own.count) }
                try withUnsafeBytes(of: &byte) { (bytes) throws(PythonError) in try own.splice(t, index, index, bytes.baseAddress!, 1) }
                return .none
            }
        }
        b.method("pop", 0, 1) { raw, s, a, n, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let own = ByteArrayRef(Value(bits: s))
                let index = n == 1 ? try t.indexInt(Value(bits: a[0])) : -1
                guard let byte = try own.pop(t, index) else {
                    throw t.raise(.indexError, own.count == 0 ? "pop from empty bytearray" : "pop index out of range")
                }
                return Value(smallInt: Int(byte))
            }
        }
        b.method("remove", 1, 1) { raw, s, a, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let byte = try BytesType.byte(t, Value(bits: a[0]), "byte")
                if !(try ByteArrayRef(Value(bits: s)).remove(t, byte)) { throw t.raise(.valueError, "value not found in bytearray") }
                return .none
            }
        }
        b.method("clear", 0, 0) { raw, s, _, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                try ByteArrayRef(Value(bits: s)).replace(t, .empty)
                return .none
            }
        }
        b.method("copy", 0, 0) { raw, s, _, _, _ in
            returning(raw) { (t) throws(PythonError) -> Value in
                let bytes = try ByteArrayRef(Value(bits: s)).view(t)
                defer { bytes.end() }
                return try BytesMethods.make(t, s, bytes.base, bytes.count)
            }
        }
        b.method("reverse", 0, 0) { _, s, _, _, _ in
            ByteArrayRef(Value(bits: s)).reverse()
            return Value.none.bits
        }
    }
}
