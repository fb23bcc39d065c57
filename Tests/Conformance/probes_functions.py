# Needs Python 3.13: generators, functions, exceptions and code, each with what it gives or raises.
from probing import show

PROBES = [
    """\
def g():
    x = yield 1
    print('got', x)
    try:
        yield 2
    except ValueError as e:
        print('caught', e)
    return 5
a = g(); print(next(a), a.send('x'), )
try: a.throw(ValueError('v'))
except StopIteration as e: print(e.value)
print(a.gi_frame, a.gi_running, a.gi_code.co_name, a.gi_yieldfrom)
""",
    """\
def g(): yield
g().send(5)
""",
    """\
def g(): yield
a = g(); a.throw(ValueError)
""",
    """\
def g(): yield
a = g(); a.throw()
""",
    """\
def g():
    try: yield
    finally: print('fin')
a = g(); next(a); a.close(); a.close(); print(list(a))
""",
    """\
def g():
    try: yield
    except GeneratorExit: yield 5
a = g(); next(a); a.close()
""",
    """\
def g():
    try: yield 1
    except GeneratorExit: return 7
a = g(); next(a); print(a.close())
""",
    """\
def g(): raise StopIteration(5)
    yield
list(g())
""",
    """\
def g():
    raise StopIteration(5)
    yield
list(g())
""",
    """\
def g():
    yield from [1, 2]
    x = yield from h()
    print('h', x)
def h():
    yield 3
    return 'r'
print(list(g()))
""",
    """\
def g(): yield from 5
list(g())
""",
    """\
def g():
    a = yield
    next(b)
b = g(); next(b); b.send(1)
""",
    """\
def g(): next(a); yield
a = g(); next(a)
""",
    """\
async def f(): return 5
c = f()
try: c.send(None)
except StopIteration as e: print(e.value)
c.send(None)
""",
    """\
async def f(): pass
c = f(); c.close(); c.send(None)
""",
    """\
async def f(): pass
c = f(); c.send(5)
""",
    """\
async def f(): pass
c = f(); iter(c)
""",
    """\
async def f(): pass
c = f(); next(c)
""",
    """\
async def f(): await 5
f().send(None)
""",
    """\
async def f():
    async for x in 5: pass
f().send(None)
""",
    """\
async def f():
    async with 5: pass
f().send(None)
""",
    """\
async def f():
    with open: pass
f().send(None)
""",
    """\
class A:
    def __await__(self): return 5
async def f(): await A()
f().send(None)
""",
    """\
class A:
    def __await__(self): return iter([1, 2])
async def f(): return await A()
c = f(); print(c.send(None), c.send(None)); c.send(None)
""",
    """\
class A:
    def __aiter__(self): return self
async def f():
    async for x in A(): pass
f().send(None)
""",
    """\
class A:
    def __aiter__(self): return self
    def __anext__(self): return 5
async def f():
    async for x in A(): pass
f().send(None)
""",
    """\
async def g():
    yield 1
    yield 2
a = g(); x = a.__anext__()
try: x.send(None)
except StopIteration as e: print(e.value)
x.send(None)
""",
    """\
async def g(): yield 1
a = g(); print(a.ag_running, a.ag_frame is not None, a.ag_code.co_name, a.ag_await); x = a.aclose()
try: x.send(None)
except StopIteration as e: print('closed', e.value)
""",
    """\
async def g(): yield 1
for x in g(): pass
""",
    """\
async def g(): yield 1
async def f():
    return [x async for x in g()], {x async for x in g()}, {x: 1 async for x in g()}
c = f()
try: c.send(None)
except StopIteration as e: print(e.value)
""",
    """\
async def g(): yield 1
async def f(): return [x for x in g()]
f().send(None)
""",
    """\
def f(a, b=2, *c, d, e=5, **g): pass
f()
""",
    """\
def f(a, b=2, *c, d, e=5, **g): pass
f(1)
""",
    """\
def f(a, b): pass
f(1, 2, 3)
""",
    """\
def f(a, b): pass
f(1, a=2)
""",
    """\
def f(a, b): pass
f(1, c=2)
""",
    """\
def f(a, /, b): pass
f(a=1, b=2)
""",
    """\
def f(a, /, **k): print(a, k)
f(1, a=2)
""",
    """\
def f(*, a, b): pass
f()
""",
    """\
def f(*, a, b, c): pass
f(a=1)
""",
    """\
def f(*, a): pass
f(1)
""",
    """\
def f(*, a): pass
f(1, a=2)
""",
    """\
def f(a, *, b): pass
f(1, 2, 3, b=5)
""",
    """\
def f(a, b=1): pass
f(1, 2, 3)
""",
    """\
def f(a, b=1, c=2): pass
f()
""",
    """\
def f(a, b, c): pass
f()
""",
    """\
def f(a, b, c): pass
f(*[1], **{'b': 2})
""",
    """\
def f(): pass
f(1)
""",
    """\
def f(): pass
f(x=1)
""",
    """\
def f(**k): pass
f(**{1: 2})
""",
    """\
def f(**k): pass
f(**{'a': 1}, **{'a': 2})
""",
    """\
def f(**k): pass
f(a=1, **{'a': 2})
""",
    """\
def f(**k): pass
f(**5)
""",
    """\
def f(a): pass
f(*[1, 2], *[3])
""",
    """\
def f(a, b): return a, b
print(f(b=1, a=2), f(*'ab'), f(**dict(a=1, b=2)), f(1, **{'b': 5}))
""",
    """\
class A:
    def f(self, a): pass
A().f()
""",
    """\
class A:
    def f(self, a): pass
A.f()
""",
    """\
class A:
    def f(self, a): pass
A().f(1, 2)
""",
    """\
class A:
    def f(self, a): pass
A().f(b=1)
""",
    """\
class A:
    def __init__(self, a): pass
A()
""",
    """\
class A:
    def __init__(self, a): pass
A(1, b=2)
""",
    """\
class A:
    @classmethod
    def f(cls, a): pass
    @staticmethod
    def g(a): pass
for x in (A.f, A.g, A().f):
    try: x()
    except TypeError as e: print(e)
""",
    '(lambda x: x)()',
    '(lambda x, y=1: x)(1, 2, 3)',
    '(lambda *a, **k: (a, k))(1, x=2)',
    """\
def f(x):
    def g(): return x
    del x
    return g()
f(1)
""",
    """\
def f():
    print(x)
    x = 1
f()
""",
    """\
def f():
    del x
f()
""",
    """\
def f():
    x = 1
    del x
    return x
f()
""",
    'print(undefined_name)',
    """\
def f(): return undefined_name
f()
""",
    'print(pritn)',
    'import sys; print(sys.pth)',
    """\
class A:
    foo_bar = 1
A().foo_baz
""",
    """\
class A:
    def f(self): return foo
    foo = 1
A().f()
""",
    """\
def f():
    nonlocal x
f()
""",
    """\
x = 1
def f():
    global x
    x = 2
f(); print(x)
""",
    """\
def f(n): return f(n + 1)
try: f(0)
except RecursionError as e: print(e)
""",
    """\
class A:
    def __getattr__(self, n): return getattr(self, n)
try: A().x
except RecursionError as e: print(e)
""",
    """\
x = []
for i in range(100000): x = [x]
try: repr(x)
except RecursionError as e: print(e)
""",
    """\
try: raise 5
except TypeError as e: print(e)
""",
    'raise ValueError from 5',
    "raise ValueError('a') from KeyError('b')",
    'raise',
    'raise None',
    """\
class E(Exception):
    def __str__(self): return 5
try: raise E
except E as e: print(str(e))
""",
    """\
try: 1/0
except 5: pass
""",
    """\
try: 1/0
except (ValueError, 5): pass
""",
    """\
try: 1/0
except (ValueError, ZeroDivisionError) as e: print(repr(e))
print(e)
""",
    """\
try:
    raise ExceptionGroup('g', [ValueError(1), TypeError(2), ExceptionGroup('h', [ValueError(3)])])
except* ValueError as e: print(repr(e), e.exceptions)
except* TypeError as e: print(repr(e))
""",
    """\
try:
    raise ValueError(1)
except* ValueError as e: print(repr(e))
""",
    """\
try:
    raise ExceptionGroup('g', [ValueError(1), TypeError(2)])
except* ValueError as e: raise KeyError(5)
""",
    "ExceptionGroup('a', [])",
    "ExceptionGroup('a', 5)",
    'ExceptionGroup(5, [ValueError()])',
    "ExceptionGroup('a', [5])",
    "ExceptionGroup('a', [KeyboardInterrupt()])",
    'ExceptionGroup()',
    "e = BaseExceptionGroup('a', [KeyboardInterrupt(), ValueError(1)]); print(type(e), e, repr(e), e.message, e.split(ValueError), e.subgroup(KeyError), e.derive([ValueError()]), type(BaseExceptionGroup('a', [ValueError()])))",
    "e = ExceptionGroup('a', [ValueError(1)]); e.split(5)",
    "e = ExceptionGroup('a', [ValueError(1)]); e.message = 5",
    """\
try:
    pass
except* ExceptionGroup: pass
""",
    """\
try:
    raise ValueError
except* ExceptionGroup: pass
""",
    "e = ValueError(1); e.add_note('n'); print(e.__notes__); e.add_note(5)",
    'e = ValueError(1, 2); print(e.args, str(e), repr(e), e.__cause__, e.__context__, e.__suppress_context__, e.__traceback__); e.args = 5',
    "e = ValueError(); e.args = 'ab'; print(e.args); e.__cause__ = 5",
    'e = ValueError(); e.__context__ = 5',
    'e = ValueError(); e.__traceback__ = 5',
    'e = ValueError(); e.with_traceback(5)',
    "e = ValueError(); e.foo = 5; print(e.__dict__, e.__reduce__(), e.__setstate__({'x': 1}), e.x)",
    "print(repr(KeyError('a')), str(KeyError('a')), str(KeyError()), str(KeyError(1, 2)), repr(OSError(2, 'x')), str(OSError(2, 'x')), str(OSError(2, 'x', 'f')), str(OSError(2, 'x', 'f', None, 'g')), type(OSError(2, 'x')), OSError(2, 'x').errno, str(OSError(1)), OSError('a', 'b', 'c').filename)",
    "print(repr(SyntaxError('a', ('f', 1, 2, 't'))), str(SyntaxError('a', ('f', 1, 2, 't'))), SyntaxError('a').lineno, str(SyntaxError('a', ('x/f.py', 5, 2, 't', 1, 2))))",
    "SyntaxError('a', 5)",
    "SyntaxError('a', (1, 2))",
    "print(StopIteration(5).value, StopIteration().value, StopIteration(1, 2).value, SystemExit(5).code, SystemExit().code, SystemExit(1, 2).code, ImportError('a', name='b', path='c').name, NameError('x', name='y').name, AttributeError('x', name='y', obj=5).obj, UnicodeDecodeError('a', b'b', 0, 1, 'r').reason)",
    "ImportError('a', foo=1)",
    'ValueError(a=1)',
    'UnicodeDecodeError(1)',
    "UnicodeDecodeError('a', 'b', 0, 1, 'c')",
    "str(UnicodeEncodeError('ascii', 'é', 0, 1, 'r')), str(UnicodeTranslateError('é', 0, 1, 'r'))",
    """\
class E(ValueError):
    def __init__(self, a, b): self.a = a
e = E(1, 2); print(e.args, repr(e), str(e))
""",
    'assert 0',
    "assert 0, 'msg'",
    'assert 0, (1, 2)',
    'import nonexistent',
    'from . import x',
    'from .x import y',
    'from nonexistent import x',
    "import sys; sys.modules['zz'] = None; import zz",
    "__import__('')",
    "__import__('os', level=-1)",
    """\
def f(): pass
print(f.__name__, f.__qualname__, f.__module__, f.__defaults__, f.__kwdefaults__, f.__closure__, f.__annotations__, f.__doc__, f.__dict__, f.__code__.co_name, f.__globals__ is globals(), f.__builtins__ is not None, f.__type_params__)
""",
    """\
def f(): pass
f.__name__ = 5
""",
    """\
def f(): pass
f.__defaults__ = 5
""",
    """\
def f(): pass
f.__code__ = 5
""",
    """\
def f(): pass
def g(): return f
x = 5
def h():
    y = 1
    def i(): return y
    return i
f.__code__ = h().__code__
""",
    """\
def f(): pass
f.__kwdefaults__ = 5
""",
    """\
def f(): pass
f.__annotations__ = 5
""",
    """\
def f(): pass
f.__dict__ = 5
""",
    """\
def f(): pass
del f.__name__
""",
    """\
def f(): pass
f.__globals__ = {}
""",
    """\
def f(): pass
f.__closure__ = ()
""",
    """\
def f(a: int, b: 'x' = 1, *c: 5, d: str = 'a', **e: float) -> None: pass
print(f.__annotations__, f.__defaults__, f.__kwdefaults__)
""",
    "c = compile('x = 1', 'f', 'exec'); d = c.replace(co_name='zz'); print(d.co_name, c.replace(co_firstlineno=7).co_firstlineno); c.replace(foo=1)",
    "compile('1', 'f', 'foo')",
    "compile(5, 'f', 'eval')",
    "compile('1', 5, 'eval')",
    "compile('1', 'f')",
    "compile('x = 1', 'f', 'eval')",
    "compile('a\\0b', 'f', 'exec')",
    'compile(b\'# -*- coding: latin-1 -*-\\nx = "\\xe9"\', \'f\', \'exec\') and None',
    "compile('\\ud800', 'f', 'exec')",
    "eval('1 +')",
    "eval('x', {}, {'x': 5}), eval('x', {'x': 1})",
    "eval('x', 5)",
    "eval('x', {}, 5)",
    'eval(5)',
    "eval('  1'), eval('\\t1\\n'), eval(b'1 + 1')",
    "exec('x = 5; print(x)'); exec('print(y)', {'y': 7}); exec('z = 1', {}, l := {}); print(l)",
    'exec(5)',
    "exec('x', {}, {}, 5)",
    "exec('x = 1', closure=5)",
    "exec(compile('1', 'f', 'eval'))",
    """\
def f():
    x = 1
    return locals()
print(f(), sorted(vars())[:1], 'f' in globals())
""",
    """\
def f():
    x = 1
    exec('x = 2')
    return x, eval('x')
print(f())
""",
    "print(1, 2, sep='-', end='!\\n'); print(sep=5)",
    'print(end=5)',
    'print(foo=1)',
    'print(1, file=5)',
    "print('a', 'b', sep=None, end=None); print()",
    'input(1, 2)',
    "open('nonexistent')",
    "open('x', 'foo')",
    'open(5.5)',
    'id(), 1',
    'breakpoint if 0 else 5',
    'sorted([3, 1, 2], key=lambda x: 1/0)',
    'list(map(lambda x: 1/0, [1]))',
    '[1/0 for x in [1]]',
    '{1: 2 for x in 5}',
    '(1).__class__.__mro__, (1).__init__(), (1).__dir__()[:0], (1).__reduce_ex__(2)[0].__name__',
    'with 5 as x: pass',
    """\
class A:
    def __enter__(self): return self
    def __exit__(self, a, b, c): print(a, b); return True
with A() as x: raise ValueError(5)
print('after')
""",
    """\
class A:
    def __enter__(self): return self
    def __exit__(self): pass
with A(): pass
""",
    """\
match 5:
    case int(x): print(x)
""",
    """\
match [1, 2, 3]:
    case [a, *b]: print(a, b)
""",
    """\
match {'a': 1, 'b': 2}:
    case {'a': x, **r}: print(x, r)
""",
    """\
class A:
    __match_args__ = ('x',)
    x = 5
match A():
    case A(5): print('y')
match A():
    case A(1, 2): pass
""",
    """\
class A:
    __match_args__ = 5
match A():
    case A(5): pass
""",
    """\
class A:
    __match_args__ = (5,)
match A():
    case A(5): pass
""",
    """\
match 5:
    case 5(x): pass
""",
    """\
match 1:
    case print(x): pass
""",
    'type X[T] = list[T]; print(X, X.__value__, X.__type_params__, X.__name__, X[int])',
    """\
def f[T: int, *Ts, **P](x: T) -> T: return x
print(f.__type_params__, f.__type_params__[0].__bound__, f(1))
""",
    """\
class A[T]: pass
print(A[int], A.__type_params__, A.__orig_bases__, A.__parameters__)
""",
    """\
import traceback
try:
    try: 1/0
    except Exception as e: raise KeyError('k') from e
except KeyError as e: print(''.join(traceback.format_exception(e)))
""",
    """\
import traceback
try: raise ExceptionGroup('g', [ValueError(1), ExceptionGroup('h', [TypeError('t')])])
except Exception as e: print(''.join(traceback.format_exception(e)))
""",
    """\
import sys
def f(): return sys._getframe().f_code.co_name, sys._getframe(1).f_code.co_name, sys._getframe().f_lineno, sys._getframe().f_back is not None
print(f()); sys._getframe(1000)
""",
    'import sys; sys.setrecursionlimit(0)',
    "import sys; sys.setrecursionlimit('a')",
    "import sys; print(sys.getrefcount(5) > 0, sys.getsizeof([]) > 0, sys.intern('a'), sys.maxsize, sys.byteorder, sys.exc_info(), sys.getrecursionlimit(), sys.implementation.name != '', sys.float_info.max, sys.int_info.bits_per_digit > 0, sys.hash_info.width, sys.maxunicode, sys.flags.optimize); sys.intern(5)",
    'import sys; sys.set_int_max_str_digits(5)',
    'import sys; sys.set_int_max_str_digits(640); str(10**700)',
]

show(PROBES)
