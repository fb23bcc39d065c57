// The slots of static types as methods: `int.__add__` (slotWrapper) and `(1).__add__` (methodWrapper).
//
//   slotWrapper    24 number of the special method   32 owner type   40 name
//   methodWrapper  24 slotWrapper   32 self
import StillObmalloc
import StillPlatform
import StillThreadRegistry

struct SlotWrapper {
    let object: ObjectRef
    init(_ value: Value) { object = value.object }
    init(_ object: ObjectRef) { self.object = object }
    static let bytes = 48

    var method: SpecialMethod { SpecialMethod.all[object.field(24, as: Int.self)] }
    var owner: TypeRef { TypeRef(object.field(32, as: UnsafeMutableRawPointer.self)) }
    var name: Value { object.field(40) }

    /// Adds wrappers for the slots that a static type's definition has filled.
    static func addAll(to builder: TypeBuilder) {
        let record = builder.record.pointee
        let operators = builder.operators!
        for (number, method) in SpecialMethod.all.enumerated() {
            if !record.isSet(method.group) || builder.has(method.name) { continue }
            switch method.kind {
            case .getAttr, .finalize: continue
            case .new:
                addNew(to: builder)
                continue
            case .binary: if !operators.has(binary: BinaryOperator(rawValue: method.op)!) { continue }
            case .reflected: if !operators.has(reflected: BinaryOperator(rawValue: method.op)!) { continue }
            case .inPlace: if !operators.has(inPlace: BinaryOperator(rawValue: method.op)!) { continue }
            case .unary: if !operators.has(unary: UnaryOperator(rawValue: method.op)!) { continue }
            default: break
            }
            let object = StaticTypes.immortalObject(.slotWrapper, bytes: bytes)
            object.setField(24, number)
            object.setField(32, builder.type.raw)
            object.setField(40, method.name)
            builder.add(method.name, Value(object))
        }
        if record.compare != nil && record.hash == nil && !builder.has(Names.__hash__)
            && builder.type != StaticTypes.record(.object)
        {
            builder.add(Names.__hash__, .none)
        }
    }

    /// `int.__new__`: a function that takes the class first.
    private static func addNew(to builder: TypeBuilder) {
        let object = StaticTypes.immortalObject(.builtinFunction, bytes: NativeRef.bytes)
        NativeRef(object).fill(
            Names.__new__, min: 0, max: -1, flags: NativeFlags.keywords | NativeFlags.new, owner: builder.type.raw, callNew)
        object.setField(64, builder.type.value)
        builder.add(Names.__new__, Value(object))
    }

    private static let callNew: NativeFunction = { t, s, args, n, k in
        returning(t) { (t) throws(PythonError) -> Value in
            let owner = TypeRef(Value(bits: s))
            // Their texts are for errors only.
            var name: String { StrRef(owner.record.pointee.name).string }
            if n < 1 { throw t.raise(.typeError, "\(name).__new__(): not enough arguments") }
            let cls = Value(bits: args[0])
            guard t.isType(cls) else {
                throw t.raise(.typeError, "\(name).__new__(X): X is not a type object (\(t.typeName(cls)))")
            }
            let type = TypeRef(cls)
            var typeName: String { StrRef(type.record.pointee.name).string }
            guard t.isSubtype(type, owner) else {
                throw t.raise(.typeError, "\(name).__new__(\(typeName)): \(typeName) is not a subtype of \(name)")
            }
            // A subclass with a larger native layout must be made by the type that knows it.
            let native = TypeRef(type.record.pointee.nativeBase!)
            if native != owner && native.record.pointee.basicSize != owner.record.pointee.basicSize {
                let safe = StrRef(native.record.pointee.name).string
                throw t.raise(.typeError, "\(name).__new__(\(typeName)) is not safe, use \(safe).__new__()")
            }
            guard let new = owner.record.pointee.new else {
                throw t.raise(.typeError, "cannot create '\(typeName)' instances")
            }
            return try t.checked(new(t.raw, cls.bits & ~4, args + 1, n - 1, k))
        }
    }

    // MARK: Calling

