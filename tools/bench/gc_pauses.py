"""Garbage collection pauses over a big, aged heap. The same program for every runtime.

usage: gc_pauses.py CONTAINERS MUTATORS SECONDS [AGE]

1. build     a table of CONTAINERS live containers: lists, dicts, tuples and instances that refer to each other
2. age       AGE * CONTAINERS of them, at random, are replaced by new ones: neighbours in memory have different ages
3. measure   MUTATORS threads allocate, link, drop cycles and replace live containers for SECONDS

Prints one JSON object a line: {"phase": ...} when a phase has ended, {"pauses": ...}: what gc.callbacks saw while measuring, and the
result. Needs sys, gc, time and threading only.

The graph stays bounded: every live unit has one outgoing link, and a unit that leaves the table loses its own. So a dropped unit
keeps nothing alive, and at most one dropped unit hangs on each link.
"""
import gc
import sys
import threading
import time

OPERATIONS = 64  # in a step: between two readings of the clocks
UNITS_IN_GROUP = 4
CONTAINERS_IN_GROUP = 5
ROW = 1000  # units in a row of the table
LONG_STEP = 5_000_000  # nanoseconds of processor time


class Node:
    def __init__(self, number, link):
        self.number = number
        self.link = link


def make_unit(number, link):
    """One live unit, of the kind that the number says; a tuple counts for two containers."""
    kind = number & 3
    if kind == 0:
        return [number, link]
    if kind == 1:
        return {"number": number, "link": link}
    if kind == 2:
        return (number, [link])
    return Node(number, link)


def set_link(unit, link):
    kind = type(unit)
    if kind is list:
        unit[1] = link
    elif kind is dict:
        unit["link"] = link
    elif kind is tuple:
        unit[1][0] = link
    else:
        unit.link = link


def build(units, number):
    table = []
    previous = None
    for first in range(0, units, ROW):
        row = []
        for index in range(first, min(first + ROW, units)):
            previous = make_unit(index, previous)
            row.append(previous)
        table.append(row)
    # The chain was only for the start: from here on links are random.
    for row in table:
        for unit in row:
            number = (number * 1103515245 + 12345) & 0x7FFFFFFF
            other = table[(number >> 8) % len(table)]
            set_link(unit, other[(number >> 5) % len(other)])
    return table


def replace(rows, table, number):
    """Puts a new unit into a random place of `rows`; its link goes anywhere. One in two old units is left as a cycle."""
    row = rows[(number >> 8) % len(rows)]
    place = (number >> 4) % len(row)
    other = table[(number >> 9) % len(table)]
    old = row[place]
    row[place] = make_unit(place, other[(number >> 6) % len(other)])
    set_link(old, old if number & 8 else None)


def age(table, times, number):
    for _ in range(times):
        number = (number * 1103515245 + 12345) & 0x7FFFFFFF
        replace(table, table, number)


def work(rows, table, number):
    """One step: OPERATIONS operations. Returns the number to go on with."""
    for turn in range(OPERATIONS):
        number = (number * 1103515245 + 12345) & 0x7FFFFFFF
        case = turn & 7
        if case == 0 or case == 4:
            # A cycle of two, dropped at once.
            first = {"number": number}
            second = [first]
            first["link"] = second
        elif case == 1:
            replace(rows, table, number)
        elif case == 2 or case == 6:
            # An old container refers to another old one.
            row = rows[(number >> 8) % len(rows)]
            other = table[(number >> 9) % len(table)]
            set_link(row[(number >> 4) % len(row)], other[(number >> 6) % len(other)])
        elif case == 3:
            # A cycle of one instance.
            node = Node(number, None)
            node.link = node
        else:
            # Short-lived containers without a cycle.
            node = Node(number, [number, (number, turn)])
    return number


