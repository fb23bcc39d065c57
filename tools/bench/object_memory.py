"""Bytes of resident memory for each of a million objects in a list: object_memory.py KIND. Prints a line of JSON.

The list's own eight bytes count; the numbers in the objects are made before."""
import json
import sys


class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y


def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096


COUNT = 1_000_000
KINDS = {
    "instances": lambda n: Point(n, n),
    "lists": lambda n: [n, n],
    "dicts": lambda n: {"x": n, "y": n},
    "strings": lambda n: "name %d" % n,
    "floats": lambda n: n * 1.1,
    "tuples": lambda n: (n, n),
}


def main():
    make = KINDS[sys.argv[1]]
    numbers = list(range(COUNT))
    for n in numbers[:100]:
        make(n)
    kept = [None] * COUNT
    before = resident()
    for n in numbers:
        kept[n] = make(n)
    print(json.dumps({"bytes": (resident() - before) / COUNT + 8}))


main()
