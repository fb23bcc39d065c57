# Weak references, proxies and the containers of weakref.
import gc
import weakref


class Thing:
    def __init__(self, name):
        self.name = name

    def __repr__(self):
        return 'Thing(%r)' % self.name

    def hello(self, *args):
        return 'hello ' + self.name


class Comparable:
    def __init__(self, n):
        self.n = n

    def __eq__(self, other):
        return isinstance(other, Comparable) and self.n == other.n

    def __hash__(self):
        return hash(self.n)

    def __len__(self):
        return self.n

    def __call__(self, x, *, y=0):
        return self.n + x + y

    def __getitem__(self, i):
        return (self.n, i)

    def __add__(self, other):
        return self.n + int(other)

    __radd__ = __add__

    def __int__(self):
        return self.n

    def __iter__(self):
        return iter(range(self.n))


def attempt(f, *args):
    try:
        print('->', f(*args))
    except Exception as e:
        print(type(e).__name__ + ':', e)


# References.
t = Thing('a')
r = weakref.ref(t)
print(r() is t, weakref.ref(t) is r, weakref.getweakrefcount(t), weakref.getweakrefs(t) == [r])
died = []
r2 = weakref.ref(t, lambda ref: died.append(ref is r2))
print(r2 == r, r2 is r, weakref.getweakrefcount(t), r2.__callback__ is not None, r.__callback__)
del t
gc.collect()
print(r(), r2(), died, r2.__callback__)
attempt(weakref.ref, 1)
attempt(weakref.ref)
attempt(hash, r)
c1, c2 = Comparable(1), Comparable(1)
print(weakref.ref(c1) == weakref.ref(c2), hash(weakref.ref(c1)) == hash(c1))


class MyRef(weakref.ref):
    def __init__(self, target, callback=None, **more):
        super().__init__(target, callback)
        self.more = more


m = MyRef.__new__(MyRef, c1)
m.__init__(c1, x=1)
print(m() is c1, m.more, isinstance(m, weakref.ReferenceType), m is weakref.ref(c1))

# Proxies.
t = Thing('p')
p = weakref.proxy(t)
print(p.name, p.hello(), type(p) is weakref.ProxyType, weakref.proxy(t) is p, str(p), isinstance(p, Thing))
p.extra = 5
print(t.extra)
del p.extra
attempt(getattr, t, 'extra')
attempt(hash, p)
attempt(next, p)
c = weakref.proxy(c1)
print(type(c) is weakref.CallableProxyType, c(2, y=3), len(c), c[4], c + 5, 5 + c, c == c1, c != c2, list(c), bool(c))
attempt(lambda: c - 1)
del t
gc.collect()
attempt(getattr, p, 'name')
attempt(str, p)

# WeakValueDictionary.
d = weakref.WeakValueDictionary()
a, b = Thing('a'), Thing('b')
d['a'] = a
d['b'] = b
print(len(d), sorted(d.keys()), 'a' in d, 'x' in d, d['a'], d.get('x'), d.get('x', 1), sorted(d.items()) == [('a', a), ('b', b)])
attempt(d.__getitem__, 'x')
del a
gc.collect()
print(len(d), list(d), list(d.values()), list(d.items()))
print(d.setdefault('b', Thing('never')), d.pop('b'), d.pop('b', None), len(d))
attempt(d.pop, 'b')
d.update({'k': b}, z=b)
print(sorted(d), d.copy() == d, len(d | {'m': b}), d.popitem()[1])

# WeakKeyDictionary.
k = weakref.WeakKeyDictionary()
x, y = Comparable(3), Comparable(4)
k[x] = 'x'
k[y] = 'y'
print(len(k), k[x], k[Comparable(4)], x in k, 1 in k, k.get(Comparable(9), 'none'), sorted(k.values()))
attempt(k.__setitem__, 1, 2)
del x
gc.collect()
print(len(k), [q.n for q in k], list(k.values()), k.setdefault(y, 'z'), k.pop(y), len(k))

# WeakSet.
items = [Comparable(n) for n in range(4)]
s = weakref.WeakSet(items)
print(len(s), Comparable(2) in s, 5 in s, sorted(i.n for i in s))
items.pop()
gc.collect()
print(len(s), sorted(i.n for i in s & items[:2]), sorted(i.n for i in s - weakref.WeakSet(items[:1])), sorted(i.n for i in s | items))
s.discard(items[0])
try:
    s.remove(Comparable(77))
except KeyError:
    print("KeyError")
print(len(s), s == weakref.WeakSet(items[1:]), s <= weakref.WeakSet(items), s.isdisjoint(items[:1]))
s.clear()
attempt(s.pop)

# WeakMethod.
t = Thing('m')
w = weakref.WeakMethod(t.hello, lambda ref: print('method gone', ref is w))
print(w()(), w() == t.hello, w == weakref.WeakMethod(t.hello))
attempt(weakref.WeakMethod, len and (lambda: 1))
del t
gc.collect()
print(w())

# finalize.
t = Thing('f')
f = weakref.finalize(t, print, 'finalized', 1, sep='-')
print(f.alive, f.peek()[2:], f.atexit)
del t
gc.collect()
print(f.alive, f.peek(), f(), f.detach())
t = Thing('g')
f = weakref.finalize(t, lambda: 42)
print(f(), f(), f.alive)
f = weakref.finalize(t, lambda: 42)
print(f.detach()[0] is t, f.alive)

# Cycles are cleared too, and their callbacks run.
class Node:
    pass


n = Node()
n.self = n
log = []
r = weakref.ref(n, lambda _: log.append('cycle'))
del n
gc.collect()
print(r(), log)
