# match: every kind of pattern, and what it binds.
from dataclasses import dataclass
from collections import OrderedDict, namedtuple, deque
import enum
class Color(enum.Enum): RED = 1; BLUE = 2
@dataclass
class Point: x: int; y: int
class Pos:
    __match_args__ = ('a', 'b')
    def __init__(self, a, b): self.a, self.b = a, b
def f(x):
    match x:
        case None | True | False: return 'singleton', x
        case 0 | 1.5 | -3 | 2+3j: return 'number', x
        case 'a' 'b' | b'c': return 'text'
        case Color.RED: return 'red'
        case []: return 'empty'
        case [1, 2]: return 'exact'
        case [1, *rest]: return 'starts with one', rest
        case [*_, 'last']: return 'ends'
        case (first, [second, *_], *more) if more: return 'nested', first, second, more
        case {'kind': 'p', 'x': int(n), **rest}: return 'mapping', n, rest
        case {}  if not x: return 'empty mapping'
        case {'k': [a, {'z': b}]}: return a, b
        case Point(x=0, y=yy): return 'on axis', yy
        case Point(a, b) as whole if a == b: return 'diagonal', whole
        case Point(): return 'point'
        case Pos(1, b=2): return 'pos'
        case str() as s if len(s) > 3: return 'long', s
        case str(s) | bytes(s): return 's', s
        case int(i) if i > 100: return 'big', i
        case float() | complex(): return 'inexact'
        case dict(d): return 'dict', d
        case set(): return 'set'
        case range(): return 'range'
        case (a, b): return 'pair', a, b
        case _: return 'other', type(x).__name__
for x in [None, True, 0, 1.5, -3, 2+3j, 'ab', b'c', Color.RED, Color.BLUE, [], (), [1, 2], [1, 2, 3], (1,), ['x', 'last'], [5, [6, 7], 8], [5, 'xy', 8],
          {'kind': 'p', 'x': 5, 'more': 1}, {}, {'k': [1, {'z': 2}]}, {'k': 1}, Point(0, 5), Point(2, 2), Point(1, 2), Pos(1, 2), Pos(2, 2), 'long text', 'abc', b'zz', 500, 50, 2.5, 1j,
          {1}, range(3), deque([1, 2]), deque([9, 8]), 'xy', bytearray(b'q'), OrderedDict(kind='p', x=3), namedtuple('N', 'p q')(3, 4), iter([1, 2]), frozenset()]:
    print(f(x))
def g(x):
    match x:
        case {'a': 1, 'b': b} | {'c': b}: return b
        case [{'n': n}, *_] | (_, {'n': n}): return n
        case (1 | 2 | 3) as small: return 'small', small
        case {**everything} if len(everything) == 2: return everything
        case ((a, b), c) | [a, [b, c]]: return a, b, c
print([g(x) for x in ({'a': 1, 'b': 2}, {'c': 3}, [{'n': 4}, 0], [0, {'n': 5}], 2, {'y': 1, 'z': 2}, ((1, 2), 3), [1, [2, 3]], 9)])
class Bad: __match_args__ = 5
class Bad2: __match_args__ = (1,)
def h(x, cls):
    match x:
        case cls(1): return 'm'
for cls in (Bad, Bad2, object, int):
    try: print(h(Bad(), cls) if cls in (Bad,) else h(Bad2() if cls is Bad2 else object(), cls))
    except TypeError as e: print(e)
def dup(x):
    match x:
        case Pos(1, a=1): pass
try: dup(Pos(1, 2))
except TypeError as e: print(e)
def keys(x, k):
    class K: key = 'a'
    match x:
        case {K.key: v, 'a': w}: return v, w
try: keys({'a': 1}, 'a')
except ValueError as e: print(e)
match = {'match': 1}; case = 2; _ = 3
match[case] = match; print(len(match), case, _)
match (1, 2):
    case (a, b): print(a, b)
match 1, 2:
    case a, *b: print(a, b)
match -1:
    case -1: print('neg')
class Meta(type):
    def __instancecheck__(self, o): return o == 5
class Five(metaclass=Meta): pass
match 5:
    case Five(): print('five')
for text in ["match x:\n case a: pass\n case b: pass", "match x:\n case a | b: pass", "match x:\n case [a, a]: pass", "match x:\n case {'a': 1, 'a': 2}: pass", "match x:\n case [*a, *b]: pass",
  "match x:\n case {**r, 'a': 1}: pass", "match x:\n case P(a=1, a=2): pass", "match x:\n case P(a=1, 2): pass", "match x:\n case 1 + 2: pass", "match x:\n case a.b: pass", "match x:\n case f'x': pass",
  "match x:\n case _ as y: pass\n", "match x:\n case (a as b) as c: pass", "match x:\n case a as 5: pass", "match x:\n case -a: pass", "match x:\n case {a: 1}: pass", "match x:\n pass", "match x:\ncase 1: pass", "match x:\n case 1 as _: pass",
  "match x:\n case {**_}: pass", "match x:\n case *a: pass", "match x:\n case a if: pass", "match x:\n case a.b(): pass", "match x:\n case 3j + 1: pass", "match x:\n case 1 + a: pass"]:
    try: compile(text, '<s>', 'exec'); print('ok', repr(text))
    except SyntaxError as e: print(repr(text), '->', e.msg)
