# Places where the VM does the work of a call, a loop or a store itself, and what must look the same as if it did not.
import builtins


# all, any and sum of generators, resumed by the call.

log = []


def numbers(count):
    try:
        for n in range(count):
            yield n
    finally:
        log.append(('closed', count))


print(all(n < 5 for n in range(5)), any(n == 3 for n in range(5)), sum(n * n for n in range(5)))
print(all(x for x in numbers(3)), log)
print(any(x == 2 for x in numbers(9)), log)
print(sum(numbers(4)), sum(numbers(0)), log)
print(all(numbers(0)), any(numbers(0)))
print(sum(x for x in (1, 2.5, 3)), sum((x for x in (1 << 62, 1 << 62, 1))), sum(x for x in (True, 2)))


class Odd:
    def __init__(self, truth):
        self.truth = truth

    def __bool__(self):
        if self.truth is None:
            raise KeyError('truth')
        return self.truth

    def __radd__(self, other):
        return ('radd', other)


print(all(Odd(t) for t in (True, False, None)))
print(any(Odd(t) for t in (False, True, None)))
for function in (all, any):
    try:
        print(function(Odd(None) for _ in range(2)))
    except KeyError as error:
        print('KeyError', error)
print(sum(x for x in (1, 2, Odd(True))))
try:
    sum(x for x in ('a', 'b'))
except TypeError as error:
    print(error)


def failing():
    yield 1
    raise ValueError('inside')


for function in (all, any, sum):
    try:
        print(function(failing()))
    except ValueError as error:
        print(function.__name__, error, error.__traceback__.tb_next.tb_frame.f_code.co_name)


def delegating():
    yield from numbers(3)
    yield from (n for n in range(3))


print(sum(delegating()), sum(sum(numbers(n)) for n in range(4)), all(any(x for x in numbers(n)) for n in (2, 3)))
try:
    raise RuntimeError('outer')
except RuntimeError:
    print(all(n for n in numbers(2)), sum(n for n in numbers(3)))
    try:
        all(1 / n for n in numbers(2))
    except ZeroDivisionError as error:
        print(repr(error.__context__))


def itself():
    yield sum(running)


running = itself()
try:
    sum(running)
except ValueError as error:
    print(error)
saved = builtins.sum
builtins.sum = lambda items: list(items)
print(sum(n for n in range(3)))
builtins.sum = saved
print(sum(n for n in range(3)))
finished = numbers(1)
print(sum(finished), sum(finished), all(finished))


def frames(depth):
    for n in range(depth):
        yield n if depth < 2 else sum(frames(depth - 1))


print(sum(frames(5)))


# Pairs that a loop unpacks.

table = {'a': 1, 'b': 2, 'c': 3}
for key, value in table.items():
    print(key, value, end=' ')
print({value: key for key, value in table.items() if value & 1})
try:
    for key, value in table.items():
        table[key + '!'] = value
except RuntimeError as error:
    print(error)
for index, (x, y) in enumerate(zip('abc', (1, 2)), (1 << 62) - 2):
    print(index, x, y, end=' ')
print()
try:
    for x, y in zip('ab', 'c', strict=True):
        print(x, y)
except ValueError as error:
    print(error)
try:
    for x, y in zip('ab'):
        print('never')
except ValueError as error:
    print(error)
for x, y in enumerate('ab'):
    x, y = y, x
    print(x, y, end=' ')
pairs = zip('abc', 'de')
for x, y in pairs:
    print(x + y, end=' ')
    if x == 'a':
        break
print(list(pairs))


def stops():
    yield 'k', 1
    yield 'l', 2


print([key * value for key, value in stops()], {key: value for key, value in zip('ab', stops())})


class Failing:
    def __iter__(self):
        return self

    def __next__(self):
        raise LookupError('next')


for loop in (zip('a', Failing()), zip(Failing(), 'a'), enumerate(Failing())):
    try:
        for x, y in loop:
            print('never')
    except LookupError as error:
        print(type(loop).__name__, error)


# Lists: append, pop, len, unpacking, stores and loads by index.

row = []
for number in range(20):
    row.append(number)
    if number % 3 == 0:
        row.append(row)
print(len(row), row.pop() == 19, len(row), row.append(None), row.pop())
while row:
    row.pop()
for method in (row.pop, lambda: row.pop(), lambda: [].pop()):
    try:
        method()
    except IndexError as error:
        print(error)
try:
    row.append()
except TypeError as error:
    print(error)
print(len('abc'), len((1, 2)), len({1: 2}), len([]), len(range(7)), len(b'xy'))
try:
    len(3)
except TypeError as error:
    print(error)


class Sized(list):
    def __len__(self):
        return 77

    def append(self, item):
        print('appending', item)

    def pop(self):
        return 'popped'


own = Sized([1, 2])
own.append(3)
print(len(own), own.pop(), list.__len__(own), list.pop(own))
a = [1, 2, 3]
a[0], a[1], a[2] = a[2], a[0], a[1]
print(a)
a[1] = a
print(a[1][1][0], len(a[1]))
[x, y], (z, w) = (1, [2]), [(3,), 4]
x, y = y, x
print(x, y, z, w)
(p, q), r = [[1, 2], 3]
p, q, r = r, p, q
print(p, q, r)
q = (q, r)
q, r = q
print(q, r)
for bad in ([1], (1, 2, 3), []):
    try:
        x, y = bad
    except ValueError as error:
        print(error)
