# _queue.SimpleQueue, also between threads.
import queue
import threading
import time
from _queue import Empty, SimpleQueue

q = SimpleQueue()
print(type(q), queue.SimpleQueue is SimpleQueue, queue.Empty is Empty, Empty.__module__, Empty.__mro__[1])
for item in (1, 'two', None, [4]):
    q.put(item)
print(q.qsize(), q.empty(), q.get(), q.get(block=False), q.get_nowait(), q.get(True, 1), q.qsize(), q.empty())
for call in (
    q.get_nowait, lambda: q.get(False), lambda: q.get(timeout=0.01), lambda: q.get(True, 0), lambda: q.get(timeout=-1),
    lambda: q.put(), lambda: SimpleQueue(1), lambda: q.get(timeout='x'),
):
    try:
        print(call())
    except Exception as error:
        print(type(error).__name__, type(error) is Empty or str(error) == "'timeout' must be a non-negative number" or type(error) is TypeError)
q.put(5, False, 3)
q.put(item=6, block=True)
q.put_nowait(item=7)
print([q.get() for _ in range(3)], SimpleQueue[int])


class Own(SimpleQueue):
    def __init__(self, name):
        self.name = name


own = Own('mine')
own.put(1)
print(own.name, own.get(), isinstance(own, SimpleQueue))

# A reader that waits is woken by a put.
started = time.monotonic()
timer = threading.Timer(0.05, q.put, ('late',))
timer.start()
print(q.get(), 0.02 < time.monotonic() - started < 30)
timer.join()

# Each item reaches one reader, and those of one writer come in order.
work, results = SimpleQueue(), SimpleQueue()


def read():
    seen = []
    while True:
        item = work.get()
        if item is None:
            results.put(seen)
            return
        seen.append(item)


def write(number):
    for index in range(500):
        work.put((number, index))


readers = [threading.Thread(target=read) for _ in range(3)]
writers = [threading.Thread(target=write, args=(n,)) for n in range(3)]
for thread in readers + writers:
    thread.start()
for thread in writers:
    thread.join()
for _ in readers:
    work.put(None)
for thread in readers:
    thread.join()
lists = [results.get() for _ in readers]
print(sorted(item for seen in lists for item in seen) == [(n, i) for n in range(3) for i in range(500)])
print(all([i for n, i in seen if n == w] == sorted(i for n, i in seen if n == w) for seen in lists for w in range(3)))
