// What `copy` and `pickle` ask an object for: `object.__reduce_ex__`, `__reduce__` and `__getstate__`, in Python.
//
// The results name functions of the library's module `copyreg`, as the pickle protocol wants.
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import StillVM

enum Reduction {
    static let name = "_reduction"

    static func installHook() {
        ObjectHooks.reduction = { raw, kind, object, version in
            returning(raw) { (t) throws(PythonError) -> Value in
                let module = try Imports.load(t, Reduction.name)
                defer { t.release(module) }
                let function = ["reduce_ex", "reduce", "getstate", "iterator"][kind]
                if version == 0 { return try t.callMethod(module, Interning.intern(function), Value(bits: object)) }
                return try t.callMethod(module, Interning.intern(function), Value(bits: object), Value(bits: version))
            }
        }
    }

    static let text = #"""
        _rebuilt = (int, float, complex, str, bytes, tuple)


        def reduce_ex(self, protocol):
            cls = type(self)
            if cls.__reduce__ is not object.__reduce__:
                return self.__reduce__()
            if protocol < 2:
                return reduce(self)
            import copyreg
            if isinstance(self, type):
                return self.__qualname__
            special = _special(self, cls)
            if special is not None:
                return special
            make, args = _maker(self, cls, copyreg)
            items = iter(self) if isinstance(self, list) else None
            pairs = iter(self.items()) if isinstance(self, dict) else None
            if args[1:] == () and items is None and pairs is None:
                _require_plain(cls)
            return make, args, self.__getstate__(), items, pairs


        def _special(self, cls):
            # Builtin types that are made again from what they hold.
            if isinstance(self, (set, frozenset)):
                return cls, (list(self),), _attributes(self)
            if isinstance(self, BaseException):
                state = _attributes(self)
                return (cls, self.args) if not state else (cls, self.args, state)
            if isinstance(self, bytearray):
                return cls, (bytes(self),), _attributes(self)
            if cls is range:
                return cls, (self.start, self.stop, self.step)
            if cls is slice:
                return cls, (self.start, self.stop, self.step)
            return None


        def _attributes(self):
            return getattr(self, '__dict__', None) or None


        def _maker(self, cls, copyreg):
            extended = getattr(cls, '__getnewargs_ex__', None)
            if extended is not None:
                args, kwargs = extended(self)
                if kwargs:
                    return copyreg.__newobj_ex__, (cls, tuple(args), kwargs)
                return copyreg.__newobj__, (cls, *args)
            plain = getattr(cls, '__getnewargs__', None)
            if plain is not None:
                args = plain(self)
                if not isinstance(args, tuple):
                    raise TypeError('__getnewargs__ should return a tuple, not %r' % type(args).__name__)
                return copyreg.__newobj__, (cls, *args)
            for base in _rebuilt:
                if isinstance(self, base):
                    return copyreg.__newobj__, (cls, base(self))
            return copyreg.__newobj__, (cls,)


        def _require_plain(cls):
            # Other builtin types hold what nobody outside knows.
            for base in cls.__mro__:
                if base is not object and not base.__flags__ & 1:
                    raise TypeError('cannot pickle %r object' % cls.__name__)
            if not cls.__flags__ & 1 and cls is not object:
                raise TypeError('cannot pickle %r object' % cls.__name__)


        def reduce(self):
            import copyreg
            return copyreg._reduce_ex(self, 0)


        def iterator(args, state=None):
            # (iter, arguments, place)
            return (iter, args) if state is None else (iter, args, state)


        def getstate(self):
            state = getattr(self, '__dict__', None)
            cls = type(self)
            slots = {}
            for base in cls.__mro__:
                names = base.__dict__.get('__slots__', ())
                for name in (names,) if isinstance(names, str) else names:
                    if name in ('__dict__', '__weakref__'):
                        continue
                    if name.startswith('__') and not name.endswith('__'):
                        stripped = base.__name__.lstrip('_')
                        if stripped:
                            name = '_' + stripped + name
                    try:
                        slots[name] = getattr(self, name)
                    except AttributeError:
                        pass
            if slots:
                return state or None, slots
            return state or None
        """#
}
