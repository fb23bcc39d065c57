"""Programs: a ray tracer, a puzzle of hexagons, planets, a simulated system, constraints, and pipelines of threads."""
import math
import queue
import threading


# A ray tracer: vectors with operators, objects with methods, text out.

class Vector:
    __slots__ = ('x', 'y', 'z')

    def __init__(self, x, y, z):
        self.x, self.y, self.z = x, y, z

    def __add__(self, other):
        return Vector(self.x + other.x, self.y + other.y, self.z + other.z)

    def __sub__(self, other):
        return Vector(self.x - other.x, self.y - other.y, self.z - other.z)

    def __mul__(self, factor):
        return Vector(self.x * factor, self.y * factor, self.z * factor)

    __rmul__ = __mul__

    def __neg__(self):
        return -1.0 * self

    def __matmul__(self, other):
        return self.x * other.x + self.y * other.y + self.z * other.z

    def unit(self):
        return self * (1.0 / math.sqrt(self @ self))

    def __repr__(self):
        return f'Vector({self.x:.3f}, {self.y:.3f}, {self.z:.3f})'


class Ray:
    def __init__(self, origin, direction):
        self.origin = origin
        self.direction = direction.unit()

    def at(self, distance):
        return self.origin + self.direction * distance


class Sphere:
    def __init__(self, centre, radius, shade, mirror=0.0):
        self.centre, self.radius, self.shade, self.mirror = centre, radius, shade, mirror

    def hit(self, ray):
        offset = ray.origin - self.centre
        half = offset @ ray.direction
        root = half * half - (offset @ offset - self.radius ** 2)
        if root < 0:
            return None
        distance = -half - math.sqrt(root)
        return distance if distance > 1e-6 else None

    def normal(self, point):
        return (point - self.centre).unit()


class Floor(Sphere):
    def __init__(self, height):
        super().__init__(Vector(0, height, 0), 0, 0.5)
        self.height = height

    def hit(self, ray):
        if abs(ray.direction.y) < 1e-9:
            return None
        distance = (self.height - ray.origin.y) / ray.direction.y
        return distance if distance > 1e-6 else None

    def normal(self, point):
        self.shade = 0.9 if (math.floor(point.x) + math.floor(point.z)) % 2 else 0.2
        return Vector(0, 1, 0)


class Scene:
    light = Vector(5, 10, -5)

    def __init__(self, things):
        self.things = things

    def nearest(self, ray):
        hits = [(distance, index) for index, thing in enumerate(self.things) if (distance := thing.hit(ray)) is not None]
        return min(hits, default=None)

    def shade(self, ray, depth=0):
        found = self.nearest(ray)
        if found is None:
            return max(0.0, 0.3 * ray.direction.y)
        distance, index = found
        thing = self.things[index]
        point = ray.at(distance)
        normal = thing.normal(point)
        towards = (self.light - point).unit()
        lit = 0.0 if self.nearest(Ray(point + normal * 1e-4, towards)) else max(0.0, normal @ towards)
        own = thing.shade * (0.15 + 0.85 * lit)
        if thing.mirror and depth < 3:
            reflected = ray.direction - 2 * (normal @ ray.direction) * normal
            own = own * (1 - thing.mirror) + thing.mirror * self.shade(Ray(point + normal * 1e-4, reflected), depth + 1)
        return own

    def render(self, width, height):
        for row in range(height):
            line = ''
            for column in range(width):
                ray = Ray(Vector(0, 1, -6), Vector((column - width / 2) / width * 2, (height / 2 - row) / height, 2))
                line += ' .:-=+*#%@'[min(9, int(self.shade(ray) * 10))]
            yield line.rstrip()


def trace():
    scene = Scene([Sphere(Vector(-1.2, 1, 0), 1, 0.9), Sphere(Vector(1.2, 1, 0.5), 1, 0.7, mirror=0.6), Floor(0)])
    for line in scene.render(48, 16):
        print('|' + line)


# Hexagons: numbered tiles on a board of six directions; each number says how many tiles touch it.

DIRECTIONS = ((1, 0), (0, 1), (-1, 1), (-1, 0), (0, -1), (1, -1))


