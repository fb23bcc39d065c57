# list.sort and sorted over keys of one kind and of several, runs of all lengths, keys, both directions, errors.
import random

r = random.Random(1)


def text():
    return ''.join(r.choice('ab\0\xe9\u1234z') if r.random() < .5 else 'a' for _ in range(r.randrange(14)))


kinds = {
    'ints': lambda: r.randrange(-50, 50), 'floats': lambda: r.random(), 'ascii': lambda: text().replace('\u1234', '').replace('\xe9', ''),
    'latin': lambda: text().replace('\u1234', ''), 'wide': text, 'mixed': lambda: r.choice([1, 2.5, 10**30, True, -0.0]),
    'tuples': lambda: (r.randrange(3), r.randrange(3)), 'big': lambda: r.randrange(-10**25, 10**25), 'bytes': lambda: text().encode()[:3],
}
for name, make in kinds.items():
    for n in (0, 1, 2, 3, 15, 16, 17, 31, 32, 33, 100, 1000):
        items = [make() for _ in range(n)]
        up, down = sorted(items), sorted(items, reverse=True)
        pairs, back = sorted(enumerate(items), key=lambda p: p[1]), sorted(enumerate(items), key=lambda p: p[1], reverse=True)
        assert all(up[i] <= up[i + 1] for i in range(n - 1)), (name, n)
        assert all(down[i] >= down[i + 1] for i in range(n - 1)), (name, n)
        for found, order in ((pairs, lambda a, b: a < b), (back, lambda a, b: a > b)):
            assert sorted(i for i, _ in found) == list(range(n))
            assert all(order(a[1], b[1]) or (a[1] == b[1] and a[0] < b[0]) for a, b in zip(found, found[1:])), (name, n)
        items.sort()
        assert items == up
    print(name, str(up[:3])[:60].encode())


class Failing:
    def __init__(self, value):
        self.value = value

    def __lt__(self, other):
        if self.value == 77:
            raise KeyError('77')
        return self.value < other.value


for n in (78, 100, 500):
    items = [Failing(i * 37 % n) for i in range(n)]
    try:
        items.sort()
    except KeyError as error:
        print(error, len(items), sorted(item.value for item in items) == list(range(n)))
for bad in ([1, 'a'], ['a'] * 20 + [1], [1.5] * 20 + ['x'], [None, None], [float('nan')] * 3 + [1.0]):
    try:
        print(len(sorted(bad)))
    except TypeError as error:
        print(error)