a = [0] * 3 + [None] * 2 + [[]] * 2
a[-1].append('shared')
print(a, [7] * 0, [1, 2] * 2, a[-7], a[2])
for index in (7, -8):
    for action in (lambda: a[index], lambda: a.__setitem__(index, 1)):
        try:
            action()
        except IndexError as error:
            print(error)
try:
    a[9] = 1
except IndexError as error:
    print(error)
a = [1, 2]
a.extend(a)
a.extend((5, 6))
a += a
a.insert(0, 'first')
a.insert(100, 'last')
a.insert(-1, 'before')
print(a, list(a) == a, list(a) is a)
a = list(range(40))
a[:] = a[::-1]
print(a[:3], a.index(0))


# Attributes: stores that displace something, of temporaries too.

class Dying:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        print('dies', self.name, end='; ')


class Holder:
    __slots__ = ('kept',)


class Open:
    pass


for make in (Holder, Open):
    holder = make()
    holder.kept = Dying('one')
    holder.kept = Dying('two')
    holder.kept = holder
    holder.kept.kept.kept = 5
    print(holder.kept)
    [holder][0].kept = Dying('three')
    make().kept = 1
    del holder
    print()
box = [Dying('four')]
box[0] = Dying('five')
[box][0][0] = None
print(box)


# Exceptions of classes with an __init__ of their own.

class Problem(Exception):
    def __init__(self, code, text='text'):
        super().__init__(code)
        self.code = code
        self.text = text


class Silent(Exception):
    def __init__(self, *arguments):
        pass


class Made(Exception):
    def __new__(cls, *arguments):
        made = super().__new__(cls, *arguments)
        made.mark = 'marked'
        return made


class Both(Made):
    def __init__(self, value):
        self.value = value


for error in (Problem(3), Problem(4, text='other'), Silent(1, 2), Made(5), Both(6), KeyError('k'), ValueError()):
    print(type(error).__name__, error.args, str(error), sorted(vars(error).items()))
try:
    Problem()
except TypeError as error:
    print(error)


class Wrong(Exception):
    def __init__(self):
        return 3


try:
    Wrong()
except TypeError as error:
    print(error)
error = ValueError(1, 2)
error.__init__(3)
print(error.args)
error.__init__()
print(error.args)


# Generators: names, many registers.

def wide(a, b, c, d):
    e, f, g, h = a + b, b + c, c + d, d + a
    yield [a, b, c, d, e, f, g, h, [x for x in (a, b)], {c: d}, (e, f, g), a < b < c < d, f'{a}{b}{c}{d}{e}{f}{g}{h}']
    i = yield (a, b, c, d, e, f, g, h, a + b * c - d, (yield 1), max(a, b, c, d, e, f, g, h))
    return i


generator = wide(1, 2, 3, 4)
print(generator.__name__, generator.__qualname__, next(generator), next(generator), generator.send(8))
generator.__name__ = 'renamed'
print(generator.__name__, generator.gi_code.co_name)
try:
    generator.send('end')
except StopIteration as error:
    print(error.value)
unfinished = wide(1, 2, 3, 4)
next(unfinished)
del unfinished


# Texts.

print('a,b,,c,'.split(','), ''.split(','), ','.split(','), 'abc'.split('b'), 'éaé'.split('a'), 'a-b-c'.split('-', 1))
print('x'.join(['a']), '-'.join(['a', 'bc', '', 'd' * 20, 'é', '€']), ''.join([]), ', '.join(('x', 'y')), '€'.join(['a', 'b']))
try:
    ''.join(['a', 3])
except TypeError as error:
    print(error)
print('%5d|%3d|%1d|%30d|%d' % (42, -7, 12345, 1, 10 ** 20), '%2d%%' % 5, '%7s' % 'é')
for template, value in (('%5d', 'x'), ('%5d', ()), ('%5', 1)):
    try:
        print(template % value)
    except (TypeError, ValueError) as error:
        print(error)
print('%5d %x' % (True, 255), '%12d' % (1 << 70))
for n in (0, 9, 10, 99, 100, -1, -10, 10 ** 9, 10 ** 18, 4611686018427387903, -4611686018427387904, 10 ** 19):
    print(str(n), end=' ')
print()
built = ''
for c in 'abcdefgh' * 9:
    built += c
print(built, len(built))


# Dicts: keys of the same text that are other objects.

table = {'key%d' % n: n for n in range(5)}
print('key' + str(3) in table, 'key' + str(7) in table, table['key' + str(4)], table.get('key' + str(2)), table.get('no' + str(2)))
table['key' + str(1)] += 10
print(table)
try:
    table['none' + str(1)]
except KeyError as error:
    print(error)


class Same:
    def __init__(self, n):
        self.n = n

    def __hash__(self):
        return 7

    def __eq__(self, other):
        # The table moves while keys are compared.
        big.update((number, number) for number in range(1000, 1000 + len(big) % 700 + 20))
        return self.n == other.n


big = {}
for n in range(6):
    big[Same(n)] = n
print([big[Same(n)] for n in range(6)], Same(9) in big)
first = {n: n for n in range(50)}
first.update({n: -n for n in range(40, 60)})
first.update(first)
print(len(first), first[45], first[59], list(first)[-1])
first.clear()
first.update(a=1)
print(first)
