// Programs with threads and collections, in interpreters whose blocks have guards, whatever lies around them.
import StillObmalloc
import StillPlatform
import Stillpoint
import Synchronization
import Testing

@Suite(.serialized) struct GuardedInterpreterTests {
    static let program = Array(
        """
        import gc, threading
        class Node:
            def __init__(self, n):
                self.n = n
                self.me = self
        def work():
            for i in range(3000):
                shared.append(Node(i))
                if i % 7 == 0:
                    shared.pop(0)
                text[str(i)] = "x" * i
        shared, text = [], {}
        threads = [threading.Thread(target=work) for n in range(2)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        shared.clear()
        before = gc.collect()
        gc.collect()
        assert len(text) == 3000 and all(len(text[key]) == int(key) for key in text)
        for object in gc.get_objects():
            type(object).__name__
        """.utf8)

    static let alive = Atomic<Int>(0)

    @Test(arguments: [false, true]) func collectionsWalkGuardedBlocks(observerOutside: Bool) throws {
        let observer = AllocationObserver(
            context: nil, allocated: { _, _, _, _ in GuardedInterpreterTests.alive.wrappingAdd(1, ordering: .relaxed) },
            freed: { _, _, _, _ in GuardedInterpreterTests.alive.wrappingSubtract(1, ordering: .relaxed) })
        var configuration = AllocatorConfiguration()
        for domain in [AllocatorConfiguration.Domain.mem, .object] {
            if !observerOutside { configuration.wrap(domain, in: .observer(observer)) }
            configuration.wrap(domain, in: .debug)
            if observerOutside { configuration.wrap(domain, in: .observer(observer)) }
        }
        let interpreter = try Interpreter(allocators: configuration)
        try interpreter.run(source: Self.program, filename: "<guarded>")
        #expect(Self.alive.load(ordering: .relaxed) > 1000)
        interpreter.close()
    }

    /// What a program keeps alive for ever by itself is gone at the end; an object that native code leaks would be listed.
    @Test func survivorsHaveNames() throws {
        let interpreter = try Interpreter()
        try interpreter.run(source: Self.program, filename: "<survivors>")
        interpreter.close()
        #expect(interpreter.survivors.allSatisfy { !$0.typeName.isEmpty && $0.count > 0 && $0.bytes >= $0.count * 32 })
        #expect(!interpreter.survivors.contains { $0.typeName == "Node" }, "\(interpreter.survivors)")
    }
}
