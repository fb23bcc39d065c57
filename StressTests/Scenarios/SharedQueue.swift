// Python threads that put into one SimpleQueue and take out of it, some of them waiting.
//
// Claims    What a thread takes out was put in by some thread and has been taken out by nobody else; at the end, what was put in and not
//           taken out is still there.
// Race window: an item that another thread has put in.
// Each item is noted in a dict before it is put in, and its note is taken when it comes out: the second time there is none. The deque has room for
// all items before the threads begin, so that the fault loses or doubles items but no memory.
import StillPlatform

final class SharedQueue: PythonScenario, @unchecked Sendable {
    static let description = ScenarioDescription(
        name: "shared-queue",
        claim: "an item of a queue is taken out once, by one thread",
        faults: [.takeWithoutLock], minimumClaimChecks: 5_000, minimumRaceWindows: 200,
        make: { _, _ in try SharedQueue() })

    private static let program = """
        from _queue import SimpleQueue, Empty

        queue = SimpleQueue()
        notes = {}
        for n in range(600):
            queue.put(n)
        for n in range(600):
            queue.get()
        numbers = [0] * 1024

        def take(worker, wait):
            item = queue.get(True, wait) if wait else queue.get_nowait()
            if type(item) is not int:
                return "%r came out of the queue" % (item,)
            if notes.pop(item, None) is None:
                return "item %d of worker %d came out twice" % divmod(item, 1024)
            return item % 1024 != worker

        def step(worker, seed):
            checks = 0
            others = 0
            for i in range(12):
                seed = (seed * 1103515245 + 12345) & 0x7fffffff
                if seed & 0x300 == 0x300:
                    # Perhaps before anything is there: waits.
                    try:
                        found = take(worker, 0.0005)
                    except Empty:
                        pass
                    else:
                        if type(found) is str:
                            return found
                        checks += 1
                        others += found
                if queue.qsize() < 200:
                    numbers[worker] += 1
                    item = numbers[worker] * 1024 + worker
                    notes[item] = True
                    queue.put(item)
                if seed & 0x1000:
                    continue
                try:
                    found = take(worker, 0)
                except Empty:
                    continue
                if type(found) is str:
                    return found
                checks += 1
                others += found
            return checks, others

        def finish():
            while not queue.empty():
                found = take(0, 0)
                if type(found) is str:
                    return found
            if notes:
                return "%d items were put in and never came out" % len(notes)
            return 1, 0
        """

    let python: PythonWorkers

    init() throws {
        python = try PythonWorkers(program: Self.program, name: Self.description.name, functions: ["step", "finish"])
    }

    func finish() -> String? { python.finish(calling: "finish") }
}
