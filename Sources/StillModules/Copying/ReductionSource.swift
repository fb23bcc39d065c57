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
        import sys as _sys

        _heap = 1 << 9
        _rebuilt = (int, float, complex, str, bytes, tuple)
        _module = type(_sys)
        _function = type(len)
        _bound = (type(_sys.__repr__), type((lambda: 0).__get__(0)))
        _described = (type(str.upper), type(str.__add__), type(dict.__dict__['fromkeys']))


        def reduce_ex(self, protocol):
            cls = type(self)
            if cls.__reduce__ is not object.__reduce__:
                return self.__reduce__()
            if isinstance(self, type):
                return self.__qualname__
            special = _special(self, cls)
            if special is not None:
                return special
            if protocol < 2:
                return reduce(self)
            import copyreg
            make, args = _maker(self, cls, copyreg)
            items = iter(self) if isinstance(self, list) else None
            pairs = iter(self.items()) if isinstance(self, dict) else None
            if args[1:] == () and items is None and pairs is None:
                _require_plain(cls)
            return make, args, self.__getstate__(), items, pairs


        def _special(self, cls):
            # Builtin types that are made again from what they hold.
            if isinstance(self, (set, frozenset)):
                return cls, (list(self),), self.__getstate__()
            if isinstance(self, BaseException):
                state = _attributes(self)
                return (cls, self.args) if not state else (cls, self.args, state)
            if isinstance(self, bytearray):
                return cls, (bytes(self),), self.__getstate__()
            if cls is range:
                return cls, (self.start, self.stop, self.step)
            if cls is slice:
                return cls, (self.start, self.stop, self.step)
            if cls is _function:
                # By name, which is looked for in its module; of a method, with what it is bound to.
                owner = self.__self__
                if owner is None or isinstance(owner, _module):
                    return self.__qualname__
                return getattr, (owner, self.__name__)
            if cls in _bound:
                return getattr, (self.__self__, self.__name__)
            if cls in _described:
                return getattr, (self.__objclass__, self.__name__)
            if self is ...:
                return 'Ellipsis'
            if self is NotImplemented:
                return 'NotImplemented'
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
                if base is not object and not base.__flags__ & _heap:
                    raise TypeError('cannot pickle %r object' % cls.__name__)
            if not cls.__flags__ & _heap and cls is not object:
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
