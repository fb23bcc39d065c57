# OrderedDict: order, moves, pops, comparison, copies; shared by threads.
from collections import OrderedDict
import copy, pickle, threading
d = OrderedDict([('a', 1), ('b', 2)], c=3)
d['a'] = 10; d['d'] = 4
print(list(d.items()), len(d))
d.move_to_end('a'); print(list(d)); d.move_to_end('d', last=False); print(list(d))
print(d.popitem(), d.popitem(last=False), list(d))
try: OrderedDict().popitem()
except KeyError as e: print(e)
try: d.move_to_end('zz')
except KeyError as e: print(repr(e))
print(OrderedDict(a=1, b=2) == OrderedDict(b=2, a=1), OrderedDict(a=1, b=2) == dict(b=2, a=1), OrderedDict(a=1) != OrderedDict(a=2))
print(list(reversed(OrderedDict(x=1, y=2))), list(reversed(OrderedDict(x=1, y=2).items())))
c = d.copy(); c['new'] = 1; print(type(c).__name__, 'new' in d, copy.copy(d) == d, copy.deepcopy(d) == d, pickle.loads(pickle.dumps(d)) == d)
class Mine(OrderedDict):
    def __missing__(self, key): return 'missing ' + key
m = Mine(a=1); m.attr = 5; print(m['zz'], m.attr, type(m.copy()).__name__, type(m | {'b': 2}).__name__, m.pop('q', 7))
p = pickle.loads(pickle.dumps(d)); print(type(p) is OrderedDict, copy.copy(m).attr if hasattr(copy.copy(m), 'attr') else None)
print(OrderedDict.fromkeys('abc', 0) == OrderedDict([('a', 0), ('b', 0), ('c', 0)]), (d | {'x': 1})['x'], ({'x': 1} | d).__class__.__name__)
d |= {'y': 2}; print(list(d), d.setdefault('q', 5), d.setdefault('q', 6), d.pop('q'))
try: d.pop('nope')
except KeyError as e: print(e)
del d['y']; d.clear(); print(bool(d), isinstance(d, dict))
e = OrderedDict(); e['self'] = e; print('...' in repr(e), repr(OrderedDict()))
for bad in (lambda: OrderedDict(1, 2), lambda: OrderedDict(5), lambda: OrderedDict([1])):
    try: bad()
    except TypeError: print('TypeError')
lru = OrderedDict((n, n) for n in range(100))
def work(seed):
    for n in range(2000):
        key = (n * seed) % 100
        try: lru.move_to_end(key)
        except KeyError: print('lost', key)
ts = [threading.Thread(target=work, args=(s,)) for s in (3, 7, 11, 13)]
for t in ts: t.start()
for t in ts: t.join()
print(sorted(lru) == list(range(100)), sorted(lru.values()) == list(range(100)), len(lru))
