# The functions of operator.
import operator
from operator import *


def attempt(f, *args, **kwargs):
    try:
        print('->', f(*args, **kwargs))
    except Exception as e:
        print(type(e).__name__ + ':', e)


print(add(1, 2), sub(5, 3), mul(3, 4), truediv(7, 2), floordiv(7, 2), mod(7, 3), pow(2, 10), lshift(1, 4), rshift(16, 2))
print(and_(6, 3), or_(6, 3), xor(6, 3), neg(1), pos(-1), inv(5), invert(5), operator.abs(-3), index(True))
print(lt(1, 2), le(2, 2), eq(1, 2), ne(1, 2), gt(1, 2), ge(1, 2), is_(None, None), is_not(1, None), truth([]), not_([]))
print(concat('a', 'b'), contains([1, 2], 2), countOf([1, 2, 1, 1.0], 1), indexOf('abc', 'c'), getitem({'a': 5}, 'a'))
x = [1, 2, 3]
setitem(x, 0, 'z')
delitem(x, 1)
y = iadd(x, [9])
print(x, y is x, iconcat(x, (8,)), imul(3, 4), ior({1}, {2}), isub(5, 1), ifloordiv(7, 2), ixor(5, 1), ipow(2, 3))
print(length_hint([1, 2]), length_hint(iter([1, 2, 3])), length_hint(object(), 4), length_hint(5))
print(operator.call(dict, a=1), operator.__add__(1, 2), operator.__not__(1), operator.__lt__(1, 2), operator.__getitem__('abc', 1))
attempt(add, 1, 'a')
attempt(add, 1)
attempt(concat, 1, 2)
attempt(indexOf, [1], 2)
attempt(index, 1.5)
attempt(length_hint, [], 'a')
attempt(neg, 'a')

g = itemgetter(1)
print(g('abc'), itemgetter(2, 0)('abc'), itemgetter('k')({'k': 7}), itemgetter(slice(1, 3))('abcd'), g, itemgetter('a', 2))
attempt(g, [])
attempt(g)
attempt(itemgetter)
attempt(itemgetter('a'), [1])


class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y

    def scale(self, f, *, offset=0):
        return (self.x * f + offset, self.y * f + offset)


p = Point(1, Point(2, 3))
print(attrgetter('x')(p), attrgetter('y.x')(p), attrgetter('x', 'y.y')(p), attrgetter('a', 'b.c'))
attempt(attrgetter('y.z'), p)
attempt(attrgetter, 1)
attempt(attrgetter)
q = Point(2, 4)
print(methodcaller('scale', 3)(q), methodcaller('scale', 2, offset=1)(q), methodcaller('upper')('abc'), methodcaller('m', 1, k='v'))
attempt(methodcaller('nothing'), q)
attempt(methodcaller)
attempt(methodcaller, 1)
print(sorted([('b', 2), ('a', 3), ('c', 1)], key=itemgetter(1)), list(map(attrgetter('x'), [p, q])))
print(type(g).__name__, type(g).__module__)
