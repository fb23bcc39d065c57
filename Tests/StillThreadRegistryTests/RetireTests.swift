import StillPlatform
import StillQSBR
import StillThreadRegistry
import Testing

/// Tests of one suite run one after the other: they share the counter.
@Suite(.serialized) struct RetireTests {
    static let freed = Word()

    private func hooks() -> InterpreterHooks {
        var hooks = InterpreterHooks()
        hooks.freeBlock = { _, block, _ in
            rawFree(block)
            RetireTests.freed.add()
        }
        Self.freed.value = 0
        return hooks
    }
    private func retire(_ thread: ThreadState, _ count: Int) throws {
        for _ in 0..<count { thread.retire(try #require(rawAllocate(64)), bytes: 64) }
    }

    @Test func aStoppedWorldFreesAtOnce() throws {
        try withInterpreter(hooks()) { _, thread in
            try thread.withStoppedWorld(.test) { (_: borrowing StoppedWorld) throws in
                try retire(thread, 3)
                #expect(Self.freed.value == 3)
            }
            #expect(thread.retiredBlocks == 0)
        }
    }

    @Test func aBatchIsFreedAtTheNextSafepoint() throws {
        try withInterpreter(hooks()) { _, thread in
            try retire(thread, BuildOptions.retireBatchCount)
            #expect(Self.freed.value == 0)
            #expect(thread.hasRequest)
            thread.safepoint()
            #expect(Self.freed.value == UInt64(BuildOptions.retireBatchCount))
            #expect(thread.retiredBytes == 0)
        }
    }

    /// The thread ends with five blocks that it has just retired.
    private func retireFiveInAnotherThread(_ interpreter: Interpreter) throws {
        let handle = try start {
            guard let other = try? interpreter.makeThread() else { return }
            other.attach()
            for _ in 0..<5 { other.retire(rawAllocate(64)!, bytes: 64) }
            other.destroy()
        }
        handle.join()
    }

    @Test func aThreadThatEndsLeavesNothingBehind() throws {
        try withInterpreter(hooks()) { interpreter, thread in
            // Detached from before it begins: it is the only reader.
            try thread.detached {
                try retireFiveInAnotherThread(interpreter)
            }
            #expect(Self.freed.value == 5)
        }
    }

    @Test func whatAReaderHeldBackIsServedByAThreadThatStays() throws {
        try withInterpreter(hooks()) { interpreter, thread in
            // This thread stays attached without a safepoint: the other's blocks cannot be freed when it ends.
            try retireFiveInAnotherThread(interpreter)
            #expect(Self.freed.value == 0)
            #expect(thread.hasRequest)
            thread.safepoint()
            #expect(Self.freed.value == 5)
        }
    }

    /// A thread that nobody asks for anything reports nothing by itself.
    @Test func aBusyReaderIsAskedForItsReport() throws {
        try withInterpreter(hooks()) { interpreter, thread in
            let ready = Word()
            let stop = Word()
            let handle = try start {
                guard let other = try? interpreter.makeThread() else { return }
                other.attach()
                ready.add()
                while stop.value == 0 { other.safepoint() }
                other.destroy()
            }
            while ready.value == 0 {
                thread.safepoint()
                OSThread.yield()
            }
            var most = 0
            for _ in 0..<400 {
                try retire(thread, BuildOptions.retireBatchCount)
                thread.safepoint()
                most = max(most, thread.retiredBlocks)
            }
            stop.add()
            thread.detached { handle.join() }
            // Far fewer than all, on a busy machine too.
            #expect(most < 200 * BuildOptions.retireBatchCount)
        }
    }

    @Test func theEndOfAnInterpreterFreesTheRest() throws {
        let interpreter = try Runtime.makeInterpreter()
        interpreter.hooks = hooks()
        let first = try interpreter.makeThread()
        first.attach()
        let handle = try start {
            guard let other = try? interpreter.makeThread() else { return }
            other.attach()
            for _ in 0..<5 { other.retire(rawAllocate(64)!, bytes: 64) }
            other.destroy()
        }
        handle.join()
        first.destroy()
        interpreter.destroy()
        #expect(Self.freed.value == 5)
    }
}
