"""The ten kernels of `still bench lang`: kernels.py NAME SECONDS.

Repeats one kernel for about so many seconds, after a run that does not count, and prints one line: NAME SECONDS-OF-THE-BEST RUNS CHECK.
Runs unchanged on every Python. The check must be the same everywhere."""
import sys
import time


# Calls: recursive Fibonacci numbers.

def _fib(n):
    return n if n < 2 else _fib(n - 1) + _fib(n - 2)


def fib():
    return _fib(27)


# Floats in attributes of lists: planets.

_SOLAR = 4 * 3.141592653589793 ** 2
_DAYS = 365.24


def _bodies():
    rows = [
        (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0),
        (4.84143144246472090, -1.16032004402742839, -0.103622044471123109, 0.00166007664274403694, 0.00769901118419740425,
         -0.0000690460016972063023, 0.000954791938424326609),
        (8.34336671824457987, 4.12479856412430479, -0.403523417114321381, -0.00276742510726411120, 0.00499852801234917238,
         0.0000230417297573763929, 0.000285885980666130812),
        (12.8943695621391310, -15.1111514016986312, -0.223307578892655734, 0.00296460137564761618, 0.00237847173959480950,
         -0.0000296589568540237556, 0.0000436624404335156298),
        (15.3796971148509165, -25.9193146099879641, 0.179258772950371181, 0.00268067772490389322, 0.00162824170038242295,
         -0.0000951592254519715870, 0.0000515138902046611451),
    ]
    return [[[x, y, z], [vx * _DAYS, vy * _DAYS, vz * _DAYS], m * _SOLAR] for x, y, z, vx, vy, vz, m in rows]


def nbody():
    bodies = _bodies()
    pairs = [(bodies[i], bodies[j]) for i in range(5) for j in range(i + 1, 5)]
    momentum = [0.0, 0.0, 0.0]
    for _, v, m in bodies:
        for axis in range(3):
            momentum[axis] -= v[axis] * m
    bodies[0][1] = [p / bodies[0][2] for p in momentum]
    for _ in range(8000):
        for (p1, v1, m1), (p2, v2, m2) in pairs:
            dx = p1[0] - p2[0]
            dy = p1[1] - p2[1]
            dz = p1[2] - p2[2]
            square = dx * dx + dy * dy + dz * dz
            factor = 0.01 / (square * square ** 0.5)
            a = m1 * factor
            b = m2 * factor
            v1[0] -= dx * b
            v1[1] -= dy * b
            v1[2] -= dz * b
            v2[0] += dx * a
            v2[1] += dy * a
            v2[2] += dz * a
        for p, (vx, vy, vz), _ in bodies:
            p[0] += 0.01 * vx
            p[1] += 0.01 * vy
            p[2] += 0.01 * vz
    return '%.9f' % sum(m * (v[0] ** 2 + v[1] ** 2 + v[2] ** 2) for _, v, m in bodies)


# Objects that call each other: a simulated operating system in the manner of richards.

class _Packet:
    def __init__(self, following, target, kind):
        self.following = following
        self.target = target
        self.kind = kind
        self.datum = 0
        self.data = [0, 0, 0, 0]

    def appended_to(self, queue):
        self.following = None
        if queue is None:
            return self
        last = queue
        while last.following is not None:
            last = last.following
        last.following = self
        return queue


class _Task:
    def __init__(self, system, ident, priority, queue):
        self.system = system
        self.ident = ident
        self.priority = priority
        self.queue = queue
        self.waiting = queue is None
        self.held = False
        system.tasks[ident] = self
        system.order.append(self)

    def is_ready(self):
        return not self.held and not (self.waiting and self.queue is None)

    def take(self):
        packet = self.queue
        if packet is not None:
            self.queue = packet.following
            packet.following = None
        self.waiting = False
        return packet

    def wait(self):
        self.waiting = True

    def hold(self):
        self.system.holds += 1
        self.held = True

    def send(self, packet):
        target = self.system.tasks[packet.target]
        self.system.packets += 1
        packet.target = self.ident
        target.queue = packet.appended_to(target.queue)
        target.waiting = False


class _Idle(_Task):
    def __init__(self, system, ident, count):
        _Task.__init__(self, system, ident, 0, None)
        self.waiting = False
        self.control = 1
        self.count = count

    def step(self, packet):
        self.count -= 1
        if self.count == 0:
            self.hold()
        elif self.control & 1 == 0:
            self.control //= 2
            self.system.release(4)
        else:
            self.control = self.control // 2 ^ 0xd008
            self.system.release(5)


