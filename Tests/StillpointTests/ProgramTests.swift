import Stillpoint
import Testing

@Suite(.serialized) struct ProgramTests {
    private func run(_ source: String) throws {
        let interpreter = try Interpreter()
        defer { interpreter.close() }
        try interpreter.run(source: Array(source.utf8), filename: "<test>")
    }

    @Test func aProgramRuns() throws {
        try run("def f(n): return n if n < 2 else f(n - 1) + f(n - 2)\nassert f(15) == 610")
    }

    @Test func exceptionsReachTheHost() {
        #expect(throws: RunError.self) { try run("raise ValueError('no')") }
        #expect(throws: RunError.self) { try run("def f(:\n  pass") }
        #expect(throws: RunError.self) { try run("unknown_name") }
    }

    @Test func deepRecursionIsAnError() throws {
        try run("def f(): return f()\ntry:\n    f()\nexcept RecursionError:\n    pass\nelse:\n    raise SystemExit(1)")
    }

    @Test func cyclesAreCollected() throws {
        try run(
            """
            import gc
            gone = []
            class A:
                def __del__(self): gone.append(1)
            def make():
                a = A()
                a.me = a
            for i in range(100): make()
            gc.collect()
            assert len(gone) == 100, len(gone)
            """)
    }

    @Test func threadsShareContainers() throws {
        try run(
            """
            import _thread, time
            items = []
            done = []
            def work(n):
                for i in range(1000): items.append((n, i))
                done.append(n)
            for n in range(8): _thread.start_new_thread(work, (n,))
            while len(done) < 8: time.sleep(0.001)
            assert len(items) == 8000
            assert sorted(done) == list(range(8))
            """)
    }
}
