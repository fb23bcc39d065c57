"""Garbage collection pauses over a big, aged heap, as the threads of the program see them. The same file for every Python.

usage: gc_pauses.py CONTAINERS MUTATORS SECONDS [COLLECTIONS AT_MOST [AGE]]

1. build     a table of CONTAINERS live containers: lists, dicts and instances, each with at least three references to others
2. age       AGE (2) times the number of units, at random, are replaced by new ones: neighbours in memory have different ages
3. measure   MUTATORS threads allocate, link, drop cycles and replace live containers for SECONDS, and then on until COLLECTIONS have been
             completed, but no longer than AT_MOST seconds

The graph  A row of the table holds slots, [unit, slot, slot], which stay for ever. A unit refers to three slots anywhere and to itself. Nothing refers
           to a unit but its slot and the unit: replaced, it is a dead cycle that keeps only live slots alive. So the number of live containers is
           known exactly, and is checked with len(gc.get_objects()).
Gaps       Between two readings of a thread's own clock lies one step of OPERATIONS. What is longer than LONG is noted with its moment, the rest is
           counted in bins of 1024 ns.
Garbage    Every 64th step leaves two dead cycles with weak references, whose callbacks tell when they were reclaimed: one that was just made, and a
           unit of the table. Of all garbage four fifths are of the first sort and one fifth of the second, so they have weights of four and one. The
           share of the weights that is still there, times all dead containers, is the garbage outstanding.
Completed  A collection counts as completed when gc.callbacks (in PyPy gc.hooks) says that it has ended, whatever part of the heap it looked
           at: a young collection of CPython, too, has stopped the threads and proven what it freed. Those of the whole heap are counted
           apart: generation 2, PyPy's major collections, all of Stillpoint's.

Prints one JSON object a line. Needs sys, gc, time, threading and weakref only.
"""
import gc
import sys
import threading
import time
import weakref

OPERATIONS = 8  # in a step
GARBAGE_IN_STEP = 6.25  # containers in dead cycles: 5 that were just made, 1.25 of replaced units
GARBAGE_IN_WATCH = 2.5  # of what is watched
WEIGHT_NEW, WEIGHT_OLD = 4, 1
LONG = 102_400  # nanoseconds
BIN = 10  # bits
UNITS_IN_GROUP = 4
CONTAINERS_IN_GROUP = 9  # four slots; three units of one container and one of two
ROW = 1000  # slots in a row of the table
LOOK = 20_000_000  # nanoseconds between two looks at the garbage outstanding


class Node:
    def __init__(self, itself, x, y, z):
        self.itself = itself
        self.x = x
        self.y = y
        self.z = z


def make_unit(kind, x, y, z):
    if kind == 0:
        unit = [None, x, y, z]
        unit[0] = unit
    elif kind == 1:
        unit = {"x": x, "y": y, "z": z}
        unit["itself"] = unit
    elif kind == 2:
        unit = Node(None, x, y, z)
        unit.itself = unit
    else:
        unit = Node(None, x, y, z)
        unit.itself = [unit, x, y]
    return unit


def replace(rows, table, number):
    """Puts a new unit into a random slot of `rows`; it refers to slots anywhere. The old one is left as a cycle."""
    row = rows[(number >> 8) % len(rows)]
    place = (number >> 4) % len(row)
    other = table[(number >> 9) % len(table)]
    size = len(other)
    row[place][0] = make_unit(place & 3, other[(number >> 6) % size], other[(number >> 11) % size], row[(number >> 13) % len(row)])


def build(units):
    table = []
    for first in range(0, units, ROW):
        table.append([[None, None, None] for _ in range(first, min(first + ROW, units))])
    number = 1
    for row in table:
        for place in range(len(row)):
            number = (number * 1103515245 + 12345) & 0x7FFFFFFF
            other = table[(number >> 8) % len(table)]
            size = len(other)
            slot = row[place]
            slot[1] = other[(number >> 5) % size]
            slot[2] = other[(number >> 12) % size]
            slot[0] = make_unit(place & 3, other[(number >> 7) % size], other[(number >> 10) % size], row[(number >> 14) % len(row)])
    return table


def age(table, times):
    number = 2
    for _ in range(times):
        number = (number * 1103515245 + 12345) & 0x7FFFFFFF
        replace(table, table, number)


