// Checks a code unit by running it on abstract values.
//
// Every temporary is dead, live, or, where paths meet that disagree, uncertain. The rules:
//
// - only a live temporary is read or given up; only a dead one is written, unless the instruction
//   gives up what it overwrites; an uncertain one may only be cleared;
// - nothing but the result is live when the block returns;
// - whatever an instruction covered by a handler gives up is released by that handler's entry;
// - jumps and handlers lead to instructions, indices are in range, code never runs off the end.

/// Why a unit is malformed.
public struct VerificationError: Error, Equatable, Sendable, CustomStringConvertible {
    public let unit: String
    public let index: Int
    public let message: String

    public var description: String { "\(unit) at \(index): \(message)" }
}

/// Verifies `unit` and every unit among its constants.
public func verify(_ unit: CodeUnit) throws(VerificationError) {
    var verifier = Verifier(unit)
    try verifier.run()
    for constant in unit.constants {
        if case .code(let inner) = constant { try verify(inner) }
    }
}

private struct Verifier {
    private enum State: UInt8 { case dead, live, uncertain }

    private let unit: CodeUnit
    private let localCount: Int
    private let isStart: [Bool]
    private var incoming: [[State]?]
    private var pending: [Int] = []

    init(_ unit: CodeUnit) {
        self.unit = unit
        localCount = unit.localNames.count
        var starts = [Bool](repeating: false, count: unit.instructions.count)
        var index = 0
        while index < unit.instructions.count {
            starts[index] = true
            let raw = UInt8(truncatingIfNeeded: unit.instructions[index])
            index += 1 + (Opcode(rawValue: raw)?.cacheWords ?? 0)
        }
        isStart = starts
        incoming = Array(repeating: nil, count: unit.instructions.count)
    }

    private func fail(_ index: Int, _ message: String) -> VerificationError {
        VerificationError(unit: unit.qualifiedName, index: index, message: message)
    }

    mutating func run() throws(VerificationError) {
        if unit.instructions.isEmpty { throw fail(0, "no instructions") }
        if localCount > unit.registerCount { throw fail(0, "fewer registers than variables") }
        for register in unit.cellRegisters where Int(register) >= localCount {
            throw fail(0, "cell register \(register) is not a variable")
        }
        try checkTables()
        let temporaries = unit.registerCount - localCount
        try flow(to: 0, Array(repeating: .dead, count: temporaries), from: 0)
        while let index = pending.popLast() { try step(index) }
    }

    private func checkTables() throws(VerificationError) {
        let count = unit.instructions.count
        var last: Int32 = -1
        for entry in unit.lineTable {
            if entry.start <= last || Int(entry.start) >= count {
                throw fail(Int(entry.start), "line table is out of order")
            }
            last = entry.start
        }
        for entry in unit.exceptionTable {
            let index = Int(entry.start)
            guard entry.start >= 0, entry.start < entry.end, Int(entry.end) <= count,
                Int(entry.handler) < count, entry.handler >= 0, isStart[Int(entry.handler)]
            else { throw fail(index, "exception table entry is out of range") }
            guard Int(entry.firstReleased) >= localCount,
                entry.exceptionRegister >= entry.firstReleased,
                Int(entry.exceptionRegister) < unit.registerCount
            else { throw fail(index, "exception table entry has wrong registers") }
        }
        // Two entries are disjoint or nested, and the inner one comes first.
        for (position, outer) in unit.exceptionTable.enumerated() {
            for inner in unit.exceptionTable[..<position] {
                let isDisjoint = inner.end <= outer.start || outer.end <= inner.start
                let isInside = outer.start <= inner.start && inner.end <= outer.end
                if !isDisjoint && !isInside {
                    throw fail(Int(outer.start), "exception table entries overlap")
                }
            }
        }
    }

