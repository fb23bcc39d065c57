"""Processes and files through os: forks, pipes, statuses, what a child inherits."""
import os
import sys
import threading
import time


def child_of(work):
    """The exit status of a forked child that runs work()."""
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        status = 99
        try:
            status = work() or 0
        finally:
            os._exit(status)
    found, status = os.waitpid(pid, 0)
    assert found == pid
    return os.waitstatus_to_exitcode(status)


print("plain child", child_of(lambda: 7))
print("killed child", child_of(lambda: os.kill(os.getpid(), 9)))


def idle():
    began = time.process_time()
    time.sleep(0.4)
    return 0 if time.process_time() - began < 0.2 else 1


print("a child that sleeps uses no CPU", child_of(idle))


def threads_in_child():
    total = []
    workers = [threading.Thread(target=total.append, args=(n,)) for n in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return len(total)


print("threads in a child", child_of(threads_in_child))


def grandchild():
    return child_of(lambda: 5) + child_of(idle)


print("a child's child", child_of(grandchild))

reader, writer = os.pipe()
print("pipe", child_of(lambda: os.write(writer, b"from the child") and 0))
os.close(writer)
print(os.read(reader, 100), os.read(reader, 100))
os.close(reader)
try:
    os.read(reader, 1)
except OSError as error:
    print(type(error).__name__, error.errno, error)
try:
    os.waitpid(-1, 0)
except OSError as error:
    print(type(error).__name__, error)
