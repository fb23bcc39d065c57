// One name space of the source: module, class body, function, or comprehension.
//
// A comprehension (not a generator expression) is a scope but not a code block: its variables live in
// registers of the block around it, its *host*. Everything else is its own host.

import StillSyntax

/// What the source says about a name in one scope.
struct SymbolFlags: OptionSet {
    let rawValue: UInt16
    static let used = SymbolFlags(rawValue: 1)
    static let assigned = SymbolFlags(rawValue: 2)
    static let parameter = SymbolFlags(rawValue: 4)
    static let imported = SymbolFlags(rawValue: 8)
    static let global = SymbolFlags(rawValue: 16)
    static let nonlocal = SymbolFlags(rawValue: 32)
    static let annotated = SymbolFlags(rawValue: 64)
    /// Target of a comprehension's `for`.
    static let iterationVariable = SymbolFlags(rawValue: 128)
    /// A nonlocal the compiler added for `:=` inside a generator expression.
    static let implicitNonlocal = SymbolFlags(rawValue: 256)

    static let bound: SymbolFlags = [.assigned, .parameter, .imported]
}

/// Where a name lives, decided when the whole tree is known.
enum Resolution {
    case unresolved
    case local
    /// Local, and captured by an inner function.
    case cell
    case free
    case globalExplicit
    case globalImplicit
}

struct Symbol {
    var flags: SymbolFlags = []
    var resolution = Resolution.unresolved
    /// Where a `global` or `nonlocal` statement named it, otherwise its first mention.
    var span: SourceSpan
}

final class Scope {
    enum Kind { case module, classBody, function, comprehension }

    /// What a comprehension or generator expression is called in messages.
    enum ComprehensionKind: String {
        case list = "list comprehension"
        case set = "set comprehension"
        case dict = "dict comprehension"
        case generator = "generator expression"
    }

    let kind: Kind
    let name: String
    /// The scope tree is kept alive by its root.
    private(set) weak var parent: Scope?
    private(set) var children: [Scope] = []
    let span: SourceSpan
    /// Class whose private names are mangled here.
    let privateClass: String?

    var symbols: [String: Symbol] = [:]
    /// Names in order of first mention.
    var order: [String] = []
    var parameters: [String] = []

    /// Set for comprehensions and for generator expressions, which are functions.
    var comprehension: ComprehensionKind?
    var isAsyncFunction = false
    /// Contains `yield`.
    var isGenerator = false
    /// Contains `await`, `async for` or an asynchronous comprehension clause.
    var hasAwait = false
    var isLambda = false
    /// The function around a definition with type parameters.
    var isGenericWrapper = false
    /// Part of such a definition: what it is called in messages.
    var typeContext: String?
    /// Contains annotated assignments.
    var hasAnnotations = false
    /// The first `return` with a value.
    var returnValueSpan: SourceSpan?
    /// Inside the iterable of a comprehension clause, where `:=` is not allowed.
    var iterableDepth = 0
    /// Inside the target of a comprehension clause.
    var isInTarget = false

    /// Names assigned by `:=` in this block (hosts only).
    var walrusTargets: Set<String> = []
    /// A class body with methods that need `__class__`.
    var needsClassCell = false

    /// Registers of the variables of this scope, numbered within the host's frame.
    var registers: [String: Int] = [:]
    /// Cells this block gets from outside, in closure order (hosts only).
    var freeNames: [String] = []
    /// Generator expressions: those of `freeNames` whose value they get instead of a cell.
    var valueNames: Set<String> = []
    /// Register names of the whole block (hosts only).
    var localNames: [String] = []
    var cellRegisters: [Int] = []

    init(kind: Kind, name: String, parent: Scope?, span: SourceSpan, privateClass: String?) {
        self.kind = kind
        self.name = name
        self.parent = parent
        self.span = span
        self.privateClass = privateClass
        parent?.children.append(self)
    }

    /// The code block this scope's code is part of.
    var host: Scope {
        var scope = self
        while scope.kind == .comprehension, let parent = scope.parent { scope = parent }
        return scope
    }

    var isFunctionLike: Bool { kind == .function || kind == .comprehension }

    func add(_ name: String, _ flags: SymbolFlags, _ span: SourceSpan) {
        if symbols[name] != nil {
            symbols[name]!.flags.formUnion(flags)
        } else {
            symbols[name] = Symbol(flags: flags, span: span)
            order.append(name)
        }
    }

    func freeIndex(_ name: String) -> Int? { freeNames.firstIndex(of: name) }
}

/// Python's private name mangling: `__x` in class `C` is `_C__x`.
func mangle(_ name: String, in privateClass: String?) -> String {
    guard let privateClass, name.utf8.count > 2, name.utf8.starts(with: "__".utf8) else {
        return name
    }
    if name.hasSuffix("__") || name.utf8.contains(UInt8(ascii: ".")) { return name }
    let stripped = privateClass.drop(while: { $0 == "_" })
    return stripped.isEmpty ? name : "_" + stripped + name
}