class Hexagons:
    def __init__(self, radius, tiles):
        self.cells = [(q, r) for q in range(-radius, radius + 1) for r in range(-radius, radius + 1) if abs(q + r) <= radius]
        self.index = {cell: at for at, cell in enumerate(self.cells)}
        self.neighbours = [
            [self.index[q + dq, r + dr] for dq, dr in DIRECTIONS if (q + dq, r + dr) in self.index] for q, r in self.cells]
        self.left = dict(tiles)
        self.board = [None] * len(self.cells)
        self.steps = 0

    def possible(self, at):
        """Whether what lies around a cell that was filled can still come out right."""
        for cell in [at, *self.neighbours[at]]:
            number = self.board[cell]
            if not number:
                continue
            around = [self.board[other] for other in self.neighbours[cell]]
            tiles = sum(1 for other in around if other)
            if tiles > number or tiles + around.count(None) < number:
                return False
        return True

    def solve(self, at=0):
        self.steps += 1
        if at == len(self.cells):
            return True
        for number in sorted(self.left, reverse=True):
            if not self.left[number]:
                continue
            self.left[number] -= 1
            self.board[at] = number
            if self.possible(at) and self.solve(at + 1):
                return True
            self.board[at] = None
            self.left[number] += 1
        return False

    def __str__(self):
        rows = {}
        for (q, r), number in zip(self.cells, self.board):
            rows.setdefault(r, []).append('.' if not number else str(number))
        return '\n'.join(' ' * abs(r) + ' '.join(rows[r]) for r in sorted(rows))


def hexagons():
    for radius, tiles in ((1, {3: 6, 6: 1, 0: 0}), (2, {1: 2, 2: 2, 3: 3, 0: 12}), (2, {2: 3, 3: 3, 4: 2, 5: 1, 0: 10})):
        puzzle = Hexagons(radius, tiles)
        print(puzzle.solve(), puzzle.steps)
        print(puzzle)


# Planets, with an invariant: the energy hardly changes.

def planets(steps):
    bodies = [([0.0, 0.0, 0.0], [0.0, 0.0, 0.0], 39.47841760435743)]
    for number in range(1, 5):
        angle = number * 1.3
        bodies.append(([5.0 * number * math.cos(angle), 5.0 * number * math.sin(angle), 0.1 * number],
                       [-2.8 / math.sqrt(number) * math.sin(angle), 2.8 / math.sqrt(number) * math.cos(angle), 0.0], 0.01 / number))

    def energy():
        total = 0.0
        for at, (place, speed, mass) in enumerate(bodies):
            total += 0.5 * mass * sum(part * part for part in speed)
            for other, _, weight in bodies[at + 1:]:
                total -= mass * weight / math.dist(place, other)
        return total
    before = energy()
    for _ in range(steps):
        for at, (place, speed, mass) in enumerate(bodies):
            for other, pull, weight in bodies[at + 1:]:
                away = [a - b for a, b in zip(place, other)]
                factor = 0.001 / sum(part * part for part in away) ** 1.5
                for axis in range(3):
                    speed[axis] -= away[axis] * weight * factor
                    pull[axis] += away[axis] * mass * factor
        for place, speed, _ in bodies:
            for axis in range(3):
                place[axis] += 0.001 * speed[axis]
    print('%.9f %.9f %s' % (before, energy(), abs(before - energy()) < 1e-6))


# Tasks that send each other packets, scheduled by priority.

class Task:
    def __init__(self, system, name, priority):
        self.system, self.name, self.priority = system, name, priority
        self.box = []
        self.handled = 0
        system.tasks[name] = self

    def run(self):
        kind, value = self.box.pop(0)
        self.handled += 1
        getattr(self, 'on_' + kind, self.unknown)(value)

    def unknown(self, value):
        raise LookupError(f'{self.name} got {value!r}')


class Worker(Task):
    def on_work(self, value):
        self.system.send('disk' if value % 2 else 'net', 'job', value)

    def on_done(self, value):
        self.system.log.append(value)


