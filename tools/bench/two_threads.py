"""How much more two threads do than one, each on objects of its own: two_threads.py [ROUNDS], or --json KERNEL ROUNDS for one line of JSON

For every kernel one thread, two threads, one process and two processes take turns. A line gives the medians of the rounds' ratios: work done per
second by two threads to work done by one, with the lowest and highest round; the same of two processes, which is what the machine has to give;
and work done per second of CPU time, of which 1.00 means that the threads cost each other nothing."""
import os
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
    """Wall and CPU seconds from the moment all threads are ready to the end of the last."""
    ready = threading.Barrier(threads + 1)

    def work():
        ready.wait()
        for _ in range(repeats):
            kernel()

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    ready.wait()
    began, used = time.perf_counter(), time.process_time()
    for worker in workers:
        worker.join()
    return time.perf_counter() - began, time.process_time() - used


def process_seconds(kernel, processes, repeats):
    """The same work by forked processes that share nothing: what the machine can do."""
    start, go = os.pipe()
    children = []
    for _ in range(processes):
        pid = os.fork()
        if pid == 0:
            os.close(go)
            os.read(start, 1)
            for _ in range(repeats):
                kernel()
            os._exit(0)
        children.append(pid)
    os.close(start)
    began = time.perf_counter()
    os.close(go)
    for pid in children:
        os.waitpid(pid, 0)
    return time.perf_counter() - began


def median(values):
    return sorted(values)[len(values) // 2]


KERNELS = (recursion, instances, attributes, containers, text, mixed)


def repeats_of(kernel):
    """So many that one thread takes some tenths of a second."""
    kernel()
    began = time.perf_counter()
    kernel()
    return max(1, int(0.2 / (time.perf_counter() - began)))


def print_json(name, rounds):
    kernel = next(kernel for kernel in KERNELS if kernel.__name__ == name)
    repeats = repeats_of(kernel)
    threads, processes, parts = [], [], []
    for _ in range(rounds):
        threads.append(2 * seconds(kernel, 1, repeats)[0] / seconds(kernel, 2, repeats)[0])
        processes.append(2 * process_seconds(kernel, 1, repeats) / process_seconds(kernel, 2, repeats))
        parts.append(threads[-1] / processes[-1])
    print('{"gain": %f, "processes": %f, "ofControl": %f}' % (median(threads), median(processes), median(parts)))


def main():
    if sys.argv[1:2] == ["--json"]:
        return print_json(sys.argv[2], int(sys.argv[3]))
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    print("two against one    threads             two processes   CPU time")
    totals = [], [], []
    for kernel in KERNELS:
        repeats = repeats_of(kernel)
        threads, processes, cpu = [], [], []
        for _ in range(rounds):
            one, one_cpu = seconds(kernel, 1, repeats)
            two, two_cpu = seconds(kernel, 2, repeats)
            threads.append(2 * one / two)
            cpu.append(2 * one_cpu / two_cpu)
            processes.append(2 * process_seconds(kernel, 1, repeats) / process_seconds(kernel, 2, repeats))
        for total, values in zip(totals, (threads, processes, cpu)):
            total.append(median(values))
        print(f"{kernel.__name__:12} {median(threads):8.2f}   ({min(threads):.2f} to {max(threads):.2f}) "
              f"{median(processes):10.2f} {median(cpu):13.2f}", flush=True)
    threads, processes, cpu = (sum(total) / len(total) for total in totals)
    print(f"{'mean':12} {threads:8.2f} {processes:27.2f} {cpu:13.2f}")


if __name__ == "__main__":
    main()