    func call(_ t: Thread, _ receiver: Value, _ a: UnsafeMutablePointer<UInt64>, _ n: Int, _ k: UInt64) throws(PythonError) -> Value {
        let method = method
        let record = owner.record
        let s = receiver.bits
        if k != 0 && method.kind != .call && method.kind != .initialize && TypeRef.tupleCount(Value(bits: k)) != 0 {
            throw t.raise(.typeError, "wrapper \(StrRef(name).string)() takes no keyword arguments")
        }
        func need(_ min: Int, _ max: Int? = nil) throws(PythonError) {
            if n < min || n > max ?? min {
                if let max, max != min {
                    let bound = n < min ? min : max
                    throw t.raise(.typeError, "expected at \(n < min ? "least" : "most") \(bound) argument\(bound == 1 ? "" : "s"), got \(n)")
                }
                throw t.raise(.typeError, "expected \(min) argument\(min == 1 ? "" : "s"), got \(n)")
            }
        }
        func stored(_ status: Int) throws(PythonError) -> Value {
            _ = try t.checked(status)
            return .none
        }
        switch method.kind {
        case .repr, .str, .iterate, .index, .int, .float:
            try need(0)
            let slot: Slot.Unary? =
                switch method.kind {
                case .repr: record.pointee.repr
                case .str: record.pointee.str
                case .iterate: record.pointee.iterate
                case .index: record.pointee.index
                case .int: record.pointee.int
                default: record.pointee.float
                }
            return try t.checked(slot!(t.raw, s))
        case .next:
            try need(0)
            let bits = record.pointee.next!(t.raw, s)
            if bits == 0 && !t.hasRaised { throw t.stopIteration(.none) }
            return try t.checked(bits)
        case .hash:
            try need(0)
            return try t.makeInt(try t.checked(record.pointee.hash!(t.raw, s)))
        case .bool:
            try need(0)
            return Value(try t.checked(record.pointee.truth!(t.raw, s)) != 0)
        case .length:
            try need(0)
            return try t.makeInt(try t.checked(record.pointee.length!(t.raw, s)))
        case .getAttribute:
            try need(1)
            return try t.checked(record.pointee.getAttribute!(t.raw, s, a[0]))
        case .setAttribute:
            try need(2)
            return try stored(record.pointee.setAttribute!(t.raw, s, a[0], a[1]))
        case .deleteAttribute:
            try need(1)
            return try stored(record.pointee.setAttribute!(t.raw, s, a[0], 0))
        case .get:
            try need(1, 2)
            let object = Value(bits: a[0])
            let type = n == 2 ? Value(bits: a[1]) : .none
            if object.isNone && type.isNone { throw t.raise(.typeError, "__get__(None, None) is invalid") }
            return try t.checked(
                record.pointee.descriptorGet!(t.raw, s, object.isNone ? 0 : object.bits, type.isNone ? 0 : type.bits))
        case .set:
            try need(2)
            return try stored(record.pointee.descriptorSet!(t.raw, s, a[0], a[1]))
        case .delete:
            try need(1)
            return try stored(record.pointee.descriptorSet!(t.raw, s, a[0], 0))
        case .getItem:
            try need(1)
            return try t.checked(record.pointee.getItem!(t.raw, s, a[0]))
        case .setItem:
            try need(2)
            return try stored(record.pointee.setItem!(t.raw, s, a[0], a[1]))
        case .deleteItem:
            try need(1)
            return try stored(record.pointee.setItem!(t.raw, s, a[0], 0))
        case .contains:
            try need(1)
            return Value(try t.checked(record.pointee.contains!(t.raw, s, a[0])) != 0)
        case .call:
            return try t.checked(record.pointee.call!(t.raw, s, a, n, k))
        case .initialize:
            return try stored(record.pointee.initialize!(t.raw, s, a, n, k))
        case .compare:
            try need(1)
            return try t.checked(record.pointee.compare!(t.raw, method.op, s, a[0]))
        case .binary:
            if method.op == BinaryOperator.power.rawValue && n == 2 && !Value(bits: a[1]).isNone {
                return try t.power(receiver, Value(bits: a[0]), Value(bits: a[1]))
            }
            try need(1, method.op == BinaryOperator.power.rawValue ? 2 : 1)
            return try t.checked(record.pointee.binary!(t.raw, method.op, s, a[0]))
        case .reflected:
            try need(1)
            return try t.checked(record.pointee.binary!(t.raw, method.op, a[0], s))
        case .inPlace:
            try need(1)
            return try t.checked(record.pointee.inPlace!(t.raw, method.op, s, a[0]))
        case .unary:
            try need(0)
            return try t.checked(record.pointee.unary!(t.raw, method.op, s, 0))
        case .getAttr, .new, .finalize:
            throw t.raise(.systemError, "no wrapper for \(StrRef(name).string)")
        }
    }

    static let callSlot: NativeFunction = { t, f, args, n, k in
        returning(t) { (t) throws(PythonError) -> Value in
            let wrapper = SlotWrapper(Value(bits: f))
            // Their texts are for errors only.
            var name: String { StrRef(wrapper.name).string }
            var owner: String { StrRef(wrapper.owner.record.pointee.name).string }
            if n < 1 { throw t.raise(.typeError, "descriptor '\(name)' of '\(owner)' object needs an argument") }
            let receiver = Value(bits: args[0])
            guard t.isInstance(receiver, of: wrapper.owner) else {
                throw t.raise(.typeError, "descriptor '\(name)' requires a '\(owner)' object but received a '\(t.typeName(receiver))'")
            }
            return try wrapper.call(t, receiver, args + 1, n - 1, k)
        }
    }
    static let getSlot: Slot.DescriptorGet = { t, d, object, _ in
        returning(t) { (t) throws(PythonError) -> Value in
            let descriptor = Value(bits: d)
            if object == 0 { return t.retain(descriptor) }
            let receiver = Value(bits: object)
            let owner = SlotWrapper(descriptor).owner
            guard t.isInstance(receiver, of: owner) else {
                throw t.raise(.typeError,
                    "descriptor '\(StrRef(SlotWrapper(descriptor).name).string)' for '\(StrRef(owner.record.pointee.name).string)' objects doesn't apply to a '\(t.typeName(receiver))' object")
            }
            let made = try t.makeObject(.methodWrapper, bytes: 40)
            made.setField(24, t.retain(descriptor))
            made.setField(32, t.retain(receiver))
            return Value(made)
        }
    }
    static let callBound: NativeFunction = { t, f, args, n, k in
        returning(t) { (t) throws(PythonError) -> Value in
            let bound = Value(bits: f).object
            return try SlotWrapper(bound.field(24, as: Value.self)).call(t, bound.field(32), args, n, k)
        }
    }
}