class Device(Task):
    factor = 1

    def on_job(self, value):
        self.system.send('worker', 'done', value * self.factor)


class Net(Device):
    factor = 10


class System:
    def __init__(self):
        self.tasks, self.log, self.order = {}, [], []

    def send(self, name, kind, value):
        self.tasks[name].box.append((kind, value))

    def run(self):
        while ready := [task for task in self.tasks.values() if task.box]:
            task = max(ready, key=lambda task: (task.priority, task.name))
            self.order.append(task.name[0])
            task.run()


def tasks():
    system = System()
    Worker(system, 'worker', 5), Device(system, 'disk', 9), Net(system, 'net', 1)
    for number in range(12):
        system.send('worker', 'work', number)
    system.run()
    print(system.log, ''.join(system.order), {name: task.handled for name, task in system.tasks.items()})
    system.send('disk', 'nothing', 1)
    try:
        system.run()
    except LookupError as error:
        print(error)


# Threads, each with a part of the work; what they make is put in order before it is printed.

def pipeline():
    source, middle, end = queue.Queue(4), queue.Queue(4), queue.PriorityQueue()

    def stage(take, give, work):
        while (item := take.get()) is not None:
            give.put(work(item))
            take.task_done()
        take.put(None)
        take.task_done()
    workers = [threading.Thread(target=stage, args=(source, middle, lambda n: (n, n * n))) for _ in range(3)]
    workers += [threading.Thread(target=stage, args=(middle, end, lambda pair: (-pair[1], str(pair[0])))) for _ in range(2)]
    for worker in workers:
        worker.start()
    for number in range(60):
        source.put(number)
    source.put(None)
    for worker in workers[:3]:
        worker.join()
    middle.put(None)
    for worker in workers[3:]:
        worker.join()
    print(end.qsize(), [end.get() for _ in range(3)], sorted(int(name) for _, name in end.queue)[:5])


def bank():
    class Account:
        def __init__(self, money):
            self.money, self.lock = money, threading.Lock()
    accounts = [Account(100) for _ in range(5)]
    refused = []

    def transfer(seed):
        for step in range(200):
            seed = (seed * 1103515245 + 12345) % 2 ** 31
            first, second = seed % 5, seed // 5 % 5
            if first == second:
                continue
            low, high = sorted((first, second))
            with accounts[low].lock, accounts[high].lock:
                if accounts[first].money < 10:
                    refused.append(step)
                    continue
                accounts[first].money -= 10
                accounts[second].money += 10
    threads = [threading.Thread(target=transfer, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(sum(account.money for account in accounts), min(account.money for account in accounts) >= 0)


def meeting():
    barrier = threading.Barrier(4, action=lambda: rounds.append(len(rounds)))
    rounds, seen, lock = [], [], threading.RLock()
    gate, permits, own = threading.Event(), threading.BoundedSemaphore(2), threading.local()
    inside = most = 0

    def work(number):
        nonlocal inside, most
        own.number = number
        gate.wait()
        for _ in range(5):
            with permits:
                with lock, lock:
                    inside += 1
                    most = max(most, inside)
                with lock:
                    inside -= 1
            barrier.wait()
        with lock:
            seen.append(own.number)
    threads = [threading.Thread(target=work, args=(n,), name=f'worker-{n}') for n in range(4)]
    for thread in threads:
        thread.start()
    gate.set()
    for thread in threads:
        thread.join()
    print(rounds, sorted(seen), 1 <= most <= 2, hasattr(own, 'number'), [t.is_alive() for t in threads])
    condition, shared = threading.Condition(), []

    def taker():
        with condition:
            condition.wait_for(lambda: shared and shared[-1] == 9)
            taken.append(list(shared))
    taken = []
    takers = [threading.Thread(target=taker) for _ in range(3)]
    for thread in takers:
        thread.start()
    for number in range(10):
        with condition:
            shared.append(number)
            condition.notify_all()
    for thread in takers:
        thread.join()
    print(taken[0], len(taken), taken[0] == taken[1] == taken[2])


if __name__ == '__main__':
    trace()
    hexagons()
    planets(300)
    tasks()
    pipeline()
    bank()
    meeting()
