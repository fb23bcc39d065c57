"""Linked lists as long as memory allows: gc_deep.py [NODES]. The same file for every Python.

A chain of NODES lists, each of which holds the next: a whole collection that keeps it, its death by reference counts, and the death of another
one, closed to a cycle, by a collection. Prints nanoseconds for each node and the most memory that was in use; a runtime that recurses from node to node
does not get to the end."""
import gc
import sys
import time


def timed(action, nodes, what):
    began = time.process_time_ns()
    action()
    print("%-24s %6.0f ns for each of %d nodes" % (what, (time.process_time_ns() - began) / nodes, nodes), flush=True)


def most_memory():
    with open("/proc/self/status") as status:
        for line in status:
            if line.startswith("VmHWM"):
                return int(line.split()[1]) >> 10


def build(nodes):
    first = node = []
    for _ in range(nodes - 1):
        node = [node]
    return first, node


def main(arguments):
    nodes = int(arguments[0]) if arguments else 10_000_000
    kept = []
    timed(lambda: kept.append(build(nodes)), nodes, "built")
    timed(gc.collect, nodes, "kept by a collection")
    timed(kept.clear, nodes, "freed by count")
    first, last = build(nodes)
    first.append(last)
    del first, last
    timed(gc.collect, nodes, "freed by a collection")
    print("most memory in use: %d MiB" % most_memory())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
