# What a call is given out of a local variable: it must live as long as the callee, or what the callee made of it, needs it, and no longer.
import collections
import functools
import gc
import itertools
import threading
import weakref


class Loud:
    def __init__(self, name):
        self.name = name

    def __repr__(self):
        return f'<{self.name}>'

    def __del__(self):
        print('end of', self.name)

    def itself(self):
        return self

    def renamed(self, name):
        self.name = name
        return self

    def replaced_by(self, other):
        return other

    def bound(self):
        return self.itself

    def yielding(self):
        yield self
        yield self.name

    def method_with(self, *others, **named):
        return self, others, named


def same(value):
    return value


def either(flag, one, other):
    return one if flag else other


def bigger(value, others=()):
    kept = value
    value = None
    return [kept, *others]


def passed_on(value):
    return same(same(value))


def test_results():
    x = Loud('x')
    x = same(x)
    print(x)
    x = passed_on(x)
    x = x.itself()
    x = x.renamed('y')
    print(x)
    x = either(True, x, Loud('z'))
    x = either(False, x, Loud('w'))
    print(x)
    x = x.replaced_by(x)
    x = x.replaced_by(Loud('v'))
    print(bigger(x), bigger(x, [x]))
    x = bigger(x)
    print(x)


def test_bindings():
    x = Loud('a')
    print(same((x, x := Loud('b'), x)), x)
    x.method_with(x := Loud('c'), x)
    print(x.method_with(x := Loud('d'), x))
    f = same
    print(f((f := passed_on, x)[1]), f is passed_on)
    print(x)


def sink(value):
    holders.append(value)


holders = []


def test_kept():
    x = Loud('kept')
    known = weakref.ref(x)
    sink(x)
    del x
    print(known())
    holders.clear()
    print(known())
    for keep in (list.append, set.add, collections.deque.append):
        holder = {list.append: [], set.add: set(), collections.deque.append: collections.deque()}[keep]
        x = Loud(type(holder).__name__)
        keep(holder, x)
        x = None
        print(holder)
        holder.clear()
    x = Loud('default')
    d = {}
    d.setdefault('k', x)
    d.update(m=x)
    d = dict(d, n=x)
    del x
    print(d)
    d.clear()
    x = Loud('partial')
    p = functools.partial(same, x)
    i = itertools.repeat(x, 2)
    m = x.bound()
    t = tuple([x])
    del x
    print(p(), next(i), m(), t)
    del p, i, m, t
    items = []
    append = items.append
    x = Loud('appended')
    items.append(x)
    append(x)
    x = None
    print(items)
    items.pop()
    print('popped')
    items.pop()


class Holder:
    def __init__(self, value, other=None):
        self.value = value
        self.other = other
        value = None


class Derived(Holder):
    def __init__(self, value):
        Holder.__init__(self, value, other=self)
        super().__init__(value)


class Slots:
    __slots__ = ('value',)

    def __init__(self, value):
        self.value = value


def test_stored():
    for cls in (Holder, Derived, Slots):
        x = Loud(cls.__name__)
        made = cls(x)
        x = None
        print(made.value)
        made = None
    x = Loud('cell')

    def capture(value):
        def inner():
            return value
        return inner
    f = capture(x)
    x = None
    print(f())
    f = None
    print('captured')


def generator(value):
    yield 1
    yield value
    same(value)
    value = None
    yield 2


def test_generators():
    x = Loud('generated')
    g = generator(x)
    x = None
    print(next(g), next(g), next(g))
    print('end of generator')
    x = Loud('method')
    g = x.yielding()
    x = None
    print(list(g))
    del g
    print('end of method')


def suspended():
    x = Loud('suspended')
    print(either(True, x, (yield 1)))
    x.method_with((yield 2), x)
    f = same
    f((yield 3))
    x = None
    print('left')


def test_suspended():
    g = suspended()
    print(next(g))
    print(g.send(Loud('sent')))
    g.close()
    print('closed')
    g = suspended()
    next(g)
    g.send('first')
    del g
    print('dropped')


def raising(value, deep):
    if deep:
        raising(value, deep - 1)
    raise ValueError(value)


def test_exceptions():
    x = Loud('raised')
    try:
        raising(x, 3)
    except ValueError as error:
        x = None
        print(error.args)
    print('handled')

    def failing(value, number):
        try:
            return 1 // number
        finally:
            value.name += '?'
    x = Loud('finally')
    try:
        failing(x, 0)
    except ZeroDivisionError:
        print(x)
    try:
        same(x, x)
    except TypeError as error:
        print(error)
    try:
        x.itself(x)
    except TypeError as error:
        print(error)
    try:
        unbound(x)
        unbound = 1
    except UnboundLocalError as error:
        print(error)
    try:
        same(later)
        later = 1
    except UnboundLocalError as error:
        print(error)
    try:
        later.itself()
    except UnboundLocalError as error:
        print(error)


def test_arguments():
    x, y = Loud('p'), Loud('q')

    def many(a, b=None, *rest, c=None, **named):
        a = None
        return b, rest, c, named
    r = many(x, y, x, y, c=x, d=y)
    x = y = None
    print(r)
    r = None
    print('many')
    cls = Loud
    made = cls('made by a variable')
    print(made)
    m = made.itself
    made = None
    print(m())
    made = m()
    del m
    print(made, isinstance(made, cls), len([made]), str(made), max([1], key=id))
    text = 'abc'

    def longer(s):
        s += 'd'
        return s
    print(longer(text), text)


def test_namespaces():
    space = {'answer': 42, 'loud': Loud('in a namespace')}
    f = eval('lambda: (answer, loud)', space)
    exec('def g(): return answer', space)
    g = space['g']
    space = None
    print(f(), g())
    del f, g
    gc.collect()
    code = compile('answer + 1', 'text', 'eval')
    space = {'answer': 1}
    print(eval(code, space), eval(code, globals(), space))


def test_threads():
    results = []

    def work(value, number):
        mine = Loud(f'thread {number}')
        for _ in range(100):
            value = either(number % 2, value, same(value))
            mine = same(mine.itself())
        results.append((value, mine.name))
    x = Loud('shared')
    threads = [threading.Thread(target=work, args=(x, number)) for number in range(4)]
    for thread in threads:
        thread.start()
        thread.join()
    x = None
    del threads, thread
    print(results)
    results.clear()


for name, test in list(globals().items()):
    if name.startswith('test_'):
        print(name)
        test()
        print('done')
