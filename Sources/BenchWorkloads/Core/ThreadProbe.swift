// What a thread pays again and again while nobody wants anything of it: polls, reports, attaching and detaching.
import StillPlatform
import StillQSBR
import StillThreadRegistry

enum ThreadProbe {
    /// Runs `body` attached in an interpreter with no other thread, and divides its processor time.
    private static func each(_ times: Int, _ body: (ThreadState) -> Void) throws -> CoreProbe.Values {
        let interpreter = try StillThreadRegistry.Runtime.makeInterpreter()
        let thread = try interpreter.makeThread()
        thread.attach()
        let start = Clock.threadCPUNanoseconds()
        body(thread)
        let nanoseconds = Double(Clock.threadCPUNanoseconds() - start) / Double(times)
        thread.destroy()
        interpreter.destroy()
        return ["nanoseconds": nanoseconds]
    }

    static func safepoint(times: Int) throws -> CoreProbe.Values { try each(times) { pollOften($0, times) } }
    static func attach(times: Int) throws -> CoreProbe.Values { try each(times) { attachOften($0, times) } }
    static func quiescent(times: Int) throws -> CoreProbe.Values {
        try each(times) { reportOften($0.interpreter.qsbr, $0.qsbr, times) }
    }
    static func online(times: Int) throws -> CoreProbe.Values {
        try each(times) { leaveOften($0.interpreter.qsbr, $0.qsbr, times) }
    }

    @inline(never) private static func pollOften(_ thread: ThreadState, _ times: Int) {
        for _ in 0..<times { thread.safepoint() }
    }
    @inline(never) private static func attachOften(_ thread: ThreadState, _ times: Int) {
        for _ in 0..<times {
            thread.detach()
            thread.attach()
        }
    }
    @inline(never) private static func reportOften(_ domain: QSBRDomain, _ slot: QSBRSlot, _ times: Int) {
        for _ in 0..<times { domain.quiescent(slot) }
    }
    @inline(never) private static func leaveOften(_ domain: QSBRDomain, _ slot: QSBRSlot, _ times: Int) {
        for _ in 0..<times {
            domain.goOffline(slot)
            domain.goOnline(slot)
        }
    }
}
