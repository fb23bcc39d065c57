// Collects a static type's attributes while it is being defined.
import StillObmalloc
import StillPlatform
import StillThreadRegistry

/// Setter of a builtin property: (thread, self, value or 0 to delete): 0, or -1 with an exception.
public typealias PropertySetter = @convention(c) (UnsafeMutableRawPointer, UInt64, UInt64) -> Int

public final class TypeBuilder {
    public let type: TypeRef
    public var record: UnsafeMutablePointer<TypeRecord> { type.record }
    var attributes: [(Value, Value)] = []
    var operators: OperatorSet?

    init(_ type: TypeRef) { self.type = type }

    func add(_ name: String, _ value: Value) { add(StaticStrings.intern(name), value) }
    func add(_ name: Value, _ value: Value) {
        if let at = attributes.firstIndex(where: { $0.0.isSame(name) }) {
            attributes[at].1 = value
        } else {
            attributes.append((name, value))
        }
    }
    func has(_ name: Value) -> Bool { attributes.contains { $0.0.isSame(name) } }

    /// A method: the function gets self apart, and `min`…`max` (-1: any number of) arguments behind it.
    public func method(
        _ name: String, _ min: Int, _ max: Int, keywords: Bool = false, intrinsic: UInt32 = 0, _ function: @escaping NativeFunction
    ) {
        native(.methodDescriptor, name, min, max, (keywords ? NativeFlags.keywords : 0) | intrinsic, function)
    }
    /// The function gets the class as self.
    public func classMethod(_ name: String, _ min: Int, _ max: Int, keywords: Bool = false, _ function: @escaping NativeFunction) {
        native(.classMethodDescriptor, name, min, max, NativeFlags.classMethod | (keywords ? NativeFlags.keywords : 0), function)
    }
    /// The function gets 0 as self.
    public func staticMethod(_ name: String, _ min: Int, _ max: Int, keywords: Bool = false, _ function: @escaping NativeFunction) {
        native(.builtinFunction, name, min, max, NativeFlags.staticMethod | (keywords ? NativeFlags.keywords : 0), function)
    }
    private func native(
        _ id: TypeID, _ name: String, _ min: Int, _ max: Int, _ flags: UInt32, _ function: @escaping NativeFunction
    ) {
        let object = StaticTypes.immortalObject(id, bytes: NativeRef.bytes)
        let ref = NativeRef(object)
        ref.fill(StaticStrings.intern(name), min: min, max: max, flags: flags, owner: type.raw, function)
        add(name, Value(object))
    }

    public func getter(_ name: String, _ get: @escaping Slot.Unary) { property(name, get: get, set: nil) }
    public func property(_ name: String, get: @escaping Slot.Unary, set: PropertySetter?) {
        let object = StaticTypes.immortalObject(.getSetDescriptor, bytes: GetSetRef.bytes)
        GetSetRef(object).fill(StaticStrings.intern(name), owner: type.raw, get: get, set: set)
        add(name, Value(object))
    }
    /// A plain attribute; the value must be immortal or immediate.
    public func constant(_ name: String, _ value: Value) { add(name, value) }
    public func doc(_ text: String) { record.pointee.doc = StaticStrings.intern(text) }

    /// Which operators the `binary`, `inPlace` and `unary` slots implement, so that only their methods appear.
    public func operators(
        _ binary: [BinaryOperator], reflected: [BinaryOperator], inPlace: [BinaryOperator] = [],
        unary: [UnaryOperator] = []
    ) {
        operators = OperatorSet(binary, reflected: reflected, inPlace: inPlace, unary: unary)
    }
}

/// The operator methods a static type shows: 14 bits each for `__add__`…, `__radd__`…, `__iadd__`…, then the unary ones.
struct OperatorSet {
    var bits: UInt64 = 0

    init(
        _ binary: [BinaryOperator], reflected: [BinaryOperator], inPlace: [BinaryOperator] = [],
        unary: [UnaryOperator] = []
    ) {
        for op in binary { bits |= 1 << UInt64(op.rawValue) }
        for op in reflected { bits |= 1 << UInt64(14 + op.rawValue) }
        for op in inPlace { bits |= 1 << UInt64(28 + op.rawValue) }
        for op in unary { bits |= 1 << UInt64(42 + op.rawValue) }
    }
    func has(binary op: BinaryOperator) -> Bool { bits >> UInt64(op.rawValue) & 1 != 0 }
    func has(reflected op: BinaryOperator) -> Bool { bits >> UInt64(14 + op.rawValue) & 1 != 0 }
    func has(inPlace op: BinaryOperator) -> Bool { bits >> UInt64(28 + op.rawValue) & 1 != 0 }
    func has(unary op: UnaryOperator) -> Bool { bits >> UInt64(42 + op.rawValue) & 1 != 0 }

    /// What the well-known types implement.
    static func usual(_ type: TypeRef) -> OperatorSet {
        let number: [BinaryOperator] = [.add, .subtract, .multiply, .trueDivide, .floorDivide, .modulo, .power, .divmod]
        let bitwise: [BinaryOperator] = [.and, .or, .xor]
        let is_: (TypeID) -> Bool = { StaticTypes.record($0) == type }
        if is_(.int) {
            let all = number + bitwise + [.leftShift, .rightShift]
            return OperatorSet(all, reflected: all, unary: UnaryOperator.allCases)
        }
        if is_(.bool) { return OperatorSet(bitwise, reflected: bitwise, unary: [.invert]) }
        if is_(.float) { return OperatorSet(number, reflected: number, unary: [.negate, .positive, .absolute]) }
        if is_(.complex) {
            let some: [BinaryOperator] = [.add, .subtract, .multiply, .trueDivide, .power]
            return OperatorSet(some, reflected: some, unary: [.negate, .positive, .absolute])
        }
        if is_(.str) || is_(.bytes) {
            return OperatorSet([.add, .multiply, .modulo], reflected: [.multiply, .modulo])
        }
        if is_(.bytearray) {
            return OperatorSet([.add, .multiply, .modulo], reflected: [.multiply, .modulo], inPlace: [.add, .multiply])
        }
        if is_(.tuple) { return OperatorSet([.add, .multiply], reflected: [.multiply]) }
        if is_(.list) { return OperatorSet([.add, .multiply], reflected: [.multiply], inPlace: [.add, .multiply]) }
        let sets: [BinaryOperator] = [.subtract, .and, .or, .xor]
        if is_(.set) { return OperatorSet(sets, reflected: sets, inPlace: sets) }
        if is_(.frozenset) || is_(.dictKeys) || is_(.dictItems) { return OperatorSet(sets, reflected: sets) }
        if is_(.dict) || is_(.mappingProxy) { return OperatorSet([.or], reflected: [.or], inPlace: [.or]) }
        if is_(.type) || is_(.genericAlias) || is_(.unionType) { return OperatorSet([.or], reflected: [.or]) }
        return OperatorSet(BinaryOperator.allCases, reflected: BinaryOperator.allCases, inPlace: BinaryOperator.allCases, unary: UnaryOperator.allCases)
    }
}
