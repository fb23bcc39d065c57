// OrderedDict, for `_collections`: a dict, which keeps its order by itself, with the operations that change the order.
enum OrderedDictSource {
    static let text = #"""
        from _thread import RLock as _RLock, get_ident as _thread

        _missing = object()
        # (thread, object) whose repr is running.
        _shown = set()


        class OrderedDict(dict):
            # A dict keeps its order by itself. What takes several steps holds the object's lock, so threads that move or pop see whole steps of each other.
            __slots__ = ('_steps', '__dict__', '__weakref__')

            def __new__(cls, /, *args, **kwds):
                self = dict.__new__(cls)
                self._steps = _RLock()
                return self

            def __init__(self, other=(), /, **kwds):
                self.__update(other, **kwds)

            def update(self, other=(), /, **kwds):
                if hasattr(type(other), 'keys'):
                    for key in other.keys():
                        self[key] = other[key]
                else:
                    for pair in other:
                        key, value = pair
                        self[key] = value
                for key, value in kwds.items():
                    self[key] = value

            __update = update

            def popitem(self, last=True):
                with self._steps:
                    if not self:
                        raise KeyError('dictionary is empty')
                    key = next(reversed(self) if last else iter(self))
                    value = dict.pop(self, key)
                    return key, value

            def move_to_end(self, key, last=True):
                with self._steps:
                    value = dict.pop(self, key, _missing)
                    if value is _missing:
                        raise KeyError(key)
                    if last:
                        dict.__setitem__(self, key, value)
                        return
                    rest = list(dict.items(self))
                    dict.clear(self)
                    dict.__setitem__(self, key, value)
                    for name, value in rest:
                        dict.__setitem__(self, name, value)

            def pop(self, key, default=_missing):
                value = dict.pop(self, key, _missing)
                if value is not _missing:
                    return value
                if default is not _missing:
                    return default
                raise KeyError(key)

            def setdefault(self, key, default=None):
                if type(self).__setitem__ is dict.__setitem__ and not hasattr(type(self), '__missing__'):
                    return dict.setdefault(self, key, default)
                with self._steps:
                    if key in self:
                        return self[key]
                    self[key] = default
                    return default

            def copy(self):
                return self.__class__(self)

            @classmethod
            def fromkeys(cls, iterable, value=None):
                self = cls()
                for key in iterable:
                    self[key] = value
                return self

            def __eq__(self, other):
                if isinstance(other, OrderedDict):
                    return dict.__eq__(self, other) and list(self) == list(other)
                return dict.__eq__(self, other)

            def __ne__(self, other):
                same = self.__eq__(other)
                return same if same is NotImplemented else not same

            __hash__ = None

            def __or__(self, other):
                if not isinstance(other, dict):
                    return NotImplemented
                made = self.__class__(self)
                made.update(other)
                return made

            def __ror__(self, other):
                if not isinstance(other, dict):
                    return NotImplemented
                made = self.__class__(other)
                made.update(self)
                return made

            def __ior__(self, other):
                self.update(other)
                return self

            def __repr__(self):
                mark = _thread(), id(self)
                if mark in _shown:
                    return '...'
                if not self:
                    return '%s()' % type(self).__name__
                _shown.add(mark)
                try:
                    return '%s(%r)' % (type(self).__name__, dict(self.items()))
                finally:
                    _shown.discard(mark)

            def __reduce__(self):
                state = self.__getstate__()
                if isinstance(state, tuple):
                    state, slots = state
                    slots = {key: value for key, value in slots.items() if key != '_steps'}
                    if slots:
                        state = (state, slots)
                return type(self), (), state or None, None, iter(self.items())


        OrderedDict.__module__ = 'collections'
        """#
}
