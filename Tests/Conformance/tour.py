import sys
class P:
    cls = 5
    def __init__(self, a, b=2, *args, k=3, **kw):
        self.a, self.b, self.args, self.k, self.kw = a, b, args, k, kw
    def __repr__(self): return f"P({self.a!r}, {self.b}, {self.args}, {self.k}, {self.kw})"
    def __eq__(self, o): return self.a == o.a
    def __lt__(self, o): return self.a < o.a
    def __add__(self, o): return P(self.a + o.a)
    @property
    def twice(self): return self.a*2
    @staticmethod
    def st(x): return x+1
    @classmethod
    def cm(c, x): return c(x)
class Q(P):
    def __init__(self, a):
        super().__init__(a, 7, 8, 9, k=1, z=4)
print(P(1), Q(2), P(1)+P(3), P(4).twice, P.st(3), Q.cm(9))
print(sorted([P(3),P(1),P(2)]))
def gen(n):
    for i in range(n):
        x = yield i
        if x: print("got", x)
g = gen(3); print(next(g), g.send("hi"), list(g))
def d(n):
    yield from gen(n)
    return 5
print(list(d(4)))
try:
    1/0
except ZeroDivisionError as e:
    print("caught", e)
finally:
    print("fin")
try:
    [1][5]
except (IndexError, KeyError) as e: print(type(e).__name__, e)
print([x*x for x in range(5) if x%2], {k:v for k,v in zip("abc", range(3))}, {1,2,3}, (1,), [], {})
print(f"{3.14159:.2f} {'x':>5} {10:08b} {1e100} {-0.0} {2**100}")
a, *b, c = range(5); print(a,b,c)
class CM:
    def __enter__(self): print("enter"); return 1
    def __exit__(self, *a): print("exit", a[0]); return True
with CM() as v:
    raise ValueError("x")
print(max(3,1,2), min([4,2]), sum(range(10)), abs(-3), divmod(7,-2), pow(2,10,1000), round(2.5), len("abc"))
print("abc".upper(), "a,b".split(","), "-".join(["x","y"]), "%d %s %.3f" % (1,"s",2.5), "abc"[::-1])
lam = lambda x, y=2: x+y
print(lam(1), (lambda *a: a)(1,2))
def outer():
    n = 0
    def inner():
        nonlocal n
        n += 1
        return n
    return inner
f = outer(); f(); print(f())
print(isinstance(True, int), type(1), type(P), [1,2]+[3], (1,2)*2, "ab"*3)
d = {"a":1}; d["b"]=2; print(d, d.get("z", 0), list(d.items()), "a" in d)
import math; print(math.sqrt(2), math.pi, math.factorial(20))
x = 10
match x:
    case 1: print("one")
    case 10 | 11: print("ten")
while True:
    x -= 1
    if x < 5: break
else: print("no")
s = slice(1,3); print([1,2,3,4][s], list(reversed([1,2,3])), list(enumerate("ab")), list(map(str,[1,2])), any([0,1]), all([]))
print(repr("it's"), b"ab\x00", bytes([1,2]), "é".encode(), 0x10, 1_000, 3+4j)
global_var = 1
def g2():
    global global_var
    global_var += 1
g2(); print(global_var)
assert True
try: undefined_name
except NameError as e: print(e)
try: None.foo
except AttributeError as e: print(e)
try: f(1,2,3)
except TypeError as e: print(e)
print([i for i in range(3)], [[j for j in range(i)] for i in range(3)])
print("%5.1f|%-5s|%05d" % (3.14159, "ab", 42), "{:>10}|{:<5}|{:^7}".format("r","l","c"), "{0}{1}{0}".format(1,2))
print(int("42"), float("1.5"), str(3.0), 1e16, 0.1+0.2, 7//2, -7//2, 7%3, -7%3, 2**-1, 10/4)
