// `importlib.util` and what it needs, in Python: modules are found where the runtime finds them, and loaded by running their source.
//
// The runtime's own import statement does not ask these loaders, and there is no bytecode on disk.
enum ImportlibSources {
    /// Loaders; under this name because the library's `importlib.abc` derives from what it finds here.
    static let external = #"""
        import sys

        MAGIC_NUMBER = b'\xa7\r\r\n'
        SOURCE_SUFFIXES = ['.py']
        BYTECODE_SUFFIXES = ['.pyc']
        path_sep = '/'


        def cache_from_source(path, debug_override=None, *, optimization=None):
            path = str(path)
            head, _, tail = path.rpartition('/')
            base = tail.rpartition('.')[0] or tail
            name = '%s.%s%s.pyc' % (base, sys.implementation.cache_tag, '.opt-%s' % optimization if optimization else '')
            return (head + '/' if head or path.startswith('/') else '') + '__pycache__/' + name


        def source_from_cache(path):
            path = str(path)
            head, _, tail = path.rpartition('/')
            folder, _, cache = head.rpartition('/')
            if cache != '__pycache__' or tail.count('.') < 2:
                raise ValueError('__pycache__ not bottom-level directory in %r' % path)
            return (folder + '/' if folder else '') + tail.partition('.')[0] + '.py'


        def decode_source(source_bytes):
            from tokenize import detect_encoding
            from io import BytesIO
            encoding, _ = detect_encoding(BytesIO(source_bytes).readline)
            return source_bytes.decode(encoding).replace('\r\n', '\n').replace('\r', '\n')


        class _LoaderBasics:
            def is_package(self, fullname):
                name = self.get_filename(fullname).rpartition('/')[2]
                return name.rpartition('.')[0] == '__init__' and fullname.rpartition('.')[2] != '__init__'

            def create_module(self, spec):
                return None

            def exec_module(self, module):
                code = self.get_code(module.__name__)
                if code is None:
                    raise ImportError('cannot load module %r when get_code() returns None' % module.__name__)
                exec(code, module.__dict__)

            def load_module(self, fullname):
                from importlib.util import spec_from_loader, module_from_spec
                module = sys.modules.get(fullname)
                if module is None:
                    spec = spec_from_loader(fullname, self)
                    module = module_from_spec(spec)
                    sys.modules[fullname] = module
                    try:
                        self.exec_module(module)
                    except BaseException:
                        sys.modules.pop(fullname, None)
                        raise
                return sys.modules[fullname]


        class SourceLoader(_LoaderBasics):
            def path_mtime(self, path):
                raise OSError

            def path_stats(self, path):
                return {'mtime': self.path_mtime(path)}

            def get_source(self, fullname):
                path = self.get_filename(fullname)
                try:
                    data = self.get_data(path)
                except OSError as exc:
                    raise ImportError('source not available through get_data()', name=fullname) from exc
                return decode_source(data)

            def source_to_code(self, data, path, *, _optimize=-1):
                return compile(data, path, 'exec', dont_inherit=True)

            def get_code(self, fullname):
                path = self.get_filename(fullname)
                return self.source_to_code(self.get_data(path), path)


        class FileLoader:
            def __init__(self, fullname, path):
                self.name = fullname
                self.path = path

            def __eq__(self, other):
                return self.__class__ == other.__class__ and self.__dict__ == other.__dict__

            def __hash__(self):
                return hash(self.name) ^ hash(self.path)

            def get_filename(self, name=None):
                if name is not None and name != self.name:
                    raise ImportError('loader for %s cannot handle %s' % (self.name, name), name=name)
                return self.path

            def get_data(self, path):
                with open(str(path), 'rb') as file:
                    return file.read()

            def get_resource_reader(self, module):
                from importlib.readers import FileReader
                return FileReader(self)


        class SourceFileLoader(FileLoader, SourceLoader):
            def path_stats(self, path):
                import os
                found = os.stat(path)
                return {'mtime': found.st_mtime, 'size': found.st_size}


        class SourcelessFileLoader(FileLoader, _LoaderBasics):
            def get_code(self, fullname):
                raise ImportError('bytecode files are not supported', name=fullname)

            def get_source(self, fullname):
                return None


        class ExtensionFileLoader(FileLoader, _LoaderBasics):
            def get_code(self, fullname):
                raise ImportError('extension modules are not supported', name=fullname)

            def get_source(self, fullname):
                return None


        class NamespaceLoader(_LoaderBasics):
            def __init__(self, name, path, path_finder=None):
                self._path = path

            def is_package(self, fullname):
                return True

