// Encodings, newlines, identifiers and constants.

import StillSyntax
import Testing

@Suite struct SourceTests {
    func parse(_ bytes: [UInt8]) throws -> Module { try parseModule(bytes, filename: "test") }
    func tree(_ source: String) throws -> String { dump(try parse(Array(source.utf8))) }

    @Test func byteOrderMarkIsSkipped() throws {
        #expect(dump(try parse([0xEF, 0xBB, 0xBF] + Array("x".utf8))) == (try tree("x")))
    }

    @Test(arguments: ["latin-1", "iso-8859-1", "Latin_1"])
    func latin1IsDecoded(name: String) throws {
        let source = Array("# -*- coding: \(name) -*-\nx = '".utf8) + [0xE9] + Array("'\n".utf8)
        #expect(dump(try parse(source)) == (try tree("x = 'é'")))
    }

    @Test func declarationOnSecondLineCounts() throws {
        let source = Array("#!/usr/bin/python\n# vim: set fileencoding=latin1 :\n'".utf8)
        #expect(throws: Never.self) { try parse(source + [0xFF] + Array("'".utf8)) }
    }

    @Test func unknownEncodingIsNamed() {
        let error = #expect(throws: SyntaxError.self) { try parse(Array("# coding: nope\n".utf8)) }
        #expect(error?.message == "encoding problem: nope")
    }

    @Test func undecodableBytesAreRefused() {
        let error = #expect(throws: SyntaxError.self) {
            try parse(Array("x = 1\ny = '".utf8) + [0xFF] + Array("'\n".utf8))
        }
        #expect(
            error?.message
                == "Non-UTF-8 code starting with '\\xff' in file test on line 2, but no encoding "
                + "declared; see https://peps.python.org/pep-0263/ for details")
        #expect(error?.line == 2)
    }

    @Test(arguments: [[0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82], [0x80]])
    func malformedUTF8IsRefused(bytes: [UInt8]) {
        #expect(throws: SyntaxError.self) { try parse(Array("#".utf8) + bytes) }
    }

    @Test func nulBytesAreRefused() {
        let error = #expect(throws: SyntaxError.self) { try parse([120, 0, 10]) }
        #expect(error?.message == "source code string cannot contain null bytes")
    }

    @Test func allNewlinesAreEqual() throws {
        let expected = try tree("a\nif b:\n c\n")
        #expect(try tree("a\r\nif b:\r\n c\r\n") == expected)
        #expect(try tree("a\rif b:\r c\r") == expected)
        #expect(try tree("a\nif b:\n c") == expected)
        #expect(try tree("'''a\r\nb'''") == (try tree("'''a\nb'''")))
    }

    @Test(arguments: [("ﬁ", "fi"), ("ｗｉｄｔｈ", "width"), ("e\u{301}", "é"), ("𝔘𝔫𝔦𝔠𝔬𝔡𝔢", "Unicode"), ("µ", "μ")])
    func identifiersAreNormalized(written: String, name: String) throws {
        let module = try parse(Array(written.utf8))
        guard case .expr(let value) = module.body[0].kind, case .name(let id, _) = value.kind else {
            Issue.record("not a name")
            return
        }
        #expect(Array(id.unicodeScalars) == Array(name.unicodeScalars))
    }

    @Test func surrogatesAreKept() throws {
        let tree = try parseExpression(Array(#"'\ud83d\ude00a'"#.utf8), filename: "test")
        guard case .constant(.string(let text)) = tree.body.kind else {
            Issue.record("not a string")
            return
        }
        #expect(text.codePoints == [0xD83D, 0xDE00, 0x61])
        #expect(text.hasSurrogates)
        #expect(text.string == nil)
    }

    @Test func integersKeepTheirSize() throws {
        func constant(_ source: String) throws -> Constant? {
            let tree = try parseExpression(Array(source.utf8), filename: "test")
            if case .constant(let value) = tree.body.kind { return value }
            return nil
        }
        #expect(try constant("9223372036854775807") == .int(.max))
        #expect(try constant("9223372036854775808") == .bigInt("9223372036854775808"))
        #expect(try constant("0x7fff_ffff_ffff_ffff") == .int(.max))
        #expect(try constant("0x8000000000000000") == .bigInt("0x8000000000000000"))
        #expect(try constant("0o1777777777777777777777") == .bigInt("0xffffffffffffffff"))
        #expect(try constant("1e400") == .float(.infinity))
    }

    @Test func hugeDecimalsAreRefused() {
        let error = #expect(throws: SyntaxError.self) {
            try parse([UInt8](repeating: 57, count: 5000))
        }
        #expect(error?.message.hasPrefix("Exceeds the limit (4300 digits)") == true)
    }

    @Test func spansCountBytes() throws {
        let module = try parse(Array("é = (\n  'ü', 1)\n".utf8))
        let span = module.body[0].span
        #expect(span == SourceSpan(line: 1, column: 0, endLine: 2, endColumn: 10))
    }

    @Test func interactiveTakesOneStatement() throws {
        #expect(try parseInteractive(Array("x = 1; y\n".utf8), filename: "test").body.count == 2)
        #expect(throws: SyntaxError.self) {
            try parseInteractive(Array("x = 1\ny = 2\n".utf8), filename: "test")
        }
    }

    @Test func evalTakesAnExpression() throws {
        let tree = try parseExpression(Array("a, b\n".utf8), filename: "test")
        #expect(
            dump(tree)
                == "Expression(body=Tuple(elts=[Name(id='a', ctx=Load()), "
                + "Name(id='b', ctx=Load())], ctx=Load()))")
        #expect(throws: SyntaxError.self) {
            try parseExpression(Array("a = b\n".utf8), filename: "test")
        }
    }
}