    private mutating func flow(
        to target: Int, _ state: [State], from index: Int
    ) throws(VerificationError) {
        guard target >= 0, target < unit.instructions.count, isStart[target] else {
            throw fail(index, "control goes to \(target), which is no instruction")
        }
        guard let old = incoming[target] else {
            incoming[target] = state
            pending.append(target)
            return
        }
        var merged = old
        for register in merged.indices where merged[register] != state[register] {
            merged[register] = .uncertain
        }
        if merged != old {
            incoming[target] = merged
            pending.append(target)
        }
    }

    private func checkOperands(
        _ instruction: Instruction, _ index: Int
    ) throws(VerificationError) {
        let opcode = instruction.opcode
        switch opcode {
        case .loadConstant, .returnConstant, .unsupported:
            if instruction.wide < 0 || Int(instruction.wide) >= unit.constants.count {
                throw fail(index, "no constant \(instruction.wide)")
            }
        case .makeFunction:
            guard Int(instruction.b) < unit.constants.count,
                case .code = unit.constants[Int(instruction.b)]
            else { throw fail(index, "constant \(instruction.b) is no code") }
        case .makeGeneratorExpression:
            guard Int(instruction.b) < unit.constants.count,
                case .code(let inner) = unit.constants[Int(instruction.b)],
                inner.flags.contains(.freeInRegisters), inner.freeNames.count == Int(instruction.c)
            else { throw fail(index, "constant \(instruction.b) is no such generator expression") }
        case .call:
            if instruction.c != 0xFFFF {
                guard Int(instruction.c) < unit.constants.count,
                    case .tuple(let names) = unit.constants[Int(instruction.c)],
                    names.count <= Int(instruction.b)
                else { throw fail(index, "constant \(instruction.c) is no tuple of keywords") }
            }
        case .loadGlobal, .storeGlobal, .deleteGlobal, .loadName, .storeName, .deleteName,
            .loadNameOrFree, .importName:
            if Int(instruction.b) >= unit.names.count {
                throw fail(index, "no name \(instruction.b)")
            }
            if opcode == .loadNameOrFree, Int(instruction.c) >= unit.freeNames.count {
                throw fail(index, "no free variable \(instruction.c)")
            }
        case .loadAttribute, .storeAttribute, .deleteAttribute, .loadMethod,
            .loadSuperAttribute, .importFrom:
            if Int(instruction.c) >= unit.names.count {
                throw fail(index, "no name \(instruction.c)")
            }
        case .loadFree, .storeFree, .deleteFree, .loadFreeCell:
            if Int(instruction.b) >= unit.freeNames.count {
                throw fail(index, "no free variable \(instruction.b)")
            }
        case .makeCell:
            if !unit.cellRegisters.contains(instruction.a) {
                throw fail(index, "register \(instruction.a) holds no cell")
            }
        case .loadCell, .storeCell, .deleteCell:
            let isFree =
                unit.flags.contains(.freeInRegisters) && instruction.b >= 1 && Int(instruction.b) <= unit.freeNames.count
                && !unit.localNames[Int(instruction.b)].hasPrefix(CodeUnit.valuePrefix)
            if !isFree, !unit.cellRegisters.contains(instruction.b) {
                throw fail(index, "register \(instruction.b) holds no cell")
            }
        case .deleteLocal:
            if Int(instruction.a) >= localCount { throw fail(index, "not a variable") }
        case .makeGenerator:
            if index != 0 { throw fail(index, "generator marker is not the first word") }
        default: break
        }
    }

    private func check(_ register: Int, _ index: Int) throws(VerificationError) {
        if register >= unit.registerCount {
            throw fail(index, "register \(register) is out of range")
        }
    }

