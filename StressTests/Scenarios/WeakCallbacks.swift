// Python threads that drop, collect and revive objects with weak references, callbacks, finalizers of `weakref`, and entries in weak containers.
//
// Claims    A callback runs once, when its object is gone, and its reference is dead from then on. What a weak reference gives is whole. While an object
//           is held, the weak containers have it: the death of what was there under the same key before takes nothing else away.
//           `finalize` calls its function once, whoever is first: the object's death or a thread.
// How       Each callback takes a note away that was left when it was made: the second time there is none, and at the end none is left. Objects
//           travel between threads in shared places; half of them are in cycles, so that only the collector can free them, and some bring
//           themselves back in `__del__`.
// Race window: an object that another thread has made was revived through its weak reference.
import StillPlatform

final class WeakCallbacks: PythonScenario, @unchecked Sendable {
    static let description = ScenarioDescription(
        name: "weakref-callbacks",
        claim: "a weak reference gives whole objects only, and its callback runs once",
        faults: [.reviveDoomed, .removeReplacedEntry], minimumClaimChecks: 5_000, minimumRaceWindows: 100,
        make: { _, _ in try WeakCallbacks() })

    private static let program = """
        import gc
        from _thread import allocate_lock
        from weakref import ref, finalize, WeakValueDictionary, WeakKeyDictionary, WeakSet

        wrong = []
        pending = {}
        final = {}
        places = [None] * 64
        held = [None] * 64
        values = WeakValueDictionary()
        keys = WeakKeyDictionary()
        weak = WeakSet()
        own = {}
        drops = []
        spares = []
        crops = [()] * 16
        latest = 0
        kept = [None] * 1024
        numbers = [0] * 1024
        revived = []

        class Target:
            def __init__(self, number):
                self.number = number
                self.check = (number, number * 7)
                self.other = None

        class Returning(Target):
            def __del__(self):
                revived.append(self)
                if len(revived) > 20:
                    del revived[:]

        # With the rest of its cycle, if it is in one.
        def whole(target, number):
            if not isinstance(target, Target) or target.number != number or target.check != (number, number * 7):
                return False
            other = target.other
            return other is None or other.number == number and other.other is target

        def make_callback(number):
            def gone(reference):
                if reference() is not None:
                    wrong.append("a callback was called with a live reference")
                if pending.pop(number, None) is None:
                    wrong.append("the callback of %d was called twice" % number)
            return gone

        def finished(number):
            if final.pop(number, None) is None:
                wrong.append("the finalizer of %d was called twice" % number)

        def make(worker, kind):
            numbers[worker] += 1
            number = numbers[worker] * 1024 + worker
            target = (Returning if kind & 7 == 0 else Target)(number)
            reference = ref(target, make_callback(number))
            pending[number] = reference
            if kind & 8:
                other = Target(number)
                target.other, other.other = other, target
            ender = None
            if kind & 16:
                final[number] = True
                ender = finalize(target, finished, number)
            return target, (number, reference, ender, worker)

        # What the worker holds is in all weak containers. The old one is given to a thread that drops it; the moment it is dead the new one
        # takes its place.
        def renew(worker, target):
            old = own.pop(worker, None)
            if old is not None:
                drops.append(old)
                old = None
                for _ in range(100):
                    if values.get(worker) is None:
                        break
            for _ in range(target.number // 1024 % 8):
                pass
            values[worker] = target
            keys[target] = worker
            weak.add(target)
            own[worker] = target
            checks = check_own(worker)
            for _ in range(10):
                checks += check_own(worker)
            return checks

        def check_own(worker):
            target = own.get(worker)
            if target is None:
                return 0
            if values.get(worker) is not target:
                wrong.append("worker %d holds what the dictionary has not: %r" % (worker, values.get(worker)))
            if keys.get(target) != worker or target not in weak:
                wrong.append("a weak container has lost a live object")
            return 2

        def look(entry):
            number, reference, ender, worker = entry
            note = number in pending
            target = reference()
            if target is None:
                return None
            if not whole(target, number):
                wrong.append("a weak reference gave %r" % (vars(target) if isinstance(target, Target) else target,))
            if not note:
                wrong.append("a reference was alive after its callback")
            return target

        # What was revived in the last step is still whole: a collection may have been about to break it up.
        def check_kept(worker):
            mine = kept[worker]
            kept[worker] = []
            for number, target in mine or ():
                if not whole(target, number):
                    wrong.append("an object that was revived is in pieces: %r" % vars(target))

        def step(worker, seed):
            global latest
            checks = 0
            windows = 0
            check_kept(worker)
            for i in range(16):
                seed = (seed * 1103515245 + 12345) & 0x7fffffff
                kind = (seed >> 8) % 16
                at = (seed >> 12) % 64
                target = entry = None
                try:
                    drops.pop()
                except IndexError:
                    pass
                if kind < 4:
                    target, entry = make(worker, seed >> 20)
                    held[at] = target
                    places[at] = entry
                    target = None
                elif kind < 6:
                    target, entry = make(worker, seed >> 20)
                    # Most often one that another thread has made: it dies there.
                    spares.append(target)
                    places[at] = entry
                    target = None
                    if len(spares) > 8:
                        try:
                            target = spares.pop(0)
                        except IndexError:
                            continue
                        checks += renew(worker, target)
                    target = None
                elif kind < 8:
                    held[at] = None
                elif kind == 8 and places[at] is not None:
                    ender = places[at][2]
                    if ender is not None:
                        ender()
                    ender = None
                elif kind == 9 and seed % 8 == 0:
                    # Many that only the collector can free: while it is at it, others look at them.
                    latest = at % 16
                    crops[latest] = [make(worker, 9 + n * 32)[1] for n in range(1, 200)]
                    gc.collect()
                elif kind == 12:
                    for entry in crops[latest if seed % 4 else at % 16][seed % 8::8]:
                        target = look(entry)
                        checks += 1
                        if target is not None:
                            windows += entry[3] != worker
                            kept[worker].append((entry[0], target))
                    target = None
                elif kind == 10:
                    for target in list(weak) if seed % 4 == 0 else list(values.values()):
                        checks += 1
                        if not whole(target, target.number):
                            wrong.append("a weak container gave %r" % (target,))
                    target = None
                elif places[at] is not None:
                    entry = places[at]
                    target = look(entry)
                    checks += 1
                    if target is not None:
                        windows += entry[3] != worker
                        if seed % 2:
                            # It lives on, also when its place is taken.
                            held[(at + 7) % 64] = target
                        target = None
                checks += check_own(worker)
                if wrong:
                    return wrong[0]
            return checks, windows

        def finish():
            del held[:], revived[:], drops[:], spares[:], kept[:]
            own.clear()
            for _ in range(4):
                gc.collect()
                del revived[:]
            dead = [entry[0] for entry in places if entry is not None and entry[1]() is not None]
            if dead:
                return "%d objects are alive although nothing refers to them" % len(dead)
            if len(values) or len(keys) or len(weak):
                return "dead objects are in weak containers"
            if wrong:
                return wrong[0]
            if pending:
                return "%d callbacks were never called" % len(pending)
            if final:
                return "%d finalizers were never called" % len(final)
            return 1, 0
        """

    let python: PythonWorkers

    init() throws {
        python = try PythonWorkers(program: Self.program, name: Self.description.name, functions: ["step", "finish"])
    }

    func finish() -> String? { python.finish(calling: "finish") }
}
