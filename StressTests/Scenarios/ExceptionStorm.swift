// Python threads that raise the same exceptions, groups among them, through several frames, in handlers of others.
//
// Claims    Who catches an exception has the one that was raised in this thread, with its type and arguments. Each frame that an exception leaves is in
//           its traceback, whoever raises it at the same time, and so is each note. What it was raised in is an exception that this or another thread
//           was handling. `except*` hands out each leaf of a group once.
// How       A lot is an exception that all threads raise for a while. Then another one takes its place, and when its last user has left, the
//           entries of its traceback are counted.
// Race window: another thread raised the same exception while this one did.
import StillPlatform

final class ExceptionStorm: PythonScenario, @unchecked Sendable {
    static let description = ScenarioDescription(
        name: "exception-storm",
        claim: "an exception that several threads raise loses no entry of its traceback, and each thread catches what it has raised",
        faults: [.loseTraceback], minimumClaimChecks: 10_000, minimumRaceWindows: 200,
        make: { _, _ in try ExceptionStorm() })

    private static let program = """
        import sys
        from _thread import allocate_lock
        from time import sleep

        lock = allocate_lock()

        class Shared(Exception):
            pass

        class Own(Exception):
            def __init__(self, worker, number):
                super().__init__(worker, number)
                self.check = worker * 31 + number

        class Other(Own):
            pass

        class Lot:
            def __init__(self, number):
                self.number = number
                self.users = 0
                self.uses = 0
                self.raised = 0
                self.frames = []
                self.notes = []
                self.error = Shared(number)
                leaves = [Own(n, number) for n in range(3)] + [Other(n, number) for n in range(2)] + [KeyError(number)]
                self.leaves = leaves
                self.group = ExceptionGroup("group", [leaves[0], ExceptionGroup("inner", leaves[1:4]), leaves[4], leaves[5]])

        current = Lot(0)

        def descend(error, depth):
            if depth:
                descend(error, depth - 1)
            else:
                raise error

        # Each raises and catches, and says how many frames the exception has left, with this one.
        def raise_plainly(lot, worker, seed):
            try:
                descend(lot.error, seed % 4)
            except Shared as caught:
                if caught is not lot.error or sys.exception() is not caught:
                    return "an exception was caught that was not raised: %r" % (caught,)
            lot.frames.append(seed % 4 + 2)

        def raise_inside(lot, worker, seed):
            own = Other(worker, seed)
            try:
                try:
                    raise own
                except Own as outer:
                    if outer is not own:
                        return "%r was caught, not %r" % (outer, own)
                    descend(lot.error, seed % 3)
            except Shared as caught:
                if caught is not lot.error:
                    return "an exception was caught that was not raised: %r" % (caught,)
                context = caught.__context__
                if type(context) is not Other or context.check != context.args[0] * 31 + context.args[1]:
                    return "the context of a shared exception was %r" % (context,)
            if sys.exception() is not None:
                return "after its handler %r is still handled" % (sys.exception(),)
            lot.frames.append(seed % 3 + 2)

        class Manager:
            def __enter__(self):
                self.seen = None
                return self
            def __exit__(self, kind, error, traceback):
                self.seen = error
                if kind is not type(error) or traceback is None:
                    self.seen = None

        def raise_from(lot, worker, seed):
            own = Other(worker, seed)
            left = 0
            manager = Manager()
            try:
                with manager:
                    try:
                        raise lot.error from own
                    finally:
                        left += 1
            except Shared as caught:
                cause = caught.__cause__
                if type(cause) is not Other or cause.check != cause.args[0] * 31 + cause.args[1]:
                    return "the cause of a shared exception was %r" % (cause,)
            if manager.seen is not lot.error or left != 1:
                return "a context manager saw %r, and finally ran %d times" % (manager.seen, left)
            lot.frames.append(1)

        def note(lot, worker, seed):
            text = "%d of %d" % (seed, worker)
            lot.error.add_note(text)
            lot.notes.append(text)

        def leaves_of(group, found):
            for error in group.exceptions:
                if isinstance(error, BaseExceptionGroup):
                    leaves_of(error, found)
                else:
                    found.append(error)

        def split(lot, worker, seed):
            found = []
            others = []
            try:
                try:
                    raise lot.group
                except* Other as part:
                    leaves_of(part, others)
                    if seed % 2:
                        raise
                except* KeyError as part:
                    leaves_of(part, found)
                    raise Own(worker, seed)
            except ExceptionGroup as rest:
                leaves_of(rest, found)
            own = [error for error in found if error.args == (worker, seed) and error not in lot.leaves]
            found = [error for error in found if error not in own]
            if not seed % 2:
                found += others
            if len(own) != 1 or len(found) != len(lot.leaves) or any(error not in found for error in lot.leaves):
                return "the leaves of a group were %r and %r" % (found, own)

        def built_in(lot, worker, seed):
            try:
                kind = seed % 6
                if kind == 0:
                    wanted = ValueError, "invalid literal for int() with base 10: 'x%d'" % seed
                    int("x%d" % seed)
                elif kind == 1:
                    wanted = KeyError, str(seed)
                    {}[seed]
                elif kind == 2:
                    wanted = AttributeError, "'Lot' object has no attribute 'a%d'" % seed
                    getattr(lot, "a%d" % seed)
                elif kind == 3:
                    wanted = ZeroDivisionError, "division by zero"
                    seed / 0
                elif kind == 4:
                    wanted = IndexError, "pop from empty list"
                    [].pop()
                else:
                    wanted = NameError, "name 'nothing' is not defined"
                    nothing
            except Exception as error:
                if type(error) is not wanted[0] or str(error) != wanted[1]:
                    return "%r was raised, not %s(%s)" % (error, wanted[0].__name__, wanted[1])
                entry = error.__traceback__
                if entry is None or entry.tb_next is not None or entry.tb_frame.f_code.co_name != "built_in":
                    return "a new exception has the traceback of another"
            else:
                return "nothing was raised"

        # The traceback of the moment, while others raise.
        def read(lot, worker, seed):
            count = 0
            entry = lot.error.__traceback__
            while entry is not None:
                if entry.tb_frame.f_code.co_name not in ("descend", "raise_plainly", "raise_inside", "raise_from"):
                    return "an entry of %s is in a traceback" % entry.tb_frame.f_code.co_name
                count += 1
                entry = entry.tb_next
            # The chain of contexts ends, or comes back.
            seen = []
            error = lot.error
            while error is not None and error not in seen:
                seen.append(error)
                error = error.__context__

        ways = [raise_plainly, raise_plainly, raise_inside, raise_from, note, split, built_in, read]

        def retire(lot):
            count = 0
            entry = lot.error.__traceback__
            while entry is not None:
                count += 1
                entry = entry.tb_next
            if count != sum(lot.frames):
                return "a traceback has %d entries; %d frames were left" % (count, sum(lot.frames))
            if lot.error.args != (lot.number,):
                return "the arguments of an exception became %r" % (lot.error.args,)
            if sorted(getattr(lot.error, "__notes__", [])) != sorted(lot.notes):
                return "an exception has %d notes; %d were added" % (len(getattr(lot.error, "__notes__", [])), len(lot.notes))

        old = []

        def step(worker, seed):
            global current
            windows = 0
            with lock:
                lot = current
                lot.users += 1
            for i in range(12):
                seed = (seed * 1103515245 + 12345) & 0x7fffffff
                before = lot.raised
                lot.raised += 1
                problem = ways[(seed >> 8) % 8](lot, worker, seed >> 12)
                windows += lot.raised != before + 1
                if problem:
                    return problem
            gone = None
            with lock:
                lot.users -= 1
                lot.uses += 1
                if lot is current and lot.uses >= 8:
                    old.append(lot)
                    current = Lot(lot.number + 1)
                for candidate in old:
                    if candidate.users == 0:
                        old.remove(candidate)
                        gone = candidate
                        break
            if gone is not None:
                problem = retire(gone)
                if problem:
                    return problem
            return 12, windows

        def finish():
            for lot in old + [current]:
                problem = retire(lot)
                if problem:
                    return problem
            return 1, 0
        """

    let python: PythonWorkers

    init() throws {
        python = try PythonWorkers(program: Self.program, name: Self.description.name, functions: ["step", "finish"])
    }

    func finish() -> String? { python.finish(calling: "finish") }
}
