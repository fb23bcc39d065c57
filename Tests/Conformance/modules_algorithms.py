# heapq, bisect, random, errno, copy, reprlib, keyword.
import bisect
import copy
import errno
import heapq
import keyword
import random
import reprlib


def attempt(f, *args, **kwargs):
    try:
        return f(*args, **kwargs)
    except Exception as error:
        return '%s: %s' % (type(error).__name__, error)


data = [(i * 7919) % 1009 for i in range(300)]
h = []
for x in data:
    heapq.heappush(h, x)
print(h[:20], [heapq.heappop(h) for _ in range(20)], h[:10])
h = data[:]
heapq.heapify(h)
print(h[:20], heapq.heapreplace(h, 500), heapq.heappushpop(h, -1), heapq.heappushpop(h, 700), h[:15])
print(heapq.nsmallest(5, data), heapq.nlargest(5, data), heapq.nlargest(3, data, key=lambda v: v % 10), list(heapq.merge([1, 4], [2, 3], [0])))
print(attempt(heapq.heappop, []), attempt(heapq.heappush, (1,), 2), attempt(heapq.heapify, [1, 'a']), list(heapq.merge([3, 1], [2], reverse=True)))
heapq._heapify_max(h)
print(h[:5], heapq._heappop_max(h), heapq._heapreplace_max(h, 3))

a = [1, 2, 2, 3, 5]
print([bisect.bisect(a, v) for v in range(7)], [bisect.bisect_left(a, v) for v in range(7)], bisect.bisect(a, 2, 2, 3), bisect.bisect_left('abc', 'b'))
bisect.insort(a, 2.5)
bisect.insort_left(a, 2)
bisect.insort(a, -9, key=abs)
print(a, bisect.bisect(a, 4, key=lambda v: v * 2), attempt(bisect.bisect, a, 1, -1), attempt(bisect.bisect, a))

random.seed(12345)
print([random.random() for _ in range(4)], [random.getrandbits(k) for k in (1, 8, 32, 33, 64, 100)])
print([random.randrange(1000) for _ in range(8)], [random.randint(-5, 5) for _ in range(8)], random.randrange(0, 100, 7))
items = list(range(20))
random.shuffle(items)
print(items, random.choice(items), random.sample(items, 5), random.choices('abc', [1, 2, 3], k=6))
print(random.gauss(0, 1), random.gauss(0, 1), random.normalvariate(0, 1), random.uniform(1, 2), random.triangular(0, 1, 0.3))
print(random.expovariate(2), random.betavariate(1, 2), random.gammavariate(2, 1), random.paretovariate(3), random.vonmisesvariate(0, 1))
for seed in (0, -7, 2 ** 70, 3.5, True):
    random.seed(seed)
    print(seed, random.random(), random.getrandbits(40))
r = random.Random(99)
state = r.getstate()
first = [r.random() for _ in range(700)]
r.setstate(state)
print(first == [r.random() for _ in range(700)], first[-1], hash(state) != 0, state[0], len(state[1]))
print(attempt(random.getrandbits, -1), attempt(random.randrange, 0), attempt(random.choice, []), 0 <= random.SystemRandom().random() < 1)

print(errno.ENOENT, errno.errorcode[errno.EAGAIN], errno.EPERM, errno.errorcode[2])

class Point:
    def __init__(self, x, y):
        self.x, self.y = x, y

    def __repr__(self):
        return 'Point(%r, %r)' % (self.x, self.y)


class Slotted:
    __slots__ = ('a', 'b')

    def __init__(self):
        self.a = [1]


class Sub(list):
    pass


class SubDict(dict):
    pass


class SubInt(int):
    pass


p = Point([1], {'a': {1}})
q = copy.copy(p)
d = copy.deepcopy(p)
print(q, d, q.x is p.x, d.x is p.x, d.y['a'] is p.y['a'])
loop = [1]
loop.append(loop)
again = copy.deepcopy(loop)
print(again, again[1] is again, copy.copy(loop)[1] is loop)
s = copy.deepcopy(Slotted())
print(s.a, hasattr(s, 'b'))
sub = Sub([1, [2]])
sub.tag = 'x'
other = copy.deepcopy(sub)
print(other, other.tag, type(other).__name__, other[1] is sub[1], copy.copy(SubDict(a=1)), copy.copy(SubInt(5)) + 1)
print(copy.deepcopy({1, 2}), copy.deepcopy(frozenset([3])), copy.deepcopy((1, [2])), copy.copy(range(3)), copy.deepcopy(ValueError('x', 1)).args)
print(copy.deepcopy(bytearray(b'q')), copy.copy(len) is len, copy.deepcopy(Point) is Point, copy.copy(None), attempt(copy.copy, (i for i in ())))


class Custom:
    def __reduce__(self):
        return (Point, (1, 2))


class Copied:
    def __copy__(self):
        return 'copied'

    def __deepcopy__(self, memo):
        return 'deep'


print(copy.copy(Custom()), copy.copy(Copied()), copy.deepcopy([Copied()]))

print(reprlib.repr(list(range(100))), reprlib.repr('x' * 100), reprlib.repr({i: i for i in range(20)}))
print(keyword.iskeyword('for'), keyword.iskeyword('match'), keyword.softkwlist, len(keyword.kwlist))
