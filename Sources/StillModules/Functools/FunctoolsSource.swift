// The module `functools`, in Python on top of `_functools`.
//
// Sharing   A cache changes only under its lock, and never runs the cached function or a key's comparison while another thread waits for
//           it longer than a lookup takes: the function runs without the lock, so two threads may compute the same value once each.
public enum FunctoolsSource {
    public static let text = #"""
        from _functools import partial, reduce, cmp_to_key
        from _functools import _attributes
        import _thread

        WRAPPER_ASSIGNMENTS = ('__module__', '__name__', '__qualname__', '__doc__', '__annotations__')
        WRAPPER_UPDATES = ('__dict__',)
        _missing = object()


        def update_wrapper(wrapper, wrapped, assigned=WRAPPER_ASSIGNMENTS, updated=WRAPPER_UPDATES):
            for name in assigned:
                try:
                    value = getattr(wrapped, name)
                except AttributeError:
                    continue
                setattr(wrapper, name, value)
            for name in updated:
                if name == '__dict__':
                    for key, value in (_attributes(wrapped) or {}).copy().items():
                        setattr(wrapper, key, value)
                else:
                    getattr(wrapper, name).update(getattr(wrapped, name, {}))
            wrapper.__wrapped__ = wrapped
            return wrapper


        def wraps(wrapped, assigned=WRAPPER_ASSIGNMENTS, updated=WRAPPER_UPDATES):
            return lambda wrapper: update_wrapper(wrapper, wrapped, assigned, updated)


        def total_ordering(cls):
            names = ('__lt__', '__le__', '__gt__', '__ge__')
            roots = [name for name in names if getattr(cls, name, None) is not getattr(object, name, None)]
            if not roots:
                raise ValueError('must define at least one ordering operation: < > <= >=')
            # The first of the four that the class has; the others follow from it and from equality.
            root = roots[0]
            for name in names:
                if name not in roots:
                    setattr(cls, name, _derive(root, name))
            return cls


        def _derive(root, name):
            # First letters say the direction (l or g), second ones whether equal counts (t or e).
            same_direction = root[2] == name[2]
            strict = root[3] == 't'

            def derived(self, other):
                result = getattr(type(self), root)(self, other)
                if result is NotImplemented:
                    return result
                if same_direction:
                    return (result or self == other) if strict else (result and self != other)
                if root[3] != name[3]:
                    return not result
                return (not result and self != other) if strict else (not result or self == other)

            derived.__name__ = name
            return derived


        class _CacheInfo(tuple):
            __slots__ = ()
            _fields = ('hits', 'misses', 'maxsize', 'currsize')

            def __new__(cls, hits, misses, maxsize, currsize):
                return tuple.__new__(cls, (hits, misses, maxsize, currsize))

            hits = property(lambda self: self[0])
            misses = property(lambda self: self[1])
            maxsize = property(lambda self: self[2])
            currsize = property(lambda self: self[3])

            def __repr__(self):
                return 'CacheInfo(hits=%r, misses=%r, maxsize=%r, currsize=%r)' % self


        class _Key(list):
            # Hashes once: a lookup hashes its key more than once.
            __slots__ = ('value',)

            def __init__(self, parts):
                self[:] = parts
                self.value = hash(parts)

            def __hash__(self):
                return self.value


        def _make_key(args, kwds, typed):
            if not kwds and not typed:
                if len(args) == 1 and type(args[0]) in (int, str):
                    return args[0]
                return _Key(args)
            parts = args
            if kwds:
                parts += (_missing,)
                for item in kwds.items():
                    parts += item
            if typed:
                parts += tuple(type(v) for v in args)
                parts += tuple(type(v) for v in kwds.values())
            return _Key(parts)


        class _Cached:
            def __init__(self, function, maxsize, typed):
                self._function = function
                self._maxsize = maxsize
                self._typed = typed
                self._table = {}
                self._lock = _thread.RLock()
                self._hits = 0
                self._misses = 0
                update_wrapper(self, function)

            def __call__(self, /, *args, **kwds):
                if self._maxsize == 0:
                    with self._lock:
                        self._misses += 1
                    return self._function(*args, **kwds)
                key = _make_key(args, kwds, self._typed)
                table = self._table
                with self._lock:
                    found = table.get(key, _missing)
                    if found is not _missing:
                        self._hits += 1
                        if self._maxsize is not None:
                            # The table is in the order of use: the oldest entry first.
                            del table[key]
                            table[key] = found
                        return found
                    self._misses += 1
                result = self._function(*args, **kwds)
                dropped = None
                with self._lock:
                    if key not in table:
                        if self._maxsize is not None and len(table) >= self._maxsize:
                            oldest = next(iter(table))
                            dropped = (oldest, table.pop(oldest))
                        table[key] = result
                return result

            def __get__(self, instance, owner=None):
                if instance is None:
                    return self
                return type(self.__init__)(self, instance)

            def cache_info(self):
                with self._lock:
                    return _CacheInfo(self._hits, self._misses, self._maxsize, len(self._table))

            def cache_clear(self):
                with self._lock:
                    old = self._table
                    self._table = {}
                    self._hits = self._misses = 0

