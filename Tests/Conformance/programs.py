# Small whole programs: algorithms, a tokenizer, a B-tree, a scheduler of generators, a producer and consumer on threads.
import math
import threading


def queens(n):
    def place(row, columns, left, right):
        if row == n:
            return 1
        found = 0
        for column in range(n):
            if column not in columns and row - column not in left and row + column not in right:
                found += place(row + 1, columns | {column}, left | {row - column}, right | {row + column})
        return found
    return place(0, frozenset(), frozenset(), frozenset())


def fannkuch(n):
    from_zero = list(range(n))
    count = [0] * n
    most = checksum = sign = 0
    sign = 1
    permutation = from_zero[:]
    rest = n
    while True:
        while rest != 1:
            count[rest - 1] = rest
            rest -= 1
        flipped = permutation[:]
        flips = 0
        while flipped[0]:
            k = flipped[0]
            flipped[:k + 1] = flipped[k::-1]
            flips += 1
        most = max(most, flips)
        checksum += flips * sign
        sign = -sign
        while True:
            if rest == n:
                return checksum, most
            first = permutation[0]
            permutation[:rest] = permutation[1:rest + 1]
            permutation[rest] = first
            count[rest] -= 1
            if count[rest] > 0:
                break
            rest += 1


def spectral(n):
    def a(i, j):
        return 1.0 / ((i + j) * (i + j + 1) // 2 + i + 1)
    def times(v):
        return [sum(a(i, j) * x for j, x in enumerate(v)) for i in range(n)]
    def transposed(v):
        return [sum(a(j, i) * x for j, x in enumerate(v)) for i in range(n)]
    u = [1.0] * n
    for _ in range(4):
        v = transposed(times(u))
        u = transposed(times(v))
    return "%.9f" % math.sqrt(sum(x * y for x, y in zip(u, v)) / sum(x * x for x in v))


def pi_digits(count):
    q, r, t, k, m, x = 1, 0, 1, 1, 3, 3
    digits = []
    while len(digits) < count:
        if 4 * q + r - t < m * t:
            digits.append(str(m))
            q, r, m = 10 * q, 10 * (r - m * t), (10 * (3 * q + r)) // t - 10 * m
        else:
            q, r, t, k, m, x = q * k, (2 * q + r) * x, t * x, k + 1, (q * (7 * k + 2) + r * x) // (t * x), x + 2
    return "".join(digits)


class BTree:
    class Node:
        __slots__ = ("keys", "children")

        def __init__(self):
            self.keys = []
            self.children = []

    def __init__(self, order=4):
        self.root = self.Node()
        self.order = order

    def insert(self, key):
        split = self._insert(self.root, key)
        if split:
            middle, right = split
            root = self.Node()
            root.keys = [middle]
            root.children = [self.root, right]
            self.root = root

    def _insert(self, node, key):
        at = 0
        while at < len(node.keys) and node.keys[at] < key:
            at += 1
        if at < len(node.keys) and node.keys[at] == key:
            return None
        if node.children:
            split = self._insert(node.children[at], key)
            if not split:
                return None
            middle, right = split
            node.keys.insert(at, middle)
            node.children.insert(at + 1, right)
        else:
            node.keys.insert(at, key)
        if len(node.keys) < self.order:
            return None
        half = len(node.keys) // 2
        middle = node.keys[half]
        right = self.Node()
        right.keys = node.keys[half + 1:]
        right.children = node.children[half + 1:]
        del node.keys[half:]
        del node.children[half + 1:]
        return middle, right

    def __iter__(self):
        def walk(node):
            for index, key in enumerate(node.keys):
                if node.children:
                    yield from walk(node.children[index])
                yield key
            if node.children:
                yield from walk(node.children[-1])
        return walk(self.root)

    def __contains__(self, key):
        node = self.root
        while True:
            at = 0
            while at < len(node.keys) and node.keys[at] < key:
                at += 1
            if at < len(node.keys) and node.keys[at] == key:
                return True
            if not node.children:
                return False
            node = node.children[at]


def tokens(text):
    at = 0
    while at < len(text):
        c = text[at]
        if c.isspace():
            at += 1
        elif c.isdigit():
            start = at
            while at < len(text) and (text[at].isdigit() or text[at] == "."):
                at += 1
            number = text[start:at]
            yield ("number", float(number) if "." in number else int(number))
        elif c.isalpha() or c == "_":
            start = at
            while at < len(text) and (text[at].isalnum() or text[at] == "_"):
                at += 1
            yield ("name", text[start:at])
        else:
            at += 1
            yield ("operator", c)
    yield ("end", None)


class Calculator:
    def __init__(self, names):
        self.names = names

    def value(self, text):
        self.rest = list(tokens(text))
        result = self.sum()
        if self.rest[0][0] != "end":
            raise SyntaxError(f"unexpected {self.rest[0][1]!r} in {text!r}")
        return result

    def take(self, *wanted):
        kind, what = self.rest[0]
        if kind == "operator" and what in wanted:
            self.rest.pop(0)
            return what
        return None

    def sum(self):
        left = self.product()
        while operator := self.take("+", "-"):
            right = self.product()
            left = left + right if operator == "+" else left - right
        return left

    def product(self):
        left = self.atom()
        while operator := self.take("*", "/", "%"):
            right = self.atom()
            match operator:
                case "*":
                    left = left * right
                case "/":
                    left = left / right
                case _:
                    left = left % right
        return left

    def atom(self):
        if self.take("-"):
            return -self.atom()
        if self.take("("):
            inner = self.sum()
            if not self.take(")"):
                raise SyntaxError("missing )")
            return inner
        kind, what = self.rest.pop(0)
        if kind == "number":
            return what
        if kind == "name":
            return self.names[what]
        raise SyntaxError(f"unexpected {what!r}")


def scheduler():
    log = []

    def task(name, steps):
        total = 0
        for step in range(steps):
            sent = yield f"{name}{step}"
            total += sent
        return name, total

    ready = [(task("a", 3), None), (task("b", 1), None), (task("c", 2), None)]
    tick = 0
    while ready:
        coroutine, value = ready.pop(0)
        try:
            log.append(coroutine.send(value))
            tick += 1
            ready.append((coroutine, tick))
        except StopIteration as stop:
            log.append(stop.value)
    return log


class Buffer:
    def __init__(self, size):
        self.items = []
        self.size = size
        self.changed = threading.Condition()

    def put(self, item):
        with self.changed:
            while len(self.items) >= self.size:
                self.changed.wait()
            self.items.append(item)
            self.changed.notify_all()

    def get(self):
        with self.changed:
            while not self.items:
                self.changed.wait()
            item = self.items.pop(0)
            self.changed.notify_all()
            return item


def producers_and_consumers():
    buffer = Buffer(5)
    sums = []
    sums_lock = threading.Lock()

    def produce(first):
        for number in range(first, first + 200):
            buffer.put(number)

    def consume():
        total = 0
        while (item := buffer.get()) is not None:
            total += item
        with sums_lock:
            sums.append(total)

    producers = [threading.Thread(target=produce, args=(1000 * n,)) for n in range(3)]
    consumers = [threading.Thread(target=consume) for n in range(2)]
    for thread in producers + consumers:
        thread.start()
    for thread in producers:
        thread.join()
    for thread in consumers:
        buffer.put(None)
    for thread in consumers:
        thread.join()
    return len(sums), sum(sums)


class Planner:
    """Values that follow from others by rules, brought up to date in order of their dependence."""

    def __init__(self):
        self.rules = {}
        self.values = {}
        self.runs = 0

    def rule(self, *inputs):
        def note(function):
            self.rules[function.__name__] = (function, inputs)
            return function
        return note

    def set(self, **values):
        self.values.update(values)
        stale = set(values)
        done = set()
        def bring(name):
            if name in done or name not in self.rules:
                return
            done.add(name)
            function, inputs = self.rules[name]
            for needed in inputs:
                bring(needed)
            if stale.intersection(inputs):
                self.values[name] = function(*(self.values[needed] for needed in inputs))
                self.runs += 1
                stale.add(name)
        for name in list(self.rules):
            bring(name)


def plan():
    planner = Planner()

    @planner.rule("width", "height")
    def area(width, height):
        return width * height

    @planner.rule("area", "price")
    def cost(area, price):
        return area * price

    @planner.rule("cost")
    def text(cost):
        return f"{cost:>12,.2f}"

    planner.set(width=3, height=4, price=9.5)
    first = planner.values["text"], planner.runs
    planner.set(price=1234.567)
    return first, planner.values["text"], planner.runs


print("queens", [queens(n) for n in range(1, 8)])
print("fannkuch", fannkuch(7))
print("spectral", spectral(40))
print("pi", pi_digits(120))
tree = BTree()
seed = 7
for _ in range(2000):
    seed = seed * 1103515245 + 12345 & 0x7FFFFFFF
    tree.insert(seed % 5000)
keys = list(tree)
print("tree", len(keys), keys == sorted(set(keys)), sum(keys), 17 in tree, [k in tree for k in keys[:5]])
calculator = Calculator({"x": 7, "half": 0.5})
for text in ["1 + 2 * 3", "-(x - 3) * half", "10 % 4 / 2", "2 * (3 + 4", "1 + + 2", "y", "3.5 * x"]:
    try:
        print("calculate", text, "=", calculator.value(text))
    except (SyntaxError, KeyError) as error:
        print("calculate", text, type(error).__name__, error)
print("scheduler", scheduler())
print("buffer", producers_and_consumers())
print("plan", plan())
