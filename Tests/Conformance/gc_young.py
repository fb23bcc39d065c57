"""Cycles that are made and dropped at once, of many kinds, beside objects that live: nothing that lives is lost, all that is dead goes, once."""
import gc
import weakref
from collections import OrderedDict, defaultdict, deque


class Node:
    def __init__(self, *parts):
        self.parts = parts
        self.itself = self


class Slots:
    __slots__ = ("itself", "other", "__weakref__")


class Finalized(Node):
    gone = []

    def __init__(self, number):
        Node.__init__(self)
        self.number = number

    def __del__(self):
        Finalized.gone.append(self.number)


class Returning(Node):
    kept = []

    def __del__(self):
        Returning.kept.append(self)


class List(list):
    pass


died = []
references = {}


def watch(thing):
    reference = weakref.ref(thing, lambda reference: (died.append(1), references.pop(id(reference))))
    references[id(reference)] = reference


def dictionary(number):
    node = Node()
    holder = {"number": number, "node": node, "more": [node, {}]}
    holder["itself"] = holder
    node.holder = holder
    watch(node)


def closure(number):
    node = Node()

    def inner(count):
        return node if count == 0 else inner(count - 1)

    node.function = inner
    assert inner(2) is node
    watch(node)


def generator(number):
    node = Node()

    def numbers():
        kept = node
        while True:
            yield kept

    node.generator = numbers()
    assert next(node.generator) is node
    watch(node)


def exhausted(number):
    node = Node()
    node.generator = (item for item in [node, number])
    assert list(node.generator) == [node, number]
    watch(node)


def exception(number):
    node = Node()
    try:
        raise ValueError(node)
    except ValueError as error:
        node.error = error
    watch(node)


def slots(number):
    first, second = Slots(), Slots()
    first.itself = first
    first.other, second.other = second, first
    watch(first)


def containers(number):
    node = List()
    ring = deque([node])
    ring.append(ring)
    table = defaultdict(list)
    table[number].append(ring)
    order = OrderedDict(table=table, node=node)
    node.append(order)
    node.append((node, frozenset([number]), {number}))
    watch(node)


def method(number):
    node = Node()
    node.bound = node.__init__
    node.own = (lambda self: self).__get__(node)
    watch(node)


def weak(number):
    node = Node()
    other = Node(node)
    node.reference = weakref.ref(other, lambda reference: died.append("a reference that was garbage itself was called"))
    node.other = other
    node.table = weakref.WeakKeyDictionary({other: node})
    watch(node)


def large(number):
    node = List(range(500))
    node[250] = node
    watch(node)


makers = [dictionary, closure, generator, exhausted, exception, slots, containers, method, weak, large]

# What lives refers to what was just made, and loses it again.
table = [None] * 50
made = 0
for number in range(12_000):
    makers[number % len(makers)](number)
    made += 1
    kept = Node(number, [number])
    kept.pair = {"kept": kept}
    table[number % 50] = kept
    local = [kept, (kept, [number])]
    if number % 100 == 0:
        Finalized(number)
    if number % 1000 == 0:
        Returning()
    other = table[(number * 7) % 50]
    if other is not None:
        assert other.itself is other and other.pair["kept"] is other and other.parts[1][0] == other.parts[0]
    assert local[1][0] is kept and local[1][1][0] == number
early = len(died)
del kept, local, other
for again in range(3):
    gc.collect()
print("some before a whole collection:", early > 0)
print("all of them:", len(died) == made, len(references))
print("finalized once:", sorted(Finalized.gone) == list(range(0, 12_000, 100)))
print("came back:", len(Returning.kept), all(node.itself is node for node in Returning.kept))
print("alive:", all(node.itself is node and node.parts[1][0] == node.parts[0] for node in table))


# A generator that runs while its thread's log is full keeps what only its frame refers to.
def running():
    node = Node("running")
    for turn in range(3000):
        cycle = [turn]
        cycle.append(cycle)
        assert node.itself is node
    yield node


print(next(running()).parts)


# Callbacks see no object that is about to go.
seen = []
for number in range(3000):
    first, second = Node(number), Node(number)
    first.other, second.other = second, first
    sibling = weakref.ref(second)
    reference = weakref.ref(first, lambda reference, sibling=sibling: seen.append(sibling()))
    references[number] = reference
    del first, second
gc.collect()
print(len(seen), set(seen))

# Deeply nested garbage.
for turn in range(20):
    chain = None
    for number in range(5000):
        chain = [chain]
    first = chain
    while chain[0] is not None:
        chain = chain[0]
    chain[0] = first
    del first, chain
gc.collect()
print("stats:", [entry["collections"] > 0 for entry in gc.get_stats()][::2])
