// What the compiler hands to the VM for one code block. Plain Swift values: no runtime is needed to
// make, inspect or disassemble them. The VM turns a unit into a code object when it is loaded.

/// A constant of a code unit.
public indirect enum CodeConstant: Hashable, Sendable {
    case none, `true`, `false`, ellipsis
    case int(Int64)
    /// An integer that does not fit 64 bits: digits of base 16 without prefix.
    case bigInt(hex: String)
    case float(bits: UInt64)
    case complex(realBits: UInt64, imaginaryBits: UInt64)
    /// Code points; lone surrogates are possible.
    case string([UInt32])
    case bytes([UInt8])
    case tuple([CodeConstant])
    case frozenSet([CodeConstant])
    case code(CodeUnit)
}

/// One entry of the exception table; entries are searched in order, the first that covers the pc wins
/// (innermost first).
public struct ExceptionTableEntry: Hashable, Sendable {
    /// Words covered: `start ..< end`, compared with the index of the raising instruction.
    public var start: Int32
    public var end: Int32
    /// Where the handler starts.
    public var handler: Int32
    /// Temporaries from this register on are released and nulled before the handler runs.
    public var firstReleased: UInt16
    /// The register that receives the exception (>= firstReleased).
    public var exceptionRegister: UInt16

    public init(
        start: Int32, end: Int32, handler: Int32, firstReleased: UInt16, exceptionRegister: UInt16
    ) {
        self.start = start
        self.end = end
        self.handler = handler
        self.firstReleased = firstReleased
        self.exceptionRegister = exceptionRegister
    }
}

/// Source position of the instructions from `start` on, up to the next entry. Columns are UTF-8 bytes from 0; -1: unknown.
public struct LineTableEntry: Hashable, Sendable {
    public var start: Int32
    public var line: Int32
    public var column: Int32
    public var endLine: Int32
    public var endColumn: Int32

    public init(start: Int32, line: Int32, column: Int32, endLine: Int32, endColumn: Int32) {
        self.start = start
        self.line = line
        self.column = column
        self.endLine = endLine
        self.endColumn = endColumn
    }
}

public struct CodeFlags: OptionSet, Hashable, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    public static let optimized = CodeFlags(rawValue: 0x1)
    public static let newLocals = CodeFlags(rawValue: 0x2)
    public static let variadicPositional = CodeFlags(rawValue: 0x4)
    public static let variadicKeyword = CodeFlags(rawValue: 0x8)
    public static let nested = CodeFlags(rawValue: 0x10)
    public static let generator = CodeFlags(rawValue: 0x20)
    public static let coroutine = CodeFlags(rawValue: 0x80)
    public static let iterableCoroutine = CodeFlags(rawValue: 0x100)
    public static let asyncGenerator = CodeFlags(rawValue: 0x200)
    /// A generator expression: the cells of its free variables, or the values of those that never change, lie in registers
    /// 1 ... freeNames.count, behind the iterator.
    public static let freeInRegisters = CodeFlags(rawValue: 0x4000_0000)
    /// Those that Python code may see.
    public static let visible: UInt32 = 0x3FFF_FFFF
}

/// A compiled block: module, class body, function, lambda, generator expression.
public final class CodeUnit: Hashable, Sendable {
    public let name: String
    public let qualifiedName: String
    public let filename: String
    public let firstLine: Int32
    public let flags: CodeFlags
    /// Positional parameters, positional-only ones included.
    public let argumentCount: Int
    public let positionalOnlyCount: Int
    public let keywordOnlyCount: Int
    /// Local variables in register order: parameters (positional, keyword-only, *args, **kwargs), then the others.
    /// Compiler-made locals have names that start with ".".
    public let localNames: [String]
    /// What a generator expression's free variable is called among them: one that is a cell, and one that is a value.
    public static let cellPrefix = "."
    public static let valuePrefix = ".."
    /// Registers (all < localNames.count) that hold cells; parameters among them are wrapped by makeCell at the start.
    public let cellRegisters: [UInt16]
    public let freeNames: [String]
    /// Locals plus temporaries.
    public let registerCount: Int
    public let names: [String]
    public let constants: [CodeConstant]
    public let instructions: [UInt64]
    public let exceptionTable: [ExceptionTableEntry]
    public let lineTable: [LineTableEntry]
    /// Class bodies and functions: constants[0] when it is the docstring.
    public let docstring: [UInt32]?

    public init(
        name: String, qualifiedName: String, filename: String, firstLine: Int32, flags: CodeFlags,
        argumentCount: Int, positionalOnlyCount: Int, keywordOnlyCount: Int, localNames: [String],
        cellRegisters: [UInt16], freeNames: [String], registerCount: Int, names: [String],
        constants: [CodeConstant], instructions: [UInt64],
        exceptionTable: [ExceptionTableEntry], lineTable: [LineTableEntry], docstring: [UInt32]?
    ) {
        self.name = name
        self.qualifiedName = qualifiedName
        self.filename = filename
        self.firstLine = firstLine
        self.flags = flags
        self.argumentCount = argumentCount
        self.positionalOnlyCount = positionalOnlyCount
        self.keywordOnlyCount = keywordOnlyCount
        self.localNames = localNames
        self.cellRegisters = cellRegisters
        self.freeNames = freeNames
        self.registerCount = registerCount
        self.names = names
        self.constants = constants
        self.instructions = instructions
        self.exceptionTable = exceptionTable
        self.lineTable = lineTable
        self.docstring = docstring
    }

    /// Identity: two blocks are never merged as constants.
    public static func == (left: CodeUnit, right: CodeUnit) -> Bool { left === right }
    public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
