// The module `weakref`, in Python on top of `_weakref`.
//
// Containers  A callback may run in any thread at any time, also while this thread holds a lock: it only removes its own entry, and only
//             if the entry still holds the reference that died. Loops go over a copy made in one step, so that nothing has to wait.
public enum WeakSource {
    public static let text = #"""
        import _thread
        import _weakref
        from _weakref import ref, proxy, getweakrefcount, getweakrefs
        from _weakref import ReferenceType, ProxyType, CallableProxyType

        __all__ = ['ref', 'proxy', 'getweakrefcount', 'getweakrefs', 'WeakKeyDictionary', 'ReferenceType', 'ProxyType',
                   'CallableProxyType', 'ProxyTypes', 'WeakValueDictionary', 'WeakSet', 'WeakMethod', 'finalize']

        ProxyTypes = (ProxyType, CallableProxyType)
        _missing = object()


        class KeyedRef(ref):
            __slots__ = ('key',)

            def __new__(cls, target, callback, key):
                self = ref.__new__(cls, target, callback)
                self.key = key
                return self

            def __init__(self, target, callback, key):
                super().__init__(target, callback)


        def _drop(table, key, reference):
            # Only the entry of the reference that died: the key may have a new one by now.
            if table.get(key) is reference:
                _weakref._remove_dead_weakref(table, key)


        class WeakMethod(ref):
            __slots__ = ('_function', '_type', '_live')

            def __new__(cls, method, callback=None):
                try:
                    target = method.__self__
                    function = method.__func__
                except AttributeError:
                    raise TypeError('argument should be a bound method, not {}'.format(type(method))) from None

                def died(_):
                    self = own()
                    if self is not None and self._live:
                        self._live = False
                        if callback is not None:
                            callback(self)

                self = ref.__new__(cls, target, died)
                try:
                    self._function = ref(function, died)
                except TypeError:
                    # A kind of function without weak references lives as long as this does.
                    self._function = lambda: function
                self._type = type(method)
                self._live = True
                own = ref(self)
                return self

            def __init__(self, method, callback=None):
                pass

            def __call__(self):
                target = super().__call__()
                function = self._function()
                if target is None or function is None:
                    return None
                return self._type(function, target)

            def __eq__(self, other):
                if not isinstance(other, WeakMethod):
                    return NotImplemented
                if not self._live or not other._live:
                    return self is other
                return ref.__eq__(self, other) and self._function() == other._function()

            def __ne__(self, other):
                result = self.__eq__(other)
                return result if result is NotImplemented else not result

            __hash__ = ref.__hash__


        class _WeakMapping:
            def get(self, key, default=None):
                try:
                    return self[key]
                except KeyError:
                    return default

            def keys(self):
                for key, value in self._pairs():
                    yield key

            def values(self):
                for key, value in self._pairs():
                    yield value

            def items(self):
                for pair in self._pairs():
                    yield pair

            def __iter__(self):
                return self.keys()

            def __eq__(self, other):
                if isinstance(other, _WeakMapping):
                    return dict(self._pairs()) == dict(other._pairs())
                if isinstance(other, dict):
                    return dict(self._pairs()) == other
                return NotImplemented

            __hash__ = None

            def update(self, other=(), /, **more):
                if hasattr(other, 'items'):
                    other = other.items()
                elif hasattr(other, 'keys'):
                    other = [(key, other[key]) for key in other.keys()]
                for key, value in other:
                    self[key] = value
                for key, value in more.items():
                    self[key] = value

            def copy(self):
                return type(self)(self)

            __copy__ = copy

            def __or__(self, other):
                if not isinstance(other, (dict, _WeakMapping)):
                    return NotImplemented
                result = self.copy()
                result.update(other)
                return result

            def __ior__(self, other):
                self.update(other)
                return self

            def __ror__(self, other):
                if not isinstance(other, (dict, _WeakMapping)):
                    return NotImplemented
                result = type(self)()
                result.update(other)
                result.update(self)
                return result

            def clear(self):
                self.data.clear()


        class WeakValueDictionary(_WeakMapping):
            def __init__(self, other=(), /, **more):
                table = self.data = {}
                self._callback = lambda reference: _drop(table, reference.key, reference)
                self.update(other, **more)

