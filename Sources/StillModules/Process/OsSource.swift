// The module `os`, in Python on top of `posix`: processes, descriptors and the environment. Files and paths are not here.
public enum OsSource {
    public static let text = #"""
        from posix import *
        from posix import _exit
        import posix as _posix

        name = 'posix'
        linesep = '\n'
        sep = '/'
        extsep = '.'
        altsep = None
        curdir = '.'
        pardir = '..'
        pathsep = ':'
        devnull = '/dev/null'


        class _Environment:
            def __init__(self, data):
                self._data = {key.decode(): value.decode() for key, value in data.items()}

            def __getitem__(self, key):
                return self._data[_text(key)]

            def __setitem__(self, key, value):
                _posix.putenv(_text(key), _text(value))
                self._data[key] = value

            def __delitem__(self, key):
                _posix.unsetenv(_text(key))
                del self._data[key]

            def __iter__(self):
                return iter(list(self._data))

            def __len__(self):
                return len(self._data)

            def __contains__(self, key):
                return key in self._data

            def __repr__(self):
                return 'environ(' + repr(self._data) + ')'

            def get(self, key, default=None):
                return self._data.get(_text(key), default)

            def keys(self):
                return self._data.keys()

            def values(self):
                return self._data.values()

            def items(self):
                return self._data.items()

            def copy(self):
                return dict(self._data)

            def pop(self, key, *default):
                if key in self._data:
                    value = self[key]
                    del self[key]
                    return value
                return self._data.pop(key, *default)

            def setdefault(self, key, value):
                if key not in self:
                    self[key] = value
                return self[key]

            def update(self, other=(), /, **more):
                for key, value in dict(other, **more).items():
                    self[key] = value


        def _text(value):
            if not isinstance(value, str):
                raise TypeError('str expected, not %s' % type(value).__name__)
            return value


        environ = _Environment(_posix.environ)


        def getenv(key, default=None):
            return environ.get(key, default)


        def execl(file, *args):
            execv(file, args)


        def process_cpu_count():
            return cpu_count()
        """#
}
