# Needs Python 3.13
# What threads share: modules in the making, exceptions raised again, instances that change their class.
import gc
import os
import shutil
import sys
import tempfile
import threading
import weakref

folder = tempfile.mkdtemp()
sys.path.insert(0, folder)


def write(name, text):
    with open(os.path.join(folder, name + '.py'), 'w') as file:
        file.write(text)


# A body that waits for a thread which imports something else.
write('simple', 'value = 5\n')
write('waits', '''
import threading
found = []
def work():
    import simple
    import sys
    found.append((simple.value, sys is not None))
thread = threading.Thread(target=work)
thread.start()
thread.join(20)
print('joined', not thread.is_alive())
''')
import waits
print(waits.found)

# Two threads import two modules that import each other.
write('ring_a', 'import time\nfirst = 1\ntime.sleep(0.05)\nimport ring_b\nlast = 2\n')
write('ring_b', 'import time\nfirst = 1\ntime.sleep(0.05)\nimport ring_a\nlast = 2\n')
ring = []


def import_ring(name):
    module = __import__(name)
    ring.append((name, module.last))


threads = [threading.Thread(target=import_ring, args=(name,)) for name in ('ring_a', 'ring_b')]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join(20)
print(sorted(ring))

# A failing body raises in the thread that ran it; the next import tries again.
write('failing', '''
import __main__
__main__.tries.append(1)
if len(__main__.tries) < 3:
    raise ValueError(len(__main__.tries))
''')
tries = []
for _ in range(3):
    try:
        import failing
    except ValueError as error:
        print('failed', error.args, 'failing' in sys.modules)
print('imported', len(tries))

# Circles.
write('half', 'from other_half import whole\n')
write('other_half', 'from half import nothing\nwhole = 1\n')
try:
    import half
except ImportError as error:
    print(str(error).replace(folder, 'FOLDER'))
print('half' in sys.modules, 'other_half' in sys.modules)
shutil.rmtree(folder)

# A stored exception keeps every frame that it has left.
stored = KeyError('stored')


def raise_it(depth):
    if depth:
        raise_it(depth - 1)
    raise stored


for depth in (0, 2, 1):
    try:
        raise_it(depth)
    except KeyError as error:
        print(error is stored)
names = []
entry = stored.__traceback__
while entry:
    names.append(entry.tb_frame.f_code.co_name)
    entry = entry.tb_next
print(len(names), names.count('raise_it'))
notes = threading.Barrier(4)


def add_notes(worker):
    notes.wait()
    for number in range(50):
        stored.add_note('%d %d' % (worker, number))


threads = [threading.Thread(target=add_notes, args=(worker,)) for worker in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(len(stored.__notes__), len(set(stored.__notes__)))


# Instances of a small class that become instances of one with many attributes.
class Small:
    pass


class Large:
    def __init__(self):
        self.a = self.b = self.c = self.d = self.e = self.f = 1
        self.g = self.h = self.i = self.j = self.k = self.l = 1

    def total(self):
        return [getattr(self, name, None) for name in 'abcdefghijkl']


def touch(thing):
    thing.k = 11
    thing.l = 12
    return thing.k, thing.l


large = Large()
for _ in range(100):
    touch(large)
smalls = []
for number in range(50):
    small = Small()
    small.own = number
    smalls.append(small)
for small in smalls:
    small.__class__ = Large
print([small.total() for small in smalls[:2]])
print(sum(touch(small)[1] for small in smalls), [small.own for small in smalls] == list(range(50)))
print(smalls[0].__dict__, sorted(vars(large))[:3])
for small in smalls:
    del small.__dict__
    small.l = 3
    assert small.l == 3 and not hasattr(small, 'a')
    small.__class__ = Small
    assert small.__dict__ == {'l': 3}
print(touch(large), Large().total())

# A weak dictionary's new value stays when the old one dies.
values = weakref.WeakValueDictionary()
old = values['key'] = Small()
new = Small()
values['key'] = new
del old
gc.collect()
print(values['key'] is new, len(values))
print(weakref.ref(new) is weakref.ref(new))
