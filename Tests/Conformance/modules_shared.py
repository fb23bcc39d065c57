# Native containers shared by threads: nothing is lost, nothing comes twice.
import _random
import threading
from collections import Counter, defaultdict, deque


def run(count, work):
    failures = []

    def body(number):
        try:
            work(number)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=body, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


# What is pushed at one end comes out at the other, once.
shared = deque()
taken = [[] for _ in range(8)]


def push_and_pop(number):
    mine = taken[number]
    for i in range(3000):
        shared.append((number, i))
        if i % 7 == 0:
            shared.appendleft((number, i + 100000))
        try:
            mine.append(shared.popleft() if i % 2 else shared.pop())
        except IndexError:
            pass


print(run(8, push_and_pop))
everything = [item for part in taken for item in part] + list(shared)
print(len(everything), len(set(everything)))

# Rotations and reversals keep the items.
ring = deque(range(100))


def turn(number):
    for i in range(2000):
        if number % 4 == 0:
            ring.rotate(i % 13 - 6)
        elif number % 4 == 1:
            ring.reverse()
        elif number % 4 == 2:
            ring.append(ring.popleft())
        else:
            list(ring.copy())
            len(ring), ring[0], 50 in deque(ring)


print(run(8, turn), sorted(ring) == list(range(100)))

# A bounded deque never grows over its limit.
bounded = deque(maxlen=10)
over = []


def fill(number):
    for i in range(3000):
        (bounded.append if number % 2 else bounded.appendleft)(i)
        if len(bounded) > 10:
            over.append(len(bounded))


print(run(8, fill), over, len(bounded))

# An iterator notices changes.
moving = deque(range(50))
kinds = set()


def iterate(number):
    for i in range(300):
        if number == 0:
            moving.append(moving.popleft())
            continue
        try:
            for item in moving:
                pass
            kinds.add('done')
        except RuntimeError as error:
            kinds.add(str(error))


print(run(4, iterate), kinds <= {'done', 'deque mutated during iteration'})

# All threads get the list that was stored first.
groups = defaultdict(list)


def group(number):
    for i in range(2000):
        groups[i % 50].append((number, i))


print(run(8, group), len(groups), sum(len(items) for items in groups.values()))

# Each call gets numbers of its own.
generator = _random.Random(7)
drawn = [[] for _ in range(4)]


def draw(number):
    for i in range(2000):
        drawn[number].append(generator.random())


print(run(4, draw))
reference = _random.Random(7)
print(Counter(x for part in drawn for x in part) == Counter(reference.random() for _ in range(8000)))
