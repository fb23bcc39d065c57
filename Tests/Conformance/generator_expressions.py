# Generator expressions: free variables, nesting, frames, folds, and their code in functions made by hand.
import types


def free(a, b):
    return sum(x * a + b for x in range(5)), list((x, y, a) for x in range(2) for y in range(b))


print(free(3, 2))


def late():
    made = (x + later for x in range(3))
    later = 10
    first = next(made)
    later = 20
    return first, list(made)


print(late())


def unbound():
    made = (x + missing for x in range(3))
    try:
        next(made)
    except NameError as error:
        print(type(error).__name__, error)
    missing = 1
    return list(made)


print(unbound())


def nested(n):
    return [list(f() for f in [lambda: x * n + y for y in range(2)]) for x in range(3)], \
        list(list(x * y * n for y in range(x)) for x in range(4))


print(nested(7))


def walrus():
    found = any((last := x) > 3 for x in range(10))
    return found, last


print(walrus())


def captured():
    makers = list((lambda: x) for x in range(3))
    return [make() for make in makers]


print(captured())


def own_locals(a):
    return next(sorted(locals()) for x in [1] if a), next(locals()['a'] for x in [1] if a)


print(own_locals(5))


class Base:
    def value(self):
        return 4


class Derived(Base):
    size = 3
    table = list(i * 2 for i in range(size))

    def value(self):
        return sum(super(Derived, self).value() + i for i in range(2)), list(__class__.__name__ for _ in range(1))

    def wrong(self):
        try:
            return list(super().value() for _ in range(1))
        except TypeError as error:
            return type(error).__name__


print(Derived.table, Derived().value(), Derived().wrong())

made = (x for x in 'ab')
print(made.__name__, made.__qualname__, made.gi_code.co_name, made.gi_code.co_varnames, made.gi_code.co_argcount)
print(made.gi_frame is not None, next(made), made.gi_running)


def code_of():
    scale = 2
    return (x * scale for x in range(3))


inside = code_of()
code = inside.gi_code
print(inside.__qualname__, code.co_freevars, code.co_varnames, code.co_cellvars, code.co_nlocals, code.co_flags & 0x30)
cell = types.CellType(5)
by_hand = types.FunctionType(code, globals(), closure=(cell,))
print(list(by_hand(iter([1, 2, 3]))), list(inside))
cell.cell_contents = 7
print(list(by_hand(iter([1, 2]))))
try:
    types.FunctionType(code, globals())
except TypeError as error:
    print(error)


# Folds: what is decided early leaves the generator where it is.
def numbers(log):
    for n in range(6):
        log.append(n)
        yield n


log = []
source = numbers(log)
print(any(n == 2 for n in source), log, next(source), all(n < 9 for n in source), log)
print(all(x for x in [1, 1, 1]), all(x for x in [True, 0, 1]), any(x for x in [0, '', None, 4, 5]), any(x for x in []))
print(sum(x for x in [1, 2, 3]), sum(x for x in [True, False, 5]), sum(x for x in [1, 2.5, 3]), sum(1 << 62 for _ in range(4)))
print(sum(x for x in [(1 << 62) - 1, 1]), sum(-(1 << 61) for _ in range(5)))


class Truth:
    def __init__(self, answer):
        self.answer = answer

    def __bool__(self):
        if self.answer is None:
            raise ValueError('no truth')
        return self.answer


print(all(Truth(x) for x in [True, True, False]), any(Truth(x) for x in [False, True]))
for fold in (all, any, sum):
    try:
        fold(Truth(x) for x in [fold is all, None])
    except (ValueError, TypeError) as error:
        print(type(error).__name__, error)


def failing():
    yield True
    yield True
    raise KeyError('in the middle')


def returning():
    received = []
    received.append((yield 1))
    received.append((yield 2))
    seen.append(received)


seen = []
print(sum(returning()), seen)
try:
    all(failing())
except KeyError as error:
    print('KeyError', error)


def self_resuming():
    global own
    yield False
    try:
        next(own)
    except ValueError as error:
        print(error)
    yield True


own = self_resuming()
print(any(own), list(own))
try:
    list(x for x in 5)
except TypeError as error:
    print(error)
print(list(x for x in (y for y in (z for z in range(3)) if y) if x > 1))
exec(compile('print(list(a + x for x in range(2)))', 'given', 'exec'), {'a': 3, '__builtins__': __builtins__})
for number in range(3):
    names = {'__builtins__': __builtins__, 'zero': 0, 'number': number}
    exec('def f(): return number, zero, len("abc")\nresult = f()', names)
    print(names['result'])
short = {'__builtins__': __builtins__, 'one': 1, 'two': 2}
print(types.FunctionType((lambda: (one, two)).__code__, short)())