class _Worker(_Task):
    def __init__(self, system, ident, priority, queue):
        _Task.__init__(self, system, ident, priority, queue)
        self.destination = 2
        self.letter = 0

    def step(self, packet):
        if packet is None:
            self.wait()
            return
        self.destination = 3 if self.destination == 2 else 2
        packet.target = self.destination
        packet.datum = 0
        for at in range(4):
            self.letter = self.letter % 26 + 1
            packet.data[at] = self.letter + 64
        self.send(packet)


class _Handler(_Task):
    def __init__(self, system, ident, priority, queue):
        _Task.__init__(self, system, ident, priority, queue)
        self.work = None
        self.devices = None

    def step(self, packet):
        if packet is not None:
            if packet.kind == 'work':
                self.work = packet.appended_to(self.work)
            else:
                self.devices = packet.appended_to(self.devices)
        work = self.work
        if work is None:
            self.wait()
            return
        if work.datum >= 4:
            self.work = work.following
            self.send(work)
            return
        device = self.devices
        if device is None:
            self.wait()
            return
        self.devices = device.following
        device.datum = work.data[work.datum]
        work.datum += 1
        self.send(device)


class _Device(_Task):
    def __init__(self, system, ident, priority):
        _Task.__init__(self, system, ident, priority, None)
        self.pending = None

    def step(self, packet):
        if packet is None:
            if self.pending is None:
                self.wait()
            else:
                pending = self.pending
                self.pending = None
                self.send(pending)
        else:
            self.pending = packet
            self.hold()


class _System:
    def __init__(self):
        self.tasks = [None] * 6
        self.order = []
        self.packets = 0
        self.holds = 0

    def release(self, ident):
        self.tasks[ident].held = False

    def run(self):
        while True:
            for task in self.order:
                if task.is_ready():
                    task.step(task.take())
                    break
            else:
                return


def richards():
    system = _System()
    work = _Packet(_Packet(None, 1, 'work'), 1, 'work')
    _Worker(system, 1, 1000, work)
    for ident, device in ((2, 4), (3, 5)):
        queue = None
        for _ in range(3):
            queue = _Packet(queue, device, 'device')
        _Handler(system, ident, 2000, queue)
    _Device(system, 4, 4000)
    _Device(system, 5, 5000)
    _Idle(system, 0, 4000)
    system.run()
    return (system.packets, system.holds)


# One-way constraints between variables, in the manner of deltablue: many small classes and virtual calls.

class _Variable:
    def __init__(self, value):
        self.value = value
        self.constraints = []
        self.determined_by = None
        self.mark = 0


class _Constraint:
    def __init__(self, strength):
        self.strength = strength

    def is_satisfied(self, mark):
        return all(v.mark == mark or v.determined_by is None for v in self.inputs())


class _Equal(_Constraint):
    def __init__(self, source, target, strength):
        _Constraint.__init__(self, strength)
        self.source, self.target = source, target
        source.constraints.append(self)

    def inputs(self):
        return [self.source]

    def execute(self):
        self.target.value = self.source.value


class _Scale(_Equal):
    def __init__(self, source, scale, offset, target, strength):
        _Equal.__init__(self, source, target, strength)
        self.scale, self.offset = scale, offset
        scale.constraints.append(self)
        offset.constraints.append(self)

    def inputs(self):
        return [self.source, self.scale, self.offset]

    def execute(self):
        self.target.value = self.source.value * self.scale.value + self.offset.value


class _Planner:
    def __init__(self):
        self.mark = 0

    def plan(self, start):
        self.mark += 1
        mark = self.mark
        start.mark = mark
        ready = list(start.constraints)
        chosen = []
        while ready:
            constraint = ready.pop()
            target = constraint.target
            if target.mark == mark or not constraint.is_satisfied(mark):
                continue
            target.mark = mark
            target.determined_by = constraint
            chosen.append(constraint)
            ready.extend(target.constraints)
        return chosen


def deltablue():
    planner = _Planner()
    chain = [_Variable(0) for _ in range(400)]
    for first, second in zip(chain, chain[1:]):
        _Equal(first, second, 'required')
    total = 0
    for value in range(40):
        chain[0].value = value
        for constraint in planner.plan(chain[0]):
            constraint.execute()
        total += chain[-1].value
    scale, offset = _Variable(10), _Variable(1000)
    sources = [_Variable(number) for number in range(400)]
    targets = [_Variable(0) for _ in range(400)]
    for source, target in zip(sources, targets):
        _Scale(source, scale, offset, target, 'required')
    for changed in (scale, offset) * 8:
        changed.value += 1
        for constraint in planner.plan(changed):
            constraint.execute()
        total += targets[-1].value
    return total


# Containers.

