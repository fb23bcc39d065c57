// Exact code of small functions: registers, fused jumps, ownership flags.

import StillBytecode
import StillCompiler
import Testing

@Suite struct ListingTests {
    @Test func recursiveFunction() throws {
        let unit = try compileText(
            """
            def fib(n):
                if n < 2: return n
                return fib(n - 1) + fib(n - 2)
            """)
        #expect(
            try listing("fib", in: unit) == """
                0 jumpLessSmall n, 2, if false -> 2
                1 returnValue n
                2 loadGlobal t0, fib
                5 subtractSmall t7, n, 1
                6 call t0, 1 arguments
                9 loadGlobal t1, fib
                12 subtractSmall t8, n, 2
                13 call t1, 1 arguments
                16 add t0, t0, t1!
                17 returnValue t0!
                """)
    }

    @Test func loopWithConditions() throws {
        let unit = try compileText(
            """
            def f(xs):
                total = 0
                for i, x in xs:
                    if i > 3 and x is not None:
                        total += x * i
                return total
            """)
        #expect(
            try listing("f", in: unit) == """
                0 loadSmallInt total, 0
                1 getIterator t0, xs
                2 forIterate t2, t0
                3 jump -> 10
                4 unpackSequence (i...x), t2!
                5 jumpGreaterSmall i, 3, if false -> 9
                6 jumpIfNone x -> 9
                7 multiply t2, x, i
                8 add total, total, t2! in place
                9 jumpBack -> 2
                10 returnValue total
                """)
    }

    @Test func methodCallAndSwap() throws {
        let unit = try compileText(
            """
            def f(a, b):
                a, b = b, a
                return a.m(b, 1)
            """)
        #expect(
            try listing("f", in: unit) == """
                0 move t0, b
                1 move b, a
                2 move a, t0!
                3 loadMethod t0, a.m, borrowed
                8 borrow t8, b
                9 loadSmallInt t9, 1
                10 callMethod t0, 2 arguments
                13 returnValue t0!
                """)
    }

    @Test func assignmentExpressionsForceCopies() throws {
        let unit = try compileText("def f(x): return x + (x := 5)")
        #expect(
            try listing("f", in: unit) == """
                0 move t0, x
                1 loadSmallInt t1, 5
                2 move x, t1
                3 add t0, t0, t1!
                4 returnValue t0!
                """)
    }

    @Test func handlerReleasesWhatTheBodyUsed() throws {
        let unit = try compileText(
            """
            def f(xs):
                for x in xs:
                    try:
                        g(x)
                    except E as e:
                        h(e)
            """)
        let function = try #require(find("f", in: unit))
        let first = UInt16(function.localNames.count + 2)
        // The iterator and its index are kept: everything above them is released.
        #expect(
            function.exceptionTable.allSatisfy {
                $0.firstReleased == first || $0.firstReleased == first + 2
            })
        #expect(function.localNames == ["xs", "x", "e"])
    }

    @Test func comprehensionRunsInPlace() throws {
        let unit = try compileText("def f(n): return [x * n for x in range(n) if x]")
        let function = try #require(find("f", in: unit))
        #expect(function.localNames == ["n", ".x"])
        #expect(find("<listcomp>", in: unit) == nil)
    }

    @Test func constantsAreFolded() throws {
        let unit = try compileText("def f(): return (1 + 2 * 3, -4, 'a' 'b' + 'c', 7 / 2, 1 << 3)")
        let function = try #require(find("f", in: unit))
        #expect(opcodes(of: function) == [.returnConstant])
        #expect(
            function.constants.contains(
                .tuple([
                    .int(7), .int(-4), .string([97, 98, 99]), .float(bits: (3.5).bitPattern),
                    .int(8),
                ])))
    }

    @Test func farFusedComparesAreWidened() throws {
        let body = String(repeating: "        x = g(x)\n", count: 6000)
        let unit = try compileText("def f(x):\n    while x < 10:\n\(body)    return x")
        let function = try #require(find("f", in: unit))
        #expect(Array(opcodes(of: function).prefix(2)) == [.jumpLessSmall, .jump])
    }

    @Test func generatorsStartWithTheMarker() throws {
        let unit = try compileText("def f(a):\n    yield lambda: a")
        let function = try #require(find("f", in: unit))
        #expect(Array(opcodes(of: function).prefix(2)) == [.makeGenerator, .makeCell])
        #expect(function.flags.contains(.generator))
    }

    @Test func superMakesTheClassCell() throws {
        let unit = try compileText("class A(B):\n    def f(self): return super().f()")
        #expect(try #require(find("f", in: unit)).freeNames == ["__class__"])
        let body = try #require(find("A", in: unit))
        #expect(body.cellRegisters == [0] && body.names.contains("__classcell__"))
    }

    @Test func privateNamesAreMangled() throws {
        let unit = try compileText(
            "class _A:\n    def f(self, __x):\n        self.__y = __x\n        self.__z__ = 1")
        let function = try #require(find("f", in: unit))
        #expect(function.localNames == ["self", "_A__x"])
        #expect(function.names == ["_A__y", "__z__"])
    }

    @Test func interactiveModePrints() throws {
        let unit = try compileText("x\n", mode: .interactive)
        #expect(opcodes(of: unit).contains(.intrinsic))
        let value = try compileText("x + 1\n", mode: .expression)
        #expect(opcodes(of: value).last == .returnValue)
    }

    @Test func docstringsLoseTheirIndentation() throws {
        let unit = try compileText("def f():\n    '''a\n      b\n    c\n    '''\n")
        let function = try #require(find("f", in: unit))
        let text = String(String.UnicodeScalarView(function.docstring!.compactMap(UnicodeScalar.init)))
        #expect(text == "a\n  b\nc\n")
        #expect(function.constants.first == .string(function.docstring!))
    }

    @Test func postponedAnnotationsAreText() throws {
        let unit = try compileText(
            "from __future__ import annotations\ndef f(a: list[int | None], *b: x.y) -> -1: pass")
        for text in ["list[int | None]", "x.y", "-1"] {
            #expect(unit.constants.contains(.string(text.unicodeScalars.map(\.value))))
        }
    }
}
