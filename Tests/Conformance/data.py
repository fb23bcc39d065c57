# Numbers, strings and containers.
print(2 ** 100, -(2 ** 70) // 3, (2 ** 64) % 1000, 10 ** 20 - 10 ** 20 + 1, 1 << 70, (1 << 70) >> 68, -5 // 2, -5 % 3, divmod(-7, 3))
print(int("-123456789012345678901234567890"), hex(255), oct(8), bin(5), int("ff", 16), (255).bit_length(), 7 .__add__(3))
print(0.1 + 0.2, 1e300 * 1e10, 5e-324, 1.0, 1e22, 123456789.123, round(2.675, 2), round(1234.5), 3.0.is_integer(), float("inf"), -0.0)
print(7 / 2, 2 ** 0.5, 10 / 3, 1e16 + 1, int(3.99), abs(-2.5), 3 > 2.5, 1 == 1.0, hash(1) == hash(1.0))
print("%s|%5d|%-6.2f|%x|%r" % ("s", 42, 3.14159, 255, "q"), "{:>8}|{:^8}|{:08.3f}|{:,}|{:+d}|{!r}".format("a", "b", 3.14159, 1234567, 5, "x"))
print("Hello World".swapcase(), "a-b-c".replace("-", "+", 1), " x ".strip(), "abc".find("c"), "aXbX".split("X"), "abcabc".count("bc"), "title case".title())
print("äöü".upper(), "ß".upper(), len("日本"), "日本"[1], "a\tb\n", repr("a\tb\n\x00é"), "abc" < "abd", "x" * 3, "b" in "abc", "abc".partition("b"))
l = [5, 3, 8, 1]; l.sort(); print(l, l[::-1], l[1:3], l.index(8)); l[1:3] = [9, 9, 9]; print(l); del l[0]; l.insert(1, 7); l.extend("ab"); print(l, l.pop(), l.count(9))
print(sorted(["b", "A", "c"], key=str.lower), sorted([3, 1, 2], reverse=True), sorted("hello"), [1, 2] < [1, 3], [[1]] == [[1]])
d = {"a": 1, "b": 2}; d.update(c=3); d["a"] = 9; print(d, list(d), d.pop("b"), d.setdefault("z", 5), d | {"q": 1}, dict([("k", 1)]), {**d, "x": 0})
print(list(d.keys()), list(d.values()), list(d.items()), "a" in d, d.get("no"), len(d), {1: "a"} == {1.0: "a"})
try:
    for key in d: d[key + "x"] = 1
except RuntimeError as error: print(error)
s = {1, 2, 3}; print(s & {2, 3, 4} == {2, 3}, s | {9} == {1, 2, 3, 9}, s - {1} == {2, 3}, s ^ {3, 4} == {1, 2, 4}, s <= {1, 2, 3}, frozenset([1]) in {frozenset([1])})
print(tuple(range(0, 10, 3)), range(5)[::-1], len(range(0, 100, 7)), 5 in range(0, 10, 5), (1, 2) + (3,), (1,) * 3, (1, 2) < (1, 2, 3))
a, (b, *c), d2 = 1, (2, 3, 4), 5; print(a, b, c, d2); first, *rest = "abc"; print(first, rest)
print(list(zip([1, 2], "ab")), list(enumerate("xy", 1)), list(map(lambda x, y: x + y, [1, 2], [3, 4])), list(filter(None, [0, 1, 2])), sum([[1], [2]], []), any([]), all([]))
print(isinstance(1, (str, int)), type(1.5), callable(len), max("b", "a"), min([3, 1], key=lambda x: -x), chr(97), ord("a"), bool([]), str(None), repr(True))
print(b"abc"[1], b"a" + b"b", bytes([65, 66]), b"\x00\xff", "é".encode("utf-8"), b"\xc3\xa9".decode(), b"a,b".split(b","))
print(1 if [] else 2, not 0, 1 and 2, 0 or 3, None is None, 1 < 2 < 3, 3 > 2 > 5, f"{1 + 1=} {'x':>3}|{3.14159:.2f}")
def f(a, b=2, /, c=3, *args, d, e=5, **kw): return (a, b, c, args, d, e, kw)
print(f(1, d=4), f(1, 2, 3, 4, 5, d=6, z=7), f(*[1, 2], **{"d": 3}))
x = 5
match [1, {"k": 2}, "s"]:
    case [int(n), {"k": v}, str() as t] if n < 2: print("matched", n, v, t)
    case _: print("no")
