# Syntax trees as objects: ast.parse, literal_eval, dump, unparse, and compile() of trees.
import ast

SOURCE = '''
"""Doc."""
from __future__ import annotations
import os.path as p, sys
from . import a as b, c
from ..d import *
x: int = 3
(y): "str"
a = b = c, *d = [1, *e]
x += 1; y -= 2; z @= 3
del a, b[0], c.d
def f(a, /, b: int = 1, *args, c, d=2, **kw) -> int:
    global g
    nonlocal h
    return lambda x, *y, z=1: (yield)
@dec(1)
async def g():
    async with a as b, c: pass
    async for x in y: await z
    else: pass
    return [i async for i in j if i if k]
class C(A, metaclass=M):
    x = 1
    def m(self): yield from self.x
while x > 1 < 2 == 3 != 4 is None is not True in a not in b:
    break
else:
    continue
for i, (j, k) in x: pass
if a: pass
elif b: assert a, 'm'
else: raise E(1) from None
try: pass
except A as e: pass
except (B, C): pass
except: pass
else: pass
finally: pass
try: pass
except* V: raise
with open(x) as f, g: pass
match x:
    case 1 | -2 | 'a' | None | True: pass
    case [a, *rest, _]: pass
    case {'k': v, **others}: pass
    case P(1, x=2) as q if q: pass
    case A.B: pass
{**a, 'b': 1, **{}}
{1, 2}; {k: v for k, v in x}; {s for s in t}; (g for g in h)
a if b else c; not a; ~b; +c; -d
a and b and c or d
f(1, *a, k=2, **kw)[1:2, ::3, ...]
f'a{b!r:>{w}}c{d=}'; u'u' 'plain'
b'bytes', 1.5, 2j, 10**400, 0x1_0000_0000_0000_0000_0000, ..., 'é\\ud800'
(w := 3)
a + b - c * d / e // f % g ** h @ i << j >> k | l ^ m & n
'''
tree = ast.parse(SOURCE)
print(ast.dump(tree))
print(ast.unparse(tree))
print(ast.dump(ast.parse(ast.unparse(tree))) == ast.dump(tree))
print(ast.dump(ast.parse('x = f(1,\n  y)\nz', 'f.py'), include_attributes=True, indent=1))
print(ast.dump(ast.parse('a + 1', mode='eval')), ast.dump(compile('a; b', '', 'single', ast.PyCF_ONLY_AST)))
for text in ("[1, -2.5, 'x', b'y', None, True, (1,), {}, {'a': {1, 2}}, 3+4j, ...]", 'set()', ' 1', '-1'):
    print(ast.literal_eval(text))
for text in ('f()', 'a', '1 +', '[1', '1 + 2', '"a" + "b"'):
    try:
        print(ast.literal_eval(text))
    except (ValueError, SyntaxError) as error:
        print(type(error).__name__)
node = ast.parse('x = 1\ny = 2').body[1]
print(type(node), node.lineno, node.col_offset, node.end_lineno, node.end_col_offset, node._fields, node.targets[0].id, isinstance(node, ast.stmt))


# Trees that are changed and compiled.
class Doubles(ast.NodeTransformer):
    def visit_Constant(self, node):
        return ast.copy_location(ast.Constant(node.value * 2), node) if isinstance(node.value, int) else node

    def visit_Name(self, node):
        return ast.copy_location(ast.Name(node.id.lower(), node.ctx), node)


tree = ast.fix_missing_locations(Doubles().visit(ast.parse('RESULT = [N + 1 for N in range(3)]\nprint(Result)')))
exec(compile(tree, '<tree>', 'exec'))
print(eval(compile(ast.Expression(ast.BinOp(ast.Constant(2), ast.Pow(), ast.Constant(10), lineno=1, col_offset=0), lineno=1), '', 'eval'))
      if False else eval(compile(ast.fix_missing_locations(ast.Expression(ast.BinOp(ast.Constant(2), ast.Pow(), ast.Constant(10)))), '', 'eval')))
print(eval(compile(ast.fix_missing_locations(ast.Expression(ast.Tuple([ast.Constant((1, (2, 'x'))), ast.Constant(-5), ast.Constant(-2.5), ast.Constant(3-4j), ast.Constant(10**30)], ast.Load()))), '', 'eval')))
EVERYTHING = '''
import functools as ft
from itertools import chain, count as counter
total: int = 0
def outer(a, b=2, /, c=3, *rest, d, e=5, **more):
    """Doc of outer."""
    n = a
    def inner():
        nonlocal n
        n += 1
        return n
    inner()
    return n, b, c, rest, d, e, more
class Base:
    x = 1
    @property
    def p(self): return self.x
class Derived(Base):
    def __init__(self): super().__init__(); self.y = [*range(3)]
    def gen(self): yield from self.y
def shape(v):
    match v:
        case 0 | -1: return 'small'
        case [x, *r]: return 'list', x, r
        case {'k': k, **o}: return 'map', k, o
        case Base(x=1) as b: return 'base', b.p
        case None: return 'none'
        case _: return 'other'
out = [outer(1, d=4), outer(1, 2, 3, 4, d=5, z=6), list(Derived().gen()), outer.__doc__]
out += [shape(v) for v in (0, -1, [1, 2], {'k': 1, 'j': 2}, Derived(), None, 'x')]
try:
    try: 1 / 0
    except ZeroDivisionError as error: raise KeyError('k') from error
    finally: total += 1
except (KeyError, ValueError) as error: out.append(repr(error.__cause__))
else: total = 100
for i in range(5):
    if i == 1: continue
    elif i == 3: break
    total += i
else: total = 200
while total < 10: total += 3
with open(__import__('os').devnull) as f: out.append(f.read())
out += [f'{total:>5}|{total!r}', (lambda *a, k=1: (a, k))(1, 2), {**{'a': 1}, 'b': 2}, {i: j for i, j in zip('ab', (1, 2))}, {1, 1}, total if total else 0, not total, 1 < 2 < 3, (w := 4), w]
assert total, 'never'
del total
print(out)
'''
exec(compile(ast.parse(EVERYTHING), '<everything>', 'exec'), {'__name__': 'm'})
exec(compile(ast.parse(ast.unparse(ast.parse(EVERYTHING))), '<again>', 'exec'), {'__name__': 'm'})
for bad in (
    lambda: compile(ast.Module([ast.Expr(ast.Name('x', ast.Load()))], []), '', 'exec'),
    lambda: compile(ast.parse('x'), '', 'eval'),
    lambda: compile(ast.fix_missing_locations(ast.Module([ast.Expr(3)], [])), '', 'exec'),
    lambda: compile(ast.fix_missing_locations(ast.Module([ast.Assign([], ast.Constant(1))], [])), '', 'exec'),
    lambda: compile(ast.fix_missing_locations(ast.Module([ast.Expr(ast.Compare(ast.Constant(1), [], []))], [])), '', 'exec'),
    lambda: compile(ast.fix_missing_locations(ast.Module([ast.If(ast.Constant(1), [], [])], [])), '', 'exec'),
    lambda: compile('x', '', 'exec', 1 << 30),
):
    try:
        print(bad())
    except (TypeError, ValueError) as error:
        print(type(error).__name__)
try:
    exec(compile(ast.parse('\n\nx = 1\nraise ValueError(x)', 'tree.py'), 'tree.py', 'exec'))
except ValueError as error:
    print(error.__traceback__.tb_next.tb_lineno, error.__traceback__.tb_next.tb_frame.f_code.co_filename)
