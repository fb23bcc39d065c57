# Places that take a fast path and must not show it: caches that see several classes, new instances, generators resumed by loops, super().
import sys


# One place, many classes: attributes, stores, methods, slots, properties.

def make_class(number):
    if number % 4 == 0:
        class Inline:
            def __init__(self):
                self.pad = number
                self.x = number
        return Inline
    if number % 4 == 1:
        class Slotted:
            __slots__ = ('x', 'other')

            def __init__(self):
                self.x = number
        return Slotted
    if number % 4 == 2:
        class Computed:
            @property
            def x(self):
                return self._x + 1

            @x.setter
            def x(self, value):
                self._x = value - 1

            def __init__(self):
                self._x = number - 1
        return Computed

    class Shared:
        x = number
    return Shared


classes = [make_class(number) for number in range(24)]
for number, made in enumerate(classes):
    made.double = lambda self: self.x * 2


def touch(thing):
    before = thing.x
    thing.x = before + 100
    return before, thing.x, thing.double()


for _ in range(3):
    things = [made() for made in classes]
    print([touch(thing) for thing in things])
classes[0].double = lambda self: -1
classes[1].double = lambda self: -2
print([touch(made()) for made in classes[:4]])
things[4].double = lambda: 'own'
print(touch(things[4]), touch(things[8]))
try:
    del things[1].x
    touch(things[1])
except AttributeError as error:
    print(type(error).__name__, error)
try:
    things[1].unknown = 1
except AttributeError as error:
    print(type(error).__name__)


class Borrower:
    __slots__ = ()


Borrower.x = classes[1].x
try:
    Borrower().x
except TypeError as error:
    print(type(error).__name__)


# __init__ may do as it likes.

class Order:
    def __init__(self, late):
        if late:
            self.b = 1
            self.a = 2
        else:
            self.a = 1
            self.b = 2


print([list(Order(late).__dict__) for late in (False, True, False, True)])


class Swapped:
    def __init__(self, other):
        self.mine = 1
        mine, self = self, other
        self.mine = 2
        mine.theirs = 3


first = Order(False)
swapped = Swapped(first)
print(swapped.__dict__, first.__dict__)
kept = []


class Escaping:
    def __init__(self):
        kept.append(self)
        self.a = 1
        self.a = [2]
        self.a = 3
        self.__dict__['b'] = 4
        self.c = 5


print(Escaping().__dict__, kept[0].a)


class Weak:
    def __init__(self):
        import weakref
        self.me = weakref.ref(self)
        self.other = 1


weak = Weak()
print(weak.me() is weak, weak.other)


# super() with and without a method to find.

class Base:
    def __init__(self, *args, **names):
        self.args = args, sorted(names.items())

    def hello(self):
        return 'base'

    @classmethod
    def build(cls):
        return cls.__name__

    @property
    def size(self):
        return 7

    attribute = print


class Middle(Base):
    def __init__(self, *args):
        super().__init__(*args, tag=len(args))

    def hello(self):
        return 'middle ' + super().hello()


class Leaf(Middle):
    def __init__(self):
        super().__init__(1, 2)

    def hello(self):
        def again():
            return super(Leaf, self).hello()
        return 'leaf ' + again() + ' ' + super().hello()

    @classmethod
    def build(cls):
        return super().build() + '!'

    def length(self):
        return super().size.bit_length()

    def missing(self):
        return super().nowhere()

    def text(self):
        return super().__repr__()[:10], super().__class__().__thisclass__ is None

    def no_self():
        return super().hello()

    def gone(self):
        del self
        return super().hello()


leaf = Leaf()
print(leaf.args, leaf.hello(), Leaf.build(), leaf.build(), leaf.length())
for call in (leaf.missing, Leaf.no_self, leaf.gone):
    try:
        call()
    except (AttributeError, RuntimeError) as error:
        print(type(error).__name__, error)


def shadowed():
    super = lambda: ' x '
    return super().strip()


print(shadowed())


# Surplus arguments.

def surplus(a, *rest, **names):
    return a, rest, names


def keyword(*rest, k=1):
    return rest, k


three = (1, 2, 3)
print(surplus(1), surplus(1, 2, 3), surplus(*three), surplus(*[4]), surplus(*'ab', z=1), surplus(*iter(three)), keyword(*three))
for call in (lambda: surplus(), lambda: surplus(*(), **{}), lambda: keyword(*three, k=2, j=3)):
    try:
        call()
    except TypeError as error:
        print(str(error).replace('__main__.', ''))
try:
    surplus(*5)
except TypeError as error:
    print(type(error).__name__)
same = (1, 2)
print((lambda *a: a is same)(*same), (lambda *a: a)(*same))


# Generators in loops of other frames.

