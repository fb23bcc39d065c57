# Thread-local data: its own for each thread, gone with the thread or with the object.
import gc
import threading
import weakref


class Thing:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        deaths.append(self.name)


deaths = []
data = threading.local()
data.thing = Thing('main')


def work(name):
    print(name, hasattr(data, 'thing'), sorted(data.__dict__))
    data.thing = Thing(name)
    data.other = 1
    print(name, data.thing.name, sorted(data.__dict__))
    del data.other
    print(name, sorted(vars(data)))


for name in ('first', 'second'):
    thread = threading.Thread(target=work, args=(name,))
    thread.start()
    thread.join()
    gc.collect()
    print(deaths, data.thing.name)


class Counter(threading.local):
    kind = 'class attribute'
    made = []

    def __init__(self, start, step=1):
        Counter.made.append(start)
        self.value = start
        self.step = step

    def next(self):
        self.value += self.step
        return self.value


counter = Counter(10, step=2)
found = []


def count():
    found.append([counter.next() for _ in range(3)])


threads = [threading.Thread(target=count) for _ in range(3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(found, counter.next(), len(Counter.made), counter.kind)


class Failing(threading.local):
    def __init__(self, fails):
        if threading.current_thread() is not threading.main_thread():
            tries.append(1)
            if len(tries) < 3:
                raise ValueError('try %d' % len(tries))
        self.ready = True


tries = []
failing = Failing([])


def attempt():
    for _ in range(3):
        try:
            print(failing.ready)
        except ValueError as error:
            print(error)


thread = threading.Thread(target=attempt)
thread.start()
thread.join()


def refused(call, *arguments):
    try:
        call(*arguments)
    except (TypeError, AttributeError) as error:
        print(type(error).__name__, error)


refused(threading.local, 1)
print(hasattr(data, 'nothing'), getattr(data, 'nothing', 'default'))
refused(delattr, data, 'nothing')
refused(setattr, data, '__dict__', {})

# The object dies before its threads.
del deaths[:]
data.thing = None
print(deaths)
data = threading.local()
data.thing = Thing('main again')
ready, go = threading.Event(), threading.Event()


def wait():
    data.thing = Thing('waiting')
    ready.set()
    go.wait()


thread = threading.Thread(target=wait)
thread.start()
ready.wait()
reference = weakref.ref(data)
del data
gc.collect()
print(reference() is None, sorted(deaths))
go.set()
thread.join()


# Data that uses other data while it goes.
class Last:
    def __del__(self):
        seen.append(getattr(late, 'value', None))
        late.value = 'again'


seen = []
late = threading.local()
early = threading.local()


def leave():
    late.value = 5
    early.last = Last()


thread = threading.Thread(target=leave)
thread.start()
thread.join()
gc.collect()
print(len(seen))
