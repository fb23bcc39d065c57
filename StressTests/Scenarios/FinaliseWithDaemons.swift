// Interpreters that are closed while daemon threads of theirs compute, allocate, collect, hold locks and sleep.
//
// Claims    Closing takes a bounded time. No thread of the interpreter runs afterwards: each is trapped. What the program left behind is finalized, by
//           finalizers that may wait for locks that a trapped thread holds.
// Race window: an interpreter closed while at least one daemon thread was attached.
// Trapped threads stay until the process ends: a run makes a limited number of them and then only waits.
import StillPlatform
import StillThreadRegistry
import Stillpoint
import Synchronization

final class FinaliseWithDaemons: StressScenario, @unchecked Sendable {
    static let description = ScenarioDescription(
        name: "finalise-with-daemons", claim: "an interpreter closes soon, and its daemon threads never run again",
        faults: [.forgetToTrap], minimumClaimChecks: 24, minimumRaceWindows: 8,
        make: { threads, _ in FinaliseWithDaemons() })

    private static let program = Array(
        """
        import _thread, gc, os, threading, time
        _thread.stack_size(1 << 20)
        lock = threading.Lock()
        def spin():
            ready.append(1)
            n = 0
            while True: n += 1
        def allocate():
            ready.append(1)
            while True:
                a = [[] for i in range(50)]
                a.append(a)
        def hold():
            with lock:
                ready.append(1)
                while True: pass
        def collect():
            ready.append(1)
            while True: gc.collect()
        def sleep():
            ready.append(1)
            time.sleep(1000)
        ready = []
        class Last:
            def __init__(self, lock): self.lock = lock
            def __del__(self):
                if KIND == 2:
                    try: self.lock.acquire()
                    except RuntimeError: pass
                os.write(DESCRIPTOR, b'x')
        last = Last(lock)
        kinds = [spin, allocate, hold, collect, sleep]
        threading.Thread(target=kinds[KIND], daemon=True).start()
        threading.Thread(target=kinds[OTHER], daemon=True).start()
        while len(ready) < (1 if KIND == OTHER == 2 else 2): time.sleep(0.0002)
        """.utf8)

    private let made = Atomic<Int>(0)
    private let active = Atomic<Int>(0)
    private static var most: Int { Sanitizer.isThreadSanitizer ? 60 : 500 }
    private static var boundNanoseconds: UInt64 { Sanitizer.isThreadSanitizer ? 20_000_000_000 : 8_000_000_000 }

    func step(worker: Int, random: inout SplitMix64, counters: inout StressCounters) -> String? {
        // Daemons that compute take the processors from all others: not too many at a time. Who waits does not count.
        if active.wrappingAdd(1, ordering: .relaxed).newValue > 4 {
            active.wrappingSubtract(1, ordering: .relaxed)
            OSThread.sleep(nanoseconds: 2_000_000)
            return nil
        }
        defer { active.wrappingSubtract(1, ordering: .relaxed) }
        if made.wrappingAdd(1, ordering: .relaxed).newValue > Self.most {
            OSThread.sleep(nanoseconds: 5_000_000)
            return nil
        }
        let ends: (read: Int32, write: Int32)
        do throws(ProcessError) { ends = try Descriptor.pipe() } catch { return "no pipe: \(error)" }
        defer { try? Descriptor.close(ends.read) }
        let kind = random.next() % 5
        let head = Array("KIND = \(kind); OTHER = \(random.next() % 5); DESCRIPTOR = \(ends.write)\n".utf8)
        let interpreter: Stillpoint.Interpreter
        do throws(RunError) {
            interpreter = try Stillpoint.Interpreter()
            try interpreter.run(source: head + Self.program, filename: "<daemons>")
        } catch { return "\(error)" }
        let registry = interpreter.registry
        let id = interpreter.id
        var running = 0
        registry.forEachThread { if $0.isAttached { running += 1 } }
        if running > 0 { counters.raceWindows += 1 }
        let began = Clock.monotonicNanoseconds()
        interpreter.close()
        let took = Clock.monotonicNanoseconds() - began
        counters.claimChecks += 1
        if took > Self.boundNanoseconds { return "closing took \(took / 1_000_000) ms" }
        try? Descriptor.close(ends.write)
        let written = (try? Descriptor.read(ends.read, count: 8)) ?? []
        if written.count != 1 { return "the last finalizer ran \(written.count) times" }
        var left = 0
        Runtime.forEachInterpreter { other in
            if other.id != id { return }
            other.forEachThread { if $0.isAttached || (!$0.isTrapped && $0.record.pointee.ownsOSThread != 0) { left += 1 } }
        }
        return left > 0 ? "\(left) threads are not stopped after their interpreter was closed" : nil
    }
}
