# The native wrapper behind functools.lru_cache.
import copy
import functools
import pickle
import threading
from functools import lru_cache

calls = []


@lru_cache(maxsize=3)
def square(x, *, scale=1):
    "Doc."
    calls.append((x, scale))
    return x * x * scale


print(type(square).__name__, square.__name__, square.__doc__, square.__wrapped__ is not None, callable(square))
print([square(n) for n in (1, 2, 3, 1, 4, 2, 1)], calls, square.cache_info())
print(square(2, scale=3), square(2, scale=3), square(scale=3, x=2), square.cache_info(), square.cache_parameters())
square.cache_clear()
print(square.cache_info(), square.cache_info().hits)
square.note = 'kept'
print(square.note, square.__dict__['note'], copy.copy(square) is square, copy.deepcopy(square) is square, pickle.loads(pickle.dumps(square)) is square)


@lru_cache(maxsize=None, typed=True)
def kind(value, other=None):
    return type(value).__name__ + type(other).__name__


print(kind(1), kind(1.0), kind(True), kind(1), kind(1, other=2), kind(1, other=2.0), kind.cache_info())


@lru_cache(maxsize=0)
def never(value):
    return value


print(never(1), never(1), never.cache_info())


@functools.cache
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


print(fib(200), fib.cache_info())
for bad in (lambda: square([1]), lambda: square(1, 2), lambda: lru_cache(maxsize='3'), lambda: functools._lru_cache_wrapper(3, 1, 2, 4)):
    try:
        print(bad())
    except TypeError as error:
        print('TypeError', error)


class Same:
    "Equal to all others, so that keys must be compared by Python code."
    def __init__(self, name):
        self.name = name

    def __hash__(self):
        return 7

    def __eq__(self, other):
        return isinstance(other, Same) and self.name == other.name


@lru_cache(maxsize=2)
def named(value):
    return value.name


print([named(Same(n)) for n in 'abacab'], named.cache_info())


class Holder:
    def __init__(self, base):
        self.base = base

    @lru_cache(maxsize=8)
    def add(self, number):
        return self.base + number

    @classmethod
    @functools.cache
    def made(cls, number):
        return cls.__name__, number


holder = Holder(10)
print(holder.add(1), holder.add(1), Holder.add(holder, 1), Holder.add.cache_info(), Holder.made(2), Holder.made(2))


@lru_cache(maxsize=2)
def failing(x):
    if x < 0:
        raise ValueError(x)
    return x


for n in (1, -1, 1, -1):
    try:
        failing(n)
    except ValueError as error:
        print(error, failing.cache_info())

# The least recently used one goes, over many rounds.
@lru_cache(maxsize=50)
def wide(x):
    return -x


import random
order, model, hits = random.Random(3), {}, 0
for _ in range(20000):
    x = order.randrange(80)
    if x in model:
        hits += 1
        del model[x]
    elif len(model) == 50:
        del model[next(iter(model))]
    model[x] = None
    assert wide(x) == -x
print(wide.cache_info().hits == hits, wide.cache_info().currsize)

# Exact counts with several threads.
@lru_cache(maxsize=16)
def shared(x):
    return x + 1


def work(seed):
    for i in range(2000):
        assert shared((seed + i) % 24) == (seed + i) % 24 + 1


threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
info = shared.cache_info()
print(info.hits + info.misses, info.currsize, info.maxsize)
