# Modules of an unmodified standard library: enum, types, functools, contextlib, contextvars, dataclasses, queue, codecs, io, json, os.
import contextlib
import contextvars
import dataclasses
import enum
import functools
import io
import json
import os
import queue
import threading
import types


def attempt(f, *args, **kwargs):
    try:
        return f(*args, **kwargs)
    except Exception as error:
        return '%s: %s' % (type(error).__name__, error)


# enum
class Color(enum.Enum):
    RED = 1
    GREEN = 2
    CRIMSON = 1


class Perm(enum.Flag):
    R = enum.auto()
    W = enum.auto()
    X = enum.auto()


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 5


class Name(enum.StrEnum):
    FOO = enum.auto()


print(list(Color), Color(2), Color['RED'], Color.CRIMSON is Color.RED, Color.RED.name, attempt(Color, 9), attempt(lambda: Color['X']), len(Color))
print(Perm.R | Perm.W, Perm.R in (Perm.R | Perm.X), ~Perm.R, Perm(0), bool(Perm.R & Perm.W), list(Perm.R | Perm.X))
print(Level.HIGH > Level.LOW, Level.LOW + 1, sorted(Level), Name.FOO, Name.FOO == 'foo', Color.__members__, attempt(setattr, Color, 'RED', 3))


@enum.unique
class Unique(enum.Enum):
    A = 1
    B = 2


print(Unique.A, hash(Unique.A) == hash(Unique.A), Unique.A != Unique.B, {Unique.A: 1}[Unique.A], repr(Unique.B), str(Unique.B), f'{Level.HIGH}')


# functools
@functools.lru_cache(maxsize=2)
def square(x):
    return x * x


print(square(2), square(3), square(2), square(4), square.cache_info(), square.__wrapped__(5))


@functools.total_ordering
class Version:
    def __init__(self, n):
        self.n = n

    def __eq__(self, other):
        return self.n == other.n

    def __lt__(self, other):
        return self.n < other.n


print(Version(1) <= Version(2), Version(3) > Version(2), functools.reduce(lambda a, b: a * b, range(1, 6)), sorted('bca', key=functools.cmp_to_key(lambda a, b: -1 if a > b else 1)))


@functools.singledispatch
def show(x):
    return 'object'


@show.register
def _(x: int):
    return 'int'


@show.register(list)
def _(x):
    return 'list'


class Lazy:
    @functools.cached_property
    def value(self):
        print('computing')
        return 42


lazy = Lazy()
print(show(1), show([]), show('x'), lazy.value, lazy.value, functools.partial(int, base=2)('101'))


@functools.wraps(show)
def wrapper():
    pass


print(wrapper.__name__, wrapper.__wrapped__ is show)


# contextlib
@contextlib.contextmanager
def managed(name):
    print('enter', name)
    try:
        yield name
    except ValueError as error:
        print('handled', error)
    finally:
        print('exit', name)


with managed('a') as a, managed('b'):
    print('inside', a)
    raise ValueError('x')
with contextlib.suppress(KeyError), contextlib.ExitStack() as stack:
    stack.callback(print, 'callback')
    stack.enter_context(managed('c'))
    {}['missing']
out = io.StringIO()
with contextlib.redirect_stdout(out):
    print('hidden')
print(repr(out.getvalue()), contextlib.nullcontext(3).__enter__())

# contextvars
var = contextvars.ContextVar('var', default=0)
token = var.set(1)
context = contextvars.copy_context()
context.run(var.set, 7)
print(var.get(), context[var], len(context))
var.reset(token)
print(var.get(), attempt(var.reset, token) is not None)


# dataclasses
@dataclasses.dataclass(order=True)
class Point:
    x: int
    y: int = 0
    tags: list = dataclasses.field(default_factory=list, compare=False)


@dataclasses.dataclass(frozen=True, slots=True)
class Frozen:
    a: int
    b: str = 'b'


p = Point(1)
p.tags.append('t')
print(p, Point(1, 2) > Point(1), p == Point(1), dataclasses.asdict(p), dataclasses.replace(p, y=9), [f.name for f in dataclasses.fields(Point)])
print(Frozen(1), hash(Frozen(1)) == hash(Frozen(1)), attempt(setattr, Frozen(1), 'a', 2), dataclasses.astuple(Frozen(1)), attempt(Point))


@dataclasses.dataclass
class Child(Point):
    z: int = dataclasses.field(default=3, repr=False)

    def __post_init__(self):
        self.total = self.x + self.y + self.z


print(Child(1, 2), Child(1, 2).total, Child(1) == Child(1))

# queue
q = queue.Queue(maxsize=2)
q.put(1)
q.put(2)
print(q.full(), attempt(q.put_nowait, 3) , q.get(), q.get(), q.empty(), attempt(q.get, timeout=0.01))
pq = queue.PriorityQueue()
for item in (3, 1, 2):
    pq.put(item)
print([pq.get() for _ in range(3)], queue.LifoQueue().qsize())
sq = queue.SimpleQueue()
threads = [threading.Thread(target=lambda n=n: [sq.put(n) for _ in range(100)]) for n in range(4)]
for t in threads:
    t.start()
for t in threads:
    t.join()
print(sum(sq.get() for _ in range(400)), sq.empty())

# types
ns = types.SimpleNamespace(a=1)
ns.b = 2
print(ns, types.new_class('Made', (dict,), {}, lambda space: space.update(k=5)).k, isinstance(lambda: 0, types.FunctionType), types.GenericAlias(list, (int,)))
print(types.MappingProxyType({'a': 1})['a'], type(types.MethodType(len, [1])).__name__, types.DynamicClassAttribute.__name__)

# io, os, json
stream = io.StringIO('a\nb\nc')
print(stream.readline(), stream.read(), [line for line in io.StringIO('x\ny')], io.BytesIO(b'abc').read(2))
path = os.path.join('/tmp', 'conformance-%d.txt' % os.getpid())
with open(path, 'w') as f:
    f.write('héllo\nworld\n')
with open(path) as f:
    print(f.read(), f.closed, f.encoding.lower())
with open(path, 'rb') as f:
    print(f.read(), os.stat(path).st_size, os.path.exists(path), os.path.basename('/a/b.c'), os.path.splitext('x.tar.gz'))
with open(path, 'a') as f:
    f.write('more')
print(open(path).readlines(), attempt(open, '/nonexistent/x'), attempt(os.stat, '/nonexistent'))
os.remove(path)
print(os.path.exists(path), os.path.normpath('/a/../b//c/.'), os.sep, 'PATH' in os.environ)
text = json.dumps({'a': [1, 2.5, None, True], 'b': {'c': 'é"\n'}}, sort_keys=True)
print(text, json.loads(text), json.dumps([1, {'x': 2}], indent=2), attempt(json.loads, '{bad'))
print('é'.encode('utf-16-le'), b'\xe9'.decode('cp1252'), 'a'.encode('utf-16'), attempt('x'.encode, 'nope'), 'ж'.encode('koi8-r'))