            def cache_parameters(self):
                return {'maxsize': self._maxsize, 'typed': self._typed}

            def __repr__(self):
                return '<functools._lru_cache_wrapper object at %#x>' % id(self)

            def __reduce__(self):
                return self.__qualname__

            def __copy__(self):
                return self

            def __deepcopy__(self, memo):
                return self


        def lru_cache(maxsize=128, typed=False):
            if isinstance(maxsize, int):
                maxsize = max(maxsize, 0)
            elif callable(maxsize) and isinstance(typed, bool):
                return _Cached(maxsize, 128, False)
            elif maxsize is not None:
                raise TypeError('Expected first argument to be an integer, a callable, or None')
            return lambda function: _Cached(function, maxsize, typed)


        def cache(function, /):
            return lru_cache(maxsize=None)(function)


        class cached_property:
            def __init__(self, func):
                self.func = func
                self.attrname = None
                self.__doc__ = func.__doc__

            def __set_name__(self, owner, name):
                if self.attrname is None:
                    self.attrname = name
                elif name != self.attrname:
                    raise TypeError('Cannot assign the same cached_property to two different names '
                                    '(%r and %r).' % (self.attrname, name))

            def __get__(self, instance, owner=None):
                if instance is None:
                    return self
                if self.attrname is None:
                    raise TypeError('Cannot use cached_property instance without calling __set_name__ on it.')
                try:
                    attributes = instance.__dict__
                except AttributeError:
                    raise TypeError("No '__dict__' attribute on %r instance to cache %r property."
                                    % (type(instance).__name__, self.attrname)) from None
                value = attributes.get(self.attrname, _missing)
                if value is _missing:
                    # Threads may compute it at once; all get the first one stored.
                    value = attributes.setdefault(self.attrname, self.func(instance))
                return value


        class partialmethod:
            def __init__(self, func, /, *args, **keywords):
                if not callable(func) and not hasattr(func, '__get__'):
                    raise TypeError('%r is not callable or a descriptor' % (func,))
                self.func = func
                self.args = args
                self.keywords = keywords

            def __get__(self, instance, owner=None):
                get = getattr(type(self.func), '__get__', None)
                if get is not None:
                    bound = get(self.func, instance, owner)
                    if bound is not self.func:
                        return partial(bound, *self.args, **self.keywords)
                if instance is None:
                    def method(self_, /, *args, **keywords):
                        return self.func(self_, *self.args, *args, **{**self.keywords, **keywords})
                    return method
                return partial(self.func, instance, *self.args, **self.keywords)


        class _SingleDispatch:
            def __init__(self, function):
                self._name = getattr(function, '__name__', 'singledispatch function')
                self._registry = {object: function}
                self._found = {}
                self.registry = self._registry
                update_wrapper(self, function)

            def dispatch(self, cls):
                found = self._found.get(cls)
                if found is None:
                    registry = self._registry.copy()
                    for base in cls.__mro__:
                        if base in registry:
                            found = registry[base]
                            break
                    # Classes that count as bases without being in the mro come in before object.
                    if found is None or (found is registry[object] and cls is not object):
                        near = [c for c in registry if c is not object and c not in cls.__mro__ and issubclass(cls, c)]
                        best = [c for c in near if not any(o is not c and issubclass(o, c) for o in near)]
                        if len(best) > 1:
                            raise RuntimeError('Ambiguous dispatch: {} or {}'.format(best[0], best[1]))
                        if best:
                            found = registry[best[0]]
                    self._found[cls] = found
                return found

            def register(self, cls, function=None):
                if function is None:
                    if isinstance(cls, type):
                        return lambda f: self.register(cls, f)
                    function = cls
                    hints = getattr(function, '__annotations__', {})
                    if not hints:
                        raise TypeError('Invalid first argument to `register()`: %r. Use either `@register(some_class)` '
                                        'or plain `@register` on an annotated function.' % (cls,))
                    name, cls = next(iter(hints.items()))
                    if not isinstance(cls, type):
                        raise TypeError('Invalid annotation for %r. %r is not a class.' % (name, cls))
                self._registry[cls] = function
                self._found = {}
                return function

            def __call__(self, /, *args, **keywords):
                if not args:
                    raise TypeError('%s requires at least 1 positional argument' % self._name)
                return self.dispatch(type(args[0]))(*args, **keywords)

            def __get__(self, instance, owner=None):
                if instance is None:
                    return self
                return type(self.__init__)(self, instance)


        def singledispatch(function):
            return _SingleDispatch(function)


        class singledispatchmethod:
            def __init__(self, func):
                if not callable(func) and not hasattr(func, '__get__'):
                    raise TypeError('%r is not callable or a descriptor' % (func,))
                self.dispatcher = singledispatch(func)
                self.func = func

            def register(self, cls, method=None):
                return self.dispatcher.register(cls, method)

            def __get__(self, instance, owner=None):
                def method(*args, **keywords):
                    function = self.dispatcher.dispatch(type(args[0]))
                    return function.__get__(instance, owner)(*args, **keywords)

                return update_wrapper(method, self.func)
        """#
}
