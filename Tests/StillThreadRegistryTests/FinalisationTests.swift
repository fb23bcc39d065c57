import StillPlatform
import StillThreadRegistry
import Synchronization
import Testing

@Suite(.serialized) struct FinalisationTests {
    @Test func runningThreadsAreTrappedAndForgotten() throws {
        let interpreter = try Runtime.makeInterpreter()
        let thread = try interpreter.makeThread()
        thread.attach()
        let steps = Word()
        for _ in 0..<3 {
            let handle = try start {
                guard let daemon = try? interpreter.makeThread() else { return }
                daemon.attach()
                while true {
                    steps.add()
                    daemon.safepoint()
                }
            }
            handle.detach()
        }
        thread.detached { eventually { interpreter.threadCount == 4 && steps.value > 100 } }
        thread.trapOthers()
        #expect(interpreter.isFinalising)
        let before = steps.value
        OSThread.sleep(nanoseconds: 5_000_000)
        #expect(steps.value == before)
        #expect(interpreter.trappedThreads.all == 3)
        #expect(throws: RegistryError.interpreterEnded(id: interpreter.id)) { try interpreter.makeThread() }
        // Pauses go on and wait for nobody.
        let began = Clock.monotonicNanoseconds()
        for _ in 0..<50 { thread.withStoppedWorld(.test) { (_: borrowing StoppedWorld) in } }
        #expect(Clock.monotonicNanoseconds() - began < 400_000_000)
        let forgotten = thread.forgetTrapped(patienceNanoseconds: 10_000_000_000)
        #expect(forgotten)
        #expect(interpreter.threadCount == 1)
        thread.destroy()
        interpreter.destroy()
    }

    @Test func aDetachedThreadIsTrappedWhenItComesBack() throws {
        let interpreter = try Runtime.makeInterpreter()
        let thread = try interpreter.makeThread()
        thread.attach()
        let inside = Word()
        let go = Word()
        let after = Word()
        try start {
            guard let daemon = try? interpreter.makeThread() else { return }
            daemon.attach()
            daemon.detached {
                inside.value = 1
                while go.value == 0 { OSThread.yield() }
            }
            after.value = 1
        }.detach()
        thread.detached { eventually { inside.value == 1 } }
        thread.trapOthers()
        let early = thread.forgetTrapped(patienceNanoseconds: 2_000_000)
        #expect(!early)
        #expect(interpreter.trappedThreads == (all: 1, late: 1))
        go.value = 1
        let late = thread.forgetTrapped(patienceNanoseconds: 10_000_000_000)
        #expect(late)
        #expect(after.value == 0)
        thread.destroy()
        interpreter.destroy()
    }

    @Test func aThreadThatWaitsToPauseGivesThePauseLockBack() throws {
        for _ in 0..<20 {
            let interpreter = try Runtime.makeInterpreter()
            let thread = try interpreter.makeThread()
            thread.attach()
            let pauses = Word(), born = Word()
            for _ in 0..<3 {
                try start {
                    guard let daemon = try? interpreter.makeThread() else { return }
                    daemon.attach()
                    born.add()
                    while true {
                        daemon.withStoppedWorld(.test) { (_: borrowing StoppedWorld) in pauses.add() }
                        daemon.safepoint()
                    }
                }.detach()
            }
            thread.detached { eventually { born.value == 3 && pauses.value > 20 } }
            thread.trapOthers()
            let before = pauses.value
            for _ in 0..<5 { thread.withStoppedWorld(.test) { (_: borrowing StoppedWorld) in } }
            #expect(pauses.value == before)
            let forgotten = thread.forgetTrapped(patienceNanoseconds: 10_000_000_000)
            #expect(forgotten)
            thread.destroy()
            interpreter.destroy()
        }
    }
}
