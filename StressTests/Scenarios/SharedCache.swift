// Python threads that call functions behind shared caches: one that forgets, one that does not.
//
// Claims    A call gives what the function gives for these arguments; a bounded cache never holds more than it may; hits and misses are together
//           exactly as many as calls were made.
// Race window: a result that another thread has computed.
import StillPlatform

final class SharedCache: PythonScenario, @unchecked Sendable {
    static let description = ScenarioDescription(
        name: "shared-cache",
        claim: "each call of a cached function is counted as one hit or one miss and gives the function's result",
        faults: [.tearCacheCounts], minimumClaimChecks: 10_000, minimumRaceWindows: 1_000,
        make: { _, _ in try SharedCache() })

    private static let program = """
        from _functools import _lru_cache_wrapper
        from _thread import get_ident

        class Key:
            # All in one place of the table, so that they must be compared.
            def __init__(self, number):
                self.number = number
            def __hash__(self):
                return 5
            def __eq__(self, other):
                return type(other) is Key and self.number == other.number

        def info(*values):
            return values

        def compute(x, y=0):
            number = x.number if type(x) is Key else x
            return number * 7 + y, get_ident()

        bounded = _lru_cache_wrapper(compute, 16, False, info)
        unbounded = _lru_cache_wrapper(compute, None, False, info)
        calls = [[0, 0] for _ in range(1024)]

        def step(worker, seed):
            me = get_ident()
            others = 0
            own = calls[worker]
            for i in range(24):
                seed = (seed * 1103515245 + 12345) & 0x7fffffff
                number = (seed >> 8) % 22
                kind = (seed >> 16) % 8
                if kind == 0:
                    key = Key(number)
                    own[0] += 1
                    found = bounded(key)
                    wanted = number * 7
                elif kind < 3:
                    own[1] += 1
                    found = unbounded(number, y=kind)
                    wanted = number * 7 + kind
                else:
                    own[0] += 1
                    found = bounded(number)
                    wanted = number * 7
                if type(found) is not tuple or found[0] != wanted:
                    return "a call gave %r, not %d" % (found, wanted)
                others += found[1] != me
            size = bounded.cache_info()[3]
            if size > 16:
                return "a cache of 16 holds %d" % size
            return 25, others

        def finish():
            for number, cache in enumerate((bounded, unbounded)):
                hits, misses, most, size = cache.cache_info()
                made = sum(own[number] for own in calls)
                if hits + misses != made:
                    return "%d calls were counted as %d hits and %d misses" % (made, hits, misses)
            return 2, 0
        """

    let python: PythonWorkers

    init() throws {
        python = try PythonWorkers(program: Self.program, name: Self.description.name, functions: ["step", "finish"])
    }

    func finish() -> String? { python.finish(calling: "finish") }
}
