# Needs Python 3.13: codecs, modules of the system and syntax trees, each with what it gives or raises.
from probing import show

PROBES = [
    """\
import codecs
codecs.register_error('my', lambda e: ('<%s>' % e.object[e.start:e.end], e.end))
print('aéèb'.encode('ascii', 'my'), b'a\\xff\\xfeb'.decode('utf-8', 'my'), b'\\x80'.decode('ascii', 'my'), 'é€'.encode('latin-1', 'my'))
""",
    """\
import codecs
codecs.register_error('bad', lambda e: 5)
'é'.encode('ascii', 'bad')
""",
    """\
import codecs
codecs.register_error('bad2', lambda e: ('é', e.end))
'é'.encode('ascii', 'bad2')
""",
    """\
import codecs
codecs.register_error('back', lambda e: ('x', 0) if e.start else ('y', 100))
b'\\xff'.decode('utf-8', 'back')
""",
    "'éé'.encode('ascii')",
    "'a\\ud800\\ud801b'.encode()",
    "'é' .encode('ascii', 'nonexistent')",
    "b'\\xff'.decode('utf-8', 'nonexistent')",
    "print('a\\n\\t\\x00é€\\U0001f600\\\\'.encode('unicode_escape'), b'a\\\\n\\\\x41\\\\u20ac\\\\U0001f600\\\\N{BULLET}\\\\101\\\\q'.decode('unicode_escape'), 'é€\\n'.encode('raw_unicode_escape'), b'\\\\u20ac\\xe9\\\\n'.decode('raw_unicode_escape'))",
    "b'\\\\x4'.decode('unicode_escape')",
    "b'\\\\u12'.decode('unicode_escape')",
    "b'a\\\\'.decode('unicode_escape')",
    'import codecs; print(codecs.escape_decode(rb\'a\\n\\x41\\101\\q\'), codecs.escape_encode(b"a\\n\\x00\'\\xff"))',
    "b'abc'.decode('utf-16')",
    """\
class B(bytes):
    def hello(self): return len(self)
b = B(b'abc'); b.x = 5; print(b, type(b), b.hello(), b.x, b + b'd', type(b + b'd'), b == b'abc', hash(b) == hash(b'abc'), {b: 1}[b'abc'], isinstance(b, bytes), bytes(b), type(bytes(b)), b[0], b[1:], type(b[1:]), repr(b), str(b), b.upper(), b'x'.join([b, b]))
""",
    """\
class B(bytes):
    def __new__(cls, n): return super().__new__(cls, b'x' * n)
print(B(3), B(0), len(B(5)))
""",
    """\
import pickle, copy
class E(Exception): pass
e = E(1, 2); e.foo = 3
f = pickle.loads(pickle.dumps(ValueError('a', 1))); print(f.args)
print(pickle.loads(pickle.dumps(range(1, 9, 2))), copy.copy(slice(1, 2, 3)), pickle.loads(pickle.dumps(slice(1, None))), copy.deepcopy(e).foo if 0 else 0)
""",
    """\
import marshal
v = [None, True, False, 1, -5, 2**40, -2**100, 1.5, 1+2j, 'aé', b'x\\xff', (1, (2,)), {1: 'a', 'b': [2]}, {1}, frozenset([2]), ..., '']
print(marshal.loads(marshal.dumps(v)) == v, marshal.dumps(None), marshal.loads(b'i\\x05\\x00\\x00\\x00'))
""",
    "import marshal; marshal.loads(b'i\\x05')",
    'import marshal; marshal.dumps(object())',
    "import marshal; marshal.loads(b'')",
    """\
import cmath
for z in (1+2j, -1-0.5j, 0.3j, -2+0j, 2-0j, 1e-5+1e5j):
    print(*['%.9g%+.9gj' % (r.real, r.imag) for r in (cmath.sqrt(z), cmath.exp(z / 100), cmath.log(z), cmath.sin(z / 10), cmath.cos(z / 10), cmath.tan(z / 10), cmath.asin(z), cmath.acos(z), cmath.atan(z), cmath.sinh(z / 10), cmath.cosh(z / 10), cmath.tanh(z / 10), cmath.asinh(z), cmath.acosh(z), cmath.atanh(z), cmath.log10(z))], '%.9g' % cmath.phase(z))
print(cmath.polar(3+4j), cmath.rect(2, 0), cmath.isclose(1, 1+1e-12j), cmath.isnan(complex('nan')), cmath.isinf(complex('inf')), cmath.isfinite(1j), cmath.pi, cmath.infj, cmath.nanj)
""",
    'import cmath; cmath.log(0)',
    'import cmath; cmath.atanh(1)',
    "import cmath; cmath.sqrt('a')",
    """\
import unicodedata as u
print(u.name('é'), u.lookup('BULLET'), u.category('A'), u.category('1'), u.category(' '), u.category('\\ud800'), u.combining('\\u0301'), u.numeric('½'), u.digit('²'), u.decimal('5'), u.mirrored('('), u.normalize('NFC', 'e\\u0301'), len(u.normalize('NFD', 'é')), u.normalize('NFKC', 'abc'), u.name('\\x00', 'none'), u.is_normalized('NFC', 'é'))
""",
    "import unicodedata as u; u.name('\\x00')",
    "import unicodedata as u; u.lookup('NOPE')",
    "import unicodedata as u; u.digit('a')",
    """\
import resource
print(resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 0, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > 0, resource.getpagesize(), resource.RLIM_INFINITY)
""",
    'import resource; resource.getrlimit(99)',
    """\
import fcntl, os
f = os.open('/tmp', os.O_RDONLY); print(fcntl.fcntl(f, fcntl.F_GETFD), fcntl.flock(f, fcntl.LOCK_SH | fcntl.LOCK_NB), fcntl.FD_CLOEXEC); os.close(f)
""",
    'import fcntl; fcntl.fcntl(9999, fcntl.F_GETFD)',
    "import pwd, grp; print(pwd.getpwuid(0).pw_name, pwd.getpwnam('root').pw_dir, grp.getgrgid(0).gr_name, pwd.getpwuid(0)[2])",
    "import pwd; pwd.getpwnam('no such')",
    """\
import importlib.util as i, sys
s = i.find_spec('json'); print(s.name, s.submodule_search_locations is not None, s.loader is not None, i.find_spec('nonexistent_zz'), i.find_spec('sys').origin, i.resolve_name('.a', 'b.c'), i.find_spec('json.decoder').name)
m = i.module_from_spec(i.spec_from_file_location('this_one', s.origin)); print(m.__name__, m.__spec__.name, m.__file__ == s.origin, m.__package__)
""",
    """\
import importlib.util as i, sys, os, tempfile
d = tempfile.mkdtemp(); p = os.path.join(d, 'mod_x.py'); open(p, 'w').write('x = 1\\ndef f(): return __name__\\n')
s = i.spec_from_file_location('mod_x', p); m = i.module_from_spec(s); s.loader.exec_module(m); print(m.x, m.f(), m.__file__ == p)
sys.path.insert(0, d); import mod_x, importlib; open(p, 'w').write('x = 2222\\n'); importlib.reload(mod_x); print(mod_x.x == 2222, mod_x.f())
""",
    """\
import zipfile, io
b = io.BytesIO()
with zipfile.ZipFile(b, 'w') as z: z.writestr('a.txt', 'hello')
with zipfile.ZipFile(b) as z: print(z.namelist(), z.read('a.txt'))
""",
    "import time; time.strptime('x', '%Y')",
    'import time; time.clock_gettime(12345)',
    """\
import os, tempfile
d = tempfile.mkdtemp(); p = d + '/a'; open(p, 'w').write('hello')
os.utime(p, (1, 2)); print(os.stat(p).st_mtime, os.stat(p).st_atime); os.utime(p, ns=(3, 4)); print(os.stat(p).st_mtime_ns); os.truncate(p, 2); print(os.path.getsize(p))
f = os.open(p, os.O_RDWR); print(os.pread(f, 1, 1), os.pwrite(f, b'zz', 1), os.pread(f, 9, 0)); os.fdatasync(f); os.fchmod(f, 0o600); os.close(f)
os.mkfifo(d + '/f'); print(os.uname().sysname, os.system('exit 3') >> 8, len(os.getloadavg()), os.sysconf('SC_PAGESIZE'), os.times().user >= 0, len(os.sched_getaffinity(0)) > 0, os.statvfs('/').f_bsize > 0, isinstance(os.getgroups(), list), os.nice(0))
""",
    """\
import pathlib, tempfile
p = pathlib.Path(tempfile.mkdtemp()) / 'x'; p.touch(); print(p.exists()); p.touch()
""",
    "import sys; sys.stdout.write('\\ud800')",
    "import sys; sys.stdout.buffer.write('x')",
    'exit(5)',
    """\
import ast
for s in ["def f[T: int, *Ts, **P](x): pass", "class A[T]: pass", "type X[T] = list[T]", "type Y = int", "async def g[T = int](): pass"]:
    t = ast.parse(s); ns = {}; exec(compile(t, 'f', 'exec'), ns); print(sorted(k for k in ns if k != '__builtins__'), [type(p).__name__ + ':' + p.name for p in t.body[0].type_params])
""",
    """\
class P:
    def __init__(self, x): self.x = x; self.y = 1
    def f(self):
        self.z: int = 5
        for self.w in (): pass
        def g(): self.v = 1
        other.q = 1
        self.u += 1
        del self.t
print(sorted(P.__static_attributes__), sorted(P(1).__dict__))
""",
    """\
import sys; old = sys.get_int_max_str_digits(); sys.set_int_max_str_digits(640)
try: str(10**700)
except ValueError as e: print(e)
try: int('1' * 700)
except ValueError as e: print(e)
sys.set_int_max_str_digits(old); print(len(str(10**700)))
""",
    "print(format(1+2j, '.2f'), format(1j, ''), format(1.5-2.25j, '>20'), format(1+2j, 'e'), format(0j, 'g'), format(-0.0+1j, '.3'), format(1+2j, '^20.1f'), f'{1+1j:+}', format(1e10+1j, ','), format(complex('nan'), 'f'))",
]

show(PROBES)
