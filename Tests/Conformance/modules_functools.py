# functools.
import functools
from functools import *
import operator


def attempt(f, *args, **kwargs):
    try:
        print('->', f(*args, **kwargs))
    except Exception as e:
        print(type(e).__name__ + ':', e)


# partial
def f(*args, **kwargs):
    return args, kwargs


p = partial(f, 1, 2, a=3)
print(p(), p(4, b=5), p(a=6), p.func is f, p.args, p.keywords)
q = partial(p, 7, c=8)
print(q(9), q.func is f, q.args, q.keywords)
print(partial(print, 1, sep='-').args, repr(partial(len, 'a', b=1)).startswith('functools.partial(<built-in function len>'))
print(partial(int, base=2)('101'), list(map(partial(operator.add, 10), [1, 2])))
p.note = 'x'
print(p.note, partial(p).func is p)
attempt(partial)
attempt(partial, 1)
attempt(partial(len), 1, 2)

# reduce, cmp_to_key
print(reduce(operator.add, [1, 2, 3]), reduce(operator.mul, [], 5), reduce(lambda a, b: a + b, 'abc', '>'))
attempt(reduce, operator.add, [])
attempt(reduce, operator.add, 1)
attempt(reduce, operator.add, [1, 'a'])
key = cmp_to_key(lambda a, b: (a > b) - (a < b))
print(sorted([3, 1, 2], key=key), sorted('bca', key=cmp_to_key(lambda a, b: (a < b) - (a > b))), key(1) < key(2), key(1) == key(1), key(5).obj)
attempt(lambda: key(1) < 1)
attempt(hash, key(1))


# wraps
def deco(fn):
    @wraps(fn)
    def inner(*a):
        "inner"
        return fn(*a)
    return inner


@deco
def original(x: int):
    "documentation"
    return x * 2


original.extra = 1
print(original(4), original.__name__, original.__doc__, original.__wrapped__.__name__, original.__annotations__)

# lru_cache
calls = []


@lru_cache(maxsize=2)
def square(x, *, k=0):
    calls.append(x)
    return x * x + k


print([square(n) for n in (1, 2, 1, 3, 1, 2)], calls, square.cache_info())
print(square(1, k=1), square.cache_info().currsize, square.__name__, square.cache_parameters())
square.cache_clear()
print(square.cache_info())


@cache
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


print(fib(80), fib.cache_info())


@lru_cache
def typed(x):
    return type(x).__name__


print(typed(1), typed(1.0), typed(True))


@lru_cache(typed=True)
def typed(x):
    return type(x).__name__


print(typed(1), typed(1.0), typed('a'))
attempt(fib, [])
attempt(lru_cache, 'a')


class C:
    @lru_cache(None)
    def method(self, x):
        return x + 1

    @cached_property
    def expensive(self):
        "doc"
        print('computing')
        return 42

    add = partialmethod(lambda self, a, b: (a, b), 1)


c = C()
print(c.method(1), c.method(1), C.method.cache_info(), c.expensive, c.expensive, C.expensive.__doc__, c.add(2))
del c.expensive
print(c.expensive)


# total_ordering
@total_ordering
class V:
    def __init__(self, n):
        self.n = n

    def __eq__(self, o):
        return self.n == o.n

    def __lt__(self, o):
        return self.n < o.n


@total_ordering
class W:
    def __init__(self, n):
        self.n = n

    def __eq__(self, o):
        return self.n == o.n

    def __ge__(self, o):
        return self.n >= o.n


for cls in (V, W):
    print([(op(cls(a), cls(b))) for op in (operator.lt, operator.le, operator.gt, operator.ge) for a, b in ((1, 2), (2, 2), (2, 1))])


class Empty:
    pass


attempt(total_ordering, Empty)


# singledispatch
@singledispatch
def show(x):
    return 'object'


@show.register
def _(x: int):
    return 'int'


@show.register(list)
def show_list(x):
    return 'list'


class MyList(list):
    pass


print(show(1), show(True), show([]), show(MyList()), show('s'), show.dispatch(list) is show_list, show.__name__)
attempt(show)


class D:
    @singledispatchmethod
    def neg(self, x):
        return 'other'

    @neg.register
    def _(self, x: int):
        return -x

    @neg.register(bool)
    def _(self, x):
        return not x


print(D().neg(5), D().neg(True), D().neg('a'))