    private mutating func step(_ index: Int) throws(VerificationError) {
        guard var state = incoming[index] else { return }
        let word = unit.instructions[index]
        guard Opcode(rawValue: UInt8(truncatingIfNeeded: word)) != nil else {
            throw fail(index, "unknown opcode")
        }
        let instruction = Instruction(word: word)
        let opcode = instruction.opcode
        let before = state
        try checkOperands(instruction, index)
        let effects = OperandEffects(instruction)
        if effects.hasRedundantFlag {
            throw fail(index, "\(opcode) gives up a register that it overwrites")
        }
        for register in effects.reads {
            try check(register, index)
            if register >= localCount, state[register - localCount] != .live {
                throw fail(index, "\(opcode) reads \(name(register)), which is not live")
            }
        }
        for register in effects.consumes {
            try check(register, index)
            if register < localCount {
                if !effects.writes.contains(register), !mayConsumeLocal(opcode) {
                    throw fail(index, "\(opcode) gives up variable \(name(register))")
                }
                continue
            }
            if state[register - localCount] != .live {
                throw fail(index, "\(opcode) gives up \(name(register)), which is not live")
            }
            state[register - localCount] = .dead
        }
        try flowToHandler(index, before, after: state)
        let next = index + 1 + opcode.cacheWords
        if opcode == .forIterate {
            try check(Int(instruction.c), index)
            var exhausted = state
            let iterator = Int(instruction.b)
            if iterator >= localCount { exhausted[iterator - localCount] = .dead }
            guard next < unit.instructions.count,
                Instruction(word: unit.instructions[next]).opcode == .jump
            else { throw fail(index, "forIterate is not followed by a jump") }
            try flow(to: next, exhausted, from: index)
        }
        for register in effects.clears {
            try check(register, index)
            if register >= localCount { state[register - localCount] = .dead }
        }
        for register in effects.writes {
            try check(register, index)
            if register < localCount { continue }
            if state[register - localCount] != .dead {
                throw fail(index, "\(opcode) overwrites \(name(register)), which may be live")
            }
            state[register - localCount] = .live
        }
        try leave(index, instruction, before, state, next)
    }

    private func mayConsumeLocal(_ opcode: Opcode) -> Bool {
        opcode == .jumpIfTrueOrPop || opcode == .jumpIfFalseOrPop
    }

    private mutating func leave(
        _ index: Int, _ instruction: Instruction, _ before: [State], _ state: [State], _ next: Int
    ) throws(VerificationError) {
        let opcode = instruction.opcode
        switch opcode {
        case .returnValue, .returnConstant:
            if let register = state.firstIndex(where: { $0 != .dead }) {
                throw fail(index, "\(name(register + localCount)) is live at the return")
            }
            return
        case .forIterate:
            try flow(to: next + 1, state, from: index)
            return
        case .jumpIfTrueOrPop, .jumpIfFalseOrPop:
            try flow(to: next + Int(instruction.wide), before, from: index)
        default:
            if opcode.isFusedCompare {
                try flow(
                    to: next + Int(Int16(bitPattern: instruction.a)), state, from: index)
            } else if opcode.isWideJump {
                let target = next + Int(instruction.wide)
                if opcode == .jumpBack ? target > index : target < index {
                    throw fail(index, "\(opcode) goes the wrong way")
                }
                try flow(to: target, state, from: index)
            }
        }
        if !opcode.endsFlow { try flow(to: next, state, from: index) }
    }

    /// The handler of `index` finds what was live before, without what it releases.
    private mutating func flowToHandler(
        _ index: Int, _ before: [State], after: [State]
    ) throws(VerificationError) {
        guard
            let entry = unit.exceptionTable.first(where: {
                $0.start <= Int32(index) && Int32(index) < $0.end
            })
        else { return }
        let first = Int(entry.firstReleased) - localCount
        for register in 0..<first where before[register] != after[register] {
            throw fail(
                index, "\(name(register + localCount)) is given up but the handler keeps it")
        }
        var state = before
        for register in first..<state.count { state[register] = .dead }
        state[Int(entry.exceptionRegister) - localCount] = .live
        try flow(to: Int(entry.handler), state, from: index)
    }

    private func name(_ register: Int) -> String {
        register < localCount ? unit.localNames[register] : "t\(register - localCount)"
    }
}
