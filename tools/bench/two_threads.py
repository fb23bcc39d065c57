"""How much more two threads do than one, each on objects of its own: two_threads.py [ROUNDS]

For every kernel one thread and two threads take turns; a line gives the median of the rounds' ratios (work done per second by two threads to
work done by one) with the lowest and highest round."""
import sys
import threading
import time


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def recursion():
    fib(22)


class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y

    def moved(self, dx):
        return Point(self.x + dx, self.y)


def instances():
    point = Point(0, 1)
    for step in range(6000):
        point = point.moved(step)


def attributes():
    point = Point(0, 1)
    for _ in range(25000):
        point.x = point.x + point.y


def containers():
    table = {}
    items = []
    for number in range(8000):
        table[number] = [number]
        items.append(table[number])
    sum(len(item) for item in items)


def text():
    words = []
    for number in range(6000):
        words.append(f"word {number}")
    ",".join(words).split(",")


def mixed():
    fib(15)
    point = Point(0, 1)
    table = {}
    for number in range(1500):
        point = point.moved(number)
        table[str(number)] = [point, number]
    try:
        table["missing"]
    except KeyError:
        pass


def seconds(kernel, threads, repeats):
    """From the moment all threads are ready to the end of the last."""
    ready = threading.Barrier(threads + 1)

    def work():
        ready.wait()
        for _ in range(repeats):
            kernel()

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    ready.wait()
    began = time.perf_counter()
    for worker in workers:
        worker.join()
    return time.perf_counter() - began


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    for kernel in (recursion, instances, attributes, containers, text, mixed):
        kernel()
        began = time.perf_counter()
        kernel()
        repeats = max(1, int(0.15 / (time.perf_counter() - began)))
        ratios = []
        for _ in range(rounds):
            one = seconds(kernel, 1, repeats)
            two = seconds(kernel, 2, repeats)
            ratios.append(2 * one / two)
        ratios.sort()
        print(f"{kernel.__name__:12} {ratios[rounds // 2]:5.2f}   ({ratios[0]:.2f} to {ratios[-1]:.2f})", flush=True)


if __name__ == "__main__":
    main()