            def get_source(self, fullname):
                return ''

            def get_code(self, fullname):
                return compile('', '<string>', 'exec', dont_inherit=True)


        _NamespaceLoader = NamespaceLoader


        class PathFinder:
            @classmethod
            def find_spec(cls, fullname, path=None, target=None):
                import os
                from importlib.util import spec_from_file_location
                from importlib.machinery import ModuleSpec
                tail = fullname.rpartition('.')[2]
                folders = []
                for folder in sys.path if path is None else path:
                    base = os.path.join(folder or os.getcwd(), tail)
                    if os.path.isfile(base + '/__init__.py'):
                        return spec_from_file_location(fullname, base + '/__init__.py', submodule_search_locations=[base])
                    if os.path.isfile(base + '.py'):
                        return spec_from_file_location(fullname, base + '.py')
                    if os.path.isdir(base):
                        folders.append(base)
                if folders:
                    spec = ModuleSpec(fullname, None, is_package=True)
                    spec.submodule_search_locations = folders
                    return spec
                return None

            @staticmethod
            def invalidate_caches():
                pass


        class FileFinder:
            def __init__(self, path, *loader_details):
                self.path = path or '.'

            def find_spec(self, fullname, target=None):
                return PathFinder.find_spec(fullname, [self.path])

            def invalidate_caches(self):
                pass

            def __repr__(self):
                return 'FileFinder(%r)' % self.path


        class BuiltinImporter:
            @classmethod
            def find_spec(cls, fullname, path=None, target=None):
                if path is None and fullname in sys.builtin_module_names:
                    from importlib.util import spec_from_loader
                    return spec_from_loader(fullname, cls, origin='built-in')
                return None

            @staticmethod
            def create_module(spec):
                return __import__(spec.name)

            @staticmethod
            def exec_module(module):
                pass

            @classmethod
            def get_code(cls, fullname):
                return None

            @classmethod
            def get_source(cls, fullname):
                return None

            @classmethod
            def is_package(cls, fullname):
                return False


        class FrozenImporter(BuiltinImporter):
            @classmethod
            def find_spec(cls, fullname, path=None, target=None):
                return None


        class WindowsRegistryFinder:
            @classmethod
            def find_spec(cls, fullname, path=None, target=None):
                return None


        def _find_module_shim(self, fullname):
            loader, portions = self.find_loader(fullname)
            return loader


        def _path_hook(path):
            import os
            if not os.path.isdir(path or '.'):
                raise ImportError('only directories are supported', path=path)
            return FileFinder(path)


        # For programs that ask the hooks themselves, such as pkgutil.
        if not sys.path_hooks:
            sys.path_hooks.append(_path_hook)
        """#

    /// What the library calls by this name.
    static let bootstrap = #"""
        import sys
        from importlib.machinery import ModuleSpec
        from importlib.util import module_from_spec, spec_from_loader


        def _load(spec):
            module = module_from_spec(spec)
            sys.modules[spec.name] = module
            try:
                spec.loader.exec_module(module)
            except BaseException:
                sys.modules.pop(spec.name, None)
                raise
            return sys.modules[spec.name]


        def _load_module_shim(self, fullname):
            module = sys.modules.get(fullname)
            if module is None:
                return _load(spec_from_loader(fullname, self))
            self.exec_module(module)
            return sys.modules[fullname]


        def _verbose_message(message, *args, verbosity=1):
            pass
        """#

    /// What `sysconfig` reads about how the runtime was built.
    static let configuration = #"""
        build_time_vars = {'Py_GIL_DISABLED': 1, 'CONFIG_ARGS': '', 'EXT_SUFFIX': '', 'VERSION': '3.13', 'SIZEOF_VOID_P': 8, 'LIBDIR': '/usr/lib'}
        """#

    static let util = #"""
        import sys
        from types import ModuleType as _ModuleType
        from importlib.machinery import ModuleSpec
        from importlib import _bootstrap_external as _external
        from importlib._bootstrap_external import MAGIC_NUMBER, cache_from_source, source_from_cache, decode_source


        def source_hash(source_bytes):
            import hashlib
            return hashlib.blake2b(source_bytes, digest_size=8).digest() if hasattr(hashlib, 'blake2b') else hashlib.sha256(source_bytes).digest()[:8]


        def resolve_name(name, package):
            if not name.startswith('.'):
                return name
            if not package:
                raise ImportError("no package specified for %r (required for relative module names)" % name)
            level = len(name) - len(name.lstrip('.'))
            bits = package.rsplit('.', level - 1)
            if len(bits) < level:
                raise ImportError('attempted relative import beyond top-level package')
            return bits[0] + '.' + name[level:] if name[level:] else bits[0]


