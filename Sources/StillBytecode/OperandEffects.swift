// What each instruction does to registers: the ownership rules of Opcode.swift as data.

/// Registers that one instruction reads, gives up and writes.
public struct OperandEffects: Equatable, Sendable {
    /// Read and kept.
    public var reads: [Int] = []
    /// Read and given up. Local variables never are.
    public var consumes: [Int] = []
    public var writes: [Int] = []
    /// Emptied, whatever they held.
    public var clears: [Int] = []
    /// A consume flag names a register that the instruction overwrites anyway.
    public var hasRedundantFlag = false

    /// Effects of `instruction`. For `forIterate` those of the step that finds an item; for
    /// the or-pop jumps those of continuing.
    public init(_ instruction: Instruction) {
        let a = Int(instruction.a)
        let b = Int(instruction.b)
        let c = Int(instruction.c)
        let opcode = instruction.opcode
        switch opcode {
        case .nop, .jump, .jumpBack, .deleteGlobal, .deleteName, .deleteFree, .makeGenerator,
            .setupAnnotations, .returnConstant, .unsupported:
            break
        case .loadConstant, .loadSmallInt, .loadGlobal, .loadName, .loadNameOrFree, .loadFree,
            .loadFreeCell, .loadBuildClass, .loadLocals, .loadAssertionError:
            writes = [a]
        case .deleteLocal, .clear: clears = [a]
        case .makeCell:
            break
        case .loadCell:
            reads = [b]
            writes = [a]
        case .deleteCell: reads = [b]
        case .storeCell:
            read(instruction, a: true)
            reads.append(b)
        case .storeGlobal, .storeName, .storeFree, .deleteAttribute, .returnValue, .importStar,
            .jumpIfTrue, .jumpIfFalse, .jumpIfNone, .jumpIfNotNone, .reraise:
            read(instruction, a: true)
        case .jumpIfTrueOrPop, .jumpIfFalseOrPop, .endAsyncFor: consumes = [a]
        case .raise:
            read(instruction, a: c >= 1, b: c >= 2)
        case .raiseGroup:
            read(instruction, a: true)
            reads.append(b)
        case .storeAttribute, .deleteSubscript: read(instruction, a: true, b: true)
        case .storeSubscript: read(instruction, a: true, b: true, c: true)
        case .loadMethod:
            writes = [a, a + FrameLayout.argumentOffset]
            read(instruction, b: true)
        case .loadSuperAttribute:
            consumes = [b]
            writes = [a, a + FrameLayout.argumentOffset]
        case .buildTuple, .buildList, .buildSet, .buildString, .buildSlice:
            consumes = Array(b..<b + c)
            writes = [a]
        case .buildDict:
            consumes = Array(b..<b + 2 * c)
            writes = [a]
        case .listAppend, .setAdd, .listExtend, .setUpdate, .dictUpdate:
            reads = [a]
            read(instruction, b: true)
        case .dictAdd:
            reads = [a]
            read(instruction, b: true, c: true)
        case .dictMerge:
            reads = [a, c]
            read(instruction, b: true)
        case .formatValue:
            writes = [a]
            read(instruction, b: true, c: c != 0xFFFF)
        case .unpackSequence:
            writes = Array(a..<a + c)
            read(instruction, b: true)
        case .unpackStarred:
            writes = Array(a..<a + (c & 0xFF) + (c >> 8) + 1)
            read(instruction, b: true)
        case .forIterate:
            reads = [b]
            writes = [a]
        case .call:
            let first = a + FrameLayout.argumentOffset
            consumes = [a] + Array(first..<first + b)
            writes = [a]
        case .callMethod:
            let first = a + FrameLayout.argumentOffset
            consumes = [a] + Array(first...first + b)
            writes = [a]
        case .callSpread:
            let first = a + FrameLayout.argumentOffset
            consumes = [a] + Array(first...first + c)
            writes = [a]
        case .getAsyncNext:
            reads = [b]
            writes = [a]
        case .delegate:
            consumes = [a, b]
            writes = [a]
        case .makeFunction:
            consumes = Array(a..<a + c.nonzeroBitCount)
            writes = [a]
        case .makeGeneratorExpression:
            consumes = Array(a...a + c)
            writes = [a]
        case .pushHandled:
            reads = [a]
            writes = [a + 1]
        case .popHandled: consumes = [a, a + 1]
        case .matchExceptionGroup:
            writes = [a, a + 1]
            read(instruction, b: true, c: true)
        case .importName:
            consumes = [a, a + 1]
            writes = [a]
        case .matchClass:
            reads = [b, b + 1, b + 2]
            writes = [a]
        default:
            if opcode.isFusedCompare {
                read(instruction, b: true, c: !opcode.isSmallFusedCompare)
            } else {
                writes = [a]
                read(instruction, b: true, c: opcode.readsRegisterC)
            }
        }
    }

    /// Ordinary operands: given up when flagged or overwritten.
    private mutating func read(
        _ instruction: Instruction, a: Bool = false, b: Bool = false, c: Bool = false
    ) {
        func add(_ register: UInt16, _ flag: UInt8) {
            let isFlagged = instruction.flags & flag != 0
            if writes.contains(Int(register)) {
                if isFlagged { hasRedundantFlag = true }
                consumes.append(Int(register))
            } else if isFlagged {
                consumes.append(Int(register))
            } else {
                reads.append(Int(register))
            }
        }
        if a { add(instruction.a, InstructionFlags.consumeA) }
        if b { add(instruction.b, InstructionFlags.consumeB) }
        if c { add(instruction.c, InstructionFlags.consumeC) }
    }
}

extension Opcode {
    /// `a = b op c` with a register c.
    public var readsRegisterC: Bool {
        switch self {
        case .add, .subtract, .multiply, .trueDivide, .floorDivide, .modulo, .power, .leftShift,
            .rightShift, .bitAnd, .bitOr, .bitXor, .matrixMultiply, .less, .lessEqual, .equal,
            .notEqual, .greater, .greaterEqual, .isSame, .isNotSame, .contains, .notContains,
            .loadSubscript, .matchException, .matchKeys, .mappingRest:
            true
        default: false
        }
    }
}
