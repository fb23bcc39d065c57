// Small modules in Python that stand between the library's pure-Python modules and the runtime.
enum LibrarySources {
    /// `_io`: the library brings an implementation of its own in `_pyio`, which wants a few names of `io` while that is being imported.
    static let io = #"""
        import sys

        _outer = sys.modules.get('io')
        if _outer is None:
            _outer = sys.modules['io'] = type(sys)('io')
            _made = True
        else:
            _made = False
        _outer.__dict__.setdefault('__all__', [])


        class _Later:
            # `io` registers these classes with its own when it is complete.
            register = staticmethod(lambda cls: cls)


        class FileIO:
            # Until the library's class of that name takes its place.
            pass


        def open_code(path):
            return open(path, 'rb')


        _outer.open_code = open_code
        for _name in ('IOBase', 'RawIOBase', 'BufferedIOBase', 'TextIOBase'):
            setattr(_outer, _name, _Later)
        _outer.SEEK_SET, _outer.SEEK_CUR, _outer.SEEK_END = 0, 1, 2
        from _pyio import (DEFAULT_BUFFER_SIZE, BlockingIOError, UnsupportedOperation, open, FileIO, BytesIO, StringIO,
                           BufferedReader, BufferedWriter, BufferedRWPair, BufferedRandom, TextIOWrapper, IncrementalNewlineDecoder,
                           text_encoding)
        from _pyio import IOBase as _IOBase, RawIOBase as _RawIOBase, BufferedIOBase as _BufferedIOBase, TextIOBase as _TextIOBase
        if _made:
            del sys.modules['io']
        """#

    /// `importlib`: the import system is the runtime's own; these are the functions that programs call.
    static let importlib = #"""
        import sys

        __path__ = []


        def import_module(name, package=None):
            if name.startswith('.'):
                if not package:
                    raise TypeError("the 'package' argument is required to perform a relative import for %r" % name)
                level = len(name) - len(name.lstrip('.'))
                parts = package.split('.')
                if level > len(parts):
                    raise ImportError('attempted relative import beyond top-level package')
                base = '.'.join(parts[:len(parts) - level + 1])
                rest = name[level:]
                name = base + '.' + rest if rest else base
            __import__(name)
            return sys.modules[name]


        def invalidate_caches():
            pass


        def reload(module):
            raise NotImplementedError('importlib.reload() is not supported yet')
        """#

    static let machinery = #"""
        SOURCE_SUFFIXES = ['.py']
        BYTECODE_SUFFIXES = []
        DEBUG_BYTECODE_SUFFIXES = []
        OPTIMIZED_BYTECODE_SUFFIXES = []
        EXTENSION_SUFFIXES = []


        def all_suffixes():
            return SOURCE_SUFFIXES + BYTECODE_SUFFIXES + EXTENSION_SUFFIXES


        class ModuleSpec:
            def __init__(self, name, loader, *, origin=None, loader_state=None, is_package=None):
                self.name = name
                self.loader = loader
                self.origin = origin
                self.loader_state = loader_state
                self.submodule_search_locations = [] if is_package else None
                self.has_location = False
                self.cached = None

            @property
            def parent(self):
                return self.name.rpartition('.')[0] if self.submodule_search_locations is None else self.name

            def __repr__(self):
                return 'ModuleSpec(name=%r, loader=%r, origin=%r)' % (self.name, self.loader, self.origin)


        # Modules have no loaders: nothing is an instance of these.
        class BuiltinImporter: pass
        class FrozenImporter: pass
        class PathFinder: pass
        class FileFinder: pass
        class SourceFileLoader: pass
        class SourcelessFileLoader: pass
        class ExtensionFileLoader: pass
        """#

    /// `binascii`: bytes as text, and back.
    static let binascii = #"""
        class Error(ValueError):
            pass


        class Incomplete(Exception):
            pass


        _alphabet = b'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
        _values = {code: value for value, code in enumerate(_alphabet)}


        def _bytes(data):
            if isinstance(data, str):
                if not data.isascii():
                    raise ValueError('string argument should contain only ASCII characters')
                return data.encode('ascii')
            return bytes(memoryview(data))


        def hexlify(data, *separator):
            return _bytes(data).hex(*separator).encode('ascii')


        b2a_hex = hexlify


        def unhexlify(hexstr, /):
            data = _bytes(hexstr)
            if len(data) % 2:
                raise Error('Odd-length string')
            if not all(code in b'0123456789abcdefABCDEF' for code in data):
                raise Error('Non-hexadecimal digit found')
            return bytes.fromhex(data.decode('ascii'))


        a2b_hex = unhexlify


        def b2a_base64(data, /, *, newline=True):
            data = bytes(memoryview(data))
            out = bytearray()
            for at in range(0, len(data), 3):
                part = data[at:at + 3]
                word = int.from_bytes(part + bytes(3 - len(part)), 'big')
                text = bytes(_alphabet[word >> shift & 63] for shift in (18, 12, 6, 0))
                out += text[:len(part) + 1] + b'=' * (3 - len(part))
            if newline:
                out += b'\n'
            return bytes(out)


