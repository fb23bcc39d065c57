// Damaged programs: any outcome but a crash or a hang. The seed is fixed, so a failure repeats.

import StillSyntax
import Testing

@Suite struct MutationTests {
    struct Generator {
        var state: UInt64
        mutating func below(_ limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return limit == 0 ? 0 : Int(truncatingIfNeeded: state >> 33) % limit
        }
    }

    static let sample = """
        @decorator(1)
        async def f(a, /, b: int = 2, *args, c, d=3, **k) -> None:
            '''doc'''
            async with a as b, (c): await d
            x = [i async for i in y if i] + {**k, 'a': 1}[b:c, ...]
            return f'{x!r:>{w}}{y = }' rf"\\{z}"
        match x, *y:
            case {'a': [1, -2.5, *_], **rest} if rest: pass
            case A.B(c, d=(1 | 2) as e): del a[0], b.c
        try:
            with (open(a) as b, c): lambda *a, b=1: (yield)
        except* (A, B) as e: raise C from e
        else: global g; x: int = 0xff_f + 1_0.5e-3j
        finally:
            while (n := n - 1) > 0 and not z: x += 1 if y else ~2
            else: import a.b as c; from ..d import (e, f)
        type T[U: int, *V, **W] = dict[U, V]
        class C[T](B, metaclass=M):
            nonlocal_ = \\
                u'\\N{BULLET}\\x41\\ud800'
        """

    static let pieces = [
        "(", ")", "[", "]", "{", "}", "f'", "'", "\"\"\"", ":", "\n", "\n    ", " if ", " for x in ",
        "=", ":=", "lambda ", "*", "**", ",", "\\\n", "#", "match x:\n case ", "with (", "!r}",
        "{x=", "async ", "await ", "except* ", "0x", "1_", "é", "\u{0}", "`", "@", "->", "print x",
        "del ", "not ", "\t", "\u{C}", "\\N{",
    ].map { Array($0.utf8) }

    @Test(.timeLimit(.minutes(1)), arguments: 1...8)
    func damageIsSurvived(seed: Int) {
        var random = Generator(state: UInt64(seed))
        let sample = Array(Self.sample.utf8)
        for _ in 0..<400 {
            var bytes = sample
            for _ in 0...random.below(6) {
                let place = random.below(bytes.count)
                switch random.below(4) {
                case 0: bytes[place] = UInt8(random.below(256))
                case 1: bytes.remove(at: place)
                case 2:
                    bytes.insert(
                        contentsOf: Self.pieces[random.below(Self.pieces.count)], at: place)
                default:
                    bytes.removeSubrange(place..<min(bytes.count, place + random.below(20)))
                }
            }
            if let module = try? parseModule(bytes, filename: "test") { _ = dump(module) }
            _ = try? parseExpression(bytes, filename: "test")
        }
    }

    @Test func everyPrefixIsSurvived() {
        let sample = Array(Self.sample.utf8)
        for end in 0...sample.count {
            _ = try? parseModule(Array(sample[..<end]), filename: "test")
        }
    }

    @Test func theSampleIsValid() throws {
        _ = try parseModule(Array(Self.sample.utf8), filename: "test")
    }
}
