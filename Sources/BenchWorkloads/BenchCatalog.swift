// The benchmarks, by name.

public struct BenchDescription: Sendable {
    public var name: String
    public var summary: String
}

public enum BenchCatalog {
    public static let all = [
        BenchDescription(
            name: "gc-pauses",
            summary: "pauses of the garbage collector over an aged heap, beside CPython and the machine's own hiccups"),
        BenchDescription(
            name: "core",
            summary: "what the concurrency core costs: pauses, attaching, safepoints, deferred frees, allocator mixes; beside liburcu and other allocators"),
        BenchDescription(name: "lang", summary: "ten kernels, beside CPython and PyPy"),
    ]
}
