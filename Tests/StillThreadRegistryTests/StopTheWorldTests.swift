import StillPlatform
import StillThreadRegistry
import Synchronization
import Testing

@Suite struct StopTheWorldTests {
    @Test func nothingMovesWhileTheWorldIsStopped() throws {
        try withInterpreter { interpreter, thread in
            let busy = try Counting(in: interpreter)
            eventually { busy.steps.value > 0 }
            for _ in 0..<200 {
                thread.withStoppedWorld(.test) { (world: borrowing StoppedWorld) in
                    let right = world.interpreter == interpreter && world.requester == thread
                    #expect(right)
                    let before = busy.plain.number
                    for _ in 0..<200 { cpuRelax() }
                    #expect(busy.plain.number == before)
                    busy.plain.number += 1000
                    var threads = 0
                    world.forEachThread { _ in threads += 1 }
                    #expect(threads == 2)
                }
            }
            busy.stop.value = 1
            thread.detached { busy.handle.join() }
            #expect(busy.plain.number > 200_000)
        }
    }

    @Test func anotherInterpreterKeepsRunning() throws {
        let other = try Runtime.makeInterpreter()
        let busy = try Counting(in: other)
        try withInterpreter { _, thread in
            thread.withStoppedWorld(.test) { (_: borrowing StoppedWorld) in
                let before = busy.steps.value
                eventually { busy.steps.value > before + 100 }
            }
        }
        busy.stop.value = 1
        busy.handle.join()
        other.destroy()
    }

    @Test func aRequesterWithoutThreadState() throws {
        try withInterpreter { interpreter, thread in
            thread.detached {
                let result = interpreter.withStoppedWorld(.introspection) { (world: borrowing StoppedWorld) in
                    let nobody = world.requester == nil
                    #expect(nobody)
                    #expect(!thread.isAttached)
                    return 7
                }
                #expect(result == 7)
            }
        }
    }

    @Test func aNestedRequestJustRuns() throws {
        try withInterpreter { _, thread in
            let from = PauseLog.nextSequence
            let value = thread.withStoppedWorld(.test) { (_: borrowing StoppedWorld) in
                thread.withStoppedWorld(.introspection) { (inner: borrowing StoppedWorld) in inner.requester == thread }
            }
            #expect(value)
            let mine = PauseLog.read(from: from).filter { $0.requester == thread.id }
            #expect(mine.count == 1)
        }
    }

    @Test func errorsEndThePause() throws {
        struct Oops: Error {}
        try withInterpreter { interpreter, thread in
            #expect(throws: Oops.self) {
                try thread.withStoppedWorld(.test) { (_: borrowing StoppedWorld) throws(Oops) in throw Oops() }
            }
            // The world runs again: another thread can attach.
            let ran = Word()
            let handle = try start {
                guard let other = try? interpreter.makeThread() else { return }
                other.attach()
                ran.value = 1
                other.destroy()
            }
            thread.detached { handle.join() }
            #expect(ran.value == 1)
        }
    }

    @Test func aThreadBornDuringAPauseWaits() throws {
        try withInterpreter { interpreter, thread in
            let made = Word(), attached = Word()
            var handle: OSThread?
            thread.withStoppedWorld(.test) { (_: borrowing StoppedWorld) in
                handle = try? start {
                    guard let other = try? interpreter.makeThread() else { return }
                    made.value = 1
                    other.attach()
                    attached.value = 1
                    other.destroy()
                }
                eventually { made.value == 1 }
                OSThread.sleep(nanoseconds: 20_000_000)
                #expect(attached.value == 0)
            }
            thread.detached { handle?.join() }
            #expect(attached.value == 1)
        }
    }

    @Test func aThreadThatEndsIsNotWaitedForForEver() throws {
        try withInterpreter { interpreter, thread in
            for _ in 0..<100 {
                let ready = Word()
                let handle = try start {
                    guard let other = try? interpreter.makeThread() else { return }
                    other.attach()
                    ready.value = 1
                    for _ in 0..<500 { cpuRelax() }
                    other.destroy()  // without a safepoint
                }
                thread.detached { eventually { ready.value == 1 } }
                thread.withStoppedWorld(.test) { (_: borrowing StoppedWorld) in }
                thread.detached { handle.join() }
            }
            #expect(interpreter.threadCount == 1)
        }
    }

    /// Two threads that stop the world all the time stop each other too.
    @Test func requestersCompete() throws {
        try withInterpreter { interpreter, thread in
            let plain = Plain()
            let handles = try (0..<3).map { _ in
                try start {
                    guard let other = try? interpreter.makeThread() else { return }
                    other.attach()
                    for _ in 0..<300 {
                        other.withStoppedWorld(.test) { (_: borrowing StoppedWorld) in plain.number += 1 }
                        other.safepoint()
                    }
                    other.destroy()
                }
            }
            thread.detached { for handle in handles { handle.join() } }
            thread.withStoppedWorld(.test) { (_: borrowing StoppedWorld) in #expect(plain.number == 900) }
        }
    }

    /// Pauses back to back: a thread that wants to attach gets its turn.
    @Test func waitingThreadsAreNotStarved() throws {
        try withInterpreter { interpreter, thread in
            let turns = Word(), stop = Word()
            let handle = try start {
                guard let other = try? interpreter.makeThread() else { return }
                while stop.value == 0 {
                    other.attach()
                    turns.add()
                    other.detach()
                }
                other.attach()
                other.destroy()
            }
            eventually { turns.value > 0 }
            let before = turns.value
            let limit = Clock.monotonicNanoseconds() + 10_000_000_000
            var pauses = 0
            while turns.value < before + 200 && Clock.monotonicNanoseconds() < limit {
                thread.withStoppedWorld(.test) { (_: borrowing StoppedWorld) in for _ in 0..<100 { cpuRelax() } }
                pauses += 1
            }
            #expect(turns.value >= before + 200, "\(turns.value - before) turns in \(pauses) pauses")
            stop.value = 1
            thread.detached { handle.join() }
        }
    }

    @Test func thePauseLogTellsWhatAPauseCost() throws {
        try withInterpreter { interpreter, thread in
            let from = PauseLog.nextSequence
            thread.withStoppedWorld(.collectSlice) { (world: borrowing StoppedWorld) in
                world.setDetail(0xABCD)
                let end = Clock.monotonicNanoseconds() + 2_000_000
                while Clock.monotonicNanoseconds() < end {}
            }
            let record = try #require(PauseLog.read(from: from).first { $0.requester == thread.id })
            #expect(record.reason == .collectSlice)
            #expect(record.detail == 0xABCD)
            #expect(record.interpreter == interpreter.id)
            #expect(record.wallNanoseconds >= 2_000_000)
            #expect(record.timeToStopNanoseconds <= record.wallNanoseconds)
            #expect(record.cpuNanoseconds > 0)
        }
    }
}
