// Functions and classes that change while every thread calls them through inline caches.
//
// Claims    A call sees one set of a function's code, defaults and keyword defaults that the function had at one moment. After a thread has changed a
//           function or a class, its own next call sees the change. A version never finds a function that has another.
// How       Function number n of a round gets code c, then defaults c, then keyword defaults c, each under the mutators' lock: at any moment code,
//           defaults and keyword defaults differ by one step at most, in that order. A call returns all three. All values are kept alive by
//           lists, so that a torn set is reported, not a crash. Functions are made anew all the time: the first change is the one that
//           stops the world.
// Race window: a call that returned before or after a change by another thread that was not there when it began.
import StillObjects
import StillPlatform
import StillThreadRegistry
import StillVM
import StillVersions

final class VersionInvalidation: StressScenario, @unchecked Sendable {
    static let description = ScenarioDescription(
        name: "version-invalidation",
        claim: "a call sees one set of its function's attributes, and a thread's own next call sees what the thread has changed",
        faults: [.keepTypeVersion, .changeFunctionRunning, .tearFunctionSnapshot], minimumClaimChecks: 20_000,
        minimumRaceWindows: 50, make: { _, _ in try VersionInvalidation() })

    private static let program = """
        import _thread
        turns = 8
        functions = []
        source = '''
        def make():
            def f(x, d=0, *, k=0):
                return %d, d, k
            return f
        '''
        codes = []
        for number in range(turns):
            space = {}
            exec(source % number, space)
            codes.append(space["make"]().__code__)
        defaults = [(number,) for number in range(turns)]
        keywords = [{"k": number} for number in range(turns)]

        def fresh():
            def f(x, d=0, *, k=0):
                return 0, d, k
            return f

        class Slot:
            def __init__(self):
                self.lock = _thread.allocate_lock()
                self.turn = 0
                self.part = 0
                self.changes = 0
                self.function = fresh()
                self.kept = []

        class Base:
            def m(self, d=-1):
                return 0

        class Derived(Base):
            pass

        slots = [Slot() for number in range(4)]
        shape = Derived()
        methods = []
        for number in range(turns):
            space = {}
            exec("def m(self, d=-1):\\n    return %d" % number, space)
            methods.append(space["m"])
        class_lock = _thread.allocate_lock()
        class_turn = [0, 0]

        def call(slot, times):
            checks = 0
            windows = 0
            for i in range(times):
                function = slot.function
                before = slot.changes
                code, d, k = function(i)
                if slot.changes != before:
                    windows += 1
                checks += 1
                ahead = (code - d) % turns
                behind = (d - k) % turns
                if ahead > 1 or behind > 1 or ahead + behind > 1:
                    return "a call saw code %d, defaults %d and keyword defaults %d" % (code, d, k)
                if i & 7 == 7:
                    code, d, k = function(i, 5)
                    checks += 1
                    if d != 5 or (code - k) % turns > 1:
                        return "a call with an argument saw code %d and keyword defaults %d" % (code, k)
                result = shape.m()
                checks += 1
                if not 0 <= result < turns:
                    return "a method returned %r" % (result,)
            return checks, windows

        # Changes in order: code, defaults, keyword defaults. Three in a row: who reads the attributes one by one must meet two of them.
        def change(slot):
            with slot.lock:
                for _ in range(3):
                    function = slot.function
                    turn = (slot.turn + 1) % turns
                    part = slot.part
                    slot.changes += 1
                    if part == 0:
                        function.__code__ = codes[turn]
                    elif part == 1:
                        function.__defaults__ = defaults[turn]
                    else:
                        function.__kwdefaults__ = keywords[turn]
                    slot.changes += 1
                    seen = function(0)[part]
                    if seen != turn:
                        return "after its own change of part %d to %d a thread saw %d" % (part, turn, seen)
                    slot.part = (part + 1) % 3
                    if part == 2:
                        slot.turn = turn
            return 3, 0

        def renew(slot):
            with slot.lock:
                slot.kept.append(slot.function)
                del slot.kept[:-50]
                slot.turn = 0
                slot.part = 0
                slot.changes += 1
                slot.function = fresh()
            return 0, 0

        def change_class(target):
            with class_lock:
                turn = (class_turn[0] + 1) % turns
                class_turn[0] = turn
                Base.m = methods[turn]
                if shape.m() != turn or Derived.m is not methods[turn]:
                    return "after its own change of a class to %d a thread saw %d" % (turn, shape.m())
            return 2, 0

        def step(worker, seed):
            checks = 0
            windows = 0
            for i in range(12):
                seed = (seed * 1103515245 + 12345) & 0x7fffffff
                slot = slots[(seed >> 8) % len(slots)]
                kind = (seed >> 12) % 8
                if kind == 0:
                    result = change(slot)
                elif kind == 1 and (seed >> 16) % 4 == 0:
                    result = renew(slot)
                elif kind == 2 and (seed >> 16) % 4 == 0:
                    result = change_class(slot)
                else:
                    result = call(slot, 20)
                if isinstance(result, str):
                    return result
                checks += result[0]
                windows += result[1]
            return checks, windows
        """

    private let python: PythonWorkers

    init() throws { python = try PythonWorkers(program: Self.program, name: Self.description.name, functions: ["step"]) }

    func enter(worker: Int) { python.enter(worker: worker) }
    func leave(worker: Int) { python.leave(worker: worker) }

    func step(worker: Int, random: inout SplitMix64, counters: inout StressCounters) -> String? {
        guard let t = python.thread(of: worker) else { return "no memory for a thread" }
        if let problem = python.call(
            t, "step", [Value(smallInt: worker), Value(smallInt: Int(random.next() >> 34))], &counters)
        {
            return problem
        }
        // Versions that call sites of this interpreter have learned.
        for _ in 0..<20 {
            let version = VersionRange.firstOfInterpreter + UInt32(random.next() % 256)
            guard let function = FunctionVersion.function(of: version, t, as: FunctionRef.self) else { continue }
            counters.claimChecks += 1
            // No safepoint since: what was found still has the version.
            let now = function.version
            function.giveUp(t)
            if now != version { return "version \(version) found a function with version \(now)" }
        }
        t.safepoint()
        return nil
    }

    func finish() -> String? { python.finish() }
}
