# Coroutines, asynchronous generators, loops, comprehensions and context managers, driven by hand.
import sys, types

def run(coro):
    value = None
    log = []
    while True:
        try:
            value = coro.send(value)
            log.append(value)
        except StopIteration as stop:
            return stop.value, log

@types.coroutine
def sleep(n):
    got = yield n
    return got

async def add(a, b):
    await sleep(1)
    x = await sleep(2)
    return a + b + (x or 0)

print(run(add(1, 2)))

class Manager:
    def __init__(self, name): self.name = name
    async def __aenter__(self):
        await sleep('enter ' + self.name)
        return self.name
    async def __aexit__(self, kind, value, tb):
        await sleep('exit ' + self.name)
        print('exit', self.name, kind and kind.__name__, value)
        return kind is KeyError

async def managers():
    async with Manager('a') as a, Manager('b') as b:
        print(a, b)
        raise KeyError('x')
    return 'done'
print(run(managers()))

async def early():
    async with Manager('c'):
        return 7
print(run(early()))

async def ticker(n):
    for i in range(n):
        await sleep(('tick', i))
        yield i
    print('ticker ends')

async def loop():
    out = []
    async for i in ticker(3):
        out.append(i)
    else:
        out.append('else')
    async for i in ticker(5):
        if i == 1: continue
        if i == 3: break
        out.append(i)
    else:
        out.append('never')
    return out
print(run(loop()))

async def comps():
    a = [i async for i in ticker(3) if i != 1]
    b = {i: j async for i in ticker(2) for j in [i * 2]}
    c = {await add(i, 1) for i in range(2)}
    g = (i * 2 async for i in ticker(2))
    d = [x async for x in g]
    e = [[j async for j in ticker(i)] for i in range(2)]
    return a, b, c, d, e
print(run(comps())[0])

async def gen():
    try:
        got = yield 1
        print('got', got)
        try:
            got = yield 2
        except ValueError as e:
            print('caught', e)
            yield 'recovered'
        yield 3
    finally:
        await sleep('cleanup')
        print('finally')

async def drive():
    g = gen()
    print(await g.asend(None))
    print(await g.asend('hello'))
    print(await g.athrow(ValueError('bad')))
    await g.aclose()
    await g.aclose()
    try:
        await g.__anext__()
    except StopAsyncIteration as e:
        print('StopAsyncIteration', e.args)
    g = gen()
    print(await anext(g))
    try:
        await g.athrow(KeyError)
    except KeyError as e:
        print('KeyError', e.args)
    print(await anext(g, 'default'))
    print([x async for x in aiter(ticker(2))])
print(run(drive()))

async def ignores():
    try:
        yield 1
    finally:
        yield 2
async def drive2():
    g = ignores()
    await anext(g)
    try:
        await g.aclose()
    except RuntimeError as e:
        print(e)
    g = gen()
    a = g.asend(None)
    print(type(a).__name__, type(g.aclose()).__name__)
    await a
    try:
        await a
    except RuntimeError as e:
        print(e)
    await g.aclose()
    async def stop():
        yield 1
        raise StopAsyncIteration
    try:
        async for x in stop(): print(x)
    except RuntimeError as e:
        print(e, type(e.__cause__))
    async def stop2():
        raise StopIteration
    try: await stop2()
    except RuntimeError as e: print(e)
run(drive2())

class It:
    def __init__(self): self.n = 0
    def __aiter__(self): return self
    async def __anext__(self):
        self.n += 1
        if self.n > 3: raise StopAsyncIteration
        return self.n
async def it():
    return [x async for x in It()]
print(run(it()))
async def errors():
    for f in (lambda: [0], lambda: 5):
        pass
    try:
        async for x in [1]: pass
    except TypeError as e: print(e)
    class A:
        def __aiter__(self): return 5
    try:
        async for x in A(): pass
    except TypeError as e: print(e)
    class B:
        def __aiter__(self): return self
        def __anext__(self): return 5
    try:
        async for x in B(): pass
    except TypeError as e: print(e, repr(e.__cause__))
    try:
        await 5
    except TypeError as e: print(e)
    class C:
        def __await__(self): return 5
    try: await C()
    except TypeError as e: print(e)
    class D:
        def __await__(self): yield 'd'; return 6
    print(await D())
    c = add(1, 2)
    await c
    try: await c
    except RuntimeError as e: print(e)
run(errors())
hooks = []
def first(g): hooks.append('first ' + g.__name__)
def final(g): hooks.append('final ' + g.__name__)
sys.set_asyncgen_hooks(first, final)
print(type(sys.get_asyncgen_hooks()).__name__, sys.get_asyncgen_hooks().firstiter is first)
async def hooked():
    async for x in ticker(3):
        break
run(hooked())
import gc; gc.collect()
print(hooks)
sys.set_asyncgen_hooks(None, None)
import inspect
c = add(1, 2)
print(inspect.getcoroutinestate(c), inspect.iscoroutine(c), inspect.isawaitable(c))
c.send(None)
print(inspect.getcoroutinestate(c), c.cr_await.__name__, c.cr_frame.f_code.co_name)
c.close()
print(inspect.getcoroutinestate(c), c.cr_frame)
print(inspect.isasyncgen(gen()), inspect.isasyncgenfunction(gen), inspect.iscoroutinefunction(add))
def g1():
    x = 5
    yield from [1, 2]
g = g1(); next(g)
print(inspect.getgeneratorstate(g), inspect.getgeneratorlocals(g), type(g.gi_yieldfrom).__name__)
