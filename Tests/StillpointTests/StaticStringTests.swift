import StillObjects
import StillPlatform
import Stillpoint
import Testing

@Suite(.serialized) struct StaticStringTests {
    private func start() throws { try Interpreter().close() }

    @Test func predefinedNamesAreReadFromTheSharedTable() throws {
        try start()
        #expect(StaticStrings.count > 500)
        let before = StaticStrings.reads
        let name = Interning.intern("__init__")
        #expect(name.isSame(Names.__init__))
        #expect(StaticStrings.intern("__init__").isSame(name))
        if BuildOptions.checksInvariants { #expect(StaticStrings.reads >= before + 2) }
    }

    @Test func otherNamesAreNotUntilTheyArePredefined() throws {
        try start()
        let count = StaticStrings.count
        let text = "a name that no program uses"
        let name = Interning.intern(text)
        #expect(StaticStrings.count == count)
        #expect(StaticStrings.intern(text).isSame(name))
        #expect(StaticStrings.count == count + 1)
        let before = StaticStrings.reads
        #expect(Interning.intern(text).isSame(name))
        if BuildOptions.checksInvariants { #expect(StaticStrings.reads > before) }
    }

    @Test func programsOfTwoInterpretersReadThem() throws {
        for _ in 0..<2 {
            let interpreter = try Interpreter()
            let before = StaticStrings.reads
            try interpreter.run(
                source: Array("import sys\nfor i in range(50): assert sys.intern(''.join(['__', 'init', '__'])) is '__init__'".utf8),
                filename: "<test>")
            if BuildOptions.checksInvariants { #expect(StaticStrings.reads >= before + 50) }
            interpreter.close()
        }
    }
}
