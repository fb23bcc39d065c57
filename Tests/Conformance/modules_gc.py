"""The module gc: what a program sees of the collector."""
import gc
import sys
import weakref


class Node:
    def __init__(self, name="n"):
        self.name = name
        self.me = self


class Quiet:
    pass


def title(text):
    print("--", text)


title("switches")
print(gc.isenabled())
gc.disable()
print(gc.isenabled())
gc.enable()
print(gc.isenabled())
print(gc.get_debug(), [gc.DEBUG_STATS, gc.DEBUG_COLLECTABLE, gc.DEBUG_UNCOLLECTABLE, gc.DEBUG_SAVEALL, gc.DEBUG_LEAK])
gc.set_threshold(500, 7, 3)
print(gc.get_threshold())
gc.set_threshold(700)
print(gc.get_threshold()[0], len(gc.get_threshold()), len(gc.get_count()))

title("wrong arguments")
for call in [
    lambda: gc.collect(3), lambda: gc.collect(-1), lambda: gc.collect("x"), lambda: gc.get_objects(generation=7),
    lambda: gc.get_objects(generation=-2), lambda: gc.set_debug("x"), lambda: gc.set_debug(), lambda: gc.freeze(1),
    lambda: gc.is_tracked(), lambda: gc.set_threshold(),
]:
    try:
        print("no error:", call())
    except Exception as error:
        print(type(error).__name__)

title("collect")
gc.disable()
gc.collect()
print(gc.collect(), gc.garbage)
Node()
found = gc.collect()
print(found >= 1, gc.garbage)
a, b = [], []
a.append(b)
b.append(a)
del a, b
print(gc.collect(), gc.collect(generation=2), gc.collect(0))

title("get_stats")
stats = gc.get_stats()
print(len(stats), [sorted(entry) for entry in stats])
Node()
gc.collect()
after = gc.get_stats()
print(after[2]["collections"] - stats[2]["collections"], after[2]["collected"] > stats[2]["collected"], after[2]["uncollectable"])

title("callbacks")
seen = []


def note(phase, info):
    seen.append((phase, sorted(key for key in info if key in ("generation", "collected", "uncollectable")), info["generation"], info["collected"] > 0))


gc.callbacks.append(note)
Node()
gc.collect()
gc.callbacks.remove(note)
gc.collect()
for entry in seen:
    print(entry)


def dies_at_stop(phase, info):
    if phase == "stop":
        refs_at_stop.append(reference() is None)


refs_at_stop = []
node = Node()
reference = weakref.ref(node)
del node
gc.callbacks.append(dies_at_stop)
gc.collect()
gc.callbacks.remove(dies_at_stop)
print(refs_at_stop)

title("save all")
gc.set_debug(gc.DEBUG_SAVEALL)
print(gc.get_debug())
Node("kept")
print(gc.collect() > 0)
kept = [value for value in gc.garbage if isinstance(value, Node)]
print([(node.name, node.me is node) for node in kept], len(gc.garbage) > 0)
gc.set_debug(0)
for node in kept:
    node.name = "released"
    print(node.name)
reference = weakref.ref(kept[0])
del kept[:], node
print(reference() is not None)
del gc.garbage[:]
gc.collect()
print(reference() is None, gc.garbage)


class Finalized:
    log = []

    def __init__(self):
        self.me = self

    def __del__(self):
        Finalized.log.append("finalized")


gc.set_debug(gc.DEBUG_SAVEALL)
Finalized()
gc.collect()
print(Finalized.log, sum(type(value) is Finalized for value in gc.garbage), [gc.is_finalized(v) for v in gc.garbage if type(v) is Finalized])
gc.set_debug(0)
gc.garbage.clear()
gc.collect()
print(Finalized.log, gc.garbage)

title("the list garbage can be replaced, the collector keeps its own")
own = gc.garbage
gc.garbage = []
gc.set_debug(gc.DEBUG_SAVEALL)
Node("in the collector's list")
gc.collect()
gc.set_debug(0)
print(len(gc.garbage), [value.name for value in own if isinstance(value, Node)])
own.clear()
gc.garbage = own

