# One asynchronous generator, one array, one context variable, one socket pair used by several threads at once.
import array
import contextvars
import hashlib
import socket
import threading

COUNT = 400


async def numbers():
    for number in range(COUNT):
        yield number


def steps(generator, found, refused):
    while True:
        step = generator.__anext__()
        try:
            step.send(None)
        except StopIteration as item:
            found.append(item.value)
        except StopAsyncIteration:
            return
        except RuntimeError as error:
            # Another thread is in the middle of a step.
            assert 'already running' in str(error) or 'already executing' in str(error), error
            refused.append(1)


def run(target, *arguments):
    threads = [threading.Thread(target=target, args=arguments) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


generator, found, refused = numbers(), [], []
run(steps, generator, found, refused)
print(sorted(found) == list(range(COUNT)), len(found))

shared = array.array('q')


def append():
    for number in range(1000):
        shared.append(number)


run(append)
print(len(shared), sum(shared))

variable = contextvars.ContextVar('variable', default=0)
totals = []


def count():
    for _ in range(1000):
        variable.set(variable.get() + 1)
    totals.append(variable.get())


run(count)
print(totals, variable.get())

digest = hashlib.new('sha256')


def update():
    for _ in range(500):
        digest.update(b'x' * 7)


run(update)
print(digest.digest() == hashlib.sha256(b'x' * 14000).digest())

left, right = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
left.setblocking(True)
received = []


def receive():
    while True:
        data = right.recv(16)
        if data == b'stop':
            return
        received.append(int(data))


threads = [threading.Thread(target=receive, daemon=True) for _ in range(3)]
for thread in threads:
    thread.start()
for number in range(1000):
    left.send(str(number).encode())
for _ in threads:
    left.send(b'stop')
for thread in threads:
    thread.join()
print(sorted(received) == list(range(1000)))


async def coroutine():
    class Once:
        def __await__(self):
            yield 'waiting'
            return 'done'
    return await Once()


made = coroutine()
outcomes = []


def resume():
    try:
        outcomes.append(made.send(None))
    except StopIteration as stop:
        outcomes.append(stop.value)
    except (RuntimeError, ValueError):
        outcomes.append('refused')


run(resume)
print(outcomes.count('waiting'), outcomes.count('done'), len(outcomes))
closers = [socket.socketpair()[0] for _ in range(50)]


def close():
    for one in closers:
        one.close()


run(close)
print(all(one.fileno() == -1 for one in closers))
left.close()
right.close()
