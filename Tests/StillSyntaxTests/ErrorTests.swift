// Messages and positions of errors, as Python 3.13 gives them.

import StillSyntax
import Testing

@Suite struct ErrorTests {
    struct Expected: Sendable {
        var source: String
        var kind: SyntaxError.Kind
        var message: String
        var line: Int
        var column: Int
        var endLine: Int
        var endColumn: Int
    }

    @Test(arguments: cases)
    func reports(expected: Expected) throws {
        let error = #expect(throws: SyntaxError.self) {
            try parseModule(Array(expected.source.utf8), filename: "test")
        }
        #expect(error?.kind == expected.kind)
        #expect(error?.message == expected.message)
        #expect(error?.line == expected.line)
        #expect(error?.column == expected.column)
        #expect(error?.endLine == expected.endLine)
        #expect(error?.endColumn == expected.endColumn)
        #expect(error?.filename == "test")
    }

    static let cases: [Expected] = [
        Expected(
            source: "f(a\n  b)", kind: .syntaxError,
            message: "invalid syntax. Perhaps you forgot a comma?",
            line: 1, column: 3, endLine: 2, endColumn: 4),
        Expected(
            source: "@a\n", kind: .syntaxError,
            message: "invalid syntax",
            line: 1, column: 0, endLine: 1, endColumn: 0),
        Expected(
            source: "1 +", kind: .syntaxError,
            message: "invalid syntax",
            line: 1, column: 4, endLine: 1, endColumn: 5),
        Expected(
            source: "x = = 1", kind: .syntaxError,
            message: "invalid syntax",
            line: 1, column: 5, endLine: 1, endColumn: 6),
        Expected(
            source: "f(a b)", kind: .syntaxError,
            message: "invalid syntax. Perhaps you forgot a comma?",
            line: 1, column: 3, endLine: 1, endColumn: 6),
        Expected(
            source: "if x\n  y", kind: .syntaxError,
            message: "expected ':'",
            line: 1, column: 5, endLine: 1, endColumn: 6),
        Expected(
            source: "(1", kind: .syntaxError,
            message: "'(' was never closed",
            line: 1, column: 1, endLine: 1, endColumn: 0),
        Expected(
            source: "x = (1,\n  2\ny = 3 +\n", kind: .syntaxError,
            message: "'(' was never closed",
            line: 1, column: 5, endLine: 1, endColumn: 0),
        Expected(
            source: "'abc", kind: .syntaxError,
            message: "unterminated string literal (detected at line 1)",
            line: 1, column: 1, endLine: 1, endColumn: 1),
        Expected(
            source: "'''abc", kind: .syntaxError,
            message: "unterminated triple-quoted string literal (detected at line 1)",
            line: 1, column: 1, endLine: 1, endColumn: 1),
        Expected(
            source: ")", kind: .syntaxError,
            message: "unmatched ')'",
            line: 1, column: 1, endLine: 1, endColumn: 1),
        Expected(
            source: "(]", kind: .syntaxError,
            message: "closing parenthesis ']' does not match opening parenthesis '('",
            line: 1, column: 2, endLine: 1, endColumn: 2),
        Expected(
            source: "(\n]", kind: .syntaxError,
            message: "closing parenthesis ']' does not match opening parenthesis '(' on line 1",
            line: 2, column: 1, endLine: 2, endColumn: 1),
        Expected(
            source: "1 = x", kind: .syntaxError,
            message: "cannot assign to literal here. Maybe you meant '==' instead of '='?",
            line: 1, column: 1, endLine: 1, endColumn: 2),
        Expected(
            source: "f() = 1", kind: .syntaxError,
            message: "cannot assign to function call here. Maybe you meant '==' instead of '='?",
            line: 1, column: 1, endLine: 1, endColumn: 4),
        Expected(
            source: "a + 1 = 2", kind: .syntaxError,
            message: "cannot assign to expression here. Maybe you meant '==' instead of '='?",
            line: 1, column: 1, endLine: 1, endColumn: 6),
        Expected(
            source: "None = 1", kind: .syntaxError,
            message: "cannot assign to None",
            line: 1, column: 1, endLine: 1, endColumn: 5),
        Expected(
            source: "x + 1 += 2", kind: .syntaxError,
            message: "'expression' is an illegal expression for augmented assignment",
            line: 1, column: 1, endLine: 1, endColumn: 6),
        Expected(
            source: "del f()", kind: .syntaxError,
            message: "cannot delete function call",
            line: 1, column: 5, endLine: 1, endColumn: 8),
        Expected(
            source: "del *a", kind: .syntaxError,
            message: "cannot delete starred",
            line: 1, column: 5, endLine: 1, endColumn: 7),
        Expected(
            source: "1a", kind: .syntaxError,
            message: "invalid decimal literal",
            line: 1, column: 1, endLine: 1, endColumn: 1),
        Expected(
            source: "0x", kind: .syntaxError,
            message: "invalid hexadecimal literal",
            line: 1, column: 2, endLine: 1, endColumn: 2),
        Expected(
            source: "0b2", kind: .syntaxError,
            message: "invalid digit '2' in binary literal",
            line: 1, column: 3, endLine: 1, endColumn: 3),
        Expected(
            source: "0o8", kind: .syntaxError,
            message: "invalid digit '8' in octal literal",
            line: 1, column: 3, endLine: 1, endColumn: 3),
        Expected(
            source: "1__0", kind: .syntaxError,
            message: "invalid decimal literal",
            line: 1, column: 2, endLine: 1, endColumn: 2),
        Expected(
            source: "1e", kind: .syntaxError,
            message: "invalid decimal literal",
            line: 1, column: 1, endLine: 1, endColumn: 1),
        Expected(
            source: "0777", kind: .syntaxError,
            message: "leading zeros in decimal integer literals are not permitted; use an 0o prefix for octal integers",
            line: 1, column: 1, endLine: 1, endColumn: 2),
        Expected(
            source: "if 1:\nx", kind: .indentationError,
            message: "expected an indented block after 'if' statement on line 1",
            line: 2, column: 1, endLine: 2, endColumn: 2),
        Expected(
            source: "while 1:\nx", kind: .indentationError,
            message: "expected an indented block after 'while' statement on line 1",
            line: 2, column: 1, endLine: 2, endColumn: 2),
        Expected(
            source: "for x in y:\nz", kind: .indentationError,
            message: "expected an indented block after 'for' statement on line 1",
            line: 2, column: 1, endLine: 2, endColumn: 2),
        Expected(
            source: "def f():\nx", kind: .indentationError,
            message: "expected an indented block after function definition on line 1",
            line: 2, column: 1, endLine: 2, endColumn: 2),
        Expected(
            source: "class A:\nx", kind: .indentationError,
            message: "expected an indented block after class definition on line 1",
            line: 2, column: 1, endLine: 2, endColumn: 2),
        Expected(
            source: "try:\nx", kind: .indentationError,
            message: "expected an indented block after 'try' statement on line 1",
            line: 2, column: 1, endLine: 2, endColumn: 2),
        Expected(
            source: "with a:\nx", kind: .indentationError,
            message: "expected an indented block after 'with' statement on line 1",
            line: 2, column: 1, endLine: 2, endColumn: 2),
        Expected(
            source: "try:\n  x\n", kind: .syntaxError,
            message: "expected 'except' or 'finally' block",
            line: 2, column: 4, endLine: 2, endColumn: -1),
        Expected(
            source: "  x", kind: .indentationError,
            message: "unexpected indent",
            line: 1, column: 2, endLine: 1, endColumn: -1),
        Expected(
            source: "if 1:\n    x\n  y", kind: .indentationError,
            message: "unindent does not match any outer indentation level",
            line: 3, column: 4, endLine: 3, endColumn: -1),
        Expected(
            source: "if 1:\n        x\n\ty", kind: .tabError,
            message: "inconsistent use of tabs and spaces in indentation",
            line: 3, column: 1, endLine: 3, endColumn: 0),
        Expected(
            source: "print 'a'", kind: .syntaxError,
            message: "Missing parentheses in call to 'print'. Did you mean print(...)?",
            line: 1, column: 1, endLine: 1, endColumn: 10),
        Expected(
            source: "exec 'a'", kind: .syntaxError,
            message: "Missing parentheses in call to 'exec'. Did you mean exec(...)?",
            line: 1, column: 1, endLine: 1, endColumn: 9),
        Expected(
            source: "f'{a'", kind: .syntaxError,
            message: "f-string: expecting '}'",
            line: 1, column: 5, endLine: 1, endColumn: 5),
        Expected(
            source: "f'{'", kind: .syntaxError,
            message: "f-string: expecting '}'",
            line: 1, column: 4, endLine: 1, endColumn: 4),
        Expected(
            source: "f'}'", kind: .syntaxError,
            message: "f-string: single '}' is not allowed",
            line: 1, column: 3, endLine: 1, endColumn: 3),
        Expected(
            source: "f'{}'", kind: .syntaxError,
            message: "f-string: valid expression required before '}'",
            line: 1, column: 4, endLine: 1, endColumn: 5),
        Expected(
            source: "f'{a!x}'", kind: .syntaxError,
            message: "f-string: invalid conversion character 'x': expected 's', 'r', or 'a'",
            line: 1, column: 6, endLine: 1, endColumn: 7),
        Expected(
            source: "f'{a!}'", kind: .syntaxError,
            message: "f-string: missing conversion character",
            line: 1, column: 6, endLine: 1, endColumn: 7),
        Expected(
            source: "f'{a b}'", kind: .syntaxError,
            message: "invalid syntax. Perhaps you forgot a comma?",
            line: 1, column: 4, endLine: 1, endColumn: 7),
        Expected(
            source: "f'{a:{b:{c:{d}}}}'", kind: .syntaxError,
            message: "f-string: expressions nested too deeply",
            line: 1, column: 11, endLine: 1, endColumn: 11),
        Expected(
            source: "f(a=1, b)", kind: .syntaxError,
            message: "positional argument follows keyword argument",
            line: 1, column: 9, endLine: 1, endColumn: 10),
        Expected(
            source: "f(**a, b)", kind: .syntaxError,
            message: "positional argument follows keyword argument unpacking",
            line: 1, column: 9, endLine: 1, endColumn: 10),
        Expected(
            source: "f(**a, *b)", kind: .syntaxError,
            message: "iterable argument unpacking follows keyword argument unpacking",
            line: 1, column: 6, endLine: 1, endColumn: 10),
        Expected(
            source: "f(x for x in y, 1)", kind: .syntaxError,
            message: "Generator expression must be parenthesized",
            line: 1, column: 3, endLine: 1, endColumn: 15),
        Expected(
            source: "f(1, x for x in y)", kind: .syntaxError,
            message: "Generator expression must be parenthesized",
            line: 1, column: 6, endLine: 1, endColumn: 18),
        Expected(
            source: "f(a.b=1)", kind: .syntaxError,
            message: "expression cannot contain assignment, perhaps you meant \"==\"?",
            line: 1, column: 3, endLine: 1, endColumn: 7),
        Expected(
            source: "f(True=1)", kind: .syntaxError,
            message: "cannot assign to True",
            line: 1, column: 3, endLine: 1, endColumn: 8),
        Expected(
            source: "f(a=)", kind: .syntaxError,
            message: "expected argument value expression",
            line: 1, column: 3, endLine: 1, endColumn: 5),
        Expected(
            source: "[a, b for a in c]", kind: .syntaxError,
            message: "did you forget parentheses around the comprehension target?",
            line: 1, column: 2, endLine: 1, endColumn: 6),
        Expected(
            source: "[*a for a in b]", kind: .syntaxError,
            message: "iterable unpacking cannot be used in comprehension",
            line: 1, column: 2, endLine: 1, endColumn: 4),
        Expected(
            source: "{**a for a in b}", kind: .syntaxError,
            message: "dict unpacking cannot be used in dict comprehension",
            line: 1, column: 2, endLine: 1, endColumn: 4),
        Expected(
            source: "{1: 2, 3}", kind: .syntaxError,
            message: "':' expected after dictionary key",
            line: 1, column: 8, endLine: 1, endColumn: 0),
        Expected(
            source: "{1:}", kind: .syntaxError,
            message: "expression expected after dictionary key and ':'",
            line: 1, column: 3, endLine: 1, endColumn: 4),
        Expected(
            source: "(*a)", kind: .syntaxError,
            message: "cannot use starred expression here",
            line: 1, column: 2, endLine: 1, endColumn: 4),
        Expected(
            source: "x if y", kind: .syntaxError,
            message: "expected 'else' after 'if' expression",
            line: 1, column: 1, endLine: 1, endColumn: 7),
        Expected(
            source: "x = 1 if 2", kind: .syntaxError,
            message: "expected 'else' after 'if' expression",
            line: 1, column: 5, endLine: 1, endColumn: 11),
        Expected(
            source: "def f(a=1, b): pass", kind: .syntaxError,
            message: "parameter without a default follows parameter with a default",
            line: 1, column: 12, endLine: 1, endColumn: 13),
        Expected(
            source: "def f(a, /, b, /): pass", kind: .syntaxError,
            message: "/ may appear only once",
            line: 1, column: 16, endLine: 1, endColumn: 17),
        Expected(
            source: "def f(*): pass", kind: .syntaxError,
            message: "named arguments must follow bare *",
            line: 1, column: 7, endLine: 1, endColumn: 8),
        Expected(
            source: "def f(*a, *b): pass", kind: .syntaxError,
            message: "* argument may appear only once",
            line: 1, column: 11, endLine: 1, endColumn: 12),
        Expected(
            source: "def f(**a, b): pass", kind: .syntaxError,
            message: "arguments cannot follow var-keyword argument",
            line: 1, column: 12, endLine: 1, endColumn: 13),
        Expected(
            source: "def f(*, **a): pass", kind: .syntaxError,
            message: "named arguments must follow bare *",
            line: 1, column: 7, endLine: 1, endColumn: 8),
        Expected(
            source: "def f(a=): pass", kind: .syntaxError,
            message: "expected default value expression",
            line: 1, column: 8, endLine: 1, endColumn: 9),
        Expected(
            source: "def f((a)): pass", kind: .syntaxError,
            message: "Function parameters cannot be parenthesized",
            line: 1, column: 7, endLine: 1, endColumn: 10),
        Expected(
            source: "lambda *: 1", kind: .syntaxError,
            message: "named arguments must follow bare *",
            line: 1, column: 9, endLine: 1, endColumn: 10),
        Expected(
            source: "import", kind: .syntaxError,
            message: "Expected one or more names after 'import'",
            line: 1, column: 7, endLine: 1, endColumn: 7),
        Expected(
            source: "from a import", kind: .syntaxError,
            message: "Expected one or more names after 'import'",
            line: 1, column: 14, endLine: 1, endColumn: 14),
        Expected(
            source: "from a import b,", kind: .syntaxError,
            message: "trailing comma not allowed without surrounding parentheses",
            line: 1, column: 17, endLine: 1, endColumn: 18),
        Expected(
            source: "import a from b", kind: .syntaxError,
            message: "Did you mean to use 'from ... import ...' instead?",
            line: 1, column: 1, endLine: 1, endColumn: 16),
        Expected(
            source: "for f() in x: pass", kind: .syntaxError,
            message: "cannot assign to function call",
            line: 1, column: 5, endLine: 1, endColumn: 8),
        Expected(
            source: "[x for f() in y]", kind: .syntaxError,
            message: "cannot assign to function call",
            line: 1, column: 8, endLine: 1, endColumn: 11),
        Expected(
            source: "with a as f(): pass", kind: .syntaxError,
            message: "cannot assign to function call",
            line: 1, column: 11, endLine: 1, endColumn: 14),
        Expected(
            source: "try: a\nexcept B, C: d", kind: .syntaxError,
            message: "multiple exception types must be parenthesized",
            line: 2, column: 8, endLine: 2, endColumn: 12),
        Expected(
            source: "try: a\nexcept B: c\nexcept* D: e", kind: .syntaxError,
            message: "cannot have both 'except' and 'except*' on the same 'try'",
            line: 3, column: 1, endLine: 3, endColumn: 8),
        Expected(
            source: "a\\b", kind: .syntaxError,
            message: "unexpected character after line continuation character",
            line: 1, column: 3, endLine: 1, endColumn: 0),
        Expected(
            source: "a \\ b", kind: .syntaxError,
            message: "unexpected character after line continuation character",
            line: 1, column: 4, endLine: 1, endColumn: 0),
        Expected(
            source: "\\", kind: .syntaxError,
            message: "unexpected EOF while parsing",
            line: 1, column: 2, endLine: 1, endColumn: -1),
        Expected(
            source: "x = 'a' b'b'", kind: .syntaxError,
            message: "cannot mix bytes and nonbytes literals",
            line: 1, column: 13, endLine: 1, endColumn: 14),
        Expected(
            source: "b'é'", kind: .syntaxError,
            message: "bytes can only contain ASCII literal characters",
            line: 1, column: 1, endLine: 1, endColumn: 5),
        Expected(
            source: "'\\x1'", kind: .syntaxError,
            message: "(unicode error) 'unicodeescape' codec can't decode bytes in position 0-2: truncated \\xXX escape",
            line: 1, column: 1, endLine: 1, endColumn: 6),
        Expected(
            source: "'\\N{nope}'", kind: .syntaxError,
            message: "(unicode error) 'unicodeescape' codec can't decode bytes in position 0-7: unknown Unicode character name",
            line: 1, column: 1, endLine: 1, endColumn: 11),
        Expected(
            source: "'\\U00110000'", kind: .syntaxError,
            message: "(unicode error) 'unicodeescape' codec can't decode bytes in position 0-9: illegal Unicode character",
            line: 1, column: 1, endLine: 1, endColumn: 13),
        Expected(
            source: "a ? b", kind: .syntaxError,
            message: "invalid syntax",
            line: 1, column: 3, endLine: 1, endColumn: 4),
        Expected(
            source: "a $ b", kind: .syntaxError,
            message: "invalid syntax",
            line: 1, column: 3, endLine: 1, endColumn: 4),
        Expected(
            source: "é€", kind: .syntaxError,
            message: "invalid character '€' (U+20AC)",
            line: 1, column: 2, endLine: 1, endColumn: 2),
        Expected(
            source: "x = 5€", kind: .syntaxError,
            message: "invalid character '€' (U+20AC)",
            line: 1, column: 6, endLine: 1, endColumn: 6),
        Expected(
            source: " x", kind: .syntaxError,
            message: "invalid non-printable character U+00A0",
            line: 1, column: 1, endLine: 1, endColumn: 1),
        Expected(
            source: "(a=1)", kind: .syntaxError,
            message: "invalid syntax. Maybe you meant '==' or ':=' instead of '='?",
            line: 1, column: 2, endLine: 1, endColumn: 5),
        Expected(
            source: "if a = 1: pass", kind: .syntaxError,
            message: "invalid syntax. Maybe you meant '==' or ':=' instead of '='?",
            line: 1, column: 4, endLine: 1, endColumn: 9),
        Expected(
            source: "(a.b := 1)", kind: .syntaxError,
            message: "cannot use assignment expressions with attribute",
            line: 1, column: 2, endLine: 1, endColumn: 5),
        Expected(
            source: "(1 := a)", kind: .syntaxError,
            message: "cannot use assignment expressions with literal",
            line: 1, column: 2, endLine: 1, endColumn: 3),
        Expected(
            source: "a, b: int", kind: .syntaxError,
            message: "only single target (not tuple) can be annotated",
            line: 1, column: 1, endLine: 1, endColumn: 2),
        Expected(
            source: "(a, b): int", kind: .syntaxError,
            message: "only single target (not tuple) can be annotated",
            line: 1, column: 1, endLine: 1, endColumn: 7),
        Expected(
            source: "[a]: int", kind: .syntaxError,
            message: "only single target (not list) can be annotated",
            line: 1, column: 1, endLine: 1, endColumn: 4),
        Expected(
            source: "a = yield = 1", kind: .syntaxError,
            message: "assignment to yield expression not possible",
            line: 1, column: 5, endLine: 1, endColumn: 10),
        Expected(
            source: "match x:\n case 1:\n x", kind: .indentationError,
            message: "expected an indented block after 'case' statement on line 2",
            line: 3, column: 2, endLine: 3, endColumn: 3),
        Expected(
            source: "match x\n  case 1: pass", kind: .syntaxError,
            message: "expected ':'",
            line: 1, column: 8, endLine: 1, endColumn: 9),
        Expected(
            source: "match x:\n case a as 1: pass", kind: .syntaxError,
            message: "invalid pattern target",
            line: 2, column: 12, endLine: 2, endColumn: 13),
        Expected(
            source: "match x:\n case A(a=1, b): pass", kind: .syntaxError,
            message: "positional patterns follow keyword patterns",
            line: 2, column: 14, endLine: 2, endColumn: 15),
        Expected(
            source: "match x:\n case 1j + 2: pass", kind: .syntaxError,
            message: "real number required in complex literal",
            line: 2, column: 7, endLine: 2, endColumn: 9),
        Expected(
            source: "else: pass", kind: .syntaxError,
            message: "invalid syntax",
            line: 1, column: 1, endLine: 1, endColumn: 5),
        Expected(
            source: "async x", kind: .syntaxError,
            message: "invalid syntax",
            line: 1, column: 7, endLine: 1, endColumn: 8),
        Expected(
            source: "return = 1", kind: .syntaxError,
            message: "invalid syntax",
            line: 1, column: 8, endLine: 1, endColumn: 9),
        Expected(
            source: "a.1", kind: .syntaxError,
            message: "invalid syntax",
            line: 1, column: 2, endLine: 1, endColumn: 4),
        Expected(
            source: "a..b", kind: .syntaxError,
            message: "invalid syntax",
            line: 1, column: 3, endLine: 1, endColumn: 4),
        Expected(
            source: "1.a", kind: .syntaxError,
            message: "invalid decimal literal",
            line: 1, column: 2, endLine: 1, endColumn: 2),
        Expected(
            source: "def f[]: pass", kind: .syntaxError,
            message: "Type parameter list cannot be empty",
            line: 1, column: 7, endLine: 1, endColumn: 7),
        Expected(
            source: "def f[*T: int](): pass", kind: .syntaxError,
            message: "cannot use bound with TypeVarTuple",
            line: 1, column: 9, endLine: 1, endColumn: 14),
        Expected(
            source: "class A(x for x in y): pass", kind: .syntaxError,
            message: "invalid syntax",
            line: 1, column: 11, endLine: 1, endColumn: 14),
        Expected(
            source: "not", kind: .syntaxError,
            message: "invalid syntax",
            line: 1, column: 4, endLine: 1, endColumn: 5),
        Expected(
            source: "3 + not 4", kind: .syntaxError,
            message: "'not' after an operator must be parenthesized",
            line: 1, column: 5, endLine: 1, endColumn: 10),
        Expected(
            source: "f(*)", kind: .syntaxError,
            message: "Invalid star expression",
            line: 1, column: 4, endLine: 1, endColumn: 5),
        Expected(
            source: "x[*]", kind: .syntaxError,
            message: "Invalid star expression",
            line: 1, column: 4, endLine: 1, endColumn: 5),
        Expected(
            source: "'a' 'b", kind: .syntaxError,
            message: "unterminated string literal (detected at line 1)",
            line: 1, column: 5, endLine: 1, endColumn: 5),
        Expected(
            source: "f'abc", kind: .syntaxError,
            message: "unterminated f-string literal (detected at line 1)",
            line: 1, column: 1, endLine: 1, endColumn: 1),
        Expected(
            source: "f'''abc", kind: .syntaxError,
            message: "unterminated triple-quoted f-string literal (detected at line 1)",
            line: 1, column: 1, endLine: 1, endColumn: 1),
        Expected(
            source: "x = 'a\\'", kind: .syntaxError,
            message: "unterminated string literal (detected at line 1); perhaps you escaped the end quote?",
            line: 1, column: 5, endLine: 1, endColumn: 5),
        Expected(
            source: "elif x: pass", kind: .syntaxError,
            message: "invalid syntax",
            line: 1, column: 1, endLine: 1, endColumn: 5),
        Expected(
            source: "@a\nx", kind: .syntaxError,
            message: "invalid syntax",
            line: 2, column: 1, endLine: 2, endColumn: 2),
        Expected(
            source: "def f() -> : pass", kind: .syntaxError,
            message: "expected ':'",
            line: 1, column: 9, endLine: 1, endColumn: 11),
        Expected(
            source: "a <> b", kind: .syntaxError,
            message: "invalid syntax",
            line: 1, column: 3, endLine: 1, endColumn: 5),
        Expected(
            source: "global 1", kind: .syntaxError,
            message: "invalid syntax",
            line: 1, column: 8, endLine: 1, endColumn: 9),
        Expected(
            source: "type X = ", kind: .syntaxError,
            message: "invalid syntax",
            line: 1, column: 10, endLine: 1, endColumn: 11),
        Expected(
            source: "if x: pass\nelse: pass\nelif y: pass", kind: .syntaxError,
            message: "invalid syntax",
            line: 3, column: 1, endLine: 3, endColumn: 5),
        Expected(
            source: "a = 1\n b = 2", kind: .indentationError,
            message: "unexpected indent",
            line: 2, column: 1, endLine: 2, endColumn: -1),
        Expected(
            source: "x\n\n\n  y", kind: .indentationError,
            message: "unexpected indent",
            line: 4, column: 2, endLine: 4, endColumn: -1),
        Expected(
            source: "assert", kind: .syntaxError,
            message: "invalid syntax",
            line: 1, column: 7, endLine: 1, endColumn: 8),
        Expected(
            source: "raise from a", kind: .syntaxError,
            message: "invalid syntax",
            line: 1, column: 7, endLine: 1, endColumn: 11),
        Expected(
            source: "yield = 1", kind: .syntaxError,
            message: "assignment to yield expression not possible",
            line: 1, column: 1, endLine: 1, endColumn: 6),
        Expected(
            source: "f(a, b, c", kind: .syntaxError,
            message: "'(' was never closed",
            line: 1, column: 2, endLine: 1, endColumn: 0),
        Expected(
            source: "{1: 2", kind: .syntaxError,
            message: "'{' was never closed",
            line: 1, column: 1, endLine: 1, endColumn: 0),
        Expected(
            source: "[1, 2", kind: .syntaxError,
            message: "'[' was never closed",
            line: 1, column: 1, endLine: 1, endColumn: 0),
        Expected(
            source: "d = {'a': 1\nx = 2\ny = 3", kind: .syntaxError,
            message: "'{' was never closed",
            line: 1, column: 5, endLine: 1, endColumn: 0),
        Expected(
            source: "def f(:\n  pass", kind: .syntaxError,
            message: "invalid syntax",
            line: 1, column: 7, endLine: 1, endColumn: 8),
    ]
}