class Mutator:
    def __init__(self, table, index, mutators, seconds):
        self.table = table
        self.rows = table[index::mutators]
        self.number = 12_345 + 7919 * index
        self.seconds = seconds
        self.steps = 0
        self.longest = 0
        self.longest_cpu = 0
        self.long_steps = 0
        self.error = ""

    def run(self):
        try:
            self.measure()
        except BaseException as error:
            self.error = type(error).__name__ + ": " + str(error)

    def measure(self):
        rows, table, number = self.rows, self.table, self.number
        steps = longest = longest_cpu = long_steps = 0
        now, cpu = time.monotonic_ns(), time.thread_time_ns()
        end = now + int(self.seconds * 1e9)
        while now < end:
            number = work(rows, table, number)
            before, cpu_before = now, cpu
            now, cpu = time.monotonic_ns(), time.thread_time_ns()
            steps += 1
            if now - before > longest:
                longest = now - before
            if cpu - cpu_before > longest_cpu:
                longest_cpu = cpu - cpu_before
            if cpu - cpu_before > LONG_STEP:
                long_steps += 1
        self.steps, self.longest, self.longest_cpu, self.long_steps = steps, longest, longest_cpu, long_steps


class Callbacks:
    """Spans between the start and the stop of collections, as gc.callbacks reports them."""

    def __init__(self):
        self.begin = self.begin_cpu = 0
        self.at, self.wall, self.cpu, self.generation = [], [], [], []

    def __call__(self, phase, info):
        if phase == "start":
            self.begin_cpu = time.thread_time_ns()
            self.begin = time.monotonic_ns()
        elif self.begin:
            end = time.monotonic_ns()
            self.at.append(self.begin)
            self.wall.append(end - self.begin)
            self.cpu.append(max(0, time.thread_time_ns() - self.begin_cpu))
            self.generation.append(info["generation"])
            self.begin = 0


def report(phase, began):
    print('{"phase": "%s", "nanoseconds": %d}' % (phase, time.monotonic_ns() - began), flush=True)


def main(arguments):
    if len(arguments) not in (3, 4):
        print("usage: gc_pauses.py CONTAINERS MUTATORS SECONDS [AGE]", file=sys.stderr)
        return 2
    containers, mutators, seconds = int(arguments[0]), int(arguments[1]), float(arguments[2])
    factor = float(arguments[3]) if len(arguments) == 4 else 2.0
    units = containers * UNITS_IN_GROUP // CONTAINERS_IN_GROUP
    if units < mutators * ROW or mutators < 1 or seconds <= 0 or factor < 0:
        print("gc_pauses.py: every mutator needs %d containers, and some time" % (ROW * 5 // 4), file=sys.stderr)
        return 2

    before = len(gc.get_objects())
    began = time.monotonic_ns()
    table = build(units, 1)
    report("built", began)
    began = time.monotonic_ns()
    age(table, int(units * factor), 2)
    report("aged", began)

    crew = [Mutator(table, index, mutators, seconds) for index in range(mutators)]
    threads = [threading.Thread(target=mutator.run) for mutator in crew]
    callbacks = Callbacks()
    stats = [dict(figures) for figures in gc.get_stats()]
    gc.callbacks.append(callbacks)
    began = time.monotonic_ns()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ended = time.monotonic_ns()
    gc.callbacks.remove(callbacks)
    report("measured", began)
    after = gc.get_stats()
    live = len(gc.get_objects()) - before
    gc.collect()
    kept = len(gc.get_objects()) - before

    for mutator in crew:
        if mutator.error:
            print("gc_pauses.py: a mutator failed: " + mutator.error, file=sys.stderr)
            return 1
    print('{"pauses": {"at": %s, "wall": %s, "cpu": %s, "generation": %s}}'
          % (callbacks.at, callbacks.wall, callbacks.cpu, callbacks.generation))
    collections = [after[index]["collections"] - stats[index]["collections"] for index in range(3)]
    collected = sum(after[index]["collected"] - stats[index]["collected"] for index in range(3))
    print('{"began": %d, "ended": %d, "operations": %d, "longestStep": %d, "longestStepCPU": %d, "longSteps": %d, '
          '"collections": %s, "collected": %d, "table": %d, "live": %d, "kept": %d}'
          % (began, ended, sum(mutator.steps for mutator in crew) * OPERATIONS,
             max(mutator.longest for mutator in crew), max(mutator.longest_cpu for mutator in crew),
             sum(mutator.long_steps for mutator in crew), collections, collected, containers, live, kept), flush=True)
    return 0


sys.exit(main(sys.argv[1:]))
