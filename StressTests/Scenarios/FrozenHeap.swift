// Python threads that freeze the heap and thaw it, collect, and change classes of objects, frozen or not, all at the same time.
//
// Claims    A class to which only an instance refers lives as long as the instance is in the table: that reference is not counted, so only marking
//           stands between the class and its end. So it is for a class that only a variable of a running function refers to: registers do not count
//           what never dies by its count. At the end, when nothing is frozen, the classes that are left are those of the table.
// Race window: a step that began or ended in the middle of a collection.
// Looks     at classes are by weak reference: they are cleared before anything is broken up.
// Slices    are short, over some thousand objects, so that many end with objects that are marked and not yet scanned.
import StillGC
import StillObjects
import StillPlatform
import StillThreadRegistry

final class FrozenHeap: PythonScenario, @unchecked Sendable {
    static let description = ScenarioDescription(
        name: "frozen-heap",
        claim: "no class dies while an instance or a variable refers to it, whatever is frozen, and all die when they have none and nothing is frozen",
        faults: [.keepFrozen, .skipFrames, .loseMarks], minimumClaimChecks: 2_000, minimumRaceWindows: 50,
        make: { _, _ in try FrozenHeap() })

    private static let program = """
        import _thread, gc, weakref
        gc.set_slice_budget(20000)
        lock = _thread.allocate_lock()

        def new_class(number):
            return type("K%d" % number, (), {"number": number})

        def new_entry(number):
            kind = new_class(number)
            instance = kind()
            instance.itself = [instance, number]
            return instance, weakref.ref(kind)

        table = [new_entry(number) for number in range(100)]
        graph = [[[number], {}, (number, [])] for number in range(600)]

        held = None

        def hold(number):
            global held
            with lock:
                held = new_class(number)
                # From a global variable to a register: nothing is counted.
                kind = held
                held = None
            reference = weakref.ref(kind)
            for turn in range(30):
                cycle = [turn]
                cycle.append(cycle)
                if turn == 10:
                    gc.collect()
                if reference() is None:
                    return "a class died that a variable refers to"
            if kind.number != number:
                return "a class that a variable refers to has changed"

        def step(worker, seed):
            checks = 0
            for turn in range(12):
                seed = (seed * 1103515245 + 12345) & 0x7fffffff
                key = (seed >> 4) % 100
                kind = (seed >> 12) % 256
                if kind < 8:
                    table[key] = new_entry(seed)
                elif kind < 24:
                    with lock:
                        entry = table[key]
                        # Out of the table first: the old class may die from here on.
                        table[key] = None
                        instance = entry[0]
                        new = new_class(seed)
                        instance.__class__ = new
                        table[key] = instance, weakref.ref(new)
                        del new, entry, instance
                elif kind == 24:
                    gc.freeze()
                elif kind == 25:
                    gc.unfreeze()
                elif kind == 26:
                    gc.collect()
                elif kind == 27:
                    checks += 30
                    problem = hold(seed)
                    if problem:
                        return problem
                elif kind < 128:
                    cycle = [graph[key], {}]
                    cycle[1]["cycle"] = cycle
                else:
                    graph[(seed >> 8) % 600] = [graph[key][0], {"key": key}, (turn, [])]
                for again in range(8):
                    seed = (seed * 1103515245 + 12345) & 0x7fffffff
                    number = (seed >> 8) % 100
                    entry = table[number]
                    if entry is None:
                        continue
                    checks += 1
                    if entry[1]() is None and table[number] is entry:
                        return "a class died that has an instance"
                    del entry
            return checks, 0

        def finish():
            gc.unfreeze()
            for attempt in range(3):
                gc.collect()
            if gc.get_freeze_count() != 0:
                return "%d objects are frozen after gc.unfreeze()" % gc.get_freeze_count()
            own = {id(entry[1]()) for entry in table}
            left = [kind for kind in gc.get_objects() if type(kind) is type and kind.__name__[0] == "K" and kind.__name__[1:].isdigit()]
            if len(own) != 100 or {id(kind) for kind in left} != own:
                return "%d classes are left, and %d have an instance" % (len(left), len(own))
            return 1, 0
        """

    let python: PythonWorkers

    init() throws {
        python = try PythonWorkers(program: Self.program, name: Self.description.name, functions: ["step", "finish"])
    }

    func step(worker: Int, random: inout SplitMix64, counters: inout StressCounters) -> String? {
        guard let t = python.thread(of: worker) else { return "no memory for a thread" }
        let before = Collector(of: t).phase
        let problem = python.call(t, "step", [Value(smallInt: worker), Value(smallInt: Int(random.next() >> 34))], &counters)
        if before != .idle || Collector(of: t).phase != .idle { counters.raceWindows += 1 }
        if random.next() % 16 == 0 { t.detached { OSThread.yield() } }
        t.safepoint()
        return problem
    }

    func finish() -> String? { python.finish(calling: "finish") }
}