title("freeze")
gc.collect()
print(gc.get_freeze_count())
frozen = Node("frozen")
other = {"a": frozen}
gc.freeze()
count = gc.get_freeze_count()
print(count > 2)
reference = weakref.ref(frozen)
print(any(value is frozen for value in gc.get_objects()), any(value is other for value in gc.get_referrers(frozen)))
other.clear()
del frozen
gc.collect()
print(reference() is not None, reference().name)
young = Node("young")
young_reference = weakref.ref(young)
holder = reference()
holder.young = young
del young, holder
gc.collect()
print(young_reference().name, young_reference().me is young_reference())
Node("garbage beside frozen objects")
print(gc.collect() > 0)
gone = [1, 2]
gc.unfreeze()
print(gc.get_freeze_count())
gc.collect()
print(reference() is None, young_reference() is None)
frozen_list = [[index] for index in range(1000)]
gc.freeze()
before = gc.get_freeze_count()
del frozen_list
print(before - gc.get_freeze_count() >= 1000)


class First:
    pass


class Second:
    pass


changing = First()
gc.freeze()


def change():
    class Third:
        answer = 42

    changing.__class__ = Third


change()
gc.collect()
gc.collect()
print(changing.answer, type(changing).__name__)
gc.unfreeze()
gc.collect()
print(changing.answer, gc.get_freeze_count())



def freezes(phase, info):
    if phase == "stop":
        gc.freeze()


gc.callbacks.append(freezes)
gc.collect()
gc.callbacks.remove(freezes)
print(gc.get_freeze_count() > 2)
gc.unfreeze()
print(gc.get_freeze_count())

title("objects")
node = Node("looked for")
print(any(value is node for value in gc.get_objects()), gc.is_tracked(node), gc.is_tracked(5), gc.is_tracked("text"), gc.is_tracked([]))
print(any(value is node for value in gc.get_objects(generation=None)))
held = [node]
print(sum(value is held for value in gc.get_referrers(node)), gc.get_referrers())
print(any(value is node for value in gc.get_referents([1, "two", node])), gc.get_referents(), gc.get_referents(7), gc.get_referents("x", 7))
print("value" in gc.get_referents({"key": "value"}))
print(gc.is_finalized(node), gc.is_finalized(1))


class Once:
    count = 0

    def __del__(self):
        Once.count += 1
        Once.saved = self


once = Once()
del once
print(Once.count, gc.is_finalized(Once.saved))

title("sys")
value = Quiet()
first = sys.getrefcount(value)
more = [value] * 10
print(sys.getrefcount(value) - first)
blocks = sys.getallocatedblocks()
many = [Quiet() for _ in range(10000)]
print(sys.getallocatedblocks() - blocks > 9000)
del many
gc.collect()
print(sys.getallocatedblocks() - blocks < 5000)

title("weak references and resurrection")
order = []


class Parent:
    def __init__(self):
        self.child = Child(self)

    def __del__(self):
        order.append("parent")


class Child:
    def __init__(self, parent):
        self.parent = parent

    def __del__(self):
        order.append("child")


parent = Parent()
reference = weakref.ref(parent, lambda ref: order.append("callback"))
del parent
gc.collect()
print(order[0], sorted(order[1:]))


class Phoenix:
    risen = []

    def __init__(self):
        self.me = self

    def __del__(self):
        Phoenix.risen.append(self)


Phoenix()
gc.collect()
print(len(Phoenix.risen), gc.is_finalized(Phoenix.risen[0]), Phoenix.risen[0].me is Phoenix.risen[0])
Phoenix.risen.clear()
gc.collect()
print(len(Phoenix.risen))
gc.enable()

# What a builtin container refers to, numbers and constants included.
print(sorted(gc.get_referents([1, 2, 300]), key=repr), sorted(gc.get_referents((1.5, None, True)), key=repr), sorted(gc.get_referents({1: 'a', 'b': 2}), key=repr))
print(sorted(gc.get_referents({5, 6})), gc.get_referents(5), gc.get_referents([]))
