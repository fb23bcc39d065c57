# Eight threads share a dict and a list, and make cycles whose objects have finalizers; the counts at the end are exact.
import _thread
import gc
import time

THREADS = 8
ROUNDS = 2000

table = {}
log = []
lock = _thread.allocate_lock()
state = {"finished": 0, "made": 0}
finalized = []  # finalizers run at any moment, also while their thread holds the lock: they only append


class Node:
    """One half of a cycle; counts its own end."""

    def __init__(self, owner, number):
        self.owner = owner
        self.number = number
        self.other = None

    def __del__(self):
        finalized.append(self.number)


def make_cycle(owner, number):
    first = Node(owner, number)
    second = Node(owner, number)
    first.other = second
    second.other = first


def work(owner):
    for number in range(ROUNDS):
        key = number % 100
        with lock:
            table[key] = table.get(key, 0) + 1
        log.append((owner, number))
        make_cycle(owner, number)
    with lock:
        state["made"] += 2 * ROUNDS
        state["finished"] += 1


for owner in range(THREADS):
    _thread.start_new_thread(work, (owner,))

while True:
    with lock:
        if state["finished"] == THREADS:
            break
    time.sleep(0.001)

for attempt in range(10):
    gc.collect()
    if len(finalized) == state["made"]:
        break

per_thread = [0] * THREADS
for owner, number in log:
    per_thread[owner] += 1

print("threads finished:", state["finished"])
print("updates in the shared dict:", sum(table.values()), "over", len(table), "keys")
print("entries in the shared list:", len(log), "per thread:", per_thread)
print("objects made:", state["made"], "finalized:", len(finalized))
print("sum of numbers:", sum(number for owner, number in log))
