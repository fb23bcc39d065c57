// Facts about opcodes that the compiler, the verifier and the disassembler share.

extension Opcode {
    /// Control never continues with the next instruction.
    public var endsFlow: Bool {
        switch self {
        case .jump, .jumpBack, .returnValue, .returnConstant, .raise, .reraise, .endAsyncFor,
            .unsupported:
            true
        default: false
        }
    }

    /// A compare that jumps: the signed 16-bit offset is in a, the operands in b and c.
    public var isFusedCompare: Bool {
        switch self {
        case .jumpLess, .jumpLessEqual, .jumpEqual, .jumpNotEqual, .jumpGreater,
            .jumpGreaterEqual, .jumpIsSame:
            true
        default: isSmallFusedCompare
        }
    }

    /// A fused compare whose right operand is Int16(c).
    public var isSmallFusedCompare: Bool {
        switch self {
        case .jumpLessSmall, .jumpLessEqualSmall, .jumpEqualSmall, .jumpNotEqualSmall,
            .jumpGreaterSmall, .jumpGreaterEqualSmall:
            true
        default: false
        }
    }

    /// A jump whose 32-bit offset is `wide`.
    public var isWideJump: Bool {
        switch self {
        case .jump, .jumpBack, .jumpIfTrue, .jumpIfFalse, .jumpIfNone, .jumpIfNotNone,
            .jumpIfTrueOrPop, .jumpIfFalseOrPop, .endAsyncFor:
            true
        default: false
        }
    }

    /// `wide` is an index or a number, not registers b and c.
    public var usesWide: Bool {
        switch self {
        case .loadConstant, .loadSmallInt, .returnConstant, .unsupported: true
        default: isWideJump
        }
    }
}
