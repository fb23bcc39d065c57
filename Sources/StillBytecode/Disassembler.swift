// Code units as text.
//
//     index  line  opcode  operands
//
// Variables are shown by name, temporaries as t0, t1 ...; `!` after a register says that the
// instruction gives it up although it does not overwrite it. Jump targets are word indices.

/// A listing of `unit`, followed by those of the units among its constants.
public func disassemble(_ unit: CodeUnit) -> String {
    var text = ""
    Disassembler(unit: unit).write(to: &text)
    for constant in unit.constants {
        if case .code(let inner) = constant {
            text += "\n" + disassemble(inner)
        }
    }
    return text
}

private struct Disassembler {
    let unit: CodeUnit

    func write(to text: inout String) {
        text += "\(unit.qualifiedName): \(unit.localNames.count) variables"
        text += ", \(unit.registerCount - unit.localNames.count) temporaries\n"
        if !unit.freeNames.isEmpty {
            text += "  free: \(unit.freeNames.joined(separator: ", "))\n"
        }
        if !unit.cellRegisters.isEmpty {
            let cells = unit.cellRegisters.map { register($0) }
            text += "  cells: \(cells.joined(separator: ", "))\n"
        }
        var index = 0
        var line: Int32 = -1
        var nextLine = 0
        while index < unit.instructions.count {
            while nextLine < unit.lineTable.count, unit.lineTable[nextLine].start <= Int32(index) {
                line = unit.lineTable[nextLine].line
                nextLine += 1
            }
            let word = unit.instructions[index]
            guard let opcode = Opcode(rawValue: UInt8(truncatingIfNeeded: word)) else {
                text += "\(pad(index, 5))  ?\n"
                index += 1
                continue
            }
            let instruction = Instruction(word: word)
            let operands = operands(instruction, at: index)
            text += "\(pad(index, 5)) \(pad(Int(line), 5))  \(opcode)"
            if !operands.isEmpty {
                let width = "\(opcode)".utf8.count
                text += String(repeating: " ", count: max(1, 22 - width)) + operands
            }
            text += "\n"
            index += 1 + opcode.cacheWords
        }
        for entry in unit.exceptionTable {
            text += "  \(entry.start) ..< \(entry.end) -> \(entry.handler)"
            text += " in \(register(entry.exceptionRegister))"
            text += ", releases from \(register(entry.firstReleased))\n"
        }
    }

