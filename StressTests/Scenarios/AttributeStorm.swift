// Python threads that add, change and delete attributes of the same instances and classes, materialise `__dict__`, change `__class__` and `__bases__`.
//
// Claims    What a thread has set under a name of its own it finds there, and nothing where it has deleted it, however the others move the rest about: into
//           a dict, to another class, to classes with more or fewer inline values. All values are whole. A call finds a method of one
//           of the classes that the object has had; the thread that changes bases sees the new ones at once.
// How       Each thread's names occur in code of its own, so that inline caches hold them. Objects are renewed all the time: values move to a dict only once.
// Race window: another thread has used the object since this one did.
import StillPlatform

final class AttributeStorm: PythonScenario, @unchecked Sendable {
    static let description = ScenarioDescription(
        name: "attribute-storm",
        claim: "what a thread sets under a name of its own stays there, whatever others do to the object and its class",
        faults: [.missMovingValue], minimumClaimChecks: 20_000, minimumRaceWindows: 200,
        make: { _, _ in try AttributeStorm() })

    private static let program = """
        from _thread import allocate_lock

        lock = allocate_lock()

        class Base:
            def which(self):
                return 0

        class Short(Base):
            def which(self):
                return 1

        class Long(Base):
            def fill(self):
                self.l0 = self.l1 = self.l2 = self.l3 = self.l4 = self.l5 = self.l6 = self.l7 = None
            def which(self):
                return 2

        class Other(Base):
            other = "a class attribute"
            def fill(self):
                self.o0 = self.o1 = None
            def which(self):
                return 3

        classes = [Short, Long, Other]

        class Root:
            def origin(self):
                return "R"
        class Left(Root):
            def origin(self):
                # Not super(): the class may have left the order of bases since.
                return "L" + Root.origin(self)
        class Right(Root):
            def origin(self):
                return "R" + Root.origin(self)
        class Leaf(Left):
            def origin(self):
                return "F" + super().origin()
        leaf = Leaf()

        def value(worker, number):
            return (worker, number, worker * 31 + number)

        def whole(found):
            return type(found) is tuple and len(found) == 3 and found[0] * 31 + found[1] == found[2]

        boxes = [Short() for _ in range(8)]
        users = [None] * 8

        # Code of one worker: its names are written out.
        source = '''
        def put(box, value):
            box.WORKER = value
            return box.WORKER
        def get(box):
            return box.WORKER
        def call(box):
            return box.which()
        def drop(box):
            del box.WORKER
            try:
                found = box.WORKER
            except AttributeError:
                return
            return "%r was there after it had been deleted" % (found,)
        def put_class(cls, box, value):
            cls.class_WORKER = value
            if box.class_WORKER is not value or cls.class_WORKER is not value:
                return "a class attribute is not what was set"
            del cls.class_WORKER
            try:
                found = box.class_WORKER
            except AttributeError:
                return
            return "%r was there after it had been deleted from the class" % (found,)
        def put_property(cls, box, value):
            cls.prop_WORKER = property(lambda self: value)
            if box.prop_WORKER is not value:
                return "a property is not what was set"
            del cls.prop_WORKER
            try:
                found = box.prop_WORKER
            except AttributeError:
                return
            return "a property was there after it had been deleted: %r" % (found,)
        '''
        codes = {}

        def code_of(worker):
            found = codes.get(worker)
            if found is None:
                found = {"name": "w%d" % worker}
                exec(source.replace("WORKER", "w%d" % worker), found)
                codes[worker] = found
            return found

        def change_bases(seed):
            with lock:
                base = (Left, Right)[seed % 2]
                Leaf.__bases__ = (base,)
                if leaf.origin() != "F" + base.__name__[0] + "R" or Leaf.__mro__[1] is not base or not isinstance(leaf, base):
                    return "after its change of bases a thread saw %s of %r" % (leaf.origin(), Leaf.__mro__)

        def look_at_leaf():
            if leaf.origin() not in ("FLR", "FRR"):
                return "a method call gave %r" % leaf.origin()
            order = Leaf.__mro__
            if len(order) != 4 or order[0] is not Leaf or order[1] not in (Left, Right) or order[2:] != (Root, object):
                return "the order of bases was %r" % (order,)

        def visit(worker, own, box, seed):
            name = own["name"]
            number = 0
            current = None
            checks = 0
            for i in range(12):
                seed = (seed * 1103515245 + 12345) & 0x7fffffff
                kind = (seed >> 8) % 16
                problem = None
                if kind < 4:
                    number += 1
                    current = value(worker, number)
                    if own["put"](box, current) is not current:
                        return "an attribute is not what was set"
                elif kind == 4:
                    number += 1
                    current = value(worker, number)
                    setattr(box, name, current)
                elif kind == 5 and current is not None:
                    current = None
                    problem = own["drop"](box)
                elif kind == 6:
                    for found in list(box.__dict__.values()):
                        if found is not None and not whole(found):
                            return "an object held %r" % (found,)
                elif kind == 7:
                    number += 1
                    current = value(worker, number)
                    box.__dict__[name] = current
                elif kind == 8:
                    box.__class__ = classes[seed % 3]
                elif kind == 9:
                    fill = getattr(box, "fill", None)
                    if fill is not None:
                        fill()
                elif kind == 10 and seed % 4 == 0:
                    problem = own["put_class"](Base, box, value(worker, i))
                elif kind == 11 and seed % 4 == 0:
                    problem = own["put_property"](Base, box, value(worker, i))
                elif kind == 12 and seed % 4 == 0:
                    problem = change_bases(seed >> 4)
                elif kind == 13:
                    problem = look_at_leaf()
                elif kind == 14 and current is not None:
                    delattr(box, name)
                    current = None
                if problem:
                    return problem
                if own["call"](box) not in (1, 2, 3):
                    return "a method of no class was called"
                if current is None:
                    if hasattr(box, name):
                        return "an attribute is there that was not set: %r" % (getattr(box, name),)
                elif own["get"](box) is not current or getattr(box, name) is not current:
                    return "an attribute was %r, not %r" % (own["get"](box), current)
                checks += 2
            if current is not None:
                own["drop"](box)
            return checks

        def step(worker, seed):
            checks = 0
            windows = 0
            own = code_of(worker)
            for i in range(4):
                seed = (seed * 1103515245 + 12345) & 0x7fffffff
                at = (seed >> 8) % 8
                if seed & 0x30000 == 0:
                    fresh = classes[(seed >> 18) % 3]()
                    if seed & 0x100000:
                        fresh.w0 = fresh.w1 = None
                        del fresh.w0, fresh.w1
                    boxes[at] = fresh
                box = boxes[at]
                users[at] = worker
                try:
                    found = visit(worker, own, box, seed)
                except AttributeError as error:
                    return "an attribute is lost: %s" % error
                if type(found) is str:
                    return found
                checks += found
                windows += users[at] != worker or boxes[at] is not box
            return checks, windows
        """

    let python: PythonWorkers

    init() throws { python = try PythonWorkers(program: Self.program, name: Self.description.name, functions: ["step"]) }
}