            def _pairs(self):
                found = []
                for key, reference in self.data.copy().items():
                    value = reference()
                    if value is not None:
                        found.append((key, value))
                return found

            def __getitem__(self, key):
                value = self.data[key]()
                if value is None:
                    raise KeyError(key)
                return value

            def __setitem__(self, key, value):
                self.data[key] = KeyedRef(value, self._callback, key)

            def __delitem__(self, key):
                del self.data[key]

            def __len__(self):
                return len(self._pairs())

            def __contains__(self, key):
                reference = self.data.get(key)
                return reference is not None and reference() is not None

            def __repr__(self):
                return '<%s at %#x>' % (type(self).__name__, id(self))

            def keys(self):
                for key, reference in self.data.copy().items():
                    if reference() is not None:
                        yield key

            def pop(self, key, *default):
                if len(default) > 1:
                    raise TypeError('pop expected at most 2 arguments, got %d' % (1 + len(default)))
                reference = self.data.pop(key, None)
                value = None if reference is None else reference()
                if value is not None:
                    return value
                if default:
                    return default[0]
                raise KeyError(key)

            def popitem(self):
                while True:
                    key, reference = self.data.popitem()
                    value = reference()
                    if value is not None:
                        return key, value

            def setdefault(self, key, default=None):
                fresh = KeyedRef(default, self._callback, key)
                while True:
                    reference = self.data.setdefault(key, fresh)
                    value = reference()
                    if value is not None:
                        return value
                    _drop(self.data, key, reference)

            def valuerefs(self):
                return list(self.data.values())

            def itervaluerefs(self):
                return iter(self.valuerefs())


        class WeakKeyDictionary(_WeakMapping):
            def __init__(self, other=None):
                table = self.data = {}
                # The dead reference equals itself only, so this removes no other entry.
                self._callback = lambda reference: table.pop(reference, None)
                if other is not None:
                    self.update(other)

            def _pairs(self):
                found = []
                for reference, value in self.data.copy().items():
                    key = reference()
                    if key is not None:
                        found.append((key, value))
                return found

            def __getitem__(self, key):
                return self.data[ref(key)]

            def __setitem__(self, key, value):
                self.data[ref(key, self._callback)] = value

            def __delitem__(self, key):
                del self.data[ref(key)]

            def __len__(self):
                return len(self._pairs())

            def __contains__(self, key):
                try:
                    reference = ref(key)
                except TypeError:
                    return False
                return reference in self.data

            def __repr__(self):
                return '<%s at %#x>' % (type(self).__name__, id(self))

            def get(self, key, default=None):
                return self.data.get(ref(key), default)

            def pop(self, key, *default):
                return self.data.pop(ref(key), *default)

            def popitem(self):
                while True:
                    reference, value = self.data.popitem()
                    key = reference()
                    if key is not None:
                        return key, value

            def setdefault(self, key, default=None):
                return self.data.setdefault(ref(key, self._callback), default)

            def keyrefs(self):
                return list(self.data)


        class WeakSet:
            def __init__(self, data=None):
                table = self.data = set()
                self._callback = lambda reference: table.discard(reference)
                if data is not None:
                    self.update(data)

            def _items(self):
                found = []
                for reference in self.data.copy():
                    item = reference()
                    if item is not None:
                        found.append(item)
                return found

            def __iter__(self):
                for item in self._items():
                    yield item

            def __len__(self):
                return len(self._items())

            def __contains__(self, item):
                try:
                    reference = ref(item)
                except TypeError:
                    return False
                return reference in self.data

            def add(self, item):
                self.data.add(ref(item, self._callback))

            def discard(self, item):
                self.data.discard(ref(item))

            def remove(self, item):
                self.data.remove(ref(item))

            def clear(self):
                self.data.clear()

            def pop(self):
                while True:
                    try:
                        reference = self.data.pop()
                    except KeyError:
                        raise KeyError('pop from empty WeakSet') from None
                    item = reference()
                    if item is not None:
                        return item

            def copy(self):
                return type(self)(self)

            def update(self, other):
                for item in other:
                    self.add(item)

            def __ior__(self, other):
                self.update(other)
                return self

            def union(self, other):
                result = self.copy()
                result.update(other)
                return result

