// Python threads that overwrite each other's attributes, variables, items and class members while all of them read.
//
// Claims    What is read from a place was stored in that place, whole: each value is a tuple that names its place and carries a
//           checksum. A generator or closure that all threads run gives ints and its own errors only; a call of a function
//           whose defaults and code change under it gives one of their results.
// Race window: a read that found another thread's value.
// Blocks are recycled all the time, so a reader that takes a count on a stale address gets another place's tuple.
import StillPlatform

final class SharedMutation: PythonScenario, @unchecked Sendable {
    static let description = ScenarioDescription(
        name: "shared-mutation",
        claim: "what a thread reads from a place that others overwrite was stored in that place",
        faults: [.skipSlotRecheck], minimumClaimChecks: 10_000, minimumRaceWindows: 1_000,
        make: { _, _ in try SharedMutation() })

    private static let program = """
        def value(place, worker, number):
            return (place, worker, number, place * 31 + worker * 17 + number)

        class Base:
            member = value(500, 0, 0)
            def method(self):
                return 0

        class Box(Base):
            pass

        class Slotted:
            __slots__ = ("s0", "s1")

        box = Box()
        slotted = Slotted()
        for n in range(6):
            setattr(box, "a%d" % n, value(n, 0, 0))
        slotted.s0 = value(100, 0, 0)
        slotted.s1 = value(101, 0, 0)
        table = {}
        row = [value(300, 0, 0)] * 8
        variable = value(400, 0, 0)

        def make_cell():
            inside = value(600, 0, 0)
            def get():
                return inside
            def put(new):
                nonlocal inside
                inside = new
            return get, put
        get_cell, put_cell = make_cell()

        def one(a, b=1, *, c=1):
            return 1
        def two(a, b=2, *, c=2):
            return 2
        code_one, code_two = one.__code__, two.__code__

        def defaults(a=value(700, 0, 0)):
            return a

        def numbers():
            n = 0
            while True:
                n += 1
                yield n
        shared_numbers = numbers()

        def read(place, found):
            if type(found) is not tuple or len(found) != 4:
                raise AssertionError("place %d held %r" % (place, found))
            p, worker, number, check = found
            if p != place or check != p * 31 + worker * 17 + number:
                raise AssertionError("place %d held %r" % (place, found))
            return worker

        def step(worker, seed):
            global variable
            checks = 0
            others = 0
            try:
                for i in range(24):
                    seed = (seed * 1103515245 + 12345) & 0x7fffffff
                    kind = (seed >> 8) % 12
                    n = (seed >> 16) % 6
                    found = None
                    # Most steps only read: a value that another thread stored is read by many.
                    writes = seed % 4 == 0
                    if kind == 0:
                        place = n
                        if writes:
                            setattr(box, "a%d" % n, value(n, worker, i))
                        found = getattr(box, "a%d" % n)
                    elif kind == 1:
                        place = 0
                        if writes:
                            box.a0 = value(0, worker, i)
                        found = box.a0
                    elif kind == 2:
                        place = 100
                        if writes:
                            slotted.s0 = value(100, worker, i)
                        found = slotted.s0
                    elif kind == 3:
                        key = seed % 40
                        place = 200 + key
                        if writes:
                            table[key] = value(place, worker, i)
                            table.pop(seed % 37, None)
                            table["k%d" % (seed % 50)] = None
                            if seed % 256 == 0:
                                table.clear()
                        found = table.get(key)
                    elif kind == 4:
                        place = 300
                        if writes:
                            row[n] = value(300, worker, i)
                            if seed % 64 == 0:
                                row.append(row[n])
                                row.pop()
                        found = row[(n + 1) % 6]
                    elif kind == 5:
                        place = 400
                        if writes:
                            variable = value(400, worker, i)
                        found = variable
                    elif kind == 6:
                        place = 500
                        if seed % 64 == 0:
                            Base.member = value(500, worker, i)
                        found = box.member
                    elif kind == 7:
                        place = 600
                        if writes:
                            put_cell(value(600, worker, i))
                        found = get_cell()
                    elif kind == 8:
                        if seed % 32:
                            # Readers of places that others write all the time.
                            for again in range(10):
                                others += read(0, box.a0) != worker
                                others += read(600, get_cell()) != worker
                                others += read(400, variable) != worker
                                others += read(100, slotted.s0) != worker
                            checks += 40
                            continue
                        one.__code__ = code_two if seed % 2 else code_one
                        one.__defaults__ = (i,)
                        one.__kwdefaults__ = {"c": i}
                        if one(0) not in (1, 2):
                            return "a function gave neither of its results"
                        Base.method = (lambda self: 1) if seed % 4 else (lambda self: 2)
                        if box.method() not in (0, 1, 2):
                            return "a method gave none of its results"
                        checks += 2
                    elif kind == 9:
                        place = 700
                        defaults.__defaults__ = (value(700, worker, i),)
                        found = defaults()
                    elif kind == 10:
                        try:
                            if type(next(shared_numbers)) is not int:
                                return "a generator gave something else than it yields"
                        except ValueError:
                            pass
                        checks += 1
                    else:
                        place = 800
                        try:
                            raise KeyError(value(800, worker, i))
                        except KeyError as error:
                            box.error = error
                        error = box.error
                        found = error.args[0]
                        error.__traceback__, error.__context__
                    if found is not None:
                        checks += 1
                        if read(place, found) != worker:
                            others += 1
            except AssertionError as error:
                return str(error)
            return checks, others
        """

    let python: PythonWorkers

    init() throws {
        python = try PythonWorkers(program: Self.program, name: Self.description.name, functions: ["step"])
    }
}
