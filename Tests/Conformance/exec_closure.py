# exec() with the cells that a code object's free variables need.
import types


def make(a, b):
    def inner():
        nonlocal a
        a += b
        result.append(a)
    def plain():
        result.append('plain')
    return inner, plain


result = []
inner, plain = make(1, 10)
exec(inner.__code__, globals(), closure=inner.__closure__)
inner()
exec(inner.__code__, closure=(types.CellType(5), types.CellType(100)))
exec(plain.__code__)
exec(plain.__code__, {'result': result}, None, closure=None)
print(result)


def attempt(call, *arguments, **keywords):
    try:
        call(*arguments, **keywords)
    except Exception as error:
        print(type(error).__name__, error)
    else:
        print('no error')


attempt(exec, inner.__code__)
attempt(exec, inner.__code__, closure=())
attempt(exec, inner.__code__, closure=inner.__closure__[:1])
attempt(exec, inner.__code__, closure=list(inner.__closure__))
attempt(exec, inner.__code__, closure=(1, 2))
attempt(exec, plain.__code__, closure=())
attempt(exec, plain.__code__, closure=inner.__closure__)
attempt(exec, 'pass', closure=())
attempt(exec, 'pass', closure=None)
attempt(eval, inner.__code__)
attempt(exec, inner.__code__, {}, closure=(types.CellType(), types.CellType(1)))
