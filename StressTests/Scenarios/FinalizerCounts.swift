// Objects with `__del__`, made in one thread and dropped in another, in cycles or not, while the collector runs and threads end.
//
// Claims    Each object is finalized once, also if its finalizer brings it back; at the end every one has been. What a thread makes and drops
//           at once is finalized at once.
// How       An object leaves a note when it is made, and its finalizer takes the note away: the second time there is none, and at the end none
//           is left. Objects get from thread to thread in shared places: bare, in containers, instances, suspended generators, tracebacks, closures
//           and cycles of these. Threads that live for a moment leave some behind: in places, in their locals, in thread-local storage.
// Race window: an object that another thread has made was dropped.
import StillPlatform

final class FinalizerCounts: PythonScenario, @unchecked Sendable {
    static let description = ScenarioDescription(
        name: "finalizer-counts",
        claim: "every object is finalized once, whoever made and whoever dropped it",
        faults: [.finalizeTwice], minimumClaimChecks: 2_000, minimumRaceWindows: 500,
        make: { _, _ in try FinalizerCounts() })

    private static let program = """
        import gc
        from _thread import allocate_lock, start_new_thread
        from threading import local
        from time import sleep

        wrong = []
        notes = {}
        places = [None] * 64
        revived = []
        numbers = [0] * 1024
        lock = allocate_lock()
        living = 0
        storage = local()

        class Counted:
            def __init__(self, number):
                self.number = number
                notes[number] = True
            def __del__(self):
                if notes.pop(self.number, None) is None:
                    wrong.append("object %d was finalized twice" % self.number)

        class Slotted:
            __slots__ = ("number", "other")
            def __init__(self, number):
                self.number = number
                notes[number] = True
            __del__ = Counted.__del__

        class Returning(Counted):
            def __del__(self):
                Counted.__del__(self)
                revived.append(self)
                if len(revived) > 20:
                    del revived[:]

        # Makes another one when it dies.
        class Heir(Counted):
            def __del__(self):
                Counted.__del__(self)
                places[self.number % 64] = (Slotted(-self.number), None)

        class Listed(list):
            __del__ = Counted.__del__

        kinds = [Counted, Slotted, Returning, Heir]

        def number_of(worker):
            # A short thread has its worker's numbers.
            with lock:
                numbers[worker] += 1
                return numbers[worker] * 1024 + worker

        def hold(target):
            yield target
            yield target

        def fail(target):
            raise ValueError(target)

        # Something that keeps an object alive.
        def wrap(target, way, worker):
            if way == 0:
                return [target]
            if way == 1:
                return {"key": (target,)}
            if way == 2:
                generator = hold(target)
                next(generator)
                return generator
            if way == 3:
                try:
                    fail(target)
                except ValueError as error:
                    return error
            if way == 4:
                return lambda: target
            if way == 5:
                listed = Listed()
                listed.number = number_of(worker)
                notes[listed.number] = True
                listed.append(target)
                listed.append(listed)
                return listed
            return target

        def cycle(target, way, worker):
            box = [wrap(target, way, worker)]
            if way & 1:
                target.other = box
            else:
                box.append(box)
            return box

        def make(worker, seed):
            number = number_of(worker)
            target = kinds[seed % 4](number)
            if seed & 4:
                return cycle(target, (seed >> 3) % 8, worker)
            return wrap(target, (seed >> 3) % 8, worker)

        def short(worker, seed):
            global living
            try:
                for i in range(seed % 4):
                    places[(seed + i) % 64] = (worker, make(worker, seed + i))
                storage.kept = make(worker, seed)
                storage.cycle = [make(worker, seed >> 3), storage.kept]
                mine = make(worker, seed >> 5)
                mine = make(worker, seed >> 7)
            finally:
                with lock:
                    living -= 1

        def step(worker, seed):
            global living
            checks = 0
            windows = 0
            for i in range(16):
                seed = (seed * 1103515245 + 12345) & 0x7fffffff
                kind = (seed >> 8) % 16
                at = (seed >> 12) % 64
                if kind < 5:
                    entry = places[at]
                    places[at] = (worker, make(worker, seed >> 16))
                    windows += entry is not None and entry[0] != worker
                    # It dies here, if it can.
                    entry = None
                elif kind < 9:
                    entry = places[at]
                    places[at] = None
                    windows += entry is not None and entry[0] != worker
                    entry = None
                elif kind < 13:
                    number = number_of(worker)
                    target = wrap(kinds[seed % 2](number), (seed >> 16) % 4, worker)
                    if number not in notes:
                        return "object %d was finalized while it was held" % number
                    target = None
                    if number in notes:
                        return "object %d was dropped and is not finalized" % number
                    checks += 2
                elif kind == 13:
                    make(worker, seed >> 16)
                elif kind == 14 and seed % 8 == 0:
                    gc.collect()
                elif kind == 15 and living < 6:
                    with lock:
                        living += 1
                    start_new_thread(short, (worker, seed >> 16))
                if wrong:
                    return wrong[0]
            return checks, windows

        def finish():
            while living:
                sleep(0.001)
            # The last thread is leaving.
            for tries in range(100):
                places[:] = [None] * 64
                del revived[:]
                gc.collect()
                if not notes:
                    break
                sleep(0.01)
            if wrong:
                return wrong[0]
            if notes:
                return "%d objects were never finalized" % len(notes)
            return 1, 0
        """

    let python: PythonWorkers

    init() throws {
        python = try PythonWorkers(program: Self.program, name: Self.description.name, functions: ["step", "finish"])
    }

    func finish() -> String? { python.finish(calling: "finish") }
}