def counting(n):
    try:
        for i in range(n):
            yield i
    finally:
        print('closed', n)


for i in counting(5):
    if i == 2:
        break
del i


def handling():
    try:
        raise KeyError('inner')
    except KeyError:
        yield repr(sys.exc_info()[1])
        yield repr(sys.exc_info()[1])
    yield repr(sys.exc_info()[1])


try:
    raise ValueError('outer')
except ValueError:
    for text in handling():
        print(text, repr(sys.exc_info()[1]))
print(sys.exc_info()[1])


def failing():
    yield 1
    raise LookupError('from a generator')


def through():
    yield from failing()


try:
    raise OSError('context')
except OSError:
    try:
        for item in through():
            print(item)
    except LookupError as error:
        print(repr(error), repr(error.__context__), repr(sys.exc_info()[1]))
        tb, names = error.__traceback__, []
        while tb:
            names.append(tb.tb_frame.f_code.co_name)
            tb = tb.tb_next
        print(names)


def stopping():
    yield 1
    raise StopIteration(2)


try:
    for item in stopping():
        pass
except RuntimeError as error:
    print(error, repr(error.__cause__))


def itself():
    for item in me:
        yield item


me = itself()
try:
    for item in me:
        pass
except ValueError as error:
    print(error)


def tree(depth):
    if depth:
        yield from tree(depth - 1)
        result = yield depth
        print('sent', result)
        yield from tree(depth - 1)
    return depth * 10


def outer():
    print('result', (yield from tree(2)))
    try:
        yield 'wait'
    except KeyError as error:
        yield 'caught ' + repr(error)
    yield 'end'


walk = outer()
print(next(walk), walk.send('a'), walk.send('b'), next(walk), walk.throw(KeyError('k')), next(walk), next(walk, 'over'))
mixed = outer()
for item in mixed:
    print('loop', item)
    if item == 2:
        print('by hand', mixed.send('s'))


def inner_close():
    try:
        yield 1
        yield 2
    except GeneratorExit:
        print('inner exit')
        raise
    finally:
        print('inner finally')


def outer_close():
    try:
        yield from inner_close()
    finally:
        print('outer finally')


closing = outer_close()
for item in closing:
    break
closing.close()


def deep(n):
    if n:
        for item in deep(n - 1):
            yield item + 1
    else:
        yield 0


print(list(deep(150)), sum(deep(20)), max(x for x in deep(10)))


def endless(n):
    for item in endless(n + 1):
        yield item


try:
    for item in endless(0):
        pass
except RecursionError:
    print('too deep')


def arguments(*values):
    return values


def in_call():
    return arguments('a', (yield 1), 'b', [(yield 2), (yield 3)], *((yield 4),), key=(yield 5)) if False else \
        arguments('a', (yield 1), 'b', [(yield 2), (yield 3)], {(yield 4): (yield 5)}, f'{(yield 6)}' + (yield 7))


run = in_call()
print(next(run))
try:
    for value in 'stuvwxyz':
        print(run.send(value))
except StopIteration as stop:
    print(stop.value)


class Manager:
    def __enter__(self):
        return self

    def __exit__(self, *what):
        print('exit', what[0] and what[0].__name__)


def managed():
    with Manager():
        for i in range(3):
            with Manager():
                yield i, [j for j in range(i)]


for item in managed():
    print(item)
for item in managed():
    break
del item


# Numbers of both kinds, shifts, unpacking.

values = [0, 1, -1, 3, 2 ** 53, 2 ** 53 + 1, -2 ** 60, 2 ** 62 - 1, 2 ** 62, 0.0, -0.0, 1.5, -2.25, 1e300, 5e-324, float('inf'), True]
for x in values:
    row = []
    for y in values:
        row.append((x + y, x - y, x * y, x < y, x == y, x >= y, y and x / y))
    print(row)
for x in (0, 1, -1, 5, 2 ** 30, -2 ** 61, 2 ** 61):
    print([x << s for s in (0, 1, 2, 30, 31, 32, 61, 62, 63, 64)], [x >> s for s in (0, 1, 61, 62, 63, 64)], -x, ~x, not x)
a, b, c = [1, [2], '3']
(a, b), [c, d] = [[c, a], (b, a)]
print(a, b, c, d)
x = [1, 2]
x, y = x
print(x, y)
x = (3, 4)
y, x = x
print(x, y)
for bad in ([1], [1, 2, 3], (1,), (1, 2, 3), [], 'a', 5):
    try:
        p, q = bad
    except (ValueError, TypeError) as error:
        print(type(error).__name__, error)
print([x or y for x in (0, 1, '', 'a', None, [], True, False) for y in (0, False)], [x and 1 for x in (0, 1, None, True, False, 1.0, 0.0)])
