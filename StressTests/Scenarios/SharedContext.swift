// Python threads that want into the same two contexts of `contextvars`.
//
// Claims    One thread at most is in a context; a variable has in it what the last thread there has left; outside, each thread sees its own value.
// Race window: a context was refused, because another thread is in it.
import StillPlatform

final class SharedContext: PythonScenario, @unchecked Sendable {
    static let description = ScenarioDescription(
        name: "shared-context",
        claim: "one thread at most is in a context, and it finds there what the last one left",
        faults: [.enterContextTwice], minimumClaimChecks: 500, minimumRaceWindows: 50,
        make: { _, _ in try SharedContext() })

    private static let program = """
        from _contextvars import Context, ContextVar, copy_context
        from time import sleep

        var = ContextVar("var")
        contexts = [Context(), Context()]
        inside = [None, None]
        left = [None, None]

        def visit(number, worker, seed):
            if inside[number] is not None:
                return "worker %d found worker %r in a context" % (worker, inside[number])
            inside[number] = worker
            if var.get(None) != left[number]:
                return "a context held %r, not %r" % (var.get(None), left[number])
            mine = (worker, seed)
            token = var.set(mine)
            if seed % 4 == 0:
                sleep(0)
            else:
                for _ in range(seed % 50):
                    pass
            if inside[number] != worker or var.get() is not mine:
                return "a context changed while worker %d was in it" % worker
            if seed % 3 == 0:
                var.reset(token)
            else:
                left[number] = mine
            inside[number] = None
            return None

        def step(worker, seed):
            checks = 0
            refused = 0
            own = (worker, "own")
            var.set(own)
            for i in range(8):
                seed = (seed * 1103515245 + 12345) & 0x7fffffff
                number = seed >> 8 & 1
                try:
                    problem = contexts[number].run(visit, number, worker, seed >> 9)
                except RuntimeError:
                    refused += 1
                else:
                    if problem:
                        return problem
                    checks += 1
                if var.get() is not own:
                    return "a thread's own context held %r" % (var.get(),)
                if seed & 0x70000 == 0:
                    copy = contexts[number].copy()
                    if len(copy) > 1 or copy.run(var.get, own)[0] is None:
                        return "a copied context held something else"
            return checks, refused
        """

    let python: PythonWorkers

    init() throws {
        python = try PythonWorkers(program: Self.program, name: Self.description.name, functions: ["step"])
    }
}
