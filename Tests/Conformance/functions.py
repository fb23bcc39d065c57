def f(a, b=2, *, k=3): return (a, b, k)
def g(a, b=5, *, k=6): return (a, b, k, 'g')
def err(thunk):
    try: thunk()
    except Exception as e: print(type(e).__name__, e)
    else: print('no error')
for i in range(3): print(f(1), f(1, k=9), f(1, 7))
f.__defaults__ = (20,)
print(f(1))
f.__kwdefaults__ = {'k': 30}
print(f(1))
f.__code__ = g.__code__
print(f(1), f.__name__, f.__code__ is g.__code__)
f.__defaults__ = None
err(lambda: f(1))
print(f(1, 2))
del f.__kwdefaults__
err(lambda: f(1, 2))
print(f.__defaults__, f.__kwdefaults__)
def s(v): f.__code__ = v
err(lambda: s(3))
def s(v): f.__defaults__ = v
err(lambda: s(3)); err(lambda: s([1]))
def s(v): f.__kwdefaults__ = v
err(lambda: s(3))
def s(v): f.__name__ = v
err(lambda: s(3))
def s(v): f.__qualname__ = v
err(lambda: s(3))
def s(v): f.__annotations__ = v
err(lambda: s(3))
def d(): del f.__code__
err(d)
def d(): del f.__name__
err(d)
def outer():
    x = 1
    def inner(): return x
    return inner
i = outer()
def s(v): i.__code__ = v
err(lambda: s(f.__code__))
def s(v): f.__code__ = v
err(lambda: s(i.__code__))
def s(v): f.__closure__ = v
err(lambda: s(()))
def s(v): f.__globals__ = v
err(lambda: s({}))
class T(tuple): pass
f.__defaults__ = T((8,))
f.__kwdefaults__ = dict(k=1)
print(f(1))
def gen(a, b=1):
    yield a
    yield b
z = gen(1)
print(next(z))
def gen2(a, b=1, c=3, d=4, e=5, *r):
    yield 'no'
gen.__code__ = gen2.__code__
print(list(z), list(gen(1,2,3,4)))
def many(n):
    out = []
    for j in range(n):
        def c(x, y=j): return x + y
        out.append(c)
    return out
acc = 0
cs = many(10)
for c in cs * 3: acc += c(1)
print(acc)
cs[3].__defaults__ = (100,)
acc = 0
for c in cs * 3: acc += c(1)
print(acc)
class C:
    def m(self, v=1): return v
c = C()
r = []
for q in range(4):
    r.append(c.m())
    if q == 1: C.m.__defaults__ = (9,)
    if q == 2: C.m = lambda self, v=77: v
print(r)
class I:
    def __init__(self, v=3): self.v = v
r = []
for q in range(4):
    r.append(I().v)
    if q == 1: I.__init__.__defaults__ = (4,)
print(r)
print(f.__annotations__, f.__doc__, f.__module__)
f.__annotations__ = None
print(f.__annotations__)
