// Python threads that build, hand on and drop structures many thousand levels deep while the collector runs: tuples, lists, dicts, instances.
//
// Claims    A deep structure is freed by whoever drops it, all of it, at once and without recursion; as part of a cycle, by the collector. One that is
//           held stays whole while collections mark it.
// How       At the bottom of each lies an object that leaves a note when it is made and takes it away when it is finalized, and some levels have one as
//           well.
// Race window: a structure that another thread has built was dropped.
import StillPlatform

final class DeepStructures: PythonScenario, @unchecked Sendable {
    static let description = ScenarioDescription(
        name: "deep-structures",
        claim: "deep structures are freed whole and at once, and stay whole while they are held",
        faults: [.leaveWaiting], minimumClaimChecks: 100, minimumRaceWindows: 20,
        make: { _, _ in try DeepStructures() })

    private static let program = """
        import gc
        from _thread import allocate_lock

        wrong = []
        notes = {}
        places = [None] * 16
        numbers = [0] * 1024
        lock = allocate_lock()

        class Bottom:
            def __init__(self, number):
                self.number = number
                notes[number] = True
            def __del__(self):
                if notes.pop(self.number, None) is None:
                    wrong.append("object %d was finalized twice" % self.number)

        class Plain:
            def __init__(self, next):
                self.next = next

        class Slotted:
            __slots__ = ("next",)
            def __init__(self, next):
                self.next = next

        class Marked(Bottom):
            pass

        def start(text):
            global longest
            longest = int(text)
            return 0, 0

        def number_of(worker):
            numbers[worker] += 1
            return numbers[worker] * 1024 + worker

        # Returns the top and the numbers of all that will be finalized with it.
        def build(worker, kind, length):
            made = [number_of(worker)]
            bottom = node = Bottom(made[0])
            if kind == 0:
                for _ in range(length):
                    node = (node,)
            elif kind == 1:
                for _ in range(length):
                    node = [node]
            elif kind == 2:
                for _ in range(length):
                    node = {"next": node}
            elif kind == 3:
                for _ in range(length):
                    node = Plain(node)
            elif kind == 4:
                for _ in range(length):
                    node = Slotted(node)
            else:
                for n in range(length // 4):
                    node = [(Plain({"next": node}),)]
                    if n % 64 == 0:
                        made.append(number_of(worker))
                        marked = Marked(made[-1])
                        marked.next = node
                        node = marked
            return bottom, node, made

        def depth(node):
            count = 0
            while type(node) is not Bottom:
                if type(node) in (tuple, list):
                    node = node[0]
                elif type(node) is dict:
                    node = node["next"]
                else:
                    node = node.next
                count += 1
            return count

        def gone(made, what):
            for number in made:
                if number in notes:
                    return "%s was dropped, and object %d is not finalized" % (what, number)

        def step(worker, seed):
            checks = 0
            windows = 0
            for i in range(4):
                seed = (seed * 1103515245 + 12345) & 0x7fffffff
                kind = (seed >> 8) % 6
                way = (seed >> 12) % 8
                at = (seed >> 16) % 16
                big = (seed >> 20) % 1024
                length = longest // 500
                if big == 0:
                    length = longest if lock.acquire(False) else length
                elif big < 32:
                    length = longest // 20
                bottom, node, made = build(worker, kind, length)
                if way < 3:
                    bottom = node = None
                    problem = gone(made, "a structure of kind %d and depth %d" % (kind, length))
                    if problem:
                        return problem
                    checks += 1
                elif way == 3:
                    # Only the collector can free it.
                    bottom.next = node
                    bottom = node = None
                elif way == 4:
                    if seed % 16 == 0:
                        gc.collect()
                    levels = depth(node)
                    if levels < length - 4 or made[0] not in notes:
                        return "a structure of depth %d became one of depth %d" % (length, levels)
                    checks += 1
                else:
                    bottom = None
                    entry = places[at]
                    places[at] = (worker, node, length)
                    if entry is not None:
                        windows += entry[0] != worker
                        if way == 7:
                            if depth(entry[1]) < entry[2] - 4:
                                return "a structure from another thread has lost levels"
                            checks += 1
                    entry = None
                bottom = node = None
                if length == longest:
                    lock.release()
                if wrong:
                    return wrong[0]
            return checks, windows

        def finish():
            places[:] = [None] * 16
            for _ in range(4):
                gc.collect()
            if wrong:
                return wrong[0]
            if notes:
                return "%d objects were never finalized" % len(notes)
            return 1, 0
        """

    let python: PythonWorkers

    init() throws {
        python = try PythonWorkers(program: Self.program, name: Self.description.name, functions: ["start", "step", "finish"])
        let longest = Sanitizer.isThreadSanitizer ? 50_000 : 1_000_000
        if let problem = python.prepare("start", "\(longest)") { throw ProgramFailure(problem: problem) }
    }

    func finish() -> String? { python.finish(calling: "finish") }
}
