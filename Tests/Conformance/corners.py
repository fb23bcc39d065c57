# Corners that larger programs run into: copied iterators, views, classes below builtin ones, exceptions in generators.
import array
import collections
import collections.abc
import copy
import functools
import inspect
import pickle
import re
import signal
import struct
import sys
import time
import traceback
import types
import weakref


def again(value):
    return pickle.loads(pickle.dumps(value))


def title(text):
    print('--', text)


title('iterators go on where their copies were made')
for make in (lambda: iter([1, 2, 3]), lambda: iter((1, 2, 3)), lambda: iter('abc'), lambda: iter(b'abc'), lambda: iter(range(5)),
             lambda: reversed([1, 2, 3]), lambda: iter({1: 2, 3: 4}), lambda: iter({1: 2, 3: 4}.items()), lambda: iter({5, 6}),
             lambda: enumerate('xyz', 7), lambda: zip('ab', 'cd'), lambda: map(str.upper, ['p', 'q']), lambda: filter(None, [0, 1, 2])):
    iterator = make()
    next(iterator)
    print(list(copy.copy(iterator)), list(again(iterator)), list(iterator), list(again(iterator)))
it = iter([1, 2, 3, 4])
it.__setstate__(2)
print(next(it), [n.__length_hint__() for n in (it, iter('ab'), reversed([1, 2, 3]), iter({1: 1}))])
print([n for n, _ in enumerate('ab', 2 ** 62)] == [2 ** 62, 2 ** 62 + 1])


class Numbered(enumerate):
    label = 'n'

    def __next__(self):
        number, item = super().__next__()
        return self.label + str(number), item


class Doubled(map):
    pass


class Bound(functools.partial):
    pass


print(list(Numbered('ab')), list(Doubled(abs, [-1])), Bound(int, base=2)('101'), again(functools.partial(int, base=2))('11'))
bound = Bound(print)
bound.note = 1
print(bound.note, type(copy.copy(bound)).__name__)

title('pickled by name')
for value in (len, str.upper, [].__class__, dict.fromkeys):
    print(again(value).__name__, again(value) == value)
print(again(range(3).__len__)())


class Slotted:
    __slots__ = ('a', 'b')


slotted = Slotted()
slotted.a = 1
print(again(slotted).a, hasattr(again(slotted), 'b'))


class Tagged(set):
    __slots__ = ('tag',)


tagged = Tagged([1])
tagged.tag = 't'
for protocol in range(6):
    print(pickle.loads(pickle.dumps(tagged, protocol)).tag, end=' ')
print(type(tagged.copy()).__name__)

title('views')
d = {1: [2], 3: [4]}
print((1, [2]) in d.items(), (1, [5]) in d.items(), 1 in d.items(), d.items() == {1: [2], 3: [4]}.items(), d.keys() < {1, 3, 5})
print(d.keys() >= {1}, d.keys() != {1}, d.keys().isdisjoint([7, 8]), d.keys().isdisjoint(iter([3])))


class Backwards(dict):
    def keys(self):
        return reversed(list(super().keys()))
    __iter__ = keys


print(dict(Backwards(a=1, b=2)))


class Mapping:
    def keys(self):
        return 'xy'

    def __getitem__(self, key):
        return key * 2


plain = {}
plain.update(Mapping())
print(plain)

title('sets')
nested = [frozenset()]
for _ in range(40):
    nested.append(frozenset(nested))
print(len({hash(n) for n in nested}), frozenset({1}).copy() == {1})

title('lists')
numbers = [1, 2]
for factor in (sys.maxsize, 1 << 62):
    try:
        numbers *= factor
    except (MemoryError, OverflowError) as error:
        print('no room', len(numbers))
numbers *= 3
print(numbers)
triple = (1, 2, 3)
print(triple * 1 is triple)


class Pair(tuple):
    pass


for make in (Pair, type('Number', (float,), {}), type('Frozen', (frozenset,), {}), type('Items', (list,), {})):
    try:
        make(key=1)
    except TypeError as error:
        print(error)