def work(rows, table, number):
    """One step: OPERATIONS operations. Returns the number to go on with."""
    for turn in range(OPERATIONS):
        number = (number * 1103515245 + 12345) & 0x7FFFFFFF
        if turn == 0 or turn == 4:
            # A cycle of two, dropped at once.
            first = {"number": number}
            second = [first]
            first["link"] = second
        elif turn == 1:
            replace(rows, table, number)
        elif turn == 2 or turn == 6:
            # An old container refers to another old one.
            row = rows[(number >> 8) % len(rows)]
            other = table[(number >> 9) % len(table)]
            row[(number >> 4) % len(row)][1 if turn == 2 else 2] = other[(number >> 6) % len(other)]
        elif turn == 3:
            # A cycle of one instance.
            node = Node(None, number, None, None)
            node.itself = node
        else:
            # Short-lived containers without a cycle.
            node = Node(None, number, [number, (number, turn)], None)
    return number


class Mutator:
    def __init__(self, table, index, mutators, limits):
        self.table = table
        self.rows = table[index::mutators]
        self.number = 12_345 + 7919 * index
        self.seconds, self.collections, self.at_most = limits
        self.alive = {}
        self.alive_old = {}
        self.error = ""

    def run(self):
        try:
            self.measure()
        except BaseException as error:
            self.error = type(error).__name__ + ": " + str(error)

    def watch(self, number):
        """Leaves two dead cycles whose ends are noticed: one that is made here, and a unit that is an instance."""
        node = Node(None, None, None, None)
        node.itself = node
        reference = weakref.ref(node, self.died)
        self.alive[id(reference)] = reference
        row = self.rows[(number >> 7) % len(self.rows)]
        place = (number >> 5) % len(row) | 2
        if place < len(row):
            slot = row[place]
            reference = weakref.ref(slot[0], self.old_died)
            self.alive_old[id(reference)] = reference
            slot[0] = make_unit(place & 3, slot, row[0], row[len(row) // 2])

    def died(self, reference):
        self.alive.pop(id(reference), None)

    def old_died(self, reference):
        self.alive_old.pop(id(reference), None)

    def measure(self):
        rows, table, number, clock = self.rows, self.table, self.number, time.monotonic_ns
        bins = [0] * (LONG >> BIN)
        gap_at, gap_length, look_at, look_alive = [], [], [], []
        steps = watched = 0
        now = began = clock()
        end = began + int(self.seconds * 1e9)
        last = began + int(self.at_most * 1e9)
        next_look = began + LOOK
        while True:
            number = work(rows, table, number)
            before = now
            now = clock()
            gap = now - before
            if gap < LONG:
                bins[gap >> BIN] += 1
            else:
                gap_at.append(before)
                gap_length.append(gap)
            steps += 1
            if not steps & 63:
                self.watch(number)
                watched += WEIGHT_NEW + WEIGHT_OLD
            if now >= next_look:
                look_at.append(now)
                look_alive.append(WEIGHT_NEW * len(self.alive) + WEIGHT_OLD * len(self.alive_old))
                next_look = now + LOOK
                if now >= end and (now >= last or watcher.completed >= self.collections):
                    break
        self.began, self.ended, self.steps, self.watched = began, now, steps, watched
        self.bins, self.gap_at, self.gap_length, self.look_at, self.look_alive = bins, gap_at, gap_length, look_at, look_alive

    def result(self):
        garbage = self.steps * GARBAGE_IN_STEP + self.watched * GARBAGE_IN_WATCH / (WEIGHT_NEW + WEIGHT_OLD)
        return ('{"mutator": {"began": %d, "ended": %d, "steps": %d, "binNanoseconds": %d, "bins": %s, "gapAt": %s, "gapLength": %s, '
                '"lookAt": %s, "lookAlive": %s, "watched": %d, "garbage": %d}}'
                % (self.began, self.ended, self.steps, 1 << BIN, self.bins, self.gap_at, self.gap_length, self.look_at, self.look_alive,
                   self.watched, garbage))


class Watcher:
    """Collections, and the spans between their starts and stops, as the runtime tells them."""

    def __init__(self):
        self.completed = self.full = self.collected = 0
        self.measuring = False
        self.begin = self.begin_cpu = 0
        self.at, self.wall, self.cpu, self.generation = [], [], [], []
        if hasattr(gc, "callbacks"):
            gc.callbacks.append(self.on_callback)
            self.full_generation = 2
        elif hasattr(gc, "hooks"):
            gc.hooks.on_gc_minor = self.on_minor
            gc.hooks.on_gc_collect = self.on_major

    def on_callback(self, phase, info):
        if not self.measuring:
            return
        if phase == "start":
            self.begin_cpu = time.thread_time_ns()
            self.begin = time.monotonic_ns()
            return
        self.completed += 1
        self.collected += info["collected"]
        self.full += info["generation"] == self.full_generation
        if self.begin:
            end = time.monotonic_ns()
            self.at.append(self.begin)
            self.wall.append(end - self.begin)
            self.cpu.append(max(0, time.thread_time_ns() - self.begin_cpu))
            self.generation.append(info["generation"])
            self.begin = 0

    def on_minor(self, stats):
        if self.measuring:
            self.completed += stats.count

    def on_major(self, stats):
        if self.measuring:
            self.completed += stats.count
            self.full += stats.count


watcher = Watcher()


def objects():
    """Tracked containers; -1 where gc.get_objects() gives all objects."""
    return -1 if sys.implementation.name == "pypy" else len(gc.get_objects())


def report(phase, began):
    print('{"phase": "%s", "nanoseconds": %d}' % (phase, time.monotonic_ns() - began), flush=True)


def main(arguments):
    if len(arguments) not in (3, 5, 6):
        print("usage: gc_pauses.py CONTAINERS MUTATORS SECONDS [COLLECTIONS AT_MOST [AGE]]", file=sys.stderr)
        return 2
    containers, mutators, seconds = int(arguments[0]), int(arguments[1]), float(arguments[2])
    collections, at_most = (int(arguments[3]), float(arguments[4])) if len(arguments) > 3 else (0, seconds)
    factor = float(arguments[5]) if len(arguments) > 5 else 2.0
    units = containers * UNITS_IN_GROUP // CONTAINERS_IN_GROUP
    if units < mutators * ROW or mutators < 1 or seconds <= 0 or factor < 0:
        print("gc_pauses.py: every mutator needs %d containers, and some time" % (ROW * CONTAINERS_IN_GROUP // UNITS_IN_GROUP + 1), file=sys.stderr)
        return 2

    gc.collect()
    before = objects()
    began = time.monotonic_ns()
    table = build(units)
    report("built", began)
    began = time.monotonic_ns()
    age(table, int(units * factor))
    gc.collect()
    report("aged", began)

    crew = [Mutator(table, index, mutators, (seconds, collections, at_most)) for index in range(mutators)]
    threads = [threading.Thread(target=mutator.run) for mutator in crew]
    watcher.measuring = True
    began = time.monotonic_ns()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ended = time.monotonic_ns()
    watcher.measuring = False
    report("measured", began)
    for mutator in crew:
        if mutator.error:
            print("gc_pauses.py: a mutator failed: " + mutator.error, file=sys.stderr)
            return 1
    for mutator in crew:
        print(mutator.result())
    watched = sum(mutator.watched for mutator in crew)
    reclaimed = watched - sum(mutator.look_alive[-1] for mutator in crew)
    for mutator in crew:
        del mutator.bins, mutator.gap_at, mutator.gap_length, mutator.look_at, mutator.look_alive, mutator.rows
    live = objects() - before
    # What finalizing leaves takes a second round.
    gc.collect()
    gc.collect()
    kept = objects() - before
    print('{"pauses": {"at": %s, "wall": %s, "cpu": %s, "generation": %s}}'
          % (watcher.at, watcher.wall, watcher.cpu, watcher.generation))
    print('{"began": %d, "ended": %d, "operations": %d, "completed": %d, "full": %d, "collected": %d, "watched": %d, "reclaimed": %d, '
          '"table": %d, "live": %d, "kept": %d}'
          % (began, ended, sum(mutator.steps for mutator in crew) * OPERATIONS, watcher.completed, watcher.full, watcher.collected,
             watched, reclaimed, containers, live, kept), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
