// The special methods: number, name, and the slot each belongs to.
import StillObmalloc
import StillPlatform
import StillThreadRegistry

/// A slot of the type record that special methods fill.
enum SlotGroup: Int, CaseIterable {
    case repr, str, hash, compare, getAttribute, setAttribute, descriptorGet, descriptorSet, iterate, next
    case binary, inPlace, unary, truth, length, getItem, setItem, contains, index, int, float
    case call, initialize, new, finalize
}

/// A special method. Numbers are stored in wrapper objects.
struct SpecialMethod {
    enum Kind: Int {
        case repr, str, hash, getAttribute, getAttr, setAttribute, deleteAttribute, get, set, delete, iterate, next, bool, length
        case getItem, setItem, deleteItem, contains, index, int, float, call, initialize, new, finalize
        case compare, binary, reflected, inPlace, unary
    }
    let kind: Kind
    /// Operator for the last five kinds.
    let op: Int
    let name: Value
    let group: SlotGroup

    /// All special methods; an entry's index is its number.
    static let all: [SpecialMethod] = {
        var list: [SpecialMethod] = []
        func add(_ kind: Kind, _ group: SlotGroup, _ name: String, _ op: Int = 0) {
            list.append(SpecialMethod(kind: kind, op: op, name: StaticStrings.intern(name), group: group))
        }
        add(.repr, .repr, "__repr__")
        add(.str, .str, "__str__")
        add(.hash, .hash, "__hash__")
        add(.getAttribute, .getAttribute, "__getattribute__")
        add(.getAttr, .getAttribute, "__getattr__")
        add(.setAttribute, .setAttribute, "__setattr__")
        add(.deleteAttribute, .setAttribute, "__delattr__")
        add(.get, .descriptorGet, "__get__")
        add(.set, .descriptorSet, "__set__")
        add(.delete, .descriptorSet, "__delete__")
        add(.iterate, .iterate, "__iter__")
        add(.next, .next, "__next__")
        add(.bool, .truth, "__bool__")
        add(.length, .length, "__len__")
        add(.getItem, .getItem, "__getitem__")
        add(.setItem, .setItem, "__setitem__")
        add(.deleteItem, .setItem, "__delitem__")
        add(.contains, .contains, "__contains__")
        add(.index, .index, "__index__")
        add(.int, .int, "__int__")
        add(.float, .float, "__float__")
        add(.call, .call, "__call__")
        add(.initialize, .initialize, "__init__")
        add(.new, .new, "__new__")
        add(.finalize, .finalize, "__del__")
        for op in CompareOperator.allCases { add(.compare, .compare, op.method, op.rawValue) }
        for op in BinaryOperator.allCases {
            add(.binary, .binary, "__\(op.method)__", op.rawValue)
            add(.reflected, .binary, "__r\(op.method)__", op.rawValue)
            if op != .divmod { add(.inPlace, .inPlace, "__i\(op.method)__", op.rawValue) }
        }
        for op in UnaryOperator.allCases { add(.unary, .unary, op.method, op.rawValue) }
        return list
    }()

    /// Groups and their methods.
    static let byGroup: [[SpecialMethod]] = SlotGroup.allCases.map { group in all.filter { $0.group == group } }

    /// The group a name belongs to.
    static func group(of name: Value) -> SlotGroup? { all.first { $0.name.isSame(name) }?.group }

    /// Names used by generic slots, by operator.
    nonisolated(unsafe) static let binaryNames: UnsafeMutablePointer<Value> = table(BinaryOperator.allCases.map { "__\($0.method)__" })
    nonisolated(unsafe) static let reflectedNames: UnsafeMutablePointer<Value> = table(BinaryOperator.allCases.map { "__r\($0.method)__" })
    nonisolated(unsafe) static let inPlaceNames: UnsafeMutablePointer<Value> = table(BinaryOperator.allCases.map { "__i\($0.method)__" })
    nonisolated(unsafe) static let unaryNames: UnsafeMutablePointer<Value> = table(UnaryOperator.allCases.map(\.method))
    nonisolated(unsafe) static let compareNames: UnsafeMutablePointer<Value> = table(CompareOperator.allCases.map(\.method))

    private static func table(_ names: [String]) -> UnsafeMutablePointer<Value> {
        guard let raw = rawAllocate(names.count * 8) else { stillBug("no memory for the special names") }
        let table = raw.assumingMemoryBound(to: Value.self)
        for (index, name) in names.enumerated() { table[index] = StaticStrings.intern(name) }
        return table
    }
}
