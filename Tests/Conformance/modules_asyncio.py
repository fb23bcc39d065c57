# asyncio, unmodified.
import asyncio, time
async def worker(n, q):
    for i in range(3):
        await asyncio.sleep(0.001 * n)
        await q.put((n, i))
async def main():
    q = asyncio.Queue()
    async with asyncio.TaskGroup() as tg:
        for n in range(3): tg.create_task(worker(n, q))
    out = []
    while not q.empty(): out.append(q.get_nowait())
    print(sorted(out))
    try:
        async with asyncio.timeout(0.01):
            await asyncio.sleep(5)
    except TimeoutError: print('timeout')
    print(await asyncio.gather(*(asyncio.sleep(0.001, i) for i in range(4))))
    r = await asyncio.to_thread(lambda: 42)
    print(r)
    return 'ok'
print(asyncio.run(main()))


async def streams():
    async def serve(reader, writer):
        while line := await reader.readline():
            writer.write(line.upper())
            await writer.drain()
        writer.close()
        await writer.wait_closed()
    server = await asyncio.start_server(serve, '127.0.0.1', 0)
    port = server.sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection('127.0.0.1', port)
    writer.write(b'one\ntwo\n')
    print(await reader.readline(), await reader.readline())
    writer.close()
    await writer.wait_closed()
    server.close()
    await server.wait_closed()


async def locks():
    lock, event, order = asyncio.Lock(), asyncio.Event(), []

    async def holder(name):
        async with lock:
            order.append(name)
            await asyncio.sleep(0)
            order.append(name)
        event.set()
    await asyncio.gather(holder('a'), holder('b'))
    await event.wait()
    print(order)


async def cancels():
    async def sleeper():
        try:
            await asyncio.sleep(10)
        except asyncio.CancelledError:
            print('cancelled')
            raise
    task = asyncio.create_task(sleeper())
    await asyncio.sleep(0)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        print(task.cancelled(), task.done())

    async def fails():
        raise ValueError('group')
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(fails())
            group.create_task(sleeper())
    except* ValueError as caught:
        print(caught.exceptions)


async def contexts():
    import contextvars
    variable = contextvars.ContextVar('variable', default=0)

    async def child(number):
        variable.set(number)
        await asyncio.sleep(0.001)
        return variable.get()
    variable.set(9)
    print(await asyncio.gather(child(1), child(2)), variable.get())


async def programs():
    process = await asyncio.create_subprocess_exec('echo', 'from a child', stdout=asyncio.subprocess.PIPE)
    print(await process.communicate(), process.returncode)


async def signals():
    import os
    import signal
    got = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, got.set_result, 'SIGUSR1')
    os.kill(os.getpid(), signal.SIGUSR1)
    print(await got)


async def generators():
    async def numbers():
        try:
            for number in range(10):
                yield number
                await asyncio.sleep(0)
        finally:
            await asyncio.sleep(0)
            print('generator closed')
    async for number in numbers():
        if number == 2:
            break
    print([n async for n in numbers() if n % 4 == 0])

for part in (streams, locks, cancels, contexts, programs, signals, generators):
    print(part.__name__)
    asyncio.run(part())