        def spec_from_loader(name, loader, *, origin=None, is_package=None):
            if origin is None and hasattr(loader, 'get_filename'):
                if is_package is None:
                    return spec_from_file_location(name, loader=loader)
                return spec_from_file_location(name, loader=loader, submodule_search_locations=[] if is_package else None)
            if is_package is None:
                try:
                    is_package = loader.is_package(name)
                except (AttributeError, ImportError):
                    is_package = False
            return ModuleSpec(name, loader, origin=origin, is_package=is_package)


        _unset = object()


        def spec_from_file_location(name, location=None, *, loader=None, submodule_search_locations=_unset):
            import os
            if location is None:
                location = '<unknown>'
                if hasattr(loader, 'get_filename'):
                    try:
                        location = loader.get_filename(name)
                    except ImportError:
                        pass
            else:
                location = os.path.abspath(os.fspath(location))
            if loader is None:
                if location.endswith('.py'):
                    loader = _external.SourceFileLoader(name, location)
                elif location.endswith('.pyc'):
                    loader = _external.SourcelessFileLoader(name, location)
                else:
                    return None
            spec = ModuleSpec(name, loader, origin=location)
            spec.has_location = True
            if submodule_search_locations is _unset or submodule_search_locations is None:
                is_package = False
                if submodule_search_locations is _unset and hasattr(loader, 'is_package'):
                    try:
                        is_package = loader.is_package(name)
                    except ImportError:
                        pass
                spec.submodule_search_locations = [] if is_package else None
            else:
                spec.submodule_search_locations = list(submodule_search_locations)
            if spec.submodule_search_locations == []:
                spec.submodule_search_locations.append(os.path.dirname(location))
            return spec


        def module_from_spec(spec):
            module = None
            if hasattr(spec.loader, 'create_module'):
                module = spec.loader.create_module(spec)
            elif hasattr(spec.loader, 'exec_module'):
                raise ImportError('loaders that define exec_module() must also define create_module()')
            if module is None:
                module = _ModuleType(spec.name)
            module.__name__ = spec.name
            module.__loader__ = spec.loader
            module.__package__ = spec.parent
            module.__spec__ = spec
            if spec.submodule_search_locations is not None:
                module.__path__ = spec.submodule_search_locations
            if spec.has_location:
                module.__file__ = spec.origin
            return module


        def _find_spec_from_path(name, path=None):
            return _external.BuiltinImporter.find_spec(name, path) or _external.PathFinder.find_spec(name, path)


        def _spec_of(module, name):
            """For who asks a module that the runtime has imported."""
            names = vars(module)
            file, path = names.get('__file__'), names.get('__path__')
            if file is not None:
                spec = spec_from_file_location(name, file, submodule_search_locations=None if path is None else list(path))
            elif path is not None:
                spec = ModuleSpec(name, _external.NamespaceLoader(name, path, None), is_package=True)
                spec.submodule_search_locations = path
            else:
                spec = spec_from_loader(name, _external.BuiltinImporter, origin='built-in')
            return spec


        def find_spec(name, package=None):
            fullname = resolve_name(name, package) if name.startswith('.') else name
            module = sys.modules.get(fullname, _unset)
            if module is None:
                return None
            if module is not _unset:
                spec = getattr(module, '__spec__', None)
                if spec is not None:
                    return spec
                raise ValueError('%s.__spec__ is None' % name)
            parent_name = fullname.rpartition('.')[0]
            if not parent_name:
                return _find_spec_from_path(fullname)
            parent = __import__(parent_name, fromlist=['__path__'])
            try:
                path = parent.__path__
            except AttributeError as exc:
                raise ModuleNotFoundError('__path__ attribute not found on %r while trying to find %r' % (parent_name, fullname),
                                          name=fullname) from exc
            return _find_spec_from_path(fullname, list(path)) or _builtin_submodule(fullname)


        def _builtin_submodule(fullname):
            return _external.BuiltinImporter.find_spec(fullname)


        class LazyLoader:
            def __init__(self, loader):
                if not hasattr(loader, 'exec_module'):
                    raise TypeError('loader must define exec_module()')
                self.loader = loader

            @classmethod
            def factory(cls, loader):
                return lambda *args, **kwargs: cls(loader(*args, **kwargs))

            def create_module(self, spec):
                return self.loader.create_module(spec)

            def exec_module(self, module):
                # At once: a module's class cannot be changed here.
                module.__spec__.loader = self.loader
                module.__loader__ = self.loader
                self.loader.exec_module(module)
        """#
}
