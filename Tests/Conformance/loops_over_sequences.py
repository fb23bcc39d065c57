# Loops over lists and tuples, which need no iterator object; and what changes the list meanwhile.
import threading


class Loud:
    def __init__(self, name):
        self.name = name

    def __repr__(self):
        return f'<{self.name}>'

    def __del__(self):
        print('end of', self.name)


class Own(list):
    def __iter__(self):
        print('own')
        return super().__iter__()


class OwnTuple(tuple):
    def __iter__(self):
        yield 'own'


def changed():
    items = [1, 2, 3]
    for item in items:
        if item < 6:
            items.append(item + 3)
    print(items)
    for item in items:
        print(item, end=' ')
        items.pop()
    print(items)
    for item in items:
        items = (7, 8)
        print(item, end=' ')
    for item in items:
        items = None
        print(item, end=' ')
    print(items)
    items = [Loud('a'), Loud('b')]
    for item in items:
        items.clear()
        print('cleared', item)
    del item
    print('after')
    items = list(range(10))
    print([items.remove(item) or item for item in items], items)
    for item in [1, 2]:
        for item in (item, [item]):
            print(item, end=' ')
    print()


def held():
    for item in [Loud('x'), Loud('y')]:
        print(item)
        if item.name == 'x':
            continue
        break
    print('left')
    del item
    for item in (Loud('p'),):
        pass
    else:
        print('else')
    item = None
    try:
        for item in [Loud('q'), 1, 0, 5]:
            if isinstance(item, int):
                1 // item
    except ZeroDivisionError:
        print('raised', item)
    given([Loud('r')])


def given(items):
    for item in items:
        items = None
        print(item, end=' ')
    print(items)


def generated(items):
    for item in items:
        items = None
        got = yield item
        if got:
            print('got', got)
    for item in (1, 2):
        for other in [item, item + 10]:
            yield other


def generators():
    g = generated([1, Loud('g'), 3])
    print(next(g), g.send('first'), next(g), next(g))
    print(list(g))
    g = generated([Loud('h')] * 3)
    next(g)
    g.close()
    print('closed')
    g = generated((Loud('i'), Loud('j')))
    next(g)
    del g
    print('dropped')
    items = [1, 2]
    e = (item * 2 for item in items)
    print(next(e), items.append(3), list(e))
    items.append(4)
    print(list(e))
    e = (x + y for x in items for y in (10, 20) if x < 3)
    print(next(e), type(e.gi_frame.f_locals['.0']).__name__ if '.0' in e.gi_frame.f_locals else 'list_iterator', list(e))
    items = [Loud('k'), Loud('l')]
    e = (item for item in items)
    items = None
    print(next(e))
    del e
    print('gone')


def folds():
    items = [1, 2, 3, 2.5, 4]
    print(sum(item for item in items), sum(item for item in tuple(items)), any(item == 3 for item in items))
    print(all([item] for item in items), any([] for item in items), any(item > 3 for item in (1, 2, [5][0], 9)))
    print(sum(items.append(0) or item for item in items if len(items) < 9), len(items))
    print(all(items.pop() is not None for item in items), items)
    named = [Loud('m'), Loud('n')]
    print(any(item.name == 'm' for item in [named.pop(0)]), any(item for item in [[], (), named.pop()]))
    print([sum(n * m for n in [1, 2, m]) for m in (1, 2)], sum(sum(row) for row in [[1], [2, 3], (4, 5)]))

    def scaled(numbers, factor):
        return sum(number * factor for number in numbers), all(number < factor for number in numbers if number)
    print(scaled([1, 2, 3], 2), scaled((), 1), scaled((0, 0.5), 2))


def others():
    for item in Own([1, 2]):
        print(item, end=' ')
    for item in OwnTuple((1, 2)):
        print(item, end=' ')
    for item in 'ab':
        print(item, end=' ')
    for key in {'k': 1}:
        print(key, end=' ')
    for a, b in [(1, 2), [3, 4]]:
        print(a, b, end=' ')
    for a, b in zip([1, 2], (3, 4)):
        print(a, b, end=' ')
    print([x for x in Own([3])], [(x, y) for x in (1, 2) for y in [x]], {x: x for x in [1]}, {x for x in (1,)})
    try:
        for item in 5:
            pass
    except TypeError as error:
        print(error)
    it = iter([1, 2, 3])
    for item in it:
        print(item, next(it, None), end=' ')
    print()


def shared():
    items = list(range(200))
    stop = []

    def change():
        while not stop:
            items.append(items.pop(0) if len(items) > 150 else 1000)

    threads = [threading.Thread(target=change) for _ in range(2)]
    for thread in threads:
        thread.start()
    total = 0
    for _ in range(200):
        for number, item in enumerate(items):
            if number > 300:
                break
            total += item >= 0
        for item in items:
            total += 1
            if total % 50 == 0:
                break
    stop.append(1)
    for thread in threads:
        thread.join()
    print(total > 1000)


for test in (changed, held, generators, folds, others, shared):
    print(test.__name__)
    test()
