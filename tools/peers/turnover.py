"""What is left of interpreters that were destroyed and of threads that ended, in CPython: TurnoverProbe.swift does the same.

usage: turnover.py interpreters COUNT OBJECTS | threads COUNT
"""
import json
import sys
import threading
import time

try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters


def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096


def turn_over(count, objects):
    program = f"kept = [[n] for n in range({objects})]\n"

    def one():
        made = interpreters.create()
        if objects:
            interpreters.run_string(made, program)
        interpreters.destroy(made)

    for _ in range(max(2, count // 10)):
        one()
    times = []
    before = resident()
    for _ in range(count):
        start = time.perf_counter_ns()
        one()
        times.append(time.perf_counter_ns() - start)
    return {"microseconds": sorted(times)[count // 2] / 1000, "bytesEach": (resident() - before) / count}


def nothing():
    pass


def start_threads(count):
    for _ in range(count):
        thread = threading.Thread(target=nothing)
        thread.start()
        thread.join()


def short_threads(count):
    start_threads(max(200, count // 10))
    before = resident()
    start = time.perf_counter_ns()
    start_threads(count)
    passed = time.perf_counter_ns() - start
    return {"microseconds": passed / 1000 / count, "bytesEach": (resident() - before) / count}


numbers = [int(text) for text in sys.argv[2:]]
print(json.dumps(turn_over(*numbers) if sys.argv[1] == "interpreters" else short_threads(*numbers)))
