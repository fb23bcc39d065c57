"""What a whole gc.collect() costs: gc_collect.py [CONTAINERS [TIMES]]. The same file for every Python.

On a heap as gc_pauses.py builds and ages it: processor time for each live container, the best of TIMES, without garbage, and with as much as
half of the rows' replacement leaves. Then a minimal collection, on a heap that holds nothing but what the interpreter needs."""
import gc
import sys
import time

from gc_pauses import CONTAINERS_IN_GROUP, UNITS_IN_GROUP, age, build


def timed():
    began = time.process_time_ns()
    found = gc.collect()
    return time.process_time_ns() - began, found


def main(arguments):
    containers = int(arguments[0]) if arguments else 1_000_000
    times = int(arguments[1]) if len(arguments) > 1 else 10
    gc.collect()
    minimal = min(timed()[0] for _ in range(max(times, 100)))
    units = containers * UNITS_IN_GROUP // CONTAINERS_IN_GROUP
    table = build(units)
    age(table, units * 2)
    gc.collect()
    gc.collect()
    best = min(timed()[0] for _ in range(times))
    print("live only: %.0f ns for each of %d containers" % (best / containers, containers))
    gc.disable()
    runs = []
    for _ in range(max(1, times // 3)):
        age(table, units // 2)
        runs.append(timed())
    spent, found = min(runs)
    print("with %d objects of garbage: %.0f ms" % (found, spent / 1e6))
    print("nothing to do: %.0f us" % (minimal / 1e3))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
