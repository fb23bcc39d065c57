# Generators, closures, comprehensions, with.
def count(n):
    try:
        while n:
            got = yield n
            if got: print("got", got)
            n -= 1
    finally:
        print("closed at", n)
    return "end"
g = count(3); print(next(g), g.send("a")); g.close()
def outer():
    result = yield from count(2)
    print("result", result)
    try: yield 1
    except KeyError as error: print("thrown", repr(error)); yield 2
g = outer(); print([next(g), next(g), next(g)]); print(g.throw(KeyError("k")))
print(list(x * y for x in range(3) for y in range(3) if x != y))
def make():
    functions = []
    for i in range(3):
        def f(n, base=i): nonlocal_total[0] += n; return base + n
        functions.append(f)
    return functions
nonlocal_total = [0]
print([f(10) for f in make()], nonlocal_total)
def counter():
    value = 0
    def up():
        nonlocal value
        value += 1
        return value
    return up
u = counter(); u(); print(u(), u())
print([i for i in range(10) if i % 3], {i: i * i for i in range(3)}, {i % 2 for i in range(5)} == {0, 1})
print([[row[i] for row in [[1, 2], [3, 4]]] for i in range(2)], [y := 1, y + 1])
class Manager:
    def __init__(self, name, swallow=False): self.name, self.swallow = name, swallow
    def __enter__(self): print("enter", self.name); return self.name
    def __exit__(self, kind, value, traceback): print("exit", self.name, kind and kind.__name__); return self.swallow
with Manager("a") as a, Manager("b", True) as b:
    print(a, b); raise ValueError
def early():
    for i in range(3):
        with Manager(i):
            if i == 1: return i
print(early())
try:
    with Manager("c"): raise KeyError("x")
except KeyError as error: print("outside", error)
for i in range(3):
    try:
        if i == 1: continue
        if i == 2: break
    finally: print("finally", i)
else: print("never")