def dicts():
    counts = {}
    for number in range(60000):
        key = number * 7919 % 4093
        counts[key] = counts.get(key, 0) + number
    names = {}
    for number in range(30000):
        name = 'key%d' % (number % 997)
        if name in names:
            names[name] += 1
        else:
            names[name] = 1
    merged = {}
    for _ in range(20):
        merged.update(counts)
        merged = {key: value for key, value in merged.items() if value & 1}
    for key in list(names):
        del names[key]
    return len(counts), sum(merged.values()), len(names)


def strings():
    words = []
    for number in range(20000):
        words.append('w' + str(number % 777))
    text = ' '.join(words)
    total = 0
    for word in text.split(' '):
        if word.startswith('w7') and word.endswith('7'):
            total += len(word.upper().replace('W', 'vv'))
    lines = []
    for number in range(8000):
        lines.append('%5d: %s %s' % (number, words[number][::-1], f'{number:x}'))
    text = '\n'.join(lines)
    built = ''
    for c in text[:20000]:
        if c != ' ':
            built += c
    return total, len(text), built.count('7'), text.find('7999')


def lists():
    total = 0
    for step in range(1, 30):
        items = []
        for number in range(3000):
            items.append(number * step % 1009)
        items.sort()
        total += items[1500]
        items.reverse()
        squares = [item * item for item in items if item & 1]
        total += sum(squares[::7])
        while len(items) > 2000:
            items.pop()
        items.insert(0, step)
        total += items.index(step)
        grid = [[0] * 10 for _ in range(30)]
        for row in grid:
            for column in range(10):
                row[column] += column * step
        total += grid[29][9]
    return total


# Allocation: trees that live and die.

class _Node:
    __slots__ = ('left', 'right')

    def __init__(self, left, right):
        self.left = left
        self.right = right


def _tree(depth):
    return _Node(None, None) if depth == 0 else _Node(_tree(depth - 1), _tree(depth - 1))


def _check(node):
    return 1 if node.left is None else 1 + _check(node.left) + _check(node.right)


def trees():
    kept = _tree(12)
    total = 0
    for depth in range(4, 12, 2):
        for _ in range(1 << 12 - depth):
            total += _check(_tree(depth))
    return total + _check(kept)


# Generators and closures.

def _numbers(count):
    for number in range(count):
        yield number


def _filtered(source, keep):
    for item in source:
        if keep(item):
            yield item


def _nested(depth):
    if depth:
        yield from _nested(depth - 1)
    yield depth


def _adder(amount):
    total = 0

    def add(number):
        nonlocal total
        total += number * amount
        return total
    return add


def generators():
    add = _adder(3)
    for item in _filtered(_filtered(_numbers(60000), lambda n: n % 3), lambda n: n & 1):
        add(item)
    total = sum(n * n for n in _numbers(40000) if n & 2)
    for _ in range(300):
        total += sum(_nested(20))
    makers = [lambda x, n=n: x + n for n in range(50)]
    for _ in range(300):
        for make in makers:
            total += make(1)
    return add(0), total


# Exceptions.

class _Problem(Exception):
    def __init__(self, code):
        Exception.__init__(self, code)
        self.code = code


def _risky(number):
    if number % 3 == 0:
        raise ValueError(number)
    if number % 5 == 0:
        raise _Problem(number)
    return number


def _deep(depth, number):
    if depth == 0:
        return _risky(number)
    try:
        return _deep(depth - 1, number)
    finally:
        pass


def exceptions():
    total = 0
    for number in range(25000):
        try:
            total += _risky(number)
        except ValueError:
            total += 1
        except _Problem as problem:
            total += problem.code & 7
    for number in range(3000):
        try:
            total += _deep(6, number)
        except (ValueError, _Problem):
            total -= 1
        try:
            {}[number]
        except KeyError as error:
            total += error.args[0] & 1
    return total


KERNELS = {f.__name__: f for f in (fib, nbody, richards, deltablue, dicts, strings, lists, trees, generators, exceptions)}


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in KERNELS:
        sys.exit('kernels.py NAME SECONDS, names: ' + ' '.join(KERNELS))
    kernel = KERNELS[sys.argv[1]]
    limit = float(sys.argv[2])
    check = kernel()
    best = float('inf')
    runs = 0
    begin = time.perf_counter()
    while runs < 3 or time.perf_counter() - begin < limit:
        start = time.perf_counter()
        again = kernel()
        best = min(best, time.perf_counter() - start)
        runs += 1
        if again != check:
            sys.exit('%s: %r, then %r' % (sys.argv[1], check, again))
    print(sys.argv[1], '%.9f' % best, runs, str(check).replace(' ', ''))


main()
