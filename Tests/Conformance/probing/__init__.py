"""What each of many small pieces of code gives or raises."""
import warnings

warnings.simplefilter('ignore')


def run(text):
    space = {'__name__': 'probe'}
    try:
        try:
            code = compile(text, '<probe>', 'eval')
        except SyntaxError:
            code = None
        if code is None:
            exec(compile(text, '<probe>', 'exec'), space)
            return 'done'
        return repr(eval(code, space))
    except BaseException as error:
        return f'{type(error).__name__}: {error}'


def show(probes):
    for number, text in enumerate(probes):
        print(number, text.splitlines()[0])
        print('   ', run(text))
