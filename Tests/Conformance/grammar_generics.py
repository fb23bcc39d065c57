# Needs Python 3.13. Type parameters, type aliases, f-strings; mistakes in them and in except*.
from typing import TypeVar, Generic, get_type_hints
def first[T](items: list[T], default: T = None) -> T:
    "Doc."
    return items[0] if items else default
print(first([1, 2]), first([], 'd'), first.__type_params__, first.__annotations__, first.__doc__, first.__qualname__)
T, = first.__type_params__
print(T.__name__, T.__bound__, T.__constraints__, isinstance(T, TypeVar), T.__covariant__, T.__infer_variance__)
class Box[T: (int, str), *Ts, **P]:
    "A box."
    kind = 'plain'
    def __init__(self, value: T): self.value = value
    def map[U](self, f: U) -> 'Box[U]': return Box(f(self.value))
    def get(self) -> T: return super().__getattribute__('value')
    def other[K](self, x: kind) -> K: pass
print(Box.__type_params__, Box.__doc__, Box.__qualname__, Box.map.__qualname__, [b.__name__ for b in Box.__bases__])
print(Box(3).map(str).get(), Box.__type_params__[0].__constraints__, Box.other.__annotations__['x'])
print(Box.__parameters__ == Box.__type_params__)
class Base: pass
class Derived[T](Base, list[T]): pass
print(Derived.__mro__[1:3], Derived[int])
type Pair = tuple[int, str]
type Nested[A] = list[A] | None
print(Pair, Pair.__value__, Pair.__type_params__, Nested[int], Nested.__type_params__, Nested.__name__)
type Later = Undefined
try: Later.__value__
except NameError as e: print(e)
type Recursive = list[Recursive]
print(Recursive.__value__)
def bounded[T: undefined_name](x: T): pass
try: bounded.__type_params__[0].__bound__
except NameError as e: print(e)
class Outer:
    Inner = int
    type Alias = Inner
    def f[T: Inner](self, x: Inner) -> T: return x
print(Outer.Alias.__value__, Outer.f.__annotations__['x'], Outer.f.__type_params__[0].__bound__)
def deco(f):
    f.tag = 'tagged'
    return f
@deco
def decorated[T](x: T = 5, *, k: T = 6): return x, k
print(decorated(), decorated.tag, decorated.__defaults__, decorated.__kwdefaults__)
async def agen[T](x: T): yield x
print(agen.__type_params__, type(agen(1)).__name__)
def shadow[T]():
    T = 1
    return T
print(shadow(), first.__type_params__[0] is T)
def outer[T]():
    def inner[S](x: T, y: S): return T, S
    return inner
i = outer(); print(i.__annotations__, i.__qualname__, i(1, 2))
def recursive[T](n: T): return 1 if n == 0 else n * recursive(n - 1)
print(recursive(5))
type = 5; print(type); del type
def f[T]():
    class C(Generic[T]): pass
    return C.__parameters__
print(f())
# f-strings
name = 'world'; d = {'a': 1}
print(f"{d["a"]} {f"{f"{name}"}"} {'\n'.join(['x', 'y'])!r}")
print(f"{
    name  # a comment
    .upper()
    :>10}|")
print(f'{name=} {name = } {3.14159:.{1 + 1}f} {{}} {name!r:^{9}}')
print(f"{(lambda x: x * 2)(4)}")
print(f'''{
    d['a']
}''', f"{d!r}", f"{'{'}", f"\N{BULLET}", rf"\n{name}")
for text in ["f'{'", "f'{a b}'", "f'{}'", "f'{!r}'", "f'{a!x}'", "f'}'", "f'{a:{b:{c}}}'", "f'{a'", "f'{lambda x: 1}'", "f'{*a}'", "f'{a!}'", "f'{a$b}'", "f'{=}'",
    "def f[T, T](): pass", "def f[T = int, S](): pass", "class C[T: (yield)]: pass", "type X = (yield)", "type X = (a := 1)", "def f[](): pass", "type X[T: await a] = 1",
    "def f[*T: int](): pass", "class C[T](x := 1): pass", "def f[T]() -> (yield): pass", "type a.b = 1", "try: pass\nexcept* : pass", "try: pass\nexcept* E: pass\nexcept F: pass",
    "try: pass\nexcept* E:\n    return", "while 1:\n  try: pass\n  except* E:\n    break"]:
    try:
        compile(text, '<s>', 'exec')
        print('ok', text)
    except SyntaxError as e:
        print(repr(text), '->', e.msg)
