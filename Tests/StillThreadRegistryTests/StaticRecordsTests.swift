import StillPlatform
import StillQSBR
import StillThreadRegistry
import Testing

/// The first interpreter and every interpreter's first thread state take nothing from the heap.
@Suite(.serialized) struct StaticRecordsTests {
    private static func isStatic(_ memory: UnsafeMutableRawPointer) -> Bool {
        memory >= StaticMemory.base && memory < StaticMemory.base + StaticMemory.bytes
    }

    @Test func theFirstInterpreterLiesInTheProgramImage() async {
        await #expect(processExitsWith: .success) {
            for _ in 0..<100 {
                let interpreter = try Runtime.makeInterpreter()
                let other = try Runtime.makeInterpreter()
                let thread = try interpreter.makeThread()
                precondition(Self.isStatic(interpreter.raw) && Self.isStatic(thread.raw) && Self.isStatic(interpreter.qsbr.raw))
                precondition(!Self.isStatic(other.raw))
                thread.attach()
                let second = try interpreter.makeThread()
                precondition(!Self.isStatic(second.raw))
                thread.withStoppedWorld(.test) { (_: borrowing StoppedWorld) in }
                thread.destroy()
                second.attach()
                second.destroy()
                interpreter.destroy()
                other.destroy()
            }
        }
    }

    /// Threads that come and go all the time: the state behind the record has one user at once, and comes back wiped.
    @Test func theFirstThreadStateIsNeverSharedAndComesBackWiped() throws {
        let interpreter = try Runtime.makeInterpreter()
        let handles = try (0..<4).map { _ in
            try start {
                for _ in 0..<500 {
                    guard let thread = try? interpreter.makeThread() else { return }
                    thread.attach()
                    let area = (thread.raw + ThreadState.privateOffset).assumingMemoryBound(to: UInt64.self)
                    if area.pointee != 0 { Issue.record("a thread state is used twice, or has not been wiped") }
                    area.pointee = thread.id
                    thread.safepoint()
                    if area.pointee != thread.id { Issue.record("two threads have one state") }
                    thread.destroy()
                }
            }
        }
        for handle in handles { handle.join() }
        #expect(interpreter.threadCount == 0)
        interpreter.destroy()
    }
}
