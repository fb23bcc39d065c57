// Shared by the compiler's tests.

import StillBytecode
import StillCompiler
import StillSyntax
import Testing

/// Parses, compiles and verifies.
func compileText(_ text: String, mode: CompileMode = .module) throws -> CodeUnit {
    let bytes = Array(text.utf8)
    let module = try parseModule(bytes, filename: "test.py")
    let unit = try compile(module: module, filename: "test.py", mode: mode, source: bytes)
    try verify(unit)
    return unit
}

/// The listing of the function called `name` anywhere in `unit`, without line numbers.
func listing(_ name: String, in unit: CodeUnit) throws -> String {
    let function = try #require(find(name, in: unit))
    let lines = disassemble(function).split(separator: "\n", omittingEmptySubsequences: false)
    var result: [String] = []
    for line in lines {
        if line.isEmpty { break }
        let words = line.split(separator: " ")
        if words.count >= 3, Int(words[0]) != nil, Int(words[1]) != nil {
            result.append(words[0] + " " + words.dropFirst(2).joined(separator: " "))
        }
    }
    return result.joined(separator: "\n")
}

func find(_ name: String, in unit: CodeUnit) -> CodeUnit? {
    if unit.name == name { return unit }
    for constant in unit.constants {
        if case .code(let inner) = constant, let found = find(name, in: inner) { return found }
    }
    return nil
}

/// The opcodes of a unit, in order.
func opcodes(of unit: CodeUnit) -> [Opcode] {
    var result: [Opcode] = []
    var index = 0
    while index < unit.instructions.count {
        let opcode = Instruction(word: unit.instructions[index]).opcode
        result.append(opcode)
        index += 1 + opcode.cacheWords
    }
    return result
}
