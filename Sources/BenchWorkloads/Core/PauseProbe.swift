// What stopping and starting the world costs when the pause itself does nothing.
//
// The busy threads run attached and poll safepoints. Every pause is timed from the call to its return, and from the call to the moment
// the world stands. Between two pauses the requester leaves the others some time: back to back, the next pause would mostly wait for
// those who are still waking up from the last.
import StillPlatform
import StillThreadRegistry
import Synchronization

enum PauseProbe {
    /// - Parameters:
    ///   - interpreters: the busy threads are spread over them; the requester is in the first.
    ///   - all: each pause stops all interpreters.
    static func run(busy: Int, pauses: Int, gapNanoseconds: UInt64, interpreters count: Int = 1, all: Bool = false) throws -> CoreProbe.Values {
        var interpreters: [StillThreadRegistry.Interpreter] = []
        for _ in 0..<max(1, count) { interpreters.append(try StillThreadRegistry.Runtime.makeInterpreter()) }
        let interpreter = interpreters[0]
        let requester = try interpreter.makeThread()
        let running = Flags()
        let threads = ProbeThreads()
        for number in 0..<busy {
            let thread = try interpreters[number % interpreters.count].makeThread()
            try threads.start("busy") {
                thread.attach()
                running.started.wrappingAdd(1, ordering: .relaxed)
                work(thread, running)
                thread.destroy()
            }
        }
        requester.attach()
        while running.started.load(ordering: .relaxed) < busy {
            requester.safepoint()
            OSThread.yield()
        }
        var whole: [UInt64] = []
        var toStop: [UInt64] = []
        whole.reserveCapacity(pauses)
        toStop.reserveCapacity(pauses)
        for pause in -pauses / 10..<pauses {
            if gapNanoseconds > 0 { leaveTime(requester, gapNanoseconds) }
            let start = Clock.monotonicNanoseconds()
            var stopped: UInt64 = 0
            if all {
                StillThreadRegistry.Runtime.withStoppedWorlds(.test) { (_: borrowing StoppedRuntime) in stopped = Clock.monotonicNanoseconds() }
            } else {
                requester.withStoppedWorld(.test) { (_: borrowing StoppedWorld) in stopped = Clock.monotonicNanoseconds() }
            }
            let end = Clock.monotonicNanoseconds()
            if pause < 0 { continue }
            whole.append(end - start)
            toStop.append(stopped - start)
        }
        running.stop.store(1, ordering: .relaxed)
        requester.detached { threads.join() }
        requester.destroy()
        for interpreter in interpreters { interpreter.destroy() }
        whole.sort()
        toStop.sort()
        return [
            "p50": CoreProbe.percentile(whole, 50), "p99": CoreProbe.percentile(whole, 99), "max": Double(whole.last ?? 0),
            "stop50": CoreProbe.percentile(toStop, 50), "stop99": CoreProbe.percentile(toStop, 99),
        ]
    }

    private final class Flags: Sendable {
        // Relaxed: counts and asks; joining the threads orders the rest.
        let started = Atomic<Int>(0)
        let stop = Atomic<Int>(0)
    }

    /// A loop like an interpreter's: some work, then a poll.
    @inline(never) private static func work(_ thread: ThreadState, _ flags: Flags) {
        while flags.stop.load(ordering: .relaxed) == 0 {
            for _ in 0..<16 { thread.safepoint() }
        }
    }

    /// The requester works too; with many busy threads it sleeps, or it would rarely get a processor.
    private static func leaveTime(_ thread: ThreadState, _ nanoseconds: UInt64) {
        if nanoseconds >= 1_000_000 {
            thread.detached { OSThread.sleep(nanoseconds: nanoseconds) }
            return
        }
        let end = Clock.monotonicNanoseconds() + nanoseconds
        while Clock.monotonicNanoseconds() < end { thread.safepoint() }
    }
}
