# except*: what is caught, what is left, what handlers raise; nested groups, splitting and deriving.
import traceback
def show(e, depth=0):
    if isinstance(e, BaseExceptionGroup):
        return '%s(%r, [%s])' % (type(e).__name__, e.message, ', '.join(show(x) for x in e.exceptions))
    return repr(e)
def attempt(f):
    try:
        f()
        print(f.__name__, 'ok')
    except BaseException as e:
        print(f.__name__, show(e), 'context', show(e.__context__) if e.__context__ else None, 'cause', repr(e.__cause__), e.__suppress_context__)
def group(): return ExceptionGroup('g', [ValueError(1), TypeError(2), ExceptionGroup('inner', [ValueError(3), KeyError(4)])])
def one():
    try: raise group()
    except* ValueError as e: print(show(e))
def all_():
    try: raise group()
    except* ValueError as e: print(show(e))
    except* TypeError as e: print(show(e))
    except* KeyError as e: print(show(e))
def tuple_():
    try: raise group()
    except* (ValueError, KeyError) as e: print(show(e))
def naked():
    try: raise ValueError('naked')
    except* ValueError as e: print(show(e))
def naked_unmatched():
    try: raise ValueError('naked')
    except* TypeError as e: print('no')
def reraise():
    try: raise group()
    except* ValueError: raise
def reraise_all():
    try: raise group()
    except* Exception: raise
def raise_new():
    try: raise group()
    except* ValueError as e: raise OSError('new')
def raise_new_all():
    try: raise group()
    except* Exception as e: raise OSError('new')
def raise_from():
    try: raise group()
    except* ValueError as e: raise OSError('new') from e
def raise_two():
    try: raise group()
    except* ValueError: raise OSError('a')
    except* TypeError: raise OSError('b')
def naked_raise():
    try: raise ValueError('n')
    except* ValueError: raise KeyError('k')
def in_function():
    try: raise group()
    except* Exception: pass
    else: print('else')
    finally: print('finally')
def no_exception():
    try: pass
    except* Exception: print('no')
    else: print('else')
def base():
    try: raise BaseExceptionGroup('b', [KeyboardInterrupt(), ValueError(1)])
    except* ValueError as e: print(show(e))
def catches_group():
    try: raise group()
    except* ExceptionGroup: pass
def catches_bad():
    try: raise group()
    except* 5: pass
def nested():
    try:
        try: raise group()
        except* KeyError as e: print(show(e))
    except* TypeError as e: print(show(e))
def name_unbound():
    try: raise group()
    except* Exception as e: pass
    try: e
    except NameError as x: print(x)
def inner_loop():
    try: raise group()
    except* ValueError:
        for i in range(3):
            if i == 1: continue
            if i == 2: break
        print('looped')
class Mine(ExceptionGroup):
    def derive(self, excs): return Mine(self.message, excs)
def mine():
    try: raise Mine('m', [ValueError(1), TypeError(2)])
    except* ValueError as e: print(type(e).__name__, show(e))
for f in (one, all_, tuple_, naked, naked_unmatched, reraise, reraise_all, raise_new, raise_new_all, raise_from, raise_two, naked_raise, in_function, no_exception, base, catches_group, catches_bad, nested, name_unbound, inner_loop, mine):
    attempt(f)
g = group(); g.add_note('note')
print([show(x) if x else None for x in g.split(ValueError)], show(g.subgroup(lambda e: isinstance(e, KeyError))), g.split(ValueError)[0].__notes__)
print(show(g.derive([OSError(1)])), repr(g), str(g), g.args == ('g', list(g.exceptions)))
for args in [('x', []), ('x', [1]), (1, [ValueError()]), ('x', 5), ('x',), ('x', [KeyboardInterrupt()])]:
    try: print(ExceptionGroup(*args))
    except (ValueError, TypeError) as e: print(type(e).__name__, e)
print(type(BaseExceptionGroup('x', [ValueError()])).__name__, type(BaseExceptionGroup('x', [KeyboardInterrupt()])).__name__)
try:
    try: raise group()
    except* ValueError: raise OSError('handler')
except ExceptionGroup as e:
    text = traceback.format_exc()
    print(text.count('OSError: handler'), 'Exception Group' in text)
