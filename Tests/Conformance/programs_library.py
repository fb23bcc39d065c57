# Small uses of many modules of an unmodified standard library.
import unittest, logging, sys, traceback, decimal, fractions, pprint, inspect, argparse, typing, tempfile, os, pathlib, statistics, base64, uuid, datetime, calendar, concurrent.futures, timeit, ast, tokenize, io, string, shlex, difflib, threading, atexit, warnings, abc
class T(unittest.TestCase):
    def test_a(self):
        self.assertEqual(1+1, 2)
        with self.assertRaises(ValueError): int('x')
    def test_b(self): self.assertIn(3, [1,2])
r = unittest.TextTestRunner(stream=io.StringIO()).run(unittest.defaultTestLoader.loadTestsFromTestCase(T))
print(r.testsRun, len(r.failures), r.failures[0][1].splitlines()[-1])
logging.basicConfig(format='%(levelname)s:%(name)s:%(message)s:%(funcName)s:%(lineno)d', stream=sys.stdout)
def lg(): logging.getLogger('x').warning('hey %s', 1)
lg()
try:
    1/0
except ZeroDivisionError:
    print(traceback.format_exc().splitlines()[-1], len(traceback.extract_stack()) >= 1)
print(decimal.Decimal('1.1') + decimal.Decimal('2.2'), decimal.Decimal(1)/7, fractions.Fraction(1,3)+fractions.Fraction(1,6))
pprint.pprint({'a': list(range(30)), 'b': {'c': 'x'*50}})
def f(a, b: int = 2, *args, c, **kw) -> str: "doc"
print(inspect.signature(f), inspect.getdoc(f), inspect.isfunction(f), inspect.getsource(f))
p = argparse.ArgumentParser(prog='x'); p.add_argument('--n', type=int, default=3); p.add_argument('rest', nargs='*'); print(p.parse_args(['--n','5','a','b']))
T2 = typing.TypeVar('T2')
class G(typing.Generic[T2]): pass
print(G[int], typing.Optional[int], typing.get_type_hints(f), typing.NamedTuple('NT', [('a', int)])(1))
with tempfile.TemporaryDirectory() as d:
    q = pathlib.Path(d)/'f.txt'; q.write_text('hi'); print(q.read_text(), q.exists(), [x.name for x in pathlib.Path(d).iterdir()], sorted(os.listdir(d)))
print(statistics.mean([1,2,4]), statistics.stdev([1,2,4]), base64.b64encode(b'hello'), base64.b64decode('aGVsbG8='), uuid.UUID(int=5), uuid.uuid4().version)
print(datetime.date(2024,2,29)+datetime.timedelta(days=1), datetime.datetime(2024,1,1,5).isoformat(), datetime.datetime.strptime('2024-05-06','%Y-%m-%d'), calendar.monthrange(2024,2))
with concurrent.futures.ThreadPoolExecutor(4) as ex: print(list(ex.map(lambda x: x*x, range(5))))
print(shlex.split('a "b c" d'), difflib.get_close_matches('appel', ['ape','apple']), list(difflib.unified_diff(['a'],['b'],lineterm='')))
print([t.string for t in tokenize.generate_tokens(io.StringIO('x = 1 + y\n').readline)][:5])
warnings.simplefilter('error')
try: warnings.warn('w')
except UserWarning as e: print('warned', e)
@typing.runtime_checkable
class Pr(typing.Protocol):
    def m(self): ...
class Im:
    def m(self): pass
print(isinstance(Im(), Pr), isinstance(3, Pr))
atexit.register(print, 'bye', 1)
atexit.register(lambda: print('first'))
