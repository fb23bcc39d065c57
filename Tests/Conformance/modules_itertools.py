# The iterators of itertools.
import itertools
from itertools import *


def attempt(f, *args, **kwargs):
    try:
        print('->', f(*args, **kwargs))
    except Exception as e:
        print(type(e).__name__ + ':', e)


def take(n, iterable):
    return list(islice(iterable, n))


# count, cycle, repeat
print(take(3, count()), take(3, count(10)), take(3, count(1, 2)), take(3, count(2.5, 0.5)), take(3, count(step=-1)))
print(take(3, count(2 ** 61 - 1)), take(2, count(2 ** 70, 2 ** 69)))
print(count(3), count(3, 2), count(1.5, 1), repeat(1), repeat('x', 3))
attempt(count, 'a')
c = count(5)
print(next(c), c, next(c))
print(take(7, cycle('abc')), list(cycle([])), take(3, cycle(iter([1]))))
print(list(repeat(1, 3)), list(repeat(1, 0)), list(repeat(1, -5)), take(2, repeat(None)), list(repeat(object=4, times=2)))
print(repeat(1, 5).__length_hint__())
attempt(repeat(1).__length_hint__)
attempt(repeat)
attempt(cycle, 1)
print(list(map(pow, range(5), repeat(2))))

# accumulate
print(list(accumulate([1, 2, 3, 4])), list(accumulate('abc')), list(accumulate([])))
print(list(accumulate([3, 1, 4, 1, 5], max)), list(accumulate([1, 2, 3], initial=100)), list(accumulate([], initial=7)))
print(list(accumulate([1, 2, 3], lambda a, b: a * b, initial=2)), list(accumulate([1, 2], None)))
attempt(list, accumulate([1, 'a']))

# chain
print(list(chain()), list(chain('ab', [1], ())), list(chain.from_iterable(['ab', 'cd'])), list(chain.from_iterable([])))
attempt(list, chain([1], 2))
attempt(chain.from_iterable, 3)
it = chain([1], 2, [3])
print(next(it))
attempt(next, it)
print(list(it))

# combinations and company
print(list(combinations('ABCD', 2)), list(combinations(range(4), 3)), list(combinations('ab', 0)), list(combinations('ab', 3)))
print(list(combinations_with_replacement('ABC', 2)), list(combinations_with_replacement('', 0)), list(combinations_with_replacement('', 1)))
print(list(permutations('ABC', 2)), list(permutations(range(3))), list(permutations('', 0)), list(permutations('ab', 3)), list(permutations('ab', None)))
print(list(product('AB', [1, 2])), list(product(range(2), repeat=3)), list(product()), list(product('ab', [])), list(product('a', repeat=0)))
print(len(list(permutations(range(6)))), len(list(combinations(range(10), 5))), len(list(product(range(5), repeat=4))))
attempt(combinations, 'ab', -1)
attempt(combinations_with_replacement, 'ab', -1)
attempt(permutations, 'ab', -1)
attempt(permutations, 'ab', 'c')
attempt(product, 'ab', repeat=-1)
attempt(combinations, 5, 1)
it = permutations([1, 2])
print(next(it), next(it), next(it, 'end'), next(it, 'end'))

# selections
print(list(compress('ABCDEF', [1, 0, 1, 0, 1, 1])), list(compress('AB', [])), list(compress(data='AB', selectors=count())))
print(list(dropwhile(lambda x: x < 5, [1, 4, 6, 3, 8])), list(takewhile(lambda x: x < 5, [1, 4, 6, 3, 8])))
print(list(filterfalse(lambda x: x % 2, range(6))), list(filterfalse(None, [0, 1, '', 'a', None])))
attempt(list, dropwhile(1, [1]))
attempt(list, takewhile(lambda x: 1 / x, [1, 0]))
attempt(takewhile, len)
it = takewhile(bool, [1, 0, 1])
print(list(it), list(it))

# islice
print(list(islice('ABCDEFG', 2)), list(islice('ABCDEFG', 2, 4)), list(islice('ABCDEFG', 2, None)), list(islice('ABCDEFG', 0, None, 3)))
print(list(islice(range(10), 3, 9, 4)), list(islice(range(10), 5, 2)), list(islice([], 5)), list(islice('abc', None)))
source = iter(range(10))
print(list(islice(source, 1, 4, 5)), next(source))
source = iter(range(10))
print(list(islice(source, 0)), next(source), list(islice(source, 2, 2)), next(source))
for bad in [(-1,), ('a',), (-1, 2), (1, -2), (1, 2, 0), (1, 2, 'x'), ('a', 2)]:
    attempt(islice, 'abc', *bad)
attempt(islice, 'abc')

# pairwise, starmap, zip_longest
print(list(pairwise('ABCD')), list(pairwise('A')), list(pairwise([])))
print(list(starmap(pow, [(2, 5), (3, 2), [10, 3]])), list(starmap(lambda *a: a, [(), (1,), (1, 2, 3)])))
attempt(list, starmap(pow, [1]))
print(list(zip_longest('AB', 'wxyz')), list(zip_longest('ABC', [1], fillvalue='-')), list(zip_longest()), list(zip_longest('', '')))
attempt(zip_longest, 'a', other=1)
attempt(zip_longest, 'a', 1)

# groupby
print([(k, list(g)) for k, g in groupby('AAAABBBCCDAABBB')])
print([(k, list(g)) for k, g in groupby([1, 3, 2, 4, 5], key=lambda x: x % 2)])
print([k for k, g in groupby('AABBA')], list(groupby([])))
groups = groupby('aab')
k, g = next(groups)
print(next(g), k)
k2, g2 = next(groups)
print(k2, list(g), list(g2), list(groups))
attempt(list, groupby([1, 'a'], lambda x: x + 1))
attempt(groupby)

# tee
a, b = tee('abc')
print(next(a), next(a), next(b), list(a), list(b), list(a))
x, y, z = tee(iter(range(3)), 3)
print(list(zip(x, y, z)), tee([1], 0))
a, b = tee(range(5))
next(a)
c = a.__copy__()
print(list(a), list(b), list(c))
attempt(tee, [1], -1)
attempt(tee, 5)


def failing():
    yield 1
    raise ValueError('boom')


a, b = tee(failing())
print(next(a))
attempt(next, a)
print(next(b))
for f in (chain, cycle, pairwise, lambda i: accumulate(i), lambda i: islice(i, 5), lambda i: zip_longest(i), lambda i: product(i),
          lambda i: groupby(i), lambda i: compress(i, [1, 1])):
    attempt(lambda: list(islice(f(failing()), 4)))

# Iterators are their own iterators; types have names.
for it in [count(), cycle('a'), repeat(1), chain(), islice([], 1), groupby([]), tee([])[0], zip_longest(), product(), permutations([])]:
    print(iter(it) is it, type(it).__name__, type(it).__module__)

# Long chains of links, nested iterators.
a, b = tee(range(200000))
for _ in a:
    pass
del a
print(next(b))
del b
print(sum(islice(chain.from_iterable(repeat(range(10), 1000)), 5, None, 7)))
