import StillPlatform
import StillThreadRegistry
import Synchronization
import Testing

@Suite(.serialized) struct ThreadHandleTests {
    /// Starts an OS thread under the handle that waits for `go` to become 1.
    private func run(_ handle: ThreadHandle, as identifier: UInt64 = 1, _ go: Word) throws {
        try handle.beginStart()
        handle.willRun(as: identifier)
        handle.started(
            try start {
                while go.value == 0 { OSThread.yield() }
                handle.exiting()
            })
    }

    @Test func joinsOnceAndAgain() throws {
        let handle = ThreadHandle()
        let go = Word()
        #expect(handle.state == .notStarted)
        #expect(throws: ThreadHandleError.notStarted) { try handle.join(nil) }
        #expect(throws: ThreadHandleError.notStarted) { try handle.setDone() }
        try run(handle, go)
        #expect(handle.state == .running && !handle.isDone)
        #expect(throws: ThreadHandleError.alreadyStarted) { try handle.beginStart() }
        #expect(try handle.join(nil, timeoutNanoseconds: 2_000_000) == .timedOut)
        #expect(try handle.join(nil, timeoutNanoseconds: 0) == .timedOut)
        go.value = 1
        #expect(try handle.join(nil) == .joined)
        #expect(handle.state == .done && handle.isDone)
        #expect(try handle.join(nil) == .joined)
        #expect(try handle.join(nil, timeoutNanoseconds: 0) == .joined)
        #expect(throws: ThreadHandleError.alreadyStarted) { try handle.beginStart() }
    }

    @Test func aThreadCannotJoinItself() throws {
        try withInterpreter { _, thread in
            let handle = ThreadHandle(running: thread.id)
            #expect(throws: ThreadHandleError.joinsItself) { try handle.join(thread) }
            try handle.setDone()
            #expect(try handle.join(thread) == .joined)
        }
    }

    @Test func manyJoinersAllReturn() throws {
        for _ in 0..<50 {
            let handle = ThreadHandle()
            let go = Word()
            let joined = Word()
            try run(handle, go)
            let joiners = try (0..<4).map { _ in
                try start { if (try? handle.join(nil)) == .joined { joined.add() } }
            }
            go.value = 1
            for joiner in joiners { joiner.join() }
            #expect(joined.value == 4)
        }
    }

    @Test func setDoneReleasesJoiners() throws {
        let handle = ThreadHandle()
        let go = Word()
        try run(handle, go)
        let joiner = try start { _ = try? handle.join(nil) }
        try handle.setDone()
        joiner.join()
        #expect(handle.isDone)
        go.value = 1
    }

    @Test func aFailedStartIsDone() throws {
        let handle = ThreadHandle()
        try handle.beginStart()
        handle.startFailed()
        #expect(handle.state == .done)
        #expect(try handle.join(nil) == .joined)
    }

    @Test func interruptsAreNoticed() throws {
        let handle = ThreadHandle()
        let go = Word()
        try run(handle, go)
        #expect(try handle.join(nil, interrupted: { true }) == .interrupted)
        go.value = 1
        #expect(try handle.join(nil) == .joined)
    }

    @Test func aHandleNobodyJoinsLetsItsThreadGo() throws {
        for _ in 0..<200 {
            let go = Word()
            go.value = 1
            try run(ThreadHandle(), go)
        }
    }
}
