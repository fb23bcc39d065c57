// Errors that only the compiler can see, with the wording and position of CPython 3.13.

import StillSyntax
import Testing

@Suite struct SyntaxErrorTests {
    static let cases: [(String, Int, Int, String)] = [
        ("return 1", 1, 1, "'return' outside function"),
        ("yield 1", 1, 1, "'yield' outside function"),
        ("await x", 1, 1, "'await' outside function"),
        ("def f():\n  await x", 2, 3, "'await' outside async function"),
        ("class A:\n  return 1", 2, 3, "'return' outside function"),
        ("break", 1, 1, "'break' outside loop"),
        ("if 1:\n  continue", 2, 3, "'continue' not properly in loop"),
        ("def f():\n  nonlocal x", 2, 3, "no binding for nonlocal 'x' found"),
        ("nonlocal x", 1, 1, "nonlocal declaration not allowed at module level"),
        (
            "def f():\n  x = 1\n  global x", 3, 3,
            "name 'x' is assigned to before global declaration"
        ),
        (
            "def f():\n  print(x)\n  global x", 3, 3,
            "name 'x' is used prior to global declaration"
        ),
        ("def f(x):\n  global x", 2, 3, "name 'x' is parameter and global"),
        ("def f():\n  global x\n  nonlocal x", 2, 3, "name 'x' is nonlocal and global"),
        ("def f(a, a): pass", 1, 10, "duplicate argument 'a' in function definition"),
        ("def f():\n  from x import *", 2, 17, "import * only allowed at module level"),
        (
            "try: pass\nexcept: pass\nexcept V: pass", 2, 1, "default 'except:' must be last"
        ),
        ("*a = 1", 1, 1, "starred assignment target must be in a list or tuple"),
        ("a, *b, *c = 1", 1, 1, "multiple starred expressions in assignment"),
        ("x = *a", 1, 5, "can't use starred expression here"),
        ("f(a=1, a=2)", 1, 8, "keyword argument repeated: a"),
        ("async def f():\n  yield from x", 2, 3, "'yield from' inside async function"),
        (
            "async def f():\n  yield 1\n  return 2", 3, 3,
            "'return' with value in async generator"
        ),
        ("def f():\n  async with x: pass", 2, 3, "'async with' outside async function"),
        (
            "def f():\n  [x async for x in y]", 2, 3,
            "asynchronous comprehension outside of an asynchronous function"
        ),
        ("[(yield x) for x in y]", 1, 3, "'yield' inside list comprehension"),
        (
            "[x := 1 for x in y]", 1, 2,
            "assignment expression cannot rebind comprehension iteration variable 'x'"
        ),
        (
            "class A:\n  [x := 1 for y in z]", 2, 4,
            "assignment expression within a comprehension cannot be used in a class body"
        ),
        ("__debug__ = 1", 1, 1, "cannot assign to __debug__"),
        ("from __future__ import braces", 1, 1, "not a chance"),
        (
            "x = 1\nfrom __future__ import annotations", 2, 1,
            "from __future__ imports must occur at the beginning of the file"
        ),
        (
            "match x:\n  case a: pass\n  case 1: pass", 2, 8,
            "name capture 'a' makes remaining patterns unreachable"
        ),
        (
            "match x:\n  case _: pass\n  case 1: pass", 2, 8,
            "wildcard makes remaining patterns unreachable"
        ),
        ("match x:\n  case [a, a]: pass", 2, 12, "multiple assignments to name 'a' in pattern"),
        ("match x:\n  case [a] | 1: pass", 2, 8, "alternative patterns bind different names"),
        (
            "for x in y:\n  try: pass\n  except* V: break", 3, 14,
            "'break', 'continue' and 'return' cannot appear in an except* block"
        ),
    ]

    @Test(arguments: cases.indices)
    func message(_ index: Int) throws {
        let (text, line, column, message) = Self.cases[index]
        do {
            _ = try compileText(text + "\n")
            Issue.record("no error for \(text)")
        } catch let error as SyntaxError {
            #expect(error.message == message)
            #expect(error.line == line)
            #expect(error.column == column)
        }
    }

    @Test(arguments: [
        "x = " + String(repeating: "-", count: 20_000) + "1",
        "x = a" + String(repeating: ".b", count: 20_000),
        "x = " + String(repeating: "a if b else ", count: 2000) + "c",
    ])
    func deepTreesAreRefused(_ text: String) {
        #expect(throws: SyntaxError.self) { try compileText(text + "\n") }
    }

    @Test func longChainsAreNot() throws {
        _ = try compileText("x = a" + String(repeating: " + a", count: 20_000) + "\n")
        _ = try compileText("x = a" + String(repeating: " and a", count: 5000) + "\n")
    }
}
