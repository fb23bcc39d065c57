// The type `str`: slots.
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import Synchronization

enum StrType {
    static func define() {
        StaticTypes.define(
            .str, "str", basicSize: UInt32(StrRef.bufferedBytes), flags: TypeFlags.baseType | TypeFlags.strSubclass
        ) { b in
            let r = b.record
            r.pointee.memory.traverse = { object, visitor in InstanceLayout.traverseExtra(object, visitor) }
            r.pointee.memory.clear = { raw, object in InstanceLayout.clearExtra(Thread(raw), ObjectRef(object)) }
            r.pointee.memory.deallocate = { raw, object in
                let t = Thread(raw)
                let string = StrRef(Value(ObjectRef(object)))
                if ObjectRef(object).typeRaw == t.type(.str).raw {
                    if _slowPath(!string.isInline) { Allocation.freeBuffer(t, string.data, bytes: ObjectRef(object).field(48)) }
                    Allocation.free(ObjectRef(object), t)
                    return
                }
                if TypeRef(ObjectRef(object).typeRaw).has(TypeFlags.heapType) && InstanceLayout.staysAlive(t, ObjectRef(object)) { return }
                if !string.isInline { Allocation.freeBuffer(t, string.data, bytes: max(1, string.count * string.width)) }
                Allocation.free(ObjectRef(object), t)
            }
            r.pointee.new = { raw, type, a, n, k in
                returning(raw) { (t) throws(PythonError) -> Value in
                    if n == 1 && k == 0 && TypeRef(Value(bits: type)) == t.type(.str) { return try t.str(Value(bits: a[0])) }
                    let arguments = try Arguments.parse(
                        t, function: "str", a, n, k, names: ["object", "encoding", "errors"], required: 0)
                    var text: Value
                    if arguments[0].isNull {
                        text = t.emptyString
                    } else if arguments[1].isNull && arguments[2].isNull {
                        text = try t.str(arguments[0])
                    } else {
                        text = try BytesCodec.decode(t, arguments[0], arguments[1], arguments[2])
                    }
                    let type = TypeRef(Value(bits: type))
                    if type == t.type(.str) { return text }
                    defer { t.release(text) }
                    let source = StrRef(text)
                    let object = try t.allocateInstance(of: type)
                    let bytes = source.count * source.width
                    guard let buffer = Allocation.buffer(t, bytes: max(1, bytes)) else { throw t.noMemory() }
                    copyBytes(buffer, source.data, bytes)
                    StrRef(Value(object)).setBuffer(buffer, size: 0, count: source.count)
                    object.setFlag(UInt8(source.kind) << StrRef.kindShift)
                    return Value(object)
                }
            }
            r.pointee.repr = { raw, v in
                returning(raw) { (t) throws(PythonError) -> Value in
                    let string = StrRef(Value(bits: v))
                    if (0..<string.count).contains(where: { Unicode.Scalar(string.codePoint($0)) == nil }) {
                        // Lone surrogates are escaped one by one.
                        var view = String.UnicodeScalarView()
                        for index in 0..<string.count { StrOps.escape(string.codePoint(index), 39, &view) }
                        return try t.makeString("'" + String(view) + "'")
                    }
                    return try t.makeString(StrOps.repr(string))
                }
            }
            r.pointee.str = { raw, v in
                returning(raw) { (t) throws(PythonError) -> Value in
                    if t.typeOf(Value(bits: v)) == t.type(.str) { return t.retain(Value(bits: v)) }
                    let string = StrRef(Value(bits: v))
                    return string.count == 0 ? t.emptyString : try StrOps.stride(t, string, 0, 1, string.count)
                }
            }
            r.pointee.hash = { _, v in StrRef(Value(bits: v)).hash }
            r.pointee.compare = { raw, op, a, b in
                let t = Thread(raw)
                guard t.isStr(Value(bits: a)), t.isStr(Value(bits: b)) else { return Value.notImplemented.bits }
                let x = StrRef(Value(bits: a))
                let y = StrRef(Value(bits: b))
                switch CompareOperator(rawValue: op)! {
                case .equal: return Value(StrRef.equal(x, y)).bits
                case .notEqual: return Value(!StrRef.equal(x, y)).bits
                case .less: return Value(StrRef.compare(x, y) < 0).bits
                case .lessEqual: return Value(StrRef.compare(x, y) <= 0).bits
                case .greater: return Value(StrRef.compare(x, y) > 0).bits
                case .greaterEqual: return Value(StrRef.compare(x, y) >= 0).bits
                }
            }
            r.pointee.length = { _, v in StrRef(Value(bits: v)).count }
            r.pointee.getItem = { raw, v, key in
                returning(raw) { (t) throws(PythonError) -> Value in
                    let string = StrRef(Value(bits: v))
                    let key = Value(bits: key)
                    if key.isSmallInt {
                        let one = string.single(at: key.smallInt)
                        if !one.isNull { return one }
                    }
                    if t.typeOf(key) == t.type(.slice) {
                        return try StrOps.take(t, string, SliceIndices.compute(t, key, string.count))
                    }
                    let index = try SliceIndices.index(t, key, string.count, "string")
                    return try StrOps.slice(t, string, index, index + 1)
                }
            }
            r.pointee.contains = { raw, v, item in
                storing(raw) { (t) throws(PythonError) -> Int in
                    guard t.isStr(Value(bits: item)) else {
                        throw t.raise(
                            .typeError, "'in <string>' requires string as left operand, not \(t.typeName(Value(bits: item)))")
                    }
                    let string = StrRef(Value(bits: v))
                    return StrOps.find(string, StrRef(Value(bits: item)), 0, string.count) >= 0 ? 1 : 0
                }
            }
            r.pointee.iterate = { raw, v in
                returning(raw) { (t) throws(PythonError) -> Value in try t.makeIterator(.strIterator, over: Value(bits: v)) }
            }
            r.pointee.binary = { raw, op, a, b in
                returning(raw) { (t) throws(PythonError) -> Value in
                    let x = Value(bits: a)
                    let y = Value(bits: b)
                    switch BinaryOperator(rawValue: op)! {
                    case .add:
                        guard t.isStr(x) else { return .notImplemented }
                        guard t.isStr(y) else {
                            throw t.raise(.typeError, "can only concatenate str (not \"\(t.typeName(y))\") to str")
                        }
                        return try StrOps.concatenate(t, x, y)
                    case .multiply:
                        let (string, factor) = t.isStr(x) ? (x, y) : (y, x)
                        guard t.isStr(string) else { return .notImplemented }
                        guard let times = try SequenceRepeat.factor(t, factor) else { return .notImplemented }
                        return try StrOps.multiply(t, StrRef(string), times)
                    case .modulo:
                        guard t.isStr(x) else { return .notImplemented }
                        return try PercentFormat.format(t, StrRef(x), y)
                    default: return .notImplemented
                    }
                }
            }
            StrMethods.define(b)
        }
        StaticTypes.define(.strIterator, "str_ascii_iterator", basicSize: IteratorRef.bytes, flags: TypeFlags.collectable) { b in
            IteratorTypes.memory(b.record)
            IteratorReduction.add(b)
            b.method("__length_hint__", 0, 0) { raw, s, _, _, _ in
                returning(raw) { (t) throws(PythonError) -> Value in
                    Value(smallInt: max(0, try t.length(IteratorRef(s).source) - IteratorRef(s).index))
                }
            }
            b.record.pointee.next = { raw, v in
                returningOptional(raw) { (t) throws(PythonError) -> Value in
                    let iterator = IteratorRef(v)
                    let string = StrRef(iterator.source)
                    let index = iterator.index
                    if index >= string.count { return .null }
                    iterator.setIndex(index + 1)
                    if string.width == 1 { return StaticStrings.single(string.codePoint(index)) }
                    return try StrOps.slice(t, string, index, index + 1)
                }
            }
        }
    }
}

enum StringTypes {
    static func define() {
        StrType.define()
        BytesType.define()
        ByteArrayType.define()
        MemoryViewType.define()
    }
}
