// Deep and long programs end in a tree or an error, never in a crash or a hang.

import StillSyntax
import Testing

@Suite struct LimitTests {
    func outcome(_ source: String) -> String {
        do {
            let module = try parseModule(Array(source.utf8), filename: "test")
            _ = dump(module)
            return "ok"
        } catch {
            return error.message
        }
    }

    static func times(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }

    @Test(arguments: [
        "1" + times("+1", 100_000), "a" + times(".b", 100_000), "f" + times("()", 50_000),
        times("not ", 100_000) + "1", times("-", 100_000) + "1", times("1 if 1 else ", 20_000) + "1",
        "if 1:\n pass\n" + times("elif 1:\n pass\n", 20_000), times("x = ", 50_000) + "1",
        times("a, ", 100_000), times("'a' ", 50_000), "1" + times("<1", 50_000),
        times("(", 150) + "1" + times(")", 150), times("[x for x in ", 100) + "y" + times("]", 100),
    ])
    func longProgramsParse(source: String) { #expect(outcome(source) == "ok") }

    @Test(arguments: [
        (times("(", 10_000) + "1" + times(")", 10_000), "too many nested parentheses"),
        (times("f'{", 50) + "1", "'{' was never closed"),
        (times("lambda: ", 5_000) + "1", "too many nested expressions or statements"),
        ("2" + times("**2", 10_000), "too many nested expressions or statements"),
    ])
    func deepProgramsAreRefused(source: String, message: String) {
        #expect(outcome(source) == message)
    }

    @Test func indentationIsBounded() {
        var source = ""
        for depth in 0..<101 { source += Self.times(" ", depth) + "if 1:\n" }
        #expect(outcome(source + Self.times(" ", 101) + "pass\n") == "too many levels of indentation")
    }

    /// Wrong programs whose second pass could explore exponentially many ways.
    @Test(
        .timeLimit(.minutes(1)),
        arguments: ["(a b ", "{a:", "f(x for ", "f(a=1,", "[(", "with (", "f(a.b=(", "x = [", "-(", "(x := "])
    func unfinishedNestsEndSoon(piece: String) {
        #expect(outcome(Self.times(piece, 90)) != "ok")
        #expect(outcome(Self.times(piece, 90) + "x y") != "ok")
    }
}
