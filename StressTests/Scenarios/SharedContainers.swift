// Python threads that change one list, dict, set and object graph while the collector runs all the time.
//
// Claims    A value read from a shared container is whole: a tuple whose last item is the checksum of the others, an object with
//           its mark. A cycle that only native code refers to (the scenario's own counted reference) stays alive and whole.
//           At the end every object with a finalizer has been finalized exactly once.
// Race window: a step that began or ended in the middle of a collection.
import StillGC
import StillModules
import StillObjects
import StillObmalloc
import StillPlatform
import StillThreadRegistry
import StillVM
import Stillpoint
import Synchronization

final class SharedContainers: StressScenario, @unchecked Sendable {
    static let description = ScenarioDescription(
        name: "shared-containers",
        claim: "values in shared containers stay whole, and what native code refers to stays alive, while the collector runs",
        faults: [.ignoreOutsideCounts], minimumClaimChecks: 2_000, minimumRaceWindows: 50,
        make: { threads, _ in try SharedContainers(threads) })

    private static let program = """
        import _thread
        shared_list = [(0, 0, 0)]
        shared_dict = {}
        shared_set = set()
        lock = _thread.allocate_lock()
        counts = {"made": 0}
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
                elif kind == 5:
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
            return checks

        def anchor(number):
            first = Node(number)
            second = Node(number)
            first.next = second
            second.next = first
            return first

        def check(node):
            try:
                other = node.next
                if node.mark != "node" or other.next is not node or other.tail[1] is not other:
                    return "a cycle that native code holds has lost its parts"
            except (AttributeError, IndexError) as error:
                return "a cycle that native code holds has lost its parts: %s" % error
            return 2

        def finish():
            import gc
            for attempt in range(20):
                gc.collect()
                if counts["made"] == len(gone):
                    return 1
            return "made %d objects with finalizers, finalized %d" % (counts["made"], len(gone))
        """

    private let interpreter: Stillpoint.Interpreter
    private let functions: [String: Value]
    private let threads: Guarded<[Int: (thread: ThreadState, anchors: [Value])]>

    init(_ count: Int) throws {
        interpreter = try Stillpoint.Interpreter()
        try interpreter.run(source: Array(Self.program.utf8), filename: "<shared-containers>")
        threads = Guarded([:])
        let thread = try interpreter.registry.makeThread()
        try PythonThreads.enter(thread)
        var found: [String: Value] = [:]
        let modules = DictRef(interpreter.registry.state.pointee.modules)
        let main = modules.getName(thread, Interning.intern("__main__"))
        for name in ["step", "anchor", "check", "finish"] {
            found[name] = DictRef(ModuleRef(main).dict).getName(thread, Interning.intern(name))
        }
        thread.release(main)
        functions = found
        thread.destroy()
    }

    func enter(worker: Int) {
        guard let thread = try? interpreter.registry.makeThread(), (try? PythonThreads.enter(thread)) != nil else { return }
        threads.withLock { $0[worker] = (thread, []) }
    }

    func leave(worker: Int) {
        guard let entry = threads.withLock({ $0.removeValue(forKey: worker) }) else { return }
        for anchor in entry.anchors { entry.thread.release(anchor) }
        entry.thread.destroy()
    }

    func step(worker: Int, random: inout SplitMix64, counters: inout StressCounters) -> String? {
        guard var entry = threads.withLock({ $0[worker] }) else { return "no memory for a thread" }
        let t = entry.thread
        let before = Collector(of: t).phase
        var problem = call(t, "step", [Value(smallInt: worker), Value(smallInt: Int(random.next() >> 34))], &counters)
        if problem == nil {
            // Anchors rest for many collections' slices between two checks: whatever touches a suspect rescues it.
            switch random.next() % 16 {
            case 0 where entry.anchors.count < 64:
                do throws(PythonError) {
                    entry.anchors.append(try t.call(functions["anchor"]!, Value(smallInt: worker)))
                } catch { problem = raised(t) }
            case 1 where entry.anchors.count > 32:
                t.release(entry.anchors.removeFirst())
            case 2 where !entry.anchors.isEmpty:
                problem = call(t, "check", [entry.anchors[Int(random.next() % UInt64(entry.anchors.count))]], &counters)
            default:
                break
            }
        }
        threads.withLock { $0[worker] = entry }
        if before != .idle || Collector(of: t).phase != .idle { counters.raceWindows += 1 }
        if random.next() % 16 == 0 { t.detached { OSThread.yield() } }
        t.safepoint()
        return problem
    }

    /// Calls a function of the program: an int is a number of checks, a str what is wrong.
    private func call(_ t: ThreadState, _ name: String, _ arguments: [Value], _ counters: inout StressCounters) -> String? {
        let result: Value
        do throws(PythonError) { result = try t.call(functions[name]!, list: arguments) } catch { return raised(t) }
        defer { t.release(result) }
        if result.isSmallInt {
            counters.claimChecks += UInt64(result.smallInt)
            return nil
        }
        return t.isStr(result) ? StrRef(result).string : "\(name) returned something else"
    }

    private func raised(_ t: ThreadState) -> String {
        let exception = t.takeRaised()
        defer { t.release(exception) }
        return "uncaught " + t.exceptionSummary(exception)
    }

    func finish() -> String? {
        guard let thread = try? interpreter.registry.makeThread(), (try? PythonThreads.enter(thread)) != nil else {
            return "no memory for a thread"
        }
        var counters = StressCounters()
        let problem = call(thread, "finish", [], &counters)
        for function in functions.values { thread.release(function) }
        thread.destroy()
        interpreter.close()
        return problem
    }
}