title('numbers')
print(int(b' 12 '), int(memoryview(b'34')), float(bytearray(b'1.5')), float(memoryview(b'2.5')), (-0.0) ** -float('inf'))
for wrong in (b'\xa01', b'1\xa0'):
    try:
        print(int(wrong))
    except ValueError as error:
        print(error)


class Odd(float):
    def __float__(self):
        return 42.0


print(float(Odd(1)), int.from_bytes(memoryview(b'\1\0'), 'big'), float.__getformat__('double'))

title('what a generator handles')


def steps():
    try:
        raise KeyError('own')
    except KeyError:
        yield repr(sys.exc_info()[1])
    yield repr(sys.exc_info()[1])
    try:
        raise LookupError('second')
    except LookupError:
        yield repr(sys.exc_info()[1])
    yield repr(sys.exc_info()[1])


generator = steps()
try:
    raise IndexError('first resumer')
except IndexError:
    print(next(generator), end=' ')
print(next(generator), end=' ')
try:
    raise ValueError('other resumer')
except ValueError:
    print(next(generator), next(generator), repr(sys.exc_info()[1]))
generator.close()
print(sys.exc_info()[1])

title('sequence patterns')


class Endless(collections.abc.Sequence):
    def __getitem__(self, index):
        return index

    def __len__(self):
        return 42


match Endless():
    case [first, *_, last]:
        print(first, last)
match Endless():
    case [*_, before, last]:
        print(before, last)
match [1, 2, 3]:
    case [1, *_, 4]:
        print('wrong')
    case [one, _, *_]:
        print(one)

title('modules')


class Lazy(types.ModuleType):
    @property
    def answer(self):
        return 42

    def __getattr__(self, name):
        if name.startswith('_'):
            raise AttributeError(name)
        return name.upper()


lazy = Lazy('lazy', 'documented')
lazy.given = 1
print(lazy.answer, lazy.given, lazy.other, lazy.__name__, lazy.__doc__, isinstance(lazy, types.ModuleType), sorted(lazy.__dict__)[-1])
try:
    lazy.answer = 1
except AttributeError:
    print('no setter')
plain_module = types.ModuleType('plain')
plain_module.x = 1
print(plain_module.x, type(plain_module) is types.ModuleType)

title('classes that are instances of two')


class Base:
    pass


class Meta(type, Base):
    pass


class Made(metaclass=Meta):
    pass


for action in (lambda: Base.__dict__['__dict__'].__set__(Made, {}), lambda: setattr(Made, '__dict__', {})):
    try:
        action()
    except (AttributeError, TypeError) as error:
        print(type(error).__name__)

title('frames')


def outer():
    here = 'outer'
    return inner(), here


def inner():
    return sorted(sys._getframe(1).f_locals), sys._getframe(1).f_code.co_name


print(outer())
try:
    missing_name
except NameError as error:
    print(traceback.TracebackException.from_exception(error).stack[-1].name)
    traceback.clear_frames(error.__traceback__)
    print(isinstance(error.__traceback__.tb_frame.f_locals, dict))

title('flags, kinds and abstract classes')
print(bool(int.__flags__ & 1 << 24), bool(Base.__flags__ & 1 << 9), bool(int.__flags__ & 1 << 9), inspect.isabstract(collections.abc.Sized))
print(issubclass(array.array, collections.abc.MutableSequence), issubclass(weakref.WeakSet, collections.abc.Set))

title('library')
print(re.sub(r'(\w)(\d)', r'\2-\g<1>\\', 'a1 b2'), re.match(r'(a)(b)?', 'a').expand(r'<\1\2>'), re.search('^y', 'x' * 100000))
print(time.strftime('%Y-%m-%d %H:%M:%S %j %a %b %U %G-%V %%', (2024, 2, 29, 1, 2, 3, 3, 60, 0)))
for bad in ((2024, 13, 1, 0, 0, 0, 0, 1, 0), (2024, 1, 1, 25, 0, 0, 0, 1, 0)):
    try:
        time.strftime('%Y', bad)
    except ValueError as error:
        print(error)
for call in (lambda: signal.setitimer(-1, 0), lambda: struct.pack_into('<I', bytearray(4), sys.maxsize, 1)):
    try:
        call()
    except (OSError, struct.error) as error:
        print(isinstance(error, OSError))