        def a2b_base64(data, /, *, strict_mode=False):
            out = bytearray()
            word = count = padding = 0
            for code in _bytes(data):
                if code == 61:
                    padding += 1
                    if count >= 2 and count + padding >= 4:
                        break
                    continue
                value = _values.get(code)
                if value is None:
                    if strict_mode:
                        raise Error('Only base64 data is allowed')
                    continue
                padding = 0
                word = word << 6 | value
                count += 1
                if count == 4:
                    out += word.to_bytes(3, 'big')
                    word = count = 0
            if count == 1:
                raise Error('Invalid base64-encoded string: number of data characters (%d) cannot be 1 more than a multiple of 4'
                            % (len(out) // 3 * 4 + 1))
            if count:
                if count + padding < 4:
                    raise Error('Incorrect padding')
                out += (word << 6 * (4 - count)).to_bytes(3, 'big')[:count - 1]
            return bytes(out)


        def _table():
            table = []
            for number in range(256):
                for _ in range(8):
                    number = number >> 1 ^ 0xedb88320 if number & 1 else number >> 1
                table.append(number)
            return table


        _crc = _table()


        def crc32(data, crc=0, /):
            crc ^= 0xffffffff
            for byte in bytes(memoryview(data)):
                crc = _crc[(crc ^ byte) & 255] ^ crc >> 8
            return crc ^ 0xffffffff
        """#

    /// `_contextvars`: each thread has a current context; `run` makes another one current for a call.
    static let contextvars = #"""
        import _thread
        from threading import local as _local

        _current = _local()
        _missing = object()


        def _context():
            context = getattr(_current, 'context', None)
            if context is None:
                context = _current.context = Context()
            return context


        def copy_context():
            return _context().copy()


        class Context:
            __slots__ = ('_values', '_entered', '__weakref__')

            def __init__(self):
                self._values = {}
                self._entered = _thread.allocate_lock()

            def run(self, callable, /, *args, **kwargs):
                if not self._entered.acquire(False):
                    raise RuntimeError('cannot enter context: %r is already entered' % (self,))
                outer = getattr(_current, 'context', None)
                _current.context = self
                try:
                    return callable(*args, **kwargs)
                finally:
                    _current.context = outer
                    self._entered.release()

            def copy(self):
                made = Context()
                made._values = self._values.copy()
                return made

            def __getitem__(self, var):
                if not isinstance(var, ContextVar):
                    raise TypeError('a ContextVar key was expected, got %r' % (var,))
                return self._values[var]

            def __contains__(self, var):
                if not isinstance(var, ContextVar):
                    raise TypeError('a ContextVar key was expected, got %r' % (var,))
                return var in self._values

            def get(self, var, default=None, /):
                return self._values.get(var, default)

            def __iter__(self):
                return iter(self._values.copy())

            def __len__(self):
                return len(self._values)

            def keys(self):
                return self._values.copy().keys()

            def values(self):
                return self._values.copy().values()

            def items(self):
                return self._values.copy().items()

            def __eq__(self, other):
                if not isinstance(other, Context):
                    return NotImplemented
                return self._values == other._values

            __hash__ = None


        class ContextVar:
            __slots__ = ('_name', '_default', '__weakref__')

            def __init__(self, name, *, default=_missing):
                if not isinstance(name, str):
                    raise TypeError('context variable name must be a str')
                self._name = name
                self._default = default

            @property
            def name(self):
                return self._name

            def get(self, default=_missing, /):
                value = _context()._values.get(self, _missing)
                if value is not _missing:
                    return value
                if default is not _missing:
                    return default
                if self._default is not _missing:
                    return self._default
                raise LookupError(self)

            def set(self, value, /):
                values = _context()._values
                token = Token(self, values.get(self, _missing), _context())
                values[self] = value
                return token

            def reset(self, token, /):
                if token._used:
                    raise RuntimeError('%r has already been used once' % (token,))
                if token.var is not self:
                    raise ValueError('%r was created by a different ContextVar' % (token,))
                if token._context is not _context():
                    raise ValueError('%r was created in a different Context' % (token,))
                token._used = True
                if token._old is _missing:
                    _context()._values.pop(self, None)
                else:
                    _context()._values[self] = token._old

            def __repr__(self):
                default = '' if self._default is _missing else ' default=%r' % (self._default,)
                return '<ContextVar name=%r%s at %#x>' % (self._name, default, id(self))

            def __class_getitem__(cls, item):
                return type(list[int])(cls, item)


        class _Missing:
            def __repr__(self):
                return '<Token.MISSING>'


        class Token:
            MISSING = _Missing()
            __slots__ = ('_var', '_old', '_context', '_used')

            def __init__(self, var, old, context):
                self._var, self._old, self._context, self._used = var, old, context, False

            @property
            def var(self):
                return self._var

            @property
            def old_value(self):
                return Token.MISSING if self._old is _missing else self._old

            def __repr__(self):
                return '<Token%s var=%r at %#x>' % (' used' if self._used else '', self._var, id(self))

            def __class_getitem__(cls, item):
                return type(list[int])(cls, item)
        """#
}
