# Small single-threaded workloads; prints one line for each: name and seconds, the best of some repetitions.
# Runs unchanged on every Python: single_thread.py [repetitions] [name ...]
import sys
import time


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def recursion():
    fib(24)


def int_loop():
    total = 0
    for i in range(300000):
        total += i & 7
        if i % 3 == 0:
            total -= 1
    return total


def while_loop():
    i = 0
    while i < 300000:
        i += 1
    return i


class Counter:
    def __init__(self):
        self.x = 0

    def step(self):
        self.x += 1

    def add(self, amount):
        self.x += amount
        return self


def attribute_update():
    counter = Counter()
    step = counter.step
    for _ in range(100000):
        step()


def attribute_read():
    counter = Counter()
    counter.x = 3
    total = 0
    for _ in range(200000):
        total += counter.x
    return total


def method_call():
    counter = Counter()
    for i in range(100000):
        counter.add(i)


def create_instances():
    for _ in range(50000):
        Counter()


def list_append():
    items = []
    for i in range(200000):
        items.append(i)
    return len(items)


def list_index():
    items = list(range(100))
    total = 0
    for _ in range(2000):
        for i in range(100):
            total += items[i]
            items[i] = i
    return total


def dict_get_set():
    table = {}
    for i in range(100000):
        table[i & 255] = i
    total = 0
    for i in range(100000):
        total += table[i & 255]
    return total


def dict_strings():
    names = ["alpha", "beta", "gamma", "delta"]
    counts = {}
    for _ in range(25000):
        for name in names:
            counts[name] = counts.get(name, 0) + 1
    return counts


class Body:
    def __init__(self, x, y, vx, vy, mass):
        self.x = x
        self.y = y
        self.vx = vx
        self.vy = vy
        self.mass = mass


def floats():
    bodies = [Body(i * 1.5, i * 0.5 + 1.0, 0.0, 0.1 * i, 1.0 + i) for i in range(4)]
    pairs = [(a, b) for i, a in enumerate(bodies) for b in bodies[i + 1 :]]
    for _ in range(5000):
        for a, b in pairs:
            dx = a.x - b.x
            dy = a.y - b.y
            distance = (dx * dx + dy * dy) ** 0.5 + 0.01
            force = 0.001 / (distance * distance * distance)
            a.vx -= dx * b.mass * force
            a.vy -= dy * b.mass * force
            b.vx += dx * a.mass * force
            b.vy += dy * a.mass * force
        for body in bodies:
            body.x += 0.001 * body.vx
            body.y += 0.001 * body.vy


def mandelbrot():
    count = 0
    for row in range(40):
        for column in range(40):
            cr = column / 20.0 - 1.5
            ci = row / 20.0 - 1.0
            zr = zi = 0.0
            for _ in range(50):
                zr, zi = zr * zr - zi * zi + cr, 2.0 * zr * zi + ci
                if zr * zr + zi * zi > 4.0:
                    count += 1
                    break
    return count


def string_building():
    parts = []
    for i in range(30000):
        parts.append("item " + str(i))
        parts.append(f"{i}:{i + 1};")
    return len("".join(parts))


def string_append():
    text = ""
    for _ in range(30000):
        text += "ab"
    return len(text)


def numbers(count):
    for i in range(count):
        yield i


def generator():
    total = 0
    for value in numbers(150000):
        total += value
    return total


def generator_expression():
    return sum(i * 2 for i in range(150000))


def closure():
    offset = 3
    total = 0

    def add(value):
        nonlocal total
        total += value + offset

    for i in range(100000):
        add(i)
    return total


def make_closures():
    for i in range(50000):
        (lambda: i)()


def comprehension():
    for _ in range(20):
        squares = [i * i for i in range(5000)]
        even = {i: i for i in squares if i % 2 == 0}
    return len(even)


def exceptions():
    caught = 0
    for i in range(60000):
        try:
            if i % 4 == 0:
                raise ValueError(i)
        except ValueError:
            caught += 1
    return caught


def try_only():
    total = 0
    for i in range(200000):
        try:
            total += i
        finally:
            total -= 1
    return total


def keyword_target(a, b=2, *, c=3):
    return a + b + c


def keyword_calls():
    total = 0
    for i in range(60000):
        total += keyword_target(i, c=1) + keyword_target(i, b=4)
    return total


def default_target(a, b=2, c=3):
    return a + b + c


def default_calls():
    total = 0
    for i in range(100000):
        total += default_target(i)
    return total


def variadic_target(*values, **names):
    return len(values)


def variadic_calls():
    total = 0
    arguments = (1, 2, 3)
    for _ in range(50000):
        total += variadic_target(1, 2, x=3) + variadic_target(*arguments)
    return total


def builtin_calls():
    total = 0
    text = "hello"
    for i in range(100000):
        total += len(text) + abs(i) + min(i, 3)
        if isinstance(i, int):
            total += 1
    return total


def tuples():
    total = 0
    for i in range(100000):
        pair = (i, total & 255)
        a, b = pair
        total += a - b
    return total


def sort_items():
    items = [(i * 7919) % 10007 for i in range(20000)]
    items.sort()
    return sorted(items, key=lambda value: -value)[0]


class Animal:
    def __init__(self, name):
        self.name = name

    def speak(self):
        return self.name


class Dog(Animal):
    def __init__(self, name):
        super().__init__(name)

    @property
    def size(self):
        return 3


def inheritance():
    total = 0
    for _ in range(25000):
        dog = Dog("rex")
        total += len(dog.speak()) + dog.size
    return total


workloads = [
    recursion, int_loop, while_loop, attribute_update, attribute_read, method_call, create_instances, list_append,
    list_index, dict_get_set, dict_strings, floats, mandelbrot, string_building, string_append, generator,
    generator_expression, closure, make_closures, comprehension, exceptions, try_only, keyword_calls, default_calls,
    variadic_calls, builtin_calls, tuples, sort_items, inheritance,
]


def main():
    arguments = sys.argv[1:]
    repetitions = int(arguments[0]) if arguments else 5
    wanted = arguments[1:]
    for workload in workloads:
        name = workload.__name__
        if wanted and name not in wanted:
            continue
        best = None
        for _ in range(repetitions):
            begin = time.perf_counter()
            workload()
            seconds = time.perf_counter() - begin
            if best is None or seconds < best:
                best = seconds
        print(f"{name} {best:.6f}")


main()
