// Python threads that resume the same generators, coroutines and asynchronous generators.
//
// Claims    Each value is delivered once, to one thread; each value sent or thrown in is heard once; `finally` runs once and one thread at most gets
//           the result. A thread that comes while another is inside is refused with Python's own error. A step of an asynchronous generator,
//           awaits included, is not interrupted by another step.
// How       A lot is one generator and the record of what it gave and heard. It is used by next, for, a generator expression, `yield from`, send,
//           throw, close, and looked at by its attributes, until it has ended; then another one takes its place, and its record is checked: when
//           all that it gave has been noted, or at the end of the run.
// Race window: a thread was refused.
// With `resumeTwice` only generators without counted variables are used, so that the fault loses or doubles values but no memory.
import StillPlatform

final class SharedGenerators: PythonScenario, @unchecked Sendable {
    static let description = ScenarioDescription(
        name: "shared-generators",
        claim: "each value of a generator goes to one thread, and a thread that finds it running is refused",
        faults: [.resumeTwice, .stepTwice], minimumClaimChecks: 10_000, minimumRaceWindows: 100,
        make: { _, _ in try SharedGenerators() })

    private static let program = """
        from _thread import allocate_lock
        from time import sleep

        LENGTH = 150
        lock = allocate_lock()
        careful = False

        class Nudge(Exception):
            pass

        class Lot:
            def __init__(self, kind):
                self.kind = kind
                self.given = 0
                self.taken = []
                self.results = []
                self.sent = []
                self.heard = []
                self.ends = []
                self.wrong = []
                self.source = kind(self) if kind is not counter else counter()
                # From the second resumption on it listens.
                if kind is listener:
                    self.taken.append(next(self.source))
                elif kind is walker:
                    self.taken.append(self.source.send(None))

        # No variables but small ints.
        def counter():
            n = 0
            while n < LENGTH:
                n += 1
                yield n
            return "end"

        def listener(lot):
            n = 0
            try:
                while n < LENGTH:
                    n += 1
                    lot.given = n
                    if n % 64 == 0:
                        # Inside, while others come.
                        sleep(0)
                    try:
                        got = yield n
                    except Nudge as nudge:
                        got = nudge.args[0]
                    if got is not None:
                        lot.heard.append(got)
            finally:
                lot.ends.append(1)
            return "end"

        class Ticket:
            def __init__(self, token):
                self.token = token
            def __await__(self):
                got = yield self.token
                return got

        async def walker(lot):
            n = 0
            try:
                while n < LENGTH:
                    n += 1
                    lot.given = n
                    got = await Ticket(n)
                    if got is not None:
                        lot.heard.append(got)
            finally:
                lot.ends.append(1)
            return "end"

        async def stepper(lot):
            n = 0
            try:
                while n < LENGTH:
                    n += 1
                    token = [n]
                    got = await Ticket(token)
                    if got is not token:
                        lot.wrong.append("%r came back for %r" % (got, token))
                    lot.given = n
                    yield n
            finally:
                lot.ends.append(1)

        def outer(inner):
            yield from inner

        kinds = [counter, listener, walker, stepper]
        lots = []
        ended = []
        late = []

        for n in range(12):
            lots.append(Lot(kinds[n % 4]))

        def be_careful():
            global careful
            careful = True
            return 0, 0

        # What is wrong with a record, and whether it is complete.
        def check(lot):
            if lot.wrong:
                return lot.wrong[0], False
            taken = sorted(lot.taken)
            # Shorter than what was given as long as a thread has not noted its value.
            given = lot.given if lot.kind is not counter else LENGTH
            if len(taken) > given:
                return "%d values came out of a generator that gave %d: %r" % (len(taken), given, taken), False
            if len(set(taken)) != len(taken):
                return "a value was delivered twice: %r" % (taken,), False
            if len(lot.results) > 1 or len(lot.ends) > 1:
                return "a generator ended %d times with a result, and left %d times" % (len(lot.results), len(lot.ends)), False
            complete = taken == list(range(1, given + 1)) and sorted(lot.sent) == sorted(lot.heard)
            return None, complete and (lot.kind is counter or given == 0 or len(lot.ends) == 1)

        def replace(index, lot):
            old = None
            with lock:
                if lots[index] is lot:
                    lots[index] = Lot(lot.kind)
                    ended.append(lot)
                if len(ended) > 8:
                    old = ended.pop(0)
            if old is not None:
                problem, complete = check(old)
                if not complete:
                    late.append(old)
                return problem

        def drive(step, token):
            asked = step.send(None)
            while True:
                if token % 32 == 0:
                    # In the middle of a step, while others come.
                    sleep(0)
                asked = step.send(asked)

        def note(lot, value):
            lot.taken.append(value)

        # What is sent to a generator that goes on to its end is heard, too.
        def hand_in(lot, call, what, token):
            try:
                value = call(what)
            except StopIteration as stop:
                if stop.value is not None:
                    lot.sent.append(token)
                raise
            lot.sent.append(token)
            note(lot, value)

        # One use of a generator. True: it has ended.
        def use_generator(lot, way, token):
            source = lot.source
            if way < 4:
                note(lot, next(source))
                return False
            if way < 10:
                left = way
                for value in source:
                    note(lot, value)
                    left -= 1
                    if not left:
                        return False
                return True
            if way == 10:
                left = 5
                for _ in (note(lot, value) for value in source):
                    left -= 1
                    if not left:
                        return False
                return True
            if lot.kind is counter:
                if not careful:
                    look(source, token)
                return False
            if way == 11:
                chain = outer(source)
                note(lot, next(chain))
                if token % 16 == 0:
                    # That closes the shared generator, too.
                    chain.close()
                    return True
                for value in chain:
                    note(lot, value)
                return True
            if way < 14:
                hand_in(lot, source.send, token, token)
            elif way == 14:
                try:
                    hand_in(lot, source.throw, Nudge(token), token)
                except Nudge:
                    return True
            elif token % 32 == 0:
                source.close()
                return True
            else:
                look(source, token)
            return False

        def look(source, token):
            source.gi_running, source.gi_suspended, source.gi_yieldfrom
            frame = source.gi_frame
            if frame is not None:
                n = frame.f_locals.get("n", 0)
                if type(n) is not int:
                    raise AssertionError("the variable of a suspended generator was %r" % (n,))
            if token % 2:
                source.__qualname__ = "name %d of it" % token
            elif " object " not in repr(source):
                raise AssertionError(repr(source))

        def use_walker(lot, way, token):
            source = lot.source
            if way < 8:
                note(lot, source.send(None))
            elif way < 15 or token % 32:
                hand_in(lot, source.send, token, token)
            else:
                source.close()
                return True
            return False

        def use_stepper(lot, way, token):
            if way < 15 or token % 32:
                step = lot.source.__anext__()
            else:
                step = lot.source.aclose()
            try:
                drive(step, token)
            except StopIteration as stop:
                if stop.value is None:
                    return True
                note(lot, stop.value)
            return False

        def use(lot, way, token):
            if lot.kind is walker:
                return use_walker(lot, way, token)
            if lot.kind is stepper:
                return use_stepper(lot, way, token)
            return use_generator(lot, way, token)

        refusals = (
            "generator already executing", "coroutine already executing", "anext(): asynchronous generator is already running",
            "aclose(): asynchronous generator is already running",
        )

        def step(worker, seed):
            checks = 0
            refused = 0
            for i in range(24):
                seed = (seed * 1103515245 + 12345) & 0x7fffffff
                index = (seed >> 8) % 12
                if careful and index % 4 in (1, 2):
                    index -= index % 4
                lot = lots[index]
                token = ((seed >> 16) * 1024 + worker) * 32 + (seed >> 4) % 32
                over = False
                try:
                    over = use(lot, (seed >> 12) % 16, token)
                    checks += 1
                except StopIteration as stop:
                    if stop.value is not None:
                        lot.results.append(stop.value)
                    over = True
                except StopAsyncIteration:
                    over = True
                except (ValueError, RuntimeError) as error:
                    if str(error) == "cannot reuse already awaited coroutine":
                        over = True
                    elif str(error) in refusals:
                        refused += 1
                    else:
                        return "%s of %s" % (repr(error), lot.kind.__name__)
                except Exception as error:
                    return "%s of %s" % (repr(error), lot.kind.__name__)
                if over:
                    problem = replace(index, lot)
                    if problem:
                        return problem
            return checks, refused

        def finish():
            checks = 0
            for lot in lots:
                for n in range(LENGTH + 2):
                    try:
                        if use(lot, 0, 1):
                            break
                    except StopIteration as stop:
                        if stop.value is not None:
                            lot.results.append(stop.value)
                        break
                    except (StopAsyncIteration, RuntimeError):
                        break
                else:
                    return "a %s did not end" % lot.kind.__name__
            for lot in lots + ended + late:
                problem, complete = check(lot)
                if problem:
                    return problem
                if not complete:
                    return "a %s gave 1 to %d, and %d values were taken; %d values were sent and %d heard" % (
                        lot.kind.__name__, lot.given, len(lot.taken), len(lot.sent), len(lot.heard))
                checks += 1
            return checks, 0
        """

    let python: PythonWorkers

    init() throws {
        python = try PythonWorkers(
            program: Self.program, name: Self.description.name, functions: ["be_careful", "step", "finish"])
    }

    func finish() -> String? { python.finish(calling: "finish") }
}
