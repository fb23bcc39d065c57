# collections: the native containers and the Python ones of an unmodified library.
from collections import deque, defaultdict, OrderedDict, Counter, ChainMap, namedtuple, UserDict, UserList, UserString
import collections.abc
import copy


def attempt(f, *args, **kwargs):
    try:
        return f(*args, **kwargs)
    except Exception as error:
        return '%s: %s' % (type(error).__name__, error)


# deque: ends
d = deque([1, 2, 3])
d.append(4)
d.appendleft(0)
print(d, len(d), d.pop(), d.popleft(), d)
d.extend('ab')
d.extendleft('xy')
print(d, list(reversed(d)), d[0], d[-1], d[2])
print(attempt(deque().pop), attempt(deque().popleft), attempt(lambda: d[99]), attempt(lambda: d['a']), attempt(lambda: deque(maxlen=-1)))
d.rotate(2)
print(d)
d.rotate(-3)
print(d)
d.rotate(1000003)
d.reverse()
print(d)
d[1] = 'one'
del d[0]
d.insert(2, 'two')
d.insert(-100, 'first')
d.insert(100, 'last')
print(d, 'two' in d, 'three' in d, d.index('two'), attempt(d.index, 'three'), d.count(1))
d.remove('two')
print(d, attempt(d.remove, 'two'))
# bounded
b = deque(range(10), maxlen=4)
print(b, b.maxlen, deque().maxlen)
b.append(10)
b.appendleft(1)
print(b, attempt(b.insert, 1, 5), b * 2, b + deque([7]), b.copy(), copy.copy(b).maxlen)
b.extend([1, 2, 3, 4, 5])
print(b)
e = deque(maxlen=0)
e.append(1)
print(e)
# comparison, arithmetic
print(deque([1, 2]) == deque([1, 2]), deque([1, 2]) < deque([1, 3]), deque([1]) == [1], deque([1, 2]) != deque([2]))
x = deque([1, 2])
x += [3]
x *= 2
print(x, 2 * deque('a'), deque('a') * 0, attempt(lambda: deque() + [1]), attempt(hash, deque())[:25])
# recursion and iteration
r = deque([1])
r.append(r)
print(r)
it = iter(x)
print(next(it), it.__length_hint__())
x.append(9)
print(attempt(next, it))


def grow(q):
    for item in q:
        q.append(item)


print(attempt(grow, deque([1])))
big = deque()
for i in range(10000):
    big.append(i)
    if i % 3 == 0:
        big.popleft()
print(len(big), big[0], big[-1], sum(big))


class Own(deque):
    def __init__(self, items=(), maxlen=None):
        super().__init__(items, maxlen)
        self.extra = 1


o = Own('abc', 2)
print(o, o.extra, o.copy(), type(o.copy()).__name__)
print(copy.deepcopy(deque([[1], [2]], 5)), deque[int])
match deque([1, 2]):
    case [a, c]:
        print('matched', a, c)

# defaultdict
dd = defaultdict(list)
dd['a'].append(1)
dd['b'].append(2)
dd['a'].append(3)
print(dd, dd['a'], 'c' in dd, dd.get('c'), dict(dd), dd.default_factory)
print(attempt(lambda: defaultdict()['x']), attempt(defaultdict, 3), defaultdict(int, a=1) | {'b': 2}, {'z': 0} | defaultdict(int, a=1))
print(copy.copy(dd) == dd, copy.deepcopy(dd), dd.copy().default_factory)
dd.default_factory = None
print(attempt(lambda: dd['q']), dd)


class Missing(defaultdict):
    def __missing__(self, key):
        self[key] = value = key * 2
        return value


m = Missing()
print(m['ab'], m)
counts = defaultdict(int)
for ch in 'mississippi':
    counts[ch] += 1
print(sorted(counts.items()))

# OrderedDict
od = OrderedDict.fromkeys('abcde')
od.move_to_end('b')
print(''.join(od))
od.move_to_end('b', last=False)
print(''.join(od), od.popitem(), od.popitem(last=False), list(od))
print(OrderedDict(a=1, b=2) == OrderedDict(b=2, a=1), OrderedDict(a=1, b=2) == dict(b=2, a=1), list(OrderedDict(a=1)))
print(attempt(od.move_to_end, 'zz'), list(reversed(od)), list(od.keys()), list(copy.copy(od)))
od |= {'n': 1}
print(list(od), od.pop('n'), od.setdefault('k', 5), list(od.items()))

# Counter
c = Counter('abracadabra')
print(c, c.most_common(2), c['z'], sorted(c.elements()), c.total())
c.subtract('aab')
print(c, c + Counter(a=1, z=2), c - Counter(a=1), c & Counter(a=2, r=1), c | Counter(q=1), +Counter(a=-1, b=1))
c.update(['x', 'x'])
print(c['x'], Counter(a=1) <= Counter(a=2), Counter({'a': 3}).most_common())

# ChainMap
cm = ChainMap({'a': 1}, {'a': 2, 'b': 3})
print(cm, cm['a'], cm['b'], sorted(cm), len(cm), cm.new_child({'c': 1})['c'], cm.parents, attempt(lambda: cm['zz']))
cm['b'] = 9
print(cm.maps)

# namedtuple
P = namedtuple('P', 'x y z', defaults=[3])
p = P(1, y=2)
print(p, p.x, p[1], p._asdict(), p._replace(x=10), P._fields, P._field_defaults, P._make([7, 8, 9]), p == (1, 2, 3))
print(attempt(P, 1), attempt(namedtuple, 'Q', 'a a'), attempt(namedtuple, 'Q', 'class'), namedtuple('Q', 'class a', rename=True)._fields)
print(attempt(setattr, p, 'x', 5), hash(p) == hash((1, 2, 3)), copy.copy(p), P.x.__doc__, P.__doc__)
x, y, z = p
print(x, y, z, max(P(1, 2), P(1, 3)))

# User types
u = UserDict(a=1)
u['b'] = 2
print(u, len(u), u.data, 'a' in u, u | {'c': 3})
ul = UserList([3, 1, 2])
ul.sort()
print(ul, ul + [4], ul[1:], ul * 2)
us = UserString('hello')
print(us.upper(), us + '!', us[1:3], len(us), us == 'hello')

# abstract classes
for cls in (list, dict, set, frozenset, tuple, str, bytes, bytearray, range, deque, defaultdict, memoryview, int, P, UserList):
    print(cls.__name__, [n for n in ('Hashable', 'Iterable', 'Sized', 'Container', 'Collection', 'Sequence', 'MutableSequence', 'Set',
                                     'MutableSet', 'Mapping', 'MutableMapping', 'Reversible', 'Callable')
                         if issubclass(cls, getattr(collections.abc, n))])


class Half(collections.abc.Sequence):
    def __getitem__(self, index):
        return 'xyz'[index]

    def __len__(self):
        return 3


h = Half()
print(list(h), 'y' in h, h.index('z'), list(reversed(h)), h.count('x'), attempt(collections.abc.Mapping)[:44], isinstance(h, collections.abc.Sequence))


class Registered:
    pass


print(isinstance(Registered(), collections.abc.Sized), isinstance(Registered(), collections.abc.Sequence))
collections.abc.Sequence.register(Registered)
print(isinstance(Registered(), collections.abc.Sequence), issubclass(Registered, collections.abc.Sequence), attempt(collections.abc.Sequence.register, 3))
print(isinstance((i for i in ()), collections.abc.Generator), isinstance(iter([]), collections.abc.Iterator), isinstance(len, collections.abc.Callable))
