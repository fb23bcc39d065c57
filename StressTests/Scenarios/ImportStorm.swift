// Python threads that import the same fresh modules: plain ones, three that import each other in a circle, a package, some whose body fails.
//
// Claims    A body runs once, in one thread; who imports a module gets it whole, whoever ran its body, and always the same one; only inside a circle
//           may a module be seen half done. A failing body raises in the thread that ran it, and in no other; the next import tries again.
//           Nobody waits for ever.
// How       The modules of a round are written to a folder. When enough threads have used them a new round begins; the old one is taken out of
//           sys.modules and removed when its last user has left it, and its failures are counted.
// Race window: an import of a module whose body another thread is running.
import StillPlatform

final class ImportStorm: PythonScenario, @unchecked Sendable {
    static let description = ScenarioDescription(
        name: "import-storm",
        claim: "a module's body runs once, and who imports the module sees it whole",
        faults: [.importTwice, .seeHalfModules], minimumClaimChecks: 1_000, minimumRaceWindows: 40,
        make: { _, _ in try ImportStorm() })

    private static let program = """
        import sys
        from _thread import allocate_lock, get_ident
        from posix import O_CREAT, O_WRONLY, close, mkdir, open, rmdir, unlink, write
        from time import sleep

        lock = allocate_lock()
        wrong = []
        running = {}
        bodies = {}
        attempts = {}
        broken = {}
        objects = {}

        class Broken(Exception):
            pass

        # Called by the bodies.
        def pause(name):
            length = hash(name) % 4
            if length == 0:
                sleep(0.0002)
            elif length == 1:
                sleep(0)
            for _ in range(length * 50):
                pass

        def begin(name):
            mark = [name]
            if bodies.setdefault(name, mark) is not mark:
                wrong.append("the body of %s ran twice" % name)
            begin_again(name)

        def begin_again(name):
            if name in running:
                wrong.append("the body of %s ran twice at once" % name)
            running[name] = get_ident()
            pause(name)

        def end(name):
            running.pop(name, None)

        def fails(name):
            attempts[name] = attempts.get(name, 0) + 1
            return attempts[name] < 3

        head = "import __main__ as state\\nstate.begin(__name__)\\n"
        head_again = "import __main__ as state\\nstate.begin_again(__name__)\\n"
        tail = "state.pause(__name__)\\nlast = __name__\\nstate.end(__name__)\\n"
        circle = head + "first = 1\\nimport %s\\n" + tail
        sources = {
            "@plain": head + tail,
            "@other": head + tail,
            "@user": head + "from @plain import last as theirs\\nimport @other\\n" + tail,
            "@x": circle % "@y",
            "@y": circle % "@z",
            "@z": circle % "@x",
            "@p/__init__": head + "from . import q\\n" + tail,
            "@p/q": head + "import @p\\nfrom .r import last as theirs\\n" + tail,
            "@p/r": head + tail,
            "@broken": head_again + '''half = 1
        if state.fails(__name__):
            state.end(__name__)
            raise state.Broken(__name__)
        ''' + tail,
            "@victim": head_again + '''half = 1
        try:
            import @broken
        except state.Broken:
            state.end(__name__)
            raise
        ''' + tail,
        }
        names = ["@plain", "@other", "@user", "@x", "@y", "@z", "@p", "@p.q", "@p.r", "@broken", "@victim", "@broken", "@none"]

        class Round:
            def __init__(self, number):
                self.prefix = "storm%d" % number
                self.number = number
                self.users = 0
                self.uses = 0
                self.names = [self.named(name) for name in names]
                mkdir(self.path("@p"))
                for name, source in sources.items():
                    file = open(self.path(name) + ".py", O_WRONLY | O_CREAT, 0o600)
                    write(file, self.named(source).encode())
                    close(file)

            def named(self, text):
                return text.replace("@", self.prefix)

            def path(self, name):
                return folder + "/" + self.named(name)

            # Nobody uses it any more.
            def remove(self):
                for name in self.names:
                    sys.modules.pop(name, None)
                    objects.pop(name, None)
                    bodies.pop(name, None)
                for name in sources:
                    unlink(self.path(name) + ".py")
                rmdir(self.path("@p"))
                name = self.named("@broken")
                raised = min(attempts.pop(name, 0), 2)
                seen = broken.pop(name, 0)
                if raised != seen:
                    return "a body failed %d times, and %d imports" % (raised, seen)

        def start(path):
            global folder, current
            folder = path
            sys.path.insert(0, path)
            current = Round(0)
            return 0, 0

        old = []
        renewing = False

        def use(name):
            me = get_ident()
            window = running.get(name, me) != me
            try:
                module = __import__(name, None, None, ["last"])
            except Broken as error:
                with lock:
                    broken[error.args[0]] = broken.get(error.args[0], 0) + 1
                return window
            except ModuleNotFoundError as error:
                if not name.endswith("none") or error.name != name:
                    raise
                return window
            last = getattr(module, "last", None)
            if last != name:
                wrong.append("%s was seen half done: %s" % (name, sorted(vars(module))))
            if objects.setdefault(name, module) is not module or sys.modules[name] is not module:
                wrong.append("%s was there twice" % name)
            parent, _, leaf = name.rpartition(".")
            if parent and getattr(sys.modules[parent], leaf, None) is not module:
                wrong.append("%s is not in its package" % name)
            return window

        def step(worker, seed):
            global current, renewing
            windows = 0
            with lock:
                round = current
                round.users += 1
            for i in range(6):
                seed = (seed * 1103515245 + 12345) & 0x7fffffff
                windows += use(round.names[(seed >> 8) % len(names)])
                if wrong:
                    return wrong[0]
            gone = None
            with lock:
                round.users -= 1
                round.uses += 1
                renews = round is current and round.uses >= 20 and not renewing
                if renews:
                    renewing = True
                for candidate in old:
                    if candidate.users == 0:
                        old.remove(candidate)
                        gone = candidate
                        break
            if renews:
                fresh = Round(round.number + 1)
                with lock:
                    old.append(round)
                    current = fresh
                    renewing = False
            if gone is not None:
                problem = gone.remove()
                if problem:
                    return problem
            return 6, windows

        def finish():
            for round in old + [current]:
                problem = round.remove()
                if problem:
                    return problem
            if running:
                return "bodies that have not ended: %r" % running
            return 1, 0
        """

    let python: PythonWorkers
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder("still-import-storm")
        python = try PythonWorkers(program: Self.program, name: Self.description.name, functions: ["start", "step", "finish"])
        if let problem = python.prepare("start", folder.path) { throw ProgramFailure(problem: problem) }
    }

    func finish() -> String? { python.finish(calling: "finish") }
}