            __or__ = union

            def intersection(self, other):
                return type(self)(item for item in other if item in self)

            __and__ = intersection

            def intersection_update(self, other):
                kept = set(ref(item) for item in other)
                self.data.intersection_update(kept)

            def __iand__(self, other):
                self.intersection_update(other)
                return self

            def difference(self, other):
                result = self.copy()
                result.difference_update(other)
                return result

            __sub__ = difference

            def difference_update(self, other):
                if self is other:
                    self.data.clear()
                else:
                    self.data.difference_update([ref(item) for item in other])

            def __isub__(self, other):
                self.difference_update(other)
                return self

            def symmetric_difference(self, other):
                other = type(self)(other)
                return self.difference(other).union(other.difference(self))

            __xor__ = symmetric_difference

            def symmetric_difference_update(self, other):
                result = self.symmetric_difference(other)
                self.clear()
                self.update(result)

            def __ixor__(self, other):
                self.symmetric_difference_update(other)
                return self

            def issubset(self, other):
                return self.data.issubset(set(ref(item) for item in other))

            __le__ = issubset

            def issuperset(self, other):
                return self.data.issuperset(set(ref(item) for item in other))

            __ge__ = issuperset

            def __lt__(self, other):
                return self.data < set(ref(item) for item in other)

            def __gt__(self, other):
                return self.data > set(ref(item) for item in other)

            def isdisjoint(self, other):
                return len(self.intersection(other)) == 0

            def __eq__(self, other):
                if not isinstance(other, type(self)):
                    return NotImplemented
                return self.data == set(ref(item) for item in other)

            __hash__ = None

            def __repr__(self):
                return repr(self.data)


        class finalize:
            __slots__ = ()
            _registry = {}
            _at_exit_known = False
            _lock = _thread.allocate_lock()
            _count = 0

            class _Entry:
                __slots__ = ('weak', 'func', 'args', 'kwargs', 'atexit', 'number')

            def __init__(self, obj, func, /, *args, **kwargs):
                entry = self._Entry()
                entry.weak = ref(obj, self)
                entry.func = func
                entry.args = args
                entry.kwargs = kwargs or None
                entry.atexit = True
                with finalize._lock:
                    finalize._count += 1
                    entry.number = finalize._count
                    known = finalize._at_exit_known
                    finalize._at_exit_known = True
                self._registry[self] = entry
                if not known:
                    try:
                        import atexit
                    except ImportError:
                        pass
                    else:
                        atexit.register(finalize._at_exit)

            def __call__(self, _=None):
                entry = self._registry.pop(self, None)
                if entry is not None:
                    return entry.func(*entry.args, **(entry.kwargs or {}))

            def detach(self):
                entry = self._registry.get(self)
                target = entry and entry.weak()
                if target is not None and self._registry.pop(self, None) is not None:
                    return (target, entry.func, entry.args, entry.kwargs or {})

            def peek(self):
                entry = self._registry.get(self)
                target = entry and entry.weak()
                if target is not None:
                    return (target, entry.func, entry.args, entry.kwargs or {})

            @property
            def alive(self):
                return self in self._registry

            @property
            def atexit(self):
                entry = self._registry.get(self)
                return entry is not None and entry.atexit

            @atexit.setter
            def atexit(self, value):
                entry = self._registry.get(self)
                if entry is not None:
                    entry.atexit = bool(value)

            def __repr__(self):
                entry = self._registry.get(self)
                target = entry and entry.weak()
                if target is None:
                    return '<%s object at %#x; dead>' % (type(self).__name__, id(self))
                return '<%s object at %#x; for %r at %#x>' % (
                    type(self).__name__, id(self), type(target).__name__, id(target))

            @classmethod
            def _at_exit(cls):
                import sys
                while True:
                    waiting = [(e.number, f) for f, e in cls._registry.copy().items() if e.atexit]
                    if not waiting:
                        return
                    waiting.sort(key=lambda pair: pair[0])
                    try:
                        waiting[-1][1]()
                    except Exception:
                        sys.excepthook(*sys.exc_info())


        try:
            from _collections_abc import MutableSet as _MutableSet
        except ImportError:
            pass
        else:
            _MutableSet.register(WeakSet)
        """#
}
