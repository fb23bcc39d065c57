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

        # The library's modules of the package that are not the runtime's own.
        __path__ = [sys._stdlib_dir + '/importlib'] if sys._stdlib_dir else []


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


        def __getattr__(name):
            # There without an import of their own.
            if name in ('_bootstrap', '_bootstrap_external'):
                return import_module('importlib.' + name)
            raise AttributeError('module %r has no attribute %r' % (__name__, name))


        def reload(module):
            if not isinstance(module, type(sys)):
                raise TypeError('reload() argument must be a module')
            name = module.__name__
            if sys.modules.get(name) is not module:
                raise ImportError('module %s not in sys.modules' % name, name=name)
            from importlib.util import find_spec
            spec = getattr(module, '__spec__', None) or find_spec(name)
            if spec is None or not spec.has_location:
                raise ModuleNotFoundError('spec not found for the module %r' % name, name=name)
            spec.loader.exec_module(module)
            return sys.modules[name]
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
                parts = ['name=%r' % (self.name,), 'loader=%r' % (self.loader,)]
                if self.origin is not None:
                    parts.append('origin=%r' % (self.origin,))
                if self.submodule_search_locations is not None:
                    parts.append('submodule_search_locations=%s' % (self.submodule_search_locations,))
                return '%s(%s)' % (type(self).__name__, ', '.join(parts))

            def __eq__(self, other):
                try:
                    return (self.name == other.name and self.loader == other.loader and self.origin == other.origin
                            and self.submodule_search_locations == other.submodule_search_locations
                            and self.cached == other.cached and self.has_location == other.has_location)
                except AttributeError:
                    return NotImplemented

            __hash__ = None


        from importlib._bootstrap_external import (BuiltinImporter, FrozenImporter, PathFinder, FileFinder, SourceFileLoader,
                                                   SourcelessFileLoader, ExtensionFileLoader, NamespaceLoader, WindowsRegistryFinder)
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


        from zlib import crc32
        """#
}
