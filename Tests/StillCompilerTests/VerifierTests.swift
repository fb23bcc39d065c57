// The verifier notices what it is for.

import StillBytecode
import Testing

@Suite struct VerifierTests {
    private func unit(
        _ instructions: [Instruction], locals: [String] = [], registers: Int,
        table: [ExceptionTableEntry] = []
    ) -> CodeUnit {
        CodeUnit(
            name: "f", qualifiedName: "f", filename: "f.py", firstLine: 1, flags: [],
            argumentCount: 0, positionalOnlyCount: 0, keywordOnlyCount: 0, localNames: locals,
            cellRegisters: [], freeNames: [], registerCount: registers, names: [],
            constants: [.none], instructions: instructions.map(\.word), exceptionTable: table,
            lineTable: [], docstring: nil)
    }

    private func message(_ unit: CodeUnit) -> String? {
        do {
            try verify(unit)
            return nil
        } catch {
            return error.message
        }
    }

    @Test func acceptsExactCode() {
        let code = unit(
            [
                Instruction(.loadSmallInt, a: 0, wide: 1),
                Instruction(.returnValue, flags: InstructionFlags.consumeA, a: 0),
            ], registers: 1)
        #expect(message(code) == nil)
    }

    @Test func readBeforeWrite() {
        let code = unit([Instruction(.negate, a: 0, b: 1), Instruction(.returnConstant)], registers: 2)
        #expect(message(code) == "negate reads t1, which is not live")
    }

    @Test func leakedTemporary() {
        let code = unit(
            [Instruction(.loadSmallInt, a: 0, wide: 1), Instruction(.returnConstant)], registers: 1)
        #expect(message(code) == "t0 is live at the return")
    }

    @Test func pathsThatDisagree() {
        let code = unit(
            [
                Instruction(.loadSmallInt, a: 1, wide: 1),
                Instruction(.jumpIfTrue, a: 0, wide: 1),
                Instruction(.clear, a: 1),
                Instruction(.returnConstant),
            ], locals: ["x"], registers: 2)
        #expect(message(code) == "t0 is live at the return")
    }

    @Test func overwrittenTemporary() {
        let code = unit(
            [
                Instruction(.loadSmallInt, a: 0, wide: 1),
                Instruction(.loadSmallInt, a: 0, wide: 2),
                Instruction(.returnValue, flags: InstructionFlags.consumeA, a: 0),
            ], registers: 1)
        #expect(message(code) == "loadSmallInt overwrites t0, which may be live")
    }

    @Test func handlerThatKeepsWhatTheBodyGivesUp() {
        let code = unit(
            [
                Instruction(.loadSmallInt, a: 0, wide: 1),
                Instruction(.negate, flags: InstructionFlags.consumeB, a: 1, b: 0),
                Instruction(.returnValue, flags: InstructionFlags.consumeA, a: 1),
                Instruction(.reraise, flags: InstructionFlags.consumeA, a: 1),
            ], registers: 2,
            table: [
                ExceptionTableEntry(
                    start: 1, end: 2, handler: 3, firstReleased: 1, exceptionRegister: 1)
            ])
        #expect(message(code) == "t0 is given up but the handler keeps it")
    }

    @Test func jumpsOutOfTheCode() {
        #expect(message(unit([Instruction(.jump, wide: 5)], registers: 0)) != nil)
        #expect(message(unit([Instruction(.nop)], registers: 0)) != nil)
        #expect(message(unit([Instruction(.loadSmallInt, a: 3, wide: 1)], registers: 1)) != nil)
    }
}
