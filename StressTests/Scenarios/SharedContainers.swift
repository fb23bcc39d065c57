// Python threads that change one list, dict, set and object graph while the collector runs all the time.
//
// Claims    A value read from a shared container is whole: a tuple whose last item is the checksum of the others, an object with
//           its mark. A cycle that only native code refers to (the scenario's own counted reference) stays alive and whole.
//           At the end every object with a finalizer has been finalized exactly once.
// Race window: a step that began or ended in the middle of a collection.
import StillGC
import StillObjects
import StillPlatform
import StillThreadRegistry

final class SharedContainers: StressScenario, @unchecked Sendable {
    static let description = ScenarioDescription(
        name: "shared-containers",
        claim: "values in shared containers stay whole, and what native code refers to stays alive, while the collector runs",
        faults: [.ignoreOutsideCounts, .dropDeletionBarrier, .ignoreYoungCounts], minimumClaimChecks: 2_000, minimumRaceWindows: 50,
        make: { _, _ in try SharedContainers() })

    private static let program = """
        import _thread
        shared_list = [(0, 0, 0)]
        shared_dict = {}
        shared_set = set()
        lock = _thread.allocate_lock()
        counts = {"made": 0, "steps": 0}
        # Finalizers may run at any safepoint, also of a thread that holds the lock: they take none.
        gone = []

        class Node:
            def __init__(self, number):
                self.number = number
                self.mark = "node"
                self.next = None
                self.tail = [number, self]

        class Counted(Node):
            def __del__(self):
                gone.append(self.number)

        graph = [Node(i) for i in range(64)]

        def whole(value):
            return value[0] * 31 + value[1] == value[2]

        def step(worker, seed):
            checks = 0
            made = 0
            for i in range(40):
                seed = (seed * 1103515245 + 12345) & 0x7fffffff
                key = seed % 50
                value = (seed, i, seed * 31 + i)
                kind = (seed >> 8) % 8
                if kind == 0:
                    shared_list.append(value)
                    if len(shared_list) > 200:
                        try:
                            shared_list.pop(key % 7)
                        except IndexError:
                            pass
                elif kind == 1:
                    shared_dict[key] = value
                elif kind == 2:
                    shared_dict.pop(key, None)
                elif kind == 3:
                    shared_set.add(key)
                    shared_set.discard(key + 1)
                elif kind == 4:
                    node = Node(seed)
                    node.next = graph[key]
                    graph[key] = node
                    if seed % 3 == 0:
                        node.next = node
                elif kind == 5 and counts["steps"] & 6144 == 6144:
                    # In seasons: after finalizers have run, suspects are examined a second time, which hides mistakes.
                    a = Counted(seed)
                    b = Counted(seed)
                    a.next = b
                    b.next = a
                    made += 2
                elif kind == 6:
                    graph[key].next = graph[(key * 7) % 64]
                else:
                    graph[(key * 3) % 64] = graph[key]
                item = shared_dict.get(key)
                if item is not None:
                    checks += 1
                    if not whole(item):
                        return "torn value in the dict: %r" % (item,)
                length = len(shared_list)
                try:
                    item = shared_list[seed % length]
                    checks += 1
                    if not whole(item):
                        return "torn value in the list: %r" % (item,)
                except (IndexError, ZeroDivisionError):
                    pass
                node = graph[key]
                checks += 1
                if node.mark != "node" or node.tail[1] is not node or node.tail[0] != node.number:
                    return "a node of the graph has lost its parts"
            with lock:
                counts["made"] += made
                counts["steps"] += 1
            return checks, 0

        def anchor(number):
            first = Node(number)
            second = Node(number)
            first.next = second
            second.next = first
            first.box = [Node(number)]
            return first

        # The reference moves out of the list to native code, and no count changes.
        def take(node):
            return node.box.pop()

        def put(node, item):
            if item.mark != "node" or item.tail[1] is not item:
                return "a node that native code took from a list has lost its parts"
            node.box.append(item)
            return 1, 0

        def check(node):
            try:
                other = node.next
                if node.mark != "node" or other.next is not node or other.tail[1] is not other:
                    return "a cycle that native code holds has lost its parts"
            except (AttributeError, IndexError) as error:
                return "a cycle that native code holds has lost its parts: %s" % error
            return 2, 0

        def finish():
            import gc
            for attempt in range(20):
                gc.collect()
                if counts["made"] == len(gone):
                    return 1, 0
            return "made %d objects with finalizers, finalized %d" % (counts["made"], len(gone))
        """

    private let python: PythonWorkers
    /// What each worker refers to from native code alone.
    private struct Anchor {
        var node: Value
        /// What has been taken from its list, or null.
        var taken = Value.null
    }
    private let anchors: Guarded<[Int: [Anchor]]>

    init() throws {
        python = try PythonWorkers(
            program: Self.program, name: Self.description.name, functions: ["step", "anchor", "check", "take", "put", "finish"])
        anchors = Guarded([:])
    }

    func enter(worker: Int) { python.enter(worker: worker) }

    func leave(worker: Int) {
        guard let t = python.thread(of: worker) else { return }
        for anchor in anchors.withLock({ $0.removeValue(forKey: worker) }) ?? [] {
            t.release(anchor.taken)
            t.release(anchor.node)
        }
        python.leave(worker: worker)
    }

    func step(worker: Int, random: inout SplitMix64, counters: inout StressCounters) -> String? {
        guard let t = python.thread(of: worker) else { return "no memory for a thread" }
        var own = anchors.withLock { $0[worker] } ?? []
        let before = Collector(of: t).phase
        var problem = python.call(
            t, "step", [Value(smallInt: worker), Value(smallInt: Int(random.next() >> 34))], &counters)
        if problem == nil {
            // Anchors rest for many collections' slices between two checks: whatever touches a suspect rescues it.
            switch random.next() % 16 {
            case 0 where own.count < 64:
                let node = python.make(t, "anchor", Value(smallInt: worker), problem: &problem)
                if problem == nil { own.append(Anchor(node: node)) }
            case 1 where own.count > 32:
                let anchor = own.removeFirst()
                t.release(anchor.taken)
                t.release(anchor.node)
            case 2 where !own.isEmpty:
                problem = python.call(t, "check", [own[Int(random.next() % UInt64(own.count))].node], &counters)
            case 3...8 where !own.isEmpty:
                let index = Int(random.next() % UInt64(own.count))
                if own[index].taken.isNull {
                    own[index].taken = python.make(t, "take", own[index].node, problem: &problem)
                } else {
                    problem = python.call(t, "put", [own[index].node, own[index].taken], &counters)
                    t.release(own[index].taken)
                    own[index].taken = .null
                }
            default:
                break
            }
        }
        anchors.withLock { $0[worker] = own }
        if before != .idle || Collector(of: t).phase != .idle { counters.raceWindows += 1 }
        if random.next() % 16 == 0 { t.detached { OSThread.yield() } }
        t.safepoint()
        return problem
    }

    func finish() -> String? { python.finish(calling: "finish") }
}
