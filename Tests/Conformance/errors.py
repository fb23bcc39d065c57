# Texts of exceptions that reach a handler.
def attempt(action):
    try:
        action()
    except Exception as error:
        print(type(error).__name__, error)

class Empty: pass
class Slotted:
    __slots__ = ("a",)

def two(a, b): pass
def keyword(a, *, b): pass

attempt(lambda: 1 + "a")
attempt(lambda: "a" + 1)
attempt(lambda: [] + ())
attempt(lambda: {}["missing"])
attempt(lambda: [1, 2][7])
attempt(lambda: (1,)[3])
attempt(lambda: "abc"[9])
attempt(lambda: Empty().nothing)
attempt(lambda: Slotted().b)
attempt(lambda: int("x1"))
attempt(lambda: float("abc"))
attempt(lambda: two(1))
attempt(lambda: two(1, 2, 3))
attempt(lambda: two(1, c=3))
attempt(lambda: keyword(1))
attempt(lambda: keyword(1, 2))
attempt(lambda: len(5))
attempt(lambda: iter(5))
attempt(lambda: next(iter([])))
five = 5
attempt(lambda: five())
attempt(lambda: {[]: 1})
attempt(lambda: [].pop())
attempt(lambda: {}.popitem())
attempt(lambda: set().pop())
attempt(lambda: [].remove(3))
attempt(lambda: 1 / 0)
attempt(lambda: 1 % 0)
attempt(lambda: 1.0 / 0)
attempt(lambda: 1 < "a")
attempt(lambda: "x".join([1]))
attempt(lambda: chr(-1))
attempt(lambda: ord("ab"))
attempt(lambda: range(1, 2, 0))
attempt(lambda: [1, 2, 3].index(9))

def unpack():
    a, b = 1, 2, 3
attempt(unpack)
def unpack_few():
    a, b, c = [1]
attempt(unpack_few)
def unbound():
    print(later)
    later = 1
try:
    unbound()
except UnboundLocalError as error:
    print(type(error).__name__)
try:
    try:
        raise ValueError("first")
    except ValueError as error:
        raise KeyError("second") from error
except KeyError as error:
    print(repr(error), repr(error.__cause__), error.__suppress_context__)
