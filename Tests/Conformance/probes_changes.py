# Needs Python 3.13: what changes while it is looked at, and subclasses of builtin types, each with what it gives or raises.
from probing import show

PROBES = [
    """\
x = [1, 2, 3, 4]
for i in x: x.remove(i)
print(x)
""",
    """\
x = [3, 1, 2]
x.sort(key=lambda v: x.append(v) or v)
""",
    """\
x = [3, 1, 2]
try: x.sort(key=lambda v: 1/0)
except ZeroDivisionError: print(x)
""",
    """\
class K:
    def __init__(self, n): self.n = n
    def __lt__(self, o):
        if self.n == 2: raise ValueError('lt')
        return self.n < o.n
x = [K(i) for i in (3, 1, 2, 0)]
try: x.sort()
except ValueError as e: print(e, len(x), sorted(k.n for k in x))
""",
    """\
class K:
    def __eq__(self, o): d.clear(); return True
    def __hash__(self): return 1
d = {K(): 1}
try: d[K()]
except (KeyError, RuntimeError) as e: print(type(e).__name__)
print(len(d))
""",
    """\
class K:
    def __eq__(self, o): d[len(d) + 10] = 1; return False
    def __hash__(self): return 1
d = {K(): 1, 5: 2}
print(d.get(K()), len(d) > 2)
""",
    """\
class K:
    def __hash__(self): raise ValueError('h')
try: {K(): 1}
except ValueError as e: print(e)
try: K() in {1}
except ValueError as e: print(e)
""",
    """\
class A:
    def __del__(self): raise ValueError('in del')
import sys, io
old = sys.stderr; sys.stderr = io.StringIO()
a = A(); del a
text = sys.stderr.getvalue(); sys.stderr = old
print('in del' in text, 'Exception ignored' in text)
""",
    """\
import weakref
class A: pass
a = A(); r = weakref.ref(a, lambda r: 1/0)
import sys, io
old = sys.stderr; sys.stderr = io.StringIO()
del a
text = sys.stderr.getvalue(); sys.stderr = old
print(r(), 'ZeroDivisionError' in text)
""",
    """\
def g():
    for i in x:
        yield i
x = [1, 2]
it = g(); next(it); x.clear(); print(list(it))
""",
    """\
d = {1: 1, 2: 2}
try:
    for k in d: d.pop(k)
except RuntimeError as e: print(e)
""",
    """\
s = {1, 2, 3}
try:
    for k in s: s.discard(k); s.add(k + 10)
except RuntimeError as e: print(e)
""",
    """\
d = {i: i for i in range(10)}
try:
    for k, v in d.items(): d[k + 100] = v
except RuntimeError as e: print(e)
""",
    """\
x = list(range(5))
it = iter(x); next(it); del x[:]; print(list(it), list(it))
""",
    'x = [1, 2, 3]; it = reversed(x); next(it); x.pop(); x.pop(); print(list(it))',
    """\
import collections
d = collections.deque([1, 2, 3])
try:
    for i in d: d.append(i)
except RuntimeError as e: print(e)
""",
    """\
class A:
    def __getattr__(self, n): raise AttributeError(n)
    def __len__(self): raise ValueError('len')
try: bool(A())
except ValueError as e: print(e)
print(hasattr(A(), 'x'), getattr(A(), 'x', 1))
""",
    """\
class A:
    def __index__(self): x.clear(); return 0
x = [1, 2, 3]
try: x[A()]
except IndexError as e: print(e)
x = [1, 2, 3]
try: x[A()] = 5
except IndexError as e: print(e)
x = [1, 2, 3]; print(x[A():3])
""",
    """\
class A:
    def __iter__(self): x.clear(); return iter([9])
x = [1, 2, 3]; x[1:2] = A(); print(x)
x = [1, 2, 3]; x.extend(A()); print(x)
x = [1, 2]; x += x; print(x); x.extend(x); print(x); x[1:1] = x; print(len(x)); x *= 3; print(len(x))
""",
    """\
class L(list):
    def append(self, v): raise ValueError
x = L([1, 2]); x.extend([3]); print(x); x += [4]; print(x, type(x + [1]), type(x * 2), type(x[:]), type(x.copy()))
""",
    """\
class D(dict):
    def __missing__(self, k): return k * 2
    def __getitem__(self, k): return super().__getitem__(k)
d = D(a=1); print(d['a'], d['zz'], d.get('q'), dict(d), D.fromkeys('ab'), type(d | {}), d.copy())
""",
    """\
class S(str):
    def __eq__(self, o): return True
    __hash__ = str.__hash__
    def __str__(self): return 'custom'
print(S('a') == 'b', str(S('a')), f'{S("a")}', '%s' % S('a'), S('a') + 'b', type(S('a') + 'b'), S('ab')[0], S('a').upper(), {S('a'): 1}.get('a'), ''.join([S('x'), S('y')]))
""",
    """\
class I(int):
    def __add__(self, o): return 'add'
    def __index__(self): return 7
    def __repr__(self): return 'I!'
print(I(1) + 1, 1 + I(1), [0] * 10 == [0] * I(10), range(10)[I(3)], I(5), f'{I(5)}', '%d' % I(5), int(I(5)), I(2) * 3, type(I(2) * 3), hash(I(3)), {3: 'x'}[I(3)], sum([I(1)]), max(I(1), 0))
""",
    """\
class T(tuple):
    def __new__(cls, *a): return super().__new__(cls, a)
    def __getitem__(self, i): return 'g'
t = T(1, 2); print(t, t[0], list(t), t[0:1], t + (3,), type(t + ()), hash(t) == hash((1, 2)), t == (1, 2)); a, b = t; print(a, b)
""",
    """\
import sys
def f(n):
    try: return f(n + 1)
    except RecursionError: return n
print(f(0) > 100)
def g(n):
    try: g(n + 1)
    finally: pass
try: g(0)
except RecursionError as e: print('rec')
""",
    """\
x = []
for i in range(50000): x = [x]
del x; print('deep del')
t = ()
for i in range(50000): t = (t,)
del t
class N: pass
n = None
for i in range(50000):
    m = N(); m.next = n; n = m
del n, m; print('deep objects')
""",
    """\
x = []
x.append(x)
try: x == [x]
except RecursionError: print('eq rec')
d = {}; d[1] = d
try: d == {1: d} and repr(d)
except RecursionError: print('eq rec dict')
print(repr(d))
""",
    """\
import copy, pickle
x = [1]; x.append(x); y = copy.deepcopy(x); print(y[1] is y, pickle.loads(pickle.dumps(x))[1][0])
""",
    """\
import threading
def work(n):
    for i in range(200):
        try: raise ValueError(n, i)
        except ValueError as e: out.append(e.args[0])
out = []; ts = [threading.Thread(target=work, args=(i,)) for i in range(4)]
[t.start() for t in ts]; [t.join() for t in ts]; print(len(out), sorted(set(out)))
""",
]

show(PROBES)
