# all(), any() and sum() of generator expressions and of generators that delegate; what such an expression captures.
import sys


def show(*values):
    print(*values)


class Loud:
    def __init__(self, name, truth):
        self.name, self.truth = name, truth

    def __bool__(self):
        print('bool of', self.name)
        if self.truth is None:
            raise ValueError(self.name)
        return self.truth

    def __del__(self):
        print('end of', self.name)


def satisfied(limit, items):
    return all(item < limit for item in items), any(item == limit for item in items), sum(item for item in items if item < limit)


show(satisfied(3, [1, 2, 3, 4]), satisfied(10, range(5)), satisfied(0, []))
show(sum(1 for _ in 'abc'), sum(n for n in (1, 2.5, 3)), sum(n for n in (2**61, 2**61, 2**61, 1)), sum(-n for n in (2**62, 2**62 - 1, 5)))
show(sum(n for n in (2**80, 1)), sum(True for _ in range(3)), sum([n] == [1] for n in range(3)))
show(any(n for n in (0, None, '', 0.0)), all(n for n in (1, 'a', 2.5, [0])), any(text for text in ('', 'x')), all(n for n in (1, [], 2)))
show(any(Loud(name, truth) for name, truth in (('a', False), ('b', True), ('c', False))))
show(all(Loud(name, truth) for name, truth in (('d', True), ('e', False), ('f', True))))
try:
    kept = Loud('h', None)
    any(item for item in (Loud('g', False), kept, 0))
except ValueError as error:
    show('raised', error)


def failing(divisor, numbers):
    return sum(1 // (number - divisor) for number in numbers)


show(failing(9, range(5)))
try:
    failing(2, range(5))
except ZeroDivisionError as error:
    names = []
    entry = error.__traceback__
    while entry is not None:
        names.append(entry.tb_frame.f_code.co_name)
        entry = entry.tb_next
    show(names)


def stopping():
    raise StopIteration('inner')


try:
    all(stopping() for _ in range(2))
except RuntimeError as error:
    show(type(error).__name__, error, type(error.__cause__).__name__)


# The name is looked up, not taken for granted.
def shadowed():
    sum = lambda items: ('mine', list(items))
    return sum(n for n in range(3))


show(shadowed())
show(sum((n for n in range(4)), 10), max(n for n in range(4)), list(n for n in range(3)))


# Nested, and captured through several levels.
def nested(rows, wanted):
    return [sum(any(cell == wanted for cell in row) for row in rows), all(all(cell != wanted + 9 for cell in row) for row in rows),
            [sum(cell for cell in row if cell != wanted) for row in rows]]


show(nested([[1, 2], [3, 4], [2, 2]], 2))


def kept(base, other):
    made = (base + n for n in range(3))
    show(sorted(made.gi_code.co_freevars), made.gi_frame.f_locals.keys() - {'n', 'base', '.0'})
    return made, (other for _ in range(2))


first, second = kept(10, Loud('captured', True))
show(list(first))
show(next(second).name)
del second


def rebound(value):
    made = (value + n for n in range(3))
    value = 100
    return list(made)


def rebound_later(value):
    made = [(value + n for n in range(2))]
    for value in (7, 8):
        pass
    return list(made[0])


def deleted(value):
    made = (value for _ in range(1))
    del value
    try:
        return list(made)
    except NameError as error:
        return type(error).__name__


def walrus(value):
    show(any((value := n) > 2 for n in range(5)))
    return value


def with_lambda(value):
    return [f() for f in [lambda: value for _ in range(2)]], list(f() for f in (lambda: value + n for n in range(2)))


def changed_inside(value):
    made = (value for _ in range(2))

    def change():
        nonlocal value
        value += 1
    change()
    return list(made)


show(rebound(1), rebound_later(1), deleted(1), walrus(1), with_lambda(5), changed_inside(1))


def seen(parameter):
    return any(show(sorted(name for name in locals() if name[0] != '.')) for n in range(1))


def seen_in_expression(parameter):
    return list(sorted(name for name in found if name[0] != '.') for found in (dict(locals(), more=parameter) for n in range(1)))


seen(1)
show(seen_in_expression(1))


class Method:
    limit = 3

    def fits(self, *items, least=0):
        return all(least <= item < self.limit for item in items), sum(len(items) for _ in items)

    def again(self):
        return any(other is self for other in [None, self])


show(Method().fits(0, 1, 2), Method().fits(0, 5), Method().fits(1, least=2), Method().again())


# Yielded through generators that delegate.
def tree(depth):
    if depth:
        yield from tree(depth - 1)
        yield depth
        yield from tree(depth - 1)


def truths(depth, value):
    if depth:
        yield from truths(depth - 1, value)
    yield True
    yield value


def mixed():
    yield 1
    got = yield from inner()
    yield got


def inner():
    try:
        raise KeyError('k')
    except KeyError:
        yield 2
        yield 2.5
    yield from [3, 4]
    return 5


show(sum(tree(5)), all(truths(4, True)), all(truths(4, 0)), any(truths(3, True)), sum(mixed()), list(mixed()))


def counting(log):
    for number in range(4):
        log.append(number)
        yield number == 2


log = []
show(any(flag for flag in counting(log)), log)
log = []
show(any(counting(log)), log)


def deep(level):
    return sum(deep(level - 1) for _ in range(1)) + 1 if level else 0


show(deep(50))


def endless(level):
    return sum(endless(level + 1) for _ in range(1))


try:
    endless(0)
except RecursionError as error:
    show('too deep')
show([sum(n * k for n in range(4)) for k in range(4)])