    private func pad(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: " ", count: max(0, width - digits.utf8.count)) + digits
    }

    private func register(_ number: UInt16) -> String {
        let number = Int(number)
        return number < unit.localNames.count
            ? unit.localNames[number] : "t\(number - unit.localNames.count)"
    }

    private func name(_ index: UInt16) -> String {
        Int(index) < unit.names.count ? unit.names[Int(index)] : "name \(index)?"
    }

    private func free(_ index: UInt16) -> String {
        Int(index) < unit.freeNames.count ? unit.freeNames[Int(index)] : "free \(index)?"
    }

    private func constant(_ index: Int) -> String {
        unit.constants.indices.contains(index)
            ? describe(unit.constants[index]) : "constant \(index)?"
    }

    private func range(_ first: UInt16, _ count: Int) -> String {
        if count == 0 { return "()" }
        let end = UInt16(truncatingIfNeeded: Int(first) + count - 1)
        return count == 1 ? "(\(register(first)))" : "(\(register(first))...\(register(end)))"
    }

    private func operands(_ i: Instruction, at index: Int) -> String {
        let opcode = i.opcode
        let next = index + 1 + opcode.cacheWords
        let a = register(i.a) + (i.flags & InstructionFlags.consumeA != 0 ? "!" : "")
        let b = register(i.b) + (i.flags & InstructionFlags.consumeB != 0 ? "!" : "")
        let c = register(i.c) + (i.flags & InstructionFlags.consumeC != 0 ? "!" : "")
        let suffix = i.flags & InstructionFlags.inPlace != 0 ? " in place" : ""
        switch opcode {
        case .nop, .makeGenerator, .setupAnnotations: return ""
        case .loadConstant, .unsupported: return "\(a), \(constant(Int(i.wide)))"
        case .returnConstant: return constant(Int(i.wide))
        case .loadSmallInt: return "\(a), \(i.wide)"
        case .deleteLocal, .clear, .makeCell, .returnValue, .importStar, .loadBuildClass,
            .loadLocals, .loadAssertionError, .reraise, .pushHandled, .popHandled:
            return a
        case .loadGlobal, .storeGlobal, .loadName, .storeName: return "\(a), \(name(i.b))"
        case .deleteGlobal, .deleteName: return name(i.b)
        case .loadNameOrFree: return "\(a), \(name(i.b)), free \(free(i.c))"
        case .loadFree, .storeFree, .loadFreeCell: return "\(a), \(free(i.b))"
        case .deleteFree: return free(i.b)
        case .storeCell, .move, .borrow, .loadCell: return "\(a), \(b)"
        case .deleteCell: return b
        case .loadAttribute, .loadMethod, .importFrom, .loadSuperAttribute:
            return "\(a), \(b).\(name(i.c))" + (i.flags & InstructionFlags.borrowB != 0 ? ", borrowed" : "")
        case .storeAttribute: return "\(a).\(name(i.c)), \(b)"
        case .deleteAttribute: return "\(a).\(name(i.c))"
        case .addSmall, .subtractSmall, .multiplySmall, .floorDivideSmall, .moduloSmall,
            .bitAndSmall:
            return "\(a), \(b), \(Int16(bitPattern: i.c))\(suffix)"
        case .buildTuple, .buildList, .buildSet, .buildString, .buildSlice:
            return "\(a), \(range(i.b, Int(i.c)))"
        case .buildDict: return "\(a), \(range(i.b, 2 * Int(i.c)))"
        case .formatValue:
            let conversion = ["", "!s", "!r", "!a"][Int(i.flags >> 5 & 3)]
            return "\(a), \(b)\(conversion)" + (i.c == 0xFFFF ? "" : ", \(c)")
        case .unpackSequence: return "\(range(i.a, Int(i.c))), \(b)"
        case .unpackStarred:
            let before = Int(i.c & 0xFF)
            let after = Int(i.c >> 8)
            return "\(range(i.a, before + after + 1)), \(b), \(before) before, \(after) after"
        case .call:
            let keywords = i.c == 0xFFFF ? "" : ", names \(constant(Int(i.c)))"
            return "\(a), \(i.b) arguments\(keywords)"
        case .callMethod: return "\(a), \(i.b) arguments"
        case .callSpread: return a + (i.c == 1 ? ", with keywords" : "")
        case .getAwaitable, .loadSpecial, .intrinsic: return "\(a), \(b), \(detail(i))"
        case .makeFunction: return "\(a), \(constant(Int(i.b))), parts \(i.c)"
        case .makeGeneratorExpression:
            return "\(range(i.a, Int(i.c) + 1)), \(constant(Int(i.b)))"
        case .raise: return i.c == 0 ? "again" : i.c == 1 ? a : "\(a), from \(b)"
        case .raiseGroup: return "\(a), \(b)"
        case .importName: return "\(a), \(name(i.b))"
        case .matchClass: return "\(a), \(range(i.b, 3)), \(i.c) positional"
        case .storeSubscript: return "\(a), \(b), \(c)"
        case .deleteSubscript: return "\(a), \(b)"
        case .listAppend, .setAdd, .listExtend, .setUpdate, .dictUpdate:
            return "\(a), \(b)\(suffix)"
        case .dictAdd, .dictMerge: return "\(a), \(b), \(c)"
        default: break
        }
        if opcode.isFusedCompare {
            let right = opcode.isSmallFusedCompare ? "\(Int16(bitPattern: i.c))" : c
            let sense = i.flags & InstructionFlags.jumpIfFalse != 0 ? "if false" : "if true"
            return "\(b), \(right), \(sense) -> \(next + Int(Int16(bitPattern: i.a)))"
        }
        if opcode == .jump || opcode == .jumpBack { return "-> \(next + Int(i.wide))" }
        if opcode.isWideJump { return "\(a) -> \(next + Int(i.wide))" }
        return opcode.readsRegisterC ? "\(a), \(b), \(c)\(suffix)" : "\(a), \(b)\(suffix)"
    }

    private func detail(_ i: Instruction) -> String {
        switch i.opcode {
        case .intrinsic: Intrinsic(rawValue: i.c).map { "\($0)" } ?? "\(i.c)"
        case .loadSpecial:
            ["__enter__", "__exit__", "__aenter__", "__aexit__"][Int(min(i.c, 3))]
        default: ["await", "__aenter__", "__aexit__"][Int(min(i.c, 2))]
        }
    }

    private func describe(_ constant: CodeConstant) -> String {
        switch constant {
        case .none: return "None"
        case .true: return "True"
        case .false: return "False"
        case .ellipsis: return "..."
        case .int(let value): return String(value)
        case .bigInt(let hex): return "0x" + hex
        case .float(let bits): return Double(bitPattern: bits).description
        case .complex(let real, let imaginary):
            return "(\(Double(bitPattern: real)), \(Double(bitPattern: imaginary))j)"
        case .string(let points): return "'" + escaped(points) + "'"
        case .bytes(let bytes): return "b'" + escaped(bytes.map(UInt32.init)) + "'"
        case .tuple(let items):
            return "(" + items.map { describe($0) }.joined(separator: ", ") + ")"
        case .frozenSet(let items):
            return "frozenset(" + items.map { describe($0) }.joined(separator: ", ") + ")"
        case .code(let unit): return "code \(unit.qualifiedName)"
        }
    }

    private func escaped(_ points: [UInt32]) -> String {
        var text = ""
        for point in points {
            if point >= 32, point != 127, point != 39, point != 92,
                let scalar = UnicodeScalar(point)
            {
                text.unicodeScalars.append(scalar)
            } else {
                text += "\\u{" + String(point, radix: 16) + "}"
            }
        }
        return text
    }
}
