# Context variables: contexts, tokens, threads.
import contextvars
import gc
import threading
from contextvars import Context, ContextVar, Token, copy_context

a = ContextVar('a')
b = ContextVar('b', default=5)
print(type(a), type(copy_context()), Token, a.name, b.name, b.get(), b.get(9), a.get(7))
print(repr(b)[:33], Token.MISSING, ContextVar[int], Token[str])


def show(call):
    try:
        print(call())
    except BaseException as error:
        text = str(error)
        print(type(error).__name__, text.split(' at 0x')[0], text.rsplit('>', 1)[-1] if ' at 0x' in text else '')


show(a.get)
token = a.set(1)
print(token.var is a, token.old_value is Token.MISSING, a.get(), repr(token)[:12])
second = a.set(2)
print(second.old_value, a.get())
a.reset(second)
print(a.get(), repr(second)[:12])
show(lambda: a.reset(second))
show(lambda: b.reset(token))
show(lambda: a.reset(3))
a.reset(token)
show(a.get)
for bad in (lambda: ContextVar(3), lambda: ContextVar(), lambda: ContextVar('x', 3), lambda: Context(1), lambda: Token(), lambda: hash(token), lambda: hash(Context())):
    try:
        print(bad())
    except (TypeError, RuntimeError) as error:
        print(type(error).__name__)

a.set('outer')
context = copy_context()
print(len(context), context[a], a in context, b in context, context.get(b), context.get(b, 'none'), list(context) == [a], list(context.items()) == [(a, 'outer')],
      list(context.keys()) == [a], list(context.values()))
show(lambda: context[b])
show(lambda: context['a'])
show(lambda: 'a' in context)


def inside(x, *, y=0):
    token = a.set('inner')
    b.set(x + y)
    return a.get(), b.get(), len(copy_context()), token.old_value


print(context.run(inside, 1, y=2), a.get(), b.get(), context[a], context[b], len(context))
show(lambda: context.run(lambda: context.run(print)))
show(lambda: context.run(lambda: 1 / 0))
print(context.run(a.get), Context().run(a.get, 'nothing'), context == context.copy(), context == Context(), context.copy() is context, Context() == Context())
show(lambda: context.run())
other = Context()
made = other.run(a.set, 5)
show(lambda: a.reset(made))
print(other.run(a.get), other.run(a.reset, made), other.run(a.get, 'gone'))

# Each thread begins with a context of its own; one thread at a time is in a context.
results = []


def thread():
    results.append((a.get('empty'), b.get(), len(copy_context())))
    a.set('thread')
    results.append(a.get())
    try:
        context.run(print)
    except RuntimeError as error:
        results.append(str(error).startswith('cannot enter context: <_contextvars.Context object at 0x'))


def hold():
    worker = threading.Thread(target=thread)
    worker.start()
    worker.join()


context.run(hold)
print(results, a.get())


def spread(n):
    for i in range(200):
        a.set((n, i))
        assert a.get() == (n, i)
        inner = copy_context()
        assert inner.run(lambda: a.get()) == (n, i)
        inner.run(a.set, None)
        assert a.get() == (n, i)


workers = [threading.Thread(target=spread, args=(n,)) for n in range(4)]
for worker in workers:
    worker.start()
for worker in workers:
    worker.join()
print(a.get())


# A cycle through a context goes away.
class Node:
    alive = 0

    def __init__(self):
        Node.alive += 1

    def __del__(self):
        Node.alive -= 1


node = Node()
node.context = Context()
node.context.run(a.set, node)
del node
gc.collect()
print(Node.alive)


def generator():
    b.set('generated')
    yield b.get()
    yield b.get()


steps = copy_context().run(generator)
print(next(steps), next(steps), b.get())
import decimal
with decimal.localcontext() as local:
    local.prec = 5
    print(decimal.Decimal(1) / 3, copy_context().run(lambda: decimal.getcontext().prec))
print(decimal.getcontext().prec)
